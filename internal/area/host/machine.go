package host

import (
	"context"
	"os"
	"os/user"
	"path/filepath"
	"runtime"

	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/probe"
)

// host collects what holds for the whole machine and for every process of this user.
func host(_ context.Context, w probe.World, _ *facts.Snapshot) (probe.Install, error) {
	h := facts.Host{OS: runtime.GOOS, Arch: runtime.GOARCH, UID: os.Getuid(), Home: w.Get("HOME"), State: w.State}
	if u, err := user.Current(); err == nil {
		h.User, h.HomeInDB = u.Username, u.HomeDir
	}
	if u, err := user.LookupId(uid(h.UID)); err == nil { // user.Current trusts $HOME
		h.User, h.HomeInDB = u.Username, u.HomeDir
	}
	if h.Home == "" {
		h.HomeSession = homeAbove(ancestors(w), h.UID)
	}
	h.Limits = limits()
	h.Threads = threads(h.UID)
	h.Binfmt = binfmt()
	h.Container, h.WSL = container()
	return func(s *facts.Snapshot) { s.Host = h }, nil
}

// homeAbove finds a home folder in the processes above. Another user's, as sudo leaves it behind, is not taken.
func homeAbove(list []facts.Ancestor, uid int) string {
	for _, a := range list {
		home := a.Vars["HOME"]
		if a.UID != uid || !filepath.IsAbs(home) || filepath.Dir(home) == home {
			continue
		}
		if fi, err := os.Stat(home); err == nil && fi.IsDir() && owner(fi) == uid {
			return home
		}
	}
	return ""
}
