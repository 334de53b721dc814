package stuck

import (
	"go/ast"
	"go/token"
	"go/types"
	"path/filepath"

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

// Requested reports whether a function that serves HTTP requests has a go statement, or calls the one that has: one of its package by its name, one
// of another package of the module by its package and name, a method when the module has no other of that name.
func (s *Sources) Requested(by goroutine.Frame) bool {
	if s.startedByHandler(by) {
		return true
	}
	f, ok := s.at(by)
	if !ok || goroutine.Foreign(by) {
		return false
	}
	starter, method := f.decl.Name.Name, f.decl.Recv != nil
	pkg, dir := s.file(by.File).Name.Name, filepath.Dir(s.real[by.File])
	declared, called := 0, false
	for _, file := range s.module(s.real[by.File]) {
		here := filepath.Dir(s.fset.Position(file.Pos()).Filename) == dir
		for _, d := range file.Decls {
			decl, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			if decl.Recv != nil && decl.Name.Name == starter {
				declared++
			}
			if decl.Body != nil && serving(decl) {
				called = called || calls(decl.Body, starter, pkg, here, method)
			}
		}
	}
	return called && (!method || declared == 1)
}

// serving reports whether a function, or a literal in it, serves HTTP requests.
func serving(decl *ast.FuncDecl) bool {
	found := handles(decl.Type.Params)
	ast.Inspect(decl.Body, func(n ast.Node) bool {
		if lit, ok := n.(*ast.FuncLit); ok {
			found = found || handles(lit.Type.Params)
		}
		return !found
	})
	return found
}

// calls reports whether a body calls a function or method.
func calls(body ast.Node, name, pkg string, here, method bool) bool {
	found := false
	ast.Inspect(body, func(n ast.Node) bool {
		c, ok := n.(*ast.CallExpr)
		if !ok || called(c) != name {
			return !found
		}
		sel, selects := ast.Unparen(c.Fun).(*ast.SelectorExpr)
		switch {
		case method:
			found = found || selects
		case selects:
			x, ok := sel.X.(*ast.Ident)
			found = found || ok && !here && x.Name == pkg && x.Obj == nil
		default:
			found = found || here
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
