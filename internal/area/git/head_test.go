package git

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gorescue/gorescue/internal/facts"
)

const zeros, ones = "0000000000000000000000000000000000000000", "1111111111111111111111111111111111111111"

func TestRefFile(t *testing.T) {
	dir := t.TempDir()
	for raw, want := range map[string]facts.RefState{
		"ref: refs/heads/main\n": facts.RefOK, "ref:refs/heads/a b\n": facts.RefOK, ones + "\n": facts.RefOK, ones + ones[:24]: facts.RefOK, "": facts.RefEmpty,
		"\x00\x00": facts.RefZeroed, "ref: refs/heads/m\x00\x00": facts.RefGarbage, "ref: \n": facts.RefGarbage, "\n": facts.RefGarbage, ones[:39] + "\n": facts.RefGarbage,
		strings.Repeat("x", 5000): facts.RefUnknown,
	} {
		p := filepath.Join(dir, "HEAD")
		if err := os.WriteFile(p, []byte(raw), 0o644); err != nil {
			t.Fatal(err)
		}
		if got, kept, _ := refFile(p); got != want || len(kept) > 256 {
			t.Errorf("%q: %s, want %s", raw, got, want)
		}
	}
	if got, _, _ := refFile(filepath.Join(dir, "none")); got != facts.RefMissing {
		t.Error(got)
	}
	if got, _, _ := refFile(dir); got != facts.RefUnknown {
		t.Error(got)
	}
}

func FuzzReflog(f *testing.F) {
	f.Add(zeros + " " + ones + " A <a@example.com> 1700000000 +0000\tcheckout: moving from a to b\n")
	f.Add("\t\n  \n" + ones + "\n")
	f.Fuzz(func(t *testing.T, data string) {
		for _, l := range parseReflog(data) {
			if !isHash().MatchString(l.hash) || l.number < 1 {
				t.Errorf("%+v", l)
			}
		}
	})
}
