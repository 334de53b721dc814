package modules

import (
	"context"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/modfile"

	"github.com/gorescue/gorescue/internal/action"
	"github.com/gorescue/gorescue/internal/buildlist"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/gobuild"
	"github.com/gorescue/gorescue/internal/gomod"
	"github.com/gorescue/gorescue/internal/probe"
)

// The bounds of the trials.
const (
	maxSingles  = 6
	maxChanges  = 200
	leaveFor    = 50 * time.Millisecond // the end of a trial and of the probe
	leastForOne = 300 * time.Millisecond
)

// trials asks which uncommitted statements of go.mod explain that the build does not pass.
func trials(ctx context.Context, w probe.World, s *facts.Snapshot) (probe.Install, error) {
	b, m := &s.Build, &s.ModFiles
	if b.Outcome != facts.BuildFailed && b.Outcome != facts.BuildNeedsDownload {
		return nil, fmt.Errorf("%w: the build passes, or says nothing", probe.ErrSkipped)
	}
	var t facts.Trials
	if len(m.Mods) > 0 {
		t.Cycle = cycle(ctx, w, b, &m.Mods[0])
	}
	if len(m.Mods) > 0 && m.Mods[0].Changed() && buildlist.Flag(s.Settings.Get("GOFLAGS"), "modfile") == "" {
		r := &runner{ctx: ctx, w: w, s: s, src: &m.Mods[0], out: &t}
		r.changes = gomod.Diff(*r.src.Head, r.src.Text)
		r.all()
	}
	if len(m.Mods) > 0 {
		l := &lookout{ctx: ctx, w: w, s: s, src: &m.Mods[0], root: filepath.Dir(m.Mods[0].Path), git: newGit(w, filepath.Dir(m.Mods[0].Path))}
		t.Nested, t.Absent = l.unprovided()
		t.Ambiguous = l.ambiguous()
		t.Updated = l.updated(t.Absent)
		t.OwnPath = l.ownPath(t.Absent)
	}
	return func(s *facts.Snapshot) { s.Trials = t }, nil
}

// runner makes the trials of one go.mod.
type runner struct {
	ctx     context.Context
	w       probe.World
	s       *facts.Snapshot
	src     *facts.ModSource
	changes []gomod.Change
	out     *facts.Trials
}

// all takes back everything, and when that helps one statement after the other, those first that the go command names.
func (r *runner) all() {
	var every []int
	for i := range r.changes {
		every = append(every, i)
		r.out.Changes = append(r.out.Changes, sentence(&r.changes[i]))
	}
	if len(every) == 0 || len(every) > maxChanges {
		return
	}
	first, ok := r.try(every, true)
	if !ok || !helps(r.s, first) || len(every) == 1 {
		return
	}
	said := r.s.Build.Stderr + strings.Join(r.s.Build.Needs, "\n")
	slices.SortStableFunc(every, func(a, b int) int { return r.unnamed(a, said) - r.unnamed(b, said) })
	for _, i := range every[:min(len(every), maxSingles)] {
		if one, ok := r.try([]int{i}, false); !ok || helps(r.s, one) {
			return
		}
	}
}

func (r *runner) unnamed(i int, said string) int {
	if s := r.changes[i].Subject(); s != "" && strings.Contains(said, s) {
		return 0
	}
	return 1
}

// helps reports whether a build got past the modules, or, when only the user's own code fails now, passes.
func helps(s *facts.Snapshot, t *facts.Trial) bool {
	if s.Build.Outcome == facts.BuildFailed && !foreign(s) {
		return t.Outcome == facts.BuildOK
	}
	return t.Outcome == facts.BuildOK || t.Outcome == facts.BuildFailed && t.Own || t.Outcome == facts.BuildTimedOut && t.First != ""
}

// try builds with statements taken back. ok is false when there is no time, or nothing could be tried.
func (r *runner) try(which []int, all bool) (*facts.Trial, bool) {
	var some []gomod.Change
	for _, i := range which {
		some = append(some, r.changes[i])
	}
	text, err := action.Spliced([]byte(r.src.Text), gomod.Revert(*r.src.Head, r.src.Text, some))
	if err != nil {
		return nil, false
	}
	files := gobuild.Files{r.src.Path: text}
	if sum := &r.s.ModFiles.Sum; all && sum.Changed() {
		files[sum.Path] = []byte(*sum.Head)
	}
	t := attempt(r.ctx, r.w, r.s, files)
	if t == nil {
		end, limited := r.ctx.Deadline()
		r.out.Short = r.out.Short || limited && time.Until(end) < leaveFor+leastForOne
		return nil, false
	}
	t.Reverted, t.All = which, all
	r.out.Tried = append(r.out.Tried, *t)
	return &r.out.Tried[len(r.out.Tried)-1], true
}

// attempt builds with other contents for some files; nil when there is no time, or nothing could be tried.
func attempt(ctx context.Context, w probe.World, s *facts.Snapshot, files gobuild.Files) *facts.Trial {
	end, limited := ctx.Deadline()
	if limited && time.Until(end) < leaveFor+leastForOne {
		return nil
	}
	cancel := context.CancelFunc(func() {})
	if limited {
		ctx, cancel = context.WithDeadline(ctx, end.Add(-leaveFor))
	}
	defer cancel()
	depth := gobuild.Load
	if !foreign(s) && s.Build.Outcome == facts.BuildFailed {
		depth = gobuild.Compile
	}
	b, err := gobuild.Try(ctx, w, &s.Settings, files, gobuild.How{Depth: depth})
	if err != nil {
		return nil
	}
	t := facts.Trial{Outcome: b.Outcome, First: b.Why, Own: len(b.Errors) > 0}
	for _, e := range b.Errors {
		t.Own = t.Own && e.Class == facts.ClassUserCode
	}
	if len(b.Errors) > 0 {
		t.First = b.Errors[0].Text
	}
	return &t
}

// sentence is a change in words of go.mod.
func sentence(c *gomod.Change) string {
	switch {
	case c.Old == nil:
		return "+ " + c.New.Text()
	case c.New == nil:
		return "- " + c.Old.Text()
	}
	new := c.New.Args
	for i := 0; len(new) > 1 && i+1 < len(c.Old.Args) && c.Old.Args[i] == new[0]; i++ { // what both begin with
		new = new[1:]
	}
	return c.Old.Text() + " → " + strings.Join(new, " ")
}

// cycle finds the files that make each import of a cycle which the go command complains of
// (cmd/go/internal/load/pkg.go, ImportStack: "package a", then lines "imports b" with or without " from file").
func cycle(ctx context.Context, w probe.World, b *facts.Build, src *facts.ModSource) []facts.Edge {
	chain := chainOf(b)
	module := modfile.ModulePath([]byte(src.Text))
	if len(chain) < 2 || module == "" {
		return nil
	}
	root := filepath.Dir(src.Path)
	g := newGit(w, root)
	start := slices.Index(chain, chain[len(chain)-1])
	var out []facts.Edge
	for i := start; i+1 < len(chain); i++ {
		e := facts.Edge{From: chain[i], To: chain[i+1]}
		if rel, ok := strings.CutPrefix(e.From+"/", module+"/"); ok {
			e.Files = edgeFiles(ctx, g, filepath.Join(root, filepath.FromSlash(path.Clean(rel))), e.To)
		}
		out = append(out, e)
	}
	return out
}

func chainOf(b *facts.Build) []string {
	for _, e := range b.Errors {
		if !strings.Contains(e.Text, "import cycle not allowed") {
			continue
		}
		var chain []string
		for line := range strings.Lines(e.Text) {
			f := strings.Fields(strings.TrimSuffix(strings.TrimSpace(line), ": import cycle not allowed"))
			if len(f) >= 2 && (f[0] == "package" || f[0] == "imports") {
				chain = append(chain, strings.TrimSuffix(f[1], ":"))
			}
		}
		return chain
	}
	return nil
}

func edgeFiles(ctx context.Context, g *git, dir, to string) []facts.EdgeFile {
	names, _ := filepath.Glob(filepath.Join(dir, "*.go"))
	var out []facts.EdgeFile
	var specs []string
	for _, f := range names[:min(len(names), 500)] {
		for _, i := range importsOf(f) {
			if i.Path == to && !strings.HasSuffix(f, "_test.go") {
				out = append(out, facts.EdgeFile{Import: i})
				specs = append(specs, head+f, index+f)
			}
		}
	}
	if g.top == "" || len(specs) == 0 {
		return out
	}
	found := g.show(ctx, specs...)
	if g.err != "" {
		return out
	}
	for i := range out {
		old, committed := found[head+out[i].File]
		_, indexed := found[index+out[i].File]
		out[i].Untracked = !committed && !indexed
		out[i].New = committed && !slices.ContainsFunc(importsIn(out[i].File, []byte(old)), func(o facts.Import) bool { return o.Path == to })
	}
	return out
}
