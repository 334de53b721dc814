package origin

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/gorescue/gorescue/internal/action"
	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/lazyre"
	"github.com/gorescue/gorescue/internal/startup"
	"github.com/gorescue/gorescue/internal/text"
)

// OfPath returns the source of one folder of PATH, ok is false when no start-up file puts it there.
func OfPath(s *facts.Snapshot, entry string) (Source, bool) {
	a, ok := startup.PathOrigin(s.Startup, entry)
	if !ok {
		return Source{}, false
	}
	v, _ := s.Process.Lookup("PATH")
	return Source{Name: "PATH", Value: v, Kind: facts.FromProcess, File: a.File, Line: a.Line, Assignment: &a, s: s}, true
}

// pathAssignment is a shell assignment of PATH that stands alone in its cut: what is before the value,
// the value, what is behind it.
var pathAssignment = lazyre.New(`^(\s*(?:export\s+)?PATH=)("[^"\n]*"|[^\s;&|"'()` + "`" + `]+)(\s*)$`)

// PathBehind makes the fix that moves a folder to the end of PATH at the very place which puts it in front,
// so that another folder, which is in PATH too, comes first. Nothing is lost from PATH. ok is false when
// the place is not a shell line that can be rewritten so, or when this would not put before first.
func PathBehind(s *facts.Snapshot, entry, before string) (diag.Fix, bool) {
	src, ok := OfPath(s, entry)
	if !ok || src.OnPurpose() {
		return diag.Fix{}, false
	}
	a := src.Assignment
	if a.Kind != facts.KindShell || !a.Known || !a.Keeps || a.Sep != ":" || len(a.Cuts) != 1 || a.Cuts[0].New != "" {
		return diag.Fix{}, false
	}
	m := pathAssignment().FindStringSubmatch(a.Cuts[0].Old)
	if m == nil {
		return diag.Fix{}, false
	}
	other := func(list []string) []string {
		return slices.DeleteFunc(slices.Clone(list), func(dir string) bool { return filepath.Clean(dir) == filepath.Clean(entry) })
	}
	list := slices.Concat(other(a.Prepend), []string{"$PATH"}, other(a.Append), []string{entry})
	for i, dir := range list {
		if dir != "$PATH" {
			list[i] = doubleQuoted(dir)
		}
	}
	rest, _ := startup.Without(s.Startup, *a, src.Value)
	path := insert(s, a, slices.Concat(other(a.Prepend), filepath.SplitList(rest), other(a.Append)), entry)
	if index(path, before) < 0 || index(path, entry) < index(path, before) {
		return diag.Fix{}, false
	}
	value := strings.Join(path, ":")
	cut := a.Cuts[0]
	cut.New = m[1] + `"` + strings.Join(list, ":") + `"` + m[3]
	return diag.Fix{
		Title: text.New("put {dir} behind {before} in PATH ({where})", "在 PATH 中把 {dir} 移到 {before} 之后（{where}）").With("dir", entry, "before", before, "where", src.Where()),
		Risk:  diag.Safe, Actions: action.List{&action.Edit{Path: a.File, Splices: []facts.Splice{cut}}},
		Env: map[string]*string{"PATH": &value}, Shell: shellLine("PATH", &value),
	}, true
}

// insert puts an entry where the end of PATH was when assignment a ran: before what later assignments
// append.
func insert(s *facts.Snapshot, a *facts.Assignment, path []string, entry string) []string {
	at, after := len(path), false
	var later []string
	for _, b := range s.Startup.Assignments {
		if b.File == a.File && b.Line == a.Line && b.Name == a.Name && slices.Equal(b.Cuts, a.Cuts) {
			after, later = true, nil
			continue
		}
		if after && b.Name == "PATH" && b.Keeps && !b.Dormant && !b.Unset {
			later = append(later, b.Append...)
		}
	}
	for at > 0 && slices.Contains(later, path[at-1]) {
		at--
	}
	return slices.Insert(path, at, entry)
}

func index(path []string, dir string) int {
	return slices.IndexFunc(path, func(e string) bool { return filepath.Clean(e) == filepath.Clean(dir) })
}

// AppendPath makes the fix that puts a folder at the end of PATH for new terminals, in the file where
// such a line belongs. ok is false when no such file is known or it could not be read.
func AppendPath(s *facts.Snapshot, dir string) (diag.Fix, bool) { return addPath(s, dir, false) }

// PathFirst is AppendPath for the front of PATH.
func PathFirst(s *facts.Snapshot, dir string) (diag.Fix, bool) { return addPath(s, dir, true) }

func addPath(s *facts.Snapshot, dir string, first bool) (diag.Fix, bool) {
	file := facts.StartupFile{Path: s.Startup.LoginFile, Kind: s.Startup.LoginKind}
	if file.Path == "" {
		return diag.Fix{}, false
	}
	for _, f := range s.Startup.Files {
		if f.Path == file.Path {
			file = f
		}
	}
	if file.Err != "" {
		return diag.Fix{}, false
	}
	path := dir
	if old, ok := s.Process.Lookup("PATH"); ok && first {
		path = dir + ":" + old
	} else if ok {
		path = old + ":" + dir
	}
	title := text.New("add {dir} to PATH in {file}", "在 {file} 中把 {dir} 加入 PATH")
	if first {
		title = text.New("put {dir} first in PATH, by a line in {file}", "在 {file} 中加一行，把 {dir} 放到 PATH 最前面")
	}
	return diag.Fix{
		Title: title.With("dir", dir, "file", file.Path),
		Risk:  diag.Safe,
		Actions: action.List{&action.Edit{Path: file.Path, Create: true,
			Splices: []facts.Splice{startup.AddLine(file, startup.PathLine(file.Kind, dir, first))}}},
		Env:   map[string]*string{"PATH": &path},
		Shell: startup.PathLine(facts.KindShell, dir, first),
	}, true
}

// doubleQuoted writes a text so that it stands for itself between double quotes of a shell.
func doubleQuoted(s string) string {
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`, "$", `\$`, "`", "\\`").Replace(s)
}
