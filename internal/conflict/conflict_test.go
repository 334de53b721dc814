package conflict_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gorescue/gorescue/internal/conflict"
)

// TestGit lets git make the pieces, in each of its styles.
func TestGit(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"base": "a\nb\nc\n", "ours": "a\nours\nc\n", "theirs": "a\ntheirs\nc\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, style := range []string{"--no-diff3", "--diff3", "--zdiff3"} {
		cmd := exec.Command("git", "merge-file", "-p", style, "ours", "base", "theirs")
		cmd.Dir = dir
		out, _ := cmd.Output() // its exit code is the number of pieces
		found := conflict.Find(out)
		if len(found) != 1 {
			t.Fatalf("%s: %+v in\n%s", style, found, out)
		}
		c, base := found[0], ""
		if style != "--no-diff3" {
			base = "b\n"
		}
		if c.Torn || c.Line != 2 || c.Ours != "ours\n" || c.Theirs != "theirs\n" || c.Base != base || c.HasBase != (base != "") {
			t.Errorf("%s: %+v", style, c)
		}
		if string(out[:c.At.Offset])+c.Ours+string(out[c.At.Offset+len(c.At.Old):]) != "a\nours\nc\n" {
			t.Errorf("%s: At is not the whole piece: %q", style, c.At.Old)
		}
	}
}

func TestFind(t *testing.T) {
	for _, tc := range []struct {
		name, text string
		want       string // per piece: line, T when torn, sides
	}{
		{"none", "a\n=======\nb\n", ""},
		{"CR LF", "<<<<<<< a\r\nx\r\n=======\r\ny\r\n>>>>>>> b\r\n", `1 "x\r\n" "" "y\r\n"`},
		{"no label", "<<<<<<<\nx\n=======\n>>>>>>>\n", `1 "x\n" "" ""`},
		{"two", "<<<<<<< a\n1\n=======\n2\n>>>>>>> b\nm\n<<<<<<< a\n3\n=======\n4\n>>>>>>> b", `1 "1\n" "" "2\n" | 7 "3\n" "" "4\n"`},
		{"a heading on a side", "<<<<<<< a\nt\n========\n=======\nu\n=======\n>>>>>>> b\n", `1 "t\n========\n" "" "u\n=======\n"`},
		{"longer inner markers", "<<<<<<< a\n1\n||||||| base\n<<<<<<<<< x\nq\n=========\nr\n>>>>>>>>> y\n=======\n2\n>>>>>>> b\n", `1 "1\n" "<<<<<<<<< x\nq\n=========\nr\n>>>>>>>>> y\n" "2\n"`},
		{"end lost", "m\n<<<<<<< a\n1\n=======\n2\n", "2 T"},
		{"start lost", "m\n1\n=======\n2\n>>>>>>> b\n", "5 T"},
		{"middle lost", "<<<<<<< a\n1\n>>>>>>> b\n", "1 T | 3 T"},
		{"start twice", "<<<<<<< a\n<<<<<<< a\n1\n=======\n2\n>>>>>>> b\n", `1 T | 2 "1\n" "" "2\n"`},
		{"quoted mail", ">>>>>>>deep\n<<<<<<<\tx\n", ""},
	} {
		if got := show(tc.text); got != tc.want {
			t.Errorf("%s: %s, want %s", tc.name, got, tc.want)
		}
	}
}

func FuzzFind(f *testing.F) {
	f.Add("<<<<<<< a\n1\n||||||| o\n0\n=======\n2\n>>>>>>> b\n")
	f.Add(">>>>>>> b\n<<<<<<< a")
	f.Fuzz(func(t *testing.T, text string) {
		end := 0
		for _, c := range conflict.Find([]byte(text)) {
			at := c.At.Offset
			if at < end || !strings.HasPrefix(text[at:], c.At.Old) || strings.Count(text[:at], "\n") != c.Line-1 {
				t.Fatalf("%q: %+v does not lie there", text, c)
			}
			end = at + len(c.At.Old)
		}
	})
}

func show(text string) string {
	var out []string
	for _, c := range conflict.Find([]byte(text)) {
		if c.Torn {
			out = append(out, fmt.Sprintf("%d T", c.Line))
		} else {
			out = append(out, fmt.Sprintf("%d %q %q %q", c.Line, c.Ours, c.Base, c.Theirs))
		}
	}
	return strings.Join(out, " | ")
}
