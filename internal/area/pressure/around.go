package pressure

import (
	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/text"
)

// scanning is how much of a processor a scanner must use to be at work.
const scanning = 0.25

var scanned = diag.Check{
	ID: "scanner-reads-go-caches", Severity: diag.Warning, Reads: []facts.Section{facts.SecPressure},
	Title: text.New("a virus scanner or indexer works on Go's caches", "病毒扫描或索引程序正在处理 Go 的缓存"),
	Doc: text.New(`A virus scanner that looks into each file that is opened, or an indexer that reads each file that is new, doubles the work of a build: the caches of Go get thousands of small files. Scanners may also hold a file that Go wants to rename.

**Proof.** A program whose name is that of a known product uses a processor to a quarter or more, and has a file of GOMODCACHE or GOCACHE open, or is told of what happens there (fanotify, inotify). What cannot be looked at, as it belongs to root, is not judged
unless a program of Go is at work at the same time; then it is only worth knowing. **What looks the same.** A scanner that is installed and idle: nothing is reported.

**The fix** is a person's, and often the security team's: exclude the two folders. The contents of the module cache are verified by go.sum.`,
		`对每个被打开的文件进行检查的病毒扫描程序，或读取每个新文件的索引程序，会使构建的工作量翻倍：Go 的缓存会得到成千上万个小文件。扫描程序还可能占住 Go 要重命名的文件。

**证据。** 名称属于已知产品的程序占用四分之一以上的处理器，并且打开了 GOMODCACHE 或 GOCACHE 中的文件，或被通知那里发生的事（fanotify、inotify）。属于 root 而无法查看的程序不作判断，除非同时有 Go 程序在工作，那时也只是值得知道。
**容易混淆的情况。** 已安装但空闲的扫描程序：不报告。

**修复**由人进行，常常属于安全团队：排除这两个目录。模块缓存的内容由 go.sum 校验。`),
	Run: func(s *facts.Snapshot) []diag.Finding {
		var out []diag.Finding
		for i := range s.Pressure.Scanners {
			n := &s.Pressure.Scanners[i]
			x := diag.Finding{Subject: n.Comm, ByHand: "top -b -n1 -p " + line(n.PID) + "; sudo ls -l /proc/" + line(n.PID) + "/fd"}
			cpu := proof("top -b -n1 -p "+line(n.PID), text.New("process {pid} ({comm}) used {share} of a processor", "进程 {pid}（{comm}）占用一个处理器的 {share}"), "pid", n.PID, "comm", n.Comm, "share", percent(n.CPU))
			switch {
			case n.Open != "":
				x.Evidence = []diag.Evidence{cpu, proof("sudo ls -l /proc/"+line(n.PID)+"/fd", text.New("it had {file} open", "它打开了 {file}"), "file", n.Open)}
			case n.Watched != "":
				x.Evidence = []diag.Evidence{cpu, proof("sudo grep notify /proc/"+line(n.PID)+"/fdinfo/*", text.New("the kernel tells it what happens in {dir}", "内核会通知它 {dir} 中发生的事"), "dir", n.Watched)}
			case n.Hidden && n.Virus && n.Feeding != "" && n.CPU >= 2*scanning:
				x.Severity = diag.Info
				x.Evidence = []diag.Evidence{cpu, proof("pgrep -l '"+n.Feeding+"'", text.New("{go} of this user is at work at the same time; which files the scanner reads cannot be seen", "此用户的 {go} 同时在工作；无法看到扫描程序读取哪些文件"), "go", n.Feeding)}
			default:
				continue
			}
			x.Claim = text.New("{product} ({comm}, process {pid}) is at work beside Go", "{product}（{comm}，进程 {pid}）正与 Go 同时工作").With("product", n.Product, "comm", n.Comm, "pid", n.PID)
			x.Evidence = append(x.Evidence, because("", text.New("{product} reads files of Go's caches", "{product} 会读取 Go 缓存中的文件"), "product", n.Product),
				not(text.New("a scanner that is idle: this one uses a processor", "空闲的扫描程序：它正在占用处理器")))
			x.Fixes = []diag.Fix{manual(text.New("exclude GOMODCACHE and GOCACHE in {product} (a decision of those who run it)", "在 {product} 中排除 GOMODCACHE 与 GOCACHE（由其管理者决定）"), "go env GOMODCACHE GOCACHE", "product", n.Product)}
			out = append(out, x)
		}
		return out
	},
}

var windowsDrive = diag.Check{
	ID: "project-on-windows-drive", Severity: diag.Warning, Reads: []facts.Section{facts.SecPressure, facts.SecHost},
	Title: text.New("in WSL, the project or a cache lies on a drive of Windows", "在 WSL 中，项目或缓存位于 Windows 的驱动器上"),
	Doc: text.New(`WSL reaches drives of Windows (/mnt/c …) through a file server (9p, drvfs). Each look at a file is a message to Windows, so that git, go build and gopls take many times as long; and WSL 2 delivers no events of changes there, so that editors and
gopls do not see what is changed outside.

**Proof.** The kernel is that of WSL, and the mount table says that the folder lies on such a file system. **What looks the same.** Another network file system; an ordinary folder mounted below /mnt. **The fix** is a person's: keep the project in the file system of
Linux (~), where Windows reaches it as \\wsl$; leave GOCACHE and GOMODCACHE at their defaults.`,
		`WSL 通过文件服务（9p、drvfs）访问 Windows 驱动器（/mnt/c 等）。每次查看文件都是发给 Windows 的消息，因此 git、go build 与 gopls 要花数倍时间；而且 WSL 2 不传递那里的更改事件，编辑器与 gopls 看不到外部的更改。

**证据。** 内核是 WSL 的，且挂载表表明该目录位于此类文件系统。**容易混淆的情况。** 其他网络文件系统；挂载在 /mnt 下的普通目录。**修复**由人进行：把项目放在 Linux 的文件系统中（~），Windows 可通过 \\wsl$ 访问；GOCACHE 与 GOMODCACHE 保持默认。`),
	Run: func(s *facts.Snapshot) []diag.Finding {
		if !s.Host.WSL {
			return nil
		}
		var out []diag.Finding
		for _, p := range s.Pressure.Places {
			if p.Type != "9p" && p.Type != "drvfs" && p.Type != "v9fs" {
				continue
			}
			move := "cp -a " + quoted(p.Path) + " ~/"
			if p.Name != "project" {
				move = "go env -u " + p.Name
			}
			out = append(out, diag.Finding{Subject: p.Name, ByHand: "findmnt -T " + quoted(p.Path),
				Claim: text.New("{name} ({path}) lies on a drive of Windows", "{name}（{path}）位于 Windows 的驱动器上").With("name", p.Name, "path", p.Path),
				Evidence: []diag.Evidence{
					because("", text.New("{mount} is {source}", "{mount} 是 {source}"), "mount", p.Mount, "source", p.Source),
					proof("findmnt -T "+quoted(p.Path), text.New("the file system at {mount} is {type}", "{mount} 处的文件系统是 {type}"), "mount", p.Mount, "type", p.Type),
					not(text.New("a folder of Linux below /mnt: that would be ext4 or the like", "/mnt 下的 Linux 目录：那会是 ext4 之类"))},
				Fixes: []diag.Fix{manual(text.New("move it into the file system of Linux, below your home folder", "把它移到 Linux 的文件系统中、主目录之下"), move)}})
		}
		return out
	},
}
