package git

import (
	"context"
	"maps"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/gorescue/gorescue/internal/buildlist"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/gitconfig"
	"github.com/gorescue/gorescue/internal/gocmd"
	"github.com/gorescue/gorescue/internal/lazyre"
	"github.com/gorescue/gorescue/internal/probe"
)

const (
	perQuestion = 1500 * time.Millisecond
	maxStderr   = 2 << 10
	maxVars     = 12
)

// asker asks git about one repository. No question runs a hook, a filter or a file watcher of the user.
type asker struct {
	w probe.World
	g *facts.Git
}

// ask puts the questions: first those the go command depends on, then, when git cannot answer, the ones
// that tell the causes apart.
func ask(ctx context.Context, w probe.World, g *facts.Git) {
	a := &asker{w: w, g: g}
	where := a.where(ctx, facts.AskWhere, w.Vars)
	if where.TimedOut {
		return
	}
	if !a.found(where) {
		a.why(ctx, where)
		return
	}
	index := a.run(ctx, facts.AskIndex, w.Vars, "ls-files", "--", ":(top).gorescue-none")
	commit := a.run(ctx, facts.AskCommit, w.Vars, "-c", "log.showSignature=false", "log", "-1", "--format=%H:%ct")
	if strings.Contains(commit.Stderr, "does not have any commits yet") {
		commit.Exit = 0 // the go command leaves the revision out then (cmd/go/internal/vcs/vcs.go, func gitStatus)
	}
	g.Answers = append(g.Answers, *index, *commit)
	if commit.Exit != 0 && !commit.TimedOut {
		branch(ctx, a)
	}
	a.refused(index)
	a.refused(commit)
}

// why asks what makes the difference.
func (a *asker) why(ctx context.Context, where *facts.GitAnswer) {
	if vars := pointing(a.w.Vars); len(vars) > 0 {
		a.leaked(ctx, vars)
	}
	if path := distrusted(where.Stderr); path != "" {
		a.where(ctx, facts.AskTrusted, a.w.Vars, "-c", "safe.directory="+path)
	}
	plain := maps.Clone(a.w.Vars)
	plain["GIT_CONFIG_GLOBAL"], plain["GIT_CONFIG_NOSYSTEM"] = "/dev/null", "1"
	a.where(ctx, facts.AskPlain, plain)
	if m := badLineIn().FindStringSubmatch(where.Stderr); m != nil { // also a file that is included under a condition
		path := m[1]
		if !filepath.IsAbs(path) {
			path = filepath.Join(a.g.Root, path) // git is asked there
		}
		add(a.g, a.w.Get("HOME"), facts.GitConfig{Path: path, Scope: "include"}, 0)
	}
	a.refused(where)
}

// where asks which working tree this is, and keeps the answer.
func (a *asker) where(ctx context.Context, q facts.GitQuestion, vars map[string]string, options ...string) *facts.GitAnswer {
	ans := a.run(ctx, q, vars, append(options, "rev-parse", "--show-toplevel")...)
	a.g.Answers = append(a.g.Answers, *ans)
	return ans
}

func (a *asker) run(ctx context.Context, q facts.GitQuestion, vars map[string]string, args ...string) *facts.GitAnswer {
	ctx, cancel := context.WithTimeout(ctx, perQuestion)
	defer cancel()
	w := a.w
	w.Vars = vars
	env := append(w.Environ(), "GIT_OPTIONAL_LOCKS=0", "GIT_TERMINAL_PROMPT=0", "LC_ALL=C", "LANGUAGE=C")
	ans := &facts.GitAnswer{Question: q, Exit: -1, Command: gocmd.Line("git", args)}
	r, err := gocmd.Run(ctx, gocmd.Cmd{Path: a.g.Program, Args: args, Dir: a.g.Root, Env: env})
	if err != nil {
		ans.Stderr = err.Error()
		return ans
	}
	ans.Exit, ans.TimedOut, ans.Took = r.Exit, r.TimedOut, r.Took
	ans.Stderr = strings.ToValidUTF8(string(r.Stderr[:min(len(r.Stderr), maxStderr)]), "?")
	if strings.HasSuffix(ans.Command, "--show-toplevel") {
		ans.Top = strings.TrimRight(string(r.Stdout), "\r\n")
	}
	return ans
}

// found reports whether git found the repository that the go command found.
func (a *asker) found(ans *facts.GitAnswer) bool {
	return ans.Exit == 0 && real(ans.Top) == real(a.g.Root)
}

func real(path string) string {
	if r, err := filepath.EvalSymlinks(path); err == nil {
		return r
	}
	return filepath.Clean(path)
}

// harmless are variables of git that do not change which repository and settings it reads.
var harmless = lazyre.New(`^GIT_(TERMINAL_PROMPT|AUTHOR_|COMMITTER_|EDITOR|SEQUENCE_EDITOR|PAGER|SSH|TRACE|ASKPASS|HTTP_|CURL_|MERGE_|DIFF_OPTS|EXTERNAL_DIFF|PROMPT|PS1_|OPTIONAL_LOCKS|FLUSH|ADVICE|PROTOCOL|ALLOW_PROTOCOL|LFS_|SSL_|PROXY_|CONFIG_NOSYSTEM|REFLOG_ACTION|PROGRESS|TEST_)`)

// pointing lists the variables that may point git elsewhere, sorted.
func pointing(vars map[string]string) []string {
	var out []string
	for n, v := range vars {
		if strings.HasPrefix(n, "GIT_") && v != "" && !harmless().MatchString(n) {
			out = append(out, n)
		}
	}
	sort.Strings(out)
	return out[:min(len(out), maxVars)]
}

// leaked finds the smallest set of variables without which git finds the repository.
func (a *asker) leaked(ctx context.Context, vars []string) {
	without := func(names []string) map[string]string {
		m := maps.Clone(a.w.Vars)
		for _, n := range names {
			delete(m, n)
		}
		return m
	}
	ans := a.where(ctx, facts.AskNoEnv, without(vars))
	if !a.found(ans) {
		return
	}
	guilty := slices.Clone(vars)
	for _, v := range vars {
		rest := slices.DeleteFunc(slices.Clone(guilty), func(n string) bool { return n == v })
		if a.found(a.run(ctx, facts.AskNoEnv, without(rest), "rev-parse", "--show-toplevel")) {
			guilty = rest
		}
	}
	a.g.Leaked = guilty
}

var (
	dubiousIn = lazyre.New(`dubious ownership in repository at '([^'\n]+)'`)
	badLineIn = lazyre.New(`bad config line \d+ in file (\S.*)`)
	refusedAt = lazyre.New(`bad config variable '([^']+)' in file '[^']+' at line \d+`)
	refusedOf = lazyre.New(`(?:bad|invalid|malformed|unknown)[^\n]* (?:value|for) [^\n]*'([A-Za-z][A-Za-z0-9-]*\.[^'\n]+)'`)
)

// distrusted is the path that git names when the owner is not the user, "" when that is not the matter.
func distrusted(stderr string) string {
	if m := dubiousIn().FindStringSubmatch(stderr); m != nil {
		return m[1]
	}
	return ""
}

// refused finds the setting whose value git does not take.
func (a *asker) refused(ans *facts.GitAnswer) {
	if ans.Exit == 0 || a.g.Value != nil {
		return
	}
	name := ""
	if m := refusedAt().FindStringSubmatch(ans.Stderr); m != nil {
		name = m[1]
	} else if m := refusedOf().FindStringSubmatch(ans.Stderr); m != nil {
		name = m[1]
	}
	if name == "" {
		return
	}
	for i := len(a.g.Config) - 1; i >= 0 && a.g.Value == nil; i-- {
		path := a.g.Config[i].Path
		data, err := buildlist.ReadFile(path)
		if err != nil {
			continue
		}
		entries, _ := gitconfig.Parse(data)
		for _, e := range entries {
			if !strings.EqualFold(e.Name(), name) {
				continue
			}
			v := &facts.GitValue{Name: e.Name(), Value: e.Value, File: path, Line: e.Line}
			if e.Alone && strings.Count(string(data[e.Start:e.End]), "\n") <= 1 {
				v.Start = facts.Splice{Offset: e.Start, New: "# "}
			}
			a.g.Value = v
		}
	}
}
