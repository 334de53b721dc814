package lspproxy

import (
	"context"
	"sync"
	"time"

	"github.com/gorescue/gorescue/internal/lsp"
	"github.com/gorescue/gorescue/internal/lspdoor"
)

// Supervisor is a core with a real editor and real servers.
type Supervisor struct {
	opt    Options
	editor *queue
	events chan Event
	wg     sync.WaitGroup // servers and examinations

	mu      sync.Mutex // guards what follows; held while an event is handled, never while anything is waited for
	core    *core
	server  *server // the present one; nil = none
	leaving bool
}

// Run supervises until the editor says goodbye, closes its end, or ctx is done. It returns the exit code that
// gopls would have had: 1 when the editor left without shutdown.
func Run(ctx context.Context, opt Options) int {
	if opt.MaxMemory == 0 {
		opt.MaxMemory = memoryLimit() / 4 * 3
	}
	s := &Supervisor{opt: opt, editor: newQueue(), events: make(chan Event, 100)}
	s.core = newCore(s, opt, time.Now)
	ctx, leave := context.WithCancel(ctx)
	defer leave()

	recorded, written := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(recorded)
		for e := range s.events {
			if opt.Record != nil {
				opt.Record(e)
			}
		}
	}()
	go func() {
		defer close(written)
		if s.editor.write(opt.Stdout) != nil {
			leave() // there is no editor any more
		}
	}()
	s.locked(s.core.begin)
	in := s.listen(leave)
	shut := lspdoor.Open(s.debugDoor)
	s.live(ctx, in)
	shut()
	code := s.part()
	select {
	case <-written:
	case <-time.After(time.Second): // the editor does not read
	}
	close(s.events)
	<-recorded
	return code
}

// locked handles one event.
func (s *Supervisor) locked(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

// listen reads the editor. Its goroutine ends with the editor's end of the stream: a read cannot be broken off.
func (s *Supervisor) listen(leave func()) *stream {
	in := &stream{}
	in.handle = func(m lsp.Message) {
		s.locked(func() {
			if s.core.fromEditor(m); s.core.phase == over {
				leave()
			}
		})
	}
	in.d.Damaged = func(d lsp.Damage, sample []byte) { s.locked(func() { s.core.damaged(sideEditor, d, sample) }) }
	go func() {
		defer leave()
		in.read(s.opt.Stdin, func() {})
	}()
	return in
}

// beat is the time between two looks at the server.
const beat = time.Second

// live lets time pass until ctx is done.
func (s *Supervisor) live(ctx context.Context, in *stream) {
	t := time.NewTicker(beat)
	defer t.Stop()
	var eyes eyes
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
		in.stall()
		var srv *server
		var close bool
		s.locked(func() { srv, close = s.server, s.core.watch.suspicious(time.Now()) })
		var sample Sample
		if srv != nil {
			srv.out.stall()
			sample = eyes.look(srv.cmd.Process.Pid, close)
		}
		busy := s.editor.stuck(2 * time.Second)
		s.locked(func() {
			if s.server == srv {
				s.core.tick(sample, busy)
			}
		})
	}
}

// partTime is how long a server may take to end when the editor leaves.
const partTime = 2 * time.Second

// part ends the server and returns the exit code.
func (s *Supervisor) part() int {
	var srv *server
	code := 0
	s.locked(func() {
		srv = s.server
		if s.core.phase == over && s.core.closing.IsZero() {
			code = 1
		}
		if l := s.core.stats.take(); l != nil {
			s.record(Event{Kind: eventLatency, Version: s.core.version, Latency: l})
		}
		s.core.phase = over
		s.leaving = true
	})
	s.editor.close(false) // who reads from the server must not wait for an editor that does not read
	if srv != nil {
		srv.in.close(false)
		select {
		case <-srv.exited:
		case <-time.After(partTime):
			kill(srv.cmd.Process.Pid)
		}
	}
	s.wg.Wait()
	return code
}

// The effects of the core. The lock is held.

func (s *Supervisor) toEditor(body []byte) { s.editor.push(body) }

func (s *Supervisor) toServer(body []byte) {
	if s.server != nil {
		s.server.in.push(body)
	}
}

func (s *Supervisor) start(st startup) {
	s.wg.Add(1)
	go s.launch(st)
}

func (s *Supervisor) end(v Verdict) {
	srv := s.server
	if srv == nil {
		return // its end is on its way
	}
	srv.examined = make(chan struct{})
	s.wg.Add(1)
	go s.examine(srv, v)
}

func (s *Supervisor) resume() {
	if s.server != nil {
		letGo(s.server.cmd.Process.Pid)
	}
}

func (s *Supervisor) record(e Event) {
	if s.leaving {
		return
	}
	select {
	case s.events <- e:
	default: // a hundred wait already: the disk is worse off than gopls
	}
}
