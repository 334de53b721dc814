package readonly

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gorescue/gorescue/test/lab"
)

var theLab *lab.Lab

func TestMain(m *testing.M) {
	os.Exit(lab.Main(m, &theLab, lab.Options{Parallel: 2}))
}

// traced are the system calls that are watched.
const traced = "trace=%file,%network,%process,ftruncate,fchmod,fchown,fsetxattr,fremovexattr"

// limit bounds a diagnosis under strace, which makes everything several times slower; the budget is
// what the product is given so that no probe stops early.
const (
	limit  = 120 * time.Second
	budget = "60s"
)

var broken = []string{
	"goroot-env-removed-tree", "goflags-mod-vendor-goenv", "goenv-zero-filled", "gocacheprog-hangs", "go-not-in-path",
	"modcache-ziphash-damaged", "modcache-not-writable", "gosum-flock-held", "git-dubious-ownership", "git-head-zeroed",
	"gomod-zero-filled", "tmpdir-missing", "gocache-not-writable", "old-go-first-in-path-offline",
}

var healthy = []string{"fresh-machine-nothing-there", "gowork-on-purpose", "modcache-old-locks-and-leftovers", "project-is-a-submodule", "vendor-consistent-no-network"}

func TestDiagnosisOnlyLooks(t *testing.T) {
	for _, name := range broken {
		watch(t, lab.Find(t, filepath.Join(theLab.Repo, "testdata", "cases"), name))
	}
	for _, name := range healthy {
		watch(t, lab.Find(t, filepath.Join(theLab.Repo, "testdata", "healthy"), name))
	}
}

func watch(t *testing.T, a *lab.Archive) {
	strace, unshare := tool(t, "strace"), tool(t, "unshare")
	t.Run(a.Name, func(t *testing.T) {
		t.Parallel()
		theLab.Run(t, a, func(c *lab.Case) {
			c.WritePolicy()
			trace := filepath.Join(c.Work, ".tmp", "trace")
			before := c.Manifest()
			plain, asks := check(c, theLab.Product)
			cut, _ := check(c, unshare, alone(), theLab.Product)
			if plain != cut {
				c.Fatalf("without a network it finds something else:\n%s\n%s", plain, cut)
			}
			check(c, strace, "-f", "-y", "-qq", "-e", traced, "-e", "signal=none",
				"-o", trace, theLab.Product)
			if diff := lab.Compare(before, c.Manifest()); diff != nil {
				c.Fatalf("the diagnosis changed something:\n%s", diff)
			}
			data, err := os.ReadFile(trace)
			if err != nil {
				c.Fatalf("no trace: %v", err)
			}
			judge(c, parse(string(data), theLab.Product), asks)
			if c.Has("remedy.sh") {
				c.Script("remedy.sh") // so that the rest of the archive's script passes
			}
		})
	})
}

// tool finds a program for cases whose own PATH does not have it.
func tool(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// alone is the flag of unshare that takes the network away.
func alone() string {
	if os.Getuid() == 0 {
		return "-n"
	}
	return "-rn"
}

// check diagnoses through the given command and returns what was found, as a comparable text, and whether a server was
// asked: that may be when the project lacks a module, and only then.
func check(c *lab.Case, argv ...string) (found string, asks bool) {
	res := c.Developer(limit, append(argv, "check", "--json", "--budget", budget)...)
	var d struct {
		Findings []struct {
			Check   string
			Unknown bool
		}
		Sections map[string]struct{ Status string }
	}
	if err := json.Unmarshal([]byte(res.Stdout), &d); err != nil {
		c.Fatalf("exit %d, no JSON document: %v\n%s", res.Code, err, res.Stderr)
	}
	d.Findings = slices.DeleteFunc(d.Findings, func(f struct {
		Check   string
		Unknown bool
	}) bool {
		return f.Check == "network-offline" // what is to be found without a network, and nothing else
	})
	out, err := json.Marshal(d.Findings)
	if err != nil {
		c.Fatalf("%v", err)
	}
	lacks := slices.ContainsFunc(d.Findings, func(f struct {
		Check   string
		Unknown bool
	}) bool {
		return f.Check == "modules-not-in-cache"
	})
	return string(out), lacks && d.Sections["network"].Status == "ok"
}

// judge fails on any change or connection that a diagnosis has no right to. asks: it may ask servers, which are all on this
// machine.
func judge(c *lab.Case, calls []call, asks bool) {
	if len(calls) < 100 {
		c.Fatalf("the trace has only %d calls; was anything watched?", len(calls))
	}
	bad := 0
	for _, call := range calls {
		for _, path := range call.changes() {
			if !allowed(c, call.program, path) {
				bad++
				c.Logf("%s changes %s: %s(%s)", call.program, path, call.name, call.args)
			}
		}
		if to := call.reaches(); to != "" && !(asks && strings.Contains(to, `inet_addr("127.0.0.1")`)) {
			bad++
			c.Logf("%s reaches out: %s", call.program, to)
		}
	}
	if bad > 0 {
		c.Fatalf("%d forbidden system calls during a diagnosis", bad)
	}
}

// allowed reports whether a diagnosis may change path.
func allowed(c *lab.Case, program, path string) bool {
	if path == "/dev/null" || path == "/dev/tty" || strings.HasPrefix(path, "/proc/self/") {
		return true
	}
	if strings.Contains(path, "/state/gorescue/") {
		return true
	}
	// Work folders of the go command and of the compilers that it runs. The product makes the folder around them, where
	// the go command would make them, to take away what a killed one leaves.
	for part := range strings.SplitSeq(path, "/") {
		if strings.HasPrefix(part, "go-build") || strings.HasPrefix(part, "go-link-") || strings.HasPrefix(part, "cgo-gcc-") {
			return true
		}
	}
	if program == theLab.Product {
		return false // all else is for the go command alone
	}
	for _, cache := range []string{theLab.GoCache, filepath.Join(c.Getenv("HOME"), ".cache", "go-build"), c.Getenv("GOCACHE")} {
		if cache != "" && (path == cache || strings.HasPrefix(path, cache+"/")) {
			return true
		}
	}
	if strings.Contains(path, "/go/telemetry/") {
		return true
	}
	return strings.HasPrefix(filepath.Base(path), "cc") && filepath.Dir(path) == c.Getenv("TMPDIR")
}
