// Package gomod reads go.mod line by line, so that a damaged file can still be compared with its committed
// version and one statement of it be taken back without touching the rest. It knows the form of the file; what a
// statement means is golang.org/x/mod/modfile's business.
package gomod

import (
	"slices"
	"strings"

	"github.com/gorescue/gorescue/internal/facts"
)

// Stmt is one line that says something: a directive, a line of a block, or anything else that is neither blank nor
// a comment nor the begin or end of a block.
type Stmt struct {
	Verb    string   // "require"; of a line in a block that of the block
	Args    []string // what follows, without the comment
	Comment string   // with its slashes, "" = none
	Block   bool     // it stands in a block
	Line    int      // from 1
	At      int      // offset of the line
	Raw     string   // the whole line with its end
}

// Key tells which statement of another version of the file it corresponds to: the same verb and the same subject.
func (s *Stmt) Key() string {
	subject := ""
	switch s.Verb {
	case "module", "go", "toolchain":
	case "require":
		subject = s.Arg(0)
	case "replace":
		subject, _, _ = strings.Cut(strings.Join(s.Args, " "), "=>")
		subject = strings.TrimSpace(subject)
	default:
		subject = strings.Join(s.Args, " ")
	}
	return s.Verb + " " + subject
}

// Arg is the i-th argument, "" when there are fewer.
func (s *Stmt) Arg(i int) string {
	if i >= len(s.Args) {
		return ""
	}
	return strings.Trim(s.Args[i], "\"`")
}

// Text is the statement as it would stand alone, without its comment.
func (s *Stmt) Text() string { return strings.Join(append([]string{s.Verb}, s.Args...), " ") }

// render is the line of the statement for a place in a block of its verb, or outside of any block.
func (s *Stmt) render(block bool) string {
	if block == s.Block {
		return strings.TrimRight(s.Raw, "\r\n") + "\n"
	}
	text := s.Text()
	if block {
		text = "\t" + strings.Join(s.Args, " ")
	}
	if s.Comment != "" {
		text += " " + s.Comment
	}
	return text + "\n"
}

// Parse returns the statements of a file. Every input has some reading; nothing is an error.
func Parse(text string) []Stmt {
	var out []Stmt
	block := ""
	n, at := 0, 0
	for line := range strings.Lines(text) {
		n++
		s := Stmt{Line: n, At: at, Raw: line}
		at += len(line)
		code, comment, found := strings.Cut(strings.TrimRight(line, "\r\n"), "//")
		if found {
			s.Comment = "//" + comment
		}
		f := strings.Fields(strings.Replace(code, "(", " ( ", 1))
		switch {
		case len(f) == 0:
		case block != "" && f[0] == ")":
			block = ""
		case block != "":
			s.Verb, s.Args, s.Block = block, strings.Fields(code), true
			out = append(out, s)
		case len(f) == 2 && f[1] == "(":
			block = f[0]
		default:
			f = strings.Fields(code)
			s.Verb, s.Args = f[0], f[1:]
			out = append(out, s)
		}
	}
	return out
}

// Change is a statement that differs from the committed version. Old nil: it was added; New nil: it was dropped.
type Change struct{ Old, New *Stmt }

// Verb is the verb of the statement.
func (c *Change) Verb() string {
	if c.New != nil {
		return c.New.Verb
	}
	return c.Old.Verb
}

// Subject is the module or other thing the statement is about.
func (c *Change) Subject() string {
	if c.New != nil {
		return c.New.Arg(0)
	}
	return c.Old.Arg(0)
}

// Diff compares two versions by statements: their order, blank lines, comments and grouping in blocks do not count.
func Diff(old, now string) []Change {
	a, b := Parse(old), Parse(now)
	used := make([]bool, len(b))
	byKey := map[string][]int{}
	for j := range b {
		byKey[b[j].Key()] = append(byKey[b[j].Key()], j)
	}
	pair := func(s *Stmt, exact bool) int {
		for _, j := range byKey[s.Key()] {
			if !used[j] && (!exact || b[j].Text() == s.Text()) {
				used[j] = true
				return j
			}
		}
		return -1
	}
	var out []Change
	for i := range a {
		if pair(&a[i], true) >= 0 {
			continue
		}
		c := Change{Old: &a[i]}
		if j := pair(&a[i], false); j >= 0 {
			c.New = &b[j]
		}
		out = append(out, c)
	}
	for j := range b {
		if !used[j] {
			out = append(out, Change{New: &b[j]})
		}
	}
	return out
}

// Revert returns the edits of now that take changes back. When no change is left then, the outcome is old, byte
// for byte.
func Revert(old, now string, changes []Change) (splices []facts.Splice) {
	if len(changes) == len(Diff(old, now)) {
		return Whole(now, old)
	}
	list := Parse(now)
	for _, c := range changes {
		switch {
		case c.New != nil && c.Old != nil:
			splices = append(splices, facts.Splice{Offset: c.New.At, Old: c.New.Raw, New: c.Old.render(c.New.Block)})
		case c.New != nil:
			splices = append(splices, facts.Splice{Offset: c.New.At, Old: c.New.Raw})
		default:
			splices = append(splices, insert(old, now, list, c.Old))
		}
	}
	slices.SortStableFunc(splices, func(a, b facts.Splice) int { return a.Offset - b.Offset })
	return splices
}

// insert puts a dropped statement behind the one that it stood behind, else at the end.
func insert(old, now string, list []Stmt, s *Stmt) facts.Splice {
	var before *Stmt
	for _, o := range Parse(old) {
		if o.Line == s.Line {
			break
		}
		if i := slices.IndexFunc(list, func(n Stmt) bool { return n.Key() == o.Key() }); i >= 0 {
			before = &list[i]
		}
	}
	if before != nil && before.Block && before.Verb == s.Verb {
		return facts.Splice{Offset: before.At + len(before.Raw), New: s.render(true)}
	}
	if before != nil && !before.Block && strings.HasSuffix(before.Raw, "\n") {
		return facts.Splice{Offset: before.At + len(before.Raw), New: "\n" + s.render(false)}
	}
	end := "\n"
	if !strings.HasSuffix(now, "\n") && now != "" {
		end = "\n\n"
	}
	return facts.Splice{Offset: len(now), New: end + s.render(false)}
}

// Whole returns the edit that turns one text into another: what is between their common first and last lines.
func Whole(from, to string) []facts.Splice {
	if from == to {
		return nil
	}
	a, b := strings.SplitAfter(from, "\n"), strings.SplitAfter(to, "\n")
	head := 0
	for head < len(a) && head < len(b) && a[head] == b[head] {
		head++
	}
	tail := 0
	for tail < len(a)-head && tail < len(b)-head && a[len(a)-1-tail] == b[len(b)-1-tail] {
		tail++
	}
	at := len(strings.Join(a[:head], ""))
	return []facts.Splice{{Offset: at, Old: strings.Join(a[head:len(a)-tail], ""), New: strings.Join(b[head:len(b)-tail], "")}}
}
