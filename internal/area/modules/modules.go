// Package modules knows go.mod: whether it can be read, what in it differs from the last commit, whether what it asks
// for can be had, and which statement explains that the build fails.
package modules

import (
	"time"

	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/probe"
)

// Probes returns the probes of this area.
func Probes() []probe.Probe {
	return []probe.Probe{
		{Section: facts.SecModules, Needs: []facts.Section{facts.SecSettings, facts.SecProject}, Run: files},
		{Section: facts.SecTrials, Needs: []facts.Section{facts.SecModules, facts.SecBuild, facts.SecSettings}, Timeout: 3 * time.Second, Run: trials},
	}
}

// Checks returns the checks of this area, from the ground up.
func Checks() []diag.Check {
	return []diag.Check{deleted, conflictMarkers, unknownDirective, duplicateDirective, branchAsVersion, majorSuffix, malformed,
		siblingMissing, submoduleMissing, otherPath, hasGoMod, needsNewerGo, versionAbsent, badPseudo, excluded, toolDropped, toolAbsent,
		breaking, updatesNeeded, nestedHides, otherName, ambiguous, importAbsent, retracted, deprecated, apiRemoved, cycleIntroduced}
}
