package verify_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gorescue/gorescue/internal/modcache"
)

// TestIndex: the second run takes hashes from the index, and nothing that was changed hides behind it.
func TestIndex(t *testing.T) {
	b := newBench(t)
	state := filepath.Join(b.root, "state")
	time.Sleep(2100 * time.Millisecond) // files younger than 2 s are never taken from an index
	look := func() []string {
		t.Helper()
		o := b.options()
		o.Index = modcache.OpenIndex(state, b.cache)
		if o.Index == nil {
			t.Fatal("no index is possible in the folder of this test")
		}
		return kinds(b.verify(o))
	}
	want := func(list ...string) {
		t.Helper()
		if got := look(); !slices.Equal(got, list) {
			t.Errorf("found %v, want %v", got, list)
		}
	}
	want()
	files, err := filepath.Glob(filepath.Join(state, "modcache", "*.index"))
	if err != nil || len(files) != 1 {
		t.Fatalf("%v, %v", files, err)
	}
	saved := b.read(files[0])
	if fi, err := os.Stat(files[0]); err != nil || fi.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", fi.Mode(), err)
	}

	// An index that lies shows that it is used: with a right hash of its own it is believed, with a wrong one not.
	_, body, _ := strings.Cut(saved, "\n")
	tree := exam(b, greet).Tree.Hash
	lie := strings.ReplaceAll(body, tree, "h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=")
	sum := sha256.Sum256([]byte(lie))
	b.set(files[0], hex.EncodeToString(sum[:])+"\n"+lie)
	if got := look(); len(got) == 0 {
		t.Error("the index is not used")
	}
	b.set(files[0], strings.Repeat("0", 64)+"\n"+lie)
	want()
	b.set(files[0], saved)

	// Same size, same times, same name.
	file := filepath.Join(b.at(greet, v120, ""), "greet.go")
	was := b.read(file)
	fi, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	b.writable(filepath.Dir(file))
	edited := bytes.Replace([]byte(was), []byte("hello"), []byte("hallo"), 1)
	for _, way := range []string{"in place", "renamed"} {
		target := file
		if way == "renamed" {
			target = file + ".new"
		}
		if err := os.Chmod(file, 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(target, edited, 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(target, fi.ModTime(), fi.ModTime()); err != nil {
			t.Fatal(err)
		}
		if target != file {
			if err := os.Rename(target, file); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Chmod(file, 0o444); err != nil {
			t.Fatal(err)
		}
		want("example.com/greet tree-differs")
		want("example.com/greet tree-differs") // nor does the second look believe the first
	}
	b.set(file, was)
	want()

	// A file from the future is never believed, though nothing is wrong with it.
	if err := os.Chtimes(file, time.Time{}, time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	time.Sleep(2100 * time.Millisecond)
	want()
	if data := b.read(files[0]); strings.Contains(lastEntry(data, "example.com/greet@v1.2.0"), `"odd":true`) {
		t.Error("an entry with odd times was kept")
	}
}

func lastEntry(index, key string) string {
	_, rest, _ := strings.Cut(index, `"`+key+`"`)
	return rest[:min(len(rest), 300)]
}

func exam(b *bench, path string) modcache.Exam {
	b.Helper()
	for _, m := range b.verify(b.options()).Modules {
		if m.Path == path {
			return m.Exam
		}
	}
	b.Fatalf("no %s", path)
	return modcache.Exam{}
}
