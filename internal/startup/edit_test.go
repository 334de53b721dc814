//go:build unix

package startup

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gorescue/gorescue/internal/facts"
)

var oddDirs = []string{"/opt/go/bin", "/with blank/bin", "/do$lar`tick`", `/quo"te'd\x`, "/数据/bin", "/a;b&c", "~x", "*"}

// TestAddPath lets bash read the file with the new line.
func TestAddPath(t *testing.T) {
	file := filepath.Join(t.TempDir(), ".profile")
	for _, src := range []string{"", "export A=1\n", "export A=1", "export A=1 \\", "A=1 # c", "export A=1\nexit 0\nB=2\n", "export A=1\n  return\n", "if true; then\n  A=1\nfi"} {
		for _, dir := range oddDirs {
			for _, first := range []bool{false, true} {
				add, want := addPath, testPath+":"+dir
				if first {
					add, want = addPathFirst, dir+":"+testPath
				}
				text := applyCuts(t, src, []facts.Splice{add(facts.KindShell, []byte(src), dir)})
				if strings.Contains(src, "exit") { // it would end the shell that asks
					if !strings.HasPrefix(text, "export A=1\nexport PATH=") {
						t.Errorf("before the exit: %q", text)
					}
					text = strings.Replace(text, "exit 0\n", "", 1)
				}
				if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
				if got := runBash(t, file, testEnv("/h"))["PATH"]; got != want {
					t.Errorf("PATH is %q, want %q, of %q", got, want, text)
				}
			}
		}
	}
}

// TestAddPathElsewhere reads the new line back with our own parsers.
func TestAddPathElsewhere(t *testing.T) {
	for _, kind := range []facts.StartupKind{facts.KindFish, facts.KindEnvd} {
		for _, dir := range oddDirs[:2] {
			for _, src := range []string{"", "# x", "# x\n"} {
				for _, first := range []bool{false, true} {
					add, want := addPath, "/bin:"+dir
					if first {
						add, want = addPathFirst, dir+":/bin"
					}
					text := applyCuts(t, src, []facts.Splice{add(kind, []byte(src), dir)})
					list, err := Parse("x", kind, []byte(text), map[string]string{"PATH": "/bin"})
					if err != nil || len(list) != 1 || list[0].Value != want || !list[0].Keeps {
						t.Errorf("%s %q: %+v %v", kind, text, list, err)
					}
				}
			}
		}
	}
}

func TestQuote(t *testing.T) {
	values := append([]string{"", "-mod=mod", "-ldflags=-X main.v=1", "a=b", "=", "~", "#", "a#b", "a\nb", "it's", "-x", "a,b|c"}, oddDirs...)
	file := filepath.Join(t.TempDir(), ".profile")
	for _, v := range values {
		line := "export X=" + Quote(facts.KindShell, v) + "\n"
		if err := os.WriteFile(file, []byte(line), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := runBash(t, file, testEnv("/h"))["X"]; got != v {
			t.Errorf("bash reads %q from %q", got, line)
		}
		for _, kind := range []facts.StartupKind{facts.KindShell, facts.KindFish, facts.KindEnvd, facts.KindPAM, facts.KindDot} {
			if strings.Contains(v, "\n") && kind != facts.KindShell && kind != facts.KindFish {
				continue
			}
			line := "X=" + Quote(kind, v) + "\n"
			if kind == facts.KindFish {
				line = "set -gx X " + Quote(kind, v) + "\n"
			}
			list, err := Parse("x", kind, []byte(line), map[string]string{"HOME": "/h"})
			if err != nil || len(list) != 1 || list[0].Value != v || !list[0].Known {
				t.Errorf("%s: %q gives %+v (%v)", kind, line, list, err)
			}
		}
	}
}

// BenchmarkRead reads a home folder like that of a Debian user with bash, zsh, fish and cargo.
func BenchmarkRead(b *testing.B) {
	home := lay(b, debianHome+"-- home/.bash_aliases --\n"+strings.Repeat("alias ll='ls -l'\nfoo() {\n  local x=1\n  echo \"$x\" | grep y\n}\n", 100)+"-- home/.bash_login --\n. ~/.bash_aliases\n")
	b.ReportAllocs()
	for b.Loop() {
		read(home, "bash", map[string]string{"PATH": testPath})
	}
}

func addPath(kind facts.StartupKind, src []byte, dir string) facts.Splice {
	return added(kind, src, PathLine(kind, dir, false))
}

func addPathFirst(kind facts.StartupKind, src []byte, dir string) facts.Splice {
	return added(kind, src, PathLine(kind, dir, true))
}

func added(kind facts.StartupKind, src []byte, line string) facts.Splice {
	f := facts.StartupFile{Kind: kind}
	f.Insert, f.Break = insertion(kind, src)
	return AddLine(f, line)
}
