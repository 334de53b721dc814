// Package diag turns a snapshot into findings. A check is a value with one pure function; a
// finding is a proof: what is wrong, the observations that imply it, the observations that rule out
// what looks the same, and the fixes. Findings fold under their root cause by edges between checks,
// never by scores.
package diag

import (
	"fmt"
	"runtime/debug"
	"slices"
	"sort"

	"github.com/gorescue/gorescue/internal/action"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/text"
)

// Severity says what a finding means for the user's work.
type Severity string

// The severities. Error: a command of the user fails, hangs or silently does something else because
// of it. Warning: it will hurt under a condition that is named. Info: worth knowing; never a reason to
// act, and no reason for an exit code.
const (
	Error   Severity = "error"
	Warning Severity = "warning"
	Info    Severity = "info"
)

// Check knows one kind of trouble.
type Check struct {
	ID       string // words, area first, as its case's file name
	Title    text.T // what is wrong, in a few words
	Doc      text.T // its page: how the fault comes about, how it is proven, what looks the same, what the fix does, by hand (Markdown)
	Severity Severity
	Reads    []facts.Section // Run may read these and no others
	// After names checks whose findings are causes of this one: when one of them fires on the same
	// machine, this finding is shown under it.
	After []string
	// Symptom marks a check that sees a failure without knowing a cause; its finding goes under any
	// error of another check.
	Symptom bool
	// Run is pure. It may leave Check, Severity and CausedBy of its findings empty.
	Run func(*facts.Snapshot) []Finding
}

// Finding is a proof that something is wrong.
type Finding struct {
	Check    string
	Subject  string // tells several findings of one check apart: a variable, a path; "" = there can be only one
	Severity Severity
	Claim    text.Msg
	Evidence []Evidence
	CausedBy []string // checks that fired and explain this one
	Unknown  bool     // could not look; Claim says why
	ByHand   string   // a command that shows the fault without us
	Fixes    []Fix    // a ladder: the one that costs and changes least first
}

// Key identifies the finding across two diagnoses.
func (f *Finding) Key() string { return f.Check + "\x00" + f.Subject }

// Role says what an observation does in a proof.
type Role string

// The roles. Because: where the fault comes from. Proof: an observation that implies the claim.
// Not: a look-alike, with the observation that rules it out.
const (
	Because Role = "because"
	Proof   Role = "proof"
	Not     Role = "not"
)

// Evidence is one observation.
type Evidence struct {
	Role    Role     `json:"role"`
	Text    text.Msg `json:"text"`
	File    string   `json:"file,omitempty"` // where it was seen
	Line    int      `json:"line,omitempty"`
	Command string   `json:"command,omitempty"` // or the command which shows it
}

// Risk says who decides about a fix.
type Risk string

// The risks. Safe: undoable, touches only settings or files that are not the user's work. Person: a
// decision that belongs to a person (ending a process, trusting, a team's policy); done only when
// named. Manual: nothing we can do; the fix is advice with commands to type.
const (
	Safe   Risk = "safe"
	Person Risk = "person"
	Manual Risk = "manual"
)

// Fix is one way to repair, as data.
type Fix struct {
	Title   text.Msg    `json:"title"`
	Risk    Risk        `json:"risk"`
	Actions action.List `json:"actions,omitempty"`
	// Env is what a new terminal will have after the actions: the diagnosis that proves the repair
	// is made in that environment. A nil value means unset.
	Env map[string]*string `json:"env,omitempty"`
	// Shell is what to type in terminals that are open already, "" = nothing.
	Shell string `json:"shell,omitempty"`
	// Irreversible: undo cannot take it back (a process that was ended).
	Irreversible bool `json:"irreversible,omitempty"`
}

// Report is the result of a diagnosis.
type Report struct {
	Findings []Finding // root causes first, then what they explain, unknown ones last
	Passed   int       // checks that looked and found nothing
	Snapshot *facts.Snapshot
}

// Run judges a snapshot. It never touches the machine. The order of checks is the order of findings
// of equal rank, so the list of a catalog goes from the ground up.
func Run(checks []Check, s *facts.Snapshot) *Report {
	r := &Report{Snapshot: s}
	for i := range checks {
		c := &checks[i]
		if missing := missingSection(c, s); missing != "" {
			if st := s.Sections[missing]; st.State != facts.Skipped {
				r.Findings = append(r.Findings, unknown(c, missing, st))
			}
			continue
		}
		found := runOne(c, s)
		if len(found) == 0 {
			r.Passed++
		}
		r.Findings = append(r.Findings, found...)
	}
	link(checks, r.Findings)
	order(r.Findings)
	return r
}

func missingSection(c *Check, s *facts.Snapshot) facts.Section {
	for _, sec := range c.Reads {
		if !s.Has(sec) {
			return sec
		}
	}
	return ""
}

func unknown(c *Check, sec facts.Section, st facts.Status) Finding {
	return Finding{Check: c.ID, Severity: c.Severity, Unknown: true,
		Claim: text.New("could not look: {section} ({state}: {reason})", "无法检查：{section}（{state}：{reason}）").
			With("section", sec, "state", orNotAsked(st.State), "reason", st.Reason)}
}

func orNotAsked(s facts.State) string {
	if s == "" {
		return "not asked"
	}
	return string(s)
}

// runOne runs a check; a crash of a check is a result.
func runOne(c *Check, s *facts.Snapshot) (found []Finding) {
	defer func() {
		if v := recover(); v != nil {
			found = []Finding{{Check: c.ID, Severity: c.Severity, Unknown: true,
				Claim:    text.New("could not look: the check crashed ({why})", "无法检查：检查程序崩溃（{why}）").With("why", v),
				Evidence: []Evidence{{Role: Proof, Text: text.New("{stack}", "{stack}").With("stack", string(debug.Stack()))}}}}
		}
	}()
	found = c.Run(s)
	for i := range found {
		found[i].Check = c.ID
		if found[i].Severity == "" {
			found[i].Severity = c.Severity
		}
	}
	return found
}

// link fills CausedBy with those causes that are really there.
func link(checks []Check, found []Finding) {
	byID := map[string]*Check{}
	for i := range checks {
		byID[checks[i].ID] = &checks[i]
	}
	fired := map[string]bool{}
	anyError := []string{}
	for _, f := range found {
		if f.Unknown {
			continue
		}
		fired[f.Check] = true
		if c := byID[f.Check]; f.Severity == Error && !c.Symptom && !slices.Contains(anyError, f.Check) {
			anyError = append(anyError, f.Check)
		}
	}
	for i := range found {
		f := &found[i]
		if f.Unknown {
			continue
		}
		c := byID[f.Check]
		causes := append(slices.Clone(f.CausedBy), c.After...)
		if c.Symptom {
			causes = append(causes, anyError...)
		}
		f.CausedBy = nil
		for _, id := range causes {
			if fired[id] && id != f.Check && !slices.Contains(f.CausedBy, id) {
				f.CausedBy = append(f.CausedBy, id)
			}
		}
	}
}

// order sorts: roots first, by severity, then what they explain, unknown ones last. It is stable.
func order(found []Finding) {
	rank := map[Severity]int{Error: 0, Warning: 1, Info: 2}
	depth := func(f *Finding) int { return min(len(f.CausedBy), 1) }
	sort.SliceStable(found, func(i, j int) bool {
		a, b := &found[i], &found[j]
		if a.Unknown != b.Unknown {
			return b.Unknown
		}
		if depth(a) != depth(b) {
			return depth(a) < depth(b)
		}
		return rank[a.Severity] < rank[b.Severity]
	})
}

// Roots returns the findings that no other finding explains.
func (r *Report) Roots() []*Finding {
	var out []*Finding
	for i := range r.Findings {
		if f := &r.Findings[i]; len(f.CausedBy) == 0 && !f.Unknown {
			out = append(out, f)
		}
	}
	return out
}

// Explained returns the findings that are shown under f.
func (r *Report) Explained(f *Finding) []*Finding {
	var out []*Finding
	for i := range r.Findings {
		if g := &r.Findings[i]; slices.Contains(g.CausedBy, f.Check) {
			out = append(out, g)
		}
	}
	return out
}

// Find returns the finding with that key, nil when there is none.
func (r *Report) Find(key string) *Finding {
	for i := range r.Findings {
		if r.Findings[i].Key() == key {
			return &r.Findings[i]
		}
	}
	return nil
}

// Worst returns the highest severity of a finding that is not unknown, "" when there is none.
func (r *Report) Worst() Severity {
	worst := Severity("")
	for _, f := range r.Findings {
		switch {
		case f.Unknown:
		case f.Severity == Error:
			return Error
		case f.Severity == Warning || worst == "":
			worst = f.Severity
		}
	}
	return worst
}

// Validate reports mistakes in a list of checks: missing parts, an ID twice, an After that names no
// check, a cycle.
func Validate(checks []Check) []error {
	var errs []error
	byID := map[string]*Check{}
	for i := range checks {
		c := &checks[i]
		if c.ID == "" || c.Run == nil || c.Severity == "" || len(c.Reads) == 0 {
			errs = append(errs, fmt.Errorf("check %q: ID, Severity, Reads and Run are required", c.ID))
		}
		for _, t := range []text.T{c.Title, c.Doc} {
			if t.En == "" || t.Zh == "" {
				errs = append(errs, fmt.Errorf("check %q: title and doc are required in all languages", c.ID))
			}
		}
		if byID[c.ID] != nil {
			errs = append(errs, fmt.Errorf("check %q: the ID is used twice", c.ID))
		}
		byID[c.ID] = c
	}
	state := map[string]int{}
	var visit func(id string) bool
	visit = func(id string) bool {
		switch state[id] {
		case 1:
			return false
		case 2:
			return true
		}
		state[id] = 1
		for _, a := range byID[id].After {
			if byID[a] == nil {
				errs = append(errs, fmt.Errorf("check %q: After names %q, which is no check", id, a))
			} else if !visit(a) {
				errs = append(errs, fmt.Errorf("check %q: a cycle of causes through %q", id, a))
			}
		}
		state[id] = 2
		return true
	}
	for _, c := range checks {
		visit(c.ID)
	}
	return errs
}
