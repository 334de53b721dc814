package git

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gorescue/gorescue/internal/action"
	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/gitconfig"
	"github.com/gorescue/gorescue/internal/text"
)

var insteadOf = diag.Check{
	ID:       "git-insteadof-lost",
	Title:    text.New("git's rule for a private host is lost", "git 针对私有主机的改写规则丢失了"),
	Severity: diag.Error,
	Reads:    []facts.Section{facts.SecGit, facts.SecBuild, facts.SecSettings},
	After:    []string{"gitconfig-bad-line", "git-missing-for-direct"},
	Doc: text.New(`A module that this project needs must be fetched directly from its repository. An older copy of your git configuration has a
rule url.BASE.insteadOf that leads its address to where it can be reached (ssh, a mirror); the configuration in effect does not
have it any more. git then asks the plain https address, and go ends with "no secure protocol found for repository".

**How it comes about.** Dotfiles that were synchronised or written anew, a tool that rewrote ~/.gitconfig, a new machine.

**How it is proven.** The module is needed, not in the cache, and no proxy is asked for it. The copy beside the configuration has the
rule, with file and line; the effective rules were read with all includes. And the present way cannot work: either the rule now
in its place leads to a port of this machine where nobody listens or to a folder that is not there, or there is no rule at
all and no credentials (helper, .netrc, header, GOAUTH) for the private host, while go never lets git ask for a password.

**What looks the same.** A rule that was replaced on purpose leads to a place that may well answer: not reported. A host with
credentials needs no rule. Rules for modules that are in the cache, or that a proxy serves, do not matter now. A git that is
missing is git-missing-for-direct.

**What the fix does.** It adds this one rule to your git configuration; a dead rule for the same address gives way to it. Nothing else
of the copy is taken back.

**Never.** No GOINSECURE, GOPRIVATE stays, verification stays.

**By hand.** `+"`git config --global --get-regexp '^url\\.'`"+`.

Sources: git-config(1), url.<base>.insteadOf; https://github.com/golang/go/issues/34112; cmd/go/internal/modload/init.go (GIT_TERMINAL_PROMPT=0).`,
		`本项目需要的某个模块必须直接从仓库获取。你的 git 配置的旧副本里有一条 url.BASE.insteadOf 规则，把它的地址改写到可以访问的地方（ssh、镜像）；
现在生效的配置里已经没有了。于是 git 去问原来的 https 地址，go 以“no secure protocol found for repository”结束。

**怎么发生的。** 同步或重写了 dotfiles、某个工具改写了 ~/.gitconfig、换了新机器。

**如何证明。** 需要该模块，它不在缓存里，也不会向代理请求它。配置旁边的副本里有这条规则（文件和行号）；生效的规则连同所有 include 都读过了。
而且现在的方式行不通：要么取而代之的规则指向本机无人监听的端口或不存在的目录；要么根本没有规则，也没有该私有主机的凭据（helper、.netrc、header、GOAUTH），而 go 从不让 git 询问密码。

**容易混淆的情况。** 有意替换的规则指向的地方可能能应答：不报告。有凭据的主机不需要规则。已在缓存中或由代理提供的模块，其规则现在无关紧要。缺少 git 是 git-missing-for-direct。

**修复做什么。** 只把这一条规则加入你的 git 配置；针对同一地址的失效规则让位给它。副本里的其他内容一概不取回。

**绝不。** 不用 GOINSECURE，保留 GOPRIVATE，保留校验。

**手动检查。** `+"`git config --global --get-regexp '^url\\.'`"+`。

来源：git-config(1) 的 url.<base>.insteadOf；https://github.com/golang/go/issues/34112；cmd/go/internal/modload/init.go（GIT_TERMINAL_PROMPT=0）。`),
	Run: runInsteadOf,
}

func runInsteadOf(s *facts.Snapshot) []diag.Finding {
	g := &s.Git
	if g.Program == "" {
		return nil
	}
	var out []diag.Finding
	for _, n := range direct(s) {
		address := "https://" + strings.TrimSuffix(n.path, ".git")
		lost, now := longest(g.Lost, address), longest(g.Rules, address)
		if lost == nil || lost.Dead != "" || slices.ContainsFunc(out, func(f diag.Finding) bool { return f.Subject == lost.Prefix }) {
			continue
		}
		var why diag.Evidence
		switch {
		case now != nil && len(now.Prefix) >= len(lost.Prefix) && now.Dead != "":
			why = diag.Evidence{Role: diag.Proof, File: now.File, Line: now.Line, Text: text.New("the rule in effect leads {prefix} to {base}: {why}", "现在生效的规则把 {prefix} 指向 {base}：{why}").With("prefix", now.Prefix, "base", now.Base, "why", now.Dead)}
		case now == nil && !loggedIn(g, address):
			why = diag.Evidence{Role: diag.Proof, Text: text.New("no rule rewrites {address} now, and git has no credentials for that host", "现在没有规则改写 {address}，git 也没有该主机的凭据").With("address", address)}
		default:
			continue
		}
		out = append(out, insteadOfFinding(g, n, lost, now, why))
	}
	return out
}

func insteadOfFinding(g *facts.Git, n need, lost, now *facts.GitRule, why diag.Evidence) diag.Finding {
	f := diag.Finding{
		Subject: lost.Prefix,
		Claim: text.New("git's rule that leads {prefix} to {base} is lost; {module} cannot be fetched without it", "git 把 {prefix} 指向 {base} 的规则丢失了；没有它就无法获取 {module}").
			With("prefix", lost.Prefix, "base", lost.Base, "module", n.module),
		Evidence: []diag.Evidence{
			{Role: diag.Because, File: lost.File, Line: lost.Line, Text: text.New("the older copy {file}:{line} has it: url.{base}.insteadOf = {prefix}", "旧副本 {file}:{line} 有它：url.{base}.insteadOf = {prefix}").
				With("file", lost.File, "line", lost.Line, "base", lost.Base, "prefix", lost.Prefix)},
			why,
			{Role: diag.Proof, Text: text.New("{module} is needed, not whole in the module cache, and fetched directly: {why}", "需要 {module}，它在模块缓存中不完整，而且要直接获取：{why}").With("module", n.module, "why", n.why)},
			{Role: diag.Not, Text: text.New("a module that a proxy could serve: proxies are not asked for it", "并非代理可以提供的模块：不会向代理请求它").With()},
		},
		ByHand: `git config --global --get-regexp '^url\.'`,
	}
	body := "[url " + gitconfig.QuoteSub(lost.Base) + "]\n\tinsteadOf = " + gitconfig.Quote(lost.Prefix) + "\n"
	shell := fmt.Sprintf("git config --global url.'%s'.insteadOf '%s'", lost.Base, lost.Prefix)
	if g.Global.Path == "" || g.Global.State != facts.FileRead && g.Global.State != facts.FileMissing || now != nil && (now.File != g.Global.Path || now.Cut.Old == "") {
		f.Fixes = []diag.Fix{{Risk: diag.Manual, Shell: shell, Title: text.New("add the rule again, and remove {what}", "重新加入该规则，并去掉 {what}").With("what", deadRule(now))}}
		return f
	}
	edit := appendTo(g, body)
	if now != nil {
		edit.Splices = append([]facts.Splice{now.Cut}, edit.Splices...)
	}
	f.Fixes = []diag.Fix{{Risk: diag.Safe, Actions: action.List{edit},
		Title: text.New("add the rule {prefix} → {base} to {file} again", "在 {file} 中重新加入规则 {prefix} → {base}").With("prefix", lost.Prefix, "base", lost.Base, "file", g.Global.Path)}}
	return f
}

func deadRule(now *facts.GitRule) string {
	if now == nil {
		return "-"
	}
	return fmt.Sprintf("%s:%d", now.File, now.Line)
}

// longest returns the rule that git applies to an address: the one with the longest prefix, the first of
// equals (git's remote.c, func alias_url).
func longest(list []facts.GitRule, address string) *facts.GitRule {
	var best *facts.GitRule
	for i := range list {
		r := &list[i]
		if (strings.HasPrefix(address, r.Prefix) || strings.HasPrefix(address+"/", r.Prefix)) && (best == nil || len(r.Prefix) > len(best.Prefix)) {
			best = r
		}
	}
	return best
}

func loggedIn(g *facts.Git, address string) bool {
	host, _, _ := strings.Cut(strings.TrimPrefix(address, "https://"), "/")
	return slices.Contains(g.Login, "*") || slices.Contains(g.Login, host)
}
