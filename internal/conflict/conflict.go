// Package conflict finds the pieces that git leaves in a file it could not merge. It knows the form
// only, not the language of the file.
package conflict

import (
	"strings"

	"github.com/gorescue/gorescue/internal/facts"
)

// width is the number of characters of a marker; a file may ask for another one (gitattributes(5),
// conflict-marker-size), and the inner pieces of a recursive merge have longer ones.
const width = 7

// Find returns the pieces between markers, in order, as git-merge(1) presents them ("how conflicts are
// presented": merge, diff3 and zdiff3 style). A piece that lost one of its markers is Torn: its sides mean
// nothing, At is the line of the marker that remains. Markers of another width are text.
func Find(data []byte) []facts.Conflict {
	var out []facts.Conflict
	var cur *facts.Conflict
	var side *strings.Builder
	var ours, base, theirs strings.Builder
	torn := func(line, at int, old string) {
		out = append(out, facts.Conflict{Line: line, At: facts.Splice{Offset: at, Old: old}, Torn: true})
	}
	tear := func() { // the open piece turned out to have no end
		first, _, _ := strings.Cut(string(data[cur.At.Offset:]), "\n")
		torn(cur.Line, cur.At.Offset, string(data[cur.At.Offset:min(cur.At.Offset+len(first)+1, len(data))]))
		cur = nil
	}
	n, at := 0, 0
	for line := range strings.Lines(string(data)) {
		n++
		mark := marker(line)
		switch {
		case mark == '<':
			if cur != nil {
				tear()
			}
			cur = &facts.Conflict{Line: n, At: facts.Splice{Offset: at}}
			ours.Reset()
			base.Reset()
			theirs.Reset()
			side = &ours
		case mark == '>' && cur != nil && side == &theirs:
			cur.At.Old = string(data[cur.At.Offset : at+len(line)])
			cur.Ours, cur.Base, cur.Theirs = ours.String(), base.String(), theirs.String()
			out = append(out, *cur)
			cur = nil
		case mark == '>':
			if cur != nil {
				tear()
			}
			torn(n, at, line)
		case cur == nil:
		case mark == '|' && side == &ours:
			side, cur.HasBase = &base, true
		case mark == '=' && side != &theirs:
			side = &theirs
		default:
			side.WriteString(line)
		}
		at += len(line)
	}
	if cur != nil {
		tear()
	}
	return out
}

// marker is the character of which the line's marker is made, 0 when the line is none. A label may
// follow after a blank, except behind '='.
func marker(line string) byte {
	line = strings.TrimRight(line, "\r\n")
	if len(line) < width || !strings.ContainsRune("<|=>", rune(line[0])) || line[:width] != strings.Repeat(line[:1], width) {
		return 0
	}
	if rest := line[width:]; rest == "" || rest[0] == ' ' && line[0] != '=' {
		return line[0]
	}
	return 0
}
