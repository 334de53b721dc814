package startup

import (
	"bytes"
	"slices"
	"strings"

	"github.com/gorescue/gorescue/internal/facts"
	"mvdan.cc/sh/v3/syntax"
)

// harmless are commands that change nothing: a condition made of them may go together with what it
// guards.
var harmless = map[string]bool{
	"[": true, "test": true, ":": true, "true": true, "false": true, "type": true, "which": true, "hash": true,
	"grep": true,
}

// asks reports whether a simple command only asks.
func asks(c *syntax.CallExpr) bool {
	name := c.Args[0].Lit()
	return harmless[name] || name == "command" && len(c.Args) > 1 && strings.EqualFold(c.Args[1].Lit(), "-v")
}

// cut says how a target is taken out of its file, and with it the lone `export NAME` that belongs to
// it. nil: it cannot be taken out alone.
func (s *session) cut(f *source, name string, tg target) []facts.Splice {
	if s.disk != nil && s.own == nil {
		return nil // the first pass only gathers names
	}
	targets := []target{tg}
	if f.count[name] == 1 {
		targets = append(targets, f.naked[name]...)
	}
	cuts := f.cut(targets)
	if cuts == nil && len(targets) > 1 {
		cuts = f.cut(targets[:1])
	}
	return cuts
}

// edit is a range of a file that gives way to other text.
type edit struct {
	from, to int
	text     string
	whole    bool // a whole statement: its line goes when nothing else is on it
}

func (f *source) cut(targets []target) []facts.Splice {
	byStmt := map[*syntax.Stmt][]target{}
	var order []*syntax.Stmt
	for _, t := range targets {
		if byStmt[t.st] == nil {
			order = append(order, t.st)
		}
		byStmt[t.st] = append(byStmt[t.st], t)
	}
	var edits []edit
	gone := map[*syntax.Stmt]bool{}
	for _, st := range order {
		args := f.arguments(st)
		if args == nil || hasHeredoc(st) {
			return nil
		}
		picked := map[int]bool{}
		for _, t := range byStmt[st] {
			for i := range args {
				if t.all || args[i].index == t.arg {
					picked[i] = true
				}
			}
		}
		if len(picked) == len(args) {
			gone[st] = true
			continue
		}
		edits = append(edits, f.withoutArgs(st, args, picked)...)
	}
	for st := range f.climb(gone) {
		edits = append(edits, f.withoutStmt(st, gone))
	}
	return f.splices(edits)
}

// argument is one part of a statement that can be taken out of it.
type argument struct{ index, from, to, previous int }

// arguments lists what a statement names: assignments, or words behind the command; nil when there are
// too many.
func (f *source) arguments(st *syntax.Stmt) (out []argument) {
	switch c := st.Cmd.(type) {
	case *syntax.DeclClause:
		if len(c.Args) > maxFiles {
			return nil
		}
		previous := int(c.Variant.End().Offset())
		for i, a := range c.Args {
			if a.Naked && a.Name == nil && len(a.Value.Lit()) > 0 && a.Value.Lit()[0] == '-' {
				previous = int(a.End().Offset())
				continue
			}
			out = append(out, f.argument(i, previous, a))
			previous = out[len(out)-1].to
		}
	case *syntax.CallExpr:
		if len(c.Args)+len(c.Assigns) > maxFiles {
			return nil
		}
		if len(c.Args) == 0 {
			previous := -1
			for i, a := range c.Assigns {
				out = append(out, f.argument(i, previous, a))
				previous = out[len(out)-1].to
			}
			return out
		}
		previous := int(c.Args[0].End().Offset())
		for i, w := range c.Args[1:] {
			if lit := w.Lit(); lit == "export" && i == 0 || len(lit) > 0 && lit[0] == '-' {
				previous = int(w.End().Offset())
				continue
			}
			out = append(out, f.argument(i+1, previous, w))
			previous = out[len(out)-1].to
		}
		if out == nil {
			out = append(out, argument{index: -1})
		}
	}
	return out
}

func (f *source) argument(i, previous int, n syntax.Node) argument {
	to := int(n.End().Offset())
	if to+1 < len(f.src) && f.src[to] == '\r' && f.src[to+1] == '\n' {
		to++ // it is part of this value
	}
	return argument{i, int(n.Pos().Offset()), to, previous}
}

// withoutArgs takes some arguments away, each with the blank before it.
func (f *source) withoutArgs(st *syntax.Stmt, args []argument, picked map[int]bool) (out []edit) {
	leading := true
	for i, a := range args {
		if !picked[i] {
			leading = false
			continue
		}
		e := edit{from: a.from, to: a.to}
		switch {
		case a.previous >= 0 && !leading || a.previous >= 0 && i == 0:
			if f.blank(a.previous, a.from) {
				e.from = a.previous
			}
		case i+1 < len(args) && f.blank(a.to, args[i+1].from):
			e.to = args[i+1].from
		}
		out = append(out, e)
	}
	return out
}

// blank reports whether a range holds only blanks and line continuations.
func (f *source) blank(from, to int) bool {
	if from > to || to > len(f.src) {
		return false
	}
	rest := bytes.ReplaceAll(bytes.ReplaceAll(f.src[from:to], []byte("\\\r\n"), nil), []byte("\\\n"), nil)
	return len(bytes.Trim(rest, " \t")) == 0
}

// climb replaces a statement by the one around it where that has no other purpose: `[ -d x ] && A=b`.
func (f *source) climb(gone map[*syntax.Stmt]bool) map[*syntax.Stmt]bool {
	for again := true; again; {
		again = false
		for st := range gone {
			p := f.places[st]
			if p.binary == nil || p.binary.Y != st || !pure(p.binary.X) || p.binary.Op != syntax.AndStmt && p.binary.Op != syntax.OrStmt {
				continue
			}
			if f.places[p.outer].binary != nil || p.outer.Negated || hasHeredoc(p.outer) {
				continue
			}
			delete(gone, st)
			gone[p.outer] = true
			again = true
			break
		}
	}
	return gone
}

func (f *source) withoutStmt(st *syntax.Stmt, gone map[*syntax.Stmt]bool) edit {
	from, to := f.span(st)
	p := f.places[st]
	last := false
	if p.needed {
		last = true // the list must not become empty
		seen := false
		for _, other := range p.list {
			if other == st {
				seen = true
			} else if !gone[other] || seen {
				last = false
			}
		}
	}
	if p.binary != nil || p.result && st == p.list[len(p.list)-1] || last {
		if st.Semicolon.IsValid() {
			to = int(st.Semicolon.Offset())
		}
		for to > from && (f.src[to-1] == ' ' || f.src[to-1] == '\t') {
			to--
		}
		return edit{from: from, to: to, text: ":"}
	}
	return edit{from: from, to: to, whole: true}
}

// splices joins neighbours and takes the line along where nothing else is on it.
func (f *source) splices(edits []edit) (out []facts.Splice) {
	slices.SortFunc(edits, func(a, b edit) int { return a.from - b.from })
	var joined []edit
	for _, e := range edits {
		if n := len(joined) - 1; n >= 0 && e.from < joined[n].to {
			return nil
		} else if n >= 0 && e.whole && joined[n].whole && f.blank(joined[n].to, e.from) {
			joined[n].to = e.to
			continue
		}
		joined = append(joined, e)
	}
	for _, e := range joined {
		if e.from > e.to || e.to > len(f.src) {
			return nil
		}
		if e.whole {
			e = f.line(e)
		}
		out = append(out, facts.Splice{Offset: e.from, Old: string(f.src[e.from:e.to]), New: e.text})
	}
	return out
}

// line widens the range of a statement to its line, with the comment behind it.
func (f *source) line(e edit) edit {
	src := f.src
	start, end := lineStart(src, e.from), e.to
	for end < len(src) && (src[end] == ' ' || src[end] == '\t') {
		end++
	}
	alone := len(bytes.TrimLeft(src[start:e.from], " \t")) == 0 && !continued(src, start)
	tail := end
	if tail < len(src) && src[tail] == '#' {
		tail = lineEnd(src, tail)
	}
	if tail < len(src) && src[tail] == '\r' {
		tail++
	}
	atEnd := tail == len(src) || src[tail] == '\n'
	if alone && atEnd {
		return edit{from: start, to: min(tail+1, len(src))}
	}
	blankBefore := e.from > 0 && (src[e.from-1] == ' ' || src[e.from-1] == '\t')
	switch {
	case end == len(src) || src[end] == '\n' || src[end] == '\r':
		for e.from > start && (src[e.from-1] == ' ' || src[e.from-1] == '\t') {
			e.from--
		}
	case blankBefore || e.from == start:
		e.to = end
	}
	if e.from > 0 && e.to < len(src) && bytes.IndexByte([]byte(";&|"), src[e.from-1]) >= 0 && bytes.IndexByte([]byte(";&|"), src[e.to]) >= 0 {
		e.text = " "
	}
	if e.from > 0 && src[e.from-1] == '\\' && !blankBefore {
		e.text = " "
	}
	return e
}

// continued reports whether the line before start goes on in this one.
func continued(src []byte, start int) bool {
	n := 0
	for i := start - 2; i >= 0 && src[i] == '\\'; i-- {
		n++
	}
	return start > 0 && n%2 == 1
}

func lineStart(src []byte, at int) int { return bytes.LastIndexByte(src[:at], '\n') + 1 }

// lineEnd is the offset of the end of a line, without its newline.
func lineEnd(src []byte, at int) int {
	if i := bytes.IndexByte(src[at:], '\n'); i >= 0 {
		end := at + i
		if end > at && src[end-1] == '\r' {
			end--
		}
		return end
	}
	return len(src)
}
