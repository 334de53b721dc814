// Package env knows the variables of the go command: which values they may have, what a bad or left-over value does
// and where it comes from, and the files that carry them. Its checks judge the effective value alone; the probes of
// what they read are those of the host area.
package env

import (
	"slices"

	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/probe"
)

// Probes returns no probe: this area only judges.
func Probes() []probe.Probe { return nil }

// Checks returns the checks of this area, from the ground up: the files that carry settings, the home folder, what
// stops every command, what stops builds, what stops some of them, what stops downloads.
func Checks() []diag.Check {
	return slices.Concat(fileChecks(), homeChecks(), wordChecks(), pathChecks(), flagChecks(), platformChecks(), cgoChecks(), programChecks(), downloadChecks())
}
