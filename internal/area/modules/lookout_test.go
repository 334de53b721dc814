package modules

import (
	"context"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/module"
	modzip "golang.org/x/mod/zip"

	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/gobuild"
	"github.com/gorescue/gorescue/internal/gocmd"
	"github.com/gorescue/gorescue/internal/probe"
)

// shelf is a project with a module cache that a real go command filled.
type shelf struct {
	t    *testing.T
	dir  string
	vars map[string]string
}

func (b *shelf) write(name, data string) {
	b.t.Helper()
	path := filepath.Join(b.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		b.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(data), 0o644); err != nil {
		b.t.Fatal(err)
	}
}

// offer puts a module version into the folder that is the proxy.
func (b *shelf) offer(path, version, requires, pkg string) {
	b.t.Helper()
	base := "../proxy/" + path + "/@v/" + version
	mod := "module " + path + "\n\ngo 1.21\n" + requires
	b.write(base+".info", `{"Version":"`+version+`"}`)
	b.write(base+".mod", mod)
	src := "../src/" + path + "@" + version + "/"
	b.write(src+"go.mod", mod)
	b.write(src+pkg, "package x\n")
	if requires != "" {
		b.write(src+pkg, "package x\n\nimport _ \"example.com/text\"\n")
	}
	f, err := os.Create(filepath.Join(b.dir, filepath.FromSlash(base+".zip")))
	if err != nil {
		b.t.Fatal(err)
	}
	defer f.Close()
	if err := modzip.CreateFromDir(f, module.Version{Path: path, Version: version}, filepath.Join(b.dir, filepath.FromSlash(src))); err != nil {
		b.t.Fatal(err)
	}
}

func (b *shelf) goCommand(args ...string) {
	b.t.Helper()
	cmd := exec.Command("go", args...)
	cmd.Dir = b.dir
	for k, v := range b.vars {
		cmd.Env = append(cmd.Env, k+"="+v)
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		b.t.Fatalf("go %v: %v\n%s", args, err, out)
	}
}

// look builds and looks at what the go command says, and fails when anything changed but the scratch of the trials.
func (b *shelf) look() *facts.Trials {
	b.t.Helper()
	state := b.t.TempDir()
	w := probe.World{Dir: b.dir, State: state, Vars: b.vars}
	s := &facts.Snapshot{Dir: b.dir}
	s.Project.Root = b.dir
	s.Settings.Values = map[string]facts.Setting{"GOMODCACHE": {Value: b.vars["GOMODCACHE"]}, "GOCACHE": {Value: b.vars["GOCACHE"]}, "GOTOOLCHAIN": {Value: "local"}}
	before := b.all()
	build, err := gobuild.Ask(context.Background(), w, &s.Settings)
	if err != nil {
		b.t.Fatal(err)
	}
	s.Build = *build
	install, err := files(context.Background(), w, s)
	if err != nil {
		b.t.Fatal(err)
	}
	install(s)
	if install, err = trials(context.Background(), w, s); err != nil {
		b.t.Fatalf("%v (%s: %s)", err, build.Outcome, build.Stderr)
	}
	install(s)
	if after := b.all(); !slices.Equal(before, after) {
		b.t.Errorf("changed:\n%s\n%s", strings.Join(before, " "), strings.Join(after, " "))
	}
	return &s.Trials
}

// all names every file of project and module cache.
func (b *shelf) all() (out []string) {
	for _, root := range []string{b.dir, b.vars["GOMODCACHE"]} {
		_ = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			out = append(out, path)
			return err
		})
	}
	return out
}

const greeting = "package main\n\nimport (\n\t_ \"example.com/greet\"\n\t_ \"example.com/pin\"\n)\n\nfunc main() {}\n"

// TestLookout: the real go command complains, and each complaint is traced to what is behind it.
func TestLookout(t *testing.T) {
	tmp := t.TempDir()
	b := &shelf{t: t, dir: filepath.Join(tmp, "project")}
	cache, err := exec.Command("go", "env", "GOCACHE").Output()
	if err != nil {
		t.Fatal(err)
	}
	b.vars = map[string]string{"HOME": tmp, "PATH": os.Getenv("PATH"), "GOMODCACHE": filepath.Join(tmp, "modcache"), "GOCACHE": strings.TrimSpace(string(cache)), "GOFLAGS": "-modcacherw",
		"GOPROXY": "file://" + filepath.ToSlash(filepath.Join(tmp, "proxy")), "GOSUMDB": "off", "GOTOOLCHAIN": "local", "GOENV": "off", "GOWORK": "off"}
	name, value, _ := strings.Cut(gocmd.NoTelemetry, "=")
	b.vars[name] = value
	b.offer("example.com/text", "v1.0.0", "", "x.go")
	b.offer("example.com/greet", "v1.0.0", "\nrequire example.com/text v1.0.0\n", "x.go")
	b.offer("example.com/pin", "v1.0.0", "", "x.go")
	b.offer("example.com/pin/sub", "v1.0.0", "", "x.go")
	b.offer("example.com/text", "v1.1.0", "", "greet/x.go")
	b.write("main.go", greeting)
	whole := "module example.com/app\n\ngo 1.24\n\nrequire (\n\texample.com/greet v1.0.0 // keep\n\texample.com/pin v1.0.0\n)\n\nrequire example.com/text v1.0.0 // indirect\n"
	b.write("go.mod", whole)
	b.goCommand("mod", "tidy")
	reset := func(t *testing.T, changes map[string]string) {
		t.Helper()
		b.t = t
		if err := os.RemoveAll(filepath.Join(b.dir, "lib")); err != nil {
			t.Fatal(err)
		}
		files := map[string]string{"go.mod": whole, "main.go": greeting}
		maps.Copy(files, changes)
		for name, data := range files {
			b.write(name, data)
		}
	}
	t.Run("indirect requirement dropped", func(t *testing.T) {
		reset(t, map[string]string{"go.mod": strings.Replace(whole, "\nrequire example.com/text v1.0.0 // indirect\n", "", 1)})
		if got := b.look(); got.Updated == nil || !strings.Contains(*got.Updated, "example.com/text v1.0.0 // indirect") || !strings.Contains(*got.Updated, "// keep") {
			t.Errorf("%+v", got)
		}
	})
	t.Run("requirement dropped", func(t *testing.T) {
		reset(t, map[string]string{"go.mod": strings.Replace(whole, "\texample.com/pin v1.0.0\n", "", 1)})
		if got := b.look(); got.Updated == nil || !strings.Contains(*got.Updated, "example.com/pin v1.0.0") || len(got.Absent) != 1 {
			t.Errorf("%+v", got)
		}
	})
	t.Run("required twice", func(t *testing.T) {
		reset(t, map[string]string{"go.mod": strings.Replace(whole, "\texample.com/pin v1.0.0\n", "\texample.com/pin v0.9.0\n\texample.com/pin v1.0.0\n", 1)})
		if got := b.look(); got.Updated == nil || *got.Updated != whole {
			t.Errorf("%+v", got)
		}
	})
	t.Run("another name", func(t *testing.T) {
		reset(t, map[string]string{"main.go": strings.Replace(greeting, "example.com/pin\"", "example.com/old/app/lib/deep\"", 1), "lib/deep/x.go": "package deep\n"})
		if got := b.look(); got.OwnPath != "example.com/old/app" || got.Updated != nil {
			t.Errorf("%+v", got)
		}
	})
	t.Run("nobody has it", func(t *testing.T) {
		reset(t, map[string]string{"main.go": strings.Replace(greeting, "example.com/pin\"", "example.com/pin/none\"", 1)})
		if got := b.look(); got.Updated != nil || len(got.Absent) != 1 || got.Absent[0].Module != "example.com/pin" || got.Absent[0].Dir == "" {
			t.Errorf("%+v", got)
		}
	})
	t.Run("hidden", func(t *testing.T) {
		reset(t, map[string]string{"main.go": strings.Replace(greeting, "example.com/pin\"", "example.com/app/lib/deep\"", 1), "lib/go.mod": "module lib\n", "lib/deep/x.go": "package deep\n"})
		if got := b.look(); len(got.Nested) != 1 || filepath.Base(filepath.Dir(got.Nested[0].Path)) != "lib" || len(got.Absent) != 0 {
			t.Errorf("%+v", got)
		}
	})
	t.Run("two homes", func(t *testing.T) {
		b.t = t
		b.offer("example.com/two", "v1.0.0", "", "sub/x.go")
		b.offer("example.com/two/sub", "v1.0.0", "", "x.go")
		both := strings.Replace(whole, "\texample.com/pin v1.0.0\n", "\texample.com/pin v1.0.0\n\texample.com/two v1.0.0\n\texample.com/two/sub v1.0.0\n", 1)
		reset(t, map[string]string{"go.mod": strings.Replace(both, "\texample.com/two v1.0.0\n", "", 1), "main.go": strings.Replace(greeting, "example.com/pin\"", "example.com/two/sub\"", 1)})
		b.goCommand("mod", "download", "all")
		sum, err := os.ReadFile(filepath.Join(b.dir, "go.sum"))
		if err != nil {
			t.Fatal(err)
		}
		b.write("go.mod", both)
		b.goCommand("mod", "download", "all")
		more, err := os.ReadFile(filepath.Join(b.dir, "go.sum"))
		if err != nil {
			t.Fatal(err)
		}
		b.write("go.sum", string(sum)+string(more))
		got := b.look()
		if len(got.Ambiguous) != 1 || len(got.Ambiguous[0].Modules) != 2 || len(got.Ambiguous[0].Without) != 2 {
			t.Errorf("%+v", got)
		}
	})
}
