package gobuild

import (
	"context"
	"os"
	"path/filepath"

	"github.com/gorescue/gorescue/internal/buildlist"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/gocmd"
	"github.com/gorescue/gorescue/internal/probe"
)

// stampable reports whether git answers what the go command asks it in order to stamp a program
// (cmd/go/internal/vcs/vcs.go, func gitStatus). Then the stamp is left out of the build: since go1.24 the go command
// keeps what it learns of the commit in the module cache (cmd/go/internal/load/pkg.go, func setBuildInfo), and a
// diagnosis writes nothing there. When git does not answer, the go command shall say so itself; it writes nothing then.
func stampable(ctx context.Context, w probe.World, set *facts.Settings) bool {
	if buildlist.Flag(set.Get("GOFLAGS"), "buildvcs") == "false" {
		return false
	}
	root := w.Dir
	for {
		if _, err := os.Lstat(filepath.Join(root, ".git")); err == nil {
			break
		}
		if root == filepath.Dir(root) {
			return false
		}
		root = filepath.Dir(root)
	}
	git := lookProgram(w.Get("PATH"), "git")
	if git == "" {
		return false
	}
	for _, args := range [][]string{{"status", "--porcelain"}, {"-c", "log.showsignature=false", "log", "-1", "--format=%H:%ct"}} {
		r, err := gocmd.Run(ctx, gocmd.Cmd{Path: git, Args: args, Dir: root, Env: append(w.Environ(), "GIT_OPTIONAL_LOCKS=0")})
		if err != nil || !r.OK() {
			return false
		}
	}
	return true
}
