package cache

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/modcache"
)

func TestDamage(t *testing.T) {
	t.Run("recorded hash", func(t *testing.T) {
		b := newBench(t)
		paths, _ := b.module()
		b.write(paths.ZipHash, zeros)
		b.mend("modcache-ziphash-damaged")
		b.write(paths.ZipHash, "h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=")
		b.mend("gosum-mismatch-modcache-ziphash-tampered")
		b.write(paths.ZipHash, strings.Repeat("\x00", 47)) // go makes it anew
		b.want()
	})
	t.Run("go.mod file", func(t *testing.T) {
		b := newBench(t)
		paths, _ := b.module()
		good, err := os.ReadFile(paths.Mod)
		b.must(err)
		for _, bad := range []string{"<html></html>", "", "\x00\x00", "module dep.example/other\n"} {
			b.write(paths.Mod, bad)
			b.mend("modcache-mod-file-damaged")
		}
		b.repair("modcache-mod-file-damaged")
		if now, _ := os.ReadFile(paths.Mod); string(now) != string(good) {
			t.Errorf("%q", now)
		}
	})
	t.Run("extracted folder", func(t *testing.T) {
		b := newBench(t)
		paths, _ := b.module()
		file := filepath.Join(paths.Tree, "greet.go")
		b.must(os.Chmod(file, 0o644))
		b.write(file, "package greet\n\nfunc Hello() string { return \"other\" }\n")
		b.mend("modcache-extracted-edited")
		f := b.diagnose(t.Context(), b.w).Findings[0]
		if d := b.snapshot(t.Context(), b.w).Dirs.Modules.Damaged[0]; !d.ZipGood || len(d.Files) != 1 || d.Files[0] != "changed greet.go" {
			t.Errorf("%+v", d)
		}
		if f.Subject != "dep.example/greet@v1.0.0" {
			t.Error(f.Subject)
		}
		b.must(os.Truncate(paths.Zip, 100)) // nothing left to extract from: nothing is repaired
		b.want()
	})
	t.Run("zip", func(t *testing.T) {
		b := newBench(t)
		paths, _ := b.module()
		b.must(os.Truncate(paths.Zip, 120))
		b.want() // extracted already: it is not needed
		b.must(os.Rename(paths.Tree, paths.Tree+".gone"))
		b.mend("modcache-zip-truncated")
		b.w.Vars["GOPROXY"] = "off"
		for _, fix := range b.diagnose(t.Context(), b.w).Findings[0].Fixes {
			if fix.Risk != diag.Manual {
				t.Error("a zip would be moved that cannot be fetched again")
			}
		}
	})
	t.Run("zip, offline, from another cache", func(t *testing.T) {
		b := newBench(t)
		paths, v := b.module()
		other, poisoned := filepath.Join(b.home, "other"), filepath.Join(b.home, "poisoned")
		for _, gopath := range []string{poisoned, other} {
			p, err := modcache.PathsOf(filepath.Join(gopath, "pkg", "mod"), v)
			b.must(err)
			b.must(os.MkdirAll(filepath.Dir(p.Zip), 0o755))
			data, err := os.ReadFile(paths.Zip)
			b.must(err)
			if gopath == poisoned {
				data = []byte("PK")
			}
			b.write(p.Zip, string(data))
		}
		b.w.Vars["GOPROXY"] = "off"
		b.w.Vars["GOPATH"] = filepath.Join(b.home, "go") + ":" + poisoned + ":" + other
		b.must(os.Truncate(paths.Zip, 120))
		b.must(os.Rename(paths.Tree, paths.Tree+".gone"))
		b.mend("modcache-zip-truncated")
	})
	t.Run("not needed", func(t *testing.T) {
		b := newBench(t)
		paths, _ := b.module()
		b.write(paths.ZipHash, zeros)
		b.write(paths.Mod, "x")
		b.write(filepath.Join(b.proj, "main.go"), "package main\n\nfunc main() {}\n") // nobody imports it any more
		b.want()
		b.write(filepath.Join(b.proj, "vendor", "modules.txt"), "")
		b.write(filepath.Join(b.proj, "main.go"), "package main\n\nimport _ \"dep.example/greet\"\n\nfunc main() {}\n")
		b.want() // vendored
	})
}

func TestPages(t *testing.T) {
	b := newBench(t)
	page := filepath.Join(b.home, "go/pkg/mod/cache/download/example.com/!stamp/@v/v1.0.0.mod")
	b.write(page, "<!DOCTYPE html>\n<title>Sign in</title>\n")
	b.write(filepath.Join(filepath.Dir(page), "v0.9.0.mod"), "") // damage, but no page: not this project's
	b.mend("modcache-mod-file-is-html")
	if f := b.diagnose(t.Context(), b.w).Findings[0]; f.Severity != diag.Warning || !strings.Contains(f.Claim.String(), "example.com/Stamp@v1.0.0") {
		t.Errorf("%s: %s", f.Severity, f.Claim)
	}
}

func TestVCSLock(t *testing.T) {
	b := newBench(t)
	paths, _ := b.module()
	b.must(os.RemoveAll(filepath.Dir(paths.Mod)))
	repo := filepath.Join(b.home, "go/pkg/mod/cache/vcs/0123")
	b.write(filepath.Join(repo, "shallow.lock"), "")
	b.write(repo+".lock", "") // go's own: it always stays
	b.write(repo+".info", "git3:https://dep.example/greet")
	b.want() // a proxy is asked
	b.w.Vars["GOPRIVATE"] = "dep.example"
	b.mend("modcache-vcs-stale-lock")
	f, err := os.Open(filepath.Join(repo, "shallow.lock"))
	b.must(err)
	b.want() // somebody has it open
	b.must(f.Close())
	b.write(repo+".info", "git3:https://dep.example/other")
	b.want()
}

func TestComesFrom(t *testing.T) {
	missing := []facts.MissingModule{{Module: "corp.example/priv.git@v1.1.0"}, {Module: "host.example/team/repo/v2@v2.0.0"}}
	for url, want := range map[string]string{
		"https://corp.example/priv":                "corp.example/priv.git@v1.1.0",
		"https://corp.example/priv.git":            "corp.example/priv.git@v1.1.0",
		"ssh://git@host.example/team/repo":         "host.example/team/repo/v2@v2.0.0",
		"https://host.example/team/repository":     "",
		"https://host.example/team":                "host.example/team/repo/v2@v2.0.0",
		"https://user:x@host.example/team/repo/":   "host.example/team/repo/v2@v2.0.0",
		"":                                         "",
		"git@host.example:team/repo":               "",
		"https://mirror.example/corp.example/priv": "",
	} {
		if got := comesFrom(url, missing); got != want {
			t.Errorf("%s: %q, want %q", url, got, want)
		}
	}
}

// TestBlocked: a closed cache is a fault only when something must be written to it.
func TestBlocked(t *testing.T) {
	for _, tc := range []struct {
		id    string
		block facts.Block
	}{
		{"modcache-not-writable", facts.Block{Node: facts.Node{Kind: facts.NodeFolder, Denied: facts.DeniedPermission, UID: os.Getuid(), Mode: 0o555}}},
		{"modcache-owned-by-other-user", facts.Block{Node: facts.Node{Kind: facts.NodeFolder, Denied: facts.DeniedPermission, UID: 4242, Mode: 0o755}}},
		{"modcache-read-only-mount", facts.Block{Node: facts.Node{Kind: facts.NodeFolder, Denied: facts.DeniedReadOnly}, ReadOnly: true, Mount: "/shared"}},
		{"modcache-is-a-file", facts.Block{Node: facts.Node{Kind: facts.NodeFile}}},
	} {
		t.Run(tc.id, func(t *testing.T) {
			b := newBench(t)
			place := filepath.Join(b.home, "cache")
			b.must(os.Mkdir(place, 0o755))
			b.write(filepath.Join(b.home, ".config/go/env"), "GOPRIVATE=corp.example\nGOMODCACHE="+place+"\n")
			b.change = func(s *facts.Snapshot) {
				if s.Settings.Get("GOMODCACHE") == place {
					block := tc.block
					block.Where, block.Want = place, place+"/cache/download/x/@v"
					s.Dirs.Modules.Missing = []facts.MissingModule{{Module: "dep.example/greet@v1.0.0", Missing: "mod", Blocked: &block}}
				}
			}
			b.mend(tc.id)
		})
	}
	b := newBench(t)
	paths, v := b.module()
	b.must(os.Rename(paths.Tree, paths.Tree+".gone"))
	s := b.snapshot(t.Context(), b.w)
	if m := s.Dirs.Modules.Missing; len(m) != 1 || m[0].Module != v.String() || m[0].Missing != "dir" || m[0].Blocked != nil {
		t.Errorf("%+v", m)
	}
	b.must(os.RemoveAll(filepath.Join(b.home, "go")))
	b.write(filepath.Join(b.home, "go"), "a file")
	b.want("modcache-is-a-file")
}
