package catalog_test

import (
	"strings"
	"testing"
	"unicode"

	"github.com/gorescue/gorescue/internal/catalog"
	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
)

// TestChecks: every ID exists once, no cycle, pages in all languages.
func TestChecks(t *testing.T) {
	for _, err := range diag.Validate(catalog.Checks()) {
		t.Error(err)
	}
	for _, c := range catalog.Checks() {
		if strings.ToLower(c.ID) != c.ID || strings.ContainsAny(c.ID, " _./") {
			t.Errorf("%s: an ID is words with hyphens", c.ID)
		}
		if !han(c.Title.Zh) || !han(c.Doc.Zh) {
			t.Errorf("%s: title or page is not Chinese", c.ID)
		}
		if len(c.Doc.En) < 200 {
			t.Errorf("%s: its page is too short to help anybody", c.ID)
		}
	}
}

// TestProbes: one probe a section, and needs that can be met.
func TestProbes(t *testing.T) {
	seen := map[facts.Section]bool{}
	for _, p := range catalog.Probes() {
		if seen[p.Section] {
			t.Errorf("two probes of section %s", p.Section)
		}
		seen[p.Section] = true
	}
	for _, p := range catalog.Probes() {
		for _, n := range p.Needs {
			if !seen[n] {
				t.Errorf("probe of %s needs %s, which nobody collects", p.Section, n)
			}
		}
	}
	for _, c := range catalog.Checks() {
		for _, r := range c.Reads {
			if !seen[r] {
				t.Errorf("check %s reads %s, which nobody collects", c.ID, r)
			}
		}
	}
}

// TestSilentWithoutFacts: over a snapshot of empty sections nothing is found and nothing crashes, so no
// check takes the lack of a fact for a fault.
func TestSilentWithoutFacts(t *testing.T) {
	s := &facts.Snapshot{Sections: map[facts.Section]facts.Status{}}
	for _, p := range catalog.Probes() {
		s.Sections[p.Section] = facts.Status{State: facts.OK}
	}
	for _, f := range diag.Run(catalog.Checks(), s).Findings {
		t.Errorf("%s fires on an empty snapshot: %s", f.Check, f.Claim)
	}
}

// TestReadsAreComplete runs each check with all other sections absent from a snapshot of this machine: it
// must say the same as with them.
func TestReadsAreComplete(t *testing.T) {
	full := machine(t)
	for _, c := range catalog.Checks() {
		alone := only(full, c.Reads)
		a, b := diag.Run([]diag.Check{c}, full), diag.Run([]diag.Check{c}, alone)
		if len(a.Findings) != len(b.Findings) {
			t.Errorf("%s reads a section that it does not list: %d findings with all sections, %d with its own", c.ID, len(a.Findings), len(b.Findings))
		}
	}
}

func han(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Han, r) })
}
