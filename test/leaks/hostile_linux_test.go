package leaks

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// hostiles are servers that are no help, with a part of what the user must be told.
var hostiles = map[string]struct {
	handler http.HandlerFunc
	want    string
}{
	"html": {func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>please log in") }, "no goroutine profile"},
	"401":  {func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "who are you?", http.StatusUnauthorized) }, "HTTP 401"},
	"redirect": {func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://192.0.2.1/elsewhere", http.StatusFound)
	}, "HTTP 302"},
	"endless": {func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			if _, err := w.Write(bytes.Repeat([]byte("x"), 1<<16)); err != nil {
				return
			}
		}
	}, "larger than|no goroutine profile|no answer in time"},
	"drip": {func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			fmt.Fprint(w, "g")
			w.(http.Flusher).Flush()
			time.Sleep(50 * time.Millisecond)
		}
	}, "no answer in time"},
	"half": {func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100000")
		fmt.Fprint(w, "goroutine profile: total 7\n")
		c, _, _ := w.(http.Hijacker).Hijack()
		c.Close()
	}, "broke the connection off"},
	"hangs-after-door": {func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.RawQuery, "debug=1") {
			fmt.Fprint(w, "goroutine profile: total 7\n")
			return
		}
		<-r.Context().Done()
	}, "no answer in time"},
	"bombs": {func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.RawQuery, "debug=1") {
			fmt.Fprint(w, "goroutine profile: total 30000\n")
			return
		}
		w.Write(bomb())
	}, "larger than"},
	"damaged": {func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.RawQuery, "debug=1") {
			fmt.Fprint(w, "goroutine profile: total 7\n")
			return
		}
		fmt.Fprint(w, "\x0a\xff\xff\xff\xff\x0fgoroutine \xff[\x00\n")
	}, "no goroutines|it is no profile|it is damaged"},
}

// bomb is a small answer that unpacks to a quarter of a gigabyte.
var bomb = sync.OnceValue(func() []byte {
	var b bytes.Buffer
	z, _ := gzip.NewWriterLevel(&b, gzip.BestSpeed)
	for range 1 << 8 {
		z.Write(make([]byte, 1<<20))
	}
	z.Close()
	return b.Bytes()
})

// deadline is the time after which an answer must be there, whatever happens: sampling, three seconds for what comes late, and
// three for a door that does not open; and the start of a program on a busy machine.
const deadline = sampling + 3*time.Second + 3*time.Second + 2*time.Second

func refused(t *testing.T, target, want string) {
	t.Helper()
	_, out, errs, exit, took := profile(t, target)
	ok := false
	for w := range strings.SplitSeq(want, "|") {
		ok = ok || strings.Contains(errs, w)
	}
	if exit != 1 || !ok || !strings.Contains(errs, "hint:") || took > deadline {
		t.Errorf("exit %d after %v, want 1, %q and a hint:\n%s%s", exit, took, want, out, errs)
	}
}

func TestHostile(t *testing.T) {
	bomb()
	for name, h := range hostiles {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			srv := &http.Server{Handler: h.handler}
			go srv.Serve(l)
			defer srv.Close()
			refused(t, "http://"+l.Addr().String(), h.want)
		})
	}
	t.Run("silent", func(t *testing.T) {
		t.Parallel()
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		refused(t, l.Addr().String(), "no answer in time")
	})
	t.Run("garbage", func(t *testing.T) {
		t.Parallel()
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		go func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				c.Write([]byte("\x00\xff SSH-2.0-nothing\r\n\r\n"))
				c.Close()
			}
		}()
		refused(t, "http://"+l.Addr().String(), "malformed HTTP|broke the connection off|reset by peer|readLoopPeekFail")
	})
	t.Run("closed", func(t *testing.T) {
		t.Parallel()
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		l.Close()
		refused(t, "http://"+l.Addr().String(), "connection refused")
	})
	t.Run("no-go-program", func(t *testing.T) {
		t.Parallel()
		cmd := exec.Command("sleep", "60")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		defer func() { cmd.Process.Kill(); cmd.Wait() }()
		refused(t, strconv.Itoa(cmd.Process.Pid), "no Go program")
	})
}

// TestDying: a program that ends while it is sampled, and one that is stopped.
func TestDying(t *testing.T) {
	t.Run("killed", func(t *testing.T) {
		t.Parallel()
		_, pid := serve(t, "ok-sleepers")
		go func() { time.Sleep(sampling / 2); syscall.Kill(pid, syscall.SIGKILL) }()
		a, out, errs, exit, took := profile(t, strconv.Itoa(pid))
		if took > deadline || exit == 2 || exit == 0 && !strings.Contains(out, `"missing"`) || exit == 1 && !strings.Contains(errs, "hint:") || len(a.Findings) > 0 {
			t.Errorf("exit %d after %v:\n%s%s", exit, took, out, errs)
		}
	})
	t.Run("stopped", func(t *testing.T) {
		t.Parallel()
		_, pid := serve(t, "ok-sleepers")
		syscall.Kill(pid, syscall.SIGSTOP)
		refused(t, strconv.Itoa(pid), "it is stopped")
	})
	t.Run("stopped-midway", func(t *testing.T) {
		t.Parallel()
		_, pid := serve(t, "ok-sleepers")
		go func() { time.Sleep(sampling / 2); syscall.Kill(pid, syscall.SIGSTOP) }()
		_, out, errs, exit, took := profile(t, strconv.Itoa(pid))
		if took > deadline || exit == 0 && !strings.Contains(out, `"missing"`) {
			t.Errorf("exit %d after %v:\n%s%s", exit, took, out, errs)
		}
	})
}

// TestWays: the same fault through a process number, a name, saved files and a last dump.
func TestWays(t *testing.T) {
	const mode, check = "send-after-timeout", "goroutine-leak-channel-send"
	broken := func(t *testing.T, server string) (addr string, pid int) {
		t.Helper()
		addr, pid = serveWith(t, server, mode)
		load(t.Context(), addr, 5*time.Millisecond, 60)
		time.Sleep(100 * time.Millisecond)
		return addr, pid
	}
	t.Run("pid-and-saved", func(t *testing.T) {
		t.Parallel()
		_, pid := broken(t, server)
		dir := t.TempDir()
		a, _, errs, _, _ := profile(t, strconv.Itoa(pid), "-o", dir)
		if !a.names(check, marked(t, mode)) {
			t.Errorf("by its number: %s%s", a.list(), errs)
		}
		for _, f := range []string{"cpu.pb.gz", "heap-1.pb.gz", "heap-3.pb.gz", "goroutines-1.txt", "goroutines-5.txt"} {
			if fi, err := os.Stat(filepath.Join(dir, f)); err != nil || fi.Size() == 0 {
				t.Errorf("%s was not kept: %v", f, err)
			}
		}
		a, _, errs, _, _ = profile(t, dir)
		if !a.names(check, marked(t, mode)) {
			t.Errorf("from the folder: %s%s", a.list(), errs)
		}
		a, _, errs, _, _ = profile(t, filepath.Join(dir, "goroutines-3.txt"))
		if !a.names(check, marked(t, mode)) {
			t.Errorf("from one dump: %s%s", a.list(), errs)
		}
		refused(t, filepath.Join(dir, "none"), "no such file")
	})
	t.Run("name", func(t *testing.T) {
		t.Parallel()
		other := filepath.Join(t.TempDir(), "leaky-server")
		if err := os.Link(server, other); err != nil {
			t.Fatal(err)
		}
		broken(t, other)
		a, _, errs, _, _ := profile(t, "leaky-server")
		if !a.names(check, marked(t, mode)) {
			t.Errorf("%s%s", a.list(), errs)
		}
	})
	t.Run("go-run", func(t *testing.T) {
		t.Parallel()
		cmd := exec.Command("go", "-C", "testdata/server", "run", ".", mode)
		cmd.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=off")
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		defer func() { syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL); cmd.Wait() }()
		addr, err := bufio.NewReader(out).ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		load(t.Context(), strings.TrimSpace(addr), 5*time.Millisecond, 60)
		a, _, errs, _, _ := profile(t, strconv.Itoa(cmd.Process.Pid))
		if !a.names(check, marked(t, mode)) {
			t.Errorf("%s%s", a.list(), errs)
		}
	})
	t.Run("another-network", func(t *testing.T) {
		t.Parallel()
		cmd := exec.Command("unshare", "-Urn", server, "ok-sleepers")
		cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		defer func() { cmd.Process.Kill(); cmd.Wait() }()
		if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
			t.Fatal(err)
		}
		refused(t, strconv.Itoa(cmd.Process.Pid), "another network namespace")
	})
	t.Run("quit", func(t *testing.T) {
		t.Parallel()
		log, err := os.Create(filepath.Join(t.TempDir(), "log"))
		if err != nil {
			t.Fatal(err)
		}
		defer log.Close()
		fmt.Fprintln(log, "goroutine 1 [running]:\nof an older run")
		addr, pid := serveTo(t, server, mode, log)
		load(t.Context(), addr, 5*time.Millisecond, 60)
		time.Sleep(100 * time.Millisecond)
		a, _, errs, _, _ := profile(t, strconv.Itoa(pid), "--quit")
		if !a.names(check, marked(t, mode)) {
			t.Errorf("%s%s", a.list(), errs)
		}
	})
	t.Run("quit-without-a-log", func(t *testing.T) {
		t.Parallel()
		_, pid := serve(t, "ok-sleepers")
		_, _, errs, exit, _ := profile(t, strconv.Itoa(pid), "--quit")
		if exit != 1 || !strings.Contains(errs, "Nothing was done to it") || syscall.Kill(pid, 0) != nil {
			t.Errorf("exit %d: %s", exit, errs)
		}
	})
}

// TestShortWrites: a server with a write time-out refuses a long processor profile; the rest is there, and a short one.
func TestShortWrites(t *testing.T) {
	t.Parallel()
	addr, _ := serve(t, "ok-compute")
	inner := "http://" + addr
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/profile") && r.URL.Query().Get("seconds") != "1" {
			http.Error(w, "profile duration exceeds server's WriteTimeout", http.StatusBadRequest)
			return
		}
		ctx, cancel := context.WithTimeout(r.Context(), 10*time.Second)
		defer cancel()
		req, _ := http.NewRequestWithContext(ctx, http.MethodGet, inner+r.URL.RequestURI(), nil)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		defer resp.Body.Close()
		w.WriteHeader(resp.StatusCode)
		io.Copy(w, resp.Body)
	})}
	go srv.Serve(l)
	defer srv.Close()
	_, out, errs, exit, _ := profile(t, l.Addr().String())
	if exit != 0 || !strings.Contains(out, "main.okCompute") {
		t.Errorf("exit %d: %s%s", exit, out, errs)
	}
}
