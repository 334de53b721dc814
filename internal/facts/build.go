package facts

import "time"

// Build answers: does the user's own build pass here and now, and if not, what failed first?
// The question was asked once, with the user's own settings; only the network was taken away
// (GOPROXY=off) and writing to go.mod and go.sum forbidden (-mod=readonly).
type Build struct {
	Command    string        `json:"command" class:"path"` // as one would type it, with the variables we added
	Dir        string        `json:"dir" class:"path"`
	Go         string        `json:"go" class:"path"` // the go program that was run
	Outcome    BuildOutcome  `json:"outcome"`
	Why        string        `json:"why,omitempty" class:"source"` // of not-started: the error of the system
	Exit       int           `json:"exit"`                         // -1: it did not end by itself
	Started    time.Time     `json:"started"`
	Took       time.Duration `json:"took_ns"`
	FirstError string        `json:"first_error,omitempty" class:"source"` // its first line that says what is wrong; "" = it said nothing
	Errors     []BuildError  `json:"errors,omitempty"`                     // in the order in which the go command said them, at most 50
	Stderr     string        `json:"stderr,omitempty" class:"source"`      // first 16 KiB
	Needs      []string      `json:"needs,omitempty" class:"source"`       // modules (path@version) that are not in the cache and would be downloaded
	Stuck      *Stuck        `json:"stuck,omitempty"`                      // of the outcome stuck
	Scope      string        `json:"scope" class:"source"`                 // the packages that were asked for: ./... or .
}

// BuildOutcome says how the build ended.
type BuildOutcome string

// The outcomes of a build.
const (
	BuildOK            BuildOutcome = "ok"
	BuildFailed        BuildOutcome = "failed"
	BuildNeedsDownload BuildOutcome = "needs-download" // all that is wrong is that modules are not in the cache: not a fault by itself
	BuildStuck         BuildOutcome = "stuck"          // it waits for something that does not move; see Stuck
	BuildTimedOut      BuildOutcome = "timed-out"      // still working when our time was over: says nothing about health
	BuildNotStarted    BuildOutcome = "not-started"    // there is no go program, or the system would not start it
)

// BuildError is one complaint of the go command.
type BuildError struct {
	Package string     `json:"package,omitempty" class:"source"`
	File    string     `json:"file,omitempty" class:"path"` // absolute when it lies below the build's folder, else as printed
	Line    int        `json:"line,omitempty"`
	Col     int        `json:"col,omitempty"`
	Text    string     `json:"text" class:"source"` // without the position, at most 2000 bytes
	Class   BuildClass `json:"class"`
}

// BuildClass says whose business an error is.
type BuildClass string

// The classes of build errors.
const (
	ClassUserCode  BuildClass = "user-code" // syntax or types in the main module's own files
	ClassToolchain BuildClass = "toolchain" // the go command or its tools do not run as they should
	ClassStd       BuildClass = "std"       // the standard library does not compile or is not there
	ClassDep       BuildClass = "dep"       // source of a dependency does not compile or cannot be read
	ClassModule    BuildClass = "module"    // go.mod, go.sum, go.work, vendor, finding modules and packages
	ClassVCS       BuildClass = "vcs"       // git and its like
	ClassCgo       BuildClass = "cgo"       // the C compiler and what it is given
	ClassFS        BuildClass = "fs"        // files and folders: no space, not permitted, missing
	ClassNetwork   BuildClass = "network"   // needs what only the network has
	ClassSetting   BuildClass = "setting"   // the go command refuses a variable or a flag
	ClassUnknown   BuildClass = "unknown"
)

// Stuck is what a build that does not move waits for.
type Stuck struct {
	Reason   StuckReason   `json:"reason"`
	LockPath string        `json:"lock_path,omitempty" class:"path"` // of lock; "" = the file could not be named
	Holder   *Proc         `json:"holder,omitempty"`                 // who holds that lock; nil = not seen
	Child    *Proc         `json:"child,omitempty"`                  // of child: the helper program that is silent
	Setting  string        `json:"setting,omitempty" class:"public"` // of child: the variable that names it
	For      time.Duration `json:"for_ns"`                           // how long nothing had moved
}

// StuckReason says what a build waits for.
type StuckReason string

// The reasons of being stuck.
const (
	StuckOnLock  StuckReason = "lock"
	StuckOnChild StuckReason = "child"
	StuckSilent  StuckReason = "silent" // no processor time, no lock, no helper: unexplained
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
