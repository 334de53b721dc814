// Package gosrc looks at the Go files of a module to tell what they ask of a platform and of a C compiler. It reads
// package clauses, imports and build constraints only, never follows links, and stops at stated bounds.
package gosrc

import (
	"context"
	"go/build"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"golang.org/x/mod/modfile"

	"github.com/gorescue/gorescue/internal/facts"
)

// The bounds of a scan: files that are opened, bytes that are read of each, folders that are entered.
const (
	maxFiles   = 3000
	maxSize    = 1 << 20
	maxFolders = 5000
)

// cgoPackages are the packages of the standard library that are compiled with cgo on a Unix system, and those that
// import one of them directly or not. A test compares the list with the Go tree that runs it.
const cgoPackages = ` archive/tar crypto/tls crypto/x509 expvar log/syslog mime/multipart net net/http net/http/cgi net/http/cookiejar ` +
	`net/http/fcgi net/http/httptest net/http/httptrace net/http/httputil net/http/pprof net/mail net/rpc net/rpc/jsonrpc net/smtp ` +
	`net/textproto os/user plugin runtime/cgo `

// Platform is what is asked about.
type Platform struct {
	GOOS, GOARCH string
	Tags         []string // of -tags
}

// folder is one package folder.
type folder struct {
	dir          string
	host, target bool   // has files for this machine, for the effective platform
	cgo          string // a file with import "C"
	pure         bool   // has files that are compiled without cgo
	imports      []imported
}

type imported struct{ path, file string }

// Scan looks at the module around dir for the effective platform. What it cannot read it passes over. It ends early,
// with Cut set, at its bounds and when ctx ends.
func Scan(ctx context.Context, dir string, p Platform) facts.Source {
	out := facts.Source{Looked: true}
	root, module := moduleAround(dir)
	if root == "" {
		root = dir
	}
	s := &scan{ctx: ctx, p: p, out: &out}
	s.walk(root)
	s.judge(root, module, dir)
	return out
}

// scan is the state of one Scan.
type scan struct {
	ctx     context.Context
	p       Platform
	out     *facts.Source
	folders []*folder
	files   int
	entered int
}

func (s *scan) walk(root string) {
	_ = filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		switch {
		case s.ctx.Err() != nil || s.files > maxFiles || s.entered > maxFolders:
			s.out.Cut = true
			return filepath.SkipAll
		case err != nil:
			return nil
		case !e.IsDir():
			return nil
		case path != root && skipped(e.Name()):
			return filepath.SkipDir
		case path != root && exists(filepath.Join(path, "go.mod")):
			return filepath.SkipDir // another module
		}
		s.entered++
		s.read(path)
		return nil
	})
}

// skipped reports whether the go command passes over a folder of that name (cmd/go: go help packages).
func skipped(name string) bool {
	return strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") || name == "testdata" || name == "vendor" || name == "node_modules"
}

// read looks at the Go files of one folder.
func (s *scan) read(dir string) {
	list, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	f := &folder{dir: dir}
	for _, e := range list {
		name := e.Name()
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") || strings.HasPrefix(name, "_") || strings.HasPrefix(name, ".") || !e.Type().IsRegular() {
			continue
		}
		if s.files++; s.files > maxFiles {
			return
		}
		s.file(f, filepath.Join(dir, name))
	}
	if f.host || f.target || f.cgo != "" {
		s.folders = append(s.folders, f)
	}
}

func (s *scan) file(f *folder, path string) {
	data, ok := start(path)
	if !ok {
		return
	}
	parsed, err := parser.ParseFile(token.NewFileSet(), path, data, parser.ImportsOnly|parser.ParseComments)
	if err != nil {
		return
	}
	c := false
	var imports []imported
	for _, spec := range parsed.Imports {
		p, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			continue
		}
		if p == "C" {
			c = true
		} else {
			imports = append(imports, imported{p, path})
		}
	}
	host := Platform{GOOS: runtime.GOOS, GOARCH: runtime.GOARCH, Tags: s.p.Tags}
	f.host = f.host || matches(path, data, host, true) || matches(path, data, host, false)
	target := matches(path, data, s.p, true)
	f.target = f.target || target
	if !c && matches(path, data, s.p, false) {
		f.pure = true
	}
	if !target {
		return
	}
	if c {
		f.cgo = path
		if s.out.PkgConfig == "" && hasPkgConfig(string(data)) {
			s.out.PkgConfig = path
		}
	}
	f.imports = append(f.imports, imports...)
}

// start returns a regular file of sensible size; a link is not followed.
func start(path string) ([]byte, bool) {
	fi, err := os.Lstat(path)
	if err != nil || !fi.Mode().IsRegular() || fi.Size() > maxSize {
		return nil, false
	}
	r, err := os.Open(path)
	if err != nil {
		return nil, false
	}
	defer r.Close()
	data, err := io.ReadAll(io.LimitReader(r, maxSize))
	return data, err == nil
}

// matches reports whether a file is compiled on a platform, by its name and its build constraint; with cgo on, the
// import "C" itself excludes nothing.
func matches(path string, data []byte, p Platform, cgo bool) bool {
	ctx := build.Default
	ctx.GOOS, ctx.GOARCH, ctx.BuildTags, ctx.CgoEnabled = p.GOOS, p.GOARCH, p.Tags, cgo
	ctx.OpenFile = func(string) (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(string(data))), nil }
	ok, err := ctx.MatchFile(filepath.Dir(path), filepath.Base(path))
	return ok && err == nil
}

func hasPkgConfig(src string) bool {
	for line := range strings.Lines(src) {
		line = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(line), "//"))
		if rest, ok := strings.CutPrefix(line, "#cgo"); ok && strings.Contains(strings.SplitN(rest, ":", 2)[0], "pkg-config") {
			return true
		}
	}
	return false
}

// judge draws the conclusions.
func (s *scan) judge(root, module, here string) {
	users := map[string]string{} // folder → file of the module that imports it
	for _, f := range s.folders {
		for _, i := range f.imports {
			if rest, ok := strings.CutPrefix(i.path, module+"/"); ok && module != "" {
				users[filepath.Join(root, filepath.FromSlash(rest))] = i.file
			} else if i.path == module {
				users[root] = i.file
			}
			if s.out.Cgo == "" && f.target && strings.Contains(cgoPackages, " "+i.path+" ") {
				s.out.Cgo, s.out.CgoImport = i.file, i.path
			}
		}
	}
	for _, f := range s.folders {
		if f.cgo != "" && s.out.CgoImport != "C" {
			s.out.Cgo, s.out.CgoImport = f.cgo, "C"
		}
		if f.target && !f.host && s.out.OnlyTarget == "" {
			s.out.OnlyTarget = f.dir
		}
		if f.cgo == "" || f.pure || s.out.NeedsCgo != "" {
			continue
		}
		if user, ok := users[f.dir]; ok {
			s.out.NeedsCgo, s.out.NeededBy = f.dir, user
		} else if f.dir == here {
			s.out.NeedsCgo = f.dir
		}
	}
}

// moduleAround finds the nearest go.mod and its module path.
func moduleAround(dir string) (root, module string) {
	for d := dir; ; d = filepath.Dir(d) {
		if data, ok := start(filepath.Join(d, "go.mod")); ok {
			return d, path.Clean(modfile.ModulePath(data))
		}
		if d == filepath.Dir(d) {
			return "", ""
		}
	}
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
