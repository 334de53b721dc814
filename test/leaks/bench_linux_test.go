package leaks

import (
	"os"
	"os/exec"
	"sort"
	"strconv"
	"testing"
	"time"
)

// BenchmarkProfile is how much longer than its sampling an answer takes, with a server that has lost 10,000 goroutines.
func BenchmarkProfile(b *testing.B) {
	addr, pid := serve(b, "send-first-wins")
	load(b.Context(), addr, time.Millisecond, 5000)
	var over []time.Duration
	var rss int64
	for b.Loop() {
		cmd := exec.Command(binary, "profile", strconv.Itoa(pid), "--json", "--for", "2s")
		cmd.Env = append(os.Environ(), "GORESCUE_STATE="+b.TempDir())
		began := time.Now()
		_ = cmd.Run()
		if cmd.ProcessState.ExitCode() != 3 {
			b.Fatalf("exit %d", cmd.ProcessState.ExitCode())
		}
		over = append(over, time.Since(began)-2*time.Second)
		rss = max(rss, maxRSS(cmd.ProcessState))
	}
	sort.Slice(over, func(i, j int) bool { return over[i] < over[j] })
	b.ReportMetric(float64(over[len(over)/2].Milliseconds()), "over-p50-ms")
	b.ReportMetric(float64(over[len(over)-1].Milliseconds()), "over-max-ms")
	b.ReportMetric(float64(rss)/(1<<20), "MiB")
	b.ReportMetric(0, "ns/op")
}
