package bench

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// BenchmarkModcacheVerify compares modcache verify with go mod verify on the real modules that testdata/bench/go.mod
// names, more than 300, in alternation: wall and processor time. The first run of it downloads them with the settings
// of this machine and keeps them beside the test tools.
func BenchmarkModcacheVerify(b *testing.B) {
	cache := filepath.Join(theLab.Tools, "bench-modcache")
	dir := filepath.Join(b.TempDir(), "proj")
	for _, name := range []string{"go.mod", "go.sum", "tools.go"} {
		data, err := os.ReadFile(filepath.Join(theLab.Repo, "testdata", "bench", name))
		if err != nil {
			b.Fatal(err)
		}
		write(b, filepath.Join(dir, name), string(data))
	}
	state := filepath.Join(b.TempDir(), "state")
	run := func(program string, args ...string) cost {
		cmd := exec.Command(program, args...)
		cmd.Dir, cmd.Stdout = dir, io.Discard
		cmd.Env = append(os.Environ(), "GOMODCACHE="+cache, "GOFLAGS=", "GORESCUE_STATE="+state)
		began := time.Now()
		if err := cmd.Run(); err != nil {
			b.Fatalf("%s %v: %v", program, args, err)
		}
		return cost{time.Since(began), cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()}
	}
	goCmd := filepath.Join(theLab.GoRoot, "bin", "go")
	run(goCmd, "mod", "download")
	if zips, err := filepath.Glob(filepath.Join(cache, "cache", "download", "*", "*", "*", "@v", "*.zip")); err != nil || len(zips) < 100 {
		b.Fatalf("only %d modules with three path elements: not what was pinned", len(zips))
	}
	run(goCmd, "mod", "verify") // warms the disk cache
	var theirs, ours, again []cost
	for b.Loop() {
		theirs = append(theirs, run(goCmd, "mod", "verify"))
		if err := os.RemoveAll(state); err != nil {
			b.Fatal(err)
		}
		ours = append(ours, run(theLab.Product, "modcache", "verify"))
		again = append(again, run(theLab.Product, "modcache", "verify"))
	}
	for _, m := range []struct {
		name string
		list []cost
	}{{"go-mod-verify", theirs}, {"first", ours}, {"again", again}} {
		wall, cpu := median(m.list)
		b.ReportMetric(float64(wall.Microseconds())/1000, m.name+"-ms")
		b.ReportMetric(float64(cpu.Microseconds())/1000, m.name+"-cpu-ms")
	}
}

// cost is what one process took.
type cost struct{ wall, cpu time.Duration }

func median(list []cost) (wall, cpu time.Duration) {
	var w, c []time.Duration
	for _, x := range list {
		w, c = append(w, x.wall), append(c, x.cpu)
	}
	slices.Sort(w)
	slices.Sort(c)
	return w[len(w)/2], c[len(c)/2]
}
