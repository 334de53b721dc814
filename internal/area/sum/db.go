package sum

import (
	"errors"
	"path/filepath"
	"strings"

	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/goproxy"
)

// database reads GOSUMDB as the go command in use does.
func database(s *facts.Snapshot) facts.ChecksumDB {
	known := map[string]string{}
	if s.Settings.GoRoot.Path != "" {
		known = goproxy.KnownKeys(filepath.Dir(s.Settings.GoRoot.Path))
	}
	return parseDB(s.Settings.Get("GOSUMDB"), known)
}

// parseDB is the meaning of a GOSUMDB value; known are the keys of databases that may be named alone.
func parseDB(value string, known map[string]string) facts.ChecksumDB {
	out := facts.ChecksumDB{Value: value, Known: known}
	db, err := goproxy.ParseSumDB(value, known)
	words := append(strings.Fields(value), "", "")
	out.Name, _, _ = strings.Cut(words[0], "+")
	switch {
	case errors.Is(err, goproxy.ErrNoSumDB):
		out.Off = true
	case err != nil:
		out.Err = err.Error()
	default:
		out.Name, out.Key, out.URL = db.Name, words[0], words[1]
		if k := known[words[0]]; k != "" {
			out.Key = k
		}
	}
	return out
}
