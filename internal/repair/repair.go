// Package repair applies fixes so that nothing is lost: every effect is journaled before it
// happens, a plan is bound to the state it was made for, a repair counts only when the same probes
// and the same check that proved the fault prove that it is gone, and every change can be taken back.
package repair

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gorescue/gorescue/internal/action"
	"github.com/gorescue/gorescue/internal/atomicfile"
	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/journal"
	"github.com/gorescue/gorescue/internal/probe"
	"github.com/gorescue/gorescue/internal/text"
)

// PlanSchema is the version of the plan document.
const PlanSchema = 1

// Plan is what would be done, bound to the state it was made for.
type Plan struct {
	Schema int       `json:"schema"`
	Made   time.Time `json:"made"`
	Dir    string    `json:"dir"`
	Steps  []Step    `json:"steps"`
}

// Step is one fix of one finding.
type Step struct {
	Check   string            `json:"check"`
	Subject string            `json:"subject,omitempty"`
	Claim   text.Msg          `json:"claim"`
	Fix     diag.Fix          `json:"fix"`
	Pre     map[string]string `json:"pre"` // path → action.Digest of its state
}

// Outcome is how a run of fixes ended.
type Outcome string

// The outcomes. Repaired: everything it may repair is repaired and proven. Partly: some of it. RefusedOutcome:
// the machine is not in the state that the plan was made for. Nothing: there was nothing it may repair.
const (
	Repaired       Outcome = "repaired"
	Partly         Outcome = "partly"
	RefusedOutcome Outcome = "refused"
	Nothing        Outcome = "nothing"
)

// Engine repairs. Diagnose makes a fresh report of a world; it is called again after every fix.
type Engine struct {
	Diagnose func(ctx context.Context, w probe.World) *diag.Report
	Journal  *journal.Journal
	// Named lists the checks whose fixes the user named; when it is empty all safe fixes are allowed,
	// otherwise only those of these checks, with their Person fixes too.
	Named []string
	// Confirm is asked before each step; nil means yes.
	Confirm func(Step) bool
	// Try is asked before a fix is applied, with the state before it and a dry run of it: an error says why it
	// should not be done, and then it is not. nil: nothing is tried.
	Try func(ctx context.Context, w probe.World, now *facts.Snapshot, after *action.DryRun) error
	// Progress is told what happens now; nil is allowed.
	Progress func(text.Msg)
}

// Result is what a run of fixes did.
type Result struct {
	Change  string // "" when nothing was changed
	Outcome Outcome
	Steps   []Step
	Failed  []FailedStep
	Stages  []Stage
	First   *diag.Report // before anything was done; nil for a plan
	Last    *diag.Report // the proof after
}

// FailedStep is a fix that was tried, not proven, and taken back.
type FailedStep struct {
	Step
	Why string
}

// errStale says that the machine is not in the state which the plan was made for.
var errStale = errors.New("changed since the plan was made")

// run is the state of one Fix or Apply.
type run struct {
	*Engine
	w     probe.World
	rec   *recorder
	res   *Result
	now   *facts.Snapshot // of the last diagnosis
	begun bool            // the journal has a record of this change
	tried map[string]bool
}

// Fix works in rounds: diagnose, repair the first root cause it may repair, prove it, diagnose again,
// until nothing is left or ctx ends. What a failed fix did is taken back before the next is tried.
func (e *Engine) Fix(ctx context.Context, w probe.World) (*Result, error) {
	r := e.start(w)
	report := r.diagnose(ctx)
	r.res.First = report
	for ctx.Err() == nil {
		f := r.next(report)
		if f == nil {
			break
		}
		r.tried[f.Key()] = true
		after, err := r.repair(ctx, f)
		if err != nil {
			return r.res, err
		}
		if after != nil {
			report = after
		}
	}
	r.res.Last = report
	return r.res, r.finish(report)
}

// Apply does a saved plan, after the state of every path was found as it was, and proves it.
func (e *Engine) Apply(ctx context.Context, w probe.World, p *Plan) (*Result, error) {
	r := e.start(w)
	for _, s := range p.Steps {
		if err := check(s, action.Real{}); err != nil {
			r.res.Outcome = RefusedOutcome
			r.res.Failed = append(r.res.Failed, FailedStep{s, err.Error()})
			return r.res, nil
		}
	}
	if e.Try != nil {
		r.diagnose(ctx)
	}
	for _, s := range p.Steps {
		if e.Confirm != nil && !e.Confirm(s) {
			continue
		}
		report, err := r.try(ctx, s)
		if err != nil {
			return r.res, err
		}
		if report != nil {
			r.res.Last = report
		}
	}
	if r.res.Last == nil {
		r.res.Last = r.diagnose(ctx)
	}
	return r.res, r.finish(r.res.Last)
}

// Prepare makes a plan of the first allowed fix of each root cause, without doing anything.
func (e *Engine) Prepare(report *diag.Report, dir string) (*Plan, error) {
	p := &Plan{Schema: PlanSchema, Made: time.Now().UTC(), Dir: dir}
	for _, f := range report.Roots() {
		for _, fix := range e.allowed(f) {
			s, err := Bind(f, fix)
			if err != nil {
				return nil, err
			}
			p.Steps = append(p.Steps, s)
			break
		}
	}
	return p, nil
}

// Rehearse does a plan in a dry run and returns what would be different.
func Rehearse(ctx context.Context, p *Plan) (*action.DryRun, error) {
	dry := action.NewDryRun()
	for _, s := range p.Steps {
		for _, a := range s.Fix.Actions {
			if err := a.Apply(ctx, dry); err != nil {
				return nil, fmt.Errorf("cannot plan the repair of %s: %v", s.Check, err)
			}
		}
	}
	return dry, nil
}

func (e *Engine) start(w probe.World) *run {
	id := NewID(time.Now())
	return &run{Engine: e, w: w, tried: map[string]bool{}, res: &Result{},
		rec: &recorder{sys: action.Real{Change: id}, j: e.Journal, change: id}}
}

// next returns the first root cause that may be repaired and was not tried. Unknown findings have no fix.
func (r *run) next(report *diag.Report) *diag.Finding {
	for _, f := range report.Roots() {
		if !r.tried[f.Key()] && f.Severity != diag.Info && len(r.allowed(f)) > 0 {
			return f
		}
	}
	for _, f := range report.Roots() { // what was named is done even when it is only worth knowing
		if !r.tried[f.Key()] && slices.Contains(r.Named, f.Check) && len(r.allowed(f)) > 0 {
			return f
		}
	}
	return nil
}

func (e *Engine) allowed(f *diag.Finding) []diag.Fix {
	named := slices.Contains(e.Named, f.Check)
	if len(e.Named) > 0 && !named {
		return nil
	}
	var out []diag.Fix
	for _, fix := range f.Fixes {
		if len(fix.Actions) > 0 && (fix.Risk == diag.Safe || fix.Risk == diag.Person && named) {
			out = append(out, fix)
		}
	}
	return out
}

// repair climbs the ladder of a finding's fixes. It returns the report that proves one, or nil.
func (r *run) repair(ctx context.Context, f *diag.Finding) (*diag.Report, error) {
	for _, fix := range r.allowed(f) {
		s, err := Bind(f, fix)
		if err != nil {
			return nil, err
		}
		if r.Confirm != nil && !r.Confirm(s) {
			return nil, nil
		}
		if report, err := r.try(ctx, s); err != nil || report != nil {
			return report, err
		}
	}
	return nil, nil
}

// try applies a step and proves it. A nil report without error means that the step failed and was
// taken back.
func (r *run) try(ctx context.Context, s Step) (*diag.Report, error) {
	first := r.rec.n + 1
	if err := check(s, r.rec.sys); err != nil {
		r.res.Failed = append(r.res.Failed, FailedStep{s, err.Error()})
		return nil, nil
	}
	if err := r.rec.j.Append(journal.Record{Change: r.rec.change, Kind: journal.Begin, Check: s.Check}); err != nil {
		return nil, fmt.Errorf("cannot write the journal, nothing was done: %v", err)
	}
	r.begun = true
	r.tell(s.Fix.Title)
	began := time.Now()
	err := r.rehearse(ctx, s)
	if r.Try != nil {
		r.stage("try", s.Check, began)
	}
	if err == nil {
		began = time.Now()
		err = r.apply(ctx, s)
		r.stage("apply", s.Check, began)
	}
	if err == nil {
		w := r.w.With(s.Fix.Env)
		began = time.Now()
		report := r.Diagnose(ctx, w)
		r.stage("verify", s.Check, began)
		if err = proven(report, s); err == nil {
			r.w, r.now = w, report.Snapshot
			r.res.Steps = append(r.res.Steps, s)
			return report, nil
		}
	}
	r.res.Failed = append(r.res.Failed, FailedStep{s, err.Error()})
	return nil, r.takeBack(first)
}

// rehearse does a step in a dry run and asks Try about the outcome.
func (r *run) rehearse(ctx context.Context, s Step) error {
	if r.Try == nil || r.now == nil {
		return nil
	}
	dry := action.NewDryRun()
	for _, a := range s.Fix.Actions {
		if err := a.Apply(ctx, dry); err != nil {
			return err
		}
	}
	return r.Try(ctx, r.w.With(s.Fix.Env), r.now, dry)
}

func (r *run) apply(ctx context.Context, s Step) error {
	for _, a := range s.Fix.Actions {
		if err := a.Apply(ctx, r.rec); err != nil {
			return err
		}
		if err := a.Verify(ctx, r.rec); err != nil {
			return err
		}
	}
	return nil
}

// proven is the before-proof again: the same probes and the same check, and the finding is gone.
func proven(report *diag.Report, s Step) error {
	for _, f := range report.Findings {
		if f.Check != s.Check {
			continue
		}
		if f.Unknown {
			return fmt.Errorf("could not look again: %s", f.Claim)
		}
		if f.Subject == s.Subject {
			return errors.New("the fault is still there")
		}
	}
	return nil
}

func (r *run) takeBack(first int) error {
	c := Changes(r.rec.j)
	var ops []opState
	for _, ch := range c {
		if ch.ID == r.rec.change {
			ops = ch.ops
		}
	}
	var mine []opState
	for _, op := range ops {
		if op.N >= first {
			mine = append(mine, op)
		}
	}
	outcome, notes, err := undoOps(action.Real{Change: r.rec.change + "u"}, r.rec.j, mine, false)
	if err != nil || outcome == Refused {
		return fmt.Errorf("cannot take a failed fix back (%v, %v): run gorescue undo %s", notes, err, r.rec.change)
	}
	return r.rec.j.Append(journal.Record{Change: r.rec.change, Kind: journal.Undone, Op: &journal.Op{N: first}})
}

// finish records the outcome.
func (r *run) finish(report *diag.Report) error {
	switch worst := report.Worst(); {
	case len(r.res.Steps) == 0:
		r.res.Outcome = Nothing
		for _, f := range r.res.Failed {
			if strings.HasSuffix(f.Why, errStale.Error()) {
				r.res.Outcome = RefusedOutcome
			}
		}
	case worst == diag.Error || worst == diag.Warning:
		r.res.Outcome = Partly
	default:
		r.res.Outcome = Repaired
	}
	if !r.begun {
		return nil
	}
	if len(r.res.Steps) > 0 {
		r.res.Change = r.rec.change
	}
	return r.rec.j.Append(journal.Record{Change: r.rec.change, Kind: journal.End, Note: string(r.res.Outcome)})
}

func (r *run) diagnose(ctx context.Context) *diag.Report {
	began := time.Now()
	rep := r.Diagnose(ctx, r.w)
	r.res.Stages = append(r.res.Stages, Stage{Name: "diagnose", Took: time.Since(began)})
	r.now = rep.Snapshot
	return rep
}

// stage records a duration, also in the journal, where statistics find it.
func (r *run) stage(name, check string, began time.Time) {
	s := Stage{Name: name, Check: check, Took: time.Since(began)}
	r.res.Stages = append(r.res.Stages, s)
	// A duration that cannot be written is no reason to stop a repair.
	_ = r.rec.j.Append(journal.Record{Change: r.rec.change, Kind: journal.Stage, Check: check, Note: name, Took: s.Took})
}

func (r *run) tell(m text.Msg) {
	if r.Progress != nil {
		r.Progress(m)
	}
}

// Bind makes a step of a fix: it looks at every path that the fix will read or change.
func Bind(f *diag.Finding, fix diag.Fix) (Step, error) {
	s := Step{Check: f.Check, Subject: f.Subject, Claim: f.Claim, Fix: fix, Pre: map[string]string{}}
	for _, a := range fix.Actions {
		for _, p := range a.Paths() {
			im, err := atomicfile.Read(p)
			if err != nil {
				return s, fmt.Errorf("cannot plan the repair of %s: %v", f.Check, err)
			}
			s.Pre[p] = action.Digest(im)
		}
	}
	return s, nil
}

// check compares the state of every path with the one that the step was made for.
func check(s Step, sys action.System) error {
	for p, want := range s.Pre {
		im, err := sys.Look(p)
		if err != nil {
			return err
		}
		if action.Digest(im) != want {
			return fmt.Errorf("%s: %w", p, errStale)
		}
	}
	return nil
}
