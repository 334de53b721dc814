package modules

import (
	"path/filepath"

	"github.com/gorescue/gorescue/internal/action"
	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/text"
)

var siblingMissing = diag.Check{
	ID:       "replace-sibling-not-cloned",
	Title:    text.New("a replace line names a folder that has no module", "replace 行指向的目录中没有模块"),
	Severity: diag.Error, Reads: graphReads(),
	Doc: text.New(`A replace line of go.mod or go.work names a folder in place of a module, and that folder is not there, is empty, or has no go.mod: "replacement
directory ../greet does not exist". It happens when a neighbouring repository was not cloned, was moved, or when the line holds a path of
somebody's own machine.

**How it is proven.** The line, what is at the folder, and that the module is required and the build does not pass. **What looks the same.** A
submodule that is not checked out (another finding); a replace line whose module nobody requires, or a vendor folder in use: then the
folder is never looked at and nothing is said.

**What the fix does.** An uncommitted line is taken back. Else, when exactly one folder near by has a go.mod with this module path, a
symbolic link leads to it from where the line wants it: go.mod stays as the team has it. For an absolute path of another machine
only a proposal is made. Never is the replace dropped: the code that is built would change.

**By hand.** ls DIR; ln -s. Source: https://go.dev/ref/mod#go-mod-file-replace, https://github.com/golang/go/issues/26417.`,
		`go.mod 或 go.work 的 replace 行用一个目录代替某个模块，而该目录不存在、为空或没有 go.mod：“replacement directory ../greet does not exist”。
常见原因：相邻仓库没有克隆、被移动，或该行写的是某人自己机器上的路径。

**如何证明。** 该行、该目录的实际情况，以及该模块被要求且构建没有通过。**容易混淆的情况。** 未检出的子模块（另一条发现）；没有人要求的模块的 replace 行，或正在使用 vendor 目录：此时不会查看该目录，不作任何报告。

**修复做什么。** 未提交的行会被撤回。否则，如果附近恰好有一个目录的 go.mod 声明了该模块路径，则从该行所要求的位置建立指向它的符号链接：go.mod 保持团队的样子。
对于别的机器上的绝对路径，只提出建议。绝不删除 replace：那会改变被构建的代码。

**手动检查。** ls 目录；ln -s。来源：https://go.dev/ref/mod#go-mod-file-replace、https://github.com/golang/go/issues/26417。`),
	Run: func(s *facts.Snapshot) []diag.Finding {
		return unreplaced(s, func(d *facts.ModDir) bool { return d.Submodule == "" }, func(d *facts.ModDir, f *diag.Finding) {
			f.Evidence = append(f.Evidence, not(text.New("not a submodule that is not checked out: .gitmodules does not name the folder", "不是未检出的子模块：.gitmodules 没有列出该目录").With()))
			near := found(d)
			if near != "" {
				f.Evidence = append(f.Evidence, proof(text.New("{dir} has a go.mod that declares {mod}", "{dir} 的 go.mod 声明了 {mod}").With("dir", near, "mod", d.Module), ""))
			}
			switch {
			case len(f.Fixes) > 0:
			case near != "" && d.State == facts.ModDirMissing && !filepath.IsAbs(filepath.FromSlash(d.To)):
				target, err := filepath.Rel(filepath.Dir(d.Dir), near)
				if err != nil {
					target = near
				}
				f.Fixes = []diag.Fix{{Title: text.New("make a link from {dir} to {near}", "建立从 {dir} 到 {near} 的链接").With("dir", d.Dir, "near", near), Risk: diag.Safe,
					Actions: action.List{&action.Link{Path: d.Dir, Target: target}}}}
			case near != "":
				f.Fixes = []diag.Fix{manual(text.New("use {near}: a go.work that is not committed can say so for this machine alone", "改用 {near}：未提交的 go.work 可以只对本机生效").With("near", near),
					"go work init . && go work edit -replace="+d.Module+"="+near)}
			default:
				f.Fixes = []diag.Fix{manual(text.New("clone the repository of {mod} to {dir}", "把 {mod} 的仓库克隆到 {dir}").With("mod", d.Module, "dir", d.Dir), "")}
			}
		})
	},
}

var submoduleMissing = diag.Check{
	ID:       "replace-submodule-not-initialised",
	Title:    text.New("a replace line names a git submodule that is not checked out", "replace 行指向尚未检出的 git 子模块"),
	Severity: diag.Error, Reads: graphReads(),
	Doc: text.New(`A replace line names a folder that is a git submodule, and the submodule is not checked out: a fresh clone without --recurse-submodules leaves its
folder empty. The go command says "reading third_party/greet/go.mod: no such file or directory".

**How it is proven.** .gitmodules names the folder, the folder has no go.mod, and the module is required. **What looks the same.** A neighbouring repository
that was not cloned (another finding).

**What the fix does.** It is advice: git submodule update --init may need the network and your credentials, and writes to the repository. Never
is the replace dropped: the version it stands for often exists on no proxy.

**By hand.** git submodule status. Source: git-submodule(1).`,
		`replace 行指向的目录是 git 子模块，而子模块尚未检出：不带 --recurse-submodules 的新克隆会留下空目录。
go 命令报“reading third_party/greet/go.mod: no such file or directory”。

**如何证明。** .gitmodules 列有该目录，目录中没有 go.mod，且该模块被要求。**容易混淆的情况。** 相邻仓库没有克隆（另一条发现）。

**修复做什么。** 只给建议：git submodule update --init 可能需要网络和你的凭据，并会写入仓库。绝不删除 replace：它所代表的版本往往在任何代理上都不存在。

**手动检查。** git submodule status。来源：git-submodule(1)。`),
	Run: func(s *facts.Snapshot) []diag.Finding {
		return unreplaced(s, func(d *facts.ModDir) bool { return d.Submodule != "" }, func(d *facts.ModDir, f *diag.Finding) {
			f.Evidence = append(f.Evidence,
				proof(text.New(".gitmodules has the submodule {path}", ".gitmodules 中有子模块 {path}").With("path", d.Submodule), "git submodule status"),
				not(text.New("not a neighbour that was not cloned: the folder belongs to this repository", "不是未克隆的相邻仓库：该目录属于本仓库").With()))
			f.ByHand = "git submodule status"
			if len(f.Fixes) == 0 {
				f.Fixes = []diag.Fix{manual(text.New("check the submodule out", "检出子模块").With(), "git -C "+d.Repo+" submodule update --init "+d.Submodule)}
			}
		})
	},
}

// found is the one folder near by that has the module, "" when there is none or more than one.
func found(d *facts.ModDir) string {
	if len(d.Elsewhere) != 1 {
		return ""
	}
	return d.Elsewhere[0]
}

// unreplaced makes the findings of replacement folders without a module which the build needs.
func unreplaced(s *facts.Snapshot, of func(*facts.ModDir) bool, more func(*facts.ModDir, *diag.Finding)) []diag.Finding {
	if passes(s) || s.Project.Vendor && s.Build.Outcome != facts.BuildFailed {
		return nil
	}
	required, local := map[string]bool{}, map[string]bool{}
	byPath := map[string]*view{}
	for _, v := range views(s) {
		byPath[v.Path] = v
		for _, st := range v.stmts {
			switch st.Verb {
			case "require":
				required[st.Arg(0)] = true
			case "module":
				local[st.Arg(0)] = true
			}
		}
	}
	var out []diag.Finding
	for i := range s.ModFiles.Dirs {
		d := &s.ModFiles.Dirs[i]
		if d.State == facts.ModDirOK || !of(d) || local[d.Module] || !required[d.Module] && !says(s, d.To) {
			continue
		}
		if s.Build.Outcome == facts.BuildFailed && !says(s, d.To) && !says(s, d.Module) {
			continue // the build fails for another reason, or that hides whether this one matters
		}
		f := diag.Finding{Subject: d.Module, ByHand: "ls " + d.Dir,
			Claim: text.New("{file}:{line} puts {to} in the place of {mod}, and there is no module ({state})", "{file}:{line} 用 {to} 代替 {mod}，但那里没有模块（{state}）").
				With("file", d.File, "line", d.Line, "to", d.To, "mod", d.Module, "state", d.State),
			Evidence: []diag.Evidence{
				because(text.New("{file}:{line} has: replace {mod} => {to}", "{file}:{line} 写有：replace {mod} => {to}").With("file", d.File, "line", d.Line, "mod", d.Module, "to", d.To), d.File, d.Line),
				proof(text.New("{dir}: {state}", "{dir}：{state}").With("dir", d.Dir, "state", d.State), "ls "+d.Dir),
			}}
		if e, ok := complaint(s); ok {
			f.Evidence = append(f.Evidence, e)
		}
		if v := byPath[d.File]; v != nil && v.at(d.Line) != nil {
			f.Evidence = append(f.Evidence, v.committed(v.at(d.Line)))
			if c := v.change(v.at(d.Line)); c != nil {
				f.Fixes = []diag.Fix{v.takeBack(*c)}
			}
		}
		more(d, &f)
		out = append(out, f)
	}
	return out
}
