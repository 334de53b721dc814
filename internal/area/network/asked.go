package network

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"html"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"

	"github.com/gorescue/gorescue/internal/buildlist"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/gocmd"
	"github.com/gorescue/gorescue/internal/goproxy"
	"github.com/gorescue/gorescue/internal/lazyre"
	"github.com/gorescue/gorescue/internal/probe"
)

// The bounds of what is looked at when somebody asks for the network.
const (
	maxRoutes  = 2000
	maxLookups = 2 // questions to the checksum database
	maxRepos   = 3
	gitLimit   = 5 * time.Second
)

// more asks what nobody needs to know for a build that has all its modules: the checksum database and the repositories. Only
// Routes, SumDB and Repos of the answer mean something.
func (a *asker) more(ctx context.Context, w probe.World, s *facts.Snapshot, list []goproxy.Entry) facts.Network {
	n := facts.Network{Routes: a.routes(&s.Settings, list)}
	var wg sync.WaitGroup
	wg.Go(func() { n.SumDB = a.database(ctx, s, list, n.Routes) })
	n.Repos = a.repos(ctx, w, s, n.Routes)
	wg.Wait()
	return n
}

// repos asks a few of the repositories from which go fetches modules itself.
func (a *asker) repos(ctx context.Context, w probe.World, s *facts.Snapshot, routes []facts.NetRoute) []facts.NetRepo {
	var out []facts.NetRepo
	for _, m := range repositories(routes) {
		out = append(out, facts.NetRepo{Module: m})
	}
	var wg sync.WaitGroup
	for i := range out {
		wg.Go(func() { a.repository(ctx, w, s.Settings.Get("GOMODCACHE"), &out[i]) })
	}
	wg.Wait()
	return out
}

// nosumdb is the effective value: GOPRIVATE is its default (cmd/go/internal/cfg: GONOSUMDB).
func nosumdb(set *facts.Settings) string {
	if v := set.Get("GONOSUMDB"); v != "" {
		return v
	}
	return set.Get("GOPRIVATE")
}

// routes says of each module of go.sum whom go would ask.
func (a *asker) routes(set *facts.Settings, list []goproxy.Entry) []facts.NetRoute {
	paths := map[string]bool{}
	for k := range a.sums {
		p, _, _ := strings.Cut(k, "@")
		paths[p] = true
	}
	var out []facts.NetRoute
	for p := range paths {
		r := facts.NetRoute{Module: p, Private: private(a.policy, p) || module.MatchPrefixPatterns(set.Get("GOPRIVATE"), p)}
		off, repo := false, false
		r.Direct = module.MatchPrefixPatterns(gonoproxy(set), p)
		for _, e := range list {
			switch {
			case r.Direct || e.URL == goproxy.NoProxy:
			case e.URL == goproxy.Off:
				off = true
			case e.URL == goproxy.Direct:
				repo = true
			default:
				r.Learn = append(r.Learn, redacted(e.URL))
			}
		}
		r.Direct = r.Direct || repo && len(r.Learn) == 0
		r.SumDB = !off && strings.TrimSpace(set.Get("GOSUMDB")) != "off" && !module.MatchPrefixPatterns(nosumdb(set), p)
		if r.Direct || repo {
			r.Rule, r.Allowed = goproxy.VCSRule(set.Get("GOVCS"), set.Get("GOPRIVATE"), p)
		}
		out = append(out, r)
	}
	slices.SortFunc(out, func(x, y facts.NetRoute) int { return strings.Compare(x.Module, y.Module) })
	return out[:min(len(out), maxRoutes)]
}

// database asks the checksum database for a few modules of go.sum, by way of the proxies as go does.
func (a *asker) database(ctx context.Context, s *facts.Snapshot, list []goproxy.Entry, routes []facts.NetRoute) facts.NetSumDB {
	tree := ""
	if s.Settings.GoRoot.Path != "" {
		tree = filepath.Dir(s.Settings.GoRoot.Path)
	}
	value := s.Settings.Get("GOSUMDB")
	db, err := goproxy.ParseSumDB(value, goproxy.KnownKeys(tree))
	if err != nil {
		return facts.NetSumDB{Off: err.Error()}
	}
	out := facts.NetSumDB{Name: db.Name}
	asked := a.sample(routes)
	if len(asked) == 0 {
		out.Off = "no module of go.sum that it may be asked for"
		return out
	}
	if len(list) > 0 && slices.ContainsFunc(list, func(e goproxy.Entry) bool { return e.URL == goproxy.Off }) {
		out.Off = "GOPROXY=off"
		return out
	}
	out.Lookups = make([]facts.NetLookup, len(asked))
	for i, m := range asked { // one after the other: where the first fails the second would too
		out.Lookups[i] = a.lookup(ctx, db, list, m)
		if out.Lookups[i].Err != "" {
			out.Lookups = out.Lookups[:i+1]
			break
		}
	}
	return out
}

// sample are versions of go.sum whose names the database may learn.
func (a *asker) sample(routes []facts.NetRoute) []module.Version {
	var out []module.Version
	for k := range a.sums {
		p, v, _ := strings.Cut(k, "@")
		i := slices.IndexFunc(routes, func(r facts.NetRoute) bool { return r.Module == p && r.SumDB && !r.Private })
		if !strings.HasSuffix(v, "/go.mod") && i >= 0 && semver.IsValid(v) {
			out = append(out, module.Version{Path: p, Version: v})
		}
	}
	module.Sort(out)
	return out[:min(len(out), maxLookups)]
}

func (a *asker) lookup(ctx context.Context, db goproxy.SumDB, list []goproxy.Entry, m module.Version) facts.NetLookup {
	l := a.plain.Lookup(ctx, db, list, m)
	out := facts.NetLookup{Module: m.String(), Base: redacted(l.Base), Lies: l.Security, Asked: l.Asked[:min(len(l.Asked), 8)]}
	for i := range out.Asked {
		waited(&out.Asked[i])
	}
	if l.Err != nil {
		out.Err = l.Err.Error()
		return out
	}
	for _, line := range l.Lines {
		f := strings.Fields(line)
		if len(f) != 3 || f[0] != m.Path {
			continue
		}
		if have := a.sums[f[0]+"@"+f[1]]; have != "" && have != f[2] {
			out.Differs = f[0] + " " + f[1] + " " + have + " ≠ " + f[2]
		}
	}
	return out
}

// repositories are modules that go fetches from where they are developed, one of each host and organisation.
func repositories(routes []facts.NetRoute) []string {
	var out []string
	seen := map[string]bool{}
	for _, r := range routes {
		host, rest, _ := strings.Cut(r.Module, "/")
		org, _, _ := strings.Cut(rest, "/")
		if !r.Direct || seen[host+"/"+org] || len(out) >= maxRepos || !goproxy.Allows(r.Allowed, "git") {
			continue
		}
		seen[host+"/"+org] = true
		out = append(out, r.Module)
	}
	return out
}

// repository asks git for the branches of a module's repository, as go would: no prompt, the user's own configuration.
func (a *asker) repository(ctx context.Context, w probe.World, cache string, out *facts.NetRepo) {
	out.URL, out.From = cachedRepo(cache, out.Module)
	if out.URL == "" {
		out.URL, out.From = writtenRepo(out.Module)
	}
	if out.URL == "" {
		var ans facts.NetAnswer
		out.URL, ans = a.discover(ctx, out.Module)
		out.From, out.Asked = "https://"+out.Module+"?go-get=1", &ans
		if out.URL == "" {
			out.Err, out.Took = "no address of a git repository: "+strings.TrimSpace(string(ans.Fail)+" "+ans.Err), ans.Took
			return
		}
	}
	git := program(w.Get("PATH"), "git")
	if git == "" {
		out.Err = noGit
		return
	}
	env := append(w.Environ(), "GIT_TERMINAL_PROMPT=0", "GCM_INTERACTIVE=never", "LC_ALL=C", "GIT_OPTIONAL_LOCKS=0")
	if w.Get("GIT_SSH_COMMAND") == "" && w.Get("GIT_SSH") == "" {
		env = append(env, "GIT_SSH_COMMAND=ssh -o ControlMaster=no -o BatchMode=yes")
	}
	ctx, cancel := context.WithTimeout(ctx, gitLimit)
	defer cancel()
	dir := w.Dir
	if to, err := gocmd.Run(ctx, gocmd.Cmd{Path: git, Args: []string{"ls-remote", "--get-url", out.URL}, Dir: dir, Env: env}); err == nil && to.OK() {
		if t := strings.TrimSpace(string(to.Stdout)); t != out.URL {
			out.To = withoutPassword(t)
		}
	}
	began := time.Now()
	ask := func(address string) (*gocmd.Result, error) {
		return gocmd.Run(ctx, gocmd.Cmd{Path: git, Args: []string{"ls-remote", "--quiet", address, "HEAD"}, Dir: dir, Env: env})
	}
	r, err := ask(out.URL)
	if rest, ok := strings.CutPrefix(out.URL, "https://"); ok && err == nil && !r.OK() && !r.TimedOut && strings.Contains(out.Module, ".git") { // go tries the other secure one too
		if again, e := ask("ssh://" + rest); e == nil && again.OK() {
			r, out.URL = again, "ssh://"+rest
		}
	}
	out.Took = time.Since(began)
	switch {
	case err != nil:
		out.Err = err.Error()
	case r.TimedOut:
		out.Silent, out.Err = true, fmt.Sprintf("git got no answer within %s", round(out.Took))
	case !r.OK():
		out.Err = says(string(r.Stderr))
	}
	out.URL = withoutPassword(out.URL)
}

// noGit is said when there is no program to ask: that has a check of its own.
const noGit = "git is not in PATH"

// says is the line of git's complaint that tells the cause.
func says(stderr string) string {
	var last string
	for line := range strings.Lines(stderr) {
		line = strings.TrimSpace(line)
		low := strings.ToLower(line)
		if strings.HasPrefix(low, "fatal:") || strings.Contains(low, "permission denied") || strings.Contains(low, "host key verification failed") || strings.Contains(low, "error:") {
			return withoutPassword(line)
		}
		if line != "" && !strings.HasPrefix(low, "warning:") {
			last = line
		}
	}
	return withoutPassword(last)
}

var userinfo = lazyre.New(`(\w+://)[^/@\s]*:[^/@\s]*@`)

// withoutPassword takes user and password out of every address of a text.
func withoutPassword(s string) string { return userinfo().ReplaceAllString(s, "$1") }

// program finds a program in a value of PATH.
func program(path, name string) string {
	for _, d := range filepath.SplitList(path) {
		p := filepath.Join(d, name)
		if fi, err := os.Stat(p); filepath.IsAbs(d) && err == nil && fi.Mode().IsRegular() && fi.Mode()&0o111 != 0 {
			return p
		}
	}
	return ""
}

// cachedRepo finds the repository of a module among those that go has cloned (cmd/go/internal/modfetch/codehost: WorkDir).
func cachedRepo(cache, path string) (address, from string) {
	if !filepath.IsAbs(cache) {
		return "", ""
	}
	files, _ := filepath.Glob(filepath.Join(cache, "cache", "vcs", "*.info"))
	for _, f := range files[:min(len(files), 2000)] {
		data, err := buildlist.ReadFile(f)
		kind, name, ok := strings.Cut(strings.TrimSpace(string(data)), ":")
		if err != nil || !ok || !strings.HasPrefix(kind, "git") || fmt.Sprintf("%x.info", sha256.Sum256([]byte(kind+":"+name))) != filepath.Base(f) {
			continue
		}
		u, err := url.Parse(name)
		if err != nil {
			continue
		}
		root := strings.TrimSuffix(u.Host+u.Path, ".git")
		if p := strings.Replace(path, ".git", "", 1); p == root || strings.HasPrefix(p, root+"/") {
			return name, "the module cache"
		}
	}
	return "", ""
}

// writtenRepo is the address that a module path itself gives (cmd/go/internal/vcs/vcs.go: vcsPaths): the ending .git marks where
// the repository ends, and is no part of its address.
func writtenRepo(path string) (address, from string) {
	if i := strings.Index(path+"/", ".git/"); i > 0 {
		return "https://" + path[:i], "the module path"
	}
	p := strings.Split(path, "/")
	if len(p) >= 3 && (p[0] == "github.com" || p[0] == "bitbucket.org") {
		return "https://" + strings.Join(p[:3], "/"), "the module path"
	}
	return "", ""
}

var (
	metaTag     = lazyre.New(`(?is)<meta\s[^>]*name\s*=\s*["']?go-import["']?[^>]*>`)
	metaContent = lazyre.New(`(?is)content\s*=\s*(?:"([^"]*)"|'([^']*)')`)
)

// discover asks the host of a module path for the address of its repository (https://go.dev/ref/mod#vcs-find).
func (a *asker) discover(ctx context.Context, path string) (address string, ans facts.NetAnswer) {
	data, ans := a.plain.Read(ctx, "https://"+path+"?go-get=1", 1<<20)
	waited(&ans)
	for _, tag := range metaTag().FindAllString(string(data), 20) {
		m := metaContent().FindStringSubmatch(tag)
		if m == nil {
			continue
		}
		f := strings.Fields(html.UnescapeString(m[1] + m[2]))
		if len(f) == 3 && f[1] == "git" && (path == f[0] || strings.HasPrefix(path, f[0]+"/")) && checkedScheme(f[2]) == nil {
			return f[2], ans
		}
	}
	return "", ans
}

// checkedScheme refuses what go refuses as the address of a git repository without GOINSECURE, and what git would take for an option.
func checkedScheme(address string) error {
	u, err := url.Parse(address)
	if err != nil || strings.HasPrefix(address, "-") || !slices.Contains([]string{"https", "git+ssh", "ssh"}, u.Scheme) {
		return errors.New("not a secure address of git")
	}
	return nil
}

// clock asks the host of an entry for its time over http, where nobody has to believe in a certificate. Nothing but the host's
// own name is told.
func (a *asker) clock(ctx context.Context, proxy string) *facts.NetAnswer {
	u, err := url.Parse(proxy)
	if err != nil || u.Scheme != "https" {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, 1500*time.Millisecond)
	defer cancel()
	_, ans := a.plain.Read(ctx, "http://"+u.Hostname()+"/", 1<<20)
	if ans.Date.IsZero() {
		return nil
	}
	return &ans
}
