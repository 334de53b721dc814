// Package gobuild asks whether the user's own build passes, now or with other contents for some files, and reads
// what the go command says. It downloads nothing and writes nothing but what go adds to the build cache.
package gobuild

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"golang.org/x/mod/modfile"

	"github.com/gorescue/gorescue/internal/buildlist"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/gocmd"
	"github.com/gorescue/gorescue/internal/probe"
)

// maxStderr bounds what is kept of the build's words: 16 KiB.
const maxStderr = 16 << 10

// Ask runs the user's build once, with the user's own settings. It ends well before the deadline of ctx. An error
// means that the question cannot be asked here (probe.ErrSkipped: there is nothing to build).
func Ask(ctx context.Context, w probe.World, set *facts.Settings) (*facts.Build, error) {
	return ask(ctx, w, set, &overlay{})
}

func ask(ctx context.Context, w probe.World, set *facts.Settings, over *overlay) (*facts.Build, error) {
	if f := endless(w, set); f != "" {
		return nil, fmt.Errorf("go was not asked: it would read %s, which is no regular file of at most 16 MiB", f)
	}
	list, listErr := buildlist.With(ctx, w.Dir, set, over.files)
	if list.Mod == "" && list.Work == "" && !hasGoFiles(w.Dir) {
		return nil, fmt.Errorf("%w: no go.mod, go.work or Go source in %s", probe.ErrSkipped, w.Dir)
	}
	b := &facts.Build{Dir: w.Dir, Started: time.Now(), Exit: -1}
	b.Go = lookGo(w.Get("PATH"))
	args := append([]string{"build", "-o", os.DevNull}, scope(w.Dir, list)...)
	if b.Go == "" {
		b.Outcome, b.Why, b.Command = facts.BuildNotStarted, "no go program in PATH", gocmd.Line("go", args)
		return b, nil
	}
	b.Command = gocmd.Line("go", args)
	if listErr == nil && !over.Online { // else go will say what is wrong with these files
		if b.Needs = needs(w, set, list, b.Go); len(b.Needs) > 0 {
			b.Outcome = facts.BuildNeedsDownload
			return b, nil
		}
	}
	var env []string
	env, args, b.Overrides = restrain(w, set, args, over)
	if stampable(ctx, w, set) {
		args, b.Overrides = append([]string{args[0], "-buildvcs=false"}, args[1:]...), append(b.Overrides, "-buildvcs=false")
	}
	if over.config != "" { // the release is chosen by the files themselves, past every overlay
		if want, local := selected(set, list, b.Go); local != "" {
			chain := "GOTOOLCHAIN=" + want
			if want == local {
				chain = "GOTOOLCHAIN=local"
			}
			env, b.Overrides = append(env, chain), append(b.Overrides, chain)
		}
	}
	dir, remove := workFolder(w, set)
	defer remove()
	if dir != "" {
		env = append(env, "GOTMPDIR="+dir)
	}
	run(ctx, b, &question{env, args, set, over.Depth})
	if b.Outcome == facts.BuildFailed {
		b.Errors = parse(b.Stderr, place{dir: w.Dir, root: goroot(set, b.Go), cache: set.Get("GOMODCACHE"), module: modulePath(list.Mod, over.files)})
		look(b)
		if len(b.Errors) > 0 && b.FirstOf(facts.ClassNetwork) != nil && allOf(b.Errors, facts.ClassNetwork) {
			b.Outcome = facts.BuildNeedsDownload
		}
	}
	return b, nil
}

// restrain takes away what a diagnosis must not do and leaves all else as the user has it. GOPROXY=off and
// GONOPROXY=none forbid every download (GONOPROXY alone would still go to the version control host);
// GOSUMDB names a database which answers no question, without a connection, so that go.work.sum is not
// written; GIT_OPTIONAL_LOCKS keeps git status from writing to the index; -mod=readonly stands in for -mod=mod,
// which writes to go.mod.
func restrain(w probe.World, set *facts.Settings, args []string, over *overlay) (env, newArgs, overrides []string) {
	overrides = []string{"GOPROXY=off", "GONOPROXY=none", "GONOSUMDB=none", "GOSUMDB=" + silentDB + " file://" + os.DevNull, "GIT_OPTIONAL_LOCKS=0"}
	if over.Online {
		overrides = []string{"GIT_OPTIONAL_LOCKS=0", "GOMODCACHE=" + over.cache}
		if have := filepath.Join(set.Get("GOMODCACHE"), "cache", "download"); filepath.IsAbs(have) && !strings.ContainsAny(have, ",|") {
			overrides = append(overrides, "GOPROXY="+(&url.URL{Scheme: "file", Path: filepath.ToSlash(have)}).String()+","+set.Get("GOPROXY"))
		}
	} else if dir := unused(w, set); dir != "" {
		overrides = append(overrides, "GOMODCACHE="+dir)
	}
	env = append(append(w.Environ(), gocmd.NoTelemetry), overrides...)
	if buildlist.Flag(set.Get("GOFLAGS"), "mod") == "mod" {
		args = append([]string{args[0], "-mod=readonly"}, args[1:]...)
		overrides = append(overrides, "-mod=readonly")
	}
	if over.config != "" {
		args = append([]string{args[0], "-overlay=" + over.config}, args[1:]...)
		overrides = append(overrides, "-overlay="+over.config)
	}
	return env, args, overrides
}

// modulePath is the path that a go.mod declares, "" = none or unknown. Files may lie elsewhere for this build.
func modulePath(file string, elsewhere map[string]string) string {
	if f := elsewhere[file]; f != "" {
		file = f
	}
	data, _ := buildlist.ReadFile(file)
	return modfile.ModulePath(data)
}

// question is what the go command is asked.
type question struct {
	env, args []string
	set       *facts.Settings
	depth     Depth
}

// run builds, unless there is so much to compile that it could not end in time: a go command which is
// killed leaves its work folder behind (measured: also after an interrupt, which only `go run` and `go
// test` catch), and a diagnosis must not fill the temporary folder. What there is to compile is what
// `go build -n` prints; it makes no work folder.
func run(ctx context.Context, b *facts.Build, q *question) {
	margin := 700 * time.Millisecond // for ending it, with all it has started, on a busy machine
	if end, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, end.Add(-margin))
		defer cancel()
	}
	var r *gocmd.Result
	if q.depth == Compile {
		r = once(ctx, b, q, q.args)
		b.Took, b.Exit = time.Since(b.Started), r.Exit
		b.Stderr = strings.ToValidUTF8(string(r.Stderr[:min(len(r.Stderr), maxStderr)]), "?")
		return
	}
	dry := append([]string{q.args[0], "-n"}, q.args[1:]...)
	r = once(ctx, b, q, dry)
	if n := bytes.Count(r.Stderr, []byte("/compile"+exeSuffix()+" -o ")); q.depth != Load && b.Outcome == facts.BuildOK && n > perProcessor*runtime.NumCPU() {
		b.Outcome, b.Why = facts.BuildTimedOut, fmt.Sprintf("%d packages are not in the build cache", n)
	}
	b.Early = b.Outcome == facts.BuildFailed
	if q.depth != Load && b.Outcome == facts.BuildOK || b.Outcome == facts.BuildFailed {
		r = once(ctx, b, q, q.args) // the same complaint without the commands, or one of the compiler
	}
	b.Took, b.Exit = time.Since(b.Started), r.Exit
	b.Stderr = strings.ToValidUTF8(string(r.Stderr[:min(len(r.Stderr), maxStderr)]), "?")
}

// silentDB is a checksum database that does not exist, with a well-formed key that signs nothing.
const silentDB = "gorescue.invalid+343739db+AcWWIylJRubv1SVRZzTny03RdHt+1Wk4cCQZruy3YEHl"

// perProcessor is how many packages one processor can compile in the time that a build is given.
const perProcessor = 6

// once runs the go command and says how that ended.
func once(ctx context.Context, b *facts.Build, q *question, args []string) *gocmd.Result {
	watch := newWatch(q.set.Get("GOCACHEPROG"))
	r, err := gocmd.Run(ctx, gocmd.Cmd{Path: b.Go, Args: args, Dir: b.Dir, Env: q.env, Watch: watch.run})
	switch {
	case err != nil:
		b.Outcome, b.Why = facts.BuildNotStarted, cause(err)
	case r.Stopped != "":
		b.Outcome, b.Stuck = facts.BuildStuck, watch.stuck
	case r.TimedOut:
		b.Outcome = facts.BuildTimedOut
	case r.OK():
		b.Outcome = facts.BuildOK
	default:
		b.Outcome = facts.BuildFailed
	}
	return r
}

func exeSuffix() string {
	if runtime.GOOS == "windows" {
		return ".exe"
	}
	return ""
}

func cause(err error) string {
	var pe *os.PathError
	if errors.As(err, &pe) {
		return pe.Err.Error()
	}
	return err.Error()
}

// scope is what the user would build here: everything below this folder, or, in the root of a workspace
// that is no module itself, every module of it below this folder (the pattern ./... alone matches nothing there).
func scope(dir string, list *buildlist.List) []string {
	if list.Root != "" || list.Work == "" {
		return []string{"./..."}
	}
	data, err := buildlist.ReadFile(list.Work)
	if err != nil {
		return []string{"./..."}
	}
	w, err := modfile.ParseWork(list.Work, data, nil)
	if err != nil {
		return []string{"./..."}
	}
	var out []string
	for _, u := range w.Use {
		d := filepath.FromSlash(u.Path)
		if !filepath.IsAbs(d) {
			d = filepath.Join(filepath.Dir(list.Work), d)
		}
		if rel, err := filepath.Rel(dir, d); err == nil && filepath.IsLocal(rel) {
			out = append(out, "./"+filepath.ToSlash(filepath.Join(rel, "...")))
		}
	}
	if len(out) == 0 {
		return []string{"./..."}
	}
	return out
}

// lookGo finds the go program that a shell would start, "" when there is none.
func lookGo(path string) string { return lookProgram(path, "go") }

// lookProgram finds a program in a value of PATH, "" when there is none. Relative folders of it are passed over, as
// os/exec does.
func lookProgram(path, name string) string {
	name += exeSuffix()
	for _, dir := range filepath.SplitList(path) {
		if !filepath.IsAbs(dir) {
			continue
		}
		p := filepath.Join(dir, name)
		if fi, err := os.Stat(p); err == nil && fi.Mode().IsRegular() && (fi.Mode()&0o111 != 0 || runtime.GOOS == "windows") {
			return p
		}
	}
	return ""
}

// goroot is the Go tree in use: that of the go.env which the settings were read from, else the folder
// above the program.
func goroot(set *facts.Settings, program string) string {
	if set.GoRoot.Path != "" {
		return filepath.Dir(set.GoRoot.Path)
	}
	if real, err := filepath.EvalSymlinks(program); err == nil {
		return filepath.Dir(filepath.Dir(real))
	}
	return ""
}

func hasGoFiles(dir string) bool {
	d, err := os.Open(dir)
	if err != nil {
		return false
	}
	defer d.Close()
	names, _ := d.Readdirnames(2000) // what could be read is enough
	for _, n := range names {
		if strings.HasSuffix(n, ".go") {
			return true
		}
	}
	return false
}

func allOf(errs []facts.BuildError, class facts.BuildClass) bool {
	for _, e := range errs {
		if e.Class != class {
			return false
		}
	}
	return true
}

// endless names a file that the go command reads whole and that has no end in sight: a device, a pipe, or
// more than 16 MiB. "" = none.
func endless(w probe.World, set *facts.Settings) string {
	files := []string{set.File.Path, set.GoRoot.Path, set.Get("GOWORK"), filepath.Join(set.Get("GOCACHE"), "trim.txt")}
	for dir := w.Dir; ; dir = filepath.Dir(dir) {
		files = append(files, filepath.Join(dir, "go.mod"), filepath.Join(dir, "go.work"), filepath.Join(dir, "vendor", "modules.txt"))
		if dir == filepath.Dir(dir) {
			break
		}
	}
	for _, f := range files {
		if fi, err := os.Stat(f); f != "" && err == nil && !fi.IsDir() && (!fi.Mode().IsRegular() || fi.Size() > 16<<20) && f != os.DevNull {
			return f
		}
	}
	return ""
}
