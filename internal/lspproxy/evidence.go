package lspproxy

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/gorescue/gorescue/internal/lsp"
	"github.com/gorescue/gorescue/internal/proc"
)

// How long a server that is being ended is asked about itself, and may take to write its dump. One that computes is
// worth waiting for: its processor profile is the proof.
const (
	debugTime = 700 * time.Millisecond
	pprofTime = 1500 * time.Millisecond
	runawayBy = 3               // times as long
	dumpTime  = 3 * time.Second // a Go program dumps in milliseconds, unless the machine is busy
)

// maxProfile bounds one profile: 8 MiB.
const maxProfile = 8 << 20

// examine takes what shows why a server is ended, and ends it.
func (s *Supervisor) examine(srv *server, v Verdict) {
	defer s.wg.Done()
	defer close(srv.examined)
	var saved map[string][]byte
	if v.Debug {
		patience := time.Duration(1)
		if v.Kind == Runaway {
			patience = runawayBy
		}
		if url := s.debugURL(srv, patience*debugTime); url != "" {
			saved = profiles(url, patience*pprofTime)
		}
	}
	if len(saved) == 0 { // it says nothing: its dying words, then
		srv.stderr.armed.Store(true)
		quit(srv.cmd.Process.Pid)
		select {
		case <-srv.said:
		case <-time.After(dumpTime):
		}
		if dump := srv.stderr.dumped(); len(dump) > 0 {
			saved = map[string][]byte{"dump": dump}
		}
	}
	s.locked(func() {
		if s.core.gen == srv.gen {
			s.core.verdict.Saved = saved
		}
	})
	kill(srv.cmd.Process.Pid)
}

// doorTime is how long gopls may take to open its debug port for somebody who wants to look at it: an idle one answers in a
// millisecond, one that loads a large workspace on a busy machine took more than 5 s.
const doorTime = 10 * time.Second

// debugDoor has the present gopls open its debug port; "" when there is none, or it does not answer.
func (s *Supervisor) debugDoor() string {
	var srv *server
	s.locked(func() { srv = s.server })
	if srv == nil {
		return ""
	}
	return s.debugURL(srv, doorTime)
}

// debugURL asks gopls to open its debug port on loopback; "" when it does not answer in time.
func (s *Supervisor) debugURL(srv *server, limit time.Duration) string {
	answer := make(chan string, 1)
	s.locked(func() {
		if s.server != srv {
			return
		}
		s.core.debugging = true
		params := map[string]any{"command": "gopls.start_debugging", "arguments": []any{map[string]string{"Addr": "localhost:0"}}}
		s.core.ask("workspace/executeCommand", params, func(m lsp.Message) {
			url := string(lsp.Field(m.Result, "URLs"))
			answer <- strings.Trim(url, `[]" `)
		})
	})
	select {
	case url := <-answer:
		if strings.HasPrefix(url, "http://127.0.0.1:") || strings.HasPrefix(url, "http://localhost:") || strings.HasPrefix(url, "http://[::1]:") {
			return url
		}
	case <-time.After(limit):
	}
	return ""
}

// profiles fetches the processor, heap and goroutine profiles, all at once. (/flightrecorder is never asked
// for: it starts a program that does not end.)
func profiles(url string, limit time.Duration) map[string][]byte {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	var mu sync.Mutex
	var wg sync.WaitGroup
	out := map[string][]byte{}
	for name, path := range map[string]string{"cpu": "profile?seconds=1", "heap": "heap", "goroutines": "goroutine?debug=2"} {
		wg.Go(func() {
			req, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/debug/pprof/"+path, nil)
			if err != nil {
				return
			}
			client := http.Client{Transport: &http.Transport{Proxy: nil, DisableKeepAlives: true}}
			resp, err := client.Do(req)
			if err != nil {
				return
			}
			defer resp.Body.Close()
			data, err := io.ReadAll(io.LimitReader(resp.Body, maxProfile))
			if err != nil || resp.StatusCode != http.StatusOK {
				return
			}
			mu.Lock()
			out[name] = data
			mu.Unlock()
		})
	}
	wg.Wait()
	return out
}

// eyes look at the process of a server.
type eyes struct {
	pid    int
	effort proc.Work // of its helpers, at the last look
}

// look takes a sample. When close, it also looks at the processes that the server has started; that costs a
// walk through the process table.
func (e *eyes) look(pid int, close bool) Sample {
	v, ok := proc.VitalsOf(pid)
	s := Sample{OK: ok, PID: pid, CPU: v.CPU, Wait: v.Waited, RSS: v.RSS, State: v.State}
	if !ok || !close {
		return s
	}
	table, err := proc.Processes()
	if err != nil {
		return s
	}
	helpers := table.Tree(pid)
	if len(helpers) > 0 {
		helpers = helpers[1:]
	}
	n := 0
	for _, h := range helpers {
		if p, ok := proc.Get(h.PID); ok && !strings.Contains(p.Command, "** telemetry **") {
			helpers[n] = h
			n++
		}
	}
	helpers = helpers[:n]
	if n == 0 {
		return s
	}
	s.Helpers = helpersIdle
	w := proc.Effort(helpers)
	if e.pid != pid || w.Moved(e.effort) || proc.Runnable(helpers) {
		s.Helpers = helpersBusy
	}
	e.pid, e.effort = pid, w
	return s
}
