//go:build !linux

package blackbox

import (
	"runtime"
	"time"
)

type procCache struct{}

// Processes, locks and the load cannot be looked at on this system.
func (s *Sampler) gopls() map[string]Gopls { return nil }

func (s *Sampler) held(float64) map[string]Lock { return nil }

func (s *Sampler) system() System {
	return System{CPUs: runtime.NumCPU(), Load: -1, CPUSome: -1, MemFull: -1, IOFull: -1}
}

func uptime() time.Duration { return 0 }

func bootID() string { return "" }
