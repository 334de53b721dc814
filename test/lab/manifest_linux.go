package lab

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// A Manifest says what a folder holds: for each path, relative to the folder, its kind, mode,
// owner and, for files, size, modification time and content; for links, the target.
type Manifest map[string]string

// Take walks dir. It leaves out what may change without anybody's doing: build caches, the go
// command's own counters, our own state folder, the temporary folder and output of the scripts, and what the scripts note for themselves.
// Files that are no regular files are never opened.
func Take(dir string) (Manifest, error) {
	m := Manifest{}
	var dirs []string
	skippedIn := map[string]bool{}
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		rel, _ := filepath.Rel(dir, path)
		if os.IsNotExist(err) || rel == "." {
			return nil
		}
		if err != nil {
			m[rel] = "unreadable: " + err.Error()
			return nil
		}
		if skipped(rel, path, e) {
			skippedIn[filepath.Dir(rel)] = true
			if e.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if e.IsDir() {
			dirs = append(dirs, rel)
		}
		if line := describe(path); line != "" {
			m[rel] = line
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	// A folder that exists only to hold something left out is left out too.
	for _, d := range slices.Backward(dirs) {
		if skippedIn[d] && !m.holds(d) {
			delete(m, d)
			skippedIn[filepath.Dir(d)] = true
		}
	}
	return m, nil
}

func (m Manifest) holds(dir string) bool {
	for p := range m {
		if strings.HasPrefix(p, dir+"/") {
			return true
		}
	}
	return false
}

func skipped(rel, path string, e fs.DirEntry) bool {
	switch rel {
	case "out", ".tmp", "pids", "ns.pid", ".manifest", "guard.got", "guard.want", ".gomodproxy":
		return true
	}
	base := filepath.Base(rel)
	if e.IsDir() {
		return base == "gorescue" && strings.Contains(rel, "state") || isBuildCache(path) || strings.HasSuffix(rel, "/go/telemetry")
	}
	if base == "index" && filepath.Base(filepath.Dir(rel)) == ".git" {
		return true // git refreshes the times in it whenever it is asked for the status
	}
	// the request log and the complaints of a loopback server
	return (base == "log" || base == "err") && exists(filepath.Join(filepath.Dir(path), "url"))
}

func isBuildCache(dir string) bool {
	return exists(filepath.Join(dir, "00")) && exists(filepath.Join(dir, "ff"))
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

func describe(path string) string {
	fi, err := os.Lstat(path)
	if err != nil {
		return ""
	}
	st := fi.Sys().(*syscall.Stat_t)
	line := fmt.Sprintf("%v %d:%d", fi.Mode(), st.Uid, st.Gid)
	switch {
	case fi.Mode().IsRegular():
		return fmt.Sprintf("%s %d %s %s", line, fi.Size(), fi.ModTime().UTC().Format("2006-01-02T15:04:05.999999999"), digest(path))
	case fi.Mode()&fs.ModeSymlink != 0:
		target, _ := os.Readlink(path)
		return line + " -> " + target
	}
	return line
}

func digest(path string) string {
	data, err := os.ReadFile(path)
	if err != nil {
		return "unreadable"
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:8])
}

// A Diff is a list of differences, sorted by path.
type Diff []string

// Compare lists the paths in which the two manifests differ.
func Compare(before, after Manifest) Diff {
	var d Diff
	for p, was := range before {
		is, ok := after[p]
		switch {
		case is == was:
		case !ok:
			d = append(d, fmt.Sprintf("%s: gone (was %s)", p, was))
		default:
			d = append(d, fmt.Sprintf("%s: was %s, is %s", p, was, is))
		}
	}
	for p, is := range after {
		if _, ok := before[p]; !ok {
			d = append(d, fmt.Sprintf("%s: new (%s)", p, is))
		}
	}
	slices.Sort(d)
	return d
}

// String gives at most 12 lines.
func (d Diff) String() string {
	if len(d) > 12 {
		return strings.Join(d[:12], "\n") + fmt.Sprintf("\n... and %d more", len(d)-12)
	}
	return strings.Join(d, "\n")
}
