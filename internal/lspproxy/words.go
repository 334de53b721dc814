package lspproxy

import (
	"time"

	"github.com/gorescue/gorescue/internal/lsp"
	"github.com/gorescue/gorescue/internal/text"
)

// The levels of window/showMessage and window/logMessage.
const (
	levelError   = 1
	levelWarning = 2
	levelInfo    = 3
)

// calm is the least time between two messages about restarts: the second of a series goes to the log.
const calm = 5 * time.Minute

// show shows a message to the user.
func (c *core) show(severity int, m text.Msg) {
	c.out.toEditor(lsp.Notification("window/showMessage", map[string]any{"type": severity, "message": "gorescue: " + m.In(c.lang)}))
}

// log puts a message into the editor's log.
func (c *core) log(m text.Msg) {
	if c.caps == nil {
		return // not before initialize is answered
	}
	c.out.toEditor(lsp.Notification("window/logMessage", map[string]any{"type": levelInfo, "message": "gorescue: " + m.In(c.lang)}))
}

// explain tells the user, once for a series of deaths, what happened and what was done.
func (c *core) explain(v Verdict, e Exit) {
	why := kindWords[v.Kind]
	m := restartWords.With("why", why.With("why", v.Why, "s", int(v.For.Seconds()+0.5), "mib", v.RSS>>20).In(c.lang))
	if v.Kind == NoStart {
		m = noStartWords.With("why", m.Args["why"])
	} else if c.mode.level() != full {
		m = restartLightWords.With("why", m.Args["why"])
	}
	switch {
	case c.mode.stuck():
		m = stuckWords.With("why", m.Args["why"])
	case !c.toldAt.IsZero() && c.now().Sub(c.toldAt) < calm:
		c.log(m)
		return
	}
	c.toldAt = c.now()
	c.show(levelWarning, m)
}

var kindWords = map[Kind]text.T{
	Crash:   text.New("gopls ended by itself ({why})", "gopls 自行退出（{why}）"),
	NoStart: text.New("gopls cannot be started ({why})", "无法启动 gopls（{why}）"),
	Refused: text.New("gopls refused to work ({why})", "gopls 拒绝工作（{why}）"),
	Hang:    text.New("gopls slept and gave no answer for {s} s", "gopls 休眠，{s} 秒没有应答"),
	Stopped: text.New("gopls was stopped by a signal", "gopls 被信号暂停"),
	Runaway: text.New("gopls used all of a processor for {s} s without an answer", "gopls 占满处理器 {s} 秒而没有应答"),
	Memory:  text.New("gopls used {mib} MiB of memory", "gopls 占用了 {mib} MiB 内存"),
	Flood:   text.New("gopls sent more messages than an editor can take", "gopls 发送的消息多得编辑器无法处理"),
}

var (
	restartWords      = text.New("{why}. It is being started again with your unsaved text; nothing is lost. Evidence: gorescue log.", "{why}。正在用您未保存的内容重新启动它，没有丢失任何东西。证据：gorescue log。")
	restartLightWords = text.New("{why}. It is being started again with your unsaved text, and for some minutes checks on save only. Evidence: gorescue log.", "{why}。正在用您未保存的内容重新启动它，并在几分钟内只在保存时检查。证据：gorescue log。")
	noStartWords      = text.New("{why}. Editing goes on without completion and diagnostics while it is tried again. gorescue check says why.", "{why}。正在重试，期间您可以继续编辑，但没有补全和诊断。运行 gorescue check 查明原因。")
	stuckWords        = text.New("{why}, as each time when it ran with all settings. From now on it checks on save only, until the editor is started again. Evidence: gorescue log.", "{why}，每次以全部设置运行时都是如此。从现在起它只在保存时检查，直到编辑器重新启动。证据：gorescue log。")
	asleepWords       = text.New("gopls ended {n} times in a few minutes, and is left alone for {min} min. Editing goes on without completion and diagnostics. gorescue check says why.", "gopls 在几分钟内退出了 {n} 次，{min} 分钟内不再启动。您可以继续编辑，但没有补全和诊断。运行 gorescue check 查明原因。")
	fullAgainWords    = text.New("gopls has been well for a while and runs with all settings again", "gopls 已正常运行一段时间，恢复全部设置")
	resumedWords      = text.New("gopls (process {pid}) was stopped by a signal and was let go on", "gopls（进程 {pid}）被信号暂停，已让它继续运行")
	capabilitiesWords = text.New("the new gopls has other abilities than the one before; restart the editor to use them", "新的 gopls 与之前的功能不同；重启编辑器后才能使用")
	badEditWords      = text.New("cannot follow {method}: {err}", "无法跟踪 {method}：{err}")

	noServerWords      = text.New("gopls does not run", "gopls 没有运行")
	cancelledWords     = text.New("cancelled", "已取消")
	outdatedWords      = text.New("the text has changed since, or gopls was started again", "内容已更改，或 gopls 已重新启动")
	unknownEffectWords = text.New("gopls ended while this ran; whether it took effect is not known", "执行期间 gopls 退出；是否已生效不得而知")
	twiceWords         = text.New("gopls ended twice while it worked on this", "gopls 在处理此请求时两次退出")

	fromServerWord = text.New("gopls", "gopls")
	fromEditorWord = text.New("the editor", "编辑器")
	damageWords    = text.New("{who} or a script between us damages the stream of messages: {what} ({sample}). It is mended here; gorescue check may say where it comes from.", "{who} 或中间的脚本破坏了消息流：{what}（{sample}）。此处已修补；gorescue check 可查明来源。")
)

var damageNames = map[lsp.Damage]text.T{
	lsp.Garbage:   text.New("text between messages", "消息之间有多余文本"),
	lsp.BareLines: text.New("header lines without carriage return", "头部行缺少回车符"),
	lsp.TooLong:   text.New("Content-Length is larger than the message", "Content-Length 大于消息"),
	lsp.TooShort:  text.New("Content-Length is smaller than the message", "Content-Length 小于消息"),
	lsp.NoLength:  text.New("a message without Content-Length", "消息没有 Content-Length"),
	lsp.NotJSON:   text.New("a message that is no JSON object", "消息不是 JSON 对象"),
}

// The sides of a stream.
const (
	sideEditor = "editor"
	sideServer = "server"
)
