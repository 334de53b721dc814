package program

import (
	"slices"
	"strings"
	"time"

	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/goroutine"
)

// few is how many goroutines of a group must be lost before we speak of a leak.
const (
	few  = 3
	some = 5
	lot  = 10
)

// how says by what we know that goroutines never go on.
type how string

// The proofs, the strongest first. byGrowth and byStill are suspicions.
const (
	byRuntime how = "runtime" // the runtime's own leak profile
	byNever   how = "never"   // a nil channel, or a select without cases
	bySource  how = "source"  // everybody who could wake them is known, and none is there
	byLock    how = "lock"    // nobody is between lock and unlock
	byEndless how = "endless" // they run for ever in a loop without a way out, one more with each request
	byLong    how = "long"    // many have waited for minutes to hand something over
	byGrowth  how = "growth"  // more and more, and none ever ends
	byStill   how = "still"   // many senders whose starters are gone, and nobody took anything from any of them
	byAlone   how = "alone"   // many requests whose clients went away, and none of them got what it waits for
	byLeft    how = "left"    // many that requests started and left behind, and nothing happens to them: a hint
)

// lost says how many goroutines of a group never go on, and how that is known; 0 = none, as far as can be told.
func lost(p *facts.Program, g *facts.GoroutineGroup) (int, how) {
	n := g.Counts[len(g.Counts)-1]
	switch {
	case g.Leaked > 0:
		return g.Leaked, byRuntime
	case g.First < 0 && !strings.HasPrefix(g.By.Func, "database/sql."):
		return 0, "" // the standard library's own: connections and the like
	case op(g) == goroutine.Never && n >= few && g.User >= 0 && repeated(g, n):
		return n, byNever
	}
	if src := g.Source; src != nil {
		if lost, how := bySight(p, g, src, n); how != "" {
			return lost, how
		}
	}
	return bySeeming(p, g, n)
}

// longWatch is how long a growth must have been watched when a pool that is being filled would look the same.
const longWatch = 20 * time.Second

// bySeeming is what the samples suggest when nothing proves it.
func bySeeming(p *facts.Program, g *facts.GoroutineGroup, n int) (int, how) {
	if n, how := byMovement(p, g, n); how != "" {
		return n, how
	}
	still := len(g.Counts) > 2 && g.Ended == 0 && g.Kept*10 >= n*9 && // a few may be at work, with a ticker
		(g.Source == nil || !g.Source.Wakes && g.Source.Near == 0) && !connected(p, g, n)
	switch {
	case !still || !blocks(op(g)) || worked(g.Source):
	case g.Serving && g.Alone >= lot && (g.First == 0 || g.Source != nil):
		return g.Alone, byAlone
	case !g.Serving && n >= 2*lot && g.Spawner == 0 && (g.Conns > 0 || g.Request):
		return n, byLeft
	}
	return 0, ""
}

// byMovement tells by how the number of goroutines develops.
func byMovement(p *facts.Program, g *facts.GoroutineGroup, n int) (int, how) {
	src := g.Source
	switch op(g) {
	case goroutine.Send:
		if g.Long >= lot && g.Ended == 0 {
			return g.Long, byLong
		}
		if len(g.Counts) > 2 && g.Ended == 0 && g.Kept == n && (g.Gone >= lot || (g.Conns > 0 || g.Request) && g.Spawner == 0 && n >= 2*lot) {
			return n, byStill
		}
	case goroutine.WaitGroup:
		if src == nil && g.Serving || src != nil && src.Near > 0 {
			return 0, "" // somebody may be at the work that they wait for
		}
	case goroutine.Lock, goroutine.RLock:
		if worked(src) {
			return 0, ""
		}
	case goroutine.Receive, goroutine.Select, goroutine.Cond:
		if g.Serving && g.Long < few && g.Alone < some {
			return 0, "" // a request in progress: its client waits
		}
		if !g.Serving && g.Parents == 1 && g.Gone+g.Conns == 0 && p.For < longWatch {
			return 0, "" // one that is there starts them all: a pool that is being filled looks like that
		}
		if connected(p, g, n) {
			return 0, "" // one of two goroutines of a connection: the other one reads from the peer, who is there
		}
	default:
		return 0, ""
	}
	if src != nil && src.Wakes && g.Long < few {
		return 0, "" // its time will run out
	}
	if g.Rising && g.Ended == 0 && n-g.Counts[0] >= some && g.Spawner < n {
		return n, byGrowth
	}
	return 0, ""
}

// connected reports whether the function that starts these goroutines, or of requests the one that serves them, starts as many that wait for input.
func connected(p *facts.Program, g *facts.GoroutineGroup, n int) bool {
	for i := range p.Groups {
		h := &p.Groups[i]
		if h.State != "IO wait" || h.By.Func == "" || h.Serving || last(h)+few <= n {
			continue
		}
		starts := func(c facts.Call) bool {
			return c.Func == h.By.Func && !goroutine.Std(goroutine.Frame{Func: c.Func, File: c.File})
		}
		if h.By.Func == g.By.Func || g.Serving && slices.ContainsFunc(g.Stack, starts) {
			return true
		}
	}
	return false
}

// worked reports whether somebody works with the lock held that is waited for.
func worked(src *facts.GoroutineWait) bool {
	return src != nil && src.Holder != nil && !blocks(goroutine.Op(src.Holder.Op))
}

// blocks reports whether a goroutine that waits like that may wait for ever.
func blocks(o goroutine.Op) bool {
	switch o {
	case goroutine.Send, goroutine.Receive, goroutine.Select, goroutine.Never, goroutine.WaitGroup, goroutine.Lock, goroutine.RLock, goroutine.Cond:
		return true
	}
	return false
}

// seems reports whether a claim is a suspicion.
func (h how) seems() bool { return h == byGrowth || h == byStill || h == byAlone || h == byLeft }

// repeated reports whether goroutines were started again and again: what a program starts once, to wait until its end ("<-forever" of each
// of five consumers), is no leak.
func repeated(g *facts.GoroutineGroup, n int) bool {
	return g.Rising || g.Serving || g.Source != nil && g.Source.Handler || g.Parents >= few || n >= lot && (g.Parents == 0 || g.Gone > 0)
}

// bySight is what the source proves.
func bySight(p *facts.Program, g *facts.GoroutineGroup, src *facts.GoroutineWait, n int) (int, how) {
	same := g.Stay // those that did not move
	if len(g.Counts) == 1 {
		same = n
	}
	switch {
	case src.Known && !repeated(g, n):
		return 0, "" // a few that were told to wait for ever
	case src.Known && src.Able == 0 && n >= few && same >= few:
		return n, bySource
	case src.Known && !src.Many && n-src.Able >= few && same >= few:
		return n - src.Able, bySource
	case src.Inside == 0 && same >= few: // between two holders a mutex is free for no time at all
		return n, byLock
	case src.Timer && src.Endless && n >= some && g.Ended == 0 &&
		(src.Handler || g.Rising && n-g.Counts[0] >= some || g.Gone >= few && g.Gone == g.Parents):
		return n, byEndless
	}
	return 0, ""
}

func op(g *facts.GoroutineGroup) goroutine.Op { return goroutine.Op(g.Op) }

// of returns the groups of a pattern that lose goroutines, the ones with the best proof first, then the greatest.
func of(s *facts.Snapshot, id string) []leak {
	var out []leak
	for _, strong := range []bool{true, false} {
		for i := range s.Program.Groups {
			g := &s.Program.Groups[i]
			n, how := lost(&s.Program, g)
			if n > 0 && how.seems() != strong && patternOf(g, how) == id {
				out = append(out, leak{g, n, how})
			}
		}
	}
	return out
}

// leak is a group that loses goroutines.
type leak struct {
	g   *facts.GoroutineGroup
	n   int
	how how
}
