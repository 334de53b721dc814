package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/gorescue/gorescue/internal/journal"
	"github.com/gorescue/gorescue/internal/modproxy"
	"github.com/gorescue/gorescue/internal/probe"
	"github.com/gorescue/gorescue/internal/repair"
)

// How often the process in the background looks at the journal, and at the proxies.
const (
	lookEvery  = time.Second
	probeEvery = 10 * time.Second
)

// watchProxy is the process that incident starts: it serves until the switch of GOPROXY was taken back, by somebody
// else or, when the proxies have been well for a while, by itself.
func (s *shared) watchProxy(ctx context.Context, w probe.World, f proxyFlags) error {
	srv, l, err := s.openProxy(ctx, w, f)
	if err != nil {
		return json.NewEncoder(s.Stdout).Encode(map[string]string{"error": err.Error()})
	}
	if err := json.NewEncoder(s.Stdout).Encode(map[string]string{"address": "http://" + l.Addr().String()}); err != nil {
		return err
	}
	ctx, end := context.WithCancel(ctx)
	defer end()
	served := make(chan error, 1)
	go func() { served <- serveProxy(ctx, srv, l) }()
	// The one who started us says for which change we are. When it ends without a word, so do we.
	line, _ := bufio.NewReader(s.Stdin).ReadString('\n')
	if change := strings.TrimSpace(line); change != "" {
		k := &keeper{s: s, w: w, change: change, wellFor: f.wellFor}
		k.run(ctx, srv, served)
	}
	end()
	return <-served
}

// keeper decides when an incident is over.
type keeper struct {
	s       *shared
	w       probe.World
	change  string // "-" = GOPROXY was not switched by us
	wellFor time.Duration
	well    time.Time // since when the proxies answer; zero: they do not
}

// run returns when the incident is over or ctx ends.
func (k *keeper) run(ctx context.Context, srv *modproxy.Server, served chan error) {
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	every := min(probeEvery, max(k.wellFor/4, lookEvery))
	var probed time.Time
	for {
		select {
		case <-ctx.Done():
			return
		case err := <-served: // the listener is gone
			served <- err
			return
		case <-look.C:
		}
		if k.takenBack() {
			return
		}
		if time.Since(probed) < every {
			continue
		}
		probed = time.Now()
		if !srv.Recovered(ctx) {
			k.well = time.Time{}
			continue
		}
		if k.well.IsZero() {
			k.well = time.Now()
		}
		if time.Since(k.well) >= k.wellFor && k.takeBack() {
			return
		}
	}
}

// takenBack reports whether the change does not stand any more. A journal that cannot be read says nothing.
func (k *keeper) takenBack() bool {
	j, err := journal.Read(k.w.State)
	if err != nil || k.change == "-" {
		return false
	}
	c := pick(repair.Changes(j), k.change)
	return c == nil || !c.Stands()
}

// takeBack undoes the change. It reports whether we may end: also when it was refused, because somebody has
// changed the same line since. While another gorescue is at work it is tried again later.
func (k *keeper) takeBack() bool {
	if k.change == "-" {
		return true
	}
	j, err := journal.Open(k.w.State)
	if err != nil {
		return false
	}
	defer j.Close()
	c := pick(repair.Changes(j), k.change)
	if c == nil {
		return true
	}
	if _, err := repair.Undo(j, c); err != nil {
		fmt.Fprintln(k.s.Stderr, "gorescue:", err)
		return false
	}
	return true
}
