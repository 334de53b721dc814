package facts

// Project answers: which module and workspace does this folder belong to, and what do their
// files ask for?
type Project struct {
	Root  string  `json:"root" class:"path"` // folder of go.mod, "" = none above
	GoMod ModFile `json:"gomod"`             // of Root
	Work  ModFile `json:"work"`              // go.work in use; Path "" = none
	Uses  []Use   `json:"uses,omitempty"`    // modules of Work, at most 200
	// GOWORK is where go.work was looked for: "" or "auto" = upward, "off", or the file.
	GOWORK string `json:"gowork" class:"path"`
	Vendor bool   `json:"vendor,omitempty"` // vendor/modules.txt stands beside go.mod
	// Git says whether the version control system was asked for the committed files.
	Git ModGit `json:"git"`
}

// ModGit is how git answered.
type ModGit struct {
	Root string `json:"root" class:"path"`            // folder with .git above the module, "" = none
	Err  string `json:"err,omitempty" class:"source"` // why the committed files are not known
}

// Use is a module of a workspace.
type Use struct {
	Dir  string     `json:"dir" class:"path"` // absolute
	Line int        `json:"line"`
	Go   *Directive `json:"go,omitempty"` // go line of its go.mod; nil = none or not readable
}

// ModFile is go.mod or go.work, read so that damage does not hide what can be told.
type ModFile struct {
	Path  string    `json:"path" class:"path"`
	State FileState `json:"state"`
	Err   string    `json:"err,omitempty" class:"source"` // why it could not be read
	Size  int64     `json:"size"`
	NULs  int       `json:"nuls,omitempty"`  // number of zero bytes
	Blank bool      `json:"blank,omitempty"` // nothing but blanks and zero bytes
	UTF16 bool      `json:"utf16,omitempty"` // it begins with the mark of UTF-16
	// Plain makes a UTF-16 file of at most 64 KiB plain UTF-8; nil when its text cannot be told.
	Plain     []Splice    `json:"plain,omitempty"`
	Module    string      `json:"module" class:"source"`
	Go        *Directive  `json:"go,omitempty"`
	Toolchain *Directive  `json:"toolchain,omitempty"`
	Godebug   []Directive `json:"godebug,omitempty"`
	Requires  int         `json:"requires,omitempty"`
	Errors    []ModError  `json:"errors,omitempty"` // of the go command's own parser, at most 20
	// Head and Index are the file as git has it in HEAD and in its index; nil = not there or not known.
	Head  *ModVersion `json:"head,omitempty"`
	Index *ModVersion `json:"index,omitempty"`
	// Copies are readable, sound copies beside the file (go.mod~, go.mod.bak), newest first.
	Copies []ModCopy `json:"copies,omitempty"`
}

// Directive is one line of a ModFile.
type Directive struct {
	Line  int    `json:"line"`
	Key   string `json:"key,omitempty" class:"source"` // of godebug
	Value string `json:"value" class:"source"`
	Cut   Splice `json:"cut"` // takes the whole line away
}

// ModError is a complaint of the parser.
type ModError struct {
	Line int    `json:"line"`
	Text string `json:"text" class:"source"`
}

// ModVersion is another version of a ModFile.
type ModVersion struct {
	Go        *Directive  `json:"go,omitempty"`
	Toolchain *Directive  `json:"toolchain,omitempty"`
	Godebug   []Directive `json:"godebug,omitempty"`
	Size      int64       `json:"size"`
	Sound     bool        `json:"sound"` // it parses
	// Whole makes the file be this version; nil when the file cannot be edited or is it already. It is
	// there only for a file with zero bytes or no content, of at most 64 KiB.
	Whole []Splice `json:"whole,omitempty"`
}

// ModCopy is a copy of a ModFile beside it.
type ModCopy struct {
	Path   string `json:"path" class:"path"`
	Size   int64  `json:"size"`
	Module string `json:"module" class:"source"`
	Sum    string `json:"sum" class:"public"` // sha256 of its content, hex
}
