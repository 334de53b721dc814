package toolchain

import (
	"path/filepath"
	"strconv"
	"strings"

	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/text"
)

const shimDeadID = "go-shim-dead-version"

var shimDead = startCheck(shimDeadID, text.New("a script named go starts nothing", "名为 go 的脚本启动不了任何东西"), text.New(
	`The first go in PATH is a script or launcher of a version manager (goenv, asdf, gvm, mise, a hand-made wrapper). It starts the
go of a version that was uninstalled, of a manager that is gone, or itself. So every go command fails although a good Go is
installed.

**How it is proven.** The script is read; when it is simple, the program that it starts is computed, with the file that names
the version (.go-version and the like) and the line of the exec. It is asked once for its release with "env GOROOT GOVERSION",
under a deadline, in the environment as it is, and once more without GOROOT, GOENV, GOFLAGS and the like: it fails both times.

**What looks the same.** goroot-env-removed-tree: there the script works as soon as GOROOT is gone. A script that works, however
odd, is not reported, and neither is one that is only slow.

**What the fix does.** It moves the folder of the script behind the next whole Go in PATH, at the very line that puts it in
front; so the manager's other programs stay in reach. Otherwise it puts a whole Go first. The manager, its versions
and its files are not touched.

**By hand.** type -a go; cat the first one; install or choose a version in the manager.

Sources: https://github.com/asdf-community/asdf-golang/issues/23.`,
	`PATH 中第一个 go 是版本管理器（goenv、asdf、gvm、mise 或自己写的包装）的脚本或启动器。它要启动的版本已经卸载，或者管理器本身已经不在，或者它启动的是自己。
所以尽管装有好的 Go，每条 go 命令都会失败。

**如何证明。** 读取脚本；如果足够简单，就算出它要启动的程序，并指出决定版本的文件（.go-version 之类）和 exec 所在行。再限时用 "env GOROOT GOVERSION" 问它一次版本：
先用现有环境，再去掉 GOROOT、GOENV、GOFLAGS 等变量问一次，两次都失败。

**容易混淆的情况。** goroot-env-removed-tree：那种情况去掉 GOROOT 后脚本就能工作。能工作的脚本不管多奇怪都不会报告，只是慢的也不会。

**修复做什么。** 在把脚本目录放到前面的那一行上，把它移到下一个完整的 Go 之后，管理器的其他程序仍然可用；否则把完整的 Go 放到最前面。不碰管理器及其版本和文件。

**手动处理。** type -a go；查看第一个脚本；在管理器里安装或选择一个版本。

来源：https://github.com/asdf-community/asdf-golang/issues/23。`),
	func(v *view) diag.Finding {
		c := v.cmd
		f := diag.Finding{Subject: c.Path,
			Claim:  text.New("the first go in PATH, {path}, starts no Go", "PATH 中第一个 go（{path}）启动不了任何 Go").With("path", c.Path),
			ByHand: c.Path + " version", Fixes: v.replaceFirst(v.floor().version)}
		switch sh := c.Script; {
		case c.Lacks != "":
			f.Evidence = append(f.Evidence, at(because(text.New("its first line names the interpreter {interp}, which is not there", "第一行指定的解释器 {interp} 不存在").With("interp", strconv.Quote(c.Lacks))), c.Path, 1))
			if strings.HasSuffix(c.Lacks, "\r") {
				f.Evidence = append(f.Evidence, at(because(text.New("the line ends with CR LF, and the system takes the CR for a part of the name", "该行以 CR LF 结尾，系统把 CR 当成了名字的一部分").With()), c.Path, 1))
			}
		case sh != nil && sh.Self:
			f.Evidence = append(f.Evidence, at(because(text.New("line {n} starts the script itself: {line}", "第 {n} 行启动的是脚本自己：{line}").With("n", sh.Line, "line", sh.Text)), c.Path, sh.Line))
		case sh != nil && sh.State == facts.NamedMissing && sh.Target != "":
			f.Evidence = append(f.Evidence, at(because(text.New("line {n} starts {target}, which is not there: {line}", "第 {n} 行启动 {target}，而它不存在：{line}").
				With("n", sh.Line, "target", sh.Target, "line", sh.Text)), c.Path, sh.Line))
			if sh.From != "" {
				f.Evidence = append(f.Evidence, at(because(text.New("the version comes from {file}", "版本来自 {file}").With("file", sh.From)), sh.From, 1))
			}
		default:
			f.Evidence = append(f.Evidence, at(because(text.New("{path} is no go command but a {kind}", "{path} 不是 go 命令，而是 {kind}").With("path", c.Path, "kind", c.Kind)), c.Path, 0))
		}
		f.Evidence = append(f.Evidence, v.first())
		if v.s.Toolchain.Trial != nil {
			f.Evidence = append(f.Evidence, v.said())
		}
		f.Evidence = append(f.Evidence, v.otherGo(v.floor().version),
			not(text.New("not GOROOT or another go setting: it fails without them too", "不是 GOROOT 或其他 go 设置的问题：去掉它们后同样失败").With()))
		return f
	})

const wrapperPrintsID = "go-wrapper-prints"

var wrapperPrints = startCheck(wrapperPrintsID, text.New("a wrapper of go prints lines of its own", "go 的包装脚本会打印自己的内容"), text.New(
	`The first go in PATH is a wrapper that starts a Go and prints a greeting, a trace or the version it chose to standard output before it.
A person hardly notices. Programs that read what go says (gopls, linters, go generate, make) take the line for a part of the
answer: "invalid character 'h' looking for beginning of value", an odd GOROOT, an empty package list.

**How it is proven.** It was asked once for "env GOROOT GOVERSION": the two lines of the answer are there, and others before them.

**What looks the same.** A wrapper that prints to standard error harms nobody and is not reported; one that starts no Go is go-shim-dead-version.

**What the fix does.** The best repair is in the wrapper: >&2 behind what it prints. When it is named, the fix lets a whole Go come first instead. The
wrapper is not touched: it may set things on purpose.

**By hand.** go env GOVERSION | cat -A

Sources: cmd/go/internal/envcmd; golang.org/x/tools/go/packages (reads the output of go list -json).`,
	`PATH 中第一个 go 是一个包装脚本：它启动 Go，但之前会把问候语、跟踪信息或所选版本打印到标准输出。人几乎注意不到；而读取 go 输出的程序（gopls、linter、go generate、make）
会把这一行当成回答的一部分："invalid character 'h' looking for beginning of value"、奇怪的 GOROOT、空的包列表。

**如何证明。** 用 "env GOROOT GOVERSION" 问了一次：回答的两行都在，但前面还有别的行。

**容易混淆的情况。** 打印到标准错误的包装脚本没有害处，不会报告；启动不了 Go 的是 go-shim-dead-version。

**修复做什么。** 最好在包装脚本里修改：在打印语句后加 >&2。指明本检查时，修复会让完整的 Go 排到前面。不改动包装脚本：它可能有意设置某些东西。

**手动检查。** go env GOVERSION | cat -A

来源：cmd/go/internal/envcmd；golang.org/x/tools/go/packages（读取 go list -json 的输出）。`),
	func(v *view) diag.Finding {
		c, a := v.cmd, &v.s.Toolchain.Trial.Usual
		f := diag.Finding{Subject: c.Path,
			Claim: text.New("the first go in PATH, {path}, prints “{line}” before what go says", "PATH 中第一个 go（{path}）会在 go 的输出之前打印“{line}”").With("path", c.Path, "line", a.Noise),
			Evidence: []diag.Evidence{
				at(because(text.New("{path} is a {kind} in front of {version}", "{path} 是 {version} 之前的 {kind}").With("path", c.Path, "kind", c.Kind, "version", a.Version)), c.Path, 0),
				v.first(),
				proof(text.New("asked for two values it printed another line first: {line}", "询问两个值时，它先打印了另一行：{line}").With("line", a.Noise), v.s.Toolchain.Trial.Command),
				not(text.New("not a wrapper that starts nothing: {version} in {root} answered behind it", "不是启动不了任何东西的包装：其后有 {root} 中的 {version} 作出回答").With("version", a.Version, "root", a.Root)),
			},
			ByHand: c.Path + " env GOVERSION",
			Fixes:  []diag.Fix{manual(text.New("in {path}, send what it prints to standard error (>&2)", "在 {path} 中把它打印的内容改到标准错误（>&2）").With("path", c.Path), "")}}
		for _, fix := range v.replaceFirst(v.floor().version) {
			if fix.Risk == diag.Safe {
				fix.Risk = diag.Person
			}
			f.Fixes = append(f.Fixes, fix)
		}
		return f
	})

const otherProgramID = "other-program-named-go"

var otherProgram = startCheck(otherProgramID, text.New("another program with the name go comes first in PATH", "PATH 中排在最前的 go 是另一个程序"), text.New(
	`The first go in PATH is a program of its own that has nothing to do with the go command: go install of a module with a folder
named go put it into ~/go/bin, or a game, a task runner, a server has this name. Builds "do nothing", print strange lines or
start a server.

**How it is proven.** The file's build information names its main package, and that is not cmd/go; such a program is not run. A program
without build information was asked once for "env GOROOT GOVERSION" and gave no release.

**What looks the same.** go-binary-copied is the go command itself without its tree. go-shim-dead-version is a script or launcher that
should start a go. A launcher that works is not reported.

**What the fix does.** It moves the folder of that program behind the next whole Go, at the very line that puts it in front, so that the other
tools there stay in reach; or it renames the program aside in its folder. Nothing is deleted.

**By hand.** type -a go; go version -m on the first one with the full path of a real go.

Sources: debug/buildinfo; https://github.com/golang/go/issues/16601.`,
	`PATH 中第一个 go 是与 go 命令无关的另一个程序：go install 了一个含有名为 go 的目录的模块，把它放进了 ~/go/bin；或者某个游戏、任务脚本、服务器用了这个名字。
构建“什么也不做”、打印奇怪的内容，或者启动了一个服务器。

**如何证明。** 文件的构建信息写明了它的 main 包，而那不是 cmd/go；这样的程序不会被运行。没有构建信息的程序只用 "env GOROOT GOVERSION" 问一次，它没有给出版本。

**容易混淆的情况。** go-binary-copied 是脱离目录的 go 命令本身。go-shim-dead-version 是本应启动 go 的脚本或启动器。能工作的启动器不会报告。

**修复做什么。** 在把它放到前面的那一行上，把该程序所在目录移到下一个完整的 Go 之后，目录中的其他工具仍然可用；或者在原目录中把该程序改名。不删除任何东西。

**手动处理。** type -a go；用真正的 go 的完整路径对第一个执行 go version -m。

来源：debug/buildinfo；https://github.com/golang/go/issues/16601。`),
	func(v *view) diag.Finding {
		c := v.cmd
		f := diag.Finding{Subject: c.Path, Claim: text.New("the first go in PATH, {path}, is not the go command", "PATH 中第一个 go（{path}）不是 go 命令").With("path", c.Path),
			ByHand: "type -a go", Fixes: v.replaceFirst(v.floor().version)}
		if c.Main != "" {
			f.Evidence = append(f.Evidence, at(because(text.New("its build information names the main package {main}, not cmd/go", "它的构建信息中 main 包是 {main}，而不是 cmd/go").With("main", c.Main)), c.Path, 0))
		} else {
			f.Evidence = append(f.Evidence, at(because(text.New("it is a program without the build information of a go command", "它是一个没有 go 命令构建信息的程序").With()), c.Path, 0), v.said())
		}
		f.Evidence = append(f.Evidence, v.first(), v.otherGo(v.floor().version),
			not(text.New("not a copy of the go command and not a script that starts one", "不是 go 命令的拷贝，也不是启动 go 的脚本").With()))
		if aside, ok := v.moveAside(".not-the-go-command"); ok {
			at := min(1, len(f.Fixes)-1)
			f.Fixes = append(f.Fixes[:at:at], append([]diag.Fix{aside}, f.Fixes[at:]...)...)
		}
		return f
	})

// pathRelative is not about a go that does not start but about one that most programs refuse to start.
var pathRelative = diag.Check{
	ID: "go-path-relative", Title: text.New("go is found by a relative folder of PATH", "go 是通过 PATH 中的相对目录找到的"),
	Severity: diag.Error, Reads: reads(facts.SecProject),
	Doc: text.New(
		`The first go in PATH is in a folder that is written relative to the current one ("." or an empty entry, "bin", "../sdk/go/bin").
A shell starts it, but only while one stands in that folder; programs written in Go (gopls, linters, go generate, the go
command itself for its tools) refuse: "cannot run executable found relative to current directory".

**How it is proven.** The entry of PATH is shown; it has an executable go here, and no absolute folder before it has one.

**What looks the same.** go-not-in-path, which is what one sees one folder further. A relative entry behind a working absolute one
harms nobody and is not reported.

**What the fix does.** When a whole Go stands elsewhere, a line puts it first in PATH. The relative entry stays: it may be meant
for other programs.

**By hand.** echo "$PATH" | tr : '\n' | grep -nv '^/'

Sources: os/exec (ErrDot), https://go.dev/blog/path-security.`,
		`PATH 中第一个 go 位于用相对路径书写的目录（"." 或空项、"bin"、"../sdk/go/bin"）。shell 能启动它，但只有站在那个目录里才行；用 Go 写的程序（gopls、各种 linter、
go generate 等）会拒绝："cannot run executable found relative to current directory"。

**如何证明。** 给出 PATH 的那一项；在这里它有可执行的 go，而它前面没有绝对路径目录含有 go。

**容易混淆的情况。** go-not-in-path：换个目录看到的就是它。如果相对项在可用的绝对项之后，没有害处，不会报告。

**修复做什么。** 如果别处有完整的 Go，加一行把它放到 PATH 最前面。相对项保留：可能是给其他程序用的。

**手动处理。** echo "$PATH" | tr : '\n' | grep -nv '^/'

来源：os/exec（ErrDot）、https://go.dev/blog/path-security。`),
	Run: func(s *facts.Snapshot) []diag.Finding {
		v := look(s)
		if v.cmd == nil || !v.cmd.Relative || v.startFault() != "" {
			return nil
		}
		f := diag.Finding{Subject: v.cmd.Entry,
			Claim: text.New("go is found only by the relative folder {entry} of PATH: Go programs refuse to start it", "go 只能通过 PATH 中的相对目录 {entry} 找到：Go 程序会拒绝启动它").With("entry", shown(v.cmd.Entry)),
			Evidence: []diag.Evidence{
				v.first(),
				proof(text.New("entry {n} of PATH is {entry}, here {dir}", "PATH 的第 {n} 项是 {entry}，在这里即 {dir}").With("n", v.cmd.Index+1, "entry", shown(v.cmd.Entry), "dir", filepath.Dir(v.cmd.Path)), "type -a go"),
				not(text.New("not behind another go: no absolute folder before it has one", "前面没有其他 go：它之前的绝对路径目录都不含 go").With()),
			},
			ByHand: "type -a go",
		}
		for i := range s.Toolchain.Trees { // the same tree by its absolute name is as good as any
			if t := &s.Toolchain.Trees[i]; sameTree(t, v.tree) && whole(t) {
				f.Fixes = v.firstInPath(t)
			}
		}
		f.Fixes = append(f.Fixes, v.replaceFirst(v.floor().version)...)
		return []diag.Finding{f}
	},
}

func shown(entry string) string {
	if entry == "" {
		return `""`
	}
	return entry
}
