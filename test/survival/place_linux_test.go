package survival

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gorescue/gorescue/test/lab"
)

var theLab *lab.Lab

func TestMain(m *testing.M) {
	os.Exit(lab.Main(m, &theLab, lab.Options{Parallel: 3}))
}

// limit is when a diagnosis counts as hung; its own budget is 5 s.
const limit = 20 * time.Second

// memoryLimit is an argument of prlimit for the product and all that it starts.
const memoryLimit = "--data=4294967296"

// place is a developer's machine in a folder: a home, a project, a go command.
type place struct {
	dir, home, proj string
	env             map[string]string
}

func newPlace(t *testing.T) *place {
	t.Helper()
	dir := theLab.Dir(t)
	p := &place{dir: dir, home: filepath.Join(dir, "home"), proj: filepath.Join(dir, "proj")}
	p.env = map[string]string{
		"WORK": dir, "HOME": p.home, "SHELL": "/bin/bash", "TMPDIR": filepath.Join(dir, "tmp"),
		"PATH": filepath.Join(theLab.GoRoot, "bin") + ":/usr/bin:/bin", "GOCACHE": theLab.GoCache,
		"GORESCUE_STATE": filepath.Join(dir, "state", "gorescue"), "GIT_CEILING_DIRECTORIES": dir, "GIT_CONFIG_NOSYSTEM": "1",
	}
	for _, d := range []string{"home", "tmp", "state"} {
		mkdir(t, filepath.Join(dir, d))
	}
	p.write(t, "home/.profile", "export EDITOR=vim\n")
	p.write(t, "home/.config/go/telemetry/mode", "off 2024-01-01\n")
	p.write(t, "proj/go.mod", "module example.com/app\n\ngo 1.24\n")
	p.write(t, "proj/main.go", "package main\n\nfunc main() { println(\"hello\") }\n")
	return p
}

func (p *place) write(t *testing.T, name, text string) {
	t.Helper()
	path := filepath.Join(p.dir, name)
	mkdir(t, filepath.Dir(path))
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func mkdir(t *testing.T, dir string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
}

// outcome is what a run of the product did.
type outcome struct {
	code           int
	stdout, stderr string
	took           time.Duration
	rss            int64 // of the product and what it waited for, bytes
}

type document struct {
	Findings []struct {
		Check   string
		Unknown bool
	}
	Sections map[string]struct{ Status, Reason string }
	Change   struct{ Outcome string }
}

// silent reports whether the diagnosis says that all is well and that it could look everywhere.
func (d *document) silent() bool {
	for _, s := range d.Sections {
		if s.Status != "ok" && s.Reason != "" {
			return false
		}
	}
	return len(d.Findings) == 0
}

// run calls the product in the project, through a shell script if one is given ("$@" is the call).
func (p *place) run(t *testing.T, through string, args ...string) outcome {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), limit+10*time.Second)
	defer cancel()
	// A go command that meets an endless file may eat all memory: the limit protects the machine.
	argv := append([]string{theLab.Product}, args...)
	if through != "" {
		argv = append([]string{"/bin/bash", "-c", through, "through"}, argv...)
	}
	prlimit, err := exec.LookPath("prlimit")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(ctx, prlimit, append([]string{memoryLimit}, argv...)...)
	cmd.Dir = p.proj
	for k, v := range p.env {
		cmd.Env = append(cmd.Env, k+"="+v)
	}
	cmd.WaitDelay = time.Second
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	start := time.Now()
	err = cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) && !errors.Is(err, exec.ErrWaitDelay) {
		t.Fatalf("cannot run %v: %v", argv, err)
	}
	o := outcome{code: cmd.ProcessState.ExitCode(), stdout: out.String(), stderr: errs.String(), took: time.Since(start)}
	if ru, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		o.rss = ru.Maxrss * 1024
	}
	return o
}

// check diagnoses and demands an answer that a person can use: in time, well formed, with an exit
// code that means something, and nothing left running.
func (p *place) check(t *testing.T, through string) outcome {
	t.Helper()
	o := p.run(t, through, "check", "--json")
	p.sane(t, o, 0, 3)
	return o
}

func (p *place) sane(t *testing.T, o outcome, codes ...int) {
	t.Helper()
	if o.took > limit {
		t.Errorf("took %v", o.took)
	}
	if !slices.Contains(codes, o.code) {
		t.Errorf("exit code %d, want one of %v\n%s", o.code, codes, o.stderr)
	}
	for _, bad := range []string{"panic:", "goroutine ", "internal error", "fatal error"} {
		if strings.Contains(o.stderr, bad) || strings.Contains(o.stdout, bad) {
			t.Errorf("%q in the output:\n%s\n%s", bad, o.stdout, o.stderr)
		}
	}
	if o.code == 1 {
		if o.stderr == "" {
			t.Error("exit code 1 without a word")
		}
	} else if err := json.Unmarshal([]byte(o.stdout), &document{}); err != nil {
		t.Errorf("no JSON document: %v\n%s\n%s", err, o.stdout, o.stderr)
	}
	if left := p.left(); len(left) > 0 {
		t.Errorf("left running: %v", left)
	}
}

// left lists the processes that outlive the product. A killed one takes a moment to go.
func (p *place) left() []int {
	for range 30 {
		if len(lab.Processes(p.dir)) == 0 {
			return nil
		}
		time.Sleep(100 * time.Millisecond)
	}
	return lab.Processes(p.dir)
}

// document decodes the answer; sane has proved that it can be.
func (o outcome) document(t *testing.T) *document {
	t.Helper()
	d := &document{}
	if err := json.Unmarshal([]byte(o.stdout), d); err != nil {
		t.Fatalf("no JSON document: %v", err)
	}
	return d
}
