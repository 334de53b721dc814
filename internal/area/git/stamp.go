package git

import (
	"context"
	"go/parser"
	"go/token"
	"go/version"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/gorescue/gorescue/internal/buildlist"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/probe"
)

// maxEntries bounds the search for a main package.
const maxEntries = 20000

// stamping decides whether a build here asks git, by the rules of cmd/go/internal/load/pkg.go, func
// setBuildInfo, and cmd/go/internal/vcs/vcs.go, func FromDir.
func stamping(ctx context.Context, w probe.World, set *facts.Settings, g *facts.Git) {
	list, _ := buildlist.Read(w.Dir, buildlist.Settings{GOFLAGS: set.Get("GOFLAGS"), GOWORK: set.Get("GOWORK")})
	mode := buildlist.Flag(set.Get("GOFLAGS"), "buildvcs")
	switch {
	case len(list.Mods) == 0 && list.Mod == "":
		g.NoStamp = "no module here"
	case mode == "false" || mode == "0" || mode == "f":
		g.NoStamp = "-buildvcs=false in GOFLAGS"
	case g.Program == "" && mode != "true":
		g.NoStamp = "no git in PATH: the go command leaves the stamp out"
	case g.File && version.Compare(release(set), "go1.27") < 0:
		g.NoStamp = ".git is a file: this go command does not take it for a repository" // https://go.dev/issue/58218
	default:
		root := list.Root
		if root == "" {
			root = w.Dir
		}
		if g.Main = mainFile(ctx, root); g.Main == "" {
			g.NoStamp = "no main package"
		}
		g.Stamps = g.Main != ""
	}
}

// release is the version of the Go tree in use, "" when unknown.
func release(set *facts.Settings) string {
	if set.GoRoot.Path == "" {
		return ""
	}
	data, err := buildlist.ReadFile(filepath.Join(filepath.Dir(set.GoRoot.Path), "VERSION"))
	if err != nil {
		return ""
	}
	line, _, _ := strings.Cut(string(data), "\n")
	v, _, _ := strings.Cut(line, " ")
	return v
}

// mainFile finds a source file of a main package that `go build ./...` sees below dir, "" when there is none.
func mainFile(ctx context.Context, dir string) string {
	found, seen := "", 0
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if seen++; ctx.Err() != nil || seen > maxEntries {
			return filepath.SkipAll
		}
		name := d.Name()
		switch {
		case err != nil:
			return nil // what can be read is enough
		case d.IsDir() && path != dir:
			if strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") || name == "testdata" || name == "vendor" || exists(filepath.Join(path, "go.mod")) {
				return filepath.SkipDir
			}
		case d.Type().IsRegular() && strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go") && !strings.HasPrefix(name, ".") && !strings.HasPrefix(name, "_"):
			if isMain(path) {
				found = path
				return filepath.SkipAll
			}
		}
		return nil
	})
	if err != nil {
		return ""
	}
	return found
}

func isMain(path string) bool {
	data, err := buildlist.ReadFile(path)
	if err != nil || strings.Contains(string(data[:min(len(data), 4096)]), "//go:build ignore") {
		return false
	}
	f, err := parser.ParseFile(token.NewFileSet(), path, data, parser.PackageClauseOnly)
	return err == nil && f.Name.Name == "main"
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
