package modcache

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"golang.org/x/mod/module"
)

// maxVersions bounds the versions of one cache.
const maxVersions = 500_000

// Versions lists the module versions of which the cache has anything, unsorted, each once. Files that are
// not named as the go command names them are passed over.
func Versions(ctx context.Context, cache string) ([]module.Version, error) {
	root := filepath.Join(cache, "cache", "download")
	if real, err := filepath.EvalSymlinks(root); err == nil {
		root = real
	}
	seen := map[module.Version]bool{}
	var out []module.Version
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			if p == root {
				return err
			}
			return nil // a folder that may not be read: its versions stay unseen
		case d.IsDir() && p == filepath.Join(root, "sumdb"):
			return fs.SkipDir
		case d.IsDir():
			return nil
		}
		v, ok := versionAt(root, p)
		if !ok || seen[v] {
			return nil
		}
		if len(out) >= maxVersions {
			return fmt.Errorf("more than %d versions", maxVersions)
		}
		seen[v] = true
		out = append(out, v)
		return nil
	})
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return out, err
}

// versionAt turns the path of a file in cache/download into the version that it belongs to.
func versionAt(root, path string) (module.Version, bool) {
	rel, err := filepath.Rel(root, path)
	if err != nil {
		return module.Version{}, false
	}
	dir, name, ok := strings.Cut(filepath.ToSlash(rel), "/@v/")
	ext := filepath.Ext(name)
	switch ext {
	case ".mod", ".zip", ".ziphash", ".partial":
	default: // .info and .lock alone are nothing of the version itself
		return module.Version{}, false
	}
	path, err1 := module.UnescapePath(dir)
	version, err2 := module.UnescapeVersion(strings.TrimSuffix(name, ext))
	return module.Version{Path: path, Version: version}, ok && err1 == nil && err2 == nil && module.Check(path, version) == nil || ok && path == "golang.org/toolchain"
}
