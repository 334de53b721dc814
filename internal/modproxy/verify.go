package modproxy

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"
	"golang.org/x/mod/sumdb/tlog"
	modzip "golang.org/x/mod/zip"

	"github.com/gorescue/gorescue/internal/goproxy"
	"github.com/gorescue/gorescue/internal/modcache"
)

// Sums says which hash a module version is known to have: of the content, or of its go.mod file. It may be
// used by several goroutines at once.
type Sums func(v module.Version, goMod bool) (hash string, ok bool)

// verify looks whether a file is an answer to a request: of the right form, and with the known hash. A
// server's word alone is not believed: sign-in pages, halves of files and other contents all come with status 200.
func (r *request) verify(ctx context.Context, file string, sums Sums) error {
	if r.kind == kindZip {
		return r.verifyZip(ctx, file, sums)
	}
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, r.kind.limit()+1))
	if err != nil {
		return err
	}
	return r.verifyText(data, sums)
}

func (r *request) verifyText(data []byte, sums Sums) error {
	switch {
	case r.kind != kindTile && goproxy.IsPage(data):
		return errors.New("a web page")
	case int64(len(data)) > r.kind.limit():
		return errors.New("too large")
	}
	switch r.kind {
	case kindInfo, kindQuery, kindLatest:
		var info struct{ Version string }
		if err := json.Unmarshal(data, &info); err != nil {
			return fmt.Errorf("not JSON: %v", err)
		}
		if r.kind == kindInfo && info.Version != r.mod.Version || !semver.IsValid(info.Version) {
			return fmt.Errorf("information about version %q", info.Version)
		}
	case kindMod:
		f, err := modfile.ParseLax("go.mod", data, nil)
		if err != nil {
			return fmt.Errorf("not a go.mod file: %v", err)
		}
		want, known := sums(r.mod, true)
		if have := modcache.HashGoMod(data); known && have != want {
			return mismatch(have, want)
		}
		if !known && f.Module == nil {
			return errors.New("a go.mod file without a module line")
		}
	case kindList:
		for line := range strings.Lines(string(data)) {
			if f := strings.Fields(line); len(f) > 0 && !semver.IsValid(f[0]) {
				return errors.New("not a list of versions")
			}
		}
	case kindTree, kindLookup, kindTile:
		return r.verifyRecord(data)
	}
	return nil
}

// verifyRecord looks at the form alone: the go command verifies the signatures.
func (r *request) verifyRecord(data []byte) error {
	if r.kind == kindTile {
		t, err := tlog.ParseTilePath(strings.TrimPrefix(r.file, "sumdb/"+r.db+"/"))
		if err == nil && t.L >= 0 && len(data) != t.W*tlog.HashSize {
			err = fmt.Errorf("a tile of %d bytes", len(data))
		}
		return err
	}
	if r.kind == kindLookup {
		_, _, rest, err := tlog.ParseRecord(data)
		if err != nil {
			return errors.New("not a record of a checksum database")
		}
		data = rest
	}
	if _, err := tlog.ParseTree(data); err != nil {
		return errors.New("not a signed tree of a checksum database")
	}
	return nil
}

func (r *request) verifyZip(ctx context.Context, file string, sums Sums) error {
	if _, err := modzip.CheckZip(r.mod, file); err != nil {
		return fmt.Errorf("not the zip of %s: %v", r.mod, err)
	}
	have, err := modcache.HashZip(ctx, file)
	if err != nil {
		return fmt.Errorf("not the zip of %s: %v", r.mod, err)
	}
	if want, ok := sums(r.mod, false); ok && have != want {
		return mismatch(have, want)
	}
	recorded, err := os.ReadFile(strings.TrimSuffix(file, ".zip") + ".ziphash")
	if err == nil && modcache.ValidHash(string(recorded)) && strings.TrimSpace(string(recorded)) != have {
		return mismatch(have, strings.TrimSpace(string(recorded)))
	}
	return nil
}

// errMismatch marks content of the right form with another hash than the known one.
var errMismatch = errors.New("checksum mismatch")

func mismatch(have, want string) error {
	return fmt.Errorf("%w: %s, and it is known to be %s", errMismatch, have, want)
}

// KnownSums joins what go.sum files say with what the go command has kept of checksum databases in a module
// cache; it keeps a record there only after it has verified it (golang.org/x/mod/sumdb: Client.Lookup). Contradictions
// within go.sum count as unknown.
func KnownSums(goSum modcache.Sums, modCache, database string) Sums {
	return func(v module.Version, goMod bool) (string, bool) {
		s, ok := goSum.Content(v)
		if goMod {
			s, ok = goSum.GoMod(v)
		}
		if ok {
			return s.Hash, true
		}
		path, err1 := module.EscapePath(v.Path)
		version, err2 := module.EscapeVersion(v.Version)
		if modCache == "" || database == "" || err1 != nil || err2 != nil {
			return "", false
		}
		file := filepath.Join(modCache, "cache", "download", "sumdb", filepath.FromSlash(database), "lookup", filepath.FromSlash(path)+"@"+version)
		return recorded(file, v, goMod)
	}
}

// recorded is the hash in a record of a checksum database.
func recorded(file string, v module.Version, goMod bool) (string, bool) {
	if fi, err := os.Stat(file); err != nil || !fi.Mode().IsRegular() || fi.Size() > 1<<20 {
		return "", false
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return "", false
	}
	_, text, _, err := tlog.ParseRecord(data)
	if err != nil {
		return "", false
	}
	version := v.Version
	if goMod {
		version += "/go.mod"
	}
	for line := range strings.Lines(string(text)) {
		if f := strings.Fields(line); len(f) == 3 && f[0] == v.Path && f[1] == version {
			return f[2], true
		}
	}
	return "", false
}
