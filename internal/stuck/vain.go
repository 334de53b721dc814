package stuck

import (
	"go/ast"
	"go/token"
	"slices"

	"github.com/gorescue/gorescue/internal/goroutine"
)

// Vain judges the loop of a function by its lines that cost processor time, all of them: a loop that goes round and never gets to
// what it is there for. by is the go statement of its goroutine.
//
//   - in-vain: it asks for something, gets nothing (an error, nil, false) and goes on at once; what comes after never ran
//   - ended-context: its select is ready all the time because the context has ended, and the case for that leaves nothing
//   - closed-channel: likewise because a channel is closed; it is when none of Senders runs, which is for the caller to see
func (s *Sources) Vain(fr goroutine.Frame, lines map[int]bool, by goroutine.Frame) (Spin, bool) {
	f, ok := s.at(fr)
	if !ok {
		return Spin{}, false
	}
	loop := s.around(f, lines)
	if loop == nil {
		return Spin{}, false
	}
	p := s.fset.Position(loop.Pos())
	out := Spin{Place: Place{p.Filename, p.Line}, Text: s.text(p.Filename, p.Line)}
	ran := func(n ast.Node) bool {
		for l := range lines {
			if s.covers(n, l) {
				return true
			}
		}
		return false
	}
	for i, st := range loop.Body.List {
		before := loop.Body.List[:i]
		switch st := st.(type) {
		case *ast.SelectStmt:
			if s.ready(&out, f, st, by, ran) {
				return out, true
			}
		case *ast.IfStmt:
			if quiet(before) && nothing(before, st) && unreached(st, loop.Body.List[i+1:], ran) {
				out.Why = "in-vain"
				return out, true
			}
		}
	}
	return Spin{}, false
}

// around is the innermost loop without an end of its own around all lines; nil when there is none.
func (s *Sources) around(f function, lines map[int]bool) (loop *ast.ForStmt) {
	ast.Inspect(f.body(), func(n ast.Node) bool {
		if n == nil {
			return false
		}
		for l := range lines {
			if !s.covers(n, l) {
				return false
			}
		}
		if lit, is := n.(*ast.FuncLit); is && lit != f.lit {
			return false
		}
		if l, is := n.(*ast.ForStmt); is {
			if loop = nil; l.Cond == nil {
				loop = l
			}
		}
		return true
	})
	return loop
}

// ready judges a select that never waits.
func (s *Sources) ready(out *Spin, f function, sel *ast.SelectStmt, by goroutine.Frame, ran func(ast.Node) bool) bool {
	for _, c := range sel.Body.List {
		clause := c.(*ast.CommClause)
		if clause.Comm == nil {
			return false
		}
		for _, e := range commOperands(clause.Comm) {
			if _, send := clause.Comm.(*ast.SendStmt); send || isTimer(e) || !goesRound(f, sel, e) {
				continue
			}
			others := func(n ast.Stmt) bool {
				return n != c && slices.ContainsFunc(n.(*ast.CommClause).Body, func(b ast.Stmt) bool { return ran(b) })
			}
			if slices.ContainsFunc(sel.Body.List, others) {
				continue
			}
			if _, isCtx := isContext(e); isCtx {
				out.Why = "ended-context"
				return true
			}
			var w Wait
			s.channels(&w, f, by, &ast.UnaryExpr{OpPos: clause.Comm.Pos(), Op: token.ARROW, X: e}, goroutine.Receive)
			if w.Known && len(w.Release) > 0 {
				out.Why, out.Senders = "closed-channel", w.Release
				return true
			}
		}
	}
	return false
}

// quiet reports whether statements neither wait nor compute nor go round themselves; what they call is not looked at.
func quiet(list []ast.Stmt) bool {
	ok := true
	for _, st := range list {
		ast.Inspect(st, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncLit:
				return false
			case *ast.SendStmt, *ast.GoStmt, *ast.ForStmt, *ast.RangeStmt, *ast.SelectStmt, *ast.DeferStmt:
				ok = false
			case *ast.UnaryExpr:
				ok = ok && n.Op != token.ARROW
			case *ast.AssignStmt:
				ok = ok && !computes(n)
			}
			return ok
		})
	}
	return ok
}

// nothing reports whether the condition says that a call gave nothing: err != nil, !ok, x == nil, n == 0 of what was set just before; or, of a
// statement without else at whose end the loop goes on, that it gave something.
func nothing(before []ast.Stmt, st *ast.IfStmt) bool {
	set := map[string]bool{}
	if a, ok := st.Init.(*ast.AssignStmt); ok {
		given(set, a)
	} else if st.Init != nil {
		return false
	}
	for _, b := range before {
		if a, ok := b.(*ast.AssignStmt); ok {
			given(set, a)
		}
	}
	switch c := ast.Unparen(st.Cond).(type) {
	case *ast.Ident:
		return set[c.Name]
	case *ast.UnaryExpr:
		id, ok := ast.Unparen(c.X).(*ast.Ident)
		return ok && c.Op == token.NOT && set[id.Name]
	case *ast.BinaryExpr:
		x := ast.Unparen(c.X)
		if call, ok := x.(*ast.CallExpr); ok && called(call) == "len" && len(call.Args) == 1 {
			x = call.Args[0]
		}
		id, ok := x.(*ast.Ident)
		return ok && set[id.Name] && (c.Op == token.EQL || c.Op == token.NEQ || c.Op == token.GTR)
	}
	return false
}

// given adds what a call gave.
func given(set map[string]bool, a *ast.AssignStmt) {
	if len(a.Rhs) != 1 {
		return
	}
	if _, ok := ast.Unparen(a.Rhs[0]).(*ast.CallExpr); !ok {
		return
	}
	for _, l := range a.Lhs {
		if id, ok := l.(*ast.Ident); ok {
			set[id.Name] = true
		}
	}
}

// unreached reports whether the work of the loop stands behind a condition that sends the goroutine round at once, and none of it ran.
func unreached(st *ast.IfStmt, rest []ast.Stmt, ran func(ast.Node) bool) bool {
	work := rest
	if !again(st.Body) {
		if len(rest) > 0 || st.Else != nil {
			return false
		}
		work = st.Body.List
	}
	calls := false
	for _, w := range work {
		if ran(w) {
			return false
		}
		ast.Inspect(w, func(n ast.Node) bool {
			c, ok := n.(*ast.CallExpr)
			calls = calls || ok && !asks(c)
			return !calls
		})
	}
	return calls
}

// again reports whether a block only goes on with the next round.
func again(b *ast.BlockStmt) bool {
	if len(b.List) == 0 {
		return false
	}
	last, ok := b.List[len(b.List)-1].(*ast.BranchStmt)
	if !ok || last.Tok != token.CONTINUE {
		return false
	}
	var r round
	for _, st := range b.List[:len(b.List)-1] {
		r.look(st)
	}
	return !r.waits && !r.works
}

// Straight reports whether a function has no loop and waits for nothing, so that one call of it is short.
func (s *Sources) Straight(fr goroutine.Frame) bool {
	f, ok := s.at(fr)
	return ok && quiet(slices.DeleteFunc(slices.Clone(f.body().List), func(st ast.Stmt) bool {
		_, deferred := st.(*ast.DeferStmt)
		return deferred
	}))
}
