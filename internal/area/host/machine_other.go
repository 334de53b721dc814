//go:build !linux

package host

import (
	"strconv"

	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/probe"
)

func uid(n int) string                       { return strconv.Itoa(n) }
func limits() map[string]facts.Limit         { return nil }
func threads(int) int                        { return 0 }
func binfmt() []string                       { return nil }
func container() (string, bool)              { return "", false }
func ancestors(probe.World) []facts.Ancestor { return nil }
