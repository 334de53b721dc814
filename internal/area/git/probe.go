package git

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/gorescue/gorescue/internal/buildlist"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/probe"
)

// collect reads what git would read, and then asks git.
func collect(ctx context.Context, w probe.World, s *facts.Snapshot) (probe.Install, error) {
	g := facts.Git{UID: os.Getuid()}
	g.Program, g.Elsewhere = programs(w)
	repository(w.Dir, &g)
	configs(w, &g)
	rules(w, &g)
	g.Login = logins(w, &s.Settings, &g)
	if g.Root != "" {
		stamping(ctx, w, &s.Settings, &g)
		if g.Dir != "" {
			head(&g)
		}
		if g.Program != "" {
			ask(ctx, w, &g)
		}
	}
	return func(s *facts.Snapshot) { s.Git = g }, ctx.Err()
}

// usual are folders where git is often installed.
func usual(home string) []string {
	out := []string{"/usr/bin", "/usr/local/bin", "/bin", "/opt/homebrew/bin", "/opt/local/bin", "/home/linuxbrew/.linuxbrew/bin", "/snap/bin", "/opt/git/bin", "/usr/local/git/bin"}
	if home != "" {
		out = append(out, filepath.Join(home, "bin"), filepath.Join(home, ".local", "bin"), filepath.Join(home, ".nix-profile", "bin"))
	}
	return out
}

// programs finds git as the go command does, and elsewhere.
func programs(w probe.World) (inPath string, elsewhere []string) {
	name := "git"
	if runtime.GOOS == "windows" {
		name = "git.exe"
	}
	listed := map[string]bool{}
	for _, dir := range filepath.SplitList(w.Get("PATH")) {
		listed[filepath.Clean(dir)] = true
		if p := filepath.Join(dir, name); inPath == "" && filepath.IsAbs(dir) && executable(p) {
			inPath = p
		}
	}
	for _, dir := range usual(w.Get("HOME")) {
		if p := filepath.Join(dir, name); !listed[dir] && executable(p) {
			elsewhere = append(elsewhere, p)
		}
	}
	return inPath, elsewhere
}

func executable(path string) bool {
	fi, err := os.Stat(path)
	return err == nil && fi.Mode().IsRegular() && (fi.Mode()&0o111 != 0 || runtime.GOOS == "windows")
}

// repository finds the nearest .git upward, what it leads to, and who owns the way.
func repository(dir string, g *facts.Git) {
	for {
		entry := filepath.Join(dir, ".git")
		if fi, err := os.Stat(entry); err == nil {
			g.Root, g.File = dir, !fi.IsDir()
			if fi.IsDir() {
				g.Dir = entry
			} else {
				g.Dir = pointed(entry)
			}
			break
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return
		}
		dir = parent
	}
	g.Common = g.Dir
	if g.Dir == "" {
		return
	}
	if data, err := buildlist.ReadFile(filepath.Join(g.Dir, "commondir")); err == nil { // gitrepository-layout(5)
		c := strings.TrimSpace(string(data))
		if !filepath.IsAbs(c) {
			c = filepath.Join(g.Dir, c)
		}
		g.Common = c
	}
	for _, p := range []string{g.Root, filepath.Join(g.Root, ".git"), g.Dir} {
		if fi, err := os.Stat(p); err == nil && (len(g.Owners) == 0 || g.Owners[len(g.Owners)-1].Path != p) {
			g.Owners = append(g.Owners, facts.GitOwner{Path: p, UID: owner(fi)})
		}
	}
}

// pointed follows a .git file: "gitdir: PATH" (gitrepository-layout(5)).
func pointed(file string) string {
	data, err := buildlist.ReadFile(file)
	if err != nil || len(data) > 4096 {
		return ""
	}
	p, ok := strings.CutPrefix(string(data), "gitdir:")
	if p = strings.TrimSpace(p); !ok || p == "" {
		return ""
	}
	if !filepath.IsAbs(p) {
		p = filepath.Join(filepath.Dir(file), p)
	}
	if fi, err := os.Stat(p); err != nil || !fi.IsDir() {
		return ""
	}
	return p
}
