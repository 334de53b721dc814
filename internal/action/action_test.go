//go:build linux

package action_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gorescue/gorescue/internal/action"
	"github.com/gorescue/gorescue/internal/atomicfile"
	"github.com/gorescue/gorescue/internal/facts"
)

func TestListRoundTrip(t *testing.T) {
	list := action.List{
		&action.Edit{Path: "/a", Create: true, Splices: []facts.Splice{{Offset: 1, Old: "x\n", New: "y"}}},
		&action.Chmod{Files: []string{"/b"}, Add: 0o111},
		&action.Move{From: "/c", To: "/d"},
		&action.Restore{Path: "/e", From: "/f", Sum: "s"},
		&action.Link{Path: "/g", Target: "h"},
		&action.Vendor{Root: "/g", Go: "/h", Cache: "/i", Offline: true, Scratch: "/j"},
		&action.Kick{Process: action.Process{PID: 7, Start: 8}, Name: "go", Signal: action.Continue},
		&action.State{Path: "/g", Key: "k", Value: "v", Why: "w"},
		&action.Relink{Path: "/h", Old: "/i", New: "/j"},
	}
	data, err := json.Marshal(list)
	if err != nil {
		t.Fatal(err)
	}
	var back action.List
	if err := json.Unmarshal(data, &back); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(list, back); d != "" {
		t.Error(d)
	}
	for _, bad := range []string{`[{"do":"format-disk"}]`, `[{"path":"/x"}]`, `[{"do":"move","from":"/a","to":"/b","force":true}]`, `[1]`, `{}`} {
		if err := json.Unmarshal([]byte(bad), &back); err == nil {
			t.Errorf("%s was accepted", bad)
		}
	}
}

// TestLink: a link is made with the folders above it, never over what is there.
func TestLink(t *testing.T) {
	dir := t.TempDir()
	l := &action.Link{Path: filepath.Join(dir, "a", "b"), Target: "../c"}
	sys := action.Real{Change: "x"}
	if err := errors.Join(l.Apply(context.Background(), sys), l.Verify(context.Background(), sys)); err != nil {
		t.Fatal(err)
	}
	if to, err := os.Readlink(l.Path); err != nil || to != "../c" {
		t.Errorf("%q %v", to, err)
	}
	if err := l.Apply(context.Background(), sys); err == nil {
		t.Error("made over what is there")
	}
	if err := (&action.Link{Path: l.Path, Target: "d"}).Verify(context.Background(), sys); err == nil {
		t.Error("another link verifies")
	}
}

func FuzzList(f *testing.F) {
	f.Add([]byte(`[{"do":"edit","path":"/a","splices":[{"offset":0,"old":"","new":"x"}]}]`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var l action.List
		if json.Unmarshal(data, &l) != nil {
			return
		}
		if _, err := json.Marshal(l); err != nil {
			t.Error(err)
		}
	})
}

func TestSpliced(t *testing.T) {
	for _, tc := range []struct {
		splices []facts.Splice
		want    string // "" = refused
	}{
		{[]facts.Splice{{Offset: 4, Old: "two\n"}}, "one\nthree\n"},
		{[]facts.Splice{{Offset: 0, Old: "one", New: "1"}, {Offset: 14, New: "four\n"}}, "1\ntwo\nthree\nfour\n"},
		{[]facts.Splice{{Offset: 4, Old: "TWO"}}, ""},
		{[]facts.Splice{{Offset: 99, New: "x"}}, ""},
		{[]facts.Splice{{Offset: -1, New: "x"}}, ""},
		{[]facts.Splice{{Offset: 4, Old: "two"}, {Offset: 5, Old: "wo"}}, ""},
	} {
		got, err := action.Spliced([]byte("one\ntwo\nthree\n"), tc.splices)
		if (err != nil) != (tc.want == "") || string(got) != tc.want {
			t.Errorf("%+v: %q, %v", tc.splices, got, err)
		}
	}
}

// TestEditKeepsLinks edits through a link, as dotfile managers use: the link stays, its target changes.
func TestEditKeepsLinks(t *testing.T) {
	dir := t.TempDir()
	target, link := filepath.Join(dir, "dotfiles", "profile"), filepath.Join(dir, ".profile")
	if err := os.Mkdir(filepath.Dir(target), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(target, []byte("a\nb\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("dotfiles/profile", link); err != nil {
		t.Fatal(err)
	}
	e := &action.Edit{Path: link, Splices: []facts.Splice{{Offset: 0, Old: "a\n"}}}
	sys := action.Real{Change: "t"}
	if err := e.Apply(t.Context(), sys); err != nil {
		t.Fatal(err)
	}
	if err := e.Verify(t.Context(), sys); err != nil {
		t.Fatal(err)
	}
	data, _ := os.ReadFile(target)
	fi, _ := os.Lstat(link)
	if string(data) != "b\n" || fi.Mode()&os.ModeSymlink == 0 {
		t.Errorf("%q, %v", data, fi.Mode())
	}
}

func TestDryRunTouchesNothing(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "f")
	if err := os.WriteFile(file, []byte("a\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	dry := action.NewDryRun()
	for _, a := range []action.Action{
		&action.Edit{Path: file, Splices: []facts.Splice{{Offset: 0, Old: "a"}}},
		&action.Edit{Path: file, Splices: []facts.Splice{{Offset: 0, Old: "\n", New: "b\n"}}},
		&action.Move{From: file, To: filepath.Join(dir, "new", "g")},
		&action.Edit{Path: filepath.Join(dir, "x", "y"), Create: true, Splices: []facts.Splice{{New: "z"}}},
	} {
		if err := a.Apply(t.Context(), dry); err != nil {
			t.Fatalf("%s: %v", a.Describe(), err)
		}
		if err := a.Verify(t.Context(), dry); err != nil {
			t.Errorf("%s: %v", a.Describe(), err)
		}
	}
	if im, _ := dry.Look(filepath.Join(dir, "new", "g")); string(im.Data) != "b\n" {
		t.Errorf("%q", im.Data)
	}
	if im, _ := dry.Look(file); im.Kind != atomicfile.Absent {
		t.Errorf("%+v", im)
	}
	data, _ := os.ReadFile(file)
	left, _ := os.ReadDir(dir)
	if string(data) != "a\n" || len(left) != 1 {
		t.Errorf("%q, %v", data, left)
	}
}

func TestKickHitsOnlyItsProcess(t *testing.T) {
	cmd := exec.Command("sleep", "60")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}()
	sys := action.Real{}
	wrong := &action.Kick{Process: action.Process{PID: cmd.Process.Pid, Start: 1}, Signal: action.Stop}
	if err := wrong.Apply(t.Context(), sys); err == nil || !strings.Contains(err.Error(), "another process") {
		t.Fatalf("a process with another start time: %v", err)
	}
	gone := exec.Command("true")
	if err := gone.Run(); err != nil {
		t.Fatal(err)
	}
	end := &action.Kick{Process: action.Process{PID: gone.Process.Pid, Start: 1}, Signal: action.Terminate}
	if err := errors.Join(end.Apply(t.Context(), sys), end.Verify(t.Context(), sys)); err != nil {
		t.Errorf("a process that is gone already: %v", err)
	}
	if err := sys.Signal(action.Process{PID: cmd.Process.Pid}, "KILL"); err == nil {
		t.Error("SIGKILL was sent")
	}
}
