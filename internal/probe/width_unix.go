//go:build unix

package probe

import (
	"math"

	"golang.org/x/sys/unix"
)

// fewFiles are open files that two probes at once can use up: each command that is started takes eight for a moment.
const fewFiles = 64

// width is how many probes may run at once: one where this process may have so few files open that they would take them
// from each other, which looks like files that cannot be read.
func width() int {
	var l unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &l); err == nil && l.Cur < fewFiles {
		return 1
	}
	return math.MaxInt
}
