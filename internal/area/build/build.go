// Package build asks the question that all the others are about: does the user's own build pass here and
// now? Its checks say what no other check explains: an unexplained failure is a finding of its own, and an
// error in the user's code is said as such.
package build

import (
	"context"
	"fmt"
	"time"

	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/gobuild"
	"github.com/gorescue/gorescue/internal/probe"
)

// Probes returns the probe of this area.
func Probes() []probe.Probe {
	return []probe.Probe{
		{Section: facts.SecBuild, Needs: []facts.Section{facts.SecSettings}, Timeout: 4 * time.Second, Run: build},
		{Section: facts.SecExperiment, Needs: []facts.Section{facts.SecSettings, facts.SecBuild}, Timeout: 10 * time.Second, Run: experiment},
	}
}

// Checks returns the checks of this area.
func Checks() []diag.Check {
	return []diag.Check{zeroFilled, rottenEntry, settingBreaks, libraryMissing, fails, hangs, userCode, notInCache}
}

// build runs the user's build once and installs what it said.
func build(ctx context.Context, w probe.World, s *facts.Snapshot) (probe.Install, error) {
	if w.Get("GORESCUE_NEW_TERMINAL") != "" { // the repair of a limit is being proven, and this process keeps its own
		return nil, fmt.Errorf("%w: only a new terminal has the repaired limit", probe.ErrSkipped)
	}
	b, err := gobuild.Ask(ctx, w, &s.Settings)
	if err != nil {
		return nil, err
	}
	return func(s *facts.Snapshot) { s.Build = *b }, nil
}

// experiment makes experiments with a build that failed.
func experiment(ctx context.Context, w probe.World, s *facts.Snapshot) (probe.Install, error) {
	b := &s.Build
	if b.Outcome != facts.BuildFailed {
		return nil, fmt.Errorf("%w: only a failed build is tried again", probe.ErrSkipped)
	}
	t := facts.Experiment{Rotten: gobuild.Rotten(ctx, w, b, &s.Settings)}
	if len(t.Rotten) == 0 {
		var err error
		if t.Blamed, err = gobuild.Blame(ctx, w, b, &s.Settings); err != nil {
			return nil, err
		}
	}
	return func(s *facts.Snapshot) { s.Experiment = t }, ctx.Err()
}
