package modules

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/gorescue/gorescue/internal/gocmd"
	"github.com/gorescue/gorescue/internal/probe"
)

// git reads objects of the repository around a folder. Its zero value has none.
type git struct {
	program string
	top     string // folder with .git
	dir     string
	env     []string
	err     string // why nothing can be read
}

// newGit finds repository and program. Variables that point git elsewhere are left out, nothing may be fetched, and
// nothing is written.
func newGit(w probe.World, dir string) *git {
	g := &git{dir: dir, top: above(dir, ".git")}
	if g.top == "" {
		return g
	}
	for _, d := range filepath.SplitList(w.Get("PATH")) {
		if p, err := exec.LookPath(filepath.Join(d, "git")); err == nil && filepath.IsAbs(d) {
			g.program = p
			break
		}
	}
	if g.program == "" {
		g.err = "no git in PATH"
	}
	g.env = []string{"GIT_OPTIONAL_LOCKS=0", "GIT_NO_LAZY_FETCH=1", "GIT_ALLOW_PROTOCOL=none", "GIT_TERMINAL_PROMPT=0", "LC_ALL=C"}
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
		g.env = append(g.env, k+"="+v)
	}
	return g
}

// above is the nearest folder at or above dir that has something of this name, "" = none.
func above(dir, name string) string {
	for ; ; dir = filepath.Dir(dir) {
		if _, err := os.Lstat(filepath.Join(dir, name)); err == nil {
			return dir
		}
		if dir == filepath.Dir(dir) {
			return ""
		}
	}
}

func (g *git) run(ctx context.Context, in []byte, args ...string) ([]byte, bool) {
	if g.program == "" {
		return nil, false
	}
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	r, err := gocmd.Run(ctx, gocmd.Cmd{Path: g.program, Args: args, Dir: g.dir, Env: g.env, In: in})
	switch {
	case err != nil:
		g.err = err.Error()
	case r.TimedOut:
		g.err = "git did not answer within 1 s"
	case !r.OK():
		g.err = r.FirstLine()
	default:
		return r.Stdout, true
	}
	return nil, false
}

// Where a version of a file is read from.
const (
	head  = "HEAD:"
	index = ":"
)

// show reads versions of files, each named as head or index with an absolute path; what is missing is not in the
// result.
func (g *git) show(ctx context.Context, specs ...string) map[string]string {
	var in strings.Builder
	var asked []string
	for _, s := range specs {
		rev, path := cutSpec(s)
		rel, err := filepath.Rel(g.dir, path)
		if err != nil || strings.Contains(rel, "\n") {
			continue
		}
		in.WriteString(rev + "./" + filepath.ToSlash(rel) + "\n")
		asked = append(asked, s)
	}
	out, ok := g.run(ctx, []byte(in.String()), "cat-file", "--batch")
	if !ok {
		return nil
	}
	found := map[string]string{}
	for _, s := range asked {
		line, rest, ok := bytes.Cut(out, []byte("\n"))
		f := strings.Fields(string(line))
		if !ok || len(f) < 2 {
			break
		}
		if f[len(f)-1] == "missing" || f[len(f)-1] == "ambiguous" {
			out = rest
			continue
		}
		size, err := strconv.Atoi(f[len(f)-1])
		if err != nil || size < 0 || size+1 > len(rest) {
			break // the output was cut at its bound
		}
		if f[len(f)-2] == "blob" {
			found[s] = string(rest[:size])
		}
		out = rest[size+1:]
	}
	return found
}

func cutSpec(s string) (rev, path string) {
	if rest, ok := strings.CutPrefix(s, head); ok {
		return head, rest
	}
	return index, strings.TrimPrefix(s, index)
}
