//go:build unix

package buildlist

import (
	"archive/zip"
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/gocmd"
)

// publish puts a module with one package into a folder that serves as a module proxy.
func publish(t *testing.T, proxy, path, src string) {
	t.Helper()
	mod := "module " + path + "\n\ngo 1.21\n"
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, body := range map[string]string{"go.mod": mod, "x.go": src} {
		w, err := z.Create(path + "@v1.0.0/" + name)
		if err == nil {
			_, err = w.Write([]byte(body))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(proxy, path, "@v"), map[string]string{
		"list": "v1.0.0\n", "v1.0.0.info": `{"Version":"v1.0.0"}`, "v1.0.0.mod": mod, "v1.0.0.zip": b.String()})
}

// TestOf: of modules that are not in the cache, those count as needed that the real go command would fetch: it builds
// what we call buildable without the network and adds nothing to the cache.
func TestOf(t *testing.T) {
	top := t.TempDir()
	t.Cleanup(func() { // extracted modules are read-only
		_ = filepath.WalkDir(top, func(p string, e fs.DirEntry, err error) error {
			if err == nil && e.IsDir() {
				return os.Chmod(p, 0o755)
			}
			return nil
		})
	})
	proxy, cache, proj := filepath.Join(top, "proxy"), filepath.Join(top, "mod"), filepath.Join(top, "proj")
	for path, src := range map[string]string{
		"example.com/always":  "package always\n\nimport _ \"example.com/below\"\n",
		"example.com/below":   "package below\n",
		"example.com/windows": "package windows\n",
		"example.com/test":    "package test\n",
		"example.com/tool":    "package main\n\nfunc main() {}\n",
		"example.com/tagged":  "package tagged\n",
	} {
		publish(t, proxy, path, src)
	}
	write(t, proj, map[string]string{
		"go.mod":         "module example.com/app\n\ngo 1.24\n\ntool example.com/tool\n\nrequire (\n\texample.com/always v1.0.0\n\texample.com/below v1.0.0 // indirect\n\texample.com/tagged v1.0.0\n\texample.com/test v1.0.0\n\texample.com/tool v1.0.0 // indirect\n\texample.com/windows v1.0.0\n)\n",
		"a.go":           "package app\n\nimport _ \"example.com/always\"\n",
		"a_windows.go":   "package app\n\nimport _ \"example.com/windows\"\n",
		"a_test.go":      "package app\n\nimport _ \"example.com/test\"\n",
		"sub/tagged.go":  "//go:build special\n\npackage sub\n\nimport _ \"example.com/tagged\"\n",
		"sub/plain.go":   "package sub\n",
		"testdata/td.go": "package td\n\nimport _ \"example.com/windows\"\n",
	})
	gocache, err := exec.Command("go", "env", "GOCACHE").Output()
	if err != nil {
		t.Fatal(err)
	}
	run := func(goproxy string, args ...string) error {
		cmd := exec.Command("go", args...)
		cmd.Dir = proj
		cmd.Env = []string{gocmd.NoTelemetry, "PATH=" + os.Getenv("PATH"), "HOME=" + top, "GOMODCACHE=" + cache, "GOCACHE=" + strings.TrimSpace(string(gocache)),
			"GOPROXY=" + goproxy, "GOSUMDB=off", "GOTOOLCHAIN=local", "GOFLAGS=-buildvcs=false"}
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Logf("go %v: %v\n%s", args, err, out)
		}
		return err
	}
	full := filepath.Join(top, "full")
	cache, full = full, cache // the lines of go.sum come from another cache
	if run("file://"+proxy, "mod", "tidy") != nil {
		t.Fatal("cannot prepare")
	}
	cache = full
	look := func(goflags string) (missing, tests []string) {
		set := &facts.Settings{Release: "go1.26.0", Values: map[string]facts.Setting{"GOMODCACHE": {Value: cache}, "GOFLAGS": {Value: goflags}}}
		l, err := Of(t.Context(), proj, set)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range l.Modules {
			switch {
			case m.Missing == "" || !m.Needed:
			case m.Tests:
				tests = append(tests, m.Path)
			default:
				missing = append(missing, m.Path)
			}
		}
		return missing, tests
	}
	if missing, _ := look(""); !slices.Contains(missing, "example.com/always") {
		t.Errorf("of an empty cache, missing: %v", missing)
	}
	if run("file://"+proxy, "build", "./...") != nil {
		t.Fatal("cannot build")
	}
	before := files(t, cache)
	if missing, tests := look(""); missing != nil || !slices.Contains(tests, "example.com/test") {
		t.Errorf("after a build, missing for builds: %v, for tests: %v", missing, tests)
	}
	if run("off", "build", "./...") != nil || !slices.Equal(before, files(t, cache)) {
		t.Errorf("go fetches: %v, had %v", files(t, cache), before)
	}
	if missing, _ := look("-tags=special"); !slices.Contains(missing, "example.com/tagged") {
		t.Errorf("with the tag, missing: %v", missing)
	}
	if run("file://"+proxy, "test", "./...") != nil || run("file://"+proxy, "build", "-o", os.DevNull, "example.com/tool") != nil {
		t.Fatal("cannot test")
	}
	if missing, tests := look(""); missing != nil || tests != nil {
		t.Errorf("after tests, missing for builds: %v, for tests: %v", missing, tests)
	}
}

func files(t *testing.T, dir string) (out []string) {
	t.Helper()
	if err := filepath.WalkDir(dir, func(p string, _ fs.DirEntry, err error) error { out = append(out, p); return err }); err != nil {
		t.Fatal(err)
	}
	return out
}

func FuzzPlatform(f *testing.F) {
	f.Add("-tags=a,b", "go1.26.8", "linux")
	f.Add("-tags='a b' -mod=vendor", "devel", "")
	f.Fuzz(func(t *testing.T, flags, release, goos string) {
		set := &facts.Settings{Release: release, Values: map[string]facts.Setting{"GOFLAGS": {Value: flags}, "GOOS": {Value: goos}}}
		if c := platform(set); len(c.ReleaseTags) >= 1000 || c.GOOS == "" {
			t.Fatalf("%d release tags, GOOS=%q", len(c.ReleaseTags), c.GOOS)
		}
	})
}
