package env

import (
	"slices"
	"strings"

	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/origin"
	"github.com/gorescue/gorescue/internal/text"
)

// flagChecks are the checks of GOFLAGS: whether it can be read, then its values, then the files that they name.
func flagChecks() []diag.Check {
	return slices.Concat(
		checks(flagsNotParsable),
		checks(byPlace(flagsMissingEquals, "goflags-missing-equals-goenv", "goflags-missing-equals")...),
		checks(flagsUnknown, flagsBadValue),
		checks(byPlace(flagsModVendor, "goflags-mod-vendor-goenv", "goflags-mod-vendor")...),
		checks(byPlace(flagsModfile, "goflags-modfile-goenv", "goflags-modfile")...),
		checks(flagsFile("goflags-overlay-missing", "-overlay", overlayTitle, overlayPage),
			flagsOverlayBroken,
			flagsFile("goflags-toolexec-missing", "-toolexec", toolexecTitle, toolexecPage),
			flagsFile("goflags-exec-missing", "-exec", execTitle, execPage),
			flagsFile("goflags-pgo-missing", "-pgo", pgoTitle, pgoPage),
			flagsFile("goflags-vettool-missing", "-vettool", vettoolTitle, vettoolPage)))
}

const goflagsSource = "cmd/go/internal/base/goflags.go"

// flagsFault makes the judge of one kind of unreadable GOFLAGS.
func flagsFault(kinds ...faultKind) func(*facts.Snapshot, origin.Source) (verdict, bool) {
	return func(s *facts.Snapshot, src origin.Source) (verdict, bool) {
		f := syntax(src.Value)
		if !slices.Contains(kinds, f.kind) {
			return verdict{}, false
		}
		v := verdict{
			claim: text.New("GOFLAGS={value} cannot be read: {message}", "GOFLAGS={value} 无法解析：{message}").With("value", src.Value, "message", f.message),
			proof: []diag.Evidence{
				proof(text.New("go splits it at blanks and refuses the word {word}", "go 以空白拆分它，并拒绝其中的 {word}").With("word", f.word)),
				refuses("go: parsing $GOFLAGS: "+f.message, goflagsSource),
			},
			not:   []diag.Evidence{not(text.New("not a flag of this one command: GOFLAGS is read before the command's own flags", "不是本命令自己的标志：GOFLAGS 在命令自身的标志之前读取").With())},
			right: harmless(f.right),
		}
		return v, true
	}
}

// harmless is GOFLAGS without the words whose values go refuses anyway.
func harmless(value string) string {
	for range len(value) {
		list, _ := words(value)
		i := slices.IndexFunc(list, func(w word) bool { return badValue(w) != "" })
		if i < 0 {
			break
		}
		value = without(value, list[i])
	}
	return value
}

var flagsNotParsable = rule{
	id: "goflags-not-parsable", variables: []string{"GOFLAGS"},
	title: text.New("GOFLAGS cannot be read", "GOFLAGS 无法解析"),
	page: page{
		how: text.New("GOFLAGS is split at blanks. A value with blanks needs quotes around the whole flag, `'-ldflags=-X main.version=1'`; quotes inside a word mean nothing. With a word that is no flag, or a quote that is not closed, "+
			"every command but `go env` ends with `go: parsing $GOFLAGS: …`.",
			"GOFLAGS 以空白拆分。含空白的值必须用引号把整个标志括起来，如 `'-ldflags=-X main.version=1'`；词中间的引号没有意义。若出现不是标志的词或未闭合的引号，除 `go env` 外的所有命令都以 "+
				"`go: parsing $GOFLAGS: …` 结束。"),
		alike:  text.New("A flag and its value written as two words (`goflags-missing-equals`); a quoted flag with a blank, which is right.", "标志与值写成两个词（`goflags-missing-equals`）；用引号括起的含空白标志（正确）。"),
		fix:    text.New("The words that belong together are put into one pair of quotes; a word that belongs nowhere is taken out; all other flags stay.", "把本属一体的词放进一对引号；不属于任何标志的词去掉；其他标志保持不变。"),
		source: "- " + goflagsSource + ", func InitGOFLAGS\n- https://github.com/golang/vscode-go/issues/1595",
	},
	judge: flagsFault(badQuote, notAFlag),
}

var flagsMissingEquals = rule{
	variables: []string{"GOFLAGS"},
	title:     text.New("GOFLAGS has a flag and its value as two words", "GOFLAGS 中标志与值写成了两个词"),
	page: page{
		how: text.New("On a command line `-mod vendor` is right; in GOFLAGS each word must be a flag of its own, `-mod=vendor`. With two words every command but `go env` ends with `go: parsing $GOFLAGS: non-flag …`.",
			"命令行上可以写 `-mod vendor`；而 GOFLAGS 中每个词都必须自成一个标志，即 `-mod=vendor`。写成两个词时，除 `go env` 外的所有命令都以 `go: parsing $GOFLAGS: non-flag …` 结束。"),
		alike:  text.New("A value with blanks that lacks quotes (`goflags-not-parsable`).", "含空白却没有引号的值（`goflags-not-parsable`）。"),
		fix:    text.New("The two words are joined by `=`; when that flag would do harm here (-mod=vendor without a vendor folder), they are taken out. All other flags stay.", "用 `=` 把两个词连接起来；如果该标志在这里有害（没有 vendor 目录却写 -mod=vendor），则把它们去掉。其他标志保持不变。"),
		source: "- " + goflagsSource + ", func InitGOFLAGS\n- https://github.com/golang/go/issues/27368",
	},
	reads: []facts.Section{facts.SecProject},
	judge: func(s *facts.Snapshot, src origin.Source) (verdict, bool) {
		v, bad := flagsFault(missingEquals)(s, src)
		if w, found := flag(v.right, "mod"); bad && found && lacksVendor(s, w) {
			v.right = without(v.right, w)
		}
		return v, bad
	},
}

var flagsUnknown = rule{
	id: "goflags-unknown-flag", variables: []string{"GOFLAGS"},
	title: text.New("GOFLAGS has a flag that no go command knows", "GOFLAGS 中有任何 go 命令都不认识的标志"),
	page: page{
		how: text.New("A flag in GOFLAGS that only some commands have is passed over by the others. One that no command has, mistyped or of another program, ends every command but `go env` with `go: parsing $GOFLAGS: unknown flag …`.",
			"GOFLAGS 中只有部分命令拥有的标志会被其他命令忽略；而任何命令都没有的标志（拼写错误或属于其他程序）会使除 `go env` 外的所有命令以 `go: parsing $GOFLAGS: unknown flag …` 结束。"),
		proof:  text.New("The word is in no list of flags of go1.21 to go1.27.", "该词不在 go1.21 至 go1.27 的任何标志清单中。"),
		alike:  text.New("A flag of one command, such as -timeout of go test, which the others pass over; the second word of a value without quotes (`goflags-not-parsable`).", "仅属于某个命令的标志（如 go test 的 -timeout），其他命令会忽略；未加引号的值的第二个词（`goflags-not-parsable`）。"),
		fix:    text.New("When the word belongs to the flag before it, both are put into quotes; else it is taken out. All other flags stay.", "如果该词属于前面的标志，则把两者放进引号；否则去掉它。其他标志保持不变。"),
		source: "- " + goflagsSource + ", func hasFlag",
	},
	judge: flagsFault(unknownFlag),
}

var flagsBadValue = rule{
	id: "goflags-bad-value", variables: []string{"GOFLAGS"},
	title: text.New("a flag of GOFLAGS has a value that go refuses", "GOFLAGS 中某个标志的值被 go 拒绝"),
	page: page{
		how: text.New("`-mod=on`, `-race=maybe`, `-p=0`, `-tags` without a value, `-modfile=x.txt`, `-buildmode=static`: the flag is known, its value is not taken. Every command that has the flag ends with the usage text. `-C` is refused in GOFLAGS whatever its value.",
			"`-mod=on`、`-race=maybe`、`-p=0`、没有值的 `-tags`、`-modfile=x.txt`、`-buildmode=static`：标志认识，但值不被接受。凡是拥有该标志的命令都以用法说明结束。`-C` 无论值是什么都不能写进 GOFLAGS。"),
		alike:  text.New("A GOFLAGS that cannot be split (`goflags-not-parsable`); a flag that is right and names a file that is gone.", "无法拆分的 GOFLAGS（`goflags-not-parsable`）；标志正确但所指文件已不存在。"),
		fix:    text.New("That one word is taken out; all other flags stay.", "只去掉那一个词，其他标志保持不变。"),
		source: "- " + goflagsSource + ", func SetFromGOFLAGS\n- cmd/go/internal/work/init.go, func buildModeInit",
	},
	judge: func(_ *facts.Snapshot, src origin.Source) (verdict, bool) {
		if syntax(src.Value).kind != noFault {
			return verdict{}, false
		}
		list, _ := words(src.Value)
		for _, w := range list {
			why := badValue(w)
			if why == "" {
				continue
			}
			return verdict{
				claim: text.New("GOFLAGS has {word}, whose value go refuses: {why}", "GOFLAGS 含 {word}，其值被 go 拒绝：{why}").With("word", w.Text, "why", why),
				proof: []diag.Evidence{refuses(why, goflagsSource)},
				not:   []diag.Evidence{not(text.New("not the form of GOFLAGS: every word of it is a flag that go knows", "不是 GOFLAGS 的形式问题：其中每个词都是 go 认识的标志").With())},
				right: harmless(src.Value),
			}, true
		}
		return verdict{}, false
	},
}

// flag finds the last flag of a name: a later one goes before an earlier one.
func flag(value, name string) (w word, ok bool) {
	list, _ := words(value)
	for _, x := range slices.Backward(list) {
		if x.name == name {
			return x, true
		}
	}
	return word{}, false
}

// lacksVendor reports whether -mod=vendor stops builds of this module: it requires modules and has no
// vendor/modules.txt. A module that requires none builds all the same; a workspace has its own vendor folder.
func lacksVendor(s *facts.Snapshot, w word) bool {
	p := &s.Project
	return w.value == "vendor" && p.Root != "" && p.GoMod.Requires > 0 && !p.Vendor && !inWorkspace(s)
}

func inWorkspace(s *facts.Snapshot) bool {
	return s.Project.Work.Path != "" && s.Settings.Get("GOWORK") != "off"
}

var flagsModVendor = rule{
	variables: []string{"GOFLAGS"},
	reads:     []facts.Section{facts.SecProject},
	title:     text.New("GOFLAGS has -mod=vendor, and this module has no vendor folder", "GOFLAGS 含 -mod=vendor，而本模块没有 vendor 目录"),
	page: page{
		how: text.New("`-mod=vendor` was set for one project that has a vendor folder, and in the go env file or a start-up file it counts in all. In a module without one, every build ends with `inconsistent vendoring … is explicitly required in go.mod, "+
			"but not marked as explicit in vendor/modules.txt`. A module with an up-to-date vendor folder uses it by itself since Go 1.14.",
			"`-mod=vendor` 是为某个带 vendor 目录的项目设置的，写进 go env 文件或启动文件后却对所有项目生效。没有该目录的模块每次构建都会报 `inconsistent vendoring … is explicitly required in go.mod, "+
				"but not marked as explicit in vendor/modules.txt`。自 Go 1.14 起，带有最新 vendor 目录的模块会自动使用它。"),
		proof:  text.New("The flag with its place; go.mod requires modules; there is no vendor/modules.txt beside it.", "该标志及其位置；go.mod 依赖了模块；旁边没有 vendor/modules.txt。"),
		alike:  text.New("A vendor folder that is out of date, which is a matter of the module; a module that requires nothing, which builds all the same.", "vendor 目录过期（属于模块自身的问题）；什么都不依赖的模块（照常可以构建）。"),
		fix:    text.New("That one word is taken out; all other flags stay.", "只去掉那一个词，其他标志保持不变。"),
		never:  text.New("It never runs go mod vendor, which would add a folder to the project, and never go mod tidy.", "绝不运行 go mod vendor（那会给项目增加目录），也不运行 go mod tidy。"),
		source: "- cmd/go/internal/modload/vendor.go\n- https://github.com/golang/vscode-go/issues/2112\n- https://github.com/bazel-contrib/bazel-gazelle/issues/1150",
	},
	judge: func(s *facts.Snapshot, src origin.Source) (verdict, bool) {
		w, ok := flag(src.Value, "mod")
		if !ok || !lacksVendor(s, w) || syntax(src.Value).kind != noFault {
			return verdict{}, false
		}
		return verdict{
			claim: text.New("GOFLAGS has {word}, but {mod} requires {n} module(s) and has no vendor folder", "GOFLAGS 含 {word}，但 {mod} 依赖 {n} 个模块且没有 vendor 目录").
				With("word", w.Text, "mod", s.Project.GoMod.Path, "n", s.Project.GoMod.Requires),
			proof: []diag.Evidence{
				{Role: diag.Proof, File: s.Project.GoMod.Path, Text: text.New("vendor/modules.txt is not in {dir}", "{dir} 中没有 vendor/modules.txt").With("dir", s.Project.Root)},
				refuses("go: inconsistent vendoring in "+s.Project.Root, "cmd/go/internal/modload/vendor.go"),
			},
			not:   []diag.Evidence{not(text.New("not a vendor folder that is out of date: there is none", "不是 vendor 目录过期：根本没有").With())},
			right: without(src.Value, w),
		}, true
	},
}

var flagsModfile = rule{
	variables: []string{"GOFLAGS"},
	reads:     []facts.Section{facts.SecProject},
	title:     text.New("GOFLAGS has -modfile, and that file is not there or not allowed here", "GOFLAGS 含 -modfile，但该文件不存在或在此不允许使用"),
	page: page{
		how: text.New("`-modfile=F` makes go read another file than go.mod. Set for one project, it counts in all: elsewhere F is not there, and everything that loads the module ends with `go: open F: no such file or directory`. "+
			"In a workspace the flag is refused altogether.",
			"`-modfile=F` 让 go 读取 go.mod 以外的文件。为某个项目设置后却对所有项目生效：别处没有 F，凡是加载模块的命令都以 `go: open F: no such file or directory` 结束。在工作区中则完全不允许使用该标志。"),
		proof:  text.New("The flag with its place, and what is at that path: looked for in the folder, as go does, and beside go.mod.", "该标志及其位置，以及该路径上的内容：先按 go 的方式在当前目录查找，再到 go.mod 旁边查找。"),
		alike:  text.New("A file that stands beside go.mod while the command runs in a folder below; a go.mod that is damaged.", "文件就在 go.mod 旁边，而命令在其下级目录中运行；go.mod 损坏。"),
		fix:    text.New("That one word is taken out; all other flags stay.", "只去掉那一个词，其他标志保持不变。"),
		never:  text.New("It never makes such a file.", "绝不创建这样的文件。"),
		source: "- cmd/go/internal/modload/init.go, func modFilePath\n- https://go.dev/ref/mod#build-commands",
	},
	judge: func(s *facts.Snapshot, src origin.Source) (verdict, bool) {
		w, ok := flag(src.Value, "modfile")
		if !ok || w.value == "" || s.Project.Root == "" || syntax(src.Value).kind != noFault {
			return verdict{}, false
		}
		v := verdict{right: without(src.Value, w)}
		n, found := named(s, "GOFLAGS", "-modfile")
		switch {
		case inWorkspace(s):
			v.claim = text.New("GOFLAGS has {word}, which go refuses in the workspace {work}", "GOFLAGS 含 {word}，而 go 在工作区 {work} 中拒绝它").With("word", w.Text, "work", s.Project.Work.Path)
			v.proof = []diag.Evidence{{Role: diag.Proof, File: s.Project.Work.Path, Text: text.New("{work} is in force", "{work} 正在生效").With("work", s.Project.Work.Path)},
				refuses("go: -modfile cannot be used in workspace mode", "cmd/go/internal/modload/init.go")}
		case found && missing(n):
			v.claim = text.New("GOFLAGS has {word}, and there is no such file here", "GOFLAGS 含 {word}，但这里没有该文件").With("word", w.Text)
			v.proof = []diag.Evidence{{Role: diag.Proof, Text: text.New("nothing is at {path}", "{path} 处什么都没有").With("path", n.Path), Command: "ls -l " + quote(n.Path)},
				refuses("go: open "+w.value+": no such file or directory", "cmd/go/internal/modload/init.go")}
		default:
			return verdict{}, false
		}
		v.not = []diag.Evidence{not(text.New("not a damaged go.mod: {mod} is not even read", "不是 go.mod 损坏：{mod} 根本没有被读取").With("mod", s.Project.GoMod.Path))}
		return v, true
	},
}

// flagsFile makes the rule of a flag that names a file or a program which is not there.
func flagsFile(id, part string, title text.T, p page) rule {
	program := part == "-toolexec" || part == "-exec" || part == "-vettool"
	return rule{
		id: id, variables: []string{"GOFLAGS"}, title: title, page: p,
		judge: func(s *facts.Snapshot, src origin.Source) (verdict, bool) {
			w, ok := flag(src.Value, strings.TrimPrefix(part, "-"))
			n, found := named(s, "GOFLAGS", part)
			if !ok || !found || syntax(src.Value).kind != noFault || badValue(w) != "" {
				return verdict{}, false
			}
			what := text.New("nothing is at {path}", "{path} 处什么都没有").With("path", n.Path)
			switch {
			case missing(n) && n.Path == "":
				what = text.New("{name} is in no folder of PATH", "PATH 的任何目录中都没有 {name}").With("name", n.Given)
			case missing(n):
			case program && n.State == facts.NamedFile:
				what = text.New("{path} may not be executed", "{path} 没有执行权限").With("path", n.Path)
			case n.State == facts.NamedFolder:
				what = text.New("{path} is a folder", "{path} 是目录").With("path", n.Path)
			default:
				return verdict{}, false
			}
			return verdict{
				claim: text.New("GOFLAGS has {word}: {given} is not there or cannot be used", "GOFLAGS 含 {word}：{given} 不存在或不能使用").With("word", w.Text, "given", n.Given),
				proof: []diag.Evidence{{Role: diag.Proof, Text: what, Command: "ls -l " + quote(n.Given)}},
				not:   []diag.Evidence{not(text.New("not the Go tree: without this one word of GOFLAGS its own tools are used", "不是 Go 安装本身：去掉 GOFLAGS 的这个词后就会直接使用它自己的工具").With())},
				right: without(src.Value, w),
			}, true
		},
	}
}

// oneWord says of a page that a single word goes.
func oneWord(p page) page {
	p.fix = text.New("That one word is taken out of GOFLAGS; all other flags stay.", "只从 GOFLAGS 中去掉那一个词，其他标志保持不变。")
	return p
}

var (
	overlayTitle = text.New("GOFLAGS has -overlay, and that file is not there", "GOFLAGS 含 -overlay，但该文件不存在")
	overlayPage  = oneWord(page{
		how: text.New("`-overlay=F` replaces files of the build by others, as editors and coverage tools do for one command, with F in a temporary folder. Left in GOFLAGS, everything that loads packages ends with `go: reading overlay: open F: no such file or directory`.",
			"`-overlay=F` 会用别的文件替换构建中的文件，编辑器和覆盖率工具会为单条命令这样做，F 位于临时目录。若残留在 GOFLAGS 中，凡是加载包的命令都以 `go: reading overlay: open F: no such file or directory` 结束。"),
		alike:  text.New("An overlay that is there and is no JSON (`goflags-overlay-broken`).", "文件存在但不是 JSON（`goflags-overlay-broken`）。"),
		never:  text.New("It never makes an empty overlay.", "绝不创建空的 overlay 文件。"),
		source: "- cmd/go/internal/fsys/fsys.go, func Init",
	})
	toolexecTitle = text.New("GOFLAGS has -toolexec, and that program is not there", "GOFLAGS 含 -toolexec，但该程序不存在")
	toolexecPage  = oneWord(page{
		how: text.New("`-toolexec=P` starts the compiler and the linker through P, as instrumenting tools want. When P is uninstalled or GOBIN moves, every build ends with `error obtaining buildID for go tool compile: fork/exec P: no such file or directory`.",
			"`-toolexec=P` 让编译器和链接器通过 P 启动，插桩工具需要这样。P 被卸载或 GOBIN 变动后，所有构建都以 `error obtaining buildID for go tool compile: fork/exec P: no such file or directory` 结束。"),
		alike:  text.New("A compiler that is missing in the Go tree, where the message names a path in GOROOT.", "Go 目录中缺少编译器（此时报错指向 GOROOT 中的路径）。"),
		source: "- cmd/go/internal/work/buildid.go, func toolID",
	})
	execTitle = text.New("GOFLAGS has -exec, and that program is not there", "GOFLAGS 含 -exec，但该程序不存在")
	execPage  = oneWord(page{
		how: text.New("`-exec=P` makes `go run` and `go test` start the built programs through P, an emulator or a remote shell. When P is gone, both fail with `fork/exec P: no such file or directory` while builds pass.",
			"`-exec=P` 让 `go run` 和 `go test` 通过 P（模拟器或远程 shell）启动编译出的程序。P 不存在时两者都以 `fork/exec P: no such file or directory` 失败，而构建能够通过。"),
		alike:  text.New("A left-over GOARCH, where the message is `exec format error`.", "残留的 GOARCH（此时报错为 `exec format error`）。"),
		source: "- cmd/go/internal/work/exec.go\n- go help run",
	})
	pgoTitle = text.New("GOFLAGS has -pgo, and that profile is not there", "GOFLAGS 含 -pgo，但该性能剖析文件不存在")
	pgoPage  = oneWord(page{
		how: text.New("`-pgo=F` gives the compiler a profile. When F is gone, every build of a main package ends with `preprofile: error opening profile: open F: no such file or directory`.",
			"`-pgo=F` 为编译器提供剖析文件。F 不存在时，所有 main 包的构建都以 `preprofile: error opening profile: open F: no such file or directory` 结束。"),
		alike:  text.New("`-pgo=auto` and `-pgo=off`, which name no file.", "不指向文件的 `-pgo=auto` 和 `-pgo=off`。"),
		source: "- cmd/go/internal/load/pkg.go, func setPGOProfilePath",
	})
	vettoolTitle = text.New("GOFLAGS has -vettool, and that program is not there", "GOFLAGS 含 -vettool，但该程序不存在")
	vettoolPage  = oneWord(page{
		how: text.New("`-vettool=P` makes `go vet` use another analysis program. When P is gone, `go vet` fails on every package.",
			"`-vettool=P` 让 `go vet` 使用另一个分析程序。P 不存在时，`go vet` 对每个包都会失败。"),
		alike:  text.New("A vet tool that is missing in the Go tree.", "Go 目录中缺少 vet 工具。"),
		source: "- cmd/go/internal/vet/vetflag.go",
	})
)

var flagsOverlayBroken = rule{
	id: "goflags-overlay-broken", variables: []string{"GOFLAGS"},
	title: text.New("GOFLAGS has -overlay, and that file is no overlay", "GOFLAGS 含 -overlay，但该文件不是有效的 overlay"),
	page: oneWord(page{
		how: text.New("The file of `-overlay` is JSON with one object `Replace`. A half-written one stops everything that loads packages with `parsing overlay JSON`.",
			"`-overlay` 的文件是含有 `Replace` 对象的 JSON。写了一半的文件会使凡是加载包的命令都报 `parsing overlay JSON`。"),
		alike:  text.New("An overlay that is not there (`goflags-overlay-missing`).", "文件不存在（`goflags-overlay-missing`）。"),
		never:  text.New("It never changes that file.", "绝不修改那个文件。"),
		source: "- cmd/go/internal/fsys/fsys.go, func initFromJSON",
	}),
	judge: func(s *facts.Snapshot, src origin.Source) (verdict, bool) {
		w, ok := flag(src.Value, "overlay")
		n, found := named(s, "GOFLAGS", "-overlay")
		if !ok || !found || n.Bad == "" || syntax(src.Value).kind != noFault {
			return verdict{}, false
		}
		return verdict{
			claim: text.New("GOFLAGS has {word}, and that file is no overlay: {why}", "GOFLAGS 含 {word}，但该文件不是有效的 overlay：{why}").With("word", w.Text, "why", n.Bad),
			proof: []diag.Evidence{{Role: diag.Proof, File: n.Path, Text: text.New("{path} is no JSON of the form that go takes", "{path} 不是 go 接受的 JSON 形式").With("path", n.Path)}},
			right: without(src.Value, w),
		}, true
	},
}
