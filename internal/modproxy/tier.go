package modproxy

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"
)

// tier is a folder of files in the layout of a module cache's cache/download, of which only what verifies is
// used. What was verified once is not verified again while its size and time stay. It may be used by several
// goroutines at once.
type tier struct {
	name string // for metrics
	root string // "" = there is none
	sums Sums

	mu   sync.Mutex
	seen map[string]stamp
}

// stamp tells whether a file is still the one that was verified.
type stamp struct {
	size int64
	time time.Time
}

// maxSeen bounds the memory of what was verified; a larger one is begun anew.
const maxSeen = 100_000

func stampOf(fi fs.FileInfo) stamp { return stamp{fi.Size(), fi.ModTime()} }

func (t *tier) path(r *request) string { return filepath.Join(t.root, filepath.FromSlash(r.file)) }

// open opens a file that was verified before. The error is fs.ErrNotExist for all others.
func (t *tier) open(r *request) (*os.File, error) {
	if t.root == "" {
		return nil, fs.ErrNotExist
	}
	t.mu.Lock()
	want, ok := t.seen[r.file]
	t.mu.Unlock()
	if !ok {
		return nil, fs.ErrNotExist
	}
	f, err := os.Open(t.path(r))
	if err != nil {
		return nil, fs.ErrNotExist
	}
	if fi, err := f.Stat(); err != nil || stampOf(fi) != want {
		f.Close()
		return nil, fs.ErrNotExist
	}
	return f, nil
}

// load verifies a file, so that open will give it.
func (t *tier) load(ctx context.Context, r *request) error {
	if t.root == "" {
		return fs.ErrNotExist
	}
	before, err := os.Stat(t.path(r))
	if err != nil {
		return err
	}
	if !before.Mode().IsRegular() || before.Size() > r.kind.limit() {
		return errors.New("not a file that could be one of a module")
	}
	if err := r.verify(ctx, t.path(r), t.sums); err != nil {
		return err
	}
	t.note(r, before)
	return nil
}

func (t *tier) note(r *request, fi fs.FileInfo) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.seen == nil || len(t.seen) >= maxSeen {
		t.seen = map[string]stamp{}
	}
	t.seen[r.file] = stampOf(fi)
}

// versions lists the versions of a module for which a tier has the information, sorted. The file "list" of a
// module cache is not believed: it survives damage unnoticed.
func (t *tier) versions(ctx context.Context, mod string) []string {
	esc, err := module.EscapePath(mod)
	if err != nil || t.root == "" {
		return nil
	}
	dir, err := os.ReadDir(filepath.Join(t.root, filepath.FromSlash(esc), "@v"))
	if err != nil {
		return nil
	}
	var out []string
	for _, e := range dir {
		name, ok := strings.CutSuffix(e.Name(), ".info")
		if !ok {
			continue
		}
		r, ok := parse("/" + esc + "/@v/" + name + ".info")
		if ok && r.kind == kindInfo && !module.IsPseudoVersion(r.mod.Version) && t.load(ctx, &r) == nil {
			out = append(out, r.mod.Version)
		}
	}
	slices.SortFunc(out, semver.Compare)
	return out
}
