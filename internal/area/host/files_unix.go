//go:build unix

package host

import (
	"io/fs"
	"syscall"
)

// netrcName is the name of the file of credentials in the home folder.
const netrcName = ".netrc"

// errNotFolder says that a part of a path is a file.
var errNotFolder error = syscall.ENOTDIR

func executable(fi fs.FileInfo) bool { return fi.Mode()&0o111 != 0 }

func owner(fi fs.FileInfo) int {
	if st, ok := fi.Sys().(*syscall.Stat_t); ok {
		return int(st.Uid)
	}
	return -1
}
