package lspproxy

import (
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gorescue/gorescue/internal/proc"
)

// dump sends SIGQUIT to the thread that computes most. A Go program shows the stack of what that thread runs first; a
// goroutine that runs on another thread has no stack in the dump (runtime.sighandler, runtime.tracebackothers), and the one that runs
// is the one that is looked for.
func dump(pid int) {
	before, _ := proc.Threads(pid)
	time.Sleep(20 * time.Millisecond)
	busiest, most := 0, time.Duration(0)
	after, _ := proc.Threads(pid)
	for tid, ran := range after {
		if d := ran - before[tid]; d > most {
			busiest, most = tid, d
		}
	}
	if busiest == 0 || unix.Tgkill(pid, busiest, syscall.SIGQUIT) != nil {
		_ = syscall.Kill(pid, syscall.SIGQUIT)
	}
}
