package gotree

import (
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestReleases: the table is complete, in order, and has two releases a year.
func TestReleases(t *testing.T) {
	last, minor := time.Time{}, 0
	for line := range strings.Lines(releases) {
		major, month, ok := strings.Cut(strings.TrimSpace(line), ",")
		date, err := time.Parse("2006-01", month)
		n, err2 := strconv.Atoi(strings.TrimPrefix(major, "1."))
		if !ok || err != nil || err2 != nil {
			t.Fatalf("line %q", line)
		}
		if gap := date.Sub(last); !last.IsZero() && (n != minor+1 || gap < 120*24*time.Hour || gap > 240*24*time.Hour) {
			t.Errorf("line %q does not follow 1.%d of %s", line, minor, last.Format("2006-01"))
		}
		last, minor = date, n
	}
}

func TestSupport(t *testing.T) {
	now := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	for _, tc := range []struct {
		release, ended string
		ok             bool
	}{{"go1.26.1", "", true}, {"go1.25", "", true}, {"go1.24.9", "2026-02", true}, {"go1.20", "2024-02", true}, {"go1.99", "", false}, {"go1.4", "", false}, {"devel", "", false}} {
		if ended, ok := Support(tc.release, now); ended != tc.ended || ok != tc.ok {
			t.Errorf("%s: %q %v", tc.release, ended, ok)
		}
	}
}
