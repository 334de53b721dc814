package lspproxy

import (
	"time"

	"github.com/gorescue/gorescue/internal/lsp"
)

// How often a server is asked whether it is there: while the user works, and while nobody does.
const (
	probeOften  = 2 * time.Second
	probeSeldom = 15 * time.Second
)

// methodProbe is a method that no server knows: the refusal is the answer. It costs nothing, and waits in the
// same queue as everything else.
const methodProbe = "gorescue/alive"

// tick lets time pass. It is called about once a second. busy: the editor does not read what we write.
func (c *core) tick(s Sample, busy bool) {
	now := c.now()
	c.farewellInTime(now)
	c.answerEarly()
	c.health.tick()
	switch c.phase {
	case waiting:
		if c.closing.IsZero() && c.gen > 0 && !now.Before(c.restartAt) {
			c.startServer()
		}
		return
	case asleep:
		if c.health.due() {
			c.wake()
		}
		return
	case fresh, live, handshake:
	default:
		return
	}
	if !c.screen.sweepAt.IsZero() && now.After(c.screen.sweepAt) && c.phase == live {
		c.sweep()
	}
	v, bad := c.watch.judge(s, scene{
		waiting: c.ledger.waitingSince(), moved: c.screen.moved, working: len(c.screen.progress) > 0,
		excused: busy || c.blocking() || c.phase == fresh && c.mem.initialize == nil,
	}, now)
	switch {
	case bad && v.Kind == Stopped && !c.resumed(now):
		c.resumedAt = now
		c.out.record(Event{Kind: eventResumed, Verdict: v.Kind, PID: v.PID, Version: c.version, Why: v.Why})
		c.log(resumedWords.With("pid", v.PID))
		c.out.resume()
	case bad:
		c.convict(v)
		return
	}
	if c.phase == live {
		c.probe(now)
		if c.mode.tick() {
			c.pushSettings()
			c.log(fullAgainWords.With())
			c.out.record(Event{Kind: eventFull})
		}
	}
}

// resumed reports whether a server that is stopped again was let go on a short while ago.
func (c *core) resumed(now time.Time) bool {
	return !c.resumedAt.IsZero() && now.Sub(c.resumedAt) < time.Minute
}

// probe asks the server whether it is there.
func (c *core) probe(now time.Time) {
	every := probeSeldom
	if now.Sub(c.touched) < time.Minute || len(c.ledger.byNumber) > 0 {
		every = probeOften
	}
	if !c.watch.probeAt.IsZero() || now.Sub(c.probedAt) < every || !c.mem.initialized {
		return
	}
	c.probedAt = now
	c.watch.probed(now)
	c.ask(methodProbe, nil, func(lsp.Message) { c.watch.answered() })
}

// goodbye is how long a server may take over shutdown.
const goodbye = 3 * time.Second

// farewellInTime answers shutdown when the server does not.
func (c *core) farewellInTime(now time.Time) {
	if c.shutdown != nil && now.Sub(c.closing) > goodbye {
		c.farewell()
	}
}
