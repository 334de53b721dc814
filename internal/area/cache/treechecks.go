package cache

import (
	"go/version"
	"path"
	"path/filepath"
	"strings"

	"github.com/gorescue/gorescue/internal/action"
	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/text"
)

// fileCheck is a member of the family "a file of the module cannot be opened".
type fileCheck struct {
	id    string
	why   facts.BadKind
	mod   bool // of go.mod, go.sum, go.work; false: of a package folder
	title text.T
	claim text.T
	proof text.T
	not   text.T
	what  text.T
	fix   text.T
	from  string
}

func fileChecks() []diag.Check {
	link := text.New("A link has no content of its own, so that moving it aside loses nothing; undo brings it back. A link that git keeps is part of the repository and is left alone.", "链接本身没有内容，移到旁边不会丢失任何东西，撤销即可恢复。由 git 管理的链接属于仓库，不会触动。")
	list := []fileCheck{
		{id: "gomod-not-readable", why: facts.BadUnreadable, mod: true,
			title: text.New("a module file may not be read", "模块文件没有读权限"),
			claim: text.New("{path} may not be read by this user (mode {mode}, owner {uid}): no go command works in this module", "本用户无权读取 {path}（权限 {mode}，属主 {uid}）：该模块中任何 go 命令都无法工作"),
			proof: text.New("access(2) refuses reading {path}: mode {mode}, owner {uid}", "access(2) 拒绝读取 {path}：权限 {mode}，属主 {uid}"),
			not:   text.New("a damaged or missing file: it is there, and only its mode keeps it closed", "不是文件损坏或缺失：文件存在，只是权限不允许读取"),
			what:  text.New("go.mod, go.sum or go.work may not be read. A build in a container, run as root with umask 077, writes such files anew with mode 0600.", "go.mod、go.sum 或 go.work 没有读权限。容器中以 root 且 umask 077 运行的构建会把这些文件重写为权限 0600。"),
			fix:   text.New("When the file is yours, it gets the read bit back; when not, the command for its owner is shown.", "若文件属于你，则加回读权限；否则显示其属主应执行的命令。"), from: "https://github.com/techknowlogick/xgo/issues/10"},
		{id: "gofile-symlink-dangling", why: facts.BadDangling,
			title: text.New("a source file is a link to nowhere", "源文件是没有目标的链接"),
			claim: text.New("{path} is a link to {target}, where nothing is: the package does not build", "{path} 是指向 {target} 的链接，而那里什么都没有：该包无法构建"),
			proof: text.New("lstat(2) sees the link {path}, stat(2) finds nothing at {target}", "lstat(2) 能看到链接 {path}，stat(2) 在 {target} 处找不到任何东西"),
			not:   text.New("links that lead to each other: following it ends at a name that is missing", "不是循环链接：跟随它会到达一个不存在的名字"),
			what:  text.New("A link to a generated file of another tree (build output, a removed checkout) dangles. The go command opens every source file of a package folder, so that the package fails: \"open …: no such file or directory\".", "指向另一目录中生成文件的链接（构建输出、已删除的检出）失去了目标。go 命令会打开包目录中的每个源文件，因此该包失败：\"open …: no such file or directory\"。"),
			fix:   link, from: "https://github.com/qiniu/goc/issues/357"},
		{id: "gofile-symlink-loop", why: facts.BadLoop,
			title: text.New("source files are links that lead to each other", "源文件是互相指向的链接"),
			claim: text.New("{path} is a link that leads back to itself: the package does not build", "{path} 是最终指回自身的链接：该包无法构建"),
			proof: text.New("following {path} → {target} ends with the system's error ELOOP", "跟随 {path} → {target} 以系统错误 ELOOP 结束"),
			not:   text.New("a link to a missing file: the system reports a loop, not a missing name", "不是指向缺失文件的链接：系统报告的是循环，而不是名字不存在"),
			what:  text.New("A generator or a moved checkout made a link to a link to itself: \"too many levels of symbolic links\".", "生成器或被移动的检出造成了指回自身的链接：\"too many levels of symbolic links\"。"),
			fix:   link, from: "https://github.com/qiniu/goc/issues/357"},
		{id: "gofile-not-readable", why: facts.BadUnreadable,
			title: text.New("a source file may not be read", "源文件没有读权限"),
			claim: text.New("{path} may not be read by this user (mode {mode}, owner {uid}): the package does not build", "本用户无权读取 {path}（权限 {mode}，属主 {uid}）：该包无法构建"),
			proof: text.New("access(2) refuses reading {path}: mode {mode}, owner {uid}", "access(2) 拒绝读取 {path}：权限 {mode}，属主 {uid}"),
			not:   text.New("a missing file: it is there", "不是文件缺失：文件存在"),
			what:  text.New("A source file may not be read: a generator ran as root or with umask 077.", "源文件没有读权限：生成器以 root 或 umask 077 运行过。"),
			fix:   text.New("When the file is yours, it gets the read bit back; when not, the command for its owner is shown.", "若文件属于你，则加回读权限；否则显示其属主应执行的命令。")},
		{id: "gofile-not-a-file", why: facts.BadPipe,
			title: text.New("a pipe, socket or device has the name of a source file", "管道、套接字或设备占用了源文件的名字"),
			claim: text.New("{path} is no file: the go command hangs or fails when it opens it", "{path} 不是普通文件：go 命令打开它时会卡住或失败"),
			proof: text.New("lstat(2) says that {path} is no regular file, folder or link", "lstat(2) 显示 {path} 不是普通文件、目录或链接"),
			not:   text.New("a lock: nothing holds one, the open(2) itself waits", "不是锁：没有锁，是 open(2) 本身在等待"),
			what:  text.New("The go command opens every source file of a package folder. Opening a named pipe waits until somebody writes to it, that is for ever.", "go 命令会打开包目录中的每个源文件。打开命名管道会一直等到有人写入，也就是永远等待。"),
			fix:   link},
	}
	var out []diag.Check
	for _, c := range list {
		out = append(out, c.check())
	}
	return append(out, treeFolder)
}

func (c fileCheck) check() diag.Check {
	doc := text.New(c.what.En+"\n\n**Proof.** The module's folder is walked as `./...` does, without following links; names that begin with \".\" or \"_\", files for other platforms, testdata and ignored folders are left out, as the go command does. Whether git keeps the file is asked of git.\n\n**Fix.** "+c.fix.En+" **Never:** deleting, or touching files that git keeps.",
		c.what.Zh+"\n\n**证明。** 像 `./...` 一样遍历模块目录，不跟随链接；以 \".\" 或 \"_\" 开头的名字、其他平台的文件、testdata 与被忽略的目录都像 go 命令那样略过。文件是否由 git 管理，会向 git 询问。\n\n**修复。** "+c.fix.Zh+"**绝不：** 删除文件，或触动由 git 管理的文件。")
	if c.from != "" {
		doc.En += "\n\nReported as " + c.from + "."
		doc.Zh += "\n\n相关报告：" + c.from + "。"
	}
	return diag.Check{ID: c.id, Title: c.title, Doc: doc, Severity: diag.Error, Reads: placeReads(), Run: func(s *facts.Snapshot) []diag.Finding {
		var out []diag.Finding
		for _, b := range s.Dirs.Tree.Bad {
			if b.Why == c.why && isModFile(b.Path) == c.mod && (b.InScope || c.mod) {
				out = append(out, c.finding(s, b))
			}
		}
		return out
	}}
}

func isModFile(p string) bool {
	switch filepath.Ext(p) {
	case ".mod", ".sum", ".work":
		return true
	}
	return false
}

func (c fileCheck) finding(s *facts.Snapshot, b facts.BadFile) diag.Finding {
	values := []any{"path", b.Path, "target", b.Target, "mode", mode(b.Mode), "uid", b.UID}
	out := diag.Finding{
		Subject: b.Path, Claim: c.claim.With(values...), ByHand: "ls -l " + quote(b.Path) + "; cat " + quote(b.Path),
		Evidence: []diag.Evidence{origins(b),
			{Role: diag.Proof, File: b.Path, Text: c.proof.With(values...)},
			{Role: diag.Not, Text: c.not.With(values...)}},
	}
	switch {
	case b.Why == facts.BadUnreadable && owned(s, b.UID):
		out.Fixes = []diag.Fix{{Title: text.New("give {path} its read bit back", "给 {path} 加回读权限").With("path", b.Path), Risk: diag.Safe, Actions: action.List{&action.Chmod{Files: []string{b.Path}, Add: 0o644}}}}
	case b.Why == facts.BadUnreadable:
		out.Fixes = []diag.Fix{manual("its owner ({uid}) must make it readable", "需由其属主（{uid}）改为可读", "sudo chmod a+r "+quote(b.Path), "uid", b.UID)}
	case b.Tracked == facts.TrackYes:
		out.Fixes = []diag.Fix{manual("git keeps this link: make its target again, or remove the link from the repository yourself", "该链接由 git 管理：请重新生成其目标，或自行从仓库中移除", "git -C "+quote(filepath.Dir(b.Path))+" log -1 -- "+quote(filepath.Base(b.Path)))}
	case b.Tracked == facts.TrackUnknown:
		out.Fixes = []diag.Fix{moved(b.Path, aside(s, b.Rel), diag.Person)}
	default:
		out.Fixes = []diag.Fix{moved(b.Path, aside(s, b.Rel), diag.Safe)}
	}
	return out
}

// origins says what is known of where a file comes from.
func origins(b facts.BadFile) diag.Evidence {
	switch b.Tracked {
	case facts.TrackYes:
		return because("git keeps {rel}", "{rel} 由 git 管理", "rel", b.Rel)
	case facts.TrackNo:
		return because("git does not keep {rel}: some tool has left it", "{rel} 不由 git 管理：是某个工具留下的", "rel", b.Rel)
	case facts.TrackNoRepo:
		return because("{rel} lies in the module, which is in no git repository", "{rel} 位于模块中，而模块不在任何 git 仓库里", "rel", b.Rel)
	}
	return because("{rel} lies in the module; git could not be asked about it", "{rel} 位于模块中；无法向 git 询问", "rel", b.Rel)
}

var treeFolder = diag.Check{
	ID:       "unreadable-dir-in-tree",
	Title:    text.New("a folder of the module cannot be listed, so that ./... fails", "模块中有目录无法列出，导致 ./... 失败"),
	Severity: diag.Error,
	Reads:    placeReads(),
	Doc: text.New(`The pattern ./... lists every folder of the module, also those without Go files, and gives up at the first that it may not list (cmd/go/internal/search, func MatchDirs): "pattern ./...: open data/pg:
permission denied". Typical are the volumes of databases in containers, with mode 0700 of another user.

**Proof.** access(2) refuses listing the folder; it is below the folder under diagnosis and none that ./... leaves out (names beginning with "." or "_", testdata, other modules, ignore lines). `+"`go build .`"+` passes.
**Looks the same:** a source file that may not be read.

**Fix.** From go 1.25 on, a line `+"`ignore ./data`"+` in go.mod makes the go command pass over the folder without opening it; it is added when the module's go line allows it and git keeps nothing below the folder. It is
the top folder below the module's root in which nothing else can be built. For an older go line the owner must move the volume out of the module. **Never:** deleting the folder, chown under a running container.

**By hand.** `+"`go mod edit -ignore=./data`"+` See https://github.com/go-gitea/gitea/pull/18612.`,
		`模式 ./... 会列出模块的每个目录（包括没有 Go 文件的），遇到第一个无权列出的目录就放弃（cmd/go/internal/search 的 MatchDirs）："pattern ./...: open data/pg:
permission denied"。典型情况是容器中数据库的卷，权限 0700 且属于其他用户。

**证明。** access(2) 拒绝列出该目录；它位于所诊断目录之下，且不属于 ./... 会略过的目录（以 "." 或 "_" 开头、testdata、其他模块、ignore 行）。`+"`go build .`"+` 可以通过。
**容易混淆：** 某个源文件没有读权限。

**修复。** 自 go 1.25 起，go.mod 中的 `+"`ignore ./data`"+` 会让 go 命令不打开该目录而直接略过；当模块的 go 行允许且 git 不管理其中任何文件时添加这一行。
对于更旧的 go 行，需要由属主把该卷移出模块。**绝不：** 删除目录、在运行中的容器下 chown。

**手工处理。** `+"`go mod edit -ignore=./data`"+` 参见 https://github.com/go-gitea/gitea/pull/18612。`),
	Run: func(s *facts.Snapshot) []diag.Finding {
		var out []diag.Finding
		for _, b := range s.Dirs.Tree.Bad {
			if b.Why != facts.BadFolder || !b.InScope || b.Rel == "." {
				continue
			}
			out = append(out, diag.Finding{
				Subject: b.Rel,
				Claim:   text.New("./... fails: the folder {rel} of the module may not be listed by this user (mode {mode}, owner {uid})", "./... 失败：本用户无权列出模块中的目录 {rel}（权限 {mode}，属主 {uid}）").With("rel", b.Rel, "mode", mode(b.Mode), "uid", b.UID),
				Evidence: []diag.Evidence{origins(b),
					{Role: diag.Proof, File: b.Path, Command: "ls -ld " + quote(b.Path), Text: text.New("the system refuses listing {path}: mode {mode}, owner {uid}", "系统拒绝列出 {path}：权限 {mode}，属主 {uid}").With("path", b.Path, "mode", mode(b.Mode), "uid", b.UID)},
					not("a source file that may not be read: the go command stops at the folder, before it looks at any file", "不是源文件没有读权限：go 命令在目录处就停止，尚未查看任何文件")},
				ByHand: "go list ./...; go list .",
				Fixes:  folderFixes(s, b),
			})
		}
		return out
	},
}

func folderFixes(s *facts.Snapshot, b facts.BadFile) []diag.Fix {
	t := s.Dirs.Tree
	dir := "./" + strings.TrimPrefix(ignorable(b), "./")
	if t.GoMod.Path != "" && version.Compare("go"+t.GoMod.Go, "go1.25") >= 0 && b.Tracked != facts.TrackYes && b.Tracked != facts.TrackUnknown {
		line := "\nignore " + dir + "\n"
		if !t.GoMod.EOL {
			line = "\n" + line
		}
		return []diag.Fix{{
			Title: text.New("add the line `ignore {dir}` to {file}: go then passes over that folder", "在 {file} 中添加一行 `ignore {dir}`：go 就会略过该目录").With("dir", dir, "file", t.GoMod.Path),
			Risk:  diag.Safe, Actions: action.List{&action.Edit{Path: t.GoMod.Path, Splices: []facts.Splice{{Offset: t.GoMod.Size, New: line}}}}}}
	}
	if owned(s, b.UID) && b.Mode&0o500 != 0o500 {
		return []diag.Fix{{Title: text.New("give yourself the right to list {path}", "给自己加上列出 {path} 的权限").With("path", b.Path), Risk: diag.Person, Actions: action.List{&action.Chmod{Files: []string{b.Path}, Add: 0o500}}}}
	}
	return []diag.Fix{manual("move that folder out of the module, or let its owner give you the right to list it", "把该目录移出模块，或请其属主给你列出它的权限", "sudo setfacl -m u:\"$(id -un)\":rx "+quote(b.Path))}
}

// ignorable is the folder that an ignore line should name: the one that cannot be listed, or its parent
// when that holds nothing but it.
func ignorable(b facts.BadFile) string {
	if b.Alone {
		return path.Dir(b.Rel)
	}
	return b.Rel
}

var strayCopies = diag.Check{
	ID:       "mergetool-leftover-files",
	Title:    text.New("copies left by a tool declare the names of a package twice", "工具留下的副本使包中的名字重复声明"),
	Severity: diag.Error,
	Reads:    placeReads(),
	Doc: text.New(`Merge tools, programs that synchronise folders, and file managers put copies beside a file: lib_BASE_4242.go, lib_LOCAL_4242.go (git mergetool), lib.sync-conflict-….go (Syncthing), lib (conflicted copy).go,
lib copy.go. As they end in .go they belong to the package, and every name is declared twice: "Hello redeclared in this block".

**Proof.** The name follows the pattern of a known tool, the original lies beside it, both are of one package, and the same names are declared in both. git does not keep the copy. When the git mergetool with that process number
is still at work, nothing is moved. **Looks the same:** a name that you declared twice yourself, a Go tree mixed of two releases.

**Fix.** The copies are moved aside to gorescue's own folder; undo brings them back. The original is not touched. **Never:** deleting, renaming functions, touching files that git keeps. **By hand.** `+"`git status --short`"+``,
		`合并工具、同步程序与文件管理器会在文件旁放置副本：lib_BASE_4242.go、lib_LOCAL_4242.go（git mergetool）、lib.sync-conflict-….go（Syncthing）、lib (conflicted copy).go、lib copy.go。
它们以 .go 结尾，因此属于该包，所有名字都被声明两次："Hello redeclared in this block"。

**证明。** 名字符合已知工具的模式；原文件就在旁边；两者属于同一个包；两者声明了相同的名字；git 不管理该副本。若该进程号的 git mergetool 仍在工作，则不移动任何文件。
**容易混淆：** 你自己重复声明的名字、由两个版本混合而成的 Go 目录。

**修复。** 把副本移到 gorescue 自己的目录，撤销即可恢复；不触动原文件。**绝不：** 删除、重命名函数、触动由 git 管理的文件。**手工处理。** `+"`git status --short`"+``),
	Run: func(s *facts.Snapshot) []diag.Finding {
		byOriginal := map[string][]facts.StrayCopy{}
		var order []string
		for _, c := range s.Dirs.Tree.Copies {
			if c.Tracked == facts.TrackYes {
				continue // the user's own code
			}
			if byOriginal[c.Original] == nil {
				order = append(order, c.Original)
			}
			byOriginal[c.Original] = append(byOriginal[c.Original], c)
		}
		var out []diag.Finding
		for _, o := range order {
			out = append(out, copiesFinding(s, o, byOriginal[o]))
		}
		return out
	},
}

func copiesFinding(s *facts.Snapshot, original string, list []facts.StrayCopy) diag.Finding {
	first := list[0]
	var names []string
	fix := diag.Fix{Risk: diag.Safe}
	busy := false
	for _, c := range list {
		names = append(names, filepath.Base(c.Path))
		rel, err := filepath.Rel(s.Dirs.Tree.Root, c.Path)
		if err != nil {
			rel = filepath.Base(c.Path)
		}
		fix.Actions = append(fix.Actions, &action.Move{From: c.Path, To: aside(s, rel)})
		if c.Tracked == facts.TrackUnknown {
			fix.Risk = diag.Person
		}
		busy = busy || c.Busy != nil
	}
	fix.Title = text.New("move {names} aside to {to} (nothing is deleted)", "把 {names} 移到 {to}（不删除任何内容）").With("names", strings.Join(names, ", "), "to", aside(s, ""))
	out := diag.Finding{
		Subject: original,
		Claim:   text.New("{names}, left beside {original} by {tool}, declare its names once more: the package does not build", "{tool} 在 {original} 旁留下的 {names} 重复声明了其中的名字：该包无法构建").With("names", strings.Join(names, ", "), "original", original, "tool", first.Tool),
		Evidence: []diag.Evidence{
			because("the names follow the pattern of {tool}", "文件名符合 {tool} 的模式", "tool", first.Tool),
			proof("{copy} and {original} both declare: {decl}", "{copy} 与 {original} 都声明了：{decl}", "copy", first.Path, "original", original, "decl", strings.Join(first.Names, ", ")),
			not("your own code: git does not keep the copies ({state})", "不是你自己的代码：git 不管理这些副本（{state}）", "state", string(first.Tracked))},
		ByHand: "git status --short " + quote(filepath.Dir(original)),
		Fixes:  []diag.Fix{fix},
	}
	if busy {
		out.Severity = diag.Warning
		out.Fixes = []diag.Fix{manual("finish or quit the merge tool that is still at work", "完成或退出仍在工作的合并工具", "ps -fp "+pidOf(list))}
	} else if first.Tool == "git mergetool" {
		out.Evidence = append(out.Evidence, not("a merge tool at work: the process whose number is in the names is gone", "不是正在工作的合并工具：文件名中的进程号对应的进程已不存在"))
	}
	return out
}

func pidOf(list []facts.StrayCopy) string {
	for _, c := range list {
		if c.Busy != nil {
			return itoa(c.Busy.PID)
		}
	}
	return ""
}

var outputFolder = diag.Check{
	ID:       "output-is-a-directory",
	Title:    text.New("a folder lies where go build writes its program", "go build 输出位置上是一个目录"),
	Severity: diag.Error,
	Reads:    placeReads(),
	Doc: text.New(`go build without -o in the folder of a program writes a file named like the package's import path ends. A folder of that name stops it: "go: build output "app" already exists and is a directory".
(go build ./... with several packages, and go build -o, are not concerned.)

**Proof.** The package here is main, the folder is there, and it is empty, or .gitignore expects a program at this place. A folder of that name with content is a common layout, and is not reported.
**Looks the same:** a file that may not be written.

**Fix.** An empty folder is moved aside. One with content is yours to decide about: use -o. **Never:** deleting a folder with content. **By hand.** `+"`go build -o bin/ .`"+` See https://github.com/heroku/heroku-buildpack-go/issues/588.`,
		`在程序所在目录执行不带 -o 的 go build，会写出与包导入路径末段同名的文件。同名目录会使它停止："go: build output "app" already exists and is a directory"。
（包含多个包的 go build ./... 与 go build -o 不受影响。）

**证明。** 这里的包是 main，该目录存在，并且它是空的，或 .gitignore 预期此处是程序。有内容的同名目录是常见布局，不会报告。**容易混淆：** 不可写的文件。

**修复。** 空目录会被移到旁边。有内容的目录由你决定：请使用 -o。**绝不：** 删除有内容的目录。**手工处理。** `+"`go build -o bin/ .`"+` 参见 https://github.com/heroku/heroku-buildpack-go/issues/588。`),
	Run: func(s *facts.Snapshot) []diag.Finding {
		o := s.Dirs.Tree.Output
		if o == nil || o.Entries > 0 && (o.Ignored == "" || o.HasGo) {
			return nil
		}
		out := diag.Finding{
			Subject: o.Path,
			Claim:   text.New("go build in this folder cannot write its program: {path} is a folder", "在本目录执行 go build 无法写出程序：{path} 是一个目录").With("path", o.Path),
			Evidence: []diag.Evidence{
				because("the package here is main, and its program is called {name}", "这里的包是 main，其程序名为 {name}", "name", o.Program),
				{Role: diag.Proof, File: o.Path, Text: text.New("{path} is a folder with {n} entries", "{path} 是目录，含 {n} 个条目").With("path", o.Path, "n", o.Entries)},
				not("a package of that name: the folder has no Go files", "不是同名的包：该目录中没有 Go 文件")},
			ByHand: "go build -o /dev/null . && ls -ld " + quote(o.Path),
		}
		if o.Ignored != "" {
			out.Evidence = append(out.Evidence, diag.Evidence{Role: diag.Proof, File: o.IgnoredFile, Line: o.IgnoredLine,
				Text: text.New("{file}:{line} ({text}) expects the program there", "{file}:{line}（{text}）预期程序位于此处").With("file", o.IgnoredFile, "line", o.IgnoredLine, "text", o.Ignored)})
		}
		if o.Entries == 0 {
			out.Fixes = append(out.Fixes, moved(o.Path, aside(s, filepath.Base(o.Path)), diag.Safe))
		}
		out.Fixes = append(out.Fixes, manual("write the program elsewhere", "把程序写到别处", "go build -o bin/ ."))
		return []diag.Finding{out}
	},
}
