package toolchain

import (
	"strings"

	"github.com/gorescue/gorescue/internal/action"
	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/text"
)

// fileChecks ask whether go.mod can be read by the go command that starts.
func fileChecks() []diag.Check { return []diag.Check{utf16, zeroFilled, godebugUnknown} }

var utf16 = diag.Check{
	ID: "gomod-utf16", Title: text.New("go.mod is written in UTF-16", "go.mod 是 UTF-16 编码"),
	Severity: diag.Error, Reads: []facts.Section{facts.SecProject},
	Doc: text.New(
		`The go command reads go.mod as UTF-8. An editor that saves in "Unicode", or a redirection of Windows PowerShell (go mod init > …,
"text" > go.mod), writes UTF-16: every second byte is zero, and go says "unexpected input character '\x00'".

**How it is proven.** The file begins with the byte order mark of UTF-16.

**What looks the same.** gomod-zero-filled: zero bytes without such a mark are lost content.

**What the fix does.** It writes the same text in UTF-8; every character stays. Half characters are not guessed: then there is only advice.

**By hand.** iconv -f utf-16 -t utf-8 go.mod

Sources: https://go.dev/ref/mod#go-mod-file-lexical.`,
		`go 命令按 UTF-8 读取 go.mod。以 “Unicode” 保存的编辑器，或 Windows PowerShell 的重定向（"文本" > go.mod），会写成 UTF-16：每隔一个字节就是零，
于是 go 报 "unexpected input character '\x00'"。

**如何证明。** 文件以 UTF-16 的字节序标记开头。

**容易混淆的情况。** gomod-zero-filled：没有这种标记的零字节表示内容已丢失。

**修复做什么。** 以 UTF-8 写入同样的文本，每个字符都保留。不完整的字符不做猜测，只给建议。

**手动处理。** iconv -f utf-16 -t utf-8 go.mod

来源：https://go.dev/ref/mod#go-mod-file-lexical。`),
	Run: func(s *facts.Snapshot) []diag.Finding {
		m := &s.Project.GoMod
		if m.Path == "" || m.State != facts.FileRead || !m.UTF16 {
			return nil
		}
		f := diag.Finding{Claim: text.New("{path} is written in UTF-16; go reads UTF-8", "{path} 是 UTF-16 编码，而 go 按 UTF-8 读取").With("path", m.Path),
			ByHand: "iconv -f utf-16 -t utf-8 " + m.Path,
			Evidence: []diag.Evidence{
				at(because(text.New("it begins with the byte order mark of UTF-16: an editor or a redirection saved it so", "它以 UTF-16 字节序标记开头：编辑器或重定向把它存成了这样").With()), m.Path, 1),
				proof(text.New("{n} of its {size} bytes are zero", "{size} 个字节中有 {n} 个为零").With("n", m.NULs, "size", m.Size), ""),
				not(text.New("not lost content: the text between the zero bytes is whole", "不是内容丢失：零字节之间的文本是完整的").With()),
			},
			Fixes: []diag.Fix{manual(text.New("save it as UTF-8", "另存为 UTF-8").With(), "")},
		}
		if m.Plain != nil {
			f.Fixes = []diag.Fix{{Title: text.New("write the same text to {path} in UTF-8", "以 UTF-8 把同样的文本写入 {path}").With("path", m.Path), Risk: diag.Safe,
				Actions: action.List{&action.Edit{Path: m.Path, Splices: m.Plain}}}}
		}
		return []diag.Finding{f}
	},
}

var zeroFilled = diag.Check{
	ID: "gomod-zero-filled", Title: text.New("go.mod has lost its content", "go.mod 的内容丢失了"),
	Severity: diag.Error, Reads: []facts.Section{facts.SecProject},
	Doc: text.New(
		`After a crash or a power loss, or on a full disk, a file that was being written keeps its length but holds zero bytes, or is
empty. The go command then says "go.mod:1: unexpected input character '\x00'" or "error reading go.mod: missing module declaration".

**How it is proven.** The bytes of the file: zero bytes, or nothing but blanks. Git's index or last commit has a version that parses;
a copy beside the file (go.mod~, go.mod.bak) is looked at as well. An empty go.mod of which nothing else is known is not
reported: some people use one to keep a folder out of the module around it.

**What looks the same.** A go.mod with a syntax error has content: that is the user's edit, and not touched. A go.mod with content
and some zero bytes is not overwritten without being named: what is between them may be newer than git.

**What the fix does.** It puts the content of git's index (else of the last commit, else of the sound copy) into the file; undo brings the
bad bytes back. Other files, the index and HEAD stay as they are. Never go mod init, never git checkout.

**By hand.** git show :./go.mod; cp go.mod go.mod.bad && git show :./go.mod > go.mod

Sources: https://github.com/golang/go/issues/57039.`,
		`崩溃、断电之后，或者磁盘写满时，正在写入的文件可能保留了长度却全是零字节，或者变成空文件。go 命令会报
"go.mod:1: unexpected input character '\x00'" 或 "error reading go.mod: missing module declaration"。

**如何证明。** 看文件的字节：全是零字节，或者只有空白。git 的暂存区或最后一次提交里有能解析的版本；也会查看旁边的副本（go.mod~、go.mod.bak）。
如果找不到其他版本，空的 go.mod 不报告：有人用它把某个目录排除在外层模块之外。

**容易混淆的情况。** 有语法错误的 go.mod 是有内容的：那是用户的编辑，不会动它。既有内容又有部分零字节的 go.mod，除非指名，否则不会覆盖：其中内容可能比 git 里的新。

**修复做什么。** 把 git 暂存区（其次是最后一次提交，再次是完好的副本）的内容写回该文件；撤销会恢复坏的字节。其他文件、暂存区和 HEAD 都不动。
绝不运行 go mod init 或 git checkout。

**手动处理。** git show :./go.mod；cp go.mod go.mod.bad && git show :./go.mod > go.mod

来源：https://github.com/golang/go/issues/57039。`),
	Run: func(s *facts.Snapshot) []diag.Finding {
		m := &s.Project.GoMod
		if m.Path == "" || m.State != facts.FileRead || m.UTF16 || !m.Blank && m.NULs == 0 {
			return nil
		}
		if m.NULs == 0 && !sound(m.Head) && !sound(m.Index) && len(m.Copies) == 0 {
			return nil // an empty go.mod may mark a folder that is no part of the module around it
		}
		f := diag.Finding{Claim: text.New("{path} holds {n} zero byte(s) of {size}", "{path} 的 {size} 个字节中有 {n} 个是零字节").With("path", m.Path, "n", m.NULs, "size", m.Size), ByHand: "git show :./go.mod"}
		if m.NULs == 0 {
			f.Claim = text.New("{path} is empty", "{path} 是空的").With("path", m.Path)
		}
		f.Evidence = []diag.Evidence{at(because(text.New("it was cut or filled in the middle of a write: {size} bytes, {n} of them zero", "写入过程中被清空或填零：{size} 字节，其中 {n} 个为零").With("size", m.Size, "n", m.NULs)), m.Path, 1)}
		risk := diag.Safe
		if !m.Blank {
			risk = diag.Person
		}
		for _, src := range []struct {
			v    *facts.ModVersion
			name text.T
		}{{m.Index, text.New("git's index", "git 暂存区")}, {m.Head, text.New("the last commit", "最后一次提交")}} {
			if !sound(src.v) || src.v.Whole == nil {
				continue
			}
			f.Evidence = append(f.Evidence, proof(text.New("git has a sound version of {size} bytes", "git 中有 {size} 字节的完好版本").With("size", src.v.Size), "git show :./go.mod"))
			f.Fixes = append(f.Fixes, diag.Fix{Title: text.New("put the content of "+src.name.En+" back into {path}", "用"+src.name.Zh+"的内容恢复 {path}").With("path", m.Path),
				Risk: risk, Actions: action.List{&action.Edit{Path: m.Path, Splices: src.v.Whole}}})
			break
		}
		for _, c := range m.Copies {
			f.Evidence = append(f.Evidence, at(proof(text.New("{path} is a sound copy ({module})", "{path} 是完好的副本（{module}）").With("path", c.Path, "module", c.Module), ""), c.Path, 0))
			f.Fixes = append(f.Fixes, diag.Fix{Title: text.New("restore {path} from {copy}", "用 {copy} 恢复 {path}").With("path", m.Path, "copy", c.Path), Risk: diag.Person,
				Actions: action.List{&action.Restore{Path: m.Path, From: c.Path, Sum: c.Sum}}})
			break
		}
		f.Evidence = append(f.Evidence, not(text.New("not an edit: a file with zero bytes or without content was not written by an editor or the go command", "不是编辑所致：编辑器和 go 命令不会写出零字节或没有内容的文件").With()))
		if len(f.Fixes) == 0 {
			why := orDefault(s.Project.Git.Err, "no repository")
			f.Evidence = append(f.Evidence, proof(text.New("no sound version was found in git ({why})", "在 git 中没有找到完好的版本（{why}）").With("why", why), ""))
			f.Fixes = []diag.Fix{manual(text.New("take go.mod from a backup or a colleague's clone", "从备份或同事的仓库取回 go.mod").With(), "")}
		}
		return []diag.Finding{f}
	},
}

func sound(v *facts.ModVersion) bool { return v != nil && v.Sound }

var godebugUnknown = diag.Check{
	ID: "gomod-godebug-unknown", Title: text.New("go.mod has a godebug line this Go does not know", "go.mod 中有本版 Go 不认识的 godebug 行"),
	Severity: diag.Error, Reads: reads(facts.SecProject),
	Doc: text.New(
		`A godebug line of go.mod names a setting that the go command in use does not have: a typing error, a setting of a newer release, or one
that was removed. Then every command that loads the module says "go: error loading go.mod: go.mod:4: unknown godebug "…"".

**How it is proven.** The line is compared with the table of settings in the tree in use (src/internal/godebugs/table.go). Git says
whether the last commit has the line.

**What looks the same.** GODEBUG in the environment and //go:debug lines of a program: unknown names in GODEBUG harm nobody. In a workspace
the godebug lines of go.work count and those of go.mod do not.

**What the fix does.** A line that is not in the last commit is taken back: removed, or changed back to what the commit has. A committed line is
the team's decision: then there is only advice (a Go release that knows it). Other lines and other work stay.

**By hand.** git diff go.mod; go help godebug

Sources: cmd/go/internal/modload/init.go (CheckGodebug), https://go.dev/doc/godebug, https://github.com/golang/go/issues/67623.`,
		`go.mod 的 godebug 行写了正在使用的 go 命令没有的设置：拼写错误、更新版本才有的设置，或者已被移除的设置。于是每条加载模块的命令都报
"go: error loading go.mod: go.mod:4: unknown godebug "…""。

**如何证明。** 把该行与所用目录的设置表（src/internal/godebugs/table.go）比较；用 git 查看最后一次提交是否有这一行。

**容易混淆的情况。** 环境变量 GODEBUG 和程序里的 //go:debug 行：GODEBUG 中的未知名字没有害处。在工作区里生效的是 go.work 的 godebug 行，而不是 go.mod 的。

**修复做什么。** 撤回最后一次提交中没有的行：删除它，或改回提交中的内容。已提交的行是团队的决定，只给建议（换用认识它的 Go 版本）。其他行和其他改动都保留。

**手动处理。** git diff go.mod；go help godebug

来源：cmd/go/internal/modload/init.go（CheckGodebug）、https://go.dev/doc/godebug、https://github.com/golang/go/issues/67623。`),
	Run: func(s *facts.Snapshot) []diag.Finding {
		v := inUse(s)
		m := &s.Project.GoMod
		if v == nil || v.root != look(s).root || len(s.Toolchain.Godebugs) == 0 || s.Project.Work.Path != "" || m.State != facts.FileRead || len(m.Errors) > 0 {
			return nil
		}
		var out []diag.Finding
		for _, d := range m.Godebug {
			if !known(s.Toolchain.Godebugs, d.Key) && d.Key != "default" {
				out = append(out, v.unknownGodebug(m, d))
			}
		}
		return out
	},
}

func known(list []string, name string) bool {
	for _, n := range list {
		if n == name {
			return true
		}
	}
	return false
}

func (v *view) unknownGodebug(m *facts.ModFile, d facts.Directive) diag.Finding {
	f := diag.Finding{Subject: d.Key,
		Claim: text.New("{path}:{line} names the godebug setting {key}, which {version} does not have", "{path}:{line} 写了 godebug 设置 {key}，而 {version} 没有它").
			With("path", m.Path, "line", d.Line, "key", d.Key, "version", release(v.version)),
		Evidence: []diag.Evidence{
			at(because(text.New("{path}:{line} has: {text}", "{path}:{line} 写有：{text}").With("path", m.Path, "line", d.Line, "text", strings.TrimSpace(d.Cut.Old))), m.Path, d.Line),
			proof(text.New("none of the {n} settings of {root} has this name", "{root} 的 {n} 个设置中没有这个名字").With("n", len(v.s.Toolchain.Godebugs), "root", v.root), "go list -m"),
		}, ByHand: "git diff go.mod"}
	f.Evidence = append(f.Evidence, not(text.New("not GODEBUG of the environment: an unknown name there is passed over", "不是环境变量 GODEBUG：其中的未知名字会被忽略").With()))
	head := v.s.Project.GoMod.Head
	if head == nil || !head.Sound {
		f.Evidence = append(f.Evidence, proof(text.New("whether the line is committed is not known ({why})", "不知道该行是否已提交（{why}）").With("why", orDefault(v.s.Project.Git.Err, "no commit")), ""))
		f.Fixes = []diag.Fix{{Title: text.New("remove line {line} of {path}", "删除 {path} 的第 {line} 行").With("line", d.Line, "path", m.Path), Risk: diag.Person, Actions: cutLine(m, d, "")}}
		return f
	}
	for _, h := range head.Godebug {
		if h.Key == d.Key {
			f.Evidence = append(f.Evidence, proof(text.New("the last commit has the line too", "最后一次提交中也有这一行").With(), "git show HEAD:./go.mod"))
			f.Fixes = []diag.Fix{manual(text.New("use a Go release that knows {key}, or take the line out with your team", "使用认识 {key} 的 Go 版本，或与团队商量删除该行").With("key", d.Key), "")}
			return f
		}
	}
	f.Evidence = append(f.Evidence, proof(text.New("the last commit has no such line: it is an edit that is not committed", "最后一次提交中没有这一行：它是未提交的修改").With(), "git diff go.mod"))
	back := ""
	if len(head.Godebug) == len(m.Godebug) { // a line was changed: the one of the commit that is gone now
		for _, h := range head.Godebug {
			if !hasKey(m.Godebug, h.Key) {
				back = h.Cut.Old
			}
		}
	}
	f.Fixes = []diag.Fix{{Title: text.New("take back line {line} of {path}, which is not committed", "撤回 {path} 第 {line} 行未提交的修改").With("line", d.Line, "path", m.Path), Risk: diag.Safe, Actions: cutLine(m, d, back)}}
	return f
}

func hasKey(list []facts.Directive, key string) bool {
	for _, d := range list {
		if d.Key == key {
			return true
		}
	}
	return false
}

// cutLine replaces the line of a directive; "" takes it away.
func cutLine(m *facts.ModFile, d facts.Directive, line string) action.List {
	cut := d.Cut
	cut.New = line
	return action.List{&action.Edit{Path: m.Path, Splices: []facts.Splice{cut}}}
}
