package gobuild

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"

	"github.com/gorescue/gorescue/internal/atomicfile"
	"github.com/gorescue/gorescue/internal/buildlist"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/probe"
)

// Files are contents that are tried: absolute path → content; nil = nothing is there.
type Files map[string][]byte

// overlay is how a trial is told to the go command. The zero value is no trial.
type overlay struct {
	files  map[string]string // path → scratch file, "" = nothing is there
	config string            // file for -overlay, "" = none
	cache  string            // with the network: module cache of the trial
	How
}

// How says how a trial is made. The zero value has no network and asks for the whole build.
type How struct {
	Depth  Depth
	Online bool // the user's own settings of the network stay in force
}

// Depth is how far a build goes. The zero value asks first what there is to compile, and compiles that when there is
// time.
type Depth int

// Load only finds modules and packages. Compile compiles at once: right after a build with nearly the same content.
const (
	Load Depth = iota + 1
	Compile
)

// ScratchDir is where trials keep their files, below our own state folder.
func ScratchDir(w probe.World) string { return filepath.Join(w.State, "scratch") }

// Try asks the same question as Ask, with other contents for some files, and touches none of them: the go command
// is given an overlay (go help build, -overlay), which it honours for go.mod, go.sum, go.work, go.work.sum and
// source files, vendored ones too, but not for vendor/modules.txt (cmd/go/internal/modload/vendor.go reads that
// file itself). how.Online leaves the network to the go command as the user has set it; what it fetches goes into a
// scratch module cache, which takes from the user's what that has.
func Try(ctx context.Context, w probe.World, set *facts.Settings, files Files, how How) (*facts.Build, error) {
	scratch, err := atomicfile.NewScratch(ScratchDir(w))
	if err != nil {
		return nil, fmt.Errorf("cannot make a scratch copy: %w", err)
	}
	defer scratch.Close()
	over := &overlay{files: map[string]string{}, cache: filepath.Join(scratch.Dir, "modcache"), How: how}
	n := 0
	for path, content := range files {
		if filepath.Base(path) == "modules.txt" {
			return nil, fmt.Errorf("cannot try %s: the go command reads it past every overlay", path)
		}
		to := ""
		if content != nil {
			n++
			if to, err = scratch.Write(fmt.Sprintf("%d-%s", n, filepath.Base(path)), content); err != nil {
				return nil, fmt.Errorf("cannot make a scratch copy: %w", err)
			}
		}
		for _, name := range names(w.Dir, path) {
			over.files[name] = to
		}
	}
	all := theirs(w.Dir, set)
	maps.Copy(all, over.files)
	config, err := json.Marshal(map[string]any{"Replace": all})
	if err != nil {
		return nil, err
	}
	if over.config, err = scratch.Write("overlay.json", config); err != nil {
		return nil, fmt.Errorf("cannot make a scratch copy: %w", err)
	}
	b, err := ask(ctx, w, set, over)
	if b != nil {
		b.Command += " (" + filepath.Base(over.config) + ")"
	}
	return b, err
}

// names are the names under which the go command may know a path: as given, and as seen from dir when a link
// leads there.
func names(dir, path string) []string {
	out := []string{path}
	for d := dir; ; d = filepath.Dir(d) {
		if real, err := filepath.EvalSymlinks(d); err == nil {
			if rel, err := filepath.Rel(real, path); err == nil && filepath.IsLocal(rel) {
				if name := filepath.Join(d, rel); name != path {
					out = append(out, name)
				}
				return out
			}
		}
		if d == filepath.Dir(d) {
			return out
		}
	}
}

// theirs is the overlay that the user has in GOFLAGS already, which a second -overlay would hide.
func theirs(dir string, set *facts.Settings) map[string]string {
	var config struct{ Replace map[string]string }
	if file := buildlist.Flag(set.Get("GOFLAGS"), "overlay"); file != "" {
		if !filepath.IsAbs(file) {
			file = filepath.Join(dir, file)
		}
		if data, err := buildlist.ReadFile(file); err == nil {
			_ = json.Unmarshal(data, &config) // an unreadable one stops every build, tried or not
		}
	}
	if config.Replace == nil {
		return map[string]string{}
	}
	return config.Replace
}
