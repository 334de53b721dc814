package cache

import (
	"runtime"
	"slices"
	"strings"

	"github.com/gorescue/gorescue/internal/action"
	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/text"
)

// limitCheck is a member of the family "a limit of the session leaves the go command too little".
type limitCheck struct {
	id    string
	limit string // key of facts.Host.Limits
	need  func(*facts.Snapshot) uint64
	hard  bool // the go command raises its own soft limit: only the hard one binds
	title text.T
	claim text.T
	doc   text.T
	show  string // command that shows it
}

func limitChecks() []diag.Check {
	list := []limitCheck{
		{id: "ulimit-nproc-low", limit: "nproc", need: needProcesses, show: "ulimit -u; grep processes /proc/self/limits",
			title: text.New("the limit of processes is too low for the go command", "进程数限制过低，go 命令无法工作"),
			claim: text.New("this session may have {have} processes and threads, {used} are there already; a build needs about {need}", "本会话最多允许 {have} 个进程和线程，已有 {used} 个；一次构建约需 {need} 个"),
			doc:   limitDoc(nprocDoc)},
		{id: "open-files-limit-too-low", limit: "nofile", need: needFiles, hard: true, show: "ulimit -Hn; grep 'open files' /proc/self/limits",
			title: text.New("the limit of open files is too low for the go command", "打开文件数限制过低，go 命令无法工作"),
			claim: text.New("this session may have {have} files open; the go command needs about {need} to start its tools", "本会话最多允许打开 {have} 个文件；go 命令启动其工具约需 {need} 个"),
			doc:   limitDoc(nofileDoc)},
		{id: "address-space-limit-kills-gopls", limit: "as", need: func(*facts.Snapshot) uint64 { return needAddresses }, show: "ulimit -v; grep 'address space' /proc/self/limits",
			title: text.New("the limit of the address space is below what Go programs reserve", "地址空间限制低于 Go 程序的预留量"),
			claim: text.New("this session limits the address space of each program to {have}; gopls and the go command reserve about {need} and crash at start", "本会话把每个程序的地址空间限制为 {have}；gopls 与 go 命令约预留 {need}，启动即崩溃"),
			doc:   limitDoc(asDoc)},
		{id: "ulimit-file-size-low", limit: "fsize", need: func(*facts.Snapshot) uint64 { return needFileSize }, show: "ulimit -f; grep 'file size' /proc/self/limits",
			title: text.New("the limit of the size of files is smaller than what a build writes", "文件大小限制小于构建要写的文件"),
			claim: text.New("this session limits every file to {have}; compiler and linker write files of {need} and more", "本会话把每个文件限制为 {have}；编译器与链接器会写出 {need} 以上的文件"),
			doc:   limitDoc(fsizeDoc)},
	}
	var out []diag.Check
	for _, c := range list {
		out = append(out, c.check())
	}
	return out
}

// What a build needs at least, measured with go1.26 on linux/amd64 with a program that prints a line (see the
// page of each check): `go build -a` fails with 15 free tasks and passes with 20 on two processors; fails with 20 open
// files and passes with 25; fails with 1,600,000 KiB of addresses and passes with 1,700,000; the linked program has 2.3 MB.
const (
	needAddresses = 1_700_000 << 10
	needFileSize  = 32 << 20 // export data, archives and programs of usual size
)

func needProcesses(*facts.Snapshot) uint64 { return 12 + 4*processors() }

func needFiles(*facts.Snapshot) uint64 { return 16 + 4*processors() }

// processors is how many tools the go command starts at once (its flag -p), counted to eight: with more of
// them it waits for its tools anyway.
func processors() uint64 { return uint64(min(runtime.NumCPU(), 8)) }

func (c limitCheck) check() diag.Check {
	return diag.Check{ID: c.id, Title: c.title, Doc: c.doc, Severity: diag.Error, Reads: placeReads(), Run: func(s *facts.Snapshot) []diag.Finding {
		if c.limit == "nproc" && s.Host.UID == 0 {
			return nil // the kernel does not hold root to it
		}
		if s.Dirs.NewTerminal {
			for _, u := range c.lines(s, facts.Unlimited) {
				if slices.Min(u.Values) < c.need(s) {
					return []diag.Finding{c.finding(s, slices.Min(u.Values), &u)}
				}
			}
			return nil
		}
		l, ok := s.Host.Limits[c.limit]
		have := l.Soft
		if c.hard {
			have = l.Hard
			if s.Dirs.HardFiles > 0 {
				have, ok = s.Dirs.HardFiles, true
			}
		}
		if !ok || have == facts.Unlimited || free(s, c.limit, have) >= c.need(s) {
			return nil
		}
		var line *facts.Ulimit
		if all := c.lines(s, have); len(all) > 0 {
			line = &all[len(all)-1]
		}
		return []diag.Finding{c.finding(s, have, line)}
	}}
}

// free is what of a limit is left: processes count for the user, the others for each process.
func free(s *facts.Snapshot, limit string, have uint64) uint64 {
	if used := uint64(used(s)); limit == "nproc" {
		if used >= have {
			return 0
		}
		return have - used
	}
	return have
}

// used is how many tasks the user has, without our own.
func used(s *facts.Snapshot) int { return max(s.Host.Threads-runtime.NumCPU()-4, 0) }

// lines are the commands of start-up files that set this limit to a value; facts.Unlimited stands for any.
func (c limitCheck) lines(s *facts.Snapshot, value uint64) []facts.Ulimit {
	var out []facts.Ulimit
	for _, u := range s.Dirs.Ulimits {
		if u.Limit == c.limit && (value == facts.Unlimited || slices.Contains(u.Values, value)) {
			out = append(out, u)
		}
	}
	return out
}

func (c limitCheck) finding(s *facts.Snapshot, have uint64, line *facts.Ulimit) diag.Finding {
	amount := func(n uint64) string {
		if c.limit == "as" || c.limit == "fsize" {
			return megabytes(n)
		}
		return text.New("{n}", "{n}").With("n", n).String()
	}
	l := s.Host.Limits[c.limit]
	out := diag.Finding{
		Subject: c.limit,
		Claim:   c.claim.With("have", amount(have), "need", amount(c.need(s)), "used", used(s)),
		ByHand:  c.show,
		Evidence: []diag.Evidence{
			by(proof("getrlimit(2): {limit} has the soft limit {soft} and the hard limit {hard}", "getrlimit(2)：{limit} 的软限制为 {soft}，硬限制为 {hard}", "limit", c.limit, "soft", limitText(l.Soft), "hard", limitText(l.Hard)), c.show),
			not("a limit of the whole system: only this session and its children have it", "不是整个系统的限制：只有本会话及其子进程受此限制"),
			room(s.Dirs.Folder(facts.RoleWork))},
	}
	if line == nil {
		out.Evidence = append(out.Evidence, because("no start-up file sets this limit: it comes from the login (limits.conf, systemd), a container, or was typed in this shell", "没有启动文件设置该限制：它来自登录过程（limits.conf、systemd）、容器，或是在当前 shell 中输入的"))
		out.Fixes = []diag.Fix{manual("raise the limit where it is set; in this shell the hard limit is the most that can be had", "在设置它的位置提高限制；在当前 shell 中最多只能提高到硬限制", raise(c.limit))}
		return out
	}
	out.Evidence = append(out.Evidence, diag.Evidence{Role: diag.Because, File: line.File, Line: line.Line,
		Text: text.New("{file}:{line} has: {text}", "{file}:{line} 写有：{text}").With("file", line.File, "line", line.Line, "text", line.Text)})
	yes := "1"
	out.Fixes = []diag.Fix{{
		Title: text.New("remove `{text}` at {file}:{line}; terminals and editors opened from then on have the old limit", "删除 {file}:{line} 处的 `{text}`；此后打开的终端与编辑器恢复原有限制").With("text", line.Text, "file", line.File, "line", line.Line),
		Risk:  diag.Safe, Actions: action.List{&action.Edit{Path: line.File, Splices: line.Cuts}},
		Env: map[string]*string{newTerminal: &yes}, Shell: raise(c.limit) + "  # or open a new terminal"}}
	return out
}

func limitText(n uint64) string {
	if n == facts.Unlimited {
		return "unlimited"
	}
	return text.New("{n}", "{n}").With("n", n).String()
}

func raise(limit string) string {
	letter := map[string]string{"nproc": "u", "nofile": "n", "as": "v", "fsize": "f"}[limit]
	return "ulimit -S -" + letter + " \"$(ulimit -H -" + letter + ")\""
}

func limitDoc(t text.T) text.T {
	return text.New(strings.TrimSpace(t.En)+`

**Proof.** getrlimit(2) of this very session, against what a build of the smallest program was measured to need. The command in a start-up file that sets exactly this value is named with its line. **Looks the same:** a full
disk (free space is shown), too little memory.

**Fix.** Exactly that command is taken out of the start-up file. It counts for terminals and editors that are opened from then on: a process cannot raise its own hard limit. When no start-up file sets the limit, the
command to type is shown. **Never:** ending programs of the user, other lines of the file, system-wide limits. **By hand.** `+"`ulimit -a`, `cat /proc/self/limits`"+`.`,
		strings.TrimSpace(t.Zh)+`

**证明。** 用 getrlimit(2) 读取本会话自身的限制，并与实测的最小程序构建所需比较；同时指出启动文件中恰好设置该值的命令及其行号。**容易混淆：** 磁盘已满（会显示剩余空间）、内存不足。

**修复。** 只从启动文件中删除这一条命令。它对此后打开的终端与编辑器生效：进程无法提高自己的硬限制。若没有启动文件设置该限制，则显示应输入的命令。
**绝不：** 结束用户的程序、改动文件的其他行、修改系统级限制。**手工处理。** `+"`ulimit -a`、`cat /proc/self/limits`"+`。`)
}

var (
	nprocDoc = text.New("`ulimit -u` counts all processes and threads of the user. The Go runtime starts threads as it needs them and ends the program when it gets none: \"runtime: failed to create new OS thread … may need to increase max user processes\". A build on two processors fails with 15 free and passes with 20 (go1.26). See https://github.com/golang/go/issues/16713.",
		"`ulimit -u` 计算用户的所有进程与线程。Go 运行时按需创建线程，创建失败即终止程序：\"runtime: failed to create new OS thread … may need to increase max user processes\"。在双处理器上，剩余 15 个时构建失败，20 个时通过（go1.26）。参见 https://github.com/golang/go/issues/16713。")
	nofileDoc = text.New("The go command and gopls open files and pipes for every tool that they start: \"fork/exec …/go: too many open files\". Go programs raise their soft limit to the hard one at start, so that only the hard limit binds. On two processors a build fails with 20 and passes with 25 (go1.26). See https://github.com/golang/go/issues/33531.",
		"go 命令与 gopls 每启动一个工具都要打开文件与管道：\"fork/exec …/go: too many open files\"。Go 程序启动时会把软限制提高到硬限制，因此真正起作用的只有硬限制。双处理器上，20 个时构建失败，25 个时通过（go1.26）。参见 https://github.com/golang/go/issues/33531。")
	asDoc = text.New("`ulimit -v` limits addresses, not memory. The Go runtime reserves large ranges of addresses that it never uses: below about 800 MB no Go program starts (\"fatal error: failed to reserve page summary memory\"), below 1.7 GB builds fail (go1.26, linux/amd64). gorescue itself needs them too. To bound memory use GOMEMLIMIT or a cgroup. See https://github.com/golang/go/issues/38010.",
		"`ulimit -v` 限制的是地址而不是内存。Go 运行时会预留大段从不使用的地址：低于约 800 MB 时任何 Go 程序都无法启动（\"fatal error: failed to reserve page summary memory\"），低于 1.7 GB 时构建失败（go1.26，linux/amd64）。gorescue 自身也需要它们。要限制内存请使用 GOMEMLIMIT 或 cgroup。参见 https://github.com/golang/go/issues/38010。")
	fsizeDoc = text.New("`ulimit -f` limits the size of each file that a program writes. Compiler and linker exceed a small one: \"file too large\", \"signal: file size limit exceeded\". See https://github.com/golang/go/issues/52195.",
		"`ulimit -f` 限制程序写出的每个文件的大小。编译器与链接器会超出过小的限制：\"file too large\"、\"signal: file size limit exceeded\"。参见 https://github.com/golang/go/issues/52195。")
)
