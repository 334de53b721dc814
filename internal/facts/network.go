package facts

import "time"

// Network answers: what does each server that the go command would ask for this project's modules really do? It is
// collected only when something that the project needs is not in the module cache, or when the user asks for it.
type Network struct {
	Asked   []string    `json:"asked,omitempty" class:"source"`  // modules (path@version) that the servers were asked for
	Cached  []string    `json:"cached,omitempty" class:"source"` // those of Asked whose go.mod and zip are in the module cache
	Cut     bool        `json:"cut,omitempty"`                   // there are more modules
	Direct  []string    `json:"direct,omitempty" class:"source"` // modules that go fetches from their repositories: GONOPROXY
	Entries []NetEntry  `json:"entries,omitempty"`               // the entries of GOPROXY, in order, words too
	Others  []NetEntry  `json:"others,omitempty"`                // proxies that the team's policy names and GOPROXY does not
	Bundle  CABundle    `json:"bundle"`
	CAs     []TrustedCA `json:"cas,omitempty"` // of the team's policy
	Link    Link        `json:"link"`
	// When somebody asks for the network: what the settings say of every module of go.sum (at most 2000), and what the
	// checksum database and a few repositories did.
	Routes []NetRoute `json:"routes,omitempty"`
	SumDB  NetSumDB   `json:"sumdb"`
	Repos  []NetRepo  `json:"repos,omitempty"`
}

// Link is this machine's own end of the network.
type Link struct {
	Known bool     `json:"known,omitempty"`
	Up    []string `json:"up,omitempty" class:"host"` // interfaces that run, but for the loopback
	Route YesNo    `json:"default_route,omitempty" class:"public"`
}

// YesNo is an answer; "" = not known.
type YesNo string

// The answers.
const (
	Yes YesNo = "yes"
	No  YesNo = "no"
)

// NetEntry is one server or word of GOPROXY.
type NetEntry struct {
	URL     string     `json:"url" class:"host"`   // without its password
	Word    bool       `json:"word,omitempty"`     // direct, off or noproxy
	OnError bool       `json:"on_error,omitempty"` // "|" stands behind it
	Private bool       `json:"private,omitempty"`  // the policy names it as trusted
	Public  bool       `json:"public,omitempty"`   // it is the default of the Go tree in use
	Files   []NetFetch `json:"files,omitempty"`
	// Knows are the modules, of those whose version it answered 404 or 410 for, that it has other versions of.
	Knows []string `json:"knows,omitempty" class:"source"`
	// NoFolder: a file:// address, and its folder is not there.
	NoFolder bool `json:"no_folder,omitempty"`
	// The same first request in another environment, made only when that can explain a failure.
	WithCA       *NetAnswer `json:"with_ca,omitempty"`       // with the certificates of the policy
	WithoutProxy *NetAnswer `json:"without_proxy,omitempty"` // without HTTP_PROXY and HTTPS_PROXY
	WithTLS      *NetAnswer `json:"with_tls,omitempty"`      // over https, of an http address
	// Plain is an answer of the same host over http, asked for its Date alone, when its certificate is not valid now.
	Plain *NetAnswer `json:"plain,omitempty"`
	Kin   string     `json:"kin,omitempty" class:"host"` // a trusted root that is of the same organisation as the unknown issuer
}

// NetFetch is one file that a server was asked for.
type NetFetch struct {
	Module string    `json:"module" class:"source"` // path@version
	Kind   string    `json:"kind" class:"public"`   // .info, .mod, .zip
	Answer NetAnswer `json:"answer"`
	Bad    string    `json:"bad,omitempty" class:"source"` // of an answer with status 200: why it cannot be used ("not a zip", "other content")
}

// OK reports whether the file came whole and is what go.sum says, as far as go.sum says anything.
func (f *NetFetch) OK() bool { return f.Answer.OK() && f.Bad == "" }

// CABundle is the file of SSL_CERT_FILE.
type CABundle struct {
	Path  string    `json:"path,omitempty" class:"path"` // "" = unset
	State FileState `json:"state,omitempty"`
	Size  int64     `json:"size"`
	Certs int       `json:"certs"`         // certificates in it
	EOL   bool      `json:"eol,omitempty"` // it is empty or ends with a newline
}

// TrustedCA is a file of certificates that the team's policy names.
type TrustedCA struct {
	Path  string    `json:"path" class:"path"`
	PEM   string    `json:"pem,omitempty" class:"source"` // its certificates, at most 256 KiB
	Certs []Cert    `json:"certs,omitempty"`
	Until time.Time `json:"until"` // when the first of them expires
}

// NetRoute answers for one module of go.sum, by the settings alone: whom would the go command ask for it, if the cache
// did not have it? Whether a server answers is not part of it.
type NetRoute struct {
	Module string `json:"module" class:"source"` // path
	Direct bool   `json:"direct,omitempty"`      // from its repository: GONOPROXY matches, or GOPROXY begins with direct
	// Private: the team's policy or GOPRIVATE calls it so.
	Private bool     `json:"private,omitempty"`
	Learn   []string `json:"learn,omitempty" class:"host"` // proxies that learn its name: the first, and each next one while none has it
	SumDB   bool     `json:"sumdb,omitempty"`              // the checksum database learns its name, unless go.sum has the hash
	// What GOVCS says, where a repository may be asked: the rule that decides, and what that allows.
	Rule    string `json:"govcs_rule,omitempty" class:"source"`
	Allowed string `json:"govcs_allowed,omitempty" class:"public"`
}

// NetSumDB is what the checksum database did when it was asked as the go command would.
type NetSumDB struct {
	Name    string      `json:"name,omitempty" class:"host"`
	Off     string      `json:"off,omitempty" class:"source"` // why it was not asked: "" = it was
	Lookups []NetLookup `json:"lookups,omitempty"`
}

// NetLookup is one question to the checksum database.
type NetLookup struct {
	Module string `json:"module" class:"source"`         // path@version
	Base   string `json:"base,omitempty" class:"host"`   // where the database was reached
	Err    string `json:"err,omitempty" class:"source"`  // "" = it answered, and its signed tree agrees
	Lies   string `json:"lies,omitempty" class:"source"` // it contradicts itself or its key
	// Differs is a line that go.sum has with another hash, with that of the database behind it.
	Differs string      `json:"differs,omitempty" class:"source"`
	Asked   []NetAnswer `json:"asked,omitempty"`
}

// NetRepo is a repository that git was asked for, as the go command would.
type NetRepo struct {
	Module string        `json:"module" class:"source"` // one that is fetched from it
	URL    string        `json:"url,omitempty" class:"host"`
	From   string        `json:"from,omitempty" class:"source"` // how the address is known: the module cache, the path, its host
	To     string        `json:"to,omitempty" class:"host"`     // where url.*.insteadOf of git leads, "" = nowhere else
	Err    string        `json:"err,omitempty" class:"source"`  // "" = it answers
	Silent bool          `json:"silent,omitempty"`              // no answer within the deadline
	Asked  *NetAnswer    `json:"asked,omitempty"`               // the question for its address
	Took   time.Duration `json:"took_ns"`
}
