package action

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/gorescue/gorescue/internal/atomicfile"
)

// Real changes the machine. Temporary files carry the id of the change in their names.
type Real struct{ Change string }

// Look reads a path.
func (Real) Look(path string) (atomicfile.Image, error) { return atomicfile.Read(path) }

// Put writes a path.
func (r Real) Put(path string, im atomicfile.Image) error {
	return atomicfile.Put(path, atomicfile.Temp(path, r.Change), im)
}

// Move moves a file or tree.
func (Real) Move(from, to string) error { return atomicfile.Move(from, to) }

// Swap has two files or trees change places.
func (Real) Swap(a, b string) error { return atomicfile.Swap(a, b) }

// Make makes a folder.
func (Real) Make(path string, build func() error) error {
	if im, err := atomicfile.Stat(path); err != nil || im.Kind != atomicfile.Absent {
		return errors.Join(err, fmt.Errorf("cannot make %s: it exists", path))
	}
	if err := build(); err != nil {
		return errors.Join(err, atomicfile.RemoveTree(path))
	}
	return nil
}

// Signal sends a signal.
func (Real) Signal(p Process, sig Signal) error { return sendSignal(p, sig) }

// DryRun changes nothing: it remembers what would be there, and shows it to later actions.
type DryRun struct {
	over map[string]atomicfile.Image
	made map[string]bool // folders of Make
}

// NewDryRun returns a system over the machine as it is.
func NewDryRun() *DryRun {
	return &DryRun{over: map[string]atomicfile.Image{}, made: map[string]bool{}}
}

// Look reads what would be at a path.
func (d *DryRun) Look(path string) (atomicfile.Image, error) {
	for p := path; ; p = filepath.Dir(p) {
		if im, ok := d.over[p]; ok {
			if p == path || im.Kind == atomicfile.Absent {
				return im, nil
			}
		}
		if d.made[p] && p != path {
			return atomicfile.Image{Kind: atomicfile.File, Opaque: true}, nil
		}
		if p == filepath.Dir(p) {
			break
		}
	}
	return atomicfile.Read(path)
}

// Put remembers.
func (d *DryRun) Put(path string, im atomicfile.Image) error {
	d.over[path] = im
	return nil
}

// Move remembers that the one is gone and the other is there.
func (d *DryRun) Move(from, to string) error {
	im, err := d.Look(from)
	if err != nil {
		return err
	}
	if im.Kind == atomicfile.Absent {
		return fmt.Errorf("cannot move %s: nothing is there", from)
	}
	d.forget(from)
	d.over[from], d.over[to] = atomicfile.Image{}, im
	return nil
}

// Swap remembers that each is where the other was.
func (d *DryRun) Swap(a, b string) error {
	x, err1 := d.Look(a)
	y, err2 := d.Look(b)
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	if x.Kind == atomicfile.Absent || y.Kind == atomicfile.Absent {
		return fmt.Errorf("cannot have %s and %s change places: one is not there", a, b)
	}
	d.forget(a)
	d.forget(b)
	d.over[a], d.over[b] = y, x
	return nil
}

// forget drops what is remembered below a path, which is no longer there.
func (d *DryRun) forget(path string) {
	for p := range d.over {
		if strings.HasPrefix(p, path+string(filepath.Separator)) {
			delete(d.over, p)
		}
	}
}

// Make remembers a folder.
func (d *DryRun) Make(path string, _ func() error) error {
	d.over[path], d.made[path] = folder(0o755), true
	return nil
}

// Signal does nothing.
func (d *DryRun) Signal(Process, Signal) error { return nil }

// Changed returns what would be different, by path.
func (d *DryRun) Changed() map[string]atomicfile.Image { return d.over }
