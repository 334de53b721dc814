package bench

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/gorescue/gorescue/test/lab"
)

var theLab *lab.Lab

func TestMain(m *testing.M) {
	os.Exit(lab.Main(m, &theLab, lab.Options{}))
}

// BenchmarkStart is gorescue version: what every call pays.
func BenchmarkStart(b *testing.B) {
	measure(b, project(b, 1), "version")
}

// BenchmarkCheckSmall diagnoses a healthy module of one package.
func BenchmarkCheckSmall(b *testing.B) {
	measure(b, project(b, 1), "check", "--json")
}

// BenchmarkCheckWorkspace diagnoses a healthy repository of 300 modules, joined by a go.work file.
func BenchmarkCheckWorkspace(b *testing.B) {
	measure(b, project(b, 300), "check", "--json")
}

// project makes a healthy project of n modules and returns its folder.
func project(b *testing.B, n int) string {
	b.Helper()
	dir := filepath.Join(b.TempDir(), "proj")
	write(b, filepath.Join(dir, "..", "home", ".profile"), "export EDITOR=vim\n")
	write(b, filepath.Join(dir, "..", "home", ".config", "go", "telemetry", "mode"), "off 2024-01-01\n")
	if n == 1 {
		write(b, filepath.Join(dir, "go.mod"), "module example.com/app\n\ngo 1.24\n")
		write(b, filepath.Join(dir, "main.go"), "package main\n\nfunc main() { println(\"hello\") }\n")
		return dir
	}
	work := "go 1.24\n\nuse (\n"
	for i := range n {
		m := fmt.Sprintf("m%03d", i)
		work += "\t./" + m + "\n"
		write(b, filepath.Join(dir, m, "go.mod"), "module example.com/"+m+"\n\ngo 1.24\n")
		write(b, filepath.Join(dir, m, "lib.go"), "package "+m+"\n\nconst X = 1\n")
	}
	write(b, filepath.Join(dir, "go.work"), work+")\n")
	return dir
}

func write(b *testing.B, path, text string) {
	b.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		b.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		b.Fatal(err)
	}
}

// measure runs the product once to warm the caches and then for each round; it reports the largest
// memory and the 95th percentile beside the mean.
func measure(b *testing.B, dir string, args ...string) {
	b.Helper()
	var took []time.Duration
	var rss int64
	run := func() {
		cmd := exec.Command(theLab.Product, args...)
		cmd.Dir = dir
		cmd.Stdout = io.Discard
		home := filepath.Join(dir, "..", "home")
		cmd.Env = []string{"HOME=" + home, "PATH=" + filepath.Join(theLab.GoRoot, "bin") + ":/usr/bin:/bin", "GOCACHE=" + theLab.GoCache, "LANG=C.UTF-8"}
		start := time.Now()
		if err := cmd.Run(); err != nil {
			b.Fatalf("%v: %v", args, err)
		}
		took = append(took, time.Since(start))
		if ru, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
			rss = max(rss, ru.Maxrss)
		}
	}
	run()
	took, rss = nil, 0
	for b.Loop() {
		run()
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)*95/100].Microseconds())/1000, "p95-ms")
	b.ReportMetric(float64(rss)/1024, "MiB")
}
