package goenv

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"sort"
	"strings"
)

// release is the first line of a Go tree's VERSION file, "" when there is none.
func release(root string) string {
	data := small(root, "VERSION")
	line, _, _ := strings.Cut(string(data), "\n")
	return strings.TrimSpace(line)
}

// experiments lists what GOEXPERIMENT may name in a Go tree: the fields of the type Flags of
// src/internal/goexperiment/flags.go in lower case, and the alias regabi (internal/buildcfg: ParseGOEXPERIMENT).
// nil when that file cannot be read.
func experiments(root string) []string {
	data := small(root, "src/internal/goexperiment/flags.go")
	f, err := parser.ParseFile(token.NewFileSet(), "flags.go", data, parser.SkipObjectResolution)
	if err != nil || data == nil {
		return nil
	}
	var out []string
	ast.Inspect(f, func(n ast.Node) bool {
		spec, ok := n.(*ast.TypeSpec)
		if !ok || spec.Name.Name != "Flags" {
			return true
		}
		if st, ok := spec.Type.(*ast.StructType); ok {
			for _, field := range st.Fields.List {
				for _, name := range field.Names {
					out = append(out, strings.ToLower(name.Name))
				}
			}
		}
		return false
	})
	if out == nil {
		return nil
	}
	out = append(out, "regabi")
	sort.Strings(out)
	return out
}

// small reads a regular file of at most maxFile bytes below root, nil when there is none.
func small(root, name string) []byte {
	if root == "" {
		return nil
	}
	path := filepath.Join(root, filepath.FromSlash(name))
	fi, err := os.Stat(path)
	if err != nil || !fi.Mode().IsRegular() || fi.Size() > maxFile {
		return nil
	}
	data, err := read(path)
	if err != nil {
		return nil
	}
	return data
}
