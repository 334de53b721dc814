// Package gitconfig reads git's configuration files with the position of every setting, and goes on behind
// a line that git cannot read. The syntax is that of git-config(1), section "Syntax"; the verdict about a
// line agrees with git itself (measured by a test that asks it).
package gitconfig

import (
	"bytes"
	"strings"
)

// Entry is one setting.
type Entry struct {
	Section string // lower case
	Sub     string // subsection as written in quotes; lower case in the old form [a.b]
	Key     string // lower case
	Value   string
	Bool    bool // it stands without "=": true
	Line    int  // of its name, from 1
	Start   int  // byte offset of the line of its name
	End     int  // byte offset behind its last line
	Alone   bool // nothing else stands on its lines
}

// Name is section.sub.key, as git prints it.
func (e Entry) Name() string {
	if e.Section == "" {
		return e.Key
	}
	if e.Sub == "" {
		return e.Section + "." + e.Key
	}
	return e.Section + "." + e.Sub + "." + e.Key
}

// Bad is a line that git cannot read.
type Bad struct {
	Line   int
	Start  int // byte offset of the line
	Text   string
	Header bool // it begins a section, or was meant to
}

// Parse reads a file. Behind a bad line it goes on as if that line were a comment.
func Parse(data []byte) (entries []Entry, bad []Bad) {
	p := &parser{data: data, line: 1}
	if bytes.HasPrefix(data, []byte("\xef\xbb\xbf")) {
		p.at = 3
	}
	for p.at < len(p.data) {
		start, header := p.at, false
		if err := p.step(&header); err {
			b := p.mark(start)
			b.Header = header || len(bytes.TrimSpace(p.data[b.Start:min(start, len(p.data))])) > 0
			bad = append(bad, b)
		}
	}
	return p.entries, bad
}

type parser struct {
	data    []byte
	at      int
	line    int
	section string
	sub     string
	entries []Entry
}

// next returns the next character, '\n' at the end; "\r\n" is one line end.
func (p *parser) next() byte {
	if p.at >= len(p.data) {
		p.at = len(p.data) + 1
		return '\n'
	}
	c := p.data[p.at]
	p.at++
	if c == '\r' && p.at < len(p.data) && p.data[p.at] == '\n' {
		c = '\n'
		p.at++
	}
	if c == '\n' {
		p.line++
	}
	return c
}

// step reads one element: blank, comment, header or setting. It reports a line that git cannot read.
func (p *parser) step(header *bool) (failed bool) {
	lineStart, nameAt, line := p.lineStart(p.at), p.at, p.line
	c := p.next()
	switch {
	case isSpace(c):
		return false
	case c == '#' || c == ';':
		p.skipLine()
		return false
	case c == '[':
		*header = true
		return !p.header()
	case !isAlpha(c):
		return true
	}
	e := Entry{Section: p.section, Sub: p.sub, Line: line, Start: lineStart}
	ok := p.setting(c, &e)
	if !ok {
		return true
	}
	e.End = min(p.at, len(p.data))
	e.Alone = len(bytes.TrimSpace(p.data[lineStart:nameAt])) == 0
	p.entries = append(p.entries, e)
	return false
}

func (p *parser) lineStart(at int) int {
	at = min(at, len(p.data))
	if i := bytes.LastIndexByte(p.data[:at], '\n'); i >= 0 {
		return i + 1
	}
	if bytes.HasPrefix(p.data, []byte("\xef\xbb\xbf")) {
		return min(3, at)
	}
	return 0
}

// header reads behind "[": a name, or a name and a quoted subsection.
func (p *parser) header() bool {
	var name strings.Builder
	for {
		c := p.next()
		switch {
		case p.at > len(p.data):
			return false
		case c == ']':
			p.section, p.sub = split(name.String())
			return name.Len() > 0
		case isSpace(c):
			return p.extended(c, strings.ToLower(name.String()))
		case !isKey(c) && c != '.':
			return false
		}
		name.WriteByte(lower(c))
	}
}

// split divides the old form [a.b].
func split(name string) (section, sub string) {
	section, sub, _ = strings.Cut(name, ".")
	return section, sub
}

func (p *parser) extended(c byte, name string) bool {
	for isSpace(c) {
		if c == '\n' {
			return false
		}
		c = p.next()
	}
	if c != '"' {
		return false
	}
	var sub strings.Builder
	for {
		c = p.next()
		if c == '"' {
			break
		}
		if c == '\\' {
			c = p.next()
		}
		if c == '\n' {
			return false
		}
		sub.WriteByte(c)
	}
	if p.next() != ']' {
		return false
	}
	p.section, p.sub = name, sub.String()
	return true
}

// setting reads a name whose first character is known, and its value.
func (p *parser) setting(c byte, e *Entry) bool {
	var name strings.Builder
	for isKey(c) {
		name.WriteByte(lower(c))
		c = p.next()
		if p.at > len(p.data) {
			break
		}
	}
	e.Key = name.String()
	for c == ' ' || c == '\t' {
		c = p.next()
	}
	if c == '\n' {
		e.Bool = true
		return true
	}
	if c != '=' {
		return false
	}
	v, ok := p.value()
	e.Value = v
	return ok
}

func (p *parser) value() (string, bool) {
	var out strings.Builder
	blanks := 0
	quoted, comment := false, false
	for {
		c := p.next()
		if c == '\n' {
			return out.String(), !quoted
		}
		if comment {
			continue
		}
		if isSpace(c) && !quoted {
			if out.Len() > 0 {
				blanks++
			}
			continue
		}
		if !quoted && (c == ';' || c == '#') {
			comment = true
			continue
		}
		out.WriteString(strings.Repeat(" ", blanks))
		blanks = 0
		switch c {
		case '\\':
			c = p.next()
			switch c {
			case '\n':
				continue
			case 't':
				c = '\t'
			case 'b':
				c = '\b'
			case 'n':
				c = '\n'
			case '\\', '"':
			default:
				return "", false
			}
			out.WriteByte(c)
		case '"':
			quoted = !quoted
		default:
			out.WriteByte(c)
		}
	}
}

func (p *parser) skipLine() {
	for p.next() != '\n' {
	}
}

// mark says which line is bad, and moves behind it. Git reads a value over several lines and names the
// last one; to make that a comment would not help, so the line where the element began is meant.
func (p *parser) mark(start int) Bad {
	from := p.lineStart(start)
	b := Bad{Start: from, Line: 1 + bytes.Count(p.data[:from], []byte("\n"))}
	end := len(p.data)
	if i := bytes.IndexByte(p.data[from:], '\n'); i >= 0 {
		end = from + i + 1
	}
	b.Text = strings.TrimRight(string(p.data[from:end]), "\r\n")
	p.at, p.line = end, b.Line+1
	return b
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }
func isAlpha(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }
func isKey(c byte) bool   { return isAlpha(c) || c >= '0' && c <= '9' || c == '-' }
func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// Quote writes a value so that it is read back unchanged.
func Quote(v string) string {
	q := strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\t", `\t`, "\b", `\b`).Replace(v)
	if q != v || strings.ContainsAny(v, "#;") || strings.TrimSpace(v) != v || strings.Contains(v, "  ") {
		return `"` + q + `"`
	}
	return v
}

// QuoteSub writes a subsection for a header, with its quotes.
func QuoteSub(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}
