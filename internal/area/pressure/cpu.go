package pressure

import (
	"go/version"
	"math"

	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/text"
)

// throttledShare is in which part of the periods a group must have been stopped, and measured how many periods at least.
const (
	throttledShare = 0.25
	enoughPeriods  = 100
)

var quotaIgnored = diag.Check{
	ID: "processor-quota-unknown-to-go", Severity: diag.Warning, Reads: []facts.Section{facts.SecPressure, facts.SecToolchain, facts.SecProject},
	Title: text.New("Go starts work for all processors of the machine, and the container may use a few", "Go 按整台机器的处理器数启动工作，而容器只能使用其中几个"),
	Doc: text.New(`A quota of processor time (docker run --cpus, a limit of Kubernetes, CPUQuota=) stops a whole group for the rest of each period, often 0.1 s, when it has used its share. Go before 1.25 does not know the quota: GOMAXPROCS and the number of compilers at once are
those of the machine. With 64 processors and a quota of 2 everything stands still most of the time, completions among it, and the build needs much more memory.

**Proof.** The quota of our control group or one above; the processors that may be used; the Go release; GOMAXPROCS, which is not set; and that the group was stopped in a quarter of its periods or more. **What looks the same.** A quota that Go ≥ 1.25 honours
by itself; a quota near the number of processors; being stopped now and then, which is what a quota is for.

**The fix** is a person's: GOMAXPROCS in the environment, or Go 1.25. See https://go.dev/doc/go1.25#container-aware-gomaxprocs.`,
		`处理器时间配额（docker run --cpus、Kubernetes 限制、CPUQuota=）在组用完份额后，会让整个组停到周期结束，周期通常为 0.1 秒。1.25 之前的 Go 不知道配额：GOMAXPROCS 与同时运行的编译器数量按整台机器计算。在 64 个处理器、配额为 2 时，一切大部分时间都停着，
包括补全，而且构建需要更多内存。

**证据。** 本控制组或上级的配额；可用的处理器数；Go 版本；未设置的 GOMAXPROCS；以及该组在四分之一以上的周期中被停止。**容易混淆的情况。** Go ≥ 1.25 会自行遵守的配额；接近处理器数的配额；偶尔被停止，那正是配额的用途。

**修复**由人进行：在环境中设置 GOMAXPROCS，或使用 Go 1.25。参见 https://go.dev/doc/go1.25#container-aware-gomaxprocs。`),
	Run: func(s *facts.Snapshot) []diag.Finding {
		p := &s.Pressure
		var g *facts.ControlGroup
		for i := range p.Groups {
			if c := &p.Groups[i]; c.Quota > 0 && (g == nil || c.Quota < g.Quota) {
				g = c
			}
		}
		release := goRelease(s)
		if g == nil || release == "" || version.Compare(release, "go1.25") >= 0 || p.Processor.MaxProcs != "" {
			return nil
		}
		want := max(1, int(math.Ceil(g.Quota)))
		if p.Processor.Count < 4*want || g.Periods < enoughPeriods || float64(g.Throttled) < throttledShare*float64(g.Periods) {
			return nil
		}
		return []diag.Finding{{Subject: g.Path, ByHand: "cat " + quoted(g.Dir) + "/cpu.stat; nproc",
			Claim: text.New("{release} works on {n} processors at once, and this control group may use {quota}: it was stopped in {share} of its periods", "{release} 同时使用 {n} 个处理器，而此控制组只能使用 {quota} 个：它在 {share} 的周期中被停止").
				With("release", release, "n", p.Processor.Count, "quota", g.Quota, "share", percent(float64(g.Throttled)/float64(g.Periods))),
			Evidence: []diag.Evidence{
				because(g.Dir, text.New("{dir} has a quota of {quota} processors", "{dir} 的配额为 {quota} 个处理器"), "dir", g.Dir, "quota", g.Quota),
				proof("cat "+quoted(g.Dir)+"/cpu.stat", text.New("stopped in {n} of {all} periods", "{all} 个周期中有 {n} 个被停止"), "n", g.Throttled, "all", g.Periods),
				not(text.New("a Go that honours the quota: that is so since go1.25", "会遵守配额的 Go：自 go1.25 起才如此"))},
			Fixes: []diag.Fix{manual(text.New("tell Go how many processors it has: GOMAXPROCS={n} in the environment of shell and editor", "告诉 Go 有多少处理器：在 shell 与编辑器的环境中设置 GOMAXPROCS={n}"), "export GOMAXPROCS="+line(want), "n", want)}}}
	},
}

// goRelease is the Go release that works here: that of the first go command, or a later one that the project asks for; "" = unknown.
func goRelease(s *facts.Snapshot) string {
	t := &s.Toolchain
	if t.First < 0 || t.First >= len(t.Commands) || !version.IsValid(t.Commands[t.First].Version) {
		return ""
	}
	best := t.Commands[t.First].Version
	for _, d := range []*facts.Directive{s.Project.GoMod.Go, s.Project.Work.Go} {
		if d != nil && version.Compare("go"+d.Value, best) > 0 {
			best = "go" + d.Value
		}
	}
	return best
}

// stolenShare is the share of the time of all processors that must be taken from this machine while it wants it.
const stolenShare = 0.3

var stolen = diag.Check{
	ID: "processor-time-stolen", Severity: diag.Info, Reads: []facts.Section{facts.SecPressure},
	Title: text.New("the host gives this virtual machine's processors to others", "宿主机把此虚拟机的处理器给了别人"),
	Doc: text.New(`A virtual machine wants to compute and does not get the processor: the host counts it as stolen time. Builds and gopls take longer without anything here that is wrong: the host is overbooked, or credits of a small cloud machine are spent.

**Proof.** /proc/stat over half a second: at least 30 % of all processor time was stolen. It is worth knowing, not a fault. **What looks the same.** A busy machine: its own work is counted as used, not as stolen. **The fix** is a person's: wait, move, or take a machine with its own processors.`,
		`虚拟机想要计算却得不到处理器：宿主机把它记为被窃取的时间。构建与 gopls 因此变慢，而这里并没有任何问题：宿主机超售，或小型云主机的积分用完。

**证据。** 半秒内的 /proc/stat：至少 30 % 的处理器时间被窃取。这值得知道，但不是故障。**容易混淆的情况。** 繁忙的机器：自己的工作记为已使用，而不是被窃取。**修复**由人进行：等待、迁移，或使用拥有独占处理器的机器。`),
	Run: func(s *facts.Snapshot) []diag.Finding {
		u := &s.Pressure.Processor
		if u.Stolen < stolenShare || u.Window < longer {
			return nil
		}
		return []diag.Finding{{ByHand: "vmstat 1 5  # column st",
			Claim: text.New("the host took {share} of this machine's processor time", "宿主机取走了此机器 {share} 的处理器时间").With("share", percent(u.Stolen)),
			Evidence: []diag.Evidence{
				because("", text.New("other machines of the host, or a limit of this one", "宿主机上的其他机器，或对本机的限制")),
				proof("head -1 /proc/stat", text.New("during {window}: {stolen} stolen, {busy} used", "在 {window} 内：被窃取 {stolen}，已使用 {busy}"), "window", u.Window.Round(1e6), "stolen", percent(u.Stolen), "busy", percent(u.Busy)),
				not(text.New("own work: that counts as used", "自己的工作：那记为已使用"))},
			Fixes: []diag.Fix{manual(text.New("wait, or ask for a machine with processors of its own", "等待，或申请拥有独占处理器的机器"), "vmstat 1 5")}}}
	},
}

var hot = diag.Check{
	ID: "processor-slowed-by-heat", Severity: diag.Info, Reads: []facts.Section{facts.SecPressure},
	Title: text.New("the processor is being slowed because it is hot", "处理器因过热正在降频"),
	Doc: text.New(`A processor that reaches its highest temperature lowers its clock. Under a long build that is normal for a thin notebook; with a dusty fan it may halve the speed.

**Proof.** The kernel's count of such events grew during half a second. **What looks the same.** Saving power when idle. Nothing is wrong with Go: **the fix** is a person's.`,
		`达到最高温度的处理器会降低频率。对轻薄笔记本，长时间构建时这是正常的；若风扇积灰，速度可能减半。

**证据。** 内核对此类事件的计数在半秒内增长。**容易混淆的情况。** 空闲时的节能。Go 没有问题：**修复**由人进行。`),
	Run: func(s *facts.Snapshot) []diag.Finding {
		u := &s.Pressure.Processor
		if u.Heat <= 0 || u.Window < longer {
			return nil
		}
		const file = "/sys/devices/system/cpu/cpu0/thermal_throttle/package_throttle_count"
		return []diag.Finding{{ByHand: "watch -n1 cat " + file,
			Claim: text.New("the processor was slowed {n} times in {window} because it is hot", "处理器在 {window} 内因过热降频 {n} 次").With("n", u.Heat, "window", u.Window.Round(1e6)),
			Evidence: []diag.Evidence{
				because(file, text.New("the temperature of the package reached its limit", "封装温度达到上限")),
				proof("cat "+file, text.New("the count grew by {n}", "计数增长了 {n}"), "n", u.Heat),
				not(text.New("saving power: such events are counted only at the limit", "节能：只有达到上限才计数"))},
			Fixes: []diag.Fix{manual(text.New("look after cooling and power profile", "检查散热与电源模式"), "cat "+file)}}}
	},
}

// waitingForDisk is the share of time, in percent, in which all work must have waited for the disk: of the last minute, and of five.
const (
	waitingForDisk = 50
	waitingLong    = 40
)

var diskStalls = diag.Check{
	ID: "disk-is-the-bottleneck", Severity: diag.Info, Reads: []facts.Section{facts.SecPressure},
	Title: text.New("all work waits for the disk", "所有工作都在等待磁盘"),
	Doc: text.New(`Go reads and writes many small files: build cache, module cache, work folders. On a slow, full or networked disk, or beside a program that copies or scans, everything waits.

**Proof.** Pressure stall information of the kernel: for half of the last minute and 40 % of the last five all work that was not idle waited for the disk. **What looks the same.** Missing memory, which shows as stalls of memory too. It is worth
knowing, not a fault. **By hand**: iotop or pidstat -d names who reads and writes; GOCACHE and GOTMPDIR may lie on a faster disk.`,
		`Go 会读写大量小文件：构建缓存、模块缓存、工作目录。磁盘慢、满或位于网络上，或旁边有程序在复制、扫描时，一切都要等待。

**证据。** 内核的压力停顿信息：最近一分钟的一半、最近五分钟的 40 % 时间里，所有非空闲工作都在等待磁盘。**容易混淆的情况。** 内存不足，那同时会表现为内存停顿。这值得知道，但不是故障。**手工处理**：iotop 或 pidstat -d 会指出谁在读写；
GOCACHE 与 GOTMPDIR 可以放到更快的磁盘上。`),
	Run: func(s *facts.Snapshot) []diag.Finding {
		io, ok := stall(&s.Pressure, "io", "full")
		memory, _ := stall(&s.Pressure, "memory", "full")
		if !ok || io.Avg60 < waitingForDisk || io.Avg300 < waitingLong || memory.Avg60 >= thrashing {
			return nil
		}
		return []diag.Finding{{ByHand: "cat /proc/pressure/io; pidstat -d 1 3",
			Claim: text.New("all work waited for the disk {share} % of the last minute", "最近一分钟有 {share} % 的时间所有工作都在等待磁盘").With("share", int(io.Avg60)),
			Evidence: []diag.Evidence{
				because("", text.New("the disk is slow, or another program uses it", "磁盘较慢，或有其他程序在使用")),
				proof("cat /proc/pressure/io", text.New("full avg60 {a} %, avg300 {b} %", "full avg60 {a} %，avg300 {b} %"), "a", io.Avg60, "b", io.Avg300),
				not(text.New("missing memory: stalls of memory are {m} %", "内存不足：内存停顿为 {m} %"), "m", memory.Avg60)},
			Fixes: []diag.Fix{manual(text.New("see who uses the disk; put GOCACHE and GOTMPDIR on a faster one", "查看谁在使用磁盘；把 GOCACHE 与 GOTMPDIR 放到更快的磁盘上"), "pidstat -d 1 3")}}}
	},
}
