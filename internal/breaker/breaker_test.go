package breaker

import (
	"math/rand/v2"
	"sync"
	"testing"
	"time"
)

// clock is a clock that a test moves.
type clock struct{ t time.Time }

func (c *clock) now() time.Time       { return c.t }
func (c *clock) pass(d time.Duration) { c.t = c.t.Add(d) }
func made(c Config) (*Breaker, *clock) {
	k := &clock{t: time.Unix(1e9, 0)}
	c.Now = k.now
	return New(c), k
}
func (b *Breaker) is() State { return b.Status().State }
func (b *Breaker) did(outs ...Outcome) { // each is let through
	for _, o := range outs {
		t, ok := b.Allow()
		if !ok {
			panic("not let through")
		}
		t.Done(o)
	}
}

func want(t *testing.T, b *Breaker, s State) {
	t.Helper()
	if got := b.is(); got != s {
		t.Fatalf("%v, want %v", got, s)
	}
}

func TestLife(t *testing.T) {
	b, k := made(Config{})
	b.did(Failure, Failure)
	want(t, b, Closed)
	b.did(Failure)
	want(t, b, Open)
	if _, ok := b.Allow(); ok {
		t.Fatal("open, and yet it let work through")
	}
	if r := b.Status().Rest; r != 5*time.Second {
		t.Fatalf("rest %v", r)
	}
	k.pass(5 * time.Second)
	want(t, b, HalfOpen)
	trial, ok := b.Allow()
	if !ok {
		t.Fatal("no trial")
	}
	if _, ok := b.Allow(); ok {
		t.Fatal("two trials at a time")
	}
	trial.Done(Unknown) // given up: the next one may try
	b.did(Success)
	want(t, b, HalfOpen) // one is not enough
	b.did(Success)
	want(t, b, Closed)
	if b.Status().Trips != 1 {
		t.Fatal("trips", b.Status().Trips)
	}
}

func TestRestDoublesAndIsForgotten(t *testing.T) {
	b, k := made(Config{})
	b.Trip()
	for _, rest := range []time.Duration{5, 10, 20, 40, 80, 120, 120} {
		if got := b.Status().Rest; got != rest*time.Second {
			t.Fatalf("rest %v, want %v s", got, int(rest))
		}
		k.pass(rest * time.Second)
		b.did(Failure)
	}
	k.pass(2 * time.Minute)
	b.did(Success, Success)
	b.Trip() // at once: no credit
	if got := b.Status().Rest; got != 2*time.Minute {
		t.Fatalf("rest %v", got)
	}
	k.pass(2 * time.Minute)
	b.did(Success, Success)
	k.pass(3 * time.Minute) // healthy: 120·2/8
	b.Trip()
	if got := b.Status().Rest; got != 30*time.Second {
		t.Fatalf("rest %v", got)
	}
	k.pass(time.Hour)
	b.did(Success, Success)
	k.pass(1000 * time.Hour)
	b.Trip()
	if got := b.Status().Rest; got != 5*time.Second {
		t.Fatalf("rest %v", got)
	}
}

// A few failures among much that works, or far apart, are no outage.
func TestDecay(t *testing.T) {
	b, k := made(Config{})
	for range 1000 {
		b.did(Failure)
		k.pass(30 * time.Second)
	}
	want(t, b, Closed)
	b, _ = made(Config{})
	for range 1000 {
		b.did(Failure, Success, Success)
	}
	want(t, b, Closed)
	b, _ = made(Config{})
	b.did(Failure, Success, Failure, Success, Failure, Success)
	want(t, b, Closed)
	b.did(Failure) // but every second one is
	want(t, b, Open)
}

// What was begun before the state changed says nothing about the time after.
func TestLateAnswers(t *testing.T) {
	b, k := made(Config{})
	early, _ := b.Allow()
	late, _ := b.Allow()
	b.Trip()
	early.Done(Success)
	want(t, b, Open)
	k.pass(5 * time.Second)
	late.Done(Failure)
	want(t, b, HalfOpen)
	if _, ok := b.Allow(); !ok {
		t.Fatal("the late answer used up the trial")
	}
}

func TestClockGoesBack(t *testing.T) {
	b, k := made(Config{})
	b.Trip()
	k.pass(-time.Hour)
	want(t, b, Open)
	k.pass(5 * time.Second)
	want(t, b, HalfOpen)
}

// TestInvariants drives it at random from many goroutines; what must never be is looked for after each step.
func TestInvariants(t *testing.T) {
	var mu sync.Mutex
	k := &clock{t: time.Unix(1e9, 0)}
	b := New(Config{Now: func() time.Time { mu.Lock(); defer mu.Unlock(); return k.t }})
	var wg sync.WaitGroup
	for seed := range 8 {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(uint64(seed), 1))
			for range 5000 {
				if tk, ok := b.Allow(); ok {
					if r.IntN(3) == 0 {
						mu.Lock()
						k.pass(time.Duration(r.IntN(3000)) * time.Millisecond)
						mu.Unlock()
					}
					tk.Done(Outcome(r.IntN(3)))
				} else {
					mu.Lock()
					k.pass(time.Duration(r.IntN(3000)) * time.Millisecond)
					mu.Unlock()
				}
				s := b.Status()
				if s.Rest < 0 || s.Rest > 2*time.Minute || s.State != Open && s.Rest != 0 {
					t.Errorf("impossible: %+v", s)
				}
			}
		})
	}
	wg.Wait()
	// Whatever happened, it recovers.
	mu.Lock()
	k.pass(time.Hour)
	mu.Unlock()
	for range 4 {
		if tk, ok := b.Allow(); ok {
			tk.Done(Success)
		}
	}
	want(t, b, Closed)
}
