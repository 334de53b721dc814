package modules

import (
	"context"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/gorescue/gorescue/internal/buildlist"
	"github.com/gorescue/gorescue/internal/facts"
)

// The bounds of the search for imports.
const (
	scanTime   = 400 * time.Millisecond
	scanFiles  = 4000
	maxImports = 2000
)

// scan lists what the Go files of a module import, but for the standard library.
func scan(ctx context.Context, m *facts.ModFiles, root string) {
	ctx, cancel := context.WithTimeout(ctx, scanTime)
	defer cancel()
	seen := map[string]bool{}
	n := 0
	_ = filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		name := e.Name()
		switch {
		case ctx.Err() != nil || n > scanFiles || len(m.Imports) >= maxImports:
			m.Cut = true
			return filepath.SkipAll
		case err != nil:
			return nil
		case e.IsDir() && path != root && (strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") || name == "testdata" || name == "vendor" || name == "node_modules"):
			return filepath.SkipDir
		case e.IsDir():
			if _, err := buildlist.ReadFile(filepath.Join(path, "go.mod")); err == nil && path != root {
				return filepath.SkipDir // another module
			}
			return nil
		case !strings.HasSuffix(name, ".go") || !e.Type().IsRegular():
			return nil
		}
		n++
		for _, i := range importsOf(path) {
			if first, _, _ := strings.Cut(i.Path, "/"); !seen[i.Path] && strings.Contains(first, ".") {
				seen[i.Path] = true
				m.Imports = append(m.Imports, i)
			}
		}
		return nil
	})
	sort.Slice(m.Imports, func(a, b int) bool { return m.Imports[a].Path < m.Imports[b].Path })
}

// importsOf reads the imports of one file; a file that does not parse has those before the error.
func importsOf(path string) []facts.Import {
	data, err := buildlist.ReadFile(path)
	if err != nil {
		return nil
	}
	return importsIn(path, data)
}

func importsIn(path string, data []byte) []facts.Import {
	set := token.NewFileSet()
	f, _ := parser.ParseFile(set, path, data, parser.ImportsOnly)
	if f == nil {
		return nil
	}
	var out []facts.Import
	for _, spec := range f.Imports {
		if p, err := strconv.Unquote(spec.Path.Value); err == nil {
			out = append(out, facts.Import{Path: p, File: path, Line: set.Position(spec.Pos()).Line})
		}
	}
	return out
}
