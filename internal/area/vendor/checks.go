package vendor

import (
	"github.com/gorescue/gorescue/internal/action"
	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/text"
)

// page is what all pages about the list say: what differs, how it is mended.
func page(what, alike, fix text.T) text.T {
	return text.New(what.En+`

**Proof.** The disagreements in the go command's own words, found by its rules (cmd/go/internal/modload/vendor.go, func checkVendorConsistency), and whether the committed vendor/modules.txt agrees with the present go.mod. **Looks the same:** `+alike.En+`

**Fix.** `+fix.En+` **Never:** reverting go.mod, -mod=mod for this machine only, go mod tidy, go mod vendor without a network (it deletes the folder first). **By hand.** `+"`git diff -- go.mod vendor/modules.txt`; `go mod vendor -o /tmp/v`"+`. See https://go.dev/ref/mod#vendoring.`,
		what.Zh+`

**证明。** 按 go 命令的规则（cmd/go/internal/modload/vendor.go 的 checkVendorConsistency）得出的不一致之处，以及提交中的 vendor/modules.txt 是否与现在的 go.mod 一致。**容易混淆：** `+alike.Zh+`

**修复。** `+fix.Zh+`**绝不：** 还原 go.mod、只在本机使用 -mod=mod、go mod tidy、没有网络时执行 go mod vendor（它会先删除目录）。**手工处理。** `+"`git diff -- go.mod vendor/modules.txt`；`go mod vendor -o /tmp/v`"+`。参见 https://go.dev/ref/mod#vendoring。`)
}

var listMarkers = diag.Check{
	ID:       "vendor-modules-txt-merge-conflict",
	Title:    text.New("vendor/modules.txt holds the markers of an unfinished merge", "vendor/modules.txt 中留有未完成合并的冲突标记"),
	Severity: diag.Error,
	Reads:    reads,
	Doc: page(text.New("A merge could not join both sides of the list. The go command passes over lines that it does not understand, so that the markers themselves are no error: what is between them counts twice, and the versions of both sides stand in the list.", "合并无法合并列表的两侧。go 命令会跳过不理解的行，因此标记本身不是错误：标记之间的内容会被计入，两侧的版本同时出现在列表中。"),
		text.New("a list that was edited (it has no markers).", "被编辑的列表（没有标记）。"),
		text.New("The committed list is put back when it agrees with go.mod; otherwise the folder is made anew. Both are for a person while the merge is not finished.", "若提交中的列表与 go.mod 一致则恢复它；否则重新生成目录。合并尚未完成时，两者都由人决定。")),
	Run: func(s *facts.Snapshot) []diag.Finding {
		v := &s.Vendor
		if !v.Used || v.List != "markers" {
			return nil
		}
		f := diag.Finding{Subject: v.File, ByHand: "grep -nE '^(<<<<<<<|=======|>>>>>>>)' " + quote(v.File),
			Claim: text.New("{file} holds the markers of an unfinished merge", "{file} 中留有未完成合并的冲突标记").With("file", v.File)}
		f.Evidence = append(f.Evidence, diag.Evidence{Role: diag.Because, File: v.File, Text: text.New("lines between <<<<<<< and >>>>>>> count for the go command", "<<<<<<< 与 >>>>>>> 之间的行会被 go 命令计入").With()})
		f.Evidence = append(append(f.Evidence, said(v)...), not("a list edited by hand: the markers are git's", "不是手工编辑的列表：标记来自 git"))
		if v.Head == "agrees" && len(v.Whole) > 0 {
			back := putBack(v)
			back.Risk = diag.Person
			f.Fixes = append(f.Fixes, back)
		}
		fix := anew(s)
		if fix.Risk == diag.Safe {
			fix.Risk = diag.Person
		}
		f.Fixes = append(f.Fixes, fix)
		return []diag.Finding{f}
	},
}

var listEdited = diag.Check{
	ID:       "vendor-modules-txt-edited",
	Title:    text.New("vendor/modules.txt is not what it was, and go.mod is", "vendor/modules.txt 被改动，而 go.mod 没有"),
	Severity: diag.Error,
	Reads:    reads,
	After:    []string{"vendor-modules-txt-merge-conflict"},
	Doc: page(text.New("The list of vendored modules was changed, cut, filled with zero bytes or deleted: a merge tool, a clean-up, a crash. The go command then refuses to build: \"inconsistent vendoring\".", "vendor 模块列表被改动、截断、填充零字节或删除：合并工具、清理或崩溃所致。go 命令随后拒绝构建：“inconsistent vendoring”。"),
		text.New("a go.mod that was raised without the folder (the committed list then disagrees with go.mod too).", "go.mod 被提高而目录没有更新（那时提交中的列表也与 go.mod 不一致）。"),
		text.New("The committed list agrees with go.mod: it is put back. That works without a network.", "提交中的列表与 go.mod 一致：恢复它。不需要网络。")),
	Run: func(s *facts.Snapshot) []diag.Finding {
		v := &s.Vendor
		if !v.Used || len(v.Issues) == 0 && v.List != "zero bytes" || v.Head != "agrees" || len(v.Whole) == 0 || v.List == "markers" {
			return nil
		}
		f := diag.Finding{Subject: v.File, ByHand: "git diff -- " + quote(v.File),
			Claim: text.New("{file} was changed and no longer agrees with go.mod ({n} disagreement(s)); the committed one does", "{file} 被改动，不再与 go.mod 一致（{n} 处）；提交中的版本一致").With("file", v.File, "n", len(v.Issues)),
			Evidence: append([]diag.Evidence{{Role: diag.Because, File: v.File, Command: "git diff -- " + quote(v.File),
				Text: text.New("{file} differs from the last commit ({state})", "{file} 与最近一次提交不同（{state}）").With("file", v.File, "state", v.List)}}, said(v)...),
			Fixes: []diag.Fix{putBack(v)}}
		f.Evidence = append(f.Evidence, not("a go.mod that was raised without the folder: the committed list agrees with it", "不是 go.mod 被提高而目录未更新：提交中的列表与之一致"))
		return []diag.Finding{f}
	},
}

var bumped = diag.Check{
	ID:       "vendor-inconsistent-gomod-bumped",
	Title:    text.New("go.mod was changed, the vendor folder was not", "go.mod 已改动，vendor 目录没有"),
	Severity: diag.Error,
	Reads:    reads,
	After:    []string{"vendor-modules-txt-edited", "vendor-modules-txt-merge-conflict", "gosum-merge-conflict", "gosum-line-truncated", "gosum-malformed-line"},
	Doc: page(text.New("An update of go.mod was committed without go mod vendor, or the folder is left from another branch: \"inconsistent vendoring … is explicitly required in go.mod, but not marked as explicit in vendor/modules.txt\".", "提交了 go.mod 的更新而没有执行 go mod vendor，或该目录来自另一个分支：“inconsistent vendoring … is explicitly required in go.mod, but not marked as explicit in vendor/modules.txt”。"),
		text.New("a list that was edited (the committed one then agrees with go.mod).", "被编辑的列表（那时提交中的版本与 go.mod 一致）。"),
		text.New("go.mod is what the team wants, the folder is derived from it. The go command makes it anew in a scratch folder, with a module cache of its own, verified against go.sum; then only the files that differ are changed, and undo brings every one back. It is proposed only when committed files of the folder differ from their modules: a patch of your own would be lost.", "go.mod 是团队想要的，该目录由它派生。go 命令在临时目录中、使用单独的模块缓存重新生成并与 go.sum 校验；然后只更改不同的文件，撤销可恢复每一个。若已提交的文件与模块不同（你自己的补丁会丢失），则只提出建议。")),
	Run: func(s *facts.Snapshot) []diag.Finding {
		v := &s.Vendor
		if !v.Used || len(v.Issues) == 0 || v.Head == "agrees" || v.List == "markers" || v.Foreign {
			return nil
		}
		f := diag.Finding{Subject: v.Dir, ByHand: "go list ./... ; git log -3 --stat -- go.mod vendor/modules.txt",
			Claim:    text.New("{dir} is not what go.mod asks for ({n} disagreement(s))", "{dir} 与 go.mod 的要求不符（{n} 处）").With("dir", v.Dir, "n", len(v.Issues)),
			Evidence: []diag.Evidence{{Role: diag.Because, File: v.File, Text: text.New("go.mod was changed, and {file} was not made anew", "go.mod 已改动，而 {file} 没有重新生成").With("file", v.File)}},
			Fixes:    []diag.Fix{anew(s)}}
		f.Evidence = append(f.Evidence, said(v)...)
		if v.Bumped {
			f.Evidence = append(f.Evidence, not("a list that was edited: it is as the last commit has it", "不是列表被编辑：它与最近一次提交相同"))
		} else {
			f.Evidence = append(f.Evidence, not("a list that a commit could put right: the committed one agrees with go.mod no more than this, or git has none", "不是恢复提交即可：提交中的版本同样不一致，或 git 中没有"))
		}
		return []diag.Finding{f}
	},
}

var foreignFolder = diag.Check{
	ID:       "vendor-folder-of-another-tool",
	Title:    text.New("a folder named vendor belongs to another tool", "名为 vendor 的目录属于别的工具"),
	Severity: diag.Error,
	Reads:    reads,
	Doc: text.New(`A folder vendor beside go.mod switches the go command to it (go line 1.14 and higher), whatever is in it. PHP, Ruby, Bower and others keep their
own things in a folder of that name: "inconsistent vendoring … is explicitly required in go.mod, but not marked as explicit in
vendor/modules.txt".

**How it is proven.** There is no vendor/modules.txt, the last commit has none either, and no file in vendor is a Go file. **What looks the same.** A
vendor folder of Go whose list was deleted or never committed: it has Go files.

**What the fix does.** It is advice: tell the go command not to look there (-mod=readonly), or let the other tool use another name. Never go mod vendor, which
deletes the folder first.

**By hand.** go build -mod=readonly ./... Source: cmd/go/internal/modload/init.go, func setDefaultBuildMod.`,
		`go.mod 旁边只要有名为 vendor 的目录（go 行为 1.14 及以上），go 命令就会使用它，不管里面是什么。PHP、Ruby、Bower 等工具也用这个名字存放自己的东西：
“inconsistent vendoring … is explicitly required in go.mod, but not marked as explicit in vendor/modules.txt”。

**如何证明。** 没有 vendor/modules.txt，最近一次提交中也没有，且 vendor 中没有任何 Go 文件。**容易混淆的情况。** Go 的 vendor 目录丢失或从未提交列表：其中会有 Go 文件。

**修复做什么。** 只给建议：让 go 命令不使用它（-mod=readonly），或让另一个工具换个目录名。绝不运行 go mod vendor：它会先删除整个目录。

**手动检查。** go build -mod=readonly ./... 来源：cmd/go/internal/modload/init.go 的 setDefaultBuildMod。`),
	Run: func(s *facts.Snapshot) []diag.Finding {
		v := &s.Vendor
		if !v.Used || len(v.Issues) == 0 || !v.Foreign {
			return nil
		}
		f := diag.Finding{Subject: v.Dir, ByHand: "ls " + quote(v.Dir),
			Claim:    text.New("{dir} is not a vendor folder of Go, and the go command takes it for one", "{dir} 不是 Go 的 vendor 目录，go 命令却把它当作是").With("dir", v.Dir),
			Evidence: []diag.Evidence{{Role: diag.Because, File: v.Dir, Text: text.New("it lies beside go.mod, has no modules.txt, and no Go file is in it", "它位于 go.mod 旁边，没有 modules.txt，其中也没有任何 Go 文件").With()}},
			Fixes: []diag.Fix{
				{Title: text.New("let the go command of this terminal pass over it", "让本终端的 go 命令忽略它").With(), Risk: diag.Manual, Shell: "export GOFLAGS=-mod=readonly"},
				{Title: text.New("or let the other tool use a folder of another name", "或让另一个工具使用别的目录名").With(), Risk: diag.Manual},
			}}
		f.Evidence = append(f.Evidence, said(v)...)
		f.Evidence = append(f.Evidence, not("a list that was deleted: git has none, and there is no Go file", "不是列表被删除：git 中没有它，也没有 Go 文件"))
		return []diag.Finding{f}
	},
}

var ignored = lackCheck("vendor-package-ignored-by-git", true,
	text.New("a rule of git keeps vendored files out of the repository", "git 的忽略规则把 vendor 中的文件挡在仓库之外"),
	text.New("A pattern of .gitignore (bin/, build/, *.pb.go, a package's name) matches inside vendor/. git add passes the files over, so that a clone does not have them: \"cannot find module providing package …: import lookup disabled by -mod=vendor\".", ".gitignore 的模式（bin/、build/、*.pb.go、某个包名）匹配到 vendor/ 之内。git add 会跳过这些文件，克隆因此没有它们：“cannot find module providing package …: import lookup disabled by -mod=vendor”。"))

var filesMissing = lackCheck("vendor-files-missing", false,
	text.New("files are missing in the vendor folder", "vendor 目录缺少文件"),
	text.New("vendor/modules.txt lists a package whose files are not all there: a clean-up, a sparse checkout, a virus scanner, a copy that was cut.", "vendor/modules.txt 列出的某个包文件不全：清理、稀疏检出、杀毒软件，或中断的复制所致。"))

func lackCheck(id string, byRule bool, title, what text.T) diag.Check {
	return diag.Check{ID: id, Title: title, Severity: diag.Error, Reads: reads,
		After: []string{"vendor-modules-txt-edited", "vendor-inconsistent-gomod-bumped", "vendor-modules-txt-merge-conflict"},
		Doc: text.New(what.En+`

**Proof.** The list names the package; the folder, or the file that the last commit or the module has there, is not. A rule of git is named with its file and line. **Looks the same:** a list that disagrees with go.mod, an import that no module provides.

**Fix.** Exactly the missing files are put back: as the last commit has them, else from the module in the cache, whose zip has the hash of go.sum. What git ignores you must add yourself: git add -f. **Never:** removing the import, -mod=mod on this machine only, go mod vendor without a network.

**By hand.** `+"`git check-ignore -v PATH`, `git status --ignored vendor`"+`. See https://go.dev/ref/mod#vendoring.`,
			what.Zh+`

**证明。** 列表中有该包，而目录或最近一次提交（或模块）在那里的文件不存在。git 的规则连同文件与行号一并指出。**容易混淆：** 列表与 go.mod 不一致、没有模块提供的导入。

**修复。** 只恢复缺少的文件：按最近一次提交，否则取自缓存中的模块（其 zip 的哈希与 go.sum 一致）。被 git 忽略的文件须由你自己添加：git add -f。**绝不：** 删除导入、只在本机使用 -mod=mod、没有网络时执行 go mod vendor。

**手工处理。** `+"`git check-ignore -v 路径`、`git status --ignored vendor`"+`。参见 https://go.dev/ref/mod#vendoring。`),
		Run: func(s *facts.Snapshot) []diag.Finding {
			if !s.Vendor.Used {
				return nil
			}
			var f *diag.Finding
			var edits action.List
			n, cut := 0, false
			for _, l := range s.Vendor.Lacks {
				if (l.Pattern != "") != byRule {
					continue
				}
				if f == nil {
					f = lacking(s, l)
				}
				n++
				cut = cut || l.Cut || len(l.Files) == 0
				for _, file := range l.Files {
					edits = append(edits, &action.Edit{Path: file.Path, Create: true, Splices: []facts.Splice{{New: file.Text}}})
				}
			}
			if f == nil {
				return nil
			}
			if n > 1 {
				f.Claim = text.New("{n} vendored packages are not whole, the first {package}", "vendor 中有 {n} 个包不完整，第一个是 {package}").With("n", n, "package", s.Vendor.Lacks[0].Package)
			}
			if len(edits) > 0 {
				f.Fixes = append(f.Fixes, diag.Fix{Title: text.New("put back {n} file(s) of the vendor folder", "恢复 vendor 目录的 {n} 个文件").With("n", len(edits)), Risk: diag.Safe, Actions: edits})
			}
			if cut || len(edits) == 0 {
				f.Fixes = append(f.Fixes, anew(s))
			}
			return []diag.Finding{*f}
		}}
}

// lacking begins the finding about packages that are not whole.
func lacking(s *facts.Snapshot, l facts.VendorLack) *diag.Finding {
	f := &diag.Finding{Subject: s.Vendor.Dir, ByHand: "git status --ignored -- " + quote(l.Dir),
		Claim: text.New("{package} is in the list of vendored packages, and its files are not all in {dir}", "{package} 在 vendor 的包列表中，而其文件在 {dir} 中不全").With("package", l.Package, "dir", l.Dir)}
	if l.Pattern != "" {
		f.Evidence = append(f.Evidence, diag.Evidence{Role: diag.Because, File: l.Rule, Line: l.Line, Command: "git check-ignore -v " + quote(l.Dir),
			Text: text.New("{file}:{line} has the pattern {pattern}, which matches there", "{file}:{line} 的模式 {pattern} 匹配到那里").With("file", l.Rule, "line", l.Line, "pattern", l.Pattern)})
	} else {
		f.Evidence = append(f.Evidence, diag.Evidence{Role: diag.Because, File: s.Vendor.File, Text: text.New("they were removed behind go mod vendor", "它们在 go mod vendor 之后被删除").With()})
	}
	f.Evidence = append(f.Evidence, proof("{file} lists {package} of {module}", "{file} 列出了 {module} 的 {package}", "file", s.Vendor.File, "package", l.Package, "module", l.Module))
	for _, file := range l.Files[:min(len(l.Files), 4)] {
		f.Evidence = append(f.Evidence, proof("{path} is not there; {from} has it", "{path} 不存在；{from} 中有", "path", file.Path, "from", file.From))
	}
	f.Evidence = append(f.Evidence, not("a list that disagrees with go.mod: it agrees", "不是列表与 go.mod 不一致：它们一致"))
	return f
}

var filesEdited = diag.Check{
	ID:       "vendor-files-edited",
	Title:    text.New("files in the vendor folder were changed and not committed", "vendor 目录中的文件被改动且未提交"),
	Severity: diag.Warning,
	Reads:    reads,
	After:    []string{"vendor-inconsistent-gomod-bumped", "vendor-modules-txt-edited"},
	Doc: text.New(`The go command compares vendor/modules.txt with go.mod, and never the files with their modules: a debugging change, or a search-and-replace over the tree, is built into the program of this machine silently.

**Proof.** The file differs from its module's, whose zip has the hash of go.sum, and from the last commit. Files that are committed as they are count as a patch on purpose and are not reported; nor are ends of lines. **Looks the same:** a vendor folder of another version (its list disagrees with go.mod), an edited module cache (the zip decides).

**Fix.** It may be your work: the file is made the module's again only when you name the fix. **By hand.** `+"`git diff -- vendor`; `go mod vendor -o /tmp/v && diff -r vendor /tmp/v`"+`. See https://github.com/golang/go/issues/27348.`,
		`go 命令会比较 vendor/modules.txt 与 go.mod，但从不比较文件与其模块：调试时的改动，或对整个目录的查找替换，会不声不响地编译进本机的程序。

**证明。** 该文件与其模块（zip 的哈希与 go.sum 一致）不同，也与最近一次提交不同。按原样提交的文件视为有意的补丁，不报告；行尾差异也不报告。**容易混淆：** 其他版本的 vendor 目录（列表与 go.mod 不一致）、被编辑的模块缓存（以 zip 为准）。

**修复。** 它可能是你的工作：只有你指明该修复时才会恢复为模块的内容。**手工处理。** `+"`git diff -- vendor`；`go mod vendor -o /tmp/v && diff -r vendor /tmp/v`"+`。参见 https://github.com/golang/go/issues/27348。`),
	Run: func(s *facts.Snapshot) []diag.Finding {
		if !s.Vendor.Used || len(s.Vendor.Issues) > 0 {
			return nil
		}
		var f *diag.Finding
		var edits action.List
		for _, e := range s.Vendor.Edited {
			if e.InHead || len(e.Back) == 0 || s.Vendor.Head == "" && !s.Vendor.Bumped {
				continue // a patch on purpose, or no commit that could tell
			}
			if f == nil {
				f = &diag.Finding{Subject: s.Vendor.Dir, ByHand: "git diff -- " + quote(s.Vendor.Dir),
					Claim:    text.New("{path} is not the file of {module}, nor that of the last commit; builds use it silently", "{path} 既不是 {module} 的文件，也不是最近一次提交的文件；构建会不声不响地使用它").With("path", e.Path, "module", e.Module),
					Evidence: []diag.Evidence{{Role: diag.Because, File: e.Path, Text: text.New("it was changed behind go mod vendor", "它在 go mod vendor 之后被改动").With()}}}
			}
			if len(edits) < 5 {
				f.Evidence = append(f.Evidence, proof("{path} differs from {module}", "{path} 与 {module} 不同", "path", e.Path, "module", e.Module))
			}
			edits = append(edits, &action.Edit{Path: e.Path, Splices: e.Back})
		}
		if f == nil {
			return nil
		}
		f.Evidence = append(f.Evidence, not("an edited module cache: the zip, which has the hash of go.sum, was compared", "不是模块缓存被编辑：比较的是哈希与 go.sum 一致的 zip"))
		f.Fixes = []diag.Fix{{Title: text.New("make {n} file(s) those of their modules again", "把 {n} 个文件恢复为其模块的内容").With("n", len(edits)), Risk: diag.Person, Actions: edits}}
		return []diag.Finding{*f}
	},
}
