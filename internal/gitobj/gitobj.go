// Package gitobj reads what git has stored of a file: its committed and staged versions, its history and
// the sides of an unfinished merge. It uses plumbing that reads objects only: nothing is written, nothing is
// fetched, and no program that a repository may name (filters, drivers, monitors) is started.
package gitobj

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/gorescue/gorescue/internal/gocmd"
)

// ErrNone says that there is no repository around a folder.
var ErrNone = errors.New("no git repository")

// Repo is the repository around a folder. Its methods may be used concurrently.
type Repo struct {
	Top  string // folder that has .git
	real string // Top with links resolved
	git  string
	env  []string
}

// Open finds the repository around dir. The error is ErrNone when there is none; another one says why
// git cannot be asked. vars is the environment of the user; the variables that point git elsewhere are left out.
func Open(vars map[string]string, dir string) (*Repo, error) {
	r := &Repo{Top: top(dir)}
	if r.Top == "" {
		return nil, ErrNone
	}
	for _, d := range filepath.SplitList(vars["PATH"]) {
		if !filepath.IsAbs(d) {
			continue
		}
		if p, err := exec.LookPath(filepath.Join(d, "git")); err == nil {
			r.git = p
			break
		}
	}
	if r.git == "" {
		return nil, errors.New("no git in PATH")
	}
	r.real = r.Top
	if real, err := filepath.EvalSymlinks(r.Top); err == nil {
		r.real = real
	}
	r.env = []string{"GIT_OPTIONAL_LOCKS=0", "GIT_NO_LAZY_FETCH=1", "GIT_ALLOW_PROTOCOL=none", "GIT_TERMINAL_PROMPT=0", "GIT_PAGER=cat", "LC_ALL=C"}
	for k, v := range vars {
		switch k {
		case "LC_ALL":
			continue
		case "GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM", "GIT_CEILING_DIRECTORIES":
		default:
			if strings.HasPrefix(k, "GIT_") {
				continue
			}
		}
		r.env = append(r.env, k+"="+v)
	}
	return r, nil
}

func top(dir string) string {
	for ; ; dir = filepath.Dir(dir) {
		if _, err := os.Lstat(filepath.Join(dir, ".git")); err == nil {
			return dir
		}
		if dir == filepath.Dir(dir) {
			return ""
		}
	}
}

// run asks git something. An error carries git's first words.
func (r *Repo) run(ctx context.Context, args ...string) ([]byte, error) {
	res, err := gocmd.Run(ctx, gocmd.Cmd{Path: r.git, Args: append([]string{"-c", "core.fsmonitor=false", "-c", "core.quotepath=false"}, args...), Dir: r.Top, Env: r.env})
	switch {
	case err != nil:
		return nil, err
	case res.TimedOut:
		return nil, context.DeadlineExceeded
	case res.Cut:
		return nil, fmt.Errorf("git %s: more than %d bytes", args[0], gocmd.MaxOutput)
	case !res.OK():
		return res.Stdout, fmt.Errorf("git %s: %s", args[0], res.FirstLine())
	}
	return res.Stdout, nil
}

// Rel is the path of a file inside the repository, with slashes; ok is false when it lies outside.
func (r *Repo) Rel(path string) (rel string, ok bool) {
	for _, top := range []string{r.Top, r.real} {
		if rel, err := filepath.Rel(top, path); err == nil && filepath.IsLocal(rel) {
			return filepath.ToSlash(rel), true
		}
	}
	return "", false
}

// Revisions that name a place rather than a commit.
const (
	Head   = "HEAD"
	Index  = ""
	Ours   = ":2" // of an unfinished merge
	Theirs = ":3"
)

// Show returns a file as a revision has it; ok is false when it does not have it, or when that cannot be told.
func (r *Repo) Show(ctx context.Context, rev, path string) (data []byte, ok bool) {
	rel, ok := r.Rel(path)
	if !ok {
		return nil, false
	}
	data, err := r.run(ctx, "cat-file", "blob", rev+":"+rel)
	return data, err == nil
}

// Version is a file in one commit.
type Version struct {
	Commit string // abbreviated to 12 digits
	Data   []byte
}

// History returns the versions of a file in the last n commits that changed it, newest first, also those of
// the other side of an unfinished merge.
func (r *Repo) History(ctx context.Context, path string, n int) []Version {
	rel, ok := r.Rel(path)
	if !ok {
		return nil
	}
	revs := []string{Head}
	if _, err := r.run(ctx, "rev-parse", "--verify", "-q", "MERGE_HEAD^{commit}"); err == nil {
		revs = append(revs, "MERGE_HEAD")
	}
	out, err := r.run(ctx, slices.Concat([]string{"rev-list", fmt.Sprintf("--max-count=%d", n)}, revs, []string{"--", rel})...)
	if err != nil {
		return nil
	}
	var list []Version
	for commit := range strings.FieldsSeq(string(out)) {
		if data, err := r.run(ctx, "cat-file", "blob", commit+":"+rel); err == nil {
			list = append(list, Version{Commit: commit[:min(12, len(commit))], Data: data})
		}
	}
	return list
}

// Tree lists the files below a folder in a revision with their object names; nil when that cannot be told.
func (r *Repo) Tree(ctx context.Context, rev, dir string) map[string]string {
	rel, ok := r.Rel(dir)
	if !ok {
		return nil
	}
	out, err := r.run(ctx, "ls-tree", "-r", "-z", "--full-tree", rev, "--", rel+"/")
	if err != nil {
		return nil
	}
	files := map[string]string{}
	for e := range strings.SplitSeq(string(out), "\x00") {
		head, name, ok := strings.Cut(e, "\t")
		if f := strings.Fields(head); ok && len(f) == 3 && f[1] == "blob" {
			files[filepath.Join(r.Top, filepath.FromSlash(name))] = f[2]
		}
	}
	return files
}

// Ignored says which rule keeps a path out of the repository: the file of the rule, its line and its pattern.
// ok is false when none does.
func (r *Repo) Ignored(ctx context.Context, path string) (file string, line int, pattern string, ok bool) {
	rel, ok := r.Rel(path)
	if !ok {
		return "", 0, "", false
	}
	out, err := r.run(ctx, "check-ignore", "-v", "--no-index", "--", rel)
	rule, _, found := strings.Cut(string(out), "\t") // file:line:pattern, a tab, the path
	f := strings.SplitN(rule, ":", 3)
	if err != nil || !found || len(f) < 3 {
		return "", 0, "", false
	}
	if line, err = strconv.Atoi(f[1]); err != nil {
		return "", 0, "", false
	}
	file = f[0]
	if !filepath.IsAbs(file) {
		file = filepath.Join(r.Top, filepath.FromSlash(file))
	}
	return file, line, f[2], true
}
