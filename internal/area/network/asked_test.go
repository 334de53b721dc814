package network

import (
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/goproxy"
	"github.com/gorescue/gorescue/internal/probe"
)

// TestRoutes: whom go would ask, by the settings alone.
func TestRoutes(t *testing.T) {
	for _, c := range []struct {
		name                   string
		set                    map[string]string
		direct, private, sumdb bool
		learn, rule            string
	}{
		{name: "a proxy", set: map[string]string{"GOPROXY": "http://a.example"}, sumdb: true, learn: "http://a.example"},
		{name: "two and direct", set: map[string]string{"GOPROXY": "http://u:p@a.example,http://b.example,direct"}, sumdb: true, learn: "http://u:xxxxx@a.example http://b.example", rule: "public:git|hg"},
		{name: "GOPRIVATE", set: map[string]string{"GOPROXY": "http://a.example", "GOPRIVATE": "corp.example"}, direct: true, private: true, rule: "private:all"},
		{name: "GONOPROXY=none", set: map[string]string{"GOPROXY": "http://a.example", "GOPRIVATE": "corp.example", "GONOPROXY": "none"}, private: true, learn: "http://a.example"},
		{name: "GONOPROXY alone", set: map[string]string{"GOPROXY": "http://a.example", "GONOPROXY": "corp.example"}, direct: true, sumdb: true, rule: "public:git|hg"},
		{name: "GOSUMDB=off", set: map[string]string{"GOPROXY": "http://a.example", "GOSUMDB": "off"}, learn: "http://a.example"},
		{name: "off", set: map[string]string{"GOPROXY": "off"}},
		{name: "GOVCS", set: map[string]string{"GOPROXY": "direct", "GOVCS": "corp.example/x:off,public:hg"}, direct: true, sumdb: true, rule: "corp.example/x:off"},
	} {
		set := &facts.Settings{Values: map[string]facts.Setting{}}
		for k, v := range c.set {
			set.Values[k] = facts.Setting{Value: v}
		}
		list, err := goproxy.Parse(set.Get("GOPROXY"), gonoproxy(set))
		if err != nil {
			t.Fatal(err)
		}
		a := &asker{policy: &facts.Policy{}, sums: map[string]string{"corp.example/x@v1.0.0": "h1:x", "corp.example/x@v1.0.0/go.mod": "h1:y"}}
		got := a.routes(set, list)
		if len(got) != 1 {
			t.Fatalf("%s: %+v", c.name, got)
		}
		if r := got[0]; r.Direct != c.direct || r.Private != c.private || r.SumDB != c.sumdb || strings.Join(r.Learn, " ") != c.learn || r.Rule != c.rule {
			t.Errorf("%s: %+v", c.name, r)
		}
	}
}

// TestAddresses of repositories: from the cache, from the path, from what a host says, and never one that go would refuse.
func TestAddresses(t *testing.T) {
	cache := t.TempDir()
	vcs := filepath.Join(cache, "cache", "vcs")
	if err := os.MkdirAll(vcs, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{
		fmt.Sprintf("%x.info", sha256.Sum256([]byte("git3:https://corp.example/team/x"))): "git3:https://corp.example/team/x",
		"00.info": "git3:https://evil.example/y",
	} {
		if err := os.WriteFile(filepath.Join(vcs, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for path, want := range map[string]string{"corp.example/team/x/v2": "https://corp.example/team/x", "corp.example/team/xy": "", "evil.example/y": ""} {
		if got, _ := cachedRepo(cache, path); got != want {
			t.Errorf("%s: %q", path, got)
		}
	}
	for path, want := range map[string]string{"corp.example/x.git/sub": "https://corp.example/x", "github.com/a/b/c": "https://github.com/a/b", "corp.example/x": "", "github.com/a": ""} {
		if got, _ := writtenRepo(path); got != want {
			t.Errorf("%s: %q", path, got)
		}
	}
	for address, ok := range map[string]bool{"https://corp.example/x": true, "ssh://git@corp.example/x": true, "http://corp.example/x": false, "-uhttps://x": false, "ext::sh -c x": false, "file:///x": false} {
		if (checkedScheme(address) == nil) != ok {
			t.Error(address)
		}
	}
}

// TestRepository asks the real git, through the user's own rules.
func TestRepository(t *testing.T) {
	dir := t.TempDir()
	bare := filepath.Join(dir, "repos", "team", "x.git")
	config := filepath.Join(dir, "gitconfig")
	rule := func(to string) {
		if err := os.WriteFile(config, []byte("[url \""+to+"\"]\n\tinsteadOf = https://corp.example/\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	vars := map[string]string{"HOME": dir, "PATH": os.Getenv("PATH"), "GIT_CONFIG_GLOBAL": config, "GIT_CONFIG_NOSYSTEM": "1"}
	rule("file://" + filepath.Join(dir, "repos") + "/")
	if out, err := exec.Command("git", "init", "-q", "--bare", bare).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	a := &asker{}
	ask := func(module string) facts.NetRepo {
		r := facts.NetRepo{Module: module}
		a.repository(t.Context(), probe.World{Dir: dir, Vars: vars}, dir, &r)
		return r
	}
	if r := ask("corp.example/team/x.git"); r.Err != "" || !strings.HasPrefix(r.To, "file://") {
		t.Errorf("%+v", r)
	}
	if r := ask("corp.example/team/none.git"); r.Err == "" || wantsLogin(&r) {
		t.Errorf("%+v", r)
	}
	rule("http://u:secret@" + strings.TrimPrefix(closed(t), "http://") + "/")
	if r := ask("corp.example/team/x.git"); r.Err == "" || r.Silent || strings.Contains(fmt.Sprint(r), "secret") {
		t.Errorf("%+v", r)
	}
	vars["PATH"] = dir
	if r := ask("corp.example/team/x.git"); r.Err != noGit {
		t.Errorf("%+v", r)
	}
}

// TestBeside: what is said of the checksum database, of repositories and of GOVCS.
func TestBeside(t *testing.T) {
	silent, lacks := ans(facts.NetSilent, 0), ans(facts.NetStatus, 404)
	for _, c := range []struct {
		name string
		net  facts.Network
		want []string
	}{
		{"nothing asked", facts.Network{}, nil},
		{"silent", facts.Network{SumDB: facts.NetSumDB{Lookups: []facts.NetLookup{{Err: "x", Asked: []facts.NetAnswer{silent}}}}}, []string{"sumdb-unreachable"}},
		{"does not know the module", facts.Network{SumDB: facts.NetSumDB{Lookups: []facts.NetLookup{{Err: "x", Asked: []facts.NetAnswer{lacks}}}}}, nil},
		{"no time", facts.Network{SumDB: facts.NetSumDB{Lookups: []facts.NetLookup{{Err: "x", Asked: []facts.NetAnswer{ans(facts.NetDeadline, 0)}}}}}, nil},
		{"another hash", facts.Network{SumDB: facts.NetSumDB{Lookups: []facts.NetLookup{{Differs: "m v1 h1:a ≠ h1:b"}}}}, []string{"gosum-differs-from-sumdb"}},
		{"lies", facts.Network{SumDB: facts.NetSumDB{Lookups: []facts.NetLookup{{Err: "x", Lies: "bad proof", Asked: []facts.NetAnswer{ans(facts.NetOK, 200)}}}}}, []string{"gosum-differs-from-sumdb"}},
		{"password", facts.Network{Repos: []facts.NetRepo{{Module: "corp.example/x", Err: "fatal: could not read Username for 'https://corp.example': terminal prompts disabled"}}}, []string{"repository-wants-credentials"}},
		{"key", facts.Network{Repos: []facts.NetRepo{{Module: "corp.example/x", Err: "git@corp.example: Permission denied (publickey)."}}}, []string{"repository-wants-credentials"}},
		{"VPN", facts.Network{Repos: []facts.NetRepo{{Module: "corp.example/x", Err: "fatal: unable to access: Could not resolve host"}}}, []string{"repository-unreachable"}},
		{"answers", facts.Network{Repos: []facts.NetRepo{{Module: "corp.example/x"}}}, nil},
		{"no git", facts.Network{Repos: []facts.NetRepo{{Module: "corp.example/x", Err: noGit}}}, nil},
		{"GOVCS", facts.Network{Routes: []facts.NetRoute{{Module: "corp.example/x", Direct: true, Allowed: "off"}}}, []string{"govcs-forbids-repository"}},
		{"GOVCS for hg", facts.Network{Routes: []facts.NetRoute{{Module: "corp.example/x", Direct: true, Allowed: "hg"}}}, nil},
		{"GOVCS, but a proxy has it", facts.Network{Routes: []facts.NetRoute{{Module: "corp.example/x", Learn: []string{"http://a.example"}, Allowed: "off"}}}, nil},
	} {
		s := &facts.Snapshot{Sections: map[facts.Section]facts.Status{}, Network: c.net}
		for _, sec := range reads {
			s.Sections[sec] = facts.Status{State: facts.OK}
		}
		if got := ids2(diag.Run(Checks(), s)); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

// TestClock: the time that the host itself gives over http tells a wrong clock here from a certificate that was not renewed.
func TestClock(t *testing.T) {
	now := time.Now()
	for _, c := range []struct {
		date time.Time
		want string
	}{{now, "tls-server-certificate-expired"}, {now.Add(-400 * 24 * time.Hour), "clock-wrong"}, {time.Time{}, "tls-server-certificate-expired"}} {
		s := &facts.Snapshot{Taken: now, Sections: map[facts.Section]facts.Status{}}
		for _, sec := range reads {
			s.Sections[sec] = facts.Status{State: facts.OK}
		}
		a := ans(facts.NetExpired, 0)
		s.Network.Asked, s.Network.Entries = []string{"example.com/x@v1.0.0"}, []facts.NetEntry{entry("https://a.example", false, a, a)}
		if !c.date.IsZero() {
			s.Network.Entries[0].Plain = &facts.NetAnswer{Date: c.date}
		}
		if got := ids2(diag.Run(Checks(), s)); !slices.Equal(got, []string{c.want}) {
			t.Errorf("%v: %v", c.date, got)
		}
	}
}
