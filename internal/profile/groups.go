package profile

import (
	"hash/fnv"
	"slices"
	"strings"

	pprof "github.com/google/pprof/profile"

	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/goroutine"
	"github.com/gorescue/gorescue/internal/stuck"
)

// The groups that are kept: the greatest, and those that a check may ask about.
const (
	maxGroups = 40
	maxStack  = 24 // calls of a stack that are kept
	few       = 3  // goroutines below which a group is no leak
	standing  = 20 // goroutines that do not move, above which it is looked for who starts them
)

// waits that the runtime tells in a count only, by its own functions.
var waits = []struct{ fn, state string }{
	{"runtime.chansend", "chan send"}, {"runtime.chanrecv", "chan receive"}, {"runtime.selectgo", "select"}, {"runtime.block", "select (no cases)"},
	{"time.Sleep", "sleep"}, {"runtime.netpollblock", "IO wait"}, {"sync.runtime_notifyListWait", "sync.Cond.Wait"},
	{"sync.runtime_SemacquireWaitGroup", "sync.WaitGroup.Wait"}, {"sync.runtime_Semacquire", "semacquire"}, {"sync.runtime_SemacquireMutex", "sync.Mutex.Lock"},
	{"internal/sync.runtime_SemacquireMutex", "sync.Mutex.Lock"}, {"sync.runtime_SemacquireRWMutexR", "sync.RWMutex.RLock"},
}

// counted makes goroutines of a profile that only counts them. Those of one stack get the same made-up numbers in each
// sample, so that comparing samples compares counts.
func counted(p *pprof.Profile) []goroutine.Goroutine {
	var out []goroutine.Goroutine
	for _, s := range p.Sample {
		if len(s.Value) == 0 || s.Value[0] <= 0 {
			continue
		}
		g := goroutine.Goroutine{State: "running"}
		h := fnv.New64a()
		for _, f := range frames(s) {
			for _, w := range waits {
				if strings.HasPrefix(f.Func, w.fn) && (g.State == "running" || len(g.Frames) == 0) {
					g.State = w.state
				}
			}
			h.Write([]byte(f.Func))
			h.Write([]byte{byte(f.Line), byte(f.Line >> 8)})
			if !strings.HasPrefix(f.Func, "runtime.") && !strings.Contains(f.Func, ".runtime_") {
				g.Frames = append(g.Frames, f)
			}
		}
		base := int64(h.Sum64() >> 24 << 20)
		for i := range min(s.Value[0], 1<<20) {
			g.ID = base + i
			out = append(out, g)
			if len(out) > 1<<20 {
				return out
			}
		}
	}
	return out
}

// frames are the calls of a sample, innermost first, inlined ones as calls of their own.
func frames(s *pprof.Sample) []goroutine.Frame {
	var out []goroutine.Frame
	for _, l := range s.Location {
		if len(l.Line) == 0 {
			out = append(out, goroutine.Frame{Func: "?"})
		}
		for _, ln := range l.Line {
			if ln.Function != nil {
				out = append(out, goroutine.Frame{Func: ln.Function.Name, File: ln.Function.Filename, Line: int(ln.Line)})
			}
		}
	}
	return out
}

func call(f goroutine.Frame) facts.Call { return facts.Call{Func: f.Func, File: f.File, Line: f.Line} }

func calls(list []goroutine.Frame) []facts.Call {
	out := make([]facts.Call, 0, min(len(list), maxStack))
	for _, f := range list[:min(len(list), maxStack)] {
		out = append(out, call(f))
	}
	return out
}

// ours reports whether a goroutine is there only because we look.
func ours(g *goroutine.Goroutine) bool {
	return slices.ContainsFunc(g.Frames, func(f goroutine.Frame) bool {
		return strings.HasPrefix(f.Func, "net/http/pprof.") || strings.HasPrefix(f.Func, "runtime/pprof.")
	})
}

// groups reduces the samples of goroutines, and reads the source of what looks stuck.
func (r *Raw) groups(p *facts.Program) {
	samples := make([][]goroutine.Goroutine, len(r.Goroutines))
	for i, list := range r.Goroutines {
		for j := range list {
			if !ours(&list[j]) {
				samples[i] = append(samples[i], list[j])
			}
		}
		s := facts.GoroutineSample{Total: len(list)}
		if i < len(r.At) {
			s.At = r.At[i]
		}
		p.Samples = append(p.Samples, s)
	}
	if len(samples) == 0 {
		return
	}
	last := samples[len(samples)-1]
	leaked := map[int64]bool{}
	for _, g := range r.Leaked {
		leaked[g.ID] = true
	}
	for i := range last {
		last[i].Leaked = last[i].Leaked || leaked[last[i].ID]
	}
	p.Leaks = r.Leaks
	reader := stuck.New(r.Dir)
	attended := attended(last)
	for i, g := range goroutine.Groups(samples) {
		rising := g.Rising(few)
		if i >= maxGroups && !rising && g.Leaked == 0 && g.Long < few || len(p.Groups) >= 3*maxGroups {
			continue
		}
		group := reduce(&g, rising, last, reader)
		if serves(g.Frames) {
			for _, id := range g.IDs {
				if !attended[id] && group.Alone < r.HungUp {
					group.Alone++
				}
			}
		}
		p.Groups = append(p.Groups, group)
	}
}

// attended are the goroutines that serve a request over HTTP/1 whose client is there: as long as it is, another one reads from the
// connection (net/http, connReader.backgroundRead), once the body of the request was read. A connection that a handler took over (Hijack) or whose
// request has a body that is not read has no such reader either: only the system tells that a client is gone.
func attended(last []goroutine.Goroutine) map[int64]bool {
	out := map[int64]bool{}
	for i := range last {
		if last[i].By.Func == "net/http.(*connReader).startBackgroundRead" {
			out[last[i].Parent] = true
		}
	}
	return out
}

// reduce makes the fact of one group.
func reduce(g *goroutine.Group, rising bool, last []goroutine.Goroutine, reader *stuck.Sources) facts.GoroutineGroup {
	op, above := goroutine.Waits(g.State, g.Frames)
	one := goroutine.Goroutine{Frames: g.Frames}
	out := facts.GoroutineGroup{State: g.State, Op: string(op), Stack: calls(g.Frames), By: call(g.By), Counts: g.Counts, Rising: rising,
		Ended: g.Ended, Kept: g.Kept, Stay: g.Stay, Parents: g.Parents, Gone: g.Gone, Conns: g.Conns, Wait: g.Wait, Long: g.Long, Leaked: g.Leaked}
	out.First, out.User = one.Own()
	out.First, out.User = reached(out.First), reached(out.User)
	out.Serving = slices.ContainsFunc(g.Frames, func(f goroutine.Frame) bool {
		return f.Func == "net/http.(*conn).serve" || f.Func == "net/http.(*http2serverConn).runHandler"
	})
	out.Spawner = running(last, g.By.Func)
	if n := g.Counts[len(g.Counts)-1]; n >= standing && g.Kept*10 >= n*9 && g.Ended == 0 && !out.Serving && out.First >= 0 && op != goroutine.Other && op != goroutine.Sleep {
		out.Request = reader.Requested(g.By)
	}
	if op == goroutine.Other || out.First != above || g.Counts[len(g.Counts)-1] < few {
		return out
	}
	if above > 0 && g.Frames[above-1].Func == once {
		if h := firstCaller(g.Frames[above], last); h != nil {
			out.Source = &facts.GoroutineWait{Inside: -1, Holder: h}
		}
		return out
	}
	w, ok := reader.At(op, g.Frames[above], g.By)
	if !ok {
		return out
	}
	out.Source = source(&w, g, last)
	return out
}

const once = "sync.(*Once).Do"

// firstCaller is the goroutine that runs the function of a sync.Once, for which all who call Do later wait.
func firstCaller(at goroutine.Frame, last []goroutine.Goroutine) *facts.Holder {
	for i := range last {
		g := &last[i]
		for j, f := range g.Frames {
			if f != at || j < 2 || g.Frames[j-1].Func != once || g.Frames[j-2].Func != "sync.(*Once).doSlow" || j < 3 || g.Frames[j-3].Func == "sync.(*Mutex).Lock" {
				continue
			}
			op, _ := goroutine.Waits(g.State, g.Frames)
			if first, _ := g.Own(); first >= 0 {
				return &facts.Holder{Call: call(g.Frames[first]), State: g.State, Op: string(op)}
			}
		}
	}
	return nil
}

// reached is a place in a stack as far as it is kept, -1 = beyond.
func reached(i int) int {
	if i >= maxStack {
		return -1
	}
	return i
}

// running counts the goroutines that are in a function now.
func running(list []goroutine.Goroutine, fn string) int {
	n := 0
	for i := range list {
		if fn != "" && slices.ContainsFunc(list[i].Frames, func(f goroutine.Frame) bool { return f.Func == fn }) {
			n++
		}
	}
	return n
}

// source makes the fact of what the source says, with who of the running goroutines could end the wait.
func source(w *stuck.Wait, g *goroutine.Group, last []goroutine.Goroutine) *facts.GoroutineWait {
	out := &facts.GoroutineWait{Text: w.Text, On: w.On, Timer: w.Timer, Wakes: w.Wakes, Context: w.Context, Endless: w.NoExit, Handler: w.Handler,
		Known: w.Known, Many: w.Many, Made: facts.Call{File: w.Made.File, Line: w.Made.Line}, Cancel: w.Cancel, Inside: -1}
	waiting := map[int64]bool{}
	for _, id := range g.IDs {
		waiting[id] = true
	}
	inside := func(spans []stuck.Span) int {
		n := 0
		for i := range last {
			if !waiting[last[i].ID] && slices.ContainsFunc(last[i].Frames, func(f goroutine.Frame) bool {
				return slices.ContainsFunc(spans, func(s stuck.Span) bool { return s.Covers(f) })
			}) {
				n++
			}
		}
		return n
	}
	var names []string
	for _, s := range w.Release {
		if !slices.Contains(names, s.Name) {
			names = append(names, s.Name)
		}
	}
	out.Release = strings.Join(names, ", ")
	if w.Known {
		out.Able = inside(w.Release)
	}
	out.Near = inside(w.Near)
	if len(w.Lockers) > 0 && !w.Split {
		out.Inside, out.Holder = holding(w, last)
	}
	if len(w.Holders) > 0 {
		h := w.Holders[0]
		out.Leaver, out.Locked = facts.Call{Func: h.Func.Name, File: h.Func.File, Line: h.Return}, h.Lock
	}
	return out
}

// waitsAt tells whether a call is one of those that lock while another lock is held.
func waitsAt(list []stuck.Order, f goroutine.Frame) (other string, ok bool) {
	i := slices.IndexFunc(list, func(o stuck.Order) bool { return o.File == f.File && o.Line == f.Line })
	if i < 0 {
		return "", false
	}
	return list[i].Other, true
}

// waitsUnder reports whether a goroutine waits for the lock with the other one locked.
func waitsUnder(w *stuck.Wait, g *goroutine.Goroutine, other string) bool {
	op, above := goroutine.Waits(g.State, g.Frames)
	if op != goroutine.Lock && op != goroutine.RLock || above >= len(g.Frames) {
		return false
	}
	o, ok := waitsAt(w.Under, g.Frames[above])
	return ok && o == other
}

// holding counts the goroutines that are in a function which locks the mutex, without those that wait for it: they can
// unlock nothing before they have it, also when they hold it already.
func holding(w *stuck.Wait, last []goroutine.Goroutine) (n int, holder *facts.Holder) {
	in := func(f goroutine.Frame) bool {
		return slices.ContainsFunc(w.Lockers, func(s stuck.Span) bool { return s.Covers(f) })
	}
	for i := range last {
		g := &last[i]
		op, above := goroutine.Waits(g.State, g.Frames)
		if (op == goroutine.Lock || op == goroutine.RLock) && above < len(g.Frames) && in(g.Frames[above]) {
			if at := slices.IndexFunc(g.Frames[above+1:], in); at >= 0 && holder == nil {
				holder = &facts.Holder{Call: call(g.Frames[above+1+at]), Twice: true, State: g.State, Op: string(op)}
			} else if at < 0 {
				if o, second := waitsAt(w.Second, g.Frames[above]); second {
					if o != "" && !slices.ContainsFunc(last, func(y goroutine.Goroutine) bool { return waitsUnder(w, &y, o) }) {
						n++ // who has the other lock may be at work
					}
					if holder == nil {
						holder = &facts.Holder{Call: call(g.Frames[above]), State: g.State, Op: string(op)}
					}
				}
			}
			continue
		}
		if !slices.ContainsFunc(g.Frames, in) {
			continue
		}
		n++
		if first, _ := g.Own(); first >= 0 && (holder == nil || holder.Twice) {
			holder = &facts.Holder{Call: call(g.Frames[first]), State: g.State, Op: string(op)}
		}
	}
	return n, holder
}
