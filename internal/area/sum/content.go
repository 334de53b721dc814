package sum

import (
	"path/filepath"
	"strings"

	"github.com/gorescue/gorescue/internal/action"
	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/text"
)

var cacheContent = diag.Check{
	ID:       "modcache-content-not-of-gosum",
	Title:    text.New("the module cache has another content than go.sum names", "模块缓存的内容与 go.sum 记录的不同"),
	Severity: diag.Error,
	Reads:    netReads(facts.SecDirs, facts.SecHost),
	After:    []string{"gosum-wrong-hash-after-merge", "gowork-sum-mismatch", "gosum-mismatch-modcache-ziphash-tampered", "modcache-ziphash-damaged", "modcache-zip-truncated"},
	Doc: text.New(`Zip, recorded hash and extracted folder of a version agree with each other and not with go.sum: another project of this machine fetched it without a go.sum line (GOSUMDB=off, a private module, before the tag was moved), from a proxy that
had something else. go mod verify is content; every build that has a go.sum line is not: "checksum mismatch … SECURITY ERROR".

**Proof.** All hashes side by side: the line, git's HEAD (which has the same), the content computed now, and what the proxies and the checksum database say. **Looks the same:** a wrong line (git or the database then agrees with the content), a damaged zip (it cannot be read), an edited folder (the zip agrees
with go.sum).

**Fix.** The files of exactly this version are moved aside, so that the go command fetches it again and verifies it. That is done by itself only when a proxy was asked and serves what go.sum says; otherwise it is proposed, since the version could not be had again.
**Never:** the hash of the content in go.sum, GONOSUMDB, go clean -modcache.

**By hand.** `+"`go mod download -json MODULE@VERSION`"+`. See https://github.com/golang/go/issues/43313.`,
		`某个版本的 zip、记录的哈希与解压目录彼此一致，却与 go.sum 不一致：本机另一个项目在没有 go.sum 行的情况下（GOSUMDB=off、私有模块、标签移动之前）从内容不同的代理获取了它。
go mod verify 不会报错；而任何有 go.sum 行的构建都会失败：“checksum mismatch … SECURITY ERROR”。

**证明。** 所有哈希并列：该行、git 的 HEAD（与该行相同）、现在计算的内容，以及代理与校验数据库的说法。**容易混淆：** 行有误（那时 git 或数据库与内容一致）、zip 损坏（无法读取）、解压目录被编辑（zip 与 go.sum 一致）。

**修复。** 只把这一版本的文件移到旁边，由 go 命令重新获取并校验。只有询问过代理且其内容与 go.sum 一致时才会自动执行；否则只提出建议，因为可能无法再获取该版本。
**绝不：** 把内容的哈希写进 go.sum、GONOSUMDB、go clean -modcache。

**手工处理。** `+"`go mod download -json 模块@版本`"+`。参见 https://github.com/golang/go/issues/43313。`),
	Run: func(s *facts.Snapshot) []diag.Finding {
		var out []diag.Finding
		seen := map[string]bool{}
		for _, d := range s.Sums.Disputes {
			answers := about(s, d.Module, d.Key)
			r := rule(d, answers)
			id := d.Module + "@" + d.Key
			if !d.Needed || r.verdict != contentWrong || strings.HasSuffix(d.Key, "/go.mod") || seen[id] || damagedToo(s, id) {
				continue
			}
			seen[id] = true
			f := diag.Finding{Subject: id, ByHand: "go mod download -json " + id,
				Claim: text.New("the module cache has another content for {id} than go.sum and git name", "模块缓存中 {id} 的内容与 go.sum 和 git 记录的不同").With("id", id),
				Evidence: append([]diag.Evidence{because("it was fetched from a source with other content, when no go.sum line was there to refuse it", "它曾从内容不同的来源获取，而当时没有 go.sum 行可以拒绝它")},
					sides(d, answers)...)}
			f.Evidence = append(f.Evidence, not("a wrong line of go.sum: {names} vouch(es) for it", "不是 go.sum 有误：{names} 为它作证", "names", names(r.by)),
				not("a damaged zip: it can be read, and agrees with its own record", "不是 zip 损坏：可以读取，且与自身记录一致"))
			fix := setAside(s, d)
			fix.Risk = diag.Person
			for _, a := range answers {
				if a.Hash == d.Hash && a.Entry >= 0 {
					fix.Risk = diag.Safe
				}
			}
			f.Fixes = []diag.Fix{fix}
			out = append(out, f)
		}
		return out
	},
}

// damagedToo reports whether the damage of a version is said already, by the checks of the module cache.
func damagedToo(s *facts.Snapshot, id string) bool {
	for _, d := range s.Dirs.Modules.Damaged {
		if d.Module == id && (d.Kind != facts.DamagedTree || d.ZipGood) {
			return true
		}
	}
	return false
}

// setAside moves the files of one version out of the way, inside the module cache.
func setAside(s *facts.Snapshot, d facts.SumDispute) diag.Fix {
	put := filepath.Join(s.Dirs.Folder(facts.RoleModCache).Path, "cache", "gorescue-aside", s.Incident)
	fix := diag.Fix{Title: text.New("move the cached files of {module}@{version} aside, so that the go command fetches and verifies it again", "把 {module}@{version} 的缓存文件移到旁边，由 go 命令重新获取并校验").With("module", d.Module, "version", d.Key)}
	for _, path := range d.Cached {
		if filepath.Ext(path) != ".zip" && filepath.Ext(path) != ".ziphash" { // a folder's own ".." changes with its parent
			fix.Actions = append(fix.Actions, &action.Chmod{Files: []string{path}, Add: 0o200})
		}
		fix.Actions = append(fix.Actions, &action.Move{From: path, To: filepath.Join(put, strings.ReplaceAll(d.Module, "/", "_")+"@"+filepath.Base(path))})
	}
	return fix
}
