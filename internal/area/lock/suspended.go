package lock

import (
	"fmt"

	"github.com/gorescue/gorescue/internal/action"
	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/text"
)

var suspended = diag.Check{
	ID:       "modcache-version-lock-suspended-go",
	Title:    text.New("a suspended go command holds the lock of a module version", "一个被挂起的 go 命令占着某个模块版本的锁"),
	Severity: diag.Error,
	Reads:    []facts.Section{facts.SecLocks, facts.SecHost},
	Doc: text.New(`A go command was suspended (Ctrl-Z in another terminal, or SIGSTOP) while it downloaded a module. It still holds the
lock of that module version, and every other go command that needs the version waits, without a word and without an end.

**How it is proven.** /proc/locks has a lock with the inode of cache/download/<module>/@v/<version>.lock. The process whose
descriptor holds it runs the program go (or git) and is in state T. The version is required by this project and not
whole in the module cache, so its lock will be taken.

**What looks the same.** A download at work is in state R or S and its temporary file grows: only a queue. A go command that
hangs without being suspended is modcache-version-lock-held. A suspended command that holds no lock, or one of a module
that this project does not need, is in nobody's way.

**What the fix does.** It sends SIGCONT, as `+"`fg`"+` or `+"`bg`"+` would: the command ends its download and frees the lock. It is your
work, so this is done only when the check is named: `+"`gorescue fix modcache-version-lock-suspended-go`"+`. Undo suspends it again
if it still lives. The command is not ended.

**Never.** The lock file is not deleted, and nothing of the module cache either.

**By hand.** `+"`fg`"+` in the terminal where it was suspended, or `+"`kill -CONT PID`"+`.

Sources: cmd/go/internal/modfetch/cache.go, func lockVersion; https://github.com/golang/go/issues/33543; proc_pid_stat(5).`,
		`一个 go 命令在下载模块时被挂起（在另一个终端按了 Ctrl-Z，或收到 SIGSTOP）。它仍占着该模块版本的锁，其他需要这个版本的 go 命令都会一声不吭地一直等下去。

**如何证明。** /proc/locks 里有一个锁，inode 与 cache/download/<模块>/@v/<版本>.lock 一致。持有它的进程运行的是 go（或 git），状态为 T。
本项目需要该版本，而它在模块缓存中不完整，所以一定会用到这个锁。

**容易混淆的情况。** 正在进行的下载状态是 R 或 S，临时文件会增长，那只是排队。没有被挂起却卡住的 go 命令是 modcache-version-lock-held。
被挂起但没有占锁的命令，或占着本项目用不到的模块的锁的命令，不妨碍任何人。

**修复做什么。** 发送 SIGCONT，效果与 `+"`fg`"+` 或 `+"`bg`"+` 相同：命令会完成下载并释放锁。那是你的工作，所以只有点名时才会做：
`+"`gorescue fix modcache-version-lock-suspended-go`"+`。如果它还在，撤销会重新挂起它。绝不会结束它。

**绝不。** 不删除锁文件，也不删除模块缓存里的任何东西。

**手动检查。** 在挂起它的终端里输入 `+"`fg`"+`，或运行 `+"`kill -CONT PID`"+`。

来源：cmd/go/internal/modfetch/cache.go 的 lockVersion；https://github.com/golang/go/issues/33543；proc_pid_stat(5)。`),
	Run: runSuspended,
}

func runSuspended(s *facts.Snapshot) []diag.Finding {
	var out []diag.Finding
	for i := range s.Locks.Held {
		l := &s.Locks.Held[i]
		if l.Role != facts.RoleVersion || !stalled(l) || !onlySuspendedGo(l) {
			continue
		}
		h := &l.Holders[0]
		f := diag.Finding{
			Subject: l.Path,
			Claim: text.New("the suspended {who} holds the lock of {module}: every go command that needs it hangs", "被挂起的 {who} 占着 {module} 的锁：所有需要它的 go 命令都会卡住").
				With("who", who(h), "module", l.Module),
			Evidence: append(observed(l), diag.Evidence{Role: diag.Not, Text: text.New("a download at work: a suspended process cannot work", "并非正在进行的下载：被挂起的进程无法干活").With()}, missing(l)),
			ByHand:   fmt.Sprintf("grep :%d /proc/locks; ps -o pid,stat,tty,args %d", l.Inode, h.PID),
		}
		foreign := false
		var wake action.List
		for j := range l.Holders {
			foreign = foreign || l.Holders[j].UID != s.Host.UID
			wake = append(wake, kick(&l.Holders[j], action.Continue))
		}
		if foreign {
			f.Fixes = []diag.Fix{{Risk: diag.Manual, Shell: fmt.Sprintf("kill -CONT %d", h.PID),
				Title: text.New("ask the owner of {who} to continue it", "请 {who} 的所有者让它继续运行").With("who", who(h))}}
		} else {
			f.Fixes = []diag.Fix{{Risk: diag.Person, Actions: wake, Shell: "",
				Title: text.New("continue the suspended {who}, so that it ends its download", "让被挂起的 {who} 继续运行，完成下载").With("who", who(h))}}
		}
		out = append(out, f)
	}
	return out
}
