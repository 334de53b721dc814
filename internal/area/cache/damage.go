package cache

import (
	"context"
	"errors"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gorescue/gorescue/internal/action"
	"github.com/gorescue/gorescue/internal/atomicfile"
	"github.com/gorescue/gorescue/internal/buildlist"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/modcache"
)

const (
	treeTime   = 300 * time.Millisecond // for all extracted folders that nothing speaks against
	verifyTime = 1000 * time.Millisecond
	importTime = 400 * time.Millisecond // for finding out whether damaged modules are used
)

// checker compares the modules of one project with its go.sum.
type checker struct {
	p     *place
	cache string
	sums  modcache.Sums
	m     *facts.Modules
	used  map[string]bool // answers of imported, by module path
	spent time.Duration   // on finding them
}

// damage compares the small files of every module with go.sum, then the extracted folders: those that look as
// if they had been written to first and fully, the others as far as the time goes.
func (p *place) damage(ctx context.Context, cache string, m *facts.Modules) {
	ctx, cancel := context.WithTimeout(ctx, verifyTime)
	defer cancel()
	sums, err := modcache.ReadSums(p.list.Sums)
	if err != nil {
		m.Err = err.Error()
		return
	}
	c := checker{p: p, cache: cache, sums: sums, m: m, used: map[string]bool{}}
	soon, stop := context.WithTimeout(ctx, treeTime)
	defer stop()
	var rest []buildlist.Module
	for _, mod := range p.list.Modules {
		if len(m.Damaged) >= maxListed || mod.Missing == "mod" {
			continue
		}
		paths, err := modcache.PathsOf(cache, mod.Version)
		if err != nil {
			continue
		}
		c.hashFile(ctx, mod, paths)
		c.modFile(mod, paths)
		switch {
		case !mod.Needed:
		case mod.Missing != "":
			c.zipFile(ctx, mod, paths)
		default:
			touched, err := modcache.Touched(soon, paths.Tree)
			if err == nil && touched {
				c.tree(ctx, mod, paths)
			} else {
				rest = append(rest, mod)
			}
		}
	}
	for i, mod := range rest {
		if soon.Err() != nil {
			m.Unknown = len(rest) - i
			break
		}
		if paths, err := modcache.PathsOf(cache, mod.Version); err == nil {
			c.tree(soon, mod, paths)
		}
	}
}

func (c *checker) add(mod buildlist.Module, d facts.Damage, sum modcache.Sum) {
	d.Module, d.Want, d.SumFile, d.SumLine = mod.String(), sum.Hash, sum.File, sum.Line
	d.Needed = mod.Needed && c.isUsed(mod.Path)
	d.UID = -1
	if fi, err := os.Lstat(d.Path); err == nil {
		d.Mode, d.UID = uint32(fi.Mode().Perm()), owner(fi)
	}
	c.m.Damaged = append(c.m.Damaged, d)
}

func (c *checker) isUsed(path string) bool {
	used, known := c.used[path]
	if !known {
		began := time.Now()
		used = c.p.imported(path, began.Add(importTime-c.spent))
		c.spent += time.Since(began)
		c.used[path] = used
	}
	return used
}

// hashFile looks at the recorded hash of the zip. Only a well-formed one that is wrong does harm: the
// go command makes any other anew. It is damaged when the content agrees with go.sum; when the content does not
// either, the fault is elsewhere.
func (c *checker) hashFile(ctx context.Context, mod buildlist.Module, paths modcache.Paths) {
	sum, ok := c.sums.Content(mod.Version)
	text, err := buildlist.ReadFile(paths.ZipHash)
	if !ok || err != nil || !mod.Needed || !modcache.ValidHash(string(text)) || strings.TrimSpace(string(text)) == sum.Hash {
		return
	}
	d := facts.Damage{Kind: facts.DamagedHash, Path: paths.ZipHash, Got: strings.TrimSpace(string(text)), Text: short(text)}
	zip, err := modcache.HashZip(ctx, paths.Zip)
	d.ZipGood = err == nil && zip == sum.Hash
	if !d.ZipGood {
		tree, err := modcache.HashTree(ctx, paths.Tree, mod.Version)
		d.TreeGood = errors.Is(pathError(paths.Zip), fs.ErrNotExist) && err == nil && tree == sum.Hash
	}
	if d.ZipGood || d.TreeGood {
		c.add(mod, d, sum)
	}
}

func pathError(path string) error {
	_, err := os.Lstat(path)
	return err
}

// modFile looks at the go.mod file.
func (c *checker) modFile(mod buildlist.Module, paths modcache.Paths) {
	sum, ok := c.sums.GoMod(mod.Version)
	text, err := buildlist.ReadFile(paths.Mod)
	if !ok || err != nil {
		return
	}
	got := modcache.HashGoMod(text)
	if got == sum.Hash {
		return
	}
	d := facts.Damage{Kind: facts.DamagedMod, Path: paths.Mod, Got: got, Looks: looks(text), Text: short(text)}
	other := filepath.Join(paths.Tree, "go.mod")
	if good, err := buildlist.ReadFile(other); err == nil && modcache.HashGoMod(good) == sum.Hash {
		if im, err := atomicfile.Read(other); err == nil && im.Kind == atomicfile.File && !im.Opaque {
			d.Copy, d.CopySum = other, action.Digest(im)
		}
	}
	c.add(mod, d, sum)
}

// zipFile looks at the zip of a module that has yet to be extracted. Only a zip that cannot be read is
// damaged; one of other content is a question of trust, not of repair.
func (c *checker) zipFile(ctx context.Context, mod buildlist.Module, paths modcache.Paths) {
	sum, ok := c.sums.Content(mod.Version)
	if !ok || pathError(paths.Zip) != nil {
		return
	}
	_, err := modcache.HashZip(ctx, paths.Zip)
	if err == nil || ctx.Err() != nil || errors.Is(err, fs.ErrPermission) {
		return
	}
	d := facts.Damage{Kind: facts.DamagedZip, Path: paths.Zip, Why: err.Error()}
	if pathError(paths.ZipHash) == nil {
		d.HashFile = paths.ZipHash
	}
	d.Caches = modcache.Others(c.cache, filepath.SplitList(c.p.s.Settings.Get("GOPATH")), mod.Version)
	d.Clones = modcache.Clones(c.cache, mod.Version)
	c.add(mod, d, sum)
}

// tree compares the extracted folder with go.sum, and when it differs, with the zip.
func (c *checker) tree(ctx context.Context, mod buildlist.Module, paths modcache.Paths) {
	sum, ok := c.sums.Content(mod.Version)
	if !ok {
		return
	}
	got, err := modcache.HashTree(ctx, paths.Tree, mod.Version)
	switch {
	case err != nil:
		c.m.Unknown++
		return
	case got == sum.Hash:
		c.m.Hashed++
		return
	}
	c.m.Hashed++
	d := facts.Damage{Kind: facts.DamagedTree, Path: paths.Tree, Got: got}
	zip, err := modcache.HashZip(ctx, paths.Zip)
	d.ZipGood = err == nil && zip == sum.Hash
	if d.ZipGood {
		diffs, err := modcache.Compare(ctx, paths.Zip, paths.Tree, mod.Version)
		if err != nil {
			return
		}
		for i, f := range diffs {
			if i == 10 {
				d.More = len(diffs) - i
				break
			}
			d.Files = append(d.Files, f.What+" "+f.Name)
		}
	}
	c.add(mod, d, sum)
}

// imported reports whether some package of the main modules, or of a module that they need, imports a
// package of this module. It reads import lines only, and says yes when it cannot tell until end.
func (p *place) imported(path string, end time.Time) bool {
	var roots []string
	for _, m := range p.list.Mods {
		if text, err := buildlist.ReadFile(m); err == nil && strings.Contains(string(text), "=> "+path+" ") {
			return true // it stands in for a module of another name
		}
		roots = append(roots, filepath.Dir(m))
	}
	if cache := p.s.Settings.Get("GOMODCACHE"); filepath.IsAbs(cache) {
		for _, m := range p.list.Modules {
			if paths, err := modcache.PathsOf(cache, m.Version); err == nil && m.Path != path {
				roots = append(roots, paths.Tree)
			}
		}
	}
	for _, root := range roots {
		found, late := false, false
		_ = filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error { // what cannot be read imports nothing
			switch {
			case err != nil:
				return nil
			case time.Now().After(end):
				late = true
				return fs.SkipAll
			case d.IsDir() && file != root && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" || d.Name() == "node_modules"):
				return fs.SkipDir
			case !strings.HasSuffix(file, ".go") || !d.Type().IsRegular():
				return nil
			}
			if imports(file, path) {
				found = true
				return fs.SkipAll
			}
			return nil
		})
		if found || late {
			return true
		}
	}
	return false
}

// imports reports whether a file imports a package of a module.
func imports(file, path string) bool {
	src, err := buildlist.ReadFile(file)
	if err != nil {
		return false
	}
	f, err := parser.ParseFile(token.NewFileSet(), file, src, parser.ImportsOnly)
	if err != nil {
		return false
	}
	for _, i := range f.Imports {
		if name, err := strconv.Unquote(i.Path.Value); err == nil && (name == path || strings.HasPrefix(name, path+"/")) {
			return true
		}
	}
	return false
}

// looks says of what kind a damaged text is.
func looks(text []byte) string {
	switch {
	case len(text) == 0:
		return "empty"
	case strings.Trim(string(text), "\x00") == "":
		return "nul"
	case looksHTML(string(text[:min(len(text), 200)])):
		return "html"
	case utf8.Valid(text):
		return "text"
	}
	return "other"
}

// short is a text that a plan can hold, "" when it is longer than 64 KiB or no text.
func short(text []byte) string {
	if len(text) > 64<<10 || !utf8.Valid(text) || strings.IndexByte(string(text), 0) >= 0 {
		return ""
	}
	return string(text)
}
