package modules

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"

	"github.com/gorescue/gorescue/internal/buildlist"
	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/gomod"
	"github.com/gorescue/gorescue/internal/lazyre"
	"github.com/gorescue/gorescue/internal/modcache"
	"github.com/gorescue/gorescue/internal/text"
)

// absentTools finds tool lines whose package no requirement can hold.
func absentTools(m *facts.ModFiles) []facts.AbsentTool {
	own := modfile.ModulePath([]byte(m.Mods[0].Text))
	v := &view{ModSource: &m.Mods[0], stmts: gomod.Parse(m.Mods[0].Text)}
	var out []facts.AbsentTool
	for i := range v.stmts {
		st := &v.stmts[i]
		pkg := st.Arg(0)
		if first, _, _ := strings.Cut(pkg, "/"); st.Verb != "tool" || !strings.Contains(first, ".") || strings.HasPrefix(pkg, ".") || own == "" || within(pkg, own) || v.provider(pkg) != nil || len(out) >= 20 {
			continue // names without a dot are of the Go tree
		}
		out = append(out, facts.AbsentTool{Package: pkg, Line: st.Line, Providers: providers(m.Sum.Text, m.Cache, pkg)})
	}
	return out
}

// newest looks for what the highest cached version of a module says of this one in its go.mod: that is where the go command
// reads retractions and deprecations (cmd/go/internal/modload/modfile.go: CheckRetractions, CheckDeprecation).
func newest(d *facts.ModDep, cache string) {
	p, err := modcache.PathsOf(cache, module.Version{Path: d.Path, Version: d.Version})
	if err != nil || !filepath.IsAbs(cache) || !semver.IsValid(d.Version) {
		return
	}
	list, err := os.ReadDir(filepath.Dir(p.Mod))
	if err != nil {
		return
	}
	best := d.Version
	for _, e := range list {
		name, ok := strings.CutSuffix(e.Name(), ".mod")
		v, err := module.UnescapeVersion(name)
		if ok && err == nil && semver.IsValid(v) && semver.Prerelease(v) == "" && semver.Compare(v, best) > 0 {
			best = v
		}
	}
	p, err = modcache.PathsOf(cache, module.Version{Path: d.Path, Version: best})
	if err != nil {
		return
	}
	data, err := buildlist.ReadFile(p.Mod)
	if err != nil {
		return
	}
	f, err := modfile.ParseLax(p.Mod, data, nil)
	if err != nil || f.Module == nil || f.Module.Mod.Path != d.Path {
		return
	}
	d.Newest = best
	d.Deprecated = short(f.Module.Deprecated)
	for _, r := range f.Retract {
		if semver.Compare(r.Low, d.Version) <= 0 && semver.Compare(d.Version, r.High) <= 0 {
			if d.Retracted = short(r.Rationale); d.Retracted == "" {
				d.Retracted = "?"
			}
		}
	}
}

// short is the begin of what an author wrote, on one line.
func short(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if len(s) > 300 {
		s = strings.ToValidUTF8(s[:300], "") + "…"
	}
	return s
}

// note is something that a module's author says of a version that is in use. claim has the places {mod}, {ver} and {why}.
type note struct {
	id                 string
	title, claim, what text.T
	said               func(d *facts.ModDep) string // "" = nothing
	source             string
}

func (n note) check() diag.Check {
	title, claim, what, said, source := n.title, n.claim, n.what, n.said, n.source
	return diag.Check{
		ID: n.id, Title: title, Severity: diag.Info, Reads: graphReads(facts.SecNetwork),
		Doc: text.New(what.En+`

It is said when the network is looked at (--net, gorescue net, or something is missing), never as a fault: the module builds and works as before.

**How it is proven.** The go.mod of the highest version that the module cache has, which is where the go command reads it too. The newest version of all may say
otherwise: no server is asked for it. **What looks the same.** A version that is merely not the newest.

**What the fix does.** There is none: versions are the team's. Never go get -u.

**By hand.** go list -m -u -retracted all. Source: `+source+`.`,
			what.Zh+`

只在检查网络时（--net、gorescue net，或缺少内容时）说明，绝不视为故障：该模块照常构建和工作。

**如何证明。** 模块缓存中最高版本的 go.mod，go 命令也从那里读取。最新的版本可能另有说法：没有为此询问任何服务器。**容易混淆的情况。** 只是不是最新的版本。

**修复做什么。** 没有修复：版本由团队决定。绝不运行 go get -u。

**手动检查。** go list -m -u -retracted all。来源：`+source+`。`),
		Run: func(s *facts.Snapshot) []diag.Finding {
			v := first(s)
			if v == nil {
				return nil
			}
			var out []diag.Finding
			for i := range s.ModFiles.Deps {
				d := &s.ModFiles.Deps[i]
				st := v.find("require", d.Path)
				if d.Head || d.Replaced || st == nil || st.Arg(1) != d.Version || said(d) == "" {
					continue
				}
				out = append(out, diag.Finding{Subject: d.Path, ByHand: "go list -m -u -retracted " + d.Path,
					Claim: claim.With("mod", d.Path, "ver", d.Version, "why", said(d)),
					Evidence: []diag.Evidence{
						because(text.New("{file}:{line} has: {text}", "{file}:{line} 写有：{text}").With("file", v.Path, "line", st.Line, "text", st.Text()), v.Path, st.Line),
						proof(text.New("the go.mod of {ver}, the highest version in the module cache, says so: {why}", "模块缓存中最高版本 {ver} 的 go.mod 如此说明：{why}").With("ver", d.Newest, "why", said(d)), "go list -m -u -retracted "+d.Path),
						not(text.New("not a fault: the version can be had and builds", "不是故障：该版本可以获取，也能构建").With()),
					}})
			}
			return out
		},
	}
}

var retracted = note{"dependency-retracted",
	text.New("a version in use is retracted by its author", "正在使用的版本已被作者撤回"),
	text.New("{mod} {ver} is retracted by its author: {why}", "{mod} {ver} 已被其作者撤回：{why}"),
	text.New("A retract line of a later version names the version that this project requires: its author advises against it.", "某个较新版本的 retract 行写有本项目所要求的版本：其作者不建议使用。"),
	func(d *facts.ModDep) string { return d.Retracted }, "https://go.dev/ref/mod#go-mod-file-retract"}.check()

var deprecated = note{"dependency-deprecated",
	text.New("a module in use is deprecated", "正在使用的模块已被弃用"),
	text.New("{mod} is deprecated by its author: {why}", "{mod} 已被其作者弃用：{why}"),
	text.New("A comment above the module line of the module's go.mod begins with \"Deprecated:\": its author advises to use another module.", "该模块 go.mod 的 module 行上方的注释以“Deprecated:”开头：其作者建议改用其他模块。"),
	func(d *facts.ModDep) string { return d.Deprecated }, "https://go.dev/ref/mod#go-mod-file-module-deprecation"}.check()

// nearly is what a version that names a commit looks like, well-formed or not.
var nearly = lazyre.New(`^v[0-9]+\.[0-9]+\.[0-9]+-(?:[0-9A-Za-z.-]+\.)?([0-9]{10,16})-([0-9a-f]{4,40})(?:\+incompatible)?$`)

// pseudoError says why a version that names a commit cannot be one, "" = it can, or is none
// (cmd/go/internal/modfetch/coderepo.go: validatePseudoVersion; golang.org/x/mod/module/pseudo.go).
func pseudoError(v string, now time.Time) (why text.T, bad bool) {
	m := nearly().FindStringSubmatch(v)
	if m == nil {
		return text.T{}, false
	}
	stamp, rev := m[1], m[2]
	when, err := time.Parse("20060102150405", stamp)
	switch {
	case len(stamp) != 14 || err != nil:
		return text.New("its time is no time: {part}", "其时间部分不是时间：{part}"), true
	case len(rev) != 12:
		return text.New("its revision is not the first 12 hexadecimal digits of a commit: {part}", "其修订部分不是提交哈希的前 12 位十六进制数：{part}"), true
	case when.After(now.Add(48 * time.Hour)):
		return text.New("its time is still to come: {part}", "其时间在未来：{part}"), true
	}
	return text.T{}, false
}

var badPseudo = diag.Check{
	ID:       "gomod-pseudo-version-invalid",
	Title:    text.New("a version that names a commit is not well-formed", "指向某次提交的版本格式不正确"),
	Severity: diag.Error, Reads: graphReads(),
	Doc: text.New(`A version such as v0.1.1-0.20240102030405-abcdefabcdef names a commit: the time of the commit in UTC, and the first 12 digits of its hash. Written by
hand it is easily wrong: a digit too few, a short hash, a time that does not exist. The go command says "invalid pseudo-version", or a proxy answers 404.

**How it is proven.** The rules of the form, which need neither network nor repository; the module cache does not have that version, go.sum does not name it, and the build does not pass. **What
looks the same.** A well-formed one whose commit does not exist: only a server can say that, and it is another finding.

**What the fix does.** It takes the uncommitted line back; or, when go.sum has the hash of exactly one version of the module that names the same commit or the same
time, that one is written when this check is named. Otherwise the go command can find the right form.

**By hand.** go list -m MODULE@COMMIT. Source: https://go.dev/ref/mod#pseudo-versions.`,
		`形如 v0.1.1-0.20240102030405-abcdefabcdef 的版本指向一次提交：提交的 UTC 时间，以及其哈希的前 12 位。手写很容易出错：少一位数字、哈希太短、时间不存在。
go 命令报“invalid pseudo-version”，或代理返回 404。

**如何证明。** 格式规则，既不需要网络也不需要仓库；模块缓存中没有该版本，且构建不能通过。**容易混淆的情况。** 格式正确但提交不存在：只有服务器能说明，是另一条发现。

**修复做什么。** 撤回未提交的那一行；或者，如果 go.sum 中恰好有一个指向同一提交或同一时间的该模块版本的哈希，则在指明本检查时写入它。否则 go 命令可以找出正确的写法。

**手动检查。** go list -m 模块@提交。来源：https://go.dev/ref/mod#pseudo-versions。`),
	Run: func(s *facts.Snapshot) []diag.Finding {
		v := first(s)
		if v == nil || passes(s) {
			return nil
		}
		var out []diag.Finding
		for i := range v.stmts {
			st := &v.stmts[i]
			why, bad := pseudoError(st.Arg(1), s.Taken)
			if st.Verb != "require" || !bad || known(s, st.Arg(0), st.Arg(1)) || v.find("replace", st.Arg(0)) != nil || inSum(s, st.Arg(0), st.Arg(1)) {
				continue
			}
			m := nearly().FindStringSubmatch(st.Arg(1))
			part := m[2]
			if _, err := time.Parse("20060102150405", m[1]); err != nil || strings.Contains(why.En, "time") {
				part = m[1]
			}
			f := diag.Finding{Subject: st.Arg(0), ByHand: "go list -m " + st.Arg(0) + "@" + m[2],
				Claim: text.New("{file}:{line} asks for {mod} {ver}, which cannot name a commit", "{file}:{line} 要求 {mod} {ver}，它不可能指向一次提交").With("file", v.Path, "line", st.Line, "mod", st.Arg(0), "ver", st.Arg(1)),
				Evidence: []diag.Evidence{
					because(text.New("{file}:{line} has: {text}", "{file}:{line} 写有：{text}").With("file", v.Path, "line", st.Line, "text", st.Text()), v.Path, st.Line),
					proof(why.With("part", part), ""),
					v.committed(st),
				}}
			if e, ok := complaint(s); ok {
				f.Evidence = append(f.Evidence, e)
			}
			f.Evidence = append(f.Evidence, not(text.New("not the network: go gives no commit a version of this form, and go.sum does not know it as a tag", "不是网络问题：go 不会为任何提交给出这种形式的版本，go.sum 中也没有这样的标签").With()))
			f.Fixes = v.betterPseudo(s, st, m)
			out = append(out, f)
		}
		return out
	},
}

// inSum reports whether go.sum has any hash of a version.
func inSum(s *facts.Snapshot, path, ver string) bool {
	return strings.Contains(s.ModFiles.Sum.Text, path+" "+ver+" ") || strings.Contains(s.ModFiles.Sum.Text, path+" "+ver+"/go.mod ")
}

// betterPseudo finds the version that was meant.
func (v *view) betterPseudo(s *facts.Snapshot, st *gomod.Stmt, m []string) []diag.Fix {
	if c := v.change(st); c != nil && c.Old != nil {
		return []diag.Fix{v.takeBack(*c)}
	}
	var meant []string
	for line := range strings.Lines(s.ModFiles.Sum.Text) {
		f := strings.Fields(line)
		if len(f) != 3 || f[0] != st.Arg(0) {
			continue
		}
		ver := strings.TrimSuffix(f[1], "/go.mod")
		if o := nearly().FindStringSubmatch(ver); o != nil && ver != st.Arg(1) && (o[1] == m[1] || strings.HasPrefix(o[2], m[2]) || strings.HasPrefix(m[2], o[2])) && !slices.Contains(meant, ver) {
			meant = append(meant, ver)
		}
	}
	if len(meant) == 1 {
		return []diag.Fix{edit(text.New("write {ver}, of which go.sum has the hash", "写入 {ver}，go.sum 中有其哈希").With("ver", meant[0]), diag.Person, v.Path,
			[]facts.Splice{{Offset: st.At, Old: st.Raw, New: strings.Replace(st.Raw, st.Arg(1), meant[0], 1)}})}
	}
	return []diag.Fix{manual(text.New("have the go command find the right form of the commit", "让 go 命令找出该提交的正确写法").With(), "go get "+st.Arg(0)+"@"+m[2])}
}
