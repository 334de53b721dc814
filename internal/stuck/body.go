package stuck

import (
	"go/ast"
	"go/types"
	"io/fs"
	"path/filepath"
	"strings"
)

// The bounds of a walk through a module.
const (
	maxWalk  = 5000 // files and folders
	maxFound = 10
)

// Request is a line that sends an HTTP request.
type Request struct {
	Place
	Func string
	Text string
}

// Unclosed looks through the module around file for lines that send an HTTP request and close the body of the answer on no
// way through their function, or not on one of them, while the answer goes nowhere else. A connection whose answer is neither read to its end
// nor closed is never free again (net/http, Response.Body). Askers are all functions that send one: who is in there may be at its answer.
func (s *Sources) Unclosed(file string) (open []Request, askers []Span) {
	path := s.find(file)
	if path == "" {
		return nil, nil
	}
	files := s.module(path)
	a := asking{"Get": true, "Post": true, "PostForm": true, "Do": true, "RoundTrip": true} // not Head: its answer has no body
	for _, f := range files {
		for _, d := range f.Decls {
			if decl, ok := d.(*ast.FuncDecl); ok && answers(decl.Type) {
				a[decl.Name.Name] = true
			}
		}
	}
	for _, f := range files {
		list, in := s.unclosedIn(f, a)
		open, askers = append(open, list...), append(askers, in...)
	}
	return open[:min(len(open), maxFound)], askers
}

// asking are the names of what sends a request and returns the answer.
type asking map[string]bool

// answers reports whether a function returns the answer of a request, and an error.
func answers(t *ast.FuncType) bool {
	return t.Results != nil && t.Results.NumFields() == 2 && types.ExprString(t.Results.List[0].Type) == "*http.Response"
}

// module are the files of the module around path.
func (s *Sources) module(path string) []*ast.File {
	root := moduleRoot(filepath.Dir(path))
	if root == "" {
		root = filepath.Dir(path)
	}
	var out []*ast.File
	seen := 0
	_ = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if seen++; seen > maxWalk {
			return fs.SkipAll
		}
		name := filepath.Base(path)
		switch {
		case err != nil:
			return nil
		case d.IsDir() && path != root && (strings.HasPrefix(name, ".") || name == "vendor" || name == "testdata" || name == "node_modules"):
			return fs.SkipDir
		case d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go"):
			return nil
		}
		if f := s.file(path); f != nil {
			out = append(out, f)
		}
		return nil
	})
	return out
}

func (s *Sources) unclosedIn(f *ast.File, a asking) (out []Request, askers []Span) {
	for _, d := range f.Decls {
		decl, ok := d.(*ast.FuncDecl)
		if !ok || decl.Body == nil {
			continue
		}
		asks := false
		ast.Inspect(decl.Body, func(n ast.Node) bool {
			bad := false
			switch n := n.(type) {
			case *ast.ExprStmt:
				bad = a.byHTTP(n.X)
			case *ast.CallExpr:
				asks = asks || a.sends(n)
			case *ast.AssignStmt:
				bad = len(n.Rhs) == 1 && len(n.Lhs) == 2 && a.sends(n.Rhs[0]) && a.unclosed(decl.Body, n)
			}
			if bad {
				p := s.fset.Position(n.Pos())
				out = append(out, Request{Place{p.Filename, p.Line}, function{decl: decl}.name(), s.text(p.Filename, p.Line)})
			}
			return true
		})
		if asks {
			askers = append(askers, s.span(decl, function{decl: decl}.name()))
		}
	}
	return out, askers
}

// byHTTP reports whether a call is one of the functions of net/http itself.
func (a asking) byHTTP(e ast.Expr) bool {
	c, ok := ast.Unparen(e).(*ast.CallExpr)
	return ok && a.sends(c) && strings.HasPrefix(types.ExprString(c.Fun), "http.")
}

// sends reports whether an expression calls what sends a request.
func (a asking) sends(e ast.Expr) bool {
	c, ok := ast.Unparen(e).(*ast.CallExpr)
	return ok && a[called(c)]
}

// unclosed follows the variable of an answer.
func (a asking) unclosed(body *ast.BlockStmt, set *ast.AssignStmt) bool {
	id, ok := set.Lhs[0].(*ast.Ident)
	if !ok {
		return false
	}
	if id.Name == "_" {
		return a.byHTTP(set.Rhs[0])
	}
	var closed, away bool
	answer := a.byHTTP(set.Rhs[0]) // is it one? types are not known
	var first ast.Node             // the first close
	var path []ast.Node
	ast.Inspect(body, func(n ast.Node) bool {
		if n == nil {
			path = path[:len(path)-1]
			return true
		}
		path = append(path, n)
		use, ok := n.(*ast.Ident)
		if !ok || use.Obj == nil || use.Obj != id.Obj || use.Pos() == id.Pos() || use.Pos() < set.End() {
			return true
		}
		switch how(path) {
		case "close":
			closed = true
			if first == nil {
				first = n
			}
		case "away":
			away = true
		}
		if sel, ok := parentOf(path, 1).(*ast.SelectorExpr); ok {
			switch sel.Sel.Name {
			case "Body", "StatusCode", "Status", "Header", "ContentLength":
				answer = true
			}
		}
		return true
	})
	switch {
	case away || !answer:
		return false
	case !closed:
		return true
	}
	return leavesBefore(body, set, first)
}

// how tells what is done with an answer: its body is closed, only looked at, or it goes away to others.
func how(path []ast.Node) string {
	sel, ok := parentOf(path, 1).(*ast.SelectorExpr)
	if !ok {
		if _, cmp := parentOf(path, 1).(*ast.BinaryExpr); cmp {
			return "look"
		}
		return "away"
	}
	if sel.Sel.Name != "Body" {
		return "look"
	}
	switch p := parentOf(path, 2).(type) {
	case *ast.SelectorExpr:
		if p.Sel.Name == "Close" {
			return "close"
		}
		return "look"
	case *ast.CallExpr:
		switch fn := types.ExprString(p.Fun); {
		case fn == "io.ReadAll", fn == "ioutil.ReadAll", fn == "io.Copy":
			return "close" // read to its end, the connection is free again
		case fn == "json.NewDecoder", fn == "xml.NewDecoder", fn == "bufio.NewReader", fn == "bufio.NewScanner", strings.HasPrefix(fn, "io."):
			return "look"
		}
		return "away"
	}
	return "away"
}

// leavesBefore reports whether a return stands between the request and the first close, but for the one of its error.
func leavesBefore(body *ast.BlockStmt, set *ast.AssignStmt, first ast.Node) bool {
	errName := types.ExprString(set.Lhs[1])
	found := false
	var path []ast.Node
	ast.Inspect(body, func(n ast.Node) bool {
		if n == nil {
			path = path[:len(path)-1]
			return true
		}
		path = append(path, n)
		ret, ok := n.(*ast.ReturnStmt)
		if !ok || ret.Pos() < set.End() || ret.Pos() > first.Pos() || ret.Pos() < first.Pos() && first.Pos() < ret.End() {
			return true
		}
		for _, p := range path {
			switch p := p.(type) {
			case *ast.FuncLit:
				return true
			case *ast.IfStmt:
				if p.Pos() > set.Pos() && strings.Contains(types.ExprString(p.Cond), errName+" !=") {
					return true
				}
			}
		}
		found = true
		return true
	})
	return found
}
