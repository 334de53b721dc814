package toolchain

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/gocmd"
	"github.com/gorescue/gorescue/internal/gotree"
	"github.com/gorescue/gorescue/internal/lazyre"
	"github.com/gorescue/gorescue/internal/probe"
)

// maxTrees bounds the trees that are looked into.
const maxTrees = 16

// toolchain looks at every go in PATH, at the trees they belong to, and at the trees elsewhere.
func toolchain(ctx context.Context, w probe.World, s *facts.Snapshot) (probe.Install, error) {
	t := facts.Toolchain{First: -1, Commands: commands(w), Aliases: aliases(w, s)}
	t.First = first(t.Commands)
	if t.First >= 0 && wantsTrial(&t.Commands[t.First]) {
		t.Trial = trial(ctx, w, t.Commands[t.First].Path)
	}
	seen := *s
	seen.Toolchain = t
	t.Trees, t.CutShort = trees(ctx, w, &seen)
	t.Switch = switches(w, s.Settings.Get("GOMODCACHE"))
	seen.Toolchain = t
	if v := look(&seen); v.tree != nil && v.tree.State == facts.TreeFound {
		t.Godebugs = gotree.Godebugs(v.root)
		if !v.tree.Devel {
			t.Clashes = gotree.Clashes(ctx, v.root, orDefault(s.Settings.Get("GOOS"), runtime.GOOS), orDefault(s.Settings.Get("GOARCH"), runtime.GOARCH))
		}
	}
	return func(s *facts.Snapshot) { s.Toolchain = t }, ctx.Err()
}

// commands lists what is named go in the folders of PATH.
func commands(w probe.World) []facts.GoCommand {
	var out []facts.GoCommand
	for i, entry := range filepath.SplitList(w.Get("PATH")) {
		if i >= 500 {
			break
		}
		dir := entry
		if !filepath.IsAbs(dir) {
			dir = filepath.Join(w.Dir, dir)
		}
		path := filepath.Join(dir, gotree.Exe("go"))
		if _, err := os.Lstat(path); err != nil {
			continue
		}
		out = append(out, facts.GoCommand{GoProgram: gotree.Program(path, w.Vars), Index: i, Entry: entry, Relative: !filepath.IsAbs(entry)})
	}
	return out
}

// first is the command that starts (os/exec.LookPath).
func first(list []facts.GoCommand) int {
	return slices.IndexFunc(list, func(c facts.GoCommand) bool { return c.Runs && c.Kind != facts.GoFolder })
}

// wantsTrial reports whether a program's file does not say everything, and it may be asked: a go command,
// a script that starts one, a launcher that works by the name of a link, or something the system may
// refuse to start. A program of the user that happens to be named go is never run.
func wantsTrial(c *facts.GoCommand) bool {
	switch sh := c.Script; {
	case sh != nil && c.Lacks == "" && (sh.Version != "" && sh.Root != "" || !sh.Starts || sh.Self):
		return false
	case foreign(&c.GoProgram):
		return false
	}
	whole := c.Kind == facts.GoBinary && c.Lacks == "" && c.OS == runtime.GOOS && c.Arch == runtime.GOARCH
	return !whole || c.Root == "" && !c.Trimmed
}

// foreign reports whether a file named go is a program of its own: written in Go, with another main package,
// and not reached by a link, as launchers of version managers are.
func foreign(p *facts.GoProgram) bool {
	return p.Kind == facts.GoProgramOf && p.Main != "" && (p.Link == "" || filepath.Base(p.Real) == gotree.Exe("go"))
}

// trial asks a program for its release and tree: the go command itself, no code of the user. A version
// manager behind it is told not to install anything.
func trial(ctx context.Context, w probe.World, path string) *facts.GoTrial {
	tr := &facts.GoTrial{Command: gocmd.Line(path, trialArgs())}
	quiet := map[string]*string{"GOTOOLCHAIN": ptr("local"), "GOPROXY": ptr("off"),
		"MISE_OFFLINE": ptr("1"), "MISE_EXEC_AUTO_INSTALL": ptr("false"), "MISE_NOT_FOUND_AUTO_INSTALL": ptr("false")}
	tr.Usual = ask(ctx, w.With(quiet), path)
	if !tr.Usual.OK() && !tr.Usual.TimedOut && tr.Usual.Start == "" {
		for _, n := range []string{"GOROOT", "GOFLAGS", "GO111MODULE", "GOPATH", "GOEXPERIMENT"} {
			quiet[n] = nil
		}
		quiet["GOENV"] = ptr("off")
		plain := ask(ctx, w.With(quiet), path)
		tr.Plain = &plain
	}
	return tr
}

func trialArgs() []string { return []string{"env", "GOROOT", "GOVERSION"} }

func ask(ctx context.Context, w probe.World, path string) facts.GoAnswer {
	ctx, cancel := context.WithTimeout(ctx, 700*time.Millisecond)
	defer cancel()
	r, err := gocmd.Run(ctx, gocmd.Cmd{Path: path, Args: trialArgs(), Dir: w.Dir, Env: append(w.Environ(), gocmd.NoTelemetry)})
	if err != nil {
		return facts.GoAnswer{Exit: -1, Start: unwrap(err)}
	}
	a := facts.GoAnswer{Exit: r.Exit, TimedOut: r.TimedOut, Stderr: r.FirstLine()}
	lines := strings.Split(strings.TrimSpace(string(r.Stdout)), "\n")
	n := len(lines)
	if r.Exit != 0 || n < 2 {
		return a
	}
	root, release := strings.TrimSpace(lines[n-2]), strings.TrimSpace(lines[n-1])
	if n > 2 {
		if !filepath.IsAbs(root) || !releaseName().MatchString(release) && !strings.HasPrefix(release, "devel ") {
			return a
		}
		a.Noise = strings.TrimSpace(lines[0][:min(len(lines[0]), 200)])
	}
	a.Root, a.Version = root, release
	return a
}

// unwrap is the last error of a chain: "exec format error" without the path.
func unwrap(err error) string {
	for {
		u, ok := err.(interface{ Unwrap() error })
		if !ok || u.Unwrap() == nil {
			return err.Error()
		}
		err = u.Unwrap()
	}
}

// trees looks into the trees of the commands, of GOROOT and of the usual places, each once.
func trees(ctx context.Context, w probe.World, s *facts.Snapshot) ([]facts.GoTree, bool) {
	var out []facts.GoTree
	add := func(root, from string) {
		if root == "" || len(out) >= maxTrees || ctx.Err() != nil {
			return
		}
		if !filepath.IsAbs(root) {
			root = filepath.Join(w.Dir, root)
		}
		root = filepath.Clean(root)
		real, err := filepath.EvalSymlinks(root)
		for _, t := range out {
			if t.Root == root || err == nil && t.Real == real {
				return
			}
		}
		out = append(out, gotree.Tree(root, from, w.Vars))
	}
	add(namedRoot(s), "goroot")
	if tr := s.Toolchain.Trial; tr != nil {
		add(tr.Usual.Root, "path")
		if tr.Plain != nil {
			add(tr.Plain.Root, "path")
		}
	}
	search := gotree.Search{Home: w.Get("HOME"), ModCache: s.Settings.Get("GOMODCACHE"), Near: filepath.SplitList(w.Get("PATH"))}
	for _, c := range s.Toolchain.Commands {
		add(c.Root, "path")
		if c.Script != nil && c.Script.State == facts.NamedProgram {
			add(gotree.RootOf(c.Script.Target), "path")
		}
	}
	for _, a := range s.Startup.Assignments {
		if a.Name == "PATH" {
			search.Near = append(search.Near, append(slices.Clone(a.Prepend), a.Append...)...)
		}
	}
	places, cut := gotree.Find(ctx, search)
	for _, p := range places {
		add(p.Root, p.From)
	}
	return out, cut
}

var releaseName = lazyre.New(`^go1\.[0-9]+(\.[0-9]+|rc[0-9]+|beta[0-9]+)?(-[A-Za-z0-9.]+)?$`)

// switches lists what GOTOOLCHAIN can change to without a download.
func switches(w probe.World, modcache string) []facts.GoSwitch {
	var out []facts.GoSwitch
	known := map[string]bool{}
	add := func(s facts.GoSwitch) {
		if !known[s.Name] {
			known[s.Name] = true
			out = append(out, s)
		}
	}
	for i, dir := range filepath.SplitList(w.Get("PATH")) {
		if !filepath.IsAbs(dir) || i >= 500 {
			continue // pathcache.LookPath refuses a relative one
		}
		for _, name := range namesIn(dir, 20000) {
			base := strings.TrimSuffix(name, ".exe")
			if !releaseName().MatchString(base) {
				continue
			}
			if p := gotree.Program(filepath.Join(dir, name), w.Vars); p.Runs && p.Kind != facts.GoFolder {
				add(facts.GoSwitch{Name: base, Path: p.Path})
			}
		}
	}
	suffix := "." + runtime.GOOS + "-" + runtime.GOARCH
	dir := filepath.Join(modcache, "golang.org")
	if modcache == "" {
		return out
	}
	for _, name := range namesIn(dir, 2000) {
		base, ok := strings.CutPrefix(name, "toolchain@v0.0.1-")
		base, ok2 := strings.CutSuffix(base, suffix)
		if !ok || !ok2 || exists(filepath.Join(modcache, "cache/download/golang.org/toolchain/@v", "v0.0.1-"+base+suffix+".partial")) {
			continue
		}
		if exists(filepath.Join(dir, name, "bin", gotree.Exe("go"))) {
			add(facts.GoSwitch{Name: base, Path: filepath.Join(dir, name), Cache: true})
		}
	}
	return out
}

// namesIn lists at most max names of a folder, sorted.
func namesIn(dir string, max int) []string {
	f, err := os.Open(dir)
	if err != nil {
		return nil
	}
	defer f.Close()
	names, _ := f.Readdirnames(max)
	sort.Strings(names)
	return names
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func ptr(s string) *string { return &s }

func orDefault(s, def string) string {
	if s == "" {
		return def
	}
	return s
}
