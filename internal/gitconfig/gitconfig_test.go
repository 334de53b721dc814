package gitconfig

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// corpus has files with and without mistakes.
var corpus = []string{
	"", "\n", "[user]\n\tname = Dev\n", "[user]\nname\n", "[a]b=c", "[a] b = c ; d\n", "[a \"B c\"]\nx = \"y # z\" # w\n", "[a.B]\nx=1\n", "[A-1]\nk-2 = a b\n",
	"\xef\xbb\xbf[user]\n\tname = Dev\n", "[user]\r\n\tname = Dev\r\n", "[a]\nx = one \\\n two\n", "[a]\nx = \"a\\tb\\\\c\\\"d\"\n", "# c\n; d\n[a]\n",
	"<<<<<<< HEAD\n", "[user]\n\tname = Dev\n<<<<<<< HEAD\n\temail = a\n=======\n\temail = b\n>>>>>>> x\n", "[user\nname = x\n", "[user]\nname = \"Dev\n", "[user]\nname = a\\q\n",
	"[user] x y\n", "x = y\n", "[]\nx=1\n", "[a \"b]\n", "[a \"b\"\n", "[a b]\n", "[a]\n\x00\x00\n", "[a]\n= 1\n", "[a]\n1x = 1\n", "[a]\nx_y = 1\n", "[a]\nname Dev\n", "<html>\n", "[a]\nx = 1\\",
	"[a", "[a \"b\\\"c\"]\nx=1\n", "[a]\nx = \"a\nb\"\n", "[a.]\nx=1\n", "[a]\n\tx = 1 [b]\n", "[a]x=1\n[b]y=2", "[a]\n]\n", "[a]\n\"x\" = 1\n", "[a]\nx=1\r", "[a]\rx=1\n",
}

// ask returns the line that git complains about, 0 when it reads the file.
func ask(t testing.TB, file string) int {
	t.Helper()
	cmd := exec.Command("git", "config", "--file", file, "--list", "--no-includes")
	cmd.Env = append(os.Environ(), "GIT_CONFIG_NOSYSTEM=1", "LC_ALL=C")
	out, err := cmd.CombinedOutput()
	if err == nil {
		return 0
	}
	m := regexp.MustCompile(`bad config line (\d+)`).FindSubmatch(out)
	if m == nil {
		t.Fatalf("git says: %s", out)
	}
	n, _ := strconv.Atoi(string(m[1]))
	return n
}

func same(t *testing.T, data []byte) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(file, data, 0o644); err != nil {
		t.Fatal(err)
	}
	want := ask(t, file)
	_, bad := Parse(data)
	switch {
	case want == 0 && len(bad) > 0:
		t.Errorf("%q: git reads it; we say %+v", data, bad)
	case want > 0 && len(bad) == 0:
		t.Errorf("%q: git stops at line %d; we see nothing", data, want)
	case want > 0 && bad[0].Line > want:
		t.Errorf("%q: git stops at line %d, we at %d", data, want, bad[0].Line)
	}
}

// TestAsGit compares the verdict with git's, for the corpus and for pieces put together at random.
func TestAsGit(t *testing.T) {
	for _, c := range corpus {
		same(t, []byte(c))
	}
	pieces := []string{"[", "]", "a", "B", "=", " ", "\t", "\n", "\"", "\\", "#", ";", "\r\n", "-", "1", ".", "[a]\n", "[a \"b\"]\n", "x = 1\n", "\\n", "é", "\x00"}
	r := rand.New(rand.NewPCG(1, 2))
	for range 600 {
		var b bytes.Buffer
		for range 1 + r.IntN(12) {
			b.WriteString(pieces[r.IntN(len(pieces))])
		}
		same(t, b.Bytes())
	}
}

func TestEntries(t *testing.T) {
	const file = "[user]\n\tname = Dev # x\n<<<<<<< HEAD\n[url \"ssh://git@h/\"]\n\tinsteadOf = https://h/\n\tinsteadOf = \"a b\"\n[Core]x\n"
	entries, bad := Parse([]byte(file))
	var got []string
	for _, e := range entries {
		got = append(got, fmt.Sprintf("%d %s=%s %v %q", e.Line, e.Name(), e.Value, e.Alone, file[e.Start:e.End]))
	}
	want := []string{
		`2 user.name=Dev true "\tname = Dev # x\n"`,
		`5 url.ssh://git@h/.insteadof=https://h/ true "\tinsteadOf = https://h/\n"`,
		`6 url.ssh://git@h/.insteadof=a b true "\tinsteadOf = \"a b\"\n"`,
		`7 core.x= false "[Core]x\n"`,
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s", strings.Join(got, "\n"))
	}
	if len(bad) != 1 || bad[0].Line != 3 || bad[0].Text != "<<<<<<< HEAD" || bad[0].Header {
		t.Errorf("%+v", bad)
	}
}

// TestQuote: what we write, git reads back.
func TestQuote(t *testing.T) {
	for _, v := range []string{"/a/b", "a b", " a", "a # b", `a"b\c`, "a\tb", "ä"} {
		file := filepath.Join(t.TempDir(), "config")
		body := "[safe]\n\tdirectory = " + Quote(v) + "\n[url " + QuoteSub(v) + "]\n\tinsteadOf = x\n"
		if err := os.WriteFile(file, []byte(body), 0o644); err != nil {
			t.Fatal(err)
		}
		for key, want := range map[string]string{"safe.directory": v, "url." + v + ".insteadof": "x"} {
			out, err := exec.Command("git", "config", "--file", file, key).Output()
			if err != nil || strings.TrimSuffix(string(out), "\n") != want {
				t.Errorf("%q: %s: %q %v", v, key, out, err)
			}
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, c := range corpus {
		f.Add([]byte(c))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		entries, bad := Parse(data)
		for _, e := range entries {
			if e.Start < 0 || e.End > len(data) || e.Start > e.End || e.Line < 1 {
				t.Errorf("%+v", e)
			}
		}
		for _, b := range bad {
			if b.Start < 0 || b.Start > len(data) || b.Line < 1 {
				t.Errorf("%+v", b)
			}
		}
	})
}
