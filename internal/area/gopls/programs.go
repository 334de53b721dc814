package gopls

import (
	"fmt"
	"go/version"
	"path/filepath"
	"slices"
	"strconv"

	"golang.org/x/mod/semver"

	"github.com/gorescue/gorescue/internal/action"
	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/editor"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/goplsinfo"
	"github.com/gorescue/gorescue/internal/origin"
	"github.com/gorescue/gorescue/internal/text"
)

var reads = []facts.Section{facts.SecGopls, facts.SecEditors, facts.SecHost, facts.SecToolchain}

// serves reports whether a program is a whole gopls of this machine that knows the project's language.
func serves(s *facts.Snapshot, p *facts.GoplsProgram) bool {
	return p.Kind == facts.GoProgramOf && p.Runs && p.Arch == s.Gopls.Arch && editor.Knows(p.BuiltBy, s.Gopls.Language)
}

// better is the newest other program that serves; nil when there is none.
func better(s *facts.Snapshot, than *facts.GoplsProgram) *facts.GoplsProgram {
	var top *facts.GoplsProgram
	for i := range s.Gopls.Programs {
		p := &s.Gopls.Programs[i]
		if p.Path != than.Path && p.Real != than.Real && serves(s, p) && (top == nil || semver.Compare(p.Release, top.Release) > 0) {
			top = p
		}
	}
	return top
}

// replaceFixes is the ladder for a program that cannot serve: let the link lead to a good one of the same store,
// name a good one in the editors' settings, else install it anew.
func replaceFixes(s *facts.Snapshot, p *facts.GoplsProgram, by []string) []diag.Fix {
	var out []diag.Fix
	if b := better(s, p); b != nil {
		if p.Link != "" && filepath.IsAbs(p.Link) && editor.OtherVersion(p.Link, b.Path) {
			out = append(out, diag.Fix{Risk: diag.Safe, Title: text.New("let the link {path} lead to {to} ({release})", "让链接 {path} 指向 {to}（{release}）").With("path", p.Path, "to", b.Path, "release", b.Release),
				Actions: action.List{&action.Relink{Path: p.Path, Old: p.Link, New: b.Path}}})
		}
		var acts action.List
		for i := range s.Editors.List {
			if e := &s.Editors.List[i]; e.Start.Path == p.Path {
				if act, err := editor.Front(e, b.Path); err == nil {
					acts = append(acts, act)
				}
			}
		}
		if len(acts) > 0 {
			out = append(out, diag.Fix{Risk: diag.Safe, Title: text.New("let {editors} start {path} ({release})", "让 {editors} 启动 {path}（{release}）").With("editors", list(by), "path", b.Path, "release", b.Release), Actions: acts})
		}
	}
	return append(out, installAgain(s, p))
}

// installAgain is the command that builds gopls for this machine and project.
func installAgain(s *facts.Snapshot, p *facts.GoplsProgram) diag.Fix {
	cmd := "go install golang.org/x/tools/gopls@latest"
	if p.Release != "" && p.Kind != facts.GoProgramOf {
		cmd = "go install golang.org/x/tools/gopls@" + p.Release
	}
	dir := filepath.Dir(p.Path)
	if p.Kind == facts.GoScriptFile { // it must not be overwritten
		dir = ""
		if p.Wrapper != nil && p.Wrapper.Fails == "missing" {
			dir = filepath.Dir(p.Wrapper.Target)
		}
	}
	if dir != "" {
		cmd = "env -u GOOS -u GOARCH GOBIN=" + quoted(dir) + " " + cmd
	}
	if l := s.Gopls.Language; l != "" && !editor.Knows(s.Gopls.Go, l) {
		cmd = "GOTOOLCHAIN=auto " + cmd
	}
	return diag.Fix{Risk: diag.Manual, Title: text.New("build it anew: {cmd}", "重新构建：{cmd}").With("cmd", cmd), Shell: cmd}
}

func programCheck(c diag.Check, find func(s *facts.Snapshot, p *facts.GoplsProgram, by []string) *diag.Finding) diag.Check {
	if c.Severity == "" {
		c.Severity = diag.Error
	}
	if c.Reads == nil {
		c.Reads = reads
	}
	c.Run = func(s *facts.Snapshot) []diag.Finding {
		var out []diag.Finding
		started(s, func(p *facts.GoplsProgram, by []string) {
			if f := find(s, p, by); f != nil {
				f.Subject = p.Path
				out = append(out, *f)
			}
		})
		return out
	}
	return c
}

// chosen is the evidence that editors start a program.
func chosen(s *facts.Snapshot, p *facts.GoplsProgram, by []string) diag.Evidence {
	why := ""
	for _, e := range s.Editors.List {
		if e.Start.Path == p.Path {
			why = e.Start.Why
		}
	}
	return diag.Evidence{Role: diag.Because, File: p.Path, Text: text.New("{editors} start(s) {path}, found by {why}", "{editors} 启动 {path}（来自 {why}）").With("editors", list(by), "path", p.Path, "why", why)}
}

var truncated = programCheck(diag.Check{
	ID:    "gopls-binary-truncated",
	Title: text.New("the gopls program is damaged", "gopls 程序文件已损坏"),
	Doc: text.New(`An interrupted installation, a full disk or a broken download leaves a gopls whose file is cut short or empty. The editor says "exec format error", "segmentation fault", or that the server crashed five
times.

**Proof.** The file begins as an executable, but pieces that its own header names lie behind its end; or it has no bytes, or bytes that are no program. **What looks the same.** A
program of another processor (gopls-other-architecture), whose file is whole; a missing x bit. **The fix** uses another good gopls of the same machine, when there is one: the link leads there, or the editor's
settings name it. Else it is the command that builds gopls anew; other programs in the folder are not touched.`,
		`安装被打断、磁盘写满或下载损坏，会留下被截断或为空的 gopls 文件。编辑器报告 "exec format error"、"segmentation fault"，或服务器崩溃了五次。

**证据。** 文件以可执行文件的形式开头，但其自身文件头所指的部分超出了文件末尾；或者没有字节，或内容不是程序。**容易混淆的情况。** 其他处理器的程序（gopls-other-architecture），其文件是完整的；缺少执行权限。
**修复**：若本机有另一个完好的 gopls，则让链接指向它，或在编辑器设置中指定它。否则给出重新构建 gopls 的命令；不动该目录中的其他程序。`),
}, func(s *facts.Snapshot, p *facts.GoplsProgram, by []string) *diag.Finding {
	if p.Kind != facts.GoDamaged && p.Kind != facts.GoEmpty {
		return nil
	}
	return &diag.Finding{
		Claim: text.New("{path} is no whole program: {err}", "{path} 不是完整的程序：{err}").With("path", p.Path, "err", orEmpty(p.Err)),
		Evidence: []diag.Evidence{chosen(s, p, by),
			{Role: diag.Proof, File: p.Path, Text: text.New("{size} bytes: {err}", "{size} 字节：{err}").With("size", p.Size, "err", orEmpty(p.Err)), Command: "go version -m " + quoted(p.Path)},
			{Role: diag.Not, Text: text.New("a program of another processor: this file ends too early", "其他处理器的程序：此文件过早结束").With()}},
		ByHand: quoted(p.Path) + " version", Fixes: replaceFixes(s, p, by)}
})

func orEmpty(err string) string {
	if err == "" {
		return "no content"
	}
	return err
}

var otherArch = programCheck(diag.Check{
	ID:    "gopls-other-architecture",
	Title: text.New("gopls is a program for another machine", "gopls 是其他机器的程序"),
	Doc: text.New(`A home folder shared between machines, a dotfile sync, or "go install" with GOOS or GOARCH set puts a gopls of another processor or system where the editor finds it: "fork/exec …/gopls: exec format error".

**Proof.** The system and processor in the file's header, and those of this machine; no emulator is registered for it. **What looks the same.** A damaged file (gopls-binary-truncated). **The fix** lets the editor start a
gopls of this machine, when there is one; else it is the command that builds one, with GOOS and GOARCH unset. Other programs in the folder may be wanted on the other machine and stay.`,
		`多台机器共用的主目录、点文件同步，或设置了 GOOS/GOARCH 的 "go install"，会把其他处理器或系统的 gopls 放到编辑器能找到的位置："fork/exec …/gopls: exec format error"。

**证据。** 文件头中的系统与处理器，以及本机的系统与处理器；没有为其注册模拟器。**容易混淆的情况。** 文件损坏（gopls-binary-truncated）。**修复**：若有本机可用的 gopls 则让编辑器启动它；否则给出在不设置
GOOS、GOARCH 时构建的命令。该目录中的其他程序可能是另一台机器需要的，予以保留。`),
}, func(s *facts.Snapshot, p *facts.GoplsProgram, by []string) *diag.Finding {
	if p.Kind != facts.GoProgramOf || (p.Arch == "" || p.Arch == s.Host.Arch) && (p.OS == "" || p.OS == s.Host.OS) || p.Arch == "386" && s.Host.Arch == "amd64" && p.OS == s.Host.OS || len(s.Host.Binfmt) > 0 {
		return nil
	}
	return &diag.Finding{
		Claim: text.New("{path} is for {os}/{arch}; this machine is {hos}/{harch}", "{path} 用于 {os}/{arch}；本机是 {hos}/{harch}").With("path", p.Path, "os", p.OS, "arch", p.Arch, "hos", s.Host.OS, "harch", s.Host.Arch),
		Evidence: []diag.Evidence{chosen(s, p, by),
			{Role: diag.Proof, File: p.Path, Text: text.New("its header says {os}/{arch}", "其文件头为 {os}/{arch}").With("os", p.OS, "arch", p.Arch), Command: "file " + quoted(p.Path)},
			{Role: diag.Not, Text: text.New("a damaged file: it is whole", "文件损坏：它是完整的").With()}},
		ByHand: "file " + quoted(p.Path) + "; uname -m", Fixes: replaceFixes(s, p, by)}
})

var notExecutable = diag.Check{
	ID: "gopls-not-executable", Severity: diag.Error, Reads: reads,
	Title: text.New("gopls may not be executed", "gopls 没有执行权限"),
	Doc: text.New(`A gopls copied from a zip file, an artifact store or a FAT disk has no x bit. Editors pass over it and say that gopls is not available; installing again seems to be the only way.

**Proof.** The file is a whole gopls of this machine, its mode has no x bit, and the editor's search finds no other one or its settings name this one. **What looks the same.** A gopls that is not there; a file system mounted noexec, where
the mode is right. **The fix** adds the x bits to that file.`,
		`从 zip 文件、制品库或 FAT 磁盘复制来的 gopls 没有执行权限。编辑器会跳过它，并说 gopls 不可用；看起来只能重新安装。

**证据。** 该文件是本机可用的完整 gopls，其权限没有执行位，且编辑器的查找没有找到其他 gopls，或其设置指定的就是它。**容易混淆的情况。** gopls 不存在；以 noexec 挂载的文件系统（那样权限位是对的）。**修复**为该文件加上执行位。`),
	Run: func(s *facts.Snapshot) []diag.Finding {
		var out []diag.Finding
		for i := range s.Gopls.Programs {
			p := &s.Gopls.Programs[i]
			var by []string
			for _, e := range s.Editors.List {
				if !e.Start.Off && (e.Start.Path == "" && slices.Contains(e.Start.Passed, p.Path) || e.Start.Named == p.Path) {
					by = append(by, e.Name)
				}
			}
			if len(by) == 0 || p.Kind != facts.GoProgramOf && p.Kind != facts.GoScriptFile || p.Mode&0o111 != 0 || p.NoExec || p.Arch != "" && p.Arch != s.Host.Arch {
				continue
			}
			out = append(out, diag.Finding{Subject: p.Path,
				Claim: text.New("{path} is gopls, but its mode {mode} lets nobody execute it", "{path} 是 gopls，但其权限 {mode} 不允许任何人执行").With("path", p.Path, "mode", octal(p.Mode)),
				Evidence: []diag.Evidence{
					{Role: diag.Because, File: p.Path, Text: text.New("mode {mode}", "权限 {mode}").With("mode", octal(p.Mode))},
					{Role: diag.Proof, File: p.Path, Text: text.New("gopls {release}, built with {go}, whole; {editors} pass(es) over it", "gopls {release}，用 {go} 构建，完整；{editors} 跳过它").With("release", p.Release, "go", p.BuiltBy, "editors", list(by)), Command: "ls -l " + quoted(p.Path)},
					{Role: diag.Not, Text: text.New("a missing gopls: the file is there", "gopls 缺失：文件存在").With()}},
				ByHand: "ls -l " + quoted(p.Path),
				Fixes:  []diag.Fix{{Risk: diag.Safe, Title: text.New("chmod +x {path}", "chmod +x {path}").With("path", p.Path), Actions: action.List{&action.Chmod{Files: []string{realPath(p)}, Add: 0o111}}}}})
		}
		return out
	},
}

func realPath(p *facts.GoplsProgram) string {
	if p.Real != "" {
		return p.Real
	}
	return p.Path
}

func octal(m uint32) string { return fmt.Sprintf("%04o", m) }

func line(n int) string { return strconv.Itoa(n) }

var builtOlder = programCheck(diag.Check{
	ID:    "gopls-built-with-older-go",
	After: []string{"alternate-gopls-gone-old-one-used"}, // the older one is started because the named one is gone
	Title: text.New("gopls was built with a Go that does not know the project's language", "构建 gopls 的 Go 不认识本项目的语言版本"),
	Doc: text.New(`The type checker inside gopls is that of the Go release which built it, whatever go command is installed now. When go.mod asks for a newer language, gopls reports errors in code that compiles ("42 is not
a type", "package requires newer Go version … (application built with …)"), or leaves out what it does not understand. Updating Go does not help; gopls must be built again.

**Proof.** The Go release in the program's build information, and the go line. **What looks the same.** A go command that is too old for the project, which breaks the terminal too. **The fix** takes a gopls of another
version in the same store, when the program is a link there; names a good one in the editor's settings; or is the command that builds it anew.`,
		`gopls 内部的类型检查器来自构建它的 Go 版本，与现在安装的 go 命令无关。当 go.mod 要求更新的语言版本，gopls 会对能编译的代码报错（"42 is not a type"、"package requires newer Go version …
(application built with …)"），或漏掉它不理解的部分。更新 Go 没有用；必须重新构建 gopls。

**证据。** 程序构建信息中的 Go 版本，以及 go 行。**容易混淆的情况。** 对项目来说过旧的 go 命令，那样终端也会失败。**修复**：若该程序是指向版本目录的链接，则改用同处的其他版本；或在编辑器设置中指定可用的 gopls；
或给出重新构建的命令。`),
}, func(s *facts.Snapshot, p *facts.GoplsProgram, by []string) *diag.Finding {
	if p.Kind != facts.GoProgramOf || !p.Runs || editor.Knows(p.BuiltBy, s.Gopls.Language) {
		return nil
	}
	return &diag.Finding{
		Claim: text.New("{path} ({release}) was built with {by}; this project is written in Go {lang}", "{path}（{release}）用 {by} 构建；本项目使用 Go {lang}").With("path", p.Path, "release", p.Release, "by", p.BuiltBy, "lang", s.Gopls.Language),
		Evidence: []diag.Evidence{chosen(s, p, by),
			{Role: diag.Proof, File: p.Path, Text: text.New("built with {by}", "用 {by} 构建").With("by", p.BuiltBy), Command: "go version " + quoted(p.Path)},
			{Role: diag.Proof, Text: text.New("the highest go line of the project is {lang}", "项目中最高的 go 行是 {lang}").With("lang", s.Gopls.Language), Command: "grep ^go go.mod"},
			{Role: diag.Not, Text: text.New("an old go command: {go} is in use", "go 命令过旧：正在使用 {go}").With("go", s.Gopls.Go)}},
		ByHand: "go version " + quoted(p.Path) + "; grep ^go go.mod", Fixes: replaceFixes(s, p, by)}
})

var goTooOld = diag.Check{
	ID: "go-too-old-for-gopls", Severity: diag.Error, Reads: append(slices.Clone(reads), facts.SecProcess, facts.SecStartup, facts.SecSettings),
	Title: text.New("the Go in use is too old for this gopls", "所用的 Go 对此 gopls 来说过旧"),
	Doc: text.New(`gopls starts the go command that comes first in PATH, with flags that a very old one does not know: "Found Go version 1.17, which is not supported by this version of gopls", "flag provided but not defined:
-buildvcs". go build works all the same, since the project itself is content with the old Go.

**Proof.** The release of gopls that the editor starts, the release of that go command, and gopls' own table of what it supports. **What looks the same.** Bad GOFLAGS (the flag comes from gopls), a go command too old
for the project. **The fix** takes the old Go out of the way at the place that puts it first, when a newer Go follows in PATH; or it is advice: an older gopls, or go.alternateTools.go. The old SDK and go.mod stay.`,
		`gopls 启动 PATH 中的第一个 go 命令，并使用极旧版本不认识的参数："Found Go version 1.17, which is not supported by this version of gopls"、"flag provided but not defined: -buildvcs"。go build 照常工作，
因为项目本身用旧 Go 就够了。

**证据。** 编辑器所启动的 gopls 版本、该 go 命令的版本，以及 gopls 自己的支持表。**容易混淆的情况。** 错误的 GOFLAGS（该参数来自 gopls）、对项目来说过旧的 go 命令。**修复**：若 PATH 中其后有更新的 Go，则在把旧 Go 放到最前的
位置将其移开；或给出建议：较旧的 gopls，或 go.alternateTools.go。旧 SDK 和 go.mod 保持不变。`),
	Run: func(s *facts.Snapshot) []diag.Finding {
		var out []diag.Finding
		started(s, func(p *facts.GoplsProgram, by []string) {
			refuses, last := goplsinfo.Refuses(p.Release, s.Gopls.Go)
			if p.Kind != facts.GoProgramOf || !goplsinfo.Judged(p.Release) || !refuses {
				return
			}
			x := diag.Finding{Subject: s.Gopls.GoPath,
				Claim: text.New("{go} at {path} is too old for gopls {release}", "{path} 处的 {go} 对 gopls {release} 来说过旧").With("go", s.Gopls.Go, "path", s.Gopls.GoPath, "release", p.Release),
				Evidence: []diag.Evidence{chosen(s, p, by),
					{Role: diag.Proof, File: s.Gopls.GoPath, Text: text.New("{path} is {go}", "{path} 是 {go}").With("path", s.Gopls.GoPath, "go", s.Gopls.Go), Command: "go version"},
					{Role: diag.Proof, Text: text.New("gopls {release} refuses it; the last release that does not is {last}", "gopls {release} 拒绝它；最后一个不拒绝的版本是 {last}").With("release", p.Release, "last", last), Command: quoted(p.Path) + " version"},
					{Role: diag.Not, Text: text.New("bad GOFLAGS: the unknown flag comes from gopls", "错误的 GOFLAGS：未知参数来自 gopls").With()}},
				ByHand: "go version; " + quoted(p.Path) + " version"}
			x.Fixes = append(newerGo(s, p.Release), diag.Fix{Risk: diag.Manual, Title: text.New("install the last gopls for this Go: {cmd}", "安装支持此 Go 的最后一个 gopls：{cmd}").With("cmd", "go install golang.org/x/tools/gopls@"+last)})
			out = append(out, x)
		})
		return out[:min(len(out), 1)]
	},
}

// newerGo makes the fixes that let a newer go, which follows in PATH, come first.
func newerGo(s *facts.Snapshot, gopls string) []diag.Fix {
	t := &s.Toolchain
	if t.First < 0 || t.First >= len(t.Commands) || t.Commands[t.First].Path != s.Gopls.GoPath {
		return nil
	}
	old := t.Commands[t.First].Entry
	for _, c := range t.Commands[t.First+1:] {
		refused, _ := goplsinfo.Refuses(gopls, c.Version)
		if !c.Runs || c.Kind != facts.GoBinary || c.Version == "" || refused || version.Compare(c.Version, s.Gopls.Go) <= 0 {
			continue
		}
		if fix, ok := origin.PathBehind(s, old, c.Entry); ok {
			return []diag.Fix{fix}
		}
		if src, ok := origin.OfPath(s, old); ok && !src.OnPurpose() && src.Assignment != nil && len(src.Assignment.Prepend) == 1 && len(src.Assignment.Append) == 0 {
			if fix := src.Remove(); fix.Risk == diag.Safe {
				return []diag.Fix{fix}
			}
		}
		break
	}
	return nil
}

const streamEn = `An editor and gopls speak over standard input and output, with a length in bytes before each message and header lines that end in CR LF. `
const streamZh = `编辑器与 gopls 通过标准输入输出通信，每条消息前有以字节计的长度，头部各行以 CR LF 结尾。`

var wrapperFilters = programCheck(diag.Check{
	ID:    "gopls-wrapper-damages-crlf",
	Title: text.New("a wrapper pipes the messages to gopls through a text filter", "包装脚本让发往 gopls 的消息经过文本过滤器"),
	Doc: text.New(streamEn+`A wrapper that puts tr, sed, grep, awk or the like between them changes bytes or holds them back until a buffer is full: initialize is never answered, or the server ends at a
damaged header.

**Proof.** The line of the wrapper, and the filter in one pipeline with gopls. tee alone passes every byte on at once and is not reported. **What looks the same.** A gopls that hangs by itself. **The fix** lets the
wrapper exec gopls directly and leaves its other lines; for a trace use -rpc.trace with -logfile.`,
		streamZh+`包装脚本若在两者之间放入 tr、sed、grep、awk 之类，会改变字节或在缓冲区填满前扣住它们：initialize 永远得不到回答，或服务器因头部损坏而退出。

**证据。** 包装脚本的那一行，以及与 gopls 同在一个管道中的过滤器。单独的 tee 会立即传递每个字节，不报告。**容易混淆的情况。** gopls 自身挂起。**修复**让包装脚本直接 exec gopls，保留其他各行；需要跟踪时请用
-rpc.trace 和 -logfile。`),
}, func(s *facts.Snapshot, p *facts.GoplsProgram, by []string) *diag.Finding {
	w := p.Wrapper
	if w == nil || w.Filter == "" {
		return nil
	}
	return &diag.Finding{
		Claim: text.New("{path}:{line} pipes the editor's messages through {filter}", "{path}:{line} 让编辑器的消息经过 {filter}").With("path", p.Path, "line", w.Line, "filter", w.Filter),
		Evidence: []diag.Evidence{chosen(s, p, by),
			{Role: diag.Proof, File: p.Path, Line: w.Line, Text: text.New("{path}:{line}: {text}", "{path}:{line}：{text}").With("path", p.Path, "line", w.Line, "text", w.Text)},
			{Role: diag.Not, Text: text.New("a plain wrapper: it would start gopls with exec, or with nothing between", "普通包装脚本：会用 exec 启动 gopls，或其间没有其他程序").With()}},
		ByHand: "sed -n '" + line(w.Line) + "p' " + quoted(p.Path),
		Fixes:  []diag.Fix{{Risk: diag.Safe, Title: text.New("let {path} start gopls directly", "让 {path} 直接启动 gopls").With("path", p.Path), Actions: action.List{&action.Edit{Path: p.Path, Splices: w.Direct}}}}}
})

var wrapperPrints = programCheck(diag.Check{
	ID:    "gopls-wrapper-prints",
	Title: text.New("a wrapper around gopls writes to standard output", "gopls 的包装脚本向标准输出写内容"),
	Doc: text.New(streamEn+`What a wrapper prints there before it starts gopls stands before the first header: the editor reads a damaged message and gives up ("Header must provide a Content-Length property").

**Proof.** The line of the wrapper that prints, before the one that starts gopls. What is sent to standard error or a file is not reported. **What looks the same.** A filter in the pipeline
(gopls-wrapper-damages-crlf). **The fix** sends that output to standard error, where editors show it in their log.`,
		streamZh+`包装脚本在启动 gopls 之前打印到那里的内容会出现在第一个头部之前：编辑器读到损坏的消息便放弃（"Header must provide a Content-Length property"）。

**证据。** 包装脚本中位于启动 gopls 之前的打印语句。发往标准错误或文件的输出不报告。**容易混淆的情况。** 管道中的过滤器（gopls-wrapper-damages-crlf）。**修复**把该输出送往标准错误，编辑器会在日志中显示它。`),
}, func(s *facts.Snapshot, p *facts.GoplsProgram, by []string) *diag.Finding {
	w := p.Wrapper
	if w == nil || w.Prints == 0 || w.Line <= w.Prints {
		return nil
	}
	return &diag.Finding{
		Claim: text.New("{path}:{line} prints into the stream between editor and gopls", "{path}:{line} 向编辑器与 gopls 之间的流打印内容").With("path", p.Path, "line", w.Prints),
		Evidence: []diag.Evidence{chosen(s, p, by),
			{Role: diag.Proof, File: p.Path, Line: w.Prints, Text: text.New("line {a} prints before line {b} starts gopls", "第 {a} 行在第 {b} 行启动 gopls 之前打印").With("a", w.Prints, "b", w.Line)},
			{Role: diag.Not, Text: text.New("output to standard error: this one is not redirected", "输出到标准错误：此处没有重定向").With()}},
		ByHand: "sed -n '" + line(w.Prints) + "p' " + quoted(p.Path),
		Fixes:  []diag.Fix{{Risk: diag.Safe, Title: text.New("send the output of line {line} of {path} to standard error", "把 {path} 第 {line} 行的输出送往标准错误").With("path", p.Path, "line", w.Prints), Actions: action.List{&action.Edit{Path: p.Path, Splices: w.Mute}}}}}
})
