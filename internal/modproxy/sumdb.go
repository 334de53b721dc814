package modproxy

import (
	"context"
	"net/http"
	"strings"

	"github.com/gorescue/gorescue/internal/breaker"
	"github.com/gorescue/gorescue/internal/goproxy"
)

// findRecord answers for a checksum database. The go command asks once whether a proxy speaks for it; after a yes
// it asks nobody else (cmd/go/internal/modfetch/sumdb.go: dbClient.initBase). So a yes is said only when an
// upstream has said so, or when upstreams fail and the database itself answers us: else the go command would turn to
// those that hang.
func (s *Server) findRecord(ctx context.Context, r *request) result {
	if r.mod.Path != "" && s.c.private(r.mod.Path) {
		return result{status: http.StatusNotFound, text: explain(r, "private: its name goes to no checksum database; set GONOSUMDB or GOPRIVATE", nil), source: "offline"}
	}
	if r.kind.fixed() {
		if res, ok := s.local(ctx, r); ok {
			return res
		}
	}
	a := s.ask(ctx, r)
	if a.kept {
		return result{from: &s.store.tier, status: http.StatusOK, source: "upstream"}
	}
	if r.kind == kindSupported && a.status == http.StatusNotFound {
		return result{status: a.status, text: explain(r, "no upstream speaks for this database", a.lines), source: "upstream"}
	}
	if s.c.SumDB != "" && s.c.SumDB == r.db && !a.full && ctx.Err() == nil {
		if res, ok := s.direct(ctx, r, &a); ok {
			return res
		}
	}
	if a.failed && !r.kind.fixed() {
		if res, ok := s.stale(ctx, r); ok {
			return res
		}
	}
	return result{status: a.status, text: explain(r, "no upstream could answer", a.lines), source: "upstream"}
}

// direct asks the database itself, as the go command would at the end of its list.
func (s *Server) direct(ctx context.Context, r *request, a *reply) (result, bool) {
	u := s.database
	if r.kind == kindSupported {
		probe, ok := parse("/sumdb/" + r.db + "/latest")
		if !ok || s.try(ctx, u, &probe, a) != found {
			return result{}, false
		}
		return result{status: http.StatusOK, source: "direct"}, true
	}
	if s.try(ctx, u, r, a) != found {
		return result{}, false
	}
	return result{from: &s.store.tier, status: http.StatusOK, source: "direct"}, true
}

// newDatabase is the upstream for the database itself.
func newDatabase(c *Config) *upstream {
	return &upstream{Entry: goproxy.Entry{URL: "https://" + c.SumDB}, label: "https://" + c.SumDB, breaker: breaker.New(breaker.Config{Now: c.Now}), database: true}
}

// file is the path at this upstream: the database itself has no prefix.
func (u *upstream) file(r *request) string {
	if u.database {
		return strings.TrimPrefix(r.file, "sumdb/"+r.db+"/")
	}
	return r.file
}
