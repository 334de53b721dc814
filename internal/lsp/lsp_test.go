package lsp_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/gorescue/gorescue/internal/lsp"
)

func TestParse(t *testing.T) {
	for _, tc := range []struct{ body, id, method, params, result, err string }{
		{`{"jsonrpc":"2.0","id":1,"method":"a/b","params":{"x":[1,"}]\"",{}]}}`, `1`, "a/b", `{"x":[1,"}]\"",{}]}`, "", ""},
		{`{"params":[],"method":"\u0061","id":"x"}`, `"x"`, "a", `[]`, "", ""},
		{` {"id": "q\"" , "result": null } `, `"q\""`, "", "", "null", ""},
		{`{"method":"m","id":null}`, ``, "m", "", "", ""},
		{`{}`, "", "", "", "", ""},
		{`{"method":"m"`, "", "", "", "", "ends too early"},
		{`{"method":"m}`, "", "", "", "", "ends too early"},
		{`{"method":"m"}{`, "", "", "", "", "followed by"},
		{`[1]`, "", "", "", "", "no JSON object"},
		{`{"a":[}]}`, "", "", "", "", "no JSON object"},
		{"{\"a\":\"\n\"}", "", "", "", "", "no JSON object"},
		{strings.Repeat("[", 10), "", "", "", "", "no JSON object"},
		{`{"a":` + strings.Repeat("[", 20_000), "", "", "", "", "no JSON object"},
	} {
		m, err := lsp.Parse([]byte(tc.body))
		if tc.err != "" {
			if err == nil || !strings.Contains(err.Error(), tc.err) {
				t.Errorf("%.60s: error %v, want %q", tc.body, err, tc.err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", tc.body, err)
			continue
		}
		if string(m.ID) != tc.id || m.Method != tc.method || string(m.Params) != tc.params || string(m.Result) != tc.result {
			t.Errorf("%s: id %s method %s params %s result %s", tc.body, m.ID, m.Method, m.Params, m.Result)
		}
	}
}

func TestWithID(t *testing.T) {
	m, err := lsp.Parse([]byte(`{ "params" : {"id":7}, "id" : "old", "method":"m"}`))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(m.WithID(lsp.NumberID(12))), `{ "params" : {"id":7}, "id" : 12, "method":"m"}`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got := lsp.String(m.Body, "method"); got != "m" {
		t.Errorf("Field of a message: %q", got)
	}
	if got := lsp.Field(m.Params, "id", "x"); got != nil {
		t.Errorf("a member of a number: %s", got)
	}
}

// FuzzParse: what encoding/json takes for an object must pass with the same members.
func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"id":1,"method":"x","params":{"a":[1,2,{"b":"\\"}]}}`))
	f.Add([]byte(`{"id":"a","result":[true,null,-1.5e+3]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := lsp.Parse(b)
		var std map[string]json.RawMessage
		if json.Unmarshal(b, &std) != nil || std == nil {
			return
		}
		if err != nil {
			t.Fatalf("%q: %v", b, err)
		}
		if want, ok := std["params"]; ok && !bytes.Equal(want, m.Params) {
			t.Errorf("%q: params %s, want %s", b, m.Params, want)
		}
	})
}

func frame(bodies ...string) []byte {
	var out []byte
	for _, b := range bodies {
		out = lsp.AppendFrame(out, []byte(b))
	}
	return out
}

func TestDecoder(t *testing.T) {
	a, b := `{"method":"a","params":"ä"}`, `{"id":1,"result":{"x":"Content-Length: 3\r\n\r\n"}}`
	n := len(a)
	for name, tc := range map[string]struct {
		in     string
		want   []string
		damage []lsp.Damage
	}{
		"clean":                {string(frame(a, b, a)), []string{a, b, a}, nil},
		"bare line ends":       {fmt.Sprintf("Content-Length: %d\n\n%sContent-Length: %d\n\n%s", n, a, n, a), []string{a, a}, []lsp.Damage{lsp.BareLines}},
		"content type":         {fmt.Sprintf("Content-Type: x\r\ncontent-length:%d\r\n\r\n%s", n, a), []string{a}, nil},
		"printed lines":        {"hello\nworld: 1\n\n" + string(frame(a)) + "bye\n" + string(frame(b)), []string{a, b}, []lsp.Damage{lsp.Garbage, lsp.Garbage, lsp.Garbage}},
		"printed without end":  {"hello" + string(frame(a, b)), []string{a, b}, []lsp.Damage{lsp.Garbage}},
		"characters not bytes": {fmt.Sprintf("Content-Length: %d\r\n\r\n%s", n-1, a) + string(frame(b)), []string{a, b}, []lsp.Damage{lsp.TooShort}},
		"much too short":       {"Content-Length: 5\r\n\r\n" + a + string(frame(b)), []string{a, b}, []lsp.Damage{lsp.TooShort}},
		"too long":             {fmt.Sprintf("Content-Length: %d\r\n\r\n%s", n+7, a) + string(frame(b, a)), []string{a, b, a}, []lsp.Damage{lsp.TooLong}},
		"too long at the end":  {fmt.Sprintf("Content-Length: %d\r\n\r\n%s", n+7, a), []string{a}, []lsp.Damage{lsp.TooLong}},
		"no number":            {"Content-Length: abc\r\n\r\n" + a + string(frame(b)), []string{a, b}, []lsp.Damage{lsp.NoLength}},
		"huge number":          {"Content-Length: 99999999999999\r\n\r\n" + a + string(frame(b)), []string{a, b}, []lsp.Damage{lsp.NoLength}},
		"no header":            {a + string(frame(b)), []string{a, b}, []lsp.Damage{lsp.NoLength}},
		"no JSON":              {string(frame("oops")) + string(frame(b)), []string{b}, []lsp.Damage{lsp.NotJSON}},
		"cut off":              {fmt.Sprintf("Content-Length: %d\r\n\r\n%s", n, a[:n-4]) + string(frame(b)), []string{b}, []lsp.Damage{lsp.TooShort, lsp.NotJSON}},
		"doubled returns":      {fmt.Sprintf("Content-Length: %d\r\r\n\r\r\n%s", n, a), []string{a}, nil},
	} {
		for _, step := range []int{1, 3, 1 << 20} {
			var d lsp.Decoder
			var got []string
			var damage []lsp.Damage
			d.Damaged = func(k lsp.Damage, _ []byte) { damage = append(damage, k) }
			read := func() {
				for {
					m, ok := d.Next()
					if !ok {
						return
					}
					got = append(got, string(m.Body))
				}
			}
			for part := range slices.Chunk([]byte(tc.in), step) {
				d.Feed(part)
				read()
			}
			d.Stalled()
			read()
			if !slices.Equal(got, tc.want) || !slices.Equal(damage, tc.damage) {
				t.Errorf("%s, %d bytes at a time:\n got %q %q\nwant %q %q", name, step, got, damage, tc.want, tc.damage)
			}
		}
	}
}

// FuzzDecoder: whatever comes, the decoder neither stops working nor repeats itself.
func FuzzDecoder(f *testing.F) {
	f.Add([]byte("Content-Length: 2\r\n\r\n{}x{"), 3)
	f.Add([]byte("a\nContent-Length: 9\n\n{\"a\":\"b"), 1)
	f.Fuzz(func(t *testing.T, in []byte, step int) {
		var d lsp.Decoder
		total := 0
		for part := range slices.Chunk(in, min(max(step, 1), 1<<10)) {
			d.Feed(part)
			for m, ok := d.Next(); ok; m, ok = d.Next() {
				total += len(m.Body)
			}
		}
		d.Stalled()
		for m, ok := d.Next(); ok; m, ok = d.Next() {
			total += len(m.Body)
		}
		if total > len(in) {
			t.Errorf("%d bytes of messages from %d", total, len(in))
		}
		d.Feed([]byte("\n\n"))
		d.Stalled()
		d.Next()
	})
}

var alphabet = []string{"a", "b", " ", "\n", "\r\n", "\t", "ä", "世", "😀", "\u0301", "\ufeff", "\u2028", "\"", "\\", "\x00", "e\u0301", "👩‍👩‍👧"}

func randomText(r *rand.Rand, n int) string {
	var b strings.Builder
	for range r.IntN(n + 1) {
		b.WriteString(alphabet[r.IntN(len(alphabet))])
	}
	return b.String()
}

// at is the position of a byte of a text, counted by other means than the package does.
func at(text string, i int, enc lsp.Encoding) (line, char int) {
	before := text[:i]
	line = strings.Count(before, "\n")
	before = before[strings.LastIndexByte(before, '\n')+1:]
	switch enc {
	case lsp.UTF8:
		return line, len(before)
	case lsp.UTF32:
		return line, len([]rune(before))
	}
	return line, len(utf16.Encode([]rune(before)))
}

// TestApplyRandom: a million random edits at character boundaries, in all encodings, are what slicing
// the text does.
func TestApplyRandom(t *testing.T) {
	for _, enc := range []lsp.Encoding{"", lsp.UTF8, lsp.UTF16, lsp.UTF32} {
		r := rand.New(rand.NewPCG(1, 2))
		for range 300 {
			text := randomText(r, 40)
			d := &lsp.Document{Text: []byte(text)}
			for version := range 60 {
				var changes []any
				for range 1 + r.IntN(3) {
					if r.IntN(20) == 0 {
						text = randomText(r, 40)
						changes = append(changes, map[string]any{"text": text})
						continue
					}
					cuts := []int{len(text)}
					for i := range text {
						cuts = append(cuts, i)
					}
					i, j := cuts[r.IntN(len(cuts))], cuts[r.IntN(len(cuts))]
					i, j = min(i, j), max(i, j)
					l1, c1 := at(text, i, enc)
					l2, c2 := at(text, j, enc)
					add := randomText(r, 5)
					changes = append(changes, map[string]any{"text": add, "range": map[string]any{
						"start": map[string]int{"line": l1, "character": c1}, "end": map[string]int{"line": l2, "character": c2}}})
					text = text[:i] + add + text[j:]
				}
				params, err := json.Marshal(map[string]any{"textDocument": map[string]any{"version": version}, "contentChanges": changes})
				if err != nil {
					t.Fatal(err)
				}
				if err := d.Apply(params, enc); err != nil {
					t.Fatal(err)
				}
				if string(d.Text) != text || d.Version != int64(version) {
					t.Fatalf("%q: after %s\n got %q\nwant %q", enc, params, d.Text, text)
				}
			}
		}
	}
}

func TestApplyOdd(t *testing.T) {
	for _, tc := range []struct{ text, change, want string }{
		{"ab\ncd", `{"range":{"start":{"line":0,"character":9},"end":{"line":0,"character":9}},"text":"X"}`, "abX\ncd"},
		{"ab\r\ncd", `{"range":{"start":{"line":0,"character":9},"end":{"line":0,"character":9}},"text":"X"}`, "abX\r\ncd"},
		{"ab\ncd", `{"range":{"start":{"line":7,"character":3},"end":{"line":9,"character":0}},"text":"X"}`, "ab\ncdX"},
		{"a\rb", `{"range":{"start":{"line":0,"character":2},"end":{"line":0,"character":3}},"text":"X"}`, "a\rX"},
		{"😀b", `{"range":{"start":{"line":0,"character":1},"end":{"line":0,"character":2}},"text":"X"}`, "Xb"},
		{"a", `{"rangeLength":1,"text":"full"}`, "full"},
		{"a", `{"range":{"start":{"line":0,"character":0},"end":{"line":0,"character":0}},"text":"\ud800"}`, "\ufffda"},
	} {
		d := &lsp.Document{Text: []byte(tc.text)}
		if err := d.Apply([]byte(`{"contentChanges":[`+tc.change+`]}`), lsp.UTF16); err != nil || string(d.Text) != tc.want {
			t.Errorf("%q %s: %q, %v; want %q", tc.text, tc.change, d.Text, err, tc.want)
		}
	}
	d := &lsp.Document{Text: []byte("ab"), Version: 3}
	for _, bad := range []string{`{"contentChanges":[{"text":"x"},{"range":{"start":{"line":0,"character":2},"end":{"line":0,"character":1}},"text":""}]}`, `{"contentChanges":[{}]}`, `{"contentChanges":5}`, `x`} {
		if err := d.Apply([]byte(bad), lsp.UTF16); err == nil || string(d.Text) != "ab" || d.Version != 3 {
			t.Errorf("%s: %v, %q", bad, err, d.Text)
		}
	}
}

func FuzzApply(f *testing.F) {
	f.Add("a\n😀\r\n", []byte(`{"contentChanges":[{"range":{"start":{"line":1,"character":1},"end":{"line":2,"character":4}},"text":"é"}]}`), "utf-16")
	f.Fuzz(func(t *testing.T, text string, params []byte, enc string) {
		d := &lsp.Document{Text: []byte(text)}
		if d.Apply(params, lsp.Encoding(enc)) == nil {
			_ = d.OpenParams()
		}
	})
}

func BenchmarkDecodeAndParse(b *testing.B) {
	body := []byte(`{"jsonrpc":"2.0","id":12,"method":"textDocument/completion","params":{"textDocument":{"uri":"file:///home/dev/project/internal/server/server.go"},"position":{"line":120,"character":14},"context":{"triggerKind":1}}}`)
	in := lsp.AppendFrame(nil, body)
	var d lsp.Decoder
	b.SetBytes(int64(len(in)))
	for b.Loop() {
		d.Feed(in)
		if _, ok := d.Next(); !ok {
			b.Fatal("no message")
		}
	}
}

func BenchmarkApply(b *testing.B) {
	d := &lsp.Document{Text: bytes.Repeat([]byte("\tfmt.Println(\"hello, world\")\n"), 20_000)}
	in := []byte(`{"textDocument":{"version":2},"contentChanges":[{"range":{"start":{"line":10000,"character":3},"end":{"line":10000,"character":4}},"text":"x"}]}`)
	for b.Loop() {
		if err := d.Apply(in, lsp.UTF16); err != nil {
			b.Fatal(err)
		}
	}
}
