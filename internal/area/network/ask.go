package network

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/mod/module"

	"github.com/gorescue/gorescue/internal/buildlist"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/goproxy"
	"github.com/gorescue/gorescue/internal/probe"
)

const (
	hardLimit  = 12 * time.Second
	quickLimit = 4200 * time.Millisecond // of the whole section in a diagnosis nobody asked for
	askedLimit = 9 * time.Second         // and when somebody asked
	reserve    = 400 * time.Millisecond  // left of the budget for judging
	patience   = 700 * time.Millisecond  // then the other trusted proxies are asked too
	maxModules = 4                       // that each server is asked for
	maxZip     = 24 << 20                // larger ones are looked at no further
)

// collect asks the servers, unless nothing is missing and nobody asked.
func collect(ctx context.Context, w probe.World, s *facts.Snapshot) (probe.Install, error) {
	asked := w.Get(probe.AskNetwork) != ""
	if len(toFetch(s)) == 0 && !asked {
		return nil, fmt.Errorf("%w: nothing that this project needs is missing, so no server was asked", probe.ErrSkipped)
	}
	list, err := goproxy.Parse(s.Settings.Get("GOPROXY"), gonoproxy(&s.Settings))
	if err != nil {
		return nil, fmt.Errorf("%w: GOPROXY cannot be read", probe.ErrSkipped) // the area env says so
	}
	limit := quickLimit
	if asked {
		limit = askedLimit
	}
	end := time.Now().Add(limit)
	if d, ok := ctx.Deadline(); ok && d.Add(-reserve).Before(end) {
		end = d.Add(-reserve)
	}
	ctx, cancel := context.WithDeadline(ctx, end)
	defer cancel()
	a := newAsker(w, s, time.Until(end))
	defer a.close()
	var more facts.Network
	var rest sync.WaitGroup
	if asked {
		rest.Go(func() { more = a.more(ctx, w, s, list) })
	} else { // only what go would ask for the missing modules
		rest.Go(func() { more.Repos = a.repos(ctx, w, s, slices.DeleteFunc(a.routes(&s.Settings, list), others(s))) })
	}
	n := a.net
	if asked || len(n.Asked) > 0 {
		n = a.all(ctx, list)
	}
	rest.Wait()
	n.Routes, n.SumDB, n.Repos = more.Routes, more.SumDB, more.Repos
	return func(s *facts.Snapshot) { s.Network = n }, nil
}

// others reports of a route whether its module is not missing.
func others(s *facts.Snapshot) func(facts.NetRoute) bool {
	paths := map[string]bool{}
	for _, m := range toFetch(s) {
		p, _, _ := strings.Cut(m.Module, "@")
		paths[p] = true
	}
	return func(r facts.NetRoute) bool { return !paths[r.Module] }
}

// toFetch lists the missing modules that go has to ask a server for: one whose zip is in the cache is extracted from there.
func toFetch(s *facts.Snapshot) []facts.MissingModule {
	var out []facts.MissingModule
	for _, m := range s.Dirs.Modules.Missing {
		if m.Missing != "mod" && cached(s.Settings.Get("GOMODCACHE"), m.Module) {
			continue
		}
		out = append(out, m)
	}
	return out
}

// cached reports whether the cache has a module's zip.
func cached(cache, m string) bool { return cachedFile(cache, m, goproxy.Zip) }

func cachedFile(cache, m, kind string) bool {
	p, v, _ := strings.Cut(m, "@")
	name, err := goproxy.FileURL("file:///", module.Version{Path: p, Version: v}, kind)
	if err != nil || cache == "" {
		return false
	}
	u, err := url.Parse(name)
	if err != nil {
		return false
	}
	fi, err := os.Stat(filepath.Join(cache, "cache", "download", filepath.FromSlash(u.Path)))
	return err == nil && fi.Mode().IsRegular()
}

// private reports whether the team's policy calls a module private.
func private(p *facts.Policy, m string) bool {
	path, _, _ := strings.Cut(m, "@")
	return len(p.Private) > 0 && module.MatchPrefixPatterns(strings.Join(p.Private, ","), path)
}

// gonoproxy is the effective value: GOPRIVATE is its default (cmd/go/internal/cfg: GONOPROXY). "none" matches nothing.
func gonoproxy(set *facts.Settings) string {
	if v := set.Get("GONOPROXY"); v != "" {
		return v
	}
	return set.Get("GOPRIVATE")
}

// asker asks on behalf of one environment.
type asker struct {
	vars   map[string]string
	goauth string
	limits goproxy.Limits
	policy *facts.Policy
	public []string          // the servers of the Go tree's own default
	sums   map[string]string // of go.sum: "path@version" or "path@version/go.mod" → hash
	net    facts.Network
	plain  *goproxy.Client // as go asks
}

func newAsker(w probe.World, s *facts.Snapshot, all time.Duration) *asker {
	a := &asker{vars: w.Vars, goauth: s.Settings.Get("GOAUTH"), policy: &s.Policy, sums: map[string]string{}}
	// A server that is silent must be told from one that is slow: that takes as long as there is time. A host that answers
	// no SYN is known sooner.
	connect := min(2500*time.Millisecond, all*3/4)
	a.limits = goproxy.Limits{Lookup: connect, Connect: connect, TLS: all * 3 / 4, Header: all - 50*time.Millisecond, Idle: all * 3 / 4}
	a.plain = a.client(a.vars, nil)
	for _, e := range s.Settings.GoRoot.Entries {
		if list, err := goproxy.Parse(e.Value, ""); e.Name == "GOPROXY" && err == nil {
			for _, x := range list {
				a.public = append(a.public, strings.TrimSuffix(x.URL, "/"))
			}
		}
	}
	missing := toFetch(s)
	list, err := buildlist.Read(w.Dir, buildlist.Settings{GOFLAGS: s.Settings.Get("GOFLAGS"), GOWORK: s.Settings.Get("GOWORK"), GOMODCACHE: s.Settings.Get("GOMODCACHE")})
	if err == nil {
		a.readSums(list.Sums)
		if len(missing) == 0 {
			for _, m := range list.Modules {
				missing = append(missing, facts.MissingModule{Module: m.String(), Missing: "mod"})
			}
		}
	}
	for _, m := range missing {
		path, _, _ := strings.Cut(m.Module, "@")
		switch {
		case path == "" || path == "golang.org/toolchain":
		case module.MatchPrefixPatterns(gonoproxy(&s.Settings), path):
			a.net.Direct = append(a.net.Direct, m.Module)
		case len(a.net.Asked) < maxModules:
			a.net.Asked = append(a.net.Asked, m.Module)
		default:
			a.net.Cut = true
		}
	}
	for _, m := range a.net.Asked {
		if cache := s.Settings.Get("GOMODCACHE"); cachedFile(cache, m, goproxy.Mod) && cached(cache, m) {
			a.net.Cached = append(a.net.Cached, m)
		}
	}
	a.net.Bundle = bundle(w.Get("SSL_CERT_FILE"))
	a.net.Link = link()
	a.net.CAs = authorities(s.Policy.CAFiles)
	return a
}

func (a *asker) client(vars map[string]string, cas []string) *goproxy.Client {
	return goproxy.New(goproxy.Config{Vars: vars, GOAUTH: a.goauth, CAFiles: cas, Limits: a.limits})
}

func (a *asker) close() { a.plain.Close() }

// readSums reads go.sum lines; what cannot be read says nothing.
func (a *asker) readSums(files []string) {
	for _, f := range files {
		data, err := buildlist.ReadFile(f)
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(data)) {
			if p := strings.Fields(line); len(p) == 3 {
				a.sums[p[0]+"@"+p[1]] = p[2]
			}
		}
	}
}

// all asks every entry at once; when that shows a fault or takes long, the other trusted proxies too.
func (a *asker) all(ctx context.Context, list []goproxy.Entry) facts.Network {
	a.net.Entries = make([]facts.NetEntry, len(list))
	var wg sync.WaitGroup
	bad := make(chan struct{}, len(list))
	for i, e := range list {
		a.net.Entries[i] = facts.NetEntry{URL: redacted(e.URL), Word: !e.IsProxy(), OnError: e.OnError, Private: a.trusted(e.URL), Public: slices.Contains(a.public, strings.TrimSuffix(e.URL, "/"))}
		if e.IsProxy() {
			wg.Go(func() {
				if !a.entry(ctx, e.URL, &a.net.Entries[i]) {
					bad <- struct{}{}
				}
			})
		}
		if e.URL == goproxy.Off {
			bad <- struct{}{}
		}
	}
	done := make(chan struct{})
	go func() { wg.Wait(); close(done) }()
	var others []string
	for _, p := range a.policy.Proxies {
		if !slices.ContainsFunc(list, func(e goproxy.Entry) bool { return same(e.URL, p) }) {
			others = append(others, p)
		}
	}
	late := time.NewTimer(patience)
	defer late.Stop()
	select {
	case <-bad:
	case <-late.C:
	case <-done:
		if len(bad) == 0 {
			return a.net
		}
	}
	a.net.Others = make([]facts.NetEntry, len(others))
	var second sync.WaitGroup
	for i, p := range others {
		a.net.Others[i] = facts.NetEntry{URL: redacted(p), Private: true}
		second.Go(func() { a.entry(ctx, p, &a.net.Others[i]) })
	}
	second.Wait()
	wg.Wait()
	return a.net
}

func (a *asker) trusted(u string) bool {
	return slices.ContainsFunc(a.policy.Proxies, func(p string) bool { return same(u, p) })
}

// entry asks one server for each module and reports whether everything came.
func (a *asker) entry(ctx context.Context, proxy string, out *facts.NetEntry) bool {
	var names []string
	for _, m := range a.net.Asked {
		if !out.Public || !private(a.policy, m) { // nobody else learns the name of a private module from us
			names = append(names, m)
		}
	}
	files := make([][]facts.NetFetch, max(len(names), 1))
	if len(names) == 0 { // nothing to ask for: is it there at all?
		_, ans := a.plain.Read(ctx, proxy, goproxy.MaxText)
		waited(&ans)
		files[0] = []facts.NetFetch{{Kind: "", Answer: ans}}
		if ans.Status != 0 && ans.Fail == facts.NetStatus && ans.Status < 500 && ans.Status != 401 && ans.Status != 403 && ans.Status != 407 && ans.Status != 429 {
			files[0][0].Answer.Fail, files[0][0].Answer.Err = facts.NetOK, "" // any answer shows that a server is there
		}
	}
	var wg sync.WaitGroup
	known := make([]bool, len(names))
	for i, m := range names {
		path, version, _ := strings.Cut(m, "@")
		wg.Go(func() {
			files[i] = a.module(ctx, proxy, module.Version{Path: path, Version: version})
			if files[i][0].Answer.NotFound() {
				_, ans := a.plain.Fetch(ctx, proxy, module.Version{Path: path}, goproxy.List)
				known[i] = ans.OK()
			}
		})
	}
	wg.Wait()
	for i, m := range names {
		if known[i] {
			path, _, _ := strings.Cut(m, "@")
			out.Knows = append(out.Knows, path)
		}
	}
	if u, err := url.Parse(proxy); err == nil && u.Scheme == "file" {
		_, err := os.Stat(filepath.FromSlash(u.Path))
		out.NoFolder = errors.Is(err, os.ErrNotExist)
	}
	ok := true
	for _, f := range files {
		out.Files = append(out.Files, f...)
	}
	for i := range out.Files {
		ok = ok && out.Files[i].OK()
	}
	if !ok {
		a.explain(ctx, proxy, out)
	}
	return ok
}

// explain asks once more in another environment, where that can tell two causes apart.
func (a *asker) explain(ctx context.Context, proxy string, out *facts.NetEntry) {
	first := out.Files[slices.IndexFunc(out.Files, func(f facts.NetFetch) bool { return !f.OK() })]
	again := func(proxy string, vars map[string]string, cas []string) *facts.NetAnswer {
		c := a.client(vars, cas)
		defer c.Close()
		address := proxy
		if m, v, ok := strings.Cut(first.Module, "@"); ok {
			if u, err := goproxy.FileURL(proxy, module.Version{Path: m, Version: v}, first.Kind); err == nil {
				address = u
			}
		}
		_, ans := c.Read(ctx, address, maxZip)
		return &ans
	}
	ans := &first.Answer
	if ans.Fail == facts.NetUnknownCA {
		if len(a.policy.CAFiles) > 0 {
			out.WithCA = again(proxy, a.vars, a.policy.CAFiles)
		}
		out.Kin = kin(ans, goproxy.Trusted(a.vars, a.policy.CAFiles))
	}
	if ans.Fail == facts.NetExpired || ans.Fail == facts.NetNotYet {
		out.Plain = a.clock(ctx, proxy)
	}
	if rest, plain := strings.CutPrefix(proxy, "http://"); plain && (ans.Fail == facts.NetNeedsTLS || ans.Fail == facts.NetStatus && ans.Status == 400) {
		out.WithTLS = again("https://"+rest, a.vars, nil)
	}
	if ans.Via != "" && (ans.AtProxy || ans.Fail == facts.NetStatus || ans.Fail == facts.NetPage || ans.Fail == facts.NetSilent || ans.Fail == facts.NetClosed || ans.Fail == facts.NetReset) {
		vars := maps.Clone(a.vars)
		for _, n := range proxyVars {
			delete(vars, n)
			delete(vars, strings.ToLower(n))
		}
		out.WithoutProxy = again(proxy, vars, nil)
	}
}

// proxyVars name the HTTP proxies of an environment.
var proxyVars = []string{"HTTP_PROXY", "HTTPS_PROXY"}

// kin finds a trusted root that is of the same organisation as the unknown issuer of a server's last certificate.
func kin(ans *facts.NetAnswer, roots []*x509.Certificate) string {
	if len(ans.Chain) == 0 {
		return ""
	}
	issuer := ans.Chain[len(ans.Chain)-1].Issuer
	for _, r := range roots {
		if s := r.Subject.String(); s != issuer && organisation(s) != "" && organisation(s) == organisation(issuer) {
			return s
		}
	}
	return ""
}

// organisation is O of a name, else the first word of its CN when there are several.
func organisation(name string) string {
	for part := range strings.SplitSeq(name, ",") {
		if o, ok := strings.CutPrefix(part, "O="); ok {
			return o
		}
	}
	for part := range strings.SplitSeq(name, ",") {
		if cn, ok := strings.CutPrefix(part, "CN="); ok {
			if w := strings.Fields(cn); len(w) > 1 && len(w[0]) > 2 {
				return w[0]
			}
		}
	}
	return ""
}

// redacted is an address without its password.
func redacted(s string) string {
	u, err := url.Parse(s)
	if err != nil {
		return "?"
	}
	return u.Redacted()
}

// same reports whether two addresses are of one server.
func same(a, b string) bool { return strings.TrimSuffix(a, "/") == strings.TrimSuffix(b, "/") }

// bundle looks at the file of SSL_CERT_FILE.
func bundle(path string) facts.CABundle {
	b := facts.CABundle{Path: path}
	if path == "" {
		return b
	}
	data, state := small(path)
	b.State, b.Size = state, int64(len(data))
	b.Certs, b.EOL = len(goproxy.ParseCerts(data)), len(data) == 0 || bytes.HasSuffix(data, []byte("\n"))
	return b
}

// authorities reads the certificates that the team's policy names.
func authorities(paths []string) []facts.TrustedCA {
	var out []facts.TrustedCA
	for _, p := range paths[:min(len(paths), 10)] {
		data, _ := small(p)
		certs := goproxy.ParseCerts(data)
		if len(certs) == 0 || len(data) > 256<<10 {
			continue
		}
		ca := facts.TrustedCA{Path: p, PEM: string(data), Until: certs[0].NotAfter}
		for _, c := range certs[:min(len(certs), 20)] {
			ca.Certs = append(ca.Certs, goproxy.Cert(c))
			if c.NotAfter.Before(ca.Until) {
				ca.Until = c.NotAfter
			}
		}
		out = append(out, ca)
	}
	return out
}
