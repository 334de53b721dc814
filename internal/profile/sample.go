package profile

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	pprof "github.com/google/pprof/profile"

	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/goroutine"
	"github.com/gorescue/gorescue/internal/proc"
)

// How a program is sampled.
const (
	goroutineSamples = 5
	heapSamples      = 3
	many             = 20000           // more goroutines than that are counted only: their full text would stop the program for long
	lateTime         = 3 * time.Second // how long answers may come after the last sample was due
)

// Raw is what was got of a program, as it came and as it was understood.
type Raw struct {
	Dir        string // where sources are looked for that are not where the program says
	For        time.Duration
	At         []time.Duration // of the goroutine samples
	Goroutines [][]goroutine.Goroutine
	Leaked     []goroutine.Goroutine // what the runtime has proved to be lost
	Leaks      bool                  // it was asked
	CPU        *pprof.Profile        // nil = not got
	Heap       []*pprof.Profile
	Mutex      *pprof.Profile
	Block      *pprof.Profile
	Work       []facts.Work // of gopls
	HungUp     int          // connections that clients have closed and the program has not, after the last sample; 0 = none, or not known
	Missing    []string
	Busy       time.Duration // processor time of the process while it was sampled; 0 = unknown
	RSS        int64
	Files      map[string][]byte // what to keep

	mu sync.Mutex
}

func (r *Raw) keep(name string, data []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.Files == nil {
		r.Files = map[string][]byte{}
	}
	r.Files[name] = data
}

func (r *Raw) miss(what string, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.Missing = append(r.Missing, what+": "+err.Error())
}

// sampler takes samples of one program.
type sampler struct {
	d    *door
	r    *Raw
	span time.Duration
	wg   sync.WaitGroup
}

// take samples the program behind a door for a time. It returns at most lateTime after that.
func take(ctx context.Context, d *door, t *Target, span time.Duration) *Raw {
	ctx, cancel := context.WithTimeout(ctx, span+lateTime)
	defer cancel()
	s := &sampler{d: d, r: &Raw{For: span, Dir: t.Dir}, span: span}
	before, known := vitals(t)
	s.wg.Go(func() { s.cpu(ctx) })
	s.wg.Go(func() { s.goroutines(ctx) })
	s.wg.Go(func() { s.heap(ctx) })
	s.wg.Go(func() { s.trace(ctx) })
	s.wg.Wait()
	if after, ok := vitals(t); ok && known {
		s.r.Busy, s.r.RSS = after.CPU-before.CPU, after.RSS
	}
	for _, port := range t.local() {
		_, n, _ := proc.Listening(port)
		s.r.HungUp += n
	}
	d.client.CloseIdleConnections()
	return s.r
}

func vitals(t *Target) (proc.Vitals, bool) {
	if t.Proc == nil {
		return proc.Vitals{}, false
	}
	return proc.VitalsOf(t.Proc.PID)
}

// at waits until the n-th of so many samples is due. It reports whether there is time for it.
func (s *sampler) at(ctx context.Context, began time.Time, n, of int) bool {
	due := began.Add(s.span * time.Duration(n) / time.Duration(of-1))
	select {
	case <-ctx.Done():
		return false
	case <-time.After(time.Until(due)):
		return true
	}
}

// cpu asks for the processor profile. A server with a shorter write time-out refuses a long one
// (net/http/pprof, durationExceedsWriteTimeout): then it is asked for a second.
func (s *sampler) cpu(ctx context.Context) {
	seconds := max(1, int(s.span/time.Second))
	data, err := s.d.get(ctx, "profile?seconds="+strconv.Itoa(seconds), maxBody)
	var refused *answerError
	if errors.As(err, &refused) && refused.code == 400 && seconds > 1 {
		data, err = s.d.get(ctx, "profile?seconds=1", maxBody)
	}
	if err == nil {
		s.r.CPU, err = parse(data)
	}
	if err != nil {
		s.r.miss("cpu", err)
		return
	}
	s.r.keep("cpu.pb.gz", data)
}

// goroutines takes the samples of goroutines, and asks the runtime which are lost.
func (s *sampler) goroutines(ctx context.Context) {
	began := time.Now()
	for i := range goroutineSamples {
		if !s.at(ctx, began, i, goroutineSamples) {
			break
		}
		asked := time.Now()
		list, data, name, err := s.dump(ctx)
		if err != nil {
			s.r.miss("goroutines", err)
			if len(s.r.Goroutines) == 0 {
				break
			}
			continue
		}
		s.r.keep(fmt.Sprintf(name, i+1), data)
		s.r.Goroutines = append(s.r.Goroutines, list)
		s.r.At = append(s.r.At, asked.Sub(began))
	}
	if len(s.r.Goroutines) == 0 {
		return
	}
	data, err := s.d.get(ctx, "goroutineleak?debug=2", maxBody)
	if err != nil {
		if !errors.Is(err, errNotFound) {
			s.r.miss("goroutineleak", err)
		}
		return
	}
	list, err := goroutine.Parse(bytes.NewReader(data))
	if err != nil && !errors.Is(err, goroutine.ErrNone) {
		return
	}
	s.r.Leaks = true
	for _, g := range list {
		if g.Leaked {
			s.r.Leaked = append(s.r.Leaked, g)
		}
	}
	s.r.keep("goroutineleak.txt", data)
}

// dump fetches one sample of goroutines: each with its number, or only counts when there are too many.
func (s *sampler) dump(ctx context.Context) (list []goroutine.Goroutine, data []byte, name string, err error) {
	if s.d.total > many {
		if data, err = s.d.get(ctx, "goroutine", maxBody); err != nil {
			return nil, nil, "", err
		}
		p, err := parse(data)
		if err != nil {
			return nil, nil, "", err
		}
		return counted(p), data, "goroutines-%d.pb.gz", nil
	}
	if data, err = s.d.get(ctx, "goroutine?debug=2", maxBody); err != nil {
		return nil, nil, "", err
	}
	list, err = goroutine.Parse(bytes.NewReader(data))
	return list, data, "goroutines-%d.txt", err
}

// heap takes the samples of the heap, each after a garbage collection, then what locks cost.
func (s *sampler) heap(ctx context.Context) {
	began := time.Now()
	for i := range heapSamples {
		if !s.at(ctx, began, i, heapSamples) {
			return
		}
		data, err := s.d.get(ctx, "heap?gc=1", maxBody)
		var p *pprof.Profile
		if err == nil {
			p, err = parse(data)
		}
		if err != nil {
			s.r.miss("heap", err)
			if i == 0 {
				break
			}
			continue
		}
		s.r.Heap = append(s.r.Heap, p)
		s.r.keep(fmt.Sprintf("heap-%d.pb.gz", i+1), data)
	}
	for name, to := range map[string]**pprof.Profile{"mutex": &s.r.Mutex, "block": &s.r.Block} {
		data, err := s.d.get(ctx, name, maxBody)
		if err != nil {
			continue
		}
		if p, err := parse(data); err == nil && len(p.Sample) > 0 {
			*to = p
			s.r.keep(name+".pb.gz", data)
		}
	}
}

// parse reads a profile in the form of pprof. It never panics and never unpacks more than maxPlain bytes.
func parse(data []byte) (p *pprof.Profile, err error) {
	defer func() {
		if v := recover(); v != nil {
			p, err = nil, fmt.Errorf("it is damaged: %v", v)
		}
	}()
	if data, err = unpack(data); err != nil {
		return nil, err
	}
	if p, err = pprof.ParseUncompressed(data); err != nil {
		return nil, fmt.Errorf("it is no profile: %w", err)
	}
	if err := p.CheckValid(); err != nil {
		return nil, fmt.Errorf("it is damaged: %w", err)
	}
	return p, nil
}
