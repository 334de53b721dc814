package action

import (
	"context"
	"os"
	"path/filepath"
	"testing"
)

func TestLink(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "libs", "greet"), 0o755); err != nil {
		t.Fatal(err)
	}
	l := &Link{Path: filepath.Join(dir, "greet"), Target: filepath.Join("libs", "greet")}
	if err := l.Apply(context.Background(), Real{Change: "t"}); err != nil {
		t.Fatal(err)
	}
	if err := l.Verify(context.Background(), Real{}); err != nil {
		t.Error(err)
	}
	if err := l.Apply(context.Background(), Real{Change: "t"}); err == nil {
		t.Error("a second link over the first was no error")
	}
	none := &Link{Path: filepath.Join(dir, "none"), Target: "missing"}
	if err := none.Apply(context.Background(), Real{Change: "t"}); err == nil {
		t.Error("a link to nothing was no error")
	}
}
