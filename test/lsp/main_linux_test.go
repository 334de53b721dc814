package lsp

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gorescue/gorescue/test/lab"
)

var theLab *lab.Lab

func TestMain(m *testing.M) {
	if os.Getenv(echoVariable) != "" {
		echo(os.Stdin, os.Stdout)
		return
	}
	os.Exit(lab.Main(m, &theLab, lab.Options{Parallel: 4}))
}

// The servers that are supervised here.
const (
	newest = "v0.24.0"
	older  = "v0.20.0"
	oldest = "v0.16.2"
)

func gopls(version string) string { return filepath.Join(theLab.Tools, "gopls", version, "gopls") }

// small makes a module of one package and returns its folder.
func small(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp(theLab.Root, "small-")
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "ws", "go.mod"), "module example.com/app\n\ngo 1.24\n")
	write(t, filepath.Join(dir, "ws", "main.go"), mainGo)
	return filepath.Join(dir, "ws")
}

const mainGo = `package main

import "fmt"

type Name struct{ Hello string }

func main() {
	n := Name{}
	fmt.Println(n.Hello)
}
`

// tools makes a copy of golang.org/x/tools, some 1,300 files, and returns its folder.
func tools(t testing.TB) string {
	t.Helper()
	cmd := exec.Command("go", "mod", "download", "-json", "golang.org/x/tools")
	cmd.Dir = theLab.Repo
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go mod download: %v\n%s", err, out)
	}
	_, rest, _ := strings.Cut(string(out), `"Dir": "`)
	src, _, _ := strings.Cut(rest, `"`)
	dir, err := os.MkdirTemp(theLab.Root, "tools-")
	if err != nil {
		t.Fatal(err)
	}
	ws := filepath.Join(dir, "ws")
	if out, err := exec.Command("cp", "-r", "--no-preserve=mode", src, ws).CombinedOutput(); err != nil {
		t.Fatalf("cp: %v\n%s", err, out)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd = exec.CommandContext(ctx, "go", "mod", "download")
	cmd.Dir = ws
	if out, err := cmd.CombinedOutput(); err != nil { // gopls then sees files without a package, which is a workspace too
		t.Logf("what x/tools itself requires is not here: %v\n%s", err, out)
	}
	return ws
}

func write(t testing.TB, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
