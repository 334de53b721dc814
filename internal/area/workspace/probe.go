package workspace

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/modfile"

	"github.com/gorescue/gorescue/internal/conflict"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/gocmd"
	"github.com/gorescue/gorescue/internal/probe"
)

// Bounds of what is read.
const (
	maxFile = 1 << 20 // bytes of go.work or a go.mod
	maxUses = 1000    // modules looked at
)

func collect(ctx context.Context, w probe.World, s *facts.Snapshot) (probe.Install, error) {
	ws := facts.Workspace{Module: above(w.Dir, "go.mod")}
	found := above(w.Dir, "go.work")
	switch name := s.Settings.Get("GOWORK"); name {
	case "":
		ws.File = found
	case "off":
		ws.Off, ws.Beside = true, found
	default:
		ws.File, ws.Named = name, true
		if found != name {
			ws.Beside = found
		}
	}
	if ws.Module != "" {
		ws.Module = filepath.Dir(ws.Module)
	}
	g := newGit(ctx, w, w.Dir)
	ws.Repo = g.top
	file := ws.File
	if file == "" {
		file = ws.Beside // switched off: what would it have said
	}
	if file != "" {
		read(&ws, file, g)
	}
	return func(s *facts.Snapshot) { s.Workspace = ws }, ctx.Err()
}

// above is the nearest file of that name in dir or above it, as cmd/go/internal/modload.findWorkspaceFile
// looks for it; "" = none.
func above(dir, name string) string {
	for {
		f := filepath.Join(dir, name)
		if fi, err := os.Stat(f); err == nil && !fi.IsDir() {
			return f
		}
		if dir == filepath.Dir(dir) {
			return ""
		}
		dir = filepath.Dir(dir)
	}
}

func slurp(path string) ([]byte, facts.FileState) {
	fi, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, facts.FileMissing
	case err != nil:
		return nil, facts.FileUnreadable
	case !fi.Mode().IsRegular() || fi.Size() > maxFile:
		return nil, facts.FileOdd
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, facts.FileUnreadable
	}
	return data, facts.FileRead
}

// read fills in what a go.work file says.
func read(ws *facts.Workspace, file string, g *git) {
	data, state := slurp(file)
	ws.State, ws.End = state, len(data)
	if state != facts.FileRead {
		return
	}
	ws.Conflicts = conflict.Find(data)
	f, err := modfile.ParseWork(file, data, nil)
	if err != nil {
		ws.Errors = parseErrors(err)
		f, err = modfile.ParseWork(file, tolerant(data, ws.Errors), nil)
		if err != nil {
			return
		}
	}
	if f.Go != nil {
		ws.Go = facts.WorkLine{Line: f.Go.Syntax.Start.Line, Text: f.Go.Version, At: lineAt(data, f.Go.Syntax)}
	}
	for _, u := range f.Use[:min(len(f.Use), maxUses)] {
		ws.Uses = append(ws.Uses, use(data, file, u, g))
	}
	for i := range ws.Uses {
		ws.Uses[i].Requires = requires(ws.Uses, ws.Uses[i].Dir)
	}
	ws.Lost = lost(file, ws.Uses, g)
}

func use(data []byte, file string, u *modfile.Use, g *git) facts.WorkUse {
	dir := filepath.FromSlash(u.Path)
	if !filepath.IsAbs(dir) {
		dir = filepath.Join(filepath.Dir(file), dir)
	}
	out := facts.WorkUse{WorkLine: facts.WorkLine{Line: u.Syntax.Start.Line, Text: u.Path, At: lineAt(data, u.Syntax)}, Dir: dir}
	mod := filepath.Join(dir, "go.mod")
	src, state := slurp(mod)
	switch {
	case state == facts.FileRead:
		out.State = "ok"
		if m, err := modfile.ParseLax(mod, src, nil); err == nil {
			if m.Module != nil {
				out.Module = m.Module.Mod.Path
			}
			if m.Go != nil {
				out.Go, out.GoLine = m.Go.Version, m.Go.Syntax.Start.Line
			}
		} else {
			out.State = "unreadable"
		}
	case state == facts.FileMissing:
		out.State = "no go.mod"
		if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
			out.State = "no folder"
		}
		if g.submodule(dir) {
			out.State = "submodule"
		}
	default:
		out.State = "unreadable"
	}
	out.Tracked, out.InHead = g.tracked(mod), g.inHead(mod)
	return out
}

// lineAt is the splice that takes the line of a statement away. A block `use ( … )` with one entry keeps
// its parentheses, which the go command accepts.
func lineAt(data []byte, l *modfile.Line) facts.Splice {
	start, end := l.Start.Byte, l.End.Byte
	for start > 0 && data[start-1] != '\n' {
		start--
	}
	for end < len(data) && data[end-1] != '\n' {
		end++
	}
	return facts.Splice{Offset: start, Old: string(data[start:end])}
}

func parseErrors(err error) []facts.WorkLine {
	var list modfile.ErrorList
	if !errors.As(err, &list) {
		return []facts.WorkLine{{Text: err.Error()}}
	}
	var out []facts.WorkLine
	for _, e := range list[:min(len(list), 20)] {
		out = append(out, facts.WorkLine{Line: e.Pos.Line, Text: e.Err.Error()})
	}
	return out
}

// tolerant blanks out the lines that do not parse, so that the others can be told.
func tolerant(data []byte, bad []facts.WorkLine) []byte {
	lines := strings.SplitAfter(string(data), "\n")
	for _, b := range bad {
		if b.Line > 0 && b.Line <= len(lines) {
			lines[b.Line-1] = "\n"
		}
	}
	return []byte(strings.Join(lines, ""))
}

// requires lists the modules of the workspace that the module in dir requires.
func requires(uses []facts.WorkUse, dir string) []string {
	src, state := slurp(filepath.Join(dir, "go.mod"))
	if state != facts.FileRead {
		return nil
	}
	m, err := modfile.ParseLax("go.mod", src, nil)
	if err != nil {
		return nil
	}
	var out []string
	for _, r := range m.Require {
		for _, u := range uses {
			if u.Module == r.Mod.Path && u.Dir != dir {
				out = append(out, r.Mod.Path)
			}
		}
	}
	return out
}

// git asks git about the repository around a module, once, by plumbing that writes nothing. Its zero
// value knows nothing.
type git struct {
	top   string
	index map[string]bool // files git knows, absolute
	head  map[string]bool // files of the last commit
	show  func(file string) []byte
}

func newGit(ctx context.Context, w probe.World, dir string) *git {
	g := &git{}
	path, err := exec.LookPath("git")
	if err != nil || dir == "" {
		return g
	}
	env := []string{"GIT_OPTIONAL_LOCKS=0", "GIT_TERMINAL_PROMPT=0", "LC_ALL=C"}
	for _, k := range []string{"PATH", "HOME", "XDG_CONFIG_HOME", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_NOSYSTEM", "GIT_CEILING_DIRECTORIES"} {
		if v := w.Get(k); v != "" {
			env = append(env, k+"="+v)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	run := func(args ...string) (string, bool) {
		r, err := gocmd.Run(ctx, gocmd.Cmd{Path: path, Args: args, Dir: dir, Env: env})
		return string(r.Stdout), err == nil && r.OK() && !r.Cut
	}
	defer cancel()
	top, ok := run("rev-parse", "--show-toplevel")
	if !ok {
		return g
	}
	g.top = strings.TrimRight(top, "\n")
	list := func(args ...string) map[string]bool {
		out, _ := run(args...)
		files := map[string]bool{}
		for f := range strings.SplitSeq(out, "\x00") {
			if f != "" {
				files[filepath.Join(g.top, filepath.FromSlash(f))] = true
			}
		}
		return files
	}
	only := []string{":(top,glob)**/go.mod", ":(top)go.mod", ":(top,glob)**/go.work", ":(top)go.work", ":(top).gitmodules"}
	g.index = list(append([]string{"ls-files", "-z", "--full-name", "--"}, only...)...)
	g.head = list("ls-tree", "-r", "-z", "--name-only", "--full-tree", "HEAD")
	committed := map[string][]byte{}
	for f := range g.head {
		if b := filepath.Base(f); b == "go.work" && len(committed) < 8 {
			rel, _ := filepath.Rel(g.top, f)
			if out, ok := run("cat-file", "blob", "HEAD:"+filepath.ToSlash(rel)); ok {
				committed[f] = []byte(out)
			}
		}
	}
	g.show = func(file string) []byte { return committed[file] }
	return g
}

func (g *git) tracked(file string) bool { return g.index[real(file)] }

func (g *git) inHead(file string) bool { return g.head[real(file)] }

// submodule reports whether a folder is a submodule that is not checked out.
func (g *git) submodule(dir string) bool {
	if g.top == "" {
		return false
	}
	data, state := slurp(filepath.Join(g.top, ".gitmodules"))
	rel, err := filepath.Rel(g.top, real(dir))
	if state != facts.FileRead || err != nil {
		return false
	}
	for line := range strings.Lines(string(data)) {
		if k, v, ok := strings.Cut(line, "="); ok && strings.TrimSpace(k) == "path" {
			p := filepath.FromSlash(strings.TrimSpace(v))
			if rel == p || strings.HasPrefix(rel, p+string(filepath.Separator)) {
				return true
			}
		}
	}
	return false
}

// lost lists the folders that the committed version of a go.work uses, that have a module, and that
// the present version does not use.
func lost(file string, uses []facts.WorkUse, g *git) []string {
	if g.show == nil {
		return nil
	}
	f, err := modfile.ParseWork(file, g.show(real(file)), nil)
	if err != nil {
		return nil
	}
	var out []string
	for _, u := range f.Use {
		dir := filepath.FromSlash(u.Path)
		if !filepath.IsAbs(dir) {
			dir = filepath.Join(filepath.Dir(file), dir)
		}
		used := slices.ContainsFunc(uses, func(u facts.WorkUse) bool { return u.Dir == dir })
		if _, state := slurp(filepath.Join(dir, "go.mod")); !used && state == facts.FileRead {
			out = append(out, dir)
		}
	}
	return out
}

// real follows links of the folder above a path, which git has resolved too.
func real(path string) string {
	if dir, err := filepath.EvalSymlinks(filepath.Dir(path)); err == nil {
		return filepath.Join(dir, filepath.Base(path))
	}
	return path
}
