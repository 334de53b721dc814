package cli

import (
	"fmt"
	"sync"
	"time"

	"github.com/gorescue/gorescue/internal/text"
)

// The styles, as SGR codes (ECMA-48).
const (
	bold   = "1"
	dim    = "2"
	red    = "31"
	green  = "32"
	yellow = "33"
)

// plain reports whether output must be without colour and movement: no terminal, NO_COLOR, CI, a dumb one.
func (s *shared) plain(stream any) bool {
	return s.vars["NO_COLOR"] != "" || s.vars["CI"] != "" || s.vars["TERM"] == "dumb" || s.vars["TERM"] == "" || !s.Terminal(stream)
}

func (s *shared) paint(style, t string) string {
	if s.plain(s.Stdout) || s.json {
		return t
	}
	return "\x1b[" + style + "m" + t + "\x1b[0m"
}

// progress shows on the terminal what is being done and for how long, until the returned function is
// called; that may be done more than once. Without a terminal it shows nothing.
func (s *shared) progress(m text.Msg) (stop func()) {
	return s.progressOf(func() text.Msg { return m })
}

// progressOf is progress with a sentence that changes.
func (s *shared) progressOf(m func() text.Msg) (stop func()) {
	if s.plain(s.Stderr) {
		return func() {}
	}
	end, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		began := time.Now()
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-end:
				fmt.Fprint(s.Stderr, "\r\x1b[K")
				return
			case <-tick.C:
				fmt.Fprintf(s.Stderr, "\r\x1b[K%s … %.1f s", m().In(s.lang), time.Since(began).Seconds())
			}
		}
	}()
	var once sync.Once
	return func() {
		once.Do(func() { close(end) })
		<-ended
	}
}
