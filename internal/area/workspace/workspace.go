// Package workspace knows go.work: which one decides, whether it can be read, whether the modules it
// joins are there, and the settings that switch it off or point elsewhere.
package workspace

import (
	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/probe"
)

// Probes returns the probe of this area.
func Probes() []probe.Probe {
	return []probe.Probe{{Section: facts.SecWorkspace, Needs: []facts.Section{facts.SecSettings}, Run: collect}}
}

// Checks returns the checks of this area, from the ground up.
func Checks() []diag.Check {
	return []diag.Check{elsewhere, off, modMod, merge, unreadable, removedFolder, duplicate, goLine, leftOut, notListed}
}

// settingReads are the sections that checks of variables read.
var settingReads = []facts.Section{facts.SecWorkspace, facts.SecSettings, facts.SecProcess, facts.SecStartup}
