package env

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/origin"
	"github.com/gorescue/gorescue/internal/text"
)

// listSeparator stands between the entries of GOPATH and PATH.
const listSeparator = string(os.PathListSeparator)

// pathChecks are the checks of variables that name folders and files.
func pathChecks() []diag.Check {
	return checks(gopathTilde, gopathRelative, gopathEmpty, goworkRelative, goworkGoenv, goworkSession, gocacheOff, gocacheRelative, xdgCacheRelative,
		gomodcacheRelative, gobinList, gobinRelative, gopathIsGoroot)
}

// isAbs reports whether a path is absolute on the machine of the snapshot.
func isAbs(s *facts.Snapshot, p string) bool {
	if s.Host.OS == "windows" {
		return len(p) > 2 && p[1] == ':' && (p[2] == '\\' || p[2] == '/') || strings.HasPrefix(p, `\\`)
	}
	return strings.HasPrefix(p, "/")
}

// meant is the absolute path that a value was meant to be when only quotes or an unexpanded home folder keep it from
// being one, "" when that cannot be told.
func meant(s *facts.Snapshot, value string) string {
	v := value
	if n := len(v); n > 1 && (v[0] == '"' || v[0] == '\'') && v[n-1] == v[0] {
		v = v[1 : n-1]
	}
	v = strings.TrimSpace(v)
	for _, home := range []string{"~", "$HOME", "${HOME}"} {
		if rest, ok := strings.CutPrefix(v, home); ok && (rest == "" || rest[0] == '/') && s.Host.Home != "" {
			v = strings.TrimRight(s.Host.Home, "/") + rest
			break
		}
	}
	if v == value || !isAbs(s, v) || strings.ContainsAny(v, "$\"'") {
		return ""
	}
	return filepath.Clean(v)
}

// unless is a value, or "" when it is the default anyway.
func unless(def, value string) string {
	if value == def {
		return ""
	}
	return value
}

// gopathEntries are the entries of GOPATH that the go command refuses, in its order: those that begin with ~ and the
// relative ones. Empty entries are passed over, and a GOPATH that is GOROOT is only warned of (cmd/go/main.go).
func gopathEntries(s *facts.Snapshot, value string) (tilde, relative []string) {
	if root := s.Settings.Get("GOROOT"); root != "" && filepath.Clean(value) == filepath.Clean(root) {
		return nil, nil
	}
	for _, e := range strings.Split(value, listSeparator) {
		switch {
		case e == "":
		case strings.HasPrefix(e, "~"):
			tilde = append(tilde, e)
		case !isAbs(s, e):
			relative = append(relative, e)
		}
	}
	return tilde, relative
}

// gopathMeant is GOPATH with every bad entry corrected or left out.
func gopathMeant(s *facts.Snapshot, value string) string {
	var out []string
	for _, e := range strings.Split(value, listSeparator) {
		if e == "" {
			continue
		}
		if !isAbs(s, e) {
			e = meant(s, e)
		}
		if e != "" && !slices.Contains(out, e) {
			out = append(out, e)
		}
	}
	return unless(filepath.Join(s.Host.Home, "go"), strings.Join(out, listSeparator))
}

var gopathTilde = rule{
	id: "gopath-literal-tilde", variables: []string{"GOPATH"},
	reads: []facts.Section{facts.SecHost},
	title: text.New("GOPATH has a ~ that no shell expanded", "GOPATH 中有未被 shell 展开的 ~"),
	page: page{
		how: text.New("In quotes, in environment.d, in Docker's ENV and in the go env file nobody expands `~`. Every go command then ends with `GOPATH entry cannot start with shell metacharacter '~'`.",
			"在引号内、environment.d、Docker 的 ENV 以及 go env 文件中，没有谁会展开 `~`。于是所有 go 命令都以 `GOPATH entry cannot start with shell metacharacter '~'` 结束。"),
		alike:  text.New("A ~ in the middle of a path, which is an ordinary letter; a relative path (`gopath-relative`).", "路径中间的 ~（普通字符）；相对路径（`gopath-relative`）。"),
		fix:    text.New("The value becomes the folder that was meant; when that is the default, ~/go, the assignment is taken away.", "改为原本想要的目录；若那就是默认的 ~/go，则删除这条赋值。"),
		never:  text.New("It never makes or removes a folder that is called ~.", "绝不创建或删除名为 ~ 的目录。"),
		source: "- cmd/go/main.go, func main\n- https://github.com/golang/go/issues/35338",
	},
	judge: func(s *facts.Snapshot, src origin.Source) (verdict, bool) {
		bad, _ := gopathEntries(s, src.Value)
		if len(bad) == 0 {
			return verdict{}, false
		}
		return verdict{
			claim: text.New("GOPATH={value}: the ~ was not expanded, and go refuses it", "GOPATH={value}：~ 未被展开，go 拒绝接受").With("value", src.Value),
			proof: []diag.Evidence{refuses("go: GOPATH entry cannot start with shell metacharacter '~': "+bad[0], "cmd/go/main.go")},
			not:   []diag.Evidence{not(text.New("not a ~ inside a name: the entry begins with it", "不是名称中间的 ~：该条目以它开头").With())},
			right: gopathMeant(s, src.Value),
		}, true
	},
}

var gopathRelative = rule{
	id: "gopath-relative", variables: []string{"GOPATH"},
	reads: []facts.Section{facts.SecHost},
	title: text.New("GOPATH is a relative path", "GOPATH 是相对路径"),
	page: page{
		how: text.New("GOPATH entries must be absolute. With a relative one (`go`, `.`, a path in quotes that became part of it, `$HOME/go` that nobody expanded) every go command, `go version` and `go env` included, ends with "+
			"`GOPATH entry is relative; must be absolute path`.",
			"GOPATH 的每个条目都必须是绝对路径。若有相对路径（`go`、`.`、引号成为值一部分的路径、没有展开的 `$HOME/go`），包括 `go version` 和 `go env` 在内的所有 go 命令都以 "+
				"`GOPATH entry is relative; must be absolute path` 结束。"),
		alike:  text.New("An empty entry of a list, which go passes over; a literal ~ (`gopath-literal-tilde`); a relative GOMODCACHE.", "列表中的空条目（go 会忽略）；字面的 ~（`gopath-literal-tilde`）；相对路径的 GOMODCACHE。"),
		fix:    text.New("Bad entries are corrected when what was meant is clear, else taken out; when nothing or the default is left, the assignment goes.", "能确定本意的条目予以更正，否则去掉；若不剩条目或只剩默认值，则删除这条赋值。"),
		never:  text.New("It never deletes folders called go that were made in the tree.", "绝不删除目录树中产生的 go 目录。"),
		source: "- cmd/go/main.go, func main\n- https://github.com/golang/go/issues/62239",
	},
	judge: func(s *facts.Snapshot, src origin.Source) (verdict, bool) {
		tilde, bad := gopathEntries(s, src.Value)
		if len(tilde) > 0 || len(bad) == 0 {
			return verdict{}, false
		}
		return verdict{
			claim: text.New("GOPATH={value}: {entry} is not an absolute path", "GOPATH={value}：{entry} 不是绝对路径").With("value", src.Value, "entry", bad[0]),
			proof: []diag.Evidence{refuses("go: GOPATH entry is relative; must be absolute path: "+bad[0], "cmd/go/main.go")},
			not:   []diag.Evidence{not(text.New("not GOMODCACHE: go names GOPATH, which it checks first", "不是 GOMODCACHE：go 先检查并指明的是 GOPATH").With())},
			right: gopathMeant(s, src.Value),
		}, true
	},
}

var gopathEmpty = rule{
	id: "gopath-first-entry-empty", variables: []string{"GOPATH"},
	reads: []facts.Section{facts.SecHost},
	title: text.New("the first entry of GOPATH is empty", "GOPATH 的第一个条目为空"),
	page: page{
		how: text.New("`GOPATH=$GOPATH:~/go` with nothing in the old GOPATH gives a list that begins with an empty entry. The first entry is where modules and installed programs go: `go install` has `no install location`, and the module cache is "+
			"`not found: neither GOMODCACHE nor GOPATH is set`.",
			"旧的 GOPATH 为空时，`GOPATH=$GOPATH:~/go` 会得到以空条目开头的列表。第一个条目是存放模块和安装程序的位置：`go install` 报 `no install location`，模块缓存则报 "+
				"`not found: neither GOMODCACHE nor GOPATH is set`。"),
		alike:  text.New("Empty entries further behind, which do no harm; HOME that is not set.", "后面的空条目（无害）；未设置 HOME。"),
		fix:    text.New("The empty entries are left out of the list.", "从列表中去掉空条目。"),
		source: "- cmd/go/internal/cfg/cfg.go, func gopathDir\n- https://github.com/golang/go/issues/21928",
	},
	judge: func(s *facts.Snapshot, src origin.Source) (verdict, bool) {
		tilde, bad := gopathEntries(s, src.Value)
		if !strings.HasPrefix(src.Value, listSeparator) || len(tilde)+len(bad) > 0 {
			return verdict{}, false
		}
		return verdict{
			claim: text.New("GOPATH={value} begins with an empty entry, so go has no place for modules and programs", "GOPATH={value} 以空条目开头，go 没有存放模块和程序的位置").With("value", src.Value),
			proof: []diag.Evidence{refuses("go: no install location for directory … outside GOPATH", "cmd/go/internal/cfg/cfg.go")},
			not:   []diag.Evidence{not(text.New("not a missing home folder: HOME is {home}", "不是缺少主目录：HOME 为 {home}").With("home", s.Host.Home))},
			right: gopathMeant(s, src.Value),
		}, true
	},
}

var gopathIsGoroot = rule{
	id: "gopath-is-goroot", variables: []string{"GOPATH"}, severity: diag.Warning,
	reads: []facts.Section{facts.SecHost},
	title: text.New("GOPATH is the Go tree itself", "GOPATH 就是 Go 安装目录"),
	page: page{
		how: text.New("Somebody exported GOPATH where GOROOT was meant. Every go command warns `both GOPATH and GOROOT are the same directory`; modules and programs go into the Go tree, where the next upgrade deletes them, and often "+
			"where the user may not write.",
			"有人把本应是 GOROOT 的值导出成了 GOPATH。每个 go 命令都会警告 `both GOPATH and GOROOT are the same directory`；模块和程序会被放进 Go 安装目录，下次升级时被删除，而且用户往往没有写权限。"),
		alike:  text.New("A GOPATH beside the Go tree; a Go tree in ~/go with GOPATH elsewhere.", "与 Go 目录并列的 GOPATH；Go 目录在 ~/go 而 GOPATH 在别处。"),
		source: "- cmd/go/main.go, func main\n- https://go.dev/wiki/InstallTroubleshooting",
	},
	judge: func(s *facts.Snapshot, src origin.Source) (verdict, bool) {
		root := s.Settings.Get("GOROOT")
		if root == "" || filepath.Clean(src.Value) != filepath.Clean(root) {
			return verdict{}, false
		}
		return verdict{
			claim: text.New("GOPATH={value} is the Go tree itself: modules and programs are put there", "GOPATH={value} 就是 Go 安装目录：模块和程序会被放到那里").With("value", src.Value),
			proof: []diag.Evidence{proof(text.New("GOROOT is {root} as well", "GOROOT 也是 {root}").With("root", root))},
		}, true
	},
}

var goworkRelative = rule{
	id: "gowork-relative", variables: []string{"GOWORK"},
	reads: []facts.Section{facts.SecHost},
	title: text.New("GOWORK is neither off nor an absolute path", "GOWORK 既不是 off 也不是绝对路径"),
	page: page{
		how: text.New("GOWORK takes `off`, `auto`, nothing, or the absolute path of a go.work file. With `on`, `true` or a relative path every go command, `go version` and `go env` included, ends with "+
			"`go: invalid GOWORK: not an absolute path`.",
			"GOWORK 接受 `off`、`auto`、空值，或 go.work 文件的绝对路径。值为 `on`、`true` 或相对路径时，包括 `go version` 和 `go env` 在内的所有 go 命令都以 `go: invalid GOWORK: not an absolute path` 结束。"),
		alike:  text.New("A path of a file that is gone (`gowork-env-stale`, `gowork-variable-points-to-removed-file`); `off` where the workspace is needed.", "指向已不存在的文件（`gowork-env-stale`、`gowork-variable-points-to-removed-file`）；需要工作区却设为 `off`。"),
		source: "- cmd/go/internal/modload/init.go, func FindGoWork\n- https://go.dev/ref/mod#workspaces",
	},
	judge: func(s *facts.Snapshot, src origin.Source) (verdict, bool) {
		if src.Value == "off" || src.Value == "auto" || isAbs(s, src.Value) {
			return verdict{}, false
		}
		return verdict{
			claim: text.New("GOWORK={value} is neither off nor an absolute path", "GOWORK={value} 既不是 off 也不是绝对路径").With("value", src.Value),
			proof: []diag.Evidence{refuses("go: invalid GOWORK: not an absolute path", "cmd/go/internal/modload/init.go")},
			not:   []diag.Evidence{not(text.New("not a missing file: go refuses the form of the value before it looks for one", "不是文件缺失：go 在查找文件之前就拒绝了值的形式").With())},
			right: meant(s, src.Value),
		}, true
	},
}

// goworkGone are both rules of a GOWORK that names no file: that of the go env file and that of the session.
func goworkGone(id string, want func(facts.OriginKind) bool) rule {
	return rule{
		id: id, variables: []string{"GOWORK"},
		title: text.New("GOWORK names a go.work file that is not there", "GOWORK 指向不存在的 go.work 文件"),
		page: page{
			how: text.New("GOWORK was set for an experiment whose folder is gone. It counts in every folder, so everything that loads packages ends with `go: reading go.work: open …: no such file or directory`, and gopls shows "+
				"nothing. `go env -w GOWORK=…` is refused, so the value comes from a session, or from a go env file that was edited by hand.",
				"GOWORK 是为某次试验设置的，而那个目录已不存在。它在所有目录中生效，因此凡是加载包的命令都以 `go: reading go.work: open …: no such file or directory` 结束，gopls 也什么都不显示。"+
					"go 会拒绝 `go env -w GOWORK=…`，所以该值来自会话，或来自手工编辑过的 go env 文件。"),
			proof:  text.New("The value with its place, and what is at that path now: nothing, or a folder.", "该值及其位置，以及该路径上现在的内容：什么都没有，或是一个目录。"),
			alike:  text.New("A go.work of another project that is there (`gowork-env-points-to-other-workspace`); a go.work that cannot be read.", "确实存在的另一个项目的 go.work（`gowork-env-points-to-other-workspace`）；无法读取的 go.work。"),
			never:  text.New("It never makes an empty go.work there.", "绝不在那里创建空的 go.work。"),
			source: "- cmd/go/internal/modload/init.go, func FindGoWork\n- https://github.com/golang/go/issues/66207\n- https://github.com/golang/vscode-go/issues/2884",
		},
		judge: func(s *facts.Snapshot, src origin.Source) (verdict, bool) {
			n, ok := named(s, "GOWORK", "")
			if !ok || !want(src.Kind) || !missing(n) && n.State != facts.NamedFolder {
				return verdict{}, false
			}
			what := text.New("nothing is at {path}", "{path} 处什么都没有").With("path", n.Path)
			if n.State == facts.NamedFolder {
				what = text.New("{path} is a folder, not a go.work file", "{path} 是目录，不是 go.work 文件").With("path", n.Path)
			}
			return verdict{
				claim: text.New("GOWORK={value} is no file", "GOWORK={value} 不是文件").With("value", src.Value),
				proof: []diag.Evidence{{Role: diag.Proof, Text: what, Command: "ls -l " + quote(n.Path)}, refuses("go: reading go.work: …", "cmd/go/internal/modload/init.go")},
				not:   []diag.Evidence{not(text.New("not the go.work of this folder: GOWORK goes before any that lies here", "不是本目录的 go.work：GOWORK 优先于这里的任何 go.work").With())},
			}, true
		},
	}
}

var (
	goworkGoenv   = goworkGone("gowork-env-stale", func(k facts.OriginKind) bool { return k != facts.FromProcess })
	goworkSession = goworkGone("gowork-variable-points-to-removed-file", func(k facts.OriginKind) bool { return k == facts.FromProcess })
)
