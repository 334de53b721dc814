package blackbox

import (
	"cmp"
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/gorescue/gorescue/internal/goenv"
	"github.com/gorescue/gorescue/internal/gotree"
	"github.com/gorescue/gorescue/internal/redact"
)

// Sampler looks at a machine and a project. It is not safe for concurrent use.
type Sampler struct {
	Dir   string            // of the project, absolute
	Vars  map[string]string // the environment
	State string            // our state folder
	Every time.Duration     // between samples
	Now   func() time.Time  // nil = time.Now
	// Ask, when set, is asked for the health of proxies at a slow pace. It gets the effective settings.
	Ask func(ctx context.Context, settings map[string]string) map[string]Proxy

	red      *redact.Redactor
	n        int
	began    time.Time
	boot     string
	files    map[string]watched
	startup  []string
	editors  map[string]Editor
	settings map[string]string
	raw      map[string]string // of the settings, not redacted: places
	tree     Tree
	root     string // of the Go tree
	places   map[string]Place
	locks    map[string]Lock
	proxies  map[string]Proxy
	releases map[string]string // of gopls programs, by path, size and time
	dirs     map[string]string
	procs    procCache
	journal  tail
}

// The paces of what is dear, in time between two looks.
const (
	paceSettings = 5 * time.Minute // of what nothing has changed for: files of editors and shells may be new
	paceDisk     = 30 * time.Second
	paceLocks    = 15 * time.Second
	paceSize     = 10 * time.Minute
	paceFiles    = time.Minute // descriptors of gopls
	paceWatches  = 5 * time.Minute
	paceProxies  = time.Minute
)

// due reports whether something of a pace is to be looked at by this sample: the first one, and then each so many.
func (s *Sampler) due(pace time.Duration) bool {
	each := max(1, int(pace/max(s.Every, time.Millisecond)))
	return s.n%each == 0
}

// Sample takes one sample. It never fails: what cannot be looked at is not in it.
func (s *Sampler) Sample(ctx context.Context) *Sample {
	if s.red == nil {
		s.red = redact.Local(s.Vars)
		s.files, s.releases, s.places = map[string]watched{}, map[string]string{}, map[string]Place{}
		s.began, s.boot = time.Now(), bootID()
		s.journal.start(filepath.Join(s.State, "journal.jsonl"))
	}
	now := time.Now
	if s.Now != nil {
		now = s.Now
	}
	if s.due(paceSettings) {
		s.resolve(ctx)
	}
	out := &Sample{At: now().UTC().Round(0), Up: s.up(), Boot: s.boot, Every: s.Every.Seconds()}
	if s.look() { // a file that decides settings has changed
		s.resolve(ctx)
		s.look()
	}
	out.Go, out.Settings, out.Editors, out.Dirs = s.tree, s.settings, s.editors, s.dirs
	out.Files = map[string]File{}
	for p, w := range s.files {
		out.Files[s.red.Path(p)] = w.File
	}
	out.Gopls = s.gopls()
	s.disks()
	out.Places = make(map[string]Place, len(s.places))
	for k, p := range s.places {
		out.Places[k] = p
	}
	if s.due(paceLocks) {
		s.locks = s.held(out.Up)
	}
	out.Locks = s.locks
	out.Lsp = s.journal.read()
	out.System = s.system()
	if s.Ask != nil && s.due(paceProxies) {
		s.proxies = s.Ask(ctx, s.raw)
	}
	out.Proxies = s.proxies
	s.n++
	return out
}

func (s *Sampler) up() float64 {
	if u := uptime(); u > 0 {
		return float64(u.Milliseconds()) / 1000
	}
	return float64(time.Since(s.began).Milliseconds()) / 1000
}

// resolve finds out anew what decides: the go command, its settings, the files to look at.
func (s *Sampler) resolve(ctx context.Context) {
	path := goenv.InPath(s.Vars["PATH"], gotree.Exe("go"))
	s.root, s.tree = "", Tree{Path: s.red.Path(path)}
	if real, err := filepath.EvalSymlinks(path); path != "" && err == nil {
		s.root = gotree.RootOf(real)
	}
	set := goenv.Resolve(s.Vars, s.root)
	s.root = cmp.Or(set.Get("GOROOT"), s.root)
	s.tree.Release = set.Release
	s.settings, s.raw = map[string]string{}, map[string]string{}
	for name, v := range set.Values {
		s.raw[name] = v.Value
		if v.Value != "" && v.Value != hostDefault(name) {
			s.settings[name] = s.red.Value(name, v.Value)
		}
	}
	s.wanted(ctx, set.File.Path)
	s.dirs = map[string]string{"$PROJECT": s.Dir, "$HOME": s.Vars["HOME"], "$GOROOT": s.root, "$GOCACHE": s.raw["GOCACHE"],
		"$GOMODCACHE": s.raw["GOMODCACHE"], "$GOPATH": s.raw["GOPATH"]}
	for k, v := range s.dirs {
		if !filepath.IsAbs(v) || filepath.Dir(v) == v {
			delete(s.dirs, k)
			continue
		}
		s.dirs[k] = s.red.Path(filepath.Clean(v))
	}
}

// hostDefault is a value that says nothing because every go command of this platform has it.
func hostDefault(name string) string {
	switch name {
	case "GOHOSTOS":
		return runtime.GOOS
	case "GOHOSTARCH":
		return runtime.GOARCH
	}
	return ""
}

// up finds a file in dir or above it, "" = there is none.
func upward(dir, name string) string {
	for d := dir; ; d = filepath.Dir(d) {
		if fi, err := os.Stat(filepath.Join(d, name)); err == nil && fi.Mode().IsRegular() {
			return filepath.Join(d, name)
		}
		if d == filepath.Dir(d) {
			return ""
		}
	}
}

// work is the go.work in use, "" = none.
func (s *Sampler) work() string {
	switch w := s.raw["GOWORK"]; {
	case w == "off":
		return ""
	case w == "" || w == "auto":
		return upward(s.Dir, "go.work")
	case filepath.IsAbs(w) && strings.HasSuffix(w, ".work"):
		return w
	}
	return ""
}
