package startup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/gorescue/gorescue/internal/facts"
)

const (
	maxFiles = 200
	maxSize  = 1 << 20
)

// disk reads and parses each file once.
type disk struct {
	ctx   context.Context
	cache map[string]*source // nil: there is no such file
	order []*source
}

func newDisk(ctx context.Context) *disk {
	return &disk{ctx: ctx, cache: map[string]*source{}}
}

// source returns a parsed file; nil when there is none, or too many were read already.
func (d *disk) source(path string, kind facts.StartupKind) *source {
	if f, ok := d.cache[path]; ok {
		return f
	}
	if len(d.order) >= maxFiles || d.ctx.Err() != nil {
		return nil
	}
	src, err := readFile(path, maxSize)
	if errors.Is(err, fs.ErrNotExist) {
		d.cache[path] = nil
		return nil
	}
	var f *source
	if err != nil {
		f = &source{path: path, kind: kind, syntax: inLines, err: err}
	} else {
		f = parseSource(path, kind, src)
	}
	f.real = path
	if real, err := filepath.EvalSymlinks(path); err == nil {
		f.real = real
	}
	d.cache[path] = f
	d.order = append(d.order, f)
	return f
}

// followed returns a file that another one reads, which is written in the reader's language.
func (d *disk) followed(path string, kind facts.StartupKind, lang dialect) *source {
	if kind == facts.KindDot && filepath.Base(path) == ".env" {
		return d.source(path, kind)
	}
	f := d.source(path, kind)
	if f != nil && f.src != nil && (f.syntax == inFish || f.syntax == inLines) && f.kind == facts.KindDot && lang != inLines {
		g := &source{path: f.path, real: f.real, kind: kind, syntax: inBash, src: f.src}
		g.parse()
		d.cache[path] = g
		d.order[slices.Index(d.order, f)] = g
		return g
	}
	return f
}

// files lists what was read, in order.
func (d *disk) files(project []candidate) []facts.StartupFile {
	var out []facts.StartupFile
	for _, f := range d.order {
		sf := facts.StartupFile{Path: f.path, Real: f.real, Kind: f.kind, Size: len(f.src)}
		sf.Insert, sf.Break = insertion(f.kind, f.src)
		sf.Project = slices.ContainsFunc(project, func(c candidate) bool { return c.path == f.path })
		if f.err != nil {
			sf.Err = f.err.Error()
		}
		out = append(out, sf)
	}
	return out
}

func (d *disk) glob(pattern string) []string {
	list, err := filepath.Glob(pattern)
	if err != nil || len(list) > maxFiles {
		return nil
	}
	return list
}

// test answers `[ -f path ]` and its like, as far as that can be seen.
func (d *disk) test(op, path string) truth {
	if path == "" {
		return maybe
	}
	if op == "-L" || op == "-h" {
		fi, err := os.Lstat(path)
		return truthOf(err == nil && fi.Mode()&fs.ModeSymlink != 0)
	}
	fi, err := os.Stat(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return maybe
	}
	if err != nil {
		return no
	}
	switch op {
	case "-f":
		return truthOf(fi.Mode().IsRegular())
	case "-d":
		return truthOf(fi.IsDir())
	case "-s":
		return truthOf(fi.Size() > 0)
	case "-r":
		if f := d.cache[path]; f != nil && f.err == nil {
			return yes
		}
		if fi.Mode()&0o444 == 0o444 {
			return yes
		}
		return maybe
	case "-x":
		return maybe
	}
	return yes
}

// readFile reads a regular file of at most limit bytes. It never waits for a pipe or a device.
func readFile(path string, limit int64) ([]byte, error) {
	fi, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !fi.Mode().IsRegular() {
		return nil, fmt.Errorf("not a regular file: %v", fi.Mode().Type())
	}
	file, err := os.OpenFile(path, openFlags, 0)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	if fi, err = file.Stat(); err != nil {
		return nil, err
	}
	if !fi.Mode().IsRegular() {
		return nil, errors.New("not a regular file")
	}
	if fi.Size() > limit {
		return nil, fmt.Errorf("has %d bytes; at most %d are read", fi.Size(), limit)
	}
	data, err := io.ReadAll(io.LimitReader(file, limit+1))
	if err == nil && int64(len(data)) > limit {
		err = fmt.Errorf("has more than %d bytes", limit)
	}
	return data, err
}
