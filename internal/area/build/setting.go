package build

import (
	"slices"
	"strings"

	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/origin"
	"github.com/gorescue/gorescue/internal/text"
)

var settingBreaks = diag.Check{
	ID:       "setting-breaks-build",
	Title:    text.New("the build passes without one setting", "去掉某个设置后构建就能通过"),
	Severity: diag.Error,
	Reads:    []facts.Section{facts.SecBuild, facts.SecExperiment, facts.SecSettings, facts.SecProcess, facts.SecStartup},
	Symptom:  true,
	Doc: text.New(`The build fails, and the same build passes when one variable, or one flag of GOFLAGS, is taken away: flags for a C compiler that
are no longer right, -race without cgo, a -buildmode for another project, a library to preload that is gone, a wrapper in CC
that does not start.

**How it is proven.** By experiment. Every setting of the session and of the go env file which decides how code is compiled is taken
away once, alone, and the build is asked again: only without the ones named here does it pass.

**What looks the same.** A finding that knows what is wrong with the value says more; then this one is shown under it. A setting meant for one
command stands in no file and is not taken away.

**What the fix does.** It removes the setting, or the one flag, where it was set. When taking away any one of several settings helps, when the
setting chooses what is built (-tags, -mod, GOOS, GOARCH …), or when it belongs to the project, a person decides: name the fix.

**By hand.** env -u NAME go build ./..., or for a value of the go env file GOENV=off go build ./...

Sources: cmd/go/internal/cfg/cfg.go (Getenv), cmd/go/internal/envcmd/env.go.`,
		`构建失败，而去掉某一个变量（或 GOFLAGS 中的某一个标志）后，同样的构建就能通过：例如已不再正确的 C 编译器选项、没有 cgo 却用了 -race、为别的项目设置的 -buildmode、
已经不存在的预加载库、无法启动的 CC 包装脚本。

**如何证明。** 通过实验。会话和 go env 文件中每个影响编译方式的设置，都单独去掉一次再构建：只有去掉这里列出的设置，构建才通过。

**容易混淆的情况。** 如果有别的发现知道该值错在哪里，它说得更具体，本条显示在它下面。只为一条命令设置的值不在任何文件里，不会被去掉。

**修复做什么。** 在设置它的地方去掉该设置或该标志。如果去掉几个设置中的任何一个都有效，或者该设置决定构建什么（-tags、-mod、GOOS、GOARCH 等），或者它属于项目，
则由人决定：请指明该修复。

**手动检查。** env -u 变量名 go build ./...；若值在 go env 文件中，用 GOENV=off go build ./...

来源：cmd/go/internal/cfg/cfg.go（Getenv）、cmd/go/internal/envcmd/env.go。`),
	Run: runSetting,
}

// choices are the variables and flags that say what is built, not how: whether they are wanted is not for us to say.
var choices = []string{"GOOS", "GOARCH", "GOEXPERIMENT", "GO111MODULE", "GOFLAGS -tags", "GOFLAGS -mod", "GOFLAGS -modfile", "GOFLAGS -overlay"}

func runSetting(s *facts.Snapshot) []diag.Finding {
	b := &s.Build
	if b.Outcome != facts.BuildFailed || len(s.Experiment.Blamed) == 0 || len(b.Errors) == 0 {
		return nil
	}
	mine := !slices.ContainsFunc(b.Errors, func(e facts.BuildError) bool { return e.Class != facts.ClassUserCode })
	var out []diag.Finding
	for _, blamed := range s.Experiment.Blamed {
		src, ok := origin.Of(s, blamed.Name)
		if !ok || mine && !src.Lasting() { // code that does not fit what this one command asks for
			continue
		}
		out = append(out, breaks(b, len(s.Experiment.Blamed), blamed, src))
	}
	return out
}

func breaks(b *facts.Build, n int, blamed facts.Blame, src origin.Source) diag.Finding {
	what, flag := blamed.Name, ""
	if blamed.Part != "" {
		flag, _, _ = strings.Cut(blamed.Part, "=")
		flag = " -" + strings.TrimLeft(flag, "-")
		what = blamed.Part + " (GOFLAGS)"
	}
	f := diag.Finding{
		Subject: blamed.Name + " " + blamed.Part,
		Claim:   text.New("{what} breaks the build: without it the build passes", "{what} 使构建失败：去掉它构建就能通过").With("what", what),
		ByHand:  "env -u " + blamed.Name + " " + b.Command,
		Evidence: []diag.Evidence{
			src.Because(),
			{Role: diag.Proof, Command: b.Command, Text: text.New("with it: {text}", "有它时：{text}").With("text", firstLine(b.Errors[0].Text))},
			{Role: diag.Proof, Text: text.New("without it, and all else the same, the same build passes", "去掉它、其他一切不变，同样的构建通过").With()},
		},
	}
	if src.Kind == facts.FromGoenv {
		f.ByHand = "GOENV=off " + b.Command
	}
	if n > 1 {
		f.Evidence = append(f.Evidence, diag.Evidence{Role: diag.Not, Text: text.New("not the only way: {n} settings were found, and taking any one of them away helps", "并非唯一办法：共有 {n} 个设置，去掉其中任何一个都有效").With("n", n)})
	} else {
		f.Evidence = append(f.Evidence, diag.Evidence{Role: diag.Not, Text: text.New("another setting: without any other one it still fails", "不是其他设置：去掉其他任何一个仍然失败").With()})
	}
	fix := src.Replace(blamed.Rest)
	if len(fix.Actions) > 0 && (n > 1 || src.OnPurpose() || slices.Contains(choices, blamed.Name+flag)) {
		fix.Risk = diag.Person
	}
	f.Fixes = []diag.Fix{fix}
	return f
}
