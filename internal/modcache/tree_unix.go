//go:build unix

package modcache

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"slices"

	"golang.org/x/sys/unix"
)

const nonblock = unix.O_NONBLOCK

// dirHandle opens the files of a folder relative to it: cheaper than by their whole paths.
type dirHandle struct{ fd int }

func openDir(path string) (*dirHandle, error) {
	fd, err := openat(unix.AT_FDCWD, path, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	return &dirHandle{fd}, nil
}

func (d *dirHandle) close() { unix.Close(d.fd) }

func (d *dirHandle) open(name string) (io.ReadCloser, error) {
	fd, err := openat(d.fd, name, unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK|unix.O_CLOEXEC)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	return rawFile(fd), nil
}

// openat begins again after a signal, as package os does.
func openat(dir int, name string, flags int) (int, error) {
	for {
		fd, err := unix.Openat(dir, name, flags, 0)
		if !errors.Is(err, unix.EINTR) {
			return fd, err
		}
	}
}

// rawFile is a regular file without the poller of package os, which costs a system call for each.
type rawFile int

func (f rawFile) Read(p []byte) (int, error) {
	for {
		n, err := unix.Read(int(f), p)
		switch {
		case errors.Is(err, unix.EINTR):
		case err != nil:
			return 0, err
		case n == 0 && len(p) > 0:
			return 0, io.EOF
		default:
			return n, nil
		}
	}
}

func (f rawFile) Close() error { return unix.Close(int(f)) }

// walkTree lists a folder. It follows no link.
func walkTree(ctx context.Context, dir string) tree {
	var t tree
	fd, err := openat(unix.AT_FDCWD, dir, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC)
	if err != nil {
		t.err = &fs.PathError{Op: "open", Path: dir, Err: err}
		return t
	}
	w := walker{ctx: ctx, t: &t, buf: make([]byte, 32<<10), st: newStamper()}
	t.err = w.dir(fd, "")
	slices.Sort(t.names)
	t.stamp = w.st.stamp(t.err == nil)
	return t
}

type walker struct {
	ctx context.Context
	t   *tree
	buf []byte
	st  *stamper
}

// dir lists one folder and closes it.
func (w *walker) dir(fd int, prefix string) error {
	defer unix.Close(fd)
	if err := w.ctx.Err(); err != nil {
		return err
	}
	var names []string
	for {
		n, err := unix.ReadDirent(fd, w.buf)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			return &fs.PathError{Op: "read", Path: prefix, Err: err}
		}
		if n <= 0 {
			break
		}
		_, _, names = unix.ParseDirent(w.buf[:n], -1, names)
		if len(names) > maxFiles {
			return errors.New("too many files")
		}
	}
	slices.Sort(names)
	for _, name := range names {
		var st unix.Stat_t
		if err := unix.Fstatat(fd, name, &st, unix.AT_SYMLINK_NOFOLLOW); err != nil {
			return &fs.PathError{Op: "stat", Path: prefix + name, Err: err}
		}
		switch st.Mode & unix.S_IFMT {
		case unix.S_IFREG:
			if len(w.t.names) >= maxFiles {
				return errors.New("too many files")
			}
			w.t.names = append(w.t.names, prefix+name)
			w.st.add(prefix+name, &st)
		case unix.S_IFDIR:
			sub, err := openat(fd, name, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC)
			if err != nil {
				return &fs.PathError{Op: "open", Path: prefix + name, Err: err}
			}
			if err := w.dir(sub, prefix+name+"/"); err != nil {
				return err
			}
		default:
			return notRegular(prefix + name)
		}
	}
	return nil
}
