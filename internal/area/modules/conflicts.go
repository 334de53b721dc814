package modules

import (
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/semver"

	"github.com/gorescue/gorescue/internal/action"
	"github.com/gorescue/gorescue/internal/conflict"
	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/gomod"
	"github.com/gorescue/gorescue/internal/text"
)

var conflictMarkers = diag.Check{
	ID:       "gomod-merge-conflict-markers",
	Title:    text.New("go.mod holds the markers of an unfinished merge", "go.mod 中留有未完成合并的冲突标记"),
	Severity: diag.Error,
	Reads:    []facts.Section{facts.SecModules, facts.SecProject},
	Doc: text.New(`A merge, rebase or stash pop could not join both sides of go.mod and left its markers. Every go command then stops:
"malformed module path "<<<<<<<"" or "unknown directive: <<<<<<<".

**How it is proven.** The lines of the markers, and what stands on each side. **What looks the same.** A typing error leaves no markers.

**What the fix does.** When both sides only add statements and none of one contradicts one of the other, the lines of both are kept and the
markers go; every version then has its line in go.sum, and the build is tried in a scratch copy first. When the sides want
different versions of one module, the higher one is proposed, since the go command would choose it for the union of both
(https://go.dev/ref/mod#minimal-version-selection); a person must name that fix. Otherwise, or when a side has deleted
something, open the file. git's state of the merge is not touched: git add go.mod remains to be done.

**By hand.** grep -nE '^(<<<<<<<|=======|>>>>>>>)' go.mod. Source: git-merge(1), "how conflicts are presented".`,
		`合并、变基或 stash pop 无法合并 go.mod 的两侧，留下了冲突标记。此后每条 go 命令都会停下：“malformed module path "<<<<<<<"”或“unknown directive: <<<<<<<”。

**如何证明。** 标记所在的行，以及两侧各自的内容。**容易混淆的情况。** 笔误不会留下标记。

**修复做什么。** 如果两侧都只是添加语句，且互不矛盾，则保留两侧的行并删除标记；每个版本在 go.sum 中都有对应行，并且先在临时副本中试构建。
如果两侧要求同一模块的不同版本，则提议较高的版本，因为 go 命令对两者的并集会选择它（https://go.dev/ref/mod#minimal-version-selection），
但必须由人指明该修复。其他情况，或某一侧删除了内容时，请自行打开文件。git 的合并状态不会被触碰，之后仍需 git add go.mod。

**手动检查。** grep -nE '^(<<<<<<<|=======|>>>>>>>)' go.mod。来源：git-merge(1) 的 “how conflicts are presented”。`),
	Run: func(s *facts.Snapshot) []diag.Finding {
		var out []diag.Finding
		for _, v := range views(s) {
			if list := conflict.Find([]byte(v.Text)); len(list) > 0 && len(v.errs) > 0 {
				out = append(out, v.conflicted(s, list))
			}
		}
		return out
	},
}

func (v *view) conflicted(s *facts.Snapshot, list []facts.Conflict) diag.Finding {
	one := list[0]
	f := diag.Finding{
		Subject: v.Path, ByHand: "grep -nE '^(<<<<<<<|=======|>>>>>>>)' " + v.Path,
		Claim: text.New("{file} holds the markers of an unfinished merge at line {line}", "{file} 第 {line} 行留有未完成合并的冲突标记").With("file", v.Path, "line", one.Line),
		Evidence: []diag.Evidence{
			because(text.New("{n} piece(s) between <<<<<<< and >>>>>>>, the first at line {line}", "<<<<<<< 与 >>>>>>> 之间共 {n} 处，第一处在第 {line} 行").With("n", len(list), "line", one.Line), v.Path, one.Line),
			proof(text.New("one side: {a} · the other: {b}", "一侧：{a} · 另一侧：{b}").With("a", oneLine(one.Ours), "b", oneLine(one.Theirs)), ""),
			not(text.New("not a typing error: those leave no markers", "不是笔误：笔误不会留下标记").With()),
		},
	}
	if splices, risk, ok := v.union(s, list); ok {
		title := text.New("keep the lines of both sides and drop the markers", "保留两侧的行并删除冲突标记").With()
		if risk == diag.Person {
			title = text.New("keep the lines of both sides, of two versions the higher one, and drop the markers", "保留两侧的行（同一模块取较高版本）并删除冲突标记").With()
		}
		f.Fixes = append(f.Fixes, edit(title, risk, v.Path, splices))
	}
	f.Fixes = append(f.Fixes, manual(text.New("open {file} and choose", "打开 {file} 自行选择").With("file", v.Path), ""))
	return f
}

func oneLine(t string) string { return strings.Join(strings.Fields(t), " ") }

// union joins both sides of every piece. Safe: they only add, of different things, and go.sum knows all versions.
func (v *view) union(s *facts.Snapshot, list []facts.Conflict) ([]facts.Splice, diag.Risk, bool) {
	risk := diag.Safe
	var splices []facts.Splice
	for _, c := range list {
		if c.Torn || c.HasBase && strings.TrimSpace(c.Base) != "" {
			return nil, "", false // a side has changed or deleted what both had
		}
		ours, theirs := v.side(c, c.Ours), v.side(c, c.Theirs)
		text := c.Ours
		for _, t := range theirs {
			same := -1
			for i := range ours {
				if ours[i].Key() == t.Key() {
					same = i
				}
			}
			switch {
			case same < 0:
				text += t.Raw
			case ours[same].Text() == t.Text():
			case (t.Verb == "require" || t.Verb == "go") && higher(t, ours[same]) != 0:
				risk = diag.Person
				if higher(t, ours[same]) > 0 {
					text = strings.Replace(text, ours[same].Raw, t.Raw, 1)
				}
			default:
				return nil, "", false
			}
		}
		splices = append(splices, facts.Splice{Offset: c.At.Offset, Old: c.At.Old, New: text})
	}
	out, err := action.Spliced([]byte(v.Text), splices)
	if err != nil || len(parseErrors(v.Path, string(out))) > 0 {
		return nil, "", false
	}
	if v.Path == s.ModFiles.Mods[0].Path && !summed(string(out), s.ModFiles.Sum.Text) {
		risk = diag.Person
	}
	return splices, risk, true
}

// side reads the lines of one side in the place where they stand.
func (v *view) side(c facts.Conflict, side string) []gomod.Stmt {
	n := len(gomod.Parse(v.Text[:c.At.Offset]))
	return gomod.Parse(v.Text[:c.At.Offset] + side)[n:]
}

// higher compares the versions of two statements: 0 when they cannot be compared.
func higher(a, b gomod.Stmt) int {
	if a.Verb == "go" {
		return semver.Compare("v"+a.Arg(0), "v"+b.Arg(0))
	}
	if !semver.IsValid(a.Arg(1)) || !semver.IsValid(b.Arg(1)) {
		return 0
	}
	return semver.Compare(a.Arg(1), b.Arg(1))
}

// summed reports whether go.sum knows every version that a go.mod requires and does not replace.
func summed(mod, sum string) bool {
	f, err := modfile.Parse("go.mod", []byte(mod), nil)
	if err != nil {
		return false
	}
	replaced := map[string]bool{}
	for _, r := range f.Replace {
		replaced[r.Old.Path] = true
	}
	for _, r := range f.Require {
		if !replaced[r.Mod.Path] && !strings.Contains(sum, r.Mod.Path+" "+r.Mod.Version+"/go.mod ") {
			return false
		}
	}
	return true
}
