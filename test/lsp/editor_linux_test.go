package lsp

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/textproto"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/gorescue/gorescue/internal/journal"
	"github.com/gorescue/gorescue/internal/lspproxy"
	"github.com/gorescue/gorescue/internal/proc"
)

// editor is an editor with a language server: strict about what it is sent, and with a memory of its own of
// what each document holds.
type editor struct {
	lenient atomic.Bool // passes over messages that are no JSON
	t       testing.TB
	cmd     *exec.Cmd
	in      io.WriteCloser
	ws      string // workspace folder
	state   string // gorescue's state folder

	wmu sync.Mutex // writing

	mu       sync.Mutex
	next     int
	waiting  map[int]chan message
	loaded   chan struct{} // closed at the end of the first load
	loads    int
	tokens   map[string]string // open work: token → title
	shown    []string
	problems map[string]int
	settings map[string]any
	reg      map[string]bool
	deaf     bool // does not answer the server
	ended    chan struct{}

	docs     map[string]string
	versions map[string]int
}

type message struct {
	ID     json.RawMessage `json:"id"`
	Method string          `json:"method"`
	Params json.RawMessage `json:"params"`
	Result json.RawMessage `json:"result"`
	Error  *struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
	} `json:"error"`
}

// environ is what an editor started from a desktop would give, plus what keeps a test apart from the user.
func environ(ws string) []string {
	work := filepath.Dir(ws)
	return []string{
		"WORK=" + work + "/", "HOME=" + filepath.Join(work, "home"), "PATH=" + os.Getenv("PATH"), "LANG=C.UTF-8",
		"GOCACHE=" + theLab.GoCache, "GOMODCACHE=" + modCache(), "GOPLSCACHE=" + filepath.Join(theLab.Root, "goplscache"),
		"GOTOOLCHAIN=local", "GOPROXY=off", "GOFLAGS=", "GORESCUE_STATE=" + filepath.Join(work, "state"),
	}
}

func modCache() string {
	out, err := exec.Command("go", "env", "GOMODCACHE").Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
}

// start starts a program as language server, without talking to it.
func start(t testing.TB, ws string, args ...string) *editor {
	t.Helper()
	e := &editor{
		t: t, ws: ws, state: filepath.Join(filepath.Dir(ws), "state"), waiting: map[int]chan message{}, tokens: map[string]string{}, problems: map[string]int{},
		settings: map[string]any{}, reg: map[string]bool{}, ended: make(chan struct{}), loaded: make(chan struct{}), docs: map[string]string{}, versions: map[string]int{},
	}
	write(t, filepath.Join(filepath.Dir(ws), "home", ".config", "go", "telemetry", "mode"), "off 2024-01-01\n")
	e.cmd = exec.Command(args[0], args[1:]...)
	e.cmd.Dir, e.cmd.Env = ws, environ(ws)
	var err error
	if e.in, err = e.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := e.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	log, err := os.Create(filepath.Join(filepath.Dir(ws), "stderr"))
	if err != nil {
		t.Fatal(err)
	}
	e.cmd.Stderr = log
	if err := e.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	log.Close()
	go e.read(bufio.NewReaderSize(out, 1<<20))
	t.Cleanup(func() {
		e.in.Close()
		select {
		case <-e.ended:
		case <-time.After(10 * time.Second):
			t.Error("the server did not end with its input")
			_ = e.cmd.Process.Kill()
		}
		_ = e.cmd.Wait()
	})
	return e
}

// supervise starts the supervisor in front of a real gopls and introduces the editor.
func supervise(t testing.TB, ws, version string, flags ...string) *editor {
	t.Helper()
	e := start(t, ws, append([]string{theLab.Product, "lsp", "--gopls=" + gopls(version)}, flags...)...)
	e.introduce()
	return e
}

func (e *editor) introduce() {
	e.t.Helper()
	e.must("initialize", map[string]any{
		"processId": os.Getpid(), "rootUri": "file://" + e.ws, "workspaceFolders": []any{map[string]any{"uri": "file://" + e.ws, "name": "ws"}},
		"clientInfo": map[string]any{"name": "test"},
		"capabilities": map[string]any{
			"window":    map[string]any{"workDoneProgress": true},
			"workspace": map[string]any{"configuration": true, "workspaceFolders": true, "didChangeConfiguration": map[string]any{"dynamicRegistration": true}, "didChangeWatchedFiles": map[string]any{"dynamicRegistration": true}},
		},
	}, time.Minute)
	e.tell("initialized", struct{}{})
}

func (e *editor) read(r *bufio.Reader) {
	defer close(e.ended)
	tp := textproto.NewReader(r)
	for {
		h, err := tp.ReadMIMEHeader()
		if err != nil {
			return
		}
		n, err := strconv.Atoi(h.Get("Content-Length"))
		if err != nil || len(h) != 1 {
			e.t.Errorf("a bad header: %v", h)
			return
		}
		body := make([]byte, n)
		if _, err := io.ReadFull(r, body); err != nil {
			return
		}
		var m message
		if err := json.Unmarshal(body, &m); err != nil {
			if !e.lenient.Load() {
				e.t.Errorf("%v: %s", err, body)
			}
			continue
		}
		e.take(m)
	}
}

func (e *editor) take(m message) {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case m.Method == "":
		id, _ := strconv.Atoi(string(m.ID))
		c := e.waiting[id]
		if c == nil {
			e.t.Errorf("an answer to nothing, or a second one: %s", m.ID)
			return
		}
		delete(e.waiting, id)
		c <- m
	case m.ID != nil:
		if !e.deaf {
			go e.send(map[string]any{"jsonrpc": "2.0", "id": m.ID, "result": e.answer(m)})
		}
	default:
		e.notified(m)
	}
}

// answer is what an editor answers to a request of the server.
func (e *editor) answer(m message) any {
	switch m.Method {
	case "workspace/configuration":
		var p struct{ Items []any }
		_ = json.Unmarshal(m.Params, &p)
		return slices.Repeat([]any{e.settings}, len(p.Items))
	case "client/registerCapability":
		var p struct{ Registrations []struct{ ID string } }
		_ = json.Unmarshal(m.Params, &p)
		for _, r := range p.Registrations {
			if e.reg[r.ID] {
				e.t.Errorf("registered twice: %s", r.ID)
			}
			e.reg[r.ID] = true
		}
	case "client/unregisterCapability":
		var p struct{ Unregisterations []struct{ ID string } }
		_ = json.Unmarshal(m.Params, &p)
		for _, r := range p.Unregisterations {
			delete(e.reg, r.ID)
		}
	}
	return nil
}

func (e *editor) notified(m message) {
	switch m.Method {
	case "window/showMessage":
		var p struct{ Message string }
		_ = json.Unmarshal(m.Params, &p)
		e.shown = append(e.shown, p.Message)
	case "textDocument/publishDiagnostics":
		var p struct {
			URI         string
			Diagnostics []any
		}
		_ = json.Unmarshal(m.Params, &p)
		e.problems[p.URI] = len(p.Diagnostics)
	case "$/progress":
		var p struct {
			Token json.RawMessage
			Value struct{ Kind, Title, Message string }
		}
		_ = json.Unmarshal(m.Params, &p)
		switch token := string(p.Token); p.Value.Kind {
		case "begin":
			e.tokens[token] = p.Value.Title
		case "end":
			if e.tokens[token] == "Setting up workspace" && p.Value.Message != "" { // the supervisor ends work without a word
				if e.loads++; e.loads == 1 {
					close(e.loaded)
				}
			}
			delete(e.tokens, token)
		}
	}
}

func (e *editor) send(v any) {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	e.wmu.Lock()
	defer e.wmu.Unlock()
	fmt.Fprintf(e.in, "Content-Length: %d\r\n\r\n%s", len(b), b)
}

func (e *editor) tell(method string, params any) {
	e.send(map[string]any{"jsonrpc": "2.0", "method": method, "params": params})
}

// ask sends a request; its answer comes on the channel.
func (e *editor) ask(method string, params any) chan message {
	e.mu.Lock()
	e.next++
	id, c := e.next, make(chan message, 1)
	e.waiting[id] = c
	e.mu.Unlock()
	e.send(map[string]any{"jsonrpc": "2.0", "id": id, "method": method, "params": params})
	return c
}

// must asks and waits for an answer that is no error.
func (e *editor) must(method string, params any, limit time.Duration) json.RawMessage {
	e.t.Helper()
	select {
	case m := <-e.ask(method, params):
		if m.Error != nil {
			e.t.Fatalf("%s: %d %s", method, m.Error.Code, m.Error.Message)
		}
		return m.Result
	case <-e.ended:
		e.t.Fatalf("%s: the server has ended", method)
	case <-time.After(limit):
		e.t.Fatalf("%s: no answer after %v", method, limit)
	}
	return nil
}

func (e *editor) waitLoaded(limit time.Duration) {
	e.t.Helper()
	select {
	case <-e.loaded:
	case <-time.After(limit):
		e.t.Fatalf("the workspace was not loaded after %v", limit)
	}
}

func (e *editor) uri(name string) string { return "file://" + filepath.Join(e.ws, name) }

func (e *editor) open(name string) {
	e.t.Helper()
	data, err := os.ReadFile(filepath.Join(e.ws, name))
	if err != nil {
		e.t.Fatal(err)
	}
	e.openText(name, string(data), 1)
}

func (e *editor) openText(name, text string, version int) {
	e.docs[name], e.versions[name] = text, version
	e.tell("textDocument/didOpen", map[string]any{"textDocument": map[string]any{"uri": e.uri(name), "languageId": "go", "version": version, "text": text}})
}

func (e *editor) close(name string) {
	delete(e.docs, name)
	e.tell("textDocument/didClose", map[string]any{"textDocument": map[string]any{"uri": e.uri(name)}})
}

// replace replaces the bytes from i to j of a document; both are at character boundaries.
func (e *editor) replace(name string, i, j int, by string) {
	text := e.docs[name]
	e.versions[name]++
	e.tell("textDocument/didChange", map[string]any{
		"textDocument":   map[string]any{"uri": e.uri(name), "version": e.versions[name]},
		"contentChanges": []any{map[string]any{"range": map[string]any{"start": position(text, i), "end": position(text, j)}, "text": by}},
	})
	e.docs[name] = text[:i] + by + text[j:]
}

func position(text string, i int) map[string]any {
	before := text[:i]
	line := before[strings.LastIndexByte(before, '\n')+1:]
	return map[string]any{"line": strings.Count(before, "\n"), "character": len(utf16.Encode([]rune(line)))}
}

// labels completes behind the first occurrence of a text and returns what is offered.
func (e *editor) labels(name, behind string, limit time.Duration) []string {
	e.t.Helper()
	i := strings.Index(e.docs[name], behind)
	if i < 0 {
		e.t.Fatalf("no %q in %s", behind, name)
	}
	raw := e.must("textDocument/completion", map[string]any{"textDocument": map[string]any{"uri": e.uri(name)}, "position": position(e.docs[name], i+len(behind))}, limit)
	var list struct{ Items []struct{ Label string } }
	if err := json.Unmarshal(raw, &list); err != nil {
		e.t.Fatal(err)
	}
	var out []string
	for _, it := range list.Items {
		out = append(out, it.Label)
	}
	return out
}

// completes completes until a label is offered, and returns how long that took.
func (e *editor) completes(name, behind, label string, limit time.Duration) time.Duration {
	e.t.Helper()
	begin := time.Now()
	for {
		got := e.labels(name, behind, limit)
		if slices.Contains(got, label) {
			return time.Since(begin)
		}
		if time.Since(begin) > limit {
			e.t.Fatalf("%q offers %q, not %s, after %v", behind, got, label, limit)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// server is the process of the real gopls now; it waits for one that is not the one before.
func (e *editor) server(before int) int {
	e.t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		table, err := proc.Processes()
		if err != nil {
			e.t.Fatal(err)
		}
		for _, p := range table.Tree(e.cmd.Process.Pid)[min(1, len(table.Tree(e.cmd.Process.Pid))):] {
			if q, ok := proc.Get(p.PID); ok && p.PPID == e.cmd.Process.Pid && q.PID != before && strings.Contains(q.Command, "gopls") && !strings.Contains(q.Command, "telemetry") && q.State != "Z" {
				return q.PID
			}
		}
	}
	e.t.Fatal("no gopls below the supervisor")
	return 0
}

func (e *editor) signal(pid int, sig syscall.Signal) {
	e.t.Helper()
	if err := syscall.Kill(pid, sig); err != nil {
		e.t.Fatal(err)
	}
}

// events are what the supervisor has written to the journal, of one kind.
func (e *editor) events(kind string) []lspproxy.Event {
	e.t.Helper()
	j, err := journal.Read(e.state)
	if err != nil {
		e.t.Fatal(err)
	}
	var out []lspproxy.Event
	for _, r := range j.Records() {
		var ev lspproxy.Event
		if r.Kind == journal.Event && r.Note == kind && json.Unmarshal(r.Data, &ev) == nil {
			out = append(out, ev)
		}
	}
	return out
}

// eventually waits until a condition holds.
func (e *editor) eventually(limit time.Duration, what string, ok func() bool) {
	e.t.Helper()
	for end := time.Now().Add(limit); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			log, _ := os.ReadFile(filepath.Join(filepath.Dir(e.ws), "stderr"))
			e.t.Fatalf("not after %v: %s\nshown: %q\n%s", limit, what, e.messages(), bytes.TrimSpace(log[max(0, len(log)-2000):]))
		}
	}
}

func (e *editor) messages() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.shown)
}
