//go:build linux

package action_test

import (
	"archive/zip"
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/dirhash"

	"github.com/gorescue/gorescue/internal/action"
)

// vendored is a project whose vendor folder is of an older version, and a module cache that has the new one.
func vendored(t *testing.T) *action.Vendor {
	t.Helper()
	dir := t.TempDir()
	write := func(name, text string) {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	files := map[string]string{"go.mod": "module example.com/a\n\ngo 1.21\n", "a.go": "package a // new\n", "LICENSE": "free\n"}
	var buf bytes.Buffer
	z := zip.NewWriter(&buf)
	var names []string
	for _, name := range []string{"LICENSE", "a.go", "go.mod"} {
		names = append(names, "example.com/a@v1.1.0/"+name)
		w, err := z.Create(names[len(names)-1])
		if err == nil {
			_, err = io.WriteString(w, files[name])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	hash := func(names ...string) string {
		h, err := dirhash.Hash1(names, func(name string) (io.ReadCloser, error) {
			return io.NopCloser(strings.NewReader(files[filepath.Base(name)])), nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	base := "cache/cache/download/example.com/a/@v/v1.1.0"
	write(base+".info", `{"Version":"v1.1.0"}`)
	write(base+".mod", files["go.mod"])
	write(base+".zip", buf.String())
	write("r/go.mod", "module example.com/m\n\ngo 1.25\n\nrequire example.com/a v1.1.0\n")
	write("r/go.sum", "example.com/a v1.1.0 "+hash(names...)+"\nexample.com/a v1.1.0/go.mod "+hash("go.mod")+"\n")
	write("r/main.go", "package main\n\nimport _ \"example.com/a\"\n\nfunc main() {}\n")
	write("r/vendor/modules.txt", "# example.com/a v1.0.0\n## explicit; go 1.21\nexample.com/a\n")
	write("r/vendor/README", "ours\n")
	write("r/vendor/example.com/a/a.go", "package a\n")
	write("r/vendor/example.com/a/gone.go", "package a\n")
	write("r/vendor/example.com/a/LICENSE", "free\n")
	program, err := exec.LookPath("go")
	if err != nil {
		t.Fatal(err)
	}
	for k, v := range map[string]string{"HOME": dir, "GOENV": "off", "GOPROXY": "off", "GOSUMDB": "off", "GOFLAGS": "", "GOWORK": "", "GOCACHE": filepath.Join(dir, "gocache")} {
		t.Setenv(k, v)
	}
	return &action.Vendor{Root: filepath.Join(dir, "r"), Go: program, Cache: filepath.Join(dir, "cache"), Offline: true, Scratch: filepath.Join(dir, "scratch")}
}

func TestVendor(t *testing.T) {
	v := vendored(t)
	license := filepath.Join(v.Root, "vendor", "example.com", "a", "LICENSE")
	before, err := os.Stat(license)
	if err != nil {
		t.Fatal(err)
	}
	if err := v.Apply(t.Context(), action.Real{Change: "t"}); err != nil {
		t.Fatal(err)
	}
	if err := v.Verify(t.Context(), action.Real{}); err != nil {
		t.Error(err)
	}
	for name, want := range map[string]string{"modules.txt": "# example.com/a v1.1.0\n## explicit; go 1.21\nexample.com/a\n", "example.com/a/a.go": "package a // new\n", "README": "ours\n", "example.com/a/gone.go": ""} {
		if got, _ := os.ReadFile(filepath.Join(v.Root, "vendor", name)); string(got) != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if after, err := os.Stat(license); err != nil || !after.ModTime().Equal(before.ModTime()) {
		t.Errorf("a file that is equal was touched (%v)", err)
	}
	if _, err := os.Stat(v.Scratch); !os.IsNotExist(err) {
		t.Errorf("the scratch folder stays (%v)", err)
	}
	if _, err := os.Stat(filepath.Join(v.Cache, "example.com")); !os.IsNotExist(err) {
		t.Errorf("the module cache was written to (%v)", err)
	}
}

// TestVendorRefused: when a module cannot be had, or is not what go.sum says, the folder is as it was.
func TestVendorRefused(t *testing.T) {
	for name, spoil := range map[string]func(v *action.Vendor) error{
		"no module": func(v *action.Vendor) error { return os.RemoveAll(filepath.Join(v.Cache, "cache")) },
		"wrong go.sum": func(v *action.Vendor) error {
			sum := filepath.Join(v.Root, "go.sum")
			data, err := os.ReadFile(sum)
			if err != nil {
				return err
			}
			return os.WriteFile(sum, bytes.Replace(data, []byte("v1.1.0 h1:"), []byte("v1.1.0 h1:AA"), 1), 0o644)
		},
	} {
		v := vendored(t)
		if err := spoil(v); err != nil {
			t.Fatal(err)
		}
		if err := v.Apply(t.Context(), action.Real{Change: "t"}); err == nil {
			t.Errorf("%s: no error", name)
		}
		if got, err := os.ReadFile(filepath.Join(v.Root, "vendor", "example.com", "a", "gone.go")); err != nil || string(got) != "package a\n" {
			t.Errorf("%s: the folder was changed (%v)", name, err)
		}
	}
}
