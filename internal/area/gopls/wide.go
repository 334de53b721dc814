package gopls

import (
	"fmt"
	"strings"

	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/text"
)

// wideFolders is from how many folders on it matters that an editor opens more than a project; unrelated is how many modules without a
// common workspace or repository are a collection and no project.
const (
	wideFolders = 2000
	unrelated   = 5
)

var tooWide = diag.Check{
	ID: "gopls-workspace-too-wide", Severity: diag.Warning, Reads: []facts.Section{facts.SecEditors, facts.SecGopls},
	Title: text.New("the editor has opened a folder far above the project", "编辑器打开的是远高于项目的上级目录"),
	Doc: text.New(`Opened at the home folder, at /, at GOPATH, or at a folder that collects unrelated repositories, an editor watches and searches all of it, and gopls looks for modules in all of it and loads each module of which a file is opened: memory and start-up
grow with what is not worked on. See https://github.com/microsoft/vscode-go/issues/1041.

**Proof.** A gopls that the editor's extension host started runs in that folder (/proc/PID/cwd); what lies below it, counted within two seconds; what the module under diagnosis needs of that. **What looks the same.** A repository with go.work or one go.mod, however big; a
repository of several modules; a wide folder with little in it. A gopls of an editor that starts it in the folder of the shell (Neovim, Emacs) is not judged, since that folder is not what it opened.

**The fix** is a person's: open the folder of the module; or tell gopls in the settings of that workspace to look at it alone ("directoryFilters": ["-", "+path"]).`,
		`若编辑器打开的是主目录、/、GOPATH，或收集了互不相关仓库的目录，它会监视并搜索其中的一切，gopls 会在其中到处寻找模块，并加载每个被打开文件所属的模块：内存与启动时间随无关内容增长。参见 https://github.com/microsoft/vscode-go/issues/1041。

**证据。** 由编辑器的扩展主机启动的 gopls 运行在该目录（/proc/PID/cwd）；在两秒内统计其下的内容；被诊断的模块只需要其中多少。**容易混淆的情况。** 带有 go.work 或单个 go.mod 的仓库，无论多大；包含多个模块的仓库；内容很少的上级目录。
若编辑器在 shell 所在目录启动 gopls（Neovim、Emacs），则不作判断，因为那不是它打开的目录。

**修复**由人进行：打开模块所在的目录；或在该工作区的设置中让 gopls 只看它（"directoryFilters": ["-", "+path"]）。`),
	Run: func(s *facts.Snapshot) []diag.Finding {
		var out []diag.Finding
		for i := range s.Gopls.Trees {
			t := &s.Gopls.Trees[i]
			collection := t.Kind == "" && !t.Repo && t.Modules >= unrelated && t.Repos >= 2
			if t.PID == 0 || t.Module || t.Kind == "" && !collection || t.Folders < wideFolders || t.Own*5 > t.Folders {
				continue
			}
			pid, what := line(t.PID), t.Kind
			if collection {
				what = "collection"
			}
			x := diag.Finding{Subject: t.Root, ByHand: "readlink /proc/" + pid + "/cwd",
				Claim: text.New("the editor has opened {root} ({what}), with {n} folders and {m} modules", "编辑器打开了 {root}（{what}），其中有 {n} 个目录和 {m} 个模块").With("root", t.Root, "what", what, "n", atLeast(t, t.Folders), "m", t.Modules),
				Evidence: []diag.Evidence{
					{Role: diag.Because, File: t.Root, Text: text.New("gopls (process {pid}), started by the editor, runs in {root}", "由编辑器启动的 gopls（进程 {pid}）运行在 {root}").With("pid", t.PID, "root", t.Root), Command: "readlink /proc/" + pid + "/cwd"},
					{Role: diag.Proof, Text: text.New("below it: {n} folders, {go} with Go files, {m} modules, {r} repositories; the module here has {own} folders", "其下有 {n} 个目录，其中 {go} 个含 Go 文件，{m} 个模块，{r} 个仓库；此处的模块有 {own} 个目录").
						With("n", atLeast(t, t.Folders), "go", t.Go, "m", t.Modules, "r", t.Repos, "own", t.Own), Command: "find " + quoted(t.Root) + " -name go.mod | wc -l"},
					{Role: diag.Not, Text: text.New("a repository or workspace of several modules: there is no go.mod, go.work or .git at {root}", "包含多个模块的仓库或工作区：{root} 处没有 go.mod、go.work 或 .git").With("root", t.Root)}}}
			open := s.Dir
			if s.Project.Root != "" && within(s.Project.Root, t.Root) {
				open = s.Project.Root
			}
			rel := strings.TrimPrefix(strings.TrimPrefix(open, t.Root), "/")
			x.Fixes = []diag.Fix{{Risk: diag.Manual, Title: text.New("open {dir} in the editor instead (File, Open Folder)", "改为在编辑器中打开 {dir}（文件，打开文件夹）").With("dir", open)}}
			if rel != "" {
				set := fmt.Sprintf(`"gopls": {"build.directoryFilters": ["-", "+%s"]}`, rel)
				x.Fixes = append(x.Fixes, diag.Fix{Risk: diag.Manual, Title: text.New("or let gopls look at the module alone: {set} in {root}/.vscode/settings.json", "或让 gopls 只看该模块：在 {root}/.vscode/settings.json 中写入 {set}").With("set", set, "root", t.Root)})
			}
			out = append(out, x)
		}
		return out
	},
}

// atLeast is a count, marked when there is more.
func atLeast(t *facts.EditorTree, n int) string {
	if t.Cut {
		return fmt.Sprintf("≥ %d", n)
	}
	return fmt.Sprint(n)
}

// giantFolders is how many folders without Go files ./... may have to walk: measured with go1.26 on a busy machine of two processors, 50,000 took
// go list 5 s of processor time, each time.
const giantFolders = 20000

var giant = diag.Check{
	ID: "go-walks-folders-without-go", Severity: diag.Info, Reads: []facts.Section{facts.SecEditors, facts.SecGopls},
	Title: text.New("the go command and gopls walk tens of thousands of folders without Go files", "go 命令与 gopls 要遍历数万个不含 Go 文件的目录"),
	Doc: text.New(`For ./... the go command walks every folder of the module but those that begin with . or _, testdata, and other modules; so does each load of gopls, after each change of go.mod or a new file. Build output, data or node_modules in the module make that slow: 50,000
folders took go list 5 s of processor time each time (go1.26, two processors).

**Proof.** The folders that ./... walks and those with Go files, counted within two seconds, and the biggest parts without any. Reported from 20,000 folders in such parts on, or from 10,000 when the time was over before all were seen. **What looks the same.** A big repository of Go, however many packages it has; a few thousand folders of
node_modules; a folder that go.mod ignores already; another module inside. It is worth knowing, not a fault: the build is right, and slower than it could be.

**The fix** is a person's, as go.mod is the team's: an ignore line (Go 1.25 and later: go mod edit -ignore=./out), or to keep such folders outside of the module or under a name that begins with . or _.`,
		`对于 ./...，go 命令会遍历模块中的每个目录，以 . 或 _ 开头的、testdata 以及其他模块除外；gopls 的每次加载也是如此，即每次 go.mod 更改或新建文件之后。模块中的构建输出、数据或 node_modules 会使其变慢：50,000 个目录每次要花 go list 5 秒处理器时间（go1.26，双处理器）。

**证据。** ./... 所遍历的目录数与含 Go 文件的目录数（在两秒内统计），以及完全不含 Go 文件的最大部分。此类部分达到 20,000 个目录才报告；若时间用完仍未看完，则为 10,000 个。**容易混淆的情况。** 大型 Go 仓库，无论有多少包；几千个 node_modules 目录；go.mod 已忽略的目录；内部的另一个模块。这值得知道，但不是故障：构建是正确的，只是比应有的慢。

**修复**由人进行，因为 go.mod 属于团队：添加 ignore 行（Go 1.25 及以后：go mod edit -ignore=./out），或把这些目录放到模块之外，或使用以 . 或 _ 开头的名称。`),
	Run: func(s *facts.Snapshot) []diag.Finding {
		var out []diag.Finding
		for i := range s.Gopls.Trees {
			t := &s.Gopls.Trees[i]
			idle, names, edit := 0, []string{}, "go mod edit"
			for _, f := range t.Heavy {
				if idle += f.Walked; f.Walked >= heavyFolders && len(names) < 5 {
					names = append(names, fmt.Sprintf("%s (%d)", f.Path, f.Walked))
					edit += " -ignore=" + quoted("./"+f.Path)
				}
			}
			enough := giantFolders
			if t.Cut { // half of them were seen when the time was over, and there are more
				enough /= 2
			}
			if idle < enough || len(out) > 0 {
				continue
			}
			out = append(out, diag.Finding{Subject: t.Root, ByHand: "cd " + quoted(t.Root) + " && time go list ./... >/dev/null",
				Claim: text.New("./... walks {n} folders here, of which {idle} have no Go files: {names}", "此处 ./... 要遍历 {n} 个目录，其中 {idle} 个不含 Go 文件：{names}").With("n", atLeast(t, t.Walked), "idle", atLeast(t, idle), "names", strings.Join(names, ", ")),
				Evidence: []diag.Evidence{
					{Role: diag.Because, File: t.Root, Text: text.New("{names} are in the module at {root}", "{names} 位于模块 {root} 之中").With("names", strings.Join(names, ", "), "root", t.Root)},
					{Role: diag.Proof, Text: text.New("{go} folders have Go files", "{go} 个目录含 Go 文件").With("go", t.Go), Command: "find " + quoted(t.Root) + " -type d | wc -l"},
					{Role: diag.Not, Text: text.New("a big repository of Go: these parts have no Go file", "大型 Go 仓库：这些部分没有 Go 文件").With()}},
				Fixes: []diag.Fix{{Risk: diag.Manual, Title: text.New("let the go command pass over them (Go 1.25 and later)", "让 go 命令跳过它们（Go 1.25 及以后）").With(), Shell: "cd " + quoted(t.Root) + " && " + edit}}})
		}
		return out
	},
}
