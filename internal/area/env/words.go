package env

import (
	"fmt"
	"go/version"
	"regexp"
	"slices"
	"strings"

	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/origin"
	"github.com/gorescue/gorescue/internal/text"
)

// wordChecks are the checks of variables that take one of a few words.
func wordChecks() []diag.Check {
	return slices.Concat(
		checks(byPlace(experimentUnknown, "goexperiment-unknown-goenv", "goexperiment-unknown")...),
		checks(variantInvalid, module111, module111Off, cgoWord))
}

var module111 = rule{
	id: "go111module-bad-value", variables: []string{"GO111MODULE"},
	title: text.New("GO111MODULE has an unknown value", "GO111MODULE 的值无法识别"),
	page: page{
		how: text.New("GO111MODULE takes `on`, `off`, `auto` or nothing, in lower case. With any other value (`true`, `1`, `ON`, a value with a carriage return at its end) "+
			"every command but `go version` ends with `go: unknown environment setting GO111MODULE=…`, `go env` and `go env -u` included.",
			"GO111MODULE 只接受小写的 `on`、`off`、`auto` 或空值。其他任何值（`true`、`1`、`ON`，或末尾带回车符的值）都会使除 `go version` 外的所有命令以 "+
				"`go: unknown environment setting GO111MODULE=…` 结束，连 `go env` 也不例外。"),
		alike: text.New("A valid value that switches modules off (`go111module-off-left`); a go.mod that cannot be read.",
			"有效但关闭了模块功能的值（`go111module-off-left`）；无法读取的 go.mod。"),
		source: "- cmd/go/internal/modload/init.go, func Init\n- https://github.com/golang/go/issues/35556",
	},
	judge: func(_ *facts.Snapshot, src origin.Source) (verdict, bool) {
		switch src.Value {
		case "on", "off", "auto":
			return verdict{}, false
		}
		return verdict{
			claim: text.New("GO111MODULE={value} is no value that go knows (on, off, auto)", "GO111MODULE={value} 不是 go 能识别的值（on、off、auto）").With("value", src.Value),
			proof: []diag.Evidence{refuses("go: unknown environment setting GO111MODULE="+src.Value, "cmd/go/internal/modload/init.go")},
			not:   []diag.Evidence{not(text.New("not a damaged go.mod: the value is refused before any go.mod is looked for", "不是 go.mod 损坏：在查找 go.mod 之前该值就已被拒绝").With())},
		}, true
	},
}

var module111Off = rule{
	id: "go111module-off-left", variables: []string{"GO111MODULE"},
	title: text.New("GO111MODULE=off in a module", "在模块中设置了 GO111MODULE=off"),
	reads: []facts.Section{facts.SecProject},
	page: page{
		how: text.New("With GO111MODULE=off go.mod is not looked at and every import is searched in GOROOT and GOPATH/src: `cannot find package … in any of`, and `go mod`, `go get` end with "+
			"`modules disabled by GO111MODULE=off`. The setting was common advice until 2020.",
			"GO111MODULE=off 时不看 go.mod，所有导入都到 GOROOT 和 GOPATH/src 中查找：`cannot find package … in any of`，而 `go mod`、`go get` 会报 "+
				"`modules disabled by GO111MODULE=off`。这是 2020 年以前常见的建议。"),
		proof: text.New("The value and its place, and the go.mod of this folder, which lies outside of every GOPATH/src.", "该值及其位置，以及本目录的 go.mod，它位于所有 GOPATH/src 之外。"),
		alike: text.New("A project of the time before modules below GOPATH/src, where the value is right; the value given for one command, when this module needs no other.",
			"位于 GOPATH/src 下、模块机制之前的项目（此时该值是对的）；本模块不依赖其他模块、且仅为一条命令给出该值。"),
		source: "- cmd/go/internal/modload/init.go, func Init\n- https://go.dev/ref/mod#mod-commands",
	},
	judge: func(s *facts.Snapshot, src origin.Source) (verdict, bool) {
		p := &s.Project
		if src.Value != "off" || p.Root == "" || inGopath(p.Root, s.Settings.Get("GOPATH")) || src.OnPurpose() || !src.Lasting() && p.GoMod.Requires == 0 {
			return verdict{}, false
		}
		return verdict{
			claim: text.New("GO111MODULE=off makes go pass over {mod}", "GO111MODULE=off 使 go 忽略 {mod}").With("mod", p.GoMod.Path),
			proof: []diag.Evidence{
				{Role: diag.Proof, File: p.GoMod.Path, Text: text.New("this folder belongs to the module of {mod}", "本目录属于 {mod} 的模块").With("mod", p.GoMod.Path)},
				refuses("go: modules disabled by GO111MODULE=off; see 'go help modules'", "cmd/go/internal/modload/init.go"),
			},
			not: []diag.Evidence{not(text.New("not a project in GOPATH/src: GOPATH is {gopath}", "不是 GOPATH/src 中的项目：GOPATH 为 {gopath}").With("gopath", s.Settings.Get("GOPATH")))},
		}, true
	},
}

// inGopath reports whether a folder lies in the src of a GOPATH entry.
func inGopath(dir, gopath string) bool {
	for entry := range strings.SplitSeq(gopath, listSeparator) {
		if entry != "" && strings.HasPrefix(dir, strings.TrimRight(entry, "/")+"/src/") {
			return true
		}
	}
	return false
}

var experimentUnknown = rule{
	variables: []string{"GOEXPERIMENT"},
	title:     text.New("GOEXPERIMENT names an experiment that this Go release does not have", "GOEXPERIMENT 指定了该 Go 版本没有的实验特性"),
	reads:     []facts.Section{facts.SecProject},
	page: page{
		how: text.New("Experiments become standard or are given up; their names leave the next release. From then on every go command, `go version` and `go env` included, ends with "+
			"`go: unknown GOEXPERIMENT …`. Names are separated by commas without blanks; `no` before a name switches it off.",
			"实验特性会转正或被放弃，其名称随之从下一个版本中消失。此后包括 `go version` 和 `go env` 在内的所有 go 命令都会以 `go: unknown GOEXPERIMENT …` 结束。"+
				"名称以逗号分隔、不留空格；名称前加 `no` 表示关闭。"),
		proof: text.New("Each name is looked up in the list of the Go tree in use (src/internal/goexperiment/flags.go).", "逐个名称与所用 Go 目录中的清单（src/internal/goexperiment/flags.go）核对。"),
		alike: text.New("A name that this release knows; a go.mod that makes go switch to a newer release, which may know it: then nothing is said.",
			"该版本认识的名称；go.mod 会让 go 切换到可能认识该名称的更新版本（此时不作报告）。"),
		fix:    text.New("Only the names that are not known are taken out; when none is left, the line goes.", "只去掉不认识的名称；若不剩任何名称，则删除整行。"),
		source: "- internal/buildcfg/exp.go, func ParseGOEXPERIMENT\n- https://github.com/charmbracelet/crush/pull/750",
	},
	judge: func(s *facts.Snapshot, src origin.Source) (verdict, bool) {
		st := &s.Settings
		if st.Experiments == nil || switches(s) {
			return verdict{}, false
		}
		var keep, unknown []string
		for name := range strings.SplitSeq(src.Value, ",") {
			plain := strings.TrimPrefix(name, "no")
			if name == "" || name == "none" || slices.Contains(st.Experiments, plain) {
				keep = append(keep, name)
			} else {
				unknown = append(unknown, plain)
			}
		}
		if len(unknown) == 0 {
			return verdict{}, false
		}
		return verdict{
			claim: text.New("GOEXPERIMENT={value}: {release} does not know {name}", "GOEXPERIMENT={value}：{release} 不认识 {name}").
				With("value", src.Value, "release", st.Release, "name", strings.Join(unknown, ", ")),
			proof: []diag.Evidence{
				proof(text.New("{release} has these experiments: {list}", "{release} 有这些实验特性：{list}").With("release", st.Release, "list", strings.Join(st.Experiments, " "))),
				refuses("go: unknown GOEXPERIMENT "+unknown[0], "internal/buildcfg/exp.go"),
			},
			not:   []diag.Evidence{not(text.New("not a switch to a newer release: nothing here asks for one", "不会切换到更新的版本：这里没有任何要求").With())},
			right: strings.Trim(strings.Join(keep, ","), ","),
		}, true
	},
}

// switches reports whether go.mod asks for a newer release than the one in use, to which go may switch.
func switches(s *facts.Snapshot) bool {
	have := s.Settings.Release
	if s.Settings.Get("GOTOOLCHAIN") == "local" || !version.IsValid(have) {
		return false
	}
	for _, d := range []*facts.Directive{s.Project.GoMod.Go, s.Project.GoMod.Toolchain, s.Project.Work.Go, s.Project.Work.Toolchain} {
		if d == nil {
			continue
		}
		want := d.Value
		if !strings.HasPrefix(want, "go") {
			want = "go" + want
		}
		if version.IsValid(want) && version.Compare(want, have) > 0 {
			return true
		}
	}
	return strings.HasPrefix(s.Settings.Get("GOTOOLCHAIN"), "go") && !strings.HasPrefix(s.Settings.Get("GOTOOLCHAIN"), have)
}

// variants are the variables of architectures and of GOFIPS140, whose values go checks by itself, with the pattern
// of the good ones (internal/buildcfg/cfg.go). Values of GOAMD64, GOARM and GO386 are not checked since go1.23: an error
// about them is overwritten by the check of GOARM64 (measured with go1.25 to go1.27).
func variants() map[string]*regexp.Regexp {
	return map[string]*regexp.Regexp{
		"GOARM64":   regexp.MustCompile(`^(v8\.[0-9]|v9\.[0-5])(,lse|,crypto)*$`),
		"GOMIPS":    regexp.MustCompile(`^(hardfloat|softfloat)$`),
		"GOMIPS64":  regexp.MustCompile(`^(hardfloat|softfloat)$`),
		"GOPPC64":   regexp.MustCompile(`^power(8|9|10)$`),
		"GORISCV64": regexp.MustCompile(`^rva2[023]u64$`),
		"GOWASM":    regexp.MustCompile(`^(satconv|signext|,)*$`),
		"GOFIPS140": regexp.MustCompile(`^(off|latest|inprocess|certified|v1\.[0-9]+\.[0-9]+(-rc[0-9]+|-.{8})?)$`),
	}
}

var variantInvalid = rule{
	id: "goarch-variant-invalid", variables: []string{"GOARM64", "GOMIPS", "GOMIPS64", "GOPPC64", "GORISCV64", "GOWASM", "GOFIPS140"},
	title: text.New("a variable of an architecture, or GOFIPS140, has an invalid value", "某个体系结构变量或 GOFIPS140 的值无效"),
	page: page{
		how: text.New("GOARM64, GOMIPS, GOMIPS64, GOPPC64, GORISCV64, GOWASM and GOFIPS140 in the process environment are checked by every go command, whatever GOARCH is: a wrong one ends all of them, "+
			"`go version` and `go env` too, with `go: invalid GO…`. In the go env file only that of the effective architecture, and GOFIPS140, matter.",
			"无论 GOARCH 是什么，每个 go 命令都会检查进程环境中的 GOARM64、GOMIPS、GOMIPS64、GOPPC64、GORISCV64、GOWASM 和 GOFIPS140：值不对时所有命令（包括 `go version` 和 `go env`）"+
				"都会以 `go: invalid GO…` 结束。在 go env 文件中则只有生效体系结构的变量和 GOFIPS140 有影响。"),
		alike: text.New("Values of GOAMD64, GOARM and GO386, which no go command since 1.23 checks; a value in the go env file of an architecture that is not built for.",
			"GOAMD64、GOARM 和 GO386 的值（自 1.23 起 go 命令不再检查）；go env 文件中未被使用的体系结构的值。"),
		source: "- internal/buildcfg/cfg.go, func Check",
	},
	judge: func(s *facts.Snapshot, src origin.Source) (verdict, bool) {
		good := variants()[src.Name]
		if good.MatchString(src.Value) || src.Name == "GOFIPS140" && version.Compare(s.Settings.Release, "go1.24") < 0 {
			return verdict{}, false
		}
		if src.Kind != facts.FromProcess && src.Name != "GOFIPS140" && src.Name != variantOf(s.Settings.Get("GOARCH")) {
			return verdict{}, false
		}
		return verdict{
			claim: text.New("{name}={value} is no value that go takes", "{name}={value} 不是 go 接受的值").With("name", src.Name, "value", src.Value),
			proof: []diag.Evidence{refuses(fmt.Sprintf("go: invalid %s", src.Name), "internal/buildcfg/cfg.go")},
		}, true
	},
}

// variantOf is the variable that belongs to an architecture.
func variantOf(goarch string) string {
	switch strings.TrimSuffix(goarch, "le") {
	case "arm64":
		return "GOARM64"
	case "mips":
		return "GOMIPS"
	case "mips64":
		return "GOMIPS64"
	case "ppc64":
		return "GOPPC64"
	case "riscv64":
		return "GORISCV64"
	case "wasm":
		return "GOWASM"
	}
	return ""
}

var cgoWord = rule{
	id: "cgo-enabled-bad-value", variables: []string{"CGO_ENABLED"}, severity: diag.Warning,
	title: text.New("CGO_ENABLED has a value that go does not take", "CGO_ENABLED 的值不被 go 接受"),
	page: page{
		how: text.New("CGO_ENABLED takes `0` and `1`. Any other word is passed over without a message and the default holds: with `CGO_ENABLED=false` cgo stays on, programs are linked against the C library "+
			"and do not start in an image without one.",
			"CGO_ENABLED 只接受 `0` 和 `1`。其他任何词都会被悄悄忽略并采用默认值：`CGO_ENABLED=false` 时 cgo 仍然开启，程序会链接 C 库，在没有 C 库的镜像中无法启动。"),
		alike:  text.New("`0` and `1`, whatever the developer wants; a word that means what the default is.", "`0` 和 `1`（无论开发者想要什么）；含义与默认值相同的词。"),
		fix:    text.New("The word is replaced by 0. Whether that was meant, a person must say.", "把该词替换为 0。这是否是本意须由人来决定。"),
		source: "- cmd/go/internal/cfg/cfg.go, func defaultContext",
	},
	judge: func(_ *facts.Snapshot, src origin.Source) (verdict, bool) {
		if !slices.Contains([]string{"false", "no", "off", "disable", "disabled", "n", "f"}, strings.ToLower(strings.TrimSpace(src.Value))) {
			return verdict{}, false
		}
		return verdict{
			claim:  text.New("CGO_ENABLED={value} does not switch cgo off: go takes only 0 and 1", "CGO_ENABLED={value} 并不会关闭 cgo：go 只接受 0 和 1").With("value", src.Value),
			proof:  []diag.Evidence{proof(text.New("any other word counts as unset (cmd/go/internal/cfg/cfg.go)", "其他任何词都视为未设置（cmd/go/internal/cfg/cfg.go）").With())},
			right:  "0",
			person: true,
		}, true
	},
}
