// Package lspproxy keeps an editor served while the language server behind it crashes, hangs or runs
// wild. It stands between the two on standard input and output, passes bytes on, and remembers what a new
// server must be told: how the editor introduced itself, its settings, its open documents with every
// unsaved edit, and the requests that wait for an answer.
//
// The core is a state machine without goroutines, clocks or processes: events go in, effects come out.
// Supervisor gives it a real server. What the protocol leaves to the server is left to the server: the
// core looks at the method and the id of a message and forwards the rest unread.
package lspproxy

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/gorescue/gorescue/internal/lsp"
	"github.com/gorescue/gorescue/internal/text"
)

// outside is what the core does to its surroundings. No call blocks.
type outside interface {
	toEditor(body []byte)
	toServer(body []byte) // the present server
	start(s startup)      // another server; started or gone follows
	end(v Verdict)        // save the evidence, then end the present server; gone follows
	resume()              // let a stopped server go on
	record(e Event)
}

// startup says how a server is started.
type startup struct {
	gen   int
	level level // how much it must be spared
	alone bool  // without the shared daemon that did not answer
}

// phase is where the present server stands.
type phase int

const (
	fresh     phase = iota // started, and talks with the editor itself: the first server
	live                   // initialised and told everything
	ending                 // convicted; its evidence is being saved
	waiting                // there is none; one will be started
	starting               // its process is being made
	handshake              // started, and is told what the editor told the first one
	asleep                 // too many have died: the editor gets empty answers
	over                   // the editor said goodbye
)

// core is the state machine. Not safe for concurrent use.
type core struct {
	out  outside
	opt  Options
	now  func() time.Time
	lang text.Lang

	phase     phase
	gen       int // of the present server; events of older ones are ignored
	restartAt time.Time
	nextID    int64

	mem    memory
	ledger ledger
	asked  map[int64]question            // requests of the present server that the editor has not answered
	own    map[int64]func(m lsp.Message) // requests of ours that the server has not answered
	screen screen
	watch  watch
	mode   mode
	health health
	stats  stats

	verdict   Verdict   // of the server that is ending
	closing   time.Time // the editor asked for shutdown then
	shutdown  []byte    // its id, nil once answered
	touched   time.Time // last message of the editor
	diedAt    time.Time // the last death, until the editor is served again
	toldAt    time.Time // last message shown to the user
	shown     map[string]bool
	version   string // of the server, as v0.24.0; "" = unknown
	caps      []byte // capabilities that the editor was told
	alone     bool
	damage    map[string]bool
	resumedAt time.Time // a stopped server was let go on then
	probedAt  time.Time
	debugging bool // evidence is being taken: its messages are not for the user
}

func newCore(out outside, opt Options, now func() time.Time) *core {
	c := &core{
		out: out, opt: opt, now: now, lang: opt.Lang,
		asked: map[int64]question{}, own: map[int64]func(lsp.Message){}, shown: map[string]bool{}, damage: map[string]bool{},
	}
	c.ledger.init()
	c.screen.init()
	c.mem.init()
	c.stats.init()
	c.mode = newMode(opt, now)
	c.health = newHealth(opt, now)
	c.watch = watch{limits: opt.limits()}
	c.phase = waiting
	return c
}

// begin starts the first server.
func (c *core) begin() { c.startServer() }

// open reports whether the present server takes messages of the editor.
func (c *core) open() bool { return c.phase == fresh || c.phase == live }

func (c *core) id() int64 {
	c.nextID++
	return c.nextID
}

// ask sends a request of our own to the present server.
func (c *core) ask(method string, params any, answer func(m lsp.Message)) {
	n := c.id()
	c.own[n] = answer
	c.out.toServer(lsp.Request(lsp.NumberID(n), method, params))
}

func (c *core) tell(method string, params any) { c.out.toServer(lsp.Notification(method, params)) }

// fromEditor takes a message of the editor.
func (c *core) fromEditor(m lsp.Message) {
	c.touched = c.now()
	switch {
	case m.IsRequest():
		c.editorAsks(m)
	case m.IsResponse():
		c.editorAnswers(m)
	case m.Method != "":
		c.editorTells(m)
	}
}

// fromServer takes a message of the server of that generation.
func (c *core) fromServer(gen int, m lsp.Message) {
	if gen != c.gen || c.phase == over {
		return
	}
	c.watch.heard(c.now(), len(m.Body))
	switch {
	case m.IsRequest():
		c.serverAsks(m)
	case m.IsResponse():
		c.serverAnswers(m)
	case m.Method != "":
		c.serverTells(m)
	default:
		c.out.toEditor(m.Body) // an answer to nothing, as gopls gives to what it cannot read
	}
}

// damaged is told of a damaged stream, once per kind and side.
func (c *core) damaged(side string, d lsp.Damage, sample []byte) {
	key := side + string(d)
	if c.damage[key] {
		return
	}
	c.damage[key] = true
	c.out.record(Event{Kind: eventDamage, Why: side + ": " + string(d)})
	who := fromServerWord
	if side == sideEditor {
		who = fromEditorWord
	}
	c.show(levelWarning, damageWords.With("who", who.In(c.lang), "what", damageNames[d].In(c.lang), "sample", string(sample[:min(len(sample), 80)])))
}

// editorAsks takes a request of the editor.
func (c *core) editorAsks(m lsp.Message) {
	switch {
	case m.Method == "initialize" && c.mem.initialize == nil:
		c.mem.remember(m.Params)
		if l := lsp.String(m.Params, "locale"); l != "" && c.opt.Lang == "" {
			c.lang = text.FromEnv(l, nil)
		}
	case m.Method == "shutdown":
		c.closing, c.shutdown = c.now(), m.ID
		if !c.open() {
			c.farewell()
			return
		}
	}
	r := &request{id: m.ID, method: m.Method, msg: m, at: c.now()}
	r.uri, r.version = c.mem.about(m.Params)
	if c.phase == asleep {
		c.answerEmpty(r)
		return
	}
	c.ledger.add(c.id(), r)
	if c.open() {
		c.send(r)
	}
}

// send passes a request to the present server.
func (c *core) send(r *request) {
	r.sent, r.attempts = true, r.attempts+1
	if r.method == "initialize" && c.mode.level() != full {
		c.out.toServer(lsp.Request(lsp.NumberID(r.n), r.method, json.RawMessage(c.mem.introduction(c.spare))))
		return
	}
	c.out.toServer(r.msg.WithID(lsp.NumberID(r.n)))
}

// farewell answers shutdown in the place of a server that cannot.
func (c *core) farewell() {
	if c.shutdown == nil {
		return
	}
	if r := c.ledger.of(c.shutdown); r != nil {
		c.ledger.remove(r)
	}
	c.out.toEditor(lsp.Response(c.shutdown, nil))
	c.shutdown = nil
}

// editorTells takes a notification of the editor.
func (c *core) editorTells(m lsp.Message) {
	pass := c.open()
	switch m.Method {
	case "exit":
		c.phase = over
	case "$/cancelRequest":
		c.cancel(m)
		return
	case "window/workDoneProgress/cancel":
		pass = pass && c.screen.progress[string(lsp.Field(m.Params, "token"))]
	case "textDocument/didOpen", "textDocument/didChange", "textDocument/didClose":
		if pass {
			c.out.toServer(m.Body) // first: what follows costs time
		}
		if err := c.mem.edit(m); err != nil {
			c.log(badEditWords.With("method", m.Method, "err", err))
		}
		if m.Method == "textDocument/didOpen" && c.mode.level() == narrow {
			c.pushSettings() // the filter must let the new document in
		}
		return
	default:
		if c.mem.note(m) && !pass {
			return
		}
		if !pass && c.phase != asleep && held(m.Method) {
			c.mem.hold(m.Body)
		}
	}
	if pass {
		c.out.toServer(m.Body)
	}
}

// held reports whether a notification that finds no server is kept for the next one.
func held(method string) bool {
	return method == "workspace/didChangeWatchedFiles" || method == "textDocument/didSave" || strings.HasPrefix(method, "workspace/did")
}

// cancel passes a cancellation on, or does it when the request was not sent yet.
func (c *core) cancel(m lsp.Message) {
	r := c.ledger.of(lsp.Field(m.Params, "id"))
	switch {
	case r == nil:
	case !r.sent:
		c.ledger.remove(r)
		c.out.toEditor(lsp.Failure(r.id, lsp.CodeRequestCancelled, "cancelled"))
	default:
		r.cancelled = true
		if c.open() {
			c.tell("$/cancelRequest", map[string]any{"id": r.n})
		}
	}
}

// serverAnswers takes an answer of the server.
func (c *core) serverAnswers(m lsp.Message) {
	n, ok := m.Number()
	if !ok {
		return
	}
	if f := c.own[n]; f != nil {
		delete(c.own, n)
		f(m)
		return
	}
	r := c.ledger.byNumber[n]
	if r == nil {
		return
	}
	c.ledger.remove(r)
	c.stats.add(r.method, c.now().Sub(r.at))
	switch {
	case r.method == "initialize" && m.Error == nil:
		c.introduced(m.Result)
	case r.method == "shutdown":
		c.shutdown = nil
	case interactive(r.method):
		c.served()
	}
	c.out.toEditor(m.WithID(r.id))
}

// introduced takes the answer to the editor's own initialize.
func (c *core) introduced(result []byte) {
	c.caps = slices.Clone(lsp.Field(result, "capabilities"))
	c.mem.encoding = lsp.Encoding(lsp.String(c.caps, "positionEncoding"))
	c.version = goplsVersion(result)
	c.phase = live
	c.watch.live(c.now())
}

// served notes that a question of the user was answered: after a death this ends the time without service.
func (c *core) served() {
	c.watch.served(c.now())
	if !c.diedAt.IsZero() {
		c.out.record(Event{Kind: eventServed, Took: c.now().Sub(c.diedAt)})
		c.diedAt = time.Time{}
	}
}
