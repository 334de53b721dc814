package blackbox

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestMain(m *testing.M) {
	if state := os.Getenv("BLACKBOX_WRITE"); state != "" {
		writeForEver(state)
	}
	os.Exit(m.Run())
}

// writeForEver is a watch that never waits.
func writeForEver(state string) {
	w, err := Open(state, Holder{PID: os.Getpid(), Dir: "/p"})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	for i := 0; ; i++ {
		if err := w.Sample(sample(i)); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		if i == 50 {
			fmt.Println("ready")
		}
	}
}

// TestKilled: killed in the middle of writing, again and again, the ring is readable, the lock is free, and a new watch
// goes on.
func TestKilled(t *testing.T) {
	state, before := t.TempDir(), 0
	for i := range 8 {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), "BLACKBOX_WRITE="+state)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		line, _ := bufio.NewReader(out).ReadString('\n')
		if line != "ready\n" {
			t.Fatalf("run %d: %q", i, line)
		}
		if _, err := Open(state, Holder{Dir: "/p"}); !errors.Is(err, ErrWatched) {
			t.Errorf("run %d: a second watch: %v", i, err)
		}
		if h, ok := Of(state, "/p"); !ok || !h.Alive || h.PID != cmd.Process.Pid {
			t.Errorf("run %d: who watches: %+v", i, h)
		}
		time.Sleep(time.Duration(i) * 3 * time.Millisecond)
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		h, err := Read(Folder(state, "/p"), time.Time{})
		if err != nil || len(h.Samples) <= before || h.Damaged > i+1 {
			t.Fatalf("run %d: %v, %d samples, %d damaged", i, err, len(h.Samples), h.Damaged)
		}
		before = len(h.Samples)
	}
	if h, _ := Of(state, "/p"); h.Alive {
		t.Error("a dead watch holds its ring")
	}
}

// TestFullDisk: on a full disk a sample is refused, nothing is lost of those before, and with room again the ring goes on.
func TestFullDisk(t *testing.T) {
	state := t.TempDir()
	w, err := Open(state, Holder{Dir: "/p"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = w.End() }()
	for i := range 5 {
		if err := w.Sample(sample(i)); err != nil {
			t.Fatal(err)
		}
	}
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	good := w.file
	w.file = full // every write ends in ENOSPC
	for i := range 5 {
		if err := w.Sample(sample(5 + i)); !errors.Is(err, syscall.ENOSPC) {
			t.Fatalf("no error on a full disk: %v", err)
		}
	}
	w.file = good
	if _, err := good.WriteString("0000"); err != nil { // what a write cut short leaves
		t.Fatal(err)
	}
	if err := w.Sample(sample(11)); err != nil {
		t.Fatal(err)
	}
	full.Close()
	h, err := Read(Folder(state, "/p"), time.Time{})
	if err != nil || len(h.Samples) != 6 || h.Damaged > 1 || h.Samples[5].Up != sample(11).Up {
		t.Errorf("%v: %d samples, %d damaged", err, len(h.Samples), h.Damaged)
	}
}

// project is a real module of a user with a home of its own.
func project(t *testing.T) *Sampler {
	t.Helper()
	home := t.TempDir()
	dir := filepath.Join(home, "proj")
	put(t, filepath.Join(dir, "go.mod"), "module example.com/app\n\ngo 1.21\n")
	put(t, filepath.Join(home, ".config", "go", "telemetry", "mode"), "off")
	put(t, filepath.Join(home, ".config", "go", "env"), "GOPROXY=https://me:geheim123@proxy.example.com\n")
	return &Sampler{Dir: dir, State: filepath.Join(home, "state"), Every: time.Second,
		Vars: map[string]string{"HOME": home, "PATH": os.Getenv("PATH"), "SHELL": "/bin/sh"}}
}

func put(t *testing.T, path, data string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(data), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestSampler: a real project with the real go: its files, its settings, the go env file. What the sampler says of the
// settings is what the go command says.
func TestSampler(t *testing.T) {
	s := project(t)
	m := NewMonitor(Thresholds(), nil)
	step := func() (out []string) {
		for _, e := range m.Step(s.Sample(t.Context())) {
			if !strings.HasPrefix(e.ID, "gopls") && !strings.HasPrefix(e.ID, "memory") && !strings.HasPrefix(e.ID, "disk") {
				out = append(out, e.ID+" "+filepath.Base(e.Subject))
			}
		}
		return out
	}
	want := func(what string, got []string, list ...string) {
		t.Helper()
		if strings.Join(got, ",") != strings.Join(list, ",") {
			t.Errorf("%s: %q, want %q", what, got, list)
		}
	}
	step()
	first := m.w.Cur
	cmd := exec.CommandContext(t.Context(), "go", "env", "GOPROXY", "GOVERSION", "GOCACHE")
	cmd.Dir, cmd.Env = s.Dir, []string{"HOME=" + s.Vars["HOME"], "PATH=" + s.Vars["PATH"]}
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	real := strings.Fields(string(out))
	if real[0] != "https://me:geheim123@proxy.example.com" || first.Settings["GOPROXY"] != "https://hidden@proxy.example.com" {
		t.Errorf("GOPROXY: %q, go says %q", first.Settings["GOPROXY"], real[0])
	}
	if first.Go.Release != real[1] || first.Settings["GOCACHE"] != real[2] {
		t.Errorf("%q %q, go says %q", first.Go.Release, first.Settings["GOCACHE"], real)
	}
	if p := first.Places["project"]; p.Free <= 0 || first.System.MemTotal <= 0 || first.Up <= 0 {
		t.Errorf("%+v %+v", p, first.System)
	}
	want("nothing happened", step())
	put(t, filepath.Join(s.Dir, "go.mod"), "module example.com/app\n\ngo 1.22\n")
	want("go.mod", step(), "file-module-changed go.mod")
	put(t, filepath.Join(s.Vars["HOME"], ".config", "go", "env"), "GOPROXY=https://me:geheim123@proxy.example.com\nGOFLAGS=-mod=vendor\n")
	want("go env -w", step(), "file-goenv-changed env", "setting-changed GOFLAGS")
	put(t, filepath.Join(s.Dir, "go.sum"), "x\n")
	want("go.sum", step(), "file-sums-changed go.sum")
	if err := os.Remove(filepath.Join(s.Dir, "go.mod")); err != nil {
		t.Fatal(err)
	}
	want("go.mod gone", step(), "file-module-changed go.mod")
	d, err := toDoc(m.w.Cur)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(fmt.Sprint(d), "geheim123") {
		t.Error("the password of GOPROXY is in a sample")
	}
}

// TestGopls: a process named gopls that starts, works, is stopped, and is killed.
func TestGopls(t *testing.T) {
	s := project(t)
	gopls := filepath.Join(t.TempDir(), "gopls")
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(sh)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(gopls, data, 0o755); err != nil {
		t.Fatal(err)
	}
	first := s.Sample(t.Context())
	cmd := exec.Command(gopls, "-c", "while :; do :; done")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }()
	id := fmt.Sprint(cmd.Process.Pid)
	if _, ok := first.Gopls[id]; ok {
		t.Fatal("there before its start")
	}
	seen := func(what string, is func(Gopls, bool) bool) Gopls {
		t.Helper()
		for range 100 {
			if g, ok := s.Sample(t.Context()).Gopls[id]; is(g, ok) {
				return g
			}
			time.Sleep(50 * time.Millisecond)
		}
		t.Fatal(what, ": not seen")
		return Gopls{}
	}
	g := seen("works", func(g Gopls, ok bool) bool { return ok && g.CPU > 0.1 })
	if g.Exe != gopls || g.RSS == 0 || g.Files == 0 || g.Start == 0 {
		t.Errorf("%+v", g)
	}
	_ = cmd.Process.Signal(syscall.SIGSTOP)
	seen("stopped", func(g Gopls, ok bool) bool { return ok && g.State == "T" })
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	seen("killed", func(_ Gopls, ok bool) bool { return !ok })
}

// TestSupervisorEvents: what gorescue lsp writes into the journal shows in the next sample.
func TestSupervisorEvents(t *testing.T) {
	s := project(t)
	if s.Sample(t.Context()).Lsp != nil {
		t.Fatal("something of nothing")
	}
	line := `{"seq":1,"time":"2026-01-01T00:00:00Z","change":"x","kind":"event","check":"lsp","data":{"event":"trip","verdict":"runaway","why":"CPU"},"prev":"","hash":""}` + "\n"
	put(t, filepath.Join(s.State, "journal.jsonl"), line+line[:40])
	got := s.Sample(t.Context()).Lsp
	if got == nil || got.Trips != 1 || got.Verdict != "runaway" {
		t.Fatalf("%+v", got)
	}
	put(t, filepath.Join(s.State, "journal.jsonl"), line+line)
	if got = s.Sample(t.Context()).Lsp; got.Trips != 2 {
		t.Errorf("%+v", got)
	}
}

// BenchmarkSample is what one sample costs once everything is known, with its line of the ring.
func BenchmarkSample(b *testing.B) {
	dir, err := os.Getwd()
	if err != nil {
		b.Fatal(err)
	}
	vars := map[string]string{}
	for _, kv := range os.Environ() {
		k, v, _ := strings.Cut(kv, "=")
		vars[k] = v
	}
	s := &Sampler{Dir: dir, Vars: vars, State: b.TempDir(), Every: 5 * time.Second}
	w, err := Open(s.State, Holder{Dir: dir})
	if err != nil {
		b.Fatal(err)
	}
	m := NewMonitor(Thresholds(), nil)
	for b.Loop() {
		sm := s.Sample(context.Background())
		m.Step(sm)
		if err := w.Sample(sm); err != nil {
			b.Fatal(err)
		}
	}
	if err := w.End(); err != nil {
		b.Fatal(err)
	}
}
