package editors

import (
	"os"
	"strings"

	"github.com/gorescue/gorescue/internal/diag"
)

type fault struct {
	name string
	make func(m *machine)
	want string
	risk diag.Risk
}

const state = "home/.config/Code/User/globalStorage/state.vscdb"

func user(body string) string {
	return "{\n  // my own settings\n  \"editor.fontSize\": 13,\n" + body + "\n}\n"
}

func faults() []fault {
	return []fault{
		{"colon missing", func(m *machine) { m.write(settings, user(`  "gopls" {"semanticTokens": true}`)) }, "settings-json-syntax", diag.Safe},
		{"brace of gopls missing", func(m *machine) {
			m.write(settings, "{\n  \"editor.fontSize\": 13,\n  \"gopls\": {\n    \"semanticTokens\": true,\n  \"go.lintTool\": \"x\"\n}\n")
		}, "settings-json-syntax", diag.Safe},
		{"UTF-16 without a mark", func(m *machine) {
			var b strings.Builder
			for _, r := range user(`  "go.lintTool": "x"`) {
				b.WriteRune(r)
				b.WriteByte(0)
			}
			m.write(settings, b.String())
		}, "settings-json-utf16", diag.Safe},
		{"zeros, a copy beside", func(m *machine) {
			m.write(settings, strings.Repeat("\x00", 60))
			m.write(settings+".bak", user(`  "go.lintTool": "x"`))
		}, "settings-json-zero-filled", diag.Safe},
		{"workspace settings cut, copy beside", func(m *machine) {
			m.write(workspace, "{\n  \"go.buildTags\": \"")
			m.write(workspace+"~", "{\n  \"go.buildTags\": \"\"\n}\n")
		}, "settings-json-cut-off", diag.Safe},
		{"merge markers", func(m *machine) {
			m.write(workspace, "{\n<<<<<<< HEAD\n  \"go.buildTags\": \"a\"\n=======\n  \"go.buildTags\": \"b\"\n>>>>>>> x\n}\n")
		}, "settings-json-merge-conflict", diag.Manual},
		{"duplicate in gopls that contradicts", func(m *machine) {
			m.write(settings, user("  \"gopls\": {\"staticcheck\": true},\n  \"gopls\": {\"staticcheck\": false}"))
		}, "settings-json-duplicate-gopls-key", diag.Person},
		{"misspelt setting", func(m *machine) { m.write(settings, user(`  "gopls": {"ui.semanticTokns": true}`)) }, "gopls-setting-unknown", diag.Safe},
		{"invented setting", func(m *machine) { m.write(settings, user(`  "gopls": {"rpc.timeout": "30s"}`)) }, "gopls-setting-unknown", diag.Manual},
		{"removed setting", func(m *machine) { m.write(settings, user(`  "gopls": {"build.experimentalWorkspaceModule": true}`)) }, "gopls-setting-removed", diag.Safe},
		{"renamed setting", func(m *machine) { m.write(settings, user(`  "gopls": {"ui.codelens": {"generate": true}}`)) }, "gopls-setting-removed", diag.Safe},
		{"setting too new", func(m *machine) {
			m.write("home/proj/go.mod", "module example.com/app\n\ngo 1.24\n")
			m.link("home/go/bin/gopls", "v0.20.0")
			m.write(settings, user(`  "gopls": {"fileWatcher": "off"}`))
		}, "gopls-setting-unknown", diag.Manual},
		{"bool as text", func(m *machine) { m.write(settings, user(`  "gopls": {"ui.semanticTokens": "true"}`)) }, "gopls-settings-wrong-type", diag.Safe},
		{"no such choice", func(m *machine) { m.write(settings, user(`  "gopls": {"diagnosticsTrigger": "Never"}`)) }, "gopls-settings-wrong-type", diag.Manual},
		{"go.gopls", func(m *machine) { m.write(settings, user(`  "go.gopls": {"ui.semanticTokens": true}`)) }, "vscode-go-setting-unknown", diag.Safe},
		{"GOWORK of a removed file", func(m *machine) { m.write(settings, user(`  "go.toolsEnvVars": {"GOWORK": "@HOME@/gone/go.work"}`)) }, "toolsenvvars-bad-value", diag.Safe},
		{"GOPACKAGESDRIVER of a removed program", func(m *machine) {
			m.write(workspace, "{\n  \"go.toolsEnvVars\": {\"GOPACKAGESDRIVER\": \"${workspaceFolder}/tools/driver.sh\", \"GOPRIVATE\": \"x.example.com\"}\n}\n")
		}, "toolsenvvars-bad-value", diag.Safe},
		{"GOFLAGS that do not parse", func(m *machine) { m.write(settings, user(`  "go.toolsEnvVars": {"GOFLAGS": "'-tags=a"}`)) }, "toolsenvvars-bad-value", diag.Safe},
		{"GOROOT without a tree", func(m *machine) {
			m.write("home/sdk/go1/README", "x")
			m.write(settings, user(`  "go.toolsEnvVars": {"GOROOT": "~/sdk/go1"}`))
		}, "toolsenvvars-goroot-removed", diag.Safe},
		{"alternate go removed", func(m *machine) { m.write(settings, user(`  "go.alternateTools": {"go": "@HOME@/sdk/go1.20/bin/go"}`)) }, "alternate-go-removed", diag.Safe},
		{"go.goroot removed", func(m *machine) { m.write(settings, user(`  "go.goroot": "~/sdk/go1.20"`)) }, "alternate-go-removed", diag.Safe},
		{"alternate gopls removed, a good one in PATH", func(m *machine) {
			m.write(settings, user(`  "go.alternateTools": {"gopls": "${env:HOME}/tools/gopls"}`))
		}, "alternate-gopls-gone-old-one-used", diag.Safe},
		{"link of a version store leads to nothing", func(m *machine) {
			m.remove("home/go/bin/gopls")
			m.link("home/.asdf/installs/gopls/0.24.0/bin/gopls", "v0.24.0")
			m.write(settings, user(`  "go.alternateTools": {"gopls": "~/.asdf/installs/gopls/0.20.0/bin/gopls"}`))
		}, "alternate-gopls-gone-old-one-used", diag.Safe},
		{"helix names a gopls that is gone", func(m *machine) {
			m.write("home/.config/helix/languages.toml", "[language-server.gopls]\ncommand = \"@HOME@/old/gopls\"\n")
		}, "alternate-gopls-gone-old-one-used", diag.Manual},
		{"gopls of no bytes", func(m *machine) { m.remove("home/go/bin/gopls"); m.script("home/go/bin/gopls", "") }, "gopls-binary-truncated", diag.Manual},
		{"damaged gopls, good one in PATH", func(m *machine) {
			m.remove("home/go/bin/gopls")
			m.script("home/go/bin/gopls", "\x7fELF\x02\x01\x01")
			m.link("home/opt/bin/gopls", "v0.24.0")
			m.vars["PATH"] = m.home + "/opt/bin:" + m.vars["PATH"]
		}, "gopls-binary-truncated", diag.Safe},
		{"built with an older Go, new one in PATH", func(m *machine) {
			data, err := os.ReadFile(tools(m.t) + "/gopls/v0.20.0/gopls")
			if err != nil {
				m.t.Fatal(err)
			}
			m.remove("home/go/bin/gopls")
			m.script("home/go/bin/gopls", string(data))
			m.link("home/opt/bin/gopls", "v0.24.0")
			m.vars["PATH"] = m.home + "/opt/bin:" + m.vars["PATH"]
		}, "gopls-built-with-older-go", diag.Safe},
		{"wrapper greets", func(m *machine) {
			m.script("home/bin/my-gopls", "#!/bin/bash\nexport A=b\necho starting gopls\nexec gopls \"$@\"\n")
			m.write(settings, user(`  "go.alternateTools": {"gopls": "~/bin/my-gopls"}`))
		}, "gopls-wrapper-prints", diag.Safe},
		{"wrapper filters the answers", func(m *machine) {
			m.script("home/bin/my-gopls", "#!/bin/sh\n# keeps a log\n\"$HOME/go/bin/gopls\" \"$@\" | sed -u 's/secret/xxx/g'\n")
			m.write(settings, user(`  "go.alternateTools": {"gopls": "~/bin/my-gopls"}`))
		}, "gopls-wrapper-damages-crlf", diag.Safe},
		{"flag that went away", func(m *machine) { m.write(settings, user(`  "go.languageServerFlags": ["-rpc.trace", "-port=6060"]`)) }, "gopls-flag-unknown", diag.Safe},
		{"log folder gone, flag in two words", func(m *machine) {
			m.write(settings, user(`  "go.languageServerFlags": ["-logfile", "@HOME@/logs/gopls.log"]`))
		}, "gopls-logfile-folder-gone", diag.Safe},
		{"daemon gone", func(m *machine) {
			m.write(settings, user(`  "go.languageServerFlags": ["-remote=unix;@HOME@/run/gopls.sock"]`))
		}, "gopls-daemon-not-listening", diag.Person},
		{"filters of another repository", func(m *machine) {
			m.write(workspace, "{\n  \"gopls\": {\"directoryFilters\": [\"-**\", \"-\", \"+cmd/other\"]}\n}\n")
		}, "directory-filters-hide-everything", diag.Safe},
		{"tags in gopls' own flags", func(m *machine) {
			m.write("home/proj/helper.go", "//go:build !old\n\npackage main\n\nfunc helper() {}\n")
			m.write(settings, user(`  "gopls": {"build.buildFlags": ["-mod=mod", "-tags=old,other"]}`))
		}, "stale-build-tag-hides-default-files", diag.Safe},
		{"server off, in a repository", func(m *machine) {
			m.write(workspace, "{\n  \"go.useLanguageServer\": false,\n  \"editor.tabSize\": 4\n}\n")
			m.git("init", "-q")
			m.git("add", ".vscode")
		}, "language-server-off-in-workspace", diag.Person},
		{"server off, beside a repository's files", func(m *machine) {
			m.git("init", "-q")
			m.git("add", "go.mod")
			m.write(workspace, "{\n  \"go.useLanguageServer\": false,\n  \"editor.tabSize\": 4\n}\n")
		}, "language-server-off-in-workspace", diag.Safe},
		{"generated file of many MiB in the package", func(m *machine) {
			m.write("home/proj/gen.go", "// Code generated by a tool. DO NOT EDIT.\n\npackage main\n"+strings.Repeat("\nvar _ = []string{\"a\", \"b\", \"c\"}\n", 150_000))
		}, "gopls-file-too-big", diag.Manual},
		{"list of extensions cut off", func(m *machine) {
			m.write("home/.vscode/extensions/extensions.json", `[{"identifier":{"id":"golang.Go"},"version":"0.57`)
		}, "vscode-go-extension-incomplete", diag.Safe},
		{"Go extension half removed", func(m *machine) {
			m.write("home/.vscode/extensions/extensions.json", `[{"identifier":{"id":"golang.Go"},"version":"0.57.2","relativeLocation":"golang.go-0.57.2"}]`)
			m.write("home/.vscode/extensions/golang.go-0.57.2/README.md", "x")
		}, "vscode-go-extension-incomplete", diag.Manual},
		{"Go extension disabled", func(m *machine) {
			m.write(settings, user(`  "gopls": {"semanticTokens": true}`))
			m.sqlite(state, `INSERT INTO ItemTable VALUES('extensionsIdentifiers/disabled','[{"id":"golang.go"}]')`)
		}, "vscode-go-extension-disabled", diag.Manual},
		{"trust in the shared database", func(m *machine) {
			m.sqlite(state, "")
			m.sqlite("home/.vscode-shared/sharedStorage/state.vscdb", `INSERT INTO ItemTable VALUES('content.trust.model.key','{"uriTrustInfo":[{"uri":{"$mid":1,"path":"@HOME@/proj","scheme":"file"},"trusted":false}]}')`)
		}, "vscode-workspace-not-trusted", diag.Person},
		{"SDK of the JetBrains project removed", func(m *machine) {
			m.write("home/proj/.idea/workspace.xml", "<project>\n  <component name=\"GOROOT\" url=\"file://$USER_HOME$/sdk/go1.20\" />\n</project>\n")
		}, "jetbrains-sdk-removed", diag.Manual},
		{"Go plugin of GoLand disabled", func(m *machine) {
			m.write("home/.config/JetBrains/GoLand2026.2/disabled_plugins.txt", "com.x\norg.jetbrains.plugins.go\n")
		}, "jetbrains-go-plugin-disabled", diag.Manual},
		{"index folder is a file", func(m *machine) { m.write("home/.cache/gopls", "x") }, "gopls-cache-not-writable", diag.Manual},
	}
}

func healthy() []fault {
	return []fault{
		{name: "plain", make: func(*machine) {}},
		{name: "big generated file in another package, one behind a constraint, one that the go command passes over", make: func(m *machine) {
			big := strings.Repeat("\nvar _ = []string{\"a\", \"b\", \"c\"}\n", 150_000)
			m.write("home/proj/gen/gen.go", "package gen\n"+big)
			m.write("home/proj/tables.go", "//go:build ignore\n\npackage main\n"+big)
			m.write("home/proj/_old.go", "package main\n"+big)
		}},
		{name: "settings with a byte order mark and CRLF", make: func(m *machine) {
			m.write(settings, "\ufeff{\r\n  // c\r\n  \"go.lintTool\": \"x\",\r\n  \"gopls\": { \"analyses\": { \"unusedparams\": true, }, },\r\n}\r\n")
		}},
		{name: "empty settings", make: func(m *machine) { m.write(settings, "") }},
		{name: "only a comment in the workspace's settings", make: func(m *machine) { m.write(workspace, "// nothing here\n") }},
		{name: "gopls switched off by the user", make: func(m *machine) { m.write(settings, user(`  "go.useLanguageServer": false`)) }},
		{name: "user and workspace both off", make: func(m *machine) {
			m.write(settings, user(`  "go.useLanguageServer": false`))
			m.write(workspace, `{"go.useLanguageServer": false}`)
		}},
		{name: "a filter that leaves what matters", make: func(m *machine) {
			m.write("home/proj/gen/gen.go", "package gen\n")
			m.write(settings, user(`  "gopls": {"directoryFilters": ["-gen", "-**/node_modules"]}`))
		}},
		{name: "a tag that files ask for", make: func(m *machine) {
			m.write("home/proj/helper.go", "//go:build !integration\n\npackage main\n\nfunc helper() {}\n")
			m.write("home/proj/helper_int.go", "//go:build integration\n\npackage main\n\nfunc helper() {}\n")
			m.write(settings, user(`  "go.buildTags": "integration"`))
		}},
		{name: "a tag that hides what nobody uses", make: func(m *machine) {
			m.write("home/proj/debug.go", "//go:build !release\n\npackage main\n\nfunc debug() {}\n")
			m.write(settings, user(`  "go.buildTags": "release"`))
		}},
		{name: "wrapper with tee and quiet words", make: func(m *machine) {
			m.script("home/bin/gopls-log", "#!/bin/bash\necho starting >&2\nset -eu\ntee -a \"$HOME/in.log\" | gopls \"$@\"\n")
			m.write(settings, user(`  "go.alternateTools": {"gopls": "~/bin/gopls-log"}`))
		}},
		{name: "an older gopls beside the new one", make: func(m *machine) { m.link("home/old/gopls", "v0.16.2") }},
		{name: "an old gopls for an old module", make: func(m *machine) {
			m.write("home/proj/go.mod", "module example.com/app\n\ngo 1.22\n")
			m.link("home/go/bin/gopls", "v0.16.2")
		}},
		{name: "settings of another extension", make: func(m *machine) { m.write(settings, user(`  "go.myTool.path": "/nowhere", "gotools.x": 1`)) }},
		{name: "the same key twice outside of Go", make: func(m *machine) {
			m.write(settings, "{\n  \"editor.fontSize\": 12,\n  \"editor.fontSize\": 13\n}\n")
		}},
		{name: "no gopls, no settings of Go", make: func(m *machine) { m.remove("home/go/bin/gopls") }},
		{name: "many editors", make: func(m *machine) {
			m.write("home/.config/helix/config.toml", "theme = \"x\"\n")
			m.write("home/.config/zed/settings.json", "{ // zed\n}\n")
			m.write("home/.config/nvim/init.lua", "require('lspconfig').gopls.setup{}\n")
			m.write("home/.emacs.d/init.el", "(add-hook 'go-mode-hook 'eglot-ensure)\n")
			m.write("home/.vscode-server/data/Machine/settings.json", "{}\n")
			m.write("home/.config/JetBrains/GoLand2026.2/options/x.xml", "<x/>")
			m.vars["PATH"] = m.home + "/go/bin:" + m.vars["PATH"]
		}},
		{name: "trust switched off, folder not trusted", make: func(m *machine) {
			m.write(settings, user(`  "security.workspace.trust.enabled": false`))
			m.sqlite(state, `INSERT INTO ItemTable VALUES('content.trust.model.key','{"uriTrustInfo":[{"uri":{"path":"@HOME@/proj","scheme":"file"},"trusted":false}]}')`)
		}},
		{name: "parent not trusted, folder trusted", make: func(m *machine) {
			m.sqlite(state, `INSERT INTO ItemTable VALUES('content.trust.model.key','{"uriTrustInfo":[{"uri":{"path":"@HOME@/proj","scheme":"file"},"trusted":true},{"uri":{"path":"@HOME@","scheme":"file"},"trusted":false}]}')`)
		}},
		{name: "other extension disabled, old Go extension left over", make: func(m *machine) {
			m.sqlite(state, `INSERT INTO ItemTable VALUES('extensionsIdentifiers/disabled','[{"id":"x.y"}]')`)
			m.write("home/.vscode/extensions/.obsolete", `{"golang.go-0.50.0":true}`)
			m.write("home/.vscode/extensions/extensions.json", `[{"identifier":{"id":"golang.go"},"version":"0.50.0","relativeLocation":"golang.go-0.50.0"},{"identifier":{"id":"golang.go"},"version":"0.57.2","relativeLocation":"golang.go-0.57.2"}]`)
			m.write("home/.vscode/extensions/golang.go-0.57.2/package.json", `{"main":"./dist/goMain.js"}`)
			m.write("home/.vscode/extensions/golang.go-0.57.2/dist/goMain.js", "x")
		}},
	}
}
