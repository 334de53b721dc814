package gobuild

import (
	"path/filepath"
	"strings"
	"time"

	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/proc"
)

// How long nothing may move before a build counts as stuck. The go command takes its locks for
// milliseconds; silence is longer, since a loaded machine may not give it any processor time. When we get none
// ourselves, what lies between two looks says nothing, and all begins anew.
const (
	pollEvery   = 100 * time.Millisecond
	lockPatient = 700 * time.Millisecond
	idlePatient = 1500 * time.Millisecond
	starved     = 400 * time.Millisecond // between two looks
)

// watch looks at a running build from outside. It has one user, which reads stuck after the build ended.
type watch struct {
	helper string // base name of the program of GOCACHEPROG, "" = none
	stuck  *facts.Stuck

	locked      *proc.Lock // what is waited for, nil = nothing
	lockedSince time.Time
	holderWork  proc.Work
	work        proc.Work
	idleSince   time.Time
	looked      time.Time
}

func newWatch(cacheProg string) *watch {
	w := &watch{}
	if f := strings.Fields(cacheProg); len(f) > 0 {
		w.helper = filepath.Base(f[0])
	}
	return w
}

// run is gocmd.Cmd.Watch.
func (w *watch) run(pid int, done <-chan struct{}) string {
	t := time.NewTicker(pollEvery)
	defer t.Stop()
	for {
		select {
		case <-done:
			return ""
		case <-t.C:
			if w.stuck = w.look(pid, time.Now()); w.stuck != nil {
				return string(w.stuck.Reason)
			}
		}
	}
}

// look returns what the build is stuck on, nil while it moves.
func (w *watch) look(pid int, now time.Time) *facts.Stuck {
	if now.Sub(w.looked) > starved {
		w.locked, w.idleSince = nil, time.Time{}
	}
	w.looked = now
	table, err := proc.Processes()
	if err != nil {
		return nil
	}
	tree := table.Tree(pid)
	if len(tree) == 0 {
		return nil
	}
	if s := w.onLock(tree, table, now); s != nil {
		return s
	}
	work := proc.Effort(tree)
	if w.idleSince.IsZero() || work.Moved(w.work) || proc.Runnable(tree) {
		w.work, w.idleSince = work, now
		return nil
	}
	quiet := now.Sub(w.idleSince)
	if quiet < idlePatient || w.locked != nil {
		return nil
	}
	return w.idle(tree, quiet)
}

func (w *watch) onLock(tree []facts.Proc, table proc.Table, now time.Time) *facts.Stuck {
	locks, err := proc.Locks()
	if err != nil {
		return nil
	}
	mine := map[int]bool{}
	for _, p := range tree {
		mine[p.PID] = true
	}
	for _, l := range locks {
		if !l.Waiting || !mine[l.PID] {
			continue
		}
		holders := holding(locks, l, table)
		if w.locked == nil || !w.locked.Is(l) {
			w.locked, w.lockedSince, w.holderWork = &l, now, proc.Effort(holders)
			return nil
		}
		quiet := now.Sub(w.lockedSince)
		if quiet < lockPatient {
			return nil
		}
		s := &facts.Stuck{Reason: facts.StuckOnLock, LockPath: proc.PathOf(l.PID, l), For: quiet, Busy: proc.Effort(holders).Moved(w.holderWork)}
		if len(holders) > 0 {
			s.Holder = &holders[0]
		}
		return s
	}
	if w.locked != nil && !proc.Held(*w.locked) {
		w.locked = nil
	}
	return nil
}

// holding returns who holds the lock that a waiter waits for.
func holding(locks []proc.Lock, waiter proc.Lock, table proc.Table) []facts.Proc {
	for _, l := range locks {
		if l.ID == waiter.ID && !l.Waiting {
			return proc.Holders(l, table)
		}
	}
	return nil
}

// idle says what a silent build has started that is silent too.
func (w *watch) idle(tree []facts.Proc, quiet time.Duration) *facts.Stuck {
	if len(tree) == 1 {
		return &facts.Stuck{Reason: facts.StuckSilent, For: quiet}
	}
	child := tree[len(tree)-1] // the deepest one
	s := &facts.Stuck{Reason: facts.StuckOnChild, For: quiet}
	for _, p := range tree[1:] {
		if w.helper != "" && (p.Comm == w.helper || strings.HasPrefix(w.helper, p.Comm) && len(p.Comm) == 15) {
			child, s.Setting = p, "GOCACHEPROG"
			break
		}
	}
	if full, ok := proc.Get(child.PID); ok {
		child = full
	}
	s.Child = &child
	return s
}
