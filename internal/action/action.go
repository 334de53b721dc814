// Package action holds the effects a repair may have: a few kinds of action as plain data, which
// can be shown, saved, hashed and approved before anything happens, and the one small interface
// through which all of them reach the machine.
package action

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/gorescue/gorescue/internal/atomicfile"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/text"
)

// System is the machine as actions may change it. Implementations: Real, DryRun, and the
// journaling one of package repair. Methods are not safe for concurrent use.
type System interface {
	// Look returns the state of a path (see atomicfile.Read); a missing path is Kind Absent, no error.
	Look(path string) (atomicfile.Image, error)
	// Put makes path be that image, atomically.
	Put(path string, im atomicfile.Image) error
	// Move renames a file or tree; nothing may be at to.
	Move(from, to string) error
	// Swap has two files or trees change places in one instant; errors.ErrUnsupported, and nothing was done, where the
	// file system cannot.
	Swap(a, b string) error
	// Make runs build, which makes a folder at path, where nothing may be; after an error nothing is there. A dry
	// run does not run it, and takes everything below path for there.
	Make(path string, build func() error) error
	// Signal sends a signal to exactly the process named, never to a later one with its number.
	Signal(p Process, sig Signal) error
}

// Process names a process for good: its number and the clock ticks since boot at its start.
type Process struct {
	PID   int   `json:"pid"`
	Start int64 `json:"start"`
}

// Signal is a signal by name.
type Signal string

// The signals that may be sent. Stop and Continue undo each other; Quit makes a Go program write its goroutines and end.
const (
	Continue  Signal = "CONT"
	Stop      Signal = "STOP"
	Terminate Signal = "TERM"
	Quit      Signal = "QUIT"
)

// Action is one effect. It is a JSON-encodable struct; see List for the encoding.
type Action interface {
	Kind() string
	// Paths names every path that Apply reads or changes: the state a plan is bound to.
	Paths() []string
	// Apply does it. After an error the engine takes back what was done.
	Apply(ctx context.Context, sys System) error
	// Verify reports whether the effect is there.
	Verify(ctx context.Context, sys System) error
	// Describe says in a sentence what will happen.
	Describe() text.Msg
}

// List is a list of actions that survives JSON: each is an object with its kind under "do".
type List []Action

// kinds is the one list of actions.
func kinds() []Action {
	return []Action{&Edit{}, &Chmod{}, &Move{}, &Restore{}, &Mkdir{}, &Link{}, &RestoreModule{}, &Kick{}, &Vendor{}, &State{}, &Relink{}}
}

// MarshalJSON encodes each action with its kind.
func (l List) MarshalJSON() ([]byte, error) {
	out := make([]json.RawMessage, 0, len(l))
	for _, a := range l {
		body, err := json.Marshal(a)
		if err != nil {
			return nil, err
		}
		head, _ := json.Marshal(a.Kind())
		item := append([]byte(`{"do":`), head...)
		if len(body) > 2 {
			item = append(item, ',')
		}
		out = append(out, append(item, body[1:]...))
	}
	return json.Marshal(out)
}

// UnmarshalJSON decodes a list; an unknown kind or field is an error, since doing a plan in part
// would be worse than refusing it.
func (l *List) UnmarshalJSON(data []byte) error {
	var items []json.RawMessage
	if err := json.Unmarshal(data, &items); err != nil {
		return err
	}
	*l = nil
	for _, item := range items {
		var fields map[string]json.RawMessage
		if err := json.Unmarshal(item, &fields); err != nil {
			return err
		}
		var kind string
		if err := json.Unmarshal(fields["do"], &kind); err != nil {
			return errors.New(`cannot read an action: it has no "do"`)
		}
		delete(fields, "do")
		a := byKind(kind)
		if a == nil {
			return fmt.Errorf("cannot read an action: unknown kind %q (the plan is of a newer gorescue?)", kind)
		}
		rest, err := json.Marshal(fields)
		if err != nil {
			return err
		}
		dec := json.NewDecoder(bytes.NewReader(rest))
		dec.DisallowUnknownFields()
		if err := dec.Decode(a); err != nil {
			return fmt.Errorf("cannot read an action %q: %v", kind, err)
		}
		*l = append(*l, a)
	}
	return nil
}

func byKind(kind string) Action {
	for _, a := range kinds() {
		if a.Kind() == kind {
			return a
		}
	}
	return nil
}

// Edit replaces exact pieces of a text file and keeps every other byte, the mode and the owner. A
// link is followed: the file it names is edited, the link stays.
type Edit struct {
	Path string `json:"path"`
	// Create makes the file with mode 0644 (and missing folders above it with mode 0755) when there is none.
	Create  bool           `json:"create,omitempty"`
	Splices []facts.Splice `json:"splices"` // ascending, not overlapping; offsets of the file as it is now
}

// Kind is "edit".
func (e *Edit) Kind() string { return "edit" }

// Paths is the file, and its target when it is a link.
func (e *Edit) Paths() []string { return []string{resolve(e.Path)} }

// Apply edits the file. It fails when the bytes to replace are not there.
func (e *Edit) Apply(_ context.Context, sys System) error {
	path := resolve(e.Path)
	im, err := sys.Look(path)
	if err != nil {
		return err
	}
	switch {
	case im.Kind == atomicfile.Absent && e.Create:
		if err := makeParents(sys, filepath.Dir(path)); err != nil {
			return err
		}
		im = created(0o644)
	case im.Kind != atomicfile.File || im.Opaque:
		return fmt.Errorf("cannot edit %s: not a regular file that may be read", path)
	}
	data, err := Spliced(im.Data, e.Splices)
	if err != nil {
		return fmt.Errorf("cannot edit %s: %v", path, err)
	}
	im.Data = data
	im.ModTime = time.Time{} // now
	return sys.Put(path, im)
}

// Verify checks that every new piece stands where it belongs.
func (e *Edit) Verify(_ context.Context, sys System) error {
	im, err := sys.Look(resolve(e.Path))
	if err != nil {
		return err
	}
	shift := 0
	for _, s := range e.Splices {
		at := s.Offset + shift
		if at > len(im.Data) || !bytes.HasPrefix(im.Data[at:], []byte(s.New)) {
			return fmt.Errorf("cannot verify %s: the edit is not there", e.Path)
		}
		shift += len(s.New) - len(s.Old)
	}
	return nil
}

// Describe names the file and the number of places.
func (e *Edit) Describe() text.Msg {
	return text.New("edit {path} ({n} place(s))", "编辑 {path}（{n} 处）").With("path", e.Path, "n", len(e.Splices))
}

// Spliced returns data with the splices applied. It fails when one does not fit.
func Spliced(data []byte, splices []facts.Splice) ([]byte, error) {
	var out []byte
	at := 0
	for _, s := range splices {
		if s.Offset < at || s.Offset > len(data) || !bytes.HasPrefix(data[s.Offset:], []byte(s.Old)) {
			return nil, fmt.Errorf("the text to replace is not at byte %d any more", s.Offset)
		}
		out = append(out, data[at:s.Offset]...)
		out = append(out, s.New...)
		at = s.Offset + len(s.Old)
	}
	return append(out, data[at:]...), nil
}

// Chmod sets the permission bits of files or folders.
type Chmod struct {
	Files []string `json:"files"`
	Add   uint32   `json:"add"` // bits to add, as 0o111; the others stay
}

// Kind is "chmod".
func (c *Chmod) Kind() string { return "chmod" }

// Paths are the files.
func (c *Chmod) Paths() []string { return c.Files }

// Apply adds the bits.
func (c *Chmod) Apply(_ context.Context, sys System) error {
	for _, f := range c.Files {
		im, err := sys.Look(f)
		if err != nil {
			return err
		}
		if im.Kind != atomicfile.File && im.Kind != atomicfile.Folder {
			return fmt.Errorf("cannot change the mode of %s: no file or folder", f)
		}
		im.Mode |= mode(c.Add)
		if err := sys.Put(f, im); err != nil {
			return err
		}
	}
	return nil
}

// Verify checks the bits.
func (c *Chmod) Verify(_ context.Context, sys System) error {
	for _, f := range c.Files {
		if im, err := sys.Look(f); im.Mode&mode(c.Add) != mode(c.Add) {
			return errors.Join(err, fmt.Errorf("cannot verify the mode of %s", f))
		}
	}
	return nil
}

// Describe names the bits and the files.
func (c *Chmod) Describe() text.Msg {
	return text.New("add mode {mode} to {n} file(s), first {path}", "为 {n} 个文件增加权限 {mode}，第一个是 {path}").
		With("mode", fmt.Sprintf("%#o", c.Add), "n", len(c.Files), "path", first(c.Files))
}

// Digest is the fingerprint of a path's state: what it is, mode, owner, target, data. The time is not
// part of it. "absent" when nothing is there.
func Digest(im atomicfile.Image) string {
	if im.Kind == atomicfile.Absent {
		return "absent"
	}
	h := sha256.New()
	fmt.Fprintf(h, "%s %o %d %d %q %t\n", im.Kind, im.Mode, im.UID, im.GID, im.Target, im.Opaque)
	h.Write(im.Data)
	return hex.EncodeToString(h.Sum(nil))
}

func first(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}
