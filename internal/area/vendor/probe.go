package vendor

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"go/version"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/mod/modfile"

	"github.com/gorescue/gorescue/internal/buildlist"
	"github.com/gorescue/gorescue/internal/conflict"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/gitobj"
	"github.com/gorescue/gorescue/internal/gosum"
	"github.com/gorescue/gorescue/internal/modcache"
	"github.com/gorescue/gorescue/internal/probe"
)

const (
	lookTime = 2500 * time.Millisecond // for all of the probe; what is not reached is left out
	maxText  = 1 << 20                 // bytes of all files that a repair may put back
)

// place is what the parts of the probe share.
type place struct {
	ctx   context.Context
	set   *facts.Settings
	b     *buildlist.List
	cache string
	repo  *gitobj.Repo
	v     facts.Vendor
	list  *list
	mods  []*modfile.File
	work  *modfile.WorkFile
	head  map[string]string // files below the folder in HEAD → object; nil = not known
	sums  modcache.Sums
	room  int // bytes that may still be put into the snapshot
}

func collect(ctx context.Context, w probe.World, s *facts.Snapshot) (probe.Install, error) {
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	p := &place{ctx: ctx, set: &s.Settings, room: maxText}
	var err error
	p.b, err = buildlist.Read(w.Dir, buildlist.Settings{GOFLAGS: s.Settings.Get("GOFLAGS"), GOWORK: s.Settings.Get("GOWORK"), GOMODCACHE: s.Settings.Get("GOMODCACHE")})
	root := p.b.Root
	if p.b.Work != "" {
		root = filepath.Dir(p.b.Work)
	}
	if root == "" {
		return nil, fmt.Errorf("%w: no module", probe.ErrSkipped)
	}
	p.v.Root, p.v.File = root, filepath.Join(root, "vendor", "modules.txt")
	if fi, err := os.Stat(filepath.Join(root, "vendor")); err != nil || !fi.IsDir() {
		return func(s *facts.Snapshot) { s.Vendor = p.v }, nil
	}
	p.v.Dir = filepath.Join(root, "vendor")
	if err != nil {
		return nil, err // go.mod or go.work cannot be read: nothing can be compared with it
	}
	if err := p.read(); err != nil {
		return nil, err
	}
	if c := s.Settings.Get("GOMODCACHE"); filepath.IsAbs(c) {
		p.cache = c
	}
	p.v.Go = lookGo(w.Get("PATH"))
	p.repo, err = gitobj.Open(w.Vars, root)
	if err != nil && !errors.Is(err, gitobj.ErrNone) {
		p.v.Git = err.Error()
	}
	if err := p.look(); err != nil {
		return nil, err
	}
	return func(s *facts.Snapshot) { s.Vendor = p.v }, nil
}

// read parses the files of the main modules, which buildlist could read.
func (p *place) read() error {
	for _, path := range p.b.Mods {
		data, err := buildlist.ReadFile(path)
		if err != nil {
			return err
		}
		f, err := modfile.Parse(path, data, nil)
		if err != nil {
			return err
		}
		p.mods = append(p.mods, f)
	}
	if p.b.Work != "" {
		data, err := buildlist.ReadFile(p.b.Work)
		if err != nil {
			return err
		}
		p.work, err = modfile.ParseWork(p.b.Work, data, nil)
		return err
	}
	return nil
}

// look reads modules.txt and compares it with go.mod, with git, and with what lies in the folder. An error says that
// there was no time for what git has, on which the judgement depends.
func (p *place) look() error {
	data, err := buildlist.ReadFile(p.v.File)
	state := facts.FileRead
	switch {
	case errors.Is(err, fs.ErrNotExist):
		state = facts.FileMissing
	case errors.Is(err, fs.ErrPermission):
		state = facts.FileUnreadable
	case err != nil:
		state = facts.FileOdd
	}
	p.v.List = string(state)
	if state == facts.FileRead {
		switch {
		case len(conflict.Find(data)) > 0:
			p.v.List = "markers"
		case bytes.IndexByte(data, 0) >= 0:
			p.v.List = "zero bytes"
		}
	}
	p.list = parse(data)
	p.v.Work = p.list.workspace
	p.v.Used = p.used()
	if !p.v.Used {
		return nil
	}
	p.v.Issues = consistent(p.list, p.mods, p.work)
	p.committed(data, state)
	if p.ctx.Err() != nil {
		return p.ctx.Err()
	}
	p.v.Foreign = state == facts.FileMissing && p.v.Head == "" && foreign(p.v.Dir)
	p.sums, _ = modcache.ReadSums(p.b.Sums) // what cannot be read vouches for nothing
	p.v.Offline = p.offline()
	if p.v.List == string(facts.FileRead) {
		p.contents()
	}
	return nil
}

// maxForeign bounds how many entries of a folder are looked at.
const maxForeign = 20000

// foreign reports whether a folder has something and nothing of Go: no .go file, as far as can be looked.
func foreign(dir string) bool {
	n := 0
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		n++
		if err == nil && !d.IsDir() && strings.HasSuffix(path, ".go") || n > maxForeign {
			return errGo
		}
		return nil
	})
	return err == nil && n > 1
}

var errGo = errors.New("a Go file, or too many to tell")

// used follows cmd/go/internal/modload/init.go, func setDefaultBuildMod: the folder is used when a flag says so, or
// when it was made in the mode in which the go command runs now, and the go line is at least 1.14.
func (p *place) used() bool {
	switch buildlist.Flag(p.set.Get("GOFLAGS"), "mod") {
	case "vendor":
		return true
	case "mod", "readonly":
		return false
	}
	line := ""
	switch {
	case p.work != nil && p.work.Go != nil:
		line = p.work.Go.Version
	case p.work == nil && len(p.mods) == 1 && p.mods[0].Go != nil:
		line = p.mods[0].Go.Version
	}
	return line != "" && version.Compare("go"+line, "go1.14") >= 0 && p.list.workspace == (p.work != nil)
}

// committed compares modules.txt with the one that git has.
func (p *place) committed(data []byte, state facts.FileState) {
	if p.repo == nil {
		return
	}
	p.head = p.repo.Tree(p.ctx, gitobj.Head, p.v.Dir)
	head, ok := p.repo.Show(p.ctx, gitobj.Head, p.v.File)
	if !ok {
		return
	}
	if state == facts.FileRead && bytes.Equal(bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n")), head) {
		p.v.Bumped = true
		return
	}
	p.v.Head = "disagrees"
	if l := parse(head); len(consistent(l, p.mods, p.work)) == 0 && l.workspace == (p.work != nil) {
		p.v.Head = "agrees"
	}
	if state == facts.FileRead || state == facts.FileMissing {
		p.v.Whole = gosum.Replace(data, head)
	}
}

// offline reports whether the module cache has everything that a new folder would be made of.
func (p *place) offline() bool {
	if p.cache == "" {
		return false
	}
	for _, m := range p.b.Modules {
		paths, err := modcache.PathsOf(p.cache, m.Version)
		if err != nil {
			return false
		}
		for _, f := range []string{paths.Mod, paths.Zip, paths.Info} {
			if _, err := os.Stat(f); err != nil {
				return false
			}
		}
	}
	return true
}

// lookGo finds the go program that a shell would start, "" when there is none.
func lookGo(path string) string {
	for _, dir := range filepath.SplitList(path) {
		if !filepath.IsAbs(dir) {
			continue
		}
		if f, err := exec.LookPath(filepath.Join(dir, "go")); err == nil {
			return f
		}
	}
	return ""
}

// sameText reports whether two texts are equal but for the ends of their lines, which git may have changed.
func sameText(a, b []byte) bool {
	return bytes.Equal(bytes.ReplaceAll(a, []byte("\r\n"), []byte("\n")), bytes.ReplaceAll(b, []byte("\r\n"), []byte("\n")))
}

func within(pkg, mod string) (string, bool) {
	if pkg == mod {
		return "", true
	}
	return strings.CutPrefix(pkg, mod+"/")
}
