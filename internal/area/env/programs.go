package env

import (
	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/origin"
	"github.com/gorescue/gorescue/internal/text"
)

// programChecks are the checks of variables that name a program of other tools.
func programChecks() []diag.Check { return checks(packagesDriver) }

var packagesDriver = rule{
	id: "gopackagesdriver-missing", variables: []string{"GOPACKAGESDRIVER"},
	title: text.New("GOPACKAGESDRIVER names a program that is not there", "GOPACKAGESDRIVER 指定的程序不存在"),
	page: page{
		how: text.New("gopls, staticcheck and other programs that load packages ask the program of GOPACKAGESDRIVER instead of `go list`. Set for a Bazel project and left in the session, it makes them fail everywhere else, with no completion and no "+
			"diagnostics, while `go build` works.",
			"gopls、staticcheck 等加载包的程序会向 GOPACKAGESDRIVER 指定的程序查询，而不用 `go list`。为某个 Bazel 项目设置后若留在会话中，在其他地方就会失败：没有补全、没有诊断，而 `go build` 正常。"),
		proof: text.New("There is no such program, and this folder is part of no Bazel workspace (MODULE.bazel, WORKSPACE).", "没有这个程序，而且本目录不属于任何 Bazel 工作区（MODULE.bazel、WORKSPACE）。"),
		alike: text.New("A Bazel workspace that really needs a driver: then the program is what is missing, and the variable stays; `off`, which switches drivers off.",
			"确实需要驱动程序的 Bazel 工作区（此时缺少的是程序，变量保留）；关闭驱动的 `off`。"),
		source: "- golang.org/x/tools/go/packages/external.go, func findExternalDriver\n- https://github.com/bazel-contrib/rules_go/issues/3110",
	},
	judge: func(s *facts.Snapshot, src origin.Source) (verdict, bool) {
		n, ok := named(s, "GOPACKAGESDRIVER", "")
		if !ok || !missing(n) && n.State != facts.NamedFile && n.State != facts.NamedFolder {
			return verdict{}, false
		}
		v := verdict{
			claim: text.New("GOPACKAGESDRIVER={value}, and that is no program: gopls cannot load packages", "GOPACKAGESDRIVER={value}，但那里没有可执行的程序：gopls 无法加载包").With("value", src.Value),
			proof: []diag.Evidence{{Role: diag.Proof, Command: "ls -l " + quote(n.Given), Text: text.New("{name} is not there, or may not be executed", "{name} 不存在，或没有执行权限").With("name", n.Given)}},
		}
		if bazel := s.Settings.Place.Bazel; bazel != "" {
			v.manual = true
			v.proof = append(v.proof, diag.Evidence{Role: diag.Proof, File: bazel, Text: text.New("{file} makes this a Bazel workspace, which needs a driver", "{file} 表明这是 Bazel 工作区，需要驱动程序").With("file", bazel)})
			v.fixes = []diag.Fix{manual(text.New("put the driver back at {path} (see the documentation of rules_go)", "把驱动程序放回 {path}（参见 rules_go 的文档）").With("path", n.Given), "")}
			return v, true
		}
		v.not = []diag.Evidence{not(text.New("not a Bazel workspace: no MODULE.bazel or WORKSPACE is above this folder", "不是 Bazel 工作区：本目录之上没有 MODULE.bazel 或 WORKSPACE").With())}
		return v, true
	},
}
