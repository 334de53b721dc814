package action_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/gorescue/gorescue/internal/action"
)

// TestRelink changes a link, never what it leads to, and refuses when it leads elsewhere by now.
func TestRelink(t *testing.T) {
	dir := t.TempDir()
	link := filepath.Join(dir, "gopls")
	if err := os.Symlink("/old", link); err != nil {
		t.Fatal(err)
	}
	r := &action.Relink{Path: link, Old: "/old", New: "/new"}
	if err := r.Apply(context.Background(), action.Real{Change: "x"}); err != nil {
		t.Fatal(err)
	}
	if to, _ := os.Readlink(link); to != "/new" || r.Verify(context.Background(), action.Real{}) != nil {
		t.Fatal(to)
	}
	if err := r.Apply(context.Background(), action.Real{Change: "x"}); err == nil {
		t.Error("a link that leads elsewhere was changed")
	}
}

// TestState changes one key of a database that sqlite3 made; sqlite3 judges the result.
func TestState(t *testing.T) {
	file := filepath.Join(t.TempDir(), "state.vscdb")
	ask := func(script string) string {
		out, err := exec.Command("sqlite3", file, script).CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		return string(out)
	}
	ask("CREATE TABLE ItemTable (key TEXT UNIQUE ON CONFLICT REPLACE, value BLOB); INSERT INTO ItemTable VALUES('a','1'),('b','2')")
	s := &action.State{Path: file, Key: "a", Value: "3"}
	if err := s.Apply(context.Background(), action.Real{Change: "x"}); err != nil {
		t.Fatal(err)
	}
	if got := ask("PRAGMA integrity_check; SELECT key || value FROM ItemTable ORDER BY key"); got != "ok\na3\nb2\n" {
		t.Fatal(got)
	}
	if err := s.Verify(context.Background(), action.Real{}); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte("no database"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := s.Apply(context.Background(), action.Real{Change: "x"}); err == nil {
		t.Error("a damaged database was changed")
	}
}
