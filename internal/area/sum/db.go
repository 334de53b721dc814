package sum

import (
	"net/url"
	"path/filepath"
	"regexp"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"github.com/gorescue/gorescue/internal/buildlist"
	"github.com/gorescue/gorescue/internal/facts"
)

// database reads GOSUMDB by the rules of cmd/go/internal/modfetch/sumdb.go, func dbDial.
func database(s *facts.Snapshot) facts.ChecksumDB {
	db := parseDB(s.Settings.Get("GOSUMDB"), knownKeys(s))
	switch {
	case db.Err == "":
	case len(db.Known) == 0:
		if !strings.Contains(db.Value, "+") {
			db.Err = "" // the go command may know a key for the name: its source is not there to be asked
		}
	case sameAlias(s, db.Value):
		db.Err = ""
	}
	return db
}

// parseDB is the meaning of a GOSUMDB value; known are the keys of databases that may be named alone.
func parseDB(value string, known map[string]string) facts.ChecksumDB {
	db := facts.ChecksumDB{Value: value, Known: known}
	if value == "off" {
		db.Off = true
		return db
	}
	words := strings.Fields(value)
	if len(words) == 0 {
		db.Err = "missing GOSUMDB"
		return db
	}
	db.Name, _, _ = strings.Cut(words[0], "+")
	if k := known[words[0]]; k != "" {
		words[0] = k
	}
	if len(words) > 2 {
		db.Err = "too many fields"
		return db
	}
	if len(words) == 2 {
		db.URL = words[1]
	}
	v, err := note.NewVerifier(words[0])
	if err != nil {
		db.Err = err.Error()
		return db
	}
	db.Name, db.Key = v.Name(), words[0]
	u, err := url.Parse("https://" + db.Name)
	if err != nil || u.Host == "" || strings.HasSuffix(db.Name, "/") || u.RawPath != "" || *u != (url.URL{Scheme: "https", Host: u.Host, Path: u.Path}) {
		db.Err = "invalid name of a database (must be host[/path]): " + db.Name
		return db
	}
	if db.URL != "" {
		if _, err := url.Parse(db.URL); err != nil {
			db.Err = "invalid address: " + db.URL
		}
	}
	return db
}

var keyLine = regexp.MustCompile(`"([A-Za-z0-9./-]+)":\s*"([A-Za-z0-9./-]+\+[0-9a-f]{8}\+[A-Za-z0-9+/=]+)"`)

// knownKeys reads the keys that the Go tree in use has in its own source (cmd/go/internal/modfetch/key.go). A
// name that the go command gives another address is known by the key that goes with it.
func knownKeys(s *facts.Snapshot) map[string]string {
	if s.Settings.GoRoot.Path == "" {
		return nil
	}
	src, err := buildlist.ReadFile(filepath.Join(filepath.Dir(s.Settings.GoRoot.Path), "src", "cmd", "go", "internal", "modfetch", "key.go"))
	if err != nil {
		return nil
	}
	out := map[string]string{}
	for _, m := range keyLine.FindAllStringSubmatch(string(src), -1) {
		out[m[1]] = m[2]
	}
	return out
}

// sameAlias reports whether a value is one word that the go command's source gives an address of its own
// (the mirror of its default database), which is then no mistake.
func sameAlias(s *facts.Snapshot, value string) bool {
	if strings.ContainsAny(value, " +") || s.Settings.GoRoot.Path == "" {
		return false
	}
	src, err := buildlist.ReadFile(filepath.Join(filepath.Dir(s.Settings.GoRoot.Path), "src", "cmd", "go", "internal", "modfetch", "sumdb.go"))
	return err == nil && strings.Contains(string(src), `gosumdb == "`+value+`"`)
}
