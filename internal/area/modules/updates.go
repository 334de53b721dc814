package modules

import (
	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/gomod"
	"github.com/gorescue/gorescue/internal/text"
)

var updatesNeeded = diag.Check{
	ID:       "gomod-updates-needed",
	Title:    text.New("go.mod does not say all that the build needs", "go.mod 没有写全构建所需的内容"),
	Severity: diag.Error, Reads: trialReads(),
	After: []string{"gomod-edit-breaks-build", "gomod-exclude-of-required-version"},
	Doc: text.New(`go.mod lacks requirements that the build needs, or has a lower version or go line than a dependency asks for: "updates to go.mod needed". A build may
not write go.mod (-mod=readonly is the default), so it stops. It happens when an edit, a bot or a merge changed one line and not those which
follow from it.

A requirement that was dropped and is still imported is of the same kind: "no required module provides package"; so is a module that a merge
left with two require lines, of which go wants only the higher one.

**How it is proven.** The go command wrote its own go.mod in a scratch copy, without the network, from the module cache and go.sum alone; the build was
tried with these lines and gets past its modules. A dropped requirement is known when go.sum has the hash of exactly one version that holds the package. **What looks the same.** An uncommitted edit that explains the failure, an excluded version: other findings, and
their repair comes first.

**What the fix does.** It writes exactly these lines; go.sum need not change, no module is dropped and nothing is upgraded beyond what a
dependency asks for. It must be named: versions are the team's. Never go mod tidy, which drops requirements that no file imports, and never go get -u.

**By hand.** go mod tidy -diff. Source: https://go.dev/ref/mod#build-commands.`,
		`go.mod 缺少构建所需的要求，或者其版本、go 行低于某个依赖所要求的：“updates to go.mod needed”。构建不能写 go.mod（默认 -mod=readonly），于是停下。
常见原因：某次编辑、机器人或合并只改了一行，而没有改随之而来的其他行。

被删掉但仍被导入的要求也属此类：“no required module provides package”；合并后某个模块留下两条 require 行也是，go 只要较高的那一条。

**如何证明。** go 命令在临时副本中，不使用网络，仅凭模块缓存和 go.sum 写出了它自己的 go.mod；并用这些行试构建，能通过模块这一关。
如果 go.sum 中恰好只有一个含有该包的版本的哈希，就能确定被删掉的要求。**容易混淆的情况。** 能解释失败的未提交改动、被排除的版本：都是其他发现，应先修复它们。

**修复做什么。** 只写入这些行；go.sum 无需改动，不删除任何要求，除依赖所要求的之外不升级。必须指明才会执行：版本由团队决定。绝不运行 go mod tidy（会删除没有文件导入的要求），也绝不运行 go get -u。

**手动检查。** go mod tidy -diff。来源：https://go.dev/ref/mod#build-commands。`),
	Run: func(s *facts.Snapshot) []diag.Finding {
		v := first(s)
		if v == nil || s.Trials.Updated == nil || passes(s) {
			return nil
		}
		changes := gomod.Diff(v.Text, *s.Trials.Updated)
		if len(changes) == 0 {
			return nil
		}
		line := 0
		if c := changes[0]; c.Old != nil {
			line = c.Old.Line
		}
		f := diag.Finding{Subject: v.Path, ByHand: "go mod tidy -diff",
			Claim: text.New("{file} is not as the build needs it: {what}", "{file} 与构建所需的不一致：{what}").With("file", v.Path, "what", sentences(changes)),
			Evidence: []diag.Evidence{
				because(text.New("{n} line(s) differ from what the go command would write: {what}", "与 go 命令会写的内容相差 {n} 行：{what}").With("n", len(changes), "what", sentences(changes)), v.Path, line),
				proof(text.New("with these lines the build gets past its modules, in a scratch copy, from the module cache and go.sum alone", "在临时副本中，仅凭模块缓存和 go.sum，有了这些行，构建就能通过模块这一关").With(), "go mod tidy -diff"),
			},
			Fixes: []diag.Fix{edit(text.New("write what the build needs: {what}", "写入构建所需的内容：{what}").With("what", sentences(changes)), diag.Person, v.Path, gomod.Whole(v.Text, *s.Trials.Updated))}}
		if e, ok := complaint(s); ok {
			f.Evidence = append(f.Evidence, e)
		}
		f.Evidence = append(f.Evidence, not(text.New("not a missing download or go.sum line: neither was needed", "不是缺少下载或 go.sum 行：两者都不需要").With()))
		return []diag.Finding{f}
	},
}
