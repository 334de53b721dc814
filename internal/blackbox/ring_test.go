package blackbox

import (
	"bytes"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"
)

var t0 = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// sample is the n-th sample of an imagined machine: something changes each time, a file now and then.
func sample(n int) *Sample {
	return &Sample{At: t0.Add(time.Duration(n) * 5 * time.Second), Up: 1000 + float64(n)*5, Boot: "b", Every: 5,
		Go:       Tree{Path: "/go/bin/go", Release: "go1.26.8"},
		Settings: map[string]string{"GOFLAGS": "", "GOPROXY": "https://proxy.example.com"},
		Files:    map[string]File{"/p/go.mod": {Role: RoleModule, Sum: fmt.Sprint("s", n/7), Size: 30, Mod: t0, Text: fmt.Sprintf("module example.com/m\n\ngo 1.%d\n", 20+n/7)}},
		Gopls:    map[string]Gopls{"4711": {Start: 99, CPU: float64(n), RSS: int64(n) << 20, State: "S"}},
		System:   System{Load: float64(n % 3), CPUs: 2},
	}
}

func TestRing(t *testing.T) {
	dir := t.TempDir()
	r, err := openRing(dir)
	if err != nil {
		t.Fatal(err)
	}
	const n = 3 * wholeEvery
	for i := range n {
		if i == n/2 { // ended and begun again
			if err := r.Close(); err != nil {
				t.Fatal(err)
			}
			if r, err = openRing(dir); err != nil {
				t.Fatal(err)
			}
		}
		if err := r.Sample(sample(i)); err != nil {
			t.Fatal(err)
		}
		if i%50 == 0 {
			if err := r.Event(Event{ID: "x", Kind: Noted, At: sample(i).At}); err != nil {
				t.Fatal(err)
			}
		}
	}
	r.Close()
	h, err := Read(dir, time.Time{})
	if err != nil || h.Damaged != 0 || len(h.Samples) != n || len(h.Events) != 4 {
		t.Fatalf("%v: %d samples, %d events, %d damaged", err, len(h.Samples), len(h.Events), h.Damaged)
	}
	for i, s := range h.Samples {
		want := sample(i)
		delete(want.Settings, "") // nothing: an empty value is kept too
		if !reflect.DeepEqual(s, want) {
			t.Fatalf("sample %d: %+v, want %+v", i, s, want)
		}
	}
	now := sample(n)
	if s := h.Before(15*time.Minute, now); s != h.Samples[n-180] {
		t.Errorf("15 min before: %v", s.At)
	}
	now.At = now.At.Add(26 * time.Hour) // the clock jumps: what is 15 min old stays so
	if s := h.Before(15*time.Minute, now); s != h.Samples[n-180] {
		t.Errorf("15 min before, after a jump of the clock: %v", s)
	}
	if s := h.At(sample(10).At); s != h.Samples[10] {
		t.Errorf("at a time: %v", s)
	}
	if h.Before(24*time.Hour, sample(n)) != nil {
		t.Error("something older than everything")
	}
	if h, _ = Read(dir, sample(n-10).At); len(h.Samples) != 10 {
		t.Errorf("since: %d samples", len(h.Samples))
	}
}

// TestBounded: the ring never gets larger than its bound, and keeps hours of the usual interval.
func TestBounded(t *testing.T) {
	dir := t.TempDir()
	r, err := openRing(dir)
	if err != nil {
		t.Fatal(err)
	}
	pad := string(bytes.Repeat([]byte("x"), 4000))
	n := 6_000
	for i := range n {
		s := sample(i)
		if i%3 == 0 {
			s.Settings["GOFLAGS"] = fmt.Sprint(i, pad)
		}
		if err := r.Sample(s); err != nil {
			t.Fatal(err)
		}
		if i%1000 == 999 {
			if size := folderSize(t, dir); size > maxSegments*(segmentSize+maxLine) || i > 1000 && size < segmentSize {
				t.Fatalf("%d bytes after %d samples", size, i)
			}
		}
	}
	r.Close()
	h, err := Read(dir, time.Time{})
	if err != nil || h.Damaged > 0 || len(h.Samples) < 1440 || h.Samples[len(h.Samples)-1].Up != sample(n-1).Up {
		t.Fatalf("%v: %d samples, %d damaged", err, len(h.Samples), h.Damaged)
	}
	t.Logf("%d samples kept in %d bytes", len(h.Samples), folderSize(t, dir))
}

func folderSize(t *testing.T, dir string) (n int64) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if fi, err := e.Info(); err == nil {
			n += fi.Size()
		}
	}
	return n
}

// written is a segment of n samples and some events.
func written(t testing.TB, n int) []byte {
	t.Helper()
	dir := t.TempDir()
	r, err := openRing(dir)
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		if err := r.Sample(sample(i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.Event(Event{ID: "last", Kind: Noted, At: sample(n).At}); err != nil {
		t.Fatal(err)
	}
	r.Close()
	data, err := os.ReadFile(segment(dir, 0))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestTornAnywhere: a ring cut at any byte gives every sample before the cut, and can be written on.
func TestTornAnywhere(t *testing.T) {
	data := written(t, 20)
	dir := t.TempDir()
	for cut := 0; cut <= len(data); cut += 1 + cut/97 {
		whole := bytes.Count(data[:cut], []byte("\n"))
		if err := os.WriteFile(segment(dir, 0), data[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		r, err := openRing(dir)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Sample(sample(1000)); err != nil {
			t.Fatal(err)
		}
		r.Close()
		h, err := Read(dir, time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		got := len(h.Samples) + len(h.Events)
		if got != whole+1 && !(got == whole+2 && h.Damaged == 0) || h.Damaged > 1 { // cut right before a line's end: it is whole
			t.Fatalf("cut at %d: %d of %d+1 lines, %d damaged", cut, got, whole, h.Damaged)
		}
		if last := h.Samples[len(h.Samples)-1]; last.Up != sample(1000).Up {
			t.Fatalf("cut at %d: the sample written afterwards is not there", cut)
		}
	}
}

// TestDamage: a damaged line costs that sample alone; a damaged whole one its group.
func TestDamage(t *testing.T) {
	data := written(t, wholeEvery+30)
	lines := bytes.SplitAfter(data, []byte("\n"))
	groups := map[int]int{} // line → its group
	g := -1
	for i, l := range lines {
		if bytes.Contains(l, []byte(`{"w":`)) {
			g++
		}
		groups[i] = g
	}
	if g < 1 {
		t.Fatal("one group only")
	}
	dir := t.TempDir()
	for i := 0; i < len(lines)-2; i += 13 {
		bad := bytes.Clone(lines[i])
		bad[len(bad)/2] ^= 0x20
		all := bytes.Join(append(append(append([][]byte{}, lines[:i]...), bad), lines[i+1:]...), nil)
		if err := os.WriteFile(segment(dir, 0), all, 0o600); err != nil {
			t.Fatal(err)
		}
		h, err := Read(dir, time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		lost := wholeEvery + 30 - len(h.Samples)
		if most := 1; bytes.Contains(lines[i], []byte(`{"p":`)) && lost > most || lost < 1 {
			t.Errorf("line %d: %d samples lost", i, lost)
		}
		if h.Damaged < 1 || len(h.Events) != 1 {
			t.Errorf("line %d: %d damaged, %d events", i, h.Damaged, len(h.Events))
		}
	}
}

// TestHostileSegments: files of any content and size end in an answer, with bounded memory.
func TestHostileSegments(t *testing.T) {
	dir := t.TempDir()
	put := func(n int, data []byte) {
		if err := os.WriteFile(segment(dir, n), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put(1, bytes.Repeat([]byte{0}, 3<<20))
	put(2, []byte("deadbeef {}\n00000000 \n\n\n00000000 null\n"))
	put(3, bytes.Repeat([]byte("[[[["), 1<<19))
	f, err := os.Create(segment(dir, 4)) // a sparse file of 10 GiB
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Truncate(10 << 30); err != nil {
		t.Fatal(err)
	}
	f.Close()
	put(5, written(t, 5))
	if err := os.Mkdir(segment(dir, 6), 0o700); err != nil { // a folder is no segment
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "-1.ring"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	h, err := Read(dir, time.Time{})
	if err != nil || len(h.Samples) != 5 || h.Damaged == 0 {
		t.Errorf("%v: %d samples, %d damaged", err, len(h.Samples), h.Damaged)
	}
	if d := time.Since(began); d > 5*time.Second {
		t.Errorf("took %v", d)
	}
}

// FuzzRead: whatever a segment holds, reading ends without a crash, and what it gives is a sample.
func FuzzRead(f *testing.F) {
	data := written(f, 8)
	f.Add(data)
	f.Add(data[:len(data)/2])
	f.Add([]byte("00000000 {\"w\":null}\n"))
	f.Add(bytes.ReplaceAll(data, []byte("4711"), []byte("-1")))
	f.Fuzz(func(t *testing.T, data []byte) {
		h := &History{}
		h.read(bytes.NewReader(data), time.Time{})
		for _, s := range h.Samples {
			if s == nil {
				t.Fatal("no sample")
			}
		}
		m := NewMonitor(Thresholds(), h.Events)
		for _, s := range h.Samples {
			m.Step(s)
		}
	})
}

// FuzzLines is FuzzRead behind the checksum: what lines hold that are whole and wrong.
func FuzzLines(f *testing.F) {
	for _, l := range bytes.Split(written(f, 4), []byte("\n")) {
		if _, body, ok := bytes.Cut(l, []byte(" ")); ok {
			f.Add(body, body)
		}
	}
	f.Add([]byte(`{"w":{"at":"2026-01-01T00:00:00Z","gopls":{"1":{}}}}`), []byte(`{"p":{"gopls":null,"files":[1],"up":1e300}}`))
	f.Fuzz(func(t *testing.T, a, b []byte) {
		var data []byte
		for _, body := range [][]byte{a, b, b} {
			data = fmt.Appendf(data, "%08x %s\n", crc32.ChecksumIEEE(body), body)
		}
		h := &History{}
		h.read(bytes.NewReader(data), time.Time{})
		m := NewMonitor(Thresholds(), h.Events)
		for _, s := range h.Samples {
			m.Step(s)
		}
	})
}

// FuzzPatch: a difference applied gives the other document, whatever both are.
func FuzzPatch(f *testing.F) {
	f.Add(`{"a":{"b":1,"c":"x"},"d":2}`, `{"a":{"b":2},"e":{"f":true}}`)
	f.Add(`{"a":1}`, `{"a":{"b":1}}`)
	f.Fuzz(func(t *testing.T, x, y string) {
		var a, b doc
		if decode([]byte(x), &a) != nil || decode([]byte(y), &b) != nil || a == nil || b == nil || odd(a) || odd(b) {
			return
		}
		if got := patched(a, delta(a, b)); !reflect.DeepEqual(got, b) {
			t.Errorf("%v + difference = %v, want %v", a, got, b)
		}
	})
}

// odd reports what samples never hold: null, lists, and objects that become empty.
func odd(v any) bool {
	switch v := v.(type) {
	case nil, []any:
		return true
	case doc:
		for _, e := range v {
			if odd(e) {
				return true
			}
		}
	}
	return false
}
