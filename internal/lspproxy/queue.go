package lspproxy

import (
	"bufio"
	"io"
	"sync"
	"time"

	"github.com/gorescue/gorescue/internal/lsp"
)

// full of a queue: a reader that fills it waits until it is written.
const queueFull = 16 << 20

// queue takes messages without ever blocking and writes them in order: neither side of the proxy waits for
// the other. Safe for concurrent use.
type queue struct {
	mu     sync.Mutex
	change *sync.Cond
	items  [][]byte
	size   int // bytes, with what is being written
	moved  time.Time
	closed bool
}

func newQueue() *queue {
	q := &queue{moved: time.Now()}
	q.change = sync.NewCond(&q.mu)
	return q
}

func (q *queue) push(body []byte) {
	q.mu.Lock()
	if !q.closed {
		if q.size == 0 {
			q.moved = time.Now()
		}
		q.items = append(q.items, body)
		q.size += len(body)
	}
	q.mu.Unlock()
	q.change.Broadcast()
}

// close lets write end when everything is written; discard drops what is not.
func (q *queue) close(discard bool) {
	q.mu.Lock()
	q.closed = true
	if discard {
		q.items, q.size = nil, 0
	}
	q.mu.Unlock()
	q.change.Broadcast()
}

// room waits until the queue is not full.
func (q *queue) room() {
	q.mu.Lock()
	for q.size > queueFull && !q.closed {
		q.change.Wait()
	}
	q.mu.Unlock()
}

// stuck reports whether something has waited for that long without anything being written.
func (q *queue) stuck(d time.Duration) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.size > 0 && time.Since(q.moved) > d
}

// write writes messages to w until the queue is closed and empty, or w fails.
func (q *queue) write(w io.Writer) error {
	out := bufio.NewWriterSize(w, 32<<10)
	var head []byte
	for {
		q.mu.Lock()
		for len(q.items) == 0 && !q.closed {
			q.change.Wait()
		}
		batch := q.items
		q.items = nil
		q.mu.Unlock()
		if len(batch) == 0 {
			return nil
		}
		written := 0
		for i, body := range batch {
			head = lsp.AppendHeader(head[:0], len(body))
			out.Write(head)
			if _, err := out.Write(body); err != nil {
				return err
			}
			written += len(body)
			batch[i] = nil
		}
		if err := out.Flush(); err != nil {
			return err
		}
		q.mu.Lock()
		q.size = max(0, q.size-written)
		q.moved = time.Now()
		q.mu.Unlock()
		q.change.Broadcast()
	}
}

// stream reads messages out of a stream that may be damaged, and may stall in the middle of one.
type stream struct {
	mu     sync.Mutex
	d      lsp.Decoder
	fed    time.Time
	handle func(lsp.Message)
}

// read reads until the end of r. before is called before each read and may wait.
func (s *stream) read(r io.Reader, before func()) {
	buf := make([]byte, 64<<10)
	for {
		before()
		n, err := r.Read(buf)
		if n > 0 {
			s.mu.Lock()
			s.fed = time.Now()
			s.d.Feed(buf[:n])
			s.drain()
			s.mu.Unlock()
		}
		if err != nil {
			return
		}
	}
}

func (s *stream) drain() {
	for {
		m, ok := s.d.Next()
		if !ok {
			return
		}
		s.handle(m)
	}
}

// stall looks whether a message that does not end is whole in truth.
func (s *stream) stall() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.d.Pending() && time.Since(s.fed) > time.Second {
		s.d.Stalled()
		s.drain()
	}
}
