package facts

import "time"

// NetAnswer is what one request to a server came to, stage by stage.
type NetAnswer struct {
	URL    string        `json:"url" class:"host"`              // what was asked for, without its password
	Via    string        `json:"via,omitempty" class:"host"`    // the HTTP proxy that was used, without its password; "" = none
	Stages []NetStage    `json:"stages,omitempty"`              // in the order of their beginning
	Names  []NameAsk     `json:"name_servers,omitempty"`        // the name servers that were asked, where that can be seen
	Chain  []Cert        `json:"certificates,omitempty"`        // what the server showed, its own first
	Staple bool          `json:"ocsp_staple,omitempty"`         // the server sent an OCSP answer with it
	Hops   []string      `json:"hops,omitempty" class:"host"`   // where redirects led, in order
	Status int           `json:"status,omitempty"`              // of the last answer; 0 = none came
	Type   string        `json:"type,omitempty" class:"public"` // Content-Type of it
	Retry  string        `json:"retry_after,omitempty" class:"public"`
	Date   time.Time     `json:"date"`                           // as the server says; zero = it does not
	Auth   bool          `json:"auth,omitempty"`                 // credentials were sent with the request
	Size   int64         `json:"size"`                           // bytes of the body that were read
	Start  string        `json:"start,omitempty" class:"source"` // first bytes of a body that is not what was asked for
	Took   time.Duration `json:"took_ns"`

	Fail    NetFail `json:"fail,omitempty"`     // why it is no good answer; "" = it is one
	At      NetStep `json:"at,omitempty"`       // the stage in which it failed
	AtProxy bool    `json:"at_proxy,omitempty"` // it failed between here and Via, or Via itself refused
	Err     string  `json:"err,omitempty" class:"source"`
}

// OK reports whether the answer is a good one.
func (a *NetAnswer) OK() bool { return a.Fail == NetOK }

// NotFound reports whether the server says that it does not have it: the go command then asks the next entry of
// GOPROXY, whatever the separator (cmd/go/internal/web: HTTPError.Is).
func (a *NetAnswer) NotFound() bool {
	return a.Fail == NetStatus && (a.Status == 404 || a.Status == 410)
}

// NetStage is one stage of a request.
type NetStage struct {
	Step NetStep       `json:"step"`
	To   string        `json:"to,omitempty" class:"host"` // address or name
	Took time.Duration `json:"took_ns"`
	Err  string        `json:"err,omitempty" class:"source"`
}

// NetStep names a stage of a request.
type NetStep string

// The stages. StepTunnel: the HTTP proxy opens the way to the server (CONNECT).
const (
	StepLookup  NetStep = "lookup"
	StepConnect NetStep = "connect"
	StepTunnel  NetStep = "tunnel"
	StepTLS     NetStep = "tls"
	StepHeader  NetStep = "header" // from the request to the first byte of the answer
	StepBody    NetStep = "body"
)

// NameAsk is one name server and how it behaved.
type NameAsk struct {
	Server   string `json:"server" class:"host"`
	Asked    int    `json:"asked"`
	Answered int    `json:"answered"`
	Err      string `json:"err,omitempty" class:"source"` // of the last try that failed
}

// Cert is one certificate.
type Cert struct {
	Subject    string    `json:"subject" class:"host"`
	Issuer     string    `json:"issuer" class:"host"`
	Names      []string  `json:"names,omitempty" class:"host"` // of hosts, at most 20
	NotBefore  time.Time `json:"not_before"`
	NotAfter   time.Time `json:"not_after"`
	CA         bool      `json:"ca,omitempty"`
	SelfSigned bool      `json:"self_signed,omitempty"` // signed by its own key
	Sum        string    `json:"sum" class:"public"`    // sha256 of it, hex
}

// NetFail is why an answer is not good.
type NetFail string

// The kinds of failure: a closed list.
const (
	NetOK             NetFail = ""
	NetBadURL         NetFail = "bad-url"
	NetBadProxy       NetFail = "bad-http-proxy" // net/http refuses HTTP_PROXY, because REQUEST_METHOD is set
	NetInsecureAuth   NetFail = "credentials-over-http"
	NetNoHost         NetFail = "no-such-host"
	NetResolver       NetFail = "resolver-failed" // refuses, or says that it failed
	NetResolverSilent NetFail = "resolver-silent"
	NetRefused        NetFail = "refused"
	NetUnreachable    NetFail = "unreachable"
	NetBlackHole      NetFail = "connect-silent"
	NetReset          NetFail = "reset"
	NetClosed         NetFail = "closed" // the connection ended before an answer
	NetTLSSilent      NetFail = "tls-silent"
	NetNotTLS         NetFail = "not-tls"   // https, and the server speaks something else
	NetNeedsTLS       NetFail = "needs-tls" // http, and the server wants TLS
	NetUnknownCA      NetFail = "unknown-authority"
	NetExpired        NetFail = "expired"
	NetNotYet         NetFail = "not-yet-valid"
	NetWrongName      NetFail = "wrong-name"
	NetTLS            NetFail = "tls" // anything else about TLS
	NetTunnel         NetFail = "tunnel-refused"
	NetSilent         NetFail = "silent"  // connected, and no answer within the limit
	NetStalled        NetFail = "stalled" // the body stopped coming
	NetShort          NetFail = "short"   // the body ended before its announced length
	NetTooLarge       NetFail = "too-large"
	NetStatus         NetFail = "status"   // an answer, but not 200
	NetRedirect       NetFail = "redirect" // from https to http, or more than ten
	NetPage           NetFail = "page"     // 200 with a web page
	NetProtocol       NetFail = "protocol" // 200 with something that is no answer of the module proxy protocol
	NetFile           NetFail = "file"     // a file:// entry that cannot be read
	NetDeadline       NetFail = "deadline" // the caller's own time was over
	NetSink           NetFail = "sink"     // what came could not be written where the caller wanted it
	NetOther          NetFail = "other"
)
