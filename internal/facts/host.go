package facts

// Host answers: what machine and user is this, and what limits hold for this process?
type Host struct {
	OS       string `json:"os" class:"public"`
	Arch     string `json:"arch" class:"public"`
	UID      int    `json:"uid"` // -1 where the system has none
	User     string `json:"user" class:"user"`
	Home     string `json:"home" class:"path"`       // $HOME of this process, "" = unset
	HomeInDB string `json:"home_in_db" class:"path"` // home folder of the user database, "" = unknown
	// HomeSession is, when HOME is not set, that of the nearest process above this one which belongs to the same user
	// and has one that is a folder of this user; "" = none.
	HomeSession string           `json:"home_session,omitempty" class:"path"`
	State       string           `json:"state" class:"path"`                 // our own state folder
	Container   string           `json:"container,omitempty" class:"public"` // docker, podman, kubernetes, "" = none seen
	WSL         bool             `json:"wsl,omitempty"`                      // Windows Subsystem for Linux
	Limits      map[string]Limit `json:"limits,omitempty"`                   // nofile, nproc, as, fsize, data
	Binfmt      []string         `json:"binfmt,omitempty" class:"public"`    // foreign executables that this kernel starts (binfmt_misc names), sorted
	Threads     int              `json:"threads,omitempty"`                  // processes and threads of this user now (counts against nproc); 0 = unknown
}

// Unlimited is the value of a limit that does not bind.
const Unlimited = ^uint64(0)

// Limit is one resource limit as getrlimit(2) tells it. Values are in the unit of the resource
// (bytes, files, processes).
type Limit struct {
	Soft uint64 `json:"soft"`
	Hard uint64 `json:"hard"`
}

// Process answers: which variables was this command given, and from whom?
type Process struct {
	// Vars holds the variables that the go command, git or a compiler look at, as this command
	// got them. A variable set to "" is present with "".
	Vars map[string]string `json:"vars" class:"source"`
	// Ancestors, nearest first, at most 16. Their variables are those they were started with, which
	// for a shell are not those it exports now.
	Ancestors []Ancestor `json:"ancestors,omitempty"`
}

// Ancestor is a parent process with those of its own variables that are also in Process.Vars or
// should be.
type Ancestor struct {
	Proc
	Vars map[string]string `json:"vars,omitempty" class:"source"` // nil: could not be read
}

// Lookup returns a variable of this process. As for the go command, a variable set to the empty
// string counts as unset (cmd/go/internal/cfg, func Getenv through os.Getenv).
func (p *Process) Lookup(name string) (string, bool) {
	v, ok := p.Vars[name]
	return v, ok && v != ""
}
