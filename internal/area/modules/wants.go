package modules

import (
	"go/version"
	"slices"
	"strings"

	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"

	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/gomod"
	"github.com/gorescue/gorescue/internal/text"
)

// graphReads are the sections of checks about what go.mod asks for.
func graphReads(more ...facts.Section) []facts.Section {
	return append([]facts.Section{facts.SecModules, facts.SecProject, facts.SecBuild}, more...)
}

var excluded = diag.Check{
	ID:       "gomod-exclude-of-required-version",
	Title:    text.New("go.mod excludes a version that it requires", "go.mod 排除了它自己要求的版本"),
	Severity: diag.Error, Reads: graphReads(),
	Doc: text.New(`go.mod requires a version and an exclude line forbids the same one. The go command then ignores the requirement and would move to the
next higher version; since a build may not do that by itself it says "updates to go.mod needed".

**How it is proven.** Both lines, and the build's complaint. **What looks the same.** Excluding versions that are not required, or that only a
dependency requires while go.mod asks for a higher one, is normal and not reported.

**What the fix does.** It removes the exclude line when it is not committed. Never go mod tidy, which accepts the silent upgrade. When both
lines are committed, either may be meant: a person decides.

**By hand.** go list -m all; git diff go.mod. Source: https://go.dev/ref/mod#go-mod-file-exclude.`,
		`go.mod 要求某个版本，而 exclude 行又禁止同一个版本。go 命令于是忽略该要求，打算改用下一个更高的版本；由于构建不能自行这样做，它报“updates to go.mod needed”。

**如何证明。** 这两行以及构建的报错。**容易混淆的情况。** 排除未被要求的版本，或只有某个依赖要求而 go.mod 要求更高版本的情况是正常的，不报告。

**修复做什么。** 如果 exclude 行未提交，则删除它。绝不运行 go mod tidy：它会接受悄悄的升级。如果两行都已提交，两者都可能是本意，由人决定。

**手动检查。** go list -m all；git diff go.mod。来源：https://go.dev/ref/mod#go-mod-file-exclude。`),
	Run: func(s *facts.Snapshot) []diag.Finding {
		v := first(s)
		if v == nil || passes(s) {
			return nil
		}
		var out []diag.Finding
		for i := range v.stmts {
			ex := &v.stmts[i]
			if ex.Verb != "exclude" {
				continue
			}
			j := slices.IndexFunc(v.stmts, func(r gomod.Stmt) bool { return r.Verb == "require" && r.Arg(0) == ex.Arg(0) && r.Arg(1) == ex.Arg(1) })
			if j < 0 || v.find("replace", ex.Arg(0)) != nil {
				continue
			}
			f := diag.Finding{Subject: ex.Arg(0), ByHand: "go list -m all",
				Claim: text.New("{file}:{line} excludes {mod} {ver}, which line {other} requires", "{file}:{line} 排除了第 {other} 行所要求的 {mod} {ver}").
					With("file", v.Path, "line", ex.Line, "mod", ex.Arg(0), "ver", ex.Arg(1), "other", v.stmts[j].Line),
				Evidence: []diag.Evidence{
					because(text.New("{file}:{line} has: {text}", "{file}:{line} 写有：{text}").With("file", v.Path, "line", ex.Line, "text", ex.Text()), v.Path, ex.Line),
					proof(text.New("line {line} requires the same version", "第 {line} 行要求同一版本").With("line", v.stmts[j].Line), ""),
				}}
			if e, ok := complaint(s); ok {
				f.Evidence = append(f.Evidence, e)
			}
			f.Evidence = append(f.Evidence, v.committed(ex), not(text.New("not drift: without the exclude line nothing is to be updated", "不是依赖漂移：没有 exclude 行就没有需要更新的内容").With()))
			if c := v.change(ex); c != nil {
				f.Fixes = []diag.Fix{v.takeBack(*c)}
			} else {
				f.Fixes = []diag.Fix{edit(text.New("remove the exclude line", "删除 exclude 行").With(), diag.Person, v.Path, []facts.Splice{{Offset: ex.At, Old: ex.Raw}})}
			}
			out = append(out, f)
		}
		return out
	},
}

var needsNewerGo = diag.Check{
	ID:       "dependency-needs-newer-go",
	Title:    text.New("a dependency needs a newer Go than the one here", "某个依赖需要比本机更新的 Go"),
	Severity: diag.Error, Reads: graphReads(facts.SecToolchain, facts.SecSettings),
	Doc: text.New(`The go.mod of a required version has a go line that is newer than the Go that runs here, and GOTOOLCHAIN forbids to change to another
release, or no such release can exist yet: "module example.com/a@v1.2.1 requires go >= 1.99 (running go 1.26.8; GOTOOLCHAIN=local)".

**How it is proven.** The go line in the module cache (its hash is that of go.sum), the version of the Go in use, GOTOOLCHAIN. **What looks the
same.** The go line of the project's own go.mod (another finding).

**What the fix does.** When the version was raised since the last commit and the go line of the committed version is satisfied here, that line is
taken back. A committed requirement is the team's decision: then the newer Go is to be installed. Never edit the module cache.

**By hand.** go version; go env GOTOOLCHAIN; git diff go.mod. Source: https://go.dev/doc/toolchain.`,
		`所要求版本的 go.mod 中 go 行比这里运行的 Go 更新，而 GOTOOLCHAIN 禁止切换到其他版本，或者这样的版本还不可能存在：
“module example.com/a@v1.2.1 requires go >= 1.99 (running go 1.26.8; GOTOOLCHAIN=local)”。

**如何证明。** 模块缓存中的 go 行（其哈希与 go.sum 一致）、正在使用的 Go 版本、GOTOOLCHAIN。**容易混淆的情况。** 项目自己 go.mod 的 go 行（另一条发现）。

**修复做什么。** 如果版本是在最后一次提交之后提高的，且已提交版本的 go 行在这里可以满足，则撤回该行。已提交的要求是团队的决定：应安装更新的 Go。绝不修改模块缓存。

**手动检查。** go version；go env GOTOOLCHAIN；git diff go.mod。来源：https://go.dev/doc/toolchain。`),
	Run: func(s *facts.Snapshot) []diag.Finding {
		v, have := first(s), running(s)
		if v == nil || have == "" || passes(s) || s.Project.Vendor {
			return nil
		}
		var out []diag.Finding
		for _, d := range s.ModFiles.Deps {
			st := v.find("require", d.Path)
			if d.Head || d.Replaced || !d.Known || st == nil || st.Arg(1) != d.Version || satisfied(s, have, d.Go) {
				continue
			}
			f := diag.Finding{Subject: d.Path, ByHand: "go version; go env GOTOOLCHAIN",
				Claim: text.New("{mod} {ver} needs Go {want}, and {have} runs here", "{mod} {ver} 需要 Go {want}，而这里运行的是 {have}").With("mod", d.Path, "ver", d.Version, "want", d.Go, "have", have),
				Evidence: []diag.Evidence{
					because(text.New("{file}:{line} has: {text}", "{file}:{line} 写有：{text}").With("file", v.Path, "line", st.Line, "text", st.Text()), v.Path, st.Line),
					proof(text.New("its go.mod in the module cache has: go {want}", "模块缓存中它的 go.mod 写有：go {want}").With("want", d.Go), "go list -m -json "+d.Path+"@"+d.Version),
					proof(text.New("GOTOOLCHAIN={mode}: {have} stays, or no release {want} exists", "GOTOOLCHAIN={mode}：只能用 {have}，或不存在 {want} 版本").With("mode", s.Settings.Get("GOTOOLCHAIN"), "have", have, "want", d.Go), "go env GOTOOLCHAIN"),
					v.committed(st),
					not(text.New("not the project's own go line: that one is satisfied", "不是项目自己的 go 行：那一行可以满足").With()),
				}}
			c := v.change(st)
			if c != nil && (c.Old == nil || satisfied(s, have, goOf(s, d.Path, c.Old.Arg(1)))) {
				f.Fixes = []diag.Fix{v.takeBack(*c)}
			} else {
				f.Fixes = []diag.Fix{manual(text.New("install Go {want} or newer, or ask the team for a version of {mod} that needs less", "安装 Go {want} 或更新版本，或请团队选用要求较低的 {mod} 版本").With("want", d.Go, "mod", d.Path), "")}
			}
			out = append(out, f)
		}
		return out
	},
}

// running is the release of the Go that a command here starts, "" = unknown.
func running(s *facts.Snapshot) string {
	t := &s.Toolchain
	if t.First < 0 || t.First >= len(t.Commands) || !version.IsValid(t.Commands[t.First].Version) {
		return ""
	}
	return t.Commands[t.First].Version
}

// satisfied reports whether a go line can be met: by the Go that runs, or by one it may change to.
func satisfied(s *facts.Snapshot, have, want string) bool {
	if want == "" || !version.IsValid("go"+want) || version.Compare(have, "go"+want) >= 0 {
		return true
	}
	mode := s.Settings.Get("GOTOOLCHAIN")
	switches := mode == "auto" || mode == "path" || strings.HasSuffix(mode, "+auto") || strings.HasSuffix(mode, "+path")
	if !switches {
		return false
	}
	for _, sw := range s.Toolchain.Switch {
		if version.Compare(sw.Name, "go"+want) >= 0 {
			return true
		}
	}
	return !strings.Contains(s.Build.Stderr, "requires go >= ") // whether it can be fetched is not known
}

// goOf is the go line of a version in the module cache, "" = none or unknown.
func goOf(s *facts.Snapshot, path, ver string) string {
	for _, d := range s.ModFiles.Deps {
		if d.Path == path && d.Version == ver {
			return d.Go
		}
	}
	return ""
}

var otherPath = diag.Check{
	ID:       "fork-required-without-replace",
	Title:    text.New("a module is required under another path than its own", "模块以不同于其自身的路径被引用"),
	Severity: diag.Error, Reads: graphReads(facts.SecPolicy),
	Doc: text.New(`A require line names a path, and the go.mod of that version declares another one: "module declares its path as: example.com/a but was
required as: example.com/alice/a". That is so for a fork whose go.mod still has the path of the original, and for a module that has moved
to a new path.

**How it is proven.** The module line in the module cache (its hash is that of go.sum when it says so), the require line, and which of both
paths the code imports. **What looks the same.** A version without a go.mod that is +incompatible, and a go.mod with /vN: another finding.

**What the fix does.** When the code imports the declared path, the fork is meant to take its place: the original is required in the version of the
last commit and replaced by the fork in its version; no import changes, and the fork's content stays in use. When the code imports the old
path the module has moved: the uncommitted line is taken back; the policy's key moved is quoted; changing imports is your decision.

**By hand.** go mod edit -droprequire=FORK -require=PATH@VERSION -replace=PATH=FORK@VERSION. Source: https://go.dev/ref/mod#go-mod-file-replace.`,
		`require 行写的是一个路径，而该版本的 go.mod 声明的是另一个路径：“module declares its path as: example.com/a but was required as: example.com/alice/a”。
分叉仓库的 go.mod 仍写着原路径，或模块迁移到新路径时，都会这样。

**如何证明。** 模块缓存中的 module 行（go.sum 有记录时，其哈希一致）、require 行，以及代码导入的是哪个路径。**容易混淆的情况。** 没有 go.mod 的 +incompatible 版本与带 /vN 的 go.mod：另一条发现。

**修复做什么。** 如果代码导入的是声明的路径，说明本意是用分叉取代它：按最后一次提交中的版本要求原模块，并用分叉的该版本替换；import 不变，分叉的内容继续使用。
如果代码导入的是旧路径，说明模块已迁移：撤回未提交的行，并引用策略中的 moved 键；是否修改 import 由你决定。

**手动检查。** go mod edit -droprequire=分叉 -require=路径@版本 -replace=路径=分叉@版本。来源：https://go.dev/ref/mod#go-mod-file-replace。`),
	Run: func(s *facts.Snapshot) []diag.Finding {
		return mismatches(s, func(d *facts.ModDep) bool { return !incompatible(d) }, forkOrMoved)
	},
}

var hasGoMod = diag.Check{
	ID:       "incompatible-version-has-gomod",
	Title:    text.New("a version is required without the major suffix that its go.mod declares", "所要求的版本缺少其 go.mod 声明的主版本后缀"),
	Severity: diag.Error, Reads: graphReads(),
	Doc: text.New(`A requirement was raised to the first release whose go.mod declares a path with /vN. +incompatible only applies to versions without a go.mod,
so the go command says "module declares its path as: example.com/old/v2 but was required as: example.com/old".

**How it is proven.** The module line in the module cache, and the require line. **What looks the same.** A +incompatible version without a go.mod is
legal and not accused; a fork under its own path is another finding.

**What the fix does.** It takes the uncommitted change of this line back. The move to /vN is a change of the code: its imports. Never a replace of the path.

**By hand.** git diff go.mod. Source: https://go.dev/ref/mod#incompatible-versions.`,
		`某个要求被提高到第一个在 go.mod 中声明了 /vN 路径的版本。+incompatible 只适用于没有 go.mod 的版本，因此 go 命令报
“module declares its path as: example.com/old/v2 but was required as: example.com/old”。

**如何证明。** 模块缓存中的 module 行，以及 require 行。**容易混淆的情况。** 没有 go.mod 的 +incompatible 版本是合法的，不会被指责；以自身路径引用的分叉是另一条发现。

**修复做什么。** 撤回这一行未提交的改动。升级到 /vN 需要修改代码的 import。绝不用 replace 改路径。

**手动检查。** git diff go.mod。来源：https://go.dev/ref/mod#incompatible-versions。`),
	Run: func(s *facts.Snapshot) []diag.Finding {
		return mismatches(s, incompatible, func(_ *facts.Snapshot, v *view, d *facts.ModDep, st *gomod.Stmt) []diag.Fix {
			if c := v.change(st); c != nil {
				return []diag.Fix{v.takeBack(*c)}
			}
			return []diag.Fix{manual(text.New("require {path} and change the imports, or go back to a version without a go.mod", "改为要求 {path} 并修改 import，或退回没有 go.mod 的版本").With("path", d.Declares), "")}
		})
	},
}

// incompatible reports whether a version declares its path with another major suffix than it is required by.
func incompatible(d *facts.ModDep) bool {
	a, _, ok1 := module.SplitPathVersion(d.Path)
	b, _, ok2 := module.SplitPathVersion(d.Declares)
	return ok1 && ok2 && a == b
}

// mismatches makes the findings of required versions whose go.mod declares another path.
func mismatches(s *facts.Snapshot, of func(*facts.ModDep) bool, fixes func(*facts.Snapshot, *view, *facts.ModDep, *gomod.Stmt) []diag.Fix) []diag.Finding {
	v := first(s)
	if v == nil || passes(s) || s.Project.Vendor {
		return nil
	}
	var out []diag.Finding
	for i := range s.ModFiles.Deps {
		d := &s.ModFiles.Deps[i]
		st := v.find("require", d.Path)
		if d.Head || d.Replaced || !d.Known || d.Declares == "" || d.Declares == d.Path || st == nil || st.Arg(1) != d.Version || !of(d) {
			continue
		}
		f := diag.Finding{Subject: d.Path, ByHand: "go list -m -json " + d.Path,
			Claim: text.New("{file}:{line} requires {mod} {ver}, whose go.mod declares {own}", "{file}:{line} 要求 {mod} {ver}，但其 go.mod 声明的是 {own}").
				With("file", v.Path, "line", st.Line, "mod", d.Path, "ver", d.Version, "own", d.Declares),
			Evidence: []diag.Evidence{
				because(text.New("{file}:{line} has: {text}", "{file}:{line} 写有：{text}").With("file", v.Path, "line", st.Line, "text", st.Text()), v.Path, st.Line),
				proof(text.New("its go.mod in the module cache has: module {own}", "模块缓存中它的 go.mod 写有：module {own}").With("own", d.Declares), "go mod download -json "+d.Path+"@"+d.Version),
				v.committed(st),
			}}
		if e, ok := complaint(s); ok {
			f.Evidence = append(f.Evidence, e)
		}
		if d.Verified {
			f.Evidence = append(f.Evidence, not(text.New("not a damaged cache: this go.mod has the hash of go.sum", "不是缓存损坏：该 go.mod 的哈希与 go.sum 一致").With()))
		} else {
			f.Evidence = append(f.Evidence, not(text.New("not a damaged cache: this go.mod parses, and its module line is whole", "不是缓存损坏：该 go.mod 可以解析，module 行完整").With()))
		}
		f.Fixes = fixes(s, v, d, st)
		out = append(out, f)
	}
	return out
}

func forkOrMoved(s *facts.Snapshot, v *view, d *facts.ModDep, st *gomod.Stmt) []diag.Fix {
	c := v.change(st)
	ownImports, otherImports := imports(s, d.Path), imports(s, d.Declares)
	if otherImports && !ownImports && v.find("replace", d.Declares) == nil {
		if fix, ok := v.fork(d, st); ok {
			if c == nil {
				fix.Risk = diag.Person
			}
			return []diag.Fix{fix}
		}
	}
	if c != nil {
		return []diag.Fix{v.takeBack(*c)}
	}
	if to := s.Policy.Moved[d.Path]; to != "" && to == d.Declares {
		return []diag.Fix{manual(text.New("the team's policy says that {old} has moved to {new}: change the imports, then go get {new}@{ver}", "团队策略表明 {old} 已迁移到 {new}：修改 import，然后 go get {new}@{ver}").With("old", d.Path, "new", to, "ver", d.Version), "")}
	}
	return []diag.Fix{manual(text.New("ask for {own} instead of {mod}, or for a version from before the move", "改为要求 {own}，或改用迁移之前的 {mod} 版本").With("own", d.Declares, "mod", d.Path), "")}
}

// imports reports whether the module's own files import a package of that path.
func imports(s *facts.Snapshot, path string) bool {
	return slices.ContainsFunc(s.ModFiles.Imports, func(i facts.Import) bool { return i.Path == path || strings.HasPrefix(i.Path, path+"/") })
}

// fork requires the declared path in a version that git or go.sum knows, and replaces it by the fork.
func (v *view) fork(d *facts.ModDep, st *gomod.Stmt) (diag.Fix, bool) {
	ver := ""
	if v.Head != nil {
		for _, r := range requires(*v.Head) {
			if r.Path == d.Declares {
				ver = r.Version
			}
		}
	}
	other := v.find("require", d.Declares)
	if other != nil {
		ver = other.Arg(1)
	}
	if !semver.IsValid(ver) {
		return diag.Fix{}, false
	}
	line := strings.Replace(strings.Replace(st.Raw, st.Args[len(st.Args)-2], d.Declares, 1), d.Version, ver, 1)
	if other != nil {
		line = ""
	}
	end := "\n"
	if !strings.HasSuffix(v.Text, "\n") {
		end = "\n\n"
	}
	splices := []facts.Splice{{Offset: st.At, Old: st.Raw, New: line}, {Offset: len(v.Text), New: end + "replace " + d.Declares + " => " + d.Path + " " + d.Version + "\n"}}
	title := text.New("require {own} {ver} and replace it by {mod} {fork}", "要求 {own} {ver}，并用 {mod} {fork} 替换它").With("own", d.Declares, "ver", ver, "mod", d.Path, "fork", d.Version)
	return edit(title, diag.Safe, v.Path, splices), v.clean(splices)
}
