package verify

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/module"

	"github.com/gorescue/gorescue/internal/buildlist"
	"github.com/gorescue/gorescue/internal/modcache"
)

// maxVendor bounds the files of a vendor folder that are looked at.
const maxVendor = 500_000

// Vendor is what became of the vendor folder.
type Vendor struct {
	Path     string       `json:"path,omitempty"` // "" = there is none
	Compared int          `json:"compared"`       // files that were compared with their modules
	Files    []VendorFile `json:"files"`          // that differ
	// Unknown are modules whose files could not be compared, because the cache has neither a sound zip nor a sound
	// folder of them, or because they come from a local folder.
	Unknown []string `json:"unknown,omitempty"`
	Err     string   `json:"err,omitempty"`
}

// VendorFile is a file of vendor that is not what its module has.
type VendorFile struct {
	Path   string `json:"path"`
	Module string `json:"module"` // path@version, "" = of no module in modules.txt
	What   string `json:"what"`   // "changed", "missing", "extra"
}

// vendored is one module of vendor/modules.txt.
type vendored struct {
	path     string
	from     module.Version // with a replacement: what stands in for it; no version = a folder
	packages []string
}

type vendorCheck struct {
	ctx    context.Context
	cache  string
	list   *buildlist.List
	report *Report
}

func (c *vendorCheck) run(subjects []*Module) {
	root := c.list.Root
	if c.list.Work != "" {
		root = filepath.Dir(c.list.Work)
	}
	dir := filepath.Join(root, "vendor")
	text, err := buildlist.ReadFile(filepath.Join(dir, "modules.txt"))
	out := &c.report.Vendor
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	out.Path = dir
	if err != nil {
		out.Err = err.Error()
		return
	}
	mods := parseModulesTxt(string(text))
	byMod := map[module.Version]*Module{}
	for _, m := range subjects {
		byMod[m.Mod()] = m
	}
	files, err := vendorFiles(c.ctx, dir)
	if err != nil {
		out.Err = err.Error()
	}
	for i := range mods {
		v := &mods[i]
		mine := files.of(v, mods)
		c.module(dir, v, mine, byMod[v.from])
	}
	for name, taken := range files {
		if !taken {
			out.Files = append(out.Files, VendorFile{Path: filepath.Join(dir, filepath.FromSlash(name)), What: "extra"})
		}
	}
	slices.SortFunc(out.Files, func(a, b VendorFile) int { return strings.Compare(a.Path, b.Path) })
	c.report.Counts.Vendored = len(out.Files)
}

// module compares the files of one module.
func (c *vendorCheck) module(dir string, v *vendored, mine []string, m *Module) {
	out := &c.report.Vendor
	name := v.path
	if v.from.Version != "" {
		name = v.from.String()
	}
	if len(mine) == 0 && len(v.packages) == 0 {
		return
	}
	if m == nil || v.from.Version == "" || m.Want == "" || m.Exam.Zip.Hash != m.Want && m.Exam.Tree.Hash != m.Want {
		out.Unknown = append(out.Unknown, name)
		return
	}
	paths, err := modcache.PathsOf(c.cache, v.from)
	if err != nil {
		out.Unknown = append(out.Unknown, name)
		return
	}
	zip := paths.Zip
	if m.Exam.Zip.Hash != m.Want {
		zip = ""
	}
	var pkgs []string
	for _, p := range v.packages {
		pkgs = append(pkgs, strings.TrimPrefix(strings.TrimPrefix(p, v.path), "/"))
	}
	diffs, err := modcache.CompareSome(c.ctx, modcache.Some{Zip: zip, Tree: paths.Tree, Version: v.from,
		Dir: filepath.Join(dir, filepath.FromSlash(v.path)), Files: mine, Packages: pkgs})
	if err != nil {
		out.Unknown = append(out.Unknown, name)
		return
	}
	out.Compared += len(mine)
	for _, d := range diffs {
		out.Files = append(out.Files, VendorFile{Path: filepath.Join(dir, filepath.FromSlash(v.path), filepath.FromSlash(d.Name)), Module: name, What: d.What})
	}
}

// parseModulesTxt reads vendor/modules.txt (cmd/go/internal/modcmd/vendor.go): "# path version [=> path [version]]",
// then one import path a line. "## explicit" and lines of replacements alone say nothing here.
func parseModulesTxt(text string) []vendored {
	var out []vendored
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		f := strings.Fields(line)
		switch {
		case len(f) == 0 || f[0] == "##":
		case f[0] == "#":
			if len(f) < 3 {
				continue
			}
			v := vendored{path: f[1], from: module.Version{Path: f[1], Version: f[2]}}
			if i := slices.Index(f, "=>"); i == 2 {
				continue // a replacement of every version, listed at the end
			} else if i == 3 && len(f) > 4 {
				v.from = module.Version{Path: f[4]}
				if len(f) > 5 {
					v.from.Version = f[5]
				}
			}
			out = append(out, v)
		case len(out) > 0:
			out[len(out)-1].packages = append(out[len(out)-1].packages, f[0])
		}
	}
	return out
}

// fileSet holds the files of vendor by name, true when they belong to a module.
type fileSet map[string]bool

func vendorFiles(ctx context.Context, dir string) (fileSet, error) {
	out := fileSet{}
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err = errors.Join(err, ctx.Err()); err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(dir, p)
		if err != nil || rel == "modules.txt" {
			return err
		}
		if len(out) >= maxVendor {
			return errors.New("too many files in vendor")
		}
		out[filepath.ToSlash(rel)] = false
		return nil
	})
	return out, err
}

// of takes the files of a module, relative to it: those below its path and not below that of a longer one.
func (s fileSet) of(v *vendored, all []vendored) []string {
	var out []string
	for name, taken := range s {
		rel, ok := strings.CutPrefix(name, v.path+"/")
		if taken || !ok {
			continue
		}
		longer := slices.ContainsFunc(all, func(o vendored) bool {
			return len(o.path) > len(v.path) && strings.HasPrefix(name, o.path+"/") && len(o.packages) > 0
		})
		if !longer {
			s[name] = true
			out = append(out, rel)
		}
	}
	slices.Sort(out)
	return out
}
