// Package modcache looks at the files that the go command keeps of each module version: the
// recorded hash, the go.mod file, the zip and the folder extracted from it, compared with what go.sum
// says they are. It only reads. A build checks much less (cmd/go/internal/modfetch/cache.go, func DownloadDir:
// the folder is there, it is not marked as half extracted, a recorded hash is there), so that damage stays
// until it hurts.
package modcache

import (
	"archive/zip"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"golang.org/x/mod/module"
	"golang.org/x/mod/sumdb/dirhash"

	"github.com/gorescue/gorescue/internal/buildlist"
)

// Paths are the places of one module version in a module cache (cmd/go/internal/modfetch/cache.go, func CachePath).
type Paths struct {
	Mod     string // the go.mod file
	Info    string
	Zip     string
	ZipHash string // text file: hash of the zip
	Partial string // there while the folder is being extracted
	Tree    string // the extracted folder
}

// PathsOf returns the places of a version. cache is GOMODCACHE; an error says that path or version
// cannot be that of a module.
func PathsOf(cache string, v module.Version) (Paths, error) {
	path, err := module.EscapePath(v.Path)
	if err != nil {
		return Paths{}, err
	}
	ver, err := module.EscapeVersion(v.Version)
	if err != nil {
		return Paths{}, err
	}
	base := filepath.Join(cache, "cache", "download", filepath.FromSlash(path), "@v", ver)
	return Paths{
		Mod: base + ".mod", Info: base + ".info", Zip: base + ".zip", ZipHash: base + ".ziphash", Partial: base + ".partial",
		Tree: filepath.Join(cache, filepath.FromSlash(path)+"@"+ver),
	}, nil
}

// Sum is one line of a go.sum file.
type Sum struct {
	Hash string // "h1:…"
	File string
	Line int
}

// Sums are the lines of go.sum files: key is the version, with "/go.mod" appended for a go.mod file.
type Sums map[module.Version][]Sum

// ReadSums reads go.sum files. Missing files are passed over; a line which is not a sum is left to
// the go command, which refuses it.
func ReadSums(files []string) (Sums, error) {
	sums := Sums{}
	for _, f := range files {
		data, err := buildlist.ReadFile(f)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return sums, err
		}
		sums.add(f, string(data))
	}
	return sums, nil
}

func (s Sums) add(file, data string) {
	line := 0
	for l := range strings.Lines(data) {
		line++
		if f := strings.Fields(l); len(f) == 3 && strings.HasPrefix(f[2], "h1:") {
			v := module.Version{Path: f[0], Version: f[1]}
			s[v] = append(s[v], Sum{Hash: f[2], File: file, Line: line})
		}
	}
}

// Content returns the line for the content of a version; ok is false when there is none, or when two
// contradict each other.
func (s Sums) Content(v module.Version) (Sum, bool) { return s.one(v) }

// GoMod returns the line for the go.mod file of a version.
func (s Sums) GoMod(v module.Version) (Sum, bool) {
	return s.one(module.Version{Path: v.Path, Version: v.Version + "/go.mod"})
}

func (s Sums) one(v module.Version) (Sum, bool) {
	list := s[v]
	for _, l := range list {
		if l.Hash != list[0].Hash {
			return Sum{}, false
		}
	}
	if len(list) == 0 {
		return Sum{}, false
	}
	return list[0], true
}

// ValidHash reports whether a recorded hash has the form of one; the go command makes any other anew from the
// zip (cmd/go/internal/modfetch/fetch.go, func isValidSum).
func ValidHash(text string) bool {
	text = strings.TrimSpace(text)
	if strings.IndexByte(text, 0) >= 0 || len(text) != len("h1:")+base64.StdEncoding.EncodedLen(32) {
		return false
	}
	return strings.HasPrefix(text, "h1:")
}

// HashGoMod is the hash that go.sum has for a go.mod file.
func HashGoMod(data []byte) string {
	h, err := dirhash.Hash1([]string{"go.mod"}, func(string) (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader(string(data))), nil
	})
	if err != nil {
		return ""
	}
	return h
}

// Diff is one file in which an extracted module differs from its zip.
type Diff struct {
	Name string // below the module's folder, with slashes
	What string // "changed", "missing" (in the folder), "extra" (not in the zip)
}

// Compare lists the files in which a folder differs from the zip that it was extracted from, sorted.
func Compare(ctx context.Context, file, dir string, v module.Version) ([]Diff, error) {
	var x Examiner
	z, end, err := x.open(file)
	if err != nil {
		return nil, err
	}
	defer end()
	var out []Diff
	inZip := map[string]bool{}
	for _, f := range z.File {
		if err := ctx.Err(); err != nil {
			return out, err
		}
		name, ok := strings.CutPrefix(f.Name, v.String()+"/")
		if !ok || !fs.ValidPath(name) {
			continue
		}
		inZip[name] = true
		switch same, err := equal(f, filepath.Join(dir, filepath.FromSlash(name))); {
		case errors.Is(err, fs.ErrNotExist):
			out = append(out, Diff{name, "missing"})
		case err != nil || !same:
			out = append(out, Diff{name, "changed"})
		}
	}
	err = filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return errors.Join(err, ctx.Err())
		}
		if rel, err := filepath.Rel(dir, p); err == nil && !inZip[filepath.ToSlash(rel)] {
			out = append(out, Diff{filepath.ToSlash(rel), "extra"})
		}
		return nil
	})
	sort.Slice(out, func(i, j int) bool { return out[i].Name < out[j].Name })
	return out, err
}

func equal(f *zip.File, path string) (bool, error) {
	if err := regular(path); err != nil {
		return false, err
	}
	have, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer have.Close()
	fi, err := have.Stat()
	if err != nil || uint64(fi.Size()) != f.UncompressedSize64 {
		return false, err
	}
	want, err := f.Open()
	if err != nil {
		return false, err
	}
	defer want.Close()
	return sameBytes(want, have)
}

// Touched reports whether a file of an extracted module looks as if it had been written after the
// extraction: the go command makes all files read-only and within seconds of each other
// (golang.org/x/mod/zip, func Unzip). It reads no content, so that false says little.
func Touched(ctx context.Context, dir string) (bool, error) {
	const spread = 60e9 // a large module on a slow disk
	var oldest, newest int64
	writable := false
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err = errors.Join(err, ctx.Err()); err != nil || d.IsDir() {
			return err
		}
		fi, err := d.Info()
		if err != nil {
			return err
		}
		t := fi.ModTime().UnixNano()
		if oldest == 0 || t < oldest {
			oldest = t
		}
		newest = max(newest, t)
		if !fi.Mode().IsRegular() || fi.Mode().Perm()&0o222 != 0 {
			writable = true
		}
		return nil
	})
	return writable || newest-oldest > spread, err
}

// regular refuses what may block or lead elsewhere.
func regular(path string) error {
	fi, err := os.Lstat(path)
	if err != nil {
		return err
	}
	if !fi.Mode().IsRegular() {
		return fmt.Errorf("%s is no regular file", path)
	}
	return nil
}
