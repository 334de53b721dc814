package action

import (
	"context"
	"fmt"
	"time"

	"github.com/gorescue/gorescue/internal/atomicfile"
	"github.com/gorescue/gorescue/internal/text"
	"github.com/gorescue/gorescue/internal/vscdb"
)

// State gives one key of an editor's state database (state.vscdb) another value. The whole file is replaced
// by a changed copy, so that undo brings back its exact bytes. The editor must not run: it keeps the values in
// memory and writes them back.
type State struct {
	Path  string `json:"path"`
	Key   string `json:"key"`
	Value string `json:"value"`
	Why   string `json:"why"` // what the value means, for display
}

// Kind is "state".
func (s *State) Kind() string { return "state" }

// Paths is the database.
func (s *State) Paths() []string { return []string{resolve(s.Path)} }

// Apply replaces the file.
func (s *State) Apply(ctx context.Context, sys System) error {
	path := resolve(s.Path)
	im, err := sys.Look(path)
	if err != nil {
		return err
	}
	if im.Kind != atomicfile.File || im.Opaque {
		return fmt.Errorf("cannot change %s: not a regular file that may be read", path)
	}
	data, err := vscdb.With(ctx, im.Data, s.Key, s.Value)
	if err != nil {
		return fmt.Errorf("cannot change %s: %v", path, err)
	}
	im.Data, im.ModTime = data, time.Time{}
	return sys.Put(path, im)
}

// Verify makes the change again and finds nothing left to change.
func (s *State) Verify(ctx context.Context, sys System) error {
	im, err := sys.Look(resolve(s.Path))
	if err != nil {
		return err
	}
	have, err := vscdb.Get(ctx, im.Data, s.Key)
	if err == nil && have != s.Value {
		err = fmt.Errorf("cannot verify %s: the key %s has another value", s.Path, s.Key)
	}
	return err
}

// Describe names the file and what the value means.
func (s *State) Describe() text.Msg {
	return text.New("in {path}: {why}", "在 {path} 中：{why}").With("path", s.Path, "why", s.Why)
}
