package modproxy

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/module"
	modzip "golang.org/x/mod/zip"

	"github.com/gorescue/gorescue/internal/gocmd"
	"github.com/gorescue/gorescue/internal/goproxy"
	"github.com/gorescue/gorescue/internal/modcache"
)

// tree makes a folder that is a module proxy with n modules of version v1.0.0, and their sums.
func tree(t testing.TB, n int) (dir string, sums modcache.Sums) {
	t.Helper()
	dir, sums = t.TempDir(), modcache.Sums{}
	for i := range n {
		m := module.Version{Path: fmt.Sprintf("example.com/m%03d", i), Version: "v1.0.0"}
		write(t, dir, m, fmt.Sprintf("package m\n\n// %s\nconst N = %d\n", strings.Repeat("x", 50*i), i), sums)
	}
	return dir, sums
}

func write(t testing.TB, dir string, m module.Version, source string, sums modcache.Sums) {
	t.Helper()
	src, at := t.TempDir(), filepath.Join(dir, filepath.FromSlash(m.Path), "@v")
	gomod := "module " + m.Path + "\n\ngo 1.21\n"
	must(t, os.WriteFile(filepath.Join(src, "go.mod"), []byte(gomod), 0o644))
	must(t, os.WriteFile(filepath.Join(src, "m.go"), []byte(source), 0o644))
	must(t, os.MkdirAll(at, 0o755))
	f, err := os.Create(filepath.Join(at, m.Version+".zip"))
	must(t, err)
	must(t, modzip.CreateFromDir(f, m, src))
	must(t, f.Close())
	must(t, os.WriteFile(filepath.Join(at, m.Version+".mod"), []byte(gomod), 0o644))
	must(t, os.WriteFile(filepath.Join(at, m.Version+".info"), fmt.Appendf(nil, `{"Version":%q,"Time":"2024-01-01T00:00:00Z"}`, m.Version), 0o644))
	must(t, os.WriteFile(filepath.Join(at, "list"), []byte(m.Version+"\n"), 0o644))
	h, err := modcache.HashZip(context.Background(), filepath.Join(at, m.Version+".zip"))
	must(t, err)
	sums[m] = []modcache.Sum{{Hash: h}}
	sums[module.Version{Path: m.Path, Version: m.Version + "/go.mod"}] = []modcache.Sum{{Hash: modcache.HashGoMod([]byte(gomod))}}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// files serves a folder.
func files(dir string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		data, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(r.URL.Path)))
		if err != nil {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write(data)
	})
}

// short limits, which the loopback of a busy machine still keeps.
var short = goproxy.Limits{Lookup: time.Second, Connect: time.Second, TLS: time.Second, Header: time.Second, Idle: time.Second}

// started is a proxy on the loopback.
type started struct {
	*Server
	url string
}

// start starts a proxy with the given GOPROXY list as upstreams.
func start(t testing.TB, list string, change func(*Config)) started {
	t.Helper()
	c := Config{Store: t.TempDir()}
	if list != "" {
		var err error
		c.Upstreams, err = goproxy.Parse(list, "")
		must(t, err)
	}
	if change != nil {
		change(&c)
	}
	if c.Client == nil {
		c.Client = goproxy.New(goproxy.Config{Limits: short})
	}
	srv := httptest.NewUnstartedServer(nil)
	s, err := New(srv.Listener.Addr().String(), c)
	must(t, err)
	srv.Config.Handler = s
	srv.Start()
	t.Cleanup(func() { s.Close(); srv.Close(); c.Client.Close() })
	return started{s, srv.URL}
}

// get asks the proxy; file is without the leading slash.
func (s started) get(t testing.TB, file string) (status int, body, source string) {
	t.Helper()
	res, err := http.Get(s.url + "/" + file)
	must(t, err)
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	must(t, err)
	return res.StatusCode, string(data), res.Header.Get("X-Gorescue-Source")
}

const (
	oneInfo = "example.com/m000/@v/v1.0.0.info"
	oneMod  = "example.com/m000/@v/v1.0.0.mod"
	oneZip  = "example.com/m000/@v/v1.0.0.zip"
	oneList = "example.com/m000/@v/list"
)

// gocommand runs the real go command with a module cache of its own in a project that needs the modules.
type gocommand struct {
	dir string
	env []string
}

// project makes a project that requires the n modules of tree, with a go.sum unless sums is nil.
func project(t testing.TB, n int, sums modcache.Sums, env ...string) gocommand {
	t.Helper()
	dir := t.TempDir()
	home := filepath.Join(dir, "home")
	must(t, os.MkdirAll(home, 0o755))
	var mod, sum bytes.Buffer
	fmt.Fprint(&mod, "module example.com/project\n\ngo 1.21\n\nrequire (\n")
	for i := range n {
		fmt.Fprintf(&mod, "\texample.com/m%03d v1.0.0\n", i)
	}
	fmt.Fprint(&mod, ")\n")
	for v, s := range sums {
		fmt.Fprintf(&sum, "%s %s %s\n", v.Path, v.Version, s[0].Hash)
	}
	must(t, os.WriteFile(filepath.Join(dir, "go.mod"), mod.Bytes(), 0o644))
	if sums != nil {
		must(t, os.WriteFile(filepath.Join(dir, "go.sum"), sum.Bytes(), 0o644))
	}
	base := []string{"HOME=" + home, "PATH=" + os.Getenv("PATH"), "GOMODCACHE=" + filepath.Join(dir, "modcache"), "GOCACHE=" + filepath.Join(dir, "gocache"),
		"GOFLAGS=-modcacherw", "GOTOOLCHAIN=local", "GOENV=off", "GOSUMDB=off", gocmd.NoTelemetry}
	return gocommand{dir, append(base, env...)}
}

func (g gocommand) run(t testing.TB, args ...string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir, cmd.Env = g.dir, g.env
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// realClient asks as the user who runs the tests would.
func realClient() *goproxy.Client {
	vars := map[string]string{}
	for _, kv := range os.Environ() {
		if k, v, ok := strings.Cut(kv, "="); ok {
			vars[k] = v
		}
	}
	return goproxy.New(goproxy.Config{Vars: vars, GOAUTH: "netrc", Limits: goproxy.Limits{Lookup: 20 * time.Second, Connect: 20 * time.Second, TLS: 20 * time.Second, Header: time.Minute, Idle: 30 * time.Second}})
}
