package gotree

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/gorescue/gorescue/internal/facts"
)

// neededTools are the programs below pkg/tool that building, vetting and testing start and that every
// release since 1.21 ships ready-made. Others (pprof, test2json, nm …) are built when they are asked for
// since 1.25, so that their absence means nothing. Measured: the trees of go1.25.0, go1.26.8, go1.27.4.
func neededTools() []string { return []string{"compile", "asm", "link", "vet", "cgo", "cover"} }

// neededParts are folders that every release since 1.21 has.
func neededParts() []string {
	parts := []string{"pkg/include"}
	for _, p := range strings.Fields("runtime internal/abi internal/cpu internal/bytealg reflect sync sync/atomic syscall unsafe errors io io/fs os fmt strconv strings bytes bufio sort time unicode unicode/utf8 math context encoding/json net net/http crypto/tls go/ast testing") {
		parts = append(parts, "src/"+p)
	}
	return parts
}

// Tree looks at a folder that should be a Go tree. from says where its name came from. vars is the
// environment, for a bin/go that is a script.
func Tree(root, from string, vars map[string]string) facts.GoTree {
	t := facts.GoTree{Root: root, Real: root, From: from}
	fi, err := os.Stat(root)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		t.State = facts.TreeMissing
		return t
	case err != nil:
		t.State = facts.TreeUnreadable
		return t
	case !fi.IsDir():
		t.State = facts.TreeNoFolder
		return t
	}
	if real, err := filepath.EvalSymlinks(root); err == nil {
		t.Real = real
	}
	tools, err1 := os.Stat(filepath.Join(root, "pkg", "tool"))
	src, err2 := os.Stat(filepath.Join(root, "src", "runtime"))
	switch {
	case errors.Is(err1, fs.ErrPermission) || errors.Is(err2, fs.ErrPermission):
		t.State = facts.TreeUnreadable
		return t
	case (err1 != nil || !tools.IsDir()) && (err2 != nil || !src.IsDir()):
		t.State = facts.TreeNone
		return t
	}
	t.State = facts.TreeFound
	t.Version = firstLine(filepath.Join(root, "VERSION"))
	t.Devel = strings.HasPrefix(t.Version, "devel") || t.Version == "" && exists(filepath.Join(root, "src", "make.bash"))
	t.Program = Program(filepath.Join(root, "bin", Exe("go")), vars)
	t.GoToolchain = goToolchain(filepath.Join(root, "go.env"))
	t.ToolDir = filepath.Join(root, "pkg", "tool", toolFolder(&t.Program))
	for _, name := range neededTools() {
		t.Tools = append(t.Tools, tool(t.ToolDir, name))
	}
	for _, p := range neededParts() {
		if path := filepath.Join(root, filepath.FromSlash(p)); !exists(path) {
			t.Absent = append(t.Absent, path)
		}
	}
	return t
}

// toolFolder is <os>_<arch> of the tree's own go command (cmd/go/internal/cfg: SetGOROOT).
func toolFolder(p *facts.GoProgram) string {
	if p.Kind == facts.GoBinary && p.OS != "" && p.Arch != "" {
		return p.OS + "_" + p.Arch
	}
	return runtime.GOOS + "_" + runtime.GOARCH
}

func tool(dir, name string) facts.GoTool {
	p := Program(filepath.Join(dir, Exe(name)), nil)
	t := facts.GoTool{Name: name, Path: p.Path, Kind: p.Kind, Mode: p.Mode, Runs: p.Runs, NoExec: p.NoExec, Version: p.Version, Arch: p.Arch}
	if p.Kind == facts.GoAbsent {
		if fi, err := os.Stat(dir); err == nil && !fi.IsDir() {
			t.Kind = facts.GoOdd
		}
	}
	return t
}

// goToolchain is GOTOOLCHAIN of a go.env file, "" when there is none.
func goToolchain(path string) string {
	v := ""
	for line := range strings.Lines(string(small(path, maxScript))) {
		if s, ok := strings.CutPrefix(strings.TrimRight(line, "\r\n"), "GOTOOLCHAIN="); ok {
			v = s
		}
	}
	return v
}

func firstLine(path string) string {
	line, _, _ := bytes.Cut(small(path, 4096), []byte("\n"))
	return strings.TrimSpace(strings.ToValidUTF8(string(line), "?"))
}

// small reads a regular file of at most max bytes, nil when that cannot be done.
func small(path string, max int64) []byte {
	fi, err := os.Stat(path)
	if err != nil || !fi.Mode().IsRegular() || fi.Size() > max {
		return nil
	}
	f, err := Open(path)
	if err != nil {
		return nil
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, max))
	if err != nil {
		return nil
	}
	return data
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
