package lspproxy

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/gorescue/gorescue/internal/lsp"
	"github.com/gorescue/gorescue/internal/text"
)

// request is a request of the editor that is not answered.
type request struct {
	n         int64  // the id it has at the server
	id        []byte // the id it has at the editor
	method    string
	msg       lsp.Message
	uri       string // the document it asks about, "" = none
	version   int64  // of that document when it was asked
	at        time.Time
	sent      bool
	attempts  int
	cancelled bool
}

// ledger holds the requests of the editor that are not answered. Ids at the server are never used twice,
// over all servers, so that a late answer cannot be taken for that to another request.
type ledger struct {
	byNumber map[int64]*request
	byEditor map[string]*request
}

func (l *ledger) init() {
	l.byNumber, l.byEditor = map[int64]*request{}, map[string]*request{}
}

func (l *ledger) add(n int64, r *request) {
	r.n = n
	l.byNumber[n], l.byEditor[string(r.id)] = r, r
}

func (l *ledger) of(editorID []byte) *request { return l.byEditor[string(editorID)] }

func (l *ledger) remove(r *request) {
	delete(l.byNumber, r.n)
	if l.byEditor[string(r.id)] == r {
		delete(l.byEditor, string(r.id))
	}
}

// all returns the requests in the order in which they were asked.
func (l *ledger) all() []*request {
	return slices.SortedFunc(maps.Values(l.byNumber), func(a, b *request) int { return cmp.Compare(a.n, b.n) })
}

// waitingSince returns when the oldest question of a person was asked that is not answered.
func (l *ledger) waitingSince() (t time.Time) {
	for _, r := range l.byNumber {
		if r.sent && interactive(r.method) && (t.IsZero() || r.at.Before(t)) {
			t = r.at
		}
	}
	return t
}

// interactive reports whether a person waits for the answer before going on. Searches over the whole
// workspace are not meant: they may take their time.
func interactive(method string) bool {
	switch method {
	case "textDocument/completion", "textDocument/hover", "textDocument/signatureHelp", "textDocument/definition", "textDocument/formatting":
		return true
	}
	return false
}

// reads are the requests that change nothing: they may be asked again, and null is an honest answer when
// there is nobody to ask.
var reads = []string{
	"completion", "hover", "signatureHelp", "declaration", "definition", "typeDefinition", "implementation", "references",
	"documentHighlight", "documentSymbol", "codeAction", "codeLens", "documentLink", "documentColor", "formatting",
	"rangeFormatting", "rangesFormatting", "onTypeFormatting", "foldingRange", "selectionRange", "prepareRename", "prepareCallHierarchy",
	"prepareTypeHierarchy", "linkedEditingRange", "moniker", "inlayHint", "inlineValue", "inlineCompletion",
	"semanticTokens/full", "semanticTokens/range",
}

// repeatable reports whether a request may be asked twice.
func repeatable(method string) bool {
	switch method {
	case "initialize", "workspace/symbol", "textDocument/rename", "textDocument/diagnostic", "workspace/diagnostic",
		"callHierarchy/incomingCalls", "callHierarchy/outgoingCalls", "typeHierarchy/supertypes", "typeHierarchy/subtypes":
		return true
	}
	name, ok := strings.CutPrefix(method, "textDocument/")
	return ok && slices.Contains(reads, name)
}

// ofOldServer reports whether a request carries data that only the server which made it understands.
func ofOldServer(method string) bool {
	return strings.HasSuffix(method, "/resolve") || strings.HasPrefix(method, "textDocument/semanticTokens/full/")
}

// answerEmpty answers a request when no server will.
func (c *core) answerEmpty(r *request) {
	name, ok := strings.CutPrefix(r.method, "textDocument/")
	body := lsp.Failure(r.id, lsp.CodeRequestFailed, noServerWords.With().In(c.lang))
	switch {
	case r.method == "initialize":
		c.caps = []byte(`{"textDocumentSync":2}`)
		body = lsp.Response(r.id, map[string]any{"capabilities": json.RawMessage(c.caps)})
	case r.method == "textDocument/completion":
		body = lsp.Response(r.id, map[string]any{"isIncomplete": true, "items": []any{}})
	case ok && slices.Contains(reads, name), r.method == "workspace/symbol", r.method == "shutdown":
		body = lsp.Response(r.id, nil)
	}
	c.out.toEditor(body)
}

// afterDeath decides what becomes of the requests that a dead server leaves. What remains in the ledger is to
// be sent to the next one.
func (c *core) afterDeath() {
	for _, r := range c.ledger.all() {
		code, words := 0, text.Msg{}
		switch {
		case r.cancelled:
			code, words = lsp.CodeRequestCancelled, cancelledWords.With()
		case !r.sent:
		case ofOldServer(r.method):
			code, words = lsp.CodeContentModified, outdatedWords.With()
		case !repeatable(r.method):
			code, words = lsp.CodeRequestFailed, unknownEffectWords.With()
		case r.attempts >= 2 && r.method != "initialize": // it may be what kills the server
			code, words = lsp.CodeRequestFailed, twiceWords.With()
		}
		if code != 0 {
			c.ledger.remove(r)
			c.out.toEditor(lsp.Failure(r.id, code, words.In(c.lang)))
			continue
		}
		if r.sent {
			c.ledger.remove(r)
			r.sent = false
			c.ledger.add(c.id(), r)
		}
	}
}

// sendWaiting sends what waits to a server that knows the documents. A question about a text that has
// changed since is not worth an answer.
func (c *core) sendWaiting() {
	for _, r := range c.ledger.all() {
		if r.sent {
			continue
		}
		if _, now := c.mem.document(r.uri); r.uri != "" && now != r.version {
			c.ledger.remove(r)
			c.out.toEditor(lsp.Failure(r.id, lsp.CodeContentModified, outdatedWords.With().In(c.lang)))
			continue
		}
		c.send(r)
	}
}

// answerAll answers everything that waits, because no server will.
func (c *core) answerAll() {
	for _, r := range c.ledger.all() {
		c.ledger.remove(r)
		c.answerEmpty(r)
	}
}
