// Package vendor knows the vendor folder: whether its list agrees with go.mod, whether everything is there that the
// list names, and whether the files are those of the modules.
package vendor

import (
	"path/filepath"
	"strings"
	"time"

	"github.com/gorescue/gorescue/internal/action"
	"github.com/gorescue/gorescue/internal/diag"
	"github.com/gorescue/gorescue/internal/facts"
	"github.com/gorescue/gorescue/internal/probe"
	"github.com/gorescue/gorescue/internal/text"
)

// Probes returns the probe of this area.
func Probes() []probe.Probe {
	return []probe.Probe{{Section: facts.SecVendor, Needs: []facts.Section{facts.SecSettings}, Timeout: 3 * time.Second, Run: collect}}
}

// Checks returns the checks of this area, from the ground up.
func Checks() []diag.Check {
	return []diag.Check{listMarkers, listEdited, foreignFolder, bumped, ignored, filesMissing, filesEdited}
}

var reads = []facts.Section{facts.SecVendor, facts.SecSettings, facts.SecHost}

func proof(en, zh string, values ...any) diag.Evidence {
	return diag.Evidence{Role: diag.Proof, Text: text.New(en, zh).With(values...)}
}

func not(en, zh string, values ...any) diag.Evidence {
	return diag.Evidence{Role: diag.Not, Text: text.New(en, zh).With(values...)}
}

// quote writes a path for a shell.
func quote(path string) string { return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'" }

// said shows the disagreements, at most five.
func said(v *facts.Vendor) []diag.Evidence {
	var out []diag.Evidence
	for _, i := range v.Issues[:min(len(v.Issues), 5)] {
		e := proof("{module}: {text}", "{module}：{text}", "module", i.Module, "text", i.Text)
		e.File = v.File
		out = append(out, e)
	}
	return out
}

// putBack is the fix that makes modules.txt the committed one.
func putBack(v *facts.Vendor) diag.Fix {
	return diag.Fix{Title: text.New("put back {file} as the last commit has it; it agrees with go.mod", "按最近一次提交恢复 {file}；它与 go.mod 一致").With("file", v.File), Risk: diag.Safe,
		Actions: action.List{&action.Edit{Path: v.File, Create: v.List == string(facts.FileMissing), Splices: v.Whole}}}
}

// anew is the fix that makes the folder anew. It is for a person when files in it were changed on purpose, and advice
// when the modules cannot be had.
func anew(s *facts.Snapshot) diag.Fix {
	v := &s.Vendor
	command := "go mod vendor"
	if v.Work {
		command = "go work vendor"
	}
	fix := diag.Fix{Title: text.New("make {dir} anew from the modules that go.mod names (as {command} does, in a scratch folder first)", "按 go.mod 指定的模块重新生成 {dir}（等同 {command}，先在临时目录中进行）").With("dir", v.Dir, "command", command), Risk: diag.Safe}
	cache := s.Settings.Get("GOMODCACHE")
	if v.Go == "" || !filepath.IsAbs(cache) || s.Host.State == "" || !v.Offline && s.Settings.Get("GOPROXY") == "off" {
		fix.Title = text.New("fetch the modules where there is a network, then: {command}. It deletes the folder first: not without a network", "在有网络的地方获取模块，然后执行 {command}。它会先删除该目录：没有网络时不要执行").With("command", command)
		fix.Risk, fix.Shell = diag.Manual, "go mod download && "+command
		return fix
	}
	if v.List == string(facts.FileMissing) && v.Head == "" { // nothing proves that the folder is the go command's
		fix.Risk = diag.Person
	}
	for _, e := range v.Edited {
		if e.InHead {
			fix.Risk = diag.Person
			fix.Title = text.New("make {dir} anew; {file} and maybe others hold changes of your own, which it would lose", "重新生成 {dir}；{file} 等文件中有你自己的改动，会因此丢失").With("dir", v.Dir, "file", e.Path)
		}
	}
	fix.Actions = action.List{&action.Vendor{Root: v.Root, Work: v.Work, Go: v.Go, Cache: cache, Offline: v.Offline, Scratch: filepath.Join(s.Host.State, "scratch")}}
	return fix
}
