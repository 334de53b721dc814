package cli

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/gorescue/gorescue/internal/diag"
)

// sarifLevel is SARIF's word for a severity (SARIF 2.1.0, 3.27.10).
func sarifLevel(f *diag.Finding) string {
	switch {
	case f.Unknown || f.Severity == diag.Info:
		return "note"
	case f.Severity == diag.Warning:
		return "warning"
	}
	return "error"
}

// writeSARIF prints the report as SARIF 2.1.0 with one rule per check that said something.
func (s *shared) writeSARIF(r *diag.Report) error {
	type object = map[string]any
	rules, results := []object{}, []object{}
	seen := map[string]bool{}
	checks, _ := selected(nil)
	for i := range r.Findings {
		f := &r.Findings[i]
		if !seen[f.Check] {
			seen[f.Check] = true
			rule := object{"id": f.Check}
			for _, c := range checks {
				if c.ID == f.Check {
					rule["shortDescription"] = object{"text": c.Title.In(s.lang)}
					rule["help"] = object{"text": c.Doc.In(s.lang), "markdown": c.Doc.In(s.lang)}
				}
			}
			rules = append(rules, rule)
		}
		res := object{"ruleId": f.Check, "level": sarifLevel(f), "message": object{"text": s.proofText(f)}}
		if file, line := place(f); file != "" {
			region := object{"startLine": max(line, 1)}
			res["locations"] = []object{{"physicalLocation": object{"artifactLocation": object{"uri": uri(relative(r.Snapshot, file))}, "region": region}}}
		}
		results = append(results, res)
	}
	enc := json.NewEncoder(s.Stdout)
	enc.SetIndent("", "  ")
	return enc.Encode(object{
		"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0",
		"runs": []object{{
			"tool":    object{"driver": object{"name": "gorescue", "version": r.Snapshot.Tool, "rules": rules}},
			"results": results, "automationDetails": object{"id": "gorescue/" + r.Snapshot.Incident},
		}},
	})
}

// writeGitHub prints one workflow command per root cause.
func (s *shared) writeGitHub(r *diag.Report) error {
	for i := range r.Findings {
		f := &r.Findings[i]
		if len(f.CausedBy) > 0 {
			continue
		}
		word := map[string]string{"error": "error", "warning": "warning", "note": "notice"}[sarifLevel(f)]
		params := "title=" + property("gorescue: "+f.Check)
		if file, line := place(f); file != "" {
			params = fmt.Sprintf("file=%s,line=%d,%s", property(relative(r.Snapshot, file)), max(line, 1), params)
		}
		fmt.Fprintf(s.Stdout, "::%s %s::%s\n", word, params, escape(s.proofText(f)))
	}
	return nil
}

// proofText is a finding in one text: claim, evidence, fixes.
func (s *shared) proofText(f *diag.Finding) string {
	var b strings.Builder
	b.WriteString(f.Claim.In(s.lang))
	for _, e := range f.Evidence {
		fmt.Fprintf(&b, "\n%s: %s", labels[e.Role].In(s.lang), e.Text.In(s.lang))
	}
	for _, x := range f.Fixes {
		fmt.Fprintf(&b, "\n→ %s", x.Title.In(s.lang))
	}
	return b.String()
}

// place is the first file that the proof names.
func place(f *diag.Finding) (file string, line int) {
	for _, e := range f.Evidence {
		if e.File != "" {
			return e.File, e.Line
		}
	}
	return "", 0
}

func uri(path string) string {
	return strings.NewReplacer("%", "%25", " ", "%20", "#", "%23", "?", "%3F", `\`, "/").Replace(path)
}

// escape and property are the encodings of workflow commands.
func escape(t string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(t)
}

func property(t string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C").Replace(t)
}
