// Package atomicfile puts a file, link or folder into an exact state so that a crash at any
// instant leaves either the old or the new one, and takes the lock that keeps two of our
// processes apart.
package atomicfile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Kind is the kind of thing at a path.
type Kind string

// The kinds. The zero value means that nothing is there.
const (
	Absent Kind = ""
	File   Kind = "file"
	Folder Kind = "folder"
	Link   Kind = "link"
	Other  Kind = "other" // device, pipe, socket: never read, never written
)

// MaxSize bounds the files that are read whole: 64 MiB. Larger ones are moved, never rewritten.
const MaxSize = 64 << 20

// Image is the exact state of one path.
type Image struct {
	Kind    Kind        `json:"kind,omitempty"`
	Mode    fs.FileMode `json:"mode,omitempty"` // permission bits with setuid, setgid, sticky
	UID     int         `json:"uid,omitempty"`
	GID     int         `json:"gid,omitempty"`
	ModTime time.Time   `json:"mtime,omitzero"`
	Target  string      `json:"target,omitempty"` // of a link
	Data    []byte      `json:"-"`                // of a file
	Opaque  bool        `json:"opaque,omitempty"` // a file whose data was not read: no permission, or larger than MaxSize
	Inode   uint64      `json:"inode,omitempty"`  // tells it from what is put in its place; 0 = this system gives none
}

// Stat returns the state of a path without its data; a link is not followed.
func Stat(path string) (Image, error) {
	fi, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return Image{}, nil
	}
	if err != nil {
		return Image{}, err
	}
	im := Image{Mode: fi.Mode() & (fs.ModePerm | fs.ModeSetuid | fs.ModeSetgid | fs.ModeSticky), ModTime: fi.ModTime()}
	im.UID, im.GID, im.Inode = identity(fi)
	switch {
	case fi.Mode().IsRegular():
		im.Kind = File
	case fi.IsDir():
		im.Kind = Folder
	case fi.Mode()&fs.ModeSymlink != 0:
		im.Kind = Link
		im.Target, err = os.Readlink(path)
	default:
		im.Kind = Other
	}
	return im, err
}

// Read returns the state of a path and, for a regular file, its data. A file that may not be read,
// or is larger than MaxSize, comes back Opaque and without error.
func Read(path string) (Image, error) {
	im, err := Stat(path)
	if err != nil || im.Kind != File {
		return im, err
	}
	f, err := openRegular(path)
	if errors.Is(err, fs.ErrPermission) {
		im.Opaque = true
		return im, nil
	}
	if err != nil {
		return im, err
	}
	defer f.Close()
	im.Data, err = io.ReadAll(io.LimitReader(f, MaxSize+1))
	if len(im.Data) > MaxSize {
		im.Data, im.Opaque = nil, true
	}
	return im, err
}

// Same reports whether two states are equal but for their times and inodes. Data is compared only when both
// were read.
func Same(a, b Image) bool {
	if a.Kind != b.Kind || a.Target != b.Target {
		return false
	}
	if a.Kind == Absent || a.Kind == Link {
		return true
	}
	return a.Mode == b.Mode && a.UID == b.UID && a.GID == b.GID && (a.Opaque || b.Opaque || bytes.Equal(a.Data, b.Data))
}

// Put makes path be the image: a file is written beside it, synced and renamed into place; an
// absent image removes a file, link or empty folder; of a folder or an opaque file only mode, owner
// and time are set. tmp is the name of the temporary file in the same folder; the caller records it
// first, so that a crash leaves nothing unknown. A file whose data, mode and owner are right already
// only gets its time.
func Put(path, tmp string, im Image) error {
	cur, err := Stat(path)
	if err != nil {
		return err
	}
	if cur.Kind == Other || im.Kind == Other {
		return fmt.Errorf("cannot write %s: not a regular file", path)
	}
	if kernelSetting(path) && im.Kind == File && cur.Kind == File {
		return putSetting(path, im)
	}
	switch im.Kind {
	case Absent:
		return remove(path, cur)
	case Folder:
		return putFolder(path, cur, im)
	case Link:
		Point("symlink")
		if err := os.Symlink(im.Target, tmp); err != nil {
			return err
		}
		return replace(tmp, path)
	}
	return putFile(path, tmp, cur, im)
}

// kernelSetting reports whether a path is a setting of the kernel (proc_sys(5)): such a file is written in place, as a whole.
func kernelSetting(path string) bool { return strings.HasPrefix(path, "/proc/sys/") }

func putSetting(path string, im Image) error {
	old, err := Read(path)
	if err != nil || bytes.Equal(old.Data, im.Data) {
		return err
	}
	Point("write")
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.Write(im.Data)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	return err
}

func remove(path string, cur Image) error {
	if cur.Kind == Absent {
		return nil
	}
	Point("remove")
	if err := os.Remove(path); err != nil {
		return err
	}
	return SyncDir(filepath.Dir(path))
}

func putFolder(path string, cur, im Image) error {
	if cur.Kind == Absent {
		Point("mkdir")
		if err := os.Mkdir(path, im.Mode.Perm()); err != nil {
			return err
		}
	} else if cur.Kind != Folder {
		return fmt.Errorf("cannot make the folder %s: a %s is in the way", path, cur.Kind)
	}
	if err := attributes(path, im); err != nil {
		return err
	}
	return SyncDir(filepath.Dir(path))
}

func putFile(path, tmp string, cur, im Image) error {
	if cur.Kind == Folder {
		return fmt.Errorf("cannot write %s: a folder is in the way", path)
	}
	if im.Opaque {
		if cur.Kind != File {
			return fmt.Errorf("cannot change the mode of %s: no file is there", path)
		}
		return attributes(path, im)
	}
	if cur.Kind == File {
		old, err := Read(path)
		if err == nil && !old.Opaque && bytes.Equal(old.Data, im.Data) { // only mode, owner, time: no new inode
			return attributes(path, im)
		}
	}
	if err := writeTemp(tmp, im); err != nil {
		Point("remove")
		if rm := os.Remove(tmp); rm != nil && !errors.Is(rm, fs.ErrNotExist) {
			return errors.Join(err, rm)
		}
		return err
	}
	return replace(tmp, path)
}

// writeTemp writes and syncs the temporary file. It is created private; its mode comes with its owner.
func writeTemp(tmp string, im Image) error {
	Point("create")
	f, err := os.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	half := len(im.Data) / 2
	_, err = f.Write(im.Data[:half])
	if Point("write"); err == nil {
		_, err = f.Write(im.Data[half:])
	}
	if Point("fsync"); err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return err
	}
	return attributes(tmp, im)
}

func replace(tmp, path string) error {
	Point("rename")
	if err := os.Rename(tmp, path); err != nil {
		return err
	}
	return SyncDir(filepath.Dir(path))
}

// attributes sets owner, mode and time. The owner is set only when it differs, and a refusal to
// change it is an error: a file must not change hands without a word.
func attributes(path string, im Image) error {
	cur, err := Stat(path)
	if err != nil {
		return err
	}
	if cur.UID != im.UID || cur.GID != im.GID {
		Point("chown")
		if err := os.Lchown(path, im.UID, im.GID); err != nil {
			return err
		}
		cur.Mode = ^im.Mode // chown may drop bits: set them again
	}
	if cur.Mode != im.Mode {
		Point("chmod")
		if err := os.Chmod(path, im.Mode); err != nil {
			return err
		}
	}
	if im.ModTime.IsZero() {
		return nil
	}
	Point("utimes")
	return os.Chtimes(path, time.Time{}, im.ModTime)
}

// Move renames a file or tree within one file system, or copies it to another one, verifies the
// copy's sizes and only then removes the original. Nothing may be at to. An interrupted move leaves
// the original complete, or the copy complete and the original in part: moving back (see Back) heals both.
func Move(from, to string) error {
	if im, err := Stat(to); err != nil || im.Kind != Absent {
		return errors.Join(err, fmt.Errorf("cannot move to %s: it exists", to))
	}
	Point("rename")
	err := os.Rename(from, to)
	if err == nil {
		return errors.Join(SyncDir(filepath.Dir(from)), SyncDir(filepath.Dir(to)))
	}
	if !crossDevice(err) {
		return err
	}
	part := to + ".part"
	if err := RemoveTree(part); err != nil {
		return err
	}
	if err := copyTree(from, part); err != nil {
		return errors.Join(err, RemoveTree(part))
	}
	if err := replace(part, to); err != nil {
		return err
	}
	return RemoveTree(from)
}

// Swap has what is at the two paths change places in one instant, so that a program which looks meanwhile finds the one
// or the other. errors.ErrUnsupported, and nothing was done, when the system or the file system cannot.
func Swap(a, b string) error {
	Point("swap")
	if err := exchange(a, b); err != nil {
		return err
	}
	return errors.Join(SyncDir(filepath.Dir(a)), SyncDir(filepath.Dir(b)))
}

// Back undoes a Move, whole or interrupted: everything of to that from lacks goes back.
func Back(from, to string) error {
	if err := RemoveTree(to + ".part"); err != nil {
		return err
	}
	dst, err := Stat(to)
	if err != nil || dst.Kind == Absent {
		return err
	}
	src, err := Stat(from)
	if err != nil {
		return err
	}
	if src.Kind == Absent {
		return Move(to, from)
	}
	if src.Kind != Folder || dst.Kind != Folder {
		return RemoveTree(to) // the original was never touched
	}
	names, err := os.ReadDir(to)
	if err != nil {
		return err
	}
	for _, n := range names {
		if err := Back(filepath.Join(from, n.Name()), filepath.Join(to, n.Name())); err != nil {
			return err
		}
	}
	if err := attributes(from, dst); err != nil {
		return err
	}
	return RemoveTree(to)
}

// RemoveTree removes a tree, read-only folders included (the module cache has them). It does not
// follow links. A missing tree is no error.
func RemoveTree(path string) error {
	err := filepath.WalkDir(path, func(p string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if d != nil && d.IsDir() {
			if fi, e := d.Info(); e == nil && fi.Mode().Perm()&0o700 != 0o700 {
				return os.Chmod(p, fi.Mode().Perm()|0o700)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	Point("removeall")
	return os.RemoveAll(path)
}

func copyTree(from, to string) error {
	im, err := Stat(from)
	if err != nil {
		return err
	}
	switch im.Kind {
	case Link:
		return os.Symlink(im.Target, to)
	case File:
		return copyFile(from, to, im)
	case Folder:
	default:
		return fmt.Errorf("cannot copy %s: not a regular file", from)
	}
	Point("mkdir")
	if err := os.Mkdir(to, 0o700); err != nil {
		return err
	}
	names, err := os.ReadDir(from)
	if err != nil {
		return err
	}
	for _, n := range names {
		if err := copyTree(filepath.Join(from, n.Name()), filepath.Join(to, n.Name())); err != nil {
			return err
		}
	}
	if err := SyncDir(to); err != nil {
		return err
	}
	return attributes(to, im)
}

func copyFile(from, to string, im Image) error {
	src, err := openRegular(from)
	if err != nil {
		return err
	}
	defer src.Close()
	Point("create")
	dst, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(dst, src)
	if Point("fsync"); err == nil {
		err = dst.Sync()
	}
	if cerr := dst.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return err
	}
	return attributes(to, im)
}

// SyncDir makes the entries of a folder durable. File systems which cannot are passed over.
func SyncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		if errors.Is(err, fs.ErrPermission) {
			return nil // a folder that may be written but not read
		}
		return err
	}
	defer d.Close()
	Point("fsyncdir")
	if err := d.Sync(); err != nil && !unsupported(err) {
		return err
	}
	return nil
}

// Temp returns the name of the temporary file that a change uses for path.
func Temp(path, change string) string {
	return filepath.Join(filepath.Dir(path), "."+strings.TrimPrefix(filepath.Base(path), ".")+"."+change+".tmp")
}

// Append opens a private file for appending and makes it when it is missing. Each Write is one write(2), so that a killed
// writer leaves whole writes and at most one torn one.
func Append(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
}
