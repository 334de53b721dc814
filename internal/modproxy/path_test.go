package modproxy

import (
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/module"
)

func TestParse(t *testing.T) {
	for p, want := range map[string]string{
		"/example.com/m/@v/list":                                   "list example.com/m",
		"/example.com/m/@latest":                                   "latest example.com/m",
		"/example.com/!big/m/@v/v1.2.3.info":                       "info example.com/Big/m@v1.2.3",
		"/example.com/m/@v/v1.2.3.mod":                             "mod example.com/m@v1.2.3",
		"/example.com/m/@v/v1.2.3.zip":                             "zip example.com/m@v1.2.3",
		"/example.com/m/@v/v2.0.0+incompatible.zip":                "zip example.com/m@v2.0.0+incompatible",
		"/example.com/m/@v/v0.0.0-20240101000000-abcdefabcdef.mod": "mod example.com/m@v0.0.0-20240101000000-abcdefabcdef",
		"/golang.org/toolchain/@v/v0.0.1-go1.26.0.linux-amd64.zip": "zip golang.org/toolchain@v0.0.1-go1.26.0.linux-amd64",
		"/example.com/m/@v/master.info":                            "query example.com/m@master",
		"/example.com/m/@v/v1.info":                                "query example.com/m@v1",
		"/example.com/m/@v/!main.info":                             "query example.com/m@Main",
		"/sumdb/sum.example.com/supported":                         "sumdb-supported sum.example.com",
		"/sumdb/sum.example.com/a/latest":                          "sumdb-latest sum.example.com/a",
		"/sumdb/sum.example.com/lookup/example.com/!m@v1.0.0":      "sumdb-lookup sum.example.com example.com/M@v1.0.0",
		"/sumdb/sum.example.com/tile/8/0/x001/234":                 "sumdb-tile sum.example.com",
		"/sumdb/sum.example.com/tile/8/1/000.p/7":                  "sumdb-tile sum.example.com",
		// not the protocol
		"":                                  "",
		"/":                                 "",
		"/example.com":                      "",
		"/example.com/m/@v/":                "",
		"/example.com/m/@v/v1.2.3":          "",
		"/example.com/m/@v/v1.2.3.exe":      "",
		"/example.com/m/@v/.info":           "",
		"/example.com/m/@v/master.zip":      "",
		"/example.com/Big/@v/list":          "",
		"/example.com/m/@v/../../x.info":    "",
		"/../example.com/m/@v/list":         "",
		"//example.com/m/@v/list":           "",
		"/example.com/./m/@v/list":          "",
		"/example.com/m\\..\\x/@v/list":     "",
		"/example.com/m/@v/v1.2.3\x00.info": "",
		"/nodot/m/@v/list":                  "",
		"/sumdb/supported":                  "",
		"/sumdb/x/tile/8/0/1":               "",
		"/sumdb/sum.example.com/lookup/x":   "",
		"/sumdb/../etc/latest":              "",
	} {
		r, ok := parse(p)
		got := ""
		if ok {
			got = strings.Join(strings.Fields(string(r.kind)+" "+r.db+" "+r.mod.String()), " ")
		}
		if got != want {
			t.Errorf("%q: %q, want %q", p, got, want)
		}
	}
}

// FuzzParse: what is taken for a request stays below its folder, and is the path that it was made of.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"/example.com/!m/@v/v1.0.0.info", "/example.com/m/@v/list", "/example.com/m/@latest", "/example.com/m/@v/a.b.info",
		"/sumdb/s.example/tile/8/0/x001/000.p/1", "/sumdb/s.example/lookup/example.com/m@v1.0.0/go.mod", "/sumdb/a/b/latest/latest", "/../..", "/a.b/@v/@v/list"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, p string) {
		r, ok := parse(p)
		if !ok {
			return
		}
		if !filepath.IsLocal(filepath.FromSlash(r.file)) || "/"+r.file != p || strings.Contains(r.file, "..") && strings.Contains("/"+r.file+"/", "/../") {
			t.Fatalf("%q leads to %q", p, r.file)
		}
		if r.kind.sumdb() {
			if r.db == "" || !strings.HasPrefix(r.file, "sumdb/"+r.db+"/") {
				t.Fatalf("%q: database %q", p, r.db)
			}
			return
		}
		esc, err := module.EscapePath(r.mod.Path)
		if err != nil || !strings.HasPrefix(r.file, esc+"/@") {
			t.Fatalf("%q: module %q (%v)", p, r.mod.Path, err)
		}
	})
}
