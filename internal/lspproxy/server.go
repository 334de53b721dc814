package lspproxy

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorescue/gorescue/internal/lsp"
)

// server is a running gopls.
type server struct {
	gen    int
	cmd    *exec.Cmd
	in     *queue
	out    stream
	stderr lastWords
	exited chan struct{}
	said   chan struct{} // all of standard error is read

	examined chan struct{} // its evidence is taken; nil = nobody takes any
}

// launch starts a server and lives as long as it. Everything goes through s.
func (s *Supervisor) launch(st startup) {
	defer s.wg.Done()
	srv, stdout, err := s.startProcess(st)
	if err != nil {
		s.locked(func() { s.core.gone(st.gen, Exit{Err: err}) })
		return
	}
	current := false
	s.locked(func() {
		if current = s.core.gen == st.gen && !s.leaving; current {
			s.server = srv
			s.core.started(st.gen)
		}
	})
	if !current {
		kill(srv.cmd.Process.Pid)
	}
	readers := make(chan struct{})
	go func() {
		defer close(readers)
		srv.out.read(stdout, s.editor.room)
		select { // a server that closes its output is none any more
		case <-srv.exited:
		case <-time.After(time.Second):
			kill(srv.cmd.Process.Pid)
		}
	}()
	state := srv.wait()
	close(srv.exited)
	select {
	case <-readers:
	case <-time.After(300 * time.Millisecond): // somebody else holds the other end
	}
	stdout.Close()
	<-readers
	srv.in.close(true)
	select { // its last words
	case <-srv.said:
	case <-time.After(100 * time.Millisecond):
	}
	var examined chan struct{}
	s.locked(func() { examined = srv.examined })
	if examined != nil {
		<-examined
	}
	s.locked(func() {
		if s.server == srv {
			s.server = nil
		}
		s.core.gone(st.gen, Exit{Status: state, Stderr: srv.stderr.tail()})
	})
}

// startProcess starts the process and what feeds it. The process has a group of its own, away from the
// terminal's signals; it ends with us because its input does.
func (s *Supervisor) startProcess(st startup) (*server, *os.File, error) {
	args := s.opt.Server
	if st.alone {
		args = withoutRemote(args)
	}
	srv := &server{gen: st.gen, in: newQueue(), exited: make(chan struct{}), said: make(chan struct{})}
	srv.out.handle = func(m lsp.Message) { s.locked(func() { s.core.fromServer(st.gen, m) }) }
	srv.out.d.Damaged = func(d lsp.Damage, sample []byte) { s.locked(func() { s.core.damaged(sideServer, d, sample) }) }
	srv.cmd = exec.Command(args[0], args[1:]...)
	srv.cmd.Env = s.environ(st.level)
	ownGroup(srv.cmd)
	stdin, err := srv.cmd.StdinPipe()
	if err != nil {
		return nil, nil, err
	}
	stdout, w, err := os.Pipe()
	if err != nil {
		return nil, nil, err
	}
	defer w.Close()
	srv.cmd.Stdout = w
	stderr, we, err := os.Pipe()
	if err != nil {
		stdout.Close()
		return nil, nil, err
	}
	defer we.Close()
	srv.cmd.Stderr = we
	if err := srv.cmd.Start(); err != nil {
		stdout.Close()
		stderr.Close()
		return nil, nil, err
	}
	go func() { // ends with the queue
		_ = srv.in.write(stdin)
		stdin.Close()
	}()
	go func() { // ends with the last process that holds the other end, or below
		srv.stderr.copy(s.opt.Stderr, stderr)
		stderr.Close()
		close(srv.said)
	}()
	go func() {
		<-srv.exited
		time.Sleep(300 * time.Millisecond)
		stderr.Close()
	}()
	return srv, stdout, nil
}

// wait waits for the process and says how it ended.
func (srv *server) wait() string {
	err := srv.cmd.Wait()
	if ps := srv.cmd.ProcessState; ps != nil {
		if !ps.Success() {
			kill(ps.Pid()) // what it started and did not end
		}
		return ps.String()
	}
	return fmt.Sprint(err)
}

// environ is the environment of a server. What the user has set is not touched.
func (s *Supervisor) environ(l level) []string {
	env := append([]string(nil), s.opt.Environ...)
	has := func(name string) bool {
		for _, kv := range env {
			if strings.HasPrefix(kv, name+"=") {
				return true
			}
		}
		return false
	}
	if n := runtime.NumCPU(); l == narrow && n >= 4 && !has("GOMAXPROCS") { // fewer would make its start slower than it was
		env = append(env, fmt.Sprintf("GOMAXPROCS=%d", n/2))
	}
	if l == narrow && s.opt.MaxMemory > 0 && !has("GOMEMLIMIT") { // well above what lives: a tight one makes it worse
		env = append(env, fmt.Sprintf("GOMEMLIMIT=%d", s.opt.MaxMemory/5*4))
	}
	return env
}

// withoutRemote drops the flags that connect to a shared daemon.
func withoutRemote(args []string) []string {
	out := args[:1:1]
	for i := 1; i < len(args); i++ {
		name, _, value := strings.Cut(strings.TrimLeft(args[i], "-"), "=")
		if name == "remote" || strings.HasPrefix(name, "remote.") {
			if !value {
				i++
			}
			continue
		}
		out = append(out, args[i])
	}
	return out
}

// maxDump bounds what is kept of a dump of goroutines: 4 MiB.
const maxDump = 4 << 20

// lastWords copies standard error and keeps its end; from arm on, its beginning, and copies no more.
type lastWords struct {
	mu    sync.Mutex
	buf   []byte
	dump  []byte
	armed atomic.Bool
}

func (l *lastWords) copy(w io.Writer, r io.Reader) {
	buf := make([]byte, 8<<10)
	for {
		n, err := r.Read(buf)
		if n > 0 && l.armed.Load() {
			l.mu.Lock()
			l.dump = append(l.dump, buf[:min(n, maxDump-len(l.dump))]...)
			l.mu.Unlock()
		} else if n > 0 {
			l.mu.Lock()
			l.buf = append(l.buf, buf[:n]...)
			if len(l.buf) > 16<<10 {
				l.buf = append(l.buf[:0], l.buf[len(l.buf)-8<<10:]...)
			}
			l.mu.Unlock()
			w.Write(buf[:n])
		}
		if err != nil {
			return
		}
	}
}

// tail returns the last 2 KiB at most.
func (l *lastWords) tail() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	b := l.buf[max(0, len(l.buf)-2<<10):]
	return strings.ToValidUTF8(string(b), "?")
}

func (l *lastWords) dumped() []byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.dump
}
