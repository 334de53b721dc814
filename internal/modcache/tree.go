package modcache

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// maxFiles bounds the files of one folder that are looked at; the largest module known has 50,000.
const maxFiles = 1_000_000

// tree is the list of files of an extracted module. It has only regular files: anything else is an error.
type tree struct {
	names []string // with slashes, sorted
	stamp Stamp
	err   error // fs.ErrNotExist: there is no such folder
}

func (t tree) absent() bool { return errors.Is(t.err, fs.ErrNotExist) }

func (t tree) set() map[string]bool {
	out := make(map[string]bool, len(t.names))
	for _, n := range t.names {
		out[n] = true
	}
	return out
}

func notRegular(name string) error { return fmt.Errorf("%s is no regular file", name) }

// openRegular opens a regular file for reading and nothing else, so that a pipe does not block.
func openRegular(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|nonblock, 0)
	if err != nil {
		return nil, err
	}
	if fi, err := f.Stat(); err != nil || !fi.Mode().IsRegular() {
		f.Close()
		return nil, errors.Join(err, notRegular(path))
	}
	return f, nil
}
