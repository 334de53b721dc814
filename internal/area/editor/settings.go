package editor

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gorescue/gorescue/internal/action"
	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/editor"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/goplsinfo"
	"github.com/gorescue/gorescue/internal/jsonc"
	"github.com/gorescue/gorescue/internal/text"
)

var serverOff = valueCheck(diag.Check{
	ID:    "language-server-off-in-workspace",
	Title: text.New("the workspace's settings switch gopls off", "工作区设置关闭了 gopls"),
	Doc: text.New(`"go.useLanguageServer": false in .vscode/settings.json beats the user's own settings: gopls is not started for this folder, there is no completion, no diagnostics, and no message.

**Proof.** The line in the workspace's file, and that the user's own settings do not switch it off. **What looks the same.** gopls that crashes or is not found (there is a message
then); a folder without trust. A user who switches gopls off in the own settings means it: nothing is reported. **The fix** removes that one key from the workspace's file. In a
repository others may share the file: then a person must name the fix, and the change shows in git diff.`,
		`.vscode/settings.json 中的 "go.useLanguageServer": false 优先于用户自己的设置：此目录不启动 gopls，没有补全、没有诊断，也没有任何提示。

**证据。** 工作区文件中的那一行，并且用户自己的设置没有关闭它。**容易混淆的情况。** gopls 崩溃或找不到（那样会有提示）；未受信任的目录。用户在自己的设置中关闭 gopls 是有意为之，不报告。
**修复**只从工作区文件中删除这个键。在仓库中该文件可能由他人共享：此时须由人点名修复，改动会出现在 git diff 中。`),
}, func(_ *facts.Snapshot, e *facts.Editor) []diag.Finding {
	v := editor.Get(e, "go.useLanguageServer", "")
	if v == nil || strings.TrimSpace(v.JSON) != "false" || e.Files[v.File].Layer != "workspace" {
		return nil
	}
	agreed := text.New("the user's own settings do not set it, and it is on by default", "用户自己的设置没有设置它，而默认是开启的").With()
	for i := range e.Values {
		if o := &e.Values[i]; o.Key == v.Key && o.File < v.File {
			if strings.TrimSpace(o.JSON) == "false" {
				return nil
			}
			agreed = text.New("{file}:{line} has it on", "{file}:{line} 将其开启").With("file", e.Files[o.File].Path, "line", o.Line)
		}
	}
	x := diag.Finding{Subject: subject(e, v),
		Claim: text.New("{file} switches gopls off for this folder", "{file} 为此目录关闭了 gopls").With("file", e.Files[v.File].Path),
		Evidence: []diag.Evidence{said(e, v), {Role: diag.Proof, Text: agreed},
			{Role: diag.Not, Text: text.New("a gopls that fails: none is started", "gopls 失败：根本没有启动").With()}},
		ByHand: "grep -n useLanguageServer " + quoted(e.Files[v.File].Path)}
	if fix, ok := cut(e, v); ok {
		if e.Files[v.File].Tracked {
			fix.Risk = diag.Person
		}
		x.Fixes = []diag.Fix{fix}
	}
	return []diag.Finding{x}
})

// noKeys are settings that people write, because articles name them, and that no release of the Go extension
// reads; with what does what they are meant to do (vscode-go, extension/package.json).
func noKeys() map[string]string {
	return map[string]string{"go.gopls": "gopls", "go.goplsArgs": "go.languageServerFlags", "go.goplsFlags": "go.languageServerFlags", "go.goplsOptions": "gopls", "go.goplsPath": "go.alternateTools", "go.gopls.settings": "gopls"}
}

var unknownKey = valueCheck(diag.Check{
	ID: "vscode-go-setting-unknown", Severity: diag.Warning,
	Title: text.New("a setting that the Go extension does not read", "Go 扩展不读取的设置"),
	Doc: text.New(`Articles and old answers name settings such as "go.gopls" or "go.goplsArgs". The Go extension has never had them: what is written there has no effect, without a message. The
settings of gopls belong into the object "gopls", its flags into "go.languageServerFlags", its path into "go.alternateTools".

**Proof.** The key is none of the extension's (closed list of names that are known to be mistaken; other unknown go.* keys may belong to other extensions and are not judged).
**The fix** gives the value the right key, when that key is free and the value has its form; else a person moves it.`,
		`一些文章和旧答案提到 "go.gopls" 或 "go.goplsArgs" 这样的设置。Go 扩展从来没有这些设置：写在那里没有任何作用，也没有提示。gopls 的设置应放在对象 "gopls" 中，命令行参数放在
"go.languageServerFlags" 中，路径放在 "go.alternateTools" 中。

**证据。** 该键不是扩展的键（只判断已知误用的名称；其他未知的 go.* 键可能属于其他扩展，不作判断）。**修复**：若正确的键未被占用且值的形式相符，则换成正确的键；否则由人移动。`),
}, func(_ *facts.Snapshot, e *facts.Editor) []diag.Finding {
	var out []diag.Finding
	for i := range e.Values {
		v := &e.Values[i]
		right, ok := noKeys()[v.Key]
		if e.Kind != facts.EditorVSCode || !ok || v.Sub != "" {
			continue
		}
		x := diag.Finding{Subject: subject(e, v),
			Claim: text.New("{file}:{line}: no setting is named {key}; it is {right}", "{file}:{line}：没有名为 {key} 的设置；应为 {right}").With("file", e.Files[v.File].Path, "line", v.Line, "key", v.Key, "right", right),
			Evidence: []diag.Evidence{said(e, v),
				{Role: diag.Proof, Text: text.New("the Go extension reads {right} for this", "Go 扩展为此读取 {right}").With("right", right)},
				{Role: diag.Not, Text: text.New("a setting of another extension: the name is one of a closed list", "其他扩展的设置：该名称属于一个封闭列表").With()}},
			ByHand: "grep -n '\"" + v.Key + "\"' " + quoted(e.Files[v.File].Path)}
		free := !slices.ContainsFunc(e.Values, func(o facts.EditorValue) bool { return o.Key == right && o.File == v.File })
		kind := jsonc.Parse([]byte(v.JSON)).Root
		fits := kind != nil && (right == "gopls" && kind.Kind == jsonc.Object || right == "go.languageServerFlags" && kind.Kind == jsonc.Array)
		if free && fits {
			at := v.KeyAt
			at.New = jsonc.Quote(right)
			x.Fixes = []diag.Fix{{Risk: diag.Safe, Title: text.New("name it {right} in {file}", "在 {file} 中改名为 {right}").With("right", right, "file", e.Files[v.File].Path),
				Actions: action.List{&action.Edit{Path: e.Files[v.File].Path, Splices: []facts.Splice{at}}}}}
		} else {
			x.Fixes = []diag.Fix{byEditor(&e.Files[v.File])}
		}
		out = append(out, x)
	}
	return out
})

var nested = valueCheck(diag.Check{
	ID:    "gopls-settings-nested-in-gopls",
	Title: text.New("the gopls settings are wrapped once too often", "gopls 设置多包了一层"),
	Doc: text.New(`Neovim and Emacs want {"gopls": {…}} around the settings; in VS Code the object "gopls" holds them itself. A snippet pasted into it has the wrapping twice: gopls says
'Invalid settings: setting option "gopls": unexpected setting' and none of the inner settings has effect.

**Proof.** An object "gopls" directly in "gopls". **What looks the same.** A misspelt setting (gopls-setting-unknown). **The fix** lifts the inner entries one level up, unless one of them is there
already with another value.`,
		`Neovim 和 Emacs 要求在设置外包一层 {"gopls": {…}}；在 VS Code 中对象 "gopls" 本身就直接存放设置。把片段粘贴进去就包了两层：gopls 报告
'Invalid settings: setting option "gopls": unexpected setting'，内层设置全部无效。

**证据。** "gopls" 之内直接又有对象 "gopls"。**容易混淆的情况。** 拼写错误的设置（gopls-setting-unknown）。**修复**把内层条目提升一级，除非外层已有同名条目。`),
}, func(_ *facts.Snapshot, e *facts.Editor) []diag.Finding {
	var out []diag.Finding
	for i := range e.Values {
		v := &e.Values[i]
		if v.Key != "gopls" || v.Sub != "gopls" || jsonc.Parse([]byte(v.JSON)).Root.Members == nil && v.Nested == nil {
			continue
		}
		f := &e.Files[v.File]
		x := diag.Finding{Subject: subject(e, v),
			Claim: text.New("{file}:{line}: \"gopls\" stands inside of \"gopls\", so its settings have no effect", "{file}:{line}：\"gopls\" 位于 \"gopls\" 之内，其中设置无效").With("file", f.Path, "line", v.Line),
			Evidence: []diag.Evidence{said(e, v),
				{Role: diag.Proof, Text: text.New("gopls has no setting named gopls; it answers: setting option \"gopls\": unexpected setting", "gopls 没有名为 gopls 的设置；它会回答：setting option \"gopls\": unexpected setting").With()},
				{Role: diag.Not, Text: text.New("a misspelt name: the value is an object of settings", "拼写错误：该值是一个设置对象").With()}},
			ByHand: fmt.Sprintf("sed -n '%d,%dp' %s", v.Line, v.Line+3, quoted(f.Path)), Fixes: []diag.Fix{byEditor(f)}}
		if v.Nested != nil {
			x.Fixes = []diag.Fix{{Risk: diag.Safe, Title: text.New("lift the inner settings one level up in {file}", "在 {file} 中把内层设置提升一级").With("file", f.Path),
				Actions: action.List{&action.Edit{Path: f.Path, Splices: v.Nested}}}}
		}
		out = append(out, x)
	}
	return out
})

var withGopls = []facts.Section{facts.SecEditors, facts.SecGopls}

// release is the version of the gopls that an editor starts, "" = unknown.
func release(s *facts.Snapshot, e *facts.Editor) string {
	if p := programAt(s, e.Start.Path); p != nil {
		return p.Release
	}
	return ""
}

var wrongType = valueCheck(diag.Check{
	ID: "gopls-settings-wrong-type", Reads: withGopls,
	Title: text.New("a gopls setting has a value of the wrong type", "gopls 设置的值类型错误"),
	Doc: text.New(`gopls takes each setting in one JSON type and passes over a value of another one: 'Invalid settings: setting option "buildFlags": invalid type string (want JSON array of
string)'. Everything else works, so that only the effect of that setting is missing: files with a build tag stay dark, a switch stays off.

**Proof.** The value, its type, and the type that this gopls wants; a name of a list that does not exist ("Never" for diagnosticsTrigger), a duration that does not parse. **What looks the
same.** An unknown or removed setting (gopls-setting-unknown, gopls-setting-removed). **The fix** writes the same value in the right type when nothing has to be guessed.`,
		`gopls 对每项设置只接受一种 JSON 类型，其他类型的值会被忽略：'Invalid settings: setting option "buildFlags": invalid type string (want JSON array of string)'。其余一切正常，只是
该设置不起作用：带构建标签的文件没有分析，开关保持关闭。

**证据。** 该值、其类型，以及此 gopls 所要求的类型；不在列表中的名称（如 diagnosticsTrigger 的 "Never"）、无法解析的时长。**容易混淆的情况。** 未知或已移除的设置
（gopls-setting-unknown、gopls-setting-removed）。**修复**：无需猜测时以正确类型写出同样的值。`),
}, func(s *facts.Snapshot, e *facts.Editor) []diag.Finding {
	var out []diag.Finding
	for i := range e.Values {
		v := &e.Values[i]
		if v.Beaten {
			continue
		}
		if v.Key == "gopls" && v.Sub == "" && jsonc.Parse([]byte(v.JSON)).Root != nil {
			if k := jsonc.Parse([]byte(v.JSON)).Root.Kind; k != jsonc.Object && k != jsonc.Null {
				out = append(out, typeFinding(e, v, "JSON object", "", "another type"))
			}
			continue
		}
		if x := extensionType(e, v); x != nil {
			out = append(out, *x)
		}
		set, ok := goplsinfo.Lookup(v.Sub)
		if v.Key != "gopls" || v.Sub == "" || !ok || set.Until > 0 {
			continue
		}
		if got, want, mended, fits := set.Fits(v.JSON); !fits {
			out = append(out, typeFinding(e, v, want, mended, got))
		}
	}
	return out
})

// extensionType judges the settings of the Go extension that decide how gopls is started (vscode-go, extension/package.json). nil = it
// fits, or is none of them.
func extensionType(e *facts.Editor, v *facts.EditorValue) *diag.Finding {
	want := map[string]string{"go.toolsEnvVars": "map", "go.alternateTools": "map", "go.languageServerFlags": "[]string", "go.buildFlags": "[]string", "go.buildTags": "string"}[v.Key]
	if want == "" || v.Sub != "" || strings.TrimSpace(v.JSON) == "null" {
		return nil
	}
	got, wanted, mended, fits := goplsinfo.Setting{Type: want}.Fits(v.JSON)
	if fits {
		return nil
	}
	if list := editor.List(e, v.Key, ""); v.Key == "go.buildTags" && len(list) > 0 && !slices.ContainsFunc(list, func(s string) bool { return strings.ContainsAny(s, ", ") }) {
		mended = jsonc.Quote(strings.Join(list, ","))
	}
	x := typeFinding(e, v, wanted, mended, got)
	x.Claim = text.New("{file}:{line}: {key} has no effect or a wrong one: the Go extension wants {want}, not {got}", "{file}:{line}：{key} 无效或效果错误：Go 扩展需要 {want}，而不是 {got}").With("file", e.Files[v.File].Path, "line", v.Line, "key", name(v), "want", wanted, "got", got)
	x.Evidence[2].Text = text.New("an unknown setting: the Go extension has this one", "未知设置：Go 扩展有此设置").With()
	return &x
}

func typeFinding(e *facts.Editor, v *facts.EditorValue, want, mended, got string) diag.Finding {
	f := &e.Files[v.File]
	x := diag.Finding{Subject: subject(e, v),
		Claim: text.New("{file}:{line}: gopls passes over {key}: it wants {want}, not {got}", "{file}:{line}：gopls 忽略 {key}：它需要 {want}，而不是 {got}").With("file", f.Path, "line", v.Line, "key", name(v), "want", want, "got", got),
		Evidence: []diag.Evidence{said(e, v),
			{Role: diag.Proof, Text: text.New("the value is {got}; wanted is {want}", "该值是 {got}；需要的是 {want}").With("got", got, "want", want)},
			{Role: diag.Not, Text: text.New("an unknown setting: gopls has this one", "未知设置：gopls 有此设置").With()}},
		ByHand: fmt.Sprintf("sed -n '%dp' %s", v.Line, quoted(f.Path)), Fixes: []diag.Fix{byEditor(f)}}
	if mended != "" {
		x.Fixes = []diag.Fix{replace(e, v, mended)}
	}
	return x
}

var removedSetting = valueCheck(diag.Check{
	ID: "gopls-setting-removed", Severity: diag.Warning, Reads: withGopls,
	Title: text.New("a setting that this gopls does not take any more", "此 gopls 已不再接受的设置"),
	Doc: text.New(`Settings of gopls come and go. One that was removed has no effect, and gopls complains at each start: 'Invalid settings: setting option "memoryMode": this setting is deprecated'. People
copy such settings (experimentalWorkspaceModule, memoryMode, allowModfileModifications …) from articles and wonder why nothing changes.

**Proof.** The release of the gopls that the editor starts, and the release from which on the setting is refused. **What looks the same.** A setting that is too new for an old gopls: see
gopls-setting-unknown. **The fix** removes it, or gives it its new name. In a workspace's file others with an older gopls may need it: then a person must name the fix.`,
		`gopls 的设置有增有减。已移除的设置没有作用，而且 gopls 每次启动都会抱怨：'Invalid settings: setting option "memoryMode": this setting is deprecated'。人们从文章中抄来这些设置
（experimentalWorkspaceModule、memoryMode、allowModfileModifications 等），然后奇怪为何毫无变化。

**证据。** 编辑器所启动的 gopls 版本，以及从哪个版本起拒绝该设置。**容易混淆的情况。** 对旧 gopls 来说过新的设置：见 gopls-setting-unknown。**修复**将其删除，或改用新名称。在工作区文件中，使用旧 gopls 的
其他人可能需要它：此时须由人点名修复。`),
}, func(s *facts.Snapshot, e *facts.Editor) []diag.Finding {
	rel := release(s, e)
	var out []diag.Finding
	for i := range e.Values {
		v := &e.Values[i]
		set, ok := goplsinfo.Lookup(v.Sub)
		if v.Key != "gopls" || v.Sub == "" || v.Beaten || !ok || set.Until == 0 || !goplsinfo.Judged(rel) || goplsinfo.Minor(rel) < set.Until {
			continue
		}
		x := settingFinding(e, v, text.New("gopls {release} does not take {key} any more", "gopls {release} 不再接受 {key}").With("release", rel, "key", v.Sub),
			text.New("refused since gopls v0.{n}.0", "自 gopls v0.{n}.0 起拒绝").With("n", set.Until))
		if set.Now != "" && editor.Get(e, "gopls", set.Now) == nil {
			x.Fixes = []diag.Fix{rename(e, v, set.Now)}
		} else if fix, ok := cut(e, v); ok {
			x.Fixes = []diag.Fix{fix}
		}
		out = append(out, shared(e, v, x))
	}
	return out
})

// shared leaves fixes of a file that a repository's others have to a person.
func shared(e *facts.Editor, v *facts.EditorValue, x diag.Finding) diag.Finding {
	for i := range x.Fixes {
		if e.Files[v.File].Tracked && x.Fixes[i].Risk == diag.Safe {
			x.Fixes[i].Risk = diag.Person
		}
	}
	return x
}

func rename(e *facts.Editor, v *facts.EditorValue, to string) diag.Fix {
	at := v.KeyAt
	prefix := v.Sub[:strings.LastIndexByte(v.Sub, '.')+1]
	at.New = jsonc.Quote(prefix + to)
	return diag.Fix{Risk: diag.Safe, Title: text.New("name it {key} in {file}", "在 {file} 中改名为 {key}").With("key", prefix+to, "file", e.Files[v.File].Path),
		Actions: action.List{&action.Edit{Path: e.Files[v.File].Path, Splices: []facts.Splice{at}}}}
}

func settingFinding(e *facts.Editor, v *facts.EditorValue, claim, proof text.Msg) diag.Finding {
	return diag.Finding{Subject: subject(e, v), Claim: claim,
		Evidence: []diag.Evidence{said(e, v), {Role: diag.Proof, Text: proof},
			{Role: diag.Not, Text: text.New("a value of the wrong type: the name itself is refused", "值类型错误：被拒绝的是名称本身").With()}},
		ByHand: fmt.Sprintf("sed -n '%dp' %s; gopls api-json | grep -i '\"Name\"'", v.Line, quoted(e.Files[v.File].Path))}
}

var unknownSetting = valueCheck(diag.Check{
	ID: "gopls-setting-unknown", Severity: diag.Warning, Reads: withGopls,
	Title: text.New("a setting that this gopls does not have", "此 gopls 没有的设置"),
	Doc: text.New(`gopls passes over a setting that it does not know, and says so once: 'Invalid settings: setting option "semanticTokns": unexpected setting'. It is misspelt, made up (there is no rpc.timeout in
any release), or newer than the gopls that the editor starts. Of a name with points only the last part counts.

**Proof.** The release of that gopls and the list of its settings. Releases that are newer than gorescue's data, or have no version, are not judged. **What looks the same.** A removed setting
(gopls-setting-removed), an object "gopls" inside "gopls". **The fix** corrects the name when exactly one setting is nearly the same; else a person decides.`,
		`gopls 忽略自己不认识的设置，并提示一次：'Invalid settings: setting option "semanticTokns": unexpected setting'。可能是拼写错误、凭空捏造（任何版本都没有 rpc.timeout），或比编辑器启动的
gopls 更新。带点的名称只看最后一段。

**证据。** 该 gopls 的版本及其设置列表。比 gorescue 的数据更新、或没有版本号的 gopls 不作判断。**容易混淆的情况。** 已移除的设置（gopls-setting-removed）、"gopls" 内的 "gopls" 对象。
**修复**：当恰有一个设置与之几乎相同时改正名称；否则由人决定。`),
}, func(s *facts.Snapshot, e *facts.Editor) []diag.Finding {
	rel := release(s, e)
	var out []diag.Finding
	for i := range e.Values {
		v := &e.Values[i]
		if v.Key != "gopls" || v.Sub == "" || v.Sub == "gopls" || v.Beaten || !goplsinfo.Judged(rel) {
			continue
		}
		set, ok := goplsinfo.Lookup(v.Sub)
		switch {
		case !ok:
			x := settingFinding(e, v, text.New("gopls {release} has no setting {key}", "gopls {release} 没有设置 {key}").With("release", rel, "key", v.Sub),
				text.New("no release up to {newest} has it", "直到 {newest} 的任何版本都没有它").With("newest", goplsinfo.Newest()))
			x.Fixes = []diag.Fix{byEditor(&e.Files[v.File])}
			if like := goplsinfo.Like(v.Sub, rel); like != "" && editor.Get(e, "gopls", like) == nil {
				if s2, _ := goplsinfo.Lookup(like); fitsType(s2, v.JSON) {
					x.Fixes = []diag.Fix{rename(e, v, like)}
				}
			}
			out = append(out, shared(e, v, x))
		case set.Until == 0 && set.Since > goplsinfo.Minor(rel):
			x := settingFinding(e, v, text.New("gopls {release} does not have {key} yet", "gopls {release} 尚无设置 {key}").With("release", rel, "key", v.Sub),
				text.New("it comes with gopls v0.{n}.0", "它自 gopls v0.{n}.0 起才有").With("n", set.Since))
			x.Fixes = []diag.Fix{install(s)}
			out = append(out, x)
		}
	}
	return out
})

func fitsType(s goplsinfo.Setting, raw string) bool {
	_, _, _, ok := s.Fits(raw)
	return ok
}
