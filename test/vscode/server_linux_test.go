package vscode

import (
	"archive/zip"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gorescue/gorescue/internal/proc"
	"github.com/gorescue/gorescue/test/lab"
)

var theLab *lab.Lab

func TestMain(m *testing.M) { os.Exit(lab.Main(m, &theLab, lab.Options{})) }

// desk is a user's home with a project, and the editor in it.
type desk struct {
	t    *testing.T
	home string
	port string
	page *exec.Cmd
}

const (
	userSettings = ".local/share/code-server/User/settings.json"
	extensions   = ".local/share/code-server/extensions/extensions.json"
	mainFile     = ".local/share/code-server/extensions/golang.go-9.9.9/main.js"
)

func newDesk(t *testing.T) *desk {
	dir, err := os.MkdirTemp(theLab.Root, "v")
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{t: t, home: filepath.Join(dir, "h")}
	d.write("proj/go.mod", "module example.com/app\n\ngo 1.24\n")
	d.write("proj/main.go", "package main\n\nimport \"fmt\"\n\ntype Name struct{ Hello string }\n\nfunc main() {\n\tn := Name{}\n\tfmt.Println(n.Hello)\n}\n")
	d.write(".config/go/telemetry/mode", "off 2024-01-01\n")
	d.write(".profile", "PATH=$PATH:"+filepath.Join(theLab.GoRoot, "bin")+"\n") // an editor asks a login shell for its PATH
	d.write(userSettings, "{\n  // mine\n  \"go.toolsEnvVars\": { \"PROBE\": \"before\" },\n  \"editor.fontSize\": 13,\n  \"editor.tabSize\": 4,\n}\n")
	d.write("run/.keep", "")
	d.write("go/bin/.keep", "")
	if err := os.Symlink(filepath.Join(theLab.Tools, "gopls", "v0.24.0", "gopls"), filepath.Join(d.home, "go/bin/gopls")); err != nil {
		t.Fatal(err)
	}
	return d
}

func (d *desk) write(name, text string) {
	d.t.Helper()
	p := filepath.Join(d.home, name)
	if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
		d.t.Fatal(err)
	}
	if err := os.WriteFile(p, []byte(text), 0o700); err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) read(name string) string {
	d.t.Helper()
	data, err := os.ReadFile(filepath.Join(d.home, name))
	if err != nil {
		d.t.Fatal(err)
	}
	return string(data)
}

// environ leaves everything below the home folder, sockets too.
func (d *desk) environ() []string {
	return []string{
		"WORK=" + filepath.Dir(d.home) + "/", "HOME=" + d.home, "PATH=" + filepath.Join(d.home, "bin") + ":" + os.Getenv("PATH"), "LANG=C.UTF-8", "TMPDIR=" + filepath.Join(d.home, "run"), "XDG_RUNTIME_DIR=" + filepath.Join(d.home, "run"),
		"GOCACHE=" + theLab.GoCache, "GOTOOLCHAIN=local", "GOPROXY=off", "GOFLAGS=", "PROBE_OUT=" + filepath.Join(d.home, "out"), "PROBE_IN=" + filepath.Join(d.home, "in"),
	}
}

// entry is what Node.js starts.
func (d *desk) entry() string {
	return filepath.Join(theLab.Tools, "code-server", "4.100.3", "node_modules", "code-server", "out", "node", "entry.js")
}

func (d *desk) remove(name string) {
	d.t.Helper()
	if err := os.Remove(filepath.Join(d.home, name)); err != nil {
		d.t.Fatal(err)
	}
}

// code runs the command line of the editor.
func (d *desk) code(args ...string) (string, error) {
	cmd := exec.Command("node", append([]string{d.entry()}, args...)...)
	cmd.Env = d.environ()
	out, err := cmd.Output()
	return string(out), err
}

// gorescue runs the product in the project; an exit code of 3, something found, is no error.
func (d *desk) gorescue(args ...string) string {
	d.t.Helper()
	cmd := exec.Command(theLab.Product, args...)
	cmd.Dir, cmd.Env = filepath.Join(d.home, "proj"), d.environ()
	out, err := cmd.Output()
	if err != nil && cmd.ProcessState.ExitCode() != 3 {
		d.t.Fatalf("gorescue %q: %v\n%s", args, err, out)
	}
	return string(out)
}

// found are the checks that found something, the first cause first.
func (d *desk) found() []string {
	d.t.Helper()
	var doc struct{ Findings []struct{ Check string } }
	if out := d.gorescue("check", "--json"); json.Unmarshal([]byte(out), &doc) != nil {
		d.t.Fatalf("no JSON: %s", out)
	}
	var ids []string
	for _, f := range doc.Findings {
		ids = append(ids, f.Check)
	}
	return ids
}

// extension packs the small client of testdata as the editor wants it.
func (d *desk) extension() string {
	d.t.Helper()
	name := filepath.Join(d.home, "go.vsix")
	f, err := os.Create(name)
	if err != nil {
		d.t.Fatal(err)
	}
	defer f.Close()
	z := zip.NewWriter(f)
	add := func(name, text string) {
		w, err := z.Create(name)
		if err == nil {
			_, err = w.Write([]byte(text))
		}
		if err != nil {
			d.t.Fatal(err)
		}
	}
	add("[Content_Types].xml", `<?xml version="1.0" encoding="utf-8"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension=".json" ContentType="application/json"/><Default Extension=".js" ContentType="application/javascript"/><Default Extension=".vsixmanifest" ContentType="text/xml"/></Types>`)
	add("extension.vsixmanifest", `<?xml version="1.0" encoding="utf-8"?><PackageManifest Version="2.0.0" xmlns="http://schemas.microsoft.com/developer/vsx-schema/2011"><Metadata><Identity Language="en-US" Id="go" Version="9.9.9" Publisher="golang"/><DisplayName>Go</DisplayName><Description>test</Description></Metadata><Installation><InstallationTarget Id="Microsoft.VisualStudio.Code"/></Installation><Dependencies/><Assets><Asset Type="Microsoft.VisualStudio.Code.Manifest" Path="extension/package.json" Addressable="true"/></Assets></PackageManifest>`)
	for _, n := range []string{"package.json", "main.js"} {
		data, err := os.ReadFile(filepath.Join(theLab.Repo, "testdata", "editors", "extension", n))
		if err != nil {
			d.t.Fatal(err)
		}
		add("extension/"+n, string(data))
	}
	if err := z.Close(); err != nil {
		d.t.Fatal(err)
	}
	return name
}

// start starts a program in a process group of its own that ends with the test.
func (d *desk) start(log string, name string, args ...string) *exec.Cmd {
	d.t.Helper()
	f, err := os.Create(filepath.Join(d.home, log))
	if err != nil {
		d.t.Fatal(err)
	}
	defer f.Close()
	cmd := exec.Command(name, args...)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = filepath.Join(d.home, "proj"), d.environ(), f, f
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() { end(cmd) })
	return cmd
}

// end ends a program and all that it has started.
func end(cmd *exec.Cmd) {
	if cmd.ProcessState != nil {
		return
	}
	table, err := proc.Processes()
	if err == nil {
		for _, p := range table.Tree(cmd.Process.Pid) {
			_ = syscall.Kill(p.PID, syscall.SIGKILL)
		}
	}
	_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
	_ = cmd.Wait()
}

// serve starts the editor's server.
func (d *desk) serve() {
	d.t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		d.t.Fatal(err)
	}
	d.port = strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
	l.Close()
	d.start("server.log", "node", d.entry(), "--auth", "none", "--bind-addr", "127.0.0.1:"+d.port, "--disable-telemetry", "--disable-update-check", "--disable-workspace-trust")
	d.eventually(30*time.Second, "the server answers", func() bool {
		resp, err := http.Get("http://127.0.0.1:" + d.port + "/healthz")
		if err == nil {
			resp.Body.Close()
		}
		return err == nil && resp.StatusCode == http.StatusOK
	})
}

// open loads the window, anew when there is one.
func (d *desk) open() {
	d.t.Helper()
	if d.page != nil {
		end(d.page)
	}
	d.page = d.start("page.log", "chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-dev-shm-usage", "--disable-background-networking",
		"--user-data-dir="+filepath.Join(d.home, "page"), "http://127.0.0.1:"+d.port+"/?folder="+filepath.Join(d.home, "proj"))
}

// event is a line of what the extension tells.
type event struct {
	Host, Server int
	Event, Typed string
	Labels       []string
	Vars         map[string]string
	Program      string
	Message      string
}

// events are those of a kind, "" = all.
func (d *desk) events(kind string) []event {
	data, _ := os.ReadFile(filepath.Join(d.home, "out"))
	var out []event
	for l := range strings.Lines(string(data)) {
		var e event
		if json.Unmarshal([]byte(l), &e) == nil && (kind == "" || e.Event == kind) {
			out = append(out, e)
		}
	}
	return out
}

func (d *desk) last(kind string) (e event) {
	if l := d.events(kind); len(l) > 0 {
		e = l[len(l)-1]
	}
	return e
}

func (d *desk) eventually(limit time.Duration, what string, ok func() bool) {
	d.t.Helper()
	for end := time.Now().Add(limit); !ok(); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(end) {
			all := d.events("")
			d.t.Fatalf("not after %v: %s\n%+v\n%s", limit, what, all[max(0, len(all)-5):], fmt.Sprintf("%.2000s", d.read("server.log")))
		}
	}
}
