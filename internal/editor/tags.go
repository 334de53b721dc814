package editor

import (
	"bytes"
	"context"
	"go/ast"
	"go/build/constraint"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/gorescue/gorescue/internal/buildlist"
	"github.com/gorescue/gorescue/internal/facts"
)

// buildTags are the build tags that the editor gives to gopls, with the setting that does: gopls' own
// buildFlags, else go.buildFlags, else go.buildTags.
func buildTags(e *facts.Editor) (tags []string, index int) {
	for _, k := range [][2]string{{"gopls", "build.buildFlags"}, {"gopls", "buildFlags"}, {"go.buildFlags", ""}} {
		v := Get(e, k[0], k[1])
		if v == nil {
			continue
		}
		if t := tagsOf(List(e, k[0], k[1])); len(t) > 0 {
			return t, indexOf(e, v)
		}
	}
	if v := Get(e, "go.buildTags", ""); v != nil {
		return split(Text(e, "go.buildTags", "")), indexOf(e, v)
	}
	return nil, -1
}

func tagsOf(flags []string) []string {
	for i, f := range flags {
		name, value, ok := strings.Cut(strings.TrimLeft(f, "-"), "=")
		if name != "tags" {
			continue
		}
		if !ok && i+1 < len(flags) {
			value = flags[i+1]
		}
		return split(value)
	}
	return nil
}

func split(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' })
}

// maxSources bounds how many files are looked at for constraints.
const maxSources = 3000

// tags finds a file that the build tags of the editor hide although the rest of its package needs it. nil
// when there is none, or when a file of the module asks for the tag: then it is meant.
func tags(ctx context.Context, w World, e *facts.Editor) *facts.EditorTags {
	list, index := buildTags(e)
	// What the terminal's own builds use is no matter of the editor.
	have := split(buildlist.Flag(w.Get("GOFLAGS"), "tags"))
	list = slices.DeleteFunc(slices.Clone(list), func(t string) bool { return slices.Contains(have, t) })
	if index < 0 || len(list) == 0 {
		return nil
	}
	out := &facts.EditorTags{Index: index}
	type file struct {
		path string
		line int
		by   []string // the tags that hide it
	}
	var hid []file
	n := 0
	for _, dir := range packages(ctx, w.Root) {
		names, _ := os.ReadDir(dir)
		for _, d := range names {
			if n++; n > maxSources || ctx.Err() != nil {
				return nil // not all was seen
			}
			if !strings.HasSuffix(d.Name(), ".go") || !d.Type().IsRegular() {
				continue
			}
			path := filepath.Join(dir, d.Name())
			x, line := constraintOf(path)
			if x == nil {
				continue
			}
			with, without := eval(x, append(list, have...)), eval(x, have)
			if with && !without {
				out.Shown++
			}
			if without && !with && !strings.HasSuffix(d.Name(), "_test.go") {
				f := file{path: path, line: line}
				for _, t := range list {
					if !eval(x, append([]string{t}, have...)) {
						f.by = append(f.by, t)
					}
				}
				hid = append(hid, f)
			}
		}
	}
	if out.Shown > 0 {
		return nil
	}
	for _, f := range hid {
		if len(f.by) == 0 {
			continue
		}
		if name, user, at, ok := needed(f.path, append(list, have...), have); ok {
			out.Tags, out.Hidden, out.Line, out.Name, out.User, out.UserAt = f.by, f.path, f.line, name, user, at
			return out
		}
	}
	return nil
}

// constraintOf is the //go:build line of a file; nil = none.
func constraintOf(path string) (constraint.Expr, int) {
	data, _, state := read(path)
	if state != facts.FileRead {
		return nil, 0
	}
	line := 0
	for l := range bytes.Lines(data) {
		line++
		t := strings.TrimSpace(string(l))
		if constraint.IsGoBuild(t) {
			x, err := constraint.Parse(t)
			if err != nil {
				return nil, 0
			}
			return x, line
		}
		if strings.HasPrefix(t, "package ") || line > 300 {
			break
		}
	}
	return nil, 0
}

func eval(x constraint.Expr, tags []string) bool {
	return x.Eval(func(tag string) bool {
		return slices.Contains(tags, tag) || tag == runtime.GOOS || tag == runtime.GOARCH || tag == "gc" || tag == "cgo" ||
			tag == "unix" && runtime.GOOS != "windows" || strings.HasPrefix(tag, "go1.")
	})
}

// needed reports whether the package of a hidden file misses it: another file, which is seen, uses a name
// that only hidden files declare; or no other file of the package is left. name is "" in the second case.
func needed(path string, with, without []string) (name, user string, line int, ok bool) {
	dir := filepath.Dir(path)
	fset := token.NewFileSet()
	declared, hiddenNames := map[string]bool{}, map[string]bool{}
	type use struct {
		name string
		pos  token.Pos
	}
	var uses []use
	seen, gone := 0, 0
	list, _ := os.ReadDir(dir)
	for _, d := range list {
		if !strings.HasSuffix(d.Name(), ".go") || strings.HasSuffix(d.Name(), "_test.go") || !d.Type().IsRegular() {
			continue
		}
		file := filepath.Join(dir, d.Name())
		x, _ := constraintOf(file)
		in, before := x == nil || eval(x, with), x == nil || eval(x, without)
		if !in && !before {
			continue
		}
		f, err := parser.ParseFile(fset, file, nil, 0)
		if err != nil || f == nil {
			return "", "", 0, false
		}
		names := topLevel(f)
		if !in {
			gone++
			for _, n := range names {
				hiddenNames[n] = true
			}
			continue
		}
		seen++
		for _, n := range names {
			declared[n] = true
		}
		for _, id := range f.Unresolved {
			uses = append(uses, use{id.Name, id.Pos()})
		}
	}
	if seen == 0 && gone > 0 {
		return "", "", 0, true
	}
	for _, u := range uses {
		if hiddenNames[u.name] && !declared[u.name] {
			p := fset.Position(u.pos)
			return u.name, p.Filename, p.Line, true
		}
	}
	return "", "", 0, false
}

func topLevel(f *ast.File) []string {
	var out []string
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Recv == nil {
				out = append(out, d.Name.Name)
			}
		case *ast.GenDecl:
			for _, s := range d.Specs {
				switch s := s.(type) {
				case *ast.TypeSpec:
					out = append(out, s.Name.Name)
				case *ast.ValueSpec:
					for _, n := range s.Names {
						out = append(out, n.Name)
					}
				}
			}
		}
	}
	return out
}
