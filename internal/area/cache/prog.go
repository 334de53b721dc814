package cache

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/goenv"
)

// cacheProg looks at the program of GOCACHEPROG without starting it. The go command splits the value
// into words and starts the first (cmd/go/internal/cache/prog.go, func startCacheProg).
func (p *place) cacheProg() facts.CacheProg {
	c := facts.CacheProg{Value: p.s.Settings.Get("GOCACHEPROG")}
	if c.Value == "" {
		return c
	}
	words, err := goenv.Words(c.Value)
	switch {
	case err != nil:
		c.Bad = "quotes"
		return c
	case len(words) == 0 || words[0].Text == "":
		c.Bad = "missing"
		return c
	}
	c.Word = words[0].Text
	if strings.ContainsRune(c.Word, filepath.Separator) {
		c.Path = p.abs(c.Word)
		c.Bad = program(c.Path)
		return c
	}
	c.Bad = "missing"
	for _, dir := range filepath.SplitList(p.w.Get("PATH")) {
		if !filepath.IsAbs(dir) {
			continue // os/exec refuses such programs
		}
		if path := filepath.Join(dir, c.Word); program(path) == "" {
			c.Path, c.Bad = path, ""
			return c
		}
	}
	return c
}

// program says why a path cannot be started, "" when nothing speaks against it.
func program(path string) string {
	fi, err := os.Stat(path)
	switch {
	case err != nil:
		return "missing"
	case !fi.Mode().IsRegular():
		return "no program"
	case fi.Mode().Perm()&0o111 == 0:
		return "not executable"
	}
	return ""
}
