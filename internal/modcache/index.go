package modcache

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/mod/module"

	"github.com/gorescue/gorescue/internal/atomicfile"
)

const (
	indexFormat = 1
	maxIndex    = 64 << 20
	// maxAge bounds how long an entry is believed: bits that rot on a disk change no time.
	maxAge = 30 * 24 * time.Hour
	// quiet is how old the newest change must have been when hashing began: a second change within the
	// tick of a coarse clock would leave the same times.
	quiet = 2 * time.Second
)

// Index remembers exams between two runs, so that what did not change is not hashed again. It holds hashes,
// never judgements: those are made anew each time from the go.sum of now. An exam is used again only when the
// Stamp of all its files is the same, and never when it is open to doubt:
//
//   - the newest change was less than 2 s before hashing began, or lies in the future;
//   - a modification time is later than the change of the inode (touch -d, a foreign clock);
//   - the file system is not one that is known to keep ctime, or the files lie on several;
//   - the clock now is behind that of the last run;
//   - the exam found any damage, or is older than 30 days;
//   - the index itself does not have the hash that it was written with.
//
// It is safe for concurrent use. A nil Index knows nothing.
type Index struct {
	mu      sync.Mutex
	file    string
	cache   string
	entries map[string]entry
	fresh   map[string]entry // what this run used or made: the next index
	changed bool
}

type entry struct {
	Stamp Stamp     `json:"stamp"`
	Began time.Time `json:"began"`
	Exam  Exam      `json:"exam"`
}

type indexFile struct {
	Format  int              `json:"format"`
	Cache   string           `json:"cache"`
	Saved   time.Time        `json:"saved"`
	Entries map[string]entry `json:"entries"`
}

// OpenIndex reads the index of a module cache from our state folder. What is missing, damaged or of
// another format is an empty index; nil is returned when none may be used for this cache.
func OpenIndex(state, cache string) *Index {
	real, err := filepath.EvalSymlinks(cache)
	if err != nil || !keepsTimes(real) {
		return nil
	}
	name := sha256.Sum256([]byte(real))
	x := &Index{file: filepath.Join(state, "modcache", hex.EncodeToString(name[:8])+".index"), cache: real, fresh: map[string]entry{}}
	f, err := openRegular(x.file)
	if err != nil {
		return x
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxIndex))
	if err != nil {
		return x
	}
	head, body, ok := bytes.Cut(data, []byte("\n"))
	sum := sha256.Sum256(body)
	var doc indexFile
	if !ok || string(head) != hex.EncodeToString(sum[:]) || json.Unmarshal(body, &doc) != nil {
		return x
	}
	if doc.Format == indexFormat && doc.Cache == real && !doc.Saved.After(time.Now()) {
		x.entries = doc.Entries
	}
	return x
}

func (x *Index) get(v module.Version, s Stamp, now time.Time) (Exam, bool) {
	if x == nil || s.ID == "" {
		return Exam{}, false
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	e, ok := x.entries[v.String()]
	if !ok || e.Stamp.ID != s.ID || !e.trusted(now) {
		return Exam{}, false
	}
	x.fresh[v.String()] = e
	return e.Exam, true
}

func (x *Index) put(v module.Version, s Stamp, began time.Time, e Exam) {
	it := entry{s, began, e}
	if x == nil || s.ID == "" || !it.trusted(time.Now()) {
		return
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.fresh[v.String()] = it
	x.changed = true
}

func (e entry) trusted(now time.Time) bool {
	switch {
	case e.Stamp.Odd, e.Stamp.Newest.Add(quiet).After(e.Began), e.Stamp.Newest.After(now), e.Began.After(now), now.Sub(e.Began) > maxAge:
		return false
	}
	return e.Exam.sound()
}

// sound reports whether an exam found nothing that contradicts itself; only such exams are remembered.
func (e Exam) sound() bool {
	return e.Zip.Err == "" && e.Tree.Err == "" && e.Mod.Err == "" && len(e.Diffs) == 0 && e.State != Invalid && e.Info != Invalid
}

// Save writes the index for the next run. Entries of versions that this run did not look at are kept.
func (x *Index) Save() error {
	if x == nil || !x.changed {
		return nil
	}
	dir := filepath.Dir(x.file)
	doc := indexFile{Format: indexFormat, Cache: x.cache, Entries: map[string]entry{}}
	for k, e := range x.entries {
		doc.Entries[k] = e
	}
	for k, e := range x.fresh {
		doc.Entries[k] = e
	}
	doc.Saved = time.Now()
	body, err := json.Marshal(doc)
	if err != nil {
		return err
	}
	if len(body) > maxIndex-100 {
		return fmt.Errorf("cannot keep an index of %d bytes", len(body))
	}
	sum := sha256.Sum256(body)
	if err := makeFolder(dir); err != nil {
		return err
	}
	im := atomicfile.Image{Kind: atomicfile.File, Mode: 0o600, UID: os.Getuid(), GID: os.Getgid(), Data: append(append([]byte(hex.EncodeToString(sum[:])), '\n'), body...)}
	tmp := fmt.Sprintf("%s.%d.tmp", x.file, os.Getpid())
	return atomicfile.Put(x.file, tmp, im)
}

// makeFolder makes a private folder and the missing ones above it.
func makeFolder(dir string) error {
	im, err := atomicfile.Stat(dir)
	if err != nil || im.Kind != atomicfile.Absent {
		return err
	}
	if up := filepath.Dir(dir); up != dir {
		if err := makeFolder(up); err != nil {
			return err
		}
	}
	return atomicfile.Put(dir, "", atomicfile.Image{Kind: atomicfile.Folder, Mode: 0o700, UID: os.Getuid(), GID: os.Getgid()})
}
