package profile

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/exp/trace"

	"github.com/gorescue/gorescue/internal/facts"
)

// longestTrace bounds how long gopls is traced, and with that what has to be read: a busy gopls writes about 1 MiB a second.
const longestTrace = 10 * time.Second

// trace asks gopls for an execution trace: it marks in it which package, file or query it works on (gopls/internal/debug,
// func StdTrace, in every release since v0.16 at least). It ends before the other samples do, since it takes a time to read.
func (s *sampler) trace(ctx context.Context) {
	if !s.d.gopls {
		return
	}
	seconds := max(1, int(min(s.span, longestTrace)/time.Second)-1)
	data, err := s.d.get(ctx, "trace?seconds="+strconv.Itoa(seconds), maxBody)
	if err == nil {
		s.r.Work, err = work(data)
	}
	if err != nil {
		s.r.miss("trace", err)
		return
	}
	s.r.keep("gopls.trace", data)
}

// spans are the names of gopls's spans that say what it works on, with the label that names it. From the source of gopls
// v0.16 to v0.24 (gopls/internal/cache, internal/gocommand).
func spans() map[string]struct{ what, label string } {
	return map[string]struct{ what, label string }{
		"cache.typeCheckBatch.checkPackage":          {"type-checking", "package"},
		"cache.typeCheckBatch.checkPackageForImport": {"type-checking", "package"},
		"cache.typeCheckBatch.importPackage":         {"importing", "package"},
		"snapshot.Analyze":                           {"analysis", "package"},
		"cache.ParseGoSrc":                           {"parsing", "file"},
		"cache.readFile":                             {"reading", "file"},
		"cache.snapshot.load":                        {"loading packages", "query"},
		"gocommand.Runner.RunRaw":                    {facts.WorkGo, "verb"},
	}
}

// span is a region that a goroutine is in.
type span struct {
	name  string
	work  *facts.Work // nil = it does not say what is worked on
	begun trace.Time
}

// worker is one goroutine of the trace.
type worker struct {
	stack   []span
	running bool
	since   trace.Time
}

// work reads an execution trace of gopls: on what it spent processor time, by the innermost span that says so, the most
// first. What had begun before the trace did is not seen. Of a damaged trace it returns what came before the damage, too.
func work(data []byte) (list []facts.Work, err error) {
	defer func() {
		if v := recover(); v != nil {
			list, err = nil, fmt.Errorf("it is damaged: %v", v)
		}
	}()
	r, err := trace.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("it is no trace: %w", err)
	}
	b := book{known: spans(), found: map[[2]string]*facts.Work{}, workers: map[trace.GoID]*worker{}}
	for {
		ev, err := r.ReadEvent()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return b.list(), fmt.Errorf("it is damaged: %w", err)
		}
		b.event(&ev)
		b.last = ev.Time()
	}
	return b.list(), nil
}

// book adds up what a trace says.
type book struct {
	known   map[string]struct{ what, label string }
	found   map[[2]string]*facts.Work
	workers map[trace.GoID]*worker
	last    trace.Time
}

func (b *book) worker(id trace.GoID) *worker {
	w := b.workers[id]
	if w == nil {
		w = &worker{}
		b.workers[id] = w
	}
	return w
}

func (b *book) event(ev *trace.Event) {
	switch ev.Kind() {
	case trace.EventStateTransition:
		st := ev.StateTransition()
		if st.Resource.Kind != trace.ResourceGoroutine {
			return
		}
		_, to := st.Goroutine()
		w := b.worker(st.Resource.Goroutine())
		w.count(ev.Time())
		w.running = to == trace.GoRunning
		if to == trace.GoNotExist {
			w.end(0, ev.Time())
			delete(b.workers, st.Resource.Goroutine())
		}
	case trace.EventRegionBegin:
		w := b.worker(ev.Goroutine())
		w.count(ev.Time())
		w.stack = append(w.stack, span{name: ev.Region().Type, begun: ev.Time()})
	case trace.EventRegionEnd:
		w := b.worker(ev.Goroutine())
		w.count(ev.Time())
		name := ev.Region().Type
		for i, s := range slices.Backward(w.stack) {
			if s.name == name {
				w.end(i, ev.Time())
				break
			}
		}
	case trace.EventLog:
		w := b.worker(ev.Goroutine())
		l := ev.Log()
		n := len(w.stack) - 1
		if n < 0 || l.Category != "start" || w.stack[n].work != nil {
			return
		}
		w.count(ev.Time())
		if k, ok := b.known[w.stack[n].name]; ok {
			w.stack[n].work = b.entry(k.what, label(l.Message, k.label))
		}
	}
}

func (b *book) entry(what, on string) *facts.Work {
	if on == "" {
		return nil
	}
	e := b.found[[2]string{what, on}]
	if e == nil {
		e = &facts.Work{What: what, On: on}
		b.found[[2]string{what, on}] = e
	}
	e.Count++
	return e
}

// count gives the time since the last event of the goroutine to what it works on.
func (w *worker) count(at trace.Time) {
	if w.running {
		for _, s := range slices.Backward(w.stack) {
			if s.work != nil {
				s.work.Busy += at.Sub(w.since)
				break
			}
		}
	}
	w.since = at
}

// end leaves the span i and those in it.
func (w *worker) end(i int, at trace.Time) {
	for _, s := range w.stack[i:] {
		if s.work != nil {
			s.work.Took += at.Sub(s.begun)
		}
	}
	w.stack = w.stack[:i]
}

func (b *book) list() []facts.Work {
	for _, w := range b.workers {
		w.count(b.last)
		w.end(0, b.last)
	}
	out := make([]facts.Work, 0, len(b.found))
	for _, e := range b.found {
		out = append(out, *e)
	}
	slices.SortFunc(out, func(x, y facts.Work) int {
		return cmp.Or(cmp.Compare(y.Cost(), x.Cost()), strings.Compare(x.What+x.On, y.What+y.On))
	})
	return out[:min(len(out), 2*maxCosts)]
}

// label takes the value of one label out of the message of a span's start: a line for each, name="value" or name=value.
func label(msg, name string) string {
	for line := range strings.Lines(msg) {
		v, ok := strings.CutPrefix(strings.TrimSpace(line), name+"=")
		if !ok {
			continue
		}
		if u, err := strconv.Unquote(v); err == nil {
			return u
		}
		return v
	}
	return ""
}
