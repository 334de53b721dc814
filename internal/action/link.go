package action

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/gorescue/gorescue/internal/atomicfile"
	"github.com/gorescue/gorescue/internal/text"
)

// Link makes a symbolic link where nothing is, with the missing folders above it.
type Link struct {
	Path   string `json:"path"`
	Target string `json:"target"` // as it stands in the link
}

// Kind is "link".
func (l *Link) Kind() string { return "link" }

// Paths is the link.
func (l *Link) Paths() []string { return []string{l.Path} }

// Apply makes the link.
func (l *Link) Apply(_ context.Context, sys System) error {
	if im, err := sys.Look(l.Path); err != nil || im.Kind != atomicfile.Absent {
		return fmt.Errorf("cannot make the link %s: something is there (%v)", l.Path, err)
	}
	if err := makeParents(sys, filepath.Dir(l.Path)); err != nil {
		return err
	}
	return sys.Put(l.Path, atomicfile.Image{Kind: atomicfile.Link, Target: l.Target, UID: os.Getuid(), GID: os.Getgid()})
}

// Verify checks that it is there.
func (l *Link) Verify(_ context.Context, sys System) error {
	im, err := sys.Look(l.Path)
	if err == nil && (im.Kind != atomicfile.Link || im.Target != l.Target) {
		err = fmt.Errorf("cannot verify the link %s", l.Path)
	}
	return err
}

// Describe names both ends.
func (l *Link) Describe() text.Msg {
	return text.New("make the link {path} → {target}", "建立链接 {path} → {target}").With("path", l.Path, "target", l.Target)
}
