package stuck

import (
	"go/ast"
	"go/token"
	"go/types"

	"github.com/gorescue/gorescue/internal/goroutine"
)

// At reads the source at a wait: op at the call fr, in a goroutine that the go statement at by started. ok is false
// when the source is not there, or does not wait like that at this line: it was changed since the program was built.
func (s *Sources) At(op goroutine.Op, fr, by goroutine.Frame) (w Wait, ok bool) {
	f, ok := s.at(fr)
	if !ok {
		return w, false
	}
	node := s.operation(f.body(), op, fr.Line)
	if node == nil {
		return w, false
	}
	w = Wait{Text: s.text(fr.File, fr.Line), Func: s.span(f.node(), f.name())}
	w.NoExit = s.endless(f, node)
	w.Handler = s.startedByHandler(by)
	waited := operands(node)
	for _, e := range waited {
		if w.On != "" {
			w.On += ", "
		}
		w.On += types.ExprString(e)
	}
	switch op {
	case goroutine.Sleep:
		w.Timer = true
	case goroutine.Send, goroutine.Receive, goroutine.Select, goroutine.WaitGroup:
		s.channels(&w, f, by, node, op)
		if op == goroutine.WaitGroup && !w.Known && len(waited) == 1 {
			w.Near = s.doneIn(fr.File, nameOf(waited[0]))
		}
	case goroutine.Lock, goroutine.RLock:
		s.mutex(&w, fr.File, waited)
	}
	return w, true
}

// operation finds the innermost statement or expression of the line that waits like that; nil when there is none.
func (s *Sources) operation(body ast.Node, op goroutine.Op, line int) (found ast.Node) {
	ast.Inspect(body, func(n ast.Node) bool {
		if n == nil || !s.covers(n, line) {
			return false
		}
		if lit, ok := n.(*ast.FuncLit); ok && ast.Node(lit) != body {
			return false // another function
		}
		if isOperation(n, op) && (found == nil || s.line(n.Pos()) >= s.line(found.Pos())) {
			if _, loop := n.(*ast.RangeStmt); !loop || s.line(n.Pos()) == line {
				found = n
			}
		}
		return true
	})
	return found
}

func isOperation(n ast.Node, op goroutine.Op) bool {
	switch n := n.(type) {
	case *ast.SendStmt:
		return op == goroutine.Send
	case *ast.UnaryExpr:
		return op == goroutine.Receive && n.Op == token.ARROW
	case *ast.RangeStmt:
		return op == goroutine.Receive
	case *ast.SelectStmt:
		return op == goroutine.Select || (op == goroutine.Send || op == goroutine.Receive) && len(n.Body.List) == 1
	case *ast.CallExpr:
		sel, ok := n.Fun.(*ast.SelectorExpr)
		if !ok {
			return false
		}
		switch sel.Sel.Name {
		case "Wait":
			return op == goroutine.WaitGroup || op == goroutine.Cond
		case "Lock":
			return op == goroutine.Lock
		case "RLock":
			return op == goroutine.RLock
		case "Sleep":
			return op == goroutine.Sleep
		}
	}
	return false
}

// operands are the expressions that are waited for.
func operands(n ast.Node) []ast.Expr {
	switch n := n.(type) {
	case *ast.SendStmt:
		return []ast.Expr{n.Chan}
	case *ast.UnaryExpr:
		return []ast.Expr{n.X}
	case *ast.RangeStmt:
		return []ast.Expr{n.X}
	case *ast.CallExpr:
		if sel, ok := n.Fun.(*ast.SelectorExpr); ok {
			return []ast.Expr{sel.X}
		}
	case *ast.SelectStmt:
		var out []ast.Expr
		for _, c := range n.Body.List {
			out = append(out, commOperands(c.(*ast.CommClause).Comm)...)
		}
		return out
	}
	return nil
}

func commOperands(st ast.Stmt) []ast.Expr {
	switch st := st.(type) {
	case *ast.SendStmt:
		return []ast.Expr{st.Chan}
	case *ast.ExprStmt:
		return received(st.X)
	case *ast.AssignStmt:
		if len(st.Rhs) == 1 {
			return received(st.Rhs[0])
		}
	}
	return nil
}

func received(e ast.Expr) []ast.Expr {
	if u, ok := ast.Unparen(e).(*ast.UnaryExpr); ok && u.Op == token.ARROW {
		return []ast.Expr{u.X}
	}
	return nil
}

// startedByHandler reports whether the function with the go statement, or one around it, has the parameters of an HTTP
// handler.
func (s *Sources) startedByHandler(by goroutine.Frame) bool {
	f, ok := s.at(by)
	if !ok {
		return false
	}
	if handles(f.decl.Type.Params) {
		return true
	}
	found := false
	ast.Inspect(f.decl.Body, func(n ast.Node) bool {
		if lit, ok := n.(*ast.FuncLit); ok && s.covers(lit, by.Line) && handles(lit.Type.Params) {
			found = true
		}
		return !found
	})
	return found
}

func handles(l *ast.FieldList) bool {
	if l == nil {
		return false
	}
	for _, p := range l.List {
		switch types.ExprString(p.Type) {
		case "http.ResponseWriter", "*http.Request":
			return true
		}
	}
	return false
}
