package editor

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"

	"golang.org/x/mod/modfile"

	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/goenv"
	"github.com/gorescue/gorescue/internal/gotree"
	"github.com/gorescue/gorescue/internal/jsonc"
	"github.com/gorescue/gorescue/internal/lazyre"
)

// environment is what the Go extension gives to gopls and to the go command: its own environment with
// go.toolsEnvVars, go.gopath and go.goroot on top, and the chosen go first in PATH.
func environment(w World, e *facts.Editor) map[string]string {
	vars := maps.Clone(w.Vars)
	if vars == nil {
		vars = map[string]string{}
	}
	for i := range e.Values {
		v := &e.Values[i]
		if v.Key == "go.toolsEnvVars" && v.Sub != "" && !v.Beaten {
			vars[v.Sub] = expand(w, Scalar(v.JSON))
		}
	}
	if p := Text(e, "go.gopath", ""); p != "" {
		vars["GOPATH"] = expand(w, p)
	}
	goBin := ""
	if p := Text(e, "go.goroot", ""); p != "" && folder(expand(w, p)) {
		vars["GOROOT"] = expand(w, p)
		goBin = filepath.Join(expand(w, p), "bin", gotree.Exe("go"))
	}
	if p := Text(e, "go.alternateTools", "go"); p != "" {
		goBin = expand(w, p)
	}
	if goBin != "" && filepath.IsAbs(goBin) && startable(goBin) {
		vars["PATH"] = filepath.Dir(goBin) + string(filepath.ListSeparator) + vars["PATH"]
	}
	return vars
}

// Environment is what an editor gives to the gopls that it starts.
func Environment(w World, e *facts.Editor) map[string]string {
	if e.Kind != facts.EditorVSCode {
		return maps.Clone(w.Vars)
	}
	return environment(w, e)
}

// Settings are the settings that an editor sends to gopls.
func Settings(e *facts.Editor) map[string]any {
	out := map[string]any{}
	for _, v := range e.Values {
		if v.Key == "gopls" && v.Sub != "" && !v.Beaten {
			doc := jsonc.Parse([]byte(v.JSON))
			out[v.Sub] = doc.Plain(doc.Root)
		}
	}
	_, own := out["build.buildFlags"]
	if tags, index := buildTags(e); index >= 0 && len(tags) > 0 && !own {
		out["build.buildFlags"] = []string{"-tags=" + strings.Join(tags, ",")}
	}
	return out
}

// Scalar is a string, number or boolean of JSON as text.
func Scalar(raw string) string {
	var s string
	if json.Unmarshal([]byte(raw), &s) == nil {
		return s
	}
	return raw
}

// start follows the search of the Go extension (vscode-go, extension/src/utils/pathUtils.ts:
// getBinPathWithPreferredGopathGorootWithExplanation): an absolute alternate tool that can be executed, else
// without a word GOBIN, go.toolsGopath, GOPATH, GOROOT/bin, PATH; what cannot be executed is passed over.
func start(w World, e *facts.Editor, vars map[string]string) facts.EditorStart {
	s := facts.EditorStart{Flags: List(e, "go.languageServerFlags", "")}
	if v := Get(e, "go.useLanguageServer", ""); v != nil && strings.TrimSpace(v.JSON) == "false" {
		s.Off = true
	}
	name := "gopls"
	if alt := expand(w, Text(e, "go.alternateTools", "gopls")); alt != "" {
		s.Named = alt
		switch {
		case !filepath.IsAbs(alt):
			name = alt
		case startable(alt):
			s.Path, s.Why = alt, "setting"
		default:
			s.Near = near(alt)
		}
	}
	dirs := []searched{{vars["GOBIN"], "GOBIN"}}
	if p := expand(w, Text(e, "go.toolsGopath", "")); p != "" {
		dirs = append(dirs, searched{filepath.Join(p, "bin"), "toolsGopath"})
	}
	for _, g := range gopath(vars, w.home()) {
		dirs = append(dirs, searched{filepath.Join(g, "bin"), "GOPATH"})
	}
	if g := vars["GOROOT"]; g != "" {
		dirs = append(dirs, searched{filepath.Join(g, "bin"), "GOROOT"})
	}
	search(&s, name, append(dirs, pathDirs(vars["PATH"])...))
	installed(w, &s)
	places(&s)
	return s
}

// places looks at what the flags name.
func places(s *facts.EditorStart) {
	is := func(path string) string {
		if exists(path) {
			return "ok"
		}
		return "missing"
	}
	for i, f := range s.Flags {
		name, value, has := strings.Cut(strings.TrimLeft(f, "-"), "=")
		if !has && i+1 < len(s.Flags) {
			value = s.Flags[i+1]
		}
		switch path, unix := strings.CutPrefix(value, "unix;"); {
		case name == "logfile" && filepath.IsAbs(value):
			s.LogFolder = is(filepath.Dir(value))
		case name == "remote" && unix && filepath.IsAbs(path):
			s.Socket = is(path)
		}
	}
}

// installed looks for a gopls where `go install` puts it, when no search found one.
func installed(w World, s *facts.EditorStart) {
	if s.Path != "" || !filepath.IsAbs(w.GoBin) || slices.Contains(s.Looked, filepath.Clean(w.GoBin)) {
		return
	}
	if f := filepath.Join(w.GoBin, gotree.Exe("gopls")); startable(f) {
		s.Gobin = f
	}
}

// maxSiblings bounds how many neighbours of a folder are looked at.
const maxSiblings = 500

var digits = lazyre.New(`[0-9._+-]+`)

// near lists executable files that stand where path would stand, were a folder above it of another
// version: the one missing part of a path with a version is replaced by a neighbour of equal name but for
// digits ("gopls-0.24" and "gopls-0.24.0").
func near(path string) []string {
	var out []string
	rest := filepath.Base(path)
	for dir := filepath.Dir(path); ; dir = filepath.Dir(dir) {
		part := filepath.Base(dir)
		parent := filepath.Dir(dir)
		if parent == dir || strings.Count(rest, string(filepath.Separator)) > 2 {
			break
		}
		if strings.ContainsAny(part, "0123456789") {
			list, _ := os.ReadDir(parent)
			for _, e := range list[:min(len(list), maxSiblings)] {
				if e.Name() == part || digits().ReplaceAllString(e.Name(), "") != digits().ReplaceAllString(part, "") {
					continue
				}
				if f := filepath.Join(parent, e.Name(), rest); startable(f) {
					out = append(out, f)
				}
			}
		}
		rest = filepath.Join(part, rest)
	}
	sort.Strings(out)
	return out[:min(len(out), 20)]
}

// Near lists other versions of a program in the same store of versions.
func Near(path string) []string { return near(path) }

// OtherVersion reports whether want is another version of path in the same store: the same path but for one
// folder that differs in its digits alone.
func OtherVersion(path, want string) bool {
	a, b := strings.Split(path, string(filepath.Separator)), strings.Split(want, string(filepath.Separator))
	if len(a) != len(b) {
		return false
	}
	differ := 0
	for i := range a {
		if a[i] != b[i] {
			differ++
			if digits().ReplaceAllString(a[i], "") != digits().ReplaceAllString(b[i], "") || i == len(a)-1 {
				return false
			}
		}
	}
	return differ == 1
}

// namedVars looks at what the variables of go.toolsEnvVars, and the settings go.goroot, go.gopath and
// go.alternateTools.go, name.
func namedVars(w World, e *facts.Editor, vars map[string]string) []facts.EditorNamed {
	var out []facts.EditorNamed
	for i := range e.Values {
		v := &e.Values[i]
		if v.Beaten {
			continue
		}
		if v.Key == "gopls" && v.Sub[strings.LastIndexByte(v.Sub, '.')+1:] == "env" {
			for _, m := range jsonc.Parse([]byte(v.JSON)).Root.Entries() { // given on as written
				n := facts.EditorNamed{Index: i, Name: m.Key, Value: m.Value.Text}
				if m.Value.Kind == jsonc.String && n.Value != "" && !strings.ContainsAny(n.Value, "$~") {
					judge(w, &n, vars)
					out = append(out, n)
				}
			}
			continue
		}
		n := facts.EditorNamed{Index: i, Value: expand(w, Scalar(v.JSON))}
		switch {
		case v.Key == "go.toolsEnvVars" && v.Sub != "":
			n.Name = v.Sub
		case v.Key == "go.goroot", v.Key == "go.gopath":
			n.Name = v.Key
		case v.Key == "go.alternateTools" && v.Sub == "go":
			n.Name = "go.alternateTools.go"
		default:
			continue
		}
		if n.Value == "" || n.Value == "null" {
			continue
		}
		judge(w, &n, vars)
		out = append(out, n)
	}
	return out
}

// judge fills State and Bad of a variable that must name something, or have a form.
func judge(w World, n *facts.EditorNamed, vars map[string]string) {
	switch n.Name {
	case "GOROOT", "go.goroot":
		n.State = what(n.Value)
		if n.State == facts.NamedFolder && !folder(filepath.Join(n.Value, "src", "runtime")) && !folder(filepath.Join(n.Value, "pkg", "tool")) {
			n.Bad = "no Go tree is there"
		}
	case "GOWORK":
		if n.Value != "off" && n.Value != "auto" {
			n.State = what(n.Value)
		}
	case "GOPACKAGESDRIVER":
		if n.Value != "off" {
			n.State = program(n.Value, vars["PATH"])
		}
	case "GOCACHEPROG":
		if words, err := goenv.Words(n.Value); err == nil && len(words) > 0 {
			n.State = program(words[0].Text, vars["PATH"])
		}
	case "go.alternateTools.go":
		n.State = program(n.Value, vars["GOBIN"]+string(filepath.ListSeparator)+vars["PATH"])
	case "GOPATH", "GOMODCACHE", "GOCACHE", "GOBIN", "go.gopath":
		for _, p := range filepath.SplitList(n.Value) {
			if !filepath.IsAbs(p) && !(n.Name == "GOCACHE" && p == "off") {
				n.Bad = "not an absolute path"
			}
		}
	case "TMPDIR", "GOTMPDIR":
		n.State = what(n.Value)
	case "GOFLAGS":
		words, err := goenv.Words(n.Value)
		if err != nil {
			n.Bad = err.Error()
		}
		for _, x := range words {
			if !strings.HasPrefix(x.Text, "-") || strings.Trim(x.Text, "-") == "" {
				n.Bad = "not a flag: " + x.Text
			}
			if x.Text == "-mod=vendor" && unvendored(w.Dir) {
				n.Bad = "there is no vendor folder here"
			}
			name, file, _ := strings.Cut(strings.TrimLeft(x.Text, "-"), "=")
			if (name == "modfile" || name == "overlay") && filepath.IsAbs(file) && what(file) == facts.NamedMissing {
				n.Bad = "nothing is at " + file
			}
		}
	case "GOTOOLCHAIN":
		if !toolchain().MatchString(n.Value) {
			n.Bad = "no name of a toolchain: go1.26.1, local, auto, path, or with +auto or +path behind it"
		}
	case "GO111MODULE":
		switch module := above(w.Dir, "go.mod"); {
		case !slices.Contains([]string{"on", "off", "auto"}, n.Value):
			n.Bad = "not on, off or auto"
		case n.Value == "off" && module != "" && w.Get("GO111MODULE") != "off" && !inGopath(w):
			n.Bad = "the go command does not look at " + filepath.Join(module, "go.mod")
		}
	case "PATH":
		if !slices.ContainsFunc(pathDirs(n.Value), func(d searched) bool {
			return filepath.IsAbs(d.dir) && startable(filepath.Join(d.dir, gotree.Exe("go")))
		}) {
			n.Bad = "no go command is in these folders"
		}
	}
}

// toolchain is the form of GOTOOLCHAIN (cmd/go/internal/toolchain: Select).
var toolchain = lazyre.New(`^(?:auto|path|(?:local|(?:[^+\s]+-)?go1[^+\s]*)(?:\+auto|\+path)?)$`)

// above is the nearest folder at or above dir that has a file, "" = none.
func above(dir, name string) string {
	for ; ; dir = filepath.Dir(dir) {
		if exists(filepath.Join(dir, name)) {
			return dir
		}
		if dir == filepath.Dir(dir) {
			return ""
		}
	}
}

// inGopath reports whether a folder is where GOPATH mode finds its packages.
func inGopath(w World) bool {
	return slices.ContainsFunc(gopath(w.Vars, w.home()), func(g string) bool {
		return g != "" && strings.HasPrefix(w.Dir, filepath.Join(g, "src")+string(filepath.Separator))
	})
}

// unvendored reports whether -mod=vendor cannot work in a folder: its module requires others, and there is no vendor/modules.txt
// beside its go.mod, nor beside a go.work above.
func unvendored(dir string) bool {
	module := above(dir, "go.mod")
	data, _, _ := read(filepath.Join(module, "go.mod"))
	f, err := modfile.ParseLax("go.mod", data, nil)
	if module == "" || err != nil || len(f.Require) == 0 {
		return false
	}
	work := above(dir, "go.work")
	return !exists(filepath.Join(module, "vendor")) && (work == "" || !exists(filepath.Join(work, "vendor")))
}

func what(path string) facts.NamedState {
	fi, err := os.Stat(path)
	switch {
	case os.IsNotExist(err):
		return facts.NamedMissing
	case err != nil:
		return facts.NamedUnknown
	case fi.IsDir():
		return facts.NamedFolder
	case !fi.Mode().IsRegular():
		return facts.NamedOdd
	case mayExecute(path):
		return facts.NamedProgram
	}
	return facts.NamedFile
}

func program(name, path string) facts.NamedState {
	if filepath.IsAbs(name) {
		return what(name)
	}
	if goenv.InPath(path, name) == "" {
		return facts.NamedMissing
	}
	return facts.NamedProgram
}
