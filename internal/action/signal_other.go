//go:build !linux

package action

import "errors"

func sendSignal(Process, Signal) error {
	return errors.New("cannot send signals on this system yet: processes cannot be named for good here")
}

// canSeeProcesses: see signal_linux.go.
const canSeeProcesses = false

func processState(Process) (state string, alive bool) { return "", false }
