package proc

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// hold starts a shell whose child holds an inherited lock on path, as flock(1) does.
func hold(t *testing.T, path string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command("sh", "-c", `exec 9>>"$1"; flock 9; sleep 300 & echo ready; wait`, "sh", path)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // its own group: the shell and its sleep
		cmd.Wait()
	})
	if _, err := out.Read(make([]byte, 6)); err != nil {
		t.Fatal(err)
	}
	return cmd
}

func lockOf(t *testing.T, path string, waiting bool) (Lock, bool) {
	t.Helper()
	fi, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	list, err := Locks()
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range list {
		if inode, dev := l.Matches(fi); inode && dev && l.Waiting == waiting {
			return l, true
		}
	}
	return Lock{}, false
}

func TestHolders(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	cmd := hold(t, path)
	l, ok := lockOf(t, path, false)
	if !ok || !l.Write || l.Kind != "FLOCK" {
		t.Fatalf("lock not seen: %+v", l)
	}
	table, err := Processes()
	if err != nil {
		t.Fatal(err)
	}
	holders := Holders(l, table)
	if len(holders) != 2 || holders[0].PID != cmd.Process.Pid || holders[1].PPID != cmd.Process.Pid || holders[1].Comm != "sleep" {
		t.Fatalf("holders %+v, want the shell and its sleep", holders)
	}
	if p := holders[0]; p.UID != os.Getuid() || p.Start == 0 || p.Command == "" || p.Dir == "" || p.Age < 0 || p.State != "S" {
		t.Errorf("%+v", p)
	}
	if got := PathOf(holders[1].PID, l); got != path {
		t.Errorf("path %q, want %q", got, path)
	}
	// The shell goes; the child keeps the lock.
	cmd.Process.Kill()
	cmd.Wait()
	if table, err = Processes(); err != nil {
		t.Fatal(err)
	}
	if left := Holders(l, table); len(left) != 1 || left[0].PID != holders[1].PID {
		t.Errorf("holders %+v, want the sleep that is left", left)
	}
}

func TestWaiter(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	hold(t, path)
	waiter := exec.Command("flock", path, "true")
	if err := waiter.Start(); err != nil {
		t.Fatal(err)
	}
	defer waiter.Wait()
	defer waiter.Process.Kill()
	for {
		l, ok := lockOf(t, path, true)
		if !ok {
			continue
		}
		if l.PID != waiter.Process.Pid {
			t.Errorf("%+v", l)
		}
		if got := PathOf(waiter.Process.Pid, l); got != path {
			t.Errorf("path %q", got)
		}
		return
	}
}

func TestEffort(t *testing.T) {
	me, ok := Get(os.Getpid())
	if !ok {
		t.Fatal("not seen")
	}
	table, err := Processes()
	if err != nil {
		t.Fatal(err)
	}
	tree := table.Tree(me.PID)
	before := Effort(tree)
	os.ReadFile("/proc/self/stat")
	if !Effort(tree).Moved(before) {
		t.Error("reading is work")
	}
	if _, ok := Get(unix.Getpid() + 1<<22); ok {
		t.Error("a process that cannot be")
	}
}

func TestListening(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	if yes, hungUp, known := Listening(port); !yes || hungUp > 0 || !known {
		t.Error("not seen")
	}
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	files, err := Files(os.Getpid())
	if err != nil || !Connected(os.Getpid(), files) {
		t.Error("connection not seen", err)
	}
	s, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
	if _, err := s.Read(make([]byte, 1)); err == nil { // it knows of the end now
		t.Error("read something")
	}
	if _, hungUp, _ := Listening(port); hungUp != 1 {
		t.Errorf("%d connections are closed by their peers only", hungUp)
	}
	s.Close()
	l.Close()
	if yes, hungUp, _ := Listening(port); yes || hungUp > 0 {
		t.Error("still seen")
	}
}
