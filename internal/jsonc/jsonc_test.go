package jsonc_test

import (
	"strings"
	"testing"

	"github.com/gorescue/gorescue/internal/action"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/jsonc"
)

func apply(t *testing.T, src string, s []facts.Splice) string {
	t.Helper()
	out, err := action.Spliced([]byte(src), s)
	if err != nil {
		t.Fatalf("%v: %q %+v", err, src, s)
	}
	return string(out)
}

// TestSound: what an editor accepts has no errors.
func TestSound(t *testing.T) {
	for _, src := range []string{
		"", " \n", "// only a comment\n", "{}", "{\n  // c\n  \"a\": 1, /* x */\n  \"b\": [1, 2,],\n}\n", "\ufeff{\"a\": \"é\\n\"}", `{"a":{"b":{}},"c":-1.5e3,"d":null,"e":true}`, "{\"a\": \"http://x\" // \" odd \"\n}",
	} {
		if d := jsonc.Parse([]byte(src)); len(d.Errors) > 0 {
			t.Errorf("%q: %v", src, d.Errors)
		}
	}
}

func TestMend(t *testing.T) {
	for _, c := range []struct {
		name, src, want string
		damage          jsonc.Damage
	}{
		{"comma", "{\n  \"a\": 1\n  \"b\": 2\n}\n", "{\n  \"a\": 1,\n  \"b\": 2\n}\n", jsonc.NoComma},
		{"comma before a comment", "{\n  \"a\": 1 // one\n  \"b\": [1 2]\n}\n", "{\n  \"a\": 1, // one\n  \"b\": [1, 2]\n}\n", jsonc.NoComma},
		{"colon", `{"a" 1}`, `{"a": 1}`, jsonc.Other},
		{"two commas", `{"a": 1,, "b": 2}`, `{"a": 1, "b": 2}`, jsonc.Other},
		{"python", `{"a": True, "b": None}`, `{"a": true, "b": null}`, jsonc.Other},
		{"brace too many", "{\"a\": 1}\n}\n", "{\"a\": 1}\n\n", jsonc.Other},
		{"cut in a key", "{\n  // c\n  \"a\": 1,\n  \"g\": {\n    \"ui.sem", "{\n  // c\n  \"a\": 1,\n  \"g\": {}\n}\n", jsonc.CutOff},
		{"cut in a value", "{\n  \"a\": 1,\n  \"b\": \"xy", "{\n  \"a\": 1\n}\n", jsonc.CutOff},
		{"cut behind a member", "{\n  \"a\": {\n    \"x\": 1,\n", "{\n  \"a\": {\n    \"x\": 1\n  }\n}\n", jsonc.CutOff},
		{"cut in a list", "{\n  \"a\": [\n    1,\n    2", "{\n  \"a\": [\n    1,\n    2\n  ]\n}\n", jsonc.CutOff},
		{"two roots", "{\n  \"a\": 1\n}\n{\n  \"b\": 2\n}\n", "{\n  \"a\": 1,\n  \"b\": 2\n}\n", jsonc.TwoRoots},
		{"two roots, comment last", "{\n  \"a\": 1 // x\n}\n{\n  \"b\": 2\n}\n", "{\n  \"a\": 1, // x\n  \"b\": 2\n}\n", jsonc.TwoRoots},
		{"two roots, equal key", "{\"a\": 1}\n{\"a\": 1, \"b\": 2}", "{\"a\": 1,\"a\": 1, \"b\": 2}", jsonc.TwoRoots},
		{"inner brace missing", "{\n  \"g\": {\n    \"x\": 1,\n  \"b\": 2\n}\n", "{\n  \"g\": {\n    \"x\": 1\n  },\n  \"b\": 2\n}\n", jsonc.Other},
		{"clash", "{\"a\": 1}\n{\"a\": 2}", "", jsonc.TwoRoots},
		{"merge", "{\n<<<<<<< ours\n\"a\": 1\n=======\n\"a\": 2\n>>>>>>> theirs\n}", "", jsonc.Conflict},
		{"words", "hello world", "", jsonc.Other},
	} {
		m := jsonc.Mend([]byte(c.src))
		if m.Damage != c.damage {
			t.Errorf("%s: %q, want %q", c.name, m.Damage, c.damage)
		}
		got := ""
		if m.Edit != nil {
			got = apply(t, c.src, m.Edit)
			if d := jsonc.Parse([]byte(got)); len(d.Errors) > 0 {
				t.Errorf("%s: still wrong: %v", c.name, d.Errors)
			}
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestRemove(t *testing.T) {
	for _, c := range []struct{ src, key, want string }{
		{"{\n  \"a\": 1,\n  \"b\": 2\n}\n", "b", "{\n  \"a\": 1\n}\n"},
		{"{\n  \"a\": 1,\n  \"b\": 2\n}\n", "a", "{\n  \"b\": 2\n}\n"},
		{"{\n  \"a\": 1,\n  \"b\": 2,\n}\n", "b", "{\n  \"a\": 1,\n}\n"},
		{`{"a": 1, "b": 2}`, "b", `{"a": 1}`},
		{`{"a": 1, "b": 2}`, "a", `{ "b": 2}`},
		{`{"a": 1}`, "a", `{}`},
		{"{\n  \"a\": 1, // one\n  \"b\": 2 // two\n}\n", "b", "{\n  \"a\": 1 // one\n   // two\n}\n"},
	} {
		d := jsonc.Parse([]byte(c.src))
		for i, m := range d.Root.Members {
			if m.Key == c.key {
				if got := apply(t, c.src, d.Remove(d.Root, i)); got != c.want {
					t.Errorf("%q without %s: %q, want %q", c.src, c.key, got, c.want)
				}
			}
		}
	}
}

func TestAddAndJoin(t *testing.T) {
	for src, want := range map[string]string{
		"{\n  \"a\": 1\n}\n":  "{\n  \"a\": 1,\n  \"x\": true\n}\n",
		"{\n  \"a\": 1,\n}\n": "{\n  \"a\": 1,\n  \"x\": true,\n}\n",
		`{}`:                  `{"x": true}`,
		`{"a": 1}`:            `{"a": 1, "x": true}`,
	} {
		d := jsonc.Parse([]byte(src))
		if got := apply(t, src, d.Add(d.Root, "x", "true")); got != want {
			t.Errorf("%q: %q, want %q", src, got, want)
		}
	}
	src := "{\n  \"g\": {\n    \"a\": 1\n  },\n  \"h\": 0,\n  \"g\": {\n    \"b\": [\"-\"]\n  }\n}\n"
	d := jsonc.Parse([]byte(src))
	dups := d.Duplicates()
	if len(dups) != 1 {
		t.Fatal(dups)
	}
	s, conflicts, ok := d.Join(dups[0])
	want := "{\n  \"h\": 0,\n  \"g\": {\n    \"a\": 1,\n    \"b\": [\"-\"]\n  }\n}\n"
	if got := apply(t, src, s); !ok || conflicts != nil || got != want {
		t.Errorf("%v %v %q", ok, conflicts, got)
	}
}

// FuzzMend: no text crashes or hangs; what is mended is sound and has every byte of the old text that is
// not named as lost, but for signs.
func FuzzMend(f *testing.F) {
	for _, s := range []string{`{"a":1 "b":2}`, "{\"a\":[1,2", "{}{}", "{\"a\" 1}", "[[[[", "{\"g\": {\"a\": \"", "\xff\xfe{\x00", "{,}", "{]", "[}", "/*", "{\"a\":tru}"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		if len(src) > 1<<16 {
			return
		}
		d := jsonc.Parse(src)
		for _, dup := range d.Duplicates() {
			if s, _, ok := d.Join(dup); ok {
				if _, err := action.Spliced(src, s); err != nil {
					t.Fatal(err)
				}
			}
		}
		if d.Root != nil {
			for i := range d.Root.Members {
				if _, err := action.Spliced(src, d.Remove(d.Root, i)); err != nil {
					t.Fatal(err)
				}
			}
		}
		m := jsonc.Mend(src)
		if m.Edit == nil {
			return
		}
		out := apply(t, string(src), m.Edit)
		if e := jsonc.Parse([]byte(out)).Errors; len(e) > 0 {
			t.Fatalf("%q becomes %q: %v", src, out, e)
		}
		if letters(out) < letters(string(src))-letters(m.Lost) {
			t.Fatalf("%q becomes %q, lost %q", src, out, m.Lost)
		}
	})
}

func letters(s string) int {
	return len(strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, s))
}
