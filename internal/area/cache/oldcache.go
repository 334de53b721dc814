package cache

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"time"

	"github.com/gorescue/gorescue/internal/facts"
)

const (
	// unused is how long an entry must not have been used before the go command removes it: five days and
	// an hour (cmd/go/internal/cache/cache.go: trimLimit, mtimeInterval).
	unused = 5*24*time.Hour + time.Hour
	// maxEntries bounds the entries of a build cache that are looked at.
	maxEntries = 100_000
	maxLargest = 200
)

// oldEntries adds up the entries that the go command itself would remove. It looks only when the file
// system of the build cache is full: a healthy machine is not made to read a large folder.
func (p *place) oldEntries(ctx context.Context, f facts.Folder) facts.OldCache {
	var old facts.OldCache
	if f.Kind != facts.NodeFolder || !full(f) && !noInodes(f) {
		return old
	}
	old.Looked = true
	before := time.Now().Add(-unused)
	dirs, err := os.ReadDir(f.Path)
	if err != nil {
		old.Cut = true
		return old
	}
	seen := 0
	for _, d := range dirs {
		if len(d.Name()) != 2 || !d.IsDir() {
			continue
		}
		list, err := os.ReadDir(filepath.Join(f.Path, d.Name()))
		if err != nil {
			old.Cut = true
			continue
		}
		for _, e := range list {
			if seen++; seen > maxEntries || ctx.Err() != nil {
				old.Cut = true
				break
			}
			addOld(&old, filepath.Join(f.Path, d.Name(), e.Name()), e, before)
		}
	}
	return largest(old)
}

// addOld counts an entry if it is one (a regular file …-a or …-d) and was not used lately.
func addOld(old *facts.OldCache, path string, e fs.DirEntry, before time.Time) {
	if !strings.HasSuffix(path, "-a") && !strings.HasSuffix(path, "-d") || !e.Type().IsRegular() {
		return
	}
	fi, err := e.Info()
	if err != nil || !fi.ModTime().Before(before) {
		return
	}
	n := onDisk(fi)
	old.Bytes += n
	old.Count++
	old.Largest = append(old.Largest, facts.OldEntry{Path: path, Bytes: n})
}

// largest keeps the entries that give most room.
func largest(old facts.OldCache) facts.OldCache {
	sort.Slice(old.Largest, func(i, j int) bool {
		a, b := old.Largest[i], old.Largest[j]
		return a.Bytes > b.Bytes || a.Bytes == b.Bytes && a.Path < b.Path
	})
	old.Largest = old.Largest[:min(len(old.Largest), maxLargest)]
	return old
}
