package lspproxy

import (
	"testing"
	"time"
)

// TestWatch runs a scene, a second at a time, and says when and by which verdict it ends.
func TestWatch(t *testing.T) {
	const core = time.Second // all of one processor
	type state struct {
		cpu      time.Duration // per second
		wait     time.Duration // per second, for a processor
		rss      int64
		probe    bool // unanswered since the beginning
		waiting  bool // a person's question is unanswered since the beginning
		working  bool // open work in progress
		loading  bool
		messages int // per second
		unknown  bool
		gap      time.Duration // one long pause of our own at second 4
	}
	for name, tc := range map[string]struct {
		state
		strict bool
		want   Kind // "" = never in ten minutes
		by     int  // seconds
	}{
		"idle":                          {state: state{}},
		"busy and answering":            {state: state{cpu: 2 * core}},
		"busy, question unanswered":     {state: state{cpu: core, waiting: true}, want: Runaway, by: 50},
		"busy, deaf":                    {state: state{cpu: core, probe: true}, want: Runaway, by: 95},
		"busy, unanswered, in progress": {state: state{cpu: core, waiting: true, probe: true, working: true}, want: Runaway, by: 620},
		"busy, deaf, first load":        {state: state{cpu: 4 * core, probe: true, waiting: true, loading: true}},
		"half busy, unanswered":         {state: state{cpu: core / 2, waiting: true, probe: true}},
		"kept waiting, unanswered":      {state: state{cpu: core / 2, wait: core / 2, waiting: true}, want: Runaway, by: 95},
		"strict, kept waiting":          {state: state{cpu: core / 2, wait: core / 2}, strict: true},
		"strict":                        {state: state{cpu: core}, strict: true, want: Runaway, by: 7},
		"strict, first load":            {state: state{cpu: core, loading: true}, strict: true},
		"asleep and deaf":               {state: state{probe: true}, want: Hang, by: 9},
		"asleep and deaf in first load": {state: state{probe: true, loading: true}, want: Hang, by: 9},
		"deaf, system does not tell":    {state: state{probe: true, unknown: true}, want: Hang, by: 125},
		"asleep, question unanswered":   {state: state{waiting: true}},
		"memory":                        {state: state{rss: 2 << 30}, want: Memory, by: 4},
		"memory in first load":          {state: state{rss: 2 << 30, loading: true}, want: Memory, by: 4},
		"flood":                         {state: state{messages: 20_000}, want: Flood, by: 7},
		"many messages":                 {state: state{messages: 2_000}},
		"we were asleep ourselves":      {state: state{probe: true, gap: time.Hour}, want: Hang, by: 14},
	} {
		w := watch{limits: Options{MaxMemory: 1 << 30, StrictCPU: tc.strict}.limits()}
		now := time.Unix(5000, 0)
		w.reset(now)
		w.live(now)
		if tc.loading {
			w.loading("t")
		} else {
			w.loading("t")
			w.loaded("t", now)
		}
		begun := now
		if tc.probe {
			w.probed(now)
		}
		sc := scene{working: tc.working}
		if tc.working {
			sc.moved = now
		}
		if tc.waiting {
			sc.waiting = now
		}
		s := Sample{OK: !tc.unknown, State: 'S', RSS: tc.rss}
		var got Kind
		second := 0
		for ; second < 700; second++ {
			step := time.Second
			if second == 4 && tc.gap > 0 {
				step = tc.gap
				begun = begun.Add(step)
			}
			now = now.Add(step)
			s.CPU += tc.cpu
			s.Wait += tc.wait
			for range tc.messages {
				w.heard(now, 100)
			}
			if v, bad := w.judge(s, sc, now); bad {
				got = v.Kind
				break
			}
		}
		if tc.working && tc.want == Runaway && second < 590 {
			t.Errorf("%s: ended after %d s", name, second)
		}
		if tc.wait > 0 && tc.want == Runaway && second < 75 {
			t.Errorf("%s: ended after %d s", name, second)
		}
		if got != tc.want || tc.want != "" && second+1 > tc.by {
			t.Errorf("%s: %q after %d s, want %q within %d", name, got, second+1, tc.want, tc.by)
		}
	}
}
