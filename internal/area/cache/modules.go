package cache

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/mod/module"

	"github.com/gorescue/gorescue/internal/buildlist"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/modcache"
)

// maxListed bounds each list of modules in the snapshot.
const maxListed = 20

// modules looks at this project's modules in the module cache: what is missing and where it would
// have to be written, and what is not as go.sum says.
func (p *place) modules(ctx context.Context) facts.Modules {
	var m facts.Modules
	cache := p.s.Settings.Get("GOMODCACHE")
	if !filepath.IsAbs(cache) {
		return m
	}
	m.Pages, m.PagesCut = p.pages(ctx, cache)
	if p.listErr != nil {
		m.Err = p.listErr.Error()
		return m
	}
	if p.list.Mod == "" && p.list.Work == "" || p.list.Vendor {
		return m
	}
	m.Looked = true
	mounts := readMounts()
	for _, mod := range p.list.Modules {
		if !mod.Needed || mod.Missing == "" {
			continue
		}
		m.Direct = m.Direct || p.direct(mod.Path)
		if len(m.Missing) < maxListed {
			m.Missing = append(m.Missing, facts.MissingModule{Module: mod.String(), Missing: mod.Missing, Tests: mod.Tests, Blocked: p.blocked(mounts, cache, mod.Version)})
		}
	}
	if m.Direct {
		m.VCSLocks = p.vcsLocks(ctx, cache, m.Missing)
	}
	p.damage(ctx, cache, &m)
	return m
}

// direct reports whether a module may be fetched from its repository: no proxy is to be asked for it, or
// the list of proxies ends there.
func (p *place) direct(path string) bool {
	noProxy := p.s.Settings.Get("GONOPROXY")
	if noProxy == "" {
		noProxy = p.s.Settings.Get("GOPRIVATE")
	}
	if module.MatchPrefixPatterns(noProxy, path) {
		return true
	}
	for _, e := range strings.FieldsFunc(p.s.Settings.Get("GOPROXY"), func(r rune) bool { return r == ',' || r == '|' }) {
		if strings.TrimSpace(e) == "direct" {
			return true
		}
	}
	return false
}

// blocked finds the place where the go command would have to make something for a module and may not:
// the folder of its files in cache/download, or the one that its extracted folder goes into.
func (p *place) blocked(mounts []mount, cache string, v module.Version) *facts.Block {
	paths, err := modcache.PathsOf(cache, v)
	if err != nil {
		return nil
	}
	for _, want := range []string{filepath.Dir(paths.Mod), filepath.Dir(paths.Tree)} {
		f := look(mounts, "", "", want)
		if f.Base.Kind == facts.NodeUnknown || f.Base.Kind == facts.NodeFolder && f.Base.Denied == "" {
			continue
		}
		b := &facts.Block{Want: want, Node: f.Base, ReadOnly: f.ReadOnly, Mount: f.Mount}
		p.chain(b, cache, []string{filepath.Dir(paths.Mod), filepath.Dir(paths.Tree)})
		return b
	}
	return nil
}

// chain looks at the folders from the cache down to those that the module needs.
func (p *place) chain(b *facts.Block, cache string, wants []string) {
	seen := map[string]bool{}
	for _, want := range wants {
		parent := node(filepath.Dir(cache))
		for _, dir := range between(cache, want) {
			n := node(dir)
			if n.Kind != facts.NodeFolder {
				break
			}
			if !seen[dir] && n.Denied == facts.DeniedPermission {
				seen[dir] = true
				switch fi, err := os.Lstat(dir); {
				case n.UID == p.s.Host.UID:
					b.Chain = append(b.Chain, dir)
				case err == nil && fi.IsDir() && parent.Denied == "" && parent.Mode&0o1000 == 0 && b.Top == "":
					b.Top, b.TopUID = dir, n.UID
				}
			}
			parent = n
		}
	}
}

// between lists the folders from top down to dir, both included.
func between(top, dir string) []string {
	rel, err := filepath.Rel(top, dir)
	if err != nil || rel == ".." || strings.HasPrefix(rel, ".."+string(filepath.Separator)) {
		return nil
	}
	out := []string{top}
	if rel == "." {
		return out
	}
	for _, part := range strings.Split(rel, string(filepath.Separator)) {
		top = filepath.Join(top, part)
		out = append(out, top)
	}
	return out
}

const (
	pagesTime = 150 * time.Millisecond // for looking at all go.mod files of the cache
	maxPages  = 50_000
)

// pages finds web pages that were stored as go.mod files: where no go.sum and no checksum database
// speaks against it, the go command keeps what a server answers. A go.mod file never begins with "<".
func (p *place) pages(ctx context.Context, cache string) (out []facts.Page, cut bool) {
	ctx, cancel := context.WithTimeout(ctx, pagesTime)
	defer cancel()
	root := filepath.Join(cache, "cache", "download")
	wanted := map[string]bool{}
	for _, m := range p.list.Modules {
		wanted[m.String()] = true
	}
	seen := 0
	_ = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error { // what cannot be read has no page to show
		if seen++; seen > maxPages || ctx.Err() != nil {
			cut = true
			return fs.SkipAll
		}
		if err != nil {
			return nil
		}
		if d.IsDir() {
			if path == filepath.Join(root, "sumdb") {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(path, ".mod") || !d.Type().IsRegular() {
			return nil
		}
		start := head(path, 60)
		if !looksHTML(start) || len(out) >= maxListed {
			return nil
		}
		name := versionOf(root, path)
		out = append(out, facts.Page{Path: path, Module: name, Start: strings.TrimSpace(start), Needed: wanted[name]})
		return nil
	})
	return out, cut
}

func looksHTML(start string) bool {
	return strings.HasPrefix(strings.TrimLeft(start, " \t\r\n\ufeff"), "<")
}

// head returns the first bytes of a regular file, "" when it cannot be read.
func head(path string, n int) string {
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	buf := make([]byte, n)
	got, _ := f.Read(buf) // nothing read is nothing seen
	return strings.ToValidUTF8(string(buf[:got]), "?")
}

// versionOf turns the path of a file in cache/download into path@version.
func versionOf(root, path string) string {
	rel, err := filepath.Rel(root, strings.TrimSuffix(path, ".mod"))
	if err != nil {
		return ""
	}
	mod, ver, ok := strings.Cut(filepath.ToSlash(rel), "/@v/")
	if !ok {
		return ""
	}
	if m, err := module.UnescapePath(mod); err == nil {
		mod = m
	}
	if v, err := module.UnescapeVersion(ver); err == nil {
		ver = v
	}
	return mod + "@" + ver
}

// vcsLocks finds lock files that git keeps by their existence, in the repositories of the module cache.
func (p *place) vcsLocks(ctx context.Context, cache string, missing []facts.MissingModule) []facts.VCSLock {
	root := filepath.Join(cache, "cache", "vcs")
	repos, err := os.ReadDir(root)
	if err != nil {
		return nil
	}
	var out []facts.VCSLock
	for _, r := range repos {
		if !r.IsDir() || ctx.Err() != nil {
			continue
		}
		repo := filepath.Join(root, r.Name())
		for _, path := range lockFiles(repo) {
			fi, err := os.Lstat(path)
			if err != nil || len(out) >= maxListed {
				continue
			}
			l := facts.VCSLock{Path: path, Repo: repo, Age: time.Since(fi.ModTime()), UID: owner(fi)}
			if info, err := buildlist.ReadFile(repo + ".info"); err == nil {
				_, l.URL, _ = strings.Cut(strings.TrimSpace(string(info)), ":")
			}
			l.Module = comesFrom(l.URL, missing)
			l.User = user(repo)
			out = append(out, l)
		}
	}
	return out
}

// lockFiles lists the locks that stop a fetch: those of the repository's own files and of its refs.
func lockFiles(repo string) []string {
	out, _ := filepath.Glob(filepath.Join(repo, "*.lock")) // the pattern is sound
	seen := 0
	_ = filepath.WalkDir(filepath.Join(repo, "refs"), func(path string, d fs.DirEntry, err error) error {
		if seen++; err != nil || seen > 5000 {
			return fs.SkipAll
		}
		if strings.HasSuffix(path, ".lock") && d.Type().IsRegular() {
			out = append(out, path)
		}
		return nil
	})
	return out
}

// comesFrom names the first missing module whose path and the repository's address agree.
func comesFrom(url string, missing []facts.MissingModule) string {
	_, rest, ok := strings.Cut(url, "://")
	if !ok {
		return ""
	}
	if _, after, ok := strings.Cut(rest, "@"); ok && !strings.Contains(rest[:len(rest)-len(after)], "/") {
		rest = after
	}
	rest = strings.TrimSuffix(strings.TrimSuffix(rest, "/"), ".git")
	for _, m := range missing {
		path, _, _ := strings.Cut(m.Module, "@")
		if base := strings.TrimSuffix(path, ".git"); rest != "" && (base == rest || strings.HasPrefix(path, rest+"/") || strings.HasPrefix(path, rest+".git/")) {
			return m.Module
		}
	}
	return ""
}
