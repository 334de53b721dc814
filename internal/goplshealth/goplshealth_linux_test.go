package goplshealth_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gorescue/gorescue/internal/goplshealth"
)

// options is a small module and the real gopls.
func options(t *testing.T) goplshealth.Options {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	tools := os.Getenv("GORESCUE_TOOLS")
	if tools == "" {
		tools = filepath.Join(cache, "gorescue-tools")
	}
	dir := t.TempDir()
	text := "package main\n\nimport \"fmt\"\n\nfunc main() { fmt.Println() }\n"
	for name, data := range map[string]string{"go.mod": "module example.com/a\n\ngo 1.24\n", "main.go": text} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	gocache, err := exec.Command("go", "env", "GOCACHE").Output()
	if err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	if err := os.MkdirAll(filepath.Join(home, ".config", "go", "telemetry"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(home, ".config", "go", "telemetry", "mode"), []byte("off 2024-01-01\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	return goplshealth.Options{
		Program: filepath.Join(tools, "gopls", "v0.24.0", "gopls"), Root: dir, File: filepath.Join(dir, "main.go"), Text: []byte(text),
		Environ: []string{"HOME=" + home, "PATH=" + os.Getenv("PATH"), "GOCACHE=" + strings.TrimSpace(string(gocache)), "GOTOOLCHAIN=local", "GOFLAGS=", "GOPROXY=off"},
		Limit:   90 * time.Second, // a loaded machine is no finding
	}
}

func TestWorks(t *testing.T) {
	opt := options(t)
	r := goplshealth.Measure(context.Background(), opt)
	if r.Failed != "" || !r.Complete || r.Initialize == 0 || r.Loaded == 0 || r.Cold == 0 || r.Warm == 0 || r.Server != "v0.24.0" {
		t.Fatalf("%+v", r)
	}
	if data, _ := os.ReadFile(opt.File); string(data) != string(opt.Text) {
		t.Error("the file was changed")
	}
}

// TestEmptyAnswer: filters that hide everything; gopls says that it has loaded, and completes nothing.
func TestEmptyAnswer(t *testing.T) {
	opt := options(t)
	opt.Settings = map[string]any{"directoryFilters": []string{"-"}}
	r := goplshealth.Measure(context.Background(), opt)
	if r.Healthy() || r.Complete || !strings.HasPrefix(r.Failed, "completion") {
		t.Fatalf("%+v", r)
	}
}

// TestEnds: a flag that no gopls has.
func TestEnds(t *testing.T) {
	opt := options(t)
	opt.Flags = []string{"-no-such-flag"}
	r := goplshealth.Measure(context.Background(), opt)
	if r.Healthy() || !strings.Contains(r.Failed, "gopls ended") || !strings.Contains(r.Stderr, "no-such-flag") {
		t.Fatalf("%+v", r)
	}
}

// TestHangs: a real gopls that is stopped answers nothing; the time-out is kept.
func TestHangs(t *testing.T) {
	opt := options(t)
	script := filepath.Join(t.TempDir(), "gopls")
	if err := os.WriteFile(script, []byte("#!/bin/sh\nkill -STOP $$\nexec "+opt.Program+" \"$@\"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	opt.Program, opt.Limit = script, time.Second
	began := time.Now()
	r := goplshealth.Measure(context.Background(), opt)
	if r.Healthy() || !strings.Contains(r.Failed, "initialize: no answer within") {
		t.Fatalf("%+v", r)
	}
	if took := time.Since(began); took > 30*time.Second {
		t.Errorf("took %v", took)
	}
}
