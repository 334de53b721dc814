package network

import (
	"errors"
	"io"
	"io/fs"
	"os"

	"github.com/gorescue/gorescue/internal/facts"
)

// small reads a regular file of at most 8 MiB.
func small(path string) ([]byte, facts.FileState) {
	fi, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, facts.FileMissing
	case err != nil:
		return nil, facts.FileUnreadable
	case !fi.Mode().IsRegular() || fi.Size() > 8<<20:
		return nil, facts.FileOdd
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, facts.FileUnreadable
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, 8<<20))
	if err != nil {
		return nil, facts.FileUnreadable
	}
	return data, facts.FileRead
}
