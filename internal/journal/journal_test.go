package journal_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/gorescue/gorescue/internal/journal"
)

func open(t testing.TB, dir string) *journal.Journal {
	t.Helper()
	j, err := journal.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func fill(t testing.TB, dir string, n int) []byte {
	t.Helper()
	j := open(t, dir)
	for range n {
		if err := j.Append(journal.Record{Change: "c", Kind: journal.Intent, Op: &journal.Op{N: 1, Kind: "put", Path: "/x", PreSum: "s"}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(dir, "journal.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestTornTail(t *testing.T) {
	whole := fill(t, t.TempDir(), 3)
	lines := bytes.SplitAfter(whole, []byte("\n"))
	two := len(lines[0]) + len(lines[1])
	for cut := two; cut < len(whole); cut++ {
		dir := t.TempDir()
		fill(t, dir, 0)
		if err := os.WriteFile(filepath.Join(dir, "journal.jsonl"), whole[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		j := open(t, dir)
		if n := len(j.Records()); n != 2 {
			t.Fatalf("cut at %d: %d records", cut, n)
		}
		if err := j.Append(journal.Record{Change: "c", Kind: journal.End}); err != nil {
			t.Fatal(err)
		}
		j.Close()
		if j, err := journal.Read(dir); err != nil || len(j.Records()) != 3 {
			t.Fatalf("cut at %d: after appending: %v", cut, err)
		}
	}
}

func TestDamageInside(t *testing.T) {
	dir := t.TempDir()
	data := fill(t, dir, 3)
	data[10] ^= 1
	if err := os.WriteFile(filepath.Join(dir, "journal.jsonl"), data, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := journal.Open(dir); err == nil {
		t.Fatal("a damaged journal was opened")
	}
	if after, _ := os.ReadFile(filepath.Join(dir, "journal.jsonl")); !bytes.Equal(after, data) {
		t.Error("a damaged journal was written to")
	}
}

func TestOneWriter(t *testing.T) {
	dir := t.TempDir()
	j := open(t, dir)
	if _, err := journal.Open(dir); !errors.Is(err, journal.ErrBusy) {
		t.Errorf("a second writer: %v", err)
	}
	j.Close()
	open(t, dir).Close()
}

func TestContent(t *testing.T) {
	dir := t.TempDir()
	j := open(t, dir)
	defer j.Close()
	name, err := j.Keep([]byte("hello"))
	if err != nil {
		t.Fatal(err)
	}
	if again, err := j.Keep([]byte("hello")); err != nil || again != name {
		t.Errorf("%s, %v", again, err)
	}
	if data, err := j.Content(name); err != nil || string(data) != "hello" {
		t.Errorf("%q, %v", data, err)
	}
	if err := os.WriteFile(j.Path(name), []byte("other"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := j.Content(name); err == nil {
		t.Error("damaged content was given out")
	}
	if _, err := j.Content("../../etc/passwd"); err == nil {
		t.Error("a name with a path was taken")
	}
}

func FuzzRead(f *testing.F) {
	f.Add(fill(f, f.TempDir(), 2))
	f.Add([]byte("{}\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "journal.jsonl"), data, 0o600); err != nil {
			t.Fatal(err)
		}
		if j, err := journal.Read(dir); err == nil {
			for i, r := range j.Records() {
				if r.Seq == 0 && i > 0 && r.Prev == "" {
					t.Errorf("record %d has no predecessor", i)
				}
			}
		}
	})
}
