package workspace

import (
	"slices"
	"strings"

	"golang.org/x/mod/modfile"

	"github.com/gorescue/gorescue/internal/action"
	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/text"
)

var merge = diag.Check{
	ID:       "go-work-merge-conflict",
	Title:    text.New("go.work holds the markers of an unfinished merge", "go.work 中留有未完成合并的冲突标记"),
	Severity: diag.Error,
	Reads:    onlyWorkspace,
	Doc: text.New(`A merge or stash pop could not join both sides of go.work and left its markers. The go command then refuses the whole workspace:
"unknown directive: <<<<<<<".

Proof: the lines of the markers. Looks the same: a typing error in go.work (then there are no markers). When both sides hold
only use lines, keeping the lines of both is a right answer, and the result parses; a person must still agree, since a merge is
a person's work: name the fix. Otherwise open the file. The state of the merge in git is not touched: git add go.work remains
to be done. Source: https://git-scm.com/docs/git-merge#_how_conflicts_are_presented`,
		`合并或 stash pop 无法合并 go.work 的两侧，留下了冲突标记。此时 go 命令拒绝整个工作区：“unknown directive: <<<<<<<”。

证据：标记所在的行。相似情形：go.work 中的笔误（此时没有标记）。若两侧都只有 use 行，保留两侧的行是正确的结果，并且能够解析；
但合并是人的工作，仍需由人同意：请指明该修复。否则请自行打开文件处理。git 的合并状态不会被触碰，之后仍需 git add go.work。
来源：https://git-scm.com/docs/git-merge#_how_conflicts_are_presented`),
	Run: func(s *facts.Snapshot) []diag.Finding {
		ws := &s.Workspace
		if !inForce(ws) || len(ws.Conflicts) == 0 {
			return nil
		}
		f := diag.Finding{
			Claim:  text.New("{file} holds the markers of an unfinished merge at line {line}", "{file} 第 {line} 行留有未完成合并的冲突标记").With("file", ws.File, "line", ws.Conflicts[0].Line),
			ByHand: "grep -nE '^(<<<<<<<|=======|>>>>>>>)' " + ws.File,
			Evidence: []diag.Evidence{
				{Role: diag.Because, File: ws.File, Line: ws.Conflicts[0].Line, Text: text.New("{n} piece(s) between <<<<<<< and >>>>>>>, the first at line {line}", "<<<<<<< 与 >>>>>>> 之间共 {n} 处，第一处在第 {line} 行").With("n", len(ws.Conflicts), "line", ws.Conflicts[0].Line)},
				sides(ws.File, ws.Conflicts[0]),
				{Role: diag.Not, Text: text.New("a typing error: a typing error leaves no markers", "不是笔误：笔误不会留下冲突标记").With()},
			},
			Fixes: []diag.Fix{{Title: text.New("open {file} and choose", "打开 {file} 自行选择").With("file", ws.File), Risk: diag.Manual}},
		}
		if splices, ok := both(ws.Conflicts); ok {
			f.Fixes = slices.Insert(f.Fixes, 0, diag.Fix{
				Title:   text.New("keep the use lines of both sides and drop the markers", "保留两侧的 use 行并删除冲突标记").With(),
				Risk:    diag.Person,
				Actions: action.List{&action.Edit{Path: ws.File, Splices: splices}},
			})
		}
		return []diag.Finding{f}
	},
}

// sides shows what stands between the markers.
func sides(file string, c facts.Conflict) diag.Evidence {
	e := diag.Evidence{Role: diag.Proof, File: file, Line: c.Line}
	if c.Torn {
		e.Text = text.New("the marker {text} has no counterpart: a part of the merge was edited away", "标记 {text} 没有与之对应的另一半：合并内容已被部分改动").With("text", oneLine(c.At.Old))
	} else {
		e.Text = text.New("one side: {a} · the other: {b}", "一侧：{a} · 另一侧：{b}").With("a", oneLine(c.Ours), "b", oneLine(c.Theirs))
	}
	return e
}

// both joins the sides of every conflict when each side holds nothing but use lines.
func both(list []facts.Conflict) ([]facts.Splice, bool) {
	var out []facts.Splice
	for _, c := range list {
		if c.Torn {
			return nil, false
		}
		seen := map[string]bool{}
		joined := ""
		for line := range strings.Lines(c.Ours + c.Theirs) {
			t := strings.TrimSpace(line)
			if t == "" || seen[t] {
				continue
			}
			dir := strings.TrimSpace(strings.TrimPrefix(t, "use "))
			if !strings.HasPrefix(dir, ".") && !strings.HasPrefix(dir, "/") {
				return nil, false
			}
			seen[t] = true
			joined += line
		}
		if _, err := modfile.ParseWork("go.work", []byte("use (\n"+strings.ReplaceAll(joined, "use ", "")+"\n)\n"), nil); err != nil {
			return nil, false
		}
		at := c.At
		at.New = joined
		out = append(out, at)
	}
	return out, true
}

func oneLine(t string) string { return strings.Join(strings.Fields(t), " ") }

var unreadable = diag.Check{
	ID:       "go-work-unreadable",
	Title:    text.New("go.work cannot be read", "go.work 无法读取"),
	Severity: diag.Error,
	Reads:    onlyWorkspace,
	After:    []string{"go-work-merge-conflict"},
	Doc: text.New(`go.work is there but cannot be parsed or opened, so every go command below its folder fails. The go command writes it without
a temporary file (os.WriteFile in cmd/go/internal/modload/init.go), so a crash or a full disk can leave half of it.

Proof: the first line that does not parse and why, or the reason of the system. Looks the same: markers of a merge (another check).
Nothing is repaired: what the line should say is not known; with git, git diff go.work shows what changed. By hand: go work edit -json.`,
		`go.work 存在，但无法解析或打开，因此其目录之下的所有 go 命令都会失败。go 命令写它时不使用临时文件
（cmd/go/internal/modload/init.go 中的 os.WriteFile），崩溃或磁盘写满都可能留下半个文件。

证据：第一处无法解析的行及原因，或系统给出的原因。相似情形：合并冲突标记（另一检查）。不做修复：无法知道该行应是什么；
有 git 时，git diff go.work 会显示改动。手工核实：go work edit -json。`),
	Run: func(s *facts.Snapshot) []diag.Finding {
		ws := &s.Workspace
		if ws.File == "" || ws.State == facts.FileMissing || ws.State == facts.FileRead && len(ws.Errors) == 0 {
			return nil
		}
		e := facts.WorkLine{Text: string(ws.State)}
		if len(ws.Errors) > 0 {
			e = ws.Errors[0]
		}
		return []diag.Finding{{
			Claim: text.New("{file} cannot be read: {why}", "{file} 无法读取：{why}").With("file", ws.File, "why", e.Text),
			Evidence: []diag.Evidence{
				{Role: diag.Because, File: ws.File, Line: e.Line, Text: text.New("line {line}: {why}", "第 {line} 行：{why}").With("line", e.Line, "why", e.Text)},
				{Role: diag.Proof, File: ws.File, Command: "go work edit -json", Text: text.New("the same grammar as the go command's refuses it (golang.org/x/mod/modfile)", "与 go 命令相同的语法（golang.org/x/mod/modfile）拒绝它").With()},
			},
			ByHand: "go work edit -json",
			Fixes:  []diag.Fix{{Title: text.New("look at what changed: git diff {file}", "查看改动：git diff {file}").With("file", ws.File), Risk: diag.Manual, Shell: "git diff " + ws.File}},
		}}
	},
}
