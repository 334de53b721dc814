package editor

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/gorescue/gorescue/internal/action"
	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/jsonc"
	"github.com/gorescue/gorescue/internal/text"
)

var reads = []facts.Section{facts.SecEditors}

// each calls f for every settings file of every editor, each path once.
func each(s *facts.Snapshot, f func(e *facts.Editor, file *facts.EditorFile)) {
	seen := map[string]bool{}
	for i := range s.Editors.List {
		e := &s.Editors.List[i]
		for j := range e.Files {
			if p := e.Files[j].Path; !seen[p] {
				seen[p] = true
				f(e, &e.Files[j])
			}
		}
	}
}

// weight is Error for a file that says something about Go, Warning for another one: the editor cannot
// write into it and follows it only in part.
func weight(f *facts.EditorFile) diag.Severity {
	if f.Go {
		return diag.Error
	}
	return diag.Warning
}

func because(f *facts.EditorFile, line int, m text.Msg) diag.Evidence {
	return diag.Evidence{Role: diag.Because, File: f.Path, Line: line, Text: m}
}

// firstError is the complaint as evidence.
func firstError(f *facts.EditorFile) diag.Evidence {
	if len(f.Errors) == 0 {
		return diag.Evidence{Role: diag.Proof, File: f.Path, Text: text.New("the file cannot be read as settings", "该文件无法作为设置读取").With()}
	}
	e := f.Errors[0]
	return diag.Evidence{Role: diag.Proof, File: f.Path, Line: e.Line,
		Text: text.New("{file}:{line}:{col}: {what}, at: {near}", "{file}:{line}:{col}：{what}，位于：{near}").With("file", f.Path, "line", e.Line, "col", e.Col, "what", e.Text, "near", e.Near)}
}

// notLayout rules out what a strict JSON parser complains of and an editor accepts.
func notLayout() diag.Evidence {
	return diag.Evidence{Role: diag.Not, Text: text.New("comments and trailing commas: an editor accepts them, and so does this reading", "注释和末尾逗号：编辑器接受，本次读取也接受").With()}
}

func mend(f *facts.EditorFile, title text.Msg) []diag.Fix {
	if f.Mend == nil {
		return nil
	}
	return []diag.Fix{{Title: title, Risk: diag.Safe, Actions: action.List{&action.Edit{Path: f.Path, Splices: f.Mend}}}}
}

func byEditor(f *facts.EditorFile) diag.Fix {
	return diag.Fix{Risk: diag.Manual, Title: text.New("open {file} in an editor and correct it there", "在编辑器中打开 {file} 并改正").With("file", f.Path)}
}

// fileCheck makes a check of one kind of damage.
func fileCheck(id string, title, doc text.T, damage jsonc.Damage, find func(*facts.EditorFile) diag.Finding) diag.Check {
	return diag.Check{ID: id, Title: title, Doc: doc, Severity: diag.Error, Reads: reads, Run: func(s *facts.Snapshot) []diag.Finding {
		var out []diag.Finding
		each(s, func(e *facts.Editor, f *facts.EditorFile) {
			if f.Damage != string(damage) || len(f.Errors) == 0 {
				return
			}
			x := find(f)
			x.Subject, x.Severity = f.Path, weight(f)
			x.Evidence = append(x.Evidence, firstError(f), notLayout())
			x.ByHand = "sed -n '" + fmt.Sprint(max(1, f.Errors[0].Line-1)) + "," + fmt.Sprint(f.Errors[0].Line) + "p' " + quoted(f.Path)
			out = append(out, x)
		})
		return out
	}}
}

func quoted(path string) string {
	if strings.ContainsAny(path, " '\"$&()") {
		return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
	}
	return path
}

const halfEn = `An editor of the VS Code family does not stop at a mistake in settings.json: it keeps what it could read and is silent about the rest, so
that some settings work and others do not; and it refuses to change any setting by itself ("Unable to write into user settings"). `
const halfZh = `VS Code 系列编辑器不会因 settings.json 中的错误而停止：它保留能读到的部分，对其余部分不作声，于是有的设置生效、有的不生效；并且它拒绝自行
修改任何设置（"Unable to write into user settings"）。`

var noComma = fileCheck("settings-json-missing-comma",
	text.New("a comma is missing in an editor's settings", "编辑器设置中缺少逗号"),
	text.New(halfEn+`Here nothing but a comma (or several) is missing between two settings.

**Proof.** A reader that accepts comments and trailing commas, as the editor does, wants a comma at the place shown, and with it the whole file has no
error. **What looks the same.** A file cut short, two objects one after the other, UTF-16: each has its own check. **The fix** inserts the comma and
touches no other byte.`,
		halfZh+`这里只是两项设置之间缺少一个（或几个）逗号。

**证据。** 与编辑器一样接受注释和末尾逗号的读取程序在所示位置需要逗号，补上后整个文件没有错误。**容易混淆的情况。** 文件被截断、前后两个对象、UTF-16：各有
自己的检查。**修复**只插入逗号，不动其他任何字节。`),
	jsonc.NoComma, func(f *facts.EditorFile) diag.Finding {
		return diag.Finding{
			Claim:    text.New("{file} lacks a comma: the editor reads it only in part", "{file} 缺少逗号：编辑器只能读取其中一部分").With("file", f.Path),
			Evidence: []diag.Evidence{because(f, f.Errors[0].Line, text.New("before line {line} a comma is missing", "第 {line} 行之前缺少逗号").With("line", f.Errors[0].Line))},
			Fixes:    mend(f, text.New("insert the comma in {file}", "在 {file} 中补上逗号").With("file", f.Path)),
		}
	})

var cutOff = fileCheck("settings-json-cut-off",
	text.New("an editor's settings file ends in the middle", "编辑器设置文件在中途结束"),
	text.New(halfEn+`Here the text ends in the middle of an object: the disk was full, a sync tool or a crash interrupted the writing.

**Proof.** The end of the file comes while brackets are open. **What looks the same.** One brace forgotten in the middle: the file then ends with a
closing brace at the left margin, and settings-json-syntax reports it. **The fix** takes a copy beside it that begins with exactly these bytes, if there is
one; else it closes the open brackets and leaves out only the unfinished piece at the end, which the finding shows.`,
		halfZh+`这里文本在一个对象中间结束：磁盘写满、同步工具或崩溃打断了写入。

**证据。** 括号尚未闭合就到了文件末尾。**容易混淆的情况。** 中间漏写一个花括号：此时文件以最左侧的右花括号结尾，由 settings-json-syntax 报告。**修复**：若旁边有一
份恰好以这些字节开头的副本则用它恢复；否则闭合未关的括号，只去掉末尾未写完的片段（会显示出来）。`),
	jsonc.CutOff, func(f *facts.EditorFile) diag.Finding {
		x := diag.Finding{
			Claim:    text.New("{file} ends in the middle of a setting", "{file} 在一项设置中间结束").With("file", f.Path),
			Evidence: []diag.Evidence{because(f, f.Errors[len(f.Errors)-1].Line, text.New("the file has {size} bytes and ends with an open bracket", "文件有 {size} 字节，结束时括号未闭合").With("size", f.Size))},
		}
		if f.Copy != nil {
			x.Fixes = append(x.Fixes, restore(f))
		}
		title := text.New("close the open brackets of {file}", "闭合 {file} 中未关的括号").With("file", f.Path)
		if f.Lost != "" {
			title = text.New("close the open brackets of {file}; the unfinished piece {lost} is left out", "闭合 {file} 中未关的括号；去掉未写完的片段 {lost}").With("file", f.Path, "lost", f.Lost)
		}
		x.Fixes = append(x.Fixes, mend(f, title)...)
		return x
	})

func restore(f *facts.EditorFile) diag.Fix {
	return diag.Fix{Risk: diag.Safe, Title: text.New("restore {file} from {copy}", "用 {copy} 恢复 {file}").With("file", f.Path, "copy", f.Copy.Path),
		Actions: action.List{&action.Restore{Path: f.Path, From: f.Copy.Path, Sum: f.Copy.Sum}}}
}

var twoRoots = fileCheck("settings-json-two-root-objects",
	text.New("an editor's settings file holds two objects", "编辑器设置文件含有两个对象"),
	text.New(halfEn+`Here a second {…} follows the first, usually a snippet pasted behind the closing brace. Only the first object counts.

**Proof.** The reader wants the end of the file behind the first complete object, and finds another object. **What looks the same.** A brace too many at the
end (settings-json-syntax). **The fix** joins both when no key has two different values, so that nothing is lost; otherwise the finding names those keys and a person
decides.`,
		halfZh+`这里第一个 {…} 之后还有一个，通常是把片段粘贴到了右花括号之后。只有第一个对象有效。

**证据。** 读取程序在第一个完整对象之后期望文件结束，却发现另一个对象。**容易混淆的情况。** 末尾多一个花括号（settings-json-syntax）。**修复**：当没有任何键取两个不同的
值时把两者合并，不丢失任何内容；否则列出这些键，由人决定。`),
	jsonc.TwoRoots, func(f *facts.EditorFile) diag.Finding {
		x := diag.Finding{
			Claim:    text.New("{file} holds two objects; the editor takes only the first", "{file} 含有两个对象；编辑器只取第一个").With("file", f.Path),
			Evidence: []diag.Evidence{because(f, f.Errors[0].Line, text.New("a second object begins at line {line}", "第二个对象从第 {line} 行开始").With("line", f.Errors[0].Line))},
			Fixes:    mend(f, text.New("join both objects of {file}", "合并 {file} 中的两个对象").With("file", f.Path)),
		}
		if len(f.Clash) > 0 {
			x.Evidence = append(x.Evidence, diag.Evidence{Role: diag.Proof, File: f.Path, Text: text.New("both set {keys}, to different values", "两者都设置了 {keys}，且值不同").With("keys", strings.Join(f.Clash, ", "))})
		}
		if x.Fixes == nil {
			x.Fixes = []diag.Fix{byEditor(f)}
		}
		return x
	})

var syntax = fileCheck("settings-json-syntax",
	text.New("an editor's settings file has a syntax error", "编辑器设置文件有语法错误"),
	text.New(halfEn+`Here a sign is missing or too much: a brace, a colon, a doubled comma, a word of another language (True, None).

**Proof.** The reader, which accepts comments and trailing commas as the editor does, fails at the place shown. **What looks the same.** A missing comma, a file
cut short, two objects, UTF-16, zero bytes, merge markers: each has its own check. **The fix** inserts or removes single signs where the error is, and only if the file has no
error afterwards; a missing brace is put where the indentation shows it. Otherwise a person must decide.`,
		halfZh+`这里多了或少了一个符号：花括号、冒号、重复的逗号，或其他语言的词（True、None）。

**证据。** 与编辑器一样接受注释和末尾逗号的读取程序在所示位置失败。**容易混淆的情况。** 缺逗号、文件被截断、两个对象、UTF-16、零字节、合并标记：各有自己的检查。**修复**
在出错处插入或去掉单个符号，且仅当之后文件没有错误；缺少的花括号按缩进所示补上。否则须由人决定。`),
	jsonc.Other, func(f *facts.EditorFile) diag.Finding {
		x := diag.Finding{
			Claim:    text.New("{file} has a syntax error: the editor reads it only in part", "{file} 有语法错误：编辑器只能读取其中一部分").With("file", f.Path),
			Evidence: []diag.Evidence{because(f, f.Errors[0].Line, text.New("line {line}: {what}", "第 {line} 行：{what}").With("line", f.Errors[0].Line, "what", f.Errors[0].Text))},
			Fixes:    mend(f, text.New("correct the signs in {file}", "改正 {file} 中的符号").With("file", f.Path)),
		}
		if x.Fixes == nil {
			x.Fixes = []diag.Fix{byEditor(f)}
		}
		return x
	})

var conflict = fileCheck("settings-json-merge-conflict",
	text.New("an editor's settings file has merge markers", "编辑器设置文件含有合并标记"),
	text.New(halfEn+`Here the markers of an unfinished merge (<<<<<<<, >>>>>>>) stand in it, mostly in .vscode/settings.json of a repository or in synced dotfiles.

**Proof.** The markers stand at line starts. **What looks the same.** An ordinary syntax error. Which side is right only a person knows: gorescue changes nothing
here. By hand: keep one side, delete the marker lines.`,
		halfZh+`这里留有未完成合并的标记（<<<<<<<、>>>>>>>），多见于仓库的 .vscode/settings.json 或同步的点文件。

**证据。** 标记位于行首。**容易混淆的情况。** 普通语法错误。哪一方正确只有人知道：gorescue 不作修改。手工处理：保留一方，删除标记行。`),
	jsonc.Conflict, func(f *facts.EditorFile) diag.Finding {
		return diag.Finding{
			Claim:    text.New("{file} has the markers of an unfinished merge", "{file} 含有未完成合并的标记").With("file", f.Path),
			Evidence: []diag.Evidence{because(f, f.Errors[0].Line, text.New("line {line} is a marker", "第 {line} 行是标记").With("line", f.Errors[0].Line))},
			Fixes:    []diag.Fix{byEditor(f)},
		}
	})

var utf16 = diag.Check{
	ID: "settings-json-utf16", Severity: diag.Error, Reads: reads,
	Title: text.New("an editor's settings file is in UTF-16", "编辑器设置文件是 UTF-16 编码"),
	Doc: text.New(`Editors read settings.json as UTF-8. A tool that writes UTF-16 (redirection in an old PowerShell, some Windows editors) makes every
second byte zero: the editor sees no setting at all, uses the defaults, and refuses to change settings ("Unable to write into user settings").

**Proof.** The file begins with the byte order mark FF FE or FE FF, or every second byte of its start is zero, and it decodes as UTF-16. **What looks the
same.** A file overwritten with zero bytes by a crash (settings-json-zero-filled), where no text is left. **The fix** writes the same text as UTF-8. By hand:
iconv -f UTF-16 -t UTF-8.`,
		`编辑器按 UTF-8 读取 settings.json。写出 UTF-16 的工具（旧版 PowerShell 的重定向、某些 Windows 编辑器）会使每隔一个字节为零：编辑器看不到任何设置，
使用默认值，并拒绝修改设置（"Unable to write into user settings"）。

**证据。** 文件以字节序标记 FF FE 或 FE FF 开头，或开头每隔一个字节为零，且能按 UTF-16 解码。**容易混淆的情况。** 因崩溃被零字节覆盖的文件（settings-json-zero-filled），其中已没有文本。
**修复**把同样的文本写成 UTF-8。手工处理：iconv -f UTF-16 -t UTF-8。`),
	Run: func(s *facts.Snapshot) []diag.Finding {
		var out []diag.Finding
		each(s, func(e *facts.Editor, f *facts.EditorFile) {
			if f.Encoding != "utf-16" {
				return
			}
			x := diag.Finding{Subject: f.Path, Severity: weight(f),
				Claim: text.New("{file} is in UTF-16: the editor sees none of its settings", "{file} 是 UTF-16 编码：编辑器看不到其中任何设置").With("file", f.Path),
				Evidence: []diag.Evidence{
					because(f, 1, text.New("every second byte is zero", "每隔一个字节为零").With()),
					{Role: diag.Proof, File: f.Path, Text: text.New("its {size} bytes decode as UTF-16 text", "其 {size} 字节可按 UTF-16 解码为文本").With("size", f.Size), Command: "file " + quoted(f.Path)},
					{Role: diag.Not, Text: text.New("a file of zeros: text is there", "全零文件：其中有文本").With()},
				},
				ByHand: "head -c 16 " + quoted(f.Path) + " | od -c",
			}
			if f.Plain != nil {
				x.Fixes = []diag.Fix{{Risk: diag.Safe, Title: text.New("write the text of {file} as UTF-8", "把 {file} 的文本写成 UTF-8").With("file", f.Path),
					Actions: action.List{&action.Edit{Path: f.Path, Splices: f.Plain}}}}
			}
			out = append(out, x)
		})
		return out
	},
}

var zeros = diag.Check{
	ID: "settings-json-zero-filled", Severity: diag.Error, Reads: reads,
	Title: text.New("an editor's settings file holds zero bytes", "编辑器设置文件含有零字节"),
	Doc: text.New(`After a power loss a file may have its size but not its content: zero bytes stand where settings were. The editor reads no
setting behind them, and its own next write may make the loss final.

**Proof.** Zero bytes are in the file, and it is no UTF-16. **What looks the same.** UTF-16 text (settings-json-utf16). **The fix** takes the newest sound copy that stands
beside the file, when there is one; the damaged file comes back with undo. Without a copy: the editor's own local history, or settings sync.`,
		`断电之后，文件可能大小还在而内容已失：原来是设置的地方变成零字节。编辑器读不到其后的设置，而它下一次写入可能使损失无法挽回。

**证据。** 文件中有零字节，且不是 UTF-16。**容易混淆的情况。** UTF-16 文本（settings-json-utf16）。**修复**使用旁边最新的完好副本（若有）；撤销可恢复损坏的文件。没有副本时：
请用编辑器自己的本地历史或设置同步。`),
	Run: func(s *facts.Snapshot) []diag.Finding {
		var out []diag.Finding
		each(s, func(e *facts.Editor, f *facts.EditorFile) {
			if f.Encoding != "zeros" {
				return
			}
			x := diag.Finding{Subject: f.Path,
				Claim: text.New("{file} holds zero bytes", "{file} 含有零字节").With("file", f.Path),
				Evidence: []diag.Evidence{
					because(f, 1, text.New("a write was interrupted", "一次写入被打断").With()),
					{Role: diag.Proof, File: f.Path, Text: text.New("zero bytes among {size} bytes", "{size} 字节中有零字节").With("size", f.Size)},
					{Role: diag.Not, Text: text.New("UTF-16: it does not decode", "UTF-16：无法解码").With()},
				},
				ByHand: "tr -d '\\0' <" + quoted(f.Path) + " | wc -c", Fixes: []diag.Fix{byEditor(f)},
			}
			if f.Copy != nil {
				x.Fixes = []diag.Fix{restore(f)}
			}
			out = append(out, x)
		})
		return out
	},
}

var duplicate = diag.Check{
	ID: "settings-json-duplicate-gopls-key", Severity: diag.Error, Reads: reads,
	Title: text.New("a Go setting stands twice in one file", "一项 Go 设置在同一文件中出现两次"),
	Doc: text.New(`A key that one JSON object has twice is no error for an editor: the last value wins, the first one has no effect. Whoever looks at the first wonders.

**Proof.** Both lines are shown, and that their values differ. **What looks the same.** The same key in the user's and the workspace's settings, which
is how layers work. Equal values twice change nothing and are not reported. **The fix** makes one object of two when their entries do not contradict
each other: no value is lost. When they do, the fix keeps what is in force now, and a person must name it.`,
		`一个 JSON 对象中同一个键出现两次，对编辑器来说不是错误：后一个值生效，前一个没有作用。只看到前一个的人会感到困惑。

**证据。** 显示两处行号及其不同的值。**容易混淆的情况。** 用户设置与工作区设置中有相同的键，那是分层的正常方式。两次相同的值没有影响，不报告。**修复**：当两个对象的
条目互不矛盾时合为一个，不丢失任何值；若有矛盾，修复保留当前生效的值，且须由人点名。`),
	Run: func(s *facts.Snapshot) []diag.Finding {
		var out []diag.Finding
		each(s, func(e *facts.Editor, f *facts.EditorFile) {
			for _, tw := range f.Twice {
				last := tw.Lines[len(tw.Lines)-1]
				x := diag.Finding{Subject: f.Path + " " + tw.Key,
					Claim: text.New("{key} stands twice in {file}; only line {last} counts", "{key} 在 {file} 中出现两次；只有第 {last} 行有效").With("key", tw.Key, "file", f.Path, "last", last),
					Evidence: []diag.Evidence{
						because(f, tw.Lines[0], text.New("line {line} has {key}, without effect", "第 {line} 行有 {key}，但没有作用").With("line", tw.Lines[0], "key", tw.Key)),
						{Role: diag.Proof, File: f.Path, Line: last, Text: text.New("line {line} of {name} has it again, with another value", "{name} 第 {line} 行再次出现，值不同").With("line", last, "name", filepath.Base(f.Path))},
						{Role: diag.Not, Text: text.New("two layers of settings: both lines are in one object of one file", "两层设置：两行在同一文件的同一对象中").With()},
					},
					ByHand: "grep -n '" + tw.Key[strings.LastIndex(tw.Key, " ")+1:] + "' " + quoted(f.Path),
					Fixes:  []diag.Fix{byEditor(f)},
				}
				if tw.Join != nil && len(f.Errors) == 0 {
					fix := diag.Fix{Risk: diag.Safe, Title: text.New("make one {key} of both in {file}", "在 {file} 中把两个 {key} 合为一个").With("key", tw.Key, "file", f.Path),
						Actions: action.List{&action.Edit{Path: f.Path, Splices: tw.Join}}}
					if len(tw.Conflicts) > 0 {
						fix.Risk = diag.Person
						fix.Title = text.New("make one {key} of both in {file}; of {keys} the value in force stays", "在 {file} 中把两个 {key} 合为一个；{keys} 保留当前生效的值").With("key", tw.Key, "file", f.Path, "keys", strings.Join(tw.Conflicts, ", "))
					}
					x.Fixes = []diag.Fix{fix}
				}
				out = append(out, x)
			}
		})
		return out
	},
}
