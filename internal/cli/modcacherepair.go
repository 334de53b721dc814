package cli

import (
	"context"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gorescue/gorescue/internal/action"
	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/probe"
	"github.com/gorescue/gorescue/internal/text"
	"github.com/gorescue/gorescue/internal/verify"
)

// repairID is the check that modcache repair reports under: one finding for each version.
const repairID = "modcache-verify"

func (s *shared) modcacheRepairCommand() *cobra.Command {
	var f fixFlags
	c := &cobra.Command{
		Use:   "repair [MODULE@VERSION…]",
		Short: s.say(text.New("restore damaged modules one by one, undoably", "逐个恢复损坏的模块，可撤销")),
		Long:  s.say(repairLong),
	}
	c.Flags().BoolVarP(&f.yes, "yes", "y", false, s.say(text.New("do not ask", "不询问")))
	c.Flags().BoolVar(&f.dryRun, "dry-run", false, s.say(text.New("show what would change, change nothing", "只显示将发生的改动，不做任何改动")))
	c.RunE = func(cmd *cobra.Command, args []string) error {
		w, err := s.world(nil)
		if err != nil {
			return err
		}
		look, err := s.looker(cmd.Context(), w, args)
		if err != nil {
			return err
		}
		f.look = look
		return s.fix(cmd.Context(), w, nil, f)
	}
	return c
}

var repairLong = text.New(`Looks for damaged modules as modcache verify does (with names: only at these, also when this project does not
use them), and restores exactly their damaged parts: from the sound zip or folder beside them, from other
module caches and clones on this machine, or by go mod download with your own go command and settings.

A part is used only when it has the hash of go.sum. The damaged ones are moved aside in the same file system under the
go command's own lock of the version, and gorescue undo brings them back. Nothing is deleted.`,
	`像 modcache verify 一样查找损坏的模块（给出名称时只检查这些，即使本项目不使用它们），并只恢复其损坏的部分：来自旁边完好的 zip 或目录、
本机其他模块缓存和克隆，或用你自己的 go 命令和设置执行 go mod download。

只有哈希与 go.sum 一致的内容才会被采用。损坏的部分在 go 命令自己的版本锁保护下移到同一文件系统的旁边，gorescue undo 可以移回。不删除任何内容。`)

// looker returns the diagnosis of modcache repair. The first one looks at everything asked for, later ones only at
// what was damaged then: the index is not asked, since a repair is about what changed a moment ago.
func (s *shared) looker(ctx context.Context, w probe.World, names []string) (func(context.Context, probe.World) *diag.Report, error) {
	snap := s.ground(ctx, w)
	f := verifyFlags{all: len(names) > 0}
	first, err := s.verify(ctx, w, f, names)
	if err != nil {
		return nil, err
	}
	if len(names) == 0 && len(first.Lists) == 0 {
		names = []string{}
		for _, m := range first.Damaged() {
			names = append(names, m.Path+"@"+m.Version)
		}
	}
	by := means(w, snap, first.Cache)
	look := func(ctx context.Context, w probe.World) *diag.Report {
		r := first
		if first = nil; r == nil && (names == nil || len(names) > 0) {
			again, err := s.verify(ctx, w, verifyFlags{all: f.all, noIndex: true}, names)
			if err != nil {
				return &diag.Report{Snapshot: snap, Findings: []diag.Finding{{Check: repairID, Severity: diag.Error, Unknown: true,
					Claim: text.New("cannot look at the module cache: {err}", "无法检查模块缓存：{err}").With("err", err)}}}
			}
			r = again
		}
		return reportOf(r, snap, by)
	}
	return look, nil
}

func means(w probe.World, snap *facts.Snapshot, cache string) verify.Means {
	set := snap.Settings
	by := verify.Means{Cache: cache, Incident: w.Incident, Proxy: strings.TrimSpace(set.Get("GOPROXY")), Flags: set.Get("GOFLAGS"), GoPaths: filepath.SplitList(set.Get("GOPATH"))}
	if home := w.Get("HOME"); home != "" {
		by.GoPaths = append(by.GoPaths, filepath.Join(home, "go"))
	}
	if program, err := exec.LookPath("go"); err == nil {
		by.Go = program
	}
	return by
}

// reportOf turns damaged versions into findings with their ladders.
func reportOf(r *verify.Report, snap *facts.Snapshot, by verify.Means) *diag.Report {
	snap.Taken = time.Now().UTC()
	out := &diag.Report{Snapshot: snap}
	if r == nil {
		return out
	}
	out.Passed = r.Counts.Modules - r.Counts.Damaged - r.Counts.Unknown
	for _, m := range r.Damaged() {
		name := m.Path + "@" + m.Version
		f := diag.Finding{Check: repairID, Subject: name, Severity: diag.Error, Claim: kindText(m.Defects[0].Kind).With("module", name),
			ByHand: "gorescue modcache verify --all " + name, Fixes: verify.Fixes(m, by)}
		for _, d := range m.Defects {
			f.Evidence = append(f.Evidence, diag.Evidence{Role: diag.Because, File: d.Path, Text: text.New("{path}: {kind}", "{path}：{kind}").With("path", d.Path, "kind", string(d.Kind))})
			if d.Want != "" {
				f.Evidence = append(f.Evidence, diag.Evidence{Role: diag.Proof, File: m.SumFile, Line: m.SumLine,
					Text: text.New("it must be {want} ({by}), and is {got}", "应为 {want}（{by}），实际为 {got}").With("want", d.Want, "by", m.Reference, "got", firstText(d.Got, d.Why, "-"))})
			}
		}
		if m.Want != "" && (m.Exam.Zip.Hash == m.Want || m.Exam.Tree.Hash == m.Want) {
			f.Evidence = append(f.Evidence, diag.Evidence{Role: diag.Not, Text: text.New("a wrong go.sum: another part of this version has exactly the hash wanted", "不是 go.sum 有误：该版本的另一部分哈希与之完全一致").With()})
		}
		out.Findings = append(out.Findings, f)
	}
	for i, d := range r.Lists {
		to := filepath.Join(by.Aside(), "list."+strconv.Itoa(i))
		out.Findings = append(out.Findings, diag.Finding{Check: repairID, Subject: d.Path, Severity: diag.Warning, Claim: kindText(d.Kind).With(), ByHand: "cat -v " + d.Path,
			Evidence: []diag.Evidence{{Role: diag.Because, File: d.Path, Text: text.New("{path}: {why}", "{path}：{why}").With("path", d.Path, "why", d.Why)}},
			Fixes: []diag.Fix{{Risk: diag.Safe, Title: text.New("move {path} aside; go writes a new one when it asks a proxy", "把 {path} 移到旁边；go 询问代理时会写新的").With("path", d.Path),
				Actions: action.List{&action.Move{From: d.Path, To: to}}}}})
	}
	return out
}

func firstText(list ...string) string {
	for _, t := range list {
		if t != "" {
			return t
		}
	}
	return ""
}
