package sum

import (
	"github.com/gorescue/gorescue/internal/action"
	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/text"
)

var unreadable = diag.Check{
	ID:       "gosum-unreadable",
	Title:    text.New("go.sum is there and cannot be opened", "go.sum 存在但无法打开"),
	Severity: diag.Error,
	Reads:    []facts.Section{facts.SecSums, facts.SecHost},
	Doc: text.New(`go.sum exists, but this user may not read it (sudo go mod tidy made it, a umask of 077 on a shared checkout), or it is no file: a folder, a link that leads nowhere. Every go command that checks a module stops.

**Proof.** What the system says about the path. **Looks the same:** a go.sum that is missing (the go command then misses entries), one that is damaged.

**Fix.** When the file is your own, you get the right to read it back. A file of somebody else, or something that is no file, is for a person. **Never:** deleting it. **By hand.** `+"`ls -l go.sum`"+`. See https://github.com/golang/go/issues/30658.`,
		`go.sum 存在，但本用户无权读取（由 sudo go mod tidy 创建，或共享检出时 umask 为 077），或者它不是文件：是目录或无目标的链接。所有需要校验模块的 go 命令都会停止。

**证明。** 系统对该路径的说明。**容易混淆：** go.sum 不存在（那时 go 命令报缺少条目）、go.sum 损坏。

**修复。** 若文件属于你，则恢复读取权限。属于他人或不是文件时由人处理。**绝不：** 删除它。**手工处理。** `+"`ls -l go.sum`"+`。参见 https://github.com/golang/go/issues/30658。`),
	Run: func(s *facts.Snapshot) []diag.Finding {
		var out []diag.Finding
		for _, f := range s.Sums.Files {
			if s.Sums.Off != "" || f.State != facts.FileUnreadable && f.State != facts.FileOdd {
				continue
			}
			d := diag.Finding{Subject: f.Path, ByHand: "ls -l " + quote(f.Path),
				Claim: text.New("{file} is there and cannot be read ({state})", "{file} 存在但无法读取（{state}）").With("file", f.Path, "state", f.State),
				Evidence: []diag.Evidence{
					{Role: diag.Because, File: f.Path, Text: text.New("{file}: owner {uid}, mode {mode}; this user is {me}", "{file}：属主 {uid}，权限 {mode}；本用户为 {me}").With("file", f.Path, "uid", f.UID, "mode", f.Mode, "me", s.Host.UID)},
					proof("opening it fails: {state}", "打开失败：{state}", "state", f.State),
					not("a damaged file: not a byte of it could be read", "不是文件损坏：一个字节也读不到")}}
			if f.State == facts.FileUnreadable && f.UID == s.Host.UID && f.UID >= 0 {
				d.Fixes = append(d.Fixes, diag.Fix{Risk: diag.Safe, Title: text.New("give yourself the right to read {file}", "给自己加上读取 {file} 的权限").With("file", f.Path),
					Actions: action.List{&action.Chmod{Files: []string{f.Path}, Add: 0o600}}})
			}
			d.Fixes = append(d.Fixes, manual("look at what it is, and make it a file that you may read", "查看它是什么，并使其成为你可读取的文件", "ls -l "+quote(f.Path)))
			out = append(out, d)
		}
		return out
	},
}
