package toolchain

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/mod/modfile"

	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/gocmd"
	"github.com/gorescue/gorescue/internal/probe"
)

// committed asks git for go.mod as it is in HEAD and in the index. Only objects are read (cat-file), and
// nothing may be fetched; the variables that point git elsewhere are left out.
func committed(ctx context.Context, w probe.World, m *facts.ModFile, data []byte) facts.ModGit {
	dir := filepath.Dir(m.Path)
	g := facts.ModGit{Root: repository(dir)}
	if g.Root == "" {
		return g
	}
	git := lookPath("git", w.Get("PATH"))
	if git == "" {
		g.Err = "no git in PATH"
		return g
	}
	env := []string{"GIT_OPTIONAL_LOCKS=0", "GIT_NO_LAZY_FETCH=1", "GIT_ALLOW_PROTOCOL=none", "GIT_TERMINAL_PROMPT=0", "LC_ALL=C"}
	for k, v := range w.Vars {
		switch k {
		case "LC_ALL":
			continue
		case "GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM", "GIT_CEILING_DIRECTORIES":
		default:
			if strings.HasPrefix(k, "GIT_") {
				continue
			}
		}
		env = append(env, k+"="+v)
	}
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	show := func(rev string) *facts.ModVersion {
		r, err := gocmd.Run(ctx, gocmd.Cmd{Path: git, Args: []string{"cat-file", "blob", rev + ":./go.mod"}, Dir: dir, Env: env})
		switch {
		case err != nil:
			g.Err = unwrap(err)
		case r.TimedOut:
			g.Err = "git did not answer within 1 s"
		case !r.OK():
			g.Err = r.FirstLine()
		case !r.Cut:
			return versionOf(r.Stdout, m, data)
		}
		return nil
	}
	if m.Head = show("HEAD"); m.Head != nil || g.Err != "" && !strings.Contains(g.Err, "dubious") {
		m.Index = show("")
		if m.Index != nil {
			g.Err = ""
		}
	}
	return g
}

// versionOf describes another version of a file. data is the file as it is.
func versionOf(content []byte, m *facts.ModFile, data []byte) *facts.ModVersion {
	v := &facts.ModVersion{Size: int64(len(content))}
	v.Go, v.Toolchain, v.Godebug = directives(content)
	f, err := modfile.Parse("go.mod", content, nil)
	v.Sound = err == nil && f.Module != nil
	if v.Sound && data != nil && (m.NULs > 0 || m.Blank) && len(data) <= maxWhole && len(content) <= maxWhole && !bytes.Equal(data, content) {
		v.Whole = []facts.Splice{{Old: string(data), New: string(content)}}
	}
	return v
}

// repository is the folder at or above dir that has .git, "" = none.
func repository(dir string) string {
	for ; ; dir = filepath.Dir(dir) {
		if _, err := os.Lstat(filepath.Join(dir, ".git")); err == nil {
			return dir
		}
		if dir == filepath.Dir(dir) {
			return ""
		}
	}
}

// lookPath finds a program in a PATH, absolute folders only.
func lookPath(name, path string) string {
	for _, dir := range filepath.SplitList(path) {
		if !filepath.IsAbs(dir) {
			continue
		}
		if p, err := exec.LookPath(filepath.Join(dir, name)); err == nil {
			return p
		}
	}
	return ""
}
