package editor_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/gorescue/gorescue/internal/editor"
	"github.com/gorescue/gorescue/internal/facts"
)

// TestSearch: which gopls each editor starts, and that nothing is said to be searched in vain where an editor looks in places of its own.
func TestSearch(t *testing.T) {
	for name, c := range map[string]struct {
		files       map[string]string
		start, gone string // below the home folder; "" = none
		own         bool   // where it looks is not known
	}{
		"lua names one":         {map[string]string{".config/nvim/init.lua": `vim.lsp.config("gopls", { cmd = { vim.fn.expand("~/tools/gopls") } })`}, "tools/gopls", "", false},
		"lua names a gone one":  {map[string]string{".config/nvim/init.lua": `require("lspconfig").gopls.setup{ cmd = { "$HOME/old/gopls", "-remote=auto" } }`}, "", "old/gopls", false},
		"a comment names one":   {map[string]string{".config/nvim/init.lua": "-- cmd = { \"~/old/gopls\" }\nvim.lsp.enable('gopls')"}, "bin/gopls", "", false},
		"an address":            {map[string]string{".config/nvim/init.lua": `print("see https://example.com/gopls")`}, "bin/gopls", "", false},
		"lua computes":          {map[string]string{".config/nvim/init.lua": `cmd = { vim.fn.stdpath("data") .. "/mason/bin/gopls" }`}, "", "", true},
		"lua looks first":       {map[string]string{".config/nvim/init.lua": `if vim.fn.executable("~/old/gopls") == 1 then end -- gopls`}, "", "", true},
		"two in lua":            {map[string]string{".config/nvim/init.lua": "x = '~/tools/gopls'\ny = '~/old/gopls'"}, "tools/gopls", "", false},
		"vim-go with a folder":  {map[string]string{".vimrc": "Plug 'fatih/vim-go'\nlet g:go_bin_path = expand('~/other')\n"}, "", "", true},
		"emacs with exec-path":  {map[string]string{".emacs": "(add-to-list 'exec-path \"~/tools\") ; gopls\n"}, "", "", true},
		"emacs names one":       {map[string]string{".emacs": "(setq lsp-go-gopls-server-path \"~/tools/gopls\")\n"}, "tools/gopls", "", false},
		"helix in one line":     {map[string]string{".config/helix/languages.toml": "[language-server]\ngopls = { args = [], command = \"~/tools/gopls\" }\n"}, "tools/gopls", "", false},
		"helix with points":     {map[string]string{".config/helix/languages.toml": "language-server.gopls.command = \"~/old/gopls\"\n"}, "", "old/gopls", false},
		"another server's line": {map[string]string{".config/helix/languages.toml": "[other]\ngopls = { command = \"~/old/gopls\" }\n"}, "bin/gopls", "", false},
		"helix, another server": {map[string]string{".config/helix/languages.toml": "[[language]]\nname = \"go\"\nlanguage-servers = [\"mine\"]\n"}, "", "", true},
		"helix, two servers":    {map[string]string{".config/helix/languages.toml": "[[language]]\nname = \"go\"\nlanguage-servers = [\"gopls\", \"lint\"]\n"}, "bin/gopls", "", false},
		"a value that repeats":  {map[string]string{".config/Code/User/settings.json": `{"go.alternateTools": {"gopls": "${env:LOOP}"}}`}, "", "", true},
	} {
		t.Run(name, func(t *testing.T) {
			home := t.TempDir()
			for file, text := range c.files {
				write(t, filepath.Join(home, file), text)
			}
			for _, dir := range []string{"bin", "tools"} {
				write(t, filepath.Join(home, dir, "gopls"), "")
				if err := os.Chmod(filepath.Join(home, dir, "gopls"), 0o755); err != nil {
					t.Fatal(err)
				}
			}
			found := editor.Look(context.Background(), editor.World{Dir: home, Root: filepath.Join(home, "p"), Vars: map[string]string{"HOME": home, "PATH": filepath.Join(home, "bin"), "LOOP": "x${env:LOOP}"}})
			if len(found.List) != 1 {
				t.Fatalf("%+v", found.List)
			}
			st := found.List[0].Start
			if c.own {
				if st.Named != "" && name != "a value that repeats" || name != "a value that repeats" && len(st.Looked)+len(st.Path) > 0 {
					t.Errorf("%+v", st)
				}
				return
			}
			if rel, _ := filepath.Rel(home, st.Path); st.Path != "" && rel != c.start || st.Path == "" && c.start != "" {
				t.Errorf("starts %q, want %q", st.Path, c.start)
			}
			if c.gone != "" && (st.Named != filepath.Join(home, c.gone) || st.Path != "") {
				t.Errorf("%+v", st)
			}
		})
	}
}

// TestZedOwn: without gopls in PATH Zed installs one; none is said to be searched in vain.
func TestZedOwn(t *testing.T) {
	home := t.TempDir()
	write(t, filepath.Join(home, ".config/zed/settings.json"), "{}")
	write(t, filepath.Join(home, "gobin/gopls"), "")
	if err := os.Chmod(filepath.Join(home, "gobin/gopls"), 0o755); err != nil {
		t.Fatal(err)
	}
	found := editor.Look(context.Background(), editor.World{Dir: home, Root: home, GoBin: filepath.Join(home, "gobin"), Vars: map[string]string{"HOME": home, "PATH": filepath.Join(home, "bin")}})
	if len(found.List) != 1 || found.List[0].Start.Gobin != "" || len(found.List[0].Start.Looked) > 0 {
		t.Errorf("%+v", found.List)
	}
}

// TestJetBrainsHere: of each product the newest settings count; .idea that came with the repository is no editor of this user.
func TestJetBrainsHere(t *testing.T) {
	home := t.TempDir()
	root := filepath.Join(home, "p")
	write(t, filepath.Join(root, ".idea", "workspace.xml"), `<component name="GOROOT" url="file:///nowhere/go" />`)
	write(t, filepath.Join(root, ".git", "index"), "DIRC.idea/workspace.xml\x00")
	names := func() (out []string) {
		for _, e := range editor.Look(context.Background(), editor.World{Dir: root, Root: root, Vars: map[string]string{"HOME": home}}).List {
			if e.Kind != facts.EditorJetBrains || e.SDK == nil {
				t.Errorf("%+v", e)
			}
			out = append(out, e.Name)
		}
		return out
	}
	if got := names(); len(got) != 0 {
		t.Errorf("tracked: %v", got)
	}
	write(t, filepath.Join(root, ".git", "index"), "DIRCgo.mod\x00")
	if got := names(); len(got) != 1 {
		t.Errorf("not tracked: %v", got)
	}
	for _, dir := range []string{"GoLand2022.3", "GoLand2025.10", "GoLand2025.2", "GoLand", "IntelliJIdea2024.1"} {
		write(t, filepath.Join(home, ".config", "JetBrains", dir, "disabled_plugins.txt"), "")
	}
	if got := names(); len(got) != 2 || got[0] != "GoLand2025.10" || got[1] != "IntelliJIdea2024.1" {
		t.Errorf("%v", got)
	}
}

// TestNamedVars: what is wrong with the variables that settings give to gopls, in the light of the folder.
func TestNamedVars(t *testing.T) {
	home := t.TempDir()
	root := filepath.Join(home, "p")
	write(t, filepath.Join(root, "go.mod"), "module m\n\nrequire example.com/a v1.0.0\n")
	write(t, filepath.Join(home, ".config", "Code", "User", "settings.json"), `{"go.goroot": "`+home+`/p/go.mod", "go.alternateTools": {"go": "`+home+`"},
		"go.toolsEnvVars": {"GO111MODULE": "off", "GOFLAGS": "-mod=vendor"}}`)
	look := func(vars map[string]string) map[string]facts.EditorNamed {
		vars["HOME"] = home
		out := map[string]facts.EditorNamed{}
		for _, n := range editor.Look(context.Background(), editor.World{Dir: root, Root: root, Vars: vars}).List[0].Env {
			out[n.Name] = n
		}
		return out
	}
	got := look(map[string]string{})
	if got["GO111MODULE"].Bad == "" || got["GOFLAGS"].Bad == "" || got["go.goroot"].State != facts.NamedFile || got["go.alternateTools.go"].State != facts.NamedFolder {
		t.Errorf("%+v", got)
	}
	if got := look(map[string]string{"GO111MODULE": "off"}); got["GO111MODULE"].Bad != "" {
		t.Errorf("the terminal has it too: %+v", got)
	}
	write(t, filepath.Join(home, ".config", "Code", "User", "settings.json"), `{"go.toolsEnvVars": {"GOTOOLCHAIN": "1.26", "GOFLAGS": "-overlay=/nowhere/o.json"},
		"gopls": {"build.env": {"GOPACKAGESDRIVER": "/nowhere/driver", "GOWORK": "${workspaceFolder}/x", "CGO_ENABLED": 0}}}`)
	if got := look(map[string]string{}); got["GOTOOLCHAIN"].Bad == "" || got["GOFLAGS"].Bad == "" || got["GOPACKAGESDRIVER"].State != facts.NamedMissing || len(got) != 3 {
		t.Errorf("%+v", got)
	}
	for _, name := range []string{"local", "auto", "path", "go1.26.1", "go1.26.1+auto", "local+path", "corp-go1.26.1", "go1.26.1-corp"} {
		write(t, filepath.Join(home, ".config", "Code", "User", "settings.json"), `{"go.toolsEnvVars": {"GOTOOLCHAIN": "`+name+`"}}`)
		if got := look(map[string]string{}); got["GOTOOLCHAIN"].Bad != "" {
			t.Errorf("%+v", got)
		}
	}
	write(t, filepath.Join(home, ".config", "Code", "User", "settings.json"), `{"go.toolsEnvVars": {"GOFLAGS": "-mod=vendor"}}`)
	if err := os.Mkdir(filepath.Join(root, "vendor"), 0o755); err != nil {
		t.Fatal(err)
	}
	if got := look(map[string]string{}); got["GOFLAGS"].Bad != "" {
		t.Errorf("there is a vendor folder: %+v", got)
	}
}
