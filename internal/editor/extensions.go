package editor

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"strings"

	"github.com/gorescue/gorescue/internal/facts"
)

// goExtension is the extension that starts gopls in the VS Code family.
const goExtension = "golang.go"

// extensions looks at the Go extension in a folder of extensions.
func extensions(dir string) []facts.EditorPlugin {
	if dir == "" || !folder(dir) {
		return nil
	}
	list, _ := listed(dir)
	var out []facts.EditorPlugin
	for _, p := range list {
		if strings.EqualFold(p.ID, goExtension) {
			p.ID = goExtension
			out = append(out, p)
		}
	}
	return out
}

// listed is what extensions.json lists in a folder, what .obsolete marks there for removal, and whether the files of each are there
// (vscode, src/vs/platform/extensionManagement/common/extensionsScannerService.ts). A list that is no JSON is one entry for
// the Go extension, unreadable: none is loaded.
func listed(dir string) (out []facts.EditorPlugin, obsolete map[string]bool) {
	data, _, state := read(filepath.Join(dir, "extensions.json"))
	if state != facts.FileRead {
		return nil, nil
	}
	var list []struct {
		Identifier struct {
			ID string `json:"id"`
		} `json:"identifier"`
		Version          string `json:"version"`
		RelativeLocation string `json:"relativeLocation"`
		Location         struct {
			Path   string `json:"path"`
			FsPath string `json:"fsPath"`
		} `json:"location"`
	}
	if len(bytes.TrimSpace(data)) == 0 { // an empty list; a fault only if there is something to list
		if golang, _ := filepath.Glob(filepath.Join(globbed(dir), goExtension+"-*")); len(golang) == 0 {
			return nil, nil
		}
	}
	if err := json.Unmarshal(data, &list); err != nil {
		return []facts.EditorPlugin{{ID: goExtension, Dir: filepath.Join(dir, "extensions.json"), State: "unreadable"}}, nil
	}
	if data, _, state := read(filepath.Join(dir, ".obsolete")); state == facts.FileRead {
		_ = json.Unmarshal(data, &obsolete) // damaged: nothing is marked
	}
	for _, x := range list {
		p := facts.EditorPlugin{ID: x.Identifier.ID, Version: x.Version, Dir: x.Location.FsPath, State: "ok"}
		if p.Dir == "" {
			p.Dir = x.Location.Path
		}
		if x.RelativeLocation != "" {
			p.Dir = filepath.Join(dir, x.RelativeLocation)
		}
		switch {
		case obsolete[filepath.Base(p.Dir)]:
			p.State = "obsolete"
		case !folder(p.Dir):
			p.State = "missing"
		default:
			p.State = complete(p.Dir)
		}
		out = append(out, p)
	}
	return out, obsolete
}

// complete reports "ok" when an extension's package.json and the file it starts with are there.
func complete(dir string) string {
	data, _, state := read(filepath.Join(dir, "package.json"))
	if state != facts.FileRead {
		return "incomplete"
	}
	var m struct {
		Main string `json:"main"`
	}
	if json.Unmarshal(data, &m) != nil {
		return "incomplete"
	}
	if m.Main != "" && !exists(filepath.Join(dir, m.Main)) && !exists(filepath.Join(dir, m.Main+".js")) {
		return "incomplete"
	}
	return "ok"
}
