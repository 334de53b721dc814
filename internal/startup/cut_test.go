package startup

import (
	"maps"
	"slices"
	"testing"

	"github.com/gorescue/gorescue/internal/facts"
)

// TestCuts shows the file that is left when X is taken away.
func TestCuts(t *testing.T) {
	for _, tt := range []struct{ name, before, after string }{
		{"alone", "a\nexport X=/x\nb\n", "a\nb\n"},
		{"indented, with comment", "a\n\texport X=/x  # mine\nb\n", "a\nb\n"},
		{"last without newline", "a\nexport X=1", "a\n"},
		{"second of two", "export A=1 X=/x\n", "export A=1\n"},
		{"first of two", "export X=/x A=1\n", "export A=1\n"},
		{"middle", "export A=1   X=/x B=2 # c\n", "export A=1 B=2 # c\n"},
		{"first bare", "X=1 A=2\n", "A=2\n"},
		{"continued", "export A=1 \\\n  X=/x\n", "export A=1\n"},
		{"continued first", "export X=1 \\\n  A=/x\nb\n", "export \\\n  A=/x\nb\n"},
		{"with export behind", "X=/x; export X\nb\n", "b\n"},
		{"with export below", "X=/x\nexport A=1 X\n", "export A=1\n"},
		{"two exports", "X=/x\nexport X\nexport X\nb\n", "b\n"},
		{"export of two values stays", "X=1; export X\nX=2\n", "export X\nX=2\n"},
		{"in if", "if a; then\n  export X=1\nfi\n", "if a; then\n  :\nfi\n"},
		{"in if with others", "if a; then\n  export X=1\n  b\nfi\n", "if a; then\n  b\nfi\n"},
		{"in one-line if", "if a; then X=1; export X; fi\n", "if a; then :; fi\n"},
		{"guarded", "a\n[ -d /x ] && export X=1\nb\n", "a\nb\n"},
		{"guarded by two", "[ -d /x ] && [ -d /y ] && export X=1 # c\nb\n", "b\n"},
		{"guarded over lines", "[ -d /x ] &&\n  export X=1\nb\n", "b\n"},
		{"guarded by a deed", "mkdir x && export X=1\n", "mkdir x && :\n"},
		{"else arm", "[ -d /x ] && export X=1 || echo no\n", "[ -d /x ] && : || echo no\n"},
		{"case arm", "case a in\n  b) export X=1;;\n  c) d;;\nesac\n", "case a in\n  b) ;;\n  c) d;;\nesac\n"},
		{"case arm, second", "case a in\n  b) d;export X=1;;\nesac\n", "case a in\n  b) d; ;;\nesac\n"},
		{"function", "f() { export X=1; }\nf\n", "f() { :; }\nf\n"},
		{"behind another", "a; export X=1\nb\n", "a;\nb\n"},
		{"before another", "export X=1; a\n", "a\n"},
		{"between", "a; export X=1; b\n", "a; b\n"},
		{"carriage returns", "a\r\nexport X=1\r\nb\r\n", "a\r\nb\r\n"},
		{"string over lines", "a\nexport X='1\n2'\nb\n", "a\nb\n"},
		{"default", "a\n: \"${X:=1}\"\nexport X\n", "a\n"},
		{"call", "add() { X=$X:$1; export X; }\nadd /a\nb\n", "add() { X=$X:$1; export X; }\nb\n"},
		{"behind a continuation", "a \\\n; export X=1\nb\n", "a \\\n;\nb\n"},
		{"unset", "unset A X\n", "unset A\n"},
		{"command", "command export X=1\nb\n", "b\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			list, err := Parse("/h/.profile", facts.KindShell, []byte(tt.before), map[string]string{"PATH": "/bin"})
			if err != nil {
				t.Fatal(err)
			}
			for _, a := range list {
				if a.Name == "X" {
					if got := applyCuts(t, tt.before, a.Cuts); got != tt.after {
						t.Errorf("got  %q\nwant %q (cuts %+v)", got, tt.after, a.Cuts)
					}
					return
				}
			}
			t.Fatalf("no assignment of X: %+v", list)
		})
	}
}

func applyCuts(t testing.TB, src string, cuts []facts.Splice) string {
	t.Helper()
	cuts = slices.Clone(cuts)
	slices.SortFunc(cuts, func(a, b facts.Splice) int { return b.Offset - a.Offset })
	end := len(src)
	for _, c := range cuts {
		if c.Offset < 0 || c.Offset+len(c.Old) > end || src[c.Offset:c.Offset+len(c.Old)] != c.Old {
			t.Fatalf("cut %+v does not fit %q", c, src)
		}
		src = src[:c.Offset] + c.New + src[c.Offset+len(c.Old):]
		end = c.Offset
	}
	return src
}

// predicted are the variables whose value is sure.
func predicted(list []facts.Assignment, env map[string]string) (sure map[string]string, open map[string]bool) {
	sure, open = maps.Clone(env), map[string]bool{}
	for _, a := range list {
		switch {
		case a.Dormant || a.Local:
		case a.Guarded || !a.Known:
			open[a.Name] = true
		case a.Unset:
			delete(sure, a.Name)
			delete(open, a.Name)
		default:
			sure[a.Name] = a.Value
			if !a.Keeps {
				delete(open, a.Name)
			}
		}
	}
	for name := range open {
		delete(sure, name)
	}
	return sure, open
}
