//go:build unix

package startup

import (
	"bytes"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/gorescue/gorescue/internal/facts"
)

const testPath = "/usr/local/bin:/usr/bin:/bin"

func testEnv(home string) map[string]string {
	return map[string]string{"HOME": home, "PATH": testPath, "USER": "dev"}
}

// runBash returns the environment after bash has read a file.
func runBash(t testing.TB, file string, env map[string]string) map[string]string {
	t.Helper()
	cmd := exec.Command("bash", "--noprofile", "--norc", "-c", `. "$0" >/dev/null 2>&1; /usr/bin/env -0`, file)
	for k, v := range env {
		cmd.Env = append(cmd.Env, k+"="+v)
	}
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("bash: %v", err)
	}
	got := map[string]string{}
	for kv := range bytes.SplitSeq(out, []byte{0}) {
		if k, v, ok := strings.Cut(string(kv), "="); ok && k != "_" && k != "SHLVL" && k != "PWD" && k != "OLDPWD" {
			got[k] = v
		}
	}
	return got
}

func TestAgainstBash(t *testing.T) {
	for _, tt := range shellFiles {
		t.Run(tt.name, func(t *testing.T) {
			home := t.TempDir()
			env := testEnv(home)
			file := filepath.Join(home, "file.sh")
			evaluate := func(src string) (map[string]string, []facts.Assignment) {
				if err := os.WriteFile(file, []byte(src), 0o600); err != nil {
					t.Fatal(err)
				}
				list, err := Parse(file, facts.KindShell, []byte(src), env)
				if err != nil {
					t.Fatalf("Parse: %v\n%s", err, src)
				}
				real := runBash(t, file, env)
				sure, open := predicted(list, env)
				for name := range open {
					delete(real, name)
				}
				if d := cmp.Diff(sure, real); d != "" {
					t.Errorf("evaluation (-ours +bash):\n%s\nof\n%s", d, src)
				}
				return runBash(t, file, env), list
			}
			before, list := evaluate(tt.text)
			for _, a := range list {
				if len(a.Cuts) == 0 {
					continue
				}
				cut := applyCuts(t, tt.text, a.Cuts)
				after, _ := evaluate(cut)
				was := maps.Clone(before)
				for _, name := range append(strings.Fields(tt.dependent), a.Name) {
					delete(was, name)
					delete(after, name)
				}
				if d := cmp.Diff(was, after); d != "" {
					t.Errorf("without %s at line %d others change (-before +after):\n%s\nfile now:\n%s", a.Name, a.Line, d, cut)
				}
			}
		})
	}
}
