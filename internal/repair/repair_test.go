package repair_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gorescue/gorescue/internal/action"
	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/journal"
	"github.com/gorescue/gorescue/internal/probe"
	"github.com/gorescue/gorescue/internal/repair"
	"github.com/gorescue/gorescue/internal/text"
)

// bench is a folder with a file that is "broken" while it contains the word BAD, and an engine whose
// check says so.
type bench struct {
	t     *testing.T
	dir   string
	file  string
	j     *journal.Journal
	fixes []diag.Fix
}

func newBench(t *testing.T, content string) *bench {
	t.Helper()
	b := &bench{t: t, dir: t.TempDir()}
	b.file = filepath.Join(b.dir, "conf")
	b.write(b.file, content)
	old := time.Date(2020, 1, 2, 3, 4, 5, 678, time.UTC)
	if err := errors.Join(os.Chmod(b.file, 0o640), os.Chtimes(b.file, old, old)); err != nil {
		t.Fatal(err)
	}
	j, err := journal.Open(filepath.Join(b.dir, "state"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { j.Close() })
	b.j = j
	return b
}

func (b *bench) write(path, content string) {
	b.t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) read() string {
	b.t.Helper()
	data, err := os.ReadFile(b.file)
	if err != nil {
		b.t.Fatal(err)
	}
	return string(data)
}

func (b *bench) engine() *repair.Engine {
	check := diag.Check{ID: "conf-bad", Severity: diag.Error, Reads: []facts.Section{facts.SecHost},
		Run: func(s *facts.Snapshot) []diag.Finding {
			if !strings.Contains(s.Host.Home, "BAD") { // the bench's fact travels in Home
				return nil
			}
			return []diag.Finding{{Claim: text.New("conf is bad", "配置有误").With(), Fixes: b.fixes}}
		}}
	look := probe.Probe{Section: facts.SecHost, Run: func(context.Context, probe.World, *facts.Snapshot) (probe.Install, error) {
		data, err := os.ReadFile(b.file)
		return func(s *facts.Snapshot) { s.Host.Home = string(data) }, err
	}}
	return &repair.Engine{Journal: b.j, Diagnose: func(ctx context.Context, w probe.World) *diag.Report {
		return diag.Run([]diag.Check{check}, probe.Collect(ctx, w, []probe.Probe{look}, time.Minute))
	}}
}

func cut(path, content, word string) action.Action {
	return &action.Edit{Path: path, Splices: []facts.Splice{{Offset: strings.Index(content, word), Old: word}}}
}

func fix(actions ...action.Action) diag.Fix {
	return diag.Fix{Title: text.New("mend", "修").With(), Risk: diag.Safe, Actions: actions}
}

const content = "one\nBAD\nthree\nfour\nfive\nsix\n"

func (b *bench) fix() *repair.Result {
	b.t.Helper()
	res, err := b.engine().Fix(context.Background(), probe.World{Dir: b.dir, Vars: map[string]string{}})
	if err != nil {
		b.t.Fatal(err)
	}
	return res
}

func (b *bench) undo(id string) repair.Undone {
	b.t.Helper()
	for _, c := range repair.Changes(b.j) {
		if c.ID == id {
			u, err := repair.Undo(b.j, c)
			if err != nil {
				b.t.Fatal(err)
			}
			return u
		}
	}
	b.t.Fatalf("no change %q in the journal", id)
	return repair.Undone{}
}

func TestFixAndUndoClean(t *testing.T) {
	b := newBench(t, content)
	b.fixes = []diag.Fix{fix(cut(b.file, content, "BAD\n"))}
	before, _ := os.Stat(b.file)
	res := b.fix()
	if res.Outcome != repair.Repaired || b.read() != "one\nthree\nfour\nfive\nsix\n" {
		t.Fatalf("outcome %s, file %q", res.Outcome, b.read())
	}
	if u := b.undo(res.Change); u.Outcome != repair.Clean {
		t.Fatalf("undo: %+v", u)
	}
	after, _ := os.Stat(b.file)
	if b.read() != content || after.Mode() != before.Mode() || !after.ModTime().Equal(before.ModTime()) {
		t.Errorf("not exactly back: %q %v %v, was %v %v", b.read(), after.Mode(), after.ModTime(), before.Mode(), before.ModTime())
	}
	if u := b.undo(res.Change); u.Outcome != repair.Clean {
		t.Errorf("a second undo: %+v", u)
	}
}

func TestLadder(t *testing.T) {
	b := newBench(t, content)
	extra := filepath.Join(b.dir, "new", "deep", "extra")
	useless := fix(&action.Edit{Path: extra, Create: true, Splices: []facts.Splice{{New: "x"}}}, cut(b.file, content, "four\n"))
	b.fixes = []diag.Fix{useless, fix(cut(b.file, content, "BAD\n"))}
	res := b.fix()
	if res.Outcome != repair.Repaired || len(res.Failed) != 1 || len(res.Steps) != 1 {
		t.Fatalf("%+v", res)
	}
	if got := b.read(); got != "one\nthree\nfour\nfive\nsix\n" {
		t.Errorf("the failed rung left something behind: %q", got)
	}
	if _, err := os.Stat(filepath.Join(b.dir, "new")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the failed rung left its folder behind: %v", err)
	}
	if u := b.undo(res.Change); u.Outcome != repair.Clean || b.read() != content {
		t.Errorf("undo: %+v, %q", u, b.read())
	}
}

func TestUndoMergedAndRefused(t *testing.T) {
	for _, tc := range []struct {
		name, now, want string
		outcome         repair.UndoOutcome
	}{
		{"other part", "one\nthree\nfour\nfive\nSIX\nseven\n", "one\nBAD\nthree\nfour\nfive\nSIX\nseven\n", repair.Merged},
		{"same part", "one\nmine\nfour\nfive\nsix\n", "one\nmine\nfour\nfive\nsix\n", repair.Refused},
	} {
		t.Run(tc.name, func(t *testing.T) {
			b := newBench(t, content)
			b.fixes = []diag.Fix{fix(&action.Edit{Path: b.file, Splices: []facts.Splice{{Offset: 4, Old: "BAD\nthree\n", New: "three\n"}}})}
			res := b.fix()
			b.write(b.file, tc.now)
			u := b.undo(res.Change)
			if u.Outcome != tc.outcome || b.read() != tc.want {
				t.Errorf("%+v, %q", u, b.read())
			}
			if tc.outcome == repair.Refused {
				kept, err := os.ReadFile(u.Notes[0].Kept)
				if err != nil || string(kept) != content {
					t.Errorf("the content before is not kept: %q, %v", kept, err)
				}
			}
		})
	}
}

func TestMoveAndUndo(t *testing.T) {
	b := newBench(t, content)
	aside := filepath.Join(b.dir, "aside", "conf")
	b.fixes = []diag.Fix{fix(
		&action.Move{From: b.file, To: aside},
		&action.Edit{Path: b.file, Create: true, Splices: []facts.Splice{{New: "fresh\n"}}},
	)}
	res := b.fix()
	if res.Outcome != repair.Repaired || b.read() != "fresh\n" {
		t.Fatalf("%+v %q", res, b.read())
	}
	if u := b.undo(res.Change); u.Outcome != repair.Clean || b.read() != content {
		t.Errorf("undo: %+v, %q", u, b.read())
	}
	if _, err := os.Stat(filepath.Dir(aside)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("undo left the folder it had made: %v", err)
	}
}

func TestPlanIsBoundToItsState(t *testing.T) {
	for _, change := range []struct {
		name string
		do   func(b *bench) error
	}{
		{"content", func(b *bench) error { return os.WriteFile(b.file, []byte("BAD\n"+content), 0o640) }},
		{"mode", func(b *bench) error { return os.Chmod(b.file, 0o600) }},
		{"gone", func(b *bench) error { return os.Remove(b.file) }},
	} {
		t.Run(change.name, func(t *testing.T) {
			b := newBench(t, content)
			b.fixes = []diag.Fix{fix(cut(b.file, content, "BAD\n"))}
			e := b.engine()
			w := probe.World{Dir: b.dir, Vars: map[string]string{}}
			p, err := e.Prepare(e.Diagnose(t.Context(), w), b.dir)
			if err != nil || len(p.Steps) != 1 {
				t.Fatal(p, err)
			}
			if err := change.do(b); err != nil {
				t.Fatal(err)
			}
			res, err := e.Apply(t.Context(), w, p)
			if err != nil || res.Outcome != repair.RefusedOutcome {
				t.Fatalf("%+v, %v", res, err)
			}
			if n := len(b.j.Records()); n != 0 {
				t.Errorf("%d journal records for a plan that was refused", n)
			}
		})
	}
}

func TestRisksAndNames(t *testing.T) {
	b := newBench(t, content)
	person := fix(cut(b.file, content, "BAD\n"))
	person.Risk = diag.Person
	b.fixes = []diag.Fix{person}
	if res := b.fix(); res.Outcome != repair.Nothing || b.read() != content {
		t.Fatalf("a person's fix was done unasked: %+v", res)
	}
	e := b.engine()
	e.Named = []string{"conf-bad"}
	res, err := e.Fix(t.Context(), probe.World{Dir: b.dir, Vars: map[string]string{}})
	if err != nil || res.Outcome != repair.Repaired {
		t.Fatalf("%+v, %v", res, err)
	}
}

func TestOpaqueFile(t *testing.T) {
	if os.Getuid() == 0 {
		// Root reads every file: the same rule is shown on a file too large to be kept.
		b := newBench(t, content)
		if err := os.Truncate(b.file, 65<<20); err != nil {
			t.Fatal(err)
		}
		im, err := (action.Real{}).Look(b.file)
		if err != nil || !im.Opaque {
			t.Fatalf("%v, %v", im.Opaque, err)
		}
		b.fixes = []diag.Fix{fix(cut(b.file, content, "BAD\n")), fix(&action.Chmod{Files: []string{b.file}, Add: 0o111})}
		res := b.fix()
		if len(res.Failed) != 2 {
			t.Fatalf("%+v", res)
		}
		if fi, _ := os.Stat(b.file); fi.Size() != 65<<20 || fi.Mode().Perm() != 0o640 {
			t.Errorf("size %d, mode %v", fi.Size(), fi.Mode())
		}
	}
}

// TestTryRefuses: a fix that the trial speaks against is not applied, nothing is changed, and the journal has
// the trial and an end.
func TestTryRefuses(t *testing.T) {
	b := newBench(t, content)
	b.fixes = []diag.Fix{fix(cut(b.file, content, "BAD\n"))}
	e := b.engine()
	var saw string
	e.Try = func(_ context.Context, _ probe.World, now *facts.Snapshot, after *action.DryRun) error {
		im, err := after.Look(b.file)
		saw = now.Host.Home + "|" + string(im.Data)
		return errors.Join(err, errors.New("worse"))
	}
	res, err := e.Fix(context.Background(), probe.World{Dir: b.dir, Vars: map[string]string{}})
	if err != nil || res.Outcome != repair.Nothing || len(res.Failed) != 1 || res.Failed[0].Why != "worse" {
		t.Errorf("%+v %v", res, err)
	}
	if want := content + "|" + strings.Replace(content, "BAD\n", "", 1); saw != want || b.read() != content {
		t.Errorf("saw %q, file %q", saw, b.read())
	}
	all := repair.Changes(b.j)
	if len(all) != 1 || all[0].Outcome != repair.Nothing || len(all[0].Stages) != 1 || all[0].Stages[0].Name != "try" {
		t.Errorf("%+v", all)
	}
	if undone, err := repair.Recover(b.j); err != nil || len(undone) != 0 {
		t.Errorf("it looks like a crash: %v %v", undone, err)
	}
}
