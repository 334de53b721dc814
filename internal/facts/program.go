package facts

import "time"

// Program answers: where do the processor time, the memory and the goroutines of one Go program go? Only gorescue profile
// fills it; the section is skipped in every other diagnosis.
type Program struct {
	Target string        `json:"target" class:"path"` // as the user named it
	URL    string        `json:"url,omitempty" class:"host"`
	PID    int           `json:"pid,omitempty"`
	Name   string        `json:"name,omitempty" class:"source"` // of the process
	Go     string        `json:"go,omitempty" class:"public"`   // the release that built it
	Module string        `json:"module,omitempty" class:"source"`
	For    time.Duration `json:"for_ns"` // time between the first sample and the last; 0 = there is one only
	Busy   time.Duration `json:"busy_ns,omitempty"`
	RSS    int64         `json:"rss,omitempty"`

	Samples  []GoroutineSample `json:"samples,omitempty"`
	Groups   []GoroutineGroup  `json:"groups,omitempty"` // the greatest, and all that are suspicious
	Leaks    bool              `json:"leaks,omitempty"`  // the runtime could be asked which goroutines are lost
	CPU      ProgramCPU        `json:"cpu"`
	Heap     ProgramHeap       `json:"heap"`
	Locks    []Cost            `json:"locks,omitempty"`    // time that goroutines were kept waiting for mutexes, ns, since the program started
	Blocks   []Cost            `json:"blocks,omitempty"`   // likewise at channels and the like
	Bodies   []Body            `json:"bodies,omitempty"`   // HTTP requests whose answer's body is never closed, by the source
	Asking   int               `json:"asking,omitempty"`   // goroutines in functions of the program that send HTTP requests; looked for with Bodies
	Requests []Cost            `json:"requests,omitempty"` // of gopls: what it was working on; Value = samples that saw it
	Work     []Work            `json:"work,omitempty"`     // of gopls: on which packages, files and queries
	Missing  []string          `json:"missing,omitempty" class:"source"`
	Kept     string            `json:"kept,omitempty" class:"path"` // folder with the profiles
}

// GoroutineSample is one count.
type GoroutineSample struct {
	At    time.Duration `json:"at_ns"` // since the first
	Total int           `json:"total"`
}

// Call is one call of a stack.
type Call struct {
	Func string `json:"func" class:"source"`
	File string `json:"file,omitempty" class:"path"`
	Line int    `json:"line,omitempty"`
}

// GoroutineGroup is all goroutines that wait in the same way at the same place.
type GoroutineGroup struct {
	State   string         `json:"state" class:"public"` // as the runtime says it
	Op      string         `json:"op,omitempty" class:"public"`
	Stack   []Call         `json:"stack"` // innermost first
	First   int            `json:"first"` // innermost call that is not the standard library's, -1 = none
	User    int            `json:"user"`  // innermost call that is not a dependency's either, -1 = none
	By      Call           `json:"by"`    // the go statement
	Counts  []int          `json:"counts"`
	Rising  bool           `json:"rising,omitempty"` // more in every sample, to the end
	Ended   int            `json:"ended,omitempty"`  // that were seen and are gone
	Kept    int            `json:"kept,omitempty"`   // that were there in all samples
	Stay    int            `json:"stay,omitempty"`   // that were there in the last two samples
	Parents int            `json:"parents,omitempty"`
	Gone    int            `json:"gone,omitempty"`    // of the parents
	Request bool           `json:"request,omitempty"` // what serves HTTP requests starts it; looked for only when many of them do not move
	Conns   int            `json:"conns,omitempty"`   // of the parents: connections of an HTTP server
	Wait    time.Duration  `json:"wait_ns,omitempty"`
	Long    int            `json:"long,omitempty"`    // that have waited for a minute or more
	Leaked  int            `json:"leaked,omitempty"`  // proved by the runtime
	Serving bool           `json:"serving,omitempty"` // an HTTP server's request: a client waits for it
	Alone   int            `json:"alone,omitempty"`   // of Serving: those whose client has gone away, at most the connections in CLOSE_WAIT
	Spawner int            `json:"spawner"`           // goroutines that are in the function with the go statement now
	Source  *GoroutineWait `json:"source,omitempty"`
	Hot     int            `json:"hot,omitempty"` // samples in which it ran, of a group that runs
}

// GoroutineWait is what the source says of the wait.
type GoroutineWait struct {
	Text    string  `json:"text" class:"source"`
	On      string  `json:"on" class:"source"`
	Timer   bool    `json:"timer,omitempty"`
	Wakes   bool    `json:"wakes,omitempty"` // one of the things it waits for is a time after which it waits no more
	Context bool    `json:"context,omitempty"`
	Endless bool    `json:"endless,omitempty"` // in a loop that nothing leaves
	Handler bool    `json:"handler,omitempty"` // started by an HTTP handler
	Known   bool    `json:"known,omitempty"`   // everybody who could end the wait is known
	Able    int     `json:"able"`              // goroutines that are there and could
	Near    int     `json:"near,omitempty"`    // likewise of a WaitGroup of which only the name is known: goroutines in functions that call Done
	Many    bool    `json:"many,omitempty"`
	Made    Call    `json:"made"`                             // where what is waited for was made
	Cancel  string  `json:"cancel,omitempty" class:"public"`  // of a context: never, discarded, never called
	Leaver  Call    `json:"leaver"`                           // of a mutex: where a function goes away with it
	Locked  int     `json:"locked,omitempty"`                 // line where that function locks it
	Inside  int     `json:"inside"`                           // goroutines that may hold the mutex and do not wait for it themselves; -1 = not known
	Holder  *Holder `json:"holder,omitempty"`                 // one of those
	Release string  `json:"release,omitempty" class:"source"` // names of the functions that could end the wait
}

// Holder is a goroutine that may hold a mutex.
type Holder struct {
	Call         // where it is
	Twice bool   `json:"twice,omitempty"` // it waits for the same mutex once more
	State string `json:"state" class:"public"`
	Op    string `json:"op,omitempty" class:"public"`
}

// Cost is what one place costs.
type Cost struct {
	Call
	Value int64  `json:"value"`
	Via   []Call `json:"via,omitempty"` // the calls that lead there, outermost first
}

// Work is what gopls worked on for a part of the sampling.
type Work struct {
	What  string        `json:"what" class:"public"` // type-checking, parsing …
	On    string        `json:"on" class:"path"`     // package, file, query, or verb of the go command
	Count int           `json:"count"`
	Busy  time.Duration `json:"busy_ns"` // processor time, without that of other work which it began
	Took  time.Duration `json:"took_ns"` // from begin to end; of several at once the sum
}

// WorkGo is what gopls does while a go command runs for it.
const WorkGo = "waiting for go"

// Cost is the processor time, or, of what is only waited for, the time that it took.
func (w Work) Cost() time.Duration {
	if w.What == WorkGo {
		return w.Took
	}
	return w.Busy
}

// ProgramCPU is where processor time went.
type ProgramCPU struct {
	Total      time.Duration `json:"total_ns"` // 0 = not sampled, or nothing was computed
	Packages   []Cost        `json:"packages,omitempty"`
	Places     []Cost        `json:"places,omitempty"` // innermost calls that are not the standard library's
	Activities []Cost        `json:"activities,omitempty"`
	Labels     []Cost        `json:"labels,omitempty"` // pprof labels, as "key=value"
	GC         int64         `json:"gc_ns"`
	Spin       *Spin         `json:"spin,omitempty"`
}

// Spin is a loop that computes without doing anything.
type Spin struct {
	Call
	Text  string        `json:"text" class:"source"`
	Why   string        `json:"why" class:"public"` // default-case, empty, polling, gosched, no-wait
	Value time.Duration `json:"value_ns"`
}

// ProgramHeap is what live memory is held from where.
type ProgramHeap struct {
	Live  []int64    `json:"live,omitempty"` // bytes in use in each sample, as sampled by the runtime
	Sites []HeapSite `json:"sites,omitempty"`
}

// HeapSite is the innermost call outside of the standard library that allocates.
type HeapSite struct {
	Call
	Live    []int64 `json:"live"`            // in each sample
	Objects int64   `json:"objects"`         // live in the last sample
	Made    int64   `json:"made"`            // bytes allocated between the first sample and the last
	Lasts   int64   `json:"lasts,omitempty"` // of what was gained between them, what came by calls that let go of next to nothing
	Ever    int64   `json:"ever"`            // bytes allocated since the program started
	Via     []Call  `json:"via,omitempty"`
	Request bool    `json:"request,omitempty"` // while an HTTP request was served
}

// Body is a request whose answer nobody closes.
type Body struct {
	Call
	Text string `json:"text" class:"source"`
}
