package proc

import (
	"os"
	"strconv"
	"strings"
	"time"
)

// Vitals are what a process uses at this moment.
type Vitals struct {
	CPU    time.Duration // user and system time since its start, of all its threads
	RSS    int64         // resident memory, bytes
	Waited time.Duration // for a processor while it could have computed, since its start, of all its threads
	State  byte          // of proc_pid_stat(5): R, S, D, T (stopped), t (traced), Z …
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
	_, waited := Threads(pid)
	for _, w := range waited {
		v.Waited += w
	}
	v.RSS = pages * int64(os.Getpagesize())
	v.State = f[0][0]
	return v, true
}

// Threads returns for each thread of a process, by its id, how long it ran since its start and how long it was kept
// waiting for a processor, as the scheduler counts it (Documentation/scheduler/sched-stats.rst); nil when the system does not tell.
func Threads(pid int) (ran, waited map[int]time.Duration) {
	dir := "/proc/" + strconv.Itoa(pid) + "/task"
	d, err := os.Open(dir)
	if err != nil {
		return nil, nil
	}
	names, _ := d.Readdirnames(maxThreads)
	d.Close()
	ran, waited = map[int]time.Duration{}, map[int]time.Duration{}
	for _, n := range names {
		tid, err := strconv.Atoi(n)
		data, err2 := os.ReadFile(dir + "/" + n + "/schedstat")
		f := strings.Fields(string(data))
		if err != nil || err2 != nil || len(f) < 2 {
			continue
		}
		r, _ := strconv.ParseInt(f[0], 10, 64)
		w, _ := strconv.ParseInt(f[1], 10, 64)
		ran[tid], waited[tid] = time.Duration(r), time.Duration(w)
	}
	return ran, waited
}

// maxThreads bounds how many threads of a process are looked at.
const maxThreads = 500
