package gopls

import (
	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/text"
)

var bigFile = diag.Check{
	ID: "gopls-file-too-big", Severity: diag.Warning, Reads: []facts.Section{facts.SecEditors, facts.SecGopls},
	Title: text.New("a Go file of several MiB makes every completion in its package slow", "一个数 MiB 的 Go 文件使其所在包中的每次补全都很慢"),
	Doc: text.New(`gopls type-checks the package that is edited again after each change, all of it. A generated file of 4 MiB made the first completion in its package take 12 s and later ones 1.8 s (v0.24.0, busy machine), one of 12 MiB
28 s each time; in other packages nothing is felt, as they only need what the package exports.

**Proof.** The file and its size, in the folder that is looked at: elsewhere it does no harm. Files that the go command passes over (names that begin with _ or .), and files with a build constraint, are not judged. **What looks the same.** A first load with an empty cache, which ends; a machine without memory. **The fix** is a person's: generate into a package of its own, data into an embedded file. No setting of gopls helps inside the package.`,
		`gopls 在每次更改后都会重新检查正在编辑的整个包的类型。一个 4 MiB 的生成文件使其所在包的首次补全耗时 12 秒，其后每次 1.8 秒（v0.24.0，机器繁忙）；12 MiB 的文件则每次 28 秒；其他包没有感觉，因为它们只需要该包导出的内容。

**证据。** 该文件及其大小，且位于所检查的目录中：在别处它没有坏处。go 命令跳过的文件（以 _ 或 . 开头的名称）和带有构建约束的文件不作判断。**容易混淆的情况。** 缓存为空的首次加载（会结束）；内存不足的机器。
**修复**由人进行：把代码生成到单独的包中，把数据放入嵌入文件。在该包内，gopls 的任何设置都无济于事。`),
	Run: func(s *facts.Snapshot) []diag.Finding {
		if !serving(s) {
			return nil
		}
		var out []diag.Finding
		for _, f := range s.Gopls.Big {
			out = append(out, diag.Finding{Subject: f.Path,
				Claim: text.New("{file} has {size}: gopls reads all of it again for each completion in its package", "{file} 有 {size}：其所在包的每次补全，gopls 都要重新读取全部内容").With("file", f.Path, "size", megabytes(uint64(f.Size))),
				Evidence: []diag.Evidence{
					{Role: diag.Because, File: f.Path, Text: text.New("the package is checked as a whole after each change", "每次更改后都会检查整个包").With()},
					{Role: diag.Proof, File: f.Path, Text: text.New("{n} bytes", "{n} 字节").With("n", f.Size), Command: "ls -l " + quoted(f.Path)},
					{Role: diag.Not, File: f.Path, Text: text.New("a file that is left out: no constraint is in its head, and the go command does not pass over it", "被排除的文件：其开头没有约束，go 命令也不会跳过它").With()}},
				ByHand: "ls -l " + quoted(f.Path),
				Fixes:  []diag.Fix{{Risk: diag.Manual, Title: text.New("generate it into a package of its own, or keep the data in a file that //go:embed names", "把它生成到单独的包中，或把数据放在 //go:embed 指定的文件里").With()}}})
		}
		return out
	},
}
