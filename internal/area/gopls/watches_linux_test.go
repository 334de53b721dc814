package gopls

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/gorescue/gorescue/internal/action"
	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/editor"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/probe"
)

// inside is set in the process that runs in a user namespace of its own, which has limits of its own (user_namespaces(7)).
const inside = "GORESCUE_TEST_NAMESPACE"

// TestWatches uses up real inotify watches and instances in a user namespace, while this process holds some outside of it.
func TestWatches(t *testing.T) {
	if os.Getenv(inside) == "" {
		hold(t, t.TempDir(), 1)
		cmd := exec.Command("unshare", "-Ur", os.Args[0], "-test.run=^TestWatches$", "-test.v")
		cmd.Env = append(os.Environ(), inside+"=1")
		if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "--- PASS: TestWatches") {
			t.Fatalf("%v\n%s", err, out)
		}
		return
	}
	for _, c := range []struct {
		name                string
		limit, instances    int
		held                int // watches of a program that is no editor
		editor              int // of the editor
		want                diag.Severity
		exclude, instances2 bool
	}{
		{name: "room enough", limit: 1000, instances: 10, held: 20},
		{name: "60 % of the limit is in use, and stable", limit: 390, instances: 10, editor: 360},
		{name: "would fit without the build output", limit: 100, instances: 10, want: diag.Warning, exclude: true},
		{name: "would not fit either way", limit: 15, instances: 10, want: diag.Warning},
		{name: "used up by another program", limit: 50, instances: 10, held: 50, want: diag.Error},
		{name: "no instance left", limit: 1000, instances: 2, held: 1, want: diag.Error, instances2: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			root := project(t)
			setting(t, "watches", c.limit)
			setting(t, "instances", c.instances)
			var mine facts.Proc
			if c.editor > 0 {
				mine.PID = os.Getpid()
				hold(t, root, c.editor)
			} else if c.held > 0 {
				other := t.TempDir()
				folders(t, other, "x", c.held)
				hold(t, other, c.held)
			}
			for c.instances2 && hold(t, t.TempDir(), 0) == nil { // until there is none
				continue
			}
			s := snapshot(t, root, mine)
			found := watches.Run(s)
			if w := s.Gopls.Watches; w.Unseen < 1 || w.Watches > int64(c.limit) {
				t.Errorf("processes outside of the namespace: %+v", w)
			}
			if c.want == "" {
				if len(found) > 0 {
					t.Fatalf("a finding: %s\n%+v", found[0].Claim.In("en"), s.Gopls.Watches)
				}
				return
			}
			if len(found) != 1 || found[0].Severity != c.want {
				t.Fatalf("got %+v, want %s; %+v", found, c.want, s.Gopls.Watches)
			}
			if n := len(found[0].Fixes); (n == 2) != c.exclude || found[0].Fixes[n-1].Risk != diag.Person {
				t.Errorf("fixes: %+v", found[0].Fixes)
			}
			for _, f := range found[0].Fixes { // each mends it by itself
				mended(t, f, root, mine, c.limit, c.instances)
			}
		})
	}
}

// TestElsewhere: what a process in a namespace below holds counts against the limit of the machine, and is told apart.
func TestElsewhere(t *testing.T) {
	if os.Getenv(inside) != "" {
		root := t.TempDir()
		folders(t, root, "x", 50)
		if err := hold(t, root, 50); err != nil {
			t.Fatal(err)
		}
		fmt.Println("holding")
		_, _ = io.ReadAll(os.Stdin)
		return
	}
	cmd := exec.Command("unshare", "-Ur", os.Args[0], "-test.run=^TestElsewhere$")
	cmd.Env = append(os.Environ(), inside+"=1")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { in.Close(); _ = cmd.Wait() }()
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "holding\n" {
		t.Fatalf("%q: %v", line, err)
	}
	w := snapshot(t, project(t), facts.Proc{}).Gopls.Watches
	if w.Elsewhere < 50 || w.Watches < w.Elsewhere || w.Limit != machineLimits+"watches" {
		t.Errorf("got %+v", w)
	}
}

// mended applies a fix for real, looks again, and takes it back.
func mended(t *testing.T, f diag.Fix, root string, mine facts.Proc, limit, instances int) {
	t.Helper()
	for _, a := range f.Actions {
		if err := a.Apply(t.Context(), action.Real{Change: "test"}); err != nil {
			t.Fatal(err)
		}
		if err := a.Verify(t.Context(), action.Real{Change: "test"}); err != nil {
			t.Error(err)
		}
	}
	s := snapshot(t, root, mine)
	if found := watches.Run(s); len(found) > 0 {
		t.Errorf("after %q: %s", f.Title.In("en"), found[0].Claim.In("en"))
	}
	setting(t, "watches", limit)
	setting(t, "instances", instances)
	_ = os.Remove(filepath.Join(s.Editors.List[0].Dir, "User", "settings.json"))
}

func setting(t *testing.T, name string, n int) {
	t.Helper()
	if err := os.WriteFile(namespaceLimits+name, []byte(fmt.Sprint(n)), 0); err != nil {
		t.Fatal(err)
	}
}

func folders(t *testing.T, root, name string, n int) {
	t.Helper()
	for i := range n {
		if err := os.MkdirAll(filepath.Join(root, name, fmt.Sprint(i)), 0o755); err != nil {
			t.Fatal(err)
		}
	}
}

// project is a repository with 20 packages and 210 folders of build output that git ignores: 233 folders.
func project(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	folders(t, root, "pkg", 20)
	folders(t, root, "out", 210)
	for name, text := range map[string]string{"go.mod": "module example.com/app\n", ".gitignore": "/out/\n", "pkg/0/a.go": "package a\n"} {
		if err := os.WriteFile(filepath.Join(root, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := exec.Command("git", "init", "-q", root).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return root
}

// hold watches up to n folders below root with one instance, until the test ends.
func hold(t *testing.T, root string, n int) error {
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC)
	if err != nil {
		return err
	}
	t.Cleanup(func() { unix.Close(fd) })
	return filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if n--; err != nil || n < 0 || !d.IsDir() {
			n += 1
			return err
		}
		_, err = unix.InotifyAddWatch(fd, path, unix.IN_CREATE)
		return err
	})
}

// snapshot looks as the probe does; the editor is this process when mine says so, else one that holds nothing.
func snapshot(t *testing.T, root string, mine facts.Proc) *facts.Snapshot {
	t.Helper()
	if mine.PID == 0 {
		mine.PID = -1
	}
	vars := map[string]string{"PATH": os.Getenv("PATH"), "HOME": t.TempDir()}
	dir := filepath.Join(root, ".git", "editor")
	s := &facts.Snapshot{Editors: facts.Editors{Root: root, List: []facts.Editor{{Kind: facts.EditorVSCode, Name: "Code", Dir: dir, Running: []facts.Proc{mine}}}}}
	settings(t, &s.Editors.List[0])
	w := probe.World{Dir: root, Vars: vars}
	s.Gopls.Trees = trees(context.Background(), w, s, nil)
	s.Gopls.Watches = watching(context.Background(), w, s, &s.Gopls)
	return s
}

// settings reads the settings of an editor as its adapter does.
func settings(t *testing.T, e *facts.Editor) {
	t.Helper()
	path := filepath.Join(e.Dir, "User", "settings.json")
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	home := filepath.Dir(filepath.Dir(e.Dir))
	for _, a := range editor.Adapters()[:1] {
		a.Read(context.Background(), editor.World{Dir: home, Root: home, Vars: map[string]string{}}, e)
	}
}
