package workspace

import (
	"slices"
	"strings"

	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/origin"
	"github.com/gorescue/gorescue/internal/text"
)

var elsewhere = diag.Check{
	ID:       "gowork-env-points-to-other-workspace",
	Title:    text.New("GOWORK names the workspace of another project", "GOWORK 指向另一个项目的工作区"),
	Severity: diag.Error,
	Reads:    settingReads,
	Doc: text.New(`GOWORK overrides the search for go.work. When a start-up file exports it for one project, every other module of the user stops
with "current directory is contained in a module that is not one of the workspace modules listed in go.work".

Proof: the value, the file that sets it, and the modules which that go.work joins: not this one, and it lies outside this
repository. Looks the same: a module that is missing from its own repository's go.work (another check), a GOWORK given for one
command (then no start-up file has it, and nothing is said).

The fix takes that assignment away. It never edits the other project's go.work; go env -w and -u have no effect on GOWORK.
Source: https://go.dev/ref/mod#workspaces`,
		`GOWORK 会取代对 go.work 的查找。若某个启动文件为一个项目导出了它，用户的其他所有模块都会报错：“current directory is contained
in a module that is not one of the workspace modules listed in go.work”。

证据：其值、设置它的文件，以及那个 go.work 加入的模块：没有本模块，并且它位于本仓库之外。相似情形：模块没有列入自己仓库的 go.work
（另一检查）；仅为一条命令给出的 GOWORK（此时没有启动文件设置它，不作任何报告）。

修复删除该赋值，绝不修改另一个项目的 go.work；go env -w 与 -u 对 GOWORK 无效。来源：https://go.dev/ref/mod#workspaces`),
	Run: func(s *facts.Snapshot) []diag.Finding {
		ws := &s.Workspace
		src, ok := origin.Of(s, "GOWORK")
		if !ok || !ws.Named || !inForce(ws) || ws.Module == "" || !src.Lasting() {
			return nil
		}
		if slices.ContainsFunc(ws.Uses, func(u facts.WorkUse) bool { return u.Dir == ws.Module }) {
			return nil
		}
		if ws.Repo != "" && (within(ws.File, ws.Repo) || within(real(ws.File), ws.Repo)) || within(ws.Module, dirOf(ws.File)) {
			return nil
		}
		return []diag.Finding{{
			Claim: text.New("GOWORK={file} is the workspace of another project; this module is not in it", "GOWORK={file} 是另一个项目的工作区，不包含本模块").With("file", ws.File),
			Evidence: []diag.Evidence{
				src.Because(),
				{Role: diag.Proof, File: ws.File, Text: text.New("{file} joins {n} module(s), and not {mod}", "{file} 加入了 {n} 个模块，其中没有 {mod}").With("file", ws.File, "n", len(ws.Uses), "mod", ws.Module)},
				{Role: diag.Not, Text: text.New("a module missing from its own workspace: that go.work lies outside this repository", "不是模块未列入自己的工作区：那个 go.work 位于本仓库之外").With()},
			},
			ByHand: "go env GOWORK",
			Fixes:  []diag.Fix{src.Remove()},
		}}
	},
}

var off = diag.Check{
	ID:       "gowork-off-in-session",
	Title:    text.New("GOWORK=off, but this module needs its workspace", "GOWORK=off，但本模块需要其工作区"),
	Severity: diag.Error,
	Reads:    settingReads,
	Doc: text.New(`GOWORK=off switches workspaces off. Set for the whole session, it breaks modules which are built from the working copies of their
neighbours: "could not import …", "module … not found", or silently an older published version.

Proof: the line that sets it, the go.work above this folder which joins this module, and the modules of that workspace which this
module requires. Looks the same: GOWORK=off for one command on purpose, as release builds do (then no start-up file has it); a
module that needs none of its neighbours (nothing is said).

The fix takes the assignment away. It adds no replace lines and fetches nothing. Source: https://go.dev/ref/mod#workspaces`,
		`GOWORK=off 会关闭工作区。若对整个会话生效，则依赖相邻模块工作副本的模块会损坏：“could not import …”、“module … not found”，
或悄悄使用较旧的已发布版本。

证据：设置它的行、本目录之上且加入了本模块的 go.work，以及本模块所依赖的该工作区内的模块。相似情形：有意仅为一条命令设置 GOWORK=off
（例如发布构建，此时没有启动文件设置它）；不依赖任何相邻模块的模块（不作任何报告）。

修复删除该赋值，不添加 replace 行，也不下载任何东西。来源：https://go.dev/ref/mod#workspaces`),
	Run: func(s *facts.Snapshot) []diag.Finding {
		ws := &s.Workspace
		src, ok := origin.Of(s, "GOWORK")
		if !ok || !ws.Off || ws.Beside == "" || !src.Lasting() {
			return nil
		}
		// In a module its own needs count; above all modules those of any of them.
		i := slices.IndexFunc(ws.Uses, func(u facts.WorkUse) bool {
			return len(u.Requires) > 0 && (u.Dir == ws.Module || ws.Module == "")
		})
		if i < 0 {
			return nil
		}
		u := ws.Uses[i]
		mods := strings.Join(u.Requires, ", ")
		return []diag.Finding{{
			Claim: text.New("GOWORK=off keeps {dir} from {mods}, which {file} joins with it", "GOWORK=off 使 {dir} 无法使用 {file} 与之相连的 {mods}").With("dir", u.Text, "mods", mods, "file", ws.Beside),
			Evidence: []diag.Evidence{
				src.Because(),
				{Role: diag.Proof, File: ws.Beside, Line: u.Line, Text: text.New("{file}:{line} joins {dir}, whose go.mod requires {mods}, which is joined too", "{file}:{line} 加入了 {dir}，其 go.mod 依赖同样已加入的 {mods}").With("file", ws.Beside, "line", u.Line, "dir", u.Text, "mods", mods)},
				{Role: diag.Not, Text: text.New("a choice for one command: a start-up file sets it for every session", "不是仅为一条命令的选择：启动文件为每个会话设置了它").With()},
			},
			ByHand: "go env GOWORK",
			Fixes:  []diag.Fix{src.Remove()},
		}}
	},
}

var modMod = diag.Check{
	ID:       "gowork-goflags-mod-mod",
	Title:    text.New("GOFLAGS has -mod=mod, which a workspace refuses", "GOFLAGS 含 -mod=mod，而工作区不接受"),
	Severity: diag.Error,
	Reads:    settingReads,
	Doc: text.New(`In a workspace -mod may only be readonly or vendor (cmd/go/internal/modload/init.go): "-mod may only be set to readonly or vendor when
in workspace mode". A -mod=mod in GOFLAGS, set for another project, therefore stops every build here.

Proof: the value with its origin, and the go.work in force. Looks the same: a GOFLAGS that cannot be parsed (another check). The fix
takes this one word out and keeps the other flags. It never sets GOWORK=off. Source: https://go.dev/ref/mod#workspaces`,
		`在工作区中 -mod 只能是 readonly 或 vendor（cmd/go/internal/modload/init.go）：“-mod may only be set to readonly or vendor when in
workspace mode”。因此为其他项目设置的 GOFLAGS 中的 -mod=mod 会使这里的所有构建停止。

证据：该值及其来源，以及生效的 go.work。相似情形：无法解析的 GOFLAGS（另一检查）。修复只去掉这一个词并保留其他标志，绝不设置
GOWORK=off。来源：https://go.dev/ref/mod#workspaces`),
	Run: func(s *facts.Snapshot) []diag.Finding {
		ws := &s.Workspace
		src, ok := origin.Of(s, "GOFLAGS")
		if !ok || !inForce(ws) || !src.Lasting() {
			return nil
		}
		bad := ""
		for _, w := range strings.Fields(src.Value) {
			if w == "-mod=mod" || w == "--mod=mod" {
				bad = w
			}
		}
		if bad == "" {
			return nil
		}
		return []diag.Finding{{
			Claim: text.New("GOFLAGS has {word}, which the go command refuses in a workspace ({file})", "GOFLAGS 含 {word}，go 命令在工作区（{file}）中拒绝它").With("word", bad, "file", ws.File),
			Evidence: []diag.Evidence{
				src.Because(),
				{Role: diag.Proof, File: ws.File, Text: text.New("{file} is in force; in a workspace -mod may only be readonly or vendor", "{file} 生效；在工作区中 -mod 只能是 readonly 或 vendor").With("file", ws.File)},
				{Role: diag.Not, Text: text.New("a damaged go.work: it parses", "不是 go.work 损坏：它可以解析").With()},
			},
			ByHand: "go env GOFLAGS GOWORK",
			Fixes:  []diag.Fix{src.Replace(without(src.Value, bad))},
		}}
	},
}

func dirOf(file string) string {
	if i := strings.LastIndexAny(file, `/\`); i > 0 {
		return file[:i]
	}
	return file
}

// without takes one word out of a list of flags and leaves the rest, blanks in quotes included, as it is.
func without(flags, word string) string {
	before, after, ok := strings.Cut(" "+flags+" ", " "+word+" ")
	if !ok {
		return flags
	}
	return strings.TrimSpace(strings.TrimSpace(before) + " " + strings.TrimSpace(after))
}
