package goroutine

import "strings"

// Op is what a goroutine waits for.
type Op string

// The operations. Other is everything that is none of them: input and output, running, a garbage collection.
const (
	Send      Op = "send"
	Receive   Op = "receive"
	Select    Op = "select"
	Never     Op = "never" // a nil channel, or a select without cases: nothing can wake it
	WaitGroup Op = "waitgroup"
	Lock      Op = "lock"
	RLock     Op = "rlock"
	Cond      Op = "cond"
	Sleep     Op = "sleep"
	Other     Op = ""
)

// Waits tells what a goroutine waits for, and how many of its frames, those of the standard library that wait in its
// place, stand above the call that the program makes. Releases before Go 1.22 say "semacquire" for what has a name of its
// own now (src/runtime/runtime2.go, waitReason); the frames tell them apart.
func Waits(state string, frames []Frame) (op Op, above int) {
	switch state {
	case "chan send":
		return Send, 0
	case "chan receive":
		return Receive, 0
	case "select":
		return Select, 0
	case "chan send (nil chan)", "chan receive (nil chan)", "select (no cases)":
		return Never, 0
	case "sleep":
		return Sleep, count(frames, "time.Sleep")
	case "sync.WaitGroup.Wait", "sync.Mutex.Lock", "sync.RWMutex.Lock", "sync.RWMutex.RLock", "sync.Cond.Wait", "semacquire":
	default:
		return Other, 0
	}
	for above < len(frames) && (strings.HasPrefix(frames[above].Func, "sync.") || strings.HasPrefix(frames[above].Func, "internal/sync.")) {
		above++
	}
	if above == 0 {
		return Other, 0
	}
	switch frames[above-1].Func { // what the program calls
	case "sync.(*WaitGroup).Wait":
		return WaitGroup, above
	case "sync.(*RWMutex).RLock":
		return RLock, above
	case "sync.(*Mutex).Lock", "sync.(*RWMutex).Lock", "sync.(*Once).Do": // who comes to Do later waits for its mutex
		return Lock, above
	case "sync.(*Cond).Wait":
		return Cond, above
	}
	return Other, above
}

func count(frames []Frame, name string) int {
	if len(frames) > 0 && frames[0].Func == name {
		return 1
	}
	return 0
}
