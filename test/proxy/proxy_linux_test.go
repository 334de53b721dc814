package proxy

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestIncident: the upstream hangs, the switch keeps the developer working, and when the upstream is well again
// everything is as before, without anybody doing anything.
func TestIncident(t *testing.T) {
	m := newMachine(t)
	before := "# mine\nGOPROXY=" + m.url + "\nGONOSUMDB=x.example\n"
	m.file(m.goenv, before)
	m.must(m.download()) // into the module cache
	m.sick.Store(true)
	a := m.incident("--well-for", "1s")
	if a.Change == "" || a.Where != m.goenv+":2" {
		t.Errorf("%+v", a)
	}
	if got := m.read(m.goenv); got != strings.Replace(before, "GOPROXY=", "GOPROXY="+a.Address+"|", 1) {
		t.Errorf("switched to %q", got)
	}
	// A module cache that has nothing is served from the one that has it.
	other := filepath.Join(filepath.Dir(m.dir), "other")
	if out, err := m.run(30*time.Second, "env", "GOMODCACHE="+other, "go", "mod", "download"); err != nil {
		t.Errorf("while the upstream hangs: %v\n%s", err, out)
	}
	if out := m.rescue("proxy", "--incident"); !strings.Contains(out, "already running") {
		t.Errorf("a second one: %s", out)
	}
	if out := m.rescue("proxy", "--incident", "--json"); !strings.Contains(out, a.Change) || !strings.Contains(out, a.Address) {
		t.Errorf("a second one, for a program: %s", out)
	}
	time.Sleep(2500 * time.Millisecond)
	if !m.alive(a.Address) || !strings.Contains(m.read(m.goenv), a.Address) {
		t.Error("it ended while the upstream was sick")
	}
	m.sick.Store(false)
	m.wait(20*time.Second, "the incident is over", func() bool { return m.read(m.goenv) == before })
	m.wait(10*time.Second, "the proxy has ended", func() bool { return !m.alive(a.Address) })
	if out := m.rescue("log"); !strings.Contains(out, "proxy-incident") || !strings.Contains(out, "clean") {
		t.Errorf("log: %s", out)
	}
}

// TestThen: the switch stands only when the user's own command passes through it.
func TestThen(t *testing.T) {
	m := newMachine(t)
	before := "GOPROXY=" + m.url + "\n"
	m.file(m.goenv, before)
	m.must(m.download())
	m.sick.Store(true)
	out, err := m.run(time.Minute, os.Args[0], "proxy", "--incident", "--deadline", "1s", "--then", "echo oh no >&2; exit 7")
	if err == nil || !strings.Contains(out, "oh no") || m.read(m.goenv) != before {
		t.Errorf("%v: %s\nGOPROXY: %s", err, out, m.read(m.goenv))
	}
	a := m.incident("--then", "go list -m -versions example.com/m")
	if !strings.Contains(m.read(m.goenv), a.Address) {
		t.Errorf("not switched: %s", m.read(m.goenv))
	}
	m.rescue("undo")
	m.wait(10*time.Second, "the proxy has ended", func() bool { return !m.alive(a.Address) })
}

// TestUndoEndsIt at once; where nothing set GOPROXY the file of go env is made, and is gone again.
func TestUndoEndsIt(t *testing.T) {
	m := newMachine(t)
	m.sick.Store(true)
	a := m.incident("--upstreams", m.url)
	if got := m.read(m.goenv); !strings.HasPrefix(got, "GOPROXY="+a.Address+"|") {
		t.Errorf("switched to %q", got)
	}
	m.rescue("undo")
	if _, err := os.Stat(m.goenv); err == nil {
		t.Errorf("left behind: %q", m.read(m.goenv))
	}
	m.wait(10*time.Second, "the proxy has ended", func() bool { return !m.alive(a.Address) })
}

// TestCrash: after kill -9 the user is where he was; the next incident cleans up.
func TestCrash(t *testing.T) {
	m := newMachine(t)
	before := "GOPROXY=" + m.url + "\n"
	m.file(m.goenv, before)
	m.sick.Store(true)
	a := m.incident()
	m.must(syscall.Kill(a.PID, syscall.SIGKILL))
	m.wait(10*time.Second, "it is dead", func() bool { return !m.alive(a.Address) })
	m.sick.Store(false)
	began := time.Now()
	if err := m.download(); err != nil {
		t.Errorf("with the proxy dead: %v", err)
	}
	t.Logf("go mod download with the proxy dead: %v", time.Since(began))
	b := m.incident()
	if got := m.read(m.goenv); got != "GOPROXY="+b.Address+"|"+m.url+"\n" {
		t.Errorf("the second one: %q", got)
	}
	m.rescue("undo")
	if got := m.read(m.goenv); got != before {
		t.Errorf("after undo: %q", got)
	}
}

// TestStartupFile: the very line that decides is changed; a value that only this shell has is left alone, and the
// command to type shows no password.
func TestStartupFile(t *testing.T) {
	m := newMachine(t)
	profile := filepath.Join(m.home, ".profile")
	secret := strings.Replace(m.url, "http://", "https://me:sesame@", 1)
	before := "# mine\nexport GOPROXY=" + secret + "\nexport EDITOR=vi\n"
	m.file(profile, before)
	m.env = append(m.env, "GOPROXY="+secret, "SHELL=/bin/sh")
	out := m.rescue("proxy", "--incident", "--json", "--deadline", "1s")
	a := m.answer(out)
	if strings.Contains(out, "sesame") {
		t.Errorf("a password is shown: %s", out)
	}
	if got := m.read(profile); !strings.Contains(got, a.Address+"|"+secret) || !strings.Contains(a.Shell, a.Address) {
		t.Errorf("%+v\n%s", a, got)
	}
	m.rescue("undo")
	if got := m.read(profile); got != before {
		t.Errorf("after undo: %q", got)
	}
	m.wait(10*time.Second, "the proxy has ended", func() bool { return !m.alive(a.Address) })
	m.must(os.Remove(profile))
	a = m.incident()
	if a.Change != "" || !strings.Contains(a.Shell, a.Address) {
		t.Errorf("a value of this shell alone: %+v", a)
	}
}

// TestForeground: it says where it is and how to use it, serves what it has kept when the upstream hangs, and ends
// cleanly when it is told to.
func TestForeground(t *testing.T) {
	m := newMachine(t)
	m.file(m.goenv, "GOPROXY="+m.url+"\n")
	cmd := exec.Command(os.Args[0], "proxy", "--json", "--deadline", "1s")
	cmd.Dir, cmd.Env = m.dir, append([]string{"GORESCUE_TEST_RUN=1"}, m.env...)
	out, err := cmd.StdoutPipe()
	m.must(err)
	m.must(cmd.Start())
	m.started = append(m.started, cmd.Process.Pid)
	var a answer
	m.must(json.NewDecoder(out).Decode(&a))
	if !strings.Contains(a.Shell, a.Address+"|") {
		t.Errorf("%+v", a)
	}
	m.env = append(m.env, "GOPROXY="+a.Address)
	m.must(m.download())
	m.sick.Store(true)
	if err := m.download(); err != nil {
		t.Error(err)
	}
	m.must(cmd.Process.Signal(syscall.SIGTERM))
	if err := cmd.Wait(); err != nil {
		t.Errorf("ended with %v", err)
	}
	for _, bad := range [][]string{{"proxy", "--room", "0"}, {"proxy", "--upstreams", "nonsense"}, {"proxy", "--listen", "256.0.0.1:1"}} {
		if out, err := m.run(20*time.Second, os.Args[0], bad...); err == nil || !strings.Contains(out, "gorescue:") {
			t.Errorf("%v: %v %s", bad, err, out)
		}
	}
}
