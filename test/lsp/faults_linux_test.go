package lsp

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gorescue/gorescue/internal/journal"
	"github.com/gorescue/gorescue/internal/lspproxy"
	"github.com/gorescue/gorescue/internal/proc"
)

// unsaved adds a field to the struct, in the buffer only, and a use of the name before it.
func (e *editor) unsaved(field string) {
	i := strings.Index(e.docs["main.go"], "Hello string")
	e.replace("main.go", i, i, field+" int; ")
}

// TestKilled: gopls is killed while the user types; the next completion knows the unsaved text, and comes within a
// second more than this gopls needs from its start to a completion here, without a supervisor. That is measured before and
// behind the deaths, since a machine has its moods. Nothing else runs meanwhile: no other test of this kind is parallel.
func TestKilled(t *testing.T) {
	for _, version := range []string{newest, older, oldest} {
		t.Run(version, func(t *testing.T) {
			ws := small(t)
			load := max(loadTime(t, ws, version), loadTime(t, ws, version)) // the first fills the caches
			e := supervise(t, ws, version)
			e.open("main.go")
			e.completes("main.go", "fmt.Println(n.", "Hello", time.Minute)
			e.waitLoaded(time.Minute)
			pid := 0
			var served []time.Duration
			for _, field := range []string{"Alpha", "Beta"} {
				pid = e.server(pid)
				e.unsaved(field)
				asked := e.ask("textDocument/hover", map[string]any{"textDocument": map[string]any{"uri": e.uri("main.go")}, "position": position(e.docs["main.go"], strings.Index(e.docs["main.go"], "Println"))})
				e.signal(pid, syscall.SIGKILL)
				killed := time.Now()
				e.completes("main.go", "fmt.Println(n.", field, time.Minute)
				served = append(served, time.Since(killed))
				if m := <-asked; m.Error != nil || !bytes.Contains(m.Result, []byte("Println")) {
					t.Errorf("the question that was in flight: %+v %s", m.Error, m.Result)
				}
			}
			load = max(load, loadTime(t, ws, version))
			t.Logf("killed: served after %v; a start of this gopls takes %v", served, load)
			if least := slices.Min(served); least > load+time.Second {
				t.Errorf("served %v after its death; a start takes %v", least, load)
			}
			if most := slices.Max(served); most > load+5*time.Second { // one of two may meet the machine at a bad time
				t.Errorf("served %v after its death; a start takes %v", most, load)
			}
			e.eventually(10*time.Second, "two trips on record", func() bool { return len(e.events("trip")) == 2 && len(e.events("served")) >= 1 })
			if m := e.messages(); len(m) != 1 || !strings.Contains(m[0], "nothing is lost") {
				t.Errorf("the user was told: %q", m)
			}
		})
	}
}

// loadTime is how long a gopls without a supervisor takes from its start to a right completion.
func loadTime(t *testing.T, ws, version string) time.Duration {
	begin := time.Now()
	e := start(t, ws, gopls(version))
	e.introduce()
	e.open("main.go")
	e.completes("main.go", "fmt.Println(n.", "Hello", time.Minute)
	took := time.Since(begin)
	e.in.Close() // the end of its input ends it at once, also while it loads
	<-e.ended
	return took
}

// TestStopped: that gopls is stopped is noticed within ten seconds. The first time it is let go on, without a loss; stopped
// again, it is replaced, and its goroutines are on record.
func TestStopped(t *testing.T) {
	t.Parallel()
	e := supervise(t, small(t), newest)
	e.open("main.go")
	e.completes("main.go", "fmt.Println(n.", "Hello", time.Minute)
	pid := e.server(0)
	noticed := func(field, kind string) (lspproxy.Event, time.Duration) {
		e.unsaved(field)
		e.signal(pid, syscall.SIGSTOP)
		begin := time.Now()
		e.completes("main.go", "fmt.Println(n.", field, time.Minute)
		served := time.Since(begin)
		var seen []lspproxy.Event
		e.eventually(10*time.Second, kind, func() bool { seen = e.events(kind); return len(seen) == 1 })
		after := e.at(kind).Sub(begin)
		t.Logf("stopped: %s on record after %v, served after %v", kind, after.Round(time.Millisecond), served.Round(time.Millisecond))
		if after > 10*time.Second {
			t.Errorf("%s after %v", kind, after)
		}
		return seen[0], served
	}
	if _, served := noticed("Alpha", "resumed"); served > 10*time.Second || e.server(0) != pid {
		t.Errorf("served after %v, process %d, was %d", served, e.server(0), pid)
	}
	trip, _ := noticed("Beta", "trip")
	if e.server(0) == pid {
		t.Error("the same process after a second stop")
	}
	if trip.Verdict != lspproxy.Stopped {
		t.Errorf("verdict %q", trip.Verdict)
	}
	e.evidence(trip, "dump", "goroutine ")
	cmd := exec.Command(theLab.Product, "log")
	cmd.Env = e.cmd.Env
	if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), trip.Evidence["dump"]) {
		t.Errorf("gorescue log does not lead to the evidence: %v\n%s", err, out)
	}
}

// at is when the last event of a kind was recorded.
func (e *editor) at(kind string) (last time.Time) {
	e.t.Helper()
	j, err := journal.Read(e.state)
	if err != nil {
		e.t.Fatal(err)
	}
	for _, r := range j.Records() {
		if r.Kind == journal.Event && r.Note == kind {
			last = r.Time
		}
	}
	return last
}

// evidence checks that a piece of evidence is in the store and holds one of the texts.
func (e *editor) evidence(ev lspproxy.Event, name string, want ...string) {
	e.t.Helper()
	j, err := journal.Read(e.state)
	if err != nil {
		e.t.Fatal(err)
	}
	data, err := j.Content(ev.Evidence[name])
	if err != nil || !slices.ContainsFunc(want, func(w string) bool { return bytes.Contains(data, []byte(w)) }) {
		e.t.Errorf("evidence %s (%d bytes, %v) of %v has no %q", name, len(data), err, ev.Evidence, want)
	}
}

// bomb is a generated file of n MiB: gopls that opens it takes a hundred times as much memory.
func bomb(n int) string {
	const line = "var _ = []any{1, \"two\", func() int { return 3 }, map[string]int{\"four\": 4}}\n"
	return "package main\n\n" + strings.Repeat(line, n<<20/len(line))
}

// TestMemory: a gopls that eats memory is ended with a profile, and the editor goes on.
func TestMemory(t *testing.T) {
	t.Parallel()
	ws := small(t)
	e := supervise(t, ws, newest, "--max-memory=600MiB")
	e.open("main.go")
	e.completes("main.go", "fmt.Println(n.", "Hello", time.Minute)
	pid := e.server(0)
	e.openText("bomb.go", bomb(10), 1)
	var trips []lspproxy.Event
	e.eventually(90*time.Second, "a verdict", func() bool { trips = e.events("trip"); return len(trips) > 0 })
	if trips[0].Verdict != lspproxy.Memory || trips[0].RSS < 600<<20 {
		t.Fatalf("verdict %+v", trips[0])
	}
	if len(trips[0].Evidence) == 0 {
		t.Error("no evidence was saved")
	}
	for name := range trips[0].Evidence {
		t.Log("evidence:", name)
	}
	e.close("bomb.go")
	e.unsaved("Alpha")
	e.completes("main.go", "fmt.Println(n.", "Alpha", time.Minute)
	if e.server(0) == pid {
		t.Error("the same process")
	}
}

// spin is a file on which the type checker of gopls, and of every Go release, computes for hours: each alias means the one
// before it twice.
func spin() string {
	var b strings.Builder
	b.WriteString("package main\n\ntype D0[T any] = struct{ x, y T }\n")
	for i := range 30 {
		fmt.Fprintf(&b, "type D%d[T any] = struct{ x, y D%d[D%d[T]] }\n", i+1, i, i)
	}
	b.WriteString("\nvar spin D30[int]\n")
	return b.String()
}

// TestRunaway: a gopls that computes without an end and leaves the user waiting is ended, with a profile that shows where; the
// file that it choked on is the user's, and once it is closed all is well.
func TestRunaway(t *testing.T) {
	t.Parallel()
	e := supervise(t, small(t), newest, "--patience=8s")
	e.open("main.go")
	e.completes("main.go", "fmt.Println(n.", "Hello", time.Minute)
	e.waitLoaded(time.Minute)
	pid := e.server(0)
	e.openText("spin.go", spin(), 1)
	e.ask("textDocument/completion", map[string]any{"textDocument": map[string]any{"uri": e.uri("main.go")}, "position": position(e.docs["main.go"], strings.Index(e.docs["main.go"], "n.Hello")+2)})
	begin := time.Now()
	var trips []lspproxy.Event
	e.eventually(time.Minute, "a verdict", func() bool { trips = e.events("trip"); return len(trips) > 0 })
	t.Logf("spinning: %q after %v: %s", trips[0].Verdict, e.at("trip").Sub(begin).Round(time.Millisecond), trips[0].Why)
	if trips[0].Verdict != lspproxy.Runaway {
		t.Errorf("verdict %+v", trips[0])
	}
	if trips[0].Evidence["dump"] != "" { // the stack of what computes is there unless it runs on another thread at that moment
		e.evidence(trips[0], "dump", "go/types", "running on other thread")
	} else {
		e.evidence(trips[0], "goroutines", "go/types")
	}
	e.close("spin.go")
	e.unsaved("Alpha")
	e.completes("main.go", "fmt.Println(n.", "Alpha", time.Minute)
	if e.server(0) == pid {
		t.Error("the same process")
	}
}

// TestFlood: a gopls that writes more than any editor can read is ended. The stream is that of a real gopls until a program
// in it runs wild.
func TestFlood(t *testing.T) {
	t.Parallel()
	ws := small(t)
	work := filepath.Dir(ws)
	script := filepath.Join(work, "gopls")
	write(t, script, fmt.Sprintf(`#!/bin/bash
trap 'kill $flood 2>/dev/null' EXIT
if mkdir %[1]s/once 2>/dev/null; then
	(until [ -e %[1]s/flood ]; do sleep 0.1; done
	exec awk 'BEGIN { b = "{\"jsonrpc\":\"2.0\",\"method\":\"window/logMessage\",\"params\":{\"type\":4,\"message\":\"again\"}}"
		for (;;) printf "Content-Length: %%d\r\n\r\n%%s", length(b), b }') &
	flood=$!
fi
%[2]s "$@"
`, work, gopls(newest)))
	if err := os.Chmod(script, 0o755); err != nil {
		t.Fatal(err)
	}
	e := start(t, ws, theLab.Product, "lsp", "--gopls="+script)
	e.introduce()
	e.open("main.go")
	e.completes("main.go", "fmt.Println(n.", "Hello", time.Minute)
	e.waitLoaded(time.Minute)
	e.lenient.Store(true) // the flood may come into the middle of what gopls writes
	write(t, filepath.Join(work, "flood"), "")
	begin := time.Now()
	var trips []lspproxy.Event
	e.eventually(time.Minute, "a verdict", func() bool { trips = e.events("trip"); return len(trips) > 0 })
	t.Logf("flooded: %q after %v", trips[0].Verdict, e.at("trip").Sub(begin).Round(time.Millisecond))
	if trips[0].Verdict != lspproxy.Flood {
		t.Errorf("verdict %+v", trips[0])
	}
	e.unsaved("Alpha")
	e.completes("main.go", "fmt.Println(n.", "Alpha", time.Minute)
}

// TestDeafEditor: an editor that has stopped reading, while gopls writes more than fits between them, and then goes away, leaves
// nobody behind.
func TestDeafEditor(t *testing.T) {
	t.Parallel()
	ws := small(t)
	script := filepath.Join(filepath.Dir(ws), "gopls")
	write(t, script, `#!/bin/sh
exec awk 'BEGIN { b = "{\"jsonrpc\":\"2.0\",\"method\":\"window/logMessage\",\"params\":{\"type\":4,\"message\":\"again\"}}"
	for (;;) printf "Content-Length: %d\r\n\r\n%s", length(b), b }'
`)
	if err := os.Chmod(script, 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(theLab.Product, "lsp", "--gopls="+script)
	cmd.Dir, cmd.Env = ws, environ(ws)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	body := `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"capabilities":{}}}`
	fmt.Fprintf(in, "Content-Length: %d\r\n\r\n%s", len(body), body)
	last, still := int64(0), 0
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end) && still < 5; time.Sleep(200 * time.Millisecond) { // until nothing fits any more
		v, _ := proc.VitalsOf(cmd.Process.Pid)
		if still++; v.RSS != last {
			last, still = v.RSS, 0
		}
	}
	in.Close()
	ended := make(chan error, 1)
	go func() { _, err := cmd.Process.Wait(); ended <- err }()
	select {
	case <-ended:
	case <-time.After(20 * time.Second):
		t.Error("the supervisor is still there")
		_ = cmd.Process.Kill()
		<-ended
	}
	out.Close()
}

// TestStreams: a script that prints into the stream and eats carriage returns does no harm, nor does an
// editor that counts wrong; both are named once.
func TestStreams(t *testing.T) {
	t.Parallel()
	ws := small(t)
	script := filepath.Join(filepath.Dir(ws), "gopls-env")
	write(t, script, fmt.Sprintf("#!/bin/bash\necho loading the environment\n%s \"$@\" | stdbuf -o0 tr -d '\\r'\n", gopls(newest)))
	if err := os.Chmod(script, 0o755); err != nil {
		t.Fatal(err)
	}
	e := start(t, ws, theLab.Product, "lsp", "--gopls="+script)
	e.introduce()
	e.open("main.go")
	e.completes("main.go", "fmt.Println(n.", "Hello", time.Minute)
	e.wmu.Lock()
	fmt.Fprintf(e.in, "Content-Length: 5000\r\n\r\n%s", `{"jsonrpc":"2.0","method":"$/setTrace","params":{"value":"off"}}`)
	e.wmu.Unlock()
	e.unsaved("Alpha")
	e.completes("main.go", "fmt.Println(n.", "Alpha", 30*time.Second)
	e.eventually(10*time.Second, "three kinds of damage on record", func() bool { return len(e.events("damage")) == 3 })
	if n := len(e.messages()); n != 3 {
		t.Errorf("the user was told %q", e.messages())
	}
	if n := len(e.events("trip")); n != 0 {
		t.Errorf("%d trips", n)
	}
}

// TestBusyEditor: an editor that does not answer gopls keeps being served.
func TestBusyEditor(t *testing.T) {
	t.Parallel()
	e := supervise(t, small(t), newest)
	e.open("main.go")
	e.completes("main.go", "fmt.Println(n.", "Hello", time.Minute)
	e.waitLoaded(time.Minute)
	e.mu.Lock()
	e.deaf = true
	e.mu.Unlock()
	e.tell("workspace/didChangeConfiguration", map[string]any{"settings": map[string]any{}})
	e.unsaved("Alpha")
	e.completes("main.go", "fmt.Println(n.", "Alpha", 30*time.Second)
	if n := len(e.events("trip")); n != 0 {
		t.Errorf("%d trips", n)
	}
}

// TestHopeless: a gopls that always dies leaves an editor that works, empty answers, and a word of why.
func TestHopeless(t *testing.T) {
	t.Parallel()
	ws := small(t)
	script := filepath.Join(filepath.Dir(ws), "gopls")
	write(t, script, "#!/bin/sh\necho 'flag provided but not defined: -old' >&2\nexit 2\n")
	if err := os.Chmod(script, 0o755); err != nil {
		t.Fatal(err)
	}
	e := start(t, ws, theLab.Product, "lsp", "--gopls="+script, "--max-restarts=3")
	e.introduce()
	e.open("main.go")
	if got := e.labels("main.go", "n.", 10*time.Second); len(got) != 0 {
		t.Errorf("completion %q", got)
	}
	if m := <-e.ask("workspace/executeCommand", map[string]any{"command": "x"}); m.Error == nil {
		t.Error("a command was said to have been done")
	}
	m := e.messages()
	if len(m) != 2 || !strings.Contains(m[0], "exit status 2") || !strings.Contains(m[1], "left alone") {
		t.Errorf("the user was told %q", m)
	}
	e.must("shutdown", nil, 10*time.Second)
	e.tell("exit", nil)
	<-e.ended
	if err := e.cmd.Wait(); err != nil {
		t.Errorf("exit: %v", err)
	}
	trips := e.events("trip")
	if len(trips) != 3 || !strings.Contains(trips[0].Stderr, "-old") {
		t.Errorf("on record: %+v", trips)
	}
}

// TestPassThrough: whatever is no language server on standard input and output is gopls itself, also under
// its name, and also when the real one is found behind a link to us.
func TestPassThrough(t *testing.T) {
	ws := small(t)
	work := filepath.Dir(ws)
	link := filepath.Join(work, "bin", "gopls")
	if err := os.MkdirAll(filepath.Dir(link), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(theLab.Product, link); err != nil {
		t.Fatal(err)
	}
	run := func(name string, args ...string) (string, string) {
		cmd := exec.Command(name, args...)
		cmd.Dir = ws
		cmd.Env = append(slices.DeleteFunc(environ(ws), func(kv string) bool { return strings.HasPrefix(kv, "PATH=") }),
			"PATH="+filepath.Dir(link)+":"+filepath.Dir(gopls(newest))+":"+os.Getenv("PATH"))
		var out, errs bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &errs
		err := cmd.Run()
		return out.String(), fmt.Sprintf("%v %s", err, errs.String())
	}
	for _, args := range [][]string{{"version", "-json"}, {"version"}, {"nonsense"}, {"-rpc.trace", "version"}} {
		want, wantErr := run(gopls(newest), args...)
		for _, how := range [][]string{{link}, {theLab.Product, "lsp"}} {
			got, gotErr := run(how[0], append(how[1:], args...)...)
			if got != want || gotErr != wantErr {
				t.Errorf("%q %q: %q %q, gopls itself: %q %q", how, args, got, gotErr, want, wantErr)
			}
		}
	}
	t.Setenv("PATH", filepath.Dir(link)+":"+filepath.Dir(gopls(newest))+":"+os.Getenv("PATH"))
	e := start(t, ws, link, "-logfile="+filepath.Join(work, "log"))
	e.introduce()
	e.open("main.go")
	e.completes("main.go", "fmt.Println(n.", "Hello", time.Minute)
	if p := e.server(0); p == e.cmd.Process.Pid {
		t.Error("no supervisor")
	}
	if _, err := os.Stat(filepath.Join(work, "log")); err != nil {
		t.Errorf("the flag did not reach gopls: %v", err)
	}
}
