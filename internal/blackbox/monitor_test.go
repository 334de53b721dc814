package blackbox

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/gorescue/gorescue/internal/text"
)

// machine is a clock and the sample it makes, changed step by step.
type machine struct {
	t   *testing.T
	m   *Monitor
	s   Sample
	got []string
}

func newMachine(t *testing.T) *machine {
	return &machine{t: t, m: NewMonitor(Thresholds(), nil), s: Sample{At: t0, Up: 5000, Boot: "b", Every: 5,
		System: System{CPUs: 2, MemTotal: 16 << 30, MemFree: 8 << 30, CPUSome: -1, MemFull: -1, IOFull: -1}}}
}

// run lets time pass, with a change of the sample before each step.
func (c *machine) run(d time.Duration, change func(s *Sample)) {
	for range int(d / (5 * time.Second)) {
		s := c.s
		s.At, s.Up = s.At.Add(5*time.Second), s.Up+5
		s.Gopls = map[string]Gopls{}
		for k, v := range c.s.Gopls {
			s.Gopls[k] = v
		}
		if change != nil {
			change(&s)
		}
		c.s = s
		step := s
		for _, e := range c.m.Step(&step) {
			c.got = append(c.got, fmt.Sprintf("%s %s", e.ID, e.Kind))
		}
	}
}

func (c *machine) want(what string, list ...string) {
	c.t.Helper()
	if got := strings.Join(c.got, ", "); got != strings.Join(list, ", ") {
		c.t.Errorf("%s: %s; want %s", what, got, strings.Join(list, ", "))
	}
	c.got = nil
}

// work is a gopls that takes so many cores and grows by so many bytes a second.
func work(cores float64, grow int64) func(*Sample) {
	return func(s *Sample) {
		g := s.Gopls["7"]
		g.Start, g.CPU, g.RSS, g.State = 1, g.CPU+5*cores, g.RSS+5*grow, "S"
		s.Gopls["7"] = g
	}
}

func TestThresholds(t *testing.T) {
	c := newMachine(t)
	c.run(10*time.Minute, work(0.3, 0))
	c.want("calm")
	c.run(60*time.Second, work(1.5, 0))
	c.run(30*time.Second, work(0.1, 0))
	c.run(60*time.Second, work(1.5, 0))
	c.want("busy, but never for two minutes")
	c.run(3*time.Minute, work(1.5, 0))
	c.want("busy for long", "gopls-busy raised")
	c.run(time.Minute, work(0.7, 0)) // between the levels
	c.want("between the levels")
	c.run(2*time.Minute, work(1.5, 0))
	c.want("raised once")
	c.run(2*time.Minute, work(0.1, 0))
	c.want("calm again", "gopls-busy cleared")
	c.run(70*time.Second, work(1.2, 20<<20))
	c.want("busy and growing", "gopls-runaway raised")
	c.run(2*time.Minute, func(s *Sample) { delete(s.Gopls, "7") })
	c.want("gone", "gopls-ended noted", "gopls-runaway cleared")
}

// TestFreshGopls: the first minutes of a gopls, and those after the machine slept, are nobody's fault.
func TestFreshGopls(t *testing.T) {
	c := newMachine(t)
	c.run(10*time.Second, nil)
	start := int64(c.s.Up * 100)
	load := func(s *Sample) {
		g := s.Gopls["8"]
		g.Start, g.CPU, g.RSS = start, g.CPU+9, g.RSS+100<<20
		s.Gopls["8"] = g
	}
	c.s.System.MemTotal, c.s.System.MemFree = 1<<40, 1<<39
	c.run(150*time.Second, load)
	c.want("loads", "gopls-started noted")
	c = newMachine(t)
	c.run(100*time.Second, work(2, 0))
	c.got = nil
	c.run(5*time.Second, func(s *Sample) { s.Up += 3600; s.At = s.At.Add(time.Hour) })
	c.run(100*time.Second, work(2, 0))
	c.want("nothing lasts over a sleep")
}

func TestDisksLocksMemory(t *testing.T) {
	c := newMachine(t)
	c.s.Places = map[string]Place{"GOCACHE": {Free: 50 << 30, Total: 100 << 30, Inodes: 1 << 20, Nodes: 1 << 22}}
	c.s.Locks = map[string]Lock{}
	c.run(time.Minute, nil)
	c.want("room")
	c.s.Places = map[string]Place{"GOCACHE": {Free: 100 << 20, Total: 100 << 30, Inodes: 500, Nodes: 1 << 22}}
	c.run(time.Minute, nil)
	c.want("full", "disk-low raised", "inodes-low raised")
	c.s.Places = map[string]Place{"GOCACHE": {Free: 700 << 20, Total: 100 << 30, Inodes: 15_000, Nodes: 1 << 22}}
	c.run(5*time.Minute, nil)
	c.want("between the levels")
	c.s.Places = map[string]Place{"GOCACHE": {Free: 50 << 30, Total: 100 << 30, Inodes: 1 << 20, Nodes: 1 << 22}}
	c.run(time.Minute, nil)
	c.want("room again", "disk-low cleared", "inodes-low cleared")
	c.s.Places = map[string]Place{"GOTMPDIR": {Free: 400 << 20, Total: 1 << 30}}
	c.run(time.Minute, nil)
	c.want("a small disk with room")
	c.s.Locks = map[string]Lock{"/m/cache/lock": {PID: 5, Since: c.s.Up}}
	c.run(9*time.Minute, nil)
	c.want("a long download")
	c.run(2*time.Minute, nil)
	c.want("held", "lock-held raised")
	c.s.Locks = nil // not looked at: not free
	c.run(time.Minute, nil)
	c.want("unknown")
	c.s.Locks = map[string]Lock{}
	c.run(time.Minute, nil)
	c.want("free", "lock-held cleared")
	c.s.System.MemFree = 100 << 20
	c.run(time.Minute, nil)
	c.s.System.MemFree = 8 << 30
	c.run(time.Minute, nil)
	c.want("memory", "memory-low raised", "memory-low cleared")
}

func TestClockAndChanges(t *testing.T) {
	c := newMachine(t)
	c.s.Files = map[string]File{"/p/go.mod": {Role: RoleModule, Sum: "1"}, "/p/go.sum": {Role: RoleSums, State: "missing"}}
	c.s.Settings = map[string]string{"GOFLAGS": "-mod=mod"}
	c.run(20*time.Second, nil)
	c.want("nothing")
	c.run(5*time.Second, func(s *Sample) { s.At = s.At.Add(-2 * time.Hour) })
	c.want("back", "clock-jump noted")
	c.run(5*time.Second, func(s *Sample) { s.At = s.At.Add(40 * time.Second) })
	c.want("forward", "clock-jump noted")
	c.run(5*time.Second, func(s *Sample) { s.At = s.At.Add(300 * time.Millisecond) })
	c.want("a time server")
	c.s.Files = map[string]File{"/p/go.mod": {Role: RoleModule, Sum: "2"}, "/p/go.sum": {Role: RoleSums, Sum: "3"}}
	c.s.Settings = map[string]string{}
	c.run(20*time.Second, nil)
	c.want("files", "file-module-changed noted", "file-sums-changed noted", "setting-changed noted")
	c.s.Lsp = &Lsp{Trips: 1, Verdict: "asleep"}
	c.run(20*time.Second, nil)
	c.want("supervisor", "lsp-trip noted")
	c.run(5*time.Second, func(s *Sample) { s.Boot, s.Up = "c", s.Up-4000 })
	c.run(time.Minute, nil)
	c.want("another start of the machine")
}

// TestRaisedStays: a watch that begins anew knows what was raised, and clears it.
func TestRaisedStays(t *testing.T) {
	c := newMachine(t)
	c.m = NewMonitor(Thresholds(), []Event{{ID: "memory-low", Kind: Raised}, {ID: "disk-low", Subject: "GOCACHE", Kind: Raised}, {ID: "disk-low", Subject: "GOCACHE", Kind: Cleared}})
	c.run(time.Minute, nil)
	c.want("restored", "memory-low cleared")
}

// TestTable: IDs once, levels in order, both languages.
func TestTable(t *testing.T) {
	seen := map[string]bool{}
	han := func(x text.T) bool {
		return x.En != "" && strings.ContainsFunc(x.Zh, func(r rune) bool { return unicode.Is(unicode.Han, r) })
	}
	for _, x := range Thresholds() {
		if seen[x.ID] || x.ID != strings.ToLower(x.ID) || x.Enter == x.Leave || x.Below != (x.Enter < x.Leave) || x.Values == nil {
			t.Errorf("%s: twice, or its levels lie the wrong way round", x.ID)
		}
		if !han(x.Raised) || !han(x.Clear) {
			t.Errorf("%s: a sentence is missing", x.ID)
		}
		seen[x.ID] = true
	}
}
