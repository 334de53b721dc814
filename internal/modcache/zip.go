package modcache

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	modzip "golang.org/x/mod/zip"
)

const (
	maxBuffered  = 16 << 20 // zips up to this size are read at once
	maxDirectory = 64 << 20 // of a zip: its list of files, which archive/zip keeps in memory
)

// Examiner hashes the files of module versions. The zero value is ready; its buffers, at most 17 MiB, are
// used again from one version to the next. It is not safe for concurrent use: one for each goroutine.
type Examiner struct {
	Index *Index // nil = hash everything
	Files bool   // note the digest of every file, too; nothing is taken from the index then

	whole   []byte
	a, b    []byte
	inflate io.ReadCloser
}

func (x *Examiner) buffers() (a, b []byte) {
	if x.a == nil {
		x.a, x.b = make([]byte, 64<<10), make([]byte, 64<<10)
	}
	return x.a, x.b
}

// open opens a module zip, within the bounds that the go command has for one (golang.org/x/mod/zip,
// MaxZipFile: of the file, and of all that is in it). The returned function closes it; the zip must not
// be used then any more.
func (x *Examiner) open(file string) (*zip.Reader, func(), error) {
	f, err := openRegular(file)
	if err != nil {
		return nil, nil, err
	}
	z, err := x.reader(f)
	if err != nil {
		f.Close()
		return nil, nil, err
	}
	return z, func() { f.Close() }, nil
}

func (x *Examiner) reader(f *os.File) (*zip.Reader, error) {
	fi, err := f.Stat()
	if err != nil {
		return nil, err
	}
	size := fi.Size()
	if size > modzip.MaxZipFile {
		return nil, fmt.Errorf("zip: larger than %d bytes", int64(modzip.MaxZipFile))
	}
	var r io.ReaderAt = f
	if size <= maxBuffered {
		x.whole = slices.Grow(x.whole[:0], int(size))[:size]
		if _, err := io.ReadFull(f, x.whole); err != nil {
			return nil, err
		}
		r = bytes.NewReader(x.whole)
	}
	if n := directorySize(r, size); n > maxDirectory {
		return nil, fmt.Errorf("zip: a list of files of %d bytes", n)
	}
	z, err := zip.NewReader(r, size)
	if err != nil {
		return nil, err
	}
	var total uint64
	for _, m := range z.File {
		if total += m.UncompressedSize64; m.UncompressedSize64 > modzip.MaxZipFile || total > modzip.MaxZipFile {
			return nil, fmt.Errorf("zip: contents larger than %d bytes", int64(modzip.MaxZipFile))
		}
		if strings.ContainsAny(m.Name, "\n\x00") {
			return nil, fmt.Errorf("zip: bad file name %q", m.Name)
		}
	}
	z.RegisterDecompressor(zip.Deflate, x.decompressor)
	return z, nil
}

// decompressor uses one inflater for all files of a zip, which are read one after the other.
func (x *Examiner) decompressor(r io.Reader) io.ReadCloser {
	if x.inflate == nil {
		x.inflate = flate.NewReader(r)
	} else if err := x.inflate.(flate.Resetter).Reset(r, nil); err != nil {
		x.inflate = flate.NewReader(r)
	}
	return io.NopCloser(x.inflate)
}

// directorySize is the size of the list of files at the end of a zip as its end record has it
// (APPNOTE.TXT 4.3.16 and 4.3.14), 0 when there is none.
func directorySize(r io.ReaderAt, size int64) uint64 {
	const end, end64 = "PK\x05\x06", "PK\x06\x06"
	tail := make([]byte, min(size, 64<<10+22+20+56))
	if _, err := r.ReadAt(tail, size-int64(len(tail))); err != nil && !errors.Is(err, io.EOF) {
		return 0
	}
	i := bytes.LastIndex(tail, []byte(end))
	if i < 0 || i+22 > len(tail) {
		return 0
	}
	n := uint64(binary.LittleEndian.Uint32(tail[i+12:]))
	if j := bytes.LastIndex(tail[:i], []byte(end64)); n == 0xffffffff && j >= 0 && j+48 <= len(tail) {
		n = binary.LittleEndian.Uint64(tail[j+40:])
	}
	return n
}
