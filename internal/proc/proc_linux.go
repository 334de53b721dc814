package proc

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gorescue/gorescue/internal/facts"
)

// tick is the unit of processor times in /proc: USER_HZ, which is 100 on every architecture that Go runs on
// (linux/include/asm-generic/param.h).
const tick = 10 * time.Millisecond

// maxRead bounds every file of /proc that is read: 1 MiB.
const maxRead = 1 << 20

func read(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var b bytes.Buffer
	b.Grow(64 << 10) // few reads: see Locks
	_, err = b.ReadFrom(io.LimitReader(f, maxRead))
	return b.Bytes(), err
}

func dir(pid int) string { return "/proc/" + strconv.Itoa(pid) }

// stat splits /proc/pid/stat: the name stands between the first "(" and the last ")" and may hold
// anything; the fields behind it are counted from 3 (proc_pid_stat(5)).
func stat(pid int) (comm string, fields []string, ok bool) {
	data, err := read(dir(pid) + "/stat")
	if err != nil {
		return "", nil, false
	}
	open, end := bytes.IndexByte(data, '('), bytes.LastIndexByte(data, ')')
	if open < 0 || end < open {
		return "", nil, false
	}
	f := strings.Fields(string(data[end+1:]))
	return strings.ToValidUTF8(string(data[open+1:end]), "?"), f, len(f) >= 20
}

// Get returns a process with all that is known about it; ok is false when there is none.
func Get(pid int) (p facts.Proc, ok bool) {
	p, ok = brief(pid)
	if !ok {
		return p, false
	}
	if data, err := read(dir(pid) + "/cmdline"); err == nil {
		p.Command = join(data)
	}
	p.Dir, _ = os.Readlink(dir(pid) + "/cwd")
	var up unix.Timespec
	if unix.ClockGettime(unix.CLOCK_BOOTTIME, &up) == nil {
		p.Age = max(0, time.Duration(up.Nano())-time.Duration(p.Start)*tick)
	}
	return p, true
}

// brief reads what costs one or two small files.
func brief(pid int) (p facts.Proc, ok bool) {
	comm, f, ok := stat(pid)
	if !ok {
		return p, false
	}
	p = facts.Proc{PID: pid, Comm: comm, State: f[0], UID: -1}
	p.PPID, _ = strconv.Atoi(f[1])
	p.Start, _ = strconv.ParseInt(f[19], 10, 64)
	var st unix.Stat_t
	if unix.Stat(dir(pid), &st) == nil { // the owner of the folder is the effective user (proc_pid(5))
		p.UID = int(st.Uid)
	}
	return p, true
}

// Terminal reports whether a process has a terminal, and whether its process group is the one that the
// user of that terminal sees now.
func Terminal(pid int) (has, foreground bool) {
	_, f, ok := stat(pid)
	return ok && f[4] != "0", ok && f[4] != "0" && f[2] == f[5]
}

// Program is the base name of what a process runs, as the kernel names the file; the name it goes by when
// that cannot be read.
func Program(p facts.Proc) string {
	if exe, err := os.Readlink(dir(p.PID) + "/exe"); err == nil {
		return filepath.Base(strings.TrimSuffix(exe, " (deleted)"))
	}
	return p.Comm
}

// Processes reads the process table. Command, Dir and Age of its entries are empty.
func Processes() (Table, error) {
	d, err := os.Open("/proc")
	if err != nil {
		return Table{}, err
	}
	defer d.Close()
	names, err := d.Readdirnames(-1)
	if err != nil {
		return Table{}, err
	}
	t := Table{procs: make(map[int]facts.Proc, len(names))}
	for _, n := range names {
		if pid, err := strconv.Atoi(n); err == nil {
			if p, ok := brief(pid); ok {
				t.procs[pid] = p
			}
		}
	}
	return t, nil
}

// Effort sums up what a list of processes has done.
func Effort(list []facts.Proc) Work {
	var w Work
	for _, p := range list {
		_, f, ok := stat(p.PID)
		if !ok {
			continue
		}
		for _, i := range []int{11, 12} { // utime, stime
			n, _ := strconv.ParseInt(f[i], 10, 64)
			w.CPU += time.Duration(n) * tick
		}
		data, err := read(dir(p.PID) + "/io")
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(data)) {
			if v, found := strings.CutPrefix(line, "rchar:"); found {
				w.Bytes += number(v)
			} else if v, found := strings.CutPrefix(line, "wchar:"); found {
				w.Bytes += number(v)
			}
		}
	}
	return w
}

// Runnable reports whether a thread of one of the processes runs, waits for a processor, or waits for
// the disk: silence of such a process means nothing.
func Runnable(list []facts.Proc) bool {
	for _, p := range list {
		tasks, err := os.ReadDir(dir(p.PID) + "/task")
		if err != nil {
			continue
		}
		for _, t := range tasks {
			data, err := read(dir(p.PID) + "/task/" + t.Name() + "/stat")
			if err != nil {
				continue
			}
			if f := bytes.Fields(data[bytes.LastIndexByte(data, ')')+1:]); len(f) > 0 && (f[0][0] == 'R' || f[0][0] == 'D') {
				return true
			}
		}
	}
	return false
}

func number(s string) uint64 {
	n, _ := strconv.ParseUint(strings.TrimSpace(s), 10, 64)
	return n
}

// Locks reads the kernel's table of file locks. The kernel makes the table anew for each read(2) and goes
// on at the line where it stopped, so that a line can be missed while other locks come and go: that a lock
// is in the table means more than that it is not. See Held.
func Locks() ([]Lock, error) {
	data, err := read("/proc/locks")
	if err != nil {
		return nil, err
	}
	return parseLocks(string(data)), nil
}

// Held reports whether a lock is there. It looks up to three times before it says no.
func Held(l Lock) bool {
	for range 3 {
		if table, err := Locks(); err == nil && slices.ContainsFunc(table, l.Is) {
			return true
		}
	}
	return false
}

// Files lists the open files of a process, with the locks that each descriptor holds. At most 4096 are
// looked at. The error says that the process belongs to somebody else or is gone.
func Files(pid int) ([]File, error) {
	d, err := os.Open(dir(pid) + "/fd")
	if err != nil {
		return nil, err
	}
	defer d.Close()
	names, err := d.Readdirnames(4096)
	if err != nil && err != io.EOF {
		return nil, err
	}
	var out []File
	for _, n := range names {
		fd, err := strconv.Atoi(n)
		if err != nil {
			continue
		}
		link, err := os.Readlink(filepath.Join(d.Name(), n))
		if err != nil {
			continue
		}
		f := File{FD: fd, Path: link}
		if strings.HasPrefix(link, "/") {
			f.Locks = locksOf(pid, n)
		}
		out = append(out, f)
	}
	return out, nil
}

// locksOf reads the "lock:" lines of a descriptor (proc_pid_fdinfo(5)).
func locksOf(pid int, fd string) []Lock {
	data, err := read(dir(pid) + "/fdinfo/" + fd)
	if err != nil {
		return nil
	}
	var out []Lock
	for line := range strings.Lines(string(data)) {
		if l, ok := parseLock(strings.TrimPrefix(line, "lock:")); ok && strings.HasPrefix(line, "lock:") {
			out = append(out, l)
		}
	}
	return out
}

// Matches reports whether a lock is one of the file which the kernel would open at path. Device numbers
// of stat(2) and of the lock table differ on file systems with several roots (btrfs, overlayfs); an
// equal inode alone is therefore a match only together with an open descriptor: see Holders.
func (l Lock) Matches(fi os.FileInfo) (inode, device bool) {
	st, ok := fi.Sys().(*syscall.Stat_t)
	if !ok {
		return false, false
	}
	return st.Ino == l.Inode, unix.Major(uint64(st.Dev)) == l.Major && unix.Minor(uint64(st.Dev)) == l.Minor
}

// Same reports whether the descriptor of a process leads to that file.
func Same(pid, fd int, fi os.FileInfo) bool {
	other, err := os.Stat(dir(pid) + "/fd/" + strconv.Itoa(fd))
	return err == nil && os.SameFile(fi, other)
}

// Holders returns the processes that have a descriptor which holds the lock, parents before children. A
// descriptor is inherited by children, so that a lock often has several holders and stays when the
// process that asked for it is gone; the lock goes away with the last of them. Processes of other
// users are not seen; the one that asked for the lock is then all that is returned.
func Holders(l Lock, t Table) []facts.Proc {
	var out []facts.Proc
	for _, pid := range t.Pids() {
		if _, ok := holds(pid, l); ok {
			if p, ok := Get(pid); ok {
				out = append(out, p)
			}
		}
	}
	if len(out) == 0 && l.PID > 0 {
		if p, ok := Get(l.PID); ok {
			out = append(out, p)
		}
	}
	sort.SliceStable(out, func(i, j int) bool { return t.Under(out[j].PID, out[i].PID) && !t.Under(out[i].PID, out[j].PID) })
	return out
}

func holds(pid int, l Lock) (File, bool) {
	files, err := Files(pid)
	if err != nil {
		return File{}, false
	}
	for _, f := range files {
		for _, have := range f.Locks {
			if have.Is(l) {
				return f, true
			}
		}
	}
	return File{}, false
}

// PathOf names the locked file through the descriptors of a process that holds the lock or waits for
// it. "" = not found.
func PathOf(pid int, l Lock) string {
	files, err := Files(pid)
	if err != nil {
		return ""
	}
	for _, f := range files {
		if !strings.HasPrefix(f.Path, "/") {
			continue
		}
		fi, err := os.Stat(dir(pid) + "/fd/" + strconv.Itoa(f.FD))
		if err != nil || !fi.Mode().IsRegular() {
			continue
		}
		if inode, _ := l.Matches(fi); inode {
			return f.Path
		}
	}
	return ""
}

// Connected reports whether one of the open files is a TCP connection that stands or is being made.
func Connected(pid int, files []File) bool {
	mine := inodes(files)
	if len(mine) == 0 {
		return false
	}
	for _, s := range sockets(pid) {
		if mine[s.inode] && (s.state == tcpEstablished || s.state == tcpSynSent) {
			return true
		}
	}
	return false
}

// Listening reports whether some process of this machine listens on a TCP port of the loopback
// interface (or of all), and how many connections to that port wait for the program to close them, as the
// peer has (CLOSE_WAIT). known is false when the kernel does not tell.
func Listening(port int) (yes bool, hungUp int, known bool) {
	list := sockets(os.Getpid())
	for _, s := range list {
		switch {
		case s.port != port:
		case s.state == tcpListen:
			yes = true
		case s.state == tcpCloseWait:
			hungUp++
		}
	}
	return yes, hungUp, len(list) > 0
}

func sockets(pid int) []socket {
	var out []socket
	for _, name := range []string{"tcp", "tcp6"} {
		if data, err := read(dir(pid) + "/net/" + name); err == nil {
			out = append(out, parseTCP(string(data))...)
		}
	}
	return out
}

// Ports returns the TCP ports that a process listens on, ascending; nil when there are none, or it may not be looked at.
// They are those of the process's own network namespace.
func Ports(pid int) []int {
	files, err := Files(pid)
	if err != nil {
		return nil
	}
	mine := inodes(files)
	var ports []int
	for _, s := range sockets(pid) {
		if s.state == tcpListen && mine[s.inode] && !slices.Contains(ports, s.port) {
			ports = append(ports, s.port)
		}
	}
	slices.Sort(ports)
	return ports
}

// inodes are those of the sockets among open files.
func inodes(files []File) map[string]bool {
	out := map[string]bool{}
	for _, f := range files {
		if n, ok := strings.CutPrefix(f.Path, "socket:["); ok {
			out[strings.TrimSuffix(n, "]")] = true
		}
	}
	return out
}
