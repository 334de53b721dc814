package program

import (
	"fmt"

	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/text"
)

var busyLoop = diag.Check{
	ID: "busy-loop", Severity: diag.Error, Reads: reads,
	Title: text.New("a loop computes without getting anything done", "循环空转，占用处理器却没有完成任何工作"),
	Doc: text.New(`**How it comes about.** A select with an empty default case in a loop, a loop that asks an atomic value again and again, a loop that was meant to wait: it takes a processor and gets nothing done.

**How it is proven.** The processor profile shows a place that takes half a processor or more, and the source of the loop around it shows that a round only looks: it calls nothing that works, waits for nothing,
and either falls through a default case, polls a value, or never ends. Or the samples themselves show it: a loop takes half of all the time or more, with short calls only, and no sample is in what it is there for: what it asks always gives an error
or nothing (a warning, since work that costs next to nothing has no sample either), or its select is always ready because a context has ended or a channel is closed, and the case for that does not leave the loop.

**What looks the same.** Work: a loop that calls, allocates, counts or ends is never named here, however much it costs; the table of the profile shows it.

**By hand.** go tool pprof -list FUNCTION cpu.pb.gz with the file that the profile has kept.

**The repair** is a change of the program: take the default case away, wait on a channel or sync.Cond, or pause with a ticker.
`, `**成因。** 循环中带空 default 的 select、反复读取原子变量的循环、本应等待却没有等待的循环：占满一个处理器却毫无进展。

**如何证实。** 处理器剖析显示某处占用半个以上处理器，而其外层循环的源码表明每一轮只是查看：不调用实际工作、不等待，要么落入 default，要么轮询某个值，要么永不结束。或者由样本本身证明：某循环占一半以上时间，只有短调用，且没有样本落在其实际工作上：所请求的总是返回错误或空（仅作警告，因为几乎不耗时的工作也不会有样本），或 select 因 context 已结束、channel 已关闭而总是就绪，而对应的 case 没有离开循环。

**看似相同的情况。** 真正的工作：有调用、分配、计数或会结束的循环，无论开销多大都不会在此指出；剖析的表格会显示它。

**手工核实。** 用保存的文件运行 go tool pprof -list 函数名 cpu.pb.gz。

**修复**需要修改程序：去掉 default，改为等待 channel 或 sync.Cond，或用 ticker 暂停。
`),
	Run: func(s *facts.Snapshot) []diag.Finding {
		spin := s.Program.CPU.Spin
		if spin == nil {
			return nil
		}
		why := map[string]text.T{
			"default-case":   text.New("every round looks at channels and falls through its default case", "每一轮都查看 channel 并落入 default"),
			"polling":        text.New("every round asks for a value that somebody else sets, and goes on at once", "每一轮都查询由他人设置的值，并立即继续"),
			"in-vain":        text.New("every round asks for something, gets nothing and goes on at once; no sample is in what comes after", "每一轮都请求某物、一无所得并立即继续；其后的代码没有出现在任何样本中"),
			"ended-context":  text.New("the context has ended, so that its select never waits, and the case for that does not leave the loop (break leaves the select alone)", "context 已结束，select 因此从不等待，而对应的 case 没有离开循环（break 只离开 select）"),
			"closed-channel": text.New("the channel is closed (nobody who sends to it is there), so that its select never waits, and the case for that does not leave the loop", "channel 已关闭（已无发送者），select 因此从不等待，而对应的 case 没有离开循环"),
			"no-wait":        text.New("it never ends, calls nothing that works and waits for nothing", "它永不结束，不调用实际工作，也不等待"),
		}[spin.Why]
		total := s.Program.CPU.Total
		f := diag.Finding{Subject: spin.Func, Claim: text.New("{place} computes without getting anything done: {share} of the processor time of the program", "{place} 空转：占程序处理器时间的 {share}").
			With("place", named(s, spin.Call), "share", percent(int64(spin.Value), int64(total)))}
		spent := diag.Evidence{Role: diag.Proof, Text: text.New("processor profile: {value} s of {total} s are spent there", "处理器剖析：共 {total} 秒，其中 {value} 秒在此").
			With("value", fmt.Sprintf("%.2f", spin.Value.Seconds()), "total", fmt.Sprintf("%.2f", total.Seconds()))}
		if spin.Value == 0 { // the time is in the scheduler
			f.Claim = text.New("{place} computes without getting anything done", "{place} 空转").With("place", named(s, spin.Call))
			spent.Text = text.New("its goroutine ran or was ready to run in each of {n} samples; the program takes {total} s of processor time", "其 goroutine 在 {n} 次采样中都在运行或待运行；程序共占用处理器 {total} 秒").
				With("n", len(s.Program.Samples), "total", fmt.Sprintf("%.2f", total.Seconds()))
		}
		f.Evidence = []diag.Evidence{
			{Role: diag.Because, Text: text.New("{code}: "+why.En, "{code}："+why.Zh).With("code", spin.Text), File: spin.File, Line: spin.Line},
			spent,
			{Role: diag.Not, Text: text.New("not work: the loop calls nothing but what looks at values", "不是实际工作：循环只调用查看数值的函数").With()},
		}
		advice := text.New("let it wait: take the default case away, use a channel or sync.Cond, or pause with a ticker", "让它等待：去掉 default，使用 channel 或 sync.Cond，或用 ticker 暂停")
		if spin.Why == "in-vain" { // work that costs next to nothing may have no sample either
			f.Severity = diag.Warning
			f.Claim = text.New("{place} computes without getting anything done, as it seems: {share} of the processor time of the program", "{place} 疑似空转：占程序处理器时间的 {share}").
				With("place", named(s, spin.Call), "share", percent(int64(spin.Value), int64(total)))
		}
		switch spin.Why {
		case "in-vain", "ended-context", "closed-channel":
			f.Evidence[2].Text = text.New("not work: no sample of the processor profile is in what the loop is there for", "不是实际工作：处理器剖析中没有任何样本落在该循环的实际工作上").With()
			advice = text.New("leave the loop when nothing more can come (return, or break with a label), or wait before the next round", "不会再有数据时离开循环（return 或带标签的 break），或在下一轮前等待")
		}
		if s.Program.Kept != "" {
			f.ByHand = "go tool pprof -list '" + spin.Func + "' " + s.Program.Kept + "/cpu.pb.gz"
		}
		f.Fixes = []diag.Fix{{Risk: diag.Manual, Title: advice.With()}}
		return []diag.Finding{f}
	},
}
