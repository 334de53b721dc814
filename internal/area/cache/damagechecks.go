package cache

import (
	"path/filepath"
	"strings"

	"github.com/gorescue/gorescue/internal/action"
	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/text"
)

// zeros is the hash of 32 zero bytes: what a recorded hash becomes when a crash overwrites it.
const zeros = "h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

// damageCheck is a member of the family "a file of the module cache is not what go.sum says".
type damageCheck struct {
	id    string
	fires func(d facts.Damage) bool
	title text.T
	claim text.T
	what  text.T
	looks text.T
	fix   text.T
	from  string
}

func damageChecks() []diag.Check {
	hashWhat := text.New(`Beside each zip the go command keeps its hash in a file .ziphash, and a build compares that text with go.sum, not the zip itself (cmd/go/internal/modfetch). When the text is wrong the
build stops with "checksum mismatch … SECURITY ERROR", though nobody has tampered with the module: the zip, hashed again, is what go.sum says. So go.sum must stay as it is.`,
		`go 命令在每个 zip 旁的 .ziphash 文件中保存其哈希；构建时与 go.sum 比较的是这段文本，而不是 zip 本身（cmd/go/internal/modfetch）。文本错误时构建会以
"checksum mismatch … SECURITY ERROR" 停止，尽管没有人篡改过模块：重新计算 zip 的哈希，与 go.sum 一致。因此 go.sum 必须保持原样。`)
	hashFix := text.New("The recorded hash is written anew: the value of go.sum, which was computed here from the zip.", "重新写入记录的哈希：即 go.sum 中的值，且已在本机由 zip 计算验证。")
	hashLooks := text.New("a wrong line in go.sum, or a module whose content really changed (then the zip disagrees with go.sum too, and nothing is repaired here).", "go.sum 中某行有误，或模块内容确实改变（那时 zip 也与 go.sum 不一致，本检查不做任何修复）。")
	list := []damageCheck{
		{id: "modcache-ziphash-damaged", fires: func(d facts.Damage) bool { return d.Kind == facts.DamagedHash && d.Got == zeros },
			title: text.New("the recorded hash of a cached module is damaged", "缓存模块记录的哈希已损坏"),
			claim: text.New("the recorded hash of {module} is damaged; the module itself is what go.sum says", "{module} 记录的哈希已损坏；模块本身与 go.sum 一致"),
			what:  hashWhat, looks: hashLooks, fix: hashFix, from: "https://github.com/golang/go/issues/43313"},
		{id: "gosum-mismatch-modcache-ziphash-tampered", fires: func(d facts.Damage) bool { return d.Kind == facts.DamagedHash && d.Got != zeros },
			title: text.New("the module cache records the hash of something else", "模块缓存记录了其他内容的哈希"),
			claim: text.New("the module cache records a wrong hash for {module}; the module itself is what go.sum says", "模块缓存为 {module} 记录了错误的哈希；模块本身与 go.sum 一致"),
			what: text.New(hashWhat.En+" The text is a well-formed hash of something else: a restored cache of another project, a tool that synchronises folders.",
				hashWhat.Zh+"这段文本是其他内容的合法哈希：例如恢复了另一个项目的缓存，或某个同步工具所致。"), looks: hashLooks, fix: hashFix, from: "https://github.com/omec-project/gnbsim/issues/161"},
		{id: "modcache-mod-file-damaged", fires: func(d facts.Damage) bool { return d.Kind == facts.DamagedMod },
			title: text.New("a go.mod file in the module cache is damaged", "模块缓存中的 go.mod 文件已损坏"),
			claim: text.New("the go.mod file of {module} in the module cache is not what go.sum says ({looks})", "模块缓存中 {module} 的 go.mod 与 go.sum 不一致（{looks}）"),
			what: text.New(`The go command keeps the go.mod file of each module version in the cache and compares it with its own line of go.sum whenever it reads it. A file that was emptied by a crash or replaced by a
page of a captive portal stops the build: "verifying …/go.mod: checksum mismatch".`, `go 命令在缓存中保存每个模块版本的 go.mod，每次读取都与 go.sum 中对应的行比较。被崩溃清空、或被认证门户页面替换的文件会使构建停止：
"verifying …/go.mod: checksum mismatch"。`),
			looks: text.New("a damaged .ziphash file (the message then does not name /go.mod), a wrong line in go.sum.", ".ziphash 文件损坏（那时信息中不含 /go.mod）、go.sum 中某行有误。"),
			fix:   text.New("The file is restored from the module's extracted folder when that copy has the hash of go.sum; otherwise it is moved aside, and the go command fetches it again.", "若模块解压目录中的副本与 go.sum 哈希一致，就用它恢复；否则把该文件移到旁边，由 go 命令重新获取。"),
			from:  "https://github.com/golang/go/issues/43313"},
		{id: "modcache-extracted-edited", fires: func(d facts.Damage) bool { return d.Kind == facts.DamagedTree && d.ZipGood },
			title: text.New("files of a dependency were edited in the module cache", "模块缓存中依赖的文件被改动过"),
			claim: text.New("the files of {module} in the module cache are not those that go.sum names; builds use them silently", "模块缓存中 {module} 的文件与 go.sum 记录的不同；构建会不声不响地使用它们"),
			what: text.New(`A build never looks at the content of an extracted module again (cmd/go/internal/modfetch/cache.go, func DownloadDir). A debugging change, or a search-and-replace over the home folder, is built into every
program of this machine, and of no other.`, `构建不会再次检查已解压模块的内容（cmd/go/internal/modfetch/cache.go 的 DownloadDir）。调试时的修改，或对主目录执行的查找替换，会被编译进本机（且仅本机）的每个程序。`),
			looks: text.New("a real incompatibility of the dependency (its files are then those of the zip).", "依赖真正的不兼容（那时文件与 zip 一致）。"),
			fix:   text.New("The edited folder is moved aside as a whole, so that the edit is kept; the go command extracts the module again from the zip, which agrees with go.sum. No network is needed.", "把被改动的目录整体移到旁边，改动因此得以保留；go 命令会用与 go.sum 一致的 zip 重新解压，不需要网络。"),
			from:  "https://github.com/golang/go/issues/37242"},
		{id: "modcache-zip-truncated", fires: func(d facts.Damage) bool { return d.Kind == facts.DamagedZip },
			title: text.New("the zip of a module in the cache is broken", "缓存中模块的 zip 文件已损坏"),
			claim: text.New("the zip of {module} in the module cache is broken, and the module has yet to be extracted from it", "模块缓存中 {module} 的 zip 已损坏，而该模块尚待从中解压"),
			what: text.New(`A full disk or a killed copy leaves a zip shorter than it was. As long as the module is extracted nobody notices. When it is not, every build fails, and go mod download too, since a zip and a recorded hash that
exist are taken for good (cmd/go/internal/modfetch/fetch.go, func DownloadZip): "zip: not a valid zip file".`, `磁盘已满或复制被中断会留下不完整的 zip。只要模块已解压就没人察觉；否则每次构建都会失败，go mod download 也一样，因为只要 zip 与记录的哈希存在就被视为有效
（cmd/go/internal/modfetch/fetch.go 的 DownloadZip）："zip: not a valid zip file"。`),
			looks: text.New("a zip of other content (it can be read; that is a question of trust and is not touched here), a damaged .ziphash.", "内容不同的 zip（可以正常读取；那是信任问题，这里不会触动）、.ziphash 损坏。"),
			fix:   text.New("When another module cache or a clone on this machine has the version, with the hash of go.sum, the zip is restored from there, without network; else zip and recorded hash are moved aside, and the go command fetches the module again and verifies it.", "若本机另一个模块缓存或克隆中有哈希与 go.sum 一致的该版本，就从那里恢复 zip，不需要网络；否则把 zip 与其记录的哈希移到旁边，由 go 命令重新获取并校验该模块。"),
			from:  "https://github.com/goproxyio/goproxy/issues/107"},
	}
	var out []diag.Check
	for _, c := range list {
		out = append(out, c.check())
	}
	return out
}

func (c damageCheck) check() diag.Check {
	var after []string
	if c.id == "modcache-mod-file-damaged" { // a wrong line of go.sum makes a sound file look damaged
		after = []string{"gosum-wrong-hash-after-merge", "gowork-sum-mismatch"}
	}
	return diag.Check{ID: c.id, Title: c.title, Doc: c.doc(), Severity: diag.Error, Reads: placeReads(), After: after, Run: func(s *facts.Snapshot) []diag.Finding {
		var out []diag.Finding
		for _, d := range s.Dirs.Modules.Damaged {
			if c.fires(d) && d.Needed {
				out = append(out, c.finding(s, d))
			}
		}
		return out
	}}
}

func (c damageCheck) finding(s *facts.Snapshot, d facts.Damage) diag.Finding {
	out := diag.Finding{
		Subject: d.Module,
		Claim:   c.claim.With("module", d.Module, "looks", orUnknown(d.Looks)),
		ByHand:  "go mod verify",
		Evidence: []diag.Evidence{
			{Role: diag.Because, File: d.Path, Text: text.New("{path} was changed after the go command had made it", "{path} 在 go 命令创建之后被改动过").With("path", d.Path)},
			{Role: diag.Proof, File: d.SumFile, Line: d.SumLine, Text: text.New("{file}:{line} has {want} for {module}", "{file}:{line} 中 {module} 的值为 {want}").With("file", d.SumFile, "line", d.SumLine, "want", d.Want, "module", d.Module)}},
	}
	switch d.Kind {
	case facts.DamagedHash:
		out.Evidence = append(out.Evidence, proof("{path} says {got}, while the content itself has the hash {want}", "{path} 写的是 {got}，而内容本身的哈希是 {want}", "path", d.Path, "got", d.Got, "want", d.Want),
			not("a wrong go.sum or a changed module: the content, hashed again here, agrees with go.sum", "不是 go.sum 有误或模块被改：在本机重新计算的内容哈希与 go.sum 一致"))
	case facts.DamagedMod:
		out.Evidence = append(out.Evidence, proof("{path} has the hash {got}; its content looks like: {looks}", "{path} 的哈希是 {got}；其内容看起来是：{looks}", "path", d.Path, "got", d.Got, "looks", d.Looks))
		if d.Copy != "" {
			out.Evidence = append(out.Evidence, not("a wrong go.sum: {copy} has the hash of go.sum", "不是 go.sum 有误：{copy} 的哈希与 go.sum 一致", "copy", d.Copy))
		}
	case facts.DamagedTree:
		out.Evidence = append(out.Evidence, proof("the folder {path} has the hash {got}; it differs from its zip in: {files}", "目录 {path} 的哈希是 {got}；与 zip 的差异：{files}", "path", d.Path, "got", d.Got, "files", strings.Join(d.Files, ", ")),
			not("an incompatible or changed dependency: the zip beside it has exactly the hash of go.sum", "不是依赖不兼容或被改：旁边的 zip 哈希与 go.sum 完全一致"))
		out.ByHand = "go mod verify; ls -lR " + quote(d.Path)
	case facts.DamagedZip:
		out.Evidence = append(out.Evidence, proof("{path} cannot be read to its end: {why}", "{path} 无法完整读取：{why}", "path", d.Path, "why", d.Why),
			not("a zip of other content: it is not readable at all", "不是内容不同的 zip：它根本无法读取"))
		out.ByHand = "unzip -tq " + quote(d.Path)
	}
	out.Fixes = damageFixes(s, d)
	return out
}

// damageFixes lists the repairs of one version: exactly its bad files, from what the cache still has when
// that is enough, else by making the go command fetch them again.
func damageFixes(s *facts.Snapshot, d facts.Damage) []diag.Fix {
	cache := s.Dirs.Folder(facts.RoleModCache).Path
	put := filepath.Join(cache, "cache", "gorescue-aside", s.Incident)
	name := strings.ReplaceAll(d.Module, "/", "_")
	switch d.Kind {
	case facts.DamagedHash:
		if d.Text == "" {
			return []diag.Fix{moved(d.Path, filepath.Join(put, name+".ziphash"), diag.Safe)} // it is made anew from the zip
		}
		return []diag.Fix{{Title: text.New("write the right hash of {module} into {path}", "把 {module} 的正确哈希写入 {path}").With("module", d.Module, "path", d.Path),
			Risk: diag.Safe, Actions: action.List{&action.Edit{Path: d.Path, Splices: []facts.Splice{{Old: d.Text, New: d.Want}}}}}}
	case facts.DamagedMod:
		var out []diag.Fix
		if d.Copy != "" {
			out = append(out, diag.Fix{Title: text.New("restore {path} from {copy}, which has the hash of go.sum", "用哈希与 go.sum 一致的 {copy} 恢复 {path}").With("path", d.Path, "copy", d.Copy),
				Risk: diag.Safe, Actions: action.List{&action.Restore{Path: d.Path, From: d.Copy, Sum: d.CopySum}}})
		}
		return append(out, moved(d.Path, filepath.Join(put, name+".mod"), diag.Safe))
	case facts.DamagedTree:
		fix := moved(d.Path, filepath.Join(put, name), diag.Safe)
		if d.Mode&0o200 == 0 { // a folder's own ".." changes with its parent
			fix.Actions = append(action.List{&action.Chmod{Files: []string{d.Path}, Add: 0o200}}, fix.Actions...)
		}
		return []diag.Fix{fix}
	case facts.DamagedZip:
		out := zipCopies(s, d, cache, put)
		if s.Settings.Get("GOPROXY") == "off" {
			return append(out, manual("fetch the module again when a proxy may be asked (GOPROXY is off now)", "在允许访问代理时重新获取该模块（当前 GOPROXY 为 off）", "mv "+quote(d.Path)+" "+quote(d.Path+"hash")+" /tmp/ && GOPROXY=… go mod download "+d.Module))
		}
		fix := moved(d.Path, filepath.Join(put, name+".zip"), diag.Safe)
		if d.HashFile != "" {
			fix.Actions = append(fix.Actions, &action.Move{From: d.HashFile, To: filepath.Join(put, name+".ziphash")})
		}
		return append(out, fix)
	}
	return nil
}

// zipCopies restores a zip from what else this machine has of the version, without network. What does not have
// the hash of go.sum fails before anything is touched, and the next is tried.
func zipCopies(s *facts.Snapshot, d facts.Damage, cache, put string) []diag.Fix {
	path, version, _ := strings.Cut(d.Module, "@")
	var out []diag.Fix
	add := func(from action.Origin, place string, title text.T) {
		out = append(out, diag.Fix{Risk: diag.Safe, Title: title.With("module", d.Module, "place", place),
			Actions: action.List{&action.RestoreModule{Cache: cache, Module: path, Version: version, Sum: d.Want,
				Parts: []action.Part{action.PartZip, action.PartHash}, From: from, Place: place, Aside: put, Flags: s.Settings.Get("GOFLAGS")}}})
	}
	for _, c := range d.Caches {
		add(action.FromCopy, c, text.New("restore the zip of {module} from the module cache {place}, if it has the hash of go.sum", "若哈希与 go.sum 一致，用模块缓存 {place} 恢复 {module} 的 zip"))
	}
	for _, c := range d.Clones {
		add(action.FromClone, c, text.New("restore the zip of {module} from the clone {place}, if it has the hash of go.sum", "若哈希与 go.sum 一致，用本地克隆 {place} 恢复 {module} 的 zip"))
	}
	return out
}

func (c damageCheck) doc() text.T {
	t := text.New(c.what.En+`

**Proof.** For the modules of this build, hashes are computed here and compared with go.sum: of the go.mod file, of the zip, of the extracted folder (golang.org/x/mod/sumdb/dirhash). Damage of modules that
this build does not use is not reported. **Looks the same:** `+c.looks.En+`

**Fix.** `+c.fix.En+` Only files of this one version are touched, and each step can be undone. **Never:** editing go.sum, GONOSUMDB, GOFLAGS=-mod=mod, go clean -modcache, another version.

**By hand.** `+"`go mod verify`"+` See `+c.from+`.`,
		c.what.Zh+`

**证明。** 对本次构建所用的模块，在本机计算哈希并与 go.sum 比较：go.mod 文件、zip、解压目录（golang.org/x/mod/sumdb/dirhash）。本次构建未使用的模块即使损坏也不报告。
**容易混淆：** `+c.looks.Zh+`

**修复。** `+c.fix.Zh+`只触动这一个版本的文件，每一步都可撤销。**绝不：** 修改 go.sum、GONOSUMDB、GOFLAGS=-mod=mod、go clean -modcache、更换版本。

**手工处理。** `+"`go mod verify`"+`。参见 `+c.from+`。`)
	return t
}
