//go:build unix

package gocmd_test

import (
	"context"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gorescue/gorescue/internal/gocmd"
)

func run(t *testing.T, ctx context.Context, c gocmd.Cmd) *gocmd.Result {
	t.Helper()
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Fatal(err)
	}
	c.Path, c.Env = sh, []string{"PATH=/usr/bin:/bin"}
	r, err := gocmd.Run(ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestRun(t *testing.T) {
	r := run(t, t.Context(), gocmd.Cmd{Args: []string{"-c", "echo out; printf '\\nfirst\\nsecond' >&2; exit 3"}})
	if r.Exit != 3 || string(r.Stdout) != "out\n" || r.FirstLine() != "first" || r.OK() || r.TimedOut {
		t.Errorf("%+v", r)
	}
	if want := ` -c 'echo out;`; !strings.Contains(r.Command, want) {
		t.Errorf("%q", r.Command)
	}
}

// TestEndsGrandchildren: at the deadline everything that was started is gone, also what holds the pipes.
func TestEndsGrandchildren(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	r := run(t, ctx, gocmd.Cmd{Args: []string{"-c", "sleep 60 & echo $!; wait"}})
	if !r.TimedOut || r.Exit != -1 {
		t.Errorf("%+v", r)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(r.Stdout)))
	if err != nil {
		t.Fatal(err)
	}
	for syscall.Kill(pid, 0) == nil { // gone as soon as it is reaped
		if t.Context().Err() != nil {
			t.Fatal("the grandchild lives")
		}
		if out, _ := exec.Command("ps", "-o", "stat=", "-p", strconv.Itoa(pid)).Output(); strings.HasPrefix(string(out), "Z") {
			break
		}
	}
}

func TestWatchEndsIt(t *testing.T) {
	r := run(t, t.Context(), gocmd.Cmd{Args: []string{"-c", "sleep 60"}, Watch: func(int, <-chan struct{}) string { return "stuck" }})
	if r.Stopped != "stuck" || r.TimedOut || r.OK() {
		t.Errorf("%+v", r)
	}
}

func TestOutputIsBounded(t *testing.T) {
	r := run(t, t.Context(), gocmd.Cmd{Args: []string{"-c", "head -c 3000000 /dev/zero"}})
	if len(r.Stdout) != gocmd.MaxOutput || !r.Cut || !r.OK() {
		t.Errorf("%d bytes, cut %v, exit %d", len(r.Stdout), r.Cut, r.Exit)
	}
}
