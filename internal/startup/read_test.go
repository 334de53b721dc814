package startup

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/rogpeppe/go-internal/txtar"
)

// lay writes an archive; $H in it stands for the home folder.
func lay(t testing.TB, archive string) (home string) {
	t.Helper()
	base := t.TempDir()
	home = filepath.Join(base, "home")
	for _, f := range txtar.Parse([]byte(strings.ReplaceAll(archive, "$H/", home+"/"))).Files {
		path := filepath.Join(base, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, f.Data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.MkdirAll(home, 0o700); err != nil {
		t.Fatal(err)
	}
	return home
}

func read(home, shell string, env map[string]string) facts.Startup {
	base := filepath.Dir(home)
	all := map[string]string{"HOME": home}
	for k, v := range env {
		all[k] = strings.ReplaceAll(v, "$H", home)
	}
	return Read(context.Background(), World{Env: all, Home: home, Shell: shell, Dir: filepath.Join(base, "proj"), Root: base})
}

// where is file:line of an assignment, relative to the folder above the home folder.
func where(home string, a facts.Assignment, ok bool) string {
	if !ok {
		return "-"
	}
	rel, _ := filepath.Rel(filepath.Dir(home), a.File)
	return filepath.ToSlash(rel) + ":" + string(rune('0'+a.Line))
}

const debianHome = `
-- etc/environment --
PATH="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin"
-- etc/profile --
if [ "$(id -u)" -eq 0 ]; then
  PATH="/usr/sbin:/usr/bin"
else
  PATH="/usr/local/bin:/usr/bin:/bin"
fi
export PATH
if [ -d /etc/profile.d ]; then
  for i in $H/../etc/profile.d/*.sh; do
    if [ -r $i ]; then
      . $i
    fi
  done
  unset i
fi
-- etc/profile.d/go.sh --
export PATH=$PATH:/usr/local/go/bin
-- home/.profile --
if [ -n "$BASH_VERSION" ]; then
    if [ -f "$HOME/.bashrc" ]; then
	. "$HOME/.bashrc"
    fi
fi
if [ -d "$HOME/bin" ] ; then
    PATH="$HOME/bin:$PATH"
fi
export GOROOT=/opt/go
-- home/bin/x --
-- home/.bashrc --
case $- in
    *i*) ;;
      *) return;;
esac
HISTSIZE=1000
[ -f ~/.aliases ] && . ~/.aliases
export GOFLAGS="$GOFLAGS -mod=mod"
. "$HOME/.cargo/env"
-- home/.cargo/env --
#!/bin/sh
case ":${PATH}:" in
    *:"$HOME/.cargo/bin":*)
        ;;
    *)
        export PATH="$HOME/.cargo/bin:$PATH"
        ;;
esac
-- home/.zshrc --
export GOROOT=/opt/go
path=(~/zbin $path)
-- home/.config/environment.d/50-go.conf --
GOPROXY=https://proxy.example.com
GOPATH=${HOME}/go
-- home/.config/fish/config.fish --
set -gx GOROOT /opt/fish
-- proj/.git/HEAD --
-- proj/.envrc --
export GOPRIVATE=corp.example
PATH_add bin
`

func TestRead(t *testing.T) {
	home := lay(t, debianHome)
	s := read(home, "/bin/bash", map[string]string{
		"PATH": "$H/.cargo/bin:$H/bin:/usr/local/bin:/usr/bin:/bin:/usr/local/go/bin", "GOROOT": "/opt/go", "GOFLAGS": " -mod=mod",
		"GOPROXY": "https://proxy.example.com", "GOPATH": home + "/go", "GOPRIVATE": "corp.example",
	})
	for _, tt := range []struct{ name, value, want string }{
		{"GOROOT", "/opt/go", "home/.profile:9"},
		{"GOROOT", "/opt/fish", "home/.config/fish/config.fish:1"},
		{"GOROOT", "/other", "-"},
		{"GOFLAGS", " -mod=mod", "home/.bashrc:7"},
		{"GOFLAGS", "-x -mod=mod", "home/.bashrc:7"},
		{"GOFLAGS", "-x", "-"},
		{"GOPROXY", "https://proxy.example.com", "home/.config/environment.d/50-go.conf:1"},
		{"GOPATH", home + "/go", "home/.config/environment.d/50-go.conf:2"},
		{"GOPRIVATE", "corp.example", "proj/.envrc:1"},
		{"HISTSIZE", "1000", "-"},
	} {
		a, ok := Origin(s, tt.name, tt.value)
		if got := where(home, a, ok); got != tt.want {
			t.Errorf("Origin(%s=%s) = %s, want %s", tt.name, tt.value, got, tt.want)
		}
	}
	for entry, want := range map[string]string{
		home + "/.cargo/bin": "home/.cargo/env:6",
		home + "/bin":        "home/.profile:7",
		home + "/zbin/":      "home/.zshrc:2",
		"/usr/local/go/bin":  "etc/profile.d/go.sh:1",
		"/usr/bin":           "etc/environment:1",
		"/nowhere":           "-",
	} {
		a, ok := PathOrigin(s, entry)
		if got := where(home, a, ok); got != want {
			t.Errorf("PathOrigin(%s) = %s, want %s", entry, got, want)
		}
	}
	if want := filepath.Join(home, ".profile"); s.LoginFile != want || s.LoginKind != facts.KindShell {
		t.Errorf("LoginFile %s (%s)", s.LoginFile, s.LoginKind)
	}
	a, _ := Origin(s, "GOPRIVATE", "corp.example")
	if !a.Project || !a.Guarded {
		t.Errorf("the project's assignment: %+v", a)
	}
	for _, f := range s.Files {
		if f.Err != "" {
			t.Errorf("%s: %s", f.Path, f.Err)
		}
	}
}

func TestNothingThere(t *testing.T) {
	for _, home := range []string{"", filepath.Join(t.TempDir(), "none")} {
		s := Read(context.Background(), World{Home: home, Root: t.TempDir()})
		if len(s.Files) > 0 || len(s.Assignments) > 0 || (s.LoginFile == "") != (home == "") {
			t.Errorf("home %q: %+v", home, s)
		}
	}
}

// TestHealthyLookalikes: what stands in a file without effect explains nothing.
func TestHealthyLookalikes(t *testing.T) {
	home := lay(t, `
-- home/.profile --
# export GOROOT=/opt/go1.19
if [ "$(uname -n)" = build-box ]; then
	export GOPROXY=http://127.0.0.1:1
fi
winbuild() {
	export GOOS=windows
}
GOARCH=arm64 true
export GOBIN=/b
export GOBIN="$GOBIN"
`)
	s := read(home, "bash", map[string]string{"GOBIN": "/b"})
	for name, value := range map[string]string{"GOROOT": "/opt/go1.19", "GOOS": "windows", "GOARCH": "arm64"} {
		if a, ok := Origin(s, name, value); ok {
			t.Errorf("%s: %+v", name, a)
		}
	}
	if a, _ := Origin(s, "GOBIN", "/b"); a.Line != 9 {
		t.Errorf("GOBIN comes from %+v", a)
	}
	if a, ok := Origin(s, "GOPROXY", "http://127.0.0.1:1"); !ok || !a.Guarded {
		t.Errorf("a guarded one with just this value does explain it: %+v", a)
	}
}

func TestLoginFile(t *testing.T) {
	for _, tt := range []struct{ name, shell, files, path, want string }{
		{"bash, nothing", "bash", "", "", ".profile"},
		{"bash profile", "/bin/bash", "-- home/.bash_profile --\n-- home/.profile --\n", "", ".bash_profile"},
		{"bash login", "bash", "-- home/.bash_login --\n-- home/.profile --\n", "", ".bash_login"},
		{"zsh, nothing", "zsh", "", "", ".zprofile"},
		{"zsh rc", "zsh", "-- home/.zshrc --\n", "", ".zshrc"},
		{"zsh both", "zsh", "-- home/.zshrc --\n-- home/.zprofile --\n", "", ".zprofile"},
		{"fish", "fish", "", "", ".config/fish/config.fish"},
		{"sh", "dash", "-- home/.bash_profile --\n", "", ".profile"},
		{"rc drops PATH", "bash", "-- home/.profile --\n. ~/.bashrc\n-- home/.bashrc --\nexport PATH=/usr/bin\n", "/usr/bin", ".bashrc"},
		{"session drops PATH", "bash", "-- home/.profile --\nexport A=1\n-- home/.config/environment.d/go.conf --\nPATH=/x\n", "/x", ".config/environment.d/go.conf"},
		{"session sets PATH, profile adds", "bash", "-- home/.profile --\nPATH=$PATH:/y\n-- home/.config/environment.d/go.conf --\nPATH=/x\n", "/x:/y", ".profile"},
		{"user database", "", "-- etc/passwd --\nroot:x:0:0::/root:/bin/sh\ndev:x:1:1::/h:/usr/bin/fish\n", "", ".config/fish/config.fish"},
	} {
		home := lay(t, tt.files)
		s := read(home, tt.shell, map[string]string{"PATH": tt.path, "USER": "dev"})
		if got, _ := filepath.Rel(home, s.LoginFile); filepath.ToSlash(got) != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}

func TestWithout(t *testing.T) {
	for _, tt := range []struct{ name, profile, variable, value, want string }{
		{"plain", "export X=1\n", "X", "1", ""},
		{"earlier one", "export X=0\nexport X=1\n", "X", "1", "0"},
		{"front", "PATH=/a:$PATH\n", "PATH", "/a:/usr/bin", "/usr/bin"},
		{"only the first", "PATH=/a:$PATH\n", "PATH", "/a:/usr/bin:/a", "/usr/bin:/a"},
		{"only the last", "PATH=$PATH:/a\n", "PATH", "/a:/usr/bin:/a", "/a:/usr/bin"},
		{"shell in a shell", "PATH=/b:$PATH\nPATH=/a:$PATH\n", "PATH", "/a:/b:/a:/b:/usr/bin", "/b:/b:/usr/bin"},
		{"shared", "PATH=/a:/b:$PATH\nPATH=/a:$PATH\n", "PATH", "/a:/a:/b:/usr/bin", "/a:/b:/usr/bin"},
		{"reset", "PATH=/x\nPATH=$PATH:/y\nPATH=/z\n", "PATH", "/z", "/x:/y"},
		{"reset, the first", "PATH=/x\nPATH=$PATH:/y\n", "PATH", "/x:/y", "/x"},
		{"flags", "export GOFLAGS=-v\nexport GOFLAGS=\"$GOFLAGS -mod=mod\"\n", "GOFLAGS", "-v -mod=mod", "-v"},
		{"commas", "export NO_PROXY=localhost,$NO_PROXY\n", "NO_PROXY", "localhost,a.test", "a.test"},
		{"glued", "export X=pre$X\n", "X", "prefix", "fix"},
		{"taken away before", "export X=0\nunset X\nexport X=1\n", "X", "1", ""},
	} {
		home := lay(t, "-- home/.profile --\n"+tt.profile)
		s := read(home, "sh", map[string]string{tt.variable: tt.value})
		a, ok := Origin(s, tt.variable, tt.value)
		if !ok {
			t.Errorf("%s: no origin", tt.name)
			continue
		}
		got, set := Without(s, a, tt.value)
		if got != tt.want || set != (tt.want != "") && !a.Keeps {
			t.Errorf("%s: %q (%v) without %s, want %q", tt.name, got, set, a.Text, tt.want)
		}
	}
}

func TestEnvFiles(t *testing.T) {
	home := lay(t, `
-- service.env --
LANG=C
# note
APP_MODE="ci"
-- other.env --
LANG=C
APP_MODE=dev
-- proj/one.env --
LANG=C
-- proj/env --
not a list
LANG=C
APP_MODE=ci
-- proj/go.mod --
`)
	base := filepath.Dir(home)
	env := map[string]string{"LANG": "C", "APP_MODE": "ci"}
	got := EnvFiles(filepath.Join(base, "proj"), env)
	if len(got) != 1 || got[0].Path != filepath.Join(base, "service.env") || !got[0].Service || got[0].Project || got[0].Size != 28 {
		t.Fatalf("%+v", got)
	}
	s := Read(context.Background(), World{Env: env, Dir: filepath.Join(base, "proj"), Root: base})
	if a, ok := Origin(s, "APP_MODE", "ci"); !ok || a.Line != 3 || a.File != got[0].Path {
		t.Errorf("origin %+v", a)
	}
}

func TestKeyValues(t *testing.T) {
	env := map[string]string{"HOME": "/h", "PATH": "/bin", "WORK": "/w"}
	for _, tt := range []struct {
		path string
		kind facts.StartupKind
		src  string
		want map[string]string
	}{
		{"10.conf", facts.KindEnvd, "# c\nA=$WORK/x\nB=\"-ldflags=-X main.v=1\"\nPATH=/p:${PATH}\nC=${NOPE:-d}${WORK:+e}\nD=a \\\nb\nE='$WORK'\n;x=1\n1A=2\n",
			map[string]string{"A": "/w/x", "B": "-ldflags=-X main.v=1", "PATH": "/p:/bin", "C": "de", "D": "a b", "E": "/w"}},
		{"/etc/environment", facts.KindPAM, "A=\"x y\"\r\nexport B=$HOME\nC=a#b\n", map[string]string{"A": "x y", "B": "$HOME", "C": "a#b"}},
		{"/h/.pam_environment", facts.KindPAM, "A DEFAULT=${HOME}/x\nB DEFAULT=y OVERRIDE=\"z z\"\nC=@{HOME}\n", map[string]string{"A": "/h/x", "B": "z z", "C": "/h"}},
		{".env", facts.KindDot, "A='$X'\nexport B=\"a\\\"b\"\nC=d e\n", map[string]string{"A": "$X", "B": `a"b`, "C": "d e"}},
	} {
		list, err := Parse(tt.path, tt.kind, []byte(tt.src), env)
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]string{}
		for _, a := range list {
			got[a.Name] = a.Value
			if left := applyCuts(t, tt.src, a.Cuts); len(left) >= len(tt.src) || strings.Contains(left, a.Text) {
				t.Errorf("%s: without %s: %q", tt.path, a.Name, left)
			}
		}
		if d := cmp.Diff(tt.want, got); d != "" {
			t.Errorf("%s: (-want +got)\n%s", tt.path, d)
		}
	}
}

// TestSyntaxError: what stands before the error counts, what stands behind it is guarded.
func TestSyntaxError(t *testing.T) {
	src := "export A=1\nif then\nexport B=2\n  C=3 # c\nexport D=$(\nexport E=\"x\n"
	list, err := Parse(".profile", facts.KindShell, []byte(src), nil)
	if err == nil {
		t.Fatal("no error")
	}
	var got []string
	for _, a := range list {
		mark := ""
		if a.Guarded {
			mark = "?"
		}
		got = append(got, a.Name+mark)
		if a.Name == "B" {
			if left := applyCuts(t, src, a.Cuts); left != strings.Replace(src, "export B=2\n", "", 1) || a.Line != 3 {
				t.Errorf("%q, line %d", left, a.Line)
			}
		}
	}
	if want := []string{"A", "B?", "C?"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// TestCalls: of a function that takes a folder, it is the call that is named and cut.
func TestCalls(t *testing.T) {
	src := "munge() { if [ \"$2\" = after ]; then PATH=$PATH:$1; else PATH=$1:$PATH; fi; }\nmunge /last after\nmunge /first\n"
	list, err := Parse(".bashrc", facts.KindShell, []byte(src), map[string]string{"PATH": "/bin"})
	if err != nil || len(list) != 2 {
		t.Fatalf("%+v, %v", list, err)
	}
	if a := list[0]; a.Line != 2 || !cmp.Equal(a.Append, []string{"/last"}) || a.Prepend != nil || a.Value != "/bin:/last" || a.Guarded {
		t.Errorf("%+v", a)
	}
	if a := list[1]; a.Line != 3 || a.Value != "/first:/bin:/last" || applyCuts(t, src, a.Cuts) != strings.TrimSuffix(src, "munge /first\n") {
		t.Errorf("%+v", a)
	}
}

// TestForeignBytes: a comment in another encoding does not hide the file.
func TestForeignBytes(t *testing.T) {
	src := "# caf\xe9\nexport A=1\nexport B=caf\xe9\nexport C=3\n"
	list, err := Parse(".profile", facts.KindShell, []byte(src), nil)
	if err != nil || len(list) != 3 || !list[0].Known || list[1].Known || list[2].Line != 4 {
		t.Fatalf("%+v, %v", list, err)
	}
	if left := applyCuts(t, src, list[1].Cuts); left != "# caf\xe9\nexport A=1\nexport C=3\n" {
		t.Errorf("%q", left)
	}
}

func TestZsh(t *testing.T) {
	src := "typeset -U path\npath=(~/bin $path /z)\npath+=(/end)\nexport PATH=/front:$PATH\ntypeset -gx A=1\n"
	list, err := Parse("/h/.zshrc", facts.KindShell, []byte(src), map[string]string{"HOME": "/h", "PATH": "/bin"})
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]string{}
	for _, a := range list {
		values[a.Name] = a.Value
	}
	if want := "/front:/h/bin:/bin:/z:/end"; values["PATH"] != want || values["A"] != "1" {
		t.Errorf("%v, want PATH %s", values, want)
	}
	if got := applyCuts(t, src, list[0].Cuts); got != strings.Replace(src, "path=(~/bin $path /z)\n", "", 1) {
		t.Errorf("left %q", got)
	}
}
