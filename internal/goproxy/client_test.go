package goproxy

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/module"

	"github.com/gorescue/gorescue/internal/facts"
)

// short limits: everything here is on the loopback.
var short = Limits{Lookup: time.Second, Connect: 500 * time.Millisecond, TLS: 500 * time.Millisecond, Header: 500 * time.Millisecond, Idle: 500 * time.Millisecond}

var mod = module.Version{Path: "example.com/x", Version: "v1.0.0"}

// answer asks for mod's .info file.
func answer(t *testing.T, proxy string, vars map[string]string) facts.NetAnswer {
	t.Helper()
	if vars == nil {
		vars = map[string]string{}
	}
	if vars["SSL_CERT_DIR"] == "" {
		vars["SSL_CERT_DIR"] = t.TempDir()
	}
	c := New(Config{Vars: vars, Limits: short})
	defer c.Close()
	started := time.Now()
	_, a := c.Fetch(context.Background(), proxy, mod, Info)
	if took := time.Since(started); took > 3*time.Second {
		t.Errorf("%s took %v", proxy, took)
	}
	return a
}

func good(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/example.com/x/@v/v1.0.0.info" {
		http.NotFound(w, r)
		return
	}
	_, _ = io.WriteString(w, `{"Version":"v1.0.0"}`)
}

func TestAnswers(t *testing.T) {
	for _, c := range []struct {
		name    string
		handler http.HandlerFunc
		fail    facts.NetFail
		at      facts.NetStep
		status  int
	}{
		{"good", good, facts.NetOK, "", 200},
		{"404", http.NotFound, facts.NetStatus, facts.StepHeader, 404},
		{"502", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(502) }, facts.NetStatus, facts.StepHeader, 502},
		{"page", func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "\n<!DOCTYPE html><title>sign in</title>")
		}, facts.NetPage, facts.StepBody, 200},
		{"text", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") }, facts.NetProtocol, facts.StepBody, 200},
		{"other version", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"Version":"v2.0.0"}`) }, facts.NetProtocol, facts.StepBody, 200},
		{"redirect to a page", func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/login" {
				http.Redirect(w, r, "/login?token=secret", http.StatusFound)
				return
			}
			_, _ = io.WriteString(w, "<html>sign in")
		}, facts.NetPage, facts.StepBody, 200},
		{"redirect for ever", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/again", http.StatusFound) }, facts.NetRedirect, facts.StepHeader, 0},
		{"silent", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, facts.NetSilent, facts.StepHeader, 0},
		{"stalled", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, "{")
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		}, facts.NetStalled, facts.StepBody, 200},
		{"short", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, "{")
		}, facts.NetShort, facts.StepBody, 200},
		{"closed", func(w http.ResponseWriter, _ *http.Request) { hijack(w, false) }, facts.NetClosed, facts.StepHeader, 0},
		{"reset", func(w http.ResponseWriter, _ *http.Request) { hijack(w, true) }, facts.NetReset, facts.StepHeader, 0},
		{"not http", func(w http.ResponseWriter, _ *http.Request) {
			if c, _, err := w.(http.Hijacker).Hijack(); err == nil {
				_, _ = io.WriteString(c, "220 mail.example ready\r\n")
				_ = c.Close()
			}
		}, facts.NetNeedsTLS, facts.StepHeader, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			srv := httptest.NewServer(c.handler)
			defer srv.Close()
			a := answer(t, srv.URL, nil)
			if a.Fail != c.fail || a.Status != c.status || a.At != c.at || a.AtProxy {
				t.Errorf("got %q at %q, status %d, %s\n%+v", a.Fail, a.At, a.Status, a.Err, a)
			}
			if strings.Contains(fmt.Sprint(a), "secret") {
				t.Errorf("a query is shown: %+v", a)
			}
		})
	}
}

func hijack(w http.ResponseWriter, reset bool) {
	c, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	if tcp, ok := c.(*net.TCPConn); ok && reset {
		_ = tcp.SetLinger(0)
	}
	_ = c.Close()
}

// authority makes certificates.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	der  [][]byte
}

func issue(t *testing.T, by *authority, change func(*x509.Certificate)) *authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: "test"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	change(c)
	parent, signer := c, key
	if by != nil {
		parent, signer = by.cert, by.key
	}
	der, err := x509.CreateCertificate(rand.Reader, c, parent, &key.PublicKey, signer)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	a := &authority{parsed, key, [][]byte{der}}
	if by != nil && by.cert.Issuer.String() != by.cert.Subject.String() {
		a.der = append(a.der, by.der...)
	}
	return a
}

func TestTLS(t *testing.T) {
	ca := func(c *x509.Certificate) { c.IsCA, c.Subject.CommonName, c.IPAddresses = true, "test root", nil }
	root := issue(t, nil, ca)
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: root.der[0]}), 0o644); err != nil {
		t.Fatal(err)
	}
	between := issue(t, root, func(c *x509.Certificate) { c.IsCA, c.Subject.CommonName, c.IPAddresses = true, "test issuing", nil })
	plain := func(*x509.Certificate) {}
	lone := issue(t, between, plain)
	lone.der = lone.der[:1]
	for _, c := range []struct {
		name string
		leaf *authority
		fail facts.NetFail
		len  int
	}{
		{"good", issue(t, between, plain), facts.NetOK, 2},
		{"missing intermediate", lone, facts.NetUnknownCA, 1},
		{"self-signed", issue(t, nil, plain), facts.NetUnknownCA, 1},
		{"expired", issue(t, between, func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) }), facts.NetExpired, 2},
		{"not yet", issue(t, between, func(c *x509.Certificate) { c.NotBefore = time.Now().Add(time.Minute) }), facts.NetNotYet, 2},
		{"other name", issue(t, between, func(c *x509.Certificate) { c.IPAddresses, c.DNSNames = nil, []string{"other.example"} }), facts.NetWrongName, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			srv := httptest.NewUnstartedServer(http.HandlerFunc(good))
			srv.Config.ErrorLog = nil
			srv.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: c.leaf.der, PrivateKey: c.leaf.key}}}
			srv.StartTLS()
			defer srv.Close()
			a := answer(t, srv.URL, map[string]string{"SSL_CERT_FILE": file})
			if a.Fail != c.fail || len(a.Chain) != c.len || c.fail != facts.NetOK && a.At != facts.StepTLS {
				t.Errorf("got %q at %q, %d certificates, %s", a.Fail, a.At, len(a.Chain), a.Err)
			}
			if self := len(a.Chain) > 0 && a.Chain[0].SelfSigned; self != (c.name == "self-signed") {
				t.Errorf("self-signed: %v", self)
			}
			if a := answer(t, srv.URL, nil); a.Fail != facts.NetUnknownCA && c.fail != facts.NetWrongName && c.fail != facts.NetExpired && c.fail != facts.NetNotYet {
				t.Errorf("without the root: got %q, %s", a.Fail, a.Err)
			}
		})
	}
}

func TestUnreached(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := l.Addr().String()
	_ = l.Close()
	mute, err := net.Listen("tcp", "127.0.0.1:0") // connections are made by the system, and nobody ever reads
	if err != nil {
		t.Fatal(err)
	}
	defer mute.Close()
	web := httptest.NewServer(http.HandlerFunc(good))
	defer web.Close()
	secure := httptest.NewTLSServer(http.HandlerFunc(good))
	defer secure.Close()
	refusing := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(407) }))
	defer refusing.Close()
	for _, c := range []struct {
		name, url, proxy string
		fail             facts.NetFail
		at               facts.NetStep
		atProxy          bool
	}{
		{"refused", "http://" + closed, "", facts.NetRefused, facts.StepConnect, false},
		{"silent in TLS", "https://" + mute.Addr().String(), "", facts.NetTLSSilent, facts.StepTLS, false},
		{"silent", "http://" + mute.Addr().String(), "", facts.NetSilent, facts.StepHeader, false},
		{"https to http", "https" + web.URL[4:], "", facts.NetNotTLS, facts.StepTLS, false},
		{"http to https", "http" + secure.URL[5:], "", facts.NetStatus, facts.StepHeader, false},
		{"dead HTTP proxy", "http://mods.example", "http://" + closed, facts.NetRefused, facts.StepConnect, true},
		{"dead HTTP proxy, https", "https://mods.example", "http://" + closed, facts.NetRefused, facts.StepConnect, true},
		{"silent HTTP proxy, https", "https://mods.example", "http://" + mute.Addr().String(), facts.NetSilent, facts.StepTunnel, true},
		{"HTTP proxy refuses the tunnel", "https://mods.example", refusing.URL, facts.NetTunnel, facts.StepTunnel, true},
		{"password over http", "http://u:secret@" + closed, "", facts.NetInsecureAuth, "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := answer(t, c.url, map[string]string{"HTTP_PROXY": c.proxy, "HTTPS_PROXY": c.proxy})
			if a.Fail != c.fail || a.At != c.at || a.AtProxy != c.atProxy {
				t.Errorf("got %q at %q, at the proxy: %v, %s; %+v", a.Fail, a.At, a.AtProxy, a.Err, a.Stages)
			}
			if strings.Contains(fmt.Sprint(a), "secret") {
				t.Errorf("a password is shown: %+v", a)
			}
			for _, s := range a.Stages {
				if c.proxy != "" && s.Step == facts.StepLookup {
					t.Errorf("behind an HTTP proxy the name of the target was looked up: %+v", s)
				}
			}
		})
	}
}

// TestCredentials: only over https, only to the very host that they are for, also after redirects.
func TestCredentials(t *testing.T) {
	var seen []string
	note := func(name string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			u, p, _ := r.BasicAuth()
			seen = append(seen, name+" "+u+":"+p)
			good(w, r)
		}
	}
	other := httptest.NewTLSServer(note("other"))
	defer other.Close()
	plain := httptest.NewServer(note("plain"))
	defer plain.Close()
	var first *httptest.Server
	first = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/away") {
			u, p, _ := r.BasicAuth()
			seen = append(seen, "first "+u+":"+p)
			http.Redirect(w, r, other.URL+"/example.com/x/@v/v1.0.0.info", http.StatusFound)
			return
		}
		note("first")(w, r)
	}))
	defer first.Close()
	home := t.TempDir()
	host := func(u string) string { return u[strings.LastIndex(u, "/")+1:] }
	rc := fmt.Sprintf("machine %s login me password pw\nmachine %s login me password plain\nmachine 127.0.0.1 login me password bare\n", host(first.URL), host(plain.URL))
	if err := os.WriteFile(filepath.Join(home, ".netrc"), []byte(rc), 0o600); err != nil {
		t.Fatal(err)
	}
	bundle := filepath.Join(home, "ca.pem")
	if err := os.WriteFile(bundle, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: first.Certificate().Raw}), 0o644); err != nil {
		t.Fatal(err)
	}
	vars := map[string]string{"HOME": home, "SSL_CERT_FILE": bundle, "SSL_CERT_DIR": home}
	c := New(Config{Vars: vars, Limits: short})
	defer c.Close()
	for _, u := range []string{first.URL, first.URL + "/away", plain.URL} {
		if _, a := c.Fetch(context.Background(), u, mod, Info); !a.OK() || a.Auth != (u != plain.URL) {
			t.Errorf("%s: %+v", u, a)
		}
	}
	if want := "first me:pw|first me:pw|other :|plain :"; strings.Join(seen, "|") != want {
		t.Errorf("got %q, want %q", seen, want)
	}
	seen = nil
	off := New(Config{Vars: vars, GOAUTH: "off", Limits: short})
	defer off.Close()
	if _, a := off.Fetch(context.Background(), first.URL, mod, Info); !a.OK() || a.Auth || strings.Join(seen, "|") != "first :" {
		t.Errorf("GOAUTH=off: %v %+v", seen, a)
	}
}

// TestDeadline: the caller's own end is told apart from a limit.
func TestDeadline(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	defer srv.Close()
	c := New(Config{})
	defer c.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer cancel()
	if _, a := c.Fetch(ctx, srv.URL, mod, Info); a.Fail != facts.NetDeadline {
		t.Errorf("%+v", a)
	}
}

func TestTooLarge(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(good))
	defer srv.Close()
	c := New(Config{})
	defer c.Close()
	if _, a := c.Read(context.Background(), srv.URL+"/example.com/x/@v/v1.0.0.info", 5); a.Fail != facts.NetTooLarge {
		t.Errorf("%+v", a)
	}
}
