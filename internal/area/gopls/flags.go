package gopls

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/gorescue/gorescue/internal/action"
	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/editor"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/goplsinfo"
	"github.com/gorescue/gorescue/internal/jsonc"
	"github.com/gorescue/gorescue/internal/text"
)

// flag is one flag that an editor gives to gopls.
type flag struct {
	e     *facts.Editor
	i     int // index in Start.Flags
	name  string
	value string
}

// eachFlag calls f for the flags of every editor that starts gopls.
func eachFlag(s *facts.Snapshot, f func(flag)) {
	for i := range s.Editors.List {
		e := &s.Editors.List[i]
		if e.Start.Path == "" || e.Start.Off {
			continue
		}
		for j, raw := range e.Start.Flags {
			if !strings.HasPrefix(raw, "-") {
				continue
			}
			name, value, has := strings.Cut(strings.TrimLeft(raw, "-"), "=")
			if !has && j+1 < len(e.Start.Flags) && !strings.HasPrefix(e.Start.Flags[j+1], "-") {
				value = e.Start.Flags[j+1]
			}
			f(flag{e, j, name, value})
		}
	}
}

// setting is where the flags stand.
func (f flag) setting() *facts.EditorValue { return editor.Get(f.e, "go.languageServerFlags", "") }

func (f flag) because() diag.Evidence {
	v := f.setting()
	if v == nil {
		return diag.Evidence{Role: diag.Because, Text: text.New("{editor} gives gopls {flag}", "{editor} 给 gopls 的参数 {flag}").With("editor", f.e.Name, "flag", f.e.Start.Flags[f.i])}
	}
	file := f.e.Files[v.File].Path
	return diag.Evidence{Role: diag.Because, File: file, Line: v.Line, Text: text.New("{file}:{line} (go.languageServerFlags) has {flag}", "{file}:{line}（go.languageServerFlags）写有 {flag}").With("file", file, "line", v.Line, "flag", f.e.Start.Flags[f.i])}
}

// instead makes the fix that writes the list of flags with another text for this one; "" leaves it out.
func (f flag) instead(risk diag.Risk, title text.Msg, with string) []diag.Fix {
	v := f.setting()
	if v == nil {
		return nil
	}
	doc := jsonc.Parse([]byte(v.At.Old))
	if doc.Root == nil || doc.Root.Kind != jsonc.Array || f.i >= len(doc.Root.Items) {
		return nil
	}
	n := doc.Root.Items[f.i]
	var cut facts.Splice
	if with != "" {
		cut = doc.Replace(n, jsonc.Quote(with))
	} else {
		from, to := n.Start, n.End
		if f.i+1 < len(doc.Root.Items) {
			to = doc.Root.Items[f.i+1].Start
		} else if f.i > 0 {
			from = doc.Root.Items[f.i-1].End
		}
		cut = facts.Splice{Offset: from, Old: v.At.Old[from:to]}
	}
	cut.Offset += v.At.Offset
	return []diag.Fix{{Risk: risk, Title: title, Actions: action.List{&action.Edit{Path: f.e.Files[v.File].Path, Splices: []facts.Splice{cut}}}}}
}

var logFolder = diag.Check{
	ID: "gopls-logfile-folder-gone", Severity: diag.Error, Reads: []facts.Section{facts.SecEditors, facts.SecGopls},
	Title: text.New("gopls should write its log into a folder that is not there", "gopls 应写日志的目录不存在"),
	Doc: text.New(`With -logfile=FILE gopls opens FILE at its start. When the folder was cleaned up, gopls ends at once with status 2: "unable to create log file: open …: no such file or directory", and the editor says that the server
crashed five times in three minutes.

**Proof.** The flag in the editor's settings, and that the folder is not there. **What looks the same.** A flag that this gopls does not have (gopls-flag-unknown), a damaged program. **The fix** makes the folder again;
the flags stay. The value "auto" is a file in the temporary folder and is fine.`,
		`使用 -logfile=FILE 时 gopls 启动即打开 FILE。若其目录已被清理，gopls 立刻以状态 2 退出："unable to create log file: open …: no such file or directory"，编辑器则说服务器三分钟内崩溃了五次。

**证据。** 编辑器设置中的该参数，以及目录不存在。**容易混淆的情况。** 此 gopls 没有的参数（gopls-flag-unknown）、程序损坏。**修复**重新创建该目录；参数保持不变。取值 "auto" 是临时目录中的文件，没有问题。`),
	Run: func(s *facts.Snapshot) []diag.Finding {
		var out []diag.Finding
		eachFlag(s, func(f flag) {
			if f.name != "logfile" || !filepath.IsAbs(f.value) || f.e.Start.LogFolder != "missing" {
				return
			}
			dir := filepath.Dir(f.value)
			out = append(out, diag.Finding{Subject: dir,
				Claim: text.New("{editor} tells gopls to log into {dir}, which is not there", "{editor} 让 gopls 把日志写到 {dir}，但该目录不存在").With("editor", f.e.Name, "dir", dir),
				Evidence: []diag.Evidence{f.because(),
					{Role: diag.Proof, File: dir, Text: text.New("{dir} does not exist", "{dir} 不存在").With("dir", dir), Command: "ls -d " + quoted(dir)},
					{Role: diag.Not, Text: text.New("an unknown flag: every gopls has -logfile", "未知参数：每个 gopls 都有 -logfile").With()}},
				ByHand: "ls -d " + quoted(dir),
				Fixes: append([]diag.Fix{{Risk: diag.Safe, Title: text.New("make the folder {dir}", "创建目录 {dir}").With("dir", dir), Actions: action.List{&action.Mkdir{Path: dir}}}},
					f.instead(diag.Safe, text.New("leave out {flag}", "去掉 {flag}").With("flag", f.e.Start.Flags[f.i]), "")...)})
		})
		return out
	},
}

// goneFlags are flags that some release of gopls took away, with the minor version (golang/tools, gopls/internal/cmd);
// madeUp are flags that people write and no release has.
func goneFlags() map[string]int { return map[string]int{"port": 22, "ocagent": 20} }

func madeUp() []string {
	return []string{"remote.timeout", "memory", "light", "max-memory", "timeout", "stdio", "log", "cache", "workers"}
}

var badFlag = diag.Check{
	ID: "gopls-flag-unknown", Severity: diag.Error, Reads: []facts.Section{facts.SecEditors, facts.SecGopls},
	Title: text.New("the editor gives gopls a flag that it does not have", "编辑器给了 gopls 一个它没有的参数"),
	Doc: text.New(`gopls ends at once with status 2 and its usage when it is given a flag that it does not have; the editor says that the server crashed. Flags go away (-port in v0.22, -ocagent in v0.20), and articles name some that never were
(-remote.timeout, -light).

**Proof.** The flag in the editor's settings, and the release of gopls: a closed list of flags that went away or never were is judged; other unknown flags are not. **What looks the same.** -logfile in a folder that is gone
(gopls-logfile-folder-gone). **The fix** leaves that flag out and keeps the others.`,
		`gopls 若得到自己没有的参数，会打印用法并立刻以状态 2 退出；编辑器则说服务器崩溃。参数会被移除（-port 在 v0.22，-ocagent 在 v0.20），文章也会写出从未存在的参数（-remote.timeout、-light）。

**证据。** 编辑器设置中的该参数，以及 gopls 的版本：只判断一份已移除或从未存在的参数的封闭列表；其他未知参数不作判断。**容易混淆的情况。** -logfile 的目录不存在（gopls-logfile-folder-gone）。**修复**去掉该参数，保留其他参数。`),
	Run: func(s *facts.Snapshot) []diag.Finding {
		var out []diag.Finding
		eachFlag(s, func(f flag) {
			rel := ""
			for _, p := range s.Gopls.Programs {
				if p.Path == f.e.Start.Path {
					rel = p.Release
				}
			}
			gone, known := goneFlags()[f.name]
			if !(known && goplsinfo.Judged(rel) && goplsinfo.Minor(rel) >= gone) && !(slices.Contains(madeUp(), f.name) && goplsinfo.Judged(rel)) {
				return
			}
			out = append(out, diag.Finding{Subject: f.e.Name + " " + f.e.Start.Flags[f.i],
				Claim: text.New("gopls {release} has no flag {flag} and ends at once", "gopls {release} 没有参数 {flag}，会立刻退出").With("release", rel, "flag", "-"+f.name),
				Evidence: []diag.Evidence{f.because(),
					{Role: diag.Proof, Text: text.New("the flags of gopls {release} do not hold it", "gopls {release} 的参数中没有它").With("release", rel), Command: quoted(f.e.Start.Path) + " help"},
					{Role: diag.Not, Text: text.New("a log folder that is gone: the flag itself is refused", "日志目录不存在：被拒绝的是参数本身").With()}},
				ByHand: quoted(f.e.Start.Path) + " -" + f.name,
				Fixes:  f.instead(diag.Safe, text.New("leave out {flag}", "去掉 {flag}").With("flag", f.e.Start.Flags[f.i]), "")})
		})
		return out
	},
}

// address is a flag -remote as the daemon's -listen writes it.
func address(value string) string { return strings.TrimPrefix(value, "unix;") }

var oldDaemon = diag.Check{
	ID: "gopls-daemon-of-old-version", Severity: diag.Error, Reads: []facts.Section{facts.SecEditors, facts.SecGopls},
	Title: text.New("the shared gopls daemon is of another version than gopls", "共享的 gopls 守护进程与 gopls 版本不同"),
	Doc: text.New(`With -remote=ADDRESS an editor's gopls only passes messages on to a daemon. A daemon at a fixed address that was started before gopls was upgraded goes on as the old version: gopls version says the new one, the answers are
those of the old one. With -remote=auto this cannot happen: the address holds a fingerprint of the program.

**Proof.** The daemon's process, its release (read from the running program), and that of the gopls which the editor starts. **What looks the same.** A gopls that was itself built with an old Go. **The fixes**: the daemon belongs to
a person, other editors may use it; gorescue does not end it. Named, the fix writes -remote=auto into the editor's settings; by hand: end the daemon and start it with the new program.`,
		`使用 -remote=ADDRESS 时，编辑器的 gopls 只是把消息转发给守护进程。若固定地址上的守护进程在 gopls 升级前启动，它会一直是旧版本：gopls version 显示新版本，回答却来自旧版本。使用 -remote=auto 则不会发生：地址中含有
程序的指纹。

**证据。** 守护进程、其版本（从运行中的程序读取），以及编辑器所启动的 gopls 的版本。**容易混淆的情况。** 本身用旧 Go 构建的 gopls。**修复**：守护进程属于某个人，其他编辑器可能在使用，gorescue 不会结束它。点名后，修复在编辑器设置中写入
-remote=auto；手工处理：结束守护进程并用新程序启动它。`),
	Run: func(s *facts.Snapshot) []diag.Finding {
		var out []diag.Finding
		eachFlag(s, func(f flag) {
			if f.name != "remote" || strings.HasPrefix(f.value, "auto") {
				return
			}
			var program *facts.GoplsProgram
			for i := range s.Gopls.Programs {
				if s.Gopls.Programs[i].Path == f.e.Start.Path {
					program = &s.Gopls.Programs[i]
				}
			}
			for _, d := range s.Gopls.Running {
				if d.Role != facts.GoplsDaemon || address(d.Listen) != address(f.value) || program == nil || d.Release == "" || program.Release == "" || d.Release == program.Release {
					continue
				}
				kill := "kill " + line(d.PID) + " && " + quoted(f.e.Start.Path) + " -listen=" + quoted(d.Listen) + " &"
				out = append(out, diag.Finding{Subject: d.Listen,
					Claim: text.New("the gopls daemon (process {pid}) is {old}; {editor} starts {new} and talks to it", "gopls 守护进程（进程 {pid}）是 {old}；{editor} 启动 {new} 并与其通信").With("pid", d.PID, "old", d.Release, "editor", f.e.Name, "new", program.Release),
					Evidence: []diag.Evidence{f.because(),
						{Role: diag.Proof, File: d.Exe, Text: text.New("process {pid} runs {exe} ({release}) and listens at {at}", "进程 {pid} 运行 {exe}（{release}），监听 {at}").With("pid", d.PID, "exe", d.Exe, "release", d.Release, "at", d.Listen), Command: "readlink /proc/" + line(d.PID) + "/exe"},
						{Role: diag.Proof, File: program.Path, Text: text.New("{path} is {release}", "{path} 是 {release}").With("path", program.Path, "release", program.Release), Command: quoted(program.Path) + " version"},
						{Role: diag.Not, Text: text.New("an old program: the one on disk is another version than the process", "程序过旧：磁盘上的版本与进程不同").With()}},
					ByHand: "readlink /proc/" + line(d.PID) + "/exe; " + quoted(program.Path) + " version",
					Fixes: append(f.instead(diag.Person, text.New("write -remote=auto, which never mixes versions, instead of {flag}", "把 {flag} 改为 -remote=auto（绝不会混用版本）").With("flag", f.e.Start.Flags[f.i]), "-remote=auto"),
						diag.Fix{Risk: diag.Manual, Title: text.New("or end the daemon and start it anew: {cmd}", "或结束守护进程并重新启动：{cmd}").With("cmd", kill), Shell: kill})})
			}
		})
		return out
	},
}

var daemonGone = diag.Check{
	ID: "gopls-daemon-not-listening", Severity: diag.Error, Reads: []facts.Section{facts.SecEditors, facts.SecGopls},
	Title: text.New("the editor's gopls wants a daemon that is not there", "编辑器的 gopls 需要一个不存在的守护进程"),
	Doc: text.New(`With -remote=unix;PATH (a fixed address) gopls connects to a daemon at its start and ends with status 2 when nobody listens there: the editor says that the server crashed. Daemons end with the session, or one minute after their last
client; only -remote=auto starts a new one by itself.

**Proof.** The flag, that the socket's file is not there, and that no gopls of this user listens at that address. **What looks the same.** A daemon of another version (gopls-daemon-of-old-version). Addresses of host and port are not judged,
since the daemon may run elsewhere. **The fix**, a person's choice, writes -remote=auto.`,
		`使用 -remote=unix;PATH（固定地址）时，gopls 启动时连接守护进程，若无人监听则以状态 2 退出：编辑器说服务器崩溃。守护进程随会话结束，或在最后一个客户端离开一分钟后结束；只有 -remote=auto 会自行启动新的守护进程。

**证据。** 该参数、套接字文件不存在，以及没有此用户的 gopls 在该地址监听。**容易混淆的情况。** 另一版本的守护进程（gopls-daemon-of-old-version）。主机加端口形式的地址不作判断，因为守护进程可能在别处。**修复**（由人决定）写入 -remote=auto。`),
	Run: func(s *facts.Snapshot) []diag.Finding {
		var out []diag.Finding
		eachFlag(s, func(f flag) {
			if f.name != "remote" || !strings.HasPrefix(f.value, "unix;/") || f.e.Start.Socket != "missing" {
				return
			}
			if slices.ContainsFunc(s.Gopls.Running, func(g facts.GoplsProcess) bool { return g.Role == facts.GoplsDaemon && g.Listen == f.value }) {
				return
			}
			path := address(f.value)
			out = append(out, diag.Finding{Subject: f.value,
				Claim: text.New("{editor} tells gopls to use the daemon at {path}, and nobody listens there", "{editor} 让 gopls 使用 {path} 处的守护进程，但无人监听").With("editor", f.e.Name, "path", path),
				Evidence: []diag.Evidence{f.because(),
					{Role: diag.Proof, File: path, Text: text.New("{path} does not exist", "{path} 不存在").With("path", path), Command: "ls -l " + quoted(path)},
					{Role: diag.Not, Text: text.New("a daemon of another version: none runs", "另一版本的守护进程：没有运行").With()}},
				ByHand: "ls -l " + quoted(path),
				Fixes:  f.instead(diag.Person, text.New("write -remote=auto, which starts a daemon by itself", "改为会自行启动守护进程的 -remote=auto").With(), "-remote=auto")})
		})
		return out
	},
}
