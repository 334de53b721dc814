package editor

import (
	"strings"
	"testing"

	"github.com/gorescue/gorescue/internal/action"
)

// TestVars: a bad variable of gopls' own environment is taken away alone; the object goes with its last one.
func TestVars(t *testing.T) {
	for settings, want := range map[string]string{
		`{"gopls": {"build.env": {"A": "b", "GOPACKAGESDRIVER": "/nowhere/d"}, "staticcheck": true}}`: `{"gopls": {"build.env": {"A": "b"}, "staticcheck": true}}`,
		`{"gopls": {"env": {"GOROOT": "/nowhere/go"}, "staticcheck": true}}`:                          `{"gopls": {"staticcheck": true}}`,
		`{"go.toolsEnvVars": {"GOTOOLCHAIN": "1.25", "A": "b"}}`:                                      `{"go.toolsEnvVars": {"A": "b"}}`,
	} {
		s := look(t, settings)
		got := append(varBad.Run(s), varGoroot.Run(s)...)
		if len(got) != 1 || len(got[0].Fixes) != 1 {
			t.Errorf("%s: %+v", settings, got)
			continue
		}
		text := settings
		splices := got[0].Fixes[0].Actions[0].(*action.Edit).Splices
		for i := len(splices) - 1; i >= 0; i-- {
			p := splices[i]
			text = text[:p.Offset] + p.New + text[p.Offset+len(p.Old):]
		}
		if strings.ReplaceAll(text, " ", "") != strings.ReplaceAll(want, " ", "") {
			t.Errorf("%s: %s", settings, text)
		}
	}
}
