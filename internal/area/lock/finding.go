package lock

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gorescue/gorescue/internal/action"
	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/text"
)

// How long a holder must have been quiet before it counts as doing nothing. A go command may wait for a
// server that thinks; other programs have no reason to be slow with a lock of go's.
const (
	quietOther     = time.Second
	quietGo        = 3 * time.Second
	quietConnected = 30 * time.Second
)

// stalled reports whether a lock is held by processes that do nothing. One holder at work, or in a queue
// itself, is enough to say no.
func stalled(l *facts.Lock) bool {
	if len(l.Holders) == 0 {
		return false
	}
	for i := range l.Holders {
		h := &l.Holders[i]
		switch h.Activity {
		case facts.HolderStopped:
		case facts.HolderIdle:
			patience := quietOther
			if isGo(h.Program) {
				patience = quietGo
			}
			if h.Connected {
				patience = quietConnected
			}
			if h.Quiet < patience {
				return false
			}
		default:
			return false
		}
	}
	return true
}

// onlySuspendedGo reports whether all that is wrong is that a go command was suspended.
func onlySuspendedGo(l *facts.Lock) bool {
	return !slices.ContainsFunc(l.Holders, func(h facts.LockHolder) bool {
		return h.Activity != facts.HolderStopped || !isGo(h.Program)
	})
}

func (k kind) finding(s *facts.Snapshot, l *facts.Lock) diag.Finding {
	h := &l.Holders[0]
	victims := k.hangs
	if !l.Write {
		victims = k.reads
	}
	f := diag.Finding{
		Subject: l.Path,
		Claim: text.New("{who} holds a lock on {path} and does nothing: it hangs "+victims.En, "{who} 占着 {path} 的锁却什么也不做，会让这些命令卡住："+victims.Zh).
			With("who", who(h), "path", l.Path),
		Evidence: append(observed(l), diag.Evidence{Role: diag.Not, Text: text.New("a lock file that was merely left behind: the kernel's table has this lock now", "并非仅仅遗留的锁文件：内核锁表中此刻就有这个锁").With()},
			diag.Evidence{Role: diag.Not, Text: text.New("a download or another command at work: nothing moved between the looks", "并非正在进行的下载或其他命令：几次观察之间毫无动静").With()}),
		ByHand: fmt.Sprintf("grep :%d /proc/locks", l.Inode),
		Fixes:  fixes(s, l),
	}
	if l.Missing != "" {
		f.Evidence = append(f.Evidence, missing(l))
	}
	return f
}

func missing(l *facts.Lock) diag.Evidence {
	return diag.Evidence{Role: diag.Not, Text: text.New("a lock that nobody needs: {module} is required here and not whole in the cache ({missing})", "并非无人需要的锁：本项目需要 {module}，而缓存中它不完整（{missing}）").
		With("module", l.Module, "missing", l.Missing)}
}

// observed says who has the lock, how that is known, and what the holders did.
func observed(l *facts.Lock) []diag.Evidence {
	h := &l.Holders[0]
	out := []diag.Evidence{{Role: diag.Because, Text: text.New("{who}, started {age} ago in {dir} by process {parent}", "{who}，{age} 前由进程 {parent} 在 {dir} 启动").
		With("who", who(h), "age", h.Age.Round(time.Second), "dir", orUnknown(h.Dir), "parent", h.PPID)}}
	for i := range l.Holders[1:] {
		out = append(out, diag.Evidence{Role: diag.Because, Text: text.New("{who} has inherited the same lock", "{who} 继承了同一个锁").With("who", who(&l.Holders[i+1]))})
	}
	out = append(out, diag.Evidence{Role: diag.Proof, File: l.Path, Command: fmt.Sprintf("grep :%d /proc/locks", l.Inode),
		Text: text.New("/proc/locks: {line}; {inode} is the inode of {path}", "/proc/locks：{line}；{inode} 是 {path} 的 inode").With("line", l.Line, "inode", l.Inode, "path", l.Path)})
	if h.Activity == facts.HolderStopped {
		out = append(out, diag.Evidence{Role: diag.Proof, Text: text.New("process {pid} is suspended (state {state})", "进程 {pid} 被挂起（状态 {state}）").With("pid", h.PID, "state", h.State)})
	} else {
		out = append(out, diag.Evidence{Role: diag.Proof, Text: text.New("no processor time and no byte read or written by it or its children in {time}; quiet for {quiet}", "它和它的子进程在 {time} 内没有使用处理器，也没有读写任何字节；已安静 {quiet}").
			With("time", h.Looked.Round(10*time.Millisecond), "quiet", h.Quiet.Round(time.Second))})
	}
	if n := len(l.Waiters); n > 0 {
		out = append(out, diag.Evidence{Role: diag.Proof, Text: text.New("{n} process(es) wait for it now, first: process {pid} ({cmd})", "此刻有 {n} 个进程在等它，第一个：进程 {pid}（{cmd}）").
			With("n", n, "pid", l.Waiters[0].PID, "cmd", l.Waiters[0].Command)})
	}
	return out
}

// fixes is the ladder: continue what is suspended; end what is proven to be dead weight; else say who it is.
func fixes(s *facts.Snapshot, l *facts.Lock) []diag.Fix {
	if slices.ContainsFunc(l.Holders, func(h facts.LockHolder) bool { return h.UID != s.Host.UID || h.Ancestor }) {
		return []diag.Fix{byHand(l)}
	}
	var out []diag.Fix
	var wake action.List
	for i := range l.Holders {
		if h := &l.Holders[i]; h.Activity == facts.HolderStopped {
			wake = append(wake, kick(h, action.Continue))
		}
	}
	if len(wake) > 0 {
		h := &l.Holders[0]
		out = append(out, diag.Fix{Risk: diag.Person, Actions: wake,
			Title: text.New("continue the suspended {who}", "让被挂起的 {who} 继续运行").With("who", who(h))})
		if onlySuspendedGo(l) {
			return append(out, byHand(l))
		}
	}
	if !deadWeight(l) {
		return append(out, byHand(l))
	}
	end := slices.Clone(wake) // a suspended process ends only when it runs again
	for i := range l.Holders {
		end = append(end, kick(&l.Holders[i], action.Terminate))
	}
	return append(out, diag.Fix{Risk: diag.Person, Actions: end, Irreversible: true,
		Title: text.New("end {n} process(es) that hold the lock, first {who}", "结束占着锁的 {n} 个进程，第一个是 {who}").With("n", len(l.Holders), "who", who(&l.Holders[0]))})
}

func kick(h *facts.LockHolder, sig action.Signal) *action.Kick {
	return &action.Kick{Process: action.Process{PID: h.PID, Start: h.Start}, Name: h.Program, Signal: sig}
}

func byHand(l *facts.Lock) diag.Fix {
	var pids []string
	for _, h := range l.Holders {
		pids = append(pids, fmt.Sprint(h.PID))
	}
	return diag.Fix{Risk: diag.Manual, Shell: "kill " + strings.Join(pids, " "),
		Title: text.New("look at {who} and end it yourself if it is not needed any more", "请查看 {who}，如果不再需要，请自行结束").With("who", who(&l.Holders[0]))}
}

// deadWeight reports whether all holders may be ended: nobody works in them, nobody looks at them.
func deadWeight(l *facts.Lock) bool {
	for _, h := range l.Holders {
		switch {
		case h.Start == 0, h.Ancestor, h.Foreground, h.Age < time.Second, isEditor(h.Program), isShell(h.Program) && h.Terminal, h.Program == "gopls":
			return false
		}
	}
	return true
}

func isShell(program string) bool {
	return slices.Contains([]string{"sh", "bash", "dash", "zsh", "fish", "ksh", "ash", "tcsh", "csh", "nu", "tmux", "screen", "sshd", "login"}, program)
}

func isEditor(program string) bool {
	return slices.Contains([]string{"vi", "vim", "nvim", "vim.basic", "emacs", "nano", "hx", "helix", "kak", "micro", "code", "code-oss", "codium", "cursor", "zed", "zed-editor",
		"goland", "idea", "java", "node", "electron", "sublime_text", "subl", "kate", "gedit"}, program)
}

func who(h *facts.LockHolder) string {
	cmd := h.Command
	if cmd == "" {
		cmd = h.Program
	}
	if len(cmd) > 120 {
		cmd = strings.ToValidUTF8(cmd[:120], "") + "…"
	}
	return fmt.Sprintf("process %d (%s)", h.PID, cmd)
}

func orUnknown(s string) string {
	if s == "" {
		return "?"
	}
	return s
}
