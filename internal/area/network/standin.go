package network

import (
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/goproxy"
	"github.com/gorescue/gorescue/internal/modproxy"
	"github.com/gorescue/gorescue/internal/text"
)

// standIn is the way through an outage when no healthy server can be put first: the least that suffices. Where the go
// command gets past the failure at once, the module cache behind a bar is enough; where it would wait, something must give up in
// its place. Nothing when the files are nowhere to be had.
func (v *view) standIn() []diag.Fix {
	if !v.outage() || len(v.healthy()) > 0 {
		return nil
	}
	if v.atOnce() && v.allCached() {
		if fix, ok := v.cacheBehind(); ok {
			return []diag.Fix{fix}
		}
	}
	if v.someoneHas() {
		return []diag.Fix{modproxy.Fix()}
	}
	return nil
}

// parachute is the last resort when all is cached and a team must go on without cache and network, on other machines too: a
// vendor folder, made beside the tree first. It is advice, since it changes what every build of the project is made from.
func (v *view) parachute() []diag.Fix {
	p := &v.s.Project
	if !v.outage() || !v.allCached() || p.Root == "" || p.Vendor || p.Work.Path != "" {
		return nil
	}
	to := "'" + strings.ReplaceAll(filepath.Join(p.Root, "vendor"), "'", `'\''`) + "'"
	return []diag.Fix{{Risk: diag.Manual,
		Title: text.New("as a last resort, make a vendor folder of what is cached: builds then take dependencies from it and not from the cache until it is removed; it is for this outage, do not commit it unless the team vendors",
			"最后手段：用缓存中已有的内容生成 vendor 目录。此后构建从该目录而不是缓存取得依赖，直到将其删除；它只用于这次中断，除非团队本来就使用 vendor，否则不要提交").With(),
		Shell: `d=$(mktemp -d) && GOPROXY=off GOFLAGS=-mod=mod go mod vendor -o "$d/vendor" && mv -n "$d/vendor" ` + to}}
}

// outage reports whether the server fails as a whole, for a time: not what it says of one module, and not who may ask it.
func (v *view) outage() bool {
	a := v.ans
	switch {
	case v.late && a.OK(): // it is slow
		return true
	case hangs(a.Fail), waits(a.Fail):
		return a.Fail != facts.NetResolverSilent || v.allCached()
	}
	return v.atOnce()
}

// atOnce reports whether an entry behind a bar is asked without a wait.
func (v *view) atOnce() bool {
	a := v.ans
	return slices.Contains([]facts.NetFail{facts.NetRefused, facts.NetUnreachable, facts.NetReset, facts.NetClosed, facts.NetResolver}, a.Fail) ||
		a.Fail == facts.NetStatus && (a.Status >= 500 || a.Status == 429)
}

// allCached reports whether the module cache has every file that was asked for, and nothing else is missing.
func (v *view) allCached() bool {
	n := &v.s.Network
	return len(n.Asked) > 0 && len(v.s.Dirs.Modules.Missing) == 0 && len(n.Cached) == len(n.Asked)
}

// someoneHas reports whether each file that was asked for is in the module cache or came from some server that is not slow.
func (v *view) someoneHas() bool {
	n := &v.s.Network
	for _, m := range n.Asked {
		if slices.Contains(n.Cached, m) {
			continue
		}
		for _, kind := range []string{goproxy.Mod, goproxy.Zip} {
			came := func(e facts.NetEntry) bool {
				return !e.Word && slices.ContainsFunc(e.Files, func(f facts.NetFetch) bool {
					return f.Module == m && f.Kind == kind && f.OK() && headerTime(&f.Answer) < slow
				})
			}
			if !slices.ContainsFunc(n.Entries, came) && !slices.ContainsFunc(n.Others, came) {
				return false
			}
		}
	}
	return len(n.Asked) > 0
}

// cacheBehind puts the module cache, which is laid out as a module proxy (https://go.dev/ref/mod#module-cache), behind the
// proxies and bars between all of them: where they fail at once go takes what is cached.
func (v *view) cacheBehind() (diag.Fix, bool) {
	cache := v.s.Settings.Get("GOMODCACHE")
	list, err := goproxy.Parse(v.s.Settings.Get("GOPROXY"), "")
	if err != nil || !filepath.IsAbs(cache) || strings.ContainsAny(cache, ",|") {
		return diag.Fix{}, false
	}
	address := (&url.URL{Scheme: "file", Path: filepath.ToSlash(filepath.Join(cache, "cache", "download"))}).String()
	if slices.ContainsFunc(list, func(e goproxy.Entry) bool { return e.URL == address }) {
		return diag.Fix{}, false
	}
	at := slices.IndexFunc(list, func(e goproxy.Entry) bool { return !e.IsProxy() })
	if at < 0 {
		at = len(list)
	}
	list = slices.Insert(list, at, goproxy.Entry{URL: address})
	for i := range at {
		list[i].OnError = true
	}
	value := written(list)
	fix, ok := set(v.s, value)
	if !ok {
		return diag.Fix{}, false
	}
	fix.Title = text.New("put the module cache behind {entry}: what is in it is taken when {entry} fails (GOPROXY={value})", "把模块缓存放在 {entry} 之后：{entry} 出错时使用其中已有的内容（GOPROXY={value}）").
		With("entry", v.entry.URL, "value", redactedList(list))
	fix.Risk = person(fix.Risk) // a bar asks the later entries after any error, which a comma may be there to forbid
	return fix, true
}

func redactedList(list []goproxy.Entry) string {
	out := slices.Clone(list)
	for i := range out {
		if out[i].IsProxy() {
			out[i].URL = redacted(out[i].URL)
		}
	}
	return written(out)
}
