//go:build unix

package git

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/gorescue/gorescue/internal/repair"
)

// private makes a bench whose project needs a module that no proxy is asked for.
func private(t *testing.T) *bench {
	b := newBench(t)
	b.need = []string{"corp.example/team/priv.git@v1.0.0"}
	b.w.Vars["GOPRIVATE"] = "corp.example"
	return b
}

// only is a PATH without git.
func (b *bench) only(programs ...string) {
	b.t.Helper()
	if err := os.MkdirAll(b.path("bin"), 0o755); err != nil {
		b.t.Fatal(err)
	}
	for _, p := range programs {
		where, err := exec.LookPath(p)
		if err != nil {
			b.t.Fatal(err)
		}
		if err := os.Symlink(where, b.path("bin/"+p)); err != nil {
			b.t.Fatal(err)
		}
	}
	b.w.Vars["PATH"] = b.path("bin")
	b.append("home/.profile", "export PATH="+b.path("bin")+"\n")
}

func TestMissing(t *testing.T) {
	b := private(t)
	b.only("sh", "go")
	r := b.diagnose(b.w)
	if roots(r) != "git-missing-for-direct" {
		t.Fatalf("%q", roots(r))
	}
	complete(t, &r.Findings[0])
	res := b.fix()
	if res.Outcome != repair.Repaired {
		t.Fatalf("%+v", res)
	}
	cmd := exec.Command("/bin/sh", "-c", `. "$HOME/.profile"; command -v git`)
	cmd.Env = b.w.Environ()
	if out, err := cmd.Output(); err != nil || !strings.HasSuffix(strings.TrimSpace(string(out)), "/git") {
		t.Errorf("a new terminal has no git: %s %v", out, err)
	}
}

func TestNotMissing(t *testing.T) {
	for name, shape := range map[string]func(*bench){
		"git is there":           func(*bench) {},
		"all in the cache":       func(b *bench) { b.only("go"); b.need = nil },
		"a proxy serves it":      func(b *bench) { b.only("go"); b.w.Vars["GOPRIVATE"] = "other.example" },
		"another version system": func(b *bench) { b.only("go"); b.need = []string{"corp.example/team/priv.hg@v1.0.0"} },
		"never direct":           func(b *bench) { b.only("go"); b.w.Vars["GONOPROXY"] = "none" },
		"the release itself": func(b *bench) {
			b.only("go")
			b.need = []string{"golang.org/toolchain@v0.0.1-go1.99.linux-amd64"}
			b.w.Vars["GOPROXY"] = "direct"
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := private(t)
			shape(b)
			if r := b.diagnose(b.w); len(r.Findings) != 0 {
				t.Errorf("%q", roots(r))
			}
		})
	}
}

func TestInsteadOf(t *testing.T) {
	rule := func(b *bench) string {
		return "[url \"file://" + b.path("repos") + "/\"]\n\tinsteadOf = https://corp.example/\n"
	}
	for _, tc := range []struct {
		name  string
		shape func(*bench)
		want  string
	}{
		{"a dead port took its place", func(b *bench) {
			b.write("home/.gitconfig.bak", b.read("home/.gitconfig")+rule(b))
			b.append("home/.gitconfig", "[url \"http://127.0.0.1:1/\"]\n\tinsteadOf = https://corp.example/\n[url \"http://127.0.0.1:1/zzz/\"]\n\tinsteadOf = https://corp.example/zzz/\n")
		}, "git-insteadof-lost"},
		{"a folder that is gone took its place", func(b *bench) {
			b.write("home/.gitconfig~", b.read("home/.gitconfig")+rule(b))
			b.append("home/.gitconfig", "[url \"file:///nonexistent/x/\"]\n\tinsteadOf = https://corp.example/team/\n\tinsteadOf = gh:")
		}, "git-insteadof-lost"},
		{"no rule, no credentials", func(b *bench) { b.write("home/.gitconfig.2024-01-02", rule(b)) }, "git-insteadof-lost"},
		{"no rule, a line in .netrc", func(b *bench) {
			b.write("home/.gitconfig.bak", rule(b))
			b.write("home/.netrc", "machine corp.example login x password y\n")
		}, ""},
		{"no rule, a helper", func(b *bench) {
			b.write("home/.gitconfig.bak", rule(b))
			b.append("home/.gitconfig", "[credential]\n\thelper = store\n")
		}, ""},
		{"replaced by a place that may answer", func(b *bench) {
			b.write("home/.gitconfig.bak", rule(b))
			b.append("home/.gitconfig", "[url \"ssh://git@new.example/\"]\n\tinsteadOf = https://corp.example/\n")
		}, ""},
		{"the old place is gone too", func(b *bench) {
			b.write("home/.gitconfig.bak", "[url \"file:///nonexistent/y/\"]\n\tinsteadOf = https://corp.example/\n")
		}, ""},
		{"still there, in an included file", func(b *bench) {
			b.write("home/.gitconfig.bak", rule(b))
			b.write("home/.work", rule(b))
			b.append("home/.gitconfig", "[include]\n\tpath = .work\n")
		}, ""},
		{"not needed", func(b *bench) { b.write("home/.gitconfig.bak", rule(b)); b.need = nil }, ""},
		{"for another host", func(b *bench) {
			b.write("home/.gitconfig.bak", strings.ReplaceAll(rule(b), "corp.example", "other.example"))
		}, ""},
		{"not a copy", func(b *bench) { b.write("home/.gitconfig-work", rule(b)) }, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			b := private(t)
			b.write("repos/team/priv/x", "")
			tc.shape(b)
			r := b.diagnose(b.w)
			if roots(r) != tc.want {
				t.Fatalf("%q, want %q", roots(r), tc.want)
			}
			if tc.want == "" {
				return
			}
			complete(t, &r.Findings[0])
			if res := b.fix(); res.Outcome != repair.Repaired {
				t.Fatalf("%+v", res)
			}
			cmd := exec.Command("git", "ls-remote", "--get-url", "https://corp.example/team/priv")
			cmd.Env = b.w.Environ()
			if out, _ := cmd.Output(); string(out) != "file://"+b.path("repos")+"/team/priv\n" {
				t.Errorf("git asks %q\n%s", out, b.read("home/.gitconfig"))
			}
			if !strings.Contains(b.read("home/.gitconfig"), "st = status") {
				t.Error("a setting was lost")
			}
		})
	}
}
