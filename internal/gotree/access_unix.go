//go:build unix

package gotree

import (
	"io/fs"
	"os"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// executable reports whether this user may execute a file, as os/exec.LookPath asks (eaccess), and
// whether its file system forbids that for all files.
func executable(path string, fi fs.FileInfo) (runs, noexec bool) {
	err := unix.Faccessat(unix.AT_FDCWD, path, unix.X_OK, unix.AT_EACCESS)
	if err == syscall.ENOSYS || err == syscall.EPERM {
		return fi.Mode()&0o111 != 0, false
	}
	if err == nil || fi.Mode()&0o111 == 0 {
		return err == nil, false
	}
	return false, mountedNoExec(path)
}

// Open opens a file without waiting for the other end of a pipe.
func Open(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK, 0)
}

func mountedNoExec(path string) bool {
	if runtime.GOOS != "linux" {
		return false
	}
	return noExec(path)
}

// MayWrite reports whether the system lets this user make entries in a folder.
func MayWrite(dir string) bool { return unix.Access(dir, unix.W_OK|unix.X_OK) == nil }
