package gopls

import (
	"fmt"
	"math/bits"
	"strings"

	"github.com/gorescue/gorescue/internal/action"
	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/editor"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/jsonc"
	"github.com/gorescue/gorescue/internal/text"
)

// fsnotify is the setting by which gopls watches files itself; nil = it does not.
func fsnotify(e *facts.Editor) *facts.EditorValue {
	for _, n := range []string{"fileWatcher", "ui.fileWatcher", "build.fileWatcher"} {
		if v := editor.Get(e, "gopls", n); v != nil && strings.EqualFold(editor.Scalar(v.JSON), "fsnotify") {
			return v
		}
	}
	return nil
}

var watches = diag.Check{
	ID: "inotify-watches-exhausted", Severity: diag.Error, Reads: []facts.Section{facts.SecEditors, facts.SecGopls},
	Title: text.New("the kernel's limit on watched folders is too low for this workspace", "内核对监视目录数的限制对此工作区来说过低"),
	Doc: text.New(`VS Code and what is built from it use one inotify watch for each folder of the workspace, and so does gopls with "fileWatcher": "fsnotify". When the user's watches (or instances: 128 by default, they often run out first) are used up, changes made outside
of the editor (git pull, code generators) stay unseen without an error; gopls v0.24.0 with fsnotify even stops answering.

**Proof.** Both limits, that of the machine (fs.inotify.*), which counts a user in all user namespaces together, and that of this namespace (user.max_inotify_*): the one that leaves less decides. The watches and instances that each process holds (/proc/PID/fdinfo), the editor it belongs to; the folders of
the workspace without those that files.watcherExclude leaves out, against what the editor holds already; what the editor's own log says. Nothing is watched to find out. An error when nothing is left, when gopls itself watches, or when the editor says so; a warning when the workspace would not fit. **What looks the same.** The default of gopls, which watches nothing; go build uses no
watches; many watches that are stable and leave room; a network file system, which sends no events; a limit that was raised after the editor gave up: then the window must be loaded anew.

**The fix**, the least first: with fsnotify gopls can poll instead (named). Folders that git ignores and that have no Go files are left out of watching in the user's own settings, when the workspace fits then. Raising the limit needs root: named, and possible, the fix writes the limit and a file below /etc/sysctl.d, and undo takes both back; else the command is shown.`,
		`VS Code 及其衍生编辑器对工作区的每个目录使用一个 inotify 监视，设置了 "fileWatcher": "fsnotify" 的 gopls 也是如此。当用户的监视数（或实例数：默认 128，往往先用完）用尽，编辑器之外的更改（git pull、代码生成）不会被发现，也没有错误；gopls v0.24.0 使用 fsnotify 时甚至停止回答。

**证据。** 两种限制：机器的限制（fs.inotify.*，对一个用户在所有用户命名空间中合计）与此命名空间的限制（user.max_inotify_*），剩余较少者起作用。各进程持有的监视与实例（/proc/PID/fdinfo）及其所属编辑器；工作区的目录数（不含 files.watcherExclude 排除的）与编辑器已持有的数量；编辑器自己的日志。不会为了探测而建立监视。一个不剩、gopls 自行监视、或编辑器日志说明时为错误；工作区放不下时为警告。
**容易混淆的情况。** gopls 默认不监视；go build 不使用监视；数量多但稳定且留有余地的监视；不发送事件的网络文件系统；编辑器放弃之后才提高的限制：那时需要重新加载窗口。

**修复**，改动最小的在前：使用 fsnotify 时可让 gopls 改为轮询（须点名）。若排除被 git 忽略且不含 Go 文件的目录后工作区放得下，则在用户自己的设置中把它们排除在监视之外。提高限制需要 root：点名且可行时，修复写入限制和 /etc/sysctl.d 下的一个文件，撤销会同时收回；否则显示命令。`),
	Run: func(s *facts.Snapshot) []diag.Finding {
		w := s.Gopls.Watches
		if w == nil || w.MaxWatches < 0 {
			return nil
		}
		var worst *facts.WatchNeed
		severity := diag.Severity("")
		for i := range w.Needs {
			n := &w.Needs[i]
			if sev := short(w, n); sev != "" && severity != diag.Error {
				worst, severity = n, sev
			}
		}
		if worst == nil && len(w.Said) == 0 {
			return nil
		}
		if severity == diag.Warning && len(w.Said) > 0 {
			severity = diag.Error
		}
		if worst == nil {
			return []diag.Finding{gaveUp(s, w)}
		}
		return []diag.Finding{tooFew(s, w, worst, severity)}
	},
}

// short says how bad it is for one editor: nothing when it has what it needs or may have it.
func short(w *facts.Watches, n *facts.WatchNeed) diag.Severity {
	free := max(0, w.MaxWatches-w.Watches)
	missing := max(0, n.Folders-n.Held)
	switch {
	case missing > 0 && noInstance(w) && n.Held == 0:
		return diag.Error
	case missing <= free:
		return ""
	case free == 0 || n.Gopls:
		return diag.Error
	}
	return diag.Warning
}

// noInstance reports whether all inotify instances are in use.
func noInstance(w *facts.Watches) bool { return w.MaxInstances >= 0 && w.Instances >= w.MaxInstances }

// usage is the evidence of limits and users.
func usage(s *facts.Snapshot, w *facts.Watches) []diag.Evidence {
	file, limit := w.Limit, w.MaxWatches
	if noInstance(w) {
		file, limit = w.LimitInstances, w.MaxInstances
	}
	out := []diag.Evidence{
		{Role: diag.Because, File: file, Text: text.New("{file} is {max}", "{file} 为 {max}").With("file", file, "max", limit), Command: "cat " + file},
		{Role: diag.Proof, Text: text.New("{n} of {max} watches and {i} of {mi} instances are in use by this user ({other} watches in other user namespaces; {unseen} processes could not be looked at)", "此用户正在使用 {max} 个监视中的 {n} 个和 {mi} 个实例中的 {i} 个（其他用户命名空间中有 {other} 个监视；{unseen} 个进程无法查看）").
			With("n", w.Watches, "max", w.MaxWatches, "i", w.Instances, "mi", w.MaxInstances, "other", w.Elsewhere, "unseen", w.Unseen), Command: "grep -c inotify /proc/*/fdinfo/* 2>/dev/null | grep -v ':0$'"}}
	for _, u := range w.Users {
		t := text.New("process {pid} ({comm}) holds {n} watches in {i} instance(s)", "进程 {pid}（{comm}）在 {i} 个实例中持有 {n} 个监视")
		if u.Editor != "" {
			t = text.New("process {pid} ({comm}, of {editor}) holds {n} watches in {i} instance(s)", "进程 {pid}（{comm}，属于 {editor}）在 {i} 个实例中持有 {n} 个监视")
		}
		out = append(out, diag.Evidence{Role: diag.Proof, Text: t.With("pid", u.PID, "comm", u.Comm, "editor", u.Editor, "n", u.Watches, "i", u.Instances)})
	}
	for _, c := range w.Said {
		out = append(out, diag.Evidence{Role: diag.Proof, File: c.File, Line: c.Line, Text: text.New("log of {editor}: {text}", "{editor} 的日志：{text}").With("editor", s.Editors.List[c.Editor].Name, "text", c.Text)})
	}
	return out
}

func tooFew(s *facts.Snapshot, w *facts.Watches, n *facts.WatchNeed, severity diag.Severity) diag.Finding {
	e := &s.Editors.List[n.Editor]
	free := max(0, w.MaxWatches-w.Watches)
	x := diag.Finding{Severity: severity, ByHand: "cat " + w.Limit + " " + w.LimitInstances,
		Claim: text.New("{editor} has {n} folders to watch here, of which it watches {held}, and {free} of {max} watches are free", "{editor} 在此要监视 {n} 个目录，已监视 {held} 个，而 {max} 个监视中只剩 {free} 个").
			With("editor", e.Name, "n", n.Folders, "held", n.Held, "free", free, "max", w.MaxWatches)}
	if missing := n.Folders - n.Held; missing <= free {
		x.Claim = text.New("all {max} inotify instances of this user are in use: {editor} cannot watch anything here", "此用户的 {max} 个 inotify 实例已全部使用：{editor} 在此无法监视任何内容").With("max", w.MaxInstances, "editor", e.Name)
	}
	not := text.New("the default of gopls, which watches nothing: {editor} runs, and watches by itself", "gopls 默认不监视：{editor} 正在运行并自行监视").With("editor", e.Name)
	if n.Gopls {
		not = text.New("the default of gopls, which watches nothing: fileWatcher is fsnotify", "gopls 默认不监视：fileWatcher 为 fsnotify").With()
	}
	x.Evidence = append(usage(s, w), diag.Evidence{Role: diag.Not, Text: not})
	if v := fsnotify(e); n.Gopls && v != nil {
		at := v.At
		at.New = jsonc.Quote("poll")
		x.Fixes = append(x.Fixes, diag.Fix{Risk: diag.Person, Title: text.New("let gopls poll instead of watching ({file})", "让 gopls 轮询而不是监视（{file}）").With("file", e.Files[v.File].Path),
			Actions: action.List{&action.Edit{Path: e.Files[v.File].Path, Splices: []facts.Splice{at}}}})
	}
	if ex := n.Exclude; ex != nil && !noInstance(w) && n.Folders-ex.Saved-n.Held <= free {
		var names []string
		for _, f := range ex.Folders {
			names = append(names, fmt.Sprintf("%s (%d)", f.Path, f.Folders))
		}
		x.Fixes = append(x.Fixes, diag.Fix{Risk: diag.Safe, Title: text.New("do not watch what git ignores and has no Go files: {folders} ({file})", "不监视被 git 忽略且不含 Go 文件的目录：{folders}（{file}）").With("folders", strings.Join(names, ", "), "file", ex.Set.Path),
			Actions: action.List{&action.Edit{Path: ex.Set.Path, Create: ex.Set.Create, Splices: ex.Set.Splices}}})
	}
	x.Fixes = append(x.Fixes, raise(w, max(0, n.Folders-n.Held)))
	return x
}

// gaveUp is the finding when there is room now, and an editor stopped watching earlier: VS Code does not try again.
func gaveUp(s *facts.Snapshot, w *facts.Watches) diag.Finding {
	e := &s.Editors.List[w.Said[0].Editor]
	return diag.Finding{Severity: diag.Warning, ByHand: "grep -rniE 'inotify|ENOSPC' " + quoted(w.Said[0].File),
		Claim:    text.New("{editor} stopped watching some folders, as its log says; there is room for watches now", "{editor} 的日志说明它已停止监视某些目录；现在已有可用的监视").With("editor", e.Name),
		Evidence: append(usage(s, w), diag.Evidence{Role: diag.Not, Text: text.New("a limit that is still reached by what can be seen: watches are free", "就可见部分而言仍达到限制：还有可用的监视").With()}),
		Fixes:    []diag.Fix{{Risk: diag.Manual, Title: text.New("load the window of {editor} anew (Developer: Reload Window): it does not try again by itself", "重新加载 {editor} 的窗口（Developer: Reload Window）：它不会自行重试").With("editor", e.Name)}}}
}

// raise writes higher limits: for the running kernel, and for later starts when they are settings of the machine.
func raise(w *facts.Watches, missing int64) diag.Fix {
	n := max(524288, int64(1)<<bits.Len64(uint64(2*(w.Watches+missing))))
	i := max(1024, 2*w.Instances)
	conf := fmt.Sprintf("fs.inotify.max_user_watches = %d\nfs.inotify.max_user_instances = %d\n", n, i)
	cmd := "printf '" + strings.ReplaceAll(conf, "\n", "\\n") + "' | sudo tee /etc/sysctl.d/99-zz-inotify-watches.conf && sudo sysctl --system"
	if !strings.HasPrefix(w.Limit, "/proc/sys/fs/") {
		cmd = fmt.Sprintf("echo %d | sudo tee %s", n, w.Limit)
	}
	fix := diag.Fix{Risk: diag.Manual, Title: text.New("raise the limit: {cmd} (root: the kernel's limit holds for the whole machine)", "提高限制：{cmd}（需要 root：内核限制对整台机器生效）").With("cmd", cmd), Shell: cmd}
	if !w.May {
		return fix
	}
	fix.Risk, fix.Shell = diag.Person, ""
	fix.Title = text.New("raise the limit from {old} watches and {oldi} instances to {n} and {i}", "把限制从 {old} 个监视和 {oldi} 个实例提高到 {n} 个和 {i} 个").With("old", w.MaxWatches, "oldi", w.MaxInstances, "n", n, "i", i)
	set := func(file string, old, now int64) {
		if old >= 0 && old < now {
			fix.Actions = append(fix.Actions, &action.Edit{Path: file, Splices: []facts.Splice{{Old: fmt.Sprint(old), New: fmt.Sprint(now)}}})
		}
	}
	set(w.Limit, w.MaxWatches, n)
	if strings.HasPrefix(w.LimitInstances, "/proc/sys/fs/") == strings.HasPrefix(w.Limit, "/proc/sys/fs/") {
		set(w.LimitInstances, w.MaxInstances, i)
	}
	if w.DropIn != "" {
		fix.Actions = append(fix.Actions, &action.Edit{Path: w.DropIn, Create: true, Splices: []facts.Splice{{New: conf}}})
	}
	return fix
}
