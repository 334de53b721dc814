// Package lazyre keeps regular expressions of package level out of the start of the program: some forty of them
// cost 3 ms to compile, and a command needs one or two.
package lazyre

import (
	"regexp"
	"sync"
)

// New returns a function that compiles expr at its first call and then gives the same value, also to concurrent
// callers. It panics at that call when expr is wrong; a test of the code base compiles every one.
func New(expr string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expr) })
}
