package network

import (
	"net"
	"os"
	"slices"
	"strings"

	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/text"
)

// link looks at this machine's own end of the network: which interfaces run, and whether there is a way out. The
// interfaces come from the system itself, since /sys may show those of another network namespace.
func link() facts.Link {
	var l facts.Link
	list, err := net.Interfaces()
	if err != nil {
		return l
	}
	l.Known = true
	for _, i := range list {
		if i.Flags&net.FlagLoopback == 0 && i.Flags&net.FlagUp != 0 && i.Flags&net.FlagRunning != 0 {
			l.Up = append(l.Up, i.Name)
		}
	}
	v4, err4 := os.ReadFile("/proc/self/net/route")
	v6, err6 := os.ReadFile("/proc/self/net/ipv6_route")
	if err4 == nil || err6 == nil {
		l.Route = map[bool]facts.YesNo{true: facts.Yes, false: facts.No}[defaultRoute4(string(v4)) || defaultRoute6(string(v6))]
	}
	return l
}

// defaultRoute4 reads /proc/net/route: a destination and a mask of zero, not a rejecting one (RTF_UP 1, RTF_REJECT 0x200).
func defaultRoute4(table string) bool {
	for line := range strings.Lines(table) {
		f := strings.Fields(line)
		if len(f) > 7 && f[1] == "00000000" && f[7] == "00000000" && !rejects(f[3]) {
			return true
		}
	}
	return false
}

// defaultRoute6 reads /proc/net/ipv6_route: destination, length of its prefix, …, flags, device.
func defaultRoute6(table string) bool {
	for line := range strings.Lines(table) {
		f := strings.Fields(line)
		if len(f) == 10 && strings.Trim(f[0], "0") == "" && f[1] == "00" && f[9] != "lo" && !rejects(f[8]) {
			return true
		}
	}
	return false
}

// rejects reports whether the flags of a route, in hexadecimal, have RTF_REJECT or lack RTF_UP.
func rejects(flags string) bool {
	n := 0
	for _, c := range flags {
		d := strings.IndexRune("0123456789abcdef", c|0x20)
		if c >= '0' && c <= '9' {
			d = int(c - '0')
		}
		if d < 0 {
			return true
		}
		n = n<<4 | d
	}
	return n&0x200 != 0 || n&1 == 0
}

// offline reports whether no interface of this machine but the loopback runs, and the request failed for that.
func (v *view) offline() bool {
	l := &v.s.Network.Link
	return l.Known && len(l.Up) == 0 && (v.ans.Fail == facts.NetUnreachable || v.noWay() || !local(v) && slices.Contains([]facts.NetFail{facts.NetResolver, facts.NetResolverSilent, facts.NetNoHost}, v.ans.Fail))
}

// noWay reports whether the name servers themselves could not be reached for want of a way.
func (v *view) noWay() bool {
	if v.ans.Fail != facts.NetResolver && v.ans.Fail != facts.NetResolverSilent || len(v.ans.Names) == 0 {
		return false
	}
	return !slices.ContainsFunc(v.ans.Names, func(n facts.NameAsk) bool {
		return n.Answered > 0 || !strings.Contains(n.Err, "network is unreachable") && !strings.Contains(n.Err, "no route to host") && !strings.Contains(n.Err, "not permitted")
	})
}

// local reports whether the server is on this machine.
func local(v *view) bool {
	h := hostOf(v.entry.URL)
	ip := net.ParseIP(h)
	return h == "localhost" || ip != nil && ip.IsLoopback()
}

// linkShown is what was seen of this machine's end.
func linkShown(v *view) []diag.Evidence {
	l := &v.s.Network.Link
	if !l.Known {
		return nil
	}
	up := strings.Join(l.Up, " ")
	if up == "" {
		up = "-"
	}
	out := []diag.Evidence{{Role: diag.Proof, Command: "ip addr; ip route", Text: text.New("interfaces that run, but for the loopback: {up}; default route: {route}", "除回环外正在运行的网络接口：{up}；默认路由：{route}").With("up", up, "route", orUnknown(l.Route))}}
	switch {
	case len(l.Up) == 0:
	case l.Route == facts.No:
		out = append(out, diag.Evidence{Role: diag.Because, Text: text.New("no route leads out of the networks that this machine is in", "没有路由通往本机所在网络之外").With()})
	case l.Route == facts.Yes:
		out = append(out, diag.Evidence{Role: diag.Because, Text: text.New("there is a default route: a route of its own for this address, a neighbour that does not answer, or a firewall refuses ({err})", "存在默认路由：该地址有单独的路由、邻居没有应答，或防火墙拒绝（{err}）").With("err", v.err())})
	}
	return out
}

func orUnknown(y facts.YesNo) string {
	if y == "" {
		return "?"
	}
	return string(y)
}

// wayList: this machine has no way to the server.
var wayList = []fault{
	{
		id: "network-offline", keep: true, calm: true,
		title: text.New("this machine has no network", "本机没有网络连接"),
		claim: text.New("{module} cannot be fetched from {entry}: no network interface of this machine is up", "无法从 {entry} 获取 {module}：本机没有任何已连接的网络接口"),
		how:   text.New("A laptop without Wi-Fi, a container without a network, a cable that is out. Nothing is wrong with Go, GOPROXY or the server; what is in the module cache goes on working.", "笔记本没有连接 Wi-Fi、容器没有网络、网线被拔出。Go、GOPROXY 和服务器都没有问题；模块缓存中已有的内容照常可用。"),
		alike: text.New("not the server and not the name server: no request leaves this machine", "不是服务器也不是名称服务器的问题：没有任何请求离开本机"),
		is:    (*view).offline,
		proof: linkShown,
		ask:   text.New("join a network, then build again; until then work on what needs no new module", "接入网络后重新构建；在此之前，可以做不需要新模块的工作"),
	},
	{
		id:    "proxy-unreachable",
		title: text.New("no way leads from this machine to the module proxy", "本机没有通往模块代理的路径"),
		claim: text.New("this machine cannot send anything to {entry}: {err}", "本机无法向 {entry} 发送任何内容：{err}"),
		how:   text.New("The address belongs to a network that this machine is not in (VPN off), the default route is gone, or a firewall on this machine or the next one refuses. The refusal comes at once.", "该地址属于本机未接入的网络（VPN 未连接）、默认路由丢失，或本机或下一跳的防火墙拒绝。拒绝会立即返回。"),
		alike: text.New("not a black hole: the system says at once that there is no way; not a server that is down: none was reached", "不是黑洞：系统立即表示没有路径；也不是服务器停机：根本没有到达任何服务器"),
		is:    func(v *view) bool { return v.ans.Fail == facts.NetUnreachable && !v.ans.AtProxy || v.noWay() },
		proof: linkShown,
		ask:   text.New("connect the VPN or network that {entry} is in, or compare the routes and the firewall (ip route, nft list ruleset)", "连接 {entry} 所在的 VPN 或网络，或检查路由与防火墙（ip route、nft list ruleset）"),
	},
}

func wayFaults() []diag.Check { return checksOf(wayList) }
