package network

import (
	"archive/zip"
	"bytes"
	"crypto/tls"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/dirhash"

	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
)

// content is example.com/x@v1.0.0 as a proxy serves it, and its go.sum lines.
func content(t *testing.T) (files map[string][]byte, sum string) {
	t.Helper()
	mod := []byte("module example.com/x\n\ngo 1.21\n")
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, f := range []struct{ name, data string }{{"go.mod", string(mod)}, {"x.go", "package x\n"}} {
		w, err := z.Create("example.com/x@v1.0.0/" + f.name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, f.data); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "x.zip")
	if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	all, err := dirhash.HashZip(file, dirhash.Hash1)
	if err != nil {
		t.Fatal(err)
	}
	one, err := dirhash.Hash1([]string{"go.mod"}, func(string) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(mod)), nil })
	if err != nil {
		t.Fatal(err)
	}
	return map[string][]byte{"/example.com/x/@v/v1.0.0.mod": mod, "/example.com/x/@v/v1.0.0.zip": b.Bytes()},
		fmt.Sprintf("example.com/x v1.0.0 %s\nexample.com/x v1.0.0/go.mod %s\n", all, one)
}

// good serves the module.
func good(files map[string][]byte) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if data, ok := files[r.URL.Path]; ok {
			_, _ = w.Write(data)
			return
		}
		http.NotFound(w, r)
	}
}

func always(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

// only lets f answer for addresses with that ending, and the module for the rest.
func only(suffix string, f http.HandlerFunc, files map[string][]byte) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, suffix) {
			f(w, r)
			return
		}
		good(files)(w, r)
	}
}

func serve(t *testing.T, h http.Handler) string {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	return srv.URL
}

// closed is an address at which nothing listens.
func closed(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return "http://" + l.Addr().String()
}

// forward is an HTTP proxy that works.
func forward(t *testing.T) string {
	return serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		resp, err := (&http.Transport{}).RoundTrip(r)
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		defer resp.Body.Close()
		w.WriteHeader(resp.StatusCode)
		_, _ = io.Copy(w, resp.Body)
	}))
}

// bench is a project that lacks example.com/x, with go.sum lines for it.
func bench(t *testing.T, list string) (func(change func(map[string]string, *facts.Snapshot)) []diag.Finding, map[string][]byte) {
	t.Helper()
	files, sum := content(t)
	return func(change func(map[string]string, *facts.Snapshot)) []diag.Finding {
		t.Helper()
		w, s := machine(t, list)
		if err := os.WriteFile(filepath.Join(w.Dir, "go.sum"), []byte(sum), 0o644); err != nil {
			t.Fatal(err)
		}
		if change != nil {
			change(w.Vars, s)
		}
		s.Process.Vars = w.Vars
		install, err := collect(t.Context(), w, s)
		if err != nil {
			t.Fatal(err)
		}
		install(s)
		var out []diag.Finding
		for _, c := range Checks() {
			for _, f := range c.Run(s) {
				f.Check = c.ID
				out = append(out, f)
			}
		}
		return out
	}, files
}

func ids(found []diag.Finding) string {
	var out []string
	for _, f := range found {
		out = append(out, f.Check)
	}
	return strings.Join(out, " ")
}

// TestHealthySetups: odd set-ups in which the go command gets the module make no finding.
func TestHealthySetups(t *testing.T) {
	files, _ := content(t)
	ok := serve(t, good(files))
	folder := t.TempDir()
	for name, data := range files {
		path := filepath.Join(folder, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	secure := httptest.NewTLSServer(good(files))
	defer secure.Close()
	cas := t.TempDir()
	if err := os.WriteFile(filepath.Join(cas, "corp.pem"), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: secure.Certificate().Raw}), 0o644); err != nil {
		t.Fatal(err)
	}
	web := forward(t)
	once := false
	hiccup := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !once {
			once = true
			time.Sleep(slow + 200*time.Millisecond)
		}
		good(files)(w, r)
	}))
	for _, c := range []struct {
		name, list string
		change     func(map[string]string, *facts.Snapshot)
	}{
		{"one good server", ok, nil},
		{"a private proxy first that lacks it", serve(t, always(404)) + "," + ok, nil},
		{"gone at the first", serve(t, always(410)) + "," + ok, nil},
		{"refused behind a bar", closed(t) + "|" + ok, nil},
		{"5xx behind a bar", serve(t, always(503)) + "|" + ok, nil},
		{"a dead one last", ok + "," + closed(t), nil},
		{"a folder", "file://" + folder, nil},
		{"a folder that is gone, then a server", "file:///nowhere," + ok, nil},
		{"direct when nobody has it", serve(t, always(404)) + ",direct", nil},
		{"an inner authority in SSL_CERT_DIR", secure.URL, func(vars map[string]string, _ *facts.Snapshot) { vars["SSL_CERT_DIR"] = cas }},
		{"an HTTP proxy that works", "http://mods.example.test", func(vars map[string]string, _ *facts.Snapshot) {
			vars["HTTP_PROXY"] = serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				u, _ := url.Parse(ok)
				r.URL.Host = u.Host
				resp, err := (&http.Transport{}).RoundTrip(r)
				if err != nil {
					w.WriteHeader(502)
					return
				}
				defer resp.Body.Close()
				w.WriteHeader(resp.StatusCode)
				_, _ = io.Copy(w, resp.Body)
			}))
		}},
		{"a dead HTTP proxy, and NO_PROXY names the host", ok, func(vars map[string]string, _ *facts.Snapshot) {
			vars["HTTP_PROXY"], vars["NO_PROXY"] = closed(t), "127.0.0.1"
		}},
		{"an HTTP proxy for https alone", ok, func(vars map[string]string, _ *facts.Snapshot) { vars["HTTPS_PROXY"] = closed(t) }},
		{"one slow answer", hiccup, nil},
		{"a working HTTP proxy and a good server", ok, func(vars map[string]string, _ *facts.Snapshot) { vars["http_proxy"] = web }},
	} {
		t.Run(c.name, func(t *testing.T) {
			run, _ := bench(t, c.list)
			if got := run(c.change); len(got) != 0 {
				t.Errorf("%s: %v", ids(got), got[0].Claim)
			}
		})
	}
}

// TestNeighbours: faults beside those of the archives, each by its mechanism.
func TestNeighbours(t *testing.T) {
	files, _ := content(t)
	ok := serve(t, good(files))
	page := func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "<html><body>sign in</body></html>")
	}
	breaks := func(w http.ResponseWriter, _ *http.Request) {
		if c, _, err := w.(http.Hijacker).Hijack(); err == nil {
			_ = c.Close()
		}
	}
	stall := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "5000")
		_, _ = io.WriteString(w, "PK")
		w.(http.Flusher).Flush()
		select {
		case <-r.Context().Done():
		case <-time.After(10 * time.Second):
		}
	}
	secure := httptest.NewTLSServer(good(files))
	defer secure.Close()
	old := httptest.NewUnstartedServer(good(files))
	old.TLS = &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}
	old.StartTLS()
	defer old.Close()
	bundle := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(bundle, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: secure.Certificate().Raw}), 0o644); err != nil {
		t.Fatal(err)
	}
	trusting := func(vars map[string]string, _ *facts.Snapshot) {
		vars["SSL_CERT_FILE"], vars["SSL_CERT_DIR"] = bundle, "/nowhere"
	}
	locked := httptest.NewTLSServer(always(401))
	defer locked.Close()
	for _, c := range []struct {
		name, list, want string
		change           func(map[string]string, *facts.Snapshot)
	}{
		{"stopped", closed(t), "proxy-connection-refused", nil},
		{"stopped, a healthy one behind a comma", closed(t) + "," + ok, "proxy-connection-refused", nil},
		{"breaks off", serve(t, http.HandlerFunc(breaks)), "proxy-resets-connection", nil},
		{"stalls in the zip", serve(t, only(".zip", stall, files)) + "|" + ok, "proxy-accepts-and-hangs", nil},
		{"a page for the zip alone", serve(t, only(".zip", page, files)), "captive-portal-html-200", nil},
		{"a page behind a bar", serve(t, http.HandlerFunc(page)) + "|" + ok, "captive-portal-html-200", nil},
		{"401 over https, no credentials", locked.URL, "proxy-wants-credentials", trusting},
		{"403 for one module", serve(t, always(403)) + "," + ok, "proxy-forbids", nil},
		{"https to an http server", "https" + ok[4:], "tls-https-url-to-http-server", nil},
		{"http to a TLS server", "http" + secure.URL[5:], "http-url-to-tls-server", trusting},
		{"only old TLS", old.URL, "tls-handshake-fails", trusting},
		{"another service", serve(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "OK\n") })), "proxy-answers-something-else", nil},
		{"400", serve(t, always(400)), "proxy-answers-something-else", nil},
		{"the zip alone gives 502", serve(t, only(".zip", always(502), files)) + "," + ok, "proxy-502-comma-does-not-fall-through", nil},
		{"404 for everything", serve(t, always(404)), "goproxy-knows-no-module", nil},
		{"404 for the version, others are there", serve(t, only("@v/list", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "v0.9.0\n") }), map[string][]byte{})), "", nil},
		{"a folder that is gone", "file:///nowhere", "goproxy-folder-missing", nil},
		{"direct, and the host is out of reach", "direct", "repository-unreachable", func(vars map[string]string, _ *facts.Snapshot) { vars["HTTPS_PROXY"] = closed(t) }},
		{"a tunnel refused", "https://mods.example.test", "http-proxy-refuses", func(vars map[string]string, _ *facts.Snapshot) { vars["HTTPS_PROXY"] = serve(t, always(407)) }},
		{"a SOCKS proxy that is not there", "http://mods.example.test", "http-proxy-env-dead", func(vars map[string]string, _ *facts.Snapshot) {
			vars["HTTP_PROXY"] = "socks5" + closed(t)[4:]
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			run, _ := bench(t, c.list)
			got := run(c.change)
			if ids(got) != c.want {
				t.Fatalf("got %q, want %q: %+v", ids(got), c.want, got)
			}
			for _, f := range got {
				for _, fix := range f.Fixes {
					if fix.Risk == diag.Safe && c.want == "proxy-forbids" {
						t.Errorf("going round a gatekeeper is no safe repair: %v", fix.Title)
					}
				}
			}
		})
	}
}
