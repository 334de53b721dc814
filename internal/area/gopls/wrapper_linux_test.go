package gopls

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestWrapperFails: only a script that surely starts one gopls, which cannot be, is judged.
func TestWrapperFails(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "gopls")
	whole := filepath.Join(dir, "whole", "gopls")
	files(t, dir, map[string]string{"whole/gopls": "x"})
	for name, c := range map[string]struct {
		text, fails string
		unix        bool
	}{
		"whole":                {"exec " + whole + ` "$@"`, "", false},
		"gone":                 {"export GOMEMLIMIT=1GiB\nulimit -n 4096 || true\nexec /nowhere/gopls-0.19/gopls \"$@\"", "missing", false},
		"gone, with env":       {`exec env GOFLAGS=-tags=a "$HOME/nowhere/gopls" "$@"`, "", false}, // the first word behind env is no program: not followed
		"gone, of a variable":  {`exec "$HOME/nowhere/gopls" "$@"`, "missing", false},
		"a variable changed":   {"HOME=/other\n" + `exec "$HOME/nowhere/gopls" "$@"`, "", false},
		"a choice":             {"if [ -x " + whole + " ]; then exec " + whole + "; fi\nexec /nowhere/gopls", "", false},
		"a choice in one":      {"[ -x /nowhere/gopls ] && exec /nowhere/gopls\nexec " + whole, "", false},
		"builds it first":      {"make -s tools >&2\nexec /nowhere/gopls", "", false},
		"builds it if need be": {"[ -x /nowhere/tool ] || make -s tools >&2\nexec /nowhere/gopls", "", false},
		"by a substitution":    {"DIR=$(fetch-tools)\nexec /nowhere/gopls", "", false},
		"reads a file":         {". ./env.sh\nexec /nowhere/gopls", "", false},
		"itself":               {`exec gopls "$@"`, "itself", false},
		"itself by path":       {"exec " + path, "itself", false},
		"another in PATH":      {"PATH=/usr/bin\nexec gopls", "", false},
		"CR":                   {"exec " + whole + "\r", "", true},
	} {
		t.Run(name, func(t *testing.T) {
			text := "#!/bin/sh\n" + c.text + "\n"
			if c.unix {
				text = strings.Replace(text, "\n", "\r\n", 1)
			}
			if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
				t.Fatal(err)
			}
			w := wrapper(path, map[string]string{"HOME": dir, "PATH": dir})
			if w == nil && c.fails == "" {
				return
			}
			if w == nil || w.Fails != c.fails || (w.Unix != nil) != c.unix {
				t.Fatalf("got %+v", w)
			}
			if c.fails != "" && (w.Word == nil || text[w.Word.Offset:w.Word.Offset+len(w.Word.Old)] != w.Word.Old || !strings.Contains(w.Word.Old, "gopls")) {
				t.Errorf("word %+v", w.Word)
			}
		})
	}
}
