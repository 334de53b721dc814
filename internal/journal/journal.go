// Package journal is the memory of repairs: an append-only log in which the intention stands
// before the effect, and a store of the bytes that were there before. Undo, history, statistics and
// reports are read from it; nothing else is kept.
//
// Each record is one line of JSON that carries the hash of the line before it, and is synced before
// the effect it announces. A torn last line (a crash while appending) is cut away by the next
// writer; a damage anywhere else is an error, and the journal is then kept and not written.
package journal

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/gorescue/gorescue/internal/atomicfile"
)

// Kind says what a record tells.
type Kind string

// The kinds of record, in the order of a change: Begin, then for every effect Intent and Done, Stage
// for durations, End with the outcome. Undoing and Undone frame a change that is taken back.
const (
	Begin   Kind = "begin"
	Intent  Kind = "intent"
	Done    Kind = "done"
	Stage   Kind = "stage"
	Undoing Kind = "undoing" // of one operation (Op set) or of the whole change
	End     Kind = "end"
	Undone  Kind = "undone"

	// Event is something that happened and changed nothing of the user's: no change, and never undone.
	Event Kind = "event"
)

// Record is one line.
type Record struct {
	Seq    int             `json:"seq"`
	Time   time.Time       `json:"time"`
	Change string          `json:"change"`
	Kind   Kind            `json:"kind"`
	Check  string          `json:"check,omitempty"` // what is being repaired
	Op     *Op             `json:"op,omitempty"`
	Note   string          `json:"note,omitempty"` // outcome of End, name of a Stage
	Took   time.Duration   `json:"took_ns,omitempty"`
	Data   json.RawMessage `json:"data,omitempty"` // the fix, for Begin
	Prev   string          `json:"prev"`
	Hash   string          `json:"hash"`
}

// Op is one effect on the machine.
type Op struct {
	N    int              `json:"n"`    // number within the change, from 1
	Kind string           `json:"kind"` // put, move, swap, make, signal
	Path string           `json:"path,omitempty"`
	Tmp  string           `json:"tmp,omitempty"`
	Pre  atomicfile.Image `json:"pre,omitzero"`
	Post atomicfile.Image `json:"post,omitzero"`
	// PreSum and PostSum name the contents in the store, "" when there are none.
	PreSum  string `json:"pre_sum,omitempty"`
	PostSum string `json:"post_sum,omitempty"`
	To      string `json:"to,omitempty"`
	PID     int    `json:"pid,omitempty"`
	Start   int64  `json:"start,omitempty"`
	Signal  string `json:"signal,omitempty"`
}

// Journal is an open journal. It is not safe for concurrent use; between processes the lock of Open
// keeps writers apart.
type Journal struct {
	dir     string
	records []Record
	release func()
	file    *os.File
	clean   int64 // bytes of whole, sound records
}

// ErrBusy says that another gorescue is changing this machine now.
var ErrBusy = errors.New("another gorescue is at work")

// Open opens the journal of a state folder for writing, creating what is missing, under a lock that
// Close gives back. ErrBusy when another process has it.
func Open(state string) (*Journal, error) {
	if err := os.MkdirAll(filepath.Join(state, "blobs"), 0o700); err != nil {
		return nil, err
	}
	release, ok, err := atomicfile.TryLock(filepath.Join(state, "lock"))
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, ErrBusy
	}
	j, err := Read(state)
	if err != nil {
		release()
		return nil, err
	}
	j.release = release
	j.file, err = os.OpenFile(filepath.Join(state, "journal.jsonl"), os.O_RDWR|os.O_CREATE, 0o600)
	if err == nil {
		err = j.file.Truncate(j.clean) // a torn last line
	}
	if err == nil {
		_, err = j.file.Seek(j.clean, io.SeekStart)
	}
	if err == nil {
		err = atomicfile.SyncDir(state)
	}
	if err != nil {
		j.Close()
		return nil, err
	}
	return j, nil
}

// Read reads the journal of a state folder without a lock and for looking only. A missing one is empty.
func Read(state string) (*Journal, error) {
	j := &Journal{dir: state}
	f, err := os.Open(filepath.Join(state, "journal.jsonl"))
	if errors.Is(err, fs.ErrNotExist) {
		return j, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return j, j.load(f)
}

func (j *Journal) load(r io.Reader) error {
	br := bufio.NewReaderSize(r, 1<<16)
	prev := ""
	for {
		line, err := br.ReadBytes('\n')
		if err == io.EOF {
			return nil // a last line without its end is torn; an empty one is the end
		}
		if err != nil {
			return err
		}
		var rec Record
		if jerr := json.Unmarshal(line, &rec); jerr != nil || rec.Prev != prev || rec.Hash != hash(rec) {
			if _, perr := br.Peek(1); perr == io.EOF {
				return nil // the last line: torn in a way that kept its end
			}
			return fmt.Errorf("cannot use the journal %s: record %d is damaged", filepath.Join(j.dir, "journal.jsonl"), len(j.records)+1)
		}
		j.records = append(j.records, rec)
		j.clean += int64(len(line))
		prev = rec.Hash
	}
}

// Records returns all records, oldest first. The caller must not change them.
func (j *Journal) Records() []Record { return j.records }

// Append writes one record and syncs it. Seq, Time (when zero), Prev and Hash are filled in.
func (j *Journal) Append(rec Record) error {
	rec.Seq = len(j.records) + 1
	if rec.Time.IsZero() {
		rec.Time = time.Now()
	}
	rec.Time = rec.Time.UTC().Round(0)
	rec.Prev = ""
	if n := len(j.records); n > 0 {
		rec.Prev = j.records[n-1].Hash
	}
	rec.Hash = hash(rec)
	line, err := json.Marshal(rec)
	if err != nil {
		return err
	}
	line = append(line, '\n')
	atomicfile.Point("journal write")
	half := len(line) / 2
	if _, err := j.file.WriteAt(line[:half], j.clean); err != nil {
		return err
	}
	atomicfile.Point("journal torn")
	if _, err := j.file.WriteAt(line[half:], j.clean+int64(half)); err != nil {
		return err
	}
	atomicfile.Point("journal fsync")
	if err := j.file.Sync(); err != nil {
		return err
	}
	j.clean += int64(len(line))
	j.records = append(j.records, rec)
	return nil
}

// hash is the hash of a record without its own hash.
func hash(rec Record) string {
	rec.Hash = ""
	b, err := json.Marshal(rec)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// Keep stores content and returns its name. The same content is stored once.
func (j *Journal) Keep(data []byte) (string, error) {
	sum := sha256.Sum256(data)
	name := hex.EncodeToString(sum[:])
	path := j.Path(name)
	if old, err := os.ReadFile(path); err == nil && bytes.Equal(old, data) {
		return name, nil
	}
	im := atomicfile.Image{Kind: atomicfile.File, Mode: 0o600, UID: os.Getuid(), GID: os.Getgid(), Data: data}
	return name, atomicfile.Put(path, path+".tmp", im)
}

// Path returns the file of stored content.
func (j *Journal) Path(name string) string { return filepath.Join(j.dir, "blobs", name) }

// Content returns stored content and proves that it is what was stored.
func (j *Journal) Content(name string) ([]byte, error) {
	if len(name) != sha256.Size*2 || filepath.Base(name) != name {
		return nil, fmt.Errorf("cannot read stored content: bad name %q", name)
	}
	data, err := os.ReadFile(j.Path(name))
	if err != nil {
		return nil, err
	}
	if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != name {
		return nil, fmt.Errorf("cannot use stored content %s: it is damaged", name)
	}
	return data, nil
}

// Close gives the lock back.
func (j *Journal) Close() error {
	var err error
	if j.file != nil {
		err = j.file.Close()
	}
	if j.release != nil {
		j.release()
	}
	return err
}
