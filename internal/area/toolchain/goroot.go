package toolchain

import (
	"path/filepath"

	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/origin"
	"github.com/gorescue/gorescue/internal/text"
)

// rootChecks ask whether GOROOT, when somebody sets it, names the tree of the program that starts.
func rootChecks() []diag.Check {
	return []diag.Check{
		rootCheck("goroot-env-removed-tree", text.New("GOROOT names a folder that is not there", "GOROOT 指向不存在的目录"), removedDoc, func(v *view, t *facts.GoTree) *text.Msg {
			switch t.State {
			case facts.TreeMissing:
				return msg(text.New("GOROOT names {root}, which is not there", "GOROOT 指向 {root}，而它不存在").With("root", t.Root))
			case facts.TreeNoFolder:
				return msg(text.New("GOROOT names {root}, which is no folder", "GOROOT 指向 {root}，而它不是目录").With("root", t.Root))
			}
			return nil
		}),
		rootCheck("goroot-env-empty-dir", text.New("GOROOT names a folder that is no Go tree", "GOROOT 指向的目录不是 Go 目录"), emptyDoc, func(v *view, t *facts.GoTree) *text.Msg {
			if t.State != facts.TreeNone {
				return nil
			}
			return msg(text.New("GOROOT names {root}, which is no Go tree", "GOROOT 指向 {root}，而它不是 Go 目录").With("root", t.Root))
		}),
		rootCheck("goroot-in-goenv-other-version", text.New("GOROOT of the go env file names another release", "go env 文件中的 GOROOT 指向另一个版本"), otherDoc, func(v *view, t *facts.GoTree) *text.Msg {
			return v.otherRelease(t, facts.FromGoenv)
		}),
		rootCheck("goroot-env-other-version", text.New("GOROOT names the tree of another release", "GOROOT 指向另一个版本的目录"), otherDoc, func(v *view, t *facts.GoTree) *text.Msg {
			return v.otherRelease(t, facts.FromProcess)
		}),
	}
}

func msg(m text.Msg) *text.Msg { return &m }

// otherRelease is the claim that GOROOT names a whole tree of another release than the program.
func (v *view) otherRelease(t *facts.GoTree, from facts.OriginKind) *text.Msg {
	have, runs := treeRelease(t), release(v.version)
	if t.State != facts.TreeFound || v.s.Settings.Values["GOROOT"].Origin != from || have == "" || runs == "" {
		return nil
	}
	// Another toolchain that is switched to gets a GOROOT of its own, or none (cmd/go/internal/toolchain:
	// execGoToolchain); the line of the go env file then counts again.
	switch c := v.choose(); {
	case c.how == howPath && from == facts.FromGoenv:
		runs = c.runs()
	case c.how != howLocal:
		return nil
	}
	if have == runs {
		return nil
	}
	return msg(text.New("GOROOT names the tree of {have}, but the go that starts is {version}", "GOROOT 指向 {have} 的目录，而启动的 go 是 {version}").With("have", have, "version", runs))
}

// treeRelease is the release of a tree's compiler, which is what the go command is compared with; else
// that of its go program; else what VERSION says.
func treeRelease(t *facts.GoTree) string {
	for _, tool := range t.Tools {
		if tool.Name == "compile" && release(tool.Version) != "" {
			return release(tool.Version)
		}
	}
	if r := release(t.Program.Version); r != "" {
		return r
	}
	return release(t.Version)
}

func rootCheck(id string, title, doc text.T, claim func(*view, *facts.GoTree) *text.Msg) diag.Check {
	return diag.Check{ID: id, Title: title, Doc: doc, Severity: diag.Error, Reads: reads(facts.SecProject),
		Run: func(s *facts.Snapshot) []diag.Finding {
			v := look(s)
			if !v.named || v.tree == nil || v.version == "" {
				return nil
			}
			m := claim(v, v.tree)
			if m == nil {
				return nil
			}
			return []diag.Finding{v.rootFinding(*m)}
		}}
}

func (v *view) rootFinding(claim text.Msg) diag.Finding {
	src, _ := origin.Of(v.s, "GOROOT")
	f := diag.Finding{Claim: claim, Evidence: []diag.Evidence{src.Because()}, ByHand: "env -u GOROOT GOENV=off go version"}
	f.Evidence = append(f.Evidence, v.rootSeen()...)
	own := v.treeAt(v.own)
	if own != nil {
		f.Evidence = append(f.Evidence, proof(text.New("{go} finds its own tree without GOROOT: {own} ({version})", "不设 GOROOT 时，{go} 能找到自己的目录：{own}（{version}）").
			With("go", v.cmd.Path, "own", v.own, "version", treeRelease(own)), "env -u GOROOT GOENV=off go version"))
	}
	if v.tree.State == facts.TreeFound {
		f.Evidence = append(f.Evidence, not(text.New("not a tree mixed of two releases: everything in {root} is of {version}", "不是混有两个版本的目录：{root} 中都是 {version}").
			With("root", v.tree.Root, "version", treeRelease(v.tree))))
	} else {
		f.Evidence = append(f.Evidence, not(text.New("not the go program: {path} is {version} and whole", "不是 go 程序的问题：{path} 是完好的 {version}").With("path", v.cmd.Path, "version", v.version)))
	}
	remove := src.Remove()
	if src.OnPurpose() && remove.Risk == diag.Safe {
		remove.Risk = diag.Person // the project's own file
	}
	if own != nil && own.State == facts.TreeFound || v.own != "" {
		f.Fixes = append(f.Fixes, remove)
	}
	if whole(v.tree) && v.native(&v.tree.Program) {
		f.Fixes = append(f.Fixes, v.firstInPath(v.tree)...)
	}
	if len(f.Fixes) == 0 {
		f.Fixes = v.replaceFirst(v.floor().version)
	}
	return f
}

// rootSeen is what is at the place that GOROOT names.
func (v *view) rootSeen() []diag.Evidence {
	t := v.tree
	switch t.State {
	case facts.TreeMissing:
		return []diag.Evidence{proof(text.New("{root} does not exist", "{root} 不存在").With("root", t.Root), "ls -d "+t.Root)}
	case facts.TreeNoFolder:
		return []diag.Evidence{proof(text.New("{root} is a file", "{root} 是文件").With("root", t.Root), "ls -ld "+t.Root)}
	case facts.TreeNone:
		return []diag.Evidence{
			proof(text.New("{root} is a folder without pkg/tool and src/runtime", "{root} 是一个目录，但没有 pkg/tool 和 src/runtime").With("root", t.Root), "ls "+filepath.Join(t.Root, "pkg", "tool")),
			not(text.New("not a missing module: what the go command cannot find is the standard library", "不是缺少模块：go 命令找不到的是标准库").With()),
		}
	}
	out := []diag.Evidence{proof(text.New("the compiler in {dir} is {have}; {go} is {version}", "{dir} 中的编译器是 {have}；{go} 是 {version}").
		With("dir", t.ToolDir, "have", treeRelease(t), "go", v.cmd.Path, "version", release(v.version)), filepath.Join(t.ToolDir, "compile")+" -V")}
	return out
}

var removedDoc = text.New(
	`GOROOT in a start-up file, in the go env file (go env -w) or in an editor's settings names a Go tree that was removed: an
uninstalled version, a move by brew, asdf or mise, a literal "~" or "$HOME" that nobody expands, a relative path. Every go
command ends with "go: cannot find GOROOT directory: …"; in an editor gopls has no view.

**How it is proven.** The value, the file and line that set it, and that nothing (or no folder) is at that place. The go program itself
is whole and finds its own tree when GOROOT is not set.

**What looks the same.** goroot-env-empty-dir (the folder is there, but is no Go tree), go-binary-copied (GOROOT is not set),
go-shim-dead-version (a script that fails without GOROOT too).

**What the fix does.** It takes exactly that line away. GOROOT is almost never needed: a go command knows its tree. The missing folder
is never created: an empty one hides the message and gives stranger errors. A value set by the project's own .envrc is only
proposed for removal.

**By hand.** env -u GOROOT go version; go env -u GOROOT when it stands in the go env file.

Archives of this mechanism: goroot-env-removed-tree, goroot-of-removed-sdk.
Sources: cmd/go/main.go, cmd/go/internal/cfg/cfg.go (findGOROOT); https://github.com/DanielMSchmidt/dotfiles/issues/3,
https://github.com/golang/vscode-go/issues/707.`,
	`启动文件、go env 文件（go env -w）或编辑器设置中的 GOROOT 指向一个已被删除的 Go 目录：卸载了旧版本，brew、asdf、mise 移动了目录，值里有没人展开的 "~" 或 "$HOME"，
或者是相对路径。每条 go 命令都以 "go: cannot find GOROOT directory: …" 结束；在编辑器里 gopls 没有视图。

**如何证明。** 给出该值、设置它的文件和行号，以及那里什么也没有（或不是目录）。go 程序本身完好，不设 GOROOT 时能找到自己的目录。

**容易混淆的情况。** goroot-env-empty-dir（目录存在但不是 Go 目录）、go-binary-copied（没有设置 GOROOT）、go-shim-dead-version（去掉 GOROOT 也失败的脚本）。

**修复做什么。** 只删除那一行。GOROOT 几乎从不需要：go 命令知道自己的目录。绝不创建缺失的目录：空目录会掩盖报错，带来更奇怪的错误。项目自己的 .envrc 设置的值只建议删除。

**手动处理。** env -u GOROOT go version；如果写在 go env 文件里，用 go env -u GOROOT。

同一机制的案例：goroot-env-removed-tree、goroot-of-removed-sdk。
来源：cmd/go/main.go、cmd/go/internal/cfg/cfg.go（findGOROOT）；https://github.com/DanielMSchmidt/dotfiles/issues/3、https://github.com/golang/vscode-go/issues/707。`)

var emptyDoc = text.New(
	`GOROOT names a folder that exists but is no Go tree: an emptied install folder, or GOROOT mistaken for GOPATH (~/go), or the
folder above or below the tree (/usr/local, /usr/local/go/bin). The messages never speak of GOROOT: "package example.com/app:
cannot find package", "package fmt is not in std", "no such tool compile".

**How it is proven.** The value and the line that set it; the folder has neither pkg/tool nor src/runtime; the go program finds a whole tree
of its own when GOROOT is not set.

**What looks the same.** goroot-env-removed-tree (nothing is there). A tree with some parts missing is go-tree-incomplete. Missing
modules: go mod tidy and go get do not help here and may harm.

**What the fix does.** It takes exactly that line away. The folder and its content stay.

**By hand.** ls "$GOROOT"; env -u GOROOT go build ./...

Sources: cmd/go/internal/cfg/cfg.go (findGOROOT); https://github.com/golang/go/issues/19187.`,
	`GOROOT 指向的目录存在，但不是 Go 目录：被清空的安装目录、把 GOROOT 当成 GOPATH（~/go），或者写成了上一级、下一级目录（/usr/local、/usr/local/go/bin）。
报错从不提 GOROOT："package example.com/app: cannot find package"、"package fmt is not in std"、"no such tool compile"。

**如何证明。** 给出该值和设置它的行；该目录既没有 pkg/tool 也没有 src/runtime；不设 GOROOT 时 go 程序能找到自己完整的目录。

**容易混淆的情况。** goroot-env-removed-tree（那里什么都没有）。缺少一部分的 Go 目录是 go-tree-incomplete。缺少模块：这里运行 go mod tidy、go get 没有用，还可能有害。

**修复做什么。** 只删除那一行。目录及其内容保留。

**手动处理。** ls "$GOROOT"；env -u GOROOT go build ./...

来源：cmd/go/internal/cfg/cfg.go（findGOROOT）；https://github.com/golang/go/issues/19187。`)

var otherDoc = text.New(
	`GOROOT names a good Go tree, but of another release than the go program that PATH finds: it was set for an older Go and stayed
after the upgrade, or written with go env -w. The go command then starts the compiler of that tree and stops: "compile:
version "go1.25.0" does not match go tool version "go1.26.8"".

**How it is proven.** The release of the go program and of the compiler in that tree, both read from the files' build information, and
the line that names the tree. A GOROOT that names the same release, also by a link, is fine and is not reported.

**What looks the same.** go-tools-from-other-release: there GOROOT is not to blame, the tree itself is mixed.

**What the fix does.** It takes exactly that line away; when the go program has no whole tree of its own, the tree that GOROOT names is put
first in PATH instead. The go env file keeps its other settings.

**By hand.** go env -changed; env -u GOROOT GOENV=off go build ./...; go env -u GOROOT.

Sources: cmd/go/internal/work/gc.go (-goversion), cmd/go/internal/cfg/cfg.go; https://github.com/pulumi/pulumi/issues/6002.`,
	`GOROOT 指向的 Go 目录是好的，但与 PATH 找到的 go 程序不是同一个版本：它是为旧版本设置的，升级后留了下来，或者是用 go env -w 写入的。
go 命令会启动那个目录里的编译器，然后停下："compile: version "go1.25.0" does not match go tool version "go1.26.8""。

**如何证明。** 给出 go 程序的版本和该目录中编译器的版本（都读自文件的构建信息），以及指定该目录的行。GOROOT 指向同一版本（即使经由链接）没有问题，不会报告。

**容易混淆的情况。** go-tools-from-other-release：那里不怪 GOROOT，是目录本身混了版本。

**修复做什么。** 只删除那一行；如果 go 程序没有自己的完整目录，则把 GOROOT 指向的目录放到 PATH 最前面。go env 文件的其他设置保留。

**手动处理。** go env -changed；env -u GOROOT GOENV=off go build ./...；go env -u GOROOT。

来源：cmd/go/internal/work/gc.go（-goversion）、cmd/go/internal/cfg/cfg.go；https://github.com/pulumi/pulumi/issues/6002。`)
