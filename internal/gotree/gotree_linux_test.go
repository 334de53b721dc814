package gotree

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/gorescue/gorescue/internal/facts"
)

// goroot is the tree of the Go that runs the tests.
func goroot(t testing.TB) string {
	t.Helper()
	out, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

func write(t testing.TB, path, content string, mode os.FileMode) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), mode); err != nil {
		t.Fatal(err)
	}
	return path
}

func link(t testing.TB, to, path string) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(to, path); err != nil {
		t.Fatal(err)
	}
	return path
}

// treeOf makes a tree of its own: the real one by links, with a real copy of bin/go.
func treeOf(t testing.TB) string {
	t.Helper()
	real, root := goroot(t), filepath.Join(t.TempDir(), "go")
	bin, err := os.ReadFile(filepath.Join(real, "bin", "go"))
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(root, "bin", "go"), string(bin), 0o755)
	for _, name := range []string{"VERSION", "go.env", "src", "pkg/include"} {
		link(t, filepath.Join(real, name), filepath.Join(root, name))
	}
	tools, err := filepath.Glob(filepath.Join(real, "pkg", "tool", "*", "*"))
	if err != nil || len(tools) == 0 {
		t.Fatal("no tools", err)
	}
	for _, tool := range tools {
		link(t, tool, filepath.Join(root, "pkg", "tool", filepath.Base(filepath.Dir(tool)), filepath.Base(tool)))
	}
	return root
}

func TestProgram(t *testing.T) {
	root := treeOf(t)
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name, "go") }
	bin, err := os.ReadFile(filepath.Join(root, "bin", "go"))
	if err != nil {
		t.Fatal(err)
	}
	foreign := []byte(string(bin))
	foreign[18], foreign[19] = 183, 0 // e_machine: AArch64
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	testBinary, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	write(t, at("copy"), string(bin), 0o755)
	write(t, at("no-x"), string(bin), 0o644)
	write(t, at("empty"), "", 0o755)
	write(t, at("cut"), string(bin[:1<<20]), 0o755)
	write(t, at("head"), "\x7fELF\x02\x01", 0o755)
	write(t, at("arm"), string(foreign), 0o755)
	write(t, at("bytes"), "\x00\x01\x02", 0o755)
	write(t, at("other"), string(testBinary), 0o755)
	write(t, at("text"), "hello", 0o755)
	write(t, filepath.Join(at("folder"), "x"), "", 0o644)
	link(t, filepath.Join(root, "bin", "go"), at("link"))
	link(t, "/nowhere/go", at("dangling"))
	link(t, "go", at("loop"))
	if err := exec.Command("mkfifo", filepath.Join(dir, "fifo")).Run(); err != nil {
		t.Fatal(err)
	}
	link(t, filepath.Join(dir, "fifo"), at("pipe"))
	tests := []struct {
		name string
		kind facts.GoKind
		runs bool
		root string
	}{
		{"copy", facts.GoBinary, true, ""},
		{"no-x", facts.GoBinary, false, ""},
		{"empty", facts.GoEmpty, true, ""},
		{"cut", facts.GoDamaged, true, ""},
		{"head", facts.GoDamaged, true, ""},
		{"arm", facts.GoBinary, true, ""},
		{"bytes", facts.GoDamaged, true, ""},
		{"other", facts.GoProgramOf, true, ""},
		{"text", facts.GoScriptFile, true, ""},
		{"folder", facts.GoFolder, false, ""},
		{"link", facts.GoBinary, true, root},
		{"dangling", facts.GoDangling, false, ""},
		{"loop", facts.GoLoop, false, ""},
		{"pipe", facts.GoOdd, false, ""},
		{"missing", facts.GoAbsent, false, ""},
	}
	for _, tt := range tests {
		p := Program(at(tt.name), nil)
		if p.Kind != tt.kind || p.Runs != tt.runs || p.Root != tt.root {
			t.Errorf("%s: %s runs=%v root=%q (%s), want %s %v %q", tt.name, p.Kind, p.Runs, p.Root, p.Err, tt.kind, tt.runs, tt.root)
		}
	}
	if p := Program(at("arm"), nil); p.Arch != "arm64" {
		t.Errorf("arm: %s", p.Arch)
	}
	if p := Program(at("other"), nil); p.Main == "" || p.Version != "" {
		t.Errorf("other: main %q, version %q", p.Main, p.Version)
	}
	if p := Program(at("copy"), nil); p.Version != strings.Fields(runtime.Version())[0] || p.OS != "linux" {
		t.Errorf("copy: %q %q, want %q", p.Version, p.OS, runtime.Version())
	}
}

func TestTree(t *testing.T) {
	root := treeOf(t)
	whole := Tree(root, "path", nil)
	if whole.State != facts.TreeFound || len(whole.Absent) > 0 || len(whole.Tools) != len(neededTools()) || whole.Program.Root != root {
		t.Fatalf("whole tree: %+v", whole)
	}
	for _, tool := range whole.Tools {
		if tool.Kind != facts.GoBinary || !tool.Runs || tool.Version != whole.Program.Version {
			t.Errorf("%s: %+v", tool.Name, tool)
		}
	}
	if err := os.Remove(filepath.Join(whole.ToolDir, "compile")); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(root, "pkg", "include")); err != nil {
		t.Fatal(err)
	}
	broken := Tree(root, "path", nil)
	if broken.Tools[0].Kind != facts.GoAbsent || len(broken.Absent) != 1 {
		t.Errorf("broken tree: %+v %v", broken.Tools[0], broken.Absent)
	}
	dir := t.TempDir()
	file := write(t, filepath.Join(dir, "file"), "", 0o644)
	for path, want := range map[string]facts.GoTreeState{
		dir: facts.TreeNone, file: facts.TreeNoFolder, filepath.Join(dir, "x"): facts.TreeMissing, filepath.Join(file, "x"): facts.TreeUnreadable,
	} {
		if got := Tree(path, "goroot", nil).State; got != want && !(want == facts.TreeUnreadable && got == facts.TreeMissing) {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
}

func TestScript(t *testing.T) {
	dir := t.TempDir()
	root := treeOf(t)
	real := filepath.Join(root, "bin", "go")
	write(t, filepath.Join(dir, ".go-version"), "1.22.4\n", 0o644)
	tool := write(t, filepath.Join(dir, "bin", "asdf"), "#!/bin/sh\n", 0o755)
	vars := map[string]string{"HOME": dir, "PATH": filepath.Join(dir, "bin"), "ROOT": root}
	tests := []struct {
		name, text, target string
		state              facts.NamedState
		version, starts    bool
	}{
		{"plain", "#!/bin/sh\nexec " + real + " \"$@\"\n", real, facts.NamedProgram, true, true},
		{"variable", "#!/bin/sh\nset -e\nR=$ROOT\nexec \"$R/bin/go\" \"$@\"\n", real, facts.NamedProgram, true, true},
		{"default", "#!/bin/sh\nexec \"${R:-$ROOT}/bin/go\" \"$@\"\n", real, facts.NamedProgram, true, true},
		{"goroot", "#!/bin/sh\nexport GOROOT=/x\nexec " + real + " \"$@\"\n", real, facts.NamedProgram, false, true},
		{"version file", "#!/bin/sh\nv=$(cat \"$HOME/.go-version\")\nexec \"$HOME/versions/$v/bin/go\" \"$@\"\n", dir + "/versions/1.22.4/bin/go", facts.NamedMissing, false, true},
		{"redirected", "#!/bin/bash\nexec ~/versions/$(<~/.go-version)/bin/go \"$@\"\n", "", "", false, true},
		{"dirname", "#!/bin/sh\nd=$(dirname \"$0\")\nexec $d/../real/go \"$@\"\n", "", facts.NamedMissing, false, true},
		{"manager", "#!/usr/bin/env bash\nexec asdf exec \"go\" \"$@\"\n", tool, facts.NamedProgram, false, true},
		{"no manager", "#!/bin/sh\nexec goenv exec go \"$@\"\n", "goenv", facts.NamedMissing, false, true},
		{"condition", "#!/bin/sh\nif true; then exec /a/bin/go \"$@\"; fi\n", "", "", false, true},
		{"unknown", "#!/bin/sh\nexec $(which -a go | tail -1) \"$@\"\n", "", "", false, true},
		{"python", "#!/usr/bin/python3\nprint('task runner')\n", "", "", false, false},
		{"task runner", "#!/bin/bash\ncase $1 in build) make;; esac\n", "", "", false, false},
		{"unparsable", "#!/bin/sh\nexec 'x\n", "", "", false, true},
	}
	for _, tt := range tests {
		path := write(t, filepath.Join(t.TempDir(), "go"), tt.text, 0o755)
		p := Program(path, vars)
		if p.Kind != facts.GoScriptFile || p.Script == nil {
			t.Errorf("%s: %+v", tt.name, p)
			continue
		}
		sh := p.Script
		if tt.name == "dirname" {
			tt.target = filepath.Dir(path) + "/../real/go"
		}
		if tt.name == "redirected" {
			tt.target, tt.state = sh.Target, sh.State // either is right: the file is known, or it is left alone
		}
		if sh.Target != tt.target || sh.State != tt.state || (sh.Version != "") != tt.version || sh.Starts != tt.starts {
			t.Errorf("%s: %+v, want %+v", tt.name, sh, tt)
		}
	}
	self := write(t, filepath.Join(dir, "self", "go"), "#!/bin/sh\nexec go \"$@\"\n", 0o755)
	if sh := Program(self, map[string]string{"PATH": filepath.Join(dir, "self")}).Script; !sh.Self {
		t.Errorf("self: %+v", sh)
	}
}

func TestClashes(t *testing.T) {
	src := filepath.Join(t.TempDir(), "src")
	old := time.Now().Add(-300 * 24 * time.Hour)
	put := func(name, text string, at time.Time) {
		path := write(t, filepath.Join(src, name), text, 0o644)
		if err := os.Chtimes(path, at, at); err != nil {
			t.Fatal(err)
		}
	}
	now := time.Now()
	for _, n := range []string{"a/a.go", "b/b.go", "c/c.go"} {
		put(n, "package x\n\nfunc F() {}\n", now)
	}
	put("twice/new.go", "package twice\n\nconst Size = 1\n\nfunc (t T) M() {}\n\ntype T int\n", now)
	put("twice/old.go", "package twice\n\nconst Size = 2\n", old)
	put("edited/one.go", "package edited\n\nfunc G() {}\n", now)
	put("edited/two.go", "package edited\n\nfunc H() {}\nfunc init() {}\nvar _ = 1\n", old)
	put("edited/three.go", "package edited\n\nfunc init() {}\nvar _ = 2\n", now)
	put("systems/x_windows.go", "package systems\n\nfunc F() {}\n", old)
	put("systems/x_linux.go", "package systems\n\nfunc F() {}\n", now)
	put("tagged/x.go", "//go:build ignore\n\npackage main\n\nfunc F() {}\n", old)
	put("tagged/y.go", "package tagged\n\nfunc F() {}\n", now)
	put("cmd/new.go", "package main\n\nconst Size = 1\n", now)
	put("cmd/old.go", "package main\n\nconst Size = 1\n", old)
	put("twice/testdata/t.go", "package twice\n\nconst Size = 3\n", old)
	put("twice/old_test.go", "package twice\n\nconst Size = 3\n", old)
	put("broken/x.go", "package broken\n\nfunc {", old)
	put("broken/y.go", "package broken\n\nfunc F() {}\n", now)
	got := Clashes(context.Background(), filepath.Dir(src), "linux", "amd64")
	if len(got) != 1 || got[0].Name != "Size" || got[0].Package != "twice" || filepath.Base(got[0].File) != "old.go" || got[0].Line != 3 || got[0].OtherAt != 3 {
		t.Errorf("clashes: %+v", got)
	}
	link(t, ".", filepath.Join(src, "a", "loop"))
	Clashes(context.Background(), filepath.Dir(src), "linux", "amd64") // ends
	if got := Clashes(context.Background(), goroot(t), "linux", "amd64"); len(got) != 0 {
		t.Errorf("the real tree: %+v", got)
	}
	if got := Clashes(context.Background(), "/nowhere", "linux", "amd64"); got != nil {
		t.Errorf("no tree: %+v", got)
	}
}

func TestGodebugs(t *testing.T) {
	all := Godebugs(goroot(t))
	has := strings.Join(all, " ")
	if len(all) < 30 || !strings.Contains(has, "panicnil") || !strings.Contains(has, "asynctimerchan") {
		t.Errorf("godebugs: %v", all)
	}
	if got := Godebugs("/nowhere"); got != nil {
		t.Errorf("no tree: %v", got)
	}
}

func TestFind(t *testing.T) {
	base := t.TempDir()
	home := filepath.Join(base, "home")
	for _, dir := range []string{"home/sdk/go1.24.1", "home/.goenv/versions/1.22.0", "home/.asdf/installs/golang/1.23.0/go", "home/mod/golang.org/toolchain@v0.0.1-go1.25.0.linux-amd64", "tools/sdk/go"} {
		write(t, filepath.Join(base, dir, "bin", "go"), "", 0o755)
		if err := os.MkdirAll(filepath.Join(base, dir, "pkg", "tool"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	link(t, "go1.24.1", filepath.Join(home, "sdk", "go-current"))
	write(t, filepath.Join(home, "sdk", "gopher", "x"), "", 0o644)
	found, cut := Find(context.Background(), Search{Home: home, ModCache: filepath.Join(home, "mod"), Near: []string{filepath.Join(base, "tools", "bin"), "relative"}})
	got := map[string]string{}
	for _, p := range found {
		if strings.HasPrefix(p.Root, base) {
			rel, _ := filepath.Rel(base, p.Root)
			got[rel] = p.From
		}
	}
	want := map[string]string{"home/sdk/go-current": "usual", "home/.goenv/versions/1.22.0": "usual", "home/.asdf/installs/golang/1.23.0/go": "usual",
		"home/mod/golang.org/toolchain@v0.0.1-go1.25.0.linux-amd64": "modcache", "tools/sdk/go": "near"}
	for dir, from := range want {
		if got[dir] != from {
			t.Errorf("%s: %q, want %q (all: %v)", dir, got[dir], from, got)
		}
	}
	if len(got) != len(want) || cut {
		t.Errorf("found %v, cut %v", got, cut)
	}
}

// FuzzScript: no text of a script makes us crash, and a known target is never invented from nothing.
func FuzzScript(f *testing.F) {
	for _, s := range []string{"#!/bin/sh\nexec /usr/bin/go \"$@\"\n", "exec ${A:-$(dirname $0)}/go", "export A=1 B\ndeclare -a x=(1)\nexec \"$A\"", "a=~/x; exec $a", "exec", "#!/bin/sh\n`x`", "A+=1\nexec $A", "exec ${A@Q} ${!A} ${#A} ${A[0]}"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, src string) {
		sh := script("/nowhere/go", []byte(src), map[string]string{"HOME": "/home/x", "PATH": "/nowhere"})
		if sh == nil || sh.Target != "" && (sh.Line == 0 || strings.ContainsRune(sh.Target, 0)) {
			t.Errorf("%q: %+v", src, sh)
		}
	})
}
