package lspproxy

import (
	"os"
	"os/exec"
	"syscall"

	"golang.org/x/sys/windows"
)

// ownGroup keeps the console's interrupts away from the server.
func ownGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: windows.CREATE_NEW_PROCESS_GROUP}
}

// kill ends the server.
func kill(pid int) {
	if p, err := os.FindProcess(pid); err == nil {
		_ = p.Kill()
	}
}

// quit cannot make a program dump its goroutines here.
func quit(pid int) { kill(pid) }

// letGo does nothing: there are no stopped processes here.
func letGo(int) {}
