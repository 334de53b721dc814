package diag_test

import (
	"slices"
	"testing"

	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/text"
)

func check(id string, sev diag.Severity, fires bool, after ...string) diag.Check {
	return diag.Check{ID: id, Title: text.New("t", "题"), Doc: text.New("words about "+id, "关于"), Severity: sev, Reads: []facts.Section{facts.SecHost}, After: after,
		Run: func(*facts.Snapshot) []diag.Finding {
			if !fires {
				return nil
			}
			return []diag.Finding{{Claim: text.New(id, id).With()}}
		}}
}

func snapshot(state facts.State) *facts.Snapshot {
	return &facts.Snapshot{Sections: map[facts.Section]facts.Status{facts.SecHost: {State: state, Reason: "why"}}}
}

func ids(fs []*diag.Finding) []string {
	var out []string
	for _, f := range fs {
		out = append(out, f.Check)
	}
	return out
}

func TestFolding(t *testing.T) {
	symptom := check("build-fails", diag.Error, true)
	symptom.Symptom = true
	r := diag.Run([]diag.Check{
		symptom,
		check("note", diag.Info, true),
		check("warn", diag.Warning, true),
		check("top", diag.Error, true, "deep", "silent"),
		check("deep", diag.Error, true),
		check("silent", diag.Error, false),
	}, snapshot(facts.OK))
	if got := ids(r.Roots()); !slices.Equal(got, []string{"deep", "warn", "note"}) {
		t.Errorf("roots %v", got)
	}
	if got := ids(r.Explained(r.Find("deep\x00"))); !slices.Equal(got, []string{"build-fails", "top"}) {
		t.Errorf("deep explains %v", got)
	}
	if f := r.Find("top\x00"); !slices.Equal(f.CausedBy, []string{"deep"}) {
		t.Errorf("top is caused by %v", f.CausedBy)
	}
	if r.Passed != 1 || r.Worst() != diag.Error {
		t.Errorf("passed %d, worst %s", r.Passed, r.Worst())
	}
}

// TestSymptomAloneIsShown: a failure without a known cause is never hidden, nor put under a warning.
func TestSymptomAloneIsShown(t *testing.T) {
	symptom := check("build-fails", diag.Error, true)
	symptom.Symptom = true
	r := diag.Run([]diag.Check{symptom, check("warn", diag.Warning, true)}, snapshot(facts.OK))
	if got := ids(r.Roots()); !slices.Equal(got, []string{"build-fails", "warn"}) {
		t.Errorf("roots %v", got)
	}
}

func TestUnknownIsNeverHealthy(t *testing.T) {
	for state, want := range map[facts.State]int{facts.Failed: 1, facts.TimedOut: 1, "": 1, facts.Skipped: 0} {
		r := diag.Run([]diag.Check{check("c", diag.Error, true)}, snapshot(state))
		if len(r.Findings) != want || want == 1 && !r.Findings[0].Unknown || r.Passed != 0 {
			t.Errorf("%q: %+v, passed %d", state, r.Findings, r.Passed)
		}
	}
	crash := check("c", diag.Error, true)
	crash.Run = func(*facts.Snapshot) []diag.Finding { panic("boom") }
	r := diag.Run([]diag.Check{crash}, snapshot(facts.OK))
	if len(r.Findings) != 1 || !r.Findings[0].Unknown {
		t.Errorf("a crash of a check: %+v", r.Findings)
	}
}

func TestValidate(t *testing.T) {
	for name, checks := range map[string][]diag.Check{
		"twice":   {check("a", diag.Error, true), check("a", diag.Error, true)},
		"cycle":   {check("a", diag.Error, true, "b"), check("b", diag.Error, true, "a")},
		"unknown": {check("a", diag.Error, true, "x")},
		"empty":   {{ID: "a"}},
	} {
		if len(diag.Validate(checks)) == 0 {
			t.Errorf("%s: no mistake found", name)
		}
	}
	if errs := diag.Validate([]diag.Check{check("a", diag.Error, true, "b"), check("b", diag.Error, true)}); errs != nil {
		t.Error(errs)
	}
}

func TestMatch(t *testing.T) {
	checks := []diag.Check{check("goroot-gone", diag.Error, true), check("tmpdir-full", diag.Error, true), check("proxy-down", diag.Error, true)}
	if got := diag.Match(checks, "go: cannot find GOROOT directory"); len(got) != 1 || got[0].ID != "goroot-gone" {
		t.Errorf("%v", got)
	}
	if got := diag.Match(checks, "zzz"); got != nil {
		t.Errorf("%v", got)
	}
}
