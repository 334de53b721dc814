package blackbox

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/gorescue/gorescue/internal/atomicfile"
)

// Holder is who watches a project.
type Holder struct {
	PID   int           `json:"pid"`
	Dir   string        `json:"dir"`
	Since time.Time     `json:"since"`
	Every time.Duration `json:"every_ns"`
	Tool  string        `json:"tool"`
	Alive bool          `json:"alive"` // it holds the lock now
	Ring  string        `json:"ring"`  // the folder
}

// ErrWatched says that somebody watches this project already.
var ErrWatched = errors.New("this project is watched already")

// Folder is where the ring of a project lies below the state folder. Links in dir are followed, so that one project
// has one ring.
func Folder(state, dir string) string {
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		dir = real
	}
	sum := sha256.Sum256([]byte(dir))
	return filepath.Join(state, "blackbox", hex.EncodeToString(sum[:6]))
}

// Watch takes the ring of a project for writing. ErrWatched when another living process has it; End gives it
// back.
type Watch struct {
	*ring
	holder  string
	mine    []byte
	release func()
}

// Open makes the folder and takes the lock of a project.
func Open(state string, h Holder) (*Watch, error) {
	dir := Folder(state, h.Dir)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	release, ok, err := atomicfile.TryLock(filepath.Join(dir, "lock"))
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, ErrWatched
	}
	h.Alive, h.Ring = false, ""
	w := &Watch{holder: filepath.Join(dir, "holder.json"), release: release}
	w.mine, err = json.Marshal(h)
	if err == nil {
		im := atomicfile.Image{Kind: atomicfile.File, Mode: 0o600, UID: os.Getuid(), GID: os.Getgid(), Data: w.mine}
		err = atomicfile.Put(w.holder, w.holder+".tmp", im)
	}
	if err == nil {
		w.ring, err = openRing(dir)
	}
	if err != nil {
		release()
		return nil, err
	}
	return w, nil
}

// Stopped reports whether somebody wants this watch to end: Stop took its name away.
func (w *Watch) Stopped() bool {
	data, err := os.ReadFile(w.holder)
	return errors.Is(err, fs.ErrNotExist) || err == nil && string(data) != string(w.mine)
}

// End gives the ring back.
func (w *Watch) End() error {
	err := w.Close()
	if !w.Stopped() {
		err = errors.Join(err, atomicfile.Put(w.holder, "", atomicfile.Image{}))
	}
	w.release()
	return err
}

// Stop asks the watcher of a ring to end: it looks for its name at each sample. Nothing is signalled, so that no other
// process can be hit.
func Stop(h Holder) error {
	return atomicfile.Put(filepath.Join(h.Ring, "holder.json"), "", atomicfile.Image{})
}

// Of returns who watches, or last watched and did not end by itself, a project; ok is false when nobody does.
func Of(state, dir string) (Holder, bool) { return holderOf(Folder(state, dir)) }

func holderOf(dir string) (h Holder, ok bool) {
	data, err := os.ReadFile(filepath.Join(dir, "holder.json"))
	if err == nil && len(data) < 64<<10 {
		ok = json.Unmarshal(data, &h) == nil
	}
	h.Ring = dir
	if _, err := os.Stat(filepath.Join(dir, "lock")); err != nil {
		return h, ok
	}
	release, free, err := atomicfile.TryLock(filepath.Join(dir, "lock"))
	if err == nil && free {
		release()
	}
	h.Alive = err == nil && !free
	return h, ok || h.Alive
}

// All returns the folders of all rings below a state folder, sorted, and those who watch.
func All(state string) (rings []string, holders []Holder, err error) {
	dir := filepath.Join(state, "blackbox")
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, nil, fmt.Errorf("cannot read the black box: %w", err)
	}
	for _, e := range entries {
		if !e.IsDir() {
			continue
		}
		ring := filepath.Join(dir, e.Name())
		rings = append(rings, ring)
		if h, ok := holderOf(ring); ok {
			holders = append(holders, h)
		}
	}
	slices.Sort(rings)
	return rings, holders, nil
}
