package origin_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gorescue/gorescue/internal/action"
	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/goenv"
	"github.com/gorescue/gorescue/internal/origin"
	"github.com/gorescue/gorescue/internal/startup"
)

// machine is a home folder and what a session of it has in its environment.
type machine struct {
	t    *testing.T
	home string
	env  map[string]string
}

func newMachine(t *testing.T) *machine {
	home := t.TempDir()
	return &machine{t: t, home: home, env: map[string]string{"HOME": home, "SHELL": "/bin/bash", "PATH": "/usr/bin:/bin"}}
}

func (m *machine) write(name, data string) string {
	m.t.Helper()
	path := filepath.Join(m.home, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		m.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(data), 0o644); err != nil {
		m.t.Fatal(err)
	}
	return path
}

func (m *machine) read(path string) string {
	m.t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		m.t.Fatal(err)
	}
	return string(data)
}

func (m *machine) snapshot() *facts.Snapshot {
	return &facts.Snapshot{
		Process:  facts.Process{Vars: m.env},
		Startup:  startup.Read(context.Background(), startup.World{Env: m.env, Home: m.home, Shell: "/bin/bash", Dir: filepath.Join(m.home, "proj"), Root: m.t.TempDir()}),
		Settings: goenv.Resolve(m.env, ""),
	}
}

func (m *machine) of(name string) origin.Source {
	m.t.Helper()
	src, ok := origin.Of(m.snapshot(), name)
	if !ok {
		m.t.Fatalf("%s has no origin", name)
	}
	return src
}

func (m *machine) apply(fix diag.Fix) {
	m.t.Helper()
	for _, a := range fix.Actions {
		if err := a.Apply(m.t.Context(), action.Real{Change: "t"}); err != nil {
			m.t.Fatal(err)
		}
	}
	for k, v := range fix.Env {
		if delete(m.env, k); v != nil {
			m.env[k] = *v
		}
	}
}

func TestProfileLine(t *testing.T) {
	m := newMachine(t)
	file := m.write(".profile", "export EDITOR=vim\nexport GOROOT=\"$HOME/sdk/go1.19\" # old\nalias ll='ls -l'\n")
	m.env["GOROOT"] = m.home + "/sdk/go1.19"
	src := m.of("GOROOT")
	if src.File != file || src.Line != 2 || !src.Lasting() || src.Kind != facts.FromProcess {
		t.Fatalf("%+v", src)
	}
	m.apply(src.Remove())
	if got := m.read(file); got != "export EDITOR=vim\nalias ll='ls -l'\n" {
		t.Errorf("%q", got)
	}
	if v, ok := m.env["GOROOT"]; ok {
		t.Errorf("a new terminal would still have GOROOT=%s", v)
	}
}

func TestBeside(t *testing.T) {
	m := newMachine(t)
	file := m.write(".profile", "export EDITOR=vim\nexport HTTP_PROXY=http://web.example:3128\nalias ll='ls -l'\n")
	m.env["HTTP_PROXY"] = "http://web.example:3128"
	m.apply(m.of("HTTP_PROXY").Beside("NO_PROXY", "localhost,inner.example"))
	if got := m.read(file); got != "export EDITOR=vim\nexport HTTP_PROXY=http://web.example:3128\nexport NO_PROXY=localhost,inner.example\nalias ll='ls -l'\n" {
		t.Errorf("%q", got)
	}
	if m.env["NO_PROXY"] != "localhost,inner.example" {
		t.Errorf("a new terminal would not have it: %v", m.env)
	}
	if fix := (origin.Source{Name: "HTTP_PROXY"}).Beside("NO_PROXY", "x"); fix.Risk != diag.Manual {
		t.Errorf("without a file: %+v", fix)
	}
}

func TestGoenvLine(t *testing.T) {
	m := newMachine(t)
	file := m.write(".config/go/env", "GOPRIVATE=corp.example\nGOFLAGS=-tags=a\nGOFLAGS=-mod=vendor -trimpath\nrubbish\n")
	src := m.of("GOFLAGS")
	if src.File != file || src.Line != 3 || src.Kind != facts.FromGoenv {
		t.Fatalf("%+v", src)
	}
	m.apply(src.Replace("-trimpath"))
	if got := m.read(file); got != "GOPRIVATE=corp.example\nGOFLAGS=-trimpath\nrubbish\n" {
		t.Errorf("%q", got)
	}
	m.apply(m.of("GOFLAGS").Remove())
	if got := m.read(file); got != "GOPRIVATE=corp.example\nrubbish\n" {
		t.Errorf("%q", got)
	}
}

// TestNoFile: a value that only this process has may be meant for one command. It is not lasting, and
// nothing on disk is offered to be changed.
func TestNoFile(t *testing.T) {
	m := newMachine(t)
	m.write(".profile", "# export GOOS=windows\nwinbuild() {\n\texport GOOS=windows\n}\n")
	m.env["GOOS"] = "windows"
	src := m.of("GOOS")
	fix := src.Remove()
	if src.Lasting() || src.File != "" || fix.Risk != diag.Manual || len(fix.Actions) > 0 || fix.Shell != "unset GOOS" {
		t.Errorf("%+v, %+v", src, fix)
	}
}

func TestProjectsOwnChoice(t *testing.T) {
	m := newMachine(t)
	m.write("proj/.envrc", "export GOFLAGS=-mod=mod\n")
	m.env["GOFLAGS"] = "-mod=mod"
	if src := m.of("GOFLAGS"); src.Lasting() || !src.OnPurpose() {
		t.Errorf("%+v", src)
	}
}

func TestSetGoenv(t *testing.T) {
	for name, tc := range map[string]struct{ before, after string }{
		"new file":    {"", "GOTMPDIR=/x\n"},
		"append":      {"GOPRIVATE=a\n", "GOPRIVATE=a\nGOTMPDIR=/x\n"},
		"no last end": {"GOPRIVATE=a", "GOPRIVATE=a\nGOTMPDIR=/x\n"},
		"replace":     {"GOTMPDIR=/old\nGOPRIVATE=a\n", "GOTMPDIR=/x\nGOPRIVATE=a\n"},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMachine(t)
			file := filepath.Join(m.home, ".config", "go", "env")
			if tc.before != "" {
				m.write(".config/go/env", tc.before)
			}
			fix, ok := origin.SetGoenv(m.snapshot(), "GOTMPDIR", "/x")
			if !ok {
				t.Fatal("not possible")
			}
			m.apply(fix)
			if got := m.read(file); got != tc.after {
				t.Errorf("%q, want %q", got, tc.after)
			}
		})
	}
	m := newMachine(t)
	m.env["GOENV"] = "off"
	if _, ok := origin.SetGoenv(m.snapshot(), "GOTMPDIR", "/x"); ok {
		t.Error("GOENV=off was written to")
	}
}

func TestAppendPath(t *testing.T) {
	for name, tc := range map[string]struct{ file, before, after string }{
		"profile":        {".profile", "export EDITOR=vim", "export EDITOR=vim\nexport PATH=\"$PATH:/o p/go/bin\"\n"},
		"no file":        {".profile", "", "export PATH=\"$PATH:/o p/go/bin\"\n"},
		"environment.d":  {".config/environment.d/a.conf", "PATH=/sys/bin\n", "PATH=/sys/bin\nPATH=\"${PATH}:/o p/go/bin\"\n"},
		"before an exit": {".profile", "a=1\nexec zsh -l\n", "a=1\nexport PATH=\"$PATH:/o p/go/bin\"\nexec zsh -l\n"},
		"bash_profile":   {".bash_profile", "# mine\n", "# mine\nexport PATH=\"$PATH:/o p/go/bin\"\n"},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMachine(t)
			if tc.before != "" {
				m.write(tc.file, tc.before)
			}
			if strings.HasPrefix(tc.before, "PATH=") {
				m.env["PATH"] = "/sys/bin"
			}
			fix, ok := origin.AppendPath(m.snapshot(), "/o p/go/bin")
			if !ok {
				t.Fatal("not possible")
			}
			m.apply(fix)
			if got := m.read(filepath.Join(m.home, tc.file)); got != tc.after {
				t.Errorf("%q, want %q", got, tc.after)
			}
			if !strings.HasSuffix(m.env["PATH"], ":/o p/go/bin") {
				t.Errorf("PATH of a new terminal: %q", m.env["PATH"])
			}
		})
	}
}

// TestNoPasswords: what is shown of a value holds no password.
func TestNoPasswords(t *testing.T) {
	m := newMachine(t)
	m.write(".config/go/env", "GOPROXY=https://dev:geheim@proxy.example.test,direct\n")
	if e := m.of("GOPROXY").Because(); strings.Contains(e.Text.String(), "geheim") || !strings.Contains(e.Text.String(), "proxy.example.test") {
		t.Errorf("%s", e.Text)
	}
}
