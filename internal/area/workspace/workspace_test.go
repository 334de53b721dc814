package workspace_test

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
	"github.com/gorescue/gorescue/internal/area/build"
	"github.com/gorescue/gorescue/internal/area/host"
	"github.com/gorescue/gorescue/internal/area/workspace"
	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/probe"
)

// place is a home folder with files, maybe committed to git, and a session in one of its folders.
type place struct {
	t   *testing.T
	dir string
	env map[string]string
}

func unpack(t *testing.T, archive string) *place {
	t.Helper()
	p := &place{t: t, dir: t.TempDir()}
	p.write(archive)
	p.env = map[string]string{"HOME": p.dir, "PATH": os.Getenv("PATH"), "SHELL": "/bin/bash", "GIT_CONFIG_NOSYSTEM": "1", "GIT_CEILING_DIRECTORIES": p.dir}
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

func (p *place) git(args ...string) {
	p.t.Helper()
	cmd := exec.Command("git", append([]string{"-C", filepath.Join(p.dir, "r"), "-c", "user.name=a", "-c", "user.email=a@example.com"}, args...)...)
	cmd.Env = []string{"HOME=" + p.dir, "PATH=" + os.Getenv("PATH"), "GIT_CONFIG_NOSYSTEM=1"}
	if out, err := cmd.CombinedOutput(); err != nil {
		p.t.Fatalf("git %v: %v\n%s", args, err, out)
	}
}

func (p *place) commit() {
	p.git("init", "-q")
	p.git("add", "-A")
	p.git("commit", "-q", "-m", "base")
}

func (p *place) diagnose(dir string) *diag.Report {
	p.t.Helper()
	w := probe.World{Dir: filepath.Join(p.dir, dir), Vars: p.env}
	return diag.Run(workspace.Checks(), probe.Collect(p.t.Context(), w, slices.Concat(host.Probes(), workspace.Probes(), build.Probes()), time.Minute))
}

const two = `
-- r/go.work --
go 1.25

use (
	./app
	./lib
)
-- r/app/go.mod --
module example.com/app

go 1.25

require example.com/lib v0.0.0
-- r/lib/go.mod --
module example.com/lib

go 1.25
-- .profile --
export EDITOR=vi
`

func TestFindings(t *testing.T) {
	for _, tc := range []struct {
		name  string
		dir   string
		setup func(p *place)
		want  string // ID and risk of the first fix, "" = silence
	}{
		{"healthy", "r/app", func(p *place) {}, ""},
		{"healthy above the modules", "r", func(p *place) {}, ""},
		{"folder gone", "r/app", func(p *place) { p.write("-- r/go.work --\ngo 1.25\n\nuse ./app\nuse ./gone\n") }, "go-work-uses-removed-folder safe"},
		{"folder deleted by accident", "r/app", func(p *place) { p.commit(); os.RemoveAll(filepath.Join(p.dir, "r/lib")) }, "go-work-uses-removed-folder manual"},
		{"submodule not there", "r/app", func(p *place) {
			p.write("-- r/.gitmodules --\n[submodule \"s\"]\n\tpath = sub\n-- r/go.work --\ngo 1.25\n\nuse ./app\nuse ./sub\n")
			p.commit()
		}, "go-work-uses-removed-folder manual"},
		{"copy picked up", "r/app", func(p *place) {
			p.commit()
			p.write("-- r/old/go.mod --\nmodule example.com/lib\n-- r/go.work --\ngo 1.25\n\nuse ./old\nuse ./lib\nuse ./app\n")
		}, "gowork-duplicate-module safe"},
		{"which is the copy", "r/app", func(p *place) {
			p.write("-- r/old/go.mod --\nmodule example.com/lib\n-- r/go.work --\ngo 1.25\n\nuse ./old\nuse ./lib\nuse ./app\n")
		}, "gowork-duplicate-module person"},
		{"module raised", "r/app", func(p *place) { p.write("-- r/lib/go.mod --\nmodule example.com/lib\n\ngo 1.26.0\n") }, "gowork-go-line-too-old safe"},
		{"no go line", "r/app", func(p *place) { p.write("-- r/go.work --\nuse ./app\nuse ./lib\n") }, "gowork-go-line-too-old safe"},
		{"use line lost", "r", func(p *place) { p.commit(); p.write("-- r/go.work --\ngo 1.25\n\nuse ./lib\n") }, "gowork-module-not-listed safe"},
		{"module outside", "r/tool", func(p *place) { p.write("-- r/tool/go.mod --\nmodule example.com/tool\n"); p.commit() }, "gowork-leaves-module-out person"},
		{"module outside on purpose", "r/tool", func(p *place) {
			p.write("-- r/tool/go.mod --\nmodule example.com/tool\n-- r/tool/t.go --\npackage tool\n")
			p.commit()
			p.env["GOWORK"] = "off"
		}, ""},
		{"above the repository, for others", "r/app", func(p *place) {
			p.write("-- go.work --\ngo 1.25\n\nuse ./other\n-- other/go.mod --\nmodule example.com/other\n\ngo 1.25\n")
			os.Remove(filepath.Join(p.dir, "r/go.work"))
			p.commit()
		}, "gowork-leaves-module-out person"},
		{"no git, not listed", "r/tool", func(p *place) { p.write("-- r/tool/go.mod --\nmodule example.com/tool\n") }, "gowork-leaves-module-out person"},
		{"conflict of use lines", "r/app", func(p *place) {
			p.write("-- r/go.work --\ngo 1.25\n\nuse (\n<<<<<<< HEAD\n\t./app\n=======\n\t./lib\n>>>>>>> b\n)\n")
		}, "go-work-merge-conflict person"},
		{"conflict of go lines", "r/app", func(p *place) {
			p.write("-- r/go.work --\n<<<<<<< HEAD\ngo 1.25\n=======\ngo 1.26\n>>>>>>> b\nuse ./app\n")
		}, "go-work-merge-conflict manual"},
		{"half a conflict", "r/app", func(p *place) {
			p.write("-- r/go.work --\ngo 1.25\nuse ./app\n=======\nuse ./lib\n>>>>>>> b\n")
		}, "go-work-merge-conflict manual"},
		{"typing error", "r/app", func(p *place) { p.write("-- r/go.work --\ngo 1.25\n\nuze ./app\n") }, "go-work-unreadable manual"},
		{"GOWORK of another project", "other", func(p *place) {
			p.write("-- other/go.mod --\nmodule example.com/other\n-- .profile --\nexport GOWORK=$HOME/r/go.work\n")
			p.env["GOWORK"] = filepath.Join(p.dir, "r/go.work")
		}, "gowork-env-points-to-other-workspace safe"},
		{"GOWORK for one command", "other", func(p *place) {
			p.write("-- other/go.mod --\nmodule example.com/other\n")
			p.env["GOWORK"] = filepath.Join(p.dir, "r/go.work")
		}, ""},
		{"GOWORK=off in the session", "r/app", func(p *place) {
			p.write("-- .profile --\nexport GOWORK=off\n")
			p.env["GOWORK"] = "off"
		}, "gowork-off-in-session safe"},
		{"GOWORK=off, nothing needed", "r/lib", func(p *place) {
			p.write("-- .profile --\nexport GOWORK=off\n")
			p.env["GOWORK"] = "off"
		}, ""},
		{"GOWORK=off for one command", "r/app", func(p *place) { p.env["GOWORK"] = "off" }, ""},
		{"-mod=mod in a workspace", "r/app", func(p *place) { p.write("-- .config/go/env --\nGOFLAGS='-ldflags=-X  a=b' -mod=mod -v\n") }, "gowork-goflags-mod-mod safe"},
		{"-mod=mod without a workspace", "other", func(p *place) {
			p.write("-- other/go.mod --\nmodule example.com/other\n-- .config/go/env --\nGOFLAGS=-mod=mod\n")
		}, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := unpack(t, two)
			tc.setup(p)
			report := p.diagnose(tc.dir)
			got := ""
			if len(report.Findings) > 0 {
				f := report.Findings[0]
				got = f.Check
				if len(f.Fixes) > 0 {
					got += " " + string(f.Fixes[0].Risk)
				}
			}
			if got != tc.want {
				t.Fatalf("%q, want %q (%+v)", got, tc.want, report.Findings)
			}
			if got == "" || strings.HasSuffix(got, "manual") {
				return
			}
			fix := report.Findings[0].Fixes[0]
			for _, a := range fix.Actions {
				if err := a.Apply(t.Context(), action.Real{Change: "t"}); err != nil {
					t.Fatal(err)
				}
			}
			for k, v := range fix.Env {
				if delete(p.env, k); v != nil {
					p.env[k] = *v
				}
			}
			if after := p.diagnose(tc.dir).Find(report.Findings[0].Key()); after != nil {
				t.Errorf("still there after the fix: %s", after.Claim)
			}
		})
	}
}

// TestOddFiles: what cannot be read is said, and nothing crashes.
func TestOddFiles(t *testing.T) {
	p := unpack(t, two)
	if err := os.Remove(filepath.Join(p.dir, "r/go.work")); err != nil {
		t.Fatal(err)
	}
	big := filepath.Join(p.dir, "r/go.work")
	if err := os.WriteFile(big, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(big, 1<<30); err != nil {
		t.Fatal(err)
	}
	r := p.diagnose("r/app")
	known := slices.DeleteFunc(slices.Clone(r.Findings), func(f diag.Finding) bool { return f.Unknown }) // the build was not asked
	if len(known) != 1 || known[0].Check != "go-work-unreadable" || r.Snapshot.Workspace.State != facts.FileOdd {
		t.Errorf("%+v", r.Findings)
	}
}
