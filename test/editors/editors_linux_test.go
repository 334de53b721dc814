package editors

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gorescue/gorescue/internal/action"
	"github.com/gorescue/gorescue/internal/catalog"
	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/probe"
)

// machine is one home folder with a project.
type machine struct {
	t    *testing.T
	home string
	vars map[string]string
}

const (
	settings  = "home/.config/Code/User/settings.json"
	workspace = "home/proj/.vscode/settings.json"
)

// tools is the folder made by tools/install.sh.
func tools(t *testing.T) string {
	dir := os.Getenv("GORESCUE_TOOLS")
	if dir == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			t.Fatal(err)
		}
		dir = filepath.Join(cache, "gorescue-tools")
	}
	if _, err := os.Stat(filepath.Join(dir, "gopls", "v0.24.0", "gopls")); err != nil {
		t.Fatalf("%v (hint: tools/install.sh)", err)
	}
	return dir
}

// goBin is the folder of the go command that runs the tests.
func goBin(t *testing.T) string {
	out, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(strings.TrimSpace(string(out)), "bin")
}

// newMachine makes a healthy one: gopls v0.24.0 in GOPATH/bin, VS Code with plain settings.
func newMachine(t *testing.T) *machine {
	m := &machine{t: t, home: filepath.Join(t.TempDir(), "home")}
	m.vars = map[string]string{"HOME": m.home, "USER": "dev", "PATH": goBin(t) + ":/usr/bin:/bin", "GOTOOLCHAIN": "local", "GOFLAGS": "", "GOPROXY": "off"}
	m.write("home/proj/go.mod", "module example.com/app\n\ngo 1.26\n")
	m.write("home/proj/main.go", "package main\n\nfunc main() { helper() }\n")
	m.write("home/proj/helper.go", "package main\n\nfunc helper() {}\n")
	m.write("home/.config/go/telemetry/mode", "off 2024-01-01\n")
	m.write(settings, "{\n  // my own settings\n  \"editor.fontSize\": 13\n}\n")
	m.link("home/go/bin/gopls", "v0.24.0")
	return m
}

func (m *machine) path(name string) string { return filepath.Join(filepath.Dir(m.home), name) }

func (m *machine) write(name, data string) {
	m.t.Helper()
	p := m.path(name)
	if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
		m.t.Fatal(err)
	}
	if err := os.WriteFile(p, []byte(strings.ReplaceAll(data, "@HOME@", m.home)), 0o644); err != nil {
		m.t.Fatal(err)
	}
}

func (m *machine) script(name, data string) {
	m.write(name, data)
	if err := os.Chmod(m.path(name), 0o755); err != nil {
		m.t.Fatal(err)
	}
}

// link puts a real gopls of that release somewhere.
func (m *machine) link(name, release string) {
	m.t.Helper()
	p := m.path(name)
	_ = os.Remove(p)
	if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
		m.t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(tools(m.t), "gopls", release, "gopls"), p); err != nil {
		m.t.Fatal(err)
	}
}

func (m *machine) remove(name string) {
	if err := os.RemoveAll(m.path(name)); err != nil {
		m.t.Fatal(err)
	}
}

// sections are what the checks of editors and gopls need.
var sections = []facts.Section{facts.SecHost, facts.SecProcess, facts.SecStartup, facts.SecSettings, facts.SecToolchain, facts.SecProject, facts.SecEditors, facts.SecGopls}

// diagnose looks with every probe that is needed, and judges with all checks of editors and gopls.
func (m *machine) diagnose() *diag.Report {
	probes := slices.DeleteFunc(catalog.Probes(), func(p probe.Probe) bool { return !slices.Contains(sections, p.Section) })
	for i := range probes {
		probes[i].Timeout = 20 * time.Second // a loaded machine is no finding
	}
	w := probe.World{Dir: m.path("home/proj"), Vars: m.vars, State: m.path("home/.local/state/gorescue"), Tool: "test", Incident: "test"}
	s := probe.Collect(context.Background(), w, probes, 40*time.Second)
	if st := s.Sections[facts.SecEditors]; st.State != facts.OK {
		m.t.Fatalf("editors: %+v", st)
	}
	checks := slices.DeleteFunc(catalog.Checks(), func(c diag.Check) bool {
		return !slices.Contains(c.Reads, facts.SecEditors) && !slices.Contains(c.Reads, facts.SecGopls)
	})
	for i := range checks { // what other areas find is no matter here
		checks[i].After = nil
	}
	return diag.Run(checks, s)
}

func ids(r *diag.Report) []string {
	var out []string
	for _, f := range r.Findings {
		out = append(out, f.Check)
	}
	return out
}

// TestFaults: each fault is found first, by mechanism; where a safe fix exists it heals it, and the rest of
// the file stays as it was.
func TestFaults(t *testing.T) {
	for _, c := range faults() {
		t.Run(c.name, func(t *testing.T) {
			m := newMachine(t)
			c.make(m)
			r := m.diagnose()
			if len(r.Findings) == 0 || r.Findings[0].Check != c.want || r.Findings[0].Unknown {
				t.Fatalf("found %v, want %s", ids(r), c.want)
			}
			f := r.Findings[0]
			fix := 0
			for fix < len(f.Fixes) && (f.Fixes[fix].Risk != c.risk || len(f.Fixes[fix].Actions) == 0 && c.risk != diag.Manual) {
				fix++
			}
			if fix == len(f.Fixes) {
				t.Fatalf("no fix of risk %s: %+v", c.risk, f.Fixes)
			}
			if c.risk == diag.Manual {
				return
			}
			for _, a := range f.Fixes[fix].Actions {
				if err := a.Apply(context.Background(), action.Real{Change: "test"}); err != nil {
					t.Fatal(err)
				}
				if err := a.Verify(context.Background(), action.Real{}); err != nil {
					t.Fatal(err)
				}
			}
			if after := m.diagnose(); len(after.Findings) > 0 {
				t.Errorf("after the fix: %v", ids(after))
			}
			data, err := os.ReadFile(m.path(settings))
			if err == nil && !strings.Contains(string(data), `"editor.fontSize": 13`) {
				t.Errorf("a setting was lost:\n%s", data)
			}
		})
	}
}

// TestHealthy: odd set-ups in which nothing is wrong.
func TestHealthy(t *testing.T) {
	for _, c := range healthy() {
		t.Run(c.name, func(t *testing.T) {
			m := newMachine(t)
			c.make(m)
			if r := m.diagnose(); len(r.Findings) > 0 {
				for _, f := range r.Findings {
					t.Errorf("false finding %s: %s", f.Check, f.Claim)
				}
			}
		})
	}
}

// TestNoEditor: a machine without an editor costs nothing and says nothing.
func TestNoEditor(t *testing.T) {
	m := newMachine(t)
	m.remove("home/.config/Code")
	w := probe.World{Dir: m.path("home/proj"), Vars: m.vars, State: m.path("home/state"), Tool: "test", Incident: "test"}
	s := probe.Collect(context.Background(), w, catalog.Probes(), 40*time.Second)
	for _, sec := range []facts.Section{facts.SecEditors, facts.SecGopls} {
		if st := s.Sections[sec]; st.State != facts.Skipped {
			t.Errorf("%s: %+v", sec, st)
		}
	}
	for _, f := range diag.Run(catalog.Checks(), s).Findings {
		if f.Unknown {
			t.Errorf("%s: %s", f.Check, f.Claim)
		}
	}
}

// git runs git in the project, without the settings of this machine.
func (m *machine) git(args ...string) {
	m.t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = m.path("home/proj")
	cmd.Env = []string{"HOME=" + m.home, "PATH=" + os.Getenv("PATH"), "GIT_CONFIG_NOSYSTEM=1"}
	if out, err := cmd.CombinedOutput(); err != nil {
		m.t.Fatalf("git %v: %v\n%s", args, err, out)
	}
}

func (m *machine) sqlite(name, script string) {
	m.t.Helper()
	p := m.path(name)
	if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
		m.t.Fatal(err)
	}
	if out, err := exec.Command("sqlite3", p, "CREATE TABLE ItemTable (key TEXT UNIQUE ON CONFLICT REPLACE, value BLOB);"+strings.ReplaceAll(script, "@HOME@", m.home)).CombinedOutput(); err != nil {
		m.t.Fatalf("%v: %s", err, out)
	}
}
