package goproxy

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync"
	"time"

	"github.com/gorescue/gorescue/internal/facts"
)

// trace follows one request: it writes down its stages and ends it when one of them is over its limit. The transport calls
// it from several goroutines, also after the request has ended: then nothing is written any more.
type trace struct {
	limits Limits
	cancel context.CancelCauseFunc
	proxy  func(*url.URL) (*url.URL, error)

	mu      sync.Mutex
	a       *facts.NetAnswer // nil once the request is over
	via     *url.URL         // HTTP proxy of the present hop
	tunnel  bool             // it must open a tunnel
	through bool             // what happens now happens behind it
	refused int              // status of a proxy that did not open the tunnel
	timer   *time.Timer
	step    facts.NetStep
	open    map[string]open
}

// open is a stage that has not ended.
type open struct {
	index int // in NetAnswer.Stages
	began time.Time
}

// overdue is the cause of a request that was ended because a stage was over its limit.
type overdue struct {
	step  facts.NetStep
	limit time.Duration
}

// Error implements error.
func (o overdue) Error() string { return fmt.Sprintf("%s: nothing within %v", o.step, o.limit) }

type traceKey struct{}

func traceOf(ctx context.Context) *trace {
	if t, ok := ctx.Value(traceKey{}).(*trace); ok {
		return t
	}
	return &trace{}
}

// attach returns a context that reports to the trace.
func (t *trace) attach(ctx context.Context) context.Context {
	ctx = context.WithValue(ctx, traceKey{}, t)
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		DNSStart: func(i httptrace.DNSStartInfo) { t.begin(facts.StepLookup, i.Host) },
		DNSDone: func(i httptrace.DNSDoneInfo) {
			t.end(facts.StepLookup, "", i.Err)
			if i.Err == nil {
				t.enter(facts.StepConnect)
			}
		},
		ConnectStart: func(_, addr string) { t.begin(facts.StepConnect, addr) },
		ConnectDone: func(_, addr string, err error) {
			t.end(facts.StepConnect, addr, err)
			t.connected(err)
		},
		TLSHandshakeStart: func() { t.begin(facts.StepTLS, "") },
		TLSHandshakeDone: func(st tls.ConnectionState, err error) {
			t.end(facts.StepTLS, "", err)
			t.shown(st, err)
		},
		GotConn:              func(httptrace.GotConnInfo) { t.enter(facts.StepHeader) },
		WroteRequest:         func(httptrace.WroteRequestInfo) { t.begin(facts.StepHeader, "") },
		GotFirstResponseByte: func() { t.end(facts.StepHeader, "", nil) },
	})
}

// toward makes u the address that the next stages lead to.
func (t *trace) toward(u *url.URL) {
	via, _ := t.proxy(u)
	t.via, t.tunnel, t.through = via, via != nil && u.Scheme == "https", via == nil
}

// connected: with an HTTP proxy the tunnel is next. The way of a SOCKS proxy has no stage that can be seen.
func (t *trace) connected(err error) {
	t.mu.Lock()
	next := err == nil && t.tunnel && !t.through && t.via.Scheme == "http"
	t.mu.Unlock()
	if next {
		t.begin(facts.StepTunnel, "")
	}
}

// limit of a stage.
func (l Limits) limit(s facts.NetStep) time.Duration {
	switch s {
	case facts.StepLookup:
		return l.Lookup
	case facts.StepConnect:
		return l.Connect
	case facts.StepTLS:
		return l.TLS
	case facts.StepTunnel, facts.StepHeader:
		return l.Header
	}
	return l.Idle
}

// enter makes a stage the present one and starts its clock.
func (t *trace) enter(s facts.NetStep) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.a == nil {
		return
	}
	t.step = s
	if s == facts.StepHeader || s == facts.StepBody {
		t.through = true
	}
	d := t.limits.limit(s)
	if t.timer != nil {
		t.timer.Stop()
	}
	if d > 0 {
		t.timer = time.AfterFunc(d, func() { t.cancel(overdue{s, d}) })
	}
}

// begin writes down that a stage begins. Connections to several addresses of a name may be under way at once.
func (t *trace) begin(s facts.NetStep, to string) {
	t.enter(s)
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.a == nil || len(t.a.Stages) >= maxStages {
		return
	}
	if s == facts.StepTLS && t.via != nil && t.via.Scheme != "http" && t.via.Scheme != "https" {
		t.through = true
	}
	if t.open == nil {
		t.open = map[string]open{}
	}
	t.open[string(s)+" "+to] = open{len(t.a.Stages), time.Now()}
	t.a.Stages = append(t.a.Stages, facts.NetStage{Step: s, To: to})
}

// maxStages bounds the list; a name may have many addresses, and redirects begin anew.
const maxStages = 60

// end writes down how a stage ended.
func (t *trace) end(s facts.NetStep, to string, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.a == nil {
		return
	}
	for key, o := range t.open {
		st := &t.a.Stages[o.index]
		if st.Step != s || to != "" && st.To != to {
			continue
		}
		st.Took = time.Since(o.began)
		if err != nil {
			st.Err = err.Error()
		}
		delete(t.open, key)
	}
}

// seal ends the writing.
func (t *trace) seal() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.timer != nil {
		t.timer.Stop()
	}
	for _, o := range t.open {
		st := &t.a.Stages[o.index]
		if st.Took = time.Since(o.began); t.a.Fail != facts.NetOK {
			st.Err = t.a.Err
		}
	}
	t.a = nil
}

// hop writes down a redirect.
func (t *trace) hop(u *url.URL) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.a != nil && len(t.a.Hops) < 10 {
		t.toward(u)
		c := *u
		c.RawQuery, c.Fragment, c.User = "", "", nil // what stands there may be a secret
		t.a.Hops = append(t.a.Hops, c.String())
	}
}

// tunnelAnswer writes down why an HTTP proxy does not open a tunnel.
func tunnelAnswer(ctx context.Context, _ *url.URL, _ *http.Request, resp *http.Response) error {
	t := traceOf(ctx)
	t.end(facts.StepTunnel, "", nil)
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.through = resp.StatusCode == http.StatusOK; t.through {
		return nil
	}
	t.refused = resp.StatusCode
	return fmt.Errorf("the HTTP proxy answers %s", resp.Status)
}

// shown keeps the certificates of a server, also of one that is not trusted.
func (t *trace) shown(st tls.ConnectionState, err error) {
	certs := st.PeerCertificates
	var bad *tls.CertificateVerificationError
	if errors.As(err, &bad) {
		certs = bad.UnverifiedCertificates
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.a == nil || len(certs) == 0 {
		return
	}
	t.a.Chain, t.a.Staple = nil, len(st.OCSPResponse) > 0
	for _, c := range certs[:min(len(certs), 10)] {
		t.a.Chain = append(t.a.Chain, Cert(c))
	}
}

// Cert is what is to be known of a certificate.
func Cert(c *x509.Certificate) facts.Cert {
	sum := sha256.Sum256(c.Raw)
	out := facts.Cert{
		Subject: c.Subject.String(), Issuer: c.Issuer.String(), NotBefore: c.NotBefore, NotAfter: c.NotAfter, CA: c.IsCA,
		SelfSigned: c.CheckSignature(c.SignatureAlgorithm, c.RawTBSCertificate, c.Signature) == nil, Sum: hex.EncodeToString(sum[:]),
	}
	out.Names = append(out.Names, c.DNSNames[:min(len(c.DNSNames), 20)]...)
	for _, ip := range c.IPAddresses[:min(len(c.IPAddresses), 20)] {
		out.Names = append(out.Names, ip.String())
	}
	return out
}

// date writes down what a server says the time is, also of a redirect that leads nowhere.
func (t *trace) date(resp *http.Response) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.a == nil || resp == nil {
		return
	}
	if d, err := http.ParseTime(resp.Header.Get("Date")); err == nil {
		t.a.Date = d
	}
}

// answered writes down the head of an answer.
func (t *trace) answered(resp *http.Response) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.a == nil {
		return
	}
	t.a.Status, t.a.Type, t.a.Retry = resp.StatusCode, cut(resp.Header.Get("Content-Type"), 100), cut(resp.Header.Get("Retry-After"), 40)
}

// size writes down how much of a body was read.
func (t *trace) size(n int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.a != nil {
		t.a.Size = n
	}
}

func cut(s string, n int) string {
	if len(s) > n {
		return s[:n]
	}
	return s
}
