package gobuild

import (
	"path/filepath"
	"runtime"

	"github.com/gorescue/gorescue/internal/atomicfile"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/probe"
)

// workFolder makes a folder for the work folders of go commands in the place where they would make them, so that
// those of a command which had to be killed can be removed. When it cannot be made, the go command must say so itself:
// dir is "". It has the name of a work folder, for those who look for what dead builds left.
func workFolder(w probe.World, set *facts.Settings) (dir string, remove func()) {
	parent := set.Get("GOTMPDIR")
	if parent == "" {
		parent = w.Get("TMPDIR")
	}
	if parent == "" && runtime.GOOS != "windows" {
		parent = "/tmp"
	}
	if !filepath.IsAbs(parent) {
		return "", func() {}
	}
	dir, remove, err := atomicfile.TempFolder(parent, "go-build")
	if err != nil {
		return "", func() {}
	}
	return dir, remove
}
