package profile

import (
	"bytes"
	"compress/gzip"
	"runtime/pprof"
	"strings"
	"testing"
	"time"

	"github.com/gorescue/gorescue/internal/facts"
)

// heap is a real profile of this process.
func heap(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := pprof.Lookup("heap").WriteTo(&b, 0); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestTake(t *testing.T) {
	r := &Raw{}
	for _, data := range [][]byte{heap(t), []byte("goroutine 1 [running]:\nmain.main()\n\t/a.go:1 +0x1\n")} {
		if err := r.take(data); err != nil {
			t.Error(err)
		}
	}
	var p facts.Program
	r.Reduce(&p)
	if len(r.Heap) != 1 || len(p.Heap.Live) != 1 || len(p.Groups) != 1 {
		t.Errorf("%+v", p)
	}
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	for range maxPlain>>20 + 1 {
		z.Write(make([]byte, 1<<20))
	}
	z.Close()
	if err := r.take(bomb.Bytes()); err == nil || !strings.Contains(err.Error(), "larger than") {
		t.Errorf("a bomb: %v", err)
	}
	if err := r.take(heap(t)[:100]); err == nil {
		t.Error("half a profile was taken")
	}
}

func TestFlame(t *testing.T) {
	p, err := parse(heap(t))
	if err != nil {
		t.Fatal(err)
	}
	svg := string(Flame(p, "alloc_space", "a <title>"))
	if !strings.HasPrefix(svg, "<svg") || !strings.Contains(svg, "a &lt;title&gt;") || strings.Contains(svg, "<script") {
		t.Errorf("%.300s", svg)
	}
	if Flame(p, "cpu", "") != nil || Flame(nil, "cpu", "") != nil {
		t.Error("a picture of nothing")
	}
}

// TestCounted: a program with too many goroutines for their full text only counts them.
func TestCounted(t *testing.T) {
	stop := make(chan int)
	defer close(stop)
	for range 50 {
		go func() { <-stop }()
	}
	time.Sleep(10 * time.Millisecond)
	var b bytes.Buffer
	if err := pprof.Lookup("goroutine").WriteTo(&b, 0); err != nil {
		t.Fatal(err)
	}
	r := &Raw{}
	for range 3 {
		if err := r.take(b.Bytes()); err != nil {
			t.Fatal(err)
		}
	}
	var p facts.Program
	r.Reduce(&p)
	if len(p.Groups) == 0 || p.Groups[0].State != "chan receive" || p.Groups[0].Counts[2] != 50 || p.Groups[0].Kept != 50 || p.Groups[0].Ended != 0 {
		t.Errorf("%+v", p.Groups)
	}
}

func FuzzTake(f *testing.F) {
	f.Add(heap(f))
	f.Add([]byte("goroutine 1 [chan send]:\nmain.main()\n\t/a.go:1\ncreated by main.x in goroutine 2\n\t/a.go:2\n"))
	if plain, err := unpack(heap(f)); err == nil {
		f.Add(plain)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r := &Raw{}
		if r.take(data) == nil {
			r.take(data)
			var p facts.Program
			r.Reduce(&p)
			if r.CPU != nil {
				Flame(r.CPU, "cpu", "x")
			}
		}
	})
}
