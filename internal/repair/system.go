package repair

import (
	"errors"
	"fmt"

	"github.com/gorescue/gorescue/internal/action"
	"github.com/gorescue/gorescue/internal/atomicfile"
	"github.com/gorescue/gorescue/internal/journal"
)

// recorder is the System of a repair: before each effect it writes down what will be done and keeps
// what was there, after it that it was done.
type recorder struct {
	sys    action.System
	j      *journal.Journal
	change string
	n      int // operations so far in this change
}

func (r *recorder) Look(path string) (atomicfile.Image, error) { return r.sys.Look(path) }

func (r *recorder) Put(path string, im atomicfile.Image) error {
	pre, err := r.sys.Look(path)
	if err != nil {
		return err
	}
	if pre.Opaque && !im.Opaque {
		return fmt.Errorf("cannot write %s: what is there cannot be read, and so not kept", path)
	}
	op := journal.Op{Kind: opPut, Path: path, Tmp: atomicfile.Temp(path, r.change), Pre: pre, Post: im}
	op.PreSum, err = r.keep(pre)
	if err == nil {
		op.PostSum, err = r.keep(im)
	}
	if err != nil {
		return fmt.Errorf("cannot keep the present content of %s, nothing was done: %v", path, err)
	}
	return r.do(op, func() error { return r.sys.Put(path, im) })
}

func (r *recorder) Move(from, to string) error {
	pre, err := atomicfile.Stat(from)
	if err == nil && pre.Kind == atomicfile.Absent {
		err = errors.New("nothing is there")
	}
	if err != nil {
		return fmt.Errorf("cannot move %s: %v", from, err)
	}
	return r.do(journal.Op{Kind: opMove, Path: from, To: to, Pre: pre}, func() error { return r.sys.Move(from, to) })
}

// Swap writes the inode down: it tells, after a crash, which of the two is where.
func (r *recorder) Swap(a, b string) error {
	pre, err := atomicfile.Stat(a)
	if err != nil {
		return fmt.Errorf("cannot move %s: %v", a, err)
	}
	if pre.Inode == 0 {
		return errors.ErrUnsupported
	}
	return r.do(journal.Op{Kind: opSwap, Path: a, To: b, Pre: pre}, func() error { return r.sys.Swap(a, b) })
}

func (r *recorder) Make(path string, build func() error) error {
	return r.do(journal.Op{Kind: opMake, Path: path}, func() error { return r.sys.Make(path, build) })
}

func (r *recorder) Signal(p action.Process, sig action.Signal) error {
	op := journal.Op{Kind: opSignal, PID: p.PID, Start: p.Start, Signal: string(sig)}
	return r.do(op, func() error { return r.sys.Signal(p, sig) })
}

// The kinds of journal.Op.
const (
	opPut    = "put"
	opMove   = "move"
	opSwap   = "swap"
	opMake   = "make"
	opSignal = "signal"
)

func (r *recorder) do(op journal.Op, effect func() error) error {
	r.n++
	op.N = r.n
	if err := r.j.Append(journal.Record{Change: r.change, Kind: journal.Intent, Op: &op}); err != nil {
		return fmt.Errorf("cannot write the journal, nothing was done: %v", err)
	}
	if err := effect(); err != nil {
		return err
	}
	return r.j.Append(journal.Record{Change: r.change, Kind: journal.Done, Op: &journal.Op{N: op.N, Kind: op.Kind}})
}

func (r *recorder) keep(im atomicfile.Image) (string, error) {
	if im.Kind != atomicfile.File || im.Opaque {
		return "", nil
	}
	return r.j.Keep(im.Data)
}
