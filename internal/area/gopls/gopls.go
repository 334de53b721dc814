// Package gopls knows the language server itself: the programs that editors start, whether each can serve this
// project with the Go in use, the gopls processes that run, its cache, and the kernel's limits on watching
// files. It reads files and /proc; gopls is not started.
package gopls

import (
	"bytes"
	"context"
	"fmt"
	"go/build"
	"go/version"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/editor"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/goplsinfo"
	"github.com/gorescue/gorescue/internal/gotree"
	"github.com/gorescue/gorescue/internal/probe"
)

// Probes returns the probe of this area.
func Probes() []probe.Probe {
	return []probe.Probe{{Section: facts.SecGopls, Needs: []facts.Section{facts.SecEditors, facts.SecSettings, facts.SecToolchain, facts.SecProject}, Timeout: 4 * time.Second, Run: collect}}
}

// Checks returns the checks of this area, from the ground up.
func Checks() []diag.Check {
	return []diag.Check{
		truncated, otherArch, notExecutable, wrapperFails, wrapperFilters, wrapperPrints, goTooOld, builtOlder, logFolder, badFlag,
		oldDaemon, daemonGone, stopped, orphans, cacheClosed, watches, notRead, bigFile, tooWide, giant,
	}
}

func collect(ctx context.Context, w probe.World, s *facts.Snapshot) (probe.Install, error) {
	g := facts.Gopls{Arch: runtime.GOARCH, Language: language(s)}
	g.GoPath, g.Go = goCommand(s)
	seen := map[string]bool{}
	add := func(path string) {
		if path == "" || seen[path] || ctx.Err() != nil {
			return
		}
		seen[path] = true
		p := Program(path, w.Vars)
		g.Programs = append(g.Programs, p)
	}
	for i := range s.Editors.List {
		st := &s.Editors.List[i].Start
		for _, p := range slices.Concat([]string{st.Path, st.Gobin}, st.Passed, st.Near) {
			add(p)
		}
		if filepath.IsAbs(st.Named) {
			add(st.Named)
		}
		if st.Path == "" {
			continue
		}
		p := g.Programs[slices.IndexFunc(g.Programs, func(p facts.GoplsProgram) bool { return p.Path == st.Path })]
		if p.Wrapper != nil {
			add(p.Wrapper.Target)
			if p.Wrapper.Fails != "" {
				for _, n := range editor.Near(p.Wrapper.Target) {
					add(n)
				}
			}
		}
		if p.Real != "" && (p.Kind != facts.GoProgramOf || !editor.Knows(p.BuiltBy, g.Language)) {
			for _, n := range editor.Near(p.Real) { // other versions in the same store
				add(n)
			}
			for _, dir := range st.Looked { // what another search would find
				if f := filepath.Join(dir, gotree.Exe("gopls")); f != st.Path {
					if _, err := os.Stat(f); err == nil {
						add(f)
					}
				}
			}
		}
	}
	g.Running = census(editor.World{Dir: w.Dir, Root: s.Editors.Root, Vars: w.Vars}, s.Editors.List)
	g.Trees = trees(ctx, w, s, g.Running)
	g.Watches = watching(ctx, w, s, &g)
	g.Cache = cacheState(w)
	g.Big = bigFiles(w.Dir)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return func(s *facts.Snapshot) { s.Gopls = g }, nil
}

// language is the highest go line that gopls must understand here.
func language(s *facts.Snapshot) string {
	top := ""
	for _, d := range append([]*facts.Directive{s.Project.GoMod.Go, s.Project.Work.Go}, usesGo(s)...) {
		if d != nil && version.IsValid("go"+d.Value) && (top == "" || version.Compare("go"+d.Value, "go"+top) > 0) {
			top = d.Value
		}
	}
	return top
}

func usesGo(s *facts.Snapshot) []*facts.Directive {
	var out []*facts.Directive
	for _, u := range s.Project.Uses {
		out = append(out, u.Go)
	}
	return out
}

// goCommand is the go that the editors' gopls starts: the one an editor's settings choose, else the first in
// PATH.
func goCommand(s *facts.Snapshot) (path, release string) {
	t := &s.Toolchain
	for i := range s.Editors.List {
		e := &s.Editors.List[i]
		for _, n := range e.Env {
			go1 := n.Value
			if n.Name == "go.goroot" {
				go1 = filepath.Join(n.Value, "bin", gotree.Exe("go"))
			}
			if (n.Name == "go.alternateTools.go" || n.Name == "go.goroot") && n.State != facts.NamedMissing {
				if p := gotree.Program(go1, nil); p.Kind == facts.GoBinary {
					return p.Path, p.Version
				}
			}
		}
	}
	if t.First < 0 || t.First >= len(t.Commands) {
		return "", ""
	}
	c := &t.Commands[t.First]
	switch {
	case c.Version != "":
		return c.Path, c.Version
	case t.Trial != nil && t.Trial.Usual.OK():
		return c.Path, t.Trial.Usual.Version
	case c.Script != nil:
		return c.Path, c.Script.Version
	}
	return c.Path, treeVersion(t, c)
}

// treeVersion is the release of the tree that a program named go stands in: builds of Go before 1.18 do not say
// themselves that they are the go command, and asking them may take too long.
func treeVersion(t *facts.Toolchain, c *facts.GoCommand) string {
	if c.Real == "" {
		return ""
	}
	root := filepath.Dir(filepath.Dir(c.Real))
	for _, tree := range t.Trees {
		if tree.Real == root && tree.State == facts.TreeFound {
			return tree.Version
		}
	}
	return ""
}

// Program says what a file that should be gopls is. It never fails.
func Program(path string, vars map[string]string) facts.GoplsProgram {
	p := facts.GoplsProgram{GoProgram: gotree.Program(path, nil)}
	switch p.Kind {
	case facts.GoProgramOf, facts.GoBinary:
		p.Release, p.BuiltBy = built(path)
	case facts.GoScriptFile:
		p.Wrapper = wrapper(path, vars)
	}
	return p
}

// built reads the version of gopls and of the Go that built it out of a program.
func built(path string) (release, by string) { return goplsinfo.Built(path) }

// cacheState looks at the folder in which gopls keeps its index (golang/tools, gopls/internal/filecache).
func cacheState(w probe.World) facts.GoplsCache {
	c := facts.GoplsCache{Path: w.Get("GOPLSCACHE"), Var: "GOPLSCACHE", State: "unknown"}
	if c.Path == "" {
		c.Var = ""
		switch x := w.Get("XDG_CACHE_HOME"); {
		case filepath.IsAbs(x):
			c.Path, c.Var = filepath.Join(x, "gopls"), "XDG_CACHE_HOME"
		case filepath.IsAbs(w.Get("HOME")) && runtime.GOOS == "linux":
			c.Path = filepath.Join(w.Get("HOME"), ".cache", "gopls")
		default:
			return c
		}
	}
	for dir := c.Path; ; dir = filepath.Dir(dir) {
		fi, err := os.Stat(dir)
		switch {
		case os.IsNotExist(err) && dir != filepath.Dir(dir):
			continue
		case err != nil && strings.Contains(err.Error(), "not a directory"):
			c.State = "no-folder"
		case err != nil:
		case !fi.IsDir():
			c.State = "no-folder"
		case writable(dir):
			c.State = "ok"
		default:
			c.State = "not-writable"
		}
		return c
	}
}

// bigSize is where a file begins to be judged: measured, gopls needs more than the budget of a completion for such a file.
const bigSize = 4 << 20

// bigFiles are the Go files of a folder that are very big and belong to its package whatever the platform.
func bigFiles(dir string) []facts.GoplsFile {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	var out []facts.GoplsFile
	for _, d := range entries {
		if !d.Type().IsRegular() || filepath.Ext(d.Name()) != ".go" || strings.HasPrefix(d.Name(), "_") || strings.HasPrefix(d.Name(), ".") {
			continue
		}
		path := filepath.Join(dir, d.Name())
		if fi, err := d.Info(); err == nil && fi.Size() >= bigSize && !constrained(path) {
			out = append(out, facts.GoplsFile{Path: path, Size: fi.Size()})
		}
	}
	return out
}

// constrained reports whether a build constraint may leave a file out, or that cannot be told.
func constrained(path string) bool {
	dir, name := filepath.Split(path)
	ok, err := build.Default.MatchFile(dir, name)
	if err != nil || !ok {
		return true
	}
	f, err := os.Open(path)
	if err != nil {
		return true
	}
	defer f.Close()
	head := make([]byte, 4<<10)
	n, err := io.ReadFull(f, head)
	return err != nil && err != io.ErrUnexpectedEOF || bytes.Contains(head[:n], []byte("//go:build")) || !bytes.Contains(head[:n], []byte("package "))
}

func launches(s *facts.Snapshot, path string) []string {
	var out []string
	for _, e := range s.Editors.List {
		if e.Start.Path == path && !e.Start.Off {
			out = append(out, e.Name)
		}
	}
	return out
}

// started calls f for every program that an editor starts, once; a wrapper's target counts as started.
func started(s *facts.Snapshot, f func(p *facts.GoplsProgram, by []string)) {
	for i := range s.Gopls.Programs {
		p := &s.Gopls.Programs[i]
		by := launches(s, p.Path)
		for j := range s.Gopls.Programs {
			if w := s.Gopls.Programs[j].Wrapper; w != nil && w.Target == p.Path && i != j {
				by = append(by, launches(s, s.Gopls.Programs[j].Path)...)
			}
		}
		if len(by) > 0 {
			f(p, by)
		}
	}
}

func quoted(path string) string {
	if strings.ContainsAny(path, " '\"$&();") {
		return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
	}
	return path
}

func list(names []string) string { return strings.Join(names, ", ") }

func megabytes(n uint64) string { return fmt.Sprintf("%d MiB", n>>20) }
