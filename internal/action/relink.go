package action

import (
	"context"
	"fmt"
	"time"

	"github.com/gorescue/gorescue/internal/atomicfile"
	"github.com/gorescue/gorescue/internal/text"
)

// Relink lets a symbolic link lead elsewhere. What it led to is not touched.
type Relink struct {
	Path string `json:"path"`
	Old  string `json:"old"` // where it leads when the plan is made
	New  string `json:"new"`
}

// Kind is "relink".
func (r *Relink) Kind() string { return "relink" }

// Paths is the link itself.
func (r *Relink) Paths() []string { return []string{r.Path} }

// Apply replaces the link.
func (r *Relink) Apply(_ context.Context, sys System) error {
	im, err := sys.Look(r.Path)
	if err != nil {
		return err
	}
	if im.Kind != atomicfile.Link || im.Target != r.Old {
		return fmt.Errorf("cannot relink %s: no link to %s", r.Path, r.Old)
	}
	im.Target, im.ModTime = r.New, time.Time{}
	return sys.Put(r.Path, im)
}

// Verify reads the link.
func (r *Relink) Verify(_ context.Context, sys System) error {
	im, err := sys.Look(r.Path)
	if err == nil && (im.Kind != atomicfile.Link || im.Target != r.New) {
		err = fmt.Errorf("cannot verify %s: it does not lead to %s", r.Path, r.New)
	}
	return err
}

// Describe names all three.
func (r *Relink) Describe() text.Msg {
	return text.New("let the link {path} lead to {new} instead of {old}", "让链接 {path} 指向 {new}，而不是 {old}").With("path", r.Path, "new", r.New, "old", r.Old)
}
