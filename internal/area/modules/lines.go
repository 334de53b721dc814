package modules

import (
	"go/version"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"

	"github.com/gorescue/gorescue/internal/action"
	"github.com/gorescue/gorescue/internal/conflict"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/gomod"
)

// A badLine is a line of go.mod that the go command does not take.
type badLine struct {
	line int
	kind lineKind
	why  string // the parser's words
	raw  string // the line
	stmt *gomod.Stmt
}

// lineKind says what is wrong with a line.
type lineKind string

const (
	unknownVerb   lineKind = "verb"      // no directive of this name exists
	repeatedVerb  lineKind = "repeated"  // a second module, go or toolchain line
	noVersion     lineKind = "version"   // a branch name, or anything else that is no semantic version
	wrongMajor    lineKind = "major"     // the version's major does not fit the end of the path
	malformedLine lineKind = "malformed" // anything else
)

// verbs are the directives of go.mod (https://go.dev/ref/mod#go-mod-file).
func verbs() []string {
	return []string{"module", "go", "toolchain", "godebug", "require", "exclude", "replace", "retract", "tool", "ignore"}
}

// bad lists the lines that do not parse, each once, but for files with conflict markers.
func (v *view) bad() []badLine {
	if len(v.errs) == 0 || len(conflict.Find([]byte(v.Text))) > 0 {
		return nil
	}
	lines := strings.SplitAfter(v.Text, "\n")
	var out []badLine
	for _, e := range v.errs {
		b := badLine{line: e.Pos.Line, kind: malformedLine, stmt: v.at(e.Pos.Line)}
		if e.Err != nil {
			b.why = e.Err.Error()
		}
		if b.line < 1 || b.line > len(lines) || len(out) > 0 && out[len(out)-1].line == b.line {
			continue
		}
		b.raw = lines[b.line-1]
		b.kind = v.kind(&b)
		out = append(out, b)
	}
	return out
}

func (v *view) kind(b *badLine) lineKind {
	if b.line == 1 && strings.HasPrefix(b.raw, "\ufeff") {
		return malformedLine
	}
	if word := firstWord(b.raw); (b.stmt == nil || !b.stmt.Block) && word != "" && !slices.Contains(verbs(), word) {
		return unknownVerb
	}
	s := b.stmt
	switch {
	case s == nil:
		return malformedLine
	case slices.Contains([]string{"module", "go", "toolchain"}, s.Verb) && !s.Block:
		if i := slices.IndexFunc(v.stmts, func(o gomod.Stmt) bool { return o.Verb == s.Verb && o.Line < s.Line }); i >= 0 {
			return repeatedVerb
		}
	case (s.Verb == "require" || s.Verb == "exclude") && len(s.Args) == 2 && module.CheckPath(s.Arg(0)) == nil:
		_, major, ok := module.SplitPathVersion(s.Arg(0))
		switch {
		case !semver.IsValid(s.Arg(1)) && !strings.HasPrefix(s.Arg(1), "//"):
			return noVersion
		case ok && module.CheckPathMajor(s.Arg(1), major) != nil:
			return wrongMajor
		case module.CanonicalVersion(s.Arg(1)) != s.Arg(1):
			return noVersion
		}
	}
	return malformedLine
}

func firstWord(line string) string {
	line, _, _ = strings.Cut(line, "//")
	f := strings.Fields(strings.Replace(line, "(", " (", 1))
	if len(f) == 0 {
		return ""
	}
	return f[0]
}

// ofKind are the bad lines of one kind.
func (v *view) ofKind(k lineKind) []badLine {
	return slices.DeleteFunc(v.bad(), func(b badLine) bool { return b.kind != k })
}

// mends reports whether edits make an end of all bad lines of a kind and bring no other one.
func (v *view) mends(k lineKind, splices []facts.Splice) bool {
	out, err := action.Spliced([]byte(v.Text), splices)
	if err != nil || len(splices) == 0 {
		return false
	}
	after := newView(&facts.ModSource{Path: v.Path, State: facts.FileRead, Text: string(out)})
	return len(after.ofKind(k)) == 0 && len(after.errs) < len(v.errs)
}

// spelled returns the edits that correct the words of unknown directives: each has one directive that is nearest to it
// by at most two letters, or the last commit has the same line with another word.
func (v *view) spelled(list []badLine) ([]facts.Splice, []string) {
	var out []facts.Splice
	var words []string
	for _, b := range list {
		word := firstWord(b.raw)
		want := v.verbOf(b, word)
		if want == "" {
			return nil, nil
		}
		at := lineOffset(v.Text, b.line) + strings.Index(b.raw, word)
		out = append(out, facts.Splice{Offset: at, Old: word, New: want})
		words = append(words, word+" → "+want)
	}
	return out, words
}

func (v *view) verbOf(b badLine, word string) string {
	if b.stmt != nil {
		for i := range v.changes {
			if o := v.changes[i].Old; v.changes[i].New == nil && len(b.stmt.Args) > 0 && slices.Equal(o.Args, b.stmt.Args) {
				return o.Verb
			}
		}
	}
	best, dist, tie := "", 3, false
	for _, verb := range verbs() {
		d := distance(strings.ToLower(word), verb)
		if len(verb) < 5 && d > 1 { // "go" is near to every short word
			continue
		}
		switch {
		case d < dist:
			best, dist, tie = verb, d, false
		case d == dist:
			tie = true
		}
	}
	if tie {
		return ""
	}
	return best
}

// distance is the number of letters to insert, remove, change or swap with their neighbour (optimal string alignment).
func distance(a, b string) int {
	if len(a) > 20 {
		return len(a)
	}
	d := make([][]int, len(a)+1)
	for i := range d {
		d[i] = make([]int, len(b)+1)
		d[i][0] = i
	}
	for j := range d[0] {
		d[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			d[i][j] = min(d[i-1][j]+1, d[i][j-1]+1, d[i-1][j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d[i][j] = min(d[i][j], d[i-2][j-2]+1)
			}
		}
	}
	return d[len(a)][len(b)]
}

// single returns the edits that leave one line of each verb that stands twice: the higher go or toolchain line, and
// of module lines the one that the last commit has. ok is false when it cannot be told which.
func (v *view) single(list []badLine) ([]facts.Splice, []*gomod.Stmt, bool) {
	var out []facts.Splice
	var kept []*gomod.Stmt
	done := map[string]bool{}
	for _, b := range list {
		if done[b.stmt.Verb] {
			continue
		}
		done[b.stmt.Verb] = true
		var all []*gomod.Stmt
		for i := range v.stmts {
			if s := &v.stmts[i]; s.Verb == b.stmt.Verb && !s.Block {
				all = append(all, s)
			}
		}
		keep := v.better(all)
		if keep == nil {
			return nil, nil, false
		}
		kept = append(kept, keep)
		for _, s := range all {
			if s != keep {
				out = append(out, facts.Splice{Offset: s.At, Old: s.Raw})
			}
		}
	}
	slices.SortFunc(out, func(a, b facts.Splice) int { return a.Offset - b.Offset })
	return out, kept, true
}

func (v *view) better(all []*gomod.Stmt) *gomod.Stmt {
	best := all[0]
	for _, s := range all[1:] {
		switch s.Verb {
		case "go":
			if !version.IsValid("go"+s.Arg(0)) || !version.IsValid("go"+best.Arg(0)) {
				return nil
			}
			if version.Compare("go"+s.Arg(0), "go"+best.Arg(0)) > 0 {
				best = s
			}
		case "toolchain":
			if !version.IsValid(s.Arg(0)) || !version.IsValid(best.Arg(0)) {
				return nil
			}
			if version.Compare(s.Arg(0), best.Arg(0)) > 0 {
				best = s
			}
		default:
			if s.Text() == best.Text() {
				continue
			}
			if v.Head == nil {
				return nil
			}
			was := modfile.ModulePath([]byte(*v.Head))
			i := slices.IndexFunc(all, func(s *gomod.Stmt) bool { return s.Arg(0) == was })
			if i < 0 {
				return nil
			}
			return all[i]
		}
	}
	return best
}

func lineOffset(text string, line int) int {
	at := 0
	for ; line > 1; line-- {
		at += strings.IndexByte(text[at:], '\n') + 1
	}
	return at
}

// taken returns the uncommitted changes that made bad lines, and the dropped statements which they stand for. ok is
// false when the last commit has one of the lines too, or is not known.
func (v *view) taken(list []badLine) ([]gomod.Change, bool) {
	var out []gomod.Change
	for _, b := range list {
		if b.stmt == nil {
			return nil, false
		}
		c := v.change(b.stmt)
		if c == nil {
			return nil, false
		}
		out = append(out, *c)
		if c.Old != nil {
			continue
		}
		for i := range v.changes { // the same line, written otherwise
			if o := v.changes[i]; o.New == nil && (slices.Equal(o.Old.Args, b.stmt.Args) || o.Old.Verb == b.stmt.Verb && stem(o.Old.Arg(0)) == stem(b.stmt.Arg(0))) {
				out = append(out, o)
				break
			}
		}
	}
	return out, true
}

// stem is a module path without its major version.
func stem(path string) string {
	if s, _, ok := module.SplitPathVersion(path); ok {
		return s
	}
	return path
}
