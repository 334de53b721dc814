// Package ci reads which Go the project's own continuous integration asks for: workflow files of GitHub, the
// configuration of GitLab, Dockerfiles. It reads lines, not languages: what is built up from variables is left out.
package ci

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gorescue/gorescue/internal/lazyre"
)

// Bounds of what is read.
const (
	maxFiles = 50
	maxSize  = 256 << 10 // bytes of one file
)

// Use is one place that names a Go release.
type Use struct {
	File  string `json:"file"` // absolute
	Line  int    `json:"line"`
	Text  string `json:"text"`            // the line, without blanks around it
	Go    string `json:"go,omitempty"`    // the release as it is written there: "1.25", "1.25.3", "stable"; "" when a file says it
	Named string `json:"named,omitempty"` // the file that says it (go-version-file), as it is written there
}

var (
	goVersion = lazyre.New(`^-?\s*go-version\s*:\s*["']?([0-9][0-9A-Za-z.^~>=<*-]*|stable|oldstable)["']?\s*(?:#.*)?$`)
	goFile    = lazyre.New(`^-?\s*go-version-file\s*:\s*["']?([^"'#\s]+)["']?\s*(?:#.*)?$`)
	goImage   = lazyre.New(`^(?:(?i:FROM)\s+(?:--\S+\s+)*|-?\s*image\s*:\s*|-?\s*container\s*:\s*|-?\s*name\s*:\s*)["']?(?:[A-Za-z0-9.:-]+/)*golang:([0-9]+(?:\.[0-9]+)*(?:(?:rc|beta)[0-9]+)?)[A-Za-z0-9.@:-]*["']?(?:\s|$)`)
)

// Read looks into the files of the repository whose top folder is dir.
func Read(dir string) []Use {
	var files []string
	for _, pattern := range []string{".github/workflows/*.yml", ".github/workflows/*.yaml", ".gitlab-ci.yml", "Dockerfile", "Dockerfile.*", "*.Dockerfile", ".devcontainer/Dockerfile"} {
		found, err := filepath.Glob(filepath.Join(dir, pattern))
		if err == nil { // the patterns are good; a folder that cannot be read has none
			slices.Sort(found)
			files = append(files, found...)
		}
	}
	var out []Use
	for _, file := range files[:min(len(files), maxFiles)] {
		fi, err := os.Stat(file)
		if err != nil || !fi.Mode().IsRegular() || fi.Size() > maxSize {
			continue
		}
		f, err := os.Open(file)
		if err != nil {
			continue
		}
		data, err := io.ReadAll(io.LimitReader(f, maxSize))
		f.Close()
		if err == nil {
			out = append(out, parse(file, string(data))...)
		}
	}
	return out
}

func parse(file, data string) []Use {
	var out []Use
	n := 0
	for line := range strings.Lines(data) {
		n++
		line = strings.TrimSpace(line)
		u := Use{File: file, Line: n, Text: line}
		if m := goVersion().FindStringSubmatch(line); m != nil {
			u.Go = m[1]
		} else if m := goFile().FindStringSubmatch(line); m != nil {
			u.Named = m[1]
		} else if m := goImage().FindStringSubmatch(line); m != nil {
			u.Go = m[1]
		} else {
			continue
		}
		out = append(out, u)
	}
	return out
}
