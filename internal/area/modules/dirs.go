package modules

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/modfile"

	"github.com/gorescue/gorescue/internal/buildlist"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/gitconfig"
	"github.com/gorescue/gorescue/internal/gomod"
)

// The bounds of the search for a module that is not where a replace line says.
const (
	searchFolders = 3000
	searchDepth   = 2
	maxElsewhere  = 5
)

// dirs looks at the folders that replace lines name.
func dirs(m *facts.ModFiles, work string, g *git) []facts.ModDir {
	var out []facts.ModDir
	for _, src := range m.Mods {
		out = append(out, dirsOf(src.Path, src.Text)...)
	}
	if work != "" {
		if src := source(work, maxText); src.State == facts.FileRead {
			out = append(out, dirsOf(work, src.Text)...)
		}
	}
	for i := range out {
		d := &out[i]
		d.State, d.Declares = folder(d.Dir)
		if d.State == facts.ModDirOK {
			continue
		}
		d.Repo, d.Submodule = submodule(g.top, d.Dir)
		if d.Submodule == "" {
			d.Elsewhere = elsewhere(d)
		}
	}
	return out
}

func dirsOf(file, text string) []facts.ModDir {
	var out []facts.ModDir
	for _, s := range gomod.Parse(text) {
		d := facts.ModDir{File: file, Line: s.Line, Module: s.Arg(0)}
		for i := range s.Args {
			if s.Arg(i) == "=>" {
				d.To = s.Arg(i + 1)
			}
		}
		if s.Verb != "replace" || !modfile.IsDirectoryPath(d.To) || len(out) >= maxMods {
			continue
		}
		d.Dir = filepath.FromSlash(d.To)
		if !filepath.IsAbs(d.Dir) {
			d.Dir = filepath.Join(filepath.Dir(file), d.Dir)
		}
		out = append(out, d)
	}
	return out
}

// folder says what is at a replacement (cmd/go/internal/modload/modfile.go, func rawGoModData).
func folder(dir string) (facts.ModDirState, string) {
	fi, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return facts.ModDirMissing, ""
	case err != nil:
		return facts.ModDirUnreadable, ""
	case !fi.IsDir():
		return facts.ModDirNoFolder, ""
	}
	data, err := buildlist.ReadFile(filepath.Join(dir, "go.mod"))
	switch {
	case err == nil:
		return facts.ModDirOK, modfile.ModulePath(data)
	case !errors.Is(err, fs.ErrNotExist):
		return facts.ModDirUnreadable, ""
	}
	d, err := os.Open(dir)
	if err != nil {
		return facts.ModDirUnreadable, ""
	}
	defer d.Close()
	if names, _ := d.Readdirnames(1); len(names) == 0 {
		return facts.ModDirEmpty, ""
	}
	return facts.ModDirNoMod, ""
}

// submodule finds the entry of .gitmodules whose folder is dir or above it.
func submodule(top, dir string) (repo, path string) {
	if top == "" {
		return "", ""
	}
	data, err := buildlist.ReadFile(filepath.Join(top, ".gitmodules"))
	if err != nil {
		return "", ""
	}
	rel, err := filepath.Rel(top, dir)
	if err != nil || !filepath.IsLocal(rel) {
		return "", ""
	}
	entries, _ := gitconfig.Parse(data)
	for _, v := range entries {
		p := filepath.FromSlash(v.Value)
		if v.Section == "submodule" && v.Key == "path" && p != "" && (rel == p || strings.HasPrefix(rel, p+string(filepath.Separator))) {
			return top, v.Value
		}
	}
	return "", ""
}

// elsewhere searches near the place that a replace line names, and near the module itself, for a folder whose go.mod
// declares the module.
func elsewhere(d *facts.ModDir) []string {
	near := filepath.Dir(d.Dir)
	for i := 0; i < 2 && !isDir(near); i++ {
		near = filepath.Dir(near)
	}
	s := search{want: d.Module, seen: map[string]bool{}}
	for _, root := range []string{near, filepath.Dir(filepath.Dir(d.File))} {
		if root != filepath.Dir(root) { // not the whole disk
			s.walk(root, searchDepth)
		}
	}
	return s.found
}

type search struct {
	want  string
	seen  map[string]bool
	found []string
}

func (s *search) walk(dir string, depth int) {
	real, err := filepath.EvalSymlinks(dir)
	if err != nil || s.seen[real] || len(s.seen) > searchFolders || len(s.found) >= maxElsewhere {
		return
	}
	s.seen[real] = true
	if data, err := buildlist.ReadFile(filepath.Join(dir, "go.mod")); err == nil && modfile.ModulePath(data) == s.want {
		s.found = append(s.found, dir)
	}
	list, err := os.ReadDir(dir)
	if err != nil || depth == 0 {
		return
	}
	for _, e := range list {
		if n := e.Name(); e.IsDir() && !strings.HasPrefix(n, ".") && n != "node_modules" && n != "vendor" && n != "testdata" {
			s.walk(filepath.Join(dir, n), depth-1)
		}
	}
}

func isDir(path string) bool {
	fi, err := os.Stat(path)
	return err == nil && fi.IsDir()
}
