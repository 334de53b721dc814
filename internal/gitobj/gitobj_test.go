package gitobj_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/gorescue/gorescue/internal/gitobj"
)

// repo is a repository with two commits of a file, an ignored folder and a staged change.
func repo(t *testing.T) (dir string, vars map[string]string) {
	t.Helper()
	dir = t.TempDir()
	vars = map[string]string{"HOME": dir, "PATH": os.Getenv("PATH"), "GIT_CONFIG_NOSYSTEM": "1", "GIT_DIR": "/nowhere"}
	git := func(args ...string) {
		cmd := exec.Command("git", append([]string{"-C", dir, "-c", "user.name=a", "-c", "user.email=a@example.com"}, args...)...)
		cmd.Env = []string{"HOME=" + dir, "PATH=" + os.Getenv("PATH"), "GIT_CONFIG_NOSYSTEM=1"}
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	write := func(name, text string) {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	git("init", "-q")
	write("sub/go.sum", "one\n")
	write(".gitignore", "# rules\nbuild/\n")
	git("add", "-A")
	git("commit", "-q", "-m", "1")
	write("sub/go.sum", "two\n")
	git("commit", "-q", "-a", "-m", "2")
	write("sub/go.sum", "three\n")
	git("add", "-A")
	write("sub/go.sum", "four\n")
	return dir, vars
}

func TestRepo(t *testing.T) {
	dir, vars := repo(t)
	r, err := gitobj.Open(vars, filepath.Join(dir, "sub"))
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "sub", "go.sum")
	for rev, want := range map[string]string{gitobj.Head: "two\n", gitobj.Index: "three\n", gitobj.Ours: "", "HEAD~1": "one\n"} {
		if got, ok := r.Show(t.Context(), rev, file); string(got) != want || ok != (want != "") {
			t.Errorf("Show(%q) = %q %v, want %q", rev, got, ok, want)
		}
	}
	if h := r.History(t.Context(), file, 5); len(h) != 2 || string(h[0].Data) != "two\n" || string(h[1].Data) != "one\n" {
		t.Errorf("%q", h)
	}
	if f := r.Tree(t.Context(), gitobj.Head, filepath.Join(dir, "sub")); len(f) != 1 || f[filepath.Join(r.Top, "sub", "go.sum")] == "" {
		t.Errorf("%v", f)
	}
	rule, line, pattern, ok := r.Ignored(t.Context(), filepath.Join(dir, "build", "x"))
	if !ok || filepath.Base(rule) != ".gitignore" || line != 2 || pattern != "build/" {
		t.Errorf("%s:%d %q %v", rule, line, pattern, ok)
	}
	if _, _, _, ok := r.Ignored(t.Context(), file); ok {
		t.Error("a file that no rule names is said to be ignored")
	}
	if _, ok := r.Rel("/elsewhere"); ok {
		t.Error("a path outside is said to be inside")
	}
}

func TestNone(t *testing.T) {
	if _, err := gitobj.Open(nil, t.TempDir()); !errors.Is(err, gitobj.ErrNone) {
		t.Errorf("%v", err)
	}
	dir, _ := repo(t)
	if _, err := gitobj.Open(map[string]string{"PATH": "relative"}, dir); err == nil || errors.Is(err, gitobj.ErrNone) {
		t.Errorf("without git: %v", err)
	}
}
