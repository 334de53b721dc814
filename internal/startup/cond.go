package startup

import (
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// holds says what a command that stands as a condition gives; maybe when that cannot be told from the
// variables and from which files exist.
func (s *session) holds(sc scope, st *syntax.Stmt) truth {
	t := maybe
	switch c := st.Cmd.(type) {
	case *syntax.CallExpr:
		if len(c.Args) > 0 && len(st.Redirs) == 0 {
			t = s.testCommand(sc, c.Args)
		} else if len(c.Args) == 0 {
			t = maybe
		}
	case *syntax.TestClause:
		t = s.testExpr(sc, c.X, 0)
	case *syntax.BinaryCmd:
		if sc.nest++; sc.nest > 200 {
			return maybe
		}
		x, y := s.holds(sc, c.X), s.holds(sc, c.Y)
		switch {
		case c.Op == syntax.AndStmt && (x == no || x == yes):
			t = y
			if x == no {
				t = no
			}
		case c.Op == syntax.OrStmt && (x == no || x == yes):
			t = y
			if x == yes {
				t = yes
			}
		}
	}
	if st.Negated {
		t = t.not()
	}
	return t
}

// testCommand is `[ … ]` and `test …`, in the simple forms.
func (s *session) testCommand(sc scope, words []*syntax.Word) truth {
	name := words[0].Lit()
	args := words[1:]
	switch name {
	case "true", ":":
		return yes
	case "false":
		return no
	case "[":
		if len(args) == 0 || args[len(args)-1].Lit() != "]" {
			return maybe
		}
		args = args[:len(args)-1]
	case "test":
	default:
		return maybe
	}
	invert := false
	if len(args) > 1 && args[0].Lit() == "!" {
		invert, args = true, args[1:]
	}
	t := maybe
	switch len(args) {
	case 1:
		t = s.unary(sc, "-n", args[0])
	case 2:
		t = s.unary(sc, args[0].Lit(), args[1])
	case 3:
		t = s.compare(sc, args[0], args[1].Lit(), args[2])
	}
	if invert {
		return t.not()
	}
	return t
}

func (s *session) testExpr(sc scope, e syntax.TestExpr, depth int) truth {
	if depth > 50 {
		return maybe
	}
	switch x := e.(type) {
	case *syntax.Word:
		return s.unary(sc, "-n", x)
	case *syntax.ParenTest:
		return s.testExpr(sc, x.X, depth+1)
	case *syntax.UnaryTest:
		if x.Op == syntax.TsNot {
			return s.testExpr(sc, x.X, depth+1).not()
		}
		if w, ok := x.X.(*syntax.Word); ok {
			return s.unary(sc, x.Op.String(), w)
		}
	case *syntax.BinaryTest:
		l, lok := x.X.(*syntax.Word)
		r, rok := x.Y.(*syntax.Word)
		switch {
		case x.Op == syntax.AndTest:
			a, b := s.testExpr(sc, x.X, depth+1), s.testExpr(sc, x.Y, depth+1)
			if a == no || b == no {
				return no
			}
			if a == yes && b == yes {
				return yes
			}
		case lok && rok && !strings.ContainsAny(unquotedText(r), "*?[(|"):
			return s.compare(sc, l, x.Op.String(), r)
		}
	}
	return maybe
}

func (s *session) unary(sc scope, op string, w *syntax.Word) truth {
	v := s.text(sc, w)
	switch op {
	case "-n", "-z":
		full, ok := value{text: v.text, known: v.known, set: true, full: s.full(w)}.nonEmpty()
		if !ok {
			return maybe
		}
		return truthOf(full == (op == "-n"))
	case "-e", "-a", "-f", "-r", "-s", "-d", "-x", "-L", "-h":
		if !v.known || s.disk == nil || v.text == "" {
			return maybe
		}
		return s.disk.test(op, sc.file.resolve(v.text))
	}
	return maybe
}

// full reports whether the word is a lone variable that is surely not empty.
func (s *session) full(w *syntax.Word) bool {
	parts := w.Parts
	if len(parts) == 1 {
		if q, ok := parts[0].(*syntax.DblQuoted); ok {
			parts = q.Parts
		}
	}
	if len(parts) != 1 {
		return false
	}
	p, ok := parts[0].(*syntax.ParamExp)
	return ok && p.Param != nil && p.Exp == nil && !p.Length && syntax.ValidName(p.Param.Value) && s.lookup(p.Param.Value).full
}

func (s *session) compare(sc scope, l *syntax.Word, op string, r *syntax.Word) truth {
	a, b := s.text(sc, l), s.text(sc, r)
	if !a.known || !b.known {
		return maybe
	}
	switch op {
	case "=", "==":
		return truthOf(a.text == b.text)
	case "!=":
		return truthOf(a.text != b.text)
	}
	return maybe
}
