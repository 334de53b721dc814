package cache

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"golang.org/x/mod/module"
	"golang.org/x/mod/sumdb/dirhash"
	modzip "golang.org/x/mod/zip"

	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/goenv"
	"github.com/gorescue/gorescue/internal/journal"
	"github.com/gorescue/gorescue/internal/modcache"
	"github.com/gorescue/gorescue/internal/probe"
	"github.com/gorescue/gorescue/internal/repair"
	"github.com/gorescue/gorescue/internal/startup"
)

// bench is a developer's home and project in a folder of the test, with the real probe and checks.
type bench struct {
	*testing.T
	home, proj string
	w          probe.World
	change     func(*facts.Snapshot) // what the test says about the machine, nil = nothing
}

func newBench(t *testing.T) *bench {
	t.Helper()
	root := t.TempDir()
	b := &bench{T: t, home: filepath.Join(root, "home"), proj: filepath.Join(root, "proj")}
	b.w = probe.World{Dir: b.proj, State: filepath.Join(root, "state"), Incident: "test", Vars: map[string]string{
		"HOME": b.home, "PATH": os.Getenv("PATH"), "SHELL": "/bin/sh", "GOPROXY": "https://proxy.example.test"}}
	b.write(filepath.Join(b.home, ".profile"), "export EDITOR=vim\n")
	b.write(filepath.Join(b.proj, "go.mod"), "module example.com/app\n\ngo 1.25.0\n")
	b.write(filepath.Join(b.proj, "main.go"), "package main\n\nfunc main() {}\n")
	return b
}

func (b *bench) write(path, text string) {
	b.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		b.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		b.Fatal(err)
	}
}

func (b *bench) must(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

// profile adds a line to the start-up file and the variable to the environment, as a login does.
func (b *bench) profile(name, value string) {
	b.Helper()
	b.write(filepath.Join(b.home, ".profile"), "export EDITOR=vim\nexport "+name+"="+value+"\n")
	b.w.Vars[name] = value
}

func (b *bench) snapshot(ctx context.Context, w probe.World) *facts.Snapshot {
	stub := func(sec facts.Section, fill func(*facts.Snapshot)) probe.Probe {
		return probe.Probe{Section: sec, Run: func(context.Context, probe.World, *facts.Snapshot) (probe.Install, error) { return fill, nil }}
	}
	list := append(Probes(),
		stub(facts.SecHost, func(s *facts.Snapshot) {
			s.Host = facts.Host{UID: os.Getuid(), Home: w.Get("HOME"), State: w.State, Threads: 20}
		}),
		stub(facts.SecProcess, func(s *facts.Snapshot) { s.Process.Vars = w.Vars }),
		stub(facts.SecStartup, func(s *facts.Snapshot) {
			s.Startup = startup.Read(ctx, startup.World{Env: w.Vars, Home: b.home, Shell: "/bin/sh", Dir: b.proj, Root: b.home})
		}),
		stub(facts.SecSettings, func(s *facts.Snapshot) { s.Settings = goenv.Resolve(w.Vars, "") }),
		stub(facts.SecBuild, func(*facts.Snapshot) {}))
	s := probe.Collect(ctx, w, list, time.Minute)
	if b.change != nil {
		b.change(s)
	}
	return s
}

func (b *bench) diagnose(ctx context.Context, w probe.World) *diag.Report {
	return diag.Run(Checks(), b.snapshot(ctx, w))
}

// ids are the findings of a diagnosis.
func (b *bench) ids() []string {
	b.Helper()
	var out []string
	for _, f := range b.diagnose(b.Context(), b.w).Findings {
		if f.Unknown {
			b.Fatalf("%s could not look: %s", f.Check, f.Claim)
		}
		out = append(out, f.Check)
	}
	return out
}

func (b *bench) want(ids ...string) {
	b.Helper()
	if got := b.ids(); !slices.Equal(got, ids) {
		b.Fatalf("found %v, want %v", got, ids)
	}
}

// mend proves the whole way: the fault is found, repaired and proven, taken back exactly, found again,
// and repaired again.
func (b *bench) mend(id string) {
	b.Helper()
	b.want(id)
	for _, f := range b.diagnose(b.Context(), b.w).Findings {
		roles := map[diag.Role]bool{}
		for _, e := range f.Evidence {
			roles[e.Role] = true
		}
		if !roles[diag.Because] || !roles[diag.Proof] || !roles[diag.Not] || f.ByHand == "" {
			b.Errorf("%s: evidence is incomplete: %v", f.Check, roles)
		}
	}
	b.repair(id)
	j, err := journal.Open(b.w.State)
	b.must(err)
	defer j.Close()
	changes := repair.Changes(j)
	undone, err := repair.Undo(j, changes[len(changes)-1])
	if err != nil || undone.Outcome != repair.Clean {
		b.Fatalf("undo: %+v, %v", undone, err)
	}
	b.want(id)
}

func (b *bench) repair(id string) {
	b.Helper()
	j, err := journal.Open(b.w.State)
	b.must(err)
	defer j.Close()
	e := &repair.Engine{Diagnose: b.diagnose, Journal: j}
	res, err := e.Fix(b.Context(), b.w)
	if err != nil || res.Outcome != repair.Repaired || len(res.Steps) == 0 || res.Steps[0].Check != id {
		b.Fatalf("repair of %s: %v, %+v", id, err, res)
	}
}

// module puts a module into the cache as the go command does and asks for it in go.mod, go.sum and main.go.
func (b *bench) module() (modcache.Paths, module.Version) {
	b.Helper()
	v := module.Version{Path: "dep.example/greet", Version: "v1.0.0"}
	paths, err := modcache.PathsOf(filepath.Join(b.home, "go", "pkg", "mod"), v)
	b.must(err)
	src := b.TempDir()
	gomod := "module dep.example/greet\n\ngo 1.21\n"
	b.write(filepath.Join(src, "go.mod"), gomod)
	b.write(filepath.Join(src, "greet.go"), "package greet\n\nfunc Hello() string { return \"hello\" }\n")
	b.must(os.MkdirAll(filepath.Dir(paths.Zip), 0o755))
	f, err := os.Create(paths.Zip)
	b.must(err)
	b.must(modzip.CreateFromDir(f, v, src))
	b.must(f.Close())
	b.must(modzip.Unzip(paths.Tree, v, paths.Zip))
	hash, err := dirhash.HashZip(paths.Zip, dirhash.DefaultHash)
	b.must(err)
	b.write(paths.Mod, gomod)
	b.write(paths.Info, `{"Version":"v1.0.0"}`)
	b.write(paths.ZipHash, hash)
	b.write(filepath.Join(b.proj, "go.mod"), "module example.com/app\n\ngo 1.25.0\n\nrequire dep.example/greet v1.0.0\n")
	b.write(filepath.Join(b.proj, "go.sum"), "dep.example/greet v1.0.0 "+hash+"\ndep.example/greet v1.0.0/go.mod "+modcache.HashGoMod([]byte(gomod))+"\n")
	b.write(filepath.Join(b.proj, "main.go"), "package main\n\nimport \"dep.example/greet\"\n\nfunc main() { println(greet.Hello()) }\n")
	return paths, v
}
