//go:build unix

package lspproxy

import (
	"os/exec"
	"syscall"
)

// ownGroup puts the server into a process group of its own.
func ownGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// kill ends the server and what it has started. No such process is no error.
func kill(pid int) { _ = syscall.Kill(-pid, syscall.SIGKILL) }

// quit makes a Go program write all its goroutines to standard error and end; a stopped one goes on first.
func quit(pid int) {
	dump(pid)
	_ = syscall.Kill(pid, syscall.SIGCONT)
}

// letGo lets a stopped server go on.
func letGo(pid int) { _ = syscall.Kill(-pid, syscall.SIGCONT) }
