package build

import (
	"fmt"
	"path/filepath"
	"sort"

	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/text"
)

// shown bounds how many of the user's errors are listed.
const shown = 5

var userCode = diag.Check{
	ID:       "user-code-error",
	Title:    text.New("an error in your own code", "你自己代码中的错误"),
	Severity: diag.Info,
	Reads:    []facts.Section{facts.SecBuild, facts.SecSettings},
	After:    []string{"dependency-api-removed-by-upgrade", "import-cycle-introduced"},
	Doc: text.New(`The build fails in the files of the main module itself: a syntax error, a type error, an import cycle. This is the
compiler doing its work and no fault of the environment. It is said so that you need not search for another cause.

**How it is proven.** The complaint stands under the header of a package, or comes from the parser, and the file it names
lies in this module: not in the Go tree, not in the module cache, not in vendor.

**What looks the same.** Files may be compiled that were never meant for this machine, because GOOS, GOARCH, CGO_ENABLED,
GOEXPERIMENT or -tags in GOFLAGS differ from the default. When one of them is set the finding shows its value and where it
comes from: look there first if the code compiles for your colleagues. A module that needs a newer Go, a missing go.sum
line and a damaged dependency are other findings.

**What the fix does.** There is none. Your code is never edited. The exit code stays 0 when this is all there is.

**By hand.** `+"`go build ./...`"+`, or `+"`go vet ./...`"+` for more.

Sources: cmd/go/internal/work/exec.go, func showOutput; cmd/go/internal/load/pkg.go.`,
		`构建失败发生在主模块自己的文件里：语法错误、类型错误、循环导入。这是编译器在正常工作，不是环境的问题。说出来是为了让你不必再去找别的原因。

**如何证明。** 报错出现在某个包的标题行之下，或来自语法分析器，而且所指的文件属于本模块：不在 Go 安装目录、模块缓存或 vendor 里。

**容易混淆的情况。** 如果 GOOS、GOARCH、CGO_ENABLED、GOEXPERIMENT 或 GOFLAGS 里的 -tags 与默认值不同，可能编译了本不该在这台机器上编译的文件。
只要设置了其中之一，本条会显示它的值和来源：如果同事那里能编译通过，请先看那里。需要更新的 Go、缺少 go.sum 行、依赖损坏，都是其他发现。

**修复做什么。** 没有修复。绝不会改动你的代码。如果只有这一条，退出码仍为 0。

**手动检查。** `+"`go build ./...`"+`，或用 `+"`go vet ./...`"+` 看更多。

来源：cmd/go/internal/work/exec.go 的 showOutput；cmd/go/internal/load/pkg.go。`),
	Run: runUserCode,
}

func runUserCode(s *facts.Snapshot) []diag.Finding {
	b := &s.Build
	if b.Outcome != facts.BuildFailed {
		return nil
	}
	var mine []facts.BuildError
	for _, e := range b.Errors {
		if e.Class == facts.ClassUserCode && e.Damage != facts.SourceZeros {
			mine = append(mine, e)
		}
	}
	if len(mine) == 0 {
		return nil
	}
	f := diag.Finding{
		Claim: text.New("your own code does not compile: {where}: {text}", "你自己的代码无法编译：{where}：{text}").
			With("where", where(b, &mine[0]), "text", firstLine(mine[0].Text)),
		ByHand: b.Command,
	}
	for i := range mine {
		if m, ok := damage(&mine[i]); ok {
			f.Claim = m
			f.Evidence = append(f.Evidence, diag.Evidence{Role: diag.Because, File: mine[i].File, Text: m})
			break
		}
	}
	for i, e := range mine[:min(len(mine), shown)] {
		role := diag.Proof
		if i == 0 {
			role = diag.Because
		}
		f.Evidence = append(f.Evidence, diag.Evidence{Role: role, File: e.File, Line: e.Line, Text: text.New("{text}", "{text}").With("text", firstLine(e.Text))})
	}
	f.Evidence = append(f.Evidence, diag.Evidence{Role: diag.Proof, Command: b.Command,
		Text: text.New("{n} complaint(s) about files of this module; exit code {exit}", "共 {n} 条报错涉及本模块的文件；退出码 {exit}").With("n", len(mine), "exit", b.Exit)})
	f.Evidence = append(f.Evidence, shaping(&s.Settings)...)
	return []diag.Finding{f}
}

// shaping names the settings that decide which files are compiled, when they are not the default.
func shaping(set *facts.Settings) []diag.Evidence {
	var names []string
	for _, n := range []string{"GOOS", "GOARCH", "CGO_ENABLED", "GOEXPERIMENT", "GOFLAGS", "GOWORK"} {
		if v, ok := set.Values[n]; ok && v.Origin != facts.FromDefault {
			names = append(names, n)
		}
	}
	if len(names) == 0 {
		return []diag.Evidence{{Role: diag.Not, Text: text.New("files compiled by mistake: GOOS, GOARCH, CGO_ENABLED, GOEXPERIMENT and GOFLAGS have their default values", "并非误编译了文件：GOOS、GOARCH、CGO_ENABLED、GOEXPERIMENT、GOFLAGS 都是默认值").With()}}
	}
	sort.Strings(names)
	var out []diag.Evidence
	for _, n := range names {
		v := set.Values[n]
		out = append(out, diag.Evidence{Role: diag.Not, Text: text.New("not ruled out: {name}={value} (from {origin}) also decides what is compiled", "未排除：{name}={value}（来自 {origin}）也会影响编译哪些文件").
			With("name", n, "value", v.Value, "origin", v.Origin)})
	}
	return out
}

func where(b *facts.Build, e *facts.BuildError) string {
	switch {
	case e.File == "" && e.Package == "":
		return b.Dir
	case e.File == "":
		return e.Package
	}
	return fmt.Sprintf("%s:%d", relative(b.Dir, e.File), e.Line)
}

// relative is a path as seen from dir, when it lies there.
func relative(dir, path string) string {
	if rel, err := filepath.Rel(dir, path); err == nil && filepath.IsLocal(rel) {
		return rel
	}
	return path
}
