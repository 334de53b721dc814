//go:build unix

package buildlist

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"golang.org/x/mod/module"
)

func write(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, body := range files {
		p := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(body), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

const gomod = `module example.com/app

go 1.24.1

toolchain go1.25.0

require (
	example.com/Whole v1.0.0
	example.com/gone v1.2.0
	example.com/half v1.0.0 // indirect
	example.com/local v1.0.0
	example.com/moved v1.0.0
	example.com/unused v1.0.0 // indirect
)

replace example.com/local => ../local

replace example.com/moved v1.0.0 => example.com/fork v1.1.0
`

const gosum = `example.com/Whole v1.0.0 h1:a=
example.com/Whole v1.0.0/go.mod h1:a=
example.com/gone v1.1.0 h1:a=
example.com/gone v1.2.0 h1:a=
example.com/half v1.0.0 h1:a=
example.com/fork v1.1.0 h1:a=
example.com/unused v1.0.0/go.mod h1:a=
broken line
`

func TestRead(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{
		"proj/go.mod": gomod, "proj/go.sum": gosum, "proj/sub/x.go": "package sub\n",
		"mod/example.com/!whole@v1.0.0/x.go":                      "package x\n",
		"mod/cache/download/example.com/!whole/@v/v1.0.0.mod":     "",
		"mod/cache/download/example.com/!whole/@v/v1.0.0.ziphash": "h1:a=",
		"mod/example.com/half@v1.0.0/x.go":                        "package x\n",
		"mod/cache/download/example.com/half/@v/v1.0.0.mod":       "",
		"mod/cache/download/example.com/half/@v/v1.0.0.partial":   "",
		"mod/cache/download/example.com/fork/@v/v1.1.0.mod":       "",
	})
	l, err := Read(filepath.Join(dir, "proj", "sub"), Settings{GOMODCACHE: filepath.Join(dir, "mod")})
	if err != nil {
		t.Fatal(err)
	}
	if l.Root != filepath.Join(dir, "proj") || l.Go != "1.24.1" || l.Chain != "go1.25.0" || l.Vendor || l.Work != "" {
		t.Errorf("%+v", l)
	}
	want := map[string]Module{
		"example.com/Whole":  {Needed: true},
		"example.com/gone":   {Needed: true, Missing: "mod"},
		"example.com/half":   {Needed: true, Missing: "partial"},
		"example.com/fork":   {Needed: true, Missing: "dir"},
		"example.com/unused": {Missing: "mod"},
	}
	if len(l.Modules) != len(want) {
		t.Errorf("%+v", l.Modules)
	}
	for _, m := range l.Modules {
		if w, ok := want[m.Path]; !ok || w.Needed != m.Needed || w.Missing != m.Missing {
			t.Errorf("%+v, want %+v", m, w)
		}
	}
	if p := LockFile(filepath.Join(dir, "mod"), module.Version{Path: "example.com/Whole", Version: "v1.0.0"}); p != filepath.Join(dir, "mod/cache/download/example.com/!whole/@v/v1.0.0.lock") {
		t.Error(p)
	}
}

func TestWorkspace(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{
		"go.work":  "go 1.26.0\n\nuse (\n\t./a\n\t./b\n)\n\nreplace example.com/x => example.com/y v1.9.0\n",
		"a/go.mod": "module example.com/a\n\ngo 1.25.0\n\nrequire example.com/d v1.0.0\n",
		"b/go.mod": "module example.com/b\n\ngo 1.27\n\nrequire example.com/d v1.3.0\n\nrequire example.com/x v1.0.0\n\nrequire example.com/a v0.1.0\n",
		"b/go.sum": "example.com/d v1.3.0 h1:a=\nexample.com/a v0.1.0 h1:a=\n",
	})
	l, err := Read(filepath.Join(dir, "a"), Settings{GOMODCACHE: filepath.Join(dir, "mod")})
	if err != nil {
		t.Fatal(err)
	}
	if l.Work == "" || len(l.Mods) != 2 || len(l.Sums) != 3 || l.Go != "1.27" || len(l.Modules) != 2 ||
		l.Modules[0].Version != (module.Version{Path: "example.com/d", Version: "v1.3.0"}) || !l.Modules[0].Needed ||
		l.Modules[1].Version != (module.Version{Path: "example.com/y", Version: "v1.9.0"}) {
		t.Errorf("%+v", l)
	}
	if l, err = Read(filepath.Join(dir, "a"), Settings{GOWORK: "off"}); err != nil || l.Work != "" || len(l.Mods) != 1 {
		t.Errorf("%+v %v", l, err)
	}
}

func TestOdd(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, map[string]string{
		"bad/go.mod":                  "module example.com/bad\n<<<<<<< HEAD\n",
		"alt/go.mod":                  "module example.com/alt\n",
		"alt/other.mod":               "module example.com/alt\n\nrequire example.com/z v1.0.0\n",
		"vendored/go.mod":             "module example.com/v\n",
		"vendored/vendor/modules.txt": "",
	})
	if l, err := Read(filepath.Join(dir, "bad"), Settings{}); err == nil || l.Mod == "" {
		t.Errorf("%+v %v", l, err)
	}
	l, err := Read(filepath.Join(dir, "alt"), Settings{GOFLAGS: "-tags=x '-modfile=other.mod'"})
	if err != nil || filepath.Base(l.Mod) != "other.mod" || filepath.Base(l.Sums[0]) != "other.sum" || len(l.Modules) != 1 {
		t.Errorf("%+v %v", l, err)
	}
	for flags, want := range map[string]bool{"": true, "-mod=mod": false, "-mod=vendor": true, "--mod=readonly": false} {
		if l, err := Read(filepath.Join(dir, "vendored"), Settings{GOFLAGS: flags}); err != nil || l.Vendor != want {
			t.Errorf("%q: vendor %v, want %v (%v)", flags, l.Vendor, want, err)
		}
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, p := range []string{"pipe", "bad", "none"} {
		if _, err := ReadFile(filepath.Join(dir, p)); err == nil {
			t.Errorf("%s: read", p)
		}
	}
	if l, err := Read(dir, Settings{}); err != nil || l.Mod != "" {
		t.Errorf("%+v %v", l, err)
	}
}
