package blackbox

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/gorescue/gorescue/internal/text"
)

// Threshold is a condition on samples with hysteresis. It is data: what is measured, when it is raised and cleared, and
// what is said then. Runbooks may name its ID.
type Threshold struct {
	ID     string
	Enter  float64       // raised at this value or beyond it
	Leave  float64       // cleared at this value or on its other side
	Below  bool          // beyond means below
	For    time.Duration // it must last that long without a break to be raised
	Hold   time.Duration // and that long to be cleared
	Unit   unit
	Values func(*window) map[string]float64 // by subject; nil = not known now
	Raised text.T                           // with {subject}, {value}, {limit}
	Clear  text.T
}

// unit says how a value is written.
type unit string

// The units.
const (
	unitPercent unit = "percent" // of a share: 1 = 100 %
	unitBytes   unit = "bytes"
	unitCount   unit = "count"
	unitSeconds unit = "seconds"
)

// in writes a value.
func (u unit) in(v float64) string {
	switch u {
	case unitPercent:
		return fmt.Sprintf("%.0f %%", v*100)
	case unitBytes:
		return text.Size(int64(v))
	case unitSeconds:
		return time.Duration(v * float64(time.Second)).Round(time.Second).String()
	}
	return fmt.Sprintf("%.0f", v)
}

// window is what thresholds look at: the present sample, the one before, and a short trail of each gopls.
type window struct {
	Cur, Prev *Sample
	trail     map[string][]point
	starts    []float64 // Up of the last starts of a gopls
}

type point struct {
	up, cpu float64
	rss     int64
	start   int64
}

// Monitor turns samples into events. Its clock is Sample.Up, so that a change of the time of day moves nothing. It is not
// safe for concurrent use.
type Monitor struct {
	Table []Threshold
	w     window
	state map[key]*standing
}

type key struct{ id, subject string }

type standing struct {
	raised bool
	since  float64 // Up when the value began to be on the other side of the level that changes the state; -1 = it is not
}

// NewMonitor makes a monitor of a table. Events of an earlier watch say what is raised already.
func NewMonitor(table []Threshold, earlier []Event) *Monitor {
	m := &Monitor{Table: table, state: map[key]*standing{}, w: window{trail: map[string][]point{}}}
	for _, e := range earlier {
		switch e.Kind {
		case Raised:
			m.state[key{e.ID, e.Subject}] = &standing{raised: true, since: -1}
		case Cleared:
			delete(m.state, key{e.ID, e.Subject})
		}
	}
	return m
}

// Step takes the next sample and returns what it means. Samples must be given in the order in which they were taken.
func (m *Monitor) Step(s *Sample) []Event {
	m.w.Prev, m.w.Cur = m.w.Cur, s
	m.w.follow()
	if p := m.w.Prev; p != nil && (s.Up-p.Up > 3*max(s.Every, 1) || s.Up < p.Up) {
		for _, st := range m.state { // nobody looked meanwhile: nothing has lasted
			st.since = -1
		}
	}
	out := changes(&m.w)
	for i := range m.Table {
		out = append(out, m.step(&m.Table[i])...)
	}
	return out
}

func (m *Monitor) step(t *Threshold) []Event {
	values := t.Values(&m.w)
	if values == nil {
		return nil
	}
	var out []Event
	for subject, v := range values {
		k := key{t.ID, subject}
		st := m.state[k]
		if st == nil {
			st = &standing{since: -1}
			m.state[k] = st
		}
		level, last := t.Enter, t.For
		cross := func(v float64) bool { return v >= level }
		if st.raised {
			level, last = t.Leave, t.Hold
			cross = func(v float64) bool { return v <= level }
		}
		if t.Below {
			up := cross
			cross = func(v float64) bool { return v == level || !up(v) }
		}
		if !cross(v) {
			st.since = -1
			continue
		}
		if st.since < 0 {
			st.since = m.w.Cur.Up
		}
		if m.w.Cur.Up-st.since >= last.Seconds() {
			st.raised, st.since = !st.raised, -1
			out = append(out, m.event(t, subject, v, st.raised))
		}
	}
	for k, st := range m.state { // what is gone is not raised any more
		if _, ok := values[k.subject]; k.id == t.ID && !ok {
			if st.raised {
				out = append(out, m.event(t, k.subject, 0, false))
			}
			delete(m.state, k)
		}
	}
	slices.SortFunc(out, func(a, b Event) int { return cmp.Compare(a.Subject, b.Subject) })
	return out
}

func (m *Monitor) event(t *Threshold, subject string, v float64, raised bool) Event {
	e := Event{ID: t.ID, Kind: Cleared, Subject: subject, At: m.w.Cur.At, Value: v, Limit: t.Leave}
	words := t.Clear
	if raised {
		e.Kind, e.Limit, words = Raised, t.Enter, t.Raised
	}
	e.Msg = words.With("subject", subject, "value", t.Unit.in(v), "limit", t.Unit.in(e.Limit))
	return e
}

// trailFor is how far back a trail goes, in seconds.
const trailFor = 60

// follow brings the trails up to date.
func (w *window) follow() {
	for id, g := range w.Cur.Gopls {
		t := w.trail[id]
		if n := len(t); n > 0 && (t[n-1].start != g.Start || w.Cur.Up-t[n-1].up > 3*max(w.Cur.Every, 1)) {
			t = nil
		}
		if len(t) == 0 && w.Prev != nil && w.Prev.Gopls != nil && w.Prev.Gopls[id].Start != g.Start {
			w.starts = append(w.starts, w.Cur.Up)
		}
		t = append(t, point{w.Cur.Up, g.CPU, g.RSS, g.Start})
		for len(t) > 2 && w.Cur.Up-t[1].up >= trailFor {
			t = t[1:]
		}
		w.trail[id] = t
	}
	for id := range w.trail {
		if _, ok := w.Cur.Gopls[id]; !ok && w.Cur.Gopls != nil {
			delete(w.trail, id)
		}
	}
	for len(w.starts) > 0 && w.Cur.Up-w.starts[0] > 600 {
		w.starts = w.starts[1:]
	}
}
