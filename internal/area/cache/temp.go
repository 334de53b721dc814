package cache

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/lazyre"
	"github.com/gorescue/gorescue/internal/proc"
)

const (
	maxTempEntries = 20_000 // of the folder for temporary files
	maxTreeEntries = 20_000 // of one work folder
	tempTime       = 900 * time.Millisecond
)

// workFolder is the name of a work folder (cmd/go/internal/work/action.go, func NewBuilder: MkdirTemp "go-build").
var workFolder = lazyre.New(`^go-build[0-9]+$`)

// temp finds the work folders of builds that are no more. It looks only when the file system is full.
func (p *place) temp(ctx context.Context, f facts.Folder) facts.TempUse {
	var use facts.TempUse
	if f.Kind != facts.NodeFolder || !full(f) && !noInodes(f) {
		return use
	}
	use.Looked = true
	ctx, cancel := context.WithTimeout(ctx, tempTime)
	defer cancel()
	d, err := os.Open(f.Path)
	if err != nil {
		use.Cut = true
		return use
	}
	list, err := d.ReadDir(maxTempEntries)
	d.Close()
	use.Cut = err != nil && !errors.Is(err, io.EOF) || len(list) == maxTempEntries
	var found []candidate
	for _, e := range list {
		if fi, err := e.Info(); err == nil && e.IsDir() && workFolder().MatchString(e.Name()) && owner(fi) == p.s.Host.UID {
			found = append(found, candidate{filepath.Join(f.Path, e.Name()), fi.ModTime()})
		}
	}
	if len(found) == 0 {
		return use
	}
	busy, known := inUse(ctx, f, found, p.s.Host.UID)
	for _, c := range found {
		if !known || busy[c.path] {
			use.Alive++
			continue
		}
		b := facts.DeadBuild{Path: c.path, Age: time.Since(c.made)}
		b.Bytes, b.Files = size(ctx, c.path)
		use.Dead = append(use.Dead, b)
	}
	sort.Slice(use.Dead, func(i, j int) bool { return use.Dead[i].Age > use.Dead[j].Age })
	return use
}

type candidate struct {
	path string
	made time.Time // of its last new entry: not before it was made
}

// inUse tells which folders some process has anything in, or may have made. A go command has one work
// folder, in which it often holds nothing open. So a folder is also taken for used when it is younger than a
// living go command which makes its work folders here and of which none is known.
func inUse(ctx context.Context, f facts.Folder, list []candidate, uid int) (busy map[string]bool, known bool) {
	table, err := proc.Processes()
	if err != nil || ctx.Err() != nil {
		return nil, false
	}
	busy = map[string]bool{}
	with := map[int]bool{} // processes that have something in a work folder
	for _, pid := range table.Pids() {
		if ctx.Err() != nil {
			return nil, false
		}
		if path := holds(pid, list); path != "" {
			busy[path] = true
			with[pid] = true
		}
	}
	for _, pid := range table.Pids() {
		p, _ := table.Get(pid)
		if p.Comm != "go" || p.UID != uid && p.UID != 0 && p.UID != -1 || !worksIn(pid, f) {
			continue
		}
		if slices.ContainsFunc(table.Tree(pid), func(q facts.Proc) bool { return with[q.PID] }) {
			continue
		}
		full, ok := proc.Get(pid)
		if !ok {
			continue
		}
		started := time.Now().Add(-full.Age - time.Second)
		for _, c := range list {
			if c.made.After(started) {
				busy[c.path] = true
			}
		}
	}
	return busy, ctx.Err() == nil
}

// worksIn reports whether a go command may make its work folder in f, by the variables that it was
// started with. It says yes when they cannot be read, or when GOTMPDIR may stand in a file.
func worksIn(pid int, f facts.Folder) bool {
	vars := environ(pid)
	if vars == nil {
		return true
	}
	dir := vars["GOTMPDIR"]
	if dir == "" {
		if f.Var == "GOTMPDIR" {
			return true
		}
		dir = vars["TMPDIR"]
	}
	if dir == "" {
		dir = "/tmp"
	}
	return sameFolder(dir, f.Path)
}

// holds names the folder of the list in which a process has its program, its current folder, an open or
// mapped file, or which its command line names. Of another user's process little is seen; it would not use
// our folder.
func holds(pid int, list []candidate) string {
	p, ok := proc.Get(pid)
	if !ok {
		return ""
	}
	seen := slices.Concat([]string{p.Dir}, opened(pid), mapped(pid))
	for _, c := range list {
		for _, s := range seen {
			if s == c.path || strings.HasPrefix(s, c.path+"/") {
				return c.path
			}
		}
		if strings.Contains(p.Command, c.path) {
			return c.path
		}
	}
	return ""
}

// size adds up what a folder takes on disk.
func size(ctx context.Context, dir string) (bytes uint64, files int) {
	_ = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error { // a part that cannot be read is not counted
		if err != nil {
			return nil
		}
		if files++; files > maxTreeEntries || ctx.Err() != nil {
			return fs.SkipAll
		}
		if fi, err := d.Info(); err == nil {
			bytes += onDisk(fi)
		}
		return nil
	})
	return bytes, files
}

// user names a process that is at work in a folder, "" when none is seen.
func user(dir string) string {
	table, err := proc.Processes()
	if err != nil {
		return "unknown"
	}
	for _, pid := range table.Pids() {
		if holds(pid, []candidate{{path: dir}, {path: dir + ".lock"}}) != "" {
			p, _ := table.Get(pid)
			return p.Comm
		}
	}
	return ""
}
