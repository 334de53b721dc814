package editor

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/proc"
)

// programs are the names that the kernel shows for the processes of an editor.
func programs(e *facts.Editor) []string {
	switch e.Kind {
	case facts.EditorVSCode:
		return map[string][]string{
			"Code": {"code", "Code"}, "Code - Insiders": {"code-insiders"}, "Code - OSS": {"code-oss"}, "VSCodium": {"codium", "VSCodium"},
			"Cursor": {"cursor", "Cursor"}, "Windsurf": {"windsurf"}, "code-server": {"code-server"},
		}[e.Name]
	case facts.EditorJetBrains:
		return []string{"goland", "goland.sh", "idea", "idea.sh"}
	case facts.EditorNeovim:
		return []string{"nvim"}
	case facts.EditorVim:
		return []string{"vim"}
	case facts.EditorHelix:
		return []string{"hx", "helix"}
	case facts.EditorEmacs:
		return []string{"emacs"}
	case facts.EditorZed:
		return []string{"zed", "zed-editor"}
	}
	return nil
}

// server reports whether an editor is one that runs in Node.js.
func server(e *facts.Editor) bool {
	return e.Kind == facts.EditorVSCode && (e.Name == "code-server" || strings.HasSuffix(filepath.Base(filepath.Dir(e.Dir)), "-server"))
}

// maxRunning bounds how many processes of one editor are kept.
const maxRunning = 5

// running lists processes of this user that are the editor.
func running(e *facts.Editor) []facts.Proc {
	names := programs(e)
	table, err := proc.Processes()
	if err != nil || names == nil && !server(e) {
		return nil
	}
	var out []facts.Proc
	for _, pid := range table.Pids() {
		p, _ := table.Get(pid)
		if (slices.Contains(names, p.Comm) || server(e) && p.Comm == "node") && len(out) < maxRunning {
			if full, ok := proc.Get(pid); ok && (p.Comm != "node" || strings.Contains(full.Command, "/"+e.Name+"/") || strings.Contains(full.Command, "/."+e.Name+"/")) {
				out = append(out, full)
			}
		}
	}
	return out
}
