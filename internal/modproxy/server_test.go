package modproxy

import (
	"bufio"
	"bytes"
	"context"
	"encoding/pem"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/mod/module"
	"golang.org/x/mod/sumdb"
	"golang.org/x/mod/sumdb/note"

	"github.com/gorescue/gorescue/internal/goproxy"
	"github.com/gorescue/gorescue/internal/modcache"
)

func parsed(t testing.TB, list string) []goproxy.Entry {
	t.Helper()
	e, err := goproxy.Parse(list, "")
	must(t, err)
	return e
}

// TestSingleFlight: many who ask at once cost one request; one who goes away does not end it for the others,
// and when all have gone it ends.
func TestSingleFlight(t *testing.T) {
	dir, _ := tree(t, 1)
	var asked, cancelled atomic.Int32
	release := make(chan struct{})
	up := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		select {
		case <-release:
			files(dir).ServeHTTP(w, r)
		case <-r.Context().Done():
			cancelled.Add(1)
		}
	}))
	defer up.Close()
	s := start(t, up.URL, func(c *Config) { c.Client = goproxy.New(goproxy.Config{}) })
	ask := func(ctx context.Context) (int, error) {
		req, err := http.NewRequestWithContext(ctx, "GET", s.url+"/"+oneZip, nil)
		must(t, err)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			return 0, err
		}
		return res.StatusCode, res.Body.Close()
	}
	impatient, leave := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		if _, err := ask(impatient); err == nil {
			t.Error("the one who left got an answer")
		}
	})
	wait(t, "the first request", func() bool { return asked.Load() == 1 })
	for range 20 {
		wg.Go(func() {
			if code, err := ask(context.Background()); err != nil || code != 200 {
				t.Errorf("%d %v", code, err)
			}
		})
	}
	wait(t, "everybody", func() bool {
		s.flights.mu.Lock()
		defer s.flights.mu.Unlock()
		return s.flights.all[oneZip] != nil && s.flights.all[oneZip].waiters == 21
	})
	leave()
	wait(t, "one to be gone", func() bool {
		s.flights.mu.Lock()
		defer s.flights.mu.Unlock()
		return s.flights.all[oneZip].waiters == 20
	})
	close(release)
	wg.Wait()
	if asked.Load() != 1 || cancelled.Load() != 0 {
		t.Errorf("asked %d times, cancelled %d", asked.Load(), cancelled.Load())
	}
	release = make(chan struct{})
	alone, leave := context.WithCancel(context.Background())
	wg.Go(func() {
		req, _ := http.NewRequestWithContext(alone, "GET", s.url+"/"+oneMod, nil)
		if res, err := http.DefaultClient.Do(req); err == nil {
			res.Body.Close()
			t.Error("an answer")
		}
	})
	wait(t, "the last request", func() bool { return asked.Load() == 2 })
	leave()
	wg.Wait()
	wait(t, "the request upstream to end", func() bool { return cancelled.Load() == 1 })
	if st := s.Status()[0]; st.State != "closed" || st.Trips != 0 {
		t.Errorf("what we gave up counted against the upstream: %+v", st)
	}
}

func wait(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited too long for %s", what)
		}
	}
}

// TestBreaker: an upstream that hangs costs its deadline a few times, then nothing, and comes back by itself.
func TestBreaker(t *testing.T) {
	dir, _ := tree(t, 30)
	var sick atomic.Bool
	sick.Store(true)
	up := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if sick.Load() {
			<-r.Context().Done()
			return
		}
		files(dir).ServeHTTP(w, r)
	}))
	defer up.Close()
	var mu sync.Mutex
	now := time.Now()
	s := start(t, up.URL, func(c *Config) { c.Now = func() time.Time { mu.Lock(); defer mu.Unlock(); return now } })
	began := time.Now()
	for i := range 30 {
		if code, body, _ := s.get(t, fmt.Sprintf("example.com/m%03d/@v/v1.0.0.mod", i)); code != 504 {
			t.Fatalf("%d %s", code, body)
		}
	}
	if took := time.Since(began); took > 3*short.Header+3*time.Second {
		t.Errorf("30 requests took %v", took)
	}
	if _, body, _ := s.get(t, "healthz"); !strings.Contains(body, `"degraded"`) || !strings.Contains(body, `"open"`) {
		t.Error(body)
	}
	sick.Store(false)
	mu.Lock()
	now = now.Add(5 * time.Second)
	mu.Unlock()
	for i := range 5 {
		if code, body, _ := s.get(t, fmt.Sprintf("example.com/m%03d/@v/v1.0.0.mod", i)); code != 200 {
			t.Fatalf("%d %s", code, body)
		}
	}
	if st := s.Status()[0]; st.State != "closed" || st.Trips != 1 {
		t.Errorf("%+v", st)
	}
	_, body, _ := s.get(t, "metrics")
	for _, want := range []string{"gorescue_proxy_breaker_state", "gorescue_proxy_upstream_requests_total", `outcome="resting"`, "gorescue_proxy_store_bytes", "gorescue_proxy_request_seconds_bucket"} {
		if !strings.Contains(body, want) {
			t.Errorf("metrics lack %s", want)
		}
	}
	form := regexp.MustCompile(`^gorescue_proxy_[a-z_]+(\{[a-z]+="[^"]*"(,[a-z]+="[^"]*")*\})? [0-9.e+-]+$`)
	for line := range strings.Lines(body) {
		if !form.MatchString(strings.TrimSpace(line)) {
			t.Errorf("not a line that Prometheus reads: %q", line)
		}
	}
}

// TestNotFoundIsRemembered for a short time.
func TestNotFoundIsRemembered(t *testing.T) {
	var asked atomic.Int32
	up := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { asked.Add(1); http.NotFound(w, r) }))
	defer up.Close()
	s := start(t, up.URL, func(c *Config) { c.Missing = 2 * time.Second })
	for range 5 {
		if code, _, _ := s.get(t, oneInfo); code != 404 {
			t.Fatal(code)
		}
	}
	if asked.Load() != 1 {
		t.Errorf("asked %d times", asked.Load())
	}
	time.Sleep(2100 * time.Millisecond)
	s.get(t, oneInfo)
	if asked.Load() != 2 {
		t.Errorf("asked %d times", asked.Load())
	}
}

// TestHostile requests get no further.
func TestHostile(t *testing.T) {
	s := start(t, "", nil)
	for _, c := range []struct {
		raw  string
		want string
	}{
		{"GET /healthz HTTP/1.1\r\nHost: evil.example\r\n\r\n", "403"},
		{"GET /healthz HTTP/1.1\r\nHost: localhost:1\r\n\r\n", "200"},
		{"GET /healthz HTTP/1.1\r\nHost: [::1]:1\r\n\r\n", "200"},
		{"GET /healthz HTTP/1.0\r\n\r\n", "403"},
		{"POST /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\n\r\n", "405"},
		{"GET /../../../../etc/passwd HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", "404"},
		{"GET /example.com/m/@v/..%2f..%2fx.info HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", "404"},
		{"GET /%2e%2e/x.example/@v/list HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", "404"},
		{"GET /.incoming/@v/list HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", "404"},
		{"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n", "501"},
		{"GET http://evil.example/healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", "403"},
	} {
		conn, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
		must(t, err)
		must(t, conn.SetDeadline(time.Now().Add(5*time.Second)))
		_, err = conn.Write([]byte(c.raw))
		must(t, err)
		line, err := bufio.NewReader(conn).ReadString('\n')
		if err != nil || !strings.Contains(line, " "+c.want+" ") {
			t.Errorf("%q: %q (%v), want %s", c.raw, line, err, c.want)
		}
		conn.Close()
	}
}

// TestDribble: a zip that comes by the byte never ends, and yet never stalls.
func TestDribble(t *testing.T) {
	up := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			_, _ = w.Write([]byte("P"))
			_ = http.NewResponseController(w).Flush()
			time.Sleep(20 * time.Millisecond)
		}
	}))
	defer up.Close()
	for _, f := range []string{oneMod, oneZip} {
		s := start(t, up.URL, func(c *Config) { c.Total = 500 * time.Millisecond })
		began := time.Now()
		if code, body, _ := s.get(t, f); code != 504 || time.Since(began) > 3*time.Second {
			t.Errorf("%s: %d in %v %s", f, code, time.Since(began), body)
		}
	}
}

// TestHTTPS: an authority that the policy names is believed, any other is not; a password in an address goes to its
// host and not to where that redirects, and is shown nowhere.
func TestHTTPS(t *testing.T) {
	dir, _ := tree(t, 1)
	var mu sync.Mutex
	heard := map[string]string{}
	hear := func(name string, next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_, p, _ := r.BasicAuth()
			mu.Lock()
			heard[name] = p
			mu.Unlock()
			next.ServeHTTP(w, r)
		})
	}
	store := httptest.NewTLSServer(hear("store", files(dir)))
	defer store.Close()
	front := httptest.NewTLSServer(hear("front", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, store.URL+r.URL.Path, http.StatusFound)
	})))
	defer front.Close()
	ca := filepath.Join(t.TempDir(), "ca.pem")
	must(t, os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: front.Certificate().Raw}), 0o600))
	list := strings.Replace(front.URL, "https://", "https://me:sesame@", 1)
	var log bytes.Buffer
	with := func(files ...string) started {
		return start(t, list, func(c *Config) {
			c.Client = goproxy.New(goproxy.Config{Limits: short, CAFiles: files, Vars: map[string]string{"SSL_CERT_DIR": t.TempDir()}})
			c.Log = slog.New(slog.NewTextHandler(&log, nil))
		})
	}
	s := with()
	shown := ""
	for range 4 {
		code, body, _ := s.get(t, oneMod)
		if code == 200 || !strings.Contains(body, "unknown-authority") && !strings.Contains(body, "failed repeatedly") {
			t.Errorf("untrusted: %d %s", code, body)
		}
		shown += body
	}
	_, health, _ := s.get(t, "healthz")
	_, metrics, _ := s.get(t, "metrics")
	s = with(ca)
	if code, body, _ := s.get(t, oneZip); code != 200 {
		t.Errorf("trusted: %d %s", code, body)
	}
	mu.Lock()
	defer mu.Unlock()
	if heard["front"] != "sesame" || heard["store"] != "" {
		t.Errorf("heard: %v", heard)
	}
	if all := shown + health + metrics + log.String(); strings.Contains(all, "sesame") || !strings.Contains(log.String(), "state=open") {
		t.Errorf("shown: %s", all)
	}
}

// TestChecksumDatabase: the real go command verifies new modules through us, against a real database behind an
// upstream; when that upstream dies, what was seen once is still there.
func TestChecksumDatabase(t *testing.T) {
	dir, sums := tree(t, 3)
	skey, vkey, err := note.GenerateKey(nil, "sum.example.com")
	must(t, err)
	db := sumdb.NewServer(sumdb.NewTestServer(skey, func(path, vers string) ([]byte, error) {
		v := module.Version{Path: path, Version: vers}
		c, ok := sums.Content(v)
		m, _ := sums.GoMod(v)
		if !ok {
			return nil, fmt.Errorf("no %s", v)
		}
		return fmt.Appendf(nil, "%s %s %s\n%s %s/go.mod %s\n", path, vers, c.Hash, path, vers, m.Hash), nil
	}))
	var dead atomic.Bool
	up := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rest, ok := strings.CutPrefix(r.URL.Path, "/sumdb/sum.example.com/")
		switch {
		case dead.Load():
			w.WriteHeader(503)
		case ok && rest == "supported":
		case ok:
			r.URL.Path = "/" + rest
			db.ServeHTTP(w, r)
		default:
			files(dir).ServeHTTP(w, r)
		}
	}))
	defer up.Close()
	s := start(t, up.URL, nil)
	env := []string{"GOPROXY=" + s.url, "GOSUMDB=" + vkey}
	if out, err := project(t, 3, nil, env...).run(t, "mod", "download"); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	dead.Store(true)
	if out, err := project(t, 3, nil, env...).run(t, "mod", "download"); err != nil {
		t.Errorf("after the upstream died: %v\n%s", err, out)
	}
	// What the go command has verified and kept is known to us, too.
	g := project(t, 1, nil, append(env, "GOPROXY="+s.url)...)
	if out, err := g.run(t, "mod", "download"); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	known := KnownSums(modcache.Sums{}, filepath.Join(g.dir, "modcache"), "sum.example.com")
	v := module.Version{Path: "example.com/m000", Version: "v1.0.0"}
	want, _ := sums.Content(v)
	if have, ok := known(v, false); !ok || have != want.Hash {
		t.Errorf("known: %q %v", have, ok)
	}
}
