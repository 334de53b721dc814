package pressure

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gorescue/gorescue/internal/facts"
)

// kill is one process that the kernel ended for want of memory, as its log tells.
type kill struct {
	comm   string
	pid    int
	uid    int           // -1 = not told
	at     time.Duration // since boot
	rss    uint64
	group  string // whose limit was reached, "" = the machine's memory was used up
	global bool   // known to be the machine's
	limit  uint64 // of that group then, bytes; 0 = not told
}

// kills reads the kernel's log as /dev/kmsg gives it: "priority,number,microseconds,flags;text" (Documentation/ABI/testing/dev-kmsg).
// The line oom-kill: has group and user, the line Killed process the memory (mm/oom_kill.c: dump_oom_summary, __oom_kill_process).
func kills(data string) []kill {
	var out []kill
	var last kill // of oom-kill:, which comes first
	limit := uint64(0)
	for line := range strings.Lines(data) {
		head, text, ok := strings.Cut(strings.TrimRight(line, "\n"), ";")
		f := strings.Split(head, ",")
		if !ok || len(f) < 4 {
			continue
		}
		us, err := strconv.ParseInt(f[2], 10, 64)
		if err != nil || us < 0 || us > int64(1e15) {
			continue
		}
		if _, after, ok := strings.Cut(text, "memory: usage "); ok {
			limit = limitOf(after)
			continue
		}
		if k, ok := summary(text); ok {
			last, last.limit, limit = k, limit, 0
			continue
		}
		k, ok := killed(text)
		if !ok {
			continue
		}
		if k.at = time.Duration(us) * time.Microsecond; last.pid == k.pid {
			k.group, k.global, k.limit = last.group, last.global, last.limit
			if k.uid < 0 {
				k.uid = last.uid
			}
		}
		if last = (kill{}); !slices.ContainsFunc(out, func(o kill) bool { return o.pid == k.pid && o.at == k.at }) {
			out = append(out, k)
		}
	}
	return out
}

// limitOf reads "153600kB, limit 153600kB, failcnt 41" (mm/memcontrol.c: mem_cgroup_print_oom_meminfo).
func limitOf(text string) uint64 {
	_, after, _ := strings.Cut(text, "limit ")
	n, _, _ := strings.Cut(after, "kB")
	kb, err := strconv.ParseUint(n, 10, 53)
	if err != nil {
		return 0
	}
	return kb << 10
}

// summary reads "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/a,task_memcg=/a/b,task=gopls,pid=7,uid=0".
func summary(text string) (k kill, ok bool) {
	rest, ok := strings.CutPrefix(text, "oom-kill:")
	if !ok {
		return k, false
	}
	value := func(key string) string { // of the last such key: a name may hold anything
		_, after, ok := cutLast(rest, ","+key+"=")
		if !ok {
			return ""
		}
		v, _, _ := strings.Cut(after, ",")
		return v
	}
	pid, err1 := strconv.Atoi(value("pid"))
	uid, err2 := strconv.Atoi(value("uid"))
	k = kill{pid: pid, uid: uid, group: value("oom_memcg"), global: strings.Contains(rest, ",global_oom")}
	return k, err1 == nil && err2 == nil
}

// killed reads "Memory cgroup out of memory: Killed process 7 (gopls) total-vm:…kB, anon-rss:…kB, …, UID:0 …".
func killed(text string) (k kill, ok bool) {
	if !strings.Contains(text, "ut of memory") {
		return k, false
	}
	_, rest, ok := strings.Cut(text, "Killed process ")
	number, rest, ok2 := strings.Cut(rest, " (")
	comm, rest, ok3 := cutLast(rest, ") total-vm:")
	pid, err := strconv.Atoi(number)
	if !ok || !ok2 || !ok3 || err != nil {
		return k, false
	}
	k = kill{comm: strings.ToValidUTF8(comm, "?"), pid: pid, uid: -1}
	for _, f := range strings.Fields(rest) {
		if v, ok := strings.CutPrefix(f, "anon-rss:"); ok {
			n, _ := strconv.ParseUint(strings.TrimSuffix(v, "kB,"), 10, 40)
			k.rss = n << 10
		}
		if v, ok := strings.CutPrefix(f, "UID:"); ok {
			if n, err := strconv.Atoi(v); err == nil {
				k.uid = n
			}
		}
	}
	return k, true
}

func cutLast(s, sep string) (before, after string, ok bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

// recent is how long a kill tells something about now.
const recent = 15 * time.Minute

// relevant keeps the kills of programs of Go of this user in the last minutes for which the machine's memory or a group is to blame that a
// program of this user runs in now: the kernel's log tells of all containers and users of the machine. A group that has got a higher limit
// since is not to blame any more.
func relevant(list []kill, uptime time.Duration, uid int, mine []string, groups []facts.ControlGroup) []facts.MemoryKill {
	var out []facts.MemoryKill
	for _, k := range list {
		age := uptime - k.at
		if !isGo(k.comm) || k.uid != uid || age < 0 || age > recent || !k.global && !slices.ContainsFunc(mine, func(g string) bool { return below(g, k.group) }) {
			continue
		}
		if !k.global && slices.ContainsFunc(groups, func(g facts.ControlGroup) bool {
			return g.Path == k.group && k.limit > 0 && g.Limit > k.limit && g.Limit != facts.Unlimited
		}) {
			continue
		}
		m := facts.MemoryKill{Comm: k.comm, PID: k.pid, Age: age, RSS: k.rss, Group: k.group}
		if k.global {
			m.Group = ""
		}
		out = append(out, m)
	}
	slices.Reverse(out)
	return out
}

// below reports whether a group is another one or stands in it. Of a kernel that does not name the group nothing is known.
func below(group, top string) bool {
	return top != "" && top != "/" && (group == top || strings.HasPrefix(group, top+"/"))
}
