package build

import (
	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/gocmd"
	"github.com/gorescue/gorescue/internal/text"
)

// damage says in a sentence what is in the place of code; ok is false when it is code.
func damage(e *facts.BuildError) (m text.Msg, ok bool) {
	switch e.Damage {
	case facts.SourceUTF16:
		return text.New("{file} is written in UTF-16; Go source is UTF-8: an editor or a shell redirection saved it so", "{file} 是 UTF-16 编码；Go 源码必须是 UTF-8：编辑器或 shell 重定向把它存成了这样").With("file", e.File), true
	case facts.SourceMerge:
		return text.New("{file} holds the markers of an unfinished merge (<<<<<<<, >>>>>>>)", "{file} 中留有未完成合并的冲突标记（<<<<<<<、>>>>>>>）").With("file", e.File), true
	}
	return text.Msg{}, false
}

var zeroFilled = diag.Check{
	ID:       "gofile-zero-filled",
	Title:    text.New("a Go file holds zero bytes", "某个 Go 文件中有零字节"),
	Severity: diag.Error,
	Reads:    []facts.Section{facts.SecBuild},
	Doc: text.New(`After a power loss or a crash, or on a full disk, a file that was just being saved keeps its length but holds zero bytes. The
go command then says "unexpected NUL in input" at the line of the import, or the compiler "illegal character NUL".

**How it is proven.** The build complains about the file, and zero bytes are in it. No editor and no formatter writes them.

**What looks the same.** A file in UTF-16 has zero bytes too, behind a mark at its beginning: it is said as such. A file of the standard
library or of a dependency with zero bytes is not your source: the Go tree or the module cache is damaged.

**What the fix does.** There is only advice: your source is never written to. If the file is in git, git restore brings the last committed or
staged version back; what you wrote since is lost with the bytes, but maybe your editor keeps backups or a local history.

**By hand.** od -c FILE | head; git show :./FILE

Sources: go/build/read.go (errNUL); https://github.com/golang/go/issues/24211.`,
		`断电、崩溃或磁盘写满时，正在保存的文件可能保留了长度却全是零字节。go 命令会在导入处报“unexpected NUL in input”，或由编译器报“illegal character NUL”。

**如何证明。** 构建抱怨该文件，而且文件中有零字节。编辑器和格式化工具都不会写出零字节。

**容易混淆的情况。** UTF-16 文件也含零字节，但开头有标记：会另行说明。标准库或依赖的文件含零字节，则不是你的源码，而是 Go 目录或模块缓存损坏。

**修复做什么。** 只有建议：绝不写你的源码。如果文件在 git 中，git restore 可取回最后提交或暂存的版本；之后写的内容已随字节丢失，但编辑器可能留有备份或本地历史。

**手动检查。** od -c 文件 | head；git show :./文件

来源：go/build/read.go（errNUL）；https://github.com/golang/go/issues/24211。`),
	Run: func(s *facts.Snapshot) []diag.Finding {
		b := &s.Build
		for i := range b.Errors {
			e := &b.Errors[i]
			if e.Damage != facts.SourceZeros || e.Class == facts.ClassStd || e.Class == facts.ClassDep {
				continue
			}
			name := relative(b.Dir, e.File)
			return []diag.Finding{{
				Subject: e.File,
				Claim:   text.New("{file} holds zero bytes instead of code", "{file} 中是零字节而不是代码").With("file", name),
				ByHand:  gocmd.Line("git", []string{"show", ":./" + name}),
				Evidence: []diag.Evidence{
					{Role: diag.Because, File: e.File, Text: text.New("{file} has zero bytes: it was being saved when the machine or the disk gave up", "{file} 中有零字节：保存它时机器停止或磁盘已满").With("file", e.File)},
					{Role: diag.Proof, Command: b.Command, Text: text.New("the build says: {text}", "构建报告：{text}").With("text", firstLine(e.Text))},
					{Role: diag.Not, Text: text.New("an edit: no editor writes zero bytes, and a file in UTF-16 would begin with its mark", "不是编辑所致：编辑器不会写零字节，UTF-16 文件开头会有标记").With()},
				},
				Fixes: []diag.Fix{{Title: text.New("take the last version from git, or from the backups of your editor", "从 git 或编辑器的备份取回最近的版本").With(), Risk: diag.Manual, Shell: gocmd.Line("git", []string{"restore", name})}},
			}}
		}
		return nil
	},
}
