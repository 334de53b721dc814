package lock

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/goenv"
	"github.com/gorescue/gorescue/internal/journal"
	"github.com/gorescue/gorescue/internal/probe"
	"github.com/gorescue/gorescue/internal/proc"
	"github.com/gorescue/gorescue/internal/repair"
)

// bench is a project with one dependency, its caches, and processes that hold locks.
type bench struct {
	t   *testing.T
	top string
	w   probe.World
}

const dep = "mod/cache/download/example.com/dep/@v/v1.0.0"

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{t: t, top: t.TempDir()}
	for name, body := range map[string]string{
		"proj/go.mod":                     "module example.com/app\n\ngo 1.24\n\nrequire example.com/dep v1.0.0\n",
		"proj/app.go":                     "package app\n\nimport _ \"example.com/dep\"\n",
		"proj/go.sum":                     "example.com/dep v1.0.0 h1:x=\nexample.com/dep v1.0.0/go.mod h1:x=\n",
		"mod/cache/lock":                  "",
		dep + ".lock":                     "",
		dep + ".mod":                      "module example.com/dep\n",
		dep + ".ziphash":                  "h1:x=",
		"gocache/trim.txt":                "1",
		"mod/example.com/dep@v1.0.0/d.go": "package dep\n",
	} {
		p := b.path(name)
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(body), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	b.w = probe.World{Dir: b.path("proj"), Incident: "test", Vars: map[string]string{"HOME": b.top, "GOMODCACHE": b.path("mod"), "GOCACHE": b.path("gocache"), "PATH": os.Getenv("PATH")}}
	return b
}

func (b *bench) path(name string) string { return filepath.Join(b.top, name) }

func (b *bench) diagnose(w probe.World) *diag.Report {
	probes := append(Probes(),
		probe.Probe{Section: facts.SecSettings, Run: func(_ context.Context, w probe.World, _ *facts.Snapshot) (probe.Install, error) {
			st := goenv.Resolve(w.Vars, "")
			return func(s *facts.Snapshot) { s.Settings = st }, nil
		}},
		probe.Probe{Section: facts.SecHost, Run: func(context.Context, probe.World, *facts.Snapshot) (probe.Install, error) {
			return func(s *facts.Snapshot) { s.Host.UID = os.Getuid() }, nil
		}})
	return diag.Run(Checks(), probe.Collect(context.Background(), w, probes, 30*time.Second))
}

// start runs a shell script that is nobody's child any more, as a leftover is, waits until it prints its
// number, and ends its session when the test is over. $1 is the file.
func (b *bench) start(script, file string) int {
	b.t.Helper()
	cmd := exec.Command("sh", "-c", `setsid bash -c "$0" bash "$1" </dev/null 2>/dev/null &`, script, b.path(file))
	r, w, err := os.Pipe()
	if err != nil {
		b.t.Fatal(err)
	}
	defer r.Close()
	cmd.Stdout = w
	if err := cmd.Run(); err != nil {
		b.t.Fatal(err)
	}
	w.Close()
	line, err := bufio.NewReader(r).ReadString('\n')
	if err != nil {
		b.t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { syscall.Kill(-pid, syscall.SIGKILL) }) // the session's own process group
	return pid
}

// hold is a leftover holder that is old enough: a shell and the sleep that inherited its lock.
func (b *bench) hold(file, flags string) int {
	pid := b.start(`exec 9<>"$1"; flock `+flags+` 9; sleep 300 & echo $$; exec >&-; wait`, file)
	b.ripe(pid)
	return pid
}

// ripe waits until a process is as old as the checks want it.
func (b *bench) ripe(pid int) {
	b.t.Helper()
	for {
		if p, ok := proc.Get(pid); !ok {
			b.t.Fatal("the holder is gone")
		} else if p.Age > quietOther+100*time.Millisecond { // its child is a little younger
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
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

// TestHeld: each kind of file, held by a leftover, is found; what is in nobody's way is not.
func TestHeld(t *testing.T) {
	incomplete := func(b *bench) { os.RemoveAll(b.path("mod/example.com")) }
	for _, tc := range []struct {
		name, file, flags string
		before            func(*bench)
		want              string
	}{
		{"go.mod", "proj/go.mod", "-x", nil, "gomod-flock-held"},
		{"go.mod, shared", "proj/go.mod", "-s", nil, "gomod-flock-held"},
		{"go.sum", "proj/go.sum", "-x", nil, "gosum-flock-held"},
		{"side lock", "mod/cache/lock", "-x", nil, "modcache-lock-held"},
		{"version, not whole", dep + ".lock", "-x", incomplete, "modcache-version-lock-held"},
		{"version, whole", dep + ".lock", "-x", nil, ""},
		{"ziphash", dep + ".ziphash", "-x", nil, "modcache-entry-lock-held"},
		{"ziphash, shared", dep + ".ziphash", "-s", nil, ""},
		{"trim", "gocache/trim.txt", "-x", nil, "gocache-trim-lock-held"},
		{"trim, shared", "gocache/trim.txt", "-s", nil, ""},
		{"tests", "gocache/testexpire.txt", "-x", nil, "gocache-testexpire-lock-held"},
		{"sumdb", "go/pkg/sumdb/sum.example.com/latest", "-x", nil, "sumdb-lock-held"},
		{"repository", "mod/cache/vcs/abc.lock", "-x", func(b *bench) {
			incomplete(b)
			os.WriteFile(b.path("mod/cache/vcs/abc.info"), []byte("git3:https://example.com/dep\n"), 0o644)
		}, "modcache-vcs-lock-held"},
		{"repository of another project", "mod/cache/vcs/abc.lock", "-x", func(b *bench) {
			incomplete(b)
			os.WriteFile(b.path("mod/cache/vcs/abc.info"), []byte("git3:https://example.com/other\n"), 0o644)
		}, ""},
		{"a module of another project", "mod/cache/download/example.com/other/@v/v1.0.0.lock", "-x", nil, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			os.MkdirAll(filepath.Dir(b.path(tc.file)), 0o755)
			if tc.before != nil {
				tc.before(b)
			}
			pid := b.hold(tc.file, tc.flags)
			r := b.diagnose(b.w)
			for range 3 { // on a busy machine the holder itself may still be at work on its own start
				if ids(r) != "" || tc.want == "" {
					break
				}
				r = b.diagnose(b.w)
			}
			if ids(r) != tc.want {
				t.Fatalf("%q, want %q", ids(r), tc.want)
			}
			for _, f := range r.Findings {
				complete(t, &f)
				if !strings.Contains(f.Claim.String(), strconv.Itoa(pid)) || f.Subject != b.path(tc.file) || len(f.Fixes) == 0 || f.Fixes[0].Risk != diag.Person {
					t.Errorf("%s\n%+v", f.Claim, f.Fixes)
				}
			}
		})
	}
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
	if len(roles) != 3 || f.ByHand == "" {
		t.Errorf("%s: incomplete: %+v", f.Check, f)
	}
}

// TestNotHeld: files that exist, locks of another kind, and holders at work are no fault.
func TestNotHeld(t *testing.T) {
	for _, tc := range []struct{ name, script string }{
		{"nobody", `echo $$; exec >&-; sleep 300`},
		{"at work", `exec 9<>"$1"; flock 9; echo $$; exec >&-; while :; do :; done`},
		{"its child is at work", `exec 9<>"$1"; flock 9; (exec 9>&-; while :; do :; done) & echo $$; exec >&-; wait`},
		{"at work on files", `exec 9<>"$1"; flock 9; echo $$; exec >&-; while :; do read -r x <"$1"; read -rt 0.01 y <>"$2"; done`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			b := newBench(t)
			pid := b.start(tc.script, "proj/go.sum")
			b.ripe(pid)
			if r := b.diagnose(b.w); len(r.Findings) != 0 {
				t.Errorf("%q: %s", ids(r), r.Findings[0].Claim)
			}
			syscall.Kill(-pid, syscall.SIGKILL)
		})
	}
	t.Run("a POSIX lock", func(t *testing.T) {
		b := newBench(t)
		f, err := os.OpenFile(b.path("proj/go.sum"), os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if err := syscall.FcntlFlock(f.Fd(), syscall.F_SETLK, &syscall.Flock_t{Type: syscall.F_WRLCK}); err != nil {
			t.Fatal(err)
		}
		if r := b.diagnose(b.w); len(r.Findings) != 0 {
			t.Errorf("%q", ids(r))
		}
	})
}

// fix runs a repair with the checks named, as the command would.
func (b *bench) fix(named ...string) *repair.Result {
	b.t.Helper()
	j, err := journal.Open(b.path("state"))
	if err != nil {
		b.t.Fatal(err)
	}
	defer j.Close()
	e := &repair.Engine{Journal: j, Named: named, Diagnose: func(_ context.Context, w probe.World) *diag.Report { return b.diagnose(w) }}
	res, err := e.Fix(context.Background(), b.w)
	if err != nil {
		b.t.Fatal(err)
	}
	return res
}

// TestEnd: named, the leftover and the child that shares its lock are ended; not named, nothing is done.
func TestEnd(t *testing.T) {
	b := newBench(t)
	pid := b.hold("proj/go.sum", "-x")
	if res := b.fix(); res.Outcome != repair.Nothing {
		t.Fatalf("not named: %+v", res)
	}
	if res := b.fix("gosum-flock-held"); res.Outcome != repair.Repaired {
		t.Fatalf("%+v", res)
	}
	if p, ok := proc.Get(pid); ok && p.State != "Z" {
		t.Errorf("%+v", p)
	}
	if out, err := exec.Command("flock", "-n", b.path("proj/go.sum"), "true").CombinedOutput(); err != nil {
		t.Errorf("still locked: %v %s", err, out)
	}
}

// fakeGo builds a program named go that takes the lock, says so, and when continued frees it.
func fakeGo(t *testing.T, dir string) string {
	t.Helper()
	path := filepath.Join(dir, "go")
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(bash)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestSuspended: a suspended go command is continued, and frees the lock by itself.
func TestSuspended(t *testing.T) {
	b := newBench(t)
	os.RemoveAll(b.path("mod/example.com"))
	gobin := fakeGo(t, b.top)
	pid := b.start(`exec '`+gobin+`' -c 'exec 9<>"$1"; flock 9; echo $$; exec >&-; kill -STOP $$; echo done >"$1".done' go "$1"`, dep+".lock")
	for {
		if p, ok := proc.Get(pid); !ok {
			t.Fatal("gone")
		} else if p.State == "T" {
			break
		}
	}
	r := b.diagnose(b.w)
	if ids(r) != "modcache-version-lock-suspended-go" {
		t.Fatalf("%q", ids(r))
	}
	complete(t, &r.Findings[0])
	if res := b.fix("modcache-version-lock-suspended-go"); res.Outcome != repair.Repaired {
		t.Fatalf("%+v", res)
	}
	for { // it goes on with its work
		if _, err := os.Stat(b.path(dep + ".lock.done")); err == nil {
			break
		}
	}
}

// TestJudgement: what a snapshot says about holders decides, nothing else.
func TestJudgement(t *testing.T) {
	idle := facts.LockHolder{Proc: facts.Proc{PID: 7, Start: 1, UID: 1000, Age: time.Hour, Command: "backup"}, Program: "backup", Activity: facts.HolderIdle, Quiet: time.Hour}
	with := func(change func(*facts.LockHolder)) facts.LockHolder { h := idle; change(&h); return h }
	for _, tc := range []struct {
		name    string
		holders []facts.LockHolder
		found   bool
		risk    diag.Risk
	}{
		{"idle", []facts.LockHolder{idle}, true, diag.Person},
		{"young", []facts.LockHolder{with(func(h *facts.LockHolder) { h.Quiet = time.Millisecond })}, false, ""},
		{"busy", []facts.LockHolder{with(func(h *facts.LockHolder) { h.Activity = facts.HolderBusy })}, false, ""},
		{"in a queue", []facts.LockHolder{with(func(h *facts.LockHolder) { h.Activity = facts.HolderWaiting })}, false, ""},
		{"one of two busy", []facts.LockHolder{idle, with(func(h *facts.LockHolder) { h.Activity = facts.HolderBusy })}, false, ""},
		{"go that waits for a server", []facts.LockHolder{with(func(h *facts.LockHolder) { h.Program, h.Connected, h.Quiet = "go", true, 10*time.Second })}, false, ""},
		{"go that waits for a server for ever", []facts.LockHolder{with(func(h *facts.LockHolder) { h.Program, h.Connected = "go", true })}, true, diag.Person},
		{"of another user", []facts.LockHolder{with(func(h *facts.LockHolder) { h.UID = 7 })}, true, diag.Manual},
		{"our own shell", []facts.LockHolder{with(func(h *facts.LockHolder) { h.Ancestor = true })}, true, diag.Manual},
		{"somebody looks at it", []facts.LockHolder{with(func(h *facts.LockHolder) { h.Terminal, h.Foreground = true, true })}, true, diag.Manual},
		{"a shell with a terminal", []facts.LockHolder{with(func(h *facts.LockHolder) { h.Program, h.Terminal = "bash", true })}, true, diag.Manual},
		{"a script", []facts.LockHolder{with(func(h *facts.LockHolder) { h.Program = "bash" })}, true, diag.Person},
		{"an editor", []facts.LockHolder{with(func(h *facts.LockHolder) { h.Program = "nvim" })}, true, diag.Manual},
		{"nobody seen", nil, false, ""},
	} {
		s := &facts.Snapshot{Sections: map[facts.Section]facts.Status{facts.SecLocks: {State: facts.OK}, facts.SecHost: {State: facts.OK}}}
		s.Host.UID = 1000
		s.Locks.Held = []facts.Lock{{Role: facts.RoleGoSum, Path: "/p/go.sum", Write: true, Holders: tc.holders}}
		r := diag.Run(Checks(), s)
		if (len(r.Findings) == 1) != tc.found {
			t.Errorf("%s: %q", tc.name, ids(r))
			continue
		}
		if tc.found && r.Findings[0].Fixes[0].Risk != tc.risk {
			t.Errorf("%s: %+v", tc.name, r.Findings[0].Fixes)
		}
	}
	if errs := diag.Validate(Checks()); len(errs) != 0 {
		t.Error(errs)
	}
}
