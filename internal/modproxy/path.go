package modproxy

import (
	"path"
	"strings"

	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"
	"golang.org/x/mod/sumdb/tlog"
	modzip "golang.org/x/mod/zip"
)

// kind is what is asked for.
type kind string

const (
	kindList   kind = "list"
	kindLatest kind = "latest"
	kindQuery  kind = "query" // .info of a branch, a tag or a part of a version
	kindInfo   kind = "info"
	kindMod    kind = "mod"
	kindZip    kind = "zip"

	kindSupported kind = "sumdb-supported"
	kindTree      kind = "sumdb-latest"
	kindLookup    kind = "sumdb-lookup"
	kindTile      kind = "sumdb-tile"
)

// request is a path of the module proxy protocol, taken apart.
type request struct {
	kind kind
	mod  module.Version // without a version for list and latest; of a lookup too; none for the rest of a database
	db   string         // name of the checksum database
	// file is the path without the leading slash, escaped as the protocol and the module cache do it: safe to
	// be joined to a folder.
	file string
}

// fixed reports whether the answer can never change: it is kept, and not asked for again.
func (k kind) fixed() bool {
	return k == kindInfo || k == kindMod || k == kindZip || k == kindLookup || k == kindTile
}

// sumdb reports whether a checksum database is asked.
func (k kind) sumdb() bool { return strings.HasPrefix(string(k), "sumdb-") }

// limit bounds a body, in bytes, as the go command does (golang.org/x/mod/zip).
func (k kind) limit() int64 {
	switch k {
	case kindZip:
		return modzip.MaxZipFile
	case kindMod, kindList:
		return modzip.MaxGoMod
	}
	return 1 << 20
}

// contentType is that of the answer.
func (k kind) contentType() string {
	switch k {
	case kindZip:
		return "application/zip"
	case kindInfo, kindQuery, kindLatest:
		return "application/json"
	case kindTile:
		return "application/octet-stream"
	}
	return "text/plain; charset=utf-8"
}

// parse takes a decoded path apart; ok is false for what is no path of the protocol.
func parse(p string) (r request, ok bool) {
	file, rooted := strings.CutPrefix(p, "/")
	if !rooted || len(file) > 2048 || file == "" || path.Clean(p) != p || strings.ContainsAny(file, "\\\x00") {
		return request{}, false
	}
	r.file = file
	if rest, ok := strings.CutPrefix(file, "sumdb/"); ok {
		return r, r.database(rest)
	}
	if mod, ok := strings.CutSuffix(file, "/@latest"); ok {
		r.kind = kindLatest
		return r, r.named(mod, "")
	}
	mod, name, found := strings.Cut(file, "/@v/")
	if !found {
		return request{}, false
	}
	if name == "list" {
		r.kind = kindList
		return r, r.named(mod, "")
	}
	ext := path.Ext(name)
	if !r.named(mod, strings.TrimSuffix(name, ext)) || r.mod.Version == "" {
		return request{}, false
	}
	whole := semver.IsValid(r.mod.Version) && module.CanonicalVersion(r.mod.Version) == r.mod.Version
	switch {
	case ext == ".info" && whole:
		r.kind = kindInfo
	case ext == ".info":
		r.kind = kindQuery
	case ext == ".mod" && whole:
		r.kind = kindMod
	case ext == ".zip" && whole:
		r.kind = kindZip
	default:
		return request{}, false
	}
	return r, true
}

// named sets module and version from their escaped forms.
func (r *request) named(mod, version string) bool {
	var err error
	if r.mod.Path, err = module.UnescapePath(mod); err != nil {
		return false
	}
	if version != "" {
		r.mod.Version, err = module.UnescapeVersion(version)
	}
	return err == nil
}

// database reads what follows /sumdb/: the name of a database, which may have a path, and a file of it
// (cmd/go/internal/modfetch/sumdb.go: dbClient.initBase, golang.org/x/mod/sumdb: Client).
func (r *request) database(p string) bool {
	name, rest := "", ""
	for _, part := range []string{"/supported", "/latest", "/lookup/", "/tile/"} {
		if i := strings.Index(p, part); i > 0 && (name == "" || i < len(name)) {
			if end := i + len(part); strings.HasSuffix(part, "/") || end == len(p) {
				name, rest = p[:i], p[i+1:]
			}
		}
	}
	if name == "" || module.CheckImportPath(strings.ReplaceAll(name, ":", "-")) != nil {
		return false
	}
	r.db = name
	switch {
	case rest == "supported":
		r.kind = kindSupported
	case rest == "latest":
		r.kind = kindTree
	case strings.HasPrefix(rest, "lookup/"):
		r.kind = kindLookup
		mod, version, ok := strings.Cut(strings.TrimPrefix(rest, "lookup/"), "@")
		return ok && version != "" && r.named(mod, version)
	default:
		r.kind = kindTile
		_, err := tlog.ParseTilePath(rest)
		return err == nil
	}
	return true
}
