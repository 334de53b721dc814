package cache

import (
	"path/filepath"
	"strings"

	"github.com/gorescue/gorescue/internal/action"
	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/origin"
	"github.com/gorescue/gorescue/internal/text"
)

// cacheFullCheck makes the checks of a full file system below the build cache.
func cacheFullCheck(id string, title text.T, fires func(facts.OldCache) bool) diag.Check {
	return diag.Check{ID: id, Title: title, Doc: cacheFullDoc, Severity: diag.Error, Reads: placeReads(), Run: func(s *facts.Snapshot) []diag.Finding {
		f := s.Dirs.Folder(facts.RoleCache)
		if f.Kind != facts.NodeFolder || judge(f) != fine || f.ReadOnly || !full(f) && !noInodes(f) || !fires(s.Dirs.Old) {
			return nil
		}
		return []diag.Finding{cacheFullFinding(s, f)}
	}}
}

func cacheFullChecks() []diag.Check {
	return []diag.Check{
		cacheFullCheck("gocache-enospc-old-entries", text.New("the disk of the build cache is full of old entries", "构建缓存所在磁盘被旧条目占满"), func(o facts.OldCache) bool { return o.Count > 0 }),
		cacheFullCheck("gocache-enospc", text.New("the disk of the build cache is full", "构建缓存所在磁盘已满"), func(o facts.OldCache) bool { return o.Count == 0 }),
	}
}

func cacheFullFinding(s *facts.Snapshot, f facts.Folder) diag.Finding {
	_, _, why := decided(s, f)
	old := s.Dirs.Old
	out := diag.Finding{
		Subject: f.Path,
		Claim:   text.New("the file system of the build cache {path} is full: {free} are left", "构建缓存 {path} 所在文件系统已满：剩余 {free}").With("path", f.Path, "free", megabytes(f.Free)),
		Evidence: []diag.Evidence{why,
			by(proof("{free} of {total} and {ino} inodes are free at {mount}", "{mount} 处共 {total}，剩余 {free}，空闲 inode {ino} 个", "free", megabytes(f.Free), "total", megabytes(f.Total), "ino", f.FreeIno, "mount", orUnknown(f.Mount)), "df -h "+quote(f.Path))},
		ByHand: "df -h " + quote(f.Path) + "; du -sh " + quote(f.Path),
	}
	if old.Count > 0 {
		out.Evidence = append(out.Evidence, proof("{n} entries of the cache, {bytes}, were not used for five days: the go command itself removes such entries at its daily clean-up", "缓存中有 {n} 个条目（{bytes}）五天未被使用：go 命令每日清理时也会删除这类条目", "n", old.Count, "bytes", megabytes(old.Bytes)))
	}
	if t := s.Dirs.Folder(facts.RoleWork); t.Total > 0 && t.Dev != f.Dev {
		out.Evidence = append(out.Evidence, not("the folder for temporary files: {path} is on another file system with {free} free", "不是临时文件目录：{path} 在另一个文件系统上，剩余 {free}", "path", t.Path, "free", megabytes(t.Free)))
	}
	out.Evidence = append(out.Evidence, not("a closed folder or a read-only mount: writing to {path} is allowed", "不是权限或只读挂载问题：允许写入 {path}", "path", f.Path))
	out.Fixes = append(trimmed(s, f), manual("empty the build cache; everything in it can be built again", "清空构建缓存；其中的内容都可以重新构建", "go clean -cache"))
	return out
}

// maxTrim is how much room a repair makes at most: enough for a build, little enough to be copied in a moment.
const maxTrim = 256 << 20

// trimmed moves old entries, the largest first, to our own folder when that is on another file system.
func trimmed(s *facts.Snapshot, f facts.Folder) []diag.Fix {
	to := s.Dirs.Folder(facts.RoleState)
	if to.Dev == 0 || to.Dev == f.Dev || judge(to) != fine {
		return nil
	}
	fix := diag.Fix{Risk: diag.Safe}
	var bytes uint64
	for _, e := range s.Dirs.Old.Largest {
		if bytes >= maxTrim || 2*(bytes+e.Bytes)+(64<<20) > to.Free {
			break
		}
		bytes += e.Bytes
		fix.Actions = append(fix.Actions, &action.Move{From: e.Path, To: aside(s, filepath.Join("go-build", filepath.Base(e.Path)))})
	}
	if len(fix.Actions) == 0 {
		return nil
	}
	fix.Title = text.New("move the {n} largest old entries ({bytes}) aside to {to} (nothing is deleted)", "把最大的 {n} 个旧条目（{bytes}）移到 {to}（不删除任何内容）").
		With("n", len(fix.Actions), "bytes", megabytes(bytes), "to", aside(s, "go-build"))
	return []diag.Fix{fix}
}

var cacheFullDoc = text.New(`Everything that is compiled goes into the build cache. When its file system is full, builds fail with "no space left on device", at a file of
the cache or, misleadingly, at a package. The go command removes entries that were not used for five days, but at most once a day and only at the end of a
command that got that far (cmd/go/internal/cache/cache.go, func Trim).

**Proof.** statfs(2) for the folder of go env GOCACHE: less than 4 MB are left for this user, or no inodes. How much of the cache was not used for five days is told.
**Looks the same:** a full folder for temporary files (another file system), a closed folder, a quota.

**Fix.** The largest entries that go itself would remove are moved to gorescue's own folder on another file system, up to 256 MB, where undo finds them. When that folder is on the
same file system nothing would be won, and the command to type is shown instead. **Never:** the module cache, or your own files on that disk.

**By hand.** `+"`df -h $(go env GOCACHE)`, `go clean -cache`"+`. See https://github.com/golang/go/issues/60076.`,
	`所有编译结果都会进入构建缓存。其文件系统写满后，构建会报 "no space left on device"，可能指向缓存中的文件，也可能误导性地指向某个包。
go 命令会删除五天未使用的条目，但每天至多一次，而且只在能执行到结尾的命令最后进行（cmd/go/internal/cache/cache.go 的 Trim）。

**证明。** 对 go env GOCACHE 的目录执行 statfs(2)：本用户可用空间少于 4 MB，或没有 inode；并说明缓存中有多少内容五天未使用。
**容易混淆：** 临时文件目录已满（另一个文件系统）、目录不可写、配额。

**修复。** 把 go 自己也会删除的最大条目移到另一个文件系统上 gorescue 自己的目录，最多 256 MB，撤销时可移回。若该目录位于同一文件系统，移动没有意义，
则改为显示应输入的命令。**绝不：** 触动模块缓存或该磁盘上你自己的文件。

**手工处理。** `+"`df -h $(go env GOCACHE)`、`go clean -cache`"+`。参见 https://github.com/golang/go/issues/60076。`)

var cachePartsClosed = diag.Check{
	ID:       "gocache-parts-closed",
	Title:    text.New("parts of the build cache are closed to this user", "构建缓存的部分目录不允许本用户读写"),
	Severity: diag.Error,
	Reads:    append(placeReads(), facts.SecBuild),
	Doc: text.New(`A run of sudo go leaves folders of root among the 256 folders of the build cache. What is already built stays usable, so that this is often harmless. When
a package of the standard library was not compiled here before, the go command must write an index for it, cannot, and says something
misleading: "package fmt is not in std", "cannot find package" (measured with go1.26).

**Proof.** access(2) refuses reading or writing folders of the cache, and the build fails with such a message for the standard library, or with "permission denied" at the cache.
When the build passes nothing is reported. **Looks the same:** a Go tree without its src folder.

**Fix.** Folders of yours get their mode back; when they belong to somebody else, the cache is renamed beside its place if it is the default one, or GOCACHE is set to a folder of yours. **Never:** sudo, deleting the cache.
**By hand.** `+"`ls -ld $(go env GOCACHE)/??`"+`.`,
		`执行 sudo go 会在构建缓存的 256 个目录中留下属于 root 的目录。已构建的内容仍可使用，所以这通常无害。但若某个标准库包此前没有在这里编译过，
go 命令必须为它写入索引；写不进去时会给出误导性的信息："package fmt is not in std"、"cannot find package"（用 go1.26 实测）。

**证明。** access(2) 拒绝读写缓存中的目录，并且构建因标准库的上述信息或缓存处的 "permission denied" 而失败。构建通过时不报告任何内容。
**容易混淆：** Go 目录缺少 src。

**修复。** 属于你的目录恢复权限；若属于他人，且位于默认位置，则把缓存改名放在旁边，或把 GOCACHE 设为你自己的目录。**绝不：** 使用 sudo、删除缓存。
**手工处理。** `+"`ls -ld $(go env GOCACHE)/??`"+`。`),
	Run: func(s *facts.Snapshot) []diag.Finding {
		f := s.Dirs.Folder(facts.RoleCache)
		if f.Closed == 0 || judge(f) != fine || s.Build.Outcome != facts.BuildFailed {
			return nil
		}
		said := ""
		for _, e := range s.Build.Errors {
			if strings.Contains(e.Text, "is not in std") || strings.Contains(e.Text, "cannot find package") || strings.Contains(e.Text, "permission denied") && strings.Contains(e.Text, f.Path) {
				said = firstLine(e.Text)
				break
			}
		}
		if said == "" {
			return nil
		}
		src, set, why := decided(s, f)
		out := diag.Finding{
			Subject: f.Path,
			Claim:   text.New("{n} of the 256 folders of the build cache {path} are closed to this user, and the build fails for it", "构建缓存 {path} 的 256 个目录中有 {n} 个不允许本用户读写，构建因此失败").With("n", f.Closed, "path", f.Path),
			Evidence: []diag.Evidence{why,
				by(proof("the system refuses reading or writing {one}", "系统拒绝读写 {one}", "one", f.ClosedOne), "ls -ld "+quote(f.ClosedOne)),
				by(proof("the build says: {said}", "构建报告：{said}", "said", said), s.Build.Command),
				not("a Go tree without sources: the package belongs to the standard library of a tree that builds elsewhere", "不是 Go 目录缺少源码：该包属于标准库")},
			ByHand: "ls -ld " + quote(f.Path) + "/??",
		}
		if !set || src.Lasting() {
			out.Fixes = ladder(s, withBase(f), closed, src, set)
		} else {
			out.Fixes = []diag.Fix{src.Remove()}
		}
		return []diag.Finding{out}
	},
}

// withBase makes the folder look closed as a whole, for the ladder of repairs.
func withBase(f facts.Folder) facts.Folder {
	f.Base = facts.Node{Where: f.ClosedOne, Kind: facts.NodeOther, UID: -1}
	f.UID = -2
	return f
}

func firstLine(s string) string {
	l, _, _ := strings.Cut(s, "\n")
	return l
}

var progMissing = diag.Check{
	ID:       "gocacheprog-missing",
	Title:    text.New("GOCACHEPROG names a program that cannot be started", "GOCACHEPROG 指定的程序无法启动"),
	Severity: diag.Error,
	Reads:    placeReads(),
	Doc: text.New(`GOCACHEPROG names a program that keeps the build cache somewhere else; the go command starts it for every build (cmd/go/internal/cache/prog.go). When the program is gone,
no build starts: "error starting GOCACHEPROG program …".

**Proof.** The value is split into words as go does; the first word is looked up as a path or in PATH, without starting it. **Looks the same:** a program that starts and never answers
(gocacheprog-hangs).

**Fix.** The line that sets the variable is removed; the build cache on disk is used again. **Never:** deleting GOCACHE. **By hand.** `+"`go env -u GOCACHEPROG`, or remove the line of the start-up file."+` See https://github.com/golang/go/issues/70848.`,
		`GOCACHEPROG 指定一个把构建缓存保存到别处的程序；go 命令每次构建都会启动它（cmd/go/internal/cache/prog.go）。程序不存在时任何构建都无法开始：
"error starting GOCACHEPROG program …"。

**证明。** 按 go 的规则把值拆成单词，把第一个单词作为路径或在 PATH 中查找，但不启动它。**容易混淆：** 能启动却从不应答的程序（gocacheprog-hangs）。

**修复。** 删除设置该变量的那一行，重新使用磁盘上的构建缓存。**绝不：** 删除 GOCACHE。**手工处理。** `+"`go env -u GOCACHEPROG`，或删除启动文件中的那一行。"+`参见 https://github.com/golang/go/issues/70848。`),
	Run: func(s *facts.Snapshot) []diag.Finding {
		c := s.Dirs.Prog
		src, ok := origin.Of(s, "GOCACHEPROG")
		if c.Bad == "" || !ok {
			return nil
		}
		where := c.Path
		if where == "" {
			where = c.Word
		}
		out := diag.Finding{
			Subject: "GOCACHEPROG",
			Claim:   text.New("GOCACHEPROG={value} names a program that cannot be started: {word}", "GOCACHEPROG={value} 指定的程序无法启动：{word}").With("value", c.Value, "word", orUnknown(c.Word)),
			Evidence: []diag.Evidence{src.Because(), progProof(c, where),
				not("a program that starts and never answers: this one cannot be started at all", "不是启动后从不应答的程序：它根本无法启动")},
			ByHand: "go env GOCACHEPROG; ls -l " + quote(where),
			Fixes:  []diag.Fix{removal(src)},
		}
		return []diag.Finding{out}
	},
}

func progProof(c facts.CacheProg, where string) diag.Evidence {
	switch c.Bad {
	case "quotes":
		return proof("the quotes of the value {value} do not end", "值 {value} 的引号没有结束", "value", c.Value)
	case "not executable":
		return by(proof("{where} is there but may not be executed", "{where} 存在，但没有执行权限", "where", where), "ls -l "+quote(where))
	case "no program":
		return by(proof("{where} is no file", "{where} 不是文件", "where", where), "ls -ld "+quote(where))
	}
	return by(proof("{where} is not there", "{where} 不存在", "where", orUnknown(where)), "ls -l "+quote(where))
}

// removal takes a setting away at its source; a line of the project itself is a person's decision.
func removal(src origin.Source) diag.Fix {
	fix := src.Remove()
	if src.OnPurpose() && len(fix.Actions) > 0 {
		fix.Risk = diag.Person
	}
	return fix
}

var progHangs = diag.Check{
	ID:       "gocacheprog-hangs",
	Title:    text.New("the program of GOCACHEPROG never answers", "GOCACHEPROG 的程序从不应答"),
	Severity: diag.Error,
	Reads:    append(placeReads(), facts.SecBuild),
	Doc: text.New(`The go command starts the program of GOCACHEPROG and waits, without limit, until it says what it can do (cmd/go/internal/cache/prog.go, func startCacheProg). Every five seconds it
prints "# still waiting for GOCACHEPROG …". A program that does not speak the protocol, or waits for a server that is away, stops every build.

**Proof.** A build was started with your own settings and watched: it did nothing, held and waited for no lock, and had as its only child the program of GOCACHEPROG, which did nothing either.
**Looks the same:** a build that waits for a lock of the module cache (the kernel's table of locks shows it), a program that is gone (gocacheprog-missing).

**Fix.** The line that sets the variable is removed. **Never:** ending go commands of other terminals. **By hand.** `+"`GOCACHEPROG= go build ./...` passes."+` See https://github.com/golang/go/issues/70848.`,
		`go 命令启动 GOCACHEPROG 的程序后会无限期等待它报告自己的能力（cmd/go/internal/cache/prog.go 的 startCacheProg），每五秒打印一次
"# still waiting for GOCACHEPROG …"。不会该协议、或在等待失联服务器的程序会让所有构建停住。

**证明。** 用你自己的设置启动一次构建并观察：它没有任何动作，既不持有也不等待锁，唯一的子进程就是 GOCACHEPROG 的程序，而后者同样没有任何动作。
**容易混淆：** 等待模块缓存锁的构建（内核锁表可以看到）、程序已不存在（gocacheprog-missing）。

**修复。** 删除设置该变量的那一行。**绝不：** 结束其他终端的 go 命令。**手工处理。** `+"`GOCACHEPROG= go build ./...` 可以通过。"+`参见 https://github.com/golang/go/issues/70848。`),
	Run: func(s *facts.Snapshot) []diag.Finding {
		b := s.Build
		src, ok := origin.Of(s, "GOCACHEPROG")
		if !ok || s.Dirs.Prog.Bad != "" || b.Outcome != facts.BuildStuck || b.Stuck == nil || b.Stuck.Reason != facts.StuckOnChild || b.Stuck.Setting != "GOCACHEPROG" {
			return nil
		}
		out := diag.Finding{
			Subject:  "GOCACHEPROG",
			Claim:    text.New("every build waits for the program of GOCACHEPROG={value}, which never answers", "所有构建都在等待 GOCACHEPROG={value} 的程序，而它从不应答").With("value", src.Value),
			Evidence: []diag.Evidence{src.Because()},
			ByHand:   "GOCACHEPROG= go build ./...",
			Fixes:    []diag.Fix{removal(src)},
		}
		if c := b.Stuck.Child; c != nil {
			out.Evidence = append(out.Evidence, by(proof("a build stood still for {for}; its child {pid} ({cmd}) did nothing in that time", "一次构建停顿了 {for}；其子进程 {pid}（{cmd}）在此期间没有任何动作", "for", b.Stuck.For, "pid", c.PID, "cmd", c.Command), b.Command))
		} else {
			out.Evidence = append(out.Evidence, by(proof("a build stood still for {for}, waiting for that program", "一次构建停顿了 {for}，在等待该程序", "for", b.Stuck.For), b.Command))
		}
		out.Evidence = append(out.Evidence, not("a lock of the module cache: the build waited for none", "不是模块缓存的锁：构建没有等待任何锁"),
			not("a program that is gone: {path} was started", "不是程序缺失：{path} 已被启动", "path", s.Dirs.Prog.Path))
		return []diag.Finding{out}
	},
}
