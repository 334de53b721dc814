package editor

import (
	"slices"
	"strings"

	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/editor"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/jsonc"
	"github.com/gorescue/gorescue/internal/text"
)

var filtersHide = valueCheck(diag.Check{
	ID: "directory-filters-hide-everything", After: []string{"settings-json-duplicate-gopls-key"},
	Title: text.New("directoryFilters hide every package of the workspace", "directoryFilters 隐藏了工作区的所有包"),
	Doc: text.New(`"directoryFilters" of gopls leave folders out of the workspace. A list such as ["-", "+services/billing"], copied into another repository, leaves out everything: gopls says "No packages found for
open file" and completes nothing, while go build works.

**Proof.** The setting, and how many folders with Go files there are and how many remain. Filters that leave some packages are a choice and are not reported. **What looks the same.** Build tags that
hide files (stale-build-tag-hides-default-files), a workspace without go.mod. **The fix** removes the setting; the other settings of gopls stay.`,
		`gopls 的 "directoryFilters" 把目录排除在工作区之外。像 ["-", "+services/billing"] 这样的列表若抄到另一个仓库，就会排除一切：gopls 报告 "No packages found for open file"，没有补全，而 go build 正常。

**证据。** 该设置，以及含 Go 文件的目录共有多少、剩下多少。仍留有一些包的过滤是一种选择，不报告。**容易混淆的情况。** 隐藏文件的构建标签（stale-build-tag-hides-default-files）、没有 go.mod 的工作区。
**修复**删除该设置；gopls 的其他设置保留。`),
}, func(s *facts.Snapshot, e *facts.Editor) []diag.Finding {
	h := e.Hidden
	if h == nil || h.Packages == 0 || h.Shown > 0 {
		return nil
	}
	v := &e.Values[h.Index]
	x := diag.Finding{Subject: subject(e, v),
		Claim: text.New("directoryFilters of {editor} hide all {n} packages of {root}", "{editor} 的 directoryFilters 隐藏了 {root} 的全部 {n} 个包").With("editor", e.Name, "n", h.Packages, "root", s.Editors.Root),
		Evidence: []diag.Evidence{said(e, v),
			{Role: diag.Proof, Text: text.New("{n} folders below {root} have Go files; {filters} leaves none of them", "{root} 之下有 {n} 个目录含 Go 文件；{filters} 一个也没留下").With("n", h.Packages, "root", s.Editors.Root, "filters", strings.Join(h.Filters, " "))},
			{Role: diag.Not, Text: text.New("a filter on purpose: such a one leaves what is worked on", "有意的过滤：那样会留下正在开发的部分").With()}},
		ByHand: "go list ./..."}
	if fix, ok := cut(e, v); ok {
		x.Fixes = []diag.Fix{fix}
	}
	return []diag.Finding{x}
})

var tagsHide = valueCheck(diag.Check{
	ID:    "stale-build-tag-hides-default-files",
	Title: text.New("a build tag of the editor's settings hides files that are needed", "编辑器设置中的构建标签隐藏了所需的文件"),
	Doc: text.New(`"go.buildTags" (or -tags in the buildFlags of gopls) is given to every load. A tag that was left behind hides the files with "//go:build !tag": gopls says "undefined" or "No packages found for open
file", while go build in the terminal works.

**Proof.** The file that the tag hides, and the file and line that use what only it declares (or that its package has no other file). **What looks the same.** A tag that some file of the module
asks for: then it is meant, and nothing is reported. Tags that GOFLAGS gives to the terminal too. **The fix** takes that tag out of the setting.`,
		`"go.buildTags"（或 gopls 的 buildFlags 中的 -tags）用于每次加载。遗留下来的标签会隐藏带 "//go:build !tag" 的文件：gopls 报告 "undefined" 或 "No packages found for open file"，而终端中的
go build 正常。

**证据。** 被标签隐藏的文件，以及使用了只有它才声明的名称的文件与行号（或该包没有其他文件）。**容易混淆的情况。** 模块中有文件需要该标签：那是有意的，不报告。GOFLAGS 也给终端的标签。
**修复**从该设置中去掉此标签。`),
}, func(s *facts.Snapshot, e *facts.Editor) []diag.Finding {
	t := e.Tags
	if t == nil || t.Hidden == "" {
		return nil
	}
	v := &e.Values[t.Index]
	proof := text.New("its package has no other file", "其所在的包没有其他文件").With()
	if t.Name != "" {
		proof = text.New("{user}:{at} uses {name}, which only {hidden} declares", "{user}:{at} 使用 {name}，而只有 {hidden} 声明它").With("user", t.User, "at", t.UserAt, "name", t.Name, "hidden", t.Hidden)
	}
	x := diag.Finding{Subject: subject(e, v),
		Claim: text.New("the build tag {tags} of {editor} hides {hidden}, which is needed", "{editor} 的构建标签 {tags} 隐藏了所需的 {hidden}").With("tags", strings.Join(t.Tags, ","), "editor", e.Name, "hidden", t.Hidden),
		Evidence: []diag.Evidence{said(e, v),
			{Role: diag.Proof, File: t.Hidden, Line: t.Line, Text: text.New("{hidden}:{line}: its constraint excludes that tag", "{hidden}:{line}：其约束排除该标签").With("hidden", t.Hidden, "line", t.Line)},
			{Role: diag.Proof, File: t.User, Line: t.UserAt, Text: proof},
			{Role: diag.Not, Text: text.New("a tag that is meant: no file of the workspace asks for it", "有意的标签：工作区中没有文件需要它").With()}},
		ByHand: "go vet -tags=" + strings.Join(t.Tags, ",") + " ./..."}
	if fix, ok := withoutTags(e, v, t.Tags); ok {
		x.Fixes = []diag.Fix{fix}
	}
	return []diag.Finding{x}
})

// withoutTags takes tags out of a setting that is a text or a list of flags.
func withoutTags(e *facts.Editor, v *facts.EditorValue, tags []string) (diag.Fix, bool) {
	rest := func(list string) string {
		keep := slices.DeleteFunc(strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' }), func(t string) bool { return slices.Contains(tags, t) })
		return strings.Join(keep, ",")
	}
	if v.Key == "go.buildTags" {
		if keep := rest(editor.Text(e, v.Key, v.Sub)); keep != "" {
			return replace(e, v, jsonc.Quote(keep)), true
		}
		return cut(e, v)
	}
	var flags []string
	list := editor.List(e, v.Key, v.Sub)
	for i := 0; i < len(list); i++ {
		dash, value, ok := strings.Cut(list[i], "=")
		switch {
		case strings.TrimLeft(dash, "-") != "tags":
			flags = append(flags, jsonc.Quote(list[i]))
		case ok:
			if keep := rest(value); keep != "" {
				flags = append(flags, jsonc.Quote(dash+"="+keep))
			}
		case i+1 < len(list):
			i++
			if keep := rest(list[i]); keep != "" {
				flags = append(flags, jsonc.Quote(dash), jsonc.Quote(keep))
			}
		}
	}
	if flags == nil {
		return cut(e, v)
	}
	return replace(e, v, "["+strings.Join(flags, ", ")+"]"), true
}
