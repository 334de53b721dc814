package modcache

import (
	"archive/zip"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/module"
	"golang.org/x/mod/sumdb/dirhash"
	modzip "golang.org/x/mod/zip"
)

var version = module.Version{Path: "example.com/Greet", Version: "v1.0.0"}

// cached makes a module version in a cache as the go command does, and returns its content hash.
func cached(t *testing.T) (Paths, string) {
	t.Helper()
	cache := t.TempDir()
	paths, err := PathsOf(cache, version)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasSuffix(paths.Zip, "/cache/download/example.com/!greet/@v/v1.0.0.zip") || !strings.HasSuffix(paths.Tree, "/example.com/!greet@v1.0.0") {
		t.Fatalf("%+v", paths)
	}
	src := t.TempDir()
	for name, text := range map[string]string{"go.mod": "module example.com/Greet\n", "greet.go": "package greet\n", "words/words.go": "package words\n"} {
		p := filepath.Join(src, name)
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.MkdirAll(filepath.Dir(paths.Zip), 0o755); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(paths.Zip)
	if err != nil {
		t.Fatal(err)
	}
	if err := modzip.CreateFromDir(f, version, src); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if err := modzip.Unzip(paths.Tree, version, paths.Zip); err != nil {
		t.Fatal(err)
	}
	want, err := dirhash.HashZip(paths.Zip, dirhash.DefaultHash)
	if err != nil {
		t.Fatal(err)
	}
	return paths, want
}

func TestHashes(t *testing.T) {
	ctx := context.Background()
	paths, want := cached(t)
	if got, err := HashZip(ctx, paths.Zip); got != want || err != nil {
		t.Errorf("zip: %s, %v; want %s", got, err, want)
	}
	if got, err := HashTree(ctx, paths.Tree, version); got != want || err != nil {
		t.Errorf("tree: %s, %v; want %s", got, err, want)
	}
	if got := HashGoMod([]byte("module example.com/Greet\n")); !ValidHash(got) {
		t.Errorf("%q", got)
	}
	if touched, err := Touched(ctx, paths.Tree); touched || err != nil {
		t.Errorf("just extracted: touched %t, %v", touched, err)
	}
	stopped, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := HashTree(stopped, paths.Tree, version); err == nil {
		t.Error("a tree was hashed after the end of the context")
	}
}

// TestDamage: every kind of damage shows.
func TestDamage(t *testing.T) {
	ctx := context.Background()
	paths, want := cached(t)
	file := filepath.Join(paths.Tree, "words", "words.go")
	for _, dir := range []string{paths.Tree, filepath.Dir(file)} {
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(file, 0o644); err != nil {
		t.Fatal(err)
	}
	if touched, _ := Touched(ctx, paths.Tree); !touched {
		t.Error("a writable file was not noticed")
	}
	if err := os.WriteFile(file, []byte("package w0rds\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(paths.Tree, "extra.go"), []byte("package greet\n"), 0o444); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(paths.Tree, "greet.go")); err != nil {
		t.Fatal(err)
	}
	if got, err := HashTree(ctx, paths.Tree, version); got == want || err != nil {
		t.Errorf("%s, %v", got, err)
	}
	diffs, err := Compare(ctx, paths.Zip, paths.Tree, version)
	if err != nil || len(diffs) != 3 || diffs[0] != (Diff{"extra.go", "extra"}) || diffs[1] != (Diff{"greet.go", "missing"}) || diffs[2] != (Diff{"words/words.go", "changed"}) {
		t.Errorf("%v, %v", diffs, err)
	}
	if err := os.Chmod(file, 0o444); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(file, time.Time{}, time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if touched, _ := Touched(ctx, paths.Tree); !touched {
		t.Error("a later file was not noticed")
	}
	if err := os.Truncate(paths.Zip, 120); err != nil {
		t.Fatal(err)
	}
	if _, err := HashZip(ctx, paths.Zip); err == nil {
		t.Error("half a zip has a hash")
	}
	if err := os.Remove(paths.Zip); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(paths.Zip, 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := HashZip(ctx, paths.Zip); err == nil {
		t.Error("a folder has a hash")
	}
}

func TestSums(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "go.sum")
	text := "example.com/a v1.0.0 h1:x=\n\nbroken\nexample.com/a v1.0.0/go.mod h1:y=\nexample.com/b v1.0.0 h1:1=\nexample.com/b v1.0.0 h1:2=\nexample.com/c v1.0.0 h9:1=\n"
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	s, err := ReadSums([]string{filepath.Join(dir, "missing"), file})
	if err != nil {
		t.Fatal(err)
	}
	a := module.Version{Path: "example.com/a", Version: "v1.0.0"}
	if l, ok := s.Content(a); !ok || l != (Sum{"h1:x=", file, 1}) {
		t.Errorf("%+v", l)
	}
	if l, ok := s.GoMod(a); !ok || l != (Sum{"h1:y=", file, 4}) {
		t.Errorf("%+v", l)
	}
	for _, p := range []string{"example.com/b", "example.com/c"} {
		if l, ok := s.Content(module.Version{Path: p, Version: "v1.0.0"}); ok {
			t.Errorf("%s: %+v", p, l)
		}
	}
	if _, err := ReadSums([]string{dir}); err == nil {
		t.Error("a folder was read")
	}
}

func TestValidHash(t *testing.T) {
	for text, want := range map[string]bool{
		"h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=":   true,
		"h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n": true,
		"h1:AAAA": false, "": false, strings.Repeat("\x00", 47): false,
	} {
		if ValidHash(text) != want {
			t.Errorf("%q", text)
		}
	}
}

// FuzzZip: no file, whatever is in it, may bring the reader down.
func FuzzZip(f *testing.F) {
	f.Add([]byte("PK\x03\x04broken"))
	var b strings.Builder
	z := zip.NewWriter(&b)
	w, _ := z.Create("example.com/Greet@v1.0.0/go.mod")
	_, _ = w.Write([]byte("module example.com/Greet\n"))
	_ = z.Close()
	f.Add([]byte(b.String()))
	f.Fuzz(func(t *testing.T, data []byte) {
		file := filepath.Join(t.TempDir(), "z")
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
		_, _ = HashZip(context.Background(), file)
		_, _ = Compare(context.Background(), file, t.TempDir(), version)
	})
}

func FuzzSums(f *testing.F) {
	f.Add("example.com/a v1.0.0 h1:x=\n")
	f.Fuzz(func(t *testing.T, text string) {
		s := Sums{}
		s.add("go.sum", text)
		for v := range s {
			s.Content(v)
		}
	})
}
