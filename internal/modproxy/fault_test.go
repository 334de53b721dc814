package modproxy

import (
	"archive/zip"
	"bytes"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/module"

	"github.com/gorescue/gorescue/internal/modcache"
)

// fault is a way for an upstream to be no help. next: the go command's own rule lets even "," go on. quick: no
// deadline is needed to see it.
type fault struct {
	name    string
	handler http.HandlerFunc // nil = serve() instead
	status  int              // of the proxy's answer for a zip, when this is the only upstream
}

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(code)
		_, _ = io.WriteString(w, "<html>error</html>")
	}
}

// faults are the upstreams of this test; dir is the right content.
func faults(dir string) []fault {
	read := func(r *http.Request) []byte {
		data, _ := os.ReadFile(filepath.Join(dir, filepath.FromSlash(r.URL.Path)))
		return data
	}
	return []fault{
		{"404", http.NotFound, 404},
		{"410", status(410), 404},
		{"401", status(401), 401},
		{"403", status(403), 403},
		{"429", status(429), 502},
		{"500", status(500), 502},
		{"502", status(502), 502},
		{"503", status(503), 502},
		{"silent", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, 504},
		{"stalls", func(w http.ResponseWriter, r *http.Request) {
			data := read(r)
			w.Header().Set("Content-Length", "1000000")
			_, _ = w.Write(data[:len(data)/2])
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		}, 504},
		{"cut short", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "1000000")
			_, _ = w.Write(read(r))
		}, 502},
		{"half, cleanly ended", func(w http.ResponseWriter, r *http.Request) {
			data := read(r)
			_, _ = w.Write(data[:len(data)/2])
		}, 502},
		{"page with 200", func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "<!DOCTYPE html><html><title>Sign in</title></html>")
		}, 502},
		{"to a page", func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/login" {
				_, _ = io.WriteString(w, "<html>sign in")
				return
			}
			http.Redirect(w, r, "/login", http.StatusFound)
		}, 502},
		{"resets", func(w http.ResponseWriter, _ *http.Request) {
			if c, _, err := w.(http.Hijacker).Hijack(); err == nil {
				_ = c.(*net.TCPConn).SetLinger(0)
				_ = c.Close()
			}
		}, 502},
		{"other content", func(w http.ResponseWriter, r *http.Request) {
			switch filepath.Ext(r.URL.Path) {
			case ".zip":
				_, _ = w.Write(repacked(read(r)))
			case ".mod":
				_, _ = w.Write(append(read(r), "\n// changed\n"...))
			default:
				_, _ = io.WriteString(w, `{"Version":"v9.9.9"}`)
			}
		}, 502},
	}
}

// repacked is a valid module zip with other content.
func repacked(data []byte) []byte {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return data
	}
	var b bytes.Buffer
	out := zip.NewWriter(&b)
	for _, f := range z.File {
		w, err := out.Create(f.Name)
		if err != nil {
			return data
		}
		r, err := f.Open()
		if err != nil {
			return data
		}
		_, _ = io.Copy(w, r)
		if strings.HasSuffix(f.Name, ".go") {
			_, _ = io.WriteString(w, "\nvar Evil = true\n")
		}
	}
	_ = out.Close()
	return b.Bytes()
}

// unreached are upstreams that never get as far as HTTP.
func unreached(t *testing.T) map[string]string {
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	mute, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	t.Cleanup(func() { mute.Close() })
	must(t, closed.Close())
	return map[string]string{"refused": "http://" + closed.Addr().String(), "silent in TLS": "https://" + mute.Addr().String(), "no folder": "file:///nonexistent/folder"}
}

// TestFaults: whatever the first upstream does, the second one's right content arrives, in bounded time; alone it
// is a clear failure, nothing of it is kept, and the real go command agrees.
func TestFaults(t *testing.T) {
	dir, sums := tree(t, 1)
	good := httptest.NewServer(files(dir))
	t.Cleanup(good.Close)
	known := KnownSums(sums, "", "")
	check := func(t *testing.T, bad string, want int) {
		for _, sep := range []string{"|", ","} {
			s := start(t, bad+sep+good.URL, func(c *Config) { c.Sums = known })
			for _, f := range []string{oneInfo, oneMod, oneZip} {
				began := time.Now()
				code, body, _ := s.get(t, f)
				if took := time.Since(began); took > 5*time.Second {
					t.Errorf("%s took %v", f, took)
				}
				right, err := os.ReadFile(filepath.Join(dir, f))
				must(t, err)
				if through := sep == "|" || want == 404; through && (code != 200 || body != string(right)) {
					t.Errorf("with %q: %s: %d %.200q", sep, f, code, body)
				} else if !through && (code != want && filepath.Ext(f) == ".zip" || code < 400 || strings.Contains(body, "<")) {
					t.Errorf("with %q: %s: %d, want %d; %.300s", sep, f, code, want, body)
				}
			}
			if sep == "|" {
				continue
			}
			filepath.WalkDir(s.store.root, func(p string, d os.DirEntry, _ error) error {
				if rel, _ := filepath.Rel(s.store.root, p); !d.IsDir() && want != 404 {
					t.Errorf("kept %s", rel)
				}
				return nil
			})
		}
		g := project(t, 1, sums, "GOPROXY="+start(t, bad+"|"+good.URL, func(c *Config) { c.Sums = known }).url)
		if out, err := g.run(t, "mod", "download"); err != nil {
			t.Errorf("go mod download: %v\n%s", err, out)
		}
	}
	for _, f := range faults(dir) {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			srv := httptest.NewServer(f.handler)
			defer srv.Close()
			defer srv.CloseClientConnections()
			check(t, srv.URL, f.status)
		})
	}
	for name, u := range unreached(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			check(t, u, map[string]int{"refused": 502, "silent in TLS": 504, "no folder": 404}[name])
		})
	}
}

// TestPolicyBehindComma: behind a "," only what a policy trusts may help when the first one fails, and a
// gatekeeper's no stays a no.
func TestPolicyBehindComma(t *testing.T) {
	dir, _ := tree(t, 1)
	asked := 0
	public := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { asked++; files(dir).ServeHTTP(w, r) }))
	defer public.Close()
	code := 503
	first := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }))
	defer first.Close()
	trust := func(c *Config) { c.Trusted = parsed(t, "file://"+filepath.ToSlash(dir)) }
	if got, body, _ := start(t, first.URL+","+public.URL, trust).get(t, oneMod); got != 200 || asked != 0 {
		t.Errorf("503: %d %s, the public one was asked %d times", got, body, asked)
	}
	code = 403
	if got, body, _ := start(t, first.URL+","+public.URL, trust).get(t, oneMod); got != 403 || asked != 0 {
		t.Errorf("403: %d %s, the public one was asked %d times", got, body, asked)
	}
}

// TestCaches: what is at hand and verifies is served while the upstream hangs; what does not verify is not.
func TestCaches(t *testing.T) {
	dir, sums := tree(t, 3)
	hang := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	defer hang.Close()
	defer hang.CloseClientConnections()
	cache := filepath.Join(t.TempDir(), "mod")
	download := filepath.Join(cache, "cache", "download")
	must(t, os.CopyFS(download, os.DirFS(dir)))
	// m001: its zip is cut off; m002: whole, but of other content than go.sum says.
	cut := filepath.Join(download, "example.com/m001/@v/v1.0.0.zip")
	data, err := os.ReadFile(cut)
	must(t, err)
	must(t, os.WriteFile(cut, data[:len(data)/2], 0o644))
	other := filepath.Join(download, "example.com/m002/@v/v1.0.0.zip")
	data, err = os.ReadFile(other)
	must(t, err)
	must(t, os.WriteFile(other, repacked(data), 0o644))
	s := start(t, hang.URL, func(c *Config) { c.ModCache, c.Sums = cache, KnownSums(sums, cache, "") })
	for _, f := range []string{oneInfo, oneMod, oneZip, oneZip} {
		began := time.Now()
		code, body, source := s.get(t, f)
		if took := time.Since(began); code != 200 || source != "modcache" || took > short.Header {
			t.Errorf("%s: %d from %s in %v: %.100q", f, code, source, took, body)
		}
	}
	for _, f := range []string{"example.com/m001/@v/v1.0.0.zip", "example.com/m002/@v/v1.0.0.zip"} {
		if code, body, _ := s.get(t, f); code != 504 {
			t.Errorf("%s: %d %.100q", f, code, body)
		}
	}
	// A list is asked for anew, and after the deadline the versions at hand are the answer.
	began := time.Now()
	code, body, source := s.get(t, oneList)
	if took := time.Since(began); code != 200 || body != "v1.0.0\n" || source != "stale" || took > time.Second+short.Header {
		t.Errorf("list: %d %q from %s in %v", code, body, source, took)
	}
	// Damage after it was verified is seen, too.
	must(t, os.WriteFile(filepath.Join(download, oneMod), []byte("module evil\n"), 0o644))
	if code, body, _ := s.get(t, oneMod); code == 200 {
		t.Errorf("changed after it was verified: %q", body)
	}
}

// TestStore: what was fetched once is there without upstreams, for the next process as well; a page in its
// place is not served.
func TestStore(t *testing.T) {
	dir, _ := tree(t, 1)
	store := t.TempDir()
	keep := func(c *Config) { c.Store = store }
	first := start(t, "file://"+filepath.ToSlash(dir), keep)
	for _, f := range []string{oneInfo, oneMod, oneZip, oneList} {
		if code, body, source := first.get(t, f); code != 200 || source != "upstream" {
			t.Fatalf("%s: %d %s %.100q", f, code, source, body)
		}
	}
	second := start(t, "", keep)
	for f, want := range map[string]string{oneInfo: "store", oneMod: "store", oneZip: "store", oneList: "stale"} {
		if code, body, source := second.get(t, f); code != 200 || source != want {
			t.Errorf("%s: %d %s %.100q", f, code, source, body)
		}
	}
	must(t, os.WriteFile(filepath.Join(store, oneMod), []byte("<html>"), 0o600))
	if code, body, _ := start(t, "", keep).get(t, oneMod); code != 404 {
		t.Errorf("damaged: %d %q", code, body)
	}
}

func TestEviction(t *testing.T) {
	dir, _ := tree(t, 20)
	s := start(t, "file://"+filepath.ToSlash(dir), func(c *Config) { c.MaxBytes = 4000 })
	for i := range 20 {
		f := strings.Replace(oneZip, "m000", "m0"+string([]byte{'0' + byte(i/10), '0' + byte(i%10)}), 1)
		if code, body, _ := s.get(t, f); code != 200 {
			t.Fatalf("%s: %d %.100q", f, code, body)
		}
		if bytes, n, _ := s.store.usage(); bytes > 4000 || n == 0 {
			t.Fatalf("%d bytes in %d files", bytes, n)
		}
	}
	if _, _, gone := s.store.usage(); gone == 0 {
		t.Error("nothing was let go")
	}
	var onDisk int64
	filepath.WalkDir(s.store.root, func(_ string, d os.DirEntry, _ error) error {
		if fi, err := d.Info(); err == nil && fi.Mode().IsRegular() {
			onDisk += fi.Size()
		}
		return nil
	})
	if onDisk > 4000 {
		t.Errorf("%d bytes on disk", onDisk)
	}
}

// TestPrivate: private names go to no server but one that the policy names, not even to a checksum database.
func TestPrivate(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, module.Version{Path: "corp.example/secret", Version: "v1.0.0"}, "package m\n", modcache.Sums{})
	var asked []string
	public := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.Path)
		http.NotFound(w, r)
	}))
	defer public.Close()
	private := func(c *Config) { c.Private = []string{"corp.example/*"} }
	s := start(t, public.URL, private)
	for _, f := range []string{"corp.example/secret/@v/list", "corp.example/secret/@v/v1.0.0.info", "corp.example/secret/deep/@latest", "sumdb/sum.example.com/lookup/corp.example/secret@v1.0.0"} {
		if code, body, _ := s.get(t, f); code != 404 || !strings.Contains(body, "private") {
			t.Errorf("%s: %d %q", f, code, body)
		}
	}
	if len(asked) > 0 {
		t.Errorf("the public server was asked for %v", asked)
	}
	s = start(t, public.URL, func(c *Config) { private(c); c.Trusted = parsed(t, "file://"+filepath.ToSlash(dir)) })
	if code, body, _ := s.get(t, "corp.example/secret/@v/v1.0.0.mod"); code != 200 || len(asked) > 0 {
		t.Errorf("%d %q; the public server was asked for %v", code, body, asked)
	}
}
