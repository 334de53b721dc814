package verify_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// inside runs a script as root of a mount namespace of its own, in which the test may mount what it likes.
func (b *bench) inside(script string) (string, error) {
	cmd := exec.Command("unshare", "-Urm", "sh", "-euc", script)
	cmd.Dir = b.proj
	cmd.Env = b.env("LANG=C", "GORESCUE_STATE="+filepath.Join(b.root, "state"), "GOCACHE="+gocache(b.T), "P="+product, "CACHE="+b.cache, "ROOT="+b.root)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// TestFullDisk: a repair that runs out of room leaves everything as it was.
func TestFullDisk(t *testing.T) {
	b := newBench(t)
	b.publish("example.com/large", "v1.0.0", map[string]string{"large.go": "package large\n\n// " + noise(600_000) + "\n"})
	b.write("proj/go.mod", "module example.com/app\n\ngo 1.21\n\nrequire example.com/large v1.0.0\n")
	b.write("proj/main.go", "package main\n\nimport _ \"example.com/large\"\n\nfunc main() {}\n")
	b.must("mod", "tidy")
	b.remove(b.at("example.com/large", "v1.0.0", ""))
	b.set(b.at("example.com/large", "v1.0.0", "zip"), "broken")
	out, err := b.inside(`mkdir $ROOT/small && mount -t tmpfs -o size=400k none $ROOT/small && cp -a $CACHE $ROOT/small/mod
export GOMODCACHE=$ROOT/small/mod
( cd $ROOT/small && find . ! -name '*.lock' | sort; cd mod && find . -type f ! -name '*.lock' -exec sha256sum {} + | sort ) >$ROOT/before
$P modcache repair --yes && exit 9 || code=$?
( cd $ROOT/small && find . ! -name '*.lock' | sort; cd mod && find . -type f ! -name '*.lock' -exec sha256sum {} + | sort ) >$ROOT/after
diff $ROOT/before $ROOT/after
mount -o remount,size=20m $ROOT/small
$P modcache repair --yes
echo code $code`)
	if err != nil || !strings.Contains(out, "code 3") || !strings.Contains(out, "no space left") {
		t.Errorf("%v\n%s", err, out)
	}
}

// noise is text that does not compress.
func noise(n int) string {
	var s strings.Builder
	x := uint64(1)
	for s.Len() < n {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
		s.WriteByte(byte('!' + x%90))
	}
	return s.String()
}

// TestReadOnlyMount: verify works, repair says what is in its way and changes nothing.
func TestReadOnlyMount(t *testing.T) {
	b := newBench(t)
	edited(b)
	out, err := b.inside(`mount --bind $CACHE $CACHE && mount -o remount,ro,bind $CACHE
$P modcache verify && exit 9 || echo verify $?
$P modcache repair --yes && exit 9 || echo repair $?`)
	if err != nil || !strings.Contains(out, "tree-differs") || !strings.Contains(out, "verify 3") || !strings.Contains(out, "repair 3") || !strings.Contains(out, "read-only file system") {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestOtherOwner: a cache of somebody else is verified; its repair is refused by the system and leaves nothing behind.
func TestOtherOwner(t *testing.T) {
	b := newBench(t)
	edited(b)
	broken := manifest(t, b.cache)
	if err := os.Chmod(b.root, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Dir(b.root), 0o755); err != nil {
		t.Fatal(err)
	}
	other := t.TempDir()
	for _, p := range []string{filepath.Dir(other), other} {
		if err := os.Chmod(p, 0o777); err != nil {
			t.Fatal(err)
		}
	}
	run := func(args ...string) (string, int) {
		cmd := exec.Command("setpriv", append([]string{"--reuid=65534", "--regid=65534", "--clear-groups", product}, args...)...)
		cmd.Dir, cmd.Env = b.proj, b.env("LANG=C", "HOME="+other, "GOPATH="+filepath.Join(b.root, "home", "go"), "GORESCUE_STATE="+filepath.Join(other, "state"), "GOCACHE="+filepath.Join(other, "gc"))
		out, _ := cmd.CombinedOutput()
		return string(out), cmd.ProcessState.ExitCode()
	}
	if out, code := run("modcache", "verify"); code != 3 || !strings.Contains(out, "tree-differs") {
		t.Errorf("verify: exit %d\n%s", code, out)
	}
	if out, code := run("modcache", "repair", "--yes"); code != 3 || !strings.Contains(out, "permission denied") {
		t.Errorf("repair: exit %d\n%s", code, out)
	}
	same(t, "a refused repair", broken, manifest(t, b.cache))
}

// TestBehindLink: a module cache that is a link elsewhere is repaired there.
func TestBehindLink(t *testing.T) {
	b := newBench(t)
	real := filepath.Join(b.root, "elsewhere")
	if err := os.Rename(b.cache, real); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.writable(real) })
	if err := os.Symlink(real, b.cache); err != nil {
		t.Fatal(err)
	}
	edited(b)
	broken := manifest(t, real)
	b.want(3, offline, "modcache", "verify")
	b.want(0, offline, "modcache", "repair", "--yes")
	b.want(0, offline, "modcache", "verify")
	b.want(0, offline, "undo")
	same(t, "after undo", broken, manifest(t, real))
}
