package modules

import (
	"strings"

	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/text"
)

var otherName = diag.Check{
	ID:       "gomod-path-not-imported",
	Title:    text.New("the sources import their own packages under another path than go.mod gives", "源码导入自身的包所用的路径与 go.mod 给出的不同"),
	Severity: diag.Error, Reads: trialReads(),
	After: []string{"gomod-edit-breaks-build"},
	Doc: text.New(`The module line of go.mod has another path than the one under which the sources import the packages of this very module: a fork whose go.mod was renamed and whose
imports were not, a go mod init with the wrong name, a move that was half done. The go command looks for another module: "no required module provides package".

**How it is proven.** The imports that fail, the folders of this module that hold these packages, and the build in a scratch copy with the other path in the module line: it gets past its
modules. **What looks the same.** An uncommitted edit of the module line is that finding's cause; a requirement that was dropped is known by go.sum.

**What the fix does.** It writes the path that the sources use into the module line, when this check is named: whether the line or the imports are meant is the
team's decision. Imports in sources are never edited.

**By hand.** go list -m; grep -rn IMPORT --include='*.go' . Source: https://go.dev/ref/mod#go-mod-file-module.`,
		`go.mod 的 module 行与源码导入本模块自身的包所用的路径不同：改了 go.mod 名称而没有改导入的派生仓库、用错误名称运行的 go mod init、做了一半的迁移。
go 命令于是去找另一个模块：“no required module provides package”。

**如何证明。** 失败的导入、本模块中含有这些包的目录，以及在临时副本中用另一路径作为 module 行的构建：能通过模块这一关。
**容易混淆的情况。** module 行的未提交改动属于那条发现；被删掉的要求可由 go.sum 得知。

**修复做什么。** 指明本检查时，把源码所用的路径写入 module 行：该行和导入哪个才是本意由团队决定。绝不编辑源码中的导入。

**手动检查。** go list -m；grep -rn 导入 --include='*.go' . 来源：https://go.dev/ref/mod#go-mod-file-module。`),
	Run: func(s *facts.Snapshot) []diag.Finding {
		v := first(s)
		if v == nil || passes(s) || s.Trials.OwnPath == "" {
			return nil
		}
		for i := range v.stmts {
			st := &v.stmts[i]
			if st.Verb != "module" || len(st.Args) == 0 {
				continue
			}
			to := s.Trials.OwnPath
			f := diag.Finding{Subject: v.Path, ByHand: "go list -m",
				Claim:    text.New("{file} calls this module {mod}, and its sources import it as {other}", "{file} 把本模块称为 {mod}，而其源码以 {other} 导入它").With("file", v.Path, "mod", st.Arg(0), "other", to),
				Evidence: []diag.Evidence{because(text.New("{file}:{line} has: {text}", "{file}:{line} 写有：{text}").With("file", v.Path, "line", st.Line, "text", st.Text()), v.Path, st.Line)}}
			for _, a := range s.Trials.Absent {
				if within(a.Path, to) && len(f.Evidence) < 4 {
					f.Evidence = append(f.Evidence, diag.Evidence{Role: diag.Proof, File: a.File, Line: a.Line, Text: text.New("{file}:{line} imports {pkg}, and the folder .{dir} of this module holds it", "{file}:{line} 导入 {pkg}，而本模块的目录 .{dir} 含有它").
						With("file", rel(s, a.File), "line", a.Line, "pkg", a.Path, "dir", strings.TrimPrefix(a.Path, to))})
				}
			}
			f.Evidence = append(f.Evidence,
				proof(text.New("with module {other} the build gets past its modules, in a scratch copy", "在临时副本中，用 module {other} 构建能通过模块这一关").With("other", to), "go list -m"),
				v.committed(st),
				not(text.New("not a requirement that is missing: neither go.mod nor go.sum knows a module of that path", "不是缺少要求：go.mod 和 go.sum 都没有该路径的模块").With()))
			f.Fixes = []diag.Fix{
				edit(text.New("write module {other}", "写入 module {other}").With("other", to), diag.Person, v.Path, []facts.Splice{{Offset: st.At, Old: st.Raw, New: strings.Replace(st.Raw, st.Args[0], to, 1)}}),
				manual(text.New("or change the imports to {mod}, if that is the new name", "或者把导入改为 {mod}，如果那是新名称").With("mod", st.Arg(0)), "")}
			return []diag.Finding{f}
		}
		return nil
	},
}
