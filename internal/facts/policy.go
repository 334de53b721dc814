package facts

// Policy answers: what does the team, or the user, want that no tool can guess?
type Policy struct {
	Files []PolicyFile `json:"files,omitempty"` // user's first, then the repository's
	// The merged wishes. The user's file wins; of the repository's file only what cannot weaken
	// verification or add a proxy is taken: see PolicyFile.Ignored.
	Toolchain string            `json:"toolchain,omitempty" class:"public"`
	Proxies   []string          `json:"proxies,omitempty" class:"host"`
	Private   []string          `json:"private,omitempty" class:"source"`
	SumDB     string            `json:"sumdb,omitempty" class:"host"`
	CAFiles   []string          `json:"ca_files,omitempty" class:"path"`
	Moved     map[string]string `json:"moved,omitempty" class:"source"`
	Expect    []Expectation     `json:"expect,omitempty"`
}

// PolicyFile is one file of wishes.
type PolicyFile struct {
	Path    string         `json:"path" class:"path"`
	Repo    bool           `json:"repo,omitempty"`
	Err     string         `json:"err,omitempty" class:"source"`     // why it could not be used; then nothing of it was
	Line    int            `json:"line,omitempty"`                   // of Err
	Ignored []string       `json:"ignored,omitempty" class:"public"` // keys of the repository's file that need the user's consent
	Lines   map[string]int `json:"lines,omitempty"`                  // line of each key
}

// Expectation is a condition over facts that the team wants to hold.
type Expectation struct {
	Text string `json:"text" class:"source"`
	File string `json:"file" class:"path"`
	Line int    `json:"line"`
}
