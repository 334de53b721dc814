package verify_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"testing"

	"github.com/google/jsonschema-go/jsonschema"

	"github.com/gorescue/gorescue/internal/modcache"
	"github.com/gorescue/gorescue/internal/verify"
)

var update = flag.Bool("update", false, "write the schema anew")

// TestSchema keeps docs/modcache-verify.schema.json equal to the Go types, and a full report fits it.
func TestSchema(t *testing.T) {
	const file = "../../docs/modcache-verify.schema.json"
	s, err := jsonschema.For[verify.Report](nil)
	if err != nil {
		t.Fatal(err)
	}
	s.Title = "gorescue modcache verify"
	s.ID = fmt.Sprintf("https://example.com/gorescue/modcache-verify/%d", verify.Schema)
	data, err := json.MarshalIndent(s, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	data = append(data, '\n')
	if *update {
		if err := os.WriteFile(file, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if have, err := os.ReadFile(file); err != nil || string(have) != string(data) {
		t.Errorf("%s is not fresh (%v): go test ./internal/verify -run TestSchema -update", file, err)
	}
	resolved, err := s.Resolve(nil)
	if err != nil {
		t.Fatal(err)
	}
	full := verify.Report{Schema: verify.Schema, Lists: []verify.Defect{}, Vendor: verify.Vendor{Files: []verify.VendorFile{{Path: "p", What: "changed"}}},
		Modules: []verify.Module{{Path: "m", Roles: []verify.Role{"build"}, Exam: modcache.Exam{Zip: modcache.Digest{Hash: "h1:"}, Diffs: []modcache.Diff{{Name: "a", What: "extra"}}}, Defects: []verify.Defect{{Kind: verify.ZipDiffers}}}}}
	raw, err := json.Marshal(full)
	if err != nil {
		t.Fatal(err)
	}
	var doc any
	if err := json.Unmarshal(raw, &doc); err != nil {
		t.Fatal(err)
	}
	if err := resolved.Validate(doc); err != nil {
		t.Error(err)
	}
}
