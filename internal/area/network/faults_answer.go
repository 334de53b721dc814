package network

import (
	"slices"
	"strings"

	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/text"
)

// reachList: connections.
var reachList = []fault{
	{
		id:    "goproxy-wrong-port",
		title: text.New("GOPROXY has a port at which nothing listens", "GOPROXY 中的端口上没有任何程序监听"),
		claim: text.New("{entry} refuses connections, and {more}, on the same host, is the proxy that the team names", "{entry} 拒绝连接，而同一主机上的 {more} 才是团队写明的代理"),
		how:   text.New("The value was edited by hand and has another port than the server.", "该值被手工修改，端口与服务器不同。"),
		alike: text.New("not a host that is down: it answers at another port", "不是主机故障：它在另一个端口上应答"),
		is:    func(v *view) bool { return v.ans.Fail == facts.NetRefused && v.misspelt() != "" },
		more:  func(v *view) string { return v.misspelt() },
	},
	{
		id:    "proxy-connection-refused",
		title: text.New("the module proxy is not running", "模块代理没有运行"),
		claim: text.New("{entry} refuses connections: nothing listens there", "{entry} 拒绝连接：那里没有程序在监听"),
		how:   text.New("The server is down or was moved, a local proxy was not started, or a firewall refuses.", "服务器已停止或迁移、本地代理没有启动，或防火墙拒绝连接。"),
		alike: text.New("not a black hole: the refusal came at once", "不是黑洞：拒绝立即返回"),
		is:    fails(facts.NetRefused),
		ask:   text.New("start {entry} again when it is yours, or ask its owner", "如果 {entry} 由你管理，请重新启动它；否则请询问其管理者"),
	},
	{
		id:    "proxy-connect-black-hole",
		title: text.New("connections to the module proxy are never answered", "与模块代理的连接始终没有应答"),
		claim: text.New("{entry} does not answer a connection within {time}: go waits 30 s for each file", "{entry} 在 {time} 内没有应答连接：go 会为每个文件等待 30 秒"),
		how:   text.New("A firewall drops packets, a route leads nowhere (VPN off), or the server is overloaded and does not take connections.", "防火墙丢弃数据包、路由不通（VPN 未连接），或服务器过载而不接受连接。"),
		alike: text.New("not a refusal and not a slow answer: the connection itself was not made", "不是拒绝，也不是应答慢：连接本身没有建立"),
		is:    fails(facts.NetBlackHole),
	},
	{
		id:    "proxy-accepts-and-hangs",
		title: text.New("the module proxy accepts connections and never answers", "模块代理接受连接但从不应答"),
		claim: text.New("{entry} accepted the connection and gave no answer within {time} ({err}); go waits for ever", "{entry} 接受了连接，但在 {time} 内没有给出应答（{err}）；go 会一直等待"),
		how:   text.New("The server hangs behind its listener, or stops in the middle of a body. The go command has no limit for an answer, so no separator of GOPROXY helps.", "服务器的监听程序之后卡住，或在正文中途停止。go 命令对应答没有时限，因此 GOPROXY 的任何分隔符都无济于事。"),
		alike: text.New("not a black hole: the connection was made; not merely slow, as far as could be waited", "不是黑洞：连接已经建立；在可等待的时间内，也不只是慢"),
		is:    fails(facts.NetSilent, facts.NetStalled, facts.NetTLSSilent),
	},
	{
		id:    "proxy-slow",
		title: text.New("the module proxy is very slow", "模块代理非常慢"),
		claim: text.New("{entry} takes {time} for one file; a build asks for each file of each module", "{entry} 返回一个文件需要 {time}；构建要请求每个模块的每个文件"),
		how:   text.New("The proxy is overloaded or far away. Nothing fails, and everything takes minutes.", "代理过载或距离很远。没有任何错误，但一切都要花几分钟。"),
		alike: text.New("not a hang: the answer came, and is right", "不是卡死：应答到达且正确"),
		is:    func(v *view) bool { return v.file.OK() },
	},
	{
		id:    "proxy-resets-connection",
		title: text.New("the module proxy breaks connections off", "模块代理中断连接"),
		claim: text.New("{entry} breaks the connection off instead of answering: {err}", "{entry} 没有应答而是中断了连接：{err}"),
		how:   text.New("The server crashes on the request, a load balancer has no server behind it, or a device in the network resets the connection.", "服务器处理请求时崩溃、负载均衡器之后没有服务器，或网络中的设备重置了连接。"),
		alike: text.New("not a refusal: the connection was made first", "不是拒绝：连接先已建立"),
		is:    fails(facts.NetReset, facts.NetClosed),
	},
}

// answerList: what the server says.
var answerList = []fault{
	{
		id:    "netrc-not-used-over-http",
		title: text.New("credentials are not sent, because the address is http", "地址是 http，因此没有发送凭据"),
		claim: text.New("{entry} wants credentials ({status}); {more} has some, and go sends them over https only", "{entry} 需要凭据（{status}）；{more} 中有，但 go 只通过 https 发送"),
		how:   text.New("GOPROXY was changed from the https to the http address of a proxy that wants a password. Go sends what netrc has over https alone.", "GOPROXY 从需要密码的代理的 https 地址改成了 http 地址。go 只通过 https 发送 netrc 中的凭据。"),
		alike: text.New("not GOAUTH and not a missing file: the file is read and has a line for this host", "不是 GOAUTH 的问题，也不是文件缺失：文件可读且有该主机的条目"),
		is: func(v *view) bool {
			return status(401, 403)(v) && strings.HasPrefix(v.entry.URL, "http://") && v.s.Settings.Netrc.State == facts.FileRead && loginFor(v.s, v.entry.URL) != "" || status(401, 403)(v) && v.plainTwin() != "" && v.s.Settings.Netrc.State == facts.FileRead && loginFor(v.s, v.plainTwin()) != ""
		},
		more:  func(v *view) string { return v.s.Settings.Netrc.Path },
		fixes: useTwin, keep: true,
		ask: text.New("use the https address of {entry}; never write the password into GOPROXY", "请使用 {entry} 的 https 地址；绝不要把密码写进 GOPROXY"),
	},
	{
		id:    "netrc-machine-lacks-port",
		title: text.New("the credentials are for the host without its port", "凭据条目中的主机没有写端口"),
		claim: text.New("{entry} wants credentials ({status}); {more} has a line for the host, but go looks for host and port", "{entry} 需要凭据（{status}）；{more} 有该主机的条目，但 go 查找的是主机加端口"),
		how:   text.New("Go compares the machine of a netrc line with host and port of the address; curl and git compare the host alone.", "go 把 netrc 条目中的 machine 与地址的主机和端口一起比较；curl 和 git 只比较主机。"),
		alike: text.New("not wrong credentials: none were sent", "不是凭据错误：根本没有发送凭据"),
		is: func(v *view) bool {
			name, full := host(v.entry.URL)
			return status(401, 403)(v) && strings.HasPrefix(v.entry.URL, "https://") && !v.ans.Auth && name != full && loginFor(v.s, v.entry.URL) == name && usesNetrc(v.s) && v.s.Settings.Netrc.State == facts.FileRead
		},
		more: func(v *view) string { return v.s.Settings.Netrc.Path }, keep: true,
		ask: text.New("add a line to {more} with the port in its machine; it belongs to you, so it is not edited here", "在 {more} 中增加一条 machine 带端口的条目；该文件属于你，这里不会编辑它"),
	},
	{
		id:    "proxy-wants-credentials",
		title: text.New("the module proxy wants credentials", "模块代理要求凭据"),
		claim: text.New("{entry} answers {status}: it wants credentials, and {more}", "{entry} 返回 {status}：它需要凭据，而 {more}"),
		how:   text.New("A token has expired or was never set up on this machine.", "令牌已过期，或本机从未配置过。"),
		alike: text.New("not a proxy that is down: it answers", "不是代理故障：它有应答"),
		is:    status(401),
		more: func(v *view) string {
			if v.ans.Auth {
				return "those that were sent are refused (被拒绝)"
			}
			return "none were sent (没有发送)"
		},
		after: []string{"goauth-off", "netrc-env-points-to-missing-file"},
		ask:   text.New("renew the credentials for {entry} in your netrc file (host and port as in GOPROXY, https only)", "请在 netrc 文件中更新 {entry} 的凭据（主机和端口与 GOPROXY 一致，仅限 https）"),
	},
	{
		id:    "proxy-forbids",
		title: text.New("the module proxy forbids a module", "模块代理禁止某个模块"),
		claim: text.New("{entry} answers {status} for {module}: its owner does not allow it", "{entry} 对 {module} 返回 {status}：其管理者不允许"),
		how:   text.New("A gatekeeper refuses a version (licence, security), or an account lacks a right. That is policy, and going round it is not a repair.", "把关的代理拒绝了某个版本（许可、安全），或账户权限不足。这是策略，绕过它不是修复。"),
		alike: text.New("not missing credentials (401), not an outage (5xx)", "不是缺少凭据（401），也不是服务中断（5xx）"),
		is:    status(403, 451),
		ask:   text.New("ask the owner of {entry} about {module}", "请就 {module} 询问 {entry} 的管理者"),
	},
	{
		id:    "proxy-429-rate-limited",
		title: text.New("the module proxy limits the number of requests", "模块代理限制请求数量"),
		claim: text.New("{entry} answers 429: too many requests{more}; go does not try again", "{entry} 返回 429：请求过多{more}；go 不会重试"),
		how:   text.New("Many machines behind one address, or a storm of CI jobs, have used up the allowance.", "同一地址之后的许多机器，或大量 CI 任务，用尽了额度。"),
		alike: text.New("not an outage: the server says itself that it refuses for a time", "不是服务中断：服务器明确表示暂时拒绝"),
		is:    status(429),
		more: func(v *view) string {
			if v.ans.Retry == "" {
				return ""
			}
			return " (Retry-After: " + v.ans.Retry + ")"
		},
		ask: text.New("wait; trying again at once prolongs the limit", "请等待；立即重试会延长限制"),
	},
	{
		id:    "proxy-502-comma-does-not-fall-through",
		title: text.New("the first module proxy fails, and the comma keeps go from asking the next", "第一个模块代理出错，而逗号使 go 不会问下一个"),
		claim: text.New("{entry} answers {status}, and go does not ask {more}, which stands behind a comma", "{entry} 返回 {status}，而 go 不会去问逗号之后的 {more}"),
		how:   text.New("A front end answers 5xx when the server behind it is down. Behind a comma go asks the next entry only after 404 or 410.", "后端故障时，前端返回 5xx。逗号之后的项只有在 404 或 410 时才会被访问。"),
		alike: text.New("not a missing module: the next entry has it", "不是模块不存在：下一项有它"),
		is:    func(v *view) bool { return broken(v) && v.next() != "" },
		more:  func(v *view) string { return v.next() },
	},
	{
		id:    "proxy-503-only-entry",
		title: text.New("the module proxy fails, and GOPROXY has no other", "模块代理出错，而 GOPROXY 中没有别的代理"),
		claim: text.New("{entry} answers {status} ({err}), and no other entry of GOPROXY can help", "{entry} 返回 {status}（{err}），GOPROXY 中没有其他项可以代替"),
		how:   text.New("The server, or what stands behind it, is down for a time.", "服务器或其后端暂时故障。"),
		alike: text.New("not a missing module (404) and not a refusal (401, 403)", "不是模块不存在（404），也不是拒绝（401、403）"),
		is:    broken,
		ask:   text.New("tell the owner of {entry}", "请通知 {entry} 的管理者"),
	},
	{
		id:    "proxy-redirects-to-login",
		title: text.New("the module proxy sends to a sign-in page", "模块代理跳转到登录页面"),
		claim: text.New("{entry} redirects to {more} and a web page comes in place of the module", "{entry} 跳转到 {more}，得到的是网页而不是模块"),
		how:   text.New("The session or token of the proxy has expired: it answers 302, go follows, and takes the page with status 200 for the answer.", "代理的会话或令牌已过期：它返回 302，go 跟随跳转，并把状态为 200 的页面当作应答。"),
		alike: text.New("not changed module content: what came is HTML, and came by way of a redirect", "不是模块内容被改动：得到的是 HTML，并且经过了跳转"),
		is:    func(v *view) bool { return fails(facts.NetPage, facts.NetRedirect)(v) && len(v.ans.Hops) > 0 },
		more:  func(v *view) string { return v.ans.Hops[len(v.ans.Hops)-1] },
		ask:   text.New("sign in again at {more}", "请在 {more} 重新登录"),
	},
	{
		id:    "captive-portal-html-200",
		title: text.New("a web page comes in place of modules", "得到的是网页而不是模块"),
		claim: text.New("{entry} answers with a web page and status 200 for {module}", "{entry} 对 {module} 返回了状态为 200 的网页"),
		how:   text.New("A captive portal, an SSO gateway or a wrong address (a website in place of its proxy) answers every request with HTML. go takes it for a go.mod or a zip: checksum mismatch, or not a valid zip file.", "强制门户、SSO 网关或错误的地址（网站而不是代理）对所有请求都返回 HTML。go 把它当作 go.mod 或 zip：校验和不符，或不是有效的 zip 文件。"),
		alike: text.New("not changed module content and not a wrong go.sum: what came is HTML", "不是模块内容被改动，也不是 go.sum 有误：得到的是 HTML"),
		is:    fails(facts.NetPage),
		ask:   text.New("sign in to this network, or correct the address {entry}", "请登录该网络，或更正地址 {entry}"),
	},
	{
		id:    "http-url-to-tls-server",
		title: text.New("GOPROXY says http, and the server wants TLS", "GOPROXY 写的是 http，而服务器要求 TLS"),
		claim: text.New("{entry} does not understand plain http: {err}", "{entry} 不接受普通 http：{err}"),
		how:   text.New("The scheme in GOPROXY is the wrong one.", "GOPROXY 中的协议写错了。"),
		alike: text.New("not an outage: the server answers, in another protocol", "不是服务中断：服务器以另一种协议应答"),
		is:    func(v *view) bool { return v.wantsTLS() },
		fixes: secure,
	},
	{
		id:    "proxy-answers-something-else",
		title: text.New("what answers is no module proxy", "应答的不是模块代理"),
		claim: text.New("{entry} does not answer by the module proxy protocol: {status} {err}", "{entry} 的应答不符合模块代理协议：{status} {err}"),
		how:   text.New("The address is that of another service, or its path lacks a part.", "该地址属于别的服务，或路径不完整。"),
		alike: text.New("not a missing module: that would be 404 or 410", "不是模块不存在：那应是 404 或 410"),
		is: func(v *view) bool {
			return v.ans.Fail == facts.NetProtocol || v.ans.Fail == facts.NetStatus && !v.ans.NotFound()
		},
		ask: text.New("compare the address {entry} with what your team uses", "请与团队核对地址 {entry}"),
	},
}

// fileList: the file itself.
var fileList = []fault{
	{
		id:    "goproxy-folder-missing",
		title: text.New("GOPROXY names a folder that is not there", "GOPROXY 指定的目录不存在"),
		claim: text.New("{entry} is a folder of this machine, and it is not there", "{entry} 是本机的目录，而它不存在"),
		how:   text.New("A disk is not mounted, the folder was moved or removed, or the path has a slip. The go command says `no such file or directory` for each file, as if the module were missing.", "磁盘没有挂载、目录被移动或删除，或路径写错。go 命令对每个文件都报 `no such file or directory`，就像模块不存在一样。"),
		alike: text.New("not a module that the folder lacks: there is no folder", "不是目录中缺少某个模块：目录本身不存在"),
		is:    func(v *view) bool { return v.ans.NotFound() && v.entry.NoFolder && len(v.healthy()) == 0 },
		ask:   text.New("mount or restore the folder of {entry}", "请挂载或恢复 {entry} 指向的目录"),
	},
	{
		id:    "goproxy-knows-no-module",
		title: text.New("the server of GOPROXY knows none of the modules", "GOPROXY 中的服务器不认识任何一个模块"),
		claim: text.New("{entry} answers {status} for {module}, and has no other version of it or of any other module that was asked for", "{entry} 对 {module} 返回 {status}，也没有它或其他被询问模块的任何版本"),
		how:   text.New("The address lacks a part of its path, or is that of another service: then it answers 404 for everything. A proxy also answers so for private modules that it may not see.", "地址缺少一段路径，或属于别的服务：那样它对一切都返回 404。代理对其无权查看的私有模块也会这样应答。"),
		alike: text.New("not a version that was mistyped: no version at all is known there", "不是版本写错：那里不认识任何版本"),
		is: func(v *view) bool {
			return v.ans.NotFound() && len(v.healthy()) == 0 && len(v.entry.Knows) == 0 && !slices.ContainsFunc(v.entry.Files, func(f facts.NetFetch) bool { return f.OK() })
		},
		ask: text.New("compare the address {entry} with what your team uses", "请与团队核对地址 {entry}"),
	},
	{
		id:    "proxy-404-lacks-new-tag",
		title: text.New("the module proxy does not have a version", "模块代理没有某个版本"),
		claim: text.New("{entry} says that it does not have {module}; {more} has it", "{entry} 表示没有 {module}；而 {more} 有"),
		how:   text.New("A version that was tagged minutes ago is remembered as missing by a proxy (it caches that too), or the proxy does not carry the module at all.", "几分钟前刚打标签的版本会被代理记为不存在（它也缓存这一点），或者代理根本不提供该模块。"),
		alike: text.New("not a version that never existed: another trusted server has it, as go.sum says", "不是从未存在的版本：另一台受信任的服务器有它，且与 go.sum 一致"),
		is:    func(v *view) bool { return v.ans.NotFound() && len(v.healthy()) > 0 },
		more:  func(v *view) string { return v.healthy()[0].URL },
	},
	{
		id:    "proxy-zip-corrupt",
		title: text.New("the module proxy serves a broken zip", "模块代理提供的 zip 已损坏"),
		claim: text.New("{entry} serves {module} whole by its length, but it is no zip file", "{entry} 提供的 {module} 长度完整，但不是 zip 文件"),
		how:   text.New("The proxy's disk was full when it stored the file. `zip: not a valid zip file` does not fall through, neither behind a comma nor behind a bar.", "代理保存该文件时磁盘已满。`zip: not a valid zip file` 不会转到下一项，逗号和竖线都一样。"),
		alike: text.New("not a transfer that was cut: every announced byte came", "不是传输被截断：声明的每个字节都收到了"),
		is:    func(v *view) bool { return v.file.Bad == notZip },
		ask:   text.New("ask the owner of {entry} to drop the stored file of {module}", "请让 {entry} 的管理者删除已保存的 {module} 文件"),
	},
	{
		id:    "proxy-zip-cut-short",
		title: text.New("answers of the module proxy are cut short", "模块代理的应答被截断"),
		claim: text.New("{entry} ends {module} before its announced length", "{entry} 在声明的长度之前就结束了 {module}"),
		how:   text.New("A load balancer or a filter closes long answers early; small files pass.", "负载均衡器或过滤设备提前关闭较长的应答；小文件可以通过。"),
		alike: text.New("not a broken file: fewer bytes came than the server announced", "不是文件损坏：收到的字节少于服务器声明的数量"),
		is:    fails(facts.NetShort),
		ask:   text.New("tell the owner of {entry}", "请通知 {entry} 的管理者"),
	},
	{
		id:    "proxy-fails-unexplained",
		title: text.New("a request to the module proxy fails", "对模块代理的请求失败"),
		claim: text.New("{entry}: {err}", "{entry}：{err}"),
		how:   text.New("A failure that none of the other checks of the network explains.", "其他网络检查都没有解释的失败。"),
		alike: text.New("none of the known faults: these are told apart", "不是任何已知故障：那些会分别报告"),
		is:    func(v *view) bool { return !v.ans.NotFound() && !v.ans.OK() },
	},
}

func broken(v *view) bool { return v.ans.Fail == facts.NetStatus && v.ans.Status >= 500 }

// next is a healthy entry behind this one that a comma keeps go from, "" = none.
func (v *view) next() string {
	if v.entry.OnError {
		return ""
	}
	for i := v.i + 1; i < len(v.s.Network.Entries); i++ {
		if e := &v.s.Network.Entries[i]; !e.Word && whole(e) {
			return e.URL
		}
	}
	return ""
}
