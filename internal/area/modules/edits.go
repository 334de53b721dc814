package modules

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/gorescue/gorescue/internal/action"
	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/gomod"
	"github.com/gorescue/gorescue/internal/text"
)

// trialReads are the sections of checks that rest on trials.
func trialReads() []facts.Section { return graphReads(facts.SecTrials) }

var apiRemoved = diag.Check{
	ID:       "dependency-api-removed-by-upgrade",
	Title:    text.New("an uncommitted upgrade of a dependency breaks the code", "未提交的依赖升级使代码无法编译"),
	Severity: diag.Error, Reads: trialReads(),
	Doc: text.New(`A requirement of go.mod was raised and is not committed; the new version lacks or changes something that the code uses, so the project's own files do
not compile. go get -u does that to everything at once. CI, which has the committed go.mod, is green.

**How it is proven.** The build was run again in a scratch copy, with the same sources and the committed requirements: it passes. **What looks the same.**
An error of your own would stay in that trial; a damaged module cache too.

**What the fix does.** It takes the raised requirements back, and go.sum with them when all of go.mod goes back. Sources and other uncommitted
work stay. If the upgrade is wanted, leave it and change the code instead: then do not apply this. A committed upgrade is your
own code's business. Never git stash, never git checkout of more than these lines.

**By hand.** git diff go.mod; git stash list. Source: https://go.dev/ref/mod#go-get.`,
		`go.mod 中的某个要求被提高且未提交；新版本缺少或改变了代码所用的东西，于是项目自己的文件无法编译。go get -u 会一次性对所有依赖这样做。
使用已提交 go.mod 的 CI 是绿的。

**如何证明。** 在临时副本中，用同样的源码和已提交的要求重新构建：通过。**容易混淆的情况。** 你自己的错误在该试验中仍会出现；损坏的模块缓存也是。

**修复做什么。** 撤回被提高的要求；若整个 go.mod 都恢复，go.sum 也一并恢复。源码和其他未提交的工作都保留。如果确实想要这次升级，就不要应用它，而是修改代码。
已提交的升级属于你自己代码的事。绝不 git stash，绝不 git checkout 这些行以外的内容。

**手动检查。** git diff go.mod；git stash list。来源：https://go.dev/ref/mod#go-get。`),
	Run: func(s *facts.Snapshot) []diag.Finding {
		v := first(s)
		if v == nil || s.Build.FirstOf(facts.ClassUserCode) == nil || foreign(s) {
			return nil
		}
		t, changes := cause(s, v)
		if t == nil || !slices.ContainsFunc(changes, func(c gomod.Change) bool { return c.Verb() == "require" || c.Verb() == "replace" }) {
			return nil
		}
		e := s.Build.FirstOf(facts.ClassUserCode)
		f := edited(s, v, changes)
		f.Claim = text.New("your code does not compile against the uncommitted go.mod, and does against the committed one: {what}", "你的代码在未提交的 go.mod 下无法编译，在已提交的 go.mod 下可以：{what}").With("what", sentences(changes))
		f.Evidence = append(f.Evidence, diag.Evidence{Role: diag.Proof, File: e.File, Line: e.Line, Text: text.New("{file}:{line}: {err}", "{file}:{line}：{err}").With("file", rel(s, e.File), "line", e.Line, "err", oneLine(e.Text))},
			not(text.New("not an error in your own edits: the same sources compile with the committed requirements", "不是你自己改动中的错误：同样的源码用已提交的要求可以编译").With()))
		return []diag.Finding{f}
	},
}

// foreign reports whether the build complains of anything but the user's own code.
func foreign(s *facts.Snapshot) bool {
	return slices.ContainsFunc(s.Build.Errors, func(e facts.BuildError) bool { return e.Class != facts.ClassUserCode })
}

var breaking = diag.Check{
	ID:       "gomod-edit-breaks-build",
	Title:    text.New("an uncommitted edit of go.mod breaks the build", "go.mod 的未提交改动使构建失败"),
	Severity: diag.Error, Reads: trialReads(),
	After: []string{"gomod-exclude-of-required-version", "dependency-needs-newer-go", "fork-required-without-replace", "incompatible-version-has-gomod",
		"replace-sibling-not-cloned", "replace-submodule-not-initialised"},
	Doc: text.New(`A statement of go.mod was added, changed or dropped since the last commit, and since then the go command stops before it compiles anything: a
requirement is missing, two modules provide one package, the module's own path is another one, a replacement leads elsewhere.

**How it is proven.** The build was run again in scratch copies: with the committed go.mod it gets past the modules; then one statement after
the other was taken back, and the first that helps is the cause. **What looks the same.** A damaged cache, a missing go.sum line or an
unreachable proxy would fail in the trial too, or are findings of their own.

**What the fix does.** It takes exactly that statement back. Other uncommitted statements and all other files stay. Never go mod tidy, which removes
requirements that are kept on purpose, and never go get -u.

**By hand.** git diff go.mod. Source: go help build, -overlay.`,
		`自最后一次提交以来，go.mod 的某条语句被添加、修改或删除，此后 go 命令在编译之前就停下：缺少某个要求、两个模块提供同一个包、模块自身的路径变了、替换指向了别处。

**如何证明。** 在临时副本中重新构建：用已提交的 go.mod 可以通过模块这一关；再逐条撤回语句，第一条起作用的就是原因。
**容易混淆的情况。** 缓存损坏、缺少 go.sum 行或代理不可达，在试验中也会失败，或另有发现。

**修复做什么。** 只撤回这一条语句。其他未提交的语句和所有其他文件都保留。绝不运行 go mod tidy（会删除有意保留的要求），也绝不运行 go get -u。

**手动检查。** git diff go.mod。来源：go help build 的 -overlay。`),
	Run: func(s *facts.Snapshot) []diag.Finding {
		v := first(s)
		if v == nil || s.Build.Outcome != facts.BuildFailed || !foreign(s) || says(s, "missing go.sum entry") { // that is go.sum's business
			return nil
		}
		t, changes := cause(s, v)
		if t == nil {
			return nil
		}
		f := edited(s, v, changes)
		if e, ok := complaint(s); ok {
			f.Evidence = append(f.Evidence, e)
		}
		f.Claim = text.New("an uncommitted edit of {file} breaks the build: {what}", "{file} 的未提交改动使构建失败：{what}").With("file", v.Path, "what", sentences(changes))
		f.Evidence = append(f.Evidence, not(text.New("not the cache, go.sum or the network: they are the same in the trial", "不是缓存、go.sum 或网络：试验中它们都一样").With()))
		return []diag.Finding{f}
	},
}

// cause is the trial with the fewest statements taken back that helps, with these statements; nil when none does.
func cause(s *facts.Snapshot, v *view) (*facts.Trial, []gomod.Change) {
	var best *facts.Trial
	for i := range s.Trials.Tried {
		if t := &s.Trials.Tried[i]; helps(s, t) && (best == nil || len(t.Reverted) < len(best.Reverted)) {
			best = t
		}
	}
	if best == nil || len(s.Trials.Changes) != len(v.changes) {
		return nil, nil
	}
	var out []gomod.Change
	for _, i := range best.Reverted {
		out = append(out, v.changes[i])
	}
	return best, out
}

// edited is what findings about uncommitted statements have in common. When every uncommitted statement raises a
// requirement, one go get made them, and all of them go back together with go.sum.
func edited(s *facts.Snapshot, v *view, changes []gomod.Change) diag.Finding {
	f := diag.Finding{Subject: v.Path, ByHand: "git diff go.mod"}
	line := 0
	if c := changes[0]; c.New != nil {
		line = c.New.Line
	}
	f.Evidence = []diag.Evidence{
		because(text.New("not committed in {file}: {what}", "{file} 中未提交：{what}").With("file", v.Path, "what", sentences(changes)), v.Path, line),
		proof(text.New("with that taken back in a scratch copy the build gets past it", "在临时副本中撤回后，构建可以通过这一步").With(), "go build -overlay"),
	}
	if raised(v.changes) && len(v.changes) > len(changes) || len(v.changes) == len(changes) && raised(changes) {
		changes = v.changes
	}
	fix := v.takeBack(changes...)
	if sum := &s.ModFiles.Sum; len(changes) == len(v.changes) && raised(changes) && sum.Changed() {
		fix.Title = text.New("take go.mod and go.sum back to the last commit: {what}", "把 go.mod 和 go.sum 恢复到最后一次提交：{what}").With("what", sentences(changes))
		fix.Actions = append(fix.Actions, &action.Edit{Path: sum.Path, Splices: gomod.Whole(sum.Text, *sum.Head)})
	}
	f.Fixes = []diag.Fix{fix}
	return f
}

// raised reports whether all changes are other versions of required modules, or requirements that came with them.
func raised(changes []gomod.Change) bool {
	n := 0
	for _, c := range changes {
		if c.Verb() != "require" {
			return false
		}
		if c.Old != nil && c.New != nil {
			n++
		}
	}
	return n > 0
}

var cycleIntroduced = diag.Check{
	ID:       "import-cycle-introduced",
	Title:    text.New("an uncommitted file makes packages of the project import each other", "某个未提交的文件使项目的包互相导入"),
	Severity: diag.Error, Reads: trialReads(),
	Doc: text.New(`Packages of the project import each other in a circle, which Go forbids: "import cycle not allowed". One import of the circle stands in a file that is
not committed; without it there is no circle.

**How it is proven.** The circle as the go command names it, the files that make each of its imports, and what git knows of them: of one
import every file is new. **What looks the same.** A circle that is committed, or that several edits made, is said as an error in your own code.

**What the fix does.** When the file is untracked, naming this check sets it aside, beside itself with the ending .aside: no byte is lost and undo brings
it back. The true repair is yours: move what both packages need to a third one. Your committed files are never touched.

**By hand.** go list -e -deps ./... ; git status. Source: https://go.dev/ref/spec#Import_declarations.`,
		`项目的包循环导入，这是 Go 禁止的：“import cycle not allowed”。循环中有一个导入位于未提交的文件中；没有它就没有循环。

**如何证明。** go 命令给出的循环、构成每个导入的文件，以及 git 对它们的了解：其中一个导入的所有文件都是新的。**容易混淆的情况。** 已提交的循环，或由多处改动造成的循环，会作为你自己代码中的错误说明。

**修复做什么。** 如果该文件未被跟踪，指明本检查会把它移到旁边（加上 .aside 后缀）：不丢失任何字节，撤销即可恢复。真正的修复由你完成：把两个包都需要的内容移到第三个包。已提交的文件绝不触碰。

**手动检查。** go list -e -deps ./...；git status。来源：https://go.dev/ref/spec#Import_declarations。`),
	Run: func(s *facts.Snapshot) []diag.Finding {
		var made *facts.Edge
		for i := range s.Trials.Cycle {
			e := &s.Trials.Cycle[i]
			if len(e.Files) > 0 && !slices.ContainsFunc(e.Files, func(f facts.EdgeFile) bool { return !f.Untracked && !f.New }) {
				if made != nil {
					return nil // more than one edit makes the circle
				}
				made = e
			}
		}
		if made == nil {
			return nil
		}
		file := made.Files[0]
		var circle []string
		for _, e := range s.Trials.Cycle {
			circle = append(circle, e.From)
		}
		f := diag.Finding{Subject: file.File, ByHand: s.Build.Command,
			Claim: text.New("{file}:{line} closes a circle of imports: {from} imports {to}", "{file}:{line} 形成了循环导入：{from} 导入 {to}").With("file", rel(s, file.File), "line", file.Line, "from", made.From, "to", made.To),
			Evidence: []diag.Evidence{
				because(text.New("{file}:{line} imports {to} and is not committed", "{file}:{line} 导入 {to}，且未提交").With("file", file.File, "line", file.Line, "to", made.To), file.File, file.Line),
				proof(text.New("the circle: {circle}", "循环：{circle}").With("circle", strings.Join(append(circle, circle[0]), " → ")), s.Build.Command),
				not(text.New("not the environment: this is an error in the project's own code", "不是环境问题：这是项目自己代码中的错误").With()),
			}}
		if len(made.Files) == 1 && file.Untracked {
			f.Fixes = append(f.Fixes, diag.Fix{Title: text.New("set the untracked file {file} aside", "把未跟踪的文件 {file} 移到一旁").With("file", rel(s, file.File)), Risk: diag.Person,
				Actions: action.List{&action.Move{From: file.File, To: file.File + ".aside"}}})
		}
		f.Fixes = append(f.Fixes, manual(text.New("move what both packages need to a third one, or take the import in {file} out", "把两个包都需要的内容移到第三个包，或去掉 {file} 中的导入").With("file", filepath.Base(file.File)), ""))
		return []diag.Finding{f}
	},
}
