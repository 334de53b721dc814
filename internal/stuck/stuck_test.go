package stuck_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gorescue/gorescue/internal/goroutine"
	"github.com/gorescue/gorescue/internal/stuck"
)

// source is a package with waits; a line is named by its comment.
const source = `package p

import ("context"; "net/http"; "sync"; "time")

func local() {
	c := make(chan int)
	go func() { c <- 1 }() // go-local
	<-c // wait-local
}

func handed(ok bool) {
	done := make(chan int, 1)
	for i := 0; i < 3; i++ {
		go send(done) // go-handed
	}
	if ok { <-done }
}

func send(out chan<- int) {
	out <- 1 // wait-handed
}

func kept(c chan int) *box {
	d := make(chan int)
	go func() {
		<-d // wait-kept
	}() // end
	return &box{d}
}

type box struct{ c chan int; mu sync.Mutex }

func (b *box) field() {
	b.c <- 1 // wait-field
}

func stored() {
	d := make(chan int)
	hold = func() { d <- 1 }
	<-d // wait-stored
}

var hold func()

func subscribed(b *box) {
	c := b.subscribe()
	for range c { // wait-subscribed
	}
}

func (b *box) subscribe() chan int { return b.c }

func replaced(b *box) {
	c := make(chan int)
	if b != nil {
		c = b.c
	}
	<-c // wait-replaced
}

func groups() {
	var wg sync.WaitGroup
	wg.Add(1)
	go work(&wg)
	wg.Wait() // wait-group
}

func work(wg *sync.WaitGroup) { defer wg.Done() }

func ticks() {
	t := time.NewTicker(1)
	for range t.C { // wait-ticks
	}
}

func ends(stop chan int) {
	t := time.NewTicker(1)
	for {
		select { // wait-ends
		case <-t.C:
		case <-stop:
			return
		}
	}
}

func delayed(stop chan int) {
	t := time.NewTimer(1)
	never := make(chan int)
	go func() {
		select { // wait-delayed
		case <-t.C:
		case <-never:
		}
	}()
	for n := 0; ; n++ {
		select { // wait-counted
		case <-t.C:
			if n > 4 { return }
		case <-never:
		}
	}
}

func clocked(c interface{ After(time.Duration) chan int }) {
	<-c.After(3 * time.Second) // wait-clocked
}

type flight struct{ pending sync.WaitGroup }

func (f *flight) lead() { f.pending.Add(1); work(nil); f.pending.Done() }

func (f *flight) follow() {
	f.pending.Wait() // wait-flight
}

func breaks() {
	for {
		time.Sleep(1) // wait-breaks
		if hold == nil { break }
	}
}

func innerBreak() {
	for {
		time.Sleep(1) // wait-inner
		switch { case hold == nil: break }
	}
}

func ctxs(r *http.Request) {
	ctx, cancel := context.WithCancel(context.Background())
	_ = cancel
	<-ctx.Done() // wait-ctx
}

func deadline() {
	ctx, cancel := context.WithTimeout(context.Background(), 1)
	defer cancel()
	<-ctx.Done() // wait-deadline
}

func (b *box) early(ok bool) {
	b.mu.Lock() // wait-mutex
	if ok {
		return // leaves
	}
	b.mu.Unlock()
}

type other struct{ mu sync.Mutex }

type embeds struct{ sync.Mutex }

func (e *embeds) one() {
	e.Lock() // wait-embedded
	e.Unlock()
}

func (x *embeds) two() { x.Lock(); x.Unlock() }

type aliased struct{ inner sync.Mutex }

func (a *aliased) one() {
	a.inner.Lock() // wait-aliased
	a.inner.Unlock()
}

func (a *aliased) two() { l := &a.inner; l.Lock(); l.Unlock() }

func (o *other) fine() {
	o.mu.Lock() // wait-fine
	defer o.mu.Unlock()
	if hold == nil { return }
}
`

func places(t *testing.T) (dir string, at func(comment, fn string) goroutine.Frame) {
	t.Helper()
	dir = t.TempDir()
	path := filepath.Join(dir, "p.go")
	for name, text := range map[string]string{path: source, filepath.Join(dir, "go.mod"): "module example.com/p\n"} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir, func(comment, fn string) goroutine.Frame {
		for i, l := range strings.Split(source, "\n") {
			if strings.HasSuffix(l, "// "+comment) {
				return goroutine.Frame{Func: "p." + fn, File: path, Line: i + 1}
			}
		}
		t.Fatalf("no line %s", comment)
		return goroutine.Frame{}
	}
}

func TestWho(t *testing.T) {
	dir, at := places(t)
	none := goroutine.Frame{}
	for _, c := range []struct {
		op      goroutine.Op
		fr, by  goroutine.Frame
		known   bool
		release string
	}{
		{goroutine.Send, at("go-local", "local.func1"), at("go-local", "local"), true, "local"},
		{goroutine.Receive, at("wait-local", "local"), none, true, "local, in a function of it"},
		{goroutine.Send, at("wait-handed", "send"), at("go-handed", "handed"), true, "handed"},
		{goroutine.Receive, at("wait-kept", "kept.func1"), none, false, ""},
		{goroutine.Send, at("wait-field", "(*box).field"), none, false, ""},
		{goroutine.Receive, at("wait-stored", "stored"), none, false, ""},
		{goroutine.Receive, at("wait-subscribed", "subscribed"), none, false, ""},
		{goroutine.Receive, at("wait-replaced", "replaced"), none, false, ""},
		{goroutine.WaitGroup, at("wait-group", "groups"), none, true, "groups work"},
		{goroutine.Receive, at("wait-deadline", "deadline"), none, false, ""},
	} {
		w, ok := stuck.New(dir).At(c.op, c.fr, c.by)
		var names []string
		for _, s := range w.Release {
			names = append(names, s.Name)
		}
		if got := strings.Join(names, " "); !ok || w.Known != c.known || got != c.release {
			t.Errorf("%s: ok %v, known %v (%s), release %q; want %v, %q", c.fr.Func, ok, w.Known, w.Why, got, c.known, c.release)
		}
	}
}

func TestLoops(t *testing.T) {
	dir, at := places(t)
	for _, c := range []struct {
		op     goroutine.Op
		fr, by goroutine.Frame
		many   bool
	}{
		{goroutine.Send, at("go-local", "local.func1"), at("go-local", "local"), false},
		{goroutine.Send, at("go-local", "local.func1"), goroutine.Frame{Func: "x.(*Group).Go", File: "/elsewhere.go", Line: 3}, true},
		{goroutine.Send, at("wait-handed", "send"), at("go-handed", "handed"), true},
		{goroutine.Receive, at("wait-local", "local"), goroutine.Frame{}, false},
	} {
		if w, ok := stuck.New(dir).At(c.op, c.fr, c.by); !ok || w.Many != c.many {
			t.Errorf("%s: ok %v, many %v", c.fr.Func, ok, w.Many)
		}
	}
	for _, c := range []struct {
		op             goroutine.Op
		fr             goroutine.Frame
		timer, endless bool
	}{
		{goroutine.Receive, at("wait-ticks", "ticks"), true, true},
		{goroutine.Select, at("wait-ends", "ends"), false, false},
		{goroutine.Sleep, at("wait-breaks", "breaks"), true, false},
		{goroutine.Sleep, at("wait-inner", "innerBreak"), true, true},
	} {
		w, ok := stuck.New(dir).At(c.op, c.fr, goroutine.Frame{})
		if !ok || w.Timer != c.timer || w.NoExit != c.endless {
			t.Errorf("%s: ok %v, timer %v, endless %v", c.fr.Func, ok, w.Timer, w.NoExit)
		}
	}
	if w, ok := stuck.New(dir).At(goroutine.Receive, at("wait-ctx", "ctxs"), goroutine.Frame{}); !ok || !w.Known || !w.Context || w.Cancel != "never called" {
		t.Errorf("context: %v %+v", ok, w)
	}
	if _, ok := stuck.New(dir).At(goroutine.Send, at("wait-ticks", "ticks"), goroutine.Frame{}); ok {
		t.Error("a send was seen where there is none: the source is another one")
	}
}

func TestMutex(t *testing.T) {
	dir, at := places(t)
	w, ok := stuck.New(dir).At(goroutine.Lock, at("wait-mutex", "(*box).early"), goroutine.Frame{})
	if !ok || len(w.Lockers) != 1 || w.Split || len(w.Holders) != 1 || w.Holders[0].Return != at("leaves", "").Line {
		t.Errorf("%v %+v", ok, w)
	}
	w, ok = stuck.New(dir).At(goroutine.Lock, at("wait-fine", "(*other).fine"), goroutine.Frame{})
	if !ok || len(w.Lockers) != 1 || len(w.Holders) != 0 {
		t.Errorf("%v %+v", ok, w)
	}
}

// TestOrder: two locks that are taken in both orders.
func TestOrder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "p.go")
	text := `package p
type s struct{ a, b sync.Mutex }
func (x *s) ab() {
	x.a.Lock()
	defer x.a.Unlock()
	x.b.Lock()
	x.b.Unlock()
}
func (x *s) ba() {
	x.b.Lock()
	x.a.Lock()
	x.a.Unlock()
	x.b.Unlock()
	x.a.Lock()
	x.a.Unlock()
	x.b.Lock()
	x.b.Unlock()
}
`
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	w, ok := stuck.New(filepath.Dir(path)).At(goroutine.Lock, goroutine.Frame{Func: "p.(*s).ab", File: path, Line: 4}, goroutine.Frame{})
	if !ok || len(w.Second) != 1 || w.Second[0].Line != 6 || len(w.Under) != 1 || w.Under[0].Line != 11 || w.Under[0].Other != w.Second[0].Other {
		t.Errorf("%v %+v", ok, w)
	}
}

// TestMutexUnknown: when a lock may have other names, nothing is said of who holds it.
func TestMutexUnknown(t *testing.T) {
	dir, at := places(t)
	for _, c := range []goroutine.Frame{at("wait-embedded", "(*embeds).one"), at("wait-aliased", "(*aliased).one")} {
		if w, ok := stuck.New(dir).At(goroutine.Lock, c, goroutine.Frame{}); !ok || !w.Split {
			t.Errorf("%s: %v %+v", c.Func, ok, w)
		}
	}
}

// TestWakes: a time that runs out ends a wait, unless the goroutine comes back to it.
func TestWakes(t *testing.T) {
	dir, at := places(t)
	for _, c := range []struct {
		op    goroutine.Op
		fr    goroutine.Frame
		wakes bool
	}{
		{goroutine.Select, at("wait-delayed", "delayed.func1"), true},
		{goroutine.Select, at("wait-counted", "delayed"), true},
		{goroutine.Select, at("wait-ends", "ends"), false},
		{goroutine.Receive, at("wait-clocked", "clocked"), true},
		{goroutine.Receive, at("wait-deadline", "deadline"), true},
		{goroutine.Receive, at("wait-ctx", "ctxs"), false},
	} {
		if w, ok := stuck.New(dir).At(c.op, c.fr, goroutine.Frame{}); !ok || w.Wakes != c.wakes || w.Wakes && w.Known {
			t.Errorf("%s: ok %v, wakes %v, known %v", c.fr.Func, ok, w.Wakes, w.Known)
		}
	}
}

// TestNear: of a WaitGroup in a field only the functions that call Done are known.
func TestNear(t *testing.T) {
	dir, at := places(t)
	w, ok := stuck.New(dir).At(goroutine.WaitGroup, at("wait-flight", "(*flight).follow"), goroutine.Frame{})
	if !ok || w.Known || len(w.Near) != 1 || w.Near[0].Name != "flight.lead" {
		t.Errorf("%v %+v", ok, w)
	}
}

// TestSpin: a loop that computes between two looks is at work.
func TestSpin(t *testing.T) {
	for _, c := range []struct{ loop, why string }{
		{"for { select { case <-c: return; default: } }", "default-case"},
		{"for { select { case <-c: return; default: n++ } }", "default-case"},
		{"for { select { case <-c: return; default: }; x ^= x << 13; x ^= x >> 7 }", ""},
		{"for { select { case <-c: return; default: for i := range m { m[i] = m[i]*31 } } }", ""},
		{"for { select { case <-c: return; default: }; m[n]++ }", ""},
		{"for i := 0; ; i++ { if v.Load() { break }; runtime.Gosched() }", "polling"},
		{"for i := 0; i < 9; i++ { v.Load() }", ""},
		{"for !v.Load() { }", "polling"},
		{"for { n++ }", "no-wait"},
		{"for { <-c }", ""},
	} {
		path := filepath.Join(t.TempDir(), "p.go")
		text := "package p\nfunc f(c chan int, m []uint, x uint, n int, v atomic.Bool) {\n" + c.loop + "\n}\n"
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, ok := stuck.New(filepath.Dir(path)).Spin(goroutine.Frame{Func: "p.f", File: path, Line: 3}); got.Why != c.why || ok != (c.why != "") {
			t.Errorf("%s: %q, want %q", c.loop, got.Why, c.why)
		}
	}
}

// TestVain: what of a loop ran tells whether it gets to its work.
func TestVain(t *testing.T) {
	for _, c := range []struct{ loop, why string }{ // a * marks the lines that cost time
		{"for {\n x, err := r.Read() *\n if err != nil { *\n continue\n }\n use(x)\n}", "in-vain"},
		{"for {\n x, err := r.Read() *\n if err != nil {\n continue\n }\n use(x) *\n}", ""},
		{"for {\n if x, ok := q.Pop(); ok { *\n use(x)\n }\n}", "in-vain"},
		{"for {\n if x, ok := q.Pop(); ok { *\n use(x) *\n }\n}", ""},
		{"for {\n x, err := r.Read() *\n if err != nil {\n time.Sleep(d)\n continue\n }\n use(x)\n}", ""},
		{"for {\n x, err := r.Read() *\n if err != nil {\n return\n }\n use(x)\n}", ""},
		{"for {\n x := q.Next() *\n if x == nil {\n continue\n }\n n++\n}", ""},
		{"for {\n n = n*31 + 7 *\n x := q.At(n) *\n if x == nil {\n continue\n }\n use(x)\n}", ""},
		{"for i := 0; i < 9; i++ {\n x := q.Next() *\n if x == nil {\n continue\n }\n use(x)\n}", ""},
		{"for {\n select { *\n case m := <-c:\n use(m)\n case <-ctx.Done(): *\n break\n }\n}", "ended-context"},
		{"for {\n select { *\n case m := <-c:\n use(m) *\n case <-ctx.Done():\n break\n }\n}", ""},
		{"for {\n select { *\n case m := <-c:\n use(m)\n case <-ctx.Done():\n return\n }\n}", ""},
		{"feed := make(chan int)\ngo func() { feed <- 1; close(feed) }()\nfor {\n select { *\n case m := <-feed:\n use(m) *\n case <-c:\n return\n }\n}", "closed-channel"},
		{"feed := make(chan int)\ngo func() { feed <- 1; close(feed) }()\nfor {\n select { *\n case m, ok := <-feed:\n if !ok { return }\n use(m) *\n case <-c:\n return\n }\n}", ""},
	} {
		path := filepath.Join(t.TempDir(), "p.go")
		text := "package p\nfunc f(c chan int, ctx context.Context, n int, r reader, q queue) {\n" + c.loop + "\n}\n"
		lines := map[int]bool{}
		last := 0
		for i, l := range strings.Split(text, "\n") {
			if strings.HasSuffix(l, " *") {
				lines[i+1], last = true, i+1
			}
		}
		if err := os.WriteFile(path, []byte(strings.ReplaceAll(text, " *\n", "\n")), 0o600); err != nil {
			t.Fatal(err)
		}
		if got, _ := stuck.New(filepath.Dir(path)).Vain(goroutine.Frame{Func: "p.f", File: path, Line: last}, lines, goroutine.Frame{}); got.Why != c.why {
			t.Errorf("%s: %q, want %q", c.loop, got.Why, c.why)
		}
	}
}

// TestRequested: the go statement may stand in a function that handlers call.
func TestRequested(t *testing.T) {
	dir := t.TempDir()
	files := map[string]string{
		"go.mod":     "module example.com/p\n",
		"a.go":       "package p\nimport \"net/http\"\nfunc h(w http.ResponseWriter, r *http.Request) { q.Open(); near(); x.only(); x.both() }\nfunc main() { never() }\n",
		"b.go":       "package p\nfunc near() { go f() }\nfunc never() { go f() }\nfunc (t *T) only() { go f() }\nfunc (t *T) both() { go f() }\nfunc (u *U) both() {}\nfunc Open() { go f() }\n",
		"sub/q.go":   "package q\nfunc Open() { go f() }\n",
		"sub/r.go":   "package q\nfunc near() { go f() }\n",
		"other/o.go": "package o\nfunc Open() { go f() }\n",
	}
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		file string
		line int
		fn   string
		want bool
	}{
		{"b.go", 2, "p.near", true}, {"b.go", 3, "p.never", false}, {"b.go", 4, "p.(*T).only", true}, {"b.go", 5, "p.(*T).both", false}, {"b.go", 7, "p.Open", false},
		{"sub/q.go", 2, "q.Open", true}, {"sub/r.go", 2, "q.near", false}, {"other/o.go", 2, "o.Open", false}, {"a.go", 3, "p.h", true},
	} {
		if got := stuck.New(dir).Requested(goroutine.Frame{Func: c.fn, File: filepath.Join(dir, c.file), Line: c.line}); got != c.want {
			t.Errorf("%s of %s: %v", c.fn, c.file, got)
		}
	}
}

// TestMoved: a program built elsewhere, or with -trimpath, has other names for its files.
func TestMoved(t *testing.T) {
	dir, at := places(t)
	for _, name := range []string{"example.com/p/p.go", "/build/somewhere/p.go"} {
		fr := at("wait-local", "local")
		fr.File = name
		if w, ok := stuck.New(dir).At(goroutine.Receive, fr, goroutine.Frame{}); !ok || !w.Known || w.Func.File != name {
			t.Errorf("%s: %v %+v", name, ok, w)
		}
	}
}

func FuzzAt(f *testing.F) {
	f.Add(source, 8)
	f.Add("package p; func f() { <-x; for { select { case <-", 1)
	f.Add("package p; func f(c chan int) { go f(c); c <- 1 }", 1)
	f.Fuzz(func(t *testing.T, text string, line int) {
		path := filepath.Join(t.TempDir(), "p.go")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		s := stuck.New(filepath.Dir(path))
		fr := goroutine.Frame{Func: "p.f", File: path, Line: line}
		for _, op := range []goroutine.Op{goroutine.Send, goroutine.Receive, goroutine.Select, goroutine.WaitGroup, goroutine.Lock, goroutine.Sleep} {
			s.At(op, fr, fr)
			s.At(op, goroutine.Frame{Func: "p.f.func1", File: path, Line: line}, fr)
		}
		s.Spin(fr)
		s.Vain(fr, map[int]bool{line: true, line + 1: true}, fr)
		s.Straight(fr)
		s.Requested(fr)
		s.Unclosed(path)
	})
}
