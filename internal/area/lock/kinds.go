package lock

import (
	"strings"

	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/text"
)

// kind is a kind of locked file: a check of its own, so that the page says which commands hang.
type kind struct {
	id    string
	role  facts.LockRole
	title text.T
	what  text.T // what the file is
	hangs text.T // which commands wait for an exclusive lock
	reads text.T // which wait for a shared one; zero = none
	alike text.T // what looks the same, and what tells it apart
	never text.T
	src   string
}

// kinds is the one list of locked files. The order is that in which a go command meets them.
func kinds() []kind {
	return []kind{
		{id: "gomod-flock-held", role: facts.RoleGoMod,
			title: text.New("another program holds a lock on go.mod", "有程序占着 go.mod 的锁"),
			what:  text.New("Every go command reads go.mod under a shared lock; `go get`, `go mod tidy` and `go mod edit` write it under an exclusive one.", "每个 go 命令都在共享锁下读取 go.mod；`go get`、`go mod tidy`、`go mod edit` 在独占锁下写入它。"),
			hangs: text.New("every go command in this module", "本模块中的所有 go 命令"),
			reads: text.New("go get, go mod tidy and go mod edit", "go get、go mod tidy 和 go mod edit"),
			alike: text.New("A go.mod that cannot be read or parsed fails at once instead of hanging. A go.sum that is locked looks the same; the inode tells which file it is.", "读不了或解析不了的 go.mod 会立刻报错，而不是卡住。go.sum 被锁看起来一样，靠 inode 区分是哪个文件。"),
			never: text.New("go.mod is never deleted or replaced to get rid of a lock: a program that has the old file open would still write to it.", "绝不会为了摆脱锁而删除或替换 go.mod：打开着旧文件的程序仍会写它。"),
			src:   "cmd/go/internal/modload/modfile.go, func ReadModFile; cmd/go/internal/modload/init.go, func commitRequirements"},
		{id: "gosum-flock-held", role: facts.RoleGoSum,
			title: text.New("another program holds a lock on go.sum", "有程序占着 go.sum 的锁"),
			what:  text.New("go.sum (in a workspace also go.work.sum) is read under a shared lock by every command that loads dependencies, and written under an exclusive one.", "所有加载依赖的命令都在共享锁下读取 go.sum（工作区还有 go.work.sum），写入时用独占锁。"),
			hangs: text.New("every go command that loads dependencies", "所有需要加载依赖的 go 命令"),
			reads: text.New("go get and go mod tidy", "go get 和 go mod tidy"),
			alike: text.New("modcache-lock-held: there plain builds pass and only go get and go mod tidy hang. `go env` and `go version` work in both cases. The inode tells which file is locked.", "modcache-lock-held：那种情况下普通构建能通过，只有 go get 和 go mod tidy 卡住。两种情况下 `go env` 和 `go version` 都能用。靠 inode 区分被锁的文件。"),
			never: text.New("go.sum is never deleted to get rid of a lock: the hashes would be lost.", "绝不会为了摆脱锁而删除 go.sum：校验和会丢失。"),
			src:   "cmd/go/internal/modfetch/fetch.go, func readGoSum and WriteGoSum; https://github.com/golang/go/issues/37461"},
		{id: "modcache-lock-held", role: facts.RoleSide,
			title: text.New("another program holds the lock of the module cache", "有程序占着模块缓存的锁"),
			what:  text.New("$GOMODCACHE/cache/lock is taken while go.mod or go.sum are written, on behalf of old go commands.", "写 go.mod 或 go.sum 时会占用 $GOMODCACHE/cache/lock，这是为了兼容旧版 go 命令。"),
			hangs: text.New("go get, go mod tidy and other commands that write go.mod or go.sum", "go get、go mod tidy 等会写 go.mod 或 go.sum 的命令"),
			reads: text.New("go get, go mod tidy and other commands that write go.mod or go.sum", "go get、go mod tidy 等会写 go.mod 或 go.sum 的命令"),
			alike: text.New("A slow proxy: there the go command has a network connection and waits for no lock. Plain builds pass while this lock is held.", "代理慢：那种情况下 go 命令有网络连接，没有在等锁。这个锁被占时普通构建能通过。"),
			never: text.New("The lock file is never deleted: that frees no waiter and lets two writers in. The module cache is never cleaned.", "绝不会删除锁文件：那样不会放行等待者，反而会让两个写入者同时进入。绝不会清空模块缓存。"),
			src:   "cmd/go/internal/modfetch/cache.go, func SideLock; https://github.com/golang/go/issues/32421"},
		{id: "modcache-version-lock-held", role: facts.RoleVersion,
			title: text.New("a program that does nothing holds the lock of a module version", "一个什么也不做的程序占着某个模块版本的锁"),
			what:  text.New("cache/download/<module>/@v/<version>.lock guards the download and extraction of one module version. It is taken only while something of that version is missing from the cache.", "cache/download/<模块>/@v/<版本>.lock 保护一个模块版本的下载与解压。只有缓存里缺少该版本的内容时才会去占用它。"),
			hangs: text.New("every go command that needs this module version", "所有需要这个模块版本的 go 命令"),
			reads: text.New("every go command that needs this module version", "所有需要这个模块版本的 go 命令"),
			alike: text.New("A download at work: its temporary file grows, or it uses the processor or the network; that is only a queue. A lock of a version that is whole in the cache, or that this project does not need, is in nobody's way. A suspended holder (modcache-version-lock-suspended-go) only has to be continued.", "正在进行的下载：它的临时文件在增长，或在用处理器、网络，那只是排队。缓存中已完整、或本项目用不到的版本，其锁不妨碍任何人。被挂起的持有者（modcache-version-lock-suspended-go）只需让它继续。"),
			never: text.New("The lock file is never deleted: the next command would make a new one and both would write the same files.", "绝不会删除锁文件：下一个命令会新建一个，两边就会同时写同样的文件。"),
			src:   "cmd/go/internal/modfetch/cache.go, func lockVersion; cmd/go/internal/modfetch/fetch.go; https://github.com/golang/go/issues/33543"},
		{id: "modcache-entry-lock-held", role: facts.RoleEntry,
			title: text.New("another program holds a lock on a file of a cached module", "有程序占着缓存模块某个文件的锁"),
			what:  text.New("<version>.ziphash is read under a shared lock by every build that uses the module; the file list beside it is locked while a new version is noted.", "凡是用到该模块的构建都会在共享锁下读取 <版本>.ziphash；旁边的 list 文件在记录新版本时被锁。"),
			hangs: text.New("every go command that uses this module", "所有用到这个模块的 go 命令"),
			alike: text.New("A damaged ziphash fails with a checksum mismatch, or heals itself, but never hangs.", "损坏的 ziphash 会报校验和不符，或自行恢复，但不会卡住。"),
			never: text.New("No file of the module cache is deleted.", "绝不会删除模块缓存里的任何文件。"),
			src:   "cmd/go/internal/modfetch/fetch.go, func checkMod; cmd/go/internal/modfetch/cache.go, func rewriteVersionList"},
		{id: "modcache-vcs-lock-held", role: facts.RoleVCS,
			title: text.New("a program that does nothing holds the lock of a cached repository", "一个什么也不做的程序占着某个缓存仓库的锁"),
			what:  text.New("cache/vcs/<hash>.lock guards the copy of a repository from which modules are fetched directly.", "cache/vcs/<哈希>.lock 保护用于直接获取模块的仓库副本。"),
			hangs: text.New("every go command that must fetch a module from this repository", "所有需要从这个仓库获取模块的 go 命令"),
			reads: text.New("every go command that must fetch a module from this repository", "所有需要从这个仓库获取模块的 go 命令"),
			alike: text.New("git's own lock files (shallow.lock, index.lock) lock by their existence and make git fail at once; this lock makes go wait. A git fetch at work uses the network and its files grow.", "git 自己的锁文件（shallow.lock、index.lock）靠存在来上锁，会让 git 立刻失败；而这个锁会让 go 一直等。正在进行的 git fetch 会用网络，文件会增长。"),
			never: text.New("cache/vcs is never deleted.", "绝不会删除 cache/vcs。"),
			src:   "cmd/go/internal/modfetch/codehost/codehost.go, func WorkDir; cmd/go/internal/modfetch/codehost/git.go"},
		{id: "sumdb-lock-held", role: facts.RoleSumDB,
			title: text.New("another program holds a lock on the state of the checksum database", "有程序占着校验数据库状态文件的锁"),
			what:  text.New("$GOPATH/pkg/sumdb/<name>/latest holds the last tree that was verified. It is locked when a module that is not in go.sum is looked up.", "$GOPATH/pkg/sumdb/<名称>/latest 保存最近一次验证过的树。查询不在 go.sum 里的模块时会锁住它。"),
			hangs: text.New("go get, and every command that adds a module to go.sum", "go get，以及所有会向 go.sum 添加模块的命令"),
			reads: text.New("go get, when the database has grown", "数据库有更新时的 go get"),
			alike: text.New("A checksum database that does not answer: there the go command has a network connection and waits for no lock.", "校验数据库不应答：那种情况下 go 命令有网络连接，没有在等锁。"),
			never: text.New("The file is never deleted and verification never switched off.", "绝不会删除该文件，也绝不会关闭校验。"),
			src:   "cmd/go/internal/modfetch/sumdb.go"},
		{id: "gocache-trim-lock-held", role: facts.RoleTrim,
			title: text.New("another program holds a lock on trim.txt of the build cache", "有程序占着构建缓存 trim.txt 的锁"),
			what:  text.New("$GOCACHE/trim.txt notes when old entries were last removed. Every go command that used the build cache reads it at its end, under a shared lock.", "$GOCACHE/trim.txt 记录上次清理旧条目的时间。凡是用了构建缓存的 go 命令，结束时都会在共享锁下读取它。"),
			hangs: text.New("every build and test: the work is done, only the exit is missing", "所有构建和测试：活已经干完，只是不退出"),
			alike: text.New("gocacheprog-hangs: there no lock is held and a child of go is silent. Here the output is complete and go waits in the kernel for the lock.", "gocacheprog-hangs：那种情况下没有锁，而是 go 的子进程没有反应。这里输出已完整，go 在内核里等锁。"),
			never: text.New("The build cache is never deleted.", "绝不会删除构建缓存。"),
			src:   "cmd/go/internal/cache/cache.go, func Trim; https://github.com/golang/go/issues/37461"},
		{id: "gocache-testexpire-lock-held", role: facts.RoleTestExpire,
			title: text.New("another program holds a lock on testexpire.txt of the build cache", "有程序占着构建缓存 testexpire.txt 的锁"),
			what:  text.New("$GOCACHE/testexpire.txt says which test results are out of date. `go test` reads it under a shared lock.", "$GOCACHE/testexpire.txt 说明哪些测试结果已过期。`go test` 在共享锁下读取它。"),
			hangs: text.New("go test", "go test"),
			alike: text.New("A test that hangs: there the test program runs as a child of go. Builds pass in both cases.", "测试本身卡住：那种情况下测试程序作为 go 的子进程在运行。两种情况下构建都能通过。"),
			never: text.New("The build cache is never deleted.", "绝不会删除构建缓存。"),
			src:   "cmd/go/internal/test/test.go; cmd/go/internal/clean/clean.go"},
	}
}

// check makes the check of a kind.
func (k kind) check() diag.Check {
	return diag.Check{ID: k.id, Title: k.title, Doc: k.doc(), Severity: diag.Error, Reads: []facts.Section{facts.SecLocks, facts.SecHost},
		Run: func(s *facts.Snapshot) []diag.Finding {
			var out []diag.Finding
			for i := range s.Locks.Held {
				l := &s.Locks.Held[i]
				if l.Role == k.role && stalled(l) && !(k.role == facts.RoleVersion && onlySuspendedGo(l)) {
					out = append(out, k.finding(s, l))
				}
			}
			return out
		}}
}

// doc is the page of a kind: the mechanism is the same, the file and what hangs differ.
func (k kind) doc() text.T {
	page := func(p, what, hangs, alike, never string) string {
		return strings.NewReplacer("{what}", what, "{hangs}", hangs, "{alike}", alike, "{never}", never, "{src}", k.src).Replace(p)
	}
	return text.New(page(pageEn, k.what.En, k.hangs.En, k.alike.En, k.never.En), page(pageZh, k.what.Zh, k.hangs.Zh, k.alike.Zh, k.never.Zh))
}

const pageEn = `A program holds a lock on this file and does nothing. While it lives these commands wait for it, without a word and
without an end: {hangs}.

**How it comes about.** {what} A backup or sync client, a script with flock(1), a go command that was left behind, or a child that
inherited the descriptor keeps the lock.

**How it is proven.** The kernel's table /proc/locks has a FLOCK entry with the device and inode of this file. All processes
whose descriptors hold it are found through /proc/<pid>/fdinfo, also those that only inherited it. They are looked at
several times: no processor time, no byte read or written, no growing file, by them or their children.

**What looks the same.** A lock file that merely exists is no lock: go never removes these files. A holder at work is only a
queue, and not reported. A POSIX lock (fcntl) does not stand in the way of go's locks. {alike}

**What the fix does.** A suspended holder is continued. An idle one that belongs to you, is no shell, editor or parent of this
command, and that nobody sees on a terminal, is asked to end (SIGTERM), with all processes that share its lock. Ending a
process cannot be undone, so both are done only when this check is named: ` + "`gorescue fix ID`" + `. In every other case the process
is only named, with the command to type.

**Never.** {never}

**By hand.** ` + "`grep :INODE /proc/locks`" + ` with the number of ` + "`stat -c %i FILE`" + `; the fifth column is the process.

Sources: {src}; proc_locks(5), flock(2).`

const pageZh = `有程序占着这个文件的锁，却什么也不做。只要它还在，下面这些命令就会一声不吭地一直等下去：{hangs}。

**怎么发生的。** {what}占着锁的可能是备份或同步客户端、用 flock(1) 的脚本、遗留下来的 go 命令，或继承了文件描述符的子进程。

**如何证明。** 内核的锁表 /proc/locks 里有一条 FLOCK 记录，设备号和 inode 与这个文件一致。通过 /proc/<pid>/fdinfo 找出所有持有它的进程，
包括只是继承了描述符的。对它们多次观察：它们及其子进程没有使用处理器，没有读写任何字节，也没有文件在增长。

**容易混淆的情况。** 锁文件仅仅存在不等于被锁：go 从不删除这些文件。持有者在干活时只是排队，不会报告。POSIX 锁（fcntl）不妨碍 go 的锁。{alike}

**修复做什么。** 被挂起的持有者会被恢复运行。属于你自己、不是 shell、编辑器或本命令的父进程、也没有显示在终端前台的空闲进程，会收到结束请求
（SIGTERM），与它共享同一个锁的进程也一样。结束进程无法撤销，所以只有点名本检查时才会做：` + "`gorescue fix ID`" + `。其余情况只指出进程，并给出要输入的命令。

**绝不。** {never}

**手动检查。** 用 ` + "`stat -c %i 文件`" + ` 得到 inode，再运行 ` + "`grep :INODE /proc/locks`" + `；第五列就是进程号。

来源：{src}；proc_locks(5)、flock(2)。`
