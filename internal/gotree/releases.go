package gotree

import (
	_ "embed"
	"go/version"
	"strings"
	"time"
)

// releases is a table of major releases and the months of their release (https://go.dev/doc/devel/release).
//
//go:embed releases.csv
var releases string

// Support says until when a release gets fixes: each major release is supported until there are two newer ones
// (https://go.dev/doc/devel/release#policy). ended is the month in which that was the case, "" when by this table it
// is not; ok is false for releases that the table does not have.
func Support(release string, now time.Time) (ended string, ok bool) {
	newer := 0
	for line := range strings.Lines(releases) {
		major, month, _ := strings.Cut(strings.TrimSpace(line), ",")
		if version.Lang(release) == "go"+major {
			ok = true
		} else if ok && month <= now.Format("2006-01") {
			if newer++; newer == 2 {
				return month, true
			}
		}
	}
	return "", ok
}
