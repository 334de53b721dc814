package pressure

import (
	"path"
	"strconv"
	"strings"

	"github.com/gorescue/gorescue/internal/facts"
)

// member is the groups of a process: by controller for the first version, "" for the second.
func member(data string) map[string]string {
	out := map[string]string{}
	for line := range strings.Lines(data) {
		f := strings.SplitN(strings.TrimRight(line, "\n"), ":", 3)
		if len(f) != 3 || !strings.HasPrefix(f[2], "/") {
			continue
		}
		for _, c := range strings.Split(f[1], ",") {
			out[c] = path.Clean(f[2])
		}
	}
	return out
}

// memoryGroup is the group that limits the memory of a process, "" = unknown.
func (m machine) memoryGroup(pid int) string {
	g := member(m.read("proc", strconv.Itoa(pid), "cgroup"))
	if p, ok := g["memory"]; ok {
		return p
	}
	return g[""]
}

// maxDepth bounds how many groups above ours are looked at.
const maxDepth = 32

// groups are the limited ones among our own group and those above it. What is mounted need not begin at the root of the kernel's tree: of
// a container whose own group is mounted there, the name in /proc leads nowhere, and the mounted top is ours.
func (m machine) groups(table []mount) []facts.ControlGroup {
	own := member(m.read("proc/self/cgroup"))
	var out []facts.ControlGroup
	for _, t := range table {
		name, version := "", 0
		switch {
		case t.kind == "cgroup2":
			name, version = own[""], 2
		case t.kind == "cgroup" && has(t.options, "memory"):
			name, version = own["memory"], 1
		case t.kind == "cgroup" && has(t.options, "cpu"):
			name, version = own["cpu"], 1
		}
		if name == "" {
			continue
		}
		if m.read(t.point, name, "cgroup.procs") == "" {
			name = "/"
		}
		for range maxDepth {
			if g := m.group(t.point, name, version); g.Limit != facts.Unlimited || g.Quota > 0 {
				out = append(out, g)
			}
			if name == "/" {
				break
			}
			name = path.Dir(name)
		}
	}
	return out
}

func has(options, word string) bool {
	for _, o := range strings.Split(options, ",") {
		if o == word {
			return true
		}
	}
	return false
}

// group reads one group (Documentation/admin-guide/cgroup-v2.rst, cgroup-v1/memory.rst).
func (m machine) group(point, name string, version int) facts.ControlGroup {
	g := facts.ControlGroup{Dir: path.Join(point, name), Path: name, Version: version, Limit: facts.Unlimited, Kills: -1}
	get := func(file string) string { return m.read(g.Dir, file) }
	stat := keyed(get("cpu.stat"))
	g.Periods, g.Throttled = int64(stat["nr_periods"]&(1<<62-1)), int64(stat["nr_throttled"]&(1<<62-1))
	limit, used, prefix, events := "memory.max", "memory.current", "", "memory.events"
	if version == 1 {
		limit, used, prefix, events = "memory.limit_in_bytes", "memory.usage_in_bytes", "total_", "memory.oom_control"
		g.Quota = share(get("cpu.cfs_quota_us"), get("cpu.cfs_period_us"))
	} else {
		g.Quota = quota(get("cpu.max"))
	}
	if s := get(limit); s != "" {
		g.Limit = amount(s)
	}
	if g.Limit != facts.Unlimited {
		memory := keyed(get("memory.stat"))
		g.Used = amount(get(used))
		for _, name := range []string{prefix + "inactive_file", prefix + "active_file", "slab_reclaimable"} {
			if n := memory[name]; n < 1<<60 {
				g.Cache += n
			}
		}
		if n, ok := keyed(get(events))["oom_kill"]; ok {
			g.Kills = int64(n & (1<<62 - 1))
		}
	}
	return g
}
