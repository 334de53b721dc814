package env

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gorescue/gorescue/internal/area/host"
	"github.com/gorescue/gorescue/internal/area/toolchain"
	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/journal"
	"github.com/gorescue/gorescue/internal/probe"
	"github.com/gorescue/gorescue/internal/repair"
)

// bench is a developer's home and project in a folder of the test, with the real probes of the host area and the
// project, and the checks of this one.
type bench struct {
	*testing.T
	home, proj string
	w          probe.World
	change     func(*facts.Snapshot) // what the test says about the machine, nil = nothing
	profile    string                // what ~/.profile has beside the developer's own lines
}

const ownLines = "export EDITOR=vim\nalias ll='ls -l'\n"

func newBench(t *testing.T) *bench {
	t.Helper()
	root := t.TempDir()
	b := &bench{T: t, home: filepath.Join(root, "home"), proj: filepath.Join(root, "proj")}
	b.w = probe.World{Dir: b.proj, State: filepath.Join(root, "state"), Incident: "test", Vars: map[string]string{
		"HOME": b.home, "PATH": os.Getenv("PATH"), "SHELL": "/bin/sh", "GOTOOLCHAIN": "local"}}
	b.write(filepath.Join(b.home, ".profile"), ownLines)
	b.write(filepath.Join(b.proj, "go.mod"), "module example.com/app\n\ngo 1.24\n")
	b.write(filepath.Join(b.proj, "main.go"), "package main\n\nfunc main() {}\n")
	return b
}

func (b *bench) write(path, text string) string {
	b.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		b.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		b.Fatal(err)
	}
	return path
}

func (b *bench) program(path string) string {
	b.Helper()
	b.write(path, "#!/bin/sh\n")
	if err := os.Chmod(path, 0o755); err != nil {
		b.Fatal(err)
	}
	return path
}

func (b *bench) env() string { return filepath.Join(b.home, ".config/go/env") }

// goenv makes the go env file.
func (b *bench) goenv(text string) { b.write(b.env(), text) }

// export adds a line to the start-up file, and the variable to the environment as a login does.
func (b *bench) export(name, value string) {
	b.Helper()
	b.profile += "export " + name + "='" + value + "'\n"
	b.write(filepath.Join(b.home, ".profile"), ownLines+b.profile)
	b.w.Vars[name] = value
}

// require lets the module require another.
func (b *bench) require() {
	b.write(filepath.Join(b.proj, "go.mod"), "module example.com/app\n\ngo 1.24\n\nrequire example.test/greet v1.0.0\n")
}

func (b *bench) snapshot(ctx context.Context, w probe.World) *facts.Snapshot {
	list := host.Probes()
	for _, p := range toolchain.Probes() {
		if p.Section == facts.SecProject {
			list = append(list, p)
		}
	}
	for _, sec := range []facts.Section{facts.SecBuild, facts.SecPolicy} {
		list = append(list, probe.Probe{Section: sec, Run: func(context.Context, probe.World, *facts.Snapshot) (probe.Install, error) {
			return func(*facts.Snapshot) {}, nil
		}})
	}
	for i := range list {
		list[i].Timeout = time.Minute // a loaded machine is no failure of a test
	}
	s := probe.Collect(ctx, w, list, 2*time.Minute)
	for sec, st := range s.Sections {
		if st.State != facts.OK {
			b.Fatalf("section %s: %s %s", sec, st.State, st.Reason)
		}
	}
	if b.change != nil {
		b.change(s)
	}
	return s
}

func (b *bench) diagnose(ctx context.Context, w probe.World) *diag.Report {
	return diag.Run(Checks(), b.snapshot(ctx, w))
}

// roots are the checks whose findings nothing explains.
func (b *bench) roots() []string {
	b.Helper()
	var out []string
	for _, f := range b.diagnose(b.Context(), b.w).Roots() {
		out = append(out, f.Check)
	}
	return out
}

func (b *bench) want(ids ...string) {
	b.Helper()
	if got := b.roots(); !slices.Equal(got, ids) {
		b.Fatalf("found %v, want %v", got, ids)
	}
}

// mend proves the whole way: the fault is found with a whole proof, repaired and proven, taken back exactly,
// found again, and repaired again.
func (b *bench) mend(id string) {
	b.Helper()
	b.want(id)
	for _, f := range b.diagnose(b.Context(), b.w).Findings {
		roles := map[diag.Role]bool{}
		for _, e := range f.Evidence {
			roles[e.Role] = true
		}
		if !roles[diag.Because] || !roles[diag.Proof] || !roles[diag.Not] || f.ByHand == "" || len(f.Fixes) == 0 {
			b.Errorf("%s: the proof is not whole: %v, by hand %q, %d fix(es)", f.Check, roles, f.ByHand, len(f.Fixes))
		}
	}
	before := b.files()
	b.repair(id)
	j, err := journal.Open(b.w.State)
	if err != nil {
		b.Fatal(err)
	}
	changes := repair.Changes(j)
	undone, err := repair.Undo(j, changes[len(changes)-1])
	j.Close()
	if err != nil || undone.Outcome != repair.Clean {
		b.Fatalf("undo: %+v, %v", undone, err)
	}
	if after := b.files(); after != before {
		b.Fatalf("after undo:\n%s\nbefore:\n%s", after, before)
	}
	b.want(id)
	b.repair(id)
}

func (b *bench) repair(id string) {
	b.Helper()
	j, err := journal.Open(b.w.State)
	if err != nil {
		b.Fatal(err)
	}
	defer j.Close()
	e := repair.Engine{Journal: j, Diagnose: b.diagnose}
	res, err := e.Fix(b.Context(), b.w)
	if err != nil || res.Outcome != repair.Repaired {
		b.Fatalf("fix of %s: %+v, %v", id, res, err)
	}
	data, err := os.ReadFile(filepath.Join(b.home, ".profile"))
	if err != nil || !strings.HasPrefix(string(data), ownLines) {
		b.Fatalf("the developer's own lines: %q, %v", data, err)
	}
}

// files is the content of home and project.
func (b *bench) files() string {
	b.Helper()
	out, err := exec.Command("sh", "-c", `find "$1" "$2" | sort | while read -r f; do ls -ld "$f" | cut -c1-10; echo "$f"; [ -f "$f" ] && cksum <"$f"; done; true`, "sh", b.home, b.proj).CombinedOutput()
	if err != nil {
		b.Fatal(err, string(out))
	}
	return string(out)
}

// said is the file of a name after a repair.
func (b *bench) said(path string) string {
	b.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		return fmt.Sprint(err)
	}
	return string(data)
}
