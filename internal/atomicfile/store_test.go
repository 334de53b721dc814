package atomicfile_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/gorescue/gorescue/internal/atomicfile"
)

func TestStore(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a", "b", "f")
	for _, want := range []string{"one", "two"} {
		if err := atomicfile.Store(path, []byte(want)); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != want {
			t.Fatalf("%q, %v", got, err)
		}
	}
	if names, _ := filepath.Glob(filepath.Join(filepath.Dir(path), "*")); len(names) != 1 {
		t.Errorf("left behind: %v", names)
	}
	if err := atomicfile.Store(filepath.Join(path, "below"), nil); err == nil {
		t.Error("a file was taken for a folder")
	}
}
