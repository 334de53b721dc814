package network

import (
	"strings"
	"testing"

	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/modproxy"
	"github.com/gorescue/gorescue/internal/text"
)

// TestStandIn: the least that suffices in an outage, and nothing where nothing helps.
func TestStandIn(t *testing.T) {
	good, refused, silent := ans(facts.NetOK, 200), ans(facts.NetRefused, 0), ans(facts.NetSilent, 0)
	const x = "example.com/x@v1.0.0"
	for _, c := range []struct {
		name    string
		list    string // GOPROXY
		entries []facts.NetEntry
		missing bool
		want    string // the new GOPROXY, "incident", or ""
	}{
		{"refused, cached", "http://a.example", []facts.NetEntry{entry("http://a.example", false, refused, refused)}, false, "http://a.example|file:///cache/cache/download"},
		{"refused, cached, direct behind", "http://a.example,direct", []facts.NetEntry{entry("http://a.example", false, refused, refused), {URL: "direct", Word: true}}, false, "http://a.example|file:///cache/cache/download,direct"},
		{"503, cached", "http://a.example", []facts.NetEntry{entry("http://a.example", false, ans(facts.NetStatus, 503), ans(facts.NetStatus, 503))}, false, "http://a.example|file:///cache/cache/download"},
		{"403 is no outage", "http://a.example", []facts.NetEntry{entry("http://a.example", false, ans(facts.NetStatus, 403), ans(facts.NetStatus, 403))}, false, ""},
		{"silent, cached", "http://a.example", []facts.NetEntry{entry("http://a.example", false, silent, silent)}, false, "incident"},
		{"silent, nowhere else", "http://a.example", []facts.NetEntry{entry("http://a.example", false, silent, silent)}, true, ""},
		{"refused, nowhere else", "http://a.example", []facts.NetEntry{entry("http://a.example", false, refused, refused)}, true, ""},
		{"each server has a part", "http://a.example,http://b.example", []facts.NetEntry{entry("http://a.example", false, good, silent), entry("http://b.example", false, silent, good)}, true, "incident"},
		{"another one has all", "http://a.example|http://b.example", []facts.NetEntry{entry("http://a.example", true, silent, silent), entry("http://b.example", false, good, good)}, true, ""},
		{"offline", "http://a.example", []facts.NetEntry{entry("http://a.example", false, ans(facts.NetUnreachable, 0), ans(facts.NetUnreachable, 0))}, false, "http://a.example|file:///cache/cache/download"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := &facts.Snapshot{Sections: map[facts.Section]facts.Status{}}
			s.Settings.Values = map[string]facts.Setting{"GOPROXY": {Value: c.list, Origin: facts.FromGoenv}, "GOMODCACHE": {Value: "/cache"}}
			s.Settings.File = facts.EnvFile{Path: "/home/dev/.config/go/env", State: facts.FileRead, Entries: []facts.EnvEntry{{Name: "GOPROXY", Value: c.list, Line: 1}}}
			s.Network.Asked, s.Network.Entries = []string{x}, c.entries
			if !c.missing {
				s.Network.Cached = s.Network.Asked
			} else {
				s.Dirs.Modules.Missing = []facts.MissingModule{{Module: x, Missing: "mod"}}
			}
			v := predict(s)
			if v == nil {
				t.Fatal("no fault")
			}
			got := ""
			for _, f := range v.standIn() {
				switch {
				case f.Shell == modproxy.Command && f.Risk == diag.Manual:
					got += "incident"
				case f.Risk == diag.Safe:
					t.Error("a change of who is asked is done without being named")
				default:
					_, value, _ := strings.Cut(f.Title.In(text.English), "(GOPROXY=")
					got += strings.TrimSuffix(value, ")")
				}
			}
			if got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

// TestLink: routes are read as the kernel writes them.
func TestLink(t *testing.T) {
	const head = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
	for table, want := range map[string]bool{
		"": false, head: false, "\x00\xff": false,
		head + "eth0\t00000000\t010011AC\t0003\t0\t0\t0\t00000000\t0\t0\t0\n": true,
		head + "*\t00000000\t00000000\t0200\t0\t0\t0\t00000000\t0\t0\t0\n":    false, // unreachable default
		head + "eth0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0\n": false,
		head + "tun0\t00000000\t00000000\t0001\t0\t0\t0\t00000080\t0\t0\t0\n": false, // one half of everything
	} {
		if defaultRoute4(table) != want {
			t.Errorf("%q: %v", table, !want)
		}
	}
	zero := strings.Repeat("0", 32)
	for table, want := range map[string]bool{
		"": false,
		zero + " 00 " + zero + " 00 fe800000000000000000000000000001 00000400 00000001 00000000 00000003     eth0\n": true,
		zero + " 00 " + zero + " 00 " + zero + " ffffffff 00000001 00000000 00200200       lo\n":                     false,
		zero + " 40 " + zero + " 00 " + zero + " 00000400 00000001 00000000 00000001     eth0\n":                     false,
	} {
		if defaultRoute6(table) != want {
			t.Errorf("%q: %v", table, !want)
		}
	}
}

// TestOffline: no interface, no way, and a resolver that is merely down are told apart.
func TestOffline(t *testing.T) {
	noWay := []facts.NameAsk{{Server: "10.0.0.1:53", Asked: 2, Err: "dial udp 10.0.0.1:53: connect: network is unreachable"}}
	down := []facts.NameAsk{{Server: "10.0.0.1:53", Asked: 2, Err: "read udp 10.0.0.1:53: connection refused"}}
	off, on := facts.Link{Known: true, Route: facts.No}, facts.Link{Known: true, Up: []string{"eth0"}, Route: facts.Yes}
	for _, c := range []struct {
		name, url string
		fail      facts.NetFail
		asked     []facts.NameAsk
		link      facts.Link
		want      string
	}{
		{"address, offline", "http://10.1.2.3", facts.NetUnreachable, nil, off, "network-offline"},
		{"name, offline", "http://a.example", facts.NetResolver, noWay, off, "network-offline"},
		{"name, offline, a resolver of this machine says that it failed", "http://a.example", facts.NetResolver, []facts.NameAsk{{Server: "127.0.0.53:53", Asked: 1, Answered: 1}}, off, "network-offline"},
		{"refused on this machine, offline", "http://127.0.0.1:1", facts.NetRefused, nil, off, "proxy-connection-refused"},
		{"address, no way", "http://10.1.2.3", facts.NetUnreachable, nil, on, "proxy-unreachable"},
		{"name, no way to the resolver", "http://a.example", facts.NetResolver, noWay, on, "proxy-unreachable"},
		{"name, resolver down", "http://a.example", facts.NetResolver, down, on, "dns-resolver-down"},
		{"interfaces not known", "http://10.1.2.3", facts.NetUnreachable, nil, facts.Link{}, "proxy-unreachable"},
	} {
		s := &facts.Snapshot{Sections: map[facts.Section]facts.Status{}}
		for _, sec := range reads {
			s.Sections[sec] = facts.Status{State: facts.OK}
		}
		a := ans(c.fail, 0)
		a.Names = c.asked
		s.Network.Asked, s.Network.Entries, s.Network.Link = []string{"example.com/x@v1.0.0"}, []facts.NetEntry{entry(c.url, false, a, a)}, c.link
		r := diag.Run(Checks(), s)
		if len(r.Findings) != 1 || r.Findings[0].Check != c.want {
			t.Errorf("%s: %v", c.name, ids2(r))
			continue
		}
		if calm := r.Findings[0].Severity == diag.Info; calm != (c.want == "network-offline") { // nothing is missing
			t.Errorf("%s: %s", c.name, r.Findings[0].Severity)
		}
	}
}

func ids2(r *diag.Report) (out []string) {
	for _, f := range r.Findings {
		out = append(out, f.Check)
	}
	return out
}
