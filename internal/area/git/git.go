// Package git knows what the go command asks of git: the revision that a build is stamped with, and the
// repositories of modules that are fetched directly. Its checks say why git cannot answer.
package git

import (
	"time"

	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/probe"
)

// Probes returns the probe of this area.
func Probes() []probe.Probe {
	return []probe.Probe{{Section: facts.SecGit, Needs: []facts.Section{facts.SecSettings}, Timeout: 2 * time.Second, Run: collect}}
}

// Checks returns the checks of this area, from the ground up.
func Checks() []diag.Check {
	return []diag.Check{missing, badLine, badValue, envLeaked, headZeroed, halfRepository, dubious, refZeroed, indexDamaged, insteadOf, fails}
}
