package cli

import (
	"bytes"
	"fmt"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/aymanbagabas/go-udiff"

	"github.com/gorescue/gorescue/internal/action"
	"github.com/gorescue/gorescue/internal/atomicfile"
	"github.com/gorescue/gorescue/internal/catalog"
	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/gocmd"
	"github.com/gorescue/gorescue/internal/repair"
	"github.com/gorescue/gorescue/internal/text"
)

// The labels at the left of a finding.
var labels = map[diag.Role]text.T{
	diag.Because: text.New("because", "起因"),
	diag.Proof:   text.New("proof", "证据"),
	diag.Not:     text.New("not", "排除"),
}

// writeReport is the screen of check: root causes with their proofs, then what was not looked at.
func (s *shared) writeReport(r *diag.Report, took time.Duration, explain bool) {
	roots := r.Roots()
	for _, f := range roots {
		s.writeFinding(r, f)
		if explain {
			s.writePage(f.Check)
		}
	}
	s.writeUnknown(r)
	switch {
	case slices.ContainsFunc(roots, func(f *diag.Finding) bool { return f.Severity != diag.Info }):
	case slices.ContainsFunc(r.Findings, func(f diag.Finding) bool { return f.Unknown }):
		s.print(text.New("nothing found, but not everything could be looked at", "没有发现问题，但有些内容无法检查").With())
	case unseen(r.Snapshot) != "":
		s.print(text.New("nothing found; whether the build passes was not seen: {why}", "没有发现问题；但没有看到构建是否通过：{why}").With("why", unseen(r.Snapshot)))
	case r.Snapshot.Has(facts.SecBuild) && r.Snapshot.Build.Outcome == facts.BuildNeedsDownload:
		s.print(text.New("nothing found; whether the build passes can be seen after the download", "没有发现问题；下载之后才能看到构建是否通过").With())
	case r.Snapshot.Has(facts.SecBuild) && r.Snapshot.Build.Outcome == facts.BuildFailed:
		s.print(text.New("nothing found in the environment; the build fails, as shown", "环境中没有发现问题；构建失败，见上").With())
	default:
		s.print(text.New("{ok} this Go environment is healthy", "{ok} 此 Go 环境正常").With("ok", "✓"))
	}
	last := text.New("\n{n} checks passed · not looked at: network (ask with --net) · {t} s", "\n{n} 项检查通过 · 未检查：网络（可用 --net） · {t} 秒")
	if r.Snapshot.Has(facts.SecNetwork) {
		last = text.New("\n{n} checks passed · {t} s", "\n{n} 项检查通过 · {t} 秒")
	}
	s.print(last.
		With("n", r.Passed, "t", fmt.Sprintf("%.1f", took.Seconds())))
}

// unseen says why a build was not seen to its end, "" when it was or there is none.
func unseen(s *facts.Snapshot) string {
	b := &s.Build
	switch {
	case !s.Has(facts.SecBuild) || b.Outcome != facts.BuildTimedOut:
		return ""
	case b.Why != "":
		return b.Why
	}
	return b.Command + " was not finished in time"
}

func (s *shared) writeFinding(r *diag.Report, f *diag.Finding) {
	mark, colour := "✗", red
	switch f.Severity {
	case diag.Warning:
		mark, colour = "!", yellow
	case diag.Info:
		mark, colour = "·", dim
	}
	fmt.Fprintf(s.Stdout, "%s %s  %s\n", s.paint(colour, mark), s.paint(bold, f.Claim.In(s.lang)), s.paint(dim, f.Check))
	for _, role := range []diag.Role{diag.Because, diag.Proof, diag.Not} {
		for _, e := range f.Evidence {
			if e.Role == role {
				body := e.Text.In(s.lang)
				if role == diag.Not {
					body = strings.TrimPrefix(body, "not ") // the label says it
				}
				s.line(labels[role], body+s.where(e))
			}
		}
	}
	if f.ByHand != "" {
		s.line(text.New("by hand", "手工核实"), f.ByHand)
	}
	var under []string
	for _, g := range r.Explained(f) {
		under = append(under, g.Claim.In(s.lang))
	}
	if len(under) > 0 {
		s.line(text.New("explains", "同时解释"), strings.Join(under, " · "))
	}
	s.writeFixes(f)
	fmt.Fprintln(s.Stdout)
}

// where says where an observation was made, unless the sentence says it already.
func (s *shared) where(e diag.Evidence) string {
	if e.Command == "" || strings.Contains(e.Text.In(s.lang), e.Command) {
		return ""
	}
	return s.paint(dim, "  ["+text.Visible(e.Command)+"]")
}

func (s *shared) writeFixes(f *diag.Finding) {
	for i, x := range f.Fixes {
		label := text.New("fix", "修复")
		if i > 0 {
			label = text.New("else", "否则")
		}
		command := ""
		switch {
		case x.Risk == diag.Safe && i == 0 && f.Severity != diag.Info:
			command = "gorescue fix"
		case x.Risk == diag.Person || x.Risk == diag.Safe && i == 0:
			command = "gorescue fix " + f.Check
		}
		line := x.Title.In(s.lang)
		if x.Irreversible {
			line += s.say(text.New(" (cannot be undone)", "（不可撤销）"))
		}
		if command != "" {
			line += "      " + s.paint(green, command)
		}
		s.line(label, line)
	}
}

func (s *shared) line(label text.T, body string) {
	l := s.say(label)
	pad := 9 - width(l)
	fmt.Fprintf(s.Stdout, "  %s%s %s\n", s.paint(dim, l), strings.Repeat(" ", max(pad, 0)), strings.ReplaceAll(strings.TrimRight(body, "\n"), "\n", "\n            "))
}

// width is the number of terminal cells: Chinese characters take two.
func width(t string) int {
	n := 0
	for _, r := range t {
		n++
		if r >= 0x1100 {
			n++
		}
	}
	return n
}

// writeUnknown tells what could not be looked at, one line a section.
func (s *shared) writeUnknown(r *diag.Report) {
	byWhy := map[string]int{}
	for _, f := range r.Findings {
		if f.Unknown {
			byWhy[f.Claim.In(s.lang)]++
		}
	}
	whys := make([]string, 0, len(byWhy))
	for why := range byWhy {
		whys = append(whys, why)
	}
	sort.Strings(whys)
	for _, why := range whys {
		s.print(text.New("? {why} — {n} check(s) say nothing", "? {why} — {n} 项检查无法给出结论").With("why", why, "n", byWhy[why]))
	}
}

// writeFix is the screen of fix.
func (s *shared) writeFix(res *repair.Result, then *gocmd.Result, took time.Duration) {
	for _, st := range res.Steps {
		s.print(text.New("{ok} {claim}", "{ok} {claim}").With("ok", "✓", "claim", st.Claim.In(s.lang)))
		s.line(text.New("done", "已做"), st.Fix.Title.In(s.lang))
		s.line(text.New("proven", "已证实"), s.say(text.New("the same probes and the same check find nothing any more", "相同的探测与检查不再发现此问题")))
		if st.Fix.Shell != "" {
			s.line(text.New("here", "当前终端"), text.New("open a new terminal, or type: {cmd}", "打开新终端，或输入：{cmd}").With("cmd", st.Fix.Shell).In(s.lang))
		}
	}
	for _, st := range res.Failed {
		s.print(text.New("{no} {title}: {why}; taken back", "{no} {title}：{why}；已撤回").
			With("no", "!", "title", st.Fix.Title.In(s.lang), "why", st.Why))
	}
	if res.Last != nil && len(res.Last.Findings) > 0 {
		if len(res.Steps) > 0 {
			s.print(text.New("\nwhat is left:\n", "\n仍存在的问题：\n").With())
		}
		for _, f := range res.Last.Roots() {
			s.writeFinding(res.Last, f)
		}
		s.writeUnknown(res.Last)
	}
	if then != nil {
		s.writeThen(then)
	}
	s.writeOutcome(res, took)
}

func (s *shared) writeThen(then *gocmd.Result) {
	if then.OK() {
		s.print(text.New("{ok} {cmd} passes", "{ok} {cmd} 通过").With("ok", "✓", "cmd", then.Command))
		return
	}
	s.print(text.New("{no} {cmd} still fails (exit code {n})", "{no} {cmd} 仍然失败（退出码 {n}）").With("no", "✗", "cmd", then.Command, "n", then.Exit))
	for l := range strings.Lines(string(then.Stderr)) {
		fmt.Fprintln(s.Stdout, "   ", text.Visible(strings.TrimRight(l, "\r\n")))
	}
}

func (s *shared) writeOutcome(res *repair.Result, took time.Duration) {
	t := fmt.Sprintf("%.1f", took.Seconds())
	switch res.Outcome {
	case repair.Repaired:
		s.print(text.New("repaired and proven in {t} s · take it back: gorescue undo {id}", "已修复并证实，用时 {t} 秒 · 撤销：gorescue undo {id}").With("t", t, "id", res.Change))
	case repair.Partly:
		s.print(text.New("repaired in part in {t} s · take it back: gorescue undo {id}", "已部分修复，用时 {t} 秒 · 撤销：gorescue undo {id}").With("t", t, "id", res.Change))
	case repair.RefusedOutcome:
		s.print(text.New("nothing was changed: the machine is not as it was when the plan was made", "没有做任何改动：现状与制定计划时不同").With())
	case repair.Nothing:
		if s.exit == exitOK {
			s.print(text.New("nothing to repair ({t} s)", "没有需要修复的内容（{t} 秒）").With("t", t))
		} else {
			s.print(text.New("nothing was changed: there is no repair that may be done unasked", "没有做任何改动：没有可以自动执行的修复").With())
		}
	}
}

// writePlan is the screen of fix --dry-run.
func (s *shared) writePlan(r *diag.Report, p *repair.Plan, dry *action.DryRun) {
	if len(p.Steps) == 0 {
		s.print(text.New("nothing would be changed", "不会有任何改动").With())
	}
	for _, st := range p.Steps {
		s.writeStep(st)
	}
	s.writeDiffs(dry)
	for _, pr := range s.proposals(r) {
		if pr.Command != "" {
			s.print(text.New("for you to decide: {title}      {cmd}", "由你决定：{title}      {cmd}").With("title", pr.Title, "cmd", pr.Command))
		}
	}
}

func (s *shared) writeStep(st repair.Step) {
	fmt.Fprintf(s.Stdout, "%s %s  %s\n", s.paint(red, "✗"), s.paint(bold, st.Claim.In(s.lang)), s.paint(dim, st.Check))
	s.line(text.New("fix", "修复"), st.Fix.Title.In(s.lang))
	for _, d := range s.describe(st.Fix) {
		s.line(text.New("will", "将会"), d)
	}
}

// writeDiffs shows what would be different on disk.
func (s *shared) writeDiffs(dry *action.DryRun) {
	changed := dry.Changed()
	for _, path := range sortedKeys(changed) {
		after := changed[path]
		before, err := atomicfile.Read(path)
		if err != nil || after.Kind != atomicfile.File || before.Opaque || after.Opaque || string(before.Data) == string(after.Data) || strings.Contains(path, "gorescue-aside") || bytes.IndexByte(after.Data, 0) >= 0 {
			continue // nothing to show, or nothing to be read
		}
		for l := range strings.Lines(udiff.Unified(path, path, string(before.Data), string(after.Data))) {
			l = text.Visible(strings.TrimRight(l, "\n"))
			switch {
			case strings.HasPrefix(l, "+"):
				l = s.paint(green, l)
			case strings.HasPrefix(l, "-"):
				l = s.paint(red, l)
			}
			fmt.Fprintln(s.Stdout, "    "+l)
		}
	}
}

// writePage prints the page of a check.
func (s *shared) writePage(id string) {
	for _, c := range catalog.Checks() {
		if c.ID == id {
			fmt.Fprintln(s.Stdout, strings.TrimSpace(c.Doc.In(s.lang))+"\n")
		}
	}
}

// relative is a path as seen from the folder of the diagnosis, when that is shorter.
func relative(s *facts.Snapshot, path string) string {
	if rel, err := filepath.Rel(s.Dir, path); err == nil && !strings.HasPrefix(rel, "..") {
		return rel
	}
	return path
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}
