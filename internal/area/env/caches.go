package env

import (
	"path/filepath"
	"strings"

	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/origin"
	"github.com/gorescue/gorescue/internal/text"
)

var gocacheOff = rule{
	id: "gocache-off", variables: []string{"GOCACHE"},
	title: text.New("GOCACHE=off, which Go refuses since 1.12", "GOCACHE=off，Go 自 1.12 起不再接受"),
	page: page{
		how: text.New("GOCACHE=off switched the build cache off until Go 1.11, and old advice still says so. Since Go 1.12 every build ends with `build cache is disabled by GOCACHE=off, but required as of Go 1.12`.",
			"在 Go 1.11 及以前，GOCACHE=off 可以关闭构建缓存，旧的建议仍这样写。自 Go 1.12 起，所有构建都以 `build cache is disabled by GOCACHE=off, but required as of Go 1.12` 结束。"),
		alike:  text.New("A relative GOCACHE (`gocache-relative`), which gives another message; no HOME and no GOCACHE at all.", "相对路径的 GOCACHE（`gocache-relative`，报错不同）；既没有 HOME 也没有 GOCACHE。"),
		never:  text.New("To run tests anew, `go test -count=1` is enough.", "若只想重新运行测试，`go test -count=1` 就够了。"),
		source: "- cmd/go/internal/cache/default.go, func initDefaultCache\n- https://github.com/golang/go/issues/29378",
	},
	judge: func(_ *facts.Snapshot, src origin.Source) (verdict, bool) {
		if src.Value != "off" {
			return verdict{}, false
		}
		return verdict{
			claim: text.New("GOCACHE=off: the build cache is required since Go 1.12", "GOCACHE=off：自 Go 1.12 起必须有构建缓存").With(),
			proof: []diag.Evidence{refuses("build cache is disabled by GOCACHE=off, but required as of Go 1.12", "cmd/go/internal/cache/default.go")},
			not:   []diag.Evidence{not(text.New("not a relative path: the value is the word off", "不是相对路径：值就是 off 这个词").With())},
		}, true
	},
}

var gocacheRelative = rule{
	id: "gocache-relative", variables: []string{"GOCACHE"},
	reads: []facts.Section{facts.SecHost},
	title: text.New("GOCACHE is a relative path", "GOCACHE 是相对路径"),
	page: page{
		how: text.New("GOCACHE must be an absolute path. With a relative one, also `~/…` or `$HOME/…` that nobody expanded, every build ends with `build cache is required, but could not be located: GOCACHE is not an absolute path`.",
			"GOCACHE 必须是绝对路径。若为相对路径（包括没有展开的 `~/…` 或 `$HOME/…`），所有构建都以 `build cache is required, but could not be located: GOCACHE is not an absolute path` 结束。"),
		alike:  text.New("GOCACHE=off (`gocache-off`); a folder that cannot be written.", "GOCACHE=off（`gocache-off`）；无法写入的目录。"),
		fix:    text.New("The value becomes the folder that was meant when that is clear, else the assignment is taken away.", "能确定本意时改为那个目录，否则删除这条赋值。"),
		source: "- cmd/go/internal/cache/default.go, func DefaultDir",
	},
	judge: func(s *facts.Snapshot, src origin.Source) (verdict, bool) {
		if src.Value == "off" || isAbs(s, src.Value) {
			return verdict{}, false
		}
		return verdict{
			claim: text.New("GOCACHE={value} is not an absolute path", "GOCACHE={value} 不是绝对路径").With("value", src.Value),
			proof: []diag.Evidence{refuses("build cache is required, but could not be located: GOCACHE is not an absolute path", "cmd/go/internal/cache/default.go")},
			not:   []diag.Evidence{not(text.New("not a folder without permission: go refuses the form of the value", "不是目录权限问题：go 拒绝的是值的形式").With())},
			right: unless(defaultCache(s), meant(s, src.Value)),
		}, true
	},
}

var xdgCacheRelative = rule{
	id: "xdg-cache-home-relative", variables: []string{"XDG_CACHE_HOME"},
	reads: []facts.Section{facts.SecHost},
	title: text.New("XDG_CACHE_HOME is a relative path, so go finds no build cache", "XDG_CACHE_HOME 是相对路径，go 找不到构建缓存"),
	page: page{
		how: text.New("Without GOCACHE the build cache lies below XDG_CACHE_HOME, which must be absolute. With a relative one every build ends with `GOCACHE is not defined and path in $XDG_CACHE_HOME is relative`.",
			"未设置 GOCACHE 时构建缓存位于 XDG_CACHE_HOME 之下，后者必须是绝对路径。若为相对路径，所有构建都以 `GOCACHE is not defined and path in $XDG_CACHE_HOME is relative` 结束。"),
		alike:  text.New("A GOCACHE of its own, which makes XDG_CACHE_HOME not matter; no HOME at all.", "自行设置了 GOCACHE（此时 XDG_CACHE_HOME 无关紧要）；根本没有 HOME。"),
		source: "- os.UserCacheDir\n- cmd/go/internal/cache/default.go, func DefaultDir",
	},
	judge: func(s *facts.Snapshot, src origin.Source) (verdict, bool) {
		if isAbs(s, src.Value) || s.Settings.Get("GOCACHE") != "" || s.Host.OS != "linux" {
			return verdict{}, false
		}
		return verdict{
			claim: text.New("XDG_CACHE_HOME={value} is not an absolute path, and nothing else says where the build cache is", "XDG_CACHE_HOME={value} 不是绝对路径，而且没有别的设置指明构建缓存的位置").With("value", src.Value),
			proof: []diag.Evidence{refuses("build cache is required, but could not be located: GOCACHE is not defined and path in $XDG_CACHE_HOME is relative", "os.UserCacheDir")},
			not:   []diag.Evidence{not(text.New("not GOCACHE: it is not set", "不是 GOCACHE：它没有设置").With())},
			right: meant(s, src.Value),
		}, true
	},
}

var gomodcacheRelative = rule{
	id: "gomodcache-relative", variables: []string{"GOMODCACHE"},
	reads: []facts.Section{facts.SecHost},
	title: text.New("GOMODCACHE is a relative path", "GOMODCACHE 是相对路径"),
	page: page{
		how: text.New("GOMODCACHE must be an absolute path. With a relative one everything that needs a module ends with `GOMODCACHE entry is relative; must be absolute path`.",
			"GOMODCACHE 必须是绝对路径。若为相对路径，凡是需要模块的命令都以 `GOMODCACHE entry is relative; must be absolute path` 结束。"),
		alike:  text.New("A relative GOPATH (`gopath-relative`), which stops every command.", "相对路径的 GOPATH（`gopath-relative`，会使所有命令停止）。"),
		fix:    text.New("The value becomes the folder that was meant when that is clear, else the assignment is taken away.", "能确定本意时改为那个目录，否则删除这条赋值。"),
		never:  text.New("It never makes that folder in the project.", "绝不在项目中创建那个目录。"),
		source: "- cmd/go/internal/modfetch/cache.go, func checkCacheDir",
	},
	judge: func(s *facts.Snapshot, src origin.Source) (verdict, bool) {
		if isAbs(s, src.Value) {
			return verdict{}, false
		}
		return verdict{
			claim: text.New("GOMODCACHE={value} is not an absolute path", "GOMODCACHE={value} 不是绝对路径").With("value", src.Value),
			proof: []diag.Evidence{refuses("go: GOMODCACHE entry is relative; must be absolute path", "cmd/go/internal/modfetch/cache.go")},
			not:   []diag.Evidence{not(text.New("not GOPATH: go names GOMODCACHE", "不是 GOPATH：go 指明的是 GOMODCACHE").With())},
			right: meant(s, src.Value),
		}, true
	},
}

var gobinRelative = rule{
	id: "gobin-relative", variables: []string{"GOBIN"},
	reads: []facts.Section{facts.SecHost},
	title: text.New("GOBIN is a relative path", "GOBIN 是相对路径"),
	page: page{
		how: text.New("GOBIN must be an absolute path. With a relative one, also `~/…` that nobody expanded, `go install` ends with `cannot install, GOBIN must be an absolute path`; editors then fail to install their tools.",
			"GOBIN 必须是绝对路径。若为相对路径（包括没有展开的 `~/…`），`go install` 会报 `cannot install, GOBIN must be an absolute path`，编辑器也因此无法安装其工具。"),
		alike:  text.New("A list of folders (`gopls-gobin-has-path-list`).", "由多个目录组成的列表（`gopls-gobin-has-path-list`）。"),
		fix:    text.New("The value becomes the folder that was meant when that is clear, else the assignment is taken away.", "能确定本意时改为那个目录，否则删除这条赋值。"),
		source: "- cmd/go/internal/work/build.go, func InstallPackages\n- https://github.com/status-im/status-go/issues/714",
	},
	judge: func(s *facts.Snapshot, src origin.Source) (verdict, bool) {
		if isAbs(s, src.Value) || strings.Contains(src.Value, listSeparator) {
			return verdict{}, false
		}
		return verdict{
			claim: text.New("GOBIN={value} is not an absolute path, so go install refuses", "GOBIN={value} 不是绝对路径，go install 会拒绝执行").With("value", src.Value),
			proof: []diag.Evidence{refuses("cannot install, GOBIN must be an absolute path", "cmd/go/internal/work/build.go")},
			not:   []diag.Evidence{not(text.New("not a folder without permission: go refuses the form of the value", "不是目录权限问题：go 拒绝的是值的形式").With())},
			right: unless(defaultBin(s), meant(s, src.Value)),
		}, true
	},
}

var gobinList = rule{
	id: "gopls-gobin-has-path-list", variables: []string{"GOBIN"},
	reads: []facts.Section{facts.SecHost},
	title: text.New("GOBIN is a list of folders", "GOBIN 是由多个目录组成的列表"),
	page: page{
		how: text.New("GOBIN is one folder. A line such as `export GOBIN=$GOBIN:$HOME/go/bin` makes it a list; go takes the whole text as the name of one folder, installs into that strange place, and editors find "+
			"gopls and other tools nowhere.",
			"GOBIN 只能是一个目录。像 `export GOBIN=$GOBIN:$HOME/go/bin` 这样的写法会把它变成列表；go 会把整段文字当作一个目录名，把程序装到那个奇怪的位置，而编辑器找不到 gopls 等工具。"),
		proof:  text.New("The value has a separator of lists, and what the folders between the separators hold.", "值中含有列表分隔符，以及各个目录中的内容。"),
		alike:  text.New("GOPATH, which may be a list; a relative GOBIN (`gobin-relative`).", "可以是列表的 GOPATH；相对路径的 GOBIN（`gobin-relative`）。"),
		fix:    text.New("GOBIN becomes the one folder of the list that holds the most programs, else the first that is there.", "把 GOBIN 改为列表中程序最多的那个目录，否则改为第一个存在的目录。"),
		never:  text.New("It never changes PATH and moves no program.", "绝不改动 PATH，也不移动任何程序。"),
		source: "- cmd/go/internal/work/build.go, func InstallPackages\n- https://github.com/golang/vscode-go/issues/1363",
	},
	judge: func(s *facts.Snapshot, src origin.Source) (verdict, bool) {
		if !strings.Contains(src.Value, listSeparator) || s.Host.OS == "windows" {
			return verdict{}, false
		}
		best := facts.Named{}
		var seen []string
		for _, n := range s.Settings.Named {
			if n.Var != "GOBIN" || n.Part != "entry" || !isAbs(s, n.Path) {
				continue
			}
			seen = append(seen, n.Path)
			if n.State == facts.NamedFolder && (best.Path == "" || n.Programs > best.Programs) {
				best = n
			}
		}
		v := verdict{
			claim: text.New("GOBIN={value} is a list, and go takes it for the name of one folder", "GOBIN={value} 是列表，而 go 把它当作一个目录名").With("value", src.Value),
			proof: []diag.Evidence{proof(text.New("its parts are {list}", "它由这些部分组成：{list}").With("list", strings.Join(seen, "  ")))},
			not:   []diag.Evidence{not(text.New("not GOPATH, which may be a list", "不是可以为列表的 GOPATH").With())},
			right: unless(defaultBin(s), best.Path),
		}
		if best.Path != "" {
			v.proof = append(v.proof, proof(text.New("{path} is there and holds {n} program(s)", "{path} 存在，其中有 {n} 个程序").With("path", best.Path, "n", best.Programs)))
		}
		return v, true
	},
}

// defaultBin is where programs go without GOBIN, "" when that is nowhere.
func defaultBin(s *facts.Snapshot) string {
	first, _, _ := strings.Cut(s.Settings.Get("GOPATH"), listSeparator)
	if first == "" {
		return ""
	}
	return filepath.Join(first, "bin")
}

// defaultCache is where the build cache lies without GOCACHE, "" when something else decides.
func defaultCache(s *facts.Snapshot) string {
	if _, set := s.Process.Lookup("XDG_CACHE_HOME"); set || s.Host.Home == "" || s.Host.OS != "linux" {
		return ""
	}
	return filepath.Join(s.Host.Home, ".cache", "go-build")
}
