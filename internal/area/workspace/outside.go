package workspace

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/text"
)

var leftOut = diag.Check{
	ID:       "gowork-leaves-module-out",
	Title:    text.New("a go.work takes effect here and does not join this module", "一个 go.work 在此生效，但没有加入本模块"),
	Severity: diag.Error,
	Reads:    []facts.Section{facts.SecWorkspace, facts.SecBuild},
	After:    []string{"go-work-merge-conflict", "go-work-unreadable", "gowork-env-points-to-other-workspace", "go-work-uses-removed-folder"},
	Doc: text.New(`The go command takes the first go.work in this folder or above it, also one above the repository that was once made for another
project. In a module that it does not join, commands with patterns end with "directory prefix . does not contain modules listed in
go.work" or "current directory is contained in a module that is not one of the workspace modules".

**How it is proven.** The build was run and says so, and go.work has no use line for this module. **What looks the same.** A use line that was lost since
the last commit of go.work (gowork-module-not-listed) is put back by itself; GOWORK that names another workspace is a finding of its own; a
module that stays outside on purpose and is built with GOWORK=off does not fail for this reason.

**What the fix does.** When it is named, it adds one use line. Whether the module belongs to that workspace, a person knows; to leave it out, set GOWORK=off. Never is
go.work deleted: others work with it.

**By hand.** go env GOWORK; go work use . Sources: cmd/go/internal/modload/init.go (FindGoWork), https://go.dev/ref/mod#workspaces.`,
		`go 命令采用本目录或其上级的第一个 go.work，包括位于仓库之上、曾为其他项目创建的那个。在它没有加入的模块中，带模式的命令会报
“directory prefix . does not contain modules listed in go.work”或“current directory is contained in a module that is not one of the workspace modules”。

**如何证明。** 运行了构建并得到该报错，且 go.work 没有本模块的 use 行。**容易混淆的情况。** 自 go.work 最后一次提交以来丢失的 use 行（gowork-module-not-listed）会直接恢复；GOWORK 指向别的工作区另有发现；
有意留在外面并用 GOWORK=off 构建的模块不会因此失败。

**修复做什么。** 指明本检查时，添加一行 use。模块是否属于该工作区由人判断；若要排除，请设置 GOWORK=off。绝不删除 go.work：别人还在使用它。

**手动检查。** go env GOWORK；go work use . 来源：cmd/go/internal/modload/init.go（FindGoWork）、https://go.dev/ref/mod#workspaces。`),
	Run: func(s *facts.Snapshot) []diag.Finding {
		ws := &s.Workspace
		listed := func(u facts.WorkUse) bool { return u.Dir == ws.Module }
		if !inForce(ws) || ws.Named || ws.Module == "" || len(ws.Errors) > 0 || slices.ContainsFunc(ws.Uses, listed) || slices.Contains(ws.Lost, ws.Module) {
			return nil
		}
		e := refusal(s)
		if e == nil {
			return nil
		}
		dir := named(ws, ws.Module)
		f := diag.Finding{Subject: ws.Module, ByHand: "go env GOWORK",
			Claim: text.New("{file} takes effect here and does not join this module ({dir})", "{file} 在此生效，但没有加入本模块（{dir}）").With("file", ws.File, "dir", dir),
			Evidence: []diag.Evidence{
				{Role: diag.Because, File: ws.File, Text: text.New("{file} joins {n} module(s), and not {dir}", "{file} 加入了 {n} 个模块，其中没有 {dir}").With("file", ws.File, "n", len(ws.Uses), "dir", dir)},
				{Role: diag.Proof, Command: s.Build.Command, Text: text.New("the build here says: {text}", "这里的构建报错：{text}").With("text", e.Text)},
				{Role: diag.Proof, File: filepath.Join(ws.Module, "go.mod"), Text: text.New("{dir} has a go.mod of its own", "{dir} 有自己的 go.mod").With("dir", dir)},
				{Role: diag.Not, Text: text.New("not a use line that was lost: the last commit of go.work does not have it either", "不是丢失的 use 行：go.work 的最近一次提交中也没有它").With()},
				{Role: diag.Not, Text: text.New("not GOWORK: no variable names this file", "不是 GOWORK：没有变量指定该文件").With()},
			},
			Fixes: []diag.Fix{addUse(ws, dir, diag.Person),
				{Title: text.New("or keep the module out of the workspace, in this terminal", "或在本终端中让模块不使用工作区").With(), Risk: diag.Manual, Shell: "export GOWORK=off"}},
		}
		return []diag.Finding{f}
	},
}

// refusal is the build's own complaint that what it is to build is in none of the modules of go.work
// (cmd/go/internal/modload/load.go and search.go), nil when there is none.
func refusal(s *facts.Snapshot) *facts.BuildError {
	for i := range s.Build.Errors {
		e := &s.Build.Errors[i]
		if s.Build.Outcome == facts.BuildFailed && (strings.Contains(e.Text, "modules listed in go.work") || strings.Contains(e.Text, "not one of the workspace modules")) {
			return e
		}
	}
	return nil
}
