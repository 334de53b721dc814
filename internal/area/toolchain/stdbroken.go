package toolchain

import (
	"path/filepath"

	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/text"
)

var stdBroken = diag.Check{
	ID: "goroot-file-damaged", Title: text.New("a file of the standard library does not compile", "标准库中有文件无法编译"),
	Severity: diag.Error, Reads: reads(facts.SecProject, facts.SecBuild),
	After: []string{"goroot-mixed-releases", "go-tree-incomplete", "go-tools-from-other-release", "gocache-parts-closed"},
	Doc: text.New(
		`A file below src of the Go tree in use was damaged or edited: zero bytes after a power loss, an interrupted unpacking, a debugging
line that stayed. The compiler complains about a file that is not yours.

**How it is proven.** The build was run; its first complaint is about a file of the standard library, and what it says is shown.

**What looks the same.** Files of two releases in one tree (goroot-mixed-releases), folders that are gone (go-tree-incomplete), tools of another
release (go-tools-from-other-release): then those findings say so and this one stands under them. A standard library that was
edited on purpose and compiles is not reported.

**What the fix does.** It lets another whole Go tree come first. The damaged tree stays as it is; installing its release again into an
empty folder mends it.

**By hand.** go build std

Sources: https://go.dev/doc/install (never unpack over an existing tree).`,
		`正在使用的 Go 目录 src 下的某个文件损坏或被改动：断电后的零字节、解压中断、留下的调试代码。编译器抱怨的是不属于你的文件。

**如何证明。** 运行了构建；第一条报错针对标准库的文件，并给出其内容。

**容易混淆的情况。** 同一目录混有两个版本的文件（goroot-mixed-releases）、缺少目录（go-tree-incomplete）、工具来自其他版本（go-tools-from-other-release）：
由那些发现说明，本条显示在它们下面。有意改动且能编译的标准库不会报告。

**修复做什么。** 让另一个完整的 Go 目录排到前面。损坏的目录保持原样；把该版本重新安装到空目录即可修好。

**手动检查。** go build std

来源：https://go.dev/doc/install（不要解压到已有目录之上）。`),
	Run: func(s *facts.Snapshot) []diag.Finding {
		v := look(s)
		e := s.Build.FirstOf(facts.ClassStd)
		if s.Build.Outcome != facts.BuildFailed || e == nil || v.tree == nil || &s.Build.Errors[0] != e {
			return nil
		}
		what := text.New("{file}:{line}: {text}", "{file}:{line}：{text}").With("file", e.File, "line", e.Line, "text", firstOf(e.Text))
		switch e.Damage {
		case facts.SourceZeros:
			what = text.New("{file} holds zero bytes", "{file} 中有零字节").With("file", e.File)
		case facts.SourceMerge:
			what = text.New("{file} holds the markers of an unfinished merge", "{file} 中留有未完成合并的冲突标记").With("file", e.File)
		}
		return []diag.Finding{{Subject: v.root,
			Claim: text.New("the standard library in {root} does not compile: {file}", "{root} 中的标准库无法编译：{file}").With("root", v.root, "file", filepath.Base(filepath.Dir(e.File))+"/"+filepath.Base(e.File)),
			Evidence: []diag.Evidence{
				at(because(what), e.File, e.Line),
				proof(text.New("{cmd} says: {text}", "{cmd} 报告：{text}").With("cmd", s.Build.Command, "text", firstOf(e.Text)), s.Build.Command),
				v.otherGo(v.floor().version),
				not(text.New("not your code: the file belongs to the Go tree", "不是你的代码：该文件属于 Go 目录").With()),
			},
			ByHand: "go build std", Fixes: v.replaceFirst(v.floor().version),
		}}
	},
}

// firstOf is the first line of a message, at most 200 bytes.
func firstOf(m string) string {
	for i, r := range m {
		if r == '\n' || i > 200 {
			return m[:i]
		}
	}
	return m
}
