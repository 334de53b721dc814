package facts

// Toolchain answers: which go programs and Go trees are on this machine, which one does a command
// here start, and is that one whole? Files are read, nothing is run, with one exception: Trial.
type Toolchain struct {
	Commands []GoCommand `json:"commands"` // every entry named go in a folder of PATH, in order, startable or not
	// First is the index in Commands of the program that starts here (os/exec.LookPath: the first
	// that is no folder and may be executed); -1 = none.
	First int `json:"first"`
	// Trial is what First said when it was asked for its version; nil when its file says everything, which
	// is so for a go command of this machine's kind that knows its tree, or when it is no launcher of a
	// go command: other programs are not run.
	Trial *GoTrial `json:"trial,omitempty"`
	Trees []GoTree `json:"trees"` // of Commands, of GOROOT, and others found in usual places, each once
	// Switch holds the toolchains that GOTOOLCHAIN can change to without a download: programs named
	// goX.Y.Z in PATH and complete toolchains in the module cache.
	Switch  []GoSwitch `json:"switch,omitempty"`
	Clashes []GoClash  `json:"clashes,omitempty"` // in the standard library of the tree in use, at most 20
	// Godebugs are the settings that the tree in use takes in godebug lines, sorted; nil = unknown.
	Godebugs []string  `json:"godebugs,omitempty" class:"public"`
	CutShort bool      `json:"cut_short,omitempty"` // the search for trees ended at its bound
	Aliases  []GoAlias `json:"aliases,omitempty"`   // in the order of the start-up files
}

// GoKind says what a file that should be the go command is.
type GoKind string

// The kinds of file.
const (
	GoBinary     GoKind = "binary"     // a go command: an executable whose build information names cmd/go
	GoProgramOf  GoKind = "program"    // an executable that is something else: a launcher of a version manager, gccgo, another program
	GoScriptFile GoKind = "script"     // begins with #!, or is text
	GoDangling   GoKind = "dangling"   // a link to nothing
	GoLoop       GoKind = "loop"       // a link that leads back to itself
	GoFolder     GoKind = "folder"     // a folder
	GoEmpty      GoKind = "empty"      // a file of no bytes
	GoDamaged    GoKind = "damaged"    // an executable with a piece missing, or bytes that are no program
	GoUnreadable GoKind = "unreadable" // could not be read: nothing is known of its content
	GoOdd        GoKind = "odd"        // a pipe, socket or device
	GoAbsent     GoKind = "absent"     // nothing is there
)

// GoAlias is an alias or a function of a shell's start-up file that stands for the go command.
type GoAlias struct {
	File   string     `json:"file" class:"path"`
	Line   int        `json:"line"`
	Text   string     `json:"text" class:"source"`
	Target string     `json:"target" class:"path"` // absolute
	State  NamedState `json:"state"`               // what is at Target
	Cut    []Splice   `json:"cut,omitempty"`       // takes exactly this out of the file; none: it shares its lines
}

// GoCommand is one entry named go in a folder of PATH.
type GoCommand struct {
	GoProgram
	Index    int    `json:"index"`              // position of its folder in PATH, from 0
	Entry    string `json:"entry" class:"path"` // the folder as PATH has it; "" means the current folder
	Relative bool   `json:"relative,omitempty"` // the folder depends on where one is
}

// GoProgram is what stands at a path where a go command should be.
type GoProgram struct {
	Path    string   `json:"path" class:"path"`
	Real    string   `json:"real" class:"path"` // links followed; "" when that fails
	Link    string   `json:"link,omitempty" class:"path"`
	Kind    GoKind   `json:"kind"`
	Size    int64    `json:"size"`
	Mode    uint32   `json:"mode"`                          // permission bits
	Runs    bool     `json:"runs"`                          // this user may execute it (access(2) with X_OK)
	NoExec  bool     `json:"no_exec,omitempty"`             // its file system is mounted noexec
	Version string   `json:"version" class:"public"`        // the release it was built as ("go1.26.8"); "" = unknown
	OS      string   `json:"os" class:"public"`             // system it was built for, "" = unknown
	Arch    string   `json:"arch" class:"public"`           // processor it was built for, as GOARCH; "" = unknown
	Main    string   `json:"main,omitempty" class:"source"` // of a program written in Go that is not the go command: its main package
	Trimmed bool     `json:"trimmed,omitempty"`             // built with -trimpath: it has no built-in place of its tree
	Lacks   string   `json:"lacks,omitempty" class:"path"`  // the loader (PT_INTERP), or the interpreter of a script, that it needs and that is not there
	Root    string   `json:"root" class:"path"`             // its tree, found as the go command finds it when GOROOT is not set; "" = none
	Err     string   `json:"err,omitempty" class:"source"`  // why it could not be read or understood
	Script  *GoShell `json:"script,omitempty"`              // of a script, as far as it can be told without running it
}

// GoShell is what a script does, when it is simple enough to be told from its text.
type GoShell struct {
	Line   int        `json:"line"`                // of the command that starts the program
	Text   string     `json:"text" class:"source"` // that line
	Target string     `json:"target" class:"path"` // the program; "" = cannot be told
	State  NamedState `json:"state"`               // what is at Target
	Self   bool       `json:"self,omitempty"`      // Target is the script itself
	From   string     `json:"from" class:"path"`   // a file whose content decides Target ("~/.go-version"), "" = none
	Starts bool       `json:"starts,omitempty"`    // its text shows that it starts another program named go
	// Version and Root are those of Target when that is a go command and the script does nothing about GOROOT.
	Version string `json:"version" class:"public"`
	Root    string `json:"root" class:"path"`
}

// GoTrial is what a program named go answered to `go env GOROOT GOVERSION` with GOTOOLCHAIN=local.
type GoTrial struct {
	Command string   `json:"command" class:"path"`
	Usual   GoAnswer `json:"usual"` // in the environment as it is
	// Plain is the answer without GOROOT, GOENV, GOFLAGS, GO111MODULE, GOPATH, GOEXPERIMENT: what is
	// wrong there is wrong with the program. Asked only when Usual is no success.
	Plain *GoAnswer `json:"plain,omitempty"`
}

// GoAnswer is one run.
type GoAnswer struct {
	Exit     int    `json:"exit"`                           // -1: it did not end by itself
	Start    string `json:"start,omitempty" class:"source"` // why the system would not start it
	TimedOut bool   `json:"timed_out,omitempty"`
	Stderr   string `json:"stderr,omitempty" class:"source"` // its first line
	Version  string `json:"version" class:"public"`
	Root     string `json:"root" class:"path"`
	Noise    string `json:"noise,omitempty" class:"source"` // the first line of its own that it prints before the answer
}

// OK reports whether the run gave a version.
func (a *GoAnswer) OK() bool { return a != nil && a.Exit == 0 && a.Version != "" }

// GoTreeState says what is at the root of a tree.
type GoTreeState string

// The states of a root.
const (
	TreeMissing    GoTreeState = "missing"
	TreeNoFolder   GoTreeState = "no-folder"
	TreeNone       GoTreeState = "no-tree"    // a folder without the compiler's folder (pkg/tool) and without src/runtime
	TreeUnreadable GoTreeState = "unreadable" // this user may not look into it
	TreeFound      GoTreeState = "tree"       // a Go tree, whole or not
)

// GoTree is one Go installation.
type GoTree struct {
	Root    string      `json:"root" class:"path"`
	Real    string      `json:"real" class:"path"`             // links followed
	From    string      `json:"from" class:"public"`           // where its name came from: path, goroot, usual, near, modcache
	State   GoTreeState `json:"state"`                         // the fields below need TreeFound
	Version string      `json:"version" class:"public"`        // first line of VERSION, "" = there is none
	Devel   bool        `json:"devel,omitempty"`               // built from a source repository
	Program GoProgram   `json:"program"`                       // bin/go
	ToolDir string      `json:"tool_dir" class:"path"`         // pkg/tool/<os>_<arch>
	Tools   []GoTool    `json:"tools,omitempty"`               // those a build, vet or test starts
	Absent  []string    `json:"absent,omitempty" class:"path"` // parts that every release has and that are not there
	// GoToolchain is GOTOOLCHAIN of go.env; "" when the file or the line is missing: then the go
	// command never changes to another toolchain by itself.
	GoToolchain string `json:"go_toolchain" class:"public"`
}

// GoTool is one tool of a tree.
type GoTool struct {
	Name    string `json:"name" class:"public"`
	Path    string `json:"path" class:"path"`
	Kind    GoKind `json:"kind"` // binary, absent, dangling, loop, empty, damaged, unreadable, folder, odd, script
	Mode    uint32 `json:"mode"`
	Runs    bool   `json:"runs"`
	NoExec  bool   `json:"no_exec,omitempty"`
	Version string `json:"version" class:"public"`
	Arch    string `json:"arch" class:"public"`
}

// GoSwitch is a toolchain to which the go command can change without a download.
type GoSwitch struct {
	Name  string `json:"name" class:"public"` // go1.25.0
	Path  string `json:"path" class:"path"`   // the program in PATH, or the tree in the module cache
	Cache bool   `json:"cache,omitempty"`     // it is in the module cache
}

// GoClash is one name that two files of one package of the standard library both declare, in files
// that are compiled together on this machine.
type GoClash struct {
	Package string `json:"package" class:"public"`
	Name    string `json:"name" class:"public"`
	File    string `json:"file" class:"path"` // the one whose time differs from that of most files of the tree
	Line    int    `json:"line"`
	Other   string `json:"other" class:"path"`
	OtherAt int    `json:"other_line"`
}
