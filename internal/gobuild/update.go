package gobuild

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/gorescue/gorescue/internal/atomicfile"
	"github.com/gorescue/gorescue/internal/buildlist"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/gocmd"
	"github.com/gorescue/gorescue/internal/probe"
)

// Update returns go.mod as the go command would write it for this folder's build, without the network and without
// touching it: in scratch copies of go.mod and go.sum, with -mod=mod (https://go.dev/ref/mod#build-commands). That adds
// and raises what the build needs and, unlike go mod tidy, drops nothing. An error: it cannot do that with what is in
// the module cache and go.sum; in a workspace there is no such mode.
func Update(ctx context.Context, w probe.World, set *facts.Settings, mod, sum []byte) ([]byte, error) {
	program := lookGo(w.Get("PATH"))
	if program == "" || inWorkspace(w.Dir, set) || buildlist.Flag(set.Get("GOFLAGS"), "modfile") != "" {
		return nil, fmt.Errorf("%w: no go program, a workspace, or another go.mod by -modfile", probe.ErrSkipped)
	}
	scratch, err := atomicfile.NewScratch(ScratchDir(w))
	if err != nil {
		return nil, fmt.Errorf("cannot make a scratch copy: %w", err)
	}
	defer scratch.Close()
	file, err1 := scratch.Write("go.mod", mod)
	_, err2 := scratch.Write("go.sum", sum)
	if err := errors.Join(err1, err2); err != nil {
		return nil, fmt.Errorf("cannot make a scratch copy: %w", err)
	}
	cache, err := mirror(scratch, set.Get("GOMODCACHE"))
	if err != nil {
		return nil, fmt.Errorf("cannot make a scratch copy: %w", err)
	}
	env, _, _ := restrain(w, set, []string{"list"}, &overlay{})
	env = append(env, "GOMODCACHE="+cache)
	// Stamping would write the version of the main module into the module cache.
	args := []string{"list", "-buildvcs=false", "-mod=mod", "-modfile=" + file, "-deps", "./..."}
	r, err := gocmd.Run(ctx, gocmd.Cmd{Path: program, Args: args, Dir: w.Dir, Env: env})
	if err != nil {
		return nil, err
	}
	if !r.OK() {
		return nil, errors.New(r.FirstLine())
	}
	after, err := buildlist.ReadFile(filepath.Join(scratch.Dir, "go.sum"))
	if err == nil && string(after) != string(sum) {
		return nil, errors.New("go.sum would change too")
	}
	return buildlist.ReadFile(file)
}

// mirror makes a module cache of links: before the go command writes a go.mod it takes, and makes, a lock in the module
// cache (cmd/go/internal/modfetch/cache.go, func SideLock), and the user's stays as it is.
func mirror(scratch *atomicfile.Scratch, cache string) (string, error) {
	list, err := os.ReadDir(cache)
	if err != nil {
		return "", err
	}
	for _, e := range list {
		if e.Name() == "cache" {
			continue
		}
		if err := scratch.Link(filepath.Join("modcache", e.Name()), filepath.Join(cache, e.Name())); err != nil {
			return "", err
		}
	}
	return filepath.Join(scratch.Dir, "modcache"), scratch.Link(filepath.Join("modcache", "cache", "download"), filepath.Join(cache, "cache", "download"))
}
