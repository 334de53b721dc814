package build

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gorescue/gorescue/internal/area/host"
	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/probe"
	"github.com/gorescue/gorescue/internal/proc"
)

// project is a folder with a module, and the world around it.
type project struct {
	t    *testing.T
	dir  string
	vars map[string]string
}

func newProject(t *testing.T, files map[string]string) *project {
	t.Helper()
	top := t.TempDir()
	p := &project{t: t, dir: filepath.Join(top, "proj"), vars: map[string]string{
		"PATH": os.Getenv("PATH"), "HOME": filepath.Join(top, "home"), "GOTOOLCHAIN": "local", "GOTELEMETRY": "off",
		"GOMODCACHE": filepath.Join(top, "mod"), "GOPROXY": "https://proxy.example.test",
	}}
	cache, err := exec.Command("go", "env", "GOCACHE").Output()
	if err != nil {
		t.Fatal(err)
	}
	p.vars["GOCACHE"] = strings.TrimSpace(string(cache))
	mode := filepath.Join(p.vars["HOME"], ".config", "go", "telemetry")
	for _, d := range []string{p.dir, mode} {
		if err := os.MkdirAll(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(mode, "mode"), []byte("off 2024-01-01"), 0o644); err != nil {
		t.Fatal(err)
	}
	for name, body := range files {
		path := filepath.Join(p.dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(body), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

// diagnose collects settings and build, and judges.
func (p *project) diagnose() (*facts.Snapshot, *diag.Report) {
	p.t.Helper()
	w := probe.World{Dir: p.dir, Vars: p.vars, Incident: "test"}
	s := probe.Collect(context.Background(), w, append(Probes(), host.Probes()...), 30*time.Second)
	return s, diag.Run(Checks(), s)
}

func ids(r *diag.Report) string {
	var out []string
	for _, f := range r.Findings {
		id := f.Check
		if f.Unknown {
			id = "?" + id
		}
		out = append(out, id)
	}
	return strings.Join(out, " ")
}

const (
	gomod = "module example.com/app\n\ngo 1.21\n"
	hello = "package main\n\nfunc main() { println(1) }\n"
)

func TestOutcomes(t *testing.T) {
	for _, tc := range []struct {
		name    string
		files   map[string]string
		vars    map[string]string
		outcome facts.BuildOutcome
		ids     string
	}{
		{"passes", map[string]string{"go.mod": gomod, "main.go": hello}, nil, facts.BuildOK, ""},
		{"type error", map[string]string{"go.mod": gomod, "main.go": "package main\n\nfunc main() { x := 1 }\n"}, nil, facts.BuildFailed, "user-code-error"},
		{"cycle", map[string]string{"go.mod": gomod, "a/a.go": "package a\n\nimport _ \"example.com/app/b\"\n", "b/b.go": "package b\n\nimport _ \"example.com/app/a\"\n"}, nil, facts.BuildFailed, "user-code-error"},
		{"no line in go.sum", map[string]string{"go.mod": gomod + "\nrequire example.com/x v1.0.0\n", "main.go": "package main\n\nimport _ \"example.com/x\"\n\nfunc main() {}\n"}, nil, facts.BuildFailed, "build-fails-unexplained"},
		{"not downloaded", map[string]string{"go.mod": gomod + "\nrequire example.com/x v1.0.0\n", "go.sum": "example.com/x v1.0.0 h1:1tkENEuD5h2RZcLa5JRXnI0VD5GjbnX6tPs5N7sd58Q=\nexample.com/x v1.0.0/go.mod h1:1tkENEuD5h2RZcLa5JRXnI0VD5GjbnX6tPs5N7sd58Q=\n",
			"main.go": "package main\n\nimport _ \"example.com/x\"\n\nfunc main() {}\n"}, nil, facts.BuildNeedsDownload, "modules-not-in-cache"},
		{"a newer Go, auto", map[string]string{"go.mod": "module example.com/app\n\ngo 1.999.0\n", "main.go": hello}, map[string]string{"GOTOOLCHAIN": "auto"}, facts.BuildNeedsDownload, "modules-not-in-cache"},
		{"a newer Go, local", map[string]string{"go.mod": "module example.com/app\n\ngo 1.999.0\n", "main.go": hello}, nil, facts.BuildFailed, "build-fails-unexplained"},
		{"bad go.mod", map[string]string{"go.mod": gomod + "<<<<<<< HEAD\n", "main.go": hello}, nil, facts.BuildFailed, "build-fails-unexplained"},
		{"zero bytes", map[string]string{"go.mod": gomod, "main.go": "package main\n\nimport _ \"example.com/app/lib\"\n\nfunc main() {}\n", "lib/lib.go": strings.Repeat("\x00", 40)}, nil, facts.BuildFailed, "gofile-zero-filled build-fails-unexplained"},
		{"UTF-16", map[string]string{"go.mod": gomod, "main.go": "\xff\xfep\x00a\x00"}, nil, facts.BuildFailed, "user-code-error"},
		{"merge markers", map[string]string{"go.mod": gomod, "main.go": hello + "<<<<<<< HEAD\n"}, nil, facts.BuildFailed, "user-code-error"},
		{"bad flag", map[string]string{"go.mod": gomod, "main.go": hello}, map[string]string{"GOFLAGS": "-nope"}, facts.BuildFailed, "setting-breaks-build build-fails-unexplained"},
		{"mod=mod would add a line", map[string]string{"go.mod": gomod + "\nrequire example.com/x v1.0.0\n", "main.go": "package main\n\nimport _ \"example.com/x\"\n\nfunc main() {}\n"}, map[string]string{"GOFLAGS": "-mod=mod"}, facts.BuildFailed, ""},
		{"no go", map[string]string{"go.mod": gomod, "main.go": hello}, map[string]string{"PATH": "/nonexistent"}, facts.BuildNotStarted, "build-fails-unexplained"},
		{"root of a workspace", map[string]string{"go.work": "go 1.21\n\nuse ./a\n", "a/go.mod": gomod, "a/main.go": hello}, nil, facts.BuildOK, ""},
		{"no Go here", map[string]string{"README": ""}, nil, "", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := newProject(t, tc.files)
			for k, v := range tc.vars {
				p.vars[k] = v
			}
			before := tree(t, filepath.Dir(p.dir))
			s, r := p.diagnose()
			if s.Build.Outcome != tc.outcome || ids(r) != tc.ids {
				t.Errorf("outcome %q, findings %q; want %q, %q\n%+v\n%+v", s.Build.Outcome, ids(r), tc.outcome, tc.ids, s.Build, s.Sections[facts.SecBuild])
			}
			if after := tree(t, filepath.Dir(p.dir)); after != before {
				t.Errorf("the probe wrote:\n%s\nbefore:\n%s", after, before)
			}
			for _, f := range r.Findings {
				complete(t, &f)
			}
		})
	}
}

// tree lists all files below a folder.
func tree(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(dir, func(p string, d os.DirEntry, err error) error {
		b.WriteString(p + "\n")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// complete checks that a finding has all that a reader needs.
func complete(t *testing.T, f *diag.Finding) {
	t.Helper()
	roles := map[diag.Role]bool{}
	for _, e := range f.Evidence {
		roles[e.Role] = true
		if e.Text.En == "" || e.Text.Zh == "" || strings.Contains(e.Text.String(), "{") {
			t.Errorf("%s: %q", f.Check, e.Text)
		}
	}
	if !roles[diag.Because] && f.Check != "build-fails-unexplained" || !roles[diag.Proof] || !roles[diag.Not] || f.ByHand == "" {
		t.Errorf("%s: incomplete: %+v", f.Check, f)
	}
}

// TestStuckOnLock: somebody holds go.mod and does nothing.
func TestStuckOnLock(t *testing.T) {
	p := newProject(t, map[string]string{"go.mod": gomod, "main.go": hello})
	locked := filepath.Join(p.dir, "go.mod")
	holder := exec.Command("sh", "-c", `exec 9>>"$1"; flock 9; echo ready; exec sleep 300`, "sh", locked)
	out, err := holder.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := holder.Start(); err != nil {
		t.Fatal(err)
	}
	defer holder.Wait()
	defer holder.Process.Kill()
	out.Read(make([]byte, 6))
	s, r := p.diagnose()
	st := s.Build.Stuck
	if s.Build.Outcome != facts.BuildStuck || st == nil || st.Reason != facts.StuckOnLock || st.LockPath != locked || st.Holder == nil || st.Holder.PID != holder.Process.Pid || st.Busy {
		t.Fatalf("%+v %+v", s.Build, st)
	}
	if ids(r) != "build-hangs-unexplained" {
		t.Errorf("%q", ids(r))
	}
	complete(t, &r.Findings[0])
	st.Busy = true
	if got := diag.Run(Checks(), s); len(got.Findings) > 0 {
		t.Errorf("a queue is no fault: %q", ids(got))
	}
}

// TestStuckOnChild: the cache program never answers.
func TestStuckOnChild(t *testing.T) {
	p := newProject(t, map[string]string{"go.mod": gomod, "main.go": hello})
	p.vars["GOCACHEPROG"] = "sleep 300"
	s, r := p.diagnose()
	st := s.Build.Stuck
	if s.Build.Outcome != facts.BuildStuck || st == nil || st.Reason != facts.StuckOnChild || st.Setting != "GOCACHEPROG" || st.Child.Command != "sleep 300" {
		t.Fatalf("%+v %+v", s.Build, st)
	}
	if ids(r) != "build-hangs-unexplained" {
		t.Errorf("%q", ids(r))
	}
	for { // it was ended together with go
		if p, ok := proc.Get(st.Child.PID); !ok || p.Start != st.Child.Start || p.State == "Z" {
			break
		}
	}
}

// TestTooMuch: with an empty build cache nothing is compiled, and no work folder is left behind.
func TestTooMuch(t *testing.T) {
	p := newProject(t, map[string]string{"go.mod": gomod, "main.go": "package main\n\nimport \"net/http\"\n\nfunc main() { http.ListenAndServe(\"\", nil) }\n"})
	p.vars["GOCACHE"], p.vars["GOTMPDIR"] = filepath.Join(p.dir, "..", "cold"), filepath.Join(p.dir, "..", "tmp")
	if err := os.Mkdir(p.vars["GOTMPDIR"], 0o755); err != nil {
		t.Fatal(err)
	}
	s, r := p.diagnose()
	if s.Build.Outcome != facts.BuildTimedOut || s.Build.Why == "" || len(r.Findings) != 0 {
		t.Errorf("%+v %q", s.Build, ids(r))
	}
	if left, err := os.ReadDir(p.vars["GOTMPDIR"]); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

// TestVCS: git cannot answer.
func TestVCS(t *testing.T) {
	p := newProject(t, map[string]string{"go.mod": gomod, "main.go": hello})
	if out, err := exec.Command("git", "init", "-q", p.dir).CombinedOutput(); err != nil {
		t.Fatalf("%v %s", err, out)
	}
	if err := os.WriteFile(filepath.Join(p.dir, ".git", "HEAD"), make([]byte, 21), 0o644); err != nil {
		t.Fatal(err)
	}
	s, r := p.diagnose()
	if e := s.Build.FirstOf(facts.ClassVCS); e == nil || ids(r) != "build-fails-unexplained" {
		t.Errorf("%+v %q", s.Build, ids(r))
	}
}

// TestStamp: where git answers, a diagnosis leaves nothing in the module cache.
func TestStamp(t *testing.T) {
	p := newProject(t, map[string]string{"go.mod": gomod, "main.go": hello})
	for _, args := range [][]string{{"init", "-q"}, {"add", "."}, {"-c", "user.name=d", "-c", "user.email=d@example.com", "commit", "-qm", "all"}} {
		if out, err := exec.Command("git", append([]string{"-C", p.dir}, args...)...).CombinedOutput(); err != nil {
			t.Fatalf("%v %s", err, out)
		}
	}
	if err := os.MkdirAll(p.vars["GOMODCACHE"], 0o755); err != nil {
		t.Fatal(err)
	}
	s, r := p.diagnose()
	if s.Build.Outcome != facts.BuildOK || len(r.Findings) != 0 {
		t.Errorf("%+v %q", s.Build, ids(r))
	}
	if left, err := os.ReadDir(p.vars["GOMODCACHE"]); err != nil || len(left) != 0 {
		t.Errorf("left in the module cache: %v %v", left, err)
	}
}

// TestNothing: empty facts make no finding.
func TestNothing(t *testing.T) {
	s := &facts.Snapshot{Sections: map[facts.Section]facts.Status{}}
	for _, c := range Checks() {
		for _, sec := range c.Reads {
			s.Sections[sec] = facts.Status{State: facts.OK}
		}
	}
	if r := diag.Run(Checks(), s); len(r.Findings) != 0 {
		t.Errorf("%q", ids(r))
	}
}

// TestBlame: one setting of several makes the build fail, in each of the places where settings stand.
func TestBlame(t *testing.T) {
	for _, tc := range []struct {
		name    string
		profile string
		goenv   string
		code    string
		blamed  string
		risk    diag.Risk
	}{
		{"flag of GOFLAGS", "export GOFLAGS='-v -buildmode=c-shared'\n", "GOAMD64=v1\n", hello, "GOFLAGS -buildmode=c-shared", diag.Safe},
		{"go env file", "", "GOFLAGS=-v -buildmode=c-shared\n", hello, "GOFLAGS -buildmode=c-shared", diag.Safe},
		{"two that do not fit", "export GOFLAGS=-race CGO_ENABLED=0\n", "", hello, "GOFLAGS -race, CGO_ENABLED ", diag.Person},
		{"what is built", "export GOFLAGS=-tags=old\n", "", hello, "GOFLAGS -tags=old", diag.Person},
		{"the code", "export GOAMD64=v1\n", "", "package main\n\nfunc main() { x := 1 }\n", "", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := newProject(t, map[string]string{"go.mod": gomod, "main.go": tc.code, "lib/lib.go": "package lib\n", "lib/old.go": "//go:build old\n\npackage lib\n\nvar x int = \"\"\n"})
			p.vars["SHELL"] = "/bin/bash"
			for name, body := range map[string]string{".profile": tc.profile, ".config/go/env": tc.goenv} {
				if err := os.WriteFile(filepath.Join(p.vars["HOME"], name), []byte(body), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			out, err := exec.Command("env", "-i", "sh", "-c", ". "+filepath.Join(p.vars["HOME"], ".profile")+"; env").Output()
			if err != nil {
				t.Fatal(err)
			}
			for line := range strings.Lines(string(out)) {
				if k, v, _ := strings.Cut(strings.TrimSpace(line), "="); k != "PWD" && k != "_" && k != "SHLVL" {
					p.vars[k] = v
				}
			}
			s, r := p.diagnose()
			found := false
			var got []string
			for _, b := range s.Experiment.Blamed {
				got = append(got, b.Name+" "+b.Part)
			}
			if strings.Join(got, ", ") != tc.blamed {
				t.Fatalf("blamed %q, want %q\n%+v", got, tc.blamed, s.Build)
			}
			for _, f := range r.Findings {
				if f.Check != "setting-breaks-build" {
					continue
				}
				complete(t, &f)
				if len(f.Fixes) != 1 || f.Fixes[0].Risk != tc.risk || len(f.Fixes[0].Actions) == 0 {
					t.Errorf("%+v", f.Fixes)
				}
				found = true
			}
			if found != (tc.blamed != "") {
				t.Errorf("no finding: %q", ids(r))
			}
		})
	}
}

// TestRotten: an entry of the build cache has lost its content.
func TestRotten(t *testing.T) {
	p := newProject(t, map[string]string{"go.mod": gomod, "main.go": "package main\n\nimport \"example.com/app/lib\"\n\nfunc main() { println(lib.Unique) }\n", "lib/lib.go": "package lib\n\nconst Unique = \"" + t.TempDir() + "\"\n"})
	cmd := exec.Command("go", "list", "-export", "-f", "{{.Export}}", "./lib")
	cmd.Dir, cmd.Env = p.dir, probe.World{Vars: p.vars}.Environ()
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	entry := strings.TrimSpace(string(out))
	good, err := os.ReadFile(entry)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(entry, make([]byte, len(good)), 0o644); err != nil {
		t.Fatal(err)
	}
	defer os.WriteFile(entry, good, 0o644) // the cache is shared
	s, r := p.diagnose()
	if len(s.Experiment.Rotten) != 1 || s.Experiment.Rotten[0].Path != entry || !s.Experiment.Rotten[0].Zeros || !strings.HasPrefix(ids(r), "gocache-entry-damaged") {
		t.Fatalf("%+v %q %s", s.Experiment, ids(r), s.Build.Stderr)
	}
	complete(t, &r.Findings[0])
}
