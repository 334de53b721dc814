package stuck

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"

	"github.com/gorescue/gorescue/internal/goroutine"
)

// variable is a local variable and the declared function that has it.
type variable struct {
	obj  *ast.Object
	home function
}

// channels fills in who could end a wait for channels or a WaitGroup.
func (s *Sources) channels(w *Wait, f function, by goroutine.Frame, node ast.Node, op goroutine.Op) {
	waited := operands(node)
	if len(waited) == 0 {
		return
	}
	w.Known, w.Timer, w.Context = true, true, false
	for _, e := range waited {
		if isTimer(e) {
			w.Wakes = w.Wakes || !goesRound(f, node, e)
			continue
		}
		w.Timer = false
		x, isCtx := isContext(e)
		if isCtx {
			e = x
		}
		v, many, why := s.origin(f, by, e, isCtx)
		if isCtx && why == "" {
			w.Context = true
			v, why = s.canceller(w, v)
			if w.Cancel != "" {
				continue // nobody can
			}
		}
		w.Context = w.Context || isCtx
		w.Many = w.Many || many
		if why != "" {
			w.Known, w.Why = false, why
			continue
		}
		if w.Made.Line == 0 {
			p := s.fset.Position(v.obj.Pos())
			w.Made = Place{p.Filename, p.Line}
		}
		r := &reach{s: s, seen: map[*ast.Object]bool{}, release: releases(op, isCtx, e, waited)}
		r.follow(v.home, v.obj, 0)
		if r.why != "" {
			w.Known, w.Why = false, r.why
		}
		w.Release = append(w.Release, r.spans...)
	}
	if w.Timer || w.Wakes { // it wakes by itself
		w.Known, w.Release = false, nil
	}
	if !w.Known {
		w.Release = nil
	}
}

// origin finds the variable that an expression in f is: one of the function itself, or the one that the go statement
// at by handed to it. why is set when it cannot be found.
func (s *Sources) origin(f function, by goroutine.Frame, e ast.Expr, ctx bool) (v variable, many bool, why string) {
	id := ident(e)
	if id == nil || id.Obj == nil || id.Obj.Kind != ast.Var {
		return v, false, types.ExprString(e) + " is no variable of the function"
	}
	start, many, lit, args := s.goStatement(by)
	own := f.node()
	direct := start.decl != nil && (lit != nil && lit == f.lit || lit == nil && f.lit == nil && called(args) == f.decl.Name.Name)
	many = many || !direct // somebody else's go statement may run as often as it likes
	if _, isParam := id.Obj.Decl.(*ast.Field); isParam {
		n := paramIndex(f.params(), id.Obj)
		if n < 0 { // a parameter of a function around the literal
			if f.lit != nil && paramIndex(f.decl.Type.Params, id.Obj) < 0 {
				return v, false, types.ExprString(e) + " comes from elsewhere"
			}
			return v, false, types.ExprString(e) + " comes from a caller"
		}
		if !direct || n >= len(args.Args) || args.Ellipsis.IsValid() {
			return v, false, types.ExprString(e) + " comes from a caller"
		}
		id = ident(args.Args[n])
		if id == nil || id.Obj == nil || id.Obj.Kind != ast.Var {
			return v, false, types.ExprString(args.Args[n]) + " is no variable of the function"
		}
		if _, again := id.Obj.Decl.(*ast.Field); again {
			return v, false, id.Name + " comes from a caller"
		}
		f = start
	}
	if f.decl.Body == nil || id.Obj.Pos() < f.decl.Pos() || id.Obj.Pos() > f.decl.End() {
		return v, false, id.Name + " belongs to the package"
	}
	if !ctx && !fresh(id) {
		return v, false, id.Name + " is not made there"
	}
	if id.Obj.Pos() >= own.Pos() && id.Obj.Pos() < own.End() {
		many = false // what is made in the goroutine itself has one waiter there
	}
	return variable{id.Obj, function{decl: f.decl}}, many, ""
}

// fresh reports whether the value that a variable is declared with is made on the spot, so that nobody else can have it.
func fresh(id *ast.Ident) bool {
	switch d := id.Obj.Decl.(type) {
	case *ast.ValueSpec:
		if len(d.Values) == 0 {
			return true
		}
	case *ast.AssignStmt:
		if d.Tok != token.DEFINE {
			return false
		}
	}
	return made(assigned(id))
}

// made reports whether an expression is a new value: make, new, a literal, or nil.
func made(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.CallExpr:
		id, ok := e.Fun.(*ast.Ident)
		return ok && (id.Name == "make" || id.Name == "new") && id.Obj == nil
	case *ast.CompositeLit:
		return true
	case *ast.UnaryExpr:
		return e.Op == token.AND && made(e.X)
	case *ast.Ident:
		return e.Name == "nil"
	}
	return false
}

// goStatement finds the go statement of a line: the function that has it, whether that may run it several times after a
// variable was made, which it may also when the statement is not found, and what is called.
func (s *Sources) goStatement(by goroutine.Frame) (f function, many bool, lit *ast.FuncLit, call *ast.CallExpr) {
	f, ok := s.at(by)
	if !ok {
		return function{}, true, nil, nil
	}
	loop := false
	var depth []ast.Node
	ast.Inspect(f.decl.Body, func(n ast.Node) bool {
		if n == nil {
			depth = depth[:len(depth)-1]
			return true
		}
		depth = append(depth, n)
		if g, ok := n.(*ast.GoStmt); ok && s.line(g.Pos()) == by.Line {
			call = g.Call
			lit, _ = g.Call.Fun.(*ast.FuncLit)
			for _, d := range depth {
				switch d.(type) {
				case *ast.ForStmt, *ast.RangeStmt:
					loop = true
				}
			}
		}
		return true
	})
	return f, loop || call == nil, lit, call
}

// called is the name of a called function or method, "" for anything else.
func called(c *ast.CallExpr) string {
	if c == nil {
		return ""
	}
	switch fn := ast.Unparen(c.Fun).(type) {
	case *ast.Ident:
		return fn.Name
	case *ast.SelectorExpr:
		return fn.Sel.Name
	case *ast.IndexExpr:
		if id, ok := fn.X.(*ast.Ident); ok {
			return id.Name
		}
	}
	return ""
}

// ident is the variable of x, &x and (x).
func ident(e ast.Expr) *ast.Ident {
	switch e := ast.Unparen(e).(type) {
	case *ast.Ident:
		return e
	case *ast.UnaryExpr:
		if e.Op == token.AND {
			return ident(e.X)
		}
	}
	return nil
}

func paramIndex(l *ast.FieldList, obj *ast.Object) int {
	n := 0
	if l == nil {
		return -1
	}
	for _, field := range l.List {
		for _, name := range field.Names {
			if name.Obj == obj {
				return n
			}
			n++
		}
		if len(field.Names) == 0 {
			n++
		}
	}
	return -1
}

// canceller finds the function that ends a context: v becomes the variable of its cancel function.
func (s *Sources) canceller(w *Wait, v variable) (variable, string) {
	d, ok := v.obj.Decl.(*ast.AssignStmt)
	if !ok || len(d.Rhs) != 1 {
		return v, "it is not seen how " + v.obj.Name + " was made"
	}
	c, _ := ast.Unparen(d.Rhs[0]).(*ast.CallExpr)
	if c == nil {
		return v, "it is not seen how " + v.obj.Name + " was made"
	}
	p := s.fset.Position(d.Pos())
	made := Place{p.Filename, p.Line}
	switch fn := types.ExprString(c.Fun); fn {
	case "context.Background", "context.TODO", "context.WithoutCancel":
		w.Made, w.Cancel = made, "never"
		return v, ""
	case "context.WithCancel", "context.WithCancelCause":
		if len(c.Args) != 1 || !root(c.Args[0]) {
			return v, "the context above it may end"
		}
		id, _ := d.Lhs[1].(*ast.Ident)
		switch {
		case id == nil:
			return v, "its cancel function is kept elsewhere"
		case id.Name == "_":
			w.Made, w.Cancel = made, "discarded"
			return v, ""
		case !used(v.home.decl.Body, id.Obj):
			w.Made, w.Cancel = made, "never called"
			return v, ""
		}
		return variable{id.Obj, v.home}, ""
	case "context.WithTimeout", "context.WithDeadline", "context.WithTimeoutCause", "context.WithDeadlineCause":
		w.Wakes = true
		return v, "its time ends it"
	default:
		return v, fn + " may end it"
	}
}

// root reports whether an expression is a context that never ends.
func root(e ast.Expr) bool {
	if id, ok := ast.Unparen(e).(*ast.Ident); ok {
		if v := value(id); v != nil {
			_, again := v.(*ast.Ident)
			return !again && root(v)
		}
	}
	if c, ok := ast.Unparen(e).(*ast.CallExpr); ok {
		return slices.Contains([]string{"context.Background", "context.TODO", "context.WithoutCancel"}, types.ExprString(c.Fun))
	}
	return false
}

// used reports whether a variable is used but for being declared or thrown away ("_ = cancel").
func used(body ast.Node, obj *ast.Object) bool {
	found := false
	ast.Inspect(body, func(n ast.Node) bool {
		if a, ok := n.(*ast.AssignStmt); ok && len(a.Lhs) == 1 && len(a.Rhs) == 1 {
			if l, is := a.Lhs[0].(*ast.Ident); is && l.Name == "_" {
				if r, is := a.Rhs[0].(*ast.Ident); is && r.Obj == obj {
					return false
				}
			}
		}
		if id, ok := n.(*ast.Ident); ok && id.Obj == obj && id.Pos() != obj.Pos() {
			found = true
		}
		return !found
	})
	return found
}

// releases are the uses of a variable that can end a wait for it.
func releases(op goroutine.Op, ctx bool, e ast.Expr, waited []ast.Expr) string {
	switch {
	case ctx:
		return " call "
	case op == goroutine.WaitGroup:
		return " Done Add Go "
	case op == goroutine.Send:
		return " receive close " // a send on a channel that is closed panics: it does not wait any more
	case op == goroutine.Select && len(waited) > 0:
		return " receive send close "
	}
	return " send close "
}
