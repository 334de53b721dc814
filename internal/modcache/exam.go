package modcache

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/module"

	"github.com/gorescue/gorescue/internal/buildlist"
)

// Digest is what one part of a module version is.
type Digest struct {
	Hash string `json:"hash,omitempty"` // "h1:…"
	Err  string `json:"err,omitempty"`  // why it cannot be hashed. Both empty: it is not there.
}

// There reports whether the part exists.
func (d Digest) There() bool { return d != Digest{} }

// The states of a small file.
const (
	Absent  = "absent"
	Valid   = "valid"
	Invalid = "invalid"
)

// Exam is what the files of one module version are, computed from their bytes.
type Exam struct {
	Zip    Digest `json:"zip,omitzero"`
	Tree   Digest `json:"tree,omitzero"`
	Mod    Digest `json:"mod,omitzero"`
	ZipMod string `json:"zip_mod,omitempty"` // hash of the go.mod file in the zip, "" = there is none
	Record string `json:"record,omitempty"`  // text of the .ziphash file, when it is a hash
	State  string `json:"state"`             // of the .ziphash file
	Info   string `json:"info"`              // of the .info file
	// Diffs are files in which the folder differs from the zip, when both can be read: at most maxDiffs.
	Diffs []Diff `json:"diffs,omitempty"`
	// Files are digests of the files of the folder, or of the zip when there is no folder: the first 12 bytes of
	// their SHA-256 in base64. Only when Examiner.Files asks for them.
	Files   map[string]string `json:"files,omitempty"`
	Partial bool              `json:"partial,omitempty"` // the folder is marked as half extracted
	Closed  bool              `json:"closed,omitempty"`  // an error is a lack of permission, not a damage
}

const maxDiffs = 100

// Hash1 as package dirhash defines it, but for buffers and files that are used again.
type sums struct {
	all, one hash.Hash
	hex      []byte
}

func newSums() *sums { return &sums{all: sha256.New(), one: sha256.New()} }

func (s *sums) add(name string) {
	s.hex = fmt.Appendf(s.hex[:0], "%x  %s\n", s.one.Sum(nil), name)
	s.all.Write(s.hex)
	s.one.Reset()
}

func (s *sums) hash() string { return "h1:" + base64.StdEncoding.EncodeToString(s.all.Sum(nil)) }

// Examine hashes what there is of a version, or takes the hashes from the index when nothing can have
// changed since. It does not fail: what cannot be hashed says why. When ctx ends the answer is worthless.
func (x *Examiner) Examine(ctx context.Context, v module.Version, p Paths) Exam {
	began := time.Now()
	t := walkTree(ctx, p.Tree)
	stamp := t.stamp.with(t.absent(), stampOf(p.Zip, p.ZipHash, p.Mod, p.Info, p.Partial))
	if e, ok := x.Index.get(v, stamp, began); ok && !x.Files {
		return e
	}
	e := x.content(ctx, v, p, t)
	small(&e, v, p)
	if ctx.Err() == nil && !x.Files {
		x.Index.put(v, stamp, began, e)
	}
	return e
}

// small looks at the files beside the zip.
func small(e *Exam, v module.Version, p Paths) {
	e.State, e.Info = Absent, Absent
	if text, err := buildlist.ReadFile(p.ZipHash); err == nil {
		if e.State = Invalid; ValidHash(string(text)) {
			e.State, e.Record = Valid, strings.TrimSpace(string(text))
		}
	} else if !errors.Is(err, fs.ErrNotExist) {
		e.State = Invalid
		e.Closed = e.Closed || errors.Is(err, fs.ErrPermission)
	}
	if text, err := buildlist.ReadFile(p.Info); err == nil {
		var info struct{ Version string }
		if e.Info = Invalid; json.Unmarshal(text, &info) == nil && info.Version == v.Version {
			e.Info = Valid
		}
	} else if !errors.Is(err, fs.ErrNotExist) {
		e.Info = Invalid
		e.Closed = e.Closed || errors.Is(err, fs.ErrPermission)
	}
	switch text, err := buildlist.ReadFile(p.Mod); {
	case err == nil:
		e.Mod.Hash = HashGoMod(text)
	case !errors.Is(err, fs.ErrNotExist):
		e.Mod.Err = err.Error()
		e.Closed = e.Closed || errors.Is(err, fs.ErrPermission)
	}
	e.Partial = regular(p.Partial) == nil
}

// content hashes zip and folder. When both are there each byte is read once: the folder is compared with the
// zip while that is hashed, and hashed by itself only when they differ.
func (x *Examiner) content(ctx context.Context, v module.Version, p Paths, t tree) Exam {
	var e Exam
	z, end, err := x.open(p.Zip)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		e.Zip.Err = err.Error()
		e.Closed = errors.Is(err, fs.ErrPermission)
	default:
		x.zip(ctx, z, &e, &comparison{tree: t, dir: p.Tree, prefix: v.String() + "/", left: t.set(), toolchain: isToolchain(v)})
		end()
	}
	if e.Tree.There() || t.absent() {
		return e
	}
	each := e.note(x)
	if e.Tree.Hash, err = x.hashTree(ctx, p.Tree, v, t, each); err != nil {
		e.Tree = Digest{Err: err.Error()}
		e.Closed = e.Closed || errors.Is(err, fs.ErrPermission)
	}
	return e
}

// zip hashes a zip and compares the folder with it.
func (x *Examiner) zip(ctx context.Context, z *zip.Reader, e *Exam, c *comparison) {
	c.open()
	defer c.close()
	note := e.note(x)
	err := x.eachFile(ctx, z, func(name string, s *sums, chunk []byte, last bool) {
		c.chunk(name, chunk, last)
		if last && note != nil {
			note(strings.TrimPrefix(name, c.prefix), s.one)
		}
		if last && name == c.prefix+"go.mod" {
			e.ZipMod = goModSum(s.one)
		}
	}, &e.Zip.Hash)
	if err != nil {
		e.Zip = Digest{Err: err.Error()}
		return
	}
	c.finish()
	if c.d != nil {
		if e.Diffs = c.diffs; len(e.Diffs) == 0 {
			e.Tree.Hash = e.Zip.Hash
		}
	}
}

// note returns what writes digests into e.Files, beginning anew; nil when they are not asked for.
func (e *Exam) note(x *Examiner) func(string, hash.Hash) {
	if !x.Files {
		return nil
	}
	e.Files = map[string]string{}
	return func(name string, one hash.Hash) {
		e.Files[name] = base64.RawStdEncoding.EncodeToString(one.Sum(nil)[:12])
	}
}

// goModSum is the hash that go.sum has for a go.mod file whose content has this SHA-256.
func goModSum(one hash.Hash) string {
	s := newSums()
	s.all.Write(fmt.Appendf(nil, "%x  go.mod\n", one.Sum(nil)))
	return s.hash()
}

// eachFile inflates the files of a zip in the order of their names, as Hash1 takes them, hands out their
// content in chunks of at most 64 KiB, the last one of each marked, and returns the hash of all.
func (x *Examiner) eachFile(ctx context.Context, z *zip.Reader, each func(name string, s *sums, chunk []byte, last bool), sum *string) error {
	members := map[string]*zip.File{} // of two with one name dirhash.HashZip takes the last, twice
	names := make([]string, 0, len(z.File))
	for _, m := range z.File {
		names = append(names, m.Name)
		members[m.Name] = m
	}
	slices.Sort(names)
	s := newSums()
	buf, _ := x.buffers()
	for _, name := range names {
		if err := ctx.Err(); err != nil {
			return err
		}
		r, err := members[name].Open()
		if err != nil {
			return err
		}
		for last := false; !last; {
			n, err := io.ReadFull(r, buf)
			last = errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) && n < len(buf)
			if err != nil && !last {
				return err
			}
			s.one.Write(buf[:n])
			if each != nil {
				each(name, s, buf[:n], last)
			}
		}
		if _, err := r.Read(buf[:1]); err != nil && !errors.Is(err, io.EOF) { // a wrong check sum or size comes with the end
			return err
		}
		s.add(name)
	}
	*sum = s.hash()
	return nil
}

// hashTree hashes a walked folder.
func (x *Examiner) hashTree(ctx context.Context, dir string, v module.Version, t tree, note func(string, hash.Hash)) (string, error) {
	if t.err != nil {
		return "", t.err
	}
	d, err := openDir(dir)
	if err != nil {
		return "", err
	}
	defer d.close()
	prefix := v.String() + "/"
	names := t.names
	if isToolchain(v) {
		names = slices.DeleteFunc(slices.Clone(names), func(n string) bool { return madeByGo(t, n) })
	}
	s := newSums()
	buf, _ := x.buffers()
	for _, name := range names {
		if err := ctx.Err(); err != nil {
			return "", err
		}
		f, err := d.open(name)
		if err != nil {
			return "", err
		}
		_, err = io.CopyBuffer(plainWriter{s.one}, plainReader{f}, buf)
		f.Close()
		if err != nil {
			return "", err
		}
		if note != nil {
			note(name, s.one)
		}
		s.add(prefix + name)
	}
	return s.hash(), nil
}

// plainReader and plainWriter hide faster paths of io.Copy, which would make buffers of their own.
type (
	plainReader struct{ io.Reader }
	plainWriter struct{ io.Writer }
)

// comparison compares a folder with the files of a zip as they are read.
type comparison struct {
	tree
	dir, prefix string
	toolchain   bool
	left        map[string]bool // files of the folder that the zip was not seen to have
	d           *dirHandle
	f           io.ReadCloser // the file that is being compared, nil = none
	cur         string
	buf         []byte
	diffs       []Diff
}

func (c *comparison) open() {
	if c.absent() || c.err != nil {
		return
	}
	if d, err := openDir(c.dir); err == nil {
		c.d = d
		c.buf = make([]byte, 64<<10)
	}
}

func (c *comparison) close() {
	if c.f != nil {
		c.f.Close()
	}
	if c.d != nil {
		c.d.close()
	}
}

func (c *comparison) differs(name, what string) {
	if len(c.diffs) < maxDiffs {
		c.diffs = append(c.diffs, Diff{name, what})
	}
}

func (c *comparison) chunk(member string, want []byte, last bool) {
	if c.d == nil {
		return
	}
	name, ok := strings.CutPrefix(member, c.prefix)
	if c.cur != member {
		c.cur = member
		if !ok || !c.left[name] {
			c.differs(strings.TrimPrefix(member, c.prefix), "missing")
			return
		}
		delete(c.left, name)
		f, err := c.d.open(name)
		if err != nil {
			c.differs(name, "unreadable")
			return
		}
		c.f = f
	}
	if c.f == nil {
		return
	}
	room := c.buf[:len(want)]
	if last && len(want) < len(c.buf) {
		room = c.buf[:len(want)+1] // one more, to see an end that comes too late
	}
	n, err := io.ReadFull(c.f, room)
	same := n == len(want) && bytes.Equal(room[:n], want) && (err == nil || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF))
	if !same {
		c.differs(name, "changed")
	}
	if !same || last {
		c.f.Close()
		c.f = nil
	}
}

// finish notes the files that only the folder has.
func (c *comparison) finish() {
	for _, name := range c.names {
		if c.left[name] && !(c.toolchain && madeByGo(c.tree, name)) {
			c.differs(name, "extra")
		}
	}
	slices.SortFunc(c.diffs, func(a, b Diff) int { return strings.Compare(a.Name, b.Name) })
}

// isToolchain reports whether a module is a Go release. A zip cannot hold go.mod files below its root: they are
// called _go.mod there, and the go command copies them at the first use (cmd/go/internal/toolchain/select.go).
func isToolchain(v module.Version) bool { return v.Path == "golang.org/toolchain" }

func madeByGo(t tree, name string) bool {
	base, ok := strings.CutSuffix(name, "go.mod")
	if !ok || base != "" && !strings.HasSuffix(base, "/") {
		return false
	}
	_, found := slices.BinarySearch(t.names, base+"_go.mod")
	return found
}

// HashZip is the hash of a module zip. An error means that it cannot be read to its end as a zip
// with right check sums, that it is larger than a module may be, or that ctx ended.
func HashZip(ctx context.Context, file string) (string, error) {
	var x Examiner
	z, end, err := x.open(file)
	if err != nil {
		return "", err
	}
	defer end()
	sum := ""
	err = x.eachFile(ctx, z, nil, &sum)
	return sum, err
}

// HashTree is the hash of an extracted module, as go.sum has it.
func HashTree(ctx context.Context, dir string, v module.Version) (string, error) {
	var x Examiner
	t := walkTree(ctx, dir)
	if t.absent() {
		return "", &fs.PathError{Op: "open", Path: dir, Err: fs.ErrNotExist}
	}
	return x.hashTree(ctx, dir, v, t, nil)
}
