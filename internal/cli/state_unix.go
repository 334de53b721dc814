//go:build unix

package cli

import (
	"io/fs"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// private reports whether a folder belongs to this user and is no link.
func private(fi fs.FileInfo) bool {
	st, ok := fi.Sys().(*syscall.Stat_t)
	return fi.IsDir() && ok && int(st.Uid) == os.Getuid()
}

// writable asks the kernel: mode, owner, read-only mounts and capabilities count.
func writable(path string) bool {
	var st unix.Statfs_t
	if unix.Statfs(path, &st) == nil && st.Type != 0 && st.Blocks > 0 && st.Bavail == 0 {
		return false // a full disk cannot keep a journal
	}
	return unix.Faccessat(unix.AT_FDCWD, path, unix.W_OK|unix.X_OK, unix.AT_EACCESS) == nil
}
