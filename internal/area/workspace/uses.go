package workspace

import (
	"go/version"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gorescue/gorescue/internal/action"
	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/text"
)

var onlyWorkspace = []facts.Section{facts.SecWorkspace}

// inForce reports whether a go.work that could be read decides here.
func inForce(ws *facts.Workspace) bool { return ws.File != "" && ws.State == facts.FileRead }

// dropUse makes the fix that takes one use line away.
func dropUse(ws *facts.Workspace, u facts.WorkUse, risk diag.Risk) diag.Fix {
	return diag.Fix{
		Title:   text.New("take the line “use {dir}” out of {file} (as go work edit -dropuse does)", "从 {file} 删除“use {dir}”一行（等同 go work edit -dropuse）").With("dir", u.Text, "file", ws.File),
		Risk:    risk,
		Actions: action.List{&action.Edit{Path: ws.File, Splices: []facts.Splice{u.At}}},
	}
}

var removedFolder = diag.Check{
	ID:       "go-work-uses-removed-folder",
	Title:    text.New("go.work names a folder that has no module", "go.work 列出的目录中没有模块"),
	Severity: diag.Error,
	Reads:    onlyWorkspace,
	Doc: text.New(`The go command refuses a whole workspace when one folder of a use line has no go.mod ("cannot load module … listed in
go.work file", cmd/go/internal/modload/init.go): no module of it can be built. It happens when a module was removed, moved or
renamed and go.work, often not committed, kept its line.

Proof: the line, and the folder or go.mod that is not there. Looks the same: a submodule that was not checked out (then the
folder stands in .gitmodules, and the repair is git submodule update), a module that was deleted by accident (then the last
commit has its go.mod, and the repair is to restore it). Both are told apart and only proposed.

The fix takes that one line away. It never touches the other use and replace lines. By hand: go work edit -dropuse=DIR.
Source: https://github.com/golang/go/issues/50750`,
		`只要 use 行中有一个目录没有 go.mod，go 命令就拒绝整个工作区（“cannot load module … listed in go.work file”，
cmd/go/internal/modload/init.go），其中任何模块都无法构建。通常是某个模块被删除、移动或改名，而（往往未提交的）go.work 仍保留该行。

证据：该行，以及不存在的目录或 go.mod。相似情形：尚未检出的子模块（目录写在 .gitmodules 中，应执行 git submodule update）；
被误删的模块（最近一次提交中仍有其 go.mod，应当恢复）。两者都能区分，并且只提出建议。

修复只删除这一行，绝不触碰其他 use 与 replace 行。手工处理：go work edit -dropuse=DIR。
来源：https://github.com/golang/go/issues/50750`),
	Run: func(s *facts.Snapshot) []diag.Finding {
		ws := &s.Workspace
		if !inForce(ws) {
			return nil
		}
		var out []diag.Finding
		for _, u := range ws.Uses {
			if u.State != "no folder" && u.State != "no go.mod" && u.State != "submodule" {
				continue
			}
			f := diag.Finding{
				Subject: u.Dir,
				Claim:   text.New("{file} uses {dir}, where there is no module; so no module of this workspace builds", "{file} 使用了 {dir}，但那里没有模块，因此该工作区的任何模块都无法构建").With("file", ws.File, "dir", u.Text),
				Evidence: []diag.Evidence{
					{Role: diag.Because, File: ws.File, Line: u.Line, Text: text.New("{file}:{line} has: use {dir}", "{file}:{line} 写有：use {dir}").With("file", ws.File, "line", u.Line, "dir", u.Text)},
					{Role: diag.Proof, File: filepath.Join(u.Dir, "go.mod"), Text: text.New("{dir}: {state}", "{dir}：{state}").With("dir", u.Dir, "state", u.State)},
				},
				ByHand: "ls " + u.Dir,
			}
			switch {
			case u.State == "submodule":
				f.Fixes = []diag.Fix{{Title: text.New("check the submodule out: git submodule update --init {dir}", "检出子模块：git submodule update --init {dir}").With("dir", u.Text), Risk: diag.Manual, Shell: "git submodule update --init " + u.Text}}
				f.Evidence = append(f.Evidence, diag.Evidence{Role: diag.Not, Text: text.New("a removed module: .gitmodules names this folder", "不是被删除的模块：.gitmodules 列有此目录").With()})
			case u.InHead:
				f.Fixes = []diag.Fix{
					{Title: text.New("bring the module back: git restore {dir}", "恢复该模块：git restore {dir}").With("dir", u.Text), Risk: diag.Manual, Shell: "git restore " + u.Text},
					dropUse(ws, u, diag.Person),
				}
				f.Evidence = append(f.Evidence, diag.Evidence{Role: diag.Not, Text: text.New("a module removed on purpose: the last commit still has its go.mod", "不是有意删除的模块：最近一次提交仍有其 go.mod").With()})
			default:
				f.Fixes = []diag.Fix{dropUse(ws, u, diag.Safe)}
				f.Evidence = append(f.Evidence,
					diag.Evidence{Role: diag.Not, Text: text.New("a submodule that is not checked out: .gitmodules does not name it", "不是未检出的子模块：.gitmodules 中没有它").With()},
					diag.Evidence{Role: diag.Not, Text: text.New("deleted by accident: the last commit has no go.mod there either", "不是误删：最近一次提交中那里也没有 go.mod").With()})
			}
			out = append(out, f)
		}
		return out
	},
}

var duplicate = diag.Check{
	ID:       "gowork-duplicate-module",
	Title:    text.New("go.work joins the same module twice", "go.work 重复加入了同一个模块"),
	Severity: diag.Error,
	Reads:    onlyWorkspace,
	Doc: text.New(`Two use lines whose go.mod files declare the same module path make the go command stop: "module … appears multiple times in
workspace". The usual cause is a copy of a module (a backup, a second checkout) that go work use -r picked up.

Proof: both lines and the module path that both go.mod files declare. Which of them is the copy is proven by git: exactly one of
the two is tracked. Then the fix takes the use line of the other away and leaves its folder alone; if git cannot tell, it is
only proposed. By hand: go work edit -dropuse=DIR. Source: https://github.com/golang/go/issues/50750`,
		`两个 use 行的 go.mod 声明了同一模块路径时，go 命令会停止：“module … appears multiple times in workspace”。常见原因是
go work use -r 把模块的一份拷贝（备份、第二个检出）也加了进来。

证据：两行以及两个 go.mod 声明的同一模块路径。哪一个是拷贝由 git 证明：恰好只有一个受版本控制。此时修复删除另一个的 use 行，
而不动其目录；若 git 无法判断，则只提出建议。手工处理：go work edit -dropuse=DIR。来源：https://github.com/golang/go/issues/50750`),
	Run: func(s *facts.Snapshot) []diag.Finding {
		ws := &s.Workspace
		if !inForce(ws) {
			return nil
		}
		var out []diag.Finding
		for i, a := range ws.Uses {
			for _, b := range ws.Uses[i+1:] {
				if a.Module != "" && a.Module == b.Module {
					out = append(out, twice(ws, a, b))
				}
			}
		}
		return out
	},
}

func twice(ws *facts.Workspace, a, b facts.WorkUse) diag.Finding {
	f := diag.Finding{
		Subject: a.Dir + "+" + b.Dir,
		Claim:   text.New("{file} joins the module {mod} twice: {a} and {b}", "{file} 两次加入模块 {mod}：{a} 与 {b}").With("file", ws.File, "mod", a.Module, "a", a.Text, "b", b.Text),
		ByHand:  "go work edit -json",
	}
	for _, u := range []facts.WorkUse{a, b} {
		f.Evidence = append(f.Evidence, diag.Evidence{Role: diag.Proof, File: ws.File, Line: u.Line,
			Text: text.New("{file}:{line} uses {dir}, whose go.mod says module {mod}", "{file}:{line} 使用 {dir}，其 go.mod 声明 module {mod}").With("file", ws.File, "line", u.Line, "dir", u.Text, "mod", u.Module)})
	}
	drop, keep := a, b
	switch {
	case a.Dir == b.Dir:
		f.Fixes = []diag.Fix{dropUse(ws, b, diag.Safe)}
	case a.Tracked != b.Tracked:
		if a.Tracked {
			drop, keep = b, a
		}
		f.Evidence = append(f.Evidence, diag.Evidence{Role: diag.Because, File: ws.File, Line: drop.Line,
			Text: text.New("git tracks {keep} and not {drop}: that one is the copy", "git 跟踪 {keep} 而不跟踪 {drop}：后者是拷贝").With("keep", keep.Text, "drop", drop.Text)})
		f.Fixes = []diag.Fix{dropUse(ws, drop, diag.Safe)}
	default:
		f.Fixes = []diag.Fix{dropUse(ws, b, diag.Person)}
		f.Evidence = append(f.Evidence, diag.Evidence{Role: diag.Because, File: ws.File, Line: b.Line,
			Text: text.New("git does not tell which of them is the copy", "git 无法判断哪一个是拷贝").With()})
	}
	return f
}

var goLine = diag.Check{
	ID:       "gowork-go-line-too-old",
	Title:    text.New("the go line of go.work is older than that of a module", "go.work 的 go 行低于其中某个模块"),
	Severity: diag.Error,
	Reads:    onlyWorkspace,
	Doc: text.New(`The go line of go.work must be at least that of each module it joins (cmd/go/internal/modload, since Go 1.21): "module … listed in
go.work file requires go >= X, but go.work lists go Y". One module was raised — by a pull, go get, an editor — and go.work,
often not committed, kept the old line.

Proof: both lines. Looks the same: a go.mod that asks for a Go which is not installed (another check; then raising go.work would
not help). The fix raises that one line of go.work to the highest go line of its modules, as go work use does. It never lowers
the line of a module. Source: https://go.dev/ref/mod#go-work-file-go`,
		`go.work 的 go 行必须不低于它加入的每个模块（cmd/go/internal/modload，自 Go 1.21 起）：“module … listed in go.work file
requires go >= X, but go.work lists go Y”。某个模块被提高了（git pull、go get、编辑器），而（往往未提交的）go.work 保留了旧行。

证据：两处的行。相似情形：go.mod 要求的 Go 并未安装（由另一检查负责，此时提高 go.work 也无济于事）。修复把 go.work 的这一行提高到
其模块中最高的 go 行，与 go work use 相同；绝不降低模块的 go 行。来源：https://go.dev/ref/mod#go-work-file-go`),
	Run: func(s *facts.Snapshot) []diag.Finding {
		ws := &s.Workspace
		if !inForce(ws) || len(ws.Errors) > 0 {
			return nil
		}
		have := ws.Go.Text
		if have == "" {
			have = "1.18" // cmd/go/internal/modload: the default of a go.work without a go line
		}
		var top facts.WorkUse
		for _, u := range ws.Uses {
			if u.Go != "" && version.Compare("go"+u.Go, "go"+have) > 0 && (top.Go == "" || version.Compare("go"+u.Go, "go"+top.Go) > 0) {
				top = u
			}
		}
		if top.Go == "" {
			return nil
		}
		splice := facts.Splice{New: "go " + top.Go + "\n\n"}
		if ws.Go.Line > 0 {
			splice = ws.Go.At
			splice.New = strings.Replace(splice.Old, ws.Go.Text, top.Go, 1)
		}
		return []diag.Finding{{
			Claim: text.New("{file} says go {have}, but its module {dir} needs go {want}", "{file} 写的是 go {have}，而其模块 {dir} 需要 go {want}").With("file", ws.File, "have", have, "dir", top.Text, "want", top.Go),
			Evidence: []diag.Evidence{
				{Role: diag.Because, File: ws.File, Line: ws.Go.Line, Text: text.New("{file}:{line}: go {have}", "{file}:{line}：go {have}").With("file", ws.File, "line", ws.Go.Line, "have", have)},
				{Role: diag.Proof, File: filepath.Join(top.Dir, "go.mod"), Line: top.GoLine, Text: text.New("{file}:{line}: go {want}", "{file}:{line}：go {want}").With("file", filepath.Join(top.Dir, "go.mod"), "line", top.GoLine, "want", top.Go)},
				{Role: diag.Not, Text: text.New("a damaged go.work: every line of it parses", "不是 go.work 损坏：每一行都能解析").With()},
			},
			ByHand: "go work edit -json",
			Fixes: []diag.Fix{{
				Title:   text.New("raise the go line of {file} to {want} (as go work use does)", "把 {file} 的 go 行提高到 {want}（等同 go work use）").With("file", ws.File, "want", top.Go),
				Risk:    diag.Safe,
				Actions: action.List{&action.Edit{Path: ws.File, Splices: []facts.Splice{splice}}},
			}},
		}}
	},
}

var notListed = diag.Check{
	ID:       "gowork-module-not-listed",
	Title:    text.New("this module is not in the repository's go.work", "本模块不在仓库的 go.work 中"),
	Severity: diag.Error,
	Reads:    onlyWorkspace,
	After:    []string{"go-work-merge-conflict", "go-work-unreadable", "gowork-leaves-module-out"},
	Doc: text.New(`Inside a module that go.work does not join, build commands with patterns fail: "current directory is contained in a module that is
not one of the workspace modules listed in go.work". It happens when a module is new, or its use line was lost in a merge.

Proof: go.work lies in the same repository and joins other modules, not this one. That it belongs to the workspace is proven by
the last commit of go.work, which joins it. Without that proof the line is only proposed, as a remark: a module may stay
outside on purpose and be built with GOWORK=off. Looks the same: GOWORK names the
workspace of another project (another check).

The fix adds one use line, as go work use DIR does. Source: https://go.dev/ref/mod#workspaces`,
		`在 go.work 未加入的模块中，带模式的构建命令会失败：“current directory is contained in a module that is not one of the
workspace modules listed in go.work”。原因是新建了模块，或合并时丢失了它的 use 行。

证据：go.work 位于同一仓库，加入了其他模块而没有本模块。本模块属于该工作区，由 go.work 的最近一次提交（其中加入了它）来证明。没有该证据时
只作为备注提出建议：模块也可能有意留在外面并用 GOWORK=off 构建。相似情形：GOWORK 指向另一个项目的
工作区（另一检查）。

修复添加一行 use，等同 go work use DIR。来源：https://go.dev/ref/mod#workspaces`),
	Run: func(s *facts.Snapshot) []diag.Finding {
		ws := &s.Workspace
		if !inForce(ws) || ws.Named || len(ws.Errors) > 0 || len(ws.Conflicts) > 0 {
			return nil
		}
		if ws.Repo == "" || !within(ws.File, ws.Repo) && !within(real(ws.File), ws.Repo) {
			return nil // a go.work above the repository: whose it is cannot be told
		}
		var out []diag.Finding
		for _, dir := range ws.Lost {
			out = append(out, missing(ws, dir, true))
		}
		listed := slices.ContainsFunc(ws.Uses, func(u facts.WorkUse) bool { return u.Dir == ws.Module })
		if ws.Module != "" && !listed && !slices.Contains(ws.Lost, ws.Module) {
			out = append(out, missing(ws, ws.Module, false))
		}
		return out
	},
}

// missing is the finding that a module is not joined. lost says that the last commit joins it.
func missing(ws *facts.Workspace, module string, lost bool) diag.Finding {
	dir := named(ws, module)
	f := diag.Finding{
		Subject: module,
		Claim:   text.New("{file} does not join the module {dir}; so it does not build there", "{file} 没有加入模块 {dir}，因此它无法构建").With("file", ws.File, "dir", dir),
		Evidence: []diag.Evidence{
			{Role: diag.Because, File: ws.File, Text: text.New("{file} joins {n} module(s), and not {dir}", "{file} 加入了 {n} 个模块，其中没有 {dir}").With("file", ws.File, "n", len(ws.Uses), "dir", dir)},
			{Role: diag.Not, Text: text.New("the workspace of another project: go.work lies in this repository and GOWORK is not set", "不是其他项目的工作区：go.work 就在本仓库中，且未设置 GOWORK").With()},
		},
		ByHand: "go work edit -json",
	}
	risk := diag.Person
	if lost {
		risk = diag.Safe
		f.Evidence = append(f.Evidence, diag.Evidence{Role: diag.Proof, File: ws.File, Text: text.New("the last commit of go.work joins it: the line was lost since", "go.work 的最近一次提交中有它：该行是之后丢失的").With()})
	} else {
		f.Severity = diag.Info // it may stay outside on purpose
		f.Evidence = append(f.Evidence, diag.Evidence{Role: diag.Proof, File: filepath.Join(module, "go.mod"), Text: text.New("{dir} has a go.mod of its own", "{dir} 有自己的 go.mod").With("dir", dir)})
	}
	f.Fixes = []diag.Fix{addUse(ws, dir, risk)}
	return f
}

// named is how a use line names the folder of a module.
func named(ws *facts.Workspace, module string) string {
	rel, err := filepath.Rel(filepath.Dir(ws.File), module)
	switch {
	case err != nil:
		return module
	case rel == ".":
		return rel
	}
	return "./" + filepath.ToSlash(rel)
}

// addUse makes the fix that adds a use line.
func addUse(ws *facts.Workspace, dir string, risk diag.Risk) diag.Fix {
	return diag.Fix{
		Title:   text.New("add “use {dir}” to {file} (as go work use does)", "在 {file} 中加入“use {dir}”（等同 go work use）").With("dir", dir, "file", ws.File),
		Risk:    risk,
		Actions: action.List{&action.Edit{Path: ws.File, Splices: []facts.Splice{{Offset: ws.End, New: "\nuse " + quoted(dir) + "\n"}}}},
	}
}

func within(path, dir string) bool {
	rel, err := filepath.Rel(dir, path)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}

// quoted is a path as go.work writes it: in quotes when it has blanks (modfile.AutoQuote).
func quoted(path string) string {
	if strings.ContainsAny(path, " \t\"'`,;(){}[]") {
		return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(path) + `"`
	}
	return path
}
