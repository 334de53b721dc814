package sum

import (
	"bytes"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/mod/module"

	"github.com/gorescue/gorescue/internal/conflict"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/gosum"
)

// Where a mended content comes from, when it is not a version that git has.
const (
	mendText = "text" // the text says it itself: another encoding, ends of lines that are missing
	mendBoth = "both" // both sides of a merge
)

// mend looks for damage that the go command stumbles over, or that hides lines from it, and finds the edit that
// makes the file readable again with the least change.
func (p *place) mend(f *file) {
	if f.State != facts.FileRead {
		return
	}
	f.NULs = bytes.Count(f.data, []byte{0})
	text, encoding, decoded := gosum.Text(f.data)
	if encoding != "" {
		f.Encoding = encoding
	}
	f.Conflicts = marks(f.data)
	if f.Conflicts == 0 {
		for i, l := range f.lines {
			if !l.OK() && len(f.Bad) < maxBad {
				f.Bad = append(f.Bad, facts.SumBad{Line: l.N, Fields: len(l.Fields), Text: strings.ToValidUTF8(l.Text[:min(len(l.Text), 200)], "?"),
					Last: i == len(f.lines)-1 && l.End == ""})
			}
		}
	}
	var want []byte
	m := &facts.SumMend{}
	switch {
	case decoded:
		want, m.From = text, mendText
	case f.NULs > 0:
		want = p.refilled(f, m)
	case f.Conflicts > 0:
		want = p.joined(f, m)
	case len(f.Bad) > 0:
		want = p.completed(f, m)
	}
	if want == nil || len(f.data) > maxSplice || len(want) > maxSplice || !sound(want) {
		return
	}
	m.Splices = gosum.Replace(f.data, want)
	m.Added = max(0, len(gosum.Parse(want))-good(f.lines))
	f.Mend = m
}

func good(lines []gosum.Line) int {
	n := 0
	for _, l := range lines {
		if l.OK() {
			n++
		}
	}
	return n
}

// sound reports whether the go command reads all of a content.
func sound(data []byte) bool {
	if bytes.IndexByte(data, 0) >= 0 || !utf8.Valid(data) || marks(data) > 0 {
		return false
	}
	return !slices.ContainsFunc(gosum.Parse(data), func(l gosum.Line) bool { return !l.OK() })
}

// refilled is a content for a file in which a crash has left zero bytes: the version of git that it is the rest
// of, else what is left of it, completed.
func (p *place) refilled(f *file, m *facts.SumMend) []byte {
	if want := p.whole(f, bytes.TrimRight(f.data, "\x00"), m); want != nil {
		return want
	}
	var rest []byte // the zero bytes stand for what is lost; the lines around them may be cut
	for piece := range bytes.SplitSeq(f.data, []byte{0}) {
		if len(piece) > 0 {
			rest = append(append(rest, piece...), '\n')
		}
	}
	g := &file{SumFile: f.SumFile, data: rest, lines: gosum.Parse(rest), versions: f.versions, asked: f.asked}
	return p.completed(g, m)
}

// whole is the version of git that begins with what is left of the file, nil when there is none.
func (p *place) whole(f *file, left []byte, m *facts.SumMend) []byte {
	for range 2 {
		for _, v := range f.versions {
			if len(v.data) >= len(left) && bytes.HasPrefix(v.data, left) && sound(v.data) {
				m.From = v.name
				return v.data
			}
		}
		if f.asked || len(bytes.TrimSpace(left)) == 0 {
			return nil // an empty file is the rest of anything: only what is committed or staged counts
		}
		p.history(f)
	}
	return nil
}

// completed repairs each bad line by itself: a line that was cut is completed by a witness that has exactly one
// such line, lines that were joined are parted, and what no witness knows is dropped and named.
func (p *place) completed(f *file, m *facts.SumMend) []byte {
	if want := p.whole(f, f.data, m); want != nil {
		return want
	}
	p.history(f)
	var out []byte
	eol := "\n"
	if len(f.lines) > 0 && f.lines[0].End == "\r\n" {
		eol = "\r\n"
	}
	at := 0
	for _, l := range f.lines {
		if l.OK() {
			continue
		}
		out = append(out, f.data[at:l.Offset]...)
		at = l.Offset + len(l.Text) + len(l.End)
		if parts := gosum.Split(l.Text); parts != nil {
			out = append(out, strings.Join(parts, eol)+eol...)
			m.From = first(m.From, mendText)
			continue
		}
		if full, from := f.completion(l); full != "" {
			out = append(out, full+eol...)
			m.From = first(m.From, from)
			continue
		}
		if strings.Trim(l.Text, "=") == "" {
			continue // a mark of a merge whose others are gone: it says nothing
		}
		m.Dropped = append(m.Dropped, strings.ToValidUTF8(l.Text[:min(len(l.Text), 200)], "?"))
	}
	return append(out, f.data[at:]...)
}

// completion is the only entry of the newest version that a bad line can be the rest of: its beginning or its end.
func (f *file) completion(l gosum.Line) (entry, from string) {
	text := strings.TrimSpace(l.Text)
	if len(text) < 8 {
		return "", ""
	}
	for _, v := range f.versions {
		found := map[string]bool{}
		for _, o := range gosum.Parse(v.data) {
			if o.OK() && (strings.HasPrefix(o.Entry(), text) || strings.HasSuffix(o.Entry(), text)) {
				found[o.Entry()] = true
			}
		}
		if len(found) == 1 {
			for e := range found {
				return e, v.name
			}
		}
	}
	return "", ""
}

// joined takes the markers of a merge out and keeps the lines of both sides, which is what go.sum is made for.
// Where the sides contradict each other, the one that the module cache or a common ancestor agrees with is kept.
func (p *place) joined(f *file, m *facts.SumMend) []byte {
	m.From = mendBoth
	var out []byte
	at := 0
	for _, c := range conflict.Find(f.data) {
		out = append(out, f.data[at:c.At.Offset]...)
		at = c.At.Offset + len(c.At.Old)
		for _, side := range []string{c.Ours, c.Theirs} {
			if out = append(out, side...); side != "" && !strings.HasSuffix(side, "\n") {
				out = append(out, '\n')
			}
		}
	}
	out = append(out, f.data[at:]...)
	byKey := map[module.Version][]string{}
	for _, l := range slices.Backward(gosum.Parse(out)) {
		k := l.Key()
		switch {
		case !l.OK():
		case slices.Contains(byKey[k], l.Hash()):
			out = slices.Delete(out, l.Offset, l.Offset+len(l.Text)+len(l.End))
		default:
			byKey[k] = append(byKey[k], l.Hash())
		}
	}
	for k, hashes := range byKey {
		if len(hashes) < 2 {
			continue
		}
		keep := p.settled(k, hashes)
		if keep == "" {
			m.Clash = append(m.Clash, k.String())
			continue
		}
		for _, l := range slices.Backward(gosum.Parse(out)) {
			if l.Key() == k && l.Hash() != keep {
				out = slices.Delete(out, l.Offset, l.Offset+len(l.Text)+len(l.End))
			}
		}
	}
	slices.Sort(m.Clash)
	if len(out) > 0 && out[len(out)-1] != '\n' {
		out = append(out, '\n')
	}
	g := &file{SumFile: f.SumFile, data: out, lines: gosum.Parse(out), versions: f.versions, asked: f.asked}
	if slices.ContainsFunc(g.lines, func(l gosum.Line) bool { return !l.OK() }) {
		return p.completed(g, m)
	}
	return out
}

// settled is the hash that the content in the module cache has, when it is one of those in dispute.
func (p *place) settled(k module.Version, hashes []string) string {
	if h, _, _ := p.content(k); slices.Contains(hashes, h) {
		return h
	}
	return ""
}

// marks is the line of the first mark of an unfinished merge, 0 = none.
func marks(data []byte) int {
	if list := conflict.Find(data); len(list) > 0 {
		return list[0].Line
	}
	return 0
}

func first(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
