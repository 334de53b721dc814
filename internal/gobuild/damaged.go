package gobuild

import (
	"bytes"
	"io"
	"os"

	"github.com/gorescue/gorescue/internal/conflict"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/lazyre"
)

// Bounds of the look into files that the build complains about.
const (
	maxLooked = 10
	maxSource = 1 << 20 // bytes of one file
)

// unread matches what go/build says of a file with zero bytes (go/build/read.go: errNUL); the position before it is
// that of an import.
var unread = lazyre.New(`^read (.+\.go): unexpected NUL in input`)

// look reads the Go files that the build complains about: is there code in them at all?
func look(b *facts.Build) {
	for i := range b.Errors[:min(len(b.Errors), maxLooked)] {
		e := &b.Errors[i]
		fi, err := os.Stat(e.File)
		if e.File == "" || err != nil || !fi.Mode().IsRegular() {
			continue
		}
		f, err := os.Open(e.File)
		if err != nil {
			continue
		}
		data, err := io.ReadAll(io.LimitReader(f, maxSource))
		f.Close()
		switch {
		case err != nil:
		case bytes.HasPrefix(data, []byte{0xff, 0xfe}), bytes.HasPrefix(data, []byte{0xfe, 0xff}):
			e.Damage = facts.SourceUTF16
		case bytes.IndexByte(data, 0) >= 0:
			e.Damage = facts.SourceZeros
		case len(conflict.Find(data)) > 0:
			e.Damage = facts.SourceMerge
		}
	}
}
