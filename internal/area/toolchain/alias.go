package toolchain

import (
	"slices"

	"github.com/gorescue/gorescue/internal/action"
	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/gotree"
	"github.com/gorescue/gorescue/internal/probe"
	"github.com/gorescue/gorescue/internal/text"
)

// aliases looks for what start-up files of shells put in the place of the go command.
func aliases(w probe.World, s *facts.Snapshot) []facts.GoAlias {
	var out []facts.GoAlias
	for _, f := range s.Startup.Files {
		if f.Kind == facts.KindShell && !f.Project && !f.Service && f.Err == "" {
			out = append(out, gotree.Aliases(f.Path, w.Vars)...)
		}
	}
	return out
}

var aliasDead = diag.Check{
	ID: "go-alias-dead", Title: text.New("an alias or function named go starts nothing", "名为 go 的别名或函数启动不了任何东西"),
	Severity: diag.Error, Reads: reads(),
	Doc: text.New(
		`A start-up file of the shell has an alias or a function named go that starts a Go which is gone. A shell takes aliases and functions
before it looks into PATH: "which go" and scripts find a good Go, and what one types still says "No such file or directory".

**How it is proven.** The start-up files are read: the line is shown, and nothing is at the path that it starts.

**What looks the same.** go-shim-dead-version is a script in PATH, and fails in scripts and editors too. An alias for a program that is
there, for a wrapper by its name, or under a condition is not reported.

**What the fix does.** It takes exactly that alias or function out of the file; the go of PATH is used then. Terminals that are open keep it
until unalias go (or unset -f go) is typed.

**By hand.** type -a go

Sources: bash(1), COMMAND EXECUTION.`,
		`shell 的启动文件中有一个名为 go 的别名或函数，它启动的 Go 已经不在。shell 先看别名和函数，再查 PATH：所以 "which go" 和脚本能找到好的 Go，
而手工输入的命令仍报“No such file or directory”。

**如何证明。** 读取启动文件：给出那一行，而它要启动的路径上什么也没有。

**容易混淆的情况。** go-shim-dead-version 是 PATH 中的脚本，在脚本和编辑器中同样失败。别名指向存在的程序、按名字调用的包装、或在条件之下，都不会报告。

**修复做什么。** 从文件中准确去掉该别名或函数，之后使用 PATH 中的 go。已打开的终端在输入 unalias go（或 unset -f go）之前仍保留它。

**手动检查。** type -a go

来源：bash(1) 的 COMMAND EXECUTION 一节。`),
	Run: func(s *facts.Snapshot) []diag.Finding {
		var out []diag.Finding
		for i := range s.Toolchain.Aliases {
			a := &s.Toolchain.Aliases[i]
			later := func(b facts.GoAlias) bool { return b.State == facts.NamedProgram }
			if a.State != facts.NamedMissing || slices.ContainsFunc(s.Toolchain.Aliases[i+1:], later) {
				continue
			}
			f := diag.Finding{Subject: a.File,
				Claim: text.New("in a terminal go is {target}, which is not there: {file}:{line} says so", "终端中的 go 是 {target}，而它不存在：由 {file}:{line} 决定").
					With("target", a.Target, "file", a.File, "line", a.Line),
				Evidence: []diag.Evidence{
					at(because(text.New("{file}:{line} has: {text}", "{file}:{line} 写有：{text}").With("file", a.File, "line", a.Line, "text", a.Text)), a.File, a.Line),
					proof(text.New("nothing is at {target}", "{target} 处什么也没有").With("target", a.Target), "ls -d "+a.Target),
					not(text.New("not a folder of PATH: a shell takes aliases and functions first", "与 PATH 无关：shell 先使用别名和函数").With()),
				},
				ByHand: "type -a go",
			}
			if len(a.Cut) > 0 {
				f.Fixes = []diag.Fix{{Title: text.New("remove the alias or function go at {file}:{line}", "删除 {file}:{line} 处名为 go 的别名或函数").With("file", a.File, "line", a.Line),
					Risk: diag.Safe, Actions: action.List{&action.Edit{Path: a.File, Splices: a.Cut}}, Shell: "unalias go 2>/dev/null; unset -f go"}}
			} else {
				f.Fixes = []diag.Fix{manual(text.New("take it out of line {line} of {file}", "把它从 {file} 第 {line} 行去掉").With("line", a.Line, "file", a.File), "unalias go 2>/dev/null; unset -f go")}
			}
			out = append(out, f)
		}
		return out
	},
}
