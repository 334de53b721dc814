package program

import (
	"strings"

	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/goroutine"
	"github.com/gorescue/gorescue/internal/text"
)

var bodyNotClosed = diag.Check{
	ID: "http-body-not-closed", Severity: diag.Error, Reads: reads,
	Title: text.New("answers of HTTP requests are never closed", "HTTP 响应的 Body 从未关闭"),
	Doc: text.New(`**How it comes about.** A connection is free again when the body of the answer was read to its end or closed (net/http, Response.Body). A program that
does neither keeps two goroutines, a connection and a file descriptor for every request, until it has none left.

**How it is proven.** Of a connection whose answer is waited for, the reading goroutine stands in a select in persistConn.readLoop; of one that is idle it waits for input. gorescue profile
counts the former, takes away those whose program is just reading, and sees that the same ones stay. The source of the lines that send requests tells which of them closes nothing.

**What looks the same.** Idle connections that are kept for the next request wait for input. Many requests at once come and go.

**By hand.** /debug/pprof/goroutine?debug=1: readLoop and writeLoop in great and equal number.

**The repair:** defer resp.Body.Close() right behind the check of the error, on every way.
`, `**成因。** 只有响应体被读完或关闭，连接才会释放（net/http，Response.Body）。两者都不做，每个请求都会占用两个 goroutine、一个连接和一个文件描述符，直到耗尽。

**如何证实。** 等待响应体的连接，其读取 goroutine 停在 persistConn.readLoop 的 select 中；空闲连接则在等待输入。gorescue profile 统计前者，减去正在读取的，并确认它们一直不变。发送请求的源码行说明哪一处没有关闭。

**看似相同的情况。** 为下次请求保留的空闲连接在等待输入；大量并发请求会来来去去。

**手工核实。** /debug/pprof/goroutine?debug=1 中 readLoop 与 writeLoop 数量很多且相等。

**修复：** 在检查错误之后立即 defer resp.Body.Close()，每条路径都要如此。
`),
	Run: runBody,
}

func runBody(s *facts.Snapshot) []diag.Finding {
	p := &s.Program
	var held *facts.GoroutineGroup
	for i := range p.Groups {
		g := &p.Groups[i]
		if len(g.Stack) > 0 && strings.HasPrefix(g.Stack[0].Func, "net/http.(*persistConn).readLoop") && op(g) == goroutine.Select && (held == nil || last(g) > last(held)) {
			held = g
		}
	}
	if held == nil {
		return nil
	}
	reading := 0
	for i := range p.Groups {
		for _, c := range p.Groups[i].Stack {
			if strings.HasPrefix(c.Func, "net/http.(*Client).") || strings.HasPrefix(c.Func, "net/http.(*bodyEOFSignal).") {
				reading += last(&p.Groups[i])
				break
			}
		}
	}
	reading = max(reading, p.Asking) // who is between two reads of a stream has it still
	n := last(held) - reading
	stays := held.Kept >= few && held.Ended == 0 && len(p.Bodies) > 0
	if n < few || !stays && !(held.Rising && held.Ended == 0 && n >= some) && held.Long-reading < few {
		return nil
	}
	f := diag.Finding{Claim: text.New("{n} HTTP connections wait for somebody to read or close the answer, and nobody does", "{n} 个 HTTP 连接在等待读取或关闭响应，但无人这样做").With("n", n)}
	for _, b := range p.Bodies {
		f.Evidence = append(f.Evidence, diag.Evidence{Role: diag.Because, File: b.File, Line: b.Line,
			Text: text.New("{place} does not close the answer on every way: {code}", "{place} 未在每条路径上关闭响应：{code}").With("place", named(s, b.Call), "code", b.Text)})
	}
	f.Evidence = append(f.Evidence, counted(p, held),
		diag.Evidence{Role: diag.Proof, Text: text.New("{chain}", "{chain}").With("chain", chain(s, held))},
		diag.Evidence{Role: diag.Not, Text: text.New("not requests in progress: {reading} goroutines send a request or read an answer now", "不是进行中的请求：此刻只有 {reading} 个 goroutine 在发送请求或读取响应").With("reading", reading)},
		diag.Evidence{Role: diag.Not, Text: text.New("not idle connections: those wait for input, not in a select", "不是空闲连接：空闲连接等待输入，而不是停在 select").With()})
	if p.URL != "" {
		f.ByHand = "curl -s '" + p.URL + "/goroutine?debug=1' | grep -c readLoop"
	}
	f.Fixes = []diag.Fix{{Risk: diag.Manual, Title: text.New("defer resp.Body.Close() right behind the check of the error", "在检查错误之后立即 defer resp.Body.Close()").With()}}
	return []diag.Finding{f}
}

func last(g *facts.GoroutineGroup) int { return g.Counts[len(g.Counts)-1] }
