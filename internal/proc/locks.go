package proc

import (
	"strconv"
	"strings"
)

// Lock is one line of the kernel's table of file locks, as proc_locks(5) describes it.
type Lock struct {
	ID      int    // number within one reading of the table: a waiter has that of the lock it waits for
	Kind    string // FLOCK, POSIX, OFDLCK, LEASE …; the go command uses FLOCK (cmd/go/internal/lockedfile/internal/filelock)
	Write   bool   // exclusive
	PID     int    // who asked for it; -1 or 0 = out of sight. An inherited descriptor keeps the lock when that process is gone.
	Major   uint32 // device of the file system
	Minor   uint32
	Inode   uint64
	Waiting bool
}

// Is reports whether two entries, maybe of two readings, are about the same lock or the same waiter.
func (l Lock) Is(other Lock) bool {
	l.ID = other.ID
	return l == other
}

// parseLocks reads the table. Lines that it does not understand are passed over.
func parseLocks(data string) []Lock {
	var out []Lock
	for line := range strings.Lines(data) {
		if l, ok := parseLock(line); ok {
			out = append(out, l)
		}
	}
	return out
}

// parseLock reads "1: -> FLOCK  ADVISORY  WRITE 4711 fe:00:9978330 0 EOF".
func parseLock(line string) (l Lock, ok bool) {
	f := strings.Fields(line)
	if len(f) < 6 || !strings.HasSuffix(f[0], ":") {
		return l, false
	}
	id, err := strconv.Atoi(strings.TrimSuffix(f[0], ":"))
	if err != nil {
		return l, false
	}
	l.ID = id
	f = f[1:]
	for len(f) > 0 && f[0] == "->" { // newer kernels indent waiters of waiters by more arrows
		l.Waiting = true
		f = f[1:]
	}
	if len(f) < 5 {
		return l, false
	}
	l.Kind, l.Write = f[0], f[2] == "WRITE" || f[2] == "RW"
	if l.PID, err = strconv.Atoi(f[3]); err != nil {
		return l, false
	}
	dev := strings.Split(f[4], ":")
	if len(dev) != 3 {
		return l, false
	}
	major, err1 := strconv.ParseUint(dev[0], 16, 32)
	minor, err2 := strconv.ParseUint(dev[1], 16, 32)
	inode, err3 := strconv.ParseUint(dev[2], 10, 64)
	if err1 != nil || err2 != nil || err3 != nil {
		return l, false
	}
	l.Major, l.Minor, l.Inode = uint32(major), uint32(minor), inode
	return l, true
}
