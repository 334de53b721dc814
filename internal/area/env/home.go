package env

import (
	"path/filepath"
	"strings"

	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/origin"
	"github.com/gorescue/gorescue/internal/startup"
	"github.com/gorescue/gorescue/internal/text"
)

// homeChecks are the checks of the home folder, below which go looks for everything.
func homeChecks() []diag.Check { return []diag.Check{homeUnset, gopathNowhere} }

var homeUnset = diag.Check{
	ID: "home-unset-service", Severity: diag.Error,
	Title: text.New("HOME is not set, so go does not find its caches", "没有设置 HOME，go 找不到它的缓存"),
	Reads: []facts.Section{facts.SecSettings, facts.SecProcess, facts.SecStartup, facts.SecHost, facts.SecProject},
	Doc: page{
		how: text.New("A service of systemd, a cron job or a step of a build container starts with hardly any variables. Without HOME go has no place for its build cache (`build cache is required, but could not be located`) and for modules "+
			"(`module cache not found: neither GOMODCACHE nor GOPATH is set`).",
			"systemd 服务、cron 任务或构建容器的步骤启动时几乎没有变量。没有 HOME，go 就没有存放构建缓存的位置（`build cache is required, but could not be located`），也没有存放模块的位置"+
				"（`module cache not found: neither GOMODCACHE nor GOPATH is set`）。"),
		proof: text.New("HOME is not in the environment; neither GOCACHE nor XDG_CACHE_HOME is, or neither GOPATH nor GOMODCACHE while go.mod requires modules.", "环境中没有 HOME；也没有 GOCACHE 和 XDG_CACHE_HOME，或在 go.mod 依赖模块时没有 GOPATH 和 GOMODCACHE。"),
		alike: text.New("HOME not set while GOCACHE, GOPATH or GOMODCACHE say all that is needed, which is a healthy service; a HOME that is there and cannot be written.",
			"没有 HOME，但 GOCACHE、GOPATH 或 GOMODCACHE 已给出所需的一切（健康的服务）；HOME 存在但无法写入。"),
		fix: text.New("A line HOME=… is put at the end of the file that feeds this service, with the home folder of the session that started it, else that of the user database. Without such a file the command to type is shown.",
			"在为该服务提供环境变量的文件末尾加上一行 HOME=…，取启动它的会话的主目录，否则取用户数据库中的主目录。没有这样的文件时显示要输入的命令。"),
		never:  text.New("It never points a cache at / or at a folder that all may write, and keeps every line of the file.", "绝不把缓存指向 / 或所有人可写的目录，并保留文件的每一行。"),
		source: "- os.UserCacheDir\n- cmd/go/internal/modfetch/cache.go, func checkCacheDir\n- https://github.com/awslabs/awsome-distributed-ai/issues/872",
	}.doc("HOME"),
	Run: func(s *facts.Snapshot) []diag.Finding {
		if s.Host.Home != "" || s.Host.OS == "" || s.Host.OS == "windows" {
			return nil
		}
		var says []diag.Evidence
		if s.Settings.Get("GOCACHE") == "" {
			says = append(says, refuses("build cache is required, but could not be located: GOCACHE is not defined and neither $XDG_CACHE_HOME nor $HOME are defined", "os.UserCacheDir"))
		}
		if s.Settings.Get("GOMODCACHE") == "" && s.Project.GoMod.Requires > 0 {
			says = append(says, refuses("go: module cache not found: neither GOMODCACHE nor GOPATH is set", "cmd/go/internal/modfetch/cache.go"))
		}
		if len(says) == 0 {
			return nil
		}
		return []diag.Finding{{
			Claim: text.New("HOME is not set, and nothing else says where go's caches are", "没有设置 HOME，也没有别的设置指明 go 的缓存在哪里").With(),
			Evidence: append(append([]diag.Evidence{becauseNoHome(s)}, says...),
				not(text.New("not a service that names its caches: GOCACHE is {cache}, GOMODCACHE is {mod}", "不是自行指定了缓存的服务：GOCACHE 为 {cache}，GOMODCACHE 为 {mod}").
					With("cache", orUnset(s.Settings.Get("GOCACHE")), "mod", orUnset(s.Settings.Get("GOMODCACHE"))))),
			ByHand: "printenv HOME GOCACHE GOPATH GOMODCACHE",
			Fixes:  setHome(s),
		}}
	},
}

func orUnset(v string) string {
	if v == "" {
		return "(unset)"
	}
	return v
}

func becauseNoHome(s *facts.Snapshot) diag.Evidence {
	if f := serviceFile(s); f != nil {
		return diag.Evidence{Role: diag.Because, File: f.Path, Text: text.New("{file} gives this process its variables, and has no HOME", "{file} 为本进程提供变量，其中没有 HOME").With("file", f.Path)}
	}
	return diag.Evidence{Role: diag.Because, Text: text.New("the environment of this process has no HOME", "本进程的环境中没有 HOME").With()}
}

// serviceFile is the file that feeds this process, nil when none is known.
func serviceFile(s *facts.Snapshot) *facts.StartupFile {
	for i := range s.Startup.Files {
		if f := &s.Startup.Files[i]; f.Service && f.Err == "" {
			return f
		}
	}
	return nil
}

func setHome(s *facts.Snapshot) []diag.Fix {
	home := s.Host.HomeSession
	if home == "" {
		home = s.Host.HomeInDB
	}
	if !strings.HasPrefix(home, "/") || filepath.Clean(home) == "/" {
		return nil
	}
	f := serviceFile(s)
	if f == nil {
		return []diag.Fix{manual(text.New("set HOME where this command is started (Environment=HOME=… of a unit, ENV of an image)", "在启动本命令的地方设置 HOME（unit 的 Environment=HOME=…、镜像的 ENV）").With(), "export HOME="+quote(home))}
	}
	fix := edit(text.New("add HOME={home} to {file}", "在 {file} 中加入 HOME={home}").With("home", home, "file", f.Path), f.Path, startup.AddLine(*f, "HOME="+startup.Quote(f.Kind, home)))
	fix.Env = map[string]*string{"HOME": &home}
	return []diag.Fix{fix}
}

var gopathNowhere = diag.Check{
	ID: "gopath-default-is-goroot", Severity: diag.Error,
	Title: text.New("the Go tree lies in ~/go, where GOPATH is by default", "Go 安装在 ~/go，而那是 GOPATH 的默认位置"),
	Reads: []facts.Section{facts.SecSettings, facts.SecProcess, facts.SecStartup, facts.SecHost, facts.SecProject},
	Doc: page{
		how: text.New("The default of GOPATH is ~/go. When the Go tree itself was unpacked there and GOROOT names it, go takes no default at all: everything that needs a module ends with `module cache not found: neither GOMODCACHE nor GOPATH is set`, "+
			"`go install` with `no install location`. When GOROOT is not set, go warns with every command and puts modules and programs into the Go tree, where the next upgrade deletes them.",
			"GOPATH 的默认值是 ~/go。如果 Go 本身就解压在那里且 GOROOT 指向它，go 就没有默认值：凡是需要模块的命令都报 `module cache not found: neither GOMODCACHE nor GOPATH is set`，`go install` 报 `no install location`。"+
				"如果没有设置 GOROOT，go 会在每条命令上警告，并把模块和程序放进 Go 安装目录，下次升级时被删除。"),
		proof:  text.New("GOROOT is ~/go, and GOPATH is set nowhere.", "GOROOT 是 ~/go，而且没有任何地方设置 GOPATH。"),
		alike:  text.New("HOME that is not set (`home-unset-service`), which gives the same message; GOPATH set to the Go tree by hand (`gopath-is-goroot`).", "没有设置 HOME（`home-unset-service`，报错相同）；手工把 GOPATH 设为 Go 目录（`gopath-is-goroot`）。"),
		fix:    text.New("GOPATH=~/gopath is written to the go env file, as go env -w does. The Go tree, and modules that are in it already, stay where they are.", "像 go env -w 那样把 GOPATH=~/gopath 写入 go env 文件。Go 安装目录以及已在其中的模块保持原位。"),
		source: "- go/build, func defaultGOPATH\n- cmd/go/main.go, func main",
	}.doc("GOPATH"),
	Run: func(s *facts.Snapshot) []diag.Finding {
		st := &s.Settings
		root, path := st.Get("GOROOT"), st.Values["GOPATH"]
		if s.Host.Home == "" || root == "" || filepath.Clean(root) != filepath.Join(s.Host.Home, "go") || path.Value != "" && path.Origin != facts.FromDefault {
			return nil
		}
		f := diag.Finding{
			Claim: text.New("the Go tree is {root}, the default place of GOPATH", "Go 安装在 {root}，即 GOPATH 的默认位置").With("root", root),
			Evidence: []diag.Evidence{
				{Role: diag.Because, File: root, Text: text.New("GOROOT is {root}, and GOPATH is set nowhere", "GOROOT 是 {root}，而且没有任何地方设置 GOPATH").With("root", root)},
				not(text.New("not a missing home folder: HOME is {home}", "不是缺少主目录：HOME 为 {home}").With("home", s.Host.Home)),
			},
			ByHand: "go env GOROOT GOPATH",
		}
		switch {
		case path.Value != "":
			f.Severity = diag.Warning
			f.Evidence = append(f.Evidence, refuses("warning: both GOPATH and GOROOT are the same directory", "cmd/go/main.go"))
		case st.Get("GOMODCACHE") == "" && s.Project.GoMod.Requires > 0:
			f.Evidence = append(f.Evidence, refuses("go: module cache not found: neither GOMODCACHE nor GOPATH is set", "go/build, func defaultGOPATH"))
		default:
			f.Severity = diag.Warning
			f.Evidence = append(f.Evidence, refuses("go: no install location for directory … outside GOPATH", "go/build, func defaultGOPATH"))
		}
		if fix, ok := origin.SetGoenv(s, "GOPATH", filepath.Join(s.Host.Home, "gopath")); ok {
			f.Fixes = []diag.Fix{fix}
		}
		return []diag.Finding{f}
	},
}
