package pressure

import (
	"strings"

	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/text"
)

var filesUsedUp = diag.Check{
	ID: "open-files-used-up", Severity: diag.Warning, Reads: []facts.Section{facts.SecPressure}, After: []string{"open-files-limit-too-low"},
	Title: text.New("an editor, gopls or a go command has nearly all the files open that it may", "编辑器、gopls 或 go 命令打开的文件数已接近上限"),
	Doc: text.New(`A process at its limit of open files cannot open another one, start a program or accept a connection: "too many open files". An editor then loses its file watcher or its language server, gopls cannot start go.

**Proof.** The number of descriptors in /proc/PID/fd against the soft limit in /proc/PID/limits of that very process, and what they are: thousands of sockets or pipes are a leak, thousands of files may be a big workspace. At the limit it is an error, from nine tenths on
a warning. **What looks the same.** A limit that is too low for any build (open-files-limit-too-low); the limit of the whole system.

**The fix** is a person's: raise the limit of the running process up to its hard limit (prlimit, no root needed), start it again, or close what it watches.`,
		`达到打开文件数上限的进程无法再打开文件、启动程序或接受连接："too many open files"。编辑器会因此失去文件监视或语言服务器，gopls 无法启动 go。

**证据。** /proc/PID/fd 中的描述符数与该进程 /proc/PID/limits 中的软限制，以及它们的种类：成千上万的套接字或管道是泄漏，成千上万的文件可能是大型工作区。达到上限为错误，达到九成为警告。**容易混淆的情况。** 对任何构建都过低的限制
（open-files-limit-too-low）；整个系统的限制。

**修复**由人进行：把运行中进程的限制提高到其硬限制（prlimit，不需要 root），重新启动它，或减少它监视的内容。`),
	Run: func(s *facts.Snapshot) []diag.Finding {
		var out []diag.Finding
		for i := range s.Pressure.Files.Holders {
			h := &s.Pressure.Files.Holders[i]
			var kinds []string
			for _, k := range h.Kinds {
				kinds = append(kinds, k.Name+" "+line(k.Count))
			}
			pid := line(h.PID)
			x := diag.Finding{Subject: pid, ByHand: "ls /proc/" + pid + "/fd | wc -l; grep 'open files' /proc/" + pid + "/limits",
				Claim: text.New("{comm} (process {pid}) has {used} of {soft} files open", "{comm}（进程 {pid}）已打开 {soft} 个文件中的 {used} 个").With("comm", h.Comm, "pid", h.PID, "used", h.Used, "soft", h.Soft),
				Evidence: []diag.Evidence{
					because("", text.New("the soft limit of this process is {soft}, its hard limit {hard}", "该进程的软限制为 {soft}，硬限制为 {hard}"), "soft", h.Soft, "hard", limitText(h.Hard)),
					proof("ls -l /proc/"+pid+"/fd", text.New("{used} descriptors: {kinds}", "{used} 个描述符：{kinds}"), "used", h.Used, "kinds", strings.Join(kinds, ", ")),
					not(text.New("the limit of the whole system: {used} of {max} are in use", "整个系统的限制：{max} 中已使用 {used}"), "used", s.Pressure.Files.Used, "max", s.Pressure.Files.Max)}}
			if uint64(h.Used) >= h.Soft {
				x.Severity = diag.Error
			}
			if h.Hard > h.Soft {
				x.Fixes = append(x.Fixes, manual(text.New("raise the limit of the running process to its hard limit", "把运行中进程的限制提高到其硬限制"), "prlimit --pid "+pid+" --nofile="+limitText(h.Hard)+":"+limitText(h.Hard)))
			}
			x.Fixes = append(x.Fixes, manual(text.New("start {comm} again; when the number grows again it leaks descriptors", "重新启动 {comm}；若数量再次增长，则它在泄漏描述符"), "ls -l /proc/"+pid+"/fd", "comm", h.Comm))
			out = append(out, x)
		}
		return out
	},
}

func limitText(n uint64) string {
	if n == facts.Unlimited {
		return "unlimited"
	}
	return text.New("{n}", "{n}").With("n", n).String()
}

var systemFiles = diag.Check{
	ID: "system-open-files-used-up", Severity: diag.Warning, Reads: []facts.Section{facts.SecPressure},
	Title: text.New("the whole system has nearly all the files open that it may", "整个系统打开的文件数已接近上限"),
	Doc: text.New(`fs.file-max bounds the open files of all processes together. When it is reached every program of every user but root gets "too many open files in system" (ENFILE).

**Proof.** /proc/sys/fs/file-nr: in use against the limit, 95 % and more. **What looks the same.** The limit of one process ("too many open files", EMFILE; open-files-used-up). **The fix** needs root: end what leaks, or raise fs.file-max.`,
		`fs.file-max 限制所有进程打开文件的总数。达到后，除 root 外每个用户的每个程序都会得到 "too many open files in system"（ENFILE）。

**证据。** /proc/sys/fs/file-nr：已使用数与上限，达到 95 % 及以上。**容易混淆的情况。** 单个进程的限制（"too many open files"，EMFILE；open-files-used-up）。**修复**需要 root：结束泄漏的程序，或提高 fs.file-max。`),
	Run: func(s *facts.Snapshot) []diag.Finding {
		f := &s.Pressure.Files
		if f.Max == 0 || f.Used < f.Max-f.Max/20 {
			return nil
		}
		return []diag.Finding{{ByHand: "cat /proc/sys/fs/file-nr",
			Claim: text.New("{used} of {max} files of the whole system are open", "整个系统的 {max} 个文件中已打开 {used} 个").With("used", f.Used, "max", f.Max),
			Evidence: []diag.Evidence{
				because("/proc/sys/fs/file-max", text.New("fs.file-max is {max}", "fs.file-max 为 {max}"), "max", f.Max),
				proof("cat /proc/sys/fs/file-nr", text.New("{used} are in use", "已使用 {used}"), "used", f.Used),
				not(text.New("the limit of one process: this counts all of them", "单个进程的限制：这里统计的是全部进程"))},
			Fixes: []diag.Fix{manual(text.New("raise the limit (root: it holds for the whole machine)", "提高限制（需要 root：对整台机器生效）"), "sudo sysctl fs.file-max="+limitText(f.Max*2))}}}
	},
}
