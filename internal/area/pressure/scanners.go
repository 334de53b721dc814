package pressure

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/gorescue/gorescue/internal/facts"
)

// scanners are the programs of products that are at work: near is how much of a processor counts as work. before is an earlier look at
// the processes.
func (m machine) scanners(before []process, elapsed time.Duration, caches map[string]string, table []mount, uid int) []facts.Scanner {
	var out []facts.Scanner
	feeding := ""
	for _, p := range before {
		if isGo(p.Comm) && p.UID == uid && feeding == "" {
			feeding = p.Comm
		}
	}
	for _, p := range before {
		known, ok := productOf(p.Comm)
		if !ok || len(out) >= 10 || elapsed <= 0 {
			continue
		}
		now, ok := m.process(p.PID)
		if !ok || now.Start != p.Start {
			continue
		}
		s := facts.Scanner{Proc: now.Proc, Product: known.name, Virus: known.virus, Feeding: feeding, CPU: float64(now.cpu-p.cpu) / float64(elapsed)}
		s.Command = m.command(p.PID)
		m.touches(&s, caches, table)
		out = append(out, s)
	}
	return out
}

// maxScan bounds how many open files of a scanner are looked at.
const maxScan = 2048

// touches looks whether a scanner has files of the caches open, or is told what happens there.
func (m machine) touches(s *facts.Scanner, caches map[string]string, table []mount) {
	dir := m.path("proc", strconv.Itoa(s.PID))
	names := m.descriptors(s.PID)
	if s.Hidden = len(names) == 0; s.Hidden {
		return
	}
	for _, n := range names[:min(len(names), maxScan)] {
		link, err := os.Readlink(filepath.Join(dir, "fd", n))
		if err != nil {
			continue
		}
		if strings.HasPrefix(link, "anon_inode:") && (strings.Contains(link, "notify")) && s.Watched == "" {
			s.Watched = watched(m.read("proc", strconv.Itoa(s.PID), "fdinfo", n), caches, table)
		}
		for _, c := range caches {
			if c != "" && strings.HasPrefix(link, c+"/") && s.Open == "" {
				s.Open = link
			}
		}
	}
}

// watched is the cache that a notification group covers (proc_pid_fdinfo(5)): a mark of fanotify on its mount or file system, a mark of
// fanotify or a watch of inotify on the folder itself. "" = none.
func watched(info string, caches map[string]string, table []mount) string {
	type mark struct{ inode, device uint64 }
	marks, mountIDs := map[mark]bool{}, map[string]bool{}
	devices := map[uint64]bool{}
	for line := range strings.Lines(info) {
		kind, rest, _ := strings.Cut(line, " ")
		if kind != "fanotify" && kind != "inotify" {
			continue
		}
		var k mark
		var mnt string
		device := false
		for _, f := range strings.Fields(rest) {
			name, v, _ := strings.Cut(f, ":")
			switch name {
			case "ino":
				k.inode, _ = strconv.ParseUint(v, 16, 64)
			case "sdev":
				k.device, _ = strconv.ParseUint(v, 16, 64)
				device = true
			case "mnt_id":
				n, err := strconv.ParseUint(v, 16, 32)
				if err == nil {
					mnt = strconv.FormatUint(n, 10)
				}
			}
		}
		switch {
		case mnt != "":
			mountIDs[mnt] = true
		case device && k.inode != 0:
			marks[k] = true
		case device:
			devices[k.device] = true
		}
	}
	for _, c := range caches {
		for _, p := range places(table, map[string]string{"": c}) {
			for _, t := range table {
				if t.point == p.Mount && mountIDs[t.id] {
					return c
				}
			}
		}
		if st, ok := identity(c); ok && (marks[mark{st.inode, st.device}] || devices[st.device]) {
			return c
		}
	}
	return ""
}

type inode struct{ inode, device uint64 }

// identity is a folder as the kernel names it in fdinfo: there a device is 20 bits of minor below the major number.
func identity(path string) (inode, bool) {
	fi, err := os.Stat(path)
	if err != nil {
		return inode{}, false
	}
	return identityOf(fi)
}
