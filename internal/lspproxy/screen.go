package lspproxy

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/gorescue/gorescue/internal/lsp"
)

// screen is what the editor shows, or does, because some server said so.
type screen struct {
	progress map[string]bool // open tokens of the present server, raw
	moved    time.Time       // the last word about any work
	problems map[string]bool // documents with diagnostics
	stale    map[string]bool // those of problems that the present server has not confirmed

	registered map[string]registration // by id
	unsure     map[string]bool         // ids that the present server has not registered
	sweepAt    time.Time               // when what is stale and unsure is taken away; zero = never
}

type registration struct {
	ID      string          `json:"id"`
	Method  string          `json:"method"`
	Options json.RawMessage `json:"registerOptions,omitempty"`
}

func (s *screen) init() {
	s.progress, s.problems, s.stale = map[string]bool{}, map[string]bool{}, map[string]bool{}
	s.registered, s.unsure = map[string]registration{}, map[string]bool{}
}

// The titles that gopls gives to its first load (gopls/internal/server/general.go), and to an error that
// it shows as work without an end.
const (
	titleLoad  = "Setting up workspace"
	titleError = "Error loading workspace"
)

// serverTells takes a notification of the server.
func (c *core) serverTells(m lsp.Message) {
	switch m.Method {
	case "$/progress":
		c.progressed(m.Params)
	case "textDocument/publishDiagnostics":
		c.screen.published(m.Params)
	case "window/showMessage":
		words := lsp.String(m.Params, "message")
		if c.debugging && strings.HasPrefix(words, "Debug: ") {
			return
		}
		if c.gen > 1 && c.shown[words] {
			return // a server that is started again says the same again
		}
		if len(c.shown) < 200 {
			c.shown[words] = true
		}
	}
	c.out.toEditor(m.Body)
}

// progressed follows the work that is under way, and when the first load is over.
func (c *core) progressed(params []byte) {
	token := string(lsp.Field(params, "token"))
	c.screen.moved = c.now()
	switch lsp.String(params, "value", "kind") {
	case "begin":
		title := lsp.String(params, "value", "title")
		if title == titleError {
			c.screen.moved = time.Time{}
		}
		c.screen.progress[token] = true
		if title == titleLoad {
			c.watch.loading(token)
		}
	case "end":
		delete(c.screen.progress, token)
		if c.watch.loaded(token, c.now()) && !c.screen.sweepAt.IsZero() {
			c.screen.sweepAt = c.now().Add(sweepAfter)
		}
	}
}

func (s *screen) published(params []byte) {
	uri := lsp.String(params, "uri")
	delete(s.stale, uri)
	list := lsp.Field(params, "diagnostics")
	if len(bytes.TrimSpace(bytes.Trim(list, "[]"))) == 0 || string(list) == "null" {
		delete(s.problems, uri)
	} else {
		s.problems[uri] = true
	}
}

// register notes what a server registers; false when the editor has every one of them exactly so. Those
// that differ are taken back first, since the protocol forbids the same id twice.
func (s *screen) register(params []byte, withdraw func([]registration)) bool {
	var p struct{ Registrations []registration }
	if json.Unmarshal(params, &p) != nil {
		return true
	}
	fresh := len(p.Registrations) == 0
	var changed []registration
	for _, r := range p.Registrations {
		old, known := s.registered[r.ID]
		delete(s.unsure, r.ID)
		if known && old.Method == r.Method && bytes.Equal(old.Options, r.Options) {
			continue
		}
		fresh = true
	}
	if !fresh {
		return false
	}
	for _, r := range p.Registrations {
		if old, known := s.registered[r.ID]; known {
			changed = append(changed, registration{ID: old.ID, Method: old.Method})
		}
		s.registered[r.ID] = r
	}
	withdraw(changed)
	return true
}

func (s *screen) unregister(params []byte) {
	var p struct {
		Unregisterations []registration // spelt so in the protocol
	}
	if json.Unmarshal(params, &p) == nil {
		for _, r := range p.Unregisterations {
			delete(s.registered, r.ID)
			delete(s.unsure, r.ID)
		}
	}
}

// When the leavings of a dead server are taken away: that long after the next one has loaded, or after it
// was started when it never says so.
const (
	sweepAfter  = 10 * time.Second
	sweepLatest = 3 * time.Minute
)

// orphan marks everything on the screen as that of a dead server, and ends its open work.
func (c *core) orphan() {
	for _, token := range slices.Sorted(maps.Keys(c.screen.progress)) {
		c.out.toEditor(lsp.Notification("$/progress", map[string]any{"token": json.RawMessage(token), "value": map[string]any{"kind": "end"}}))
	}
	clear(c.screen.progress)
	c.screen.stale = maps.Clone(c.screen.problems)
	for id := range c.screen.registered {
		c.screen.unsure[id] = true
	}
	c.screen.sweepAt = c.now().Add(sweepLatest)
}

// sweep takes away what the present server has not confirmed.
func (c *core) sweep() {
	c.screen.sweepAt = time.Time{}
	for _, uri := range slices.Sorted(maps.Keys(c.screen.stale)) {
		c.clearProblems(uri)
	}
	var gone []registration
	for _, id := range slices.Sorted(maps.Keys(c.screen.unsure)) {
		r := c.screen.registered[id]
		gone = append(gone, registration{ID: id, Method: r.Method})
		delete(c.screen.registered, id)
	}
	clear(c.screen.unsure)
	c.withdraw(gone)
}

func (c *core) clearProblems(uri string) {
	delete(c.screen.stale, uri)
	delete(c.screen.problems, uri)
	c.out.toEditor(lsp.Notification("textDocument/publishDiagnostics", map[string]any{"uri": uri, "diagnostics": []any{}}))
}
