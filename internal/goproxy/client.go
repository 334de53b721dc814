package goproxy

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"golang.org/x/net/http/httpproxy"

	"github.com/gorescue/gorescue/internal/facts"
)

// Limits bound the stages of a request. A stage of zero has no limit of its own.
type Limits struct {
	Lookup  time.Duration // names
	Connect time.Duration // TCP
	TLS     time.Duration // handshake
	Header  time.Duration // from the request, and from the request for a tunnel, to the first byte of the answer
	Idle    time.Duration // between two pieces of the body
}

// DefaultLimits suit an interactive diagnosis.
func DefaultLimits() Limits {
	return Limits{Lookup: 3 * time.Second, Connect: 3 * time.Second, TLS: 3 * time.Second, Header: 3 * time.Second, Idle: 3 * time.Second}
}

// Config says for whom a Client asks.
type Config struct {
	// Vars is the environment of the go command: HTTP_PROXY, HTTPS_PROXY, NO_PROXY, SSL_CERT_FILE, SSL_CERT_DIR, NETRC, HOME.
	Vars    map[string]string
	GOAUTH  string   // effective value; of its commands only netrc is followed, programs are not run
	CAFiles []string // certificates that are trusted besides, as a team's policy names them
	Limits  Limits
}

// Client asks servers as the go command of one environment would. It may be used by several goroutines at once.
type Client struct {
	limits Limits
	proxy  func(*url.URL) (*url.URL, error)
	logins map[string]login
	http   *http.Client
	dns    *nameServers
}

// New makes a client. Files that it names and that cannot be read count as empty, as they do for go. Close frees its
// connections.
func New(c Config) *Client {
	get := func(names ...string) string {
		for _, n := range names {
			if v := c.Vars[n]; v != "" {
				return v
			}
		}
		return ""
	}
	pc := httpproxy.Config{
		HTTPProxy: get("HTTP_PROXY", "http_proxy"), HTTPSProxy: get("HTTPS_PROXY", "https_proxy"), NoProxy: get("NO_PROXY", "no_proxy"),
		CGI: c.Vars["REQUEST_METHOD"] != "",
	}
	cl := &Client{limits: c.Limits, proxy: pc.ProxyFunc(), logins: logins(c.Vars, c.GOAUTH), dns: &nameServers{}}
	tr := &http.Transport{
		Proxy:                  func(r *http.Request) (*url.URL, error) { return cl.proxy(r.URL) },
		DialContext:            cl.dns.dialer().DialContext,
		TLSClientConfig:        &tls.Config{RootCAs: roots(c.Vars, c.CAFiles)},
		OnProxyConnectResponse: tunnelAnswer,
		ForceAttemptHTTP2:      true,
		MaxIdleConnsPerHost:    8,
		IdleConnTimeout:        30 * time.Second,
		MaxResponseHeaderBytes: 1 << 20,
	}
	cl.http = &http.Client{Transport: tr, CheckRedirect: checkRedirect}
	return cl
}

// Close ends idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// errs of redirects.
var (
	errHops     = errors.New("stopped after 10 redirects")
	errInsecure = errors.New("redirected from a secure address to an insecure one")
)

// checkRedirect follows at most ten, never from https to http (cmd/go/internal/web/http.go), and takes no credentials to
// another host or port.
func checkRedirect(req *http.Request, via []*http.Request) error {
	t := traceOf(req.Context())
	t.hop(req.URL)
	t.date(req.Response)
	if via[0].URL.Scheme == "https" && req.URL.Scheme != "https" {
		return errInsecure
	}
	if len(via) >= 10 {
		return errHops
	}
	if req.URL.Host != via[0].URL.Host || req.URL.Scheme != via[0].URL.Scheme {
		req.Header.Del("Authorization")
	}
	return nil
}

// Get asks for one address and writes the body of a good answer (status 200) to w, at most limit bytes: more is the
// failure NetTooLarge. It ends with ctx or when a stage is over its limit. file:// addresses are read from the file
// system. The answer is complete also when it failed; of a failed answer some bytes may have been written.
func (c *Client) Get(ctx context.Context, address string, w io.Writer, limit int64) facts.NetAnswer {
	started := time.Now()
	u, err := url.Parse(address)
	if err != nil {
		return facts.NetAnswer{Fail: facts.NetBadURL, Err: redactParse(err).Error()}
	}
	a := facts.NetAnswer{URL: u.Redacted()}
	switch {
	case u.Scheme == "file":
		getFile(u, w, limit, &a)
	case u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		a.Fail, a.Err = facts.NetBadURL, "not an http, https or file address"
	case u.Scheme == "http" && u.User != nil:
		a.Fail, a.Err = facts.NetInsecureAuth, "refusing to pass credentials to insecure URL"
	default:
		c.ask(ctx, u, w, limit, &a)
	}
	a.Took = time.Since(started)
	return a
}

// ask makes a request over the network.
func (c *Client) ask(ctx context.Context, u *url.URL, w io.Writer, limit int64, a *facts.NetAnswer) {
	via, err := c.proxy(u)
	if err != nil {
		a.Fail, a.Err = facts.NetBadProxy, err.Error() // in the environment of a CGI program
		return
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	t := &trace{a: a, limits: c.limits, cancel: cancel, proxy: c.proxy}
	t.toward(u)
	if via != nil {
		a.Via = via.Redacted()
	}
	defer func() {
		t.seal()
		a.Names = c.dns.asked()
	}()
	req, err := http.NewRequestWithContext(t.attach(ctx), http.MethodGet, u.String(), http.NoBody)
	if err != nil {
		t.fail(facts.NetBadURL, err)
		return
	}
	authorize(req, c.logins)
	a.Auth = req.Header.Get("Authorization") != "" || u.User != nil
	t.enter(facts.StepConnect)
	resp, err := c.http.Do(req)
	if err != nil {
		t.broken(ctx, err)
		return
	}
	defer resp.Body.Close()
	t.date(resp)
	t.answered(resp)
	if resp.StatusCode != http.StatusOK {
		t.fail(facts.NetStatus, errors.New(resp.Status))
		return
	}
	t.body(ctx, w, resp, limit)
}

// body copies the body of a good answer.
func (t *trace) body(ctx context.Context, w io.Writer, resp *http.Response, limit int64) {
	t.begin(facts.StepBody, "")
	var bad error
	sink := writerFunc(func(p []byte) (int, error) {
		t.enter(facts.StepBody)
		n, err := w.Write(p)
		bad = err
		return n, err
	})
	n, err := io.Copy(sink, io.LimitReader(resp.Body, limit+1))
	t.end(facts.StepBody, "", err)
	t.size(n)
	switch {
	case bad != nil:
		t.fail(facts.NetSink, bad)
	case err != nil:
		t.broken(ctx, err)
	case n > limit:
		t.fail(facts.NetTooLarge, fmt.Errorf("more than %d bytes", limit))
	}
}

type writerFunc func([]byte) (int, error)

// Write implements io.Writer.
func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// getFile reads a file:// address; what is not there counts as 404, what may not be read as 403
// (cmd/go/internal/web/http.go: getFile).
func getFile(u *url.URL, w io.Writer, limit int64, a *facts.NetAnswer) {
	name := filepath.FromSlash(u.Path)
	if runtime.GOOS == "windows" {
		name = strings.TrimPrefix(name, `\`)
	}
	fi, err := os.Stat(name)
	var f *os.File
	if err == nil && fi.Mode().IsRegular() {
		f, err = os.Open(name)
	}
	switch {
	case errors.Is(err, os.ErrNotExist):
		a.Fail, a.Status, a.Err = facts.NetStatus, http.StatusNotFound, "no such file"
	case errors.Is(err, os.ErrPermission):
		a.Fail, a.Status, a.Err = facts.NetStatus, http.StatusForbidden, "permission denied"
	case err != nil:
		a.Fail, a.Err = facts.NetFile, err.Error()
	case f == nil:
		a.Fail, a.Err = facts.NetFile, "not a regular file"
	default:
		defer f.Close()
		a.Status = http.StatusOK
		if a.Size, err = io.Copy(w, io.LimitReader(f, limit+1)); err != nil {
			a.Fail, a.Err = facts.NetFile, err.Error()
		} else if a.Size > limit {
			a.Fail, a.Err = facts.NetTooLarge, fmt.Sprintf("more than %d bytes", limit)
		}
	}
}
