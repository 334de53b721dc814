package bundle

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/gorescue/gorescue/internal/blackbox"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/goenv"
	"github.com/gorescue/gorescue/internal/text"
)

// machine compares what a build needs room for.
func (d *differ) machine(a, b *blackbox.Sample) {
	for _, n := range keys(a.Places, b.Places) {
		x, had := a.Places[n]
		y, has := b.Places[n]
		if !had || !has || x.Total == 0 || y.Total == 0 {
			continue
		}
		low := min(x.Free, y.Free) < 2<<30
		if moved(x.Free, y.Free, 1<<30, 0.25) || low && moved(x.Free, y.Free, 64<<20, 0.1) {
			d.add(slot{Holds, order(low, 1)}, text.New("free disk of {key}", "{key} 的可用磁盘空间"), n, mib(x.Free), mib(y.Free))
		}
		if x.Nodes > 0 && y.Nodes > 0 && min(x.Inodes, y.Inodes) < 50_000 && moved(x.Inodes, y.Inodes, 1000, 0.1) {
			d.add(slot{Holds, 0}, text.New("files that the disk of {key} has room for", "{key} 所在磁盘还能容纳的文件数"), n+" inodes", fmt.Sprint(x.Inodes), fmt.Sprint(y.Inodes))
		}
		if x.Size > 0 && y.Size > 0 && moved(x.Size, y.Size, 256<<20, 0.5) {
			d.add(slot{Holds, 10}, text.New("size of {key}, estimated", "{key} 的大小（估计）"), n+" size", mib(x.Size), mib(y.Size))
		}
	}
	for _, p := range keys(a.Locks, b.Locks) {
		d.add(slot{Holds, 2}, text.New("holder of the lock {key}", "锁 {key} 的持有者"), p, holder(a.Locks, p), holder(b.Locks, p))
	}
	x, y := a.System, b.System
	if x.MemTotal > 0 && y.MemTotal > 0 {
		if moved(x.MemTotal, y.MemTotal, 512<<20, 0.1) {
			d.add(slot{Holds, 5}, text.New("memory of the machine", "机器的内存"), "memory", mib(x.MemTotal), mib(y.MemTotal))
		}
		low := min(x.MemFree*10, y.MemFree*10) < x.MemTotal
		if moved(x.MemFree, y.MemFree, 1<<30, 0.5) || low && moved(x.MemFree, y.MemFree, 128<<20, 0.3) {
			d.add(slot{Holds, order(low, 6)}, text.New("available memory", "可用内存"), "memory available", mib(x.MemFree), mib(y.MemFree))
		}
	}
	if x.CPUs > 0 && y.CPUs > 0 {
		d.add(slot{Holds, 7}, text.New("processors", "处理器数"), "processors", fmt.Sprint(x.CPUs), fmt.Sprint(y.CPUs))
	}
	if x.MaxWatch > 0 && y.MaxWatch > 0 && (x.MaxWatch != y.MaxWatch || moved(x.Watches, y.Watches, 1000, 0.5)) {
		d.add(slot{Holds, 8}, text.New("file watches (inotify) in use", "已用的文件监视（inotify）"), "inotify", of(x.Watches, x.MaxWatch), of(y.Watches, y.MaxWatch))
	}
	for _, p := range keys(a.Proxies, b.Proxies) {
		d.add(slot{Holds, 0}, text.New("module proxy {key}", "模块代理 {key}"), p, health(a.Proxies, p), health(b.Proxies, p))
	}
}

func order(low bool, usual int) int {
	if low {
		return 0
	}
	return usual
}

func health(m map[string]blackbox.Proxy, key string) string {
	p, ok := m[key]
	switch {
	case !ok:
		return ""
	case p.OK:
		return "ok"
	}
	return p.Why
}

func holder(m map[string]blackbox.Lock, key string) string {
	if l, ok := m[key]; ok {
		return fmt.Sprintf("process %d", l.PID)
	}
	return ""
}

func of(n, limit int64) string { return fmt.Sprintf("%d of %d", n, limit) }

// moved reports whether a number changed by at least so much, and by at least that share of the larger.
func moved(a, b, least int64, share float64) bool {
	d := max(a-b, b-a)
	return d >= least && float64(d) >= share*float64(max(a, b))
}

func mib(n int64) string { return fmt.Sprintf("%d MiB", n>>20) }

// gopls compares the processes. Their numbers mean nothing on another machine.
func (d *differ) gopls(a, b *blackbox.Sample) {
	if a.Gopls == nil || b.Gopls == nil || a.Boot != b.Boot {
		return
	}
	for _, id := range keys(a.Gopls, b.Gopls) {
		x, had := a.Gopls[id]
		y, has := b.Gopls[id]
		if !had || !has || x.Start != y.Start {
			d.add(slot{Runs, 1}, text.New("gopls process {key}", "gopls 进程 {key}"), id, process(x, had), process(y, has))
			continue
		}
		if (x.State == "T") != (y.State == "T") {
			d.add(slot{Runs, 0}, text.New("state of gopls process {key}", "gopls 进程 {key} 的状态"), id, x.State, y.State)
		}
		if moved(x.RSS, y.RSS, 200<<20, 0.3) {
			d.add(slot{Runs, 2}, text.New("memory of gopls process {key}", "gopls 进程 {key} 的内存"), id, mib(x.RSS), mib(y.RSS))
		}
		if moved(int64(x.Files), int64(y.Files), 200, 0.5) {
			d.add(slot{Runs, 3}, text.New("open files of gopls process {key}", "gopls 进程 {key} 打开的文件数"), id, fmt.Sprint(x.Files), fmt.Sprint(y.Files))
		}
	}
}

func process(g blackbox.Gopls, there bool) string {
	if !there {
		return ""
	}
	return strings.TrimSpace(g.Release + " in " + g.Dir + ", " + mib(g.RSS))
}

// facts compares what only the whole facts have: the other variables that tools look at, and the platform.
func (d *differ) facts(a, b Side) {
	x, y := a.Facts, b.Facts
	if x.Has(facts.SecHost) && y.Has(facts.SecHost) {
		d.add(slot{Decides, 2}, text.New("operating system", "操作系统"), "os", x.Host.OS+"/"+x.Host.Arch, y.Host.OS+"/"+y.Host.Arch)
		d.add(slot{Holds, 4}, text.New("container", "容器"), "container", x.Host.Container, y.Host.Container)
	}
	if !x.Has(facts.SecProcess) || !y.Has(facts.SecProcess) {
		return
	}
	skip := " PATH PWD OLDPWD HOME USER LOGNAME SHELL TERM LANG SHLVL _ XDG_SESSION_ID "
	va, vb := placesOf(a.Sample), placesOf(b.Sample)
	for _, n := range keys(x.Process.Vars, y.Process.Vars) {
		if goenv.IsSetting(n) || strings.Contains(skip, " "+n+" ") || strings.HasPrefix(n, "LC_") || strings.HasPrefix(n, "GORESCUE_") {
			continue
		}
		d.add(slot{Decides, 25}, text.New("environment variable", "环境变量"), n, va.name(x.Process.Vars[n]), vb.name(y.Process.Vars[n]))
	}
}

func keys[V any](a, b map[string]V) []string {
	all := maps.Clone(a)
	if all == nil {
		all = map[string]V{}
	}
	maps.Copy(all, b)
	return slices.Sorted(maps.Keys(all))
}
