package env

import (
	"go/version"
	"slices"
	"strings"

	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/origin"
	"github.com/gorescue/gorescue/internal/text"
)

// platformChecks are the checks of GOOS, GOARCH and GOAMD64.
func platformChecks() []diag.Check {
	goarch := leftOver("GOARCH")
	goos := leftOver("GOOS")
	windows, other := goos, goos
	windows.judge = onlyIf(goos.judge, func(src origin.Source) bool { return src.Value == "windows" })
	other.judge = onlyIf(goos.judge, func(src origin.Source) bool { return src.Value != "windows" || src.Kind != facts.FromGoenv })
	return slices.Concat(
		checks(pairUnsupported),
		checks(byPlace(windows, "go-env-goos-windows", "")[:1]...),
		checks(byPlace(other, "goos-left-in-goenv", "goos-left-in-profile")...),
		checks(byPlace(goarch, "goarch-left-in-goenv", "goarch-left-in-profile")...),
		checks(amd64AboveCPU))
}

func onlyIf(judge func(*facts.Snapshot, origin.Source) (verdict, bool), want func(origin.Source) bool) func(*facts.Snapshot, origin.Source) (verdict, bool) {
	return func(s *facts.Snapshot, src origin.Source) (verdict, bool) {
		if !want(src) {
			return verdict{}, false
		}
		return judge(s, src)
	}
}

// pairs are the platforms of go1.21 to go1.27 (go tool dist list; internal/platform: BuildModeSupported). A test compares
// them with the Go tree that runs it.
const pairs = ` aix/ppc64 android/386 android/amd64 android/arm android/arm64 darwin/amd64 darwin/arm64 dragonfly/amd64 freebsd/386 ` +
	`freebsd/amd64 freebsd/arm freebsd/arm64 freebsd/riscv64 illumos/amd64 ios/amd64 ios/arm64 js/wasm linux/386 linux/amd64 linux/arm ` +
	`linux/arm64 linux/loong64 linux/mips linux/mips64 linux/mips64le linux/mipsle linux/ppc64 linux/ppc64le linux/riscv64 ` +
	`linux/s390x netbsd/386 netbsd/amd64 netbsd/arm netbsd/arm64 openbsd/386 openbsd/amd64 openbsd/arm openbsd/arm64 openbsd/mips64 ` +
	`openbsd/ppc64 openbsd/riscv64 plan9/386 plan9/amd64 plan9/arm solaris/amd64 wasip1/wasm windows/386 windows/amd64 windows/arm ` +
	`windows/arm64 `

// newestKnown is the newest release that pairs was compared with; a newer one may have more.
const newestKnown = "go1.28"

// otherNames are names of systems and processors that others use for those of Go.
func otherNames() map[string]string {
	return map[string]string{
		"x86_64": "amd64", "x64": "amd64", "x86-64": "amd64", "em64t": "amd64", "aarch64": "arm64", "armv8": "arm64", "arm64v8": "arm64", "i386": "386", "i686": "386", "x86": "386",
		"armv7": "arm", "armv7l": "arm", "armv6": "arm", "armhf": "arm", "armel": "arm", "ppc64el": "ppc64le", "powerpc64le": "ppc64le", "mipsel": "mipsle", "loongarch64": "loong64",
		"macos": "darwin", "osx": "darwin", "mac": "darwin", "win": "windows", "win32": "windows", "win64": "windows", "gnu/linux": "linux",
	}
}

// goName is Go's own name for what a value means, "" when that cannot be told.
func goName(value string) string {
	v := strings.ToLower(strings.TrimSpace(value))
	if n, ok := otherNames()[v]; ok {
		return n
	}
	if v != value {
		return v
	}
	return ""
}

func knownOS(goos string) bool     { return strings.Contains(pairs, " "+goos+"/") }
func knownArch(goarch string) bool { return strings.Contains(pairs, "/"+goarch+" ") }

var pairUnsupported = rule{
	id: "goos-goarch-unsupported", variables: []string{"GOOS", "GOARCH"},
	title: text.New("GOOS and GOARCH name no platform of Go", "GOOS 与 GOARCH 不是 Go 支持的平台"),
	page: page{
		how: text.New("GOOS and GOARCH take Go's own names: `amd64`, not `x86_64`; `arm64`, not `aarch64`; `darwin`, not `macos`; all in lower case; and not every processor goes with every system. "+
			"Else every build ends with `go: unsupported GOOS/GOARCH pair …`, while `go list` and `go env` work. Build scripts that export $(uname -m) are a usual source.",
			"GOOS 与 GOARCH 使用 Go 自己的名称：是 `amd64` 而非 `x86_64`，是 `arm64` 而非 `aarch64`，是 `darwin` 而非 `macos`，一律小写；而且并非每种处理器都能与每个系统搭配。"+
				"否则所有构建都以 `go: unsupported GOOS/GOARCH pair …` 结束，而 `go list` 和 `go env` 照常工作。常见来源是导出 $(uname -m) 的构建脚本。"),
		proof:  text.New("The pair in force is in no list of `go tool dist list` of go1.21 to go1.27.", "生效的组合不在 go1.21 至 go1.27 的 `go tool dist list` 清单中。"),
		alike:  text.New("A platform that Go supports and this machine is not (`goarch-left-in-profile`, `goos-left-in-profile`).", "Go 支持但并非本机的平台（`goarch-left-in-profile`、`goos-left-in-profile`）。"),
		fix:    text.New("A value that is kept in a file is taken away, so that the machine's own platform counts again.", "保存在文件中的值会被删除，使本机平台重新生效。"),
		source: "- cmd/go/internal/work/action.go, func CheckGOOSARCHPair\n- https://go.dev/doc/install/source#environment",
	},
	reads: []facts.Section{facts.SecHost},
	judge: func(s *facts.Snapshot, src origin.Source) (verdict, bool) {
		goos, goarch := s.Settings.Get("GOOS"), s.Settings.Get("GOARCH")
		if goos == "" || goarch == "" || strings.Contains(pairs, " "+goos+"/"+goarch+" ") || version.Compare(s.Settings.Release, newestKnown) >= 0 {
			return verdict{}, false
		}
		// The one that Go does not know is to blame; of two known ones that do not go together, that which is not the machine's.
		switch other := knownOS(goos); {
		case src.Name == "GOOS" && other && (!knownArch(goarch) || goos == s.Host.OS):
			return verdict{}, false
		case src.Name == "GOARCH" && knownArch(goarch) && (!other || goarch == s.Host.Arch):
			return verdict{}, false
		}
		v := verdict{
			claim: text.New("{name}={value}: Go has no platform {goos}/{goarch}", "{name}={value}：Go 没有 {goos}/{goarch} 平台").With("name", src.Name, "value", src.Value, "goos", goos, "goarch", goarch),
			proof: []diag.Evidence{refuses("go: unsupported GOOS/GOARCH pair "+goos+"/"+goarch, "cmd/go/internal/work/action.go")},
			not:   []diag.Evidence{not(text.New("not the Go tree: every release lacks this pair", "不是 Go 安装的问题：所有版本都没有这个组合").With())},
		}
		if n := goName(src.Value); n != "" && (knownOS(n) || knownArch(n)) {
			v.proof = append(v.proof, proof(text.New("Go's name for {value} is {name}", "{value} 在 Go 中的名称是 {name}").With("value", src.Value, "name", n)))
			if !src.Lasting() && n != s.Host.OS && n != s.Host.Arch {
				v.right = n
			}
		}
		return v, true
	},
}

// leftOver makes the rule of a GOOS or GOARCH that somebody set for one cross build and that stayed.
func leftOver(name string) rule {
	return rule{
		variables: []string{name},
		reads:     []facts.Section{facts.SecHost},
		title:     text.New(name+" of another machine is set for good", name+" 被长期设置为另一种机器"),
		page: page{
			how: text.New("`go env -w "+name+"=…`, or an export in a start-up file, was meant for one cross build and stayed. It counts for every command of the user: builds pass and their programs do not start here (`exec format error`), "+
				"`go run`, `go test` and installed tools fail, and files for this machine (_"+"linux.go and the like) are left out: `undefined: …`, `build constraints exclude all Go files`. cgo is off as well.",
				"`go env -w "+name+"=…` 或启动文件中的 export 本来只为一次交叉编译，却留了下来。它对该用户的所有命令生效：构建能通过，但程序在本机无法启动（`exec format error`），"+
					"`go run`、`go test` 和安装的工具都会失败；属于本机的文件（如 _"+"linux.go）被排除：`undefined: …`、`build constraints exclude all Go files`。cgo 也随之关闭。"),
			proof: text.New("The value, the file that keeps it, and this machine's own platform; whether something here starts programs of that platform; whether the module has packages for that platform only.",
				"该值、保存它的文件以及本机平台；本机是否有办法启动那个平台的程序；模块是否有只面向那个平台的包。"),
			alike: text.New("The value for one command, in a Makefile, or in the project's own .envrc, which are a choice; go_GOOS_GOARCH_exec in PATH or an emulator of the kernel, which make it work; a 32-bit platform that this machine runs by itself; a module for that platform only.",
				"仅为一条命令、在 Makefile 中或在项目自己的 .envrc 中设置（属于有意的选择）；PATH 中有 go_GOOS_GOARCH_exec，或内核配置了模拟器（能正常运行）；本机能直接运行的 32 位平台；只面向那个平台的模块。"),
			never:  text.New("It renames no file and changes no build tag.", "绝不重命名文件，也不改动构建标签。"),
			source: "- cmd/go/internal/cfg/cfg.go, func defaultContext\n- https://github.com/golang/go/issues/57108\n- https://github.com/golang/vscode-go/issues/2715",
		},
		judge: func(s *facts.Snapshot, src origin.Source) (verdict, bool) {
			host := s.Host.OS
			if name == "GOARCH" {
				host = s.Host.Arch
			}
			goos, goarch := s.Settings.Get("GOOS"), s.Settings.Get("GOARCH")
			known := strings.Contains(pairs, " "+goos+"/"+goarch+" ")
			files := s.Settings.Place.Source
			if src.Value == host || !known || !src.Lasting() || runsHere(s, goos, goarch) || files.Runner != "" || files.OnlyTarget != "" {
				return verdict{}, false
			}
			return verdict{
				claim: text.New("{name}={value} is kept in {where}, but this machine is {host}", "{where} 中长期保存了 {name}={value}，但本机是 {host}").With("name", name, "value", src.Value, "where", src.Where(), "host", s.Host.OS+"/"+s.Host.Arch),
				proof: []diag.Evidence{proof(text.New("every go command builds for {goos}/{goarch}; such programs do not start here", "所有 go 命令都为 {goos}/{goarch} 构建；这样的程序在本机无法启动").With("goos", goos, "goarch", goarch))},
				not: []diag.Evidence{
					not(text.New("not for one command: a file keeps it for all", "不是仅为一条命令：有文件为所有命令保存了它").With()),
					not(text.New("nothing starts such programs here: no go_{goos}_{goarch}_exec in PATH, no emulator in the kernel ({n} kinds of foreign program)", "本机无法启动这种程序：PATH 中没有 go_{goos}_{goarch}_exec，内核也没有相应的模拟器（{n} 种外来程序）").
						With("goos", goos, "goarch", goarch, "n", len(s.Host.Binfmt))),
				},
			}, true
		},
	}
}

// runsHere reports whether programs of a platform start on this machine: by the processor itself or by an emulator that
// the kernel calls (binfmt_misc).
func runsHere(s *facts.Snapshot, goos, goarch string) bool {
	switch {
	case goos == s.Host.OS && goarch == "386" && s.Host.Arch == "amd64", goos == s.Host.OS && goarch == "arm" && s.Host.Arch == "arm64",
		goos == "darwin" && s.Host.OS == "darwin", goos == "android" && s.Host.OS == "linux":
		return true
	case goos == "windows" && s.Host.WSL:
		return true
	}
	kinds := map[string][]string{"amd64": {"x86_64"}, "arm64": {"aarch64", "arm64"}, "386": {"i386", "i486", "i686"}, "loong64": {"loongarch64"}, "wasm": {"wasm", "wasi"}}[goarch]
	for _, b := range s.Host.Binfmt {
		b = strings.ToLower(b)
		switch {
		case goos == "windows" && (strings.Contains(b, "wine") || strings.Contains(b, "dos") || strings.Contains(b, "wslinterop")):
			return true
		case goos == "linux" && (strings.HasSuffix(b, "-"+goarch) || slices.ContainsFunc(kinds, func(k string) bool { return strings.HasSuffix(b, k) })):
			return true
		case goarch == "wasm" && strings.Contains(b, "was"):
			return true
		}
	}
	return false
}

var amd64AboveCPU = rule{
	id: "goamd64-above-cpu", variables: []string{"GOAMD64"},
	reads: []facts.Section{facts.SecHost},
	title: text.New("GOAMD64 asks for more than this processor has", "GOAMD64 要求的指令超出本机处理器的能力"),
	page: page{
		how: text.New("GOAMD64=v2, v3, v4 let the compiler use newer instructions. On a processor without them every program that is built, `go run` and `go test` included, ends at once with "+
			"`This program can only be run on AMD64 processors with v… microarchitecture support`. Settings copied from another machine are the usual source.",
			"GOAMD64=v2、v3、v4 允许编译器使用较新的指令。在没有这些指令的处理器上，所有编译出的程序（包括 `go run` 和 `go test`）都会立即以 "+
				"`This program can only be run on AMD64 processors with v… microarchitecture support` 结束。常见来源是从另一台机器复制过来的设置。"),
		proof:  text.New("The value with its place, and what the processor says of itself.", "该值及其位置，以及处理器自述的能力。"),
		alike:  text.New("A value for one build for other machines, which no file keeps; a value that the processor has.", "仅为构建给其他机器使用而设置、没有文件保存的值；处理器支持的值。"),
		source: "- https://go.dev/wiki/MinimumRequirements#amd64",
	},
	judge: func(s *facts.Snapshot, src origin.Source) (verdict, bool) {
		have := s.Settings.CPULevel
		level := len(src.Value) == 2 && src.Value[0] == 'v' && src.Value[1] >= '1' && src.Value[1] <= '4'
		if !level || have == 0 || int(src.Value[1]-'0') <= have || !src.Lasting() || s.Settings.Get("GOARCH") != "amd64" || s.Settings.Get("GOOS") != s.Host.OS {
			return verdict{}, false
		}
		return verdict{
			claim: text.New("GOAMD64={value}, but this processor is v{have}", "GOAMD64={value}，但本机处理器只到 v{have}").With("value", src.Value, "have", have),
			proof: []diag.Evidence{proof(text.New("programs built so end with: This program can only be run on AMD64 processors with {value} microarchitecture support", "这样构建的程序会报错：This program can only be run on AMD64 processors with {value} microarchitecture support").With("value", src.Value))},
			not:   []diag.Evidence{not(text.New("not another architecture: GOARCH is amd64, as this machine is", "不是其他体系结构：GOARCH 为 amd64，与本机一致").With())},
		}, true
	},
}
