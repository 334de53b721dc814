package vendor_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/gorescue/gorescue/internal/action"
	"github.com/gorescue/gorescue/internal/area/host"
	"github.com/gorescue/gorescue/internal/area/vendor"
	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/probe"
)

// place is a home folder with a vendored project in a git repository.
type place struct {
	t   *testing.T
	dir string
	env map[string]string
}

const project = `
-- r/go.mod --
module example.com/m

go 1.25

require (
	example.com/a v1.0.0
	example.com/b v1.2.0
)

replace example.com/b => ../b
-- r/main.go --
package main

import _ "example.com/a"

func main() {}
-- r/vendor/modules.txt --
# example.com/a v1.0.0
## explicit; go 1.21
example.com/a
example.com/a/in
# example.com/b v1.2.0 => ../b
## explicit; go 1.21
# example.com/b => ../b
-- r/vendor/example.com/a/a.go --
package a
-- r/vendor/example.com/a/in/in.go --
package in
`

func newPlace(t *testing.T) *place {
	t.Helper()
	p := &place{t: t, dir: t.TempDir()}
	p.env = map[string]string{"HOME": p.dir, "PATH": os.Getenv("PATH"), "GIT_CONFIG_NOSYSTEM": "1", "GIT_CEILING_DIRECTORIES": p.dir, "GOPROXY": "off", "GOFLAGS": ""}
	p.write(project)
	p.git("init", "-q")
	p.commit()
	return p
}

func (p *place) write(archive string) {
	p.t.Helper()
	for _, f := range txtar.Parse([]byte(archive)).Files {
		path := filepath.Join(p.dir, f.Name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			p.t.Fatal(err)
		}
		if err := os.WriteFile(path, f.Data, 0o644); err != nil {
			p.t.Fatal(err)
		}
	}
}

func (p *place) edit(name, old, new string) {
	p.t.Helper()
	path := filepath.Join(p.dir, name)
	data, err := os.ReadFile(path)
	if err != nil || !strings.Contains(string(data), old) {
		p.t.Fatalf("%s has no %q (%v)", name, old, err)
	}
	if err := os.WriteFile(path, []byte(strings.ReplaceAll(string(data), old, new)), 0o644); err != nil {
		p.t.Fatal(err)
	}
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
	p.git("add", "-A")
	p.git("commit", "-q", "-m", "x")
}

func (p *place) diagnose() *diag.Report {
	p.t.Helper()
	w := probe.World{Dir: filepath.Join(p.dir, "r"), Vars: p.env, State: filepath.Join(p.dir, "state")}
	return diag.Run(vendor.Checks(), probe.Collect(p.t.Context(), w, slices.Concat(host.Probes(), vendor.Probes()), time.Minute))
}

// goSays is what the go command says of the folder: "" = it is content.
func (p *place) goSays() string {
	cmd := exec.Command("go", "list", "-deps", "./...")
	cmd.Dir = filepath.Join(p.dir, "r")
	cmd.Env = []string{"HOME=" + p.dir, "PATH=" + os.Getenv("PATH"), "GOPROXY=off", "GOTOOLCHAIN=local", "GOCACHE=" + filepath.Join(p.dir, "gocache"), "GOTELEMETRY=off", "GOFLAGS=" + p.env["GOFLAGS"], "TEST_TELEMETRY_DIR=" + os.DevNull}
	out, err := cmd.CombinedOutput()
	if err == nil {
		return ""
	}
	return string(out)
}

func TestFindings(t *testing.T) {
	list := "r/vendor/modules.txt"
	for _, tc := range []struct {
		name  string
		setup func(p *place)
		want  string // ID and risk of the first fix, "" = silence
		says  string // what the go command says then, "" = it is content
	}{
		{"healthy", func(p *place) {}, "", ""},
		{"ends of lines of Windows", func(p *place) { p.edit(list, "\n", "\r\n") }, "", ""},
		{"not used: -mod=readonly", func(p *place) { p.env["GOFLAGS"] = "-mod=readonly"; p.edit(list, "## explicit", "##") }, "", ""},
		{"not used: go line below 1.14", func(p *place) { p.edit("r/go.mod", "go 1.25", "go 1.13"); p.edit(list, "## explicit", "##") }, "", "missing go.sum entry"},
		{"explicit mark lost", func(p *place) { p.edit(list, "## explicit; go 1.21\nexample.com/a\n", "## go 1.21\nexample.com/a\n") }, "vendor-modules-txt-edited safe", "not marked as explicit"},
		{"list deleted", func(p *place) { os.Remove(filepath.Join(p.dir, list)) }, "vendor-modules-txt-edited safe", "not marked as explicit"},
		{"list of zero bytes", func(p *place) { p.write("-- " + list + " --\n\x00\x00\x00\n") }, "vendor-modules-txt-edited safe", "not marked as explicit"},
		{"markers", func(p *place) {
			p.edit(list, "# example.com/b", "<<<<<<< HEAD\n# example.com/b v1.1.0\n=======\n# example.com/b")
			p.edit(list, "../b\n", "../b\n>>>>>>> x\n")
		}, "vendor-modules-txt-merge-conflict person", ""},
		{"go.mod raised", func(p *place) { p.edit("r/go.mod", "a v1.0.0", "a v1.1.0") }, "vendor-inconsistent-gomod-bumped manual", "is explicitly required in go.mod"},
		{"go.mod raised and committed", func(p *place) { p.edit("r/go.mod", "a v1.0.0", "a v1.1.0"); p.commit() }, "vendor-inconsistent-gomod-bumped manual", "is explicitly required in go.mod"},
		{"replace line dropped", func(p *place) { p.edit("r/go.mod", "replace example.com/b => ../b\n", ""); p.commit() }, "vendor-inconsistent-gomod-bumped manual", "is marked as replaced"},
		{"replace line to elsewhere", func(p *place) { p.edit("r/go.mod", "=> ../b", "=> ../c"); p.commit() }, "vendor-inconsistent-gomod-bumped manual", "is replaced by"},
		{"package removed", func(p *place) { os.RemoveAll(filepath.Join(p.dir, "r/vendor/example.com/a/in")) }, "vendor-files-missing safe", ""},
		{"one file removed", func(p *place) { os.Remove(filepath.Join(p.dir, "r/vendor/example.com/a/a.go")) }, "vendor-files-missing safe", "cannot find module"},
		{"ignored, never committed", func(p *place) {
			p.write("-- r/.gitignore --\nin/\n")
			p.git("rm", "-rq", "--cached", "vendor/example.com/a/in")
			p.commit()
			os.RemoveAll(filepath.Join(p.dir, "r/vendor/example.com/a/in"))
		}, "vendor-package-ignored-by-git manual", ""},
		{"a folder of another tool", func(p *place) {
			p.git("rm", "-rq", "vendor")
			p.write("-- r/vendor/acme/lib.php --\n<?php\n-- r/vendor/chart.js/chart.min.js --\n;\n-- r/vendor/autoload.php --\n<?php\n")
			p.commit()
		}, "vendor-folder-of-another-tool manual", "not marked as explicit"},
		{"never committed, list deleted", func(p *place) {
			p.git("rm", "-rq", "--cached", "vendor")
			p.git("commit", "-qm", "x")
			os.Remove(filepath.Join(p.dir, list))
		}, "vendor-inconsistent-gomod-bumped manual", "not marked as explicit"},
		{"a patch that is committed", func(p *place) { p.edit("r/vendor/example.com/a/a.go", "package a", "package a // patched"); p.commit() }, "", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := newPlace(t)
			tc.setup(p)
			if got := p.goSays(); tc.says == "" && strings.Contains(got, "inconsistent vendoring") || !strings.Contains(got, tc.says) {
				t.Fatalf("the go command says %q, want %q", got, tc.says)
			}
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
				t.Fatalf("%q, want %q\n%+v\n%+v", got, tc.want, report.Findings, report.Snapshot.Vendor)
			}
			if got == "" || strings.HasSuffix(got, "manual") {
				return
			}
			for _, a := range report.Findings[0].Fixes[0].Actions {
				if err := a.Apply(t.Context(), action.Real{Change: "t"}); err != nil {
					t.Fatal(err)
				}
			}
			if after := p.diagnose().Find(report.Findings[0].Key()); after != nil {
				t.Errorf("still there after the fix: %s", after.Claim)
			}
			if got := p.goSays(); got != "" {
				t.Errorf("after the fix the go command says %s", got)
			}
		})
	}
}
