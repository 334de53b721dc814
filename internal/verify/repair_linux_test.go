package verify_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

var product, crashing string // the program, and the one that can be killed at every effect

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "gorescue-verify-")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(dir)
		if err := os.Chmod(dir, 0o755); err != nil { // one test gives up root and must reach the program
			return 1
		}
		product, crashing = filepath.Join(dir, "gorescue"), filepath.Join(dir, "gorescue-crash")
		for out, tags := range map[string]string{product: "", crashing: "gorescue_crash"} {
			cmd := exec.Command("go", "build", "-tags="+tags, "-o", out, "../../cmd/gorescue")
			cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
			if msg, err := cmd.CombinedOutput(); err != nil {
				fmt.Fprintf(os.Stderr, "cannot build the product: %v\n%s", err, msg)
				return 1
			}
		}
		return m.Run()
	}())
}

// gorescue runs the product in the project as its user does.
func (b *bench) gorescue(more []string, args ...string) (string, int) {
	b.Helper()
	return b.program(product, more, args...)
}

func (b *bench) program(program string, more []string, args ...string) (string, int) {
	b.Helper()
	ctx, cancel := context.WithTimeout(b.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir, cmd.Env = b.proj, b.env(append([]string{"LANG=C", "GORESCUE_STATE=" + filepath.Join(b.root, "state"), "GOCACHE=" + gocache(b.T)}, more...)...)
	out, err := cmd.CombinedOutput()
	if ctx.Err() != nil {
		b.Fatalf("gorescue %v did not end\n%s", args, out)
	}
	if err != nil && cmd.ProcessState.ExitCode() < 0 && !strings.Contains(err.Error(), "killed") {
		b.Fatalf("gorescue %v: %v\n%s", args, err, out)
	}
	return string(out), cmd.ProcessState.ExitCode()
}

func (b *bench) want(code int, more []string, args ...string) string {
	b.Helper()
	out, got := b.gorescue(more, args...)
	if got != code {
		b.Fatalf("gorescue %v: exit %d, want %d\n%s", args, got, code, out)
	}
	return out
}

// manifest is every file of a folder with mode, time and content, but for locks, which mean nothing by existing.
func manifest(t *testing.T, dir string) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(dir, p)
		if strings.HasSuffix(rel, ".lock") || rel == filepath.Join("cache", "lock") {
			return nil
		}
		fi, err := d.Info()
		if err != nil {
			return err
		}
		line := fmt.Sprintf("%s %v", rel, fi.Mode())
		if fi.Mode().IsRegular() {
			data, err := os.ReadFile(p)
			if err != nil {
				return err
			}
			line += fmt.Sprintf(" %d %x", fi.ModTime().UnixNano(), sha256.Sum256(data))
		}
		out = append(out, line)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func same(t *testing.T, what string, a, b []string) {
	t.Helper()
	for _, l := range a {
		if !slices.Contains(b, l) {
			t.Errorf("%s: gone: %s", what, l)
		}
	}
	for _, l := range b {
		if !slices.Contains(a, l) {
			t.Errorf("%s: new: %s", what, l)
		}
	}
}

// offline is GOPROXY=off: nothing can be fetched.
var offline = []string{"GOPROXY=off"}

func truncated(b *bench) { b.set(b.at(greet, v120, "zip"), b.read(b.at(greet, v120, "zip"))[:200]) }
func edited(b *bench) {
	b.set(filepath.Join(b.at(greet, v120, ""), "greet.go"), "package greet\n")
}

// TestRepair: every damage is repaired, proven by the go command, taken back exactly, and repaired again.
func TestRepair(t *testing.T) {
	for _, tc := range []struct {
		name   string
		env    []string
		damage func(b *bench)
	}{
		{"folder edited, offline", offline, edited},
		{"zip truncated, offline, from the folder", offline, truncated},
		{"zip truncated and no folder", nil, func(b *bench) { truncated(b); b.remove(b.at(greet, v120, "")) }},
		{"record wrong, offline", offline, func(b *bench) {
			b.set(b.at(greet, v120, "ziphash"), "h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=")
		}},
		{"record missing, offline", offline, func(b *bench) { b.remove(b.at(greet, v120, "ziphash")) }},
		{"poisoned", nil, func(b *bench) { consistent(b, greet, v120) }},
		{"replacement poisoned", nil, func(b *bench) { consistent(b, "example.com/fork", "v1.0.0") }},
		{"half extracted, offline", offline, func(b *bench) {
			b.set(b.at(greet, v120, "partial"), "")
			b.remove(filepath.Join(b.at(greet, v120, ""), "greet.go"))
		}},
		{"info empty, offline", offline, func(b *bench) { b.set(b.at(greet, v120, "info"), "") }},
		{"go.mod emptied, offline", offline, func(b *bench) { b.set(b.at(greet, v120, "mod"), "") }},
		{"list of NUL bytes", offline, func(b *bench) {
			b.set(filepath.Join(filepath.Dir(b.at(greet, v120, "zip")), "list"), strings.Repeat("\x00", 20))
		}},
		{"several at once", nil, func(b *bench) { truncated(b); edited(b); consistent(b, "example.com/fork", "v1.0.0") }},
	} {
		t.Run(strings.ReplaceAll(tc.name, ",", ""), func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			healthy := manifest(t, b.cache)
			tc.damage(b)
			broken := manifest(t, b.cache)
			if out := b.want(3, tc.env, "modcache", "repair", "--dry-run"); !strings.Contains(out, b.cache) {
				t.Errorf("the dry run shows nothing:\n%s", out)
			}
			same(t, "a dry run", broken, manifest(t, b.cache))
			b.want(0, tc.env, "modcache", "repair", "--yes")
			if got := kinds(b.verify(b.options())); len(got) > 0 {
				t.Fatalf("still damaged: %v", got)
			}
			mode(t, b, healthy)
			b.want(0, nil, "undo")
			same(t, "after undo", broken, manifest(t, b.cache))
			b.want(0, tc.env, "modcache", "repair", "--yes")
			if got := kinds(b.verify(b.options())); len(got) > 0 {
				t.Errorf("after undo and repair: %v", got)
			}
			if out, err := b.runEnv(offline, "build", "-o", os.DevNull, "."); err != nil {
				t.Errorf("the build fails after the repair: %s", out)
			}
			if out, err := b.runEnv(offline, "mod", "verify"); err != nil {
				t.Errorf("go mod verify after the repair: %s", out)
			}
		})
	}
}

// mode checks that the folders of the repaired version are read-only, as the go command leaves them.
func mode(t *testing.T, b *bench, healthy []string) {
	t.Helper()
	now := manifest(t, b.cache)
	for _, l := range healthy {
		name, rest, _ := strings.Cut(l, " ")
		if !strings.HasPrefix(rest, "d") || strings.Contains(name, "fork@") || strings.Contains(name, "greet@") && !slices.Contains(now, l) {
			continue
		}
		if !slices.Contains(now, l) {
			t.Errorf("another mode than the go command gives: %s", l)
		}
	}
}

// TestNothingToRestoreFrom says so, offline, and touches nothing.
func TestNothingToRestoreFrom(t *testing.T) {
	b := newBench(t)
	consistent(b, greet, v120)
	broken := manifest(t, b.cache)
	out := b.want(3, offline, "modcache", "repair", "--yes")
	if !strings.Contains(out, "GOPROXY is off") {
		t.Errorf("%s", out)
	}
	same(t, "a repair that cannot be", broken, manifest(t, b.cache))
	// A proxy that serves the poison is refused as well.
	b.publish(greet, v120, map[string]string{"greet.go": "package greet\n"}, "example.com/text v1.0.0")
	b.want(3, nil, "modcache", "repair", "--yes")
	same(t, "a repair from a proxy that lies", broken, manifest(t, b.cache))
	// Another cache on this machine has the real one.
	other := filepath.Join(b.root, "gopath2")
	good := newBench(t)
	if out, err := exec.Command("cp", "-a", good.cache, filepath.Join(b.root, "mod2")).CombinedOutput(); err != nil {
		t.Fatalf("%v %s", err, out)
	}
	b.write("gopath2/pkg/x", "")
	if err := os.Rename(filepath.Join(b.root, "mod2"), filepath.Join(other, "pkg", "mod")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.writable(other) })
	home := filepath.Join(b.root, "home", "go")
	env := append(slices.Clone(offline), "GOPATH="+home+":"+other)
	b.want(0, env, "modcache", "repair", "--yes")
	if got := kinds(b.verify(b.options())); len(got) > 0 {
		t.Errorf("%v", got)
	}
	b.want(0, nil, "undo")
	same(t, "after undo", broken, manifest(t, b.cache))
}

// TestFromClone: what go fetched from a repository is restored from the clone that it keeps, without network.
func TestFromClone(t *testing.T) {
	b := newBench(t)
	repo := filepath.Join(b.root, "repo")
	b.write("repo/go.mod", "module example.com/repo\n\ngo 1.21\n")
	b.write("repo/r.go", "package repo\n")
	for _, args := range [][]string{{"init", "-q"}, {"add", "-A"}, {"-c", "user.name=D", "-c", "user.email=d@example.com", "commit", "-qm", "x"}, {"tag", "v1.0.0"}} {
		cmd := exec.Command("git", args...)
		cmd.Dir = repo
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %s", args, out)
		}
	}
	b.publish("example.com/repo", "v1.0.0", map[string]string{"r.go": "package repo\n"})
	b.write("proj/go.mod", "module example.com/app\n\ngo 1.21\n\nrequire example.com/repo v1.0.0\n")
	b.write("proj/main.go", "package main\n\nimport _ \"example.com/repo\"\n\nfunc main() {}\n")
	b.must("mod", "tidy")
	clone := filepath.Join(b.cache, "cache", "vcs", strings.Repeat("0", 64))
	if err := os.MkdirAll(filepath.Dir(clone), 0o755); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("git", "clone", "-q", "--bare", repo, clone).CombinedOutput(); err != nil {
		t.Fatalf("%v %s", err, out)
	}
	b.write(strings.TrimPrefix(clone, b.root)+".info", "git3:https://example.com/repo.git\n")
	b.remove(b.at("example.com/repo", "v1.0.0", ""))
	b.set(b.at("example.com/repo", "v1.0.0", "zip"), "broken")
	out := b.want(0, offline, "modcache", "repair", "--yes")
	if !strings.Contains(out, "clone") {
		t.Errorf("%s", out)
	}
	if out, err := b.runEnv(offline, "build", "-o", os.DevNull, "."); err != nil {
		t.Errorf("%s", out)
	}
}

// stall is a proxy that hands out everything of a folder but for zips of greet, which it begins and never ends.
func stall(t *testing.T, dir string) (*httptest.Server, chan struct{}) {
	began := make(chan struct{}, 10)
	files := http.FileServer(http.Dir(dir))
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "greet/@v/v1.2.0.zip") {
			w.Header().Set("Content-Length", "100000")
			w.WriteHeader(http.StatusOK)
			_, _ = w.Write([]byte("PK"))
			w.(http.Flusher).Flush()
			began <- struct{}{}
			<-r.Context().Done()
			return
		}
		files.ServeHTTP(w, r)
	}))
	t.Cleanup(srv.Close)
	return srv, began
}

// TestSuspendedGo: a go command that holds the lock of the version and does not go on is named, and nothing is touched.
func TestSuspendedGo(t *testing.T) {
	b := newBench(t)
	srv, began := stall(t, b.proxy)
	b.remove(b.at(greet, v120, "ziphash"))
	b.remove(b.at(greet, v120, "zip"))
	edited(b)
	cmd := exec.Command("go", "mod", "download", greet+"@"+v120)
	cmd.Dir, cmd.Env = b.proj, b.env("GOPROXY="+srv.URL)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}()
	select {
	case <-began:
	case <-time.After(20 * time.Second):
		t.Fatal("go does not download")
	}
	if err := cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	tree := manifest(t, b.at(greet, v120, ""))
	start := time.Now()
	out := b.want(3, nil, "modcache", "repair", "--yes")
	if took := time.Since(start); took > 60*time.Second {
		t.Errorf("waited %v", took)
	}
	if !strings.Contains(out, "process "+strconv.Itoa(cmd.Process.Pid)) || !strings.Contains(out, "suspended") {
		t.Errorf("the holder is not named:\n%s", out)
	}
	same(t, "while another holds the lock", tree, manifest(t, b.at(greet, v120, "")))
}

// TestConcurrentGo: go commands that download the same versions while they are verified and repaired. A build reads the
// folder of a version without any lock, so no file of it may be missing at any time.
func TestConcurrentGo(t *testing.T) {
	b := newBench(t)
	file := filepath.Join(b.at(greet, v120, ""), "greet.go")
	missing := make(chan error, 1)
	stop := make(chan struct{})
	failed := make(chan string, 100)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-stop:
				return
			default:
			}
			if out, err := b.run("mod", "download"); err != nil {
				failed <- out
			}
			if out, err := b.run("build", "-o", os.DevNull, "."); err != nil && !strings.Contains(out, "no required module") {
				failed <- out
			}
		}
	}()
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		for {
			select {
			case <-stop:
				return
			default:
			}
			if _, err := os.Stat(file); err != nil {
				select {
				case missing <- err:
				default:
				}
			}
			time.Sleep(50 * time.Microsecond)
		}
	}()
	for range 4 {
		consistentTree(b)
		b.want(0, nil, "modcache", "repair", "--yes")
		if out, code := b.gorescue(nil, "modcache", "verify"); code != 0 {
			t.Errorf("%s", out)
		}
	}
	close(stop)
	<-done
	<-watched
	select {
	case err := <-missing:
		t.Errorf("for a time the version was not whole: %v", err)
	case out := <-failed:
		t.Errorf("a go command failed: %s", out)
	default:
	}
	if got := kinds(b.verify(b.options())); len(got) > 0 {
		t.Errorf("%v", got)
	}
}

// consistentTree edits a file in a way that still compiles.
func consistentTree(b *bench) {
	b.Helper()
	file := filepath.Join(b.at(greet, v120, ""), "greet.go")
	text := b.read(file)
	tmp := file + ".tmp"
	b.writable(filepath.Dir(file))
	if err := os.WriteFile(tmp, []byte(text+"// edited\n"), 0o444); err != nil {
		b.Fatal(err)
	}
	if err := os.Rename(tmp, file); err != nil {
		b.Fatal(err)
	}
}

// TestCrash kills the repair at every effect, and undo, or the next run, ends it in one state.
func TestCrash(t *testing.T) {
	b := newBench(t)
	truncated(b)
	edited(b)
	broken := manifest(t, b.cache)
	for k := 1; ; k++ {
		if k > 400 {
			t.Fatal("no end after 400 points")
		}
		out, code := b.program(crashing, []string{"GORESCUE_CRASH_AT=" + strconv.Itoa(k)}, "modcache", "repair", "--yes")
		if out, code := b.gorescue(nil, "undo"); code != 0 && !strings.Contains(out, "no change stands") {
			t.Fatalf("undo after a crash at point %d: exit %d\n%s", k, code, out)
		}
		same(t, "after a crash at point "+strconv.Itoa(k)+" and undo", broken, manifest(t, b.cache))
		if t.Failed() {
			return
		}
		if code == 0 {
			t.Logf("%d points", k-1)
			break
		}
		if code != -1 {
			t.Fatalf("point %d: exit %d instead of a crash\n%s", k, code, out)
		}
	}
	b.want(0, nil, "modcache", "repair", "--yes")
}
