package jsonc

import (
	"bytes"
	"slices"
	"strings"

	"github.com/gorescue/gorescue/internal/facts"
)

// Damage names how a text is damaged, by what mends it.
type Damage string

// The damages. CutOff: the text ends in the middle. TwoRoots: a second object follows the first.
const (
	NoComma  Damage = "comma"
	CutOff   Damage = "cut-off"
	TwoRoots Damage = "two-roots"
	Conflict Damage = "conflict" // markers of an unfinished merge
	Other    Damage = "other"
)

// Mended is a way to make a damaged text whole.
type Mended struct {
	Damage Damage
	Edit   []facts.Splice // nil = no way was found that keeps all the rest
	Lost   string         // an unfinished piece that is left out
	// Clash lists keys which both roots have with different values; then there is no Edit.
	Clash []string
}

// maxMends bounds how many places are mended in one text; maxMendSize how big a text may be: 1 MiB.
const (
	maxMends    = 20
	maxMendSize = 1 << 20
)

// Mend says how a text with errors is damaged and finds the smallest change after which it has none. It
// inserts or takes away single signs where the error is; every other byte stays. Damage is "" when the text
// has no errors.
func Mend(src []byte) Mended {
	d := Parse(src)
	if len(d.Errors) == 0 {
		return Mended{}
	}
	m := Mended{Damage: Other}
	if conflicted(src) {
		m.Damage = Conflict
		return m
	}
	if len(src) > maxMendSize {
		return m
	}
	text, first := src, Damage("")
	for range maxMends {
		if len(d.Errors) == 0 {
			m.Damage, m.Edit = first, difference(src, text)
			return m
		}
		next, what, lost, clash := step(d)
		if first == "" || what != NoComma {
			first = what
		}
		if next == nil {
			m.Damage, m.Clash = first, clash
			return m
		}
		m.Lost += lost
		text = next
		d = Parse(text)
	}
	return m
}

func conflicted(src []byte) bool {
	return bytes.Contains(src, []byte("\n<<<<<<< ")) && bytes.Contains(src, []byte("\n>>>>>>> "))
}

// step mends the first error. next is nil when it cannot.
func step(d *Doc) (next []byte, what Damage, lost string, clash []string) {
	e := d.Errors[0]
	switch e.Problem {
	case WantComma:
		return insert(d.Src, lastByte(d.Src, e.Offset), ","), NoComma, "", nil
	case WantColon:
		return insert(d.Src, lastByte(d.Src, e.Offset), ":"), Other, "", nil
	case Unfinished, BadString:
		if d.Errors[len(d.Errors)-1].Problem != Unfinished {
			break
		}
		return finish(d)
	case WantEnd:
		return joinRoots(d, e.Offset)
	case WantValue, WantKey:
		if d.Src[min(e.Offset, len(d.Src)-1)] == ',' { // doubled comma
			return cut(d.Src, e.Offset, e.Offset+1), Other, "", nil
		}
	case BadToken:
		return word(d, e.Offset)
	}
	return nil, Other, "", nil
}

// word mends a literal of another language: True, False, None and the like.
func word(d *Doc, at int) ([]byte, Damage, string, []string) {
	end := at
	for end < len(d.Src) && strings.IndexByte("{}[],:\" \t\r\n", d.Src[end]) < 0 {
		end++
	}
	low := strings.ToLower(string(d.Src[at:end]))
	if low == "none" || low == "nil" || low == "undefined" {
		low = "null"
	}
	if low != "true" && low != "false" && low != "null" {
		return nil, Other, "", nil
	}
	return insert(cut(d.Src, at, end), at, low), Other, "", nil
}

// joinRoots mends what follows the first complete value: closing brackets too many go, a second object
// is joined to the first when no key has two different values.
func joinRoots(d *Doc, at int) ([]byte, Damage, string, []string) {
	rest := bytes.TrimSpace(d.Src[at:])
	if len(bytes.Trim(rest, "}], \t\r\n")) == 0 {
		return bytes.TrimRight(cut(d.Src, at, at+len(rest)), " \t"), Other, "", nil
	}
	second := Parse(d.Src[at:])
	if second.Root == nil || second.Root.Kind != Object || d.Root == nil || d.Root.Kind != Object {
		return nil, Other, "", nil
	}
	if len(second.Errors) > 0 && second.Errors[0].Problem != WantEnd {
		return nil, TwoRoots, "", nil // the second object itself must be sound
	}
	var clash []string
	for _, m := range second.Root.Members {
		if v := d.Root.Get(m.Key); v != nil && !equal(d.Plain(v), second.Plain(m.Value)) {
			clash = append(clash, m.Key)
		}
	}
	if len(clash) > 0 {
		return nil, TwoRoots, "", clash
	}
	sep := []byte(",")
	if k := len(d.Root.Members); k == 0 || d.Root.Members[k-1].Comma >= 0 || len(second.Root.Members) == 0 {
		sep = nil
	}
	end := d.Root.End - 1
	keep := bytes.TrimRight(d.Src[:end], " \t\r\n")
	if sep != nil && lastByte(d.Src, end) != len(keep) { // a comment stands behind the last value
		keep = insert(keep, lastByte(d.Src, end), ",")
		sep = nil
	}
	between := d.Src[d.Root.End:at]
	if len(bytes.TrimSpace(between)) == 0 {
		between = nil
	}
	return slices.Concat(keep, sep, between, d.Src[at+second.Root.Start+1:]), TwoRoots, "", nil
}

// finish closes a text that ends too early. A missing closing brace is put where the indentation says; an
// unfinished member at the end is left out.
func finish(d *Doc) ([]byte, Damage, string, []string) {
	if d.Root == nil {
		return nil, CutOff, "", nil
	}
	tail := bytes.TrimRight(d.Src, " \t\r\n")
	if bytes.HasSuffix(tail, []byte("}")) && !bytes.HasSuffix(tail, []byte(" }")) && bytes.LastIndexByte(tail, '\n') == len(tail)-2 {
		return braceByIndent(d)
	}
	var open []*Node // from the root inwards
	keep := 0        // end of what is complete
	for n := d.Root; n != nil && n.Open; {
		open = append(open, n)
		keep = n.Start + 1
		var inner *Node
		for i, m := range n.Members {
			v := m.Value
			last := i == len(n.Members)-1
			if v == nil || last && damaged(d, v) {
				break
			}
			if v.Open {
				inner = v
				break
			}
			keep = v.End
		}
		for i, v := range n.Items {
			if i == len(n.Items)-1 && damaged(d, v) {
				break
			}
			if v.Open {
				inner = v
				break
			}
			keep = v.End
		}
		n = inner
	}
	if len(open) == 0 {
		return nil, CutOff, "", nil
	}
	lost := strings.TrimSpace(strings.TrimLeft(string(d.Src[keep:]), ", \t\r\n"))
	out := append([]byte(nil), d.Src[:keep]...)
	for i := len(open) - 1; i >= 0; i-- {
		sign := "}"
		if open[i].Kind == Array {
			sign = "]"
		}
		if strings.Contains(string(d.Src[open[i].Start:keep]), "\n") || i == 0 {
			out = append(out, d.newline()+d.Indent(open[i].Start)...)
		}
		out = append(out, sign...)
	}
	return append(out, d.newline()...), CutOff, lost, nil
}

// damaged reports whether an error lies in a value.
func damaged(d *Doc, n *Node) bool {
	return !n.Open && slices.ContainsFunc(d.Errors, func(e Error) bool { return e.Offset >= n.Start && e.Offset < n.End })
}

// braceByIndent puts the missing closing brace of an inner object before the first member that stands as
// far left as the object's own key.
func braceByIndent(d *Doc) ([]byte, Damage, string, []string) {
	for n := d.Root; n != nil; {
		var inner *Node
		for i, m := range n.Members {
			if n != d.Root && i > 0 && len(d.Indent(m.Start)) <= len(d.Indent(n.Start)) {
				prev := n.Members[i-1]
				if prev.Value == nil {
					return nil, Other, "", nil
				}
				text := d.newline() + d.Indent(n.Start) + "}"
				if prev.Comma < 0 {
					return nil, Other, "", nil
				}
				return insert(d.Src, prev.Value.End, text), Other, "", nil
			}
			if m.Value != nil && (m.Value.Open || m.Value.End >= len(d.Src)-2 && m.Value.Kind == Object) {
				inner = m.Value
			}
		}
		n = inner
	}
	return nil, Other, "", nil
}

// Indent is the white space at the start of a place's line.
func (d *Doc) Indent(at int) string {
	first := bytes.LastIndexByte(d.Src[:at], '\n') + 1
	line := d.Src[first:at]
	return string(line[:len(line)-len(bytes.TrimLeft(line, " \t"))])
}

// lastByte is the place behind the last byte before at that is neither blank nor comment.
func lastByte(src []byte, at int) int {
	p := &parser{Doc: &Doc{Src: src[:at]}}
	last := 0
	for p.i < at {
		p.space()
		if p.i >= at {
			break
		}
		if p.peek() == '"' {
			p.str()
		} else {
			p.i++
		}
		last = p.i
	}
	return last
}

func insert(src []byte, at int, text string) []byte {
	return slices.Concat(src[:at], []byte(text), src[at:])
}

func cut(src []byte, from, to int) []byte { return slices.Concat(src[:from], src[to:]) }

// difference is the edit that makes b of a.
func difference(a, b []byte) []facts.Splice {
	from := 0
	for from < len(a) && from < len(b) && a[from] == b[from] {
		from++
	}
	end := 0
	for end < len(a)-from && end < len(b)-from && a[len(a)-1-end] == b[len(b)-1-end] {
		end++
	}
	return []facts.Splice{{Offset: from, Old: string(a[from : len(a)-end]), New: string(b[from : len(b)-end])}}
}
