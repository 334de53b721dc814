package editor

import (
	"context"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/goplsinfo"
)

// maxFolders bounds a walk of the workspace.
const maxFolders = 5000

// filters are the directoryFilters in force, under their long or short name.
func filters(e *facts.Editor) (list []string, index int) {
	for _, name := range []string{"build.directoryFilters", "directoryFilters"} {
		if v := Get(e, "gopls", name); v != nil {
			return List(e, "gopls", name), indexOf(e, v)
		}
	}
	return nil, -1
}

func indexOf(e *facts.Editor, v *facts.EditorValue) int {
	for i := range e.Values {
		if &e.Values[i] == v {
			return i
		}
	}
	return -1
}

// hidden says how many packages of the workspace directoryFilters leave; nil when none are set or nothing
// is left out.
func hidden(ctx context.Context, w World, e *facts.Editor) *facts.EditorHidden {
	list, index := filters(e)
	if index < 0 || len(list) == 0 || slices.ContainsFunc(list, func(f string) bool { return !goplsinfo.ValidFilter(f) }) {
		return nil
	}
	h := &facts.EditorHidden{Filters: list, Index: index}
	for _, dir := range packages(ctx, w.Root) {
		rel, err := filepath.Rel(w.Root, dir)
		if err != nil {
			continue
		}
		h.Packages++
		if !Excluded(list, filepath.ToSlash(rel)) {
			h.Shown++
		}
	}
	if h.Shown == h.Packages {
		return nil
	}
	return h
}

// Excluded reports whether directoryFilters leave out a folder, named relative to the workspace with slashes
// ("." = the workspace itself): the last filter that matches a leading part of the name decides; ** stands
// for any folders (gopls documentation of the setting; golang/tools, gopls/internal/cache: pathfilter).
func Excluded(filters []string, rel string) bool {
	if rel == "." {
		rel = ""
	}
	out := false
	for _, f := range filters {
		if f == "" || f[0] != '+' && f[0] != '-' {
			continue
		}
		if matches(strings.Trim(f[1:], "/"), rel) {
			out = f[0] == '-'
		}
	}
	return out
}

func matches(prefix, rel string) bool {
	if prefix == "" {
		return true
	}
	var b strings.Builder
	b.WriteString("^")
	for _, seg := range strings.Split(prefix, "/") {
		if seg == "**" {
			b.WriteString("(?:.*/)?")
		} else {
			b.WriteString(regexp.QuoteMeta(seg) + "/")
		}
	}
	re, err := regexp.Compile(b.String())
	return err == nil && re.MatchString(rel+"/")
}

// packages lists folders with Go files below root, passing over what the go command passes over.
func packages(ctx context.Context, root string) []string {
	var out []string
	folders := 0
	_ = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if ctx.Err() != nil {
			return fs.SkipAll
		}
		if err != nil {
			return nil
		}
		name := d.Name()
		if d.IsDir() {
			if folders++; folders > maxFolders {
				return fs.SkipAll
			}
			if path != root && (strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") || name == "testdata" || name == "node_modules" || name == "vendor") {
				return fs.SkipDir
			}
			return nil
		}
		if strings.HasSuffix(name, ".go") && d.Type().IsRegular() {
			if dir := filepath.Dir(path); len(out) == 0 || out[len(out)-1] != dir {
				out = append(out, dir)
			}
		}
		return nil
	})
	return out
}
