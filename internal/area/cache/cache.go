// Package cache knows the folders and files that the go command works with: the build cache, the
// module cache, the folders for temporary files, the files of the project as files, and the limits of the
// session. It knows what may keep them from being used and how that is mended without losing anything.
package cache

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/gorescue/gorescue/internal/buildlist"
	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/probe"
)

// Probes returns the probe of this area.
func Probes() []probe.Probe {
	return []probe.Probe{{
		Section: facts.SecDirs,
		Needs:   []facts.Section{facts.SecHost, facts.SecProcess, facts.SecStartup, facts.SecSettings},
		Timeout: 2 * time.Second,
		Run:     collect,
	}}
}

// Checks returns the checks of this area, from the ground up.
func Checks() []diag.Check {
	return slices.Concat(
		limitChecks(), placeChecks(), cacheFullChecks(), fullChecks(),
		[]diag.Check{refused, tempNoExec, tempIsRoot, progMissing, progHangs, cachePartsClosed},
		fileChecks(), []diag.Check{strayCopies, outputFolder},
		blockChecks(), []diag.Check{vcsLock}, damageChecks(), []diag.Check{modPage},
	)
}

// newTerminal is the variable by which a fix says that its proof is made in the world of a new terminal, to
// which the limits of this process are no guide.
const newTerminal = "GORESCUE_NEW_TERMINAL"

// collect looks at everything of the section: the three slow parts side by side, each bounded by
// itself so that what was found in time is kept.
func collect(ctx context.Context, w probe.World, s *facts.Snapshot) (probe.Install, error) {
	d := facts.Dirs{NewTerminal: w.Get(newTerminal) != "", HardFiles: hardFiles()}
	p := place{w: w, s: s}
	p.list, p.listErr = buildlist.Of(ctx, w.Dir, &s.Settings)
	var all sync.WaitGroup
	all.Go(func() { d.Tree = p.tree(ctx) })
	all.Go(func() { d.Modules = p.modules(ctx) })
	d.Folders = p.folders()
	d.Prog = p.cacheProg()
	d.Ulimits = ulimits(ctx, s.Startup.Files)
	d.Old = p.oldEntries(ctx, d.Folder(facts.RoleCache))
	d.Temp = p.temp(ctx, d.Folder(facts.RoleWork))
	all.Wait()
	return func(s *facts.Snapshot) { s.Dirs = d }, ctx.Err()
}

// place is what the parts of the probe share. It is not changed after it was made.
type place struct {
	w       probe.World
	s       *facts.Snapshot
	list    *buildlist.List // never nil
	listErr error           // go.mod, go.work or go.sum cannot be read or parsed: others say so
}
