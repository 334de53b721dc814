package gobuild

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/gotree"
	"github.com/gorescue/gorescue/internal/probe"
)

// unused is a stand-in for a module cache that nobody has used yet: the go command makes the folder as soon as it
// starts (cmd/go/internal/modload/init.go), and a diagnosis leaves no folder there. "" = the cache is there, or cannot
// be made, which the go command must then say itself.
func unused(w probe.World, set *facts.Settings) string {
	dir := set.Get("GOMODCACHE")
	if _, err := os.Lstat(dir); w.State == "" || !filepath.IsAbs(dir) || !errors.Is(err, fs.ErrNotExist) {
		return ""
	}
	for parent := filepath.Dir(dir); ; parent = filepath.Dir(parent) {
		fi, err := os.Stat(parent)
		switch {
		case err == nil && fi.IsDir() && gotree.MayWrite(parent):
			return filepath.Join(ScratchDir(w), "modcache")
		case !errors.Is(err, fs.ErrNotExist) || parent == filepath.Dir(parent):
			return ""
		}
	}
}
