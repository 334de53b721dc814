package cache

import (
	"path/filepath"
	"strconv"
	"strings"

	"github.com/gorescue/gorescue/internal/action"
	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/origin"
	"github.com/gorescue/gorescue/internal/text"
)

// blockCheck is a member of the family "a module that is needed cannot be written to the cache".
type blockCheck struct {
	id    string
	fires func(s *facts.Snapshot, b *facts.Block) bool
	title text.T
	what  text.T // what is particular to it, for the page
	from  string
}

func blockChecks() []diag.Check {
	mine := func(s *facts.Snapshot, b *facts.Block) bool { return owned(s, b.UID) }
	folder := func(b *facts.Block) bool { return b.Kind == facts.NodeFolder }
	byGopath := func(s *facts.Snapshot, b *facts.Block) bool {
		f := s.Dirs.Folder(facts.RoleModCache)
		return f.Var == "GOPATH" && f.Kind == facts.NodeMissing
	}
	list := []blockCheck{
		{id: "modcache-read-only-mount", fires: func(s *facts.Snapshot, b *facts.Block) bool { return b.Denied == facts.DeniedReadOnly },
			title: text.New("the module cache lies on a read-only mount", "模块缓存位于只读挂载上"),
			what:  text.New("The system's error is that of the mount (EROFS): owner and mode do not matter. Containers mount shared caches like that, which is right as long as everything needed is in them.", "系统错误来自挂载（EROFS），与属主和权限无关。容器常这样挂载共享缓存；只要所需内容都在其中就没有问题。"),
			from:  "https://github.com/shipwright-io/build/pull/2082"},
		{id: "gopath-not-writable", fires: func(s *facts.Snapshot, b *facts.Block) bool {
			return folder(b) && b.Denied != facts.DeniedReadOnly && byGopath(s, b)
		},
			title: text.New("GOPATH is a folder that is closed to this user", "GOPATH 是不允许本用户写入的目录"),
			what:  text.New("GOMODCACHE is set nowhere, so the module cache is pkg/mod below GOPATH, and it cannot be made there.", "没有任何地方设置 GOMODCACHE，因此模块缓存位于 GOPATH 下的 pkg/mod，而它无法在那里创建。"),
			from:  "https://github.com/docker-library/golang/issues/65"},
		{id: "modcache-owned-by-other-user", fires: func(s *facts.Snapshot, b *facts.Block) bool {
			return folder(b) && b.Denied != facts.DeniedReadOnly && !mine(s, b) && !byGopath(s, b)
		},
			title: text.New("the module cache belongs to another user", "模块缓存属于另一个用户"),
			what:  text.New("sudo go, or a container with another user id, has made the folder; its owner is not this user, who can therefore neither write to it nor change its mode.", "sudo go 或使用其他用户 id 的容器创建了该目录；其属主不是本用户，因此既不能写入也不能修改权限。"),
			from:  "https://github.com/golang/go/issues/26814"},
		{id: "modcache-not-writable", fires: func(s *facts.Snapshot, b *facts.Block) bool {
			return folder(b) && b.Denied != facts.DeniedReadOnly && mine(s, b) && !byGopath(s, b)
		},
			title: text.New("folders of the module cache have lost their write permission", "模块缓存的目录失去了写权限"),
			what:  text.New("The folder belongs to this user but may not be written to: it was copied from a layer of an image, or made read-only as a whole. (Extracted modules, the folders with @ in their names, are read-only on purpose and stay so.)", "该目录属于本用户，但不可写：可能是从镜像层复制而来，或被整体设为只读。（解压出的模块，即名称带 @ 的目录，本来就应只读，保持不变。）"),
			from:  "https://github.com/gravitational/teleport/issues/6354"},
		{id: "modcache-is-a-file", fires: func(s *facts.Snapshot, b *facts.Block) bool { return !folder(b) && b.Kind != facts.NodeUnknown },
			title: text.New("something that is no folder lies where the module cache should be", "模块缓存的位置上不是目录"),
			what:  text.New("A file, or a link that leads nowhere, lies on the way to the module cache.", "通往模块缓存的路径上有一个文件，或一个没有目标的链接。")},
	}
	var out []diag.Check
	for _, c := range list {
		out = append(out, c.check())
	}
	return out
}

func (c blockCheck) check() diag.Check {
	return diag.Check{ID: c.id, Title: c.title, Doc: blockDoc(c), Severity: diag.Error, Reads: placeReads(), Run: func(s *facts.Snapshot) []diag.Finding {
		for _, m := range s.Dirs.Modules.Missing {
			if m.Blocked != nil && c.fires(s, m.Blocked) {
				return []diag.Finding{c.finding(s, m)}
			}
		}
		return nil
	}}
}

func (c blockCheck) finding(s *facts.Snapshot, m facts.MissingModule) diag.Finding {
	b, f := m.Blocked, s.Dirs.Folder(facts.RoleModCache)
	src, set, why := decided(s, f)
	out := diag.Finding{
		Subject: f.Path,
		Claim: text.New("{module} is needed and is not in the module cache, and the go command cannot put it there: {at} is not writable for this user", "需要的 {module} 不在模块缓存中，而 go 命令无法写入：{at} 不允许本用户写入").
			With("module", m.Module, "at", b.Where),
		ByHand: "ls -ld " + quote(b.Where) + "; go mod download " + m.Module,
	}
	if b.Kind != facts.NodeFolder {
		out.Claim = text.New("{module} is needed and cannot be put into the module cache: {at} is no folder", "需要的 {module} 无法写入模块缓存：{at} 不是目录").With("module", m.Module, "at", b.Where)
	}
	state := by(proof("{at} belongs to user {uid}, mode {mode}; the system refuses writing there to this user ({me}): {why}", "{at} 属于用户 {uid}，权限 {mode}；系统拒绝本用户（{me}）写入：{why}",
		"at", b.Where, "uid", b.UID, "mode", mode(b.Mode), "me", s.Host.UID, "why", orUnknown(b.Denied)), "stat "+quote(b.Where))
	if b.Denied == facts.DeniedReadOnly {
		state = by(proof("the file system mounted at {mount} is read-only; {at} lies on it", "挂载于 {mount} 的文件系统是只读的；{at} 位于其上", "mount", orUnknown(b.Mount), "at", b.Where), "findmnt -T "+quote(b.Where))
	}
	out.Evidence = append(out.Evidence, why, state,
		proof("go.sum has {module}, go.mod asks for it, and of it the cache lacks: {missing}", "go.sum 中有 {module}，go.mod 需要它，而缓存中缺少：{missing}", "module", m.Module, "missing", m.Missing))
	if b.Denied != facts.DeniedReadOnly {
		out.Evidence = append(out.Evidence, not("a read-only mount: the file system is mounted for writing", "不是只读挂载：该文件系统以可写方式挂载"))
	}
	if owned(s, b.UID) {
		out.Evidence = append(out.Evidence, not("another owner: the folder is yours", "不是属主问题：该目录属于你"))
	} else {
		out.Evidence = append(out.Evidence, not("a lost mode that you could give back: only its owner ({uid}) may change it", "不是你能恢复的权限：只有其属主（{uid}）可以修改", "uid", b.UID))
	}
	out.Evidence = append(out.Evidence, room(f))
	out.Fixes = blockFixes(s, b, src, set)
	return out
}

// blockFixes lists the repairs, the smallest first: own folders get their write bit back, a line which names
// the place goes, another place is named, a foreign folder is renamed beside its place.
func blockFixes(s *facts.Snapshot, b *facts.Block, src origin.Source, set bool) []diag.Fix {
	var out []diag.Fix
	f := s.Dirs.Folder(facts.RoleModCache)
	if len(b.Chain) > 0 && owned(s, b.UID) && b.Denied == facts.DeniedPermission {
		out = append(out, diag.Fix{
			Title: text.New("give yourself the right to write to {n} folder(s) of the module cache, first {dir}", "给自己加上对模块缓存中 {n} 个目录的写权限，第一个是 {dir}").With("n", len(b.Chain), "dir", b.Chain[0]),
			Risk:  diag.Safe, Actions: action.List{&action.Chmod{Files: b.Chain, Add: 0o700}}})
	}
	lasting := set && src.Lasting()
	if def := s.Dirs.Folder(facts.RoleModCacheDefault); lasting && def.Path != f.Path && judge(def) == fine && !full(def) {
		out = append(out, src.Remove())
	}
	if b.Top != "" && s.Settings.Get("GOPROXY") != "off" {
		out = append(out, moved(b.Top, b.Top+".owned-by-"+strconv.Itoa(b.TopUID), diag.Safe))
	}
	if _, inProcess := s.Process.Lookup("GOMODCACHE"); !inProcess && b.Top == "" {
		if def := s.Dirs.Folder(facts.RoleModCacheDefault); def.Path != "" && def.Path != f.Path && judge(def) == fine {
			if fix, ok := origin.SetGoenv(s, "GOMODCACHE", def.Path); ok {
				out = append(out, fix)
			}
		}
	}
	if set && !lasting {
		out = append(out, removal(src))
	}
	return append(out, manual("let its owner give it to you", "请其属主把它交给你", "sudo chown -R \"$(id -u)\" "+quote(f.Path)))
}

func blockDoc(c blockCheck) text.T {
	t := text.New(c.what.En+`

The module cache is written to only when a module is needed that is not in it yet, so that this may go unnoticed for weeks: "go: writing go.mod cache: mkdir …".

**Proof.** A module that go.mod asks for and go.sum knows is not whole in the cache, and access(2) refuses writing to the nearest folder on its way; owner, mode and mount are shown. When nothing is
missing, a closed cache is no fault and is not reported. **Looks the same:** the other members of this family, a full disk, a proxy that does not answer.

**Fix.** The smallest that helps: own folders get their write bit back; a line that names the place is removed or another place named in the file of go env -w; a folder of somebody else
is renamed beside its place, where nothing of it is lost. **Never:** sudo go, deleting the cache, remounting, making extracted modules writable.

**By hand.** `+"`ls -ld $(go env GOMODCACHE)`, `go mod download`"+`.`,
		c.what.Zh+`

只有需要缓存中尚不存在的模块时才会写入模块缓存，所以这个问题可能几周都不被察觉："go: writing go.mod cache: mkdir …"。

**证明。** go.mod 需要、go.sum 中有记录的某个模块在缓存中不完整，并且 access(2) 拒绝写入其路径上最近的目录；同时给出属主、权限与挂载。若什么都不缺，
缓存不可写就不是故障，不会报告。**容易混淆：** 本组的其他成员、磁盘已满、代理无应答。

**修复。** 采用最小而有效的一种：给自己的目录加回写权限；删除指定该位置的那一行，或在 go env -w 的文件中指定另一个位置；把他人的目录改名放在旁边，内容不会丢失。
**绝不：** sudo go、删除缓存、重新挂载、把解压出的模块改为可写。

**手工处理。** `+"`ls -ld $(go env GOMODCACHE)`、`go mod download`"+`。`)
	if c.from != "" {
		t.En += "\n\nReported as " + c.from + "."
		t.Zh += "\n\n相关报告：" + c.from + "。"
	}
	return t
}

var vcsLock = diag.Check{
	ID:       "modcache-vcs-stale-lock",
	Title:    text.New("a killed git has left its lock in the module cache", "被强制结束的 git 在模块缓存中留下了锁文件"),
	Severity: diag.Error,
	Reads:    placeReads(),
	Doc: text.New(`For modules that are fetched from their repository (GOPRIVATE, GOPROXY=direct) the go command keeps a git repository below $GOMODCACHE/cache/vcs. git locks by the mere existence of
files such as shallow.lock. When it is killed the file stays, and each later fetch stops: "fatal: Unable to create '…/shallow.lock': File exists."

**Proof.** The lock file lies in the repository of a module that is needed and not in the cache; no process has the repository as its folder or a file of it open. The kernel's table of locks
says nothing here. The files *.lock of the go command itself are another matter: they always stay, and only a lock held in the kernel counts.
**Looks the same:** a git that is still at work, a repository that cannot be reached.

**Fix.** Exactly that file is moved aside. **Never:** deleting cache/vcs, go clean -modcache. **By hand.** `+"`ls $(go env GOMODCACHE)/cache/vcs/*/*.lock`"+`.`,
		`对于直接从仓库获取的模块（GOPRIVATE、GOPROXY=direct），go 命令在 $GOMODCACHE/cache/vcs 下保存 git 仓库。git 仅凭 shallow.lock 之类文件的存在来加锁；
它被强制结束后文件会留下，之后每次获取都会停止："fatal: Unable to create '…/shallow.lock': File exists."

**证明。** 锁文件位于某个需要但不在缓存中的模块的仓库里；没有任何进程以该仓库为当前目录或打开其中的文件。内核锁表与此无关。
go 命令自己的 *.lock 文件是另一回事：它们始终存在，只有内核中持有的锁才算数。**容易混淆：** 仍在工作的 git、无法访问的仓库。

**修复。** 只把这一个文件移到旁边。**绝不：** 删除 cache/vcs、执行 go clean -modcache。**手工处理。** `+"`ls $(go env GOMODCACHE)/cache/vcs/*/*.lock`"+`。`),
	Run: func(s *facts.Snapshot) []diag.Finding {
		var out []diag.Finding
		for _, l := range s.Dirs.Modules.VCSLocks {
			if l.Module == "" || l.User != "" || l.UID >= 0 && !owned(s, l.UID) && s.Host.UID != 0 {
				continue
			}
			out = append(out, diag.Finding{
				Subject: l.Path,
				Claim:   text.New("{module} cannot be fetched: a git that is gone has left {path}", "无法获取 {module}：已不存在的 git 留下了 {path}").With("module", l.Module, "path", l.Path),
				Evidence: []diag.Evidence{
					because("git, killed during a fetch, does not remove its lock files", "git 在获取过程中被强制结束时不会删除自己的锁文件"),
					proof("{path} exists; the repository comes from {url}; {module} is needed and not in the cache", "{path} 存在；该仓库来自 {url}；{module} 是需要的且不在缓存中", "path", l.Path, "url", l.URL, "module", l.Module),
					by(not("a git that is at work: no process has {repo} as its folder or a file of it open", "不是仍在工作的 git：没有进程以 {repo} 为当前目录或打开其中的文件", "repo", l.Repo), "fuser -v "+quote(l.Repo))},
				ByHand: "ls -l " + quote(l.Path),
				Fixes:  []diag.Fix{moved(l.Path, aside(s, filepath.Join("vcs", filepath.Base(l.Repo)+"-"+filepath.Base(l.Path))), diag.Safe)},
			})
		}
		return out
	},
}

var modPage = diag.Check{
	ID:       "modcache-mod-file-is-html",
	Title:    text.New("a web page was stored in the module cache as a go.mod file", "模块缓存中把网页当作 go.mod 保存了下来"),
	Severity: diag.Warning,
	Reads:    placeReads(),
	Doc: text.New(`A sign-in page or an error page with status 200 can stand in for a go.mod file. When neither go.sum nor a checksum database speaks against it (GOSUMDB=off, a
private module, go install of a program), the go command stores the page, and the error stays when the network is well again: "go.mod:1: unknown directive: <!DOCTYPE".

**Proof.** The stored file begins with "<", which no go.mod file does. For a module of this project it is an error now; for any other it will be one when that version is asked for, here
or by go install. **Looks the same:** a page that the proxy answers right now, a typing error in your own go.mod, a damaged file (modcache-mod-file-damaged, which go.sum proves).

**Fix.** Exactly that file is moved aside; the go command asks for it again. **Never:** go clean -modcache, another proxy. **By hand.** `+"`grep -rl --include='*.mod' '^<' $(go env GOMODCACHE)/cache/download`"+`
See https://github.com/golang/go/issues/38680.`,
		`登录页或状态码 200 的错误页可能冒充 go.mod 文件。当 go.sum 与校验数据库都没有反对时（GOSUMDB=off、私有模块、go install 程序），go 命令会把该页面保存下来；
网络恢复后错误依旧："go.mod:1: unknown directive: <!DOCTYPE"。

**证明。** 保存的文件以 "<" 开头，而 go.mod 绝不会如此。若是本项目的模块，现在就会出错；其他模块则在这里或 go install 请求该版本时出错。
**容易混淆：** 代理此刻返回的页面、你自己 go.mod 中的笔误、由 go.sum 证明的损坏（modcache-mod-file-damaged）。

**修复。** 只把这一个文件移到旁边；go 命令会重新获取。**绝不：** go clean -modcache、更换代理。**手工处理。** `+"`grep -rl --include='*.mod' '^<' $(go env GOMODCACHE)/cache/download`"+`
参见 https://github.com/golang/go/issues/38680。`),
	Run: func(s *facts.Snapshot) []diag.Finding {
		var out []diag.Finding
		for _, p := range s.Dirs.Modules.Pages {
			if damaged(s, p.Path) {
				continue // go.sum tells more
			}
			f := diag.Finding{
				Subject:  p.Path,
				Severity: diag.Warning,
				Claim:    text.New("the go.mod file of {module} in the module cache is a web page; whatever asks for that version fails", "模块缓存中 {module} 的 go.mod 是一个网页；任何请求该版本的命令都会失败").With("module", p.Module),
				Evidence: []diag.Evidence{
					because("a server answered a request for a go.mod file with a page and status 200, and nothing recorded spoke against it", "某服务器以状态码 200 的网页应答了 go.mod 请求，而没有任何记录可以否定它"),
					{Role: diag.Proof, File: p.Path, Line: 1, Text: text.New("{path} begins with: {start}", "{path} 的开头是：{start}").With("path", p.Path, "start", p.Start)},
					not("a proxy that answers with a page now: the page is in the cache, no request is made", "不是代理此刻返回网页：网页在缓存中，不会发出请求"),
					not("a mistake in your own go.mod: the message names the file of {module}", "不是你自己的 go.mod 有误：错误信息指向 {module} 的文件", "module", p.Module)},
				ByHand: "head -c 60 " + quote(p.Path),
				Fixes:  []diag.Fix{moved(p.Path, aside(s, "mod-"+strings.ReplaceAll(p.Module, "/", "_")+".mod"), diag.Safe)},
			}
			if p.Needed {
				f.Severity = diag.Error
			}
			out = append(out, f)
		}
		return out
	},
}

// damaged reports whether a file is already known to be damaged through go.sum.
func damaged(s *facts.Snapshot, path string) bool {
	for _, d := range s.Dirs.Modules.Damaged {
		if d.Path == path {
			return true
		}
	}
	return false
}
