package gotree_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/gotree"
)

func TestAliases(t *testing.T) {
	for _, tc := range []struct{ src, target, cut string }{
		{"alias ll='ls'\nalias go='/gone/bin/go'\n", "/gone/bin/go", "alias go='/gone/bin/go'\n"},
		{"alias go=$HOME/sdk/go/bin/go # mine\n", "/h/sdk/go/bin/go", "alias go=$HOME/sdk/go/bin/go # mine\n"},
		{"alias go=\"/gone/go -C x\"", "/gone/go", "alias go=\"/gone/go -C x\""},
		{"alias go='$HOME/sdk/go -C .'\n", "/h/sdk/go", "alias go='$HOME/sdk/go -C .'\n"},
		{"alias go='X=1 /gone/go; echo'\n", "", ""},
		{"x=1; alias go=/gone/go\n", "/gone/go", ""},
		{"go() {\n\t/gone/go \"$@\"\n}\necho\n", "/gone/go", "go() {\n\t/gone/go \"$@\"\n}\n"},
		{"function go { ~/gone/go \"$@\"; }\n", "/h/gone/go", "function go { ~/gone/go \"$@\"; }\n"},
		{"if true; then alias go=/gone/go; fi\n", "", ""},
		{"alias go='grc go'\nalias golint=/gone/x\ngo() { command go \"$@\"; }\n", "", ""},
		{"go() { time /gone/go; echo; }\nalias go\n# alias go=/gone\n", "", ""},
		{"alias go=/gone/go\nif\n", "", ""},
	} {
		path := filepath.Join(t.TempDir(), "rc")
		if err := os.WriteFile(path, []byte(tc.src), 0o644); err != nil {
			t.Fatal(err)
		}
		list := gotree.Aliases(path, map[string]string{"HOME": "/h"})
		target, cut := "", ""
		if len(list) > 0 {
			target = list[0].Target
			if list[0].State != facts.NamedMissing {
				t.Errorf("%q: %+v", tc.src, list[0])
			}
			if len(list[0].Cut) == 1 {
				cut = list[0].Cut[0].Old
			}
		}
		if target != tc.target || cut != tc.cut {
			t.Errorf("%q: %q %q, want %q %q", tc.src, target, cut, tc.target, tc.cut)
		}
	}
}

func FuzzAliases(f *testing.F) {
	f.Add("alias go='/x'\ngo() { /y \"$@\"; }\n")
	f.Fuzz(func(t *testing.T, src string) {
		path := filepath.Join(t.TempDir(), "rc")
		if err := os.WriteFile(path, []byte(src), 0o644); err != nil {
			t.Fatal(err)
		}
		for _, a := range gotree.Aliases(path, nil) {
			for _, c := range a.Cut {
				if len(src) < c.Offset+len(c.Old) || src[c.Offset:c.Offset+len(c.Old)] != c.Old {
					t.Fatalf("%q: %+v does not lie there", src, c)
				}
			}
		}
	})
}
