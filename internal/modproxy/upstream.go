package modproxy

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gorescue/gorescue/internal/breaker"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/goproxy"
)

// upstream is one server or folder that is asked.
type upstream struct {
	goproxy.Entry
	database bool   // the checksum database itself, not a proxy
	label    string // host and path, without credentials
	trusted  bool   // named by the user's policy: it may hear private names
	breaker  *breaker.Breaker
}

// upstreams makes the lists that are walked one after the other: first the GOPROXY list of the user, then what
// the policy trusts. Within a list a failure leads to the next entry only through "|", as the go command has it:
// behind a "," there may be a server that must not hear what the first one guards. own is our address: asking
// ourselves would never end.
func upstreams(c *Config, own string) [][]*upstream {
	var lists [][]*upstream
	for _, l := range []struct {
		entries []goproxy.Entry
		trusted bool
	}{{c.Upstreams, false}, {c.Trusted, true}} {
		var list []*upstream
		for _, e := range l.entries {
			u, err := url.Parse(e.URL)
			if !e.IsProxy() || err != nil || u.Host != "" && u.Host == own {
				continue
			}
			list = append(list, &upstream{Entry: e, label: label(u), trusted: l.trusted, breaker: breaker.New(breaker.Config{Now: c.Now})})
		}
		lists = append(lists, list)
	}
	return lists
}

// label names a server for people and metrics: no user, no password, no query.
func label(u *url.URL) string {
	v := url.URL{Scheme: u.Scheme, Host: u.Host, Path: strings.TrimSuffix(u.Path, "/")}
	return v.String()
}

// address is that of a file below a server's own address, in both forms (cmd/go/internal/modfetch: proxyRepo.getBody).
func address(base, file string) (string, error) {
	u, err := url.Parse(base)
	if err != nil {
		return "", errors.New("not an address")
	}
	u.RawPath = path.Join(u.EscapedPath()+"/", strings.ReplaceAll(url.PathEscape(file), "%2F", "/"))
	u.Path = path.Join(u.Path+"/", file)
	return u.String(), nil
}

// reply is what asking the upstreams came to.
type reply struct {
	kept   bool   // the file is in the store now
	by     string // label of the upstream that had it
	status int    // when it is not kept: what to answer
	lines  []string
	failed bool // at least one could not answer
	slow   bool // and that because it took too long
	full   bool // our own store cannot keep it
}

// ask asks the upstreams in order, until one has the file.
func (s *Server) ask(ctx context.Context, r *request) (a reply) {
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	case <-ctx.Done():
		return reply{status: http.StatusServiceUnavailable}
	}
	private := r.mod.Path != "" && s.c.private(r.mod.Path)
	for _, list := range s.lists {
	entries:
		for _, u := range list {
			if private && !u.trusted {
				a.say("%s: not asked, %s is private", u.label, r.mod.Path)
				continue
			}
			switch s.try(ctx, u, r, &a) {
			case found, ended:
				return a
			case missing:
			case denied:
				if !u.OnError {
					return a
				}
			case failed:
				a.failed, a.status = true, 0
				if !u.OnError {
					break entries
				}
			}
		}
	}
	switch {
	case !a.failed && a.status == 0:
		a.status = http.StatusNotFound
	case a.failed && a.slow:
		a.status = http.StatusGatewayTimeout
	case a.failed:
		a.status = http.StatusBadGateway
	}
	return a
}

func (a *reply) say(format string, args ...any) {
	a.lines = append(a.lines, fmt.Sprintf(format, args...))
}

// outcome of asking one upstream.
type outcome string

const (
	found   outcome = "found"
	missing outcome = "not-found" // 404, 410: it does not have it
	denied  outcome = "denied"    // another 4xx: it does not want to give it
	failed  outcome = "failed"
	resting outcome = "resting" // not asked: its breaker is open
	ended   outcome = "ended"   // nobody waits any more, or our disk is full
)

// try asks one upstream, verifies what it says, and keeps it.
func (s *Server) try(ctx context.Context, u *upstream, r *request, a *reply) outcome {
	ticket, ok := u.breaker.Allow()
	if !ok {
		s.metrics.asked(u.label, string(resting), 0)
		a.say("%s: not asked, it failed repeatedly; next try in %.0f s", u.label, u.breaker.Status().Rest.Seconds())
		a.slow = true
		return failed
	}
	before := u.breaker.Status().State
	began := time.Now()
	o, why := s.fetch(ctx, u, r, a)
	took := time.Since(began)
	verdict := breaker.Success
	switch o {
	case failed:
		verdict = breaker.Failure
		a.say("%s: %s (%.1f s)", u.label, why, took.Seconds())
	case ended:
		verdict = breaker.Unknown
		a.say("%s", why)
	case found:
		a.kept, a.by, a.status = true, u.label, http.StatusOK
	default:
		a.say("%s: %s", u.label, why)
	}
	ticket.Done(verdict)
	s.metrics.asked(u.label, string(o), took)
	if after := u.breaker.Status(); after.State != before {
		s.c.Log.Info("upstream", "url", u.label, "state", after.State.String(), "rest", after.Rest.String(), "because", why)
	}
	return o
}

// fetch does the request of try. A file on its way is never more than a buffer in memory.
func (s *Server) fetch(ctx context.Context, u *upstream, r *request, a *reply) (outcome, string) {
	addr, err := address(u.URL, u.file(r))
	if err != nil {
		return failed, err.Error()
	}
	temp, err := s.store.temp()
	if err != nil {
		a.full, a.status = true, http.StatusInternalServerError
		return ended, fmt.Sprintf("cannot keep files: %v", plainError(err))
	}
	limited, into, done := s.bounded(ctx, r, temp)
	ans := s.c.Client.Get(limited, addr, into, r.kind.limit())
	done()
	if err := temp.Close(); err != nil && ans.OK() {
		ans.Fail, ans.Err = facts.NetSink, err.Error()
	}
	if !ans.OK() {
		_ = os.Remove(temp.Name())
		return s.judge(ctx, &ans, a)
	}
	err = s.store.keep(ctx, r, temp.Name())
	var lie *lieError
	switch {
	case err == nil:
		return found, ""
	case ctx.Err() != nil:
		return ended, "nobody waits any more"
	case errors.As(err, &lie):
		return failed, "200, but " + plainError(lie.err).Error()
	}
	a.full, a.status = true, http.StatusInternalServerError
	return ended, fmt.Sprintf("cannot keep files: %v", plainError(err))
}

// minPace is how much of a zip must come in each Config.Total, in bytes.
const minPace = 64 << 10

// bounded bounds the time of a whole file: of a zip, which may be large, the pace. done frees what it needs.
func (s *Server) bounded(ctx context.Context, r *request, w io.Writer) (limited context.Context, into io.Writer, done func()) {
	if r.kind != kindZip {
		limited, done = context.WithTimeout(ctx, s.c.Total)
		return limited, w, done
	}
	limited, cancel := context.WithCancelCause(ctx)
	counted := &counter{w: w}
	tick := time.NewTicker(s.c.Total)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for before := int64(0); ; {
			select {
			case <-limited.Done():
				return
			case <-tick.C:
			}
			now := counted.n.Load()
			if now-before < minPace {
				cancel(fmt.Errorf("less than %d KiB came within %v", minPace>>10, s.c.Total))
			}
			before = now
		}
	}()
	return limited, counted, func() {
		tick.Stop()
		cancel(nil)
		<-ended
	}
}

// counter counts what is written through it.
type counter struct {
	w io.Writer
	n atomic.Int64
}

// Write implements io.Writer.
func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n.Add(int64(n))
	return n, err
}

// judge says what an answer that is not good means for the walk.
func (s *Server) judge(ctx context.Context, ans *facts.NetAnswer, a *reply) (outcome, string) {
	switch {
	case ctx.Err() != nil:
		return ended, "nobody waits any more"
	case ans.NotFound():
		return missing, fmt.Sprint(ans.Status)
	case ans.Fail == facts.NetSink:
		a.full, a.status = true, http.StatusInternalServerError
		return ended, "cannot keep files: " + ans.Err
	case ans.Fail == facts.NetInsecureAuth, ans.Fail == facts.NetBadURL:
		return failed, ans.Err
	case ans.Fail == facts.NetStatus && ans.Status >= 400 && ans.Status < 500 && ans.Status != http.StatusTooManyRequests && ans.Status != http.StatusRequestTimeout && ans.Status != http.StatusProxyAuthRequired:
		a.status = ans.Status
		return denied, ans.Err
	case ans.Fail == facts.NetStatus:
		return failed, ans.Err
	}
	switch ans.Fail {
	case facts.NetSilent, facts.NetStalled, facts.NetBlackHole, facts.NetTLSSilent, facts.NetResolverSilent, facts.NetDeadline:
		a.slow = true
	}
	return failed, string(ans.Fail) + ": " + ans.Err
}

// plainError is an error without the path of a file.
func plainError(err error) error {
	var pe *os.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}
