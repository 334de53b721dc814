// Package editor knows the editors: where each keeps its settings, which layer wins, and which gopls it
// starts for a folder. It only reads files. One adapter per family; package editortest holds the suite
// that every adapter passes.
package editor

import (
	"context"
	"errors"
	"go/version"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/gorescue/gorescue/internal/action"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/gotree"
	"github.com/gorescue/gorescue/internal/jsonc"
)

// World is the outside as an editor of this user would see it.
type World struct {
	Dir  string            // folder under diagnosis, absolute
	Root string            // folder that an editor opens for it; see Root
	Vars map[string]string // environment
	// GoBin is GOBIN as the go command takes it, from the file of `go env -w` too; "" = unset.
	GoBin string
}

// Get returns a variable, "" when unset.
func (w World) Get(name string) string { return w.Vars[name] }

// Adapter is one family of editors.
type Adapter interface {
	// Find lists the editors of the family that this user has, with Kind, Name and Dir. It must be cheap:
	// a few looks at folders.
	Find(w World) []facts.Editor
	// Read fills everything else, Start.Set or Start.Hand among it. It never fails: what cannot be read is said in the facts.
	Read(ctx context.Context, w World, e *facts.Editor)
}

// Adapters is the one list of families.
func Adapters() []Adapter {
	return []Adapter{vscode{}, jetbrains{}, nvim(), vim(), helix{}, emacs(), zed{}}
}

// Look finds and reads the editors of this user. The list is empty on a machine without one.
func Look(ctx context.Context, w World) facts.Editors {
	out := facts.Editors{Root: w.Root}
	for _, a := range Adapters() {
		for _, e := range a.Find(w) {
			if ctx.Err() != nil {
				return out
			}
			a.Read(ctx, w, &e)
			out.List = append(out.List, e)
		}
	}
	return out
}

// Place is what stands for the program in EditorSet and EditorStart.Hand.
const Place = "{program}"

// Front is the action that puts a program in front of gopls in an editor, or an error that says what to do
// by hand. program is an absolute path; e was filled by Read.
func Front(e *facts.Editor, program string) (*action.Edit, error) {
	if e.Start.Set == nil {
		return nil, errors.New(e.Name + ": " + strings.ReplaceAll(e.Start.Hand, Place, program))
	}
	quoted := jsonc.Quote(program)
	edit := &action.Edit{Path: e.Start.Set.Path, Create: e.Start.Set.Create}
	for _, s := range e.Start.Set.Splices {
		s.New = strings.ReplaceAll(s.New, Place, quoted[1:len(quoted)-1]) // TOML escapes as JSON does
		edit.Splices = append(edit.Splices, s)
	}
	return edit, nil
}

// Root is the folder that an editor opens for dir: between dir and the top of its repository (without
// one, the topmost folder of go.work or go.mod) the nearest that has settings of an editor, else that top.
func Root(dir, home string) string {
	top, repo := dir, false
	for d := dir; d != home && !repo; d = filepath.Dir(d) {
		repo = exists(filepath.Join(d, ".git"))
		if repo || exists(filepath.Join(d, "go.work")) || exists(filepath.Join(d, "go.mod")) {
			top = d
		}
		if d == filepath.Dir(d) {
			break
		}
	}
	for d := dir; ; d = filepath.Dir(d) {
		if folder(filepath.Join(d, ".vscode")) || folder(filepath.Join(d, ".idea")) || d == top {
			return d
		}
	}
}

// config is the folder of a program's settings by the XDG rules, "" when no home is known.
func (w World) config(parts ...string) string {
	return w.xdg("XDG_CONFIG_HOME", ".config", parts)
}

func (w World) data(parts ...string) string {
	return w.xdg("XDG_DATA_HOME", ".local/share", parts)
}

func (w World) state(parts ...string) string {
	return w.xdg("XDG_STATE_HOME", ".local/state", parts)
}

func (w World) cache(parts ...string) string {
	return w.xdg("XDG_CACHE_HOME", ".cache", parts)
}

func (w World) xdg(name, usual string, parts []string) string {
	base := w.Get(name)
	if !filepath.IsAbs(base) {
		if base = w.home(usual); base == "" {
			return ""
		}
	}
	return filepath.Join(append([]string{base}, parts...)...)
}

// home is a place in the home folder, "" when there is none.
func (w World) home(parts ...string) string {
	h := w.Get("HOME")
	if h == "" {
		h = w.Get("USERPROFILE")
	}
	if !filepath.IsAbs(h) {
		return ""
	}
	return filepath.Join(append([]string{h}, parts...)...)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return path != "" && err == nil
}

func folder(path string) bool {
	fi, err := os.Stat(path)
	return path != "" && err == nil && fi.IsDir()
}

// maxFile bounds a settings file: 4 MiB.
const maxFile = 4 << 20

// read returns a regular file; state says why not.
func read(path string) (data []byte, size int64, state facts.FileState) {
	fi, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, 0, facts.FileMissing
	case err != nil:
		return nil, 0, facts.FileUnreadable
	case !fi.Mode().IsRegular() || fi.Size() > maxFile:
		return nil, fi.Size(), facts.FileOdd
	}
	f, err := gotree.Open(path)
	if err != nil {
		return nil, fi.Size(), facts.FileUnreadable
	}
	defer f.Close()
	data, err = io.ReadAll(io.LimitReader(f, maxFile))
	if err != nil {
		return nil, fi.Size(), facts.FileUnreadable
	}
	return data, int64(len(data)), facts.FileRead
}

// executable reports whether this user can start a file.
func executable(path string) bool {
	p := gotree.Program(path, nil)
	return p.Runs && !p.NoExec && p.Kind != facts.GoFolder && p.Kind != facts.GoOdd
}

// startable is executable without a look into the file: what an editor asks before it starts something.
func startable(path string) bool {
	fi, err := os.Stat(path)
	return err == nil && fi.Mode().IsRegular() && mayExecute(path)
}

// search is the look for a program named name along folders, in order.
func search(start *facts.EditorStart, name string, dirs []searched) {
	seen := map[string]bool{}
	for _, d := range dirs {
		if d.dir == "" || !filepath.IsAbs(d.dir) || seen[filepath.Clean(d.dir)] {
			continue
		}
		seen[filepath.Clean(d.dir)] = true
		start.Looked = append(start.Looked, filepath.Clean(d.dir))
		file := filepath.Join(d.dir, gotree.Exe(name))
		switch {
		case startable(file):
			if start.Path == "" {
				start.Path, start.Why = file, d.why
			}
		case start.Path == "" && exists(file) && !folder(file):
			start.Passed = append(start.Passed, file)
		}
	}
}

// searched is a folder of a search, with the reason why it is searched.
type searched struct{ dir, why string }

// pathDirs are the folders of PATH.
func pathDirs(path string) []searched {
	var out []searched
	for _, d := range filepath.SplitList(path) {
		out = append(out, searched{d, "PATH"})
	}
	return out
}

// gopath are the folders of GOPATH of the given environment.
func gopath(vars map[string]string, home string) []string {
	if v := vars["GOPATH"]; v != "" {
		return filepath.SplitList(v)
	}
	if home == "" {
		return nil
	}
	return []string{filepath.Join(home, "go")}
}

// expand replaces what the Go extension replaces in paths: ~, ${workspaceFolder}, ${workspaceRoot},
// ${env:NAME} (vscode-go, extension/src/util.ts: resolvePath, substituteEnv).
func expand(w World, s string) string {
	for _, name := range []string{"${workspaceFolder}", "${workspaceRoot}"} {
		s = strings.ReplaceAll(s, name, w.Root)
	}
	for from := 0; ; {
		at := strings.Index(s[from:], "${env:")
		if at < 0 {
			break
		}
		at += from
		end := strings.IndexByte(s[at:], '}')
		if end < 0 {
			break
		}
		value := w.Get(s[at+6 : at+end])
		s, from = s[:at]+value+s[at+end+1:], at+len(value) // a value is not expanded again
	}
	if s == "~" || strings.HasPrefix(s, "~/") || strings.HasPrefix(s, `~\`) {
		if h := w.home(); h != "" {
			s = h + s[1:]
		}
	}
	return s
}

// Knows reports whether a program that was built with a Go release knows the language of a go line: the type
// checker in gopls is that of the Go that built it (go/types: checkFiles refuses a newer go line). What is not
// known is never too old.
func Knows(builtBy, goLine string) bool {
	lang, want := version.Lang(builtBy), version.Lang("go"+goLine)
	return lang == "" || want == "" || version.Compare(lang, want) >= 0
}
