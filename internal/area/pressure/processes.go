package pressure

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/gorescue/gorescue/internal/facts"
)

// tick is the unit of processor times in /proc.
const tick = 10 * time.Millisecond

// process is what one look at all processes keeps.
type process struct {
	facts.Proc
	cpu   time.Duration
	rss   uint64
	slots uint64 // room of its table of open files: it has no more than that
}

// processes reads the table; at most 20,000.
func (m machine) processes(ctx context.Context) []process {
	d, err := os.Open(m.path("proc"))
	if err != nil {
		return nil
	}
	names, _ := d.Readdirnames(20000)
	d.Close() // no more than one file at a time: the session may have few
	var out []process
	for _, n := range names {
		if pid, err := strconv.Atoi(n); err == nil && ctx.Err() == nil {
			if p, ok := m.process(pid); ok {
				out = append(out, p)
			}
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].PID < out[j].PID })
	return out
}

// process reads proc_pid_stat(5) and proc_pid_status(5).
func (m machine) process(pid int) (p process, ok bool) {
	stat := m.read("proc", strconv.Itoa(pid), "stat")
	open, end := strings.IndexByte(stat, '('), strings.LastIndexByte(stat, ')')
	if open < 0 || end < open {
		return p, false
	}
	f := strings.Fields(stat[end+1:])
	if len(f) < 22 {
		return p, false
	}
	p.Proc = facts.Proc{PID: pid, UID: -1, Comm: strings.ToValidUTF8(stat[open+1:end], "?"), State: f[0]}
	p.PPID, _ = strconv.Atoi(f[1])
	p.Start, _ = strconv.ParseInt(f[19], 10, 64)
	for _, i := range []int{11, 12} {
		n, _ := strconv.ParseInt(f[i], 10, 48)
		p.cpu += time.Duration(n) * tick
	}
	for line := range strings.Lines(m.read("proc", strconv.Itoa(pid), "status")) {
		name, value, _ := strings.Cut(line, ":")
		v := strings.Fields(value)
		if len(v) == 0 {
			continue
		}
		switch name {
		case "Uid":
			if len(v) > 1 {
				p.UID, _ = strconv.Atoi(v[1])
			}
		case "VmRSS":
			n, _ := strconv.ParseUint(v[0], 10, 40)
			p.rss = n << 10
		case "FDSize":
			p.slots, _ = strconv.ParseUint(v[0], 10, 64)
		}
	}
	return p, true
}

func (m machine) command(pid int) string {
	s := strings.ReplaceAll(strings.TrimRight(m.read("proc", strconv.Itoa(pid), "cmdline"), "\x00"), "\x00", " ")
	return strings.ToValidUTF8(s[:min(len(s), 400)], "?")
}

// biggest are the processes of a user that have most memory.
func biggest(list []process, uid int) []facts.MemoryUser {
	list = slices.Clone(list)
	sort.SliceStable(list, func(i, j int) bool { return list[i].rss > list[j].rss })
	var out []facts.MemoryUser
	for _, p := range list {
		if p.UID == uid && p.rss > 0 && len(out) < 5 {
			out = append(out, facts.MemoryUser{Proc: p.Proc, RSS: p.rss})
		}
	}
	return out
}

// near reports whether nine tenths of a limit are used.
func near(used, limit uint64) bool {
	return limit > 0 && limit != facts.Unlimited && used >= limit-limit/10
}

// holders are the editors and programs of Go of a user that are near their limit of open files.
func (m machine) holders(list []process, uid int) []facts.FileHolder {
	var out []facts.FileHolder
	for _, p := range list {
		if p.UID != uid || len(out) >= 10 || p.PID == os.Getpid() {
			continue
		}
		if !isGo(p.Comm) && !isEditor(p.Comm, "") && p.Comm != "node" && p.Comm != "java" {
			continue
		}
		soft, hard, ok := openFiles(m.read("proc", strconv.Itoa(p.PID), "limits"))
		if !ok || !near(p.slots, soft) {
			continue
		}
		p.Command = m.command(p.PID)
		used := m.descriptors(p.PID)
		if !near(uint64(len(used)), soft) || !isGo(p.Comm) && !isEditor(p.Comm, p.Command) {
			continue
		}
		out = append(out, facts.FileHolder{Proc: p.Proc, Used: len(used), Soft: soft, Hard: hard, Kinds: m.kinds(p.PID, used)})
	}
	return out
}

// descriptors names the open files of a process by number; at most a million.
func (m machine) descriptors(pid int) []string {
	d, err := os.Open(m.path("proc", strconv.Itoa(pid), "fd"))
	if err != nil {
		return nil
	}
	defer d.Close()
	names, _ := d.Readdirnames(1 << 20)
	return names
}

// kinds counts what descriptors are, of the first 4096.
func (m machine) kinds(pid int, names []string) []facts.FileKind {
	count := map[string]int{}
	for _, n := range names[:min(len(names), 4096)] {
		at := m.path("proc", strconv.Itoa(pid), "fd", n)
		link, err := os.Readlink(at)
		if err != nil {
			continue
		}
		kind := kindOf(link)
		if kind == "file" {
			if fi, err := os.Stat(at); err == nil && fi.IsDir() {
				kind = "folder"
			}
		}
		count[kind]++
	}
	var out []facts.FileKind
	for k, n := range count {
		out = append(out, facts.FileKind{Name: k, Count: n})
	}
	sort.Slice(out, func(i, j int) bool {
		return out[i].Count > out[j].Count || out[i].Count == out[j].Count && out[i].Name < out[j].Name
	})
	return out
}

// kindOf tells from the kernel's name of an open file what it is.
func kindOf(link string) string {
	switch {
	case strings.HasPrefix(link, "socket:"):
		return "socket"
	case strings.HasPrefix(link, "pipe:"):
		return "pipe"
	case link == "anon_inode:inotify":
		return "inotify"
	case strings.HasPrefix(link, "anon_inode:"):
		return "event"
	case filepath.IsAbs(link):
		return "file"
	}
	return "other"
}
