package env

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
)

// TestGoenvFile: each damage of the go env file is found, repaired so that exactly the right bytes stand there, and taken back.
func TestGoenvFile(t *testing.T) {
	const sound = "GOFLAGS=-tags=corp\nGOPRIVATE=corp.example\n"
	wide := "\xff\xfe" // UTF-16, little end first
	for _, r := range strings.ReplaceAll(sound, "\n", "\r\n") {
		wide += string([]byte{byte(r), 0})
	}
	for _, c := range []struct {
		name, id   string
		data, copy string
		want       string
	}{
		{"mark", "goenv-bom", "\ufeff" + sound, "", sound},
		{"zeros", "goenv-zero-filled", strings.Repeat("\x00", len(sound)), sound, sound},
		{"half zeros", "goenv-zero-filled", "GOFLAGS=-v\n" + strings.Repeat("\x00", 20), sound, sound},
		{"wide", "goenv-utf16", wide, "", sound},
		{"wide and cut", "goenv-utf16", wide[:len(wide)-1], sound, sound},
		{"returns", "goenv-crlf", "# mine\r\nGOPRIVATE=corp.example\r\nGOFLAGS=-v\r\n", "", "# mine\nGOPRIVATE=corp.example\nGOFLAGS=-v\n"},
		{"returns in a word", "goenv-crlf", "GO111MODULE=on\r\n", "", "GO111MODULE=on\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t)
			b.goenv(c.data)
			if c.copy != "" {
				b.write(b.env()+"~", c.copy)
			}
			b.mend(c.id)
			if got := b.said(b.env()); got != c.want {
				t.Errorf("the file has %q, want %q", got, c.want)
			}
		})
	}
	t.Run("zeros without a copy", func(t *testing.T) {
		b := newBench(t)
		b.goenv("\x00\x00\x00")
		b.want("goenv-zero-filled")
		if fix := b.diagnose(t.Context(), b.w).Findings[0].Fixes; len(fix) != 1 || fix[0].Risk != diag.Manual {
			t.Errorf("fixes: %+v", fix)
		}
	})
	t.Run("a copy that lacks a setting is not put back", func(t *testing.T) {
		b := newBench(t)
		b.goenv("GOBIN=/b\x00\nGOFLAGS=-v\n")
		b.write(b.env()+"~", "GOPRIVATE=x\n")
		b.want("goenv-zero-filled")
		if fix := b.diagnose(t.Context(), b.w).Findings[0].Fixes; len(fix) != 1 || fix[0].Risk != diag.Manual {
			t.Errorf("fixes: %+v", fix)
		}
	})
}

// TestGoenvUnreadable judges made-up facts, since the test may run as root, whom no mode keeps out; the repair
// is a real one.
func TestGoenvUnreadable(t *testing.T) {
	b := newBench(t)
	b.goenv("GOPRIVATE=x\n")
	if err := os.Chmod(b.env(), 0); err != nil {
		t.Fatal(err)
	}
	b.change = func(s *facts.Snapshot) {
		f := &s.Settings.File
		if f.Mode&0o400 == 0 {
			*f = facts.EnvFile{Path: f.Path, State: facts.FileUnreadable, Err: "permission denied", Mode: f.Mode, UID: os.Getuid()}
		}
	}
	b.mend("goenv-unreadable")

	b = newBench(t)
	b.change = func(s *facts.Snapshot) {
		s.Settings.File = facts.EnvFile{Path: "/x", State: facts.FileUnreadable, Err: "permission denied", UID: s.Host.UID + 1}
	}
	b.want("goenv-unreadable")
	if fix := b.diagnose(t.Context(), b.w).Findings[0].Fixes; len(fix) != 1 || fix[0].Risk != diag.Manual || !strings.Contains(fix[0].Shell, "chown") {
		t.Errorf("a file of somebody else: %+v", fix)
	}
	b.change = func(s *facts.Snapshot) {
		s.Settings.File = facts.EnvFile{Path: "/x/env", State: facts.FileUnreadable, UID: -1, Closed: &facts.ClosedFolder{Path: "/x", UID: s.Host.UID}}
	}
	if fix := b.diagnose(t.Context(), b.w).Findings[0].Fixes; len(fix) != 1 || fix[0].Risk != diag.Safe || fix[0].Actions[0].Paths()[0] != "/x" {
		t.Errorf("a closed folder: %+v", fix)
	}
}

func TestGoenvPlace(t *testing.T) {
	moved := func(b *bench) string {
		b.goenv("GOPRIVATE=corp.example\nGOFLAGS=-v\n")
		dir := filepath.Join(b.home, ".xdg")
		b.export("XDG_CONFIG_HOME", dir)
		return dir
	}
	t.Run("a new folder", func(t *testing.T) {
		b := newBench(t)
		moved(b)
		b.mend("xdg-config-home-moved")
		if got := b.said(filepath.Join(b.home, ".profile")); got != ownLines {
			t.Errorf("the profile has %q", got)
		}
	})
	t.Run("a folder that others use", func(t *testing.T) {
		b := newBench(t)
		dir := moved(b)
		b.write(filepath.Join(dir, "git/config"), "")
		b.mend("xdg-config-home-moved")
		if got := b.said(filepath.Join(dir, "go/env")); got != "GOPRIVATE=corp.example\nGOFLAGS=-v\n" {
			t.Errorf("the new file has %q", got)
		}
	})
	t.Run("a relative folder", func(t *testing.T) {
		b := newBench(t)
		b.goenv("GOPRIVATE=x\n")
		b.export("XDG_CONFIG_HOME", "cfg")
		b.mend("xdg-config-home-moved")
	})
	t.Run("GOENV", func(t *testing.T) {
		b := newBench(t)
		b.goenv("GOPRIVATE=x\n")
		b.export("GOENV", "/no/where/env")
		b.mend("goenv-points-elsewhere")
	})
	t.Run("a folder in its place", func(t *testing.T) {
		b := newBench(t)
		b.export("GOENV", b.home)
		b.mend("goenv-not-a-file")
	})
	t.Run("a folder in the usual place", func(t *testing.T) {
		b := newBench(t)
		b.write(filepath.Join(b.env(), "x"), "")
		b.want("goenv-not-a-file")
	})
}

func TestHome(t *testing.T) {
	for name, c := range map[string]struct {
		vars map[string]string
		want bool
	}{
		"nothing":                {nil, true},
		"build cache only":       {map[string]string{"GOCACHE": "/c"}, true},
		"modules only":           {map[string]string{"GOPATH": "/g"}, true},
		"XDG_CACHE_HOME, GOPATH": {map[string]string{"XDG_CACHE_HOME": "/c", "GOMODCACHE": "/m"}, false},
	} {
		b := newBench(t)
		b.require()
		b.w.Vars = map[string]string{"PATH": b.w.Vars["PATH"]}
		for k, v := range c.vars {
			b.w.Vars[k] = v
		}
		if got := len(b.roots()) == 1; got != c.want {
			t.Errorf("%s: found %v", name, b.roots())
		}
	}
	t.Run("service", func(t *testing.T) {
		b := newBench(t)
		b.require()
		file := b.write(filepath.Join(b.proj, "..", "service.env"), "LANG=C\nAPP_MODE=ci\nGOCACHE=/c")
		b.w.Vars = map[string]string{"PATH": b.w.Vars["PATH"], "LANG": "C", "APP_MODE": "ci", "GOCACHE": "/c"}
		b.change = func(s *facts.Snapshot) { s.Host.HomeSession = b.home }
		b.mend("home-unset-service")
		if got := b.said(file); got != "LANG=C\nAPP_MODE=ci\nGOCACHE=/c\nHOME="+b.home+"\n" {
			t.Errorf("the file of the service has %q", got)
		}
	})
	t.Run("Go in ~/go", func(t *testing.T) {
		b := newBench(t)
		b.require()
		b.w.Vars["GOROOT"] = filepath.Join(b.home, "go")
		b.mend("gopath-default-is-goroot")
		if got := b.said(b.env()); got != "GOPATH="+b.home+"/gopath\n" {
			t.Errorf("the go env file has %q", got)
		}
	})
}
