package gotree

import (
	"io/fs"
	"os"
)

// executable is true on Windows, where the name decides.
func executable(string, fs.FileInfo) (runs, noexec bool) { return true, false }

// Open opens a file for reading.
func Open(path string) (*os.File, error) { return os.Open(path) }
