package action

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/module"

	"github.com/gorescue/gorescue/internal/atomicfile"
	"github.com/gorescue/gorescue/internal/modcache"
	"github.com/gorescue/gorescue/internal/text"
)

// Part is one file or folder of a cached module version.
type Part string

// The parts, in the order in which they are changed. The mark comes last, since the folder is not trusted while it lies
// there (cmd/go/internal/modfetch/cache.go, func DownloadDir); taking back goes the other way, and has it there first.
const (
	PartTree Part = "tree"
	PartZip  Part = "zip"
	PartHash Part = "ziphash"
	PartMod  Part = "mod"
	PartInfo Part = "info"
	PartMark Part = "partial"
)

func parts() []Part { return []Part{PartTree, PartZip, PartHash, PartMod, PartInfo, PartMark} }

// Origin says where the sound parts come from.
type Origin string

// The origins. FromCopy: another module cache; FromClone: the git repository that the go command keeps in
// cache/vcs; FromGo: go mod download, with the user's own settings.
const (
	FromZip   Origin = "zip"
	FromTree  Origin = "tree"
	FromCopy  Origin = "copy"
	FromClone Origin = "clone"
	FromGo    Origin = "go"
)

// RestoreModule puts sound parts of one version into the module cache in the place of damaged ones. They are made
// beside the cache first and must have the hashes given; only then, under the go command's own lock of the version,
// the sound and the damaged ones change places, each part in one instant: a go command that reads takes no lock.
type RestoreModule struct {
	Cache   string `json:"cache"` // GOMODCACHE
	Module  string `json:"module"`
	Version string `json:"version"`
	Sum     string `json:"sum,omitempty"`     // hash of the content, "h1:…"; "" = only PartMod and PartInfo
	ModSum  string `json:"mod_sum,omitempty"` // hash of the go.mod file
	Parts   []Part `json:"parts"`
	From    Origin `json:"from"`
	Place   string `json:"place,omitempty"` // of FromCopy: the other cache; of FromClone: the repository; of FromGo: the go program
	Aside   string `json:"aside"`           // a folder in the cache, of this change alone
	// Flags of FromGo: GOFLAGS, of which only -modcacherw is kept.
	Flags string `json:"flags,omitempty"`
}

func (r *RestoreModule) mod() module.Version {
	return module.Version{Path: r.Module, Version: r.Version}
}

// Kind is "restore-module".
func (r *RestoreModule) Kind() string { return "restore-module" }

// Paths are the parts. Of a folder only the top is bound to a plan; its content is hashed again under the lock.
func (r *RestoreModule) Paths() []string {
	p, err := modcache.PathsOf(r.Cache, r.mod())
	if err != nil {
		return nil
	}
	var out []string
	for _, part := range parts() {
		if slices.Contains(r.Parts, part) {
			out = append(out, place(p, part))
		}
	}
	return out
}

func place(p modcache.Paths, part Part) string {
	switch part {
	case PartMark:
		return p.Partial
	case PartTree:
		return p.Tree
	case PartZip:
		return p.Zip
	case PartHash:
		return p.ZipHash
	case PartMod:
		return p.Mod
	}
	return p.Info
}

// Apply makes the sound parts and puts them in.
func (r *RestoreModule) Apply(ctx context.Context, sys System) error {
	p, err := modcache.PathsOf(r.Cache, r.mod())
	if err != nil {
		return err
	}
	if err := makeParents(sys, r.Aside); err != nil {
		return err
	}
	before, err := r.states(sys)
	if err != nil {
		return err
	}
	stage := filepath.Join(r.Aside, r.name()+".new")
	real := false
	err = sys.Make(stage, func() error {
		real = true
		s := stager{r: r, dir: stage, p: p}
		return s.build(ctx)
	})
	if err != nil {
		return err
	}
	if real {
		release, err := lockVersion(ctx, p)
		if err != nil {
			return err
		}
		defer release()
		if after, err := r.states(sys); err != nil || !slices.Equal(before, after) {
			return errors.Join(err, fmt.Errorf("cannot restore %s: another program has changed it in the meantime", r.mod()))
		}
	}
	return r.swap(sys, p, stage)
}

// states are the fingerprints of all parts to be replaced.
func (r *RestoreModule) states(sys System) ([]string, error) {
	var out []string
	for _, path := range r.Paths() {
		im, err := sys.Look(path)
		if err != nil {
			return nil, err
		}
		out = append(out, Digest(im))
	}
	return out, nil
}

func (r *RestoreModule) name() string { return strings.ReplaceAll(r.mod().String(), "/", "_") }

// swap puts the sound parts in and the damaged ones aside.
func (r *RestoreModule) swap(sys System, p modcache.Paths, stage string) error {
	for _, part := range parts() {
		if !slices.Contains(r.Parts, part) {
			continue
		}
		at := place(p, part)
		old, err := sys.Look(at)
		if err != nil {
			return err
		}
		aside := filepath.Join(r.Aside, r.name()+"."+string(part))
		if part == PartMark {
			if old.Kind != atomicfile.Absent {
				err = sys.Move(at, aside)
			}
			if err != nil {
				return err
			}
			continue
		}
		if err := replace(sys, at, old, filepath.Join(stage, string(part)), aside); err != nil {
			return err
		}
		if part == PartTree && (old.Kind == atomicfile.Absent || old.Mode&0o200 == 0) && !strings.Contains(r.Flags, "-modcacherw") {
			if err := readOnlyTop(sys, at); err != nil {
				return err
			}
		}
	}
	return nil
}

// replace puts what is at sound to a place, and what is there now aside.
func replace(sys System, at string, old atomicfile.Image, sound, aside string) error {
	if old.Kind == atomicfile.Absent {
		if err := makeParents(sys, filepath.Dir(at)); err != nil {
			return err
		}
		return sys.Move(sound, at)
	}
	if err := writableTop(sys, at, old); err != nil {
		return err
	}
	err := sys.Swap(at, sound)
	switch {
	case errors.Is(err, errors.ErrUnsupported):
		if err := sys.Move(at, aside); err != nil {
			return err
		}
		return sys.Move(sound, at)
	case err != nil:
		return err
	}
	return sys.Move(sound, aside)
}

// writableTop makes a folder writable, since its own ".." changes when it is moved.
func writableTop(sys System, path string, im atomicfile.Image) error {
	if im.Kind != atomicfile.Folder || im.Mode&0o200 != 0 {
		return nil
	}
	im.Mode |= 0o200
	return sys.Put(path, im)
}

// readOnlyTop takes the right to write from a folder, as the go command does with what it extracts.
func readOnlyTop(sys System, path string) error {
	im, err := sys.Look(path)
	if err != nil || im.Kind != atomicfile.Folder {
		return err // of a dry run
	}
	im.Mode &^= 0o222
	return sys.Put(path, im)
}

// Verify hashes all parts again where they are now.
func (r *RestoreModule) Verify(ctx context.Context, _ System) error {
	p, err := modcache.PathsOf(r.Cache, r.mod())
	if err != nil {
		return err
	}
	var x modcache.Examiner
	e := x.Examine(ctx, r.mod(), p)
	for _, part := range r.Parts {
		ok := true
		switch part {
		case PartMark:
			ok = !e.Partial
		case PartTree:
			ok = e.Tree.Hash == r.Sum
		case PartZip:
			ok = e.Zip.Hash == r.Sum
		case PartHash:
			ok = e.Record == r.Sum
		case PartMod:
			ok = e.Mod.Hash == r.ModSum
		case PartInfo:
			ok = e.Info == modcache.Valid
		}
		if !ok {
			return errors.Join(ctx.Err(), fmt.Errorf("cannot verify %s: its %s is not what it must be", r.mod(), part))
		}
	}
	return nil
}

// Describe names version, parts and origin.
func (r *RestoreModule) Describe() text.Msg {
	var list []string
	for _, p := range r.Parts {
		list = append(list, string(p))
	}
	return text.New("replace {parts} of {module} in {cache}; what is there now is kept in {aside}", "替换 {cache} 中 {module} 的 {parts}；现有内容保存到 {aside}").
		With("parts", strings.Join(list, ", "), "module", r.mod(), "cache", r.Cache, "aside", r.Aside)
}

// lockWait bounds how long another program's lock is waited for.
const lockWait = 15 * time.Second

// lockVersion takes the lock under which the go command downloads and extracts this version
// (cmd/go/internal/modfetch/cache.go, func lockVersion), and waits for programs that read its files.
func lockVersion(ctx context.Context, p modcache.Paths) (func(), error) {
	ctx, cancel := context.WithTimeout(ctx, lockWait)
	defer cancel()
	file := strings.TrimSuffix(p.Mod, ".mod") + ".lock"
	for {
		release, ok, err := atomicfile.TryLockFile(file)
		switch {
		case err != nil:
			return nil, fmt.Errorf("cannot take the go command's lock: %v", err)
		case ok:
			if err := waitUnused(ctx, p.Tree); err != nil {
				release()
				return nil, err
			}
			return release, nil
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("cannot take the go command's lock %s: %s", file, holderOf(file))
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func waitUnused(ctx context.Context, tree string) error {
	for {
		who := userOf(tree)
		if who == "" {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("cannot replace %s: %s", tree, who)
		case <-time.After(100 * time.Millisecond):
		}
	}
}
