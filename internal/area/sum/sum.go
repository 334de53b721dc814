// Package sum knows go.sum and go.work.sum: whether they can be read, whether what they say agrees with git, with the
// module cache, with the proxies and with the checksum database, and which of these is wrong when they do not.
package sum

import (
	"slices"
	"time"

	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/probe"
)

// Probes returns the probes of this area.
func Probes() []probe.Probe {
	return []probe.Probe{
		{Section: facts.SecSums, Needs: []facts.Section{facts.SecSettings, facts.SecPolicy}, Timeout: 3 * time.Second, Run: collect},
		{Section: facts.SecSumSources, Needs: []facts.Section{facts.SecSums, facts.SecSettings, facts.SecPolicy}, Timeout: 4 * time.Second, Run: sources},
	}
}

// Checks returns the checks of this area, from the ground up.
func Checks() []diag.Check {
	return slices.Concat([]diag.Check{unreadable}, damageChecks(), []diag.Check{dbWrongKey, wrongHash, wrongWorkHash, cacheContent, proxyChanged, dbDisagrees, privateListed, entryMissing})
}
