package env

import (
	"fmt"
	"net/url"
	"path"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/origin"
	"github.com/gorescue/gorescue/internal/text"
)

// downloadChecks are the checks of variables that decide how modules are fetched: what can be told from the value alone.
func downloadChecks() []diag.Check {
	return checks(proxyMalformed, sumdbNoKey, sumdbMalformed, govcsMalformed, goauthMalformed, netrcMissing, goauthOff)
}

// badProxy says why go refuses a GOPROXY list, "" when it does not (cmd/go/internal/modfetch/proxy.go: proxyList,
// newProxyRepo). Entries behind off and direct are not looked at.
func badProxy(value string) string {
	some := false
	for rest := value; rest != ""; {
		entry := rest
		if i := strings.IndexAny(rest, ",|"); i >= 0 {
			entry, rest = rest[:i], rest[i+1:]
		} else {
			rest = ""
		}
		switch entry = strings.TrimSpace(entry); entry {
		case "":
			continue
		case "off", "direct":
			return ""
		}
		some = true
		if why := badProxyURL(entry); why != "" {
			return why
		}
	}
	if !some {
		return "GOPROXY list is not the empty string, but contains no entries"
	}
	return ""
}

func badProxyURL(entry string) string {
	for i, word := range strings.Fields(entry) { // a blank alone may be meant: file:///home/Jo Doe/proxy
		if l := strings.ToLower(word); i > 0 && (l == "direct" || l == "off" || strings.Contains(word, "://")) {
			return "a blank in the place of a separator makes one address of two entries: " + entry
		}
	}
	if strings.ContainsAny(entry, ".:/") && !strings.Contains(entry, ":/") && !path.IsAbs(entry) {
		entry = "https://" + entry
	}
	u, err := url.Parse(entry)
	switch {
	case err != nil:
		return err.Error()
	case u.Scheme == "http" || u.Scheme == "https":
		if strings.ContainsAny(u.Host, ";<>\"'") {
			return "lookup " + u.Hostname() + ": no such host"
		}
	case u.Scheme == "file":
		if *u != (url.URL{Scheme: u.Scheme, Path: u.Path, RawPath: u.RawPath}) {
			return "invalid file:// proxy URL with non-path elements: " + entry
		}
	case u.Scheme == "":
		return "invalid proxy URL missing scheme: " + entry
	default:
		return "invalid proxy URL scheme (must be https, http, file): " + entry
	}
	return ""
}

// proxyMeant is a GOPROXY list as it was meant when only its separators, quotes or letters are wrong, "" when that cannot
// be told.
func proxyMeant(value string) string {
	v := strings.NewReplacer(";", ",", `"`, "", "'", "", "<", "", ">", "", "，", ",").Replace(value)
	v = strings.Join(strings.FieldsFunc(v, func(r rune) bool { return r == ' ' || r == '\t' || r == '\r' || r == ',' }), ",")
	list := strings.Split(v, ",")
	for i, e := range list {
		if l := strings.ToLower(e); l == "off" || l == "direct" {
			list[i] = l
		}
	}
	if v = strings.Join(list, ","); v == "" || badProxy(v) != "" {
		return ""
	}
	return v
}

// noSecret hides a password in the URLs of a list.
func noSecret(list string) string {
	parts := strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == '|' || r == ' ' || r == ';' })
	for _, p := range parts {
		if at := strings.LastIndexByte(p, '@'); at >= 0 {
			start := strings.Index(p, "//")
			if start += 2; start < 2 || start > at {
				start = 0
			}
			list = strings.ReplaceAll(list, p[start:at+1], "…@")
		}
	}
	return list
}

var proxyMalformed = rule{
	id: "goproxy-malformed", variables: []string{"GOPROXY"},
	title: text.New("GOPROXY is no list of proxies", "GOPROXY 不是合法的代理列表"),
	page: page{
		how: text.New("GOPROXY is a list of URLs and of the words `direct` and `off`, in lower case, separated by `,` or `|`. Blanks or `;` between entries, quotes that became part of the value, `DIRECT`, or a word that is no URL make every "+
			"download fail: `invalid proxy URL missing scheme`, `invalid port`, `contains no entries`. Builds whose modules are all in the cache go on.",
			"GOPROXY 是由 URL 以及小写的 `direct`、`off` 组成的列表，以 `,` 或 `|` 分隔。条目之间用空格或 `;`、引号成为值的一部分、写成 `DIRECT`，或出现不是 URL 的词，都会使所有下载失败："+
				"`invalid proxy URL missing scheme`、`invalid port`、`contains no entries`。模块都在缓存中的构建仍可进行。"),
		proof: text.New("The value, read by the rules of the go command; nothing is asked over the network.", "按 go 命令的规则读取该值；不访问网络。"),
		alike: text.New("A list that is right while a server of it does not answer; a wrong port or host name, which no rule can tell.", "列表正确但其中的服务器没有响应；端口或主机名错误（无法从规则判断）。"),
		fix: text.New("Separators, quotes and letters are put right and the entries stay as they are, in their order. When that does not give a list, removing the value is proposed, and a person must decide: the default is public.",
			"更正分隔符、引号和大小写，条目及其顺序保持不变。如果这样仍得不到合法列表，则建议删除该值，由人决定：默认代理是公开的。"),
		never:  text.New("It never adds a proxy.", "绝不添加代理。"),
		source: "- cmd/go/internal/modfetch/proxy.go, func proxyList\n- https://go.dev/ref/mod#goproxy-protocol",
	},
	judge: func(_ *facts.Snapshot, src origin.Source) (verdict, bool) {
		why := badProxy(src.Value)
		if why == "" {
			return verdict{}, false
		}
		right := proxyMeant(src.Value)
		return verdict{
			claim:  text.New("GOPROXY={value} is no list that go takes: {why}", "GOPROXY={value} 不是 go 接受的列表：{why}").With("value", noSecret(src.Value), "why", noSecret(why)),
			proof:  []diag.Evidence{refuses(noSecret(why), "cmd/go/internal/modfetch/proxy.go")},
			not:    []diag.Evidence{not(text.New("not a server that is down: go asks none", "不是服务器故障：go 没有访问任何服务器").With())},
			right:  right,
			person: right == "",
		}, true
	},
}

const sumdbSource = "cmd/go/internal/modfetch/sumdb.go"

// sumdbKey is the first field of GOSUMDB when the go command has to read it as a key: not off, and not a name whose key it
// knows by itself, which is that of its own go.env and the mirror of the same operator.
func sumdbKey(s *facts.Snapshot, value string) (fields []string, ok bool) {
	fields = strings.Fields(value)
	if value == "off" || len(fields) == 0 || strings.HasPrefix(fields[0], "sum.golang.") && !strings.Contains(fields[0], "+") {
		return nil, false
	}
	for _, e := range s.Settings.GoRoot.Entries {
		if e.Name == "GOSUMDB" && e.Value == fields[0] {
			return nil, false
		}
	}
	return fields, true
}

var sumdbNoKey = rule{
	id: "gosumdb-name-without-key", variables: []string{"GOSUMDB"},
	reads: []facts.Section{facts.SecPolicy},
	title: text.New("GOSUMDB names a checksum database without its key", "GOSUMDB 只写了校验数据库的名称而没有密钥"),
	page: page{
		how: text.New("go knows the key of the public checksum database only. Another one needs its key, `name+hash+key`, and maybe a URL behind it. With a bare host name every new module ends with `invalid GOSUMDB: malformed verifier id`.",
			"go 只认识公共校验数据库的密钥。其他数据库必须写出密钥 `名称+哈希+密钥`，后面可带 URL。只写主机名时，每个新模块都会报 `invalid GOSUMDB: malformed verifier id`。"),
		alike:  text.New("A key that is there and wrong; `off`, which somebody chose.", "写了密钥但密钥错误；有人选择的 `off`。"),
		fix:    text.New("The full value of the team's policy is written, when the policy has one of that name. Else the advice is to ask for the key.", "如果团队策略中有同名数据库的完整值，则写入它；否则建议去索取密钥。"),
		never:  text.New("It never sets GOSUMDB=off.", "绝不设置 GOSUMDB=off。"),
		source: "- " + sumdbSource + ", func dbDial\n- https://go.dev/ref/mod#environment-variables",
	},
	judge: func(s *facts.Snapshot, src origin.Source) (verdict, bool) {
		fields, ok := sumdbKey(s, src.Value)
		if !ok || strings.Contains(fields[0], "+") || len(fields) > 2 {
			return verdict{}, false
		}
		v := verdict{
			claim: text.New("GOSUMDB={value} has a name and no key", "GOSUMDB={value} 只有名称而没有密钥").With("value", src.Value),
			proof: []diag.Evidence{refuses("invalid GOSUMDB: malformed verifier id", sumdbSource)},
			not:   []diag.Evidence{not(text.New("not the database itself: without a key go asks none", "不是数据库本身的问题：没有密钥时 go 不会访问它").With())},
		}
		if want := teamKey(s, fields); want != "" {
			v.right = want
			v.proof = append(v.proof, proof(text.New("the team's policy has the key of {name}", "团队策略中有 {name} 的密钥").With("name", fields[0])))
			return v, true
		}
		v.manual = true
		v.fixes = []diag.Fix{manual(text.New("ask the operator of {name} for its key, and set GOSUMDB=\"{name}+hash+key\"", "向 {name} 的运营者索取密钥，并设置 GOSUMDB=\"{name}+哈希+密钥\"").With("name", fields[0]), "")}
		return v, true
	},
}

// teamKey is the value of the team's policy for the database that fields name, with the address that stands there when the
// policy gives none; "" = the policy has no such database.
func teamKey(s *facts.Snapshot, fields []string) string {
	name, _, _ := strings.Cut(fields[0], "+")
	want := strings.Fields(s.Policy.SumDB)
	if name == "" || len(want) == 0 || !strings.HasPrefix(want[0], name+"+") {
		return ""
	}
	if len(want) == 1 && len(fields) == 2 {
		want = append(want, fields[1])
	}
	return strings.Join(want, " ")
}

var sumdbMalformed = rule{
	id: "gosumdb-malformed", variables: []string{"GOSUMDB"},
	reads: []facts.Section{facts.SecPolicy},
	title: text.New("GOSUMDB cannot be read", "GOSUMDB 无法解析"),
	page: page{
		how: text.New("GOSUMDB is `off`, or a key `name+hash+base64`, with a URL behind it or not. A key that was cut or has a letter changed does not match its own hash: every new module ends with `invalid GOSUMDB: …`.",
			"GOSUMDB 为 `off`，或密钥 `名称+哈希+base64`，后面可带 URL。被截断或改了字母的密钥与自身的哈希不符：每个新模块都报 `invalid GOSUMDB: …`。"),
		alike: text.New("A name without a key (`gosumdb-name-without-key`); a sound key of another database, which only the database's answer shows.", "只有名称没有密钥（`gosumdb-name-without-key`）；格式正确但属于其他数据库的密钥（只有访问数据库才能看出）。"),
		fix: text.New("The full value of the team's policy is written, when the policy has one of that name. Else removing the value is proposed; a person must decide, since the default is public.",
			"如果团队策略中有同名数据库的完整值，则写入它；否则建议删除该值，由人决定，因为默认数据库是公开的。"),
		never:  text.New("It never sets GOSUMDB=off.", "绝不设置 GOSUMDB=off。"),
		source: "- " + sumdbSource + ", func dbDial\n- golang.org/x/mod/sumdb/note, func NewVerifier",
	},
	judge: func(s *facts.Snapshot, src origin.Source) (verdict, bool) {
		fields, ok := sumdbKey(s, src.Value)
		why := ""
		switch {
		case !ok:
			return verdict{}, false
		case len(fields) > 2:
			why = "invalid GOSUMDB: too many fields"
		case !strings.Contains(fields[0], "+"):
			return verdict{}, false
		default:
			if _, err := note.NewVerifier(fields[0]); err != nil {
				why = "invalid GOSUMDB: " + err.Error()
			} else if len(fields) == 2 {
				if _, err := url.Parse(fields[1]); err != nil {
					why = "invalid GOSUMDB URL: " + err.Error()
				}
			}
		}
		if why == "" {
			return verdict{}, false
		}
		want := teamKey(s, fields)
		return verdict{
			claim:  text.New("GOSUMDB={value} cannot be read: {why}", "GOSUMDB={value} 无法解析：{why}").With("value", src.Value, "why", why),
			proof:  []diag.Evidence{refuses(why, sumdbSource)},
			right:  want,
			person: want == "",
		}, true
	},
}

// badGOVCS says why go refuses GOVCS, "" when it does not (cmd/go/internal/vcs/vcs.go: parseGOVCS).
func badGOVCS(value string) string {
	value = strings.TrimSpace(value)
	if value == "" {
		return ""
	}
	have := map[string]string{}
	for item := range strings.SplitSeq(value, ",") {
		item = strings.TrimSpace(item)
		pattern, list, colon := strings.Cut(item, ":")
		pattern, list = strings.TrimSpace(pattern), strings.TrimSpace(list)
		switch {
		case item == "":
			return "empty entry in GOVCS"
		case !colon:
			return fmt.Sprintf("malformed entry in GOVCS (missing colon): %q", item)
		case pattern == "":
			return fmt.Sprintf("empty pattern in GOVCS: %q", item)
		case list == "":
			return fmt.Sprintf("empty VCS list in GOVCS: %q", item)
		case pattern == "." || pattern == ".." || strings.HasPrefix(pattern, "./") || strings.HasPrefix(pattern, "../"):
			return fmt.Sprintf("relative pattern not allowed in GOVCS: %q", pattern)
		case have[pattern] != "":
			return fmt.Sprintf("unreachable pattern in GOVCS: %q after %q", item, have[pattern])
		case slices.ContainsFunc(strings.Split(list, "|"), func(a string) bool { return strings.TrimSpace(a) == "" }):
			return fmt.Sprintf("empty VCS name in GOVCS: %q", item)
		}
		have[pattern] = item
	}
	return ""
}

var govcsMalformed = rule{
	id: "govcs-malformed", variables: []string{"GOVCS"}, severity: diag.Warning,
	title: text.New("GOVCS cannot be read", "GOVCS 无法解析"),
	page: page{
		how: text.New("GOVCS is a list of `pattern:vcs|vcs`, separated by commas. With a malformed one everything that is fetched directly from a repository fails; downloads from a proxy and builds from the cache go on.",
			"GOVCS 是以逗号分隔的 `模式:vcs|vcs` 列表。格式错误时，凡是直接从代码仓库获取的操作都会失败；从代理下载以及使用缓存的构建不受影响。"),
		alike:  text.New("A list that is right and forbids a version control system on purpose.", "格式正确、有意禁止某种版本控制系统的列表。"),
		fix:    text.New("Removing the value is proposed; a person must decide, since the value restricts what may run.", "建议删除该值，由人决定，因为它限制了允许运行的程序。"),
		source: "- cmd/go/internal/vcs/vcs.go, func parseGOVCS\n- go help vcs",
	},
	judge: func(_ *facts.Snapshot, src origin.Source) (verdict, bool) {
		why := badGOVCS(src.Value)
		if why == "" {
			return verdict{}, false
		}
		return verdict{
			claim:  text.New("GOVCS={value} cannot be read: {why}; fetching from repositories fails", "GOVCS={value} 无法解析：{why}；从代码仓库获取会失败").With("value", src.Value, "why", why),
			proof:  []diag.Evidence{refuses(why, "cmd/go/internal/vcs/vcs.go")},
			person: true,
		}, true
	},
}

// badGOAUTH says why go stops at GOAUTH, "" when it does not (cmd/go/internal/auth/auth.go: runGoAuth). A command of its
// own that is not there does not stop go.
func badGOAUTH(s *facts.Snapshot, value string) string {
	list := strings.Split(value, ";")
	for _, c := range list {
		f := strings.Fields(c)
		switch {
		case len(f) == 0:
			return "GOAUTH encountered an empty command"
		case f[0] == "off" && len(list) != 1:
			return "GOAUTH=off cannot be combined with other authentication commands"
		case f[0] == "git" && len(f) != 2:
			return "GOAUTH=git dir method requires an absolute path to the git working directory"
		case f[0] == "git" && !isAbs(s, f[1]):
			return "GOAUTH=git dir method requires an absolute path to the git working directory, dir is not absolute"
		case f[0] == "git":
			for _, n := range s.Settings.Named {
				if n.Var == "GOAUTH" && n.Given == f[1] && missing(n) {
					return "GOAUTH=git encountered an error; cannot stat " + f[1]
				}
			}
		}
	}
	return ""
}

var goauthMalformed = rule{
	id: "goauth-malformed", variables: []string{"GOAUTH"},
	title: text.New("GOAUTH cannot be used", "GOAUTH 无法使用"),
	page: page{
		how: text.New("GOAUTH is a list of commands, separated by `;`: `netrc`, `git` with the absolute path of a folder that is there, a program, or `off` alone. An empty command (a `;` at the end), or a git folder that is gone, ends every download over HTTPS.",
			"GOAUTH 是以 `;` 分隔的命令列表：`netrc`、带有存在的目录绝对路径的 `git`、某个程序，或单独的 `off`。空命令（末尾多一个 `;`）或已不存在的 git 目录会使所有 HTTPS 下载失败。"),
		alike:  text.New("A program that is gone, which go passes over without a message; wrong credentials, where a server answers 401.", "程序不存在（go 会悄悄忽略）；凭据错误（服务器返回 401）。"),
		fix:    text.New("The commands that stop go are taken out; the others stay. When none is left, the assignment goes and netrc counts again.", "去掉使 go 停止的命令，其他保留；若不剩命令，则删除这条赋值，netrc 重新生效。"),
		source: "- cmd/go/internal/auth/auth.go, func runGoAuth\n- go help goauth",
	},
	reads: []facts.Section{facts.SecHost},
	judge: func(s *facts.Snapshot, src origin.Source) (verdict, bool) {
		why := badGOAUTH(s, src.Value)
		if why == "" {
			return verdict{}, false
		}
		var keep []string
		for c := range strings.SplitSeq(src.Value, ";") {
			if c = strings.TrimSpace(c); c != "off" && badGOAUTH(s, c) == "" {
				keep = append(keep, c)
			}
		}
		return verdict{
			claim: text.New("GOAUTH={value} stops every download: {why}", "GOAUTH={value} 使所有下载停止：{why}").With("value", src.Value, "why", why),
			proof: []diag.Evidence{refuses("go: "+why, "cmd/go/internal/auth/auth.go")},
			not:   []diag.Evidence{not(text.New("not wrong credentials: go stops before it asks a server", "不是凭据错误：go 在访问服务器之前就停止了").With())},
			right: unless("netrc", strings.Join(keep, ";")),
		}, true
	},
}

// credentialed finds a machine of the file of credentials that go is going to ask: a proxy of GOPROXY.
func credentialed(s *facts.Snapshot) string {
	for _, e := range strings.FieldsFunc(s.Settings.Get("GOPROXY"), func(r rune) bool { return r == ',' || r == '|' }) {
		u, err := url.Parse(strings.TrimSpace(e))
		if err != nil || u.Hostname() == "" {
			continue
		}
		for _, m := range s.Settings.Netrc.Machines {
			if m == u.Hostname() || m == u.Host {
				return m
			}
		}
	}
	return ""
}

var netrcMissing = rule{
	id: "netrc-env-points-to-missing-file", variables: []string{"NETRC"},
	title: text.New("NETRC names a file that is gone", "NETRC 指向不存在的文件"),
	page: page{
		how: text.New("NETRC was exported for a script that brings its own credentials. With it go reads that file and no other; when it is missing, ~/.netrc is not read and nothing is said: the proxy answers `401 Unauthorized`.",
			"NETRC 是为自带凭据的脚本导出的。有了它，go 只读那个文件；文件不存在时也不会读 ~/.netrc，而且没有任何提示：代理返回 `401 Unauthorized`。"),
		proof:  text.New("The file of NETRC is missing, ~/.netrc is there and has a line for a proxy of GOPROXY. Only the names of machines are read.", "NETRC 所指的文件不存在，而 ~/.netrc 存在且有 GOPROXY 中某个代理的条目。只读取机器名。"),
		alike:  text.New("GOAUTH=off (`goauth-off`); a NETRC that is there; a missing one where ~/.netrc has nothing that go needs.", "GOAUTH=off（`goauth-off`）；NETRC 所指文件存在；文件不存在但 ~/.netrc 中没有 go 需要的内容。"),
		never:  text.New("It never shows a password and writes none into GOPROXY.", "绝不显示密码，也不把密码写进 GOPROXY。"),
		source: "- cmd/go/internal/auth/netrc.go, func netrcPath\n- https://github.com/gomods/athens/issues/2008",
	},
	judge: func(s *facts.Snapshot, src origin.Source) (verdict, bool) {
		n, host := &s.Settings.Netrc, credentialed(s)
		if n.State != facts.FileMissing || n.Usual == "" || host == "" || s.Settings.Get("GOAUTH") == "off" {
			return verdict{}, false
		}
		return verdict{
			claim: text.New("NETRC={value} is missing, so go does not read {usual}, which has credentials for {host}", "NETRC={value} 不存在，因此 go 不会读取含有 {host} 凭据的 {usual}").With("value", src.Value, "usual", n.Usual, "host", host),
			proof: []diag.Evidence{
				{Role: diag.Proof, Command: "ls -l " + quote(src.Value), Text: text.New("nothing is at {path}", "{path} 处什么都没有").With("path", src.Value)},
				{Role: diag.Proof, File: n.Usual, Text: text.New("{usual} has a line for {host}, which is in GOPROXY", "{usual} 有 {host} 的条目，而它在 GOPROXY 中").With("usual", n.Usual, "host", host)},
			},
			not: []diag.Evidence{not(text.New("not GOAUTH: it is {value}", "不是 GOAUTH：其值为 {value}").With("value", s.Settings.Get("GOAUTH")))},
		}, true
	},
}

var goauthOff = rule{
	id: "goauth-off", variables: []string{"GOAUTH"},
	title: text.New("GOAUTH=off, and a proxy needs credentials", "GOAUTH=off，而代理需要凭据"),
	page: page{
		how: text.New("GOAUTH=off makes go send no credentials at all, whatever ~/.netrc has. A proxy that asks for them answers `401 Unauthorized`.",
			"GOAUTH=off 使 go 完全不发送凭据，无论 ~/.netrc 中有什么。要求凭据的代理会返回 `401 Unauthorized`。"),
		proof:  text.New("The value with its place, and a line of ~/.netrc for a proxy of GOPROXY. Only the names of machines are read.", "该值及其位置，以及 ~/.netrc 中 GOPROXY 某个代理的条目。只读取机器名。"),
		alike:  text.New("A NETRC that names a file which is gone (`netrc-env-points-to-missing-file`); off where no proxy has credentials; off for one command.", "NETRC 指向不存在的文件（`netrc-env-points-to-missing-file`）；没有代理需要凭据时的 off；仅为一条命令设置的 off。"),
		never:  text.New("It never shows a password and writes none into GOPROXY.", "绝不显示密码，也不把密码写进 GOPROXY。"),
		source: "- cmd/go/internal/auth/auth.go, func AddCredentials\n- https://github.com/golang/go/issues/26232",
	},
	judge: func(s *facts.Snapshot, src origin.Source) (verdict, bool) {
		n, host := &s.Settings.Netrc, credentialed(s)
		if src.Value != "off" || !src.Lasting() || n.State != facts.FileRead || host == "" {
			return verdict{}, false
		}
		return verdict{
			claim: text.New("GOAUTH=off: go sends no credentials to {host}, and {file} has some", "GOAUTH=off：go 不会向 {host} 发送凭据，而 {file} 中有").With("host", host, "file", n.Path),
			proof: []diag.Evidence{{Role: diag.Proof, File: n.Path, Text: text.New("{file} has a line for {host}, which is in GOPROXY", "{file} 有 {host} 的条目，而它在 GOPROXY 中").With("file", n.Path, "host", host)}},
			not:   []diag.Evidence{not(text.New("not a missing file of credentials: {file} is there", "不是凭据文件缺失：{file} 存在").With("file", n.Path))},
		}, true
	},
}
