package vscode

import (
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gorescue/gorescue/internal/proc"
)

// offers waits until the editor offers a name.
func (d *desk) offers(label string, limit time.Duration) time.Duration {
	d.t.Helper()
	begin := time.Now()
	d.eventually(limit, "the editor offers "+label, func() bool { return slices.Contains(d.last("complete").Labels, label) })
	return time.Since(begin)
}

// gopls is the real one below what the editor has started.
func (d *desk) gopls() int {
	d.t.Helper()
	table, err := proc.Processes()
	if err != nil {
		d.t.Fatal(err)
	}
	for _, p := range table.Tree(d.last("start").Server) {
		if q, ok := proc.Get(p.PID); ok && p.PPID == d.last("start").Server && p.Comm == "gopls" && !strings.Contains(q.Command, "telemetry") {
			return p.PID
		}
	}
	d.t.Fatal("no gopls below the editor")
	return 0
}

// TestServer is one morning at a real VS Code server.
func TestServer(t *testing.T) {
	d := newDesk(t)
	if out, err := d.code("--install-extension", d.extension()); err != nil {
		t.Fatalf("%v: %s", err, out)
	}

	// The list of extensions is cut off: the editor's own commands fail. Put aside, it is made anew.
	whole := d.read(extensions)
	d.write(extensions, whole[:len(whole)/2])
	if out, err := d.code("--list-extensions"); err == nil {
		t.Errorf("the editor does not mind a damaged list: %s", out)
	}
	if ids := d.found(); len(ids) != 1 || ids[0] != "vscode-go-extension-incomplete" {
		t.Errorf("damaged list of extensions: found %v", ids)
	}
	d.gorescue("fix", "--yes")
	if out, err := d.code("--list-extensions"); err != nil || strings.TrimSpace(out) != "golang.go" {
		t.Errorf("after the repair: %v %q", err, out)
	}

	// An installation was broken off: the editor's own command mends it. The script stands for the gallery, which is not asked.
	d.write("bin/code-server", "#!/bin/sh\n[ \"$*\" = '--install-extension golang.go --force' ] || exit 9\nexec node '"+d.entry()+"' --install-extension '"+d.home+"/go.vsix' --force\n")
	d.remove(mainFile)
	if out := d.gorescue("editor", "extensions", "code-server"); !strings.Contains(out, "golang.go 9.9.9: incomplete") {
		t.Errorf("broken extension: %s", out)
	}
	if out := d.gorescue("editor", "extensions", "--repair"); !strings.Contains(out, "golang.go 9.9.9: incomplete → ok") {
		t.Errorf("repair of an extension: %s", out)
	}
	_ = d.read(mainFile)

	// The supervisor is put in front of gopls, and the editor notices nothing of a death.
	before := d.read(userSettings)
	d.gorescue("editor", "install", "code-server")
	d.serve()
	d.open()
	t.Logf("first completion after %v", d.offers("Hello", 90*time.Second).Round(time.Millisecond))
	host, pid := d.last("complete").Host, d.gopls()
	d.write("in", "Alpha\n")
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	t.Logf("gopls killed: unsaved text completed after %v", d.offers("Alpha", 30*time.Second).Round(time.Millisecond))
	if l := d.last("complete"); l.Host != host || d.gopls() == pid || len(d.events("exit")) > 0 || len(d.events("start")) != 1 {
		t.Errorf("the editor noticed: host %d, was %d; %+v", l.Host, host, d.events("exit"))
	}

	// A change of the user's settings is not read again, one of the workspace is. What changes within five seconds of a start
	// proves nothing to the product: the editor may have read it just before.
	d.eventually(30*time.Second, "gopls has run for a while", func() bool {
		p, ok := proc.Get(d.last("start").Server)
		return ok && p.Age > 6*time.Second
	})
	d.write(userSettings, strings.Replace(d.read(userSettings), `"before"`, `"after"`, 1))
	d.eventually(30*time.Second, "it is found that the settings are not read again", func() bool {
		ids := d.found()
		return len(ids) == 1 && ids[0] == "vscode-settings-not-reread"
	})
	if n := len(d.events("changed")); n != 0 {
		t.Fatalf("the editor has read the settings %d times: the fault is gone", n)
	}
	d.eventually(30*time.Second, "the difference is shown", func() bool {
		return strings.Contains(d.gorescue("editor", "diff"), `go.toolsEnvVars / PROBE: "after" ≠ before`)
	})
	d.write("proj/.vscode/settings.json", "{ \"go.toolsEnvVars\": { \"OTHER\": \"x\" } }\n")
	d.eventually(20*time.Second, "settings of the workspace are read", func() bool { return d.last("start").Vars["OTHER"] == "x" })
	if got := d.last("start").Vars["PROBE"]; got != "before" {
		t.Errorf("PROBE is %q", got)
	}

	// The repair that it names: the window is loaded again.
	d.open()
	d.eventually(60*time.Second, "the settings are read", func() bool { return d.last("start").Vars["PROBE"] == "after" })
	d.offers("Hello", 60*time.Second)
	d.eventually(20*time.Second, "nothing is found", func() bool { return !slices.Contains(d.found(), "vscode-settings-not-reread") })

	d.gorescue("editor", "uninstall")
	if got := d.read(userSettings); got != strings.Replace(before, `"before"`, `"after"`, 1) {
		t.Errorf("after uninstall:\n%s", got)
	}
}
