package lab

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/goproxytest"
	"github.com/rogpeppe/go-internal/gotooltest"
	"github.com/rogpeppe/go-internal/testscript"
)

const phaseCommand = "repair-phase"

// caseLimit bounds one archive from its set-up to its end.
const caseLimit = 8 * time.Minute

// A Case is an archive whose fault is in place (or, if it is a healthy one, that is set up).
type Case struct {
	*Archive
	Lab  *Lab
	Work string // the folder in which everything of the case lies

	ts *testscript.TestScript
}

// A Result is what a command did.
type Result struct {
	Code           int // exit code; 124 after a time-out
	Stdout, Stderr string
	Took           time.Duration
}

// Run sets the archive up as its script says and calls phase where the repair is due; then
// the rest of the script runs. Whatever the case started has ended when Run returns. The test fails
// where the script fails; phase reports through Case.Fatalf. In CI a case that skips itself fails.
func (l *Lab) Run(t *testing.T, a *Archive, phase func(*Case)) {
	t.Helper()
	dir := l.mkdir(t)
	file := filepath.Join(dir, a.Name+".txtar")
	if err := os.WriteFile(file, a.withPhase(), 0o644); err != nil {
		t.Fatal(err)
	}
	work := filepath.Join(dir, "script-"+a.Name)
	t.Cleanup(func() { l.endCase(t, dir, work) })

	p := testscript.Params{
		Files:       []string{file},
		WorkdirRoot: dir,
		Deadline:    time.Now().Add(caseLimit),
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			phaseCommand: func(ts *testscript.TestScript, _ bool, _ []string) {
				phase(&Case{Archive: a, Lab: l, Work: work, ts: ts})
			},
		},
	}
	if err := gotooltest.Setup(&p); err != nil {
		t.Fatal(err)
	}
	goproxytest.Setup(&p)
	setup := p.Setup
	p.Setup = func(env *testscript.Env) error {
		if err := setup(env); err != nil {
			return err
		}
		env.Setenv("GOROOT", "") // go test sets it for its tests; the developer of a case has not
		env.Setenv("REAL_GOCACHE", l.GoCache)
		env.Setenv("GOBINDIR", filepath.Join(l.GoRoot, "bin"))
		env.Setenv("TOOLS", l.Tools)
		alt, err := filepath.EvalSymlinks(filepath.Join(l.Tools, "go", "1.25.0"))
		if err != nil {
			return err
		}
		env.Setenv("ALT_GOROOT", alt)
		env.Defer(func() { stopScript(work) })
		return nil
	}
	testscript.RunT(inline{t}, p)
}

// Dir makes a folder for a test without an archive. Processes which have it as WORK in their
// environment, or a folder in it, are ended with the test.
func (l *Lab) Dir(t *testing.T) string {
	t.Helper()
	dir := l.mkdir(t)
	t.Cleanup(func() { l.endCase(t, dir, dir) })
	return dir
}

func (l *Lab) mkdir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp(l.Root, "")
	if err == nil {
		err = os.Chmod(dir, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// inline runs a script in the calling test itself, without a test below it of the same name.
type inline struct{ *testing.T }

func (t inline) Run(_ string, f func(testscript.T)) { f(t) }
func (t inline) Parallel()                          {}
func (t inline) Verbose() bool                      { return testing.Verbose() }

func (t inline) Skip(args ...any) {
	if os.Getenv("CI") != "" {
		t.Fatal(append([]any{"a skip is a failure in CI: "}, args...)...)
	}
	t.T.Skip(args...)
}

// stopScript runs the case's own stop.sh, if it has one.
func stopScript(work string) {
	if !exists(filepath.Join(work, "stop.sh")) {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, "bash", "stop.sh")
	cmd.Dir = work
	cmd.Env = []string{"WORK=" + work, "HOME=" + filepath.Join(work, "home"), "PATH=" + os.Getenv("PATH")}
	_ = cmd.Run() // endCase ends what this leaves
}

// endCase kills what still runs with the case's WORK in its environment and removes the case.
func (l *Lab) endCase(t *testing.T, dir, work string) {
	for _, pid := range Processes(work) {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
	if t.Failed() && os.Getenv("GORESCUE_KEEP") != "" {
		_ = os.WriteFile(filepath.Join(l.Root, "keep"), nil, 0o644)
		t.Logf("kept: %s", dir)
		return
	}
	_ = filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && e.IsDir() {
			_ = os.Chmod(path, 0o700)
		}
		return nil
	})
	if err := os.RemoveAll(dir); err != nil {
		t.Logf("cannot remove the case's folder: %v", err)
	}
}

// Processes lists what runs with that folder as WORK in its environment.
func Processes(work string) []int {
	want := []byte("\x00WORK=" + work + "\x00")
	files, _ := filepath.Glob("/proc/[0-9]*/environ")
	var pids []int
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil || !bytes.Contains(append([]byte{0}, data...), want) {
			continue
		}
		if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(f))); err == nil && pid != os.Getpid() {
			pids = append(pids, pid)
		}
	}
	return pids
}

// Settle waits, at most five seconds, for the end of go commands that a language server of the case has started and
// left behind: what they still write is not the product's.
func (c *Case) Settle() {
	for range 50 {
		busy := false
		for _, pid := range Processes(c.Work) {
			comm, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "comm"))
			busy = busy || err == nil && (string(comm) == "go\n" || string(comm) == "gopls\n")
		}
		if !busy {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// Fatalf fails the case; its log, with the output of every command of this phase, is shown.
func (c *Case) Fatalf(format string, args ...any) { c.ts.Fatalf(format, args...) }

// Logf adds to the log that is shown when the case fails.
func (c *Case) Logf(format string, args ...any) { c.ts.Logf(format, args...) }

// Getenv is a variable of the case's script.
func (c *Case) Getenv(name string) string { return c.ts.Getenv(name) }

// Exec runs a command as the script would: in its folder and with its variables.
func (c *Case) Exec(name string, args ...string) Result {
	start := time.Now()
	err := c.ts.Exec(name, args...)
	r := Result{Took: time.Since(start), Stdout: c.ts.ReadFile("stdout"), Stderr: c.ts.ReadFile("stderr")}
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		r.Code = exit.ExitCode()
		if r.Code < 0 {
			r.Code = 128 + int(exit.Sys().(syscall.WaitStatus).Signal())
		}
	case err != nil:
		c.Fatalf("cannot run %s: %v", name, err)
	}
	return r
}

// Developer runs a command in the developer's own environment, which the archive describes: a
// new terminal (shell.sh), a login shell in the project (lib.sh) or the session that an editor inherits
// (editor.sh). After limit it is terminated, with code 124.
func (c *Case) Developer(limit time.Duration, argv ...string) Result {
	args := append([]string{"-k", "5", fmt.Sprintf("%.0f", limit.Seconds()), "bash"}, c.enter()...)
	return c.Exec("timeout", append(args, argv...)...)
}

func (c *Case) enter() []string {
	switch {
	case c.Has("shell.sh"):
		return []string{"shell.sh"}
	case c.Has("machine.sh"): // a machine of its own: other names, another name server
		return []string{"-c", `. "$WORK/lib.sh"; cd "$WORK/proj"; exec bash "$WORK/machine.sh" "$0" "$@"`}
	case c.Has("lib.sh"):
		return []string{"-c", `. "$WORK/lib.sh"; cd "$WORK/proj"; exec "$0" "$@"`}
	case c.Has("editor.sh"):
		return []string{"-c", `. "$WORK/editor.sh"; exec "$0" "$@"`}
	}
	c.Fatalf("%s says nothing of the developer's environment", c.Name)
	return nil
}

// Script runs one of the archive's own scripts.
func (c *Case) Script(name string, args ...string) Result {
	return c.Exec("bash", append([]string{name}, args...)...)
}

// Shows reports whether r, a failed check.sh, shows the fault's own symptom.
func (c *Case) Shows(r Result) error {
	if r.Code == 0 {
		return errors.New("check.sh passes")
	}
	for _, p := range c.Symptom {
		text := r.Stdout
		if p.Stream == "stderr" {
			text = r.Stderr
		}
		if !p.Expr.MatchString(text) {
			return fmt.Errorf("%s of check.sh does not match %q", p.Stream, p.Expr)
		}
	}
	return nil
}

// Manifest takes the case's folder as the developer sees it: if the case keeps a mount
// namespace, from within it.
func (c *Case) Manifest() Manifest {
	root := c.Work
	if pid, err := os.ReadFile(filepath.Join(c.Work, "ns.pid")); err == nil {
		if inside := filepath.Join("/proc", strings.TrimSpace(string(pid)), "root", c.Work); exists(inside) {
			root = inside
		}
	}
	m, err := Take(root)
	if err != nil {
		c.Fatalf("cannot take the manifest: %v", err)
	}
	return m
}
