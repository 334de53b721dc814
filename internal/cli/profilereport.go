package cli

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/profile"
	"github.com/gorescue/gorescue/internal/text"
)

// writeProfile is the screen of profile: what is wrong, then where everything goes.
func (s *shared) writeProfile(r *diag.Report) {
	p := &r.Snapshot.Program
	for _, f := range r.Roots() {
		s.writeFinding(r, f)
	}
	s.writeUnknown(r)
	s.writeTarget(p)
	s.writeCPU(p)
	s.writeWork(p)
	s.writeHeap(r.Snapshot)
	s.writeGoroutines(r.Snapshot)
	s.costs(r.Snapshot, text.New("waiting for mutexes, since its start", "等待互斥锁（自启动以来）"), p.Locks, seconds)
	s.costs(r.Snapshot, text.New("blocked, since its start", "阻塞（自启动以来）"), p.Blocks, seconds)
	for _, m := range p.Missing {
		s.print(text.New("? could not be had: {what}", "? 无法获取：{what}").With("what", m))
	}
	if p.Kept != "" {
		s.print(text.New("kept for go tool pprof, with flame graphs: {dir}", "已保存（含火焰图，可用 go tool pprof 查看）：{dir}").With("dir", p.Kept))
	}
	switch {
	case len(r.Findings) > 0:
	case p.For == 0:
		s.print(text.New("nothing is proven to be lost in what was saved; growth is seen only between samples", "保存的数据中没有可证实的丢失；增长只有在多次采样之间才能看到").With())
	default:
		s.print(text.New("{ok} no goroutine is lost, no memory grows without end, no loop computes for nothing, as far as {d} can tell", "{ok} 在 {d} 内：没有丢失的 goroutine，没有不断增长的内存，没有空转的循环").With("ok", "✓", "d", p.For))
	}
}

func (s *shared) writeTarget(p *facts.Program) {
	parts := []string{p.Target}
	if p.Name != "" && p.Name != p.Target {
		parts = append(parts, p.Name)
	}
	if p.Module != "" {
		parts = append(parts, p.Module)
	}
	if p.Go != "" {
		parts = append(parts, p.Go)
	}
	if p.URL != "" {
		parts = append(parts, p.URL)
	}
	if p.RSS > 0 {
		parts = append(parts, "RSS "+text.Size(p.RSS))
	}
	fmt.Fprintln(s.Stdout, s.paint(bold, text.Visible(strings.Join(parts, " · "))))
}

func seconds(ns int64) string { return fmt.Sprintf("%.2f s", time.Duration(ns).Seconds()) }

// writeCPU says where processor time goes.
func (s *shared) writeCPU(p *facts.Program) {
	if p.CPU.Total == 0 {
		return
	}
	spent := text.New("processor: {total} s, {cores} processors; garbage collection {gc}", "处理器：{total} 秒，相当于 {cores} 个处理器；垃圾回收 {gc}")
	if p.For == 0 { // a saved profile
		spent = text.New("processor: {total} s; garbage collection {gc}", "处理器：{total} 秒；垃圾回收 {gc}")
	}
	s.print(spent.With("total", fmt.Sprintf("%.2f", p.CPU.Total.Seconds()), "cores", fmt.Sprintf("%.2f", p.CPU.Total.Seconds()/p.For.Seconds()),
		"gc", share(p.CPU.GC, int64(p.CPU.Total))))
	for i, t := range []struct {
		label text.T
		list  []facts.Cost
	}{
		{text.New("doing", "在做"), p.CPU.Activities}, {text.New("requests", "请求"), p.Requests}, {text.New("labels", "标签"), p.CPU.Labels}, {text.New("packages", "包"), p.CPU.Packages},
	} {
		var parts []string
		for _, c := range t.list[:min(len(t.list), 5)] {
			if i == 0 {
				c.Func = s.say(profile.Doing(c.Func))
			}
			if t.list[0].Value < 100 && c.Value < 100 { // samples, not time
				parts = append(parts, c.Func)
				continue
			}
			parts = append(parts, c.Func+" "+share(c.Value, int64(p.CPU.Total)))
		}
		if len(parts) > 0 {
			s.line(t.label, text.Visible(strings.Join(parts, " · ")))
		}
	}
	for _, c := range p.CPU.Places[:min(len(p.CPU.Places), 5)] {
		if c.Value*100 >= int64(p.CPU.Total) {
			fmt.Fprintf(s.Stdout, "  %5s  %s\n", share(c.Value, int64(p.CPU.Total)), text.Visible(pathOf(c)))
		}
	}
}

// writeWork says on which packages, files and queries gopls worked.
func (s *shared) writeWork(p *facts.Program) {
	if len(p.Work) == 0 {
		return
	}
	s.print(text.New("gopls worked on (processor time; of a go command, the time waited; what had begun before is not seen):",
		"gopls 处理了（处理器时间；go 命令则为等待时间；此前已开始的不可见）：").With())
	for _, w := range p.Work[:min(len(p.Work), 8)] {
		fmt.Fprintf(s.Stdout, "  %7s  %s %s", seconds(int64(w.Cost())), s.say(profile.Doing(w.What)), text.Visible(shortFile(w.On)))
		if w.Count > 1 {
			fmt.Fprintf(s.Stdout, " ×%d", w.Count)
		}
		fmt.Fprintln(s.Stdout)
	}
}

func pathOf(c facts.Cost) string {
	var via []string
	for _, v := range slices.Backward(c.Via) {
		via = append(via, v.Func)
	}
	s := c.Func
	if c.File != "" {
		s += fmt.Sprintf(" (%s:%d)", shortFile(c.File), c.Line)
	}
	if len(via) > 0 {
		s += " ← " + strings.Join(via[:min(len(via), 3)], " ← ")
	}
	return s
}

// shortFile is the name of a file of a module cache or of a Go tree without the folder of that.
func shortFile(name string) string {
	for _, root := range []string{"/pkg/mod/", "/src/"} {
		if i := strings.LastIndex(name, root); i >= 0 && (root == "/pkg/mod/" || strings.Contains(name[:i], "go")) {
			name = name[i+len(root):]
		}
	}
	return name
}

func share(part, all int64) string {
	if all <= 0 {
		return "?"
	}
	return fmt.Sprintf("%d %%", (part*100+all/2)/all)
}

// writeHeap says who holds memory, and what grew.
func (s *shared) writeHeap(snap *facts.Snapshot) {
	h := &snap.Program.Heap
	if len(h.Live) == 0 {
		return
	}
	n := len(h.Live) - 1
	s.print(text.New("heap: {live} live after a garbage collection, {growth} in {d}", "堆：垃圾回收后存活 {live}，{d} 内变化 {growth}").
		With("live", text.Size(h.Live[n]), "growth", signed(h.Live[n]-h.Live[0]), "d", snap.Program.For))
	for _, c := range h.Sites[:min(len(h.Sites), 5)] {
		if len(c.Live) != n+1 || c.Live[n]*100 < h.Live[n] {
			continue
		}
		note := ""
		if c.Ever > 0 && c.Live[n]*100 >= c.Ever*95 && c.Request && c.Objects >= 5 {
			note = s.say(text.New("; nothing that requests made there was ever let go", "；请求在此处分配的内存从未释放"))
		}
		fmt.Fprintf(s.Stdout, "  %5s  %s  %s  %s%s\n", share(c.Live[n], h.Live[n]), text.Size(c.Live[n]), signed(c.Live[n]-c.Live[0]),
			text.Visible(pathOf(facts.Cost{Call: c.Call, Via: c.Via})), note)
	}
}

func signed(n int64) string {
	if n >= 0 {
		return "+" + text.Size(n)
	}
	return text.Size(n)
}

// writeGoroutines shows the greatest groups.
func (s *shared) writeGoroutines(snap *facts.Snapshot) {
	p := &snap.Program
	if len(p.Samples) == 0 {
		return
	}
	first, last := p.Samples[0].Total, p.Samples[len(p.Samples)-1].Total
	s.print(text.New("goroutines: {n}, {change} in {d}", "goroutine：{n} 个，{d} 内变化 {change}").With("n", last, "change", fmt.Sprintf("%+d", last-first), "d", p.For))
	shown := 0
	for i := range p.Groups {
		g := &p.Groups[i]
		if len(g.Stack) == 0 || shown == 6 {
			continue
		}
		shown++
		at := g.Stack[max(g.First, 0)]
		from := ""
		if g.By.Func != "" {
			from = " ← go " + g.By.Func
		}
		if g.First > 0 {
			from = " [" + g.Stack[0].Func + "]" + from
		}
		fmt.Fprintf(s.Stdout, "  %5d  %s  %s\n", g.Counts[len(g.Counts)-1], g.State, text.Visible(pathOf(facts.Cost{Call: at})+from))
	}
}

func (s *shared) costs(snap *facts.Snapshot, title text.T, list []facts.Cost, unit func(int64) string) {
	if len(list) == 0 {
		return
	}
	s.print(title.With())
	for _, c := range list[:min(len(list), 3)] {
		fmt.Fprintf(s.Stdout, "  %8s  %s\n", unit(c.Value), text.Visible(pathOf(c)))
	}
}
