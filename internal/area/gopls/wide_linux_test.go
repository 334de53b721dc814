package gopls

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/editor"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/probe"
)

// files makes files below a folder.
func files(t *testing.T, root string, list map[string]string) {
	t.Helper()
	for name, text := range list {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func TestSurvey(t *testing.T) {
	root := t.TempDir()
	files(t, root, map[string]string{
		"go.mod": "module example.com/app\n\ngo 1.25\n\nignore ./data/raw\nignore gen\n", "main.go": "package main\n",
		"sub/go.mod": "module example.com/sub\n", "sub/x/y/z.go": "package z\n", "_old/a/b/c.txt": "", "web/node_modules/p/q/r.js": "",
		"data/raw/a/b": "", "data/kept/a/b": "", "lib/gen/a/b": "",
	})
	folders(t, root, "out/deep", 400)
	if err := os.Symlink(root, filepath.Join(root, "loop")); err != nil {
		t.Fatal(err)
	}
	tree, parts := survey(t.Context(), root, time.Now().Add(time.Minute))
	if tree.Modules != 2 || tree.Go != 2 || !tree.Module || tree.Cut {
		t.Errorf("got %+v", tree)
	}
	// root, out, deep and its 400, web, node_modules, p, q, data, kept, a, lib
	if tree.Walked != 411 {
		t.Errorf("walked %d", tree.Walked)
	}
	if h := heavy(parts); len(h) != 1 || h[0].Path != "out" || h[0].Folders != 402 {
		t.Errorf("heavy: %+v", h)
	}
}

// TestGiant: the finding goes by the folders without Go files, and away with an ignore line.
func TestGiant(t *testing.T) {
	s := &facts.Snapshot{Gopls: facts.Gopls{Trees: []facts.EditorTree{{Root: "/w", Walked: 60000, Go: 30000, Heavy: []facts.TreeFolder{{Path: "out", Walked: 25000}, {Path: "web", Walked: 0, Folders: 90000}}}}}}
	found := giant.Run(s)
	if len(found) != 1 || found[0].Fixes[0].Shell != "cd /w && go mod edit -ignore=./out" {
		t.Errorf("got %+v", found)
	}
	s.Gopls.Trees[0].Heavy[0].Walked = 0
	if found := giant.Run(s); len(found) > 0 {
		t.Errorf("a big repository: %s", found[0].Claim.In("en"))
	}
}

// TestTooWide starts a process named gopls below one that looks as an extension host does, in several folders.
func TestTooWide(t *testing.T) {
	home := t.TempDir()
	files(t, home, map[string]string{"work/app/go.mod": "module example.com/app\n", "mono/go.work": "go 1.25\n", "mono/a/go.mod": "module a\n"})
	folders(t, home, "mono/x", 2050)
	for i := range 6 {
		files(t, home, map[string]string{fmt.Sprintf("many/r%d/go.mod", i): "module r\n", fmt.Sprintf("many/r%d/.git/HEAD", i): ""})
	}
	folders(t, home, "many/r0/out", 2050)
	for _, c := range []struct {
		name, opened, dir string
		host              string
		want              bool
	}{
		{"home", "", "work/app", "--type=extensionHost", true},
		{"an editor that starts it in the shell's folder", "", "work/app", "--other", false},
		{"the module", "work/app", "work/app", "--type=extensionHost", false},
		{"a workspace", "mono", "mono/a", "--type=extensionHost", false},
		{"unrelated repositories", "many", "many/r1", "--type=extensionHost", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			start(t, filepath.Join(home, c.opened), c.host)
			dir := filepath.Join(home, c.dir)
			w := probe.World{Dir: dir, Vars: map[string]string{"HOME": home, "PATH": os.Getenv("PATH")}}
			s := &facts.Snapshot{Dir: dir, Editors: facts.Editors{Root: dir}, Project: facts.Project{Root: dir}}
			s.Gopls.Trees = trees(t.Context(), w, s, census(editor.World{Dir: dir, Root: dir, Vars: w.Vars}, nil))
			found := tooWide.Run(s)
			if (len(found) == 1) != c.want {
				t.Fatalf("got %d findings, %+v", len(found), s.Gopls.Trees)
			}
			if c.want && (found[0].Severity != "" && found[0].Severity != diag.Warning || !strings.Contains(found[0].Fixes[0].Title.In("en"), dir)) {
				t.Errorf("got %+v", found[0])
			}
		})
	}
}

// start runs a program named gopls, which waits for its input, until the test ends.
func start(t *testing.T, dir, argument string) {
	t.Helper()
	cat, err := exec.LookPath("cat")
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(cat)
	if err != nil {
		t.Fatal(err)
	}
	gopls := filepath.Join(t.TempDir(), "gopls")
	if err := os.WriteFile(gopls, data, 0o755); err != nil {
		t.Fatal(err)
	}
	host := exec.Command("bash", "-c", `"$0" <&3 & echo started; wait`, gopls, argument)
	host.Args[0] = "code"
	host.Dir = dir
	host.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	host.ExtraFiles = []*os.File{r}
	out, err := host.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := host.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close(); r.Close(); _ = host.Wait() })
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || line != "started\n" {
		t.Fatalf("%q: %v", line, err)
	}
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) { // the child is still a shell at first
		for _, g := range census(editor.World{}, nil) {
			if g.PPID == host.Process.Pid && g.Exe == gopls {
				return
			}
		}
	}
	t.Fatal("the child did not start")
}
