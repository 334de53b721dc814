package facts

import "time"

// Build answers: does the user's own build pass here and now, and if not, what failed first?
// The question is asked once, with the user's own settings; only the network was taken away and writing
// to go.mod, go.sum and the module cache avoided: see Overrides.
type Build struct {
	Command   string        `json:"command" class:"path"` // as one would type it, without the overrides
	Overrides []string      `json:"overrides,omitempty" class:"public"`
	Dir       string        `json:"dir" class:"path"`
	Go        string        `json:"go" class:"path"` // the go program that was run, "" = none
	Outcome   BuildOutcome  `json:"outcome"`
	Why       string        `json:"why,omitempty" class:"source"` // of not-started and timed-out: the reason
	Early     bool          `json:"early,omitempty"`              // failed: already before anything was compiled (go build -n)
	Exit      int           `json:"exit"`                         // -1: it did not end by itself
	Started   time.Time     `json:"started"`
	Took      time.Duration `json:"took_ns"`
	Errors    []BuildError  `json:"errors,omitempty"`                // in the order in which the go command said them, at most 50
	Stderr    string        `json:"stderr,omitempty" class:"source"` // first 16 KiB
	// Needs lists the modules (path@version, sorted) that a build of this project needs on this platform and that are
	// not whole in the cache. When there are any, or the Go release asked for is one of them, no build is tried:
	// it could not pass without the network and would write to the cache.
	Needs []string `json:"needs,omitempty" class:"source"`
	Stuck *Stuck   `json:"stuck,omitempty"` // of the outcome stuck
}

// Experiment answers, for a build that failed: what makes the difference? It is asked by experiment, and not at all when the
// build passes.
type Experiment struct {
	// Blamed lists the settings without which, each alone, the failed build passes; looked for among those that
	// decide how code is compiled.
	Blamed []Blame `json:"blamed,omitempty"`
	// Rotten lists entries of the build cache that the build uses and that do not hold what their name says.
	Rotten []CacheEntry `json:"rotten,omitempty"`
}

// Blame is a variable, or one flag of GOFLAGS.
type Blame struct {
	Name string `json:"name" class:"public"`
	Part string `json:"part,omitempty" class:"source"` // the flag; "" = the whole value
	Rest string `json:"rest,omitempty" class:"source"` // GOFLAGS without the flag
}

// CacheEntry is a file of the build cache whose name is the SHA-256 of what it must hold
// (cmd/go/internal/cache/cache.go: OutputID).
type CacheEntry struct {
	Path  string `json:"path" class:"path"`
	Size  int64  `json:"size"`
	Zeros bool   `json:"zeros,omitempty"` // it holds nothing but zero bytes
}

// BuildOutcome says how the build ended.
type BuildOutcome string

// The outcomes of a build.
const (
	BuildOK            BuildOutcome = "ok"
	BuildFailed        BuildOutcome = "failed"
	BuildNeedsDownload BuildOutcome = "needs-download" // see Needs; no fault by itself
	BuildStuck         BuildOutcome = "stuck"          // it waited for something that does not move; see Stuck
	BuildTimedOut      BuildOutcome = "timed-out"      // it took, or would take, more time than there is: says nothing about health
	BuildNotStarted    BuildOutcome = "not-started"    // there is no go program, or the system would not start it
)

// BuildError is one complaint of the go command.
type BuildError struct {
	Package string     `json:"package,omitempty" class:"source"`
	File    string     `json:"file,omitempty" class:"path"` // absolute, "" = the complaint names none
	Line    int        `json:"line,omitempty"`
	Col     int        `json:"col,omitempty"`
	Text    string     `json:"text" class:"source"` // without the position, with the lines that belong to it, at most 2000 bytes
	Class   BuildClass `json:"class"`
	// Damage says what File holds beside or instead of code; looked for in the first complaints only.
	Damage SourceDamage `json:"damage,omitempty"`
}

// SourceDamage says what a Go file holds that is no code.
type SourceDamage string

// The kinds of damage.
const (
	SourceZeros SourceDamage = "zero bytes"
	SourceUTF16 SourceDamage = "UTF-16"
	SourceMerge SourceDamage = "merge markers"
)

// BuildClass says whose business an error is.
type BuildClass string

// The classes of build errors.
const (
	ClassUserCode  BuildClass = "user-code" // syntax, types, import cycles in the main module's own files
	ClassToolchain BuildClass = "toolchain" // the go command or its tools do not run as they should
	ClassStd       BuildClass = "std"       // the standard library does not compile or is not there
	ClassDep       BuildClass = "dep"       // source of a dependency does not compile or cannot be read
	ClassModule    BuildClass = "module"    // go.mod, go.sum, go.work, vendor, finding modules and packages
	ClassVCS       BuildClass = "vcs"       // git and its like
	ClassCgo       BuildClass = "cgo"       // the C compiler and what it is given
	ClassFS        BuildClass = "fs"        // files, folders and limits: no space, not permitted, missing
	ClassNetwork   BuildClass = "network"   // needs what only the network has
	ClassSetting   BuildClass = "setting"   // the go command refuses a variable or a flag
	ClassUnknown   BuildClass = "unknown"
)

// Stuck is what a build that does not move waits for.
type Stuck struct {
	Reason   StuckReason   `json:"reason"`
	LockPath string        `json:"lock_path,omitempty" class:"path"` // of lock; "" = the file could not be named
	Holder   *Proc         `json:"holder,omitempty"`                 // who holds that lock; nil = not seen
	Busy     bool          `json:"busy,omitempty"`                   // of lock: the holder was at work meanwhile
	Child    *Proc         `json:"child,omitempty"`                  // of child: the program started by go that is silent
	Setting  string        `json:"setting,omitempty" class:"public"` // of child: the variable that names it, "" = none
	For      time.Duration `json:"for_ns"`                           // how long nothing had moved
}

// StuckReason says what a build waits for.
type StuckReason string

// The reasons of being stuck.
const (
	StuckOnLock  StuckReason = "lock"
	StuckOnChild StuckReason = "child"
	StuckSilent  StuckReason = "silent" // no processor time, no lock, no other program: unexplained
)

// FirstOf returns the first error of one of the classes, nil when there is none.
func (b *Build) FirstOf(classes ...BuildClass) *BuildError {
	for i := range b.Errors {
		for _, c := range classes {
			if b.Errors[i].Class == c {
				return &b.Errors[i]
			}
		}
	}
	return nil
}
