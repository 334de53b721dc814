package survival

import (
	"debug/elf"
	"os"
	"path/filepath"
	"testing"

	"github.com/gorescue/gorescue/test/lab"
)

// TestStatic: the executable needs no library and no loader.
func TestStatic(t *testing.T) {
	f, err := elf.Open(theLab.Product)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP {
			t.Error("the executable needs a dynamic loader")
		}
	}
}

// TestWithout takes away one thing after the other that a diagnosis might lean on.
func TestWithout(t *testing.T) {
	tests := []struct {
		name    string
		change  func(*place)
		through string
		says    bool   // there must be a finding, or a reason why a section could not be looked at
		finds   string // the first finding
	}{
		{name: "go", change: func(p *place) { p.env["PATH"] = "/usr/bin:/bin" }, finds: "go-not-in-path"},
		{name: "git", change: func(p *place) { p.env["PATH"] = filepath.Join(theLab.GoRoot, "bin") }},
		{name: "a PATH", change: func(p *place) { delete(p.env, "PATH") }, finds: "go-not-in-path"},
		{name: "an existing folder in PATH", change: func(p *place) { p.env["PATH"] = "/nowhere:relative::" }, finds: "go-not-in-path"},
		{name: "HOME", change: func(p *place) { delete(p.env, "HOME") }},
		{name: "an existing HOME", change: func(p *place) { p.env["HOME"] = "/nowhere" }},
		{name: "an absolute HOME", change: func(p *place) { p.env["HOME"] = "home" }},
		{name: "a folder as HOME", change: func(p *place) { p.env["HOME"] = filepath.Join(p.proj, "go.mod") }},
		{name: "any variable", change: func(p *place) { p.env = map[string]string{} }, says: true},
		{name: "an existing TMPDIR", change: func(p *place) { p.env["TMPDIR"] = "/nowhere" }},
		{name: "standard input, output of errors", through: `exec "$@" <&- 2>&-`},
		{name: "a shell", change: func(p *place) { p.env["SHELL"] = "/nowhere/zsh" }},
		{name: "a known user", through: user(`exec setpriv --reuid=64999 --regid=64999 --clear-groups "$@"`)},
		{name: "valid UTF-8 in the environment", change: func(p *place) { p.env["GOFLAGS"] = "-tags=\xff\xfe"; p.env["LANG"] = "\xff" }},
		{name: "a short environment", change: func(p *place) { p.env["FILLER"] = string(make64k()) }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p := newPlace(t)
			if test.change != nil {
				test.change(p)
			}
			p.env["WORK"], p.env["GORESCUE_STATE"] = p.dir, filepath.Join(p.dir, "state", "gorescue")
			o := p.check(t, test.through)
			d := o.document(t)
			if test.says && d.silent() {
				t.Errorf("not a word about it: exit %d\n%s", o.code, o.stdout)
			}
			if test.finds != "" && (len(d.Findings) == 0 || d.Findings[0].Check != test.finds) {
				t.Errorf("finds %v, want %s first", d.Findings, test.finds)
			}
		})
	}
}

func make64k() []byte {
	b := make([]byte, 64<<10)
	for i := range b {
		b[i] = 'x'
	}
	return b
}

// user is a script that works for root only; for others the plain call is as good.
func user(script string) string {
	if os.Getuid() == 0 {
		return script
	}
	return ""
}

// TestFolderGone: the present folder was removed.
func TestFolderGone(t *testing.T) {
	p := newPlace(t)
	o := p.run(t, `mkdir gone && cd gone && rmdir ../gone && exec "$@"`, "check", "--json")
	p.sane(t, o, 1, 3)
}

// mounted is a script that runs "$@" in a mount namespace of its own after the given commands.
func mounted(commands string) string {
	flags := "-m"
	if os.Getuid() != 0 {
		flags = "-rm"
	}
	return `exec unshare ` + flags + ` --propagation private bash -c '` + commands + ` && exec "$@"' bash "$@"`
}

// broken makes a fault that fix --yes repairs: a line in ~/.profile.
func broken(t *testing.T) *place {
	t.Helper()
	p := newPlace(t)
	p.write(t, "home/.profile", "export EDITOR=vim\nexport GOROOT=/nowhere/go1.19\n")
	p.env["GOROOT"] = "/nowhere/go1.19"
	return p
}

// TestDisks: where nothing can be written, diagnosis works, and a repair does all or nothing.
func TestDisks(t *testing.T) {
	tests := []struct{ name, mount string }{
		{"read-only home", `mount --bind "$HOME" "$HOME" && mount -o remount,bind,ro "$HOME"`},
		{"read-only everything", `mount --bind "$WORK" "$WORK" && mount -o remount,bind,ro "$WORK"`},
		{"state on a full disk", `mkdir -p "$GORESCUE_STATE" && mount -t tmpfs -o size=64k tmpfs "$GORESCUE_STATE" && { head -c 1m /dev/zero >"$GORESCUE_STATE/fill" 2>/dev/null; true; }`},
		{"state on a disk without inodes", `mkdir -p "$GORESCUE_STATE" && mount -t tmpfs -o nr_inodes=1 tmpfs "$GORESCUE_STATE"`},
		{"home on a full disk", `cp -a "$HOME" "$WORK/keep" && mount -t tmpfs -o size=64k tmpfs "$HOME" && cp -a "$WORK/keep/." "$HOME/" && { head -c 1m /dev/zero >"$HOME/fill" 2>/dev/null; true; }`},
		{"temporary folder on a full disk", `mount -t tmpfs -o size=16k tmpfs "$TMPDIR" && { head -c 1m /dev/zero >"$TMPDIR/fill" 2>/dev/null; true; }`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p := broken(t)
			o := p.check(t, mounted(test.mount))
			if o.document(t).silent() {
				t.Errorf("not a word about GOROOT: %s", o.stdout)
			}
			before, err := lab.Take(filepath.Join(p.dir, "home"))
			if err != nil {
				t.Fatal(err)
			}
			p.env["SHOW"] = filepath.Join(p.dir, "after")
			o = p.run(t, mounted(test.mount+` && { "$@"; code=$?; cat "$HOME/.profile" >/dev/shm/$$ && mv /dev/shm/$$ "$SHOW" 2>/dev/null || rm -f /dev/shm/$$; exit $code; } && :`), "fix", "--yes", "--json")
			p.sane(t, o, 0, 1, 3)
			if o.code != 1 && o.document(t).Change.Outcome != "nothing" {
				// A full temporary folder is a fault too, and may rightly be repaired: then undo ends it.
				u := p.run(t, mounted(test.mount), "undo", "--yes")
				if u.code != 0 {
					t.Errorf("undo: exit %d\n%s%s", u.code, u.stdout, u.stderr)
				}
			}
			allOrNothing(t, p, before)
		})
	}
}

// allOrNothing: ~/.profile has all of its bytes, or all but the faulty line.
func allOrNothing(t *testing.T, p *place, before lab.Manifest) {
	t.Helper()
	for _, name := range []string{filepath.Join(p.home, ".profile"), filepath.Join(p.dir, "after")} {
		data, err := os.ReadFile(name)
		if os.IsNotExist(err) && name != filepath.Join(p.home, ".profile") {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if s := string(data); s != "export EDITOR=vim\nexport GOROOT=/nowhere/go1.19\n" && s != "export EDITOR=vim\n" {
			t.Errorf("%s is neither old nor new: %q", name, s)
		}
	}
	after, err := lab.Take(p.home)
	if err != nil {
		t.Fatal(err)
	}
	for path := range after {
		if _, ok := before[path]; !ok {
			t.Errorf("left behind in the home: %s", path)
		}
	}
}
