package toolchain

import (
	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/text"
)

var mixedReleases = diag.Check{
	ID: "goroot-mixed-releases", Title: text.New("the standard library has files of two releases", "标准库中混有两个版本的文件"),
	Severity: diag.Error, Reads: reads(facts.SecProject), After: []string{"goroot-in-goenv-other-version", "goroot-env-other-version"},
	Doc: text.New(
		`A Go release was unpacked over an older one. Files that the new release no longer has stay behind, or files of the old one came
back, and one package of the standard library declares a name twice: "strconv/number.go:14:7: IntSize redeclared in this
block". The errors come out of the Go tree, never out of the project.

**How it is proven.** Times of the files show which packages were written at two times; those packages were parsed with the build
constraints of this machine: two files that are compiled together declare the same name. Both places are named. (Packages whose
files all have one time are not parsed.)

**What looks the same.** mergetool-leftover-files: two files of the project declare a name twice. A file of the standard library that
somebody edited on purpose declares nothing twice and is not reported. Files for different systems may declare the same name: only
those that are compiled together count.

**What the fix does.** It lets another whole Go tree do the work. No file of the mixed tree is deleted by guess.

**By hand.** go vet std; install the release again into an empty folder (go.dev/doc/install says: remove the old tree first).

Sources: https://go.dev/doc/install, https://github.com/gopherdata/gophernotes/issues/259.`,
		`把新版 Go 解压到了旧版上面。新版已经没有的文件留了下来，或者旧文件又被放了回来，于是标准库的某个包把同一个名字声明了两次：
"strconv/number.go:14:7: IntSize redeclared in this block"。错误都来自 Go 目录，从不来自项目。

**如何证明。** 文件时间显示哪些包的文件是在两个时间写入的；用本机的构建约束解析这些包：两个会一起编译的文件声明了同一个名字，两处位置都会列出。
（文件时间一致的包不解析。）

**容易混淆的情况。** mergetool-leftover-files：项目自己的两个文件重复声明。有人特意修改过的标准库文件不会重复声明，不会报告。不同系统的文件可以声明同一个名字：只有一起编译的才算。

**修复做什么。** 让另一个完整的 Go 目录来工作。绝不凭猜测删除混杂目录里的文件。

**手动处理。** go vet std；把该版本重新安装到空目录（go.dev/doc/install 说明：先删除旧目录）。

来源：https://go.dev/doc/install、https://github.com/gopherdata/gophernotes/issues/259。`),
	Run: func(s *facts.Snapshot) []diag.Finding {
		v := inUse(s)
		if v == nil || len(s.Toolchain.Clashes) == 0 {
			return nil
		}
		if v.root != look(s).root { // a toolchain of the module cache does the work, another tree was scanned
			return nil
		}
		list := s.Toolchain.Clashes
		f := diag.Finding{Claim: text.New("package {pkg} of the Go tree {root} declares {name} twice: files of two releases", "Go 目录 {root} 的包 {pkg} 重复声明了 {name}：混有两个版本的文件").
			With("pkg", list[0].Package, "root", v.root, "name", list[0].Name),
			Evidence: []diag.Evidence{v.because()}, ByHand: "go vet " + list[0].Package, Fixes: v.useOther()}
		for _, c := range list[:min(len(list), 3)] {
			f.Evidence = append(f.Evidence, at(proof(text.New("{name} is declared in {file}:{line} and in {other}:{n}", "{name} 同时声明于 {file}:{line} 和 {other}:{n}").
				With("name", c.Name, "file", c.File, "line", c.Line, "other", c.Other, "n", c.OtherAt), "go vet "+c.Package), c.File, c.Line))
		}
		f.Evidence = append(f.Evidence, v.otherGo(v.floor().version),
			not(text.New("not the project's own files: both places are below {root}/src", "不是项目自己的文件：两处都在 {root}/src 下").With("root", v.root)),
			not(text.New("not files for different systems: both are compiled for {os}/{arch}", "不是针对不同系统的文件：两者都会为 {os}/{arch} 编译").
				With("os", orDefault(s.Settings.Get("GOOS"), s.Host.OS), "arch", orDefault(s.Settings.Get("GOARCH"), s.Host.Arch))))
		return []diag.Finding{f}
	},
}
