package vscdb_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/gorescue/gorescue/internal/vscdb"
)

func sqlite3(t *testing.T, file, script string) string {
	t.Helper()
	out, err := exec.Command("sqlite3", file, script).CombinedOutput()
	if err != nil {
		t.Fatalf("sqlite3: %v\n%s", err, out)
	}
	return string(out)
}

// TestReadAndWith uses a database made, and judged, by the sqlite3 program.
func TestReadAndWith(t *testing.T) {
	ctx := context.Background()
	file := filepath.Join(t.TempDir(), "a b", "state.vscdb")
	if err := os.Mkdir(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	sqlite3(t, file, "CREATE TABLE ItemTable (key TEXT UNIQUE ON CONFLICT REPLACE, value BLOB); INSERT INTO ItemTable VALUES('a','1'),('b','x'); ")
	got, err := vscdb.Read(ctx, file, "a", "c")
	if err != nil || len(got) != 1 || got["a"] != "1" {
		t.Fatal(got, err)
	}
	before, _ := os.ReadFile(file)
	after, err := vscdb.With(ctx, before, "a", "2")
	if err != nil {
		t.Fatal(err)
	}
	if now, _ := os.ReadFile(file); !bytes.Equal(now, before) {
		t.Fatal("the file was changed")
	}
	if err := os.WriteFile(file, after, 0o644); err != nil {
		t.Fatal(err)
	}
	if out := sqlite3(t, file, "PRAGMA integrity_check; SELECT key || value FROM ItemTable ORDER BY key"); out != "ok\na2\nbx\n" {
		t.Fatal(out)
	}
	if list, _ := os.ReadDir(filepath.Dir(file)); len(list) != 1 {
		t.Fatal("something was written beside it", list)
	}
}

func TestDamaged(t *testing.T) {
	dir := t.TempDir()
	for name, data := range map[string]string{"text": "garbage garbage garbage garbage garbage garbage", "short": "SQLite format 3\x00", "other": ""} {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(data), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := vscdb.Read(context.Background(), file, "a"); !errors.Is(err, vscdb.ErrDamaged) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := vscdb.Read(context.Background(), filepath.Join(dir, "none"), "a"); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte("SQLite format 3\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		file := filepath.Join(t.TempDir(), "x")
		if err := os.WriteFile(file, data, 0o644); err != nil {
			t.Fatal(err)
		}
		_, _ = vscdb.Read(context.Background(), file, "a")
		_, _ = vscdb.With(context.Background(), data, "a", "b")
	})
}
