package cache

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/gorescue/gorescue/internal/buildlist"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/lazyre"
	"github.com/gorescue/gorescue/internal/proc"
)

// copyPattern is how a tool names the copies it makes beside a file: the first group is the name of the
// original without ".go", a group "pid" the number of the process that made it.
type copyPattern struct {
	tool string
	name func() *regexp.Regexp
}

// copyPatterns: git mergetool (git-mergetool.sh: MERGED_BASE_PID), older versions of it, Syncthing, Dropbox,
// Nextcloud, file managers, svn.
var copyPatterns = []copyPattern{
	{"git mergetool", lazyre.New(`^(.+)_(?:BASE|LOCAL|REMOTE|BACKUP)_(?P<pid>[0-9]+)\.go$`)},
	{"git mergetool", lazyre.New(`^(.+)\.go\.(?:BASE|LOCAL|REMOTE|BACKUP)\.(?P<pid>[0-9]+)\.go$`)},
	{"Syncthing", lazyre.New(`^(.+)\.sync-conflict-[0-9]{8}-[0-9]{6}(?:-[A-Z0-9]+)?\.go$`)},
	{"Dropbox", lazyre.New(`^(.+) \(.*conflicted copy.*\)\.go$`)},
	{"Nextcloud", lazyre.New(`^(.+) \(conflicted copy [0-9 -]+\)\.go$`)},
	{"a file manager", lazyre.New(`^(.+?)(?: - Copy| copy| \(copy\)|（副本）| - 副本| 副本| \([0-9]+\))(?: \(?[0-9]+\)?)?\.go$`)},
	{"a file manager", lazyre.New(`^Copy of (.+)\.go$`)},
	{"svn", lazyre.New(`^(.+)\.(?:mine|r[0-9]+)\.go$`)},
}

// copies finds, among the Go files of one folder, copies that a tool has left beside the original. The name
// alone proves nothing: both must be of the same package and declare a name twice.
func (w *walker) copies(dir string, files []string) {
	for _, f := range files {
		if len(w.t.Copies) >= maxCopies {
			return
		}
		for _, pat := range copyPatterns {
			m := pat.name().FindStringSubmatch(f)
			if m == nil || !slices.Contains(files, m[1]+".go") {
				continue
			}
			c := facts.StrayCopy{Path: filepath.Join(dir, f), Original: filepath.Join(dir, m[1]+".go"), Tool: pat.tool, Tracked: facts.TrackUnknown}
			if c.Names = sameNames(c.Path, c.Original); len(c.Names) == 0 {
				break
			}
			if i := pat.name().SubexpIndex("pid"); i > 0 {
				c.Busy = stillAtWork(m[i])
			}
			w.t.Copies = append(w.t.Copies, c)
			break
		}
	}
}

// stillAtWork returns the process of that number if it is a git mergetool.
func stillAtWork(number string) *facts.Proc {
	pid, err := strconv.Atoi(number)
	if err != nil {
		return nil
	}
	if p, ok := proc.Get(pid); ok && strings.Contains(p.Command, "mergetool") {
		return &p
	}
	return nil
}

// sameNames lists top-level names which both files declare in the same package, at most five. Both files
// must count for the same build: files with a //go:build line prove nothing.
func sameNames(a, b string) []string {
	pa, na := topNames(a)
	pb, nb := topNames(b)
	if pa == "" || pa != pb {
		return nil
	}
	var out []string
	for _, n := range na {
		if slices.Contains(nb, n) && len(out) < 5 {
			out = append(out, n)
		}
	}
	return out
}

func topNames(path string) (pkg string, names []string) {
	src, err := buildlist.ReadFile(path)
	if err != nil || strings.Contains(string(src), "\n//go:build ") || strings.HasPrefix(string(src), "//go:build ") {
		return "", nil
	}
	f, err := parser.ParseFile(token.NewFileSet(), path, src, parser.SkipObjectResolution)
	if f == nil || f.Name == nil || err != nil && len(f.Decls) == 0 {
		return "", nil // a copy with marks of conflict is parsed as far as it goes
	}
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Recv == nil && d.Name.Name != "init" && d.Name.Name != "_" {
				names = append(names, d.Name.Name)
			}
		case *ast.GenDecl:
			for _, s := range d.Specs {
				switch s := s.(type) {
				case *ast.TypeSpec:
					names = append(names, s.Name.Name)
				case *ast.ValueSpec:
					for _, n := range s.Names {
						if n.Name != "_" {
							names = append(names, n.Name)
						}
					}
				}
			}
		}
	}
	return f.Name.Name, names
}

// output finds a folder that lies where `go build` in this folder writes its program
// (cmd/go/internal/load/pkg.go, func exeFromImportPath).
func (p *place) output() *facts.OutputFolder {
	if p.list.Root == "" || buildlist.Flag(p.s.Settings.Get("GOFLAGS"), "o") != "" {
		return nil
	}
	name := p.programName()
	if name == "" {
		return nil
	}
	path := filepath.Join(p.w.Dir, name)
	list, err := readSome(path)
	if err != nil {
		return nil
	}
	o := &facts.OutputFolder{Path: path, Program: name, Entries: len(list)}
	for _, e := range list {
		o.HasGo = o.HasGo || strings.HasSuffix(e.Name(), ".go") || e.IsDir()
	}
	o.IgnoredFile, o.IgnoredLine, o.Ignored = p.ignoredProgram(name)
	return o
}

// readSome lists up to 100 entries of a folder; an error when it is none.
func readSome(path string) ([]os.DirEntry, error) {
	fi, err := os.Lstat(path)
	if err != nil {
		return nil, err
	}
	if !fi.IsDir() {
		return nil, os.ErrInvalid
	}
	d, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	list, _ := d.ReadDir(100) // an empty folder ends with io.EOF
	return list, nil
}

// programName is the name of the program that the package in this folder becomes, "" when it is no main package.
func (p *place) programName() string {
	main := false
	entries, err := os.ReadDir(p.w.Dir)
	if err != nil {
		return ""
	}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") || !e.Type().IsRegular() || e.Name()[0] == '_' || e.Name()[0] == '.' {
			continue
		}
		if pkg, _ := topNames(filepath.Join(p.w.Dir, e.Name())); pkg != "" {
			if pkg != "main" {
				return ""
			}
			main = true
		}
	}
	if !main {
		return ""
	}
	return execName(p.list.Mod, p.list.Root, p.w.Dir)
}

// ignoredProgram finds the line of the module's .gitignore that expects the program.
func (p *place) ignoredProgram(name string) (file string, line int, text string) {
	for _, dir := range []string{p.w.Dir, p.list.Root} {
		file := filepath.Join(dir, ".gitignore")
		data, err := buildlist.ReadFile(file)
		if err != nil {
			continue
		}
		n := 0
		for l := range strings.Lines(string(data)) {
			n++
			if l = strings.TrimSpace(l); strings.TrimPrefix(l, "/") == name {
				return file, n, l
			}
		}
	}
	return "", 0, ""
}
