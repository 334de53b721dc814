package startup

import (
	"path/filepath"
	"strings"

	"github.com/gorescue/gorescue/internal/facts"
	"mvdan.cc/sh/v3/syntax"
)

const maxText = 300 // bytes of a source line that are kept for display

// target is one argument of a statement: what a cut takes away.
type target struct {
	st   *syntax.Stmt
	arg  int
	word bool // counts CallExpr.Args, not assignments
	all  bool // the statement as a whole
}

// assign evaluates NAME=value and what is like it.
func (s *session) assign(sc scope, tg target, a *syntax.Assign, exported bool) {
	if a.Name == nil || a.Index != nil {
		return
	}
	name := a.Name.Value
	x := &expander{s: s, sc: sc, target: name, assign: true}
	var pieces []piece
	if a.Array != nil {
		if sc.file.syntax != inZsh || name != "path" {
			s.vars[name] = unknown()
			return
		}
		name, x.target, exported = "PATH", "PATH", true
		pieces = x.array(a.Array)
	} else {
		pieces = x.word(a.Value)
		if sc.file.carriage(a.End()) {
			pieces = append(pieces, piece{text: "\r"})
		}
	}
	if a.Append {
		old := s.lookup(name)
		glue := []piece{{text: old.text, self: true, arg: old.arg}}
		if a.Array != nil {
			glue = append(glue, piece{text: ":"})
		}
		pieces = append(glue, pieces...)
	}
	s.give(sc, tg, given{name: name, pieces: pieces, x: x, pos: a.Pos(), exported: exported})
}

// array joins the elements of zsh's path to one list.
func (x *expander) array(arr *syntax.ArrayExpr) (out []piece) {
	for i, e := range arr.Elems {
		if i > 0 {
			out = append(out, piece{text: ":"})
		}
		out = append(out, x.word(e.Value)...)
	}
	return out
}

// wordAssign evaluates a word that becomes an assignment only by its expansion: export "A=$B".
func (s *session) wordAssign(sc scope, tg target, w *syntax.Word, exported bool) {
	text := s.text(sc, w).text
	name, _, ok := strings.Cut(text, "=")
	if !syntax.ValidName(name) {
		return
	}
	if !ok {
		if exported {
			s.exports(sc, name)
		}
		return
	}
	x := &expander{s: s, sc: sc, target: name, assign: true}
	pieces := x.word(w)
	for skip := len(name) + 1; skip > 0 && len(pieces) > 0; {
		n := min(skip, len(pieces[0].text))
		pieces[0].text = pieces[0].text[n:]
		skip -= n
		if skip > 0 {
			pieces = pieces[1:]
		}
	}
	s.give(sc, tg, given{name: name, pieces: pieces, x: x, pos: w.Pos(), exported: exported})
}

// given is a value on its way into a variable.
type given struct {
	name     string
	pieces   []piece
	x        *expander
	pos      syntax.Pos
	exported bool
}

// give records an assignment and makes its value known to what follows.
func (s *session) give(sc scope, tg target, g given) {
	*s.steps++
	if s.tired() {
		return
	}
	a := facts.Assignment{Name: g.name, Line: int(g.pos.Line())}
	v := derive(&a, g.pieces, g.x.bent)
	if g.x.bent {
		v = value{text: hole, set: true, arg: v.arg}
	}
	v.full = v.full || g.name == "PATH"
	v.set = true
	s.vars[g.name] = v
	if sc.call != nil {
		if _, local := sc.call.saved[g.name]; local {
			return
		}
	}
	if g.exported {
		s.exports(sc, g.name)
	}
	a.Local = !g.exported && !s.export[g.name]
	at, offset := sc, int(g.pos.Offset())
	if v.arg && sc.call != nil { // what the user wrote is the call
		if sc.skipped {
			return
		}
		tg = target{st: sc.call.stmt, all: true}
		at = sc.call.from
		at.guarded, at.dormant = sc.guarded, sc.dormant
		a.Line, offset = int(tg.st.Pos().Line()), int(tg.st.Pos().Offset())
		if sc.call.fn.sets(g.name) && !g.x.odd {
			a.Cuts = s.cut(at.file, "", tg)
		}
	} else if !g.x.odd {
		a.Cuts = s.cut(at.file, g.name, tg)
	}
	a.Text = at.file.display(tg.st)
	s.record(at, a, offset)
}

// declare evaluates export, declare, typeset, readonly and local.
func (s *session) declare(sc scope, st *syntax.Stmt, c *syntax.DeclClause) {
	exported, local := s.all, false
	switch c.Variant.Value {
	case "export":
		exported = true
	case "local":
		local = true
	case "declare", "typeset":
		local = sc.call != nil
	case "readonly":
	default:
		return
	}
	for i, a := range c.Args {
		if a.Naked && a.Name == nil {
			flag := a.Value.Lit()
			if !strings.HasPrefix(flag, "-") && !strings.HasPrefix(flag, "+") {
				s.wordAssign(sc, target{st: st, arg: i}, a.Value, exported)
				continue
			}
			local = local && !strings.Contains(flag, "g")
			exported = exported || strings.Contains(flag, "x") && flag[0] == '-'
			if strings.ContainsAny(flag, "fFnaApi") { // functions, references, arrays, taking an export back
				return
			}
			continue
		}
		name := a.Name.Value
		if local && sc.call != nil {
			if _, done := sc.call.saved[name]; !done {
				sc.call.saved[name] = s.lookup(name)
			}
		}
		switch {
		case !a.Naked:
			s.assign(sc, target{st: st, arg: i}, a, exported)
		case exported:
			s.exports(sc, name)
		}
	}
}

// unset records variables that are taken away. first is the index of the first word in the statement.
func (s *session) unset(sc scope, st *syntax.Stmt, words []*syntax.Word, first int) {
	for i, w := range words {
		name := s.text(sc, w).text
		if name == "-f" {
			return
		}
		if !syntax.ValidName(name) {
			continue
		}
		s.vars[name] = value{known: true}
		tg := target{st: st, arg: first + i, word: true}
		s.record(sc, facts.Assignment{
			Name: name, Line: int(w.Pos().Line()), Known: true, Unset: true, Local: !s.export[name],
			Text: sc.file.display(st), Cuts: s.cut(sc.file, "", tg),
		}, int(w.Pos().Offset()))
	}
}

// defaults evaluates `: ${X:=value}`, which assigns when X is unset or empty.
func (s *session) defaults(sc scope, st *syntax.Stmt, words []*syntax.Word) {
	for i, w := range words {
		p := defaulted(w)
		if p == nil {
			continue
		}
		name := p.Param.Value
		full, sure := s.lookup(name).nonEmpty()
		if full && sure || !syntax.ValidName(name) {
			continue
		}
		under := sc
		under.guarded = sc.guarded || !sure
		x := &expander{s: s, sc: sc, target: name}
		before := s.lookup(name)
		s.give(under, target{st: st, arg: 1 + i, word: true}, given{name: name, pieces: x.word(p.Exp.Word), x: x, pos: p.Pos(), exported: s.all})
		if !sure && before.known {
			s.vars[name] = unknown()
		}
	}
}

// defaulted returns the expansion of a word that is nothing but ${X:=value}; nil otherwise.
func defaulted(w *syntax.Word) *syntax.ParamExp {
	parts := w.Parts
	if len(parts) == 1 {
		if q, ok := parts[0].(*syntax.DblQuoted); ok {
			parts = q.Parts
		}
	}
	if len(parts) != 1 {
		return nil
	}
	p, ok := parts[0].(*syntax.ParamExp)
	if !ok || p.Param == nil || p.Exp == nil || p.Exp.Op != syntax.AssignUnset && p.Exp.Op != syntax.AssignUnsetOrNull {
		return nil
	}
	return p
}

// pathAdd evaluates PATH_add and path_add of direnv-stdlib(1): folders, relative to the file, go to the
// front of a list.
func (s *session) pathAdd(sc scope, st *syntax.Stmt, args []*syntax.Word) {
	name, rest := "PATH", args[1:]
	if args[0].Lit() == "path_add" && len(rest) > 0 {
		name, rest = s.text(sc, rest[0]).text, rest[1:]
	}
	if sc.file.kind != facts.KindDot || !syntax.ValidName(name) {
		return
	}
	a := facts.Assignment{Name: name, Line: int(st.Pos().Line()), Keeps: true, Sep: ":", Text: sc.file.display(st)}
	for _, w := range rest {
		v := s.text(sc, w)
		if !v.known {
			continue
		}
		dir := v.text
		if !filepath.IsAbs(dir) {
			dir = filepath.Join(filepath.Dir(sc.file.path), dir)
		}
		a.Prepend = append(a.Prepend, dir)
	}
	old := s.lookup(name)
	v := flat([]piece{{text: strings.Join(a.Prepend, ":") + ":" + old.text}})
	a.Value, a.Known = v.text, v.known
	a.Cuts = s.cut(sc.file, "", target{st: st, all: true})
	s.vars[name] = v
	s.exports(sc, name)
	s.record(sc, a, int(st.Pos().Offset()))
}

// setsOnly reports whether a function does nothing but give one variable a value.
func setsOnly(body *syntax.Stmt, name string) bool {
	ok := true
	syntax.Walk(body, func(n syntax.Node) bool {
		switch c := n.(type) {
		case *syntax.CallExpr:
			for _, a := range c.Assigns {
				ok = ok && (len(c.Args) > 0 || a.Name.Value == name)
			}
			ok = ok && (len(c.Args) == 0 || asks(c) || c.Args[0].Lit() == "return")
		case *syntax.DeclClause:
			for _, a := range c.Args {
				ok = ok && (c.Variant.Value == "local" || a.Name == nil || a.Name.Value == name)
			}
		case *syntax.FuncDecl:
			ok = false
		case *syntax.CmdSubst:
			return false // a process of its own
		}
		return ok
	})
	return ok
}

// display is the source of a statement, for people.
func (f *source) display(st *syntax.Stmt) string {
	return f.lines(f.span(st))
}

// lines is the text of the lines of a range, cut short.
func (f *source) lines(from, to int) string {
	start := max(lineStart(f.src, from), from-maxText/2)
	return clip(strings.TrimSpace(string(f.src[start:min(lineEnd(f.src, to), start+2*maxText)])))
}
