package program

import (
	"testing"
	"time"

	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
)

// group is one of the program's own goroutines, waiting at one place.
func group(op, state string, counts ...int) facts.GoroutineGroup {
	n := counts[len(counts)-1]
	return facts.GoroutineGroup{Op: op, State: state, Counts: counts, Stack: []facts.Call{{Func: "main.f", File: "/a.go", Line: 3}}, By: facts.Call{Func: "main.g"}, Stay: n}
}

func TestLost(t *testing.T) {
	with := func(g facts.GoroutineGroup, change func(*facts.GoroutineGroup)) facts.GoroutineGroup {
		change(&g)
		return g
	}
	source := func(w facts.GoroutineWait) func(*facts.GoroutineGroup) {
		return func(g *facts.GoroutineGroup) { g.Source = &w }
	}
	for name, c := range map[string]struct {
		g    facts.GoroutineGroup
		n    int
		how  how
		span time.Duration
	}{
		"the runtime says so":   {with(group("receive", "chan receive", 9, 9, 9), func(g *facts.GoroutineGroup) { g.Leaked = 7 }), 7, byRuntime, 0},
		"nil channel":           {with(group("never", "chan receive (nil chan)", 4, 4, 4), func(g *facts.GoroutineGroup) { g.Parents = 4 }), 4, byNever, 0},
		"told to wait for ever": {with(group("receive", "chan receive", 5, 5, 5), func(g *facts.GoroutineGroup) { g.Parents, g.Source = 1, &facts.GoroutineWait{Known: true, Inside: -1} }), 0, "", 0},
		"a few select{}":        {with(group("never", "select (no cases)", 5, 5, 5), func(g *facts.GoroutineGroup) { g.Parents = 1 }), 0, "", 0},
		"nobody can":            {with(group("send", "chan send", 5, 5, 5), source(facts.GoroutineWait{Known: true, Handler: true, Inside: -1})), 5, bySource, 0},
		"some can":              {with(group("send", "chan send", 9, 9, 9), source(facts.GoroutineWait{Known: true, Handler: true, Able: 2, Inside: -1})), 7, bySource, 0},
		"one may end many":      {with(group("send", "chan send", 9, 9, 9), source(facts.GoroutineWait{Known: true, Able: 1, Many: true, Inside: -1})), 0, "", 0},
		"they just came": {with(group("send", "chan send", 0, 0, 9), func(g *facts.GoroutineGroup) {
			g.Source, g.Stay = &facts.GoroutineWait{Known: true, Inside: -1}, 0
		}), 0, "", 0},
		"nobody unlocks": {with(group("lock", "sync.Mutex.Lock", 5, 5, 5), source(facts.GoroutineWait{Inside: 0})), 5, byLock, 0},
		"somebody holds it": {with(group("lock", "sync.Mutex.Lock", 1, 20, 40), func(g *facts.GoroutineGroup) {
			g.Rising = true
			g.Source = &facts.GoroutineWait{Inside: 1, Holder: &facts.Holder{Op: "sleep"}}
		}), 0, "", 0},
		"endless, by request": {with(group("receive", "chan receive", 9, 9, 9), source(facts.GoroutineWait{Timer: true, Endless: true, Handler: true, Inside: -1})), 9, byEndless, 0},
		"endless, a few":      {with(group("receive", "chan receive", 64, 64, 64), source(facts.GoroutineWait{Timer: true, Endless: true, Inside: -1})), 0, "", 0},
		"a pool":              {group("receive", "chan receive", 500, 500, 500), 0, "", 0},
		"growing": {with(group("receive", "chan receive", 5, 10, 20), func(g *facts.GoroutineGroup) {
			g.Rising, g.Parents, g.Gone = true, 20, 20
		}), 20, byGrowth, 0},
		"filled by one":       {with(group("receive", "chan receive", 5, 10, 20), func(g *facts.GoroutineGroup) { g.Rising, g.Parents = true, 1 }), 0, "", 0},
		"over one connection": {with(group("receive", "chan receive", 5, 10, 20), func(g *facts.GoroutineGroup) { g.Rising, g.Parents, g.Conns = true, 1, 1 }), 20, byGrowth, 0},
		"requests that nobody can end": {with(group("waitgroup", "sync.WaitGroup.Wait", 9, 9, 9), func(g *facts.GoroutineGroup) {
			g.Serving, g.Parents, g.Source = true, 1, &facts.GoroutineWait{Known: true, Inside: -1}
		}), 9, bySource, 0},
		"requests that wait for the first of them": {with(group("waitgroup", "sync.WaitGroup.Wait", 5, 10, 20), func(g *facts.GoroutineGroup) {
			g.Serving, g.Rising, g.Source = true, true, &facts.GoroutineWait{Near: 1, Inside: -1}
		}), 0, "", 0},
		"filled by one for long": {with(group("receive", "chan receive", 5, 10, 20), func(g *facts.GoroutineGroup) { g.Rising, g.Parents = true, 1 }), 20, byGrowth,
			longWatch},
		"load":           {with(group("send", "chan send", 5, 10, 20), func(g *facts.GoroutineGroup) { g.Rising, g.Ended = true, 3 }), 0, "", 0},
		"a slow request": {with(group("select", "select", 5, 10, 20), func(g *facts.GoroutineGroup) { g.Rising, g.Serving, g.Gone = true, true, 20 }), 0, "", 0},
		"wakes by itself": {with(group("select", "select", 5, 10, 20), func(g *facts.GoroutineGroup) {
			g.Rising, g.Gone, g.Source = true, 20, &facts.GoroutineWait{Wakes: true, Inside: -1}
		}), 0, "", 0},
		"senders for long":              {with(group("send", "chan send", 12, 12, 12), func(g *facts.GoroutineGroup) { g.Long = 12 }), 12, byLong, 0},
		"senders, abandoned":            {with(group("send", "chan send", 12, 12, 12), func(g *facts.GoroutineGroup) { g.Kept, g.Gone = 12, 12 }), 12, byStill, 0},
		"senders of one connection":     {with(group("send", "chan send", 20, 20, 20), func(g *facts.GoroutineGroup) { g.Kept, g.Parents, g.Conns = 20, 1, 1 }), 20, byStill, 0},
		"requests without clients":      {with(group("receive", "chan receive", 12, 12, 12), func(g *facts.GoroutineGroup) { g.Kept, g.Serving, g.Alone = 12, true, 11 }), 11, byAlone, 0},
		"more and more without clients": {with(group("receive", "chan receive", 5, 10, 20), func(g *facts.GoroutineGroup) { g.Rising, g.Serving, g.Parents, g.Alone = true, true, 1, 8 }), 20, byGrowth, 0},
		"requests with clients":         {with(group("receive", "chan receive", 12, 12, 12), func(g *facts.GoroutineGroup) { g.Kept, g.Serving, g.Alone = 12, true, 2 }), 0, "", 0},
		"requests that ask others": {with(group("select", "select", 12, 12, 12), func(g *facts.GoroutineGroup) {
			g.Kept, g.Serving, g.Alone, g.First = 12, true, 12, 3
			g.Stack = append(make([]facts.Call, 3), g.Stack...)
		}), 0, "", 0},
		"left by requests":       {with(group("select", "select", 20, 20, 20), func(g *facts.GoroutineGroup) { g.Kept, g.Request = 19, true }), 20, byLeft, 0},
		"left, but not for long": {with(group("select", "select", 20, 20, 20), func(g *facts.GoroutineGroup) { g.Kept, g.Request, g.Ended = 19, true, 1 }), 0, "", 0},
		"left, and it wakes": {with(group("select", "select", 20, 20, 20), func(g *facts.GoroutineGroup) {
			g.Kept, g.Request, g.Source = 20, true, &facts.GoroutineWait{Wakes: true, Inside: -1}
		}), 0, "", 0},
		"behind one who works": {with(group("lock", "sync.Mutex.Lock", 20, 20, 20), func(g *facts.GoroutineGroup) {
			g.Kept, g.Request, g.Source = 20, true, &facts.GoroutineWait{Inside: 1, Holder: &facts.Holder{Op: "sleep"}}
		}), 0, "", 0},
		"sleepers":          {with(group("sleep", "sleep", 5, 10, 20), func(g *facts.GoroutineGroup) { g.Rising, g.Gone = true, 20 }), 0, "", 0},
		"not the program's": {with(group("select", "select", 5, 10, 20), func(g *facts.GoroutineGroup) { g.Rising, g.First, g.User = true, -1, -1 }), 0, "", 0},
	} {
		if n, how := lost(&facts.Program{For: c.span}, &c.g); n != c.n || how != c.how {
			t.Errorf("%s: %d %q, want %d %q", name, n, how, c.n, c.how)
		}
	}
}

// TestConnected: one goroutine of a connection waits for what is to be sent while the other reads.
func TestConnected(t *testing.T) {
	g := group("receive", "chan receive", 5, 10, 20)
	g.Rising, g.Parents, g.Gone = true, 20, 20
	reads := group("", "IO wait", 5, 10, 20)
	for _, c := range []struct {
		by   string
		want int
	}{{"main.g", 0}, {"main.other", 20}} {
		reads.By.Func = c.by
		p := &facts.Program{For: time.Second, Groups: []facts.GoroutineGroup{g, reads}}
		if n, _ := lost(p, &p.Groups[0]); n != c.want {
			t.Errorf("%s: %d, want %d", c.by, n, c.want)
		}
	}
}

// TestStopped: who waits for goroutines that are lost is below them.
func TestStopped(t *testing.T) {
	g := group("waitgroup", "sync.WaitGroup.Wait", 5, 10, 20)
	g.Rising, g.Parents, g.Gone, g.Source = true, 20, 20, &facts.GoroutineWait{Known: true, Able: 20, Inside: -1}
	o := group("send", "chan send", 5, 10, 20)
	o.Rising, o.Parents, o.Gone = true, 20, 20
	s := &facts.Snapshot{Program: facts.Program{For: time.Second, Groups: []facts.GoroutineGroup{g, o}}}
	if got := stopped(s, &s.Program.Groups[0]); len(got) != 1 || got[0] != "goroutine-leak-channel-send" {
		t.Errorf("%v", got)
	}
	if got := stopped(s, &s.Program.Groups[1]); got != nil {
		t.Errorf("%v", got)
	}
}

// TestPatterns: every group that is lost belongs to exactly one check, which says what it found.
func TestPatterns(t *testing.T) {
	for op, state := range map[string]string{"send": "chan send", "receive": "chan receive", "select": "select", "waitgroup": "sync.WaitGroup.Wait",
		"lock": "sync.Mutex.Lock", "rlock": "sync.RWMutex.RLock", "cond": "sync.Cond.Wait", "never": "select (no cases)"} {
		g := group(op, state, 5, 10, 20)
		g.Rising, g.Parents, g.Gone = true, 20, 20
		s := &facts.Snapshot{Sections: map[facts.Section]facts.Status{facts.SecProgram: {State: facts.OK}}, Program: facts.Program{Groups: []facts.GoroutineGroup{g}, For: time.Second}}
		r := diag.Run(Checks(), s)
		if len(r.Findings) != 1 || r.Findings[0].Unknown || len(r.Findings[0].Evidence) < 3 || len(r.Findings[0].Fixes) != 1 || r.Findings[0].Fixes[0].Risk != diag.Manual {
			t.Errorf("%s: %+v", op, r.Findings)
		}
	}
}

func TestHeap(t *testing.T) {
	site := func(made int64, live ...int64) *facts.HeapSite {
		return &facts.HeapSite{Call: facts.Call{Func: "main.f"}, Live: live, Made: made}
	}
	const m = 1 << 20
	for name, c := range map[string]struct {
		h    *facts.HeapSite
		want bool
	}{
		"grows":             {site(20*m, 0, 10*m, 20*m), true},
		"what lasts grows":  {&facts.HeapSite{Live: []int64{0, 10 * m, 20 * m}, Made: 200 * m, Lasts: 19 * m}, true},
		"half of it lasts":  {&facts.HeapSite{Live: []int64{0, 10 * m, 20 * m}, Made: 200 * m, Lasts: 10 * m}, false},
		"is let go":         {site(200*m, 0, 10*m, 20*m), false},
		"stops":             {site(20*m, 0, 19*m, 20*m), false},
		"is stable":         {site(0, 20*m, 20*m, 20*m), false},
		"too little to say": {site(3*m, 0, m, 3*m), false},
		"one sample":        {site(20*m, 20*m), false},
	} {
		if got := grows(c.h); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// TestWeighs: a ring of the standard library that fills, and a little of much, are no growth without end.
func TestWeighs(t *testing.T) {
	const m = 1 << 20
	for name, c := range map[string]struct {
		fn, file string
		all      int64
		want     bool
	}{
		"the program's own": {"main.f", "/src/app/a.go", 100 * m, true},
		"flight recorder":   {"runtime/trace.readBatch", "/usr/local/go/src/runtime/trace/batch.go", 100 * m, false},
		"a little of much":  {"main.f", "/src/app/a.go", 1000 * m, false},
	} {
		h := &facts.HeapSite{Call: facts.Call{Func: c.fn, File: c.file, Line: 1}, Live: []int64{0, 5 * m, 10 * m}, Made: 10 * m}
		if got := weighs(&facts.ProgramHeap{Live: []int64{c.all, c.all, c.all}}, h); got != c.want || !grows(h) {
			t.Errorf("%s: %v", name, got)
		}
	}
}
