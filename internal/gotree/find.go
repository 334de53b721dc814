package gotree

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// maxLooks bounds the folders that one search looks at.
const maxLooks = 200

// A Place is a folder where a Go tree was found.
type Place struct {
	Root string
	From string // "usual", "near" or "modcache"
}

// Search says where to look for Go trees.
type Search struct {
	Home     string   // "" = unknown
	ModCache string   // "" = unknown
	Near     []string // folders that PATH or start-up files name: trees beside them are found too
}

// Find returns the roots of trees in the places where installers, packages and version managers put
// them, each once; cut is true when the bound was reached. It looks for pkg/tool and bin/go and at
// nothing else.
func Find(ctx context.Context, s Search) (found []Place, cut bool) {
	f := &finder{seen: map[string]bool{}, left: maxLooks, ctx: ctx}
	f.try("usual", "/usr/local/go", "/usr/lib/go", "/usr/lib/golang", "/usr/share/go", "/snap/go/current",
		"/opt/homebrew/opt/go/libexec", "/usr/local/opt/go/libexec", "/home/linuxbrew/.linuxbrew/opt/go/libexec", `C:\Program Files\Go`)
	f.below("usual", "/usr/local", "go")
	f.below("usual", "/usr/lib", "go-")
	f.below("usual", "/opt", "go")
	if s.Home != "" {
		f.try("usual", filepath.Join(s.Home, ".local", "go"), filepath.Join(s.Home, "go"), filepath.Join(s.Home, ".go"), filepath.Join(s.Home, "go", "go"))
		f.below("usual", filepath.Join(s.Home, "sdk"), "go")
		f.below("usual", filepath.Join(s.Home, ".gvm", "gos"), "go")
		f.below("usual", filepath.Join(s.Home, ".goenv", "versions"), "")
		f.below("usual", filepath.Join(s.Home, ".local", "share", "mise", "installs", "go"), "")
		f.below("usual", filepath.Join(s.Home, ".asdf", "installs", "golang"), "", "go")
		f.below("usual", filepath.Join(s.Home, "go", "sdk"), "go")
		s.Near = append(slices.Clone(s.Near), s.Home)
	}
	for _, dir := range s.Near {
		if !filepath.IsAbs(dir) {
			continue
		}
		up := filepath.Dir(filepath.Clean(dir))
		if up == "/" || up == "/usr" {
			continue
		}
		f.try("near", up, filepath.Join(up, "go"))
		f.below("near", filepath.Join(up, "sdk"), "go")
	}
	if s.ModCache != "" {
		f.below("modcache", filepath.Join(s.ModCache, "golang.org"), "toolchain@")
	}
	return f.found, f.left < 0
}

type finder struct {
	ctx   context.Context
	seen  map[string]bool
	left  int
	found []Place
}

func (f *finder) try(from string, roots ...string) {
	for _, r := range roots {
		if f.left--; f.left < 0 || f.ctx.Err() != nil || f.seen[r] || !filepath.IsAbs(r) {
			continue
		}
		f.seen[r] = true
		if fi, err := os.Stat(filepath.Join(r, "pkg", "tool")); err != nil || !fi.IsDir() {
			continue
		}
		real, err := filepath.EvalSymlinks(r)
		if err != nil || real != r && f.seen[real] || !exists(filepath.Join(r, "bin", Exe("go"))) {
			continue
		}
		f.seen[real] = true
		f.found = append(f.found, Place{Root: r, From: from})
	}
}

// below tries the folders of dir whose names begin with prefix, or their subfolder sub.
func (f *finder) below(from, dir, prefix string, sub ...string) {
	if f.left--; f.left < 0 || f.ctx.Err() != nil {
		return
	}
	list, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for i, e := range list {
		if i > 2000 {
			return
		}
		if strings.HasPrefix(e.Name(), prefix) && (e.IsDir() || e.Type()&os.ModeSymlink != 0) {
			f.try(from, filepath.Join(append([]string{dir, e.Name()}, sub...)...))
		}
	}
}
