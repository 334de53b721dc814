package cache

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"golang.org/x/mod/modfile"

	"github.com/gorescue/gorescue/internal/buildlist"
	"github.com/gorescue/gorescue/internal/facts"
)

const (
	treeWalkTime  = 400 * time.Millisecond
	maxWalk       = 20_000
	maxBad        = 50
	maxCopies     = 20
	maxFolderRead = 5_000 // entries of one folder
)

// tree walks the module's folder as `./...` does (cmd/go/internal/search, func MatchDirs): names that begin with
// "." or "_", testdata, folders of other modules and those of `ignore` lines are left out, links to folders are not
// followed. node_modules has no Go packages worth the time and is left out too, but for the question whether it
// can be listed.
func (p *place) tree(ctx context.Context) facts.Tree {
	ctx, cancel := context.WithTimeout(ctx, treeWalkTime)
	defer cancel()
	w := walker{p: p, ctx: ctx, t: facts.Tree{Root: p.list.Root}}
	if w.t.Root == "" {
		return w.t
	}
	if temp, _ := p.temporary(); p.list.Work == "" && sameFolder(temp, w.t.Root) {
		w.t.TempRoot = w.t.Root
	}
	w.goos, w.goarch = p.s.Settings.Get("GOOS"), p.s.Settings.Get("GOARCH")
	w.goMod(p.list.Mod)
	for _, name := range []string{p.list.Mod, strings.TrimSuffix(p.list.Mod, ".mod") + ".sum", p.list.Work} {
		if name != "" && pathError(name) == nil && !readable(name, false) {
			w.bad(name, facts.BadUnreadable, "")
		}
	}
	w.folder(w.t.Root)
	w.t.Output = p.output()
	w.track()
	return w.t
}

type walker struct {
	p            *place
	ctx          context.Context
	t            facts.Tree
	goos, goarch string
	ignore       []string
}

// folder walks one folder and those below it.
func (w *walker) folder(dir string) {
	if w.t.Entries >= maxWalk || w.ctx.Err() != nil {
		w.t.Cut = true
		return
	}
	d, err := os.Open(dir)
	var list []fs.DirEntry
	if err == nil {
		list, err = d.ReadDir(maxFolderRead)
		d.Close()
		w.t.Cut = w.t.Cut || len(list) == maxFolderRead
	}
	if errors.Is(err, fs.ErrPermission) {
		w.bad(dir, facts.BadFolder, "")
		return
	}
	w.t.Entries += len(list)
	slices.SortFunc(list, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	var goFiles []string
	for _, e := range list {
		path := filepath.Join(dir, e.Name())
		switch {
		case e.IsDir():
			if !w.leftOut(path, e.Name()) {
				w.folder(path)
			}
		case w.source(e.Name()):
			if w.file(path, e) && strings.HasSuffix(e.Name(), ".go") {
				goFiles = append(goFiles, e.Name())
			}
		}
	}
	w.copies(dir, goFiles)
}

func (w *walker) leftOut(path, name string) bool {
	if name[0] == '.' || name[0] == '_' || name == "testdata" {
		return true
	}
	rel, err := filepath.Rel(w.t.Root, path)
	if err != nil || shouldIgnore(w.ignore, filepath.ToSlash(rel)) {
		return true
	}
	if fi, err := os.Stat(filepath.Join(path, "go.mod")); err == nil && !fi.IsDir() {
		return true
	}
	if name == "node_modules" || name == "vendor" {
		if !readable(path, true) {
			w.bad(path, facts.BadFolder, "")
		}
		return true
	}
	return false
}

// file looks at one source file; true: nothing is wrong with it as a file.
func (w *walker) file(path string, e fs.DirEntry) bool {
	switch {
	case e.Type()&fs.ModeSymlink != 0:
		_, err := os.Stat(path)
		target, _ := os.Readlink(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			w.bad(path, facts.BadDangling, target)
			return false
		case errors.Is(err, syscall.ELOOP):
			w.bad(path, facts.BadLoop, target)
			return false
		}
	case !e.Type().IsRegular():
		w.bad(path, facts.BadPipe, "")
		return false
	}
	if !readable(path, false) {
		w.bad(path, facts.BadUnreadable, "")
		return false
	}
	return true
}

func (w *walker) bad(path string, why facts.BadKind, target string) {
	if len(w.t.Bad) >= maxBad {
		w.t.Cut = true
		return
	}
	b := facts.BadFile{Path: path, Why: why, Target: target, UID: -1, Tracked: facts.TrackUnknown}
	if rel, err := filepath.Rel(w.t.Root, path); err == nil {
		b.Rel = filepath.ToSlash(rel)
	}
	rel, err := filepath.Rel(w.p.w.Dir, path)
	b.InScope = err == nil && filepath.IsLocal(rel)
	if parent := filepath.Dir(path); why == facts.BadFolder && parent != w.t.Root {
		list, err := readSome(parent)
		b.Alone = err == nil && len(list) == 1
	}
	if fi, err := os.Lstat(path); err == nil {
		b.Mode, b.UID = uint32(fi.Mode().Perm()), owner(fi)
	}
	w.t.Bad = append(w.t.Bad, b)
}

// sourceKinds are the files that the go command opens in a package folder (go/build, func matchFile and
// fileListForExt).
var sourceKinds = []string{".go", ".c", ".cc", ".cpp", ".cxx", ".m", ".h", ".hh", ".hpp", ".hxx", ".f", ".F", ".for", ".f90", ".s", ".S", ".sx", ".swig", ".swigcxx"}

// source reports whether the go command would open a file of that name: not when its name is for another platform
// (go/build, func goodOSArchFile) or begins with "." or "_".
func (w *walker) source(name string) bool {
	if name[0] == '.' || name[0] == '_' || !slices.Contains(sourceKinds, filepath.Ext(name)) {
		return false
	}
	base, _, _ := strings.Cut(name, ".")
	i := strings.Index(base, "_")
	if i < 0 {
		return true
	}
	parts := strings.Split(base[i+1:], "_")
	if n := len(parts); n > 0 && parts[n-1] == "test" {
		parts = parts[:n-1]
	}
	n := len(parts)
	if n >= 2 && knownOS[parts[n-2]] && knownArch[parts[n-1]] {
		return w.os(parts[n-2]) && w.arch(parts[n-1])
	}
	if n >= 1 && knownOS[parts[n-1]] {
		return w.os(parts[n-1])
	}
	return n < 1 || !knownArch[parts[n-1]] || w.arch(parts[n-1])
}

func (w *walker) os(name string) bool {
	have := w.goos
	if have == "" {
		have = runtime.GOOS
	}
	return name == have || name == "linux" && have == "android" || name == "darwin" && have == "ios" || name == "solaris" && have == "illumos"
}

func (w *walker) arch(name string) bool {
	return name == w.goarch || w.goarch == "" && name == runtime.GOARCH
}

// The names that a file name may end in (internal/syslist).
var (
	knownOS   = words("aix android darwin dragonfly freebsd hurd illumos ios js linux nacl netbsd openbsd plan9 solaris wasip1 windows zos")
	knownArch = words("386 amd64 amd64p32 arm armbe arm64 arm64be loong64 mips mipsle mips64 mips64le mips64p32 mips64p32le ppc ppc64 ppc64le riscv riscv64 s390 s390x sparc sparc64 wasm")
)

func words(s string) map[string]bool {
	out := map[string]bool{}
	for _, w := range strings.Fields(s) {
		out[w] = true
	}
	return out
}

// goMod reads the `ignore` lines of a go.mod file and where another line could go.
func (w *walker) goMod(path string) {
	data, err := buildlist.ReadFile(path)
	if err != nil {
		return
	}
	f, err := modfile.ParseLax(path, data, nil)
	if err != nil {
		return
	}
	w.t.GoMod = facts.GoModEnd{Path: path, Size: len(data), EOL: len(data) > 0 && data[len(data)-1] == '\n'}
	if f.Go != nil {
		w.t.GoMod.Go = f.Go.Version
	}
	for _, i := range f.Ignore {
		w.ignore = append(w.ignore, i.Path)
	}
}

// shouldIgnore follows cmd/go/internal/search, func (*IgnorePatterns) ShouldIgnore: "./x" is one folder, "x"
// every folder of that name.
func shouldIgnore(patterns []string, rel string) bool {
	rel = "/" + rel + "/"
	for _, p := range patterns {
		p, rooted := strings.CutPrefix(p, "./")
		p = "/" + strings.Trim(p, "/") + "/"
		if rooted && strings.HasPrefix(rel, p) || !rooted && strings.Contains(rel, p) {
			return true
		}
	}
	return false
}

// sameFolder reports whether two paths lead to one folder.
func sameFolder(a, b string) bool {
	x, err1 := os.Stat(a)
	y, err2 := os.Stat(b)
	return err1 == nil && err2 == nil && os.SameFile(x, y)
}
