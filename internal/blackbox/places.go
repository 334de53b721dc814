package blackbox

import (
	"cmp"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// disks brings the folders of the go command and their file systems up to date.
func (s *Sampler) disks() {
	if !s.due(paceDisk) {
		return
	}
	size := s.due(paceSize)
	for name, dir := range map[string]string{"project": s.Dir, "GOCACHE": s.raw["GOCACHE"], "GOMODCACHE": s.raw["GOMODCACHE"],
		"GOTMPDIR": cmp.Or(s.raw["GOTMPDIR"], os.TempDir())} {
		if !filepath.IsAbs(dir) {
			delete(s.places, name)
			continue
		}
		p := s.places[name]
		p.Dir = s.red.Path(dir)
		p.Free, p.Total, p.Inodes, p.Nodes = room(existing(dir))
		if name == "GOCACHE" {
			p.Trim = trimmed(dir)
			if size {
				p.Size = estimate(dir)
			}
		}
		s.places[name] = p
	}
}

// existing is the nearest folder upward that is there.
func existing(dir string) string {
	for {
		if _, err := os.Stat(dir); err == nil || dir == filepath.Dir(dir) {
			return dir
		}
		dir = filepath.Dir(dir)
	}
}

// trimmed is when the go command last trimmed a build cache: trim.txt holds that time (cmd/go/internal/cache: Trim).
func trimmed(cache string) time.Time {
	fi, err := os.Stat(filepath.Join(cache, "trim.txt"))
	if err != nil || fi.Size() > 64 {
		return time.Time{}
	}
	data, err := os.ReadFile(filepath.Join(cache, "trim.txt"))
	n, perr := strconv.ParseInt(strings.TrimSpace(string(data)), 10, 64)
	if err != nil || perr != nil {
		return time.Time{}
	}
	return time.Unix(n, 0).UTC()
}

// estimate is the size of a build cache told from 4 of its 256 folders, over which files spread by their hash; 0 =
// not known.
func estimate(cache string) int64 {
	var sum int64
	for _, sub := range []string{"1e", "5a", "a3", "f7"} {
		d, err := os.Open(filepath.Join(cache, sub))
		if err != nil {
			continue
		}
		list, _ := d.Readdir(5000)
		d.Close()
		for _, fi := range list {
			sum += fi.Size()
		}
	}
	return sum * 64
}
