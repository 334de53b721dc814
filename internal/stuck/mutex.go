package stuck

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
)

// lockName tells mutexes apart: by the last part of the name, "mu" of c.mu, and by the type of c where it is a receiver or
// parameter. Two that cannot be told apart are taken for one, which only makes a claim rarer.
type lockName struct{ field, owner string }

func nameOf(e ast.Expr) lockName {
	n := lockName{field: lastName(e)}
	sel, ok := ast.Unparen(e).(*ast.SelectorExpr)
	if !ok {
		return n
	}
	if id, ok := sel.X.(*ast.Ident); ok && id.Obj != nil {
		if f, ok := id.Obj.Decl.(*ast.Field); ok {
			n.owner = typeName(f.Type)
		}
	}
	return n
}

func (n lockName) is(e ast.Expr) bool {
	o := nameOf(e)
	return n.field == o.field && (n.owner == "" || o.owner == "" || n.owner == o.owner)
}

// mutex fills in who locks a mutex, and who of them may go away without unlocking it.
func (s *Sources) mutex(w *Wait, file string, waited []ast.Expr) {
	if len(waited) != 1 {
		return
	}
	name := nameOf(waited[0])
	w.Split = !s.plain(waited[0], name, file)
	for _, f := range s.siblings(file) {
		for _, d := range f.Decls {
			decl, ok := d.(*ast.FuncDecl)
			if !ok || decl.Body == nil {
				continue
			}
			s.holders(w, function{decl: decl}, name)
			ast.Inspect(decl.Body, func(n ast.Node) bool {
				if lit, ok := n.(*ast.FuncLit); ok {
					s.holders(w, function{decl, lit}, name)
				}
				return true
			})
		}
	}
}

// plain reports whether every lock and unlock of a mutex can be known by its name: it is a variable or field of the package,
// declared as sync.Mutex or sync.RWMutex, that no other package can reach and whose address nobody takes.
func (s *Sources) plain(e ast.Expr, name lockName, file string) bool {
	if token.IsExported(name.field) {
		return false
	}
	if id, ok := ast.Unparen(e).(*ast.Ident); ok && id.Obj != nil {
		if _, isParam := id.Obj.Decl.(*ast.Field); isParam { // handed in, or embedded
			return false
		}
	}
	declared, taken := false, false
	for _, f := range s.siblings(file) {
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CallExpr:
				return types.ExprString(n.Fun) != "sync.NewCond" // unlocks and locks in one call
			case *ast.Field:
				declared = declared || names(n.Names, name.field) && isMutex(n.Type)
			case *ast.ValueSpec:
				declared = declared || names(n.Names, name.field) && n.Type != nil && isMutex(n.Type)
			case *ast.UnaryExpr:
				taken = taken || n.Op == token.AND && lastName(n.X) == name.field
			}
			return true
		})
	}
	return declared && !taken
}

func names(list []*ast.Ident, name string) bool {
	for _, id := range list {
		if id.Name == name {
			return true
		}
	}
	return false
}

func isMutex(e ast.Expr) bool {
	switch types.ExprString(e) {
	case "sync.Mutex", "sync.RWMutex", "*sync.Mutex", "*sync.RWMutex":
		return true
	}
	return false
}

// lastName is the last name of an expression.
func lastName(e ast.Expr) string {
	switch e := ast.Unparen(e).(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return e.Sel.Name
	case *ast.UnaryExpr:
		return lastName(e.X)
	case *ast.IndexExpr:
		return lastName(e.X)
	}
	return types.ExprString(e)
}

// calls of Lock and Unlock of one function, and its ways out, in their order in the text.
type mark struct {
	pos      token.Pos
	kind     byte   // 'L', 'U', 'D' (deferred unlock), 'R' (return); of a mutex with another name: 'l', 'u'
	other    string // that name
	terminal int    // depth of the block in which it stands
}

// holders looks at one function, without the literals inside of it.
func (s *Sources) holders(w *Wait, f function, name lockName) {
	var marks []mark
	depth := 0
	var path []ast.Node
	ast.Inspect(f.body(), func(n ast.Node) bool {
		if n == nil {
			if _, ok := path[len(path)-1].(*ast.BlockStmt); ok {
				depth--
			}
			path = path[:len(path)-1]
			return true
		}
		if lit, ok := n.(*ast.FuncLit); ok {
			if d, is := parentOf(append(path, n), 2).(*ast.DeferStmt); is && unlocks(lit, name) {
				marks = append(marks, mark{d.Pos(), 'D', "", depth})
			}
			return false
		}
		path = append(path, n)
		switch n := n.(type) {
		case *ast.BlockStmt:
			depth++
		case *ast.ReturnStmt:
			marks = append(marks, mark{n.Pos(), 'R', "", depth})
		case *ast.CallExpr:
			if k := lockCall(n, name); k == 0 {
				if _, deferred := parentOf(path, 1).(*ast.DeferStmt); !deferred {
					marks = append(marks, otherLock(n, depth)...)
				}
			} else if k != 0 {
				if _, deferred := parentOf(path, 1).(*ast.DeferStmt); deferred {
					if k == 'U' {
						k = 'D'
					} else {
						k = 0 // defer mu.Lock(): nobody means that
					}
				}
				if k != 0 {
					marks = append(marks, mark{n.Pos(), k, "", depth})
				}
			}
		}
		return true
	})
	s.judge(w, f, marks)
}

// judge finds a lock that is not followed by an unlock on a way out.
func (s *Sources) judge(w *Wait, f function, marks []mark) {
	kinds := map[byte]bool{}
	for _, m := range marks {
		kinds[m.kind] = true
	}
	w.Split = w.Split || !kinds['L'] && (kinds['U'] || kinds['D'])
	for i, m := range marks {
		if m.kind != 'L' {
			continue
		}
		span := s.span(f.node(), f.name())
		if len(w.Lockers) == 0 || w.Lockers[len(w.Lockers)-1] != span {
			w.Lockers = append(w.Lockers, span)
		}
		s.order(w, m, marks[:i], marks[i+1:])
		held, unlocks := true, false
		for _, next := range marks[i+1:] {
			if next.kind == 'D' {
				held, unlocks = false, true
				break
			}
			unlocks = unlocks || next.kind == 'U'
			if next.kind == 'U' && next.terminal <= m.terminal {
				held = false
				break
			}
			if next.kind == 'R' && !unlockedBefore(marks[i+1:], next) {
				w.Holders = append(w.Holders, Hold{span, s.line(m.pos), s.line(next.pos)})
				held = false
				break
			}
		}
		if held && !unlocks {
			w.Holders = append(w.Holders, Hold{Func: span, Lock: s.line(m.pos)})
		}
	}
}

// order notes what else is locked while a lock is held, and under what it is taken.
func (s *Sources) order(w *Wait, lock mark, before, after []mark) {
	place := func(m mark) Place {
		p := s.fset.Position(m.pos)
		return Place{p.Filename, p.Line}
	}
	for _, m := range after {
		if m.kind == 'U' && m.terminal <= lock.terminal {
			break
		}
		if m.kind == 'L' || m.kind == 'l' {
			w.Second = append(w.Second, Order{place(m), m.other})
		}
	}
	for i, m := range before {
		free := func(u mark) bool { return u.kind == 'u' && u.other == m.other && u.terminal <= m.terminal }
		if m.kind == 'l' && !slices.ContainsFunc(before[i+1:], free) {
			w.Under = append(w.Under, Order{place(lock), m.other})
		}
	}
}

// otherLock is the mark of a call that locks or unlocks some mutex, as far as its name tells.
func otherLock(c *ast.CallExpr, depth int) []mark {
	sel, ok := c.Fun.(*ast.SelectorExpr)
	if !ok || len(c.Args) != 0 {
		return nil
	}
	n := nameOf(sel.X)
	switch sel.Sel.Name {
	case "Lock", "RLock":
		return []mark{{c.Pos(), 'l', n.owner + "." + n.field, depth}}
	case "Unlock", "RUnlock":
		return []mark{{c.Pos(), 'u', n.owner + "." + n.field, depth}}
	}
	return nil
}

// unlockedBefore reports whether the block of a return unlocks before it.
func unlockedBefore(marks []mark, ret mark) bool {
	for i := len(marks) - 1; i >= 0; i-- {
		if marks[i].pos < ret.pos && marks[i].kind == 'U' && marks[i].terminal <= ret.terminal {
			return true
		}
	}
	return false
}

// doneIn are the functions of the package of a file that call Done, or Go, of a WaitGroup with that name.
func (s *Sources) doneIn(file string, name lockName) []Span {
	var out []Span
	for _, f := range s.siblings(file) {
		for _, d := range f.Decls {
			decl, ok := d.(*ast.FuncDecl)
			if !ok || decl.Body == nil {
				continue
			}
			found := false
			ast.Inspect(decl.Body, func(n ast.Node) bool {
				if sel, ok := n.(*ast.SelectorExpr); ok && (sel.Sel.Name == "Done" || sel.Sel.Name == "Go") && name.is(sel.X) {
					found = true
				}
				return !found
			})
			if found {
				out = append(out, s.span(decl, function{decl: decl}.name()))
			}
		}
	}
	return out
}

func lockCall(c *ast.CallExpr, name lockName) byte {
	sel, ok := c.Fun.(*ast.SelectorExpr)
	if !ok || len(c.Args) != 0 || !name.is(sel.X) {
		return 0
	}
	switch sel.Sel.Name {
	case "Lock", "RLock":
		return 'L'
	case "Unlock", "RUnlock":
		return 'U'
	}
	return 0
}

// unlocks reports whether a literal unlocks.
func unlocks(lit *ast.FuncLit, name lockName) bool {
	found := false
	ast.Inspect(lit.Body, func(n ast.Node) bool {
		if c, ok := n.(*ast.CallExpr); ok && lockCall(c, name) == 'U' {
			found = true
		}
		return !found
	})
	return found
}
