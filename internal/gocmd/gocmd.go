// Package gocmd runs the go command, git and other programs for probes: under a deadline, with
// bounded output, ended together with everything they started, and with the time, duration and exit
// code of each run on record.
package gocmd

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"strings"
	"time"
)

// MaxOutput bounds what is kept of each output stream: 1 MiB.
const MaxOutput = 1 << 20

// NoTelemetry, in the environment of a go command, keeps it from writing its counter files below the
// user's configuration folder (cmd/internal/telemetry/counter/counter.go, func Open): a diagnosis
// writes nothing there.
const NoTelemetry = "TEST_TELEMETRY_DIR=" + os.DevNull

// Cmd is a command to run.
type Cmd struct {
	Path string   // program; looked up by the caller
	Args []string // without the program's name
	Dir  string
	Env  []string // exactly this environment
	In   []byte   // standard input, nil = none
	// Watch, when set, is called in its own goroutine with the process id; it must return when the
	// channel closes. When it returns early with a reason the command is ended.
	Watch func(pid int, done <-chan struct{}) (reason string)
}

// Result is a finished run.
type Result struct {
	Command  string // as one would type it
	Started  time.Time
	Took     time.Duration
	Exit     int // -1: it did not end by itself
	Stdout   []byte
	Stderr   []byte
	TimedOut bool
	Stopped  string // Watch's reason for ending it
	Cut      bool   // output beyond MaxOutput was dropped
}

// OK reports whether the command ended by itself with exit code 0.
func (r *Result) OK() bool { return r.Exit == 0 && !r.TimedOut && r.Stopped == "" }

// FirstLine is the first line of standard error that is not empty, "" when there is none.
func (r *Result) FirstLine() string {
	for l := range strings.Lines(string(r.Stderr)) {
		if l = strings.TrimSpace(l); l != "" {
			return l
		}
	}
	return ""
}

// Run runs a command and waits for it. An error means that it could not be started; everything else
// is in the result. At the end of ctx the whole process group is killed.
func Run(ctx context.Context, c Cmd) (*Result, error) {
	r := &Result{Command: Line(c.Path, c.Args), Started: time.Now(), Exit: -1}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	cmd := exec.CommandContext(ctx, c.Path, c.Args...)
	cmd.Dir, cmd.Env = c.Dir, c.Env
	if c.In != nil {
		cmd.Stdin = bytes.NewReader(c.In)
	}
	out, errs := &capped{}, &capped{}
	cmd.Stdout, cmd.Stderr = out, errs
	ownGroup(cmd)
	cmd.Cancel = func() error { return killGroup(cmd) }
	cmd.WaitDelay = 200 * time.Millisecond // a grandchild may hold the pipes
	if err := cmd.Start(); err != nil {
		return r, err
	}
	stopped := make(chan string, 1)
	done := make(chan struct{})
	if c.Watch != nil {
		go func() {
			reason := c.Watch(cmd.Process.Pid, done)
			if reason != "" {
				cancel()
			}
			stopped <- reason
		}()
	} else {
		stopped <- ""
	}
	err := cmd.Wait()
	close(done)
	r.Stopped = <-stopped
	r.Took = time.Since(r.Started)
	r.Stdout, r.Stderr, r.Cut = out.b.Bytes(), errs.b.Bytes(), out.cut || errs.cut
	r.TimedOut = ctx.Err() != nil && r.Stopped == ""
	var exit *exec.ExitError
	switch {
	case err == nil || errors.Is(err, exec.ErrWaitDelay) && cmd.ProcessState.Success():
		r.Exit = 0
	case errors.As(err, &exit):
		r.Exit = exit.ExitCode()
	}
	return r, nil
}

// Line is the command as one would type it.
func Line(path string, args []string) string {
	words := []string{path}
	for _, a := range args {
		if a == "" || strings.ContainsAny(a, " \t\n'\"$\\*?;&|<>(){}") {
			a = "'" + strings.ReplaceAll(a, "'", `'\''`) + "'"
		}
		words = append(words, a)
	}
	return strings.Join(words, " ")
}

// capped keeps the first MaxOutput bytes and drops the rest.
type capped struct {
	b   bytes.Buffer
	cut bool
}

func (w *capped) Write(p []byte) (int, error) {
	if room := MaxOutput - w.b.Len(); len(p) > room {
		w.b.Write(p[:max(room, 0)])
		w.cut = true
	} else {
		w.b.Write(p)
	}
	return len(p), nil
}
