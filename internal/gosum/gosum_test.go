package gosum_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/gorescue/gorescue/internal/action"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/gosum"
)

const (
	h1 = "h1:3jLylUiSRuvvfJKeoU2xR9Es3vHRFamy9bZis+vLNsE="
	h2 = "h1:5Cbid2u2Lh6G/NMt04g/sMenydfyn00uQ8bA6ccSkyg="
)

func TestParse(t *testing.T) {
	lines := gosum.Parse([]byte("\nexample.com/a v1.0.0 " + h1 + "\r\n  example.com/a   v1.0.0/go.mod\t" + h2 + "\nexample.com/b v1\n" +
		"example.com/c v1.0.0/go.mod h1:G7mAYYxgmS0lVkHyy2hEOLQCFB0DlQFTMLWggykrydY=\nexample.com/d v1.0.0 h1:ab"))
	if len(lines) != 4 || !lines[0].OK() || lines[0].N != 2 || lines[0].End != "\r\n" || !lines[1].OK() || lines[2].OK() || lines[3].End != "" {
		t.Fatalf("%+v", lines)
	}
	if gosum.Possible(lines[3].Hash()) || !gosum.Possible(h1) || !gosum.Possible("h2:anything") || gosum.Possible("h1") {
		t.Error("a hash that is cut is not possible; one of another kind is")
	}
	if s := lines[1].HashAt("x"); s.Old != h2 {
		t.Errorf("%+v", s)
	}
}

func TestSplit(t *testing.T) {
	a, b := "example.com/a v1.0.0 "+h1, "example.com/b v1.2.3-pre/go.mod "+h2
	for text, want := range map[string]int{a + b: 2, a + " " + b + a: 3, a: 0, a + "x": 0, "": 0, a + " example.com/c v1": 0} {
		if got := gosum.Split(text); len(got) != want {
			t.Errorf("Split(%q) = %q, want %d entries", text, got, want)
		}
	}
}

func TestInsert(t *testing.T) {
	a, b, bm, c := "example.com/a v1.0.0 "+h1, "example.com/b v1.0.0 "+h1, "example.com/b v1.0.0/go.mod "+h2, "example.com/c v1.0.0 "+h1
	for _, tc := range []struct{ have, want string }{
		{"", a + "\n" + b + "\n" + bm + "\n" + c + "\n"},
		{b + "\n", a + "\n" + b + "\n" + bm + "\n" + c + "\n"},
		{b + "\n" + bm, a + "\n" + b + "\n" + bm + "\n" + c + "\n"},
		{b + "\r\n", a + "\r\n" + b + "\r\n" + bm + "\r\n" + c + "\r\n"},
	} {
		out, err := action.Spliced([]byte(tc.have), insert([]byte(tc.have), c, bm, a, b))
		if err != nil || string(out) != tc.want {
			t.Errorf("into %q: %q, want %q (%v)", tc.have, out, tc.want, err)
		}
	}
}

// insert adds entries that a content does not have.
func insert(data []byte, entries ...string) []facts.Splice {
	lines := gosum.Parse(data)
	places := map[string]int{}
	for _, e := range entries {
		if !slices.ContainsFunc(lines, func(l gosum.Line) bool { return l.Entry() == e }) {
			places[e] = gosum.Place(lines, len(data), e)
		}
	}
	return gosum.Insert(places, len(data), gosum.EOL(lines), len(data) == 0 || bytes.HasSuffix(data, []byte("\n")))
}

func TestText(t *testing.T) {
	plain := "example.com/a v1.0.0 " + h1 + "\n"
	wide := func(mark string, hi, lo int) []byte {
		out := []byte(mark)
		for i := range len(plain) {
			pair := []byte{0, 0}
			pair[lo], pair[hi] = plain[i], 0
			out = append(out, pair...)
		}
		return out
	}
	for name, data := range map[string][]byte{"bom": []byte("\xef\xbb\xbf" + plain), "le": wide("\xff\xfe", 1, 0), "be": wide("\xfe\xff", 0, 1), "le without mark": wide("", 1, 0)} {
		got, _, ok := gosum.Text(data)
		if !ok || string(got) != plain {
			t.Errorf("%s: %q %v", name, got, ok)
		}
	}
	for _, data := range []string{plain, "", "\xff\xfe\x00", "a\x00\x00"} {
		if got, _, ok := gosum.Text([]byte(data)); ok {
			t.Errorf("%q is taken for %q", data, got)
		}
	}
}

// FuzzFile: whatever is read, offsets are true, edits apply, and nothing else of the file is lost.
func FuzzFile(f *testing.F) {
	f.Add([]byte("example.com/a v1.0.0 "+h1+"\n"), []byte("x"))
	f.Add([]byte("\xff\xfea\x00"), []byte("\xff"))
	f.Add([]byte("a b c\r\n\x00 d\n"), []byte("é\x80"))
	f.Fuzz(func(t *testing.T, data, other []byte) {
		for _, l := range gosum.Parse(data) {
			if !bytes.HasPrefix(data[l.Offset:], []byte(l.Text+l.End)) {
				t.Fatalf("line %d is not at %d", l.N, l.Offset)
			}
			if l.OK() {
				if _, err := action.Spliced(data, []facts.Splice{l.HashAt("h1:x")}); err != nil {
					t.Fatal(err)
				}
			}
			gosum.Split(l.Text)
		}
		gosum.Text(data)
		e := "example.com/q v1.0.0 " + h1
		out, err := action.Spliced(data, insert(data, e))
		if err != nil || len(out) < len(data) || !strings.Contains(string(out), e) {
			t.Fatalf("%q %v", out, err)
		}
		if out, err := action.Spliced(data, gosum.Replace(data, other)); err != nil || !bytes.Equal(out, other) {
			t.Fatalf("%q → %q: %q %v", data, other, out, err)
		}
	})
}
