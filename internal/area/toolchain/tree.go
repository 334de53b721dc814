package toolchain

import (
	"path/filepath"
	"strings"

	"github.com/gorescue/gorescue/internal/action"
	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/origin"
	"github.com/gorescue/gorescue/internal/text"
)

// treeChecks ask whether the tree in use is whole and of one release.
func treeChecks() []diag.Check {
	return []diag.Check{toolMissing, toolNotExecutable, toolsOther, treeIncomplete, mixedReleases, stdBroken}
}

// inUse returns the view with the tree that does the work here: the one of the toolchain that is switched
// to when it lies in the module cache. It is nil when no go starts or its tree is not known or no tree:
// then other checks speak.
func inUse(s *facts.Snapshot) *view {
	v := look(s)
	if !v.starts() || v.tree == nil || v.tree.State != facts.TreeFound {
		return nil
	}
	switch c := v.choose(); {
	case c.bad != "" || c.how == howDownload || c.how == howPath:
		return nil
	case c.how == howCache:
		v.tree, v.version, v.named = v.treeAt(c.sw.Path), c.name, false
		if v.tree == nil || v.tree.State != facts.TreeFound {
			return nil
		}
		v.root = v.tree.Root
	}
	return v
}

// because is the evidence why this tree is the one in use.
func (v *view) because() diag.Evidence {
	if v.named {
		src, _ := origin.Of(v.s, "GOROOT")
		return src.Because()
	}
	return v.first()
}

// useOther makes the fixes that let another tree do the work: the program's own when GOROOT names the bad
// one, else another go in PATH.
func (v *view) useOther() []diag.Fix {
	if own := v.treeAt(v.own); v.named && whole(own) && !sameTree(own, v.tree) {
		if src, ok := origin.Of(v.s, "GOROOT"); ok {
			return []diag.Fix{src.Remove()}
		}
	}
	return v.replaceFirst(v.floor().version)
}

func names(tools []facts.GoTool) string {
	var out []string
	for _, t := range tools {
		out = append(out, t.Name)
	}
	return strings.Join(out, ", ")
}

func faulty(t *facts.GoTree, kinds ...string) []facts.GoTool {
	var out []facts.GoTool
	for _, tool := range t.Tools {
		for _, k := range kinds {
			if toolFault(tool) == k {
				out = append(out, tool)
			}
		}
	}
	return out
}

var toolMissing = diag.Check{
	ID: "go-tool-compile-missing", Title: text.New("tools are missing from the Go tree", "Go 目录缺少工具程序"),
	Severity: diag.Error, Reads: reads(facts.SecProject),
	Doc: text.New(
		`A tool that every build needs is missing from pkg/tool of the Go tree, or is empty or cut off: a virus scanner or a disk cleaner
took it, an upgrade or an extraction ended half-way. "go version" works; every build says "go: no such tool "compile"", or the
tool crashes.

**How it is proven.** The folder pkg/tool/<os>_<arch> of the tree in use was looked into for the six tools that every release since 1.21
ships ready-made and that building, vetting and testing start: compile, asm, link, vet, cgo, cover. Since 1.25 the other
tools are built when they are asked for; that they are not there means nothing.

**What looks the same.** go-tool-not-executable (the file is there without x bit), goroot-env-empty-dir (the whole folder is missing
because GOROOT names another place). No GOFLAGS and no module has a part in it.

**What the fix does.** It lets another whole Go tree do the work: by taking GOROOT away when that names the broken one, by moving the
broken one's folder behind the next whole Go in PATH, or by putting a whole one first. The broken tree stays as it is.
No tool of another release is ever copied into it, no cache is cleaned.

**By hand.** ls "$(go env GOTOOLDIR)"; install the release again into an empty folder.

Sources: cmd/go/internal/base/tool.go, go.dev/doc/go1.25 (Tools); https://github.com/xmake-io/xmake/issues/7181.`,
		`Go 目录的 pkg/tool 里缺少每次构建都要用的工具，或者该文件为空、被截断：被杀毒软件或磁盘清理工具拿走了，或者升级、解压中途结束。"go version" 正常，
但每次构建都报 "go: no such tool "compile""，或者工具崩溃。

**如何证明。** 在正在使用的目录的 pkg/tool/<系统>_<架构> 中检查六个工具：compile、asm、link、vet、cgo、cover。1.21 以来每个版本都自带它们，构建、vet、测试都会启动它们。
从 1.25 起，其他工具在用到时才编译，不在那里不说明任何问题。

**容易混淆的情况。** go-tool-not-executable（文件在，但没有可执行位）、goroot-env-empty-dir（GOROOT 指向别处，整个目录都没有）。与 GOFLAGS 和模块无关。

**修复做什么。** 让另一个完整的 Go 目录来工作：如果 GOROOT 指向坏的目录就删掉它；或者在 PATH 中把坏目录移到下一个完整的 Go 之后；或者把完整的放到最前面。坏目录保持原样。
绝不把其他版本的工具复制进去，也不清理缓存。

**手动处理。** ls "$(go env GOTOOLDIR)"；把该版本重新安装到空目录。

来源：cmd/go/internal/base/tool.go、go.dev/doc/go1.25（Tools）；https://github.com/xmake-io/xmake/issues/7181。`),
	Run: func(s *facts.Snapshot) []diag.Finding {
		v := inUse(s)
		if v == nil {
			return nil
		}
		bad := faulty(v.tree, "missing", "damaged")
		if len(bad) == 0 {
			return nil
		}
		f := diag.Finding{Claim: text.New("the Go tree {root} has no usable {tools}", "Go 目录 {root} 缺少可用的 {tools}").With("root", v.root, "tools", names(bad)),
			Evidence: []diag.Evidence{v.because()}, ByHand: "ls -l " + v.tree.ToolDir, Fixes: v.useOther()}
		for _, t := range bad {
			m := text.New("{path} is not there", "{path} 不存在").With("path", t.Path)
			if toolFault(t) == "damaged" {
				m = text.New("{path} is {kind}", "{path} 的状态：{kind}").With("path", t.Path, "kind", t.Kind)
			}
			f.Evidence = append(f.Evidence, at(proof(m, "ls -l "+t.Path), t.Path, 0))
		}
		f.Evidence = append(f.Evidence, v.otherGo(v.floor().version),
			not(text.New("not a lost x bit: the file itself is missing or not whole", "不是丢失可执行位：文件本身缺失或不完整").With()),
			not(text.New("not a wrong GOROOT: {root} is a Go tree ({version})", "不是 GOROOT 设错：{root} 是 Go 目录（{version}）").With("root", v.root, "version", v.tree.Version)))
		return []diag.Finding{f}
	},
}

var toolNotExecutable = diag.Check{
	ID: "go-tool-not-executable", Title: text.New("tools of the Go tree may not be executed", "Go 目录中的工具没有可执行权限"),
	Severity: diag.Error, Reads: reads(facts.SecProject),
	Doc: text.New(
		`The compiler or another tool in pkg/tool has no x bit: the tree was unpacked or copied by something that drops file modes (zip, a
Windows share, a CI cache or artifact upload). "go version" works, every build says "fork/exec …/compile: permission denied".

**How it is proven.** The mode of the file, and what the system answers when asked whether it may be executed.

**What looks the same.** A file system mounted noexec: the x bit is there and still nothing starts; then only advice is given, and
another tree is used if there is one. go-tool-compile-missing: the file is not there. tmpdir-noexec: programs in the temporary folder.

**What the fix does.** It adds the x bits to exactly the tools that lack them, as a release has them. Where that is not allowed
(the tree belongs to root), another whole tree is used. Never a recursive chmod, never 777.

**By hand.** chmod a+x "$(go env GOTOOLDIR)"/*

Sources: cmd/go/internal/work/buildid.go; https://github.com/tinkerbell/tink/pull/244.`,
		`pkg/tool 中的编译器或其他工具没有可执行位：目录是用会丢失文件权限的方式解压或复制的（zip、Windows 共享、CI 缓存或制品上传）。"go version" 正常，
但每次构建都报 "fork/exec …/compile: permission denied"。

**如何证明。** 给出文件权限，以及系统对“能否执行”的回答。

**容易混淆的情况。** 以 noexec 挂载的文件系统：有可执行位却仍不能启动；这时只给建议，如果有别的完整目录则改用它。go-tool-compile-missing：文件不存在。
tmpdir-noexec：临时目录里的程序。

**修复做什么。** 只给缺少可执行位的那些工具加上发行版本来就有的可执行位。没有权限时（目录属于 root），改用另一个完整的目录。绝不递归 chmod，绝不用 777。

**手动处理。** chmod a+x "$(go env GOTOOLDIR)"/*

来源：cmd/go/internal/work/buildid.go；https://github.com/tinkerbell/tink/pull/244。`),
	Run: func(s *facts.Snapshot) []diag.Finding {
		v := inUse(s)
		if v == nil {
			return nil
		}
		bad, mounted := faulty(v.tree, "mode"), faulty(v.tree, "noexec")
		if len(bad)+len(mounted) == 0 || len(faulty(v.tree, "missing", "damaged")) > 0 {
			return nil
		}
		f := diag.Finding{ByHand: "ls -l " + v.tree.ToolDir, Evidence: []diag.Evidence{v.because()}}
		if len(bad) == 0 {
			f.Claim = text.New("the tools in {dir} may not be executed: the file system is mounted noexec", "{dir} 中的工具不能执行：文件系统以 noexec 挂载").With("dir", v.tree.ToolDir)
			f.Evidence = append(f.Evidence, proof(text.New("{path} has mode {mode}, and the system refuses to execute it", "{path} 的权限是 {mode}，而系统拒绝执行它").
				With("path", mounted[0].Path, "mode", octal(mounted[0].Mode)), "findmnt -T "+mounted[0].Path),
				not(text.New("not a lost x bit: the mode has it", "不是丢失可执行位：权限中有它").With()))
			f.Fixes = v.useOther()
			return []diag.Finding{f}
		}
		f.Claim = text.New("{tools} of the Go tree {root} may not be executed", "Go 目录 {root} 的 {tools} 不能执行").With("tools", names(bad), "root", v.root)
		var files []string
		for _, t := range bad {
			files = append(files, filepath.Clean(t.Path))
			f.Evidence = append(f.Evidence, at(proof(text.New("{path} has mode {mode}", "{path} 的权限是 {mode}").With("path", t.Path, "mode", octal(t.Mode)), "ls -l "+t.Path), t.Path, 0))
		}
		f.Evidence = append(f.Evidence,
			not(text.New("not a noexec mount: no tool with an x bit is refused", "不是 noexec 挂载：没有带可执行位的工具被拒绝").With()),
			not(text.New("not missing: the file(s) are there and are programs", "不是缺失：文件在，而且是程序").With()))
		f.Fixes = append([]diag.Fix{{Title: text.New("add the x bits to {n} tool(s) in {dir}", "为 {dir} 中的 {n} 个工具加上可执行位").With("n", len(files), "dir", v.tree.ToolDir),
			Risk: diag.Safe, Actions: action.List{&action.Chmod{Files: files, Add: 0o111}}}}, v.useOther()...)
		return []diag.Finding{f}
	},
}

var toolsOther = diag.Check{
	ID: "go-tools-from-other-release", Title: text.New("the Go tree holds tools of another release", "Go 目录中混有另一个版本的工具"),
	Severity: diag.Error, Reads: reads(facts.SecProject),
	After: []string{"goroot-in-goenv-other-version", "goroot-env-other-version"},
	Doc: text.New(
		`pkg/tool of the Go tree holds the compiler, the assembler or another tool of another release than its go program: an archive was
unpacked over an existing tree, or restored into it. Builds say "compile: version "go1.25.0" does not match go tool version
"go1.26.8"" for every package.

**How it is proven.** Every executable says in its build information which release it was built as: the go program and the tools of one tree
disagree. GOROOT names no other tree.

**What looks the same.** goroot-in-goenv-other-version and goroot-env-other-version: there each tree is whole, and a setting joins two.

**What the fix does.** It lets another whole Go tree do the work (the next in PATH comes first, or a whole one is put in front). The mixed
tree stays; nothing is unpacked over it and nothing in it is deleted.

**By hand.** go version "$(go env GOROOT)"/bin/go "$(go env GOTOOLDIR)"/*; install the release again into an empty folder.

Sources: cmd/compile/internal/base/flag.go (-goversion), cmd/go/internal/work/gc.go; https://github.com/gopherdata/gophernotes/issues/259.`,
		`Go 目录的 pkg/tool 里，编译器、汇编器或其他工具与 go 程序不是同一个版本：有人把压缩包解压或恢复到了已有的目录上。构建时每个包都报
"compile: version "go1.25.0" does not match go tool version "go1.26.8""。

**如何证明。** 每个可执行文件的构建信息都写明它是哪个版本编译的：同一目录里的 go 程序与工具不一致。GOROOT 没有指向别的目录。

**容易混淆的情况。** goroot-in-goenv-other-version 和 goroot-env-other-version：那里每个目录都完好，是某个设置把两个目录混用了。

**修复做什么。** 让另一个完整的 Go 目录来工作（让 PATH 中下一个排到前面，或把完整的放到最前）。混杂的目录保留，不在上面再解压，也不删除其中的文件。

**手动处理。** go version "$(go env GOROOT)"/bin/go "$(go env GOTOOLDIR)"/*；把该版本重新安装到空目录。

来源：cmd/compile/internal/base/flag.go（-goversion）、cmd/go/internal/work/gc.go；https://github.com/gopherdata/gophernotes/issues/259。`),
	Run: func(s *facts.Snapshot) []diag.Finding {
		v := inUse(s)
		if v == nil {
			return nil
		}
		have := release(v.tree.Program.Version)
		if have == "" || v.named && have != release(v.version) { // GOROOT joins two trees: another check
			return nil
		}
		bad := otherTools(v.tree, v.tree.Program.Version)
		if len(bad) == 0 {
			return nil
		}
		f := diag.Finding{Claim: text.New("the Go tree {root} is {version}, but its {tools} is of {other}", "Go 目录 {root} 是 {version}，但其中的 {tools} 属于 {other}").
			With("root", v.root, "version", have, "tools", names(bad), "other", release(bad[0].Version)),
			Evidence: []diag.Evidence{v.because()}, ByHand: "go version " + v.tree.ToolDir, Fixes: v.useOther()}
		for _, t := range bad {
			f.Evidence = append(f.Evidence, at(proof(text.New("{path} was built as {other}; {go} as {version}", "{path} 由 {other} 构建；{go} 是 {version}").
				With("path", t.Path, "other", t.Version, "go", v.tree.Program.Path, "version", v.tree.Program.Version), t.Path+" -V"), t.Path, 0))
		}
		f.Evidence = append(f.Evidence, v.otherGo(v.floor().version))
		if !v.named {
			f.Evidence = append(f.Evidence, not(text.New("not a wrong GOROOT: nothing sets it; {root} is the program's own tree", "不是 GOROOT 设错：没有设置它；{root} 就是该程序自己的目录").With("root", v.root)))
		}
		return []diag.Finding{f}
	},
}

var treeIncomplete = diag.Check{
	ID: "go-tree-incomplete", Title: text.New("parts of the Go tree are missing", "Go 目录缺少一部分"),
	Severity: diag.Error, Reads: reads(facts.SecProject),
	After: []string{"go-tool-compile-missing"},
	Doc: text.New(
		`Folders that every Go release has are missing from the tree in use: an extraction ended half-way (full disk, interrupted download), a
cleaner took some, a container image was slimmed too far, or a package of the distribution was removed (golang-src). Builds say
"package fmt is not in std" or "could not import … (open …: no such file or directory)".

**How it is proven.** About thirty folders of the standard library that exist in every release since 1.21, and pkg/include, were looked
for below the tree (links followed, so that the split layout of Debian is whole).

**What looks the same.** An import path of your own that has no dot and does not exist ("package foo is not in std") is an error in the code: here
the missing folders belong to the standard library. goroot-env-empty-dir: nothing at all is there.

**What the fix does.** It lets another whole Go tree do the work. Nothing is copied into the broken one.

**By hand.** go list std; install the release again into an empty folder.

Sources: cmd/go/internal/modload/import.go (ImportMissingError, "is not in std").`,
		`正在使用的目录缺少每个 Go 版本都有的文件夹：解压中途结束（磁盘写满、下载中断）、被清理工具删掉、容器镜像精简过头，或者卸载了发行版的软件包（golang-src）。
构建报 "package fmt is not in std" 或 "could not import …（open …: no such file or directory）"。

**如何证明。** 在目录下查找了 1.21 以来每个版本都有的约三十个标准库文件夹以及 pkg/include（跟随链接，所以 Debian 的分离布局是完整的）。

**容易混淆的情况。** 你自己写的、没有点号又不存在的导入路径（"package foo is not in std"）是代码错误；这里缺的是标准库。goroot-env-empty-dir：那里什么都没有。

**修复做什么。** 让另一个完整的 Go 目录来工作。不往坏目录里复制任何东西。

**手动处理。** go list std；把该版本重新安装到空目录。

来源：cmd/go/internal/modload/import.go（ImportMissingError，"is not in std"）。`),
	Run: func(s *facts.Snapshot) []diag.Finding {
		v := inUse(s)
		if v == nil || len(v.tree.Absent) == 0 {
			return nil
		}
		n := len(v.tree.Absent)
		return []diag.Finding{{Claim: text.New("the Go tree {root} lacks {n} folder(s) that every release has", "Go 目录 {root} 缺少 {n} 个每个版本都有的文件夹").With("root", v.root, "n", n),
			Evidence: []diag.Evidence{v.because(),
				at(proof(text.New("not there: {list}", "不存在：{list}").With("list", strings.Join(v.tree.Absent[:min(n, 5)], " ")), "ls -d "+v.tree.Absent[0]), v.tree.Absent[0], 0),
				v.otherGo(v.floor().version),
				not(text.New("not a misspelt import: the missing folders belong to the standard library", "不是导入路径写错：缺少的是标准库的文件夹").With())},
			ByHand: "go list std", Fixes: v.useOther()}}
	},
}
