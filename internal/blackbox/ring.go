package blackbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"

	"github.com/gorescue/gorescue/internal/atomicfile"
)

// Bounds of a ring. A line of a machine with two gopls takes about 300 bytes and a whole sample 10 KiB: with the usual
// interval of 5 s an hour takes about 300 KiB.
const (
	segmentSize = 512 << 10
	maxSegments = 8
	wholeEvery  = 60      // samples from one whole sample to the next
	maxPatch    = 6 << 10 // a longer difference is written as a whole sample
)

// ring writes samples and events. It is not safe for concurrent use; Watch keeps other processes away.
//
// A ring is a folder of segments of lines "CRC JSON". A whole sample begins a group; the other samples of the
// group are what differs from it, so that a damaged line costs one sample, and a damaged whole one its group.
// Lines are appended by one write each. Nothing is synced but events and ends of segments: a killed process loses
// nothing, a killed machine some seconds.
type ring struct {
	dir   string
	n     int // of the segment that is written
	file  *os.File
	size  int64
	base  doc // the whole sample of the present group
	since int // samples since then
	torn  bool
}

// line is one line of a segment.
type line struct {
	Whole *json.RawMessage `json:"w,omitempty"`
	Patch *json.RawMessage `json:"p,omitempty"`
	Event *Event           `json:"e,omitempty"`
}

func openRing(dir string) (*ring, error) {
	r := &ring{dir: dir}
	list, err := segments(dir)
	if err != nil {
		return nil, err
	}
	if len(list) > 0 {
		r.n = list[len(list)-1]
	}
	return r, r.open()
}

func segment(dir string, n int) string { return filepath.Join(dir, fmt.Sprintf("%08d.ring", n)) }

// open begins to write segment n behind what is there.
func (r *ring) open() error {
	f, err := atomicfile.Append(segment(r.dir, r.n))
	if err != nil {
		return err
	}
	fi, err := f.Stat()
	if err != nil {
		f.Close()
		return err
	}
	r.file, r.size, r.base = f, fi.Size(), nil
	r.torn = r.size > 0 // its last line may be torn: an empty line hurts nobody
	return nil
}

// Sample appends a sample. After an error nothing is lost but this sample; the next call tries again.
func (r *ring) Sample(s *Sample) error {
	d, err := toDoc(s)
	if err != nil {
		return err
	}
	if r.size >= segmentSize {
		if err := r.next(); err != nil {
			return err
		}
	}
	if r.base != nil && r.since < wholeEvery {
		p, err := json.Marshal(delta(r.base, d))
		if err != nil {
			return err
		}
		if len(p) <= maxPatch {
			raw := json.RawMessage(p)
			r.since++
			return r.write(line{Patch: &raw})
		}
	}
	w, err := json.Marshal(d)
	if err != nil {
		return err
	}
	raw := json.RawMessage(w)
	if err := r.write(line{Whole: &raw}); err != nil {
		r.base = nil
		return err
	}
	r.base, r.since = d, 0
	return nil
}

// Event appends an event and syncs it.
func (r *ring) Event(e Event) error {
	if err := r.write(line{Event: &e}); err != nil {
		return err
	}
	return r.file.Sync()
}

func (r *ring) write(l line) error {
	if r.file == nil {
		if err := r.open(); err != nil {
			return err
		}
	}
	body, err := json.Marshal(l)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if r.torn {
		b.WriteByte('\n')
	}
	fmt.Fprintf(&b, "%08x ", crc32.ChecksumIEEE(body))
	b.Write(body)
	b.WriteByte('\n')
	n, err := r.file.Write(b.Bytes())
	r.size += int64(n)
	r.torn = err != nil
	if err != nil && r.size > segmentSize {
		return errors.Join(err, r.next())
	}
	return err
}

// next begins a new segment and takes away the oldest ones.
func (r *ring) next() error {
	if r.file != nil {
		_ = r.file.Sync() // a disk that does not sync loses seconds, not the ring
		r.file.Close()
		r.file = nil
	}
	r.n++
	list, err := segments(r.dir)
	if err != nil {
		return err
	}
	for ; len(list) >= maxSegments; list = list[1:] {
		if err := atomicfile.Put(segment(r.dir, list[0]), "", atomicfile.Image{}); err != nil {
			return err
		}
	}
	return r.open()
}

// Close ends writing.
func (r *ring) Close() error {
	if r.file == nil {
		return nil
	}
	return errors.Join(r.file.Sync(), r.file.Close())
}
