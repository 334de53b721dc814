package editor

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/gorescue/gorescue/internal/editor"
	"github.com/gorescue/gorescue/internal/facts"
)

// look reads settings of the user as Code has them.
func look(t *testing.T, settings string) *facts.Snapshot {
	t.Helper()
	home := t.TempDir()
	user := filepath.Join(home, ".config", "Code", "User")
	if err := os.MkdirAll(user, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(user, "settings.json"), []byte(settings), 0o644); err != nil {
		t.Fatal(err)
	}
	return &facts.Snapshot{Editors: editor.Look(context.Background(), editor.World{Dir: home, Root: home, Vars: map[string]string{"HOME": home}})}
}

// TestTypes: values of the wrong type, also of the extension's own settings and of entries of directoryFilters; what can be written right
// without a guess is.
func TestTypes(t *testing.T) {
	for settings, want := range map[string]string{ // "" = no finding, "-" = a finding without an edit, else the new value
		`{"go.buildTags": "a,b", "go.toolsEnvVars": {}, "go.alternateTools": null, "go.languageServerFlags": []}`: "",
		`{"go.buildTags": ["a", "b"]}`:                                                "\"a,b\"",
		`{"go.languageServerFlags": "-rpc.trace"}`:                                    `["-rpc.trace"]`,
		`{"go.languageServerFlags": "-rpc.trace -v"}`:                                 "-",
		`{"go.toolsEnvVars": "GOFLAGS=-v"}`:                                           "-",
		`{"gopls": {"directoryFilters": ["-**/node_modules", "+a/b", "-"]}}`:          "",
		`{"gopls": {"build.directoryFilters": ["node_modules"]}}`:                     "-",
		`{"gopls": {"directoryFilters": ["-gen*"]}}`:                                  "-",
		`{"gopls": {"directoryFilters": "-gen"}}`:                                     "-",
		`{"gopls": {"buildFlags": "-tags=a"}}`:                                        `["-tags=a"]`,
		`{"[go]": {"go.buildTags": ["a"]}, "go.testFlags": "-v", "go.lintFlags": 1 }`: "",
	} {
		got := wrongType.Run(look(t, settings))
		if len(got) == 0 && want == "" {
			continue
		}
		if len(got) != 1 || want == "" {
			t.Errorf("%s: %+v", settings, got)
			continue
		}
		if edits := len(got[0].Fixes[0].Actions); (want == "-") != (edits == 0) {
			t.Errorf("%s: %d edits", settings, edits)
		} else if value := got[0].Fixes[0].Title.Args["value"]; edits > 0 && value != want {
			t.Errorf("%s: %q", settings, value)
		}
	}
}
