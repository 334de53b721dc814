package pressure

import (
	"strconv"
	"strings"

	"github.com/gorescue/gorescue/internal/facts"
)

// keyed reads lines of a name and a number ("oom_kill 3", "MemTotal:  16 kB"). Lines that are none are passed over.
func keyed(data string) map[string]uint64 {
	out := map[string]uint64{}
	for line := range strings.Lines(data) {
		f := strings.Fields(line)
		if len(f) < 2 {
			continue
		}
		n, err := strconv.ParseUint(f[1], 10, 64)
		if err != nil {
			continue
		}
		if len(f) > 2 && f[2] == "kB" && n < 1<<53 {
			n <<= 10
		}
		out[strings.TrimSuffix(f[0], ":")] = n
	}
	return out
}

// amount reads a number or the word for none.
func amount(data string) uint64 {
	s := strings.TrimSpace(data)
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil || n >= 1<<62 { // the first version has a number near 2^63 for none
		return facts.Unlimited
	}
	return n
}

// quota reads cpu.max of the second version: "200000 100000", "max 100000". 0 = none.
func quota(data string) float64 {
	f := strings.Fields(data)
	if len(f) != 2 {
		return 0
	}
	return share(f[0], f[1])
}

// share is how many processors a quota in a period are; 0 = none.
func share(quota, period string) float64 {
	q, err1 := strconv.ParseInt(strings.TrimSpace(quota), 10, 64)
	p, err2 := strconv.ParseInt(strings.TrimSpace(period), 10, 64)
	if err1 != nil || err2 != nil || q <= 0 || p <= 0 {
		return 0
	}
	return float64(q) / float64(p)
}

// stalls reads a file of pressure stall information: "some avg10=0.00 avg60=0.00 avg300=0.00 total=0".
func stalls(resource, data string) []facts.Stall {
	var out []facts.Stall
	for line := range strings.Lines(data) {
		f := strings.Fields(line)
		if len(f) < 4 || f[0] != "some" && f[0] != "full" {
			continue
		}
		s := facts.Stall{Resource: resource, Kind: f[0]}
		ok := true
		for i, to := range []*float64{&s.Avg10, &s.Avg60, &s.Avg300} {
			v, found := strings.CutPrefix(f[i+1], []string{"avg10=", "avg60=", "avg300="}[i])
			n, err := strconv.ParseFloat(v, 64)
			if *to = n; !found || err != nil || !(n >= 0 && n <= 100) {
				ok = false
			}
		}
		if ok {
			out = append(out, s)
		}
	}
	return out
}

// times are the ticks of all processors since boot.
type times struct{ total, idle, stolen uint64 }

// processors reads the first line of /proc/stat (proc_stat(5)): user nice system idle iowait irq softirq steal guest guest_nice; the
// guests are counted in user and nice already.
func processors(data string) (t times, ok bool) {
	line, _, _ := strings.Cut(data, "\n")
	f := strings.Fields(line)
	if len(f) < 9 || f[0] != "cpu" {
		return t, false
	}
	for i, s := range f[1:9] {
		n, err := strconv.ParseUint(s, 10, 64)
		if err != nil {
			return times{}, false
		}
		t.total += n
		switch i {
		case 3, 4:
			t.idle += n
		case 7:
			t.stolen = n
		}
	}
	return t, true
}

// openFiles reads the limit of open files out of /proc/PID/limits.
func openFiles(data string) (soft, hard uint64, ok bool) {
	for line := range strings.Lines(data) {
		rest, found := strings.CutPrefix(line, "Max open files")
		f := strings.Fields(rest)
		if !found || len(f) < 2 {
			continue
		}
		for i, to := range []*uint64{&soft, &hard} {
			n, err := strconv.ParseUint(f[i], 10, 64)
			if err != nil && f[i] != "unlimited" {
				return 0, 0, false
			}
			if *to = n; f[i] == "unlimited" {
				*to = facts.Unlimited
			}
		}
		return soft, hard, true
	}
	return 0, 0, false
}

// mount is one line of a mount table.
type mount struct{ id, point, kind, source, options string }

// mounts reads /proc/PID/mountinfo (proc_pid_mountinfo(5)): id parent dev root point options [optional…] - type source options.
func mounts(data string) []mount {
	var out []mount
	for line := range strings.Lines(data) {
		left, right, ok := strings.Cut(line, " - ")
		l, r := strings.Fields(left), strings.Fields(right)
		if !ok || len(l) < 6 || len(r) < 2 {
			continue
		}
		m := mount{id: l[0], point: plain(l[4]), kind: r[0], source: plain(r[1])}
		if len(r) > 2 {
			m.options = plain(r[2])
		}
		out = append(out, m)
	}
	return out
}

// plain undoes the octal escapes of blanks in a mount table.
func plain(s string) string {
	return strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`).Replace(s)
}
