package cases

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
)

// result is one row of the table.
type result struct {
	Case         string   `json:"case"`
	Area         string   `json:"area"`
	Expected     string   `json:"expected"`
	Named        bool     `json:"named,omitempty"`
	Findings     []string `json:"findings"`
	Roots        []string `json:"roots"` // those that nothing explains
	First        bool     `json:"cause_first"`
	Repaired     bool     `json:"repaired"`
	Verified     bool     `json:"verified"`
	Undone       bool     `json:"undone"`
	Untouched    bool     `json:"untouched"`
	Proposed     bool     `json:"proposed,omitempty"` // the right answer was a proposal: nothing to repair
	CheckSeconds float64  `json:"check_seconds"`
	FixSeconds   float64  `json:"fix_seconds"`
	Miss         string   `json:"miss,omitempty"`
}

// end notes a failure that no step of the repair has noted.
func (r *result) end(failed bool) {
	if failed && r.Miss == "" {
		r.Miss = "the rest of the archive's script fails"
		r.Verified = false
	}
}

// healthyResult is one row of the table of healthy set-ups.
type healthyResult struct {
	Case         string   `json:"case"`
	Findings     []string `json:"findings"`
	CheckSeconds float64  `json:"check_seconds"`
}

// results collects rows from tests that run at the same time.
type results struct {
	mu      sync.Mutex
	cases   []*result
	healthy []healthyResult
}

func (t *results) add(r *result) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.cases = append(t.cases, r)
}

func (t *results) addHealthy(r healthyResult) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.healthy = append(t.healthy, r)
}

// rows is every case so far, by name.
func (t *results) rows() []*result {
	t.mu.Lock()
	defer t.mu.Unlock()
	rows := slices.Clone(t.cases)
	slices.SortFunc(rows, func(a, b *result) int { return strings.Compare(a.Case, b.Case) })
	return rows
}

// report writes the table to $GORESCUE_RESULTS and prints the summary against the bars.
func (t *results) report() {
	rows := t.rows()
	if file := os.Getenv("GORESCUE_RESULTS"); file != "" {
		doc := map[string]any{"cases": rows, "healthy": t.healthy}
		data, err := json.MarshalIndent(doc, "", "\t")
		if err == nil {
			err = os.WriteFile(file, append(data, '\n'), 0o644)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, "cannot write the results:", err)
		}
	}
	if len(rows) == 0 {
		return
	}
	fmt.Println("faults:")
	for _, b := range bars(rows) {
		fmt.Printf("  %-24s %3d of %3d  %5.1f %%  (bar %.0f %%)\n", b.what, b.n, b.of, b.share(), b.want)
	}
	times("check", rows, func(r *result) float64 { return r.CheckSeconds }, "")
	times("fix", rows, func(r *result) float64 { return r.FixSeconds }, "  (bar: mean 10 s, p95 30 s)")
	fmt.Printf("healthy set-ups without a false finding: %d\n", len(t.healthy))
	for _, r := range rows {
		if r.Miss != "" {
			first, _, _ := strings.Cut(r.Miss, "\n")
			fmt.Printf("  miss %-42s %s\n", r.Case, first)
		}
	}
}

// meanFix is the bar for the mean time of a repair, in seconds.
const meanFix = 10.0

// A bar is what the product promises for a share of the cases.
type bar struct {
	what  string
	n, of int
	want  float64 // percent
}

func (b bar) share() float64 { return 100 * float64(b.n) / float64(max(b.of, 1)) }

func bars(rows []*result) []bar {
	repairable := slices.DeleteFunc(slices.Clone(rows), func(r *result) bool { return r.Proposed })
	count := func(what string, want float64, of []*result, is func(*result) bool) bar {
		b := bar{what: what, of: len(of), want: want}
		for _, r := range of {
			if is(r) {
				b.n++
			}
		}
		return b
	}
	return []bar{
		count("cause named first", 95, rows, func(r *result) bool { return r.First }),
		count("repaired and verified", 90, repairable, func(r *result) bool { return r.Repaired && r.Verified }),
		count("taken back exactly", 90, repairable, func(r *result) bool { return r.Undone }),
		count("bystanders untouched", 100, rows, func(r *result) bool { return r.Untouched || !r.Repaired }),
	}
}

// times prints mean and 95th percentile of the seconds that were measured at all.
func times(what string, rows []*result, of func(*result) float64, bar string) {
	var s []float64
	sum := 0.0
	for _, r := range rows {
		if v := of(r); v > 0 {
			s = append(s, v)
			sum += v
		}
	}
	if len(s) == 0 {
		return
	}
	slices.Sort(s)
	fmt.Printf("  %-24s mean %.2f s, p95 %.2f s, slowest %.2f s%s\n", what, sum/float64(len(s)), s[len(s)*95/100], s[len(s)-1], bar)
}
