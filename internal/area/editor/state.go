package editor

import (
	"github.com/gorescue/gorescue/internal/action"
	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/editor"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/text"
)

var stateDamaged = valueCheck(diag.Check{
	ID:    "vscode-state-db-corrupt",
	Title: text.New("the editor's state database is damaged", "编辑器的状态数据库已损坏"),
	Doc: text.New(`state.vscdb is the SQLite database in which editors of the VS Code family keep which folders are trusted, which extensions are disabled, and what extensions store. When it is damaged (power loss,
a sync tool), the editor forgets all that at every start: folders are in Restricted Mode, in which the Go extension does not run.

**Proof.** SQLite itself refuses the file. **What looks the same.** A sound database without trust (vscode-workspace-not-trusted). **The fix**, with the editor closed, puts the content of the sound
copy state.vscdb.backup in its place; undo brings the damaged file back. Without a sound copy gorescue changes nothing: an empty database would lose trust, keys and extension data for good.`,
		`state.vscdb 是 VS Code 系列编辑器的 SQLite 数据库，保存受信任的目录、被禁用的扩展以及扩展存储的数据。它损坏时（断电、同步工具），编辑器每次启动都会忘记这一切：目录处于受限模式，
Go 扩展在其中不运行。

**证据。** SQLite 自身拒绝该文件。**容易混淆的情况。** 数据库完好但没有信任（vscode-workspace-not-trusted）。**修复**：在编辑器关闭时，用完好的副本 state.vscdb.backup 的内容替换；撤销可恢复损坏的
文件。没有完好副本时 gorescue 不作修改：空数据库会永久丢失信任、密钥和扩展数据。`),
}, func(_ *facts.Snapshot, e *facts.Editor) []diag.Finding {
	st := e.State
	if st == nil || !st.Damaged {
		return nil
	}
	x := diag.Finding{Subject: st.Path,
		Claim: text.New("{file} is no sound database: {editor} forgets trust and extension states", "{file} 不是完好的数据库：{editor} 会忘记信任和扩展状态").With("file", st.Path, "editor", e.Name),
		Evidence: []diag.Evidence{
			{Role: diag.Because, File: st.Path, Text: text.New("the file was overwritten or cut", "文件被覆盖或截断").With()},
			{Role: diag.Proof, File: st.Path, Text: text.New("{err}", "{err}").With("err", st.Err), Command: "sqlite3 " + quoted(st.Path) + " 'PRAGMA integrity_check'"},
			{Role: diag.Not, Text: text.New("a missing database: the file is there", "数据库缺失：文件存在").With()}},
		ByHand: "sqlite3 " + quoted(st.Path) + " 'PRAGMA integrity_check'"}
	switch {
	case st.Copy == nil:
		x.Fixes = []diag.Fix{{Risk: diag.Manual, Title: text.New("no sound copy is beside it: restore {file} from a backup, with the editor closed", "旁边没有完好的副本：请在编辑器关闭时从备份恢复 {file}").With("file", st.Path)}}
	case len(e.Running) > 0:
		x.Fixes = []diag.Fix{closeFirst(e)}
	default:
		x.Fixes = []diag.Fix{{Risk: diag.Safe, Title: text.New("restore {file} from {copy}", "用 {copy} 恢复 {file}").With("file", st.Path, "copy", st.Copy.Path),
			Actions: action.List{&action.Restore{Path: st.Path, From: st.Copy.Path, Sum: st.Copy.Sum}}}}
	}
	return []diag.Finding{x}
})

// closeFirst is the advice while an editor runs: it would write its own state back.
func closeFirst(e *facts.Editor) diag.Fix {
	return diag.Fix{Risk: diag.Manual, Title: text.New("close {editor} (process {pid}) first: it writes its state back when it ends", "请先关闭 {editor}（进程 {pid}）：它退出时会写回自己的状态").With("editor", e.Name, "pid", e.Running[0].PID)}
}

const trustEn = `The Go extension declares that it does not run in untrusted folders: in Restricted Mode there is no completion, no diagnostics, no gopls process, and settings of the workspace are ignored. Trust
is kept by path in the state database; of the entries that hold the folder the one with the longest path decides. `
const trustZh = `Go 扩展声明不在未受信任的目录中运行：受限模式下没有补全、没有诊断、没有 gopls 进程，工作区设置也被忽略。信任按路径保存在状态数据库中；在包含该目录的条目里，路径最长者决定。`

// trust makes the finding of both checks; own says whether the entry that decides is that of the folder itself.
func trust(s *facts.Snapshot, e *facts.Editor, own bool) []diag.Finding {
	st := e.State
	if st != nil && st.Err != "" && !st.Damaged && own {
		return []diag.Finding{{Subject: e.Name, Unknown: true, Claim: text.New("could not look at the trust of {editor}: {err}", "无法检查 {editor} 的信任状态：{err}").With("editor", e.Name, "err", st.Err)}}
	}
	if st == nil || st.Off || st.Trust != "no" || (st.Decides == s.Editors.Root) != own {
		return nil
	}
	x := diag.Finding{Subject: e.Name,
		Claim: text.New("{editor} does not trust {root}, so its Go extension does not run here", "{editor} 不信任 {root}，因此其 Go 扩展在此不运行").With("editor", e.Name, "root", s.Editors.Root),
		Evidence: []diag.Evidence{
			{Role: diag.Because, File: st.Path, Text: text.New("the entry of {dir} says: not trusted", "{dir} 的条目为：不信任").With("dir", st.Decides)},
			{Role: diag.Proof, File: st.Path, Text: text.New("no entry with a longer path holds {root}", "没有路径更长的条目包含 {root}").With("root", s.Editors.Root),
				Command: "sqlite3 -readonly " + quoted(st.Path) + " \"SELECT value FROM ItemTable WHERE key='content.trust.model.key'\""},
			{Role: diag.Not, Text: text.New("workspace trust switched off: it is on", "关闭了工作区信任：它是开启的").With()}},
		ByHand: "sqlite3 -readonly " + quoted(st.Path) + " \"SELECT value FROM ItemTable WHERE key='content.trust.model.key'\""}
	if st.Moved != "" {
		x.Evidence = append(x.Evidence, diag.Evidence{Role: diag.Proof, File: st.Path, Text: text.New("{dir}, of the same name, is trusted and not there any more: the folder was moved", "同名的 {dir} 受信任但已不存在：目录被移动过").With("dir", st.Moved)})
	}
	switch {
	case len(e.Running) > 0:
		x.Fixes = []diag.Fix{closeFirst(e)}
	case st.Grant != nil:
		x.Fixes = []diag.Fix{{Risk: diag.Person, Title: text.New("trust {root}, this folder alone, in {file}", "仅信任 {root} 这一个目录（{file}）").With("root", s.Editors.Root, "file", st.Path),
			Actions: action.List{&action.State{Path: st.Path, Key: "content.trust.model.key", Value: st.Grant.Value, Why: "trust " + s.Editors.Root}}}}
	}
	x.Fixes = append(x.Fixes, diag.Fix{Risk: diag.Manual, Title: text.New("or trust the folder in the editor: command \"Workspaces: Manage Workspace Trust\"", "或在编辑器中信任该目录：命令 \"Workspaces: Manage Workspace Trust\"").With()})
	return []diag.Finding{x}
}

var untrusted = valueCheck(diag.Check{
	ID:    "vscode-workspace-not-trusted",
	Title: text.New("the editor does not trust this folder", "编辑器不信任此目录"),
	Doc: text.New(trustEn+`Here the folder itself is marked as not trusted.

**Proof.** The entry that decides. **What looks the same.** Trust that a parent folder denies (vscode-parent-folder-not-trusted); a disabled extension; gopls switched off. Whether to trust is a person's
decision: **the fix** must be named, needs the editor closed, adds this one folder and can be undone. gorescue never trusts a parent folder and never switches trust off.`,
		trustZh+`这里该目录本身被标记为不信任。

**证据。** 起决定作用的条目。**容易混淆的情况。** 上级目录拒绝信任（vscode-parent-folder-not-trusted）；扩展被禁用；gopls 被关闭。是否信任由人决定：**修复**必须点名，需要编辑器已关闭，只加入这一个目录，可以撤销。
gorescue 从不信任上级目录，也从不关闭信任机制。`),
}, func(s *facts.Snapshot, e *facts.Editor) []diag.Finding { return trust(s, e, true) })

var parentUntrusted = valueCheck(diag.Check{
	ID:    "vscode-parent-folder-not-trusted",
	Title: text.New("a parent folder is not trusted, and this folder has no entry of its own", "上级目录不受信任，而此目录没有自己的条目"),
	Doc: text.New(trustEn+`Here the folder has no entry of its own, mostly because it was moved or cloned again, and a folder above it is marked as not trusted (a download folder, say).

**Proof.** The entry that decides, and that none with a longer path is there; the old place, when it is still listed. **What looks the same.** A folder that is itself not trusted
(vscode-workspace-not-trusted). **The fix** must be named, needs the editor closed, and adds an entry for this folder alone; the parent stays as it is.`,
		trustZh+`这里该目录没有自己的条目（多因被移动或重新克隆），而其上级目录（例如下载目录）被标记为不信任。

**证据。** 起决定作用的条目，并且没有路径更长的条目；若旧位置仍在列表中也会显示。**容易混淆的情况。** 目录本身不受信任（vscode-workspace-not-trusted）。**修复**必须点名，需要编辑器已关闭，只为此目录加入一个条目；上级目录保持不变。`),
}, func(s *facts.Snapshot, e *facts.Editor) []diag.Finding { return trust(s, e, false) })

var extensionDisabled = valueCheck(diag.Check{
	ID:    "vscode-go-extension-disabled",
	Title: text.New("the Go extension is disabled in the editor", "编辑器中的 Go 扩展被禁用"),
	Doc: text.New(`Editors of the VS Code family remember disabled extensions in their state database. With the Go extension (golang.go) disabled there is no completion, no diagnostics and no gopls, and no message says
why; an update or another user profile is easily suspected.

**Proof.** The list extensionsIdentifiers/disabled names golang.go: that of the editor, or that of this workspace, which beats it, as does a list of enabled ones. **What looks the same.** Restricted Mode (vscode-workspace-not-trusted), an extension that is not whole
(vscode-go-extension-incomplete). Somebody disabled it, so enabling is a person's decision: in the editor's list of extensions, "Enable". gorescue changes nothing.`,
		`VS Code 系列编辑器在状态数据库中记住被禁用的扩展。Go 扩展（golang.go）被禁用时，没有补全、没有诊断、没有 gopls，也没有任何提示说明原因；人们往往怀疑是更新或其他用户配置所致。

**证据。** 列表 extensionsIdentifiers/disabled 中有 golang.go：编辑器的列表，或优先于它的此工作区的列表（启用列表同样优先）。**容易混淆的情况。** 受限模式（vscode-workspace-not-trusted）、扩展不完整（vscode-go-extension-incomplete）。既然有人禁用了它，启用就由人决定：在编辑器的
扩展列表中选择“启用”。gorescue 不作修改。`),
}, func(s *facts.Snapshot, e *facts.Editor) []diag.Finding {
	if e.State == nil || !e.State.Disabled || len(e.Plugins) == 0 && !speaks(e) {
		return nil
	}
	if e.State.Here != "" {
		return disabledHere(s, e)
	}
	return []diag.Finding{{Subject: e.Name,
		Claim: text.New("the Go extension is disabled in {editor}", "{editor} 中的 Go 扩展被禁用").With("editor", e.Name),
		Evidence: []diag.Evidence{{Role: diag.Because, File: e.State.Path, Text: text.New("extensionsIdentifiers/disabled names golang.go", "extensionsIdentifiers/disabled 中有 golang.go").With()},
			{Role: diag.Proof, File: e.State.Path, Text: text.New("read from the editor's state database", "读自编辑器的状态数据库").With(), Command: "sqlite3 -readonly " + quoted(e.State.Path) + " \"SELECT value FROM ItemTable WHERE key='extensionsIdentifiers/disabled'\""},
			{Role: diag.Not, Text: text.New("a folder without trust: the extension is off everywhere", "目录未受信任：该扩展处处关闭").With()}},
		ByHand: "sqlite3 -readonly " + quoted(e.State.Path) + " \"SELECT value FROM ItemTable WHERE key='extensionsIdentifiers/disabled'\"",
		Fixes:  []diag.Fix{{Risk: diag.Manual, Title: text.New("enable the extension Go in {editor}", "在 {editor} 中启用扩展 Go").With("editor", e.Name)}}}}
})

// disabledHere is the finding of an extension that is disabled for one workspace.
func disabledHere(s *facts.Snapshot, e *facts.Editor) []diag.Finding {
	cmd := "sqlite3 -readonly " + quoted(e.State.Here) + " \"SELECT value FROM ItemTable WHERE key='extensionsIdentifiers/disabled'\""
	return []diag.Finding{{Subject: e.Name,
		Claim: text.New("the Go extension is disabled in {editor} for {root}", "{editor} 中的 Go 扩展在 {root} 被禁用").With("editor", e.Name, "root", s.Editors.Root),
		Evidence: []diag.Evidence{{Role: diag.Because, File: e.State.Here, Text: text.New("extensionsIdentifiers/disabled of this workspace names golang.go", "此工作区的 extensionsIdentifiers/disabled 中有 golang.go").With()},
			{Role: diag.Proof, File: e.State.Here, Text: text.New("read from the state database of the workspace", "读自该工作区的状态数据库").With(), Command: cmd},
			{Role: diag.Not, Text: text.New("disabled everywhere: other workspaces have it", "处处禁用：其他工作区有它").With()}},
		ByHand: cmd,
		Fixes:  []diag.Fix{{Risk: diag.Manual, Title: text.New("enable the extension Go for this workspace in {editor}: \"Enable (Workspace)\"", "在 {editor} 中为此工作区启用扩展 Go：“启用（工作区）”").With("editor", e.Name)}}}}
}

// speaks reports whether the settings of an editor say something about Go.
func speaks(e *facts.Editor) bool {
	for _, f := range e.Files {
		if f.Go {
			return true
		}
	}
	return false
}

var extensionBroken = valueCheck(diag.Check{
	ID:    "vscode-go-extension-incomplete",
	Title: text.New("the Go extension is not whole", "Go 扩展不完整"),
	Doc: text.New(`extensions.json in the editor's folder of extensions lists what is installed. An interrupted update leaves the Go extension listed although its folder, its package.json or its main file is missing,
or marked in .obsolete for removal with no other version beside it; then it does not start, and reinstalling "from the list" seems impossible since it counts as installed. An extensions.json that is no JSON
hides every extension, and the editor's own commands fail on it.

**Proof.** The entry, and what is missing on disk. **What looks the same.** An extension that is disabled, or a folder without trust. **The fix** of one extension is the editor's own command: install
with --force. A damaged list is put aside: the editor makes it anew from the folders beside it (seen with code-server 1.100).`,
		`编辑器扩展目录中的 extensions.json 列出已安装的扩展。更新被打断会留下这样的状态：Go 扩展仍在列表中，但其目录、package.json 或主文件缺失，或在 .obsolete 中被标记为待删除而旁边没有其他版本；于是它不启动，
而“从列表重新安装”似乎不可能，因为它算作已安装。extensions.json 若不是 JSON，则会隐藏所有扩展，编辑器自己的命令也会失败。

**证据。** 该条目，以及磁盘上缺少的内容。**容易混淆的情况。** 扩展被禁用，或目录未受信任。**修复**单个扩展用编辑器自己的命令：以 --force 安装。损坏的列表则移到一旁：编辑器会根据旁边的
目录重新生成（在 code-server 1.100 上观察到）。`),
}, func(_ *facts.Snapshot, e *facts.Editor) []diag.Finding {
	if e.Kind != facts.EditorVSCode || len(e.Plugins) == 0 {
		return nil
	}
	for _, p := range e.Plugins {
		if p.State == "ok" {
			return nil // one version that works is enough
		}
	}
	p := e.Plugins[0]
	if p.State == "unreadable" {
		return listDamaged(e, p)
	}
	cmd := editor.Command(e) + " --install-extension golang.go --force"
	return []diag.Finding{{Subject: e.Name,
		Claim: text.New("the Go extension {version} of {editor} is not whole: {state}", "{editor} 的 Go 扩展 {version} 不完整：{state}").With("version", p.Version, "editor", e.Name, "state", p.State),
		Evidence: []diag.Evidence{{Role: diag.Because, Text: text.New("extensions.json lists it at {dir}", "extensions.json 将其列在 {dir}").With("dir", p.Dir)},
			{Role: diag.Proof, File: p.Dir, Text: text.New("{dir}: {state}", "{dir}：{state}").With("dir", p.Dir, "state", p.State), Command: "ls " + quoted(p.Dir)},
			{Role: diag.Not, Text: text.New("another version beside it: none is whole", "旁边的其他版本：没有一个完整").With()}},
		ByHand: "ls " + quoted(p.Dir),
		Fixes:  []diag.Fix{{Risk: diag.Manual, Title: text.New("install it anew: {cmd}", "重新安装：{cmd}").With("cmd", cmd), Shell: cmd}}}}
})

// listDamaged is the finding of an extensions.json that is no JSON. The editor's own commands fail with it; without the file the
// editor looks through the folder and writes a new one (vscode, src/vs/platform/extensionManagement/common/extensionsScannerService.ts).
func listDamaged(e *facts.Editor, p facts.EditorPlugin) []diag.Finding {
	x := diag.Finding{Subject: e.Name,
		Claim: text.New("the list of {editor}'s extensions is damaged, so it loads none", "{editor} 的扩展列表已损坏，因此一个扩展也不加载").With("editor", e.Name),
		Evidence: []diag.Evidence{{Role: diag.Because, File: p.Dir, Text: text.New("{file} is no JSON", "{file} 不是 JSON").With("file", p.Dir)},
			{Role: diag.Proof, File: p.Dir, Text: text.New("read as JSON, it ends in an error", "按 JSON 读取时出错").With(), Command: "python3 -m json.tool " + quoted(p.Dir)},
			{Role: diag.Not, Text: text.New("extensions that are gone: their folders are beside it", "扩展不存在：其目录就在旁边").With()}},
		ByHand: "python3 -m json.tool " + quoted(p.Dir)}
	if len(e.Running) > 0 {
		x.Fixes = []diag.Fix{closeFirst(e)}
		return []diag.Finding{x}
	}
	x.Fixes = []diag.Fix{{Risk: diag.Safe, Title: text.New("put {file} aside: the editor makes it anew from the folders beside it", "把 {file} 移到一旁：编辑器会根据旁边的目录重新生成").With("file", p.Dir),
		Actions: action.List{&action.Move{From: p.Dir, To: p.Dir + ".damaged"}}}}
	return []diag.Finding{x}
}

var sdkGone = valueCheck(diag.Check{
	ID:    "jetbrains-sdk-removed",
	Title: text.New("the project's Go SDK in the JetBrains editor is not there", "JetBrains 编辑器的项目 Go SDK 不存在"),
	Doc: text.New(`GoLand and IntelliJ IDEA keep the Go tree of a project in .idea/workspace.xml (component GOROOT). When that tree was removed by an upgrade, the editor marks the whole standard library red and cannot
build or test, while the terminal works.

**Proof.** The line in workspace.xml and what is at the path. A tree that exists is the user's choice, also an older one. **What looks the same.** GOROOT in the environment
(goroot-env-removed-tree). **By hand**: Settings → Go → GOROOT. gorescue does not write to .idea: the editor holds the file in memory and writes it back.`,
		`GoLand 和 IntelliJ IDEA 把项目的 Go 目录树记录在 .idea/workspace.xml（组件 GOROOT）中。该目录树被升级删除后，编辑器会把整个标准库标红，也无法构建或测试，而终端正常。

**证据。** workspace.xml 中的那一行以及路径处的情况。存在的目录树是用户的选择，即使较旧也不报告。**容易混淆的情况。** 环境中的 GOROOT（goroot-env-removed-tree）。**手工处理**：设置 → Go → GOROOT。gorescue 不写
.idea：编辑器在内存中持有该文件并会写回。`),
}, func(_ *facts.Snapshot, e *facts.Editor) []diag.Finding {
	if e.SDK == nil || e.SDK.State == facts.TreeFound || e.SDK.State == facts.TreeUnreadable || e.SDK.Root == "" {
		return nil
	}
	return []diag.Finding{{Subject: e.SDK.File,
		Claim: text.New("{file} names the Go SDK {root}, which is not there", "{file} 指定的 Go SDK {root} 不存在").With("file", e.SDK.File, "root", e.SDK.Root),
		Evidence: []diag.Evidence{{Role: diag.Because, File: e.SDK.File, Line: e.SDK.Line, Text: text.New("{file}:{line} names it", "{file}:{line} 指定了它").With("file", e.SDK.File, "line", e.SDK.Line)},
			{Role: diag.Proof, File: e.SDK.Root, Text: text.New("{root}: {state}", "{root}：{state}").With("root", e.SDK.Root, "state", e.SDK.State), Command: "ls -d " + quoted(e.SDK.Root)},
			{Role: diag.Not, Text: text.New("GOROOT of the environment: only this project's settings name it", "环境中的 GOROOT：只有此项目的设置指定它").With()}},
		ByHand: "ls -d " + quoted(e.SDK.Root),
		Fixes:  []diag.Fix{{Risk: diag.Manual, Title: text.New("choose a Go SDK in the editor: Settings → Go → GOROOT", "在编辑器中选择 Go SDK：设置 → Go → GOROOT").With()}}}}
})

var pluginOff = valueCheck(diag.Check{
	ID: "jetbrains-go-plugin-disabled", Severity: diag.Warning,
	Title: text.New("the Go plugin of the JetBrains editor is disabled", "JetBrains 编辑器的 Go 插件被禁用"),
	Doc: text.New(`disabled_plugins.txt in the settings folder of a JetBrains editor lists plugins that are not loaded, one id a line. With org.jetbrains.plugins.go in it the editor treats Go files as plain text. In GoLand that is
never wanted; it happens when a start failed and the editor offered to disable plugins, or when settings were copied from another machine.

**Proof.** The line in that file, in the settings of GoLand. In IntelliJ IDEA a disabled Go plugin may be a choice and is not reported. **The fix** is a person's: Settings → Plugins, or delete the line with the
editor closed.`,
		`JetBrains 编辑器设置目录中的 disabled_plugins.txt 逐行列出不加载的插件 id。其中若有 org.jetbrains.plugins.go，编辑器会把 Go 文件当作普通文本。在 GoLand 中这绝非本意；它发生在启动失败后编辑器提议禁用
插件时，或从其他机器复制设置时。

**证据。** GoLand 设置中该文件的那一行。在 IntelliJ IDEA 中禁用 Go 插件可能是一种选择，不报告。**修复**由人进行：设置 → 插件，或在编辑器关闭时删除该行。`),
}, func(_ *facts.Snapshot, e *facts.Editor) []diag.Finding {
	if e.Kind != facts.EditorJetBrains || len(e.Name) < 6 || e.Name[:6] != "GoLand" || len(e.Plugins) == 0 {
		return nil
	}
	p := e.Plugins[0]
	return []diag.Finding{{Subject: e.Name,
		Claim: text.New("{editor} does not load its Go plugin", "{editor} 不加载其 Go 插件").With("editor", e.Name),
		Evidence: []diag.Evidence{{Role: diag.Because, File: p.Dir, Text: text.New("{file} lists {id}", "{file} 中有 {id}").With("file", p.Dir, "id", p.ID)},
			{Role: diag.Proof, File: p.Dir, Text: text.New("without it Go files are plain text", "没有它，Go 文件就是普通文本").With(), Command: "grep -n plugins.go " + quoted(p.Dir)},
			{Role: diag.Not, Text: text.New("IntelliJ IDEA, where that may be a choice: this is GoLand", "IntelliJ IDEA（那里可能是一种选择）：这是 GoLand").With()}},
		ByHand: "grep -n plugins.go " + quoted(p.Dir),
		Fixes:  []diag.Fix{{Risk: diag.Manual, Title: text.New("enable the Go plugin in Settings → Plugins", "在 设置 → 插件 中启用 Go 插件").With()}}}}
})
