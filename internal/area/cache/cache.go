// Package cache TEMP.
package cache

import (
	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/probe"
)

// Probes returns the probes of this area.
func Probes() []probe.Probe { return nil }

// Checks returns the checks of this area, from the ground up.
func Checks() []diag.Check { return nil }
