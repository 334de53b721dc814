package lab

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// A Lab is what all cases of one test binary share: the built product, the tools, the folder
// in which the cases live.
type Lab struct {
	Product string // the gorescue executable: built from this tree, or $GORESCUE_PRODUCT
	Root    string // holds one folder per running case
	Tools   string // made by tools/install.sh
	GoRoot  string // tree of the go command that runs the tests
	GoCache string // its build cache, shared by the cases that break no build cache
	Repo    string // the repository
}

// Options of Main.
type Options struct {
	Parallel    int         // cases that run at once; 0: the testing package's default
	NoProduct   func() bool // asked after flags are parsed; true: do not build the product
	AfterTests  func()      // called behind the last test
	ProductTags string      // build tags for the product
}

// Main runs the tests of a package in a lab and returns the exit code. The pointer it fills is
// for the tests; the lab is gone when Main returns.
func Main(m *testing.M, into **Lab, opt Options) int {
	flag.Parse()
	if opt.Parallel > 0 && !given("test.parallel") {
		if err := flag.Set("test.parallel", fmt.Sprint(opt.Parallel)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	l, end, err := open(opt.NoProduct == nil || !opt.NoProduct(), opt.ProductTags)
	if err != nil {
		fmt.Fprintln(os.Stderr, "cannot open the lab:", err)
		return 1
	}
	defer end()
	*into = l
	back, err := homeless(l.Root)
	if err != nil {
		fmt.Fprintln(os.Stderr, "cannot open the lab:", err)
		return 1
	}
	code := m.Run()
	if err := back(); err != nil {
		fmt.Fprintln(os.Stderr, "lab:", err)
	}
	if opt.AfterTests != nil {
		opt.AfterTests()
	}
	return code
}

// homeless sees to it that the place where the product goes when there is no home is empty: what this user has there is
// put aside, and back in the end. A change that stands there would be one that every case could undo.
func homeless(root string) (back func() error, err error) {
	shared := fmt.Sprintf("/var/tmp/gorescue-%d", os.Getuid())
	aside := shared + "." + filepath.Base(root)
	had := false
	switch err := os.Rename(shared, aside); {
	case err == nil:
		had = true
	case !errors.Is(err, fs.ErrNotExist):
		return nil, err
	}
	return func() error {
		err := os.RemoveAll(shared)
		if had {
			err = errors.Join(err, os.Rename(aside, shared))
		}
		return err
	}, nil
}

func given(name string) bool {
	found := false
	flag.Visit(func(f *flag.Flag) { found = found || f.Name == name })
	return found
}

func open(product bool, tags string) (*Lab, func(), error) {
	out, err := output("go", "env", "GOROOT", "GOCACHE", "GOMOD")
	if err != nil {
		return nil, nil, err
	}
	lines := strings.Split(out, "\n")
	if len(lines) < 3 {
		return nil, nil, fmt.Errorf("unexpected answer of go env: %q", out)
	}
	l := &Lab{GoRoot: lines[0], GoCache: lines[1], Repo: filepath.Dir(lines[2])}
	if l.Tools, err = tools(); err != nil {
		return nil, nil, err
	}
	if l.Root, err = os.MkdirTemp("", "gorescue-lab-"); err != nil {
		return nil, nil, err
	}
	stop, err := startReaper(l.Root)
	if err != nil {
		return nil, nil, err
	}
	// Some cases give up root; they must reach their folder and the product.
	if err := os.Chmod(l.Root, 0o755); err != nil {
		stop()
		return nil, nil, err
	}
	if l.Product = os.Getenv("GORESCUE_PRODUCT"); product && l.Product == "" {
		l.Product = filepath.Join(l.Root, "bin", "gorescue")
		args := []string{"build", "-o", l.Product}
		if tags != "" {
			args = append(args, "-tags", tags)
		}
		cmd := exec.Command("go", append(args, "github.com/gorescue/gorescue/cmd/gorescue")...)
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			err = fmt.Errorf("cannot build the product: %v\n%s", err, out)
			stop()
			return nil, nil, err
		}
	}
	return l, stop, nil
}

// tools finds the folder made by tools/install.sh.
func tools() (string, error) {
	dir := os.Getenv("GORESCUE_TOOLS")
	if dir == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			return "", err
		}
		dir = filepath.Join(cache, "gorescue-tools")
	}
	if !exists(filepath.Join(dir, "lspdrive")) {
		return "", fmt.Errorf("no test tools in %s (hint: tools/install.sh, or make tools)", dir)
	}
	return filepath.EvalSymlinks(dir)
}

func output(name string, args ...string) (string, error) {
	out, err := exec.Command(name, args...).Output()
	var failed *exec.ExitError
	if errors.As(err, &failed) {
		return "", fmt.Errorf("%s %s: %v\n%s", name, strings.Join(args, " "), err, failed.Stderr)
	}
	return strings.TrimSpace(string(out)), err
}

// reaper waits for the end of its standard input, that is for the end of the test binary, however
// that came; then it ends what the cases left running and removes their folder. Processes are
// known by the variable WORK in their environment, which names a folder that only we use.
const reaper = `
cat >/dev/null
for round in 1 2 3; do
	for e in $(grep -lsaz "^WORK=$1/" /proc/[0-9]*/environ); do
		p=${e#/proc/}
		kill -KILL "${p%/environ}" 2>/dev/null
	done
done
[ -e "$1/keep" ] && exit 0
chmod -R u+rwX "$1" 2>/dev/null
rm -rf "$1"
`

// startReaper starts the reaper for the folder root; the returned function ends the lab.
func startReaper(root string) (func(), error) {
	cmd := exec.Command("bash", "-c", reaper, "reaper", root)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	var once sync.Once
	return func() {
		once.Do(func() {
			in.Close()
			if err := cmd.Wait(); err != nil {
				fmt.Fprintln(os.Stderr, "lab: the reaper failed:", err)
			}
		})
	}, nil
}
