package catalog_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/gorescue/gorescue/internal/catalog"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/text"
)

var update = flag.Bool("update", false, "write the generated pages and the schema anew")

const docs = "../../docs"

// TestPages keeps docs/checks equal to the pages of the checks: one a check and language, and an index.
func TestPages(t *testing.T) {
	want := map[string]string{}
	for _, l := range []struct {
		lang  text.Lang
		dir   string
		title text.T
	}{
		{text.English, "checks", text.New("# Checks\n\nFrom the ground up. `gorescue explain ID` shows the same pages.\n\n", "")},
		{text.Chinese, "checks/zh", text.New("", "# 检查项\n\n按从底层到上层的顺序。`gorescue explain ID --lang zh` 显示相同的内容。\n\n")},
	} {
		var index strings.Builder
		index.WriteString(l.title.In(l.lang))
		for _, c := range catalog.Checks() {
			fmt.Fprintf(&index, "- [%s](%s.md): %s\n", c.ID, c.ID, c.Title.In(l.lang))
			want[filepath.Join(l.dir, c.ID+".md")] = fmt.Sprintf("# %s\n\n**%s**\n\n%s\n", c.ID, c.Title.In(l.lang), strings.TrimSpace(c.Doc.In(l.lang)))
		}
		want[filepath.Join(l.dir, "README.md")] = index.String()
	}
	for _, dir := range []string{"checks", "checks/zh"} {
		have, _ := filepath.Glob(filepath.Join(docs, dir, "*.md"))
		for _, f := range have {
			rel, _ := filepath.Rel(docs, f)
			if _, ok := want[rel]; !ok {
				if *update {
					os.Remove(f)
					continue
				}
				t.Errorf("docs/%s is the page of no check", rel)
			}
		}
	}
	for rel, body := range want {
		golden(t, rel, body)
	}
}

// TestSchema keeps docs/snapshot.schema.json equal to the Go types.
func TestSchema(t *testing.T) {
	s, err := jsonschema.For[facts.Snapshot](nil)
	if err != nil {
		t.Fatal(err)
	}
	s.Title = "gorescue snapshot"
	s.ID = fmt.Sprintf("https://example.com/gorescue/snapshot/%d", facts.Schema)
	data, err := json.MarshalIndent(s, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "snapshot.schema.json", string(data)+"\n")
	resolved, err := s.Resolve(nil)
	if err != nil {
		t.Fatal(err)
	}
	var doc any
	raw, _ := json.Marshal(machine(t))
	if err := json.Unmarshal(raw, &doc); err != nil {
		t.Fatal(err)
	}
	if err := resolved.Validate(doc); err != nil {
		t.Errorf("the snapshot of this machine does not fit its schema: %v", err)
	}
}

func golden(t *testing.T, rel, body string) {
	t.Helper()
	path := filepath.Join(docs, rel)
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(body), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if have, err := os.ReadFile(path); err != nil || string(have) != body {
		t.Errorf("docs/%s is not fresh (%v): go test ./internal/catalog -update", rel, err)
	}
}

// TestEveryStringHasAClass: what is not classified where it is collected cannot be exported. A named
// string type is a closed list of our own words.
func TestEveryStringHasAClass(t *testing.T) {
	known := map[facts.Class]bool{facts.ClassPublic: true, facts.ClassPath: true, facts.ClassHost: true, facts.ClassUser: true, facts.ClassSecret: true, facts.ClassSource: true}
	seen := map[reflect.Type]bool{}
	var walk func(where string, typ reflect.Type)
	walk = func(where string, typ reflect.Type) {
		for typ.Kind() == reflect.Pointer || typ.Kind() == reflect.Slice || typ.Kind() == reflect.Map {
			typ = typ.Elem()
		}
		if typ.Kind() != reflect.Struct || seen[typ] || !strings.HasSuffix(typ.PkgPath(), "/facts") {
			return
		}
		seen[typ] = true
		for i := range typ.NumField() {
			f := typ.Field(i)
			base := f.Type
			for base.Kind() == reflect.Slice || base.Kind() == reflect.Map || base.Kind() == reflect.Pointer {
				base = base.Elem()
			}
			class, tagged := f.Tag.Lookup("class")
			if base == reflect.TypeFor[string]() && !tagged || tagged && !known[facts.Class(class)] {
				t.Errorf("%s.%s: no class (class:\"public\", path, host, user, secret, source)", where, f.Name)
			}
			walk(typ.Name(), f.Type)
		}
	}
	walk("Snapshot", reflect.TypeFor[facts.Snapshot]())
}
