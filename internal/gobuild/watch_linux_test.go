package gobuild

import (
	"os/exec"
	"testing"
	"time"

	"github.com/gorescue/gorescue/internal/facts"
)

// TestStarvedWatch: silence counts only while we look at it; two looks far apart say that we were given no time ourselves.
func TestStarvedWatch(t *testing.T) {
	cmd := exec.Command("sleep", "60")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}()
	time.Sleep(50 * time.Millisecond) // it starts
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
