// Package build asks the question that all the others are about: does the user's own build pass here and
// now? Its checks say what no other check explains: an unexplained failure is a finding of its own, and an
// error in the user's code is said as such.
package build

import (
	"time"

	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/probe"
)

// Probes returns the probe of this area.
func Probes() []probe.Probe {
	return []probe.Probe{{Section: facts.SecBuild, Needs: []facts.Section{facts.SecSettings}, Timeout: 4 * time.Second, Run: build}}
}

// Checks returns the checks of this area.
func Checks() []diag.Check {
	return []diag.Check{fails, hangs, userCode, notInCache}
}
