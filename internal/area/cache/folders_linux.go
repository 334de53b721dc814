package cache

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/gorescue/gorescue/internal/facts"
)

// denied asks the kernel whether this process may make entries in a folder: root without its
// capabilities, access lists and read-only mounts are all in the answer.
func denied(path string) string {
	switch err := unix.Faccessat(unix.AT_FDCWD, path, unix.W_OK|unix.X_OK, unix.AT_EACCESS); {
	case err == nil:
		return ""
	case errors.Is(err, unix.EROFS):
		return facts.DeniedReadOnly
	case errors.Is(err, unix.EACCES), errors.Is(err, unix.EPERM):
		return facts.DeniedPermission
	default:
		return reason(err)
	}
}

// open reports whether this process may read and write a folder.
func open(path string) bool {
	return unix.Faccessat(unix.AT_FDCWD, path, unix.R_OK|unix.W_OK|unix.X_OK, unix.AT_EACCESS) == nil
}

// readable reports whether this process may read a file, or list and enter a folder.
func readable(path string, dir bool) bool {
	mode := uint32(unix.R_OK)
	if dir {
		mode |= unix.X_OK
	}
	err := unix.Faccessat(unix.AT_FDCWD, path, mode, unix.AT_EACCESS)
	return !errors.Is(err, unix.EACCES)
}

func owner(fi fs.FileInfo) int {
	if st, ok := fi.Sys().(*syscall.Stat_t); ok {
		return int(st.Uid)
	}
	return -1
}

// device is the number of the file system that a file is on, 0 = unknown.
func device(path string) uint64 {
	var st unix.Stat_t
	if unix.Stat(path, &st) != nil {
		return 0
	}
	return uint64(st.Dev)
}

// onDisk is what a file takes on its file system, in bytes.
func onDisk(fi fs.FileInfo) uint64 {
	if st, ok := fi.Sys().(*syscall.Stat_t); ok {
		return uint64(st.Blocks) * 512
	}
	return uint64(fi.Size())
}

// volume fills in what is known of the file system that a place lies on.
func volume(f *facts.Folder, mounts []mount) {
	var st unix.Statfs_t
	at := f.Base.Where
	if f.Base.Kind == facts.NodeDangling || f.Base.Kind == facts.NodeLoop {
		at = filepath.Dir(at)
	}
	if unix.Statfs(at, &st) != nil {
		return
	}
	f.Dev = device(at)
	size := uint64(st.Frsize)
	if size == 0 {
		size = uint64(st.Bsize)
	}
	f.Free, f.Total = st.Bavail*size, st.Blocks*size
	f.FreeIno, f.TotalIno = st.Ffree, st.Files
	f.ReadOnly, f.NoExec = st.Flags&unix.ST_RDONLY != 0, st.Flags&unix.ST_NOEXEC != 0
	real, err := filepath.EvalSymlinks(at)
	if err != nil {
		real = at
	}
	for _, m := range mounts { // the last one that fits is on top
		if real == m.point || m.point == "/" || strings.HasPrefix(real, m.point+"/") {
			if len(m.point) >= len(f.Mount) {
				f.Mount, f.FS = m.point, m.fs
			}
		}
	}
}

// mount is one line of proc_pid_mountinfo(5).
type mount struct{ point, fs string }

// maxMounts bounds what is read of the table: 1 MiB.
const maxMounts = 1 << 20

func readMounts() []mount {
	f, err := os.Open("/proc/self/mountinfo")
	if err != nil {
		return nil
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxMounts))
	if err != nil {
		return nil
	}
	return parseMounts(data)
}

// parseMounts reads lines of the form "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw".
func parseMounts(data []byte) []mount {
	var out []mount
	for line := range bytes.Lines(data) {
		before, after, ok := strings.Cut(string(line), " - ")
		f, t := strings.Fields(before), strings.Fields(after)
		if !ok || len(f) < 6 || len(t) < 1 {
			continue
		}
		out = append(out, mount{point: unoctal(f[4]), fs: t[0]})
	}
	return out
}

// unoctal undoes the kernel's writing of blanks and backslashes: \040.
func unoctal(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+3 < len(s) {
			if n, err := strconv.ParseUint(s[i+1:i+4], 8, 8); err == nil {
				b.WriteByte(byte(n))
				i += 3
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// mapped lists the files that a process has mapped, its program first (proc_pid_maps(5)). Of a process of
// another user nothing is seen.
func mapped(pid int) []string {
	dir := "/proc/" + strconv.Itoa(pid)
	var out []string
	if exe, err := os.Readlink(dir + "/exe"); err == nil {
		out = append(out, exe)
	}
	f, err := os.Open(dir + "/maps")
	if err != nil {
		return out
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxMounts))
	if err != nil {
		return out
	}
	last := ""
	for line := range bytes.Lines(data) {
		i := bytes.IndexByte(line, '/')
		if i < 0 {
			continue
		}
		if path := strings.TrimSpace(string(line[i:])); path != last {
			out = append(out, path)
			last = path
		}
	}
	return out
}

// opened lists the open files of a process that have a path, at most 4096.
func opened(pid int) []string {
	d, err := os.Open("/proc/" + strconv.Itoa(pid) + "/fd")
	if err != nil {
		return nil
	}
	defer d.Close()
	names, _ := d.Readdirnames(4096) // what could be read is enough
	var out []string
	for _, n := range names {
		if path, err := os.Readlink(d.Name() + "/" + n); err == nil && strings.HasPrefix(path, "/") {
			out = append(out, path)
		}
	}
	return out
}

// environ returns the variables that a process was started with, nil when they cannot be read.
func environ(pid int) map[string]string {
	f, err := os.Open("/proc/" + strconv.Itoa(pid) + "/environ")
	if err != nil {
		return nil
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxMounts))
	if err != nil {
		return nil
	}
	out := map[string]string{}
	for _, kv := range bytes.Split(data, []byte{0}) {
		if k, v, ok := strings.Cut(string(kv), "="); ok {
			out[k] = v
		}
	}
	return out
}

// hardFiles is the hard limit of open files of this very process, which our own runtime leaves as it is
// (os/rlimit.go raises the soft one only). 0 = unknown.
func hardFiles() uint64 {
	var l unix.Rlimit
	if unix.Prlimit(0, unix.RLIMIT_NOFILE, nil, &l) != nil {
		return 0
	}
	return l.Max
}
