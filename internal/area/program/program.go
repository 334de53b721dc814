// Package program judges samples of one running Go program: which goroutines can never go on, what holds memory that
// grows, which loop computes for nothing. The facts come from gorescue profile alone; a diagnosis of a folder looks at
// no program.
package program

import (
	"context"
	"fmt"

	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/probe"
)

// Probes returns a probe that looks at nothing: a program must be named.
func Probes() []probe.Probe {
	return []probe.Probe{{Section: facts.SecProgram, Run: func(context.Context, probe.World, *facts.Snapshot) (probe.Install, error) {
		return nil, fmt.Errorf("%w: gorescue profile looks at one program", probe.ErrSkipped)
	}}}
}

// Checks returns the checks of this area. What proves more comes first: of two findings of one rank it is shown first.
func Checks() []diag.Check {
	var out []diag.Check
	for _, p := range patterns {
		out = append(out, p.check())
	}
	return append(out, bodyNotClosed, busyLoop, heapGrowth)
}

var reads = []facts.Section{facts.SecProgram}
