package startup

import (
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// index remembers where each statement stands, and what is exported by name alone.
func (f *source) index(list []*syntax.Stmt, p place) {
	p.list = list
	for _, st := range list {
		f.places[st] = p
		f.names(st)
		in := place{outer: st, needed: true}
		body := func(list []*syntax.Stmt) { f.index(list, in) }
		switch c := st.Cmd.(type) {
		case *syntax.Block:
			body(c.Stmts)
		case *syntax.Subshell:
			body(c.Stmts)
		case *syntax.IfClause:
			f.ifIndex(c, st)
		case *syntax.WhileClause:
			f.index(c.Cond, place{outer: st, needed: true, result: true})
			body(c.Do)
		case *syntax.ForClause:
			body(c.Do)
		case *syntax.CaseClause:
			for _, item := range c.Items {
				f.index(item.Stmts, place{outer: st})
			}
		case *syntax.BinaryCmd:
			f.index([]*syntax.Stmt{c.X}, place{outer: st, needed: true, binary: c})
			f.index([]*syntax.Stmt{c.Y}, place{outer: st, needed: true, binary: c})
		case *syntax.FuncDecl:
			f.single(c.Body, in)
		case *syntax.TimeClause:
			f.single(c.Stmt, in)
		case *syntax.CoprocClause:
			f.single(c.Stmt, in)
		}
	}
}

func (f *source) single(st *syntax.Stmt, p place) {
	if st != nil {
		f.index([]*syntax.Stmt{st}, p)
	}
}

func (f *source) ifIndex(c *syntax.IfClause, st *syntax.Stmt) {
	for ; c != nil; c = c.Else {
		f.index(c.Cond, place{outer: st, needed: true, result: true})
		f.index(c.Then, place{outer: st, needed: true})
	}
}

func (f *source) names(st *syntax.Stmt) {
	switch c := st.Cmd.(type) {
	case *syntax.CallExpr:
		for _, a := range c.Assigns {
			if len(c.Args) == 0 && a.Name != nil {
				f.count[a.Name.Value]++
			}
		}
		for _, w := range c.Args {
			if p := defaulted(w); p != nil {
				f.count[p.Param.Value]++
			}
		}
	case *syntax.DeclClause:
		exports := c.Variant.Value == "export"
		for i, a := range c.Args {
			switch {
			case a.Name == nil:
				flag := a.Value.Lit()
				exports = exports || strings.HasPrefix(flag, "-") && strings.Contains(flag, "x")
				if strings.HasPrefix(flag, "-") && strings.ContainsAny(flag, "nf") {
					return
				}
			case !a.Naked:
				f.count[a.Name.Value]++
			case exports:
				f.naked[a.Name.Value] = append(f.naked[a.Name.Value], target{st: st, arg: i})
			}
		}
	}
}

// pure reports whether a command is a mere question.
func pure(st *syntax.Stmt) bool {
	for _, r := range st.Redirs {
		if r.Hdoc != nil || r.Word == nil || r.Word.Lit() != "/dev/null" && r.Op != syntax.DplOut {
			return false
		}
	}
	switch c := st.Cmd.(type) {
	case *syntax.TestClause:
		return !assigns(c)
	case *syntax.CallExpr:
		return len(c.Args) > 0 && len(c.Assigns) == 0 && asks(c) && !assigns(c)
	case *syntax.BinaryCmd:
		return pure(c.X) && pure(c.Y)
	}
	return false
}

// assigns reports whether an expansion changes a variable: ${X:=y}.
func assigns(n syntax.Node) bool {
	found := false
	syntax.Walk(n, func(n syntax.Node) bool {
		switch e := n.(type) {
		case *syntax.ParamExp:
			found = found || e.Exp != nil && (e.Exp.Op == syntax.AssignUnset || e.Exp.Op == syntax.AssignUnsetOrNull)
		case *syntax.ArithmExp:
			found = true
		}
		return !found
	})
	return found
}

func hasHeredoc(st *syntax.Stmt) bool {
	found := false
	syntax.Walk(st, func(n syntax.Node) bool {
		if r, ok := n.(*syntax.Redirect); ok && r.Hdoc != nil {
			found = true
		}
		return !found
	})
	return found
}
