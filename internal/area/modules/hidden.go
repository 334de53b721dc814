package modules

import (
	"path/filepath"

	"github.com/gorescue/gorescue/internal/action"
	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/text"
)

var nestedHides = diag.Check{
	ID:       "nested-gomod-hides-package",
	Title:    text.New("a go.mod in a subfolder hides packages of the module", "子目录中的 go.mod 使模块的包不可见"),
	Severity: diag.Error, Reads: trialReads(),
	After: []string{"gomod-edit-breaks-build"},
	Doc: text.New(`A folder with a go.mod of its own is another module: the packages in it no longer belong to the module around it. When that go.mod was made by accident
(go mod init in the wrong folder, an unpacked archive), imports of them fail: "no required module provides package example.com/app/lib".

**How it is proven.** The import that fails, the folder which has the files of that package, and the go.mod in it or above it. git says whether it is part of the
repository. **What looks the same.** A package that does not exist at all; nested modules on purpose are joined by go.work, or by a require and
a replace line: then the build passes and nothing is said.

**What the fix does.** An untracked go.mod is set aside, beside itself with the ending .aside, when this check is named; undo brings it back. A committed one is the
project's decision: then there is only advice.

**By hand.** git status; find . -name go.mod. Source: https://go.dev/ref/mod#modules-overview.`,
		`自带 go.mod 的目录是另一个模块：其中的包不再属于外层模块。如果这个 go.mod 是误建的（在错误的目录运行了 go mod init、解压了归档），对这些包的导入就会失败：
“no required module provides package example.com/app/lib”。

**如何证明。** 失败的导入、含有该包的目录，以及其中或其上的 go.mod。git 说明它是否属于仓库。**容易混淆的情况。** 包根本不存在；有意的嵌套模块会用 go.work 或 require 加 replace 连接：此时构建通过，不作任何报告。

**修复做什么。** 指明本检查时，把未跟踪的 go.mod 移到旁边（加上 .aside 后缀），撤销即可恢复。已提交的 go.mod 是项目的决定，只给建议。

**手动检查。** git status；find . -name go.mod。来源：https://go.dev/ref/mod#modules-overview。`),
	Run: func(s *facts.Snapshot) []diag.Finding {
		var out []diag.Finding
		for _, n := range s.Trials.Nested {
			f := diag.Finding{Subject: n.Path, ByHand: "find . -name go.mod",
				Claim: text.New("{mod} hides the package {pkg}, which this module imports", "{mod} 使本模块导入的包 {pkg} 不可见").With("mod", n.Path, "pkg", n.Package),
				Evidence: []diag.Evidence{
					because(text.New("{mod} makes its folder the module {name}", "{mod} 使其目录成为模块 {name}").With("mod", n.Path, "name", n.Module), n.Path, 1),
					{Role: diag.Proof, File: n.File, Line: n.Line, Text: text.New("{file}:{line} imports {pkg}", "{file}:{line} 导入 {pkg}").With("file", rel(s, n.File), "line", n.Line, "pkg", n.Package)},
					not(text.New("not a package that does not exist: its folder has Go files", "不是包不存在：其目录中有 Go 文件").With()),
				}}
			if n.Untracked {
				f.Evidence = append(f.Evidence, proof(text.New("git does not know it", "git 不知道它").With(), "git status"))
				f.Fixes = append(f.Fixes, diag.Fix{Title: text.New("set the untracked {mod} aside", "把未跟踪的 {mod} 移到一旁").With("mod", n.Path), Risk: diag.Person,
					Actions: action.List{&action.Move{From: n.Path, To: n.Path + ".aside"}}})
			}
			f.Fixes = append(f.Fixes, manual(text.New("if it is meant to be a module of its own, join both by go.work", "如果它本应是独立模块，用 go.work 连接两者").With(), "go work init . "+filepath.Dir(n.Path)))
			out = append(out, f)
		}
		return out
	},
}
