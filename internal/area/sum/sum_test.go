package sum_test

import (
	"archive/zip"
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/dirhash"

	"github.com/gorescue/gorescue/internal/action"
	"github.com/gorescue/gorescue/internal/area/cache"
	"github.com/gorescue/gorescue/internal/area/host"
	"github.com/gorescue/gorescue/internal/area/policy"
	"github.com/gorescue/gorescue/internal/area/sum"
	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/probe"
)

// place is a home folder with a project in a git repository and a module cache that is filled by hand in the form
// which the go command gives it.
type place struct {
	t    *testing.T
	dir  string
	env  map[string]string
	sums map[string]string // "module version" → hash
}

// modules are what the project asks for: path, version, text of its only source file.
func newPlace(t *testing.T) *place {
	t.Helper()
	p := &place{t: t, dir: t.TempDir(), sums: map[string]string{}}
	p.env = map[string]string{"HOME": p.dir, "PATH": os.Getenv("PATH"), "SHELL": "/bin/bash", "GIT_CONFIG_NOSYSTEM": "1", "GIT_CEILING_DIRECTORIES": p.dir, "GOPROXY": "off", "GOSUMDB": "off"}
	p.module("example.com/a", "v1.0.0", "package a\n")
	p.module("example.com/b", "v1.2.0", "package b\n")
	p.write("r/go.mod", "module example.com/m\n\ngo 1.25\n\nrequire (\n\texample.com/a v1.0.0\n\texample.com/b v1.2.0\n)\n")
	p.write("r/main.go", "package main\n\nimport (\n\t_ \"example.com/a\"\n\t_ \"example.com/b\"\n)\n\nfunc main() {}\n")
	p.write("r/go.sum", p.good())
	return p
}

func (p *place) write(name, data string) {
	p.t.Helper()
	path := filepath.Join(p.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(data), 0o644); err != nil {
		p.t.Fatal(err)
	}
}

func (p *place) read(name string) string {
	p.t.Helper()
	data, err := os.ReadFile(filepath.Join(p.dir, name))
	if err != nil {
		p.t.Fatal(err)
	}
	return string(data)
}

// module puts a module into the cache.
func (p *place) module(path, version, src string) {
	p.t.Helper()
	mod := "module " + path + "\n\ngo 1.21\n"
	files := map[string]string{"go.mod": mod, "x.go": src}
	var buf bytes.Buffer
	z := zip.NewWriter(&buf)
	var names []string
	for _, name := range []string{"go.mod", "x.go"} {
		full := path + "@" + version + "/" + name
		w, err := z.Create(full)
		if err == nil {
			_, err = io.WriteString(w, files[name])
		}
		if err != nil {
			p.t.Fatal(err)
		}
		names = append(names, full)
		p.write("go/pkg/mod/"+full, files[name])
	}
	if err := z.Close(); err != nil {
		p.t.Fatal(err)
	}
	hash := func(names []string) string {
		h, err := dirhash.Hash1(names, func(name string) (io.ReadCloser, error) {
			return io.NopCloser(strings.NewReader(files[filepath.Base(name)])), nil
		})
		if err != nil {
			p.t.Fatal(err)
		}
		return h
	}
	p.sums[path+" "+version], p.sums[path+" "+version+"/go.mod"] = hash(names), hash([]string{"go.mod"})
	base := "go/pkg/mod/cache/download/" + path + "/@v/" + version
	p.write(base+".zip", buf.String())
	p.write(base+".ziphash", hash(names))
	p.write(base+".mod", mod)
	p.write(base+".info", `{"Version":"`+version+`"}`)
	p.write(base+".lock", "")
}

// good is the right go.sum.
func (p *place) good() string {
	var lines []string
	for k, h := range p.sums {
		lines = append(lines, k+" "+h+"\n")
	}
	slices.Sort(lines)
	return strings.Join(lines, "")
}

func (p *place) git(args ...string) {
	p.t.Helper()
	cmd := exec.Command("git", append([]string{"-C", filepath.Join(p.dir, "r"), "-c", "user.name=a", "-c", "user.email=a@example.com"}, args...)...)
	cmd.Env = []string{"HOME=" + p.dir, "PATH=" + os.Getenv("PATH"), "GIT_CONFIG_NOSYSTEM=1"}
	if out, err := cmd.CombinedOutput(); err != nil {
		p.t.Fatalf("git %v: %v\n%s", args, err, out)
	}
}

func (p *place) commit() {
	if _, err := os.Stat(filepath.Join(p.dir, "r", ".git")); err != nil {
		p.git("init", "-q")
	}
	p.git("add", "-A")
	p.git("commit", "-q", "-m", "x")
}

func (p *place) diagnose() *diag.Report {
	p.t.Helper()
	w := probe.World{Dir: filepath.Join(p.dir, "r"), Vars: p.env, State: filepath.Join(p.dir, "state")}
	s := probe.Collect(p.t.Context(), w, slices.Concat(host.Probes(), cache.Probes(), policy.Probes(), sum.Probes()), time.Minute)
	s.Sections[facts.SecBuild] = facts.Status{State: facts.OK}
	if p.env["said"] != "" {
		s.Build = facts.Build{Outcome: facts.BuildFailed, Errors: []facts.BuildError{{Text: p.env["said"], Class: facts.ClassModule}}}
	}
	return diag.Run(sum.Checks(), s)
}

const zeroHash = "h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="

func TestFindings(t *testing.T) {
	for _, tc := range []struct {
		name  string
		setup func(p *place)
		want  string // ID and risk of the first fix, "" = silence
		after string // go.sum behind the fix, "" = the right one
	}{
		{"healthy", func(p *place) { p.commit() }, "", ""},
		{"healthy without git", func(p *place) {}, "", ""},
		{"extra lines of versions that nothing uses", func(p *place) {
			p.write("r/go.sum", "example.com/old v0.1.0 "+zeroHash+"\n"+p.good()+"example.com/z v0.1.0/go.mod h2:later\n")
			p.commit()
		}, "", ""},
		{"ends of lines of Windows", func(p *place) { p.write("r/go.sum", strings.ReplaceAll(p.good(), "\n", "\r\n")); p.commit() }, "", ""},
		{"no go.sum and nothing asked of it", func(p *place) {
			p.write("r/go.mod", "module example.com/m\n\ngo 1.25\n")
			os.Remove(filepath.Join(p.dir, "r/go.sum"))
		}, "", ""},
		{"cut in a line", func(p *place) { p.commit(); p.write("r/go.sum", p.good()[:len(p.good())-60]) }, "gosum-line-truncated safe", ""},
		{"cut in a line, older commit", func(p *place) {
			p.commit()
			p.write("r/go.sum", p.good()[:len(p.good())-60])
			p.commit()
		}, "gosum-line-truncated safe", ""},
		{"cut in a line, nobody knows the rest", func(p *place) { p.write("r/go.sum", p.good()+"example.com/c v1") }, "gosum-line-truncated person", ""},
		{"cut inside a hash", func(p *place) { p.commit(); p.write("r/go.sum", p.good()[:len(p.good())-20]) }, "gosum-wrong-hash-after-merge safe", "*"}, // without the end of its line
		{"two lines joined", func(p *place) { p.write("r/go.sum", strings.Replace(p.good(), "\n", "", 1)) }, "gosum-malformed-line safe", ""},
		{"a remark", func(p *place) { p.commit(); p.write("r/go.sum", "# keep this file\n"+p.good()) }, "gosum-malformed-line person", ""},
		{"zero bytes for the second half", func(p *place) {
			p.commit()
			g := p.good()
			p.write("r/go.sum", g[:len(g)/2]+strings.Repeat("\x00", len(g)-len(g)/2))
		}, "gosum-zero-filled safe", ""},
		{"nothing but zero bytes", func(p *place) { p.commit(); p.write("r/go.sum", strings.Repeat("\x00", 300)) }, "gosum-zero-filled safe", ""},
		{"byte order mark", func(p *place) { p.write("r/go.sum", "\xef\xbb\xbf"+p.good()) }, "gosum-wrong-encoding safe", ""},
		{"markers", func(p *place) {
			l := strings.SplitAfter(p.good(), "\n")
			p.write("r/go.sum", l[0]+"<<<<<<< HEAD\n"+l[1]+"=======\n"+l[2]+">>>>>>> b\n"+l[3])
		}, "gosum-merge-conflict safe", ""},
		{"markers around two hashes, the cache decides", func(p *place) {
			l := strings.SplitAfter(p.good(), "\n")
			p.write("r/go.sum", "<<<<<<< HEAD\nexample.com/a v1.0.0 "+zeroHash+"\n||||||| base\nx\n=======\n"+l[0]+">>>>>>> b\n"+l[1]+l[2]+l[3])
		}, "gosum-merge-conflict safe", ""},
		{"markers around two hashes, nobody decides", func(p *place) {
			p.write("r/go.sum", "<<<<<<< HEAD\nexample.com/c v1.0.0 "+zeroHash+"\n=======\nexample.com/c v1.0.0 "+p.sums["example.com/a v1.0.0"]+"\n>>>>>>> b\n"+p.good())
		}, "gosum-merge-conflict person", "*"},
		{"wrong hash, not committed", func(p *place) {
			p.commit()
			p.write("r/go.sum", strings.Replace(p.good(), p.sums["example.com/a v1.0.0"], zeroHash, 1))
		}, "gosum-wrong-hash-after-merge safe", ""},
		{"wrong hash of a go.mod file, not committed", func(p *place) {
			p.commit()
			p.write("r/go.sum", strings.Replace(p.good(), p.sums["example.com/a v1.0.0/go.mod"], zeroHash, 1))
		}, "gosum-wrong-hash-after-merge safe", ""},
		{"the hash of another module, nothing in the cache", func(p *place) {
			p.commit()
			os.RemoveAll(filepath.Join(p.dir, "go"))
			p.write("r/go.sum", strings.Replace(p.good(), p.sums["example.com/a v1.0.0"], p.sums["example.com/b v1.2.0"], 1))
		}, "gosum-wrong-hash-after-merge safe", ""},
		{"another hash, nothing in the cache", func(p *place) {
			p.commit()
			os.RemoveAll(filepath.Join(p.dir, "go"))
			p.write("r/go.sum", strings.Replace(p.good(), p.sums["example.com/a v1.0.0"], zeroHash, 1))
		}, "gosum-wrong-hash-after-merge person", ""},
		{"two hashes for one version, the wrong one first", func(p *place) {
			p.commit()
			p.write("r/go.sum", "example.com/a v1.0.0 "+zeroHash+"\n"+p.good())
		}, "gosum-wrong-hash-after-merge safe", ""},
		{"a new content was accepted on purpose", func(p *place) {
			p.write("r/go.sum", strings.Replace(p.good(), p.sums["example.com/a v1.0.0"], zeroHash, 1))
			p.commit()
			p.write("r/go.sum", p.good())
			p.commit()
		}, "", ""},
		{"the cache has another content", func(p *place) {
			p.commit()
			old := p.good()
			p.module("example.com/a", "v1.0.0", "package a // other\n")
			p.write("r/go.sum", old)
		}, "modcache-content-not-of-gosum person", "*"},
		{"lines are missing, git has them", func(p *place) {
			p.commit()
			l := strings.SplitAfter(p.good(), "\n")
			p.write("r/go.sum", l[2]+l[3])
			p.env["said"] = "main.go:4:2: missing go.sum entry for module providing package example.com/a; to add:\n\tgo get example.com/m"
		}, "gosum-entry-missing safe", "*"},
		{"lines are missing, an old commit has them", func(p *place) {
			p.commit()
			l := strings.SplitAfter(p.good(), "\n")
			p.write("r/go.sum", l[2]+l[3])
			p.commit()
			p.env["said"] = "main.go:4:2: missing go.sum entry for module providing package example.com/a; to add:\n\tgo get example.com/m"
		}, "gosum-entry-missing safe", "*"},
		{"the file is gone", func(p *place) {
			p.commit()
			os.Remove(filepath.Join(p.dir, "r/go.sum"))
			p.env["said"] = "main.go:4:2: missing go.sum entry for module providing package example.com/a; to add:\n\tgo get example.com/m"
		}, "gosum-entry-missing safe", "*"},
		{"lines are missing, nobody vouches", func(p *place) {
			l := strings.SplitAfter(p.good(), "\n")
			p.write("r/go.sum", l[2]+l[3])
			p.env["said"] = "main.go:4:2: missing go.sum entry for module providing package example.com/a; to add:\n\tgo get example.com/m"
		}, "gosum-entry-missing person", "*"},
		{"lines are missing, the user's go adds them", func(p *place) {
			p.env["GOFLAGS"] = "-mod=mod"
			l := strings.SplitAfter(p.good(), "\n")
			p.write("r/go.sum", l[2]+l[3])
			p.env["said"] = "main.go:4:2: missing go.sum entry for module providing package example.com/a"
		}, "", ""},
		{"another key of the team's database", func(p *place) {
			p.env["GOSUMDB"] = "sum.example.test+c2cd85de+AQrdfRhY6m0h8QOJRH/FGX/ICgqb/SdCocpEK6QEQVix"
			p.write(".config/gorescue/policy.yaml", "sumdb: sum.example.test+d4c5cc61+AQrdfRhY6m0h8QOJRH/FGX/ICgqb/SdCocpEK6QEQVix\n")
		}, "", ""}, // not well-formed: the check of the setting says so
		{"a folder in its place", func(p *place) {
			os.Remove(filepath.Join(p.dir, "r/go.sum"))
			p.write("r/go.sum/x", "")
		}, "gosum-unreadable manual", ""},
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
				t.Fatalf("%q, want %q\n%+v\n%+v", got, tc.want, report.Findings, report.Snapshot.Sums)
			}
			if got == "" || strings.HasSuffix(got, "manual") {
				return
			}
			for _, a := range report.Findings[0].Fixes[0].Actions {
				if err := a.Apply(t.Context(), action.Real{Change: "t"}); err != nil {
					t.Fatal(err)
				}
			}
			if tc.after == "" && p.read("r/go.sum") != p.good() {
				t.Errorf("go.sum is\n%s\nwant\n%s", p.read("r/go.sum"), p.good())
			}
			delete(p.env, "said")
			if after := p.diagnose().Find(report.Findings[0].Key()); after != nil {
				t.Errorf("still there after the fix: %s", after.Claim)
			}
		})
	}
}
