package gobuild

import (
	"errors"
	"os/exec"
	"testing"
	"time"

	"github.com/gorescue/gorescue/internal/facts"
)

// TestStarvedWatch: silence counts only while we look at it; two looks far apart say that we were given no time ourselves.
func TestStarvedWatch(t *testing.T) {
	cmd := exec.Command("cat")
	in, err1 := cmd.StdinPipe()
	out, err2 := cmd.StdoutPipe()
	if err := errors.Join(err1, err2, cmd.Start()); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}()
	if _, err := in.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	if _, err := out.Read(make([]byte, 1)); err != nil { // it has started, and waits for more
		t.Fatal(err)
	}
	w, now := newWatch(""), time.Now()
	look := func(after time.Duration) *facts.Stuck {
		now = now.Add(after)
		return w.look(cmd.Process.Pid, now)
	}
	for range 5 {
		if s := look(3 * time.Second); s != nil {
			t.Fatalf("accused after a pause of our own: %+v", s)
		}
	}
	for passed := time.Duration(0); ; passed += pollEvery {
		s := look(pollEvery)
		if s != nil {
			if passed < idlePatient-2*pollEvery || s.Reason != facts.StuckSilent {
				t.Errorf("after %v: %+v", passed, s)
			}
			return
		}
		if passed > 2*idlePatient {
			t.Fatal("never found stuck")
		}
	}
}
