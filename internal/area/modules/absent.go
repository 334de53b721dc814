package modules

import (
	"slices"
	"strings"

	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/gomod"
	"github.com/gorescue/gorescue/internal/text"
)

var versionAbsent = diag.Check{
	ID:       "dependency-version-typo",
	Title:    text.New("go.mod asks for a version that no proxy has", "go.mod 要求的版本在任何代理上都没有"),
	Severity: diag.Error, Reads: graphReads(facts.SecNetwork),
	Doc: text.New(`A require line, or the right side of a replace line, names a version that does not exist: mistyped (v1.20.0 for v1.2.0), of a tag that was never pushed, or deleted. The go command says "404 Not
Found" for it, which looks like a failure of the proxy.

**How it is proven.** Every proxy of GOPROXY, and every other one that the team's policy names, was asked for that version and answered 404 or 410. **What
looks the same.** A new tag that one proxy lacks and another has, a proxy that fails in another way: other findings. When GOPROXY goes on to direct, the
repository itself was not asked, and that is said.

**What the fix does.** It takes the uncommitted change of exactly this line back, when the committed version is in the module cache. With direct behind the
proxies that fix must be named. A committed version is for the team to correct. GOPROXY is not touched: nothing is wrong with it. Never go get -u.

**By hand.** go list -m -versions MODULE; git diff go.mod. Source: https://go.dev/ref/mod#goproxy-protocol.`,
		`require 行或 replace 行的右侧写了一个不存在的版本：输错（把 v1.2.0 写成 v1.20.0）、标签从未推送或已被删除。go 命令对它报“404 Not Found”，看起来像代理故障。

**如何证明。** 已向 GOPROXY 的每个代理以及团队策略中的其他代理询问该版本，均回答 404 或 410。**容易混淆的情况。** 某个代理缺少而另一个代理有的新标签、代理的其他故障：都是其他发现。
如果 GOPROXY 之后还有 direct，则没有询问仓库本身，报告中会说明。

**修复做什么。** 如果已提交的版本在模块缓存中，则只撤回这一行未提交的改动；代理之后还有 direct 时必须指明该修复。已提交的版本由团队改正。不触碰 GOPROXY：它没有问题。绝不运行 go get -u。

**手动检查。** go list -m -versions 模块；git diff go.mod。来源：https://go.dev/ref/mod#goproxy-protocol。`),
	Run: func(s *facts.Snapshot) []diag.Finding {
		v := first(s)
		if v == nil || passes(s) || s.Project.Vendor {
			return nil
		}
		var out []diag.Finding
		for i := range v.stmts {
			st := &v.stmts[i]
			mod, ver := v.asks(st)
			asked, absent := whoLacks(s, mod+"@"+ver)
			if mod == "" || len(asked) == 0 || !absent {
				continue
			}
			direct := goesDirect(s)
			f := diag.Finding{Subject: mod, ByHand: "go list -m -versions " + mod,
				Claim: text.New("{file}:{line} asks for {mod} {ver}, and no proxy has that version", "{file}:{line} 要求 {mod} {ver}，而任何代理都没有该版本").With("file", v.Path, "line", st.Line, "mod", mod, "ver", ver),
				Evidence: []diag.Evidence{
					because(text.New("{file}:{line} has: {text}", "{file}:{line} 写有：{text}").With("file", v.Path, "line", st.Line, "text", st.Text()), v.Path, st.Line),
					proof(text.New("404 or 410 from: {servers}", "回答 404 或 410 的服务器：{servers}").With("servers", strings.Join(asked, " ")), "go mod download "+mod+"@"+ver),
					v.committed(st),
					not(text.New("not a proxy that lacks a new tag: every one that is known says the same", "不是某个代理缺少新标签：所有已知的代理回答一致").With()),
				}}
			if direct {
				f.Evidence = append(f.Evidence, not(text.New("not ruled out: the repository itself (direct) was not asked", "未排除：没有询问仓库本身（direct）").With()))
			}
			if c := v.change(st); c != nil && c.Old != nil && known(s, c.Old.Arg(0), c.Old.Arg(1)) {
				fix := v.takeBack(*c)
				if direct {
					fix.Risk = diag.Person
				}
				f.Fixes = []diag.Fix{fix}
			} else {
				f.Fixes = []diag.Fix{manual(text.New("choose one of the versions that exist", "选择一个存在的版本").With(), "go list -m -versions "+mod)}
			}
			out = append(out, f)
		}
		return out
	},
}

// asks is the version that a line has fetched: of require, unless it is replaced; of replace, what takes the place.
func (v *view) asks(st *gomod.Stmt) (path, version string) {
	switch st.Verb {
	case "require":
		if v.find("replace", st.Arg(0)) == nil {
			return st.Arg(0), st.Arg(1)
		}
	case "replace":
		if i := slices.Index(st.Args, "=>"); i >= 0 && i+3 == len(st.Args) {
			return st.Arg(i + 1), st.Arg(i + 2)
		}
	}
	return "", ""
}

// whoLacks lists the servers that were asked for a version, and reports whether all of them say that they do not have it,
// and at least one knows the module or another one: a server that answers 404 for everything says nothing.
func whoLacks(s *facts.Snapshot, version string) (asked []string, absent bool) {
	path, _, _ := strings.Cut(version, "@")
	knows := false
	for _, list := range [][]facts.NetEntry{s.Network.Entries, s.Network.Others} {
		for _, e := range list {
			knows = knows || slices.Contains(e.Knows, path) || slices.ContainsFunc(e.Files, func(f facts.NetFetch) bool { return f.OK() })
			for _, f := range e.Files {
				if e.Word || f.Module != version {
					continue
				}
				if !f.Answer.NotFound() {
					return asked, false
				}
				if len(asked) == 0 || asked[len(asked)-1] != e.URL {
					asked = append(asked, e.URL)
				}
			}
		}
	}
	return asked, len(asked) > 0 && knows
}

// goesDirect reports whether the go command would ask the repository after the proxies.
func goesDirect(s *facts.Snapshot) bool {
	for _, e := range s.Network.Entries {
		if e.Word && e.URL == "direct" {
			return true
		}
	}
	return false
}

// known reports whether the module cache has the go.mod of a version.
func known(s *facts.Snapshot, path, version string) bool {
	for _, d := range s.ModFiles.Deps {
		if d.Path == path && d.Version == version {
			return d.Known
		}
	}
	return false
}
