package modcache

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/module"

	"github.com/gorescue/gorescue/internal/buildlist"
)

// Files lists the files of an extracted module, with slashes, sorted. A link or the like in it is an error.
func Files(dir string) ([]string, error) {
	t := walkTree(context.Background(), dir)
	return t.names, t.err
}

// ReadInZip reads one file of at most 16 MiB from a module zip.
func ReadInZip(file, name string) ([]byte, error) {
	var x Examiner
	z, end, err := x.open(file)
	if err != nil {
		return nil, err
	}
	defer end()
	for _, f := range z.File {
		if f.Name != name {
			continue
		}
		r, err := f.Open()
		if err != nil {
			return nil, err
		}
		defer r.Close()
		data, err := io.ReadAll(io.LimitReader(r, 16<<20+1))
		if len(data) > 16<<20 {
			err = errors.New("too large")
		}
		return data, err
	}
	return nil, fmt.Errorf("no %s in %s", name, file)
}

// Others lists module caches beside cache that have a zip or a folder of a version: those of every GOPATH given,
// and the default ones of all users that may be read.
func Others(cache string, gopaths []string, v module.Version) []string {
	var dirs []string
	for _, g := range gopaths {
		dirs = append(dirs, filepath.Join(g, "pkg", "mod"))
	}
	homes, _ := filepath.Glob("/home/*") // a fixed pattern is never a bad one
	for _, h := range append(homes, "/root") {
		dirs = append(dirs, filepath.Join(h, "go", "pkg", "mod"))
	}
	var out []string
	seen := []string{cache}
	for _, d := range dirs[:min(len(dirs), 100)] {
		p, err := PathsOf(d, v)
		if err != nil || !filepath.IsAbs(d) || known(seen, d) {
			continue
		}
		seen = append(seen, d)
		if exists(p.Zip) || exists(p.Tree) {
			out = append(out, d)
		}
	}
	return out
}

func known(list []string, dir string) bool {
	fi, err := os.Stat(dir)
	if err != nil {
		return true
	}
	for _, l := range list {
		if other, err := os.Stat(l); err == nil && os.SameFile(fi, other) {
			return true
		}
	}
	return false
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// Clones lists the repositories in cache/vcs that a module may come from.
func Clones(cache string, v module.Version) []string {
	infos, err := filepath.Glob(filepath.Join(strings.NewReplacer(`*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(cache), "cache", "vcs", "*.info"))
	if err != nil {
		return nil
	}
	var out []string
	for _, f := range infos {
		repo := strings.TrimSuffix(f, ".info")
		if root := CloneRoot(repo); root != "" && (v.Path == root || strings.HasPrefix(v.Path, root+"/")) && exists(filepath.Join(repo, "HEAD")) {
			out = append(out, repo)
		}
	}
	return out
}

// CloneRoot is the module path that the address of a repository in cache/vcs stands for, "" when it cannot be told:
// host and path without ".git" (cmd/go/internal/modfetch/codehost/codehost.go, func WorkDir, writes "git3:URL").
func CloneRoot(repo string) string {
	text, err := buildlist.ReadFile(repo + ".info")
	if err != nil {
		return ""
	}
	kind, addr, _ := strings.Cut(strings.TrimSpace(string(text)), ":")
	_, rest, ok := strings.Cut(addr, "://")
	if !ok || !strings.HasPrefix(kind, "git") {
		return ""
	}
	if _, after, ok := strings.Cut(rest, "@"); ok {
		rest = after
	}
	host, path, _ := strings.Cut(rest, "/")
	host, _, _ = strings.Cut(host, ":")
	return host + "/" + strings.TrimSuffix(path, ".git")
}
