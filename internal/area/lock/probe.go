package lock

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/module"

	"github.com/gorescue/gorescue/internal/buildlist"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/probe"
	"github.com/gorescue/gorescue/internal/proc"
)

// locks looks who has the locks that go commands of this project take. It takes none itself.
func locks(ctx context.Context, w probe.World, s *facts.Snapshot) (probe.Install, error) {
	held, err := proc.Locks()
	switch {
	case errors.Is(err, proc.ErrUnknown):
		return nil, fmt.Errorf("%w: %v", probe.ErrSkipped, err)
	case err != nil:
		return nil, err
	}
	list := candidates(ctx, w.Dir, &s.Settings)
	found := match(held, list)
	if again, err := proc.Locks(); err == nil { // a line can be missed: see proc.Locks
		for _, f := range match(again, list) {
			if !slices.ContainsFunc(found, func(have locked) bool { return have.path == f.path && have.lock.Is(f.lock) }) {
				found = append(found, f)
			}
		}
	}
	var l facts.Locks
	if len(found) > 0 {
		l.Held = look(ctx, found)
	}
	return func(s *facts.Snapshot) { s.Locks = l }, ctx.Err()
}

// candidate is a file that a go command of this project may lock.
type candidate struct {
	role    facts.LockRole
	path    string
	module  string
	missing string
}

// candidates lists the files, by cmd/go/internal: modload/modfile.go and modload/init.go (go.mod),
// modfetch/fetch.go (go.sum, ziphash), modfetch/cache.go (version locks, list, the side lock),
// modfetch/codehost/codehost.go (repositories), modfetch/sumdb.go, cache/cache.go (trim.txt), test/test.go.
func candidates(ctx context.Context, dir string, set *facts.Settings) []candidate {
	cache, gocache := set.Get("GOMODCACHE"), set.Get("GOCACHE")
	// What could be read is enough when a file cannot be parsed; another area says what is wrong with it.
	list, _ := buildlist.Of(ctx, dir, set)
	var out []candidate
	for _, m := range list.Mods {
		out = append(out, candidate{role: facts.RoleGoMod, path: m})
	}
	if len(list.Mods) == 0 && list.Mod != "" {
		out = append(out, candidate{role: facts.RoleGoMod, path: list.Mod})
	}
	for _, s := range list.Sums {
		out = append(out, candidate{role: facts.RoleGoSum, path: s})
	}
	if filepath.IsAbs(cache) {
		out = append(out, candidate{role: facts.RoleSide, path: filepath.Join(cache, "cache", "lock")})
		if !list.Vendor {
			out = append(out, ofModules(cache, list.Modules)...)
		}
	}
	if filepath.IsAbs(gocache) && gocache != "off" {
		out = append(out, candidate{role: facts.RoleTrim, path: filepath.Join(gocache, "trim.txt")},
			candidate{role: facts.RoleTestExpire, path: filepath.Join(gocache, "testexpire.txt")})
	}
	if list := filepath.SplitList(set.Get("GOPATH")); len(list) > 0 && filepath.IsAbs(list[0]) {
		names, _ := filepath.Glob(filepath.Join(escape(list[0]), "pkg", "sumdb", "*", "latest"))
		for _, n := range names {
			out = append(out, candidate{role: facts.RoleSumDB, path: n})
		}
	}
	return out
}

// ofModules lists the locks of modules. The lock of a version is taken only while something of it is missing;
// its ziphash is read under a lock by every build.
func ofModules(cache string, modules []buildlist.Module) []candidate {
	var out []candidate
	var wanted []string // paths of modules that are still to be fetched
	for _, m := range modules {
		if !m.Needed {
			continue
		}
		file := buildlist.LockFile(cache, m.Version)
		if file == "" {
			continue
		}
		base := strings.TrimSuffix(file, ".lock")
		out = append(out, candidate{role: facts.RoleEntry, path: base + ".ziphash", module: m.String()})
		if m.Missing == "" {
			continue
		}
		wanted = append(wanted, m.Path)
		out = append(out, candidate{role: facts.RoleVersion, path: file, module: m.String(), missing: m.Missing})
		if m.Missing == "mod" {
			out = append(out, candidate{role: facts.RoleEntry, path: filepath.Join(filepath.Dir(file), "list"), module: m.String()})
		}
	}
	return append(out, repositories(cache, wanted)...)
}

// repositories lists the locks of those cached repositories from which a wanted module may come. The file
// beside the lock has the type and address: "git3:https://example.com/x".
func repositories(cache string, wanted []string) []candidate {
	if len(wanted) == 0 {
		return nil
	}
	infos, _ := filepath.Glob(filepath.Join(escape(cache), "cache", "vcs", "*.info"))
	var out []candidate
	for _, info := range infos {
		data, err := buildlist.ReadFile(info)
		if err != nil {
			continue
		}
		_, address, ok := strings.Cut(strings.TrimSpace(string(data)), "://")
		if !ok {
			continue
		}
		for _, path := range wanted {
			prefix, _, _ := module.SplitPathVersion(path)
			if p := strings.TrimSuffix(prefix, ".git"); p == address || strings.HasPrefix(p, address+"/") || strings.HasPrefix(address, p+"/") {
				out = append(out, candidate{role: facts.RoleVCS, path: strings.TrimSuffix(info, ".info") + ".lock", module: path})
				break
			}
		}
	}
	return out
}

// locked is a candidate that is locked now.
type locked struct {
	candidate
	lock    proc.Lock
	fi      os.FileInfo
	waiters []proc.Lock
}

// match finds the locked ones among the candidates. Only flock(2) counts: on local file systems a POSIX
// lock does not stand in the way of one (cmd/go/internal/lockedfile/internal/filelock/filelock_unix.go).
func match(table []proc.Lock, list []candidate) []locked {
	inodes := map[uint64]bool{}
	for _, l := range table {
		if l.Kind == "FLOCK" {
			inodes[l.Inode] = true
		}
	}
	if len(inodes) == 0 {
		return nil
	}
	var out []locked
	for _, c := range list {
		fi, err := os.Stat(c.path)
		if err != nil || !fi.Mode().IsRegular() {
			continue
		}
		for _, l := range table {
			if l.Kind != "FLOCK" || l.Waiting || !inTheWay(c.role, l.Write) || !same(l, fi) {
				continue
			}
			f := locked{candidate: c, lock: l, fi: fi}
			for _, x := range table {
				if x.Waiting && x.ID == l.ID {
					f.waiters = append(f.waiters, x)
				}
			}
			out = append(out, f)
		}
	}
	return out
}

// inTheWay reports whether a lock makes go commands of everyday work wait. A shared lock lets all others
// read: on files that are only read it is no obstacle.
func inTheWay(role facts.LockRole, write bool) bool {
	switch role {
	case facts.RoleTrim, facts.RoleTestExpire, facts.RoleEntry:
		return write
	}
	return true
}

// same compares inode and device; where the device numbers of the two tables differ by nature, the
// descriptor of the process that asked decides.
func same(l proc.Lock, fi os.FileInfo) bool {
	inode, device := l.Matches(fi)
	if !inode || device {
		return inode
	}
	files, err := proc.Files(l.PID)
	if err != nil {
		return false
	}
	for _, f := range files {
		if strings.HasPrefix(f.Path, "/") && proc.Same(l.PID, f.FD, fi) {
			return true
		}
	}
	return false
}

const (
	lookEvery = 150 * time.Millisecond
	looks     = 2 // of a program that has no business with go's locks
	goLooks   = 8 // of a go command or git, which may just have been continued
)
