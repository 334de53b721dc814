package action

import (
	"context"
	"fmt"

	"github.com/gorescue/gorescue/internal/atomicfile"
	"github.com/gorescue/gorescue/internal/text"
)

// Mkdir makes a folder and the missing folders above it. One that is there already is left as it is.
type Mkdir struct {
	Path string `json:"path"`
}

// Kind is "mkdir".
func (m *Mkdir) Kind() string { return "mkdir" }

// Paths is the folder.
func (m *Mkdir) Paths() []string { return []string{m.Path} }

// Apply makes the folder with mode 0755.
func (m *Mkdir) Apply(_ context.Context, sys System) error { return makeParents(sys, m.Path) }

// Verify checks that it is there.
func (m *Mkdir) Verify(_ context.Context, sys System) error {
	im, err := sys.Look(resolve(m.Path))
	if err == nil && im.Kind != atomicfile.Folder {
		err = fmt.Errorf("cannot verify: %s is no folder", m.Path)
	}
	return err
}

// Describe names the folder.
func (m *Mkdir) Describe() text.Msg {
	return text.New("make the folder {path}", "创建目录 {path}").With("path", m.Path)
}
