package facts

// Startup answers: which files set the session's environment, and which line gave a variable its
// value? Nothing is run: the files are parsed and evaluated.
type Startup struct {
	Files       []StartupFile `json:"files,omitempty"`
	Assignments []Assignment  `json:"assignments,omitempty"` // in the order of reading
	// LoginFile is the file to which a line for new terminals belongs; it may not exist yet. "" = unknown.
	LoginFile string      `json:"login_file" class:"path"`
	LoginKind StartupKind `json:"login_kind"`
}

// StartupKind is the language of a start-up file.
type StartupKind string

// The kinds of start-up file.
const (
	KindShell StartupKind = "sh" // sh, bash, zsh, ksh
	KindFish  StartupKind = "fish"
	KindEnvd  StartupKind = "environment.d" // systemd's KEY=VALUE with ${X}
	KindPAM   StartupKind = "pam"           // /etc/environment, ~/.pam_environment
	KindDot   StartupKind = "dotenv"        // .env, .envrc, an EnvironmentFile of a service
)

// StartupFile is one file that was looked at.
type StartupFile struct {
	Path    string      `json:"path" class:"path"`
	Real    string      `json:"real" class:"path"` // links followed
	Kind    StartupKind `json:"kind"`
	Project bool        `json:"project,omitempty"` // belongs to the project (.envrc, .env): set on purpose
	Service bool        `json:"service,omitempty"` // every line of it is in this process's environment: it feeds this process
	Err     string      `json:"err,omitempty" class:"source"`
	Size    int         `json:"size"`            // bytes read
	Insert  int         `json:"insert"`          // offset at which a line for every session is added: the end, or before an exit
	Break   bool        `json:"break,omitempty"` // a line end must come first
}

// Assignment is one place which gives a variable a value, or takes it away.
type Assignment struct {
	File    string      `json:"file" class:"path"`
	Kind    StartupKind `json:"kind"`
	Project bool        `json:"project,omitempty"`
	Line    int         `json:"line"`
	Name    string      `json:"name" class:"public"`
	Value   string      `json:"value" class:"source"` // expanded with the variables as they were at this point; "…" stands for what is not known
	Known   bool        `json:"known"`                // false: it depends on a command or an unknown variable
	Unset   bool        `json:"unset,omitempty"`
	Keeps   bool        `json:"keeps,omitempty"`                // refers to the old value of the same variable
	Sep     string      `json:"sep,omitempty" class:"public"`   // when it keeps: what stands between the entries of the list; "" = text is glued on
	Prepend []string    `json:"prepend,omitempty" class:"path"` // list entries put before the old value
	Append  []string    `json:"append,omitempty" class:"path"`  // and behind it
	Guarded bool        `json:"guarded,omitempty"`              // under a condition: may not have run
	Dormant bool        `json:"dormant,omitempty"`              // in a function nobody calls, or after an exit: does not run
	Local   bool        `json:"local,omitempty"`                // no start-up file exports it: it counts only where something else does
	Text    string      `json:"text" class:"source"`            // the source line, for display
	Cuts    []Splice    `json:"cuts,omitempty"`                 // take exactly this assignment out of its file; none: cannot be taken out alone
}
