package profile

import (
	"maps"
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
	defer func() {
		if p.CPU.Spin == nil {
			p.CPU.Spin = r.vain(p, reader, wall)
		}
	}()
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

// What a loop must take whose lines, not its text, prove that it gets nothing done, in percent of one processor and of all that the program
// takes; and how many samples of the processor profile must tell.
const (
	vainShare   = 10
	vainPart    = 50
	vainSamples = 60
)

// lines are the lines of one function that cost processor time, and the calls below them.
type lines struct {
	at      goroutine.Frame
	value   int64
	samples int64
	here    map[int]bool
	below   map[goroutine.Frame]bool
}

// vain looks for a function that takes most of the time in a loop which goes round without getting to its work.
func (r *Raw) vain(p *facts.Program, reader *stuck.Sources, wall time.Duration) *facts.Spin {
	if r.CPU == nil || len(r.Goroutines) == 0 {
		return nil
	}
	col := column(r.CPU, "cpu")
	all := map[string]*lines{}
	for _, s := range r.CPU.Sample {
		fr := frames(s)
		for i, f := range fr {
			if col < 0 || goroutine.Std(f) {
				continue
			}
			k := key(call(f))
			if all[k] == nil {
				all[k] = &lines{at: f, here: map[int]bool{}, below: map[goroutine.Frame]bool{}}
			}
			l := all[k]
			l.value, l.samples, l.here[f.Line] = l.value+s.Value[col], l.samples+s.Value[0], true
			for _, b := range fr[:i] {
				l.below[b] = true
			}
		}
	}
	for _, k := range slices.Sorted(maps.Keys(all)) {
		l := all[k]
		if v := time.Duration(l.value) * 100; l.samples < vainSamples || v < wall*vainShare || v < p.CPU.Total*vainPart {
			continue
		}
		by, there := r.starter(l.at)
		found, ok := reader.Vain(l.at, l.here, by)
		if !ok || !there || found.Why == "in-vain" && !l.short(reader) || found.Why == "closed-channel" && r.within(found.Senders) > 0 {
			continue
		}
		return &facts.Spin{Call: facts.Call{Func: l.at.Func, File: found.File, Line: found.Line}, Text: found.Text, Why: found.Why, Value: time.Duration(l.value)}
	}
	return nil
}

// starter is the go statement of a goroutine that runs a function now; ok is false when none does, or one waits there.
func (r *Raw) starter(f goroutine.Frame) (by goroutine.Frame, ok bool) {
	for _, g := range r.Goroutines[len(r.Goroutines)-1] {
		if slices.ContainsFunc(g.Frames, func(x goroutine.Frame) bool { return x.Func == f.Func && x.File == f.File }) {
			if !goroutine.Running(g.State) {
				return by, false
			}
			by, ok = g.By, true
		}
	}
	return by, ok
}

// short reports whether all that the loop calls are parts of the standard library that look, lock or read, and functions without a loop.
func (l *lines) short(reader *stuck.Sources) bool {
	for f := range l.below {
		if !goroutine.Std(f) {
			if !reader.Straight(f) {
				return false
			}
			continue
		}
		pkg := goroutine.Package(f.Func)
		first, _, _ := strings.Cut(pkg, "/")
		if strings.Contains(f.Func, ".") && !strings.Contains(" sync internal runtime time context bufio io net bytes strings syscall errors os ", " "+first+" ") || strings.HasPrefix(pkg, "net/") {
			return false
		}
	}
	return true
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
