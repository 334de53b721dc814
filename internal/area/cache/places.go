package cache

import (
	"path/filepath"
	"strconv"

	"github.com/gorescue/gorescue/internal/action"
	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/origin"
	"github.com/gorescue/gorescue/internal/text"
)

// trouble is what keeps a folder from being used.
type trouble string

const (
	fine      trouble = ""
	absent    trouble = "missing"
	notFolder trouble = "is-a-file"
	dangling  trouble = "dangling-link"
	closed    trouble = "not-writable"
	readOnly  trouble = "read-only-mount"
)

// judge says what keeps the go command from using a folder. Full file systems are judged elsewhere.
func judge(f facts.Folder) trouble {
	if f.Path == "" {
		return fine
	}
	switch f.Kind {
	case facts.NodeFile, facts.NodeOther:
		return notFolder
	case facts.NodeDangling, facts.NodeLoop:
		return dangling
	case facts.NodeMissing:
		if f.Role == facts.RoleWork {
			return absent // os.MkdirTemp makes no parents
		}
	case facts.NodeFolder:
		if f.OddPart != "" {
			return notFolder
		}
		if f.Role == facts.RoleCache && f.Parts == 256 {
			return fine // a filled cache that cannot be written to only makes builds slower
		}
	}
	switch {
	case f.Base.Kind == facts.NodeFile || f.Base.Kind == facts.NodeOther:
		return notFolder
	case f.Base.Kind == facts.NodeDangling || f.Base.Kind == facts.NodeLoop:
		return dangling
	case f.Base.Kind != facts.NodeFolder || f.Base.Denied == "":
		return fine
	case f.Base.Denied == facts.DeniedReadOnly:
		return readOnly
	}
	return closed
}

// placeCheck is one member of the family "a folder cannot be used": which folder, by whose doing, and why not.
type placeCheck struct {
	id     string
	role   facts.FolderRole
	vars   []string // variables that decide; nil = any but those of the other members
	except []string
	why    trouble
	title  text.T
	doc    text.T
}

// check makes the check of a member.
func (c placeCheck) check() diag.Check {
	severity := diag.Error
	if c.role == facts.RoleBin {
		severity = diag.Warning // builds go on
	}
	return diag.Check{ID: c.id, Title: c.title, Doc: c.doc, Severity: severity, Reads: placeReads(), Run: func(s *facts.Snapshot) []diag.Finding {
		f := s.Dirs.Folder(c.role)
		if judge(f) != c.why || !matches(f.Var, c.vars, c.except) {
			return nil
		}
		if c.role == facts.RoleBin && f.Base.Kind == facts.NodeOther {
			return nil // GOBIN=/dev/null: nothing shall be installed
		}
		return []diag.Finding{c.finding(s, f)}
	}}
}

func placeReads() []facts.Section {
	return []facts.Section{facts.SecDirs, facts.SecHost, facts.SecProcess, facts.SecStartup, facts.SecSettings}
}

func matches(name string, only, except []string) bool {
	for _, n := range except {
		if n == name {
			return false
		}
	}
	for _, n := range only {
		if n == name {
			return true
		}
	}
	return only == nil
}

func (c placeCheck) finding(s *facts.Snapshot, f facts.Folder) diag.Finding {
	src, ok, why := decided(s, f)
	out := diag.Finding{Subject: f.Path, Claim: claimOf(c, f), Evidence: []diag.Evidence{why, seen(s, f, c.why)}}
	out.Evidence = append(out.Evidence, others(f, c.why)...)
	out.ByHand = "ls -ld " + quote(f.Base.Where)
	if c.role == facts.RoleWork {
		out.ByHand += "; go env GOTMPDIR; echo $TMPDIR"
	}
	out.Fixes = ladder(s, f, c.why, src, ok)
	return out
}

func claimOf(c placeCheck, f facts.Folder) text.Msg {
	what := text.New("the build cache", "构建缓存")
	switch c.role {
	case facts.RoleWork:
		what = text.New("the folder for temporary files", "临时文件目录")
	case facts.RoleBin:
		what = text.New("the folder for programs", "程序安装目录")
	}
	setBy := f.Var
	if setBy == "" || setBy == "HOME" {
		setBy = "the default"
	}
	var t text.T
	switch c.why {
	case absent:
		t = text.New(what.En+" {path} ({var}) does not exist: no build can start", what.Zh+" {path}（{var}）不存在：任何构建都无法开始")
	case notFolder:
		t = text.New(what.En+" {path} ({var}) cannot be used: {at} is a file, not a folder", what.Zh+" {path}（{var}）无法使用：{at} 是文件而不是目录")
	case dangling:
		t = text.New(what.En+" {path} ({var}) cannot be used: {at} is a link that leads nowhere", what.Zh+" {path}（{var}）无法使用：{at} 是指向不存在位置的链接")
	case readOnly:
		t = text.New(what.En+" {path} ({var}) lies on a file system that is mounted read-only", what.Zh+" {path}（{var}）位于以只读方式挂载的文件系统上")
	default:
		t = text.New(what.En+" {path} ({var}) cannot be written to: {at} is closed to this user", what.Zh+" {path}（{var}）无法写入：{at} 不允许本用户写入")
	}
	at := f.Base.Where
	if f.OddPart != "" {
		at = f.OddPart
	}
	return t.With("path", f.Path, "var", setBy, "at", at)
}

// seen is the observation that proves the trouble.
func seen(s *facts.Snapshot, f facts.Folder, why trouble) diag.Evidence {
	b := f.Base
	var e diag.Evidence
	switch why {
	case absent:
		e = proof("nothing is at {path}; the nearest folder that exists is {at}", "{path} 处什么都没有；最近的已存在目录是 {at}", "path", f.Path, "at", b.Where)
	case notFolder:
		at := b.Where
		if f.OddPart != "" {
			at = f.OddPart
		}
		e = proof("{at} exists and is no folder", "{at} 存在，但不是目录", "at", at)
	case dangling:
		e = proof("{at} is a link to {to}, where nothing is", "{at} 是指向 {to} 的链接，而那里什么都没有", "at", b.Where, "to", orUnknown(f.Link))
	case readOnly:
		e = by(proof("the system refuses writing to {at}: the file system mounted at {mount} is read-only", "系统拒绝写入 {at}：挂载于 {mount} 的文件系统是只读的", "at", b.Where, "mount", orUnknown(f.Mount)), "findmnt -T "+quote(b.Where))
	default:
		e = by(proof("{at} belongs to user {uid} and has mode {mode}; the system refuses writing there to this user ({me})", "{at} 属于用户 {uid}，权限为 {mode}；系统拒绝本用户（{me}）写入",
			"at", b.Where, "uid", b.UID, "mode", mode(b.Mode), "me", s.Host.UID), "stat "+quote(b.Where))
	}
	e.File = b.Where
	return e
}

func orUnknown(s string) string {
	if s == "" {
		return "?"
	}
	return s
}

// others rules out what looks the same.
func others(f facts.Folder, why trouble) []diag.Evidence {
	out := []diag.Evidence{room(f)}
	if why != readOnly {
		out = append(out, not("a read-only mount: the file system ({fs}) is mounted for writing", "不是只读挂载：该文件系统（{fs}）以可写方式挂载", "fs", orUnknown(f.FS)))
	}
	if why != absent && f.Base.Where == f.Path && f.Kind == facts.NodeFolder {
		out = append(out, not("a missing folder: {path} is there", "不是目录缺失：{path} 存在", "path", f.Path))
	}
	if why == absent {
		out = append(out, not("a closed folder: nothing is there at all", "不是权限问题：那里根本没有东西"))
	}
	if why == readOnly {
		out = append(out, not("mode or owner: the error is that of the mount, which no chmod changes", "不是权限或属主问题：错误来自挂载方式，chmod 无济于事"))
	}
	return out
}

// ladder lists the repairs, the one that changes least first: the line that names a bad place goes; a
// folder of one's own gets its write bit back; a foreign one that only caches is renamed; another place is named.
func ladder(s *facts.Snapshot, f facts.Folder, why trouble, src origin.Source, set bool) []diag.Fix {
	var out []diag.Fix
	if set && !src.Lasting() {
		fix := src.Remove()
		if src.OnPurpose() {
			fix.Risk = diag.Person
		}
		return append(out, fix)
	}
	if set && standIn(s, f) {
		out = append(out, src.Remove())
	}
	if why == closed && f.Base.Kind == facts.NodeFolder && owned(s, f.Base.UID) {
		out = append(out, diag.Fix{
			Title: text.New("give yourself the right to write to {dir} (mode {mode} + u+rwx)", "给自己加上对 {dir} 的写权限（权限 {mode} + u+rwx）").With("dir", f.Base.Where, "mode", mode(f.Base.Mode)),
			Risk:  diag.Safe, Actions: action.List{&action.Chmod{Files: []string{f.Base.Where}, Add: 0o700}}})
	}
	if f.Role == facts.RoleCache && !set && (why == closed && f.Kind == facts.NodeFolder && !owned(s, f.UID) || why == notFolder && f.Kind == facts.NodeFile) {
		out = append(out, moved(f.Path, f.Path+".aside-"+strconv.Itoa(max(f.UID, 0)), diag.Safe))
	}
	out = append(out, elsewhere(s, f)...)
	if len(out) == 0 {
		out = append(out, manual("make {path} a folder that you may write to, or name another one", "把 {path} 变成可写的目录，或指定另一个目录", "sudo install -d -o \"$(id -u)\" "+quote(f.Path), "path", f.Path))
	}
	return out
}

// standIn reports whether the default place would do.
func standIn(s *facts.Snapshot, f facts.Folder) bool {
	if f.Role == facts.RoleBin {
		return true // bin below GOPATH, which go makes
	}
	role := facts.RoleTempDefault
	if f.Role == facts.RoleCache {
		role = facts.RoleCacheDefault
	}
	if f.Var == "GOTMPDIR" {
		role = facts.RoleTemp
	}
	d := s.Dirs.Folder(role)
	if d.Path == f.Path {
		return false
	}
	if f.Role == facts.RoleWork {
		d.Role = facts.RoleWork
	}
	return d.Path != "" && judge(d) == fine && !full(d) && !noInodes(d) && !(f.Role == facts.RoleWork && d.NoExec && !f.NoExec)
}

// elsewhere names another place in the go env file. A variable of the process would win over that file, so
// that it is offered only when there is none.
func elsewhere(s *facts.Snapshot, f facts.Folder) []diag.Fix {
	name, path := "GOTMPDIR", s.Dirs.Folder(facts.RoleWorkSpare).Path
	if f.Role == facts.RoleCache {
		name = "GOCACHE"
		if path != "" {
			path = filepath.Join(filepath.Dir(path), "go-build")
			if path == f.Path {
				path += "-2"
			}
		}
	}
	if _, set := s.Process.Lookup(name); set || path == "" || path == f.Path || f.Role == facts.RoleBin {
		return nil
	}
	fix, ok := origin.SetGoenv(s, name, path)
	if !ok {
		return nil
	}
	fix.Actions = append(action.List{&action.Mkdir{Path: path}}, fix.Actions...)
	return []diag.Fix{fix}
}
