package goroutine

import (
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"
)

// Group is all goroutines that wait in the same way at the same place and were started by the same go statement.
type Group struct {
	State   string
	Frames  []Frame
	By      Frame
	Counts  []int         // in each sample
	Ended   int           // goroutines of any sample that the last does not have any more, in no group
	Kept    int           // those of the first sample that are in all of them
	Stay    int           // those of the last sample that were in the one before
	Parents int           // different goroutines that started those of the last sample; 0 = not told
	Gone    int           // of those parents, how many are not there any more
	Conns   int           // of those parents, how many serve a connection of net/http, which starts one thing after the other
	Wait    time.Duration // the longest wait in the last sample
	Long    int           // goroutines of the last sample that have waited for a minute or more
	Leaked  int           // those of the last sample that the runtime has proved to be lost
	IDs     []int64       // of the last sample
}

// Groups puts samples together, the greatest group of the last sample first. A group that is gone in the last sample is not
// returned.
func Groups(samples [][]Goroutine) []Group {
	if len(samples) == 0 {
		return nil
	}
	last := len(samples) - 1
	live, conns := map[int64]bool{}, map[int64]bool{}
	for i := range samples[last] {
		g := &samples[last][i]
		live[g.ID] = true
		conns[g.ID] = slices.ContainsFunc(g.Frames, func(f Frame) bool { return f.Func == "net/http.(*conn).serve" })
	}
	index := map[string]int{}
	var out []Group
	members := make([][]map[int64]bool, 0)
	for n, sample := range samples {
		for i := range sample {
			g := &sample[i]
			k := key(g)
			at, ok := index[k]
			if !ok {
				at = len(out)
				index[k] = at
				out = append(out, Group{State: g.State, Frames: g.Frames, By: g.By, Counts: make([]int, len(samples))})
				members = append(members, make([]map[int64]bool, len(samples)))
			}
			if members[at][n] == nil {
				members[at][n] = map[int64]bool{}
			}
			members[at][n][g.ID] = true
			out[at].Counts[n]++
			if n == last {
				out[at].take(g)
			}
		}
	}
	parents := parentsOf(samples[last], index, len(out))
	for i := range out {
		out[i].compare(members[i], live)
		out[i].Parents = len(parents[i])
		for p := range parents[i] {
			if !live[p] {
				out[i].Gone++
			}
			if conns[p] {
				out[i].Conns++
			}
		}
	}
	return present(out, last)
}

func present(all []Group, last int) []Group {
	n := 0
	for _, g := range all {
		if g.Counts[last] > 0 {
			all[n] = g
			n++
		}
	}
	all = all[:n]
	sort.SliceStable(all, func(i, j int) bool { return all[i].Counts[last] > all[j].Counts[last] })
	return all
}

func parentsOf(sample []Goroutine, index map[string]int, n int) []map[int64]bool {
	out := make([]map[int64]bool, n)
	for i := range sample {
		if p := sample[i].Parent; p != 0 {
			at := index[key(&sample[i])]
			if out[at] == nil {
				out[at] = map[int64]bool{}
			}
			out[at][p] = true
		}
	}
	return out
}

// take adds one goroutine of the last sample.
func (g *Group) take(one *Goroutine) {
	g.Wait = max(g.Wait, one.Wait)
	if one.Wait > 0 {
		g.Long++
	}
	if one.Leaked {
		g.Leaked++
	}
	g.IDs = append(g.IDs, one.ID)
}

// compare counts who stayed and who is not there any more, in this group or another.
func (g *Group) compare(in []map[int64]bool, live map[int64]bool) {
	last := len(in) - 1
	gone := map[int64]bool{}
	for _, sample := range in[:last] {
		for id := range sample {
			if !live[id] {
				gone[id] = true
			}
		}
	}
	g.Ended = len(gone)
	if last > 0 {
		for id := range in[last] {
			if in[last-1][id] {
				g.Stay++
			}
		}
	}
	for id := range in[0] {
		all := true
		for _, s := range in[1:] {
			all = all && s[id]
		}
		if all {
			g.Kept++
		}
	}
}

// key is what the goroutines of a group have in common. What runs, or is ready to, is not told apart by its lines.
func key(g *Goroutine) string {
	var b strings.Builder
	running := Running(g.State)
	if !running {
		b.WriteString(g.State)
	}
	for _, f := range g.Frames {
		b.WriteByte('\n')
		b.WriteString(f.Func)
		if !running {
			b.WriteByte(':')
			b.WriteString(strconv.Itoa(f.Line))
		}
	}
	b.WriteString("\n<")
	b.WriteString(g.By.Func)
	b.WriteString(strconv.Itoa(g.By.Line))
	return b.String()
}

// Running reports whether a state is that of a goroutine that computes or could: it waits for nobody.
func Running(state string) bool {
	switch state {
	case "running", "runnable", "syscall", "preempted", "waiting", "copystack":
		return true
	}
	return strings.HasPrefix(state, "GC ") || strings.HasPrefix(state, "force gc") || strings.HasPrefix(state, "finalizer")
}

// Rising reports whether the group became greater from sample to sample to the end: by at least n in all, in the last
// part no slower than a third of the mean.
func (g *Group) Rising(n int) bool {
	c := g.Counts
	if len(c) < 3 || c[len(c)-1]-c[0] < n {
		return false
	}
	for i := 1; i < len(c); i++ {
		if c[i] < c[i-1] {
			return false
		}
	}
	steps := len(c) - 1
	mean := float64(c[steps]-c[0]) / float64(steps)
	half := c[steps] - c[steps/2]
	return float64(c[steps]-c[steps-1]) >= mean/3 && float64(half) >= mean*float64(steps-steps/2)/3
}
