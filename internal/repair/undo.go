package repair

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"syscall"

	"github.com/aymanbagabas/go-udiff"

	"github.com/gorescue/gorescue/internal/action"
	"github.com/gorescue/gorescue/internal/atomicfile"
	"github.com/gorescue/gorescue/internal/journal"
)

// UndoOutcome says how a change was taken back.
type UndoOutcome string

// The outcomes. Clean: exact bytes, modes and times are back. Merged: the user has changed other parts
// of a file since, which stay. Refused: the same parts were changed since; nothing was done and both
// versions are kept.
const (
	Clean   UndoOutcome = "clean"
	Merged  UndoOutcome = "merged"
	Refused UndoOutcome = "refused"
)

// Undone is the result of taking one change back.
type Undone struct {
	Change  string      `json:"change"`
	Outcome UndoOutcome `json:"outcome"`
	Notes   []UndoNote  `json:"notes,omitempty"`
}

// UndoNote is what happened at one path.
type UndoNote struct {
	Path    string      `json:"path"`
	Outcome UndoOutcome `json:"outcome"`
	Kept    string      `json:"kept,omitempty"` // where the content before the change is kept, when refused
	Why     string      `json:"why,omitempty"`
}

// undoOps takes the operations back, last first, through sys. It is idempotent: what is back already
// is passed over. With check set nothing but sys is touched (sys is then a dry run).
func undoOps(sys action.System, j *journal.Journal, ops []opState, check bool) (UndoOutcome, []UndoNote, error) {
	outcome := Clean
	var notes []UndoNote
	for _, op := range slices.Backward(ops) {
		note, err := undoOp(sys, j, op, check)
		if err != nil {
			return outcome, notes, err
		}
		if note.Outcome != Clean {
			notes = append(notes, note)
		}
		if note.Outcome == Refused || outcome == Clean {
			outcome = note.Outcome
		}
	}
	return outcome, notes, nil
}

// opState is an operation of a change and what became of it.
type opState struct {
	journal.Op
	done bool
}

func undoOp(sys action.System, j *journal.Journal, op opState, check bool) (UndoNote, error) {
	note := UndoNote{Path: op.Path, Outcome: Clean}
	switch op.Kind {
	case opPut:
		return undoPut(sys, j, op, check)
	case opMove:
		return undoMove(sys, op, check)
	case opSwap:
		return undoSwap(sys, op)
	case opMake: // what was made there was moved out and is back, or never came to be used
		if check {
			return note, nil
		}
		return note, atomicfile.RemoveTree(op.Path)
	case opSignal:
		if action.Signal(op.Signal) == action.Continue && op.done {
			// The process may have ended since: then there is nothing left to stop.
			_ = sys.Signal(action.Process{PID: op.PID, Start: op.Start}, action.Stop)
			return note, nil
		}
		if op.done {
			note.Outcome, note.Why = Merged, fmt.Sprintf("process %d was ended; that cannot be taken back", op.PID)
		}
		return note, nil
	}
	return note, fmt.Errorf("cannot undo: operation of unknown kind %q (the journal is of a newer gorescue)", op.Kind)
}

func undoMove(sys action.System, op opState, check bool) (UndoNote, error) {
	note := UndoNote{Path: op.Path, Outcome: Clean}
	if !op.done && !check {
		return note, atomicfile.Back(op.Path, op.To)
	}
	from, err1 := sys.Look(op.Path)
	to, err2 := sys.Look(op.To)
	if err := errors.Join(err1, err2); err != nil {
		return note, err
	}
	switch {
	case to.Kind == atomicfile.Absent && from.Kind != atomicfile.Absent:
		return note, nil // back already
	case to.Kind == atomicfile.Absent:
		note.Outcome, note.Why = Refused, "what was moved aside is gone"
	case from.Kind != atomicfile.Absent && op.done:
		note.Outcome, note.Why, note.Kept = Refused, "something new is at the old place", op.To
	case from.Kind == atomicfile.Absent:
		err := sys.Move(op.To, op.Path)
		if !errors.Is(err, syscall.ENOSPC) {
			return note, err
		}
		note.Outcome, note.Why, note.Kept = Merged, "there is no room to move it back: what the repair made free is in use", op.To
	}
	return note, nil
}

// undoSwap has both change places again, unless the old one is back already, or never left.
func undoSwap(sys action.System, op opState) (UndoNote, error) {
	note := UndoNote{Path: op.Path, Outcome: Clean}
	here, err1 := sys.Look(op.Path)
	there, err2 := sys.Look(op.To)
	if err := errors.Join(err1, err2); err != nil {
		return note, err
	}
	switch op.Pre.Inode {
	case here.Inode:
	case there.Inode:
		if here.Kind == atomicfile.Absent {
			return note, sys.Move(op.To, op.Path)
		}
		return note, sys.Swap(op.Path, op.To)
	default:
		note.Outcome, note.Why = Refused, "what was moved aside is gone"
	}
	return note, nil
}

func undoPut(sys action.System, j *journal.Journal, op opState, check bool) (UndoNote, error) {
	note := UndoNote{Path: op.Path, Outcome: Clean}
	if !check {
		if err := atomicfile.Put(op.Tmp, "", atomicfile.Image{}); err != nil {
			return note, err
		}
	}
	pre, err := withData(j, op.Pre, op.PreSum)
	if err != nil {
		return note, err
	}
	post, err := withData(j, op.Post, op.PostSum)
	if err != nil {
		return note, err
	}
	cur, err := sys.Look(op.Path)
	switch {
	case err != nil:
		return note, err
	case atomicfile.Same(cur, pre) && (cur.ModTime.Equal(pre.ModTime) || pre.Kind == atomicfile.Absent):
		return note, nil
	case atomicfile.Same(cur, post) || atomicfile.Same(cur, pre):
		if pre.Kind == atomicfile.Absent && cur.Kind == atomicfile.Folder {
			if left, err := os.ReadDir(op.Path); err == nil && len(left) > 0 && !emptied(sys, op.Path, left) {
				note.Outcome, note.Why = Merged, "the folder is in use now and stays"
				return note, nil
			}
		}
		return note, sys.Put(op.Path, pre)
	}
	if cur.Kind == atomicfile.File && pre.Kind == atomicfile.File && !cur.Opaque && !pre.Opaque && !post.Opaque {
		if merged, ok := merge(post.Data, cur.Data, pre.Data); ok {
			note.Outcome, note.Why = Merged, "other parts of the file were changed since; they stay"
			cur.Data = merged
			return note, sys.Put(op.Path, cur)
		}
	}
	note.Outcome, note.Why = Refused, "the same part was changed since"
	if op.PreSum != "" {
		note.Kept = j.Path(op.PreSum)
	}
	return note, nil
}

// emptied reports whether every entry of a folder is gone in sys, though perhaps not yet on disk.
func emptied(sys action.System, dir string, left []os.DirEntry) bool {
	for _, e := range left {
		if im, err := sys.Look(filepath.Join(dir, e.Name())); err != nil || im.Kind != atomicfile.Absent {
			return false
		}
	}
	return true
}

func withData(j *journal.Journal, im atomicfile.Image, sum string) (atomicfile.Image, error) {
	if sum == "" {
		return im, nil
	}
	var err error
	im.Data, err = j.Content(sum)
	return im, err
}

// merge takes the change base→undo into cur, which also comes from base: a three-way merge by lines.
// Changes that touch are a conflict, but for two insertions at the same place, which are both kept.
func merge(base, cur, undo []byte) ([]byte, bool) {
	x := udiff.Lines(string(base), string(cur))
	y := udiff.Lines(string(base), string(undo))
	for _, a := range x {
		for _, b := range y {
			inserts := a.Start == a.End && b.Start == b.End
			if a.Start <= b.End && b.Start <= a.End && !inserts {
				return nil, false
			}
		}
	}
	edits, ok := udiff.Merge(y, x)
	if !ok {
		return nil, false
	}
	out, err := udiff.ApplyBytes(base, edits)
	return out, err == nil
}
