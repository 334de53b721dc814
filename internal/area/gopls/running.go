package gopls

import (
	"path/filepath"
	"strings"
	"time"

	"github.com/gorescue/gorescue/internal/action"
	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/text"
)

// proof is a process as evidence.
func proof(g *facts.GoplsProcess) diag.Evidence {
	return diag.Evidence{Role: diag.Proof, Text: text.New("process {pid} ({role}, {release}) in {dir}: state {state}, age {age}, CPU {cpu}, {rss}, {files} open files", "进程 {pid}（{role}，{release}），目录 {dir}：状态 {state}，存在 {age}，CPU {cpu}，{rss}，{files} 个打开的文件").
		With("pid", g.PID, "role", g.Role, "release", g.Release, "dir", g.Dir, "state", g.State, "age", g.Age.Round(time.Second), "cpu", g.CPU.Round(time.Second), "rss", megabytes(g.RSS), "files", g.Files),
		Command: "ps -o pid,ppid,stat,etime,time,rss,args -p " + line(g.PID)}
}

func within(dir, root string) bool {
	return dir == root || strings.HasPrefix(dir, strings.TrimSuffix(root, string(filepath.Separator))+string(filepath.Separator))
}

var stopped = diag.Check{
	ID: "gopls-process-stopped", Severity: diag.Error, Reads: []facts.Section{facts.SecEditors, facts.SecGopls},
	Title: text.New("the running gopls is stopped", "运行中的 gopls 被暂停"),
	Doc: text.New(`A gopls that got SIGSTOP (Ctrl-Z in its terminal, a debugger, a tool that freezes programs) still accepts messages and answers none: the editor waits without an error. A stopped daemon hangs every editor that uses it.

**Proof.** The state T of the process in /proc. **What looks the same.** A gopls that works (state R, its CPU time grows) or waits (S). Somebody stopped it, maybe on purpose (a debugger): **the fix**, which must be named, sends SIGCONT; undo
stops it again.`,
		`收到 SIGSTOP 的 gopls（在其终端按 Ctrl-Z、调试器、冻结程序的工具）仍接收消息但不回答：编辑器一直等待而没有错误。被暂停的守护进程会让所有使用它的编辑器挂起。

**证据。** /proc 中该进程的状态 T。**容易混淆的情况。** 正在工作的 gopls（状态 R，CPU 时间增长）或等待中的（S）。有人暂停了它，也许是有意的（调试器）：**修复**必须点名，发送 SIGCONT；撤销会再次暂停它。`),
	Run: func(s *facts.Snapshot) []diag.Finding {
		var out []diag.Finding
		for i := range s.Gopls.Running {
			g := &s.Gopls.Running[i]
			if g.State != "T" || g.Role == facts.GoplsTelemetry || g.Role != facts.GoplsDaemon && !within(g.Dir, s.Editors.Root) && !within(s.Editors.Root, g.Dir) {
				continue
			}
			out = append(out, diag.Finding{Subject: line(g.PID),
				Claim: text.New("gopls (process {pid}) is stopped and answers nothing", "gopls（进程 {pid}）被暂停，不作任何回答").With("pid", g.PID),
				Evidence: []diag.Evidence{{Role: diag.Because, Text: text.New("a signal stopped it", "它被信号暂停").With()}, proof(g),
					{Role: diag.Not, Text: text.New("work or waiting: the state is T", "工作或等待：状态是 T").With()}},
				ByHand: "ps -o pid,stat,args -p " + line(g.PID),
				Fixes: []diag.Fix{{Risk: diag.Person, Title: text.New("let process {pid} go on (SIGCONT)", "让进程 {pid} 继续（SIGCONT）").With("pid", g.PID), Shell: "kill -CONT " + line(g.PID),
					Actions: action.List{&action.Kick{Process: action.Process{PID: g.PID, Start: g.Start}, Name: "gopls", Signal: action.Continue}}}}})
		}
		return out
	},
}

// idle is how long a gopls must have been without an editor, and at least how big it must be, to be reported.
const (
	idle     = 2 * time.Minute
	bigIdle  = 50 << 20
	manyIdle = 1
)

var orphans = diag.Check{
	ID: "gopls-orphans-of-dead-editors", Severity: diag.Warning, Reads: []facts.Section{facts.SecGopls},
	Title: text.New("gopls processes of editors that are gone use memory", "已退出的编辑器遗留的 gopls 进程占用内存"),
	Doc: text.New(`gopls does not look whether its editor lives; it ends when its standard input ends. When another process still holds that pipe (a crashed extension host, a terminal multiplexer), it stays for ever with hundreds of MiB.

**Proof.** A gopls that serves on standard input, is no daemon, and whose parent is gone for more than two minutes. **What looks the same.** A daemon (-listen), which has no editor as parent by design; the short-lived telemetry child; a gopls
whose editor lives. Ending a process is a person's decision: **the fix** must be named and cannot be undone; gopls holds no unsaved work.`,
		`gopls 不检查其编辑器是否存活；标准输入结束时它才退出。若另有进程仍持有该管道（崩溃的扩展主机、终端复用器），它会永远存在并占用数百 MiB。

**证据。** 一个通过标准输入服务、不是守护进程、且其父进程已消失两分钟以上的 gopls。**容易混淆的情况。** 守护进程（-listen）按设计就没有编辑器作为父进程；短命的遥测子进程；编辑器仍在运行的 gopls。结束进程由人决定：**修复**必须点名且不能撤销；
gopls 不持有未保存的内容。`),
	Run: func(s *facts.Snapshot) []diag.Finding {
		var dead []*facts.GoplsProcess
		total := uint64(0)
		for i := range s.Gopls.Running {
			g := &s.Gopls.Running[i]
			if g.Role == facts.GoplsServes && !g.Editor && g.Age > idle && g.RSS > bigIdle && g.State != "Z" {
				dead = append(dead, g)
				total += g.RSS
			}
		}
		if len(dead) < manyIdle {
			return nil
		}
		x := diag.Finding{
			Claim:    text.New("{n} gopls process(es) without an editor hold {rss}", "{n} 个没有编辑器的 gopls 进程占用 {rss}").With("n", len(dead), "rss", megabytes(total)),
			Evidence: []diag.Evidence{{Role: diag.Because, Text: text.New("their parent is gone, and their input is still open", "其父进程已消失，而输入仍然打开").With()}},
			ByHand:   "ps -C gopls -o pid,ppid,stat,etime,rss,args",
		}
		var acts action.List
		for _, g := range dead {
			x.Evidence = append(x.Evidence, proof(g))
			acts = append(acts, &action.Kick{Process: action.Process{PID: g.PID, Start: g.Start}, Name: "gopls", Signal: action.Terminate})
		}
		x.Evidence = append(x.Evidence, diag.Evidence{Role: diag.Not, Text: text.New("daemons and telemetry children: left out", "守护进程和遥测子进程：已排除").With()})
		x.Fixes = []diag.Fix{{Risk: diag.Person, Irreversible: true, Title: text.New("end these {n} process(es)", "结束这 {n} 个进程").With("n", len(dead)), Actions: acts}}
		return []diag.Finding{x}
	},
}

var cacheClosed = diag.Check{
	ID: "gopls-cache-not-writable", Severity: diag.Warning, Reads: []facts.Section{facts.SecEditors, facts.SecGopls},
	Title: text.New("gopls cannot keep its index", "gopls 无法保存索引"),
	Doc: text.New(`gopls keeps its index in a folder of the user's cache (GOPLSCACHE, else below XDG_CACHE_HOME or ~/.cache). When it cannot write there, every start is a cold one: measured on v0.24.0 and v0.16.2, gopls works, but the first completion of
a big module takes seconds each time; some releases end with "cannot access its persistent index".

**Proof.** The folder that gopls takes, and that it, or the first folder above it that exists, is no folder or may not be written. **What looks the same.** A slow first load with a cache that is merely empty, which is normal. **By hand**: make the folder writable,
or set GOPLSCACHE. It holds nothing but what can be computed again.`,
		`gopls 把索引保存在用户缓存目录中（GOPLSCACHE，否则在 XDG_CACHE_HOME 或 ~/.cache 之下）。若无法写入，每次启动都是冷启动：在 v0.24.0 和 v0.16.2 上实测，gopls 可以工作，但大模块的首次补全每次都要数秒；某些版本会以
"cannot access its persistent index" 退出。

**证据。** gopls 所用的目录，以及它（或其上第一个存在的目录）不是目录或不可写。**容易混淆的情况。** 缓存仅仅为空时的慢速首次加载，那是正常的。**手工处理**：使该目录可写，或设置 GOPLSCACHE。其中只有可以重新计算的内容。`),
	Run: func(s *facts.Snapshot) []diag.Finding {
		c := &s.Gopls.Cache
		if c.State != "no-folder" && c.State != "not-writable" || !serving(s) {
			return nil
		}
		return []diag.Finding{{Subject: c.Path,
			Claim: text.New("gopls cannot write its index to {path}: {state}", "gopls 无法把索引写入 {path}：{state}").With("path", c.Path, "state", c.State),
			Evidence: []diag.Evidence{
				{Role: diag.Because, Text: text.New("{var} decides the place (empty: the user's cache folder)", "位置由 {var} 决定（为空则是用户缓存目录）").With("var", c.Var)},
				{Role: diag.Proof, File: c.Path, Text: text.New("{path}: {state}", "{path}：{state}").With("path", c.Path, "state", c.State), Command: "ls -ld " + quoted(c.Path)},
				{Role: diag.Not, Text: text.New("an empty cache: that can be written", "缓存为空：那样可以写入").With()}},
			ByHand: "ls -ld " + quoted(c.Path), Fixes: []diag.Fix{{Risk: diag.Manual, Title: text.New("make {path} writable, or set GOPLSCACHE to a folder that is", "使 {path} 可写，或把 GOPLSCACHE 设为可写的目录").With("path", c.Path)}}}}
	},
}

// serving reports whether some editor starts gopls.
func serving(s *facts.Snapshot) bool {
	for _, e := range s.Editors.List {
		if e.Start.Path != "" && !e.Start.Off && e.Start.Why != "PATH" {
			return true
		}
	}
	return false
}
