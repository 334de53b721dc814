package pressure

import (
	"math"
	"testing"
	"time"

	"github.com/gorescue/gorescue/internal/facts"
)

// The lines are those of a 6.18 kernel that ended a compiler in a control group, and of one without a summary line.
const kernelLog = `6,1189,34230719000,-;memory: usage 153600kB, limit 153600kB, failcnt 41
6,1190,34230719644,-;oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/box,task_memcg=/box/b,task=compile,pid=29318,uid=1000
3,1191,34230719670,-;Memory cgroup out of memory: Killed process 29318 (compile) total-vm:1282576kB, anon-rss:35200kB, file-rss:12544kB, shmem-rss:0kB, UID:1000 pgtables:200kB oom_score_adj:0
 SUBSYSTEM=memory
6,1192,34231000000,-;oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,task_memcg=/user.slice,task=gopls,pid=77,uid=1000
3,1193,34231000100,-;Out of memory: Killed process 77 (gopls) total-vm:9kB, anon-rss:2048kB, file-rss:0kB, shmem-rss:0kB, UID:1000 pgtables:200kB oom_score_adj:0
3,1194,34232000000,-;Memory cgroup out of memory: Killed process 78 (ld (x)) total-vm:9kB, anon-rss:2048kB, file-rss:0kB
`

func TestKills(t *testing.T) {
	list := kills(kernelLog)
	if len(list) != 3 {
		t.Fatalf("got %d kills: %+v", len(list), list)
	}
	if k := list[0]; k.comm != "compile" || k.pid != 29318 || k.uid != 1000 || k.group != "/box" || k.global || k.rss != 35200<<10 {
		t.Errorf("first: %+v", k)
	}
	if k := list[1]; k.comm != "gopls" || !k.global || k.group != "" {
		t.Errorf("second: %+v", k)
	}
	if k := list[2]; k.comm != "ld (x)" || k.uid != -1 {
		t.Errorf("third: %+v", k)
	}
	now := list[1].at + time.Minute
	for _, c := range []struct {
		name   string
		up     time.Duration
		uid    int
		mine   []string
		groups []facts.ControlGroup
		comms  []string
	}{
		{"both", now, 1000, []string{"/box/b"}, []facts.ControlGroup{{Path: "/box", Limit: 153600 << 10}}, []string{"gopls", "compile"}},
		{"group of others", now, 1000, []string{"/boxer"}, nil, []string{"gopls"}},
		{"root of the tree is in no group", now, 1000, []string{"/"}, nil, []string{"gopls"}},
		{"a limit that was raised", now, 1000, []string{"/box"}, []facts.ControlGroup{{Path: "/box", Limit: 1 << 30}}, []string{"gopls"}},
		{"another user", now, 1001, []string{"/box"}, nil, nil},
		{"long ago", now + time.Hour, 1000, []string{"/box"}, nil, nil},
		{"before the log", time.Second, 1000, []string{"/box"}, nil, nil},
	} {
		var got []string
		for _, k := range relevant(list, c.up, c.uid, c.mine, c.groups) {
			got = append(got, k.Comm)
		}
		if len(got) != len(c.comms) || len(got) > 0 && got[0] != c.comms[0] {
			t.Errorf("%s: got %v, want %v", c.name, got, c.comms)
		}
	}
}

func TestParsers(t *testing.T) {
	for in, want := range map[string]float64{"200000 100000\n": 2, "max 100000": 0, "": 0, "-1 5": 0, "50000 100000": 0.5, "1 0": 0} {
		if got := quota(in); got != want {
			t.Errorf("quota(%q) = %v, want %v", in, got, want)
		}
	}
	for in, want := range map[string]uint64{"max\n": facts.Unlimited, "9223372036854771712\n": facts.Unlimited, "1048576\n": 1 << 20, "": facts.Unlimited} {
		if got := amount(in); got != want {
			t.Errorf("amount(%q) = %d, want %d", in, got, want)
		}
	}
	s := stalls("io", "some avg10=1.50 avg60=2.00 avg300=3.25 total=7\nfull avg10=nan avg60=0 avg300=0 total=1\nfull avg10=101 avg60=0 avg300=0 total=1\n")
	if len(s) != 1 || s[0].Avg300 != 3.25 {
		t.Errorf("stalls: %+v", s)
	}
	soft, hard, ok := openFiles("Limit                     Soft Limit           Hard Limit           Units\nMax open files            1024                 unlimited            files\n")
	if !ok || soft != 1024 || hard != facts.Unlimited {
		t.Errorf("open files: %d %d %t", soft, hard, ok)
	}
	a, _ := processors("cpu  100 0 100 700 0 0 0 100 0 0\n")
	b, _ := processors("cpu  120 0 100 730 0 0 0 150 20 0\n")
	u := since(sample{cpu: a, ok: true, heat: -1}, sample{cpu: b, ok: true, heat: -1, at: time.Time{}.Add(time.Second)})
	if u.Stolen != 0.5 || math.Abs(u.Busy-0.2) > 1e-9 || u.Heat != -1 {
		t.Errorf("processors: %+v", u)
	}
	m := mounts("36 35 98:0 / /mnt/c rw,noatime shared:1 - 9p C:\\134 rw,aname=drvfs\n22 1 8:1 / / rw - ext4 /dev/sda1 rw\n")
	if len(m) != 2 || m[0].kind != "9p" || m[0].source != `C:\` {
		t.Errorf("mounts: %+v", m)
	}
	if p := places(m, map[string]string{"project": "/mnt/c/src", "GOCACHE": "/mnt/cache"}); p[0].Type != "9p" || p[1].Type != "ext4" {
		t.Errorf("places: %+v", p)
	}
}

// FuzzParse feeds every reader with anything: none may crash, and what they return must be usable.
func FuzzParse(f *testing.F) {
	for _, s := range []string{kernelLog, "some avg10=1 avg60=2 avg300=3 total=4", "200000 100000", "max", "oom_kill 18446744073709551615\nnr_periods 9223372036854775808",
		"cpu 1 2 3 4 5 6 7 8", "Max open files 1 2 files", "36 35 98:0 / /mnt rw - 9p x y", "4:memory:/a/../b\n0::/", "inotify wd:1 ino:2 sdev:3 mask:4",
		"fanotify mnt_id:1f mflags:0 mask:3b\nfanotify sdev:800001 mflags:0", "pid:9 x) total-vm:1", "MemTotal: 9007199254740993 kB"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, x := range stalls("io", s) {
			if !(x.Avg10 >= 0 && x.Avg60 <= 100) {
				t.Errorf("stall out of range: %+v", x)
			}
		}
		if q := quota(s); q < 0 || math.IsNaN(q) {
			t.Errorf("quota %v", q)
		}
		for _, k := range relevant(kills(s), time.Hour, 0, []string{"/a"}, nil) {
			if k.Age < 0 {
				t.Errorf("kill in the future: %+v", k)
			}
		}
		if a, ok := processors(s); ok {
			since(sample{ok: true}, sample{ok: true, cpu: a})
		}
		amount(s)
		keyed(s)
		openFiles(s)
		member(s)
		watched(s, map[string]string{"": "/"}, mounts(s))
		places(mounts(s), map[string]string{"project": "/a/b"})
	})
}
