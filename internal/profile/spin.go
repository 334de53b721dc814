package profile

import (
	"slices"
	"strings"
	"time"

	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/goroutine"
	"github.com/gorescue/gorescue/internal/stuck"
)

// What a loop must take to be looked at, in percent: of one processor, which others may want too (the source proves the rest), and of all that the
// program takes.
const (
	spinShare = 5
	spinPart  = 25
)

// spin reads the source around the calls that cost most, and around those of goroutines that never wait: what the scheduler
// itself costs is in no call of the program.
func (r *Raw) spin(p *facts.Program) {
	wall := r.For
	if r.CPU != nil && r.CPU.DurationNanos > 0 {
		wall = time.Duration(r.CPU.DurationNanos)
	}
	if wall <= 0 || p.CPU.Total*100 < wall*spinShare {
		return
	}
	reader := stuck.New(r.Dir)
	for _, c := range p.CPU.Places[:min(len(p.CPU.Places), 3)] {
		if v := time.Duration(c.Value) * 100; v < wall*spinShare || v < p.CPU.Total*spinPart {
			break
		}
		at := append([]facts.Call{c.Call}, c.Via...) // the loop may be in a caller
		slices.Reverse(at[1:])
		if p.CPU.Spin = spinning(reader, at); p.CPU.Spin != nil {
			p.CPU.Spin.Value = time.Duration(c.Value)
			return
		}
	}
	for i := range p.Groups {
		g := &p.Groups[i]
		if !goroutine.Running(g.State) || g.Kept == 0 || len(g.Counts) < 3 || g.First < 0 {
			continue
		}
		if p.CPU.Spin = spinning(reader, g.Stack[g.First:]); p.CPU.Spin != nil {
			return
		}
	}
}

// spinning looks for a loop that gets nothing done in the innermost calls.
func spinning(reader *stuck.Sources, calls []facts.Call) *facts.Spin {
	for _, f := range calls[:min(len(calls), 3)] {
		if s, ok := reader.Spin(goroutine.Frame{Func: f.Func, File: f.File, Line: f.Line}); ok {
			return &facts.Spin{Call: facts.Call{Func: f.Func, File: s.File, Line: s.Line}, Text: s.Text, Why: s.Why}
		}
	}
	return nil
}

// within counts the goroutines of the last sample that are in one of the functions.
func (r *Raw) within(spans []stuck.Span) int {
	n := 0
	for _, g := range r.Goroutines[len(r.Goroutines)-1] {
		if slices.ContainsFunc(g.Frames, func(f goroutine.Frame) bool {
			return slices.ContainsFunc(spans, func(s stuck.Span) bool { return s.Covers(f) })
		}) {
			n++
		}
	}
	return n
}

// bodies finds the lines of the program that send HTTP requests and do not close the answers, when connections wait for
// that.
func (r *Raw) bodies(p *facts.Program) {
	waits := slices.ContainsFunc(p.Groups, func(g facts.GoroutineGroup) bool {
		return len(g.Stack) > 0 && strings.HasPrefix(g.Stack[0].Func, "net/http.(*persistConn).readLoop") && g.Op == string(goroutine.Select) && g.Counts[len(g.Counts)-1] >= few
	})
	if !waits || len(r.Goroutines) == 0 {
		return
	}
	for _, g := range r.Goroutines[len(r.Goroutines)-1] {
		for _, f := range g.Frames {
			if f.Func != "main.main" {
				continue
			}
			open, askers := stuck.New(r.Dir).Unclosed(f.File)
			for _, q := range open {
				p.Bodies = append(p.Bodies, facts.Body{Call: facts.Call{Func: q.Func, File: q.File, Line: q.Line}, Text: q.Text})
			}
			p.Asking = r.within(askers)
			return
		}
	}
}
