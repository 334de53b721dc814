package git

import (
	"strings"

	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/origin"
	"github.com/gorescue/gorescue/internal/text"
)

var envLeaked = diag.Check{
	ID:       "git-dir-env-leaked",
	Title:    text.New("a variable of the environment points git elsewhere", "环境变量把 git 引到了别处"),
	Severity: diag.Error,
	Reads:    []facts.Section{facts.SecGit, facts.SecProcess, facts.SecStartup, facts.SecSettings},
	Doc: text.New(`GIT_DIR, GIT_WORK_TREE or another GIT_ variable is set and makes git ignore the repository of this project. If it names
something that is gone, git fails and so does every build that is stamped ("error obtaining VCS status: exit status 128"). If
it names another repository, builds are stamped with that one's revision, without a word.

**How it comes about.** An export for a bare repository of dotfiles, a variable copied out of a git hook, a shell that was started
by a hook.

**How it is proven.** git is asked where it is, as the go command would: with the variables it fails or names another working tree;
without them it names this one. Each variable is then put back alone, so that only the guilty ones are named.

**What looks the same.** A repository of another user, a damaged HEAD and a bad line in git's configuration stay when the variables
are gone. git sets GIT_DIR itself for its hooks; it then points to this repository, and nothing is reported. A value that
the project's own .envrc or .env sets is meant.

**What the fix does.** It takes the line out of the start-up file that sets the variable. When no file sets it, it says what to type in
the terminal that has it.

**Never.** .git is not touched, no reset, no checkout. -buildvcs=false would only hide the fault.

**By hand.** `+"`env -u GIT_DIR git status`"+` works where `+"`git status`"+` fails.

Sources: git(1), section Environment Variables; cmd/go/internal/vcs/vcs.go, func gitStatus; https://github.com/golang/go/issues/56862.`,
		`设置了 GIT_DIR、GIT_WORK_TREE 或其他 GIT_ 变量，使 git 忽略了本项目的仓库。如果它指向已不存在的东西，git 就会失败，所有要写入版本信息的构建也会失败
（“error obtaining VCS status: exit status 128”）。如果它指向另一个仓库，构建会悄悄写入那个仓库的版本。

**怎么发生的。** 为 dotfiles 裸仓库写的 export、从 git 钩子里抄出来的变量、由钩子启动的 shell。

**如何证明。** 像 go 命令那样问 git 当前在哪个工作树：带着这些变量时它失败或说出另一个工作树；去掉后它说出本项目。然后逐个放回变量，只指出真正有问题的。

**容易混淆的情况。** 仓库属于别的用户、HEAD 损坏、git 配置有坏行，这些在去掉变量后依然存在。git 会为自己的钩子设置 GIT_DIR，那时它指向本仓库，不会报告。
项目自己的 .envrc 或 .env 设置的值是有意为之。

**修复做什么。** 从设置该变量的启动文件中去掉那一行。如果没有文件设置它，就告诉你在那个终端里输入什么。

**绝不。** 不动 .git，不 reset，不 checkout。-buildvcs=false 只会掩盖问题。

**手动检查。** `+"`git status`"+` 失败，而 `+"`env -u GIT_DIR git status`"+` 成功。

来源：git(1) 的 Environment Variables 一节；cmd/go/internal/vcs/vcs.go 的 gitStatus；https://github.com/golang/go/issues/56862。`),
	Run: runEnvLeaked,
}

func runEnvLeaked(s *facts.Snapshot) []diag.Finding {
	g := &s.Git
	where := g.Answer(facts.AskWhere)
	if where == nil {
		return nil
	}
	var out []diag.Finding
	for _, name := range g.Leaked {
		src, ok := origin.Of(s, name)
		if !ok || src.OnPurpose() {
			continue
		}
		got := firstLine(where.Stderr)
		if where.Exit == 0 {
			got = where.Top
		}
		f := diag.Finding{
			Subject:  name,
			Severity: severity(g),
			Claim:    text.New("{name}={value} makes git ignore the repository {root}", "{name}={value} 使 git 忽略了仓库 {root}").With("name", name, "value", src.Value, "root", g.Root),
			Evidence: []diag.Evidence{
				src.Because(),
				{Role: diag.Proof, Command: where.Command, Text: text.New("with it git answers: {text}", "有它时 git 的回答：{text}").With("text", got)},
				{Role: diag.Proof, Command: "env -u " + strings.Join(g.Leaked, " -u ") + " " + where.Command, Text: text.New("without it git answers: {text}", "没有它时 git 的回答：{text}").With("text", g.Root)},
				{Role: diag.Not, Text: text.New("a damaged or distrusted repository, a bad configuration: without the variable git reads them all", "并非仓库损坏或不受信任，也不是配置有误：去掉变量后 git 都能读取").With()},
			},
			ByHand: "env -u " + name + " git status",
			Fixes:  []diag.Fix{src.Remove()},
		}
		out = append(out, f)
	}
	return out
}
