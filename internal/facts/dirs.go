package facts

import "time"

// Dirs answers: can the go command use the folders and files it works with, and do the limits of this
// session leave it room?
type Dirs struct {
	// Folders are those that the go command writes to, and those that could stand in for them.
	Folders []Folder  `json:"folders,omitempty"`
	Prog    CacheProg `json:"prog"`
	Temp    TempUse   `json:"temp"`
	Old     OldCache  `json:"old"`
	// Ulimits are the commands of start-up files that set limits, in the order of reading.
	Ulimits []Ulimit `json:"ulimits,omitempty"`
	// HardFiles is the hard limit of open files of the process that looked, 0 = unknown. Host.Limits has
	// that of its parent, which differs when a shell has lowered it and then given way to us.
	HardFiles uint64 `json:"hard_files,omitempty"`
	// NewTerminal: this is the world of a terminal that will be opened after a repair. Limits that
	// only this process has inherited say nothing there.
	NewTerminal bool    `json:"new_terminal,omitempty"`
	Modules     Modules `json:"modules"`
	Tree        Tree    `json:"tree"`
}

// Folder returns the folder of a role, a zero one when it was not looked at.
func (d *Dirs) Folder(r FolderRole) Folder {
	for _, f := range d.Folders {
		if f.Role == r {
			return f
		}
	}
	return Folder{}
}

// FolderRole says what a folder is for.
type FolderRole string

// The roles. Those that end in -default are what the go command would take if no variable said
// otherwise; those in -spare are places of the user's own that could be named instead.
const (
	RoleCache           FolderRole = "gocache"
	RoleCacheDefault    FolderRole = "gocache-default"
	RoleModCache        FolderRole = "gomodcache"
	RoleModCacheDefault FolderRole = "gomodcache-default"
	RoleModCacheSpare   FolderRole = "gomodcache-spare"
	RoleTemp            FolderRole = "tmpdir" // os.TempDir
	RoleTempDefault     FolderRole = "tmpdir-default"
	RoleWork            FolderRole = "gotmpdir" // where the go command makes its work folders: GOTMPDIR, else tmpdir
	RoleWorkSpare       FolderRole = "gotmpdir-spare"
	RoleBin             FolderRole = "gobin"
	RoleProject         FolderRole = "project"
	RoleState           FolderRole = "state"
)

// Folder is one place and what the system says about it. Nothing was written to find out.
type Folder struct {
	Role FolderRole `json:"role"`
	Var  string     `json:"var,omitempty" class:"public"` // the variable that decides it, "" = built in
	Path string     `json:"path" class:"path"`
	Node
	Link     string `json:"link,omitempty" class:"path"` // target, when the path itself is a link
	Base     Node   `json:"base"`                        // nearest thing that exists on the way to it: itself, when it exists
	Dev      uint64 `json:"dev,omitempty"`
	FS       string `json:"fs,omitempty" class:"public"` // type of the file system, "" = unknown
	Mount    string `json:"mount,omitempty" class:"path"`
	ReadOnly bool   `json:"read_only,omitempty"` // the mount is
	NoExec   bool   `json:"noexec,omitempty"`
	Free     uint64 `json:"free"`  // bytes that this user may still take
	Total    uint64 `json:"total"` // 0 = unknown
	FreeIno  uint64 `json:"free_inodes"`
	TotalIno uint64 `json:"total_inodes"` // 0 = without limit, or unknown
	// Of gocache: how many of its 256 folders 00…ff are there, and one of them that is not a folder.
	Parts   int    `json:"parts,omitempty"`
	OddPart string `json:"odd_part,omitempty" class:"path"`
	// Closed are those of them that this process may not write to or not read; the first is named.
	Closed    int    `json:"closed,omitempty"`
	ClosedOne string `json:"closed_one,omitempty" class:"path"`
}

// Node is one path as lstat and access(2) see it, links followed.
type Node struct {
	Where string   `json:"where" class:"path"`
	Kind  NodeKind `json:"kind"`
	Err   string   `json:"err,omitempty" class:"public"` // of NodeUnknown: why
	Mode  uint32   `json:"mode,omitempty"`               // permission bits, with 01000 for sticky
	UID   int      `json:"uid"`                          // -1 = unknown
	// Denied says why this process may not make entries in it: DeniedPermission, DeniedReadOnly or the
	// system's words. "" = nothing speaks against it.
	Denied string `json:"denied,omitempty" class:"public"`
}

// Why a folder may not be written to.
const (
	DeniedPermission = "permission"
	DeniedReadOnly   = "read-only"
)

// NodeKind says what is at a path.
type NodeKind string

// The kinds of node. NodeUnknown: the system did not say (a closed folder on the way, an error).
const (
	NodeMissing  NodeKind = "missing"
	NodeFolder   NodeKind = "folder"
	NodeFile     NodeKind = "file"
	NodeDangling NodeKind = "dangling" // a link to nothing
	NodeLoop     NodeKind = "loop"     // a link that leads to itself
	NodeOther    NodeKind = "other"    // pipe, socket, device
	NodeUnknown  NodeKind = "unknown"
)

// CacheProg is the program of GOCACHEPROG.
type CacheProg struct {
	Value string `json:"value,omitempty" class:"source"`
	Word  string `json:"word,omitempty" class:"path"`  // its first word
	Path  string `json:"path,omitempty" class:"path"`  // what would be started, "" = found nowhere
	Bad   string `json:"bad,omitempty" class:"public"` // why it cannot be: "missing", "no program", "not executable", "quotes"; "" = it can
}

// TempUse is what lies in the folder of work folders.
type TempUse struct {
	// Dead are go-build folders of this user in which no process has anything and which no living go
	// command can have made, oldest first.
	Dead   []DeadBuild `json:"dead,omitempty"`
	Alive  int         `json:"alive,omitempty"`  // go-build folders that are, or may be, in use
	Cut    bool        `json:"cut,omitempty"`    // not everything was looked at
	Looked bool        `json:"looked,omitempty"` // it was looked at: only when the file system is full
}

// DeadBuild is one work folder that was left behind.
type DeadBuild struct {
	Path  string        `json:"path" class:"path"`
	Bytes uint64        `json:"bytes"` // on disk
	Files int           `json:"files"`
	Age   time.Duration `json:"age_ns"`
}

// OldCache is what of GOCACHE the go command itself would remove at its next daily clean-up: entries that
// were not used for five days (cmd/go/internal/cache/cache.go, func Trim). Looked at only when
// the file system is full.
type OldCache struct {
	Looked  bool       `json:"looked,omitempty"`
	Bytes   uint64     `json:"bytes,omitempty"` // of all such entries
	Count   int        `json:"count,omitempty"`
	Cut     bool       `json:"cut,omitempty"`
	Largest []OldEntry `json:"largest,omitempty"` // at most 200, largest first
}

// OldEntry is one file of a build cache.
type OldEntry struct {
	Path  string `json:"path" class:"path"`
	Bytes uint64 `json:"bytes"`
}

// Ulimit is a command of a start-up file that sets a limit.
type Ulimit struct {
	File    string   `json:"file" class:"path"`
	Line    int      `json:"line"`
	Text    string   `json:"text" class:"source"`
	Limit   string   `json:"limit" class:"public"` // nofile, nproc, as, fsize, data
	Values  []uint64 `json:"values"`               // what it may set it to, in the unit of getrlimit(2): shells differ in their units
	Guarded bool     `json:"guarded,omitempty"`
	Cuts    []Splice `json:"cuts"` // take exactly this command out of its file
}

// Modules is what of this project's modules is missing or damaged in the module cache.
type Modules struct {
	Looked  bool   `json:"looked,omitempty"` // the project has modules and takes them from the cache
	Err     string `json:"err,omitempty" class:"source"`
	Hashed  int    `json:"hashed"`   // extracted folders whose content was compared with go.sum
	Unknown int    `json:"unhashed"` // and those that were not, for lack of time
	// Missing are modules that a build or a test needs on this platform and that are not whole in the cache.
	Missing  []MissingModule `json:"missing,omitempty"`
	Damaged  []Damage        `json:"damaged,omitempty"`
	Pages    []Page          `json:"pages,omitempty"`
	PagesCut bool            `json:"pages_cut,omitempty"`
	VCSLocks []VCSLock       `json:"vcs_locks,omitempty"`
	Direct   bool            `json:"direct,omitempty"` // a missing module is fetched from its repository, not from a proxy
}

// MissingModule is a module to be fetched.
type MissingModule struct {
	Module  string `json:"module" class:"source"`  // path@version
	Missing string `json:"missing" class:"public"` // what: "mod", "dir", "partial", "ziphash"
	Tests   bool   `json:"tests,omitempty"`        // only tests and tools of this project need it
	Blocked *Block `json:"blocked,omitempty"`      // where the go command may not write it; nil = it may
}

// Block is a place where the go command must make something and cannot.
type Block struct {
	Want     string `json:"want" class:"path"` // what it must make
	Node            // the nearest thing on the way that exists
	ReadOnly bool   `json:"read_only,omitempty"`
	Mount    string `json:"mount,omitempty" class:"path"`
	// Chain are the folders from the module cache down to Where that this user owns and may not write to.
	Chain []string `json:"chain,omitempty" class:"path"`
	// Top is the topmost folder of somebody else on that way, whose own parent this user may write to; "" = none.
	Top    string `json:"top,omitempty" class:"path"`
	TopUID int    `json:"top_uid,omitempty"`
}

// Damage is one file or folder of the cache that is not what go.sum says.
type Damage struct {
	Module   string     `json:"module" class:"source"` // path@version
	Kind     DamageKind `json:"kind"`
	Path     string     `json:"path" class:"path"`
	Looks    string     `json:"looks,omitempty" class:"public"` // of its content: "html", "empty", "nul", "text", "other"
	Got      string     `json:"got,omitempty" class:"source"`
	Want     string     `json:"want,omitempty" class:"public"`
	SumFile  string     `json:"sum_file,omitempty" class:"path"`
	SumLine  int        `json:"sum_line,omitempty"`
	Needed   bool       `json:"needed,omitempty"` // packages of it are needed by this build
	ZipGood  bool       `json:"zip_good,omitempty"`
	TreeGood bool       `json:"tree_good,omitempty"`
	// Text is the whole content of a short text file, "" when it is longer or binary.
	Text     string `json:"text,omitempty" class:"source"`
	HashFile string `json:"hash_file,omitempty" class:"path"` // of a zip: its .ziphash, when there is one
	// Copy is another file with the right content, CopySum its fingerprint (action.Digest).
	Copy string `json:"copy,omitempty" class:"path"`
	// Caches are other module caches of this machine that have something of this version, Clones repositories in
	// cache/vcs that it may come from. Whether what they have is sound shows when it is hashed. Of a zip only.
	Caches  []string `json:"caches,omitempty" class:"path"`
	Clones  []string `json:"clones,omitempty" class:"path"`
	CopySum string   `json:"copy_sum,omitempty" class:"public"`
	Files   []string `json:"files,omitempty" class:"path"` // of a folder: what differs, at most 10, as "changed greet.go"
	More    int      `json:"more,omitempty"`
	Mode    uint32   `json:"mode,omitempty"`
	UID     int      `json:"uid"`
	Why     string   `json:"why,omitempty" class:"source"` // the reader's words: "zip: not a valid zip file"
}

// DamageKind says what of a version is damaged.
type DamageKind string

// The kinds of damage.
const (
	DamagedHash DamageKind = "ziphash"
	DamagedMod  DamageKind = "mod"
	DamagedZip  DamageKind = "zip"
	DamagedTree DamageKind = "tree"
)

// Page is a web page that was stored as a module's go.mod file.
type Page struct {
	Path   string `json:"path" class:"path"`
	Module string `json:"module" class:"source"` // path@version
	Start  string `json:"start" class:"source"`  // its first 60 bytes
	Needed bool   `json:"needed,omitempty"`      // the project asks for this version
}

// VCSLock is a lock file of git in a repository of the module cache.
type VCSLock struct {
	Path   string        `json:"path" class:"path"`
	Repo   string        `json:"repo" class:"path"` // the folder of the repository
	URL    string        `json:"url" class:"host"`  // where it was cloned from, "" = unknown
	Age    time.Duration `json:"age_ns"`
	UID    int           `json:"uid"`
	User   string        `json:"user,omitempty" class:"public"`   // a process that is at work in this repository, "" = none seen
	Module string        `json:"module,omitempty" class:"source"` // the missing module that comes from there
}

// Tree is what of the project's files would trip the go command, whatever they contain.
type Tree struct {
	Root    string        `json:"root" class:"path"`
	Entries int           `json:"entries"`
	Cut     bool          `json:"cut,omitempty"` // not everything was walked
	Bad     []BadFile     `json:"bad,omitempty"`
	Copies  []StrayCopy   `json:"copies,omitempty"`
	Output  *OutputFolder `json:"output,omitempty"`
	// TempRoot is the folder of go.mod when it is also the folder for temporary files, "" otherwise: go
	// ignores such a go.mod (cmd/go/internal/modload/init.go).
	TempRoot string `json:"temp_root,omitempty" class:"path"`
	// GoMod is the module's file, for adding a line at its end.
	GoMod GoModEnd `json:"go_mod"`
}

// GoModEnd is what is to be known of a go.mod file for adding a line to it.
type GoModEnd struct {
	Path string `json:"path,omitempty" class:"path"` // "" = none that could be parsed
	Size int    `json:"size,omitempty"`
	EOL  bool   `json:"eol,omitempty"` // it ends with a newline
	Go   string `json:"go,omitempty" class:"public"`
}

// BadFile is a file or folder that the go command must open and cannot.
type BadFile struct {
	Path    string   `json:"path" class:"path"`
	Rel     string   `json:"rel" class:"path"` // from the module's root
	Why     BadKind  `json:"why"`
	Target  string   `json:"target,omitempty" class:"path"` // of a link
	Mode    uint32   `json:"mode,omitempty"`
	UID     int      `json:"uid"`
	Tracked Tracking `json:"tracked"`
	Alone   bool     `json:"alone,omitempty"`    // a folder: the one above it, which is not the root, holds nothing else
	InScope bool     `json:"in_scope,omitempty"` // below the folder under diagnosis
}

// BadKind says what is wrong with a file.
type BadKind string

// The kinds of bad file.
const (
	BadDangling   BadKind = "dangling"
	BadLoop       BadKind = "loop"
	BadUnreadable BadKind = "unreadable"
	BadFolder     BadKind = "unreadable-folder"
	BadPipe       BadKind = "not-a-file"
)

// Tracking says whether git keeps a file.
type Tracking string

// What is known of a file in git. TrackUnknown: git could not be asked.
const (
	TrackNoRepo  Tracking = "no-repository"
	TrackYes     Tracking = "tracked"
	TrackNo      Tracking = "untracked"
	TrackUnknown Tracking = "unknown"
)

// StrayCopy is a Go file that some tool left beside the original and that declares the same names.
type StrayCopy struct {
	Path     string   `json:"path" class:"path"`
	Original string   `json:"original" class:"path"`
	Tool     string   `json:"tool" class:"public"`
	Names    []string `json:"names" class:"source"` // some of the names which both declare
	Tracked  Tracking `json:"tracked"`
	Busy     *Proc    `json:"busy,omitempty"` // the tool, when it is still at work
}

// OutputFolder is a folder that lies where `go build` would write its program.
type OutputFolder struct {
	Path    string `json:"path" class:"path"`
	Program string `json:"program" class:"source"`
	Entries int    `json:"entries"` // what is in it, counted to 100
	HasGo   bool   `json:"has_go,omitempty"`
	// Ignored is the line of .gitignore that expects the program there.
	Ignored     string `json:"ignored,omitempty" class:"source"`
	IgnoredFile string `json:"ignored_file,omitempty" class:"path"`
	IgnoredLine int    `json:"ignored_line,omitempty"`
}
