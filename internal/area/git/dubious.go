package git

import (
	"fmt"

	"github.com/gorescue/gorescue/internal/action"
	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/gitconfig"
	"github.com/gorescue/gorescue/internal/text"
)

var dubious = diag.Check{
	ID:       "git-dubious-ownership",
	Title:    text.New("the repository belongs to another user, and git refuses to work in it", "仓库属于另一个用户，git 拒绝在其中工作"),
	Severity: diag.Error,
	Reads:    []facts.Section{facts.SecGit},
	After:    []string{"gitconfig-bad-line", "git-dir-env-leaked"},
	Doc: text.New(`The working tree or its .git belongs to another user. git then refuses to read the repository's configuration, because it
could name programs to run, and ends with "detected dubious ownership". Builds that are stamped fail with "error obtaining
VCS status: exit status 128".

**How it comes about.** A container that mounts the host's folder, a clone made with sudo, a copied or network file system.

**How it is proven.** The owners of the folder, of .git and of the git folder are compared with the user; git's message names the path;
and git answers as soon as this one path is trusted for the single question.

**What looks the same.** A damaged HEAD, a bad line in git's configuration and GIT_DIR in the environment end with the same message of
go, but git's own words differ. With -buildvcs=false in GOFLAGS, or without a main package, the go command does not ask git,
and nothing is reported.

**What the fix does.** It adds exactly this path as safe.directory to your own git configuration, as `+"`git config --global --add`"+` does.
To trust a folder that others can write to is your decision, so it is done only when named:
`+"`gorescue fix git-dubious-ownership`"+`. If the tree should be yours, change its owner instead.

**Never.** No wild card (safe.directory=*), no chown, nothing in the repository. -buildvcs=false would only hide the fault.

**By hand.** `+"`git status`"+`, and `+"`stat -c %U . .git`"+`.

Sources: git-config(1), safe.directory; https://github.com/golang/go/issues/53532; cmd/go/internal/vcs/vcs.go.`,
		`工作树或它的 .git 属于另一个用户。这时 git 拒绝读取仓库的配置（配置里可以指定要运行的程序），并以“detected dubious ownership”结束。
要写入版本信息的构建会失败：“error obtaining VCS status: exit status 128”。

**怎么发生的。** 容器挂载了宿主机的目录、用 sudo 克隆、复制过来的或网络上的文件系统。

**如何证明。** 比较目录、.git 和 git 目录的所有者与当前用户；git 的消息写明了路径；而且只要在单次提问中信任这一个路径，git 就能应答。

**容易混淆的情况。** HEAD 损坏、git 配置有坏行、环境变量 GIT_DIR，go 的报错相同，但 git 自己说的话不同。如果 GOFLAGS 里有 -buildvcs=false，
或没有 main 包，go 命令不会问 git，也就不会报告。

**修复做什么。** 把这一个路径作为 safe.directory 加入你自己的 git 配置，等同 `+"`git config --global --add`"+`。是否信任别人可写的目录由你决定，所以只有点名时才做：
`+"`gorescue fix git-dubious-ownership`"+`。如果这棵树本应属于你，请改为更改所有者。

**绝不。** 不用通配符（safe.directory=*），不 chown，不动仓库里的任何东西。-buildvcs=false 只会掩盖问题。

**手动检查。** `+"`git status`"+`，以及 `+"`stat -c %U . .git`"+`。

来源：git-config(1) 的 safe.directory；https://github.com/golang/go/issues/53532；cmd/go/internal/vcs/vcs.go。`),
	Run: runDubious,
}

func runDubious(s *facts.Snapshot) []diag.Finding {
	g := &s.Git
	trusted := g.Answer(facts.AskTrusted)
	if !g.Stamps || !g.Fails(facts.AskWhere) || trusted == nil || trusted.Exit != 0 {
		return nil
	}
	where := g.Answer(facts.AskWhere)
	path := distrusted(where.Stderr)
	if path == "" {
		return nil
	}
	f := diag.Finding{
		Claim: text.New("{path} belongs to another user: git refuses to work in it, and builds cannot be stamped", "{path} 属于另一个用户：git 拒绝在其中工作，构建无法写入版本信息").With("path", path),
		Evidence: []diag.Evidence{
			{Role: diag.Proof, Command: where.Command, Text: text.New("git says: {text}", "git 说：{text}").With("text", firstLine(where.Stderr))},
			{Role: diag.Proof, Command: trusted.Command, Text: text.New("git answers when this one path is trusted", "只要信任这一个路径，git 就能应答").With()},
			{Role: diag.Proof, File: g.Main, Text: text.New("{file} belongs to a main package: the go command asks git for its revision", "{file} 属于 main 包：go 命令会向 git 询问版本信息").With("file", g.Main)},
			{Role: diag.Not, Text: text.New("a damaged repository or configuration: git reads them when it trusts the path", "并非仓库或配置损坏：信任该路径后 git 能读取它们").With()},
		},
		ByHand: "git status",
	}
	for _, o := range g.Owners {
		if o.UID != g.UID {
			f.Evidence = append([]diag.Evidence{{Role: diag.Because, File: o.Path, Command: "stat -c %u " + o.Path,
				Text: text.New("{path} belongs to user {owner}, you are user {uid}", "{path} 属于用户 {owner}，而你是用户 {uid}").With("path", o.Path, "owner", o.UID, "uid", g.UID)}}, f.Evidence...)
			break
		}
	}
	if f.Evidence[0].Role != diag.Because {
		f.Evidence[0].Role = diag.Because
	}
	f.Fixes = []diag.Fix{trust(g, path), {Risk: diag.Manual, Shell: fmt.Sprintf("sudo chown -R \"$(id -u):$(id -g)\" '%s'", path),
		Title: text.New("or make the tree yours, if it should be", "或者，如果这棵树本应属于你，就更改它的所有者").With()}}
	return []diag.Finding{f}
}

// trust adds the path to the file that `git config --global` writes.
func trust(g *facts.Git, path string) diag.Fix {
	title := text.New("add safe.directory = {path} to {file}", "在 {file} 中加入 safe.directory = {path}").With("path", path, "file", g.Global.Path)
	shell := fmt.Sprintf("git config --global --add safe.directory '%s'", path)
	switch g.Global.State {
	case facts.FileRead, facts.FileMissing:
		if g.Global.Path != "" {
			return diag.Fix{Risk: diag.Person, Title: title, Actions: action.List{appendTo(g, "[safe]\n\tdirectory = "+gitconfig.Quote(path)+"\n")}}
		}
	}
	return diag.Fix{Risk: diag.Manual, Shell: shell, Title: text.New("tell git to trust this one path", "让 git 信任这一个路径").With()}
}

// appendTo adds text at the end of the user's git configuration.
func appendTo(g *facts.Git, body string) *action.Edit {
	if g.Global.NoEOL {
		body = "\n" + body
	}
	return &action.Edit{Path: g.Global.Path, Create: true, Splices: []facts.Splice{{Offset: g.Global.Size, New: body}}}
}
