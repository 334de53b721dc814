package atomicfile

import (
	"os"
	"path/filepath"
	"time"
)

// Scratch is a throw-away folder for what is only tried.
type Scratch struct {
	Dir     string
	release func()
}

// NewScratch makes a throw-away folder below parent, which is made with mode 0700 when it is missing.
// The caller must Close it; what a crash leaves Sweep removes.
func NewScratch(parent string) (*Scratch, error) {
	Sweep(parent)
	if err := os.MkdirAll(parent, 0o700); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(parent, "try")
	if err != nil {
		return nil, err
	}
	release, ok, err := TryLock(dir + ".lock")
	if err != nil || !ok {
		_ = os.RemoveAll(dir)
		return nil, err
	}
	return &Scratch{Dir: dir, release: release}, nil
}

// Write puts content into a new file of the folder.
func (s *Scratch) Write(name string, content []byte) (path string, err error) {
	path = filepath.Join(s.Dir, name)
	return path, os.WriteFile(path, content, 0o600)
}

// Link makes a symbolic link in the folder, and the folders above it. Close removes it and not what it leads to.
func (s *Scratch) Link(name, target string) error {
	path := filepath.Join(s.Dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return os.Symlink(target, path)
}

// Close removes the folder and all that is in it.
func (s *Scratch) Close() error {
	err := RemoveTree(s.Dir)
	s.release()
	_ = os.Remove(s.Dir + ".lock")
	_ = os.Remove(filepath.Dir(s.Dir)) // when it is empty
	return err
}

// Sweep removes the throw-away folders below parent whose owner is dead. Those of the last minute stay:
// their owner may be about to lock them.
func Sweep(parent string) {
	dirs, _ := filepath.Glob(filepath.Join(parent, "try*"))
	for _, dir := range dirs {
		fi, err := os.Lstat(dir)
		if err != nil || !fi.IsDir() || time.Since(fi.ModTime()) < time.Minute {
			continue
		}
		if release, ok, err := TryLock(dir + ".lock"); err == nil && ok {
			_ = RemoveTree(dir)
			release()
			_ = os.Remove(dir + ".lock")
		}
	}
	_ = os.Remove(parent)
}

// TempFolder makes a new folder with mode 0700 and a name that begins with prefix in parent, which must be there. remove
// takes it and all that is in it away.
func TempFolder(parent, prefix string) (dir string, remove func(), err error) {
	dir, err = os.MkdirTemp(parent, prefix)
	return dir, func() { _ = RemoveTree(dir) }, err // what cannot be removed is in nobody's way
}
