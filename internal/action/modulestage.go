package action

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/module"
	modzip "golang.org/x/mod/zip"

	"github.com/gorescue/gorescue/internal/atomicfile"
	"github.com/gorescue/gorescue/internal/gocmd"
	"github.com/gorescue/gorescue/internal/modcache"
)

// fetchTime bounds one go mod download.
const fetchTime = 2 * time.Minute

// stager makes the sound parts of a version in a folder of its own: files that are named as the parts.
type stager struct {
	r   *RestoreModule
	dir string
	p   modcache.Paths // in the cache
	src modcache.Paths // where the sound files are
}

func (s *stager) at(part Part) string { return filepath.Join(s.dir, string(part)) }

func (s *stager) wants(part Part) bool { return slices.Contains(s.r.Parts, part) }

func (s *stager) build(ctx context.Context) error {
	if err := os.Mkdir(s.dir, 0o700); err != nil {
		return err
	}
	work := filepath.Join(s.dir, "work")
	if err := os.Mkdir(work, 0o700); err != nil {
		return err
	}
	if err := s.source(ctx, work); err != nil {
		return err
	}
	if s.wants(PartTree) || s.wants(PartZip) || s.wants(PartHash) {
		if err := s.content(ctx, work); err != nil {
			return err
		}
	}
	if s.wants(PartMod) {
		if err := s.goMod(); err != nil {
			return err
		}
	}
	if s.wants(PartInfo) {
		if err := os.WriteFile(s.at(PartInfo), s.info(), 0o644); err != nil {
			return err
		}
	}
	if err := atomicfile.RemoveTree(work); err != nil {
		return err
	}
	return syncTop(s.dir)
}

// syncTop makes the files of a folder, and its entries, durable.
func syncTop(dir string) error {
	list, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range list {
		if !e.Type().IsRegular() {
			continue
		}
		f, err := os.Open(filepath.Join(dir, e.Name()))
		if err != nil {
			return err
		}
		err = f.Sync()
		f.Close()
		if err != nil {
			return err
		}
	}
	return atomicfile.SyncDir(dir)
}

// source finds, or fetches, the files that the parts are made of.
func (s *stager) source(ctx context.Context, work string) error {
	var err error
	switch s.r.From {
	case FromZip, FromTree, FromClone:
		s.src = s.p
	case FromCopy:
		s.src, err = modcache.PathsOf(s.r.Place, s.r.mod())
	case FromGo:
		cache := filepath.Join(work, "cache")
		if s.src, err = modcache.PathsOf(cache, s.r.mod()); err == nil {
			err = s.fetch(ctx, work, cache)
		}
	default:
		err = fmt.Errorf("unknown origin %q", s.r.From)
	}
	return err
}

// fetch has the user's own go command fetch the version into a cache of its own, with the user's settings but for the
// place. The go.sum beside it makes the go command refuse anything else than what is wanted.
func (s *stager) fetch(ctx context.Context, work, cache string) error {
	proj := filepath.Join(work, "proj")
	if err := os.Mkdir(proj, 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(proj, "go.mod"), []byte("module fetch.example\n"), 0o600); err != nil {
		return err
	}
	var sums strings.Builder
	if s.r.Sum != "" {
		fmt.Fprintf(&sums, "%s %s %s\n", s.r.Module, s.r.Version, s.r.Sum)
	}
	if s.r.ModSum != "" {
		fmt.Fprintf(&sums, "%s %s/go.mod %s\n", s.r.Module, s.r.Version, s.r.ModSum)
	}
	if err := os.WriteFile(filepath.Join(proj, "go.sum"), []byte(sums.String()), 0o600); err != nil {
		return err
	}
	flags := ""
	if strings.Contains(s.r.Flags, "-modcacherw") {
		flags = "-modcacherw"
	}
	ctx, cancel := context.WithTimeout(ctx, fetchTime)
	defer cancel()
	res, err := gocmd.Run(ctx, gocmd.Cmd{Path: s.r.Place, Args: []string{"mod", "download", s.r.mod().String()}, Dir: proj,
		Env: append(os.Environ(), "GOMODCACHE="+cache, "GOFLAGS="+flags, "GOWORK=off", "GO111MODULE=on", "GOTOOLCHAIN=local", "PWD="+proj, gocmd.NoTelemetry)})
	switch {
	case err != nil:
		return err
	case res.TimedOut:
		return fmt.Errorf("cannot fetch %s: no answer within %v", s.r.mod(), fetchTime)
	case !res.OK():
		return fmt.Errorf("cannot fetch %s: %s", s.r.mod(), lastLines(res.Stderr))
	}
	return nil
}

func lastLines(out []byte) string {
	t := strings.TrimSpace(string(out))
	if len(t) > 600 {
		t = "…" + strings.ToValidUTF8(t[len(t)-600:], "?")
	}
	return t
}

// content makes zip, recorded hash and folder. Nothing is used that does not have the hash wanted.
func (s *stager) content(ctx context.Context, work string) error {
	file := filepath.Join(work, "sound.zip")
	switch s.r.From {
	case FromZip:
		file = s.p.Zip
	case FromTree:
		if err := zipTree(file, s.src.Tree, s.r.mod()); err != nil {
			return err
		}
	case FromClone:
		if err := zipClone(file, s.r.Place, s.r.mod()); err != nil {
			return err
		}
	default:
		if err := copyOrZip(file, s.src, s.r.mod()); err != nil {
			return err
		}
	}
	sum, err := modcache.HashZip(ctx, file)
	if err == nil && (sum != s.r.Sum || s.r.Sum == "") {
		err = fmt.Errorf("it has the hash %s, not %s", sum, s.r.Sum)
	}
	if err != nil {
		return fmt.Errorf("cannot restore %s from there: %v", s.r.mod(), err)
	}
	if s.wants(PartTree) {
		if err := modzip.Unzip(s.at(PartTree), s.r.mod(), file); err != nil {
			return err
		}
		if !strings.Contains(s.r.Flags, "-modcacherw") {
			readOnlyBelow(s.at(PartTree))
		}
	}
	if s.wants(PartHash) {
		if err := os.WriteFile(s.at(PartHash), []byte(sum), 0o644); err != nil {
			return err
		}
	}
	if !s.wants(PartZip) {
		return nil
	}
	if file == s.p.Zip {
		return errors.New("the zip is to be replaced by itself")
	}
	if err := os.Chmod(file, 0o644); err != nil {
		return err
	}
	return os.Rename(file, s.at(PartZip))
}

// goMod takes the first go.mod file that has the hash wanted: of the source, of its folder, of its zip, or the one
// which the go command makes up for a module without (cmd/go/internal/modfetch/coderepo.go, func legacyGoMod).
func (s *stager) goMod() error {
	candidates := [][]byte{[]byte("module " + modfileString(s.r.Module) + "\n")}
	for _, file := range []string{s.src.Mod, filepath.Join(s.src.Tree, "go.mod"), filepath.Join(s.p.Tree, "go.mod")} {
		if data, err := readSmall(file); err == nil {
			candidates = append(candidates, data)
		}
	}
	for _, file := range []string{s.src.Zip, s.p.Zip} {
		if data, err := modcache.ReadInZip(file, s.r.mod().String()+"/go.mod"); err == nil {
			candidates = append(candidates, data)
		}
	}
	for _, data := range candidates {
		if modcache.HashGoMod(data) == s.r.ModSum {
			return os.WriteFile(s.at(PartMod), data, 0o644)
		}
	}
	return fmt.Errorf("cannot restore the go.mod file of %s from there: none has the hash %s", s.r.mod(), s.r.ModSum)
}

// modfileString quotes a path where go.mod needs it.
func modfileString(path string) string {
	if strings.ContainsAny(path, " \"'`()[]{},\t") {
		return fmt.Sprintf("%q", path)
	}
	return path
}

// info is the source's .info file, or the least that the go command accepts.
func (s *stager) info() []byte {
	var v struct{ Version string }
	if data, err := readSmall(s.src.Info); err == nil && json.Unmarshal(data, &v) == nil && v.Version == s.r.Version {
		return data
	}
	data, _ := json.Marshal(map[string]string{"Version": s.r.Version})
	return data
}

func readSmall(file string) ([]byte, error) {
	fi, err := os.Lstat(file)
	if err != nil || !fi.Mode().IsRegular() || fi.Size() > 16<<20 {
		return nil, errors.Join(err, fs.ErrInvalid)
	}
	return os.ReadFile(file)
}

// copyOrZip copies a zip, or makes one of the folder when there is none.
func copyOrZip(to string, src modcache.Paths, v module.Version) error {
	in, err := os.Open(src.Zip)
	if err != nil {
		return zipTree(to, src.Tree, v)
	}
	defer in.Close()
	if fi, err := in.Stat(); err != nil || !fi.Mode().IsRegular() || fi.Size() > modzip.MaxZipFile {
		return errors.Join(err, fmt.Errorf("cannot use %s", src.Zip))
	}
	return write(to, func(w io.Writer) error { _, err := io.Copy(w, in); return err })
}

func write(to string, fill func(io.Writer) error) error {
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	err = fill(out)
	return errors.Join(err, out.Close())
}

// zipTree makes a module zip of an extracted folder: its hash says whether it is the right one.
func zipTree(to, tree string, v module.Version) error {
	names, err := modcache.Files(tree)
	if err != nil {
		return err
	}
	return write(to, func(w io.Writer) error {
		z := zip.NewWriter(w)
		for _, name := range names {
			data, err := readSmallIn(tree, name)
			if err != nil {
				return err
			}
			f, err := z.Create(v.String() + "/" + name)
			if err != nil {
				return err
			}
			if _, err := io.Copy(f, bytes.NewReader(data)); err != nil {
				return err
			}
		}
		return z.Close()
	})
}

func readSmallIn(tree, name string) ([]byte, error) {
	f, err := os.Open(filepath.Join(tree, filepath.FromSlash(name)))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, modzip.MaxZipFile))
}

// readOnlyBelow takes the right to write from all folders below the top, as the go command does; what cannot
// be changed stays.
func readOnlyBelow(tree string) {
	var dirs []string
	_ = filepath.WalkDir(tree, func(p string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && p != tree {
			dirs = append(dirs, p)
		}
		return nil
	})
	for _, d := range slices.Backward(dirs) {
		if fi, err := os.Lstat(d); err == nil {
			_ = os.Chmod(d, fi.Mode().Perm()&^0o222)
		}
	}
}
