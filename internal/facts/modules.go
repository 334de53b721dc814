package facts

// ModFiles answers: what do the go.mod files of this project say, how do they differ from the last commit, and what
// is at the other end of what they ask for? Files are read, git objects are read, nothing is run but git's plumbing.
type ModFiles struct {
	// Mods is go.mod of the module around the folder, and in a workspace of every other module of it.
	Mods []ModSource `json:"mods,omitempty"`
	Sum  ModSource   `json:"sum"` // go.sum beside the first of Mods
	// Lost is a go.mod that git's index and last commit have, in the folder or above it, and that is not there.
	Lost *ModSource `json:"lost,omitempty"`
	Deps []ModDep   `json:"deps,omitempty"` // what the first of Mods requires, in order, at most 1000
	Dirs []ModDir   `json:"dirs,omitempty"` // folders that replace lines of Mods name
	// Imports are the packages of other modules that the Go files of the first module import, sorted; each with one
	// file that does; at most 2000. Own are imports below its own path, or the one that its last commit had.
	Imports []Import `json:"imports,omitempty"`
	// Tools are the tool lines of the first of Mods whose package no required module can hold; at most 20.
	Tools  []AbsentTool `json:"tools,omitempty"`
	Cut    bool         `json:"cut,omitempty"`                    // the search for imports ended at its bounds
	Cache  string       `json:"cache" class:"path"`               // the module cache that was looked into
	GitErr string       `json:"git_err,omitempty" class:"source"` // why the committed files are not known
}

// ModSource is a file of a module as it is and as git has it.
type ModSource struct {
	Path  string    `json:"path" class:"path"`
	State FileState `json:"state"`
	Text  string    `json:"text,omitempty" class:"source"` // at most 256 KiB, else the state is odd
	// Head and Index are what the last commit and git's index have; nil = not there or not known.
	Head  *string `json:"head,omitempty" class:"source"`
	Index *string `json:"index,omitempty" class:"source"`
}

// Changed reports whether the file is known to differ from the last commit.
func (m *ModSource) Changed() bool { return m.Head != nil && m.State == FileRead && *m.Head != m.Text }

// ModDep is one module version that is required, or that the committed version of the file requires.
type ModDep struct {
	Path    string `json:"path" class:"source"`
	Version string `json:"version" class:"public"`
	Head    bool   `json:"head,omitempty"` // only the last commit requires this version
	// Replaced: a replace line takes its place; what the cache says of it does not matter then.
	Replaced bool `json:"replaced,omitempty"`
	// Known: the module cache has its go.mod; the fields below tell what that says.
	Known    bool   `json:"known,omitempty"`
	Verified bool   `json:"verified,omitempty"`      // that go.mod has the hash of go.sum; false: go.sum has none
	Declares string `json:"declares" class:"source"` // its module line
	Go       string `json:"go" class:"public"`       // its go line, "" = none
	Whole    bool   `json:"whole,omitempty"`         // its packages are in the cache
	Summed   bool   `json:"summed,omitempty"`        // go.sum has a line for its packages
	// When somebody asks for the network: what the go.mod of the highest version in the module cache says of this one.
	Newest     string `json:"newest,omitempty" class:"public"`
	Retracted  string `json:"retracted,omitempty" class:"source"`  // why, "?" = without a reason
	Deprecated string `json:"deprecated,omitempty" class:"source"` // what to use instead
}

// ModDir is a folder in place of a module.
type ModDir struct {
	File     string      `json:"file" class:"path"` // the go.mod or go.work that says so
	Line     int         `json:"line"`
	Module   string      `json:"module" class:"source"`
	To       string      `json:"to" class:"path"`  // as written
	Dir      string      `json:"dir" class:"path"` // absolute
	State    ModDirState `json:"state"`
	Declares string      `json:"declares" class:"source"` // the module line of its go.mod, "" = none
	// Submodule: git's .gitmodules names the folder, or one above it: its path from Repo.
	Submodule string `json:"submodule,omitempty" class:"path"`
	Repo      string `json:"repo,omitempty" class:"path"` // the repository of .gitmodules
	// Elsewhere are the folders near by whose go.mod declares Module, looked for only when Dir has none.
	Elsewhere []string `json:"elsewhere,omitempty" class:"path"`
}

// ModDirState says what is at a folder that a replace line names.
type ModDirState string

// The states of a replacement.
const (
	ModDirOK         ModDirState = "ok"
	ModDirMissing    ModDirState = "missing"
	ModDirEmpty      ModDirState = "empty"
	ModDirNoMod      ModDirState = "no go.mod"
	ModDirNoFolder   ModDirState = "no folder" // a file
	ModDirUnreadable ModDirState = "unreadable"
)

// AbsentTool is a tool line without a module.
type AbsentTool struct {
	Package   string `json:"package" class:"source"`
	Line      int    `json:"line"`
	Providers Have   `json:"providers,omitempty" class:"source"` // that go.sum and the module cache have
}

// Import is one import of another module's package.
type Import struct {
	Path string `json:"path" class:"source"`
	File string `json:"file" class:"path"`
	Line int    `json:"line"`
}

// Trials answers: which uncommitted statements of go.mod explain that the build fails? Each was taken back in a scratch
// copy, and the build was asked again; nothing of the project was touched. The section is asked only when the build
// does not pass.
type Trials struct {
	// Changes are the statements that differ from the last commit, as "require example.com/a: v1.0.0 → v1.1.0".
	Changes []string `json:"changes,omitempty" class:"source"`
	Tried   []Trial  `json:"tried,omitempty"`
	Cycle   []Edge   `json:"cycle,omitempty"` // when the build says that packages of the project import each other
	Short   bool     `json:"short,omitempty"` // there was no time to try more
	// Updated is go.mod with what the build needs and the file does not say: as the go command would write it, and tried.
	// nil = nothing is needed, or it cannot be told with what is in the module cache and go.sum.
	Updated *string `json:"updated,omitempty" class:"source"`
	// OwnPath is another path for the module line: the folders of packages that the sources import below it are here, and the
	// build gets past its modules with it. "" = none.
	OwnPath string `json:"own_path,omitempty" class:"source"`
	// Absent are imports that no module provides, and Ambiguous those that several do, as the build says; at most 10.
	Absent    []AbsentImport `json:"absent,omitempty"`
	Ambiguous []Ambiguity    `json:"ambiguous,omitempty"`
	// Nested are modules inside this one that hide packages which its sources import, as the build says.
	Nested []NestedMod `json:"nested,omitempty"`
}

// NestedMod is a go.mod below that of the module.
type NestedMod struct {
	Path      string `json:"path" class:"path"`
	Module    string `json:"module" class:"source"`
	Package   string `json:"package" class:"source"` // one that is imported and that it hides
	File      string `json:"file,omitempty" class:"path"`
	Line      int    `json:"line,omitempty"`
	Untracked bool   `json:"untracked,omitempty"` // git does not know it
}

// AbsentImport is an import that no module provides.
type AbsentImport struct {
	Import
	// Module is the one whose path the import begins with: this one, or the nearest that is required; "" = none.
	Module  string `json:"module" class:"source"`
	Version string `json:"version" class:"public"` // "" = this module
	// Dir is where the package would be, when that can be said; it has no Go files.
	Dir       string `json:"dir,omitempty" class:"path"`
	Committed bool   `json:"committed,omitempty"`                // the last commit has Go files there
	Alike     string `json:"alike,omitempty" class:"path"`       // a folder beside it whose name differs in case only
	Providers Have   `json:"providers,omitempty" class:"source"` // that go.sum and the module cache have
}

// Have are versions (path@version) of which go.sum has the hash and the module cache the packages.
type Have []string

// Ambiguity is a package that several modules provide.
type Ambiguity struct {
	Import
	Modules []string `json:"modules" class:"source"` // path@version; of this module the path alone
	// Without are those whose require line can go: the build passes, or gets past its modules, without it.
	Without []string `json:"without,omitempty" class:"source"`
}

// Trial is one build with statements taken back.
type Trial struct {
	Reverted []int        `json:"reverted"` // indexes of Changes; go.sum goes with all of them
	All      bool         `json:"all,omitempty"`
	Outcome  BuildOutcome `json:"outcome"`
	First    string       `json:"first,omitempty" class:"source"` // the first complaint
	Own      bool         `json:"own,omitempty"`                  // all complaints are about the user's own code
}

// Edge is one import of a cycle.
type Edge struct {
	From  string     `json:"from" class:"source"`
	To    string     `json:"to" class:"source"`
	Files []EdgeFile `json:"files,omitempty"` // that import To
}

// EdgeFile is a file that makes an edge.
type EdgeFile struct {
	Import
	// Untracked: git does not know the file. New: git knows it, but its committed version has no such import.
	Untracked bool `json:"untracked,omitempty"`
	New       bool `json:"new,omitempty"`
}
