// Package lock knows the file locks of the go command: who holds one, what the holder is doing, and whether
// go commands of this project will wait for it. Lock files always stay behind, so that a file which merely
// exists is never a finding; only a lock that the kernel has in its table is, and only when its holder does
// nothing.
package lock

import (
	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/probe"
)

// Probes returns the probe of this area.
func Probes() []probe.Probe {
	return []probe.Probe{{Section: facts.SecLocks, Needs: []facts.Section{facts.SecSettings}, Run: locks}}
}

// Checks returns the checks of this area: one for each kind of locked file, and one for the suspended go
// command that only has to be continued.
func Checks() []diag.Check {
	out := []diag.Check{suspended}
	for _, k := range kinds() {
		out = append(out, k.check())
	}
	return out
}
