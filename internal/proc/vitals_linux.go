package proc

import (
	"os"
	"strconv"
	"time"
)

// Vitals are what a process uses at this moment.
type Vitals struct {
	CPU   time.Duration // user and system time since its start, of all its threads
	RSS   int64         // resident memory, bytes
	State byte          // of proc_pid_stat(5): R, S, D, T (stopped), t (traced), Z …
}

// VitalsOf returns what a process uses; ok is false when there is none, or this system does not tell.
func VitalsOf(pid int) (v Vitals, ok bool) {
	_, f, ok := stat(pid)
	if !ok || len(f) < 22 {
		return v, false
	}
	for _, i := range []int{11, 12} { // utime, stime
		n, _ := strconv.ParseInt(f[i], 10, 64)
		v.CPU += time.Duration(n) * tick
	}
	pages, _ := strconv.ParseInt(f[21], 10, 64)
	v.RSS = pages * int64(os.Getpagesize())
	v.State = f[0][0]
	return v, true
}
