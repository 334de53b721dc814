// Package blackbox is the memory of the minutes before a failure: a bounded ring of cheap samples on disk, what is
// sampled, and the thresholds that raise events. It starts no process and asks no server, and everything it writes
// lies in a folder of its own below our state folder, redacted when it is sampled.
package blackbox

import (
	"time"

	"github.com/gorescue/gorescue/internal/text"
)

// Sample is the state of a machine and a project at one moment. A map without an entry, a nil pointer and a zero
// number where zero cannot be say that it is not known. All strings are redacted.
type Sample struct {
	At       time.Time         `json:"at"`
	Up       float64           `json:"up"`             // seconds since the machine started, sleep included
	Boot     string            `json:"boot,omitempty"` // names that start
	Every    float64           `json:"every"`          // seconds between samples
	Go       Tree              `json:"go"`
	Settings map[string]string `json:"settings,omitempty"` // of the go command, effective values; no origin
	Files    map[string]File   `json:"files,omitempty"`    // by path
	Editors  map[string]Editor `json:"editors,omitempty"`  // by name
	Gopls    map[string]Gopls  `json:"gopls,omitempty"`    // by process id
	Places   map[string]Place  `json:"places,omitempty"`   // project, GOCACHE, GOMODCACHE, GOTMPDIR
	Locks    map[string]Lock   `json:"locks,omitempty"`    // held locks of the go command, by path
	Lsp      *Lsp              `json:"lsp,omitempty"`      // gorescue lsp, nil = it wrote nothing
	System   System            `json:"system"`
	Proxies  map[string]Proxy  `json:"proxies,omitempty"` // only when asked for
	Dirs     map[string]string `json:"dirs,omitempty"`    // what stands for a place on every machine → where it is here; see bundle
}

// Tree is the Go that a command here starts.
type Tree struct {
	Path    string `json:"path,omitempty"`    // the program; "" = none found
	Release string `json:"release,omitempty"` // as its tree says, "" = unknown
}

// FileRole says what a file decides.
type FileRole string

// The roles.
const (
	RoleModule   FileRole = "module"   // go.mod, go.work
	RoleSums     FileRole = "sums"     // go.sum, go.work.sum
	RoleVendor   FileRole = "vendor"   // vendor/modules.txt
	RoleGoEnv    FileRole = "goenv"    // what go env -w writes
	RoleGoTree   FileRole = "gotree"   // go.env and VERSION of the Go tree
	RoleSettings FileRole = "settings" // of an editor
	RoleStartup  FileRole = "startup"  // of a shell or session
)

// File is one watched file. It was there and readable when Sum is not "".
type File struct {
	Role  FileRole  `json:"role"`
	State string    `json:"state,omitempty"` // missing, unreadable, odd, big; "" = read
	Sum   string    `json:"sum,omitempty"`   // first 16 digits of its SHA-256
	Size  int64     `json:"size,omitempty"`
	Mod   time.Time `json:"mod,omitzero"`
	Text  string    `json:"text,omitempty"` // of a small one whose class allows it, redacted
}

// Editor is what an editor would start and with which settings about Go.
type Editor struct {
	Gopls   string            `json:"gopls,omitempty"`
	Release string            `json:"release,omitempty"`
	Values  map[string]string `json:"values,omitempty"` // key → JSON, redacted
}

// Gopls is one gopls process of this user.
type Gopls struct {
	Start   int64   `json:"start"` // clock ticks since boot; with the process id names it for good
	Exe     string  `json:"exe,omitempty"`
	Release string  `json:"release,omitempty"`
	Dir     string  `json:"dir,omitempty"`
	State   string  `json:"state,omitempty"`
	CPU     float64 `json:"cpu"`               // seconds since its start
	RSS     int64   `json:"rss"`               // bytes
	Files   int     `json:"files,omitempty"`   // descriptors, 0 = not counted yet
	Watches int     `json:"watches,omitempty"` // of inotify
}

// Place is a folder that the go command fills, with its file system.
type Place struct {
	Dir    string    `json:"dir,omitempty"`
	Free   int64     `json:"free,omitempty"` // bytes for this user
	Total  int64     `json:"total,omitempty"`
	Inodes int64     `json:"inodes,omitempty"`     // free ones
	Nodes  int64     `json:"all_inodes,omitempty"` // 0 = this file system does not count them
	Size   int64     `json:"size,omitempty"`       // bytes of a build cache, estimated from some of its folders
	Trim   time.Time `json:"trim,omitzero"`        // when the go command last trimmed the build cache
}

// Lock is a lock of the go command that somebody holds.
type Lock struct {
	PID   int     `json:"pid"`
	Since float64 `json:"since"` // Up when it was first seen
}

// Lsp sums up what gorescue lsp wrote into the journal since the watch began.
type Lsp struct {
	Trips   int       `json:"trips"`
	Verdict string    `json:"verdict,omitempty"` // of the last one
	Why     string    `json:"why,omitempty"`
	At      time.Time `json:"at,omitzero"`
	Answers int       `json:"answers,omitempty"` // counted in its latencies
	MeanMS  float64   `json:"mean_ms,omitempty"`
	MaxMS   float64   `json:"max_ms,omitempty"`
}

// System is the load of the machine. Pressure is "some" and "full" of the last 10 s in percent
// (Documentation/accounting/psi.rst); -1 = not known.
type System struct {
	Load     float64 `json:"load"`
	CPUs     int     `json:"cpus"`
	MemTotal int64   `json:"mem_total,omitempty"`
	MemFree  int64   `json:"mem_available,omitempty"`
	CPUSome  float64 `json:"cpu_some"`
	MemFull  float64 `json:"mem_full"`
	IOFull   float64 `json:"io_full"`
	Watches  int64   `json:"inotify,omitempty"`     // watches of this user's processes
	MaxWatch int64   `json:"inotify_max,omitempty"` // 0 = not known
}

// Proxy is the health of one server of GOPROXY.
type Proxy struct {
	OK  bool    `json:"ok"`
	Why string  `json:"why,omitempty"`
	MS  float64 `json:"ms"`
}

// EventKind says how an event stands.
type EventKind string

// The kinds.
const (
	Raised  EventKind = "raised"  // a threshold was crossed for long enough
	Cleared EventKind = "cleared" // and is no more
	Noted   EventKind = "noted"   // something happened at one moment
)

// Event is what the thresholds and comparisons find. ID names the threshold or comparison; Subject tells two of the same
// ID apart ("4711" of a process, a path).
type Event struct {
	ID      string    `json:"event"`
	Kind    EventKind `json:"kind"`
	Subject string    `json:"subject,omitempty"`
	At      time.Time `json:"at"`
	Value   float64   `json:"value,omitempty"`
	Limit   float64   `json:"limit,omitempty"`
	Msg     text.Msg  `json:"message"`
}
