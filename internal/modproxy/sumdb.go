package modproxy

import (
	"context"
	"net/http"
	"os"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

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
	if res, ok := s.narrower(ctx, r); ok {
		return res
	}
	return result{status: a.status, text: explain(r, "no upstream could answer", a.lines), source: "upstream"}
}

// narrower makes a tile of a database from a wider one that is at hand: the one is the beginning of the other
// (golang.org/x/mod/sumdb/tlog: Tile). Which widths are asked for depends on the size that the database had at a look-up.
func (s *Server) narrower(ctx context.Context, r *request) (result, bool) {
	if r.kind != kindTile {
		return result{}, false
	}
	prefix := "sumdb/" + r.db + "/"
	tile, err := tlog.ParseTilePath(strings.TrimPrefix(r.file, prefix))
	if err != nil || tile.L < 0 || tile.H > 8 { // the go command uses 8
		return result{}, false
	}
	want := tile.W * tlog.HashSize
	for width := 1 << tile.H; width > tile.W; width-- {
		wide := tile
		wide.W = width
		w := request{kind: kindTile, db: r.db, file: prefix + wide.Path()}
		if res, ok := s.local(ctx, &w); ok {
			data, err := os.ReadFile(res.from.path(&w))
			if err == nil && len(data) >= want {
				return result{status: http.StatusOK, text: string(data[:want]), source: res.source}, true
			}
		}
	}
	return result{}, false
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
