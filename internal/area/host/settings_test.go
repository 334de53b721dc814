package host

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"

	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/probe"
)

func put(t *testing.T, path, data string, mode os.FileMode) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(data), mode); err != nil {
		t.Fatal(err)
	}
	return path
}

// collect runs the probe of settings.
func collect(t *testing.T, dir string, vars map[string]string) facts.Settings {
	t.Helper()
	install, err := settings(t.Context(), probe.World{Dir: dir, Vars: vars}, nil)
	if err != nil {
		t.Fatal(err)
	}
	var s facts.Snapshot
	install(&s)
	return s.Settings
}

func TestNamed(t *testing.T) {
	home := t.TempDir()
	proj := filepath.Join(home, "proj")
	prog := put(t, filepath.Join(home, "bin/prog"), "", 0o755)
	plain := put(t, filepath.Join(home, "bin/plain"), "", 0o644)
	put(t, filepath.Join(proj, "go.mod"), "module m\n", 0o644)
	put(t, filepath.Join(proj, "go.local.mod"), "module m\n", 0o644)
	put(t, filepath.Join(proj, "sub/overlay.json"), `{"Replace":{"a":"b"}}`, 0o644)
	put(t, filepath.Join(proj, "sub/bad.json"), `{"Replace":`, 0o644)
	path := filepath.Dir(prog)
	sub := filepath.Join(proj, "sub")

	for _, c := range []struct {
		name, value string
		part        string
		state       facts.NamedState
		path        string
	}{
		{"CC", "prog -m32", "", facts.NamedProgram, prog},
		{"CC", "plain", "", facts.NamedMissing, ""},
		{"CC", plain, "", facts.NamedFile, plain},
		{"CC", "'/no where/cc' -x", "", facts.NamedMissing, "/no where/cc"},
		{"CXX", "/no/c++", "", facts.NamedMissing, "/no/c++"},
		{"PKG_CONFIG", "/no where/pkg-config", "", facts.NamedMissing, "/no where/pkg-config"},
		{"GOPACKAGESDRIVER", prog, "", facts.NamedProgram, prog},
		{"GOPACKAGESDRIVER", "tools/driver.sh", "", facts.NamedMissing, filepath.Join(sub, "tools/driver.sh")},
		{"GOTMPDIR", home, "", facts.NamedFolder, home},
		{"GOTMPDIR", plain + "/x", "", facts.NamedMissing, plain + "/x"},
		{"GOWORK", "/no/go.work", "", facts.NamedMissing, "/no/go.work"},
		{"GOWORK", "/dev/null", "", facts.NamedOdd, "/dev/null"},
		{"NETRC", plain, "", facts.NamedFile, plain},
		{"GOFLAGS", "-v -modfile=go.local.mod", "-modfile", facts.NamedFile, filepath.Join(proj, "go.local.mod")},
		{"GOFLAGS", "--modfile=go.other.mod", "-modfile", facts.NamedMissing, filepath.Join(sub, "go.other.mod")},
		{"GOFLAGS", "-overlay=overlay.json", "-overlay", facts.NamedFile, filepath.Join(sub, "overlay.json")},
		{"GOFLAGS", "'-toolexec=prog -x'", "-toolexec", facts.NamedProgram, prog},
		{"GOFLAGS", "-toolexec=none", "-toolexec", facts.NamedMissing, ""},
		{"GOFLAGS", "-exec=/no/qemu", "-exec", facts.NamedMissing, "/no/qemu"},
		{"GOFLAGS", "-pgo=/no/p", "-pgo", facts.NamedMissing, "/no/p"},
		{"GOAUTH", "netrc; git " + home, "git", facts.NamedFolder, home},
		{"GOAUTH", "/no/helper x;netrc", "command", facts.NamedMissing, "/no/helper"},
		{"GOCACHEPROG", "/no/prog --a", "", facts.NamedMissing, "/no/prog"},
	} {
		st := collect(t, sub, map[string]string{"HOME": home, "PATH": path, c.name: c.value})
		i := slices.IndexFunc(st.Named, func(n facts.Named) bool { return n.Var == c.name && n.Part == c.part })
		if i < 0 {
			t.Errorf("%s=%s: names nothing: %+v", c.name, c.value, st.Named)
			continue
		}
		if n := st.Named[i]; n.State != c.state || n.Path != c.path {
			t.Errorf("%s=%s: %+v, want %s %s", c.name, c.value, n, c.state, c.path)
		}
	}

	for _, v := range []string{"GOFLAGS=-pgo=auto", "GOFLAGS='-overlay=x", "GOWORK=off", "GOWORK=rel", "GOAUTH=off", "GOPACKAGESDRIVER=off", "CC= "} {
		name, value, _ := cut(v)
		st := collect(t, sub, map[string]string{"HOME": home, "PATH": path, name: value})
		// A blank CC is none: what would be taken instead is on record, nothing that the value names.
		if n := slices.DeleteFunc(st.Named, func(n facts.Named) bool { return n.Part == "default" && n.Var == "CC" && name == "CC" }); len(n) != 0 {
			t.Errorf("%s: names %+v", v, n)
		}
	}
	st := collect(t, sub, map[string]string{"HOME": home, "GOFLAGS": "-overlay=bad.json"})
	if len(st.Named) != 1 || st.Named[0].Bad == "" {
		t.Errorf("a bad overlay: %+v", st.Named)
	}
}

func cut(kv string) (string, string, bool) {
	for i := range kv {
		if kv[i] == '=' {
			return kv[:i], kv[i+1:], true
		}
	}
	return kv, "", false
}

func TestPlace(t *testing.T) {
	dir := t.TempDir()
	put(t, filepath.Join(dir, "MODULE.bazel"), "", 0o644)
	put(t, filepath.Join(dir, "p/go.mod"), "module m\n", 0o644)
	put(t, filepath.Join(dir, "p/a.go"), "package m\nimport \"C\"\n", 0o644)
	p := filepath.Join(dir, "p")
	if st := collect(t, p, map[string]string{"HOME": dir}); st.Place.Bazel == "" || st.Place.Source.Looked {
		t.Errorf("nothing set: %+v", st.Place)
	}
	if st := collect(t, p, map[string]string{"HOME": dir, "CC": "/no/cc"}); st.Place.Source.NeedsCgo != p {
		t.Errorf("CC set: %+v", st.Place)
	}
	runner := put(t, filepath.Join(dir, "bin/go_js_wasm_exec"), "", 0o755)
	st := collect(t, p, map[string]string{"HOME": dir, "GOOS": "js", "GOARCH": "wasm", "PATH": filepath.Dir(runner)})
	if st.Place.Source.Runner != runner {
		t.Errorf("a runner in PATH: %+v", st.Place)
	}
	if runtime.GOARCH == "amd64" && st.CPULevel < 1 {
		t.Errorf("processor level %d", st.CPULevel)
	}
}

func TestNetrc(t *testing.T) {
	home := t.TempDir()
	if n := netrc(probe.World{Vars: map[string]string{"HOME": home}}); n.State != facts.FileMissing || n.Usual != "" {
		t.Errorf("none: %+v", n)
	}
	usual := put(t, filepath.Join(home, netrcName), "machine a.example login u password machine\nmachine b.example\n", 0o600)
	n := netrc(probe.World{Vars: map[string]string{"HOME": home}})
	if n.State != facts.FileRead || n.Path != usual || n.Usual != "" || !slices.Equal(n.Machines, []string{"a.example", "b.example"}) {
		t.Errorf("usual: %+v", n)
	}
	n = netrc(probe.World{Vars: map[string]string{"HOME": home, "NETRC": "/no/netrc"}})
	if n.State != facts.FileMissing || n.Usual != usual || len(n.Machines) != 2 {
		t.Errorf("elsewhere: %+v", n)
	}
}

func TestHomeAbove(t *testing.T) {
	dir := t.TempDir()
	up := func(uid int, home string) facts.Ancestor {
		return facts.Ancestor{Proc: facts.Proc{UID: uid}, Vars: map[string]string{"HOME": home}}
	}
	me := os.Getuid()
	if got := homeAbove([]facts.Ancestor{up(me, ""), up(me+1, dir), up(me, "/"), up(me, "/no/home"), up(me, dir)}, me); got != dir {
		t.Errorf("home %q", got)
	}
	if got := homeAbove([]facts.Ancestor{up(me+1, dir), up(me, "rel")}, me); got != "" {
		t.Errorf("home %q", got)
	}
}

// TestCollected: nothing that may be a secret of another program is taken.
func TestCollected(t *testing.T) {
	for name, want := range map[string]bool{"GOFLAGS": true, "GOENV_VERSION": true, "PATH": true, "XDG_CACHE_HOME": true, "GOPACKAGESDRIVER": true, "NETRC": true,
		"GOOGLE_API_KEY": false, "GOPASS_TOKEN": false, "GORESCUE_INCIDENT": false, "AWS_SECRET_ACCESS_KEY": false} {
		if collected(name) != want {
			t.Errorf("%s collected: %t", name, !want)
		}
	}
}
