package stuck

import (
	"go/ast"
	"go/token"
	"strings"
)

// maxDepth bounds how far a variable is followed from function to function.
const maxDepth = 4

// reach follows a variable to all code that can touch it.
type reach struct {
	s       *Sources
	seen    map[*ast.Object]bool
	release string // the uses that count
	spans   []Span // functions with such a use
	why     string // where it gets out of sight
}

// follow looks at all uses of obj in the function home.
func (r *reach) follow(home function, obj *ast.Object, depth int) {
	if r.seen[obj] {
		return
	}
	r.seen[obj] = true
	if depth > maxDepth {
		r.lost(obj, "is handed on and on")
		return
	}
	var path []ast.Node
	ast.Inspect(home.body(), func(n ast.Node) bool {
		if n == nil {
			path = path[:len(path)-1]
			return true
		}
		path = append(path, n)
		if id, ok := n.(*ast.Ident); ok && id.Obj == obj && id.Pos() != obj.Pos() {
			r.use(home, obj, id, path, depth)
		}
		return true
	})
}

func (r *reach) lost(obj *ast.Object, how string) {
	if r.why == "" {
		r.why = obj.Name + " " + how
	}
}

// use judges one use; path leads from the body to the identifier.
func (r *reach) use(home function, obj *ast.Object, id *ast.Ident, path []ast.Node, depth int) {
	in, ok := r.within(home, obj, path)
	if !ok {
		return
	}
	parent := parentOf(path, 1)
	if u, is := parent.(*ast.UnaryExpr); is && u.Op == token.AND {
		id, path = nil, path[:len(path)-1]
		parent = parentOf(path, 1)
	}
	self := path[len(path)-1]
	switch p := parent.(type) {
	case *ast.SendStmt:
		if p.Chan != self {
			r.lost(obj, "is sent to somebody")
			return
		}
		r.counts("send", in)
	case *ast.UnaryExpr:
		r.counts("receive", in)
	case *ast.RangeStmt:
		if p.X == self {
			r.counts("receive", in)
		}
	case *ast.SelectorExpr:
		r.selected(obj, p, path, in)
	case *ast.CallExpr:
		r.call(obj, p, self, in, depth)
	case *ast.AssignStmt:
		for i, l := range p.Lhs {
			if l == self {
				if len(p.Rhs) != len(p.Lhs) || !made(p.Rhs[i]) {
					r.lost(obj, "is set to something else")
				}
				return
			}
		}
		if x, is := p.Lhs[0].(*ast.Ident); !is || x.Name != "_" {
			r.lost(obj, "is copied")
		}
	case *ast.BinaryExpr: // compared
	default:
		r.lost(obj, "is kept or handed out")
	}
}

func parentOf(path []ast.Node, n int) ast.Node {
	if len(path) <= n {
		return nil
	}
	return path[len(path)-1-n]
}

// counts adds the function when the use can end the wait.
func (r *reach) counts(use string, in Span) {
	if !strings.Contains(r.release, " "+use+" ") {
		return
	}
	for _, s := range r.spans {
		if s == in {
			return
		}
	}
	r.spans = append(r.spans, in)
}

// within is the function in which a use stands. A literal counts by itself when a go statement, or a method Go, starts
// it, and with its surroundings when it is called on the spot or deferred; any other may run at any time.
func (r *reach) within(home function, obj *ast.Object, path []ast.Node) (Span, bool) {
	in := r.s.span(home.node(), home.name())
	for i, n := range path {
		lit, ok := n.(*ast.FuncLit)
		if !ok || lit.Pos() <= obj.Pos() && obj.Pos() < lit.End() { // it was made inside
			if ok {
				in = r.s.span(lit, function{home.decl, lit}.name())
			}
			continue
		}
		call, isCall := parentOf(path[:i+1], 1).(*ast.CallExpr)
		if !isCall {
			r.lost(obj, "is used by a function that may run at any time")
			return in, false
		}
		_, started := parentOf(path[:i+1], 2).(*ast.GoStmt)
		switch {
		case call.Fun == ast.Expr(lit) && started, call.Fun != ast.Expr(lit) && called(call) == "Go":
			in = r.s.span(lit, function{home.decl, lit}.name())
		case call.Fun == ast.Expr(lit):
		default:
			r.lost(obj, "is used by a function that may run at any time")
			return in, false
		}
	}
	return in, true
}

// selected judges x.Method.
func (r *reach) selected(obj *ast.Object, sel *ast.SelectorExpr, path []ast.Node, in Span) {
	call, ok := parentOf(path, 2).(*ast.CallExpr)
	if !ok || call.Fun != ast.Expr(sel) {
		r.lost(obj, "hands out a method")
		return
	}
	switch name := sel.Sel.Name; name {
	case "Done", "Add", "Go":
		r.counts(name, in)
		if name == "Go" && len(call.Args) == 1 {
			if lit, ok := call.Args[0].(*ast.FuncLit); ok {
				r.counts("Done", r.s.span(lit, in.Name))
			} else {
				r.lost(obj, "starts a function elsewhere")
			}
		}
	case "Wait":
	default:
		r.lost(obj, "has a method "+name)
	}
}

// call judges a variable that is called, or an argument.
func (r *reach) call(obj *ast.Object, c *ast.CallExpr, self ast.Node, in Span, depth int) {
	if c.Fun == self {
		r.counts("call", in)
		return
	}
	switch called(c) {
	case "close":
		r.counts("close", in)
		return
	case "len", "cap":
		return
	}
	n := -1
	for i, a := range c.Args {
		if ast.Node(a) == self {
			n = i
		}
	}
	callee, ok := r.callee(c)
	if !ok || n < 0 || c.Ellipsis.IsValid() {
		r.lost(obj, "is handed to "+called(c))
		return
	}
	param := paramAt(callee.params(), n)
	if param == nil {
		r.lost(obj, "is handed to "+called(c))
		return
	}
	if param.Name != "_" {
		r.follow(callee, param.Obj, depth+1)
	}
}

// callee finds a called function in the package.
func (r *reach) callee(c *ast.CallExpr) (function, bool) {
	at := r.s.fset.Position(c.Pos()).Filename
	if lit, ok := c.Fun.(*ast.FuncLit); ok {
		for _, d := range r.s.file(at).Decls {
			if decl, ok := d.(*ast.FuncDecl); ok && decl.Pos() <= lit.Pos() && lit.End() <= decl.End() {
				return function{decl, lit}, true
			}
		}
		return function{}, false
	}
	name, method := called(c), false
	if sel, ok := c.Fun.(*ast.SelectorExpr); ok {
		x, isIdent := sel.X.(*ast.Ident)
		if !isIdent || x.Obj == nil {
			return function{}, false // of another package, or of something further away
		}
		method = true
	}
	var found []function
	for _, f := range r.s.siblings(at) {
		for _, d := range f.Decls {
			if decl, ok := d.(*ast.FuncDecl); ok && decl.Name.Name == name && decl.Body != nil && (decl.Recv != nil) == method {
				found = append(found, function{decl: decl})
			}
		}
	}
	if len(found) != 1 || name == "" {
		return function{}, false
	}
	return found[0], true
}

func paramAt(l *ast.FieldList, n int) *ast.Ident {
	if l == nil {
		return nil
	}
	i := 0
	for _, f := range l.List {
		if _, variadic := f.Type.(*ast.Ellipsis); variadic {
			return nil
		}
		for _, name := range f.Names {
			if i == n {
				return name
			}
			i++
		}
		if len(f.Names) == 0 {
			i++
		}
	}
	return nil
}
