package gobuild

import (
	"path/filepath"
	"strconv"
	"strings"

	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/lazyre"
)

const (
	maxErrors = 50
	maxText   = 2000
)

// place is what one must know to tell whose file is spoken of.
type place struct {
	dir    string // of the build; go prints paths relative to it
	root   string // of the Go tree
	cache  string // module cache
	module string // path of the main module, "" = unknown
}

// position matches "file:line:col: " and "file:line: "; a drive letter may stand before.
var position = lazyre.New(`^((?:[A-Za-z]:)?[^:\n]+):(\d+)(?::(\d+))?: `)

// parse reads what `go build` says on standard error. Progress lines are left out; indented lines belong
// to the complaint before them; a line "# path" names the package that the compiler's complaints are about
// (cmd/go/internal/work/exec.go, func showOutput).
func parse(stderr string, pl place) []facts.BuildError {
	var out []facts.BuildError
	pkg := ""
	chain := ""  // "package a", first line of an import chain
	note := true // nothing to append to
	for line := range strings.Lines(stderr) {
		line = strings.TrimRight(line, "\r\n")
		switch {
		case strings.TrimSpace(line) == "" || progress(line):
			note = note || len(out) == 0
			continue
		case strings.HasPrefix(line, "# "):
			pkg, note = strings.TrimPrefix(line, "# "), true
			continue
		case (line[0] == '\t' || line[0] == ' ') && !note:
			last := &out[len(out)-1]
			last.Text = cut(last.Text + "\n" + strings.TrimSpace(line))
			switch {
			case chain != "":
				last.Class = classify(last, pl, false)
			case strings.HasPrefix(last.Text, "fatal error: "): // of the C compiler; it shows the line next
				last.Class = classify(last, pl, pkg != "")
			}
			continue
		case strings.HasPrefix(line, "note: "), line == "compilation terminated.": // of the C compiler
			continue
		}
		if n := len(out); n > 0 && out[n-1].File == "" && strings.HasSuffix(out[n-1].Text, ":") && !strings.Contains(out[n-1].Text, "\n") {
			out[n-1].Text = cut(out[n-1].Text + "\n" + line) // "go: errors parsing go.mod:" and its like
			out[n-1].Class = classify(&out[n-1], pl, pkg != "")
			continue
		}
		if len(out) == maxErrors {
			break
		}
		chain = ""
		e := one(line, pkg, pl)
		if name, ok := strings.CutPrefix(line, "package "); ok && !strings.Contains(name, " ") {
			chain, e.Package = name, name
		}
		e.Class = classify(&e, pl, pkg != "")
		out, note = append(out, e), false
	}
	return out
}

func progress(line string) bool {
	for _, p := range []string{"go: downloading ", "go: finding ", "go: extracting ", "go: warning: ", "go: upgraded ", "go: added ", "warning: ", "too many errors"} {
		if strings.HasPrefix(line, p) {
			return true
		}
	}
	return strings.HasSuffix(line, ": too many errors")
}

func one(line, pkg string, pl place) facts.BuildError {
	e := facts.BuildError{Package: pkg, Text: cut(line)}
	m := position().FindStringSubmatch(line)
	if m == nil || m[1] == "go" {
		return e
	}
	if r := unread().FindStringSubmatch(line[len(m[0]):]); r != nil {
		e.Text, e.File = cut(line[len(m[0]):]), r[1]
		return e
	}
	e.Text = cut(line[len(m[0]):])
	e.File = strings.TrimPrefix(m[1], "vet: ")
	e.Line, _ = strconv.Atoi(m[2])
	e.Col, _ = strconv.Atoi(m[3])
	if !filepath.IsAbs(e.File) {
		e.File = filepath.Join(pl.dir, e.File)
	}
	return e
}

func cut(s string) string {
	if len(s) > maxText {
		s = strings.ToValidUTF8(s[:maxText], "")
	}
	return s
}
