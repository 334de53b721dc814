package facts

import "time"

// Pressure answers: of what is this machine, or the control group that we run in, short (memory, processors, disk, open
// files), and what did the kernel do about it? It is known on Linux only. What the kernel does not tell is the value that
// stands at each field, never zero pressure.
type Pressure struct {
	Memory MemoryUse `json:"memory"`
	// Groups are our own control group and those above it, the nearest first, as far as they have a limit.
	Groups    []ControlGroup `json:"groups,omitempty"`
	Stalls    []Stall        `json:"stalls,omitempty"` // empty: the kernel has no pressure stall information
	Processor ProcessorUse   `json:"processor"`
	Kills     []MemoryKill   `json:"kills,omitempty"`                 // of programs of Go, in our reach, the newest first
	KillLog   string         `json:"kill_log,omitempty" class:"path"` // the log of the kernel that was read, "" = none may be read
	Files     FileUse        `json:"files"`
	Scanners  []Scanner      `json:"scanners,omitempty"` // virus scanners and indexers at work
	Places    []MountedAt    `json:"places,omitempty"`   // project, GOMODCACHE, GOCACHE
}

// MemoryUse is the memory of the machine, in bytes; Total 0 = unknown.
type MemoryUse struct {
	Total     uint64       `json:"total"`
	Available uint64       `json:"available"`
	SwapTotal uint64       `json:"swap_total"`
	SwapFree  uint64       `json:"swap_free"`
	Biggest   []MemoryUser `json:"biggest,omitempty"` // of this user's processes, at most 5; looked for when little is available
}

// MemoryUser is a process with its resident memory in bytes.
type MemoryUser struct {
	Proc
	RSS uint64 `json:"rss"`
}

// ControlGroup is one group with a limit of memory or of processor time (cgroups(7)).
type ControlGroup struct {
	Dir       string  `json:"dir" class:"path"`  // where its files are
	Path      string  `json:"path" class:"path"` // its name, as /proc/PID/cgroup has it
	Version   int     `json:"version"`           // 1 or 2
	Limit     uint64  `json:"limit"`             // of memory, bytes; Unlimited = none
	Used      uint64  `json:"used"`              // bytes, with the page cache
	Cache     uint64  `json:"cache"`             // of these, what the kernel gives back when asked: page cache and caches of its own
	Kills     int64   `json:"kills"`             // processes that it killed for memory since the group was made; -1 = unknown
	Quota     float64 `json:"quota,omitempty"`   // processors that it may use; 0 = no quota
	Periods   int64   `json:"periods,omitempty"` // in which something ran
	Throttled int64   `json:"throttled,omitempty"`
}

// Stall is a share of time in which work waited for a resource (Documentation/accounting/psi.rst), in percent.
type Stall struct {
	Resource string  `json:"resource" class:"public"` // cpu, memory, io
	Kind     string  `json:"kind" class:"public"`     // some: at least one task waited; full: all did
	Avg10    float64 `json:"avg10"`                   // of the last 10 s
	Avg60    float64 `json:"avg60"`
	Avg300   float64 `json:"avg300"`
}

// ProcessorUse is what the processors did during a short window.
type ProcessorUse struct {
	Count    int           `json:"count"`                              // those that we may run on
	Window   time.Duration `json:"window_ns"`                          // 0 = unknown
	Busy     float64       `json:"busy"`                               // share of the time of all processors, 0 to 1, that was used
	Stolen   float64       `json:"stolen"`                             // share that the host gave to others although it was wanted
	Heat     int64         `json:"heat"`                               // how often a processor was slowed for its temperature in the window; -1 = unknown
	MaxProcs string        `json:"max_procs,omitempty" class:"public"` // GOMAXPROCS as it is set, "" = not
}

// MemoryKill is a program of Go that the kernel ended for want of memory.
type MemoryKill struct {
	Comm  string        `json:"comm" class:"public"`
	PID   int           `json:"pid"`
	Age   time.Duration `json:"age_ns"`
	RSS   uint64        `json:"rss"`                // of it, bytes, without files; 0 = unknown
	Group string        `json:"group" class:"path"` // whose limit was reached; "" = the machine's memory was used up
}

// FileUse says who has used up open files.
type FileUse struct {
	Used    uint64       `json:"used"` // by the whole system; Max 0 = unknown
	Max     uint64       `json:"max"`
	Holders []FileHolder `json:"holders,omitempty"` // editors and programs of Go with nine tenths of their limit in use, at most 10
}

// FileHolder is a process near its limit of open files.
type FileHolder struct {
	Proc
	Used  int        `json:"used"`
	Soft  uint64     `json:"soft"`
	Hard  uint64     `json:"hard"`
	Kinds []FileKind `json:"kinds,omitempty"` // of a sample of at most 4096, the most frequent first
}

// FileKind counts one kind of open file: file, folder, socket, pipe, inotify, event, other.
type FileKind struct {
	Name  string `json:"name" class:"public"`
	Count int    `json:"count"`
}

// Scanner is a program that is known to read all files, and what was seen of it.
type Scanner struct {
	Proc
	Product string  `json:"product" class:"public"`
	Virus   bool    `json:"virus,omitempty"`                  // it looks for viruses; else it makes an index for searching
	CPU     float64 `json:"cpu"`                              // processors that it used in the window
	Open    string  `json:"open,omitempty" class:"path"`      // a file below the caches of Go that it had open
	Watched string  `json:"watched,omitempty" class:"path"`   // a cache of Go that it is told of each access to (fanotify) or change in (inotify)
	Hidden  bool    `json:"hidden,omitempty"`                 // its files could not be looked at
	Feeding string  `json:"feeding,omitempty" class:"public"` // a program of Go of this user at work at the same time
}

// MountedAt is where a folder lies.
type MountedAt struct {
	Name   string `json:"name" class:"public"` // project, GOMODCACHE, GOCACHE
	Path   string `json:"path" class:"path"`
	Mount  string `json:"mount" class:"path"`
	Type   string `json:"type" class:"public"` // of the file system: ext4, 9p, nfs4 …
	Source string `json:"source" class:"path"`
}
