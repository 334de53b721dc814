package gobuild

import (
	"os"
	"path/filepath"
	"testing"
)

// TestOnlyIgnores: an added ignore line is told from every other change.
func TestOnlyIgnores(t *testing.T) {
	path := filepath.Join(t.TempDir(), "go.mod")
	const old = "module example.com/app\n\ngo 1.25\n\nignore ./a\n"
	if err := os.WriteFile(path, []byte(old), 0o644); err != nil {
		t.Fatal(err)
	}
	for data, want := range map[string]bool{
		old:                                      true,
		old + "\nignore ./data\n":                true,
		"module example.com/app\n\ngo 1.25\n":    true,
		old + "\nrequire example.com/x v1.0.0\n": false,
		"module example.com/app\n\ngo 1.26\n":    false,
		"nonsense":                               false,
	} {
		if got := onlyIgnores(path, []byte(data)); got != want {
			t.Errorf("%q: %v", data, got)
		}
	}
}
