package diag

import (
	"math"
	"sort"
	"strings"
	"unicode"
)

// Match returns the checks whose pages speak of a pasted error message, best first, at most five. It
// weighs the words which the text shares with a check's ID, title and page by how few pages have them;
// that is good enough to choose what to read, and no diagnosis.
func Match(checks []Check, query string) []Check {
	pages := make([]map[string]int, len(checks))
	spread := map[string]int{}
	for i, c := range checks {
		pages[i] = map[string]int{}
		for _, w := range words(strings.ReplaceAll(c.ID, "-", " ") + " " + c.Title.En + " " + c.Doc.En + " " + c.Title.Zh + " " + c.Doc.Zh) {
			pages[i][w]++
		}
		for w := range pages[i] {
			spread[w]++
		}
	}
	type hit struct {
		check Check
		score float64
	}
	asked := map[string]bool{}
	for _, w := range words(query) {
		asked[w] = true
	}
	var hits []hit
	best := 0.0
	for i, c := range checks {
		score := 0.0
		for w := range asked {
			if pages[i][w] > 0 {
				score += math.Log(float64(len(checks)+1) / float64(spread[w]))
			}
		}
		if score > 1 {
			hits = append(hits, hit{c, score})
			best = max(best, score)
		}
	}
	sort.SliceStable(hits, func(i, j int) bool { return hits[i].score > hits[j].score })
	var out []Check
	for _, h := range hits {
		if h.score >= best/2 && len(out) < 5 {
			out = append(out, h.check)
		}
	}
	return out
}

// words splits a text into lower-case words of letters, digits and underscores; each Chinese character
// is a word of its own.
func words(t string) []string {
	var out []string
	var b strings.Builder
	flush := func() {
		if b.Len() > 1 {
			out = append(out, b.String())
		}
		b.Reset()
	}
	for _, r := range strings.ToLower(t) {
		switch {
		case unicode.Is(unicode.Han, r):
			flush()
			out = append(out, string(r))
		case unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_':
			b.WriteRune(r)
		default:
			flush()
		}
	}
	flush()
	return out
}
