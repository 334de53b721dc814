package sum

import (
	"context"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/module"

	"github.com/gorescue/gorescue/internal/buildlist"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/modcache"
)

const (
	triedTime = 150 * time.Millisecond
	triedAge  = 24 * time.Hour
	maxTried  = 10
)

// tried finds downloads of the last day that came to nothing: the go command takes the lock of a version before it
// fetches the zip, and keeps the zip only when its hash is accepted (cmd/go/internal/modfetch/fetch.go, func
// downloadZip); it keeps the .info of a version before it asks whether its go.mod file may be trusted.
func tried(ctx context.Context, cache string, unlisted func(path string) bool) []facts.SumTried {
	if cache == "" {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, triedTime)
	defer cancel()
	root := filepath.Join(cache, "cache", "download")
	since := time.Now().Add(-triedAge)
	var out []facts.SumTried
	_ = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error { // what cannot be read tells nothing
		switch {
		case ctx.Err() != nil:
			return fs.SkipAll
		case err != nil || !d.IsDir():
			return nil
		case path == filepath.Join(root, "sumdb"):
			return fs.SkipDir
		case d.Name() != "@v":
			return nil
		}
		if fi, err := d.Info(); err == nil && fi.ModTime().After(since) {
			out = append(out, triedIn(root, path, since, unlisted)...)
		}
		return fs.SkipDir
	})
	slices.SortFunc(out, func(a, b facts.SumTried) int { return b.When.Compare(a.When) })
	return out[:min(len(out), maxTried)]
}

// triedIn looks at the versions of one module.
func triedIn(root, dir string, since time.Time, unlisted func(path string) bool) []facts.SumTried {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	has := map[string]bool{}
	for _, e := range entries {
		has[e.Name()] = true
	}
	rel, err := filepath.Rel(root, filepath.Dir(dir))
	if err != nil {
		return nil
	}
	mod, err := module.UnescapePath(filepath.ToSlash(rel))
	if err != nil || mod == "golang.org/toolchain" {
		return nil // a Go release: no module that a project or a command names, and hundreds of megabytes
	}
	var out []facts.SumTried
	for _, e := range entries {
		t := facts.SumTried{Module: mod, Path: filepath.Join(dir, e.Name())}
		var base string
		switch filepath.Ext(e.Name()) {
		case ".lock":
			base, t.What = strings.TrimSuffix(e.Name(), ".lock"), "zip"
			if has[base+".zip"] || has[base+".ziphash"] {
				continue
			}
		case ".info":
			base, t.What = strings.TrimSuffix(e.Name(), ".info"), "mod"
			if has[base+".mod"] {
				if t.What = "fetched"; !unlisted(mod) {
					continue
				}
			}
			if t.VCS = vcsOf(t.Path); t.What == "fetched" && t.VCS == "" {
				continue
			}
		default:
			continue
		}
		fi, err := e.Info()
		ver, verr := module.UnescapeVersion(base)
		if err != nil || verr != nil || module.Check(mod, ver) != nil || !fi.ModTime().After(since) {
			continue
		}
		t.Version, t.When = ver, fi.ModTime()
		out = append(out, t)
	}
	return out
}

// vcsOf is the repository in which a version was looked up, as its .info file says.
func vcsOf(path string) string {
	data, err := buildlist.ReadFile(path)
	if err != nil {
		return ""
	}
	var info struct{ Origin struct{ VCS, URL string } }
	if json.Unmarshal(data, &info) != nil || info.Origin.VCS == "" {
		return ""
	}
	return info.Origin.URL
}

// failed reports whether a download of a version's content was tried and came to nothing.
func (p *place) failed(v module.Version) bool {
	paths, err := modcache.PathsOf(p.cache, v)
	if err != nil || p.cache == "" {
		return false
	}
	return lstat(strings.TrimSuffix(paths.Zip, ".zip")+".lock") && !lstat(paths.Zip)
}
