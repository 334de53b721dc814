package sum

import (
	"strings"

	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/origin"
	"github.com/gorescue/gorescue/internal/text"
)

// proxyReads are the sections of checks about what proxies serve.
var proxyReads = netReads(facts.SecSettings, facts.SecProcess, facts.SecStartup, facts.SecPolicy)

// proxyChanged and dbDisagrees are one mechanism: the proxy that the go command asks serves a content that the
// trusted side (go.sum, or the checksum database where go.sum has no line) does not know.
var proxyChanged = diag.Check{
	ID:       "gosum-mismatch-proxy-content-changed",
	Title:    text.New("the proxy serves another content than go.sum names", "代理提供的内容与 go.sum 记录的不同"),
	Severity: diag.Error,
	Reads:    proxyReads,
	After:    []string{"gosum-wrong-hash-after-merge", "gowork-sum-mismatch"},
	Doc: text.New(`The tag of a version was moved, and a proxy that fetched it later, or again, has the new content: "verifying …: checksum mismatch … SECURITY ERROR". go.sum names the content that was reviewed; a mismatch ends the command, and no other proxy of GOPROXY is asked.

**Proof.** A download of the version was tried here in vain; its zip was fetched from each proxy of GOPROXY and of the team's policy and hashed in memory, and the checksum database was asked. All hashes stand side by side. go.sum is right when git's HEAD has the same line, or the database or another proxy agrees with it. **Looks the same:** a
wrong line of go.sum (git disagrees with it), damage of the cache (nothing is there yet), a sign-in page or half a zip (it is no zip).

**Fix.** The proxy that serves what go.sum says goes to the front of GOPROXY, provided that your own settings or the team's policy name it. When nobody serves it any more, nothing is done: whether the new content may be trusted is for a person. **Never:** deleting the line, GONOSUMDB, GOFLAGS=-mod=mod.

**By hand.** `+"`GOPROXY=PROXY go mod download -json MODULE@VERSION`"+` in an empty GOMODCACHE. See https://go.dev/ref/mod#authenticating.`,
		`某个版本的标签被移动，而较晚（或再次）获取它的代理拥有新内容：“verifying …: checksum mismatch … SECURITY ERROR”。go.sum 记录的是经过审查的内容；不一致会终止命令，不会询问 GOPROXY 中的其他代理。

**证明。** 这里曾尝试下载该版本而失败；从 GOPROXY 与团队策略的每个代理获取其 zip 并在内存中计算哈希，并询问校验数据库。所有哈希并列显示。若 git 的 HEAD 有相同的行，或数据库、另一代理与之一致，则 go.sum 正确。
**容易混淆：** go.sum 的行有误（git 与它不一致）、缓存损坏（尚无内容）、登录页或半个 zip（不是 zip）。

**修复。** 把内容与 go.sum 一致的代理移到 GOPROXY 最前面，前提是你的设置或团队策略中有它。若已无来源提供，则什么都不做：是否信任新内容由人决定。**绝不：** 删除该行、GONOSUMDB、GOFLAGS=-mod=mod。

**手工处理。** 在空的 GOMODCACHE 中执行 `+"`GOPROXY=代理 go mod download -json 模块@版本`"+`。参见 https://go.dev/ref/mod#authenticating。`),
	Run: func(s *facts.Snapshot) []diag.Finding {
		var out []diag.Finding
		for _, q := range s.Sums.Asks {
			if q.Line == "" {
				continue
			}
			key := q.Version
			if q.GoMod {
				key += "/go.mod"
			}
			answers := about(s, q.Module, key)
			front, ok := served(answers)
			if !ok || front.Hash == q.Line || disputed(s, q, answers) {
				continue
			}
			backed := q.Witness != "" || dbSays(answers) == q.Line || sourceOf(answers, q.Line) != nil
			f := contentFinding(s, q, answers, q.Line)
			f.Evidence = append([]diag.Evidence{{Role: diag.Because, File: q.File, Line: q.LineNo,
				Text: text.New("{hash}  {file}:{line}", "{hash}  {file}:{line}").With("hash", q.Line, "file", q.File, "line", q.LineNo)}}, f.Evidence...)
			f.Claim = text.New("{source} serves another content for {id} than go.sum names", "{source} 提供的 {id} 内容与 go.sum 记录的不同").With("source", front.Source, "id", q.Module+"@"+key)
			switch {
			case q.Witness != "":
				f.Evidence = append(f.Evidence, not("a wrong line of go.sum: {witness} has the same", "不是 go.sum 有误：{witness} 与之相同", "witness", q.Witness))
			case !backed:
				f.Evidence = append(f.Evidence, not("proven to be the proxy: nobody else knows the hash of the line, so that the line may be wrong too", "尚不能证明是代理的问题：没有其他来源知道该行的哈希，因此也可能是该行有误"))
			}
			out = append(out, f)
		}
		return out
	},
}

// disputed reports whether the line itself is known to be wrong.
func disputed(s *facts.Snapshot, q facts.SumAsk, answers []facts.SumAnswer) bool {
	for _, d := range s.Sums.Disputes {
		if d.File == q.File && d.Line == q.LineNo {
			v := rule(d, answers).verdict
			return v == lineWrong || v == contentWrong
		}
	}
	return false
}

var dbDisagrees = diag.Check{
	ID:       "sumdb-disagrees-with-proxy",
	Title:    text.New("the proxy serves another content than the checksum database knows", "代理提供的内容与校验数据库记录的不同"),
	Severity: diag.Error,
	Reads:    proxyReads,
	After:    []string{"sumdb-wrong-key", "gosum-mismatch-proxy-content-changed"},
	Doc: text.New(`A module without a go.sum line (a new requirement, go install of a program) is checked against the checksum database. The database keeps the hash of the first content of a version; a proxy that has another one is refused: "verifying module: checksum mismatch … SECURITY ERROR".

**Proof.** The module cache shows a download of the last day that came to nothing; its zip was fetched from each proxy and hashed in memory; the database's answer was verified with its signature (the policy's key is the trusted one). All hashes stand side by side. **Looks the same:** a wrong key of GOSUMDB, a database that cannot be
reached, a line of go.sum that disagrees.

**Fix.** The proxy that agrees with the database goes to the front of GOPROXY, provided that your own settings or the team's policy name it. When none does, nothing is done: tell the module's authors. **Never:** GONOSUMDB, GOSUMDB=off, GOPRIVATE for this path: that is the attack which the database is for.

**By hand.** `+"`go mod download -json MODULE@VERSION`"+`. See https://go.dev/ref/mod#checksum-database.`,
		`没有 go.sum 行的模块（新增依赖、go install 程序）由校验数据库检查。数据库保存某版本最初内容的哈希；内容不同的代理会被拒绝：“verifying module: checksum mismatch … SECURITY ERROR”。

**证明。** 模块缓存显示最近一天有一次失败的下载；从每个代理获取其 zip 并在内存中计算哈希；数据库的应答经签名验证（以策略中的密钥为准）。所有哈希并列显示。**容易混淆：** GOSUMDB 密钥错误、数据库无法访问、go.sum 的行不一致。

**修复。** 把与数据库一致的代理移到 GOPROXY 最前面，前提是你的设置或团队策略中有它。若没有，则什么都不做：请告知模块作者。**绝不：** GONOSUMDB、GOSUMDB=off、为该路径设置 GOPRIVATE：这正是数据库要防范的攻击。

**手工处理。** `+"`go mod download -json 模块@版本`"+`。参见 https://go.dev/ref/mod#checksum-database。`),
	Run: func(s *facts.Snapshot) []diag.Finding {
		var out []diag.Finding
		seen := map[string]bool{}
		for _, a := range s.SumSources.Answers {
			key := a.Version
			if a.GoMod {
				key += "/go.mod"
			}
			if a.Entry != facts.EntryDB || a.Hash == "" || seen[a.Module+key] || listedHere(s, a.Module, key) {
				continue
			}
			seen[a.Module+key] = true
			answers := about(s, a.Module, key)
			front, ok := served(answers)
			if !ok || front.Hash == a.Hash {
				continue
			}
			q := facts.SumAsk{Module: a.Module, Version: a.Version, GoMod: a.GoMod}
			f := contentFinding(s, q, answers, a.Hash)
			f.Claim = text.New("{source} serves another content for {id} than the checksum database knows", "{source} 提供的 {id} 内容与校验数据库记录的不同").With("source", front.Source, "id", a.Module+"@"+key)
			f.Evidence = append(f.Evidence, not("a wrong key or a database that cannot be reached: its answer was verified with the key of {name}", "不是密钥错误或数据库无法访问：其应答已用 {name} 的密钥验证", "name", a.Source),
				not("a line of go.sum: it has none for this version", "与 go.sum 的行无关：它没有该版本的行"))
			out = append(out, f)
		}
		return out
	},
}

// listedHere reports whether go.sum has a line that a question was about: then go.sum is what counts.
func listedHere(s *facts.Snapshot, module, key string) bool {
	for _, q := range s.Sums.Asks {
		k := q.Version
		if q.GoMod {
			k += "/go.mod"
		}
		if q.Module == module && k == key && q.Line != "" {
			return true
		}
	}
	return false
}

// contentFinding is what both findings have in common. want is the hash that the content must have.
func contentFinding(s *facts.Snapshot, q facts.SumAsk, answers []facts.SumAnswer, want string) diag.Finding {
	id := q.Module + "@" + q.Version
	f := diag.Finding{Subject: id, ByHand: "go mod download -json " + id, Evidence: said(answers)}
	if q.GoMod {
		f.Subject += "/go.mod"
	}
	good := sourceOf(answers, want)
	if good == nil {
		f.Fixes = []diag.Fix{manual("nobody serves the content that is trusted: find out who moved the tag of {id}, and why, before you accept another hash", "没有来源提供受信任的内容：在接受另一个哈希之前，先查明是谁、为何移动了 {id} 的标签", "", "id", id)}
		return f
	}
	if fix, ok := inFront(s, *good); ok {
		f.Fixes = append(f.Fixes, fix)
	}
	f.Fixes = append(f.Fixes, manual("tell the module's authors that the tag of {id} was moved", "告知模块作者 {id} 的标签被移动", "", "id", id))
	return f
}

// served is the answer that the go command would take: that of the first entry of GOPROXY which has the file.
func served(answers []facts.SumAnswer) (facts.SumAnswer, bool) {
	for _, a := range answers {
		if a.Entry >= 0 && !a.Gone {
			return a, a.Hash != ""
		}
	}
	return facts.SumAnswer{}, false
}

// sourceOf is a proxy that serves a hash, those of GOPROXY first; nil when there is none.
func sourceOf(answers []facts.SumAnswer, hash string) *facts.SumAnswer {
	var found *facts.SumAnswer
	for i, a := range answers {
		if a.Hash == hash && a.Entry != facts.EntryDB && (found == nil || a.Entry >= 0 && found.Entry < 0) {
			found = &answers[i]
		}
	}
	return found
}

func dbSays(answers []facts.SumAnswer) string {
	for _, a := range answers {
		if a.Entry == facts.EntryDB {
			return a.Hash
		}
	}
	return ""
}

// inFront makes the fix that puts a trusted proxy before all others, where GOPROXY is set.
func inFront(s *facts.Snapshot, good facts.SumAnswer) (diag.Fix, bool) {
	value := s.Settings.Get("GOPROXY")
	var first string
	if good.Entry == facts.EntryPolicy {
		if good.Index >= len(s.Policy.Proxies) {
			return diag.Fix{}, false
		}
		first = s.Policy.Proxies[good.Index]
	} else {
		words := strings.FieldsFunc(value, func(r rune) bool { return r == ',' || r == '|' })
		if good.Entry >= len(words) {
			return diag.Fix{}, false
		}
		first = strings.TrimSpace(words[good.Entry])
	}
	value = first + "," + without(value, first)
	value = strings.TrimRight(value, ",|")
	src, set := origin.Of(s, "GOPROXY")
	if set && src.Kind != facts.FromGoroot {
		return src.Replace(value), true
	}
	return origin.SetGoenv(s, "GOPROXY", value)
}

// without is a list without one of its entries; the separators of the others stay.
func without(list, entry string) string {
	var out strings.Builder
	for rest := list; rest != ""; {
		word, sep := rest, ""
		if i := strings.IndexAny(rest, ",|"); i >= 0 {
			word, sep, rest = rest[:i], rest[i:i+1], rest[i+1:]
		} else {
			rest = ""
		}
		if strings.TrimSpace(word) != entry {
			out.WriteString(word + sep)
		}
	}
	return out.String()
}
