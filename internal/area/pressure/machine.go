package pressure

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/gorescue/gorescue/internal/facts"
)

// machine reads /proc, /sys and /dev below a folder: "/" but in tests.
type machine struct{ root string }

// maxRead bounds every file that is read: 1 MiB.
const maxRead = 1 << 20

// read returns the text of a file, "" when it cannot be read.
func (m machine) read(parts ...string) string {
	f, err := os.Open(m.path(parts...))
	if err != nil {
		return ""
	}
	defer f.Close()
	data, _ := io.ReadAll(io.LimitReader(f, maxRead))
	return string(data)
}

func (m machine) path(parts ...string) string {
	return filepath.Join(m.root, filepath.Join(parts...))
}

func (m machine) memory() facts.MemoryUse {
	k := keyed(m.read("proc/meminfo"))
	available, ok := k["MemAvailable"]
	if !ok {
		return facts.MemoryUse{}
	}
	return facts.MemoryUse{Total: k["MemTotal"], Available: available, SwapTotal: k["SwapTotal"], SwapFree: k["SwapFree"]}
}

func (m machine) stalls() []facts.Stall {
	var out []facts.Stall
	for _, r := range []string{"cpu", "memory", "io"} {
		out = append(out, stalls(r, m.read("proc/pressure", r))...)
	}
	return out
}

// uptime is the time since boot, 0 = unknown.
func (m machine) uptime() time.Duration {
	f, _, _ := strings.Cut(m.read("proc/uptime"), " ")
	s, err := strconv.ParseFloat(f, 64)
	if err != nil || !(s >= 0 && s < 1e10) {
		return 0
	}
	return time.Duration(s * float64(time.Second))
}

// heat counts how often a processor was slowed for its temperature since boot (Documentation/admin-guide/thermal); -1 = not told.
func (m machine) heat() int64 {
	files, _ := filepath.Glob(m.path("sys/devices/system/cpu/cpu[0-9]*/thermal_throttle/package_throttle_count"))
	if len(files) == 0 {
		return -1
	}
	most := int64(0) // the processors of one package count the same events
	for _, f := range files {
		data, _ := os.ReadFile(f)
		n, _ := strconv.ParseInt(strings.TrimSpace(string(data)), 10, 64)
		most = max(most, n)
	}
	return most
}

// kernelLog returns the kernel's log, of which each read(2) gives one record, without waiting for more, and its name; "" = it may not be read.
func (m machine) kernelLog() (data, name string) {
	f, err := openNow(m.path("dev/kmsg"))
	if err != nil {
		return "", ""
	}
	defer f.close()
	var b strings.Builder
	buf := make([]byte, 8<<10)
	for range 20000 {
		n, err := f.read(buf)
		if n > 0 && b.Len() < 4<<20 {
			b.Write(buf[:n])
		}
		if n <= 0 && err != errOverwritten {
			break
		}
	}
	return b.String(), "/dev/kmsg"
}

// places says where folders lie.
func places(table []mount, folders map[string]string) []facts.MountedAt {
	var out []facts.MountedAt
	for name, path := range folders {
		if real, err := filepath.EvalSymlinks(path); err == nil {
			path = real
		}
		best := -1
		for i, m := range table { // the last of equals lies on top
			if (m.point == "/" || path == m.point || strings.HasPrefix(path, m.point+"/")) && (best < 0 || len(m.point) >= len(table[best].point)) {
				best = i
			}
		}
		if best >= 0 && filepath.IsAbs(path) {
			m := table[best]
			out = append(out, facts.MountedAt{Name: name, Path: path, Mount: m.point, Type: m.kind, Source: m.source})
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Name > out[j].Name }) // the project first
	return out
}

// sample is the state of all counters at one moment.
type sample struct {
	at   time.Time
	cpu  times
	ok   bool
	heat int64
}

func (m machine) sample() sample {
	s := sample{at: time.Now(), heat: m.heat()}
	s.cpu, s.ok = processors(m.read("proc/stat"))
	return s
}

// The windows: the first is hidden behind other probes; the second is waited for only when the first shows something.
const (
	window = 45 * time.Millisecond
	longer = 400 * time.Millisecond
)

// since is what the processors did between two samples.
func since(a, b sample) facts.ProcessorUse {
	u := facts.ProcessorUse{Count: runtime.NumCPU(), Heat: -1}
	if a.heat >= 0 && b.heat >= a.heat {
		u.Heat = b.heat - a.heat
	}
	total := b.cpu.total - a.cpu.total
	if !a.ok || !b.ok || b.cpu.total <= a.cpu.total || b.cpu.idle < a.cpu.idle || b.cpu.stolen < a.cpu.stolen {
		return u
	}
	u.Window = b.at.Sub(a.at)
	u.Stolen = float64(b.cpu.stolen-a.cpu.stolen) / float64(total)
	u.Busy = max(0, 1-float64(b.cpu.idle-a.cpu.idle)/float64(total)-u.Stolen)
	return u
}

// wait sleeps until a moment, or until the context ends.
func wait(ctx context.Context, until time.Time) {
	t := time.NewTimer(time.Until(until))
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
