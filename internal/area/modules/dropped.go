package modules

import (
	"path"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"

	"github.com/gorescue/gorescue/internal/action"
	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/gomod"
	"github.com/gorescue/gorescue/internal/text"
)

var toolDropped = diag.Check{
	ID:       "tool-directive-dropped",
	Title:    text.New("go.mod has lost a tool line", "go.mod 丢失了一条 tool 行"),
	Severity: diag.Warning, Reads: []facts.Section{facts.SecModules, facts.SecProject},
	Doc: text.New(`A tool line of the last commit is not in go.mod any more, while the requirement that only this tool needs is still there: a merge or an edit took
the line away and nothing else. go tool NAME then says "no such tool".

**How it is proven.** The committed go.mod has the line, git's index too, the present one has not; the module that holds the tool is still
required in the same version, and no Go file of the project imports it. **What looks the same.** A tool that was removed on purpose goes
together with its requirement (go get -tool NAME@none), or its removal is staged: then nothing is said.

**What the fix does.** It puts that one line back; the version stays. Never go install NAME@latest, which puts another version in PATH.

**By hand.** git diff go.mod; go tool. Source: https://go.dev/ref/mod#go-mod-file-tool.`,
		`最后一次提交中的某条 tool 行已不在 go.mod 里，但只有这个工具才需要的依赖要求仍在：某次合并或编辑只拿走了这一行。此后 go tool NAME 会报“no such tool”。

**如何证明。** 已提交的 go.mod 有这一行，git 暂存区也有，当前文件没有；包含该工具的模块仍以同一版本被要求，而项目中没有 Go 文件导入它。
**容易混淆的情况。** 有意移除的工具会连同其要求一起消失（go get -tool NAME@none），或者移除已暂存：此时不作任何报告。

**修复做什么。** 只恢复这一行，版本不变。绝不运行 go install NAME@latest：那会在 PATH 中放入另一个版本。

**手动检查。** git diff go.mod；go tool。来源：https://go.dev/ref/mod#go-mod-file-tool。`),
	Run: func(s *facts.Snapshot) []diag.Finding {
		v := first(s)
		if v == nil || v.Index == nil || s.ModFiles.Cut {
			return nil
		}
		var out []diag.Finding
		for _, c := range v.changes {
			if c.New != nil || c.Old.Verb != "tool" || !slices.ContainsFunc(gomod.Parse(*v.Index), func(i gomod.Stmt) bool { return i.Key() == c.Old.Key() }) {
				continue
			}
			req := v.provider(c.Old.Arg(0))
			if req == nil || v.change(req) != nil || imports(s, req.Arg(0)) || v.otherTool(req.Arg(0)) {
				continue
			}
			name := path.Base(c.Old.Arg(0))
			out = append(out, diag.Finding{Subject: c.Old.Arg(0), ByHand: "go tool",
				Claim: text.New("{file} has lost the line: {line}", "{file} 丢失了这一行：{line}").With("file", v.Path, "line", c.Old.Text()),
				Evidence: []diag.Evidence{
					because(text.New("the last commit and git's index have it, the file has not", "最后一次提交和 git 暂存区都有它，而文件中没有").With(), v.Path, 0),
					proof(text.New("line {line} still requires {mod} {ver}, and no file of the project imports it: only that tool needs it", "第 {line} 行仍要求 {mod} {ver}，而项目中没有文件导入它：只有该工具需要它").With("line", req.Line, "mod", req.Arg(0), "ver", req.Arg(1)), "git diff go.mod"),
					proof(text.New("go tool {name} cannot be run", "go tool {name} 无法运行").With("name", name), "go tool "+name),
					not(text.New("not removed on purpose: its requirement would be gone too, or the removal staged", "不是有意移除：否则其要求也会消失，或移除已暂存").With()),
				},
				Fixes: []diag.Fix{v.takeBack(c)},
			})
		}
		return out
	},
}

// provider is the require line of the module that holds a package: the longest path that is a prefix of it.
func (v *view) provider(pkg string) *gomod.Stmt {
	var best *gomod.Stmt
	for i := range v.stmts {
		s := &v.stmts[i]
		if s.Verb == "require" && (pkg == s.Arg(0) || strings.HasPrefix(pkg, s.Arg(0)+"/")) && (best == nil || len(s.Arg(0)) > len(best.Arg(0))) {
			best = s
		}
	}
	return best
}

func (v *view) otherTool(module string) bool {
	return slices.ContainsFunc(v.stmts, func(s gomod.Stmt) bool {
		return s.Verb == "tool" && (s.Arg(0) == module || strings.HasPrefix(s.Arg(0), module+"/"))
	})
}

var deleted = diag.Check{
	ID:       "gomod-deleted",
	Title:    text.New("go.mod is gone from the working tree", "工作区中的 go.mod 不见了"),
	Severity: diag.Error, Reads: []facts.Section{facts.SecModules, facts.SecProject},
	Doc: text.New(`git's last commit and its index have a go.mod in this folder or above it, and the working tree has not. The go command says "go.mod file not found
in current directory or any parent directory", or takes the module around it for this one.

**How it is proven.** The two versions in git, and the missing file. **What looks the same.** A removal on purpose is staged (git rm); a folder
without a module has no go.mod in git.

**What the fix does.** It writes the version of git's index into the file; other files, the index and HEAD stay. Never go mod init.

**By hand.** git status; git show :./go.mod > go.mod.`,
		`git 的最后一次提交和暂存区在本目录或其上级都有 go.mod，而工作区没有。go 命令报“go.mod file not found in current directory or any parent directory”，
或把外层模块当成本模块。

**如何证明。** git 中的两个版本，以及缺失的文件。**容易混淆的情况。** 有意删除会被暂存（git rm）；没有模块的目录在 git 中没有 go.mod。

**修复做什么。** 把 git 暂存区中的版本写回该文件；其他文件、暂存区和 HEAD 都不动。绝不运行 go mod init。

**手动检查。** git status；git show :./go.mod > go.mod。`),
	Run: func(s *facts.Snapshot) []diag.Finding {
		l := s.ModFiles.Lost
		if l == nil || modfile.ModulePath([]byte(*l.Index)) == "" {
			return nil
		}
		f := diag.Finding{Subject: l.Path, ByHand: "git status",
			Claim: text.New("{file} is gone; git has it", "{file} 不见了，但 git 中有").With("file", l.Path),
			Evidence: []diag.Evidence{
				because(text.New("{file} does not exist", "{file} 不存在").With("file", l.Path), l.Path, 0),
				proof(text.New("the last commit and git's index have it ({n} bytes, module {mod})", "最后一次提交和 git 暂存区都有它（{n} 字节，模块 {mod}）").With("n", len(*l.Index), "mod", modfile.ModulePath([]byte(*l.Index))), "git show :./go.mod"),
				not(text.New("not removed on purpose: the removal is not staged", "不是有意删除：删除没有暂存").With()),
			},
			Fixes: []diag.Fix{{Title: text.New("write the version of git's index back", "写回 git 暂存区中的版本").With(), Risk: diag.Safe,
				Actions: action.List{&action.Edit{Path: l.Path, Create: true, Splices: []facts.Splice{{New: *l.Index}}}}}},
		}
		return []diag.Finding{f}
	},
}
