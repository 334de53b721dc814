package blackbox

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
	"unicode/utf8"

	"github.com/gorescue/gorescue/internal/editor"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/goplsinfo"
	"github.com/gorescue/gorescue/internal/gotree"
	"github.com/gorescue/gorescue/internal/startup"
)

// Bounds of files: what is larger is known by size and time only, and only short texts are kept.
const (
	maxHashed = 8 << 20
	maxText   = 16 << 10
	maxFiles  = 100
)

// watched is a file with what tells whether it was touched.
type watched struct {
	File
	stamp os.FileInfo // nil = missing
}

// wanted makes the list of files anew.
func (s *Sampler) wanted(ctx context.Context, goEnv string) {
	list := map[string]FileRole{}
	add := func(role FileRole, paths ...string) {
		for _, p := range paths {
			if _, ok := list[p]; !ok && filepath.IsAbs(p) && len(list) < maxFiles {
				list[p] = role
			}
		}
	}
	mod := filepath.Join(s.Dir, "go.mod")
	if up := upward(s.Dir, "go.mod"); up != "" {
		mod = up
	}
	dir := filepath.Dir(mod)
	add(RoleModule, mod)
	add(RoleSums, filepath.Join(dir, "go.sum"))
	add(RoleVendor, filepath.Join(dir, "vendor", "modules.txt"))
	if w := s.work(); w != "" {
		add(RoleModule, w)
		add(RoleSums, w+".sum")
		add(RoleVendor, filepath.Join(filepath.Dir(w), "vendor", "modules.txt"))
	} else if s.raw["GOWORK"] != "off" {
		add(RoleModule, filepath.Join(dir, "go.work")) // somebody may make it
	}
	add(RoleGoEnv, goEnv)
	if s.root != "" {
		add(RoleGoTree, filepath.Join(s.root, "go.env"), filepath.Join(s.root, "VERSION"))
	}
	s.look4editors(ctx, func(p string) { add(RoleSettings, p) })
	if s.startup == nil || s.due(6*paceSettings) {
		s.startup = []string{}
		for _, f := range startup.Read(ctx, startup.World{Env: s.Vars, Home: s.Vars["HOME"], Dir: s.Dir}).Files {
			s.startup = append(s.startup, f.Path)
		}
	}
	add(RoleStartup, s.startup...)
	old := s.files
	s.files = make(map[string]watched, len(list))
	for p, role := range list {
		w := old[p]
		if w.Role == "" {
			w.State = "missing"
		}
		w.Role = role
		s.files[p] = w
	}
}

// look4editors reads the settings of the editors.
func (s *Sampler) look4editors(ctx context.Context, add func(path string)) {
	w := editor.World{Dir: s.Dir, Root: editor.Root(s.Dir, s.Vars["HOME"]), Vars: s.Vars, GoBin: s.raw["GOBIN"]}
	s.editors = map[string]Editor{}
	for _, e := range editor.Look(ctx, w).List {
		out := Editor{Gopls: s.red.Path(e.Start.Path), Release: s.release(e.Start.Path), Values: map[string]string{}}
		for _, f := range e.Files {
			if f.State != facts.FileMissing || f.Layer == "workspace" || f.Layer == "user" {
				add(f.Path)
			}
		}
		for _, v := range e.Values {
			if !v.Beaten {
				key := v.Key
				if v.Sub != "" {
					key += " " + v.Sub
				}
				out.Values[key] = s.red.Value(key, v.JSON)
			}
		}
		s.editors[e.Name] = out
	}
}

// release is the version of a gopls program. Its file is read when it is new.
func (s *Sampler) release(path string) string {
	fi, err := os.Stat(path)
	if path == "" || err != nil || !fi.Mode().IsRegular() {
		return ""
	}
	key := path + fi.ModTime().String()
	if v, ok := s.releases[key]; ok {
		return v
	}
	v, _ := goplsinfo.Built(path)
	if len(s.releases) > 50 {
		clear(s.releases)
	}
	s.releases[key] = v
	return v
}

// look brings the files up to date. decides reports that one has changed from which settings are computed.
func (s *Sampler) look() (decides bool) {
	for p, w := range s.files {
		fi, err := os.Stat(p)
		if err != nil {
			fi = nil
		}
		if w.stamp == nil && fi == nil && w.State != "" || same(w.stamp, fi) {
			continue
		}
		known := w.Sum != "" || w.stamp != nil
		next := s.read(p, w.Role, fi, err)
		if known && next.Sum != w.Sum || !known && fi != nil && w.Role != RoleSums {
			decides = decides || w.Role != RoleSums && w.Role != RoleVendor && s.n > 0
		}
		s.files[p] = watched{next, fi}
	}
	return decides
}

// same reports whether a file cannot have been changed since: no other file, size or time.
func same(a, b os.FileInfo) bool {
	return a != nil && b != nil && os.SameFile(a, b) && a.Size() == b.Size() && a.ModTime().Equal(b.ModTime()) && a.Mode() == b.Mode() &&
		time.Since(b.ModTime()) > 20*time.Millisecond // coarser clocks of file systems
}

func (s *Sampler) read(path string, role FileRole, fi os.FileInfo, err error) File {
	f := File{Role: role}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		f.State = "missing"
		return f
	case err != nil:
		f.State = "unreadable"
		return f
	case !fi.Mode().IsRegular():
		f.State = "odd"
		return f
	}
	f.Size, f.Mod = fi.Size(), fi.ModTime().UTC()
	if f.Size > maxHashed {
		f.State = "big"
		return f
	}
	in, err := gotree.Open(path)
	if err != nil {
		f.State = "unreadable"
		return f
	}
	defer in.Close()
	data, err := io.ReadAll(io.LimitReader(in, maxHashed))
	if err != nil {
		f.State = "unreadable"
		return f
	}
	sum := sha256.Sum256(data)
	f.Sum = hex.EncodeToString(sum[:8])
	if (role == RoleModule || role == RoleGoEnv || role == RoleGoTree) && len(data) <= maxText && utf8.Valid(data) {
		f.Text = s.red.Text(string(data))
	}
	return f
}
