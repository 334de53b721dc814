// Package goenv computes what the go command takes for its variables, from files and a process
// environment alone, by the rules of cmd/go/internal/cfg (cfg.go: EnvFile, readEnvFile, Getenv): the
// process environment, then the file of GOENV, then go.env of the Go tree, then built-in defaults. An
// empty value counts as unset, the last line of a name wins, names begin with a capital letter, and
// everything else in the file is passed over without a word.
package goenv

import (
	"os"
	"path/filepath"
	"runtime"

	"github.com/gorescue/gorescue/internal/facts"
)

// Resolve computes the settings: every variable of KnownEnv (internal/cfg of the Go tree) with its value and
// origin, also when it has only its default, and those others that are set. vars is the process
// environment; tree is the Go tree of the go command in use, "" when unknown: its go.env is then not
// looked at.
func Resolve(vars map[string]string, tree string) facts.Settings {
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
	s.GoRoot.State = facts.FileMissing
	if root := envRoot(vars, &s, tree); root != "" {
		s.GoRoot = Read(filepath.Join(root, "go.env"))
	}
	for _, n := range names(vars, &s) {
		if v, ok := value(n, vars, &s); ok {
			s.Values[n] = v
		}
	}
	root := s.Values["GOROOT"].Value
	if root == "" {
		root = tree
	}
	s.Release, s.Experiments = release(root), experiments(root)
	for n, def := range defaults(vars, &s, root) {
		if _, ok := s.Values[n]; !ok {
			s.Values[n] = facts.Setting{Value: def, Origin: facts.FromDefault}
		}
	}
	return s
}

// envRoot is the tree whose go.env is read: a GOROOT line of the user's file goes before the process
// environment here (cmd/go/internal/cfg: initEnvCache, findGOROOT), and both before the program's own.
func envRoot(vars map[string]string, s *facts.Settings, tree string) string {
	if v, _, ok := inFile(&s.File, "GOROOT"); ok && v != "" {
		return filepath.Clean(v)
	}
	if v := vars["GOROOT"]; v != "" {
		return filepath.Clean(v)
	}
	return tree
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

func value(name string, vars map[string]string, s *facts.Settings) (facts.Setting, bool) {
	if computed(name) {
		return facts.Setting{}, false
	}
	if v := vars[name]; v != "" {
		return facts.Setting{Value: v, Origin: facts.FromProcess}, true
	}
	if onlyProcess(name) {
		return facts.Setting{}, false
	}
	// An empty value in the user's file hides that of go.env and means the default.
	if v, line, ok := inFile(&s.File, name); ok {
		return facts.Setting{Value: v, Origin: facts.FromGoenv, Line: line}, v != ""
	}
	v, line, _ := inFile(&s.GoRoot, name)
	return facts.Setting{Value: v, Origin: facts.FromGoroot, Line: line}, v != ""
}

// inFile is the last line of a name in an env file; ok is false when there is none.
func inFile(f *facts.EnvFile, name string) (value string, line int, ok bool) {
	for i := len(f.Entries) - 1; i >= 0; i-- {
		if e := &f.Entries[i]; e.Name == name && e.Ignored == "" {
			return e.Value, e.Line, true
		}
	}
	return "", 0, false
}

// InPath is what the go command finds for the name of a program (os/exec: LookPath): an absolute path, or
// "" when no folder of PATH has it. A name with a separator is returned as it is.
func InPath(path, name string) string {
	if filepath.Base(name) != name {
		return name
	}
	for _, dir := range filepath.SplitList(path) {
		if !filepath.IsAbs(dir) {
			continue // go refuses what a relative entry has
		}
		for _, p := range programs(filepath.Join(dir, name)) {
			if fi, err := os.Stat(p); err == nil && fi.Mode().IsRegular() && executable(fi) {
				return p
			}
		}
	}
	return ""
}
