package repair

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/gorescue/gorescue/internal/action"
	"github.com/gorescue/gorescue/internal/journal"
)

// Change is one run of fixes as the journal tells it.
type Change struct {
	ID      string
	Began   time.Time
	Ended   time.Time // zero: it never ended (a crash)
	Outcome Outcome   // "" while it has not ended
	Undone  time.Time // zero: it stands
	Undo    UndoOutcome
	Checks  []string // what was repaired, in order
	Stages  []Stage

	ops     []opState
	undoing bool // taking it back was begun
}

// Stands reports whether the change is in force: begun and not taken back.
func (c *Change) Stands() bool { return c.Undone.IsZero() }

// Ops is the number of effects on the machine.
func (c *Change) Ops() int { return len(c.ops) }

// Stage is one timed part of a change.
type Stage struct {
	Name  string        `json:"name"` // diagnose, apply, verify
	Check string        `json:"check,omitempty"`
	Took  time.Duration `json:"took_ns"`
}

// Changes reads all changes from a journal, oldest first.
func Changes(j *journal.Journal) []*Change {
	var out []*Change
	byID := map[string]*Change{}
	for _, r := range j.Records() {
		if r.Kind == journal.Event {
			continue
		}
		c := byID[r.Change]
		if c == nil {
			c = &Change{ID: r.Change, Began: r.Time}
			byID[r.Change] = c
			out = append(out, c)
		}
		c.read(r)
	}
	return out
}

func (c *Change) read(r journal.Record) {
	switch r.Kind {
	case journal.Begin:
		c.Checks = append(c.Checks, r.Check)
	case journal.Intent:
		c.ops = append(c.ops, opState{Op: *r.Op})
	case journal.Done:
		for i := range c.ops {
			if c.ops[i].N == r.Op.N {
				c.ops[i].done = true
			}
		}
	case journal.Stage:
		c.Stages = append(c.Stages, Stage{Name: r.Note, Check: r.Check, Took: r.Took})
	case journal.End:
		c.Ended, c.Outcome = r.Time, Outcome(r.Note)
	case journal.Undoing:
		c.undoing = r.Op == nil
	case journal.Undone:
		if r.Op != nil { // a rung of the ladder was taken back: its operations are no part of the change any more
			for len(c.ops) > 0 && c.ops[len(c.ops)-1].N >= r.Op.N {
				c.ops = c.ops[:len(c.ops)-1]
			}
			if n := len(c.Checks); n > 0 {
				c.Checks = c.Checks[:n-1]
			}
			return
		}
		c.Undone, c.Undo = r.Time, UndoOutcome(r.Note)
	}
}

// NewID returns the id of a change or incident: its time and four random bytes.
func NewID(t time.Time) string {
	var b [4]byte
	if _, err := rand.Read(b[:]); err != nil {
		return t.UTC().Format("20060102-150405.000000")
	}
	return t.UTC().Format("20060102-150405-") + hex.EncodeToString(b[:])
}

// Undo takes a change back; nothing is done when any part of it must be refused. Undoing what was
// undone already does nothing and says so by its recorded outcome.
func Undo(j *journal.Journal, c *Change) (Undone, error) {
	res := Undone{Change: c.ID}
	if !c.Stands() {
		res.Outcome = c.Undo
		return res, nil
	}
	if !c.undoing { // an undo that was begun was found possible then
		outcome, notes, err := undoOps(action.NewDryRun(), j, c.ops, true)
		if err != nil {
			return res, fmt.Errorf("cannot undo %s: %v", c.ID, err)
		}
		if outcome == Refused {
			res.Outcome, res.Notes = outcome, notes
			return res, nil
		}
	}
	if err := j.Append(journal.Record{Change: c.ID, Kind: journal.Undoing}); err != nil {
		return res, err
	}
	outcome, notes, err := undoOps(action.Real{Change: c.ID + "u"}, j, c.ops, false)
	if err != nil {
		return res, fmt.Errorf("cannot undo %s: %v", c.ID, err)
	}
	res.Outcome, res.Notes = outcome, notes
	return res, j.Append(journal.Record{Change: c.ID, Kind: journal.Undone, Note: string(outcome)})
}

// Recover ends what a crash left: a change without an end is taken back, an undo that was begun is
// finished. It returns the changes concerned.
func Recover(j *journal.Journal) ([]Undone, error) {
	var out []Undone
	for _, c := range Changes(j) {
		if !c.Stands() || c.Outcome != "" && !c.undoing {
			continue
		}
		u, err := Undo(j, c)
		if err != nil {
			return out, err
		}
		out = append(out, u)
	}
	return out, nil
}
