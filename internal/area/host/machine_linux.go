package host

import (
	"bytes"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/probe"
)

func uid(n int) string { return strconv.Itoa(n) }

func limits() map[string]facts.Limit {
	out := map[string]facts.Limit{}
	for name, res := range map[string]int{"nofile": unix.RLIMIT_NOFILE, "nproc": unix.RLIMIT_NPROC, "as": unix.RLIMIT_AS, "fsize": unix.RLIMIT_FSIZE, "data": unix.RLIMIT_DATA} {
		var l unix.Rlimit
		if unix.Prlimit(0, res, nil, &l) == nil {
			out[name] = facts.Limit{Soft: l.Cur, Hard: l.Max}
		}
	}
	if l, ok := startNoFile(); ok {
		out["nofile"] = l // the Go runtime has raised ours to the hard limit (os/rlimit.go); children get the old one back
	}
	return out
}

// startNoFile is the limit of open files that our parent has: a Go program raises its own soft limit at
// start and gives the old one to its children.
func startNoFile() (facts.Limit, bool) {
	data, err := os.ReadFile("/proc/" + strconv.Itoa(os.Getppid()) + "/limits")
	if err != nil {
		return facts.Limit{}, false
	}
	for line := range strings.Lines(string(data)) {
		if f := strings.Fields(line); len(f) >= 5 && strings.HasPrefix(line, "Max open files") {
			soft, err1 := strconv.ParseUint(f[3], 10, 64)
			hard, err2 := strconv.ParseUint(f[4], 10, 64)
			return facts.Limit{Soft: soft, Hard: hard}, err1 == nil && err2 == nil
		}
	}
	return facts.Limit{}, false
}

// threads counts the tasks of a user: what RLIMIT_NPROC is compared with (getrlimit(2)).
func threads(uid int) int {
	dirs, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return 0
	}
	n := 0
	for _, d := range dirs {
		data, err := os.ReadFile(d + "/status")
		if err != nil {
			continue
		}
		if field(data, "Uid:") == strconv.Itoa(uid) {
			t, _ := strconv.Atoi(field(data, "Threads:"))
			n += t
		}
	}
	return n
}

func field(status []byte, name string) string {
	i := bytes.Index(status, []byte("\n"+name))
	if i < 0 {
		return ""
	}
	line, _, _ := bytes.Cut(status[i+1+len(name):], []byte("\n"))
	if f := bytes.Fields(line); len(f) > 0 {
		return string(f[0])
	}
	return ""
}

// binfmt lists the kinds of foreign program that the kernel starts by itself.
func binfmt() []string {
	list, err := os.ReadDir("/proc/sys/fs/binfmt_misc")
	if err != nil {
		return nil
	}
	var out []string
	for _, e := range list {
		if n := e.Name(); n != "register" && n != "status" {
			out = append(out, n)
		}
	}
	sort.Strings(out)
	return out
}

func container() (name string, wsl bool) {
	switch {
	case os.Getenv("KUBERNETES_SERVICE_HOST") != "":
		name = "kubernetes"
	case exists("/.dockerenv"):
		name = "docker"
	case exists("/run/.containerenv"):
		name = "podman"
	}
	data, _ := os.ReadFile("/proc/sys/kernel/osrelease")
	return name, strings.Contains(strings.ToLower(string(data)), "microsoft")
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// ancestors walks up the process tree, reading from each parent those of its variables that we collect.
func ancestors(w probe.World) []facts.Ancestor {
	var out []facts.Ancestor
	for pid := os.Getppid(); pid > 1 && len(out) < 16; {
		p, ok := readProc(pid)
		if !ok {
			break
		}
		out = append(out, facts.Ancestor{Proc: p, Vars: environOf(pid)})
		pid = p.PPID
	}
	return out
}

func readProc(pid int) (facts.Proc, bool) {
	dir := "/proc/" + strconv.Itoa(pid)
	data, err := os.ReadFile(dir + "/stat")
	if err != nil {
		return facts.Proc{}, false
	}
	open, end := bytes.IndexByte(data, '('), bytes.LastIndexByte(data, ')')
	if open < 0 || end < open {
		return facts.Proc{}, false
	}
	f := bytes.Fields(data[end+1:])
	if len(f) < 20 {
		return facts.Proc{}, false
	}
	p := facts.Proc{PID: pid, Comm: string(data[open+1 : end]), State: string(f[0]), UID: -1}
	p.PPID, _ = strconv.Atoi(string(f[1]))
	p.Start, _ = strconv.ParseInt(string(f[19]), 10, 64)
	if status, err := os.ReadFile(dir + "/status"); err == nil {
		p.UID, _ = strconv.Atoi(field(status, "Uid:"))
	}
	return p, true
}

func environOf(pid int) map[string]string {
	data, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/environ")
	if err != nil || len(data) > 4<<20 {
		return nil
	}
	out := map[string]string{}
	for _, kv := range bytes.Split(data, []byte{0}) {
		if k, v, ok := strings.Cut(string(kv), "="); ok && collected(k) {
			out[k] = v
		}
	}
	return out
}
