package toolchain

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"

	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/goenv"
	"github.com/gorescue/gorescue/internal/gotree"
	"github.com/gorescue/gorescue/internal/probe"
)

const (
	maxModFile = 4 << 20  // of a go.mod or go.work that is read
	maxWhole   = 64 << 10 // of a file that is kept whole for a repair
	maxUses    = 200
)

// project reads go.mod and go.work of the folder, as they are and as git has them.
func project(ctx context.Context, w probe.World, _ *facts.Snapshot) (probe.Install, error) {
	var p facts.Project
	p.GOWORK = w.Get("GOWORK")
	p.Root = above(w.Dir, "go.mod")
	if p.Root != "" {
		path := filepath.Join(p.Root, "go.mod")
		var data []byte
		p.GoMod, data = readModFile(path, false)
		p.GoMod.Copies = copies(path)
		p.Vendor = exists(filepath.Join(p.Root, "vendor", "modules.txt"))
		p.Git = committed(ctx, w, &p.GoMod, data)
	}
	if path := workFile(w); path != "" {
		p.Work, _ = readModFile(path, true)
		p.Uses = uses(path)
	}
	return func(s *facts.Snapshot) { s.Project = p }, ctx.Err()
}

// above is the nearest folder at or above dir that has a file of this name which is no folder, "" = none
// (cmd/go/internal/modload/init.go: findModuleRoot).
func above(dir, name string) string {
	for dir = filepath.Clean(dir); ; dir = filepath.Dir(dir) {
		if fi, err := os.Stat(filepath.Join(dir, name)); err == nil && !fi.IsDir() {
			return dir
		}
		if dir == filepath.Dir(dir) {
			return ""
		}
	}
}

// workFile is the go.work in force, "" = none (cmd/go/internal/modload/init.go: FindGoWork). GOWORK comes
// from the process alone: `go env -w` refuses it.
func workFile(w probe.World) string {
	switch v := w.Get("GOWORK"); v {
	case "off":
		return ""
	case "", "auto":
		if dir := above(w.Dir, "go.work"); dir != "" {
			return filepath.Join(dir, "go.work")
		}
		return ""
	default:
		if !exists(v) {
			return ""
		}
		return v
	}
}

// readModFile reads a go.mod or go.work file. data is nil when it could not be read.
func readModFile(path string, work bool) (facts.ModFile, []byte) {
	m := facts.ModFile{Path: path}
	data, state, err := bounded(path)
	m.State = state
	if err != nil {
		m.Err = err.Error()
	}
	if data == nil {
		return m, nil
	}
	m.Size = int64(len(data))
	m.NULs = bytes.Count(data, []byte{0})
	if m.UTF16 = bytes.HasPrefix(data, []byte{0xff, 0xfe}) || bytes.HasPrefix(data, []byte{0xfe, 0xff}); m.UTF16 && len(data) <= maxWhole {
		if plain, ok := goenv.FromUTF16(data); ok {
			m.Plain = []facts.Splice{{Old: string(data), New: plain}}
		}
	}
	m.Blank = len(bytes.Trim(data, "\x00 \t\r\n")) == 0
	m.Go, m.Toolchain, m.Godebug = directives(data)
	if work {
		_, err = modfile.ParseWork(path, data, nil)
	} else {
		var f *modfile.File
		if f, err = modfile.Parse(path, data, nil); err != nil {
			f, _ = modfile.ParseLax(path, data, nil)
		}
		if f != nil {
			m.Requires = len(f.Require)
			if f.Module != nil {
				m.Module = f.Module.Mod.Path
			}
		}
	}
	m.Errors = modErrors(err)
	return m, data
}

// bounded reads a regular file; a pipe, a device or a huge file is odd.
func bounded(path string) ([]byte, facts.FileState, error) {
	fi, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, facts.FileMissing, nil
	case err != nil:
		return nil, facts.FileUnreadable, err
	case !fi.Mode().IsRegular() || fi.Size() > maxModFile:
		return nil, facts.FileOdd, errors.New(fi.Mode().String())
	}
	f, err := gotree.Open(path)
	if err != nil {
		return nil, facts.FileUnreadable, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxModFile))
	if err != nil {
		return nil, facts.FileUnreadable, err
	}
	return append([]byte{}, data...), facts.FileRead, nil
}

func modErrors(err error) []facts.ModError {
	var list modfile.ErrorList
	switch {
	case err == nil:
		return nil
	case !errors.As(err, &list):
		return []facts.ModError{{Text: err.Error()}}
	}
	var out []facts.ModError
	for _, e := range list[:min(len(list), 20)] {
		t := ""
		if e.Err != nil {
			t = e.Err.Error()
		}
		out = append(out, facts.ModError{Line: e.Pos.Line, Text: t})
	}
	return out
}

// directives finds the lines of go, toolchain and godebug, also in a file that does not parse: the go
// command itself looks for the first two that way before it parses (cmd/go/internal/gover/mod.go:
// GoModLookup). Lines of a godebug block are found too.
func directives(data []byte) (goLine, toolchain *facts.Directive, godebug []facts.Directive) {
	inBlock := false
	for n, at := 1, 0; at < len(data); n++ {
		end := len(data)
		if i := bytes.IndexByte(data[at:], '\n'); i >= 0 {
			end = at + i + 1
		}
		raw := string(data[at:end])
		d := facts.Directive{Line: n, Cut: facts.Splice{Offset: at, Old: raw}}
		at = end
		text, _, _ := strings.Cut(raw, "//")
		f := strings.Fields(text)
		switch {
		case len(f) == 0:
		case f[0] == ")":
			inBlock = false
		case f[0] == "godebug" && len(f) > 1 && f[1] == "(" || f[0] == "godebug(":
			inBlock = true
		case inBlock:
			d.Key, d.Value, _ = strings.Cut(f[0], "=")
			godebug = append(godebug, d)
		case len(f) < 2:
		case f[0] == "godebug":
			d.Key, d.Value, _ = strings.Cut(f[1], "=")
			godebug = append(godebug, d)
		case f[0] == "go" && goLine == nil:
			d.Value = f[1]
			goLine = &d
		case f[0] == "toolchain" && toolchain == nil:
			d.Value = f[1]
			toolchain = &d
		}
	}
	return goLine, toolchain, godebug
}

// uses are the modules of a workspace with their go lines.
func uses(path string) []facts.Use {
	data, _, _ := bounded(path)
	f, err := modfile.ParseWork(path, data, nil)
	if err != nil || data == nil {
		return nil
	}
	var out []facts.Use
	for _, u := range f.Use[:min(len(f.Use), maxUses)] {
		dir := filepath.FromSlash(u.Path)
		if !filepath.IsAbs(dir) {
			dir = filepath.Join(filepath.Dir(path), dir)
		}
		use := facts.Use{Dir: dir, Line: u.Syntax.Start.Line}
		if mod, _, _ := bounded(filepath.Join(dir, "go.mod")); mod != nil {
			use.Go, _, _ = directives(mod)
		}
		out = append(out, use)
	}
	return out
}

// copies are the sound copies of a go.mod that editors and people leave beside it, newest first.
func copies(path string) []facts.ModCopy {
	type found struct {
		facts.ModCopy
		mod int64
	}
	var all []found
	for _, name := range []string{"go.mod~", "go.mod.bak", "go.mod.orig", "go.mod.old", "go.mod.backup", ".go.mod~", "#go.mod#"} {
		p := filepath.Join(filepath.Dir(path), name)
		fi, err := os.Lstat(p)
		if err != nil || !fi.Mode().IsRegular() {
			continue
		}
		data, _, err := bounded(p)
		if err != nil {
			continue
		}
		f, err := modfile.Parse(p, data, nil)
		if err != nil || f.Module == nil {
			continue
		}
		sum := sha256.Sum256(data)
		all = append(all, found{facts.ModCopy{Path: p, Size: fi.Size(), Module: f.Module.Mod.Path, Sum: hex.EncodeToString(sum[:])}, fi.ModTime().UnixNano()})
	}
	slices.SortStableFunc(all, func(a, b found) int { return int(b.mod/1e6 - a.mod/1e6) })
	var out []facts.ModCopy
	for _, f := range all {
		out = append(out, f.ModCopy)
	}
	return out
}
