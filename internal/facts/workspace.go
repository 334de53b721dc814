package facts

// Workspace answers: does a go.work file decide here, which modules does it join, and are they there?
type Workspace struct {
	File   string     `json:"file" class:"path"`   // the go.work in force; "" = none
	Named  bool       `json:"named,omitempty"`     // GOWORK names it; else it was found above the folder
	Off    bool       `json:"off,omitempty"`       // GOWORK=off
	Beside string     `json:"beside" class:"path"` // the go.work that would be found without GOWORK, when that differs
	State  FileState  `json:"state,omitempty"`
	Go     WorkLine   `json:"go"`
	Uses   []WorkUse  `json:"uses,omitempty"`
	Errors []WorkLine `json:"errors,omitempty"` // lines which do not parse; Text is the message
	// Conflicts are the pieces that a merge left with markers.
	Conflicts []Conflict `json:"conflicts,omitempty"`
	End       int        `json:"end"` // bytes of the file

	Module string   `json:"module" class:"path"`         // folder of the module around the folder of the diagnosis, "" = none
	Repo   string   `json:"repo" class:"path"`           // top of the git repository around the folder, "" = none or git cannot tell
	Lost   []string `json:"lost,omitempty" class:"path"` // folders with a module that the committed version of File uses and File does not
}

// WorkLine is a line of go.work.
type WorkLine struct {
	Line int    `json:"line,omitempty"`
	Text string `json:"text,omitempty" class:"source"`
	At   Splice `json:"at"` // takes the whole line away
}

// WorkUse is one module of a workspace.
type WorkUse struct {
	WorkLine
	Dir     string `json:"dir" class:"path"`     // absolute
	State   string `json:"state" class:"public"` // "ok", "no folder", "no go.mod", "unreadable", "submodule" (not initialised)
	Module  string `json:"module" class:"source"`
	Go      string `json:"go" class:"public"` // its go line, "" = none
	GoLine  int    `json:"go_line,omitempty"`
	Tracked bool   `json:"tracked,omitempty"` // git knows its go.mod
	InHead  bool   `json:"in_head,omitempty"` // the last commit has its go.mod
	// Requires lists the other modules of this workspace that this one requires.
	Requires []string `json:"requires,omitempty" class:"source"`
}

// Conflict is a piece of text between the markers of an unfinished merge.
type Conflict struct {
	Line    int    `json:"line"`
	At      Splice `json:"at"` // the whole piece with its markers; of a torn one the line of its marker
	Ours    string `json:"ours" class:"source"`
	Base    string `json:"base,omitempty" class:"source"` // the common ancestor
	HasBase bool   `json:"has_base,omitempty"`            // the merge left the common ancestor
	Theirs  string `json:"theirs" class:"source"`
	Torn    bool   `json:"torn,omitempty"` // a marker is missing: what belongs to which side cannot be told
}
