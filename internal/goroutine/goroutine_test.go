package goroutine_test

import (
	"bytes"
	"errors"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gorescue/gorescue/internal/goroutine"
)

// What programs of several releases wrote.
const dump = `2026/11/25 10:00:00 listening
SIGQUIT: quit
PC=0x471e21 m=0 sigcode=0

goroutine 1 gp=0xc000002380 m=0 mp=0x1 [IO wait, 5 minutes, locked to thread]:
net/http.(*Server).Serve(0xc0001, {0x8e3f40, 0xc00012})
	/usr/local/go/src/net/http/server.go:3424 +0x30c fp=0xc000 sp=0xc001
main.main()
	/src/app/main.go:20 +0x1d

goroutine 35 [chan send (leaked)]:
runtime.gopark(0x0)
	/usr/local/go/src/runtime/proc.go:1 +0x1
main.ask[...](0xc000112000)
	/src/app/worker.go:8 +0x45
created by main.(*T).work in goroutine 34
	/src/app/worker.go:12 +0x9a

goroutine 36 [select, 1 minutes]:
...additional frames elided...
created by main.old
	/src/app/old.go:3 +0x9a

goroutine 37 [running labels:{"a": "]:"}]:
main.x()
	/src/app/x.go:1 +0x1

rax    0x0
goroutine x [running]:
goroutine [broken
`

func TestParse(t *testing.T) {
	got, err := goroutine.Parse(strings.NewReader(dump))
	if err != nil {
		t.Fatal(err)
	}
	want := []goroutine.Goroutine{
		{ID: 1, State: "IO wait", Wait: 5 * time.Minute, Frames: []goroutine.Frame{
			{"net/http.(*Server).Serve", "/usr/local/go/src/net/http/server.go", 3424}, {"main.main", "/src/app/main.go", 20}}},
		{ID: 35, State: "chan send", Leaked: true, Frames: []goroutine.Frame{{"main.ask[...]", "/src/app/worker.go", 8}},
			By: goroutine.Frame{Func: "main.(*T).work", File: "/src/app/worker.go", Line: 12}, Parent: 34},
		{ID: 36, State: "select", Wait: time.Minute, By: goroutine.Frame{Func: "main.old", File: "/src/app/old.go", Line: 3}},
		{ID: 37, State: "running", Frames: []goroutine.Frame{{"main.x", "/src/app/x.go", 1}}},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if _, err := goroutine.Parse(strings.NewReader("nothing\n")); !errors.Is(err, goroutine.ErrNone) {
		t.Errorf("no goroutines: %v", err)
	}
}

// TestOwn: the runtime that runs this test writes what is read.
func TestOwn(t *testing.T) {
	stop := make(chan int)
	defer close(stop)
	for range 5 {
		go func() { <-stop }()
	}
	time.Sleep(10 * time.Millisecond)
	buf := make([]byte, 1<<20)
	list, err := goroutine.Parse(bytes.NewReader(buf[:runtime.Stack(buf, true)]))
	if err != nil {
		t.Fatal(err)
	}
	groups := goroutine.Groups([][]goroutine.Goroutine{list, list, list})
	for _, g := range groups {
		if op, above := goroutine.Waits(g.State, g.Frames); op == goroutine.Receive && above == 0 && strings.Contains(g.By.Func, "TestOwn") {
			if g.Counts[2] != 5 || g.Kept != 5 || g.Stay != 5 || g.Ended != 0 || g.Parents != 1 || g.Gone != 0 || g.Rising(1) {
				t.Errorf("%+v", g)
			}
			return
		}
	}
	t.Errorf("not found: %+v", groups)
}

func TestRising(t *testing.T) {
	for _, c := range []struct {
		counts []int
		want   bool
	}{
		{[]int{0, 10, 20, 30, 40}, true},
		{[]int{10, 10, 20, 30, 40}, true},
		{[]int{0, 20, 40, 40, 40}, false}, // a warm-up
		{[]int{0, 30, 38, 39, 40}, false}, // it gets slower
		{[]int{0, 20, 10, 30, 40}, false}, // comes and goes
		{[]int{40, 40, 40, 40, 40}, false},
		{[]int{1, 2}, false},
		{[]int{1, 1, 2}, false}, // too few
	} {
		g := goroutine.Group{Counts: c.counts}
		if got := g.Rising(3); got != c.want {
			t.Errorf("%v: %v", c.counts, got)
		}
	}
}

func TestStd(t *testing.T) {
	for _, c := range []struct {
		fn, file string
		want     bool
	}{
		{"net/http.(*conn).serve", "/usr/local/go/src/net/http/server.go", true},
		{"net/http.(*conn).serve", "net/http/server.go", true}, // -trimpath
		{"time.Sleep", "/usr/local/go/src/runtime/time.go", true},
		{"runtime.mapaccess2_fast64", "/usr/local/go/src/internal/runtime/maps/runtime_fast64.go", true},
		{"indexbytebody", "internal/bytealg/indexbyte_amd64.s", true},
		{"gcWriteBarrier", "/usr/local/go/src/runtime/asm_amd64.s", true},
		{"indexbytebody", "/home/me/app/index_amd64.s", false},
		{"internal/sync.(*Mutex).Lock", "/sdk/src/internal/sync/mutex.go", true},
		{"main.main", "/src/net/http/main.go", false},
		{"net/x.F", "/home/me/net/x/f.go", false}, // a module that is called net
		{"github.com/a/b.F[go.shape.struct { a/b.X }]", "/m/b.go", false},
		{"gopkg.in/yaml%2ev3.Unmarshal", "/m/y.go", false},
	} {
		if got := goroutine.Std(goroutine.Frame{Func: c.fn, File: c.file}); got != c.want {
			t.Errorf("%s in %s: %v", c.fn, c.file, got)
		}
	}
	if got := goroutine.Package("gopkg.in/yaml%2ev3.(*T).M"); got != "gopkg.in/yaml.v3" {
		t.Error(got)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(dump)
	f.Add("goroutine 1 [")
	f.Add("goroutine 1 []:\n\t:\ncreated by  in goroutine \n\t:9\n")
	f.Fuzz(func(t *testing.T, s string) {
		list, err := goroutine.Parse(strings.NewReader(s))
		if (err == nil) != (len(list) > 0) {
			t.Errorf("%d goroutines, %v", len(list), err)
		}
		for _, g := range goroutine.Groups([][]goroutine.Goroutine{list, list}) {
			if g.Counts[0] != g.Counts[1] || g.Ended != 0 {
				t.Errorf("%+v", g)
			}
			goroutine.Waits(g.State, g.Frames)
		}
	})
}
