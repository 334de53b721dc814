package goenv_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gorescue/gorescue/internal/action"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/gocmd"
	"github.com/gorescue/gorescue/internal/goenv"
)

// tree is the Go tree that runs the tests.
func tree(t testing.TB) string {
	t.Helper()
	out, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

func write(t testing.TB, path, data string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(data), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestAsTheGoCommand: in each environment every setting is what the real go command says.
func TestAsTheGoCommand(t *testing.T) {
	root := tree(t)
	for name, c := range map[string]struct {
		file string            // content of ~/.config/go/env
		vars map[string]string // "-" unsets, ~ is the home folder of the test
	}{
		"nothing set":      {},
		"file":             {file: "GOFLAGS=-tags=x\nGOPRIVATE=corp.example\n# GOOS=js\n GOOS=js\nGOARCH arm\nGOBIN=/b\nGOBIN=/c\n"},
		"no end of line":   {file: "GOFLAGS=-tags=x"},
		"carriage returns": {file: "GOPRIVATE=corp.example\r\nGOBIN=/b\r\n"},
		"byte order mark":  {file: "\xef\xbb\xbfGOFLAGS=-tags=x\nGOBIN=/b\n"},
		"process first":    {file: "GOFLAGS=-tags=x\nGOBIN=/b\n", vars: map[string]string{"GOFLAGS": "-tags=y", "GOBIN": ""}},
		"empty in file":    {file: "GOPROXY=\nGOSUMDB=\n"},
		"file elsewhere":   {file: "GOBIN=/b\n", vars: map[string]string{"XDG_CONFIG_HOME": "~/elsewhere"}},
		"file off":         {file: "GOBIN=/b\n", vars: map[string]string{"GOENV": "off"}},
		"relative config":  {file: "GOBIN=/b\n", vars: map[string]string{"XDG_CONFIG_HOME": "rel"}},
		"cross":            {vars: map[string]string{"GOOS": "windows", "GOARCH": "arm64"}},
		"no C compiler":    {vars: map[string]string{"PATH": "/no/where"}},
		"CC":               {vars: map[string]string{"PATH": "/no/where", "CC": "/no/cc"}},
		"CC in file":       {file: "CC=/no/cc\n", vars: map[string]string{"PATH": "/no/where"}},
		"cgo off":          {file: "CGO_ENABLED=0\n"},
		"cgo nonsense":     {vars: map[string]string{"CGO_ENABLED": "off"}},
		"GOPATH list":      {vars: map[string]string{"GOPATH": "~/a:~/b"}},
		"no home":          {vars: map[string]string{"HOME": "-", "GOCACHE": "~/c"}},
		"cache folder":     {vars: map[string]string{"XDG_CACHE_HOME": "~/x"}},
		"own variables":    {vars: map[string]string{"GOHOSTOS": "js", "GOEXE": ".x", "GOVERSION": "go1", "GOTOOLDIR": "/t"}},
		"not in the file":  {file: "GODEBUG=x=1\nGOENV=/x\nGOHOSTOS=js\nPATH=/x\n"},
	} {
		t.Run(name, func(t *testing.T) {
			home := t.TempDir()
			vars := map[string]string{"HOME": home, "PATH": os.Getenv("PATH"), "GOTOOLCHAIN": "local", "GOTELEMETRY": "off"}
			if c.file != "" {
				write(t, filepath.Join(home, ".config/go/env"), c.file)
			}
			for k, v := range c.vars {
				if vars[k] = strings.ReplaceAll(v, "~", home); v == "-" {
					delete(vars, k)
				}
			}
			have := goenv.Resolve(vars, root)
			for k, v := range goEnv(t, root, vars) {
				got := have.Get(k)
				if k == "CGO_ENABLED" && got != "0" && got != "1" {
					continue // a value that go does not take: its own default
				}
				if got != v {
					t.Errorf("%s: %q, go says %q", k, got, v)
				}
				if have.Values[k].Origin == "" {
					t.Errorf("%s has no origin", k)
				}
			}
		})
	}
}

// goEnv asks the go command, for all that it knows without a build.
func goEnv(t *testing.T, root string, vars map[string]string) map[string]string {
	t.Helper()
	// Not asked: GOMOD, GOWORK (of a folder), GOGCCFLAGS and CGO_*FLAGS (of a compiler), GOTELEMETRY*.
	names := strings.Fields("AR CC CXX CGO_ENABLED GO111MODULE GOAMD64 GOARCH GOAUTH GOBIN GOCACHE GOCACHEPROG GOENV GOEXE GOEXPERIMENT GOFIPS140 GOFLAGS " +
		"GOHOSTARCH GOHOSTOS GOINSECURE GOMODCACHE GONOPROXY GONOSUMDB GOOS GOPATH GOPRIVATE GOPROXY GOROOT GOSUMDB GOTMPDIR GOTOOLCHAIN GOTOOLDIR GOVCS GOVERSION PKG_CONFIG")
	if vars["GOARCH"] != "" {
		names = slices.DeleteFunc(names, func(n string) bool { return n == "GOAMD64" })
	}
	cmd := exec.Command(filepath.Join(root, "bin", "go"), append([]string{"env", "-json"}, names...)...)
	cmd.Dir = t.TempDir()
	cmd.Env = []string{gocmd.NoTelemetry} // its child process would write into a home folder that is being removed
	for k, v := range vars {
		cmd.Env = append(cmd.Env, k+"="+v)
	}
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go env: %v", err)
	}
	var m map[string]string
	if err := json.Unmarshal(out, &m); err != nil {
		t.Fatal(err)
	}
	for _, list := range []string{"GONOPROXY", "GONOSUMDB"} { // go env shows GOPRIVATE's value where these are unset
		if m[list] == m["GOPRIVATE"] {
			delete(m, list)
		}
	}
	if vars["GOENV"] == "off" {
		m["GOENV"] = "off" // go env shows nothing for it
	}
	if m["GOCACHE"] == "off" {
		m["GOCACHE"] = "" // no place for it
	}
	return m
}

func TestTree(t *testing.T) {
	s := goenv.Resolve(map[string]string{}, tree(t))
	if !strings.HasPrefix(s.Release, "go1.") || !slices.Contains(s.Experiments, "loopvar") || !slices.Contains(s.Experiments, "regabi") {
		t.Errorf("release %q, experiments %v", s.Release, s.Experiments)
	}
	if s := goenv.Resolve(map[string]string{}, t.TempDir()); s.Release != "" || s.Experiments != nil {
		t.Errorf("of an empty tree: %q, %v", s.Release, s.Experiments)
	}
}

// TestSecrets: only what the go command reads becomes a setting.
func TestSecrets(t *testing.T) {
	s := goenv.Resolve(map[string]string{"GOOGLE_API_KEY": "k", "GOPASS_KEY": "k", "GORESCUE_INCIDENT": "i"}, "")
	for n := range s.Values {
		if strings.HasPrefix(n, "GOO") && n != "GOOS" || strings.HasPrefix(n, "GOPASS") || strings.HasPrefix(n, "GORES") {
			t.Errorf("%s is in the settings", n)
		}
	}
}

func TestRead(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "env")
	utf16 := func(s string, big bool) string {
		b := []byte{0xff, 0xfe}
		if big {
			b = []byte{0xfe, 0xff}
		}
		for _, r := range s {
			if big {
				b = append(b, byte(r>>8), byte(r))
			} else {
				b = append(b, byte(r), byte(r>>8))
			}
		}
		return string(b)
	}
	for name, c := range map[string]struct{ data, plain string }{
		"plain":         {"A=1\nB=2\n", ""},
		"empty":         {"", ""},
		"mark":          {"\xef\xbb\xbfA=1\n", "A=1\n"},
		"returns":       {"A=1\r\nB=2\r\n", "A=1\nB=2\n"},
		"last return":   {"A=1\r\nB=2\r", "A=1\nB=2"},
		"mark, returns": {"\xef\xbb\xbfA=1\r\n", "A=1\n"},
		"inner return":  {"A=1\r2\n", ""},
		"utf16 little":  {utf16("A=1\r\nB=ä\r\n", false), "A=1\nB=ä\n"},
		"utf16 big":     {utf16("A=1\n", true), "A=1\n"},
		"utf16 half":    {utf16("A=1\n", true) + "x", ""},
		"zeros":         {"\x00\x00\x00", ""},
	} {
		write(t, path, c.data)
		f := goenv.Read(path)
		if f.State != facts.FileRead || f.Size != int64(len(c.data)) {
			t.Errorf("%s: %+v", name, f)
		}
		got := ""
		if f.Plain != nil {
			data, err := action.Spliced([]byte(c.data), f.Plain)
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			got = string(data)
		}
		if got != c.plain {
			t.Errorf("%s: made plain: %q, want %q", name, got, c.plain)
		}
	}
	if f := goenv.Read(dir); f.State != facts.FileOdd || !f.Folder {
		t.Errorf("a folder: %+v", f)
	}
	if f := goenv.Read(filepath.Join(path, "x")); f.State != facts.FileUnreadable {
		t.Errorf("below a file: %+v", f)
	}
}

func TestBackups(t *testing.T) {
	home := t.TempDir()
	dir := filepath.Join(home, ".config/go")
	write(t, filepath.Join(dir, "env"), "\x00\x00")
	write(t, filepath.Join(dir, "env~"), "GOBIN=/b\n")
	write(t, filepath.Join(dir, "env.zero"), "\x00")
	write(t, filepath.Join(dir, "other"), "GOBIN=/c\n")
	s := goenv.Resolve(map[string]string{"HOME": home}, "")
	if len(s.File.Backups) != 1 || s.File.Backups[0].Path != filepath.Join(dir, "env~") || len(s.File.Backups[0].Entries) != 1 {
		t.Errorf("backups: %+v", s.File.Backups)
	}
}

func TestInPath(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "plain"), "")
	write(t, filepath.Join(dir, "prog"), "")
	if err := os.Chmod(filepath.Join(dir, "prog"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"prog": filepath.Join(dir, "prog"), "plain": "", "none": "", "/x/y": "/x/y"} {
		if got := goenv.InPath("rel:"+dir, name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}
