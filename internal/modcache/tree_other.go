//go:build !unix

package modcache

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

const nonblock = 0

type dirHandle struct{ dir string }

func openDir(path string) (*dirHandle, error) { return &dirHandle{path}, nil }

func (d *dirHandle) close() {}

func (d *dirHandle) open(name string) (io.ReadCloser, error) {
	return openRegular(filepath.Join(d.dir, filepath.FromSlash(name)))
}

// walkTree lists a folder. Its stamp says nothing here, so that nothing is taken from an index.
func walkTree(ctx context.Context, dir string) tree {
	var t tree
	t.err = filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err = errors.Join(err, ctx.Err()); err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(dir, p)
		if err != nil || !d.Type().IsRegular() || len(t.names) >= maxFiles {
			return errors.Join(err, notRegular(p))
		}
		t.names = append(t.names, filepath.ToSlash(rel))
		return nil
	})
	if _, err := os.Lstat(dir); errors.Is(err, fs.ErrNotExist) {
		t.err = err
	}
	slices.Sort(t.names)
	return t
}

func stampOf(...string) Stamp { return Stamp{} }
