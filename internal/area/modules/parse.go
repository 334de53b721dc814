package modules

import (
	"fmt"
	"strings"

	"golang.org/x/mod/module"

	"github.com/gorescue/gorescue/internal/action"
	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/text"
)

// lineCheck is a check of lines of one kind.
func lineCheck(c diag.Check, kind lineKind, say func(s *facts.Snapshot, v *view, list []badLine) diag.Finding) diag.Check {
	c.Severity, c.Reads = diag.Error, []facts.Section{facts.SecModules, facts.SecProject}
	c.Run = func(s *facts.Snapshot) []diag.Finding {
		var out []diag.Finding
		for _, v := range views(s) {
			list := v.ofKind(kind)
			if len(list) == 0 {
				continue
			}
			f := say(s, v, list)
			f.Subject = v.Path
			if f.ByHand == "" {
				f.ByHand = "go mod edit -json " + v.Path
			}
			b := list[0]
			f.Evidence = append([]diag.Evidence{
				because(text.New("{file}:{line} has: {line_text}", "{file}:{line} 写有：{line_text}").With("file", v.Path, "line", b.line, "line_text", strings.TrimSpace(b.raw)), v.Path, b.line),
				proof(text.New("the go command's own parser says: {why}", "go 命令自己的解析器报告：{why}").With("why", b.why), "go mod edit -json "+v.Path),
			}, f.Evidence...)
			if b.stmt != nil {
				f.Evidence = append(f.Evidence, v.committed(b.stmt))
			}
			f.Evidence = append(f.Evidence, not(text.New("not the markers of a merge: there are none", "不是合并冲突标记：文件中没有").With()))
			if c, ok := v.taken(list); ok && len(c) > 0 && v.mends(kind, v.revert(c...)) {
				f.Fixes = append(f.Fixes, v.takeBack(c...))
			}
			if len(f.Fixes) == 0 {
				f.Fixes = append(f.Fixes, manual(text.New("correct line {line} of {file}; git log -p go.mod shows who changed it", "改正 {file} 第 {line} 行；git log -p go.mod 可看到是谁改的").With("line", b.line, "file", v.Path), ""))
			}
			out = append(out, f)
		}
		return out
	}
	return c
}

var unknownDirective = lineCheck(diag.Check{
	ID:    "gomod-unknown-directive-typo",
	Title: text.New("go.mod has a misspelt directive", "go.mod 中有拼错的指令"),
	Doc: text.New(`A line of go.mod begins with a word that is no directive, so every go command stops: "unknown directive: required".

**How it is proven.** go.mod has ten directives (module, go, toolchain, godebug, require, exclude, replace, retract, tool, ignore); the word is
none of them. One of them is nearest to it by at most two letters, or the last commit has the same line with the right word.
**What looks the same.** Markers of a merge; a directive of a newer Go release (another finding: the word is right then).

**What the fix does.** It corrects the word and nothing else: what the line wants stays, and so does every other uncommitted edit of the
file. When no single word is meant, the uncommitted line is taken back. The build is tried in a scratch copy first.

**By hand.** go mod edit -json. Source: https://go.dev/ref/mod#go-mod-file.`,
		`go.mod 的某一行以不存在的指令开头，因此每条 go 命令都会停下：“unknown directive: required”。

**如何证明。** go.mod 只有十种指令（module、go、toolchain、godebug、require、exclude、replace、retract、tool、ignore），该词不在其中。
其中有唯一一个与它最多相差两个字母，或者最后一次提交中同一行用的是正确的词。**容易混淆的情况。** 合并冲突标记；更新版本 Go 才有的指令（另一条发现：那时词是对的）。

**修复做什么。** 只改正这个词：该行的意图保留，文件中其他未提交的改动也保留。如果无法确定是哪个词，则撤回这条未提交的行。先在临时副本中试构建。

**手动检查。** go mod edit -json。来源：https://go.dev/ref/mod#go-mod-file。`),
}, unknownVerb, func(s *facts.Snapshot, v *view, list []badLine) diag.Finding {
	b := list[0]
	f := diag.Finding{Claim: text.New("{file}:{line}: {word} is no directive of go.mod", "{file}:{line}：{word} 不是 go.mod 的指令").With("file", v.Path, "line", b.line, "word", firstWord(b.raw))}
	if splices, words := v.spelled(list); v.mends(unknownVerb, splices) {
		f.Fixes = append(f.Fixes, edit(text.New("correct the word: {words}", "改正单词：{words}").With("words", strings.Join(words, ", ")), diag.Safe, v.Path, splices))
	}
	return f
})

var duplicateDirective = lineCheck(diag.Check{
	ID:    "gomod-duplicate-go-directive",
	Title: text.New("go.mod has a directive twice that may stand once", "go.mod 中只能出现一次的指令出现了两次"),
	Doc: text.New(`go.mod may have one module, one go and one toolchain line. A merge without a conflict can keep those of both branches; then every go
command says "repeated go statement".

**How it is proven.** The lines, and that all else parses. **What looks the same.** Several require lines of one module are legal: the
highest version counts.

**What the fix does.** Of go and toolchain lines the higher one stays: the code of both branches compiles with it, and the go command
would choose it for both (https://go.dev/doc/toolchain). Of module lines the one stays that the last commit has. Other lines
and comments stay. Never go mod init, which loses requirements.

**By hand.** grep -nE '^(module|go|toolchain) ' go.mod. Source: https://go.dev/ref/mod#go-mod-file-go.`,
		`go.mod 中 module、go、toolchain 行各只能有一行。没有冲突的合并可能把两个分支的行都保留下来，于是每条 go 命令都报“repeated go statement”。

**如何证明。** 这些行本身，以及其余部分都能解析。**容易混淆的情况。** 同一模块有多条 require 行是合法的：以最高版本为准。

**修复做什么。** go 和 toolchain 行保留较高的一条：两个分支的代码都能用它编译，go 命令也会为两者选择它（https://go.dev/doc/toolchain）。
module 行保留最后一次提交中的那条。其他行和注释都保留。绝不运行会丢失依赖的 go mod init。

**手动检查。** grep -nE '^(module|go|toolchain) ' go.mod。来源：https://go.dev/ref/mod#go-mod-file-go。`),
}, repeatedVerb, func(s *facts.Snapshot, v *view, list []badLine) diag.Finding {
	b := list[0]
	f := diag.Finding{Claim: text.New("{file} has a second {verb} line at line {line}", "{file} 第 {line} 行是第二条 {verb} 行").With("file", v.Path, "line", b.line, "verb", b.stmt.Verb),
		ByHand: "grep -nE '^(module|go|toolchain) ' " + v.Path}
	if splices, kept, ok := v.single(list); ok && v.mends(repeatedVerb, splices) {
		f.Fixes = append(f.Fixes, edit(text.New("keep {line} and drop the other one", "保留 {line}，删除另一条").With("line", kept[0].Text()), diag.Safe, v.Path, splices))
	}
	return f
})

var branchAsVersion = lineCheck(diag.Check{
	ID:    "gomod-branch-name-as-version",
	Title: text.New("go.mod has something else in place of a version", "go.mod 中的版本不是版本号"),
	Doc: text.New(`A require or exclude line has a branch name, a commit, a range or a shortened number where a version belongs. The go command asks the
proxies what the name means on every command, which looks like a failure of the proxy ("404 Not Found"), and never builds:
even a name that exists must first be replaced by the version it stands for.

**How it is proven.** The field is no semantic version (golang.org/x/mod/semver). **What looks the same.** A version that does not exist (it
has the right form), a proxy that lacks a new tag, a major version without its suffix: other findings.

**What the fix does.** It takes the uncommitted change of exactly this line back, so that the version of the last commit stands there again.
When you do want that branch, resolve it once: go get module@branch writes the version it stands for. Never go get -u.

**By hand.** git diff go.mod. Source: https://go.dev/ref/mod#versions.`,
		`require 或 exclude 行在应写版本的位置写了分支名、提交号、范围或不完整的数字。go 命令每次都会向代理询问这个名字的含义，
看起来像代理故障（“404 Not Found”），而且永远无法构建：即使名字存在，也必须先换成它代表的版本。

**如何证明。** 该字段不是语义化版本（golang.org/x/mod/semver）。**容易混淆的情况。** 不存在的版本（形式正确）、代理缺少新标签、主版本缺少后缀：都是其他发现。

**修复做什么。** 只撤回这一行未提交的改动，恢复最后一次提交中的版本。如果确实要用该分支，请解析一次：go get module@branch 会写入它代表的版本。绝不运行 go get -u。

**手动检查。** git diff go.mod。来源：https://go.dev/ref/mod#versions。`),
}, noVersion, func(s *facts.Snapshot, v *view, list []badLine) diag.Finding {
	st := list[0].stmt
	f := diag.Finding{
		Claim:    text.New("{file}:{line} asks for {mod} {ver}, which is no version", "{file}:{line} 要求 {mod} {ver}，它不是版本").With("file", v.Path, "line", st.Line, "mod", st.Arg(0), "ver", st.Arg(1)),
		ByHand:   "git diff go.mod",
		Evidence: []diag.Evidence{not(text.New("not the proxy: without the right form there is nothing to ask it for", "不是代理的问题：形式不对就无从请求").With())},
	}
	if full := module.CanonicalVersion(st.Arg(1)); full != "" && len(list) == 1 && !strings.Contains(st.Arg(1), "-") && v.change(st) == nil {
		at := st.At + strings.Index(st.Raw, st.Args[1])
		f.Fixes = append(f.Fixes, edit(text.New("write the version in full: {ver}", "写出完整的版本：{ver}").With("ver", full), diag.Person, v.Path, []facts.Splice{{Offset: at, Old: st.Args[1], New: full}}))
	}
	return f
})

var majorSuffix = lineCheck(diag.Check{
	ID:    "major-version-suffix-missing",
	Title: text.New("a version does not fit the major suffix of its module path", "版本与模块路径的主版本后缀不符"),
	Doc: text.New(`From v2 on the major version is part of the module path: example.com/a/v2 has versions v2.x.y, example.com/a only v0 and v1. A line that
raises the version by hand without changing the path cannot be read: "version "v2.0.0" invalid: should be v0 or v1, not v2".

**How it is proven.** The path's suffix and the version's major number. **What looks the same.** vN.x.y+incompatible is legal for a module
without a go.mod, and not accused; a fork that is required under its own path is another finding.

**What the fix does.** It takes the uncommitted change of exactly this line back: the code imports the path without the suffix, and the
version of the last commit is the one it was written for. To move to the new major version the imports must change: that is work on the
code. Never +incompatible, which the go command refuses for a module with a go.mod.

**By hand.** git diff go.mod. Source: https://go.dev/ref/mod#major-version-suffixes.`,
		`从 v2 起，主版本是模块路径的一部分：example.com/a/v2 的版本是 v2.x.y，example.com/a 只有 v0 和 v1。手工提高版本而不改路径，文件就无法读取：
“version "v2.0.0" invalid: should be v0 or v1, not v2”。

**如何证明。** 路径的后缀与版本的主版本号。**容易混淆的情况。** 对没有 go.mod 的模块，vN.x.y+incompatible 是合法的，不会被指责；以自身路径引用的分叉是另一条发现。

**修复做什么。** 只撤回这一行未提交的改动：代码导入的是没有后缀的路径，最后一次提交中的版本才是代码所对应的版本。要升级到新的主版本必须改 import，那是代码工作。
绝不使用 +incompatible：对有 go.mod 的模块，go 命令会拒绝。

**手动检查。** git diff go.mod。来源：https://go.dev/ref/mod#major-version-suffixes。`),
}, wrongMajor, func(s *facts.Snapshot, v *view, list []badLine) diag.Finding {
	st := list[0].stmt
	return diag.Finding{
		Claim:    text.New("{file}:{line} asks for {mod} {ver}: the path and the major version do not fit", "{file}:{line} 要求 {mod} {ver}：路径与主版本不符").With("file", v.Path, "line", st.Line, "mod", st.Arg(0), "ver", st.Arg(1)),
		ByHand:   "git diff go.mod",
		Evidence: []diag.Evidence{not(text.New("not a missing +incompatible: that is for modules without a go.mod, and the go command refuses it for others", "不是缺少 +incompatible：它只用于没有 go.mod 的模块，对其他模块 go 命令会拒绝").With())},
	}
})

var malformed = lineCheck(diag.Check{
	ID:    "gomod-line-malformed",
	Title: text.New("a line of go.mod cannot be read", "go.mod 中有一行无法读取"),
	Doc: text.New(`A line of go.mod does not have the form of its directive: a version or an arrow is missing, a quote is open, a go line has a form that no
release has, a replacement folder does not begin with ./ or ../. Every go command stops with "errors parsing go.mod".

**How it is proven.** The go command's own parser (golang.org/x/mod/modfile) refuses the line and says why. **What looks the same.** Markers of a
merge, a misspelt directive, a directive twice, a branch name in place of a version: other findings.

**What the fix does.** A replacement that names an existing folder gets its ./; a byte order mark is removed; else the uncommitted change of
exactly this line is taken back. The rest of the file stays. A committed line is for a person to correct.

**By hand.** go mod edit -json; git diff go.mod. Source: https://go.dev/ref/mod#go-mod-file.`,
		`go.mod 中的某一行不符合其指令的形式：缺少版本或箭头、引号未闭合、go 行的形式没有任何版本使用、替换目录不以 ./ 或 ../ 开头。
每条 go 命令都会报“errors parsing go.mod”。

**如何证明。** go 命令自己的解析器（golang.org/x/mod/modfile）拒绝该行并说明原因。**容易混淆的情况。** 合并冲突标记、拼错的指令、重复的指令、用分支名代替版本：都是其他发现。

**修复做什么。** 指向已有目录的替换会补上 ./；字节顺序标记会被删除；否则只撤回这一行未提交的改动。文件其余部分不变。已提交的行由人来改正。

**手动检查。** go mod edit -json；git diff go.mod。来源：https://go.dev/ref/mod#go-mod-file。`),
}, malformedLine, func(s *facts.Snapshot, v *view, list []badLine) diag.Finding {
	b := list[0]
	f := diag.Finding{Claim: text.New("{file}:{line} cannot be read: {why}", "{file}:{line} 无法读取：{why}").With("file", v.Path, "line", b.line, "why", b.why)}
	const bom = "\ufeff"
	if strings.HasPrefix(v.Text, bom) {
		if splices := []facts.Splice{{Old: bom}}; v.clean(splices) {
			f.Fixes = append(f.Fixes, edit(text.New("remove the byte order mark", "删除字节顺序标记").With(), diag.Safe, v.Path, splices))
		}
	}
	if splices := v.dotted(list); v.mends(malformedLine, splices) {
		f.Fixes = append(f.Fixes, edit(text.New("write ./ before the folder", "在目录前加上 ./").With(), diag.Safe, v.Path, splices))
	}
	return f
})

// clean reports whether the file parses after the edits.
func (v *view) clean(splices []facts.Splice) bool {
	out, err := action.Spliced([]byte(v.Text), splices)
	return err == nil && len(parseErrors(v.Path, string(out))) == 0
}

// dotted writes ./ before replacement folders that lack it, when every bad line is such a one.
func (v *view) dotted(list []badLine) []facts.Splice {
	var out []facts.Splice
	for _, b := range list {
		if b.stmt == nil || b.stmt.Verb != "replace" || len(b.stmt.Args) < 3 || b.stmt.Args[len(b.stmt.Args)-2] != "=>" {
			return nil
		}
		to := b.stmt.Args[len(b.stmt.Args)-1]
		at := strings.LastIndex(b.raw, "=> "+to)
		if at < 0 || strings.ContainsAny(to, "\"`@") {
			return nil
		}
		out = append(out, facts.Splice{Offset: b.stmt.At + at, Old: "=> " + to, New: fmt.Sprintf("=> ./%s", to)})
	}
	return out
}
