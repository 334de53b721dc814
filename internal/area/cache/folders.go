package cache

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"syscall"

	"github.com/gorescue/gorescue/internal/facts"
)

// folders looks at every place that the go command writes to and at those that could stand in for them.
func (p *place) folders() []facts.Folder {
	mounts := readMounts()
	var out []facts.Folder
	add := func(role facts.FolderRole, variable, path string) {
		if path == "" || !filepath.IsAbs(path) {
			return
		}
		out = append(out, look(mounts, role, variable, path))
	}
	cache, cacheVar := p.setting("GOCACHE", p.cacheBaseVar())
	add(facts.RoleCache, cacheVar, cache)
	home := p.w.Get("HOME")
	if home != "" {
		add(facts.RoleCacheDefault, "HOME", filepath.Join(home, ".cache", "go-build"))
		add(facts.RoleModCacheDefault, "HOME", filepath.Join(home, "go", "pkg", "mod"))
	}
	mod, modVar := p.setting("GOMODCACHE", p.gopathVar())
	add(facts.RoleModCache, modVar, mod)
	add(facts.RoleTempDefault, "", "/tmp")
	temp, tempVar := p.temporary()
	add(facts.RoleTemp, tempVar, temp)
	if work := p.s.Settings.Get("GOTMPDIR"); work != "" {
		add(facts.RoleWork, "GOTMPDIR", p.abs(work))
	} else {
		add(facts.RoleWork, tempVar, temp)
	}
	for _, spare := range p.spares() {
		if f := look(mounts, facts.RoleWorkSpare, "", spare); usable(f) && f.Dev != 0 {
			out = append(out, f)
			break
		}
	}
	if bin := p.s.Settings.Get("GOBIN"); bin != "" {
		add(facts.RoleBin, "GOBIN", bin)
	}
	add(facts.RoleProject, "", p.w.Dir)
	add(facts.RoleState, "", p.w.State)
	for i := range out {
		if out[i].Role == facts.RoleCache {
			parts(&out[i])
		}
	}
	return out
}

// setting returns the value of a place and the variable that decides it; inherit is the one from which
// its default follows.
func (p *place) setting(name, inherit string) (value, variable string) {
	v := p.s.Settings.Values[name]
	if v.Origin == facts.FromDefault {
		return v.Value, inherit
	}
	return v.Value, name
}

// cacheBaseVar is the variable of os.UserCacheDir.
func (p *place) cacheBaseVar() string {
	if filepath.IsAbs(p.w.Get("XDG_CACHE_HOME")) {
		return "XDG_CACHE_HOME"
	}
	return "HOME"
}

func (p *place) gopathVar() string {
	if p.s.Settings.Values["GOPATH"].Origin != facts.FromDefault {
		return "GOPATH"
	}
	return "HOME"
}

// temporary is os.TempDir for the environment in question.
func (p *place) temporary() (dir, variable string) {
	if t := p.w.Get("TMPDIR"); t != "" {
		return p.abs(t), "TMPDIR"
	}
	return "/tmp", ""
}

func (p *place) abs(path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(p.w.Dir, path)
}

// spares are places for temporary files that belong to the user, best first.
func (p *place) spares() []string {
	var out []string
	if x := p.w.Get("XDG_CACHE_HOME"); filepath.IsAbs(x) {
		out = append(out, filepath.Join(x, "go-tmp"))
	}
	if home := p.w.Get("HOME"); filepath.IsAbs(home) {
		out = append(out, filepath.Join(home, ".cache", "go-tmp"), filepath.Join(home, "go-tmp"))
	}
	return append(out, filepath.Join("/var/tmp", "go-tmp-"+strconv.Itoa(p.s.Host.UID)))
}

// minFree is what a file system must have left to count as usable: the compiler and linker of the smallest
// program write 2.5 MB into the work folder (measured with go1.26, linux/amd64).
const minFree = 4 << 20

// full and noInodes: the file system is out of space, or of inodes.
func full(f facts.Folder) bool { return f.Total > 0 && f.Free < minFree }

func noInodes(f facts.Folder) bool { return f.TotalIno > 0 && f.FreeIno < 8 }

// usable reports whether a place could be used for temporary files.
func usable(f facts.Folder) bool {
	return (f.Kind == facts.NodeFolder || f.Kind == facts.NodeMissing) && f.Base.Kind == facts.NodeFolder && f.Base.Denied == "" &&
		!f.ReadOnly && !f.NoExec && f.Free >= 256<<20 && !noInodes(f)
}

// look looks at one place.
func look(mounts []mount, role facts.FolderRole, variable, path string) facts.Folder {
	f := facts.Folder{Role: role, Var: variable, Path: path, Node: node(path)}
	if t, err := os.Readlink(path); err == nil {
		f.Link = t
	}
	f.Base = f.Node
	for f.Base.Kind == facts.NodeMissing || f.Base.Kind == facts.NodeUnknown {
		parent := filepath.Dir(f.Base.Where)
		if parent == f.Base.Where {
			break
		}
		f.Base = node(parent)
	}
	volume(&f, mounts)
	return f
}

// node looks at one path.
func node(path string) facts.Node {
	n := facts.Node{Where: path, UID: -1}
	fi, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
		n.Kind = facts.NodeMissing
		return n
	case err != nil:
		n.Kind, n.Err = facts.NodeUnknown, reason(err)
		return n
	}
	if fi.Mode()&fs.ModeSymlink != 0 {
		fi, err = os.Stat(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			n.Kind = facts.NodeDangling
			return n
		case errors.Is(err, syscall.ELOOP):
			n.Kind = facts.NodeLoop
			return n
		case err != nil:
			n.Kind, n.Err = facts.NodeUnknown, reason(err)
			return n
		}
	}
	n.Mode = uint32(fi.Mode().Perm())
	if fi.Mode()&fs.ModeSticky != 0 {
		n.Mode |= 0o1000
	}
	n.UID = owner(fi)
	switch {
	case fi.IsDir():
		n.Kind = facts.NodeFolder
		n.Denied = denied(path)
	case fi.Mode().IsRegular():
		n.Kind = facts.NodeFile
	default:
		n.Kind = facts.NodeOther
	}
	return n
}

// parts looks at the 256 folders of a build cache: the go command makes those that are missing and
// fails when it cannot (cmd/go/internal/cache/cache.go, func Open).
func parts(f *facts.Folder) {
	if f.Kind != facts.NodeFolder {
		return
	}
	for i := range 256 {
		p := filepath.Join(f.Path, fmt.Sprintf("%02x", i))
		fi, err := os.Stat(p)
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil || !fi.IsDir():
			f.OddPart = p
		default:
			f.Parts++
			if !open(p) {
				if f.Closed++; f.ClosedOne == "" {
					f.ClosedOne = p
				}
			}
		}
	}
}

// reason is the system's word for an error, without the path.
func reason(err error) string {
	var no syscall.Errno
	if errors.As(err, &no) {
		return no.Error()
	}
	return err.Error()
}
