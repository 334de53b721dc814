package modcache

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/module"
	"golang.org/x/mod/sumdb/dirhash"
)

// TestSameAsDirhash: our reading gives the hashes of the library that the go command uses, for files of all
// sizes around those of our buffers.
func TestSameAsDirhash(t *testing.T) {
	v := module.Version{Path: "example.com/m", Version: "v1.0.0"}
	dir := filepath.Join(t.TempDir(), "m")
	var buf bytes.Buffer
	z := zip.NewWriter(&buf)
	rnd := rand.New(rand.NewPCG(1, 2))
	for i, size := range []int{0, 1, 32 << 10, 64<<10 - 1, 64 << 10, 64<<10 + 1, 128 << 10, 300_000} {
		for j, method := range []uint16{zip.Deflate, zip.Store} {
			name := fmt.Sprintf("d%d/f%d", i, j)
			data := make([]byte, size)
			for k := range data {
				data[k] = byte(rnd.IntN(7))
			}
			w, err := z.CreateHeader(&zip.FileHeader{Name: v.String() + "/" + name, Method: method})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := w.Write(data); err != nil {
				t.Fatal(err)
			}
			p := filepath.Join(dir, name)
			if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(p, data, 0o444); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "m.zip")
	if err := os.WriteFile(file, buf.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	want, err := dirhash.HashZip(file, dirhash.DefaultHash)
	if err != nil {
		t.Fatal(err)
	}
	var x Examiner
	e := x.Examine(t.Context(), v, Paths{Zip: file, Tree: dir})
	if e.Zip.Hash != want || e.Tree.Hash != want || len(e.Diffs) != 0 {
		t.Errorf("%+v, want %s", e, want)
	}
	if got, err := HashTree(t.Context(), dir, v); got != want || err != nil {
		t.Errorf("tree alone: %s, %v", got, err)
	}
	// One byte at each edge.
	for _, name := range []string{"d1/f0", "d3/f1", "d4/f0", "d5/f1", "d7/f0"} {
		p := filepath.Join(dir, name)
		data, _ := os.ReadFile(p)
		for _, change := range []string{"last byte", "one more", "one less"} {
			other := bytes.Clone(data)
			switch change {
			case "last byte":
				other[len(other)-1] ^= 1
			case "one more":
				other = append(other, 0)
			case "one less":
				other = other[:len(other)-1]
			}
			replace(t, p, other)
			e := x.Examine(t.Context(), v, Paths{Zip: file, Tree: dir})
			real, err := dirhash.HashDir(dir, v.String(), dirhash.DefaultHash)
			if err != nil || e.Tree.Hash != real || real == want || len(e.Diffs) != 1 || e.Diffs[0].Name != name {
				t.Errorf("%s of %s: %+v, want %s", change, name, e, real)
			}
		}
		replace(t, p, data)
	}
}

func replace(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o444); err != nil {
		t.Fatal(err)
	}
}

// TestHostileZips: archives made to hurt are refused in a moment.
func TestHostileZips(t *testing.T) {
	v := module.Version{Path: "example.com/m", Version: "v1.0.0"}
	bomb := func(size uint64) []byte { // 40 MB of zeros, whose header tells another size
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		w, err := z.Create(v.String() + "/a")
		if err != nil {
			t.Fatal(err)
		}
		zero := make([]byte, 1<<20)
		for range 40 {
			if _, err := w.Write(zero); err != nil {
				t.Fatal(err)
			}
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		data := b.Bytes()
		at := bytes.LastIndex(data, []byte("PK\x01\x02"))
		binary.LittleEndian.PutUint32(data[at+24:], uint32(size))
		return data
	}
	entries := func(names ...string) []byte {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		for _, n := range names {
			w, err := z.CreateHeader(&zip.FileHeader{Name: n, Method: zip.Store})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := w.Write([]byte("x")); err != nil {
				t.Fatal(err)
			}
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	huge := entries("example.com/m@v1.0.0/a")
	binary.LittleEndian.PutUint32(huge[bytes.LastIndex(huge, []byte("PK\x05\x06"))+12:], 0x7fffffff)
	for name, tc := range map[string]struct {
		data  []byte
		error bool // otherwise it has a hash, which go.sum will not have, and its folder differs
	}{
		"bomb with a small size":  {bomb(10), true},
		"bomb with a huge size":   {bomb(0xfffffff0), true},
		"huge list of files":      {huge, true},
		"newline in a name":       {entries("example.com/m@v1.0.0/a\nb"), true},
		"NUL in a name":           {entries("example.com/m@v1.0.0/a\x00b"), true},
		"name leads outside":      {entries("example.com/m@v1.0.0/../../../../etc/passwd"), false},
		"absolute name":           {entries("/etc/passwd"), false},
		"names differ in case":    {entries("example.com/m@v1.0.0/a", "example.com/m@v1.0.0/A"), false},
		"one name twice":          {entries("example.com/m@v1.0.0/a", "example.com/m@v1.0.0/a"), false},
		"another module's prefix": {entries("example.com/n@v1.0.0/a"), false},
		"empty":                   {nil, true},
		"NUL bytes":               {make([]byte, 1000), true},
	} {
		t.Run(name, func(t *testing.T) {
			file, dir := filepath.Join(t.TempDir(), "z"), filepath.Join(t.TempDir(), "tree")
			if err := os.WriteFile(file, tc.data, 0o644); err != nil {
				t.Fatal(err)
			}
			if err := os.Mkdir(dir, 0o755); err != nil {
				t.Fatal(err)
			}
			began := time.Now()
			var x Examiner
			e := x.Examine(t.Context(), v, Paths{Zip: file, Tree: dir})
			if (e.Zip.Err != "") != tc.error || !tc.error && len(e.Diffs) == 0 {
				t.Errorf("%+v", e)
			}
			if took := time.Since(began); took > 5*time.Second {
				t.Errorf("took %v", took)
			}
		})
	}
}

// TestOddTrees: links, pipes and the like in a folder are damage, and never followed or waited for.
func TestOddTrees(t *testing.T) {
	v := module.Version{Path: "example.com/m", Version: "v1.0.0"}
	dir := t.TempDir()
	if err := os.Symlink("/etc", filepath.Join(dir, "etc")); err != nil {
		t.Fatal(err)
	}
	var x Examiner
	if e := x.Examine(t.Context(), v, Paths{Tree: dir}); e.Tree.Err == "" || e.Tree.Hash != "" {
		t.Errorf("%+v", e)
	}
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(dir, link); err != nil {
		t.Fatal(err)
	}
	if e := x.Examine(t.Context(), v, Paths{Tree: link}); e.Tree.Err == "" {
		t.Errorf("%+v", e)
	}
	if e := x.Examine(t.Context(), v, Paths{Tree: filepath.Join(dir, "none")}); e.Tree.There() {
		t.Errorf("%+v", e)
	}
}

// TestTrusted: when an entry of the index is believed.
func TestTrusted(t *testing.T) {
	now := time.Now()
	good := entry{Stamp: Stamp{ID: "x", Newest: now.Add(-time.Hour)}, Began: now.Add(-time.Minute), Exam: Exam{State: Valid, Info: Valid}}
	if !good.trusted(now) {
		t.Fatal("a sound entry is not believed")
	}
	for name, spoil := range map[string]func(*entry){
		"changed just before":        func(e *entry) { e.Stamp.Newest = e.Began.Add(-time.Second) },
		"changed in the future":      func(e *entry) { e.Stamp.Newest = now.Add(time.Hour); e.Began = now.Add(2 * time.Hour) },
		"hashed in the future":       func(e *entry) { e.Began = now.Add(time.Minute) },
		"odd times":                  func(e *entry) { e.Stamp.Odd = true },
		"old":                        func(e *entry) { e.Began = now.Add(-31 * 24 * time.Hour); e.Stamp.Newest = e.Began.Add(-time.Hour) },
		"damage in the zip":          func(e *entry) { e.Exam.Zip.Err = "zip: not a valid zip file" },
		"folder differs":             func(e *entry) { e.Exam.Diffs = []Diff{{"a", "changed"}} },
		"recorded hash is malformed": func(e *entry) { e.Exam.State = Invalid },
	} {
		e := good
		spoil(&e)
		if e.trusted(now) {
			t.Errorf("%s: believed", name)
		}
	}
}

// FuzzExamine: whatever lies in a cache, looking at it ends.
func FuzzExamine(f *testing.F) {
	f.Add([]byte("PK\x05\x06"), "h1:", "{}", "a.go")
	f.Fuzz(func(t *testing.T, zip []byte, record, info, name string) {
		dir := t.TempDir()
		p := Paths{Zip: filepath.Join(dir, "z"), ZipHash: filepath.Join(dir, "h"), Info: filepath.Join(dir, "i"), Mod: filepath.Join(dir, "m"), Tree: filepath.Join(dir, "tree")}
		if err := os.Mkdir(p.Tree, 0o755); err != nil {
			t.Fatal(err)
		}
		for file, text := range map[string]string{p.Zip: string(zip), p.ZipHash: record, p.Info: info, p.Mod: info, filepath.Join(p.Tree, strings.ReplaceAll(filepath.Base(name), "\x00", "")): record} {
			_ = os.WriteFile(file, []byte(text), 0o600) // some names cannot be
		}
		var x Examiner
		x.Examine(context.Background(), version, p)
	})
}
