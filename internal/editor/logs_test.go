package editor

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/gorescue/gorescue/internal/action"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/jsonc"
)

func TestComplaints(t *testing.T) {
	dir := t.TempDir()
	now := time.Now()
	old, recent := now.Add(-2*time.Hour).Format("2006-01-02 15:04:05.000"), now.Add(-time.Minute).Format("2006-01-02 15:04:05.000")
	for name, text := range map[string]string{
		"logs/20260101T000000/main.log":             recent + " [error] [File Watcher] Inotify limit reached (ENOSPC)\n",
		"logs/20260102T000000/main.log":             old + " [error] [File Watcher] Inotify limit reached (ENOSPC)\n" + recent + " [info] watching files\n" + recent + " [error] no space left on device, write\n",
		"logs/20260102T000000/window1/renderer.log": recent + " [error] [File Watcher (universal)] Error: ENOSPC: System limit for number of file watchers reached, watch '/w'\nEMFILE: too many open files, watch '/x'\n",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got := Complaints(sessionLogs(dir), time.Hour, AboutWatching)
	if len(got) != 2 || got[0].Line != 1 || got[1].Line != 2 || filepath.Base(got[0].File) != "renderer.log" {
		t.Errorf("got %+v", got)
	}
	if got := Complaints(sessionLogs(dir), time.Nanosecond, AboutWatching); len(got) != 0 {
		t.Errorf("older than the editor: %+v", got)
	}
}

func TestExcludeWatches(t *testing.T) {
	folders := []facts.TreeFolder{{Path: "out"}, {Path: "web/a b"}}
	for name, text := range map[string]string{
		"none": "", "empty": "{}", "other": "{\n  // mine\n  \"editor.fontSize\": 13\n}\n",
		"some": "{\"files.watcherExclude\": {\n  \"**/.git/**\": true\n}}", "empty object": "{\"files.watcherExclude\": {}}",
	} {
		e := facts.Editor{Kind: facts.EditorVSCode, Name: "Code", Dir: t.TempDir()}
		path := filepath.Join(e.Dir, "User", "settings.json")
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if name != "none" {
			if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
			f, doc := settingsFile(path, "user")
			e.Files, e.Values = []facts.EditorFile{f}, values(doc, 0)
		}
		set := ExcludeWatches(&e, "/w", folders)
		if set == nil {
			t.Fatalf("%s: no edit", name)
		}
		after, err := action.Spliced([]byte(text), set.Splices)
		if err != nil {
			t.Fatal(err)
		}
		doc := jsonc.Parse(after)
		if len(doc.Errors) > 0 {
			t.Fatalf("%s: %s: %v", name, after, doc.Errors)
		}
		e.Values = values(doc, 0)
		for _, f := range folders {
			if !WatchExcluded(&e, "/w", f.Path) {
				t.Errorf("%s: %s is still watched after\n%s", name, f.Path, after)
			}
		}
		if WatchExcluded(&e, "/w", "src") || WatchExcluded(&e, "/v", "out") {
			t.Errorf("%s: too much is left out by\n%s", name, after)
		}
	}
	broken := facts.Editor{Kind: facts.EditorVSCode, Files: []facts.EditorFile{{Path: "User/settings.json", State: facts.FileRead, Errors: []facts.SettingsError{{}}}}}
	if ExcludeWatches(&broken, "/w", folders) != nil || ExcludeWatches(&facts.Editor{Kind: facts.EditorNeovim}, "/w", folders) != nil {
		t.Error("settings that cannot be edited are edited")
	}
}

func TestCovers(t *testing.T) {
	for pattern, want := range map[string]bool{
		"**/out/**": true, "**/out/*/**": true, "web/out/**": true, "/w/web/out/**": true, "/w/web/**": true, "**/o*t/**": true,
		"out/**": false, "/v/web/out/**": false, "**/**": false, "/**": false, "**/out": false, "": false, "[/**": false,
	} {
		if got := covers(pattern, "/w", "web/out"); got != want {
			t.Errorf("covers(%q) = %t", pattern, got)
		}
	}
}
