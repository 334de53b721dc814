package blackbox

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"time"

	"github.com/gorescue/gorescue/internal/journal"
)

// tail follows the journal for what gorescue lsp writes there.
type tail struct {
	path string
	at   int64
	lsp  *Lsp
}

// maxTail bounds what is read of the journal at once: 1 MiB.
const maxTail = 1 << 20

func (t *tail) start(path string) {
	t.path = path
	if fi, err := os.Stat(path); err == nil {
		t.at = fi.Size()
	}
}

// read returns a copy of what is known, nil = nothing was written since the start.
func (t *tail) read() *Lsp {
	if fi, err := os.Stat(t.path); err == nil && fi.Size() != t.at {
		t.at = min(t.at, fi.Size())
		t.more()
	}
	if t.lsp == nil {
		return nil
	}
	out := *t.lsp
	return &out
}

func (t *tail) more() {
	f, err := os.Open(t.path)
	if err != nil {
		return
	}
	defer f.Close()
	data, err := io.ReadAll(io.NewSectionReader(f, t.at, maxTail))
	if err != nil {
		return
	}
	end := bytes.LastIndexByte(data, '\n')
	if end < 0 {
		if len(data) == maxTail {
			t.at += maxTail // no line of ours is that long
		}
		return
	}
	t.at += int64(end) + 1
	for l := range bytes.Lines(data[:end+1]) {
		var rec journal.Record
		if bytes.Contains(l, []byte(`"lsp"`)) && json.Unmarshal(l, &rec) == nil && rec.Kind == journal.Event && rec.Check == "lsp" {
			t.event(rec)
		}
	}
}

// event takes an event of package lspproxy, of which only these parts are looked at.
func (t *tail) event(rec journal.Record) {
	var e struct {
		Event, Verdict, Why string
		Latency             map[string]struct {
			Count int           `json:"count"`
			Sum   time.Duration `json:"sum_ns"`
			Max   time.Duration `json:"max_ns"`
		}
	}
	if json.Unmarshal(rec.Data, &e) != nil {
		return
	}
	if t.lsp == nil {
		t.lsp = &Lsp{}
	}
	if e.Event == "trip" {
		t.lsp.Trips++
		t.lsp.Verdict, t.lsp.Why, t.lsp.At = e.Verdict, e.Why, rec.Time
	}
	if len(e.Latency) == 0 {
		return
	}
	var n int
	var sum, longest time.Duration
	for _, h := range e.Latency {
		n, sum, longest = n+h.Count, sum+h.Sum, max(longest, h.Max)
	}
	if n > 0 {
		t.lsp.Answers, t.lsp.MeanMS, t.lsp.MaxMS = n, sum.Seconds()*1000/float64(n), longest.Seconds()*1000
	}
}
