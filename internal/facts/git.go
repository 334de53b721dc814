package facts

import "time"

// Git answers: can the go command ask git about this working tree, and can git fetch what has to be
// fetched directly? Files are read first; git itself is asked under a deadline, only for what runs no
// program of the user (no status, no hook, no filter).
type Git struct {
	Program   string     `json:"program" class:"path"`             // git in PATH, "" = none
	Elsewhere []string   `json:"elsewhere,omitempty" class:"path"` // git programs in usual folders that are not in PATH
	Root      string     `json:"root" class:"path"`                // nearest folder upward with a .git, "" = none
	File      bool       `json:"file,omitempty"`                   // .git is a file (worktree, submodule)
	Dir       string     `json:"dir" class:"path"`                 // the git folder; "" when it could not be found
	Common    string     `json:"common" class:"path"`              // the folder with refs and config; differs from Dir in a worktree
	UID       int        `json:"uid"`                              // who asks, -1 = unknown
	Owners    []GitOwner `json:"owners,omitempty"`

	// Stamps: a build here asks git for revision and state (cmd/go/internal/load/pkg.go, func setBuildInfo):
	// there is a main package, the folder counts as a repository, and -buildvcs is not false.
	Stamps  bool   `json:"stamps"`
	Main    string `json:"main,omitempty" class:"path"`       // a file of a main package
	NoStamp string `json:"no_stamp,omitempty" class:"public"` // why it does not stamp

	Head    GitHead     `json:"head"`
	Branch  *GitRef     `json:"branch,omitempty"`             // the branch that HEAD names, when its file is damaged
	Config  []GitConfig `json:"config,omitempty"`             // in the order in which git reads them
	Global  GitConfig   `json:"global"`                       // the file that `git config --global` writes; it may not exist
	Rules   []GitRule   `json:"rules,omitempty"`              // url.<base>.insteadOf in effect outside of repositories
	Lost    []GitRule   `json:"lost,omitempty"`               // such rules of older copies of those files, that are not in effect
	Login   []string    `json:"login,omitempty" class:"host"` // hosts for which credentials are set up; "*" = a helper for all
	Answers []GitAnswer `json:"answers,omitempty"`
	Value   *GitValue   `json:"value,omitempty"`                 // the setting that git refuses
	Leaked  []string    `json:"leaked,omitempty" class:"public"` // variables without which git finds this repository, and with which not
}

// GitOwner is the owner of one of the paths that git compares with the user.
type GitOwner struct {
	Path string `json:"path" class:"path"`
	UID  int    `json:"uid"`
}

// GitHead is the file HEAD and what proves its content.
type GitHead struct {
	Path  string   `json:"path" class:"path"`
	State RefState `json:"state"`
	Raw   string   `json:"raw" class:"source"` // at most 256 bytes
	Size  int64    `json:"size"`
	Ref   string   `json:"ref,omitempty" class:"source"` // refs/heads/…; "" when detached or damaged
	// Want is the content that the reflog proves, "" = none; Proof says how, ProofLine where.
	Want      string   `json:"want,omitempty" class:"source"`
	Proof     string   `json:"proof,omitempty" class:"public"`
	Log       string   `json:"log,omitempty" class:"path"`
	LogLine   int      `json:"log_line,omitempty"`
	LastHash  string   `json:"last_hash,omitempty" class:"public"`
	Candidate []string `json:"candidate,omitempty" class:"source"` // branches at LastHash
	Complete  bool     `json:"complete"`                           // the folder has objects and refs: it is a repository but for HEAD
	Nothing   bool     `json:"nothing,omitempty"`                  // the folder has neither objects nor refs
	Skeleton  bool     `json:"skeleton,omitempty"`                 // there is no HEAD, no object, no ref, no index and no log: nothing that could be lost
}

// GitRef is a loose ref with what proves its content.
type GitRef struct {
	Name  string   `json:"name" class:"source"`
	Path  string   `json:"path" class:"path"`
	State RefState `json:"state"`
	Raw   string   `json:"raw" class:"source"`            // at most 256 bytes
	Want  string   `json:"want,omitempty" class:"public"` // hash of the last line of its reflog, when that commit exists
	Log   string   `json:"log,omitempty" class:"path"`
	Line  int      `json:"line,omitempty"`
}

// RefState says what is in HEAD or a ref.
type RefState string

// The states of a ref.
const (
	RefOK      RefState = "ok"
	RefEmpty   RefState = "empty"
	RefZeroed  RefState = "zeroed" // zero bytes only
	RefGarbage RefState = "garbage"
	RefMissing RefState = "missing"
	RefUnknown RefState = "unknown" // unreadable, too large, no regular file
)

// GitConfig is a configuration file of git.
type GitConfig struct {
	Path  string    `json:"path" class:"path"`
	Scope string    `json:"scope" class:"public"`      // system, global, local, worktree, include
	By    string    `json:"by,omitempty" class:"path"` // of an include: the file that names it
	State FileState `json:"state"`
	Size  int       `json:"size"`
	NoEOL bool      `json:"no_eol,omitempty"`
	Bad   []GitBad  `json:"bad,omitempty"` // lines that git cannot read: it stops at the first; the later ones appear when those before are gone
	// Curable: with all of these lines made comments git reads the file, and every other setting stays as it is.
	Curable bool `json:"curable,omitempty"`
}

// GitBad is a line that git cannot parse.
type GitBad struct {
	Line   int    `json:"line"`
	Text   string `json:"text" class:"source"` // at most 200 bytes
	Header bool   `json:"header,omitempty"`    // meant to begin a section: what follows belongs to it
	Start  Splice `json:"start"`               // makes it a comment
}

// GitValue is a setting that git read and refused.
type GitValue struct {
	Name  string `json:"name" class:"public"`
	Value string `json:"value" class:"source"`
	File  string `json:"file" class:"path"`
	Line  int    `json:"line"`
	Start Splice `json:"start"` // makes it a comment; empty when it shares its line
}

// GitRule is one url.<base>.insteadOf = <prefix>.
type GitRule struct {
	Base   string `json:"base" class:"host"`
	Prefix string `json:"prefix" class:"host"`
	File   string `json:"file" class:"path"`
	Line   int    `json:"line"`
	Cut    Splice `json:"cut"`                           // takes the line away
	Dead   string `json:"dead,omitempty" class:"public"` // why nothing can answer at Base, as far as this machine alone can tell
}

// GitAnswer is what git said to one question.
type GitAnswer struct {
	Question GitQuestion   `json:"question"`
	Command  string        `json:"command" class:"path"`
	Exit     int           `json:"exit"`
	TimedOut bool          `json:"timed_out,omitempty"`
	Took     time.Duration `json:"took_ns"`
	Top      string        `json:"top,omitempty" class:"path"`      // of the question where: the working tree that git found
	Stderr   string        `json:"stderr,omitempty" class:"source"` // at most 2 KiB
}

// GitQuestion is a question to git.
type GitQuestion string

// The questions.
const (
	AskWhere   GitQuestion = "where"     // which repository is this?
	AskNoEnv   GitQuestion = "no-env"    // the same without the variables that point git elsewhere
	AskTrusted GitQuestion = "trusted"   // the same, trusting this folder
	AskPlain   GitQuestion = "no-config" // the same without the user's and the system's configuration
	AskIndex   GitQuestion = "index"     // can the index be read?
	AskCommit  GitQuestion = "commit"    // which commit is this?
)

// Answer returns the answer to a question, nil when it was not asked.
func (g *Git) Answer(q GitQuestion) *GitAnswer {
	for i := range g.Answers {
		if g.Answers[i].Question == q {
			return &g.Answers[i]
		}
	}
	return nil
}

// Fails reports whether git was asked and answered that it cannot; no answer in time says nothing.
func (g *Git) Fails(q GitQuestion) bool {
	a := g.Answer(q)
	return a != nil && !a.TimedOut && a.Exit != 0
}
