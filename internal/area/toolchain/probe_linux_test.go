package toolchain

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/gorescue/gorescue/internal/action"
	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/goenv"
	"github.com/gorescue/gorescue/internal/probe"
	"github.com/gorescue/gorescue/internal/startup"
)

// machine is a home folder with a project and a Go tree of its own (links to the real one).
type machine struct {
	t          *testing.T
	home, root string
	vars       map[string]string
}

func newMachine(t *testing.T) *machine {
	t.Helper()
	base := t.TempDir()
	m := &machine{t: t, home: filepath.Join(base, "home"), root: filepath.Join(base, "opt", "tree")}
	out, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	real := strings.TrimSpace(string(out))
	m.write(filepath.Join(m.home, "proj", "go.mod"), "module example.com/app\n\ngo 1.24.0\n", 0o644)
	bin, err := os.ReadFile(filepath.Join(real, "bin", "go"))
	if err != nil {
		t.Fatal(err)
	}
	m.write(filepath.Join(m.root, "bin", "go"), string(bin), 0o755)
	for _, name := range []string{"VERSION", "src", "go.env", "pkg/include"} {
		m.link(filepath.Join(real, name), filepath.Join(m.root, name))
	}
	tools, _ := filepath.Glob(filepath.Join(real, "pkg", "tool", runtime.GOOS+"_"+runtime.GOARCH, "*"))
	for _, tool := range tools {
		m.link(tool, filepath.Join(m.root, "pkg", "tool", filepath.Base(filepath.Dir(tool)), filepath.Base(tool)))
	}
	m.vars = map[string]string{"HOME": m.home, "GOTOOLCHAIN": "local", "PATH": filepath.Join(m.root, "bin") + ":" + filepath.Join(real, "bin") + ":/usr/bin:/bin"}
	m.write(filepath.Join(m.home, ".profile"), "export PATH=\""+filepath.Join(m.root, "bin")+":$PATH\"\n", 0o644)
	return m
}

func (m *machine) write(path, content string, mode os.FileMode) {
	m.t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		m.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), mode); err != nil {
		m.t.Fatal(err)
	}
}

func (m *machine) link(to, path string) {
	m.t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		m.t.Fatal(err)
	}
	if err := os.Symlink(to, path); err != nil {
		m.t.Fatal(err)
	}
}

// diagnose runs the probes of this area over the machine and the checks over what they found.
func (m *machine) diagnose() *diag.Report {
	m.t.Helper()
	w := probe.World{Dir: filepath.Join(m.home, "proj"), Vars: m.vars}
	ground := []probe.Probe{
		{Section: facts.SecHost, Run: func(context.Context, probe.World, *facts.Snapshot) (probe.Install, error) {
			return func(s *facts.Snapshot) { s.Host = facts.Host{OS: runtime.GOOS, Arch: runtime.GOARCH} }, nil
		}},
		{Section: facts.SecProcess, Run: func(_ context.Context, w probe.World, _ *facts.Snapshot) (probe.Install, error) {
			return func(s *facts.Snapshot) { s.Process.Vars = w.Vars }, nil
		}},
		{Section: facts.SecStartup, Run: func(ctx context.Context, w probe.World, _ *facts.Snapshot) (probe.Install, error) {
			st := startup.Read(ctx, startup.World{Env: w.Vars, Home: w.Get("HOME"), Shell: "/bin/sh", Dir: w.Dir})
			return func(s *facts.Snapshot) { s.Startup = st }, nil
		}},
		{Section: facts.SecSettings, Run: func(_ context.Context, w probe.World, _ *facts.Snapshot) (probe.Install, error) {
			return func(s *facts.Snapshot) { s.Settings = goenv.Resolve(w.Vars, "") }, nil
		}},
	}
	s := probe.Collect(context.Background(), w, append(ground, Probes()...), 30*time.Second)
	for sec, st := range s.Sections {
		if st.State != facts.OK {
			m.t.Fatalf("%s: %s %s", sec, st.State, st.Reason)
		}
	}
	s.Sections[facts.SecBuild] = facts.Status{State: facts.OK} // of another area: no build was seen
	return diag.Run(Checks(), s)
}

// repair applies the first fix of a finding in the world and diagnoses again.
func (m *machine) repair(f *diag.Finding) *diag.Report {
	m.t.Helper()
	if len(f.Fixes) == 0 || f.Fixes[0].Risk != diag.Safe {
		m.t.Fatalf("%s: no safe fix: %+v", f.Check, f.Fixes)
	}
	for _, a := range f.Fixes[0].Actions {
		if err := a.Apply(context.Background(), action.Real{}); err != nil {
			m.t.Fatal(err)
		}
		if err := a.Verify(context.Background(), action.Real{}); err != nil {
			m.t.Fatal(err)
		}
	}
	for k, v := range f.Fixes[0].Env {
		if v == nil {
			delete(m.vars, k)
		} else {
			m.vars[k] = *v
		}
	}
	return m.diagnose()
}

func git(t *testing.T, dir string, args ...string) {
	t.Helper()
	c := exec.Command("git", append([]string{"-C", dir, "-c", "user.name=d", "-c", "user.email=d@example.com"}, args...)...)
	c.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1")
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("git %v: %v\n%s", args, err, out)
	}
}

// TestProbesAndFixes breaks real files, finds the fault, repairs it and finds nothing any more.
func TestProbesAndFixes(t *testing.T) {
	tool := func(m *machine, name string) string {
		return filepath.Join(m.root, "pkg", "tool", runtime.GOOS+"_"+runtime.GOARCH, name)
	}
	mod := func(m *machine) string { return filepath.Join(m.home, "proj", "go.mod") }
	commit := func(m *machine) {
		git(m.t, filepath.Join(m.home, "proj"), "init", "-q")
		git(m.t, filepath.Join(m.home, "proj"), "add", "-A")
		git(m.t, filepath.Join(m.home, "proj"), "commit", "-qm", "base")
	}
	tests := []struct {
		want   string
		break_ func(*machine)
	}{
		{"", func(*machine) {}},
		{"go-tool-compile-missing", func(m *machine) { must(m.t, os.Remove(tool(m, "compile"))) }},
		{"go-tool-not-executable", func(m *machine) {
			data, err := os.ReadFile(tool(m, "asm"))
			must(m.t, err)
			must(m.t, os.Remove(tool(m, "asm")))
			m.write(tool(m, "asm"), string(data), 0o644)
		}},
		{"go-tree-incomplete", func(m *machine) { must(m.t, os.Remove(filepath.Join(m.root, "src"))) }},
		{"go-binary-damaged", func(m *machine) { must(m.t, os.Truncate(filepath.Join(m.root, "bin", "go"), 1<<20)) }},
		{"go-binary-copied", func(m *machine) {
			must(m.t, os.Rename(filepath.Join(m.root, "pkg"), filepath.Join(m.root, "pkg-gone")))
		}},
		{"go-shim-dead-version", func(m *machine) {
			m.write(filepath.Join(m.root, "bin", "go"), "#!/bin/sh\nexec \"$HOME/versions/1.20/bin/go\" \"$@\"\n", 0o755)
		}},
		{"goroot-env-removed-tree", func(m *machine) {
			m.write(filepath.Join(m.home, ".config", "go", "env"), "GOPRIVATE=x\nGOROOT="+m.home+"/gone\n", 0o644)
		}},
		{"gomod-godebug-unknown", func(m *machine) {
			commit(m)
			m.write(mod(m), "module example.com/app\n\ngo 1.24.0\n\ngodebug asynctimerchn=0\n", 0o644)
		}},
		{"gomod-go-line-too-new", func(m *machine) {
			commit(m)
			m.write(mod(m), "module example.com/app\n\ngo 1.99.0\n", 0o644)
		}},
		{"gomod-zero-filled", func(m *machine) {
			commit(m)
			m.write(mod(m), strings.Repeat("\x00", 36), 0o644)
		}},
	}
	for _, tt := range tests {
		t.Run(tt.want, func(t *testing.T) {
			m := newMachine(t)
			tt.break_(m)
			r := m.diagnose()
			if tt.want == "" {
				for _, f := range r.Findings {
					t.Errorf("healthy: %s: %s", f.Check, f.Claim)
				}
				return
			}
			if len(r.Findings) != 1 || r.Findings[0].Check != tt.want {
				t.Fatalf("found %+v, want %s", r.Findings, tt.want)
			}
			for _, f := range m.repair(&r.Findings[0]).Findings {
				t.Errorf("after the repair: %s: %s", f.Check, f.Claim)
			}
		})
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestOddFiles: files that block, lie or are not files give answers, not hangs.
func TestOddFiles(t *testing.T) {
	m := newMachine(t)
	odd := filepath.Join(m.home, "odd")
	must(t, os.MkdirAll(odd, 0o755))
	must(t, exec.Command("mkfifo", filepath.Join(odd, "pipe")).Run())
	must(t, os.Remove(filepath.Join(m.home, "proj", "go.mod")))
	m.link(filepath.Join(odd, "pipe"), filepath.Join(m.home, "proj", "go.mod"))
	m.link(filepath.Join(odd, "pipe"), filepath.Join(m.home, "proj", "go.work"))
	must(t, os.Remove(filepath.Join(m.root, "VERSION")))
	m.link(filepath.Join(odd, "pipe"), filepath.Join(m.root, "VERSION"))
	must(t, os.Remove(filepath.Join(m.root, "go.env")))
	m.link("/dev/zero", filepath.Join(m.root, "go.env"))
	m.link(filepath.Join(odd, "pipe"), filepath.Join(odd, "go"))
	m.link("/dev/zero", filepath.Join(odd, "zero", "go"))
	if err := os.MkdirAll(filepath.Join(odd, "zero"), 0o755); err != nil {
		t.Fatal(err)
	}
	m.vars["PATH"] = odd + ":" + filepath.Join(odd, "zero") + "::" + m.vars["PATH"]
	for _, f := range m.diagnose().Findings {
		t.Errorf("%s: %s", f.Check, f.Claim)
	}
}

func FuzzDirectives(f *testing.F) {
	for _, s := range []string{"module m\n\ngo 1.24\ntoolchain go1.25.0\ngodebug x=1\n", "godebug (\n\tx=1 // c\n\ty\n)\n", "go\n", "\x00\x00", "go 1 go 2\r\ngodebug(\n a=b"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		g, tc, dbg := directives(data)
		all := dbg
		for _, d := range []*facts.Directive{g, tc} {
			if d != nil {
				all = append(all, *d)
			}
		}
		for _, d := range all {
			if got, err := action.Spliced(data, []facts.Splice{d.Cut}); err != nil || len(got) != len(data)-len(d.Cut.Old) {
				t.Errorf("%q: %+v: %v", data, d, err)
			}
		}
	})
}
