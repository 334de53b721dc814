//go:build unix

package gocmd

import (
	"os/exec"
	"syscall"
)

// ownGroup puts the command into a process group of its own, away from the terminal's signals.
func ownGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

func killGroup(cmd *exec.Cmd) error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
