//go:build linux

package action_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/gorescue/gorescue/internal/action"
)

func TestMkdir(t *testing.T) {
	dir := t.TempDir()
	list := action.List{&action.Mkdir{Path: filepath.Join(dir, "a", "b")}}
	data, err := json.Marshal(list)
	if err != nil {
		t.Fatal(err)
	}
	var back action.List
	if err := json.Unmarshal(data, &back); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time it is there already
		if err := back[0].Apply(t.Context(), action.Real{Change: "t"}); err != nil {
			t.Fatal(err)
		}
		if err := back[0].Verify(t.Context(), action.Real{}); err != nil {
			t.Fatal(err)
		}
	}
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{file, filepath.Join(file, "below")} {
		if err := (&action.Mkdir{Path: path}).Apply(t.Context(), action.Real{Change: "t"}); err == nil {
			t.Errorf("%s was made a folder", path)
		}
	}
}
