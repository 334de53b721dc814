package facts

import "time"

// ModuleFiles answers: is what go.mod, go.sum, go.work.sum and vendor/modules.txt say the reason why the
// build fails, and which edit, tried in a scratch copy, makes it pass?
type ModuleFiles struct {
	Root  string       `json:"root" class:"path"` // folder of go.mod, "" = none
	Files []ModuleFile `json:"files,omitempty"`
	// Suspects are places that cannot be right, or that differ from the last commit and without which the
	// build passes.
	Suspects []Suspect `json:"suspects,omitempty"`
	Trials   int       `json:"trials"` // builds in a scratch copy
}

// ModuleFile is one file that decides which modules are used.
type ModuleFile struct {
	Path    string    `json:"path" class:"path"`
	State   FileState `json:"state"`
	InHead  bool      `json:"in_head,omitempty"` // the last commit has it
	Changed int       `json:"changed,omitempty"` // places where it differs from the last commit
}

// Suspect is one place.
type Suspect struct {
	Kind SuspectKind `json:"kind"`
	File string      `json:"file" class:"path"`
	Line int         `json:"line,omitempty"`
	Text string      `json:"text,omitempty" class:"source"` // what stands there, without blanks around
	// Was is what the last commit has in its place; "" = nothing, or there is no commit.
	Was       string `json:"was,omitempty" class:"source"`
	Committed bool   `json:"committed,omitempty"` // the last commit has the same text
	Module    string `json:"module,omitempty" class:"source"`
	Version   string `json:"version,omitempty" class:"source"`
	Found     string `json:"found,omitempty" class:"source"` // what was seen: a hash, a path, a version
	Want      string `json:"want,omitempty" class:"source"`  // what it should be
	Where     string `json:"where,omitempty" class:"path"`   // where Found or Want was seen
	Says      string `json:"says,omitempty" class:"source"`  // the go command's or the parser's words
	Vouched   string `json:"vouched,omitempty" class:"public"`
	// Same: the line of code that does not compile is in the last commit too.
	Same       bool        `json:"same,omitempty"`
	Candidates []Candidate `json:"candidates,omitempty"` // the least change first
}

// SuspectKind says what is wrong with a place.
type SuspectKind string

// The kinds of suspect.
const (
	SuspectConflict     SuspectKind = "conflict"      // markers of a merge in go.mod
	SuspectTypo         SuspectKind = "typo"          // a directive that does not exist and is nearly one that does
	SuspectTwice        SuspectKind = "twice"         // a statement that may stand only once
	SuspectNoVersion    SuspectKind = "no-version"    // a name where a version should be
	SuspectNoSuffix     SuspectKind = "no-suffix"     // v2 or higher without /v2 in the path
	SuspectDamaged      SuspectKind = "damaged"       // another line that does not parse
	SuspectExcluded     SuspectKind = "excluded"      // an exclude line for the required version
	SuspectIncompatible SuspectKind = "incompatible"  // +incompatible for a version with a go.mod
	SuspectFork         SuspectKind = "fork"          // the module declares another path than the required one
	SuspectNewerGo      SuspectKind = "newer-go"      // a dependency's go line
	SuspectAPI          SuspectKind = "api"           // changed versions, and code that does not compile with them
	SuspectEdit         SuspectKind = "edit"          // another edit of go.mod without which it builds
	SuspectTool         SuspectKind = "tool"          // a tool line that is gone
	SuspectReplace      SuspectKind = "replace"       // a replace to a folder without a module
	SuspectSubmodule    SuspectKind = "submodule"     // the same, and the folder is a submodule
	SuspectCycle        SuspectKind = "cycle"         // a new file that closes an import cycle
	SuspectSumMissing   SuspectKind = "sum-missing"   // lines that go.sum lacks
	SuspectSumDamaged   SuspectKind = "sum-damaged"   // a line of go.sum that is none
	SuspectSumConflict  SuspectKind = "sum-conflict"  // markers of a merge in go.sum
	SuspectSumWrong     SuspectKind = "sum-wrong"     // a hash in go.sum
	SuspectWorkSum      SuspectKind = "work-sum"      // a hash in go.work.sum
	SuspectVendorEdited SuspectKind = "vendor-edited" // vendor/modules.txt
	SuspectVendorBehind SuspectKind = "vendor-behind" // go.mod was changed, vendor was not
	SuspectVendorLost   SuspectKind = "vendor-lost"   // a package is not in vendor
)

// Candidate is an edit that may repair a suspect, and what a build with it did.
type Candidate struct {
	What CandidateKind `json:"what"`
	// Edits, by file. Every byte outside of them stays.
	Edits   []FileEdit    `json:"edits,omitempty"`
	Moves   []FileMove    `json:"moves,omitempty"` // files to put aside
	Link    *FileMove     `json:"link,omitempty"`  // a symbolic link to make: From will point to To
	Outcome TrialOutcome  `json:"outcome"`
	Error   string        `json:"error,omitempty" class:"source"` // what failed first
	Command string        `json:"command,omitempty" class:"path"`
	Took    time.Duration `json:"took_ns,omitempty"`
}

// FileEdit is an edit of one file.
type FileEdit struct {
	Path    string   `json:"path" class:"path"`
	Create  bool     `json:"create,omitempty"`
	Splices []Splice `json:"splices"`
}

// FileMove is a file and another place.
type FileMove struct {
	From string `json:"from" class:"path"`
	To   string `json:"to" class:"path"`
}

// CandidateKind says what an edit does.
type CandidateKind string

// The kinds of edit.
const (
	CandidateRestore CandidateKind = "restore" // puts back what the last commit has in this place
	CandidateCorrect CandidateKind = "correct" // writes what was meant
	CandidateDrop    CandidateKind = "drop"    // takes the line away
	CandidateJoin    CandidateKind = "join"    // keeps both sides of a merge
	CandidateAdd     CandidateKind = "add"     // adds what is missing
	CandidateAside   CandidateKind = "aside"   // puts a file aside
	CandidateLink    CandidateKind = "link"    // makes a symbolic link
	CandidateVendor  CandidateKind = "vendor"  // does what go mod vendor would, for some modules only
)

// TrialOutcome says how a build in a scratch copy ended.
type TrialOutcome string

// The outcomes of a trial. The zero value means that none was made.
const (
	TrialBuilds   TrialOutcome = "builds"
	TrialLoads    TrialOutcome = "loads"          // all packages are found; only the compiler complains about code
	TrialAgrees   TrialOutcome = "agrees"         // not built: the files agree by the go command's own rule
	TrialDownload TrialOutcome = "needs-download" // the only thing that is left is a download
	TrialFails    TrialOutcome = "fails"
	TrialUnknown  TrialOutcome = "unknown" // not finished in time, or could not be made
)
