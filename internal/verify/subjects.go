package verify

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"

	"github.com/gorescue/gorescue/internal/buildlist"
	"github.com/gorescue/gorescue/internal/modcache"
)

// gatherer collects the versions to look at.
type gatherer struct {
	byMod map[module.Version]*Module
	sums  modcache.Sums
}

// gather lists the versions with what go.sum says of them, sorted. The list of the project is nil when there
// is none, which is an error unless all of the cache is asked for.
func gather(ctx context.Context, o Options) ([]*Module, *buildlist.List, error) {
	g := gatherer{byMod: map[module.Version]*Module{}}
	list, err := g.project(o)
	if err != nil {
		return nil, nil, err
	}
	if list == nil && !o.All {
		return nil, nil, errNoProject
	}
	if o.All {
		all, err := modcache.Versions(ctx, o.Settings.GOMODCACHE)
		if err != nil {
			return nil, nil, err
		}
		for _, v := range all {
			g.add(v, roleCache)
		}
	}
	var out []*Module
	for v, m := range g.byMod {
		if !wanted(v, o.Patterns) {
			continue
		}
		g.expect(m)
		out = append(out, m)
	}
	sortModules(out)
	return out, list, nil
}

// errNoProject: there is no go.mod around the folder.
var errNoProject = errors.New("no go.mod here or above, and no go.work")

// IsNoProject reports whether Run failed because there is no project around the folder.
func IsNoProject(err error) bool { return errors.Is(err, errNoProject) }

func (g *gatherer) project(o Options) (*buildlist.List, error) {
	list, err := buildlist.Read(o.Dir, o.Settings)
	if err != nil {
		return nil, err
	}
	if list.Mod == "" && list.Work == "" {
		return nil, nil
	}
	if g.sums, err = modcache.ReadSums(list.Sums); err != nil {
		return nil, err
	}
	for v := range g.sums {
		v.Version = strings.TrimSuffix(v.Version, "/go.mod")
		g.add(v, roleSum)
	}
	for _, m := range list.Modules {
		g.add(m.Version, roleBuild)
	}
	for _, f := range append([]string{list.Work}, list.Mods...) {
		if err := g.replacements(f); err != nil {
			return nil, err
		}
	}
	for _, name := range []string{list.Chain, "go" + list.Go} {
		for _, p := range platforms(o.Settings.GOMODCACHE, name) {
			g.add(p, roleToolchain)
		}
	}
	return list, nil
}

// replacements adds the modules that stand in for others, wherever a file names them.
func (g *gatherer) replacements(file string) error {
	if file == "" {
		return nil
	}
	data, err := buildlist.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var list []*modfile.Replace
	if strings.HasSuffix(file, ".work") {
		w, err := modfile.ParseWork(file, data, nil)
		if err != nil {
			return err
		}
		list = w.Replace
	} else {
		m, err := modfile.ParseLax(file, data, nil)
		if err != nil {
			return err
		}
		list = m.Replace
	}
	for _, r := range list {
		if r.New.Version != "" {
			g.add(r.New, roleReplace)
		}
	}
	return nil
}

// platforms are the versions of a Go release, "go1.26.0", that the cache has: one for each platform.
func platforms(cache, name string) []module.Version {
	if strings.ContainsAny(name, `*?[\/`) || name == "go" {
		return nil
	}
	found, err := filepath.Glob(filepath.Join(globQuote(cache), "golang.org", "toolchain@v0.0.1-"+name+".*"))
	if err != nil {
		return nil
	}
	var out []module.Version
	for _, f := range found {
		_, ver, _ := strings.Cut(filepath.Base(f), "@")
		out = append(out, module.Version{Path: "golang.org/toolchain", Version: ver})
	}
	return out
}

func globQuote(s string) string {
	return strings.NewReplacer(`*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(s)
}

func (g *gatherer) add(v module.Version, role Role) {
	m := g.byMod[v]
	if m == nil {
		m = &Module{Path: v.Path, Version: v.Version, Defects: []Defect{}, Reference: byNothing}
		g.byMod[v] = m
	}
	for _, r := range m.Roles {
		if r == role {
			return
		}
	}
	m.Roles = append(m.Roles, role)
}

// expect notes what go.sum says of a version.
func (g *gatherer) expect(m *Module) {
	if s, ok := g.sums.Content(m.Mod()); ok {
		m.Want, m.SumFile, m.SumLine = s.Hash, s.File, s.Line
	}
	if s, ok := g.sums.GoMod(m.Mod()); ok {
		m.WantMod = s.Hash
	}
	for _, v := range []module.Version{m.Mod(), {Path: m.Path, Version: m.Version + "/go.mod"}} {
		for _, s := range g.sums[v] {
			if s.Hash != g.sums[v][0].Hash {
				m.Defects = append(m.Defects, contradiction(g.sums[v][0], s))
				break
			}
		}
	}
}

// wanted matches a version against PATH, PATH@VERSION, PATH/... and patterns as in GOPRIVATE.
func wanted(v module.Version, patterns []string) bool {
	for _, p := range patterns {
		path, version, exact := strings.Cut(p, "@")
		if exact && version != v.Version {
			continue
		}
		prefix, tree := strings.CutSuffix(path, "/...")
		if path == v.Path || module.MatchPrefixPatterns(path, v.Path) && !exact || tree && (v.Path == prefix || strings.HasPrefix(v.Path, prefix+"/")) {
			return true
		}
	}
	return len(patterns) == 0
}

// lists looks at the lists of versions of every path, which a proxy that serves the cache hands out.
func (r *Report) lists(subjects []*Module) {
	seen := map[string]bool{}
	for _, m := range subjects {
		if seen[m.Path] || !m.there {
			continue
		}
		seen[m.Path] = true
		paths, err := modcache.PathsOf(r.Cache, m.Mod())
		if err != nil {
			continue
		}
		file := filepath.Join(filepath.Dir(paths.Mod), "list")
		text, err := buildlist.ReadFile(file)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if why := badList(string(text), err); why != "" {
			r.Lists = append(r.Lists, Defect{Kind: ListInvalid, Path: file, Why: why, Heals: true})
		}
	}
}

func badList(text string, err error) string {
	if err != nil {
		return err.Error()
	}
	n := 0
	for line := range strings.Lines(text) {
		n++
		f := strings.Fields(line) // older go commands wrote the time behind the version
		if len(f) > 0 && module.Check("example.com/m", f[0]) != nil && !module.IsPseudoVersion(f[0]) && !strings.HasPrefix(f[0], "v") {
			return fmt.Sprintf("line %d is no version", n)
		}
	}
	return ""
}
