package goenv_test

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/gorescue/gorescue/internal/goenv"
)

func texts(ws []goenv.Word) string {
	var out []string
	for _, w := range ws {
		out = append(out, w.Text)
	}
	return strings.Join(out, "|")
}

func TestWords(t *testing.T) {
	for in, want := range map[string]string{
		"":                            "",
		"-a  -b=c\t-d\r\n":            "-a|-b=c|-d",
		"'-ldflags=-w -s' -v":         "-ldflags=-w -s|-v",
		`"-tags=a b"'-x'`:             "-tags=a b|-x",
		"-tags='a b'":                 "-tags='a|b'",
		"''":                          "",
		"-ldflags=-X main.version=1":  "-ldflags=-X|main.version=1",
		"'-ldflags=-X main.v=it\"s'a": "-ldflags=-X main.v=it\"s|a",
	} {
		ws, err := goenv.Words(in)
		if got := texts(ws); got != want || err != nil {
			t.Errorf("%q: %q, %v; want %q", in, got, err, want)
		}
	}
	if _, err := goenv.Words("-a '-b"); err == nil {
		t.Error("no error for an open quote")
	}
}

// TestWordsAsTheGoCommand: the real go command splits GOFLAGS the same way: it names the first word that is
// no flag.
func TestWordsAsTheGoCommand(t *testing.T) {
	for in, want := range map[string]string{
		"-v x":                `non-flag "x"`,
		"'-v' x'y z":          `non-flag "x'y"`,
		`-tags="a b"`:         `non-flag "b\""`,
		"'-tags=a b":          "unterminated ' string",
		`'-tags=a b'"-v"-x c`: `non-flag "c"`,
	} {
		cmd := exec.Command("go", "version")
		cmd.Env = append(cmd.Environ(), "GOFLAGS="+in, "GOTOOLCHAIN=local")
		out, _ := cmd.CombinedOutput()
		if !strings.Contains(string(out), want) {
			t.Errorf("GOFLAGS=%s: go says %q, want %s", in, out, want)
			continue
		}
		ws, err := goenv.Words(in)
		switch {
		case err != nil:
			if !strings.Contains(want, err.Error()) {
				t.Errorf("GOFLAGS=%s: %v, want %s", in, err, want)
			}
		default:
			for _, w := range ws {
				if !strings.HasPrefix(w.Text, "-") {
					if !strings.Contains(want, strings.ReplaceAll(w.Text, `"`, `\"`)) {
						t.Errorf("GOFLAGS=%s: first word that is no flag: %q, want %s", in, w.Text, want)
					}
					break
				}
			}
		}
	}
}

func FuzzWords(f *testing.F) {
	for _, s := range []string{"", "-a -b=c", "'-x y' z", `"`, "a'b c'", "''", "\t\r\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		ws, err := goenv.Words(s)
		at := 0
		var quoted []string
		for _, w := range ws {
			if w.Start < at || w.End <= w.Start || w.End > len(s) || !strings.Contains(s[w.Start:w.End], w.Text) {
				t.Fatalf("%q: word %+v behind %d", s, w, at)
			}
			at = w.End
			q, qerr := goenv.QuoteWord(w.Text)
			if qerr != nil {
				return
			}
			quoted = append(quoted, q)
		}
		if err != nil {
			return
		}
		again, err := goenv.Words(strings.Join(quoted, " "))
		if err != nil || texts(again) != texts(ws) || len(again) != len(ws) {
			t.Fatalf("%q: quoted again %q: %v, %v", s, quoted, again, err)
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"", "A=1\n", "A=1", "#x\n\nA=1\nA=2\n", " A=1\n=x\nB\n", "\x00\x00\n", "\xff\xfeA\x00=\x00", "A=1\r\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		at := 0
		for _, e := range goenv.Parse(data) {
			c := e.Cut
			if c.Offset < at || c.Offset+len(c.Old) > len(data) || string(data[c.Offset:c.Offset+len(c.Old)]) != c.Old || c.Old == "" {
				t.Fatalf("entry %+v does not stand in %q", e, data)
			}
			if e.Ignored == "" && (e.Name == "" || e.Name[0] < 'A' || e.Name[0] > 'Z' || !strings.HasPrefix(c.Old, e.Name+"="+e.Value)) {
				t.Fatalf("entry %+v counts", e)
			}
			at = c.Offset + len(c.Old)
		}
	})
}
