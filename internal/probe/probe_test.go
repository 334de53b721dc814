package probe_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/probe"
)

type runFunc = func(context.Context, probe.World, *facts.Snapshot) (probe.Install, error)

func sets(home string) runFunc {
	return func(context.Context, probe.World, *facts.Snapshot) (probe.Install, error) {
		return func(s *facts.Snapshot) { s.Host.Home = home }, nil
	}
}

func TestStates(t *testing.T) {
	release := make(chan struct{})
	hang := func(context.Context, probe.World, *facts.Snapshot) (probe.Install, error) {
		<-release // does not honour its context, as a system call on a dead file server
		return func(s *facts.Snapshot) { s.Git.Root = "too late" }, nil
	}
	s := probe.Collect(t.Context(), probe.World{}, []probe.Probe{
		{Section: facts.SecHost, Run: sets("/h")},
		{Section: facts.SecGit, Run: hang, Timeout: 20 * time.Millisecond},
		{Section: facts.SecDirs, Run: func(context.Context, probe.World, *facts.Snapshot) (probe.Install, error) {
			return nil, errors.New("broken")
		}},
		{Section: facts.SecBuild, Run: func(context.Context, probe.World, *facts.Snapshot) (probe.Install, error) {
			return nil, fmt.Errorf("no module: %w", probe.ErrSkipped)
		}},
		{Section: facts.SecLocks, Run: func(context.Context, probe.World, *facts.Snapshot) (probe.Install, error) { panic("boom") }},
		{Section: facts.SecProject, Needs: []facts.Section{facts.SecDirs}, Run: sets("never")},
		{Section: facts.SecStartup, Needs: []facts.Section{facts.SecHost}, Run: func(_ context.Context, _ probe.World, s *facts.Snapshot) (probe.Install, error) {
			home := s.Host.Home
			return func(s *facts.Snapshot) { s.Startup.LoginFile = home }, nil
		}},
		{Section: facts.SecSettings, Needs: []facts.Section{facts.SecPolicy}, Run: sets("never")},
	}, time.Minute)
	want := map[facts.Section]facts.State{
		facts.SecHost: facts.OK, facts.SecGit: facts.TimedOut, facts.SecDirs: facts.Failed, facts.SecBuild: facts.Skipped,
		facts.SecLocks: facts.Failed, facts.SecProject: facts.Skipped, facts.SecStartup: facts.OK, facts.SecSettings: facts.Failed,
	}
	for sec, st := range want {
		if got := s.Sections[sec]; got.State != st || st != facts.OK && got.Reason == "" {
			t.Errorf("%s: %q (%s), want %q", sec, got.State, got.Reason, st)
		}
	}
	if s.Startup.LoginFile != "/h" {
		t.Errorf("a need was not there: %q", s.Startup.LoginFile)
	}
	close(release)
	if s.Git.Root != "" {
		t.Error("a late probe wrote into the sealed snapshot")
	}
}

func TestBudget(t *testing.T) {
	hang := func(ctx context.Context, _ probe.World, _ *facts.Snapshot) (probe.Install, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	s := probe.Collect(t.Context(), probe.World{}, []probe.Probe{
		{Section: facts.SecHost, Run: hang, Timeout: time.Hour},
		{Section: facts.SecGit, Needs: []facts.Section{facts.SecHost}, Run: sets("never")},
	}, 20*time.Millisecond)
	if s.Sections[facts.SecHost].State != facts.TimedOut || s.Sections[facts.SecGit].State == facts.OK || s.Sections[facts.SecGit].State == "" {
		t.Errorf("%+v", s.Sections)
	}
}

func TestWorldWith(t *testing.T) {
	a, b := "1", "2"
	w := probe.World{Vars: map[string]string{"A": a, "X": "x"}}
	w2 := w.With(map[string]*string{"A": &b, "X": nil})
	if w.Get("A") != "1" || w2.Get("A") != "2" || w2.Get("X") != "" || w.Get("X") != "x" {
		t.Errorf("%v, %v", w.Vars, w2.Vars)
	}
}
