package stuck

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
)

// endless reports whether the wait stands in a loop without an end, or is a range over what is never closed, and nothing
// inside of it leaves it.
func (s *Sources) endless(f function, wait ast.Node) bool {
	loop := ast.Node(nil)
	label := ""
	ast.Inspect(f.body(), func(n ast.Node) bool {
		if n == nil || n.Pos() > wait.Pos() || n.End() < wait.End() || loop != nil {
			return false
		}
		switch n := n.(type) {
		case *ast.FuncLit:
			return false
		case *ast.LabeledStmt:
			label = n.Label.Name
		case *ast.ForStmt:
			if n.Cond == nil {
				loop = n
			}
		case *ast.RangeStmt:
			if isTimer(n.X) {
				loop = n
			}
		}
		return true
	})
	return loop != nil && !leaves(loop, label)
}

// goesRound reports whether a goroutine that wait lets go on because of the time e waits there again: it is in a loop without a
// condition, and nothing leaves that but what the select does for others than e.
func goesRound(f function, wait ast.Node, e ast.Expr) bool {
	var loop ast.Node
	label, labels := "", map[ast.Stmt]string{}
	ast.Inspect(f.body(), func(n ast.Node) bool {
		if n == nil || n.Pos() > wait.Pos() || n.End() < wait.End() {
			return false
		}
		switch n := n.(type) {
		case *ast.FuncLit:
			return false
		case *ast.LabeledStmt:
			labels[n.Stmt] = n.Label.Name
		case *ast.ForStmt:
			loop, label = nil, labels[n]
			if n.Cond == nil {
				loop = n
			}
		case *ast.RangeStmt:
			loop = nil
			if isTimer(n.X) {
				loop, label = n, labels[n]
			}
		}
		return true
	})
	return loop != nil && !leavesBut(loop, label, func(n ast.Node) bool {
		c, ok := n.(*ast.CommClause)
		return ok && wait.Pos() <= c.Pos() && c.End() <= wait.End() && (e.Pos() < c.Pos() || c.End() < e.End())
	})
}

// leaves reports whether a statement inside a loop ends it.
func leaves(loop ast.Node, label string) bool {
	return leavesBut(loop, label, func(ast.Node) bool { return false })
}

// leavesBut does without the nodes to skip.
func leavesBut(loop ast.Node, label string, skip func(ast.Node) bool) bool {
	var walk func(n ast.Node, breaks bool) bool
	walk = func(root ast.Node, breaks bool) bool {
		found := false
		ast.Inspect(root, func(n ast.Node) bool {
			if found || n == nil || skip(n) {
				return false
			}
			switch n := n.(type) {
			case *ast.FuncLit:
				return false
			case *ast.ReturnStmt:
				found = true
			case *ast.BranchStmt:
				found = n.Tok == token.GOTO || n.Tok == token.BREAK && (n.Label == nil && breaks || n.Label != nil && n.Label.Name == label && label != "")
				if n.Label != nil && n.Label.Name != label && n.Tok == token.BREAK {
					found = found || breaks // a label inside the loop is not ours; one outside leaves it too
				}
			case *ast.CallExpr:
				found = found || ends(n)
			case *ast.ForStmt, *ast.RangeStmt, *ast.SelectStmt, *ast.SwitchStmt, *ast.TypeSwitchStmt:
				if n != root {
					found = walk(n, false)
					return false
				}
			}
			return !found
		})
		return found
	}
	return walk(loop, true)
}

// ends reports whether a call does not come back.
func ends(c *ast.CallExpr) bool {
	switch types.ExprString(c.Fun) {
	case "panic", "os.Exit", "runtime.Goexit", "log.Fatal", "log.Fatalf", "log.Fatalln", "log.Panic", "log.Panicf", "log.Panicln", "syscall.Exit":
		return true
	}
	return false
}

// isTimer reports whether an expression is the channel of a ticker or timer, as far as it says so itself or its variable
// was set to one.
func isTimer(e ast.Expr) bool {
	switch e := ast.Unparen(e).(type) {
	case *ast.SelectorExpr:
		return e.Sel.Name == "C"
	case *ast.CallExpr:
		return slices.Contains([]string{"time.After", "time.Tick"}, types.ExprString(e.Fun)) || slices.ContainsFunc(e.Args, duration)
	case *ast.Ident:
		if v := value(e); v != nil {
			_, again := v.(*ast.Ident)
			return !again && isTimer(v)
		}
	}
	return false
}

// duration reports whether an expression is a time of package time: the channel of a call that takes one, of somebody's clock, is a timer's.
func duration(e ast.Expr) bool {
	found := false
	ast.Inspect(e, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok {
			x, is := sel.X.(*ast.Ident)
			found = found || is && x.Name == "time" && x.Obj == nil
		}
		return !found
	})
	return found
}

// isContext reports whether an expression is the Done channel of a context.
func isContext(e ast.Expr) (ctx ast.Expr, ok bool) {
	switch e := ast.Unparen(e).(type) {
	case *ast.CallExpr:
		if sel, is := e.Fun.(*ast.SelectorExpr); is && sel.Sel.Name == "Done" && len(e.Args) == 0 {
			return sel.X, true
		}
	case *ast.Ident:
		if v := value(e); v != nil {
			if _, again := v.(*ast.Ident); !again {
				return isContext(v)
			}
		}
	}
	return nil, false
}

// value is the expression that the only assignment which declares a variable gives it, nil when there is none of that
// form.
func value(id *ast.Ident) ast.Expr {
	v := assigned(id)
	if next, ok := v.(*ast.Ident); ok { // a name for another; code that does not compile may go round in circles
		return assigned(next)
	}
	return v
}

func assigned(id *ast.Ident) ast.Expr {
	if id.Obj == nil {
		return nil
	}
	switch d := id.Obj.Decl.(type) {
	case *ast.AssignStmt:
		for i, l := range d.Lhs {
			if x, ok := l.(*ast.Ident); ok && x.Obj == id.Obj && len(d.Lhs) == len(d.Rhs) {
				return d.Rhs[i]
			}
		}
	case *ast.ValueSpec:
		for i, n := range d.Names {
			if n.Obj == id.Obj && i < len(d.Values) {
				return d.Values[i]
			}
		}
	}
	return nil
}
