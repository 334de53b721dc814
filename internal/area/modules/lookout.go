package modules

import (
	"context"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"

	"github.com/gorescue/gorescue/internal/action"
	"github.com/gorescue/gorescue/internal/buildlist"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/gobuild"
	"github.com/gorescue/gorescue/internal/gomod"
	"github.com/gorescue/gorescue/internal/lazyre"
	"github.com/gorescue/gorescue/internal/modcache"
	"github.com/gorescue/gorescue/internal/probe"
)

// maxLooked bounds how many packages of one complaint are looked at.
const maxLooked = 10

// What the go command says of packages that nobody or that several provide (cmd/go/internal/modload/import.go:
// ImportMissingError, AmbiguousImportError).
var (
	unprovided = lazyre.New(`(?:no required module provides package|does not contain package|cannot find module providing package) ([^\s;,:]+)`)
	manyOf     = lazyre.New(`ambiguous import: found package (\S+) in multiple modules:((?:\n\t\S[^\n]*)+)`)
	holder     = lazyre.New(`^(\S+)(?: (v\S+))? \(`)
)

// lookout finds what is behind a complaint of the go command about packages and modules.
type lookout struct {
	ctx  context.Context
	w    probe.World
	s    *facts.Snapshot
	src  *facts.ModSource
	root string
	git  *git
}

// unprovided looks at the packages that no module provides, as the build says: a go.mod in a folder hides some.
func (l *lookout) unprovided() (hidden []facts.NestedMod, absent []facts.AbsentImport) {
	own, seen := modfile.ModulePath([]byte(l.src.Text)), map[string]bool{}
	for _, e := range l.s.Build.Errors {
		m := unprovided().FindStringSubmatch(e.Text)
		if m == nil || own == "" || seen[m[1]] || len(seen) >= maxLooked {
			continue
		}
		seen[m[1]] = true
		imp := facts.Import{Path: m[1], File: e.File, Line: e.Line}
		if rel, ok := strings.CutPrefix(m[1]+"/", own+"/"); ok {
			dir := filepath.Join(l.root, filepath.FromSlash(path.Clean(rel)))
			if n := l.hides(dir, imp); n != nil {
				hidden = append(hidden, *n)
				continue
			}
			if hasGo(dir) {
				continue // it is there, and something else is the matter
			}
			absent = append(absent, facts.AbsentImport{Import: imp, Module: own, Dir: dir, Committed: l.committed(dir), Alike: alike(dir)})
			continue
		}
		if !l.s.Project.Vendor { // there vendor has to have it, whatever the modules have
			absent = append(absent, l.elsewhere(imp))
		}
	}
	return hidden, absent
}

// hides finds the nearest go.mod in the folder of a package or above it, below the module's own.
func (l *lookout) hides(dir string, imp facts.Import) *facts.NestedMod {
	if !hasGo(dir) {
		return nil
	}
	for d := dir; d != l.root && len(d) > len(l.root); d = filepath.Dir(d) {
		file := filepath.Join(d, "go.mod")
		data, err := buildlist.ReadFile(file)
		if err != nil {
			continue
		}
		n := facts.NestedMod{Path: file, Module: modfile.ModulePath(data), Package: imp.Path, File: imp.File, Line: imp.Line}
		if l.git.top != "" {
			found := l.git.show(l.ctx, head+file, index+file)
			n.Untracked = found != nil && len(found) == 0
		}
		return &n
	}
	return nil
}

// elsewhere says what is known of a package of another module.
func (l *lookout) elsewhere(imp facts.Import) facts.AbsentImport {
	a := facts.AbsentImport{Import: imp, Providers: providers(l.s.ModFiles.Sum.Text, l.s.ModFiles.Cache, imp.Path)}
	for i := range l.s.ModFiles.Deps {
		d := &l.s.ModFiles.Deps[i]
		if d.Head || !within(imp.Path, d.Path) || len(d.Path) < len(a.Module) {
			continue
		}
		a.Module, a.Version, a.Dir, a.Alike = d.Path, d.Version, "", ""
		p, err := modcache.PathsOf(l.s.ModFiles.Cache, module.Version{Path: d.Path, Version: d.Version})
		if dir := filepath.Join(p.Tree, filepath.FromSlash(strings.TrimPrefix(imp.Path, d.Path))); err == nil && d.Whole && !d.Replaced && !hasGo(dir) {
			a.Dir, a.Alike = dir, alike(dir)
		}
	}
	a.Providers = slices.DeleteFunc(a.Providers, func(v string) bool { return v == a.Module+"@"+a.Version })
	return a
}

func (l *lookout) committed(dir string) bool {
	if l.git.top == "" {
		return false
	}
	rel, err := filepath.Rel(l.git.dir, dir)
	if err != nil {
		return false
	}
	out, ok := l.git.run(l.ctx, nil, "ls-tree", "--name-only", "HEAD", "./"+filepath.ToSlash(rel)+"/")
	return ok && slices.ContainsFunc(strings.Split(string(out), "\n"), func(n string) bool { return strings.HasSuffix(n, ".go") })
}

// ambiguous looks at packages that several modules provide, and tries the build without each of their requirements.
func (l *lookout) ambiguous() []facts.Ambiguity {
	var out []facts.Ambiguity
	for _, m := range manyOf().FindAllStringSubmatch(l.s.Build.Stderr, 3) {
		a := facts.Ambiguity{Import: facts.Import{Path: m[1]}}
		if slices.ContainsFunc(out, func(o facts.Ambiguity) bool { return o.Path == m[1] }) {
			continue
		}
		for _, e := range l.s.Build.Errors {
			if strings.Contains(e.Text, "found package "+m[1]+" in") {
				a.File, a.Line = e.File, e.Line
				break
			}
		}
		for line := range strings.Lines(m[2]) {
			h := holder().FindStringSubmatch(strings.TrimSpace(line))
			if h == nil {
				continue
			}
			name := strings.TrimSuffix(h[1]+"@"+h[2], "@")
			a.Modules = append(a.Modules, name)
			if text, ok := withoutRequire(l.src.Text, h[1]); ok && len(a.Modules) <= 3 {
				if t := attempt(l.ctx, l.w, l.s, gobuild.Files{l.src.Path: []byte(text)}); t != nil && helps(l.s, t) {
					a.Without = append(a.Without, name)
				}
			}
		}
		out = append(out, a)
	}
	return out
}

// withoutRequire is a go.mod without the require line of a module; ok is false when it has none.
func withoutRequire(text, path string) (string, bool) {
	for _, st := range gomod.Parse(text) {
		if st.Verb == "require" && st.Arg(0) == path {
			return text[:st.At] + text[st.At+len(st.Raw):], true
		}
	}
	return "", false
}

// updated is go.mod with what the build needs and it lacks: the requirement of each package that only one version of
// go.sum and the module cache can provide, and what the go command adds by itself. nil: nothing, or the build would not
// get past its modules with it.
func (l *lookout) updated(absent []facts.AbsentImport) *string {
	set, sum := &l.s.Settings, []byte(l.s.ModFiles.Sum.Text)
	if l.s.Project.Vendor || l.src.State != facts.FileRead || len(parseErrors(l.src.Path, l.src.Text)) > 0 {
		return nil
	}
	text := oneOfEach(l.src.Text)
	for i := range absent {
		if p := absent[i].Providers; len(p) == 1 && !strings.HasPrefix(p[0], absent[i].Module+"@") {
			text = required(text, p[0])
		}
	}
	if text == l.src.Text && !says(l.s, "updates to go.mod needed") {
		return nil
	}
	written, err := gobuild.Update(l.ctx, l.w, set, []byte(text), sum)
	switch {
	case err == nil:
	case text == l.src.Text:
		return nil
	default:
		written = []byte(text) // perhaps that is all
	}
	changes := gomod.Diff(string(written), l.src.Text)
	for _, c := range changes {
		if c.Old == nil && !slices.ContainsFunc(requires(string(written)), func(v module.Version) bool { return c.New.Verb == "require" && v.Path == c.New.Arg(0) }) ||
			c.Old != nil && c.Old.Verb != "require" && c.Old.Verb != "go" && c.Old.Verb != "toolchain" {
			return nil // more than the build's own needs
		}
	}
	after, err := action.Spliced([]byte(l.src.Text), gomod.Revert(string(written), l.src.Text, changes))
	if err != nil || len(changes) == 0 {
		return nil
	}
	t := attempt(l.ctx, l.w, l.s, gobuild.Files{l.src.Path: after})
	if t == nil || !helps(l.s, t) {
		return nil
	}
	out := string(after)
	return &out
}

// oneOfEach is a go.mod without the require lines of a module that another one of the same module is higher than: the go
// command takes the highest, and wants only that one written.
func oneOfEach(text string) string {
	list := gomod.Parse(text)
	for i := len(list) - 1; i >= 0; i-- { // from the end, so that offsets stay
		st := &list[i]
		lower := func(j int) bool {
			o := &list[j]
			c := semver.Compare(o.Arg(1), st.Arg(1))
			return j != i && o.Verb == "require" && o.Arg(0) == st.Arg(0) && (c > 0 || c == 0 && j < i)
		}
		for j := range list {
			if st.Verb == "require" && semver.IsValid(st.Arg(1)) && lower(j) {
				text = text[:st.At] + text[st.At+len(st.Raw):]
				break
			}
		}
	}
	return text
}

// ownPath finds the path under which the sources import packages that are folders of this module, when go.mod gives it
// another one.
func (l *lookout) ownPath(absent []facts.AbsentImport) string {
	votes := map[string]int{}
	best := ""
	for i := range absent {
		if absent[i].Module != "" || len(absent[i].Providers) > 0 {
			continue
		}
		for at, p := 0, absent[i].Path; ; { // the longest folder that is here
			next := strings.IndexByte(p[at:], '/')
			if next < 0 {
				break
			}
			at += next + 1
			if hasGo(filepath.Join(l.root, filepath.FromSlash(p[at:]))) {
				prefix := p[:at-1]
				if votes[prefix]++; votes[prefix] > votes[best] {
					best = prefix
				}
				break
			}
		}
	}
	for _, st := range gomod.Parse(l.src.Text) {
		if st.Verb != "module" || best == "" || module.CheckImportPath(best) != nil {
			continue
		}
		text := l.src.Text[:st.At] + strings.Replace(st.Raw, st.Args[0], best, 1) + l.src.Text[st.At+len(st.Raw):]
		if t := attempt(l.ctx, l.w, l.s, gobuild.Files{l.src.Path: []byte(text)}); t != nil && helps(l.s, t) {
			return best
		}
	}
	return ""
}

// required is a go.mod with one more requirement (path@version).
func required(text, version string) string {
	p, v, _ := strings.Cut(version, "@")
	f, err := modfile.Parse("go.mod", []byte(text), nil)
	if err != nil || f.AddRequire(p, v) != nil {
		return text
	}
	out, err := f.Format()
	if err != nil {
		return text
	}
	return string(out)
}

// providers are the versions (path@version) whose packages go.sum has a hash of and the module cache has, that hold a package.
func providers(sums, cache, pkg string) facts.Have {
	var out facts.Have
	for line := range strings.Lines(sums) {
		f := strings.Fields(line)
		if len(f) != 3 || strings.HasSuffix(f[1], "/go.mod") || !within(pkg, f[0]) || len(out) >= maxLooked {
			continue
		}
		v := module.Version{Path: f[0], Version: f[1]}
		p, err := modcache.PathsOf(cache, v)
		if err == nil && filepath.IsAbs(cache) && buildlist.Missing(cache, v) == "" && hasGo(filepath.Join(p.Tree, filepath.FromSlash(strings.TrimPrefix(pkg, f[0])))) && !slices.Contains(out, v.String()) {
			out = append(out, v.String())
		}
	}
	return out
}

// within reports whether a package can be one of a module.
func within(pkg, module string) bool { return pkg == module || strings.HasPrefix(pkg, module+"/") }

// hasGo reports whether a folder has files that could be those of a package.
func hasGo(dir string) bool {
	list, err := os.ReadDir(dir)
	return err == nil && slices.ContainsFunc(list, func(e os.DirEntry) bool {
		return strings.HasSuffix(e.Name(), ".go") && !strings.HasSuffix(e.Name(), "_test.go") && !e.IsDir()
	})
}

// alike is a folder beside the one that is looked for, whose name differs in upper and lower case only; "" = none.
func alike(dir string) string {
	list, _ := os.ReadDir(filepath.Dir(dir)) // what cannot be read has none
	for _, e := range list {
		if p := filepath.Join(filepath.Dir(dir), e.Name()); e.IsDir() && p != dir && strings.EqualFold(e.Name(), filepath.Base(dir)) && hasGo(p) {
			return p
		}
	}
	return ""
}
