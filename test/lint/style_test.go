package lint

import (
	"bytes"
	"go/ast"
	"go/constant"
	"go/format"
	"go/token"
	"go/types"
	"regexp"
	"strings"
	"testing"
)

const (
	maxFileLines    = 700
	maxFuncLines    = 120
	longFuncLines   = 60
	longFuncPercent = 5
	maxParams       = 5
	maxMethods      = 6
	maxExported     = 40
	minDocPercent   = 90
)

func TestGofmt(t *testing.T) {
	for _, s := range sources(t) {
		want, err := format.Source(s.text)
		if err != nil {
			t.Errorf("%s: %v", s.path, err)
		} else if !bytes.Equal(want, s.text) {
			t.Errorf("%s: not formatted; run gofmt -w", s.path)
		}
	}
}

func TestPackageComments(t *testing.T) {
	has := map[string]bool{}
	for _, s := range sources(t) {
		if !s.isTest() {
			has[s.dir()] = has[s.dir()] || s.file.Doc != nil
		}
	}
	for dir, ok := range has {
		if !ok {
			t.Errorf("%s: no package comment; say in one sentence what the package is", dir)
		}
	}
}

// TestExportedComments holds the whole product, and each package of some size, to the share of
// exported names that have a comment.
func TestExportedComments(t *testing.T) {
	type count struct{ all, bare int }
	per := map[string]*count{}
	total := &count{}
	for _, s := range sources(t) {
		if !s.product() {
			continue
		}
		c := per[s.dir()]
		if c == nil {
			c = &count{}
			per[s.dir()] = c
		}
		exported(s.file, func(name string, documented bool, pos token.Pos) {
			for _, c := range []*count{c, total} {
				c.all++
				if !documented {
					c.bare++
				}
			}
			if !documented {
				t.Logf("%s:%d: %s has no comment", s.path, s.line(pos), name)
			}
		})
	}
	if share := 100 * (total.all - total.bare) / max(total.all, 1); share < minDocPercent {
		t.Errorf("only %d %% of the exported names have a comment, want %d", share, minDocPercent)
	}
	for dir, c := range per {
		if !strings.HasSuffix(dir, "internal/facts") && c.all > maxExported {
			t.Errorf("%s: %d exported names; at most %d", dir, c.all, maxExported)
		}
	}
}

// exported calls yield for each exported top-level name and method of an exported type.
func exported(file *ast.File, yield func(name string, documented bool, pos token.Pos)) {
	for _, decl := range file.Decls {
		switch d := decl.(type) {
		case *ast.FuncDecl:
			if d.Name.IsExported() && d.Recv == nil {
				yield(d.Name.Name, d.Doc != nil, d.Pos())
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				switch sp := spec.(type) {
				case *ast.TypeSpec:
					if sp.Name.IsExported() {
						yield(sp.Name.Name, d.Doc != nil || sp.Doc != nil || sp.Comment != nil, sp.Pos())
					}
				case *ast.ValueSpec:
					for _, n := range sp.Names {
						if n.IsExported() {
							yield(n.Name, d.Doc != nil || sp.Doc != nil || sp.Comment != nil, n.Pos())
						}
					}
				}
			}
		}
	}
}

func TestSizes(t *testing.T) {
	all, long := 0, 0
	for _, s := range sources(t) {
		if n := bytes.Count(s.text, []byte("\n")); n > maxFileLines {
			t.Errorf("%s: %d lines; at most %d", s.path, n, maxFileLines)
		}
		if s.isTest() {
			continue
		}
		for _, decl := range s.file.Decls {
			fn, ok := decl.(*ast.FuncDecl)
			if !ok || fn.Body == nil {
				continue
			}
			all++
			n := s.line(fn.End()) - s.line(fn.Pos()) + 1
			if n > longFuncLines {
				long++
				t.Logf("%s:%d: %s has %d lines", s.path, s.line(fn.Pos()), fn.Name.Name, n)
			}
			if n > maxFuncLines {
				t.Errorf("%s:%d: %s has %d lines; at most %d", s.path, s.line(fn.Pos()), fn.Name.Name, n, maxFuncLines)
			}
			if p := fn.Type.Params.NumFields(); p > maxParams {
				t.Errorf("%s:%d: %s has %d parameters; at most %d, else a struct", s.path, s.line(fn.Pos()), fn.Name.Name, p, maxParams)
			}
		}
	}
	if long*100 > all*longFuncPercent {
		t.Errorf("%d of %d functions have more than %d lines; at most %d %%", long, all, longFuncLines, longFuncPercent)
	}
}

func TestInterfaces(t *testing.T) {
	for _, s := range sources(t) {
		ast.Inspect(s.file, func(n ast.Node) bool {
			if i, ok := n.(*ast.InterfaceType); ok && i.Methods.NumFields() > maxMethods {
				t.Errorf("%s:%d: an interface of %d methods; at most %d", s.path, s.line(i.Pos()), i.Methods.NumFields(), maxMethods)
			}
			return true
		})
	}
}

func TestNoInit(t *testing.T) {
	for _, s := range sources(t) {
		for _, decl := range s.file.Decls {
			if fn, ok := decl.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
				t.Errorf("%s:%d: func init; pass values instead", s.path, s.line(fn.Pos()))
			}
		}
	}
}

// TestPatterns: the product compiles no regular expression when it starts, and every one that it compiles
// at its first use is well formed.
func TestPatterns(t *testing.T) {
	seen := 0
	for _, s := range sources(t) {
		if !s.product() || s.dir() == "internal/lazyre" {
			continue
		}
		for _, decl := range s.file.Decls {
			d, ok := decl.(*ast.GenDecl)
			if !ok || d.Tok != token.VAR {
				continue
			}
			ast.Inspect(d, func(n ast.Node) bool {
				call, ok := n.(*ast.CallExpr)
				if !ok {
					return true
				}
				switch name := types.ExprString(call.Fun); {
				case name == "regexp.MustCompile" || name == "regexp.MustCompilePOSIX":
					t.Errorf("%s:%d: %s at package level; use lazyre.New", s.path, s.line(n.Pos()), name)
				case name == "lazyre.New":
					seen++
					v, err := types.Eval(token.NewFileSet(), nil, token.NoPos, types.ExprString(call.Args[0]))
					if err != nil || v.Value == nil {
						t.Errorf("%s:%d: not a constant expression", s.path, s.line(n.Pos()))
					} else if _, err := regexp.Compile(constant.StringVal(v.Value)); err != nil {
						t.Errorf("%s:%d: %v", s.path, s.line(n.Pos()), err)
					}
				}
				return true
			})
		}
	}
	if seen == 0 {
		t.Error("no pattern found; was anything looked at?")
	}
}

// TestPackageVariables: a package-level variable of the product is never assigned to by its
// package's functions.
func TestPackageVariables(t *testing.T) {
	vars := map[string]map[string]bool{}
	for _, s := range sources(t) {
		if !s.product() {
			continue
		}
		for _, decl := range s.file.Decls {
			d, ok := decl.(*ast.GenDecl)
			if !ok || d.Tok != token.VAR {
				continue
			}
			for _, spec := range d.Specs {
				for _, n := range spec.(*ast.ValueSpec).Names {
					if vars[s.dir()] == nil {
						vars[s.dir()] = map[string]bool{}
					}
					vars[s.dir()][n.Name] = true
				}
			}
		}
	}
	for _, s := range sources(t) {
		if s.product() {
			assignedGlobals(t, s, vars[s.dir()])
		}
	}
}

func assignedGlobals(t *testing.T, s *source, global map[string]bool) {
	check := func(e ast.Expr) {
		for {
			switch x := e.(type) {
			case *ast.IndexExpr:
				e = x.X
				continue
			case *ast.SelectorExpr:
				e = x.X
				continue
			}
			break
		}
		// The parser resolves names within a file: a local variable has an object that is declared
		// inside of a function, a package-level one has none or one in the file's scope.
		id, ok := e.(*ast.Ident)
		if !ok || !global[id.Name] {
			return
		}
		if id.Obj == nil || s.file.Scope.Lookup(id.Name) == id.Obj {
			t.Errorf("%s:%d: assignment to the package variable %s; no mutable package state", s.path, s.line(id.Pos()), id.Name)
		}
	}
	ast.Inspect(s.file, func(n ast.Node) bool {
		switch x := n.(type) {
		case *ast.AssignStmt:
			if x.Tok != token.DEFINE {
				for _, e := range x.Lhs {
					check(e)
				}
			}
		case *ast.IncDecStmt:
			check(x.X)
		}
		return true
	})
}
