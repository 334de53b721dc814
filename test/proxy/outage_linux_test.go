package proxy

import (
	"encoding/json"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestSettingAlone: the proxy is gone and everything is cached: a bar and the module cache behind it are enough, proven by
// the developer's own command, and taken back to the byte.
func TestSettingAlone(t *testing.T) {
	m := newMachine(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	m.must(err)
	gone := "http://" + l.Addr().String()
	m.file(m.goenv, "GOPROXY="+m.url+"\n")
	m.must(m.download())
	m.must(l.Close())
	before := "# mine\nGOPROXY=" + gone + "\nGONOSUMDB=x.example\n"
	m.file(m.goenv, before)
	const own = "go list -m -versions example.com/m"
	if out, err := m.run(30*time.Second, "sh", "-c", own); err == nil {
		t.Fatalf("it works without a proxy: %s", out)
	}
	out := m.rescue("fix", "proxy-connection-refused", "--yes", "--then", own)
	want := strings.Replace(before, gone, gone+"|file://"+filepath.Join(filepath.Dir(m.dir), "modcache", "cache", "download"), 1)
	if got := m.read(m.goenv); got != want || !strings.Contains(out, "passes") {
		t.Errorf("%s\nGOPROXY: %s", out, got)
	}
	m.rescue("undo")
	if got := m.read(m.goenv); got != before {
		t.Errorf("after undo: %s", got)
	}
}

// TestNamed: of a proxy that hangs it says what to do about it, and only where that helps.
func TestNamed(t *testing.T) {
	m := newMachine(t)
	m.file(m.goenv, "GOPROXY="+m.url+"\n")
	m.must(m.download())
	m.sick.Store(true)
	out, _ := m.run(time.Minute, os.Args[0], "net", "--budget", "5s") // the exit code says that something was found
	if !strings.Contains(out, "proxy-accepts-and-hangs") || !strings.Contains(out, "gorescue proxy --incident") {
		t.Errorf("all cached: %s", out)
	}
	out, _ = m.run(time.Minute, "env", "GOMODCACHE="+filepath.Join(m.home, "empty"), os.Args[0], "net", "--budget", "5s")
	if !strings.Contains(out, "proxy-accepts-and-hangs") || strings.Contains(out, "--incident") {
		t.Errorf("nothing cached, and nobody has it: %s", out)
	}
}

// TestParachute: what is advised as the last resort makes a vendor folder from the cache alone, and a machine with neither
// cache nor proxy builds from it.
func TestParachute(t *testing.T) {
	m := newMachine(t)
	m.file(filepath.Join(m.dir, "main.go"), "package main\n\nimport _ \"example.com/m\"\n\nfunc main() {}\n")
	m.file(m.goenv, "GOPROXY="+m.url+"\n")
	if out, err := m.run(time.Minute, "go", "mod", "tidy"); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	m.sick.Store(true)
	out, _ := m.run(time.Minute, os.Args[0], "net", "--budget", "5s", "--json")
	var d struct {
		Findings []struct{ Fixes []struct{ Shell string } }
	}
	m.must(json.Unmarshal([]byte(out), &d))
	line := ""
	for _, f := range d.Findings {
		for _, fix := range f.Fixes {
			if strings.Contains(fix.Shell, "go mod vendor") {
				line = fix.Shell
			}
		}
	}
	if line == "" {
		t.Fatalf("no last resort: %s", out)
	}
	if out, err := m.run(time.Minute, "sh", "-c", line); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if out, err := m.run(time.Minute, "env", "GOMODCACHE="+filepath.Join(m.home, "empty"), "GOPROXY=off", "go", "build", "-o", os.DevNull, "."); err != nil {
		t.Errorf("with the vendor folder alone: %v: %s", err, out)
	}
}

// TestOffline: in a namespace of its own, with no interface up.
func TestOffline(t *testing.T) {
	m := newMachine(t)
	m.file(filepath.Join(m.dir, "main.go"), "package main\n\nimport _ \"example.com/m\"\n\nfunc main() {}\n")
	m.file(m.goenv, "GOPROXY="+m.url+"\n")
	if out, err := m.run(time.Minute, "go", "mod", "tidy"); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	m.file(m.goenv, "GOPROXY=http://proxy.example\n")
	flag := "-rn"
	if os.Getuid() == 0 {
		flag = "-n"
	}
	unshare, err := exec.LookPath("unshare")
	m.must(err)
	out, _ := m.run(time.Minute, "env", "GOMODCACHE="+filepath.Join(m.home, "empty"), unshare, flag, os.Args[0], "check")
	if !strings.Contains(out, "✗") || !strings.Contains(out, "network-offline") || strings.Contains(out, "dns-resolver-down") {
		t.Errorf("a module is missing: %s", out)
	}
	out, err = m.run(time.Minute, unshare, flag, os.Args[0], "net", "--budget", "5s")
	if err != nil || !strings.Contains(out, "network-offline") {
		t.Errorf("nothing is missing, so it is no fault: %v\n%s", err, out)
	}
}
