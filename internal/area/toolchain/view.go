package toolchain

import (
	"go/version"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gorescue/gorescue/internal/facts"
)

// view is what a command here would use, computed from a snapshot: which program, which release,
// which tree, and who named that tree.
type view struct {
	s       *facts.Snapshot
	cmd     *facts.GoCommand // the program that starts; nil = none
	version string           // its release, "" = unknown
	own     string           // the tree it finds by itself, "" = none or unknown
	root    string           // the tree it uses, "" = none or unknown
	named   bool             // root was named by GOROOT
	tree    *facts.GoTree    // what is at root; nil = not looked at
}

// look computes the view. It needs the sections settings and toolchain.
func look(s *facts.Snapshot) *view {
	v := &view{s: s}
	t := &s.Toolchain
	if t.First < 0 || t.First >= len(t.Commands) {
		return v
	}
	v.cmd = &t.Commands[t.First]
	goroot := namedRoot(s)
	switch tr := t.Trial; {
	case v.cmd.Kind == facts.GoBinary && (tr == nil || v.cmd.Root != ""):
		v.version, v.own = v.cmd.Version, v.cmd.Root
		v.root, v.named = v.own, false
		if goroot != "" {
			v.root, v.named = filepath.Clean(goroot), true
		}
	case tr == nil && v.cmd.Script != nil && v.cmd.Script.Version != "":
		v.version, v.own = v.cmd.Script.Version, v.cmd.Script.Root
		v.root = v.own
		if goroot != "" {
			v.root, v.named = filepath.Clean(goroot), true
		}
	case tr == nil:
	case tr.Usual.OK():
		v.version, v.root = tr.Usual.Version, tr.Usual.Root
		v.named = goroot != "" && filepath.Clean(goroot) == filepath.Clean(v.root)
		if !v.named {
			v.own = v.root
		}
		if c := v.cmd.Script; c != nil && c.State == facts.NamedProgram && v.own == "" {
			v.own = filepath.Dir(filepath.Dir(c.Target))
		}
	case tr.Plain.OK():
		v.version, v.own, v.root = tr.Plain.Version, tr.Plain.Root, tr.Plain.Root
		if goroot != "" {
			v.root, v.named = filepath.Clean(goroot), true
		}
	}
	v.tree = v.treeAt(v.root)
	return v
}

// namedRoot is the tree that GOROOT names, absolute; "" when neither the environment nor the go env file
// sets it.
func namedRoot(s *facts.Snapshot) string {
	set := s.Settings.Values["GOROOT"]
	if set.Value == "" || set.Origin != facts.FromProcess && set.Origin != facts.FromGoenv {
		return ""
	}
	if !filepath.IsAbs(set.Value) {
		return filepath.Join(s.Dir, set.Value)
	}
	return set.Value
}

// treeAt is what is at a root; nil when it was not looked at.
func (v *view) treeAt(root string) *facts.GoTree {
	if root == "" {
		return nil
	}
	root = filepath.Clean(root)
	for i := range v.s.Toolchain.Trees {
		if t := &v.s.Toolchain.Trees[i]; t.Root == root || t.Real == root {
			return t
		}
	}
	for _, c := range v.s.Toolchain.Commands { // a root reached through a link
		if c.Root == root && c.Real != "" {
			real := filepath.Dir(filepath.Dir(c.Real))
			for i := range v.s.Toolchain.Trees {
				if t := &v.s.Toolchain.Trees[i]; t.Real == real {
					return t
				}
			}
		}
	}
	return nil
}

// starts reports whether the program that starts is a go command that works by itself.
func (v *view) starts() bool { return v.cmd != nil && v.version != "" }

// toolchain is the effective GOTOOLCHAIN: the setting, else go.env of the tree in use. "" means that
// the go command never changes to another toolchain (cmd/go/internal/toolchain/select.go: Select).
func (v *view) toolchain() (value string, origin facts.OriginKind) {
	set := v.s.Settings.Values["GOTOOLCHAIN"]
	if set.Origin == facts.FromProcess || set.Origin == facts.FromGoenv {
		return set.Value, set.Origin
	}
	if v.tree == nil || v.tree.State != facts.TreeFound {
		return "", facts.FromGoroot
	}
	return v.tree.GoToolchain, facts.FromGoroot
}

// release makes what a go program calls itself comparable by go/version: "go1.26.8" of "go1.26.8 X:boringcrypto",
// "go1.27" of "devel go1.27-abcdef"; "" when it is no release (cmd/go/internal/gover: FromToolchain, local).
func release(name string) string {
	name = strings.TrimPrefix(name, "devel ")
	if i := strings.IndexAny(name, " \t-+"); i >= 0 {
		name = name[:i]
	}
	if !version.IsValid(name) {
		return ""
	}
	return name
}

// atLeast reports whether a release satisfies a go line. An unknown release or line is never too old.
func atLeast(have, want string) bool {
	if have == "" || want == "" {
		return true
	}
	return version.Compare(have, want) >= 0
}

// whole reports whether a tree has all that building, vetting and testing start, of one release.
func whole(t *facts.GoTree) bool {
	if t == nil || t.State != facts.TreeFound || len(t.Absent) > 0 || t.Program.Kind != facts.GoBinary || !t.Program.Runs || t.Program.Lacks != "" {
		return false
	}
	return len(badTools(t)) == 0 && len(otherTools(t, t.Program.Version)) == 0
}

// badTools are the tools of a tree that are not there or cannot be started.
func badTools(t *facts.GoTree) []facts.GoTool {
	var out []facts.GoTool
	for _, tool := range t.Tools {
		if toolFault(tool) != "" {
			out = append(out, tool)
		}
	}
	return out
}

// toolFault says what is wrong with a tool: "missing", "mode" (no x bit), "noexec", "damaged"; "" when
// nothing is.
func toolFault(t facts.GoTool) string {
	switch t.Kind {
	case facts.GoAbsent, facts.GoDangling, facts.GoLoop:
		return "missing"
	case facts.GoEmpty, facts.GoDamaged, facts.GoFolder, facts.GoOdd:
		return "damaged"
	}
	switch {
	case t.Runs:
		return ""
	case t.NoExec:
		return "noexec"
	case t.Mode&0o111 == 0:
		return "mode"
	}
	return ""
}

// otherTools are the tools of a tree that were built as another release than want.
func otherTools(t *facts.GoTree, want string) []facts.GoTool {
	var out []facts.GoTool
	for _, tool := range t.Tools {
		if tool.Kind == facts.GoBinary && tool.Version != "" && release(want) != "" && release(tool.Version) != release(want) {
			out = append(out, tool)
		}
	}
	return out
}

// sameTree reports whether two trees are one.
func sameTree(a, b *facts.GoTree) bool { return a != nil && b != nil && a.Real == b.Real }

// candidate is a go that could be used instead.
type candidate struct {
	tree    *facts.GoTree
	cmd     *facts.GoCommand // when it is in PATH; else nil
	version string
}

// dir is the folder that PATH needs for it.
func (c *candidate) dir() string { return filepath.Join(c.tree.Root, "bin") }

// candidates are the whole trees of this machine's kind, other than the one in use, whose release is at
// least min: those in PATH in its order, then others, the newest first. Toolchains in the module cache
// are no candidates: `go clean -modcache` takes them away.
func (v *view) candidates(min string) []candidate {
	var in, out []candidate
	for i := range v.s.Toolchain.Trees {
		t := &v.s.Toolchain.Trees[i]
		c := candidate{tree: t, version: release(t.Program.Version)}
		if !whole(t) || t.From == "modcache" || sameTree(t, v.tree) || sameTree(t, v.treeAt(v.own)) || !v.native(&t.Program) || !atLeast(c.version, min) || c.version == "" {
			continue
		}
		for j := range v.s.Toolchain.Commands {
			cmd := &v.s.Toolchain.Commands[j]
			if cmd.Runs && !cmd.Relative && cmd.Kind == facts.GoBinary && v.treeAt(cmd.Root) == t && cmd != v.cmd {
				c.cmd = cmd
				break
			}
		}
		if c.cmd != nil {
			in = append(in, c)
		} else {
			out = append(out, c)
		}
	}
	slices.SortStableFunc(in, func(a, b candidate) int { return a.cmd.Index - b.cmd.Index })
	slices.SortStableFunc(out, func(a, b candidate) int { return version.Compare(b.version, a.version) })
	return append(in, out...)
}

// native reports whether a program is of this machine's system and processor.
func (v *view) native(p *facts.GoProgram) bool {
	return (p.OS == "" || p.OS == v.s.Host.OS) && (p.Arch == "" || p.Arch == v.s.Host.Arch)
}
