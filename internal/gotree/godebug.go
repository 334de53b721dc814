package gotree

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"sort"
	"strconv"
)

// Godebugs lists the settings that a tree's go command takes in godebug lines, sorted: the names of the
// variable All in src/internal/godebugs/table.go (cmd/go/internal/modload: CheckGodebug). nil when that
// file cannot be read; then nothing may be concluded.
func Godebugs(root string) []string {
	path := filepath.Join(root, "src", "internal", "godebugs", "table.go")
	src := small(path, 1<<20)
	f, err := parser.ParseFile(token.NewFileSet(), path, src, parser.SkipObjectResolution)
	if err != nil || src == nil {
		return nil
	}
	var out []string
	for _, d := range f.Decls {
		g, ok := d.(*ast.GenDecl)
		if !ok {
			continue
		}
		for _, s := range g.Specs {
			if v, ok := s.(*ast.ValueSpec); ok && len(v.Names) == 1 && v.Names[0].Name == "All" {
				out = append(out, namesIn(v)...)
			}
		}
	}
	sort.Strings(out)
	return out
}

func namesIn(v *ast.ValueSpec) []string {
	var out []string
	ast.Inspect(v, func(n ast.Node) bool {
		kv, ok := n.(*ast.KeyValueExpr)
		if !ok {
			return true
		}
		if k, ok := kv.Key.(*ast.Ident); ok && k.Name == "Name" {
			if lit, ok := kv.Value.(*ast.BasicLit); ok {
				if s, err := strconv.Unquote(lit.Value); err == nil {
					out = append(out, s)
				}
			}
		}
		return true
	})
	return out
}
