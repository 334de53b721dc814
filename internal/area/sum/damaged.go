package sum

import (
	"strings"

	"github.com/gorescue/gorescue/internal/action"
	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/text"
)

// damageCheck is a member of the family "the go command cannot read all of go.sum".
type damageCheck struct {
	id    string
	fires func(f facts.SumFile) bool
	title text.T
	claim text.T // {file}, {line}, {n}
	what  text.T
	looks text.T
	from  string
}

func damageChecks() []diag.Check {
	cut := func(f facts.SumFile) bool {
		return len(f.Bad) == 1 && f.Bad[0].Last && f.Bad[0].Fields < 3 && f.Conflicts == 0
	}
	list := []damageCheck{
		{id: "gosum-merge-conflict", fires: func(f facts.SumFile) bool { return f.NULs == 0 && f.Encoding == "" && f.Conflicts > 0 },
			title: text.New("go.sum holds the markers of an unfinished merge", "go.sum 中留有未完成合并的冲突标记"),
			claim: text.New("{file} holds the markers of an unfinished merge, the first at line {line}", "{file} 中留有未完成合并的冲突标记，第一处在第 {line} 行"),
			what: text.New(`A merge, rebase or stash pop could not join both sides and left its markers. The go command refuses the file: "malformed go.sum: … wrong number of fields".
Both sides' lines may stand together: a line only says what a version must be if it is used. So the mended file has the lines of both sides. Where they have different hashes for one version, the hash of the content in the module cache decides; when
that cannot, a person must.`, `merge、rebase 或 stash pop 无法合并两侧，留下了冲突标记。go 命令拒绝该文件：“malformed go.sum: … wrong number of fields”。
两侧的行可以并存：每行只说明某个版本若被使用应是什么。因此修复后的文件包含两侧的行。若两侧对同一版本的哈希不同，由模块缓存中内容的哈希决定；无法决定时须由人决定。`),
			looks: text.New("a line that was cut (there are no markers then).", "某行被截断（那时没有标记）。"), from: "https://github.com/golang/go/issues/32485"},
		{id: "gosum-zero-filled", fires: func(f facts.SumFile) bool { return f.NULs > 0 && f.Encoding == "" },
			title: text.New("go.sum is filled with zero bytes", "go.sum 中充满零字节"),
			claim: text.New("{file} has {n} zero byte(s): a crash or a full disk while it was written", "{file} 中有 {n} 个零字节：写入时崩溃或磁盘已满"),
			what:  text.New("A crash while the file was being written leaves its length and not its content. The go command reads the zero bytes as part of a line.", "写入时崩溃会保留文件长度而丢失内容。go 命令把零字节当作行的一部分。"),
			looks: text.New("UTF-16 (every second byte is zero; another check).", "UTF-16（每隔一个字节为零；由另一检查负责）。"), from: "https://github.com/golang/go/issues/31341"},
		{id: "gosum-wrong-encoding", fires: func(f facts.SumFile) bool { return f.Encoding != "" },
			title: text.New("go.sum was saved in another encoding", "go.sum 被保存为其他编码"),
			claim: text.New("{file} was saved as {encoding}; the go command reads plain UTF-8", "{file} 被保存为 {encoding}；go 命令只读取普通 UTF-8"),
			what: text.New(`An editor or a shell redirection (PowerShell's ">") wrote the file in UTF-16, or with a byte order mark. The go command then finds no entry for its modules, or refuses the lines. The repair changes the encoding and no character.`,
				`编辑器或 shell 重定向（PowerShell 的“>”）把文件写成 UTF-16 或带字节顺序标记。go 命令因此找不到模块的条目，或拒绝这些行。修复只改变编码，不改变任何字符。`),
			looks: text.New("zero bytes of a crash (they stand in runs).", "崩溃留下的零字节（成片出现）。"), from: "https://learn.microsoft.com/powershell/module/microsoft.powershell.core/about/about_character_encoding"},
		{id: "gosum-line-truncated", fires: func(f facts.SumFile) bool { return f.NULs == 0 && f.Encoding == "" && cut(f) },
			title: text.New("go.sum ends in the middle of a line", "go.sum 在某行中间结束"),
			claim: text.New("{file} ends in the middle of line {line}: its write was cut", "{file} 在第 {line} 行中间结束：写入被中断"),
			what: text.New(`A full disk, a crash or a copy that was stopped leaves the beginning of the file. The go command refuses it: "malformed go.sum: … wrong number of fields". When git has a version that begins with exactly what is left, that version is
put back, and nothing is lost.`, `磁盘已满、崩溃或中断的复制只留下文件的开头。go 命令拒绝它：“malformed go.sum: … wrong number of fields”。若 git 中某个版本恰好以现有内容开头，就恢复该版本，不会丢失任何内容。`),
			looks: text.New("markers of a merge, a line that was edited by hand (it has an end).", "合并冲突标记、被手工改动的行（它有行尾）。"), from: "https://github.com/pingc0y/URLFinder/pull/96"},
		{id: "gosum-malformed-line", fires: func(f facts.SumFile) bool {
			return f.NULs == 0 && f.Encoding == "" && len(f.Bad) > 0 && !cut(f) && f.Conflicts == 0
		},
			title: text.New("go.sum has a line that is no entry", "go.sum 中有一行不是条目"),
			claim: text.New("line {line} of {file} is not an entry of three words; the go command refuses the whole file", "{file} 第 {line} 行不是由三个词组成的条目；go 命令拒绝整个文件"),
			what: text.New(`Each line is path, version and hash. One line with fewer or more words stops every go command but go mod tidy: "malformed go.sum: … wrong number of fields". A hand edit, a merge tool that joined two lines, or a comment
(the file knows none) does it.`, `每行由路径、版本和哈希组成。只要有一行多于或少于三个词，除 go mod tidy 外的所有 go 命令都会停止：“malformed go.sum: … wrong number of fields”。
手工编辑、把两行连在一起的合并工具，或注释（该文件不支持注释）都会造成。`),
			looks: text.New("a file that was cut at its end, markers of a merge.", "文件末尾被截断、合并冲突标记。"), from: "https://go.dev/ref/mod#go-sum-files"},
	}
	var out []diag.Check
	for _, c := range list {
		out = append(out, c.check())
	}
	return out
}

func (c damageCheck) check() diag.Check {
	return diag.Check{ID: c.id, Title: c.title, Doc: c.doc(), Severity: diag.Error, Reads: []facts.Section{facts.SecSums}, Run: func(s *facts.Snapshot) []diag.Finding {
		var out []diag.Finding
		for _, f := range s.Sums.Files {
			if f.State == facts.FileRead && c.fires(f) {
				out = append(out, c.finding(s, f))
			}
		}
		return out
	}}
}

func (c damageCheck) finding(s *facts.Snapshot, f facts.SumFile) diag.Finding {
	line := f.Conflicts
	if len(f.Bad) > 0 {
		line = f.Bad[0].Line
	}
	out := diag.Finding{
		Subject: f.Path,
		Claim:   c.claim.With("file", f.Path, "line", max(line, 1), "n", f.NULs, "encoding", f.Encoding),
		ByHand:  "grep -anvE '^[^ ]+ [^ ]+ h1:[^ ]+$' " + quote(f.Path),
		Fixes:   mended(f),
	}
	if s.Sums.Off != "" {
		out.Severity = diag.Warning // with a vendor folder go.sum is read when modules are added or vendored again
	}
	why := because("the file is written as a whole by tools that know nothing of each other: git, an editor, the go command", "该文件由互不了解的工具整体写入：git、编辑器、go 命令")
	if f.Mend != nil && f.Mend.From != mendText && f.Mend.From != mendBoth {
		why = by(because("git has it whole: {from}", "git 中有完整版本：{from}", "from", f.Mend.From), "git diff -- "+quote(f.Path))
	}
	why.File, why.Line = f.Path, line
	out.Evidence = append(out.Evidence, why)
	for _, b := range f.Bad[:min(len(f.Bad), 3)] {
		e := proof("line {line} has {n} word(s) instead of 3: {text}", "第 {line} 行有 {n} 个词而不是 3 个：{text}", "line", b.Line, "n", b.Fields, "text", b.Text)
		e.File, e.Line = f.Path, b.Line
		out.Evidence = append(out.Evidence, e)
	}
	if len(f.Bad) == 0 {
		out.Evidence = append(out.Evidence, proof("{size} bytes, {lines} line(s), {nuls} zero byte(s)", "{size} 字节，{lines} 行，{nuls} 个零字节", "size", f.Size, "lines", f.Lines, "nuls", f.NULs))
	}
	if f.Conflicts == 0 {
		out.Evidence = append(out.Evidence, not("an unfinished merge: there are no markers", "不是未完成的合并：没有冲突标记"))
	} else {
		out.Evidence = append(out.Evidence, not("a file that was cut: the markers are whole", "不是文件被截断：冲突标记是完整的"))
	}
	return out
}

// mended lists the repairs. What brings entries back or keeps them all is safe; what drops a line that nobody knows,
// or leaves a version with two hashes, is for a person.
func mended(f facts.SumFile) []diag.Fix {
	look := manual("look at what changed: git diff {file}", "查看改动：git diff {file}", "git diff -- "+quote(f.Path), "file", f.Path)
	m := f.Mend
	if m == nil {
		return []diag.Fix{look}
	}
	fix := diag.Fix{Risk: diag.Safe, Actions: action.List{&action.Edit{Path: f.Path, Splices: m.Splices}}}
	switch {
	case len(m.Clash) > 0:
		fix.Risk = diag.Person
		fix.Title = text.New("keep the lines of both sides and drop the markers; then two hashes stand for {keys}, of which one must go", "保留两侧的行并删除冲突标记；此后 {keys} 会有两个哈希，须删去其一").With("keys", strings.Join(m.Clash, ", "))
	case len(m.Dropped) > 0:
		fix.Risk = diag.Person
		fix.Title = text.New("take out {n} line(s) of which no version in git is known, first: {text}", "删除 git 中没有任何版本的 {n} 行，第一行：{text}").With("n", len(m.Dropped), "text", m.Dropped[0])
	case m.From == mendBoth:
		fix.Title = text.New("keep the lines of both sides in {file} and drop the markers", "在 {file} 中保留两侧的行并删除冲突标记").With("file", f.Path)
	case m.From == mendText:
		fix.Title = text.New("give {file} its plain form; no entry is changed", "把 {file} 恢复为普通格式；不改变任何条目").With("file", f.Path)
	default:
		fix.Title = text.New("put back what {file} has lost ({n} entries), as it stands in {from}", "按 {from} 恢复 {file} 丢失的内容（{n} 个条目）").With("file", f.Path, "n", m.Added, "from", m.From)
	}
	return []diag.Fix{fix, look}
}

func (c damageCheck) doc() text.T {
	return text.New(c.what.En+`

**Proof.** The lines that are not made of three words, the markers, or the zero bytes, each with its place. **Looks the same:** `+c.looks.En+`

**Fix.** The file is edited in place so that every entry stays; nothing is taken from a network. With a vendor folder the go command does not read go.sum for a build, and this is a warning.
**Never:** deleting go.sum, go mod tidy (it forgets the recorded hashes and drops requirements that nothing imports), GONOSUMDB, GOFLAGS=-mod=mod.

**By hand.** `+"`git diff go.sum`, `git show HEAD:go.sum`"+`. See `+c.from+`.`,
		c.what.Zh+`

**证明。** 不由三个词组成的行、冲突标记或零字节，以及各自的位置。**容易混淆：** `+c.looks.Zh+`

**修复。** 就地编辑该文件，所有条目都保留；不从网络获取任何内容。使用 vendor 目录时 go 命令构建时不读取 go.sum，因此只是警告。
**绝不：** 删除 go.sum、go mod tidy（它会丢掉已记录的哈希，并删除没有被导入的依赖）、GONOSUMDB、GOFLAGS=-mod=mod。

**手工处理。** `+"`git diff go.sum`、`git show HEAD:go.sum`"+`。参见 `+c.from+`。`)
}
