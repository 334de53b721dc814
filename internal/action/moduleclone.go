package action

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/module"
	modzip "golang.org/x/mod/zip"

	"github.com/gorescue/gorescue/internal/modcache"
)

// zipClone makes a module zip of a commit in a repository that the go command keeps. Which folder of the repository
// the module is in follows from its path; the hash says whether that was right.
func zipClone(to, repo string, v module.Version) error {
	prefix, _, _ := module.SplitPathVersion(v.Path)
	root := modcache.CloneRoot(repo)
	sub := strings.TrimPrefix(strings.TrimPrefix(prefix, root), "/")
	if root == "" || prefix != root && !strings.HasPrefix(prefix, root+"/") {
		return fmt.Errorf("the repository %s is not that of %s", repo, v)
	}
	rev := strings.TrimSuffix(v.Version, "+incompatible")
	if module.IsPseudoVersion(v.Version) {
		r, err := module.PseudoVersionRev(v.Version)
		if err != nil {
			return err
		}
		rev = r
	} else if sub != "" {
		rev = sub + "/" + rev
	}
	work := to + ".clone" // the library wants a folder with a .git in it; ours is bare
	if err := os.Mkdir(work, 0o700); err != nil {
		return err
	}
	if err := os.Symlink(repo, filepath.Join(work, ".git")); err != nil {
		return err
	}
	return write(to, func(w io.Writer) error { return modzip.CreateFromVCS(w, v, work, rev, sub) })
}
