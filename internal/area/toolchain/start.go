package toolchain

import (
	"path/filepath"

	"github.com/gorescue/gorescue/internal/action"
	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/text"
)

// startChecks ask whether anything named go starts at all. At most one of them fires: each looks at
// another state of the first go in PATH.
func startChecks() []diag.Check {
	return []diag.Check{notInPath, linkDangling, notExecutable, binaryDamaged, otherArchitecture, binaryCopied, otherProgram, shimDead, wrapperPrints, pathRelative, aliasDead}
}

// startFault names the state of the first go in PATH: the ID of the check that it belongs to, "" when it
// starts.
func (v *view) startFault() string {
	t := &v.s.Toolchain
	if v.cmd == nil {
		switch {
		case v.entry(lostMode) != nil:
			return notExecutableID
		case v.entry(broken) != nil:
			return linkDanglingID
		case t.First < 0: // 0 without a command: nothing was looked at
			return notInPathID
		}
		return ""
	}
	tr := t.Trial
	dead := tr != nil && !tr.Usual.OK() && !tr.Usual.TimedOut && !tr.Plain.OK() && (tr.Plain == nil || !tr.Plain.TimedOut)
	c := v.cmd
	switch {
	case c.Kind == facts.GoBinary && c.Root == "" && namedRoot(v.s) == "" && (c.Trimmed && tr == nil || dead && tr.Usual.Start == ""):
		return binaryCopiedID
	case c.Script != nil && c.Script.Self && !(tr != nil && tr.Usual.OK()):
		return shimDeadID
	case foreign(&c.GoProgram):
		return otherProgramID
	case tr != nil && tr.Usual.OK() && tr.Usual.Noise != "":
		return wrapperPrintsID
	case !dead:
	case c.Kind == facts.GoEmpty || c.Kind == facts.GoDamaged:
		return binaryDamagedID
	case c.Kind == facts.GoScriptFile && c.Lacks != "":
		return shimDeadID
	case tr.Usual.Start != "" && (c.OS != "" && c.OS != v.s.Host.OS || c.Arch != "" && c.Arch != v.s.Host.Arch || c.Lacks != ""):
		return otherArchitectureID
	case c.Kind == facts.GoProgramOf && c.Link == "":
		return otherProgramID
	case c.Kind == facts.GoScriptFile || c.Kind == facts.GoProgramOf:
		return shimDeadID
	}
	return ""
}

func (v *view) entry(is func(*facts.GoCommand) bool) *facts.GoCommand {
	for i := range v.s.Toolchain.Commands {
		if c := &v.s.Toolchain.Commands[i]; is(c) {
			return c
		}
	}
	return nil
}

func broken(c *facts.GoCommand) bool { return c.Kind == facts.GoDangling || c.Kind == facts.GoLoop }

func lostMode(c *facts.GoCommand) bool {
	return !c.Runs && (c.Kind == facts.GoBinary || c.Kind == facts.GoScriptFile) && (c.Mode&0o111 == 0 || c.NoExec)
}

// startCheck makes a check that fires when the state of the first go is the one with its ID.
func startCheck(id string, title, doc text.T, find func(*view) diag.Finding) diag.Check {
	return diag.Check{ID: id, Title: title, Doc: doc, Severity: diag.Error, Reads: reads(facts.SecProject),
		Run: func(s *facts.Snapshot) []diag.Finding {
			v := look(s)
			if v.startFault() != id {
				return nil
			}
			return []diag.Finding{find(v)}
		}}
}

// otherGo is the evidence about the other Go trees of this machine.
func (v *view) otherGo(min string) diag.Evidence {
	if list := v.candidates(min); len(list) > 0 {
		c := &list[0]
		if c.cmd != nil {
			return proof(text.New("{version} is whole in {root}, entry {n} of PATH", "{root} 中的 {version} 完整可用，是 PATH 的第 {n} 项").
				With("version", c.version, "root", c.tree.Root, "n", c.cmd.Index+1), gotoolVersion(c))
		}
		return proof(text.New("{version} is whole in {root}, which is not in PATH", "{root} 中的 {version} 完整可用，但不在 PATH 中").
			With("version", c.version, "root", c.tree.Root), gotoolVersion(c))
	}
	return proof(text.New("no other whole Go tree was found in {n} place(s)", "在 {n} 个位置没有找到其他完整的 Go 目录").With("n", len(v.s.Toolchain.Trees)), "")
}

func gotoolVersion(c *candidate) string {
	return "GOTOOLCHAIN=local " + filepath.Join(c.dir(), "go") + " version"
}

const notInPathID = "go-not-in-path"

var notInPath = startCheck(notInPathID, text.New("no go program in PATH", "PATH 中没有 go 程序"), text.New(
	`No folder of PATH holds a program named go, so shells say "go: command not found" and editors "exec: \"go\": executable
file not found in $PATH". Usually the line that put the Go tree into PATH was lost when a start-up file was rewritten, or
the editor or service was started by something that never reads that file.

**How it is proven.** Every folder of PATH was looked into: none has a file go. If a whole Go tree stands elsewhere
(usual install places, version managers, folders beside those that PATH and start-up files name), it is shown.

**What looks the same.** A link to a removed Go (go-link-dangling), a go without its x bit (go-not-executable), a version
manager's script for a removed version (go-shim-dead-version): there something named go is in PATH.

**What the fix does.** It adds one line with the folder of the newest whole Go tree that satisfies go.mod to the end of the
start-up file which new terminals read. It never installs anything and never rewrites the file. When there is no Go tree,
only advice is given.

**By hand.** type -a go; ls /usr/local/go/bin; then add export PATH="$PATH:/usr/local/go/bin" to ~/.profile.

Sources: os/exec/lp_unix.go (LookPath), https://go.dev/doc/install.`,
	`PATH 的任何目录里都没有名为 go 的程序，所以 shell 报 "go: command not found"，编辑器报 "executable file not found in $PATH"。
常见原因是启动文件被改写时丢了把 Go 加入 PATH 的那一行，或者编辑器、服务是由不读取该文件的程序启动的。

**如何证明。** 逐个查看了 PATH 的目录，都没有 go。如果别处有完整的 Go 目录（常见安装位置、版本管理器目录、PATH 和启动文件所提到目录的旁边），会列出来。

**容易混淆的情况。** 指向已删除 Go 的链接（go-link-dangling）、丢了可执行位的 go（go-not-executable）、指向已卸载版本的版本管理器脚本
（go-shim-dead-version）：那些情况下 PATH 里有叫 go 的东西。

**修复做什么。** 在新终端会读取的启动文件末尾加一行，把满足 go.mod 的最新完整 Go 目录加入 PATH。不安装任何东西，不改写文件其余内容。找不到 Go 时只给建议。

**手动处理。** type -a go；ls /usr/local/go/bin；再把 export PATH="$PATH:/usr/local/go/bin" 加到 ~/.profile。

来源：os/exec/lp_unix.go（LookPath）、https://go.dev/doc/install。`),
	func(v *view) diag.Finding {
		n := len(filepath.SplitList(v.s.Process.Vars["PATH"]))
		return diag.Finding{
			Claim: text.New("no folder of PATH holds a program named go", "PATH 的任何目录中都没有 go 程序").With(),
			Evidence: []diag.Evidence{
				because(text.New("PATH has {n} folder(s): {path}", "PATH 有 {n} 个目录：{path}").With("n", n, "path", v.s.Process.Vars["PATH"])),
				v.otherGo(v.floor().version),
				not(text.New("not a broken link, a script or a file without x bit: nothing in PATH is named go", "不是断开的链接、脚本或缺少可执行位的文件：PATH 中没有任何名为 go 的东西").With()),
			},
			ByHand: "type -a go", Fixes: v.appendTree(v.floor().version),
		}
	})

const linkDanglingID = "go-link-dangling"

var linkDangling = startCheck(linkDanglingID, text.New("go in PATH is a link that leads nowhere", "PATH 中的 go 是失效的链接"), text.New(
	`The only go in PATH is a symbolic link whose target is gone (the Go tree behind it was removed, moved or upgraded under
another name), or links that lead back to themselves. Shells and editors then say that there is no go.

**How it is proven.** The link and its target are read; no other folder of PATH has a go that starts.

**What looks the same.** go-not-in-path (nothing named go is there), go-shim-dead-version (a script, not a link). A broken
link that is followed by a working go in PATH harms nobody and is not reported.

**What the fix does.** It adds the folder of a whole Go tree to PATH with one line in the start-up file. The link itself is
left as it is: it may belong to a package or to the administrator. By hand, ln -sfn TREE/bin/go LINK mends it.

Sources: os/exec/lp_unix.go (LookPath passes over what stat cannot follow).`,
	`PATH 中唯一的 go 是一个符号链接，而它的目标已经不在了（后面的 Go 目录被删除、移动或升级改名），或者链接又指回自己。shell 和编辑器因此认为没有 go。

**如何证明。** 读取了链接及其目标；PATH 的其他目录里也没有能启动的 go。

**容易混淆的情况。** go-not-in-path（根本没有名为 go 的东西）、go-shim-dead-version（是脚本，不是链接）。如果 PATH 后面还有可用的 go，失效的链接没有害处，不会报告。

**修复做什么。** 在启动文件中加一行，把一个完整的 Go 目录加入 PATH。链接本身不动：它可能属于软件包或管理员。手动修复可以用 ln -sfn TREE/bin/go LINK。

来源：os/exec/lp_unix.go（LookPath 会跳过无法跟随的链接）。`),
	func(v *view) diag.Finding {
		c := v.entry(broken)
		m := text.New("{path} is a link to {to}, which is not there", "{path} 是指向 {to} 的链接，而目标不存在")
		if c.Kind == facts.GoLoop {
			m = text.New("{path} is a link to {to}, which leads back to itself", "{path} 是指向 {to} 的链接，又绕回自己")
		}
		return diag.Finding{Subject: c.Path,
			Claim: text.New("no go starts here: {path} is a link that leads nowhere", "没有可启动的 go：{path} 是失效的链接").With("path", c.Path),
			Evidence: []diag.Evidence{
				at(because(m.With("path", c.Path, "to", c.Link)), c.Path, 0),
				proof(text.New("none of the {n} folder(s) of PATH has a go that may be executed", "PATH 的 {n} 个目录中都没有可执行的 go").With("n", len(filepath.SplitList(v.s.Process.Vars["PATH"]))), "type -a go"),
				v.otherGo(v.floor().version),
				not(text.New("not a missing PATH line: the folder of the link is entry {n} of PATH", "不是缺少 PATH 设置：链接所在目录是 PATH 的第 {n} 项").With("n", c.Index+1)),
			},
			ByHand: "ls -l " + c.Path, Fixes: v.appendTree(v.floor().version),
		}
	})

const notExecutableID = "go-not-executable"

var notExecutable = startCheck(notExecutableID, text.New("go may not be executed", "go 没有可执行权限"), text.New(
	`A go program stands in PATH and no other one does, but it has no x bit: the tree was unpacked or copied by something that
drops file modes (zip, a Windows share, a CI cache, an upload). Or its file system is mounted noexec.

**How it is proven.** The mode of the file is read and the system is asked (access(2)); the file's build information says
that it is the go command; no other go in PATH may be executed.

**What looks the same.** A file system mounted noexec: then the x bit is there and still nothing starts; the finding says so
and only gives advice. A go without x bit that is followed by a working one harms nobody and is not reported.

**What the fix does.** It adds the x bits to this file, as a release has them. Tools below pkg/tool without x bit have a
finding of their own (go-tool-not-executable). Never a recursive chmod.

**By hand.** chmod a+x FILE

Sources: os/exec/lp_unix.go (findExecutable).`,
	`PATH 中只有一个 go，但它没有可执行位：目录是用会丢失文件权限的方式解压或复制的（zip、Windows 共享、CI 缓存、上传）。也可能是所在文件系统以 noexec 挂载。

**如何证明。** 读取了文件权限并询问了系统（access(2)）；文件的构建信息表明它就是 go 命令；PATH 中没有其他可执行的 go。

**容易混淆的情况。** 以 noexec 挂载的文件系统：这时有可执行位却仍不能启动，会在证据中说明，且只给建议。如果后面还有可用的 go，则没有害处，不会报告。

**修复做什么。** 给这个文件加上发行版本来就有的可执行位。pkg/tool 下缺少可执行位的工具由 go-tool-not-executable 报告。绝不递归 chmod。

**手动处理。** chmod a+x 文件

来源：os/exec/lp_unix.go（findExecutable）。`),
	func(v *view) diag.Finding {
		c := v.entry(lostMode)
		f := diag.Finding{Subject: c.Path,
			Claim: text.New("{path} is the only go in PATH and may not be executed", "{path} 是 PATH 中唯一的 go，却不能执行").With("path", c.Path),
			Evidence: []diag.Evidence{
				at(because(text.New("its mode is {mode}: no x bit", "它的权限是 {mode}：没有可执行位").With("mode", octal(c.Mode))), c.Path, 0),
				proof(text.New("it is whole: {size} bytes, {version}", "文件完好：{size} 字节，{version}").With("size", c.Size, "version", orDefault(c.Version, string(c.Kind))), "go version "+c.Path),
				not(text.New("not a noexec mount: its file system lets other files be executed", "不是 noexec 挂载：所在文件系统允许执行文件").With()),
			},
			ByHand: "ls -l " + c.Path,
			Fixes: append([]diag.Fix{{Title: text.New("make {path} executable", "为 {path} 加上可执行权限").With("path", c.Path), Risk: diag.Safe,
				Actions: action.List{&action.Chmod{Files: []string{c.Real}, Add: 0o111}}}}, v.appendTree(v.floor().version)...),
		}
		if c.NoExec {
			f.Evidence[0] = at(because(text.New("its file system is mounted noexec", "它所在的文件系统以 noexec 挂载").With()), c.Path, 0)
			f.Evidence[2] = not(text.New("not a lost x bit: its mode is {mode}", "不是丢失可执行位：权限为 {mode}").With("mode", octal(c.Mode)))
			f.Fixes = v.appendTree(v.floor().version)
		}
		return f
	})
