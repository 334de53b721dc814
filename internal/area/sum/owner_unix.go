//go:build unix

package sum

import (
	"io/fs"
	"syscall"
)

// owner is the user id of a file's owner, -1 = unknown.
func owner(fi fs.FileInfo) int {
	if st, ok := fi.Sys().(*syscall.Stat_t); ok {
		return int(st.Uid)
	}
	return -1
}
