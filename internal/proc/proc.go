// Package proc looks at other processes and at the kernel's table of file locks. It only reads, and
// every answer is that of one moment: a process may be gone when the caller looks at the result. On
// systems other than Linux it knows nothing and says so by ErrUnknown or false.
package proc

import (
	"errors"
	"sort"
	"strings"
	"time"

	"github.com/gorescue/gorescue/internal/facts"
)

// ErrUnknown says that this system does not tell.
var ErrUnknown = errors.New("cannot look at processes on this system")

// maxCommand bounds facts.Proc.Command, in bytes.
const maxCommand = 400

// Work is what a process, with all its descendants, has done since its start. Growth between two looks
// means that it is at work.
type Work struct {
	CPU   time.Duration // user and system time
	Bytes uint64        // bytes passed through read(2), write(2) and the like; 0 when not readable
}

// Moved reports whether anything was done between two looks.
func (w Work) Moved(before Work) bool { return w.CPU > before.CPU || w.Bytes != before.Bytes }

// File is an open file of a process.
type File struct {
	FD    int
	Path  string // as the kernel names it; "socket:[…]", "pipe:[…]" for what has no path
	Locks []Lock // locks that this very descriptor holds (also an inherited one)
}

// Table is the process table of one moment.
type Table struct{ procs map[int]facts.Proc }

// newTable makes a table of the given processes, for tests.
func newTable(list []facts.Proc) Table {
	t := Table{procs: make(map[int]facts.Proc, len(list))}
	for _, p := range list {
		t.procs[p.PID] = p
	}
	return t
}

// Get returns a process of the table.
func (t Table) Get(pid int) (facts.Proc, bool) {
	p, ok := t.procs[pid]
	return p, ok
}

// Tree returns a process and all its descendants, parents before children, then by number. It is
// empty when there is no such process.
func (t Table) Tree(root int) []facts.Proc {
	if _, ok := t.procs[root]; !ok {
		return nil
	}
	children := map[int][]int{}
	for pid, p := range t.procs {
		children[p.PPID] = append(children[p.PPID], pid)
	}
	var out []facts.Proc
	seen := map[int]bool{root: true}
	for level := []int{root}; len(level) > 0; {
		sort.Ints(level)
		var next []int
		for _, pid := range level {
			out = append(out, t.procs[pid])
			for _, c := range children[pid] {
				if !seen[c] {
					seen[c] = true
					next = append(next, c)
				}
			}
		}
		level = next
	}
	return out
}

// Under reports whether pid is root or one of its descendants.
func (t Table) Under(pid, root int) bool {
	for range len(t.procs) + 1 { // a table read while it changes may hold a cycle
		if pid == root {
			return true
		}
		p, ok := t.procs[pid]
		if !ok || p.PPID <= 0 {
			return false
		}
		pid = p.PPID
	}
	return false
}

// Pids returns all process numbers, ascending.
func (t Table) Pids() []int {
	out := make([]int, 0, len(t.procs))
	for pid := range t.procs {
		out = append(out, pid)
	}
	sort.Ints(out)
	return out
}

// join makes a command line of zero-terminated arguments.
func join(cmdline []byte) string {
	s := strings.TrimRight(string(cmdline), "\x00")
	s = strings.ReplaceAll(s, "\x00", " ")
	if len(s) > maxCommand {
		s = s[:maxCommand]
	}
	return strings.ToValidUTF8(s, "?")
}
