package sum

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"io"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
	"golang.org/x/mod/sumdb/dirhash"

	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/goproxy"
	"github.com/gorescue/gorescue/internal/modcache"
	"github.com/gorescue/gorescue/internal/probe"
)

const (
	askTime  = 3 * time.Second // for all questions together
	maxZip   = 32 << 20        // bytes of a module that is fetched to be hashed
	maxTries = 4               // of the failed downloads, the newest
)

// asker puts the questions that nothing on this machine can settle.
type asker struct {
	ctx    context.Context
	s      *facts.Snapshot
	client *goproxy.Client
	list   []goproxy.Entry // the proxies of GOPROXY, as far as the go command would go
	db     goproxy.SumDB
	hasDB  bool

	mu  sync.Mutex
	out facts.SumSources
}

// sources asks the proxies and the checksum database. It connects nowhere when there is no question, and never asks
// anybody about a module that a setting or the team's policy calls private, unless the go command has just done so.
func sources(ctx context.Context, w probe.World, s *facts.Snapshot) (probe.Install, error) {
	a := &asker{s: s}
	asks := a.questions()
	if len(asks) > 0 && a.prepare() {
		ctx, cancel := context.WithTimeout(ctx, askTime)
		defer cancel()
		a.ctx = ctx
		a.client = goproxy.New(goproxy.Config{Vars: w.Vars, GOAUTH: s.Settings.Get("GOAUTH"), CAFiles: s.Policy.CAFiles, Limits: goproxy.DefaultLimits()})
		defer a.client.Close()
		a.run(asks)
	}
	return func(s *facts.Snapshot) { s.SumSources = a.out }, nil
}

// questions are those of the local part, and the failed downloads that may have failed for their hash.
func (a *asker) questions() []facts.SumAsk {
	asks := slices.Clone(a.s.Sums.Asks)
	add := func(q facts.SumAsk) {
		same := func(o facts.SumAsk) bool { return o.Module == q.Module && o.Version == q.Version && o.GoMod == q.GoMod }
		if !slices.ContainsFunc(asks, same) {
			asks = append(asks, q)
		}
	}
	for _, t := range a.s.Sums.Tried[:min(len(a.s.Sums.Tried), maxTries)] {
		switch {
		case t.What == "zip":
			add(facts.SumAsk{Module: t.Module, Version: t.Version, Why: "tried"})
		case t.VCS != "" && unlisted(a.s, t.Module) && !a.s.Sums.DB.Off:
			add(facts.SumAsk{Module: t.Module, Version: t.Version, GoMod: true, Why: "private"})
		}
	}
	return asks
}

// prepare reads GOPROXY and GOSUMDB. false: nobody may be asked.
func (a *asker) prepare() bool {
	entries, err := goproxy.Parse(a.s.Settings.Get("GOPROXY"), "")
	if err != nil {
		return false
	}
	for _, e := range entries {
		if e.URL == goproxy.Off && len(a.list) == 0 {
			return false
		}
		if !e.IsProxy() {
			break
		}
		a.list = append(a.list, e)
	}
	for _, value := range []string{a.s.Policy.SumDB, a.s.Settings.Get("GOSUMDB")} { // the policy's key is the trusted one
		if db, err := goproxy.ParseSumDB(value, a.s.Sums.DB.Known); err == nil && !a.hasDB {
			a.db, a.hasDB = db, true
			if u := a.s.Sums.DB.URL; u != "" && len(strings.Fields(value)) == 1 && a.s.Sums.DB.Name == db.Name {
				a.db, _ = goproxy.ParseSumDB(value+" "+u, a.s.Sums.DB.Known)
			}
		}
	}
	return true
}

func (a *asker) run(asks []facts.SumAsk) {
	var all sync.WaitGroup
	slots := make(chan struct{}, 4)
	for _, q := range asks {
		all.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			if a.ctx.Err() != nil {
				a.mu.Lock()
				a.out.Left++
				a.mu.Unlock()
				return
			}
			a.ask(q)
			a.mu.Lock()
			a.out.Asked++
			a.mu.Unlock()
		})
	}
	all.Wait()
	slices.SortFunc(a.out.Answers, func(x, y facts.SumAnswer) int {
		return strings.Compare(order(x), order(y))
	})
}

func order(a facts.SumAnswer) string {
	return a.Module + "@" + a.Version + "\x00" + string(rune('c'+a.Entry))
}

// ask puts one question: to the proxy that the go command asks first, and, unless it says what go.sum says, to all
// others and the database.
func (a *asker) ask(q facts.SumAsk) {
	mod := module.Version{Path: q.Module, Version: q.Version}
	secret := private(a.s, q.Module)
	direct := module.MatchPrefixPatterns(noProxy(a.s), q.Module)
	if !secret && !direct {
		for i, e := range a.list {
			ans := a.fetch(e.URL, mod, q.GoMod)
			ans.Entry = i
			a.add(ans)
			if i == 0 && q.Line != "" && ans.Hash == q.Line && (q.Why == "missing" || q.Witness != "") {
				return // what the go command will get is what it must be
			}
		}
		for i, p := range a.s.Policy.Proxies {
			ans := a.fetch(p, mod, q.GoMod)
			ans.Entry, ans.Index = facts.EntryPolicy, i
			a.add(ans)
		}
	}
	listed := !module.MatchPrefixPatterns(noSum(a.s), q.Module) && !secret && !direct
	if a.hasDB && (listed || q.Why == "private") {
		a.lookup(mod)
	}
}

func (a *asker) add(ans facts.SumAnswer) {
	a.mu.Lock()
	defer a.mu.Unlock()
	same := func(o facts.SumAnswer) bool {
		return o.Module == ans.Module && o.Version == ans.Version && o.GoMod == ans.GoMod && o.Entry == ans.Entry && o.Index == ans.Index
	}
	if !slices.ContainsFunc(a.out.Answers, same) {
		a.out.Answers = append(a.out.Answers, ans)
	}
}

// fetch asks one proxy for a module's zip or go.mod file and hashes it.
func (a *asker) fetch(proxy string, mod module.Version, goMod bool) facts.SumAnswer {
	ans := facts.SumAnswer{Module: mod.Path, Version: mod.Version, GoMod: goMod, Source: plain(proxy)}
	kind := goproxy.Zip
	if goMod {
		kind = goproxy.Mod
	}
	address, err := goproxy.FileURL(proxy, mod, kind)
	if err != nil {
		ans.Err = err.Error()
		return ans
	}
	data, got := a.client.Read(a.ctx, address, maxZip)
	switch {
	case got.NotFound():
		ans.Gone = true
	case !got.OK():
		ans.Err = string(got.Fail)
	case goMod && modfile.ModulePath(data) == "" && bytes.HasPrefix(bytes.TrimSpace(data), []byte("<")):
		ans.Err = "a web page, no go.mod file" // a portal or sign-in page is no content that a module has
	case goMod:
		ans.Hash = modcache.HashGoMod(data)
	default:
		if ans.Hash, err = hashZip(data); err != nil {
			ans.Err = err.Error()
		}
	}
	return ans
}

// hashZip is the hash of a zip in memory, as go.sum has it.
func hashZip(data []byte) (string, error) {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return "", err
	}
	var names []string
	members := map[string]*zip.File{}
	total := uint64(0)
	for _, f := range z.File {
		names, members[f.Name] = append(names, f.Name), f
		total += f.UncompressedSize64
	}
	if total > 512<<20 {
		return "", errors.New("unpacked it would be larger than a module may be")
	}
	return dirhash.Hash1(names, func(name string) (io.ReadCloser, error) { return members[name].Open() })
}

// lookup asks the checksum database, with its signature checked.
func (a *asker) lookup(mod module.Version) {
	got := a.client.Lookup(a.ctx, a.db, a.list, mod)
	for _, goMod := range []bool{false, true} {
		ans := facts.SumAnswer{Module: mod.Path, Version: mod.Version, GoMod: goMod, Source: a.db.Name, Entry: facts.EntryDB}
		ver := mod.Version
		if goMod {
			ver += "/go.mod"
		}
		switch {
		case got.Security != "":
			ans.Err = got.Security
		case got.Err != nil:
			ans.Err = got.Err.Error()
			ans.Gone = slices.ContainsFunc(got.Asked, func(n facts.NetAnswer) bool { return strings.Contains(n.URL, "/lookup/") && n.NotFound() })
		}
		for _, l := range got.Lines {
			if f := strings.Fields(l); len(f) == 3 && f[0] == mod.Path && f[1] == ver {
				ans.Hash = f[2]
			}
		}
		a.add(ans)
	}
}

// plain is an address without credentials.
func plain(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "?"
	}
	u.User = nil
	return u.String()
}

// noProxy are the patterns of modules that are fetched from their repositories.
func noProxy(s *facts.Snapshot) string { return orPrivate(s, "GONOPROXY") }

// noSum are the patterns of modules of which the checksum database is not asked.
func noSum(s *facts.Snapshot) string { return orPrivate(s, "GONOSUMDB") }

// orPrivate is a variable whose default is GOPRIVATE (cmd/go/internal/cfg).
func orPrivate(s *facts.Snapshot, name string) string {
	if v := s.Settings.Get(name); v != "" {
		return v
	}
	return s.Settings.Get("GOPRIVATE")
}

// private reports whether GOPRIVATE or the team's policy calls a module private.
func private(s *facts.Snapshot, path string) bool {
	return module.MatchPrefixPatterns(s.Settings.Get("GOPRIVATE"), path) || module.MatchPrefixPatterns(strings.Join(s.Policy.Private, ","), path)
}

// unlisted reports whether a module is fetched from its repository and yet asked of the checksum database.
func unlisted(s *facts.Snapshot, path string) bool {
	return !module.MatchPrefixPatterns(noSum(s), path) && (module.MatchPrefixPatterns(noProxy(s), path) || private(s, path))
}
