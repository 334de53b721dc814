package profile

import (
	"bytes"
	"context"
	"runtime/trace"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/gorescue/gorescue/internal/facts"
)

// traced records what f does.
func traced(t testing.TB, f func()) []byte {
	t.Helper()
	var buf bytes.Buffer
	if err := trace.Start(&buf); err != nil {
		t.Fatal(err)
	}
	f()
	trace.Stop()
	return buf.Bytes()
}

// inSpan marks a span as gopls does.
func inSpan(name, labels string, f func()) {
	defer trace.StartRegion(context.Background(), name).End()
	trace.Log(context.Background(), "start", "2026/11/25 10:00:00 \n\tstart=\""+name+"\"\n"+labels)
	f()
}

func spin(d time.Duration) {
	for end := time.Now().Add(d); time.Now().Before(end); {
	}
}

func TestWork(t *testing.T) {
	const ms = time.Millisecond
	data := traced(t, func() {
		var wg sync.WaitGroup
		wg.Go(func() {
			inSpan("queued", "", func() { // says nothing of what is worked on
				inSpan("cache.typeCheckBatch.checkPackage", "\tpackage=\"example.com/big\"\n", func() {
					spin(120 * ms)
					inSpan("cache.ParseGoSrc", "\tfile=\"/a \\\"b\\\".go\"\n", func() { spin(40 * ms) })
				})
			})
		})
		wg.Go(func() {
			for range 2 {
				inSpan("cache.typeCheckBatch.checkPackageForImport", "\tpackage=\"example.com/small\"\n", func() { spin(5 * ms) })
			}
			inSpan("gocommand.Runner.RunRaw", "\tverb=\"list\"\n\tdirectory=\"/d\"\n", func() { time.Sleep(60 * ms) })
			inSpan("cache.snapshot.load", "\tquery=[./... builtin]\n", func() {})
			inSpan("cache.readFile", "", func() {}) // without a label
		})
		wg.Wait()
	})
	got, err := work(data)
	if err != nil {
		t.Fatal(err)
	}
	find := func(what, on string) facts.Work {
		i := slices.IndexFunc(got, func(w facts.Work) bool { return w.What == what && w.On == on })
		if i < 0 {
			t.Errorf("no %s %s in %+v", what, on, got)
			return facts.Work{}
		}
		return got[i]
	}
	big, file, small := find("type-checking", "example.com/big"), find("parsing", `/a "b".go`), find("type-checking", "example.com/small")
	if big.Busy <= file.Busy || big.Took < big.Busy+file.Busy || file.Busy == 0 {
		t.Errorf("big %+v, its file %+v", big, file)
	}
	if small.Count != 2 || small.Busy == 0 || small.Busy >= big.Busy {
		t.Errorf("small %+v", small)
	}
	if g := find(facts.WorkGo, "list"); g.Took < 60*ms || g.Busy > g.Took/2 {
		t.Errorf("go command %+v", g)
	}
	if l := find("loading packages", "[./... builtin]"); l.Count != 1 {
		t.Errorf("load %+v", l)
	}
	if len(got) != 5 {
		t.Errorf("%+v", got)
	}
	r := &Raw{}
	if err := r.take(data); err != nil || len(r.Work) != 5 {
		t.Errorf("from a file: %v, %+v", err, r.Work)
	}
	for _, cut := range []int{10, 100, len(data) / 2, len(data) - 1} {
		if list, err := work(data[:cut]); err == nil || len(list) > 5 {
			t.Errorf("cut at %d: %v, %+v", cut, err, list)
		}
	}
}

func FuzzWork(f *testing.F) {
	f.Add(traced(f, func() { inSpan("cache.readFile", "\tfile=\"/a\"\n", func() {}) }))
	f.Add([]byte("go 1.25 trace\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		list, _ := work(data)
		for _, w := range list {
			if w.What == "" || w.On == "" || w.Count < 1 {
				t.Errorf("%+v", w)
			}
		}
	})
}

// TestDoing: every activity has a name in both languages.
func TestDoing(t *testing.T) {
	names := []string{"other work"}
	for _, a := range activities {
		names = append(names, a.name)
	}
	for _, s := range spans() {
		names = append(names, s.what)
	}
	for _, n := range names {
		if d := Doing(n); d.Zh == n || d.En != n {
			t.Errorf("%s: %+v", n, d)
		}
	}
}
