package modules

import (
	"strings"

	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/gomod"
	"github.com/gorescue/gorescue/internal/text"
)

var importAbsent = diag.Check{
	ID:       "import-of-missing-package",
	Title:    text.New("a package is imported that no module has", "导入了任何模块都没有的包"),
	Severity: diag.Error, Reads: trialReads(),
	After: []string{"gomod-edit-breaks-build", "gomod-updates-needed", "gomod-deleted", "gomod-path-not-imported"},
	Doc: text.New(`An import names a package that is nowhere: its folder in this module is not there or has no Go files (not committed, not generated yet, deleted, another
spelling of upper and lower case), the required version of a dependency has no such folder, or no requirement of go.mod can hold it.

**How it is proven.** The import that fails, and the folder in which the package would be. **What looks the same.** A go.mod in that folder
hides it, a requirement was dropped and go.sum knows which: other findings.

**What the fix does.** Nothing by itself: which of import, files and requirement is meant, the sources do not say. When the last commit has
the files, the command that brings them back is shown. Never go get -u: it moves other requirements too.

**By hand.** go list PACKAGE; git status. Source: https://go.dev/ref/mod#resolve-pkg-mod.`,
		`某个导入所指的包哪里都没有：它在本模块中的目录不存在或没有 Go 文件（未提交、尚未生成、被删除、大小写不同），所要求的依赖版本没有这个目录，
或 go.mod 中没有任何要求可能包含它。

**如何证明。** 失败的导入，以及该包应在的目录。**容易混淆的情况。** 该目录中的 go.mod 使其不可见、要求被删掉而 go.sum 知道是哪一个：都是其他发现。

**修复做什么。** 不自动修复：源码没有说明导入、文件和要求三者哪个才是本意。如果最后一次提交中有这些文件，会给出恢复它们的命令。绝不运行 go get -u：它还会改动其他要求。

**手动检查。** go list 包；git status。来源：https://go.dev/ref/mod#resolve-pkg-mod。`),
	Run: func(s *facts.Snapshot) []diag.Finding {
		if first(s) == nil || passes(s) || s.Trials.Updated != nil || s.Trials.OwnPath != "" {
			return nil
		}
		var out []diag.Finding
		for i := range s.Trials.Absent {
			out = append(out, missingPackage(s, &s.Trials.Absent[i]))
		}
		return out
	},
}

func missingPackage(s *facts.Snapshot, a *facts.AbsentImport) diag.Finding {
	f := diag.Finding{Subject: a.Path, ByHand: "go list " + a.Path,
		Claim:    text.New("{file}:{line} imports {pkg}, and no module has that package", "{file}:{line} 导入 {pkg}，而任何模块都没有这个包").With("file", rel(s, a.File), "line", a.Line, "pkg", a.Path),
		Evidence: []diag.Evidence{because(text.New("{file}:{line} imports {pkg}", "{file}:{line} 导入 {pkg}").With("file", rel(s, a.File), "line", a.Line, "pkg", a.Path), a.File, a.Line)}}
	switch {
	case a.Dir != "" && a.Version == "":
		f.Evidence = append(f.Evidence, proof(text.New("{dir} of this module has no Go files", "本模块的 {dir} 中没有 Go 文件").With("dir", a.Dir), "ls "+a.Dir))
	case a.Dir != "":
		f.Evidence = append(f.Evidence, proof(text.New("{mod} {ver} is whole in the module cache and has no such package", "{mod} {ver} 在模块缓存中是完整的，但没有这个包").With("mod", a.Module, "ver", a.Version), "ls "+a.Dir))
	case a.Module == "":
		f.Evidence = append(f.Evidence, proof(text.New("no requirement of go.mod is of a module whose path it begins with", "go.mod 的要求中没有路径与其开头相符的模块").With(), "go list -m all"))
	}
	if a.Alike != "" {
		f.Evidence = append(f.Evidence, proof(text.New("{dir} differs in upper and lower case only", "{dir} 只有大小写不同").With("dir", a.Alike), ""))
	}
	if len(a.Providers) > 0 {
		f.Evidence = append(f.Evidence, proof(text.New("go.sum and the module cache have: {what}", "go.sum 和模块缓存中有：{what}").With("what", strings.Join(a.Providers, " ")), ""))
	}
	f.Evidence = append(f.Evidence, not(text.New("not hidden by a go.mod in its folder, and not a damaged module cache", "不是被其目录中的 go.mod 隐藏，也不是模块缓存损坏").With()))
	switch {
	case a.Committed:
		f.Fixes = append(f.Fixes, manual(text.New("the last commit has its files: bring them back if they are not deleted on purpose", "最后一次提交中有它的文件：如果不是有意删除，请恢复").With(), "git restore -- "+rel(s, a.Dir)))
	case len(a.Providers) > 0:
		f.Fixes = append(f.Fixes, manual(text.New("require the version that is meant", "要求所需的版本").With(), "go get "+a.Providers[0]))
	case a.Version != "":
		f.Fixes = append(f.Fixes, manual(text.New("correct the import, or choose a version of {mod} that has the package", "更正导入，或选用含有该包的 {mod} 版本").With("mod", a.Module), "go list -m -versions "+a.Module))
	case a.Module == "":
		f.Fixes = append(f.Fixes, manual(text.New("correct the import, or have the go command find its module", "更正导入，或让 go 命令查找其模块").With(), "go get "+a.Path))
	default:
		f.Fixes = append(f.Fixes, manual(text.New("correct the import, or make the package: generate it, or ask who has its files", "更正导入，或补上该包：生成它，或询问谁有这些文件").With(), ""))
	}
	return f
}

var ambiguous = diag.Check{
	ID:       "gomod-ambiguous-import",
	Title:    text.New("two modules provide the same package", "两个模块提供同一个包"),
	Severity: diag.Error, Reads: trialReads(),
	After: []string{"gomod-edit-breaks-build"},
	Doc: text.New(`A package lies in two modules of the build list: a folder that became a module of its own (example.com/a/b was cut out of example.com/a), and the old version
of the outer one still has it. The go command does not choose: "ambiguous import: found package in multiple modules".

**How it is proven.** The go command names both; the build was tried in a scratch copy without the require line of each. **What looks the same.** An
uncommitted edit that brought the second one in: that is its cause, and taken back first.

**What the fix does.** When the build gets past its modules without one of the two lines, and only without that one, the line is removed when this check is
named: whether the old or the new home of the package is meant, is the team's decision. Otherwise there is only advice: a version of the outer module from
after the cut. Never go get -u.

**By hand.** go mod why -m MODULE; go mod graph. Source: https://go.dev/ref/mod#resolve-pkg-mod.`,
		`某个包同时位于构建列表的两个模块中：某个目录成了独立模块（example.com/a/b 从 example.com/a 中分出），而外层模块的旧版本仍含有它。go 命令不作选择：
“ambiguous import: found package in multiple modules”。

**如何证明。** go 命令写明了两者；并在临时副本中分别去掉每个的 require 行试构建。**容易混淆的情况。** 未提交的改动引入了第二个：那才是原因，应先撤回。

**修复做什么。** 如果去掉两行之一（且只有去掉这一行）后构建能通过模块这一关，则在指明本检查时删除该行：用包的旧位置还是新位置由团队决定。
否则只给建议：选用分出之后的外层模块版本。绝不运行 go get -u。

**手动检查。** go mod why -m 模块；go mod graph。来源：https://go.dev/ref/mod#resolve-pkg-mod。`),
	Run: func(s *facts.Snapshot) []diag.Finding {
		v := first(s)
		if v == nil || passes(s) {
			return nil
		}
		var out []diag.Finding
		for i := range s.Trials.Ambiguous {
			a := &s.Trials.Ambiguous[i]
			f := diag.Finding{Subject: a.Path, ByHand: "go mod graph",
				Claim: text.New("{pkg} is in several modules: {mods}", "{pkg} 存在于多个模块中：{mods}").With("pkg", a.Path, "mods", strings.Join(a.Modules, " ")),
				Evidence: []diag.Evidence{because(text.New("{file}:{line} imports {pkg}, and these modules hold it: {mods}", "{file}:{line} 导入 {pkg}，而这些模块都含有它：{mods}").
					With("file", rel(s, a.File), "line", a.Line, "pkg", a.Path, "mods", strings.Join(a.Modules, " ")), a.File, a.Line)}}
			if e, ok := complaint(s); ok {
				f.Evidence = append(f.Evidence, e)
			}
			f.Evidence = append(f.Evidence, not(text.New("not a damaged cache: two modules hold the package by right", "不是缓存损坏：两个模块都确实含有该包").With()))
			for _, m := range a.Without {
				f.Evidence = append(f.Evidence, proof(text.New("without the require line of {mod} the build gets past its modules, in a scratch copy", "在临时副本中，去掉 {mod} 的 require 行后，构建能通过模块这一关").With("mod", m), "go mod graph"))
			}
			if len(a.Without) == 1 {
				path, _, _ := strings.Cut(a.Without[0], "@")
				if st := v.find("require", path); st != nil {
					f.Fixes = append(f.Fixes, edit(text.New("remove the require line of {mod}", "删除 {mod} 的 require 行").With("mod", a.Without[0]), diag.Person, v.Path, []facts.Splice{{Offset: st.At, Old: st.Raw}}))
				}
			}
			f.Fixes = append(f.Fixes, manual(text.New("require a version of the outer module that no longer holds the package, or drop one of the two requirements", "要求不再含有该包的外层模块版本，或去掉两个要求之一").With(), "go list -m -versions "+outer(a.Modules)))
			out = append(out, f)
		}
		return out
	},
}

// outer is the module with the shortest path.
func outer(versions []string) string {
	best := ""
	for _, m := range versions {
		if p, _, _ := strings.Cut(m, "@"); best == "" || len(p) < len(best) {
			best = p
		}
	}
	return best
}

var toolAbsent = diag.Check{
	ID:       "tool-without-module",
	Title:    text.New("a tool line of go.mod has no module", "go.mod 的 tool 行没有对应的模块"),
	Severity: diag.Warning, Reads: []facts.Section{facts.SecModules, facts.SecProject, facts.SecSettings},
	Doc: text.New(`A tool line names a package, and no require line of go.mod is of a module that can hold it. The build passes; go tool NAME, go mod vendor
and go mod tidy say "no required module provides package". A merge or an edit by hand took the requirement and left the tool.

**How it is proven.** The tool line, and the require lines: none has a path that the package begins with. **What looks the same.** A tool of this
module itself, one of the Go tree, and in a workspace one that another module requires: not reported.

**What the fix does.** When go.sum has the hash of exactly one version that holds the package, and the module cache has it, that requirement is added when
this check is named. Otherwise there is advice. Never go install NAME@latest.

**By hand.** go tool; go list -m all. Source: https://go.dev/ref/mod#go-mod-file-tool.`,
		`tool 行写了某个包，而 go.mod 中没有任何 require 行的模块可能包含它。构建能通过；但 go tool NAME、go mod vendor 和 go mod tidy 会报
“no required module provides package”。某次合并或手工编辑拿走了要求而留下了工具。

**如何证明。** tool 行与各 require 行：没有一个的路径是该包路径的开头。**容易混淆的情况。** 本模块自己的工具、Go 安装目录中的工具，以及工作区中由其他模块要求的工具：不报告。

**修复做什么。** 如果 go.sum 中恰好只有一个含有该包的版本的哈希，且模块缓存中有它，则在指明本检查时加入该要求。否则只给建议。绝不运行 go install NAME@latest。

**手动检查。** go tool；go list -m all。来源：https://go.dev/ref/mod#go-mod-file-tool。`),
	Run: func(s *facts.Snapshot) []diag.Finding {
		v := first(s)
		if v == nil || s.Project.Work.Path != "" {
			return nil
		}
		var out []diag.Finding
		for _, t := range s.ModFiles.Tools {
			f := diag.Finding{Subject: t.Package, ByHand: "go tool",
				Claim: text.New("{file}:{line} names the tool {pkg}, and no required module can hold it", "{file}:{line} 写了工具 {pkg}，而所要求的模块都不可能包含它").With("file", v.Path, "line", t.Line, "pkg", t.Package),
				Evidence: []diag.Evidence{
					because(text.New("{file}:{line} has: tool {pkg}", "{file}:{line} 写有：tool {pkg}").With("file", v.Path, "line", t.Line, "pkg", t.Package), v.Path, t.Line),
					proof(text.New("no require line has a path that {pkg} begins with", "没有 require 行的路径是 {pkg} 的开头").With("pkg", t.Package), "go list -m all"),
					not(text.New("not a tool of this module or of the Go tree", "不是本模块或 Go 安装目录的工具").With()),
				}}
			if len(t.Providers) == 1 {
				after := required(v.Text, t.Providers[0])
				f.Evidence = append(f.Evidence, proof(text.New("go.sum and the module cache have exactly one version that holds it: {ver}", "go.sum 和模块缓存中恰好有一个含有它的版本：{ver}").With("ver", t.Providers[0]), ""))
				f.Fixes = append(f.Fixes, edit(text.New("require {ver}", "要求 {ver}").With("ver", t.Providers[0]), diag.Person, v.Path, gomod.Whole(v.Text, after)))
			}
			f.Fixes = append(f.Fixes, manual(text.New("require the tool's module, or drop the line", "要求该工具的模块，或删除该行").With(), "go get -tool "+t.Package))
			out = append(out, f)
		}
		return out
	},
}
