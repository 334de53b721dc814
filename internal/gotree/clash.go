package gotree

import (
	"context"
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/gorescue/gorescue/internal/facts"
)

// Bounds of one search for clashes.
const (
	maxFolders  = 1500 // folders of src that are listed
	maxSuspects = 40   // packages that are parsed
	maxClashes  = 20
	sameTime    = time.Hour // files that were written together lie closer than this
)

// Clashes looks for names that two files of one standard package both declare: what is left when a
// release is unpacked over another one. To be cheap it parses only packages in which some file's time
// differs from that of most files of the tree: an archive keeps the time of its release, a copy has the
// time of copying. So it may miss some; what it returns is sure: both files are compiled together on the
// given system, without cgo and with it. The tree must come from a release: in a source repository the
// times mean nothing, but then no clash will be found either.
func Clashes(ctx context.Context, root, goos, goarch string) []facts.GoClash {
	src := filepath.Join(root, "src")
	if real, err := filepath.EvalSymlinks(src); err == nil {
		src = real
	}
	var all []pkg
	left := maxFolders
	collect(ctx, src, "", &left, &all)
	usual := majority(all)
	var out []facts.GoClash
	suspects := 0
	for _, p := range all {
		odd := map[string]bool{}
		for _, f := range p.files {
			if d := f.time.Sub(usual); d > sameTime || d < -sameTime {
				odd[f.path] = true
			}
		}
		if len(odd) == 0 || len(odd) == len(p.files) {
			continue
		}
		if suspects++; suspects > maxSuspects || ctx.Err() != nil {
			break
		}
		out = append(out, clashesIn(p, odd, goos, goarch)...)
		if len(out) >= maxClashes {
			return out[:maxClashes]
		}
	}
	return out
}

type goFile struct {
	path string
	time time.Time
}

type pkg struct {
	path  string // import path
	files []goFile
}

// collect lists the packages below a folder. Links to folders are followed one level deep per name, as
// the go command reads a package through a link; left bounds the whole walk.
func collect(ctx context.Context, dir, path string, left *int, out *[]pkg) {
	if *left--; *left < 0 || ctx.Err() != nil || strings.Count(path, "/") > 8 {
		return
	}
	list, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	p := pkg{path: path}
	for _, e := range list {
		name := e.Name()
		if strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") || name == "testdata" || path == "" && (name == "cmd" || name == "vendor") {
			continue
		}
		full := filepath.Join(dir, name)
		isGo := strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go")
		if !isGo && e.Type().IsRegular() {
			continue
		}
		fi, err := os.Stat(full)
		switch {
		case err != nil:
		case fi.IsDir():
			sub := name
			if path != "" {
				sub = path + "/" + name
			}
			collect(ctx, full, sub, left, out)
		case isGo && fi.Mode().IsRegular():
			p.files = append(p.files, goFile{full, fi.ModTime()})
		}
	}
	if len(p.files) > 0 {
		*out = append(*out, p)
	}
}

// majority is the time that most files have, to the hour.
func majority(all []pkg) time.Time {
	count := map[int64]int{}
	best, at := 0, time.Time{}
	for _, p := range all {
		for _, f := range p.files {
			k := f.time.Truncate(sameTime).Unix()
			if count[k]++; count[k] > best {
				best, at = count[k], f.time
			}
		}
	}
	return at
}

type declared struct {
	file string
	line int
}

// clashesIn parses one package for both settings of cgo.
func clashesIn(p pkg, odd map[string]bool, goos, goarch string) []facts.GoClash {
	var out []facts.GoClash
	for _, cgo := range []bool{false, true} {
		c := build.Default
		c.GOOS, c.GOARCH, c.CgoEnabled, c.Compiler, c.BuildTags = goos, goarch, cgo, "gc", nil
		seen := map[string]declared{}
		for _, f := range p.files {
			if ok, err := c.MatchFile(filepath.Dir(f.path), filepath.Base(f.path)); err != nil || !ok {
				continue
			}
			for name, line := range declarations(f.path) {
				first, twice := seen[name]
				if !twice {
					seen[name] = declared{f.path, line}
					continue
				}
				cl := facts.GoClash{Package: p.path, Name: name, File: f.path, Line: line, Other: first.file, OtherAt: first.line}
				if odd[first.file] && !odd[f.path] {
					cl.File, cl.Line, cl.Other, cl.OtherAt = first.file, first.line, f.path, line
				}
				known := func(o facts.GoClash) bool { return o.Name == cl.Name && o.Package == cl.Package }
				if (odd[cl.File] || odd[cl.Other]) && !slices.ContainsFunc(out, known) {
					out = append(out, cl)
				}
			}
		}
	}
	slices.SortFunc(out, func(a, b facts.GoClash) int {
		if a.File != b.File {
			return strings.Compare(a.File, b.File)
		}
		return a.Line - b.Line
	})
	return out
}

// declarations are the names that a file declares at package level, with their lines; methods have their
// type in front. nil when it does not parse.
func declarations(path string) map[string]int {
	src := small(path, 4<<20)
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, path, src, parser.SkipObjectResolution)
	if err != nil || src == nil {
		return nil
	}
	out := map[string]int{}
	add := func(name string, at token.Pos) {
		if name != "_" {
			out[name] = fset.Position(at).Line
		}
	}
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			switch {
			case d.Recv != nil && len(d.Recv.List) == 1:
				if t := receiver(d.Recv.List[0].Type); t != "" {
					add(t+"."+d.Name.Name, d.Name.Pos())
				}
			case d.Recv == nil && d.Name.Name != "init":
				add(d.Name.Name, d.Name.Pos())
			}
		case *ast.GenDecl:
			for _, s := range d.Specs {
				switch s := s.(type) {
				case *ast.TypeSpec:
					add(s.Name.Name, s.Name.Pos())
				case *ast.ValueSpec:
					for _, n := range s.Names {
						add(n.Name, n.Pos())
					}
				}
			}
		}
	}
	return out
}

func receiver(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.StarExpr:
		return receiver(e.X)
	case *ast.ParenExpr:
		return receiver(e.X)
	case *ast.IndexExpr:
		return receiver(e.X)
	case *ast.IndexListExpr:
		return receiver(e.X)
	case *ast.Ident:
		return e.Name
	}
	return ""
}
