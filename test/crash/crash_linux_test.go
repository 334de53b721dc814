// Package crash kills the product at every write, rename and fsync of every repair that the fault
// lab knows, and proves that the machine is then in the old or the new state and that undo, or the next
// run, ends it in the old one exactly.
package crash

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gorescue/gorescue/test/lab"
)

var theLab *lab.Lab

func TestMain(m *testing.M) {
	os.Exit(lab.Main(m, &theLab, lab.Options{Parallel: 3, ProductTags: "gorescue_crash"}))
}

// chosen have repairs of every kind: a start-up file, the go env file, a tracked file, modes, a tree and
// a file moved aside, a copy restored, a git file. GORESCUE_CRASH=all takes every case instead.
var chosen = []string{
	"goroot-env-removed-tree", "goflags-mod-vendor-goenv", "gowork-go-line-too-old", "go-tool-not-executable",
	"modcache-extracted-edited", "modcache-ziphash-damaged", "goenv-zero-filled", "git-head-zeroed",
}

// limit bounds one call of the product.
const limit = 60 * time.Second

// most bounds the points of one repair: more would mean that it does not end.
const most = 400

func TestCrashAtEveryPoint(t *testing.T) {
	for _, a := range lab.Archives(t, filepath.Join(theLab.Repo, "testdata", "cases")) {
		if a.Expect == "propose" || a.NoUndo || a.Header["miss"] != "" {
			continue
		}
		if os.Getenv("GORESCUE_CRASH") != "all" && !slices.Contains(chosen, a.Name) {
			continue
		}
		t.Run(a.Name, func(t *testing.T) {
			t.Parallel()
			theLab.Run(t, a, func(c *lab.Case) { everyPoint(t, c) })
		})
	}
}

func everyPoint(t *testing.T, c *lab.Case) {
	c.WritePolicy()
	plan := filepath.Join(filepath.Dir(c.Work), "plan.json")
	args := []string{"fix", "--plan-out", plan}
	if c.Named {
		args = append(args, c.Check)
	}
	if r := c.Developer(limit, append([]string{theLab.Product}, args...)...); r.Code != 3 && r.Code != 0 {
		c.Fatalf("cannot make a plan: exit %d\n%s", r.Code, r.Stderr)
	}
	broken := c.Manifest()
	for k := 1; k <= most; k++ {
		r := c.Developer(limit, "env", "GORESCUE_CRASH_AT="+strconv.Itoa(k), theLab.Product, "fix", "--plan", plan, "--yes", "--json")
		ended := r.Code == 0 || r.Code == 3
		if !ended && r.Code != 137 {
			c.Fatalf("point %d: exit %d instead of a crash\n%s", k, r.Code, r.Stderr)
		}
		if u := c.Developer(limit, theLab.Product, "undo"); u.Code != 0 && !strings.Contains(u.Stderr, "no change stands") {
			c.Fatalf("undo after a crash at point %d: exit %d\n%s%s", k, u.Code, u.Stdout, u.Stderr)
		}
		if diff := lab.Compare(broken, c.Manifest()); diff != nil {
			c.Fatalf("after a crash at point %d and undo the machine is not as it was:\n%s", k, diff)
		}
		if ended {
			t.Logf("%d points", k-1)
			if r := c.Developer(limit, theLab.Product, "fix", "--plan", plan, "--yes"); r.Code != 0 {
				c.Fatalf("the repair does not work after all this: exit %d\n%s%s", r.Code, r.Stdout, r.Stderr)
			}
			return
		}
	}
	c.Fatalf("no end after %d points", most)
}
