package build

import (
	"github.com/gorescue/gorescue/internal/action"
	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/text"
)

var rottenEntry = diag.Check{
	ID:       "gocache-entry-damaged",
	Title:    text.New("an entry of the build cache is damaged", "构建缓存中有损坏的条目"),
	Severity: diag.Error,
	Reads:    []facts.Section{facts.SecBuild, facts.SecExperiment},
	Doc: text.New(`A file in the build cache no longer holds what was written to it: a power loss or a full disk left zero bytes, a disk or
a copying tool changed it. The go command trusts its size, so the compiler or the linker fails on good code: "could not import …
(not a package file)", "can't find export data", and it will fail again at every build.

**How it is proven.** The name of an entry is the SHA-256 of its content. The entries that this build uses are hashed; those named here
do not have the content of their names.

**What looks the same.** An import that does not exist ("no required module provides package"), a tool of another release ("object is
[…]"): there the entries hold what their names say.

**What the fix does.** It moves these entries aside, in the cache itself; the go command makes them anew. Nothing else of the cache is
touched, and go clean -cache, which would throw all of it away, is not needed.

**By hand.** sha256sum of the file, compared with its name. When it happens again, look at the disk (dmesg, smartctl).

Sources: cmd/go/internal/cache/cache.go (OutputID, GetFile); https://github.com/golang/go/issues/29667.`,
		`构建缓存中的某个文件已不是当初写入的内容：断电或磁盘写满留下了零字节，或者磁盘、复制工具改动了它。go 命令只核对大小，于是编译器或链接器
在好的代码上失败：“could not import …（not a package file）”“can't find export data”，而且每次构建都会再次失败。

**如何证明。** 条目的文件名就是其内容的 SHA-256。对本次构建用到的条目计算了哈希；这里列出的条目内容与文件名不符。

**容易混淆的情况。** 导入的包不存在（“no required module provides package”）、工具来自另一个版本（“object is […]”）：那些情况下条目内容与文件名相符。

**修复做什么。** 把这些条目在缓存目录内移到一旁；go 命令会重新生成。缓存的其他部分不动，也不需要会丢弃全部缓存的 go clean -cache。

**手动检查。** 对文件运行 sha256sum，与文件名比较。如果再次发生，请检查磁盘（dmesg、smartctl）。

来源：cmd/go/internal/cache/cache.go（OutputID、GetFile）；https://github.com/golang/go/issues/29667。`),
	Run: runRotten,
}

func runRotten(s *facts.Snapshot) []diag.Finding {
	b, list := &s.Build, s.Experiment.Rotten
	if len(list) == 0 {
		return nil
	}
	first := list[0]
	f := diag.Finding{
		Claim:  text.New("{n} entry(ies) of the build cache do not hold what their names say, the first {path}", "构建缓存中有 {n} 个条目的内容与文件名不符，第一个是 {path}").With("n", len(list), "path", first.Path),
		ByHand: "sha256sum " + first.Path,
	}
	var aside action.List
	for i, e := range list {
		aside = append(aside, &action.Move{From: e.Path, To: e.Path + ".damaged"})
		if i >= shown {
			continue
		}
		m := text.New("{path}: the SHA-256 of its {size} bytes is not its name", "{path}：其 {size} 字节的 SHA-256 与文件名不符")
		if e.Zeros {
			m = text.New("{path}: its {size} bytes are all zero: it was being written when the machine stopped", "{path}：其 {size} 字节全为零：写入时机器停止了")
		}
		f.Evidence = append(f.Evidence, diag.Evidence{Role: diag.Because, File: e.Path, Text: m.With("path", e.Path, "size", e.Size)})
	}
	if len(b.Errors) > 0 {
		f.Evidence = append(f.Evidence, diag.Evidence{Role: diag.Proof, Command: b.Command, Text: text.New("the build fails on it: {text}", "构建因此失败：{text}").With("text", firstLine(b.Errors[0].Text))})
	}
	f.Evidence = append(f.Evidence, diag.Evidence{Role: diag.Not, Text: text.New("an error in the code: the compiler could not read the result of another compilation", "并非代码中的错误：是编译器读不了另一次编译的结果").With()})
	f.Fixes = []diag.Fix{{Title: text.New("move {n} entry(ies) of the build cache aside; go makes them anew", "把构建缓存中的 {n} 个条目移到一旁，由 go 重新生成").With("n", len(list)), Risk: diag.Safe, Actions: aside}}
	return []diag.Finding{f}
}
