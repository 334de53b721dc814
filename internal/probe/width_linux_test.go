package probe_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/probe"
)

// TestFewFiles: where few files may be open, probes do not take them from each other.
func TestFewFiles(t *testing.T) {
	var old unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &old); err != nil {
		t.Fatal(err)
	}
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: 40, Max: old.Max}); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &old); err != nil {
			t.Error(err)
		}
	}()
	synctest.Test(t, oneAtATime)
}

func oneAtATime(t *testing.T) { // its time passes when all wait
	var at, most, ran atomic.Int32
	var list []probe.Probe
	for i := range 5 {
		list = append(list, probe.Probe{Section: facts.Section(fmt.Sprint("s", i)), Run: func(context.Context, probe.World, *facts.Snapshot) (probe.Install, error) {
			most.Store(max(most.Load(), at.Add(1)))
			time.Sleep(time.Second)
			at.Add(-1)
			ran.Add(1)
			return func(*facts.Snapshot) {}, nil
		}})
	}
	s := probe.Collect(t.Context(), probe.World{}, list, time.Minute)
	if most.Load() != 1 || ran.Load() != 5 || len(s.Sections) != 5 {
		t.Errorf("%d ran, %d at once; %v", ran.Load(), most.Load(), s.Sections)
	}
}
