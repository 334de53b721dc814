// Package jsonc reads JSON with comments as editors read their settings: comments and trailing commas are
// allowed, a duplicate key is legal and its last value wins, and reading goes on behind an error, so that
// what an editor still sees of a damaged file can be told. Every value keeps its place in the text; edits
// and mendings are exact pieces of text, so that comments, order and layout stay.
package jsonc

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
)

// Kind is the kind of a value.
type Kind int

// The kinds of values.
const (
	Object Kind = iota + 1
	Array
	String
	Number
	Bool
	Null
)

// Node is one value.
type Node struct {
	Kind       Kind
	Start, End int // bytes [Start, End) of the text
	Members    []Member
	Items      []*Node
	Text       string // of a string: decoded
	Open       bool   // an object or array whose end is missing
}

// Member is one entry of an object.
type Member struct {
	Key        string
	Start, End int   // of the key with its quotes
	Value      *Node // nil = missing
	Comma      int   // place of the comma behind it, -1 = none
}

// Problem is what an error is about.
type Problem string

// The problems.
const (
	WantComma  Problem = "comma expected"
	WantColon  Problem = "colon expected"
	WantValue  Problem = "value expected"
	WantKey    Problem = "property name expected"
	WantEnd    Problem = "end of file expected" // something follows the first complete value
	Unfinished Problem = "unexpected end of file"
	BadString  Problem = "unterminated or invalid string"
	// WantEndOfList: an array ends with the bracket of an object.
	WantEndOfList Problem = "closing bracket expected"
	BadToken      Problem = "unexpected text"
	TooDeep       Problem = "nested too deeply"
)

// Error is one mistake.
type Error struct {
	Offset  int
	Problem Problem
}

// Doc is a text with its first value and everything that is wrong with it, in order.
type Doc struct {
	Src    []byte
	Root   *Node // nil = no value at all
	Errors []Error
}

// maxDepth bounds nesting; maxErrors bounds how many errors are kept.
const (
	maxDepth  = 200
	maxErrors = 50
)

// Parse reads a text. It never fails and takes time linear in the text.
func Parse(src []byte) *Doc {
	p := &parser{Doc: &Doc{Src: src}}
	if bytes.HasPrefix(src, []byte("\ufeff")) {
		p.i = 3
	}
	p.space()
	if p.i == len(src) {
		return p.Doc // an empty file is no error: it has no settings
	}
	p.Root = p.value(0)
	p.space()
	if p.i < len(src) {
		p.fail(p.i, WantEnd)
	}
	return p.Doc
}

// Line is the line of an offset, from 1.
func (d *Doc) Line(offset int) int {
	return 1 + bytes.Count(d.Src[:min(offset, len(d.Src))], []byte("\n"))
}

// Raw is the text of a value.
func (d *Doc) Raw(n *Node) string { return string(d.Src[n.Start:n.End]) }

// Get returns the value of a key as a reader sees it: the last one. nil = none or no object.
func (n *Node) Get(key string) *Node {
	if n == nil {
		return nil
	}
	for i := len(n.Members) - 1; i >= 0; i-- {
		if n.Members[i].Key == key && n.Members[i].Value != nil {
			return n.Members[i].Value
		}
	}
	return nil
}

// Entries are the members of an object that have a value. n may be nil.
func (n *Node) Entries() []Member {
	if n == nil {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(n.Members), func(m Member) bool { return m.Value == nil })
}

// Find follows keys from the root; nil = not there. d may be nil.
func (d *Doc) Find(keys ...string) *Node {
	if d == nil {
		return nil
	}
	n := d.Root
	for _, k := range keys {
		n = n.Get(k)
	}
	return n
}

// Plain is the value as encoding/json makes it: map[string]any, []any, string, json.Number, bool, nil.
func (d *Doc) Plain(n *Node) any {
	if n == nil {
		return nil
	}
	switch n.Kind {
	case Object:
		m := make(map[string]any, len(n.Members))
		for _, e := range n.Members {
			if e.Value != nil {
				m[e.Key] = d.Plain(e.Value)
			}
		}
		return m
	case Array:
		list := make([]any, 0, len(n.Items))
		for _, e := range n.Items {
			list = append(list, d.Plain(e))
		}
		return list
	case String:
		return n.Text
	case Number:
		return json.Number(d.Raw(n))
	case Bool:
		return d.Raw(n) == "true"
	}
	return nil
}

type parser struct {
	*Doc
	i int
}

func (p *parser) fail(at int, what Problem) {
	if len(p.Errors) < maxErrors {
		p.Errors = append(p.Errors, Error{at, what})
	}
}

func (p *parser) peek() byte {
	if p.i < len(p.Src) {
		return p.Src[p.i]
	}
	return 0
}

// space skips blanks and comments.
func (p *parser) space() {
	for p.i < len(p.Src) {
		rest := p.Src[p.i:]
		switch {
		case strings.IndexByte(" \t\r\n", rest[0]) >= 0:
			p.i++
		case bytes.HasPrefix(rest, []byte("//")):
			if n := bytes.IndexByte(rest, '\n'); n >= 0 {
				p.i += n
			} else {
				p.i = len(p.Src)
			}
		case bytes.HasPrefix(rest, []byte("/*")):
			if n := bytes.Index(rest[2:], []byte("*/")); n >= 0 {
				p.i += n + 4
			} else {
				p.fail(p.i, Unfinished)
				p.i = len(p.Src)
			}
		default:
			return
		}
	}
}

// value reads the value that begins here; nil when there is none.
func (p *parser) value(depth int) *Node {
	start := p.i
	if depth > maxDepth {
		p.fail(p.i, TooDeep)
		p.i = len(p.Src)
		return nil
	}
	switch c := p.peek(); {
	case c == '{':
		return p.object(depth)
	case c == '[':
		return p.array(depth)
	case c == '"':
		s, _ := p.str()
		return &Node{Kind: String, Start: start, End: p.i, Text: s}
	case p.i == len(p.Src):
		p.fail(p.i, Unfinished)
		return nil
	case strings.IndexByte("}],:", c) >= 0:
		p.fail(p.i, WantValue)
		return nil
	}
	word := p.word()
	n := &Node{Start: start, End: p.i}
	switch {
	case word == "true" || word == "false":
		n.Kind = Bool
	case word == "null":
		n.Kind = Null
	case json.Valid([]byte(word)):
		n.Kind = Number
	default:
		p.fail(start, BadToken)
		return nil
	}
	return n
}

// word reads up to the next sign that means something in JSON.
func (p *parser) word() string {
	start := p.i
	for p.i < len(p.Src) && strings.IndexByte("{}[],:\" \t\r\n", p.Src[p.i]) < 0 && !bytes.HasPrefix(p.Src[p.i:], []byte("//")) && !bytes.HasPrefix(p.Src[p.i:], []byte("/*")) {
		p.i++
	}
	if p.i == start {
		p.i++
	}
	return string(p.Src[start:p.i])
}

// str reads a string; an unfinished one ends with its line.
func (p *parser) str() (string, bool) {
	start := p.i
	for j := p.i + 1; j < len(p.Src) && p.Src[j] != '\n'; j++ {
		switch p.Src[j] {
		case '\\':
			j++
		case '"':
			p.i = j + 1
			var s string
			if json.Unmarshal(p.Src[start:p.i], &s) != nil {
				p.fail(start, BadString)
				return string(p.Src[start+1 : j]), false
			}
			return s, true
		}
	}
	p.fail(start, BadString)
	n := bytes.IndexByte(p.Src[start:], '\n')
	if n < 0 {
		p.fail(len(p.Src), Unfinished)
		n = len(p.Src) - start
	}
	p.i = start + n
	return strings.TrimRight(string(p.Src[start+1:p.i]), "\r"), false
}

func (p *parser) object(depth int) *Node {
	n := &Node{Kind: Object, Start: p.i}
	p.i++
	for {
		p.space()
		if p.i == len(p.Src) {
			n.Open, n.End = true, p.i
			p.fail(p.i, Unfinished)
			return n
		}
		switch c := p.peek(); {
		case c == '}':
			p.i++
			n.End = p.i
			return n
		case c == ']':
			p.fail(p.i, WantKey)
			n.Open, n.End = true, p.i
			return n
		case c != '"':
			p.fail(p.i, WantKey)
			if c == '{' || c == '[' {
				p.value(depth + 1)
			} else {
				p.word()
			}
			continue
		}
		if k := len(n.Members); k > 0 && n.Members[k-1].Comma < 0 {
			p.fail(p.i, WantComma)
		}
		n.Members = append(n.Members, p.member(depth))
	}
}

// member reads a key, its value and the comma behind it.
func (p *parser) member(depth int) Member {
	m := Member{Start: p.i, Comma: -1}
	m.Key, _ = p.str()
	m.End = p.i
	p.space()
	switch {
	case p.peek() == ':':
		p.i++
		p.space()
		m.Value = p.value(depth + 1)
	case p.i == len(p.Src):
		p.fail(p.i, Unfinished)
		return m
	default:
		p.fail(p.i, WantColon)
		if c := p.peek(); c != ',' && c != '}' && c != ']' {
			m.Value = p.value(depth + 1)
		}
	}
	p.space()
	if p.peek() == ',' {
		m.Comma = p.i
		p.i++
	}
	return m
}

func (p *parser) array(depth int) *Node {
	n := &Node{Kind: Array, Start: p.i}
	p.i++
	comma := true
	for {
		p.space()
		switch c := p.peek(); {
		case p.i == len(p.Src):
			n.Open, n.End = true, p.i
			p.fail(p.i, Unfinished)
			return n
		case c == ']':
			p.i++
			n.End = p.i
			return n
		case c == '}':
			p.fail(p.i, WantEndOfList)
			n.Open, n.End = true, p.i
			return n
		case c == ',' || c == ':':
			p.fail(p.i, WantValue)
			p.i++
			continue
		}
		if !comma {
			p.fail(p.i, WantComma)
		}
		if v := p.value(depth + 1); v != nil {
			n.Items = append(n.Items, v)
		}
		p.space()
		if comma = p.peek() == ','; comma {
			p.i++
		}
	}
}
