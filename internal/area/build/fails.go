package build

import (
	"strings"

	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/text"
)

var fails = diag.Check{
	ID:       "build-fails-unexplained",
	Title:    text.New("the build fails", "构建失败"),
	Severity: diag.Error,
	Reads:    []facts.Section{facts.SecBuild},
	Symptom:  true,
	After:    []string{"gofile-zero-filled", "setting-breaks-build", "git-cannot-answer"},
	Doc: text.New(`The project's own build was run once, with the user's own settings, and it failed for a reason that is not in the
project's code.

**How it is asked.** `+"`go build -o /dev/null ./...`"+` in this folder, with the real environment. Only five variables were
changed so that nothing is downloaded and nothing is written: GOPROXY=off, GONOPROXY=none, GONOSUMDB=none, a GOSUMDB that
does not answer, and GIT_OPTIONAL_LOCKS=0. It ends after at most 4 seconds. If modules are missing from the cache, or `+"`go build -n`"+`
shows more to compile than these seconds allow, it is not run at all.

**What it means.** When another finding explains the failure, this one is shown under it and goes away with it. When it
stands alone, this tool does not know the cause: it says what failed first, and what was looked at and found in order.
It is never a reason to call the machine healthy.

**What looks the same.** A compile error in your own files is said as such (user-code-error). A module that would have to
be downloaded is no failure (modules-not-in-cache). A build that was still at work when the time was over says nothing.

**What the fix does.** There is none: the cause is not proven. The first message is the one to read; later ones often follow
from it. `+"`gorescue explain`"+` with the text of the message names causes that are known to print it.

**By hand.** Run the command above, then again with `+"`-x`"+` to see the command that fails.

Sources: cmd/go/internal/work/exec.go (how output is grouped), cmd/go/internal/modfetch (GOPROXY=off).`,
		`工具用用户自己的设置把项目构建了一次，构建失败，而且原因不在项目自己的代码里。

**怎么问的。** 在当前目录运行 `+"`go build -o /dev/null ./...`"+`，使用真实的环境变量。为了不下载、不写入，只改了五个变量：
GOPROXY=off、GONOPROXY=none、GONOSUMDB=none、一个不会应答的 GOSUMDB，以及 GIT_OPTIONAL_LOCKS=0。最多运行 4 秒。如果模块缓存里缺少模块，或 `+"`go build -n`"+` 表明几秒内编译不完，则根本不运行。

**意味着什么。** 如果有别的发现能解释这次失败，本条会显示在它下面，并随它一起消失。如果它单独出现，说明本工具不知道原因：
它会说明最先失败的是什么，以及哪些地方已经检查过、没有问题。只要它还在，就不能说这台机器是健康的。

**容易混淆的情况。** 你自己文件里的编译错误会直接说明（user-code-error）。需要下载的模块不算失败（modules-not-in-cache）。
到时间还没构建完，什么也说明不了。

**修复做什么。** 没有修复：原因没有得到证明。先看第一条消息，后面的往往是它引起的。`+"`gorescue explain`"+` 加上消息文本，可以列出已知会打印它的原因。

**手动检查。** 运行上面的命令，再加 `+"`-x`"+` 看是哪条命令失败。

来源：cmd/go/internal/work/exec.go（输出如何分组）、cmd/go/internal/modfetch（GOPROXY=off）。`),
	Run: runFails,
}

func runFails(s *facts.Snapshot) []diag.Finding {
	b := &s.Build
	if b.Outcome == facts.BuildNotStarted {
		return []diag.Finding{{
			Claim: text.New("the build cannot be started: {why}", "无法启动构建：{why}").With("why", b.Why),
			Evidence: []diag.Evidence{
				{Role: diag.Proof, Command: b.Command, Text: text.New("{cmd} was not started: {why}", "{cmd} 未能启动：{why}").With("cmd", b.Command, "why", b.Why)},
				notUserCode(),
			},
			ByHand: b.Command,
		}}
	}
	if b.Outcome != facts.BuildFailed {
		return nil
	}
	e := culprit(b)
	if e == nil {
		return nil
	}
	first := firstLine(e.Text)
	f := diag.Finding{
		Claim: text.New("the build fails: {first}", "构建失败：{first}").With("first", first),
		Evidence: []diag.Evidence{
			{Role: diag.Because, File: e.File, Line: e.Line, Text: text.New("the first complaint that is not about your code ({class}): {text}", "第一条与你的代码无关的报错（{class}）：{text}").With("class", e.Class, "text", first)},
			{Role: diag.Proof, Command: b.Command, Text: text.New("{cmd} ended with exit code {exit} after {took}", "{cmd} 在 {took} 后以退出码 {exit} 结束").
				With("cmd", b.Command, "exit", b.Exit, "took", b.Took.Round(1e7))},
			notUserCode(),
			{Role: diag.Not, Text: text.New("a missing download: every module that the build needs is whole in the module cache", "并非缺少下载：构建需要的每个模块在模块缓存中都是完整的").With()},
		},
		ByHand: b.Command,
	}
	return []diag.Finding{f}
}

func notUserCode() diag.Evidence {
	return diag.Evidence{Role: diag.Not, Text: text.New("a compile error in your own files: this message is not one", "并非你自己文件中的编译错误：这条消息不属于此类").With()}
}

// culprit returns the first complaint which is neither the user's code nor something that only the network
// has. It is nil when there is none, and when what we changed for the question may be the reason.
func culprit(b *facts.Build) *facts.BuildError {
	for i := range b.Errors {
		switch e := &b.Errors[i]; e.Class {
		case facts.ClassUserCode, facts.ClassNetwork:
		case facts.ClassModule:
			if !overridden(b, "-mod=readonly") {
				return e
			}
		default:
			return e
		}
	}
	if len(b.Errors) == 0 {
		return &facts.BuildError{Text: "(no message)", Class: facts.ClassUnknown}
	}
	return nil
}

func overridden(b *facts.Build, what string) bool {
	for _, o := range b.Overrides {
		if o == what {
			return true
		}
	}
	return false
}

func firstLine(s string) string {
	line, rest, more := strings.Cut(s, "\n")
	if more && (strings.HasSuffix(line, ":") || strings.HasPrefix(line, "package ")) {
		next, _, _ := strings.Cut(rest, "\n")
		line += " " + next
	}
	if len(line) > 300 {
		line = strings.ToValidUTF8(line[:300], "") + "…"
	}
	return line
}
