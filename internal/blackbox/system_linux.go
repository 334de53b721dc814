package blackbox

import (
	"bufio"
	"bytes"
	"os"
	"runtime"
	"strconv"
	"strings"
)

// system reads the load of the machine (proc_loadavg(5), proc_meminfo(5), Documentation/accounting/psi.rst). Inside of a
// container with a limit of memory, that limit counts as the memory there is.
func (s *Sampler) system() System {
	out := System{CPUs: runtime.NumCPU(), CPUSome: -1, MemFull: -1, IOFull: -1}
	var buf [4096]byte
	if data, ok := readInto("/proc/loadavg", buf[:]); ok {
		first, _, _ := bytes.Cut(data, []byte(" "))
		out.Load, _ = strconv.ParseFloat(string(first), 64)
	}
	if data, ok := readInto("/proc/meminfo", buf[:]); ok {
		out.MemTotal, out.MemFree = field(data, "MemTotal:")<<10, field(data, "MemAvailable:")<<10
	}
	if limit, used, ok := cgroup(); ok && limit < out.MemTotal {
		out.MemTotal, out.MemFree = limit, min(out.MemFree, max(0, limit-used))
	}
	if data, ok := readInto("/proc/pressure/cpu", buf[:]); ok {
		out.CPUSome = pressure(data, "some")
	}
	if data, ok := readInto("/proc/pressure/memory", buf[:]); ok {
		out.MemFull = pressure(data, "full")
	}
	if data, ok := readInto("/proc/pressure/io", buf[:]); ok {
		out.IOFull = pressure(data, "full")
	}
	if s.due(paceWatches) {
		s.procs.watches = inotify()
	}
	out.Watches = s.procs.watches
	for _, f := range []string{"/proc/sys/fs/inotify/max_user_watches", "/proc/sys/user/max_inotify_watches"} {
		if data, ok := readInto(f, buf[:64]); ok {
			if n, err := strconv.ParseInt(strings.TrimSpace(string(data)), 10, 64); err == nil && (out.MaxWatch == 0 || n < out.MaxWatch) {
				out.MaxWatch = n
			}
		}
	}
	return out
}

// field is the number behind a name.
func field(data []byte, name string) int64 {
	i := bytes.Index(data, []byte(name))
	if i < 0 {
		return 0
	}
	f := bytes.Fields(data[i+len(name) : min(len(data), i+len(name)+40)])
	if len(f) == 0 {
		return 0
	}
	n, _ := strconv.ParseInt(string(f[0]), 10, 64)
	return n
}

// pressure is avg10 of a line; -1 = there is none.
func pressure(data []byte, kind string) float64 {
	for l := range bytes.Lines(data) {
		f := bytes.Fields(l)
		if len(f) > 1 && string(f[0]) == kind {
			v, ok := bytes.CutPrefix(f[1], []byte("avg10="))
			if n, err := strconv.ParseFloat(string(v), 64); ok && err == nil {
				return n
			}
		}
	}
	return -1
}

// cgroup is the limit of memory that this process's own control group has and what it uses, without what can be
// dropped (cgroups(7), memory.max of version 2).
func cgroup() (limit, used int64, ok bool) {
	f, err := os.Open("/proc/self/cgroup")
	if err != nil {
		return 0, 0, false
	}
	defer f.Close()
	for sc := bufio.NewScanner(f); sc.Scan(); {
		dir, v2 := strings.CutPrefix(sc.Text(), "0::")
		if !v2 {
			continue
		}
		var buf [4096]byte
		dir = "/sys/fs/cgroup" + strings.TrimSuffix(dir, "/")
		read := func(name string) int64 {
			data, _ := readInto(dir+"/"+name, buf[:])
			n, err := strconv.ParseInt(strings.TrimSpace(string(data)), 10, 64)
			if err != nil {
				return -1
			}
			return n
		}
		limit, used = read("memory.max"), read("memory.current")
		if data, ok := readInto(dir+"/memory.stat", buf[:]); ok {
			used -= field(data, "inactive_file ")
		}
		return limit, used, limit > 0 && used >= 0
	}
	return 0, 0, false
}
