package program

import (
	"fmt"
	"strings"

	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/goroutine"
	"github.com/gorescue/gorescue/internal/text"
)

// minGrowth is what a place must have gained to be spoken of: eight samples of the heap profiler, which takes one for 512
// KiB (runtime.MemProfileRate).
const minGrowth = 4 << 20

var heapGrowth = diag.Check{
	ID: "heap-growth", Severity: diag.Warning, Reads: reads,
	Title: text.New("live memory grows without end", "存活内存不断增长"),
	Doc: text.New(`**How it comes about.** What one place allocates is never let go: a map or slice that only grows, a cache without a bound, a closure or goroutine that keeps its data.

**How it is proven.** gorescue profile takes three heap profiles, each right after a garbage collection, so that only what is still reachable counts. A place is named when it holds
more in every sample, to the end, by 4 MiB or more, and four fifths or more of what it allocated between the samples is still there, or as much of what it gained came on ways (stacks of calls) of which that is so: what a decoder allocates for a moment comes another way than what it returns; and when that is a twentieth or more of all live memory. What the standard library keeps for itself is left out. A place that does not grow now, but
holds most of the memory and never let go of anything that requests allocated there, is named as a hint.

**What looks the same.** A program that allocates much and lets it go: what is live does not grow. A cache that fills: its growth gets slower and stops; sample for longer (--for 60s) to see. When goroutines pile up at the
same place, they are the cause and this is shown below them.

**By hand.** go tool pprof -sample_index=inuse_space -base heap-1.pb.gz heap-3.pb.gz, with the files that the profile has kept.

**The repair** is a change of the program: bound what grows, or let go of it when the request ends.
`, `**成因。** 某处分配的内存从不释放：只增不减的 map 或切片、没有上限的缓存、持有数据的闭包或 goroutine。

**如何证实。** gorescue profile 取三次堆剖析，每次都紧接在垃圾回收之后，因此只计仍可达的内存。某处在每次采样中都更多、直到最后，增长 4 MiB 以上，且期间分配的五分之四以上仍然存活（或增长的五分之四以上来自满足此条件的调用路径：解码器的临时分配与其返回的数据路径不同），并达到全部存活内存的二十分之一，才会被指出。标准库自身保留的内存不计。此刻未增长、但持有大部分内存且从未释放过请求所分配内容的位置，仅作提示。

**看似相同的情况。** 分配多但会释放的程序：存活内存不增长。正在填充的缓存：增长会变慢并停止，可用更长的采样（--for 60s）判断。如果同一处的 goroutine 在堆积，它们才是原因，本项显示在其下。

**手工核实。** 用保存的文件运行 go tool pprof -sample_index=inuse_space -base heap-1.pb.gz heap-3.pb.gz。

**修复**需要修改程序：为增长的结构设上限，或在请求结束时释放。
`),
	Run: runHeap,
}

func runHeap(s *facts.Snapshot) []diag.Finding {
	var out []diag.Finding
	for i := range s.Program.Heap.Sites {
		if site := &s.Program.Heap.Sites[i]; grows(site) && weighs(&s.Program.Heap, site) {
			out = append(out, heapFinding(s, site))
		} else if held(&s.Program, site) {
			out = append(out, heldFinding(s, site))
		}
	}
	return out
}

// What a place must hold to be worth a word when it does not grow now.
const (
	minHeld        = 32 << 20
	minHeldObjects = 50
)

// held reports whether a place holds most of the heap, all that it ever allocated, and did so while requests were served: what
// belongs to a request should go with it. It may as well be a table that is filled on demand, so this is no more than a hint.
func held(p *facts.Program, h *facts.HeapSite) bool {
	n := len(h.Live) - 1
	return n >= 0 && h.Request && h.Live[n] >= minHeld && h.Live[n]*2 >= p.Heap.Live[len(p.Heap.Live)-1] && h.Objects >= minHeldObjects && h.Live[n]*20 >= h.Ever*19
}

func heldFinding(s *facts.Snapshot, h *facts.HeapSite) diag.Finding {
	live := h.Live[len(h.Live)-1]
	return diag.Finding{Subject: h.Func, Severity: diag.Info, Claim: text.New("{live} that requests allocated at {place} is held, and nothing of it was ever let go", "请求在 {place} 分配的 {live} 一直被持有，从未释放").
		With("live", text.Size(live), "place", named(s, h.Call)), CausedBy: holders(s, h), Evidence: []diag.Evidence{
		{Role: diag.Because, File: h.File, Line: h.Line, Text: text.New("{path}", "{path}").With("path", path(s, h.Via, h.Call))},
		{Role: diag.Proof, Text: text.New("{objects} objects are live there, {share} of all live memory; all that was allocated there since the start is {ever}", "该处有 {objects} 个存活对象，占全部存活内存的 {share}；自启动以来在此共分配 {ever}").
			With("objects", h.Objects, "share", percent(live, s.Program.Heap.Live[len(s.Program.Heap.Live)-1]), "ever", text.Size(h.Ever))},
		{Role: diag.Not, Text: text.New("not seen to grow: sample under load (--for 60s) to tell a table that is full from one without a bound", "未观察到增长：在负载下采样（--for 60s）可区分已满的表与无上限的表").With()},
	}}
}

// weighs reports whether a growth matters: it is one of the program itself, since what the standard library keeps for itself (the ring
// of the flight recorder, pools) has a bound, and it is a twentieth or more of all that was live.
func weighs(all *facts.ProgramHeap, h *facts.HeapSite) bool {
	return !goroutine.Std(goroutine.Frame{Func: h.Func, File: h.File}) && (h.Live[len(h.Live)-1]-h.Live[0])*20 >= all.Live[0]
}

// grows reports whether a place holds more and more.
func grows(h *facts.HeapSite) bool {
	n := len(h.Live) - 1
	if n < 2 {
		return false
	}
	for i := 1; i <= n; i++ {
		if h.Live[i] <= h.Live[i-1] {
			return false
		}
	}
	gained := h.Live[n] - h.Live[0]
	late := h.Live[n] - h.Live[n-1]
	return gained >= minGrowth && (gained*5 >= h.Made*4 || h.Lasts*5 >= gained*4) && late*int64(n)*3 >= gained
}

func heapFinding(s *facts.Snapshot, h *facts.HeapSite) diag.Finding {
	p := &s.Program
	n := len(h.Live) - 1
	gained := h.Live[n] - h.Live[0]
	rate := float64(gained) / max(p.For.Seconds(), 0.001)
	var list []string
	for _, v := range h.Live {
		list = append(list, text.Size(v))
	}
	f := diag.Finding{Subject: h.Func, Claim: text.New("the heap grows by {rate}/s at {place}, and nothing of it is let go", "堆在 {place} 以每秒 {rate} 增长，且不释放").
		With("rate", text.Size(int64(rate)), "place", named(s, h.Call))}
	f.Evidence = []diag.Evidence{
		{Role: diag.Because, File: h.File, Line: h.Line, Text: text.New("{path}", "{path}").With("path", path(s, h.Via, h.Call))},
		{Role: diag.Proof, Text: text.New("live after a garbage collection: {list} ({all} of all live memory); of {made} that it allocated meanwhile, {kept} is still there", "垃圾回收后仍存活：{list}（占全部存活内存的 {all}）；其间分配 {made}，仍存活 {kept}").
			With("list", strings.Join(list, " → "), "all", percent(h.Live[n], p.Heap.Live[len(p.Heap.Live)-1]), "made", text.Size(h.Made), "kept", text.Size(gained))},
		{Role: diag.Not, Text: text.New("not work that allocates and lets go: what is live would not grow", "不是分配后即释放的正常工作：那样存活内存不会增长").With()},
	}
	if p.Kept != "" {
		f.ByHand = "go tool pprof -sample_index=inuse_space -top -base " + p.Kept + "/heap-1.pb.gz " + p.Kept + "/heap-3.pb.gz"
	}
	if gained*5 < h.Made*4 {
		f.Claim = text.New("the heap grows by {rate}/s at {place}, and what is kept there is not let go", "堆在 {place} 以每秒 {rate} 增长，且留存的部分不释放").
			With("rate", text.Size(int64(rate)), "place", named(s, h.Call))
	}
	f.CausedBy = holders(s, h)
	if len(f.CausedBy) == 0 {
		f.Evidence = append(f.Evidence, diag.Evidence{Role: diag.Not, Text: text.New("not a goroutine leak: no group of goroutines at that place is lost", "不是 goroutine 泄漏：该处没有丢失的 goroutine").With()})
	}
	f.Fixes = []diag.Fix{{Risk: diag.Manual, Title: text.New("bound what grows there, or let go of it when its request ends", "为该处增长的结构设上限，或在请求结束时释放").With()}}
	return f
}

// holders are the checks whose goroutines keep the memory: they were started by, or are in, the function that allocates.
func holders(s *facts.Snapshot, h *facts.HeapSite) []string {
	var out []string
	for _, p := range patterns {
		for _, l := range of(s, p.id) {
			here := l.g.By.Func == h.Func
			for _, c := range l.g.Stack {
				here = here || c.Func == h.Func
			}
			if here {
				out = append(out, p.id)
				break
			}
		}
	}
	return out
}

func path(s *facts.Snapshot, via []facts.Call, c facts.Call) string {
	var out []string
	for _, v := range via {
		out = append(out, v.Func)
	}
	return strings.Join(append(out, named(s, c)), " → ")
}

func percent(part, all int64) string {
	if all <= 0 {
		return "?"
	}
	return fmt.Sprintf("%d %%", part*100/all)
}
