// Package breaker decides whether work may go to something that fails at times: a server, a child
// process. It is a state machine and nothing else: no goroutine, no timer, a clock that is injected.
//
//	closed ──(failures, decayed, reach Threshold; or Trip)──► open
//	open ──(the rest is over)──► half-open: one trial at a time
//	half-open ──(Trials successes in a row)──► closed
//	half-open ──(a failure)──► open, with twice the rest
package breaker

import (
	"math"
	"sync"
	"time"
)

// State is where the machine stands.
type State int

// The states. Closed: work goes through. Open: it does not. HalfOpen: single trials go through.
const (
	Closed State = iota
	Open
	HalfOpen
)

// String is the state as metrics and logs name it.
func (s State) String() string { return [...]string{"closed", "open", "half-open"}[s] }

// Outcome is what became of work that was let through.
type Outcome int

// The outcomes. Unknown is work that was given up for a reason of our own: it counts neither way.
const (
	Unknown Outcome = iota
	Success
	Failure
)

// Config is the temper of a breaker. The zero value of each field means the value in brackets.
type Config struct {
	// Threshold is the sum of failures that opens it (2.5: the third in a row). A failure counts 1 at
	// first, half of that after each HalfLife (30 s), and each success takes half a failure off: a few
	// failures among much that works do not open it, nor do a few far apart.
	Threshold float64
	HalfLife  time.Duration
	// Rest is how long it stays open the first time (5 s). Each further trip doubles that, up to MaxRest
	// (2 min); each Healthy (1 min) that it then stays closed halves it again.
	Rest, MaxRest, Healthy time.Duration
	// Trials is the number of successes in a row that close it (2).
	Trials int
	// Now is the clock (time.Now).
	Now func() time.Time
}

// Breaker is one state machine. It is safe for concurrent use. The zero value is not usable.
type Breaker struct {
	c Config

	mu     sync.Mutex
	state  State
	since  time.Time // of state
	score  float64   // decayed failures, as of scored
	scored time.Time
	rest   time.Duration // of this or the last opening
	good   int           // successes in a row while half-open
	trial  bool          // one is under way
	round  int           // changes with each change of state: answers to older work do not count
	trips  int
}

// New returns a closed breaker.
func New(c Config) *Breaker {
	or(&c.Threshold, 2.5)
	or(&c.HalfLife, 30*time.Second)
	or(&c.Rest, 5*time.Second)
	or(&c.MaxRest, max(2*time.Minute, c.Rest))
	or(&c.Healthy, time.Minute)
	or(&c.Trials, 2)
	if c.Now == nil {
		c.Now = time.Now
	}
	now := c.Now()
	return &Breaker{c: c, since: now, scored: now}
}

func or[T comparable](field *T, def T) {
	var zero T
	if *field == zero {
		*field = def
	}
}

// Ticket stands for work that was let through.
type Ticket struct {
	b     *Breaker
	round int
}

// Allow asks whether work may go through. When ok, Done must be called on the ticket exactly once.
func (b *Breaker) Allow() (t Ticket, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.advance()
	switch {
	case b.state == Open, b.state == HalfOpen && b.trial:
		return Ticket{}, false
	case b.state == HalfOpen:
		b.trial = true
	}
	return Ticket{b, b.round}, true
}

// Done says what became of the work. An answer that comes after the state has changed is ignored: what
// was begun before an opening proves nothing about the time after it.
func (t Ticket) Done(o Outcome) {
	b := t.b
	b.mu.Lock()
	defer b.mu.Unlock()
	b.advance()
	if t.round != b.round {
		return
	}
	if b.state == HalfOpen {
		b.trial = false
	}
	switch {
	case o == Failure && b.state == HalfOpen:
		b.open()
	case o == Failure:
		if b.score++; b.score >= b.c.Threshold {
			b.open()
		}
	case o == Success && b.state == HalfOpen:
		if b.good++; b.good >= b.c.Trials {
			b.enter(Closed)
		}
	case o == Success:
		b.score = max(0, b.score-0.5)
	}
}

// Trip opens it at once, whatever the score: one observation was proof enough.
func (b *Breaker) Trip() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.advance()
	if b.state != Open {
		b.open()
	}
}

// Status is what people and metrics want to know.
type Status struct {
	State State
	Since time.Time     // of the state
	Rest  time.Duration // what is left of it while open, else 0
	Trips int           // openings so far
}

// Status returns the present status.
func (b *Breaker) Status() Status {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.advance()
	s := Status{State: b.state, Since: b.since, Trips: b.trips}
	if b.state == Open {
		s.Rest = max(0, b.since.Add(b.rest).Sub(b.c.Now()))
	}
	return s
}

// advance lets time do its part: the score decays, and an opening ends. A clock that goes back stops
// time, and is not waited for.
func (b *Breaker) advance() {
	now := b.c.Now()
	if d := now.Sub(b.scored); d > 0 {
		b.score *= math.Exp2(-float64(d) / float64(b.c.HalfLife))
	}
	b.scored = now
	if now.Before(b.since) {
		b.since = now
	}
	if b.state == Open && now.Sub(b.since) >= b.rest {
		b.enter(HalfOpen)
	}
}

func (b *Breaker) open() {
	if b.state == HalfOpen {
		b.rest *= 2
	} else if healthy := b.c.Now().Sub(b.since) / b.c.Healthy; healthy > 62 {
		b.rest = 0
	} else {
		b.rest = 2 * b.rest >> healthy
	}
	b.rest = min(max(b.rest, b.c.Rest), b.c.MaxRest)
	b.trips++
	b.enter(Open)
}

func (b *Breaker) enter(s State) {
	b.state, b.since = s, b.c.Now()
	b.score, b.good, b.trial = 0, 0, false
	b.round++
}
