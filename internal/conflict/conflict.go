// Package conflict finds the pieces that git leaves in a file it could not merge
// (git-merge(1), "how conflicts are presented").
package conflict

import (
	"strings"

	"github.com/gorescue/gorescue/internal/facts"
)

// Find returns the pieces between the markers, in order. A piece without an end is left out.
func Find(data string) []facts.Conflict {
	var out []facts.Conflict
	var cur *facts.Conflict
	side, at, n := 0, 0, 0
	for line := range strings.Lines(data) {
		n++
		switch {
		case strings.HasPrefix(line, "<<<<<<< ") && cur == nil:
			cur, side = &facts.Conflict{Line: n, At: facts.Splice{Offset: at}}, 1
		case cur == nil:
		case strings.HasPrefix(line, "||||||| "):
			side = 2 // the common ancestor of diff3 style
		case strings.TrimRight(line, "\r\n") == "=======":
			side = 3
		case strings.HasPrefix(line, ">>>>>>> "):
			cur.At.Old = data[cur.At.Offset : at+len(line)]
			out = append(out, *cur)
			cur = nil
		case side == 1:
			cur.Ours += line
		case side == 3:
			cur.Theirs += line
		}
		at += len(line)
	}
	return out
}
