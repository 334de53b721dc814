package build

import (
	"strings"

	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/text"
)

var notInCache = diag.Check{
	ID:       "modules-not-in-cache",
	Title:    text.New("modules would have to be downloaded", "有模块需要下载"),
	Severity: diag.Info,
	Reads:    []facts.Section{facts.SecBuild},
	After:    []string{"dependency-needs-newer-go", "dependency-version-typo", "fork-required-without-replace", "incompatible-version-has-gomod"},
	Doc: text.New(`The project asks for module versions (or for a Go release) that are not whole in the module cache. The next go command
will download or extract them. That is normal after a fresh clone, after a dependency was added, or in CI; it is no fault.

**How it is proven.** go.mod (or go.work) names the version, go.sum has a line for its content, imports of this project lead to
it on this platform, and the cache lacks its .mod file, its extracted folder or its .ziphash, or has a .partial mark.

**Why it is said.** The bounded build was not run: without the network it could not pass, and it would have written lock
files to the cache. So the question "does the build pass?" is open.

**What looks the same.** Modules that only another platform or only tests need are not counted: go build does not fetch them. A proxy that does not answer, GOPROXY=off left behind, or a missing git are faults and have findings
of their own; this one only says that the network will be needed. A project with a vendor folder does not need the cache.

**What the fix does.** There is none. Nothing is downloaded by a diagnosis.

**By hand.** `+"`go mod download`"+`, then diagnose again.

Sources: cmd/go/internal/modfetch/fetch.go, func download; cmd/go/internal/modfetch/cache.go, func DownloadDir.`,
		`项目需要的某些模块版本（或 Go 版本）在模块缓存中不完整。下一条 go 命令会下载或解压它们。刚克隆仓库、新加了依赖或在 CI 里，这都是正常的，不是故障。

**如何证明。** go.mod（或 go.work）写明了版本，go.sum 里有它内容的校验行，在当前平台上本项目的导入会用到它；而缓存里缺少它的 .mod 文件、解压目录或
.ziphash，或者带有 .partial 标记。

**为什么要说。** 因此没有运行限时构建：没有网络它不可能通过，还会在缓存里写锁文件。所以“构建能否通过”这个问题没有答案。

**容易混淆的情况。** 只有其他平台或只有测试才需要的模块不算在内：go build 不会下载它们。代理不应答、遗留的 GOPROXY=off、缺少 git 都是故障，各有自己的发现；本条只说明将需要网络。有 vendor 目录的项目不需要缓存。

**修复做什么。** 没有修复。诊断不会下载任何东西。

**手动检查。** 运行 `+"`go mod download`"+`，然后重新诊断。

来源：cmd/go/internal/modfetch/fetch.go 的 download；cmd/go/internal/modfetch/cache.go 的 DownloadDir。`),
	Run: runNotInCache,
}

func runNotInCache(s *facts.Snapshot) []diag.Finding {
	b := &s.Build
	if b.Outcome != facts.BuildNeedsDownload {
		return nil
	}
	if len(b.Needs) == 0 {
		return saidByBuild(b)
	}
	n, names := len(b.Needs), strings.Join(b.Needs[:min(len(b.Needs), shown)], " ")
	return []diag.Finding{{
		Claim: text.New("{n} module(s) that this project needs are not in the module cache; the build was not tried", "本项目需要的 {n} 个模块不在模块缓存中；没有尝试构建").With("n", n),
		Evidence: []diag.Evidence{
			{Role: diag.Because, Text: text.New("not whole in the cache: {names}", "缓存中不完整：{names}").With("names", names)},
			{Role: diag.Proof, Command: "go mod download", Text: text.New("go.sum has lines for their content, and imports lead there on this platform", "go.sum 有它们内容的校验行，并且在当前平台上的导入会用到它们").With()},
			{Role: diag.Not, Text: text.New("not a fault by itself: whether they can be fetched was not tried (no network is used)", "本身不是故障：没有尝试能否获取它们（不使用网络）").With()},
		},
		ByHand: "go mod download",
	}}
}

// saidByBuild is the finding when nothing was known to be missing before the build said so.
func saidByBuild(b *facts.Build) []diag.Finding {
	if len(b.Errors) == 0 {
		return nil
	}
	return []diag.Finding{{
		Claim: text.New("the build needs the network: {text}", "构建需要网络：{text}").With("text", firstLine(b.Errors[0].Text)),
		Evidence: []diag.Evidence{
			{Role: diag.Because, Text: text.New("every complaint of the build is about something to download", "构建的每条报错都是关于需要下载的内容").With()},
			{Role: diag.Proof, Command: b.Command, Text: text.New("{n} complaint(s), first: {text}", "{n} 条报错，第一条：{text}").With("n", len(b.Errors), "text", firstLine(b.Errors[0].Text))},
			{Role: diag.Not, Text: text.New("not a fault by itself: the build was asked without the network", "本身不是故障：构建是在不使用网络的情况下进行的").With()},
		},
		ByHand: "go mod download",
	}}
}
