package network

import (
	"slices"
	"strings"

	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/goproxy"
	"github.com/gorescue/gorescue/internal/origin"
	"github.com/gorescue/gorescue/internal/text"
)

// besideReads are the sections of checks about what is asked beside the proxies, when somebody asks for the network.
var besideReads = []facts.Section{facts.SecNetwork, facts.SecSettings, facts.SecProcess, facts.SecStartup, facts.SecPolicy}

// besideFaults are the checks of the checksum database and of repositories.
func besideFaults() []diag.Check {
	return []diag.Check{sumdbUnreachable, sumdbDiffers, vcsForbidden, repositoryLogin, repositoryUnreachable}
}

// settingOf names the line that gives a variable.
func settingOf(s *facts.Snapshot, name string) diag.Evidence {
	if src, ok := origin.Of(s, name); ok {
		return src.Because()
	}
	return diag.Evidence{Role: diag.Because, Text: text.New("{name} is unset: the default of this Go tree", "{name} 未设置：采用该 Go 目录的默认值").With("name", name)}
}

var sumdbUnreachable = diag.Check{
	ID:       "sumdb-unreachable",
	Title:    text.New("the checksum database cannot be asked", "无法访问校验数据库"),
	Severity: diag.Warning, Reads: besideReads, After: []string{"network-offline", "sumdb-wrong-key", "gosumdb-name-without-key"},
	Doc: text.New(`The go command asks the checksum database for the hash of each module version that go.sum has no line for: through the first proxy of GOPROXY that says that it
speaks for it (/sumdb/NAME/supported), else directly. When the database hangs or is blocked, a build that has all its lines goes on, and the first go get of something new
fails or waits.

**How it is proven.** It was asked, with --net or gorescue net, for one or two versions that go.sum has, as go would ask: same proxies, same order, same keys. The stage that fails is shown.
**What looks the same.** A module that it does not know (404) is private or new: not reported. A wrong key, and an answer that differs from go.sum: other findings.

**What the fix does.** Nothing by itself. A proxy that speaks for the database, or GOSUMDB with the address of a mirror, is for the team to name. Never GOSUMDB=off, GONOSUMDB=* or GOFLAGS=-insecure.

**By hand.** gorescue net; curl -v https://NAME/latest. Source: cmd/go/internal/modfetch/sumdb.go; https://go.dev/ref/mod#checksum-database.`,
		`对 go.sum 中没有对应行的每个模块版本，go 命令都会向校验数据库询问其哈希：先通过 GOPROXY 中第一个表示代为应答的代理（/sumdb/NAME/supported），否则直接访问。
数据库卡住或被屏蔽时，行已齐全的构建照常进行，而第一次 go get 新内容会失败或一直等待。

**如何证明。** 当模块缓存中缺少这样的模块时，或用 --net、gorescue net 时，按 go 的方式（同样的代理、顺序和密钥）就 go.sum 中已有的一两个版本询问它，并显示失败的阶段。
**容易混淆的情况。** 它不认识的模块（404）是私有的或新的：不报告。密钥错误，以及与 go.sum 不同的应答：是其他发现。

**修复做什么。** 不自动修复。能代为应答的代理，或带镜像地址的 GOSUMDB，由团队指定。绝不使用 GOSUMDB=off、GONOSUMDB=* 或 GOFLAGS=-insecure。

**手动检查。** gorescue net；curl -v https://NAME/latest。来源：cmd/go/internal/modfetch/sumdb.go；https://go.dev/ref/mod#checksum-database。`),
	Run: func(s *facts.Snapshot) []diag.Finding {
		for i := range s.Network.SumDB.Lookups {
			l := &s.Network.SumDB.Lookups[i]
			if l.Err == "" || l.Lies != "" || len(l.Asked) == 0 {
				continue
			}
			last := &l.Asked[len(l.Asked)-1]
			if last.OK() || last.NotFound() || last.Fail == facts.NetDeadline {
				continue // it does not know the module, or there was no time
			}
			f := diag.Finding{Subject: s.Network.SumDB.Name, ByHand: byHand(&view{ans: last}),
				Claim: text.New("the checksum database {name} cannot be asked: {err}", "无法访问校验数据库 {name}：{err}").With("name", s.Network.SumDB.Name, "err", last.Err),
				Evidence: []diag.Evidence{settingOf(s, "GOSUMDB"),
					{Role: diag.Proof, Command: byHand(&view{ans: last}), Text: text.New("{url} → {err}, stages: {stages}", "{url} → {err}，各阶段：{stages}").With("url", last.URL, "err", last.Err, "stages", stages(last))}}}
			if hangs(last.Fail) {
				f.Evidence = append(f.Evidence, diag.Evidence{Role: diag.Proof, Text: text.New("go sets no limit for an answer: it waits for ever", "go 对应答没有时限：会一直等待").With()})
			}
			f.Evidence = append(f.Evidence, diag.Evidence{Role: diag.Not, Text: text.New("not a module that it does not know: that would be 404 or 410", "不是它不认识的模块：那应是 404 或 410").With()})
			f.Fixes = []diag.Fix{{Risk: diag.Manual, Title: text.New("use a proxy that speaks for the database, or write the address of a mirror behind its name in GOSUMDB, as your team says; verification stays on", "按团队的说明，使用能代为应答的代理，或在 GOSUMDB 中的名称之后写入镜像地址；校验保持开启").With()}}
			return []diag.Finding{f}
		}
		return nil
	},
}

var sumdbDiffers = diag.Check{
	ID:       "gosum-differs-from-sumdb",
	Title:    text.New("the checksum database names another hash than go.sum, or contradicts itself", "校验数据库给出的哈希与 go.sum 不同，或自相矛盾"),
	Severity: diag.Warning, Reads: besideReads,
	After: []string{"gosum-wrong-hash-after-merge", "gosum-mismatch-proxy-content-changed", "sumdb-wrong-key", "sumdb-disagrees-with-proxy"},
	Doc: text.New(`The checksum database signs one hash for each version, for everybody and for ever. When go.sum has another one, this project was built from other content than
everybody else's: a tag was moved before the database saw it, a private proxy serves its own, a line was edited. When the database's answer does not agree with its own signed tree,
something stands between it and this machine.

**How it is proven.** One or two versions of go.sum were looked up with --net or gorescue net, and the answer verified against the signed tree. **What looks the same.** A database of
the team that another key is meant for: the signature would not verify.

**What the fix does.** Nothing: which content is right is for a person, and go.sum is never rewritten from here. Never go mod tidy, never GONOSUMDB.

**By hand.** curl https://NAME/lookup/MODULE@VERSION. Source: https://go.dev/design/25530-sumdb.`,
		`校验数据库为每个版本签署一个哈希，对所有人永远相同。如果 go.sum 中是另一个，说明本项目所用的内容与其他人不同：标签在数据库收录之前被移动、私有代理提供了自己的内容，或该行被编辑过。
如果数据库的应答与其签名的树不符，则它与本机之间有东西在干预。

**如何证明。** 用 --net 或 gorescue net 时查询了 go.sum 中的一两个版本，并用签名的树验证了应答。**容易混淆的情况。** 使用另一个密钥的团队数据库：那样签名无法通过验证。

**修复做什么。** 什么都不做：哪份内容正确由人决定，这里绝不重写 go.sum。绝不运行 go mod tidy，绝不设置 GONOSUMDB。

**手动检查。** curl https://NAME/lookup/模块@版本。来源：https://go.dev/design/25530-sumdb。`),
	Run: func(s *facts.Snapshot) []diag.Finding {
		var out []diag.Finding
		for i := range s.Network.SumDB.Lookups {
			l := &s.Network.SumDB.Lookups[i]
			if l.Lies == "" && l.Differs == "" {
				continue
			}
			f := diag.Finding{Subject: l.Module, ByHand: "go env GOSUMDB",
				Claim: text.New("the checksum database {name} has another hash for {module} than go.sum", "校验数据库 {name} 中 {module} 的哈希与 go.sum 不同").With("name", s.Network.SumDB.Name, "module", l.Module),
				Evidence: []diag.Evidence{settingOf(s, "GOSUMDB"),
					{Role: diag.Proof, Text: text.New("go.sum ≠ database, asked at {base}: {line}", "go.sum ≠ 数据库（在 {base} 询问）：{line}").With("base", l.Base, "line", l.Differs)},
					{Role: diag.Not, Text: text.New("not a page or a proxy's invention: the answer has a place in the database's signed tree", "不是网页，也不是代理捏造的：该应答在数据库签名的树中有其位置").With()}}}
			if l.Lies != "" {
				f.Claim = text.New("the answer of the checksum database {name} for {module} contradicts its own signed tree", "校验数据库 {name} 对 {module} 的应答与其签名的树矛盾").With("name", s.Network.SumDB.Name, "module", l.Module)
				f.Evidence[1].Text = text.New("asked at {base}: {what}", "在 {base} 询问：{what}").With("base", l.Base, "what", l.Lies)
				f.Evidence[2].Text = text.New("not an outage: it answered, and the answer was checked", "不是服务中断：它给出了应答，并经过核对").With()
			}
			f.Fixes = []diag.Fix{{Risk: diag.Manual, Title: text.New("ask the author of {module} which content is right before anybody uses it; change nothing until then", "在任何人使用之前，向 {module} 的作者确认哪份内容正确；在此之前不作改动").With("module", l.Module)}}
			out = append(out, f)
		}
		return out
	},
}

var vcsForbidden = diag.Check{
	ID:       "govcs-forbids-repository",
	Title:    text.New("GOVCS forbids to fetch a module from its repository", "GOVCS 禁止从代码仓库获取某个模块"),
	Severity: diag.Warning, Reads: append(slices.Clone(besideReads), facts.SecDirs),
	Doc: text.New(`GONOPROXY (by default GOPRIVATE), or GOPROXY=direct, sends a module to its repository, and GOVCS does not allow git for it: "GOVCS disallows using git for private example.com/x".

**How it is proven.** The rules of GOVCS by cmd/go's own order: the first whose pattern matches decides, then public:git|hg,private:all. **What looks the same.** A repository of another system
that is allowed: GOVCS that names hg, svn, bzr or fossil for the module is not reported.

**What the fix does.** Nothing by itself: GOVCS restricts which programs may run, and that is for a person.

**By hand.** go env GOVCS GOPRIVATE GONOPROXY. Source: https://go.dev/ref/mod#vcs-govcs.`,
		`GONOPROXY（默认取自 GOPRIVATE）或 GOPROXY=direct 使某个模块从代码仓库获取，而 GOVCS 不允许对它使用 git：“GOVCS disallows using git for private example.com/x”。

**如何证明。** 按 cmd/go 自己的顺序应用 GOVCS 的规则：第一条匹配的规则起决定作用，其后是 public:git|hg,private:all。**容易混淆的情况。** 被允许的其他系统的仓库：为该模块写明 hg、svn、bzr 或 fossil 的 GOVCS 不报告。

**修复做什么。** 不自动修复：GOVCS 限制允许运行的程序，由人决定。

**手动检查。** go env GOVCS GOPRIVATE GONOPROXY。来源：https://go.dev/ref/mod#vcs-govcs。`),
	Run: func(s *facts.Snapshot) []diag.Finding {
		var names []string
		var first *facts.NetRoute
		for i := range s.Network.Routes {
			r := &s.Network.Routes[i]
			other := slices.ContainsFunc([]string{"hg", "svn", "bzr", "fossil", "mod"}, func(v string) bool { return goproxy.Allows(r.Allowed, v) })
			if r.Direct && !goproxy.Allows(r.Allowed, "git") && !other {
				names = append(names, r.Module)
				if first == nil {
					first = r
				}
			}
		}
		if first == nil {
			return nil
		}
		f := diag.Finding{ByHand: "go env GOVCS GOPRIVATE GONOPROXY",
			Claim: text.New("go would fetch {n} module(s) from their repositories ({names}), and GOVCS allows no version control system for them", "go 会从代码仓库获取 {n} 个模块（{names}），而 GOVCS 不允许对它们使用任何版本控制系统").With("n", len(names), "names", some(names)),
			Evidence: []diag.Evidence{settingOf(s, "GOVCS"),
				{Role: diag.Proof, Text: text.New("the rule that decides about {module}: {rule}", "对 {module} 起决定作用的规则：{rule}").With("module", first.Module, "rule", first.Rule)},
				{Role: diag.Not, Text: text.New("not the repository: no program is started to ask it", "不是仓库的问题：不会启动任何程序去访问它").With()}},
			Fixes: []diag.Fix{{Risk: diag.Manual, Title: text.New("allow git for these modules in GOVCS, when your team wants that", "如果团队同意，在 GOVCS 中允许对这些模块使用 git").With()}}}
		for _, m := range names {
			if slices.ContainsFunc(s.Dirs.Modules.Missing, func(x facts.MissingModule) bool { return strings.HasPrefix(x.Module, m+"@") }) {
				f.Severity = diag.Error
			}
		}
		return []diag.Finding{f}
	},
}

// some are the first few names of a list.
func some(names []string) string {
	if len(names) > 3 {
		return strings.Join(names[:3], " ") + " …"
	}
	return strings.Join(names, " ")
}

// wantsLogin reports whether git says that it has no, or wrong, credentials. Hosts hide private repositories from strangers as
// missing ones.
func wantsLogin(r *facts.NetRepo) bool {
	low := strings.ToLower(r.Err)
	return slices.ContainsFunc([]string{"terminal prompts disabled", "could not read username", "could not read password", "authentication failed", "permission denied", "error: 401", "error: 403", "access denied"},
		func(w string) bool { return strings.Contains(low, w) })
}

// repositoryFault is a way in which git cannot read a repository. claim has the places {module}, {url} and {err}.
type repositoryFault struct {
	id                        string
	title, claim, how, advice text.T
	is                        func(*facts.NetRepo) bool
}

func (f repositoryFault) check() diag.Check {
	claim, how, advice, is := f.claim, f.how, f.advice, f.is
	return diag.Check{
		ID: f.id, Title: f.title, Severity: diag.Warning, Reads: append(slices.Clone(besideReads), facts.SecDirs),
		After: []string{"network-offline", "git-insteadof-lost", "git-missing-for-direct", "gitconfig-bad-line", "gitconfig-bad-value"},
		Doc: text.New(how.En+`

**How it is proven.** When such a module is missing from the module cache, and with --net or gorescue net, git is asked for HEAD of a few repositories (git ls-remote) as the go command would: without a prompt, with the user's own configuration, under a deadline. The
address comes from the module cache, the module path or its host's go-import; where insteadOf leads is said. **What looks the same.** A git that is not installed, a rule insteadOf that was lost, a machine without a
network: other findings.

**What the fix does.** Nothing by itself: keys, tokens and networks belong to the person. Never a password in an address, never GOINSECURE.

**By hand.** GIT_TERMINAL_PROMPT=0 git ls-remote ADDRESS HEAD. Source: cmd/go/internal/modfetch/codehost/git.go; https://go.dev/doc/faq#git_https.`,
			how.Zh+`

**如何证明。** 当模块缓存中缺少这样的模块时，或用 --net、gorescue net 时，按 go 命令的方式（不提示输入、使用用户自己的配置、有时限）向几个仓库询问 HEAD（git ls-remote）。地址来自模块缓存、模块路径或其主机的 go-import；并说明 insteadOf 指向何处。
**容易混淆的情况。** 没有安装 git、insteadOf 规则丢失、本机没有网络：都是其他发现。

**修复做什么。** 不自动修复：密钥、令牌和网络属于个人。绝不把密码写进地址，绝不设置 GOINSECURE。

**手动检查。** GIT_TERMINAL_PROMPT=0 git ls-remote 地址 HEAD。来源：cmd/go/internal/modfetch/codehost/git.go；https://go.dev/doc/faq#git_https。`),
		Run: func(s *facts.Snapshot) []diag.Finding {
			var out []diag.Finding
			for i := range s.Network.Repos {
				r := &s.Network.Repos[i]
				if r.Err == "" || r.Err == noGit || !is(r) {
					continue
				}
				f := diag.Finding{Subject: r.Module, ByHand: "GIT_TERMINAL_PROMPT=0 git ls-remote " + r.URL + " HEAD",
					Claim: claim.With("module", r.Module, "url", orModule(r), "err", r.Err),
					Evidence: []diag.Evidence{settingOf(s, noproxyName(s)),
						{Role: diag.Proof, Command: "GIT_TERMINAL_PROMPT=0 git ls-remote " + r.URL + " HEAD", Text: text.New("git says of {url} (known from {from}), after {time}: {err}", "git 对 {url}（来源：{from}）在 {time} 后报告：{err}").With("url", orModule(r), "from", r.From, "time", round(r.Took), "err", r.Err)}}}
				if r.To != "" {
					f.Evidence = append(f.Evidence, diag.Evidence{Role: diag.Proof, Command: "git ls-remote --get-url " + r.URL, Text: text.New("url.*.insteadOf of git leads to {to}", "git 的 url.*.insteadOf 指向 {to}").With("to", r.To)})
				}
				f.Evidence = append(f.Evidence, diag.Evidence{Role: diag.Not, Text: text.New("not a module proxy: none is asked for this module", "不是模块代理的问题：不会为该模块询问任何代理").With()})
				f.Fixes = []diag.Fix{{Risk: diag.Manual, Title: advice.With("url", orModule(r))}}
				if slices.ContainsFunc(s.Dirs.Modules.Missing, func(x facts.MissingModule) bool { return strings.HasPrefix(x.Module, r.Module+"@") }) {
					f.Severity = diag.Error
				}
				out = append(out, f)
			}
			return out
		},
	}
}

func orModule(r *facts.NetRepo) string {
	if r.URL == "" {
		return "https://" + r.Module
	}
	return r.URL
}

// noproxyName is the variable that sends modules to their repositories.
func noproxyName(s *facts.Snapshot) string {
	switch {
	case s.Settings.Get("GONOPROXY") != "":
		return "GONOPROXY"
	case s.Settings.Get("GOPRIVATE") != "":
		return "GOPRIVATE"
	}
	return "GOPROXY"
}

var repositoryLogin = repositoryFault{"repository-wants-credentials",
	text.New("a private repository wants credentials that git does not have here", "私有仓库要求凭据，而这里的 git 没有"),
	text.New("git may not read {url}, from which go would fetch {module}: {err}", "git 无权读取 {url}，而 go 会从那里获取 {module}：{err}"),
	text.New("A module that GOPRIVATE or GONOPROXY matches is fetched by git, and git has no key, token or helper for the host, or the host refuses them. The go command does not ask: it stops.", "GOPRIVATE 或 GONOPROXY 匹配的模块由 git 获取，而 git 没有该主机的密钥、令牌或凭据助手，或主机拒绝了它们。go 命令不会询问，而是直接停下。"),
	text.New("set up the key or token for {url} (git credential, ~/.ssh/config, or url.*.insteadOf in git's configuration)", "为 {url} 配置密钥或令牌（git credential、~/.ssh/config，或 git 配置中的 url.*.insteadOf）"),
	wantsLogin}.check()

var repositoryUnreachable = repositoryFault{"repository-unreachable",
	text.New("a repository that go fetches a module from cannot be read", "无法读取 go 获取模块所用的代码仓库"),
	text.New("git cannot read {url}, from which go would fetch {module}: {err}", "git 无法读取 {url}，而 go 会从那里获取 {module}：{err}"),
	text.New("A module that GOPRIVATE or GONOPROXY matches is fetched from its repository, and that is out of reach (VPN off, wrong address, host key unknown, certificate not trusted by git), or it is not there.", "GOPRIVATE 或 GONOPROXY 匹配的模块从其代码仓库获取，而仓库不可达（VPN 未连接、地址错误、主机密钥未知、git 不信任证书），或已不存在。"),
	text.New("join the network that {url} is in, or correct the address", "接入 {url} 所在的网络，或更正地址"),
	func(r *facts.NetRepo) bool { return !wantsLogin(r) }}.check()
