package host

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/goenv"
	"github.com/gorescue/gorescue/internal/probe"
)

// maxOverlay bounds an overlay file that is parsed: 4 MiB.
const maxOverlay = 4 << 20

// namer looks at what the values of settings name.
type namer struct {
	w   probe.World
	set *facts.Settings
	out []facts.Named
}

// named lists the programs, files and folders that settings name, in a fixed order. What nobody set is left out.
func named(w probe.World, set *facts.Settings) []facts.Named {
	n := &namer{w: w, set: set}
	for _, v := range []string{"CC", "CXX", "FC"} { // cmd/go/internal/work: BuildInit splits them
		n.program(v, "", v, goenv.Words)
	}
	if n.get("CC") != "" || n.get("CGO_ENABLED") != "" {
		n.add(facts.Named{Var: "CC", Part: "default", Given: defaultCC(set)}, goenv.InPath(w.Get("PATH"), defaultCC(set)))
	}
	for _, v := range []string{"PKG_CONFIG", "GOPACKAGESDRIVER"} { // taken whole
		n.program(v, "", v, whole)
	}
	if n.get("PKG_CONFIG") != "" {
		n.add(facts.Named{Var: "PKG_CONFIG", Part: "default", Given: "pkg-config"}, goenv.InPath(w.Get("PATH"), "pkg-config"))
	}
	n.program("GOCACHEPROG", "", "GOCACHEPROG", goenv.Words) // cmd/go/internal/cache/prog.go
	for _, v := range []string{"GOTMPDIR", "TMPDIR", "GOBIN", "NETRC"} {
		n.path(v, "", n.get(v))
	}
	n.gobin()
	if v := n.get("GOWORK"); v != "off" && v != "auto" && filepath.IsAbs(v) {
		n.path("GOWORK", "", v)
	}
	if n.w.Get("XDG_CONFIG_HOME") != "" {
		dir := n.w.Get("XDG_CONFIG_HOME")
		n.add(facts.Named{Var: "XDG_CONFIG_HOME", Given: dir, Programs: len(entries(n.abs(dir)))}, n.abs(dir))
	}
	n.goflags()
	n.goauth()
	return n.out
}

func (n *namer) get(name string) string {
	if s := n.set.Values[name]; s.Origin != facts.FromDefault {
		return s.Value
	}
	return ""
}

func whole(v string) ([]goenv.Word, error) { return []goenv.Word{{Text: v}}, nil }

// program looks at the first word of a value. A relative path of GOPACKAGESDRIVER is relative to the folder, as
// for os/exec.
func (n *namer) program(name, part, from string, split func(string) ([]goenv.Word, error)) bool {
	value := n.get(from)
	if name == "GOPACKAGESDRIVER" && value == "off" {
		return false
	}
	return n.command(name, part, value, split)
}

func (n *namer) command(name, part, value string, split func(string) ([]goenv.Word, error)) bool {
	words, err := split(value)
	if err != nil || len(words) == 0 || words[0].Text == "" {
		return false
	}
	given := words[0].Text
	n.add(facts.Named{Var: name, Part: part, Given: given}, n.abs(goenv.InPath(n.w.Get("PATH"), given)))
	return true
}

func (n *namer) abs(p string) string {
	if p == "" || filepath.IsAbs(p) {
		return p
	}
	return filepath.Join(n.w.Dir, p)
}

func (n *namer) path(name, part, given string) {
	if given != "" {
		n.add(facts.Named{Var: name, Part: part, Given: given}, n.abs(given))
	}
}

func (n *namer) add(d facts.Named, path string) {
	d.Path, d.State = path, state(path)
	n.out = append(n.out, d)
}

// gobin looks at the folders of a GOBIN that is a list, which it must not be.
func (n *namer) gobin() {
	list := filepath.SplitList(n.get("GOBIN"))
	for _, e := range list {
		if len(list) > 1 && e != "" {
			n.add(facts.Named{Var: "GOBIN", Part: "entry", Given: e, Programs: countPrograms(e)}, n.abs(e))
		}
	}
}

func countPrograms(dir string) (count int) {
	for _, name := range entries(dir) {
		if state(filepath.Join(dir, name)) == facts.NamedProgram {
			count++
		}
	}
	return count
}

// entries are the names in a folder, at most 1,000; none of anything else.
func entries(dir string) []string {
	if state(dir) != facts.NamedFolder {
		return nil
	}
	f, err := os.Open(dir)
	if err != nil {
		return nil
	}
	defer f.Close()
	names, _ := f.Readdirnames(1000) // what was read before an error counts
	return names
}

// goflags looks at the flags of GOFLAGS that name something. A relative file of -modfile or -overlay is looked for
// in the folder, as go does, and beside go.mod, where it is when one stands in a folder below.
func (n *namer) goflags() {
	words, err := goenv.Words(n.get("GOFLAGS"))
	if err != nil {
		return
	}
	for _, w := range words {
		name, value, ok := strings.Cut(strings.TrimPrefix(w.Text, "-"), "=")
		name = "-" + strings.TrimPrefix(name, "-")
		switch {
		case !ok || value == "":
		case name == "-toolexec" || name == "-exec":
			n.command("GOFLAGS", name, value, goenv.Words)
		case name == "-vettool":
			n.command("GOFLAGS", name, value, whole)
		case name == "-pgo" && (value == "auto" || value == "off"):
		case name == "-modfile" || name == "-overlay" || name == "-pgo":
			path := n.abs(value)
			if beside := filepath.Join(moduleFolder(n.w.Dir), value); !filepath.IsAbs(value) && state(path) == facts.NamedMissing && state(beside) != facts.NamedMissing {
				path = beside
			}
			d := facts.Named{Var: "GOFLAGS", Part: name, Given: value}
			if name == "-overlay" {
				d.Bad = badOverlay(path)
			}
			n.add(d, path)
		}
	}
}

// badOverlay says why a file is no overlay (cmd/go/internal/fsys: initFromJSON), "" when it is one or is not there.
func badOverlay(path string) string {
	fi, err := os.Stat(path)
	if err != nil || !fi.Mode().IsRegular() || fi.Size() > maxOverlay {
		return ""
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	var o struct{ Replace map[string]string }
	if err := json.Unmarshal(data, &o); err != nil {
		return err.Error()
	}
	return ""
}

// goauth looks at the commands of GOAUTH (cmd/go/internal/auth: runGoAuth).
func (n *namer) goauth() {
	for c := range strings.SplitSeq(n.get("GOAUTH"), ";") {
		f := strings.Fields(c)
		switch {
		case len(f) == 0 || f[0] == "off" || f[0] == "netrc":
		case f[0] == "git":
			if len(f) == 2 {
				n.path("GOAUTH", "git", f[1])
			}
		default:
			n.command("GOAUTH", "command", f[0], whole)
		}
	}
}

// state says what is at a path.
func state(path string) facts.NamedState {
	if path == "" {
		return facts.NamedMissing
	}
	fi, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, errNotFolder):
		return facts.NamedMissing
	case err != nil:
		return facts.NamedUnknown
	case fi.IsDir():
		return facts.NamedFolder
	case !fi.Mode().IsRegular():
		return facts.NamedOdd
	case executable(fi):
		return facts.NamedProgram
	}
	return facts.NamedFile
}

// moduleFolder is the nearest folder upward with a go.mod, dir itself when there is none.
func moduleFolder(dir string) string {
	for d := dir; ; d = filepath.Dir(d) {
		if state(filepath.Join(d, "go.mod")) == facts.NamedFile {
			return d
		}
		if d == filepath.Dir(d) {
			return dir
		}
	}
}

// bazel finds the file that makes a folder part of a Bazel workspace (bazel.build/concepts/build-ref), "" = none.
func bazel(dir string) string {
	for d := dir; ; d = filepath.Dir(d) {
		for _, name := range []string{"MODULE.bazel", "WORKSPACE.bazel", "WORKSPACE"} {
			if p := filepath.Join(d, name); slices.Contains([]facts.NamedState{facts.NamedFile, facts.NamedProgram}, state(p)) {
				return p
			}
		}
		if d == filepath.Dir(d) {
			return ""
		}
	}
}

// defaultCC is the C compiler that is taken when CC is not set.
func defaultCC(set *facts.Settings) string {
	switch set.Get("GOOS") {
	case "darwin", "ios", "freebsd", "openbsd":
		return "clang"
	}
	return "gcc"
}
