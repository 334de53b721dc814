package env

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gorescue/gorescue/internal/gocmd"
)

// TestWhatGoDoes measures with the real go command what each bad value does: which commands fail with it, in the process
// environment and in the go env file, and with which words. The pages and proofs of the checks say the same.
func TestWhatGoDoes(t *testing.T) {
	cache := strings.TrimSpace(run(t, "go", "env", "GOCACHE"))
	const all, loads, builds = "version list build install", "list build install", "build install"
	for _, c := range []struct {
		name, value string
		process     string // commands that fail when the value is in the process environment
		file        string // the same for the go env file; "-" = not tried
		says        string
	}{
		{"GO111MODULE", "true", loads, loads, "unknown environment setting GO111MODULE=true"},
		{"GO111MODULE", "off", "install", "install", ""}, // one main package that imports nothing
		{"GOEXPERIMENT", "rangefunc", all, all, "unknown GOEXPERIMENT rangefunc"},
		{"GORISCV64", "rva21", all, "", "invalid GORISCV64"},
		{"GOMIPS", "hard", all, "", "invalid GOMIPS"},
		{"GOAMD64", "v9", "", "", ""},
		{"GOFIPS140", "on", all, loads, "GOFIPS140"},
		{"GOPATH", "go", all, all, "GOPATH entry is relative; must be absolute path"},
		{"GOPATH", "~/go", all, all, "GOPATH entry cannot start with shell metacharacter '~'"},
		{"GOPATH", ":~/", all, all, "GOPATH entry cannot start with shell metacharacter '~'"},
		{"GOPATH", ":HOME/go", "install", "install", "no install location"},
		{"GOPATH", "HOME/go:", "", "", ""},
		{"GOCACHE", "off", builds, builds, "build cache is disabled by GOCACHE=off"},
		{"GOCACHE", "x", builds, builds, "GOCACHE is not an absolute path"},
		{"XDG_CACHE_HOME", "x", builds, "-", "path in $XDG_CACHE_HOME is relative"},
		{"GOBIN", "bin", "install", "install", "GOBIN must be an absolute path"},
		{"GOWORK", "on", all, all, "invalid GOWORK: not an absolute path"},
		{"GOWORK", "HOME/none/go.work", loads, loads, "no such file or directory"},
		{"GOWORK", "HOME", loads, loads, "is a directory"},
		{"GOOS", "macos", builds, builds, "unsupported GOOS/GOARCH pair macos/"},
		{"GOARCH", "x86_64", builds, builds, "unsupported GOOS/GOARCH pair linux/x86_64"},
		{"GOFLAGS", "-mod vendor", all, all, `parsing $GOFLAGS: non-flag "vendor"`},
		{"GOFLAGS", "-verbose", all, all, "parsing $GOFLAGS: unknown flag -verbose"},
		{"GOFLAGS", "'-v", all, all, "parsing $GOFLAGS: unterminated ' string"},
		{"GOFLAGS", "-C=/", all, all, "-C flag must be first flag"},
		{"GOFLAGS", "-mod=foo", loads, loads, "-mod=foo not supported"},
		{"GOFLAGS", "-mod=vendor", "", "", ""}, // the module requires nothing
		{"GOFLAGS", "-modfile=none.mod", loads, loads, "open none.mod: no such file or directory"},
		{"GOFLAGS", "-overlay=HOME/none", loads, loads, "reading overlay"},
		{"GOFLAGS", "-toolexec=HOME/none", builds, builds, "no such file or directory"},
		{"GOFLAGS", "-timeout=1m", "", "", ""},
		{"CC", "bin/cc", loads, loads, "CC environment variable is relative"},
		{"CC", "'cc", loads, loads, "CC environment variable could not be parsed"},
		{"CC", "HOME/none", "", "", ""}, // nothing here uses cgo
		{"CGO_ENABLED", "false", "", "", ""},
		{"GOMODCACHE", "x", "", "", ""}, // the module requires nothing
		{"GOPROXY", "nonsense", "", "", ""},
		{"GOAUTH", ";", "", "", ""},
	} {
		for _, place := range []string{"process", "file"} {
			want := c.process
			if place == "file" {
				want = c.file
			}
			if want == "-" {
				continue
			}
			b := newBench(t)
			value := strings.ReplaceAll(c.value, "HOME", b.home)
			vars := map[string]string{"HOME": b.home, "PATH": b.w.Vars["PATH"], "GOTOOLCHAIN": "local", "GOTELEMETRY": "off", "GOPROXY": "off", "GOCACHE": cache}
			if delete(vars, c.name); c.name == "XDG_CACHE_HOME" {
				delete(vars, "GOCACHE")
			}
			if place == "process" {
				vars[c.name] = value
			} else {
				b.goenv(c.name + "=" + value + "\n")
			}
			var failed []string
			for _, command := range []string{"version", "list ./...", "build -o " + filepath.Join(b.home, "out"), "install"} {
				cmd := exec.Command("go", strings.Fields(command)...)
				cmd.Dir = b.proj
				cmd.Env = []string{gocmd.NoTelemetry}
				for k, v := range vars {
					cmd.Env = append(cmd.Env, k+"="+v)
				}
				out, err := cmd.CombinedOutput()
				if err == nil {
					continue
				}
				failed = append(failed, strings.Fields(command)[0])
				if !strings.Contains(string(out), c.says) {
					t.Errorf("%s=%s in %s: go %s says %q, not %q", c.name, value, place, command, out, c.says)
				}
			}
			got := strings.Join(failed, " ")
			if got != want {
				t.Errorf("%s=%s in %s: these fail: %q, want %q", c.name, value, place, got, want)
			}
		}
	}
}
