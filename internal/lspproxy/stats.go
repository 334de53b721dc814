package lspproxy

import (
	"math/bits"
	"time"
)

// Event is what goes to the journal.
type Event struct {
	Kind     eventKind            `json:"event"`
	Verdict  Kind                 `json:"verdict,omitempty"`
	Why      string               `json:"why,omitempty"`
	Version  string               `json:"gopls,omitempty"`
	PID      int                  `json:"pid,omitempty"`
	RSS      int64                `json:"rss,omitempty"`
	Level    string               `json:"level,omitempty"`
	Took     time.Duration        `json:"took_ns,omitempty"` // since the death
	Stderr   string               `json:"stderr,omitempty"`
	Files    map[string][]byte    `json:"-"`                  // evidence by name
	Evidence map[string]string    `json:"evidence,omitempty"` // where Options.Record has put it
	Latency  map[string]Histogram `json:"latency,omitempty"`  // by method
}

type eventKind string

// The events of the supervisor's life.
const (
	eventTrip      eventKind = "trip"
	eventRestarted eventKind = "restarted" // a new server knows everything
	eventServed    eventKind = "served"    // and has answered the user
	eventResumed   eventKind = "resumed"   // a stopped one was let go on
	eventAsleep    eventKind = "asleep"
	eventFull      eventKind = "full" // no longer spared, on trial
	eventDamage    eventKind = "damage"
	eventLatency   eventKind = "latency"
)

// Histogram counts durations: bucket i those of less than 2^i microseconds, and not less than half of it.
type Histogram struct {
	Count   int           `json:"count"`
	Sum     time.Duration `json:"sum_ns"`
	Max     time.Duration `json:"max_ns"`
	Buckets []int         `json:"buckets"`
}

// maxMethods bounds the methods that are counted apart.
const maxMethods = 100

type stats struct{ byMethod map[string]*Histogram }

func (s *stats) init() { s.byMethod = map[string]*Histogram{} }

func (s *stats) add(method string, d time.Duration) {
	h := s.byMethod[method]
	if h == nil {
		if len(s.byMethod) >= maxMethods {
			return
		}
		h = &Histogram{}
		s.byMethod[method] = h
	}
	h.Count++
	h.Sum += d
	h.Max = max(h.Max, d)
	i := bits.Len64(uint64(max(0, d.Microseconds())))
	for len(h.Buckets) <= i {
		h.Buckets = append(h.Buckets, 0)
	}
	h.Buckets[i]++
}

// take returns what was counted and starts anew; nil when there is nothing.
func (s *stats) take() map[string]Histogram {
	if len(s.byMethod) == 0 {
		return nil
	}
	out := map[string]Histogram{}
	for k, h := range s.byMethod {
		out[k] = *h
	}
	s.init()
	return out
}
