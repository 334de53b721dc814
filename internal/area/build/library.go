package build

import (
	"strings"

	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/lazyre"
	"github.com/gorescue/gorescue/internal/text"
)

// What the C compiler, the linker and pkg-config say when something of the system is not installed.
var (
	noHeader  = lazyre.New(`fatal error: '?([^\s':]+)'?(?:: No such file or directory| file not found)`)
	noLibrary = lazyre.New(`cannot find -l([^\s:]+)|library not found for -l(\S+)|library '([^']+)' not found`)
	noPackage = lazyre.New(`Package '?([^\s',]+)'?(?:, required by '[^']*',)? (?:was )?not found|No package '([^']+)' found`)
	noProgram = lazyre.New(`pkg-config: exec: "([^"]+)": executable file not found`)
)

var libraryMissing = diag.Check{
	ID:       "c-library-missing",
	Title:    text.New("a C library that the build needs is not installed", "构建所需的 C 库没有安装"),
	Severity: diag.Error, Reads: []facts.Section{facts.SecBuild, facts.SecSettings, facts.SecHost},
	After: []string{"setting-breaks-build", "pkg-config-removed", "cc-compiler-removed", "cc-bad-value", "cgo-enabled-without-compiler", "cgo-enabled-bad-value", "goos-left-in-goenv", "goos-left-in-profile",
		"go-env-goos-windows", "goarch-left-in-goenv", "goarch-left-in-profile"},
	Doc: text.New(`Go code that uses C needs the header files, the library, or the pkg-config description of it on this machine. They come with the
development package of the library, which go mod knows nothing of: a new machine or a slim container has none. The C compiler says
"fatal error: sqlite3.h: No such file or directory", the linker "cannot find -lsqlite3", pkg-config "Package sqlite3 was not found".

**How it is proven.** The build was run, and the compiler, the linker or pkg-config says which one it did not find. **What looks the same.** A header in
double quotes belongs to the code itself and is an error of the code; a compiler that is not there at all is another finding; a setting
(CGO_CFLAGS, CGO_LDFLAGS, PKG_CONFIG_PATH) that leads elsewhere is shown as not ruled out when it is set.

**What the fix does.** It is advice: gorescue installs nothing. Never CGO_ENABLED=0, which leaves files out without a word.

**By hand.** pkg-config --list-all; go build -x ./... shows the compiler's command. Sources: cmd/cgo, cmd/go/internal/work/exec.go (getPkgConfigFlags).`,
		`使用 C 的 Go 代码需要本机装有该库的头文件、库文件或 pkg-config 描述。它们来自库的开发包，go mod 对此一无所知：新机器或精简容器里往往没有。
C 编译器报“fatal error: sqlite3.h: No such file or directory”，链接器报“cannot find -lsqlite3”，pkg-config 报“Package sqlite3 was not found”。

**如何证明。** 运行了构建，编译器、链接器或 pkg-config 指出了找不到的是哪一个。**容易混淆的情况。** 双引号中的头文件属于代码本身，是代码的错误；完全没有编译器是另一条发现；
若设置了 CGO_CFLAGS、CGO_LDFLAGS 或 PKG_CONFIG_PATH，会标明未排除它们指向别处。

**修复做什么。** 只给建议：gorescue 不安装任何东西。绝不设置 CGO_ENABLED=0：那会悄悄排除文件。

**手动检查。** pkg-config --list-all；go build -x ./... 会显示编译器的命令。来源：cmd/cgo、cmd/go/internal/work/exec.go（getPkgConfigFlags）。`),
	Run: func(s *facts.Snapshot) []diag.Finding {
		if s.Build.Outcome != facts.BuildFailed {
			return nil
		}
		var out []diag.Finding
		seen := map[string]bool{}
		for i := range s.Build.Errors {
			e := &s.Build.Errors[i]
			what, name := lacking(e)
			if name == "" || seen[name] {
				continue
			}
			seen[name] = true
			out = append(out, diag.Finding{
				Subject: name,
				Claim:   text.New("the build needs {name}, and this machine has not got it", "构建需要 {name}，而本机没有").With("name", name),
				Evidence: append([]diag.Evidence{
					{Role: diag.Because, File: e.File, Line: e.Line, Text: what.With("name", name)},
					{Role: diag.Proof, File: e.File, Line: e.Line, Command: s.Build.Command, Text: text.New("the build here says: {text}", "这里的构建报错：{text}").With("text", firstLine(e.Text))},
				}, otherPlaces(s)...),
				ByHand: s.Build.Command,
				Fixes:  []diag.Fix{{Risk: diag.Manual, Title: text.New("install the development package that has {name}", "安装提供 {name} 的开发包").With("name", name)}},
			})
		}
		return out
	},
}

// lacking says what is not installed, and its name; "" = the complaint is not of that kind.
func lacking(e *facts.BuildError) (text.T, string) {
	name := func(m []string) string {
		for _, g := range m[min(1, len(m)):] {
			if g != "" {
				return g
			}
		}
		return ""
	}
	if h := name(noHeader().FindStringSubmatch(e.Text)); h != "" && !strings.Contains(e.Text, `"`+h+`"`) {
		return text.New("the C compiler finds the header {name} in none of its folders", "C 编译器在其任何目录中都找不到头文件 {name}"), h
	}
	if l := name(noLibrary().FindStringSubmatch(e.Text)); l != "" {
		return text.New("the linker finds {name} in none of its folders", "链接器在其任何目录中都找不到 {name}"), "lib" + l
	}
	if p := name(noPackage().FindStringSubmatch(e.Text)); p != "" && e.Class != facts.ClassUserCode {
		return text.New("pkg-config knows no package {name}", "pkg-config 不知道软件包 {name}"), p + ".pc"
	}
	if p := name(noProgram().FindStringSubmatch(e.Text)); p != "" {
		return text.New("the code asks pkg-config for flags, and {name} is in no folder of PATH", "代码要向 pkg-config 询问参数，而 PATH 的任何目录中都没有 {name}"), p
	}
	return text.T{}, ""
}

// otherPlaces names the settings that lead compiler and linker elsewhere.
func otherPlaces(s *facts.Snapshot) []diag.Evidence {
	var out []diag.Evidence
	for _, n := range []string{"CGO_CFLAGS", "CGO_CPPFLAGS", "CGO_LDFLAGS", "PKG_CONFIG"} {
		if v, ok := s.Settings.Values[n]; ok && v.Origin != facts.FromDefault && v.Origin != "" {
			out = append(out, diag.Evidence{Role: diag.Not, Text: text.New("not ruled out: {name}={value} leads elsewhere", "未排除：{name}={value} 指向别处").With("name", n, "value", v.Value)})
		}
	}
	if len(out) == 0 {
		out = append(out, diag.Evidence{Role: diag.Not, Text: text.New("not a setting that leads elsewhere: CGO_CFLAGS, CGO_LDFLAGS and PKG_CONFIG have their default values", "不是某个设置指向别处：CGO_CFLAGS、CGO_LDFLAGS 和 PKG_CONFIG 都是默认值").With()})
	}
	return append(out, diag.Evidence{Role: diag.Not, Text: text.New("not a machine without a C compiler: what it says is shown", "不是没有 C 编译器：上面就是它的输出").With()})
}
