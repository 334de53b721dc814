package goplsinfo_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/semver"

	"github.com/gorescue/gorescue/internal/goplsinfo"
)

func TestData(t *testing.T) {
	list := goplsinfo.Releases()
	if len(list) < 30 {
		t.Fatalf("%d releases", len(list))
	}
	for i, r := range list {
		if !semver.IsValid(r.Version) || r.Refused == "" || r.Warned == "" || r.Needs == "" {
			t.Errorf("%+v", r)
		}
		if i > 0 && semver.Compare(list[i-1].Version, r.Version) >= 0 {
			t.Errorf("%s does not follow %s", r.Version, list[i-1].Version)
		}
	}
	seen := map[string]bool{}
	for _, s := range goplsinfo.Settings() {
		if seen[s.Name] || s.Type == "" || s.Until > 0 && s.Until <= s.Since {
			t.Errorf("%+v", s)
		}
		seen[s.Name] = true
	}
	if len(seen) < 60 {
		t.Errorf("%d settings", len(seen))
	}
}

func TestRefuses(t *testing.T) {
	for _, c := range []struct {
		release, goVersion, last string
		want                     bool
	}{
		{"v0.24.0", "go1.17.13", "v0.11.0", true},
		{"v0.24.0", "go1.26.8", "v0.24.0", false},
		{"v0.24.0", "go1.20.14", "", false},
		{"v0.14.2", "go1.17.13", "v0.14.2", false},
		{"v0.12.4", "go1.12", "", true},
		{"v0.24.0", "", "v0.24.0", false},
	} {
		if got, last := goplsinfo.Refuses(c.release, c.goVersion); got != c.want || c.want && last != c.last {
			t.Errorf("%s with %s: %v, %s", c.release, c.goVersion, got, last)
		}
	}
}

func TestFits(t *testing.T) {
	for _, c := range []struct {
		name, raw, mended string
		ok                bool
	}{
		{"build.buildFlags", `"-tags=x"`, `["-tags=x"]`, false},
		{"build.buildFlags", `"-tags x"`, "", false},
		{"buildFlags", `["-tags", "x",]`, "", true},
		{"ui.semanticTokens", `"true"`, "true", false},
		{"diagnosticsTrigger", `"save"`, "", true},
		{"diagnosticsTrigger", `"Never"`, "", false},
		{"diagnosticsDelay", `"fast"`, "", false},
		{"analyses", `{"a": true}`, "", true},
		{"analyses", `{"a": "on"}`, "", false},
		{"memoryLimit", `"100"`, "100", false},
	} {
		s, found := goplsinfo.Lookup(c.name)
		if _, _, mended, ok := s.Fits(c.raw); !found || ok != c.ok || mended != c.mended {
			t.Errorf("%s %s: %v %q", c.name, c.raw, ok, mended)
		}
	}
	if goplsinfo.Like("semanticTokns", "v0.24.0") != "semanticTokens" || goplsinfo.Like("editor", "v0.24.0") != "" {
		t.Error("Like")
	}
}

// TestAgainstGopls compares the data with what real releases say of themselves (gopls api-json).
func TestAgainstGopls(t *testing.T) {
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	tools := os.Getenv("GORESCUE_TOOLS")
	if tools == "" {
		tools = filepath.Join(cache, "gorescue-tools")
	}
	for _, release := range []string{"v0.16.2", "v0.20.0", "v0.24.0"} {
		out, err := exec.Command(filepath.Join(tools, "gopls", release, "gopls"), "api-json").Output()
		if err != nil {
			t.Fatalf("gopls %s: %v (tools/install.sh makes it)", release, err)
		}
		var api struct {
			Options struct{ User []struct{ Name, Type string } }
		}
		if err := json.Unmarshal(out, &api); err != nil || len(api.Options.User) < 20 {
			t.Fatal(err, len(api.Options.User))
		}
		for _, o := range api.Options.User {
			s, ok := goplsinfo.Lookup(o.Name)
			switch {
			case !ok:
				t.Errorf("%s has %s, which the data lack", release, o.Name)
			case s.Since > goplsinfo.Minor(release):
				t.Errorf("%s has %s, which should come with 0.%d", release, o.Name, s.Since)
			case o.Type == "bool" && s.Type != "bool", o.Type == "[]string" && s.Type != "[]string" && s.Type != "filters", strings.HasPrefix(o.Type, "map") && s.Type != "map" && s.Type != "flags":
				t.Errorf("%s: %s is %s, not %s", release, o.Name, o.Type, s.Type)
			}
		}
	}
}
