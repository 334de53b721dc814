package network

import (
	"net/url"
	"slices"
	"strings"

	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/goproxy"
	"github.com/gorescue/gorescue/internal/origin"
	"github.com/gorescue/gorescue/internal/text"
)

// reroute makes the fixes that let go reach a healthy server first. The faulty entry stays in the list, behind it, unless
// its address itself is wrong.
func (v *view) reroute() []diag.Fix {
	var out []diag.Fix
	for _, e := range v.healthy() {
		value, ok := v.list(e)
		if !ok {
			continue
		}
		fix, ok := set(v.s, value)
		if !ok {
			continue
		}
		if v.personal(e) {
			fix.Risk = person(fix.Risk)
		}
		out = append(out, fix)
	}
	return out
}

// set makes the fix that gives GOPROXY a value: in the line that gives it now, else in the go env file.
func set(s *facts.Snapshot, value string) (diag.Fix, bool) {
	src, ok := origin.Of(s, "GOPROXY")
	if !ok || src.Kind == facts.FromGoroot {
		return origin.SetGoenv(s, "GOPROXY", value)
	}
	fix := src.Replace(value)
	if src.OnPurpose() {
		fix.Risk = person(fix.Risk)
	}
	return fix, true
}

func person(r diag.Risk) diag.Risk {
	if r == diag.Safe {
		return diag.Person
	}
	return r
}

// personal reports whether taking another server is a decision of a person: the present one forbids something, or the
// other one would learn names of private modules.
func (v *view) personal(e *facts.NetEntry) bool {
	if v.ans.Fail == facts.NetStatus && slices.Contains([]int{401, 403, 407, 451}, v.ans.Status) && !v.ans.AtProxy {
		return true
	}
	return !e.Private && v.privateNames()
}

// privateNames reports whether the project asks proxies for modules that the team's policy calls private.
func (v *view) privateNames() bool {
	return slices.ContainsFunc(v.s.Dirs.Modules.Missing, func(m facts.MissingModule) bool { return private(&v.s.Policy, m.Module) })
}

// list is a value of GOPROXY in which a healthy server comes first; of one that merely lacks a version, next. It is made of
// the entries as the user wrote them.
func (v *view) list(e *facts.NetEntry) (string, bool) {
	entries, err := goproxy.Parse(v.s.Settings.Get("GOPROXY"), "")
	if err != nil {
		return "", false
	}
	address, ok := v.address(e, entries)
	if !ok {
		return "", false
	}
	var rest []goproxy.Entry
	for _, x := range entries {
		if !same(x.URL, address) && !(redacted(x.URL) == v.entry.URL && v.wrongAddress()) {
			rest = append(rest, x)
		}
	}
	first := goproxy.Entry{URL: address}
	if v.lacks { // the others first, as before; this one before direct or off
		at := slices.IndexFunc(rest, func(x goproxy.Entry) bool { return !x.IsProxy() })
		if at < 0 {
			at = len(rest)
		}
		rest = slices.Insert(rest, at, first)
	} else {
		rest = slices.Insert(rest, 0, first)
	}
	return written(rest), true
}

// written is a list as a value of GOPROXY.
func written(list []goproxy.Entry) string {
	var b strings.Builder
	for i, x := range list {
		if b.WriteString(x.URL); i+1 < len(list) {
			b.WriteString(map[bool]string{true: "|", false: ","}[x.OnError])
		}
	}
	return b.String()
}

// address is the one of a server as the user or the policy wrote it, with what a display leaves out.
func (v *view) address(e *facts.NetEntry, entries []goproxy.Entry) (string, bool) {
	for _, x := range entries {
		if redacted(x.URL) == e.URL {
			return x.URL, true
		}
	}
	for _, p := range v.s.Policy.Proxies {
		if redacted(p) == e.URL {
			return p, true
		}
	}
	return "", false
}

// wrongAddress: nothing will ever answer there, or not under this scheme.
func (v *view) wrongAddress() bool {
	switch v.ans.Fail {
	case facts.NetNotTLS, facts.NetNoHost:
		return true
	case facts.NetNeedsTLS:
		return v.wantsTLS()
	case facts.NetStatus:
		return v.plainTwin() != "" || v.wantsTLS()
	}
	return false
}

// misspelt is a healthy server on the same host and another port that the team's policy names and GOPROXY does not, "" = none.
func (v *view) misspelt() string {
	name, full := host(v.entry.URL)
	for i := range v.s.Network.Others {
		e := &v.s.Network.Others[i]
		if n, f := host(e.URL); n == name && f != full && whole(e) {
			return e.URL
		}
	}
	return ""
}

// plainTwin is a trusted https address of the same host, when the entry is http; "" = none.
func (v *view) plainTwin() string {
	name, _ := host(v.entry.URL)
	if !strings.HasPrefix(v.entry.URL, "http://") {
		return ""
	}
	for _, p := range v.s.Policy.Proxies {
		if n, _ := host(p); n == name && strings.HasPrefix(p, "https://") {
			return redacted(p)
		}
	}
	return ""
}

// wantsTLS: the same server, asked over https, speaks TLS.
func (v *view) wantsTLS() bool {
	t := v.entry.WithTLS
	return t != nil && (t.Status != 0 || len(t.Chain) > 0)
}

// secure makes the fix that asks the same server over https: the address stays the user's own, and gets safer.
func secure(v *view) []diag.Fix {
	if t := v.entry.WithTLS; t == nil || !t.OK() {
		return nil
	}
	entries, err := goproxy.Parse(v.s.Settings.Get("GOPROXY"), "")
	if err != nil {
		return nil
	}
	for i := range entries {
		if redacted(entries[i].URL) == v.entry.URL {
			entries[i].URL = "https://" + strings.TrimPrefix(entries[i].URL, "http://")
		}
	}
	fix, ok := set(v.s, written(entries))
	if !ok {
		return nil
	}
	return []diag.Fix{fix}
}

// leftOff is GOPROXY=off where something must be downloaded.
var leftOff = offCheck{}

type offCheck struct{}

func (offCheck) check() diag.Check {
	f := fault{
		how: text.New("GOPROXY=off was set for work without a network (a flight, a test) and stayed in a file. Everything that is in the module cache goes on working; the first module that is not there fails with `module lookup disabled by GOPROXY=off`.",
			"GOPROXY=off 是为离线工作（乘飞机、测试）设置的，却留在了文件里。模块缓存中已有的一切照常工作；第一个不在缓存中的模块会报 `module lookup disabled by GOPROXY=off`。"),
		alike: text.New("A team may forbid downloads on purpose, with everything vendored or cached: then nothing is missing. A value for one command is in no file.", "团队可能有意禁止下载，一切都已放入 vendor 或缓存：此时没有缺失。只为一条命令设置的值不在任何文件中。"),
	}
	return diag.Check{
		ID: "goproxy-off-left-behind", Title: text.New("GOPROXY=off is left behind, and modules are missing", "遗留了 GOPROXY=off，而缺少模块"), Severity: diag.Error, Reads: reads, Doc: f.page(),
		Run: func(s *facts.Snapshot) []diag.Finding {
			src, ok := origin.Of(s, "GOPROXY")
			if !ok || strings.TrimSpace(src.Value) != goproxy.Off || len(s.Dirs.Modules.Missing) == 0 || len(s.Network.Asked) == 0 || src.OnPurpose() {
				return nil // nothing is missing, or it comes from repositories, which off says nothing of
			}
			out := diag.Finding{
				Claim: text.New("GOPROXY=off forbids every download, and {module} is not in the module cache", "GOPROXY=off 禁止一切下载，而模块缓存中没有 {module}").With("module", s.Network.Asked[0]),
				Evidence: []diag.Evidence{src.Because(),
					{Role: diag.Proof, Text: text.New("{n} module(s) that this project needs are not whole in the cache", "本项目需要的 {n} 个模块在缓存中不完整").With("n", len(s.Dirs.Modules.Missing))},
					{Role: diag.Not, Text: text.New("not a server: with off go asks none", "不是服务器的问题：设为 off 时 go 不访问任何服务器").With()}},
				ByHand: "go env GOPROXY",
			}
			v := &view{s: s, entry: &facts.NetEntry{}, ans: &facts.NetAnswer{}, file: &facts.NetFetch{}}
			var good []string
			for _, e := range v.healthy() {
				if a, ok := v.address(e, nil); ok {
					good = append(good, a)
				}
				out.Evidence = append(out.Evidence, diag.Evidence{Role: diag.Proof, Text: text.New("{other}, which the team's policy names, has the files", "团队策略中的 {other} 有这些文件").With("other", e.URL)})
			}
			if len(good) > 0 {
				if fix, ok := set(s, strings.Join(good, ",")); ok {
					out.Fixes = append(out.Fixes, fix)
				}
			} else if !slices.ContainsFunc(s.Network.Entries, func(e facts.NetEntry) bool { return !e.Word }) {
				fix := src.Remove()
				fix.Risk = person(fix.Risk) // the default is a public server
				out.Fixes = append(out.Fixes, fix)
			}
			return []diag.Finding{out}
		},
	}
}

// hostOf is the host of an address, for sentences.
func hostOf(address string) string {
	if u, err := url.Parse(address); err == nil {
		return u.Hostname()
	}
	return ""
}
