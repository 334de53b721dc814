package cache

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gorescue/gorescue/internal/action"
	"github.com/gorescue/gorescue/internal/facts"
)

func TestUlimits(t *testing.T) {
	const text = `# limits
ulimit -n 15
ulimit -Sn 20 -u 30   # for tests
if [ -n "$X" ]; then ulimit -v 500000; fi
f() { ulimit -n 3; }
( ulimit -n 4 )
ulimit -c 0; ulimit -f 200
ulimit -n unlimited
ulimit 100
`
	got := parseUlimits("p", facts.KindShell, []byte(text))
	want := []struct {
		line    int
		limit   string
		value   uint64
		guarded bool
	}{
		{2, "nofile", 15, false}, {3, "nofile", 20, false}, {3, "nproc", 30, false}, {4, "as", 500000 << 10, true}, {7, "fsize", 200 << 10, false}, {9, "fsize", 100 << 10, false},
	}
	if len(got) != len(want) {
		t.Fatalf("%+v", got)
	}
	for i, w := range want {
		if g := got[i]; g.Line != w.line || g.Limit != w.limit || g.Values[0] != w.value || g.Guarded != w.guarded {
			t.Errorf("%+v, want %+v", g, w)
		}
		out, err := action.Spliced([]byte(text), got[i].Cuts)
		if err != nil || bytes.Count(out, []byte("ulimit")) != strings.Count(text, "ulimit")-1 || len(parseUlimits("p", facts.KindShell, out)) >= len(got) {
			t.Errorf("%s: %v\n%s", got[i].Text, err, out)
		}
	}
	fish := parseUlimits("p", facts.KindFish, []byte("set -x A b\nulimit -n 15\n"))
	if len(fish) != 1 || fish[0].Line != 2 || fish[0].Cuts[0].Old != "ulimit -n 15\n" {
		t.Errorf("%+v", fish)
	}
}

func FuzzUlimits(f *testing.F) {
	f.Add("ulimit -n 15\n", false)
	f.Add("if x; then ulimit -Sn 4 -u 3\nfi", true)
	f.Fuzz(func(t *testing.T, text string, fish bool) {
		kind := facts.KindShell
		if fish {
			kind = facts.KindFish
		}
		for _, u := range parseUlimits("p", kind, []byte(text)) {
			if _, err := action.Spliced([]byte(text), u.Cuts); err != nil {
				t.Errorf("%+v: %v", u, err)
			}
		}
	})
}

func FuzzMounts(f *testing.F) {
	f.Add([]byte("36 35 98:0 / /mnt\\0401 rw,noatime master:1 - ext3 /dev/root rw\n"))
	f.Fuzz(func(t *testing.T, data []byte) { parseMounts(data) })
}

func TestMounts(t *testing.T) {
	got := parseMounts([]byte("36 35 98:0 / /mnt\\0401 rw,noatime master:1 - ext3 /dev/root rw\nbroken\n"))
	if len(got) != 1 || got[0] != (mount{"/mnt 1", "ext3"}) {
		t.Errorf("%+v", got)
	}
	f := look(readMounts(), facts.RoleState, "", t.TempDir())
	if f.Kind != facts.NodeFolder || f.Total == 0 || f.FS == "" || f.Mount == "" || f.Dev == 0 || f.Denied != "" {
		t.Errorf("%+v", f)
	}
}

func TestLimits(t *testing.T) {
	for _, tc := range []struct {
		id, limit, line string
		soft, hard      uint64
	}{
		{"ulimit-nproc-low", "nproc", "ulimit -u 30", 30, 30},
		{"open-files-limit-too-low", "nofile", "ulimit -n 15", 15, 15},
		{"address-space-limit-kills-gopls", "as", "ulimit -v 500000", 500000 << 10, 500000 << 10},
		{"ulimit-file-size-low", "fsize", "ulimit -f 200", 200 << 10, 200 << 10},
	} {
		t.Run(tc.id, func(t *testing.T) {
			b := newBench(t)
			profile := filepath.Join(b.home, ".profile")
			b.write(profile, "export EDITOR=vim\n"+tc.line+"\n")
			b.change = func(s *facts.Snapshot) { // the limits of this session outlive the repair
				s.Host.UID, s.Dirs.HardFiles = 1000, 0
				s.Host.Limits = map[string]facts.Limit{tc.limit: {Soft: tc.soft, Hard: tc.hard}}
			}
			b.mend(tc.id)
			b.repair(tc.id)
			if data, _ := os.ReadFile(profile); string(data) != "export EDITOR=vim\n" {
				t.Errorf("%q", data)
			}
		})
	}
	t.Run("enough", func(t *testing.T) {
		b := newBench(t)
		b.write(filepath.Join(b.home, ".profile"), "ulimit -n 4096\nulimit -u 4000\n")
		b.change = func(s *facts.Snapshot) {
			s.Host.UID, s.Dirs.HardFiles = 1000, 0
			s.Host.Limits = map[string]facts.Limit{"nofile": {Soft: 16, Hard: 4096}, "nproc": {Soft: 4000, Hard: 4000}, "as": {Soft: facts.Unlimited, Hard: facts.Unlimited}}
		}
		b.want()
	})
	t.Run("typed in this shell", func(t *testing.T) {
		b := newBench(t)
		b.change = func(s *facts.Snapshot) {
			s.Dirs.HardFiles = 15
		}
		b.want("open-files-limit-too-low")
		if fixes := b.diagnose(t.Context(), b.w).Findings[0].Fixes; len(fixes) != 1 || len(fixes[0].Actions) != 0 {
			t.Errorf("%+v", fixes)
		}
	})
	t.Run("root has no limit of processes", func(t *testing.T) {
		b := newBench(t)
		b.change = func(s *facts.Snapshot) {
			s.Host.UID, s.Host.Limits = 0, map[string]facts.Limit{"nproc": {Soft: 3, Hard: 3}}
		}
		b.want()
	})
}
