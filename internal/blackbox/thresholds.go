package blackbox

import (
	"time"

	"github.com/gorescue/gorescue/internal/text"
)

// warmUp is how long a gopls may work as it likes: it loads its workspace.
const warmUp = 180

// Thresholds is the table. A level to leave lies well on the healthy side of the one to enter, so that a value which
// trembles raises one event.
func Thresholds() []Threshold {
	return []Threshold{
		{ID: "gopls-runaway", Unit: unitPercent, Enter: 0.9, Leave: 0.5, For: 30 * time.Second, Hold: 15 * time.Second, Values: runaway,
			Raised: text.New("gopls (process {subject}) takes {value} of a core and its memory grows by more than a quarter a minute", "gopls（进程 {subject}）占用一个核心的 {value}，且内存每分钟增长超过四分之一"),
			Clear:  text.New("gopls (process {subject}) is calm again", "gopls（进程 {subject}）已恢复平静")},
		{ID: "gopls-busy", Unit: unitPercent, Enter: 0.9, Leave: 0.5, For: 2 * time.Minute, Hold: 15 * time.Second, Values: busy,
			Raised: text.New("gopls (process {subject}) has taken {value} of a core for 2 minutes, long after its start", "gopls（进程 {subject}）启动很久之后仍连续 2 分钟占用一个核心的 {value}"),
			Clear:  text.New("gopls (process {subject}) is calm again", "gopls（进程 {subject}）已恢复平静")},
		{ID: "gopls-memory", Unit: unitPercent, Enter: 0.4, Leave: 0.3, For: 10 * time.Second, Hold: 10 * time.Second, Values: memoryShare,
			Raised: text.New("gopls (process {subject}) holds {value} of the memory", "gopls（进程 {subject}）占用内存的 {value}"),
			Clear:  text.New("gopls (process {subject}) holds less than {limit} of the memory", "gopls（进程 {subject}）占用的内存少于 {limit}")},
		{ID: "gopls-restarts", Unit: unitCount, Enter: 5, Leave: 2, Hold: time.Minute, Values: restarts,
			Raised: text.New("gopls was started {value} times within 10 minutes", "10 分钟内 gopls 启动了 {value} 次"),
			Clear:  text.New("gopls is not started again and again any more", "gopls 不再反复启动")},
		{ID: "gopls-stopped", Unit: unitSeconds, Enter: 1, Leave: 0, For: 10 * time.Second, Values: stopped,
			Raised: text.New("gopls (process {subject}) is stopped by a signal and answers nothing", "gopls（进程 {subject}）被信号暂停，不作任何回答"),
			Clear:  text.New("gopls (process {subject}) runs on", "gopls（进程 {subject}）继续运行")},
		{ID: "disk-low", Unit: unitBytes, Below: true, Enter: 512 << 20, Leave: 1 << 30, For: 10 * time.Second, Hold: 30 * time.Second, Values: free,
			Raised: text.New("{subject} has only {value} left on its disk", "{subject} 所在磁盘只剩 {value}"),
			Clear:  text.New("{subject} has room on its disk again", "{subject} 所在磁盘又有空间")},
		{ID: "inodes-low", Unit: unitCount, Below: true, Enter: 10_000, Leave: 20_000, For: 10 * time.Second, Hold: 30 * time.Second, Values: inodes,
			Raised: text.New("the file system of {subject} has room for only {value} files more", "{subject} 所在文件系统只能再容纳 {value} 个文件"),
			Clear:  text.New("the file system of {subject} has room for files again: {value}", "{subject} 所在文件系统又能容纳文件：{value}")},
		{ID: "inotify-high", Unit: unitPercent, Enter: 0.9, Leave: 0.8, Values: watches,
			Raised: text.New("{value} of the file watches (inotify) of this user are in use: the next editor gets none", "此用户的文件监视（inotify）已用 {value}：下一个编辑器将得不到"),
			Clear:  text.New("file watches (inotify) are free again: {value} in use", "文件监视（inotify）又有空余：已用 {value}")},
		{ID: "memory-low", Unit: unitPercent, Below: true, Enter: 0.05, Leave: 0.10, For: 15 * time.Second, Hold: 15 * time.Second, Values: available,
			Raised: text.New("only {value} of the memory is available", "可用内存只有 {value}"),
			Clear:  text.New("memory is available again: {value}", "又有可用内存：{value}")},
		{ID: "memory-pressure", Unit: unitPercent, Enter: 0.10, Leave: 0.02, For: 15 * time.Second, Hold: 30 * time.Second, Values: stalled,
			Raised: text.New("all processes wait for memory {value} of the time", "所有进程有 {value} 的时间在等待内存"),
			Clear:  text.New("processes do not wait for memory any more", "进程不再等待内存")},
		{ID: "lock-held", Unit: unitSeconds, Enter: 600, Leave: 0, Values: locked,
			Raised: text.New("the go command's lock {subject} has been held for {value}", "go 命令的锁 {subject} 已被持有 {value}"),
			Clear:  text.New("the go command's lock {subject} is free", "go 命令的锁 {subject} 已释放")},
		{ID: "proxy-down", Unit: unitCount, Enter: 1, Leave: 0, For: 90 * time.Second, Values: down,
			Raised: text.New("the module proxy {subject} does not answer as it should", "模块代理 {subject} 未正常应答"),
			Clear:  text.New("the module proxy {subject} answers again", "模块代理 {subject} 恢复应答")},
	}
}

// share is the part of a core that a gopls took over the last 15 s or more.
func (w *window) share(id string) (share float64, ok bool) {
	t := w.trail[id]
	if len(t) < 2 {
		return 0, false
	}
	last := t[len(t)-1]
	for i := len(t) - 2; i >= 0; i-- {
		if d := last.up - t[i].up; d >= 15 || i == 0 && d > 0 {
			return (last.cpu - t[i].cpu) / d, true
		}
	}
	return 0, false
}

// each collects a value of every gopls. One of which nothing can be said yet keeps its state: it is given between.
func (w *window) each(value func(id string, g Gopls) float64) map[string]float64 {
	if w.Cur.Gopls == nil {
		return nil
	}
	out := map[string]float64{}
	for id, g := range w.Cur.Gopls {
		out[id] = value(id, g)
	}
	return out
}

// old reports whether a gopls has loaded long ago. The clock ticks of a start count from that of the machine.
func (w *window) old(g Gopls) bool { return w.Cur.Up-float64(g.Start)/100 >= warmUp }

func busy(w *window) map[string]float64 {
	return w.each(func(id string, g Gopls) float64 {
		share, ok := w.share(id)
		if !ok || !w.old(g) {
			return 0
		}
		return share
	})
}

// runaway is busy for one whose memory grew by a quarter, and by at least 256 MiB, within its trail.
func runaway(w *window) map[string]float64 {
	return w.each(func(id string, g Gopls) float64 {
		t := w.trail[id]
		share, ok := w.share(id)
		grown := g.RSS - t[0].rss
		if !ok || !w.old(g) || grown < 256<<20 || grown < t[0].rss/4 {
			return 0
		}
		return share
	})
}

func memoryShare(w *window) map[string]float64 {
	if w.Cur.System.MemTotal == 0 {
		return nil
	}
	return w.each(func(_ string, g Gopls) float64 { return float64(g.RSS) / float64(w.Cur.System.MemTotal) })
}

func stopped(w *window) map[string]float64 {
	return w.each(func(_ string, g Gopls) float64 {
		if g.State == "T" {
			return 1
		}
		return 0
	})
}

func restarts(w *window) map[string]float64 {
	if w.Cur.Gopls == nil {
		return nil
	}
	return map[string]float64{"": float64(len(w.starts))}
}

func free(w *window) map[string]float64 {
	out := map[string]float64{}
	for name, p := range w.Cur.Places {
		if p.Total > 0 {
			out[name] = float64(p.Free)
			if p.Free > p.Total/10 { // a small disk is low later
				out[name] = max(out[name], 1<<30)
			}
		}
	}
	return out
}

func inodes(w *window) map[string]float64 {
	out := map[string]float64{}
	for name, p := range w.Cur.Places {
		if p.Nodes > 100_000 {
			out[name] = float64(p.Inodes)
		}
	}
	return out
}

func watches(w *window) map[string]float64 {
	s := w.Cur.System
	if s.MaxWatch == 0 {
		return nil
	}
	return map[string]float64{"": float64(s.Watches) / float64(s.MaxWatch)}
}

func available(w *window) map[string]float64 {
	s := w.Cur.System
	if s.MemTotal == 0 {
		return nil
	}
	return map[string]float64{"": float64(s.MemFree) / float64(s.MemTotal)}
}

func stalled(w *window) map[string]float64 {
	if w.Cur.System.MemFull < 0 {
		return nil
	}
	return map[string]float64{"": w.Cur.System.MemFull / 100}
}

func locked(w *window) map[string]float64 {
	if w.Cur.Locks == nil {
		return nil
	}
	out := map[string]float64{}
	for path, l := range w.Cur.Locks {
		out[path] = w.Cur.Up - l.Since
	}
	return out
}

func down(w *window) map[string]float64 {
	if w.Cur.Proxies == nil {
		return nil
	}
	out := map[string]float64{}
	for name, p := range w.Cur.Proxies {
		out[name] = 1
		if p.OK {
			out[name] = 0
		}
	}
	return out
}
