package git

import (
	"path/filepath"
	"strings"

	"golang.org/x/mod/module"

	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/origin"
	"github.com/gorescue/gorescue/internal/text"
)

var missing = diag.Check{
	ID:       "git-missing-for-direct",
	Title:    text.New("git is not in PATH, and a module must be fetched with it", "PATH 中没有 git，而有模块必须用它获取"),
	Severity: diag.Error,
	Reads:    []facts.Section{facts.SecGit, facts.SecBuild, facts.SecSettings, facts.SecProcess, facts.SecStartup},
	Doc: text.New(`A module that this project needs is not in the module cache and must be fetched directly from its repository, because
GOPRIVATE or GONOPROXY matches it or GOPROXY begins with direct. For that the go command starts git, and no folder of PATH
has a program of that name.

**How it comes about.** A slim container image, a rewritten PATH line in a start-up file, a desktop session with a short PATH.
The last line of go's output misleads: "no secure protocol found for repository".

**How it is proven.** go.sum has a line for the content of the module, so the build needs it; the cache does not have it whole;
the pattern in effect matches its path; every folder of PATH was looked at.

**What looks the same.** With all modules in the cache, or served by a proxy, a missing git does not matter: the go command
then merely leaves the revision out of the program. A git that is there and fails is another finding. Modules whose path
ends in .hg, .svn, .bzr or .fossil do not use git.

**What the fix does.** If git is installed in a usual folder, that folder is put at the end of PATH in the file where such a line
belongs. Otherwise it only says that git must be installed.

**Never.** GOPRIVATE and GONOPROXY are not removed: private module names would go to a public proxy.

**By hand.** `+"`command -v git`"+`, then `+"`export PATH=\"$PATH:/usr/bin\"`"+`.

Sources: cmd/go/internal/vcs/vcs.go; https://github.com/docker-library/golang/issues/241.`,
		`本项目需要的某个模块不在模块缓存中，而且必须直接从仓库获取：GOPRIVATE 或 GONOPROXY 匹配它，或者 GOPROXY 以 direct 开头。
为此 go 命令要运行 git，而 PATH 的任何目录里都没有这个程序。

**怎么发生的。** 精简的容器镜像、启动文件里的 PATH 行被改写、桌面会话的 PATH 太短。go 输出的最后一行会误导人：“no secure protocol found for repository”。

**如何证明。** go.sum 里有该模块内容的校验行，说明构建需要它；缓存中它不完整；生效的匹配模式命中了它的路径；PATH 的每个目录都看过了。

**容易混淆的情况。** 如果所有模块都在缓存里，或由代理提供，缺少 git 没有关系：go 命令只是不在程序里写入版本信息。git 存在但执行失败，是别的发现。
路径以 .hg、.svn、.bzr、.fossil 结尾的模块不用 git。

**修复做什么。** 如果 git 装在常见目录里，就在合适的启动文件中把该目录加到 PATH 末尾。否则只提示需要安装 git。

**绝不。** 不会去掉 GOPRIVATE 和 GONOPROXY：那样私有模块的名字会发给公共代理。

**手动检查。** `+"`command -v git`"+`，然后 `+"`export PATH=\"$PATH:/usr/bin\"`"+`。

来源：cmd/go/internal/vcs/vcs.go；https://github.com/docker-library/golang/issues/241。`),
	Run: runMissing,
}

func runMissing(s *facts.Snapshot) []diag.Finding {
	if s.Git.Program != "" {
		return nil
	}
	need := direct(s)
	if len(need) == 0 {
		return nil
	}
	f := diag.Finding{
		Claim: text.New("git is not in PATH, but {module} must be fetched with it", "PATH 中没有 git，但必须用它获取 {module}").With("module", need[0].module),
		Evidence: []diag.Evidence{
			{Role: diag.Because, Command: "command -v git", Text: text.New("no folder of PATH has a program git: {path}", "PATH 的任何目录都没有 git 程序：{path}").With("path", s.Process.Vars["PATH"])},
			{Role: diag.Proof, Text: text.New("{module} is needed, not whole in the module cache, and fetched directly: {why}", "需要 {module}，它在模块缓存中不完整，而且要直接获取：{why}").With("module", need[0].module, "why", need[0].why)},
			{Role: diag.Not, Text: text.New("a module that a proxy could serve: proxies are not asked for it", "并非代理可以提供的模块：不会向代理请求它").With()},
		},
		ByHand: "command -v git",
	}
	if len(s.Git.Elsewhere) > 0 {
		git := s.Git.Elsewhere[0]
		f.Evidence = append(f.Evidence, diag.Evidence{Role: diag.Proof, File: git, Text: text.New("git is installed: {path}", "git 已安装：{path}").With("path", git)})
		if fix, ok := origin.AppendPath(s, filepath.Dir(git)); ok {
			f.Fixes = append(f.Fixes, fix)
		}
	}
	f.Fixes = append(f.Fixes, diag.Fix{Risk: diag.Manual, Title: text.New("install git with the package manager of this system, or put its folder into PATH", "用本系统的包管理器安装 git，或把它所在的目录加入 PATH").With()})
	return []diag.Finding{f}
}

// need is a module that must be fetched directly.
type need struct{ module, path, why string }

// direct lists the modules that the build needs, that are not in the cache, and that no proxy is asked for
// (cmd/go/internal/modfetch/proxy.go, func proxyList; repo.go, func lookup).
func direct(s *facts.Snapshot) []need {
	noproxy, name := s.Settings.Get("GONOPROXY"), "GONOPROXY"
	if noproxy == "" {
		noproxy, name = s.Settings.Get("GOPRIVATE"), "GOPRIVATE"
	}
	first, _, _ := strings.Cut(strings.ReplaceAll(s.Settings.Get("GOPROXY"), "|", ","), ",")
	var out []need
	for _, m := range s.Build.Needs {
		path, _, _ := strings.Cut(m, "@")
		if path == "golang.org/toolchain" || otherVCS(path) {
			continue
		}
		switch {
		case noproxy != "" && module.MatchPrefixPatterns(noproxy, path):
			out = append(out, need{m, path, name + "=" + noproxy})
		case strings.TrimSpace(first) == "direct":
			out = append(out, need{m, path, "GOPROXY=" + s.Settings.Get("GOPROXY")})
		}
	}
	return out
}

func otherVCS(path string) bool {
	for _, ext := range []string{".hg", ".svn", ".bzr", ".fossil"} {
		if strings.HasSuffix(path, ext) || strings.Contains(path, ext+"/") {
			return true
		}
	}
	return false
}
