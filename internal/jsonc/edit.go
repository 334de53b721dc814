package jsonc

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"github.com/gorescue/gorescue/internal/facts"
)

// Remove takes one member out of an object: with its line when it stands alone there, and with the comma
// that would be left over. Comments stay.
func (d *Doc) Remove(n *Node, i int) []facts.Splice {
	m := n.Members[i]
	end := m.End
	if m.Value != nil {
		end = m.Value.End
	}
	var out []facts.Splice
	if m.Comma >= 0 {
		end = m.Comma + 1
	} else if i > 0 && n.Members[i-1].Comma >= 0 {
		out = append(out, facts.Splice{Offset: n.Members[i-1].Comma, Old: ","})
	}
	start := m.Start
	first := bytes.LastIndexByte(d.Src[:start], '\n') + 1
	last := bytes.IndexByte(d.Src[end:], '\n')
	before, after := d.Src[first:start], d.Src[end:]
	if last >= 0 {
		after = d.Src[end : end+last]
	}
	switch alone := len(bytes.TrimSpace(before)) == 0; {
	case alone && len(bytes.TrimSpace(after)) == 0 && last >= 0:
		start, end = first, end+last+1
	case !alone: // within a line: the blanks before it go
		for start > first && (d.Src[start-1] == ' ' || d.Src[start-1] == '\t') && (len(out) == 0 || start > out[0].Offset+1) {
			start--
		}
	}
	return append(out, facts.Splice{Offset: start, Old: string(d.Src[start:end])})
}

// Replace puts another text in the place of a value.
func (d *Doc) Replace(n *Node, text string) facts.Splice {
	return facts.Splice{Offset: n.Start, Old: d.Raw(n), New: text}
}

// Rename gives a member another key.
func (d *Doc) Rename(m Member, key string) facts.Splice {
	return facts.Splice{Offset: m.Start, Old: string(d.Src[m.Start:m.End]), New: Quote(key)}
}

// Add puts a member at the end of an object, in the layout of the members that are there.
func (d *Doc) Add(n *Node, key, value string) []facts.Splice {
	entry := Quote(key) + ": " + value
	k := len(n.Members)
	if k == 0 {
		return []facts.Splice{{Offset: n.Start + 1, New: entry}}
	}
	last := n.Members[k-1]
	end := last.End
	if last.Value != nil {
		end = last.Value.End
	}
	sep := " "
	first := bytes.LastIndexByte(d.Src[:last.Start], '\n') + 1
	if indent := d.Src[first:last.Start]; first > n.Start && len(bytes.TrimSpace(indent)) == 0 {
		sep = d.newline() + string(indent)
	}
	if last.Comma >= 0 { // a trailing comma: keep the habit
		return []facts.Splice{{Offset: last.Comma + 1, New: sep + entry + ","}}
	}
	return []facts.Splice{{Offset: end, New: "," + sep + entry}}
}

func (d *Doc) newline() string {
	if bytes.Contains(d.Src, []byte("\r\n")) {
		return "\r\n"
	}
	return "\n"
}

// Quote writes a string as JSON, without the escapes that only HTML needs.
func Quote(s string) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(s) // a string always encodes
	return strings.TrimSuffix(b.String(), "\n")
}

// Duplicate is a key that one object has more than once.
type Duplicate struct {
	Object *Node
	Path   []string // keys from the root to the object
	Key    string
	At     []int // the members, in order; the last one counts
}

// Duplicates lists them, outer ones first.
func (d *Doc) Duplicates() []Duplicate {
	var out []Duplicate
	var walk func(n *Node, path []string)
	walk = func(n *Node, path []string) {
		if n == nil {
			return
		}
		at := map[string][]int{}
		var order []string
		for i, m := range n.Members {
			if at[m.Key] == nil {
				order = append(order, m.Key)
			}
			at[m.Key] = append(at[m.Key], i)
		}
		for _, k := range order {
			if len(at[k]) > 1 {
				out = append(out, Duplicate{n, slices.Clone(path), k, at[k]})
			}
		}
		for _, m := range n.Members {
			walk(m.Value, append(slices.Clone(path), m.Key))
		}
		for _, it := range n.Items {
			walk(it, append(slices.Clone(path), "[]"))
		}
	}
	walk(d.Root, nil)
	return out
}

// Join makes one member of a duplicate: the values of all copies, when they are objects; else equal values
// become one. conflicts names keys that the copies give different values; of those the last copy's
// value is taken, as a reader does. ok is false when the copies are neither objects nor equal.
func (d *Doc) Join(dup Duplicate) (splices []facts.Splice, conflicts []string, ok bool) {
	last := dup.Object.Members[dup.At[len(dup.At)-1]].Value
	if last == nil {
		return nil, nil, false
	}
	var missing []string // raw members of earlier copies that the last one lacks
	for _, i := range dup.At[:len(dup.At)-1] {
		v := dup.Object.Members[i].Value
		switch {
		case v == nil || equal(d.Plain(v), d.Plain(last)):
		case v.Kind != Object || last.Kind != Object:
			return nil, []string{dup.Key}, false
		default:
			for _, m := range v.Members {
				have := last.Get(m.Key)
				switch {
				case m.Value == nil:
				case have == nil:
					missing = append(missing, string(d.Src[m.Start:m.Value.End]))
				case !equal(d.Plain(have), d.Plain(m.Value)):
					conflicts = append(conflicts, m.Key)
				}
			}
		}
		splices = append(splices, d.Remove(dup.Object, i)...)
	}
	if len(missing) > 0 {
		at := facts.Splice{Offset: last.Start + 1}
		sep := " "
		if len(last.Members) > 0 {
			first := last.Members[0]
			if gap := string(d.Src[last.Start+1 : first.Start]); strings.TrimSpace(gap) == "" {
				sep = gap
			}
		}
		for _, m := range missing {
			at.New += sep + m + ","
		}
		if len(last.Members) == 0 {
			at.New = strings.TrimSuffix(at.New, ",")
		}
		splices = append(splices, at)
	}
	slices.SortFunc(splices, func(a, b facts.Splice) int { return a.Offset - b.Offset })
	return splices, conflicts, true
}

func equal(a, b any) bool {
	x, err1 := json.Marshal(a)
	y, err2 := json.Marshal(b)
	return err1 == nil && err2 == nil && bytes.Equal(x, y)
}
