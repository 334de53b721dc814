// Package modproxy is a module proxy for one machine that keeps builds going while the proxies behind it hang,
// fail or lie. It answers from what verifies in the user's module cache, from what it has kept itself, and from
// upstreams in order, each under limits and a circuit breaker. It never changes content, never passes on what does not
// verify, and names that are private go to no public server.
package modproxy

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/module"

	"github.com/gorescue/gorescue/internal/breaker"
	"github.com/gorescue/gorescue/internal/goproxy"
)

// Config is what a Server needs to know. Client is required.
type Config struct {
	Client *goproxy.Client // asks the upstreams; its limits are the deadlines of each stage
	// Upstreams is the user's list. Trusted are proxies that a policy of the user names: they are asked when the
	// list has no answer, and they alone may hear private names. Both may be empty.
	Upstreams, Trusted []goproxy.Entry
	Private            []string         // patterns of module paths, as in GOPRIVATE
	SumDB              string           // name of the checksum database that may be asked directly; "" = none
	ModCache           string           // GOMODCACHE, which is only read; "" = none
	Store              string           // folder for what is kept
	MaxBytes           int64            // room in it; 0 = 2 GiB
	Sums               Sums             // nil = nothing is known
	Total              time.Duration    // for one file; of a zip it is the time in which 64 KiB must come; 0 = 15 s
	Missing            time.Duration    // how long a "not found" is remembered; 0 = 5 s
	Now                func() time.Time // of the breakers; nil = time.Now
	Log                *slog.Logger     // nil = none
}

func (c *Config) private(mod string) bool {
	return module.MatchPrefixPatterns(strings.Join(c.Private, ","), mod)
}

// Server is the handler. It may be used by several goroutines at once.
type Server struct {
	c        Config
	lists    [][]*upstream
	database *upstream // asked when the proxies cannot speak for it
	cache    *tier
	store    *store
	flights  flights
	absent   absent
	slots    chan struct{} // requests to upstreams at the same time
	base     context.Context
	stop     context.CancelFunc
	metrics  *metrics
}

// New makes a server that will listen on addr (host:port). Close ends what it does.
func New(addr string, c Config) (*Server, error) {
	if c.MaxBytes <= 0 {
		c.MaxBytes = 2 << 30
	}
	if c.Total <= 0 {
		c.Total = 15 * time.Second
	}
	if c.Missing <= 0 {
		c.Missing = 5 * time.Second
	}
	if c.Sums == nil {
		c.Sums = func(module.Version, bool) (string, bool) { return "", false }
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	st, err := newStore(c.Store, c.MaxBytes, c.Sums)
	if err != nil {
		return nil, fmt.Errorf("cannot keep files in %s: %v", c.Store, plainError(err))
	}
	s := &Server{c: c, lists: upstreams(&c, addr), database: newDatabase(&c), store: st, cache: &tier{name: "modcache", sums: c.Sums}, slots: make(chan struct{}, 64),
		absent: absent{keep: c.Missing}}
	if c.ModCache != "" {
		s.cache.root = filepath.Join(c.ModCache, "cache", "download")
	}
	s.base, s.stop = context.WithCancel(context.Background())
	s.metrics = newMetrics(s)
	return s, nil
}

// Close cancels what is under way.
func (s *Server) Close() { s.stop() }

// ServeHTTP answers a request.
func (s *Server) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	switch {
	case !ownHost(q.Host):
		http.Error(w, "not the name of this machine", http.StatusForbidden)
	case q.Method != http.MethodGet && q.Method != http.MethodHead:
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "only GET and HEAD", http.StatusMethodNotAllowed)
	case q.URL.Path == "/healthz":
		s.health(w)
	case q.URL.Path == "/metrics":
		s.metrics.ServeHTTP(w, q)
	default:
		r, ok := parse(q.URL.Path)
		if !ok {
			http.Error(w, "not a path of the module proxy protocol", http.StatusNotFound)
			return
		}
		s.serve(w, q, &r)
	}
}

// ownHost reports whether a Host header names us by address. A web page whose name was made to lead here
// (DNS rebinding) sends its own name.
func ownHost(host string) bool {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	host = strings.Trim(host, "[]")
	return host == "localhost" || net.ParseIP(host) != nil
}

// result is what a request came to: a file of a tier, or text.
type result struct {
	from   *tier
	status int
	text   string // the body when from is nil
	source string // for metrics and the header X-Gorescue-Source
}

func (s *Server) serve(w http.ResponseWriter, q *http.Request, r *request) {
	began := time.Now()
	res := result{status: http.StatusOK}
	var f *os.File
	if r.kind.fixed() {
		f, res = s.warm(r)
	}
	if f == nil {
		var shared, ok bool
		res, shared, ok = s.flights.do(q.Context(), s.base, r.file, func(ctx context.Context) result { return s.find(ctx, r) })
		if !ok {
			s.metrics.answered(r.kind, "gone", 499, time.Since(began))
			return
		}
		if shared {
			s.metrics.shared.Inc()
		}
		if res.from != nil {
			var err error
			if f, err = res.from.open(r); err != nil {
				res = result{status: http.StatusInternalServerError, text: "the file is gone again: too little room in the store", source: "error"}
			}
		}
	}
	s.metrics.answered(r.kind, res.source, res.status, time.Since(began))
	if f == nil {
		s.writeText(w, q, r, res)
		return
	}
	defer f.Close()
	if res.from == &s.store.tier {
		s.store.touch(r)
	}
	fi, err := f.Stat()
	if err != nil {
		http.Error(w, "cannot read what is kept", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", r.kind.contentType())
	h.Set("Content-Length", strconv.FormatInt(fi.Size(), 10))
	h.Set("X-Gorescue-Source", res.source)
	h.Set("X-Content-Type-Options", "nosniff")
	if q.Method == http.MethodGet {
		_, _ = io.Copy(w, f) // an error means that the client is gone
	}
}

func (s *Server) writeText(w http.ResponseWriter, q *http.Request, r *request, res result) {
	h := w.Header()
	h.Set("Content-Type", "text/plain; charset=utf-8")
	if res.status == http.StatusOK {
		h.Set("Content-Type", r.kind.contentType())
	}
	h.Set("Content-Length", strconv.Itoa(len(res.text)))
	h.Set("X-Gorescue-Source", res.source)
	h.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(res.status)
	if q.Method == http.MethodGet {
		_, _ = io.WriteString(w, res.text)
	}
}

// warm opens what was verified before.
func (s *Server) warm(r *request) (*os.File, result) {
	for _, t := range []*tier{s.cache, &s.store.tier} {
		if f, err := t.open(r); err == nil {
			return f, result{from: t, status: http.StatusOK, source: t.name}
		}
	}
	return nil, result{}
}

// find looks for the answer: what never changes in our folders first, the rest at the upstreams first.
func (s *Server) find(ctx context.Context, r *request) result {
	if r.kind.sumdb() {
		return s.findRecord(ctx, r)
	}
	if r.kind.fixed() {
		if res, ok := s.local(ctx, r); ok {
			return res
		}
	}
	if text, ok := s.absent.get(r.file); ok {
		return result{status: http.StatusNotFound, text: text, source: "absent"}
	}
	a := s.ask(ctx, r)
	switch {
	case a.kept:
		return result{from: &s.store.tier, status: http.StatusOK, source: "upstream"}
	case a.status == http.StatusNotFound && !s.some(r):
		return s.offline(ctx, r)
	case a.status == http.StatusNotFound:
		text := explain(r, "no upstream has it", a.lines)
		s.absent.put(r.file, text)
		return result{status: a.status, text: text, source: "upstream"}
	case a.failed && !r.kind.fixed():
		if res, ok := s.stale(ctx, r); ok {
			return res
		}
	}
	why := "no upstream could answer"
	if a.full {
		why = "it could not be kept"
	} else if !a.failed {
		why = "refused"
	}
	return result{status: a.status, text: explain(r, why, a.lines), source: "upstream"}
}

// some reports whether there is an upstream that may be asked for this.
func (s *Server) some(r *request) bool {
	private := r.mod.Path != "" && s.c.private(r.mod.Path)
	for _, l := range s.lists {
		for _, u := range l {
			if !private || u.trusted {
				return true
			}
		}
	}
	return false
}

// local looks in our folders for a file that verifies.
func (s *Server) local(ctx context.Context, r *request) (result, bool) {
	for _, t := range []*tier{s.cache, &s.store.tier} {
		err := t.load(ctx, r)
		if err == nil {
			return result{from: t, status: http.StatusOK, source: t.name}, true
		}
		if errors.Is(err, errMismatch) {
			s.c.Log.Warn("not used", "tier", t.name, "file", r.file, "because", err.Error())
		}
	}
	return result{}, false
}

// offline answers when nobody may be asked.
func (s *Server) offline(ctx context.Context, r *request) result {
	if !r.kind.fixed() {
		if res, ok := s.stale(ctx, r); ok {
			return res
		}
	}
	why := "not kept here, and no upstream may be asked for it"
	if s.c.private(r.mod.Path) {
		why = "private: it goes to no public server; the next entry of GOPROXY, or direct, may have it"
	}
	return result{status: http.StatusNotFound, text: explain(r, why, nil), source: "offline"}
}

// stale answers what can change from what was known last: the upstream's last word, or the versions at hand.
func (s *Server) stale(ctx context.Context, r *request) (result, bool) {
	if r.kind == kindList {
		have := map[string]bool{}
		var lines []string
		if s.store.load(ctx, r) == nil {
			if data, err := os.ReadFile(s.store.path(r)); err == nil {
				lines = strings.Fields(string(data))
			}
		}
		lines = append(append(lines, s.cache.versions(ctx, r.mod.Path)...), s.store.versions(ctx, r.mod.Path)...)
		var b strings.Builder
		for _, v := range lines {
			if !have[v] {
				have[v] = true
				fmt.Fprintln(&b, v)
			}
		}
		return result{status: http.StatusOK, text: b.String(), source: "stale"}, len(lines) > 0
	}
	if s.store.load(ctx, r) == nil {
		return result{from: &s.store.tier, status: http.StatusOK, source: "stale"}, true
	}
	if r.kind == kindLatest && (len(s.cache.versions(ctx, r.mod.Path)) > 0 || len(s.store.versions(ctx, r.mod.Path)) > 0) {
		// The go command takes the newest of the list then (cmd/go/internal/modfetch: proxyRepo.Latest).
		return result{status: http.StatusNotFound, text: explain(r, "only the list is known here", nil), source: "stale"}, true
	}
	return result{}, false
}

// explain is the body of an answer that is not 200; the go command shows it.
func explain(r *request, why string, lines []string) string {
	name := r.mod.String()
	if r.kind.sumdb() {
		name = r.file
	}
	return strings.Join(append([]string{fmt.Sprintf("gorescue proxy: %s (%s): %s", name, r.kind, why)}, lines...), "\n") + "\n"
}

// Upstream is the state of one upstream, for people.
type Upstream struct {
	URL   string `json:"url"`
	State string `json:"state"` // closed (in use), open (not asked), half-open (single trials)
	Rest  string `json:"rest,omitempty"`
	Trips int    `json:"trips"`
}

// Status lists the upstreams in the order in which they are asked.
func (s *Server) Status() []Upstream {
	var out []Upstream
	for _, l := range s.lists {
		for _, u := range l {
			st := u.breaker.Status()
			up := Upstream{URL: u.label, State: st.State.String(), Trips: st.Trips}
			if st.State == breaker.Open {
				up.Rest = st.Rest.Round(100 * time.Millisecond).String()
			}
			out = append(out, up)
		}
	}
	return out
}
