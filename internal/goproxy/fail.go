package goproxy

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/url"
	"strings"
	"syscall"
	"time"

	"github.com/gorescue/gorescue/internal/facts"
)

// fail writes down why a request is no good answer.
func (t *trace) fail(kind facts.NetFail, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.a == nil {
		return
	}
	t.a.Fail, t.a.At, t.a.AtProxy, t.a.Err = kind, t.step, t.via != nil && !t.through, err.Error()
	if kind == facts.NetTunnel {
		t.a.Status, t.a.AtProxy = t.refused, true
	}
}

// broken writes down a request that ended with an error.
func (t *trace) broken(ctx context.Context, err error) {
	var late overdue
	if errors.As(context.Cause(ctx), &late) {
		t.fail(late.kind(), late)
		return
	}
	if ctx.Err() != nil {
		t.fail(facts.NetDeadline, context.Cause(ctx))
		return
	}
	var ue *url.Error
	if errors.As(err, &ue) {
		err = ue.Err // without the address
	}
	t.mu.Lock()
	refused, step := t.refused, t.step
	t.mu.Unlock()
	if refused != 0 {
		t.fail(facts.NetTunnel, err)
		return
	}
	t.fail(kindOf(err, step), err)
}

// kind of the failure of a stage over its limit.
func (o overdue) kind() facts.NetFail {
	switch o.step {
	case facts.StepLookup:
		return facts.NetResolverSilent
	case facts.StepConnect:
		return facts.NetBlackHole
	case facts.StepTLS:
		return facts.NetTLSSilent
	case facts.StepBody:
		return facts.NetStalled
	}
	return facts.NetSilent
}

// kindOf classifies an error of net/http by its types; step is where it happened.
func kindOf(err error, step facts.NetStep) facts.NetFail {
	if k := tlsKind(err); k != facts.NetOK {
		return k
	}
	var dns *net.DNSError
	switch {
	case errors.Is(err, errHops), errors.Is(err, errInsecure):
		return facts.NetRedirect
	case errors.As(err, &dns):
		return dnsKind(dns)
	case errors.Is(err, syscall.ECONNREFUSED):
		return facts.NetRefused
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return facts.NetReset
	case errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.EACCES), errors.Is(err, syscall.EPERM), errors.Is(err, syscall.EADDRNOTAVAIL):
		return facts.NetUnreachable
	case errors.Is(err, syscall.ETIMEDOUT):
		return facts.NetBlackHole
	case errors.Is(err, io.ErrUnexpectedEOF) && step == facts.StepBody:
		return facts.NetShort
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return facts.NetClosed
	case step == facts.StepHeader && strings.Contains(err.Error(), "malformed HTTP"):
		return facts.NetNeedsTLS // bytes of TLS, or of another protocol
	}
	return facts.NetOther
}

func dnsKind(e *net.DNSError) facts.NetFail {
	switch {
	case e.IsNotFound:
		return facts.NetNoHost
	case e.IsTimeout:
		return facts.NetResolverSilent
	}
	return facts.NetResolver
}

// tlsKind classifies what a TLS handshake says, NetOK when it is not about TLS.
func tlsKind(err error) facts.NetFail {
	var invalid x509.CertificateInvalidError
	var record tls.RecordHeaderError
	var alert tls.AlertError
	switch {
	case errors.As(err, new(x509.UnknownAuthorityError)), errors.As(err, new(x509.SystemRootsError)):
		return facts.NetUnknownCA
	case errors.As(err, new(x509.HostnameError)):
		return facts.NetWrongName
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		if invalid.Cert != nil && time.Now().Before(invalid.Cert.NotBefore) {
			return facts.NetNotYet
		}
		return facts.NetExpired
	case errors.As(err, &record), strings.Contains(err.Error(), "server gave HTTP response to HTTPS client"):
		return facts.NetNotTLS
	case errors.As(err, &invalid), errors.As(err, &alert), strings.Contains(err.Error(), "tls: "), strings.Contains(err.Error(), "x509: "):
		return facts.NetTLS
	}
	return facts.NetOK
}
