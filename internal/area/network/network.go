// Package network knows what the servers do that the go command asks for modules: it asks each entry of GOPROXY in
// the go command's place, stage by stage and under limits, predicts from that what go will do, and names the
// stage that is at fault.
package network

import (
	"slices"

	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/probe"
)

// Probes returns the probe of this area.
func Probes() []probe.Probe {
	return []probe.Probe{{
		Section: facts.SecNetwork, Needs: []facts.Section{facts.SecSettings, facts.SecDirs, facts.SecPolicy}, Timeout: hardLimit, Run: collect,
	}}
}

// Checks returns the checks of this area: nearest to this machine first.
func Checks() []diag.Check {
	return slices.Concat([]diag.Check{leftOff.check(), leak}, wayFaults(), proxyFaults(), lookupFaults(), tlsFaults(), reachFaults(), answerFaults(), fileFaults(), besideFaults())
}
