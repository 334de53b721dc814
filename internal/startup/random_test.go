//go:build unix

package startup

import (
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/gorescue/gorescue/internal/facts"
)

// TestRandomAgainstBash compares the evaluation of made files with bash, before and after a cut.
func TestRandomAgainstBash(t *testing.T) {
	home := t.TempDir()
	env := testEnv(home)
	file := filepath.Join(home, "file.sh")
	r := rand.New(rand.NewPCG(3, 4))
	compare := func(src string) (map[string]string, []facts.Assignment, bool) {
		list, err := Parse(file, facts.KindShell, []byte(src), env)
		if err != nil {
			return nil, nil, false
		}
		if err := os.WriteFile(file, []byte(src), 0o600); err != nil {
			t.Fatal(err)
		}
		real := runBash(t, file, env)
		sure, open := predicted(list, env)
		want := maps.Clone(real)
		for name := range open {
			delete(want, name)
		}
		if d := cmp.Diff(sure, want); d != "" {
			t.Fatalf("evaluation (-ours +bash):\n%s\nof\n%s\n%q", d, src, src)
		}
		return real, list, true
	}
	done := 0
	for done < 150 {
		src := randomFile(r)
		before, list, ok := compare(src)
		if !ok || len(list) == 0 {
			continue
		}
		done++
		a := list[r.IntN(len(list))]
		if len(a.Cuts) == 0 {
			continue
		}
		cut := applyCuts(t, src, a.Cuts)
		after, _, ok := compare(cut)
		if !ok {
			t.Fatalf("without %s the file does not parse:\n%s\nbefore:\n%s", a.Name, cut, src)
		}
		delete(before, a.Name)
		delete(after, a.Name)
		if d := cmp.Diff(before, after); d != "" {
			t.Fatalf("without %s at line %d (-before +after):\n%s\nbefore:\n%s\nafter:\n%s", a.Name, a.Line, d, src, cut)
		}
	}
}
