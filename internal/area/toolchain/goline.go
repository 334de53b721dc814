package toolchain

import (
	"strings"

	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/text"
)

// goLine is the finding of a go or toolchain line that no Go on this machine satisfies and none can be
// fetched for.
func (v *view) goLine(c *choice) diag.Finding {
	file, d, kind := v.blame(c)
	f := diag.Finding{Claim: text.New("{file}:{line} asks for {kind} {value}, and no Go on this machine satisfies that", "{file}:{line} 要求 {kind} {value}，本机没有满足它的 Go").
		With("file", file.Path, "line", d.Line, "kind", kind, "value", d.Value),
		Evidence: []diag.Evidence{
			at(because(text.New("{file}:{line} has: {text}", "{file}:{line} 写有：{text}").With("file", file.Path, "line", d.Line, "text", strings.TrimSpace(d.Cut.Old))), file.Path, d.Line),
			v.starting(), v.newest(), v.who(c)},
		ByHand: "git diff " + file.Path}
	if c.how == howDownload {
		f.Evidence = append(f.Evidence, v.blockedBy(c), not(text.New("not the network: no proxy could help", "不是网络问题：任何代理都无济于事").With()))
	} else {
		f.Evidence = append(f.Evidence, not(text.New("not a missing download: with this GOTOOLCHAIN go does not change to another release", "不是没有下载：在这个 GOTOOLCHAIN 下 go 不会切换到其他版本").With()))
	}
	head := headToolchain(file)
	if kind == "go" {
		head = headGo(file)
	}
	f.Fixes, f.Evidence = v.takeBack(file, d, head, f.Evidence)
	if c.by == bySetting && c.origin != facts.FromGoroot && c.setting == "local" {
		f.Fixes = append(f.Fixes, manual(text.New("or let go download that release: remove GOTOOLCHAIN=local", "或者允许 go 下载该版本：去掉 GOTOOLCHAIN=local").With(), ""))
	}
	return f
}

// blame is the line that asks for too much.
func (v *view) blame(c *choice) (*facts.ModFile, facts.Directive, string) {
	file := lines(&v.s.Project)
	if c.by == byToolchain && file.Toolchain != nil {
		return file, *file.Toolchain, "toolchain"
	}
	need := v.floor()
	if m := &v.s.Project.GoMod; m.Go != nil && (need.file == m.Path || file == m) {
		return m, *m.Go, "go"
	}
	if file.Go != nil {
		return file, *file.Go, "go"
	}
	return &facts.ModFile{Path: need.file}, facts.Directive{Line: need.line, Value: need.value}, "go"
}

func headGo(m *facts.ModFile) *facts.Directive {
	if m.Head == nil {
		return nil
	}
	return m.Head.Go
}

// newest is the evidence which releases this machine has.
func (v *view) newest() diag.Evidence {
	var have []string
	for _, t := range v.s.Toolchain.Trees {
		if r := release(t.Program.Version); t.State == facts.TreeFound && r != "" {
			have = append(have, r)
		}
	}
	for _, sw := range v.s.Toolchain.Switch {
		have = append(have, sw.Name)
	}
	return proof(text.New("releases on this machine: {list}", "本机的版本：{list}").With("list", strings.Join(unique(have), " ")), "")
}

func unique(list []string) []string {
	var out []string
	seen := map[string]bool{}
	for _, s := range list {
		if !seen[s] {
			seen[s] = true
			out = append(out, s)
		}
	}
	return out
}

// takeBack makes the fix of a line of go.mod: when the last commit has another one, or none, which the Go
// here satisfies, exactly this line is taken back; else there is only advice.
func (v *view) takeBack(m *facts.ModFile, d facts.Directive, head *facts.Directive, ev []diag.Evidence) ([]diag.Fix, []diag.Evidence) {
	git := &v.s.Project.Git
	switch {
	case m.Head == nil || !m.Head.Sound:
		return []diag.Fix{v.install(release("go" + strings.TrimPrefix(d.Value, "go")))},
			append(ev, proof(text.New("whether the line is committed is not known ({why})", "不知道该行是否已提交（{why}）").With("why", orDefault(git.Err, "no repository")), ""))
	case head != nil && head.Value == d.Value:
		return []diag.Fix{v.install(release("go" + strings.TrimPrefix(d.Value, "go")))},
			append(ev, proof(text.New("the last commit has the same line: it is the project's decision and stays", "最后一次提交中就是这一行：这是项目的决定，保持不变").With(), "git show HEAD:./go.mod"))
	}
	old := ""
	if head != nil {
		old = head.Cut.Old
		ev = append(ev, proof(text.New("the last commit has: {text}", "最后一次提交中是：{text}").With("text", strings.TrimSpace(old)), "git diff go.mod"))
		if want := release("go" + strings.TrimPrefix(head.Value, "go")); want != "" && !atLeast(release(v.version), want) && v.canSwitch(want) == nil {
			return []diag.Fix{v.install(want)}, ev
		}
	} else {
		ev = append(ev, proof(text.New("the last commit has no such line", "最后一次提交中没有这一行").With(), "git diff go.mod"))
	}
	return []diag.Fix{{Title: text.New("take back line {line} of {file}, which is not committed", "撤回 {file} 第 {line} 行未提交的修改").With("line", d.Line, "file", m.Path),
		Risk: diag.Safe, Actions: cutLine(m, d, old)}}, ev
}
