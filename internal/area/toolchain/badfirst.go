package toolchain

import (
	"fmt"
	"path/filepath"

	"github.com/gorescue/gorescue/internal/action"
	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/origin"
	"github.com/gorescue/gorescue/internal/text"
)

func octal(mode uint32) string { return fmt.Sprintf("%04o", mode) }

// first is the evidence that names the first go in PATH and who put it there.
func (v *view) first() diag.Evidence {
	if src, ok := origin.OfPath(v.s, v.cmd.Entry); ok {
		return at(because(text.New("{where} puts {dir} into PATH: {line}", "{where} 把 {dir} 加入 PATH：{line}").
			With("where", src.Where(), "dir", v.cmd.Entry, "line", src.Assignment.Text)), src.File, src.Line)
	}
	return because(text.New("{dir} is entry {n} of PATH; no start-up file puts it there", "{dir} 是 PATH 的第 {n} 项；没有启动文件设置它").
		With("dir", v.cmd.Entry, "n", v.cmd.Index+1))
}

// said is the evidence of what the first go answered when it was asked.
func (v *view) said() diag.Evidence {
	tr := v.s.Toolchain.Trial
	if tr == nil {
		return proof(text.New("it is {size} bytes, built as {version}", "大小 {size} 字节，构建版本 {version}").With("size", v.cmd.Size, "version", orDefault(v.cmd.Version, "?")), "")
	}
	a := &tr.Usual
	if tr.Plain != nil {
		a = tr.Plain
	}
	switch {
	case a.Start != "":
		return proof(text.New("the system does not start it: {why}", "系统无法启动它：{why}").With("why", a.Start), tr.Command)
	case a.TimedOut:
		return proof(text.New("it did not answer in time", "它没有按时回答").With(), tr.Command)
	case a.Exit == 0:
		return proof(text.New("it ends with exit code 0 and says nothing", "它以退出码 0 结束，但没有输出").With(), tr.Command)
	}
	return proof(text.New("it ends with exit code {exit}: {stderr}", "它以退出码 {exit} 结束：{stderr}").With("exit", a.Exit, "stderr", a.Stderr), tr.Command)
}

const binaryDamagedID = "go-binary-damaged"

var binaryDamaged = startCheck(binaryDamagedID, text.New("the go program is cut off or empty", "go 程序文件被截断或为空"), text.New(
	`The first go in PATH is a file with a piece missing: an interrupted copy or download, a full disk, a crash in the middle of
an upgrade. An empty file with an x bit is worse: a shell runs it as a script of no lines, so that "go build" prints nothing,
does nothing and succeeds.

**How it is proven.** The file's own headers say how long it must be; or it is empty; or its first bytes are those of no program.
It was started once and the system refused, or it answered nothing.

**What looks the same.** A go of another processor (go-other-architecture): its headers are in order and name that processor.

**What the fix does.** It lets another whole Go tree come first in PATH. The damaged file stays. It is never overwritten with
a copy of another release.

**By hand.** ls -l and file on it; then install the release again into an empty folder.

Sources: debug/elf (program headers), execve(2) ENOEXEC.`,
	`PATH 中第一个 go 文件缺了一部分：复制或下载中断、磁盘写满、升级途中崩溃。带可执行位的空文件更糟：shell 会把它当成没有内容的脚本运行，
于是 "go build" 什么也不打印、什么也不做，却显示成功。

**如何证明。** 文件头自己写明了应有的长度；或者文件为空；或者开头的字节不是任何程序。已经启动过一次，系统拒绝执行，或者它什么也没回答。

**容易混淆的情况。** 其他处理器的 go（go-other-architecture）：它的文件头完好，写的是另一种处理器。

**修复做什么。** 让另一个完整的 Go 目录排到 PATH 前面。损坏的文件保留，绝不用其他版本的文件覆盖它。

**手动处理。** 用 ls -l 和 file 查看；然后把该版本重新安装到空目录。

来源：debug/elf（程序头）、execve(2) 的 ENOEXEC。`),
	func(v *view) diag.Finding {
		why := text.New("{path} is empty", "{path} 是空文件").With("path", v.cmd.Path)
		if v.cmd.Kind == facts.GoDamaged {
			why = text.New("{path} is damaged: {why}", "{path} 已损坏：{why}").With("path", v.cmd.Path, "why", v.cmd.Err)
		}
		return diag.Finding{Subject: v.cmd.Path, Claim: text.New("the first go in PATH, {path}, is no whole program", "PATH 中第一个 go（{path}）不是完整的程序").With("path", v.cmd.Path),
			Evidence: []diag.Evidence{at(because(why), v.cmd.Path, 0), v.first(), v.said(), v.otherGo(v.floor().version),
				not(text.New("not another processor's program: {arch}", "不是其他处理器的程序：{arch}").With("arch", orDefault(v.cmd.Arch, "no header")))},
			ByHand: "ls -l " + v.cmd.Path, Fixes: v.replaceFirst(v.floor().version)}
	})

const otherArchitectureID = "go-other-architecture"

var otherArchitecture = startCheck(otherArchitectureID, text.New("the go program is for another machine", "go 程序是为其他机器编译的"), text.New(
	`The first go in PATH was built for another processor or operating system (an arm64 archive on an amd64 machine, a macOS
archive on Linux, a home folder shared by machines of two kinds), or it needs a loader that this system does not have (a go
of Alpine's musl on a glibc system). Shells say "Exec format error", "cannot execute binary file" or "not found" although the
file is there.

**How it is proven.** The file's header names processor, system and loader; the system was asked to start it and refused.

**What looks the same.** A damaged file (go-binary-damaged). A foreign go that this machine runs all the same, by an emulator
registered with the kernel (binfmt_misc) or as a 32-bit program, starts and is not reported.

**What the fix does.** It lets a whole Go of this machine's kind come first in PATH. Nothing is deleted.

**By hand.** file $(command -v go); uname -m

Sources: execve(2) ENOEXEC and ENOENT, elf(5) PT_INTERP.`,
	`PATH 中第一个 go 是为另一种处理器或操作系统编译的（在 amd64 机器上用了 arm64 的压缩包，在 Linux 上用了 macOS 的压缩包，两种机器共享主目录），
或者它需要本系统没有的加载器（把 Alpine musl 的 go 放到 glibc 系统上）。shell 会报 "Exec format error"、"cannot execute binary file"，
或者文件明明在却报 "not found"。

**如何证明。** 文件头写明了处理器、系统和加载器；请系统启动它，被拒绝。

**容易混淆的情况。** 损坏的文件（go-binary-damaged）。如果本机借助内核登记的模拟器（binfmt_misc）或 32 位兼容能运行它，就不会报告。

**修复做什么。** 让适合本机的完整 Go 排到 PATH 前面。不删除任何东西。

**手动处理。** file $(command -v go)；uname -m

来源：execve(2) 的 ENOEXEC 和 ENOENT、elf(5) 的 PT_INTERP。`),
	func(v *view) diag.Finding {
		why := text.New("it was built for {os}/{arch}; this machine is {hos}/{harch}", "它是为 {os}/{arch} 编译的；本机是 {hos}/{harch}").
			With("os", v.cmd.OS, "arch", v.cmd.Arch, "hos", v.s.Host.OS, "harch", v.s.Host.Arch)
		if v.cmd.Lacks != "" && v.native(&v.cmd.GoProgram) {
			why = text.New("it needs the loader {lacks}, which is not there", "它需要加载器 {lacks}，而本机没有").With("lacks", v.cmd.Lacks)
		}
		return diag.Finding{Subject: v.cmd.Path, Claim: text.New("the first go in PATH, {path}, is for another machine", "PATH 中第一个 go（{path}）是为其他机器编译的").With("path", v.cmd.Path),
			Evidence: []diag.Evidence{at(because(why), v.cmd.Path, 0), v.first(), v.said(), v.otherGo(v.floor().version),
				not(text.New("not damaged: its headers are in order", "不是文件损坏：文件头完好").With())},
			ByHand: "file " + v.cmd.Path, Fixes: v.replaceFirst(v.floor().version)}
	})

const binaryCopiedID = "go-binary-copied"

var binaryCopied = startCheck(binaryCopiedID, text.New("the go program was copied without its tree", "go 程序被单独复制，脱离了它的目录"), text.New(
	`The first go in PATH is a copy of the go program alone. The go command finds its tree by its own place (links followed): the
folder above its folder must have pkg/tool. A copy in ~/bin has none, so every command ends with "go: cannot find GOROOT
directory: 'go' binary is trimmed and GOROOT is not set".

**How it is proven.** The file is a go command; neither of the two folders above it has pkg/tool; GOROOT is not set in the
environment or the go env file; and the binary was built without a fixed place of its tree (-trimpath), or it was asked and
said that it finds none.

**What looks the same.** A link to bin/go of a tree works and is not reported. goroot-env-removed-tree has the same first words,
but a folder name behind the colon. go-shim-dead-version is a script.

**What the fix does.** It moves the lone copy aside under another name in the same folder, so that the next go in PATH, whose tree is whole,
starts; other programs of the folder stay in reach. If that is not possible, a whole tree is put first in PATH. GOROOT is
never set as a repair: it would break at the next upgrade.

**By hand.** ls -l $(command -v go); mv ~/bin/go ~/bin/go.without-tree

Sources: cmd/go/internal/cfg/cfg.go (findGOROOT), cmd/go/main.go; https://github.com/chimera-linux/cports/pull/356.`,
	`PATH 中第一个 go 只是 go 程序的一份单独拷贝。go 命令根据自身所在位置（跟随链接）寻找它的目录：上一级目录里必须有 pkg/tool。放在 ~/bin 里的拷贝没有，
所以每条命令都以 "go: cannot find GOROOT directory: 'go' binary is trimmed and GOROOT is not set" 结束。

**如何证明。** 该文件是 go 命令；它上面的两级目录都没有 pkg/tool；环境变量和 go env 文件都没有设置 GOROOT；并且它编译时没有写入固定目录（-trimpath），
或者已经问过它，它回答找不到。

**容易混淆的情况。** 指向某个目录 bin/go 的链接可以正常工作，不会报告。goroot-env-removed-tree 的报错开头相同，但冒号后面是目录名。go-shim-dead-version 是脚本。

**修复做什么。** 在同一目录里把这份拷贝改名，让 PATH 中下一个带完整目录的 go 启动；该目录的其他程序不受影响。做不到时，把一个完整的目录放到 PATH 最前面。
绝不通过设置 GOROOT 来修复：下次升级就会出问题。

**手动处理。** ls -l $(command -v go)；mv ~/bin/go ~/bin/go.without-tree

来源：cmd/go/internal/cfg/cfg.go（findGOROOT）、cmd/go/main.go；https://github.com/chimera-linux/cports/pull/356。`),
	func(v *view) diag.Finding {
		f := diag.Finding{Subject: v.cmd.Path, Claim: text.New("the first go in PATH, {path}, is a copy without a Go tree", "PATH 中第一个 go（{path}）是脱离 Go 目录的单独拷贝").With("path", v.cmd.Path),
			Evidence: []diag.Evidence{
				at(because(text.New("{path} is a regular file; {up} has no pkg/tool", "{path} 是普通文件；{up} 中没有 pkg/tool").With("path", v.cmd.Real, "up", filepath.Dir(filepath.Dir(v.cmd.Real)))), v.cmd.Path, 0),
				v.first(), v.said(), v.otherGo(v.floor().version),
				not(text.New("not a GOROOT of a removed tree: GOROOT is set neither in the environment nor in the go env file", "不是 GOROOT 指向已删除的目录：环境变量和 go env 文件都没有设置 GOROOT").With()),
				not(text.New("not a shim: the file is the go command itself", "不是版本管理器脚本：该文件就是 go 命令本身").With()),
			},
			ByHand: "ls -l " + v.cmd.Path, Fixes: v.replaceFirst(v.floor().version)}
		if aside, ok := v.moveAside(".without-tree"); ok {
			f.Fixes = append([]diag.Fix{aside}, f.Fixes...)
		}
		return f
	})

// moveAside makes the fix that renames the first go in PATH within its folder, so that the next one, which
// is whole, starts. ok is false when there is none, or when the file is a link.
func (v *view) moveAside(suffix string) (diag.Fix, bool) {
	list := v.candidates(v.floor().version)
	if len(list) == 0 || list[0].cmd == nil || v.cmd.Link != "" {
		return diag.Fix{}, false
	}
	to := v.cmd.Path + suffix
	return diag.Fix{
		Title: text.New("rename {path} to {to}; {next} starts then", "把 {path} 改名为 {to}；之后启动的是 {next}").With("path", v.cmd.Path, "to", to, "next", list[0].cmd.Path),
		Risk:  diag.Safe, Actions: action.List{&action.Move{From: v.cmd.Path, To: to}}, Shell: "hash -r"}, true
}
