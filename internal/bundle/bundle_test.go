package bundle

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/gorescue/gorescue/internal/blackbox"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/redact"
)

func sample(home string) *blackbox.Sample {
	return &blackbox.Sample{At: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), Up: 100, Boot: home, Every: 5,
		Go:       blackbox.Tree{Path: home + "/sdk/bin/go", Release: "go1.26.8"},
		Settings: map[string]string{"GOFLAGS": "", "GOROOT": home + "/sdk", "GOPATH": home + "/go", "GOMODCACHE": home + "/go/pkg/mod"},
		Files:    map[string]blackbox.File{home + "/src/p/go.mod": {Role: blackbox.RoleModule, Sum: "1", Size: 9, Text: "go 1.25\n"}},
		Editors:  map[string]blackbox.Editor{"Code": {Gopls: home + "/go/bin/gopls", Release: "v0.24.0", Values: map[string]string{"go.buildTags": `"a"`}}},
		Gopls:    map[string]blackbox.Gopls{"7": {Start: 1, CPU: 5, RSS: 300 << 20}},
		Places:   map[string]blackbox.Place{"GOCACHE": {Free: 90 << 30, Total: 100 << 30}},
		System:   blackbox.System{Load: 1, CPUs: 4, MemTotal: 16 << 30, MemFree: 9 << 30},
		Dirs:     map[string]string{"$HOME": home, "$PROJECT": home + "/src/p", "$GOROOT": home + "/sdk", "$GOPATH": home + "/go", "$GOMODCACHE": home + "/go/pkg/mod"},
	}
}

// TestDiff: equal but for their place; then each kind of difference in the order of what it can explain.
func TestDiff(t *testing.T) {
	a, b := sample("/home/a"), sample("/Users/bee")
	b.System.Load, b.Gopls["7"] = 9, blackbox.Gopls{Start: 1, CPU: 900, RSS: 310 << 20}
	if d := Diff(Side{Sample: a}, Side{Sample: b}); len(d) != 0 {
		t.Errorf("only elsewhere: %+v", d)
	}
	b = sample("/home/a")
	b.Gopls["7"] = blackbox.Gopls{Start: 1, CPU: 900, RSS: 3 << 30}
	b.Places["GOCACHE"] = blackbox.Place{Free: 100 << 20, Total: 100 << 30}
	b.Editors["Code"] = blackbox.Editor{Gopls: "/home/a/go/bin/gopls", Release: "v0.20.0", Values: map[string]string{"go.buildTags": `"b"`}}
	b.Settings["GOFLAGS"], b.Settings["GOGC"] = "-mod=mod", "50"
	b.Files["/home/a/src/p/go.mod"] = blackbox.File{Role: blackbox.RoleModule, Sum: "2", Size: 9, Text: "go 1.26\n"}
	b.Go.Release = "go1.25.0"
	var got []string
	diff := Diff(Side{Sample: a}, Side{Sample: b})
	for _, d := range diff {
		got = append(got, d.Key)
	}
	if s := strings.Join(got, ", "); s != "go, $PROJECT/go.mod, GOFLAGS, Code gopls, Code: go.buildTags, GOCACHE, GOGC, 7" {
		t.Error(s)
	}
	if len(diff) > 1 && (!strings.Contains(diff[1].Lines, "-go 1.25\n+go 1.26\n") || diff[1].What.Zh == "") {
		t.Errorf("%+v", diff[1])
	}
}

// TestRoundTrip: what is made can be read, with its samples.
func TestRoundTrip(t *testing.T) {
	r := redact.New(map[string]string{"HOME": "/home/a"})
	s := &facts.Snapshot{Schema: facts.Schema, Dir: "/home/a/src/p", Sections: map[facts.Section]facts.Status{facts.SecHost: {State: facts.OK}}}
	second := sample("/home/a")
	second.Up, second.Gopls = 105, map[string]blackbox.Gopls{}
	b, err := Make(r, s, []*blackbox.Sample{sample("/home/a"), second}, nil)
	if err != nil {
		t.Fatal(err)
	}
	data, err := b.Encode(r)
	if err != nil {
		t.Fatal(err)
	}
	back, err := Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	list, err := back.Ring.Samples()
	if err != nil || len(list) != 2 || list[1].Up != 105 || len(list[1].Gopls) != 0 || len(list[0].Gopls) != 1 || back.Facts.Dir != "/home/user/src/p" {
		t.Errorf("%v %+v %+v", err, list, back.Facts)
	}
	if back.Sample().Dirs["$HOME"] != "/home/user" || list[0].Files["/home/user/src/p/go.mod"].Text != "go 1.25\n" {
		t.Errorf("%+v", back.Sample())
	}
	bare, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	if back, err = Decode(bare); err != nil || back.Facts.Dir != s.Dir || back.Sample() != nil {
		t.Errorf("facts alone: %v", err)
	}
}

// FuzzDecode: whatever a document holds, reading ends in an error or in facts that can be compared.
func FuzzDecode(f *testing.F) {
	r := redact.New(map[string]string{"HOME": "/home/a"})
	b, err := Make(r, &facts.Snapshot{Sections: map[facts.Section]facts.Status{}}, []*blackbox.Sample{sample("/home/a"), sample("/home/b")}, nil)
	if err != nil {
		f.Fatal(err)
	}
	data, err := b.Encode(r)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte(`{"kind":"gorescue snapshot","schema":1,"facts":{"sections":{}},"ring":{"first":{"files":{"a":null}},"patches":[null,{"gopls":{"1":{"cpu":-1}}}]}}`))
	f.Add([]byte(`{"sections":{},"schema":1}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		b, err := Decode(data)
		if err != nil {
			return
		}
		s := Side{Sample: b.Sample(), Facts: b.Facts}
		if d := Diff(s, s); len(d) != 0 {
			t.Errorf("differs from itself: %+v", d)
		}
	})
}
