package facts

import "time"

// Sums answers: can go.sum and go.work.sum be read, do their lines agree with every witness that can be asked
// on this machine, and what would the go command do about modules that have no line yet?
type Sums struct {
	Off   string    `json:"off,omitempty" class:"public"` // why go.sum does not matter here ("vendor"); then nothing else was looked at but DB
	Files []SumFile `json:"files,omitempty"`              // those in force, whether they exist or not
	Git   string    `json:"git,omitempty" class:"source"` // why git could not be asked, "" = it was
	// Disputes are lines which some witness contradicts, at most 50.
	Disputes []SumDispute `json:"disputes,omitempty"`
	// Lost are entries that witnesses have, that concern versions this project asks for, and that no file in
	// force has, at most 400.
	Lost []SumEntry `json:"lost,omitempty"`
	// Bare are versions this project requires, of which not every file has the lines that a build may need.
	Bare []SumBare `json:"bare,omitempty"`
	// Asks are the hashes that only a proxy or the checksum database can tell, the most important first.
	Asks  []SumAsk   `json:"asks,omitempty"`
	DB    ChecksumDB `json:"db"`
	Tried []SumTried `json:"tried,omitempty"` // downloads of the last day that came to nothing, newest first, at most 10
}

// SumFile is one go.sum or go.work.sum.
type SumFile struct {
	Path      string    `json:"path" class:"path"`
	Work      bool      `json:"work,omitempty"` // go.work.sum
	State     FileState `json:"state"`
	Mode      uint32    `json:"mode,omitempty"` // permission bits
	UID       int       `json:"uid"`            // owner, -1 = unknown
	Size      int       `json:"size"`
	Lines     int       `json:"lines"`
	Tracked   bool      `json:"tracked,omitempty"` // HEAD has it
	Encoding  string    `json:"encoding,omitempty" class:"public"`
	NULs      int       `json:"nuls,omitempty"`
	Conflicts int       `json:"conflicts,omitempty"`          // line of the first mark that a merge left, 0 = none
	EOL       string    `json:"eol,omitempty" class:"public"` // the end of its first line
	Ended     bool      `json:"ended,omitempty"`              // its last line has an end
	Bad       []SumBad  `json:"bad,omitempty"`                // lines that the go command refuses, at most 50
	Mend      *SumMend  `json:"mend,omitempty"`               // what would make it readable again; nil = it is, or nothing is known
}

// SumBad is a line that is not made of three words.
type SumBad struct {
	Line   int    `json:"line"`
	Fields int    `json:"fields"`
	Text   string `json:"text" class:"source"` // first 200 bytes
	Last   bool   `json:"last,omitempty"`      // the last line of the file, without an end
}

// SumMend is an edit that makes a damaged file readable.
type SumMend struct {
	Splices []Splice `json:"splices"`
	From    string   `json:"from" class:"source"` // the witness: "HEAD", "the index", "commit …", "both sides", "the text itself"
	Added   int      `json:"added"`               // entries that come back
	Dropped []string `json:"dropped,omitempty" class:"source"`
	// Clash are keys that both sides of a merge have with different hashes, and no witness decides.
	Clash []string `json:"clash,omitempty" class:"source"`
}

// SumEntry is one line of a go.sum file with the witness that has it.
type SumEntry struct {
	Module string `json:"module" class:"source"` // path
	Key    string `json:"key" class:"source"`    // version, with "/go.mod" for the go.mod file
	Hash   string `json:"hash" class:"public"`
	From   string `json:"from" class:"source"`
	File   string `json:"file" class:"path"` // the file in force that it belongs into
	Needed bool   `json:"needed,omitempty"`  // the version is in the list of requirements
	// Content says what the module cache has for this key, "" = nothing. It must not contradict Hash.
	Content string `json:"content,omitempty" class:"public"`
	At      int    `json:"at"` // offset in File where the go command would have it
}

// SumBare is a required version without all of its lines.
type SumBare struct {
	Module  string `json:"module" class:"source"`
	Version string `json:"version" class:"source"`
	Zip     string `json:"zip,omitempty" class:"public"` // the hash of the cached zip, computed here; "" = it has a line, or there is no zip
	Mod     string `json:"mod,omitempty" class:"public"` // the hash of the cached go.mod file, likewise
	NoZip   bool   `json:"no_zip,omitempty"`             // it has no line for its content
	NoMod   bool   `json:"no_mod,omitempty"`             // it has no line for its go.mod file
	At      int    `json:"at"`                           // where its lines belong in the file that the go command adds lines to
}

// WitnessKind says who claims a hash.
type WitnessKind string

// The witnesses, in the order in which they are shown. Those from WitnessCache on say what the content is now,
// those before say what it should be.
const (
	WitnessHead    WitnessKind = "HEAD"
	WitnessIndex   WitnessKind = "index"
	WitnessMerge   WitnessKind = "merge"   // a side of an unfinished merge
	WitnessHistory WitnessKind = "history" // an older commit
	WitnessFile    WitnessKind = "file"    // another line of a file in force
	WitnessDB      WitnessKind = "checksum database"
	WitnessCache   WitnessKind = "cache" // the content in the module cache, hashed here
	WitnessRecord  WitnessKind = "ziphash"
	WitnessProxy   WitnessKind = "proxy"
)

// SumWitness is one claim.
type SumWitness struct {
	Kind  WitnessKind `json:"kind"`
	Where string      `json:"where" class:"source"`
	Hash  string      `json:"hash" class:"public"`
}

// SumDispute is one line with all that is known about its key.
type SumDispute struct {
	Module string `json:"module" class:"source"` // path
	Key    string `json:"key" class:"source"`    // version, with "/go.mod" for the go.mod file
	File   string `json:"file" class:"path"`
	Work   bool   `json:"work,omitempty"`
	Line   int    `json:"line"`
	Hash   string `json:"hash" class:"public"`
	HashAt Splice `json:"hash_at"` // New is empty: the right hash goes there
	Cut    Splice `json:"cut"`     // takes the whole line away
	// Impossible says why the hash cannot be that of this module whatever its content: "form" (cut or changed by
	// hand), or the key of the other module that has it. "" = it can.
	Impossible string       `json:"impossible,omitempty" class:"source"`
	Needed     bool         `json:"needed,omitempty"` // the go command will compare it in this project
	First      bool         `json:"first,omitempty"`  // it is the first line of its key in its file, the one the go command meets
	Others     int          `json:"others,omitempty"` // further lines of the same key and file
	Witnesses  []SumWitness `json:"witnesses,omitempty"`
	// Cached are the files of this version in the module cache that go together with its content.
	Cached []string `json:"cached,omitempty" class:"path"`
}

// SumAsk is a question for the network.
type SumAsk struct {
	Module  string `json:"module" class:"source"`
	Version string `json:"version" class:"source"`
	GoMod   bool   `json:"go_mod,omitempty"`               // its go.mod file, else its content
	Line    string `json:"line,omitempty" class:"public"`  // the hash of go.sum, "" = it has none
	File    string `json:"file,omitempty" class:"path"`    // of that line
	LineNo  int    `json:"line_no,omitempty"`              // of that line
	Witness string `json:"witness,omitempty" class:"path"` // what shows that git agrees with the line, "" = nothing does
	Why     string `json:"why" class:"public"`             // "dispute", "missing", "bare", "tried", "private"
}

// SumTried is a download that came to nothing.
type SumTried struct {
	Module  string    `json:"module" class:"source"`
	Version string    `json:"version" class:"source"`
	What    string    `json:"what" class:"public"` // "zip": its lock is there and its zip is not; "mod": its .info is there and its .mod is not; "fetched": all is there
	Path    string    `json:"path" class:"path"`   // the file that shows it
	When    time.Time `json:"when"`
	VCS     string    `json:"vcs,omitempty" class:"host"` // the repository it was looked up in, "" = a proxy
}

// ChecksumDB is GOSUMDB as the go command understands it.
type ChecksumDB struct {
	Value string `json:"value" class:"host"`
	Off   bool   `json:"off,omitempty"`
	Err   string `json:"err,omitempty" class:"public"` // why the go command refuses it
	Name  string `json:"name,omitempty" class:"host"`
	Key   string `json:"key,omitempty" class:"public"` // the verifier key with its name
	URL   string `json:"url,omitempty" class:"host"`   // given behind the key
	// Known are the keys that this Go release has for databases, read from its source.
	Known map[string]string `json:"known,omitempty" class:"host"`
}

// SumSources answers: what do the proxies and the checksum database say about the hashes that nothing on
// this machine can settle?
type SumSources struct {
	Asked   int         `json:"asked"` // questions that were put
	Left    int         `json:"left"`  // questions that were not, for lack of time
	Answers []SumAnswer `json:"answers,omitempty"`
}

// The sources that are no entry of GOPROXY.
const (
	EntryPolicy = -1 // a proxy of the team's policy
	EntryDB     = -2 // the checksum database
)

// SumAnswer is what one source says about one file.
type SumAnswer struct {
	Module  string `json:"module" class:"source"`
	Version string `json:"version" class:"source"`
	GoMod   bool   `json:"go_mod,omitempty"`
	Source  string `json:"source" class:"host"` // address of the proxy without credentials, or name of the database
	Entry   int    `json:"entry"`               // which entry of GOPROXY, from 0; EntryPolicy or EntryDB
	Index   int    `json:"index,omitempty"`     // of EntryPolicy: which one of the policy's proxies, from 0
	Hash    string `json:"hash,omitempty" class:"public"`
	Gone    bool   `json:"gone,omitempty"` // it says that it does not have it
	Err     string `json:"err,omitempty" class:"source"`
}
