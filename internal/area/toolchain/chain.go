package toolchain

import (
	"strings"

	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/origin"
	"github.com/gorescue/gorescue/internal/text"
)

// chainChecks ask whether the release that does the work is the one that the project asks for. At most one
// of them fires: trouble decides.
func chainChecks() []diag.Check {
	return []diag.Check{
		chainCheck(invalidID, text.New("GOTOOLCHAIN has a value that go refuses", "GOTOOLCHAIN 的值被 go 拒绝"), invalidDoc, (*view).invalid),
		chainCheck(chainLineID, text.New("go.mod has a toolchain line that go refuses", "go.mod 的 toolchain 行被 go 拒绝"), chainLineDoc, (*view).chainLine),
		chainCheck(unavailableID, text.New("GOTOOLCHAIN names a release that cannot be had", "GOTOOLCHAIN 指定的版本无法获得"), unavailableDoc, (*view).pinned),
		chainCheck(pinnedGoenvID, text.New("GOTOOLCHAIN in the go env file holds an older release", "go env 文件中的 GOTOOLCHAIN 固定在旧版本"), pinnedDoc, (*view).pinned),
		chainCheck(pinnedProfileID, text.New("GOTOOLCHAIN in the environment holds an older release", "环境变量 GOTOOLCHAIN 固定在旧版本"), pinnedDoc, (*view).pinned),
		chainCheck(localDefaultID, text.New("this Go does not change to the release that is here", "该 Go 不会切换到本机已有的版本"), localDefaultDoc, (*view).pinned),
		chainCheck(oldFirstID, text.New("an older Go comes first in PATH", "PATH 中旧版 Go 排在前面"), oldFirstDoc, (*view).oldFirst),
		chainCheck(goLineID, text.New("go.mod asks for a Go release that is not here", "go.mod 要求的 Go 版本本机没有"), goLineDoc, (*view).goLine),
		chainCheck(toolchainLineID, text.New("the toolchain line of go.mod asks for a release that cannot be had", "go.mod 的 toolchain 行要求的版本无法获得"), goLineDoc, (*view).goLine),
	}
}

// The IDs of the checks of this file.
const (
	invalidID       = "gotoolchain-invalid"
	chainLineID     = "gomod-toolchain-line-invalid"
	unavailableID   = "gotoolchain-unavailable"
	pinnedGoenvID   = "gotoolchain-pinned-in-goenv"
	pinnedProfileID = "gotoolchain-pinned-in-profile"
	localDefaultID  = "gotoolchain-local-by-default"
	oldFirstID      = "old-go-first-in-path-offline"
	goLineID        = "gomod-go-line-too-new"
	toolchainLineID = "gomod-toolchain-line-too-new"
)

// trouble says which check the choice of the toolchain belongs to, "" when the release that does the work is
// good enough, or might be downloaded.
func (v *view) trouble(c *choice) string {
	need := v.floor()
	pinned := pinnedProfileID
	if c.origin == facts.FromGoenv {
		pinned = pinnedGoenvID
	}
	set := c.origin != facts.FromGoroot
	local := release(v.version)
	switch {
	case c.bad != "" && c.by == byToolchain:
		return chainLineID
	case c.bad != "":
		return invalidID
	case c.how == howDownload && (c.by == bySetting || c.pin && atLeast(local, v.wanted(c))): // the local one would do
		if c.blocked == "" {
			return ""
		}
		return unavailableID
	case c.by == bySetting && !atLeast(c.runs(), need.version):
		switch {
		case set && c.how != howLocal && atLeast(local, need.version): // without the setting it works
			return pinned
		case len(v.candidates(need.version)) > 0:
			return oldFirstID
		case v.canSwitch(need.version) != nil && set:
			return pinned
		case v.canSwitch(need.version) != nil:
			return localDefaultID
		}
		return goLineID
	case c.by != bySetting && c.how == howDownload && len(v.candidates(v.wanted(c))) > 0:
		return oldFirstID
	case c.by == byToolchain && c.how == howDownload && c.blocked != "":
		return toolchainLineID
	case c.by == byGo && c.how == howDownload && c.blocked != "":
		return goLineID
	}
	return ""
}

// wanted is the release that a Go must at least be for the files to be content: what they chose.
func (v *view) wanted(c *choice) string { return release(c.name) }

// canSwitch is a toolchain to which go could change without a download and which satisfies a go line.
func (v *view) canSwitch(min string) *facts.GoSwitch {
	for i := range v.s.Toolchain.Switch {
		sw := &v.s.Toolchain.Switch[i]
		if release(sw.Name) != "" && atLeast(release(sw.Name), min) && (!sw.Cache || v.s.Settings.Get("GOSUMDB") != "off") {
			return sw
		}
	}
	return nil
}

func chainCheck(id string, title, doc text.T, find func(*view, *choice) diag.Finding) diag.Check {
	return diag.Check{ID: id, Title: title, Doc: doc, Severity: diag.Error, Reads: reads(facts.SecProject),
		After: []string{"goroot-env-removed-tree", "goroot-env-empty-dir", "gomod-zero-filled"},
		Run: func(s *facts.Snapshot) []diag.Finding {
			v := look(s)
			if !v.starts() || v.tree == nil || v.tree.State != facts.TreeFound || release(v.version) == "" {
				return nil
			}
			c := v.choose()
			if v.trouble(&c) != id {
				return nil
			}
			return []diag.Finding{find(v, &c)}
		}}
}

// who is the evidence which decided GOTOOLCHAIN.
func (v *view) who(c *choice) diag.Evidence {
	if src, ok := origin.Of(v.s, "GOTOOLCHAIN"); ok && c.origin != facts.FromGoroot {
		return src.Because()
	}
	if c.setting == "" {
		return because(text.New("GOTOOLCHAIN is set nowhere, and go.env of {root} has no value: go never changes to another release", "没有设置 GOTOOLCHAIN，{root} 的 go.env 也没有：go 不会切换到其他版本").With("root", v.root))
	}
	return because(text.New("GOTOOLCHAIN={value} is the default of this Go tree ({root}/go.env)", "GOTOOLCHAIN={value} 是该 Go 目录的默认值（{root}/go.env）").With("value", c.setting, "root", v.root))
}

// asks is the evidence which file asks for which release.
func (v *view) asks() diag.Evidence {
	d := v.floor()
	return at(proof(text.New("{file}:{line} says: go {value}", "{file}:{line} 写的是：go {value}").With("file", d.file, "line", d.line, "value", d.value), "go env GOMOD"), d.file, d.line)
}

func (v *view) starting() diag.Evidence {
	return proof(text.New("the go that starts, {path}, is {version}", "启动的 go（{path}）是 {version}").With("path", v.cmd.Path, "version", release(v.version)), "GOTOOLCHAIN=local go version")
}

func (v *view) invalid(c *choice) diag.Finding {
	f := diag.Finding{Claim: text.New("go refuses GOTOOLCHAIN={value}", "go 拒绝 GOTOOLCHAIN={value}").With("value", c.setting),
		Evidence: []diag.Evidence{v.who(c),
			proof(text.New("every command inside a module ends with: go: {text}", "模块内的每条命令都以此结束：go: {text}").With("text", c.bad), "go version"),
			not(text.New("not a release that is merely not installed: the value has none of the forms local, auto, path, go1.2.3, go1.2.3+auto, go1.2.3+path", "不是版本没有安装：该值不符合 local、auto、path、go1.2.3、go1.2.3+auto、go1.2.3+path 的任何一种形式").With())},
		ByHand: "go env GOTOOLCHAIN"}
	f.Fixes = v.release(c)
	return f
}

// release makes the fixes that take the setting away where it stands.
func (v *view) release(c *choice) []diag.Fix {
	src, ok := origin.Of(v.s, "GOTOOLCHAIN")
	if !ok || c.origin == facts.FromGoroot {
		return []diag.Fix{manual(text.New("correct GOTOOLCHAIN in {root}/go.env, or override it: go env -w GOTOOLCHAIN=auto", "修正 {root}/go.env 中的 GOTOOLCHAIN，或覆盖它：go env -w GOTOOLCHAIN=auto").With("root", v.root), "go env -w GOTOOLCHAIN=auto")}
	}
	fix := src.Remove()
	if src.OnPurpose() && fix.Risk == diag.Safe {
		fix.Risk = diag.Person
	}
	return []diag.Fix{fix}
}

// pinned is the finding of a release that GOTOOLCHAIN names: too old, or not to be had.
func (v *view) pinned(c *choice) diag.Finding {
	need := v.floor()
	f := diag.Finding{Evidence: []diag.Evidence{v.who(c)}, ByHand: "go env GOTOOLCHAIN", Fixes: v.release(c)}
	if c.how == howDownload {
		f.Claim = text.New("GOTOOLCHAIN={value} makes go look for {name}, which is not on this machine and cannot be fetched", "GOTOOLCHAIN={value} 让 go 去找 {name}，本机没有，也无法下载").With("value", c.setting, "name", c.name)
		f.Evidence = append(f.Evidence,
			proof(text.New("no folder of PATH has a program {name}, and the module cache has no such toolchain", "PATH 中没有程序 {name}，模块缓存中也没有这个工具链").With("name", c.name), "go version"),
			v.blockedBy(c), v.starting())
	} else {
		f.Claim = text.New("GOTOOLCHAIN={value} holds go at {name}, but the project asks for {need}", "GOTOOLCHAIN={value} 把 go 固定在 {name}，而项目要求 {need}").
			With("value", c.setting, "name", c.runs(), "need", need.version)
		f.Evidence = append(f.Evidence, v.asks(), v.starting())
		if sw := v.canSwitch(need.version); sw != nil && !atLeast(release(v.version), need.version) {
			f.Evidence = append(f.Evidence, proof(text.New("{name} is here: {path}", "{name} 就在本机：{path}").With("name", sw.Name, "path", sw.Path), ""),
				not(text.New("not a release that is missing: no download is needed", "不是缺少版本：不需要下载").With()))
			f.Fixes = append(v.allowSwitch(), f.Fixes...)
			if c.origin != facts.FromGoroot { // without the value it may do
				f.Fixes = append(v.release(c), v.allowSwitch()...)
			}
		}
	}
	if atLeast(release(v.version), need.version) {
		f.Evidence = append(f.Evidence, not(text.New("not an old Go in PATH: the one that starts satisfies the project", "不是 PATH 中的 Go 太旧：启动的 go 满足项目要求").With()))
	}
	return f
}

// allowSwitch makes the fix that lets go change to another release, when the setting's absence does not.
func (v *view) allowSwitch() []diag.Fix {
	if fix, ok := origin.SetGoenv(v.s, "GOTOOLCHAIN", "auto"); ok && v.s.Settings.Values["GOTOOLCHAIN"].Origin != facts.FromProcess {
		return []diag.Fix{fix}
	}
	return nil
}

// blockedBy is the evidence why a download cannot work, whatever the network is like.
func (v *view) blockedBy(c *choice) diag.Evidence {
	switch c.blocked {
	case blockedMode:
		return proof(text.New("GOTOOLCHAIN={value} forbids a download", "GOTOOLCHAIN={value} 禁止下载").With("value", c.setting), "go env GOTOOLCHAIN")
	case blockedProxy:
		return proof(text.New("GOPROXY={value} forbids a download", "GOPROXY={value} 禁止下载").With("value", v.s.Settings.Get("GOPROXY")), "go env GOPROXY")
	case blockedSum:
		return proof(text.New("GOSUMDB=off: a toolchain is always verified with the checksum database, so go refuses it", "GOSUMDB=off：工具链必须经校验数据库验证，所以 go 拒绝它").With(), "go env GOSUMDB")
	case blockedName:
		return proof(text.New("{name} is a language version; releases since 1.21 have three numbers", "{name} 是语言版本；1.21 以来的发行版有三段版本号").With("name", c.name), "")
	case blockedFuture:
		return proof(text.New("{name} cannot exist yet: a release comes every half year, and 1.27 came in August 2026", "{name} 还不可能存在：每半年发布一个版本，1.27 于 2026 年 8 月发布").With("name", release(c.name)), "")
	}
	return proof(text.New("whether it can be downloaded was not tried", "没有尝试能否下载").With(), "")
}

// oldFirst is the finding of an older Go that starts although a good one is on the machine.
func (v *view) oldFirst(c *choice) diag.Finding {
	need := v.floor().version
	if c.by != bySetting {
		need = v.wanted(c)
	}
	good := v.candidates(need)[0]
	f := diag.Finding{Claim: text.New("the project asks for {need}, but the first go in PATH is {have}; {good} is on this machine", "项目要求 {need}，而 PATH 中第一个 go 是 {have}；本机就有 {good}").
		With("need", need, "have", release(v.version), "good", good.version),
		Evidence: []diag.Evidence{v.first(), v.starting(), v.asksFor(c), v.otherGo(need), v.who(c)}, ByHand: "type -a go", Fixes: v.replaceFirst(need)}
	switch {
	case c.how != howDownload:
		f.Evidence = append(f.Evidence, not(text.New("not a pinned release: GOTOOLCHAIN names none", "不是固定了版本：GOTOOLCHAIN 没有指定版本").With()))
	case c.blocked != "":
		f.Evidence = append(f.Evidence, v.blockedBy(c))
	default: // it works where the toolchain can be downloaded
		f.Severity = diag.Warning
		f.Evidence = append(f.Evidence, not(text.New("not yet downloaded: {name} is neither in PATH nor in the module cache; go would have to fetch it first", "尚未下载：{name} 不在 PATH 中，也不在模块缓存中；go 得先下载它").With("name", c.name)))
	}
	return f
}

// asksFor is the evidence which line chose the toolchain.
func (v *view) asksFor(c *choice) diag.Evidence {
	file := lines(&v.s.Project)
	if d := file.Toolchain; c.by == byToolchain && d != nil {
		return at(proof(text.New("{file}:{line} says: toolchain {value}", "{file}:{line} 写的是：toolchain {value}").With("file", file.Path, "line", d.Line, "value", d.Value), "go env GOMOD"), file.Path, d.Line)
	}
	return v.asks()
}

func (v *view) chainLine(c *choice) diag.Finding {
	file := lines(&v.s.Project)
	d := *file.Toolchain
	f := diag.Finding{Claim: text.New("go refuses the toolchain line of {file}: {value}", "go 拒绝 {file} 的 toolchain 行：{value}").With("file", file.Path, "value", d.Value),
		Evidence: []diag.Evidence{
			at(because(text.New("{file}:{line} has: {text}", "{file}:{line} 写有：{text}").With("file", file.Path, "line", d.Line, "text", strings.TrimSpace(d.Cut.Old))), file.Path, d.Line),
			proof(text.New("go says: {text} in {file}", "go 报告：{text} in {file}").With("text", c.bad, "file", file.Path), "go version"),
			not(text.New("not GOTOOLCHAIN: its value {value} is valid", "不是 GOTOOLCHAIN 的问题：它的值 {value} 有效").With("value", c.setting))},
		ByHand: "go mod edit -json"}
	f.Fixes, f.Evidence = v.takeBack(file, d, headToolchain(file), f.Evidence)
	return f
}

func headToolchain(m *facts.ModFile) *facts.Directive {
	if m.Head == nil {
		return nil
	}
	return m.Head.Toolchain
}
