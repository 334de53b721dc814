package action

import (
	"bytes"
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// sendSignal holds the process by a descriptor (pidfd_open(2)) while it compares the start time, so
// that a number given to another process in the meantime is never hit.
func sendSignal(p Process, sig Signal) error {
	numbers := map[Signal]unix.Signal{Continue: unix.SIGCONT, Stop: unix.SIGSTOP, Terminate: unix.SIGTERM, Quit: unix.SIGQUIT}
	n, ok := numbers[sig]
	if !ok {
		return fmt.Errorf("cannot send signal %q: not one that may be sent", sig)
	}
	fd, err := unix.PidfdOpen(p.PID, 0)
	if err != nil {
		return fmt.Errorf("cannot send SIG%s to process %d: %v", sig, p.PID, err)
	}
	defer unix.Close(fd)
	if start, _, ok := stat(p.PID); !ok || start != p.Start {
		return fmt.Errorf("cannot send SIG%s to process %d: it is another process by now", sig, p.PID)
	}
	if err := unix.PidfdSendSignal(fd, n, nil, 0); err != nil {
		return fmt.Errorf("cannot send SIG%s to process %d: %v", sig, p.PID, err)
	}
	return nil
}

// canSeeProcesses: processState tells a process that is gone from one that cannot be looked at.
const canSeeProcesses = true

// processState returns the state letter of a process; alive is false when it is gone.
func processState(p Process) (state string, alive bool) {
	start, state, ok := stat(p.PID)
	return state, ok && start == p.Start
}

// stat reads start time and state from /proc (proc(5): fields 22 and 3, behind the last ")").
func stat(pid int) (start int64, state string, ok bool) {
	data, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return 0, "", false
	}
	f := bytes.Fields(data[bytes.LastIndexByte(data, ')')+1:])
	if len(f) < 20 {
		return 0, "", false
	}
	start, err = strconv.ParseInt(string(f[19]), 10, 64)
	return start, string(f[0]), err == nil
}
