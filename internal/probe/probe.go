// Package probe collects a snapshot: it runs probes concurrently, each under its own deadline
// and all under one budget, and is the only writer of the document. A probe that comes late can
// therefore never change a snapshot that was already judged.
package probe

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime/debug"
	"time"

	"github.com/gorescue/gorescue/internal/facts"
)

// AskNetwork, set to anything in the environment of a diagnosis, has servers asked although nothing that the project needs is
// missing.
const AskNetwork = "GORESCUE_NET"

// World is the outside as probes may see it, injected so that a repair can ask again as if the
// user had opened a new terminal. It is never changed after it was made; With makes another one.
type World struct {
	Dir      string            // folder to diagnose, absolute
	Vars     map[string]string // the environment of the commands that probes start
	State    string            // our own state folder
	Tool     string            // version of gorescue
	Incident string            // random id that every started command carries in GORESCUE_INCIDENT
}

// Get returns a variable of the environment, "" when unset.
func (w World) Get(name string) string { return w.Vars[name] }

// With returns a world in which the given variables have other values; a nil value unsets.
func (w World) With(changes map[string]*string) World {
	vars := maps.Clone(w.Vars)
	for k, v := range changes {
		if v == nil {
			delete(vars, k)
		} else {
			vars[k] = *v
		}
	}
	w.Vars = vars
	return w
}

// Environ returns the environment in the form of os/exec.
func (w World) Environ() []string {
	env := make([]string, 0, len(w.Vars)+1)
	for k, v := range w.Vars {
		env = append(env, k+"="+v)
	}
	return append(env, "GORESCUE_INCIDENT="+w.Incident)
}

// Install writes what a probe found into its own field of the snapshot.
type Install func(*facts.Snapshot)

// Probe looks at one thing. Run must honour its context, must not write anywhere and reads from
// the snapshot only the sections that it lists in Needs, which are complete when it starts. It
// returns the function which puts its findings into the section; the runner calls it.
type Probe struct {
	Section facts.Section
	Needs   []facts.Section
	Timeout time.Duration // 0 = 3 s; the clock starts when its Needs are there. A budget of more than 5 s stretches it.
	Run     func(ctx context.Context, w World, s *facts.Snapshot) (Install, error)
}

// ErrSkipped, wrapped, says that a probe had nothing to look at here.
var ErrSkipped = errors.New("not here")

type result struct {
	probe   *Probe
	status  facts.Status
	install Install
}

// collector is one run of Collect. Only its own goroutine writes the snapshot.
type collector struct {
	w       World
	budget  time.Duration
	s       *facts.Snapshot
	waiting []*Probe
	running map[facts.Section]time.Time
	width   int
	done    chan result // buffered: a late probe ends without a reader
}

// Collect runs the probes and returns the snapshot after at most budget. Probes that are not
// finished then are reported as timed out, those whose needs failed as skipped; Collect does not
// wait for them. Two probes of one section, or needs that form a cycle, are a programmer's mistake:
// the sections concerned are reported as failed.
func Collect(ctx context.Context, w World, probes []Probe, budget time.Duration) *facts.Snapshot {
	ctx, cancel := context.WithTimeout(ctx, budget)
	defer cancel()
	c := &collector{w: w, budget: budget, width: width(), running: map[facts.Section]time.Time{}, done: make(chan result, len(probes)), s: &facts.Snapshot{
		Schema: facts.Schema, Incident: w.Incident, Taken: time.Now(), Tool: w.Tool, Dir: w.Dir,
		Sections: make(map[facts.Section]facts.Status, len(probes)),
	}}
	for i := range probes {
		c.waiting = append(c.waiting, &probes[i])
	}
	for {
		c.start(ctx)
		if len(c.running) == 0 {
			break
		}
		select {
		case r := <-c.done:
			delete(c.running, r.probe.Section)
			if r.install != nil && r.status.State == facts.OK {
				r.install(c.s)
			}
			c.s.Sections[r.probe.Section] = r.status
		case <-ctx.Done():
			for sec, t := range c.running {
				c.s.Sections[sec] = facts.Status{State: facts.TimedOut, Reason: fmt.Sprintf("not finished within the budget of %v", budget), Started: t, Took: time.Since(t)}
			}
			clear(c.running)
		}
	}
	for _, p := range c.waiting {
		c.refuse(p, facts.Failed, "its needs can never be met")
	}
	return c.s
}

// start launches every waiting probe whose needs are there and skips those whose needs failed; the
// rest goes on waiting.
func (c *collector) start(ctx context.Context) {
	for again := true; again; {
		again = false
		var rest []*Probe
		for _, p := range c.waiting {
			ready, missing := met(p, c.s)
			_, twice := c.running[p.Section]
			switch {
			case twice:
				c.refuse(p, facts.Failed, "two probes of one section")
			case missing != "":
				c.refuse(p, facts.Skipped, fmt.Sprintf("needs %s, which could not be looked at", missing))
				again = true
			case ctx.Err() != nil:
				c.refuse(p, facts.TimedOut, "not started within the budget")
			case ready && len(c.running) < c.width:
				seen := *c.s // a copy: a late reader races with nobody
				seen.Sections = maps.Clone(c.s.Sections)
				c.running[p.Section] = time.Now()
				timed := *p
				timed.Timeout = limit(p, c.budget)
				go run(ctx, c.w, &timed, &seen, c.done)
			default:
				rest = append(rest, p)
			}
		}
		c.waiting = rest
	}
}

// refuse records a probe that was not run, unless its section is there already.
func (c *collector) refuse(p *Probe, state facts.State, why string) {
	if _, ok := c.s.Sections[p.Section]; !ok {
		c.s.Sections[p.Section] = facts.Status{State: state, Reason: why, Started: time.Now()}
	}
}

func met(p *Probe, s *facts.Snapshot) (ready bool, missing facts.Section) {
	for _, n := range p.Needs {
		st, ok := s.Sections[n]
		if !ok {
			return false, ""
		}
		if st.State != facts.OK {
			return false, n
		}
	}
	return true, ""
}

// usual is the budget for which the timeouts of probes are made.
const usual = 5 * time.Second

// limit is the time that a probe has. Who gives more time for the whole gives it to each: a busy machine is slow
// everywhere.
func limit(p *Probe, budget time.Duration) time.Duration {
	d := p.Timeout
	if d == 0 {
		d = 3 * time.Second
	}
	if budget > usual {
		d = time.Duration(float64(d) * min(4, float64(budget)/float64(usual)))
	}
	return d
}

func run(ctx context.Context, w World, p *Probe, seen *facts.Snapshot, done chan<- result) {
	ctx, cancel := context.WithTimeout(ctx, p.Timeout)
	defer cancel()
	r := result{probe: p, status: facts.Status{State: facts.OK, Started: time.Now()}}
	finished := make(chan struct{})
	inner := result{}
	go func() { // a probe may hang in a system call; its own deadline is kept all the same
		defer close(finished)
		defer func() {
			if v := recover(); v != nil {
				inner.status = facts.Status{State: facts.Failed, Reason: fmt.Sprintf("internal error: %v\n%s", v, debug.Stack())}
			}
		}()
		install, err := p.Run(ctx, w, seen)
		switch {
		case errors.Is(err, ErrSkipped):
			inner.status = facts.Status{State: facts.Skipped, Reason: err.Error()}
		case errors.Is(err, context.DeadlineExceeded):
			inner.status = facts.Status{State: facts.TimedOut, Reason: err.Error()}
		case err != nil:
			inner.status = facts.Status{State: facts.Failed, Reason: err.Error()}
		default:
			inner.status, inner.install = facts.Status{State: facts.OK}, install
		}
	}()
	select {
	case <-finished:
		r.status.State, r.status.Reason, r.install = inner.status.State, inner.status.Reason, inner.install
	case <-ctx.Done():
		r.status.State, r.status.Reason = facts.TimedOut, fmt.Sprintf("not finished within %v", p.Timeout)
	}
	r.status.Took = time.Since(r.status.Started)
	done <- r
}
