// Package toolchain knows all we know about which go program a command starts, which Go tree that
// program uses, whether the tree is whole, and whether it is the release that the project asks for.
package toolchain

import (
	"slices"

	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/probe"
)

// Probes returns the probes of this area.
func Probes() []probe.Probe {
	return []probe.Probe{
		{Section: facts.SecToolchain, Needs: []facts.Section{facts.SecProcess, facts.SecSettings, facts.SecStartup}, Run: toolchain},
		{Section: facts.SecProject, Run: project},
	}
}

// Checks returns the checks of this area, from the ground up.
func Checks() []diag.Check {
	return slices.Concat(
		startChecks(), // does anything named go start at all?
		rootChecks(),  // does GOROOT name its tree?
		treeChecks(),  // is the tree whole, and of one release?
		fileChecks(),  // can go.mod be read?
		chainChecks(), // is it the release that the project asks for?
	)
}

// reads are the sections that every check of this area reads.
func reads(more ...facts.Section) []facts.Section {
	return append([]facts.Section{facts.SecHost, facts.SecProcess, facts.SecStartup, facts.SecSettings, facts.SecToolchain}, more...)
}
