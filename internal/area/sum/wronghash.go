package sum

import (
	"strings"

	"github.com/gorescue/gorescue/internal/action"
	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/text"
)

// netReads are the sections of checks that also weigh what the network said. Its section is empty when there was
// nothing to ask.
func netReads(more ...facts.Section) []facts.Section {
	return append([]facts.Section{facts.SecSums, facts.SecSumSources}, more...)
}

var wrongHash = lineCheck("gosum-wrong-hash-after-merge", false,
	text.New("go.sum holds a wrong hash", "go.sum 中有错误的哈希"),
	text.New(`A line of go.sum was changed by hand, by a bad merge, or cut inside its hash. The module is what it always was: "verifying …: checksum mismatch … SECURITY ERROR".`,
		`go.sum 的某行被手工改动、被错误地合并，或在哈希中间被截断。模块本身没有变化：“verifying …: checksum mismatch … SECURITY ERROR”。`))

var wrongWorkHash = lineCheck("gowork-sum-mismatch", true,
	text.New("go.work.sum holds a wrong hash", "go.work.sum 中有错误的哈希"),
	text.New(`In a workspace the go command reads go.work.sum beside the go.sum of every module, and any line that contradicts the content ends the build: "checksum mismatch … go.work.sum: h1:…". The explanation below that message speaks of go.sum; the line is in go.work.sum.`,
		`在工作区中，go 命令同时读取 go.work.sum 和每个模块的 go.sum，任何与内容矛盾的行都会终止构建：“checksum mismatch … go.work.sum: h1:…”。该信息下方的说明提到 go.sum，但出错的行在 go.work.sum 中。`))

// lineCheck makes the check for one kind of file.
func lineCheck(id string, work bool, title, what text.T) diag.Check {
	return diag.Check{ID: id, Title: title, Severity: diag.Error, Reads: netReads(),
		After: []string{"gosum-merge-conflict", "gosum-wrong-encoding", "gosum-zero-filled"},
		Doc: text.New(what.En+`

**Proof.** All hashes stand side by side: of the line, of git (HEAD, index, both sides of a merge, older commits), of the other go.sum files of a workspace, of the content in the module cache (computed now), and, when these cannot settle it, of the proxies and the checksum database. The line
is wrong when somebody who says what the version must be (git, another file, the database) and the content agree against it, or when it cannot be the hash of that version at all: too short, or the hash of another module (the hash covers path and version).
**Looks the same:** a damaged cache (its content then differs from git's hash), a proxy with other content, a tag that was moved: go.sum is not touched then.

**Fix.** Exactly the hash on that line is replaced; of two lines for one version the wrong one goes. When there is no content to compare with, it is proposed only. **Never:** deleting go.sum, GONOSUMDB, GOFLAGS=-mod=mod, go clean -modcache.

**By hand.** `+"`git diff go.sum`"+`. See https://go.dev/ref/mod#go-sum-files and cmd/go/internal/modfetch/fetch.go, func haveModSumLocked.`,
			what.Zh+`

**证明。** 所有哈希并列显示：该行的、git 的（HEAD、暂存区、合并两侧、旧提交）、工作区其他 go.sum 的、模块缓存内容的（现在计算），若仍无法判定，再加上代理与校验数据库的。当说明“应该是什么”的一方（git、其他文件、数据库）与内容一致而与该行矛盾，或它根本不可能是该版本的哈希（太短，或是
另一个模块的哈希：哈希包含路径和版本）时，该行有误。**容易混淆：** 缓存损坏（其内容与 git 的哈希不同）、代理内容不同、标签被移动：那时不会触动 go.sum。

**修复。** 只替换该行的哈希；同一版本有两行时删去错误的一行。没有内容可比较时只提出建议。**绝不：** 删除 go.sum、GONOSUMDB、GOFLAGS=-mod=mod、go clean -modcache。

**手工处理。** `+"`git diff go.sum`"+`。参见 https://go.dev/ref/mod#go-sum-files 与 cmd/go/internal/modfetch/fetch.go 的 haveModSumLocked。`),
		Run: func(s *facts.Snapshot) []diag.Finding { return wrongLines(s, work) },
	}
}

// wrongLines makes one finding for each file: a bad merge changes several lines at once.
func wrongLines(s *facts.Snapshot, work bool) []diag.Finding {
	byFile := map[string]*diag.Finding{}
	edits := map[string]*action.Edit{}
	var order []string
	for _, d := range s.Sums.Disputes {
		answers := about(s, d.Module, d.Key)
		r := rule(d, answers)
		if d.Work != work || !d.Needed || r.verdict != lineWrong {
			continue
		}
		f := byFile[d.File]
		if f == nil {
			f = &diag.Finding{Subject: d.File, ByHand: "git diff -- " + quote(d.File),
				Claim: text.New("{file}:{line} has a wrong hash for {module} {key}", "{file}:{line} 中 {module} {key} 的哈希有误").With("file", d.File, "line", d.Line, "module", d.Module, "key", d.Key)}
			f.Fixes = []diag.Fix{{Risk: diag.Safe, Title: text.New("put the right hash of {module} {key} into {file}", "把 {module} {key} 的正确哈希写入 {file}").With("module", d.Module, "key", d.Key, "file", d.File)}}
			byFile[d.File], edits[d.File] = f, &action.Edit{Path: d.File}
			order = append(order, d.File)
			if !d.First && !workspace(s) {
				f.Severity = diag.Warning // the go command is content with the first line of a version that fits
			}
		}
		f.Evidence = append(f.Evidence, grounds(d, r)...)
		f.Evidence = append(f.Evidence, sides(d, answers)...)
		if !r.sure {
			f.Fixes[0].Risk = diag.Person
		}
		edits[d.File].Splices = append(edits[d.File].Splices, corrected(d, r.right))
	}
	var out []diag.Finding
	for _, path := range order {
		f := byFile[path]
		if n := len(edits[path].Splices); n > 1 {
			f.Claim = text.New("{n} lines of {file} have wrong hashes", "{file} 中有 {n} 行哈希有误").With("n", n, "file", path)
			f.Fixes[0].Title = text.New("put the right hashes into {n} lines of {file}", "改正 {file} 中 {n} 行的哈希").With("n", n, "file", path)
		}
		f.Fixes[0].Actions = action.List{edits[path]}
		out = append(out, *f)
	}
	return out
}

// corrected is the edit of one line: another line of the file may have the right hash already.
func corrected(d facts.SumDispute, right string) facts.Splice {
	if d.Others > 0 {
		for _, w := range d.Witnesses {
			if w.Kind == facts.WitnessFile && w.Hash == right && strings.HasPrefix(w.Where, d.File+":") {
				return d.Cut
			}
		}
	}
	at := d.HashAt
	at.New = right
	return at
}

// grounds says why it is the line that is wrong.
func grounds(d facts.SumDispute, r ruling) []diag.Evidence {
	v := []any{"file", d.File, "line", d.Line, "right", r.right, "names", names(r.by), "twin", d.Impossible}
	var out []diag.Evidence
	switch {
	case d.Impossible == "form":
		out = append(out, because("the hash at {file}:{line} is cut or misspelt: it has not the length of one", "{file}:{line} 的哈希被截断或写错：长度不对", v...))
	case d.Impossible != "":
		out = append(out, because("the hash at {file}:{line} is that of {twin}; no two modules can have the same", "{file}:{line} 的哈希是 {twin} 的；任何两个模块都不可能相同", v...))
	default:
		out = append(out, because("the hash at {file}:{line} was changed: a merge or a hand edit", "{file}:{line} 的哈希被改动：合并或手工编辑", v...))
	}
	out[0].File, out[0].Line = d.File, d.Line
	if len(r.by) > 0 {
		out = append(out, proof("{names} vouch(es) for {right}", "{names} 证明应为 {right}", v...))
	}
	switch {
	case r.content == r.right && r.content != "":
		out = append(out, not("a damaged cache or a moved tag: the content has the hash which it should have", "不是缓存损坏或标签被移动：内容的哈希正是它应有的"))
	case r.sure:
		out = append(out, not("a moved tag: nobody serves a content with the hash of the line", "不是标签被移动：没有任何来源提供与该行哈希相符的内容"))
	}
	return out
}

func workspace(s *facts.Snapshot) bool {
	for _, f := range s.Sums.Files {
		if f.Work {
			return true
		}
	}
	return false
}
