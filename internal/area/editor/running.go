package editor

import (
	"slices"

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

// maxRunning bounds how many processes of one editor are kept.
const maxRunning = 5

// running lists processes of this user that are the editor.
func running(e *facts.Editor) []facts.Proc {
	names := programs(e)
	table, err := proc.Processes()
	if err != nil || names == nil {
		return nil
	}
	var out []facts.Proc
	for _, pid := range table.Pids() {
		p, _ := table.Get(pid)
		if slices.Contains(names, p.Comm) && len(out) < maxRunning {
			if full, ok := proc.Get(pid); ok {
				out = append(out, full)
			}
		}
	}
	return out
}
