package network

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/origin"
	"github.com/gorescue/gorescue/internal/text"
)

// fault is one way in which a server keeps the go command from a file.
type fault struct {
	id    string
	title text.T
	// claim has the places {entry}, {err}, {status}, {module}, {via}, {time} and {more}.
	claim text.T
	how   text.T // how it comes about; for the page
	alike text.T // what looks the same, and what tells it apart; for the page and as evidence
	is    func(v *view) bool
	more  func(v *view) string
	// fixes before the general ones; keep: GOPROXY is not at fault and is left alone.
	fixes func(v *view) []diag.Fix
	keep  bool
	calm  bool                          // worth no more than a word while the build lacks nothing
	proof func(v *view) []diag.Evidence // more of it, nil = none
	ask   text.T                        // what a person can do about the cause; zero = nothing to say
	after []string
}

var reads = []facts.Section{facts.SecNetwork, facts.SecSettings, facts.SecProcess, facts.SecStartup, facts.SecPolicy, facts.SecDirs, facts.SecProject}

// all are the faults in the order in which they are tried: the first that fits is the one.
func all() []fault {
	var out []fault
	for _, list := range [][]fault{wayList[:1], proxyList, wayList[1:], lookupList, tlsList, reachList, answerList, fileList} {
		out = append(out, list...)
	}
	return out
}

func checksOf(list []fault) []diag.Check {
	var out []diag.Check
	for _, f := range list {
		out = append(out, f.check())
	}
	return out
}

func proxyFaults() []diag.Check  { return checksOf(proxyList) }
func lookupFaults() []diag.Check { return checksOf(lookupList) }
func tlsFaults() []diag.Check    { return checksOf(tlsList) }
func reachFaults() []diag.Check  { return checksOf(reachList) }
func answerFaults() []diag.Check { return checksOf(answerList) }
func fileFaults() []diag.Check   { return checksOf(fileList) }

func (f fault) check() diag.Check {
	return diag.Check{
		ID: f.id, Title: f.title, Severity: diag.Error, Reads: reads, Doc: f.page(), After: f.after,
		Run: func(s *facts.Snapshot) []diag.Finding {
			v := predict(s)
			if v == nil || v.file.Bad == otherContent { // which side is wrong is not told by the server alone
				return nil
			}
			for _, other := range all() {
				if other.is(v) {
					if other.id != f.id {
						return nil
					}
					return []diag.Finding{f.finding(v)}
				}
			}
			return nil
		},
	}
}

func (f fault) finding(v *view) diag.Finding {
	out := diag.Finding{Subject: v.entry.URL, Claim: f.say(v, f.claim), ByHand: byHand(v)}
	if !slices.ContainsFunc(v.s.Dirs.Modules.Missing, func(m facts.MissingModule) bool { return !m.Tests }) {
		out.Severity = diag.Warning // the build has all it needs now
		if f.calm {
			out.Severity = diag.Info
		}
	}
	out.Evidence = append(out.Evidence, because(v), f.shown(v), v.rule())
	if f.proof != nil {
		out.Evidence = append(out.Evidence, f.proof(v)...)
	}
	out.Evidence = append(out.Evidence, f.others(v)...)
	out.Evidence = append(out.Evidence, diag.Evidence{Role: diag.Not, Text: f.say(v, f.alike)})
	if f.fixes != nil {
		out.Fixes = f.fixes(v)
	}
	if !f.keep {
		out.Fixes = slices.Concat(out.Fixes, v.reroute(), v.standIn(), v.parachute())
	}
	if f.ask.En != "" {
		out.Fixes = append(out.Fixes, diag.Fix{Title: f.say(v, f.ask), Risk: diag.Manual})
	}
	return out
}

// say fills the places of a sentence.
func (f fault) say(v *view, t text.T) text.Msg {
	more := ""
	if f.more != nil {
		more = f.more(v)
	}
	return t.With("entry", v.entry.URL, "err", v.err(), "status", v.ans.Status, "module", v.file.Module, "via", v.ans.Via, "time", round(v.ans.Took), "more", more)
}

func (v *view) err() string {
	if v.file.Bad != "" {
		return v.file.Bad
	}
	return v.ans.Err
}

func round(d time.Duration) string {
	if d < 10*time.Millisecond {
		return d.Round(100 * time.Microsecond).String()
	}
	return d.Round(10 * time.Millisecond).String()
}

// because names the line that gives GOPROXY.
func because(v *view) diag.Evidence {
	if src, ok := origin.Of(v.s, "GOPROXY"); ok {
		return src.Because()
	}
	return diag.Evidence{Role: diag.Because, Text: text.New("GOPROXY is unset: the default of this Go tree", "GOPROXY 未设置：采用该 Go 目录的默认值").With()}
}

// shown is the request with its stages.
func (f fault) shown(v *view) diag.Evidence {
	return diag.Evidence{Role: diag.Proof, Command: byHand(v), Text: text.New("{url} → {result}, stages: {stages}", "{url} → {result}，各阶段：{stages}").
		With("url", orEntry(v), "result", result(v), "stages", stages(v.ans))}
}

func orEntry(v *view) string {
	if v.ans.URL != "" {
		return v.ans.URL
	}
	return v.entry.URL
}

func result(v *view) string {
	switch {
	case v.ans.OK() && v.file.Bad == "":
		return fmt.Sprintf("%d after %s", v.ans.Status, round(v.ans.Took))
	case v.ans.Status != 0 && v.err() != "":
		return fmt.Sprintf("%d, %s", v.ans.Status, v.err())
	}
	return v.err()
}

// stages is the way of a request in one line.
func stages(a *facts.NetAnswer) string {
	var out []string
	if a.Via != "" {
		out = append(out, "via "+a.Via)
	}
	for _, st := range a.Stages[:min(len(a.Stages), 8)] {
		s := string(st.Step)
		if st.To != "" {
			s += " " + st.To
		}
		s += " " + round(st.Took)
		if st.Err != "" {
			s += " ✗"
		}
		out = append(out, s)
	}
	for _, n := range a.Names {
		if n.Answered == 0 {
			out = append(out, "name server "+n.Server+" ✗")
		}
	}
	for _, c := range a.Chain[:min(len(a.Chain), 3)] {
		out = append(out, fmt.Sprintf("certificate %q by %q until %s", c.Subject, c.Issuer, c.NotAfter.Format(time.DateOnly)))
	}
	for _, h := range a.Hops {
		out = append(out, "redirect to "+h)
	}
	return strings.Join(out, " · ")
}

// rule says why go does not get past the entry.
func (v *view) rule() diag.Evidence {
	t := text.New("it is the last entry: go has nobody else to ask", "它是最后一项：go 没有别处可问")
	switch {
	case v.lacks:
		t = text.New("no entry of GOPROXY has it", "GOPROXY 中没有任何一项有它")
	case hangs(v.ans.Fail):
		t = text.New("go sets no limit for an answer: it waits for ever, whatever stands behind this entry", "go 对应答没有时限：无论后面是什么分隔符，它都会一直等待")
	case v.late && v.ans.OK():
		t = text.New("go has no limit for an answer and asks few files at a time: each one pays this wait", "go 对应答没有时限，且同时请求的文件很少：每个文件都要这样等待")
	case waits(v.ans.Fail) && v.late:
		t = text.New("go asks the next entry only after 10 to 30 s, for every file anew", "go 要等 10 到 30 秒才会问下一项，而且每个文件都要重新等待")
	case v.file.Bad != "" || v.ans.Fail == facts.NetPage:
		t = text.New("an answer with status 200 is taken; go asks no other entry, whatever the separator", "状态为 200 的应答会被采用；无论分隔符是什么，go 都不会再问其他项")
	case v.i+1 < len(v.s.Network.Entries) && !v.entry.OnError:
		t = text.New("a comma stands behind it: go asks the next entry only after 404 or 410", "其后是逗号：只有 404 或 410 时 go 才会问下一项")
	case v.i+1 < len(v.s.Network.Entries):
		t = text.New("the entries behind it do not have it either", "后面的各项也没有它")
	}
	return diag.Evidence{Role: diag.Proof, Text: t.With()}
}

// others are the servers that answer the same question well: the fault is not this machine's network as a whole.
func (f fault) others(v *view) []diag.Evidence {
	for _, e := range v.healthy() {
		return []diag.Evidence{{Role: diag.Not, Text: text.New("not the network as a whole and not the module: {other} has the same files, in {time}", "不是整个网络的问题，也不是模块的问题：{other} 在 {time} 内给出了同样的文件").
			With("other", e.URL, "time", round(e.Files[0].Answer.Took))}}
	}
	return nil
}

func byHand(v *view) string {
	if strings.HasPrefix(v.ans.URL, "http") && !strings.Contains(v.ans.URL, "'") {
		return "curl -sS -m 10 -o " + "/dev/null -w '%{http_code} %{content_type} %{time_total}\\n' '" + v.ans.URL + "'"
	}
	return "go env GOPROXY"
}

// page is the check's page.
func (f fault) page() text.T {
	return text.New(
		"## How it comes about\n\n"+f.how.En+"\n\n## The proof\n\nEach entry of GOPROXY is asked for the files that this project lacks, as the go command would ask (same HTTP proxies, certificates and credentials), under limits. "+
			"The finding shows the stages of the request with their times, and follows the go command's own rules from there: behind a comma the next entry is asked after 404 and 410 only, behind a bar after any error; go sets no limit for an answer; "+
			"an answer with status 200 is final. Other trusted servers are asked the same question.\n\n## What looks the same\n\n"+clean(f.alike.En)+
			"\n\n## The fix\n\nOnly settings are changed, in the very line that decides, and only to proxies and certificates that GOPROXY or the team's policy already name: a healthy one is put first. Where the server forbids something, a name of a private module would "+
			"reach another server, or trust has to be given, the fix is proposed to a person.\n\nIt never switches verification off (GOINSECURE, GONOSUMDB, GOSUMDB=off), never takes a proxy that nobody trusts, never touches go.sum or the module cache.\n\n"+
			"## By hand\n\n`gorescue net` shows every entry stage by stage; `curl -v` on the address that the finding names shows the same.\n\n## Sources\n\n- cmd/go/internal/modfetch/proxy.go\n- cmd/go/internal/web/http.go\n- https://go.dev/ref/mod#goproxy-protocol\n",
		"## 由来\n\n"+f.how.Zh+"\n\n## 证据\n\n按 go 命令的方式（同样的 HTTP 代理、证书和凭据）、在时限内向 GOPROXY 的每一项请求本项目缺少的文件。报告给出请求各阶段及其用时，并按 go 命令自己的规则推断："+
			"逗号之后只有 404 和 410 才会问下一项，竖线之后任何错误都会问下一项；go 对应答没有时限；状态 200 的应答即为最终结果。还会向其他受信任的服务器请求同样的文件。\n\n## 相似情形\n\n"+clean(f.alike.Zh)+
			"\n\n## 修复\n\n只改设置，只改起决定作用的那一行，并且只改为 GOPROXY 或团队策略中已写明的代理和证书：把健康的一项放到最前。如果服务器禁止访问、私有模块的名称会因此发给另一台服务器，或需要授予信任，则只向人提出建议。\n\n"+
			"绝不关闭校验（GOINSECURE、GONOSUMDB、GOSUMDB=off），绝不使用无人信任的代理，绝不改动 go.sum 或模块缓存。\n\n"+
			"## 手工处理\n\n`gorescue net` 逐阶段显示每一项；对报告给出的地址运行 `curl -v` 也能看到同样的结果。\n\n## 来源\n\n- cmd/go/internal/modfetch/proxy.go\n- cmd/go/internal/web/http.go\n- https://go.dev/ref/mod#goproxy-protocol\n")
}

// clean takes the places out of a sentence for a page.
func clean(s string) string { return strings.NewReplacer("{", "`", "}", "`").Replace(s) }
