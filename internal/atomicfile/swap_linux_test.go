package atomicfile_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/gorescue/gorescue/internal/atomicfile"
)

// TestSwap: both are always there for one who looks, and their insides go with them.
func TestSwap(t *testing.T) {
	dir := t.TempDir()
	a, b := filepath.Join(dir, "a"), filepath.Join(dir, "sub", "b")
	for _, d := range []string{a, b} {
		if err := os.MkdirAll(d, 0o755); err != nil {
			t.Fatal(err)
		}
		put(t, filepath.Join(d, "name"), image(atomicfile.File, 0o600, filepath.Base(d)))
	}
	was := look(t, a).Inode
	if err := atomicfile.Swap(a, b); err != nil {
		t.Fatal(err)
	}
	if x, y := string(look(t, filepath.Join(a, "name")).Data), string(look(t, filepath.Join(b, "name")).Data); x != "b" || y != "a" {
		t.Errorf("a holds %s, b holds %s", x, y)
	}
	if look(t, b).Inode != was {
		t.Error("the inode did not go with the folder")
	}
	if err := atomicfile.Swap(a, filepath.Join(dir, "none")); err == nil || errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("swapped with nothing: %v", err)
	}
	if d := otherDisk(t, dir); d != "" {
		put(t, filepath.Join(d, "c"), image(atomicfile.File, 0o600, "c"))
		if err := atomicfile.Swap(a, filepath.Join(d, "c")); !errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("across file systems: %v", err)
		}
	}
}
