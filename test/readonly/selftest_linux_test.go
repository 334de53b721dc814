package readonly

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestWatcherSees proves the watcher itself on a shell that does what a diagnosis must not.
func TestWatcherSees(t *testing.T) {
	dir := theLab.Dir(t)
	trace := filepath.Join(dir, "trace")
	script := `echo x >f; mv f g; chmod 600 g; (cd sub && touch h && ln -s h l); rm g; mkdir d; : </dev/tcp/127.0.0.1/1; true`
	if err := os.Mkdir(filepath.Join(dir, "sub"), 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(tool(t, "strace"), "-f", "-y", "-qq", "-e", traced, "-e", "signal=none", "-o", trace, "bash", "-c", script)
	cmd.Dir = dir
	cmd.Env = []string{"WORK=" + dir, "PATH=/usr/bin:/bin"}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	data, err := os.ReadFile(trace)
	if err != nil {
		t.Fatal(err)
	}
	var changed []string
	reached := false
	for _, c := range parse(string(data), "bash") {
		for _, p := range c.changes() {
			changed = append(changed, filepath.Base(c.program)+" "+strings.TrimPrefix(p, dir+"/"))
		}
		reached = reached || strings.Contains(c.reaches(), "127.0.0.1")
	}
	for _, want := range []string{"bash f", "mv g", "chmod g", "touch sub/h", "ln sub/l", "rm g", "mkdir d"} {
		if !slices.Contains(changed, want) {
			t.Errorf("the watcher misses %q; it saw %q", want, changed)
		}
	}
	if !reached {
		t.Error("the watcher misses a connection")
	}
}
