package lspproxy

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gorescue/gorescue/internal/lsp"
	"github.com/gorescue/gorescue/internal/text"
)

// model is a world for the core: an editor that edits and asks at random, servers that answer late or die
// at any message, and a clock that runs when told. It checks what the editor and each server may expect.
type model struct {
	t   *testing.T
	r   *rand.Rand
	c   *core
	now time.Time

	toCore []func() // what the editor and the servers have sent and the core has not seen
	srv    *modelServer
	gen    int
	events []Event

	// the editor
	docs       map[string]string
	versions   map[string]int
	open       map[string]bool // requests without an answer, by id
	answers    map[string]string
	nextID     int
	tokens     map[string]bool
	registered map[string]bool
	problems   map[string]int
	settings   int
	shown      []string
}

// modelServer is a language server that keeps documents and answers with what it has.
type modelServer struct {
	m      *model
	gen    int
	nextID int
	docs   map[string]*lsp.Document
	ready  bool
	inited bool
	config string
	dead   bool
	deaf   bool
}

func newModel(t *testing.T, seed uint64, opt Options) *model {
	m := &model{
		t: t, r: rand.New(rand.NewPCG(seed, 7)), now: time.Unix(1_000_000, 0),
		docs: map[string]string{}, versions: map[string]int{}, open: map[string]bool{}, answers: map[string]string{},
		tokens: map[string]bool{}, registered: map[string]bool{}, problems: map[string]int{},
	}
	opt.Lang = text.English
	m.c = newCore(m, opt, func() time.Time { return m.now })
	return m
}

func (m *model) toEditor(body []byte) {
	msg := m.parse(body)
	switch {
	case msg.IsResponse():
		id := string(msg.ID)
		if !m.open[id] {
			m.t.Fatalf("a second answer, or one to nothing: %s", body)
		}
		delete(m.open, id)
		m.answers[id] = string(msg.Result)
	case msg.IsRequest():
		m.later(func() { m.editorAnswers(msg) })
	case msg.Method == "$/progress":
		token := string(lsp.Field(msg.Params, "token"))
		if lsp.String(msg.Params, "value", "kind") == "begin" {
			m.tokens[token] = true
		} else if !m.tokens[token] {
			m.t.Fatalf("the end of no work: %s", body)
		} else {
			delete(m.tokens, token)
		}
	case msg.Method == "textDocument/publishDiagnostics":
		m.problems[lsp.String(msg.Params, "uri")] = strings.Count(string(msg.Params), "message")
	case msg.Method == "window/showMessage":
		m.shown = append(m.shown, lsp.String(msg.Params, "message"))
	}
}

func (m *model) editorAnswers(msg lsp.Message) {
	var result any
	switch msg.Method {
	case "client/registerCapability":
		var p struct{ Registrations []struct{ ID string } }
		m.decode(msg.Params, &p)
		for _, r := range p.Registrations {
			if m.registered[r.ID] {
				m.t.Fatalf("registered twice: %s", msg.Body)
			}
			m.registered[r.ID] = true
		}
	case "client/unregisterCapability":
		var p struct{ Unregisterations []struct{ ID string } }
		m.decode(msg.Params, &p)
		for _, r := range p.Unregisterations {
			if !m.registered[r.ID] {
				m.t.Fatalf("unregistered what is not: %s", msg.Body)
			}
			delete(m.registered, r.ID)
		}
	case "workspace/configuration":
		result = []any{map[string]any{"n": m.settings}}
	}
	m.c.fromEditor(m.parse(lsp.Response(msg.ID, result)))
}

func (m *model) parse(body []byte) lsp.Message {
	msg, err := lsp.Parse(slices.Clone(body))
	if err != nil {
		m.t.Fatalf("%v: %s", err, body)
	}
	return msg
}

func (m *model) decode(raw []byte, v any) {
	if err := json.Unmarshal(raw, v); err != nil {
		m.t.Fatal(err)
	}
}

func (m *model) later(f func()) { m.toCore = append(m.toCore, f) }

func (m *model) start(s startup) {
	if m.srv != nil && !m.srv.dead {
		m.t.Fatal("two servers at once")
	}
	m.later(func() {
		m.gen = s.gen
		m.srv = &modelServer{m: m, gen: s.gen, docs: map[string]*lsp.Document{}}
		m.c.started(s.gen)
	})
}

func (m *model) end(v Verdict)  { m.die() }
func (m *model) resume()        { m.srv.deaf = false }
func (m *model) record(e Event) { m.events = append(m.events, e) }

func (m *model) die() {
	if s := m.srv; s != nil && !s.dead {
		s.dead = true
		m.later(func() { m.c.gone(s.gen, Exit{Status: "signal: killed"}) })
	}
}

func (m *model) toServer(body []byte) {
	s := m.srv
	if s == nil || s.dead || s.deaf {
		return
	}
	s.take(m.parse(body))
}

func (s *modelServer) send(body []byte) {
	s.m.later(func() { s.m.c.fromServer(s.gen, s.m.parse(body)) })
}

func (s *modelServer) ask(method string, params any) {
	s.nextID++
	s.send(lsp.Request(lsp.NumberID(int64(s.nextID)), method, params))
}

func (s *modelServer) take(msg lsp.Message) {
	uri := lsp.String(msg.Params, "textDocument", "uri")
	switch {
	case msg.Method == "initialize":
		if s.inited {
			s.m.t.Fatal("initialize twice")
		}
		s.inited = true
		s.send(lsp.Response(msg.ID, map[string]any{"capabilities": map[string]any{"x": 1}, "serverInfo": map[string]any{"version": "v0.20.0"}}))
		return
	case msg.IsResponse():
		if n, _ := msg.Number(); n > int64(s.nextID) || n < 1 {
			s.m.t.Fatalf("an answer to nothing: %s", msg.Body)
		}
		if lsp.Field(msg.Result) != nil && strings.HasPrefix(string(msg.Result), "[{") {
			s.config = string(msg.Result)
		}
		return
	case !s.inited:
		s.m.t.Fatalf("before initialize: %s", msg.Body)
	}
	switch msg.Method {
	case "initialized":
		s.ready = true
		token := fmt.Sprint("t", s.m.r.Uint32())
		s.ask("window/workDoneProgress/create", map[string]any{"token": token})
		s.send(lsp.Notification("$/progress", map[string]any{"token": token, "value": map[string]any{"kind": "begin", "title": titleLoad}}))
		s.ask("workspace/configuration", map[string]any{"items": []any{map[string]any{"section": "gopls"}}})
		regs := []any{map[string]any{"id": "watch-0", "method": "workspace/didChangeWatchedFiles", "registerOptions": map[string]any{"n": s.m.r.IntN(2)}}}
		if s.m.r.IntN(2) == 0 {
			regs = append(regs, map[string]any{"id": "conf", "method": "workspace/didChangeConfiguration"})
		}
		s.ask("client/registerCapability", map[string]any{"registrations": regs})
		s.send(lsp.Notification("$/progress", map[string]any{"token": token, "value": map[string]any{"kind": "end"}}))
	case "workspace/didChangeConfiguration":
		s.ask("workspace/configuration", map[string]any{"items": []any{map[string]any{"section": "gopls"}}})
	case "textDocument/didOpen":
		d, err := lsp.Open(msg.Params)
		if err != nil || s.docs[d.URI] != nil || !s.ready {
			s.m.t.Fatalf("bad didOpen (%v): %s", err, msg.Body)
		}
		s.docs[d.URI] = d
		s.publish(d)
	case "textDocument/didChange":
		d := s.docs[uri]
		if d == nil {
			s.m.t.Fatalf("a change of a document that is not open: %s", msg.Body)
		}
		before := d.Version
		if err := d.Apply(msg.Params, ""); err != nil {
			s.m.t.Fatal(err)
		}
		if d.Version != before+1 {
			s.m.t.Fatalf("an edit was lost or doubled: version %d after %d", d.Version, before)
		}
		s.publish(d)
	case "textDocument/didClose":
		if s.docs[uri] == nil {
			s.m.t.Fatalf("closed what is not open: %s", msg.Body)
		}
		delete(s.docs, uri)
		s.send(lsp.Notification("textDocument/publishDiagnostics", map[string]any{"uri": uri, "diagnostics": []any{}}))
	case "textDocument/hover":
		d := s.docs[uri]
		if d == nil {
			s.send(lsp.Response(msg.ID, "closed"))
			return
		}
		s.send(lsp.Response(msg.ID, fmt.Sprintf("%d %s", d.Version, d.Text)))
	case methodProbe:
		s.send(lsp.Failure(msg.ID, lsp.CodeMethodNotFound, "no"))
	default:
		if msg.IsRequest() {
			s.send(lsp.Response(msg.ID, nil))
		}
	}
}

func (s *modelServer) publish(d *lsp.Document) {
	list := []any{}
	if len(d.Text)%2 == 1 {
		list = append(list, map[string]any{"message": "odd"})
	}
	s.send(lsp.Notification("textDocument/publishDiagnostics", map[string]any{"uri": d.URI, "diagnostics": list}))
}

// step lets the core see the next thing that was sent to it. Order is kept.
func (m *model) step() bool {
	if len(m.toCore) == 0 {
		return false
	}
	f := m.toCore[0]
	m.toCore = m.toCore[1:]
	f()
	return true
}

func (m *model) settle() {
	for range 60 {
		for m.step() {
		}
		m.tick(time.Second)
	}
	for m.step() {
	}
}

func (m *model) tick(d time.Duration) {
	m.now = m.now.Add(d)
	m.c.tick(Sample{OK: true, PID: 1, State: 'S', CPU: time.Duration(m.now.UnixNano()) / 10}, false)
}

func (m *model) ask(method string, params any) string {
	m.nextID++
	id := fmt.Sprintf(`"e%d"`, m.nextID)
	m.open[id] = true
	m.c.fromEditor(m.parse(lsp.Request([]byte(id), method, params)))
	return id
}

func (m *model) tell(method string, params any) {
	m.c.fromEditor(m.parse(lsp.Notification(method, params)))
}

func (m *model) introduce() {
	m.c.begin()
	id := m.ask("initialize", map[string]any{"capabilities": map[string]any{}})
	for range 1000 {
		m.step()
		if !m.open[id] {
			break
		}
		m.tick(time.Second)
	}
	if m.open[id] {
		m.t.Fatal("initialize was not answered")
	}
	m.tell("initialized", struct{}{})
}

func doc(n int) string { return fmt.Sprintf("file:///w/d%d.go", n) }

// act is one random deed of the editor.
func (m *model) act() {
	uri := doc(m.r.IntN(4))
	cur, isOpen := m.docs[uri]
	switch k := m.r.IntN(20); {
	case !isOpen:
		m.docs[uri], m.versions[uri] = "ab\nc😀d\n", 1
		m.tell("textDocument/didOpen", map[string]any{"textDocument": map[string]any{"uri": uri, "languageId": "go", "version": 1, "text": m.docs[uri]}})
	case k == 0:
		delete(m.docs, uri)
		m.tell("textDocument/didClose", map[string]any{"textDocument": map[string]any{"uri": uri}})
	case k < 4:
		id := m.ask("textDocument/hover", map[string]any{"textDocument": map[string]any{"uri": uri}})
		if m.r.IntN(4) == 0 {
			m.tell("$/cancelRequest", map[string]any{"id": json.RawMessage(id)})
		}
	case k == 4:
		m.ask("workspace/executeCommand", map[string]any{"command": "x"})
	case k == 5:
		m.settings++
		m.tell("workspace/didChangeConfiguration", map[string]any{"settings": m.settings})
	default:
		add := []string{"x", "\n", "世", "😀", ""}[m.r.IntN(5)]
		lines := strings.Split(cur, "\n")
		l := m.r.IntN(len(lines))
		line := []rune(lines[l])
		at := m.r.IntN(len(line) + 1)
		to := min(len(line), at+m.r.IntN(2))
		pos := func(n int) map[string]any {
			units := 0
			for _, r := range line[:n] {
				units++
				if r > 0xffff {
					units++
				}
			}
			return map[string]any{"line": l, "character": units}
		}
		m.versions[uri]++
		m.tell("textDocument/didChange", map[string]any{"textDocument": map[string]any{"uri": uri, "version": m.versions[uri]},
			"contentChanges": []any{map[string]any{"range": map[string]any{"start": pos(at), "end": pos(to)}, "text": add}}})
		lines[l] = string(line[:at]) + add + string(line[to:])
		m.docs[uri] = strings.Join(lines, "\n")
	}
}

// check compares what the server has with what the editor has, when all is quiet.
func (m *model) check() {
	if m.srv == nil || m.srv.dead {
		m.t.Fatal("no server")
	}
	if len(m.srv.docs) != len(m.docs) {
		m.t.Fatalf("the server has %d documents, the editor %d", len(m.srv.docs), len(m.docs))
	}
	for uri, want := range m.docs {
		d := m.srv.docs[uri]
		if d == nil || string(d.Text) != want || d.Version != int64(m.versions[uri]) {
			m.t.Fatalf("%s: the server has %+v, the editor %q version %d", uri, d, want, m.versions[uri])
		}
	}
	if len(m.open) > 0 || len(m.tokens) > 0 {
		m.t.Fatalf("left without an answer: %v; work without an end: %v", m.open, m.tokens)
	}
	for uri, n := range m.problems {
		if want, isOpen := m.docs[uri]; n != len(want)%2 || !isOpen && n > 0 {
			m.t.Fatalf("%s shows %d problems of %q", uri, n, want)
		}
	}
	if got := m.srv.config; !strings.Contains(got, fmt.Sprintf(`"n":%d`, m.settings)) {
		m.t.Fatalf("the server has the settings %s, the editor %d", got, m.settings)
	}
}

// TestRandomEdits edits, asks and kills at random: no edit is lost or doubled, each request has exactly one
// answer, and nothing of a dead server stays on the screen.
func TestRandomEdits(t *testing.T) {
	edits, deaths := 0, 0
	seeds := uint64(120)
	if v, err := strconv.ParseUint(os.Getenv("GORESCUE_SEEDS"), 10, 64); err == nil {
		seeds = v
	}
	for seed := range seeds {
		m := newModel(t, seed, Options{MaxRestarts: 1 << 20})
		m.introduce()
		for range 600 {
			m.act()
			edits++
			for m.r.IntN(3) > 0 && m.step() {
			}
			if m.r.IntN(80) == 0 {
				m.die()
				deaths++
			}
			if m.r.IntN(30) == 0 {
				m.tick(time.Duration(m.r.IntN(1500)) * time.Millisecond)
			}
		}
		m.settle()
		for range 200 { // until the leavings are swept
			m.tick(time.Second)
			for m.step() {
			}
		}
		m.check()
	}
	t.Logf("%d deeds, %d deaths", edits, deaths)
	if deaths < 500 {
		t.Error("too few deaths to prove anything")
	}
}

// TestHoverAfterDeath: a question in flight is asked again, and answered from the text of now.
func TestHoverAfterDeath(t *testing.T) {
	m := newModel(t, 1, Options{})
	m.introduce()
	m.settle()
	m.tell("textDocument/didOpen", map[string]any{"textDocument": map[string]any{"uri": doc(0), "languageId": "go", "version": 5, "text": "package a"}})
	id := m.ask("textDocument/hover", map[string]any{"textDocument": map[string]any{"uri": doc(0)}})
	cmd := m.ask("workspace/executeCommand", map[string]any{})
	m.toCore = nil // the answers never arrive
	m.die()
	m.settle()
	if got := m.answers[id]; got != `"5 package a"` {
		t.Errorf("hover: %s", got)
	}
	if got, answered := m.answers[cmd]; !answered || got != "" {
		t.Errorf("a command of unknown effect was answered by %q", got)
	}
	if len(m.shown) != 1 || !strings.Contains(m.shown[0], "nothing is lost") {
		t.Errorf("shown: %q", m.shown)
	}
}

// TestPoison: a request that kills each server is not asked for ever, and a server that always dies is left
// alone while the editor gets empty answers; later there is another try.
func TestPoison(t *testing.T) {
	m := newModel(t, 1, Options{})
	m.introduce()
	m.settle()
	for range 8 {
		m.die()
		for range 10 {
			for m.step() {
			}
			m.tick(time.Second)
		}
	}
	if m.c.phase != asleep {
		t.Fatalf("phase %d after eight deaths", m.c.phase)
	}
	starts := m.c.gen
	id := m.ask("textDocument/completion", map[string]any{"textDocument": map[string]any{"uri": doc(0)}})
	if got := m.answers[id]; got != `{"isIncomplete":true,"items":[]}` {
		t.Errorf("completion while asleep: %s", got)
	}
	m.tell("textDocument/didOpen", map[string]any{"textDocument": map[string]any{"uri": doc(0), "languageId": "go", "version": 1, "text": "x"}})
	m.docs[doc(0)], m.versions[doc(0)] = "x", 1
	for range 9 * 60 {
		m.tick(time.Second)
	}
	if m.c.gen != starts {
		t.Errorf("%d starts while asleep", m.c.gen-starts)
	}
	for range 120 {
		m.tick(time.Second)
		for m.step() {
		}
	}
	if m.c.phase != live {
		t.Fatalf("phase %d after the rest", m.c.phase)
	}
	m.settle()
	m.check()
	if !slices.ContainsFunc(m.shown, func(s string) bool { return strings.Contains(s, "left alone") }) {
		t.Errorf("shown: %q", m.shown)
	}
}

// TestStopped: a stopped server is let go on first, and replaced when it is stopped again soon.
func TestStopped(t *testing.T) {
	m := newModel(t, 1, Options{})
	m.introduce()
	m.settle()
	look := func(state byte) {
		m.now = m.now.Add(time.Second)
		m.c.tick(Sample{OK: true, PID: 1, State: state, CPU: time.Duration(m.now.UnixNano()) / 10}, false)
	}
	m.srv.deaf = true
	look('T')
	look('T')
	if m.srv.deaf || m.c.phase != live {
		t.Fatalf("phase %d: the server was not let go on", m.c.phase)
	}
	for range 5 {
		look('S')
	}
	look('T')
	look('T')
	if m.c.phase != ending || m.c.verdict.Kind != Stopped {
		t.Fatalf("phase %d, verdict %q when stopped again", m.c.phase, m.c.verdict.Kind)
	}
	m.settle()
	m.check()
}

// TestDeaf: a server that sleeps and does not answer is replaced in time, unless it waits for the editor or
// a debugger looks at it.
func TestDeaf(t *testing.T) {
	for name, tc := range map[string]struct {
		state   byte
		helpers helpers
		blocked bool
		within  int // seconds; 0 = never
	}{
		"asleep":                {'S', noHelpers, false, 11},
		"waits for a helper":    {'S', helpersIdle, false, 70},
		"helper at work":        {'S', helpersBusy, false, 0},
		"waits for the disk":    {'D', noHelpers, false, 0},
		"waits for a processor": {'R', noHelpers, false, 0},
		"debugger":              {'t', noHelpers, false, 0},
		"waits for the editor":  {'S', noHelpers, true, 0},
	} {
		m := newModel(t, 1, Options{})
		m.introduce()
		m.settle()
		m.srv.deaf = true
		m.ask("textDocument/hover", map[string]any{})
		if tc.blocked {
			m.c.asked[99] = question{method: "workspace/workspaceFolders", at: m.now}
		}
		at := 0
		for i := range 300 {
			m.now = m.now.Add(time.Second)
			m.c.tick(Sample{OK: true, PID: 1, State: tc.state, CPU: time.Minute, Helpers: tc.helpers}, false)
			if m.c.phase == ending {
				at = i + 1
				break
			}
		}
		if at > 0 != (tc.within > 0) || at > tc.within {
			t.Errorf("%s: ended after %d s, want within %d", name, at, tc.within)
		}
	}
}

// TestSpare: after a verdict the next server is spared, then trusted again, and in the end spared for good.
func TestSpare(t *testing.T) {
	m := newModel(t, 1, Options{MaxRestarts: 1000})
	m.introduce()
	m.settle()
	convict := func() {
		m.c.convict(Verdict{Kind: Runaway})
		m.settle()
	}
	spared := func() bool { return strings.Contains(m.srv.config, `"diagnosticsTrigger":"Save"`) }
	if spared() {
		t.Fatal("spared without a reason")
	}
	convict()
	if !spared() || !strings.Contains(m.srv.config, `"n":0`) {
		t.Fatalf("settings after a verdict: %s", m.srv.config)
	}
	wait := func(min int) {
		for range min * 60 {
			m.tick(time.Second)
			for m.step() {
			}
		}
	}
	wait(6)
	if spared() {
		t.Fatalf("settings after some minutes in health: %s", m.srv.config)
	}
	for _, min := range []int{11, 21} { // each trial that fails doubles the rest
		convict()
		if !spared() {
			t.Fatal("not spared after a failed trial")
		}
		wait(min)
		if spared() {
			t.Fatalf("still spared after %d min", min)
		}
	}
	convict()
	wait(200)
	if !spared() || !m.c.mode.stuck() {
		t.Error("trusted again after three failed trials")
	}
	wait(1)
	if n := len(m.shown); n == 0 || !strings.Contains(m.shown[n-1], "until the editor is started again") {
		t.Errorf("shown: %q", m.shown)
	}
}

// TestGoodbye: shutdown is answered by a dead or deaf server too.
func TestGoodbye(t *testing.T) {
	for _, deaf := range []bool{true, false} {
		m := newModel(t, 1, Options{})
		m.introduce()
		m.settle()
		if deaf {
			m.srv.deaf = true
		}
		id := m.ask("shutdown", nil)
		if !deaf {
			m.toCore = nil
			m.die()
		}
		gen := m.c.gen
		for range 5 {
			m.tick(time.Second)
			for m.step() {
			}
		}
		if m.answers[id] != "null" || m.c.gen != gen {
			t.Errorf("deaf %v: shutdown answered by %q, generation %d after %d", deaf, m.answers[id], m.c.gen, gen)
		}
		m.tell("exit", nil)
		if m.c.phase != over {
			t.Error("exit was not heard")
		}
	}
}
