// Package catalog is the one list of all areas. The order of the checks is from the ground up: of two
// root causes of equal severity the one nearer to the ground is shown, and repaired, first.
package catalog

import (
	"slices"

	"github.com/gorescue/gorescue/internal/area/build"
	"github.com/gorescue/gorescue/internal/area/cache"
	"github.com/gorescue/gorescue/internal/area/editor"
	"github.com/gorescue/gorescue/internal/area/env"
	"github.com/gorescue/gorescue/internal/area/git"
	"github.com/gorescue/gorescue/internal/area/gopls"
	"github.com/gorescue/gorescue/internal/area/host"
	"github.com/gorescue/gorescue/internal/area/lock"
	"github.com/gorescue/gorescue/internal/area/modules"
	"github.com/gorescue/gorescue/internal/area/network"
	"github.com/gorescue/gorescue/internal/area/policy"
	"github.com/gorescue/gorescue/internal/area/pressure"
	"github.com/gorescue/gorescue/internal/area/program"
	"github.com/gorescue/gorescue/internal/area/sum"
	"github.com/gorescue/gorescue/internal/area/toolchain"
	"github.com/gorescue/gorescue/internal/area/vendor"
	"github.com/gorescue/gorescue/internal/area/workspace"
	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/probe"
)

// Probes returns all probes.
func Probes() []probe.Probe {
	return slices.Concat(host.Probes(), toolchain.Probes(), env.Probes(), cache.Probes(), lock.Probes(), git.Probes(), workspace.Probes(), modules.Probes(), sum.Probes(), vendor.Probes(), editor.Probes(), gopls.Probes(), policy.Probes(), pressure.Probes(), network.Probes(), build.Probes(), program.Probes())
}

// Checks returns all checks.
func Checks() []diag.Check {
	return slices.Concat(toolchain.Checks(), env.Checks(), cache.Checks(), lock.Checks(), git.Checks(), workspace.Checks(), modules.Checks(), network.Checks(), sum.Checks(), vendor.Checks(), editor.Checks(), gopls.Checks(), pressure.Checks(), policy.Checks(), build.Checks(), program.Checks())
}
