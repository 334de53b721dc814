package modproxy

import (
	"context"
	"sync"
)

// flights makes many who ask for one thing at the same time wait for one answer. The zero value is ready for use.
type flights struct {
	mu  sync.Mutex
	all map[string]*flight
}

type flight struct {
	done    chan struct{}
	cancel  context.CancelFunc
	waiters int
	res     result
}

// do runs find, or waits for the run that is under way. The run has the context base: it goes on when one of
// those who wait goes away (ctx ends; ok is false then) and is cancelled when the last one has.
func (f *flights) do(ctx, base context.Context, key string, find func(context.Context) result) (res result, shared, ok bool) {
	f.mu.Lock()
	fl := f.all[key]
	shared = fl != nil
	if fl == nil {
		run, cancel := context.WithCancel(base)
		fl = &flight{done: make(chan struct{}), cancel: cancel}
		if f.all == nil {
			f.all = map[string]*flight{}
		}
		f.all[key] = fl
		go func() {
			defer close(fl.done)
			defer cancel()
			fl.res = find(run)
			f.forget(key, fl)
		}()
	}
	fl.waiters++
	f.mu.Unlock()
	select {
	case <-fl.done:
		return fl.res, shared, true
	case <-ctx.Done():
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if fl.waiters--; fl.waiters == 0 {
		fl.cancel()
		if f.all[key] == fl {
			delete(f.all, key) // who comes now begins anew
		}
	}
	return result{}, shared, false
}

func (f *flights) forget(key string, fl *flight) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.all[key] == fl {
		delete(f.all, key)
	}
}
