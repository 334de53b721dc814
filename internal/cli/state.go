package cli

import (
	"fmt"
	"os"
	"path/filepath"
)

// stateDirs lists the folders where our state may be, best first: GORESCUE_STATE alone when set, else
// the state folder of the user, else places that work without a home. A later one is used when the
// earlier ones cannot be written.
func stateDirs(vars map[string]string) []string {
	if d := vars["GORESCUE_STATE"]; filepath.IsAbs(d) {
		return []string{d}
	}
	var out []string
	if d := vars["XDG_STATE_HOME"]; filepath.IsAbs(d) {
		out = append(out, filepath.Join(d, "gorescue"))
	}
	if d := vars["HOME"]; filepath.IsAbs(d) {
		out = append(out, filepath.Join(d, ".local", "state", "gorescue"))
	}
	for _, d := range []string{"/var/tmp", "/tmp", "/dev/shm", os.TempDir()} {
		if filepath.IsAbs(d) {
			out = append(out, filepath.Join(d, fmt.Sprintf("gorescue-%d", os.Getuid())))
		}
	}
	return out
}

// stateDir is the folder that would be used now: the first whose nearest existing parent may be
// written. Nothing is made. Undo and log look into all of stateDirs.
func stateDir(vars map[string]string) string {
	dirs := stateDirs(vars)
	for _, d := range dirs {
		if mayUse(d) {
			return d
		}
	}
	return dirs[0]
}

// mayUse reports whether dir is ours and can be written, or could be made.
func mayUse(dir string) bool {
	for p := dir; ; p = filepath.Dir(p) {
		fi, err := os.Lstat(p)
		if err != nil {
			if p == filepath.Dir(p) {
				return false
			}
			continue
		}
		if p == dir && !private(fi) {
			return false // somebody else's folder under our name in a shared place
		}
		st, err := os.Stat(p)
		return err == nil && st.IsDir() && writable(p)
	}
}
