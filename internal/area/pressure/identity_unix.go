//go:build unix

package pressure

import (
	"io/fs"
	"syscall"

	"golang.org/x/sys/unix"
)

func identityOf(fi fs.FileInfo) (inode, bool) {
	st, ok := fi.Sys().(*syscall.Stat_t)
	if !ok {
		return inode{}, false
	}
	dev := uint64(st.Dev)
	return inode{st.Ino, uint64(unix.Major(dev))<<20 | uint64(unix.Minor(dev))}, true
}
