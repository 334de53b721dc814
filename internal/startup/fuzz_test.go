package startup

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/gorescue/gorescue/internal/facts"
)

var allKinds = []facts.StartupKind{facts.KindShell, facts.KindFish, facts.KindEnvd, facts.KindPAM, facts.KindDot}

// FuzzParse: whatever a file holds, it is read without a crash and each cut names
// bytes that are there.
func FuzzParse(f *testing.F) {
	for _, tt := range shellFiles {
		f.Add(tt.text, uint8(0), ".profile")
		f.Add(tt.text, uint8(0), ".zshrc")
	}
	for _, text := range fishFiles {
		f.Add(text, uint8(1), "config.fish")
	}
	f.Add("A=1\nPATH=\"${PATH:-x}:/b\"\nB='x' \\\n y\r\n", uint8(2), "10.conf")
	f.Add("A DEFAULT=@{HOME}/x OVERRIDE=\"b c\"\nexport B=2\n", uint8(3), ".pam_environment")
	f.Add("PATH_add bin\nexport A=1\n", uint8(4), ".envrc")
	f.Add("SETUVAR --export GOROOT:\\x2fx\\x1ey\n", uint8(1), "fish_variables")
	f.Fuzz(func(t *testing.T, src string, kind uint8, name string) {
		if len(src) > 64<<10 {
			return
		}
		list, _ := Parse("/home/u/"+name, allKinds[int(kind)%len(allKinds)], []byte(src), map[string]string{"HOME": "/home/u", "PATH": "/bin"})
		for _, a := range list {
			applyCuts(t, src, a.Cuts)
		}
	})
}

// FuzzCut: after a cut a file still parses, and every other variable keeps the value it had.
func FuzzCut(f *testing.F) {
	for _, tt := range shellFiles {
		if tt.dependent == "" {
			f.Add(tt.text)
		}
	}
	f.Fuzz(func(t *testing.T, src string) {
		if len(src) < 8<<10 {
			checkCuts(t, src)
		}
	})
}

func checkCuts(t *testing.T, src string) {
	env := map[string]string{"HOME": "/home/u", "PATH": "/bin"}
	list, err := Parse("/home/u/.profile", facts.KindShell, []byte(src), env)
	if err != nil {
		return
	}
	before, open := predicted(list, env)
	for i, a := range list {
		if len(a.Cuts) == 0 || i > 50 {
			continue
		}
		cut := applyCuts(t, src, a.Cuts)
		rest, err := Parse("/home/u/.profile", facts.KindShell, []byte(cut), env)
		if err != nil {
			t.Fatalf("without %s (line %d) the file does not parse: %v\nbefore %q\nafter  %q", a.Name, a.Line, err, src, cut)
		}
		if strings.Count(src, "$") > 0 || strings.Contains(src, "~") || strings.Contains(src, "`") {
			continue // values may depend on one another
		}
		after, openAfter := predicted(rest, env)
		for name, v := range before {
			if w, ok := after[name]; name != a.Name && !openAfter[name] && (!ok || v != w) {
				t.Errorf("without %s (line %d) %s is %q instead of %q\nbefore %q\nafter  %q", a.Name, a.Line, name, w, v, src, cut)
			}
		}
		for name := range after {
			if _, ok := before[name]; !ok && name != a.Name && !open[name] {
				t.Errorf("without %s (line %d) %s appears\nbefore %q\nafter  %q", a.Name, a.Line, name, src, cut)
			}
		}
	}
}

// randomFile makes a file of a shell that sets variables in all sorts of ways. Values do not depend on
// one another.
func randomFile(r *rand.Rand) string {
	var b strings.Builder
	newline := []string{"\n", "\n", "\n", "\n\n", " # note\n", "; ", ";", "\n\t"}
	end := func() { b.WriteString(newline[r.IntN(len(newline))]) }
	names := strings.Fields("A B C GOROOT GOFLAGS PATH GOPATH")
	values := []string{"1", "/opt/go", `"a b"`, `'x;y'`, `'#'`, `""`, `a\ b`, `"$HOME/x"`, "~/go", `$'t\tq'`, "'1\n2'", "\"l \\\nm\"", `"$(echo k)"`}
	pick := func(l []string) string { return l[r.IntN(len(l))] }
	var statement func(depth int)
	body := func(depth int) {
		for range 1 + r.IntN(3) {
			statement(depth + 1)
			end()
		}
		b.WriteString("\n")
	}
	statement = func(depth int) {
		n, v := pick(names), pick(values)
		kinds := 14
		if depth > 2 {
			kinds = 9
		}
		switch r.IntN(kinds) {
		case 0, 1:
			fmt.Fprintf(&b, "export %s=%s", n, v)
		case 2:
			fmt.Fprintf(&b, "export %s=%s %s=%s", n, v, pick(names), pick(values))
		case 3:
			fmt.Fprintf(&b, "%s=%s; export %s", n, v, n)
		case 4:
			fmt.Fprintf(&b, "%s=%s %s=%s", n, v, pick(names), pick(values))
		case 5:
			fmt.Fprintf(&b, "export %s", n)
		case 6:
			fmt.Fprintf(&b, "export PATH=\"%s:$PATH\"", pick([]string{"/p", "/q q", "$HOME/r"}))
		case 7:
			fmt.Fprintf(&b, "export \\\n  %s=%s %s", n, v, pick(names))
		case 8:
			fmt.Fprintf(&b, "true")
		case 9:
			b.WriteString("if [ -n \"$HOME\" ]; then ")
			body(depth)
			if r.IntN(2) == 0 {
				b.WriteString("else ")
				body(depth)
			}
			b.WriteString("fi")
		case 10:
			fmt.Fprintf(&b, "[ -n \"$HOME\" ] && export %s=%s", n, v)
		case 11:
			b.WriteString("case x in x) ")
			statement(depth + 1)
			b.WriteString(pick([]string{";;", " ;;", "\n;;"}))
			b.WriteString(" esac")
		case 12:
			b.WriteString("{ ")
			body(depth)
			b.WriteString("}")
		case 13:
			f := fmt.Sprintf("f%d", r.IntN(1000))
			fmt.Fprintf(&b, "%s() { ", f)
			body(depth)
			b.WriteString("}\n")
			if r.IntN(2) == 0 {
				b.WriteString(f)
			} else {
				b.WriteString("true")
			}
		}
	}
	for range 1 + r.IntN(8) {
		statement(0)
		end()
	}
	if r.IntN(4) > 0 {
		b.WriteString("\n")
	}
	return strings.ReplaceAll(b.String(), "\n; ", "\n")
}

// TestRandomCuts checks what FuzzCut checks on many made files.
func TestRandomCuts(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	parsed := 0
	for range 3000 {
		src := randomFile(r)
		if _, err := Parse("x", facts.KindShell, []byte(src), nil); err == nil {
			parsed++
		}
		checkCuts(t, src)
	}
	if parsed < 1500 {
		t.Errorf("only %d of the files parse", parsed)
	}
}
