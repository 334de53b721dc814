//go:build unix

package startup

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/gorescue/gorescue/internal/facts"
)

// TestOddFiles: pipes, folders, devices, binaries, huge files and loops are named, not waited for.
func TestOddFiles(t *testing.T) {
	home := lay(t, "-- home/.bashrc --\n. ~/.bashrc\n. ~/.profile\nexport A=1\n-- home/.profile --\n. ~/.bashrc\nexport B=2\n. ~/pipe\n-- home/.zshrc --\nA\x00B\n")
	in := func(name string) string { return filepath.Join(home, name) }
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(syscall.Mkfifo(in("pipe"), 0o600))
	must(syscall.Mkfifo(in(".zprofile"), 0o600))
	must(os.Mkdir(in(".zlogin"), 0o700))
	must(os.Symlink("/dev/zero", in(".bash_login")))
	must(os.Symlink(".loop", in(".loop")))
	must(os.Symlink(".loop", in(".zshenv")))
	must(os.WriteFile(in(".pam_environment"), make([]byte, maxSize+1), 0o600))
	s := read(home, "sh", nil)
	bad := map[string]bool{}
	for _, f := range s.Files {
		if f.Err != "" {
			bad[filepath.Base(f.Path)] = true
		}
	}
	for _, name := range []string{"pipe", ".zprofile", ".zlogin", ".bash_login", ".zshenv", ".zshrc", ".pam_environment"} {
		if !bad[name] {
			t.Errorf("%s: no error", name)
		}
	}
	for name, value := range map[string]string{"A": "1", "B": "2"} {
		if _, ok := Origin(s, name, value); !ok {
			t.Errorf("%s has no origin", name)
		}
	}
}

// TestHostile: files made to exhaust a parser end in bounded time (that of the test run).
func TestHostile(t *testing.T) {
	many := func(s string) string { return strings.Repeat(s, maxSize/len(s)) }
	texts := []string{
		many("("), many("{ "), many("$("), many("${a:-"), many("`"), many("if "), many("! "), many("while "), many("a&&"), many("a|"), many("a &&\n"),
		many("\"$("), many("[[ ! "), many("$((-"), many("$((!"), many("$((("), many("case a in a) "), many("f()"), many("f() {\n"), many("time "), many("function f "), many("a=("), many("[[ ("), many("${"), many("<("), many("<<a\n"), many("\\\n"), many("A=b\n") + "fi\n",
		many("if\n"), many("A=1 "), "export " + many("A=1 "), many("A=$A$A\n"), "A=xxxxxxxx\n" + strings.Repeat("A=$A$A\n", 60), many("f() { f; f; }\nf\n"), many("begin\n"), many("set -gx A (a "), many("set PATH $PATH a\n"),
		strings.Repeat("f0() { A=$A:x; }\n", 1) + func() string {
			var b strings.Builder
			for i := range 60 {
				fmt.Fprintf(&b, "f%d() { f%d; f%d; }\n", i+1, i, i)
			}
			return b.String() + "f60\n"
		}(),
		"A=" + many("${A:-"), many("A=${A:-\n"), many("PATH=$PATH:a\n"), many("for i in a b c d; do\n"), strings.Repeat("for i in a b c d e f g h; do\n", 100) + "A=$i\n" + strings.Repeat("done\n", 100),
		many("if\r"), many("else\n"), many("then if "), many("\tif"), many("&& if "), many("if(if"), "echo " + many("\"${a:-`"), many("a=\"${b:-$(c "), many("$'"), many("@(a|"), many("((("), many("let -"), many("x="), many("x[y["), many("[[ -n -n"), many("[[ a && "), many("$[-"), many("${a[b["), many("coproc "), many("repeat 3 "), many("a\n&&"), many("]] "),
	}
	for i, text := range texts {
		for _, kind := range allKinds {
			if kind != facts.KindShell {
				text = text[:min(len(text), 128<<10)]
			}
			for _, name := range []string{".profile", ".zshrc"} {
				if name == ".zshrc" && kind != facts.KindShell {
					continue
				}
				list, _ := Parse(name, kind, []byte(text), map[string]string{"PATH": "/bin"})
				if len(list) > maxFound {
					t.Errorf("text %d (%.20q) as %s: %d assignments", i, text, kind, len(list))
				}
			}
		}
	}
}

func TestCancelled(t *testing.T) {
	home := lay(t, debianHome)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if s := Read(ctx, World{Home: home, Root: filepath.Dir(home)}); len(s.Files) > 0 {
		t.Errorf("%+v", s.Files)
	}
}
