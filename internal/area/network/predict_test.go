package network

import (
	"testing"
	"time"

	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/goproxy"
)

// answers for one file.
func ans(fail facts.NetFail, status int) facts.NetAnswer {
	return facts.NetAnswer{Fail: fail, Status: status, Stages: []facts.NetStage{{Step: facts.StepHeader, Took: time.Millisecond}}}
}

func entry(url string, onError bool, mod, zip facts.NetAnswer) facts.NetEntry {
	return facts.NetEntry{URL: url, OnError: onError, Files: []facts.NetFetch{
		{Module: "example.com/x@v1.0.0", Kind: goproxy.Mod, Answer: mod}, {Module: "example.com/x@v1.0.0", Kind: goproxy.Zip, Answer: zip},
	}}
}

// TestPredict compares with what the go command was measured to do with a faulty first entry and a healthy second one.
func TestPredict(t *testing.T) {
	good := ans(facts.NetOK, 200)
	for _, c := range []struct {
		name       string
		mod, zip   facts.NetAnswer
		comma, bar bool // go is kept from the file, or waits long
	}{
		{"good", good, good, false, false},
		{"404", ans(facts.NetStatus, 404), ans(facts.NetStatus, 404), false, false},
		{"410 for the zip alone", good, ans(facts.NetStatus, 410), false, false},
		{"403", ans(facts.NetStatus, 403), ans(facts.NetStatus, 403), true, false},
		{"502", ans(facts.NetStatus, 502), ans(facts.NetStatus, 502), true, false},
		{"refused", ans(facts.NetRefused, 0), ans(facts.NetRefused, 0), true, false},
		{"unknown authority", ans(facts.NetUnknownCA, 0), ans(facts.NetUnknownCA, 0), true, false},
		{"silent", ans(facts.NetSilent, 0), ans(facts.NetSilent, 0), true, true},
		{"stalls in the zip", good, ans(facts.NetStalled, 200), true, true},
		{"dropped packets", ans(facts.NetBlackHole, 0), ans(facts.NetBlackHole, 0), true, true},
		{"page", ans(facts.NetPage, 200), ans(facts.NetPage, 200), true, true},
		{"short", good, ans(facts.NetShort, 200), true, false},
	} {
		for _, bar := range []bool{false, true} {
			s := &facts.Snapshot{}
			s.Network.Asked = []string{"example.com/x@v1.0.0"}
			s.Network.Entries = []facts.NetEntry{entry("http://first.example", bar, c.mod, c.zip), entry("http://second.example", false, good, good)}
			want := c.comma
			if bar {
				want = c.bar
			}
			if v := predict(s); (v != nil) != want || v != nil && v.i != 0 {
				t.Errorf("%s, bar %v: %+v, want a fault: %v", c.name, bar, v, want)
			}
		}
	}
}

// TestPredictEnds: what is not told by servers is no fault, and what is told by all of them is.
func TestPredictEnds(t *testing.T) {
	lacks := ans(facts.NetStatus, 404)
	s := &facts.Snapshot{}
	s.Network.Asked = []string{"example.com/x@v1.0.0"}
	s.Network.Entries = []facts.NetEntry{{URL: goproxy.NoProxy, Word: true}, entry("http://first.example", false, lacks, lacks), {URL: goproxy.Direct, Word: true}}
	if v := predict(s); v != nil {
		t.Errorf("direct comes next, and git was not asked: %+v", v)
	}
	s.Network.Entries = s.Network.Entries[:2]
	if v := predict(s); v == nil || !v.lacks {
		t.Errorf("nobody has it: %+v", v)
	}
	s.Network.Entries[1] = entry("http://first.example", false, ans(facts.NetDeadline, 0), ans(facts.NetDeadline, 0))
	if v := predict(s); v != nil {
		t.Errorf("not known: %+v", v)
	}
}

// TestSlow: one slow answer among quick ones says nothing.
func TestSlow(t *testing.T) {
	late := ans(facts.NetOK, 200)
	late.Stages[0].Took = 3 * time.Second
	s := &facts.Snapshot{}
	s.Network.Asked = []string{"example.com/x@v1.0.0"}
	s.Network.Entries = []facts.NetEntry{entry("http://first.example", false, late, ans(facts.NetOK, 200))}
	if v := predict(s); v != nil {
		t.Errorf("%+v", v)
	}
	s.Network.Entries[0].Files[1].Answer = late
	if v := predict(s); v == nil || !v.late {
		t.Errorf("%+v", v)
	}
}

// TestEveryFaultHasOneCheck: the first that fits is the one, and something always fits.
func TestEveryFaultHasOneCheck(t *testing.T) {
	for _, fail := range []facts.NetFail{facts.NetBadURL, facts.NetBadProxy, facts.NetInsecureAuth, facts.NetNoHost, facts.NetResolver, facts.NetResolverSilent, facts.NetRefused, facts.NetUnreachable,
		facts.NetBlackHole, facts.NetReset, facts.NetClosed, facts.NetTLSSilent, facts.NetNotTLS, facts.NetNeedsTLS, facts.NetUnknownCA, facts.NetExpired, facts.NetNotYet, facts.NetWrongName, facts.NetTLS,
		facts.NetTunnel, facts.NetSilent, facts.NetStalled, facts.NetShort, facts.NetTooLarge, facts.NetStatus, facts.NetRedirect, facts.NetPage, facts.NetProtocol, facts.NetFile, facts.NetSink, facts.NetOther} {
		s := &facts.Snapshot{Sections: map[facts.Section]facts.Status{}}
		for _, sec := range reads {
			s.Sections[sec] = facts.Status{State: facts.OK}
		}
		s.Network.Asked = []string{"example.com/x@v1.0.0"}
		a := ans(fail, 500)
		s.Network.Entries = []facts.NetEntry{entry("http://first.example", false, a, a)}
		var fired []string
		for _, c := range Checks() {
			for range c.Run(s) {
				fired = append(fired, c.ID)
			}
		}
		if len(fired) != 1 {
			t.Errorf("%s: %v", fail, fired)
		}
	}
}
