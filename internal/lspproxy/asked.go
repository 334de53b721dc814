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

// patience is how long a question about settings waits for a busy editor before the last answer is given again.
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
		if known := c.mem.settings[string(m.Params)]; known != nil && c.phase == handshake {
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
		before := c.mem.settings[string(q.params)]
		c.mem.settings[string(q.params)] = bytes.Clone(m.Result)
		if q.early {
			if !bytes.Equal(before, m.Result) {
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

// answerEarly gives the last known settings to a server whose editor is busy.
func (c *core) answerEarly() {
	for n, q := range c.asked {
		known := c.mem.settings[string(q.params)]
		if q.method != "workspace/configuration" || q.early || known == nil || c.now().Sub(q.at) < patience {
			continue
		}
		q.early = true
		c.asked[n] = q
		c.out.toServer(lsp.Response(q.id, json.RawMessage(c.spareAll(q.params, known))))
	}
}

// blocking reports whether the server may be waiting for the editor.
func (c *core) blocking() bool {
	for _, q := range c.asked {
		switch q.method {
		case "workspace/configuration", "client/registerCapability", "client/unregisterCapability", "workspace/workspaceFolders":
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
