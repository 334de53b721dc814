package env

import (
	"slices"
	"strings"

	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/goenv"
	"github.com/gorescue/gorescue/internal/origin"
	"github.com/gorescue/gorescue/internal/text"
)

// cgoChecks are the checks of the C compiler's variables and of CGO_ENABLED.
func cgoChecks() []diag.Check {
	return slices.Concat(
		checks(ccMalformed, ccMissing, pkgConfigMissing, cgoWithoutCompiler),
		checks(byPlace(cgoOff, "cgo-disabled-in-goenv", "cgo-disabled-in-profile")...))
}

// cgoReads are the sections that tell whether cgo matters here.
func cgoReads() []facts.Section {
	return []facts.Section{facts.SecHost, facts.SecBuild}
}

// cgoOn reports whether cgo is on for this machine's own platform.
func cgoOn(s *facts.Snapshot) bool {
	return s.Settings.Get("CGO_ENABLED") != "0" && nativeBuild(s)
}

func nativeBuild(s *facts.Snapshot) bool {
	return s.Settings.Get("GOOS") == s.Host.OS && s.Settings.Get("GOARCH") == s.Host.Arch
}

// complaint is the build's own error that names a program, nil when there is none.
func complaint(s *facts.Snapshot, name string) *facts.BuildError {
	for i := range s.Build.Errors {
		if e := &s.Build.Errors[i]; name != "" && strings.Contains(e.Text, name) {
			return e
		}
	}
	return nil
}

// said is the build's error as proof.
func said(e *facts.BuildError) diag.Evidence {
	first, _, _ := strings.Cut(strings.TrimSpace(e.Text), "\n")
	return diag.Evidence{Role: diag.Proof, File: e.File, Line: e.Line, Text: text.New("the build here says: {text}", "这里的构建报错：{text}").With("text", first)}
}

var ccMalformed = rule{
	id: "cc-bad-value", variables: []string{"CC", "CXX", "FC"},
	title: text.New("CC, CXX or FC is relative or cannot be read", "CC、CXX 或 FC 是相对路径或无法解析"),
	page: page{
		how: text.New("CC, CXX and FC are a command: the name of a program in PATH or an absolute path, with arguments behind it. A relative path with a slash (`bin/clang`, `~/bin/clang` that nobody expanded), or a quote that is not closed, ends "+
			"everything that loads packages, also in modules without C.",
			"CC、CXX 和 FC 是一条命令：PATH 中的程序名或绝对路径，后面可带参数。含斜杠的相对路径（`bin/clang`、没有展开的 `~/bin/clang`）或未闭合的引号，会使凡是加载包的命令都失败，即使模块中没有 C 代码。"),
		alike:  text.New("A compiler that is not there (`cc-compiler-removed`), which hurts only where cgo is used.", "编译器不存在（`cc-compiler-removed`），只影响使用 cgo 的地方。"),
		fix:    text.New("A home folder that was not expanded is written out; else the assignment is taken away and the default compiler counts.", "未展开的主目录会写成完整路径；否则删除这条赋值，改用默认编译器。"),
		source: "- cmd/go/internal/work/init.go, func BuildInit",
	},
	reads: []facts.Section{facts.SecHost},
	judge: func(s *facts.Snapshot, src origin.Source) (verdict, bool) {
		list, err := goenv.Words(src.Value)
		if err != nil {
			return verdict{
				claim: text.New("{name}={value} cannot be read: {why}", "{name}={value} 无法解析：{why}").With("name", src.Name, "value", src.Value, "why", err),
				proof: []diag.Evidence{refuses("go: "+src.Name+" environment variable could not be parsed: "+err.Error(), "cmd/go/internal/work/init.go")},
			}, true
		}
		if len(list) == 0 || isAbs(s, list[0].Text) || !strings.ContainsAny(list[0].Text, `/\`) {
			return verdict{}, false
		}
		right := meant(s, list[0].Text)
		if right != "" {
			right += src.Value[list[0].End:]
		}
		return verdict{
			claim: text.New("{name}={value}: {path} is a relative path, which go refuses", "{name}={value}：{path} 是相对路径，go 拒绝接受").With("name", src.Name, "value", src.Value, "path", list[0].Text),
			proof: []diag.Evidence{refuses("go: "+src.Name+" environment variable is relative; must be absolute path: "+list[0].Text, "cmd/go/internal/work/init.go")},
			right: right,
		}, true
	},
}

var ccMissing = rule{
	id: "cc-compiler-removed", variables: []string{"CC", "CXX", "FC"},
	reads: cgoReads(),
	title: text.New("CC, CXX or FC names a compiler that is not installed", "CC、CXX 或 FC 指定的编译器没有安装"),
	page: page{
		how: text.New("CC was set for a toolchain that was removed or renamed. Packages with `import \"C\"`, and those that use net, os/user or plugin of the standard library, end with `cgo: C compiler \"…\" not found`; "+
			"gopls says `go list failed to return CompiledGoFiles`. Without CC go would take the default compiler, and without any compiler switch cgo off by itself.",
			"CC 是为一套已删除或改名的工具链设置的。含 `import \"C\"` 的包，以及用到标准库 net、os/user 或 plugin 的包都会报 `cgo: C compiler \"…\" not found`；gopls 报 `go list failed to return CompiledGoFiles`。"+
				"没有 CC 时 go 会使用默认编译器；若没有任何编译器，则自动关闭 cgo。"),
		proof: text.New("The program is not at that path or in PATH; cgo is on; and the build here names it, or a file of the module is compiled with cgo.", "该路径或 PATH 中没有这个程序；cgo 开启；并且这里的构建指出了它，或模块中有文件要用 cgo 编译。"),
		alike: text.New("No compiler at all with CC not set, where go switches cgo off; a module that needs no C, where a dead CC does no harm and nothing is said; a compiler that is there and fails; cgo switched off.",
			"没有设置 CC 且完全没有编译器（go 会关闭 cgo）；不需要 C 的模块（失效的 CC 无害，不作报告）；编译器存在但执行失败；已关闭 cgo。"),
		never:  text.New("It never sets CGO_ENABLED=0, which hides files.", "绝不设置 CGO_ENABLED=0（那会隐藏文件）。"),
		source: "- cmd/go/internal/work/exec.go\n- https://github.com/golang/go/issues/38990",
	},
	judge: func(s *facts.Snapshot, src origin.Source) (verdict, bool) {
		n, ok := named(s, src.Name, "")
		if !ok || n.State == facts.NamedProgram || n.State == facts.NamedUnknown || !cgoOn(s) {
			return verdict{}, false
		}
		v := verdict{
			claim: text.New("{name}={value}, and there is no such program", "{name}={value}，但没有这个程序").With("name", src.Name, "value", src.Value),
			not:   []diag.Evidence{not(text.New("not a machine without cgo: CGO_ENABLED is not 0", "不是关闭了 cgo：CGO_ENABLED 不为 0").With())},
		}
		e, use := complaint(s, n.Given), &s.Settings.Place.Source
		switch {
		case e != nil:
			v.proof = append(v.proof, said(e))
		case s.Build.Outcome == facts.BuildOK || src.Name != "CC" || use.Cgo == "":
			return verdict{}, false
		default:
			v.proof = append(v.proof, diag.Evidence{Role: diag.Proof, File: use.Cgo, Text: text.New("{file} is compiled with cgo: it imports {import}", "{file} 要用 cgo 编译：它导入了 {import}").With("file", use.Cgo, "import", use.CgoImport)})
		}
		v.proof = append(v.proof, diag.Evidence{Role: diag.Proof, Command: "command -v " + quote(n.Given), Text: text.New("{name} is not at its path and in no folder of PATH, or may not be executed", "{name} 不在该路径，也不在 PATH 的任何目录中，或没有执行权限").With("name", n.Given)})
		if d, ok := named(s, "CC", "default"); ok && src.Name == "CC" {
			if d.State == facts.NamedProgram {
				v.not = append(v.not, not(text.New("not a machine without a C compiler: {path} is there", "不是没有 C 编译器：{path} 存在").With("path", d.Path)))
			} else if use.CgoImport == "C" {
				v.fixes = []diag.Fix{manual(text.New("install a C compiler ({name}): this module needs one", "安装 C 编译器（{name}）：本模块需要它").With("name", d.Given), "")}
			}
		}
		return v, true
	},
}

var pkgConfigMissing = rule{
	id: "pkg-config-removed", variables: []string{"PKG_CONFIG"},
	reads: cgoReads(),
	title: text.New("PKG_CONFIG names a program that is not installed", "PKG_CONFIG 指定的程序没有安装"),
	page: page{
		how: text.New("PKG_CONFIG was set for a cross toolchain that was removed. Packages with a line `#cgo pkg-config:` end with `pkg-config: exec: \"…\": no such file or directory`; the build cache hides it until one of their files changes.",
			"PKG_CONFIG 是为一套已删除的交叉工具链设置的。含 `#cgo pkg-config:` 行的包会报 `pkg-config: exec: \"…\": no such file or directory`；在其文件改动之前，构建缓存会掩盖这个问题。"),
		proof:  text.New("The program is not there; cgo is on; and the build here names it, or a file of the module has such a line.", "该程序不存在；cgo 开启；并且这里的构建指出了它，或模块中有文件含这样的行。"),
		alike:  text.New("A library that pkg-config does not find, where the program runs; a C compiler that is gone (`cc-compiler-removed`); a module without such lines.", "pkg-config 能运行但找不到某个库；C 编译器不存在（`cc-compiler-removed`）；没有这种行的模块。"),
		never:  text.New("It never changes a #cgo line.", "绝不改动 #cgo 行。"),
		source: "- cmd/go/internal/work/exec.go, func getPkgConfigFlags\n- https://github.com/diamondburned/dissent/issues/3",
	},
	judge: func(s *facts.Snapshot, src origin.Source) (verdict, bool) {
		n, ok := named(s, "PKG_CONFIG", "")
		if !ok || n.State == facts.NamedProgram || n.State == facts.NamedUnknown || !cgoOn(s) {
			return verdict{}, false
		}
		v := verdict{
			claim: text.New("PKG_CONFIG={value}, and there is no such program", "PKG_CONFIG={value}，但没有这个程序").With("value", src.Value),
			not:   []diag.Evidence{not(text.New("not a library that is missing: the program itself is", "不是缺少某个库：缺少的是程序本身").With())},
		}
		switch e, file := complaint(s, n.Given), s.Settings.Place.Source.PkgConfig; {
		case e != nil:
			v.proof = []diag.Evidence{said(e)}
		case file != "":
			v.proof = []diag.Evidence{{Role: diag.Proof, File: file, Text: text.New("{file} has a line #cgo pkg-config", "{file} 含有 #cgo pkg-config 行").With("file", file)}}
		default:
			return verdict{}, false
		}
		if d, ok := named(s, "PKG_CONFIG", "default"); ok && d.State == facts.NamedProgram {
			v.proof = append(v.proof, proof(text.New("{path} is there and would be taken without the variable", "{path} 存在，没有该变量时就会使用它").With("path", d.Path)))
		}
		return v, true
	},
}

var cgoWithoutCompiler = rule{
	id: "cgo-enabled-without-compiler", variables: []string{"CGO_ENABLED"},
	reads: cgoReads(),
	title: text.New("CGO_ENABLED=1 on a machine without a C compiler", "没有 C 编译器的机器上设置了 CGO_ENABLED=1"),
	page: page{
		how: text.New("Without CGO_ENABLED go switches cgo off by itself when it finds no C compiler, and net, os/user and their users are built in pure Go. CGO_ENABLED=1 forbids that: they end with `cgo: C compiler \"gcc\" not found`.",
			"未设置 CGO_ENABLED 时，go 若找不到 C 编译器会自动关闭 cgo，net、os/user 及其使用者以纯 Go 构建。CGO_ENABLED=1 禁止了这一点：它们会报 `cgo: C compiler \"gcc\" not found`。"),
		alike:  text.New("A module with import \"C\" of its own, which needs a compiler: then one must be installed; a CC that names a compiler that is gone (`cc-compiler-removed`).", "自身含 import \"C\" 的模块（需要安装编译器）；CC 指定的编译器不存在（`cc-compiler-removed`）。"),
		source: "- cmd/go/internal/cfg/cfg.go, func defaultContext",
	},
	judge: func(s *facts.Snapshot, src origin.Source) (verdict, bool) {
		d, ok := named(s, "CC", "default")
		use := &s.Settings.Place.Source
		if src.Value != "1" || !ok || !missing(d) || !nativeBuild(s) || s.Settings.Values["CC"].Origin != facts.FromDefault || s.Build.Outcome == facts.BuildOK {
			return verdict{}, false
		}
		e := complaint(s, `C compiler "`+d.Given+`" not found`)
		if e == nil && use.Cgo == "" {
			return verdict{}, false
		}
		v := verdict{
			claim: text.New("CGO_ENABLED=1, but there is no C compiler ({name}) on this machine", "CGO_ENABLED=1，但本机没有 C 编译器（{name}）").With("name", d.Given),
			proof: []diag.Evidence{{Role: diag.Proof, Command: "command -v " + d.Given, Text: text.New("{name} is in no folder of PATH, and CC is not set", "PATH 的任何目录中都没有 {name}，CC 也没有设置").With("name", d.Given)}},
		}
		if e != nil {
			v.proof = append(v.proof, said(e))
		} else {
			v.proof = append(v.proof, diag.Evidence{Role: diag.Proof, File: use.Cgo, Text: text.New("{file} imports {import}", "{file} 导入了 {import}").With("file", use.Cgo, "import", use.CgoImport)})
		}
		if use.CgoImport == "C" {
			v.manual = true
			v.fixes = []diag.Fix{manual(text.New("install a C compiler ({name}): this module has import \"C\"", "安装 C 编译器（{name}）：本模块含 import \"C\"").With("name", d.Given), "")}
		}
		return v, true
	},
}

var cgoOff = rule{
	variables: []string{"CGO_ENABLED"},
	reads:     cgoReads(),
	title:     text.New("CGO_ENABLED=0 is kept, and this module needs cgo", "长期保存了 CGO_ENABLED=0，而本模块需要 cgo"),
	page: page{
		how: text.New("CGO_ENABLED=0 was set for a static build and stayed. Files with import \"C\" are then left out without a message: a package that has no other files ends with `build constraints exclude all Go files`, others with `undefined: …`.",
			"CGO_ENABLED=0 是为某次静态构建设置的，却留了下来。含 import \"C\" 的文件会被悄悄排除：没有其他文件的包报 `build constraints exclude all Go files`，有其他文件的包报 `undefined: …`。"),
		proof: text.New("The file that keeps the value; a package of this module whose files all have import \"C\", and the file that imports it; a C compiler in PATH.", "保存该值的文件；本模块中所有文件都含 import \"C\" 的包，以及导入它的文件；PATH 中的 C 编译器。"),
		alike: text.New("CGO_ENABLED=0 on purpose where no package needs cgo, which is common and right; a package with files for both; the value for one command or of the project's own .envrc; a machine without a C compiler, where cgo is off by itself.",
			"没有包需要 cgo 时有意设置 CGO_ENABLED=0（常见且正确）；同时具备两种文件的包；仅为一条命令或在项目自己的 .envrc 中设置；没有 C 编译器的机器（cgo 自动关闭）。"),
		never:  text.New("It never changes sources or build tags.", "绝不改动源码或构建标签。"),
		source: "- go/build, func (*Context) matchFile\n- https://github.com/mattn/go-sqlite3/issues/342",
	},
	judge: func(s *facts.Snapshot, src origin.Source) (verdict, bool) {
		use := &s.Settings.Place.Source
		cc, ok := named(s, "CC", "")
		if !ok {
			cc, ok = named(s, "CC", "default")
		}
		if src.Value != "0" || !src.Lasting() || !nativeBuild(s) || use.NeedsCgo == "" || !ok || cc.State != facts.NamedProgram || s.Build.Outcome == facts.BuildOK {
			return verdict{}, false
		}
		v := verdict{
			claim: text.New("CGO_ENABLED=0 leaves {dir} without Go files, and this module needs it", "CGO_ENABLED=0 使 {dir} 没有可用的 Go 文件，而本模块需要它").With("dir", use.NeedsCgo),
			proof: []diag.Evidence{proof(text.New("every file of {dir} that is for this machine has import \"C\"", "{dir} 中适用于本机的文件都含 import \"C\"").With("dir", use.NeedsCgo))},
			not: []diag.Evidence{
				not(text.New("not a choice for one command: {where} keeps it", "不是仅为一条命令的选择：{where} 保存了它").With("where", src.Where())),
				not(text.New("not a machine without a C compiler: {path} is there", "不是没有 C 编译器：{path} 存在").With("path", cc.Path)),
			},
		}
		if use.NeededBy != "" {
			v.proof = append(v.proof, diag.Evidence{Role: diag.Proof, File: use.NeededBy, Text: text.New("{file} imports that package", "{file} 导入了这个包").With("file", use.NeededBy)})
		}
		return v, true
	},
}
