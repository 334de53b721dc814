package env

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gorescue/gorescue/internal/action"
	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/goenv"
	"github.com/gorescue/gorescue/internal/origin"
	"github.com/gorescue/gorescue/internal/text"
)

// fileChecks are the checks of the file of `go env -w`.
func fileChecks() []diag.Check {
	return []diag.Check{goenvUnreadable, goenvNotAFile, goenvZeros, goenvUTF16, goenvBOM, goenvReturns, configMoved, goenvElsewhere}
}

// fileDoc makes the page of a check of that file.
func fileDoc(p page) text.T {
	if p.source == "" {
		p.source = "- cmd/go/internal/cfg/cfg.go, func readEnvFile\n- https://github.com/golang/go/issues/30411"
	}
	return p.doc("GO")
}

// silent says what go does with a file that it cannot use.
func silent() diag.Evidence {
	return proof(text.New("go passes over it without a word, so the settings of go env -w are lost (cmd/go/internal/cfg/cfg.go, func readEnvFile)", "go 会悄悄忽略它，go env -w 的设置因此全部失效（cmd/go/internal/cfg/cfg.go 的 readEnvFile）").With())
}

// counted are the lines that count.
func counted(list []facts.EnvEntry) []facts.EnvEntry {
	return slices.DeleteFunc(slices.Clone(list), func(e facts.EnvEntry) bool {
		return e.Ignored != "" || e.Shadow || e.Value == "" || !goenv.IsSetting(e.Name)
	})
}

func namesOf(list []facts.EnvEntry) string {
	var out []string
	for _, e := range list {
		out = append(out, e.Name)
	}
	return strings.Join(out, ", ")
}

var goenvUnreadable = diag.Check{
	ID: "goenv-unreadable", Severity: diag.Error, Reads: []facts.Section{facts.SecSettings, facts.SecHost},
	Title: text.New("the go env file cannot be read", "go env 文件无法读取"),
	Doc: fileDoc(page{
		how: text.New("`sudo go env -w` makes the file anew as root's, or a restore gives it a wrong mode. go then passes over it without a word: GOPRIVATE, GOPROXY, GOFLAGS and everything else in it is lost, private module names go to the public proxy, "+
			"and `go env -w` fails with `permission denied`.",
			"`sudo go env -w` 会以 root 身份重新创建该文件，或者恢复备份时权限不对。go 会悄悄忽略它：其中的 GOPRIVATE、GOPROXY、GOFLAGS 等全部失效，私有模块名会被发给公共代理，而 `go env -w` 会报 `permission denied`。"),
		proof:  text.New("The file is there; owner and mode of it, or of the folder above it, keep this user out.", "文件存在，但它或其上级目录的属主与权限使本用户无法读取。"),
		alike:  text.New("A file of zeros (`goenv-zero-filled`), with a byte order mark (`goenv-bom`), or in another place (`xdg-config-home-moved`).", "全为零字节的文件（`goenv-zero-filled`）、带字节顺序标记的文件（`goenv-bom`）、位于别处的文件（`xdg-config-home-moved`）。"),
		fix:    text.New("The owner gets the right to read and write it. When it belongs to somebody else, the command for root is shown.", "给属主加上读写权限。如果它属于别人，则显示需要 root 执行的命令。"),
		never:  text.New("It never writes a new file over it.", "绝不用新文件覆盖它。"),
		source: "",
	}),
	Run: func(s *facts.Snapshot) []diag.Finding {
		f := &s.Settings.File
		if f.State != facts.FileUnreadable {
			return nil
		}
		path, mode, uid, bits := f.Path, f.Mode, f.UID, uint32(0o600)
		if f.Closed != nil {
			path, mode, uid, bits = f.Closed.Path, f.Closed.Mode, f.Closed.UID, 0o700
		}
		out := diag.Finding{
			Claim: text.New("{file} is there and cannot be read", "{file} 存在但无法读取").With("file", f.Path),
			Evidence: []diag.Evidence{
				{Role: diag.Because, File: path, Text: text.New("{path} has mode {mode} and belongs to user {uid}; this is user {me}", "{path} 的权限是 {mode}，属于用户 {uid}；当前用户是 {me}").
					With("path", path, "mode", fmt.Sprintf("%#o", mode), "uid", uid, "me", s.Host.UID)},
				{Role: diag.Proof, File: f.Path, Text: text.New("reading it fails: {err}", "读取失败：{err}").With("err", f.Err)}, silent(),
				not(text.New("not a file of zeros or in another place: it could not even be opened", "不是全零文件，也不是位置不对：它根本无法打开").With()),
			},
			ByHand: "ls -l " + quote(path),
		}
		if uid >= 0 && uid == s.Host.UID {
			out.Fixes = []diag.Fix{{Title: text.New("let the owner read {path}", "允许属主读取 {path}").With("path", path), Risk: diag.Safe,
				Actions: action.List{&action.Chmod{Files: []string{path}, Add: bits}}}}
		} else {
			out.Fixes = []diag.Fix{manual(text.New("give {path} back to its user; this needs root", "把 {path} 还给它的用户；这需要 root 权限").With("path", path), "sudo chown \"$(id -u):$(id -g)\" "+quote(path))}
		}
		return []diag.Finding{out}
	},
}

var goenvNotAFile = diag.Check{
	ID: "goenv-not-a-file", Severity: diag.Error, Reads: reads,
	Title: text.New("a folder or a pipe stands where the go env file should be", "go env 文件的位置上是目录或管道"),
	Doc: fileDoc(page{
		how: text.New("GOENV names a folder, or a mount of a container made one where the file was missing. go reads nothing, without a word, and `go env -w` fails with `reading go env config: … is a directory`.",
			"GOENV 指向了一个目录，或者容器挂载时因文件缺失而创建了目录。go 什么也读不到且没有提示，`go env -w` 会报 `reading go env config: … is a directory`。"),
		alike: text.New("A file that cannot be read (`goenv-unreadable`); GOENV=off, which is a choice.", "无法读取的文件（`goenv-unreadable`）；有意设置的 GOENV=off。"),
		fix:   text.New("When a start-up file sets GOENV so, that assignment is taken away. Otherwise the advice is to move the thing aside.", "如果是启动文件这样设置了 GOENV，则删除这条赋值；否则建议把它移开。"),
		never: text.New("It never deletes that folder.", "绝不删除那个目录。"),
	}),
	Run: func(s *facts.Snapshot) []diag.Finding {
		f := &s.Settings.File
		if f.State != facts.FileOdd {
			return nil
		}
		out := diag.Finding{
			Claim: text.New("{file} is no regular file of sensible size ({mode}), so go env -w settings are lost and cannot be written", "{file} 不是大小合理的普通文件（{mode}），go env -w 的设置失效且无法写入").With("file", f.Path, "mode", f.Err),
			Evidence: []diag.Evidence{
				{Role: diag.Because, File: f.Path, Text: text.New("at {path} is: {mode}", "{path} 处是：{mode}").With("path", f.Path, "mode", f.Err)}, silent(),
				not(text.New("not a file without permission: it is no file", "不是文件权限问题：它不是文件").With()),
			},
			ByHand: "ls -ld " + quote(f.Path),
			Fixes:  []diag.Fix{manual(text.New("move {path} aside", "把 {path} 移开").With("path", f.Path), "mv "+quote(f.Path)+" "+quote(f.Path+".aside"))},
		}
		if src, ok := origin.Of(s, "GOENV"); ok {
			out.Evidence[0] = src.Because()
			out.Evidence = append(out.Evidence, diag.Evidence{Role: diag.Proof, File: f.Path, Text: text.New("at {path} is: {mode}", "{path} 处是：{mode}").With("path", f.Path, "mode", f.Err)})
			out.Fixes = []diag.Fix{mend(src, "", false)}
		}
		return []diag.Finding{out}
	},
}

// restorable finds the newest copy that has settings, and all names that the file still has.
func restorable(f *facts.EnvFile) (facts.EnvFileCopy, bool) {
	have := counted(f.Entries)
	for _, c := range f.Backups {
		list := counted(c.Entries)
		all := !slices.ContainsFunc(have, func(e facts.EnvEntry) bool {
			return !slices.ContainsFunc(list, func(o facts.EnvEntry) bool { return o.Name == e.Name })
		})
		if len(list) > 0 && all {
			return c, true
		}
	}
	return facts.EnvFileCopy{}, false
}

// restore is the fix that puts a copy back, or the advice when there is none.
func restore(f *facts.EnvFile) []diag.Fix {
	c, ok := restorable(f)
	if !ok {
		return []diag.Fix{manual(text.New("no copy of {file} was found beside it: set its settings again with go env -w", "在 {file} 旁边没有找到副本：请用 go env -w 重新设置").With("file", f.Path), "")}
	}
	return []diag.Fix{{
		Title: text.New("restore {file} from {copy}", "用 {copy} 恢复 {file}").With("file", f.Path, "copy", c.Path), Risk: diag.Safe,
		Actions: action.List{&action.Restore{Path: f.Path, From: c.Path, Sum: c.Sum}},
	}}
}

var goenvZeros = diag.Check{
	ID: "goenv-zero-filled", Severity: diag.Error, Reads: []facts.Section{facts.SecSettings},
	Title: text.New("the go env file is full of zero bytes", "go env 文件全是零字节"),
	Doc: fileDoc(page{
		how: text.New("A power loss or a full disk left the file with its length and no content. go passes over such lines without a word, so every setting of `go env -w` is lost.",
			"断电或磁盘写满后，文件只剩长度而没有内容。go 会悄悄忽略这样的行，`go env -w` 的所有设置因此失效。"),
		proof: text.New("The number of zero bytes, and the lines that still count.", "零字节的数量，以及仍然有效的行。"),
		alike: text.New("A file in UTF-16 (`goenv-utf16`), which has zero bytes between the letters; a file that cannot be read (`goenv-unreadable`).", "UTF-16 编码的文件（`goenv-utf16`，字母之间有零字节）；无法读取的文件（`goenv-unreadable`）。"),
		fix:   text.New("The newest readable copy beside it (env~, env.bak, …) is put back; undo brings the damaged file back. Without a copy there is only advice.", "用旁边最新的可读副本（env~、env.bak 等）恢复；撤销会把损坏的文件放回。没有副本时只给出建议。"),
		never: text.New("It never starts with an empty file when there is a copy.", "有副本时绝不从空文件开始。"),
	}),
	Run: func(s *facts.Snapshot) []diag.Finding {
		f := &s.Settings.File
		if f.NULs == 0 || f.UTF16 {
			return nil
		}
		left := counted(f.Entries)
		broken := slices.ContainsFunc(f.Entries, func(e facts.EnvEntry) bool { return strings.Contains(e.Name+e.Value, "\x00") && e.Ignored == "" })
		c, found := restorable(f)
		if len(left) > 0 && !broken && (!found || len(counted(c.Entries)) <= len(left)) {
			return nil // every line still counts
		}
		out := diag.Finding{
			Claim: text.New("{file} has {n} zero bytes, and {k} line(s) that count", "{file} 含有 {n} 个零字节，仍然有效的行有 {k} 行").With("file", f.Path, "n", f.NULs, "k", len(left)),
			Evidence: []diag.Evidence{
				{Role: diag.Because, File: f.Path, Text: text.New("{n} of its {size} bytes are zero: it was being written when the machine stopped", "它的 {size} 个字节中有 {n} 个为零：机器停止时它正在写入").With("n", f.NULs, "size", f.Size)},
				silent(),
				not(text.New("not UTF-16: it has no byte order mark", "不是 UTF-16：没有字节顺序标记").With()),
				not(text.New("not a file without permission: it could be read", "不是权限问题：它可以读取").With()),
			},
			ByHand: "od -c " + quote(f.Path) + " | head",
			Fixes:  restore(f),
		}
		if found {
			out.Evidence = append(out.Evidence, diag.Evidence{Role: diag.Proof, File: c.Path, Text: text.New("the copy {copy} has {names}", "副本 {copy} 中有 {names}").With("copy", c.Path, "names", namesOf(counted(c.Entries)))})
		}
		return []diag.Finding{out}
	},
}

// plainFix rewrites the file as plain text, keeping every character.
func plainFix(f *facts.EnvFile, title text.T) []diag.Fix {
	if f.Plain == nil {
		return nil
	}
	return []diag.Fix{edit(title.With("file", f.Path), f.Path, f.Plain...)}
}

var goenvUTF16 = diag.Check{
	ID: "goenv-utf16", Severity: diag.Error, Reads: []facts.Section{facts.SecSettings},
	Title: text.New("the go env file is in UTF-16", "go env 文件是 UTF-16 编码"),
	Doc: fileDoc(page{
		how: text.New("An editor or `>` of an old PowerShell saved the file in UTF-16. To go no line of it has a name that it knows, and it passes over all of them without a word.",
			"编辑器或旧版 PowerShell 的 `>` 把文件保存成了 UTF-16。对 go 来说，其中没有一行的名称是它认识的，于是全部悄悄忽略。"),
		alike: text.New("A UTF-8 byte order mark (`goenv-bom`), which hides the first line only; zero bytes after a crash (`goenv-zero-filled`).", "UTF-8 字节顺序标记（`goenv-bom`，只影响第一行）；崩溃后的零字节（`goenv-zero-filled`）。"),
		fix:   text.New("The same text is written as UTF-8; when it cannot be decoded, the newest readable copy is put back.", "把同样的文本写成 UTF-8；无法解码时用最新的可读副本恢复。"),
	}),
	Run: func(s *facts.Snapshot) []diag.Finding {
		f := &s.Settings.File
		if !f.UTF16 {
			return nil
		}
		out := diag.Finding{
			Claim: text.New("{file} is in UTF-16; go reads none of its lines", "{file} 是 UTF-16 编码；go 一行也读不懂").With("file", f.Path),
			Evidence: []diag.Evidence{
				{Role: diag.Because, File: f.Path, Line: 1, Text: text.New("it begins with the byte order mark of UTF-16 and has {n} zero bytes", "它以 UTF-16 的字节顺序标记开头，并含有 {n} 个零字节").With("n", f.NULs)}, silent(),
				not(text.New("not a file that was cut by a crash: it begins with a mark", "不是崩溃造成的损坏：它以标记开头").With()),
			},
			ByHand: "file " + quote(f.Path),
			Fixes:  plainFix(f, text.New("write the text of {file} as UTF-8", "把 {file} 的文本写成 UTF-8")),
		}
		if _, ok := restorable(f); ok || len(out.Fixes) == 0 {
			out.Fixes = append(out.Fixes, restore(f)...)
		}
		return []diag.Finding{out}
	},
}

var goenvBOM = diag.Check{
	ID: "goenv-bom", Severity: diag.Error, Reads: []facts.Section{facts.SecSettings},
	Title: text.New("a byte order mark hides the first line of the go env file", "字节顺序标记使 go env 文件的第一行失效"),
	Doc: fileDoc(page{
		how: text.New("An editor saved the file with a UTF-8 byte order mark. The mark becomes part of the first name, and go passes over a name that does not begin with a capital letter: only that first setting is lost, without a word.",
			"编辑器以带 UTF-8 字节顺序标记的形式保存了文件。标记成为第一个名称的一部分，而 go 会忽略不以大写字母开头的名称：只有第一项设置悄悄失效。"),
		proof: text.New("The first three bytes are EF BB BF, and the first line would set a variable that go knows.", "前三个字节是 EF BB BF，而且第一行本会设置 go 认识的变量。"),
		alike: text.New("A mark before a comment or an empty line, which does no harm; UTF-16 (`goenv-utf16`).", "标记后面是注释或空行（无害）；UTF-16（`goenv-utf16`）。"),
		fix:   text.New("The three bytes are taken out; every other byte stays.", "去掉这三个字节，其他字节保持不变。"),
		never: text.New("It never rewrites the other lines.", "绝不改写其他行。"),
	}),
	Run: func(s *facts.Snapshot) []diag.Finding {
		f := &s.Settings.File
		if !f.BOM || len(f.Entries) == 0 || f.Entries[0].Line != 1 {
			return nil
		}
		first := f.Entries[0]
		name := strings.TrimPrefix(first.Name, "\ufeff")
		if name == first.Name || !goenv.IsSetting(name) || slices.ContainsFunc(f.Entries[1:], func(e facts.EnvEntry) bool { return e.Name == name && e.Ignored == "" }) {
			return nil
		}
		return []diag.Finding{{
			Subject: name,
			Claim:   text.New("{name} in line 1 of {file} is lost: a byte order mark stands before it", "{file} 第 1 行的 {name} 失效：它前面有字节顺序标记").With("name", name, "file", f.Path),
			Evidence: []diag.Evidence{
				{Role: diag.Because, File: f.Path, Line: 1, Text: text.New("the file begins with EF BB BF", "文件以 EF BB BF 开头").With()},
				proof(text.New("go wants a capital letter at the beginning of a line and passes over this one (cmd/go/internal/cfg/cfg.go, func readEnvFile)", "go 要求行首为大写字母，因此忽略这一行（cmd/go/internal/cfg/cfg.go 的 readEnvFile）").With()),
				not(text.New("not the whole file: the other {n} line(s) count", "不是整个文件：其他 {n} 行有效").With("n", len(counted(f.Entries[1:])))),
			},
			ByHand: "head -c 3 " + quote(f.Path) + " | od -An -tx1",
			Fixes:  []diag.Fix{edit(text.New("take the byte order mark out of {file}", "去掉 {file} 的字节顺序标记").With("file", f.Path), f.Path, facts.Splice{Old: "\ufeff"})},
		}}
	},
}

// trimmed lists settings whose readers drop a carriage return at the end: they split or trim their value.
const trimmed = " GOFLAGS GOPROXY GOSUMDB GOVCS GOAUTH GOCACHEPROG CC CXX FC CGO_CFLAGS CGO_CPPFLAGS CGO_CXXFLAGS CGO_FFLAGS CGO_LDFLAGS GOAMD64 GOARM GO386 "

var goenvReturns = diag.Check{
	ID: "goenv-crlf", Severity: diag.Error, Reads: []facts.Section{facts.SecSettings},
	Title: text.New("carriage returns at the ends of lines damage values of the go env file", "行尾的回车符损坏了 go env 文件中的值"),
	Doc: fileDoc(page{
		how: text.New("An editor for Windows saved the file with CR LF. go ends a line at LF only, so the CR becomes the last letter of the value. Some values do not mind (GOFLAGS, GOPROXY, CC); others are refused (`GOOS=linux\\r`: unsupported pair, GO111MODULE, GOWORK, GOTMPDIR) "+
			"or quietly become something else: folders with a CR in their name (GOPATH, GOBIN, GOCACHE), patterns that match nothing (GOPRIVATE).",
			"Windows 编辑器以 CR LF 换行保存了文件。go 只以 LF 断行，CR 于是成为值的最后一个字符。有些值不受影响（GOFLAGS、GOPROXY、CC）；有些被拒绝（`GOOS=linux\\r`：不支持的组合，以及 GO111MODULE、GOWORK、GOTMPDIR）；"+
				"有些则悄悄变成别的东西：名称中带 CR 的目录（GOPATH、GOBIN、GOCACHE）、什么也匹配不到的模式（GOPRIVATE）。"),
		proof: text.New("The lines that count, end with CR, and belong to variables that mind it (measured with go1.26).", "有效、以 CR 结尾且属于会受影响的变量的行（以 go1.26 实测）。"),
		alike: text.New("A file with CR LF whose values do not mind: nothing is said; a CR inside of a value.", "换行为 CR LF 但其值不受影响的文件（不作报告）；值中间的 CR。"),
		fix:   text.New("The carriage returns before line ends are taken out; every other byte stays.", "去掉行尾之前的回车符，其他字节保持不变。"),
	}),
	Run: func(s *facts.Snapshot) []diag.Finding {
		f := &s.Settings.File
		bad := slices.DeleteFunc(counted(f.Entries), func(e facts.EnvEntry) bool {
			return !strings.HasSuffix(e.Value, "\r") || in(trimmed, e.Name) || s.Settings.Values[e.Name].Origin != facts.FromGoenv
		})
		if len(bad) == 0 || f.Plain == nil {
			return nil
		}
		var out []diag.Evidence
		for _, e := range bad[:min(len(bad), 5)] {
			out = append(out, diag.Evidence{Role: diag.Proof, File: f.Path, Line: e.Line, Text: text.New("{name} is {value}", "{name} 的值是 {value}").With("name", e.Name, "value", e.Value)})
		}
		return []diag.Finding{{
			Claim: text.New("a carriage return is part of {names} in {file}", "{file} 中 {names} 的值带有回车符").With("names", namesOf(bad), "file", f.Path),
			Evidence: append([]diag.Evidence{{Role: diag.Because, File: f.Path, Line: bad[0].Line, Text: text.New("its lines end with CR LF; go ends a line at LF only", "它的行以 CR LF 结尾；go 只以 LF 断行").With()}},
				append(out, not(text.New("not a wrong value: without its last letter each is sound", "不是值写错了：去掉最后一个字符后都是正常的").With()))...),
			ByHand: "grep -n \"$(printf '\\r')\" " + quote(f.Path),
			Fixes:  plainFix(f, text.New("take the carriage returns out of {file}", "去掉 {file} 中的回车符")),
		}}
	},
}
