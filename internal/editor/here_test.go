package editor_test

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"

	_ "modernc.org/sqlite" // the format of the database

	"github.com/gorescue/gorescue/internal/editor"
	"github.com/gorescue/gorescue/internal/facts"
)

// database makes a state database with one key.
func database(t *testing.T, path, key, value string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, q := range []string{"CREATE TABLE IF NOT EXISTS ItemTable (key TEXT UNIQUE ON CONFLICT REPLACE, value BLOB)", "INSERT INTO ItemTable VALUES ('" + key + "', '" + value + "')"} {
		if _, err := db.Exec(q); err != nil {
			t.Fatal(err)
		}
	}
}

// TestDisabledHere: what a workspace says of the extension beats what holds everywhere.
func TestDisabledHere(t *testing.T) {
	const golang = `[{"id":"golang.go"}]`
	for name, c := range map[string]struct {
		everywhere, here string // key of the list that names it
		disabled, by     bool
	}{
		"nothing":           {"", "", false, false},
		"everywhere":        {"disabled", "", true, false},
		"here":              {"", "disabled", true, true},
		"but enabled here":  {"disabled", "enabled", false, false},
		"enabled here only": {"", "enabled", false, false},
	} {
		t.Run(name, func(t *testing.T) {
			home := t.TempDir()
			root := filepath.Join(home, "my proj")
			user := filepath.Join(home, ".config", "Code", "User")
			write(t, filepath.Join(user, "workspaceStorage", "a", "workspace.json"), `{"folder":"file://`+strings.ReplaceAll(root, " ", "%20")+`"}`)
			write(t, filepath.Join(user, "workspaceStorage", "b", "workspace.json"), `{"folder":"file:///elsewhere"}`)
			database(t, filepath.Join(user, "workspaceStorage", "b", "state.vscdb"), "extensionsIdentifiers/disabled", golang)
			if c.everywhere != "" {
				database(t, filepath.Join(user, "globalStorage", "state.vscdb"), "extensionsIdentifiers/"+c.everywhere, golang)
			}
			if c.here != "" {
				database(t, filepath.Join(user, "workspaceStorage", "a", "state.vscdb"), "extensionsIdentifiers/"+c.here, golang)
			}
			e := editor.Look(context.Background(), editor.World{Dir: root, Root: root, Vars: map[string]string{"HOME": home}}).List[0]
			if st := e.State; (st != nil && st.Disabled) != c.disabled || c.by != (st != nil && st.Here != "") {
				t.Errorf("%+v", st)
			}
		})
	}
}

// TestEmptyList: an empty extensions.json is a fault only where the Go extension stands beside it.
func TestEmptyList(t *testing.T) {
	home := t.TempDir()
	dir := filepath.Join(home, ".vscode", "extensions")
	write(t, filepath.Join(home, ".config", "Code", "User", "settings.json"), "{}")
	write(t, filepath.Join(dir, "extensions.json"), "\n")
	w := editor.World{Dir: home, Root: home, Vars: map[string]string{"HOME": home}}
	if e := editor.Look(context.Background(), w).List[0]; len(e.Plugins) > 0 {
		t.Errorf("%+v", e.Plugins)
	}
	write(t, filepath.Join(dir, "golang.go-1.0.0", "package.json"), "{}")
	if e := editor.Look(context.Background(), w).List[0]; len(e.Plugins) != 1 || e.Plugins[0].State != "unreadable" {
		t.Errorf("%+v", e.Plugins)
	}
}

// TestTracked: only a file that git may have is shared with others.
func TestTracked(t *testing.T) {
	home := t.TempDir()
	root := filepath.Join(home, "p")
	write(t, filepath.Join(home, ".config", "Code", "User", "settings.json"), "{}")
	write(t, filepath.Join(root, ".vscode", "settings.json"), "{}")
	for index, want := range map[string]bool{"": false, "DIRCgo.mod\x00": false, "DIRC.vscode/settings.json\x00": true} {
		write(t, filepath.Join(root, ".git", "index"), index)
		e := editor.Look(context.Background(), editor.World{Dir: root, Root: root, Vars: map[string]string{"HOME": home}}).List[0]
		if f := e.Files[1]; f.Layer != "workspace" || f.Tracked != want {
			t.Errorf("%q: %+v", index, f)
		}
	}
}

// TestTagOfTests: a tag that only a test file asks for is meant.
func TestTagOfTests(t *testing.T) {
	home := t.TempDir()
	write(t, filepath.Join(home, ".config", "Code", "User", "settings.json"), `{"go.buildTags": "it"}`)
	root := filepath.Join(home, "p")
	write(t, filepath.Join(root, "stub.go"), "//go:build !it\n\npackage p\n\nfunc Conn() int { return 0 }\n")
	write(t, filepath.Join(root, "use.go"), "package p\n\nvar X = Conn()\n")
	look := func() facts.Editor {
		return editor.Look(context.Background(), editor.World{Dir: root, Root: root, Vars: map[string]string{"HOME": home}}).List[0]
	}
	if e := look(); e.Tags == nil || e.Tags.Name != "Conn" {
		t.Errorf("%+v", e.Tags)
	}
	write(t, filepath.Join(root, "conn_test.go"), "//go:build it\n\npackage p\n\nfunc Conn() int { return 1 }\n")
	if e := look(); e.Tags != nil && e.Tags.Hidden != "" {
		t.Errorf("%+v", e.Tags)
	}
}
