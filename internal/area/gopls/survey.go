package gopls

import (
	"bytes"
	"context"
	"os"
	"path"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"time"

	"golang.org/x/mod/modfile"

	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/gocmd"
	"github.com/gorescue/gorescue/internal/probe"
)

// The bounds of a survey, and from how many folders on a part of the tree is worth a word.
const (
	maxSurveyFolders = 200000
	maxSurveyTime    = 1800 * time.Millisecond
	heavyFolders     = 200
	heavyDepth       = 4
	maxHeavy         = 20
)

// inherited is what a folder has from those above it.
type inherited struct {
	node   bool // in node_modules
	passed bool // the go command does not walk it
	parts  []*part
}

// part counts one folder near the top with all below it.
type part struct {
	facts.TreeFolder
	goFiles int
	above   *part
}

// survey counts what is below a folder, until a moment. It follows no links.
func survey(ctx context.Context, root string, end time.Time) (facts.EditorTree, []*part) {
	t := facts.EditorTree{Root: root}
	var parts []*part
	skip := ignores(root)
	var walk func(dir, rel string, depth int, in inherited)
	seen := 0
	walk = func(dir, rel string, depth int, in inherited) {
		if seen++; seen > maxSurveyFolders || ctx.Err() != nil || seen%64 == 0 && time.Now().After(end) {
			t.Cut = true
			return
		}
		list := entries(dir)
		if depth > 0 && depth <= heavyDepth {
			p := &part{TreeFolder: facts.TreeFolder{Path: rel}}
			if n := len(in.parts); n > 0 {
				p.above = in.parts[n-1]
			}
			in.parts = append(slices.Clip(in.parts), p)
			parts = append(parts, p)
		}
		count(&t, dir, depth, &in, list)
		for _, d := range list {
			name := d.Name()
			if !d.IsDir() || name == ".git" || t.Cut {
				continue
			}
			below := in
			below.node = in.node || name == "node_modules"
			below.passed = in.passed || name == "testdata" || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") || skip(path.Join(rel, name))
			walk(filepath.Join(dir, name), path.Join(rel, name), depth+1, below)
		}
	}
	walk(root, "", 0, inherited{})
	return t, parts
}

// count adds one folder to the tree and to the parts that it is in.
func count(t *facts.EditorTree, dir string, depth int, in *inherited, list []os.DirEntry) {
	hasGo, module := false, false
	for _, d := range list {
		switch n := d.Name(); {
		case n == "go.mod" && !d.IsDir():
			module = true
		case n == "go.work" && depth == 0:
			t.Module = true
		case n == ".git":
			t.Repos++
		case strings.HasSuffix(n, ".go") && !d.IsDir():
			hasGo = true
		}
	}
	if module && !in.node {
		t.Modules++
		if len(t.Some) < 5 {
			t.Some = append(t.Some, dir)
		}
		t.Module = t.Module || depth == 0
		in.passed = in.passed || depth > 0
	}
	if depth == 0 && !module {
		in.passed = true
	}
	if !in.node {
		t.Folders++
		if hasGo {
			t.Go++
		}
	}
	if !in.passed {
		t.Walked++
	}
	for _, p := range in.parts {
		if hasGo {
			p.goFiles++
		}
		if !in.node {
			p.Folders++
		}
		if !in.passed {
			p.Walked++
		}
	}
}

// ignores tells which folders the go.mod of a module has the go command pass over (go.dev/ref/mod#go-mod-file-ignore): ./x names one, x any of
// that name.
func ignores(root string) func(rel string) bool {
	data, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil || len(data) > 1<<20 {
		return func(string) bool { return false }
	}
	f, err := modfile.ParseLax("go.mod", data, nil)
	if err != nil {
		return func(string) bool { return false }
	}
	return func(rel string) bool {
		return slices.ContainsFunc(f.Ignore, func(i *modfile.Ignore) bool {
			name, fixed := strings.CutPrefix(strings.TrimSuffix(i.Path, "/"), "./")
			return rel == name || !fixed && strings.HasSuffix(rel, "/"+name)
		})
	}
}

func entries(dir string) []os.DirEntry {
	f, err := os.Open(dir)
	if err != nil {
		return nil
	}
	defer f.Close()
	list, _ := f.ReadDir(-1)
	return list
}

// heavy are the topmost big parts without Go files, the biggest first.
func heavy(parts []*part) []facts.TreeFolder {
	big := func(p *part) bool { return p != nil && size(p.TreeFolder) >= heavyFolders && p.goFiles == 0 }
	var out []facts.TreeFolder
	for _, p := range parts {
		if big(p) && !big(p.above) {
			out = append(out, p.TreeFolder)
		}
	}
	sort.SliceStable(out, func(i, j int) bool { return size(out[i]) > size(out[j]) })
	return out[:min(len(out), maxHeavy)]
}

func size(f facts.TreeFolder) int { return max(f.Folders, f.Walked) }

// ignored asks git which of the folders it ignores.
func ignored(ctx context.Context, w probe.World, root string, list []facts.TreeFolder) {
	git := program("git", w.Get("PATH"))
	if git == "" || len(list) == 0 {
		return
	}
	var in bytes.Buffer
	for _, f := range list {
		in.WriteString(f.Path + "/\x00")
	}
	r, err := gocmd.Run(ctx, gocmd.Cmd{Path: git, Args: []string{"check-ignore", "-z", "--stdin"}, Dir: root, In: in.Bytes(),
		Env: append(w.Environ(), "GIT_OPTIONAL_LOCKS=0", "GIT_TERMINAL_PROMPT=0")})
	if err != nil || r.TimedOut {
		return
	}
	for name := range strings.SplitSeq(string(r.Stdout), "\x00") {
		for i := range list {
			if name != "" && strings.TrimSuffix(name, "/") == list[i].Path {
				list[i].Ignored = true
			}
		}
	}
}

// program is the first of a name in PATH that is a regular file, "" = none.
func program(name, search string) string {
	for _, dir := range filepath.SplitList(search) {
		f := filepath.Join(dir, name)
		if fi, err := os.Stat(f); err == nil && fi.Mode().IsRegular() && filepath.IsAbs(dir) {
			return f
		}
	}
	return ""
}

// trees surveys the folder that an editor opens here, and those above it in which a gopls of this user runs.
func trees(ctx context.Context, w probe.World, s *facts.Snapshot, running []facts.GoplsProcess) []facts.EditorTree {
	roots := map[string]int{}
	order := []string{}
	add := func(dir string, pid int) {
		if _, ok := roots[dir]; dir == "" || ok || len(order) >= 3 {
			return
		}
		roots[dir] = pid
		order = append(order, dir)
	}
	for _, g := range running {
		if g.Host != "" && g.Dir != "" && within(w.Dir, g.Dir) {
			add(g.Dir, g.PID)
		}
	}
	add(s.Editors.Root, 0)
	var out []facts.EditorTree
	end := time.Now().Add(maxSurveyTime) // for all of them
	for _, dir := range order {
		t, parts := survey(ctx, dir, end)
		t.PID, t.Kind = roots[dir], special(w, s, dir)
		t.Heavy = heavy(parts)
		t.Repo = inRepository(dir)
		if own := s.Project.Root; own != "" && own != dir && within(own, dir) {
			m, _ := survey(ctx, own, end)
			t.Own = m.Folders
		}
		out = append(out, t)
	}
	return out
}

func inRepository(dir string) bool {
	for ; ; dir = filepath.Dir(dir) {
		if _, err := os.Lstat(filepath.Join(dir, ".git")); err == nil {
			return true
		}
		if dir == filepath.Dir(dir) {
			return false
		}
	}
}

// special names a folder that is no project by itself.
func special(w probe.World, s *facts.Snapshot, dir string) string {
	real := func(path string) string {
		if p, err := filepath.EvalSymlinks(path); err == nil {
			return p
		}
		return filepath.Clean(path)
	}
	dir = real(dir)
	if dir == filepath.Dir(dir) {
		return "root"
	}
	if h := w.Get("HOME"); filepath.IsAbs(h) && real(h) == dir {
		return "home"
	}
	if m := s.Settings.Get("GOMODCACHE"); filepath.IsAbs(m) && real(m) == dir {
		return "GOMODCACHE"
	}
	for _, g := range filepath.SplitList(s.Settings.Get("GOPATH")) {
		if filepath.IsAbs(g) && (real(g) == dir || filepath.Join(real(g), "src") == dir) {
			return "GOPATH"
		}
	}
	return ""
}
