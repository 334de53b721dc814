// Package buildlist tells which module versions a project asks for, and which of them are whole in the
// module cache, from files alone: the go command may be what is broken, and asking it would write to
// the cache. It is an approximation from above for modules with a go line below 1.17, whose go.mod does
// not list everything.
package buildlist

import (
	"errors"
	"fmt"
	"go/version"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"syscall"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"
)

// maxFile bounds every file that is read: 8 MiB.
const maxFile = 8 << 20

// Settings are the settings of the go command that decide which files count. Empty means unset.
type Settings struct {
	GOFLAGS    string
	GOWORK     string
	GOMODCACHE string
	// Files are read in place of others, as with -overlay: path → file that has its content, "" = it is not
	// there. nil = none.
	Files map[string]string
}

// List is what a project asks for.
type List struct {
	Mod     string   // the go.mod that go uses in this folder (also one named by -modfile), "" = none
	Root    string   // folder of the module, "" = none
	Work    string   // the go.work in effect, "" = none
	Mods    []string // go.mod of every main module
	Sums    []string // go.sum and go.work.sum, whether they exist or not
	Vendor  bool     // dependencies come from a vendor folder: the cache does not matter
	Go      string   // highest go line, as in go.mod: "1.26.0"
	Chain   string   // toolchain line of go.work or else go.mod, "" = none
	Modules []Module // sorted by path

	files   map[string]string // as Settings.Files
	folders map[string]string // modules that are replaced by a folder: path → folder
}

// Module is one dependency in the version that the project asks for, replacements followed.
type Module struct {
	module.Version
	Mod     module.Version // as go.mod requires it: another one when it is replaced
	Needed  bool           // a package of it is needed by the build or the tests (its content has a line in go.sum; see also Of)
	Tests   bool           // only tests and tools need it; known only of modules that are missing, by Of
	Missing string         // what of it is not in the cache: "mod", "dir", "partial", "ziphash"; "" = it is whole
}

// Read reads the project around dir. An error says which file could not be read or parsed; what was
// found before is returned with it.
func Read(dir string, set Settings) (*List, error) {
	l := &List{files: set.Files}
	l.Root = l.up(dir, "go.mod")
	if l.Root != "" {
		l.Mod = filepath.Join(l.Root, "go.mod")
	}
	switch set.GOWORK {
	case "off":
	case "":
		if d := l.up(dir, "go.work"); d != "" {
			l.Work = filepath.Join(d, "go.work")
		}
	default:
		l.Work = set.GOWORK
	}
	if f := Flag(set.GOFLAGS, "modfile"); f != "" && l.Mod != "" && l.Work == "" {
		if !filepath.IsAbs(f) {
			f = filepath.Join(dir, f)
		}
		l.Mod = f
	}
	r := reader{list: l, required: map[string]string{}, replaced: map[module.Version]module.Version{}, from: map[module.Version]string{}, mains: map[string]bool{}}
	if err := r.files(); err != nil {
		return l, err
	}
	if err := r.sums(); err != nil {
		return l, err
	}
	l.Vendor = l.vendored(set.GOFLAGS)
	l.Modules = r.modules(set.GOMODCACHE)
	return l, nil
}

// vendored follows cmd/go/internal/modload/init.go, func setDefaultBuildMod: a vendor folder beside go.mod
// or go.work is used unless a flag says otherwise.
func (l *List) vendored(goflags string) bool {
	switch Flag(goflags, "mod") {
	case "vendor":
		return true
	case "mod", "readonly":
		return false
	}
	dir := l.Root
	if l.Work != "" {
		dir = filepath.Dir(l.Work)
	}
	_, err := os.Stat(filepath.Join(dir, "vendor", "modules.txt"))
	return dir != "" && err == nil
}

// Flag returns the value of -name=value in a GOFLAGS value; the last one wins.
func Flag(goflags, name string) string {
	value := ""
	for _, f := range strings.Fields(goflags) { // quotes belong around a whole flag
		f = strings.Trim(f, `'"`)
		if v, ok := strings.CutPrefix(strings.TrimPrefix(f, "-"), "-"+name+"="); ok {
			value = v
		} else if v, ok := strings.CutPrefix(f, "-"+name+"="); ok {
			value = v
		}
	}
	return value
}

// up returns the nearest folder, from dir upward, that has a file of that name.
func (l *List) up(dir, name string) string {
	for {
		if has(l.real(filepath.Join(dir, name))) {
			return dir
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return ""
		}
		dir = parent
	}
}

func has(path string) bool {
	fi, err := os.Stat(path)
	return err == nil && !fi.IsDir()
}

// real is the file that is read for a path; a path that is not there becomes one that never is.
func (l *List) real(path string) string {
	if to, ok := l.files[path]; ok {
		if to == "" {
			return filepath.Join(os.DevNull, "none")
		}
		return to
	}
	return path
}

type reader struct {
	list     *List
	required map[string]string // path → highest version
	replaced map[module.Version]module.Version
	from     map[module.Version]string // folder of the file that says so
	mains    map[string]bool           // paths of the main modules
	content  map[module.Version]bool   // has a content line in a go.sum
}

func (r *reader) files() error {
	l := r.list
	if l.Work == "" {
		if l.Mod == "" {
			return nil
		}
		l.Mods = []string{l.Mod}
		l.Sums = []string{strings.TrimSuffix(l.Mod, ".mod") + ".sum"}
		return r.mod(l.Mod)
	}
	data, err := ReadFile(r.list.real(l.Work))
	if err != nil {
		return err
	}
	w, err := modfile.ParseWork(l.Work, data, nil)
	if err != nil {
		return err
	}
	if w.Go != nil {
		l.Go = w.Go.Version
	}
	if w.Toolchain != nil {
		l.Chain = w.Toolchain.Name
	}
	dir := filepath.Dir(l.Work)
	l.Sums = []string{l.Work + ".sum"}
	for _, u := range w.Use {
		d := filepath.FromSlash(u.Path)
		if !filepath.IsAbs(d) {
			d = filepath.Join(dir, d)
		}
		m := filepath.Join(d, "go.mod")
		l.Mods, l.Sums = append(l.Mods, m), append(l.Sums, filepath.Join(d, "go.sum"))
		if err := r.mod(m); err != nil {
			return err
		}
	}
	for _, rep := range w.Replace { // go.work wins over go.mod
		r.replaced[rep.Old], r.from[rep.Old] = rep.New, dir
	}
	return nil
}

func (r *reader) mod(path string) error {
	data, err := ReadFile(r.list.real(path))
	if err != nil {
		return err
	}
	f, err := modfile.Parse(path, data, nil)
	if err != nil {
		return err
	}
	if f.Go != nil && (r.list.Go == "" || version.Compare("go"+f.Go.Version, "go"+r.list.Go) > 0) {
		r.list.Go = f.Go.Version
	}
	if f.Module != nil {
		r.mains[f.Module.Mod.Path] = true
	}
	if f.Toolchain != nil && r.list.Work == "" {
		r.list.Chain = f.Toolchain.Name
	}
	for _, q := range f.Require {
		if have := r.required[q.Mod.Path]; have == "" || semver.Compare(q.Mod.Version, have) > 0 {
			r.required[q.Mod.Path] = q.Mod.Version
		}
	}
	for _, rep := range f.Replace {
		if _, ok := r.replaced[rep.Old]; !ok {
			r.replaced[rep.Old], r.from[rep.Old] = rep.New, filepath.Dir(path)
		}
	}
	return nil
}

// sums notes which module versions have a line for their content.
func (r *reader) sums() error {
	r.content = map[module.Version]bool{}
	for _, path := range r.list.Sums {
		data, err := ReadFile(r.list.real(path))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		for line := range strings.Lines(string(data)) {
			if f := strings.Fields(line); len(f) == 3 && !strings.HasSuffix(f[1], "/go.mod") {
				r.content[module.Version{Path: f[0], Version: f[1]}] = true
			}
		}
	}
	return nil
}

func (r *reader) modules(cache string) []Module {
	var out []Module
	r.list.folders = map[string]string{}
	for path, want := range r.required {
		if r.mains[path] {
			continue // a workspace joins it: its folder is used, whatever version is asked for
		}
		asked := module.Version{Path: path, Version: want}
		v, from := asked, ""
		for _, key := range []module.Version{v, {Path: path}} {
			if to, ok := r.replaced[key]; ok {
				v, from = to, r.from[key]
				break
			}
		}
		if v.Version == "" { // replaced by a folder
			dir := filepath.FromSlash(v.Path)
			if !filepath.IsAbs(dir) {
				dir = filepath.Join(from, dir)
			}
			r.list.folders[path] = dir
			continue
		}
		m := Module{Version: v, Mod: asked, Needed: r.content[v]}
		m.Missing = Missing(cache, v)
		out = append(out, m)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Path < out[j].Path })
	return out
}

// Missing says what of a module version is not in the cache, "" when it is whole: the go command then
// neither downloads nor extracts it, and does not take its lock (cmd/go/internal/modfetch/fetch.go,
// func download; cache.go, func DownloadDir). A cache that is not an absolute path has nothing.
func Missing(cache string, v module.Version) string {
	path, err1 := module.EscapePath(v.Path)
	ver, err2 := module.EscapeVersion(v.Version)
	if err1 != nil || err2 != nil || !filepath.IsAbs(cache) {
		return "mod"
	}
	base := filepath.Join(cache, "cache", "download", filepath.FromSlash(path), "@v", ver)
	if _, err := os.Stat(base + ".mod"); err != nil {
		return "mod"
	}
	if fi, err := os.Stat(filepath.Join(cache, filepath.FromSlash(path)+"@"+ver)); err != nil || !fi.IsDir() {
		return "dir"
	}
	if _, err := os.Stat(base + ".partial"); err == nil {
		return "partial"
	}
	if _, err := os.Stat(base + ".ziphash"); err != nil {
		return "ziphash"
	}
	return ""
}

// LockFile is the file that guards download and extraction of a module version.
func LockFile(cache string, v module.Version) string {
	path, err1 := module.EscapePath(v.Path)
	ver, err2 := module.EscapeVersion(v.Version)
	if err1 != nil || err2 != nil || !filepath.IsAbs(cache) {
		return ""
	}
	return filepath.Join(cache, "cache", "download", filepath.FromSlash(path), "@v", ver+".lock")
}

// ReadFile reads a regular file of at most 8 MiB. It never waits: a pipe or device is an error.
func ReadFile(path string) ([]byte, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	fi, err := f.Stat()
	switch {
	case err != nil:
		return nil, err
	case !fi.Mode().IsRegular():
		return nil, fmt.Errorf("cannot read %s: no regular file", path)
	case fi.Size() > maxFile:
		return nil, fmt.Errorf("cannot read %s: larger than %d bytes", path, maxFile)
	}
	return io.ReadAll(io.LimitReader(f, maxFile))
}
