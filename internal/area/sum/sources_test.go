package sum_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb"
	"golang.org/x/mod/sumdb/note"

	"github.com/gorescue/gorescue/internal/action"
)

// proxy serves the module cache of a place as a module proxy, with spoilt contents for some paths.
func (p *place) proxy(spoilt ...string) string {
	p.t.Helper()
	kept := p.t.TempDir()
	if err := os.CopyFS(kept, os.DirFS(filepath.Join(p.dir, "go/pkg/mod/cache/download"))); err != nil {
		p.t.Fatal(err)
	}
	files := http.FileServerFS(os.DirFS(kept))
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, path := range spoilt {
			if strings.HasSuffix(r.URL.Path, path) {
				data, err := os.ReadFile(filepath.Join(kept, "other.zip"))
				if err != nil {
					p.t.Error(err)
				}
				_, _ = w.Write(data) // a client that is gone is none of our business
				return
			}
		}
		files.ServeHTTP(w, r)
	}))
	p.t.Cleanup(s.Close)
	other := newBare(p.t)
	other.module("example.com/a", "v1.0.0", "package a // moved\n")
	data := other.read("go/pkg/mod/cache/download/example.com/a/@v/v1.0.0.zip")
	if err := os.WriteFile(filepath.Join(kept, "other.zip"), []byte(data), 0o644); err != nil {
		p.t.Fatal(err)
	}
	return s.URL
}

// newBare is a place with nothing but a cache.
func newBare(t *testing.T) *place { return &place{t: t, dir: t.TempDir(), sums: map[string]string{}} }

// forget takes a version out of the cache as a failed download leaves it.
func (p *place) forget(path, version string) {
	base := filepath.Join(p.dir, "go/pkg/mod/cache/download", path, "@v", version)
	for _, f := range []string{base + ".zip", base + ".ziphash", filepath.Join(p.dir, "go/pkg/mod", path+"@"+version)} {
		if err := os.RemoveAll(f); err != nil {
			p.t.Fatal(err)
		}
	}
}

// db serves a checksum database that knows the sums of a place.
func (p *place) db() (key, url string) {
	p.t.Helper()
	skey, vkey, err := note.GenerateKey(nil, "sum.example.test")
	if err != nil {
		p.t.Fatal(err)
	}
	srv := sumdb.NewTestServer(skey, func(path, vers string) ([]byte, error) {
		h, ok := p.sums[path+" "+vers]
		if !ok {
			return nil, os.ErrNotExist
		}
		return []byte(path + " " + vers + " " + h + "\n" + path + " " + vers + "/go.mod " + p.sums[path+" "+vers+"/go.mod"] + "\n"), nil
	})
	mux := http.NewServeMux()
	for _, path := range sumdb.ServerPaths {
		mux.Handle(path, sumdb.NewServer(srv))
	}
	s := httptest.NewServer(mux)
	p.t.Cleanup(s.Close)
	return vkey, s.URL
}

func (p *place) goenv(lines ...string) {
	delete(p.env, "GOPROXY")
	delete(p.env, "GOSUMDB")
	p.write(".config/go/env", strings.Join(lines, "\n")+"\n")
}

func TestSources(t *testing.T) {
	zip := "/example.com/a/@v/v1.0.0.zip"
	for _, tc := range []struct {
		name  string
		setup func(p *place)
		want  string // ID and risk of the first fix, "" = silence
		env   string // what the go env file holds behind the fix
	}{
		{"the proxy has what go.sum says", func(p *place) {
			p.commit()
			front := p.proxy()
			p.forget("example.com/a", "v1.0.0")
			p.goenv("GOPROXY="+front, "GOSUMDB=off")
		}, "", ""},
		{"the tag was moved, the team's other proxy has the old content", func(p *place) {
			p.commit()
			front, back := p.proxy(zip), p.proxy()
			p.forget("example.com/a", "v1.0.0")
			p.goenv("GOPROXY="+front, "GOSUMDB=off")
			p.write(".config/gorescue/policy.yaml", "proxies: ["+back+"]\n")
			p.env["back"] = back
		}, "gosum-mismatch-proxy-content-changed safe", "GOPROXY=$back,"},
		{"a Go release that could not be fetched is nobody's question", func(p *place) {
			p.commit()
			p.goenv("GOPROXY="+p.proxy(), "GOSUMDB=off")
			p.write("go/pkg/mod/cache/download/golang.org/toolchain/@v/v0.0.1-go1.26.8.linux-amd64.lock", "")
		}, "", ""},
		{"the tag was moved, nobody has the old content", func(p *place) {
			p.commit()
			front := p.proxy(zip)
			p.forget("example.com/a", "v1.0.0")
			p.goenv("GOPROXY="+front, "GOSUMDB=off")
		}, "gosum-mismatch-proxy-content-changed manual", ""},
		{"a wrong line that was committed, history and the proxy agree", func(p *place) {
			p.commit()
			front := p.proxy()
			p.forget("example.com/a", "v1.0.0")
			p.write("r/go.sum", strings.Replace(p.good(), p.sums["example.com/a v1.0.0"], zeroHash, 1))
			p.commit()
			p.goenv("GOPROXY="+front, "GOSUMDB=off")
		}, "gosum-wrong-hash-after-merge safe", ""},
		{"the checksum database decides against the committed line", func(p *place) {
			front := p.proxy()
			p.write("r/go.sum", strings.Replace(p.good(), p.sums["example.com/a v1.0.0"], zeroHash, 1))
			p.commit()
			key, url := p.db()
			p.goenv("GOPROXY="+front, "GOSUMDB="+key+" "+url)
		}, "gosum-wrong-hash-after-merge safe", ""},
		{"a program: the proxy and the database disagree", func(p *place) {
			p.commit()
			p.write("r/go.sum", "")
			p.write("r/go.mod", "module example.com/m\n\ngo 1.25\n")
			front, back := p.proxy(zip), p.proxy()
			p.forget("example.com/a", "v1.0.0")
			key, url := p.db()
			p.goenv("GOPROXY="+front, "GOSUMDB="+key+" "+url)
			p.write(".config/gorescue/policy.yaml", "proxies: ["+back+"]\n")
			p.env["back"] = back
		}, "sumdb-disagrees-with-proxy safe", "GOPROXY=$back,"},
		{"a private module is asked of the database", func(p *place) {
			p.commit()
			front := p.proxy()
			key, url := p.db()
			p.goenv("GOPROXY="+front, "GOSUMDB="+key+" "+url, "GONOPROXY=corp.test/team")
			p.write("go/pkg/mod/cache/download/corp.test/team/priv/@v/v1.0.0.info", `{"Version":"v1.0.0","Origin":{"VCS":"git","URL":"https://corp.test/team/priv"}}`)
		}, "gonoproxy-without-gonosumdb safe", "GONOSUMDB=corp.test/team"},
		{"a private module that was fetched whole is asked of the database", func(p *place) {
			p.commit()
			front := p.proxy()
			key, url := p.db()
			p.goenv("GOPROXY="+front, "GOSUMDB="+key+" "+url, "GONOPROXY=corp.test/team")
			base := "go/pkg/mod/cache/download/corp.test/team/priv/@v/v1.0.0"
			p.write(base+".info", `{"Version":"v1.0.0","Origin":{"VCS":"git","URL":"https://corp.test/team/priv"}}`)
			p.write(base+".mod", "module corp.test/team/priv\n")
		}, "gonoproxy-without-gonosumdb safe", "GONOSUMDB=corp.test/team"},
		{"a public module that is fetched directly on purpose", func(p *place) {
			front := p.proxy()
			key, url := p.db()
			p.goenv("GOPROXY="+front, "GOSUMDB="+key+" "+url, "GONOPROXY=example.com/q")
			p.sums["example.com/q v1.0.0"], p.sums["example.com/q v1.0.0/go.mod"] = zeroHash, zeroHash
			p.write("go/pkg/mod/cache/download/example.com/q/@v/v1.0.0.info", `{"Version":"v1.0.0","Origin":{"VCS":"git","URL":"https://example.com/q"}}`)
		}, "", ""},
		{"missing lines: the checksum database vouches", func(p *place) {
			front := p.proxy()
			l := strings.SplitAfter(p.good(), "\n")
			p.write("r/go.sum", l[2]+l[3])
			key, url := p.db()
			p.goenv("GOPROXY="+front, "GOSUMDB="+key+" "+url)
			p.env["said"] = "main.go:4:2: missing go.sum entry for module providing package example.com/a; to add:\n\tgo get example.com/m"
		}, "gosum-entry-missing safe", ""},
		{"the wrong key of the team's database", func(p *place) {
			key, url := p.db()
			_, other, err := note.GenerateKey(nil, "sum.example.test")
			if err != nil {
				p.t.Fatal(err)
			}
			p.goenv("GOPROXY=off", "GOSUMDB="+other+" "+url)
			p.write(".config/gorescue/policy.yaml", "sumdb: "+key+"\n")
			p.env["back"] = key + " " + url
		}, "sumdb-wrong-key safe", "GOSUMDB=$back"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := newPlace(t)
			tc.setup(p)
			report := p.diagnose()
			got := ""
			if len(report.Findings) > 0 {
				f := report.Findings[0]
				got = f.Check
				if f.Unknown {
					got += " unknown " + f.Claim.String()
				} else if len(f.Fixes) > 0 {
					got += " " + string(f.Fixes[0].Risk)
				}
			}
			if got != tc.want {
				t.Fatalf("%q, want %q\n%+v\n%+v\n%+v", got, tc.want, report.Findings, report.Snapshot.Sums, report.Snapshot.SumSources)
			}
			if n := report.Snapshot.SumSources.Asked; strings.Contains(tc.name, "nobody's question") && n != 0 {
				t.Errorf("%d question(s) were asked", n)
			}
			if got == "" || strings.HasSuffix(got, "manual") {
				return
			}
			for _, a := range report.Findings[0].Fixes[0].Actions {
				if err := a.Apply(t.Context(), action.Real{Change: "t"}); err != nil {
					t.Fatal(err)
				}
			}
			if want := strings.ReplaceAll(tc.env, "$back", p.env["back"]); !strings.Contains(p.read(".config/go/env"), want) {
				t.Errorf("the go env file is\n%s, want %s", p.read(".config/go/env"), want)
			}
			delete(p.env, "said")
			if after := p.diagnose().Find(report.Findings[0].Key()); after != nil {
				t.Errorf("still there after the fix: %s", after.Claim)
			}
		})
	}
}
