package git

import (
	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/gocmd"
	"github.com/gorescue/gorescue/internal/text"
)

var fails = diag.Check{
	ID:       "git-cannot-answer",
	Title:    text.New("git cannot answer here, and builds ask it", "git 在这里无法应答，而构建要问它"),
	Severity: diag.Error,
	Reads:    []facts.Section{facts.SecGit, facts.SecBuild},
	Symptom:  true,
	Doc: text.New(`A build of this project asks git for revision and state, and git answers with an error. The go command shows only "error
obtaining VCS status: exit status 128"; this finding shows git's own words.

**How it is proven.** git was asked, with the real environment, for the working tree and the index: without them the go command
cannot go on; and for the last commit, which it needs when nothing is uncommitted (then the failed build is part of the proof). No hook, filter or file watcher is run by these questions.

**What looks the same.** When the cause is known (another owner, a damaged HEAD, a bad configuration, a variable) that finding has the
fix, and this one is shown under it. With -buildvcs=false or without a main package the go command does not ask, and
nothing is reported. A repository without commits is in order.

**What the fix does.** There is none: the cause is not proven. git's message is the one to read.

**By hand.** `+"`git status --porcelain && git log -1`"+` in the root of the repository, which is what the go command runs.

Sources: cmd/go/internal/vcs/vcs.go, func gitStatus; cmd/go/internal/load/pkg.go, func setBuildInfo.`,
		`本项目的构建要向 git 询问版本和状态，而 git 报错。go 命令只显示“error obtaining VCS status: exit status 128”；本条给出 git 自己的话。

**如何证明。** 用真实的环境变量向 git 询问了工作树和索引，没有它们 go 命令无法继续；还询问了最后一次提交，没有未提交改动时需要它（此时失败的构建也是证据的一部分）。这些提问不会运行任何钩子、过滤器或文件监视程序。

**容易混淆的情况。** 如果原因已知（所有者不同、HEAD 损坏、配置有误、环境变量），那条发现有修复，本条显示在它下面。如果 -buildvcs=false 或没有 main 包，
go 命令不会问，也就不会报告。没有提交的仓库是正常的。

**修复做什么。** 没有修复：原因没有得到证明。请看 git 的消息。

**手动检查。** 在仓库根目录运行 `+"`git status --porcelain && git log -1`"+`，go 命令运行的就是它们。

来源：cmd/go/internal/vcs/vcs.go 的 gitStatus；cmd/go/internal/load/pkg.go 的 setBuildInfo。`),
	Run: runFails,
}

func runFails(s *facts.Snapshot) []diag.Finding {
	g := &s.Git
	if !g.Stamps {
		return nil
	}
	questions := []facts.GitQuestion{facts.AskWhere, facts.AskIndex}
	// A commit that git cannot name is no failure of the build while there is uncommitted work
	// (cmd/go/internal/vcs/vcs.go, func gitStatus): there the build has the say.
	if s.Build.Outcome == facts.BuildFailed && s.Build.FirstOf(facts.ClassVCS) != nil {
		questions = append(questions, facts.AskCommit)
	}
	for _, q := range questions {
		if !g.Fails(q) {
			continue
		}
		a := g.Answer(q)
		return []diag.Finding{{
			Claim: text.New("git cannot answer in {root}: {text}", "git 在 {root} 无法应答：{text}").With("root", g.Root, "text", firstLine(a.Stderr)),
			Evidence: []diag.Evidence{
				{Role: diag.Because, Command: a.Command, Text: text.New("git says: {text}", "git 说：{text}").With("text", firstLine(a.Stderr))},
				{Role: diag.Proof, File: g.Main, Text: text.New("{file} belongs to a main package, so a build asks git; exit code {exit}", "{file} 属于 main 包，所以构建会问 git；退出码 {exit}").With("file", g.Main, "exit", a.Exit)},
				{Role: diag.Not, Text: text.New("a build that does not ask: -buildvcs is not false, and git is in PATH", "并非不会去问的构建：-buildvcs 不是 false，而且 PATH 中有 git").With()},
			},
			ByHand: "git -C " + g.Root + " status --porcelain && git -C " + g.Root + " log -1",
			Fixes:  []diag.Fix{{Title: text.New("let git say what is damaged: git -C {root} fsck", "让 git 说明哪里损坏：git -C {root} fsck").With("root", g.Root), Risk: diag.Manual, Shell: "git -C " + gocmd.Line(g.Root, []string{"fsck"})}},
		}}
	}
	return nil
}
