package git

import (
	"path/filepath"

	"github.com/gorescue/gorescue/internal/action"
	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/text"
)

var halfRepository = diag.Check{
	ID:       "git-half-repository-above",
	Title:    text.New("a folder .git that is no repository is taken for one", "一个不是仓库的 .git 目录被当成了仓库"),
	Severity: diag.Error,
	Reads:    []facts.Section{facts.SecGit},
	After:    []string{"gitconfig-bad-line", "git-dir-env-leaked"},
	Doc: text.New(`A folder named .git lies in the project's folder or above it and is no repository: it has no HEAD, no objects, no refs. The go
command only looks for the name, takes the folder around it for a repository and asks git, which says "not a git
repository". Builds that are stamped fail with "error obtaining VCS status: exit status 128".

**How it comes about.** A git clone that was killed, a back-up that left out most files, a tool that put its settings into .git/info.

**How it is proven.** The nearest .git upward is a folder without HEAD; git, asked there, finds no repository; a main package makes
the go command ask.

**What looks the same.** A damaged repository has objects and refs (git-head-zeroed), and is repaired, not moved. GIT_DIR in the environment
breaks whole repositories too. A .git that is a file belongs to a worktree or a submodule.

**What the fix does.** If nothing is in the folder but what git init makes of its templates (info, hooks, config, description), the folder
is moved aside, beside where it was; undo moves it back. If anything else is in it (an index, a log, an object), it may be
the rest of somebody's work: then it is moved only when this check is named.

**Never.** No git init there, nothing is deleted, no other repository is touched. -buildvcs=false would only hide the fault.

**By hand.** `+"`ls -A .git`"+` in the folder that is named.

Sources: cmd/go/internal/vcs/vcs.go, func FromDir; gitrepository-layout(5).`,
		`项目目录或其上级目录里有一个名叫 .git 的目录，但它不是仓库：没有 HEAD，没有 objects，没有 refs。go 命令只看名字，就把它所在的目录当成仓库去问 git，
而 git 说“not a git repository”。要写入版本信息的构建会失败：“error obtaining VCS status: exit status 128”。

**怎么发生的。** git clone 中途被杀、备份漏掉了大部分文件、某个工具把自己的设置放进了 .git/info。

**如何证明。** 向上最近的 .git 是一个没有 HEAD 的目录；在那里问 git，它找不到仓库；有 main 包，所以 go 命令会问。

**容易混淆的情况。** 损坏的仓库有 objects 和 refs（git-head-zeroed），要修复而不是移走。环境变量 GIT_DIR 也会让完好的仓库出错。.git 是文件时，属于 worktree 或子模块。

**修复做什么。** 如果目录里只有 git init 按模板生成的内容（info、hooks、config、description），就把它移到原处旁边；撤销会移回来。
如果里面还有别的（索引、日志、对象），可能是某人工作的残余，只有点名本检查时才移动。

**绝不。** 不在那里 git init，不删除任何东西，不动别的仓库。-buildvcs=false 只会掩盖问题。

**手动检查。** 在所指的目录里运行 `+"`ls -A .git`"+`。

来源：cmd/go/internal/vcs/vcs.go 的 FromDir；gitrepository-layout(5)。`),
	Run: runHalfRepository,
}

func runHalfRepository(s *facts.Snapshot) []diag.Finding {
	g := &s.Git
	if !g.Stamps || !g.Fails(facts.AskWhere) || g.File || g.Head.State != facts.RefMissing || !g.Head.Nothing || len(g.Leaked) > 0 {
		return nil
	}
	dir, where := g.Dir, g.Answer(facts.AskWhere)
	f := diag.Finding{
		Subject: dir,
		Claim:   text.New("{dir} is no repository, but the go command takes it for one", "{dir} 不是仓库，go 命令却把它当成仓库").With("dir", dir),
		Evidence: []diag.Evidence{
			{Role: diag.Because, File: dir, Command: "ls -A " + dir, Text: text.New("{dir} is the nearest .git upward and has no HEAD, objects and refs", "{dir} 是向上最近的 .git，没有 HEAD、objects 和 refs").With("dir", dir)},
			{Role: diag.Proof, Command: where.Command, Text: text.New("git, asked in {root}, says: {text}", "在 {root} 问 git，它说：{text}").With("root", g.Root, "text", firstLine(where.Stderr))},
			{Role: diag.Proof, File: g.Main, Text: text.New("{file} belongs to a main package: the go command asks git for its revision", "{file} 属于 main 包：go 命令会向 git 询问版本信息").With("file", g.Main)},
			{Role: diag.Not, Text: text.New("a damaged repository: there is no object and no ref that could belong to one", "并非损坏的仓库：没有任何对象或引用").With()},
		},
		ByHand: "ls -A " + dir,
	}
	aside := filepath.Join(g.Root, ".git-aside-"+s.Incident)
	title := text.New("move {from} aside to {to} (nothing is deleted)", "把 {from} 移到 {to}（不删除任何内容）").With("from", dir, "to", aside)
	if g.Head.Skeleton {
		f.Fixes = []diag.Fix{{Risk: diag.Safe, Title: title, Actions: action.List{&action.Move{From: dir, To: aside}}}}
	} else {
		f.Fixes = []diag.Fix{{Risk: diag.Person, Title: title, Actions: action.List{&action.Move{From: dir, To: aside}}}}
	}
	return []diag.Finding{f}
}
