package blackbox

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// History is what a ring holds, in the order in which it was written.
type History struct {
	Samples []*Sample
	Events  []Event
	Damaged int // lines that could not be used
}

// Bounds of reading. A segment is longer than its size by one line at most.
const (
	maxLine    = 1 << 20
	maxSegment = segmentSize + 2*maxLine
)

// segments returns the numbers of the segments of a folder, ascending. A missing folder has none.
func segments(dir string) ([]int, error) {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var out []int
	for _, e := range entries {
		name, ok := strings.CutSuffix(e.Name(), ".ring")
		if n, err := strconv.Atoi(name); ok && err == nil && n >= 0 && e.Type().IsRegular() {
			out = append(out, n)
		}
	}
	slices.Sort(out)
	return out, nil
}

// Read reads a ring, also while somebody writes it. Samples older than since are left out; since zero keeps
// all. Damaged lines are counted and passed over; a folder that cannot be read is an error.
func Read(dir string, since time.Time) (*History, error) {
	list, err := segments(dir)
	if err != nil {
		return nil, err
	}
	h := &History{}
	for _, n := range list[max(0, len(list)-maxSegments-1):] {
		path := segment(dir, n)
		if fi, err := os.Stat(path); err == nil && !since.IsZero() && fi.ModTime().Before(since) {
			continue
		}
		f, err := os.Open(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue // it was the oldest
		}
		if err != nil {
			return nil, fmt.Errorf("cannot read %s: %v", filepath.Base(path), err)
		}
		h.read(f, since)
		f.Close()
	}
	return h, nil
}

// read takes the lines of one segment. It never fails.
func (h *History) read(r io.Reader, since time.Time) {
	br := bufio.NewReaderSize(io.LimitReader(r, maxSegment), 64<<10)
	var base doc
	for {
		l, long, err := readLine(br)
		if long {
			h.Damaged++
			base = nil
		} else if len(l) > 0 {
			base = h.take(l, base, since)
		}
		if err != nil {
			return
		}
	}
}

// readLine returns a line without its end; long reports one of more than maxLine, which is passed over.
func readLine(br *bufio.Reader) (l []byte, long bool, err error) {
	for {
		part, err := br.ReadSlice('\n')
		if len(l)+len(part) > maxLine {
			long, l = true, nil
		}
		if !long {
			l = append(l, part...)
		}
		if err != bufio.ErrBufferFull {
			return bytes.TrimSuffix(l, []byte("\n")), long, err
		}
	}
}

// take reads one line and returns the whole sample that holds for the next one.
func (h *History) take(l []byte, base doc, since time.Time) doc {
	sum, body, ok := bytes.Cut(l, []byte(" "))
	want, err := strconv.ParseUint(string(sum), 16, 32)
	var ln line
	if !ok || err != nil || crc32.ChecksumIEEE(body) != uint32(want) || json.Unmarshal(body, &ln) != nil {
		h.Damaged++
		return base
	}
	d := base
	switch {
	case ln.Event != nil:
		if since.IsZero() || !ln.Event.At.Before(since) {
			h.Events = append(h.Events, *ln.Event)
		}
		return base
	case ln.Whole != nil:
		d = nil
		if decode(*ln.Whole, &d) != nil || d == nil {
			h.Damaged++
			return nil
		}
		base = d
	case ln.Patch != nil && base != nil:
		var p doc
		if decode(*ln.Patch, &p) != nil {
			h.Damaged++
			return base
		}
		d = patched(base, p)
	default:
		h.Damaged++ // its whole sample is damaged
		return base
	}
	s, err := fromDoc(d)
	if err != nil {
		h.Damaged++
		return base
	}
	if since.IsZero() || !s.At.Before(since) {
		h.Samples = append(h.Samples, s)
	}
	return base
}

// Before returns the newest sample that is at least age old, as told by the clock of the machine's start where it is
// the same one and by the time of day otherwise; nil = there is none. now gives the present of both.
func (h *History) Before(age time.Duration, now *Sample) *Sample {
	for _, s := range slices.Backward(h.Samples) {
		old := now.At.Sub(s.At)
		if s.Boot != "" && s.Boot == now.Boot {
			old = time.Duration((now.Up - s.Up) * float64(time.Second))
		}
		if old >= age {
			return s
		}
	}
	return nil
}

// At returns the newest sample that is not younger than a time of day; nil = there is none.
func (h *History) At(t time.Time) *Sample {
	for _, s := range slices.Backward(h.Samples) {
		if !s.At.After(t) {
			return s
		}
	}
	return nil
}
