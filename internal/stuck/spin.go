package stuck

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"github.com/gorescue/gorescue/internal/goroutine"
)

// Spin is a loop that takes processor time without getting anything done.
type Spin struct {
	Place
	Text string
	Why  string // "default-case", "polling", "no-wait"; of Vain "in-vain", "ended-context", "closed-channel"

	Senders []Span // of closed-channel: everybody who sends to the channel
}

// Spin judges the loop around a call that costs processor time; ok is false when there is none, or it does work, waits,
// or ends.
//
//   - default-case: every round looks at channels and goes on at once when nothing is there
//   - polling: it asks again and again for a value that somebody else sets
//   - no-wait: it never ends, calls nothing and waits for nothing
func (s *Sources) Spin(fr goroutine.Frame) (Spin, bool) {
	f, ok := s.at(fr)
	if !ok {
		if f, ok = s.named(fr); !ok {
			return Spin{}, false
		}
		fr.Line = 0
	}
	var found Spin
	ast.Inspect(f.body(), func(n ast.Node) bool {
		if n == nil || fr.Line > 0 && !s.covers(n, fr.Line) {
			return false
		}
		if lit, is := n.(*ast.FuncLit); is && lit != f.lit {
			return false
		}
		loop, is := n.(*ast.ForStmt)
		if !is {
			return true
		}
		if why := idle(loop); why != "" && found.Why == "" {
			p := s.fset.Position(loop.Pos())
			found = Spin{Place: Place{p.Filename, p.Line}, Text: s.text(p.Filename, p.Line), Why: why}
		}
		return true
	})
	return found, found.Why != ""
}

// round is what one run through a loop does.
type round struct {
	waits, works, sets, polls bool
	falls                     bool // through the default case of a select
	computes                  bool // it sets something to more than a constant, a count or what it asked for
}

// idle tells why a loop gets nothing done, "" when it may.
func idle(loop *ast.ForStmt) string {
	var r round
	if loop.Cond != nil && (loop.Init != nil || loop.Post != nil) {
		return "" // it counts to an end
	}
	if loop.Cond != nil {
		r.look(loop.Cond)
	}
	r.look(loop.Body)
	switch {
	case r.waits || r.works:
		return ""
	case r.falls && r.computes:
		return ""
	case r.falls:
		return "default-case"
	case loop.Cond == nil && !r.polls && !leaves(loop, ""):
		return "no-wait"
	case !r.sets: // nothing changes from round to round but what others set
		return "polling"
	}
	return ""
}

func (r *round) look(root ast.Node) {
	ast.Inspect(root, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			return false
		case *ast.SendStmt, *ast.GoStmt:
			r.waits = true
		case *ast.UnaryExpr:
			r.waits = r.waits || n.Op == token.ARROW
		case *ast.RangeStmt:
			r.works = true
		case *ast.IncDecStmt:
			r.sets = true
			r.computes = r.computes || indexed(n.X)
		case *ast.AssignStmt:
			r.sets = true
			r.computes = r.computes || computes(n)
		case *ast.SelectStmt:
			r.choose(n)
			return false
		case *ast.CallExpr:
			if !asks(n) {
				r.works = true
			} else {
				r.polls = true
			}
		}
		return true
	})
}

// computes reports whether an assignment makes a new value out of others, which is work; to count is none.
func computes(a *ast.AssignStmt) bool {
	if a.Tok == token.ADD_ASSIGN || a.Tok == token.SUB_ASSIGN {
		_, constant := a.Rhs[0].(*ast.BasicLit)
		return !constant || indexed(a.Lhs[0])
	}
	if a.Tok != token.ASSIGN && a.Tok != token.DEFINE || slices.ContainsFunc(a.Lhs, indexed) {
		return true
	}
	found := false
	for _, e := range a.Rhs {
		ast.Inspect(e, func(n ast.Node) bool {
			if b, ok := n.(*ast.BinaryExpr); ok {
				_, constant := b.Y.(*ast.BasicLit)
				found = found || !constant || b.Op != token.ADD && b.Op != token.SUB
			}
			return !found
		})
	}
	return found
}

func indexed(e ast.Expr) bool {
	_, ok := ast.Unparen(e).(*ast.IndexExpr)
	return ok
}

// choose judges a select: with a default case that does nothing it does not wait.
func (r *round) choose(sel *ast.SelectStmt) {
	for _, c := range sel.Body.List {
		if c := c.(*ast.CommClause); c.Comm == nil {
			var in round
			for _, st := range c.Body {
				in.look(st)
			}
			if in.works || in.waits {
				r.works = true
			}
			r.computes = r.computes || in.computes
			r.falls = true
			return
		}
	}
	r.waits = true
}

// asks reports whether a call only looks at something.
func asks(c *ast.CallExpr) bool {
	switch name := types.ExprString(c.Fun); name {
	case "runtime.Gosched", "time.Now", "time.Since", "len", "cap":
		return true
	default:
		if strings.HasPrefix(name, "atomic.Load") || strings.HasPrefix(name, "atomic.CompareAndSwap") {
			return true
		}
	}
	if sel, ok := c.Fun.(*ast.SelectorExpr); ok {
		return slices.Contains([]string{"Load", "CompareAndSwap", "Lock", "Unlock", "RLock", "RUnlock", "TryLock", "TryRLock", "Err", "Before", "After", "Sub", "Since"}, sel.Sel.Name) && len(c.Args) <= 2
	}
	return false
}
