package vendor

import (
	"fmt"
	"go/version"
	"path/filepath"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"

	"github.com/gorescue/gorescue/internal/facts"
)

// list is a modules.txt file as the go command reads it (cmd/go/internal/modload/vendor.go, func readVendorList).
type list struct {
	workspace bool
	meta      map[module.Version]*entry
	order     []module.Version // in which modules appear
	used      []module.Version // those with packages
	replaced  []module.Version // those with a replacement, in order
}

// entry is what the list says about one module.
type entry struct {
	explicit bool
	to       module.Version // its replacement, zero = none
	packages []string
}

// parse reads a modules.txt. Lines that it does not understand are passed over, as the go command does.
func parse(data []byte) *list {
	l := &list{meta: map[module.Version]*entry{}}
	var mod module.Version
	n := 0
	for line := range strings.SplitSeq(string(data), "\n") {
		n++
		line = strings.TrimRight(line, "\r")
		notes, isNote := strings.CutPrefix(line, "## ")
		switch {
		case isNote:
			for note := range strings.SplitSeq(notes, ";") {
				switch strings.TrimSpace(note) {
				case "workspace":
					l.workspace = l.workspace || n == 1
				case "explicit":
					if mod.Path != "" {
						l.at(mod).explicit = true
					}
				}
			}
		case strings.HasPrefix(line, "# "):
			mod = l.header(strings.Fields(line)[1:])
		case mod.Path == "":
		default:
			if f := strings.Fields(line); len(f) == 1 && module.CheckImportPath(f[0]) == nil {
				e := l.at(mod)
				if len(e.packages) == 0 {
					l.used = append(l.used, mod)
				}
				e.packages = append(e.packages, f[0])
			}
		}
	}
	return l
}

// header reads a line "# path version [=> path [version]]"; the zero value means that it is none.
func (l *list) header(f []string) module.Version {
	var mod module.Version
	switch {
	case len(f) < 2:
		return mod
	case semver.IsValid(f[1]):
		mod, f = module.Version{Path: f[0], Version: f[1]}, f[2:]
	case f[1] == "=>":
		mod, f = module.Version{Path: f[0]}, f[1:]
	default:
		return mod
	}
	e := l.at(mod)
	switch {
	case len(f) == 2 && f[0] == "=>":
		e.to = module.Version{Path: f[1]}
	case len(f) == 3 && f[0] == "=>" && semver.IsValid(f[2]):
		e.to = module.Version{Path: f[1], Version: f[2]}
	default:
		return mod
	}
	l.replaced = append(l.replaced, mod)
	return mod
}

func (l *list) at(mod module.Version) *entry {
	if l.meta[mod] == nil {
		l.meta[mod] = &entry{}
		l.order = append(l.order, mod)
	}
	return l.meta[mod]
}

// maxIssues bounds what is kept of the disagreements.
const maxIssues = 50

// consistent lists what the go command would find wrong between a list and the requirements and replacements of the
// main modules (cmd/go/internal/modload/vendor.go, func checkVendorConsistency). In a workspace, replacements by
// folders are not compared: their spelling depends on both files.
func consistent(l *list, mods []*modfile.File, work *modfile.WorkFile) []facts.VendorIssue {
	c := &comparison{l: l, mods: mods, work: work, required: map[module.Version]bool{}, replaced: map[module.Version]module.Version{}}
	if work == nil && len(mods) == 1 && (mods[0].Go == nil || version.Compare("go"+mods[0].Go.Version, "go1.14") < 0) {
		return nil // such modules do not use the folder unless told to, and their lists say less
	}
	for _, m := range mods {
		for _, r := range m.Require {
			c.required[r.Mod] = true
			if e := l.meta[r.Mod]; e == nil || !e.explicit {
				c.issue(r.Mod, "not explicit", "is explicitly required in go.mod, but not marked as explicit in vendor/modules.txt")
			}
		}
	}
	if work != nil {
		c.replacements(work.Replace)
	}
	for _, m := range mods {
		c.replacements(m.Replace)
	}
	for _, mod := range l.used {
		if l.meta[mod].explicit && !c.required[mod] {
			c.issue(mod, "not required", "is marked as explicit in vendor/modules.txt, but not explicitly required in go.mod")
		}
	}
	for _, mod := range l.replaced {
		if _, ok := c.replacement(mod); !ok {
			c.issue(mod, "replaced", "is marked as replaced in vendor/modules.txt, but not replaced in go.mod")
		}
	}
	return c.out
}

type comparison struct {
	l        *list
	mods     []*modfile.File
	work     *modfile.WorkFile
	required map[module.Version]bool
	replaced map[module.Version]module.Version
	out      []facts.VendorIssue
}

func (c *comparison) issue(mod module.Version, kind, format string, args ...any) {
	if len(c.out) < maxIssues {
		c.out = append(c.out, facts.VendorIssue{Module: name(mod), Kind: kind, Text: fmt.Sprintf(format, args...)})
	}
}

// replacements compares the replace lines of one file.
func (c *comparison) replacements(lines []*modfile.Replace) {
	for _, r := range lines {
		if _, seen := c.replaced[r.Old]; seen {
			continue
		}
		c.replaced[r.Old] = r.New
		var said module.Version
		if e := c.l.meta[r.Old]; e != nil {
			said = e.to
		}
		switch {
		case said == (module.Version{}):
			c.issue(r.Old, "replaced", "is replaced in go.mod, but not marked as replaced in vendor/modules.txt")
		case c.work != nil && r.New.Version == "" && said.Version == "": // folders: not compared
		case said.Version != r.New.Version || filepath.ToSlash(said.Path) != filepath.ToSlash(r.New.Path):
			c.issue(r.Old, "replaced", "is replaced by %s in go.mod, but marked as replaced by %s in vendor/modules.txt", name(r.New), name(said))
		}
	}
}

// replacement is what a module is replaced by: a line for its version wins over one for all versions.
func (c *comparison) replacement(mod module.Version) (module.Version, bool) {
	for _, key := range []module.Version{mod, {Path: mod.Path}} {
		if to, ok := c.replaced[key]; ok {
			return to, true
		}
	}
	return module.Version{}, false
}

func name(m module.Version) string {
	if m.Version == "" {
		return m.Path
	}
	return m.String()
}
