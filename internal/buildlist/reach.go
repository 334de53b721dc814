package buildlist

import (
	"context"
	"go/build"
	"go/version"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"

	"github.com/gorescue/gorescue/internal/facts"
)

// The bounds of following imports. Behind them every module with a content line counts as needed.
const (
	reachTime    = 500 * time.Millisecond
	reachFolders = 5000
)

// Of reads the project around dir as the go command with these settings sees it. Unlike Read alone it tells for modules
// that are missing from the cache whether any package of this project imports them on this platform: go.sum keeps
// content lines also for what other platforms and other modules' tests need, and a go command never fetches
// those.
func Of(ctx context.Context, dir string, set *facts.Settings) (*List, error) {
	return With(ctx, dir, set, nil)
}

// With is Of with other files in place of some, see Settings.Files.
func With(ctx context.Context, dir string, set *facts.Settings, files map[string]string) (*List, error) {
	l, err := Read(dir, Settings{GOFLAGS: set.Get("GOFLAGS"), GOWORK: set.Get("GOWORK"), GOMODCACHE: set.Get("GOMODCACHE"), Files: files})
	if err == nil && !l.Vendor && l.lacks() {
		l.narrow(ctx, set)
	}
	return l, err
}

// lacks reports whether a needed module is missing in a way that imports can decide: below go 1.17 the go command reads
// the go.mod of every module (https://go.dev/ref/mod#lazy-loading).
func (l *List) lacks() bool {
	lacking := false
	for _, m := range l.Modules {
		if m.Missing == "mod" && (l.Go == "" || version.Compare("go"+l.Go, "go1.17") < 0) {
			return false
		}
		lacking = lacking || m.Needed && m.Missing != ""
	}
	return lacking
}

// narrow follows the imports of all packages of the main modules. When none leads to a missing module, none of these is
// needed; when only tests lead there, only tests need them. When a build leads to one, nothing is known of
// the packages in it, so all of them stay needed.
func (l *List) narrow(ctx context.Context, set *facts.Settings) {
	ctx, cancel := context.WithTimeout(ctx, reachTime)
	defer cancel()
	r := reach{ctx: ctx, build: platform(set), list: l, dirs: l.dirs(set.Get("GOMODCACHE")), seen: map[string]bool{}}
	for _, m := range l.Modules {
		if m.Missing != "" {
			r.missing = append(r.missing, m.Mod.Path)
		}
	}
	mains := l.mains()
	builds, tests := r.roots(mains)
	hit := r.follow(builds)
	if !hit && !r.cut {
		hit = r.follow(append(tests, l.tools()...))
		for i := range l.Modules {
			if m := &l.Modules[i]; m.Missing != "" && !r.cut {
				m.Needed, m.Tests = m.Needed && hit, m.Needed && hit
			}
		}
	}
}

// platform is the build context of the go command with these settings.
func platform(set *facts.Settings) build.Context {
	c := build.Default
	if v := set.Get("GOOS"); v != "" {
		c.GOOS = v
	}
	if v := set.Get("GOARCH"); v != "" {
		c.GOARCH = v
	}
	c.CgoEnabled = set.Get("CGO_ENABLED") != "0"
	c.BuildTags = strings.FieldsFunc(Flag(set.Get("GOFLAGS"), "tags"), func(r rune) bool { return r == ',' || r == ' ' })
	if minor, ok := strings.CutPrefix(version.Lang(set.Release), "go1."); ok {
		if n, err := strconv.Atoi(minor); err == nil && n < 1000 {
			c.ReleaseTags = nil
			for i := 1; i <= n; i++ {
				c.ReleaseTags = append(c.ReleaseTags, "go1."+strconv.Itoa(i))
			}
		}
	}
	return c
}

// mains lists the folders of the main modules with their paths.
func (l *List) mains() map[string]string {
	out := map[string]string{}
	for _, file := range l.Mods {
		dir := filepath.Dir(file)
		if l.Work == "" {
			dir = l.Root // -modfile may lie elsewhere
		}
		if data, err := ReadFile(l.real(file)); err == nil {
			out[modfile.ModulePath(data)] = dir
		}
	}
	return out
}

// dirs says where the packages of each module path lie: main modules, replacements by folders, extracted modules.
func (l *List) dirs(cache string) map[string]string {
	out := l.mains()
	for path, dir := range l.folders {
		out[path] = dir
	}
	for _, m := range l.Modules {
		p, err1 := module.EscapePath(m.Path)
		v, err2 := module.EscapeVersion(m.Version.Version)
		if m.Missing == "" && err1 == nil && err2 == nil {
			out[m.Mod.Path] = filepath.Join(cache, filepath.FromSlash(p)+"@"+v)
		}
	}
	return out
}

// tools lists the packages of tool directives.
func (l *List) tools() []string {
	var out []string
	for _, file := range l.Mods {
		data, err := ReadFile(l.real(file))
		if err != nil {
			continue
		}
		if f, err := modfile.Parse(file, data, nil); err == nil {
			for _, t := range f.Tool {
				out = append(out, t.Path)
			}
		}
	}
	return out
}

// reach follows imports.
type reach struct {
	ctx     context.Context
	build   build.Context
	list    *List
	dirs    map[string]string // module path → folder
	missing []string          // paths of modules that are not in the cache, as imports name them
	seen    map[string]bool   // import paths
	folders int
	cut     bool // a bound was met
}

// roots lists what the packages of the main modules import, and what their tests import.
func (r *reach) roots(mains map[string]string) (builds, tests []string) {
	for _, root := range mains {
		_ = filepath.WalkDir(root, func(p string, e fs.DirEntry, err error) error { // what cannot be read imports nothing
			switch {
			case err != nil || !e.IsDir():
				return nil
			case r.over():
				return filepath.SkipAll
			case p != root && (skipped(e.Name()) || has(filepath.Join(p, "go.mod"))):
				return filepath.SkipDir
			}
			pkg := r.read(p)
			builds = append(builds, pkg.Imports...)
			tests = append(tests, pkg.TestImports...)
			tests = append(tests, pkg.XTestImports...)
			return nil
		})
	}
	return builds, tests
}

func skipped(name string) bool {
	return strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") || name == "testdata" || name == "vendor"
}

// read reads the package in a folder; what is wrong with it is the business of others.
func (r *reach) read(dir string) *build.Package {
	r.folders++
	pkg, _ := r.build.ImportDir(dir, 0)
	if pkg == nil {
		pkg = &build.Package{}
	}
	return pkg
}

func (r *reach) over() bool {
	r.cut = r.cut || r.folders > reachFolders || r.ctx.Err() != nil
	return r.cut
}

// follow reports whether the imports lead to a missing module. As the go command does (cmd/go/internal/modload/import.go,
// func importFromModules), every module whose path is a prefix of an import is looked into.
func (r *reach) follow(imports []string) bool {
	queue := slices.Clone(imports)
	for len(queue) > 0 && !r.over() {
		p := queue[len(queue)-1]
		queue = queue[:len(queue)-1]
		if r.seen[p] {
			continue
		}
		r.seen[p] = true
		for prefix := p; prefix != "." && prefix != "/"; prefix = path.Dir(prefix) {
			if slices.Contains(r.missing, prefix) {
				return true
			}
			if dir, ok := r.dirs[prefix]; ok {
				queue = append(queue, r.read(filepath.Join(dir, filepath.FromSlash(p[len(prefix):]))).Imports...)
			}
		}
	}
	return false
}
