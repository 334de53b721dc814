package gosrc_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/gosrc"
)

func unpack(t *testing.T, archive string) string {
	t.Helper()
	dir := t.TempDir()
	for _, f := range txtar.Parse([]byte(archive)).Files {
		path := filepath.Join(dir, f.Name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, f.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestScan(t *testing.T) {
	host := gosrc.Platform{GOOS: runtime.GOOS, GOARCH: runtime.GOARCH}
	windows := gosrc.Platform{GOOS: "windows", GOARCH: "amd64"}
	const mod = "-- go.mod --\nmodule example.com/app\n"
	for name, c := range map[string]struct {
		archive string
		dir     string
		p       gosrc.Platform
		want    facts.Source // paths relative to the folder
	}{
		"pure": {mod + "-- a.go --\npackage a\nimport \"fmt\"\n", "", host, facts.Source{}},
		"C":    {mod + "-- a.go --\npackage a\n// int x;\nimport \"C\"\n", "", host, facts.Source{Cgo: "a.go", CgoImport: "C", NeedsCgo: "."}},
		"C in another folder": {mod + "-- a.go --\npackage a\n-- c/c.go --\npackage c\nimport \"C\"\n", "", host,
			facts.Source{Cgo: "c/c.go", CgoImport: "C"}},
		"C in a folder that is imported": {mod + "-- a.go --\npackage a\nimport \"example.com/app/c\"\n-- c/c.go --\npackage c\nimport \"C\"\n", "", host,
			facts.Source{Cgo: "c/c.go", CgoImport: "C", NeedsCgo: "c", NeededBy: "a.go"}},
		"C with a way out": {mod + "-- c.go --\npackage c\nimport \"C\"\n-- p.go --\n//go:build !cgo\n\npackage c\n", "", host,
			facts.Source{Cgo: "c.go", CgoImport: "C"}},
		"C for another system": {mod + "-- c_windows.go --\npackage c\nimport \"C\"\n-- p.go --\npackage c\n", "", host, facts.Source{}},
		"std with C":           {mod + "-- s/a.go --\npackage a\nimport \"net/http\"\n", "", host, facts.Source{Cgo: "s/a.go", CgoImport: "net/http"}},
		"pkg-config":           {mod + "-- a.go --\npackage a\n// #cgo linux pkg-config: x\nimport \"C\"\n", "", host, facts.Source{Cgo: "a.go", CgoImport: "C", PkgConfig: "a.go", NeedsCgo: "."}},
		"tests do not count":   {mod + "-- a.go --\npackage a\n-- a_test.go --\npackage a\nimport \"net\"\n", "", host, facts.Source{}},
		"other modules":        {mod + "-- a.go --\npackage a\n-- b/go.mod --\nmodule b\n-- b/b.go --\npackage b\nimport \"C\"\n", "", host, facts.Source{}},
		"vendor":               {mod + "-- a.go --\npackage a\n-- vendor/b/b.go --\npackage b\nimport \"C\"\n", "", host, facts.Source{}},
		"only windows":         {mod + "-- a.go --\npackage a\n-- w/w_windows.go --\npackage w\n", "", windows, facts.Source{OnlyTarget: "w"}},
		"windows with a twin":  {mod + "-- w_windows.go --\npackage w\n-- w_linux.go --\npackage w\n", "", windows, facts.Source{}},
		"from a folder inside": {mod + "-- a.go --\npackage a\nimport \"net\"\n-- sub/s.go --\npackage s\n", "sub", host, facts.Source{Cgo: "a.go", CgoImport: "net"}},
		"no module":            {"-- a.go --\npackage a\nimport \"net\"\n", "", host, facts.Source{Cgo: "a.go", CgoImport: "net"}},
		"not Go":               {mod + "-- a.go --\n\x00\x00\x00\n-- b.go --\npackage\n", "", host, facts.Source{}},
	} {
		t.Run(name, func(t *testing.T) {
			root := unpack(t, c.archive)
			got := gosrc.Scan(context.Background(), filepath.Join(root, c.dir), c.p)
			for _, p := range []*string{&got.Cgo, &got.PkgConfig, &got.NeedsCgo, &got.NeededBy, &got.OnlyTarget} {
				if *p != "" {
					*p, _ = filepath.Rel(root, *p)
				}
			}
			c.want.Looked = true
			if got != c.want {
				t.Errorf("got  %+v\nwant %+v", got, c.want)
			}
		})
	}
}

// TestBounds: a folder with links in circles, a pipe and no end of files is left in time.
func TestBounds(t *testing.T) {
	dir := t.TempDir()
	if err := os.Symlink(dir, filepath.Join(dir, "loop")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("a.go", filepath.Join(dir, "a.go")); err != nil {
		t.Fatal(err)
	}
	if got := gosrc.Scan(t.Context(), dir, gosrc.Platform{}); got.Cut {
		t.Errorf("cut: %+v", got)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if got := gosrc.Scan(ctx, dir, gosrc.Platform{}); !got.Cut {
		t.Error("not cut although the time is over")
	}
}

// TestCgoPackages compares the list of standard packages with this Go tree.
func TestCgoPackages(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", `{{.ImportPath}} {{join .Deps " "}}`, "std").Output()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(out)) {
		f := strings.Fields(line)
		if strings.Contains(f[0], "internal/") || strings.HasPrefix(f[0], "vendor/") || f[0] == "runtime/race" {
			continue
		}
		cgo := slices.ContainsFunc(f, func(p string) bool { return p == "runtime/cgo" || p == "net" || p == "os/user" || p == "plugin" })
		dir := unpack(t, "-- go.mod --\nmodule m\n-- a.go --\npackage a\nimport _ \""+f[0]+"\"\n")
		got := gosrc.Scan(t.Context(), dir, gosrc.Platform{GOOS: runtime.GOOS, GOARCH: runtime.GOARCH})
		if (got.Cgo != "") != cgo {
			t.Errorf("%s: found cgo %t, it needs cgo %t", f[0], got.Cgo != "", cgo)
		}
	}
}
