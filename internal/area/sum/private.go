package sum

import (
	"strings"

	"golang.org/x/mod/module"

	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/origin"
	"github.com/gorescue/gorescue/internal/text"
)

var privateListed = diag.Check{
	ID:       "gonoproxy-without-gonosumdb",
	Title:    text.New("a private module is fetched directly and yet asked of the checksum database", "私有模块直接获取，却仍向校验数据库查询"),
	Severity: diag.Error,
	Reads:    proxyReads,
	After:    []string{"gosumdb-name-without-key", "gosumdb-malformed", "sumdb-wrong-key"},
	Doc: text.New(`GONOPROXY says which modules are fetched from their repositories, GONOSUMDB of which the checksum database is not asked; GOPRIVATE is the default of both, and each that is set takes its place. With GONOPROXY alone, or a GONOSUMDB that does not cover what GOPRIVATE does, a private module is
fetched and then looked up in a public database, which cannot know it and learns its name: "verifying go.mod: … reading …/lookup/…: 404 Not Found".

**Proof.** For a module that was looked up in its repository in the last day: the patterns of GONOPROXY (or the team's policy, key private) match it and those of GONOSUMDB do not, and the database says that it does not have it. **Looks the same:** a public module that is fetched directly on purpose (the database has it), a module with a go.sum line (it is never
asked for).

**Fix.** Exactly the pattern that makes the module private is added to GONOSUMDB; what GOPRIVATE says is kept. **Never:** GONOSUMDB=*, GOSUMDB=off: these turn verification off for public modules.

**By hand.** `+"`go env GONOPROXY GONOSUMDB GOPRIVATE`"+`. See https://go.dev/ref/mod#private-modules.`,
		`GONOPROXY 指明哪些模块直接从仓库获取，GONOSUMDB 指明哪些模块不向校验数据库查询；GOPRIVATE 是两者的默认值，单独设置的一方会取代它。只设置 GONOPROXY，或 GONOSUMDB 没有覆盖 GOPRIVATE 的范围时，私有模块获取后会被拿到公共数据库查询，后者不可能知道它，却得知了它的名称：
“verifying go.mod: … reading …/lookup/…: 404 Not Found”。

**证明。** 对最近一天曾在其仓库中查找的模块：GONOPROXY 的模式（或团队策略的 private 键）与之匹配而 GONOSUMDB 的不匹配，且数据库表示没有它。**容易混淆：** 有意直接获取的公共模块（数据库有它）、已有 go.sum 行的模块（不会查询）。

**修复。** 只把使该模块成为私有的那个模式加入 GONOSUMDB；保留 GOPRIVATE 的内容。**绝不：** GONOSUMDB=*、GOSUMDB=off：那会关闭对公共模块的验证。

**手工处理。** `+"`go env GONOPROXY GONOSUMDB GOPRIVATE`"+`。参见 https://go.dev/ref/mod#private-modules。`),
	Run: func(s *facts.Snapshot) []diag.Finding {
		if s.Sums.DB.Off || s.Sums.DB.Err != "" {
			return nil
		}
		for _, t := range s.Sums.Tried {
			pattern := patternOf(s, t.Module)
			if t.VCS == "" || !unlisted(s, t.Module) || pattern == "" || !unknownTo(s, t) {
				continue
			}
			return []diag.Finding{privateFinding(s, t, pattern)}
		}
		return nil
	},
}

// unknownTo reports whether the checksum database said that it does not have a module.
func unknownTo(s *facts.Snapshot, t facts.SumTried) bool {
	for _, a := range about(s, t.Module, t.Version+"/go.mod") {
		if a.Entry == facts.EntryDB && a.Gone {
			return true
		}
	}
	return false
}

// patternOf is the narrowest pattern that says that a module is private: that of a setting or of the policy when it
// names more than a host, else the module itself.
func patternOf(s *facts.Snapshot, path string) string {
	for _, list := range []string{noProxy(s), s.Settings.Get("GOPRIVATE"), strings.Join(s.Policy.Private, ",")} {
		for p := range strings.SplitSeq(list, ",") {
			p = strings.TrimSpace(p)
			if p == "" || !module.MatchPrefixPatterns(p, path) {
				continue
			}
			host, rest, _ := strings.Cut(p, "/")
			if rest == "" || strings.ContainsAny(host, "*?[") {
				return path
			}
			return p
		}
	}
	return ""
}

func privateFinding(s *facts.Snapshot, t facts.SumTried, pattern string) diag.Finding {
	v := []any{"id", t.Module + "@" + t.Version, "pattern", pattern, "vcs", t.VCS, "noproxy", noProxy(s), "nosum", noSum(s), "path", t.Path, "db", s.Sums.DB.Name}
	f := diag.Finding{ByHand: "go env GONOPROXY GONOSUMDB GOPRIVATE",
		Claim: text.New("{id} is private, and the checksum database {db} is asked about it", "{id} 是私有模块，却向校验数据库 {db} 查询它").With(v...)}
	if src, ok := origin.Of(s, "GONOPROXY"); ok {
		f.Evidence = append(f.Evidence, src.Because())
	}
	seen := proof("it was looked up in {vcs}, and nothing was kept of it but {path}", "它曾在 {vcs} 中查找，除 {path} 外没有保留任何内容", v...)
	if t.What == "fetched" {
		seen = proof("it was fetched from {vcs} ({path}); without a go.sum line it is looked up each time", "它取自 {vcs}（{path}）；没有 go.sum 行时每次都会查询", v...)
	}
	f.Evidence = append(f.Evidence, seen,
		proof("not asked of proxies: {noproxy} · not asked of the database: {nosum}", "不询问代理：{noproxy} · 不询问数据库：{nosum}", v...))
	f.Evidence = append(f.Evidence, said(about(s, t.Module, t.Version+"/go.mod"))...)
	f.Evidence = append(f.Evidence, not("a public module that is fetched directly: the database does not know it", "不是直接获取的公共模块：数据库不知道它"),
		not("a repository that cannot be reached: the version was found in it", "不是仓库无法访问：已在其中找到该版本"))
	value := pattern
	if now := noSum(s); now != "" {
		value = now + "," + pattern
	}
	src, set := origin.Of(s, "GONOSUMDB")
	if set && src.Kind != facts.FromGoroot {
		f.Fixes = []diag.Fix{src.Replace(value)}
	} else if fix, ok := origin.SetGoenv(s, "GONOSUMDB", value); ok {
		f.Fixes = []diag.Fix{fix}
	} else {
		f.Fixes = []diag.Fix{manual("set GONOSUMDB={value}", "设置 GONOSUMDB={value}", "export GONOSUMDB="+quote(value), "value", value)}
	}
	return f
}
