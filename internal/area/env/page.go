package env

import (
	"strings"

	"github.com/gorescue/gorescue/internal/text"
)

// page is what is particular about the page of a check; the rest is the same for all values.
type page struct {
	how    text.T // how it comes about and what it does; which commands fail was measured with go1.26
	proof  text.T // what is compared; zero = the value with the go command's own rule
	alike  text.T // what looks the same
	fix    text.T // zero = the line is taken away where it stands
	never  text.T // what a careless repair does, beside the usual
	source string // where the rule is, and reports
}

// doc makes the whole page, for the named variables.
func (p page) doc(variables string) text.T {
	or := func(t, other text.T) text.T {
		if t.En == "" {
			return other
		}
		return t
	}
	proof := or(p.proof, text.New("The effective value, the file and line (or the process) that gives it, and the rule of the go command which it breaks.",
		"实际生效的值、给出该值的文件与行（或进程），以及它违反的 go 命令规则。"))
	fix := or(p.fix, text.New("The assignment is taken away, or corrected, in the very file that gives the value; every other byte of the file stays. "+
		"When only the running shell has the value, the command to type is shown.",
		"在给出该值的那个文件中删除或更正这条赋值，文件的其他字节保持不变。如果只有当前 shell 带有该值，则显示要输入的命令。"))
	never := strings.TrimSpace(p.never.En + " It never deletes the go env file, cleans a cache or touches the project.")
	neverZh := p.never.Zh + "绝不删除 go env 文件、清理缓存或改动项目。"
	return text.New(
		"## How it comes about\n\n"+p.how.En+"\n\n## The proof\n\n"+proof.En+
			" The go command takes the process environment first, then the file of `go env GOENV`, then `$GOROOT/go.env`, then its default; an empty value counts as unset.\n\n"+
			"## What looks the same\n\n"+p.alike.En+"\n\n## The fix\n\n"+fix.En+"\n\n"+never+"\n\n"+
			"## By hand\n\nLook for the line with `grep -n` for `"+variables+"` in the file that the finding names, and remove it; "+
			"`go env -u NAME` does so for the go env file. In terminals that are open, `unset` the variable.\n\n## Sources\n\n"+p.source+"\n",
		"## 由来\n\n"+p.how.Zh+"\n\n## 证据\n\n"+proof.Zh+
			"go 命令依次采用进程环境、`go env GOENV` 所指的文件、`$GOROOT/go.env` 和内置默认值；空值视为未设置。\n\n"+
			"## 相似情形\n\n"+p.alike.Zh+"\n\n## 修复\n\n"+fix.Zh+"\n\n"+neverZh+"\n\n"+
			"## 手工处理\n\n用 `grep -n` 在报告指出的文件中找到 `"+variables+"` 所在的行并删除；对 go env 文件可用 `go env -u 变量名`。"+
			"已经打开的终端中请用 `unset` 取消该变量。\n\n## 来源\n\n"+p.source+"\n")
}
