// Package gosum reads go.sum and go.work.sum files as the go command does (cmd/go/internal/modfetch/fetch.go,
// func readGoSum), keeps what that throws away (where a line stands, what is wrong with it), and makes the
// smallest edits of such a file. It reads no files itself.
package gosum

import (
	"bytes"
	"encoding/base64"
	"maps"
	"slices"
	"sort"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/mod/module"

	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/lazyre"
)

// Line is one line that is not blank.
type Line struct {
	N      int    // 1 for the first
	Offset int    // of its first byte
	Text   string // without its end
	End    string // "\n", "\r\n", "" for a last line without an end
	Fields []string
}

// OK reports whether the go command takes the line: three words.
func (l Line) OK() bool { return len(l.Fields) == 3 }

// Key is the module version that the line is for, with "/go.mod" appended for its go.mod file. It is the
// zero value when the line is not OK.
func (l Line) Key() module.Version {
	if !l.OK() {
		return module.Version{}
	}
	return module.Version{Path: l.Fields[0], Version: l.Fields[1]}
}

// Hash is the hash of the line, "" when the line is not OK.
func (l Line) Hash() string {
	if !l.OK() {
		return ""
	}
	return l.Fields[2]
}

// Entry is the line as the go command would write it, "" when it is not OK.
func (l Line) Entry() string { return strings.Join(l.Fields[:min(3, len(l.Fields))], " ") }

// Cut takes the whole line away.
func (l Line) Cut() facts.Splice { return facts.Splice{Offset: l.Offset, Old: l.Text + l.End} }

// HashAt replaces the hash of an OK line.
func (l Line) HashAt(hash string) facts.Splice {
	return facts.Splice{Offset: l.Offset + strings.LastIndex(l.Text, l.Hash()), Old: l.Hash(), New: hash}
}

// emptyGoMod is the hash of an empty go.mod file: the go command passes such lines over.
const emptyGoMod = "h1:G7mAYYxgmS0lVkHyy2hEOLQCFB0DlQFTMLWggykrydY="

// Parse splits a file into its lines. Blank lines, and the lines that the go command passes over, are left out.
func Parse(data []byte) []Line {
	var out []Line
	at, n := 0, 0
	for raw := range strings.Lines(string(data)) {
		n++
		text := strings.TrimRight(raw, "\r\n")
		l := Line{N: n, Offset: at, Text: text, End: raw[len(text):], Fields: strings.Fields(text)}
		at += len(raw)
		if len(l.Fields) == 0 || l.Hash() == emptyGoMod {
			continue
		}
		out = append(out, l)
	}
	return out
}

// Sums are the hashes of a file by key, in the order of its lines.
func Sums(lines []Line) map[module.Version][]string {
	m := map[module.Version][]string{}
	for _, l := range lines {
		if k := l.Key(); k.Path != "" {
			m[k] = append(m[k], l.Hash())
		}
	}
	return m
}

// Possible reports whether a hash has the form of one: "h1:" and 32 bytes. Hashes of other kinds, which the
// go command passes over, are possible too.
func Possible(hash string) bool {
	rest, ok := strings.CutPrefix(hash, "h1:")
	if !ok {
		return !strings.HasPrefix(hash, "h1")
	}
	b, err := base64.StdEncoding.DecodeString(rest)
	return err == nil && len(b) == 32
}

var entry = lazyre.New(`^(\S+?) (v[0-9][^\s]*) (h1:[A-Za-z0-9+/]{43}=)`)

// Split divides a text into the entries it consists of, when lines were joined by the loss of the ends
// between them. nil: it is no such text, or only one entry.
func Split(text string) []string {
	var out []string
	for rest := strings.TrimSpace(text); rest != ""; rest = strings.TrimSpace(rest) {
		m := entry().FindStringSubmatch(rest)
		if m == nil || module.CheckPath(m[1]) != nil {
			return nil
		}
		out = append(out, m[0])
		rest = rest[len(m[0]):]
	}
	if len(out) < 2 {
		return nil
	}
	return out
}

// Text decodes a file that an editor has saved in UTF-16 or with a byte order mark. ok is false when it is
// plain already or the text cannot be told.
func Text(data []byte) (text []byte, encoding string, ok bool) {
	switch {
	case bytes.HasPrefix(data, []byte("\xef\xbb\xbf")):
		return data[3:], "utf-8 with a byte order mark", utf8.Valid(data)
	case bytes.HasPrefix(data, []byte("\xff\xfe")):
		return utf16Text(data[2:], func(a, b byte) uint16 { return uint16(a) | uint16(b)<<8 }, "utf-16 little endian")
	case bytes.HasPrefix(data, []byte("\xfe\xff")):
		return utf16Text(data[2:], func(a, b byte) uint16 { return uint16(b) | uint16(a)<<8 }, "utf-16 big endian")
	case len(data) > 8 && len(data)%2 == 0 && evenly(data):
		return utf16Text(data, func(a, b byte) uint16 { return uint16(a) | uint16(b)<<8 }, "utf-16 little endian")
	}
	return nil, "", false
}

// evenly reports whether every second byte is zero and no other: ASCII in UTF-16 without a mark.
func evenly(data []byte) bool {
	for i, b := range data {
		if (b == 0) != (i%2 == 1) {
			return false
		}
	}
	return true
}

func utf16Text(data []byte, join func(a, b byte) uint16, name string) ([]byte, string, bool) {
	if len(data)%2 != 0 {
		return nil, name, false
	}
	units := make([]uint16, 0, len(data)/2)
	for i := 0; i+1 < len(data); i += 2 {
		units = append(units, join(data[i], data[i+1]))
	}
	text := string(utf16.Decode(units))
	if strings.ContainsRune(text, utf8.RuneError) || strings.ContainsRune(text, 0) {
		return nil, name, false
	}
	return []byte(text), name, true
}

// Place is where the go command would have an entry (sorted, as far as the file is): the offset of the line that
// follows it, or size.
func Place(lines []Line, size int, entry string) int {
	for _, l := range lines {
		if l.OK() && Compare(l.Entry(), entry) > 0 {
			return l.Offset
		}
	}
	return size
}

// EOL is the end that the lines of a file have.
func EOL(lines []Line) string {
	if len(lines) > 0 && lines[0].End == "\r\n" {
		return "\r\n"
	}
	return "\n"
}

// Insert makes the edits that add entries, each at its Place (from 0 to size) and on a line of its own. ended says
// that the file is empty or its last line has an end.
func Insert(places map[string]int, size int, eol string, ended bool) []facts.Splice {
	var out []facts.Splice
	for _, e := range slices.SortedFunc(maps.Keys(places), Compare) {
		out = append(out, facts.Splice{Offset: places[e], New: e + eol})
	}
	sort.SliceStable(out, func(i, j int) bool { return out[i].Offset < out[j].Offset })
	for i := range out {
		if out[i].Offset == size && !ended {
			out[i].New = eol + out[i].New
			break
		}
	}
	return out
}

// Compare orders entries as golang.org/x/mod/module.Sort does: by path, then version, a go.mod line behind
// the line of its module.
func Compare(a, b string) int {
	if a == b {
		return 0
	}
	ka, kb := key(a), key(b)
	if ka != kb {
		pair := []module.Version{ka, kb}
		module.Sort(pair)
		if pair[0] == ka {
			return -1
		}
		return 1
	}
	return strings.Compare(a, b)
}

func key(entry string) module.Version {
	f := append(strings.Fields(entry), "", "")
	return module.Version{Path: f[0], Version: f[1]}
}

// Replace is the edit that turns one content into another: one piece, without what is equal at both ends. nil:
// they are equal.
func Replace(have, want []byte) []facts.Splice {
	if bytes.Equal(have, want) {
		return nil
	}
	start := 0
	for start < min(len(have), len(want)) && have[start] == want[start] {
		start++
	}
	for start > 0 && !utf8.RuneStart(at(have, start)) { // never in the middle of a character
		start--
	}
	end := 0
	for end < min(len(have), len(want))-start && have[len(have)-1-end] == want[len(want)-1-end] {
		end++
	}
	for end > 0 && !utf8.RuneStart(have[len(have)-end]) {
		end--
	}
	return []facts.Splice{{Offset: start, Old: string(have[start : len(have)-end]), New: string(want[start : len(want)-end])}}
}

func at(data []byte, i int) byte {
	if i < len(data) {
		return data[i]
	}
	return 'x'
}
