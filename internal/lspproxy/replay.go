package lspproxy

import (
	"bytes"
	"encoding/json"
	"strings"
	"time"

	"github.com/gorescue/gorescue/internal/lsp"
)

// Exit is how a server ended.
type Exit struct {
	Status string // as the system says it: "exit status 2", "signal: killed"
	Stderr string // its last words
	Err    error  // it could not be started
}

// startServer starts another server, when so many have not died that it would be in vain.
func (c *core) startServer() {
	if !c.health.admit() {
		c.sleep()
		return
	}
	c.gen++
	c.phase = starting
	c.watch.reset(c.now())
	c.out.start(startup{gen: c.gen, level: c.mode.level(), alone: c.alone})
}

// started is told that the process of a server is there.
func (c *core) started(gen int) {
	if gen != c.gen || c.phase != starting {
		return
	}
	c.watch.reset(c.now())
	if c.caps == nil { // the editor has not been introduced to any server: let it do that itself
		c.phase = fresh
		c.replayEarly()
		return
	}
	c.phase = handshake
	c.ask("initialize", json.RawMessage(c.introduction()), func(m lsp.Message) {
		if m.Error != nil {
			c.convict(Verdict{Kind: Refused, Why: lsp.String(m.Error, "message")})
			return
		}
		c.replay(m.Result)
	})
}

func (c *core) introduction() []byte {
	if c.mode.level() == full {
		return c.mem.initialize
	}
	return c.mem.introduction(c.spare)
}

// replayEarly sends what waits to a first server, in the order in which it came.
func (c *core) replayEarly() {
	for _, r := range c.ledger.all() {
		if !r.sent {
			c.send(r)
		}
	}
	if c.mem.initialized {
		c.tellAll()
	}
}

// replay tells a new server all that the editor told the ones before it.
func (c *core) replay(result []byte) {
	c.version = goplsVersion(result)
	if caps := lsp.Field(result, "capabilities"); !bytes.Equal(caps, c.caps) {
		c.log(capabilitiesWords.With())
	}
	c.phase = live
	c.watch.live(c.now())
	if c.mem.initialized {
		c.tellAll()
	}
	c.sendWaiting()
	c.out.record(Event{Kind: eventRestarted, Version: c.version, Took: c.now().Sub(c.diedAt), Level: c.mode.level().String()})
}

// tellAll makes a new server know settings, folders and documents.
func (c *core) tellAll() {
	c.tell("initialized", struct{}{})
	if c.mem.trace != nil {
		c.tell("$/setTrace", json.RawMessage(c.mem.trace))
	}
	if c.mem.configuration != nil {
		c.tell("workspace/didChangeConfiguration", json.RawMessage(c.mem.configuration))
	}
	if len(c.mem.added)+len(c.mem.removed) > 0 {
		c.tell("workspace/didChangeWorkspaceFolders", map[string]any{"event": map[string]any{"added": list(c.mem.added), "removed": list(c.mem.removed)}})
	}
	for _, uri := range c.mem.order {
		d, _ := c.mem.document(uri)
		c.tell("textDocument/didOpen", d.OpenParams())
	}
	for _, n := range c.mem.notes {
		c.out.toServer(n)
	}
	c.mem.notes = nil
}

// list is never null in JSON.
func list(l []json.RawMessage) []json.RawMessage {
	if l == nil {
		return []json.RawMessage{}
	}
	return l
}

// convict ends the present server for a reason.
func (c *core) convict(v Verdict) {
	c.verdict, c.phase = v, ending
	v.Debug = v.Debug && c.mem.initialized
	c.out.end(v)
}

// gone is told that a server has ended, or could not be started.
func (c *core) gone(gen int, e Exit) {
	if gen != c.gen || c.phase == waiting || c.phase == asleep || c.phase == over {
		return
	}
	v := c.verdict
	if c.phase != ending {
		v = Verdict{Kind: Crash, Why: e.Status}
		if e.Err != nil {
			v = Verdict{Kind: NoStart, Why: e.Err.Error()}
		}
	}
	c.verdict = Verdict{}
	clear(c.own)
	c.debugging = false
	if c.diedAt.IsZero() {
		c.diedAt = c.now()
	}
	c.orphan()
	c.forgetQuestions()
	if !c.closing.IsZero() {
		c.phase = waiting
		c.farewell()
		c.answerAll()
		return
	}
	c.afterDeath()
	c.health.died(c.now())
	c.mode.died(v.Kind, c.caps != nil)
	c.alone = c.alone || v.Kind == Hang || v.Kind == Stopped
	c.out.record(Event{Kind: eventTrip, Verdict: v.Kind, Why: v.Why, Version: c.version, PID: v.PID, RSS: v.RSS, Stderr: e.Stderr, Files: v.Saved})
	c.explain(v, e)
	c.phase, c.restartAt = waiting, c.now().Add(c.health.delay())
	if !c.restartAt.After(c.now()) {
		c.startServer()
	}
}

// sleep gives up for now: the editor gets empty answers until another try is due.
func (c *core) sleep() {
	if c.phase == asleep {
		return
	}
	c.phase = asleep
	c.answerAll()
	for uri := range c.screen.problems {
		c.clearProblems(uri)
	}
	c.out.record(Event{Kind: eventAsleep, Version: c.version})
	c.show(levelError, asleepWords.With("n", c.health.deaths(), "min", int(c.health.rest().Minutes()+0.5)))
}

// wake tries again.
func (c *core) wake() {
	c.phase = waiting
	c.startServer()
}

// goplsVersion reads the version out of the answer to initialize: in gopls it is a JSON document within a
// string; "" when it says none.
func goplsVersion(result []byte) string {
	raw := lsp.String(result, "serverInfo", "version")
	for _, v := range []string{lsp.String([]byte(raw), "Main", "Version"), lsp.String([]byte(raw), "version"), raw} {
		if strings.HasPrefix(v, "v") && strings.Contains(v, ".") {
			return v
		}
	}
	return ""
}

// Pauses before the first, second … restart in a row.
func pause(deaths int) time.Duration {
	steps := []time.Duration{0, 0, 500 * time.Millisecond, 2 * time.Second, 5 * time.Second}
	return steps[min(max(deaths-1, 0), len(steps)-1)]
}
