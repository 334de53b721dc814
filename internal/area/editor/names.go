package editor

import (
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/semver"

	"github.com/gorescue/gorescue/internal/action"
	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/editor"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/jsonc"
	"github.com/gorescue/gorescue/internal/text"
)

// said is the evidence that a setting stands in a file.
func said(e *facts.Editor, v *facts.EditorValue) diag.Evidence {
	f := &e.Files[v.File]
	return because(f, v.Line, text.New("{file}:{line} ({layer} settings of {editor}) has {key}: {value}", "{file}:{line}（{editor} 的 {layer} 设置）写有 {key}：{value}").
		With("file", f.Path, "line", v.Line, "layer", f.Layer, "editor", e.Name, "key", name(v), "value", short(v.JSON)))
}

func name(v *facts.EditorValue) string {
	if v.Sub != "" {
		return v.Key + "." + v.Sub
	}
	return v.Key
}

func short(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if len(s) > 120 {
		return strings.ToValidUTF8(s[:120], "") + "…"
	}
	return s
}

// cut takes a setting away; replace gives it another value. Both need a file without errors.
func cut(e *facts.Editor, v *facts.EditorValue) (diag.Fix, bool) {
	f := &e.Files[v.File]
	return diag.Fix{Risk: diag.Safe, Title: text.New("remove {key} from {file}", "从 {file} 中删除 {key}").With("key", name(v), "file", f.Path),
		Actions: action.List{&action.Edit{Path: f.Path, Splices: v.Cut}}}, len(v.Cut) > 0
}

// cutVar takes a variable away that go.toolsEnvVars, or the object env of gopls, has.
func cutVar(e *facts.Editor, n facts.EditorNamed) (diag.Fix, bool) {
	v := &e.Values[n.Index]
	doc := jsonc.Parse([]byte(v.At.Old))
	if v.Key != "gopls" || len(doc.Root.Entries()) < 2 {
		return cut(e, v)
	}
	i := slices.IndexFunc(doc.Root.Members, func(m jsonc.Member) bool { return m.Key == n.Name })
	if i < 0 || len(v.Cut) == 0 {
		return diag.Fix{}, false
	}
	splices := doc.Remove(doc.Root, i)
	for i := range splices {
		splices[i].Offset += v.At.Offset
	}
	path := e.Files[v.File].Path
	return diag.Fix{Risk: diag.Safe, Title: text.New("remove {key} from {file}", "从 {file} 中删除 {key}").With("key", name(v)+"."+n.Name, "file", path),
		Actions: action.List{&action.Edit{Path: path, Splices: splices}}}, true
}

func replace(e *facts.Editor, v *facts.EditorValue, raw string) diag.Fix {
	f, at := &e.Files[v.File], v.At
	at.New = raw
	return diag.Fix{Risk: diag.Safe, Title: text.New("set {key} to {value} in {file}", "在 {file} 中把 {key} 设为 {value}").With("key", name(v), "value", short(raw), "file", f.Path),
		Actions: action.List{&action.Edit{Path: f.Path, Splices: []facts.Splice{at}}}}
}

// valueCheck makes a check that looks at editors one by one.
func valueCheck(c diag.Check, find func(s *facts.Snapshot, e *facts.Editor) []diag.Finding) diag.Check {
	c.Run = func(s *facts.Snapshot) []diag.Finding {
		var out []diag.Finding
		seen := map[string]bool{}
		for i := range s.Editors.List {
			for _, f := range find(s, &s.Editors.List[i]) {
				if !seen[f.Subject] { // a workspace file is a layer of several editors
					seen[f.Subject] = true
					out = append(out, f)
				}
			}
		}
		return out
	}
	if c.Severity == "" {
		c.Severity = diag.Error
	}
	if c.Reads == nil {
		c.Reads = reads
	}
	return c
}

func subject(e *facts.Editor, v *facts.EditorValue) string {
	return e.Files[v.File].Path + " " + name(v)
}

var varGoroot = valueCheck(diag.Check{
	ID:    "toolsenvvars-goroot-removed",
	Title: text.New("the editor gives gopls a GOROOT that is not there", "编辑器给 gopls 的 GOROOT 不存在"),
	Doc: text.New(`"go.toolsEnvVars" is the environment that the Go extension gives to gopls and to the go command; it beats the environment of the session. A GOROOT there that
names a removed SDK breaks everything in the editor ("go: cannot find GOROOT directory") while the terminal works.

**Proof.** The setting, and what is at the path: nothing, no folder, or no Go tree. **What looks the same.** GOROOT in the session's environment or in the go env file:
goroot-env-removed-tree and its kin, which also break the terminal. The setting go.goroot: an extension ignores one that is no folder. **The fix** removes GOROOT from
the setting and leaves its other entries; the go command then finds its own tree.`,
		`"go.toolsEnvVars" 是 Go 扩展交给 gopls 和 go 命令的环境，优先于会话环境。其中的 GOROOT 若指向已删除的 SDK，编辑器内的一切都会失败（"go: cannot find GOROOT directory"），
而终端正常。

**证据。** 该设置，以及路径处的情况：不存在、不是目录，或不是 Go 目录树。**容易混淆的情况。** 会话环境或 go env 文件中的 GOROOT（goroot-env-removed-tree 等），那样终端也会失败；go.goroot
设置：不是目录时扩展会忽略它。**修复**从该设置中删除 GOROOT，保留其他条目；go 命令会找到自己的目录树。`),
}, func(s *facts.Snapshot, e *facts.Editor) []diag.Finding {
	var out []diag.Finding
	for _, n := range e.Env {
		if n.Name != "GOROOT" || n.State == facts.NamedUnknown || n.State == facts.NamedFolder && n.Bad == "" {
			continue
		}
		v := &e.Values[n.Index]
		x := diag.Finding{Subject: subject(e, v) + " " + n.Name,
			Claim: text.New("{editor} gives gopls GOROOT={dir}, where no Go tree is", "{editor} 给 gopls 设置了 GOROOT={dir}，而那里没有 Go 目录树").With("editor", e.Name, "dir", n.Value),
			Evidence: []diag.Evidence{said(e, v),
				{Role: diag.Proof, File: n.Value, Text: text.New("{path}: {state}", "{path}：{state}").With("path", n.Value, "state", n.State), Command: "ls -d " + quoted(n.Value)},
				{Role: diag.Not, Text: text.New("the session's own environment: only the editor's settings set it", "会话自身的环境：只有编辑器设置了它").With()}},
			ByHand: "GOROOT=" + quoted(n.Value) + " go version"}
		if fix, ok := cutVar(e, n); ok {
			x.Fixes = []diag.Fix{fix}
		}
		out = append(out, shared(e, v, x))
	}
	return out
})

var varBad = valueCheck(diag.Check{
	ID:    "toolsenvvars-bad-value",
	Title: text.New("the editor gives gopls a variable that breaks the go command", "编辑器给 gopls 的变量会使 go 命令失败"),
	Doc: text.New(`"go.toolsEnvVars" beats the session's environment for gopls and the go command it starts. Values there go stale as those of a profile do: GOWORK of a removed file,
GOPACKAGESDRIVER or GOCACHEPROG of a removed program, GOPATH that is no absolute path, GOFLAGS that do not parse or want a vendor folder that is not there, GO111MODULE=off in a module, TMPDIR that is gone, PATH without a go command. The terminal
works all the same, which makes the fault hard to see.

**Proof.** The setting and what its value names now. **What looks the same.** The same variable in the session: the checks of that variable report it, and then the terminal fails
too. **The fix** removes the entry; the others stay.`,
		`对 gopls 及其启动的 go 命令来说，"go.toolsEnvVars" 优先于会话环境。其中的值会像配置文件中的值一样过期：GOWORK 指向已删除的文件，GOPACKAGESDRIVER 或 GOCACHEPROG 指向
已删除的程序，GOPATH 不是绝对路径，GOFLAGS 无法解析或要求不存在的 vendor 目录，在模块中设置 GO111MODULE=off，TMPDIR 不存在，PATH 中没有 go 命令。终端照常工作，因此故障难以发现。

**证据。** 该设置及其值现在所指的内容。**容易混淆的情况。** 会话中的同名变量：由该变量自己的检查报告，那时终端也会失败。**修复**删除该条目，保留其他条目。`),
}, func(s *facts.Snapshot, e *facts.Editor) []diag.Finding {
	var out []diag.Finding
	for _, n := range e.Env {
		v := &e.Values[n.Index]
		if v.Key != "go.toolsEnvVars" && v.Key != "gopls" || n.Name == "GOROOT" {
			continue
		}
		bad := n.Bad
		switch n.Name {
		case "GOWORK", "TMPDIR", "GOTMPDIR", "GOPACKAGESDRIVER", "GOCACHEPROG":
			if n.State == facts.NamedMissing {
				bad = "nothing is there"
			}
		}
		if bad == "" {
			continue
		}
		x := diag.Finding{Subject: subject(e, v) + " " + n.Name,
			Claim: text.New("{editor} gives gopls {name}={value}: {bad}", "{editor} 给 gopls 设置了 {name}={value}：{bad}").With("editor", e.Name, "name", n.Name, "value", n.Value, "bad", bad),
			Evidence: []diag.Evidence{said(e, v),
				{Role: diag.Proof, Text: text.New("{name}={value}: {bad}", "{name}={value}：{bad}").With("name", n.Name, "value", n.Value, "bad", bad)},
				{Role: diag.Not, Text: text.New("the session's own environment: only the editor's settings set it", "会话自身的环境：只有编辑器设置了它").With()}},
			ByHand: "env " + quoted(n.Name+"="+n.Value) + " go list ./..."}
		if fix, ok := cutVar(e, n); ok {
			x.Fixes = []diag.Fix{fix}
		}
		out = append(out, shared(e, v, x))
	}
	return out
})

// best is the newest of some gopls programs that can serve this project; nil when none can.
func best(s *facts.Snapshot, paths []string) *facts.GoplsProgram {
	var top *facts.GoplsProgram
	for i := range s.Gopls.Programs {
		p := &s.Gopls.Programs[i]
		if slices.Contains(paths, p.Path) && serves(s, p) && (top == nil || semver.Compare(p.Release, top.Release) > 0) {
			top = p
		}
	}
	return top
}

// serves reports whether a program is a whole gopls for this machine, built with a Go that knows the
// language of the project.
func serves(s *facts.Snapshot, p *facts.GoplsProgram) bool {
	return p.Kind == facts.GoProgramOf && p.Runs && p.Arch == s.Gopls.Arch && editor.Knows(p.BuiltBy, s.Gopls.Language)
}

func programAt(s *facts.Snapshot, path string) *facts.GoplsProgram {
	for i := range s.Gopls.Programs {
		if s.Gopls.Programs[i].Path == path {
			return &s.Gopls.Programs[i]
		}
	}
	return nil
}

// asWritten is a path in the style of the setting it replaces: with ~ or ${env:HOME} when that had it.
func asWritten(s *facts.Snapshot, old, path string) string {
	home := s.Process.Vars["HOME"]
	if home == "" {
		home = s.Host.Home
	}
	for _, sign := range []string{"~", "${env:HOME}"} {
		if rest, ok := strings.CutPrefix(path, home+string(filepath.Separator)); ok && home != "" && strings.HasPrefix(old, sign+"/") {
			return sign + "/" + filepath.ToSlash(rest)
		}
	}
	return path
}

var toolGone = valueCheck(diag.Check{
	ID: "alternate-gopls-gone-old-one-used", Reads: []facts.Section{facts.SecEditors, facts.SecGopls, facts.SecProcess, facts.SecHost},
	Title: text.New("the editor's settings name a gopls that is not there", "编辑器设置所指的 gopls 不存在"),
	Doc: text.New(`"go.alternateTools" may name the gopls to start. When an absolute path there cannot be executed any more (an upgrade moved it), the Go extension says
nothing and takes the first gopls of its search: GOBIN, go.toolsGopath, GOPATH/bin, GOROOT/bin, PATH — often an old build, with false errors in code that compiles. Other
editors start nothing.

**Proof.** What is at the named path, and what is started instead. **What looks the same.** A gopls that is too old by itself (gopls-built-with-older-go). **The fix** names the gopls that
stands where the old one would be in a neighbouring version's folder; without one it removes the setting, when the gopls found then can serve this project.`,
		`"go.alternateTools" 可以指定要启动的 gopls。当其中的绝对路径不再可执行（升级后换了位置），Go 扩展不作任何提示，改用自己搜索到的第一个 gopls：GOBIN、go.toolsGopath、
GOPATH/bin、GOROOT/bin、PATH——往往是旧版本，会对能编译的代码报假错误。其他编辑器则什么也不启动。

**证据。** 所指路径处的情况，以及实际启动的程序。**容易混淆的情况。** 本身就过旧的 gopls（gopls-built-with-older-go）。**修复**改为指向相邻版本目录中同一位置的 gopls；没有时删除该设置（前提是
此后找到的 gopls 能用于本项目）。`),
}, func(s *facts.Snapshot, e *facts.Editor) []diag.Finding {
	st := &e.Start
	if st.Off || st.Named == "" || st.Why == "setting" || !filepath.IsAbs(st.Named) && st.Path != "" {
		return nil
	}
	if p := programAt(s, st.Named); p != nil && p.Mode != 0 && p.Mode&0o111 == 0 && !p.NoExec && (p.Kind == facts.GoProgramOf || p.Kind == facts.GoScriptFile) && (p.Arch == "" || p.Arch == s.Host.Arch) {
		return nil // it lacks the x bit alone: gopls-not-executable
	}
	v := editor.Get(e, "go.alternateTools", "gopls")
	x := diag.Finding{Subject: e.Name + " " + st.Named,
		Claim:    text.New("{editor} should start {named}, which cannot be executed", "{editor} 应当启动 {named}，但它无法执行").With("editor", e.Name, "named", st.Named),
		ByHand:   "ls -l " + quoted(st.Named),
		Evidence: []diag.Evidence{{Role: diag.Proof, File: st.Named, Text: text.New("{path} is no executable file", "{path} 不是可执行文件").With("path", st.Named), Command: "ls -l " + quoted(st.Named)}}}
	if v != nil {
		x.Evidence = append([]diag.Evidence{said(e, v)}, x.Evidence...)
	} else {
		x.Evidence = append([]diag.Evidence{{Role: diag.Because, Text: text.New("the settings of {editor} name it", "{editor} 的设置指定了它").With("editor", e.Name)}}, x.Evidence...)
	}
	now := programAt(s, st.Path)
	if now != nil {
		x.Evidence = append(x.Evidence, diag.Evidence{Role: diag.Proof, Text: text.New("it starts {path} instead ({release}, built with {go})", "它改为启动 {path}（{release}，用 {go} 构建）").
			With("path", st.Path, "release", now.Release, "go", now.BuiltBy)})
	} else if st.Path == "" {
		x.Evidence = append(x.Evidence, diag.Evidence{Role: diag.Proof, Text: text.New("no other gopls is found, so none starts", "找不到其他 gopls，因此什么也不启动").With()})
	}
	if p := best(s, st.Near); p != nil {
		if v != nil {
			x.Fixes = append(x.Fixes, replace(e, v, jsonc.Quote(asWritten(s, editor.Scalar(v.JSON), p.Path))))
		} else if act, err := editor.Front(e, p.Path); err == nil {
			x.Fixes = append(x.Fixes, front(act, p.Path, e.Name))
		}
	}
	if now != nil && serves(s, now) && v != nil {
		if fix, ok := cut(e, v); ok {
			x.Fixes = append(x.Fixes, fix)
		}
	}
	if v != nil {
		x = shared(e, v, x) // others may have the program
	}
	if len(x.Fixes) == 0 {
		x.Fixes = []diag.Fix{install(s)}
	}
	return []diag.Finding{x}
})

func front(act *action.Edit, path, name string) diag.Fix {
	return diag.Fix{Risk: diag.Safe, Title: text.New("let {editor} start {path} ({file})", "让 {editor} 启动 {path}（{file}）").With("editor", name, "path", path, "file", act.Path), Actions: action.List{act}}
}

// install is the advice to install gopls anew.
func install(s *facts.Snapshot) diag.Fix {
	cmd := "go install golang.org/x/tools/gopls@latest"
	return diag.Fix{Risk: diag.Manual, Title: text.New("install gopls: {cmd}", "安装 gopls：{cmd}").With("cmd", cmd), Shell: cmd}
}

var toolMissing = valueCheck(diag.Check{
	ID:    "alternate-go-removed",
	Title: text.New("the editor's settings name a go command that is not there", "编辑器设置所指的 go 命令不存在"),
	Doc: text.New(`"go.alternateTools" → "go" and "go.goroot" choose the go command for the editor. When what they name was removed by an upgrade, the Go extension ignores go.goroot with a
warning and takes another go for a missing alternate one; the same when go.goroot is a file, or the alternate go a folder or not executable. gopls then runs with another Go than was meant, or with none.

**Proof.** What is at the path now. **What looks the same.** A go command missing from PATH (go-not-in-path), which breaks the terminal too. **The fix** removes the setting, when the editor finds a
go command without it; else it is advice.`,
		`"go.alternateTools" 的 "go" 与 "go.goroot" 为编辑器选择 go 命令。当所指之物被升级删除，Go 扩展会警告并忽略 go.goroot，而对缺失的 go 则改用其他 go；go.goroot 是文件、或指定的 go 是目录或不可执行时也一样。gopls 于是使用并非本意的 Go，
或者没有 Go 可用。

**证据。** 该路径现在的情况。**容易混淆的情况。** PATH 中没有 go 命令（go-not-in-path），那样终端也会失败。**修复**：若不用该设置编辑器也能找到 go 命令，则删除该设置；否则给出建议。`),
	Reads: []facts.Section{facts.SecEditors, facts.SecToolchain},
}, func(s *facts.Snapshot, e *facts.Editor) []diag.Finding {
	var out []diag.Finding
	for _, n := range e.Env {
		want := map[string]facts.NamedState{"go.goroot": facts.NamedFolder, "go.alternateTools.go": facts.NamedProgram}[n.Name]
		if want == "" || n.State == facts.NamedUnknown || n.State == want && n.Bad == "" {
			continue
		}
		v := &e.Values[n.Index]
		x := diag.Finding{Subject: subject(e, v),
			Claim: text.New("{editor} should use the Go at {path}, where there is none", "{editor} 应当使用 {path} 处的 Go，但那里没有").With("editor", e.Name, "path", n.Value),
			Evidence: []diag.Evidence{said(e, v),
				{Role: diag.Proof, File: n.Value, Text: text.New("{path}: {state} {bad}", "{path}：{state} {bad}").With("path", n.Value, "state", n.State, "bad", n.Bad), Command: "ls -d " + quoted(n.Value)},
				{Role: diag.Not, Text: text.New("the terminal's go: it is found by PATH", "终端的 go：由 PATH 找到").With()}},
			ByHand: "ls -d " + quoted(n.Value)}
		if fix, ok := cut(e, v); ok && s.Toolchain.First >= 0 {
			x.Fixes = []diag.Fix{fix}
		}
		out = append(out, shared(e, v, x))
	}
	return out
})

var gobin = valueCheck(diag.Check{
	ID: "gopls-in-gobin-not-searched", Reads: []facts.Section{facts.SecEditors, facts.SecSettings},
	Title: text.New("gopls is installed where the editor does not look", "gopls 安装在编辑器不查找的位置"),
	Doc: text.New(`"go install" puts programs into GOBIN, also when GOBIN was set with "go env -w". Editors do not read that file: they look into GOBIN of the environment, GOPATH/bin, GOROOT/bin and PATH.
So the editor says that gopls is not available, again after every successful installation.

**Proof.** GOBIN of the go env file, an executable gopls in it, and the folders that were searched in vain. **What looks the same.** Never installed (then none is in
GOBIN), or without the x bit (gopls-not-executable). **The fix** names the program in the editor's settings; GOBIN stays, since other tools may need it.`,
		`"go install" 把程序放入 GOBIN，即使 GOBIN 是用 "go env -w" 设置的。编辑器不读取那个文件：它们查找环境变量 GOBIN、GOPATH/bin、GOROOT/bin 和 PATH。于是编辑器说 gopls 不可用，
而且每次成功安装后依旧如此。

**证据。** go env 文件中的 GOBIN、其中可执行的 gopls，以及徒劳查找过的目录。**容易混淆的情况。** 从未安装（那样 GOBIN 中没有它），或没有执行权限（gopls-not-executable）。**修复**在编辑器设置中指定该程序；
GOBIN 保持不变，因为其他工具可能需要它。`),
}, func(s *facts.Snapshot, e *facts.Editor) []diag.Finding {
	st := &e.Start
	if st.Gobin == "" || st.Path != "" || st.Off || len(st.Passed) > 0 {
		return nil
	}
	set := s.Settings.Values["GOBIN"]
	x := diag.Finding{Subject: e.Name,
		Claim: text.New("{editor} does not look into {dir}, where gopls is installed", "{editor} 不查找安装了 gopls 的 {dir}").With("editor", e.Name, "dir", filepath.Dir(st.Gobin)),
		Evidence: []diag.Evidence{
			{Role: diag.Because, File: s.Settings.File.Path, Line: set.Line, Text: text.New("{file}:{line} (the file of go env -w) has GOBIN={dir}", "{file}:{line}（go env -w 写入的文件）写有 GOBIN={dir}").With("file", s.Settings.File.Path, "line", set.Line, "dir", set.Value)},
			{Role: diag.Proof, File: st.Gobin, Text: text.New("{path} is there and can be executed", "{path} 存在且可执行").With("path", st.Gobin), Command: "ls -l " + quoted(st.Gobin)},
			{Role: diag.Proof, Text: text.New("searched in vain: {dirs}", "徒劳查找过：{dirs}").With("dirs", strings.Join(st.Looked, ", "))},
			{Role: diag.Not, Text: text.New("never installed: the program is there", "从未安装：程序在那里").With()}},
		ByHand: "ls -l " + quoted(st.Gobin) + "; command -v gopls"}
	if act, err := editor.Front(e, st.Gobin); err == nil {
		x.Fixes = []diag.Fix{front(act, st.Gobin, e.Name)}
	} else {
		x.Fixes = []diag.Fix{{Risk: diag.Manual, Title: text.New("{hint}", "{hint}").With("hint", err)}}
	}
	return []diag.Finding{x}
})
