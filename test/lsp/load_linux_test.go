package lsp

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gorescue/gorescue/internal/proc"
)

// workTime is how long normal work goes on; GORESCUE_SOAK sets another time, such as 1h.
func workTime(t *testing.T) time.Duration {
	v := os.Getenv("GORESCUE_SOAK")
	if v == "" {
		return 10 * time.Second
	}
	d, err := time.ParseDuration(v)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestNormalWork opens a module of 1,300 files with a cold cache of gopls and works in it: types in a file that
// half of the module imports, completes, hovers, jumps, formats, saves. Nothing may be done to gopls, and the
// supervisor must stay small. In the end gopls is killed, and the next completion comes.
func TestNormalWork(t *testing.T) {
	t.Parallel()
	ws := tools(t)
	e := supervise(t, ws, newest)
	const name = "go/packages/packages.go"
	begin := time.Now()
	e.open(name)
	e.waitLoaded(5 * time.Minute)
	t.Logf("loaded after %v", time.Since(begin).Round(time.Millisecond))
	e.open("go/ast/astutil/imports.go")
	e.completes(name, "\treturn fmt.", "Errorf", 2*time.Minute)
	t.Logf("first completion after %v", time.Since(begin).Round(time.Millisecond))
	r := rand.New(rand.NewPCG(1, 1))
	rss, asked, end := int64(0), 0, time.Now().Add(workTime(t))
	for time.Now().Before(end) {
		e.work(r, name)
		asked++
		if v, ok := proc.VitalsOf(e.cmd.Process.Pid); ok {
			rss = max(rss, v.RSS)
		}
	}
	v, _ := proc.VitalsOf(e.cmd.Process.Pid)
	t.Logf("%d rounds of work, supervisor: %d MiB at most, %v of processor", asked, rss>>20, v.CPU)
	if rss > 30<<20 {
		t.Errorf("the supervisor used %d MiB", rss>>20)
	}
	if trips := e.events("trip"); len(trips)+len(e.events("resumed")) != 0 {
		t.Errorf("trips in normal work: %+v", trips)
	}
	pid := e.server(0)
	e.signal(pid, syscall.SIGKILL)
	took := e.completes(name, "\treturn fmt.", "Errorf", 2*time.Minute)
	t.Logf("killed: served after %v", took.Round(time.Millisecond))
}

// work is what a person does in some seconds.
func (e *editor) work(r *rand.Rand, name string) {
	doc := func() map[string]any { return map[string]any{"uri": e.uri(name)} }
	at := strings.Index(e.docs[name], "\treturn fmt.")
	line := strings.LastIndexByte(e.docs[name][:at+1], '\n') + 1
	word := "x" + string(rune('a'+r.IntN(26)))
	for i, c := range "// " + word + "\n" { // typed letter by letter
		e.replace(name, line+i, line+i, string(c))
		time.Sleep(time.Duration(20+r.IntN(60)) * time.Millisecond)
	}
	at = strings.Index(e.docs[name], "\treturn fmt.")
	pos := position(e.docs[name], at+len("\treturn fmt."))
	for _, method := range []string{"completion", "hover", "signatureHelp", "documentHighlight", "definition", "codeAction", "documentSymbol", "foldingRange"} {
		params := map[string]any{"textDocument": doc(), "position": pos}
		if method == "codeAction" {
			params["range"] = map[string]any{"start": pos, "end": pos}
			params["context"] = map[string]any{"diagnostics": []any{}}
		}
		if m := <-e.ask("textDocument/"+method, params); m.Error != nil && m.Error.Code != -32601 && method != "definition" && method != "documentHighlight" && method != "hover" {
			e.t.Errorf("%s: %+v", method, m.Error)
		}
	}
	if n := len("// " + word + "\n"); r.IntN(3) > 0 { // taken back
		e.replace(name, line, line+n, "")
	}
	if r.IntN(8) == 0 {
		write(e.t, filepath.Join(e.ws, name), e.docs[name])
		e.tell("textDocument/didSave", map[string]any{"textDocument": doc()})
		e.tell("workspace/didChangeWatchedFiles", map[string]any{"changes": []any{map[string]any{"uri": e.uri(name), "type": 2}}})
	}
	if r.IntN(10) == 0 {
		other := "go/ast/astutil/imports.go"
		if _, open := e.docs[other]; open {
			e.close(other)
		} else {
			e.open(other)
		}
	}
	time.Sleep(time.Duration(r.IntN(1000)) * time.Millisecond)
}
