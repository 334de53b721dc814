package git

import (
	"fmt"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/gorescue/gorescue/internal/action"
	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/text"
)

var headZeroed = diag.Check{
	ID:       "git-head-zeroed",
	Title:    text.New(".git/HEAD lost its content", ".git/HEAD 的内容丢失了"),
	Severity: diag.Error,
	Reads:    []facts.Section{facts.SecGit},
	After:    []string{"gitconfig-bad-line", "git-dir-env-leaked"},
	Doc: text.New(`The file HEAD of the repository is empty, full of zero bytes, or gone, as after a power loss. git does not take the folder for a
repository any more ("not a git repository"), while the go command, which only looks for .git, does. Builds that are
stamped fail with "error obtaining VCS status: exit status 128".

**How it is proven.** git says that this is no repository; objects and refs are there; HEAD has neither a name of a branch nor a hash.
What it had is proven by its reflog (.git/logs/HEAD): the last line with "checkout: moving from A to B" names the branch, and
that branch is at the commit with which the log ends. Without such a line it is the branch whose own log ends with the same
entry, or the only branch at that commit.

**What looks the same.** A repository of another user, a bad line in git's configuration and GIT_DIR in the environment end with the
same message of go; in all of them HEAD is in order. A folder .git without objects is no repository that could be
repaired. A repository without commits is in order.

**What the fix does.** It writes this one line back to HEAD: "ref: refs/heads/BRANCH", or the hash when the log says that HEAD was
detached. Index, working tree, stash and branches stay as they are. When the log does not prove one branch, the candidates are
listed and nothing is done.

**Never.** No new clone over it, no git init, no reset, no checkout. -buildvcs=false would only hide the fault.

**By hand.** `+"`tail -1 .git/logs/HEAD`"+` and `+"`git for-each-ref`"+` after `+"`echo 'ref: refs/heads/BRANCH' >.git/HEAD`"+`.

Sources: gitrepository-layout(5), git-reflog(1); cmd/go/internal/vcs/vcs.go, func FromDir; https://github.com/golang/go/issues/68834.`,
		`仓库的 HEAD 文件变空、全是零字节或不见了，断电后常见。git 不再认为这是仓库（“not a git repository”），而 go 命令只看有没有 .git，仍认为是。
要写入版本信息的构建会失败：“error obtaining VCS status: exit status 128”。

**如何证明。** git 说这里不是仓库；objects 和 refs 都在；HEAD 里既没有分支名也没有哈希。它原来的内容由 reflog（.git/logs/HEAD）证明：
最后一条“checkout: moving from A to B”写明了分支，而该分支正指向日志末尾的提交。没有这样的行时，取自己的日志末尾与之相同的那个分支，或唯一指向该提交的分支。

**容易混淆的情况。** 仓库属于别的用户、git 配置有坏行、环境变量 GIT_DIR，go 的报错相同，但那些情况下 HEAD 是好的。没有 objects 的 .git 目录不是可以修复的仓库。
没有提交的仓库是正常的。

**修复做什么。** 只把这一行写回 HEAD：“ref: refs/heads/分支”；如果日志表明当时是分离状态，则写回哈希。索引、工作树、stash 和分支都保持原样。
如果日志不能证明是哪个分支，就列出候选，什么也不做。

**绝不。** 不重新克隆覆盖，不 git init，不 reset，不 checkout。-buildvcs=false 只会掩盖问题。

**手动检查。** `+"`tail -1 .git/logs/HEAD`"+`；写入 `+"`echo 'ref: refs/heads/分支' >.git/HEAD`"+` 后运行 `+"`git for-each-ref`"+`。

来源：gitrepository-layout(5)、git-reflog(1)；cmd/go/internal/vcs/vcs.go 的 FromDir；https://github.com/golang/go/issues/68834。`),
	Run: runHeadZeroed,
}

func runHeadZeroed(s *facts.Snapshot) []diag.Finding {
	g, h := &s.Git, &s.Git.Head
	where := g.Answer(facts.AskWhere)
	if !g.Fails(facts.AskWhere) || !h.Complete || !damaged(h.State) || len(g.Leaked) > 0 {
		return nil
	}
	f := diag.Finding{
		Severity: severity(g),
		Claim:    text.New("{path} is {state}: git does not see a repository any more", "{path} {state}：git 不再认为这是仓库").With("path", h.Path, "state", h.State),
		Evidence: []diag.Evidence{
			{Role: diag.Because, File: h.Path, Command: "od -c " + h.Path, Text: text.New("{path} has {size} byte(s) and neither a branch nor a hash ({state})", "{path} 有 {size} 字节，既没有分支名也没有哈希（{state}）").
				With("path", h.Path, "size", h.Size, "state", h.State)},
			{Role: diag.Proof, Command: where.Command, Text: text.New("git says: {text}", "git 说：{text}").With("text", firstLine(where.Stderr))},
			{Role: diag.Proof, File: g.Common, Text: text.New("objects and refs are there", "objects 和 refs 都在").With()},
			{Role: diag.Not, Text: text.New("another owner, a bad configuration, a variable: git would name them in its message", "并非所有者不同、配置有误或环境变量：那样 git 会在消息中指出").With()},
		},
		ByHand: "git -C " + g.Root + " status",
	}
	if h.Want != "" {
		f.Evidence = append(f.Evidence, proven(h))
	}
	raw := h.Raw
	switch {
	case h.Want != "" && utf8.ValidString(raw) && int64(len(raw)) == h.Size:
		f.Fixes = []diag.Fix{{Risk: diag.Safe, Actions: action.List{&action.Edit{Path: h.Path, Create: h.State == facts.RefMissing, Splices: []facts.Splice{{Old: raw, New: h.Want}}}},
			Title: text.New("write {want} to {path}", "把 {want} 写入 {path}").With("want", strings.TrimSpace(h.Want), "path", h.Path)}}
	case h.Want != "":
		f.Fixes = []diag.Fix{{Risk: diag.Manual, Shell: fmt.Sprintf("echo '%s' >'%s'", strings.TrimSpace(h.Want), h.Path),
			Title: text.New("write the proven content to {path}", "把已证明的内容写入 {path}").With("path", h.Path)}}
	default:
		f.Fixes = []diag.Fix{{Risk: diag.Manual, Shell: fmt.Sprintf("echo 'ref: refs/heads/BRANCH' >'%s'", h.Path),
			Title: text.New("write the branch you were on to {path}; at the last commit are: {list}", "把你原来所在的分支写入 {path}；指向最后提交的有：{list}").With("path", h.Path, "list", orNone(h.Candidate))}}
	}
	return []diag.Finding{f}
}

func damaged(st facts.RefState) bool {
	return st == facts.RefEmpty || st == facts.RefZeroed || st == facts.RefGarbage || st == facts.RefMissing
}

// proven says how the reflog proves the content.
func proven(h *facts.GitHead) diag.Evidence {
	e := diag.Evidence{Role: diag.Proof, File: h.Log, Line: h.LogLine}
	want := strings.TrimSpace(h.Want)
	switch h.Proof {
	case "moved":
		e.Text = text.New("the reflog says that HEAD moved there last, and it ends at that branch's commit {hash}: {want}", "reflog 表明 HEAD 最后移到了那里，并且结束于该分支的提交 {hash}：{want}").With("hash", h.LastHash, "want", want)
	case "detached":
		e.Text = text.New("the reflog says that HEAD was detached, and ends at {want}", "reflog 表明 HEAD 处于分离状态，并结束于 {want}").With("want", want)
	case "same-log":
		e.Text = text.New("the last entry of this reflog is also the last one of that branch's own: {want}", "该 reflog 的最后一条也是那个分支自己的 reflog 的最后一条：{want}").With("want", want)
	default:
		e.Text = text.New("the reflog ends at {hash}, and only one branch is there: {want}", "reflog 结束于 {hash}，只有一个分支在那里：{want}").With("hash", h.LastHash, "want", want)
	}
	return e
}

func orNone(list []string) string {
	if len(list) == 0 {
		return "-"
	}
	return strings.Join(list, ", ")
}

var refZeroed = diag.Check{
	ID:       "git-ref-zeroed",
	Title:    text.New("the current branch lost its commit", "当前分支丢失了它的提交"),
	Severity: diag.Warning,
	Reads:    []facts.Section{facts.SecGit},
	After:    []string{"git-head-zeroed", "gitconfig-bad-line", "git-dir-env-leaked"},
	Doc: text.New(`HEAD names a branch, and the file of that branch (.git/refs/heads/NAME) is empty or full of zero bytes, as after a power loss.
git finds the repository but not its commit ("your current branch appears to be broken"). The go command passes over that when
there is uncommitted work, and builds then carry no revision, without a word.

**How it is proven.** git cannot name the commit; the file of the branch has no hash; the last line of the branch's own reflog has one,
and git has that commit.

**What looks the same.** A branch without a commit yet is in order. A damaged HEAD is git-head-zeroed. A damaged object is not
repaired here: git names it.

**What the fix does.** It writes the hash of the last line of the branch's reflog back to the file of the branch. Index and working
tree stay. When the reflog is empty or the commit is not there, nothing is done.

**Never.** No reset, no checkout, no fetch over it.

**By hand.** `+"`tail -1 .git/logs/refs/heads/NAME`"+`, second word.

Sources: gitrepository-layout(5), git-reflog(1); cmd/go/internal/vcs/vcs.go, func gitStatus.`,
		`HEAD 写明了分支，而该分支的文件（.git/refs/heads/名称）是空的或全是零字节，断电后常见。git 能找到仓库，却找不到提交
（“your current branch appears to be broken”）。只要有未提交的改动，go 命令就会略过这一点，构建会悄悄地不带版本信息。

**如何证明。** git 说不出提交；分支文件里没有哈希；该分支自己的 reflog 最后一行有哈希，而且 git 里有这个提交。

**容易混淆的情况。** 还没有提交的分支是正常的。HEAD 损坏是 git-head-zeroed。对象损坏不在这里修复：git 会指出它。

**修复做什么。** 把分支 reflog 最后一行的哈希写回分支文件。索引和工作树保持原样。如果 reflog 为空或该提交不存在，就什么也不做。

**绝不。** 不 reset，不 checkout，不用 fetch 覆盖。

**手动检查。** `+"`tail -1 .git/logs/refs/heads/名称`"+` 的第二个词。

来源：gitrepository-layout(5)、git-reflog(1)；cmd/go/internal/vcs/vcs.go 的 gitStatus。`),
	Run: runRefZeroed,
}

func runRefZeroed(s *facts.Snapshot) []diag.Finding {
	g, b := &s.Git, s.Git.Branch
	if b == nil || !g.Fails(facts.AskCommit) || b.State != facts.RefEmpty && b.State != facts.RefZeroed && b.State != facts.RefGarbage {
		return nil
	}
	commit := g.Answer(facts.AskCommit)
	f := diag.Finding{
		Claim: text.New("{path} is {state}: git does not know the commit of the current branch", "{path} {state}：git 不知道当前分支的提交").With("path", b.Path, "state", b.State),
		Evidence: []diag.Evidence{
			{Role: diag.Because, File: b.Path, Text: text.New("{path} has no hash ({state})", "{path} 里没有哈希（{state}）").With("path", b.Path, "state", b.State)},
			{Role: diag.Proof, Command: commit.Command, Text: text.New("git says: {text}", "git 说：{text}").With("text", firstLine(commit.Stderr))},
			{Role: diag.Not, Text: text.New("a branch without commits: the file of the branch is there", "并非没有提交的分支：分支文件存在").With()},
		},
		ByHand: "git -C " + g.Root + " log -1",
	}
	if b.Want != "" && utf8.ValidString(b.Raw) && len(b.Raw) < 256 {
		f.Evidence = append(f.Evidence, diag.Evidence{Role: diag.Proof, File: b.Log, Line: b.Line, Text: text.New("the reflog of the branch ends at {hash}, and git has that commit", "分支的 reflog 结束于 {hash}，而且 git 里有这个提交").With("hash", b.Want)})
		f.Fixes = []diag.Fix{{Risk: diag.Safe, Actions: action.List{&action.Edit{Path: b.Path, Splices: []facts.Splice{{Old: b.Raw, New: b.Want + "\n"}}}},
			Title: text.New("write {hash} to {path}", "把 {hash} 写入 {path}").With("hash", b.Want, "path", b.Path)}}
	} else {
		f.Fixes = []diag.Fix{{Risk: diag.Manual, Shell: "git fsck --lost-found", Title: text.New("look for the commit of {name} yourself: its reflog does not prove one", "请自行查找 {name} 的提交：它的 reflog 无法证明").With("name", b.Name)}}
	}
	return []diag.Finding{f}
}

var indexDamaged = diag.Check{
	ID:       "git-index-damaged",
	Title:    text.New("git cannot read its index", "git 无法读取索引"),
	Severity: diag.Error,
	Reads:    []facts.Section{facts.SecGit},
	After:    []string{"git-head-zeroed", "gitconfig-bad-line", "gitconfig-bad-value", "git-dir-env-leaked"},
	Doc: text.New(`The file .git/index is damaged (cut short, zero bytes, a wrong checksum). `+"`git status`"+` fails, and with it every build that is
stamped.

**How it is proven.** git finds the repository and its commit, but cannot list the index, and says so.

**What looks the same.** A damaged HEAD, another owner and a bad configuration fail before the index is read. A file index.lock that was left
behind stops commits, not builds.

**What the fix does.** Nothing by itself: the index holds what you have staged, and that is your work. The advice is to put the file aside
and let git make a new one from the last commit; the files of the working tree are not touched by that, only what was
staged is unstaged.

**Never.** No reset --hard, no checkout, no deleting of .git.

**By hand.** `+"`mv .git/index .git/index.damaged && git reset`"+`.

Sources: gitrepository-layout(5), git-ls-files(1); cmd/go/internal/vcs/vcs.go, func gitStatus.`,
		`.git/index 文件损坏（被截断、全是零字节、校验和不对）。`+"`git status`"+` 失败，要写入版本信息的构建也随之失败。

**如何证明。** git 能找到仓库和提交，但列不出索引，并且这样说明。

**容易混淆的情况。** HEAD 损坏、所有者不同、配置有误，都会在读索引之前失败。遗留的 index.lock 只妨碍提交，不妨碍构建。

**修复做什么。** 不会自动做任何事：索引里是你暂存的内容，那是你的工作。建议把该文件移到一边，让 git 根据最后的提交新建一个；
工作树里的文件不受影响，只是已暂存的内容会变为未暂存。

**绝不。** 不 reset --hard，不 checkout，不删除 .git。

**手动检查。** `+"`mv .git/index .git/index.damaged && git reset`"+`。

来源：gitrepository-layout(5)、git-ls-files(1)；cmd/go/internal/vcs/vcs.go 的 gitStatus。`),
	Run: runIndexDamaged,
}

func runIndexDamaged(s *facts.Snapshot) []diag.Finding {
	g := &s.Git
	a := g.Answer(facts.AskIndex)
	if !g.Fails(facts.AskIndex) || !strings.Contains(a.Stderr, "index") || g.Value != nil {
		return nil
	}
	path := filepath.Join(g.Dir, "index")
	return []diag.Finding{{
		Severity: severity(g),
		Claim:    text.New("git cannot read {path}: {text}", "git 无法读取 {path}：{text}").With("path", path, "text", firstLine(a.Stderr)),
		Evidence: []diag.Evidence{
			{Role: diag.Because, File: path, Text: text.New("{path} is damaged", "{path} 已损坏").With("path", path)},
			{Role: diag.Proof, Command: a.Command, Text: text.New("git says: {text}", "git 说：{text}").With("text", firstLine(a.Stderr))},
			{Role: diag.Not, Text: text.New("a damaged HEAD, another owner, a bad configuration: git found the repository", "并非 HEAD 损坏、所有者不同或配置有误：git 找到了仓库").With()},
		},
		ByHand: "git -C " + g.Root + " status",
		Fixes: []diag.Fix{{Risk: diag.Manual, Shell: fmt.Sprintf("mv '%s' '%s.damaged' && git -C '%s' reset", path, path, g.Root),
			Title: text.New("put the index aside and let git make a new one; what was staged becomes unstaged", "把索引移到一边，让 git 新建；已暂存的内容会变为未暂存").With()}},
	}}
}
