package gobuild

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/lazyre"
)

// says is a table of the go command's own words, most specific first. A class is only a hint for the
// reader and for the choice between "your code" and "your environment"; no repair stands on it.
var says = []struct {
	class facts.BuildClass
	words []string
}{
	{facts.ClassNetwork, []string{"module lookup disabled by GOPROXY=off", "dial tcp", "file:///dev/null", "no such host", "i/o timeout", "connection refused"}},
	{facts.ClassVCS, []string{"error obtaining VCS status", "multiple VCS detected"}},
	{facts.ClassUserCode, []string{"import cycle not allowed", "use of internal package", "is a program, not an importable package", "case-insensitive import collision",
		"function main is undeclared in the main package"}},
	{facts.ClassFS, []string{"no space left on device", "disk quota exceeded", "read-only file system", "too many open files", "input/output error", "stale NFS file handle",
		"creating work dir", "too many levels of symbolic links", "cannot allocate memory", "resource temporarily unavailable", "text file busy"}},
	{facts.ClassSetting, []string{"$GOFLAGS", "unsupported GOOS/GOARCH", "GOPATH entry", "GOPATH set to GOROOT", "unknown GOEXPERIMENT", "GOCACHE=off", "GOCACHE is not", "GOCACHE entry",
		"GOMODCACHE entry", "GO111MODULE", "invalid GOTOOLCHAIN", "GOCACHEPROG", "-toolexec", "-mod may only be set", "invalid value", "flag provided but not defined",
		"invalid GOARM", "invalid GOAMD64", "environment variable", "module cache not found", "-modfile", "overlay"}},
	{facts.ClassToolchain, []string{"GOTOOLCHAIN=", "toolchain not available", "no such tool", "cannot find GOROOT", "does not match go tool version", "requires go >= ", "requires go1.", "object is [",
		"cannot find package \".\" in:", "exec format error", "go tool ", "/pkg/tool/", "internal compiler error", "fork/exec", "signal: "}},
	{facts.ClassCgo, []string{"cgo: ", "C compiler", "gcc", "clang", "pkg-config", "collect2", "ld: ", "could not determine what C.", "_cgo_"}},
	{facts.ClassModule, []string{"go.mod", "go.sum", "go.work", "no required module provides", "cannot find module", "cannot find main module", "cannot load module", "inconsistent vendoring",
		"vendor/modules.txt", "checksum mismatch", "verifying ", "replacement directory", "ambiguous import", "missing dot in first path element", "no Go files",
		"build constraints exclude all Go files", "does not contain package", "no matching files found", "updates to ", "main module", "is not in std", "module "}},
	{facts.ClassFS, []string{"permission denied", "no such file or directory", "is a directory", "not a directory", "operation not permitted"}},
}

// classify says whose business a complaint is. compiled: it stands under the header of a package, so the
// compiler, cgo or the linker said it, about code that was found.
func classify(e *facts.BuildError, pl place, compiled bool) facts.BuildClass {
	switch where := e.File; {
	case strings.Contains(e.Text, "unexpected NUL in input") && !within(where, pl.root) && !within(where, pl.cache):
		return facts.ClassFS
	case within(where, filepath.Join(pl.root, "src")) && pl.root != "":
		return facts.ClassStd
	case within(where, pl.cache) && pl.cache != "", strings.Contains(filepath.ToSlash(where), "/vendor/"):
		if c := byWords(e.Text); c == facts.ClassNetwork || c == facts.ClassModule || c == facts.ClassFS || c == facts.ClassCgo {
			return c
		}
		return facts.ClassDep
	case compiled && e.File != "" && strings.HasSuffix(e.File, ".go"):
		return compilerSays(e.Text)
	case e.File != "" && strings.HasSuffix(e.File, ".go") && parserSays(e.Text), pl.own(e):
		return facts.ClassUserCode
	}
	if c := byWords(e.Text); c != "" {
		return c
	}
	return facts.ClassUnknown
}

// own reports whether a complaint is that the main module lacks a package of its own, has two of them in one folder, or
// imports what can only be a slip of the pen: a path without a dot that is neither of the standard library nor below a
// folder of it.
func (pl place) own(e *facts.BuildError) bool {
	if m := noPackage().FindStringSubmatch(e.Text); m != nil {
		return pl.module != "" && (m[1] == pl.module || strings.HasPrefix(m[1], pl.module+"/"))
	}
	if m := twoPackages().FindStringSubmatch(e.Text); m != nil {
		return within(m[1], pl.dir) && !within(m[1], pl.cache)
	}
	if m := notInStd().FindStringSubmatch(e.Text); m != nil && e.File != "" && pl.root != "" {
		first, _, _ := strings.Cut(m[1], "/")
		return isFolder(filepath.Join(pl.root, "src", "fmt")) && !isFolder(filepath.Join(pl.root, "src", first)) && !slices.Contains(stdFolders, first)
	}
	return false
}

var (
	noPackage   = lazyre.New(`no required module provides package (\S+?)[;:]`)
	twoPackages = lazyre.New(`^found packages \S+ \([^)]*\) and \S+ \([^)]*\) in (.+)$`)
	notInStd    = lazyre.New(`^package (\S+) is not in (?:std|GOROOT)\b`)
)

// stdFolders are the folders of the standard library, so that one which is gone is no slip of the pen.
var stdFolders = strings.Fields(`archive arena bufio builtin bytes cmp compress container context crypto database debug embed encoding errors expvar flag fmt go hash
	html image index internal io iter log maps math mime net os path plugin reflect regexp runtime simd slices sort strconv strings structs sync syscall
	testing text time unicode unique unsafe vendor weak cmd`)

func isFolder(path string) bool {
	fi, err := os.Stat(path)
	return err == nil && fi.IsDir()
}

// compilerSays classifies a complaint about a file of the main module.
func compilerSays(msg string) facts.BuildClass {
	for _, c := range []struct {
		class facts.BuildClass
		words []string
	}{
		{facts.ClassToolchain, []string{"could not import ", "does not match go tool version", "internal compiler error", "requires go1.", "requires newer Go version", "object is ["}},
		{facts.ClassCgo, []string{"could not determine what C.", "cannot find package \"C\"", "#include <"}},
		{facts.ClassFS, []string{"no space left on device", "input/output error"}},
	} {
		for _, w := range c.words {
			if strings.Contains(msg, w) {
				return c.class
			}
		}
	}
	return facts.ClassUserCode
}

// parserSays reports whether a complaint outside of a package's compilation is one of go/parser or of
// go/build about the text of the file.
func parserSays(msg string) bool {
	for _, w := range []string{"expected ", "illegal ", "syntax error", "invalid import path", "invalid character", "string literal not terminated", "comment not terminated", "//go:embed", "pattern "} {
		if strings.HasPrefix(msg, w) {
			return true
		}
	}
	return false
}

func byWords(msg string) facts.BuildClass {
	for _, s := range says {
		for _, w := range s.words {
			if strings.Contains(msg, w) {
				return s.class
			}
		}
	}
	return ""
}

func within(path, dir string) bool {
	if path == "" || dir == "" {
		return false
	}
	rel, err := filepath.Rel(dir, path)
	return err == nil && filepath.IsLocal(rel)
}
