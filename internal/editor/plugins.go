package editor

import (
	"bufio"
	"context"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/vscdb"
)

// Extensions lists all that an editor has installed, whether it matters for Go or not: of the VS Code family what extensions.json
// lists, with what is wrong with it, and folders that it does not list ("unlisted"); of others what Read found.
func Extensions(ctx context.Context, w World, e *facts.Editor) []facts.EditorPlugin {
	dir := extensionsDir(w, e)
	if e.Kind != facts.EditorVSCode || !folder(dir) {
		return e.Plugins
	}
	list, obsolete := listed(dir)
	known := map[string]bool{}
	for _, p := range list {
		known[filepath.Base(p.Dir)] = true
	}
	entries, _ := os.ReadDir(dir)
	for _, d := range entries {
		if d.IsDir() && !strings.HasPrefix(d.Name(), ".") && !known[d.Name()] && !obsolete[d.Name()] && exists(filepath.Join(dir, d.Name(), "package.json")) {
			list = append(list, unlisted(filepath.Join(dir, d.Name())))
		}
	}
	values, err := vscdb.Read(ctx, filepath.Join(e.Dir, "User", "globalStorage", "state.vscdb"), disabledKey)
	for i := range list {
		if err == nil && list[i].State == "ok" && lists(values[disabledKey], list[i].ID) {
			list[i].State = "disabled"
		}
	}
	return list
}

// unlisted is an extension whose folder no list names: its installation was interrupted, or the list was made anew.
func unlisted(dir string) facts.EditorPlugin {
	data, _, _ := read(filepath.Join(dir, "package.json"))
	var m struct{ Publisher, Name, Version string }
	if json.Unmarshal(data, &m) != nil || m.Publisher == "" {
		return facts.EditorPlugin{ID: filepath.Base(dir), Dir: dir, State: "incomplete"}
	}
	return facts.EditorPlugin{ID: m.Publisher + "." + m.Name, Version: m.Version, Dir: dir, State: "unlisted"}
}

// Whole reports whether an extension needs no repair: it works, or somebody disabled it.
func Whole(p facts.EditorPlugin) bool { return p.State == "ok" || p.State == "disabled" }

// Reinstall is the editor's own command that installs an extension again, nil when it has none.
func Reinstall(e *facts.Editor, id string) []string {
	switch {
	case e.Kind == facts.EditorVSCode:
		return []string{Command(e), "--install-extension", id, "--force"}
	case e.Kind == facts.EditorJetBrains && strings.HasPrefix(e.Name, "GoLand"):
		return []string{"goland", "installPlugins", id}
	case e.Kind == facts.EditorJetBrains && strings.HasPrefix(e.Name, "IntelliJ"):
		return []string{"idea", "installPlugins", id}
	}
	return nil
}

// Command is the name of an editor's own command line program.
func Command(e *facts.Editor) string {
	if c, ok := map[string]string{"Code": "code", "Code - Insiders": "code-insiders", "Code - OSS": "code-oss", "VSCodium": "codium", "VSCodium - Insiders": "codium-insiders", "Cursor": "cursor", "Windsurf": "windsurf", "code-server": "code-server"}[e.Name]; ok {
		return c
	}
	return "code"
}

// CrashBudget is how many deaths of its extension host within CrashWindow an editor of the VS Code family mends by
// itself; with the next one it stops (vscode, src/vs/workbench/services/extensions/common/abstractExtensionService.ts).
const (
	CrashBudget = 2
	CrashWindow = 5 * time.Minute
)

// HostCrashes counts the deaths of the extension host in the last CrashWindow as the editor's logs tell: starts in one log without a
// goodbye before them. ok is false when there is no log.
func HostCrashes(e *facts.Editor, now time.Time) (n int, ok bool) {
	_ = filepath.WalkDir(filepath.Join(e.Dir, "logs"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() != "exthost.log" && d.Name() != "remoteexthost.log" {
			return nil
		}
		ok = true
		if fi, err := d.Info(); err == nil && now.Sub(fi.ModTime()) < CrashWindow {
			n += crashes(path, now)
		}
		return nil
	})
	return n, ok
}

// crashes reads one log: "2026-01-02 15:04:05.000 [info] Extension host with pid 7 started", "… exiting with code 0".
func crashes(path string, now time.Time) (n int) {
	f, err := os.Open(path)
	if err != nil {
		return 0
	}
	defer f.Close()
	alive := false
	for s := bufio.NewScanner(f); s.Scan(); {
		l := s.Text()
		switch {
		case !strings.Contains(l, "Extension host"):
		case strings.Contains(l, " exiting with code ") || strings.Contains(l, "Extension host terminating"):
			alive = false
		case strings.HasSuffix(l, " started") && strings.Contains(l, "Extension host with pid "):
			at, err := time.ParseInLocation("2006-01-02 15:04:05.000", l[:min(len(l), 23)], now.Location())
			if alive && err == nil && now.Sub(at) < CrashWindow {
				n++
			}
			alive = true
		}
	}
	return n
}
