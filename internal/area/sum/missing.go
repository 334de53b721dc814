package sum

import (
	"maps"
	"slices"
	"strings"

	"github.com/gorescue/gorescue/internal/action"
	"github.com/gorescue/gorescue/internal/buildlist"
	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/gosum"
	"github.com/gorescue/gorescue/internal/lazyre"
	"github.com/gorescue/gorescue/internal/text"
)

var entryMissing = diag.Check{
	ID:       "gosum-entry-missing",
	Title:    text.New("go.sum lacks entries of modules that the project asks for", "go.sum 缺少项目所需模块的条目"),
	Severity: diag.Error,
	Reads:    netReads(facts.SecBuild, facts.SecSettings),
	After: []string{"gomod-pseudo-version-invalid", "dependency-version-typo", "gosum-merge-conflict", "gosum-zero-filled", "gosum-wrong-encoding", "gosum-line-truncated", "gosum-malformed-line", "gosum-unreadable",
		"go-work-merge-conflict", "go-work-unreadable"},
	Doc: text.New(`go.mod asks for a version, and go.sum has no line for it: go.mod was committed without go.sum, a rebase or a merge took one side of it, or the file was deleted. With -mod=readonly, the default, the go command does not add lines:
"missing go.sum entry for module providing package …".

**Proof.** The go command's own complaint; the other lines of go.sum are intact; and the witness that has the lines: git (HEAD, the index, a side of a merge, an older commit, another go.sum of the workspace) or the checksum database, asked
with its signature checked. **Looks the same:** a line that is there and wrong (checksum mismatch), a version that does not exist, a requirement that go.mod lacks ("no required module provides package").

**Fix.** Exactly the missing lines are added, as the witness has them, provided that the content in the module cache, if it is there, has the same hash. go.mod stays as it is. When no witness has them, the hashes of what is in the cache are shown, and adding
them is for a person: it trusts what was downloaded. **Never:** go mod tidy (drops requirements that nothing imports), go get -u, GOFLAGS=-mod=mod.

**By hand.** `+"`git diff go.sum`; `go mod download MODULE@VERSION`"+`. See https://go.dev/ref/mod#go-sum-files.`,
		`go.mod 需要某个版本，而 go.sum 中没有它的行：提交了 go.mod 而没有提交 go.sum、rebase 或合并只取了一侧，或文件被删除。默认的 -mod=readonly 下 go 命令不会添加行：
“missing go.sum entry for module providing package …”。

**证明。** go 命令自己的报错；go.sum 的其他行完好；以及拥有这些行的证人：git（HEAD、暂存区、合并的一侧、旧提交、工作区的其他 go.sum），或经签名验证的校验数据库。
**容易混淆：** 行存在但有误（checksum mismatch）、版本不存在、go.mod 缺少依赖（“no required module provides package”）。

**修复。** 只按证人所有补上缺少的行；若模块缓存中已有内容，其哈希必须一致。go.mod 保持不变。没有证人时，显示缓存内容的哈希，由人决定是否添加：那意味着信任已下载的内容。
**绝不：** go mod tidy（会删除没有被导入的依赖）、go get -u、GOFLAGS=-mod=mod。

**手工处理。** `+"`git diff go.sum`；`go mod download 模块@版本`"+`。参见 https://go.dev/ref/mod#go-sum-files。`),
	Run: missingEntries,
}

// complaint is what the go command says when a line is missing (cmd/go/internal/modload: ImportMissingSumError, and
// mvs of go.mod files).
var complaint = lazyre.New(`missing go\.sum entry for (go\.mod file|module providing package (\S+))`)

func missingEntries(s *facts.Snapshot) []diag.Finding {
	said := complaintOf(s)
	if said == "" || buildlist.Flag(s.Settings.Get("GOFLAGS"), "mod") == "mod" {
		return nil // with -mod=mod the user's own go command adds the lines
	}
	byFile, from := entriesByFile(s)
	f := diag.Finding{
		Claim:  text.New("go.sum has no entry for what the project asks for: {said}", "go.sum 中没有项目所需内容的条目：{said}").With("said", said),
		ByHand: "go build ./...",
		Evidence: []diag.Evidence{
			by(proof("the go command says: {said}", "go 命令报告：{said}", "said", said), s.Build.Command),
		},
	}
	n := 0
	var fix action.List
	for _, path := range slices.Sorted(maps.Keys(byFile)) {
		if a := insertion(s, path, byFile[path]); a != nil {
			fix = append(fix, a)
			n += len(byFile[path])
		}
	}
	if n == 0 {
		f.Evidence = append(f.Evidence, because("go.mod was changed without go.sum, or go.sum lost lines; no witness here has them", "go.mod 改动而 go.sum 未改，或 go.sum 丢失了行；这里没有证人拥有它们"))
		f.Fixes = unvouched(s)
		f.Evidence = append(f.Evidence, known(s)...)
		return []diag.Finding{f}
	}
	why := by(because("{names} has {n} entries that the file lacks", "{names} 有文件中缺少的 {n} 个条目", "names", strings.Join(from, ", "), "n", n), "git diff -- go.sum")
	f.Evidence = slices.Insert(f.Evidence, 0, why)
	shown := 0
	for _, path := range slices.Sorted(maps.Keys(byFile)) {
		for _, e := range slices.SortedFunc(maps.Keys(byFile[path]), gosum.Compare) {
			if shown++; shown <= 6 {
				f.Evidence = append(f.Evidence, proof("{entry}", "{entry}", "entry", e))
			}
		}
	}
	f.Evidence = append(f.Evidence, not("a wrong line: no line of the file contradicts these", "不是某行有误：文件中没有与它们矛盾的行"))
	f.Fixes = []diag.Fix{{Title: text.New("add the {n} missing entries, as {names} has them", "按 {names} 补上缺少的 {n} 个条目").With("n", n, "names", strings.Join(from, ", ")), Risk: diag.Safe, Actions: fix}}
	f.Fixes = append(f.Fixes, unvouched(s)...)
	return []diag.Finding{f}
}

// complaintOf is the go command's complaint about a missing line, "" = there is none.
func complaintOf(s *facts.Snapshot) string {
	if s.Build.Outcome != facts.BuildFailed {
		return ""
	}
	for _, e := range s.Build.Errors {
		if complaint().MatchString(e.Text) {
			line, _, _ := strings.Cut(strings.TrimSpace(e.Text), "\n")
			return strings.TrimSuffix(strings.TrimSuffix(line, "; to add:"), "; to add it:")
		}
	}
	return ""
}

// entriesByFile are the entries that a witness vouches for, by the file they belong into, and the witnesses' names.
func entriesByFile(s *facts.Snapshot) (map[string]map[string]int, []string) {
	out := map[string]map[string]int{}
	add := func(file, entry string, at int) {
		if out[file] == nil {
			out[file] = map[string]int{}
		}
		out[file][entry] = at
	}
	var from []string
	named := func(name string) {
		if !slices.Contains(from, name) && len(from) < 4 {
			from = append(from, name)
		}
	}
	have := map[string]bool{}
	for _, e := range s.Sums.Lost {
		if e.Content != "" && e.Content != e.Hash {
			continue // the cache has something else: a question of trust
		}
		add(e.File, e.Module+" "+e.Key+" "+e.Hash, e.At)
		have[e.Module+" "+e.Key] = true
		named(e.From)
	}
	file := ownFile(s)
	for _, b := range s.Sums.Bare {
		for _, a := range s.SumSources.Answers {
			if a.Module != b.Module || a.Version != b.Version || a.Entry != facts.EntryDB || a.Hash == "" || file == "" {
				continue
			}
			key, content, wanted := b.Version, b.Zip, b.NoZip
			if a.GoMod {
				key, content, wanted = b.Version+"/go.mod", b.Mod, b.NoMod
			}
			if !wanted || have[a.Module+" "+key] || content != "" && content != a.Hash {
				continue
			}
			add(file, a.Module+" "+key+" "+a.Hash, b.At)
			named(a.Source)
		}
	}
	return out, from
}

// ownFile is the file that the go command itself would add entries to.
func ownFile(s *facts.Snapshot) string {
	for _, f := range s.Sums.Files {
		if f.Work || len(s.Sums.Files) == 1 {
			return f.Path
		}
	}
	return ""
}

// insertion adds entries to a file that can be read, or makes the file.
func insertion(s *facts.Snapshot, path string, entries map[string]int) action.Action {
	for _, f := range s.Sums.Files {
		if f.Path != path || f.Mend != nil || f.State != facts.FileRead && f.State != facts.FileMissing {
			continue
		}
		if splices := gosum.Insert(entries, f.Size, f.EOL, f.Ended); len(splices) > 0 {
			return &action.Edit{Path: path, Create: f.State == facts.FileMissing, Splices: splices}
		}
	}
	return nil
}

// unvouched is the proposal to trust what is in the cache, and the advice to fetch it.
func unvouched(s *facts.Snapshot) []diag.Fix {
	var names []string
	entries := map[string]int{}
	for _, b := range s.Sums.Bare {
		if b.NoZip && b.Zip != "" {
			entries[b.Module+" "+b.Version+" "+b.Zip] = b.At
		}
		if b.NoMod && b.Mod != "" {
			entries[b.Module+" "+b.Version+"/go.mod "+b.Mod] = b.At
		}
		names = append(names, b.Module+"@"+b.Version)
	}
	var out []diag.Fix
	if a := insertion(s, ownFile(s), entries); a != nil {
		out = append(out, diag.Fix{Risk: diag.Person, Actions: action.List{a},
			Title: text.New("trust what the module cache has, and add its {n} hashes: nobody vouches for them", "信任模块缓存中的内容，添加其 {n} 个哈希：没有人为它们作证").With("n", len(entries))})
	}
	if len(names) > 0 {
		out = append(out, manual("let the go command fetch and verify them", "让 go 命令获取并验证它们", "go mod download "+strings.Join(names[:min(len(names), 8)], " ")))
	}
	return out
}

// said2 shows what is known of the versions without lines.
func known(s *facts.Snapshot) []diag.Evidence {
	var out []diag.Evidence
	for _, b := range s.Sums.Bare[:min(len(s.Sums.Bare), 4)] {
		if b.Zip != "" {
			out = append(out, proof("{hash}  the content of {module} {version} in the module cache, hashed now", "{hash}  模块缓存中 {module} {version} 的内容，现在计算", "hash", b.Zip, "module", b.Module, "version", b.Version))
		}
		for _, k := range []string{b.Version, b.Version + "/go.mod"} {
			out = append(out, said(about(s, b.Module, k))...)
		}
	}
	return out
}
