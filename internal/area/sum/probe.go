package sum

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/mod/module"

	"github.com/gorescue/gorescue/internal/buildlist"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/gitobj"
	"github.com/gorescue/gorescue/internal/gosum"
	"github.com/gorescue/gorescue/internal/modcache"
	"github.com/gorescue/gorescue/internal/probe"
)

// Bounds of what is looked at.
const (
	maxDisputes = 50
	maxLost     = 400
	maxBad      = 50
	maxCommits  = 20              // of the history of a file
	localTime   = 2 * time.Second // for reading and hashing; what is not reached is left out
	maxSplice   = 1 << 20         // bytes of a mended file
)

// place is what the parts of the probe share.
type place struct {
	ctx   context.Context
	s     *facts.Snapshot
	list  *buildlist.List
	cache string // GOMODCACHE, "" = none that is absolute
	repo  *gitobj.Repo
	files []*file
	need  map[module.Version]bool // versions of the build list
}

// file is one go.sum with its witnesses.
type file struct {
	facts.SumFile
	data  []byte
	lines []gosum.Line
	sums  map[module.Version][]string
	// versions are what git has of it: HEAD, the index, the sides of a merge. Older ones are asked for when needed.
	versions []version
	asked    bool
}

// version is another state of the file.
type version struct {
	kind facts.WitnessKind
	name string // for people
	data []byte
	sums map[module.Version][]string
}

func collect(ctx context.Context, w probe.World, s *facts.Snapshot) (probe.Install, error) {
	ctx, cancel := context.WithTimeout(ctx, localTime)
	defer cancel()
	p := &place{ctx: ctx, s: s, need: map[module.Version]bool{}}
	sums := facts.Sums{DB: database(s)}
	// An error says that go.mod or go.work cannot be read, which is for others to say; what was found before it counts.
	p.list, _ = buildlist.Of(ctx, w.Dir, &s.Settings)
	if c := s.Settings.Get("GOMODCACHE"); filepath.IsAbs(c) {
		p.cache = c
	}
	for _, m := range p.list.Modules {
		p.need[m.Version] = true
	}
	if p.list.Vendor {
		sums.Off = "vendor"
	}
	if len(p.list.Sums) > 0 {
		repo, err := gitobj.Open(w.Vars, filepath.Dir(p.list.Sums[0]))
		switch {
		case err == nil:
			p.repo = repo
		case !errors.Is(err, gitobj.ErrNone):
			sums.Git = err.Error()
		}
	}
	for _, path := range p.list.Sums {
		f := p.read(path)
		p.mend(f)
		p.files = append(p.files, f)
	}
	if sums.Off == "" {
		sums.Disputes = p.disputes()
		sums.Bare = p.bare()
		sums.Lost = p.lost(len(sums.Bare) > 0)
		sums.Asks = p.asks(sums.Disputes, sums.Bare)
	}
	sums.Tried = tried(ctx, p.cache, func(path string) bool { return !sums.DB.Off && unlisted(s, path) })
	for _, f := range p.files {
		sums.Files = append(sums.Files, f.SumFile)
	}
	return func(s *facts.Snapshot) { s.Sums = sums }, nil
}

// read reads one file and what git has of it.
func (p *place) read(path string) *file {
	f := &file{SumFile: facts.SumFile{Path: path, Work: strings.HasSuffix(path, ".work.sum"), State: facts.FileRead}}
	data, err := buildlist.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		f.State = facts.FileMissing
		if _, err := os.Lstat(path); err == nil {
			f.State = facts.FileOdd // a link that leads nowhere
		}
	case errors.Is(err, fs.ErrPermission):
		f.State = facts.FileUnreadable
	case err != nil:
		f.State = facts.FileOdd
	}
	f.UID = -1
	if fi, err := os.Stat(path); err == nil {
		f.Mode, f.UID = uint32(fi.Mode().Perm()), owner(fi)
	}
	f.data, f.Size = data, len(data)
	f.lines = gosum.Parse(data)
	f.sums = gosum.Sums(f.lines)
	f.Lines = len(f.lines)
	f.EOL, f.Ended = gosum.EOL(f.lines), len(data) == 0 || data[len(data)-1] == '\n'
	if p.repo == nil {
		return f
	}
	for _, v := range []version{{kind: facts.WitnessHead, name: gitobj.Head}, {kind: facts.WitnessIndex, name: gitobj.Index},
		{kind: facts.WitnessMerge, name: gitobj.Ours}, {kind: facts.WitnessMerge, name: gitobj.Theirs}} {
		data, ok := p.repo.Show(p.ctx, v.name, path)
		if !ok {
			continue
		}
		switch v.kind {
		case facts.WitnessHead:
			f.Tracked = true
		case facts.WitnessIndex:
			v.name = "index"
		default:
			v.name = map[string]string{gitobj.Ours: "merge, ours", gitobj.Theirs: "merge, theirs"}[v.name]
		}
		v.data, v.sums = data, gosum.Sums(gosum.Parse(data))
		f.versions = append(f.versions, v)
	}
	return f
}

// history adds the older versions of a file, once.
func (p *place) history(f *file) {
	if f.asked || p.repo == nil {
		return
	}
	f.asked = true
	for _, v := range p.repo.History(p.ctx, f.Path, maxCommits) {
		f.versions = append(f.versions, version{kind: facts.WitnessHistory, name: "commit " + v.Commit, data: v.Data, sums: gosum.Sums(gosum.Parse(v.Data))})
	}
}

// content says what the module cache has for a key: the hash of its go.mod file, or that of its zip, else of
// its extracted folder. "" = nothing that can be hashed in time. record is the hash noted beside the zip.
func (p *place) content(k module.Version) (hash, where, record string) {
	ver, isMod := strings.CutSuffix(k.Version, "/go.mod")
	v := module.Version{Path: k.Path, Version: ver}
	paths, err := modcache.PathsOf(p.cache, v)
	if err != nil || p.cache == "" {
		return "", "", ""
	}
	if isMod {
		if data, err := buildlist.ReadFile(paths.Mod); err == nil {
			return modcache.HashGoMod(data), paths.Mod, ""
		}
		return "", "", ""
	}
	if text, err := buildlist.ReadFile(paths.ZipHash); err == nil && modcache.ValidHash(string(text)) {
		record = strings.TrimSpace(string(text))
	}
	if h, err := modcache.HashZip(p.ctx, paths.Zip); err == nil {
		return h, paths.Zip, record
	}
	if _, err := os.Lstat(paths.Tree); err != nil {
		return "", "", record
	}
	if _, err := os.Lstat(paths.Partial); err == nil {
		return "", "", record
	}
	if h, err := modcache.HashTree(p.ctx, paths.Tree, v); err == nil {
		return h, paths.Tree, record
	}
	return "", "", record
}

// record is the hash that the go command will compare with go.sum when the version is in the cache, without
// reading its content; "" = it is not, or the go command will hash it anew.
func (p *place) record(k module.Version) string {
	ver, isMod := strings.CutSuffix(k.Version, "/go.mod")
	paths, err := modcache.PathsOf(p.cache, module.Version{Path: k.Path, Version: ver})
	if err != nil || p.cache == "" {
		return ""
	}
	if isMod {
		if data, err := buildlist.ReadFile(paths.Mod); err == nil {
			return modcache.HashGoMod(data)
		}
		return ""
	}
	if text, err := buildlist.ReadFile(paths.ZipHash); err == nil && modcache.ValidHash(string(text)) {
		return strings.TrimSpace(string(text))
	}
	return ""
}
