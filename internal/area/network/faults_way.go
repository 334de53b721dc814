package network

import (
	"slices"

	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/text"
)

func fails(kinds ...facts.NetFail) func(v *view) bool {
	return func(v *view) bool { return slices.Contains(kinds, v.ans.Fail) }
}

func status(codes ...int) func(v *view) bool {
	return func(v *view) bool { return v.ans.Fail == facts.NetStatus && slices.Contains(codes, v.ans.Status) }
}

// proxyList: the HTTP proxy of the environment is in the way.
var proxyList = []fault{
	{
		id: "no-proxy-missing", keep: true,
		title: text.New("the HTTP proxy refuses a host that answers directly", "HTTP 代理拒绝了一台可以直接访问的主机"),
		claim: text.New("{via} does not let through to {entry} ({status} {err}), which answers without it: NO_PROXY lacks {more}", "{via} 不放行对 {entry} 的请求（{status} {err}），而不经过它可以直接访问：NO_PROXY 中缺少 {more}"),
		how:   text.New("HTTP_PROXY or HTTPS_PROXY was set for the internet. The web proxy does not know, or refuses, hosts of the inside; NO_PROXY must name them.", "HTTP_PROXY 或 HTTPS_PROXY 是为访问互联网设置的。Web 代理不认识或拒绝内部主机，NO_PROXY 必须列出它们。"),
		alike: text.New("not the module proxy's own refusal: the same request without the HTTP proxy is answered well", "不是模块代理自身的拒绝：不经 HTTP 代理的同一请求得到正常应答"),
		is: func(v *view) bool {
			return v.ans.Via != "" && v.entry.WithoutProxy != nil && v.entry.WithoutProxy.OK() && (!v.ans.AtProxy || v.ans.Fail == facts.NetTunnel) && !v.ans.NotFound()
		},
		more:  func(v *view) string { return hostOf(v.entry.URL) },
		fixes: addNoProxy,
	},
	{
		id: "http-proxy-env-dead", keep: true,
		title: text.New("the HTTP proxy of the environment does not answer", "环境变量中的 HTTP 代理没有应答"),
		claim: text.New("every request goes through {via}, which cannot be reached: {err}", "所有请求都要经过 {via}，而它无法访问：{err}"),
		how:   text.New("HTTP_PROXY or HTTPS_PROXY names the proxy of a VPN or of another network, and that is not running here. Whatever GOPROXY says, go does not get past it.", "HTTP_PROXY 或 HTTPS_PROXY 指向 VPN 或其他网络的代理，而它在这里没有运行。无论 GOPROXY 是什么，go 都过不去。"),
		alike: text.New("not {entry}: the connection to {via} failed before {entry} was asked", "不是 {entry} 的问题：在访问 {entry} 之前，与 {via} 的连接就失败了"),
		is:    func(v *view) bool { return v.ans.Via != "" && v.ans.AtProxy && v.ans.Fail != facts.NetTunnel },
		fixes: dropProxy,
		ask:   text.New("or start what listens at {via} (a VPN client), when this network needs it", "或者启动监听 {via} 的程序（VPN 客户端），如果该网络需要它"),
	},
	{
		id: "http-proxy-refuses", keep: true,
		title: text.New("the HTTP proxy of the environment refuses", "环境变量中的 HTTP 代理拒绝请求"),
		claim: text.New("{via} answers {status} instead of opening the way to {entry}: {err}", "{via} 返回 {status}，没有打开通往 {entry} 的通道：{err}"),
		how:   text.New("The web proxy of this network wants a password (407) or forbids the host (403), or cannot reach it (502, 503, 504).", "该网络的 Web 代理需要密码（407）、禁止访问该主机（403），或自身无法访问它（502、503、504）。"),
		alike: text.New("not {entry}: without {via} it was not reached either, so it may only be reachable through it", "不是 {entry} 本身：不经过 {via} 同样无法访问，因此可能只能经由它访问"),
		is:    fails(facts.NetTunnel),
		ask:   text.New("ask who runs {via}: {err}", "请询问 {via} 的管理者：{err}"),
	},
}

// lookupList: names.
var lookupList = []fault{
	{
		id:    "dns-resolver-down",
		title: text.New("no name can be resolved", "无法解析任何名称"),
		claim: text.New("the name of {entry} cannot be resolved, because the name server does not answer: {err}", "{entry} 的名称无法解析，因为名称服务器没有应答：{err}"),
		how:   text.New("The name server of /etc/resolv.conf is not running (port 53 is closed), is out of reach, or says that it failed. No name resolves; addresses go on working.", "/etc/resolv.conf 中的名称服务器没有运行（53 端口关闭）、不可达，或自称出错。所有名称都无法解析；直接使用地址仍可访问。"),
		alike: text.New("not a misspelt name: the name server did not say that there is no such name", "不是名称拼错：名称服务器并没有说不存在该名称"),
		is:    fails(facts.NetResolver, facts.NetResolverSilent),
		ask:   text.New("start the resolver again, or name one that answers in /etc/resolv.conf (needs root)", "重新启动解析器，或在 /etc/resolv.conf 中写入可用的解析器（需要 root）"),
	},
	{
		id:    "dns-name-does-not-exist",
		title: text.New("GOPROXY names a host that does not exist", "GOPROXY 指向不存在的主机"),
		claim: text.New("the name server says that there is no host {more} ({entry})", "名称服务器表示主机 {more} 不存在（{entry}）"),
		how:   text.New("The name in GOPROXY is misspelt, the server was given up, or the name exists only inside of a network (VPN) that this machine is not in.", "GOPROXY 中的名称拼错了、服务器已停用，或该名称只存在于本机未接入的网络（VPN）中。"),
		alike: text.New("not a name server that is down: it answered", "不是名称服务器故障：它给出了应答"),
		is:    fails(facts.NetNoHost),
		more:  func(v *view) string { return hostOf(v.entry.URL) },
		ask:   text.New("compare the name {more} with what your team uses; join its network when it is an inner name", "请与团队核对名称 {more}；如果是内部名称，请接入相应网络"),
	},
}

// tlsList: certificates.
var tlsList = []fault{
	{
		id: "tls-cert-bundle-empty", keep: true,
		title: text.New("the file of SSL_CERT_FILE has no certificates", "SSL_CERT_FILE 指向的文件中没有证书"),
		claim: text.New("{entry} is not trusted, because {more} has no certificate in it", "不信任 {entry}，因为 {more} 中没有任何证书"),
		how:   text.New("A tool that writes the bundle was cut off (disk full), or SSL_CERT_FILE names a file that is gone. Go says nothing about that; every certificate is then of an unknown authority.", "写入证书包的工具中途失败（磁盘已满），或 SSL_CERT_FILE 指向的文件不存在。Go 对此没有任何提示，所有证书都变成由未知机构签发。"),
		alike: text.New("not a wrong certificate of the server: with the certificates of the team's policy it is trusted", "不是服务器证书的问题：加上团队策略中的证书即可信任"),
		is: func(v *view) bool {
			return trustedWithCA(v) && v.s.Network.Bundle.Path != "" && v.s.Network.Bundle.Certs == 0
		},
		more:  func(v *view) string { return v.s.Network.Bundle.Path },
		fixes: addCA,
	},
	{
		id: "tls-ca-missing-from-bundle", keep: true,
		title: text.New("the team's authority is missing from the trusted certificates", "受信任的证书中缺少团队的证书机构"),
		claim: text.New("{entry} is signed by {more}, which is not among the certificates that go trusts here; the team's policy names it", "{entry} 由 {more} 签发，它不在 go 于此处信任的证书之中；团队策略写明了它"),
		how:   text.New("An update replaced the bundle to which the team's root had been added by hand, or SSL_CERT_FILE names another bundle than the one that has it.", "更新替换了手工加入团队根证书的证书包，或 SSL_CERT_FILE 指向了另一个不含它的证书包。"),
		alike: text.New("not an inspecting device and not a missing intermediate: with the certificates of the team's policy the same chain is good", "不是流量检查设备，也不是缺少中间证书：加上团队策略中的证书，同一条证书链有效"),
		is:    trustedWithCA,
		more:  func(v *view) string { return issuer(v) },
		fixes: addCA,
	},
	{
		id:    "tls-self-signed-after-reinstall",
		title: text.New("the server shows a certificate of its own making", "服务器使用自签名证书"),
		claim: text.New("{entry} shows a self-signed certificate ({more}), which nothing here trusts", "{entry} 使用自签名证书（{more}），这里没有任何东西信任它"),
		how:   text.New("The proxy was installed anew and runs with the installer's certificate, or something else answers in its place.", "代理被重新安装，正在使用安装程序生成的证书；或者有别的程序冒名应答。"),
		alike: text.New("not a missing authority: issuer and subject of the certificate are the same, and no other one is sent", "不是缺少证书机构：证书的签发者与主体相同，且没有发送其他证书"),
		is: func(v *view) bool {
			return v.ans.Fail == facts.NetUnknownCA && len(v.ans.Chain) > 0 && v.ans.Chain[0].SelfSigned
		},
		more: func(v *view) string { return v.ans.Chain[0].Subject },
		ask:  text.New("tell the owner of {entry}; do not trust the new certificate unasked", "请通知 {entry} 的管理者；不要擅自信任新证书"),
	},
	{
		id:    "tls-missing-intermediate",
		title: text.New("the server does not send its intermediate certificate", "服务器没有发送中间证书"),
		claim: text.New("{entry} sends its own certificate alone; the one that signed it ({more}) is neither sent nor trusted here", "{entry} 只发送了自己的证书；签发它的证书（{more}）既没有发送，这里也不信任"),
		how:   text.New("A new certificate was installed without its chain file. Browsers often cope, since they keep intermediates; go does not.", "安装新证书时没有附带证书链文件。浏览器往往能应付，因为它们会保存中间证书；go 不能。"),
		alike: text.New("not an inspecting device: a trusted root here is of the same organisation as the unknown issuer", "不是流量检查设备：此处有一个受信任的根证书与未知签发者属于同一组织"),
		is: func(v *view) bool {
			return v.ans.Fail == facts.NetUnknownCA && len(v.ans.Chain) == 1 && !v.ans.Chain[0].SelfSigned && v.entry.Kin != ""
		},
		more: func(v *view) string { return issuer(v) },
		ask:  text.New("tell the owner of {entry} to send the full chain", "请通知 {entry} 的管理者发送完整的证书链"),
	},
	{
		id:    "tls-inspection-middlebox",
		title: text.New("the certificate is of an authority that nobody here trusts", "证书由此处无人信任的机构签发"),
		claim: text.New("{entry} shows a certificate of {more}, which neither this machine nor the team's policy trusts: a device that inspects TLS, or a private authority", "{entry} 的证书由 {more} 签发，本机和团队策略都不信任它：可能是检查 TLS 流量的设备，或私有证书机构"),
		how:   text.New("A device in the network opens TLS connections and signs with an authority of its own, or the server belongs to a private authority that this machine does not know.", "网络中的设备会拆开 TLS 连接并用自己的机构重新签名；或者服务器属于本机不认识的私有证书机构。"),
		alike: text.New("not a certificate of the server's own making, and no trusted root is of the organisation that signed it", "不是服务器自签的证书，且受信任的根证书中没有属于签发组织的"),
		is:    fails(facts.NetUnknownCA),
		more:  func(v *view) string { return issuer(v) },
		ask:   text.New("ask who runs this network whether {more} is theirs; whether to trust it is a decision of a person (ca_files in policy.yaml)", "请询问网络管理者 {more} 是否属于他们；是否信任它须由人决定（policy.yaml 中的 ca_files）"),
	},
	{
		id:    "clock-wrong",
		title: text.New("the clock of this machine is wrong", "本机时钟不准"),
		claim: text.New("the certificate of {entry} is not valid now by this machine's clock, which is {more} away from what other servers say", "按本机时钟，{entry} 的证书现在无效；而本机时钟与其他服务器相差 {more}"),
		how:   text.New("After a long sleep, in a container or a virtual machine, the clock stands in the past or future; every certificate is then expired or not yet valid.", "长时间休眠之后，或在容器、虚拟机中，时钟停在过去或未来；此时所有证书都显得已过期或尚未生效。"),
		alike: text.New("not a certificate that was not renewed: at the time which another server gives it is valid", "不是证书未续期：按另一台服务器给出的时间，它有效"),
		is: func(v *view) bool {
			d, ok := skew(v)
			return ok && d.Abs().Minutes() > 10 && (v.ans.Fail == facts.NetExpired || v.ans.Fail == facts.NetNotYet)
		},
		more: func(v *view) string { d, _ := skew(v); return d.Abs().Round(1e9).String() },
		keep: true,
		ask:  text.New("set the clock (timedatectl set-ntp true, needs root)", "校准时钟（timedatectl set-ntp true，需要 root）"),
	},
	{
		id:    "tls-server-certificate-expired",
		title: text.New("the server's certificate has expired", "服务器证书已过期"),
		claim: text.New("the certificate of {entry} expired: {more}", "{entry} 的证书已过期：{more}"),
		how:   text.New("Nobody renewed the certificate.", "没有人为证书续期。"),
		alike: text.New("not this machine's clock, as far as another server's Date could be compared with it", "不是本机时钟的问题（已与可比较的其他服务器的 Date 核对）"),
		is:    fails(facts.NetExpired),
		more:  func(v *view) string { return dates(v) },
		ask:   text.New("tell the owner of {entry}; do not set the clock back", "请通知 {entry} 的管理者；不要把时钟往回调"),
	},
	{
		id:    "tls-server-certificate-not-yet-valid",
		title: text.New("the server's certificate is not valid yet", "服务器证书尚未生效"),
		claim: text.New("the certificate of {entry} is not valid yet: {more}", "{entry} 的证书尚未生效：{more}"),
		how:   text.New("A certificate was installed before its time, or the clock of this machine or of the issuer is wrong.", "证书在生效之前就被安装，或本机、签发者的时钟有误。"),
		alike: text.New("not this machine's clock, as far as another server's Date could be compared with it", "不是本机时钟的问题（已与可比较的其他服务器的 Date 核对）"),
		is:    fails(facts.NetNotYet),
		more:  func(v *view) string { return dates(v) },
		ask:   text.New("tell the owner of {entry}", "请通知 {entry} 的管理者"),
	},
	{
		id:    "tls-wrong-host-name",
		title: text.New("the server's certificate is for another name", "服务器证书属于另一个名称"),
		claim: text.New("the certificate of {entry} is for {more}", "{entry} 的证书属于 {more}"),
		how:   text.New("The server was moved to another name and its certificate was not, GOPROXY names it by an address or alias, or another server answers.", "服务器换了名称而证书没有换、GOPROXY 用地址或别名访问它，或应答的是另一台服务器。"),
		alike: text.New("not an unknown authority: the names in the certificate do not hold the one in GOPROXY", "不是未知的证书机构：证书中的名称不包含 GOPROXY 中的名称"),
		is:    fails(facts.NetWrongName),
		more:  func(v *view) string { return names(v) },
		ask:   text.New("tell the owner of {entry}, or use the name that the certificate has", "请通知 {entry} 的管理者，或改用证书中的名称"),
	},
	{
		id:    "tls-https-url-to-http-server",
		title: text.New("GOPROXY says https, and the server speaks http", "GOPROXY 写的是 https，而服务器使用 http"),
		claim: text.New("{entry} does not speak TLS: {err}", "{entry} 不支持 TLS：{err}"),
		how:   text.New("The address lacks its scheme (an entry with a dot or colon and without one gets https://) or has the wrong one.", "地址缺少协议（带点号或冒号而没有协议的项会被加上 https://），或协议写错。"),
		alike: text.New("not a certificate: the server's first bytes are no TLS", "不是证书问题：服务器的首批字节不是 TLS"),
		is:    fails(facts.NetNotTLS),
		ask:   text.New("write the address with the scheme that the server speaks, when you know that it is meant to be plain http", "如果确知服务器应使用普通 http，请在地址中写明它所用的协议"),
	},
	{
		id:    "tls-handshake-fails",
		title: text.New("no secure connection comes about", "无法建立安全连接"),
		claim: text.New("the TLS handshake with {entry} fails: {err}", "与 {entry} 的 TLS 握手失败：{err}"),
		how:   text.New("Server and go have no protocol version in common, the server wants a certificate of the client, or a certificate breaks a rule of its chain.", "服务器与 go 没有共同的协议版本、服务器要求客户端证书，或证书违反了证书链的规则。"),
		alike: text.New("not an unknown authority, an expired certificate or a wrong name: these are told apart", "不是未知机构、证书过期或名称错误：这些情况会分别报告"),
		is:    fails(facts.NetTLS),
		ask:   text.New("tell the owner of {entry}: {err}", "请通知 {entry} 的管理者：{err}"),
	},
}
