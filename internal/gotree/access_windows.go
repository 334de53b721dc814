package gotree

import (
	"io/fs"
	"os"
)

// executable is true on Windows, where the name decides.
func executable(string, fs.FileInfo) (runs, noexec bool) { return true, false }

// Open opens a file for reading.
func Open(path string) (*os.File, error) { return os.Open(path) }

// MayWrite reports whether the system lets this user make entries in a folder; here that cannot be told.
func MayWrite(string) bool { return false }
