package lspproxy

import (
	"time"

	"github.com/gorescue/gorescue/internal/breaker"
)

// How long a spared server must be well before it is trusted with everything again, and how often that is
// tried before the user has to decide.
const (
	spared      = 5 * time.Minute
	trialPeriod = 5 * time.Minute
	maxTrials   = 3
)

// mode decides how much a server is spared: closed = not at all, open = yes, half-open = everything, on trial.
type mode struct {
	b      *breaker.Breaker
	off    bool // never spare
	deep   bool // narrow instead of light
	trial  *breaker.Ticket
	since  time.Time // of the trial
	trials int       // that failed
	now    func() time.Time
}

func newMode(opt Options, now func() time.Time) mode {
	return mode{off: opt.NoLight, now: now, b: breaker.New(breaker.Config{
		Threshold: 1.5, HalfLife: 5 * time.Minute, Rest: spared, MaxRest: 8 * spared, Healthy: 10 * spared, Trials: 1, Now: now,
	})}
}

// level is the present level.
func (m *mode) level() level {
	switch {
	case m.off || m.b.Status().State == breaker.Closed || m.trial != nil:
		return full
	case m.deep:
		return narrow
	}
	return light
}

// stuck reports whether no further trial will be made.
func (m *mode) stuck() bool { return m.trials >= maxTrials }

// died is told why a server has ended. A crash alone is no reason to spare the next one, two in a row are.
func (m *mode) died(k Kind, introduced bool) {
	if !introduced || k == NoStart || k == Refused {
		return // sparing does not help what never ran
	}
	if (k == Memory || k == Runaway) && m.level() != full {
		m.deep = true
	}
	switch {
	case m.trial != nil:
		m.trial.Done(breaker.Failure)
		m.trial = nil
		m.trials++
	case k != Crash:
		m.b.Trip()
	default:
		if t, ok := m.b.Allow(); ok {
			t.Done(breaker.Failure)
		}
	}
}

// tick lets time pass; it reports whether the level has changed.
func (m *mode) tick() bool {
	if m.trial != nil {
		if m.now().Sub(m.since) >= trialPeriod {
			m.trial.Done(breaker.Success)
			m.trial, m.deep, m.trials = nil, false, 0
		}
		return false
	}
	if m.off || m.stuck() || m.b.Status().State != breaker.HalfOpen {
		return false
	}
	t, ok := m.b.Allow()
	if !ok {
		return false
	}
	m.trial, m.since = &t, m.now()
	return true
}

// health caps the number of restarts: closed = start, open = the editor is served without a server.
type health struct {
	b      *breaker.Breaker
	ticket *breaker.Ticket
	born   time.Time
	recent []time.Time   // deaths of the last minutes
	most   time.Duration // of a pause
	now    func() time.Time
}

// recently is how long a death counts for the pause before the next start.
const recently = 5 * time.Minute

// healthy is how long a server must live to count as one.
const healthy = time.Minute

func newHealth(opt Options, now func() time.Time) health {
	return health{now: now, most: opt.MaxPause, b: breaker.New(breaker.Config{
		Threshold: float64(opt.maxRestarts()) - 0.5, HalfLife: 5 * time.Minute, Rest: 10 * time.Minute, MaxRest: time.Hour,
		Healthy: 10 * time.Minute, Trials: 1, Now: now,
	})}
}

// admit reports whether another server may be started.
func (h *health) admit() bool {
	t, ok := h.b.Allow()
	if ok {
		h.ticket, h.born = &t, h.now()
	}
	return ok
}

// due reports whether another try is due after admit said no.
func (h *health) due() bool { return h.b.Status().State != breaker.Open }

func (h *health) died(at time.Time) {
	if h.ticket != nil {
		h.ticket.Done(breaker.Failure)
		h.ticket = nil
	}
	h.recent = append(h.recent, at)
	for len(h.recent) > 0 && at.Sub(h.recent[0]) > recently {
		h.recent = h.recent[1:]
	}
}

// tick counts a server that has lived for a while as a success.
func (h *health) tick() {
	if h.ticket != nil && h.now().Sub(h.born) >= healthy {
		h.ticket.Done(breaker.Success)
		h.ticket = nil
	}
}

func (h *health) delay() time.Duration {
	d := pause(len(h.recent))
	if h.most > 0 {
		d = min(d, h.most)
	}
	return d
}

func (h *health) deaths() int         { return len(h.recent) }
func (h *health) rest() time.Duration { return h.b.Status().Rest }
