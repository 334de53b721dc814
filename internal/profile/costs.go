package profile

import (
	"maps"
	"slices"
	"sort"
	"strings"
	"time"

	pprof "github.com/google/pprof/profile"

	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/goroutine"
)

// maxCosts bounds every table.
const maxCosts = 10

// column is the index of a sample type, -1 = the profile does not have it.
func column(p *pprof.Profile, name string) int {
	return slices.IndexFunc(p.SampleType, func(t *pprof.ValueType) bool { return t.Type == name })
}

// table adds up costs under a name.
type table map[string]*facts.Cost

func (t table) add(name string, at facts.Call, v int64, via []facts.Call) {
	c, ok := t[name]
	if !ok {
		c = &facts.Cost{Call: at, Via: via}
		t[name] = c
	}
	c.Value += v
}

// top are the greatest costs, the greatest first.
func (t table) top(n int) []facts.Cost {
	keys := slices.Sorted(maps.Keys(t))
	out := make([]facts.Cost, 0, len(t))
	for _, k := range keys {
		if t[k].Value > 0 {
			out = append(out, *t[k])
		}
	}
	sort.SliceStable(out, func(i, j int) bool { return out[i].Value > out[j].Value })
	return out[:min(len(out), n)]
}

// place is the innermost call that is not the standard library's, and the own calls that lead there; the innermost of
// all when the whole stack is the standard library's.
func place(fr []goroutine.Frame) (at facts.Call, via []facts.Call) {
	g := goroutine.Goroutine{Frames: fr}
	first, _ := g.Own()
	if first < 0 {
		if len(fr) == 0 {
			return facts.Call{Func: "?"}, nil
		}
		return call(fr[0]), nil
	}
	for i := len(fr) - 1; i > first; i-- {
		if !goroutine.Std(fr[i]) {
			via = append(via, call(fr[i]))
		}
	}
	return call(fr[first]), via[max(0, len(via)-6):]
}

func key(c facts.Call) string { return c.Func + "\x00" + c.File }

// cpu reduces the processor profile.
func (r *Raw) cpu(p *facts.Program) {
	if r.CPU == nil {
		return
	}
	col := column(r.CPU, "cpu")
	if col < 0 {
		return
	}
	packages, places, labels, activities := table{}, table{}, table{}, table{}
	lines := map[string]map[int]int64{}
	for _, s := range r.CPU.Sample {
		v := s.Value[col]
		fr := frames(s)
		p.CPU.Total += time.Duration(v)
		if collects(fr) {
			p.CPU.GC += v
		}
		at, via := place(fr)
		packages.add(goroutine.Package(at.Func), facts.Call{Func: goroutine.Package(at.Func)}, v, nil)
		places.add(key(at), at, v, via)
		if lines[key(at)] == nil {
			lines[key(at)] = map[int]int64{}
		}
		lines[key(at)][at.Line] += v
		for k, vs := range s.Label {
			for _, x := range vs {
				labels.add(k+"="+x, facts.Call{Func: k + "=" + x}, v, nil)
			}
		}
		if a := activity(fr); a != "" {
			activities.add(a, facts.Call{Func: a}, v, nil)
		}
	}
	for k, byLine := range lines { // the line that costs most stands for the function
		for line, v := range byLine {
			if v > byLine[places[k].Line] || v == byLine[places[k].Line] && line < places[k].Line {
				places[k].Line = line
			}
		}
	}
	p.CPU.Packages, p.CPU.Places = packages.top(maxCosts), places.top(maxCosts)
	p.CPU.Labels, p.CPU.Activities = labels.top(maxCosts), activities.top(maxCosts)
}

// collects reports whether a stack is one of the garbage collector.
func collects(fr []goroutine.Frame) bool {
	return slices.ContainsFunc(fr, func(f goroutine.Frame) bool {
		switch f.Func {
		case "runtime.gcBgMarkWorker", "runtime.gcAssistAlloc", "runtime.bgsweep", "runtime.bgscavenge", "runtime.gcStart":
			return true
		}
		return false
	})
}

// heap reduces the heap profiles: what is live, by place, in each sample.
func (r *Raw) heap(p *facts.Program) {
	sites := map[string]*facts.HeapSite{}
	paths := map[string]*heapPath{}
	last := len(r.Heap) - 1
	for n, h := range r.Heap {
		live, made, objects := column(h, "inuse_space"), column(h, "alloc_space"), column(h, "inuse_objects")
		if live < 0 {
			continue
		}
		var sum int64
		for _, s := range h.Sample {
			fr := frames(s)
			if looks(fr) {
				continue
			}
			at, via := place(fr)
			k := key(at) + "\x00" + itoa(at.Line)
			site := sites[k]
			if site == nil {
				site = &facts.HeapSite{Call: at, Via: via, Live: make([]int64, len(r.Heap)), Request: serves(fr)}
				sites[k] = site
			}
			sum += s.Value[live]
			site.Live[n] += s.Value[live]
			if made < 0 {
				continue
			}
			way := pathOf(paths, fr, site)
			if n == 0 || n == last {
				sign := int64(1)
				if n == 0 && last > 0 {
					sign = -1
				}
				way.gained, way.made = way.gained+sign*s.Value[live], way.made+sign*s.Value[made]
			}
			switch n {
			case last:
				site.Ever += s.Value[made]
				site.Made += s.Value[made]
				site.Objects += s.Value[objects]
			case 0:
				site.Made -= s.Value[made]
			}
		}
		p.Heap.Live = append(p.Heap.Live, sum)
	}
	for _, w := range paths {
		if w.lasts() {
			w.site.Lasts += w.gained
		}
	}
	for _, k := range slices.Sorted(maps.Keys(sites)) {
		if sites[k].Live[last] == 0 {
			continue
		}
		p.Heap.Sites = append(p.Heap.Sites, *sites[k])
	}
	sort.SliceStable(p.Heap.Sites, func(i, j int) bool {
		return p.Heap.Sites[i].Live[max(last, 0)] > p.Heap.Sites[j].Live[max(last, 0)]
	})
	p.Heap.Sites = p.Heap.Sites[:min(len(p.Heap.Sites), 2*maxCosts)]
}

// heapPath is one way, with all its calls, on which memory is allocated at a place: what the standard library allocates there for a moment
// comes another way than what it returns.
type heapPath struct {
	site         *facts.HeapSite
	gained, made int64 // between the first sample and the last
	doubles      bool  // it makes room for a slice or buffer that grows
}

func pathOf(paths map[string]*heapPath, fr []goroutine.Frame, site *facts.HeapSite) *heapPath {
	var b strings.Builder
	doubles := false
	for _, f := range fr {
		b.WriteString(f.Func)
		b.WriteString(":" + itoa(f.Line) + "\n")
		doubles = doubles || strings.HasSuffix(strings.ToLower(f.Func), "growslice") || f.Func == "strings.(*Builder).grow"
	}
	if paths[b.String()] == nil {
		paths[b.String()] = &heapPath{site: site, doubles: doubles}
	}
	return paths[b.String()]
}

// lasts reports whether next to nothing of what is allocated on the way is let go. What doubles lets go of what it had,
// which is as much again, and four times as much when it grows by quarters (runtime.growslice).
func (w *heapPath) lasts() bool {
	return w.gained > 0 && (w.gained*5 >= w.made*4 || w.doubles && w.gained*6 >= w.made)
}

// looks reports whether a call is made only because we look.
func looks(fr []goroutine.Frame) bool {
	g := goroutine.Goroutine{Frames: fr}
	return ours(&g)
}

func serves(fr []goroutine.Frame) bool {
	return slices.ContainsFunc(fr, func(f goroutine.Frame) bool { return strings.HasPrefix(f.Func, "net/http.(*conn).serve") })
}

// delays reduces the profile of mutexes or of blocking.
func delays(h *pprof.Profile) []facts.Cost {
	if h == nil {
		return nil
	}
	col := column(h, "delay")
	if col < 0 {
		return nil
	}
	t := table{}
	for _, s := range h.Sample {
		at, via := place(frames(s))
		t.add(key(at)+"\x00"+itoa(at.Line), at, s.Value[col], via)
	}
	return t.top(maxCosts)
}
