package goproxy

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/module"

	"github.com/gorescue/gorescue/internal/gocmd"
)

func TestParse(t *testing.T) {
	for _, c := range []struct{ list, no, want string }{
		{"https://a.example|http://b.example/x,direct", "", "https://a.example| http://b.example/x, direct,"},
		{"a.example", "", "https://a.example,"},
		{" a.example , ,| off | https://never.example", "", "https://a.example, off,"},
		{"127.0.0.1:3000", "", "https://127.0.0.1:3000,"},
		{"file:///srv/mods|direct,goproxy", "", "file:///srv/mods| direct,"},
		{"direct", "corp.example", "direct,"},
		{"off", "corp.example", "noproxy, off,"},
	} {
		list, err := Parse(c.list, c.no)
		var got []string
		for _, e := range list {
			got = append(got, e.URL+map[bool]string{true: "|", false: ","}[e.OnError])
		}
		if err != nil || strings.Join(got, " ") != c.want {
			t.Errorf("Parse(%q, %q) = %q, %v; want %q", c.list, c.no, got, err, c.want)
		}
	}
}

// TestParseAsTheGoCommand asks the real go command about many lists: it accepts and refuses the same ones, and names the
// same entry when it asks a proxy. Nothing is sent: every address is a folder or is refused before a connection
// (the port 1 of the loopback), and the network limit of the go command is zero.
func TestParseAsTheGoCommand(t *testing.T) {
	dir := t.TempDir()
	words := []string{"goproxy", "ftp://a.example", "file://host/x", "file:///nowhere", "http://127.0.0.1:1", "127.0.0.1:1", "/abs/path", "a b", "%zz://", "http://[::1",
		"file:relative", "C:/mods", "https://u:p@127.0.0.1:1", ":", ".", "mailto:x", "off", "direct ", " off"}
	var lists []string
	for _, w := range words {
		lists = append(lists, w, "file:///nowhere,"+w, w+"|off", ","+w)
	}
	lists = append(lists, ",", " ", "|,", " , | ")
	for _, l := range lists {
		_, err := Parse(l, "")
		out := ask(t, dir, l)
		refused := strings.Contains(out, "invalid proxy URL") || strings.Contains(out, "contains no entries") || strings.Contains(out, "non-path elements") ||
			strings.Contains(out, "parse \"")
		if (err != nil) != refused {
			t.Errorf("GOPROXY=%q: Parse says %v, go says %s", l, err, out)
		}
		if err != nil && !strings.Contains(err.Error(), "invalid proxy URL: ") && !strings.Contains(out, err.Error()) {
			t.Errorf("GOPROXY=%q: Parse says %v, go says %s", l, err, out)
		}
	}
}

// ask has the go command look for a module that is nowhere.
func ask(t *testing.T, dir, list string) string {
	t.Helper()
	goTool, err := exec.LookPath("go")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(goTool, "list", "-m", "example.test/none@v1.0.0")
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOENV=off", "GOWORK=off", "GOFLAGS=", "GOSUMDB=off", "GOPRIVATE=", "GONOPROXY=", "GOMODCACHE="+filepath.Join(dir, "mods"), "GOTOOLCHAIN=local",
		"GO111MODULE=on", "GOVCS=*:off", "HTTP_PROXY=", "HTTPS_PROXY=http://127.0.0.1:1", "http_proxy=", "https_proxy=", "NO_PROXY=", "no_proxy=", "GOPROXY="+list, gocmd.NoTelemetry)
	out, err := cmd.CombinedOutput()
	if err == nil {
		t.Fatalf("GOPROXY=%q: found a module that is nowhere: %s", list, out)
	}
	return string(out)
}

func TestFileURL(t *testing.T) {
	for _, c := range []struct{ proxy, path, version, kind, want string }{
		{"https://a.example", "example.com/Greet", "v1.0.0-RC1", Mod, "https://a.example/example.com/%21greet/@v/v1.0.0-%21r%21c1.mod"},
		{"https://a.example/base/", "example.com/x", "", List, "https://a.example/base/example.com/x/@v/list"},
		{"file:///srv/m", "example.com/x/v2", "v2.0.0", Zip, "file:///srv/m/example.com/x/v2/@v/v2.0.0.zip"},
		{"https://a.example", "example.com/x", "", Latest, "https://a.example/example.com/x/@latest"},
	} {
		got, err := FileURL(c.proxy, module.Version{Path: c.path, Version: c.version}, c.kind)
		if err != nil || got != c.want {
			t.Errorf("FileURL(%q, %q, %q, %q) = %q, %v; want %q", c.proxy, c.path, c.version, c.kind, got, err, c.want)
		}
	}
}

func TestNetrc(t *testing.T) {
	const data = "machine a.example login u password p\nmachine b.example\n login v\n password q\n# machine c.example\nmacdef init\nmachine m.example login x password y\n\n" +
		"machine half.example login only\nmachine d.example:8443 login w password r extra\n"
	var got []string
	for _, l := range parseNetrc(data) {
		got = append(got, l.machine+"="+l.name+"/"+l.password)
	}
	if want := "a.example=u/p b.example=v/q d.example:8443=w/r"; strings.Join(got, " ") != want {
		t.Errorf("got %v, want %s", got, want)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"https://a.example|direct", ",", "off,x", "file:///x|goproxy", "a b.c:/", "%"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		list, err := Parse(s, "")
		if (err == nil) != (len(list) > 0) {
			t.Fatalf("Parse(%q) = %v, %v", s, list, err)
		}
		for i, e := range list {
			if !e.IsProxy() && i != len(list)-1 {
				t.Fatalf("Parse(%q): an entry behind %s", s, e.URL)
			}
			if e.IsProxy() {
				if _, err := FileURL(e.URL, module.Version{Path: "example.com/x", Version: "v1.0.0"}, Mod); err != nil {
					t.Fatalf("Parse(%q): no address of a file: %v", s, err)
				}
			}
		}
	})
}

func FuzzNetrc(f *testing.F) {
	f.Add("machine a login b password c\nmacdef x\n\ndefault")
	f.Fuzz(func(t *testing.T, s string) {
		for _, l := range parseNetrc(s) {
			if l.machine == "" || l.name == "" || l.password == "" {
				t.Fatalf("half a login: %v", l)
			}
		}
	})
}

func TestFileProxy(t *testing.T) {
	dir := t.TempDir()
	at := filepath.Join(dir, "example.com", "x", "@v")
	if err := os.MkdirAll(at, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(at, "v1.0.0.mod"), []byte("module example.com/x\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	c := New(Config{Limits: DefaultLimits()})
	defer c.Close()
	mod := module.Version{Path: "example.com/x", Version: "v1.0.0"}
	if _, a := c.Fetch(context.Background(), "file://"+filepath.ToSlash(dir), mod, Mod); !a.OK() {
		t.Errorf("%+v", a)
	}
	if _, a := c.Fetch(context.Background(), "file://"+filepath.ToSlash(dir), mod, Info); !a.NotFound() {
		t.Errorf("%+v", a)
	}
}
