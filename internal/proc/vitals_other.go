//go:build !linux

package proc

import "time"

// Vitals are what a process uses at this moment.
type Vitals struct {
	CPU    time.Duration
	RSS    int64
	Waited time.Duration
	State  byte
}

// VitalsOf cannot tell here.
func VitalsOf(int) (Vitals, bool) { return Vitals{}, false }
