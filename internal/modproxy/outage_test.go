package modproxy

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"golang.org/x/mod/module"

	"github.com/gorescue/gorescue/internal/goproxy"
	"github.com/gorescue/gorescue/internal/modcache"
)

// TestOutage: three projects download 200 modules at the same time, and the upstream dies midway, each time in another
// way. No download fails, and every file in every module cache is the right one.
func TestOutage(t *testing.T) {
	const modules = 200
	dir, sums := tree(t, modules)
	for name, die := range map[string]http.HandlerFunc{
		"hangs": func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		"cuts": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "100000")
			_, _ = w.Write([]byte("PK"))
		},
		"portal": func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>sign in")) },
	} {
		t.Run(name, func(t *testing.T) {
			var served atomic.Int32
			up := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if served.Add(1) > 200 {
					die(w, r)
					return
				}
				files(dir).ServeHTTP(w, r)
			}))
			defer up.Close()
			defer up.CloseClientConnections()
			s := start(t, up.URL+"|file://"+filepath.ToSlash(dir), func(c *Config) { c.Sums = KnownSums(sums, "", "") })
			var wg sync.WaitGroup
			projects := make([]gocommand, 3)
			for i := range projects {
				projects[i] = project(t, modules, sums, "GOPROXY="+s.url)
				wg.Go(func() {
					if out, err := projects[i].run(t, "mod", "download"); err != nil {
						t.Errorf("go mod download: %v\n%.2000s", err, out)
					}
				})
			}
			wg.Wait()
			if n := served.Load(); n <= 200 {
				t.Fatalf("the upstream did not die: %d requests", n)
			}
			for _, g := range projects {
				compare(t, filepath.Join(g.dir, "modcache", "cache", "download"), dir, modules)
			}
			if out, err := projects[0].run(t, "mod", "verify"); err != nil || !strings.Contains(out, "all modules verified") {
				t.Errorf("go mod verify: %v\n%s", err, out)
			}
		})
	}
}

// compare looks whether a module cache has exactly the files of a tree.
func compare(t *testing.T, cache, dir string, modules int) {
	t.Helper()
	for i := range modules {
		for _, ext := range []string{".mod", ".zip"} {
			file := fmt.Sprintf("example.com/m%03d/@v/v1.0.0%s", i, ext)
			want, err := os.ReadFile(filepath.Join(dir, file))
			must(t, err)
			if have, err := os.ReadFile(filepath.Join(cache, file)); err != nil || string(have) != string(want) {
				t.Errorf("%s is not the right one (%v)", file, err)
			}
		}
	}
}

// TestRealModules downloads modules that this repository itself needs through the proxies that this machine is set up
// with, and again without them. GORESCUE_OFFLINE=1 leaves it out.
func TestRealModules(t *testing.T) {
	if os.Getenv("GORESCUE_OFFLINE") == "1" {
		t.Log("left out: GORESCUE_OFFLINE=1")
		return
	}
	own := gocommand{".", os.Environ()}
	list, err := own.run(t, "env", "GOPROXY")
	must(t, err)
	if e, err := goproxy.Parse(strings.TrimSpace(list), ""); err != nil || !e[0].IsProxy() {
		t.Logf("left out: GOPROXY names no proxy (%v)", err)
		return
	}
	gosum, err := own.run(t, "env", "GOSUMDB")
	must(t, err)
	known, err := modcache.ReadSums([]string{filepath.Join("..", "..", "go.sum")})
	must(t, err)
	var wanted []string
	for _, v := range []module.Version{{Path: "golang.org/x/mod", Version: "v0.42.0"}, {Path: "golang.org/x/term", Version: "v0.47.0"}} {
		wanted = append(wanted, v.String())
	}
	store := t.TempDir()
	with := func(list string) started {
		return start(t, strings.TrimSpace(list), func(c *Config) {
			c.Store, c.Sums, c.Client = store, KnownSums(known, "", ""), realClient()
		})
	}
	for i, list := range []string{list, ""} {
		s := with(list)
		g := project(t, 0, nil, "GOPROXY="+s.url, "GONOSUMDB=off.example", "SSL_CERT_FILE="+os.Getenv("SSL_CERT_FILE"))
		if i == 0 {
			g.env = append(g.env, "GOSUMDB="+strings.TrimSpace(gosum))
		}
		if out, err := g.run(t, append([]string{"mod", "download", "-x"}, wanted...)...); err != nil {
			t.Fatalf("round %d: %v\n%s", i, err, out)
		}
	}
}
