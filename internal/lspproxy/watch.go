package lspproxy

import "time"

// Kind is why a server was ended, or ended by itself.
type Kind string

// The kinds.
const (
	Crash   Kind = "crash"    // it ended by itself
	NoStart Kind = "no-start" // there is no process
	Refused Kind = "refused"  // it did not accept initialize
	Hang    Kind = "hang"     // asleep, without an answer
	Stopped Kind = "stopped"  // by a signal (SIGSTOP)
	Runaway Kind = "runaway"  // all processor, no answer, no progress
	Memory  Kind = "memory"   // over the bound
	Flood   Kind = "flood"    // more messages than an editor can take
)

// Verdict is a kind with what proves it.
type Verdict struct {
	Kind  Kind
	Why   string // observed values, in English, for the record
	Debug bool   // it may still answer a question about itself
	PID   int
	RSS   int64
	For   time.Duration     // how long it lasted
	Saved map[string][]byte // evidence by name: cpu, heap, goroutines, or dump
}

// Sample is what the system says about a server's process.
type Sample struct {
	OK    bool // false: this system does not tell
	PID   int
	CPU   time.Duration // since its start
	Wait  time.Duration // for a processor, since its start
	RSS   int64         // bytes
	State byte          // of proc(5): R, S, D, T (stopped), t (traced) …
	// Helpers tells whether the server has other processes at work for it: HelpersBusy computes, or waits
	// for the disk; HelpersIdle, it waits for something else, as the network. Only known when Judge asked for it.
	Helpers helpers
}

type helpers int

const (
	noHelpers helpers = iota
	helpersIdle
	helpersBusy
)

// limits are the bounds of a healthy server.
type limits struct {
	silence   time.Duration // a sleeping server answers the probe within this (7 s)
	blind     time.Duration // the same where the system does not tell whether it sleeps (2 min)
	waits     time.Duration // the same while an idle helper may be what it waits for (1 min)
	look      time.Duration // all processor for this long: look closer (5 s)
	starve    time.Duration // a person's question is answered within this (45 s), which must be processor time too
	deaf      time.Duration // a busy server answers the probe within this (90 s)
	flood     time.Duration // too many messages for this long (5 s)
	memory    int64         // bytes; 0 = no bound
	strictCPU bool          // all processor for look is enough
}

// What is too much: messages and bytes of one second, and the share of one processor.
const (
	floodMessages = 5000
	floodBytes    = 64 << 20
	allProcessor  = 0.9
)

// watch judges the present server. It knows nothing but what it is told, with times.
type watch struct {
	limits

	last         Sample
	lastAt       time.Time
	asleepSince  time.Time     // no processor since
	busySince    time.Time     // it has wanted all of a processor since
	busyCPU      time.Duration // what it had used then
	fullSince    time.Time     // it has had all of a processor since
	overSince    time.Time     // over the memory bound since
	stoppedSince time.Time
	floodSince   time.Time
	heardAt      time.Time
	servedAt     time.Time
	probeAt      time.Time // of the oldest question that it did not answer; zero = none
	messages     int       // since the last sample
	bytes        int
	loadToken    string
	isLoading    bool
	liveAt       time.Time
}

// reset begins with a new server.
func (w *watch) reset(now time.Time) {
	*w = watch{limits: w.limits, heardAt: now, servedAt: now, probeAt: now, isLoading: true}
}

// live is told that the server was initialised: its first load begins.
func (w *watch) live(now time.Time) { w.probeAt, w.liveAt = time.Time{}, now }

func (w *watch) heard(now time.Time, n int) {
	w.heardAt = now
	w.messages++
	w.bytes += n
}

func (w *watch) served(now time.Time) { w.servedAt = now }

// loading is told that the load of the workspace has begun.
func (w *watch) loading(token string) { w.loadToken, w.isLoading = token, true }

// loaded is told that some work has ended; it reports whether that was the load.
func (w *watch) loaded(token string, now time.Time) bool {
	if token != w.loadToken || !w.isLoading {
		return false
	}
	w.isLoading, w.servedAt = false, now
	return true
}

// probed and answered frame a cheap question.
func (w *watch) probed(now time.Time) { w.probeAt = now }
func (w *watch) answered()            { w.probeAt = time.Time{} }

// scene is what the core knows and the system does not.
type scene struct {
	waiting time.Time // when the oldest question of a person was asked; zero = none
	moved   time.Time // the last word about work in progress
	working bool      // work is said to be in progress
	excused bool      // the server may be waiting for the editor, or the editor does not read
}

// suspicious reports whether the next sample should look at the server's helpers.
func (w *watch) suspicious(now time.Time) bool {
	return !w.probeAt.IsZero() && now.Sub(w.probeAt) > w.silence/2
}

// judge takes a sample, once a second, and says whether the server must be ended.
func (w *watch) judge(s Sample, sc scene, now time.Time) (Verdict, bool) {
	gap := now.Sub(w.lastAt)
	if w.lastAt.IsZero() || gap > 5*time.Second { // we were stopped or starved ourselves: what we saw proves nothing
		w.excuse(now)
	}
	used, wanted := s.CPU-w.last.CPU, s.CPU-w.last.CPU+s.Wait-w.last.Wait
	known := s.OK && w.last.OK && gap > 0 && !w.lastAt.IsZero()
	w.keep(&w.asleepSince, known && used <= gap/50 && s.State != 'R' && s.State != 'D' && s.Helpers != helpersBusy, now)
	if w.busySince.IsZero() {
		w.busyCPU = w.last.CPU
	}
	w.keep(&w.busySince, known && float64(wanted) >= allProcessor*float64(gap), now)
	w.keep(&w.fullSince, known && float64(used) >= allProcessor*float64(gap), now)
	w.keep(&w.overSince, s.OK && w.memory > 0 && s.RSS > w.memory, now)
	w.keep(&w.stoppedSince, s.OK && s.State == 'T', now)
	w.keep(&w.floodSince, float64(w.messages) > floodMessages*gap.Seconds() || float64(w.bytes) > floodBytes*gap.Seconds(), now)
	w.messages, w.bytes = 0, 0
	w.last, w.lastAt = s, now
	if s.State == 't' || sc.excused { // a debugger looks at it; or it waits for the editor
		w.excuse(now)
	}
	if w.isLoading && w.loadToken == "" && !w.liveAt.IsZero() && now.Sub(w.liveAt) > 10*time.Second && !w.asleepSince.IsZero() {
		w.loaded("", now) // it does not tell of its load, and is at rest
	}
	v, bad := w.verdict(s, sc, now)
	v.PID, v.RSS = s.PID, s.RSS
	return v, bad
}

func (w *watch) verdict(s Sample, sc scene, now time.Time) (Verdict, bool) {
	lasts := func(since time.Time, d time.Duration) bool { return !since.IsZero() && now.Sub(since) >= d }
	verdict := func(k Kind, since time.Time, why string) (Verdict, bool) {
		return Verdict{Kind: k, Why: why, For: now.Sub(since), Debug: k != Hang && k != Stopped && w.probeAt.IsZero()}, true
	}
	silent := func(d time.Duration) bool { return lasts(w.probeAt, d) && lasts(w.heardAt, d) }
	// On a busy machine others compute in the meantime: what took long may have been little.
	had := func(d time.Duration) bool { return float64(s.CPU-w.busyCPU) >= allProcessor*float64(d) }
	patience := w.silence
	if s.Helpers == helpersIdle {
		patience = w.waits
	}
	working := sc.working && lasts(sc.moved, 0) && now.Sub(sc.moved) < 10*time.Minute || !sc.moved.IsZero() && now.Sub(sc.moved) < 15*time.Second
	switch {
	case lasts(w.stoppedSince, time.Second):
		return verdict(Stopped, w.stoppedSince, "state T in the process table")
	case lasts(w.overSince, 2*time.Second):
		return verdict(Memory, w.overSince, "resident memory over the bound")
	case lasts(w.floodSince, w.flood):
		return verdict(Flood, w.floodSince, "more messages than an editor can take")
	case s.OK && silent(patience) && lasts(w.asleepSince, patience):
		return verdict(Hang, w.probeAt, "no answer to a cheap request, no processor time")
	case !s.OK && silent(w.blind) && !w.isLoading:
		return verdict(Hang, w.probeAt, "no answer to a cheap request")
	case w.isLoading || !lasts(w.busySince, w.look):
		return Verdict{}, false
	case w.strictCPU && lasts(w.fullSince, w.look):
		return verdict(Runaway, w.fullSince, "more than 90 % of a processor")
	case working || s.Helpers == helpersBusy:
		return Verdict{}, false
	case lasts(sc.waiting, w.starve) && lasts(w.servedAt, w.starve) && lasts(w.busySince, w.starve) && had(w.starve):
		return verdict(Runaway, sc.waiting, "all of a processor, no answer to the user's requests")
	case silent(w.deaf) && lasts(w.busySince, w.deaf) && had(w.starve):
		return verdict(Runaway, w.probeAt, "all of a processor, no answer to a cheap request")
	}
	return Verdict{}, false
}

// keep starts or stops a clock.
func (w *watch) keep(since *time.Time, on bool, now time.Time) {
	if !on {
		*since = time.Time{}
	} else if since.IsZero() {
		*since = now
	}
}

// excuse starts all clocks of patience anew.
func (w *watch) excuse(now time.Time) {
	if !w.probeAt.IsZero() {
		w.probeAt = now
	}
	w.heardAt, w.servedAt = now, now
	for _, since := range []*time.Time{&w.asleepSince, &w.busySince, &w.fullSince, &w.floodSince} {
		if !since.IsZero() {
			*since = now
		}
	}
	w.busyCPU = w.last.CPU
}
