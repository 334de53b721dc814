package network

import (
	"slices"
	"strings"

	"golang.org/x/mod/module"

	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/origin"
	"github.com/gorescue/gorescue/internal/text"
)

var leak = diag.Check{
	ID:       "private-module-asked-from-public-proxy",
	Title:    text.New("the public proxy would learn the name of a private module", "公共代理会得知私有模块的名称"),
	Severity: diag.Warning,
	Reads:    reads,
	Doc: text.New("## How it comes about\n\nGo asks the entries of GOPROXY for every module that GONOPROXY (by default GOPRIVATE) does not match. Without that setting the path of a private module goes to each proxy that is asked before one has it, "+
		"and to the checksum database.\n\n## The proof\n\nThe module is missing from the cache, a pattern of `private` in the team's policy matches its path, no pattern of GONOPROXY does, and an entry of GOPROXY is the public default of the Go tree in use. "+
		"That entry was not asked for it.\n\n## What looks the same\n\nA proxy of the team that also serves private modules: it is not the public default.\n\n## The fix\n\nThe patterns of the policy are added to GOPRIVATE where that is set, else in the go env file. The checksum database, which cannot know private modules, is "+
		"then not asked for them either; go.sum is checked as before.\n\n## By hand\n\n`go env GOPRIVATE GONOPROXY GOPROXY`\n\n## Sources\n\n- cmd/go/internal/modfetch/proxy.go\n- https://go.dev/ref/mod#private-modules\n",
		"## 由来\n\n凡是 GONOPROXY（默认取自 GOPRIVATE）不匹配的模块，go 都会向 GOPROXY 的各项请求。没有该设置时，私有模块的路径会发给在找到之前被访问的每个代理，以及校验数据库。\n\n"+
			"## 证据\n\n模块不在缓存中；团队策略 `private` 的某个模式匹配其路径，而 GONOPROXY 没有模式匹配；且 GOPROXY 中有一项是当前 Go 目录的公共默认值。没有向该项请求过此模块。\n\n"+
			"## 相似情形\n\n同时提供私有模块的团队代理：它不是公共默认值。\n\n## 修复\n\n把策略中的模式加入 GOPRIVATE（在其设置处，否则写入 go env 文件）。校验数据库不可能认识私有模块，此后也不会被问及；go.sum 照常校验。\n\n"+
			"## 手工处理\n\n`go env GOPRIVATE GONOPROXY GOPROXY`\n\n## 来源\n\n- cmd/go/internal/modfetch/proxy.go\n- https://go.dev/ref/mod#private-modules\n"),
	Run: runLeak,
}

func runLeak(s *facts.Snapshot) []diag.Finding {
	var names []string
	add := func(path string) {
		if private(&s.Policy, path) && !module.MatchPrefixPatterns(gonoproxy(&s.Settings), path) && !slices.Contains(names, path) {
			names = append(names, path)
		}
	}
	for _, m := range s.Dirs.Modules.Missing {
		path, _, _ := strings.Cut(m.Module, "@")
		add(path)
	}
	for _, r := range s.Network.Routes {
		add(r.Module)
	}
	j := slices.IndexFunc(s.Network.Entries, func(e facts.NetEntry) bool { return !e.Word && e.Public && !e.Private })
	if len(names) == 0 || j < 0 {
		return nil
	}
	m, e := some(names), &s.Network.Entries[j]
	f := diag.Finding{
		Subject: m,
		Claim:   text.New("go would ask {entry} for {module}, which the team's policy calls private", "go 会向 {entry} 请求 {module}，而团队策略称其为私有").With("entry", e.URL, "module", m),
		Evidence: []diag.Evidence{
			because(&view{s: s}),
			{Role: diag.Proof, Text: text.New("GONOPROXY is {value}, which does not match it; private in the policy does", "GONOPROXY 为 {value}，不匹配它；策略中的 private 匹配").With("value", orNone(gonoproxy(&s.Settings)))},
			{Role: diag.Not, Text: text.New("not a proxy of the team: {entry} is the default of the Go tree in use", "不是团队的代理：{entry} 是当前 Go 目录的默认值").With("entry", e.URL)},
		},
		ByHand: "go env GOPRIVATE GONOPROXY GOPROXY",
	}
	name := "GOPRIVATE"
	if s.Settings.Get("GONOPROXY") != "" {
		name = "GONOPROXY" // that is what counts
	}
	value := strings.Join(append(strings.FieldsFunc(s.Settings.Get(name), func(r rune) bool { return r == ',' }), s.Policy.Private...), ",")
	if src, ok := origin.Of(s, name); ok {
		f.Fixes = append(f.Fixes, src.Replace(value))
	} else if fix, ok := origin.SetGoenv(s, name, value); ok {
		f.Fixes = append(f.Fixes, fix)
	}
	return []diag.Finding{f}
}

func orNone(v string) string {
	if v == "" {
		return `""`
	}
	return v
}
