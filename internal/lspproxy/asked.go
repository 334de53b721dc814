package lspproxy

import (
	"bytes"
	"encoding/json"
	"time"

	"github.com/gorescue/gorescue/internal/lsp"
)

// question is a request of the server that the editor has not answered. The editor sees an id of ours,
// since every server counts anew.
type question struct {
	id     []byte // at the server
	method string
	params []byte
	at     time.Time
	early  bool // answered from memory, because the editor was busy
}

// patience is how long a question waits for a busy editor before it is answered from memory.
const patience = 2 * time.Second

// serverAsks takes a request of the server.
func (c *core) serverAsks(m lsp.Message) {
	switch m.Method {
	case "client/registerCapability":
		if !c.screen.register(m.Params, c.withdraw) {
			c.out.toServer(lsp.Response(m.ID, nil)) // the editor has them all
			return
		}
	case "client/unregisterCapability":
		c.screen.unregister(m.Params)
	case "workspace/configuration":
		if known := c.mem.lastSettings(m.Params); known != nil && c.phase == handshake {
			c.out.toServer(lsp.Response(m.ID, json.RawMessage(c.spareAll(m.Params, known))))
			return
		}
	}
	n := c.id()
	c.asked[n] = question{id: m.ID, method: m.Method, params: m.Params, at: c.now()}
	c.out.toEditor(m.WithID(lsp.NumberID(n)))
}

// withdraw takes registrations back at the editor.
func (c *core) withdraw(list []registration) {
	if len(list) == 0 {
		return
	}
	n := c.id()
	c.asked[n] = question{at: c.now()} // nobody waits for the answer
	c.out.toEditor(lsp.Request(lsp.NumberID(n), "client/unregisterCapability", map[string]any{"unregisterations": list}))
}

// editorAnswers takes an answer of the editor. Answers to dead servers are dropped.
func (c *core) editorAnswers(m lsp.Message) {
	n, ok := m.Number()
	q, known := c.asked[n]
	if !ok || !known {
		return
	}
	delete(c.asked, n)
	if q.method == "" {
		return
	}
	body := m.WithID(q.id)
	if q.method == "workspace/configuration" && m.Result != nil {
		before := c.mem.lastSettings(q.params)
		c.mem.keepSettings(q.params, m.Result)
		if q.early {
			if !bytes.Equal(before, c.mem.lastSettings(q.params)) {
				c.pushSettings()
			}
			return
		}
		if c.mode.level() != full {
			body = lsp.Response(q.id, json.RawMessage(c.spareAll(q.params, m.Result)))
		}
	}
	if !q.early {
		c.out.toServer(body)
	}
}

// answerEarly answers for a busy editor: with the last known settings, or with nothing where nothing is
// the answer anyway.
func (c *core) answerEarly() {
	for n, q := range c.asked {
		if q.early || c.now().Sub(q.at) < patience {
			continue
		}
		var result json.RawMessage
		switch q.method {
		case "workspace/configuration":
			known := c.mem.lastSettings(q.params)
			if known == nil {
				continue
			}
			result = c.spareAll(q.params, known)
		case "client/registerCapability", "client/unregisterCapability", "window/workDoneProgress/create":
			result = json.RawMessage("null")
		default:
			continue
		}
		q.early = true
		c.asked[n] = q
		c.out.toServer(lsp.Response(q.id, result))
	}
}

// blocking reports whether the server may be waiting for the editor.
func (c *core) blocking() bool {
	for _, q := range c.asked {
		switch q.method {
		case "workspace/configuration", "workspace/workspaceFolders":
			if !q.early {
				return true
			}
		}
	}
	return false
}

// pushSettings makes the server ask for its settings again.
func (c *core) pushSettings() {
	if c.phase == live && c.mem.initialized {
		c.tell("workspace/didChangeConfiguration", map[string]any{"settings": nil})
	}
}

// forgetQuestions tells the editor that a dead server waits for no answer.
func (c *core) forgetQuestions() {
	for n, q := range c.asked {
		delete(c.asked, n)
		if q.method != "" {
			c.out.toEditor(lsp.Notification("$/cancelRequest", map[string]any{"id": n}))
		}
	}
}
