package editor_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gorescue/gorescue/internal/editor"
	"github.com/gorescue/gorescue/internal/editor/editortest"
	"github.com/gorescue/gorescue/internal/facts"
)

func TestAdapters(t *testing.T) {
	for kind, f := range map[facts.EditorKind]editortest.Fixture{
		facts.EditorVSCode:    {Files: map[string]string{".config/VSCodium/User/settings.json": "{\n  // mine\n  \"editor.fontSize\": 13\n}\n"}, Settings: ".config/VSCodium/User/settings.json", Starts: true},
		facts.EditorZed:       {Files: map[string]string{".config/zed/settings.json": "{\n  // mine\n  \"lsp\": { \"gopls\": { \"initialization_options\": {} } }\n}\n"}, Settings: ".config/zed/settings.json", Starts: true},
		facts.EditorHelix:     {Files: map[string]string{".config/helix/languages.toml": "# mine\n[[language]]\nname = \"go\"\n"}, Settings: ".config/helix/languages.toml", Starts: true},
		facts.EditorNeovim:    {Files: map[string]string{".config/nvim/lua/lsp.lua": "vim.lsp.enable('gopls')\n"}, Settings: ".config/nvim/init.lua", Starts: true, ByHand: true},
		facts.EditorVim:       {Files: map[string]string{".vimrc": "Plug 'fatih/vim-go'\n"}, Settings: ".vim/coc-settings.json", Starts: true, ByHand: true},
		facts.EditorEmacs:     {Files: map[string]string{".emacs.d/init.el": "(add-hook 'go-mode-hook #'eglot-ensure)\n"}, Settings: ".emacs", Starts: true, ByHand: true},
		facts.EditorJetBrains: {Files: map[string]string{".config/JetBrains/GoLand2026.1/options/a.xml": "<x/>"}, Settings: ".config/JetBrains/GoLand2026.1/disabled_plugins.txt"},
	} {
		t.Run(string(kind), func(t *testing.T) {
			i := slices.IndexFunc(editor.Adapters(), func(a editor.Adapter) bool { return len(a.Find(world(t, f))) > 0 })
			if i < 0 {
				t.Fatal("no adapter finds it")
			}
			editortest.Test(t, editor.Adapters()[i], f)
		})
	}
}

// world is a home folder with the files of a fixture.
func world(t *testing.T, f editortest.Fixture) editor.World {
	home := t.TempDir()
	for name, data := range f.Files {
		write(t, filepath.Join(home, name), data)
	}
	return editor.World{Dir: home, Root: home, Vars: map[string]string{"HOME": home}}
}

func write(t *testing.T, path, data string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(data), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestExcluded(t *testing.T) {
	for _, c := range []struct {
		filters []string
		dir     string
		want    bool
	}{
		{[]string{"-"}, ".", true},
		{[]string{"-", "+services/billing"}, ".", true},
		{[]string{"-", "+services/billing"}, "services/billing", false},
		{[]string{"-", "+services/billing"}, "services/billing/api", false},
		{[]string{"-", "+services/billing"}, "services/billing2", true},
		{[]string{"-**/node_modules"}, "web/node_modules/x", true},
		{[]string{"-**/node_modules"}, "node_modules", true},
		{[]string{"-**/node_modules"}, "web", false},
		{[]string{"-gen"}, "gen", true},
		{[]string{"-gen"}, "a/gen", false},
		{[]string{"gen"}, "gen", false},
	} {
		if got := editor.Excluded(c.filters, c.dir); got != c.want {
			t.Errorf("%v %s: %v", c.filters, c.dir, got)
		}
	}
}

// TestLayers: a profile chosen for the folder stands for the user's settings, the machine's beat the
// user's, the workspace's beat both.
func TestLayers(t *testing.T) {
	home := t.TempDir()
	proj := filepath.Join(home, "my proj")
	user := filepath.Join(home, ".config", "Code", "User")
	write(t, filepath.Join(user, "settings.json"), `{"go.lintTool": "user", "gopls": {"staticcheck": true, "local": "a"}}`)
	write(t, filepath.Join(proj, ".vscode", "settings.json"), `{"gopls": {"staticcheck": false}}`)
	look := func() *facts.Editor {
		e := editor.Look(context.Background(), editor.World{Dir: proj, Root: editor.Root(proj, home), Vars: map[string]string{"HOME": home}})
		if len(e.List) != 1 {
			t.Fatal(e.List)
		}
		return &e.List[0]
	}
	e := look()
	if v := editor.Get(e, "gopls", "staticcheck"); v == nil || v.JSON != "false" || editor.Text(e, "gopls", "local") != "a" || editor.Text(e, "go.lintTool", "") != "user" {
		t.Errorf("%+v", e.Values)
	}
	write(t, filepath.Join(user, "globalStorage", "storage.json"), `{"profileAssociations":{"workspaces":{"file://`+strings.ReplaceAll(proj, " ", "%20")+`":"5a"}},"userDataProfiles":[{"location":"5a","name":"go"}]}`)
	write(t, filepath.Join(user, "profiles", "5a", "settings.json"), `{"go.lintTool": "profile"}`)
	if e = look(); editor.Text(e, "go.lintTool", "") != "profile" || editor.Get(e, "gopls", "local") != nil {
		t.Errorf("%+v", e.Values)
	}
}

func TestRoot(t *testing.T) {
	home := t.TempDir()
	write(t, filepath.Join(home, ".vscode", "settings.json"), "{}") // the home folder is no workspace
	write(t, filepath.Join(home, "a", ".git", "HEAD"), "")
	write(t, filepath.Join(home, "a", "svc", "go.mod"), "")
	write(t, filepath.Join(home, "a", "web", ".vscode", "settings.json"), "{}")
	write(t, filepath.Join(home, "a", "web", "x", "y"), "")
	write(t, filepath.Join(home, "b", "sub", "x"), "")
	write(t, filepath.Join(home, "b", "go.mod"), "")
	write(t, filepath.Join(home, "c", "x"), "")
	for dir, want := range map[string]string{"a/svc": "a", "a/web/x": "a/web", "b/sub": "b", "c": "c"} {
		if got := editor.Root(filepath.Join(home, dir), home); got != filepath.Join(home, want) {
			t.Errorf("%s: %s, want %s", dir, got, want)
		}
	}
}
