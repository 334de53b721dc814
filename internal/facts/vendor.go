package facts

// Vendor answers: does the vendor folder agree with what the project asks for, is everything there that its list
// names, and are its files those of the modules?
type Vendor struct {
	Dir  string `json:"dir" class:"path"`    // "" = there is none
	Used bool   `json:"used,omitempty"`      // the go command builds from it here
	Work bool   `json:"work,omitempty"`      // it is that of a workspace
	Go   string `json:"go" class:"path"`     // the go program in PATH, "" = none
	Root string `json:"root" class:"path"`   // the folder above it
	File string `json:"file" class:"path"`   // modules.txt
	List string `json:"list" class:"public"` // what modules.txt is: the words of FileState, "markers", "zero bytes"

	// Foreign: the folder is another tool's (PHP, Ruby and others call theirs so too): it has no modules.txt and neither
	// has the last commit, and there is no Go file in it.
	Foreign bool `json:"foreign,omitempty"`

	// Issues are what the go command would say of modules.txt and go.mod (at most 50).
	Issues []VendorIssue `json:"issues,omitempty"`
	// Head says whether the committed modules.txt agrees with the present go.mod; "" = it is the same file, or not known.
	Head   string   `json:"head,omitempty" class:"public"` // "agrees", "disagrees"
	Whole  []Splice `json:"whole,omitempty"`               // makes modules.txt the committed one
	Bumped bool     `json:"bumped,omitempty"`              // modules.txt is as committed: go.mod moved on without it
	// Lacks are packages of the list that are not whole in the folder, at most 50.
	Lacks []VendorLack `json:"lacks,omitempty"`
	// Edited are files which differ from those of their module, at most 50.
	Edited   []VendorEdit `json:"edited,omitempty"`
	Compared int          `json:"compared"`                     // modules whose files were compared with the module cache
	Left     int          `json:"left"`                         // modules that were not, for lack of the module or of time
	Offline  bool         `json:"offline,omitempty"`            // the module cache has the zip of every module that a new folder would be made of
	Git      string       `json:"git,omitempty" class:"source"` // why git could not be asked
}

// VendorIssue is one disagreement between modules.txt and go.mod, go.work or their kind.
type VendorIssue struct {
	Module string `json:"module" class:"source"` // path, or path@version
	Text   string `json:"text" class:"source"`   // in the go command's words
	Kind   string `json:"kind" class:"public"`   // "not explicit", "not required", "replaced"
}

// VendorLack is a package that modules.txt lists and whose files are not all there.
type VendorLack struct {
	Package string       `json:"package" class:"source"`
	Module  string       `json:"module" class:"source"` // path@version
	Dir     string       `json:"dir" class:"path"`
	Gone    bool         `json:"gone,omitempty"` // it has no Go file at all
	Files   []VendorFile `json:"files,omitempty"`
	Cut     bool         `json:"cut,omitempty"` // Files is not all: too many, too large, or no text
	// The rule of git that keeps the folder or file out of the repository; Pattern "" = none does.
	Rule    string `json:"rule,omitempty" class:"path"`
	Line    int    `json:"line,omitempty"`
	Pattern string `json:"pattern,omitempty" class:"source"`
}

// VendorFile is a file that can be put back.
type VendorFile struct {
	Path string `json:"path" class:"path"`
	Text string `json:"text" class:"source"`
	From string `json:"from" class:"path"` // "HEAD", or the file in the module cache, whose zip has the hash of go.sum
}

// VendorEdit is a file that differs from its module's.
type VendorEdit struct {
	Path   string   `json:"path" class:"path"`
	Module string   `json:"module" class:"source"`
	InHead bool     `json:"in_head,omitempty"` // the last commit has it as it is here: a patch on purpose
	Back   []Splice `json:"back,omitempty"`    // makes it the module's
}
