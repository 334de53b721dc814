package cache

import (
	"strings"

	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/text"
)

// refused is the last of the family "a folder cannot be used": nothing that can be looked at speaks against the build
// cache, and yet the go command cannot make it there.
var refused = diag.Check{
	ID:       "gocache-cannot-be-made",
	Title:    text.New("the build cache cannot be made where it is wanted", "无法在指定位置创建构建缓存"),
	Severity: diag.Error, Reads: append(placeReads(), facts.SecBuild),
	After: []string{"xdg-cache-home-not-writable", "gocache-is-a-file", "gocache-dangling-link", "gocache-not-writable", "gocache-read-only-mount", "gocache-enospc", "gocache-relative", "gocache-off",
		"xdg-cache-home-relative", "home-unset-service", "tmpdir-full", "tmpdir-no-inodes"},
	Doc: placeDoc(cacheIntro, text.New(`**Proof.** The go command was run and says so itself: "failed to initialize build cache at …", with the system's reason. Some places refuse
without a trace in mode, owner or mount: /proc and /sys, network and user-space file systems, quotas, security modules.
**Looks the same:** a closed folder, a file in its place, a full disk: each is a finding of its own and explains this one.`,
		`**证明。** 运行了 go 命令，它自己报告“failed to initialize build cache at …”以及系统给出的原因。有些位置拒绝写入，却在权限、属主和挂载上看不出痕迹：
/proc 与 /sys、网络或用户态文件系统、配额、安全模块。**容易混淆：** 目录不可写、位置上是文件、磁盘已满：它们各有发现，并能解释本条。`), cacheFix, ""),
	Run: func(s *facts.Snapshot) []diag.Finding {
		f := s.Dirs.Folder(facts.RoleCache)
		for i := range s.Build.Errors {
			e := &s.Build.Errors[i]
			_, why, ok := strings.Cut(e.Text, "failed to initialize build cache at ")
			if s.Build.Outcome != facts.BuildFailed || !ok || f.Path == "" || judge(f) != fine {
				continue
			}
			src, set, because := decided(s, f)
			return []diag.Finding{{Subject: f.Path,
				Claim: text.New("the build cache {path} cannot be made: {why}", "无法创建构建缓存 {path}：{why}").With("path", f.Path, "why", strings.TrimPrefix(why, f.Path+": ")),
				Evidence: []diag.Evidence{because,
					by(proof("the go command says: {text}", "go 命令报告：{text}", "text", e.Text), s.Build.Command),
					not("a closed folder, a file or a dead link: mode, owner and kind of {at} speak for it", "不是目录不可写、文件或失效链接：{at} 的权限、属主和类型都正常", "at", f.Base.Where),
					room(f)},
				ByHand: s.Build.Command,
				Fixes:  ladder(s, f, fine, src, set),
			}}
		}
		return nil
	},
}
