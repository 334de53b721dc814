//go:build unix

package git

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/goenv"
	"github.com/gorescue/gorescue/internal/journal"
	"github.com/gorescue/gorescue/internal/probe"
	"github.com/gorescue/gorescue/internal/repair"
	"github.com/gorescue/gorescue/internal/startup"
)

// bench is a developer with a home, a repository with unfinished work, and a module that is fetched from git.
type bench struct {
	t    *testing.T
	top  string
	w    probe.World
	need []string // what the build would have to download
}

func newBench(t *testing.T) *bench {
	t.Helper()
	top, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{t: t, top: top}
	b.w = probe.World{Dir: b.path("proj"), Incident: "test", Vars: map[string]string{
		"HOME": b.path("home"), "PATH": os.Getenv("PATH"), "GIT_CONFIG_NOSYSTEM": "1", "SHELL": "/bin/bash", "GOMODCACHE": b.path("mod")}}
	b.write("home/.profile", "export EDITOR=vim\n")
	b.write("home/.gitconfig", "[user]\n\tname = Dev\n\temail = dev@example.com\n[init]\n\tdefaultBranch = main\n[alias]\n\tst = status\n")
	b.write("proj/go.mod", "module example.com/app\n\ngo 1.24\n")
	b.write("proj/main.go", "package main\n\nfunc main() {}\n")
	b.git("init", "-q", "-b", "main", ".")
	b.git("add", "-A")
	b.git("commit", "-qm", "base")
	b.write("proj/main.go", "package main\n\nfunc main() {} // unfinished\n")
	b.git("add", "-A")
	return b
}

func (b *bench) path(name string) string { return filepath.Join(b.top, name) }

func (b *bench) write(name, body string) {
	b.t.Helper()
	p := b.path(name)
	if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(p, []byte(body), 0o644); err != nil {
		b.t.Fatal(err)
	}
}

func (b *bench) read(name string) string {
	data, err := os.ReadFile(b.path(name))
	if err != nil {
		return ""
	}
	return string(data)
}

func (b *bench) append(name, body string) { b.write(name, b.read(name)+body) }

func (b *bench) git(args ...string) {
	b.t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir, cmd.Env = b.w.Dir, b.w.Environ()
	if out, err := cmd.CombinedOutput(); err != nil {
		b.t.Fatalf("git %v: %v %s", args, err, out)
	}
}

// works reports whether git answers what the go command asks, in a world.
func (b *bench) works(w probe.World) bool {
	for _, args := range [][]string{{"status", "--porcelain"}, {"log", "-1"}} {
		cmd := exec.Command("git", args...)
		cmd.Dir, cmd.Env = w.Dir, w.Environ()
		if cmd.Run() != nil {
			return false
		}
	}
	return true
}

func (b *bench) probes() []probe.Probe {
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		b.t.Fatal(err)
	}
	one := func(sec facts.Section, install func(w probe.World, s *facts.Snapshot)) probe.Probe {
		return probe.Probe{Section: sec, Run: func(_ context.Context, w probe.World, _ *facts.Snapshot) (probe.Install, error) {
			return func(s *facts.Snapshot) { install(w, s) }, nil
		}}
	}
	return append(Probes(),
		one(facts.SecSettings, func(w probe.World, s *facts.Snapshot) {
			s.Settings = goenv.Resolve(w.Vars, strings.TrimSpace(string(root)))
		}),
		one(facts.SecProcess, func(w probe.World, s *facts.Snapshot) { s.Process.Vars = w.Vars }),
		one(facts.SecBuild, func(_ probe.World, s *facts.Snapshot) { s.Build.Needs = b.need }),
		one(facts.SecStartup, func(w probe.World, s *facts.Snapshot) {
			s.Startup = startup.Read(context.Background(), startup.World{Env: w.Vars, Home: w.Get("HOME"), Shell: w.Get("SHELL"), Dir: w.Dir})
		}))
}

func (b *bench) diagnose(w probe.World) *diag.Report {
	return diag.Run(Checks(), probe.Collect(context.Background(), w, b.probes(), 30*time.Second))
}

// fix repairs; named checks may do what belongs to a person.
func (b *bench) fix(named ...string) *repair.Result {
	b.t.Helper()
	j, err := journal.Open(b.path("state"))
	for errors.Is(err, journal.ErrBusy) { // a parallel test is starting git and has our descriptor until it does
		j, err = journal.Open(b.path("state"))
	}
	if err != nil {
		b.t.Fatal(err)
	}
	defer j.Close()
	e := &repair.Engine{Journal: j, Named: named, Diagnose: func(_ context.Context, w probe.World) *diag.Report { return b.diagnose(w) }}
	res, err := e.Fix(context.Background(), b.w)
	if err != nil {
		b.t.Fatal(err)
	}
	return res
}

func roots(r *diag.Report) string {
	var out []string
	for _, f := range r.Findings {
		switch {
		case f.Unknown:
			out = append(out, "?"+f.Check)
		case len(f.CausedBy) == 0:
			out = append(out, f.Check)
		}
	}
	return strings.Join(out, " ")
}

func complete(t *testing.T, f *diag.Finding) {
	t.Helper()
	roles := map[diag.Role]bool{}
	for _, e := range f.Evidence {
		roles[e.Role] = true
		if e.Text.En == "" || e.Text.Zh == "" || strings.Contains(e.Text.String(), "{") {
			t.Errorf("%s: %q", f.Check, e.Text)
		}
	}
	if len(roles) != 3 || f.ByHand == "" || strings.Contains(f.Claim.String(), "{") {
		t.Errorf("%s: incomplete: %+v", f.Check, f)
	}
}

// TestRepair breaks git in many ways. want is the one root cause; named says that a person must name it;
// manual that nothing is done.
func TestRepair(t *testing.T) {
	zero := func(name string) func(*bench) {
		return func(b *bench) { b.write(name, strings.Repeat("\x00", len(b.read(name)))) }
	}
	export := func(b *bench, name, value string) {
		b.append("home/.profile", "export "+name+"="+value+"\n")
		b.w.Vars[name] = strings.ReplaceAll(value, "$HOME", b.path("home"))
	}
	for _, tc := range []struct {
		name   string
		inject func(*bench)
		want   string
		named  bool
		manual bool
	}{
		{name: "conflict marker at the end", inject: func(b *bench) { b.append("home/.gitconfig", "<<<<<<< HEAD\n") }, want: "gitconfig-bad-line"},
		{name: "whole conflict", inject: func(b *bench) {
			b.append("home/.gitconfig", "<<<<<<< HEAD\n[pull]\n\trebase = true\n=======\n[pull]\n\trebase = false\n>>>>>>> theirs\n")
		}, want: "gitconfig-bad-line"},
		{name: "half-written value", inject: func(b *bench) { b.append("home/.gitconfig", "\tco = \"check") }, want: "gitconfig-bad-line"},
		{name: "in an included file", inject: func(b *bench) {
			b.append("home/.gitconfig", "[include]\n\tpath = .gitconfig.work\n")
			b.write("home/.gitconfig.work", "[a]\n\tb = c\nnot a setting at all\n")
		}, want: "gitconfig-bad-line"},
		{name: "in the repository", inject: func(b *bench) { b.append("proj/.git/config", "!!\n") }, want: "gitconfig-bad-line"},
		{name: "broken header", inject: func(b *bench) { b.append("home/.gitconfig", "[core\n\teditor = vim\n") }, want: "gitconfig-bad-line", manual: true},
		{name: "refused value", inject: func(b *bench) { b.append("proj/.git/config", "[core]\n\tfilemode = perhaps\n") }, want: "gitconfig-bad-value"},
		{name: "GIT_DIR that is gone", inject: func(b *bench) { export(b, "GIT_DIR", "$HOME/.gone.git") }, want: "git-dir-env-leaked"},
		{name: "GIT_DIR of another repository", inject: func(b *bench) {
			b.git("init", "-q", "--bare", b.path("home/.dotfiles"))
			export(b, "GIT_DIR", "$HOME/.dotfiles")
			export(b, "GIT_WORK_TREE", "$HOME")
		}, want: "git-dir-env-leaked git-dir-env-leaked"},
		{name: "GIT_CONFIG_COUNT without its keys", inject: func(b *bench) { export(b, "GIT_CONFIG_COUNT", "2") }, want: "git-dir-env-leaked"},
		{name: "HEAD zeroed", inject: zero("proj/.git/HEAD"), want: "git-head-zeroed"},
		{name: "HEAD empty", inject: func(b *bench) { b.write("proj/.git/HEAD", "") }, want: "git-head-zeroed"},
		{name: "HEAD gone", inject: func(b *bench) { os.Remove(b.path("proj/.git/HEAD")) }, want: "git-head-zeroed"},
		{name: "HEAD zeroed on one of two branches at a commit", inject: func(b *bench) {
			b.git("checkout", "-qb", "feature/x")
			b.git("branch", "other")
			zero("proj/.git/HEAD")(b)
		}, want: "git-head-zeroed"},
		{name: "HEAD zeroed, packed refs", inject: func(b *bench) {
			b.git("pack-refs", "--all")
			zero("proj/.git/HEAD")(b)
		}, want: "git-head-zeroed"},
		{name: "HEAD zeroed without a reflog", inject: func(b *bench) {
			os.RemoveAll(b.path("proj/.git/logs"))
			zero("proj/.git/HEAD")(b)
		}, want: "git-head-zeroed", manual: true},
		{name: "half a repository", inject: func(b *bench) {
			os.RemoveAll(b.path("proj/.git"))
			b.write("proj/.git/info/exclude", "*.swp\n")
		}, want: "git-half-repository-above"},
		{name: "half a repository above, with an index", inject: func(b *bench) {
			os.RemoveAll(b.path("proj/.git"))
			b.write(".git/index", "x")
		}, want: "git-half-repository-above", named: true},
		{name: "branch zeroed", inject: zero("proj/.git/refs/heads/main"), want: "git-ref-zeroed"},
		{name: "index zeroed", inject: zero("proj/.git/index"), want: "git-index-damaged", manual: true},
		{name: "another owner", inject: func(b *bench) {
			if os.Getuid() != 0 {
				b.w.Vars["GIT_TEST_ASSUME_DIFFERENT_OWNER"] = "1"
				return
			}
			for _, p := range []string{"proj", "proj/.git"} {
				if err := os.Chown(b.path(p), 4242, 4242); err != nil {
					t.Fatal(err)
				}
			}
		}, want: "git-dubious-ownership", named: true},
		{name: "an extension of the future", inject: func(b *bench) {
			b.append("proj/.git/config", "[core]\n\trepositoryformatversion = 99\n")
		}, want: "git-cannot-answer", manual: true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			if r := b.diagnose(b.w); len(r.Findings) != 0 || !b.works(b.w) {
				t.Fatalf("healthy: %s", roots(r))
			}
			tc.inject(b)
			head, index := b.read("proj/main.go"), b.read("proj/.git/index")
			r := b.diagnose(b.w)
			if roots(r) != tc.want {
				t.Fatalf("%q, want %q", roots(r), tc.want)
			}
			for i := range r.Findings {
				complete(t, &r.Findings[i])
			}
			before := b.read("home/.gitconfig") + b.read("proj/.git/HEAD")
			if tc.manual || tc.named {
				if res := b.fix(); len(res.Steps) != 0 || before != b.read("home/.gitconfig")+b.read("proj/.git/HEAD") {
					t.Fatalf("something was done: %+v", res.Steps)
				}
			}
			if tc.manual {
				return
			}
			var names []string
			if tc.named {
				names = []string{tc.want}
			}
			res := b.fix(names...)
			if res.Outcome != repair.Repaired {
				t.Fatalf("%s %+v", res.Outcome, res.Failed)
			}
			after := b.w
			for _, s := range res.Steps {
				after = after.With(s.Fix.Env)
			}
			if !b.works(after) && exists(b.path("proj/.git")) {
				t.Error("git still fails")
			}
			if head != b.read("proj/main.go") || exists(b.path("proj/.git")) && index != b.read("proj/.git/index") {
				t.Error("the user's work was touched")
			}
			cmd := exec.Command("git", "config", "--global", "alias.st")
			cmd.Env = after.Environ()
			if out, _ := cmd.Output(); string(out) != "status\n" {
				t.Error("a setting was lost")
			}
		})
	}
}

// TestHealthy: odd, but git answers, or nobody asks it.
func TestHealthy(t *testing.T) {
	for _, tc := range []struct {
		name  string
		shape func(*bench)
	}{
		{"no repository", func(b *bench) { os.RemoveAll(b.path("proj/.git")) }},
		{"no commits", func(b *bench) {
			os.RemoveAll(b.path("proj/.git"))
			b.git("init", "-q", ".")
		}},
		{"detached", func(b *bench) { b.git("checkout", "-q", "--detach") }},
		{"worktree", func(b *bench) {
			b.git("worktree", "add", "-q", "--detach", b.path("wt"))
			b.w.Dir = b.path("wt")
		}},
		{"variables of a hook", func(b *bench) { b.w.Vars["GIT_DIR"], b.w.Vars["GIT_INDEX_FILE"] = ".git", ".git/index" }},
		{"another owner, not stamped", func(b *bench) {
			b.w.Vars["GOFLAGS"] = "-buildvcs=false"
			os.Chown(b.path("proj"), 4242, 4242)
		}},
		{"no git", func(b *bench) { b.w.Vars["PATH"] = b.path("home") }},
		{"a project that sets GIT_DIR for itself", func(b *bench) {
			b.write("proj/.envrc", "export GIT_DIR="+b.path("proj/.git")+"\n")
			b.w.Vars["GIT_DIR"] = b.path("proj/.git")
		}},
		{"include that is not there", func(b *bench) { b.append("home/.gitconfig", "[include]\n\tpath = ~/.nothing\n") }},
		{"conditional include with a bad line, not in effect", func(b *bench) {
			b.append("home/.gitconfig", "[includeIf \"gitdir:/nowhere/\"]\n\tpath = ~/.gitconfig-work\n")
			b.write("home/.gitconfig-work", "!!\n")
		}},
		{"odd but right configuration", func(b *bench) {
			b.write("home/.gitconfig", "\xef\xbb\xbf[user]\r\n\tname = \"De;v\" # x\r\n\temail = a \\\r\n\t b\r\n[A \"b\\\"]\"] c\n; !!\n")
		}},
		{"a copy with a bad line", func(b *bench) { b.write("home/.gitconfig.bak", "<<<<<<<\n") }},
		{"pipes everywhere", func(b *bench) {
			b.write("proj/sub/x.go", "package x\n")
			mkfifo(t, b.path("home/.netrc"))
			mkfifo(t, b.path("home/.gitconfig.bak"))
			mkfifo(t, b.path("proj/sub/pipe.go"))
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			tc.shape(b)
			if r := b.diagnose(b.w); len(r.Findings) != 0 {
				t.Errorf("%q: %s", roots(r), r.Findings[0].Claim)
			}
		})
	}
}

func mkfifo(t *testing.T, path string) {
	t.Helper()
	if out, err := exec.Command("mkfifo", path).CombinedOutput(); err != nil {
		t.Fatalf("%v %s", err, out)
	}
}
