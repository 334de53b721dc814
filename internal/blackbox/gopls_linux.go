package blackbox

import (
	"bytes"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gorescue/gorescue/internal/proc"
)

// Bounds of the look at processes.
const (
	maxGopls       = 20
	maxDescriptors = 4096
	forgetEvery    = 12 // samples after which every process is looked at again: numbers are used again
)

// procCache remembers which processes are not gopls: a table of hundreds of processes is not read each time.
type procCache struct {
	other   map[int]int // process id → how often it was seen not to be one
	gopls   map[int]Gopls
	watches int64
}

// gopls looks at the gopls processes of this user; nil = they cannot be seen.
func (s *Sampler) gopls() map[string]Gopls {
	d, err := os.Open("/proc")
	if err != nil {
		return nil
	}
	names, err := d.Readdirnames(-1)
	d.Close()
	if err != nil {
		return nil
	}
	c := &s.procs
	if s.n%forgetEvery == 0 {
		c.other = map[int]int{}
	}
	slow := s.due(paceFiles)
	out, next, other := map[string]Gopls{}, map[int]Gopls{}, make(map[int]int, len(names))
	for _, n := range names {
		pid, err := strconv.Atoi(n)
		if err != nil {
			continue
		}
		if seen := c.other[pid]; seen >= 2 { // the second look is for one that had not called exec yet
			other[pid] = seen
			continue
		}
		g, ok := s.process(pid, n, c.gopls[pid], slow)
		if !ok {
			other[pid] = c.other[pid] + 1
		} else if len(out) < maxGopls {
			out[n], next[pid] = g, g
		}
	}
	c.gopls, c.other = next, other
	return out
}

// process looks at one process; ok is false when it is no gopls of this user. old is what was known of that number.
func (s *Sampler) process(pid int, name string, old Gopls, slow bool) (g Gopls, ok bool) {
	dir := "/proc/" + name
	var buf [1024]byte
	data, ok := readInto(dir+"/stat", buf[:])
	open, end := bytes.IndexByte(data, '('), bytes.LastIndexByte(data, ')')
	if !ok || open < 0 || end < open || !bytes.HasPrefix(data[open+1:], []byte("gopls")) {
		return g, false
	}
	f := strings.Fields(string(data[end+1:]))
	if len(f) < 22 || f[0] == "Z" {
		return g, false
	}
	start, _ := strconv.ParseInt(f[19], 10, 64)
	if old.Start != start {
		old = Gopls{Start: start}
		var st unix.Stat_t
		if unix.Stat(dir, &st) != nil || int(st.Uid) != os.Geteuid() {
			return g, false
		}
		if full, ok := proc.Get(pid); ok && strings.Contains(full.Command, "** telemetry **") {
			return g, false
		}
	}
	g = old
	if g.Exe == "" || slow { // the first look may have been before exec
		exe, _ := os.Readlink(dir + "/exe")
		g.Release = s.release(strings.TrimSuffix(exe, " (deleted)"))
		g.Exe = s.red.Path(exe)
		cwd, _ := os.Readlink(dir + "/cwd")
		g.Dir = s.red.Path(cwd)
	}
	utime, _ := strconv.ParseInt(f[11], 10, 64)
	stime, _ := strconv.ParseInt(f[12], 10, 64)
	pages, _ := strconv.ParseInt(f[21], 10, 64)
	g.State, g.CPU, g.RSS = f[0], float64(utime+stime)/100, pages*int64(os.Getpagesize())
	if slow || g.Files == 0 {
		g.Files, g.Watches = descriptors(dir)
	}
	return g, true
}

// readInto reads the beginning of a small file.
func readInto(path string, buf []byte) ([]byte, bool) {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, false
	}
	defer unix.Close(fd)
	n, err := unix.Read(fd, buf)
	return buf[:max(n, 0)], err == nil
}

// descriptors counts the open files and the inotify watches of a process (proc_pid_fdinfo(5)).
func descriptors(dir string) (files, watches int) {
	d, err := os.Open(dir + "/fd")
	if err != nil {
		return 0, 0
	}
	names, _ := d.Readdirnames(maxDescriptors)
	d.Close()
	for _, n := range names {
		if target, err := os.Readlink(dir + "/fd/" + n); err == nil && target == "anon_inode:inotify" {
			if data, err := os.ReadFile(dir + "/fdinfo/" + n); err == nil {
				watches += bytes.Count(data, []byte("inotify wd:"))
			}
		}
	}
	return len(names), watches
}

// inotify counts the watches of all processes of this user.
func inotify() (n int64) {
	table, err := proc.Processes()
	if err != nil {
		return 0
	}
	for _, pid := range table.Pids() {
		if p, _ := table.Get(pid); p.UID == os.Geteuid() {
			_, w := descriptors("/proc/" + strconv.Itoa(pid))
			n += int64(w)
		}
	}
	return n
}

// held returns the locks of the go command that somebody holds now: those of the module cache and of the build
// cache (cmd/go/internal/modfetch: lockVersion's parent SideLock; cmd/go/internal/cache: Trim).
func (s *Sampler) held(up float64) map[string]Lock {
	list, err := proc.Locks()
	if err != nil {
		return nil
	}
	out := map[string]Lock{}
	for _, path := range []string{s.raw["GOMODCACHE"] + "/cache/lock", s.raw["GOCACHE"] + "/trim.txt"} {
		fi, err := os.Stat(path)
		if err != nil {
			continue
		}
		i := slices.IndexFunc(list, func(l proc.Lock) bool {
			inode, device := l.Matches(fi)
			return inode && device && !l.Waiting && l.Write
		})
		if i < 0 {
			continue
		}
		l := Lock{PID: list[i].PID, Since: up}
		if old, ok := s.locks[s.red.Path(path)]; ok && old.PID == l.PID {
			l.Since = old.Since
		}
		out[s.red.Path(path)] = l
	}
	return out
}

func uptime() time.Duration {
	var up unix.Timespec
	if unix.ClockGettime(unix.CLOCK_BOOTTIME, &up) != nil {
		return 0
	}
	return time.Duration(up.Nano())
}

func bootID() string {
	data, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil || len(data) < 8 {
		return ""
	}
	return string(data[:8])
}
