package proxy

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/mod/module"
	modzip "golang.org/x/mod/zip"

	"github.com/gorescue/gorescue/internal/cli"
	"github.com/gorescue/gorescue/internal/gocmd"
)

// TestMain makes this test also the program under test, so that the program can start itself in the background.
func TestMain(m *testing.M) {
	if os.Getenv("GORESCUE_TEST_RUN") == "" {
		os.Exit(m.Run())
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := cli.Run(ctx, &cli.App{Args: os.Args[1:], Environ: os.Environ(), Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Terminal: func(any) bool { return false }})
	stop()
	os.Exit(code)
}

// machine is a user with a project that needs one module, and an upstream that can be made sick.
type machine struct {
	t         *testing.T
	home, dir string
	goenv     string // the file of go env -w
	env       []string
	url       string // of the upstream
	sick      atomic.Bool
	started   []int // processes in the background
}

func newMachine(t *testing.T) *machine {
	t.Helper()
	tmp := t.TempDir()
	m := &machine{t: t, home: filepath.Join(tmp, "home"), dir: filepath.Join(tmp, "project")}
	m.goenv = filepath.Join(m.home, ".config", "go", "env")
	m.file(filepath.Join(m.dir, "go.mod"), "module example.com/project\n\ngo 1.21\n\nrequire example.com/m v1.0.0\n")
	m.file(filepath.Join(tmp, "src", "go.mod"), "module example.com/m\n")
	m.file(filepath.Join(tmp, "src", "m.go"), "package m\n")
	var zip bytes.Buffer
	m.must(modzip.CreateFromDir(&zip, module.Version{Path: "example.com/m", Version: "v1.0.0"}, filepath.Join(tmp, "src")))
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if m.sick.Load() {
			<-r.Context().Done()
			return
		}
		switch strings.TrimPrefix(r.URL.Path, "/example.com/m/@v/") {
		case "v1.0.0.info":
			_, _ = io.WriteString(w, `{"Version":"v1.0.0"}`)
		case "v1.0.0.mod":
			_, _ = io.WriteString(w, "module example.com/m\n")
		case "v1.0.0.zip":
			_, _ = w.Write(zip.Bytes())
		default:
			http.NotFound(w, r)
		}
	}))
	m.url = srv.URL
	t.Cleanup(func() {
		for _, pid := range m.started {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
		srv.CloseClientConnections()
		srv.Close()
	})
	m.env = []string{"HOME=" + m.home, "PATH=" + os.Getenv("PATH"), "GORESCUE_STATE=" + filepath.Join(tmp, "state"), "GOMODCACHE=" + filepath.Join(tmp, "modcache"),
		"GOCACHE=" + filepath.Join(tmp, "gocache"), "GOFLAGS=-modcacherw", "GOTOOLCHAIN=local", "GOSUMDB=off", gocmd.NoTelemetry, "LC_ALL=C"}
	return m
}

func (m *machine) must(err error) {
	m.t.Helper()
	if err != nil {
		m.t.Fatal(err)
	}
}

func (m *machine) file(path, data string) {
	m.t.Helper()
	m.must(os.MkdirAll(filepath.Dir(path), 0o755))
	m.must(os.WriteFile(path, []byte(data), 0o644))
}

func (m *machine) read(path string) string {
	m.t.Helper()
	data, err := os.ReadFile(path)
	m.must(err)
	return string(data)
}

// run runs a program in the project under a deadline.
func (m *machine) run(limit time.Duration, program string, args ...string) (string, error) {
	m.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir, cmd.Env, cmd.WaitDelay = m.dir, append([]string{"GORESCUE_TEST_RUN=1"}, m.env...), time.Second
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func (m *machine) rescue(args ...string) string {
	m.t.Helper()
	out, err := m.run(time.Minute, os.Args[0], args...)
	if err != nil {
		m.t.Fatalf("gorescue %v: %v\n%s", args, err, out)
	}
	return out
}

type answer struct {
	Address, Change, Where, Shell string
	PID                           int
}

// incident starts one.
func (m *machine) incident(args ...string) answer {
	m.t.Helper()
	return m.answer(m.rescue(append([]string{"proxy", "--incident", "--json", "--deadline", "1s"}, args...)...))
}

func (m *machine) answer(out string) (a answer) {
	m.t.Helper()
	if err := json.Unmarshal([]byte(out), &a); err != nil || a.Address == "" || a.PID == 0 {
		m.t.Fatalf("%v: %s", err, out)
	}
	m.started = append(m.started, a.PID)
	return a
}

func (m *machine) alive(url string) bool {
	c := http.Client{Timeout: 2 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := c.Get(url + "/healthz")
	if err != nil {
		return false
	}
	return res.Body.Close() == nil && res.StatusCode == http.StatusOK
}

func (m *machine) wait(limit time.Duration, what string, ok func() bool) {
	m.t.Helper()
	for end := time.Now().Add(limit); !ok(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			m.t.Fatalf("waited more than %v until %s", limit, what)
		}
	}
}

// download asks the real go command for what the project needs, with an empty module cache.
func (m *machine) download() error {
	m.t.Helper()
	m.must(os.RemoveAll(filepath.Join(filepath.Dir(m.dir), "modcache")))
	out, err := m.run(time.Minute, "go", "mod", "download")
	if err != nil {
		return fmt.Errorf("go mod download: %v\n%s", err, out)
	}
	return nil
}
