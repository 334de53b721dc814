package gopls

import (
	"slices"
	"strings"

	"github.com/gorescue/gorescue/internal/action"
	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/editor"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/text"
)

var wrapperFails = programCheck(diag.Check{
	ID:    "gopls-wrapper-starts-nothing",
	Title: text.New("a wrapper around gopls starts none", "gopls 的包装脚本启动不了 gopls"),
	Doc: text.New(`A script that stands in front of gopls (to set variables or limits) names a gopls that an upgrade removed, names itself, or cannot be started: its first line names an interpreter that is not there, or ends in CR
since a Windows editor saved it. The editor says that the server crashed five times, or "no such file or directory" for a file that is there.

**Proof.** The line of the script, and what is at the path that it names; or the interpreter of its first line. A script that chooses between several gopls, sets PATH, or reads other files first is not judged. **What looks the same.** A
damaged gopls behind the script (gopls-binary-truncated); a script that prints (gopls-wrapper-prints). **The fix** writes another gopls of this machine that can serve the project into that word of the script; or lets the editors start that one. Line
ends are written as LF.`,
		`位于 gopls 之前的脚本（用于设置变量或限制）所指的 gopls 已被升级删除、脚本启动的是自己，或脚本无法启动：首行所指的解释器不存在，或因 Windows 编辑器保存而以 CR 结尾。编辑器报告服务器崩溃了五次，或对存在的文件报告
"no such file or directory"。

**证据。** 脚本的那一行及其所指路径处的情况；或首行的解释器。在多个 gopls 之间选择、设置 PATH 或先读取其他文件的脚本不作判断。**容易混淆的情况。** 脚本之后的 gopls 已损坏（gopls-binary-truncated）；会打印内容的脚本
（gopls-wrapper-prints）。**修复**把本机另一个能用于本项目的 gopls 写入脚本的那个词；或让编辑器直接启动它。行尾写成 LF。`),
}, func(s *facts.Snapshot, p *facts.GoplsProgram, by []string) *diag.Finding {
	w := p.Wrapper
	if p.Kind == facts.GoScriptFile && (p.Lacks != "" || w != nil && w.Unix != nil) {
		return noInterpreter(s, p, by)
	}
	if w == nil || w.Fails == "" || w.Word == nil {
		return nil
	}
	x := &diag.Finding{
		Claim: text.New("{path}:{line} starts {target}, which is not there", "{path}:{line} 启动 {target}，但它不存在").With("path", p.Path, "line", w.Line, "target", w.Target),
		Evidence: []diag.Evidence{chosen(s, p, by),
			{Role: diag.Because, File: p.Path, Line: w.Line, Text: text.New("{path}:{line}: {text}", "{path}:{line}：{text}").With("path", p.Path, "line", w.Line, "text", w.Text)},
			{Role: diag.Proof, File: w.Target, Text: text.New("no file is at {target}", "{target} 处没有文件").With("target", w.Target), Command: "ls -l " + quoted(w.Target)},
			{Role: diag.Not, Text: text.New("a choice between several: the script starts this one alone", "在多个之间选择：脚本只启动这一个").With()}},
		ByHand: "ls -l " + quoted(w.Target)}
	if w.Fails == "itself" {
		x.Claim = text.New("{path}:{line} starts itself again and again", "{path}:{line} 一再启动自己").With("path", p.Path, "line", w.Line)
		x.Evidence[2] = diag.Evidence{Role: diag.Proof, File: p.Path, Text: text.New("the first gopls in PATH is the script itself", "PATH 中的第一个 gopls 就是该脚本").With(), Command: "command -v gopls"}
		x.ByHand = "command -v gopls"
	}
	if b := instead(s, p); b != nil {
		at := *w.Word
		at.New = strings.ReplaceAll(at.New, editor.Place, quoted(b.Path))
		x.Fixes = []diag.Fix{{Risk: diag.Safe, Title: text.New("let {path} start {to} ({release})", "让 {path} 启动 {to}（{release}）").With("path", p.Path, "to", b.Path, "release", b.Release),
			Actions: action.List{&action.Edit{Path: realPath(p), Splices: []facts.Splice{at}}}}}
	}
	x.Fixes = append(x.Fixes, replaceFixes(s, p, by)...)
	return x
})

// instead is the gopls that a wrapper should start: another version in the store of the one that it names, else the best one of the machine.
func instead(s *facts.Snapshot, p *facts.GoplsProgram) *facts.GoplsProgram {
	near := editor.Near(p.Wrapper.Target)
	var top *facts.GoplsProgram
	for i := range s.Gopls.Programs {
		if q := &s.Gopls.Programs[i]; slices.Contains(near, q.Path) && serves(s, q) && (top == nil || q.Release > top.Release) {
			top = q
		}
	}
	if top == nil {
		top = better(s, p)
	}
	return top
}

// noInterpreter is the finding of a script whose first line names nothing that can be started.
func noInterpreter(s *facts.Snapshot, p *facts.GoplsProgram, by []string) *diag.Finding {
	x := &diag.Finding{
		Claim: text.New("{path} names the interpreter {interp}, which is not there", "{path} 指定的解释器 {interp} 不存在").With("path", p.Path, "interp", strings.TrimRight(p.Lacks, "\r")),
		Evidence: []diag.Evidence{chosen(s, p, by),
			{Role: diag.Proof, File: p.Path, Line: 1, Text: text.New("its first line names {interp}", "其首行指定 {interp}").With("interp", p.Lacks), Command: "head -1 " + quoted(p.Path) + " | od -c"},
			{Role: diag.Not, Text: text.New("a missing file: the script itself is there", "文件缺失：脚本本身存在").With()}},
		ByHand: "head -1 " + quoted(p.Path) + " | od -c"}
	if p.Wrapper != nil && p.Wrapper.Unix != nil {
		x.Claim = text.New("the lines of {path} end in CR LF, so that its interpreter is not found", "{path} 的各行以 CR LF 结尾，因此找不到其解释器").With("path", p.Path)
		x.Evidence[1].Text = text.New("its first line ends in CR, which the system takes for a part of the interpreter's name or of its argument", "其首行以 CR 结尾，系统把它当成解释器名称或其参数的一部分").With()
		x.Fixes = []diag.Fix{{Risk: diag.Safe, Title: text.New("write the line ends of {path} as LF", "把 {path} 的行尾写成 LF").With("path", p.Path), Actions: action.List{&action.Edit{Path: realPath(p), Splices: p.Wrapper.Unix}}}}
	}
	x.Fixes = append(x.Fixes, replaceFixes(s, p, by)...)
	return x
}
