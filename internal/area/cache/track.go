package cache

import (
	"context"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/mod/modfile"

	"github.com/gorescue/gorescue/internal/buildlist"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/gocmd"
	"github.com/gorescue/gorescue/internal/lazyre"
)

// track asks git which of the found files it keeps. There is rarely anything to ask.
func (w *walker) track() {
	var paths []string
	for _, b := range w.t.Bad {
		paths = append(paths, b.Path)
	}
	for _, c := range w.t.Copies {
		paths = append(paths, c.Path)
	}
	if len(paths) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(w.ctx), 800*time.Millisecond)
	defer cancel()
	answer := tracked(ctx, w.p, w.t.Root, paths)
	for i := range w.t.Bad {
		w.t.Bad[i].Tracked = answer(w.t.Bad[i].Path)
	}
	for i := range w.t.Copies {
		w.t.Copies[i].Tracked = answer(w.t.Copies[i].Path)
	}
}

// tracked asks `git ls-files`, which runs no hook and writes nothing; the one program that the user's settings
// could make it start, a file system monitor, is switched off.
func tracked(ctx context.Context, p *place, root string, paths []string) func(string) facts.Tracking {
	if !inRepository(root) {
		return func(string) facts.Tracking { return facts.TrackNoRepo }
	}
	unknown := func(string) facts.Tracking { return facts.TrackUnknown }
	git, err := exec.LookPath("git")
	if err != nil {
		return unknown
	}
	args := []string{"-c", "core.fsmonitor=false", "-C", root, "ls-files", "-z", "--full-name", "--"}
	for _, f := range paths {
		rel, err := filepath.Rel(root, f)
		if err != nil {
			return unknown
		}
		args = append(args, ":(literal)"+filepath.ToSlash(rel))
	}
	r, err := gocmd.Run(ctx, gocmd.Cmd{Path: git, Args: args, Dir: root, Env: append(p.w.Environ(), "GIT_OPTIONAL_LOCKS=0", "GIT_TERMINAL_PROMPT=0")})
	if err != nil || !r.OK() {
		return unknown
	}
	listed := strings.Split(string(r.Stdout), "\x00")
	return func(f string) facts.Tracking {
		rel, err := filepath.Rel(root, f)
		if err != nil {
			return facts.TrackUnknown
		}
		rel = filepath.ToSlash(rel)
		for _, l := range listed {
			// names are given from the top of the repository, which may be above the module; a folder is
			// tracked when something below it is
			if l == rel || strings.HasSuffix(l, "/"+rel) || strings.HasPrefix(l, rel+"/") || strings.Contains(l, "/"+rel+"/") {
				return facts.TrackYes
			}
		}
		return facts.TrackNo
	}
}

// inRepository reports whether a folder lies in a git working tree.
func inRepository(dir string) bool {
	for {
		if pathError(filepath.Join(dir, ".git")) == nil {
			return true
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return false
		}
		dir = parent
	}
}

var majorVersion = lazyre.New(`^v[0-9]+$`)

// execName is the last element of a package's import path; a major version gives way to the one before it.
func execName(mod, root, dir string) string {
	data, err := buildlist.ReadFile(mod)
	if err != nil {
		return ""
	}
	rel, err := filepath.Rel(root, dir)
	if err != nil || !filepath.IsLocal(rel) {
		return ""
	}
	imp := path.Join(modfile.ModulePath(data), filepath.ToSlash(rel))
	if imp == "" {
		return ""
	}
	name := path.Base(imp)
	if majorVersion().MatchString(name) && name != "v0" && name != "v1" && strings.Contains(imp, "/") {
		name = path.Base(path.Dir(imp))
	}
	return name
}
