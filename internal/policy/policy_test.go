package policy_test

import (
	"strings"
	"testing"

	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/policy"
)

const good = `toolchain: ">=1.25 <1.28"
proxies: [https://goproxy.corp.example]
private: ["corp.example/*"]
moved: {example.com/old: example.com/new}
expect:
  - env.GOFLAGS == ''
  - os in ["linux", "darwin"]
`

func TestAdd(t *testing.T) {
	var p facts.Policy
	policy.Add(&p, "user.yaml", false, []byte(good))
	policy.Add(&p, "gorescue.yaml", true, []byte("proxies: [https://evil.example]\ntoolchain: go1.20\nexpect: [\"env.GOWORK == ''\"]\n"))
	if len(p.Files) != 2 || p.Files[0].Err != "" || p.Files[1].Err != "" {
		t.Fatalf("%+v", p.Files)
	}
	if p.Toolchain != ">=1.25 <1.28" || len(p.Proxies) != 1 || strings.Join(p.Files[1].Ignored, ",") != "proxies" {
		t.Errorf("the repository's file got its way: %+v", p)
	}
	if len(p.Expect) != 3 || p.Expect[1].Line != 7 || p.Expect[2].File != "gorescue.yaml" {
		t.Errorf("expectations: %+v", p.Expect)
	}
	s := &facts.Snapshot{Host: facts.Host{OS: "linux"}, Settings: facts.Settings{Values: map[string]facts.Setting{"GOFLAGS": {Value: "-mod=mod"}}}}
	for i, want := range []bool{false, true, true} {
		if got, err := policy.Holds(p.Expect[i], s); err != nil || got != want {
			t.Errorf("%s: %v, %v", p.Expect[i].Text, got, err)
		}
	}
}

func TestBadDocuments(t *testing.T) {
	for doc, want := range map[string]string{
		"toolchian: go1.26":                                    "toolchian",
		"toolchain: new":                                       "line 1: not a Go version",
		"toolchain: go1.26\ntoolchain: go1.25":                 "toolchain",
		"proxies:\n  - https://a.example\n  - ftp://b.example": "line 3: not a proxy address",
		"private: [\"*\"]":                                     "not one module path",
		"expect:\n- env.GOFLAGS == 3":                          "line 2: the condition",
		"expect: ['nosuch == 1']":                              "does not compile",
		"expect: ['all(1..9, any(1..9, # > 3))']":              "2 loops",
		"ca_files: [ca.pem]":                                   "not an absolute path",
		"moved: {'a b': c}":                                    "not module paths",
		"- a":                                                  "",
		"a: &a [*a]":                                           "",
		"\x00\xff":                                             "",
	} {
		var p facts.Policy
		policy.Add(&p, "f", false, []byte(doc))
		if len(p.Files) != 1 || p.Files[0].Err == "" || !strings.Contains(p.Files[0].Err, want) {
			t.Errorf("%q: %+v", doc, p.Files)
		}
		if p.Toolchain != "" || p.Expect != nil {
			t.Errorf("%q: used in part", doc)
		}
	}
}

func TestAllows(t *testing.T) {
	for _, tc := range []struct {
		wish, have string
		want       bool
	}{
		{"go1.26.8", "go1.26.8", true}, {"go1.26.8", "go1.26.7", false}, {"1.26", "go1.26.3", true}, {"1.26", "go1.25.3", false},
		{">=1.25 <1.28", "go1.27.4", true}, {">=1.25 <1.28", "go1.28.0", false}, {">=1.25 <1.28", "go1.28rc1", false}, {">1.25.0", "go1.25.0", false},
	} {
		if got, err := policy.Allows(tc.wish, tc.have); err != nil || got != tc.want {
			t.Errorf("%s allows %s: %v, %v", tc.wish, tc.have, got, err)
		}
	}
}

func FuzzAdd(f *testing.F) {
	f.Add([]byte(good))
	f.Add([]byte("expect: ['all(1..9, # > 3)']"))
	f.Fuzz(func(t *testing.T, data []byte) {
		var p facts.Policy
		policy.Add(&p, "f", true, data)
		if len(p.Files) != 1 || p.Proxies != nil || p.CAFiles != nil || p.SumDB != "" {
			t.Errorf("%+v", p)
		}
	})
}
