package gobuild

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/gocmd"
	"github.com/gorescue/gorescue/internal/probe"
)

// Bounds of what is hashed.
const (
	maxEntries = 2000
	maxEntry   = 256 << 20 // bytes
)

// Rotten compares the entries of the build cache that this build takes with their names. The go command itself
// compares only their sizes (cmd/go/internal/cache/cache.go, func GetFile). It is asked only when a compiler or linker
// could not read what another one had written.
func Rotten(ctx context.Context, w probe.World, b *facts.Build, set *facts.Settings) []facts.CacheEntry {
	if !strings.Contains(b.Stderr, "could not import ") && !strings.Contains(b.Stderr, "/link: ") && !strings.Contains(b.Stderr, "object file") {
		return nil
	}
	dir := set.Get("GOCACHE")
	env, _, _ := restrain(w, set, []string{"list"}, &overlay{})
	r, err := gocmd.Run(ctx, gocmd.Cmd{Path: b.Go, Args: []string{"list", "-e", "-export", "-deps", "-f", "{{.Export}}", "./..."}, Dir: b.Dir, Env: env})
	if err != nil || !filepath.IsAbs(dir) {
		return nil
	}
	var out []facts.CacheEntry
	n := 0
	for line := range strings.Lines(string(r.Stdout)) {
		path := strings.TrimSpace(line)
		if n++; n > maxEntries || ctx.Err() != nil {
			break
		}
		if e, bad := entry(path, dir); bad {
			out = append(out, e)
		}
	}
	return out
}

// entry hashes one entry.
func entry(path, cache string) (facts.CacheEntry, bool) {
	want, isOutput := strings.CutSuffix(filepath.Base(path), "-d")
	fi, err := os.Lstat(path)
	if !isOutput || len(want) != 2*sha256.Size || !within(path, cache) || err != nil || !fi.Mode().IsRegular() || fi.Size() > maxEntry {
		return facts.CacheEntry{}, false
	}
	f, err := os.Open(path)
	if err != nil {
		return facts.CacheEntry{}, false
	}
	defer f.Close()
	h, z := sha256.New(), zeros(true)
	if _, err := io.Copy(io.MultiWriter(h, &z), f); err != nil {
		return facts.CacheEntry{}, false
	}
	return facts.CacheEntry{Path: path, Size: fi.Size(), Zeros: bool(z)}, hex.EncodeToString(h.Sum(nil)) != want
}

// zeros stays true as long as nothing but zero bytes is written.
type zeros bool

func (z *zeros) Write(p []byte) (int, error) {
	*z = *z && len(strings.Trim(string(p), "\x00")) == 0
	return len(p), nil
}
