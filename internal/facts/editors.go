package facts

// Editors answers: which editors of this user can work on Go here, what do their settings say and which
// layer wins, may they run the Go extension in this folder, and which gopls would each of them start? The
// section is skipped on a machine without an editor.
type Editors struct {
	Root string   `json:"root" class:"path"` // the folder that an editor opens for this project
	List []Editor `json:"list,omitempty"`
}

// EditorKind is a family of editors that keep their settings in the same form.
type EditorKind string

// The families.
const (
	EditorVSCode    EditorKind = "vscode"
	EditorJetBrains EditorKind = "jetbrains"
	EditorNeovim    EditorKind = "neovim"
	EditorVim       EditorKind = "vim"
	EditorHelix     EditorKind = "helix"
	EditorEmacs     EditorKind = "emacs"
	EditorZed       EditorKind = "zed"
)

// Editor is one editor of this user.
type Editor struct {
	Kind    EditorKind     `json:"kind"`
	Name    string         `json:"name" class:"public"` // "Code", "VSCodium", "GoLand2026.2"
	Dir     string         `json:"dir" class:"path"`    // folder of the user's settings
	Running []Proc         `json:"running,omitempty"`
	Files   []EditorFile   `json:"files,omitempty"`  // layers of settings, the weakest first
	Values  []EditorValue  `json:"values,omitempty"` // what they say about Go, in the order of Files
	State   *EditorState   `json:"state,omitempty"`  // VS Code family
	Plugins []EditorPlugin `json:"plugins,omitempty"`
	SDK     *EditorSDK     `json:"sdk,omitempty"` // JetBrains
	Start   EditorStart    `json:"start"`
	Logs    []string       `json:"logs,omitempty" class:"path"` // newest logs that may say why
	Hidden  *EditorHidden  `json:"hidden,omitempty"`
	Tags    *EditorTags    `json:"tags,omitempty"`
	Env     []EditorNamed  `json:"env,omitempty"` // variables that the settings give to gopls and to the go command
}

// EditorFile is one file of settings.
type EditorFile struct {
	Path     string          `json:"path" class:"path"`
	Layer    string          `json:"layer" class:"public"` // user, profile, remote, machine, workspace
	State    FileState       `json:"state"`
	Size     int64           `json:"size"`
	Go       bool            `json:"go,omitempty"`                      // it speaks of Go
	Encoding string          `json:"encoding,omitempty" class:"public"` // "utf-16", "zeros"; "" = readable
	Plain    []Splice        `json:"plain,omitempty"`                   // the same text as UTF-8
	Errors   []SettingsError `json:"errors,omitempty"`                  // at most 5
	Damage   string          `json:"damage,omitempty" class:"public"`   // comma, cut-off, two-roots, conflict, other
	Mend     []Splice        `json:"mend,omitempty"`                    // the smallest edit after which it has no errors
	Lost     string          `json:"lost,omitempty" class:"source"`     // the unfinished piece that Mend leaves out
	Clash    []string        `json:"clash,omitempty" class:"source"`    // keys that two root objects have with different values
	Copy     *EnvFileCopy    `json:"copy,omitempty"`                    // a sound copy that begins with all the bytes of this cut file
	Twice    []SettingsTwice `json:"twice,omitempty"`                   // keys about Go that stand twice
	Tracked  bool            `json:"tracked,omitempty"`                 // in a repository's work tree: others may have it too
}

// SettingsError is a complaint of the reader.
type SettingsError struct {
	Line int    `json:"line"`
	Col  int    `json:"col"`
	Text string `json:"text" class:"public"`
	Near string `json:"near" class:"source"`
}

// SettingsTwice is a key that one object has more than once: the last one counts.
type SettingsTwice struct {
	Key       string   `json:"key" class:"source"`
	Lines     []int    `json:"lines"`
	Join      []Splice `json:"join,omitempty"`                     // makes one of them, keeping all values that do not conflict
	Conflicts []string `json:"conflicts,omitempty" class:"source"` // keys with different values; the last one is kept
}

// EditorValue is one setting in one layer.
type EditorValue struct {
	File   int      `json:"file"` // index in Files
	Line   int      `json:"line"`
	Key    string   `json:"key" class:"source"`
	Sub    string   `json:"sub,omitempty" class:"source"` // entry of an object: of gopls, go.alternateTools, go.toolsEnvVars
	JSON   string   `json:"json" class:"source"`
	Beaten bool     `json:"beaten,omitempty"` // a stronger layer, or a later line of the same file, has it too
	Cut    []Splice `json:"cut,omitempty"`    // takes it away
	At     Splice   `json:"at"`               // Old is its text: give New
	KeyAt  Splice   `json:"key_at"`           // Old is the text of its key
	Nested []Splice `json:"nested,omitempty"` // of an object "gopls" in "gopls": lifts its entries up
}

// EditorState is what an editor of the VS Code family remembers about trust and extensions.
type EditorState struct {
	Path     string       `json:"path" class:"path"`
	State    FileState    `json:"state"`
	Err      string       `json:"err,omitempty" class:"source"` // why it cannot be read as a database
	Damaged  bool         `json:"damaged,omitempty"`            // it is no sound database
	Copy     *EnvFileCopy `json:"copy,omitempty"`               // the copy beside it that is sound
	Trust    string       `json:"trust" class:"public"`         // of Root: "yes", "no", "unknown" (no entry decides)
	Decides  string       `json:"decides" class:"path"`         // the folder whose entry decides
	Moved    string       `json:"moved" class:"path"`           // a trusted folder of the same name that is not there any more
	Off      bool         `json:"off,omitempty"`                // workspace trust is switched off
	Disabled bool         `json:"disabled,omitempty"`           // the Go extension is disabled
	Here     string       `json:"here,omitempty" class:"path"`  // the database of this workspace that decides so; "" = disabled everywhere
	Grant    *StateGrant  `json:"grant,omitempty"`              // what makes Root trusted
}

// StateGrant is the database with one trusted folder more, as an exact copy to put in its place.
type StateGrant struct {
	Value string `json:"value" class:"path"` // the new value of the key
}

// EditorPlugin is an extension that matters for Go.
type EditorPlugin struct {
	ID      string `json:"id" class:"public"`
	Version string `json:"version" class:"public"`
	Dir     string `json:"dir" class:"path"`
	State   string `json:"state" class:"public"` // ok, disabled, obsolete, missing, incomplete
}

// EditorSDK is the Go tree that a JetBrains project names.
type EditorSDK struct {
	File  string      `json:"file" class:"path"`
	Line  int         `json:"line"`
	Root  string      `json:"root" class:"path"`
	State GoTreeState `json:"state"`
}

// EditorStart says which gopls an editor starts, and why.
type EditorStart struct {
	Off    bool     `json:"off,omitempty"`      // no language server at all
	Named  string   `json:"named" class:"path"` // what the settings name, expanded; "" = nothing
	Path   string   `json:"path" class:"path"`  // what starts; "" = none found
	Why    string   `json:"why" class:"public"` // setting, GOBIN, toolsGopath, GOPATH, GOROOT, PATH
	Flags  []string `json:"flags,omitempty" class:"source"`
	Looked []string `json:"looked,omitempty" class:"path"` // the folders searched, in order
	Passed []string `json:"passed,omitempty" class:"path"` // files named gopls on the way that cannot be executed
	Near   []string `json:"near,omitempty" class:"path"`   // executable ones where Named would be in a neighbouring folder
	Gobin  string   `json:"gobin" class:"path"`            // an executable gopls in the go command's own GOBIN that is not searched
	// LogFolder and Socket are "ok" or "missing": the folder of -logfile and the socket of -remote=unix;PATH among
	// Flags; "" = there is no such flag.
	LogFolder string `json:"log_folder,omitempty" class:"public"`
	Socket    string `json:"socket,omitempty" class:"public"`
	// Set makes the editor start another program; nil when its settings are no plain file or have errors: Hand
	// is then the line to write, or the reason. {program} stands for the path in both.
	Set  *EditorSet `json:"set,omitempty"`
	Hand string     `json:"hand" class:"public"`
}

// EditorSet is the edit of a settings file after which an editor starts another gopls. In the new text
// {program} stands for its path.
type EditorSet struct {
	Path    string   `json:"path" class:"path"`
	Create  bool     `json:"create,omitempty"`
	Splices []Splice `json:"splices"`
}

// EditorNamed is a variable given by the settings that names something.
type EditorNamed struct {
	Name  string     `json:"name" class:"public"`
	Value string     `json:"value" class:"source"` // expanded
	Index int        `json:"index"`                // in Values
	State NamedState `json:"state"`                // of what it names
	Bad   string     `json:"bad,omitempty" class:"source"`
}

// EditorHidden says that directoryFilters leave out every package.
type EditorHidden struct {
	Filters  []string `json:"filters" class:"source"`
	Packages int      `json:"packages"`
	Shown    int      `json:"shown"`
	Index    int      `json:"index"` // in Values
}

// EditorTags says what the build tags of the settings hide.
type EditorTags struct {
	Tags   []string `json:"tags" class:"source"`
	Index  int      `json:"index"`               // in Values
	Hidden string   `json:"hidden" class:"path"` // a file that they leave out
	Line   int      `json:"line"`                // of its constraint
	Name   string   `json:"name" class:"source"` // what it declares and another file uses; "" = its package has no other file
	User   string   `json:"user" class:"path"`   // that file
	UserAt int      `json:"user_line"`
	Shown  int      `json:"shown"` // files that need one of the tags
}
