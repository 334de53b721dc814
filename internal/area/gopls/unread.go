package gopls

import (
	"time"

	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/text"
)

var notRead = diag.Check{
	ID: "vscode-settings-not-reread", Severity: diag.Warning, Reads: []facts.Section{facts.SecEditors, facts.SecGopls},
	After: []string{"inotify-watches-exhausted", "settings-json-syntax", "settings-json-missing-comma", "settings-json-cut-off"},
	Title: text.New("the editor has not read a change of its settings", "编辑器没有重新读取已更改的设置"),
	Doc: text.New(`Editors of the VS Code family should read a settings file again when it changes. code-server does so for the settings of the machine and of the workspace, but not for those of the user (seen with 1.100 and 1.139): a change that
another program makes there is not in force until the window is loaded again. Restarting gopls, the extension host, or writing the file once more does not help.

**Proof.** gopls was started by the editor's extension host before the file changed, and runs with another value than the file has: seen in its environment, arguments or program in /proc. **What looks the same.** A file that is
half applied because of a syntax error (settings-json-syntax and its kin), a stronger layer that has the key too (gorescue editor explain), a folder without trust (then no gopls runs), and watches that are used up
(inotify-watches-exhausted). **The fix** is to load the window again: command "Developer: Reload Window". gorescue does not write settings into another layer: they would win for ever.`,
		`VS Code 系列编辑器应在设置文件更改后重新读取。code-server 对机器设置和工作区设置如此，但对用户设置并非如此（在 1.100 和 1.139 上观察到）：其他程序在其中所作的更改，要到重新加载窗口后才生效。重启 gopls、重启扩展主机或再写一次该文件都没有用。

**证据。** gopls 由编辑器的扩展主机在文件更改之前启动，并以与文件不同的值运行：见 /proc 中它的环境、参数或程序。**容易混淆的情况。** 因语法错误而只应用了一半的文件（settings-json-syntax 等）、更强的层也有该键（gorescue editor explain）、未受信任的目录（此时没有 gopls
运行）、监视数用尽（inotify-watches-exhausted）。**修复**是重新加载窗口：命令 "Developer: Reload Window"。gorescue 不会把设置写入另一层：那样它们会一直胜出。`),
	Run: func(s *facts.Snapshot) []diag.Finding {
		var out []diag.Finding
		for i := range s.Gopls.Running {
			g := &s.Gopls.Running[i]
			for _, u := range g.Unread {
				e := &s.Editors.List[u.Editor]
				v := &e.Values[u.Value]
				f := &e.Files[v.File]
				key := v.Key
				if v.Sub != "" {
					key += " / " + v.Sub
				}
				x := diag.Finding{Subject: e.Name + " " + key,
					Claim: text.New("{editor} has not read that {key} is {value} now: its gopls (process {pid}) runs with {has}", "{editor} 没有读到 {key} 现在是 {value}：其 gopls（进程 {pid}）以 {has} 运行").
						With("editor", e.Name, "key", key, "value", v.JSON, "pid", g.PID, "has", known(u.Has)),
					Evidence: []diag.Evidence{
						{Role: diag.Because, File: f.Path, Line: v.Line, Text: text.New("{file}:{line} was changed {after} after this gopls started", "{file}:{line} 在此 gopls 启动 {after} 后被更改").With("file", f.Path, "line", v.Line, "after", u.After.Round(time.Second))},
						{Role: diag.Proof, Text: text.New("process {pid}, started by the extension host: {has}", "由扩展主机启动的进程 {pid}：{has}").With("pid", g.PID, "has", known(u.Has)), Command: "tr '\\0' '\\n' < /proc/" + line(g.PID) + "/environ; tr '\\0' ' ' < /proc/" + line(g.PID) + "/cmdline"},
						{Role: diag.Not, Text: text.New("a syntax error: the file is read whole", "语法错误：该文件可完整读取").With()},
						{Role: diag.Not, Text: text.New("a stronger layer: none has this key", "更强的层：没有一层有此键").With()},
						{Role: diag.Not, Text: text.New("a folder without trust: the extension runs here", "未受信任的目录：扩展正在此运行").With()}},
					ByHand: "tr '\\0' '\\n' < /proc/" + line(g.PID) + "/environ",
					Fixes:  []diag.Fix{{Risk: diag.Manual, Title: text.New("load the window again: command \"Developer: Reload Window\" (a restart of gopls or of the extension host is not enough)", "重新加载窗口：命令 \"Developer: Reload Window\"（重启 gopls 或扩展主机不够）").With()}}}
				if w := s.Gopls.Watches; w != nil && w.MaxWatches > 0 {
					x.Evidence = append(x.Evidence, diag.Evidence{Role: diag.Not, File: w.Limit, Text: text.New("watches that are used up: {n} of {max} are in use", "监视数用尽：{max} 个中使用了 {n} 个").With("n", w.Watches, "max", w.MaxWatches)})
				}
				out = append(out, x)
			}
		}
		return out
	},
}

// known is a value that a process has; "-" when it has none.
func known(has string) string {
	if has == "" {
		return "-"
	}
	return has
}
