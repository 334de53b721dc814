package env

import (
	"os/exec"
	"strings"
	"testing"
)

func TestSyntax(t *testing.T) {
	for _, c := range []struct {
		in    string
		kind  faultKind
		right string
	}{
		{"", noFault, ""},
		{"-v -mod=mod --trimpath", noFault, ""},
		{"'-ldflags=-w -s' -race", noFault, ""},
		{"-mod vendor", missingEquals, "-mod=vendor"},
		{"-v -mod vendor -race", missingEquals, "-v -mod=vendor -race"},
		{"-tags a,b", missingEquals, "-tags=a,b"},
		{"-ldflags -w", noFault, ""}, // two flags for go: the first needs an argument, and -w is one of go doc
		{"-ldflags=-X main.version=1", notAFlag, "'-ldflags=-X main.version=1'"},
		{"-v -ldflags=-X main.version=1 -race", notAFlag, "-v '-ldflags=-X main.version=1' -race"},
		{`-ldflags="-X main.version=1"`, notAFlag, "'-ldflags=-X main.version=1'"},
		{"-tags='a b'", notAFlag, "'-tags=a b'"},
		{"-gcflags=all=-N -l", unknownFlag, "'-gcflags=all=-N -l'"},
		{"-ldflags=-w -s", unknownFlag, "'-ldflags=-w -s'"},
		{"'-ldflags=-w -s", badQuote, "'-ldflags=-w -s'"},
		{"-v '-mod=mod -race", badQuote, "-v '-mod=mod -race'"},
		{"mod=vendor", notAFlag, ""},
		{"-v mod=vendor", notAFlag, "-v"},
		{"- -v", notAFlag, "-v"},
		{"---v", notAFlag, ""},
		{"-verbose -race", unknownFlag, "-race"},
		{`-ldflags=-X 'main.a="b' c"`, notAFlag, `'-ldflags=-X main.a="b c"'`},
		{"-test.v", noFault, ""},
	} {
		f := syntax(c.in)
		if f.kind != c.kind || f.right != c.right {
			t.Errorf("GOFLAGS=%s: kind %d, meant %q; want %d, %q", c.in, f.kind, f.right, c.kind, c.right)
		}
		if f.kind != noFault && syntax(f.right).kind != noFault {
			t.Errorf("GOFLAGS=%s: %q is not right either", c.in, f.right)
		}
	}
}

// goList says what the real go command makes of GOFLAGS.
func goList(t *testing.T, goflags string) string {
	t.Helper()
	cmd := exec.Command("go", "test", "-list=none", "unsafe")
	cmd.Env = append(cmd.Environ(), "GOFLAGS="+goflags, "GOTOOLCHAIN=local", "GO111MODULE=", "GOWORK=off")
	out, err := cmd.CombinedOutput()
	if err == nil {
		return ""
	}
	return string(out)
}

// TestAsTheGoCommand: the real go command refuses the same values with the same words.
func TestAsTheGoCommand(t *testing.T) {
	for _, v := range []string{
		"-mod vendor", "-ldflags=-X main.version=1", "-tags='a b'", "'-ldflags=-w -s", "mod=vendor", "---v", "-verbose", "-gcflags=all=-N -l", "-",
		"-C=/", "-mod", "-tags", "-race=maybe", "-buildvcs=maybe", "-mod=foo", "-buildmode=foo", "-compiler=foo", "-covermode=x", "-p=x", "-p=0",
		"-count=x", "-timeout=x", "-timeout=10", "-gcflags='-N", "-gcflags=N", "-ldflags==x", "-modfile=x",
		"-v", "-buildvcs=auto", "-buildvcs=false", "-trimpath=1", "-mod=", "-mod=mod", "-tags=a,b", "'-tags=a b'", "-p=2", "-count=1", "-timeout=10s",
		"-gcflags=all=-N", "-ldflags=", "-unknown=x", "--v", "-json", "-changed", "-fuzzcache", "-vettool=x",
	} {
		said := goList(t, v)
		want := ""
		if f := syntax(v); f.kind != noFault {
			want = f.message
		} else {
			list, _ := words(v)
			for _, w := range list {
				if want = badValue(w); want != "" {
					break
				}
			}
		}
		switch {
		case want == "" && strings.Contains(said, "GOFLAGS"):
			t.Errorf("GOFLAGS=%s: go refuses it and we do not: %s", v, said)
		case want != "" && !strings.Contains(said, want) && !(v == "-p=0" && strings.Contains(said, "-p must be a positive integer")):
			t.Errorf("GOFLAGS=%s: we say %q, go says %q", v, want, said)
		}
	}
}

// TestKnownFlags: each flag of the list is one of the go command's.
func TestKnownFlags(t *testing.T) {
	for name := range strings.FieldsSeq(knownFlags) {
		cmd := exec.Command("go", "version")
		cmd.Env = append(cmd.Environ(), "GOFLAGS=-"+name, "GOTOOLCHAIN=local")
		out, _ := cmd.CombinedOutput()
		if strings.Contains(string(out), "unknown flag") {
			t.Errorf("%s: %s", name, out)
		}
	}
}

func TestWithout(t *testing.T) {
	for _, c := range [][3]string{
		{"-mod=vendor", "mod", ""},
		{"-v -mod=vendor", "mod", "-v"},
		{"-mod=vendor  '-ldflags=-w -s'", "mod", "'-ldflags=-w -s'"},
		{"-v   '-mod=vendor' -x", "mod", "-v -x"},
	} {
		list, _ := words(c[0])
		for _, w := range list {
			if w.name == c[1] {
				if got := without(c[0], w); got != c[2] {
					t.Errorf("%q without -%s: %q, want %q", c[0], c[1], got, c[2])
				}
			}
		}
	}
}

func FuzzSyntax(f *testing.F) {
	for _, s := range []string{"", "-mod vendor", "-ldflags=-X main.v=1 -race", "'-a", "-tags='a b'", "x", "-v\t-x", "-ldflags=\"a' b\""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		v := syntax(s)
		if v.kind != noFault && syntax(v.right).kind != noFault {
			t.Fatalf("%q: %q is not right either", s, v.right)
		}
		list, _ := words(s)
		for _, w := range list {
			badValue(w)
			without(s, w)
		}
	})
}

func goCommand(args ...string) *exec.Cmd { return exec.Command("go", args...) }

func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(name, args...).Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}
