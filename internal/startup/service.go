package startup

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gorescue/gorescue/internal/facts"
)

const (
	maxEnvFile = 64 << 10
	maxAbove   = 3 // folders above the project that are looked at
)

// EnvFiles finds files which feed this process: NAME=value files in dir or at most three folders above
// it (not above the home folder) in which every line is a variable of env with the same value, at least
// two of them. Such a file was handed to a service (systemd.exec(5), EnvironmentFile).
func EnvFiles(dir string, env map[string]string) []facts.StartupFile {
	var out []facts.StartupFile
	for _, f := range envFiles(dir, env) {
		out = append(out, f.file)
	}
	return out
}

type envFile struct {
	file facts.StartupFile
	list []facts.Assignment
}

func envFiles(dir string, env map[string]string) (out []envFile) {
	if !filepath.IsAbs(dir) {
		return nil
	}
	dir = filepath.Clean(dir)
	for range maxAbove + 1 {
		entries, err := os.ReadDir(dir)
		if err == nil && len(entries) <= 10000 {
			for _, e := range entries {
				name := e.Name()
				if name != "env" && !strings.HasSuffix(name, ".env") || e.IsDir() {
					continue
				}
				if f, ok := feeds(filepath.Join(dir, name), env); ok {
					out = append(out, f)
				}
			}
		}
		if dir == filepath.Clean(env["HOME"]) || dir == filepath.Dir(dir) {
			break
		}
		dir = filepath.Dir(dir)
	}
	return out
}

// feeds reports whether every line of a file is in the environment.
func feeds(path string, env map[string]string) (envFile, bool) {
	src, err := readFile(path, maxEnvFile)
	if err != nil || bytes.IndexByte(src, 0) >= 0 {
		return envFile{}, false
	}
	for line := range strings.Lines(string(src)) {
		line = strings.TrimSpace(line)
		if line != "" && line[0] != '#' && line[0] != ';' && !strings.Contains(line, "=") {
			return envFile{}, false
		}
	}
	list, err := Parse(path, facts.KindDot, src, nil)
	names := map[string]bool{}
	for _, a := range list {
		v, ok := env[a.Name]
		if !ok || v != a.Value {
			return envFile{}, false
		}
		names[a.Name] = true
	}
	if err != nil || len(names) < 2 {
		return envFile{}, false
	}
	f := facts.StartupFile{Path: path, Real: path, Kind: facts.KindDot, Service: true, Size: len(src)}
	f.Insert, f.Break = insertion(f.Kind, src)
	if real, err := filepath.EvalSymlinks(path); err == nil {
		f.Real = real
	}
	return envFile{f, list}, true
}

// addServices adds the files that feed this process, and returns what they assign. A file of the
// project that is also one of them stays the project's.
func addServices(st *facts.Startup, w World, project []candidate) (list []facts.Assignment) {
	for _, f := range envFiles(w.Dir, w.Env) {
		if i := slices.IndexFunc(st.Files, func(x facts.StartupFile) bool { return x.Path == f.file.Path }); i >= 0 {
			st.Files[i].Service = true
			continue
		}
		f.file.Project = slices.ContainsFunc(project, func(c candidate) bool { return c.path == f.file.Path })
		st.Files = append(st.Files, f.file)
		list = append(list, f.list...)
	}
	return list
}
