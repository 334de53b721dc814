package facts

import "time"

// Gopls answers: which gopls programs are there for the editors, what is each of them, and which gopls
// processes run? The section is skipped when no editor starts one and none runs.
type Gopls struct {
	Programs []GoplsProgram `json:"programs,omitempty"` // those that editors start, and others found in their search; each once
	Running  []GoplsProcess `json:"running,omitempty"`
	Watches  *Watches       `json:"watches,omitempty"`
	Big      []GoplsFile    `json:"big,omitempty"` // Go files of several MiB in the folder under diagnosis
	Trees    []EditorTree   `json:"trees,omitempty"`
	Cache    GoplsCache     `json:"cache"`
	// Go is the release of the go command that gopls starts, "" = unknown.
	Go     string `json:"go" class:"public"`
	GoPath string `json:"go_path" class:"path"` // that program
	Arch   string `json:"arch" class:"public"`  // of this machine, as GOARCH
	// Language is the highest go line of the project and its workspace ("1.26"), "" = none.
	Language string `json:"language" class:"public"`
}

// GoplsProgram is one file that should be gopls.
type GoplsProgram struct {
	GoProgram
	Release string       `json:"release" class:"public"`  // its version, "v0.24.0"; "" = unknown
	BuiltBy string       `json:"built_by" class:"public"` // the Go release that built it
	Wrapper *GoplsScript `json:"wrapper,omitempty"`       // of a script
}

// GoplsScript is a wrapper around gopls as its text tells.
type GoplsScript struct {
	Line   int      `json:"line"`                           // of the command that starts gopls
	Text   string   `json:"text" class:"source"`            // that command
	Target string   `json:"target" class:"path"`            // what it starts, "" = cannot be told
	Filter string   `json:"filter" class:"source"`          // a program between editor and gopls that changes or holds back bytes
	Prints int      `json:"prints,omitempty"`               // line of a command that writes to standard output before gopls starts
	Fails  string   `json:"fails,omitempty" class:"public"` // why it starts no gopls: "missing" (nothing executable is at Target), "itself" (Target leads back to it); "" = it does, or that cannot be told
	Word   *Splice  `json:"word,omitempty"`                 // the word that names Target, when it fails; New is "{program}"
	Unix   []Splice `json:"unix,omitempty"`                 // of a script with CR LF: the same text with LF
	Direct []Splice `json:"direct,omitempty"`               // makes it start gopls directly
	Mute   []Splice `json:"mute,omitempty"`                 // sends what it prints to standard error
}

// GoplsRole is what a gopls process is for.
type GoplsRole string

// The roles. A forwarder passes an editor's messages on to a daemon.
const (
	GoplsServes    GoplsRole = "serve"
	GoplsDaemon    GoplsRole = "daemon"
	GoplsForwards  GoplsRole = "forwarder"
	GoplsTelemetry GoplsRole = "telemetry"
)

// GoplsProcess is one gopls process of this user.
type GoplsProcess struct {
	Proc
	Role     GoplsRole       `json:"role"`
	Exe      string          `json:"exe" class:"path"`
	Deleted  bool            `json:"deleted,omitempty"` // its file was removed or replaced
	Release  string          `json:"release" class:"public"`
	Listen   string          `json:"listen" class:"path"`           // of a daemon
	Parent   string          `json:"parent" class:"public"`         // name of the program that started it, "" = gone
	Editor   bool            `json:"editor,omitempty"`              // somebody holds the other end of its standard input
	Host     string          `json:"host,omitempty" class:"public"` // editor of the VS Code family whose extension host started it: Dir is the folder that it opened
	CPU      time.Duration   `json:"cpu_ns"`
	RSS      uint64          `json:"rss"` // bytes
	Files    int             `json:"files"`
	Watching int             `json:"watching,omitempty"` // inotify watches
	Unread   []SettingUnread `json:"unread,omitempty"`   // settings on disk that it was not started with, though they are older than some seconds
}

// SettingUnread is a setting in force that the process was started without.
type SettingUnread struct {
	Editor int           `json:"editor"`             // index in Editors.List
	Value  int           `json:"value"`              // index in its Values
	Has    string        `json:"has" class:"source"` // what the process has, "" = nothing
	After  time.Duration `json:"after_ns"`           // the file changed that long after the process started
}

// GoplsFile is a source file that costs gopls much.
type GoplsFile struct {
	Path string `json:"path" class:"path"`
	Size int64  `json:"size"`
}

// GoplsCache is the folder in which gopls keeps its index.
type GoplsCache struct {
	Path  string `json:"path" class:"path"`
	State string `json:"state" class:"public"` // ok, missing, no-folder, not-writable, full, unknown
	Var   string `json:"var" class:"public"`   // GOPLSCACHE or XDG_CACHE_HOME when one of them decides
}

// Watches are the limits of inotify that hold for this user, and who uses them. The kernel counts per user and user namespace, and in
// every namespace above too (kernel/ucount.c).
type Watches struct {
	MaxWatches     int64       `json:"max_watches"` // of this namespace or of the machine, whichever leaves less; -1 = unknown
	MaxInstances   int64       `json:"max_instances"`
	Limit          string      `json:"limit" class:"path"`           // the file with that limit of watches
	LimitInstances string      `json:"limit_instances" class:"path"` // of instances
	Watches        int64       `json:"watches"`                      // what counts against MaxWatches, as far as it can be seen
	Instances      int64       `json:"instances"`
	Elsewhere      int64       `json:"elsewhere,omitempty"` // watches of this user's processes in other user namespaces
	Unseen         int         `json:"unseen,omitempty"`    // processes of this user that could not be looked at
	Users          []WatchUser `json:"users,omitempty"`     // the biggest, at most 5
	Needs          []WatchNeed `json:"needs,omitempty"`
	Said           []WatchSaid `json:"said,omitempty"`                 // complaints in logs of editors that run
	May            bool        `json:"may,omitempty"`                  // we may write Limit
	DropIn         string      `json:"drop_in,omitempty" class:"path"` // the file below /etc/sysctl.d to make; "" = not possible, or Limit is no setting of the machine
}

// WatchUser is a process with inotify watches.
type WatchUser struct {
	Proc
	Watches   int    `json:"watches"`
	Instances int    `json:"instances"`
	Editor    string `json:"editor,omitempty" class:"public"` // that it belongs to
}

// WatchNeed is what an editor, or the gopls that it tells to watch by itself, needs for the folder that it opens.
type WatchNeed struct {
	Editor  int           `json:"editor"`          // index in Editors.List
	Gopls   bool          `json:"gopls,omitempty"` // "fileWatcher": "fsnotify"
	Folders int64         `json:"folders"`         // to watch, without those that its settings leave out
	Held    int64         `json:"held"`            // watches that it has already
	Exclude *WatchExclude `json:"exclude,omitempty"`
}

// WatchExclude is the edit of an editor's settings by which it watches less.
type WatchExclude struct {
	Set     EditorSet    `json:"set"`
	Folders []TreeFolder `json:"folders"` // left out by it: ignored by git and without Go files
	Saved   int64        `json:"saved"`   // watches
}

// WatchSaid is a line of an editor's log that complains about watching.
type WatchSaid struct {
	Editor int    `json:"editor"`
	File   string `json:"file" class:"path"`
	Line   int    `json:"line"`
	Text   string `json:"text" class:"source"`
}

// EditorTree is what lies below a folder that an editor opens, counted within bounds of time and number.
type EditorTree struct {
	Root    string       `json:"root" class:"path"`
	PID     int          `json:"pid,omitempty"`                 // of the gopls that runs in it; 0 = the folder that an editor would open here
	Folders int          `json:"folders"`                       // without .git and node_modules
	Go      int          `json:"go"`                            // of these, with Go files
	Walked  int          `json:"walked"`                        // by the go command for ./...: the module at Root, with node_modules, without what begins with . or _, other modules, what go.mod ignores
	Modules int          `json:"modules"`                       // go.mod files
	Repos   int          `json:"repos"`                         // folders with .git
	Some    []string     `json:"some,omitempty" class:"path"`   // folders of modules, at most 5
	Module  bool         `json:"module,omitempty"`              // Root has go.mod or go.work
	Repo    bool         `json:"repo,omitempty"`                // Root is in a repository
	Kind    string       `json:"kind,omitempty" class:"public"` // home, root, GOPATH, GOMODCACHE; "" = an ordinary folder
	Own     int          `json:"own,omitempty"`                 // folders of the module under diagnosis, when it is below Root; 0 = none, or Root itself
	Cut     bool         `json:"cut,omitempty"`                 // a bound was reached: there is more
	Heavy   []TreeFolder `json:"heavy,omitempty"`               // topmost folders with hundreds of folders and no Go file, the biggest first
}

// TreeFolder is a part of a tree.
type TreeFolder struct {
	Path    string `json:"path" class:"path"` // relative to the root, with slashes
	Folders int    `json:"folders"`           // without node_modules
	Walked  int    `json:"walked"`            // by the go command
	Ignored bool   `json:"ignored,omitempty"` // by git
}
