package action_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/gorescue/gorescue/internal/action"
)

// plain is a machine whose file system cannot have two paths change places.
type plain struct{ action.Real }

func (plain) Swap(string, string) error { return errors.ErrUnsupported }

// TestRestoreModule replaces a damaged .info file, with and without an exchange in one instant.
func TestRestoreModule(t *testing.T) {
	for name, sys := range map[string]action.System{"at once": action.Real{}, "in two steps": plain{}, "dry run": action.NewDryRun()} {
		t.Run(name, func(t *testing.T) {
			cache := t.TempDir()
			dir := filepath.Join(cache, "cache", "download", "example.com", "greet", "@v")
			if err := os.MkdirAll(dir, 0o755); err != nil {
				t.Fatal(err)
			}
			info := filepath.Join(dir, "v1.2.0.info")
			if err := os.WriteFile(info, []byte("{broken"), 0o644); err != nil {
				t.Fatal(err)
			}
			aside := filepath.Join(cache, "cache", "gorescue-aside", "1")
			r := &action.RestoreModule{Cache: cache, Module: "example.com/greet", Version: "v1.2.0",
				Parts: []action.Part{action.PartInfo}, From: action.FromZip, Aside: aside}
			if err := r.Apply(context.Background(), sys); err != nil {
				t.Fatal(err)
			}
			if name == "dry run" {
				if data, _ := os.ReadFile(info); string(data) != "{broken" {
					t.Errorf("a dry run wrote %s", data)
				}
				return
			}
			if err := r.Verify(context.Background(), sys); err != nil {
				t.Error(err)
			}
			kept, err := os.ReadFile(filepath.Join(aside, "example.com_greet@v1.2.0.info"))
			if err != nil || string(kept) != "{broken" {
				t.Errorf("what was there is kept as %q, %v", kept, err)
			}
		})
	}
}
