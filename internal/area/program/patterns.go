package program

import (
	"slices"

	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/goroutine"
	"github.com/gorescue/gorescue/internal/text"
)

// pattern is one way in which goroutines are lost.
type pattern struct {
	id      string
	title   text.T
	page    text.T // how it comes about
	advice  text.T
	matches func(*facts.GoroutineGroup, how) bool
}

// patterns are in the order in which they are tried: a group belongs to the first that matches.
var patterns = []pattern{
	{"goroutine-leak-mutex", text.New("goroutines wait for a mutex that nobody unlocks", "goroutine 等待一个无人解锁的互斥锁"),
		text.New("A function locks a mutex and goes away without unlocking it: an early return, a panic that is recovered further up. Everybody who comes later waits for ever.",
			"某个函数加锁后未解锁就离开：提前 return，或 panic 在上层被 recover。之后到来的都会永远等待。"),
		text.New("unlock with defer right behind the lock", "加锁后立即用 defer 解锁"),
		func(g *facts.GoroutineGroup, _ how) bool {
			return op(g) == goroutine.Lock || op(g) == goroutine.RLock
		}},
	{"goroutine-leak-waitgroup", text.New("goroutines wait for a WaitGroup that never gets to zero", "goroutine 等待永远不会归零的 WaitGroup"),
		text.New("Done is skipped on some way through a goroutine (an early return, a panic), or Add counted more than was started.",
			"某条路径跳过了 Done（提前 return、panic），或者 Add 的数量多于实际启动的数量。"),
		text.New("make defer wg.Done() the first statement of each goroutine, or use wg.Go", "将 defer wg.Done() 作为每个 goroutine 的第一条语句，或使用 wg.Go"),
		func(g *facts.GoroutineGroup, _ how) bool { return op(g) == goroutine.WaitGroup }},
	{"goroutine-leak-ticker", text.New("goroutines with a ticker or timer run for ever", "带 ticker 或 timer 的 goroutine 永远运行"),
		text.New("A goroutine ranges over a ticker, or sleeps, in a loop that nothing ends; one more is started again and again. The channel of a ticker is never closed, also not by Stop.",
			"goroutine 在循环中等待 ticker 或睡眠，而循环没有出口；并且不断启动新的。ticker 的 channel 永不关闭，Stop 也不会关闭它。"),
		text.New("select on the ticker and on the end of the request (ctx.Done()), and stop the ticker with defer", "同时 select ticker 与请求结束信号（ctx.Done()），并用 defer 停止 ticker"),
		func(g *facts.GoroutineGroup, h how) bool { return h == byEndless }},
	{"goroutine-leak-context", text.New("goroutines wait for the end of a context that nobody ends", "goroutine 等待一个无人结束的 context"),
		text.New("A context made by WithCancel is never cancelled: its cancel function is thrown away, or skipped on some way.",
			"由 WithCancel 创建的 context 从未被取消：其 cancel 函数被丢弃，或在某条路径上被跳过。"),
		text.New("defer cancel() where the context is made, or derive it from one that ends", "在创建 context 处 defer cancel()，或从会结束的 context 派生"),
		func(g *facts.GoroutineGroup, _ how) bool {
			return (op(g) == goroutine.Receive || op(g) == goroutine.Select) && g.Source != nil && g.Source.Context
		}},
	{"goroutine-leak-channel-send", text.New("goroutines wait to send to a channel that nobody receives from", "goroutine 向无人接收的 channel 发送而阻塞"),
		text.New("The receiver went away: it took the first answer only, its time ran out, or an error made it return. A channel without a buffer then keeps the sender for ever.",
			"接收者已离开：只取了第一个结果、超时，或因出错而返回。没有缓冲的 channel 会使发送者永远阻塞。"),
		text.New("give the channel a buffer for every sender, or select on the end of the request in the sender", "为 channel 提供足够的缓冲，或在发送方同时 select 请求结束信号"),
		func(g *facts.GoroutineGroup, _ how) bool { return op(g) == goroutine.Send || sends(g) }},
	{"goroutine-leak-channel-receive", text.New("goroutines wait to receive from a channel that nobody sends to", "goroutine 从无人发送的 channel 接收而阻塞"),
		text.New("The sender went away without a word, or nobody closes the channel that a range reads.", "发送者未发送就离开，或 range 读取的 channel 从未被关闭。"),
		text.New("close the channel on every way out of the sender", "在发送方的每条退出路径上关闭 channel"),
		func(g *facts.GoroutineGroup, _ how) bool {
			return op(g) == goroutine.Receive || g.State == "chan receive (nil chan)"
		}},
	{"goroutine-leak-select", text.New("goroutines wait in a select that nothing ends", "goroutine 停在没有出口的 select 中"),
		text.New("None of the channels of the select is served any more, and it has no case for the end of the work.", "select 中的 channel 都不再有人服务，也没有结束工作的 case。"),
		text.New("add a case <-ctx.Done() that returns", "增加返回的 case <-ctx.Done()"),
		func(g *facts.GoroutineGroup, _ how) bool {
			return op(g) == goroutine.Select || g.State == "select (no cases)"
		}},
	{"goroutine-leak-cond", text.New("goroutines wait for a sync.Cond that nobody signals", "goroutine 等待无人唤醒的 sync.Cond"),
		text.New("Wait returns only after Signal or Broadcast; one that came before the wait is lost.", "只有 Signal 或 Broadcast 之后 Wait 才返回；等待之前发出的信号会丢失。"),
		text.New("check the condition in a loop under the lock, and broadcast when the work ends", "在锁内循环检查条件，并在工作结束时 Broadcast"),
		func(g *facts.GoroutineGroup, _ how) bool { return op(g) == goroutine.Cond }},
}

func sends(g *facts.GoroutineGroup) bool { return g.State == "chan send (nil chan)" }

// proving is the part that all pages share.
var proving = text.New(`

**How it is proven.** gorescue profile takes five samples of all goroutines and compares them one by one, by their numbers. It speaks of a leak when
(1) the runtime itself marks them as lost (the goroutine leak profile: Go 1.26 with GOEXPERIMENT=goroutineleakprofile, later releases without), or
(2) nothing can wake them (a nil channel), or (3) the source shows that what they wait for belongs to one function and to the goroutines it starts, and
none of the code that could end the wait is running, or (4) they are in a loop without a way out that every request starts once more, or (5) ten or more
have waited for minutes to hand something over. When only their number grows in every sample to the end and none of them ends, ten senders whose starters are gone got rid of nothing all the time, or ten requests whose clients went away got nothing that they wait for, it says so as a warning. Twenty or more that requests started and left, and to
which nothing happens, are a hint.

**What looks the same.** A pool of workers is great but stable. A warm-up stops growing; a pool that one living goroutine fills is spoken of only after 20 seconds of growth (--for 20s). Under load goroutines come and go: their numbers change. A
request in progress has a client that waits for it. None of these is reported.

**By hand.** Fetch /debug/pprof/goroutine?debug=2 several times and compare the counts of one stack; what grows and never ends is the leak.

**The repair** is a change of the program: the tool shows the line and changes nothing. To start the program anew only hides it.
`, `

**如何证实。** gorescue profile 对全部 goroutine 采样五次，并按编号逐一比较。以下情况才称为泄漏：(1) 运行时自身将其标为已丢失（goroutine 泄漏剖析：
Go 1.26 需 GOEXPERIMENT=goroutineleakprofile，之后的版本默认可用）；(2) 没有任何东西能唤醒它们（nil channel）；(3) 源码表明所等待的对象只属于某个函数
及其启动的 goroutine，而能结束等待的代码都没有在运行；(4) 它们处于没有出口的循环，且每个请求都会再启动一个；(5) 十个以上为交出数据已等待数分钟。
如果只是数量在每次采样中一直增长且无一结束，启动者已不存在的十个以上发送者始终未能交出数据，或客户端已离开的十个以上请求始终未得到所等待的东西，则作为警告报告。由请求启动并留下、毫无动静的二十个以上 goroutine 仅作提示。

**看似相同的情况。** 工作池数量大但稳定；预热会停止增长（由一个仍在运行的 goroutine 填充的池，需观察到 20 秒的增长才会提及：--for 20s）；有负载时 goroutine 来来去去，编号会变；进行中的请求有客户端在等待。这些都不会报告。

**手工核实。** 多次获取 /debug/pprof/goroutine?debug=2，比较同一调用栈的数量；只增不减的就是泄漏。

**修复**需要修改程序：本工具只指出行号，不做改动。重启程序只是掩盖问题。
`)

func (p pattern) check() diag.Check {
	return diag.Check{ID: p.id, Title: p.title, Severity: diag.Error, Reads: reads,
		Doc: text.New("**How it comes about.** "+p.page.En+proving.En, "**成因。** "+p.page.Zh+proving.Zh),
		Run: p.run}
}

func (p pattern) run(s *facts.Snapshot) []diag.Finding {
	var out []diag.Finding
	for _, l := range of(s, p.id) {
		out = append(out, p.finding(s, l))
	}
	return out
}

// patternOf names the pattern of a group: the first that matches.
func patternOf(g *facts.GoroutineGroup, h how) string {
	for _, p := range patterns {
		if p.matches(g, h) {
			return p.id
		}
	}
	return ""
}

func (p pattern) finding(s *facts.Snapshot, l leak) diag.Finding {
	c := culprit(l.g)
	f := diag.Finding{Subject: c.Func + ":" + l.g.State, Claim: text.New("{n} "+p.title.En+", at {place}", "{n} 个 "+p.title.Zh+"，位于 {place}").
		With("n", l.n, "place", named(s, c))}
	if l.how.seems() {
		f.Severity = diag.Warning
		f.Claim = text.New("{n} "+p.title.En+", as it seems, at {place}", "{n} 个 "+p.title.Zh+"（疑似），位于 {place}").
			With("n", l.n, "place", named(s, c))
	}
	if l.how == byLeft {
		f.Severity = diag.Info
	}
	because := diag.Evidence{Role: diag.Because, Text: text.New("{chain}", "{chain}").With("chain", chain(s, l.g)), File: c.File, Line: c.Line}
	if src := l.g.Source; src != nil && src.Text != "" {
		because.Text = text.New("{chain}: {code}", "{chain}：{code}").With("chain", chain(s, l.g), "code", src.Text)
	}
	f.Evidence = append(f.Evidence, because)
	if src := l.g.Source; src != nil && src.Leaver.File != "" {
		f.Evidence = append(f.Evidence, leaver(s, src))
	}
	if src := l.g.Source; src != nil && src.Holder != nil {
		f.Evidence = append(f.Evidence, holder(s, src.Holder))
	}
	f.Evidence = append(f.Evidence, proof(s, l), counted(&s.Program, l.g))
	f.Evidence = append(f.Evidence, not(l)...)
	if s.Program.URL != "" {
		f.ByHand = "curl -s '" + s.Program.URL + "/goroutine?debug=2' | grep -A1 '" + l.g.State + "'"
	}
	f.CausedBy = stopped(s, l.g)
	f.Fixes = []diag.Fix{{Title: p.advice.With(), Risk: diag.Manual}}
	return f
}

// stopped are the checks whose goroutines should call Done of the WaitGroup that is waited for: the same function started them, and they are lost
// themselves.
func stopped(s *facts.Snapshot, g *facts.GoroutineGroup) (out []string) {
	if op(g) != goroutine.WaitGroup || g.Source == nil || g.Source.Able == 0 {
		return nil
	}
	for i := range s.Program.Groups {
		o := &s.Program.Groups[i]
		if o == g || op(o) == goroutine.WaitGroup || o.By.Func != g.By.Func || o.By.Func == "" {
			continue
		}
		if n, how := lost(&s.Program, o); n > 0 {
			if id := patternOf(o, how); !slices.Contains(out, id) {
				out = append(out, id)
			}
		}
	}
	return out
}

// holder names a goroutine that may hold the lock.
func holder(s *facts.Snapshot, h *facts.Holder) diag.Evidence {
	t := text.New("the one that may hold it is in [{state}] at {place}", "可能持有它的 goroutine 停在 [{state}]，位于 {place}")
	if o := goroutine.Op(h.Op); o == goroutine.Lock || o == goroutine.RLock {
		t = text.New("one that has locked it waits at {place} for another lock", "已加此锁的 goroutine 在 {place} 等待另一把锁")
	}
	if h.Twice {
		t = text.New("one that has locked it waits for it once more: {place} calls what locks it again", "已加锁的 goroutine 又在等待同一把锁：{place} 调用了再次加锁的函数")
	}
	return diag.Evidence{Role: diag.Because, File: h.File, Line: h.Line, Text: t.With("state", h.State, "place", named(s, h.Call))}
}

// leaver names the function that goes away with the lock.
func leaver(s *facts.Snapshot, src *facts.GoroutineWait) diag.Evidence {
	lock := facts.Call{File: src.Leaver.File, Line: src.Locked}
	if src.Leaver.Line == 0 {
		return diag.Evidence{Role: diag.Because, File: lock.File, Line: lock.Line, Text: text.New("{fn} locks it at {lock} and has no unlock", "{fn} 在 {lock} 加锁，且没有解锁").
			With("fn", src.Leaver.Func, "lock", at(s, lock))}
	}
	return diag.Evidence{Role: diag.Because, File: src.Leaver.File, Line: src.Leaver.Line, Text: text.New("{fn} locks it at {lock} and returns at {line} without unlocking", "{fn} 在 {lock} 加锁，在 {line} 未解锁就返回").
		With("fn", src.Leaver.Func, "lock", at(s, lock), "line", at(s, src.Leaver))}
}

// not rules out what looks the same.
func not(l leak) []diag.Evidence {
	g := l.g
	var out []diag.Evidence
	if l.how == byGrowth {
		return []diag.Evidence{{Role: diag.Not, Text: text.New("not a warm-up: they grew to the last sample ({counts})", "不是预热：直到最后一次采样仍在增长（{counts}）").With("counts", g.Counts)}}
	}
	if g.Parents > 1 {
		out = append(out, diag.Evidence{Role: diag.Not, Text: text.New("not a pool: {parents} different goroutines started them, of which {gone} are gone", "不是工作池：由 {parents} 个不同的 goroutine 启动，其中 {gone} 个已不存在").
			With("parents", g.Parents, "gone", g.Gone)})
	}
	if l.how == byLeft {
		return []diag.Evidence{{Role: diag.Not, Text: text.New("not seen to grow: sample under load (--for 20s) to tell goroutines that stay for ever from a set that has a bound", "未观察到增长：在负载下采样（--for 20s）可区分永远停留的 goroutine 与有上限的集合").With()}}
	}
	if len(g.Counts) > 1 && l.how != byEndless {
		out = append(out, diag.Evidence{Role: diag.Not, Text: text.New("not load that comes and goes: {ended} of them ended while they were watched", "不是来去不定的负载：观察期间只结束了 {ended} 个").With("ended", g.Ended)})
	}
	return out
}
