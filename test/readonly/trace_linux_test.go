package readonly

import (
	"path/filepath"
	"regexp"
	"strings"
)

// call is one finished system call of a trace made by strace -f -y.
type call struct {
	pid     string
	program string // the executable that made it
	name    string
	args    string
	failed  bool
}

var (
	finished = regexp.MustCompile(`^(\d+) +([a-z0-9_]+)\((.*)\) += (-?\d+|\?|0x[0-9a-f]+)`)
	resumed  = regexp.MustCompile(`^(\d+) +<\.\.\. ([a-z0-9_]+) resumed>(.*)$`)
)

const unfinished = " <unfinished ...>"

// parse reads a trace and says for each call which program made it.
func parse(trace, first string) []call {
	pending := map[string]string{}
	program := map[string]string{}
	parent := map[string]string{}
	var calls []call
	for line := range strings.Lines(trace) {
		line = strings.TrimSuffix(line, "\n")
		if head, ok := strings.CutSuffix(line, unfinished); ok {
			pid, _, _ := strings.Cut(head, " ")
			pending[pid] = head
			continue
		}
		if m := resumed.FindStringSubmatch(line); m != nil {
			line = pending[m[1]] + m[3]
			delete(pending, m[1])
		}
		m := finished.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		c := call{pid: m[1], name: m[2], args: m[3], failed: strings.HasPrefix(m[4], "-")}
		switch {
		case c.name == "execve" && !c.failed:
			program[c.pid] = quoted(c.args, 0)
		case strings.HasPrefix(c.name, "clone") || strings.HasSuffix(c.name, "fork"):
			parent[m[4]] = c.pid
		}
		calls = append(calls, c)
	}
	// A child's first calls may stand before the line that tells of its birth.
	for i := range calls {
		pid := calls[i].pid
		for program[pid] == "" && parent[pid] != "" {
			pid = parent[pid]
		}
		calls[i].program = program[pid]
		if calls[i].program == "" {
			calls[i].program = first
		}
	}
	return calls
}

var stringArg = regexp.MustCompile(`"((?:[^"\\]|\\.)*)"`)

// quoted returns the n-th string argument, "" if there is none.
func quoted(args string, n int) string {
	all := stringArg.FindAllStringSubmatch(args, -1)
	if n >= len(all) {
		return ""
	}
	return all[n][1]
}

var descriptor = regexp.MustCompile(`^(?:AT_FDCWD|\d+)<([^>]*)>`)

// changes returns the paths that a call changed, absolute where strace says the folder.
func (c call) changes() []string {
	if c.failed {
		return nil
	}
	switch c.name {
	case "open", "openat", "openat2", "creat":
		for _, flag := range []string{"O_WRONLY", "O_RDWR", "O_CREAT", "O_TRUNC", "O_APPEND", "O_TMPFILE"} {
			if strings.Contains(c.args, flag) || c.name == "creat" {
				return []string{c.path(0)}
			}
		}
	case "rename", "renameat", "renameat2", "link", "linkat":
		return []string{c.path(0), c.path(1)}
	case "symlink", "symlinkat":
		return []string{c.path(1)}
	case "unlink", "unlinkat", "mkdir", "mkdirat", "rmdir", "chmod", "fchmodat", "fchmodat2", "chown", "lchown", "fchownat",
		"truncate", "utimensat", "utimes", "utime", "futimesat", "mknod", "mknodat", "setxattr", "lsetxattr", "removexattr", "lremovexattr",
		"mount", "umount2", "pivot_root", "chroot", "swapon":
		return []string{c.path(0)}
	case "ftruncate", "fchmod", "fchown", "fsetxattr", "fremovexattr":
		if m := descriptor.FindStringSubmatch(c.args); m != nil {
			return []string{m[1]}
		}
		return []string{c.args}
	}
	return nil
}

var pathArg = regexp.MustCompile(`(?:(?:AT_FDCWD|\d+)<([^>]*)>, )?"((?:[^"\\]|\\.)*)"`)

// path is the n-th path argument made absolute with the folder that precedes it, if strace shows one.
func (c call) path(n int) string {
	all := pathArg.FindAllStringSubmatch(c.args, -1)
	if n >= len(all) {
		return c.args
	}
	if filepath.IsAbs(all[n][2]) {
		return filepath.Clean(all[n][2])
	}
	return filepath.Join(all[n][1], all[n][2])
}

// reaches returns the address of a call that sends something out of the machine's own processes.
func (c call) reaches() string {
	switch c.name {
	case "connect", "sendto", "sendmsg", "sendmmsg":
		if strings.Contains(c.args, "AF_INET") {
			return c.args
		}
	case "bind", "listen":
		if strings.Contains(c.args, "AF_INET") {
			return c.name + " " + c.args
		}
	}
	return ""
}
