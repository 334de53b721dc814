package lspproxy

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gorescue/gorescue/internal/lsp"
)

func TestSpareSettings(t *testing.T) {
	for _, tc := range []struct{ version, in, want string }{
		{"v0.24.0", `{"gofumpt":true}`, `{"diagnosticsTrigger":"Save","gofumpt":true}`},
		{"v0.24.0", `null`, `{"diagnosticsTrigger":"Save"}`},
		{"v0.24.0", `{"ui.diagnostic.diagnosticsTrigger":"Edit","diagnosticsTrigger":"Edit"}`, `{"diagnosticsTrigger":"Save"}`},
		{"v0.14.2", `{"a":1}`, `{"a":1}`},
		{"", `{"a":1}`, `{"a":1}`},
		{"v0.24.0", `["odd"]`, `{"diagnosticsTrigger":"Save"}`},
	} {
		c := newCore(nil, Options{}, time.Now)
		c.mode.b.Trip()
		c.version = tc.version
		if got := string(c.spare([]byte(tc.in))); got != tc.want {
			t.Errorf("%s %s: %s, want %s", tc.version, tc.in, got, tc.want)
		}
	}
	c := newCore(nil, Options{}, time.Now)
	c.version = "v0.24.0"
	if got := string(c.spare([]byte(`{"a" : 1}`))); got != `{"a" : 1}` {
		t.Errorf("full: %s", got)
	}
	if got := string(c.spareAll([]byte(`{"items":[{"section":"gopls"},{"section":"editor"}]}`), []byte(`[{},{}]`))); got != `[{},{}]` {
		t.Errorf("full: %s", got)
	}
	c.mode.b.Trip()
	if got, want := string(c.spareAll([]byte(`{"items":[{"section":"gopls"},{"section":"editor"}]}`), []byte(`[{},{}]`))), `[{"diagnosticsTrigger":"Save"},{}]`; got != want {
		t.Errorf("light: %s, want %s", got, want)
	}
}

func TestFilters(t *testing.T) {
	c := newCore(nil, Options{}, time.Now)
	c.mem.remember([]byte(`{"workspaceFolders":[{"uri":"file:///w/my%20app","name":"x"}]}`))
	opened := func(uris ...string) []string {
		c.mem.order = uris
		return c.filters(map[string]json.RawMessage{"build.directoryFilters": json.RawMessage(`["-gen","+x","-"]`)})
	}
	if got := opened("file:///w/my%20app/b/b.go", "file:///w/my%20app/a/a.go", "file:///elsewhere/c.go", "untitled:x"); !cmp.Equal(got, []string{"-", "+a", "+b", "-gen"}) {
		t.Errorf("%q", got)
	}
	if got := opened("file:///w/my%20app/main.go", "file:///w/my%20app/a/a.go"); got != nil {
		t.Errorf("a document in the root: %q", got)
	}
	if got := opened(); got != nil {
		t.Errorf("no document: %q", got)
	}
	c.mem.folders([]byte(`{"added":[{"uri":"file:///v"}],"removed":[{"uri":"file:///w/my%20app"}]}`))
	if got := c.mem.workspace(); !cmp.Equal(got, []string{"file:///v"}) {
		t.Errorf("folders %q", got)
	}
	c.mem.folders([]byte(`{"removed":[{"uri":"file:///v"}],"added":[{"uri":"file:///w/my%20app"}]}`))
	if len(c.mem.added)+len(c.mem.removed) != 0 {
		t.Errorf("changes that cancel out: %s %s", c.mem.added, c.mem.removed)
	}
}

func TestVersion(t *testing.T) {
	for in, want := range map[string]string{
		`{"serverInfo":{"version":"{\"GoVersion\":\"go1.27.4\",\"Main\":{\"Version\":\"v0.24.0\"}}"}}`: "v0.24.0",
		`{"serverInfo":{"version":"v0.9.1"}}`:                               "v0.9.1",
		`{"serverInfo":{"version":"{\"Main\":{\"Version\":\"(devel)\"}}"}}`: "",
		`{}`: "",
	} {
		if got := goplsVersion([]byte(in)); got != want {
			t.Errorf("%s: %q, want %q", in, got, want)
		}
	}
}

func TestServes(t *testing.T) {
	for args, want := range map[string]bool{
		"": true, "-rpc.trace": true, "-logfile x": true, "-logfile=x -v": true, "-remote=auto": true, "-remote auto": true,
		"serve": true, "-mode stdio": true, "--rpc.trace serve -debug=localhost:0": true,
		"version": false, "version -json": false, "-v check a.go": false, "-logfile x version": false, "serve -listen=:1": false,
		"-listen localhost:1": false, "mcp": false, "help": false, "-h": false, "api-json": false,
	} {
		if got := Serves(strings.Fields(args)); got != want {
			t.Errorf("gopls %s: %v, want %v", args, got, want)
		}
	}
	if got := withoutRemote([]string{"gopls", "-remote=auto", "-remote.debug", ":0", "-v"}); !slices.Equal(got, []string{"gopls", "-v"}) {
		t.Errorf("%q", got)
	}
}

func TestFind(t *testing.T) {
	dir := t.TempDir()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	put := func(name string, f func(path string) error) string {
		p := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := f(p); err != nil {
			t.Fatal(err)
		}
		return p
	}
	script := func(p string) error { return os.WriteFile(p, []byte("#!/bin/sh\n"), 0o755) }
	put("link/gopls", func(p string) error { return os.Symlink(self, p) })
	put("plain/gopls", func(p string) error { return os.WriteFile(p, nil, 0o644) })
	wrapper := put("wrapper/gopls", script)
	inPath := put("path/gopls", script)
	inGopath := put("go/bin/gopls", script)
	vars := map[string]string{"HOME": dir, "GOPATH": filepath.Join(dir, "none"), "GOBIN": filepath.Join(dir, "link"),
		"PATH": strings.Join([]string{filepath.Join(dir, "plain"), filepath.Join(dir, "wrapper"), filepath.Join(dir, "path")}, ":")}
	find := func() string { p, _ := Find(vars, self); return p }
	if got := find(); got != wrapper {
		t.Errorf("%s, want %s", got, wrapper)
	}
	vars[EnvTried] = wrapper // it has started us
	if got := find(); got != inPath {
		t.Errorf("%s, want %s", got, inPath)
	}
	vars["GOPATH"] = filepath.Join(dir, "go")
	if got := find(); got != inGopath {
		t.Errorf("%s, want %s", got, inGopath)
	}
	vars[EnvServer] = "/real/gopls"
	if got := find(); got != "/real/gopls" {
		t.Errorf("%s", got)
	}
}

// TestEarlySettings: a server that asks while the editor is busy gets the last answer, and the new one when
// it comes and differs.
func TestEarlySettings(t *testing.T) {
	m := newModel(t, 3, Options{})
	m.introduce()
	m.settle()
	m.settings = 7
	m.c.fromEditor(m.parse(lsp.Notification("workspace/didChangeConfiguration", map[string]any{})))
	m.step()         // the server's question reaches the core
	late := m.toCore // the editor's answer
	m.toCore = nil
	m.srv.config = ""
	m.tick(3 * time.Second)
	if !strings.Contains(m.srv.config, `"n":0`) {
		t.Fatalf("settings from memory: %q", m.srv.config)
	}
	m.toCore = append(late, m.toCore...)
	m.settle()
	m.check()
}
