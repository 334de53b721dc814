// Package lsp knows as much of the Language Server Protocol as a proxy needs: the framing of
// messages, the few members that decide where a message goes, and the text that incremental changes
// make of a document. It decodes nothing else and keeps every byte of what it passes on.
//
// The protocol: https://microsoft.github.io/language-server-protocol/specifications/lsp/3.17/specification/
package lsp

import (
	"encoding/json"
	"errors"
	"strconv"
)

// Error codes of JSON-RPC and the protocol that a proxy answers with.
const (
	CodeMethodNotFound   = -32601
	CodeRequestFailed    = -32803
	CodeServerCancelled  = -32802
	CodeContentModified  = -32801
	CodeRequestCancelled = -32800
)

// Message is one JSON-RPC message and where in it the members stand that a proxy looks at. Members that
// are not there are nil. All slices alias Body.
type Message struct {
	Body   []byte
	ID     []byte // raw JSON: a number or a string; nil for a notification
	Method string // "" for a response
	Params []byte
	Result []byte
	Error  []byte
	idAt   int
}

// The mistakes that Parse tells apart.
var (
	errShort  = errors.New("the message ends too early")
	errLong   = errors.New("the message is followed by something else")
	errSyntax = errors.New("the message is no JSON object")
)

// Parse looks at the members of one message. It checks the structure of the whole, so that a message
// that passes begins and ends where its sender meant it to; it does not check numbers and literals.
func Parse(body []byte) (Message, error) {
	m, end, err := parse(body)
	if err != nil {
		return Message{}, err
	}
	if space(body, end) != len(body) {
		return Message{}, errLong
	}
	return m, nil
}

// parse also returns where the message ends.
func parse(body []byte) (m Message, end int, err error) {
	m.Body = body
	end, err = object(body, space(body, 0), func(key string, from, to int) bool {
		raw := body[from:to:to]
		switch key {
		case "id":
			if string(raw) != "null" {
				m.ID, m.idAt = raw, from
			}
		case "method":
			m.Method = text(raw)
		case "params":
			m.Params = raw
		case "result":
			m.Result = raw
		case "error":
			m.Error = raw
		}
		return true
	})
	m.Body = body[:end]
	return m, end, err
}

// IsRequest reports whether an answer is expected.
func (m Message) IsRequest() bool { return m.Method != "" && m.ID != nil }

// IsResponse reports whether it is an answer.
func (m Message) IsResponse() bool { return m.Method == "" && m.ID != nil }

// WithID returns the message's body with another id and every other byte as it was. The message must have
// an id.
func (m Message) WithID(id []byte) []byte {
	out := make([]byte, 0, len(m.Body)-len(m.ID)+len(id))
	out = append(out, m.Body[:m.idAt]...)
	out = append(out, id...)
	return append(out, m.Body[m.idAt+len(m.ID):]...)
}

// Number returns the id as a number; ok is false for strings.
func (m Message) Number() (n int64, ok bool) {
	n, err := strconv.ParseInt(string(m.ID), 10, 64)
	return n, err == nil
}

// NumberID is the raw form of a number as an id.
func NumberID(n int64) []byte { return strconv.AppendInt(nil, n, 10) }

// Field returns the raw member at a path of keys below a raw JSON object, nil when there is none.
func Field(raw []byte, keys ...string) []byte {
	for _, want := range keys {
		var found []byte
		_, err := object(raw, space(raw, 0), func(key string, from, to int) bool {
			if key == want {
				found = raw[from:to:to]
				return false
			}
			return true
		})
		if found == nil || err != nil && err != errStop {
			return nil
		}
		raw = found
	}
	return raw
}

// String returns the member at a path of keys as a string, "" when there is none or it is something else.
func String(raw []byte, keys ...string) string { return text(Field(raw, keys...)) }

// text decodes a raw JSON string; "" when it is none.
func text(raw []byte) string {
	if len(raw) < 2 || raw[0] != '"' {
		return ""
	}
	plain := true
	for _, c := range raw {
		if c == '\\' || c >= 0x80 {
			plain = false
			break
		}
	}
	if plain {
		return string(raw[1 : len(raw)-1])
	}
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}

// Request makes the body of a request. Params are encoded as JSON; nil leaves them out. A value that cannot be
// encoded is a mistake of the programmer and panics.
func Request(id []byte, method string, params any) []byte {
	return encode(envelope{Version: "2.0", ID: id, Method: method, Params: params})
}

// Notification makes the body of a notification.
func Notification(method string, params any) []byte {
	return encode(envelope{Version: "2.0", Method: method, Params: params})
}

// Response makes the body of an answer. A nil result is null.
func Response(id []byte, result any) []byte {
	if result == nil {
		result = json.RawMessage("null")
	}
	return encode(envelope{Version: "2.0", ID: id, Result: result})
}

// Failure makes the body of an answer that is an error.
func Failure(id []byte, code int, message string) []byte {
	return encode(envelope{Version: "2.0", ID: id, Error: map[string]any{"code": code, "message": message}})
}

type envelope struct {
	Version string          `json:"jsonrpc"`
	ID      json.RawMessage `json:"id,omitempty"`
	Method  string          `json:"method,omitempty"`
	Params  any             `json:"params,omitempty"`
	Result  any             `json:"result,omitempty"`
	Error   any             `json:"error,omitempty"`
}

func encode(e envelope) []byte {
	b, err := json.Marshal(e)
	if err != nil {
		panic("lsp: " + err.Error())
	}
	return b
}
