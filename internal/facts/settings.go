package facts

// Settings answers: what does the go command take for each of its variables, and who said so?
// It is computed from files and the process environment alone, by the rules of
// cmd/go/internal/cfg (process environment, then the file of GOENV, then $GOROOT/go.env, then
// built-in defaults; an empty value counts as unset), because the go command may be what is broken.
type Settings struct {
	File   EnvFile            `json:"file"`            // the file that `go env -w` writes
	Other  *EnvFile           `json:"other,omitempty"` // a go env file in the usual place that go does not read, because GOENV or XDG_CONFIG_HOME point elsewhere
	GoRoot EnvFile            `json:"goroot"`          // go.env of the Go tree in use
	Values map[string]Setting `json:"values" class:"source"`

	Release     string   `json:"release,omitempty" class:"public"`     // of the Go tree in use, as its VERSION file says ("go1.26.8"); "" = unknown
	Experiments []string `json:"experiments,omitempty" class:"public"` // every name that GOEXPERIMENT may have in that tree, sorted; nil = unknown
	CPULevel    int      `json:"cpu_level,omitempty"`                  // highest GOAMD64 that this processor runs, 1 to 4; 0 = unknown or another architecture
	Named       []Named  `json:"named,omitempty"`                      // what values name in the file system
	Place       Place    `json:"place"`
	Netrc       Netrc    `json:"netrc"`
}

// Named is one program, file or folder that a value names, as it is now.
type Named struct {
	Var   string     `json:"var" class:"public"`
	Part  string     `json:"part,omitempty" class:"public"` // the flag of GOFLAGS or the entry of a list it stands in; "" = the whole value
	Given string     `json:"given" class:"path"`            // as it is written
	Path  string     `json:"path" class:"path"`             // where the go command looks for it; "" for a program that is in no folder of PATH
	State NamedState `json:"state"`
	// Programs counts what may be executed in a folder that GOBIN lists, and everything in XDG_CONFIG_HOME, up to 1,000.
	Programs int    `json:"programs,omitempty"`
	Bad      string `json:"bad,omitempty" class:"source"` // it is there, but not in the form that its reader takes
}

// NamedState says what is at the place that a value names.
type NamedState string

// What a value may name. NamedUnknown: it could not be looked at.
const (
	NamedMissing NamedState = "missing"
	NamedProgram NamedState = "program" // a regular file that may be executed
	NamedFile    NamedState = "file"    // a regular file that may not
	NamedFolder  NamedState = "folder"
	NamedOdd     NamedState = "odd" // a pipe, a device
	NamedUnknown NamedState = "unknown"
)

// Place is what the folder under diagnosis has that decides whether a setting hurts there.
type Place struct {
	Bazel  string `json:"bazel" class:"path"` // file that makes the folder a Bazel workspace, "" = none
	Source Source `json:"source"`
}

// Source is what the Go files of the module ask of a platform and of a C compiler. It is collected only when a
// setting makes that matter (Looked), from at most 3,000 files (Cut), and without what _test.go files import.
type Source struct {
	Looked bool `json:"looked,omitempty"`
	Cut    bool `json:"cut,omitempty"`
	// Cgo is a file of this platform that is compiled with cgo: it imports "C" or a standard package that does.
	Cgo       string `json:"cgo" class:"path"`
	CgoImport string `json:"cgo_import,omitempty" class:"source"`
	PkgConfig string `json:"pkg_config" class:"path"` // a file with a line #cgo pkg-config
	// NeedsCgo is a package folder which has files with import "C", none for CGO_ENABLED=0, and is needed: it is
	// the folder under diagnosis, or another package of the module imports it (NeededBy).
	NeedsCgo string `json:"needs_cgo" class:"path"`
	NeededBy string `json:"needed_by" class:"path"`
	// OnlyTarget is a package folder that has files for the effective GOOS and GOARCH and none for this machine.
	OnlyTarget string `json:"only_target" class:"path"`
	// Runner is go_GOOS_GOARCH_exec of the effective platform in PATH: `go run` and `go test` start programs
	// with it (cmd/go/internal/work: FindExecCmd).
	Runner string `json:"runner" class:"path"`
}

// Netrc is the file of credentials that the go command reads. Only the names of machines are kept.
type Netrc struct {
	Path     string    `json:"path" class:"path"`  // where go looks: $NETRC, else ~/.netrc
	Usual    string    `json:"usual" class:"path"` // ~/.netrc when it is there and go looks elsewhere
	State    FileState `json:"state"`
	Machines []string  `json:"machines,omitempty" class:"host"` // of the file that is there: Path, else Usual
}

// Setting is the effective value of one variable.
type Setting struct {
	Value  string     `json:"value" class:"source"`
	Origin OriginKind `json:"origin"`
	Line   int        `json:"line,omitempty"` // line in File or GoRoot; 0 for the other origins
}

// OriginKind says where an effective value comes from.
type OriginKind string

// The origins, strongest first.
const (
	FromProcess OriginKind = "process" // the environment of this process; Startup says which file put it there
	FromGoenv   OriginKind = "goenv"   // Settings.File
	FromGoroot  OriginKind = "goroot"  // Settings.GoRoot
	FromDefault OriginKind = "default" // built into the go command
)

// EnvFile is a file of NAME=value lines as the go command reads it.
type EnvFile struct {
	Path    string        `json:"path" class:"path"` // "" when there is none to look for (GOENV=off, no config folder)
	Off     bool          `json:"off,omitempty"`     // GOENV=off
	State   FileState     `json:"state"`
	Err     string        `json:"err,omitempty" class:"source"`
	Mode    uint32        `json:"mode,omitempty"` // permission bits
	UID     int           `json:"uid"`            // owner, -1 = unknown
	Size    int64         `json:"size"`
	BOM     bool          `json:"bom,omitempty"` // begins with a UTF-8 byte order mark
	UTF16   bool          `json:"utf16,omitempty"`
	NULs    int           `json:"nuls,omitempty"` // number of zero bytes
	Entries []EnvEntry    `json:"entries,omitempty"`
	Backups []EnvFileCopy `json:"backups,omitempty"` // readable copies beside it (env~, env.bak …), newest first

	Folder bool          `json:"folder,omitempty"` // FileOdd: it is a folder
	Closed *ClosedFolder `json:"closed,omitempty"` // FileUnreadable: the folder above it that this user may not enter
	// Plain makes the file plain UTF-8 with newline ends and keeps every other character; nil when it is
	// that already or when its text cannot be told.
	Plain []Splice `json:"plain,omitempty"`
}

// ClosedFolder is a folder that this user may not enter.
type ClosedFolder struct {
	Path string `json:"path" class:"path"`
	Mode uint32 `json:"mode"`
	UID  int    `json:"uid"`
}

// FileState says what is at a path.
type FileState string

// The states of a file.
const (
	FileMissing    FileState = "missing"
	FileRead       FileState = "read"
	FileUnreadable FileState = "unreadable" // there, but not readable for this user
	FileOdd        FileState = "odd"        // a folder, pipe, device, or larger than we read
)

// EnvEntry is one line of an EnvFile that has a meaning or was meant to have one.
type EnvEntry struct {
	Line    int    `json:"line"`
	Name    string `json:"name" class:"public"`
	Value   string `json:"value" class:"source"`
	Ignored string `json:"ignored,omitempty" class:"public"` // why the go command passes over this line ("name", "no =" …); "" = it counts
	Shadow  bool   `json:"shadow,omitempty"`                 // a later line of the same name wins
	Cut     Splice `json:"cut"`                              // takes the whole line away
}

// EnvFileCopy is an older copy of an EnvFile.
type EnvFileCopy struct {
	Path    string     `json:"path" class:"path"`
	Size    int64      `json:"size"`
	Entries []EnvEntry `json:"entries,omitempty"`
	Sum     string     `json:"sum" class:"public"` // sha256 of its content, hex
}

// Get returns the effective value of a variable, "" when it is unset everywhere.
func (s *Settings) Get(name string) string { return s.Values[name].Value }
