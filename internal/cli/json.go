package cli

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/gocmd"
	"github.com/gorescue/gorescue/internal/repair"
)

// jsonSchema is the version of the documents of --json. It is raised when a field changes its meaning or
// goes away.
const jsonSchema = 1

// document is what --json prints.
type document struct {
	Report *diag.Report
	Fix    *repair.Result
	Plan   *repair.Plan
	Then   *gocmd.Result
	Took   time.Duration
	Named  []string
	Net    bool // show what the servers did
	// Program: show where a program spends what it has
	Program bool
}

type jsonDocument struct {
	Schema    int                           `json:"schema"`
	Tool      string                        `json:"tool"`
	Incident  string                        `json:"incident"`
	Time      time.Time                     `json:"time"`
	Dir       string                        `json:"dir"`
	Findings  []jsonFinding                 `json:"findings"`
	Passed    int                           `json:"passed"`
	Sections  map[facts.Section]jsonSection `json:"sections"`
	Change    *jsonChange                   `json:"change,omitempty"`
	Before    []jsonFinding                 `json:"before,omitempty"` // of fix: what was found first
	Proposals []jsonProposal                `json:"proposals,omitempty"`
	Plan      *repair.Plan                  `json:"plan,omitempty"`
	Then      *jsonThen                     `json:"then,omitempty"`
	Network   *facts.Network                `json:"network,omitempty"` // of net
	Program   *facts.Program                `json:"program,omitempty"` // of profile
}

type jsonFinding struct {
	Check    string            `json:"check"`
	Subject  string            `json:"subject,omitempty"`
	Severity diag.Severity     `json:"severity"`
	Claim    string            `json:"claim"`
	Args     map[string]string `json:"args,omitempty"`
	Unknown  bool              `json:"unknown"`
	Checks   []string          `json:"checks,omitempty"` // of an unknown one: every check that says nothing for this reason
	CausedBy []string          `json:"caused_by"`
	Evidence []jsonEvidence    `json:"evidence"`
	ByHand   string            `json:"by_hand,omitempty"`
	Fixes    []jsonFix         `json:"fixes"`
}

type jsonEvidence struct {
	Role    diag.Role `json:"role"`
	Text    string    `json:"text"`
	File    string    `json:"file,omitempty"`
	Line    int       `json:"line,omitempty"`
	Command string    `json:"command,omitempty"`
}

type jsonFix struct {
	Title        string    `json:"title"`
	Risk         diag.Risk `json:"risk"`
	Actions      []string  `json:"actions"`
	Shell        string    `json:"shell,omitempty"`
	Irreversible bool      `json:"irreversible,omitempty"`
}

type jsonSection struct {
	Status  facts.State `json:"status"`
	Reason  string      `json:"reason,omitempty"`
	Seconds float64     `json:"duration"`
}

type jsonChange struct {
	ID      string         `json:"id"`
	Outcome repair.Outcome `json:"outcome"`
	Seconds float64        `json:"duration"`
	Stages  []jsonStage    `json:"stages"`
	Steps   []jsonStep     `json:"steps"`
	Failed  []jsonStep     `json:"failed,omitempty"`
}

type jsonStage struct {
	Stage   string  `json:"stage"`
	Check   string  `json:"check,omitempty"`
	Seconds float64 `json:"duration"`
}

type jsonStep struct {
	Check   string   `json:"check"`
	Subject string   `json:"subject,omitempty"`
	Claim   string   `json:"claim"`
	Fix     string   `json:"fix"`
	Actions []string `json:"actions"`
	Why     string   `json:"why,omitempty"`
}

type jsonProposal struct {
	Check        string    `json:"check"`
	Title        string    `json:"title"`
	Risk         diag.Risk `json:"risk"`
	Command      string    `json:"command,omitempty"` // how to name it; "" when it is advice only
	Shell        string    `json:"shell,omitempty"`
	Irreversible bool      `json:"irreversible,omitempty"`
}

type jsonThen struct {
	Command string  `json:"command"`
	Exit    int     `json:"exit"`
	Seconds float64 `json:"duration"`
	Output  string  `json:"output,omitempty"`
}

func (s *shared) writeJSON(d document) error {
	snap := d.Report.Snapshot
	out := jsonDocument{
		Schema: jsonSchema, Tool: snap.Tool, Incident: snap.Incident, Time: snap.Taken, Dir: snap.Dir,
		Findings: s.findings(d.Report), Passed: d.Report.Passed, Sections: map[facts.Section]jsonSection{},
		Proposals: s.proposals(d.Report), Plan: d.Plan,
	}
	for sec, st := range snap.Sections {
		if sec == facts.SecBuild && st.Reason == "" {
			st.Reason = unseen(snap)
		}
		out.Sections[sec] = jsonSection{st.State, st.Reason, st.Took.Seconds()}
	}
	if r := d.Fix; r != nil {
		out.Change = &jsonChange{ID: r.Change, Outcome: r.Outcome, Seconds: d.Took.Seconds(), Stages: stages(r.Stages), Steps: []jsonStep{}}
		for _, st := range r.Steps {
			out.Change.Steps = append(out.Change.Steps, s.step(st, ""))
		}
		for _, st := range r.Failed {
			out.Change.Failed = append(out.Change.Failed, s.step(st.Step, st.Why))
		}
		if r.First != nil {
			out.Before = s.findings(r.First)
		}
	}
	if d.Then != nil {
		out.Then = &jsonThen{d.Then.Command, d.Then.Exit, d.Then.Took.Seconds(), string(d.Then.Stderr)}
	}
	if d.Net && snap.Has(facts.SecNetwork) {
		out.Network = &snap.Network
	}
	if d.Program {
		out.Program = &snap.Program
	}
	enc := json.NewEncoder(s.Stdout)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(out)
}

func (s *shared) findings(r *diag.Report) []jsonFinding {
	out := []jsonFinding{}
	for i := range r.Findings {
		f := &r.Findings[i]
		if f.Unknown { // one finding for each reason, however many checks it silences
			same := func(o jsonFinding) bool { return o.Unknown && o.Claim == f.Claim.In(s.lang) }
			if n := slices.IndexFunc(out, same); n >= 0 {
				out[n].Checks = append(out[n].Checks, f.Check)
				continue
			}
		}
		jf := jsonFinding{Check: f.Check, Subject: f.Subject, Severity: f.Severity, Claim: f.Claim.In(s.lang), Args: f.Claim.Args,
			Unknown: f.Unknown, CausedBy: append([]string{}, f.CausedBy...), ByHand: f.ByHand, Evidence: []jsonEvidence{}, Fixes: []jsonFix{}}
		for _, e := range f.Evidence {
			jf.Evidence = append(jf.Evidence, jsonEvidence{e.Role, e.Text.In(s.lang), e.File, e.Line, e.Command})
		}
		for _, x := range f.Fixes {
			jf.Fixes = append(jf.Fixes, jsonFix{x.Title.In(s.lang), x.Risk, s.describe(x), x.Shell, x.Irreversible})
		}
		if f.Unknown {
			jf.Checks = []string{f.Check}
		}
		out = append(out, jf)
	}
	return out
}

func (s *shared) describe(x diag.Fix) []string {
	out := []string{}
	for _, a := range x.Actions {
		out = append(out, a.Describe().In(s.lang))
	}
	return out
}

// proposals are the fixes that a person must name or do.
func (s *shared) proposals(r *diag.Report) []jsonProposal {
	var out []jsonProposal
	for _, f := range r.Roots() {
		for _, x := range f.Fixes {
			if x.Risk == diag.Safe {
				continue
			}
			p := jsonProposal{Check: f.Check, Title: x.Title.In(s.lang), Risk: x.Risk, Shell: x.Shell, Irreversible: x.Irreversible}
			if x.Risk == diag.Person {
				p.Command = "gorescue fix " + f.Check
			}
			out = append(out, p)
		}
	}
	return out
}

func (s *shared) step(st repair.Step, why string) jsonStep {
	return jsonStep{st.Check, st.Subject, st.Claim.In(s.lang), st.Fix.Title.In(s.lang), s.describe(st.Fix), why}
}

func stages(in []repair.Stage) []jsonStage {
	out := []jsonStage{}
	for _, st := range in {
		out = append(out, jsonStage{st.Name, st.Check, st.Took.Seconds()})
	}
	return out
}
