package survival

import (
	"bytes"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// places are what a diagnosis looks at, relative to the folder of a place.
var places = []string{
	"home/.profile", "home/.bashrc", "home/.bash_profile", "home/.zshrc", "home/.zshenv", "home/.pam_environment",
	"home/.config/fish/config.fish", "home/.config/environment.d", "home/.config/environment.d/go.conf",
	"home/.config/go/env", "home/.config/gorescue/policy.yaml", "home/.gitconfig", "home/go", "home/go/pkg/mod", "home/go/bin/gopls",
	"home/go/pkg/mod/cache/lock", "home/.cache/go-build", "home/.cache/go-build/trim.txt", "home/.local",
	"proj/go.mod", "proj/go.sum", "proj/go.work", "proj/main.go", "proj/zz_generated.go", "proj/vendor", "proj/vendor/modules.txt",
	"proj/.git", "proj/.git/HEAD", "proj/.git/config", "proj/.git/index", "proj/.go-version", "proj/.tool-versions", "proj/gorescue.yaml",
	"proj/.vscode/settings.json", "goroot", "goroot/VERSION", "goroot/bin/go", "goroot/go.env", "goroot/pkg/tool", "tmp",
}

// kinds of files that are no readable text.
var kinds = []string{"fifo", "socket", "folder", "endless", "huge", "one long line", "binary", "not UTF-8", "loop", "dangling", "unreadable", "empty"}

// mustSay are the pairs of which a diagnosis must not say that all is well.
var mustSay = map[string][]string{
	"proj/go.mod":         {"fifo", "socket", "folder", "endless", "huge", "binary", "not UTF-8", "loop", "dangling", "unreadable", "empty"},
	"home/.config/go/env": {"fifo", "unreadable"},
}

// TestOddFiles puts every kind of odd file at every place.
func TestOddFiles(t *testing.T) {
	for _, where := range places {
		for _, kind := range kinds {
			t.Run(where+"/"+kind, func(t *testing.T) {
				t.Parallel()
				p := newPlace(t)
				prepare(t, p, where)
				plant(t, filepath.Join(p.dir, where), kind)
				through := ""
				if kind == "unreadable" && os.Getuid() == 0 {
					const caps = "-dac_override,-dac_read_search,-fowner,-chown"
					through = `exec setpriv --bounding-set ` + caps + ` --inh-caps ` + caps + ` "$@"`
				}
				o := p.check(t, through)
				if slices.Contains(mustSay[where], kind) && !t.Failed() && o.document(t).silent() {
					t.Errorf("not a word about %s as %s\n%s", where, kind, o.stdout)
				}
				if o.rss > 1280<<20 {
					t.Errorf("%d MiB of memory, with what was started", o.rss>>20)
				}
				if kind == "huge" || kind == "endless" {
					p.env["PATH"] = "/nowhere" // so that only the product's own memory is measured
					if o := p.check(t, ""); o.rss > 150<<20 {
						t.Errorf("%d MiB of memory", o.rss>>20)
					}
				}
			})
		}
	}
}

// prepare makes the place look at where: some files count only when a variable names them.
func prepare(t *testing.T, p *place, where string) {
	t.Helper()
	switch {
	case strings.HasPrefix(where, "goroot"):
		p.write(t, "goroot/VERSION", "go1.24.0\n")
		p.write(t, "goroot/bin/README", "\n")
		p.write(t, "goroot/pkg/README", "\n")
		p.env["GOROOT"] = filepath.Join(p.dir, "goroot")
	case strings.HasPrefix(where, "home/.cache"):
		delete(p.env, "GOCACHE")
	case strings.HasPrefix(where, "home/.local"):
		delete(p.env, "GORESCUE_STATE")
	case strings.HasPrefix(where, "proj/.git/"):
		p.write(t, "proj/.git/HEAD", "ref: refs/heads/main\n")
		p.write(t, "proj/.git/config", "[core]\n\trepositoryformatversion = 0\n")
		mkdir(t, filepath.Join(p.proj, ".git", "objects"))
		mkdir(t, filepath.Join(p.proj, ".git", "refs", "heads"))
	}
}

// plant replaces path by a file of that kind.
func plant(t *testing.T, path, kind string) {
	t.Helper()
	mkdir(t, filepath.Dir(path))
	if err := os.RemoveAll(path); err != nil {
		t.Fatal(err)
	}
	var err error
	switch kind {
	case "fifo":
		err = syscall.Mkfifo(path, 0o644)
	case "socket":
		err = socket(path)
	case "folder":
		err = os.Mkdir(path, 0o755)
	case "endless":
		err = os.Symlink("/dev/zero", path)
	case "huge":
		if err = os.WriteFile(path, nil, 0o755); err == nil {
			err = os.Truncate(path, 1<<30)
		}
	case "one long line":
		err = os.WriteFile(path, bytes.Repeat([]byte("export A=b; "), 700<<10), 0o644)
	case "binary":
		err = os.WriteFile(path, noise(64<<10), 0o755)
	case "not UTF-8":
		err = os.WriteFile(path, []byte("export NAME=\xff\xfe\nGOFLAGS=\xc3\x28\nmodule \xa0\xa1\n"), 0o644)
	case "loop":
		err = os.Symlink(filepath.Base(path), path)
	case "dangling":
		err = os.Symlink("/nowhere/"+filepath.Base(path), path)
	case "unreadable":
		err = os.WriteFile(path, []byte("x\n"), 0)
	case "empty":
		err = os.WriteFile(path, nil, 0o644)
	default:
		t.Fatalf("unknown kind %q", kind)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// socket leaves a socket file behind. The name is short in its own folder: the limit is 107 bytes.
func socket(path string) error {
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		return err
	}
	l.SetUnlinkOnClose(false)
	return l.Close()
}

func noise(n int) []byte {
	r := rand.New(rand.NewPCG(1, 2))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}
