package cache

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
)

// TestSilence: without facts, and on a healthy machine with a fresh home, nothing is said.
func TestSilence(t *testing.T) {
	s := &facts.Snapshot{Sections: map[facts.Section]facts.Status{}}
	for _, c := range Checks() {
		for _, sec := range c.Reads {
			s.Sections[sec] = facts.Status{State: facts.OK}
		}
	}
	for _, f := range diag.Run(Checks(), s).Findings {
		t.Errorf("empty facts: %s: %s", f.Check, f.Claim)
	}
	newBench(t).want()
	b := newBench(t)
	b.module()
	b.want()
}

func TestTemporary(t *testing.T) {
	t.Run("missing", func(t *testing.T) {
		b := newBench(t)
		b.profile("TMPDIR", filepath.Join(b.home, "gone"))
		b.mend("tmpdir-missing")
	})
	t.Run("a file", func(t *testing.T) {
		b := newBench(t)
		b.profile("TMPDIR", filepath.Join(b.home, ".profile"))
		b.mend("tmpdir-is-a-file")
	})
	t.Run("a link to nowhere", func(t *testing.T) {
		b := newBench(t)
		b.must(os.Symlink("/nonexistent/tmp", filepath.Join(b.home, "tmp")))
		b.profile("TMPDIR", filepath.Join(b.home, "tmp"))
		b.mend("tmpdir-dangling-link")
	})
	t.Run("GOTMPDIR in the go env file", func(t *testing.T) {
		b := newBench(t)
		b.write(filepath.Join(b.home, ".config/go/env"), "GOPRIVATE=corp.example\nGOTMPDIR="+b.home+"/gone\n")
		b.mend("gotmpdir-missing")
		b.repair("gotmpdir-missing")
		if data, _ := os.ReadFile(filepath.Join(b.home, ".config/go/env")); string(data) != "GOPRIVATE=corp.example\n" {
			t.Errorf("%q", data)
		}
	})
	t.Run("GOTMPDIR saves a bad TMPDIR", func(t *testing.T) {
		b := newBench(t)
		b.profile("TMPDIR", filepath.Join(b.home, "gone"))
		b.must(os.Mkdir(filepath.Join(b.home, "work"), 0o755))
		b.write(filepath.Join(b.home, ".config/go/env"), "GOTMPDIR="+b.home+"/work\n")
		b.want()
	})
	t.Run("only this shell has it", func(t *testing.T) {
		b := newBench(t)
		b.w.Vars["TMPDIR"] = filepath.Join(b.home, "gone")
		b.want("tmpdir-missing")
		for _, fix := range b.diagnose(t.Context(), b.w).Findings[0].Fixes {
			if len(fix.Actions) > 0 {
				t.Errorf("a file would be changed for a variable that no file sets: %s", fix.Title)
			}
		}
	})
	t.Run("the project is the temporary folder", func(t *testing.T) {
		b := newBench(t)
		b.profile("TMPDIR", b.proj)
		b.mend("tmpdir-is-project-root")
	})
	t.Run("a folder above it is harmless", func(t *testing.T) {
		b := newBench(t)
		b.profile("TMPDIR", filepath.Dir(b.proj))
		b.want()
	})
}

func TestBuildCache(t *testing.T) {
	t.Run("a file", func(t *testing.T) {
		b := newBench(t)
		b.write(filepath.Join(b.home, "gocache"), "my notes\n")
		b.profile("GOCACHE", filepath.Join(b.home, "gocache"))
		b.mend("gocache-is-a-file")
	})
	t.Run("below a file", func(t *testing.T) {
		b := newBench(t)
		b.profile("GOCACHE", filepath.Join(b.home, ".profile", "cache"))
		b.mend("gocache-is-a-file")
	})
	t.Run("a file at the default place", func(t *testing.T) {
		b := newBench(t)
		b.write(filepath.Join(b.home, ".cache", "go-build"), "my notes\n")
		b.mend("gocache-is-a-file")
	})
	t.Run("one of its 256 folders is a file", func(t *testing.T) {
		b := newBench(t)
		b.write(filepath.Join(b.home, "c", "a7"), "x")
		b.profile("GOCACHE", filepath.Join(b.home, "c"))
		b.mend("gocache-is-a-file")
	})
	t.Run("XDG_CACHE_HOME leads nowhere", func(t *testing.T) {
		b := newBench(t)
		b.must(os.Symlink("/nonexistent/x", filepath.Join(b.home, "x")))
		b.profile("XDG_CACHE_HOME", filepath.Join(b.home, "x"))
		b.mend("gocache-dangling-link")
	})
	t.Run("GOCACHEPROG", func(t *testing.T) {
		b := newBench(t)
		b.profile("GOCACHEPROG", `"`+b.home+`/bin/cacheprog --remote cache.example.test"`)
		b.w.Vars["GOCACHEPROG"] = b.home + "/bin/cacheprog --remote cache.example.test"
		b.mend("gocacheprog-missing")
		b.write(filepath.Join(b.home, "bin", "cacheprog"), "#!/bin/sh\n")
		b.mend("gocacheprog-missing") // not executable
		b.must(os.Chmod(filepath.Join(b.home, "bin", "cacheprog"), 0o755))
		b.want()
		b.change = func(s *facts.Snapshot) {
			if s.Settings.Get("GOCACHEPROG") != "" {
				s.Build = facts.Build{Outcome: facts.BuildStuck, Command: "go build ./...", Stuck: &facts.Stuck{Reason: facts.StuckOnChild, Setting: "GOCACHEPROG", Child: &facts.Proc{PID: 7}}}
			}
		}
		b.mend("gocacheprog-hangs")
	})
}

// TestDenied: what the system answers is judged over made-up facts, since root may write anywhere.
func TestDenied(t *testing.T) {
	deny := func(role facts.FolderRole, why string, uid int) func(*facts.Snapshot) {
		return func(s *facts.Snapshot) {
			for i := range s.Dirs.Folders {
				if f := &s.Dirs.Folders[i]; f.Role == role {
					f.Base.Denied, f.Base.UID, f.Denied, f.UID = why, uid, why, uid
					f.ReadOnly = why == facts.DeniedReadOnly
				}
			}
		}
	}
	for _, tc := range []struct {
		id, variable string
		role         facts.FolderRole
		why          string
	}{
		{"tmpdir-not-writable", "TMPDIR", facts.RoleWork, facts.DeniedPermission},
		{"tmpdir-read-only-mount", "TMPDIR", facts.RoleWork, facts.DeniedReadOnly},
		{"gotmpdir-not-writable", "GOTMPDIR", facts.RoleWork, facts.DeniedPermission},
		{"gocache-not-writable", "GOCACHE", facts.RoleCache, facts.DeniedPermission},
		{"gocache-read-only-mount", "GOCACHE", facts.RoleCache, facts.DeniedReadOnly},
		{"xdg-cache-home-not-writable", "XDG_CACHE_HOME", facts.RoleCache, facts.DeniedPermission},
	} {
		t.Run(tc.id, func(t *testing.T) {
			b := newBench(t)
			dir := filepath.Join(b.home, "place")
			b.must(os.Mkdir(dir, 0o755))
			b.profile(tc.variable, dir)
			told := deny(tc.role, tc.why, 4242)
			b.change = func(s *facts.Snapshot) {
				if _, set := s.Process.Lookup(tc.variable); set {
					told(s)
				}
			}
			b.mend(tc.id)
		})
	}
	t.Run("a filled cache may be read-only", func(t *testing.T) {
		b := newBench(t)
		b.change = func(s *facts.Snapshot) {
			deny(facts.RoleCache, facts.DeniedReadOnly, 0)(s)
			for i := range s.Dirs.Folders {
				if f := &s.Dirs.Folders[i]; f.Role == facts.RoleCache {
					f.Kind, f.Parts, f.Closed = facts.NodeFolder, 256, 256
				}
			}
		}
		b.want()
		inner := b.change
		b.change = func(s *facts.Snapshot) {
			inner(s)
			s.Build = facts.Build{Outcome: facts.BuildFailed, Errors: []facts.BuildError{{Text: "package fmt is not in std (/usr/lib/go/src/fmt)"}}}
		}
		b.want("gocache-parts-closed")
	})
	t.Run("own folder without its write bit", func(t *testing.T) {
		b := newBench(t)
		dir := filepath.Join(b.home, ".cache")
		b.must(os.MkdirAll(dir, 0o755))
		b.must(os.Chmod(dir, 0o555))
		b.change = func(s *facts.Snapshot) {
			if fi, err := os.Stat(dir); err == nil && fi.Mode().Perm() == 0o555 {
				deny(facts.RoleCache, facts.DeniedPermission, os.Getuid())(s)
			}
		}
		b.mend("gocache-not-writable")
	})
}

// TestDeadBuilds: of the folders go-build* only those count as dead in which nothing lives.
func TestDeadBuilds(t *testing.T) {
	b := newBench(t)
	tmp := filepath.Join(b.home, "tmp")
	old := time.Now().Add(-time.Hour)
	for _, name := range []string{"go-build111", "go-build222", "go-build333", "go-buildnotes", "other"} {
		b.write(filepath.Join(tmp, name, "b001", "a.out"), strings.Repeat("x", 5000))
		b.must(os.Chtimes(filepath.Join(tmp, name), old, old))
	}
	inside := exec.Command("sleep", "60")
	inside.Dir = filepath.Join(tmp, "go-build222", "b001")
	b.must(inside.Start())
	named := exec.Command("sh", "-c", "read x; : "+filepath.Join(tmp, "go-build333"))
	in, err := named.StdinPipe()
	b.must(err)
	b.must(named.Start())
	defer func() {
		in.Close()
		_ = inside.Process.Kill()
		_, _ = inside.Wait(), named.Wait()
	}()
	p := place{w: b.w, s: &facts.Snapshot{Host: facts.Host{UID: os.Getuid()}}}
	folder := facts.Folder{Role: facts.RoleWork, Var: "TMPDIR", Path: tmp, Node: facts.Node{Kind: facts.NodeFolder}, Total: 1 << 30}
	use := p.temp(t.Context(), folder)
	if len(use.Dead) != 1 || filepath.Base(use.Dead[0].Path) != "go-build111" || use.Alive != 2 || use.Dead[0].Bytes < 5000 || use.Dead[0].Age < 50*time.Minute {
		t.Errorf("%+v", use)
	}
	folder.Free, folder.TotalIno = 1<<30, 0
	if use := p.temp(t.Context(), folder); use.Looked {
		t.Error("a healthy folder was searched")
	}
}

func TestFull(t *testing.T) {
	fill := func(role facts.FolderRole, inodes bool) func(*facts.Snapshot) {
		return func(s *facts.Snapshot) {
			if s.Settings.Get("GOTMPDIR") != "" {
				return
			}
			for i := range s.Dirs.Folders {
				if f := &s.Dirs.Folders[i]; f.Role == role {
					if f.Total, f.TotalIno, f.FreeIno = 64<<20, 400, 200; inodes {
						f.FreeIno = 0
					} else {
						f.Free = 0
					}
				}
			}
		}
	}
	t.Run("no inodes", func(t *testing.T) {
		b := newBench(t)
		b.change = fill(facts.RoleWork, true)
		b.mend("tmpdir-no-inodes")
	})
	t.Run("nothing there is surely garbage", func(t *testing.T) {
		b := newBench(t)
		b.change = fill(facts.RoleWork, false)
		b.mend("tmpdir-full")
	})
	t.Run("remains of dead builds", func(t *testing.T) {
		b := newBench(t)
		dead := filepath.Join(b.home, "tmp", "go-build1")
		b.write(filepath.Join(dead, "x"), "x")
		b.change = func(s *facts.Snapshot) {
			if _, err := os.Lstat(dead); err != nil {
				return
			}
			fill(facts.RoleWork, false)(s)
			s.Dirs.Temp = facts.TempUse{Looked: true, Dead: []facts.DeadBuild{{Path: dead, Bytes: 8 << 20, Files: 1}}}
			for i := range s.Dirs.Folders {
				if f := &s.Dirs.Folders[i]; f.Role == facts.RoleState {
					f.Dev = 99
				}
			}
		}
		b.mend("tmpdir-full-stale-go-build")
	})
	t.Run("old entries of the build cache", func(t *testing.T) {
		b := newBench(t)
		cache := filepath.Join(b.home, ".cache", "go-build")
		entry := filepath.Join(cache, "ab", strings.Repeat("ab", 32)+"-d")
		b.write(entry, strings.Repeat("x", 9000))
		b.write(filepath.Join(cache, "ab", strings.Repeat("ac", 32)+"-d"), "new")
		b.write(filepath.Join(cache, "ab", "notes.txt"), "mine")
		old := time.Now().Add(-200 * 24 * time.Hour)
		b.must(os.Chtimes(entry, old, old))
		b.must(os.Chtimes(filepath.Join(cache, "ab", "notes.txt"), old, old))
		p := place{}
		found := p.oldEntries(t.Context(), facts.Folder{Path: cache, Node: facts.Node{Kind: facts.NodeFolder}, Total: 1})
		if found.Count != 1 || len(found.Largest) != 1 || found.Largest[0].Path != entry || found.Bytes < 9000 {
			t.Fatalf("%+v", found)
		}
		b.change = func(s *facts.Snapshot) {
			if _, err := os.Lstat(entry); err != nil {
				return
			}
			fill(facts.RoleCache, false)(s)
			s.Dirs.Old = found
			for i := range s.Dirs.Folders {
				if f := &s.Dirs.Folders[i]; f.Role == facts.RoleState {
					f.Dev = 99
				}
			}
		}
		b.mend("gocache-enospc-old-entries")
	})
	t.Run("noexec", func(t *testing.T) {
		b := newBench(t)
		b.change = func(s *facts.Snapshot) {
			if s.Settings.Get("GOTMPDIR") != "" {
				return
			}
			for i := range s.Dirs.Folders {
				if f := &s.Dirs.Folders[i]; f.Role == facts.RoleWork {
					f.NoExec = true
				}
			}
		}
		b.mend("tmpdir-noexec")
	})
}

func TestTree(t *testing.T) {
	t.Run("links", func(t *testing.T) {
		b := newBench(t)
		b.write(filepath.Join(b.proj, "lib", "lib.go"), "package lib\n")
		for _, name := range []string{"zz_windows.go", "zz_plan9_test.go", "_zz.go", ".zz.go", "zz.txt", "../.hidden.go", "../testdata.go.bak"} {
			b.must(os.Symlink("/nonexistent/file", filepath.Join(b.proj, "lib", name)))
		}
		b.must(os.MkdirAll(filepath.Join(b.proj, "testdata"), 0o755))
		b.must(os.Symlink("/nonexistent/file", filepath.Join(b.proj, "testdata", "x.go")))
		b.must(os.Symlink("..", filepath.Join(b.proj, "lib", "up")))
		b.want()
		b.must(os.Symlink("/nonexistent/file", filepath.Join(b.proj, "lib", "zz_gen.go")))
		b.mend("gofile-symlink-dangling")
		b.must(os.Remove(filepath.Join(b.proj, "lib", "zz_gen.go")))
		b.must(os.Symlink("zz_gen.go", filepath.Join(b.proj, "lib", "zz_gen.go")))
		b.mend("gofile-symlink-loop")
	})
	t.Run("pipe", func(t *testing.T) {
		b := newBench(t)
		b.must(syscall.Mkfifo(filepath.Join(b.proj, "x.go"), 0o644))
		b.mend("gofile-not-a-file")
	})
	t.Run("git keeps the link", func(t *testing.T) {
		b := newBench(t)
		b.must(os.Symlink("/nonexistent/file", filepath.Join(b.proj, "zz_gen.go")))
		git(t, b.proj, "init", "-q")
		git(t, b.proj, "add", "zz_gen.go")
		b.want("gofile-symlink-dangling")
		for _, fix := range b.diagnose(t.Context(), b.w).Findings[0].Fixes {
			if len(fix.Actions) > 0 {
				t.Errorf("a tracked file would be touched: %s", fix.Title)
			}
		}
	})
	t.Run("copies", func(t *testing.T) {
		b := newBench(t)
		lib := "package lib\n\nfunc Hello() string { return \"hello\" }\n"
		b.write(filepath.Join(b.proj, "lib", "lib.go"), lib)
		b.write(filepath.Join(b.proj, "lib", "other_BASE_7.go"), "package lib\n\nfunc Other() {}\n")
		git(t, b.proj, "init", "-q")
		git(t, b.proj, "add", ".")
		b.want()
		b.write(filepath.Join(b.proj, "lib", "lib_BASE_4999999.go"), lib)
		b.write(filepath.Join(b.proj, "lib", "lib.sync-conflict-20240102-030405-ABCDEFG.go"), "//go:build ignore\n\n"+lib)
		b.mend("mergetool-leftover-files")
		b.must(os.Rename(filepath.Join(b.proj, "lib", "lib_BASE_4999999.go"), filepath.Join(b.proj, "lib", "lib copy.go")))
		b.mend("mergetool-leftover-files")
		git(t, b.proj, "add", ".") // the user's own code from now on
		b.want()
	})
	t.Run("output", func(t *testing.T) {
		b := newBench(t)
		dir := filepath.Join(b.proj, "app")
		b.must(os.Mkdir(dir, 0o755))
		b.mend("output-is-a-directory")
		b.write(filepath.Join(dir, "index.html"), "x")
		b.want() // a common layout
		b.write(filepath.Join(b.proj, ".gitignore"), "# output\n/app\n")
		b.want("output-is-a-directory")
		b.write(filepath.Join(dir, "x.go"), "package app\n")
		b.want()
	})
	t.Run("closed folder", func(t *testing.T) {
		b := newBench(t)
		b.must(os.MkdirAll(filepath.Join(b.proj, "data", "pg"), 0o755))
		b.change = func(s *facts.Snapshot) {
			if data, _ := os.ReadFile(filepath.Join(b.proj, "go.mod")); !strings.Contains(string(data), "\nignore ./data\n") {
				s.Dirs.Tree.Bad = append(s.Dirs.Tree.Bad, facts.BadFile{Path: filepath.Join(b.proj, "data/pg"), Rel: "data/pg", Why: facts.BadFolder, UID: 4242, Tracked: facts.TrackNoRepo, InScope: true, Alone: true})
			}
		}
		b.mend("unreadable-dir-in-tree")
		b.write(filepath.Join(b.proj, "go.mod"), "module example.com/app\n\ngo 1.24\n") // no ignore lines yet
		b.want("unreadable-dir-in-tree")
		for _, fix := range b.diagnose(t.Context(), b.w).Findings[0].Fixes {
			if fix.Risk == diag.Safe {
				t.Errorf("%s", fix.Title)
			}
		}
	})
}

func git(t *testing.T, dir string, args ...string) {
	t.Helper()
	cmd := exec.Command("git", append([]string{"-c", "core.hooksPath=/dev/null"}, args...)...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("git %v: %v\n%s", args, err, out)
	}
}

func TestShouldIgnore(t *testing.T) {
	for _, tc := range []struct {
		pattern, dir string
		want         bool
	}{
		{"./data", "data", true}, {"./data", "data/pg", true}, {"./data", "x/data", false}, {"data", "x/data/y", true}, {"./data", "database", false},
	} {
		if got := shouldIgnore([]string{tc.pattern}, tc.dir); got != tc.want {
			t.Errorf("ignore %s, %s: %t", tc.pattern, tc.dir, got)
		}
	}
}
