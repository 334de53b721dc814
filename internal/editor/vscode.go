package editor

import (
	"context"
	"encoding/json"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/jsonc"
)

// vscode is VS Code and what is built from it.
type vscode struct{}

// product is one member of the family: the name of its settings folder and the dot folder of its extensions.
type product struct{ name, dot string }

func products() []product {
	return []product{
		{"Code", ".vscode"}, {"Code - Insiders", ".vscode-insiders"}, {"Code - OSS", ".vscode-oss"}, {"VSCodium", ".vscode-oss"},
		{"VSCodium - Insiders", ".vscodium-insiders"}, {"Cursor", ".cursor"}, {"Windsurf", ".windsurf"},
	}
}

// servers are the folders of remote servers below the home folder; settings lie in data/Machine.
func servers() []string {
	return []string{".vscode-server", ".vscode-server-insiders", ".vscode-server-oss", ".vscode-remote", ".vscodium-server", ".cursor-server", ".windsurf-server"}
}

// base is the folder in which desktop products keep their settings
// (vscode, src/vs/platform/environment/node/userDataPath.ts).
func base(w World) string {
	if dir := w.Get("VSCODE_APPDATA"); filepath.IsAbs(dir) {
		return dir
	}
	switch runtime.GOOS {
	case "darwin":
		return w.home("Library", "Application Support")
	case "windows":
		return w.Get("APPDATA")
	}
	return w.config()
}

// Find looks for the settings folders of every product, of code-server, and of remote servers.
func (vscode) Find(w World) []facts.Editor {
	var out []facts.Editor
	add := func(name, dir, proof string) {
		if dir != "" && filepath.IsAbs(dir) && folder(proof) {
			out = append(out, facts.Editor{Kind: facts.EditorVSCode, Name: name, Dir: dir})
		}
	}
	if b := base(w); b != "" {
		for _, p := range products() {
			dir := filepath.Join(b, p.name)
			if portable := w.Get("VSCODE_PORTABLE"); p.name == "Code" && filepath.IsAbs(portable) {
				dir = filepath.Join(portable, "user-data")
			}
			add(p.name, dir, filepath.Join(dir, "User"))
		}
	}
	if dir := w.data("code-server"); dir != "" {
		add("code-server", dir, filepath.Join(dir, "User"))
	}
	for _, s := range servers() {
		if dir := w.home(s); dir != "" {
			add(strings.TrimPrefix(s, "."), filepath.Join(dir, "data"), filepath.Join(dir, "data"))
		}
	}
	return out
}

// remote reports whether an editor is the server part of another machine's editor.
func remote(e *facts.Editor) bool { return slices.Contains(servers(), "."+e.Name) }

// extensionsDir is where an editor has its extensions.
func extensionsDir(w World, e *facts.Editor) string {
	switch {
	case e.Name == "code-server":
		return filepath.Join(e.Dir, "extensions")
	case remote(e):
		return filepath.Join(filepath.Dir(e.Dir), "extensions")
	}
	if portable := w.Get("VSCODE_PORTABLE"); e.Name == "Code" && filepath.IsAbs(portable) {
		return filepath.Join(portable, "extensions")
	}
	for _, p := range products() {
		if p.name == e.Name {
			return w.home(p.dot, "extensions")
		}
	}
	return ""
}

// Read reads the layers, the weakest first: user (or the profile that is chosen for this folder), machine,
// workspace.
func (vscode) Read(ctx context.Context, w World, e *facts.Editor) {
	user := filepath.Join(e.Dir, "User")
	layers := []struct{ path, layer string }{{filepath.Join(user, "settings.json"), "user"}}
	if p := profile(w, user); p != "" {
		layers[0].path, layers[0].layer = filepath.Join(user, "profiles", p, "settings.json"), "profile"
	}
	if machine := filepath.Join(e.Dir, "Machine", "settings.json"); exists(machine) {
		layers = append(layers, struct{ path, layer string }{machine, "machine"})
	}
	layers = append(layers, struct{ path, layer string }{filepath.Join(w.Root, ".vscode", "settings.json"), "workspace"})
	for _, l := range layers {
		f, doc := settingsFile(l.path, l.layer)
		if f.State == facts.FileMissing {
			continue
		}
		if l.layer == "workspace" {
			f.Tracked = mayBeTracked(w.Root, "settings.json")
		}
		e.Files = append(e.Files, f)
		e.Values = append(e.Values, values(doc, len(e.Files)-1)...)
	}
	multi, _ := filepath.Glob(filepath.Join(globbed(w.Root), "*.code-workspace"))
	for _, path := range multi[:min(len(multi), maxMulti)] { // whether one is opened, and so its settings count, is not known: its text is judged alone
		f, _ := settingsFile(path, "workspace-file")
		f.Tracked = mayBeTracked(w.Root, filepath.Base(path))
		e.Files = append(e.Files, f)
	}
	beat(e.Values)
	e.Plugins = extensions(extensionsDir(w, e))
	e.State = state(ctx, w, e, user)
	vars := environment(w, e)
	e.Start = start(w, e, vars)
	setTool(e)
	e.Env = namedVars(w, e, vars)
	e.Hidden = hidden(ctx, w, e)
	e.Tags = tags(ctx, w, e)
	e.Logs = sessionLogs(e.Dir)
}

// maxMulti bounds how many *.code-workspace files of a folder are read.
const maxMulti = 5

// globbed is a path with the signs escaped that filepath.Glob gives a meaning.
func globbed(path string) string {
	return strings.NewReplacer("*", `\*`, "?", `\?`, "[", `\[`).Replace(path)
}

// profile is the profile that is associated with the folder, "" = the default one
// (vscode, src/vs/platform/userDataProfile/common/userDataProfile.ts).
func profile(w World, user string) string {
	data, _, _ := read(filepath.Join(user, "globalStorage", "storage.json"))
	var s struct {
		Assoc struct {
			Workspaces map[string]string `json:"workspaces"`
		} `json:"profileAssociations"`
		Profiles []struct {
			Location string          `json:"location"`
			Flags    map[string]bool `json:"useDefaultFlags"`
		} `json:"userDataProfiles"`
	}
	if json.Unmarshal(data, &s) != nil {
		return ""
	}
	id := ""
	for folder, profile := range s.Assoc.Workspaces { // a URI: blanks and other letters are escaped
		if isFolder(folder, w.Root) {
			id = profile
		}
	}
	for _, p := range s.Profiles {
		if id != "" && p.Location == id && filepath.Base(id) == id && !p.Flags["settings"] {
			return id
		}
	}
	return ""
}

// Get returns the value in force of a setting; nil when it is set nowhere.
func Get(e *facts.Editor, key, sub string) *facts.EditorValue {
	for i := range e.Values {
		if v := &e.Values[i]; v.Key == key && v.Sub == sub && !v.Beaten {
			return v
		}
	}
	return nil
}

// Text is the value in force as a string, "" when it is none.
func Text(e *facts.Editor, key, sub string) string {
	var s string
	if v := Get(e, key, sub); v != nil && json.Unmarshal([]byte(v.JSON), &s) == nil {
		return s
	}
	return ""
}

// List is the value in force as a list of strings; nil when it is none.
func List(e *facts.Editor, key, sub string) []string {
	v := Get(e, key, sub)
	if v == nil {
		return nil
	}
	doc := jsonc.Parse([]byte(v.JSON))
	if doc.Root == nil || doc.Root.Kind != jsonc.Array {
		return nil
	}
	out := []string{}
	for _, it := range doc.Root.Items {
		if it.Kind == jsonc.String {
			out = append(out, it.Text)
		}
	}
	return out
}

// setTool fills Set: go.alternateTools.gopls of the user's settings (of the machine's, on a remote server).
func setTool(e *facts.Editor) {
	path, at := userFile(e)
	const value = `"` + Place + `"`
	whole := "{\n  \"go.alternateTools\": {\n    \"gopls\": " + value + "\n  }\n}\n"
	set := &facts.EditorSet{Path: path, Create: at < 0}
	if at < 0 {
		set.Splices = []facts.Splice{{New: whole}}
		e.Start.Set = set
		return
	}
	if f := e.Files[at]; f.State != facts.FileRead || f.Encoding != "" || len(f.Errors) > 0 {
		e.Start.Hand = path + " cannot be edited as it is: repair it first (gorescue fix)"
		return
	}
	data, _, _ := read(path)
	doc := jsonc.Parse(data)
	tools := doc.Find("go.alternateTools")
	switch {
	case doc.Root == nil:
		set.Splices = []facts.Splice{{Offset: len(data), New: whole}}
	case doc.Root.Kind != jsonc.Object || len(doc.Errors) > 0:
		e.Start.Hand = path + " holds no object of settings"
		return
	case tools.Get("gopls") != nil:
		set.Splices = []facts.Splice{doc.Replace(tools.Get("gopls"), value)}
	case tools != nil && tools.Kind == jsonc.Object:
		set.Splices = doc.Add(tools, "gopls", value)
	default:
		set.Splices = doc.Add(doc.Root, "go.alternateTools", `{ "gopls": `+value+` }`)
	}
	e.Start.Set = set
}
