package action

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/gorescue/gorescue/internal/atomicfile"
	"github.com/gorescue/gorescue/internal/text"
)

// Move puts a file or tree aside. It is how we "delete": undo moves it back.
type Move struct {
	From string `json:"from"`
	To   string `json:"to"` // missing folders above it are made
}

// Kind is "move".
func (m *Move) Kind() string { return "move" }

// Paths are both ends. Of a tree only the top is bound to a plan.
func (m *Move) Paths() []string { return []string{m.From, m.To} }

// Apply moves.
func (m *Move) Apply(_ context.Context, sys System) error {
	if err := makeParents(sys, filepath.Dir(m.To)); err != nil {
		return err
	}
	return sys.Move(m.From, m.To)
}

// Verify checks that the one is gone and the other there.
func (m *Move) Verify(_ context.Context, sys System) error {
	from, err1 := sys.Look(m.From)
	to, err2 := sys.Look(m.To)
	if from.Kind != atomicfile.Absent || to.Kind == atomicfile.Absent {
		return errors.Join(err1, err2, fmt.Errorf("cannot verify that %s was moved", m.From))
	}
	return nil
}

// Describe names both ends.
func (m *Move) Describe() text.Msg {
	return text.New("move {from} aside to {to}", "把 {from} 移到 {to}").With("from", m.From, "to", m.To)
}

// Restore puts the content of a copy into a file; the copy stays.
type Restore struct {
	Path string `json:"path"`
	From string `json:"from"`
	Sum  string `json:"sum"` // Digest of the copy when the plan was made
}

// Kind is "restore".
func (r *Restore) Kind() string { return "restore" }

// Paths are the file and its copy.
func (r *Restore) Paths() []string { return []string{resolve(r.Path), r.From} }

// Apply writes the copy's content; mode and owner of the file stay, or become the copy's when there
// was no file.
func (r *Restore) Apply(_ context.Context, sys System) error {
	src, err := sys.Look(r.From)
	if err != nil {
		return err
	}
	if src.Kind != atomicfile.File || src.Opaque {
		return fmt.Errorf("cannot restore from %s: not a regular file", r.From)
	}
	path := resolve(r.Path)
	im, err := sys.Look(path)
	if err != nil {
		return err
	}
	if im.Opaque {
		return fmt.Errorf("cannot restore %s: what is there cannot be read, and so not kept", path)
	}
	if im.Kind == atomicfile.Absent {
		im = src
	}
	im.Data, im.ModTime = src.Data, time.Time{}
	return sys.Put(path, im)
}

// Verify compares both.
func (r *Restore) Verify(_ context.Context, sys System) error {
	a, err1 := sys.Look(resolve(r.Path))
	b, err2 := sys.Look(r.From)
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	if string(a.Data) != string(b.Data) {
		return fmt.Errorf("cannot verify %s: not equal to %s", r.Path, r.From)
	}
	return nil
}

// Describe names both.
func (r *Restore) Describe() text.Msg {
	return text.New("restore {path} from {from}", "用 {from} 恢复 {path}").With("path", r.Path, "from", r.From)
}

// Kick sends a signal to a process.
type Kick struct {
	Process
	Name   string `json:"name"` // for display
	Signal Signal `json:"signal"`
}

// Kind is "signal".
func (k *Kick) Kind() string { return "signal" }

// Paths is empty.
func (k *Kick) Paths() []string { return nil }

// Apply sends the signal. A process that is to be ended and is gone already needs none.
func (k *Kick) Apply(_ context.Context, sys System) error {
	if state, alive := processState(k.Process); canSeeProcesses && k.Signal == Terminate && (!alive || state == "Z") {
		return nil
	}
	return sys.Signal(k.Process, k.Signal)
}

// Verify waits up to 2 s for the effect: running again, or gone.
func (k *Kick) Verify(ctx context.Context, _ System) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	for {
		state, alive := processState(k.Process)
		switch {
		case k.Signal == Terminate && (!alive || state == "Z"),
			k.Signal == Continue && state != "T",
			k.Signal == Stop && (state == "T" || !alive):
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("cannot verify: process %d is still in state %s after SIG%s", k.PID, state, k.Signal)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// Describe names process and signal.
func (k *Kick) Describe() text.Msg {
	return text.New("send SIG{sig} to process {pid} ({name})", "向进程 {pid}（{name}）发送 SIG{sig}").
		With("sig", k.Signal, "pid", k.PID, "name", k.Name)
}

// resolve follows a link to the file that is really to be changed. A dangling or looping link is
// returned as it is and will be refused later.
func resolve(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	return path
}

// makeParents makes dir and the missing folders above it, each as a change of its own.
func makeParents(sys System, dir string) error {
	im, err := sys.Look(dir)
	switch {
	case err != nil:
		return err
	case im.Kind == atomicfile.Folder:
		return nil
	case im.Kind == atomicfile.Link:
		if real := resolve(dir); real != dir {
			return makeParents(sys, real)
		}
		return fmt.Errorf("cannot use %s: a link that leads nowhere", dir)
	case im.Kind != atomicfile.Absent:
		return fmt.Errorf("cannot use %s: not a folder", dir)
	}
	if parent := filepath.Dir(dir); parent != dir {
		if err := makeParents(sys, parent); err != nil {
			return err
		}
	}
	return sys.Put(dir, folder(0o755))
}

func mode(bits uint32) fs.FileMode { return fs.FileMode(bits).Perm() }

func created(m fs.FileMode) atomicfile.Image {
	return atomicfile.Image{Kind: atomicfile.File, Mode: m, UID: os.Getuid(), GID: os.Getgid()}
}

func folder(m fs.FileMode) atomicfile.Image {
	return atomicfile.Image{Kind: atomicfile.Folder, Mode: m, UID: os.Getuid(), GID: os.Getgid()}
}
