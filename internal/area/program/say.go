package program

import (
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/text"
)

// at is a place as people write it: shorter when it is below the folder they are in.
func at(s *facts.Snapshot, c facts.Call) string {
	file := c.File
	if rel, err := filepath.Rel(s.Dir, file); err == nil && !strings.HasPrefix(rel, "..") && s.Dir != "" {
		file = rel
	}
	return fmt.Sprintf("%s:%d", file, c.Line)
}

// named is a call with its place.
func named(s *facts.Snapshot, c facts.Call) string {
	if c.File == "" {
		return c.Func
	}
	return c.Func + " (" + at(s, c) + ")"
}

// chain is the stack of a group from the wait to the go statement.
func chain(s *facts.Snapshot, g *facts.GoroutineGroup) string {
	var out []string
	for i, c := range g.Stack {
		switch {
		case i < g.First-1: // inside of the standard library
		case i < g.First:
			out = append(out, c.Func)
		case i == g.First || i == g.User || len(out) < 4:
			out = append(out, named(s, c))
		}
	}
	if g.By.Func != "" {
		out = append(out, "go "+named(s, g.By))
	}
	return strings.Join(out, " ← ")
}

// culprit is the call that a finding is about: the user's own when there is one.
func culprit(g *facts.GoroutineGroup) facts.Call {
	switch {
	case g.User >= 0:
		return g.Stack[g.User]
	case g.First >= 0:
		return g.Stack[g.First]
	case g.By.Func != "":
		return g.By
	case len(g.Stack) > 0:
		return g.Stack[0]
	}
	return facts.Call{}
}

// counted shows how a group developed.
func counted(p *facts.Program, g *facts.GoroutineGroup) diag.Evidence {
	var list []string
	for _, c := range g.Counts {
		list = append(list, fmt.Sprint(c))
	}
	if len(g.Counts) == 1 {
		return diag.Evidence{Role: diag.Proof, Text: text.New("{n} goroutines are in [{state}] there; the longest for {wait}", "{n} 个 goroutine 停在 [{state}]，最久的已等待 {wait}").
			With("n", list[0], "state", g.State, "wait", waited(g))}
	}
	n := g.Counts[len(g.Counts)-1]
	rate := float64(n-g.Counts[0]) / max(p.For.Seconds(), 0.001)
	return diag.Evidence{Role: diag.Proof, Text: text.New("in [{state}] there: {list} in {samples} samples over {time} ({rate}/s); {ended} ended meanwhile, {kept} were there all the time, the longest wait is {wait}",
		"停在 [{state}] 的数量：{time} 内 {samples} 次采样为 {list}（每秒 {rate}）；其间结束 {ended} 个，始终存在 {kept} 个，最长等待 {wait}").
		With("state", g.State, "list", strings.Join(list, " "), "samples", len(g.Counts), "time", p.For.Round(100*time.Millisecond), "rate", fmt.Sprintf("%+.1f", rate),
			"ended", g.Ended, "kept", g.Kept, "wait", waited(g))}
}

func waited(g *facts.GoroutineGroup) string {
	if g.Wait == 0 {
		return "<1m"
	}
	return fmt.Sprintf("%dm", int(g.Wait.Minutes()))
}

// proof says how it is known that they never go on.
func proof(s *facts.Snapshot, l leak) diag.Evidence {
	src := l.g.Source
	e := diag.Evidence{Role: diag.Proof}
	switch l.how {
	case byRuntime:
		e.Text = text.New("the runtime's own leak profile marks {n} of them as lost: what they wait for cannot be reached from any goroutine that can run",
			"运行时的泄漏剖析将其中 {n} 个标为已丢失：任何可运行的 goroutine 都无法触及它们所等待的对象").With("n", l.n)
	case byNever:
		e.Text = text.New("nothing can wake them: [{state}]", "没有任何东西能唤醒它们：[{state}]").With("state", l.g.State)
	case bySource:
		e.Text = text.New("{on} is made at {made} and leaves that function only for the goroutines it starts; what could end the wait ({who}) is running in {able} goroutines",
			"{on} 在 {made} 创建，只交给该函数启动的 goroutine；能结束等待的代码（{who}）此刻只在 {able} 个 goroutine 中运行").
			With("on", src.On, "made", at(s, src.Made), "who", src.Release, "able", src.Able)
		if src.Release == "" {
			e.Text = text.New("{on} is made at {made} and leaves that function only for the goroutines it starts, and no code of them ends the wait", "{on} 在 {made} 创建，只交给该函数启动的 goroutine，而其中没有能结束等待的代码").
				With("on", src.On, "made", at(s, src.Made))
		}
		if src.Cancel != "" {
			why := cancelled(src.Cancel)
			e.Text = text.New("the context of {on}, made at {made}, can never end: "+why.En, "{on} 的 context 在 {made} 创建，永远不会结束："+why.Zh).
				With("on", src.On, "made", at(s, src.Made))
		}
	case byLock:
		e.Text = text.New("nobody who could unlock {on} is there: every goroutine in a function that locks it waits for it",
			"没有能解锁 {on} 的 goroutine：处于加锁函数中的每一个都在等待它").With("on", src.On)
	case byEndless:
		e.Text = text.New("the loop around {code} has no way out: no return, no break, no channel that ends it", "包含 {code} 的循环没有出口：没有 return、break，也没有可结束它的 channel").With("code", src.Text)
		if src.Handler {
			e.Text = text.New("the loop around {code} has no way out, and an HTTP handler starts one with every request", "包含 {code} 的循环没有出口，而 HTTP 处理函数每个请求都会启动一个").With("code", src.Text)
		}
	case byLong:
		e.Text = text.New("{n} of them have waited for more than a minute to hand something over, and none ended", "其中 {n} 个为交出数据已等待超过一分钟，且没有一个结束").With("n", l.n)
	case byAlone:
		e.Text = text.New("the clients of {n} of these requests have gone away (their connections are in CLOSE_WAIT), and all the time none of them got what it waits for", "其中 {n} 个请求的客户端已离开（其连接处于 CLOSE_WAIT），而其间没有一个得到所等待的东西").With("n", l.n)
	case byLeft:
		e.Text = text.New("requests started them and are over, and all the time none of them ended", "它们由请求启动，而请求已结束，其间没有一个结束").With()
	case byStill:
		e.Text = text.New("all the time nobody took anything from any of them, and {gone} of the goroutines that started them are gone", "其间没有人从它们任何一个取走数据，且启动它们的 goroutine 中有 {gone} 个已不存在").With("gone", l.g.Gone)
	default:
		e.Text = text.New("there are more in every sample, to the end, and not one has ended; {spawner} goroutines are in the function that starts them",
			"每次采样都更多，直到最后，且没有一个结束；处于启动它们的函数中的 goroutine 有 {spawner} 个").With("spawner", l.g.Spawner)
	}
	return e
}

func cancelled(c string) text.T {
	switch c {
	case "discarded":
		return text.New("its cancel function is thrown away", "其 cancel 函数被丢弃")
	case "never called":
		return text.New("its cancel function is never called", "其 cancel 函数从未被调用")
	}
	return text.New("it is a context that has no end", "它是没有终点的 context")
}
