package editor

import (
	"bytes"
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"golang.org/x/mod/semver"

	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/jsonc"
	"github.com/gorescue/gorescue/internal/lazyre"
)

// scripted is an editor whose settings are a program of its own language (Lua, Vim script, Emacs Lisp). It
// is counted only when its files speak of Go and a language server; nothing of them is run. gopls is the
// first one in the folders that it puts before PATH, then in PATH, unless the files name one.
type scripted struct {
	kind  facts.EditorKind
	name  string
	files func(World) []string // settings files and folders
	first func(World) []string // folders searched before PATH
	log   func(World) string
}

func nvim() Adapter {
	return scripted{kind: facts.EditorNeovim, name: "Neovim",
		files: func(w World) []string {
			return []string{w.config("nvim", "init.lua"), w.config("nvim", "init.vim"), w.config("nvim", "lua"), w.config("nvim", "after"), w.config("nvim", "lsp"), w.config("nvim", "coc-settings.json")}
		},
		first: func(w World) []string { return []string{w.data("nvim", "mason", "bin")} },
		log:   func(w World) string { return w.state("nvim", "lsp.log") },
	}
}

func vim() Adapter {
	return scripted{kind: facts.EditorVim, name: "Vim",
		files: func(w World) []string {
			return []string{w.home(".vimrc"), w.home(".vim", "vimrc"), w.home(".vim", "coc-settings.json"), w.home(".vim", "plugin")}
		},
		first: func(World) []string { return nil },
		log:   func(World) string { return "" },
	}
}

func emacs() Adapter {
	return scripted{kind: facts.EditorEmacs, name: "Emacs",
		files: func(w World) []string {
			return []string{w.home(".emacs"), w.home(".emacs.el"), w.home(".emacs.d", "init.el"), w.config("emacs", "init.el"), w.home(".doom.d", "init.el"), w.config("doom", "init.el")}
		},
		first: func(World) []string { return nil },
		log:   func(World) string { return "" },
	}
}

// maxScripts bounds how many files of one editor are read.
const maxScripts = 300

var speaksOfGo = lazyre.New(`\bgopls\b|vim-go\b|go-mode\b|\(go \+lsp\)`)

// Find looks for files that speak of gopls.
func (a scripted) Find(w World) []facts.Editor {
	n := 0
	for _, top := range a.files(w) {
		found := false
		scripts(top, &n, func(data []byte) bool {
			found = speaksOfGo().Match(data)
			return !found
		})
		if found {
			return []facts.Editor{{Kind: a.kind, Name: a.name, Dir: filepath.Dir(top)}}
		}
	}
	return nil
}

// scripts calls f with the files at or below top until f says no; n counts what was looked at.
func scripts(top string, n *int, f func(data []byte) bool) {
	if top == "" {
		return
	}
	_ = filepath.WalkDir(top, func(path string, d fs.DirEntry, err error) error {
		if *n++; err != nil || *n > maxScripts {
			return fs.SkipAll
		}
		if d.IsDir() {
			if strings.HasPrefix(d.Name(), ".git") {
				return fs.SkipDir
			}
			return nil
		}
		if data, _, st := read(path); st == facts.FileRead && !f(data) {
			return fs.SkipAll
		}
		return nil
	})
}

var (
	// scriptPath is a text of a script that ends in a path of gopls, with what stands before it.
	scriptPath = lazyre.New(`([.+]\s*)?(["'])([^"'\n]*/gopls[\w.+-]*)(["'])(\s*[.+])?`)
	// ownSearch are words of scripts that look for programs in places of their own, or only look whether one is there.
	ownSearch = lazyre.New(`go_bin_path|env\.PATH|\$PATH|\bsetenv\b|exec-path\b|executable\b|filereadable|fs_stat|exists|go_search_bin_path_first|\bcoc\b|coc-go`)
)

// told is what the scripts say about the place of gopls: the one constant absolute path that they name, "" = none. elsewhere is true when
// they look in places that reading them does not tell.
func (a scripted) told(w World) (path string, elsewhere bool) {
	n := 0
	for _, top := range a.files(w) {
		scripts(top, &n, func(data []byte) bool {
			elsewhere = elsewhere || speaksOfGo().Match(data) && ownSearch().Match(data)
			for line := range bytes.Lines(data) {
				if t := bytes.TrimSpace(line); bytes.HasPrefix(t, []byte("--")) || bytes.HasPrefix(t, []byte(";")) || bytes.HasPrefix(t, []byte(`"`)) && a.kind == facts.EditorVim {
					continue // a comment
				}
				for _, m := range scriptPath().FindAllSubmatch(line, -1) {
					p := string(m[3])
					if rest, ok := strings.CutPrefix(p, "$HOME/"); ok {
						p = "~/" + rest
					}
					switch p = expand(w, p); {
					case strings.Contains(p, "://"), strings.HasPrefix(p, "golang.org/"):
					case len(m[1])+len(m[5]) > 0 || !filepath.IsAbs(p) || strings.ContainsAny(p, "$%") || path != "" && path != p:
						elsewhere = true
					default:
						path = p
					}
				}
			}
			return true
		})
	}
	return path, elsewhere || n > maxScripts
}

// Read fills the search for gopls and the log.
func (a scripted) Read(_ context.Context, w World, e *facts.Editor) {
	for _, f := range a.files(w) {
		if !strings.HasSuffix(f, "coc-settings.json") {
			continue
		}
		file, doc := settingsFile(f, "user")
		if file.State != facts.FileRead {
			continue
		}
		e.Files = append(e.Files, file)
		if p := doc.Find("go.goplsPath"); p != nil && p.Text != "" {
			e.Start.Named = expand(w, p.Text)
		}
	}
	path, elsewhere := a.told(w)
	if e.Start.Named == "" && (!elsewhere || startable(path)) {
		e.Start.Named = path
	}
	var dirs []searched
	for _, d := range a.first(w) {
		dirs = append(dirs, searched{d, "editor"})
	}
	if named(w, e, append(dirs, pathDirs(w.Get("PATH"))...)); elsewhere && e.Start.Named == "" {
		e.Start = facts.EditorStart{}
	}
	e.Start.Hand = "its settings are a program of their own; add this line: " + map[facts.EditorKind]string{
		facts.EditorNeovim: `vim.lsp.config("gopls", { cmd = { "` + Place + `" } })`,
		facts.EditorVim:    `let $PATH = fnamemodify("` + Place + `", ":h") . ":" . $PATH`,
		facts.EditorEmacs:  `(add-to-list 'eglot-server-programs '((go-mode go-ts-mode) . ("` + Place + `")))`,
	}[a.kind]
	if log := a.log(w); log != "" && exists(log) {
		e.Logs = []string{log}
	}
}

// named fills Start of an editor that starts what its settings name, else gopls from the folders.
func named(w World, e *facts.Editor, dirs []searched) {
	if n := e.Start.Named; n != "" && filepath.IsAbs(n) {
		if startable(n) {
			e.Start.Path, e.Start.Why = n, "setting"
		} else {
			e.Start.Near = near(n)
		}
		return // no other one is tried
	}
	name := "gopls"
	if e.Start.Named != "" {
		name = e.Start.Named
	}
	search(&e.Start, name, dirs)
	installed(w, &e.Start)
}

// helix starts gopls from PATH unless languages.toml names another command.
type helix struct{}

func helixDir(w World) string {
	if runtime.GOOS == "windows" {
		return filepath.Join(w.Get("APPDATA"), "helix")
	}
	return w.config("helix")
}

// Find looks for the settings folder.
func (helix) Find(w World) []facts.Editor {
	if d := helixDir(w); d != "" && folder(d) {
		return []facts.Editor{{Kind: facts.EditorHelix, Name: "Helix", Dir: d}}
	}
	return nil
}

var (
	tomlTable   = lazyre.New(`^\s*\[([^\[\]]+)\]\s*(?:#.*)?$`)
	tomlCommand = lazyre.New(`^(\s*command\s*=\s*)"((?:[^"\\]|\\.)*)"`)
	// The same in one line: "gopls = { command = … }", "gopls.command = …", with language-server before them at the top.
	tomlInline = lazyre.New(`^\s*((?:language-server\.)?)gopls(?:\s*=\s*\{(?:.*[\s,{])?command|\.command)\s*=\s*"((?:[^"\\]|\\.)*)"`)
	tomlGo     = lazyre.New(`^name\s*=\s*["']go["']`)
)

// helixCommand finds the command of the server gopls: its text, escapes and all, and where it stands; at is -1 without one,
// table is the place behind the line [language-server.gopls], -1 without it.
func helixCommand(data []byte) (value string, at, table int) {
	at, table = -1, -1
	in, servers, top, offset := false, false, true, 0
	for line := range bytes.Lines(data) {
		text := strings.TrimRight(string(line), "\r\n")
		if m := tomlTable().FindStringSubmatch(text); m != nil {
			if in = strings.TrimSpace(m[1]) == "language-server.gopls"; in {
				table = offset + len(line)
			}
			servers, top = strings.TrimSpace(m[1]) == "language-server", false
		} else if strings.HasPrefix(strings.TrimSpace(text), "[[") {
			in, servers, top = false, false, false
		} else if m := tomlInline().FindStringSubmatchIndex(text); m != nil && (top && m[2] < m[3] || servers && m[2] == m[3]) {
			value, at = text[m[4]:m[5]], offset+m[4]
		} else if m := tomlCommand().FindStringSubmatchIndex(text); in && m != nil {
			value, at = text[m[4]:m[5]], offset+m[4]
		}
		offset += len(line)
	}
	return value, at, table
}

// otherServer reports whether Go files get another server than the one named gopls.
func otherServer(data []byte) bool {
	lang, own, other := false, false, false
	for line := range bytes.Lines(data) {
		switch t := bytes.TrimSpace(line); {
		case bytes.HasPrefix(t, []byte("[")):
			lang, own = bytes.HasPrefix(t, []byte("[[language]]")), false
		case lang && tomlGo().Match(t):
			own = true
		case own && bytes.HasPrefix(t, []byte("language-servers")) && !bytes.Contains(t, []byte("gopls")):
			other = true
		}
	}
	return other
}

// Read reads languages.toml of the user and of the workspace.
func (h helix) Read(_ context.Context, w World, e *facts.Editor) {
	other := false
	for _, p := range []struct{ path, layer string }{{filepath.Join(e.Dir, "languages.toml"), "user"}, {filepath.Join(w.Root, ".helix", "languages.toml"), "workspace"}} {
		f := facts.EditorFile{Path: p.path, Layer: p.layer}
		var data []byte
		if data, f.Size, f.State = read(p.path); f.State == facts.FileMissing {
			continue
		}
		f.Go = bytes.Contains(data, []byte("gopls"))
		e.Files = append(e.Files, f)
		if v, at, _ := helixCommand(data); at >= 0 {
			e.Start.Named = expand(w, Scalar(`"`+v+`"`))
		}
		other = other || otherServer(data)
	}
	if e.Start.Named == "gopls" {
		e.Start.Named = ""
	}
	if named(w, e, pathDirs(w.Get("PATH"))); other {
		e.Start = facts.EditorStart{}
	}
	h.set(e)
	if log := w.cache("helix", "helix.log"); exists(log) {
		e.Logs = []string{log}
	}
}

// set fills Set: the command of languages.toml of the user.
func (helix) set(e *facts.Editor) {
	path := filepath.Join(e.Dir, "languages.toml")
	data, _, st := read(path)
	if st != facts.FileRead && st != facts.FileMissing {
		e.Start.Hand = "cannot read " + path
		return
	}
	value, at, table := helixCommand(data)
	s := facts.Splice{Offset: at, Old: value, New: Place}
	switch {
	case at >= 0:
	case table >= 0:
		s = facts.Splice{Offset: table, New: "command = \"" + Place + "\"\n"}
	default:
		s = facts.Splice{Offset: len(data), New: "[language-server.gopls]\ncommand = \"" + Place + "\"\n"}
		if len(data) > 0 && !bytes.HasSuffix(data, []byte("\n")) {
			s.New = "\n" + s.New
		}
	}
	e.Start.Set = &facts.EditorSet{Path: path, Create: true, Splices: []facts.Splice{s}}
}

// zed reads lsp.gopls.binary.path of its settings, else PATH.
type zed struct{}

// Find looks for the settings folder.
func (zed) Find(w World) []facts.Editor {
	if d := w.config("zed"); d != "" && folder(d) {
		return []facts.Editor{{Kind: facts.EditorZed, Name: "Zed", Dir: d}}
	}
	return nil
}

// Read reads the settings of the user and of the project.
func (z zed) Read(_ context.Context, w World, e *facts.Editor) {
	for _, p := range []struct{ path, layer string }{{filepath.Join(e.Dir, "settings.json"), "user"}, {filepath.Join(w.Root, ".zed", "settings.json"), "workspace"}} {
		f, doc := settingsFile(p.path, p.layer)
		if f.State == facts.FileMissing {
			continue
		}
		e.Files = append(e.Files, f)
		if v := doc.Find("lsp", "gopls", "binary", "path"); v != nil && v.Kind == jsonc.String {
			e.Start.Named = expand(w, v.Text)
		}
	}
	if named(w, e, pathDirs(w.Get("PATH"))); e.Start.Path == "" && e.Start.Named == "" {
		e.Start = facts.EditorStart{} // it installs a gopls of its own then (zed, crates/languages/src/go.rs)
	}
	z.set(e)
	if log := w.data("zed", "logs", "Zed.log"); exists(log) {
		e.Logs = []string{log}
	}
}

// set fills Set: lsp.gopls.binary.path of the user's settings.
func (zed) set(e *facts.Editor) {
	path := filepath.Join(e.Dir, "settings.json")
	data, _, st := read(path)
	doc := jsonc.Parse(data)
	if st != facts.FileRead && st != facts.FileMissing || len(doc.Errors) > 0 {
		e.Start.Hand = path + " cannot be edited as it is: repair it first (gorescue fix)"
		return
	}
	set := &facts.EditorSet{Path: path, Create: true}
	text, at, keys := `"`+Place+`"`, doc.Root, []string{"lsp", "gopls", "binary", "path"}
	for len(keys) > 1 && at.Get(keys[0]) != nil {
		at, keys = at.Get(keys[0]), keys[1:]
	}
	for i := len(keys) - 1; i > 0; i-- {
		text = `{ "` + keys[i] + `": ` + text + ` }`
	}
	switch {
	case at == nil:
		set.Splices = []facts.Splice{{Offset: len(data), New: `{ "` + keys[0] + `": ` + text + " }\n"}}
	case at.Kind != jsonc.Object:
		e.Start.Hand = path + ": lsp.gopls.binary is no object"
		return
	case at.Get(keys[0]) != nil:
		set.Splices = []facts.Splice{doc.Replace(at.Get(keys[0]), text)}
	default:
		set.Splices = doc.Add(at, keys[0], text)
	}
	e.Start.Set = set
}

// jetbrains has an engine of its own and starts no gopls; what it needs is a Go tree.
type jetbrains struct{}

// Find looks for the settings folders of GoLand and IntelliJ IDEA, of each the newest release: an upgrade leaves the old ones behind. Without
// them .idea is a sign of an editor of this user only if it did not come with the repository.
func (jetbrains) Find(w World) []facts.Editor {
	top := w.config("JetBrains")
	switch runtime.GOOS {
	case "darwin":
		top = w.home("Library", "Application Support", "JetBrains")
	case "windows":
		top = filepath.Join(w.Get("APPDATA"), "JetBrains")
	}
	var out []facts.Editor
	list, _ := os.ReadDir(top)
	for _, product := range []string{"GoLand", "IntelliJIdea"} {
		newest := ""
		for _, d := range list {
			release, ok := strings.CutPrefix(d.Name(), product)
			if ok && d.IsDir() && (newest == "" || semver.Compare("v"+release, "v"+newest) > 0) {
				newest = release
			}
		}
		if newest != "" {
			out = append(out, facts.Editor{Kind: facts.EditorJetBrains, Name: product + newest, Dir: filepath.Join(top, product+newest)})
		}
	}
	if idea := filepath.Join(w.Root, ".idea"); out == nil && exists(filepath.Join(idea, "workspace.xml")) && !mayBeTracked(w.Root, "workspace.xml") {
		out = append(out, facts.Editor{Kind: facts.EditorJetBrains, Name: "JetBrains", Dir: idea})
	}
	return out
}

// mayBeTracked reports whether git may have a file of this base name: its index names one, or cannot be read.
func mayBeTracked(root, base string) bool {
	data, _, state := read(filepath.Join(root, ".git", "index"))
	switch {
	case state == facts.FileRead:
		return bytes.Contains(data, []byte(base+"\x00"))
	case folder(filepath.Join(root, ".git")):
		return state != facts.FileMissing
	}
	return exists(filepath.Join(root, ".git"))
}

var ideaSDK = lazyre.New(`<component\s+name="GOROOT"\s+url="file://([^"]*)"`)

// Read reads the Go tree of the project and whether the Go plugin is switched off.
func (jetbrains) Read(_ context.Context, w World, e *facts.Editor) {
	e.Start.Hand = "it has an engine of its own and starts no gopls"
	file := filepath.Join(w.Root, ".idea", "workspace.xml")
	data, _, _ := read(file)
	if m := ideaSDK().FindSubmatchIndex(data); m != nil {
		root := strings.NewReplacer("$USER_HOME$", w.home(), "$PROJECT_DIR$", w.Root, "&amp;", "&").Replace(string(data[m[2]:m[3]]))
		e.SDK = &facts.EditorSDK{File: file, Line: 1 + bytes.Count(data[:m[2]], []byte("\n")), Root: root, State: treeState(root)}
	}
	if data, _, st := read(filepath.Join(e.Dir, "disabled_plugins.txt")); st == facts.FileRead {
		for line := range strings.Lines(string(data)) {
			if id := strings.TrimSpace(line); id == "org.jetbrains.plugins.go" {
				e.Plugins = append(e.Plugins, facts.EditorPlugin{ID: id, Dir: filepath.Join(e.Dir, "disabled_plugins.txt"), State: "disabled"})
			}
		}
	}
	if log := w.cache("JetBrains", e.Name, "log", "idea.log"); exists(log) {
		e.Logs = []string{log}
	}
}

func treeState(root string) facts.GoTreeState {
	switch what(root) {
	case facts.NamedMissing:
		return facts.TreeMissing
	case facts.NamedFolder:
		if folder(filepath.Join(root, "pkg", "tool")) || folder(filepath.Join(root, "src", "runtime")) {
			return facts.TreeFound
		}
		return facts.TreeNone
	case facts.NamedUnknown:
		return facts.TreeUnreadable
	}
	return facts.TreeNoFolder
}
