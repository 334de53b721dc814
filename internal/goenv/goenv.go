// Package goenv computes what the go command takes for its variables, from files and a process
// environment alone, by the rules of cmd/go/internal/cfg (cfg.go: EnvFile, readEnvFile, Getenv): the
// process environment, then the file of GOENV, then go.env of the Go tree, then built-in defaults. An
// empty value counts as unset, the last line of a name wins, names begin with a capital letter, and
// everything else in the file is passed over without a word.
package goenv

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sort"
	"strings"

	"github.com/gorescue/gorescue/internal/facts"
)

// maxFile bounds an env file that is read: 1 MiB.
const maxFile = 1 << 20

// Resolve computes the settings. vars is the process environment; goroot the tree of the go command
// in use, "" when unknown: its go.env is then not looked at.
func Resolve(vars map[string]string, goroot string) facts.Settings {
	s := facts.Settings{Values: map[string]facts.Setting{}}
	s.File = userFile(vars)
	if home := vars["HOME"]; home != "" && !s.File.Off {
		usual := filepath.Join(home, usualConfig, "go", "env")
		if s.File.Path != usual {
			if other := Read(usual); other.State != facts.FileMissing {
				s.Other = &other
			}
		}
	}
	if goroot != "" {
		s.GoRoot = Read(filepath.Join(goroot, "go.env"))
	} else {
		s.GoRoot.State = facts.FileMissing
	}
	for _, n := range names(vars, &s) {
		if v, ok := value(n, vars, &s); ok {
			s.Values[n] = v
		}
	}
	for n, def := range defaults(vars, &s) {
		if _, ok := s.Values[n]; !ok {
			s.Values[n] = facts.Setting{Value: def, Origin: facts.FromDefault}
		}
	}
	return s
}

// File returns the path of the file that `go env -w` writes; off is true for GOENV=off. An empty path
// means that there is none: neither GOENV nor a configuration folder is known.
func File(vars map[string]string) (path string, off bool) {
	switch f := vars["GOENV"]; f {
	case "":
	case "off":
		return "", true
	default:
		return f, false
	}
	if dir := configDir(vars); dir != "" {
		return filepath.Join(dir, "go", "env"), false
	}
	return "", false
}

// configDir is os.UserConfigDir for a given environment.
func configDir(vars map[string]string) string {
	switch {
	case runtime.GOOS == "windows":
		return vars["AppData"]
	case runtime.GOOS != "darwin" && vars["XDG_CONFIG_HOME"] != "":
		if dir := vars["XDG_CONFIG_HOME"]; filepath.IsAbs(dir) {
			return dir
		}
		return "" // a relative one is refused
	case vars["HOME"] != "":
		return filepath.Join(vars["HOME"], usualConfig)
	}
	return ""
}

func userFile(vars map[string]string) facts.EnvFile {
	path, off := File(vars)
	if path == "" {
		return facts.EnvFile{State: facts.FileMissing, Off: off, UID: -1}
	}
	f := Read(path)
	f.Backups = backups(path)
	return f
}

// Read reads an env file. It never fails: what went wrong is in State and Err.
func Read(path string) facts.EnvFile {
	f := facts.EnvFile{Path: path, UID: -1}
	fi, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		f.State = facts.FileMissing
		return f
	case err != nil:
		f.State, f.Err = facts.FileUnreadable, err.Error()
		return f
	}
	f.Size, f.Mode, f.UID = fi.Size(), uint32(fi.Mode().Perm()), ownerOf(fi)
	if !fi.Mode().IsRegular() || fi.Size() > maxFile {
		f.State, f.Err = facts.FileOdd, fi.Mode().String()
		return f
	}
	data, err := read(path)
	if err != nil {
		f.State, f.Err = facts.FileUnreadable, err.Error()
		return f
	}
	f.State = facts.FileRead
	f.BOM = bytes.HasPrefix(data, []byte("\xef\xbb\xbf"))
	f.UTF16 = bytes.HasPrefix(data, []byte("\xff\xfe")) || bytes.HasPrefix(data, []byte("\xfe\xff"))
	f.NULs = bytes.Count(data, []byte{0})
	f.Entries = Parse(data)
	return f
}

func read(path string) ([]byte, error) {
	r, err := openNow(path)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(io.LimitReader(r, maxFile))
}

// Parse splits an env file into its entries. Comments and empty lines are left out.
func Parse(data []byte) []facts.EnvEntry {
	var out []facts.EnvEntry
	last := map[string]int{}
	for n, at := 1, 0; at < len(data); n++ {
		line, end := data[at:], len(data)
		if i := bytes.IndexByte(line, '\n'); i >= 0 {
			line, end = line[:i], at+i+1
		}
		e := facts.EnvEntry{Line: n, Cut: facts.Splice{Offset: at, Old: string(data[at:end])}}
		name, val, ok := strings.Cut(string(line), "=")
		switch {
		case strings.TrimSpace(string(line)) == "" || line[0] == '#':
			at = end
			continue
		case !ok:
			e.Name, e.Ignored = strings.TrimSpace(name), "no ="
		case line[0] < 'A' || line[0] > 'Z':
			e.Name, e.Value, e.Ignored = name, val, "name"
		default:
			e.Name, e.Value = name, val
			if i, seen := last[name]; seen {
				out[i].Shadow = true
			}
			last[name] = len(out)
		}
		out = append(out, e)
		at = end
	}
	return out
}

// backups finds copies of an env file beside it, newest first, at most 20.
func backups(path string) []facts.EnvFileCopy {
	dir, base := filepath.Split(path)
	list, err := os.ReadDir(filepath.Clean(dir))
	if err != nil {
		return nil
	}
	type found struct {
		facts.EnvFileCopy
		mod int64
	}
	var all []found
	for _, e := range list {
		n := e.Name()
		like := n != base && (strings.HasPrefix(n, base) || strings.HasPrefix(n, "."+base) || strings.HasPrefix(n, "#"+base))
		if !like || !e.Type().IsRegular() {
			continue
		}
		fi, err := e.Info()
		if err != nil || fi.Size() == 0 || fi.Size() > maxFile {
			continue
		}
		data, err := read(filepath.Join(dir, n))
		if err != nil || bytes.IndexByte(data, 0) >= 0 {
			continue
		}
		sum := sha256.Sum256(data)
		all = append(all, found{facts.EnvFileCopy{Path: filepath.Join(dir, n), Size: fi.Size(), Entries: Parse(data), Sum: hex.EncodeToString(sum[:])}, fi.ModTime().UnixNano()})
	}
	sort.SliceStable(all, func(i, j int) bool { return all[i].mod > all[j].mod })
	var out []facts.EnvFileCopy
	for _, f := range all[:min(len(all), 20)] {
		out = append(out, f.EnvFileCopy)
	}
	return out
}

// names lists every variable that any of the sources speaks of and the go command reads.
func names(vars map[string]string, s *facts.Settings) []string {
	seen := map[string]bool{}
	for n := range vars {
		if IsSetting(n) {
			seen[n] = true
		}
	}
	for _, f := range []*facts.EnvFile{&s.File, &s.GoRoot} {
		for _, e := range f.Entries {
			if e.Ignored == "" {
				seen[e.Name] = true
			}
		}
	}
	out := make([]string, 0, len(seen))
	for n := range seen {
		out = append(out, n)
	}
	sort.Strings(out)
	return out
}

// IsSetting reports whether the go command reads this variable of the process environment.
func IsSetting(name string) bool {
	return strings.HasPrefix(name, "GO") || strings.HasPrefix(name, "CGO_") || strings.Contains(" CC CXX FC AR PKG_CONFIG TMPDIR GCCGO ", " "+name+" ")
}

// onlyProcess lists variables that the go command takes from the process environment alone; a line of
// the env file has no effect on them (`go env -w` refuses them).
func onlyProcess(name string) bool {
	return strings.Contains(" GOENV TMPDIR GOTELEMETRY GOTELEMETRYDIR GOTRACEBACK GOMAXPROCS GOGC GOMEMLIMIT GODEBUG ", " "+name+" ")
}

func value(name string, vars map[string]string, s *facts.Settings) (facts.Setting, bool) {
	if v := vars[name]; v != "" {
		return facts.Setting{Value: v, Origin: facts.FromProcess}, true
	}
	if onlyProcess(name) {
		return facts.Setting{}, false
	}
	for _, src := range []struct {
		f *facts.EnvFile
		o facts.OriginKind
	}{{&s.File, facts.FromGoenv}, {&s.GoRoot, facts.FromGoroot}} {
		for i := len(src.f.Entries) - 1; i >= 0; i-- {
			e := src.f.Entries[i]
			if e.Name == name && e.Ignored == "" {
				// An empty value in the user's file hides that of go.env and means the default.
				return facts.Setting{Value: e.Value, Origin: src.o, Line: e.Line}, e.Value != ""
			}
		}
	}
	return facts.Setting{}, false
}

// defaults are the built-in values of the variables that name places (cmd/go/internal/cfg: gopathDir,
// cmd/go/internal/cache/default.go: DefaultDir).
func defaults(vars map[string]string, s *facts.Settings) map[string]string {
	d := map[string]string{"GOOS": runtime.GOOS, "GOARCH": runtime.GOARCH, "GOTOOLCHAIN": "auto"}
	gopath := s.Values["GOPATH"].Value
	if home := vars["HOME"]; gopath == "" && home != "" {
		gopath = filepath.Join(home, "go")
		d["GOPATH"] = gopath
	}
	if list := filepath.SplitList(gopath); len(list) > 0 && list[0] != "" {
		d["GOMODCACHE"] = filepath.Join(list[0], "pkg", "mod")
	}
	if dir := cacheDir(vars); dir != "" {
		d["GOCACHE"] = filepath.Join(dir, "go-build")
	}
	return d
}

// cacheDir is os.UserCacheDir for a given environment.
func cacheDir(vars map[string]string) string {
	switch {
	case runtime.GOOS == "windows":
		return vars["LocalAppData"]
	case runtime.GOOS == "darwin" && vars["HOME"] != "":
		return filepath.Join(vars["HOME"], "Library", "Caches")
	case vars["XDG_CACHE_HOME"] != "":
		if filepath.IsAbs(vars["XDG_CACHE_HOME"]) {
			return vars["XDG_CACHE_HOME"]
		}
		return ""
	case vars["HOME"] != "":
		return filepath.Join(vars["HOME"], ".cache")
	}
	return ""
}
