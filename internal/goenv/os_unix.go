//go:build unix

package goenv

import (
	"io/fs"
	"os"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// usualConfig is the configuration folder below HOME when nothing names another.
var usualConfig = map[bool]string{true: "Library/Application Support", false: ".config"}[runtime.GOOS == "darwin"]

// homeVar names the home folder (go/build: defaultGOPATH).
const homeVar = "HOME"

func ownerOf(fi fs.FileInfo) int {
	if st, ok := fi.Sys().(*syscall.Stat_t); ok {
		return int(st.Uid)
	}
	return -1
}

// openNow opens a file without waiting for the other end of a pipe.
func openNow(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK, 0)
}

// programs are the files that a program of that name may be.
func programs(path string) []string { return []string{path} }

func executable(fi fs.FileInfo) bool { return fi.Mode()&0o111 != 0 }
