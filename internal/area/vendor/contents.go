package vendor

import (
	"archive/zip"
	"bytes"
	"errors"
	"go/build"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/mod/module"

	"github.com/gorescue/gorescue/internal/buildlist"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/gitobj"
	"github.com/gorescue/gorescue/internal/gosum"
	"github.com/gorescue/gorescue/internal/modcache"
)

// Bounds of what is kept.
const (
	maxLacks = 50
	maxFiles = 200 // of one package
	maxOne   = 256 << 10
)

// contents compares every package of the list with what lies in the folder, with git, and with the module that it
// was copied from.
func (p *place) contents() {
	for _, mod := range p.list.used {
		e := p.list.meta[mod]
		if e.to.Path != "" && e.to.Version == "" {
			continue // copied from a folder: there is no hash to hold it against
		}
		src := p.source(mod, e.to)
		if src == nil {
			p.v.Left++
		} else {
			p.v.Compared++
		}
		for _, pkg := range e.packages {
			if p.ctx.Err() != nil {
				return
			}
			if rel, ok := within(pkg, mod.Path); ok {
				p.compare(mod, pkg, rel, src)
			}
		}
	}
}

// source is the module in the cache whose zip will vouch for its files; nil when it is not there.
type source struct {
	v       module.Version
	paths   modcache.Paths
	want    string // the hash of go.sum, "" = it has none or two
	trusted *bool  // whether the zip has that hash; nil = not computed yet
}

func (p *place) source(mod, to module.Version) *source {
	if to.Path != "" {
		mod = to
	}
	paths, err := modcache.PathsOf(p.cache, mod)
	if err != nil || p.cache == "" {
		return nil
	}
	for _, f := range []string{paths.Zip, paths.Tree} {
		if _, err := os.Stat(f); err != nil {
			return nil
		}
	}
	s := &source{v: mod, paths: paths}
	if sum, ok := p.sums.Content(mod); ok {
		s.want = sum.Hash
	}
	return s
}

// vouched hashes the zip when something is to be taken from it, or held against it.
func (p *place) vouched(s *source) bool {
	if s == nil || s.want == "" {
		return false
	}
	if s.trusted == nil {
		h, err := modcache.HashZip(p.ctx, s.paths.Zip)
		ok := err == nil && h == s.want
		s.trusted = &ok
	}
	return *s.trusted
}

// file is a file of the module as its zip has it.
func (s *source) file(name string) ([]byte, bool) {
	z, err := zip.OpenReader(s.paths.Zip)
	if err != nil {
		return nil, false
	}
	defer z.Close()
	f, err := z.Open(s.v.String() + "/" + name)
	if err != nil {
		return nil, false
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxOne+1))
	return data, err == nil && len(data) <= maxOne
}

// compare looks at one package.
func (p *place) compare(mod module.Version, pkg, rel string, src *source) {
	dir := filepath.Join(p.v.Dir, filepath.FromSlash(pkg))
	lack := facts.VendorLack{Package: pkg, Module: mod.String(), Dir: dir}
	have := map[string]bool{}
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return // unreadable: others say so
	}
	goFiles := 0
	for _, e := range entries {
		have[e.Name()] = true
		if strings.HasSuffix(e.Name(), ".go") {
			goFiles++
		}
	}
	lack.Gone = goFiles == 0
	for _, name := range p.expected(dir, rel, src) {
		if !have[name] {
			p.restore(&lack, name, rel, src)
		}
	}
	if src != nil {
		p.edited(mod, dir, rel, entries, src)
	}
	if len(lack.Files) == 0 && !lack.Gone && !lack.Cut || len(p.v.Lacks) >= maxLacks {
		return
	}
	if p.repo != nil {
		probe := dir
		if !lack.Gone && len(lack.Files) > 0 {
			probe = lack.Files[0].Path
		} else if lack.Gone {
			probe = filepath.Join(dir, "x.go")
		}
		lack.Rule, lack.Line, lack.Pattern, _ = p.repo.Ignored(p.ctx, probe)
	}
	p.v.Lacks = append(p.v.Lacks, lack)
}

// expected are the files that a package must have: those that the last commit has there, and the Go files of the
// module that are compiled on this platform (tests are not vendored).
func (p *place) expected(dir, rel string, src *source) []string {
	var out []string
	for f := range p.head {
		if filepath.Dir(f) == filepath.Join(p.realTop(), mustRel(p.v.Root, dir)) {
			out = append(out, filepath.Base(f))
		}
	}
	if src != nil {
		from := filepath.Join(src.paths.Tree, filepath.FromSlash(rel))
		entries, err := os.ReadDir(from)
		if err != nil {
			entries = nil
		}
		for _, e := range entries {
			name := e.Name()
			if !e.Type().IsRegular() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") || slices.Contains(out, name) {
				continue
			}
			if ok, err := build.Default.MatchFile(from, name); err == nil && ok {
				out = append(out, name)
			}
		}
	}
	slices.Sort(out)
	return out
}

// realTop is the folder of the project as gitobj names it in a tree.
func (p *place) realTop() string {
	rel, ok := p.repo.Rel(p.v.Root)
	if !ok {
		return p.v.Root
	}
	return filepath.Join(p.repo.Top, filepath.FromSlash(rel))
}

func mustRel(base, path string) string {
	rel, err := filepath.Rel(base, path)
	if err != nil {
		return path
	}
	return rel
}

// restore finds the content of a file that is not there: the module's own, when its zip is what go.sum names and
// git does not have another one, else that of the last commit.
func (p *place) restore(lack *facts.VendorLack, name, rel string, src *source) {
	f := facts.VendorFile{Path: filepath.Join(lack.Dir, name)}
	var text []byte
	if head, ok := p.committedFile(f.Path); ok {
		text, f.From = head, "HEAD"
	} else if p.vouched(src) {
		if data, ok := src.file(join(rel, name)); ok {
			text, f.From = data, src.paths.Zip
		}
	}
	if f.From == "" || len(text) > maxOne || len(text) > p.room || !utf8.Valid(text) || len(lack.Files) >= maxFiles {
		lack.Cut = true
		return
	}
	p.room -= len(text)
	f.Text = string(text)
	lack.Files = append(lack.Files, f)
}

func (p *place) committedFile(path string) ([]byte, bool) {
	if p.repo == nil {
		return nil, false
	}
	if _, ok := p.head[filepath.Join(p.realTop(), mustRel(p.v.Root, path))]; !ok {
		return nil, false
	}
	return p.repo.Show(p.ctx, gitobj.Head, path)
}

func join(rel, name string) string {
	if rel == "" {
		return name
	}
	return rel + "/" + name
}

// edited finds files that differ from those of their module. Only the extracted folder is read, unless something
// differs: then the zip, whose hash go.sum has, decides.
func (p *place) edited(mod module.Version, dir, rel string, entries []fs.DirEntry, src *source) {
	for _, e := range entries {
		if !e.Type().IsRegular() || !strings.HasSuffix(e.Name(), ".go") || len(p.v.Edited) >= maxLacks || p.ctx.Err() != nil {
			continue
		}
		path := filepath.Join(dir, e.Name())
		have, err1 := buildlist.ReadFile(path)
		want, err2 := buildlist.ReadFile(filepath.Join(src.paths.Tree, filepath.FromSlash(rel), e.Name()))
		if err1 != nil || err2 == nil && sameText(have, want) || !p.vouched(src) {
			continue
		}
		d := facts.VendorEdit{Path: path, Module: mod.String()}
		want, ok := src.file(join(rel, e.Name()))
		if ok && sameText(have, want) {
			continue // it is the extracted folder that was edited
		}
		if head, ok := p.committedFile(path); ok && sameText(head, have) {
			d.InHead = true
		}
		if ok && utf8.Valid(have) && utf8.Valid(want) && len(want)+len(have) < p.room && !bytes.Equal(have, want) {
			d.Back = gosum.Replace(have, want)
			p.room -= len(want)
		}
		p.v.Edited = append(p.v.Edited, d)
	}
}
