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
