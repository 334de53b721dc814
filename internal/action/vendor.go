package action

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/gorescue/gorescue/internal/atomicfile"
	"github.com/gorescue/gorescue/internal/gocmd"
	"github.com/gorescue/gorescue/internal/text"
)

// Vendor makes a vendor folder anew: the go command writes one into a scratch folder, with a module cache of its
// own there, and only the files in which the present folder differs are changed, one by one. `go mod vendor` itself
// would first delete the folder, and leave nothing when a module cannot be had (cmd/go/internal/modcmd/vendor.go).
type Vendor struct {
	Root    string `json:"root"`           // folder above vendor
	Work    bool   `json:"work,omitempty"` // it is that of a workspace
	Go      string `json:"go"`
	Cache   string `json:"cache"`             // the module cache, read as the first proxy
	Offline bool   `json:"offline,omitempty"` // nothing else may be asked
	Scratch string `json:"scratch"`           // where the scratch folder is made
}

// vendorTime bounds the run of the go command; a large folder takes minutes to fetch.
const vendorTime = 5 * time.Minute

// Kind is "vendor".
func (v *Vendor) Kind() string { return "vendor" }

// Paths are the files that the new folder depends on, and the list of the old one.
func (v *Vendor) Paths() []string {
	out := []string{filepath.Join(v.Root, "vendor", "modules.txt")}
	if v.Work {
		return append(out, filepath.Join(v.Root, "go.work"))
	}
	return append(out, filepath.Join(v.Root, "go.mod"), filepath.Join(v.Root, "go.sum"))
}

// Apply makes the folder in scratch and brings the present one into its state. The go command verifies every module
// against go.sum on the way.
func (v *Vendor) Apply(ctx context.Context, sys System) error {
	scratch, err := atomicfile.NewScratch(v.Scratch)
	if err != nil {
		return fmt.Errorf("cannot make a scratch folder: %v", err)
	}
	defer scratch.Close()
	made := filepath.Join(scratch.Dir, "vendor")
	if err := v.make(ctx, scratch.Dir, made); err != nil {
		return err
	}
	old := filepath.Join(v.Root, "vendor")
	fresh, err := filesOf(made)
	if err != nil {
		return err
	}
	if !slices.Contains(fresh, "modules.txt") {
		return errors.New("the go command made no list of modules")
	}
	stale, err := filesOf(old)
	if err != nil {
		return err
	}
	had := modulesOf(filepath.Join(old, "modules.txt")) // before it is made anew
	for _, name := range fresh {
		if err := put(sys, filepath.Join(made, name), filepath.Join(old, name)); err != nil {
			return err
		}
	}
	for _, name := range stale {
		if _, found := slices.BinarySearch(fresh, name); !found && ofModule(had, name) {
			if err := sys.Put(filepath.Join(old, name), atomicfile.Image{}); err != nil {
				return err
			}
		}
	}
	return nil
}

// modulesOf are the paths of the modules that a list (modules.txt) names: what the folder has of them is the go command's.
func modulesOf(list string) []string {
	data, err := os.ReadFile(list)
	if err != nil {
		return nil // then nothing is known to be the go command's
	}
	var out []string
	for line := range strings.Lines(string(data)) {
		if f := strings.Fields(line); len(f) > 1 && f[0] == "#" {
			out = append(out, f[1])
		}
	}
	return out
}

// ofModule reports whether a file below vendor is in the folder of one of these modules. Other tools' things stay.
func ofModule(modules []string, name string) bool {
	name = filepath.ToSlash(name)
	return slices.ContainsFunc(modules, func(m string) bool { return strings.HasPrefix(name, m+"/") })
}

// make runs the go command. It gets a module cache of its own, filled from the user's, so that a trial leaves
// nothing there.
func (v *Vendor) make(ctx context.Context, dir, out string) error {
	ctx, cancel := context.WithTimeout(ctx, vendorTime)
	defer cancel()
	proxy := "file://" + filepath.ToSlash(filepath.Join(v.Cache, "cache", "download"))
	env := slices.DeleteFunc(os.Environ(), func(e string) bool {
		name, _, _ := strings.Cut(e, "=")
		return slices.Contains([]string{"GOFLAGS", "GOMODCACHE", "GO111MODULE"}, name) || v.Offline && name == "GONOPROXY"
	})
	if v.Offline {
		env = append(env, "GONOPROXY=none", "GOPROXY="+proxy+",off")
	} else {
		r, err := gocmd.Run(ctx, gocmd.Cmd{Path: v.Go, Args: []string{"env", "GOPROXY"}, Dir: v.Root, Env: os.Environ()})
		if err != nil || !r.OK() {
			return errors.Join(err, errors.New("cannot ask go for GOPROXY"))
		}
		env = append(env, "GOPROXY="+proxy+","+strings.TrimSpace(string(r.Stdout)))
	}
	env = append(env, "GOMODCACHE="+filepath.Join(dir, "mod"), "GOFLAGS=-modcacherw", gocmd.NoTelemetry)
	args := []string{"mod", "vendor", "-o", out}
	if v.Work {
		args[0] = "work"
	} else {
		env = append(env, "GOWORK=off")
	}
	r, err := gocmd.Run(ctx, gocmd.Cmd{Path: v.Go, Args: args, Dir: v.Root, Env: env})
	switch {
	case err != nil:
		return err
	case r.TimedOut:
		return fmt.Errorf("go %s vendor did not end within %v", args[0], vendorTime)
	case !r.OK():
		return fmt.Errorf("go %s vendor: %s", args[0], strings.TrimSpace(string(r.Stderr[:min(len(r.Stderr), 500)])))
	}
	return nil
}

// put makes one file equal to another, unless it is.
func put(sys System, from, to string) error {
	want, err := atomicfile.Read(from)
	if err != nil {
		return err
	}
	have, err := sys.Look(to)
	if err != nil {
		return err
	}
	if have.Kind == atomicfile.File && !have.Opaque && bytes.Equal(have.Data, want.Data) {
		return nil
	}
	if err := makeParents(sys, filepath.Dir(to)); err != nil {
		return err
	}
	im := created(0o644)
	if have.Kind == atomicfile.File {
		im = have
	}
	im.Data, im.ModTime = want.Data, time.Time{}
	return sys.Put(to, im)
}

// filesOf lists the regular files below a folder, sorted, relative to it; none when it is not there.
func filesOf(dir string) ([]string, error) {
	var out []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist) && path == dir:
			return fs.SkipAll
		case err != nil:
			return err
		case d.Type().IsRegular():
			rel, err := filepath.Rel(dir, path)
			out = append(out, rel)
			return err
		}
		return nil
	})
	slices.Sort(out)
	return out, err
}

// Verify checks that there is a list of modules; whether it fits is what the diagnosis behind the repair says.
func (v *Vendor) Verify(_ context.Context, sys System) error {
	im, err := sys.Look(filepath.Join(v.Root, "vendor", "modules.txt"))
	if err == nil && im.Kind != atomicfile.File {
		err = errors.New("cannot verify: there is no vendor/modules.txt")
	}
	return err
}

// Describe names the folder.
func (v *Vendor) Describe() text.Msg {
	return text.New("make {path} anew in a scratch folder, and change the files that differ", "在临时目录中重新生成 {path}，并只更改不同的文件").With("path", filepath.Join(v.Root, "vendor"))
}
