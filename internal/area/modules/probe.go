package modules

import (
	"archive/zip"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"

	"github.com/gorescue/gorescue/internal/buildlist"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/gomod"
	"github.com/gorescue/gorescue/internal/modcache"
	"github.com/gorescue/gorescue/internal/probe"
)

// The bounds of what is read.
const (
	maxText = 256 << 10 // of a go.mod; go.sum may be longer
	maxSum  = 4 << 20
	maxDeps = 1000
	maxMods = 200
)

// files reads the module files of the project.
func files(ctx context.Context, w probe.World, s *facts.Snapshot) (probe.Install, error) {
	m := &facts.ModFiles{Cache: s.Settings.Get("GOMODCACHE")}
	p := &s.Project
	root := p.Root
	if root == "" {
		root = w.Dir
	}
	g := newGit(w, root)
	var paths []string
	if p.Root != "" {
		paths = append(paths, filepath.Join(p.Root, "go.mod"))
	}
	for _, u := range p.Uses {
		if f := filepath.Join(u.Dir, "go.mod"); len(paths) == 0 || f != paths[0] {
			paths = append(paths, f)
		}
	}
	for _, f := range paths[:min(len(paths), maxMods)] {
		m.Mods = append(m.Mods, source(f, maxText))
	}
	if p.Root != "" {
		m.Sum = source(filepath.Join(p.Root, "go.sum"), maxSum)
	}
	committed(ctx, w, g, m, p.Root)
	if p.Root != "" {
		m.Deps = deps(m)
		for i := range m.Deps {
			if d := &m.Deps[i]; d.Known && w.Get(probe.AskNetwork) != "" { // only then it is said
				newest(d, m.Cache)
			}
		}
		m.Tools = absentTools(m)
	}
	m.Dirs = dirs(m, p.Work.Path, g)
	if suspicious(m) {
		scan(ctx, m, p.Root)
	}
	m.GitErr = g.err
	return func(s *facts.Snapshot) { s.ModFiles = *m }, ctx.Err()
}

func source(path string, limit int) facts.ModSource {
	src := facts.ModSource{Path: path, State: facts.FileRead}
	data, err := buildlist.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		src.State = facts.FileMissing
	case errors.Is(err, fs.ErrPermission):
		src.State = facts.FileUnreadable
	case err != nil || len(data) > limit:
		src.State = facts.FileOdd
	default:
		src.Text = string(data)
	}
	return src
}

// committed fills in what git has of these files, and a go.mod that git has and the folder lacks.
func committed(ctx context.Context, w probe.World, g *git, m *facts.ModFiles, root string) {
	if g.top == "" {
		return
	}
	var specs, lost []string
	for i := range m.Mods {
		specs = append(specs, head+m.Mods[i].Path, index+m.Mods[i].Path)
	}
	for dir := w.Dir; dir != root; dir = filepath.Dir(dir) {
		f := filepath.Join(dir, "go.mod")
		if _, err := os.Lstat(f); errors.Is(err, fs.ErrNotExist) {
			lost = append(lost, f)
			specs = append(specs, head+f, index+f)
		}
		if dir == g.top || dir == filepath.Dir(dir) {
			break
		}
	}
	if root != "" {
		specs = append(specs, head+m.Sum.Path) // last: it may be too long to be kept
	}
	found := g.show(ctx, specs...)
	for i := range m.Mods {
		m.Mods[i].Head, m.Mods[i].Index = get(found, head+m.Mods[i].Path), get(found, index+m.Mods[i].Path)
	}
	m.Sum.Head = get(found, head+m.Sum.Path)
	for _, f := range lost {
		if src := (facts.ModSource{Path: f, State: facts.FileMissing, Head: get(found, head+f), Index: get(found, index+f)}); src.Head != nil && src.Index != nil && m.Lost == nil {
			m.Lost = &src
		}
	}
}

func get(found map[string]string, spec string) *string {
	if text, ok := found[spec]; ok {
		return &text
	}
	return nil
}

// deps looks up what the first module requires, or required in the last commit.
func deps(m *facts.ModFiles) []facts.ModDep {
	now, old := requires(m.Mods[0].Text), map[module.Version]bool{}
	var out []facts.ModDep
	seen := map[module.Version]bool{}
	list := now
	if m.Mods[0].Changed() {
		for _, v := range requires(*m.Mods[0].Head) {
			old[v] = true
			list = append(list, v)
		}
	}
	replaced := map[string]bool{}
	for _, st := range gomod.Parse(m.Mods[0].Text) {
		if st.Verb == "replace" {
			replaced[st.Arg(0)] = true
		}
	}
	sums := map[string]string{}
	for line := range strings.Lines(m.Sum.Text) {
		if f := strings.Fields(line); len(f) == 3 {
			sums[f[0]+" "+f[1]] = f[2]
		}
	}
	for i, v := range list {
		if seen[v] || len(out) >= maxDeps {
			continue
		}
		seen[v] = true
		d := facts.ModDep{Path: v.Path, Version: v.Version, Head: i >= len(now), Replaced: replaced[v.Path], Summed: sums[v.Path+" "+v.Version] != ""}
		look(&d, m.Cache, v, sums[v.Path+" "+v.Version+"/go.mod"])
		out = append(out, d)
	}
	return out
}

func requires(text string) []module.Version {
	var out []module.Version
	for _, s := range gomod.Parse(text) {
		if s.Verb == "require" && s.Arg(0) != "" {
			out = append(out, module.Version{Path: s.Arg(0), Version: s.Arg(1)})
		}
	}
	return out
}

// look reads the go.mod of a version in the module cache. One that is not what go.sum says is damaged and says
// nothing.
func look(d *facts.ModDep, cache string, v module.Version, sum string) {
	paths, err := modcache.PathsOf(cache, v)
	if err != nil || !filepath.IsAbs(cache) {
		return
	}
	data, err := buildlist.ReadFile(paths.Mod)
	if err != nil {
		data, err = zipped(paths.Zip, v)
	}
	if err != nil || sum != "" && modcache.HashGoMod(data) != sum {
		return
	}
	d.Verified = sum != ""
	f, err := modfile.ParseLax(paths.Mod, data, nil)
	if err != nil {
		return
	}
	d.Known, d.Whole = true, buildlist.Missing(cache, v) == ""
	if f.Module != nil {
		d.Declares = f.Module.Mod.Path
	}
	if f.Go != nil {
		d.Go = f.Go.Version
	}
}

// suspicious reports whether anything was found for which it matters what the sources import: most projects are not
// searched.
func suspicious(m *facts.ModFiles) bool {
	if len(m.Mods) > 0 && m.Mods[0].Changed() {
		return true
	}
	for _, d := range m.Deps {
		if !d.Head && !d.Replaced && d.Known && d.Declares != d.Path {
			return true
		}
	}
	return false
}

// zipped reads go.mod in the zip of a version: the go command keeps no go.mod beside it when that asks for a newer Go
// (cmd/go/internal/modfetch/coderepo.go and fetch.go).
func zipped(file string, v module.Version) ([]byte, error) {
	if fi, err := os.Stat(file); err != nil || !fi.Mode().IsRegular() {
		return nil, fs.ErrNotExist
	}
	z, err := zip.OpenReader(file)
	if err != nil {
		return nil, err
	}
	defer z.Close()
	f, err := z.Open(v.Path + "@" + v.Version + "/go.mod")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxText))
}
