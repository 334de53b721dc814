package leaks

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

var (
	binary string // gorescue
	server string // the server with all modes
)

func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", "6"); err != nil { // they wait for most of their time
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "gorescue-leaks")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(dir)
		binary, server = filepath.Join(dir, "gorescue"), filepath.Join(dir, "server")
		for _, args := range [][]string{{"build", "-o", binary, "../../cmd/gorescue"}, {"-C", "testdata/server", "build", "-o", server, "."}} {
			cmd := exec.Command("go", args...)
			cmd.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=off")
			if out, err := cmd.CombinedOutput(); err != nil {
				fmt.Fprintf(os.Stderr, "go %v: %v\n%s", args, err, out)
				return 1
			}
		}
		return m.Run()
	}())
}

// leaks are the faults and the check that must name each first. A static one is proven also when no more of it is made.
var leaks = []struct {
	mode, check string
	static      bool
}{
	{"send-after-timeout", "goroutine-leak-channel-send", true},
	{"send-first-wins", "goroutine-leak-channel-send", true},
	{"send-error-return", "goroutine-leak-channel-send", true},
	{"receive-no-sender", "goroutine-leak-channel-receive", true},
	{"receive-global", "goroutine-leak-channel-receive", false},
	{"range-never-closed", "goroutine-leak-channel-receive", true},
	{"select-no-exit", "goroutine-leak-select", false},
	{"nil-channel", "goroutine-leak-channel-receive", true},
	{"waitgroup-no-done", "goroutine-leak-waitgroup", true},
	{"waitgroup-in-handler", "goroutine-leak-waitgroup", true},
	{"mutex-early-return", "goroutine-leak-mutex", true},
	{"rwmutex-never", "goroutine-leak-mutex", true},
	{"cond-no-signal", "goroutine-leak-cond", false},
	{"ticker-no-exit", "goroutine-leak-ticker", true},
	{"ticker-select", "goroutine-leak-ticker", true},
	{"sleep-loop", "goroutine-leak-ticker", true},
	{"context-discarded", "goroutine-leak-context", true},
	{"context-never-called", "goroutine-leak-context", true},
	{"context-select", "goroutine-leak-context", true},
	{"body-never-closed", "http-body-not-closed", true},
	{"body-early-return", "http-body-not-closed", true},
	{"body-behind-helper", "http-body-not-closed", true},
	{"pipe-no-reader", "goroutine-leak-select", false},
	{"heap-map", "heap-growth", false},
	{"heap-closures", "heap-growth", false},
	{"heap-slice", "heap-growth", false},
	{"mutex-order", "goroutine-leak-mutex", true},
	{"send-fan-in", "goroutine-leak-channel-send", true},
	{"heap-buffer", "heap-growth", false},
	{"heap-decoded", "heap-growth", false},
	{"spin-default", "busy-loop", true},
	{"spin-atomic", "busy-loop", true},
	{"spin-gosched", "busy-loop", true},
	{"spin-empty", "busy-loop", true},
	{"spin-locked", "busy-loop", true},
	{"spin-ended-context", "busy-loop", false},
	{"spin-closed", "busy-loop", false},
	{"spin-read-error", "busy-loop", false},
	{"spin-empty-queue", "busy-loop", false},
	{"mutex-twice", "goroutine-leak-mutex", true},
	{"send-to-field", "goroutine-leak-channel-send", true},
	{"select-both-local", "goroutine-leak-select", true},
}

var healthy = []string{
	"ok-send-buffered", "ok-first-wins", "ok-pool-busy", "ok-pool-idle", "ok-warm-up", "ok-slow-upstream", "ok-ticker-ends", "ok-janitors",
	"ok-contention", "ok-long-lock", "ok-backpressure", "ok-cache-bounded", "ok-cache-full", "ok-churn", "ok-idle-connections", "ok-streams",
	"ok-compute", "ok-sleepers", "ok-connections", "ok-batches", "ok-cond-queue", "ok-load-at-start", "ok-poll-with-pause", "ok-subscribers",
	"ok-slow-jobs", "ok-fan-out", "ok-forever", "ok-listeners", "ok-long-warm-up", "ok-slow-writers", "ok-body-closed", "ok-context-cancelled",
	"ok-two-locks", "ok-decoded", "ok-stages", "ok-first-use", "ok-delayed", "ok-flight", "ok-slow-readers", "ok-inline", "ok-chats",
	"ok-upgraded", "ok-unread",
}

// sampling is the time of one profile.
const sampling = 3 * time.Second

// serve starts the server in a mode and returns its address.
func serve(t testing.TB, mode string) (addr string, pid int) { return serveTo(t, server, mode, nil) }

func serveWith(t testing.TB, program, mode string) (addr string, pid int) {
	return serveTo(t, program, mode, nil)
}

// serveTo starts a copy of the server whose standard error goes to a file.
func serveTo(t testing.TB, program, mode string, stderr *os.File) (addr string, pid int) {
	t.Helper()
	cmd := exec.Command(program, mode)
	if stderr != nil {
		cmd.Stderr = stderr
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	go io.Copy(io.Discard, out)
	return strings.TrimSpace(line), cmd.Process.Pid
}

// load asks for work until ctx ends or total requests were sent, each on a connection of its own, none waited for.
func load(ctx context.Context, addr string, every time.Duration, total int) {
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 10 * time.Second}
	var wg sync.WaitGroup
	tick := time.NewTicker(every)
	defer tick.Stop()
	for n := 0; n < total; n++ {
		select {
		case <-ctx.Done():
			n = total
			continue
		case <-tick.C:
		}
		wg.Go(func() {
			req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+"/work", nil)
			if err != nil {
				return
			}
			if resp, err := client.Do(req); err == nil {
				io.Copy(io.Discard, resp.Body)
				resp.Body.Close()
			}
		})
	}
	wg.Wait()
}

// answer is what profile --json says.
type answer struct {
	Findings []struct {
		Check    string   `json:"check"`
		Claim    string   `json:"claim"`
		CausedBy []string `json:"caused_by"`
		Evidence []struct {
			Text string `json:"text"`
			File string `json:"file"`
			Line int    `json:"line"`
		} `json:"evidence"`
	} `json:"findings"`
	Program struct {
		Heap struct {
			Sites []struct {
				File string `json:"file"`
				Line int    `json:"line"`
			} `json:"sites"`
		} `json:"heap"`
		Groups []struct {
			State string `json:"state"`
		} `json:"groups"`
	} `json:"program"`
}

// profile runs gorescue profile.
func profile(t *testing.T, target string, args ...string) (a answer, out, errs string, exit int, took time.Duration) {
	t.Helper()
	cmd := exec.Command(binary, append([]string{"profile", target, "--json", "--for", sampling.String()}, args...)...)
	cmd.Env = append(os.Environ(), "GORESCUE_STATE="+t.TempDir())
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	began := time.Now()
	_ = cmd.Run() // the exit code tells
	took = time.Since(began)
	if exit = cmd.ProcessState.ExitCode(); exit != 0 && exit != 3 {
		return a, stdout.String(), stderr.String(), exit, took
	}
	if err := json.Unmarshal(stdout.Bytes(), &a); err != nil {
		t.Fatalf("%v: %s%s", err, stdout.String(), stderr.String())
	}
	return a, stdout.String(), stderr.String(), exit, took
}

// marked finds the line that says "here: MODE".
func marked(t *testing.T, mode string) int {
	t.Helper()
	data, err := os.ReadFile("testdata/server/faults.go")
	if err != nil {
		t.Fatal(err)
	}
	for i, l := range strings.Split(string(data), "\n") {
		if strings.HasSuffix(l, "// here: "+mode) {
			return i + 1
		}
	}
	t.Fatalf("no line is marked for %s", mode)
	return 0
}

func (a answer) list() string {
	var b strings.Builder
	for _, f := range a.Findings {
		fmt.Fprintf(&b, "%s: %s\n", f.Check, f.Claim)
		for _, e := range f.Evidence {
			fmt.Fprintf(&b, "    %s\n", e.Text)
		}
	}
	return b.String()
}

// names reports whether the first finding is of the check and names the line.
func (a answer) names(check string, line int) bool {
	if len(a.Findings) == 0 || a.Findings[0].Check != check {
		return false
	}
	for _, e := range a.Findings[0].Evidence {
		if e.Line == line && filepath.Base(e.File) == "faults.go" {
			return true
		}
	}
	return false
}

func TestLeaks(t *testing.T) {
	for _, l := range leaks {
		t.Run(l.mode+"/under-load", func(t *testing.T) {
			t.Parallel()
			addr, _ := serve(t, l.mode)
			ctx, stop := context.WithTimeout(t.Context(), sampling+20*time.Second)
			defer stop()
			done := make(chan struct{})
			go func() { defer close(done); load(ctx, addr, 25*time.Millisecond, 2000) }()
			time.Sleep(300 * time.Millisecond)
			a, _, errs, exit, took := profile(t, "http://"+addr)
			stop()
			<-done
			if !a.names(l.check, marked(t, l.mode)) || exit != 3 {
				t.Errorf("exit %d, not named first: %s line %d; found:\n%s%s", exit, l.check, marked(t, l.mode), a.list(), errs)
			}
			t.Logf("took %v", took.Round(10*time.Millisecond))
		})
		if !l.static {
			continue
		}
		t.Run(l.mode+"/after-load", func(t *testing.T) {
			t.Parallel()
			addr, _ := serve(t, l.mode)
			ctx, stop := context.WithTimeout(t.Context(), 4*time.Second)
			defer stop()
			load(ctx, addr, 10*time.Millisecond, 120)
			time.Sleep(300 * time.Millisecond)
			a, _, errs, exit, _ := profile(t, "http://"+addr)
			if !a.names(l.check, marked(t, l.mode)) || exit != 3 {
				t.Errorf("exit %d, not named first: %s line %d; found:\n%s%s", exit, l.check, marked(t, l.mode), a.list(), errs)
			}
		})
	}
}

// TestAfterwards: what is left when all requests are over, and nothing proves that it stays for ever: a suspicion when clients went away
// without an answer, a hint when nobody waits.
func TestAfterwards(t *testing.T) {
	for _, c := range []struct {
		mode, check string
		exit        int
	}{
		{"pool-empty", "goroutine-leak-channel-receive", 3},
		{"send-to-field", "goroutine-leak-channel-send", 3},
		{"receive-global", "goroutine-leak-channel-receive", 0},
		{"cond-no-signal", "goroutine-leak-cond", 0},
		{"ok-chats", "", 0},
		{"ok-flight", "", 0},
		{"ok-delayed", "", 0},
	} {
		t.Run(c.mode, func(t *testing.T) {
			t.Parallel()
			addr, _ := serve(t, c.mode)
			ctx, stop := context.WithTimeout(t.Context(), 2*time.Second)
			defer stop()
			load(ctx, addr, 10*time.Millisecond, 100)
			time.Sleep(300 * time.Millisecond)
			a, _, errs, exit, _ := profile(t, "http://"+addr)
			if exit != c.exit || c.check == "" && len(a.Findings) > 0 || c.check != "" && !a.names(c.check, marked(t, c.mode)) {
				t.Errorf("exit %d: %s%s", exit, a.list(), errs)
			}
		})
	}
}

// TestHeld: a heap that does not grow any more is a hint, not a verdict.
func TestHeld(t *testing.T) {
	t.Parallel()
	addr, _ := serve(t, "heap-map")
	load(t.Context(), addr, 5*time.Millisecond, 200)
	a, _, errs, exit, _ := profile(t, "http://"+addr)
	if !a.names("heap-growth", marked(t, "heap-map")) || exit != 0 {
		t.Errorf("exit %d: %s%s", exit, a.list(), errs)
	}
}

// TestOneConnection: all requests come over one connection, whose goroutine starts what is lost and stays.
func TestOneConnection(t *testing.T) {
	t.Parallel()
	addr, _ := serve(t, "receive-global")
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	defer func() { stop(); <-done }()
	client := &http.Client{Transport: &http.Transport{MaxConnsPerHost: 1}}
	go func() {
		defer close(done)
		defer client.CloseIdleConnections()
		for ctx.Err() == nil {
			if resp, err := client.Get("http://" + addr + "/work"); err == nil {
				io.Copy(io.Discard, resp.Body)
				resp.Body.Close()
			}
			time.Sleep(25 * time.Millisecond)
		}
	}()
	time.Sleep(300 * time.Millisecond)
	a, _, errs, exit, _ := profile(t, "http://"+addr)
	if !a.names("goroutine-leak-channel-receive", marked(t, "receive-global")) || exit != 3 {
		t.Errorf("exit %d: %s%s", exit, a.list(), errs)
	}
}

// TestRuntimeProof: a program with the runtime's own leak profile says itself what is lost, also what the source does not
// show.
func TestRuntimeProof(t *testing.T) {
	t.Parallel()
	program := filepath.Join(t.TempDir(), "server")
	cmd := exec.Command("go", "-C", "testdata/server", "build", "-o", program, ".")
	cmd.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=off", "GOEXPERIMENT=goroutineleakprofile")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	addr, _ := serveWith(t, program, "select-no-exit")
	load(t.Context(), addr, 5*time.Millisecond, 100)
	a, _, errs, exit, _ := profile(t, "http://"+addr)
	if !a.names("goroutine-leak-select", marked(t, "select-no-exit")) || exit != 3 || !strings.Contains(a.list(), "leak profile marks 100") {
		t.Errorf("exit %d: %s%s", exit, a.list(), errs)
	}
}

func TestHealthy(t *testing.T) {
	for _, mode := range healthy {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			addr, _ := serve(t, mode)
			ctx, stop := context.WithTimeout(t.Context(), sampling+20*time.Second)
			defer stop()
			done := make(chan struct{})
			go func() { defer close(done); load(ctx, addr, 25*time.Millisecond, 2000) }()
			time.Sleep(300 * time.Millisecond)
			a, out, errs, exit, _ := profile(t, "http://"+addr)
			stop()
			<-done
			if len(a.Findings) > 0 || exit != 0 {
				t.Errorf("exit %d, found:\n%s%s", exit, a.list(), errs)
			}
			if !strings.Contains(out, `"groups"`) {
				t.Error("no goroutines were seen")
			}
		})
	}
}

// maxRSS is the greatest resident memory of a process that has ended, in bytes.
func maxRSS(p *os.ProcessState) int64 {
	if u, ok := p.SysUsage().(*syscall.Rusage); ok {
		return u.Maxrss << 10
	}
	return 0
}
