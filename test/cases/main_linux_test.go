package cases

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/gorescue/gorescue/test/lab"
)

var (
	remedy = flag.String("remedy", "product", "what repairs: product, or expert for the archive's own remedy.sh")
	theLab *lab.Lab
	table  results
)

func TestMain(m *testing.M) {
	os.Exit(lab.Main(m, &theLab, lab.Options{
		Parallel:   3,
		NoProduct:  expert,
		AfterTests: func() { table.report() },
	}))
}

func expert() bool { return *remedy == "expert" }

func testdata(name string) string { return filepath.Join(theLab.Repo, "testdata", name) }

// TestCases repairs every fault.
func TestCases(t *testing.T) {
	for _, a := range lab.Archives(t, testdata("cases")) {
		t.Run(a.Name, func(t *testing.T) {
			t.Parallel()
			r := &result{Case: a.Name, Area: a.Area, Expected: a.Check, Named: a.Named}
			if !expert() {
				table.add(r)
				t.Cleanup(func() { r.end(t.Failed()) })
			}
			theLab.Run(t, a, func(c *lab.Case) {
				if expert() {
					byExpert(c)
					return
				}
				(&repair{Case: c, r: r}).run()
			})
		})
	}
}

// TestHealthy looks at every odd but healthy set-up.
func TestHealthy(t *testing.T) {
	for _, a := range lab.Archives(t, testdata("healthy")) {
		t.Run(a.Name, func(t *testing.T) {
			t.Parallel()
			theLab.Run(t, a, func(c *lab.Case) {
				if !expert() {
					table.addHealthy(healthy(c))
				}
			})
		})
	}
}

// TestSilence proves that the finding of one case is not made in another as a cause of its own, unless that one's
// header says that it is right there. What is shown as a consequence of the case's cause is right.
func TestSilence(t *testing.T) {
	rows := table.rows()
	if expert() || len(rows) < 2 {
		t.Log("nothing to compare: the cases did not run")
		return
	}
	archives := map[string]*lab.Archive{}
	own := map[string]bool{}
	for _, a := range lab.Archives(t, testdata("cases")) {
		archives[a.Name] = a
		own[a.Check] = true
	}
	for _, r := range rows {
		a := archives[r.Case]
		right := map[string]bool{a.Check: true}
		for _, id := range a.Also {
			right[id] = true
		}
		for _, id := range r.Roots {
			if own[id] && !right[id] {
				t.Errorf("%s: also reports %s, the cause of another case", r.Case, id)
			}
		}
	}
}

// TestBars holds the whole suite to what the product promises. A case that is marked as a known miss
// does not fail by itself; here it counts.
func TestBars(t *testing.T) {
	rows := table.rows()
	if expert() || len(rows) < len(lab.Archives(t, testdata("cases"))) {
		t.Log("nothing to judge: not all cases ran")
		return
	}
	for _, b := range bars(rows) {
		if b.share() < b.want {
			t.Errorf("%s: %d of %d are %.1f %%, want at least %.0f %%", b.what, b.n, b.of, b.share(), b.want)
		}
	}
	sum, n := 0.0, 0
	for _, r := range rows {
		if r.FixSeconds > 0 {
			sum, n = sum+r.FixSeconds, n+1
		}
	}
	if n > 0 && sum/float64(n) > meanFix {
		t.Errorf("a repair takes %.1f s on average, want at most %.0f s", sum/float64(n), meanFix)
	}
}

// byExpert carries out the archive's own remedy.
func byExpert(c *lab.Case) {
	if !c.Has("remedy.sh") {
		return // healthy
	}
	if r := c.Script("remedy.sh"); r.Code != 0 {
		c.Fatalf("remedy.sh: exit %d\n%s", r.Code, r.Stderr)
	}
}
