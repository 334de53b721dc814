package gobuild_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/gorescue/gorescue/internal/action"
	"github.com/gorescue/gorescue/internal/atomicfile"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/gobuild"
	"github.com/gorescue/gorescue/internal/goenv"
	"github.com/gorescue/gorescue/internal/probe"
)

// project makes files below a fresh folder and returns the world of its subfolder proj.
func project(t *testing.T, files map[string]string) (probe.World, *facts.Snapshot) {
	t.Helper()
	top, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	cache, err := exec.Command("go", "env", "GOCACHE").Output()
	if err != nil {
		t.Fatal(err)
	}
	for name, body := range files {
		path := filepath.Join(top, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(body), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	w := probe.World{Dir: filepath.Join(top, "proj"), State: filepath.Join(top, "state"), Incident: "test", Vars: map[string]string{
		"PATH": os.Getenv("PATH"), "HOME": filepath.Join(top, "home"), "GOTOOLCHAIN": "local", "GOPROXY": "off", "GOSUMDB": "off",
		"GOMODCACHE": filepath.Join(top, "mod"), "GOCACHE": strings.TrimSpace(string(cache)),
	}}
	s := &facts.Snapshot{Settings: goenv.Resolve(w.Vars, runtime.GOROOT()), Sections: map[facts.Section]facts.Status{facts.SecSettings: {State: facts.OK}, facts.SecBuild: {State: facts.OK}}}
	b, err := gobuild.Ask(context.Background(), w, &s.Settings)
	if err != nil {
		t.Fatal(err)
	}
	s.Build = *b
	return w, s
}

const (
	head   = "module example.com/app\n\ngo 1.21\n"
	need   = head + "\nrequire example.com/dep v0.0.0\n"
	good   = need + "\nreplace example.com/dep => ../dep\n"
	depMod = "module example.com/dep\n\ngo 1.21\n"
	dep    = "package dep\n\nfunc F() int { return 1 }\n"
	uses   = "package main\n\nimport \"example.com/dep\"\n\nfunc main() { println(dep.F()) }\n"
)

// TestRehearse: what the real go command says to a change before it is made, and that nothing but the state folder is
// written, and that too is empty afterwards.
func TestRehearse(t *testing.T) {
	for _, tc := range []struct {
		name  string
		files map[string]string
		put   map[string]string // path below the top → content, "-" = removed
		want  string            // part of the reason, "" = it may be done
	}{
		{"go.mod mended", map[string]string{"proj/go.mod": "reqire x\n" + good, "proj/main.go": uses}, map[string]string{"proj/go.mod": good}, ""},
		{"go.mod still broken", map[string]string{"proj/go.mod": "reqire x\n" + good, "proj/main.go": uses}, map[string]string{"proj/go.mod": "reqire x\n" + good + "\n"}, "unknown directive"},
		{"gets further", map[string]string{"proj/go.mod": "reqire x\n" + need, "proj/main.go": uses}, map[string]string{"proj/go.mod": need}, ""},
		{"passes now, would fail", map[string]string{"proj/go.mod": good, "proj/main.go": uses}, map[string]string{"proj/go.mod": head}, "no required module provides"},
		{"user's own error is left", map[string]string{"proj/go.mod": "reqire x\n" + good, "proj/main.go": uses + "var x int = \"\"\n"}, map[string]string{"proj/go.mod": good}, ""},
		{"go.work appears", map[string]string{"proj/go.mod": need, "proj/main.go": uses}, map[string]string{"proj/go.work": "go 1.21\n\nuse .\nuse ../dep\n"}, ""},
		{"go.work mended", map[string]string{"proj/go.mod": need, "proj/main.go": uses, "proj/go.work": "<<<\n"}, map[string]string{"proj/go.work": "go 1.21\n\nuse .\nuse ../dep\n"}, ""},
		{"go.work removed", map[string]string{"proj/go.mod": good, "proj/main.go": uses, "proj/go.work": "<<<\n"}, map[string]string{"proj/go.work": "-"}, ""},
		{"go.sum emptied", map[string]string{"proj/go.mod": good, "proj/main.go": uses, "proj/go.sum": "garbage\n"}, map[string]string{"proj/go.sum": ""}, ""},
		{"go.mod appears", map[string]string{"proj/main.go": uses}, map[string]string{"proj/go.mod": good}, ""},
		{"not in the cache", map[string]string{"proj/go.mod": "reqire x\n" + good, "proj/main.go": uses}, map[string]string{
			"proj/go.mod": head + "\nrequire example.com/dep v1.0.0\n",
			"proj/go.sum": "example.com/dep v1.0.0 h1:1tkENEuD5h2RZcLa5JRXnI0VD5GjbnX6tPs5N7sd58Q=\nexample.com/dep v1.0.0/go.mod h1:1tkENEuD5h2RZcLa5JRXnI0VD5GjbnX6tPs5N7sd58Q=\n"}, "not in the module cache"},
		{"no such file", map[string]string{"proj/go.mod": good, "proj/main.go": uses}, map[string]string{"home/.profile": "x"}, ""},
		{"in the module cache", map[string]string{"proj/go.mod": good, "proj/main.go": uses}, map[string]string{"mod/example.com/x@v1.0.0/go.mod": "x"}, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tc.files["dep/go.mod"], tc.files["dep/d.go"] = depMod, dep
			w, s := project(t, tc.files)
			dry := action.NewDryRun()
			top := filepath.Dir(w.Dir)
			for name, body := range tc.put {
				im := atomicfile.Image{Kind: atomicfile.File, Mode: 0o644, Data: []byte(body)}
				if body == "-" {
					im = atomicfile.Image{}
				}
				if err := dry.Put(filepath.Join(top, name), im); err != nil {
					t.Fatal(err)
				}
			}
			before := tree(t, top)
			err := gobuild.Rehearse(context.Background(), w, s, dry)
			if tc.want == "" && err != nil || tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)) {
				t.Errorf("%v, want %q; now: %s %+v", err, tc.want, s.Build.Outcome, s.Build.Errors)
			}
			if after := tree(t, top); after != before {
				t.Errorf("left behind:\n%s\nbefore:\n%s", after, before)
			}
		})
	}
}

// TestRehearseBehindLink: the go command knows the project by another name than the repair.
func TestRehearseBehindLink(t *testing.T) {
	w, s := project(t, map[string]string{"proj/go.mod": "reqire x\n" + good, "proj/main.go": uses, "dep/go.mod": depMod, "dep/d.go": dep})
	link := filepath.Join(filepath.Dir(w.Dir), "link")
	if err := os.Symlink(w.Dir, link); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(w.Dir, "go.mod")
	w.Dir = link
	w.Vars["PWD"] = link
	dry := action.NewDryRun()
	if err := dry.Put(file, atomicfile.Image{Kind: atomicfile.File, Data: []byte(good)}); err != nil {
		t.Fatal(err)
	}
	if err := gobuild.Rehearse(context.Background(), w, s, dry); err != nil {
		t.Error(err)
	}
}

// tree lists all files below a folder with their sizes, but for go's own build cache.
func tree(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(dir, func(p string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			fi, _ := d.Info()
			b.WriteString(p + " " + fi.ModTime().String() + "\n")
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestRehearseToolchain: the go command chooses its release by the files themselves, so a trial says which one the
// changed files would choose.
func TestRehearseToolchain(t *testing.T) {
	w, s := project(t, map[string]string{"proj/go.mod": good + "\ntoolchain go1.999.0\n", "proj/main.go": uses, "dep/go.mod": depMod, "dep/d.go": dep})
	w.Vars["GOTOOLCHAIN"] = "auto"
	s.Settings = goenv.Resolve(w.Vars, runtime.GOROOT())
	for body, want := range map[string]string{good: "", good + "\ntoolchain go1.998.0\n": "go1.998.0"} {
		dry := action.NewDryRun()
		if err := dry.Put(filepath.Join(w.Dir, "go.mod"), atomicfile.Image{Kind: atomicfile.File, Data: []byte(body)}); err != nil {
			t.Fatal(err)
		}
		err := gobuild.Rehearse(context.Background(), w, s, dry)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%q: %v, want %q", body, err, want)
		}
	}
}
