package git

import (
	"fmt"
	"strings"

	"github.com/gorescue/gorescue/internal/action"
	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/text"
)

var badLine = diag.Check{
	ID:       "gitconfig-bad-line",
	Title:    text.New("git's configuration has a line that git cannot read", "git 配置中有一行 git 无法解析"),
	Severity: diag.Error,
	Reads:    []facts.Section{facts.SecGit},
	Doc: text.New(`git stops at the first line of its configuration that it cannot read, in every repository, for every command. The go
command then cannot ask for the revision ("error obtaining VCS status: exit status 128") and cannot fetch a module directly.

**How it comes about.** A merge of dotfiles that left conflict markers, a tool that died while it wrote, a text pasted into the
wrong file, a half-written value.

**How it is proven.** The file is read by the rules of git-config(1), and the line found is the one that git itself names
("bad config line N in file F"). Without that file git answers.

**What looks the same.** A value that git can read and refuses is gitconfig-bad-value. A repository that belongs to another user,
a damaged HEAD, or GIT_DIR in the environment break git in one repository or one terminal only; here the repository is in
order. A file that is included only under a condition, and not read here, is not looked at.

**What the fix does.** The lines that git cannot read, and only these, become comments ("# " in front). It is offered when after
that git reads the file and every other setting has the value it had. Of a merge conflict both sides stay; the later one
counts. A broken section header is not touched, since the lines below it would get another meaning: that is yours to decide.

**Never.** The file is not deleted or replaced. -buildvcs=false would only hide the fault.

**By hand.** `+"`git config --list`"+` names the first such line.

Sources: git-config(1), section Syntax; git's config.c; cmd/go/internal/vcs/vcs.go, func gitStatus.`,
		`git 读到配置里第一行无法解析的内容就会停止，所有仓库、所有命令都一样。于是 go 命令既问不到版本信息（“error obtaining VCS status: exit status 128”），
也无法直接获取模块。

**怎么发生的。** 合并 dotfiles 时留下了冲突标记、写文件的工具中途退出、把文字粘贴到了错误的文件、只写了一半的值。

**如何证明。** 按 git-config(1) 的规则读取该文件，找到的行正是 git 自己指出的那一行（“bad config line N in file F”）。不读该文件时 git 能应答。

**容易混淆的情况。** 能解析但被 git 拒绝的值是 gitconfig-bad-value。仓库属于别的用户、HEAD 损坏、环境变量 GIT_DIR，只影响一个仓库或一个终端；而这里仓库本身是好的。
只在某种条件下才被包含、在这里没有读取的文件，不做检查。

**修复做什么。** 只把 git 无法解析的那些行变成注释（行首加“# ”）。前提是：改后 git 能读取该文件，而且其他每项设置的值都不变。对于合并冲突，两边都保留，后面的生效。
损坏的小节标题不会动，因为它下面的行会因此改变含义：这要由你决定。

**绝不。** 不删除、不替换该文件。-buildvcs=false 只会掩盖问题。

**手动检查。** `+"`git config --list`"+` 会指出第一行这样的内容。

来源：git-config(1) 的 Syntax 一节；git 的 config.c；cmd/go/internal/vcs/vcs.go 的 gitStatus。`),
	Run: runBadLine,
}

func runBadLine(s *facts.Snapshot) []diag.Finding {
	g := &s.Git
	if g.Program == "" || g.Answer(facts.AskWhere) != nil && !g.Fails(facts.AskWhere) {
		return nil // git is not there, or reads it all
	}
	said := ""
	if a := g.Answer(facts.AskWhere); a != nil {
		if said = firstLine(a.Stderr); !strings.Contains(said, "bad config") {
			return nil
		}
	}
	var out []diag.Finding
	for i := range g.Config {
		if c := &g.Config[i]; len(c.Bad) > 0 {
			out = append(out, inFile(g, c, said))
		}
	}
	return out
}

func inFile(g *facts.Git, c *facts.GitConfig, said string) diag.Finding {
	b := c.Bad[0]
	f := diag.Finding{
		Subject:  c.Path,
		Severity: severity(g),
		Claim:    text.New("git cannot read line {line} of {file}: {text}", "git 无法解析 {file} 的第 {line} 行：{text}").With("line", b.Line, "file", c.Path, "text", b.Text),
		Evidence: []diag.Evidence{{Role: diag.Because, File: c.Path, Line: b.Line, Text: text.New("{file}:{line} has: {text}", "{file}:{line} 写有：{text}").With("file", c.Path, "line", b.Line, "text", b.Text)}},
		ByHand:   "git config --list",
	}
	if said != "" {
		f.Evidence = append(f.Evidence, diag.Evidence{Role: diag.Proof, Command: "git rev-parse --show-toplevel", Text: text.New("git says: {text}", "git 说：{text}").With("text", said)})
	} else {
		f.Evidence = append(f.Evidence, diag.Evidence{Role: diag.Proof, Text: text.New("{n} line(s) do not follow the syntax of git-config(1)", "有 {n} 行不符合 git-config(1) 的语法").With("n", len(c.Bad))})
	}
	f.Evidence = append(f.Evidence, diag.Evidence{Role: diag.Not, Text: text.New("a fault of one repository: git stops before it looks at any", "并非某个仓库的问题：git 还没看仓库就已停止").With()})
	switch {
	case c.Curable && (c.Scope != "system" || g.UID == 0):
		edit := &action.Edit{Path: c.Path}
		for _, bad := range c.Bad {
			edit.Splices = append(edit.Splices, bad.Start)
		}
		f.Fixes = append(f.Fixes, diag.Fix{Risk: diag.Safe, Actions: action.List{edit},
			Title: text.New("make {n} line(s) of {file} comments (line {lines})", "把 {file} 的 {n} 行变成注释（第 {lines} 行）").With("n", len(c.Bad), "file", c.Path, "lines", lines(c))})
	default:
		f.Fixes = append(f.Fixes, diag.Fix{Risk: diag.Manual, Shell: fmt.Sprintf("${EDITOR:-vi} +%d '%s'", b.Line, c.Path),
			Title: text.New("correct line {line} of {file} yourself: what it was meant to say is not known", "请自行改正 {file} 的第 {line} 行：无法知道它原本想写什么").With("line", b.Line, "file", c.Path)})
	}
	return f
}

func lines(c *facts.GitConfig) string {
	var out []string
	for _, b := range c.Bad {
		out = append(out, fmt.Sprint(b.Line))
	}
	return strings.Join(out, ", ")
}

// severity is an error when a build here asks git.
func severity(g *facts.Git) diag.Severity {
	if g.Stamps {
		return diag.Error
	}
	return diag.Warning
}

func firstLine(s string) string {
	for line := range strings.Lines(s) {
		if line = strings.TrimSpace(line); line != "" {
			return line
		}
	}
	return ""
}

var badValue = diag.Check{
	ID:       "gitconfig-bad-value",
	Title:    text.New("git's configuration has a value that git refuses", "git 配置中有 git 不接受的值"),
	Severity: diag.Error,
	Reads:    []facts.Section{facts.SecGit},
	After:    []string{"gitconfig-bad-line"},
	Doc: text.New(`git reads its configuration and refuses the value of a setting: a word where it wants true or false, a text where it wants a
number. It then ends every command that looks at this setting, and the go command gets no answer from it.

**How it is proven.** git names the setting in its message, and exactly that setting is found, with file and line. The file that is
read last counts, as for git.

**What looks the same.** A line that git cannot even read is gitconfig-bad-line. A value that a newer git understands may be refused by
an older one: the message is the same; install the newer git if you need it.

**What the fix does.** That one line becomes a comment ("# " in front), so that git uses its default. Nothing that works now depends on
it, since git does not get past it.

**Never.** The file is not deleted. -buildvcs=false would only hide the fault.

**By hand.** `+"`git config --show-origin --get NAME`"+`.

Sources: git-config(1), section Values; git's config.c.`,
		`git 能解析配置，但不接受某项设置的值：该写 true 或 false 的地方写了别的词，该写数字的地方写了文字。于是凡是查看这项设置的命令都会终止，go 命令也就得不到 git 的应答。

**如何证明。** git 的消息里写明了设置的名字，而且在某个文件的某一行找到了这项设置。与 git 一样，以最后读取的文件为准。

**容易混淆的情况。** 连解析都做不到的行是 gitconfig-bad-line。新版 git 才认识的值，旧版会拒绝，消息是一样的；如果需要它，请安装新版 git。

**修复做什么。** 把这一行变成注释（行首加“# ”），让 git 使用默认值。现在没有任何能用的东西依赖它，因为 git 过不了这一关。

**绝不。** 不删除该文件。-buildvcs=false 只会掩盖问题。

**手动检查。** `+"`git config --show-origin --get 名称`"+`。

来源：git-config(1) 的 Values 一节；git 的 config.c。`),
	Run: runBadValue,
}

func runBadValue(s *facts.Snapshot) []diag.Finding {
	g, v := &s.Git, s.Git.Value
	if v == nil {
		return nil
	}
	said := ""
	for _, a := range g.Answers {
		if a.Exit != 0 && said == "" {
			said = firstLine(a.Stderr)
		}
	}
	f := diag.Finding{
		Subject:  v.File,
		Severity: severity(g),
		Claim:    text.New("git refuses {name} = {value} in {file}:{line}", "git 不接受 {file}:{line} 的 {name} = {value}").With("name", v.Name, "value", v.Value, "file", v.File, "line", v.Line),
		Evidence: []diag.Evidence{
			{Role: diag.Because, File: v.File, Line: v.Line, Text: text.New("{name} = {value}", "{name} = {value}").With("name", v.Name, "value", v.Value)},
			{Role: diag.Proof, Command: "git rev-parse --show-toplevel", Text: text.New("git says: {text}", "git 说：{text}").With("text", said)},
			{Role: diag.Not, Text: text.New("a line that git cannot read: it names the setting", "并非 git 无法解析的行：它指出了设置的名字").With()},
		},
		ByHand: "git config --show-origin --get " + v.Name,
	}
	if v.Start.New != "" {
		f.Fixes = []diag.Fix{{Risk: diag.Safe, Actions: action.List{&action.Edit{Path: v.File, Splices: []facts.Splice{v.Start}}},
			Title: text.New("make line {line} of {file} a comment", "把 {file} 的第 {line} 行变成注释").With("line", v.Line, "file", v.File)}}
	} else {
		f.Fixes = []diag.Fix{{Risk: diag.Manual, Shell: fmt.Sprintf("${EDITOR:-vi} +%d '%s'", v.Line, v.File),
			Title: text.New("correct {name} in {file} yourself", "请自行改正 {file} 中的 {name}").With("name", v.Name, "file", v.File)}}
	}
	return []diag.Finding{f}
}
