package build

import (
	"fmt"

	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/text"
)

var hangs = diag.Check{
	ID:       "build-hangs-unexplained",
	Title:    text.New("the build hangs", "构建卡住"),
	Severity: diag.Error,
	Reads:    []facts.Section{facts.SecBuild},
	Symptom:  true,
	Doc: text.New(`The project's own build was started and did not move: it waited for a file lock whose holder does nothing, or for
another program that does nothing, or used no processor time and transferred no byte for 1.5 seconds.

**How it is proven.** While the build runs its process tree is watched through /proc: processor time and bytes of all its
processes, the state of every thread, and the kernel's table of file locks (a line with `+"`->`"+` names a waiter). A thread
that is running, or waiting for a processor or the disk, counts as movement.

**What looks the same.** A slow build uses processor time. A lock whose holder is at work is only a queue: that is not
reported. A build that was still at work after 4 seconds says nothing about health.

**What the fix does.** There is none here. When the cause is known (a held lock, a cache program that never answers) another
finding names it, has the fix, and this one is shown under it. Nothing is ended on the strength of this finding.

**By hand.** Start the build, and in another terminal look at `+"`/proc/locks`"+` and at the children of the go process.

Sources: https://github.com/golang/go/issues/32421 (waiting for a lock prints nothing), proc_locks(5), proc_pid_stat(5).`,
		`项目的构建启动后一动不动：它在等一个文件锁，而持锁者什么也不做；或在等另一个什么也不做的程序；或在 1.5 秒内既没用处理器时间，也没传输一个字节。

**如何证明。** 构建运行时，通过 /proc 观察它的整棵进程树：所有进程的处理器时间和读写字节数、每个线程的状态，以及内核的文件锁表
（带 `+"`->`"+` 的行是等待者）。只要有线程在运行、在等处理器或磁盘，就算在动。

**容易混淆的情况。** 慢的构建会消耗处理器时间。持锁者正在干活时只是排队，不会报告。4 秒后仍在干活的构建，什么也说明不了。

**修复做什么。** 这里没有修复。如果原因已知（锁被占用、缓存程序从不应答），另一条发现会指出它并给出修复，本条显示在它下面。
绝不会仅凭本条就结束任何进程。

**手动检查。** 启动构建，在另一个终端查看 `+"`/proc/locks`"+` 和 go 进程的子进程。

来源：https://github.com/golang/go/issues/32421（等锁时不打印任何内容）、proc_locks(5)、proc_pid_stat(5)。`),
	Run: runHangs,
}

func runHangs(s *facts.Snapshot) []diag.Finding {
	b := &s.Build
	if b.Outcome != facts.BuildStuck || b.Stuck == nil || b.Stuck.Reason == facts.StuckOnLock && b.Stuck.Busy {
		return nil
	}
	st := b.Stuck
	why := text.New("it used no processor time and transferred no byte for {time}", "{time} 内既没有使用处理器，也没有读写任何字节").With("time", st.For.Round(1e8))
	claim := text.New("the build hangs", "构建卡住").With()
	switch {
	case st.Reason == facts.StuckOnLock && st.Holder != nil:
		claim = text.New("the build hangs: it waits for a lock on {path} held by process {pid} ({comm})", "构建卡住：在等 {path} 上的锁，持锁者是进程 {pid}（{comm}）").
			With("path", orUnknown(st.LockPath), "pid", st.Holder.PID, "comm", st.Holder.Comm)
		why = text.New("/proc/locks: the go command waits for a lock of {holder}, which did nothing for {time}", "/proc/locks：go 命令在等 {holder} 的锁，而它在 {time} 内什么也没做").With("holder", named(st.Holder), "time", st.For.Round(1e8))
	case st.Reason == facts.StuckOnLock:
		claim = text.New("the build hangs: it waits for a lock on {path}", "构建卡住：在等 {path} 上的锁").With("path", orUnknown(st.LockPath))
		why = text.New("/proc/locks: the go command waits for a lock for {time}; its holder cannot be seen", "/proc/locks：go 命令等锁已 {time}；看不到持锁者").With("time", st.For.Round(1e8))
	case st.Reason == facts.StuckOnChild && st.Child != nil:
		claim = text.New("the build hangs: it waits for {cmd}, which does nothing", "构建卡住：在等 {cmd}，而它什么也不做").With("cmd", named(st.Child))
	}
	return []diag.Finding{{
		Claim: claim,
		Evidence: []diag.Evidence{
			{Role: diag.Because, Text: why, Command: "cat /proc/locks"},
			{Role: diag.Proof, Command: b.Command, Text: text.New("{cmd} was ended after {took} because nothing moved", "{cmd} 因毫无进展在 {took} 后被结束").With("cmd", b.Command, "took", b.Took.Round(1e8))},
			{Role: diag.Not, Text: text.New("a slow build: no thread of it ran or waited for a processor or the disk", "并非构建慢：它没有任何线程在运行，也没有在等处理器或磁盘").With()},
		},
		ByHand: b.Command,
	}}
}

func named(p *facts.Proc) string {
	cmd := p.Command
	if cmd == "" {
		cmd = p.Comm
	}
	return fmt.Sprintf("process %d (%s)", p.PID, cmd)
}

func orUnknown(s string) string {
	if s == "" {
		return "?"
	}
	return s
}
