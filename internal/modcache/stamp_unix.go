//go:build unix

package modcache

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"hash"
	"io/fs"
	"time"

	"golang.org/x/sys/unix"
)

// slack is how much later than its ctime a file may have been modified by its mtime: clocks of file
// systems tick coarsely.
const slack = 2 * time.Second

type stamper struct {
	h      hash.Hash
	newest int64
	dev    uint64
	n      int
	odd    bool
	buf    []byte
}

func newStamper() *stamper { return &stamper{h: sha256.New()} }

func (s *stamper) add(name string, st *unix.Stat_t) {
	m, c := st.Mtim.Nano(), st.Ctim.Nano()
	s.newest = max(s.newest, c)
	dev := uint64(st.Dev) //nolint:unconvert // its type differs between systems
	if s.n++; s.n == 1 {
		s.dev = dev
	}
	s.odd = s.odd || m > c+slack.Nanoseconds() || dev != s.dev
	s.buf = append(s.buf[:0], name...)
	s.buf = append(s.buf, 0)
	for _, v := range [...]uint64{dev, uint64(st.Ino), uint64(st.Size), uint64(st.Mode), uint64(m), uint64(c)} {
		s.buf = binary.LittleEndian.AppendUint64(s.buf, v)
	}
	s.h.Write(s.buf)
}

func (s *stamper) stamp(whole bool) Stamp {
	if !whole || s.n == 0 {
		return Stamp{}
	}
	return Stamp{ID: base64.RawStdEncoding.EncodeToString(s.h.Sum(nil)[:18]), Newest: time.Unix(0, s.newest), Odd: s.odd}
}

// stampOf is the stamp of single files; those that do not exist count as such.
func stampOf(paths ...string) Stamp {
	s := newStamper()
	for _, p := range paths {
		var st unix.Stat_t
		err := unix.Lstat(p, &st)
		switch {
		case err == nil && st.Mode&unix.S_IFMT == unix.S_IFREG:
			s.add(p, &st)
		case errors.Is(err, fs.ErrNotExist):
			s.h.Write([]byte{0})
		default:
			return Stamp{}
		}
	}
	return s.stamp(true)
}
