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

// maxAside bounds what a repair moves to another file system: 1 GiB.
const maxAside = 1 << 30

var tempNoExec = diag.Check{
	ID:       "tmpdir-noexec",
	Title:    text.New("programs in the folder for temporary files may not be started", "临时文件目录中的程序不允许执行"),
	Severity: diag.Error,
	Reads:    placeReads(),
	Doc: text.New(`go test and go run build a program in the work folder (GOTMPDIR, else TMPDIR, else /tmp) and start it there. On a file system that is mounted
noexec, as hardened systems do with /tmp, the system refuses: "fork/exec /tmp/go-build…/b001/lib.test: permission denied". go build goes on
working, and so does go run of a program that was run before, since that is started from the build cache.

**Proof.** statfs(2) shows the mount flag noexec for the work folder. **Looks the same:** a folder that cannot be written to (then no build starts at all), a
program without the x bit, a compile tool that lost it.

**Fix.** GOTMPDIR is set to a folder of yours on a file system without noexec, in the file of go env -w; a line that names the folder as GOTMPDIR gives way.
**Never:** remounting, chmod, another TMPDIR for all programs. **By hand.** `+"`findmnt -T $(go env GOTMPDIR || echo /tmp)`, `go env -w GOTMPDIR=$HOME/.cache/go-tmp`"+`

Reported as https://github.com/golang/go/issues/52941.`,
		`go test 与 go run 会在工作目录（GOTMPDIR，其次 TMPDIR，再次 /tmp）中构建程序并就地启动。如果该文件系统以 noexec 挂载
（加固系统常对 /tmp 这样做），系统会拒绝："fork/exec /tmp/go-build…/b001/lib.test: permission denied"。go build 仍可工作；
曾经运行过的程序再次 go run 也能工作，因为它从构建缓存启动。

**证明。** statfs(2) 显示工作目录所在挂载带有 noexec 标志。**容易混淆：** 目录不可写（那样任何构建都无法开始）、程序缺少 x 位、编译工具丢失 x 位。

**修复。** 在 go env -w 的文件中把 GOTMPDIR 设为你自己的、位于无 noexec 文件系统上的目录；若某一行把该目录设为 GOTMPDIR，则替换它。
**绝不：** 重新挂载、chmod、为所有程序更换 TMPDIR。**手工处理。** `+"`findmnt -T /tmp`、`go env -w GOTMPDIR=$HOME/.cache/go-tmp`"+`

相关报告：https://github.com/golang/go/issues/52941。`),
	Run: func(s *facts.Snapshot) []diag.Finding {
		f := s.Dirs.Folder(facts.RoleWork)
		if !f.NoExec || judge(f) != fine {
			return nil
		}
		src, set, why := decided(s, f)
		out := diag.Finding{
			Subject: f.Path,
			Claim: text.New("go test and go run cannot start what they build: {path} lies on {mount}, which is mounted noexec", "go test 与 go run 无法启动其构建的程序：{path} 位于以 noexec 挂载的 {mount} 上").
				With("path", f.Path, "mount", orUnknown(f.Mount)),
			Evidence: []diag.Evidence{why,
				by(proof("the file system mounted at {mount} has the flag noexec", "挂载于 {mount} 的文件系统带有 noexec 标志", "mount", orUnknown(f.Mount)), "findmnt -T "+quote(f.Path)),
				not("a folder that cannot be written to: writing to {path} is allowed, so go build works", "不是目录不可写：允许写入 {path}，因此 go build 可以工作", "path", f.Path),
				room(f)},
			ByHand: "findmnt -T " + quote(f.Path) + "; go test ./...",
		}
		out.Fixes = workElsewhere(s, f, src, set)
		return []diag.Finding{out}
	},
}

// workElsewhere gives the work folder another place, leaving TMPDIR as it is.
func workElsewhere(s *facts.Snapshot, f facts.Folder, src origin.Source, set bool) []diag.Fix {
	var out []diag.Fix
	spare := s.Dirs.Folder(facts.RoleWorkSpare).Path
	if f.Var == "GOTMPDIR" && set && src.Lasting() {
		if standIn(s, f) {
			out = append(out, src.Remove())
		}
		if spare != "" {
			fix := src.Replace(spare)
			fix.Actions = append(action.List{&action.Mkdir{Path: spare}}, fix.Actions...)
			out = append(out, fix)
		}
		return out
	}
	if out = elsewhere(s, f); len(out) == 0 {
		out = append(out, manual("name a folder of your own as GOTMPDIR", "用 GOTMPDIR 指定你自己的目录", "mkdir -p ~/.cache/go-tmp && go env -w GOTMPDIR=$HOME/.cache/go-tmp"))
	}
	return out
}

// fullCheck makes the checks of a full file system below the work folder.
func fullCheck(id string, title, doc text.T, fires func(facts.Folder, facts.TempUse) bool) diag.Check {
	return diag.Check{ID: id, Title: title, Doc: doc, Severity: diag.Error, Reads: placeReads(), Run: func(s *facts.Snapshot) []diag.Finding {
		f := s.Dirs.Folder(facts.RoleWork)
		if judge(f) != fine || !fires(f, s.Dirs.Temp) {
			return nil
		}
		return []diag.Finding{fullFinding(s, f)}
	}}
}

func fullFinding(s *facts.Snapshot, f facts.Folder) diag.Finding {
	src, set, why := decided(s, f)
	use := s.Dirs.Temp
	bytes, files := garbage(use), 0
	for _, d := range use.Dead {
		files += d.Files
	}
	what, zh := "space", "空间"
	state := proof("{free} of {total} are free at {mount}", "{mount} 处共 {total}，剩余 {free}", "free", megabytes(f.Free), "total", megabytes(f.Total), "mount", orUnknown(f.Mount))
	cmd := "df -h "
	if noInodes(f) {
		what, zh, cmd = "inodes", "inode", "df -i "
		state = proof("{free} of {total} inodes are free at {mount}, while {bytes} of space are", "{mount} 处共 {total} 个 inode，剩余 {free} 个；而空间还剩 {bytes}", "free", f.FreeIno, "total", f.TotalIno, "mount", orUnknown(f.Mount), "bytes", megabytes(f.Free))
	}
	out := diag.Finding{
		Subject: f.Path,
		Claim: text.New("the file system of the folder for temporary files, {path}, has no "+what+" left", "临时文件目录 {path} 所在文件系统已没有剩余"+zh).
			With("path", f.Path),
		Evidence: []diag.Evidence{why, by(state, cmd+quote(f.Path))},
		ByHand:   cmd + quote(f.Path) + "; ls -d " + quote(f.Path) + "/go-build*",
	}
	if len(use.Dead) > 0 {
		out.Evidence = append(out.Evidence, proof("{n} go-build folder(s) of dead builds take {bytes} in {files} files: they are yours, no process has its program, folder or a file in them, and no living go command can have made them",
			"{n} 个已结束构建留下的 go-build 目录占用 {bytes}、{files} 个文件：属于你，没有任何进程的程序、目录或文件在其中，也不可能由仍在运行的 go 命令创建", "n", len(use.Dead), "bytes", megabytes(bytes), "files", files))
	}
	if use.Alive > 0 {
		out.Evidence = append(out.Evidence, not("all of go-build*: {n} folder(s) are, or may be, in use and are left alone", "并非全部 go-build*：有 {n} 个目录正在或可能正在使用，不会触动", "n", use.Alive))
	}
	if c := s.Dirs.Folder(facts.RoleCache); c.Total > 0 && c.Dev != f.Dev {
		out.Evidence = append(out.Evidence, not("the build cache: it is on another file system with {free} free", "不是构建缓存：它在另一个文件系统上，剩余 {free}", "free", megabytes(c.Free)))
	}
	out.Evidence = append(out.Evidence, not("a closed folder or a read-only mount: writing to {path} is allowed", "不是权限或只读挂载问题：允许写入 {path}", "path", f.Path))
	out.Fixes = freed(s, f, bytes)
	out.Fixes = append(out.Fixes, workElsewhere(s, f, src, set)...)
	return out
}

// garbage is what the folders of dead builds take: less than a build needs does not make a disk full.
func garbage(use facts.TempUse) uint64 {
	var bytes uint64
	for _, d := range use.Dead {
		bytes += d.Bytes
	}
	return bytes
}

// freed moves the folders of dead builds to our own folder, when that is on another file system with room.
func freed(s *facts.Snapshot, f facts.Folder, bytes uint64) []diag.Fix {
	to := s.Dirs.Folder(facts.RoleState)
	dead := s.Dirs.Temp.Dead
	enough := bytes >= minFree || noInodes(f) && len(dead) > 0
	if !enough || to.Dev == 0 || to.Dev == f.Dev || bytes > maxAside || to.Free < 2*bytes+(64<<20) || judge(to) != fine {
		return nil
	}
	fix := diag.Fix{Title: text.New("move {n} go-build folder(s) of dead builds ({bytes}) aside to {to} (nothing is deleted)", "把已结束构建的 {n} 个 go-build 目录（{bytes}）移到 {to}（不删除任何内容）").
		With("n", len(dead), "bytes", megabytes(bytes), "to", aside(s, "")), Risk: diag.Safe}
	for _, d := range dead {
		fix.Actions = append(fix.Actions, &action.Move{From: d.Path, To: aside(s, filepath.Base(d.Path))})
	}
	return []diag.Fix{fix}
}

func fullChecks() []diag.Check {
	return []diag.Check{
		fullCheck("tmpdir-full-stale-go-build", text.New("the disk for temporary files is full of the remains of dead builds", "临时文件所在磁盘被已结束构建的残留占满"), fullDoc,
			func(f facts.Folder, use facts.TempUse) bool {
				return full(f) && !noInodes(f) && garbage(use) >= minFree
			}),
		fullCheck("tmpdir-full", text.New("the disk for temporary files is full", "临时文件所在磁盘已满"), fullDoc,
			func(f facts.Folder, use facts.TempUse) bool { return full(f) && !noInodes(f) && garbage(use) < minFree }),
		fullCheck("tmpdir-no-inodes", text.New("the disk for temporary files has no inodes left", "临时文件所在磁盘已没有 inode"), inodesDoc,
			func(f facts.Folder, _ facts.TempUse) bool { return noInodes(f) }),
	}
}

var (
	fullDoc = text.New(`Every build writes objects and programs into a work folder go-build… below GOTMPDIR, TMPDIR or /tmp, often a small file system in memory. A build that
was killed (kill -9, out of memory) leaves its folder behind; so do other programs. When the file system is full, builds fail with
"no space left on device", sometimes at a file that has nothing to do with the cause.

**Proof.** statfs(2): less than 4 MB are left for this user. A go-build… folder counts as dead when it belongs to you, no process has its program, its current
folder, an open or a mapped file in it, no command line names it, and it is older than every living go command whose own work folder is not known.
**Looks the same:** the full disk of the build cache (another file system), no inodes left, a quota, a closed folder.

**Fix.** Dead folders are moved to gorescue's own folder on another file system (at most 1 GB), where undo finds them; when that does not help, GOTMPDIR is set to a
folder of yours. **Never:** rm -rf /tmp/go-build* (a running go test or go run lives in one), other files of the folder. Old articles speak of leftovers
called .work-*.tmp; the go command makes no files of that name.

**By hand.** `+"`df -h $TMPDIR; ls -ld $TMPDIR/go-build*`"+`. See https://github.com/bokwoon95/wgo/issues/10.`,
		`每次构建都会把目标文件与程序写入 GOTMPDIR、TMPDIR 或 /tmp 下的工作目录 go-build…，而那里常常是很小的内存文件系统。被强制结束的构建
（kill -9、内存不足）会留下该目录，其他程序也会留下文件。文件系统写满后构建会报 "no space left on device"，有时指向与原因无关的文件。

**证明。** statfs(2)：本用户可用空间少于 4 MB。只有同时满足以下条件的 go-build… 目录才算已死：属于你；没有进程的程序、当前目录、打开或映射的文件在其中；
没有命令行提到它；并且早于每个尚不知其工作目录的、仍在运行的 go 命令。**容易混淆：** 构建缓存所在磁盘已满（另一个文件系统）、inode 用尽、配额、目录不可写。

**修复。** 把已死的目录移到另一个文件系统上 gorescue 自己的目录中（最多 1 GB），撤销时可移回；若无效，再把 GOTMPDIR 设为你自己的目录。
**绝不：** rm -rf /tmp/go-build*（正在运行的 go test 或 go run 就在其中）、触动该目录中的其他文件。有的文章提到名为 .work-*.tmp 的残留；go 命令并不会创建这种文件。

**手工处理。** `+"`df -h $TMPDIR; ls -ld $TMPDIR/go-build*`"+`。参见 https://github.com/bokwoon95/wgo/issues/10。`)
	inodesDoc = text.New(`A file system has room for a fixed number of files. Thousands of small leftovers of one program use them up, while df -h shows free space. Every build
then stops: "go: creating work dir: mkdir /tmp/go-build…: no space left on device".

**Proof.** statfs(2): no free inodes, though there is free space. (Some file systems have no such limit; they report 0 of 0 and are never accused.)
**Looks the same:** a full disk, a quota.

**Fix.** Work folders of dead builds, if there are any, are moved to gorescue's own folder on another file system; else GOTMPDIR is set to a folder of yours. **Never:** deleting
small files that nobody knows. **By hand.** `+"`df -i $TMPDIR`, `go env -w GOTMPDIR=$HOME/.cache/go-tmp`"+`. See https://github.com/golang/go/issues/30500.`,
		`文件系统能容纳的文件数量是固定的。某个程序成千上万的小残留会把它用尽，而 df -h 仍显示有空间。此后所有构建都会停止：
"go: creating work dir: mkdir /tmp/go-build…: no space left on device"。

**证明。** statfs(2)：没有空闲 inode，但有空闲空间。（有些文件系统没有此限制，报告为 0/0，绝不会误报。）**容易混淆：** 磁盘已满、配额。

**修复。** 若有已结束构建的工作目录，把它们移到另一个文件系统上 gorescue 自己的目录；否则把 GOTMPDIR 设为你自己的目录。**绝不：** 删除来历不明的小文件。
**手工处理。** `+"`df -i $TMPDIR`、`go env -w GOTMPDIR=$HOME/.cache/go-tmp`"+`。参见 https://github.com/golang/go/issues/30500。`)
)

var tempIsRoot = diag.Check{
	ID:       "tmpdir-is-project-root",
	Title:    text.New("the module lies in the root of the folder for temporary files, where go ignores it", "模块位于临时文件目录的根部，go 会忽略它"),
	Severity: diag.Error,
	Reads:    placeReads(),
	Doc: text.New(`The go command ignores a go.mod file that lies directly in the folder for temporary files, so that tests which make folders there do not find
it by accident (cmd/go/internal/modload/init.go; os.TempDir, that is $TMPDIR or /tmp; GOTMPDIR does not matter). It warns: "go: warning: ignoring go.mod in
system temp root …", and then says that there is no main module.

**Proof.** The folder of go.mod and $TMPDIR are the same folder, links followed. **Looks the same:** a go.mod that is missing or cannot be read. A go.work, or
GO111MODULE=off, takes this rule away.

**Fix.** The line that sets TMPDIR to the project is removed. When the project itself lies in /tmp, move it one level down. **Never:** go mod init.
See https://github.com/apache/incubator-kie-tools/issues/1624.`,
		`go 命令会忽略直接位于临时文件目录中的 go.mod，以免在那里创建目录的测试意外找到它（cmd/go/internal/modload/init.go；os.TempDir，即 $TMPDIR 或 /tmp，
与 GOTMPDIR 无关）。它会警告："go: warning: ignoring go.mod in system temp root …"，然后报告没有主模块。

**证明。** go.mod 所在目录与 $TMPDIR 是同一个目录（已跟随链接）。**容易混淆：** go.mod 缺失或无法读取。存在 go.work 或 GO111MODULE=off 时此规则不适用。

**修复。** 删除把 TMPDIR 设为项目目录的那一行。如果项目本身就在 /tmp 中，请把它下移一层目录。**绝不：** go mod init。
参见 https://github.com/apache/incubator-kie-tools/issues/1624。`),
	Run: func(s *facts.Snapshot) []diag.Finding {
		f, root := s.Dirs.Folder(facts.RoleTemp), s.Dirs.Tree.TempRoot
		if root == "" || s.Settings.Get("GO111MODULE") == "off" {
			return nil
		}
		src, set, why := decided(s, f)
		out := diag.Finding{
			Subject: root,
			Claim:   text.New("go ignores {root}/go.mod: that folder is the folder for temporary files", "go 忽略 {root}/go.mod：该目录就是临时文件目录").With("root", root),
			Evidence: []diag.Evidence{why,
				proof("the folder for temporary files is {tmp}; go.mod lies in {root}; both are one folder", "临时文件目录是 {tmp}；go.mod 位于 {root}；两者是同一个目录", "tmp", f.Path, "root", root),
				not("a missing or unreadable go.mod: {root}/go.mod is there", "不是 go.mod 缺失或无法读取：{root}/go.mod 存在", "root", root)},
			ByHand: "go env GOMOD; echo $TMPDIR",
		}
		switch {
		case set:
			fix := src.Remove()
			if src.OnPurpose() {
				fix.Risk = diag.Person
			}
			out.Fixes = append(out.Fixes, fix)
		default:
			out.Fixes = append(out.Fixes, manual("move the project into a folder of its own", "把项目移到单独的目录中", "mkdir ~/"+strings.TrimSpace(filepath.Base(root))+"-project  # then move your files there"))
		}
		return []diag.Finding{out}
	},
}
