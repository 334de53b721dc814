package pressure

import (
	"strings"
	"time"

	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/text"
)

// fresh is how long after a kill what was killed can be taken for missing; later it is more likely that it was started again.
const fresh = 5 * time.Minute

var goKilled = diag.Check{
	ID: "go-program-killed-for-memory", Severity: diag.Error, Reads: []facts.Section{facts.SecPressure, facts.SecHost},
	Title: text.New("the kernel killed a program of Go because there was no memory", "内核因内存不足杀死了 Go 的程序"),
	Doc: text.New(`When the memory of the machine, or of a control group (container, systemd unit), is used up, the kernel ends the process that has most of it. For the user that is "compile: signal: killed", an editor that says that gopls
crashed, or a linker that stops without a message. The next attempt ends the same way.

**Proof.** The kernel's own log (/dev/kmsg) of the last 15 minutes: the program, its number, its memory, and whose limit was reached. Only programs of Go (go, gopls, compile, link …) of this user count, and of groups only those in which this user's
shell, editors or programs of Go run: the log tells of every container of the machine. A group that has a higher limit now is left out; what lies back more than 5 minutes is a warning. **What looks the same.** A program that a person ended; a crash of gopls (it leaves a stack); a limit of processor time. Where the log may not be read nothing is said here.

**The fix** is a person's: fewer programs at once (go build -p 1), a higher limit, more memory. GOMEMLIMIT below what gopls keeps alive makes it slower, not smaller. See https://github.com/golang/go/issues/46345.`,
		`当机器或控制组（容器、systemd 单元）的内存用尽时，内核会结束占用最多的进程。用户看到的是 "compile: signal: killed"、编辑器报告 gopls 崩溃，或链接器无声停止。再试一次结果相同。

**证据。** 内核日志（/dev/kmsg）最近 15 分钟的记录：程序、进程号、内存，以及达到的是谁的限制。只计算此用户的 Go 程序（go、gopls、compile、link 等）；对控制组，只计算此用户的 shell、编辑器或 Go 程序所在的组，因为日志记录整台机器的所有容器；此后已提高限制的组不计；超过 5 分钟的为警告。
**容易混淆的情况。** 由人结束的程序；gopls 自身崩溃（会留下调用栈）；处理器时间限制。无法读取日志时此处不作判断。

**修复**由人进行：减少同时运行的程序（go build -p 1）、提高限制、增加内存。GOMEMLIMIT 低于 gopls 的存活内存只会使其变慢，不会变小。参见 https://github.com/golang/go/issues/46345。`),
	Run: func(s *facts.Snapshot) []diag.Finding {
		p := &s.Pressure
		if len(p.Kills) == 0 {
			return nil
		}
		k := p.Kills[0]
		severity := diag.Error
		if k.Age > fresh {
			severity = diag.Warning
		}
		x := diag.Finding{Subject: k.Comm, Severity: severity, ByHand: "sudo dmesg -T | grep -i -A1 oom-kill",
			Claim: text.New("the kernel killed {comm} (process {pid}) {age} ago: memory was used up", "内核在 {age} 前杀死了 {comm}（进程 {pid}）：内存用尽").With("comm", k.Comm, "pid", k.PID, "age", k.Age.Round(time.Second))}
		var g *facts.ControlGroup
		if k.Group == "" {
			x.Evidence = append(x.Evidence, because("", text.New("the memory of the whole machine was used up ({total})", "整台机器的内存用尽（{total}）"), "total", megabytes(p.Memory.Total)))
		} else {
			x.Evidence = append(x.Evidence, because("", text.New("the control group {group} had reached its limit", "控制组 {group} 达到了限制"), "group", k.Group))
			if g = limiting(p); g != nil {
				x.Evidence = append(x.Evidence, whereLimited(s, g))
			}
		}
		for _, k := range p.Kills[:min(len(p.Kills), 5)] {
			x.Evidence = append(x.Evidence, proof("sudo dmesg | grep 'Killed process "+line(k.PID)+" '", text.New("kernel log: killed process {pid} ({comm}), which had {rss}, {age} ago", "内核日志：{age} 前杀死了进程 {pid}（{comm}），当时占用 {rss}"),
				"pid", k.PID, "comm", k.Comm, "rss", megabytes(k.RSS), "age", k.Age.Round(time.Second)))
		}
		x.Evidence = append(x.Evidence, not(text.New("ended by a person or crashed by itself: the kernel says that it did it, and why", "由人结束或自行崩溃：内核说明是它所为，并给出了原因")))
		x.Fixes = moreMemory(g)
		return []diag.Finding{x}
	},
}

var buildKilled = diag.Check{
	ID: "build-killed-by-memory-limit", Severity: diag.Error, Reads: []facts.Section{facts.SecPressure, facts.SecHost, facts.SecBuild}, After: []string{"go-program-killed-for-memory"},
	Title: text.New("the build was killed where memory is limited", "构建在内存受限处被杀死"),
	Doc: text.New(`In a container or service whose control group is out of memory the compiler or linker is ended by the kernel: "signal: killed". The kernel's log is often not readable there, but the group counts what it killed.

**Proof.** The user's own build was killed just now, and the control group, which has a limit, counts kills for memory. **What looks the same.** A program that a person ended, or a limit of processor time ("signal: cpu time limit exceeded"): the group
would have counted no kill. **The fix** is a person's: go build -p 1, or a higher limit.`,
		`在控制组内存用尽的容器或服务中，编译器或链接器会被内核结束："signal: killed"。那里往往不能读取内核日志，但控制组会记录被杀死的次数。

**证据。** 用户自己的构建刚才被杀死，且有限制的控制组记录了因内存被杀死的进程。**容易混淆的情况。** 由人结束的程序，或处理器时间限制（"signal: cpu time limit exceeded"）：那样控制组不会有记录。**修复**由人进行：go build -p 1，或提高限制。`),
	Run: func(s *facts.Snapshot) []diag.Finding {
		b := &s.Build
		if b.Outcome != facts.BuildFailed || !strings.Contains(b.Stderr, "signal: killed") {
			return nil
		}
		for i := range s.Pressure.Groups {
			g := &s.Pressure.Groups[i]
			if g.Limit == facts.Unlimited || g.Kills <= 0 {
				continue
			}
			return []diag.Finding{{Subject: g.Path, ByHand: "cat " + quoted(eventsFile(g)), Fixes: moreMemory(g),
				Claim: text.New("a program of the build was killed, and this control group ({limit}) counts {n} kills for want of memory", "构建中的程序被杀死，而此控制组（{limit}）记录了 {n} 次因内存不足的杀死").With("limit", megabytes(g.Limit), "n", g.Kills),
				Evidence: []diag.Evidence{whereLimited(s, g),
					proof(b.Command, text.New("{cmd} says: signal: killed", "{cmd} 报告：signal: killed"), "cmd", b.Command),
					proof("cat "+quoted(eventsFile(g)), text.New("{file}: oom_kill {n}", "{file}：oom_kill {n}"), "file", eventsFile(g), "n", g.Kills),
					not(text.New("a limit of processor time or of files: these end programs by other signals", "处理器时间或文件大小限制：它们以其他信号结束程序"))}}}
		}
		return nil
	},
}

// full is the share of a limit from which on only the kernel's reclaiming keeps programs alive.
const full = 0.95

var limitReached = diag.Check{
	ID: "memory-limit-reached", Severity: diag.Warning, Reads: []facts.Section{facts.SecPressure, facts.SecHost}, After: []string{"go-program-killed-for-memory"},
	Title: text.New("the memory of this container or service is nearly used up", "此容器或服务的内存即将用尽"),
	Doc: text.New(`A control group (container, systemd unit) near its limit of memory makes everything in it slow, as the kernel takes pages back all the time; the next compiler or gopls that wants more is killed.

**Proof.** 95 % of the limit is in use by what the kernel cannot give back: the page cache is left out, which fills every container to its limit in normal life. **What looks the same.** Page cache; memory of the machine
(memory-exhausted). **The fix** is a person's: end what is not needed, or raise the limit.`,
		`接近内存限制的控制组（容器、systemd 单元）会让其中的一切变慢，因为内核不断回收页面；下一个需要更多内存的编译器或 gopls 会被杀死。

**证据。** 限制的 95 % 被内核无法归还的内容占用：页缓存不计在内，它在正常情况下会把每个容器填满。**容易混淆的情况。** 页缓存；整机内存不足（memory-exhausted）。**修复**由人进行：结束不需要的程序，或提高限制。`),
	Run: func(s *facts.Snapshot) []diag.Finding {
		var out []diag.Finding
		for i := range s.Pressure.Groups {
			g := &s.Pressure.Groups[i]
			if g.Limit == facts.Unlimited || g.Used == facts.Unlimited || g.Cache > g.Used || float64(g.Used-g.Cache) < full*float64(g.Limit) {
				continue
			}
			out = append(out, diag.Finding{Subject: g.Path, ByHand: "cat " + quoted(limitFile(g)), Fixes: moreMemory(g),
				Claim: text.New("{used} of the {limit} of this control group are in use", "此控制组的 {limit} 中已使用 {used}").With("used", megabytes(g.Used-g.Cache), "limit", megabytes(g.Limit)),
				Evidence: []diag.Evidence{whereLimited(s, g),
					proof("cat "+quoted(g.Dir)+"/memory.stat", text.New("in use {used}, of which the kernel can give back {cache}; killed so far: {n}", "已使用 {used}，其中内核可归还 {cache}；至今杀死：{n}"), "used", megabytes(g.Used), "cache", megabytes(g.Cache), "n", g.Kills),
					not(text.New("page cache: it is left out", "页缓存：未计入"))}})
		}
		return out
	},
}

// coldBuild is with how much memory a build of a program that prints a line, with an empty build cache, was killed: measured with go1.26
// on linux/amd64 and two processors in a control group; with 300 MiB it passed. gopls has 278 MiB with a module of one package.
const coldBuild = 200 << 20

var limitLow = diag.Check{
	ID: "memory-limit-too-low", Severity: diag.Info, Reads: []facts.Section{facts.SecPressure, facts.SecHost}, After: []string{"go-program-killed-for-memory", "build-killed-by-memory-limit"},
	Title: text.New("this container or service has less memory than the compiler needs", "此容器或服务的内存少于编译器所需"),
	Doc: text.New(`The smallest program, with an empty build cache, was killed in a control group of 200 MiB and passed with 300 MiB (go1.26, two processors); gopls has 278 MiB with one package. With a filled cache 50 MiB were enough: such a container works until the first
package has to be compiled.

**Proof.** The limit of the control group, or of one above it. It is worth knowing: whether something was killed is said by other checks. **What looks the same.** A container that only runs programs: then nobody asks. **The fix** is a person's: a higher limit, or go build -p 1.`,
		`在 200 MiB 的控制组中，构建缓存为空时连最小的程序也会被杀死，300 MiB 则通过（go1.26，双处理器）；gopls 对单个包需要 278 MiB。缓存已填充时 50 MiB 就够：这样的容器在第一次需要编译某个包之前一直可用。

**证据。** 控制组或其上级的限制。这值得知道；是否有程序被杀死由其他检查说明。**容易混淆的情况。** 只运行程序的容器：那样没有人会询问。**修复**由人进行：提高限制，或 go build -p 1。`),
	Run: func(s *facts.Snapshot) []diag.Finding {
		g := limiting(&s.Pressure)
		if g == nil || g.Limit > coldBuild {
			return nil
		}
		return []diag.Finding{{Subject: g.Path, ByHand: "cat " + quoted(limitFile(g)), Fixes: moreMemory(g),
			Claim: text.New("{limit} of memory are not enough to compile the standard library", "{limit} 的内存不足以编译标准库").With("limit", megabytes(g.Limit)),
			Evidence: []diag.Evidence{whereLimited(s, g),
				proof("cat "+quoted(limitFile(g)), text.New("a build with an empty cache was killed with {need} and passed with 300 MiB", "缓存为空的构建在 {need} 时被杀死，在 300 MiB 时通过"), "need", megabytes(coldBuild)),
				not(text.New("a limit of addresses (ulimit -v): that is no control group", "地址空间限制（ulimit -v）：那不是控制组"))}}}
	},
}

// thrashing is the share of time, in percent, in which all work waited for memory.
const thrashing = 10

var exhausted = diag.Check{
	ID: "memory-exhausted", Severity: diag.Warning, Reads: []facts.Section{facts.SecPressure}, After: []string{"go-program-killed-for-memory"},
	Title: text.New("the machine has no memory left and works for its swap", "机器内存耗尽，正忙于交换"),
	Doc: text.New(`With no memory left the kernel moves pages to swap and back, or reads programs from disk again and again. Everything takes many times as long, gopls misses the editor's deadlines, and in the end something is killed.

**Proof.** Less than 5 % of the memory is available, and all work stood still for memory at least 10 % of the last 10 seconds (pressure stall information). Both together: memory that is merely full of page cache is available, and a short wait is normal.
**What looks the same.** A busy build: it has processors in use, not stalls of memory. **The fix** is a person's: end the biggest programs that are not needed; go build -p 1.`,
		`内存耗尽时，内核不断把页面换出又换入，或反复从磁盘读取程序。一切要花数倍时间，gopls 赶不上编辑器的时限，最终会有程序被杀死。

**证据。** 可用内存不足 5 %，且最近 10 秒中至少 10 % 的时间所有工作都因内存而停顿（压力停顿信息）。两者须同时成立：仅被页缓存占满的内存是可用的，短暂等待也属正常。**容易混淆的情况。** 繁忙的构建：占用的是处理器，而不是内存停顿。
**修复**由人进行：结束不需要的最大程序；go build -p 1。`),
	Run: func(s *facts.Snapshot) []diag.Finding {
		p := &s.Pressure
		all, ok := stall(p, "memory", "full")
		if m := p.Memory; !ok || m.Total == 0 || m.Available >= m.Total/20 || all.Avg10 < thrashing {
			return nil
		}
		x := diag.Finding{ByHand: "free -m; cat /proc/pressure/memory", Fixes: moreMemory(nil),
			Claim: text.New("{available} of {total} are available, and all work waits for memory {share} % of the time", "{total} 中只有 {available} 可用，所有工作有 {share} % 的时间在等待内存").
				With("available", megabytes(p.Memory.Available), "total", megabytes(p.Memory.Total), "share", int(all.Avg10)),
			Evidence: []diag.Evidence{proof("cat /proc/pressure/memory", text.New("full avg10 {a} %, avg60 {b} %; swap free {free} of {swap}", "full avg10 {a} %，avg60 {b} %；交换空间剩余 {free} / {swap}"), "a", all.Avg10, "b", all.Avg60, "free", megabytes(p.Memory.SwapFree), "swap", megabytes(p.Memory.SwapTotal))}}
		for _, u := range p.Memory.Biggest {
			x.Evidence = append(x.Evidence, because("", text.New("process {pid} ({comm}) has {rss}", "进程 {pid}（{comm}）占用 {rss}"), "pid", u.PID, "comm", u.Comm, "rss", megabytes(u.RSS)))
		}
		x.Evidence = append(x.Evidence, not(text.New("page cache: what is available counts it as free", "页缓存：可用内存已把它算作空闲")))
		return []diag.Finding{x}
	},
}
