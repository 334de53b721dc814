package verify_test

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gorescue/gorescue/internal/verify"
)

// TestFingerprint names the entry that was poisoned since yesterday, the side, and the file.
func TestFingerprint(t *testing.T) {
	b := newBench(t)
	a, c := filepath.Join(b.root, "a.json"), filepath.Join(b.root, "b.json")
	b.want(0, offline, "modcache", "fingerprint", "--all", "-o", a)
	b.want(0, nil, "modcache", "fingerprint", "--compare", a, a)
	consistent(b, greet, v120)
	b.set(b.at("example.com/text", "v1.0.0", "mod"), "module example.com/text\n")
	b.remove(b.at("example.com/fork", "v1.0.0", ""))
	b.want(0, offline, "modcache", "fingerprint", "--all", "-o", c)
	out := b.want(3, nil, "modcache", "fingerprint", "--json", "--compare", a, c)
	var d verify.Comparison
	if err := json.Unmarshal([]byte(out), &d); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if len(d.Differ) != 2 || d.Same != 1 {
		t.Fatalf("%+v", d)
	}
	if x := d.Differ[0]; x.Module != greet+"@"+v120 || x.Polluted != "b" || strings.Join(x.Parts, " ") != "zip dir" || len(x.Files) != 2 || x.Files[0].Name != "greet.go" || x.Files[1].What != "missing" {
		t.Errorf("%+v", x)
	}
	if x := d.Differ[1]; x.Module != "example.com/text@v1.0.0" || strings.Join(x.Parts, " ") != "mod" {
		t.Errorf("%+v", x)
	}
	if out := b.want(3, nil, "modcache", "fingerprint", "--compare", a, c); !strings.Contains(out, "greet.go") || !strings.Contains(out, c) {
		t.Errorf("%s", out)
	}
	b.write("x.json", "{}")
	for _, args := range [][]string{{a}, {a, c, c}, {a, filepath.Join(b.root, "none")}, {a, filepath.Join(b.root, "x.json")}} {
		if out, code := b.gorescue(nil, append([]string{"modcache", "fingerprint", "--compare"}, args...)...); code != 1 && code != 2 {
			t.Errorf("%v: exit %d\n%s", args, code, out)
		}
	}
}

func FuzzReadFingerprint(f *testing.F) {
	f.Add(`{"schema":1,"kind":"modcache-fingerprint","modules":[{"module":"a@v1","zip":"h1:x","files":{"a":"b"}}]}`)
	f.Fuzz(func(t *testing.T, doc string) {
		a, err := verify.ReadFingerprint(strings.NewReader(doc))
		if err == nil {
			if c := verify.Compare(a, a); len(c.Differ) > 0 {
				t.Errorf("%+v differs from itself", c)
			}
		}
	})
}
