package modcache

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/module"
)

// Some is a folder that holds some files of a module, as vendor does.
type Some struct {
	Zip     string // of the module; "" = take Tree
	Tree    string // the extracted module
	Version module.Version
	Dir     string   // the folder to compare
	Files   []string // in it, with slashes
	// Packages are the folders of the module that are wanted whole, "" = its root: their Go files must be there,
	// but for tests and those that a build constraint may keep out (cmd/go/internal/modcmd/vendor.go).
	Packages []string
}

// CompareSome lists in what the folder differs from the module: "changed", "extra" (the module has no such
// file), "missing".
func CompareSome(ctx context.Context, s Some) ([]Diff, error) {
	var x Examiner
	src, end, err := s.source(ctx, &x)
	if err != nil {
		return nil, err
	}
	defer end()
	var out []Diff
	have := map[string]bool{}
	for _, name := range s.Files {
		if err := ctx.Err(); err != nil {
			return out, err
		}
		have[name] = true
		want, err := src.open(name)
		if errors.Is(err, fs.ErrNotExist) {
			out = append(out, Diff{name, "extra"})
			continue
		}
		if err != nil {
			return out, err
		}
		same, err := sameFile(want, filepath.Join(s.Dir, filepath.FromSlash(name)))
		want.Close()
		if err != nil && !errors.Is(err, errNotSame) {
			return out, err
		}
		if !same {
			out = append(out, Diff{name, "changed"})
		}
	}
	for _, name := range src.names {
		if slices.Contains(s.Packages, parent(name)) && !have[name] && src.wanted(name) {
			out = append(out, Diff{name, "missing"})
		}
	}
	slices.SortFunc(out, func(a, b Diff) int { return strings.Compare(a.Name, b.Name) })
	return out, nil
}

func parent(name string) string {
	if d := path.Dir(name); d != "." {
		return d
	}
	return ""
}

// source is a module's files by name.
type source struct {
	names []string
	open  func(name string) (io.ReadCloser, error)
}

// source opens the zip or the folder; the Examiner holds the buffer of the zip.
func (s Some) source(ctx context.Context, x *Examiner) (source, func(), error) {
	var src source
	if s.Zip == "" {
		t := walkTree(ctx, s.Tree)
		src.names = t.names
		src.open = func(name string) (io.ReadCloser, error) {
			return openRegular(filepath.Join(s.Tree, filepath.FromSlash(name)))
		}
		return src, func() {}, t.err
	}
	z, end, err := x.open(s.Zip)
	if err != nil {
		return src, nil, err
	}
	members := map[string]*zip.File{}
	for _, f := range z.File {
		if name, ok := strings.CutPrefix(f.Name, s.Version.String()+"/"); ok {
			members[name] = f
			src.names = append(src.names, name)
		}
	}
	src.open = func(name string) (io.ReadCloser, error) {
		f := members[name]
		if f == nil {
			return nil, fs.ErrNotExist
		}
		return f.Open()
	}
	return src, end, nil
}

// wanted reports whether go mod vendor copies a Go file for certain.
func (s source) wanted(name string) bool {
	base := path.Base(name)
	if !strings.HasSuffix(base, ".go") || strings.HasSuffix(base, "_test.go") || base[0] == '_' || base[0] == '.' {
		return false
	}
	f, err := s.open(name)
	if err != nil {
		return false
	}
	defer f.Close()
	head, err := io.ReadAll(io.LimitReader(f, 16<<10))
	return err == nil && !bytes.Contains(head, []byte("//go:build")) && !bytes.Contains(head, []byte("+build"))
}

var errNotSame = errors.New("not the same")

func sameFile(want io.Reader, file string) (bool, error) {
	if err := regular(file); err != nil {
		return false, errNotSame
	}
	f, err := os.Open(file)
	if err != nil {
		return false, err
	}
	defer f.Close()
	return sameBytes(want, f)
}

// sameBytes compares two streams to their ends.
func sameBytes(x, y io.Reader) (bool, error) {
	a, b := make([]byte, 32<<10), make([]byte, 32<<10)
	for {
		n, err1 := io.ReadFull(x, a)
		m, err2 := io.ReadFull(y, b)
		if n != m || !bytes.Equal(a[:n], b[:m]) {
			return false, nil
		}
		if err1 != nil || err2 != nil {
			return ended(err1) && ended(err2), nil
		}
	}
}

func ended(err error) bool { return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) }
