package cache

import (
	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/text"
)

// placeChecks is the family "a folder cannot be used".
func placeChecks() []diag.Check {
	var out []diag.Check
	for _, c := range placeMembers() {
		out = append(out, c.check())
	}
	return out
}

func placeMembers() []placeCheck {
	const cache, work = facts.RoleCache, facts.RoleWork
	xdg, gotmp := []string{"XDG_CACHE_HOME"}, []string{"GOTMPDIR"}
	return []placeCheck{
		{id: "tmpdir-missing", role: work, except: gotmp, why: absent,
			title: text.New("TMPDIR names a folder that is not there", "TMPDIR 指定的目录不存在"), doc: placeDoc(tempIntro, absentDoc, tempFix, "https://github.com/golang/go/issues/12823")},
		{id: "tmpdir-is-a-file", role: work, except: gotmp, why: notFolder,
			title: text.New("TMPDIR names a file", "TMPDIR 指定的是文件"), doc: placeDoc(tempIntro, notFolderDoc, tempFix, "")},
		{id: "tmpdir-dangling-link", role: work, except: gotmp, why: dangling,
			title: text.New("TMPDIR names a link that leads nowhere", "TMPDIR 指定的链接没有目标"), doc: placeDoc(tempIntro, danglingDoc, tempFix, "")},
		{id: "tmpdir-not-writable", role: work, except: gotmp, why: closed,
			title: text.New("the folder for temporary files is closed to this user", "临时文件目录不允许本用户写入"), doc: placeDoc(tempIntro, closedDoc, tempFix, "https://github.com/acheong08/obi-sync/issues/2")},
		{id: "tmpdir-read-only-mount", role: work, except: gotmp, why: readOnly,
			title: text.New("the folder for temporary files is mounted read-only", "临时文件目录以只读方式挂载"), doc: placeDoc(tempIntro, readOnlyDoc, tempFix, "")},
		{id: "gotmpdir-missing", role: work, vars: gotmp, why: absent,
			title: text.New("GOTMPDIR names a folder that is not there", "GOTMPDIR 指定的目录不存在"), doc: placeDoc(gotempIntro, absentDoc, tempFix, "https://github.com/golang/go/issues/32320")},
		{id: "gotmpdir-is-a-file", role: work, vars: gotmp, why: notFolder,
			title: text.New("GOTMPDIR names a file", "GOTMPDIR 指定的是文件"), doc: placeDoc(gotempIntro, notFolderDoc, tempFix, "")},
		{id: "gotmpdir-dangling-link", role: work, vars: gotmp, why: dangling,
			title: text.New("GOTMPDIR names a link that leads nowhere", "GOTMPDIR 指定的链接没有目标"), doc: placeDoc(gotempIntro, danglingDoc, tempFix, "")},
		{id: "gotmpdir-not-writable", role: work, vars: gotmp, why: closed,
			title: text.New("GOTMPDIR names a folder that is closed to this user", "GOTMPDIR 指定的目录不允许本用户写入"), doc: placeDoc(gotempIntro, closedDoc, tempFix, "")},
		{id: "gotmpdir-read-only-mount", role: work, vars: gotmp, why: readOnly,
			title: text.New("GOTMPDIR names a folder that is mounted read-only", "GOTMPDIR 指定的目录以只读方式挂载"), doc: placeDoc(gotempIntro, readOnlyDoc, tempFix, "")},
		{id: "xdg-cache-home-not-writable", role: cache, vars: xdg, why: closed,
			title: text.New("XDG_CACHE_HOME is closed to this user, and so is the build cache", "XDG_CACHE_HOME 不允许本用户写入，构建缓存因此无法创建"), doc: placeDoc(xdgIntro, closedDoc, cacheFix, "https://github.com/kube-reporting/metering-operator/pull/954")},
		{id: "gocache-is-a-file", role: cache, why: notFolder,
			title: text.New("the build cache is a file", "构建缓存的位置是一个文件"), doc: placeDoc(cacheIntro, notFolderDoc, cacheFix, "https://github.com/zephinzer/godev/issues/41")},
		{id: "gocache-dangling-link", role: cache, why: dangling,
			title: text.New("the build cache is a link that leads nowhere", "构建缓存的位置是一个没有目标的链接"), doc: placeDoc(cacheIntro, danglingDoc, cacheFix, "")},
		{id: "gocache-not-writable", role: cache, except: xdg, why: closed,
			title: text.New("the build cache is closed to this user", "构建缓存不允许本用户写入"), doc: placeDoc(cacheIntro, closedDoc, cacheFix, "https://github.com/zephinzer/godev/issues/41")},
		{id: "gocache-read-only-mount", role: cache, why: readOnly,
			title: text.New("the build cache is mounted read-only", "构建缓存以只读方式挂载"), doc: placeDoc(cacheIntro, readOnlyDoc, cacheFix, "")},
		{id: "gobin-is-a-file", role: facts.RoleBin, vars: []string{"GOBIN"}, why: notFolder,
			title: text.New("GOBIN names a file", "GOBIN 指定的是文件"), doc: placeDoc(binIntro, notFolderDoc, binFix, "")},
		{id: "gobin-dangling-link", role: facts.RoleBin, vars: []string{"GOBIN"}, why: dangling,
			title: text.New("GOBIN names a link that leads nowhere", "GOBIN 指定的链接没有目标"), doc: placeDoc(binIntro, danglingDoc, binFix, "")},
	}
}

// placeDoc puts a page together: which folder, what is wrong with it, what is done about it.
func placeDoc(intro, what, fix text.T, source string) text.T {
	t := text.New(intro.En+"\n\n"+what.En+"\n\n"+fix.En, intro.Zh+"\n\n"+what.Zh+"\n\n"+fix.Zh)
	if source != "" {
		t.En += "\n\nReported as " + source + "."
		t.Zh += "\n\n相关报告：" + source + "。"
	}
	return t
}

var (
	tempIntro = text.New(`Every build begins with a work folder go-build… in the folder for temporary files: $TMPDIR, or /tmp when it is not set
(cmd/go/internal/work/action.go, func NewBuilder; os.TempDir). When it cannot be made, no go build, test, run or vet starts, whatever the
code is like: "go: creating work dir: …". GOTMPDIR, when set, is used instead of TMPDIR for this.`,
		`每次构建都先在临时文件目录中创建工作目录 go-build…：使用 $TMPDIR，未设置时为 /tmp
（cmd/go/internal/work/action.go 的 NewBuilder；os.TempDir）。创建失败时，无论代码如何，go build、test、run、vet 都无法开始：
"go: creating work dir: …"。若设置了 GOTMPDIR，则以它代替 TMPDIR。`)
	gotempIntro = text.New(`GOTMPDIR names the folder in which the go command makes the work folder of every build, in place of TMPDIR
(cmd/go/internal/work/action.go, func NewBuilder). It can stand in the environment or in the file that go env -w writes. When it cannot be
used, no build starts: "go: creating work dir: …". TMPDIR is not to blame and is left alone.`,
		`GOTMPDIR 指定 go 命令为每次构建创建工作目录的位置，用来代替 TMPDIR
（cmd/go/internal/work/action.go 的 NewBuilder）。它可能来自环境变量，也可能来自 go env -w 写入的文件。它不可用时任何构建都无法开始：
"go: creating work dir: …"。TMPDIR 没有问题，不会被改动。`)
	cacheIntro = text.New(`The go command needs its build cache for every build: it makes the folder named by GOCACHE (by default go-build below
XDG_CACHE_HOME or ~/.cache) and 256 folders 00…ff in it (cmd/go/internal/cache, func Open), and stops when it cannot: "failed to initialize build cache
at …". A cache that is already filled may be read-only; that costs time and breaks nothing, so it is not reported.`,
		`go 命令的每次构建都需要构建缓存：它会创建 GOCACHE 指定的目录（默认为 XDG_CACHE_HOME 或 ~/.cache 下的 go-build）
以及其中的 256 个目录 00…ff（cmd/go/internal/cache 的 Open），无法创建时直接停止："failed to initialize build cache at …"。
已经填满内容的缓存即使只读也只是变慢而不会出错，因此不会报告。`)
	xdgIntro = text.New(`GOCACHE is set nowhere, so the build cache is go-build below XDG_CACHE_HOME (os.UserCacheDir). That folder cannot be
made there, and every build stops: "failed to initialize build cache at …". The message does not mention XDG_CACHE_HOME.`,
		`没有任何地方设置 GOCACHE，因此构建缓存位于 XDG_CACHE_HOME 下的 go-build（os.UserCacheDir）。该目录无法在那里创建，
所有构建都会停止："failed to initialize build cache at …"。错误信息不会提到 XDG_CACHE_HOME。`)
	binIntro = text.New("`go install`"+` puts programs into the folder that GOBIN names, and makes it when it is missing (cmd/go/internal/modload/init.go, func BinDir). Where
something else lies at that place it ends with "mkdir …: file exists" or "not a directory", and editors cannot install their tools. A frequent
slip is GOBIN=…/bin/go, the program in place of its folder. Builds are not touched, so this is a warning.`,
		"`go install`"+` 把程序放进 GOBIN 指定的目录，缺失时会创建它（cmd/go/internal/modload/init.go 的 BinDir）。如果该位置是别的东西，就会报
"mkdir …: file exists" 或 "not a directory"，编辑器也无法安装其工具。常见笔误：GOBIN=…/bin/go，写成了程序而不是目录。构建不受影响，因此只是警告。`)

	absentDoc = text.New(`**Proof.** Nothing is at the path; the nearest folder that exists is named. Scratch disks, containers and clean-up jobs remove such
folders, while the line that names them stays. **Looks the same:** a folder that is there but closed (not-writable), a full disk (tmpdir-full).`,
		`**证明。** 该路径处什么都没有，并给出最近的已存在目录。临时磁盘、容器或清理任务删除了目录，而设置它的那一行还在。
**容易混淆：** 目录存在但不可写（not-writable）、磁盘已满（tmpdir-full）。`)
	notFolderDoc = text.New(`**Proof.** lstat(2) says that something which is no folder lies at the path, or on the way to it. It may be a file of yours: nothing is
deleted. **Looks the same:** a missing folder, a closed one.`,
		`**证明。** lstat(2) 显示该路径（或途中某处）不是目录。它可能是你的文件，因此不会删除任何内容。
**容易混淆：** 目录缺失、目录不可写。`)
	danglingDoc = text.New(`**Proof.** The path, or a folder on the way to it, is a symbolic link, and stat(2) finds nothing where it leads: a disk that is not mounted, a
removed folder. The link is kept. **Looks the same:** a missing folder.`,
		`**证明。** 该路径（或途中某个目录）是符号链接，而 stat(2) 在其目标处找不到任何东西：磁盘未挂载，或目录已删除。链接会保留。
**容易混淆：** 目录缺失。`)
	closedDoc = text.New(`**Proof.** access(2) refuses writing to the nearest folder that exists; its owner and mode are shown. Nothing is written to find out. Usual causes:
a run of sudo go or of a container left a folder of root, or a variable names a folder of the system.
**Looks the same:** a read-only mount (the system's error is another one), a full disk (free space is shown), a missing folder.`,
		`**证明。** access(2) 拒绝写入最近的已存在目录，并给出其属主与权限；探测过程不写任何东西。常见原因：sudo go 或容器留下了 root 的目录，
或某个变量指向系统目录。**容易混淆：** 只读挂载（系统错误不同）、磁盘已满（会显示剩余空间）、目录缺失。`)
	readOnlyDoc = text.New(`**Proof.** access(2) answers EROFS and statfs(2) shows the mount as read-only. Owner and mode do not matter then.
**Looks the same:** a closed folder. Remounting needs root and a reason; it is never done here.`,
		`**证明。** access(2) 返回 EROFS，statfs(2) 显示该挂载为只读；此时属主与权限无关紧要。
**容易混淆：** 目录不可写。重新挂载需要 root 与充分理由，本工具绝不会这样做。`)

	tempFix = text.New(`**Fix.** When a start-up file or the go env file names the folder and the default would work, that line is removed. Otherwise a folder of yours gets
its write bit back, or GOTMPDIR is set to a folder below ~/.cache. Each step can be undone. **Never:** chmod 777 of /tmp, sudo, a change of other lines.

**By hand.** Look with `+"`echo $TMPDIR; go env GOTMPDIR; ls -ld $TMPDIR`"+`, then remove the line, or `+"`go env -w GOTMPDIR=$HOME/.cache/go-tmp`"+`.`,
		`**修复。** 若启动文件或 go env 文件指定了该目录且默认位置可用，则删除那一行。否则给你自己的目录加回写权限，
或把 GOTMPDIR 设为 ~/.cache 下的目录。每一步都可撤销。**绝不：** 对 /tmp 执行 chmod 777、使用 sudo、改动其他行。

**手工处理。** 先用 `+"`echo $TMPDIR; go env GOTMPDIR; ls -ld $TMPDIR`"+` 查看，然后删除该行，或执行 `+"`go env -w GOTMPDIR=$HOME/.cache/go-tmp`"+`。`)
	binFix = text.New(`**Fix.** The line that sets GOBIN is removed; programs go to the folder bin below GOPATH again. **Never:** moving or deleting the file.

**By hand.** Look with `+"`ls -ld $(go env GOBIN)`"+`, then remove the line, or `+"`go env -u GOBIN`"+`.`,
		`**修复。** 删除设置 GOBIN 的那一行，程序重新安装到 GOPATH 下的 bin 目录。**绝不：** 移动或删除该文件。

**手工处理。** 先用 `+"`ls -ld $(go env GOBIN)`"+` 查看，然后删除该行，或执行 `+"`go env -u GOBIN`"+`。`)
	cacheFix = text.New(`**Fix.** When a start-up file or the go env file names the place and the default would work, that line is removed. Otherwise a folder of yours gets its
write bit back, a foreign or wrong thing in the default place is renamed beside it, or GOCACHE is set to a folder of yours. Each step can be undone.
**Never:** sudo go, deleting the other cache or the file.

**By hand.** Look with `+"`ls -ld $(go env GOCACHE)`"+`, then remove the line, or `+"`go env -w GOCACHE=$HOME/.cache/go-build`"+`.`,
		`**修复。** 若启动文件或 go env 文件指定了该位置且默认位置可用，则删除那一行。否则给你自己的目录加回写权限，
把默认位置上属于他人或类型错误的东西改名放在旁边，或把 GOCACHE 设为你自己的目录。每一步都可撤销。
**绝不：** 使用 sudo go、删除另一个缓存或那个文件。

**手工处理。** 先用 `+"`ls -ld $(go env GOCACHE)`"+` 查看，然后删除该行，或执行 `+"`go env -w GOCACHE=$HOME/.cache/go-build`"+`。`)
)
