package facts

import "time"

// Locks answers: who holds and who waits for the file locks that go commands of this project take?
// A lock file that merely exists says nothing and is not listed; only locks that the kernel knows are,
// and of those only the ones held by processes that this diagnosis did not start.
type Locks struct {
	Held []Lock `json:"held,omitempty"`
}

// Lock is one locked file.
type Lock struct {
	Role    LockRole     `json:"role"`
	Path    string       `json:"path" class:"path"`
	Inode   uint64       `json:"inode"`
	Module  string       `json:"module,omitempty" class:"source"`  // path@version, of files that belong to one
	Missing string       `json:"missing,omitempty" class:"public"` // of a version lock: what of the module is not in the cache, so that the lock will be taken
	Write   bool         `json:"write"`                            // exclusive
	Line    string       `json:"line" class:"public"`              // of the kernel's table
	Holders []LockHolder `json:"holders,omitempty"`                // parents before children; the lock goes away with the last of them
	Waiters []Proc       `json:"waiters,omitempty"`
}

// LockRole says what a locked file is to the go command.
type LockRole string

// The roles.
const (
	RoleGoMod      LockRole = "go.mod"         // of a main module; read-locked by every command, write-locked to change it
	RoleGoSum      LockRole = "go.sum"         // go.sum or go.work.sum, the same
	RoleSide       LockRole = "modcache"       // $GOMODCACHE/cache/lock, while go.mod or go.sum are written
	RoleVersion    LockRole = "version"        // a module version, while it is downloaded and extracted
	RoleEntry      LockRole = "entry"          // ziphash or list of a module
	RoleVCS        LockRole = "vcs"            // a repository in $GOMODCACHE/cache/vcs
	RoleSumDB      LockRole = "sumdb"          // the last known state of the checksum database
	RoleTrim       LockRole = "trim.txt"       // of the build cache, read-locked at the end of every build
	RoleTestExpire LockRole = "testexpire.txt" // of the build cache, read-locked by go test
)

// LockHolder is a process that has the lock.
type LockHolder struct {
	Proc
	Program    string         `json:"program" class:"source"` // base name of its executable
	Activity   HolderActivity `json:"activity"`
	Looked     time.Duration  `json:"looked_ns"`                          // time between the first and the last look
	Quiet      time.Duration  `json:"quiet_ns"`                           // how long nothing is known to have moved: since its start or the last growth of its files
	Connected  bool           `json:"connected,omitempty"`                // it or a child has a TCP connection
	Foreground bool           `json:"foreground,omitempty"`               // somebody sees it on a terminal now
	Terminal   bool           `json:"terminal,omitempty"`                 // belongs to a terminal session
	Ancestor   bool           `json:"ancestor,omitempty"`                 // this diagnosis was started by it
	WaitsFor   string         `json:"waits_for,omitempty" class:"public"` // waits for another lock: its line
}

// HolderActivity says what a holder did between two looks, with all its children.
type HolderActivity string

// The activities.
const (
	HolderBusy    HolderActivity = "busy"    // used the processor, transferred bytes, or its files grew
	HolderIdle    HolderActivity = "idle"    // nothing at all
	HolderStopped HolderActivity = "stopped" // suspended (Ctrl-Z, SIGSTOP)
	HolderWaiting HolderActivity = "waiting" // for another lock
)
