package atomicfile_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/gorescue/gorescue/internal/atomicfile"
)

func TestScratch(t *testing.T) {
	parent := filepath.Join(t.TempDir(), "state", "scratch")
	s, err := atomicfile.NewScratch(parent)
	if err != nil {
		t.Fatal(err)
	}
	path, err := s.Write("go.mod", []byte("module m\n"))
	if data, _ := os.ReadFile(path); err != nil || string(data) != "module m\n" {
		t.Fatal(err, string(data))
	}
	kept := filepath.Join(t.TempDir(), "kept")
	if err := os.WriteFile(kept, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.Link("a/b", filepath.Dir(kept)); err != nil {
		t.Fatal(err)
	}
	old := time.Now().Add(-time.Hour)
	dead := filepath.Join(parent, "try-dead")
	if err := os.MkdirAll(filepath.Join(dead, "x"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, d := range []string{dead, s.Dir} {
		if err := os.Chtimes(d, old, old); err != nil {
			t.Fatal(err)
		}
	}
	atomicfile.Sweep(parent)
	if _, err := os.Stat(dead); err == nil {
		t.Error("what a crash left is still there")
	}
	if _, err := os.Stat(path); err != nil {
		t.Error("the folder of a living owner was removed")
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(kept); err != nil {
		t.Error("what a link led to was removed")
	}
	if _, err := os.Stat(parent); err == nil {
		left, _ := os.ReadDir(parent)
		t.Errorf("left behind: %v", left)
	}
}
