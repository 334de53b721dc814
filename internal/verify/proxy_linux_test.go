package verify_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/module"
	modzip "golang.org/x/mod/zip"

	"github.com/gorescue/gorescue/internal/buildlist"
	"github.com/gorescue/gorescue/internal/gocmd"
	"github.com/gorescue/gorescue/internal/verify"
)

// bench is a project whose modules the real go command has fetched from a proxy of files.
type bench struct {
	*testing.T
	root, proj, cache, proxy string
}

func newBench(t *testing.T) *bench {
	t.Helper()
	root := t.TempDir()
	b := &bench{T: t, root: root, proj: filepath.Join(root, "proj"), cache: filepath.Join(root, "home", "go", "pkg", "mod"), proxy: filepath.Join(root, "proxy")}
	t.Cleanup(func() { b.writable(b.cache) })
	b.publish("example.com/text", "v1.0.0", map[string]string{"text.go": "package text\n\nfunc Join(a, b string) string { return a + b }\n"})
	b.publish("example.com/greet", "v1.2.0", map[string]string{"greet.go": "package greet\n\nimport \"example.com/text\"\n\nfunc Hello() string { return text.Join(\"hello\", \"\") }\n", "words/words.go": "package words\n"}, "example.com/text v1.0.0")
	b.publish("example.com/fork", "v1.0.0", map[string]string{"old.go": "package old\n\nfunc Old() {}\n"})
	b.write("proj/go.mod", "module example.com/app\n\ngo 1.21\n\nrequire (\n\texample.com/greet v1.2.0\n\texample.com/old v0.0.0\n)\n\nrequire example.com/text v1.0.0 // indirect\n\nreplace example.com/old => example.com/fork v1.0.0\n")
	b.write("proj/main.go", "package main\n\nimport (\n\t\"example.com/greet\"\n\t\"example.com/old\"\n)\n\nfunc main() { old.Old(); println(greet.Hello()) }\n")
	b.must("mod", "tidy")
	b.must("mod", "verify")
	return b
}

func (b *bench) write(name, text string) {
	b.Helper()
	p := filepath.Join(b.root, name)
	if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
		b.Fatal(err)
	}
	if err := os.WriteFile(p, []byte(text), 0o644); err != nil {
		b.Fatal(err)
	}
}

// publish puts a version into the proxy, in the place of one that is there.
func (b *bench) publish(path, version string, files map[string]string, requires ...string) {
	b.Helper()
	src := b.TempDir()
	gomod := "module " + path + "\n\ngo 1.21\n"
	for _, r := range requires {
		gomod += "\nrequire " + r + "\n"
	}
	for name, text := range files {
		p := filepath.Join(src, name)
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			b.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(text), 0o644); err != nil {
			b.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(src, "go.mod"), []byte(gomod), 0o644); err != nil {
		b.Fatal(err)
	}
	var zip bytes.Buffer
	if err := modzip.CreateFromDir(&zip, module.Version{Path: path, Version: version}, src); err != nil {
		b.Fatal(err)
	}
	at := "proxy/" + path + "/@v/"
	b.write(at+version+".zip", zip.String())
	b.write(at+version+".mod", gomod)
	b.write(at+version+".info", `{"Version":"`+version+`","Time":"2024-01-01T00:00:00Z"}`)
	b.write(at+"list", version+"\n")
}

// env is the developer's environment. GOFLAGS holds nothing, as with most people.
func (b *bench) env(more ...string) []string {
	home := filepath.Join(b.root, "home")
	return append([]string{"HOME=" + home, "PATH=" + os.Getenv("PATH"), "GOPROXY=file://" + b.proxy, "GOSUMDB=off", "GOFLAGS=", "GOTOOLCHAIN=local",
		"GOCACHE=" + os.Getenv("GOCACHE"), "GOENV=off", gocmd.NoTelemetry}, more...)
}

// run runs the real go command in the project.
func (b *bench) run(args ...string) (string, error) { return b.runEnv(nil, args...) }

func (b *bench) runEnv(more []string, args ...string) (string, error) {
	cmd := exec.Command("go", args...)
	cmd.Dir, cmd.Env = b.proj, b.env(more...)
	if os.Getenv("GOCACHE") == "" {
		cmd.Env = append(cmd.Env, "GOCACHE="+gocache(b.T))
	}
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func gocache(t *testing.T) string {
	out, err := exec.Command("go", "env", "GOCACHE").Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

func (b *bench) must(args ...string) {
	b.Helper()
	if out, err := b.run(args...); err != nil {
		b.Fatalf("go %v: %v\n%s", args, err, out)
	}
}

// at is the place of a version's file in the cache: "zip", "ziphash", "mod", "info", "partial", "lock", or
// "" for its folder.
func (b *bench) at(path, version, ext string) string {
	if ext == "" {
		return filepath.Join(b.cache, filepath.FromSlash(path)+"@"+version)
	}
	return filepath.Join(b.cache, "cache", "download", filepath.FromSlash(path), "@v", version+"."+ext)
}

// set writes a file of the cache, whatever its mode.
func (b *bench) set(path, text string) {
	b.Helper()
	_ = os.Chmod(filepath.Dir(path), 0o755)
	if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
		b.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o444); err != nil {
		b.Fatal(err)
	}
}

func (b *bench) remove(path string) {
	b.Helper()
	b.writable(path)
	_ = os.Chmod(filepath.Dir(path), 0o755)
	if err := os.RemoveAll(path); err != nil {
		b.Fatal(err)
	}
}

func (b *bench) writable(dir string) {
	_ = filepath.WalkDir(dir, func(p string, d os.DirEntry, err error) error {
		if d != nil && d.IsDir() {
			_ = os.Chmod(p, 0o755)
		}
		return nil
	})
}

func (b *bench) read(path string) string {
	b.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		b.Fatal(err)
	}
	return string(data)
}

func (b *bench) options() verify.Options {
	return verify.Options{Dir: b.proj, Settings: buildlist.Settings{GOMODCACHE: b.cache}}
}

func (b *bench) verify(o verify.Options) *verify.Report {
	b.Helper()
	r, err := verify.Run(b.Context(), o)
	if err != nil {
		b.Fatal(err)
	}
	return r
}

// kinds are all defects of a report, as "path kind".
func kinds(r *verify.Report) []string {
	out := []string{}
	for _, m := range r.Damaged() {
		for _, d := range m.Defects {
			out = append(out, m.Path+" "+string(d.Kind))
		}
	}
	for _, d := range r.Lists {
		out = append(out, string(d.Kind))
	}
	for _, f := range r.Vendor.Files {
		out = append(out, "vendor "+f.What+" "+filepath.Base(f.Path))
	}
	return out
}
