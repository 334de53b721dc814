package lspproxy

import (
	"bytes"
	"encoding/json"
	"slices"

	"github.com/gorescue/gorescue/internal/lsp"
)

// maxHeld bounds the notifications that are kept for the next server. A fresh server reads the disk anyway.
const maxHeld = 1000

// memory is what a new server must be told.
type memory struct {
	initialize    []byte // the params
	initialized   bool
	configuration []byte            // params of the last didChangeConfiguration
	trace         []byte            // params of the last $/setTrace
	added         []json.RawMessage // workspace folders since initialize
	removed       []json.RawMessage
	docs          map[string]*lsp.Document
	order         []string // of opening
	encoding      lsp.Encoding
	settings      map[string][]byte // last answers to workspace/configuration, by item and by section
	notes         [][]byte          // notifications for the next server
}

func (m *memory) init() {
	m.docs, m.settings = map[string]*lsp.Document{}, map[string][]byte{}
}

func (m *memory) remember(params []byte) {
	m.initialize = bytes.Clone(params)
	if m.initialize == nil {
		m.initialize = []byte("{}")
	}
}

// edit follows the text of the documents.
func (m *memory) edit(msg lsp.Message) error {
	switch msg.Method {
	case "textDocument/didOpen":
		d, err := lsp.Open(msg.Params)
		if err != nil {
			return err
		}
		if m.docs[d.URI] == nil {
			m.order = append(m.order, d.URI)
		}
		m.docs[d.URI] = d
	case "textDocument/didChange":
		d := m.docs[lsp.String(msg.Params, "textDocument", "uri")]
		if d == nil {
			return nil // not open: the server's own affair
		}
		return d.Apply(msg.Params, m.encoding)
	case "textDocument/didClose":
		uri := lsp.String(msg.Params, "textDocument", "uri")
		delete(m.docs, uri)
		m.order = slices.DeleteFunc(m.order, func(u string) bool { return u == uri })
	}
	return nil
}

// document returns an open document and its version; nil and -1 when it is not open.
func (m *memory) document(uri string) (*lsp.Document, int64) {
	if d := m.docs[uri]; d != nil {
		return d, d.Version
	}
	return nil, -1
}

// about returns which document a request is about, and its present version.
func (m *memory) about(params []byte) (uri string, version int64) {
	uri = lsp.String(params, "textDocument", "uri")
	_, version = m.document(uri)
	return uri, version
}

// note remembers a notification whose effect a new server must have; true when it will be told anyway.
func (m *memory) note(msg lsp.Message) bool {
	switch msg.Method {
	case "initialized":
		m.initialized = true
	case "workspace/didChangeConfiguration":
		m.configuration = bytes.Clone(msg.Params)
	case "$/setTrace":
		m.trace = bytes.Clone(msg.Params)
	case "workspace/didChangeWorkspaceFolders":
		m.folders(lsp.Field(msg.Params, "event"))
	default:
		return false
	}
	return true
}

// folders sums up the changes of the workspace folders: what is removed again needs not be added.
func (m *memory) folders(event []byte) {
	var e struct{ Added, Removed []json.RawMessage }
	if json.Unmarshal(event, &e) != nil {
		return
	}
	same := func(list []json.RawMessage, f json.RawMessage) int {
		return slices.IndexFunc(list, func(g json.RawMessage) bool { return lsp.String(f, "uri") == lsp.String(g, "uri") })
	}
	for _, f := range e.Removed {
		if i := same(m.added, f); i >= 0 {
			m.added = slices.Delete(m.added, i, i+1)
		} else {
			m.removed = append(m.removed, f)
		}
	}
	for _, f := range e.Added {
		if i := same(m.removed, f); i >= 0 {
			m.removed = slices.Delete(m.removed, i, i+1)
		} else {
			m.added = append(m.added, f)
		}
	}
}

// hold keeps a notification for the next server.
func (m *memory) hold(body []byte) {
	if len(m.notes) < maxHeld {
		m.notes = append(m.notes, body)
	}
}

// introduction is the params of initialize, with the settings in it as settings makes them.
func (m *memory) introduction(settings func(raw []byte) []byte) []byte {
	var p map[string]json.RawMessage
	if json.Unmarshal(m.initialize, &p) != nil || p == nil {
		return m.initialize
	}
	p["initializationOptions"] = settings(p["initializationOptions"])
	out, err := json.Marshal(p)
	if err != nil {
		return m.initialize
	}
	return out
}

// keepSettings remembers an answer to workspace/configuration.
func (m *memory) keepSettings(params, result []byte) {
	var p struct{ Items []json.RawMessage }
	var values []json.RawMessage
	if json.Unmarshal(params, &p) != nil || json.Unmarshal(result, &values) != nil || len(values) != len(p.Items) {
		return
	}
	for i, item := range p.Items {
		m.settings[string(item)] = values[i]
		m.settings[lsp.String(item, "section")] = values[i]
	}
}

// lastSettings is what the editor answered last; for a folder that was not asked about, what it answered for
// another. nil when it never did.
func (m *memory) lastSettings(params []byte) []byte {
	var p struct{ Items []json.RawMessage }
	if json.Unmarshal(params, &p) != nil {
		return nil
	}
	values := make([]json.RawMessage, len(p.Items))
	for i, item := range p.Items {
		v, ok := m.settings[string(item)]
		if !ok {
			v, ok = m.settings[lsp.String(item, "section")]
		}
		if !ok {
			return nil
		}
		values[i] = v
	}
	out, err := json.Marshal(values)
	if err != nil {
		return nil
	}
	return out
}
