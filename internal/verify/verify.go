// Package verify checks the module cache in depth: what each file of each module version is, computed from
// its bytes, against what go.sum says it must be, for everything that go mod verify does not look at: go.sum
// itself instead of the cache's own record, replacement modules, vendor, toolchains, versions of other
// projects, and the small files beside the zips (cmd/go/internal/modcmd/verify.go, func verifyMod). It only reads.
package verify

import (
	"cmp"
	"context"
	"errors"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/mod/module"

	"github.com/gorescue/gorescue/internal/buildlist"
	"github.com/gorescue/gorescue/internal/modcache"
)

// Schema is the version of the report document.
const Schema = 1

// Options say what is to be looked at.
type Options struct {
	Dir      string // of the project
	Settings buildlist.Settings
	All      bool     // everything in the cache, not only what the project names
	Patterns []string // only these: PATH, PATH@VERSION or patterns as in GOPRIVATE; empty = all
	Index    *modcache.Index
	Files    bool // note the digest of every file
	// Progress is told, from several goroutines, how many of all versions are done; nil is allowed.
	Progress func(done, total int)
}

// Report is what was found.
type Report struct {
	Schema  int       `json:"schema"`
	Tool    string    `json:"tool,omitempty"`
	Time    time.Time `json:"time"`
	Seconds float64   `json:"duration"`
	Dir     string    `json:"dir"`
	Cache   string    `json:"cache"`
	Scope   Scope     `json:"scope"`
	Modules []Module  `json:"modules"` // sorted by path and version; versions of which nothing is in the cache are left out
	Lists   []Defect  `json:"lists"`   // bad @v/list files
	Vendor  Vendor    `json:"vendor"`
	Counts  Counts    `json:"counts"`
}

// Scope says which versions were looked at.
type Scope string

// The scopes: what go.mod, go.sum and go.work of the project name, or the whole cache.
const (
	project Scope = "project"
	whole   Scope = "all"
)

// Counts sums a report up.
type Counts struct {
	Modules  int `json:"modules"`  // looked at
	Absent   int `json:"absent"`   // named by the project, nothing of them in the cache
	Damaged  int `json:"damaged"`  // with defects
	Unknown  int `json:"unknown"`  // could not be looked at
	GoSum    int `json:"go_sum"`   // judged by go.sum
	OwnOnly  int `json:"own_only"` // judged by nothing but what the cache itself says
	Vendored int `json:"vendored"` // files of vendor that differ
}

// Role says why a version was looked at.
type Role string

// The roles.
const (
	roleBuild     Role = "build"       // go.mod asks for it
	roleSum       Role = "go.sum"      // it has lines in go.sum
	roleReplace   Role = "replacement" // it stands in for another module
	roleToolchain Role = "toolchain"
	roleCache     Role = "cache" // it is there
)

// Reference says by what a version was judged.
type Reference string

// The references, best first. ByRecord: the hash that the cache itself keeps of the zip; byEachOther: zip and folder;
// byNothing: there is nothing to compare with.
const (
	ByGoSum     Reference = "go.sum"
	ByRecord    Reference = "ziphash"
	byEachOther Reference = "each other"
	byNothing   Reference = "nothing"
)

// Module is one version and what became of it.
type Module struct {
	Path      string        `json:"path"`
	Version   string        `json:"version"`
	Roles     []Role        `json:"roles"`
	Reference Reference     `json:"reference"`
	Want      string        `json:"want,omitempty"` // hash that it must have, by the reference
	SumFile   string        `json:"sum_file,omitempty"`
	SumLine   int           `json:"sum_line,omitempty"`
	WantMod   string        `json:"want_mod,omitempty"`   // of its go.mod file
	ModByZip  bool          `json:"mod_by_zip,omitempty"` // no go.sum has that hash: it is that of the go.mod file in the zip
	Exam      modcache.Exam `json:"is"`
	Unknown   string        `json:"unknown,omitempty"` // why it could not be looked at
	Defects   []Defect      `json:"defects"`

	there bool
}

// Mod is the path and version.
func (m *Module) Mod() module.Version { return module.Version{Path: m.Path, Version: m.Version} }

// Damaged returns the versions with defects.
func (r *Report) Damaged() []*Module {
	var out []*Module
	for i := range r.Modules {
		if len(r.Modules[i].Defects) > 0 {
			out = append(out, &r.Modules[i])
		}
	}
	return out
}

// Run looks. An error says that there is nothing to look at or that the project's files cannot be read; a ctx
// that ended leaves the rest unknown.
func Run(ctx context.Context, o Options) (*Report, error) {
	began := time.Now()
	cache := o.Settings.GOMODCACHE
	if !filepath.IsAbs(cache) {
		return nil, errors.New("GOMODCACHE is not an absolute path")
	}
	r := &Report{Schema: Schema, Time: began.UTC().Round(0), Dir: o.Dir, Cache: cache, Scope: project, Modules: []Module{}, Lists: []Defect{}, Vendor: Vendor{Files: []VendorFile{}}}
	subjects, list, err := gather(ctx, o)
	if err != nil {
		return nil, err
	}
	if o.All {
		r.Scope = whole
	}
	examine(ctx, o, subjects)
	for _, m := range subjects {
		r.count(m)
	}
	r.lists(subjects)
	if list != nil {
		v := vendorCheck{ctx: ctx, cache: cache, list: list, report: r}
		v.run(subjects)
	}
	if err := o.Index.Save(); err != nil {
		_ = err // the next run is slower; nothing else depends on it
	}
	r.Seconds = time.Since(began).Seconds()
	return r, nil
}

func (r *Report) count(m *Module) {
	if !m.there && m.Unknown == "" {
		r.Counts.Absent++
		return
	}
	r.Modules = append(r.Modules, *m)
	r.Counts.Modules++
	switch {
	case len(m.Defects) > 0:
		r.Counts.Damaged++
	case m.Unknown != "":
		r.Counts.Unknown++
	}
	switch m.Reference {
	case ByGoSum:
		r.Counts.GoSum++
	default:
		r.Counts.OwnOnly++
	}
}

// examine looks at all versions, as many at once as there are processors.
func examine(ctx context.Context, o Options, subjects []*Module) {
	var wg sync.WaitGroup
	var mu sync.Mutex
	next, done := 0, 0
	for range min(runtime.GOMAXPROCS(0), len(subjects)) {
		wg.Go(func() {
			x := &modcache.Examiner{Index: o.Index, Files: o.Files}
			for {
				mu.Lock()
				i := next
				next++
				mu.Unlock()
				if i >= len(subjects) {
					return
				}
				look(ctx, x, o.Settings.GOMODCACHE, subjects[i])
				mu.Lock()
				if done++; o.Progress != nil {
					o.Progress(done, len(subjects))
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
}

func look(ctx context.Context, x *modcache.Examiner, cache string, m *Module) {
	paths, err := modcache.PathsOf(cache, m.Mod())
	if err != nil {
		m.Unknown = err.Error()
		return
	}
	m.Exam = x.Examine(ctx, m.Mod(), paths)
	e := m.Exam
	m.there = e.Zip.There() || e.Tree.There() || e.Mod.There() || e.State != modcache.Absent || e.Partial
	if err := ctx.Err(); err != nil {
		m.Unknown, m.Reference = "not enough time", byNothing
		return
	}
	if m.there {
		judge(m, paths)
	}
}

func sortModules(list []*Module) {
	slices.SortFunc(list, func(a, b *Module) int {
		return cmp.Or(strings.Compare(a.Path, b.Path), strings.Compare(a.Version, b.Version))
	})
}
