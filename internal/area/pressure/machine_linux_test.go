package pressure

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/probe"
)

// snapshot is what this area knows, judged by all its checks but those that need other sections.
func judged(p facts.Pressure) []diag.Finding {
	s := &facts.Snapshot{Sections: map[facts.Section]facts.Status{}, Pressure: p}
	for _, sec := range []facts.Section{facts.SecPressure, facts.SecHost, facts.SecToolchain, facts.SecProject, facts.SecBuild} {
		s.Sections[sec] = facts.Status{State: facts.OK}
	}
	s.Toolchain = facts.Toolchain{Commands: []facts.GoCommand{{GoProgram: facts.GoProgram{Version: "go1.24.3"}}}}
	return diag.Run(Checks(), s).Findings
}

func ids(list []diag.Finding) string {
	var out []string
	for _, f := range list {
		out = append(out, f.Check)
	}
	return strings.Join(out, " ")
}

// tree makes files below a folder: a machine.
func tree(t *testing.T, files map[string]string) machine {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return machine{root}
}

// container2 is a container of the second version of control groups, seen from inside.
func container2(limit, used, inactive, quota, stat string) map[string]string {
	return map[string]string{
		"proc/self/cgroup": "0::/\n", "proc/self/mountinfo": "30 23 0:26 / /sys/fs/cgroup ro - cgroup2 cgroup rw\n",
		"sys/fs/cgroup/cgroup.procs": "1\n", "sys/fs/cgroup/memory.max": limit, "sys/fs/cgroup/memory.current": used,
		"sys/fs/cgroup/memory.stat": "anon 1\ninactive_file " + inactive + "\n", "sys/fs/cgroup/memory.events": "oom 2\noom_kill 2\n",
		"sys/fs/cgroup/cpu.max": quota, "sys/fs/cgroup/cpu.stat": stat,
	}
}

func TestGroups(t *testing.T) {
	const idle = "nr_periods 0\nnr_throttled 0\n"
	for _, c := range []struct {
		name, want string
		files      map[string]string
	}{
		{"a generous limit", "", container2("8589934592", "8589000000", "8000000000", "max 100000", idle)},
		{"no limit", "", container2("max", "99999999999", "0", "max 100000", idle)},
		{"full of what cannot be given back", "memory-limit-reached", container2("1073741824", "1073000000", "1000", "max 100000", idle)},
		{"too little for a compiler", "memory-limit-too-low", container2("134217728", "1000000", "0", "max 100000", idle)},
		{"a quota that stops an old Go", "processor-quota-unknown-to-go", container2("max", "0", "0", "100000 100000", "nr_periods 1000\nnr_throttled 600\n")},
		{"a quota that stops now and then", "", container2("max", "0", "0", "100000 100000", "nr_periods 1000\nnr_throttled 100\n")},
	} {
		m := tree(t, c.files)
		p := facts.Pressure{Groups: m.groups(mounts(m.read("proc/self/mountinfo"))), Processor: facts.ProcessorUse{Count: 16}}
		if got := ids(judged(p)); got != c.want {
			t.Errorf("%s: got %q, want %q; %+v", c.name, got, c.want, p.Groups)
		}
	}
	files := map[string]string{ // the first version, a host: the group above has the limit
		"proc/self/cgroup": "4:memory:/a/b\n1:cpu,cpuacct:/a\n", "proc/self/mountinfo": "31 23 0:27 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n32 23 0:28 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu,cpuacct\n",
		"sys/fs/cgroup/memory/a/b/cgroup.procs": "1\n", "sys/fs/cgroup/memory/a/b/memory.limit_in_bytes": "9223372036854771712\n",
		"sys/fs/cgroup/memory/a/memory.limit_in_bytes": "1000000000\n", "sys/fs/cgroup/memory/a/memory.usage_in_bytes": "5\n", "sys/fs/cgroup/memory/a/memory.oom_control": "oom_kill_disable 0\noom_kill 3\n",
		"sys/fs/cgroup/cpu/a/cgroup.procs": "1\n", "sys/fs/cgroup/cpu/a/cpu.cfs_quota_us": "150000\n", "sys/fs/cgroup/cpu/a/cpu.cfs_period_us": "100000\n",
	}
	m := tree(t, files)
	got := m.groups(mounts(m.read("proc/self/mountinfo")))
	if len(got) != 2 || got[0].Limit != 1000000000 || got[0].Kills != 3 || got[1].Quota != 1.5 {
		t.Errorf("first version: %+v", got)
	}
}

// TestBuildKilled: only a build that was killed where memory is limited is laid to that limit.
func TestBuildKilled(t *testing.T) {
	group := facts.ControlGroup{Dir: "/sys/fs/cgroup", Path: "/", Version: 2, Limit: 1 << 30, Used: 1, Kills: 1}
	for _, c := range []struct {
		stderr, want string
		kills        int64
	}{{"compile: signal: killed", "build-killed-by-memory-limit", 1}, {"compile: signal: killed", "", 0}, {"undefined: x", "", 1}, {"compile: signal: killed", "", -1}} {
		group.Kills = c.kills
		s := &facts.Snapshot{Build: facts.Build{Outcome: facts.BuildFailed, Stderr: c.stderr}, Pressure: facts.Pressure{Groups: []facts.ControlGroup{group}}}
		if got := ids(buildKilledFindings(s)); got != c.want {
			t.Errorf("%q with %d kills: got %q, want %q", c.stderr, c.kills, got, c.want)
		}
	}
}

func buildKilledFindings(s *facts.Snapshot) []diag.Finding {
	out := buildKilled.Run(s)
	for i := range out {
		out[i].Check = buildKilled.ID
	}
	return out
}

// TestThisMachine looks at the machine that runs the test, with a processor that is busy: that is no finding, and quick.
func TestThisMachine(t *testing.T) {
	busy := exec.Command("sh", "-c", "ulimit -t 20; while :; do :; done")
	if err := busy.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = busy.Process.Kill(); _ = busy.Wait() }()
	best := time.Hour
	var p facts.Pressure
	for range 5 {
		start := time.Now()
		p = machine{"/"}.look(t.Context(), probe.World{Dir: t.TempDir()}, &facts.Snapshot{})
		best = min(best, time.Since(start))
	}
	if p.Memory.Total == 0 || p.Processor.Window == 0 || p.Files.Max == 0 || len(p.Places) == 0 {
		t.Errorf("something was not seen: %+v", p)
	}
	if best > 400*time.Millisecond { // 60 ms on an idle machine; tests share theirs
		t.Errorf("took %v", best)
	}
	t.Logf("took %v, %d kills", best, len(p.Kills))
}

// TestOpenFiles holds real descriptors of several kinds in a process named as an editor.
func TestOpenFiles(t *testing.T) {
	sleep, err := exec.LookPath("sleep")
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(t.TempDir(), "nvim") // the kernel's name of a process is that of its file
	data, err := os.ReadFile(sleep)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(program, data, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		open  int
		limit string
		want  diag.Severity
	}{{40, "64", ""}, {58, "64", diag.Warning}, {30, "30", diag.Error}} {
		script := "ulimit -n 64; i=3; while [ $i -lt " + line(c.open) + " ]; do eval \"exec $i</dev/null\"; i=$((i+1)); done; exec \"$0\" 30"
		cmd := exec.Command("bash", "-c", script, program)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		defer func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }()
		m, got := machine{"/"}, []facts.FileHolder(nil)
		for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
			p, ok := m.process(cmd.Process.Pid)
			if ok && p.Comm == "nvim" {
				if out, err := exec.Command("prlimit", "--pid", line(p.PID), "--nofile="+c.limit+":64").CombinedOutput(); err != nil {
					t.Fatalf("%v: %s", err, out)
				}
				got = m.holders([]process{p}, os.Geteuid())
				break
			}
		}
		found := judged(facts.Pressure{Files: facts.FileUse{Holders: got}})
		switch {
		case c.want == "" && len(found) > 0, c.want != "" && len(found) != 1:
			t.Errorf("%d of %s: %d findings, holders %+v", c.open, c.limit, len(found), got)
		case len(found) == 1 && (found[0].Severity != c.want || len(got[0].Kinds) == 0 || got[0].Kinds[0].Name != "file"):
			t.Errorf("%d of %s: %s, %+v", c.open, c.limit, found[0].Severity, got)
		}
	}
}
