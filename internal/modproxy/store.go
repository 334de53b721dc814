package modproxy

import (
	"cmp"
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// store is our own tier: it keeps what came from upstreams, up to a number of bytes, and lets the files go
// that were not used for longest. A file is written beside the others, verified, and renamed into place. It is not
// synced: what a crash of the system leaves half written does not verify, and is fetched again.
type store struct {
	tier
	max int64

	mu    sync.Mutex
	files map[string]held // by path below root, with slashes
	bytes int64
	gone  int // files that were let go
}

type held struct {
	size int64
	used time.Time
}

// incoming is the folder of files on their way; an escaped module path does not begin with a dot.
const incoming = ".incoming"

// newStore opens a store; what an earlier process has left half done is removed. An empty root makes one that
// keeps nothing.
func newStore(root string, maxBytes int64, sums Sums) (*store, error) {
	s := &store{tier: tier{name: "store", root: root, sums: sums}, max: maxBytes, files: map[string]held{}}
	if root == "" {
		return s, nil
	}
	if err := os.MkdirAll(filepath.Join(root, incoming), 0o700); err != nil {
		return nil, err
	}
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return nil // what cannot be looked at is not served either
		}
		fi, err := d.Info()
		if err != nil {
			return nil
		}
		if filepath.Dir(p) == filepath.Join(root, incoming) {
			if time.Since(fi.ModTime()) > time.Hour { // else it may be of a process that lives
				_ = os.Remove(p)
			}
			return nil
		}
		if rel, err := filepath.Rel(root, p); err == nil {
			s.files[filepath.ToSlash(rel)] = held{fi.Size(), fi.ModTime()}
			s.bytes += fi.Size()
		}
		return nil
	})
	s.mu.Lock()
	defer s.mu.Unlock()
	s.evict()
	return s, err
}

// temp makes a file for what comes.
func (s *store) temp() (*os.File, error) {
	if s.root == "" {
		return nil, fs.ErrNotExist
	}
	return os.CreateTemp(filepath.Join(s.root, incoming), "*")
}

// keep verifies a file that temp made and that is complete, and puts it in its place. Whatever happens, the
// temporary one is gone.
func (s *store) keep(ctx context.Context, r *request, temp string) error {
	defer os.Remove(temp)
	if err := r.verify(ctx, temp, s.sums); err != nil {
		return &lieError{err}
	}
	p := s.path(r)
	if err := os.MkdirAll(filepath.Dir(p), 0o700); err != nil {
		return err
	}
	if err := os.Rename(temp, p); err != nil {
		return err
	}
	fi, err := os.Stat(p)
	if err != nil {
		return err
	}
	s.note(r, fi)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bytes += fi.Size() - s.files[r.file].size
	s.files[r.file] = held{fi.Size(), time.Now()}
	s.evict()
	return nil
}

// lieError is an answer that came whole and is not what was asked for.
type lieError struct{ err error }

func (e *lieError) Error() string { return e.err.Error() }
func (e *lieError) Unwrap() error { return e.err }

// touch notes that a file was used; at most once a minute on disk too, for the next process.
func (s *store) touch(r *request) {
	s.mu.Lock()
	h, ok := s.files[r.file]
	now := time.Now()
	old := now.Sub(h.used) > time.Minute
	if ok {
		h.used = now
		s.files[r.file] = h
	}
	s.mu.Unlock()
	if !ok || !old {
		return
	}
	if os.Chtimes(s.path(r), time.Time{}, now) == nil {
		if fi, err := os.Stat(s.path(r)); err == nil {
			s.restamp(r, fi)
		}
	}
}

// restamp keeps a verified file verified after its time was changed by touch.
func (s *store) restamp(r *request, fi fs.FileInfo) {
	s.tier.mu.Lock()
	defer s.tier.mu.Unlock()
	if old, ok := s.seen[r.file]; ok && old.size == fi.Size() {
		s.seen[r.file] = stampOf(fi)
	}
}

// evict lets go of the files not used for longest until a tenth of the room is free. The caller has mu.
func (s *store) evict() {
	if s.bytes <= s.max {
		return
	}
	type entry struct {
		name string
		held
	}
	var all []entry
	for n, h := range s.files {
		all = append(all, entry{n, h})
	}
	slices.SortFunc(all, func(a, b entry) int {
		return cmp.Or(a.used.Compare(b.used), strings.Compare(a.name, b.name))
	})
	for _, e := range all {
		if s.bytes <= s.max-s.max/10 {
			break
		}
		if os.Remove(filepath.Join(s.root, filepath.FromSlash(e.name))) == nil {
			s.gone++
		}
		s.bytes -= e.size
		delete(s.files, e.name)
	}
}

// usage is what it holds now: bytes, files, and how many it has let go.
func (s *store) usage() (bytes int64, files, gone int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.bytes, len(s.files), s.gone
}
