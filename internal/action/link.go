package action

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/gorescue/gorescue/internal/atomicfile"
	"github.com/gorescue/gorescue/internal/text"
)

// Link makes a symbolic link where nothing is. Undo takes it away.
type Link struct {
	Path   string `json:"path"`
	Target string `json:"target"` // absolute, or relative to the folder of Path; it must exist
}

// Kind is "link".
func (l *Link) Kind() string { return "link" }

// Paths is the link.
func (l *Link) Paths() []string { return []string{l.Path} }

// Apply makes the link. It fails when something is there already.
func (l *Link) Apply(_ context.Context, sys System) error {
	im, err := sys.Look(l.Path)
	switch {
	case err != nil:
		return err
	case im.Kind != atomicfile.Absent:
		return fmt.Errorf("cannot link %s: something is there", l.Path)
	}
	target := l.Target
	if !filepath.IsAbs(target) {
		target = filepath.Join(filepath.Dir(l.Path), target)
	}
	if im, err := sys.Look(target); err != nil || im.Kind == atomicfile.Absent {
		return errors.Join(err, fmt.Errorf("cannot link %s: %s is not there", l.Path, target))
	}
	if err := makeParents(sys, filepath.Dir(l.Path)); err != nil {
		return err
	}
	return sys.Put(l.Path, atomicfile.Image{Kind: atomicfile.Link, Target: l.Target, UID: os.Getuid(), GID: os.Getgid()})
}

// Verify checks the target.
func (l *Link) Verify(_ context.Context, sys System) error {
	if im, err := sys.Look(l.Path); im.Kind != atomicfile.Link || im.Target != l.Target {
		return errors.Join(err, fmt.Errorf("cannot verify the link %s", l.Path))
	}
	return nil
}

// Describe names both ends.
func (l *Link) Describe() text.Msg {
	return text.New("make {path} a symbolic link to {target}", "把 {path} 建为指向 {target} 的符号链接").With("path", l.Path, "target", l.Target)
}
