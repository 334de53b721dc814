package modproxy

import (
	"sync"
	"time"
)

// absent remembers for seconds what no upstream has. It is bounded.
type absent struct {
	keep time.Duration
	mu   sync.Mutex
	all  map[string]absence
}

type absence struct {
	until time.Time
	text  string
}

const maxAbsent = 10_000

func (a *absent) get(key string) (text string, ok bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	e, ok := a.all[key]
	if ok && time.Now().After(e.until) {
		delete(a.all, key)
		return "", false
	}
	return e.text, ok
}

func (a *absent) put(key, text string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.all == nil || len(a.all) >= maxAbsent {
		a.all = map[string]absence{}
	}
	a.all[key] = absence{time.Now().Add(a.keep), text}
}
