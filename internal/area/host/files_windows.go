package host

import (
	"io/fs"
	"syscall"
)

// netrcName is the name of the file of credentials in the home folder.
const netrcName = "_netrc"

// errNotFolder says that a part of a path is a file.
var errNotFolder error = syscall.ENOTDIR

func executable(fi fs.FileInfo) bool { return true }

func owner(fs.FileInfo) int { return -1 }
